import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { createAuth } from '../../src/index.ts'
import type { OperationName } from '../../src/index.ts'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalInput, LocalPool, LocalPoolOptions, Triggers } from '../../src/local/index.ts'
import { createKeyPair, deviceClaim, newDevice, passwordClaim } from '../../src/srp/index.ts'
import { failureOf } from '../wire/fakes.ts'
import { appCode, questioning, wrong } from './clients.ts'
import {
  authOf,
  begin,
  flows,
  newPool,
  output,
  password,
  prove,
  refusal,
  respond,
  send,
  signIn,
  tokensOf,
} from './raw.ts'

// What is not the wire: the options, and what tests do to a pool from behind.

const email = 'ada@example.com'
const verifiedEmail = { email, email_verified: 'true' }
const minute = 60_000

async function withAda(
  options: Parameters<typeof newPool>[0] = {},
  more: Partial<Parameters<LocalPool['users']['create']>[0]> = {},
): Promise<LocalPool> {
  const pool = await newPool(options)
  pool.users.create({ username: 'ada', password, attributes: verifiedEmail, ...more })
  return pool
}

const tryToSignIn = (pool: LocalPool, PASSWORD = password, USERNAME = 'ada') =>
  refusal(pool, 'InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: pool.clientId,
    AuthParameters: { USERNAME, PASSWORD },
  })

const wrongCredentials = { message: 'Incorrect username or password.' }

/** A pool that goes on from where another stands, at the same time. */
const restored = (pool: LocalPool, more: LocalPoolOptions = {}): LocalPool =>
  createLocalPool({ ...more, state: pool.snapshot() })

describe('the options', () => {
  const create = (options: object) => () => createLocalPool(options)

  test.each([
    ['region', 7, 'got number'],
    ['region', 'here', 'like eu-west-1; got another'],
    ['userPoolId', '', 'got nothing'],
    ['userPoolId', 'eu-west-1', 'like eu-west-1_Ab12Cd34E; got another'],
    ['clientId', 'two words', 'got another'],
    ['clientSecret', null, 'got nothing'],
    ['pool', 'ON', 'must be object; got string'],
    ['client', true, 'got boolean'],
    ['triggers', 1, 'got number'],
    ['limits', 'no', 'must be boolean; got string'],
    ['allowsOrigin', {}, 'must be function; got object'],
    ['state', {}, 'got object'],
    ['now', 1, 'got number'],
    ['random', 'random', 'got string'],
    ['secret', 'x', 'must be undefined: no such option; got string'],
  ])('%s is not %j', (name, value, sentence) => {
    expect(create({ [name]: value })).toThrow(TypeError)
    expect(create({ [name]: value })).toThrow(`latchkey: "${name}"`)
    expect(create({ [name]: value })).toThrow(sentence)
  })

  test('a trigger is one of those that there are, and a function', () => {
    expect(create({ triggers: { preSignUp: 'yes' } })).toThrow(
      '"triggers.preSignUp" must be function',
    )
    expect(create({ triggers: { preSignup: () => undefined } })).toThrow('no such trigger')
    expect(create({ triggers: { preSignUp: undefined } })).not.toThrow()
  })

  const policy = 'pool.Policies.PasswordPolicy'
  test.each([
    [{ pool: { MfaConfig: 'ON' } }, '"pool.MfaConfig" must be undefined: no such option'],
    [{ pool: { Policies: { PasswordPolicy: { MinLength: 9 } } } }, `"${policy}.MinLength" must`],
    [
      { pool: { Policies: { PasswordPolicy: { MinimumLength: '9' } } } },
      `"${policy}.MinimumLength" must be number from 0; got string`,
    ],
    [{ pool: { Policies: null } }, '"pool.Policies" must be object; got nothing'],
    [{ pool: { Policies: [] } }, '"pool.Policies" must be object; got list'],
    [
      { pool: { MfaConfiguration: 'on' } },
      '"pool.MfaConfiguration" must be one of OFF, OPTIONAL, ON; got another',
    ],
    [{ pool: { EnabledMfas: 'SMS_MFA' } }, '"pool.EnabledMfas" must be list; got string'],
    [
      { pool: { EnabledMfas: ['SMS_MFA', 'TOTP'] } },
      '"pool.EnabledMfas[1]" must be one of SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP; got another',
    ],
    [{ pool: { Schema: [{ Required: true }] } }, '"pool.Schema[0].Name" must be string; got undef'],
    [
      { pool: { Schema: [{ Name: 'custom:x', Mutabel: false }] } },
      '"pool.Schema[0].Mutabel" must be undefined: no such option; got boolean',
    ],
    [
      { client: { ExplicitAuthFlows: ['USER_SRP_AUTH'] } },
      '"client.ExplicitAuthFlows[0]" must be one of ALLOW_USER_SRP_AUTH',
    ],
    [{ client: { TokenValidityUnits: { AccessToken: 'weeks' } } }, 'seconds, minutes, hours, days'],
    [
      { client: { RefreshTokenRotation: { RetryGracePeriodSeconds: 61 } } },
      '"client.RefreshTokenRotation.RetryGracePeriodSeconds" must be number from 0 to 60',
    ],
    [{ client: { EnableTokenRevocation: 0 } }, '"client.EnableTokenRevocation" must be boolean'],
  ])('at any depth they are those that there are: %j', async (options, sentence) => {
    expect(create(options)).toThrow(TypeError)
    expect(create(options)).toThrow(sentence)
    const pool = await newPool()
    const before = pool.configure()
    expect(() => pool.configure(options as LocalPoolOptions)).toThrow(sentence)
    expect(pool.configure()).toEqual(before)
  })

  test('the region is that of the pool', () => {
    expect(create({ region: 'eu-west-1', userPoolId: 'us-east-1_Ab12Cd34E' })).toThrow(
      'latchkey: "region" must be that of the pool, us-east-1; got eu-west-1',
    )
    expect(create({ region: 'eu-west-1', state: createLocalPool().snapshot() })).toThrow(
      'latchkey: "region" must be that of the pool, us-east-1; got eu-west-1',
    )
    const ids = { region: 'eu-west-1', userPoolId: 'eu-west-1_Ab12Cd34E' }
    expect(createLocalPool(ids)).toMatchObject(ids)
  })

  test('a value that is refused is not told', () => {
    for (const options of [{ clientSecret: 1 }, { userPoolId: 'cAnArY' }, { x: 'cAnArY' }])
      expect(create(options)).not.toThrow('cAnArY')
  })

  test('undefined is as good as nothing', () => {
    const names = ['region', 'userPoolId', 'clientId', 'clientSecret', 'pool', 'client', 'triggers']
    const rest = ['limits', 'allowsOrigin', 'state', 'now', 'random']
    const none = Object.fromEntries([...names, ...rest].map((name) => [name, undefined]))
    expect(create(none)).not.toThrow()
  })

  test('ids are made in the form of the service, and are those of the app', () => {
    const pool = createLocalPool()
    expect(pool.userPoolId).toMatch(/^us-east-1_[\da-zA-Z]{9}$/)
    expect(pool.clientId).toMatch(/^[\da-z]{26}$/)
    expect(pool.region).toBe('us-east-1')
    expect(pool.clientSecret).toBeUndefined()
    const { userPoolId, clientId, fetch } = pool
    expect(() => createAuth({ userPoolId, clientId, fetch })).not.toThrow()
    expect(createLocalPool({ region: 'eu-central-1' }).userPoolId).toMatch(/^eu-central-1_/)
  })

  test('ids are those that are given', () => {
    const ids = { userPoolId: 'ap-south-1_Xyz', clientId: 'mine', clientSecret: 'hush' }
    expect(createLocalPool(ids)).toMatchObject({ ...ids, region: 'ap-south-1' })
  })

  test('settings are merged at any depth', () => {
    const pool = createLocalPool({
      pool: { Policies: { PasswordPolicy: { MinimumLength: 12 } } },
      client: { TokenValidityUnits: { AccessToken: 'seconds' } },
    })
    const settings = pool.configure()
    expect(settings.pool.Policies.PasswordPolicy).toMatchObject({
      ...{ MinimumLength: 12, RequireSymbols: true },
    })
    expect(settings.client.TokenValidityUnits).toEqual({
      ...{ AccessToken: 'seconds', IdToken: 'minutes', RefreshToken: 'days' },
    })
  })

  test('two pools know nothing of one another', async () => {
    const [one, other] = [await withAda(), await newPool()]
    await signIn(one, 'ada')
    expect(other.users.list()).toEqual([])
    expect(other.requests).toEqual([])
    expect(await tryToSignIn(other)).toMatchObject({ type: 'UserNotFoundException' })
    one.clock.advance(minute)
    one.configure({ pool: { MfaConfiguration: 'ON' } })
    one.faults.add({ kind: 'lost-request' })
    expect(one.clock.now() - other.clock.now()).toBeGreaterThan(minute / 2)
    expect(other.configure().pool.MfaConfiguration).toBe('OFF')
    expect((await send(other, 'GetUser', {})).status).toBe(400)
    await send(other, 'ForgotPassword', { ClientId: other.clientId, Username: 'ada' })
    expect(one.outbox.messages).toEqual([])
  })

  test('a client secret is wanted from whoever asks', async () => {
    const pool = createLocalPool({ clientSecret: 'hush' })
    pool.users.create({ username: 'ada', password, attributes: verifiedEmail })
    const { userPoolId, clientId, fetch } = pool
    const ask = (clientSecret?: string) =>
      createAuth({ userPoolId, clientId, fetch, clientSecret }).call('ForgotPassword', {
        Username: 'ada',
      })
    expect(await failureOf(ask())).toMatchObject({ code: 'client-secret-wrong' })
    expect(await failureOf(ask('other'))).toMatchObject({ code: 'client-secret-wrong' })
    expect(await ask('hush')).toMatchObject({ CodeDeliveryDetails: { DeliveryMedium: 'EMAIL' } })
  })

  test('time and chance are those that are given', () => {
    const random = vi.fn((length: number) => new Uint8Array(length).fill(10))
    const pool = createLocalPool({ now: () => 1_000, random })
    expect(pool.userPoolId).toBe('us-east-1_aaaaaaaaa')
    expect(random).toHaveBeenCalledWith(9)
    pool.clock.advance(500)
    expect(pool.clock.now()).toBe(1_500)
  })
})

