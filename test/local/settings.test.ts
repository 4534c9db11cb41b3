import { describe, expect, test } from 'vitest'
import type { LocalPool } from '../../src/local/index.ts'
import { administer, flows, newPool, output, password, refusalOf, send, signIn } from './raw.ts'

// What cannot be set: combinations and bounds that the service refuses when a pool or an app client is
// made or changed, and values that attributes cannot have.

const invalid = 'InvalidParameterException'

/** An answer, or what it was refused with. */
async function outcome(
  pool: LocalPool,
  operation: string,
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const reply = await administer(pool, operation, input)
  if (reply.status === 200) return reply.body
  const { type, message } = refusalOf(reply)
  return { type, message }
}

const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }
const EmailConfiguration = { EmailSendingAccount: 'DEVELOPER' }
const recovery = (...names: string[]) => ({
  AccountRecoverySetting: {
    RecoveryMechanisms: names.map((Name, i) => ({ Name, Priority: i + 1 })),
  },
})
const factors = (...AllowedFirstAuthFactors: string[]) => ({
  Policies: { SignInPolicy: { AllowedFirstAuthFactors } },
})
const smsMissing =
  'SMS configuration and Auto verification for phone_number are required when MFA is required/optional'
const cannotRecover =
  'Invalid account recovery setting parameter. Account Recovery Setting cannot use'

