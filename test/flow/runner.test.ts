import { describe, expect, onTestFinished, test } from 'vitest'
import { createAuth, recover, signIn, signUp } from '../../src/index.ts'
import type {
  Auth,
  AuthEvent,
  Flow,
  Options,
  RestingStep,
  SignInFlow,
  Step,
} from '../../src/index.ts'
import { coreOf } from '../../src/core.ts'
import { failureOf, fakeClock, ids, settle } from '../wire/fakes.ts'
import { cheapPower, createAdversary, handClock, proof } from './adversary.ts'
import type { Adversary, Reply } from './adversary.ts'
import {
  appOf,
  at,
  lastCode,
  openPool,
  openStorage,
  password,
  requestsOf,
  wrongPassword,
} from './world.ts'

const ann = { username: 'ann', password }
const withCodes = { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] } as const
const phone = { phone_number: '+491701234567' }

const code: Reply = { kind: 'challenge', name: 'SMS_MFA', parameters: {} }
const good: Reply = { kind: 'good' }
const silence: Reply = { kind: 'silence' }
const tokens: Reply = { kind: 'tokens', sub: 'ann', device: false }
/** Asks for nothing to be computed. */
const easily = { username: 'ann', flow: 'USER_PASSWORD_AUTH', password } as const

interface Scripted {
  readonly service: Adversary
  readonly auth: Auth
  readonly flow: SignInFlow
  /** Whose session there is. */
  readonly whose: () => Promise<string | undefined>
}

/** A sign-in with a service that answers as it is told. */
function scripted(script: readonly Reply[], options: Partial<Options> = {}): Scripted {
  const service = createAdversary(script)
  const auth = createAuth({ ...ids, fetch: service.fetch, modPow: cheapPower, ...options })
  const whose = async (): Promise<string | undefined> =>
    (await coreOf(auth).session.current())?.user.sub
  return { service, auth, flow: signIn(auth), whose }
}

/** Everything that a flow says of itself. */
function movesOf(flow: Flow<never>): Step['at'][] {
  const moves: Step['at'][] = []
  flow.subscribe(() => moves.push(flow.step.at))
  return moves
}

/** What the host hears that nobody caught. */
function unhandled(): unknown[] {
  const seen: unknown[] = []
  const hosts = process.rawListeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => seen.push(reason))
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection')
    for (const one of hosts) process.on('unhandledRejection', one as () => void)
  })
  return seen
}

/** So many turns of the queue of promises. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}

/** A flow of each kind at a step that waits for a person. */
const everyKind: readonly (readonly [string, (auth: Auth) => Promise<Flow<never>>, string])[] = [
  [
    'a sign-in',
    async (auth) => {
      const flow = signIn(auth)
      await flow.begin(easily)
      return flow
    },
    'code',
  ],
  [
    'a sign-up',
    async (auth) => {
      const flow = signUp(auth)
      await flow.begin(ann)
      return flow
    },
    'confirmSignUp',
  ],
  [
    'a recovery',
    async (auth) => {
      const flow = recover(auth)
      await flow.begin({ username: 'ann' })
      return flow
    },
    'resetPassword',
  ],
]
const answer = { code: '123456', password }

/** The first answer of a service that leads each kind to a person. */
const leading = (waits: string): Reply => (waits === 'code' ? code : good)

