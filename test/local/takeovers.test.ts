import { createHmac, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { listen } from '../../src/local/node.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { privateKey, scrambler, sessionKey } from '../../src/srp/exchange.ts'
import { g, k, power, reduce } from '../../src/srp/group.ts'
import { createKeyPair, deviceClaim, newDevice, passwordClaim } from '../../src/srp/index.ts'
import { timestamp } from '../../src/srp/timestamp.ts'
import {
  administer,
  begin,
  newPool,
  output,
  password,
  prove,
  refusal,
  refusalOf,
  respond,
  send,
  signIn,
  tokensOf,
} from './raw.ts'

// How somebody could get what is somebody else's: an account, an address, a second factor, the pool.

/** What a proof of a person's password is signed with, for who wants to write the time in another way. */
async function keyOf(pool: LocalPool, username: string) {
  const a = BigInt(`0x${randomBytes(40).toString('hex')}`)
  const A = power(g, a)
  const step = await begin(pool, username, { SRP_A: A.toString(16) }, 'USER_SRP_AUTH')
  const { SALT, SRP_B, SECRET_BLOCK } = step['ChallengeParameters'] as Record<string, string>
  const [salt, B] = [BigInt(`0x${SALT!}`), BigInt(`0x${SRP_B!}`)]
  const name = pool.userPoolId.split('_')[1]!
  const x = privateKey(name, username, password, salt)
  const u = scrambler(A, B)
  const S = power(reduce(B - k * power(g, x)), a + u * x)
  return { secretBlock: SECRET_BLOCK!, key: sessionKey(S, u), message: name + username }
}

/** The claim of a person's password, made but not sent. */
async function claimOf(pool: LocalPool, username: string) {
  const keyPair = await createKeyPair(randomBytes(40))
  const { ChallengeParameters } = await begin(
    pool,
    username,
    { SRP_A: keyPair.publicKey },
    'USER_SRP_AUTH',
  )
  return passwordClaim({
    ...{ keyPair, password, userPoolId: pool.userPoolId, now: pool.clock.now() },
    challenge: ChallengeParameters as Readonly<Record<string, string>>,
  })
}

describe('an account', () => {
  test('is not reached by a proof for the one before it of the same name', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'bob', password })
    const claim = await claimOf(pool, 'bob')
    pool.users.delete('bob')
    pool.users.create({ username: 'bob', password: 'Another-Horse7' })
    expect((await respond(pool, 'PASSWORD_VERIFIER', claim)).status).toBe(400)
  })

  test.each([
    [
      'was changed',
      (pool: LocalPool) => {
        pool.users.setPassword('bob', 'Another-Horse7')
      },
    ],
    [
      'has to be changed',
      (pool: LocalPool) => {
        pool.users.reset('bob')
      },
    ],
  ])('is not reached by a password that %s since the proof was asked for', async (_how, change) => {
    const pool = await newPool()
    pool.users.create({ username: 'bob', password })
    const claim = await claimOf(pool, 'bob')
    change(pool)
    expect((await respond(pool, 'PASSWORD_VERIFIER', claim)).status).toBe(400)
  })

  test('of one name is made once, however many ask at once', async () => {
    const pool = await newPool()
    const input = { ClientId: pool.clientId, Username: 'ada', Password: password }
    const replies = await Promise.all([1, 2, 3].map(() => send(pool, 'SignUp', input)))
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    expect(pool.users.list()).toHaveLength(1)
  })

  test('cannot be entered by its sign-up after another sign-in', async () => {
    const pool = await newPool({ pool: { AutoVerifiedAttributes: ['email'] } })
    const of = { ClientId: pool.clientId, Username: 'ada' }
    const UserAttributes = [{ Name: 'email', Value: 'ada@example.com' }]
    const { Session } = await output(pool, 'SignUp', { ...of, Password: password, UserAttributes })
    const { code } = await pool.outbox.next({ purpose: 'signUp' })
    const input = { ...of, ConfirmationCode: code, Session }
    const confirmed = await output(pool, 'ConfirmSignUp', input)
    await signIn(pool, 'ada')
    const later = await send(pool, 'InitiateAuth', {
      ...{ AuthFlow: 'USER_AUTH', ClientId: pool.clientId, Session: confirmed['Session'] },
      AuthParameters: { USERNAME: 'ada' },
    })
    expect(later.status).toBe(400)
  })

  const mailed = { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] as const }
  const passwordless = { Policies: { SignInPolicy: mailed } }
  const reachable = {
    ...{ email: 'ada@x.io', email_verified: 'true' },
    ...{ phone_number: '+15550001234', phone_number_verified: 'true' },
  }
  const resetRequired = {
    ...{ status: 400, type: 'PasswordResetRequiredException' },
    message: 'Password reset required for the user',
  }

  test.each(['EMAIL_OTP', 'SMS_OTP', 'PASSWORD_SRP', undefined])(
    'that needs another password is not reached by choice: %s',
    async (preferred) => {
      const pool = await newPool({ pool: passwordless })
      pool.users.create({ username: 'ada', password, attributes: reachable })
      pool.users.reset('ada')
      const wanted = preferred === undefined ? {} : { PREFERRED_CHALLENGE: preferred, SRP_A: 'aa' }
      expect(
        await refusal(pool, 'InitiateAuth', {
          ...{ AuthFlow: 'USER_AUTH', ClientId: pool.clientId },
          AuthParameters: { USERNAME: 'ada', ...wanted },
        }),
      ).toEqual(resetRequired)
      expect(pool.outbox.messages).toEqual([])
    },
  )

  test('that needs another password is not reached by what was begun before', async () => {
    const pool = await newPool({ pool: passwordless })
    pool.users.create({ username: 'ada', password, attributes: reachable })
    const choice = await begin(pool, 'ada', {}, 'USER_AUTH')
    const asked = await begin(pool, 'ada', { PREFERRED_CHALLENGE: 'EMAIL_OTP' }, 'USER_AUTH')
    const { code } = await pool.outbox.next({ purpose: 'signIn' })
    pool.users.reset('ada')
    const chosen = { USERNAME: 'ada', ANSWER: 'SMS_OTP' }
    expect(refusalOf(await respond(pool, 'SELECT_CHALLENGE', chosen, choice['Session']))).toEqual(
      resetRequired,
    )
    const answer = { USERNAME: 'ada', EMAIL_OTP_CODE: code }
    expect(refusalOf(await respond(pool, 'EMAIL_OTP', answer, asked['Session']))).toEqual(
      resetRequired,
    )
    expect(pool.outbox.last({ medium: 'SMS' })).toBeUndefined()
  })

  test('that needs another password is not reached by its second factor', async () => {
    const pool = await newPool({
      pool: { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['EMAIL_OTP'] },
    })
    pool.users.create({ username: 'ada', password, attributes: reachable, mfa: ['EMAIL_OTP'] })
    const { Session } = await begin(pool, 'ada')
    const { code } = await pool.outbox.next({ purpose: 'mfa' })
    pool.users.reset('ada')
    const answer = { USERNAME: 'ada', EMAIL_OTP_CODE: code }
    expect(refusalOf(await respond(pool, 'EMAIL_OTP', answer, Session))).toEqual(resetRequired)
  })

  test('that was never confirmed is, by a code', async () => {
    const pool = await newPool({ pool: passwordless })
    pool.users.create({ username: 'ada', password, attributes: reachable, status: 'UNCONFIRMED' })
    const wanted = { PREFERRED_CHALLENGE: 'EMAIL_OTP' }
    const { Session } = await begin(pool, 'ada', wanted, 'USER_AUTH')
    const { code } = await pool.outbox.next({ purpose: 'signIn' })
    const answer = { USERNAME: 'ada', EMAIL_OTP_CODE: code }
    tokensOf((await respond(pool, 'EMAIL_OTP', answer, Session)).body)
    expect(pool.users.get('ada')).toMatchObject({ status: 'CONFIRMED' })
  })

  /** Signs Ada up, has her confirmed, and gives the session that the code was worth. */
  const signedUp = async (
    MfaConfiguration: 'OFF' | 'OPTIONAL' | 'ON',
    before: (pool: LocalPool) => unknown = () => undefined,
  ) => {
    const pool = await newPool({
      pool: {
        ...{ ...passwordless, AutoVerifiedAttributes: ['email'], MfaConfiguration },
        EnabledMfas: ['SOFTWARE_TOKEN_MFA', 'SMS_MFA'],
      },
    })
    const of = { ClientId: pool.clientId, Username: 'ada' }
    const UserAttributes = [{ Name: 'email', Value: 'ada@x.io' }]
    const { Session } = await output(pool, 'SignUp', { ...of, Password: password, UserAttributes })
    const { code } = await pool.outbox.next({ purpose: 'signUp' })
    const confirmed = await output(pool, 'ConfirmSignUp', {
      ...{ ...of, ConfirmationCode: code, Session },
    })
    await before(pool)
    const enter = (more: Readonly<Record<string, string>> = {}) =>
      send(pool, 'InitiateAuth', {
        ...{ AuthFlow: 'USER_AUTH', ClientId: pool.clientId, Session: confirmed['Session'] },
        AuthParameters: { USERNAME: 'ada', ...more },
      })
    return { pool, enter }
  }
  const choice = {
    ChallengeName: 'SELECT_CHALLENGE',
    AvailableChallenges: ['PASSWORD_SRP', 'PASSWORD'],
  }

  test('is entered by its sign-up where codes are enough', async () => {
    const { enter } = await signedUp('OPTIONAL')
    tokensOf((await enter()).body)
    expect((await enter()).status).toBe(400)
  })

  test('is not entered by its sign-up alone where all need a second factor', async () => {
    const { pool, enter } = await signedUp('ON')
    const { body } = await enter()
    expect(body).toMatchObject(choice)
    expect(body).not.toHaveProperty('AuthenticationResult')
    const answer = { USERNAME: 'ada', ANSWER: 'PASSWORD', PASSWORD: password }
    const proved = await respond(pool, 'SELECT_CHALLENGE', answer, body['Session'])
    expect(proved.body).toMatchObject({ ChallengeName: 'MFA_SETUP' })
    // The code was worth one beginning.
    expect((await enter()).status).toBe(400)
  })

  test('is not entered by its sign-up alone where somebody has a second factor', async () => {
    const attributes = { phone_number: '+15550001234', phone_number_verified: 'true' }
    const { enter } = await signedUp('OPTIONAL', async (pool) => {
      pool.users.setAttributes('ada', attributes)
      const { status } = await pool.fetch('http://pool/', {
        method: 'POST',
        headers: {
          'x-amz-target': 'AWSCognitoIdentityProviderService.AdminSetUserMFAPreference',
          authorization: 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c',
        },
        body: JSON.stringify({
          ...{ UserPoolId: pool.userPoolId, Username: 'ada' },
          SMSMfaSettings: { Enabled: true },
        }),
      })
      expect(status).toBe(200)
    })
    const wanted = { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password }
    expect((await enter(wanted)).body).toMatchObject({
      ...{ ChallengeName: 'SMS_MFA', AvailableChallenges: choice.AvailableChallenges },
    })
  })

  test('is not made without a password where that would be the only way in', async () => {
    const pool = await newPool({ pool: { ...passwordless, MfaConfiguration: 'ON' } })
    const input = { ClientId: pool.clientId, Username: 'ada' }
    expect((await refusal(pool, 'SignUp', input)).message).toBe(
      'Missing required parameter Password',
    )
  })
})

