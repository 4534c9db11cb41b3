import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { createAuth, recover, signIn, signUp } from '../../src/index.ts'
import type { Auth, AuthEvent, Flow, RestingStep, Step } from '../../src/index.ts'
import { coreOf } from '../../src/core.ts'
import { runs } from '../runs.ts'
import { factsOfModel, readModel } from '../wire/operations-model.ts'
import { ids } from '../wire/fakes.ts'
import {
  cheapPower,
  createAdversary,
  handClock,
  mark,
  markInBase64,
  markedRandom,
  proof,
  scriptedPasskeys,
  secret,
} from './adversary.ts'
import type { Reply } from './adversary.ts'
import { waiting } from './steps.ts'
import { openStorage } from './world.ts'

// People who do anything at any time, and a service that answers anything.

const refusals = [
  ...new Set([...factsOfModel(readModel()).operations].flatMap(([, { errors }]) => [...errors])),
  'NovelException',
]

/** What decides what a refusal means, beside its name. */
const sentences = [
  ...['', 'Incorrect username or password.', 'Device does not exist.', 'already confirmed'],
  ...['Invalid session for the user, session is expired.', 'has already been used once'],
  ...['Invalid session for the user, session can only be used once.', 'Invalid device key given.'],
  ...['USER_SRP_AUTH is not enabled for the client.', 'User is disabled.', 'your value is'],
]

const kinds = ['SMS_MFA', 'EMAIL_OTP', 'SOFTWARE_TOKEN_MFA', 'CARRIER_PIGEON']
const lists = fc.oneof(
  fc.subarray(kinds).map((list) => JSON.stringify(list)),
  fc.constantFrom('', 'null', '{}', '7', '[7]'),
)
const options = JSON.stringify({ challenge: 'q83v', allowCredentials: [{ id: 'a' }] })
const parameters = fc.oneof(
  fc.record({
    MFAS_CAN_CHOOSE: lists,
    MFAS_CAN_SETUP: lists,
    requiredAttributes: fc.constantFrom('["userAttributes.name"]', '{}', '"'),
    userAttributes: fc.constantFrom('{"email":"a"}', '[]', '"'),
    CREDENTIAL_REQUEST_OPTIONS: fc.constantFrom(options, options, '{}', '"'),
    ...Object.fromEntries(
      Object.entries(proof('ann')).map(([name, text]) => [name, fc.constant(text)]),
    ),
  }),
  fc.constant({}),
  fc.constantFrom(
    { ...proof('ann'), SRP_B: '0' },
    { ...proof('ann'), SALT: 'salt' },
    { USERNAME: 'bob', USER_ID_FOR_SRP: '' },
  ),
)
const names = [
  ...['SMS_MFA', 'EMAIL_OTP', 'SMS_OTP', 'SOFTWARE_TOKEN_MFA', 'SELECT_MFA_TYPE', 'MFA_SETUP'],
  ...['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE', 'SELECT_CHALLENGE', 'DEVICE_SRP_AUTH'],
  ...['DEVICE_PASSWORD_VERIFIER', 'ADMIN_NO_SRP_AUTH', 'NEW_PASSWORD_REQUIRED', 'PASSWORD'],
  ...['PASSWORD_SRP', 'WEB_AUTHN'],
]
const challenge = fc.record({
  kind: fc.constant('challenge' as const),
  name: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom('RETINA_SCAN', 'toString', '', undefined) },
  ),
  parameters,
}) as fc.Arbitrary<Reply>