describe('a pool', () => {
  const schema = (...Schema: object[]) => ({ Schema })
  const string = { AttributeDataType: 'String' }
  const number = { AttributeDataType: 'Number' }

  test.each<[string, object, string]>([
    [
      'aliases and addresses as names',
      { AliasAttributes: ['phone_number'], UsernameAttributes: ['email'] },
      'Only one of the aliasAttributes or usernameAttributes can be set in a user pool.',
    ],
    ['second factors without a way to send them', { MfaConfiguration: 'ON' }, smsMissing],
    ['the same, optional', { MfaConfiguration: 'OPTIONAL' }, smsMissing],
    [
      'an administrator and somebody else for recovery',
      recovery('admin_only', 'verified_email'),
      `${cannotRecover} admin_only setting with any other recovery mechanisms.`,
    ],
    [
      'telephones for both, the second factor and recovery',
      { MfaConfiguration: 'ON', SmsConfiguration, ...recovery('verified_phone_number') },
      `${cannotRecover} verified_phone_number as a recovery mechanism when SMS MFA is configured.`,
    ],
    [
      'a required attribute of its own',
      schema({ Name: 'plan', ...string, Required: true }),
      'Required custom attributes are not supported currently.',
    ],
    [
      'an attribute of no type',
      schema({ Name: 'plan' }),
      'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.',
    ],
    [
      'a standard attribute of another type',
      schema({ Name: 'email', ...number }),
      'email: The type of a standard attribute cannot be changed.',
    ],
    [
      'the same attribute twice',
      schema({ Name: 'plan', ...string }, { Name: 'plan', ...number }),
      'plan: An attribute of this name is given twice.',
    ],
    [
      'a length that is none',
      schema({ Name: 'plan', ...string, StringAttributeConstraints: { MaxLength: '-1' } }),
      'plan: Invalid attribute constraint.',
    ],
    [
      'a least number that is none',
      schema({ Name: 'age', ...number, NumberAttributeConstraints: { MinValue: 'x' } }),
      'age: Invalid attribute constraint.',
    ],
    [
      'bounds the wrong way round',
      schema({
        ...{ Name: 'age', ...number },
        NumberAttributeConstraints: { MinValue: '10', MaxValue: '9' },
      }),
      'age: The minimum of a constraint cannot be greater than its maximum.',
    ],
    [
      'an attribute without a name',
      schema(string),
      "1 validation error detected: Value null at 'schema.1.member.name' failed to satisfy constraint: Member must not be null",
    ],
    [
      'bounds that are no texts',
      schema({ Name: 'age', ...number, NumberAttributeConstraints: { MinValue: 1 } }),
      "1 validation error detected: Value at 'schema.1.member.numberAttributeConstraints.minValue' failed to satisfy constraint: Member must be a string",
    ],
    [
      'an invitation that is no text',
      { AdminCreateUserConfig: { InviteMessageTemplate: { EmailMessage: {} } } },
      "1 validation error detected: Value at 'adminCreateUserConfig.inviteMessageTemplate.emailMessage' failed to satisfy constraint: Member must be a string",
    ],
    [
      'an invitation that is too long for a telephone',
      { AdminCreateUserConfig: { InviteMessageTemplate: { SMSMessage: 'x'.repeat(141) } } },
      "1 validation error detected: Value at 'adminCreateUserConfig.inviteMessageTemplate.sMSMessage' failed to satisfy constraint: Member must have length less than or equal to 140",
    ],
  ])('has not: %s', async (_, settings, message) => {
    const pool = await newPool()
    const before = pool.snapshot()
    const input = { PoolName: 'people', UserPoolId: undefined, ...settings }
    expect(await outcome(pool, 'CreateUserPool', input)).toEqual({ type: invalid, message })
    expect(pool.snapshot()).toBe(before)
  })

  test('is not changed by an update that is refused', async () => {
    const pool = await newPool()
    const update = { MfaConfiguration: 'ON', SmsConfiguration }
    const before = pool.snapshot()
    for (const names of [['verified_phone_number'], ['admin_only', 'verified_email']])
      expect(
        await outcome(pool, 'UpdateUserPool', { ...update, ...recovery(...names) }),
      ).toMatchObject({ type: invalid })
    expect(pool.snapshot()).toBe(before)
    expect(await outcome(pool, 'UpdateUserPool', { ...update, ...recovery('admin_only') })).toEqual(
      {},
    )
  })

  test.each(['EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'])(
    'of the least tier has no %s to begin with',
    async (factor) => {
      const pool = await newPool()
      const input = { ...factors('PASSWORD', factor), UserPoolTier: 'LITE' }
      expect(await outcome(pool, 'UpdateUserPool', input)).toMatchObject({
        type: 'FeatureUnavailableInTierException',
      })
      expect(await outcome(pool, 'UpdateUserPool', { ...input, UserPoolTier: 'PLUS' })).toEqual({})
      const plain = { ...factors('PASSWORD'), UserPoolTier: 'LITE' }
      expect(await outcome(pool, 'UpdateUserPool', plain)).toEqual({})
    },
  )

  test('tells an invitation back, and when it is over', async () => {
    const pool = await newPool()
    const InviteMessageTemplate = {
      EmailMessage: 'You are {username} with {####}',
      EmailSubject: 'Come in',
      SMSMessage: '{username}: {####}',
    }
    const config = { AllowAdminCreateUserOnly: true, InviteMessageTemplate }
    expect(
      await outcome(pool, 'UpdateUserPool', {
        AdminCreateUserConfig: { ...config, UnusedAccountValidityDays: 3 },
      }),
    ).toEqual({})
    const { UserPool } = await outcome(pool, 'DescribeUserPool', {})
    expect(UserPool).toMatchObject({
      AdminCreateUserConfig: { ...config, UnusedAccountValidityDays: 3 },
    })
  })
})

describe('SetUserPoolMfaConfig', () => {
  const on = { MfaConfiguration: 'OPTIONAL' }
  const set = (pool: LocalPool, input: object) => outcome(pool, 'SetUserPoolMfaConfig', input)

  test.each<[string, object, string]>([
    [
      'no kind where one can be asked for',
      on,
      'Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.',
    ],
    [
      'a kind where none is asked for',
      { MfaConfiguration: 'OFF', EmailMfaConfiguration: {} },
      "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
    ],
    ['telephones that nothing can be sent to', { ...on, SmsMfaConfiguration: {} }, smsMissing],
    [
      "e-mail in the provider's own name",
      { ...on, EmailMfaConfiguration: {} },
      'Email MFA needs an email configuration with the DEVELOPER sending account.',
    ],
    [
      'a message without the code',
      {
        ...on,
        SmsMfaConfiguration: { SmsAuthenticationMessage: 'Hello there', SmsConfiguration },
      },
      "1 validation error detected: Value at 'smsMfaConfiguration.smsAuthenticationMessage' failed to satisfy constraint: Member must satisfy regular expression pattern: .*\\{####\\}.*",
    ],
  ])('refuses %s', async (_, input, message) => {
    const pool = await newPool()
    const before = pool.snapshot()
    expect(await set(pool, input)).toEqual({ type: invalid, message })
    expect(pool.snapshot()).toBe(before)
  })

  test('refuses e-mail where nothing else recovers an account, and in the least tier', async () => {
    const pool = await newPool()
    const email = { ...on, EmailMfaConfiguration: {} }
    const update = (input: object) => outcome(pool, 'UpdateUserPool', input)
    await update({ EmailConfiguration, ...recovery('verified_email') })
    expect(await set(pool, email)).toEqual({
      type: invalid,
      message: `${cannotRecover} verified_email as a recovery mechanism when Email MFA is configured.`,
    })
    await update({ EmailConfiguration, UserPoolTier: 'LITE' })
    expect(await set(pool, email)).toMatchObject({ type: 'FeatureUnavailableInTierException' })
    await update({ EmailConfiguration })
    expect(await set(pool, email)).toMatchObject({ ...on, EmailMfaConfiguration: {} })
    expect(
      await update({ ...on, EmailConfiguration, ...recovery('verified_email') }),
    ).toMatchObject({ type: invalid })
  })
})

