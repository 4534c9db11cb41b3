import { describe, expect, test } from 'vitest'
import { signIn } from '../../src/index.ts'
import type { SignInInput } from '../../src/index.ts'
import { N } from '../../src/srp/group.ts'
import { configurations, entries, nameOf } from './configurations.ts'
import type { Configuration, Entry } from './configurations.ts'
import { answerOf, live, requestOf } from './drive.ts'
import type { Life } from './drive.ts'
import { tell } from './oracle.ts'
import type { Story } from './oracle.ts'
import { appOf, at, openPool, openStorage, password } from './world.ts'

// Every way to configure a sign-in, lived through and compared with what is known of the service.

const asked = 'a second factor is asked for once the password is proved'
const replaced = 'a remembered device is asked for in the place of the second factor'
const besides = 'a pool that challenges new devices asks a remembered one, whatever came before'
const then = 'once a temporary password is replaced, the sign-in goes on as after a password'
const led = 'where Lambda leads, its questions come after the password and what belongs to that'

/** Every challenge that may follow the answer to another, and why. */
const allowed: readonly (readonly [challenge: string, next: string, reason: string])[] = [
  ['PASSWORD_VERIFIER', 'NEW_PASSWORD_REQUIRED', 'a temporary password is replaced at once'],
  ['PASSWORD_VERIFIER', 'SMS_MFA', asked],
  ['PASSWORD_VERIFIER', 'SOFTWARE_TOKEN_MFA', asked],
  ['PASSWORD_VERIFIER', 'EMAIL_OTP', asked],
  ['PASSWORD_VERIFIER', 'SELECT_MFA_TYPE', 'several second factors, and none is preferred'],
  ['PASSWORD_VERIFIER', 'MFA_SETUP', 'the pool wants a second factor and there is none'],
  ['PASSWORD_VERIFIER', 'DEVICE_SRP_AUTH', replaced],
  ['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE', led],
  ['NEW_PASSWORD_REQUIRED', 'SMS_MFA', then],
  ['NEW_PASSWORD_REQUIRED', 'SOFTWARE_TOKEN_MFA', then],
  ['NEW_PASSWORD_REQUIRED', 'EMAIL_OTP', then],
  ['NEW_PASSWORD_REQUIRED', 'SELECT_MFA_TYPE', then],
  ['NEW_PASSWORD_REQUIRED', 'MFA_SETUP', then],
  ['NEW_PASSWORD_REQUIRED', 'DEVICE_SRP_AUTH', then],
  ['NEW_PASSWORD_REQUIRED', 'CUSTOM_CHALLENGE', led],
  ['SELECT_MFA_TYPE', 'SMS_MFA', 'what was chosen is asked for'],
  ['SELECT_MFA_TYPE', 'SOFTWARE_TOKEN_MFA', 'what was chosen is asked for'],
  ['SELECT_MFA_TYPE', 'EMAIL_OTP', 'what was chosen is asked for'],
  ['MFA_SETUP', 'EMAIL_OTP', 'an address is proved by a code before it counts'],
  ['MFA_SETUP', 'CUSTOM_CHALLENGE', led],
  ['SMS_MFA', 'CUSTOM_CHALLENGE', led],
  ['SOFTWARE_TOKEN_MFA', 'CUSTOM_CHALLENGE', led],
  ['EMAIL_OTP', 'CUSTOM_CHALLENGE', led],
  ['CUSTOM_CHALLENGE', 'CUSTOM_CHALLENGE', 'another question, or the same after a wrong answer'],
  ['CUSTOM_CHALLENGE', 'DEVICE_SRP_AUTH', 'where Lambda leads, the device comes last of all'],
  ['DEVICE_SRP_AUTH', 'DEVICE_PASSWORD_VERIFIER', 'the two halves of the proof of a device'],
  ['SELECT_CHALLENGE', 'PASSWORD_VERIFIER', 'chosen: the proof of a password'],
  ['SELECT_CHALLENGE', 'EMAIL_OTP', 'chosen: a code by e-mail'],
  ['SELECT_CHALLENGE', 'SMS_OTP', 'chosen: a code by text message'],
  ['SELECT_CHALLENGE', 'WEB_AUTHN', 'chosen: a passkey'],
  ['SELECT_CHALLENGE', 'NEW_PASSWORD_REQUIRED', 'chosen: a password in the clear, a temporary one'],
  ['SELECT_CHALLENGE', 'SMS_MFA', 'chosen: a password in the clear'],
  ['SELECT_CHALLENGE', 'SOFTWARE_TOKEN_MFA', 'chosen: a password in the clear'],
  ['SELECT_CHALLENGE', 'SELECT_MFA_TYPE', 'chosen: a password in the clear'],
  ['SELECT_CHALLENGE', 'MFA_SETUP', 'chosen: a password in the clear'],
  ['SELECT_CHALLENGE', 'DEVICE_SRP_AUTH', 'chosen: a password in the clear'],
  ['PASSWORD_SRP', 'PASSWORD_VERIFIER', 'the two halves of the proof of a password'],
  ['PASSWORD', 'NEW_PASSWORD_REQUIRED', 'a temporary password is replaced at once'],
  ['PASSWORD', 'SMS_MFA', asked],
  ['PASSWORD', 'SOFTWARE_TOKEN_MFA', asked],
  ['PASSWORD', 'EMAIL_OTP', asked],
  ['PASSWORD', 'SELECT_MFA_TYPE', asked],
  ['PASSWORD', 'MFA_SETUP', asked],
  ['PASSWORD', 'DEVICE_SRP_AUTH', replaced],
  ['EMAIL_OTP', 'DEVICE_SRP_AUTH', besides],
  ['SMS_OTP', 'DEVICE_SRP_AUTH', besides],
  ['WEB_AUTHN', 'DEVICE_SRP_AUTH', besides],
]