describe.each(everyKind)('%s', (_name, open, waits) => {
  const scriptedFlow = async (script: readonly Reply[], options?: Partial<Options>) => {
    const { service, auth, whose } = scripted([leading(waits), ...script], options)
    const flow = await open(auth)
    const step = flow.step as RestingStep
    expect(step.at).toBe(waits)
    return { service, auth, flow, step, whose }
  }
  const give = (flow: Flow<never>, step: Step, more: object = {}): Promise<RestingStep> =>
    flow.answer(step as never, answer, more)

  test('is given up where it waits for a person', async () => {
    const tabStorage = openStorage()
    const { flow, step } = await scriptedFlow([tokens], { tabStorage })
    expect(tabStorage.texts.size).toBe(1)
    flow.cancel()
    expect(flow.step).toEqual({ id: flow.step.id, at: 'start' })
    expect(tabStorage.texts.size).toBe(0)
    expect(await failureOf(give(flow, step))).toBeInstanceOf(TypeError)
  })

  test('is given up while the service is asked, and what it says later is not heard', async () => {
    const { flow, step, service, whose } = await scriptedFlow([silence, tokens])
    const given = give(flow, step)
    await settle()
    flow.cancel()
    const left = flow.step
    expect(await given).toBe(left)
    expect(left).toEqual({ id: left.id, at: 'start' })
    service.release()
    await settle()
    expect(flow.step).toBe(left)
    expect(await whose()).toBeUndefined()
  })

  test('takes an answer once', async () => {
    const { flow, step, service } = await scriptedFlow([silence])
    const before = service.requests
    const first = give(flow, step)
    const now = flow.step
    expect(await failureOf(give(flow, step))).toMatchObject({
      name: 'TypeError',
      message: 'latchkey: "step" must be the current one; got another',
    })
    expect(await failureOf(give(flow, now))).toMatchObject({
      message: 'latchkey: "step" must be one that waits; got busy',
    })
    await settle()
    expect(flow.step).toBe(now)
    expect(service.requests).toBe(before + 1)
    flow.cancel()
    await first
  })

  test('heeds a signal that was given before: nothing is sent, nothing changes', async () => {
    const { flow, step, service } = await scriptedFlow([tokens])
    const reason = new Error('too late')
    const signal = AbortSignal.abort(reason)
    const before = service.requests
    expect(await failureOf(give(flow, step, { signal }))).toBe(reason)
    expect(await failureOf(flow.begin({ ...easily, flow: undefined, signal } as never))).toBe(
      reason,
    )
    expect(await failureOf(flow.resend(step as never, { signal }))).toBe(reason)
    const odd = { signal: {} as AbortSignal }
    expect(await failureOf(give(flow, step, odd))).toMatchObject({
      message: 'latchkey: "signal" must be AbortSignal; got object',
    })
    expect(
      await failureOf(flow.begin({ username: 'ann', password, ...odd } as never)),
    ).toBeInstanceOf(TypeError)
    expect(flow.step).toBe(step)
    expect(service.requests).toBe(before)
  })

  test('heeds a signal that is given meanwhile, and waits where it was', async () => {
    const { flow, step, service } = await scriptedFlow([silence, good, tokens])
    const controller = new AbortController()
    const { signal } = controller
    const given = give(flow, step, { signal })
    await settle()
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await failureOf(given)).toBe(reason)
    const { step: back } = flow
    expect(back).toEqual({ ...step, id: back.id })
    expect(back.id).not.toBe(step.id)
    service.relent()
    await settle()
    expect(flow.step).toBe(back)
    expect(await failureOf(give(flow, step))).toBeInstanceOf(TypeError)
  })

  test('does not let a step that is over change anything', async () => {
    const { flow, step, service } = await scriptedFlow([{ kind: 'cut' }])
    const again = await give(flow, step)
    expect(again).toMatchObject({ at: waits, error: { code: 'unreachable' } })
    const before = service.requests
    for (const old of [step, undefined, null, 7, {}, { ...again, id: 'other' }] as Step[]) {
      expect(await failureOf(give(flow, old))).toBeInstanceOf(TypeError)
      expect(await failureOf(flow.resend(old as never))).toBeInstanceOf(TypeError)
    }
    expect(flow.step).toBe(again)
    expect(service.requests).toBe(before)
  })

  test('begins anew whatever it waits for', async () => {
    const { flow, step } = await scriptedFlow([silence, leading(waits)])
    const first = give(flow, step)
    await settle()
    const input = waits === 'code' ? easily : waits === 'confirmSignUp' ? ann : { username: 'ann' }
    const second = flow.begin(input as never)
    expect(await first).toMatchObject({ at: 'start' })
    expect(await second).toMatchObject({ at: waits, attempts: 0 })
    expect(flow.step).toBe(await second)
  })

  test('is found after a reload, but for what was written by others', async () => {
    const tabStorage = openStorage()
    const { step, auth } = await scriptedFlow([tokens], { tabStorage })
    const [[key, text] = ['', '']] = tabStorage.texts
    const { version, step: kept, thread } = JSON.parse(text) as Record<string, object>
    expect(version).toBe(1)
    const flowAgain = (): Flow<never> =>
      (waits === 'code' ? signIn : waits === 'confirmSignUp' ? signUp : recover)(auth)
    for (const other of [
      '',
      'null',
      '{',
      '[]',
      JSON.stringify({ version: 2, step: kept, thread }),
      JSON.stringify({ step: kept, thread }),
      JSON.stringify({ version: 1, thread }),
      JSON.stringify({ version: 1, step: kept }),
      JSON.stringify({ version: 1, step: null, thread }),
      JSON.stringify({ version: 1, step: kept, thread: null }),
      JSON.stringify({ version: 1, step: { ...kept, at: 'signedIn' }, thread }),
      JSON.stringify({ version: 1, step: { ...kept, at: 'toString' }, thread }),
      JSON.stringify({ version: 1, step: { ...kept, username: 7 }, thread }),
      JSON.stringify({ version: 1, step: { ...kept, challenge: ['SMS_MFA'] }, thread }),
      JSON.stringify({ version: 1, step: { ...kept, factor: {} }, thread }),
      JSON.stringify({ version: 1, step: { ...kept, at: 'chooseMfa', kinds: 'SMS_MFA' }, thread }),
      JSON.stringify({ version: 1, step: kept, thread: { ...thread, username: undefined } }),
      JSON.stringify({ version: 1, step: kept, thread: { ...thread, expiresAt: '9' } }),
      JSON.stringify({ version: 1, step: kept, thread: { ...thread, endsAt: '9' } }),
      JSON.stringify({ version: 1, step: kept, thread: { ...thread, available: 'all' } }),
      JSON.stringify({ version: 1, step: kept, thread: { ...thread, beginning: {} } }),
    ]) {
      tabStorage.setItem(key, other)
      expect(await flowAgain().resume(), other).toMatchObject({ at: 'start', error: undefined })
      expect(await flowAgain().resume({ answer: '1' })).toMatchObject({
        at: 'start',
        error: { code: 'other-browser' },
      })
    }
    tabStorage.setItem(`${key}x`, text)
    expect(await flowAgain().resume()).toMatchObject({ at: 'start' })
    tabStorage.setItem(key, text)
    const { error: _, ...shown } = JSON.parse(JSON.stringify(step)) as Step & { error?: object }
    const resumed = await flowAgain().resume()
    expect(resumed).toEqual({ ...shown, id: resumed.id, canResend: waits !== 'code' })
  })

  test('is not found by another app client', async () => {
    const tabStorage = openStorage()
    await scriptedFlow([tokens], { tabStorage })
    const { auth } = scripted([], { tabStorage, clientId: 'another' })
    for (const one of [signIn, signUp, recover]) expect((await one(auth).resume()).at).toBe('start')
  })

  test.each(['cancel', 'begin'] as const)('after a reload is forgotten by %s', async (what) => {
    const tabStorage = openStorage()
    await scriptedFlow([], { tabStorage })
    const { auth } = scripted([silence], { tabStorage })
    const begin = waits === 'resetPassword' ? { username: 'ann' } : ann
    const flow = (waits === 'code' ? signIn : waits === 'confirmSignUp' ? signUp : recover)(auth)
    const given = what === 'begin' ? flow.begin(begin) : undefined
    if (what === 'cancel') flow.cancel()
    await turns(3)
    expect(tabStorage.texts.size).toBe(0)
    flow.cancel()
    await given
  })

  test('does without a storage that is closed to it', async () => {
    const fail = (): never => {
      throw new Error('closed')
    }
    const tabStorage = { getItem: fail, setItem: fail, removeItem: fail }
    const { flow, auth } = await scriptedFlow([], { tabStorage })
    flow.cancel()
    expect((await signIn(auth).resume()).at).toBe('start')
  })
})