describe('an app client', () => {
  const create = (pool: LocalPool, input: object) =>
    outcome(pool, 'CreateUserPoolClient', { ClientName: 'app', ...input })
  const units = (unit: string) => ({
    TokenValidityUnits: { AccessToken: unit, IdToken: unit, RefreshToken: unit },
  })

  test.each<[object, boolean]>([
    [{ AccessTokenValidity: 300, ...units('seconds') }, true],
    [{ AccessTokenValidity: 299, ...units('seconds') }, false],
    [{ IdTokenValidity: 5, ...units('minutes') }, true],
    [{ IdTokenValidity: 4, ...units('minutes') }, false],
    [{ AccessTokenValidity: 24 }, true],
    [{ AccessTokenValidity: 25 }, false],
    [{ IdTokenValidity: 1, ...units('days') }, true],
    [{ IdTokenValidity: 2, ...units('days') }, false],
    [{ IdTokenValidity: 86_400, ...units('seconds') }, true],
    [{ RefreshTokenValidity: 3600, ...units('seconds') }, true],
    [{ RefreshTokenValidity: 3599, ...units('seconds') }, false],
    [{ RefreshTokenValidity: 60, ...units('minutes') }, true],
    [{ RefreshTokenValidity: 59, ...units('minutes') }, false],
    [{ RefreshTokenValidity: 3650 }, true],
    [{ RefreshTokenValidity: 3651 }, false],
    [{ RefreshTokenValidity: 315_360_000, ...units('seconds') }, true],
    [{ RefreshTokenValidity: 315_360_000 }, false],
    // No validity is the usual one, and so is nought for a refresh token.
    [{ ...units('days') }, true],
    [{ RefreshTokenValidity: 0, ...units('seconds') }, true],
    // None lives longer than what it is renewed with.
    [{ AccessTokenValidity: 2, RefreshTokenValidity: 2, ...units('hours') }, true],
    [{ AccessTokenValidity: 3, RefreshTokenValidity: 2, ...units('hours') }, false],
    [{ IdTokenValidity: 3, RefreshTokenValidity: 2, ...units('hours') }, false],
  ])('of validities %j: %j', async (input, isAllowed) => {
    const pool = await newPool()
    const came = await create(pool, input)
    if (isAllowed) expect(came).toHaveProperty('UserPoolClient')
    else expect(came).toEqual({ type: invalid, message: 'Invalid range for token validity.' })
    const { ClientId } = ((await create(pool, {})) as { UserPoolClient: { ClientId: string } })
      .UserPoolClient
    const updated = await outcome(pool, 'UpdateUserPoolClient', { ClientId, ...input })
    expect('UserPoolClient' in updated).toBe(isAllowed)
  })

  const rotating = (RetryGracePeriodSeconds?: number) => ({
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds },
  })
  const notTogether =
    'ALLOW_REFRESH_TOKEN_AUTH cannot be enabled together with refresh token rotation.'

  test.each<[string, object, string]>([
    ['rotation beside the flow', { ...rotating(), ExplicitAuthFlows: flows }, notTogether],
    ['rotation beside the usual flows', rotating(), notTogether],
    [
      'a longer grace than a minute',
      { ...rotating(61), ExplicitAuthFlows: ['ALLOW_USER_AUTH'] },
      "1 validation error detected: Value '61' at 'refreshTokenRotation.retryGracePeriodSeconds' failed to satisfy constraint: Member must have value less than or equal to 60",
    ],
    [
      'a grace below nought',
      { ...rotating(-1), ExplicitAuthFlows: ['ALLOW_USER_AUTH'] },
      "1 validation error detected: Value '-1' at 'refreshTokenRotation.retryGracePeriodSeconds' failed to satisfy constraint: Member must have value greater than or equal to 0",
    ],
    [
      'a session of two minutes',
      { AuthSessionValidity: 2 },
      "1 validation error detected: Value '2' at 'authSessionValidity' failed to satisfy constraint: Member must have value greater than or equal to 3",
    ],
    [
      'a session of sixteen minutes',
      { AuthSessionValidity: 16 },
      "1 validation error detected: Value '16' at 'authSessionValidity' failed to satisfy constraint: Member must have value less than or equal to 15",
    ],
    [
      'old and new names of flows',
      { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'USER_PASSWORD_AUTH'] },
      'Flows with and without the prefix ALLOW_ cannot be given together.',
    ],
    [
      'two secrets',
      { GenerateSecret: true, ClientSecret: 'a'.repeat(51) },
      'A client secret cannot be given and generated at once.',
    ],
    [
      'attributes to read that there are not',
      { ReadAttributes: ['email', 'custom:plan'] },
      'Invalid read attributes specified while creating a client',
    ],
    ...[['email', 'custom:plan'], ['email', 'email_verified'], ['email', 'sub'], []].map(
      (WriteAttributes): [string, object, string] => [
        `attributes to write that are wrong or too few (${WriteAttributes.join()})`,
        { WriteAttributes },
        'Invalid write attributes specified while creating a client',
      ],
    ),
  ])('has not: %s', async (_, input, message) => {
    const pool = await newPool({ pool: { Schema: [{ Name: 'email', Required: true }] } })
    const before = pool.snapshot()
    expect(await create(pool, input)).toEqual({ type: invalid, message })
    expect(pool.snapshot()).toBe(before)
    expect(
      await outcome(pool, 'UpdateUserPoolClient', {
        ClientId: pool.clientId,
        // An update makes no secret.
        ...('GenerateSecret' in input ? { AuthSessionValidity: 99 } : input),
      }),
    ).toMatchObject({ type: invalid })
    expect(pool.snapshot()).toBe(before)
  })

  test.each([
    { ...rotating(60), ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_SRP_AUTH'] },
    { AuthSessionValidity: 3 },
    { AuthSessionValidity: 15 },
    { ReadAttributes: ['email', 'email_verified', 'custom:plan'] },
    { WriteAttributes: ['email', 'custom:plan'] },
  ])('has %j', async (input) => {
    const Schema = [{ Name: 'email', Required: true }, { Name: 'plan' }]
    const pool = await newPool({ pool: { Schema } })
    expect(await create(pool, input)).toMatchObject({ UserPoolClient: input })
  })
})