describe('a proof', () => {
  const bogus = { DEVICE_KEY: 'eu-west-1_0a0a0a0a-0000-0000-0000-000000000000' }

  test('that is wrong leaves no second try at its block', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password })
    const claim = await claimOf(pool, 'ada')
    const signature = randomBytes(32).toString('base64')
    const forged = { ...claim, PASSWORD_CLAIM_SIGNATURE: signature }
    expect((await respond(pool, 'PASSWORD_VERIFIER', forged)).status).toBe(400)
    expect(refusalOf(await respond(pool, 'PASSWORD_VERIFIER', claim)).message).toBe(
      'Incorrect username or password.',
    )
  })

  test('that misses something is none', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password })
    const { TIMESTAMP, ...rest } = await claimOf(pool, 'ada')
    expect(refusalOf(await respond(pool, 'PASSWORD_VERIFIER', rest)).type).toBe(
      'InvalidParameterException',
    )
    tokensOf((await respond(pool, 'PASSWORD_VERIFIER', { ...rest, TIMESTAMP })).body)
  })

  test('with the key of a forgotten device serves again without it, and then no more', async () => {
    const pool = await newPool({ pool: { DeviceConfiguration: {} } })
    pool.users.create({ username: 'ada', password })
    const claim = await claimOf(pool, 'ada')
    const forgotten = await respond(pool, 'PASSWORD_VERIFIER', { ...claim, ...bogus })
    expect(refusalOf(forgotten).type).toBe('ResourceNotFoundException')
    tokensOf((await respond(pool, 'PASSWORD_VERIFIER', claim)).body)
    expect((await respond(pool, 'PASSWORD_VERIFIER', claim)).status).toBe(400)
  })

  test('that is wrong learns nothing of devices', async () => {
    const pool = await newPool({ pool: { DeviceConfiguration: {} } })
    pool.users.create({ username: 'ada', password })
    const { responses } = await prove(pool, 'ada', 'Another-Horse7')
    const reply = await respond(pool, 'PASSWORD_VERIFIER', { ...responses, ...bogus })
    expect(refusalOf(reply).message).toBe('Incorrect username or password.')
  })

  test('that is right but of no use is used up as well', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password })
    const claim = await claimOf(pool, 'ada')
    pool.users.reset('ada')
    expect((await respond(pool, 'PASSWORD_VERIFIER', claim)).status).toBe(400)
    pool.users.confirm('ada')
    expect((await respond(pool, 'PASSWORD_VERIFIER', claim)).status).toBe(400)
  })

  test('does not go with the session of somebody else', async () => {
    const pool = await newPool()
    for (const username of ['ada', 'eve']) pool.users.create({ username, password })
    const [ada, eve] = await Promise.all(
      ['ada', 'eve'].map(async (username) => {
        const keyPair = await createKeyPair(randomBytes(40))
        const asked = { SRP_A: keyPair.publicKey, PREFERRED_CHALLENGE: 'PASSWORD_SRP' }
        const { ChallengeParameters, Session } = await begin(pool, username, asked, 'USER_AUTH')
        const challenge = ChallengeParameters as Readonly<Record<string, string>>
        const { userPoolId, clock } = pool
        const now = clock.now()
        return {
          claim: await passwordClaim({ keyPair, challenge, userPoolId, password, now }),
          Session,
        }
      }),
    )
    const wrong = await respond(pool, 'PASSWORD_VERIFIER', ada!.claim, eve!.Session)
    expect(refusalOf(wrong)).toMatchObject({ message: 'Invalid session for the user.' })
    tokensOf((await respond(pool, 'PASSWORD_VERIFIER', ada!.claim, ada!.Session)).body)
  })

  /** A right proof of a device that is asked for, made but not sent. */
  async function proofOfDevice() {
    const pool = await newPool({
      pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true } },
    })
    pool.users.create({ username: 'ada', password })
    const { AccessToken, NewDeviceMetadata } = await signIn(pool, 'ada')
    const { device, verifier } = await newDevice({
      ...{ metadata: NewDeviceMetadata, secret: randomBytes(40), salt: randomBytes(16) },
    })
    await output(pool, 'ConfirmDevice', {
      ...{ AccessToken, DeviceKey: device.key, DeviceSecretVerifierConfig: verifier },
    })
    await begin(pool, 'ada', { PASSWORD: password, DEVICE_KEY: device.key })
    const keyPair = await createKeyPair(randomBytes(40))
    const named = { USERNAME: 'ada', DEVICE_KEY: device.key }
    const { body } = await respond(pool, 'DEVICE_SRP_AUTH', {
      ...{ ...named, SRP_A: keyPair.publicKey },
    })
    const claim = await deviceClaim({
      ...{ keyPair, device, username: 'ada', now: pool.clock.now() },
      challenge: body['ChallengeParameters'] as Readonly<Record<string, string>>,
    })
    return { pool, claim: { ...claim } }
  }

  test('of a device that is wrong leaves no second try either', async () => {
    const { pool, claim } = await proofOfDevice()
    const forged = { ...claim, PASSWORD_CLAIM_SIGNATURE: randomBytes(32).toString('base64') }
    for (const answer of [forged, claim])
      expect(refusalOf(await respond(pool, 'DEVICE_PASSWORD_VERIFIER', answer)).message).toBe(
        'Incorrect username or password.',
      )
  })

  test('of a device names it', async () => {
    const { pool, claim } = await proofOfDevice()
    const answer = (DEVICE_KEY: string) =>
      respond(pool, 'DEVICE_PASSWORD_VERIFIER', { ...claim, DEVICE_KEY })
    const another = 'eu-west-1_11111111-2222-4333-8444-555555555555'
    expect(refusalOf(await answer(another)).message).toBe('Device does not exist.')
    expect(refusalOf(await answer('')).message).toBe('Missing required parameter DEVICE_KEY')
    tokensOf((await answer(claim.DEVICE_KEY)).body)
  })
})

