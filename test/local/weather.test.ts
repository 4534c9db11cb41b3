import { describe, expect, onTestFinished, test } from 'vitest'
import { createAuth } from '../../src/index.ts'
import type { Auth, AuthEvent, Options } from '../../src/index.ts'
import type { LocalPool, Trouble, TroubleKind } from '../../src/local/index.ts'
import { listen } from '../../src/local/node.ts'
import { failureOf, hastyClock } from '../wire/fakes.ts'
import { begin, newPool, password, refusal, respond, send, signIn, tokensOf } from './raw.ts'

// What an app sees of each trouble, through our own client: by the pool's fetch and over HTTP.

interface App {
  readonly pool: LocalPool
  readonly auth: Auth
  readonly events: AuthEvent[]
  readonly AccessToken: string
}

async function openApp(way: Way, more: Partial<Options> = {}): Promise<App> {
  const pool = await newPool()
  const attributes = { email: 'ada@example.com', email_verified: 'true' }
  pool.users.create({ username: 'ada', password, attributes })
  const { AccessToken } = await signIn(pool, 'ada')
  pool.requests.length = 0
  const { userPoolId, clientId } = pool
  const events: AuthEvent[] = []
  const options: Options = {
    ...{ userPoolId, clientId, clock: hastyClock(20_000) },
    onEvent: (event) => events.push(event),
    ...(await transports[way](pool)),
    ...more,
  }
  return { pool, auth: createAuth(options), events, AccessToken }
}

const transports = {
  fetch: ({ fetch }: LocalPool) => Promise.resolve({ fetch }),
  HTTP: async (pool: LocalPool) => {
    const listening = await listen(pool)
    onTestFinished(() => listening.close())
    return { endpoint: listening.endpoint }
  },
}
type Way = keyof typeof transports

const forgotPassword = ({ auth }: App) => auth.call('ForgotPassword', { Username: 'ada' })
const getUser = ({ auth, AccessToken }: App) => auth.call('GetUser', { AccessToken })
const codesOf = ({ events }: App) =>
  events.map((event) => (event.type === 'request' ? (event.code ?? 'ok') : event.type))