describe('an attribute', () => {
  const Schema = [
    {
      ...({ Name: 'age', AttributeDataType: 'Number' } as const),
      NumberAttributeConstraints: { MinValue: '-1', MaxValue: '150.5' },
    },
    { Name: 'count', AttributeDataType: 'Number' } as const,
    { Name: 'born', AttributeDataType: 'DateTime' } as const,
    { Name: 'member', AttributeDataType: 'Boolean' } as const,
    { Name: 'code', StringAttributeConstraints: { MinLength: '2', MaxLength: '4' } },
  ]
  const withAda = async (): Promise<LocalPool> => {
    const pool = await newPool({ pool: { Schema } })
    pool.users.create({ username: 'ada', password })
    return pool
  }
  const nonconforming = (name: string, what: string) =>
    `Attributes did not conform to the schema: ${name}: ${what}\n`

  test.each([
    ['custom:age', '-1.01', 'Number must be no less than -1'],
    ['custom:age', '150.6', 'Number must be no greater than 150.5'],
    ['custom:age', 'x', 'Number is expected'],
    ['custom:count', '1e3', 'Number is expected'],
    ['custom:count', '0x10', 'Number is expected'],
    ['updated_at', '-1', 'Number must be no less than 0'],
    ['updated_at', 'now', 'Number is expected'],
    ['custom:born', 'yesterday', 'DateTime is expected'],
    ['custom:born', '2026-13-01', 'DateTime is expected'],
    ['custom:born', '2026-09-24T25:00:00Z', 'DateTime is expected'],
    ['custom:born', '24/09/2026', 'DateTime is expected'],
    ['custom:born', '1790270882', 'DateTime is expected'],
    ['custom:member', 'yes', 'Boolean is expected'],
    ['custom:code', 'x', 'String must be at least 2 characters long'],
    ['custom:code', '12345', 'String must be no longer than 4 characters'],
    ['birthdate', '1815-12-1', 'String must be at least 10 characters long'],
  ])('%s is never %s', async (Name, Value, what) => {
    const pool = await withAda()
    const { AccessToken } = await signIn(pool, 'ada')
    const UserAttributes = [{ Name, Value }]
    const refused = { type: invalid, message: nonconforming(Name, what) }
    const reply = await send(pool, 'UpdateUserAttributes', { AccessToken, UserAttributes })
    expect(refusalOf(reply)).toMatchObject(refused)
    expect(await outcome(pool, 'AdminCreateUser', { Username: 'bob', UserAttributes })).toEqual(
      refused,
    )
    expect(pool.users.get('ada')!.attributes).toEqual({})
    expect(pool.users.get('bob')).toBeUndefined()
  })

  test.each([
    ['custom:age', ['-1', '150.5', '0', '007']],
    ['custom:count', ['-123456789012345678901234567890', '1.5']],
    ['updated_at', ['0', '1790270882']],
    [
      'custom:born',
      ['1815-12-10', '2026-09-24T13:50Z', '2026-09-24T13:50:15.329+02:00', '2024-02-29T00:00:00Z'],
    ],
    ['custom:member', ['true', 'false']],
    ['custom:code', ['12', '1234']],
    ['birthdate', ['1815-12-10', 'tenletters']],
  ])('%s is %j', async (Name, values) => {
    const pool = await withAda()
    const { AccessToken } = await signIn(pool, 'ada')
    for (const Value of values) {
      const UserAttributes = [{ Name, Value }]
      await output(pool, 'UpdateUserAttributes', { AccessToken, UserAttributes })
      expect(pool.users.get('ada')!.attributes[Name]).toBe(Value)
    }
  })

  test('that says whether an address is verified may be written in any letters', async () => {
    const pool = await withAda()
    const UserAttributes = [
      { Name: 'email', Value: 'bob@example.com' },
      { Name: 'email_verified', Value: 'True' },
    ]
    await outcome(pool, 'AdminCreateUser', { Username: 'bob', UserAttributes })
    await outcome(pool, 'AdminUpdateUserAttributes', { Username: 'ada', UserAttributes })
    for (const name of ['ada', 'bob'])
      expect(pool.users.get(name)!.attributes).toEqual({
        ...{ email: 'bob@example.com', email_verified: 'true' },
      })
    expect(
      await outcome(pool, 'AdminUpdateUserAttributes', {
        ...{ Username: 'ada', UserAttributes: [{ Name: 'email_verified', Value: 'yes' }] },
      }),
    ).toMatchObject({ message: nonconforming('email_verified', 'Boolean is expected') })
  })
})