describe('the time of a proof', () => {
  /** The status of a right proof that is signed at a moment, the way `write` spells it. */
  async function statusAt(write: (usual: string) => string) {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password })
    // The fourth of a month: the service wants no zero before it.
    pool.clock.advance(Date.UTC(2030, 8, 4, 3, 5, 9) - pool.clock.now())
    const { secretBlock, key, message } = await keyOf(pool, 'ada')
    const TIMESTAMP = write(timestamp(pool.clock.now()))
    const mac = createHmac('sha256', key).update(message).update(secretBlock, 'base64')
    const PASSWORD_CLAIM_SIGNATURE = mac.update(TIMESTAMP).digest('base64')
    const answer = { USERNAME: 'ada', TIMESTAMP, PASSWORD_CLAIM_SIGNATURE }
    const claim = { ...answer, PASSWORD_CLAIM_SECRET_BLOCK: secretBlock }
    return (await respond(pool, 'PASSWORD_VERIFIER', claim)).status
  }

  test('is read as the service writes it', async () => {
    expect(await statusAt((usual) => usual)).toBe(200)
  })

  test.each([
    ['a zero before the day', (usual: string) => usual.replace(' 4 ', ' 04 ')],
    ['another form', () => '2030-09-04T03:05:09Z'],
    ['the form of HTTP', () => 'Wed, 04 Sep 2030 03:05:09 GMT'],
    ['other letters', (usual: string) => usual.toLowerCase()],
    ['something behind it', (usual: string) => `${usual} `],
    ['no moment', () => 'Wed Sep 4 99:05:09 UTC 2030'],
  ])('is not read with %s', async (_, write) => {
    expect(await statusAt(write)).toBe(400)
  })
})