describe('users', () => {
  test.each([
    [{ password }, '"username" must be string; got undefined'],
    [{ username: 'ada', mail: 'a@b.c' }, '"mail" must be undefined: no such option; got string'],
    [{ username: 'ada', password: 7 }, '"password" must be string; got number'],
    [
      { username: 'ada', attributes: { email: 7 } },
      '"attributes.email" must be string; got number',
    ],
    [{ username: 'ada', attributes: [] }, '"attributes" must be object; got list'],
    [{ username: 'ada', status: 'confirmed' }, '"status" must be one of UNCONFIRMED, CONFIRMED'],
    [{ username: 'ada', groups: 'admins' }, '"groups" must be list; got string'],
    [{ username: 'ada', mfa: ['TOTP'] }, '"mfa[0]" must be one of SMS_MFA'],
    [{ username: 'ada', preferredMfa: 'SMS' }, '"preferredMfa" must be one of SMS_MFA'],
    [null, '"option" must be object; got nothing'],
  ])('are not made of %j', async (person, sentence) => {
    const { users } = await newPool()
    expect(() => users.create(person as { username: string })).toThrow(`latchkey: ${sentence}`)
    expect(users.list()).toEqual([])
  })

  test('are not given what nobody can have', async () => {
    const { users } = await withAda()
    const before = users.list()
    const wrongs = [
      () => {
        users.setStatus('ada', 'confirmed' as 'CONFIRMED')
      },
      () => {
        users.setAttributes('ada', { email: 7 as unknown as string })
      },
      () => {
        users.setPassword('ada', undefined as unknown as string)
      },
      () => {
        users.forgetDevice('ada', 'key')
      },
    ]
    for (const wrong of wrongs) expect(wrong).toThrow(TypeError)
    expect(users.list()).toEqual(before)
  })

  test('are made, found and listed', async () => {
    const pool = await newPool()
    const ada = pool.users.create({ username: 'ada', password, attributes: verifiedEmail })
    expect(ada).toEqual({
      ...{ username: 'ada', status: 'CONFIRMED', enabled: true, attributes: verifiedEmail },
      ...{
        mfa: [],
        devices: [],
        passkeys: [],
        sub: expect.stringMatching(/^[\da-f-]{36}$/) as unknown,
      },
    })
    pool.users.create({ username: 'grace' })
    expect(pool.users.get('ada')).toEqual(ada)
    expect(pool.users.get(ada.sub)).toEqual(ada)
    expect(pool.users.get('nobody')).toBeUndefined()
    expect(pool.users.list().map(({ username }) => username)).toEqual(['ada', 'grace'])
    expect(inspect(pool.users.list(), { depth: 9 })).not.toContain(password)
  })

  test('are found by the names that the pool takes', async () => {
    const pool = await newPool({ pool: { UsernameAttributes: ['email'] } })
    const { sub, username } = pool.users.create({ username: email, password })
    expect(username).toBe(sub)
    expect(pool.users.get(email)).toMatchObject({ sub, attributes: { email } })
    await signIn(pool, email)
    pool.users.delete(email)
    expect(pool.users.list()).toEqual([])
  })

  test('are not made twice, nor without a name, nor changed where there are none', async () => {
    const pool = await withAda()
    const { users } = pool
    expect(() => users.create({ username: 'ada' })).toThrow('there is a ada already')
    expect(() => users.create({ username: '' })).toThrow('"username" must be string; got nothing')
    expect(() => users.create({} as { username: string })).toThrow('got undefined')
    const changes: (() => void)[] = [
      ...(['confirm', 'disable', 'enable', 'reset', 'delete'] as const).map((name) => () => {
        users[name]('nobody')
      }),
      () => {
        users.setPassword('nobody', password)
      },
      () => {
        users.setAttributes('nobody', {})
      },
      () => {
        users.setStatus('nobody', 'CONFIRMED')
      },
      () => {
        users.forgetDevice('nobody', 'key')
      },
    ]
    for (const change of changes) expect(change).toThrow('there is no nobody')
  })

  test('get another password', async () => {
    const pool = await withAda()
    pool.users.setPassword('ada', 'Entirely-new-1')
    expect(await tryToSignIn(pool)).toMatchObject(wrongCredentials)
    tokensOf(await begin(pool, 'ada', { PASSWORD: 'Entirely-new-1' }))
    pool.users.setPassword('ada', password, { temporary: true })
    expect(await begin(pool, 'ada')).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED' })
    pool.users.setPassword('ada', password)
    await signIn(pool, 'ada')
  })

  test('with a temporary password have to change it, and in time', async () => {
    const pool = await withAda({}, { temporary: true })
    expect(pool.users.get('ada')).toMatchObject({ status: 'FORCE_CHANGE_PASSWORD' })
    expect(await begin(pool, 'ada')).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED' })
    pool.clock.advance(7 * 24 * 60 * minute)
    expect(await tryToSignIn(pool)).toMatchObject({
      message: 'Temporary password has expired and must be reset by an administrator.',
    })
  })

  test('get other attributes, and lose those that are empty', async () => {
    const pool = await withAda()
    const { AccessToken } = await signIn(pool, 'ada')
    pool.users.setAttributes('ada', { nickname: 'A.', email: '' })
    const { UserAttributes } = await output(pool, 'GetUser', { AccessToken })
    const names = (UserAttributes as { Name: string }[]).map(({ Name }) => Name)
    expect(names).toEqual(['nickname', 'sub'])
  })

  test.each([
    ['UNCONFIRMED', 'UserNotConfirmedException'],
    ['RESET_REQUIRED', 'PasswordResetRequiredException'],
  ] as const)('of status %s do not get in', async (status, type) => {
    const pool = await withAda()
    pool.users.setStatus('ada', status)
    expect(pool.users.get('ada')).toMatchObject({ status })
    expect(await tryToSignIn(pool)).toMatchObject({ type })
    pool.users.confirm('ada')
    await signIn(pool, 'ada')
  })

  test('are switched off and on', async () => {
    const pool = await withAda()
    const { RefreshToken } = await signIn(pool, 'ada')
    pool.users.disable('ada')
    expect(await tryToSignIn(pool)).toMatchObject({ message: 'User is disabled.' })
    expect(
      await refusal(pool, 'GetTokensFromRefreshToken', { ClientId: pool.clientId, RefreshToken }),
    ).toMatchObject({ type: 'NotAuthorizedException', message: 'User is disabled.' })
    pool.users.enable('ada')
    await signIn(pool, 'ada')
  })

  test('are asked for a new password', async () => {
    const pool = await withAda()
    pool.users.reset('ada')
    expect(await tryToSignIn(pool)).toMatchObject({ type: 'PasswordResetRequiredException' })
    await output(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'ada' })
    await output(pool, 'ConfirmForgotPassword', {
      ...{ ClientId: pool.clientId, Username: 'ada', Password: 'Entirely-new-1' },
      ConfirmationCode: pool.outbox.last()!.code,
    })
    tokensOf(await begin(pool, 'ada', { PASSWORD: 'Entirely-new-1' }))
  })

  test('are deleted, and their tokens with them', async () => {
    const pool = await withAda()
    const { AccessToken } = await signIn(pool, 'ada')
    pool.users.delete('ada')
    expect(pool.users.get('ada')).toBeUndefined()
    expect(await refusal(pool, 'GetUser', { AccessToken })).toMatchObject({
      type: 'UserNotFoundException',
    })
    pool.users.create({ username: 'ada', password })
    expect(await refusal(pool, 'GetUser', { AccessToken })).toMatchObject({
      type: 'NotAuthorizedException',
    })
  })

  test('lose a device', async () => {
    const pool = await withAda({ pool: { DeviceConfiguration: {} } })
    const { AccessToken, NewDeviceMetadata } = await signIn(pool, 'ada')
    const { DeviceKey } = NewDeviceMetadata!
    expect(pool.users.get('ada')?.devices).toEqual([DeviceKey])
    await output(pool, 'GetDevice', { AccessToken, DeviceKey })
    pool.users.forgetDevice('ada', DeviceKey)
    expect(pool.users.get('ada')?.devices).toEqual([])
    expect(await refusal(pool, 'GetDevice', { AccessToken, DeviceKey })).toMatchObject({
      message: 'Device does not exist.',
    })
  })
})