describe('giving up', () => {
  test('a sign-in that has come to its end changes nothing', async () => {
    const { flow, whose } = scripted([tokens])
    const step = await flow.begin(easily)
    flow.cancel()
    expect(flow.step).toBe(step)
    expect(await whose()).toBe('ann-0')
    const idle = scripted([]).flow
    const { step: idleStep } = idle
    idle.cancel()
    expect(idle.step).toBe(idleStep)
  })

  test('in any turn of the queue leaves nobody half signed in', async () => {
    const ends = new Set<string>()
    for (let turn = 0; turn < 150; turn++)
      for (const device of [false, true]) {
        const { flow, whose } = scripted([{ ...tokens, device }])
        const given = flow.begin({ ...easily, rememberDevice: true })
        await turns(turn)
        flow.cancel()
        const { step } = flow
        await settle()
        const step2 = await given
        expect(flow.step).toBe(step)
        expect(step2).toBe(step)
        expect(await whose()).toBe(step.at === 'signedIn' ? 'ann-0' : undefined)
        ends.add(step.at)
      }
    expect([...ends].sort()).toEqual(['signedIn', 'start'])
  })

  test('by a signal in any turn, too', async () => {
    const ends = new Set<string>()
    for (let turn = 0; turn < 150; turn++)
      for (const device of [false, true]) {
        const { flow, whose } = scripted([{ ...tokens, device }])
        const controller = new AbortController()
        const reason = new Error('enough')
        const input = { ...easily, rememberDevice: true, signal: controller.signal }
        const given = flow.begin(input).catch((failure: unknown) => failure)
        await turns(turn)
        controller.abort(reason)
        await settle()
        const { step } = flow
        expect(await given).toBe(step.at === 'signedIn' ? step : reason)
        expect(await whose()).toBe(step.at === 'signedIn' ? 'ann-0' : undefined)
        ends.add(step.at)
      }
    expect([...ends].sort()).toEqual(['signedIn', 'start'])
  })

  test('the question about a device, asked or answered, leaves the person signed in', async () => {
    const script: Reply[] = [{ ...tokens, device: true }, good, silence]
    for (const answered of [false, true]) {
      const { flow, whose } = scripted([...script])
      const step = at(await flow.begin(easily), 'rememberDevice')
      const given = answered ? flow.answer(step, { remember: true }) : undefined
      await settle()
      flow.cancel()
      expect(flow.step).toMatchObject({ at: 'signedIn', user: step.user })
      if (given) expect(await given).toBe(flow.step)
      expect(await whose()).toBe('ann-0')
    }
  })

  test('a session that was there before is there again', async () => {
    const { flow, whose } = scripted([tokens, { ...tokens, device: true }, silence])
    await flow.begin(easily)
    const given = flow.begin(easily)
    await settle()
    expect(await whose()).toBe('ann-1')
    flow.cancel()
    await given
    await settle()
    expect(await whose()).toBe('ann-0')
  })
})