describe('a recovery', () => {
  const phone = { phone_number: '+15550001234', phone_number_verified: 'true' }
  const mail = { email: 'ada@x.io', email_verified: 'true' }
  const byPhone = { Priority: 1, Name: 'verified_phone_number' }
  const byMail = { Priority: 2, Name: 'verified_email' }
  const none = {
    message:
      'Cannot reset password for the user as there is no registered/verified email or phone_number',
  }
  const forgot = async (
    RecoveryMechanisms: readonly (typeof byPhone)[],
    attributes: Readonly<Record<string, string>>,
    mfa: readonly 'SMS_MFA'[],
    MfaConfiguration: 'OFF' | 'OPTIONAL' | 'ON' = 'OPTIONAL',
  ) => {
    const pool = await newPool({
      pool: {
        ...{ MfaConfiguration, EnabledMfas: ['SMS_MFA'] },
        AccountRecoverySetting: { RecoveryMechanisms },
      },
    })
    pool.users.create({ username: 'ada', password, attributes, mfa })
    const input = { ClientId: pool.clientId, Username: 'ada' }
    const reply = await send(pool, 'ForgotPassword', input)
    return reply.status === 200 ? pool.outbox.last()!.medium : reply.body
  }

  test('does not go to the telephone that is the second factor', async () => {
    const both = [byPhone, byMail]
    expect(await forgot(both, { ...phone, ...mail }, [])).toBe('SMS')
    expect(await forgot(both, { ...phone, ...mail }, ['SMS_MFA'])).toBe('EMAIL')
    expect(await forgot(both, phone, ['SMS_MFA'])).toMatchObject(none)
    // Where everybody needs one, a number is one by itself; where none is asked for, it is none.
    expect(await forgot(both, phone, [], 'ON')).toMatchObject(none)
    expect(await forgot(both, phone, ['SMS_MFA'], 'OFF')).toBe('SMS')
    // A pool without another way wants it so.
    expect(await forgot([byPhone], phone, ['SMS_MFA'])).toBe('SMS')
  })

  test.each([
    ['that was changed', { email: 'new@x.io', email_verified: 'true' }],
    ['that is in doubt', { email_verified: 'false' }],
    ['that is gone', { email: '' }],
  ])('code says nothing for an address %s since it was sent', async (_how, change) => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password, attributes: mail })
    const of = { ClientId: pool.clientId, Username: 'ada' }
    await output(pool, 'ForgotPassword', of)
    const { code } = await pool.outbox.next({ purpose: 'recovery' })
    pool.users.setAttributes('ada', change)
    const input = { ...of, ConfirmationCode: code, Password: 'Another-Horse7' }
    expect((await refusal(pool, 'ConfirmForgotPassword', input)).type).toBe('ExpiredCodeException')
    // It is good again for the same address.
    pool.users.setAttributes('ada', mail)
    await output(pool, 'ConfirmForgotPassword', input)
  })
})