describe('the outbox', () => {
  test('refuses to look or wait for what no message has', async () => {
    const { outbox } = await newPool()
    const wanted = { user: 'ada' } as object
    const sentence = 'latchkey: "user" must be undefined: no such part of a message; got string'
    expect(() => outbox.last(wanted)).toThrow(sentence)
    expect(await failureOf(outbox.next(wanted))).toMatchObject({ message: sentence })
    expect(() => outbox.last({ purpose: 'login' as 'signIn' })).toThrow('"purpose" must be one of')
  })

  const ask = (pool: LocalPool, Username = 'ada') =>
    output(pool, 'ForgotPassword', { ClientId: pool.clientId, Username })

  test('has every message, and the last that fits', async () => {
    const pool = await withAda()
    pool.users.create({
      username: 'grace',
      attributes: { ...verifiedEmail, email: 'g@example.com' },
    })
    await ask(pool)
    await ask(pool, 'grace')
    const [first, second] = pool.outbox.messages
    expect(first).toEqual({
      ...{ to: email, medium: 'EMAIL', purpose: 'recovery', username: 'ada' },
      ...{ poolId: pool.userPoolId, subject: 'Your verification code' },
      code: expect.stringMatching(/^\d{6}$/) as unknown,
      text: `Your confirmation code is ${first!.code}`,
      sentAt: expect.closeTo(pool.clock.now(), -4) as unknown,
    })
    expect(pool.outbox.last()).toBe(second)
    expect(pool.outbox.last({ username: 'ada' })).toBe(first)
    expect(pool.outbox.last({ username: 'ada', medium: 'SMS' })).toBeUndefined()
    pool.outbox.clear()
    expect(pool.outbox.messages).toEqual([])
    expect(pool.outbox.last()).toBeUndefined()
  })

  test('gives the next: one that is there, or one that comes', async () => {
    const pool = await withAda()
    const [coming, ofGrace] = [
      pool.outbox.next({ username: 'ada' }),
      failureOf(pool.outbox.next({ username: 'grace' }, 20)),
    ]
    await ask(pool)
    expect(await coming).toBe(pool.outbox.last())
    // Not the same again: a test would type an old code.
    expect(await failureOf(pool.outbox.next({}, 20))).toMatchObject({
      name: 'TypeError',
      message: 'latchkey/local: no such message within 20 ms: {}',
    })
    await ask(pool)
    const [old, fresh] = pool.outbox.messages
    expect(await pool.outbox.next()).toBe(fresh)
    expect(old).not.toBe(fresh)
    expect(await ofGrace).toMatchObject({
      message: 'latchkey/local: no such message within 20 ms: {"username":"grace"}',
    })
  })

  test('serves all who wait, each once', async () => {
    const pool = await withAda()
    const waiting = [pool.outbox.next(), pool.outbox.next({ purpose: 'recovery' })]
    await ask(pool)
    const [first] = pool.outbox.messages
    expect(await Promise.all(waiting)).toEqual([first, first])
    pool.outbox.clear()
    await ask(pool)
    expect(await Promise.all(waiting)).toEqual([first, first])
  })
})

describe('the clock', () => {
  test('ends codes', async () => {
    const pool = await withAda()
    const Username = 'ada'
    await output(pool, 'ForgotPassword', { ClientId: pool.clientId, Username })
    const { code: ConfirmationCode } = pool.outbox.last()!
    pool.clock.advance(60 * minute)
    expect(
      await refusal(pool, 'ConfirmForgotPassword', {
        ...{ ClientId: pool.clientId, Username, ConfirmationCode, Password: 'Entirely-new-1' },
      }),
    ).toMatchObject({ type: 'ExpiredCodeException' })
  })

  test('ends sessions, as the app client is set', async () => {
    const pool = await withAda({ client: { AuthSessionValidity: 5 } }, { temporary: true })
    const answer = { USERNAME: 'ada', NEW_PASSWORD: 'Entirely-new-1' }
    for (const [minutes, status] of [
      [5, 400],
      [4.9, 200],
    ] as const) {
      const { Session } = await begin(pool, 'ada')
      pool.clock.advance(minutes * minute)
      const reply = await respond(pool, 'NEW_PASSWORD_REQUIRED', answer, Session)
      expect(reply.status).toBe(status)
      if (status === 400)
        expect(reply.body['message']).toBe('Invalid session for the user, session is expired.')
    }
  })

  test('ends tokens', async () => {
    const pool = await withAda()
    const { AccessToken, RefreshToken, ExpiresIn } = await signIn(pool, 'ada')
    expect(ExpiresIn).toBe(3600)
    pool.clock.advance(59 * minute)
    await output(pool, 'GetUser', { AccessToken })
    pool.clock.advance(minute)
    expect(await refusal(pool, 'GetUser', { AccessToken })).toMatchObject({
      message: 'Access Token has expired',
    })
    const exchange = { ClientId: pool.clientId, RefreshToken }
    await output(pool, 'GetTokensFromRefreshToken', exchange)
    pool.clock.advance(30 * 24 * 60 * minute)
    expect(await refusal(pool, 'GetTokensFromRefreshToken', exchange)).toMatchObject({
      message: 'Refresh Token has expired',
    })
  })

  test('is told by the answers', async () => {
    const pool = await newPool()
    pool.clock.advance(48 * 60 * minute)
    const { header } = await send(pool, 'GetUser', {})
    expect(Date.parse(header('date')!) - Date.now()).toBeGreaterThan(47 * 60 * minute)
  })

  test('is put forward by a number', async () => {
    const { clock } = await newPool()
    const before = clock.now()
    for (const amount of ['7', NaN, undefined])
      expect(() => {
        clock.advance(amount as number)
      }).toThrow('"milliseconds" must be a number')
    expect(clock.now() - before).toBeLessThan(minute)
  })
})