describe('what is still computed for a call that was given up', () => {
  test('is not sent by the next one', async () => {
    const go: (() => void)[] = []
    const modPow = (): Promise<bigint> =>
      new Promise((resolve) =>
        go.push(() => {
          resolve(7n)
        }),
      )
    const choice: Reply = { kind: 'challenge', name: 'SELECT_CHALLENGE', parameters: {} }
    const { flow, service } = scripted([choice, code], { modPow })
    const step = at(await flow.begin({ username: 'ann', flow: 'USER_AUTH' }), 'chooseFactor')
    const wanted = at(await flow.answer(step, { factor: 'PASSWORD_SRP' }), 'password')
    const controller = new AbortController()
    const { signal } = controller
    const given = flow.answer(wanted, { password }, { signal }).catch(() => undefined)
    await settle()
    expect(go).toHaveLength(1)
    controller.abort()
    await given
    const back = at(flow.step, 'password')
    const second = flow.answer(back, { factor: 'EMAIL_OTP' })
    await settle()
    for (const one of go) one()
    expect(await second).toMatchObject({ at: 'code' })
    await settle()
    expect(service.requests).toBe(2)
  })
})

describe('listeners', () => {
  test('hear of every move, each as often as it was given', async () => {
    const { flow } = scripted([code])
    const seen: Step[] = []
    const listener = (): void => {
      seen.push(flow.step)
    }
    const stop = flow.subscribe(listener)
    flow.subscribe(listener)
    const step = await flow.begin(easily)
    expect(seen.map((one) => one.at)).toEqual(['busy', 'busy', 'code', 'code'])
    expect(seen[3]).toBe(step)
    stop()
    stop()
    flow.cancel()
    expect(seen).toHaveLength(5)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(3)
  })

  test('that throw are heard by the host alone', async () => {
    const seen = unhandled()
    const problem = new Error('a listener')
    const throwing = (): never => {
      throw problem
    }
    const { flow } = scripted([tokens], { onEvent: throwing })
    flow.subscribe(throwing)
    const moves = movesOf(flow)
    expect(await flow.begin(easily)).toMatchObject({ at: 'signedIn' })
    expect(moves).toEqual(['busy', 'busy', 'signedIn'])
    await settle()
    // Three moves, each told to both, and a request.
    expect(seen).toEqual(Array(7).fill(problem))
  })

  test('that leave while they are told do not keep others from hearing', async () => {
    const { flow } = scripted([tokens])
    const stop = flow.subscribe(() => {
      stop()
    })
    const moves = movesOf(flow)
    await flow.begin(easily)
    expect(moves).toEqual(['busy', 'busy', 'signedIn'])
  })

  test('may give up what they hear of', async () => {
    const { flow, service } = scripted([tokens])
    flow.subscribe(() => {
      if (flow.step.at === 'busy') flow.cancel()
    })
    const step = await flow.begin(easily)
    expect(step).toBe(flow.step)
    expect(step.at).toBe('start')
    await settle()
    expect(service.requests).toBe(0)
  })

  test('may begin anew where a flow has come to; the call before ends with its own step', async () => {
    const { flow } = scripted([code, silence])
    let begun: Promise<RestingStep> | undefined
    flow.subscribe(() => {
      if (flow.step.at === 'code') begun ??= flow.begin(easily)
    })
    const step = await flow.begin(easily)
    expect(step.at).toBe('code')
    expect(flow.step.at).toBe('busy')
    flow.cancel()
    expect(await begun).toMatchObject({ at: 'start' })
  })

  test('that begin while another begins come second', async () => {
    const { flow, service } = scripted([code, tokens])
    await flow.begin(easily)
    let begun: Promise<RestingStep> | undefined
    flow.subscribe(() => {
      if (flow.step.at === 'start') begun ??= flow.begin({ ...easily, username: 'bob' })
    })
    const step = await flow.begin(easily)
    expect(step).toMatchObject({ at: 'signedIn', username: 'ann' })
    expect(await begun).toMatchObject({ at: 'start' })
    expect(service.requests).toBe(2)
  })

  test('that give up at the end leave the end as it is', async () => {
    const { flow, whose } = scripted([tokens])
    flow.subscribe(() => {
      if (flow.step.at === 'signedIn') flow.cancel()
    })
    expect(await flow.begin(easily)).toMatchObject({ at: 'signedIn' })
    await settle()
    expect(await whose()).toBe('ann-0')
  })
})