describe('an address', () => {
  const mail = (Value: string) => [{ Name: 'email', Value }]

  test('is not verified by a code that went to another, asked for it', async () => {
    const pool = await newPool({ pool: { AliasAttributes: ['email'] } })
    pool.users.create({ username: 'mallory', password, attributes: { email: 'm@x.io' } })
    const { AccessToken } = await signIn(pool, 'mallory')
    const AttributeName = 'email'
    await output(pool, 'GetUserAttributeVerificationCode', { AccessToken, AttributeName })
    const { code: Code } = await pool.outbox.next({ purpose: 'attribute' })
    await output(pool, 'UpdateUserAttributes', { AccessToken, UserAttributes: mail('ceo@x.io') })
    const input = { AccessToken, AttributeName, Code }
    expect((await send(pool, 'VerifyUserAttribute', input)).status).toBe(400)
    expect(pool.users.get('ceo@x.io')).toBeUndefined()
  })

  test('is not verified by the code of a sign-up that went to another', async () => {
    const pool = await newPool({ pool: { AutoVerifiedAttributes: ['email', 'phone_number'] } })
    const of = { ClientId: pool.clientId, Username: 'mallory' }
    await output(pool, 'SignUp', { ...of, Password: password, UserAttributes: mail('m@x.io') })
    const { code: ConfirmationCode } = await pool.outbox.next({ purpose: 'signUp' })
    pool.users.setAttributes('mallory', { email: 'ceo@x.io' })
    const input = { ...of, ConfirmationCode }
    expect((await refusal(pool, 'ConfirmSignUp', input)).type).toBe('ExpiredCodeException')
    // A telephone number that came later is not what the code went to.
    pool.users.setAttributes('mallory', { email: 'm@x.io', phone_number: '+15550001234' })
    await output(pool, 'ConfirmSignUp', input)
    const { attributes } = pool.users.get('mallory')!
    expect(attributes).toMatchObject({ email: 'm@x.io', email_verified: 'true' })
    expect(attributes).not.toHaveProperty('phone_number_verified')
  })

  test('is not verified by a code that signs in and went to another', async () => {
    const pool = await newPool({
      pool: {
        AliasAttributes: ['email'],
        Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
      },
    })
    pool.users.create({ username: 'mallory', password, attributes: { email: 'm@x.io' } })
    const { AccessToken } = await signIn(pool, 'mallory')
    const wanted = { PREFERRED_CHALLENGE: 'EMAIL_OTP' }
    const { Session } = await begin(pool, 'mallory', wanted, 'USER_AUTH')
    const { code } = await pool.outbox.next({ purpose: 'signIn' })
    await output(pool, 'UpdateUserAttributes', { AccessToken, UserAttributes: mail('vic@x.io') })
    const answer = { USERNAME: 'mallory', EMAIL_OTP_CODE: code }
    expect((await respond(pool, 'EMAIL_OTP', answer, Session)).status).toBe(400)
    expect(pool.users.get('vic@x.io')).toBeUndefined()
  })

  test('is not replaced by one that is set up as a factor, before its code comes back', async () => {
    const pool = await newPool({ pool: { MfaConfiguration: 'ON', EnabledMfas: ['EMAIL_OTP'] } })
    const attributes = { email: 'ada@x.io', email_verified: 'true' }
    pool.users.create({ username: 'ada', password, attributes })
    const { Session } = await begin(pool, 'ada')
    const reply = await respond(
      pool,
      'MFA_SETUP',
      { USERNAME: 'ada', EMAIL: 'thief@y.io' },
      Session,
    )
    expect(reply.body).toMatchObject({ ChallengeName: 'EMAIL_OTP' })
    expect(pool.users.get('ada')!.attributes).toEqual(attributes)
    const { code, to } = await pool.outbox.next({ purpose: 'mfa' })
    expect(to).toBe('thief@y.io')
    const answer = { USERNAME: 'ada', EMAIL_OTP_CODE: code }
    tokensOf((await respond(pool, 'EMAIL_OTP', answer, reply.body['Session'])).body)
    expect(pool.users.get('ada')!.attributes).toEqual({ ...attributes, email: 'thief@y.io' })
  })
})