describe.each(['fetch', 'HTTP'] as const)('by %s', (way) => {
  const troubles: readonly [TroubleKind, Partial<Trouble>, object, done: boolean][] = [
    ['lost-request', {}, { code: 'unreachable', retryable: true }, false],
    ['lost-answer', {}, { code: 'unreachable', retryable: true }, true],
    ['status', {}, { code: 'service-error', status: 503 }, false],
    ['status', { status: 502, body: '<html>' }, { code: 'service-error', status: 502 }, false],
    ['status', { status: 429 }, { code: 'throttled', status: 429 }, false],
    ['status', { status: 404 }, { code: 'bad-response', status: 404 }, false],
    ['throttle', {}, { code: 'throttled', service: 'TooManyRequestsException' }, false],
    ['throttle', { retryAfter: 7 }, { code: 'throttled', retryAfter: 7000 }, false],
    ['unavailable', {}, { code: 'service-error', service: 'InternalErrorException' }, false],
    ['garbage', {}, { code: 'bad-response', status: 200 }, false],
    ['garbage', { body: '[]' }, { code: 'bad-response', status: 200 }, false],
    ['waf-block', {}, { code: 'waf-blocked', status: 403 }, false],
    ['waf-challenge', {}, { code: 'waf-challenge', status: 202 }, false],
    ['waf-captcha', {}, { code: 'waf-challenge', status: 405 }, false],
  ]

  test.each(troubles)('%s %j is for the app %j', async (kind, more, seen, done) => {
    const app = await openApp(way)
    app.pool.faults.add({ kind, ...more, times: 1 })
    // Sends a message: it is never sent twice by itself.
    expect(await failureOf(forgotPassword(app))).toMatchObject(seen)
    expect(app.pool.requests).toHaveLength(1)
    expect(app.pool.outbox.messages).toHaveLength(done ? 1 : 0)
    await forgotPassword(app)
    expect(app.pool.outbox.messages).toHaveLength(done ? 2 : 1)
  })

  test.each([
    ['lost-request', 1, ['unreachable', 'retry', 'ok']],
    ['lost-answer', 1, ['unreachable', 'retry', 'ok']],
    ['unavailable', 2, ['service-error', 'retry', 'service-error', 'retry', 'ok']],
    ['throttle', 2, ['throttled', 'retry', 'throttled', 'retry', 'ok']],
  ] as const)('%s is mended by asking again where that does no harm', async (kind, times, seen) => {
    const app = await openApp(way)
    app.pool.faults.add({ kind, operation: 'GetUser', times })
    expect(await getUser(app)).toMatchObject({ Username: 'ada' })
    expect(codesOf(app)).toEqual(seen)
    expect(app.pool.requests).toHaveLength(times + 1)
  })

  test('a wall is not asked again', async () => {
    for (const kind of ['waf-block', 'waf-challenge', 'waf-captcha'] as const) {
      const app = await openApp(way)
      app.pool.faults.add({ kind })
      await failureOf(getUser(app))
      expect(app.pool.requests).toHaveLength(1)
    }
  })

  test('what was lost is in the log, and whether it was done in the pool', async () => {
    const app = await openApp(way)
    const change = (ProposedPassword: string, PreviousPassword = password) =>
      app.auth.call('ChangePassword', {
        ...{ AccessToken: app.AccessToken, PreviousPassword, ProposedPassword },
      })
    app.pool.faults.add({ kind: 'lost-request', times: 1 })
    await failureOf(change('Entirely-new-1'))
    await signIn(app.pool, 'ada')
    app.pool.faults.add({ kind: 'lost-answer', operation: 'ChangePassword', times: 1 })
    await failureOf(change('Entirely-new-1'))
    await signIn(app.pool, 'ada', { PASSWORD: 'Entirely-new-1' })
    expect(app.pool.requests.map(({ operation, status }) => [operation, status])).toEqual([
      ...[
        ['ChangePassword', 'lost'],
        ['InitiateAuth', 200],
        ['ChangePassword', 'lost'],
      ],
      ['InitiateAuth', 200],
    ])
  })

  test('an answer takes as long as it is told to, or longer than the app waits', async () => {
    const app = await openApp(way, { clock: undefined })
    app.pool.faults.add({ kind: 'latency', delay: 60, times: 1 })
    const startedAt = performance.now()
    await getUser(app)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55)
    const hasty = await openApp(way, { clock: undefined, timeout: 40 })
    hasty.pool.faults.add({ kind: 'latency', delay: 400, times: 1 })
    expect(await failureOf(getUser(hasty))).toMatchObject({ code: 'timeout' })
  })

  test('befalls the operation that is named, so often, one after the other, until it is cleared', async () => {
    const app = await openApp(way)
    const { faults } = app.pool
    faults.add({ kind: 'waf-block', operation: 'GetUser', times: 1 })
    faults.add({ kind: 'waf-captcha', operation: 'GetUser', times: 1 })
    await forgotPassword(app)
    expect(await failureOf(getUser(app))).toMatchObject({ code: 'waf-blocked' })
    expect(await failureOf(getUser(app))).toMatchObject({ code: 'waf-challenge' })
    await getUser(app)
    faults.add({ kind: 'garbage' })
    for (let i = 0; i < 5; i++)
      expect(await failureOf(forgotPassword(app))).toMatchObject({ code: 'bad-response' })
    faults.clear()
    await getUser(app)
  })

  test('does not touch the keys', async () => {
    const app = await openApp(way)
    app.pool.faults.add({ kind: 'lost-request' })
    const { fetch, userPoolId } = app.pool
    const keys = await fetch(`https://host/${userPoolId}/.well-known/jwks.json`)
    expect(keys.status).toBe(200)
  })
})

test('a page may read every answer but those of the challenge and the puzzle', async () => {
  const pool = await newPool()
  const origins: Partial<Record<TroubleKind, string | null>> = {}
  const kinds = ['throttle', 'unavailable', 'waf-block', 'waf-challenge', 'waf-captcha'] as const
  for (const kind of kinds) {
    pool.faults.add({ kind, times: 1 })
    const { header } = await send(pool, 'GetUser', {})
    origins[kind] = header('access-control-allow-origin')
  }
  expect(origins).toEqual({
    ...{ throttle: '*', unavailable: '*', 'waf-block': '*' },
    ...{ 'waf-challenge': null, 'waf-captcha': null },
  })
})