/** What a flow may begin with, besides refusals and tokens. */
const openings: Readonly<Record<string, readonly string[]>> = {
  USER_SRP_AUTH: ['PASSWORD_VERIFIER'],
  // All that may follow a password: it is sent at once.
  USER_PASSWORD_AUTH: [
    ...['NEW_PASSWORD_REQUIRED', 'SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'],
    ...['SELECT_MFA_TYPE', 'MFA_SETUP', 'DEVICE_SRP_AUTH'],
  ],
  // The same with a preferred password; any other factor; the choice; what the service poses by itself.
  USER_AUTH: [
    ...['NEW_PASSWORD_REQUIRED', 'SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'],
    ...['SELECT_MFA_TYPE', 'MFA_SETUP', 'DEVICE_SRP_AUTH'],
    ...['PASSWORD_VERIFIER', 'SMS_OTP', 'WEB_AUTHN', 'SELECT_CHALLENGE'],
    ...['PASSWORD', 'PASSWORD_SRP'],
  ],
  CUSTOM_AUTH: ['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'],
  // The confirmation of a sign-up is a first factor, and all that it takes.
  'USER_AUTH after sign-up': [],
}

const isLong = Boolean(process.env['LATCHKEY_LONG'])

/** Exchanges next to each other, with the beginning and the end: two, and three in the long run. */
const neighbours = ({ exchanges, end }: Story): string[] => {
  const all = ['', ...exchanges, end]
  return all.slice(1).map((_, i) => all.slice(i, i + (isLong ? 3 : 2)).join(' | '))
}

/**
 * Everything with one oddity, in the long run with two. Of what has more, whatever brings exchanges next
 * to each other that were not.
 */
const planned: readonly Configuration[] = (() => {
  const seen = new Set<string>()
  const isNew = (configuration: Configuration): boolean => {
    const size = seen.size
    for (const row of neighbours(tell(configuration))) seen.add(row)
    return seen.size > size
  }
  const plain = configurations(isLong ? 2 : 1)
  for (const one of plain) isNew(one)
  const names = new Set(plain.map(nameOf))
  return [...plain, ...configurations(3).filter((one) => !names.has(nameOf(one)) && isNew(one))]
})()