describe('an address that is an alias', () => {
  test('of somebody else is not half set by setting up a factor with it', async () => {
    const AliasAttributes = ['email'] as const
    const EnabledMfas = ['EMAIL_OTP'] as const
    const pool = await newPool({ pool: { AliasAttributes, MfaConfiguration: 'ON', EnabledMfas } })
    const [email, other] = ['ada@example.com', 'eve@example.com']
    const ofAda = { email, email_verified: 'true' }
    const ofEve = { email: other, email_verified: 'true' }
    pool.users.create({ username: 'ada', password, attributes: ofAda })
    pool.users.create({ username: 'eve', password, attributes: ofEve })
    const { Session } = await begin(pool, 'eve')
    const set = { USERNAME: 'eve', EMAIL: email }
    const asked = (await respond(pool, 'MFA_SETUP', set, Session)).body
    const { code } = await pool.outbox.next()
    const answer = { USERNAME: 'eve', EMAIL_OTP_CODE: code }
    const refused = refusalOf(await respond(pool, 'EMAIL_OTP', answer, asked['Session']))
    expect(refused.type).toBe('AliasExistsException')
    expect(pool.users.get('eve')).toMatchObject({ attributes: ofEve, mfa: [] })
  })
})

describe('an address of somebody else', () => {
  test('is not lost to a sign-up that is not confirmed after all', async () => {
    const pool = await newPool({
      pool: { AliasAttributes: ['email'], AutoVerifiedAttributes: ['email'] },
    })
    const attributes = { email: 'ada@example.com', email_verified: 'true' }
    pool.users.create({ username: 'ada', password, attributes })
    const { ClientId, Username } = { ClientId: pool.clientId, Username: 'eve' }
    const UserAttributes = [{ Name: 'email', Value: 'ada@example.com' }]
    await output(pool, 'SignUp', { ClientId, Username, Password: password, UserAttributes })
    const { code: ConfirmationCode } = await pool.outbox.next()
    const answer = { ClientId, Username, ConfirmationCode, ForceAliasCreation: true }
    await refusal(pool, 'ConfirmSignUp', { ...answer, Session: 'A'.repeat(20) })
    expect(pool.users.get('ada')!.attributes).toEqual(attributes)
    await output(pool, 'ConfirmSignUp', answer)
    expect(pool.users.get('ada')!.attributes).toMatchObject({ email_verified: 'false' })
  })
})

describe('an address that is a name', () => {
  const UsernameAttributes = ['email', 'phone_number'] as const
  const address = 'ada@example.com'
  const number = '+4915100000001'

  test('is not taken with a first password by somebody who was invited before', async () => {
    const pool = await newPool({ pool: { UsernameAttributes } })
    pool.users.create({ username: number, password, temporary: true })
    pool.users.create({ username: address, password })
    const { Session } = await begin(pool, number)
    const given = { USERNAME: number, NEW_PASSWORD: 'Another-Horse7' }
    const answer = { ...given, 'userAttributes.email': address }
    const refused = refusalOf(await respond(pool, 'NEW_PASSWORD_REQUIRED', answer, Session))
    expect(refused.type).toBe('AliasExistsException')
    await signIn(pool, address)
  })

  test.each(['SignUp', 'AdminCreateUser'])('is not taken by %s', async (operation) => {
    const pool = await newPool({ pool: { UsernameAttributes } })
    pool.users.create({ username: number, password })
    const UserAttributes = [{ Name: 'phone_number', Value: number }]
    const input = { Username: address, UserAttributes }
    const reply =
      operation === 'SignUp'
        ? await send(pool, operation, { ...input, ClientId: pool.clientId, Password: password })
        : await administer(pool, operation, input)
    expect(refusalOf(reply)).toMatchObject({
      type: 'UsernameExistsException',
      message: 'An account with the given phone_number already exists.',
    })
    expect(pool.users.list()).toHaveLength(1)
  })

  test('is whose code comes back first', async () => {
    const AttributesRequireVerificationBeforeUpdate = ['email'] as const
    const UserAttributeUpdateSettings = { AttributesRequireVerificationBeforeUpdate }
    const AutoVerifiedAttributes = ['email'] as const
    const pool = await newPool({
      pool: { UsernameAttributes, UserAttributeUpdateSettings, AutoVerifiedAttributes },
    })
    const verifications: object[] = []
    for (const username of ['one@example.com', 'two@example.com']) {
      pool.users.create({ username, password })
      const { AccessToken } = await signIn(pool, username)
      const UserAttributes = [{ Name: 'email', Value: address }]
      await output(pool, 'UpdateUserAttributes', { AccessToken, UserAttributes })
      const { code: Code } = await pool.outbox.next()
      verifications.push({ AccessToken, AttributeName: 'email', Code })
    }
    const [one, two] = verifications
    await output(pool, 'VerifyUserAttribute', one!)
    const refused = await refusal(pool, 'VerifyUserAttribute', two)
    expect(refused.type).toBe('AliasExistsException')
  })
})