describe("an authenticator app's code", () => {
  const mfa = { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] } as const
  const enter = async (pool: LocalPool, code: string) => {
    const { Session } = await begin(pool, 'ada')
    const answer = { USERNAME: 'ada', SOFTWARE_TOKEN_MFA_CODE: code }
    return respond(pool, 'SOFTWARE_TOKEN_MFA', answer, Session)
  }

  test('was not used yet, as long as there is one', async () => {
    let now = Date.now()
    const pool = await withAda({ pool: mfa, now: () => now }, { mfa: ['SOFTWARE_TOKEN_MFA'] })
    const used = new Set<string>()
    for (let i = 0; i < 3; i++) {
      const code = pool.totp('ada')
      expect(used.has(code)).toBe(false)
      expect(pool.totp('ada')).toBe(code)
      expect(await enter(pool, code)).toMatchObject({ status: 200 })
      used.add(code)
    }
    expect(() => pool.totp('ada')).toThrow('every code is used, advance the clock')
    now += 30_000
    expect(await enter(pool, pool.totp('ada'))).toMatchObject({ status: 200 })
  })

  test('is found by every name', async () => {
    const pool = await newPool({ pool: { ...mfa, UsernameAttributes: ['email'] } })
    pool.users.create({ username: email, password, mfa: ['SOFTWARE_TOKEN_MFA'] })
    expect(pool.totp(email)).toMatch(/^\d{6}$/)
  })

  test('is nobody else’s', async () => {
    const pool = await withAda()
    expect(() => pool.totp('ada')).toThrow('ada has no authenticator app')
    expect(() => pool.totp('nobody')).toThrow(TypeError)
  })

  test('is that of an app that somebody has set up', async () => {
    const pool = await withAda({ pool: mfa })
    const { AccessToken } = await signIn(pool, 'ada')
    const { SecretCode } = await output(pool, 'AssociateSoftwareToken', { AccessToken })
    const UserCode = appCode(SecretCode as string, pool.clock.now())
    await output(pool, 'VerifySoftwareToken', { AccessToken, UserCode })
    expect(pool.totp('ada')).not.toBe(UserCode)
  })
})

describe('the log', () => {
  test('counts what came, with what it was refused with', async () => {
    const pool = await withAda()
    await signIn(pool, 'ada')
    await tryToSignIn(pool, 'Wrong-password-1')
    pool.faults.add({ kind: 'lost-answer', times: 1 })
    await failureOf(send(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'ada' }))
    const at = expect.any(Number) as unknown
    expect(pool.requests).toEqual([
      { operation: 'InitiateAuth', at, status: 200, error: undefined },
      { operation: 'InitiateAuth', at, status: 400, error: 'NotAuthorizedException' },
      { operation: 'ForgotPassword', at, status: 'lost', error: undefined },
    ])
    await pool.fetch(`https://host/${pool.userPoolId}/.well-known/jwks.json`)
    await pool.fetch('https://host/', { method: 'OPTIONS' })
    expect(pool.requests).toHaveLength(3)
    pool.requests.length = 0
    await signIn(pool, 'ada')
    expect(pool.requests).toHaveLength(1)
  })

  test('is of operations: what names none is not in it, and no trouble is used up by it', async () => {
    const pool = await newPool()
    pool.faults.add({ kind: 'unavailable', times: 1 })
    const headers = { 'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser' }
    const strays: readonly (readonly [string, object])[] = [
      ['/', { 'x-amz-target': 'AWSCognitoIdentityProviderService.MakeCoffee' }],
      ['/', { 'x-amz-target': 'AWSCognitoIdentityProviderService.constructor' }],
      ['/', { 'x-amz-target': 'GetUser' }],
      ['/', {}],
      ['/_pool', headers],
      ['/other', headers],
    ]
    for (const [path, headers] of strays) {
      const response = await pool.fetch(path, { method: 'POST', headers, body: '{}' })
      expect(response.status).toBe(path === '/' ? 400 : 404)
    }
    expect(pool.requests).toEqual([])
    expect((await send(pool, 'GetUser', {})).status).toBe(500)
    expect((await send(pool, 'ListUserPools', {})).status).toBe(400)
    expect(pool.requests.map(({ operation }) => operation)).toEqual(['GetUser', 'ListUserPools'])
  })

  test('has no secret in it', async () => {
    const secret = 'cAnArY-Secret-1'
    const pool = await newPool({
      pool: {
        ...{ MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] },
        DeviceConfiguration: { ChallengeRequiredOnNewDevice: true },
        AutoVerifiedAttributes: ['email'],
      },
    })
    const { clientId: ClientId, userPoolId } = pool
    const sent = new Set<string>()
    const seen = new Set<string>()
    const collect = (into: Set<string>, value: unknown) =>
      JSON.stringify(value, (name, one: unknown) => {
        const isOpen = /^(ClientId|AuthFlow|ChallengeName|TokenType|Name|.*Medium.*)$/.test(name)
        if (typeof one === 'string' && !isOpen && one.length > 3) into.add(one)
        return one
      })
    const ask = async (operation: OperationName, input: object) => {
      collect(sent, input)
      const { body, status } = await send(pool, operation, { ClientId, ...input })
      collect(seen, { ...body, __type: '', message: '' })
      return { body, status }
    }
    const Username = 'ada.cAnArY'
    const attributes = [{ Name: 'email', Value: 'cAnArY@example.com' }]
    await ask('SignUp', { Username, Password: secret, UserAttributes: attributes })
    await ask('ConfirmSignUp', { Username, ConfirmationCode: wrong(pool.outbox.last()!.code) })
    const confirmed = { Username, ConfirmationCode: pool.outbox.last()!.code }
    expect(await ask('ConfirmSignUp', confirmed)).toMatchObject({ status: 200 })
    const keyPair = await createKeyPair(crypto.getRandomValues(new Uint8Array(128)))
    const { body } = await ask('InitiateAuth', {
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: Username, SRP_A: keyPair.publicKey },
    })
    const challenge = body['ChallengeParameters'] as Record<string, string>
    const now = pool.clock.now()
    const claim = await passwordClaim({ keyPair, challenge, userPoolId, password: secret, now })
    const { body: signedIn } = await ask('RespondToAuthChallenge', {
      ...{ ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses: { ...claim } },
    })
    const { AccessToken, RefreshToken } = tokensOf(signedIn)
    await ask('GetTokensFromRefreshToken', { RefreshToken })
    await ask('AssociateSoftwareToken', { AccessToken })
    await ask('VerifySoftwareToken', { AccessToken, UserCode: '000000' })
    await ask('ChangePassword', {
      ...{ AccessToken, PreviousPassword: secret, ProposedPassword: `${secret}!` },
    })
    await ask('InitiateAuth', {
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: Username, PASSWORD: secret },
    })
    await ask('RespondToAuthChallenge', {
      ...{ ChallengeName: 'SMS_MFA', Session: 'cAnArY-session-that-is-long-enough' },
      ChallengeResponses: { USERNAME: Username, SMS_MFA_CODE: '123456' },
    })
    await ask('GlobalSignOut', { AccessToken: `${AccessToken}x` })
    const log = JSON.stringify(pool.requests)
    const found = [...sent, ...seen, secret, 'cAnArY', pool.outbox.last()!.code, pool.clientId]
    expect(found.length).toBeGreaterThan(30)
    expect(found.filter((value) => log.includes(value))).toEqual([])
    expect(pool.requests).toHaveLength(12)
  })
})

describe('configure', () => {
  test('changes what is asked from now on, and tells all of it', async () => {
    const pool = await withAda()
    await signIn(pool, 'ada')
    const { client } = pool.configure({ client: { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] } })
    expect(client.ExplicitAuthFlows).toEqual(['ALLOW_USER_SRP_AUTH'])
    expect(await tryToSignIn(pool)).toMatchObject({
      message: 'USER_PASSWORD_AUTH flow not enabled for this client',
    })
    pool.configure({ client: { ExplicitAuthFlows: flows, AccessTokenValidity: 5 } })
    expect(await signIn(pool, 'ada')).toMatchObject({ ExpiresIn: 300 })
    pool.configure({ pool: { Policies: { PasswordPolicy: { MinimumLength: 20 } } } })
    expect(
      await refusal(pool, 'SignUp', {
        ...{ ClientId: pool.clientId, Username: 'grace', Password: password },
      }),
    ).toMatchObject({ type: 'InvalidPasswordException' })
    expect(pool.configure().pool.Policies.PasswordPolicy).toMatchObject({
      ...{ MinimumLength: 20, RequireNumbers: true },
    })
  })
})