describe('onEvent', () => {
  test('is told of every move and of every request', async () => {
    const events: AuthEvent[] = []
    const wrong: Reply = {
      ...{ kind: 'refusal', name: 'CodeMismatchException', sentence: '', echo: true },
    }
    const { flow } = scripted([code, wrong], { onEvent: (event) => events.push(event) })
    const step = at(await flow.begin(easily), 'code')
    await flow.answer(step, { code: '123456' })
    expect(events).toMatchObject([
      { type: 'step', flow: 'signIn', at: 'busy' },
      { type: 'request', operation: 'InitiateAuth' },
      { type: 'step', flow: 'signIn', at: 'code' },
      { type: 'step', flow: 'signIn', at: 'busy' },
      { type: 'request', operation: 'RespondToAuthChallenge', code: 'wrong-code' },
      { type: 'step', flow: 'signIn', at: 'code', code: 'wrong-code' },
    ])
    expect(events.filter(({ type }) => type === 'step').map((one) => Object.keys(one))).toEqual(
      Array(4).fill(['type', 'flow', 'at', 'code']),
    )
  })

  test('says which kind of flow it is', async () => {
    const flows = new Set<unknown>()
    const onEvent = (event: AuthEvent): void => {
      if (event.type === 'step') flows.add(event.flow)
    }
    for (const one of [signUp, recover])
      await one(scripted([{ kind: 'cut' }], { onEvent }).auth).begin({ username: 'ann' })
    expect([...flows]).toEqual(['signUp', 'recover'])
  })
})

describe('a password', () => {
  const validity = 180_000
  const begun = async (options: Partial<Options> = {}) => {
    const clock = handClock()
    const { flow, service } = scripted([code, code], { clock, ...options })
    const step = at(await flow.begin(easily), 'code')
    expect(step).toMatchObject({ canResend: true, expiresAt: clock.now() + validity })
    return { clock, flow, service, step }
  }

  test('is there as long as the sign-in is', async () => {
    const { clock, flow, step } = await begun()
    clock.pass(validity - 1)
    at(await flow.resend(step), 'code')
    // Another code, another sign-in, another time.
    clock.pass(validity - 1)
    at(await flow.resend(at(flow.step, 'code')), 'code')
  })

  test('is forgotten after that', async () => {
    const { clock, flow, service, step } = await begun()
    clock.pass(validity)
    const { requests } = service
    expect(await flow.resend(step)).toMatchObject({
      at: 'start',
      username: 'ann',
      error: { code: 'session-expired' },
    })
    expect(service.requests).toBe(requests)
  })

  test('is forgotten when the app says that sign-ins are', async () => {
    const clock = handClock()
    const { flow } = scripted([code], { clock, signInValidity: 10 })
    const step = at(await flow.begin(easily), 'code')
    expect(step.expiresAt).toBe(clock.now() + 600_000)
    clock.pass(599_999)
    const later = at(await flow.resend(step), 'code')
    clock.pass(600_000)
    expect(await flow.resend(later)).toMatchObject({ error: { code: 'session-expired' } })
  })

  test('leaves no timer behind when all is over', async () => {
    const clock = fakeClock()
    const { flow } = scripted([code], { clock })
    const waiting = flow.begin(easily)
    await clock.pass(0)
    await waiting
    expect(clock.waiting()).toEqual([validity])
    flow.cancel()
    expect(clock.waiting()).toEqual([])
  })

  test('that nobody begins with is not waited for', async () => {
    const clock = fakeClock()
    const { flow } = scripted([code], { clock })
    const signal = AbortSignal.abort()
    await flow.begin({ ...easily, signal }).catch(() => undefined)
    expect(clock.waiting()).toEqual([])
    const given = flow.begin({ username: 'ann' })
    await clock.pass(0)
    await given
    expect(clock.waiting()).toEqual([])
  })
})