const reply: fc.Arbitrary<Reply> = fc.oneof(
  { weight: 8, arbitrary: challenge },
  { weight: 6, arbitrary: fc.constant({ kind: 'good' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('tokens' as const),
      sub: fc.constantFrom('ann', 'bob'),
      device: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('refusal' as const),
      name: fc.constantFrom(...refusals),
      sentence: fc.constantFrom(...sentences),
      echo: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('badTokens' as const),
      token: fc.constantFrom(undefined, '', 'a.b.c', 'e30.e30.e30'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('garbage' as const),
      status: fc.constantFrom(200, 200, 202, 302, 403, 404, 429, 500, 503),
      body: fc.constantFrom('', 'null', '[]', '<html>', '{"Session":7}', '{"__type":"x#Y"}', '{}'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'cut' } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'silence' } as const) },
)

/** Turns of the queue of promises until the next command; or until all is quiet. */
const ticks = fc.oneof(
  { weight: 3, arbitrary: fc.constant(Infinity) },
  { weight: 1, arbitrary: fc.nat(40) },
)
/** The same until the caller gives the call up; or never. */
const patience = fc.oneof(
  { weight: 6, arbitrary: fc.constant(Infinity) },
  { weight: 1, arbitrary: fc.nat(40) },
)
const variant = fc.nat(1000)

const begin = fc.record({ do: fc.constant('begin' as const), variant, patience, ticks })
const command = fc.oneof(
  { weight: 4, arbitrary: begin },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('answer' as const), variant, patience, ticks }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mistake' as const), variant, ticks }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stale' as const), variant, ticks }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resend' as const), patience, ticks }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), ticks }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('reload' as const), variant, patience, ticks }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      milliseconds: fc.constantFrom(1000, 20_000, 179_999, 180_000),
      ticks,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('late' as const), ticks }) },
)
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never

const walk = fc.record({
  kind: fc.constantFrom(
    'signIn' as const,
    'signIn' as const,
    'signUp' as const,
    'recover' as const,
  ),
  script: fc.array(reply, { minLength: 1, maxLength: 12 }),
  ceremonies: fc.array(fc.constantFrom('given', 'given', 'NotAllowedError', 'open'), {
    minLength: 1,
    maxLength: 3,
  }),
  first: begin,
  commands: fc.array(command, { maxLength: 16 }),
  /** What a listener does at the so-many-th move. */
  meddling: fc.option(fc.record({ at: fc.nat(8), what: fc.constantFrom('cancel', 'begin') }), {
    freq: 8,
    nil: undefined,
  }),
})

const flows = { signIn, signUp, recover }
type AnyFlow = Flow<{ username: string }>

/** What a begin is given. Some of it is no good for the kind of flow: that is a mistake like others. */
function inputOf(kind: string, variant: number): { username: string } {
  const more = {
    ...(variant % 7 === 0 ? { keepPassword: false } : {}),
    ...(variant % 5 === 0 ? { reauthenticate: true } : {}),
    ...(variant % 3 === 0 ? { rememberDevice: variant % 2 === 0 } : {}),
    ...(variant % 4 === 0 ? { persist: 'tab' } : {}),
  }
  const password = secret('password')
  const ways = [
    { flow: 'USER_AUTH' },
    { flow: 'USER_AUTH', password },
    { flow: 'USER_AUTH', password, prefer: 'PASSWORD' },
    { flow: 'USER_AUTH', prefer: 'EMAIL_OTP' },
    { flow: 'USER_AUTH', prefer: 'WEB_AUTHN' },
    { flow: 'USER_PASSWORD_AUTH', password },
    { flow: 'USER_SRP_AUTH', password },
    { flow: 'CUSTOM_AUTH' },
    { flow: 'CUSTOM_AUTH', password },
  ]
  const way =
    kind === 'signIn'
      ? ways[variant % ways.length]
      : kind === 'signUp' && variant % 6
        ? { password }
        : {}
  return { username: variant % 2 ? 'ann' : ' ann ', ...more, ...way }
}

/** An answer as a person gives it. */
function answerTo(step: Step, variant: number): object {
  const { others, factors, kinds } = step as unknown as Readonly<
    Record<string, string[] | undefined>
  >
  const of = (list: readonly string[]): string => list[variant % list.length]!
  if (others?.length && variant % 4 === 0) return { factor: of(others) }
  const code = secret('code')
  const password = secret('password')
  switch (step.at) {
    case 'password':
      return { password }
    case 'chooseFactor':
      return { factor: of(factors!) }
    case 'passkey':
    case 'retry':
      return { retry: true }
    case 'chooseMfa':
    case 'chooseMfaSetUp':
      return { kind: of(kinds!) }
    case 'setUpEmail':
      return { email: secret('address') }
    case 'setUpPhone':
      return { done: true }
    case 'newPassword':
      return { password, attributes: { name: secret('name') } }
    case 'custom':
      return { answer: secret('answer'), more: { besides: secret('more') } }
    case 'rememberDevice':
      return { remember: variant % 2 === 0 }
    default:
      return { code, password }
  }
}