describe('triggers', () => {
  type Name = keyof Triggers
  type Event = Parameters<NonNullable<Triggers['preSignUp']>>[0]

  /** Triggers that keep the events that they were called with. */
  function spying(triggers: Triggers = {}) {
    const seen: [Name, Event][] = []
    const spies = Object.fromEntries(
      Object.entries({
        ...Object.fromEntries(
          (
            [
              ...['preSignUp', 'postConfirmation', 'preAuthentication', 'postAuthentication'],
              ...['preTokenGeneration', 'customMessage'],
            ] as Name[]
          ).map((name) => [name, () => undefined]),
        ),
        ...triggers,
      }).map(([name, trigger]) => [
        name,
        (event: Event) => {
          seen.push([name as Name, structuredClone(event)])
          return (trigger as (event: Event) => unknown)(event)
        },
      ]),
    ) as Triggers
    const sources = () => seen.map(([, { triggerSource }]) => triggerSource)
    const last = (name: Name) => seen.findLast(([one]) => one === name)![1]
    return { spies, seen, sources, last }
  }

  const ClientMetadata = { invitation: 'letter' }
  const clientMetadata = ClientMetadata

  test('of a sign-up know who it is and what was passed along', async () => {
    const { spies, sources, last, seen } = spying()
    const pool = await newPool({ triggers: spies, pool: { AutoVerifiedAttributes: ['email'] } })
    const ids = { ClientId: pool.clientId, Username: 'ada', ClientMetadata }
    await output(pool, 'SignUp', {
      ...{ ...ids, Password: password, UserAttributes: [{ Name: 'email', Value: email }] },
      ValidationData: [{ Name: 'captcha', Value: 'solved' }],
    })
    expect(sources()).toEqual(['PreSignUp_SignUp', 'CustomMessage_SignUp'])
    expect(last('preSignUp')).toEqual({
      ...{ version: '1', region: pool.region, userPoolId: pool.userPoolId, userName: 'ada' },
      triggerSource: 'PreSignUp_SignUp',
      callerContext: { awsSdkVersion: expect.any(String) as unknown, clientId: pool.clientId },
      request: { userAttributes: { email }, validationData: { captcha: 'solved' }, clientMetadata },
      response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
    })
    await output(pool, 'ResendConfirmationCode', ids)
    expect(last('customMessage')).toMatchObject({
      triggerSource: 'CustomMessage_ResendCode',
      request: { codeParameter: '{####}', clientMetadata, userAttributes: { email } },
    })
    const { code: ConfirmationCode } = pool.outbox.last()!
    await output(pool, 'ConfirmSignUp', { ...ids, ConfirmationCode })
    const { sub } = pool.users.get('ada')!
    expect(last('postConfirmation')).toMatchObject({
      triggerSource: 'PostConfirmation_ConfirmSignUp',
      request: {
        userAttributes: { sub, email, email_verified: 'true', 'cognito:user_status': 'CONFIRMED' },
        clientMetadata,
      },
    })
    expect(seen).toHaveLength(4)
  })

  test('of a sign-in know who it is and what was passed along', async () => {
    const { spies, sources, last } = spying()
    const pool = await withAda({ triggers: spies })
    await output(pool, 'InitiateAuth', {
      ...{ ClientId: pool.clientId, AuthFlow: 'USER_PASSWORD_AUTH', ClientMetadata },
      AuthParameters: { USERNAME: 'ada', PASSWORD: password },
    })
    expect(sources()).toEqual([
      'PreAuthentication_Authentication',
      'PostAuthentication_Authentication',
      'TokenGeneration_Authentication',
    ])
    const userAttributes = { email, sub: pool.users.get('ada')!.sub }
    expect(last('preAuthentication').request).toMatchObject({
      ...{ userAttributes, validationData: clientMetadata, userNotFound: false },
    })
    expect(last('postAuthentication').request).toMatchObject({
      ...{ userAttributes, newDeviceUsed: false },
    })
    expect(last('preTokenGeneration').request).toMatchObject({
      ...{ userAttributes, groupConfiguration: { groupsToOverride: [] } },
    })
  })

  test('of a refresh and of a changed password have names of their own', async () => {
    const { spies, sources } = spying()
    const pool = await withAda({ triggers: spies }, { temporary: true })
    const { Session } = await begin(pool, 'ada')
    const answer = { USERNAME: 'ada', NEW_PASSWORD: 'Entirely-new-1' }
    const { body } = await respond(pool, 'NEW_PASSWORD_REQUIRED', answer, Session)
    const { RefreshToken } = tokensOf(body)
    const ClientId = pool.clientId
    await output(pool, 'GetTokensFromRefreshToken', { ClientId, RefreshToken, ClientMetadata })
    expect(sources()).toContain('TokenGeneration_NewPasswordChallenge')
    expect(sources().at(-1)).toBe('TokenGeneration_RefreshTokens')
  })

  test('of a recovery', async () => {
    const { spies, sources, last } = spying()
    const pool = await withAda({ triggers: spies })
    const ids = { ClientId: pool.clientId, Username: 'ada', ClientMetadata }
    await output(pool, 'ForgotPassword', ids)
    const { code: ConfirmationCode } = pool.outbox.last()!
    await output(pool, 'ConfirmForgotPassword', {
      ...{ ...ids, ConfirmationCode, Password: 'Entirely-new-1' },
    })
    expect(sources()).toEqual([
      ...['CustomMessage_ForgotPassword', 'PostConfirmation_ConfirmForgotPassword'],
    ])
    expect(last('postConfirmation').request).toMatchObject({ clientMetadata })
  })

  test('of the three custom ones, and what they say counts', async () => {
    const { spies, sources, last } = spying(questioning)
    const pool = await withAda({ triggers: spies })
    const first = await begin(pool, 'ada', {}, 'CUSTOM_AUTH')
    expect(first).toMatchObject({
      ChallengeName: 'CUSTOM_CHALLENGE',
      ChallengeParameters: { question: 'The colour of the sky?', USERNAME: 'ada' },
    })
    expect(JSON.stringify(first)).not.toContain('blue')
    const reply = await send(pool, 'RespondToAuthChallenge', {
      ...{ ClientId: pool.clientId, ChallengeName: 'CUSTOM_CHALLENGE', ClientMetadata },
      ...{ Session: first['Session'], ChallengeResponses: { USERNAME: 'ada', ANSWER: 'blue' } },
    })
    tokensOf(reply.body)
    expect(sources().filter((source) => source.includes('AuthChallenge'))).toEqual([
      ...['DefineAuthChallenge_Authentication', 'CreateAuthChallenge_Authentication'],
      'VerifyAuthChallengeResponse_Authentication',
      'DefineAuthChallenge_Authentication',
    ])
    expect(last('verifyAuthChallengeResponse').request).toMatchObject({
      ...{ challengeAnswer: 'blue', privateChallengeParameters: { answer: 'blue' } },
      ...{ clientMetadata, userAttributes: { email } },
    })
    expect(last('defineAuthChallenge').request).toMatchObject({
      session: [{ challengeName: 'CUSTOM_CHALLENGE', challengeResult: true }],
      userAttributes: { email },
    })
  })

  test('that confirm and verify at once', async () => {
    const pool = await newPool({
      triggers: {
        preSignUp(event) {
          Object.assign(event.response, { autoConfirmUser: true, autoVerifyEmail: true })
          return event
        },
      },
    })
    const made = await output(pool, 'SignUp', {
      ...{ ClientId: pool.clientId, Username: 'ada', Password: password },
      UserAttributes: [{ Name: 'email', Value: email }],
    })
    expect(made).toMatchObject({ UserConfirmed: true })
    expect(pool.users.get('ada')).toMatchObject({
      ...{ status: 'CONFIRMED', attributes: { email_verified: 'true' } },
    })
    await signIn(pool, 'ada')
  })

  test('that do not vouch for an address leave it unverified, and that is told', async () => {
    const pool = createLocalPool({
      client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] },
      triggers: {
        preSignUp: (event) => ({ ...event, response: { autoConfirmUser: true } }),
      },
    })
    await output(pool, 'SignUp', {
      ...{ ClientId: pool.clientId, Username: 'ada', Password: password },
      UserAttributes: [{ Name: 'email', Value: email }],
    })
    const { AccessToken, IdToken } = await signIn(pool, 'ada')
    const { UserAttributes } = await output(pool, 'GetUser', { AccessToken })
    expect(UserAttributes).toContainEqual({ Name: 'email_verified', Value: 'false' })
    expect(UserAttributes).toHaveLength(3)
    const claims = JSON.parse(Buffer.from(IdToken.split('.')[1]!, 'base64url').toString()) as object
    expect(claims).toMatchObject({ email_verified: false })
  })

  test('that change a token, but not what is nobody’s to change', async () => {
    const pool = await withAda({
      triggers: {
        preTokenGeneration: (event) => ({
          ...event,
          response: {
            claimsOverrideDetails: {
              claimsToAddOrOverride: { plan: 'gold', sub: 'somebody', token_use: 'access' },
              claimsToSuppress: ['email'],
              groupOverrideDetails: { groupsToOverride: ['readers'] },
            },
          },
        }),
      },
    })
    const { IdToken } = await signIn(pool, 'ada')
    const claims = JSON.parse(Buffer.from(IdToken.split('.')[1]!, 'base64url').toString()) as object
    expect(claims).toMatchObject({
      ...{ plan: 'gold', sub: pool.users.get('ada')!.sub, token_use: 'id' },
      'cognito:groups': ['readers'],
    })
    expect(claims).not.toHaveProperty('email')
  })

  test('that word a message', async () => {
    const pool = await withAda({
      triggers: {
        customMessage: (event) => ({
          ...event,
          response: { emailMessage: 'Type {####}!', emailSubject: 'Hello' },
        }),
      },
    })
    await output(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'ada' })
    const { code, text, subject } = pool.outbox.last()!
    expect({ text, subject }).toEqual({ text: `Type ${code}!`, subject: 'Hello' })
  })

  test('that bring somebody along from another directory', async () => {
    const { spies, last } = spying({
      userMigration(event) {
        if (event.request.password !== password) throw new Error('Bad password')
        Object.assign(event.response, {
          ...{ userAttributes: verifiedEmail, finalUserStatus: 'CONFIRMED' },
        })
        return event
      },
    })
    const pool = await newPool({ triggers: spies })
    expect(await tryToSignIn(pool, 'Wrong-password-1')).toMatchObject({
      ...{ type: 'UserLambdaValidationException' },
      message: 'UserMigration failed with error Bad password.',
    })
    expect(pool.users.list()).toEqual([])
    await output(pool, 'InitiateAuth', {
      ...{ ClientId: pool.clientId, AuthFlow: 'USER_PASSWORD_AUTH', ClientMetadata },
      AuthParameters: { USERNAME: 'ada', PASSWORD: password },
    })
    expect(last('userMigration')).toMatchObject({
      ...{ triggerSource: 'UserMigration_Authentication', userName: 'ada' },
      request: { password, validationData: clientMetadata, userAttributes: {} },
    })
    expect(pool.users.get('ada')).toMatchObject({
      ...{ status: 'CONFIRMED', attributes: verifiedEmail },
    })
    await prove(pool, 'ada').then(async ({ responses }) =>
      tokensOf((await respond(pool, 'PASSWORD_VERIFIER', responses)).body),
    )
  })

  const migrating = (response: object) =>
    spying({
      userMigration(event) {
        Object.assign(event.response, response)
        return event
      },
    })

  test('that bring somebody along who has forgotten the password', async () => {
    const { spies, sources, last } = migrating({ userAttributes: verifiedEmail })
    const pool = await newPool({ triggers: spies })
    const ids = { ClientId: pool.clientId, Username: 'ada', ClientMetadata }
    await output(pool, 'ForgotPassword', ids)
    expect(sources()).toEqual(['UserMigration_ForgotPassword', 'CustomMessage_ForgotPassword'])
    const { request } = last('userMigration')
    expect(request).toEqual({ clientMetadata, userAttributes: {} })
    // Nobody gets in before there is a password.
    expect(pool.users.get('ada')).toMatchObject({ status: 'RESET_REQUIRED' })
    expect(await tryToSignIn(pool)).toMatchObject({ type: 'PasswordResetRequiredException' })
    const { code: ConfirmationCode } = pool.outbox.last()!
    await output(pool, 'ConfirmForgotPassword', { ...ids, ConfirmationCode, Password: password })
    await signIn(pool, 'ada')
  })

  test('that know nobody leave a recovery as it was', async () => {
    const pool = await newPool({ triggers: migrating({}).spies })
    expect(
      await refusal(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'ada' }),
    ).toMatchObject({ type: 'UserNotFoundException' })
    expect(pool.users.list()).toEqual([])
  })

  test.each([
    ['SELECT_CHALLENGE', { ANSWER: 'PASSWORD' }],
    ['PASSWORD', {}],
  ])('that bring somebody along by the choice of a password: %s', async (challenge, answer) => {
    const { spies, sources } = migrating({ userAttributes: verifiedEmail })
    const pool = await newPool({
      triggers: spies,
      client: { PreventUserExistenceErrors: 'ENABLED' },
    })
    const { Session } = await begin(pool, 'ada', {}, 'USER_AUTH')
    expect(pool.users.list()).toEqual([])
    const responses = { USERNAME: 'ada', PASSWORD: password, ...answer }
    tokensOf((await respond(pool, challenge, responses, Session)).body)
    expect(sources()).toContain('UserMigration_Authentication')
    await signIn(pool, 'ada')
  })

  test('that bring somebody along by a password that was preferred, and by nothing else', async () => {
    const { spies, seen } = migrating({ userAttributes: verifiedEmail })
    const pool = await newPool({ triggers: spies })
    const asked = (AuthParameters: object) =>
      send(pool, 'InitiateAuth', {
        ...{ AuthFlow: 'USER_AUTH', ClientId: pool.clientId },
        AuthParameters: { USERNAME: 'ada', PASSWORD: password, ...AuthParameters },
      })
    expect((await asked({ PREFERRED_CHALLENGE: 'EMAIL_OTP' })).status).toBe(400)
    expect(seen).toEqual([])
    tokensOf((await asked({ PREFERRED_CHALLENGE: 'PASSWORD' })).body)
  })

  test('that bring somebody along are not asked past the lock', async () => {
    const { spies, seen } = spying({
      userMigration(event) {
        if (event.request.password === password) event.response.userAttributes = verifiedEmail
      },
    })
    const pool = await newPool({
      ...{ triggers: spies, now: () => 0, client: { PreventUserExistenceErrors: 'ENABLED' } },
    })
    for (let i = 0; i < 5; i++) await tryToSignIn(pool, 'Wrong-password-1')
    const asked = seen.length
    expect(await tryToSignIn(pool)).toMatchObject({ message: 'Password attempts exceeded' })
    expect(seen).toHaveLength(asked)
    pool.clock.advance(1000)
    await signIn(pool, 'ada')
  })

  test('that bring somebody along take no address from another, unless they say so', async () => {
    const response: Record<string, unknown> = { userAttributes: verifiedEmail }
    const { spies } = migrating(response)
    const pool = await newPool({ triggers: spies, pool: { AliasAttributes: ['email'] } })
    pool.users.create({ username: 'grace', password, attributes: verifiedEmail })
    expect(await tryToSignIn(pool)).toMatchObject({ type: 'AliasExistsException' })
    expect(pool.users.get('ada')).toBeUndefined()
    response['forceAliasCreation'] = true
    await signIn(pool, 'ada')
    expect(pool.users.get(email)).toMatchObject({ username: 'ada' })
  })

  test.each([
    ['preAuthentication', 'PreAuthentication failed with error not today.'],
    ['postAuthentication', 'PostAuthentication failed with error not today.'],
    ['preTokenGeneration', 'PreTokenGeneration failed with error not today.'],
  ] as const)('that say no: %s', async (name, message) => {
    const refuse = () => Promise.reject(new Error('not today'))
    const pool = await withAda({ triggers: { [name]: refuse } })
    expect(await tryToSignIn(pool)).toEqual({
      ...{ status: 400, type: 'UserLambdaValidationException', message },
    })
  })

  test('that give what is no answer', async () => {
    const preAuthentication = (() => 'yes') as unknown as NonNullable<Triggers['preAuthentication']>
    const pool = await withAda({ triggers: { preAuthentication } })
    expect(await tryToSignIn(pool)).toMatchObject({ type: 'InvalidLambdaResponseException' })
  })
})