describe('what cannot be asked for', () => {
  const email: Reply = { kind: 'challenge', name: 'EMAIL_OTP', parameters: {} }

  test.each<[string, (flow: SignInFlow, step: Step) => Promise<RestingStep>]>([
    ['another code', (flow, step) => flow.resend(step as never)],
    ['another factor', (flow, step) => flow.answer(step as never, { factor: 'PASSWORD' })],
  ])('%s: the code that came first is still good', async (_what, ask) => {
    const { flow, service, whose } = scripted([email, { kind: 'cut' }])
    const input = { username: 'ann', flow: 'USER_AUTH', password, prefer: 'PASSWORD' } as const
    const first = await flow.begin(input)
    expect(first).toMatchObject({ canResend: true })
    const step = at(await ask(flow, first), 'code')
    expect(step.error).toMatchObject({ code: 'unreachable' })
    service.relent()
    at(await flow.answer(step, { code: '123456' }), 'signedIn')
    expect(await whose()).toBe('ann-0')
  })

  test('an answer that is no challenge leaves the code to be tried again', async () => {
    const { flow, service } = scripted([email, { kind: 'garbage', status: 200, body: '{}' }])
    const first = at(await flow.begin({ username: 'ann' }), 'code')
    const step = at(await flow.answer(first, { code: '1' }), 'code')
    expect(step.error).toMatchObject({ code: 'bad-response' })
    service.relent()
    at(await flow.answer(step, { code: '2' }), 'signedIn')
  })

  test('a passkey, for want of options that can be read, is asked for with fresh ones', async () => {
    const broken: Reply = {
      ...{ kind: 'challenge', name: 'WEB_AUTHN' },
      parameters: { CREDENTIAL_REQUEST_OPTIONS: '{"challenge":""}' },
    }
    const whole = {
      CREDENTIAL_REQUEST_OPTIONS: '{"challenge":"q83v","allowCredentials":[{"id":"a"}]}',
    }
    const passkeys = { get: () => Promise.resolve({ id: 'a' }) }
    const { flow, service } = scripted([broken, { ...broken, parameters: whole }, tokens], {
      passkeys,
    })
    const step = at(await flow.begin({ username: 'ann', prefer: 'WEB_AUTHN' }), 'passkey')
    expect(step.error).toMatchObject({ code: 'bad-response' })
    at(await flow.answer(step, { retry: true }), 'signedIn')
    expect(service.requests).toBe(3)
  })

  test('a device that nobody has here ends the sign-in, and nothing is sent twice', async () => {
    const device: Reply = { kind: 'challenge', name: 'DEVICE_SRP_AUTH', parameters: {} }
    const { flow, service } = scripted([code, device])
    const step = at(await flow.begin(easily), 'code')
    expect(await flow.answer(step, { code: '1' })).toMatchObject({
      at: 'start',
      username: 'ann',
      error: { code: 'bad-response' },
    })
    expect(service.requests).toBe(2)
  })

  test('a run of challenges without an end is ended', async () => {
    for (const [name, flow] of [
      ['PASSWORD_VERIFIER', 'USER_SRP_AUTH'],
      ['PASSWORD', 'USER_PASSWORD_AUTH'],
      ['PASSWORD_SRP', 'USER_PASSWORD_AUTH'],
    ] as const) {
      const parameters = proof('ann')
      const { flow: signing, service } = scripted([{ kind: 'challenge', name, parameters }])
      const { error } = await signing.begin({ ...easily, flow })
      expect(error).toMatchObject({ code: 'bad-response' })
      expect(service.requests).toBeLessThan(13)
    }
  })
})