describe('an attribute', () => {
  test.each([
    [
      'that cannot be changed',
      'custom:tenant',
      'user.custom:tenant: Attribute cannot be updated.\n',
    ],
    ['of developers', 'dev:custom:rank', 'A client attempted to write unauthorized attribute'],
    [
      'that tells what was verified',
      'email_verified',
      'Cannot modify the non-mutable attribute email_verified',
    ],
    ['that is the subject', 'sub', 'Cannot modify the non-mutable attribute sub'],
  ])('%s is not taken away', async (_, name, message) => {
    const Schema = [
      { Name: 'tenant', Mutable: false },
      { Name: 'rank', DeveloperOnlyAttribute: true },
    ]
    const pool = await newPool({ pool: { Schema } })
    const attributes = { 'custom:tenant': 'one', 'dev:custom:rank': '1', email_verified: 'true' }
    pool.users.create({ username: 'ada', password, attributes })
    const { AccessToken } = await signIn(pool, 'ada')
    const input = { AccessToken, UserAttributeNames: [name] }
    expect(await refusal(pool, 'DeleteUserAttributes', input)).toMatchObject({ message })
    expect(pool.users.get('ada')!.attributes).toEqual(attributes)
  })

  test.each([
    ['back to what it was', 'UpdateUserAttributes', 'ada@example.com'],
    ['by an administrator', 'AdminUpdateUserAttributes', 'third@example.com'],
  ])('is not what a code would have made of it, once it is set %s', async (_, operation, last) => {
    const AttributesRequireVerificationBeforeUpdate = ['email'] as const
    const UserAttributeUpdateSettings = { AttributesRequireVerificationBeforeUpdate }
    const AutoVerifiedAttributes = ['email'] as const
    const pool = await newPool({ pool: { UserAttributeUpdateSettings, AutoVerifiedAttributes } })
    const attributes = { email: 'ada@example.com', email_verified: 'true' }
    pool.users.create({ username: 'ada', password, attributes })
    const { AccessToken } = await signIn(pool, 'ada')
    const to = (email: string) => [{ Name: 'email', Value: email }]
    const other = { AccessToken, UserAttributes: to('other@example.com') }
    await output(pool, 'UpdateUserAttributes', other)
    const { code: Code } = await pool.outbox.next()
    const verified = { Name: 'email_verified', Value: 'true' }
    if (operation === 'UpdateUserAttributes')
      await output(pool, operation, { AccessToken, UserAttributes: to(last) })
    else
      await administer(pool, operation, {
        Username: 'ada',
        UserAttributes: [...to(last), verified],
      })
    const verification = { AccessToken, AttributeName: 'email', Code }
    const refused = await refusal(pool, 'VerifyUserAttribute', verification)
    expect(refused.type).toBe('ExpiredCodeException')
    expect(pool.users.get('ada')!.attributes).toMatchObject({ email: last })
  })
})