describe('limits', () => {
  const wrongTimes = async (pool: LocalPool, count: number) => {
    for (let i = 0; i < count; i++) await tryToSignIn(pool, 'Wrong-password-1')
  }
  const askTimes = async (pool: LocalPool, count: number) => {
    const statuses = []
    for (let i = 0; i < count; i++)
      statuses.push(
        (await send(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'ada' })).status,
      )
    return statuses
  }

  test('lock an account after wrong passwords, and ask to wait', async () => {
    const pool = await withAda()
    await wrongTimes(pool, 6)
    expect(await tryToSignIn(pool)).toMatchObject({ message: 'Password attempts exceeded' })
    pool.clock.advance(15 * minute)
    await signIn(pool, 'ada')
    expect((await askTimes(pool, 6)).at(-1)).toBe(400)
  })

  test('are switched off', async () => {
    const pool = await withAda({ limits: false })
    await wrongTimes(pool, 12)
    await signIn(pool, 'ada')
    expect(await askTimes(pool, 20)).toEqual(Array(20).fill(200))
  })
})

describe('a pool that goes on from a snapshot', () => {
  test('is the same pool, with the same people, settings and time', async () => {
    const before = await withAda({ pool: { Policies: { PasswordPolicy: { MinimumLength: 9 } } } })
    before.clock.advance(90 * minute)
    const after = restored(before)
    expect(after.userPoolId).toBe(before.userPoolId)
    expect(after.clientId).toBe(before.clientId)
    expect(after.users.list()).toEqual(before.users.list())
    expect(after.configure()).toEqual(before.configure())
    expect(Math.abs(after.clock.now() - before.clock.now())).toBeLessThan(minute)
    expect(after.snapshot()).toBe(before.snapshot())
    expect(after.requests).toEqual([])
    expect(after.outbox.messages).toEqual([])
  })

  test('is asked for by ids that it has, or by none', async () => {
    const before = await withAda()
    const { userPoolId, clientId, region } = before
    expect(restored(before, { userPoolId, clientId, region }).users.list()).toHaveLength(1)
    expect(() => restored(before, { clientId: 'another' })).toThrow(
      'latchkey: "clientId" must be one of the state; got another',
    )
    expect(() => restored(before, { userPoolId: 'eu-west-1_Another12' })).toThrow(
      'latchkey: "userPoolId" must be one of the state; got another',
    )
  })

  test('keeps its people where its last app client was deleted', async () => {
    const before = await withAda()
    const { userPoolId, clientId } = before
    const deleted = await before.fetch('/', {
      method: 'POST',
      headers: {
        'x-amz-target': 'AWSCognitoIdentityProviderService.DeleteUserPoolClient',
        authorization: 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c',
      },
      body: JSON.stringify({ UserPoolId: userPoolId, ClientId: clientId }),
    })
    expect(deleted.status).toBe(200)
    const after = restored(before, { client: { ExplicitAuthFlows: flows } })
    expect(after).toMatchObject({ userPoolId })
    expect(after.clientId).not.toBe(clientId)
    await signIn(after, 'ada')
  })

  test('does not share anything with the one before', async () => {
    const before = await withAda()
    const after = restored(before)
    after.users.delete('ada')
    after.configure({ pool: { MfaConfiguration: 'ON' } })
    expect(before.users.get('ada')).toBeDefined()
    expect(before.configure().pool.MfaConfiguration).toBe('OFF')
  })

  test('never has a password in it', async () => {
    const pool = await withAda()
    await signIn(pool, 'ada')
    expect(pool.snapshot()).not.toContain(password)
  })

  test('believes the tokens and exchanges the refresh tokens from before', async () => {
    const before = await withAda({
      client: { RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 } },
    })
    const { AccessToken, RefreshToken } = await signIn(before, 'ada')
    const ClientId = before.clientId
    const exchange = { ClientId, RefreshToken }
    const child = await output(before, 'GetTokensFromRefreshToken', exchange)
    const after = restored(before)
    await output(after, 'GetUser', { AccessToken })
    const keys = async (pool: LocalPool) =>
      (await pool.fetch(`https://host/${pool.userPoolId}/.well-known/jwks.json`)).text()
    expect(await keys(after)).toBe(await keys(before))
    expect(await refusal(after, 'GetTokensFromRefreshToken', exchange)).toMatchObject({
      type: 'RefreshTokenReuseException',
    })
    const { RefreshToken: next } = tokensOf(child)
    await output(after, 'GetTokensFromRefreshToken', { ClientId, RefreshToken: next })
    await output(after, 'GlobalSignOut', { AccessToken })
    expect(await refusal(restored(after), 'GetUser', { AccessToken })).toMatchObject({
      message: 'Access Token has been revoked',
    })
  })

  test('goes on with sign-ins under way, and knows the sessions that are used', async () => {
    const before = await withAda({}, { temporary: true })
    const { Session } = await begin(before, 'ada')
    const answer = { USERNAME: 'ada', NEW_PASSWORD: 'Entirely-new-1' }
    const { responses } = await prove(before, 'ada')
    const after = restored(before)
    const proved = await respond(after, 'PASSWORD_VERIFIER', responses)
    expect(proved.body).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED' })
    tokensOf((await respond(after, 'NEW_PASSWORD_REQUIRED', answer, Session)).body)
    const again = await respond(restored(after), 'NEW_PASSWORD_REQUIRED', answer, Session)
    expect(again.body['message']).toContain('session can only be used once.')
  })

  test('knows codes that were sent, and which of an app are used', async () => {
    const before = await withAda(
      { pool: { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] } },
      { mfa: ['SOFTWARE_TOKEN_MFA'] },
    )
    const ids = { ClientId: before.clientId, Username: 'ada' }
    await output(before, 'ForgotPassword', ids)
    const { code: ConfirmationCode } = before.outbox.last()!
    const code = before.totp('ada')
    const enter = async (pool: LocalPool) => {
      const { Session } = await begin(pool, 'ada')
      const answer = { USERNAME: 'ada', SOFTWARE_TOKEN_MFA_CODE: code }
      return respond(pool, 'SOFTWARE_TOKEN_MFA', answer, Session)
    }
    tokensOf((await enter(before)).body)
    const after = restored(before)
    expect((await enter(after)).body).toMatchObject({ __type: 'ExpiredCodeException' })
    expect(after.totp('ada')).not.toBe(code)
    const Password = 'Entirely-new-1'
    await output(after, 'ConfirmForgotPassword', { ...ids, ConfirmationCode, Password })
  })

  test('knows devices', async () => {
    const before = await withAda({
      pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true } },
    })
    const { AccessToken, NewDeviceMetadata } = await signIn(before, 'ada')
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
    const { device, verifier } = await newDevice({
      ...{ metadata: NewDeviceMetadata!, secret: random(40), salt: random(16) },
    })
    await output(before, 'ConfirmDevice', {
      ...{ AccessToken, DeviceKey: device.key, DeviceSecretVerifierConfig: verifier },
    })
    const after = restored(before)
    const first = await begin(after, 'ada', { PASSWORD: password, DEVICE_KEY: device.key })
    expect(first).toMatchObject({ ChallengeName: 'DEVICE_SRP_AUTH' })
    const keyPair = await createKeyPair(random(128))
    const names = { USERNAME: 'ada', DEVICE_KEY: device.key }
    const second = await respond(
      after,
      'DEVICE_SRP_AUTH',
      { ...names, SRP_A: keyPair.publicKey },
      first['Session'],
    )
    const challenge = second.body['ChallengeParameters'] as Record<string, string>
    const now = after.clock.now()
    const claim = await deviceClaim({ keyPair, challenge, device, username: 'ada', now })
    const { body } = await respond(
      after,
      'DEVICE_PASSWORD_VERIFIER',
      { ...claim },
      second.body['Session'],
    )
    tokensOf(body)
  })

  test('knows passkeys', async () => {
    const before = await withAda({
      pool: {
        Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
        WebAuthnConfiguration: { RelyingPartyId: 'example.com' },
      },
    })
    const authenticator = before.authenticator({ origin: 'https://example.com' })
    const { AccessToken } = await signIn(before, 'ada')
    const started = await output(before, 'StartWebAuthnRegistration', { AccessToken })
    type Options = Parameters<typeof authenticator.create>[0]
    const Credential = await authenticator.create(started['CredentialCreationOptions'] as Options)
    await output(before, 'CompleteWebAuthnRegistration', { AccessToken, Credential })
    const assert = async (pool: LocalPool) => {
      const preferred = { PREFERRED_CHALLENGE: 'WEB_AUTHN' }
      const step = await begin(pool, 'ada', preferred, 'USER_AUTH')
      const { CREDENTIAL_REQUEST_OPTIONS: text } = step['ChallengeParameters'] as Record<
        string,
        string
      >
      const made = await authenticator.get(
        JSON.parse(text!) as Parameters<typeof authenticator.get>[0],
      )
      const answer = { USERNAME: 'ada', CREDENTIAL: JSON.stringify(made) }
      return respond(pool, 'WEB_AUTHN', answer, step['Session'])
    }
    tokensOf((await assert(before)).body)
    const after = restored(before)
    expect(after.users.get('ada')?.passkeys).toEqual([Credential.id])
    tokensOf((await assert(after)).body)
    tokensOf((await assert(restored(after))).body)
  })

  test('goes on where it was locked', async () => {
    const before = await withAda()
    for (let i = 0; i < 9; i++) {
      await tryToSignIn(before, 'Wrong-password-1')
      before.clock.advance(i < 8 ? 20_000 : 0)
    }
    expect(await tryToSignIn(restored(before))).toMatchObject({
      message: 'Password attempts exceeded',
    })
  })
})