const lives = new Map<Entry, Promise<readonly (readonly [string, Life])[]>>()

/** All sign-ins of an entry: once, whichever test asks first. */
function livesOf(entry: Entry): Promise<readonly (readonly [string, Life])[]> {
  const living =
    lives.get(entry) ??
    (async () => {
      const all: [string, Life][] = []
      for (const one of planned) if (one.entry === entry) all.push([nameOf(one), await live(one)])
      return all
    })()
  lives.set(entry, living)
  return living
}

const allLives = async (): Promise<readonly (readonly [string, Life])[]> =>
  (await Promise.all(entries.map(livesOf))).flat()

const long = { timeout: 1_200_000 }

describe('the matrix', () => {
  test.each(entries)(
    '%s: every sign-in says what it must, and ends as it must',
    long,
    async (entry) => {
      const expected = planned.filter((one) => one.entry === entry)
      const came = await livesOf(entry)
      expect(came.map(([name, { exchanges, end }]) => [name, ...exchanges, end])).toEqual(
        expected.map((one) => {
          const { exchanges, end } = tell(one)
          return [nameOf(one), ...exchanges, end]
        }),
      )
    },
  )

  test('is large: configurations, and what is said in them', long, async () => {
    const all = await allLives()
    const sequences = new Map<string, number>()
    for (const [, { exchanges, end }] of all) {
      const sequence = [...exchanges, end].join(', ')
      sequences.set(sequence, (sequences.get(sequence) ?? 0) + 1)
    }
    const rows = [...sequences].sort(([a], [b]) => (a < b ? -1 : 1))
    console.log(rows.map(([sequence, count]) => `${String(count)} x ${sequence}`).join('\n'))
    const counted = `${String(all.length)} configurations, ${String(sequences.size)} sequences`
    console.log(`matrix: ${counted}`)
    expect(new Set(all.map(([name]) => name)).size).toBe(all.length)
    expect(all.length).toBeGreaterThanOrEqual(400)
    expect(sequences.size).toBeGreaterThanOrEqual(80)
  })

  test(
    'has every challenge after every one that it may follow, and after no other',
    long,
    async () => {
      const all = await allLives()
      const said = new Set(all.flatMap(([, { exchanges }]) => exchanges))
      const challenges = new Set(allowed.flatMap(([one, other]) => [one, other]))
      const seen = [...said].filter((exchange) => {
        const [from = '', to = ''] = exchange.split(' > ')
        return challenges.has(to) && (challenges.has(from) || from in openings)
      })
      const pairs = allowed.map(([one, other]) => `${one} > ${other}`)
      const beginnings = Object.entries(openings).flatMap(([flow, first]) =>
        first.map((challenge) => `${flow} > ${challenge}`),
      )
      console.log(`matrix: ${String(pairs.length)} pairs of challenges, each of them seen`)
      expect(seen.sort()).toEqual([...pairs, ...beginnings].sort())
    },
  )

  test('tells why somebody is asked again once a device was refused', long, async () => {
    const late = /device (wrong secret|forgotten before DEVICE\w+), confirmed, hidden/
    const codes = (await allLives()).filter(
      ([name]) => /^\w+ (EMAIL|SMS)_OTP, MFA none/.test(name) && late.test(name),
    )
    expect(codes).toHaveLength(12)
    for (const [name, { steps }] of codes) {
      const reason = name.includes('wrong secret') ? 'wrong-credentials' : 'device-unknown'
      expect(steps.filter((step) => step !== 'chooseFactor')).toEqual([
        ...['code', `code ${reason}`, 'signedIn'],
      ])
    }
  })
})