describe('after a reload', () => {
  const lost = async (script: readonly Reply[], more: readonly Reply[] = []) => {
    const [storage, tabStorage] = [openStorage(), openStorage()]
    const clock = handClock()
    const before = scripted(script, { storage, tabStorage, clock })
    const step = await before.flow.begin(easily)
    const after = scripted(more, { storage, tabStorage, clock })
    return { ...after, step, clock, tabStorage }
  }

  test('a sign-in that is over by its time is said to be', async () => {
    const { flow, clock, tabStorage } = await lost([code])
    clock.pass(180_000)
    const moves = movesOf(flow)
    expect(await flow.resume()).toMatchObject({
      at: 'start',
      username: 'ann',
      error: { code: 'session-expired' },
    })
    expect(moves).toEqual(['start'])
    expect(tabStorage.texts.size).toBe(0)
  })

  test.each([-600_000, 600_000])(
    'a device whose clock is wrong by %i loses nothing',
    async (wrong) => {
      const pool = await openPool({ pool: withCodes })
      pool.users.create({ ...ann, attributes: phone })
      const tabStorage = openStorage()
      const clock = { now: () => pool.clock.now() + wrong, after: () => () => undefined }
      const reload = () => signIn(appOf(pool, { tabStorage, clock }))
      at(await reload().begin(ann), 'code')
      pool.clock.advance(100_000)
      at(await reload().resume(), 'code')
      const flow = reload()
      const step = at(await flow.resume(), 'code')
      at(await flow.answer(step, { code: '000000' }), 'code')
      at(await reload().resume(), 'code')
      pool.clock.advance(100_000)
      expect(await reload().resume()).toMatchObject({ error: { code: 'session-expired' } })
    },
  )

  test('no password is kept longer than a sign-in lasts, whatever a record says', async () => {
    const [before, tabStorage, clock] = [openStorage(), openStorage(), fakeClock()]
    const name: Reply = { kind: 'challenge', name: 'PASSWORD', parameters: {} }
    const input = { username: 'ann', prefer: 'EMAIL_OTP' } as const
    at(await scripted([name], { tabStorage: before }).flow.begin(input), 'password')
    const [[key, text] = ['', '']] = before.texts
    tabStorage.setItem(key, text.replace(/"expiresAt":\d+/g, '"expiresAt":4000000000000'))
    const { flow } = scripted([{ kind: 'cut' }], { tabStorage, clock })
    const given = flow.answer(at(await flow.resume(), 'password'), { password })
    await clock.pass(0)
    expect(await given).toMatchObject({ at: 'password', error: { code: 'unreachable' } })
    expect(clock.waiting()).toEqual([180_000])
    flow.cancel()
  })

  test('a sign-in in the middle of a device has to begin anew', async () => {
    const { flow, tabStorage } = await lost([code])
    const [[key, text] = ['', '']] = tabStorage.texts
    tabStorage.setItem(key, text.replace('"at":"code"', '"at":"retry"'))
    expect(await flow.resume()).toMatchObject({ at: 'start', error: { code: 'session-expired' } })
  })

  test('an answer that came by a link is given at once', async () => {
    const { flow, service } = await lost([code], [tokens])
    expect(await flow.resume({ answer: '123456' })).toMatchObject({ at: 'signedIn' })
    expect(service.requests).toBe(1)
  })

  test('an answer that no step takes waits for nothing', async () => {
    const choice: Reply = {
      ...{ kind: 'challenge', name: 'SELECT_MFA_TYPE' },
      parameters: { MFAS_CAN_CHOOSE: '["SMS_MFA","EMAIL_OTP"]' },
    }
    const { flow, service } = await lost([choice])
    expect(await flow.resume({ answer: '123456' })).toMatchObject({ at: 'chooseMfa' })
    expect(service.requests).toBe(0)
  })

  test('a signal that was given before is heeded where there is nothing, too', async () => {
    const { flow } = scripted([])
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    await expect(flow.resume({ signal })).rejects.toBe(reason)
    await expect(flow.resume({ signal, answer: 'blue' })).rejects.toBe(reason)
    expect(flow.step.error).toBeUndefined()
  })

  test('a signal ends it; where it was can be resumed still', async () => {
    const { flow, tabStorage } = await lost([code])
    const reason = new Error('enough')
    expect(await failureOf(flow.resume({ signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(flow.step.at).toBe('start')
    expect(tabStorage.texts.size).toBe(1)
    expect(await flow.resume()).toMatchObject({ at: 'code' })
  })

  test('whatever is begun meanwhile goes on', async () => {
    const { flow } = await lost([code], [silence])
    const resumed = flow.resume()
    const begun = flow.begin(easily)
    expect(await resumed).toMatchObject({ at: 'start' })
    expect(flow.step.at).toBe('busy')
    flow.cancel()
    await begun
    const second = await lost([code])
    const [one, two] = await Promise.all([second.flow.resume(), second.flow.resume()])
    expect(one).toBe(two)
    expect(one.at).toBe('code')
  })

  test.each([undefined, '123456'])(
    'what is given up while it is looked for is not found',
    async (answer) => {
      const { flow, service, tabStorage } = await lost([code])
      const resumed = flow.resume({ answer })
      const { step } = flow
      flow.cancel()
      expect(await resumed).toBe(step)
      expect(flow.step).toBe(step)
      expect(tabStorage.texts.size).toBe(0)
      expect(service.requests).toBe(0)
    },
  )

  test('an answer is not given to what a listener began', async () => {
    const { flow, service } = await lost([code])
    flow.subscribe(() => {
      if (flow.step.at === 'code') flow.cancel()
    })
    expect(await flow.resume({ answer: '123456' })).toMatchObject({ at: 'code' })
    expect(flow.step.at).toBe('start')
    expect(service.requests).toBe(0)
  })

  test('an authenticator app is set up with another secret; without an answer it can be asked for', async () => {
    const setUp: Reply = {
      ...{ kind: 'challenge', name: 'MFA_SETUP' },
      parameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' },
    }
    const { flow, step, service } = await lost([setUp, good], [{ kind: 'cut' }])
    expect(step.at).toBe('setUpTotp')
    const back = at(await flow.resume(), 'chooseMfaSetUp')
    expect(back).toMatchObject({ kinds: ['SOFTWARE_TOKEN_MFA'], error: { code: 'unreachable' } })
    expect(service.requests).toBe(1)
    expect(() => flow.totpSecret(back as never)).toThrow(TypeError)
  })

  test('a device is named again', async () => {
    const remembering = {
      ...{ ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
    }
    const pool = await openPool({ pool: { ...withCodes, DeviceConfiguration: remembering } })
    pool.users.create({ ...ann, attributes: phone })
    const [storage, tabStorage] = [openStorage(), openStorage()]
    const app = (): Auth => appOf(pool, { storage, tabStorage })
    const first = signIn(app())
    const step = at(await first.begin(ann), 'code')
    at(await first.answer(step, { code: lastCode(pool) }), 'signedIn')
    const named = [...storage.texts.keys()].find((key) => key.includes('.device.'))
    const { key } = JSON.parse(storage.texts.get(named!)!) as { key: string }
    // Found where a code is answered that was asked for before the page was left.
    const sent: string[] = []
    const service = createAdversary([code, tokens])
    const options: Partial<Options> = {
      ...{ storage, tabStorage },
      fetch: async (url, init) => {
        sent.push(init.body)
        return service.fetch(url, init)
      },
    }
    const again = (): SignInFlow => signIn(appOf(pool, options))
    at(await again().begin(easily), 'code')
    const resumed = again()
    at(await resumed.answer(at(await resumed.resume(), 'code'), { code: '1' }), 'signedIn')
    expect(sent.map((body) => body.includes(key))).toEqual([true, true])
  })
})

describe('a sign-up', () => {
  test('that was confirmed says so where the sign-in after it is refused', async () => {
    const refused: Reply = {
      ...{ kind: 'refusal', name: 'InvalidParameterException', echo: false },
      sentence: 'USER_SRP_AUTH is not enabled for the client.',
    }
    const flow = signUp(scripted([good, { kind: 'good' }, refused]).auth)
    const step = at(await flow.begin(ann), 'confirmSignUp')
    expect(await flow.answer(step, { code: '123456' })).toMatchObject({
      at: 'start',
      done: 'confirmed',
      error: { code: 'flow-not-enabled' },
    })
  })

  test('goes from the account to the tokens, and after a reload to its end', async () => {
    const pool = await openPool({ pool: { AutoVerifiedAttributes: ['email'] } })
    const tabStorage = openStorage()
    const input = { ...ann, attributes: { email: 'ann@example.com' } }
    await signUp(appOf(pool, { tabStorage })).begin(input)
    const flow = signUp(appOf(pool, { tabStorage }))
    const step = at(await flow.resume(), 'confirmSignUp')
    const sent = at(await flow.resend(step), 'confirmSignUp')
    const wrong = at(await flow.answer(sent, { code: '000000' }), 'confirmSignUp')
    expect(wrong).toMatchObject({ attempts: 1, error: { code: 'wrong-code' } })
    const end = await flow.answer(wrong, { code: lastCode(pool) })
    expect(end).toMatchObject({ username: 'ann' })
    expect(end.at === 'signedIn' || (end.at === 'start' && end.done === 'confirmed')).toBe(true)
    expect(tabStorage.texts.size).toBe(0)
  })
})

describe('a recovery', () => {
  test('goes on after a reload, and signs in with what was chosen', async () => {
    const pool = await openPool()
    const attributes = { email: 'ann@example.com', email_verified: 'true' }
    pool.users.create({ ...ann, attributes })
    const tabStorage = openStorage()
    await recover(appOf(pool, { tabStorage })).begin({ username: 'ann' })
    const flow = recover(appOf(pool, { tabStorage }))
    const step = at(await flow.resume(), 'resetPassword')
    requestsOf(pool)
    const input = { code: lastCode(pool), password: wrongPassword }
    at(await flow.answer(step, input), 'signedIn')
    expect(requestsOf(pool)).toEqual([
      ...['ConfirmForgotPassword', 'InitiateAuth', 'RespondToAuthChallenge'],
    ])
  })
})

describe('the secret of an authenticator app', () => {
  test('is told for the step alone', async () => {
    const setUp: Reply = {
      ...{ kind: 'challenge', name: 'MFA_SETUP' },
      parameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' },
    }
    const { flow } = scripted([setUp, good])
    const step = at(await flow.begin(easily), 'setUpTotp')
    const { secret, uri } = flow.totpSecret(step, { issuer: 'My app' })
    expect(uri).toBe(`otpauth://totp/My%20app:ann?secret=${secret}&issuer=My%20app`)
    expect(flow.totpSecret(step, { account: 'a@b' }).uri).toBe(
      `otpauth://totp/a%40b?secret=${secret}`,
    )
    expect(JSON.stringify(step)).not.toContain(secret)
    flow.cancel()
    expect(() => flow.totpSecret(step)).toThrow(TypeError)
    expect(() => flow.totpSecret(flow.step as never)).toThrow(TypeError)
  })
})