describe('a second factor', () => {
  test('is due where the device that was to take its place does not come', async () => {
    const pool = await newPool({
      pool: {
        ...{ MfaConfiguration: 'ON', EnabledMfas: ['EMAIL_OTP'] },
        DeviceConfiguration: { ChallengeRequiredOnNewDevice: true },
      },
      triggers: {
        defineAuthChallenge: (event) => {
          const { session } = event.request
          const next = ['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'][session.length - 1]
          event.response.issueTokens = next === undefined
          if (next) event.response.challengeName = next
        },
        createAuthChallenge: () => undefined,
        verifyAuthChallengeResponse: (event) => {
          event.response.answerCorrect = true
        },
      },
    })
    const attributes = { email: 'ada@x.io', email_verified: 'true' }
    pool.users.create({ username: 'ada', password, attributes, mfa: ['EMAIL_OTP'] })
    const first = await begin(pool, 'ada')
    const { code } = await pool.outbox.next({ purpose: 'mfa' })
    const tokens = tokensOf(
      (
        await respond(
          pool,
          'EMAIL_OTP',
          { USERNAME: 'ada', EMAIL_OTP_CODE: code },
          first['Session'],
        )
      ).body,
    )
    const { device, verifier } = await newDevice({
      ...{ metadata: tokens.NewDeviceMetadata, secret: randomBytes(40), salt: randomBytes(16) },
    })
    await output(pool, 'ConfirmDevice', {
      ...{ AccessToken: tokens.AccessToken, DeviceKey: device.key },
      DeviceSecretVerifierConfig: verifier,
    })

    const keyPair = await createKeyPair(randomBytes(40))
    const named = { DEVICE_KEY: device.key }
    const begun = await begin(
      pool,
      'ada',
      { CHALLENGE_NAME: 'SRP_A', SRP_A: keyPair.publicKey, ...named },
      'CUSTOM_AUTH',
    )
    const claim = await passwordClaim({
      ...{ keyPair, password, userPoolId: pool.userPoolId, now: pool.clock.now() },
      challenge: begun['ChallengeParameters'] as Readonly<Record<string, string>>,
    })
    const proved = await respond(pool, 'PASSWORD_VERIFIER', claim, begun['Session'])
    expect(proved.body).toMatchObject({ ChallengeName: 'CUSTOM_CHALLENGE' })
    // The name of another device, or of none, changes nothing.
    const answer = { USERNAME: 'ada', ANSWER: 'yes', DEVICE_KEY: '' }
    const asked = await respond(pool, 'CUSTOM_CHALLENGE', answer, proved.body['Session'])
    expect(asked.body).toMatchObject({ ChallengeName: 'DEVICE_SRP_AUTH' })
  })

  test('code of an authenticator app that was used is used for setting it up, too', async () => {
    const pool = await newPool({
      pool: { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] },
    })
    pool.users.create({ username: 'ada', password, mfa: ['SOFTWARE_TOKEN_MFA'] })
    const code = pool.totp('ada')
    const { Session } = await begin(pool, 'ada')
    const answer = { USERNAME: 'ada', SOFTWARE_TOKEN_MFA_CODE: code }
    const { AccessToken } = tokensOf(
      (await respond(pool, 'SOFTWARE_TOKEN_MFA', answer, Session)).body,
    )
    const again = await refusal(pool, 'VerifySoftwareToken', { AccessToken, UserCode: code })
    expect(again.type).toBe('EnableSoftwareTokenMFAException')
  })
})

describe('the pool', () => {
  test('does not compute with a verifier that is none', async () => {
    const pool = await newPool({ pool: { DeviceConfiguration: {} } })
    pool.users.create({ username: 'ada', password })
    const { AccessToken, NewDeviceMetadata } = await signIn(pool, 'ada')
    for (const PasswordVerifier of [
      '/'.repeat(130_000),
      'AA==',
      Buffer.alloc(385, 255).toString('base64'),
    ]) {
      const DeviceSecretVerifierConfig = { PasswordVerifier, Salt: 'AAAAAAAAAAAAAAAAAAAAAQ==' }
      const input = { AccessToken, DeviceKey: NewDeviceMetadata!.DeviceKey }
      const reply = await send(pool, 'ConfirmDevice', { ...input, DeviceSecretVerifierConfig })
      expect(reply.body).toMatchObject({ __type: 'InvalidParameterException' })
    }
  })

  test('keeps the attributes of developers from people', async () => {
    const pool = await newPool({ pool: { Schema: [{ Name: 'dev:custom:tier' }] } })
    pool.users.create({ username: 'ada', password })
    const { AccessToken } = await signIn(pool, 'ada')
    const UserAttributes = [{ Name: 'dev:custom:tier', Value: 'gold' }]
    const reply = await send(pool, 'UpdateUserAttributes', { AccessToken, UserAttributes })
    expect(reply.status).toBe(400)
  })

  test('forgets what is over', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password })
    const small = pool.snapshot().length
    for (let i = 0; i < 20; i++) await claimOf(pool, 'ada')
    await signIn(pool, 'ada')
    const large = pool.snapshot().length
    pool.clock.advance(40 * 86_400_000)
    await claimOf(pool, 'ada')
    expect(pool.snapshot().length).toBeLessThan(small + (large - small) / 5)
  })

  test('lets a client in whose clock does not go forward with the pool’s', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password })
    pool.clock.advance(3_600_000)
    const keyPair = await createKeyPair(randomBytes(40))
    const parameters = { SRP_A: keyPair.publicKey }
    const { ChallengeParameters } = await begin(pool, 'ada', parameters, 'USER_SRP_AUTH')
    const claim = await passwordClaim({
      ...{ keyPair, password, userPoolId: pool.userPoolId, now: Date.now() },
      challenge: ChallengeParameters as Readonly<Record<string, string>>,
    })
    tokensOf((await respond(pool, 'PASSWORD_VERIFIER', claim)).body)
  })

  test.each([
    ['of a website', { origin: 'https://evil.example' }, 400],
    ['that came by the name of a website', { host: 'evil.example' }, 403],
    ['of a program', {}, 200],
  ])('is administered by no request %s', async (_whose, headers, status) => {
    const pool = await newPool()
    const listening = await listen(pool)
    const answered = await new Promise((resolve, reject) => {
      const sent = request(
        {
          ...{ port: listening.port, host: '127.0.0.1', method: 'POST' },
          headers: {
            'x-amz-target': 'AWSCognitoIdentityProviderService.ListUserPools',
            authorization: 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c',
            ...headers,
          },
        },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
      sent.on('error', reject).end('{"MaxResults":10}')
    })
    await listening.close()
    expect(answered).toBe(status)
  })
})