describe('fetch', () => {
  const target = { 'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser' }
  const body = '{}'

  test.each([
    ['https://cognito-idp.eu-west-1.amazonaws.com/', 400],
    ['https://cognito-idp.eu-west-1.amazonaws.com', 400],
    ['HTTP://LOCALHOST:9229/', 400],
    ['https://host/#fragment', 400],
    ['/', 400],
    ['https://host/?query', 404],
    ['https://host?query', 404],
    ['https://host/other', 404],
    ['https://host//', 404],
    ['https://host/_pool', 404],
    ['relative', 404],
    ['/relative', 404],
    ['//host/relative', 404],
  ])('a POST to %s is answered with %i', async (url, status) => {
    const pool = await newPool()
    const response = await pool.fetch(url, { method: 'POST', headers: target, body })
    expect(response.status).toBe(status)
  })

  test.each([
    ['an object', { 'X-Amz-Target': target['x-amz-target'] }],
    ['pairs', [['X-AMZ-Target', target['x-amz-target']]]],
    ['a Map', new Map(Object.entries(target))],
    ['Headers', new Headers(target)],
  ])('headers may be %s', async (_, headers) => {
    const pool = await newPool()
    await pool.fetch('https://host/', { method: 'POST', headers, body })
    expect(pool.requests).toMatchObject([{ operation: 'GetUser' }])
  })

  test.each<[string, (url: string, init: RequestInit & { body: string }) => [LocalInput, object?]]>(
    [
      ['an address', (url, init) => [url, init]],
      ['a URL', (url, init) => [new URL(url), init]],
      ['a Request', (url, init) => [new Request(url, init)]],
      ['a Request and more', (url, { body, ...init }) => [new Request(url, init), { body }]],
      ['bytes', (url, init) => [url, { ...init, body: new TextEncoder().encode(init.body) }]],
      [
        'a buffer',
        (url, init) => [url, { ...init, body: new TextEncoder().encode(init.body).buffer }],
      ],
      ['a Blob', (url, init) => [url, { ...init, body: new Blob([init.body]) }]],
      ['a stream', (url, init) => [url, { ...init, body: new Blob([init.body]).stream() }]],
      ['small letters', (url, init) => [url, { ...init, method: 'post' }]],
    ],
  )('may be asked with %s', async (_, make) => {
    const pool = await newPool()
    pool.users.create({ username: 'Åsa', password })
    const body = JSON.stringify({
      ...{ ClientId: pool.clientId, AuthFlow: 'USER_PASSWORD_AUTH' },
      AuthParameters: { USERNAME: 'Åsa', PASSWORD: password },
    })
    const headers = { 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' }
    const init = { method: 'POST', headers, body }
    const response = await pool.fetch(...make('https://host/', init))
    expect(await response.json()).toHaveProperty('AuthenticationResult')
    expect(pool.requests).toHaveLength(1)
  })

  test('is not asked with anything else', async () => {
    const pool = await newPool()
    for (const input of [undefined, null, 7, {}])
      expect(await failureOf(pool.fetch(input as LocalInput))).toMatchObject({
        ...{
          name: 'TypeError',
          message: expect.stringContaining('"input" must be an address') as unknown,
        },
      })
  })

  test('listens to the signal of a Request, unless there is another', async () => {
    const pool = await newPool()
    const reason = new Error('gone')
    const request = new Request('https://host/', { signal: AbortSignal.abort(reason) })
    expect(await failureOf(pool.fetch(request))).toBe(reason)
    expect((await pool.fetch(request, { signal: null })).status).toBe(404)
  })

  test('gives the host’s own Response, where it has one', async () => {
    const pool = await newPool()
    const init = { method: 'POST', headers: target, body }
    const response = await pool.fetch('https://host/', init)
    expect(response).toBeInstanceOf(Response)
    expect(await response.clone().json()).toMatchObject({ __type: 'InvalidParameterException' })
    expect([...response.headers.keys()]).toContain('x-amzn-errortype')
    pool.faults.add({ kind: 'status', status: 204, body: 'x', times: 1 })
    expect(await pool.fetch('https://host/', init)).toMatchObject({ status: 204, ok: true })

    vi.stubGlobal('Response', undefined)
    const small = await pool.fetch('https://host/', {
      ...init,
      body: new TextEncoder().encode(body),
    })
    const inAStream = pool.fetch('https://host/', { ...init, body: new URLSearchParams() })
    const refused = await failureOf(inAStream)
    vi.unstubAllGlobals()
    expect(small).toMatchObject({ status: 400, ok: false, redirected: false })
    expect(small.headers.get('X-Amzn-ErrorType')).toBe('InvalidParameterException:')
    expect(await small.json()).toEqual(JSON.parse(await small.text()))
    expect(refused).toMatchObject({ name: 'TypeError' })
  })

  test('stands in for the global one', async () => {
    const pool = await withAda()
    const { userPoolId, clientId } = pool
    const mocked: typeof fetch = pool.fetch
    vi.stubGlobal('fetch', mocked)
    const asked = createAuth({ userPoolId, clientId }).call('ForgotPassword', { Username: 'ada' })
    const output = await asked.finally(() => vi.unstubAllGlobals())
    expect(output).toMatchObject({ CodeDeliveryDetails: { DeliveryMedium: 'EMAIL' } })
  })

  test('without headers, method or body there is an answer all the same', async () => {
    const pool = await newPool()
    expect(await pool.fetch('https://host/')).toMatchObject({ status: 404 })
    const response = await pool.fetch('https://host/', { method: 'POST' })
    expect(JSON.parse(await response.text())).toMatchObject({ __type: 'UnknownOperationException' })
  })

  test('a signal that has been given stops it before anything is done', async () => {
    const pool = await withAda()
    const reason = new Error('gone')
    const signal = AbortSignal.abort(reason)
    const asked = pool.fetch('https://host/', { method: 'POST', headers: target, body, signal })
    expect(await failureOf(asked)).toBe(reason)
    expect(pool.requests).toEqual([])
  })

  test('a signal ends the waiting at once, and the pool goes on', async () => {
    const pool = await withAda()
    pool.faults.add({ kind: 'latency', delay: 300 })
    const controller = new AbortController()
    const reason = new Error('gone')
    const asked = pool.fetch('https://host/', {
      ...{ method: 'POST', signal: controller.signal },
      headers: { 'x-amz-target': 'AWSCognitoIdentityProviderService.ForgotPassword' },
      body: JSON.stringify({ ClientId: pool.clientId, Username: 'ada' }),
    })
    const startedAt = performance.now()
    setTimeout(() => {
      controller.abort(reason)
    }, 20)
    expect(await failureOf(asked)).toBe(reason)
    expect(performance.now() - startedAt).toBeLessThan(250)
    expect(pool.requests).toEqual([])
    expect(await pool.outbox.next()).toMatchObject({ purpose: 'recovery' })
    await vi.waitFor(() => {
      expect(pool.requests).toHaveLength(1)
    })
  })

  test('a signal that comes too late does nothing', async () => {
    const pool = await newPool()
    const controller = new AbortController()
    const { signal } = controller
    const response = await pool.fetch('https://host/', {
      ...{ method: 'POST', headers: target, body, signal },
    })
    controller.abort()
    expect(JSON.parse(await response.text())).toMatchObject({ __type: 'InvalidParameterException' })
  })

  test('serves createAuth: SRP, a refresh, whoever it is', async () => {
    const pool = await withAda()
    const auth = authOf(pool)
    const keyPair = await createKeyPair(crypto.getRandomValues(new Uint8Array(128)))
    const { ChallengeParameters: challenge } = await auth.call('InitiateAuth', {
      ...{ AuthFlow: 'USER_SRP_AUTH' },
      AuthParameters: { USERNAME: 'ada', SRP_A: keyPair.publicKey },
    })
    const { userPoolId } = pool
    const now = auth.now()
    const claim = await passwordClaim({ keyPair, challenge: challenge!, userPoolId, password, now })
    const { AuthenticationResult } = await auth.call('RespondToAuthChallenge', {
      ...{ ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses: { ...claim } },
    })
    const { AccessToken, RefreshToken } = AuthenticationResult!
    const user = await auth.call('GetUser', { AccessToken: AccessToken! })
    expect(user.Username).toBe('ada')
    await auth.call('GetTokensFromRefreshToken', { RefreshToken: RefreshToken! })
    await auth.call('DeleteUser', { AccessToken: AccessToken! })
    expect(pool.users.list()).toEqual([])
  })
})