describe('a message that cannot be sent', () => {
  const attributes = {
    ...{ email: 'ada@example.com', email_verified: 'true' },
    ...{ phone_number: '+4915112345678', phone_number_verified: 'true' },
  }
  const failure = { status: 400, type: 'CodeDeliveryFailureException', message: '' }

  test('refuses what would have sent it, so often', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password, attributes })
    const { AccessToken } = await signIn(pool, 'ada')
    pool.faults.add({ kind: 'delivery-failure', times: 2 })
    // Sends nothing, so nothing of it is used up.
    await send(pool, 'GetUser', { AccessToken })
    const asked = { ClientId: pool.clientId, Username: 'ada' }
    expect(await refusal(pool, 'ForgotPassword', asked)).toEqual(failure)
    const verify = { AccessToken, AttributeName: 'email' }
    expect(await refusal(pool, 'GetUserAttributeVerificationCode', verify)).toEqual(failure)
    expect(pool.outbox.messages).toEqual([])
    expect((await send(pool, 'ForgotPassword', asked)).status).toBe(200)
    expect(pool.outbox.messages).toHaveLength(1)
  })

  test('is only that of an operation where one is named, and our client has a code for it', async () => {
    const pool = await newPool({ pool: { AutoVerifiedAttributes: ['email'] } })
    pool.faults.add({ kind: 'delivery-failure', operation: 'ResendConfirmationCode', times: 1 })
    const { userPoolId, clientId, fetch } = pool
    const auth = createAuth({ userPoolId, clientId, fetch })
    const UserAttributes = [{ Name: 'email', Value: 'grace@example.com' }]
    await auth.call('SignUp', { Username: 'grace', Password: password, UserAttributes })
    const again = () => auth.call('ResendConfirmationCode', { Username: 'grace' })
    expect(await failureOf(again())).toMatchObject({ code: 'delivery-failed' })
    await again()
    expect(pool.outbox.messages).toHaveLength(2)
  })

  test('just does not come in a sign-in, which has no error for it', async () => {
    const pool = await newPool({ pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] } })
    pool.users.create({ username: 'ada', password, attributes, mfa: ['SMS_MFA'] })
    pool.faults.add({ kind: 'delivery-failure', times: 1 })
    expect(await begin(pool, 'ada')).toMatchObject({ ChallengeName: 'SMS_MFA' })
    expect(pool.outbox.messages).toEqual([])
    const { Session } = await begin(pool, 'ada')
    const answer = { USERNAME: 'ada', SMS_MFA_CODE: pool.outbox.last()!.code }
    tokensOf((await respond(pool, 'SMS_MFA', answer, Session)).body)
  })
})

test.each([
  [{ kind: 'throttle', operation: 'GetUsers' }, '"operation" must be one of the service\'s'],
  [{ kind: 'throttle', operation: 'constructor' }, '"operation" must be one of the service\'s'],
  [{ kind: 'throttle', times: 0 }, '"times" must be number from 1; got another'],
  [{ kind: 'throttle', times: 1.5 }, '"times" must be a whole number'],
  [{ kind: 'throttle', retryAfter: '3' }, '"retryAfter" must be number from 0; got string'],
  [{ kind: 'latency', delay: NaN }, '"delay" must be number from 0; got another'],
  [{ kind: 'status', status: 101 }, '"status" must be number from 200 to 599'],
  [{ kind: 'status', body: {} }, '"body" must be string; got object'],
  [{ kind: 'throttle', often: 1 }, '"often" must be undefined: no such option'],
  [{ operation: 'GetUser' }, '"kind" must be one of latency'],
])('%j is refused', async (trouble, sentence) => {
  const { faults } = await newPool()
  expect(() => {
    faults.add(trouble as Trouble)
  }).toThrow(`latchkey: ${sentence}`)
  expect(faults.left).toEqual([])
})

test('a kind that there is not is refused', async () => {
  const { faults } = await newPool()
  expect(() => {
    faults.add({ kind: 'rain' as TroubleKind })
  }).toThrow('latchkey: "kind" must be one of latency, lost-request, lost-answer')
})