describe('a service that is none', () => {
  const hex = (number: bigint): string => number.toString(16)
  const lies: readonly (readonly [
    what: string,
    parameters: Readonly<Record<string, string | undefined>>,
  ])[] = [
    ['SRP_B of 0', { SRP_B: '0' }],
    ['SRP_B of N', { SRP_B: hex(N) }],
    ['SRP_B of 2N', { SRP_B: hex(2n * N) }],
    ['SRP_B of nothing', { SRP_B: '' }],
    ['SRP_B that is no number', { SRP_B: 'garbage' }],
    ['no SRP_B', { SRP_B: undefined }],
    ['SALT that is no number', { SALT: 'garbage' }],
    ['SALT below 0', { SALT: '-7a' }],
    ['no SALT', { SALT: undefined }],
    ['SECRET_BLOCK that is no base64', { SECRET_BLOCK: '{garbage}' }],
    ['no SECRET_BLOCK', { SECRET_BLOCK: undefined }],
  ]
  const rounds: readonly (readonly [
    round: string,
    challenge: string,
    input: Partial<SignInInput>,
  ])[] = [
    ['USER_SRP_AUTH', 'PASSWORD_VERIFIER', {}],
    ['USER_AUTH', 'PASSWORD_VERIFIER', { flow: 'USER_AUTH' }],
    ['CUSTOM_AUTH', 'PASSWORD_VERIFIER', { flow: 'CUSTOM_AUTH' }],
    ['a device', 'DEVICE_PASSWORD_VERIFIER', { flow: 'USER_PASSWORD_AUTH' }],
  ]

  /** Somebody whose device is remembered. */
  async function openWorld() {
    const pool = await openPool({
      pool: {
        DeviceConfiguration: {
          ...{ ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
        },
      },
      triggers: {
        defineAuthChallenge({ response }) {
          response.challengeName = 'PASSWORD_VERIFIER'
        },
      },
    })
    pool.users.create({ username: 'ann', password })
    const storage = openStorage()
    const flow = signIn(appOf(pool, { storage }))
    at(await flow.begin({ username: 'ann', password, flow: 'USER_PASSWORD_AUTH' }), 'signedIn')
    return { pool, storage }
  }

  const cases = rounds.flatMap((round) =>
    [
      ...lies,
      round[1] === 'PASSWORD_VERIFIER'
        ? (['no USER_ID_FOR_SRP', { USER_ID_FOR_SRP: undefined }] as const)
        : (['DEVICE_KEY of another', { DEVICE_KEY: 'us-east-1_another' }] as const),
    ].map(([what, parameters]) => [round[0], what, round, parameters] as const),
  )
  let world: ReturnType<typeof openWorld> | undefined

  test.each(cases)('gets nothing more: %s, %s', async (_, __, [, challenge, input], parameters) => {
    const { pool, storage } = await (world ??= openWorld())
    const requests: string[] = []
    let lied = 0
    const auth = appOf(pool, {
      // What is kept is left as it is, for the next one.
      storage: { ...storage, setItem: () => undefined, removeItem: () => undefined },
      fetch: async (url, init) => {
        requests.push(requestOf(init))
        const response = await pool.fetch(url, init)
        const text = await response.text()
        if (answerOf(text) !== challenge) return new Response(text, response)
        lied = requests.length
        const answer = JSON.parse(text) as { readonly ChallengeParameters: object }
        const told = { ...answer.ChallengeParameters, ...parameters }
        const lie = JSON.stringify({ ...answer, ChallengeParameters: told })
        return new Response(lie, response)
      },
    })
    const flow = signIn(auth)
    const step = await flow.begin({ username: 'ann', password, ...input })
    // There is nothing to try again: the sign-in is over.
    expect(step).toMatchObject({ at: 'start', username: 'ann', error: { code: 'bad-response' } })
    // Nor does anything follow by itself.
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(requests.slice(lied)).toEqual([])
    expect(requests).not.toContain(challenge)
    expect(lied).toBeGreaterThan(0)
  })
})