const mistakes = [
  null,
  undefined,
  7,
  {},
  { code: 7 },
  { factor: 'FINGER' },
  { kind: 'SMS' },
  { retry: 1 },
]

/** Everything that is shown to a page. */
function shown({ error, ...step }: Step & { readonly error?: unknown }): string {
  const { from, ...rest } = step as { readonly from?: Step }
  return [JSON.stringify(rest), wordsOf(error), from ? shown(from) : ''].join('\n')
}
function wordsOf(error: unknown): string {
  if (!error) return ''
  const { name, message, stack, detail } = error as Readonly<Record<string, unknown>>
  return [name, message, stack, detail, JSON.stringify(error)].join('\n')
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Tally {
  walks: number
  moves: number
  requests: number
  most: number
  refused: number
  ends: Record<string, number>
}
const tally: Tally = { walks: 0, moves: 0, requests: 0, most: 0, refused: 0, ends: {} }

/** More requests than one answer ever leads to, whatever the service does. */
const bound = 30

async function wander({
  kind,
  script,
  ceremonies,
  first,
  commands,
  meddling,
}: Walk): Promise<void> {
  const adversary = createAdversary(script)
  const clock = handClock()
  const [storage, tabStorage] = [openStorage(), openStorage()]
  const passkeys = scriptedPasskeys(ceremonies)
  const events: AuthEvent[] = []
  const open = (): Auth =>
    createAuth({
      ...ids,
      ...{ fetch: adversary.fetch, clock, storage, tabStorage, passkeys },
      ...{ modPow: cheapPower, random: markedRandom, onEvent: (event) => events.push(event) },
    })
  let auth = open()
  let flow = flows[kind](auth) as AnyFlow
  const seen: Step[] = [flow.step]
  const pending = new Set<Promise<unknown>>()
  let asked = 0
  /** Whose session there must be. */
  let whose: string | undefined
  let mustBe: Step | undefined
  const problems: string[] = []
  const want = (holds: boolean, what: string): void => {
    if (!holds) problems.push(what)
  }

  let leave = (): void => undefined
  const listen = (): void => {
    const mine = flow
    leave = mine.subscribe(() => {
      const { step } = mine
      seen.push(step)
      tally.moves++
      want(Object.isFrozen(step), 'a step can be changed')
      if (step.at === 'signedIn' || step.at === 'rememberDevice') {
        want(adversary.granted.has(step.user.sub), 'signed in without tokens')
        whose = step.user.sub
      }
      if (meddling?.at !== seen.length) return
      if (meddling.what === 'cancel') mine.cancel()
      else follow(mine.begin(inputOf(kind, meddling.at)), undefined)
    })
  }
  listen()

  /** Looks at what becomes of a call. */
  function follow(call: Promise<RestingStep>, reason: unknown): void {
    const watched = call.then(
      (step) => {
        want((step.at as string) !== 'busy', 'resolved while busy')
        want(!leaks(shown(step)), `a secret in the step ${step.at}`)
      },
      (failure: unknown) => {
        tally.refused++
        if (reason !== undefined && failure === reason) return
        const mistake = failure instanceof TypeError && failure.message.startsWith('latchkey: ')
        want(mistake, `rejected with ${wordsOf(failure)}`)
        want(!leaks(wordsOf(failure)), `a secret in ${wordsOf(failure)}`)
      },
    )
    pending.add(watched)
    void watched.then(() => pending.delete(watched))
  }

  const leaks = (text: string): boolean => text.includes(mark) || text.includes(markInBase64)

  function look(): void {
    want(!leaks(shown(flow.step)), `a secret in ${shown(flow.step)}`)
    const text = [...tabStorage.texts.values()].join()
    want(!/cAnArY-(password|code|totp|answer)/.test(text), `a secret in the tab: ${text}`)
    want(![...storage.texts.values()].join().includes('cAnArY-session'), 'a sign-in in the storage')
    const requests = adversary.requests - asked
    tally.most = Math.max(tally.most, requests)
    want(requests <= bound, 'too many requests')
    if (mustBe) want(flow.step === mustBe, `moved by itself from ${mustBe.at} to ${flow.step.at}`)
  }

  /** Lets some promises settle, or all, and looks. */
  async function settle(ticks: number): Promise<void> {
    if (ticks === Infinity) {
      await turn()
      look()
      if (flow.step.at !== 'busy') {
        mustBe = flow.step
        const found = await coreOf(auth).session.current()
        want(
          found?.user.sub === whose,
          `the session of ${String(found?.user.sub)}, at ${flow.step.at}`,
        )
      }
      return
    }
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    look()
  }

  /** A call, perhaps given up by its caller after some time. */
  async function make(
    patience: number,
    call: (signal: AbortSignal | undefined) => Promise<RestingStep>,
  ): Promise<void> {
    mustBe = undefined
    asked = adversary.requests
    if (patience === Infinity) {
      follow(call(undefined), undefined)
      return
    }
    const controller = new AbortController()
    const reason = new Error('the caller')
    follow(call(controller.signal), reason)
    for (let tick = 0; tick < patience; tick++) await Promise.resolve()
    controller.abort(reason)
  }

  /** Refused as a mistake, and nothing has changed. */
  async function refuse(call: () => Promise<unknown>): Promise<void> {
    const before = flow.step
    const { requests } = adversary
    const given = call()
    want(flow.step === before, 'a mistake moved the flow')
    const failure = await given.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    want(failure instanceof TypeError, 'a mistake was taken')
    want(/^latchkey: |undefined|null/.test((failure as Error).message), wordsOf(failure))
    if (before.at !== 'busy') want(adversary.requests === requests, 'a mistake was sent')
  }

  const acts: { readonly [Do in Command['do']]: (given: Extract<Command, { do: Do }>) => unknown } =
    {
      begin: ({ patience, variant }) =>
        make(patience, async (signal) =>
          flow.begin({ ...inputOf(kind, variant), signal } as never),
        ),
      answer: ({ patience, variant }) => {
        const { step } = flow
        if (/^(start|busy|signedIn)$/.test(step.at)) return
        return make(patience, async (signal) =>
          flow.answer(step as never, answerTo(step, variant), { signal }),
        )
      },
      mistake: ({ variant }) =>
        refuse(async () => flow.answer(flow.step as never, mistakes[variant % mistakes.length])),
      stale: ({ variant }) => {
        const old = seen[variant % seen.length]!
        if (old.id === flow.step.id || (flow.step.at === 'busy' && old.id === flow.step.from.id))
          return
        return refuse(async () => flow.answer(old as never, answerTo(old, variant)))
      },
      resend: ({ patience }) => {
        const { step } = flow
        if (!('canResend' in step && step.canResend))
          return refuse(async () => flow.resend(step as never))
        return make(patience, async (signal) => flow.resend(step, { signal }))
      },
      cancel: () => {
        const { at } = flow.step
        mustBe = undefined
        flow.cancel()
        const now = flow.step
        // A listener may have begun anew.
        if (now.at === 'busy') return
        const end = at === 'signedIn' || at === 'rememberDevice' ? 'signedIn' : 'start'
        want(now.at === end || at === 'busy', `cancelled: at ${now.at}`)
        mustBe = now
      },
      reload: async ({ patience, variant }) => {
        // The page before is gone, with whatever it waited for.
        mustBe = undefined
        leave()
        flow.cancel()
        await turn()
        auth = open()
        flow = flows[kind](auth)
        listen()
        const answer = variant % 3 ? undefined : secret('answer')
        await make(patience, async (signal) => flow.resume({ answer, signal }))
      },
      pass: ({ milliseconds }) => {
        clock.pass(milliseconds)
      },
      late: () => {
        adversary.release()
        passkeys.finish()
      },
    }

  for (const given of [first, ...commands]) {
    await (acts[given.do] as (given: Command) => unknown)(given)
    await settle(given.ticks)
  }

  // Every call ends, at the latest when its time is over.
  for (let round = 0; pending.size && round < 40; round++) {
    clock.pass(20_000)
    passkeys.finish()
    await settle(Infinity)
  }
  want(pending.size === 0, `a call that does not end, at ${flow.step.at}`)

  // Whatever was done, there is a way on: each step can be answered, or the sign-in begins anew.
  adversary.relent()
  passkeys.relent()
  const way: string[] = []
  while (!/^(start|signedIn)$/.test(flow.step.at) && way.length < 12) {
    const { step } = flow
    way.push(step.at)
    await make(Infinity, async () => flow.answer(step as never, answerTo(step, 1)))
    for (let round = 0; pending.size && round < 40; round++) {
      passkeys.finish()
      await settle(Infinity)
    }
  }
  want(
    way.length < 12,
    `no way on: ${way.join(' ')}, ${wordsOf((flow.step as { error?: unknown }).error)}`,
  )
  await settle(Infinity)

  want(!leaks(JSON.stringify(events)), 'a secret in an event')
  tally.walks++
  tally.requests += adversary.requests
  tally.ends[flow.step.at] = (tally.ends[flow.step.at] ?? 0) + 1
  expect(problems).toEqual([])
}
type Walk = typeof walk extends fc.Arbitrary<infer Value> ? Value : never

describe('a walk', () => {
  const unhandled: unknown[] = []
  const hosts = process.rawListeners('unhandledRejection')
  const note = (reason: unknown): void => {
    unhandled.push(reason)
  }
  beforeAll(() => {
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', note)
  })
  afterAll(() => {
    process.removeAllListeners('unhandledRejection')
    for (const one of hosts) process.on('unhandledRejection', one as () => void)
  })

  test('from a record that anybody may have written ends like any other', async () => {
    const thread = {
      ...{ username: 'ann', session: 's', open: 'SMS_MFA', available: ['PASSWORD', 'EMAIL_OTP'] },
      ...{ expiresAt: handClock().now() + 1, endsAt: handClock().now() + 1, round: 0 },
      beginning: {
        ...{ username: 'ann', flow: 'USER_AUTH', srp: false, keepPassword: true, persist: 'tab' },
        ...{ reauthenticate: false, rememberPasskeyName: false },
      },
    }
    const value = fc.oneof(
      fc.constantFrom(undefined, null, 0, -1, '', 'x', true, [], {}, ['x'], [null], { at: 'code' }),
      fc.constantFrom('USER_SRP_AUTH', 'none', 'PASSWORD', 'SELECT_CHALLENGE', 'retry', 'custom'),
    )
    const changes = fc.array(fc.tuple(fc.nat(60), value), { minLength: 1, maxLength: 3 })
    const steps = fc.constantFrom(...Object.values(waiting))
    await fc.assert(
      fc.asyncProperty(steps, changes, variant, async (step, changes, variant) => {
        const record = structuredClone({ version: 1, step, thread })
        const objects = [record, record.step, record.thread, record.thread.beginning]
        const places = objects.flatMap((one) =>
          Object.keys(one).map((name) => [one as Record<string, unknown>, name] as const),
        )
        for (const [place, given] of changes) {
          const [one, name] = places[place % places.length]!
          one[name] = given
        }
        const tabStorage = openStorage()
        tabStorage.setItem(`latchkey.${ids.clientId}.signIn`, JSON.stringify(record))
        const { fetch } = createAdversary([{ kind: 'good' }])
        const ports = { fetch, tabStorage, modPow: cheapPower, clock: handClock() }
        const flow = signIn(createAuth({ ...ids, ...ports }))
        let now: Step = await flow.resume()
        for (let turn = 0; turn < 3 && !/^(start|signedIn)$/.test(now.at); turn++) {
          const call = flow.answer(now as never, answerTo(now, variant))
          const failure = await call.then(
            () => undefined,
            (reason: unknown) => reason,
          )
          if (failure !== undefined) expect(wordsOf(failure)).toMatch(/^TypeError\nlatchkey: /)
          now = flow.step
          expect(now.at).not.toBe('busy')
        }
      }),
      runs(5_000),
    )
  })

  test(
    'never ends where there is no way on, and never shows a secret',
    { timeout: 900_000 },
    async () => {
      await fc.assert(fc.asyncProperty(walk, wander), runs(30_000))
      console.log(JSON.stringify(tally))
      expect(unhandled).toEqual([])
      // It was everywhere, and not only in the beginning.
      expect(tally.ends['signedIn']).toBeGreaterThan(tally.walks / 20)
      expect(tally.moves).toBeGreaterThan(4 * tally.walks)
    },
  )
})