describe('what somebody wants to be asked for', () => {
  const EnabledMfas = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] as const
  const both = { phone_number: '+15550001234', email: 'ada@example.com' }
  const withAda = async (
    kinds: readonly (typeof EnabledMfas)[number][] = EnabledMfas,
    attributes: Readonly<Record<string, string>> = both,
  ) => {
    const pool = await newPool({ pool: { MfaConfiguration: 'OPTIONAL', EnabledMfas: kinds } })
    pool.users.create({ username: 'ada', password, attributes })
    const { AccessToken } = await signIn(pool, 'ada')
    const set = async (operation: string, input: object) => {
      const reply = await send(pool, operation, { AccessToken, ...input })
      return reply.status === 200 ? reply.body : refusalOf(reply).message
    }
    const told = async () => {
      const { UserMFASettingList, PreferredMfaSetting } = await output(pool, 'GetUser', {
        AccessToken,
      })
      return [UserMFASettingList, PreferredMfaSetting]
    }
    return { set, told }
  }
  const bySms = { MFAOptions: [{ AttributeName: 'phone_number', DeliveryMedium: 'SMS' }] }
  const sms = (SMSMfaSettings: object) => ({ SMSMfaSettings })

  test('is refused by the old operation as by the new', async () => {
    for (const [kinds, attributes, message] of [
      [['EMAIL_OTP'], both, 'SMS_MFA is not enabled for the user pool'],
      [EnabledMfas, {}, 'User does not have delivery config set to turn on SMS_MFA'],
    ] as const) {
      const { set, told } = await withAda(kinds, attributes)
      expect(await set('SetUserMFAPreference', sms({ Enabled: true }))).toBe(message)
      expect(await set('SetUserSettings', bySms)).toBe(message)
      expect(await told()).toEqual([undefined, undefined])
    }
  })

  test('is SMS alone for the old operation, and an empty list switches it off', async () => {
    const { set, told } = await withAda()
    expect(await set('SetUserSettings', bySms)).toEqual({})
    expect(await told()).toEqual([['SMS_MFA'], undefined])
    for (const entry of [
      { AttributeName: 'email', DeliveryMedium: 'EMAIL' },
      { AttributeName: 'email', DeliveryMedium: 'SMS' },
      { AttributeName: 'phone_number' },
      {},
    ])
      expect(await set('SetUserSettings', { MFAOptions: [entry] })).toBe(
        'Only SMS to phone_number can be set as an MFA option.',
      )
    expect(await told()).toEqual([['SMS_MFA'], undefined])
    await set('SetUserMFAPreference', sms({ Enabled: true, PreferredMfa: true }))
    expect(await set('SetUserSettings', { MFAOptions: [] })).toEqual({})
    expect(await told()).toEqual([undefined, undefined])
  })

  test('stays as it was in what is left out', async () => {
    const { set, told } = await withAda()
    await set('SetUserMFAPreference', sms({ Enabled: true, PreferredMfa: true }))
    await set('SetUserMFAPreference', { EmailMfaSettings: { Enabled: true } })
    expect(await told()).toEqual([['SMS_MFA', 'EMAIL_OTP'], 'SMS_MFA'])
    await set('SetUserMFAPreference', sms({ Enabled: true }))
    expect(await told()).toEqual([['SMS_MFA', 'EMAIL_OTP'], 'SMS_MFA'])
    await set('SetUserMFAPreference', sms({ PreferredMfa: false }))
    expect(await told()).toEqual([['SMS_MFA', 'EMAIL_OTP'], undefined])
    await set('SetUserMFAPreference', sms({ PreferredMfa: true }))
    expect(await told()).toEqual([['SMS_MFA', 'EMAIL_OTP'], 'SMS_MFA'])
    // Somebody else preferred takes the place of who was, and only one can be.
    const email = { EmailMfaSettings: { Enabled: true, PreferredMfa: true } }
    await set('SetUserMFAPreference', { ...sms({ Enabled: true }), ...email })
    expect(await told()).toEqual([['SMS_MFA', 'EMAIL_OTP'], 'EMAIL_OTP'])
    expect(
      await set('SetUserMFAPreference', {
        ...sms({ Enabled: true, PreferredMfa: true }),
        ...email,
      }),
    ).toBe('Only one MFA method can be preferred')
    await set('SetUserMFAPreference', sms({ PreferredMfa: true }))
    await set('SetUserMFAPreference', sms({}))
    expect(await told()).toEqual([['SMS_MFA', 'EMAIL_OTP'], 'SMS_MFA'])
    await set('SetUserMFAPreference', sms({ Enabled: false }))
    expect(await told()).toEqual([['EMAIL_OTP'], undefined])
    expect(await set('SetUserMFAPreference', sms({ PreferredMfa: true }))).toBe(
      'User cannot set SMS_MFA as preferred without enabling it',
    )
  })
})
