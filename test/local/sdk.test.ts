// The provider's own SDK against the local pool, over HTTP: pools and app clients are set up as people
// set up real ones, then every operation of both sides is used.
import { createHmac, randomBytes } from 'node:crypto'
import {
  AliasExistsException,
  CodeMismatchException,
  CognitoIdentityProvider,
  CognitoIdentityProviderServiceException,
  EnableSoftwareTokenMFAException,
  ExpiredCodeException,
  GroupExistsException,
  InvalidParameterException,
  InvalidPasswordException,
  NotAuthorizedException,
  PasswordResetRequiredException,
  RefreshTokenReuseException,
  ResourceNotFoundException,
  UnsupportedUserStateException,
  UserNotConfirmedException,
  UserNotFoundException,
  UserPoolAddOnNotEnabledException,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider'
import type {
  CreateUserPoolClientCommandInput,
  CreateUserPoolCommandInput,
  InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { listen } from '../../src/local/node.ts'
import type { Listening } from '../../src/local/node.ts'
import { administration } from '../../src/local/administration.ts'
import { operations } from '../../src/local/operations.ts'
import { codeOf, stepAt } from '../../src/local/totp.ts'
import { createKeyPair, deviceClaim, newDevice, passwordClaim } from '../../src/srp/index.ts'

let server: LocalPool
let listening: Listening
let sdk: CognitoIdentityProvider

beforeAll(async () => {
  server = createLocalPool({
    triggers: {
      // Two guesses, as Lambda would lead them.
      defineAuthChallenge: (event) => {
        const { session } = event.request
        const last = session.at(-1)
        event.response.issueTokens = last?.challengeResult === true
        event.response.failAuthentication = !last?.challengeResult && session.length >= 2
        event.response.challengeName = 'CUSTOM_CHALLENGE'
        return event
      },
      createAuthChallenge: (event) => {
        event.response.publicChallengeParameters = { question: 'two and two' }
        event.response.privateChallengeParameters = { answer: '4' }
        return event
      },
      verifyAuthChallengeResponse: (event) => {
        const { challengeAnswer, privateChallengeParameters } = event.request
        event.response.answerCorrect = challengeAnswer === privateChallengeParameters['answer']
        return event
      },
    },
  })
  listening = await listen(server)
  sdk = new CognitoIdentityProvider({
    region: 'us-east-1',
    endpoint: listening.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
})

afterAll(async () => {
  sdk.destroy()
  await listening.close()
})

const allFlows = [
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_CUSTOM_AUTH',
  'ALLOW_USER_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
] as const

const password = 'Passw0rd!'

interface Place {
  readonly UserPoolId: string
  readonly ClientId: string
}

/** A pool and an app client with every flow. */
async function place(
  pool: Partial<CreateUserPoolCommandInput> = {},
  client: Partial<CreateUserPoolClientCommandInput> = {},
): Promise<Place> {
  const { UserPool } = await sdk.createUserPool({ PoolName: 'people', ...pool })
  const UserPoolId = UserPool!.Id!
  const { UserPoolClient } = await sdk.createUserPoolClient({
    UserPoolId,
    ClientName: 'app',
    ExplicitAuthFlows: [...allFlows],
    ...client,
  })
  return { UserPoolId, ClientId: UserPoolClient!.ClientId! }
}

/** Somebody with a password for good. */
async function person(
  { UserPoolId }: Place,
  Username = 'ada',
  attributes: Readonly<Record<string, string>> = {},
): Promise<void> {
  await sdk.adminCreateUser({
    UserPoolId,
    Username,
    MessageAction: 'SUPPRESS',
    UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
  })
  await sdk.adminSetUserPassword({ UserPoolId, Username, Password: password, Permanent: true })
}

const withEmail = { email: 'ada@example.com', email_verified: 'true' }

const signIn = (
  { ClientId }: Place,
  USERNAME = 'ada',
  more: Readonly<Record<string, string>> = {},
): Promise<InitiateAuthCommandOutput> =>
  sdk.initiateAuth({
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD: password, ...more },
  })

/** The access token of somebody who signs in by a password alone. */
async function token(where: Place, username = 'ada'): Promise<string> {
  const { AuthenticationResult } = await signIn(where, username)
  return AuthenticationResult!.AccessToken!
}

const keyPair = () => createKeyPair(randomBytes(40))
const totp = (secret: string) => codeOf(secret, stepAt(server.clock.now()))
const sent = (where: Place, to: string) =>
  server.outbox.last({ poolId: where.UserPoolId, to })!.code
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

/** What the service wants before it sends codes as a second factor. */
const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }
const ownSender = {
  EmailSendingAccount: 'DEVELOPER',
  SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
} as const

describe('pools', () => {
  test('are created with the defaults of the service', async () => {
    const { UserPool } = await sdk.createUserPool({ PoolName: 'plain' })
    expect(UserPool).toMatchObject({
      Name: 'plain',
      MfaConfiguration: 'OFF',
      DeletionProtection: 'INACTIVE',
      EstimatedNumberOfUsers: 0,
      LambdaConfig: {},
      Policies: {
        PasswordPolicy: {
          MinimumLength: 8,
          RequireLowercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
          RequireUppercase: true,
          TemporaryPasswordValidityDays: 7,
        },
        SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
      },
      AccountRecoverySetting: {
        RecoveryMechanisms: [
          { Name: 'verified_email', Priority: 1 },
          { Name: 'verified_phone_number', Priority: 2 },
        ],
      },
    })
    expect(UserPool!.Id).toMatch(/^us-east-1_[0-9a-zA-Z]{9}$/)
    expect(UserPool!.Arn).toBe(
      `arn:aws:cognito-idp:us-east-1:123456789012:userpool/${UserPool!.Id}`,
    )
    expect(UserPool!.CreationDate).toBeInstanceOf(Date)
    expect(UserPool!.LastModifiedDate).toEqual(UserPool!.CreationDate)
    for (const name of ['AliasAttributes', 'UsernameAttributes', 'DeviceConfiguration', 'Domain'])
      expect(UserPool).not.toHaveProperty(name)
  })

  test('tell their attributes, their own under a prefix', async () => {
    const { UserPool } = await sdk.createUserPool({
      PoolName: 'schema',
      Schema: [
        { Name: 'email', Required: true },
        { Name: 'tenant', AttributeDataType: 'String', Mutable: false },
        {
          Name: 'level',
          AttributeDataType: 'Number',
          NumberAttributeConstraints: { MinValue: '1' },
        },
      ],
    })
    const schema = new Map(UserPool!.SchemaAttributes!.map((one) => [one.Name, one]))
    expect(schema.get('sub')).toMatchObject({ Mutable: false, Required: true })
    expect(schema.get('email')).toMatchObject({ AttributeDataType: 'String', Required: true })
    expect(schema.get('email_verified')).toMatchObject({ AttributeDataType: 'Boolean' })
    expect(schema.get('birthdate')).toMatchObject({
      StringAttributeConstraints: { MinLength: '10', MaxLength: '10' },
    })
    expect(schema.get('custom:tenant')).toMatchObject({ Mutable: false, Required: false })
    expect(schema.get('custom:level')).toMatchObject({ AttributeDataType: 'Number' })
  })

  test('keep what they only tell back', async () => {
    const { UserPoolId } = await place({
      UserPoolTags: { team: 'auth' },
      EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', From: 'us@example.com' },
      LambdaConfig: { PreSignUp: 'arn:aws:lambda:us-east-1:123456789012:function:f' },
    })
    const { UserPool } = await sdk.describeUserPool({ UserPoolId })
    expect(UserPool).toMatchObject({
      UserPoolTags: { team: 'auth' },
      EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', From: 'us@example.com' },
      LambdaConfig: { PreSignUp: 'arn:aws:lambda:us-east-1:123456789012:function:f' },
    })
  })

  test('go back to defaults in what an update leaves out, but keep what is for good', async () => {
    const { UserPoolId } = await place({
      AliasAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
    })
    await sdk.updateUserPool({
      UserPoolId,
      Policies: { PasswordPolicy: { MinimumLength: 12 } },
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
    })
    const { UserPool } = await sdk.describeUserPool({ UserPoolId })
    expect(UserPool).toMatchObject({
      Name: 'people',
      AliasAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      Policies: { PasswordPolicy: { MinimumLength: 12, RequireSymbols: false } },
    })
    expect(UserPool).not.toHaveProperty('AutoVerifiedAttributes')
    await expect(sdk.describeUserPool({ UserPoolId: 'us-east-1_nothing' })).rejects.toThrow(
      'User pool us-east-1_nothing does not exist.',
    )
  })

  test('are listed in pages, and several live in one server', async () => {
    await place()
    await place()
    const ids: string[] = []
    let NextToken: string | undefined
    do {
      const page = await sdk.listUserPools({ MaxResults: 2, NextToken })
      expect(page.UserPools!.length).toBeLessThanOrEqual(2)
      ids.push(...page.UserPools!.map(({ Id }) => Id!))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    expect(ids).toContain(server.userPoolId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(3)
  })

  test('have their own people and keys', async () => {
    const [one, other] = await Promise.all([place(), place()])
    await person(one)
    const access = await token(one)
    expect(claimsOf(access)['iss']).toBe(
      `https://cognito-idp.us-east-1.amazonaws.com/${one.UserPoolId}`,
    )
    await expect(token(other)).rejects.toBeInstanceOf(UserNotFoundException)
    const keysOf = async ({ UserPoolId }: Place) =>
      (await fetch(`${listening.endpoint}${UserPoolId}/.well-known/jwks.json`)).text()
    expect(await keysOf(one)).not.toBe(await keysOf(other))
    // An app client belongs to one of them.
    await expect(
      sdk.describeUserPoolClient({ UserPoolId: other.UserPoolId, ClientId: one.ClientId }),
    ).rejects.toBeInstanceOf(ResourceNotFoundException)
  })

  test('are deleted with their app clients, unless protected', async () => {
    const where = await place({ DeletionProtection: 'ACTIVE' })
    const { UserPoolId } = where
    await expect(sdk.deleteUserPool({ UserPoolId })).rejects.toBeInstanceOf(
      InvalidParameterException,
    )
    await sdk.updateUserPool({ UserPoolId, DeletionProtection: 'INACTIVE' })
    await person(where)
    await token(where)
    const { $metadata, ...output } = await sdk.deleteUserPool({ UserPoolId })
    expect([$metadata.httpStatusCode, output]).toEqual([200, {}])
    await expect(sdk.describeUserPool({ UserPoolId })).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    )
    await expect(token(where)).rejects.toBeInstanceOf(ResourceNotFoundException)
  })

  test('refuse what does not go together', async () => {
    const refused = (input: Partial<CreateUserPoolCommandInput>) =>
      expect(sdk.createUserPool({ PoolName: 'x', ...input })).rejects
    await refused({ AliasAttributes: ['email'], UsernameAttributes: ['email'] }).toThrow(
      'Only one of the aliasAttributes or usernameAttributes can be set in a user pool.',
    )
    await refused({ MfaConfiguration: 'ON' }).toThrow('SMS configuration')
    await refused({ Schema: [{ Name: 'x', Required: true }] }).toThrow('Required custom attributes')
    await refused({ PoolName: undefined }).toThrow(
      "1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null",
    )
    await refused({ MfaConfiguration: 'SOMETIMES' as 'ON' }).toThrow('enum value set')
    await refused({ Policies: { PasswordPolicy: { MinimumLength: 5 } } }).toThrow(
      'greater than or equal to 6',
    )
  })

  test('take second factors and passkeys by SetUserPoolMfaConfig', async () => {
    const { UserPoolId } = await place({ EmailConfiguration: ownSender })
    const off = await sdk.getUserPoolMfaConfig({ UserPoolId })
    expect(off).toMatchObject({ MfaConfiguration: 'OFF' })
    expect(off).not.toHaveProperty('SoftwareTokenMfaConfiguration')
    const set = await sdk.setUserPoolMfaConfig({
      UserPoolId,
      MfaConfiguration: 'OPTIONAL',
      SmsMfaConfiguration: { SmsAuthenticationMessage: 'It is {####}', SmsConfiguration },
      SoftwareTokenMfaConfiguration: { Enabled: true },
      EmailMfaConfiguration: { Subject: 'Your code' },
      WebAuthnConfiguration: { RelyingPartyId: 'example.com', UserVerification: 'required' },
    })
    const { $metadata: _, ...got } = await sdk.getUserPoolMfaConfig({ UserPoolId })
    expect(got).toEqual({
      MfaConfiguration: 'OPTIONAL',
      SmsMfaConfiguration: { SmsAuthenticationMessage: 'It is {####}', SmsConfiguration },
      SoftwareTokenMfaConfiguration: { Enabled: true },
      EmailMfaConfiguration: { Subject: 'Your code' },
      WebAuthnConfiguration: { RelyingPartyId: 'example.com', UserVerification: 'required' },
    })
    expect(set).toMatchObject(got)
    const passkeys = { RelyingPartyId: 'other.example' }
    await sdk.setUserPoolMfaConfig({ UserPoolId, WebAuthnConfiguration: passkeys })
    expect(await sdk.getUserPoolMfaConfig({ UserPoolId })).toMatchObject({
      MfaConfiguration: 'OPTIONAL',
      WebAuthnConfiguration: passkeys,
    })
    await expect(sdk.setUserPoolMfaConfig({ UserPoolId, MfaConfiguration: 'ON' })).rejects.toThrow(
      'must be enabled',
    )
    await expect(
      sdk.setUserPoolMfaConfig({
        UserPoolId,
        MfaConfiguration: 'OFF',
        SoftwareTokenMfaConfiguration: { Enabled: true },
      }),
    ).rejects.toThrow("can't turn off MFA and configure an MFA together")
  })
})

describe('app clients', () => {
  test('are created with the defaults of the service, and without a secret', async () => {
    const { UserPoolId } = await place()
    const { UserPoolClient: told } = await sdk.createUserPoolClient({
      UserPoolId,
      ClientName: 'plain',
    })
    expect(told).toMatchObject({
      UserPoolId,
      ClientName: 'plain',
      RefreshTokenValidity: 30,
      AuthSessionValidity: 3,
      EnableTokenRevocation: true,
      AllowedOAuthFlowsUserPoolClient: false,
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    })
    expect(told!.ClientId).toMatch(/^[0-9a-z]{26}$/)
    expect(told).not.toHaveProperty('ClientSecret')
    expect(told).not.toHaveProperty('ReadAttributes')
    const described = await sdk.describeUserPoolClient({ UserPoolId, ClientId: told!.ClientId })
    expect(described.UserPoolClient).toEqual(told)
  })

  test('are updated, listed and deleted', async () => {
    const { UserPoolId, ClientId } = await place({}, { CallbackURLs: ['https://app.example'] })
    const { UserPoolClient } = await sdk.updateUserPoolClient({
      UserPoolId,
      ClientId,
      ReadAttributes: ['email'],
      AuthSessionValidity: 5,
    })
    expect(UserPoolClient).toMatchObject({
      ClientName: 'app',
      ReadAttributes: ['email'],
      AuthSessionValidity: 5,
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    })
    expect(UserPoolClient).not.toHaveProperty('CallbackURLs')
    await sdk.createUserPoolClient({ UserPoolId, ClientName: 'second' })
    const first = await sdk.listUserPoolClients({ UserPoolId, MaxResults: 1 })
    expect(first.UserPoolClients).toEqual([{ UserPoolId, ClientId, ClientName: 'app' }])
    const { NextToken } = first
    const rest = await sdk.listUserPoolClients({ UserPoolId, MaxResults: 1, NextToken })
    expect(rest.UserPoolClients).toMatchObject([{ ClientName: 'second' }])
    expect(rest).not.toHaveProperty('NextToken')
    await sdk.deleteUserPoolClient({ UserPoolId, ClientId })
    await expect(sdk.describeUserPoolClient({ UserPoolId, ClientId })).rejects.toThrow(
      `User pool client ${ClientId} does not exist.`,
    )
  })

  test('count validities in hours and days where no unit is given', async () => {
    const where = await place({}, { AccessTokenValidity: 2, RefreshTokenValidity: 1 })
    await person(where)
    const { AuthenticationResult } = await signIn(where)
    expect(AuthenticationResult!.ExpiresIn).toBe(7200)
    const { UserPoolClient } = await sdk.describeUserPoolClient(where)
    expect(UserPoolClient!.TokenValidityUnits).toMatchObject({
      AccessToken: 'hours',
      RefreshToken: 'days',
    })
    const minutes = await place(
      {},
      { AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: 'minutes' } },
    )
    await person(minutes)
    expect((await signIn(minutes)).AuthenticationResult!.ExpiresIn).toBe(300)
  })

  test('with a secret want its hash; one without beside them does not', async () => {
    const open = await place()
    await person(open)
    const { UserPoolClient } = await sdk.createUserPoolClient({
      UserPoolId: open.UserPoolId,
      ClientName: 'server',
      GenerateSecret: true,
      ExplicitAuthFlows: [...allFlows],
    })
    const { ClientId = '', ClientSecret = '' } = UserPoolClient!
    expect(ClientSecret).toMatch(/^[0-9a-z]{51,52}$/)
    const closed = { ...open, ClientId }
    const SECRET_HASH = createHmac('sha256', ClientSecret).update(`ada${ClientId}`).digest('base64')
    await expect(signIn(closed)).rejects.toThrow(
      `Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
    )
    await expect(signIn(closed, 'ada', { SECRET_HASH: 'AAAA' })).rejects.toThrow(
      `Unable to verify secret hash for client ${ClientId}`,
    )
    const { AuthenticationResult } = await signIn(closed, 'ada', { SECRET_HASH })
    const RefreshToken = AuthenticationResult!.RefreshToken!
    await expect(sdk.getTokensFromRefreshToken({ ClientId, RefreshToken })).rejects.toBeInstanceOf(
      NotAuthorizedException,
    )
    const refreshed = await sdk.getTokensFromRefreshToken({ ClientId, RefreshToken, ClientSecret })
    expect(refreshed.AuthenticationResult!.AccessToken).toBeTypeOf('string')
    expect((await signIn(open)).AuthenticationResult).toBeDefined()
    await expect(
      sdk.getTokensFromRefreshToken({ ClientId: open.ClientId, RefreshToken }),
    ).rejects.toThrow('Refresh Token has different Client')
  })

  test('with the old names of flows allow SRP and refreshing besides', async () => {
    const where = await place({}, { ExplicitAuthFlows: ['ADMIN_NO_SRP_AUTH'] })
    await person(where)
    const AuthParameters = { USERNAME: 'ada', PASSWORD: password }
    const admin = await sdk.adminInitiateAuth({
      ...where,
      AuthFlow: 'ADMIN_NO_SRP_AUTH',
      AuthParameters,
    })
    const { RefreshToken: REFRESH_TOKEN = '' } = admin.AuthenticationResult!
    const refreshed = await sdk.initiateAuth({
      ClientId: where.ClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN },
    })
    expect(refreshed.AuthenticationResult!.IdToken).toBeDefined()
    await expect(signIn(where)).rejects.toThrow(
      'USER_PASSWORD_AUTH flow not enabled for this client',
    )
  })
})

describe('accounts', () => {
  test('AdminCreateUser invites by e-mail, and the first sign-in asks for a new password', async () => {
    const where = await place()
    const { UserPoolId, ClientId } = where
    const { User } = await sdk.adminCreateUser({
      UserPoolId,
      Username: 'ada',
      UserAttributes: [{ Name: 'email', Value: 'ada@example.com' }],
      DesiredDeliveryMediums: ['EMAIL'],
    })
    expect(User).toMatchObject({
      Username: 'ada',
      Enabled: true,
      UserStatus: 'FORCE_CHANGE_PASSWORD',
    })
    expect(User!.UserCreateDate).toBeInstanceOf(Date)
    expect(User!.Attributes).toContainEqual({ Name: 'email', Value: 'ada@example.com' })
    const message = server.outbox.last({ poolId: UserPoolId })!
    expect(message).toMatchObject({ purpose: 'invitation', to: 'ada@example.com', medium: 'EMAIL' })
    expect(message.text).toBe(`Your username is ada and temporary password is ${message.code}.`)
    const challenge = await signIn(where, 'ada', { PASSWORD: message.code })
    expect(challenge.ChallengeName).toBe('NEW_PASSWORD_REQUIRED')
    const answer = (NEW_PASSWORD: string) =>
      sdk.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'NEW_PASSWORD_REQUIRED',
        Session: challenge.Session,
        ChallengeResponses: { USERNAME: 'ada', NEW_PASSWORD },
      })
    await expect(answer('short')).rejects.toBeInstanceOf(InvalidPasswordException)
    expect((await answer(password)).AuthenticationResult).toBeDefined()
    const { UserStatus } = await sdk.adminGetUser({ UserPoolId, Username: 'ada' })
    expect(UserStatus).toBe('CONFIRMED')
  })

  test('an invitation goes out again, for those only who have not come yet', async () => {
    const where = await place({
      AdminCreateUserConfig: { InviteMessageTemplate: { SMSMessage: '{username}: {####}' } },
    })
    const { UserPoolId } = where
    const phone = '+15555550123'
    const user = { UserPoolId, Username: 'ada' }
    const again = { ...user, MessageAction: 'RESEND' } as const
    await expect(sdk.adminCreateUser(again)).rejects.toBeInstanceOf(UserNotFoundException)
    await sdk.adminCreateUser({
      ...user,
      TemporaryPassword: password,
      UserAttributes: [{ Name: 'phone_number', Value: phone }],
    })
    expect(server.outbox.last({ to: phone, poolId: UserPoolId })!.text).toBe(`ada: ${password}`)
    // Seven days later the password is too old, until it is sent anew.
    server.clock.advance(8 * 86_400_000)
    await expect(signIn(where)).rejects.toThrow(
      'Temporary password has expired and must be reset by an administrator.',
    )
    await sdk.adminCreateUser({ ...again, TemporaryPassword: `${password}2` })
    const { ChallengeName } = await signIn(where, 'ada', { PASSWORD: `${password}2` })
    expect(ChallengeName).toBe('NEW_PASSWORD_REQUIRED')
    await sdk.adminSetUserPassword({ ...user, Password: password, Permanent: true })
    await expect(sdk.adminCreateUser(again)).rejects.toBeInstanceOf(UnsupportedUserStateException)
  })

  test('AdminCreateUser refuses a taken name, a bad password and unknown attributes', async () => {
    const where = await place({ AliasAttributes: ['email'] })
    const { UserPoolId } = where
    await person(where, 'ada', withEmail)
    const create = (input: object) =>
      expect(sdk.adminCreateUser({ UserPoolId, Username: 'bob', ...input })).rejects
    await create({ Username: 'ada' }).toBeInstanceOf(UsernameExistsException)
    await create({ TemporaryPassword: 'short' }).toBeInstanceOf(InvalidPasswordException)
    await create({ UserAttributes: [{ Name: 'custom:x', Value: '1' }] }).toThrow(
      'user.custom:x: Attribute does not exist in the schema.',
    )
    await create({ UserAttributes: [{ Name: 'sub', Value: '1' }] }).toThrow('sub')
    const UserAttributes = Object.entries(withEmail).map(([Name, Value]) => ({ Name, Value }))
    await create({ UserAttributes }).toBeInstanceOf(AliasExistsException)
    await create({ Username: 'bob@example.com' }).toThrow('Username cannot be of email format')
    const taken = await sdk.adminCreateUser({
      UserPoolId,
      Username: 'bob',
      MessageAction: 'SUPPRESS',
      UserAttributes,
      ForceAliasCreation: true,
    })
    expect(taken.User!.Username).toBe('bob')
    const owner = await sdk.adminGetUser({ UserPoolId, Username: 'ada@example.com' })
    expect(owner.Username).toBe('bob')
  })

  test('where addresses are names, the name that is kept is the subject', async () => {
    const where = await place({ UsernameAttributes: ['email'] })
    await person(where, 'ada@example.com')
    const { UserPoolId } = where
    const user = await sdk.adminGetUser({ UserPoolId, Username: 'ada@example.com' })
    const sub = user.UserAttributes!.find(({ Name }) => Name === 'sub')!.Value
    expect(user.Username).toBe(sub)
    const access = await token(where, 'ada@example.com')
    expect(claimsOf(access)).toMatchObject({ sub, username: sub })
  })

  test('without a password where codes are enough', async () => {
    const where = await place({
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
    })
    const { UserPoolId, ClientId } = where
    const { User } = await sdk.adminCreateUser({
      UserPoolId,
      Username: 'ada',
      UserAttributes: [{ Name: 'email', Value: 'ada@example.com' }],
    })
    expect(User!.UserStatus).toBe('CONFIRMED')
    const begun = await sdk.initiateAuth({
      ClientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: 'ada', PREFERRED_CHALLENGE: 'EMAIL_OTP' },
    })
    expect(begun).toMatchObject({ ChallengeName: 'EMAIL_OTP', AvailableChallenges: ['EMAIL_OTP'] })
    const answer = (EMAIL_OTP_CODE: string) =>
      sdk.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'EMAIL_OTP',
        Session: begun.Session,
        ChallengeResponses: { USERNAME: 'ada', EMAIL_OTP_CODE },
      })
    await expect(answer('00000000')).rejects.toBeInstanceOf(CodeMismatchException)
    const done = await answer(sent(where, 'ada@example.com'))
    expect(done.AuthenticationResult).toBeDefined()
  })

  test('AdminGetUser tells everything, in the shape of the service', async () => {
    const where = await place()
    await person(where, 'ada', withEmail)
    const { $metadata: _, ...user } = await sdk.adminGetUser({
      UserPoolId: where.UserPoolId,
      Username: 'ada',
    })
    expect(Object.keys(user).sort()).toEqual([
      'Enabled',
      'UserAttributes',
      'UserCreateDate',
      'UserLastModifiedDate',
      'UserStatus',
      'Username',
    ])
    await expect(
      sdk.adminGetUser({ UserPoolId: where.UserPoolId, Username: 'nobody' }),
    ).rejects.toBeInstanceOf(UserNotFoundException)
  })

  test('AdminSetUserPassword: for good, or to be changed', async () => {
    const where = await place()
    const user = { UserPoolId: where.UserPoolId, Username: 'ada' }
    await person(where)
    await expect(sdk.adminSetUserPassword({ ...user, Password: 'short' })).rejects.toThrow(
      'Password not long enough',
    )
    await sdk.adminSetUserPassword({ ...user, Password: password })
    expect((await sdk.adminGetUser(user)).UserStatus).toBe('FORCE_CHANGE_PASSWORD')
    expect((await signIn(where)).ChallengeName).toBe('NEW_PASSWORD_REQUIRED')
  })

  test('AdminUpdateUserAttributes may verify; what cannot be changed stays', async () => {
    const where = await place({
      AutoVerifiedAttributes: ['email'],
      Schema: [{ Name: 'tenant', AttributeDataType: 'String', Mutable: false }],
    })
    const user = { UserPoolId: where.UserPoolId, Username: 'ada' }
    await person(where, 'ada', { 'custom:tenant': 'one' })
    const update = (Name: string, Value: string, ...more: { Name: string; Value: string }[]) =>
      sdk.adminUpdateUserAttributes({ ...user, UserAttributes: [{ Name, Value }, ...more] })
    await update('email', 'new@example.com')
    expect(sent(where, 'new@example.com')).toMatch(/^\d{6}$/)
    const value = async (name: string) =>
      (await sdk.adminGetUser(user)).UserAttributes!.find(({ Name }) => Name === name)?.Value
    expect(await value('email_verified')).toBe('false')
    await update('email', 'sure@example.com', { Name: 'email_verified', Value: 'true' })
    expect(await value('email_verified')).toBe('true')
    expect(server.outbox.last({ to: 'sure@example.com' })).toBeUndefined()
    await expect(update('custom:tenant', 'two')).rejects.toThrow('Attribute cannot be updated.')
    await expect(update('sub', 'two')).rejects.toBeInstanceOf(InvalidParameterException)
    await update('email', '')
    expect(await value('email')).toBeUndefined()
  })

  test('are disabled, enabled and deleted', async () => {
    const where = await place()
    const user = { UserPoolId: where.UserPoolId, Username: 'ada' }
    await person(where)
    const AccessToken = await token(where)
    await sdk.adminDisableUser(user)
    expect((await sdk.adminGetUser(user)).Enabled).toBe(false)
    await expect(signIn(where)).rejects.toThrow('User is disabled.')
    await expect(sdk.getUser({ AccessToken })).rejects.toThrow('User is disabled.')
    await sdk.adminEnableUser(user)
    expect((await signIn(where)).AuthenticationResult).toBeDefined()
    await sdk.adminDeleteUser(user)
    await expect(sdk.getUser({ AccessToken })).rejects.toBeInstanceOf(UserNotFoundException)
    await expect(sdk.adminDeleteUser(user)).rejects.toBeInstanceOf(UserNotFoundException)
  })

  test('AdminConfirmSignUp confirms once, and verifies nothing', async () => {
    const where = await place({ AutoVerifiedAttributes: ['email'] })
    const user = { UserPoolId: where.UserPoolId, Username: 'ada' }
    await sdk.signUp({
      ClientId: where.ClientId,
      Username: 'ada',
      Password: password,
      UserAttributes: [{ Name: 'email', Value: 'ada@example.com' }],
    })
    await expect(signIn(where)).rejects.toBeInstanceOf(UserNotConfirmedException)
    await sdk.adminConfirmSignUp(user)
    const { UserAttributes, UserStatus } = await sdk.adminGetUser(user)
    expect(UserStatus).toBe('CONFIRMED')
    expect(UserAttributes).not.toContainEqual({ Name: 'email_verified', Value: 'true' })
    await expect(sdk.adminConfirmSignUp(user)).rejects.toThrow('Current status is CONFIRMED')
  })

  test('AdminResetUserPassword sends a code, and nobody gets in before it is back', async () => {
    const where = await place()
    const { UserPoolId, ClientId } = where
    const user = { UserPoolId, Username: 'ada' }
    await person(where)
    await expect(sdk.adminResetUserPassword(user)).rejects.toThrow('no registered/verified email')
    await sdk.adminUpdateUserAttributes({
      ...user,
      UserAttributes: Object.entries(withEmail).map(([Name, Value]) => ({ Name, Value })),
    })
    await sdk.adminResetUserPassword(user)
    expect((await sdk.adminGetUser(user)).UserStatus).toBe('RESET_REQUIRED')
    await expect(signIn(where)).rejects.toBeInstanceOf(PasswordResetRequiredException)
    await sdk.confirmForgotPassword({
      ClientId,
      Username: 'ada',
      ConfirmationCode: sent(where, 'ada@example.com'),
      Password: `${password}2`,
    })
    const { AuthenticationResult } = await signIn(where, 'ada', { PASSWORD: `${password}2` })
    expect(AuthenticationResult).toBeDefined()
  })

  test('AdminUserGlobalSignOut ends everything that was signed in', async () => {
    const where = await place()
    await person(where)
    const { AuthenticationResult } = await signIn(where)
    const { AccessToken, RefreshToken } = AuthenticationResult!
    await sdk.adminUserGlobalSignOut({ UserPoolId: where.UserPoolId, Username: 'ada' })
    await expect(sdk.getUser({ AccessToken })).rejects.toThrow('Access Token has been revoked')
    await expect(
      sdk.getTokensFromRefreshToken({ ClientId: where.ClientId, RefreshToken }),
    ).rejects.toBeInstanceOf(NotAuthorizedException)
  })
})

describe('lists and groups', () => {
  test('ListUsers in pages, with the attributes that are asked for', async () => {
    const where = await place()
    const { UserPoolId } = where
    for (const name of ['ada', 'bob', 'cyd'])
      await sdk.adminCreateUser({
        UserPoolId,
        Username: name,
        MessageAction: 'SUPPRESS',
        UserAttributes: [{ Name: 'email', Value: `${name}@example.com` }],
      })
    const first = await sdk.listUsers({ UserPoolId, Limit: 2, AttributesToGet: ['email'] })
    expect(first.Users!.map(({ Username }) => Username)).toEqual(['ada', 'bob'])
    expect(first.Users![0]!.Attributes).toEqual([{ Name: 'email', Value: 'ada@example.com' }])
    const { PaginationToken } = first
    const rest = await sdk.listUsers({ UserPoolId, Limit: 2, PaginationToken })
    expect(rest.Users!.map(({ Username }) => Username)).toEqual(['cyd'])
    expect(rest).not.toHaveProperty('PaginationToken')
    await expect(sdk.listUsers({ UserPoolId, Limit: 61 })).rejects.toThrow("at 'limit'")
    await expect(sdk.listUsers({ UserPoolId, AttributesToGet: ['custom:x'] })).rejects.toThrow(
      'One or more requested attributes do not exist.',
    )
  })

  test('ListUsers by a filter', async () => {
    const where = await place()
    const { UserPoolId } = where
    await person(where, 'ada', { email: 'ada@example.com', name: 'The "Countess"' })
    await person(where, 'adam', { email: 'adam@example.com' })
    await sdk.adminDisableUser({ UserPoolId, Username: 'adam' })
    const names = async (Filter: string) =>
      (await sdk.listUsers({ UserPoolId, Filter })).Users!.map(({ Username }) => Username)
    expect(await names('email = "ada@example.com"')).toEqual(['ada'])
    expect(await names('email ^= "ada"')).toEqual(['ada', 'adam'])
    expect(await names('username="adam"')).toEqual(['adam'])
    expect(await names('name = "The \\"Countess\\""')).toEqual(['ada'])
    expect(await names('cognito:user_status = "confirmed"')).toEqual(['ada', 'adam'])
    expect(await names('status = "Disabled"')).toEqual(['adam'])
    expect(await names('email = "nobody"')).toEqual([])
    for (const filter of ['email', 'custom:x = "1"', 'email > "a"'])
      await expect(names(filter)).rejects.toBeInstanceOf(InvalidParameterException)
  })

  test('groups come into both tokens, roles into one', async () => {
    const where = await place()
    const { UserPoolId } = where
    await person(where)
    const RoleArn = 'arn:aws:iam::123456789012:role/staff'
    const { Group } = await sdk.createGroup({
      UserPoolId,
      GroupName: 'staff',
      Description: 'us',
      Precedence: 1,
      RoleArn,
    })
    expect(Group).toMatchObject({
      UserPoolId,
      GroupName: 'staff',
      Description: 'us',
      Precedence: 1,
      RoleArn,
    })
    expect(Group!.CreationDate).toBeInstanceOf(Date)
    await sdk.createGroup({ UserPoolId, GroupName: 'all' })
    await expect(sdk.createGroup({ UserPoolId, GroupName: 'all' })).rejects.toBeInstanceOf(
      GroupExistsException,
    )
    const member = { UserPoolId, Username: 'ada' }
    await sdk.adminAddUserToGroup({ ...member, GroupName: 'all' })
    await sdk.adminAddUserToGroup({ ...member, GroupName: 'staff' })
    await expect(sdk.adminAddUserToGroup({ ...member, GroupName: 'none' })).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    )
    const { AccessToken = '', IdToken = '' } = (await signIn(where)).AuthenticationResult!
    expect(claimsOf(AccessToken)['cognito:groups']).toEqual(['staff', 'all'])
    expect(claimsOf(IdToken)).toMatchObject({
      'cognito:groups': ['staff', 'all'],
      'cognito:roles': [RoleArn],
      'cognito:preferred_role': RoleArn,
    })
    await sdk.adminRemoveUserFromGroup({ ...member, GroupName: 'staff' })
    const after = claimsOf((await signIn(where)).AuthenticationResult!.IdToken!)
    expect(after['cognito:groups']).toEqual(['all'])
    expect(after).not.toHaveProperty('cognito:roles')
  })
})

describe("the administrator's sign-in", () => {
  test('by a password, and refused with a wrong one', async () => {
    const where = await place()
    await person(where)
    const begin = (PASSWORD: string) =>
      sdk.adminInitiateAuth({
        ...where,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'ada', PASSWORD },
      })
    const { AuthenticationResult } = await begin(password)
    expect(AuthenticationResult).toMatchObject({ ExpiresIn: 3600, TokenType: 'Bearer' })
    await expect(begin('wrong')).rejects.toThrow('Incorrect username or password.')
    // Nobody else may ask for that flow, and nobody at all for one that is off.
    await expect(
      sdk.initiateAuth({ ClientId: where.ClientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' }),
    ).rejects.toThrow('Initiate Auth method not supported.')
    await sdk.updateUserPoolClient(where)
    await expect(begin(password)).rejects.toThrow('Auth flow not enabled for this client')
  })

  test('shares its sessions with everybody’s, both ways', async () => {
    const where = await place()
    const { UserPoolId, ClientId } = where
    const user = { UserPoolId, Username: 'ada' }
    await sdk.adminCreateUser({ ...user, TemporaryPassword: password, MessageAction: 'SUPPRESS' })
    const asAdmin = await sdk.adminInitiateAuth({
      ...where,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ada', PASSWORD: password },
    })
    const ChallengeName = 'NEW_PASSWORD_REQUIRED'
    const answer = (NEW_PASSWORD: string) => ({
      ChallengeName: ChallengeName as typeof ChallengeName,
      ChallengeResponses: { USERNAME: 'ada', NEW_PASSWORD },
    })
    const done = await sdk.respondToAuthChallenge({
      ClientId,
      Session: asAdmin.Session,
      ...answer(`${password}2`),
    })
    expect(done.AuthenticationResult).toBeDefined()
    await sdk.adminSetUserPassword({ ...user, Password: password })
    const asSelf = await signIn(where)
    expect(asSelf.ChallengeName).toBe(ChallengeName)
    const both = { ...where, Session: asSelf.Session, ...answer(`${password}3`) }
    const end = await sdk.adminRespondToAuthChallenge(both)
    expect(end.AuthenticationResult).toBeDefined()
    await expect(sdk.adminRespondToAuthChallenge(both)).rejects.toThrow(
      'Invalid session for the user, session can only be used once.',
    )
  })

  test('by SRP, a refresh token, Lambda and a choice', async () => {
    const where = await place()
    await person(where)
    const pair = await keyPair()
    const asked = await sdk.adminInitiateAuth({
      ...where,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: 'ada', SRP_A: pair.publicKey },
    })
    const claim = await passwordClaim({
      userPoolId: where.UserPoolId,
      password,
      keyPair: pair,
      challenge: asked.ChallengeParameters,
      now: server.clock.now(),
    })
    const proved = await sdk.adminRespondToAuthChallenge({
      ...where,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: claim,
    })
    const refreshed = await sdk.adminInitiateAuth({
      ...where,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: proved.AuthenticationResult!.RefreshToken! },
    })
    expect(refreshed.AuthenticationResult).not.toHaveProperty('RefreshToken')
    const USERNAME = 'ada'
    const custom = await sdk.adminInitiateAuth({
      ...where,
      AuthFlow: 'CUSTOM_AUTH',
      AuthParameters: { USERNAME },
    })
    const led = await sdk.adminRespondToAuthChallenge({
      ...where,
      ChallengeName: 'CUSTOM_CHALLENGE',
      Session: custom.Session,
      ChallengeResponses: { USERNAME, ANSWER: '4' },
    })
    expect(led.AuthenticationResult).toBeDefined()
    const chosen = await sdk.adminInitiateAuth({
      ...where,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME, PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password },
    })
    expect(chosen.AuthenticationResult).toBeDefined()
  })

  test('belongs to a pool: another one does not know the app client', async () => {
    const [one, other] = await Promise.all([place(), place()])
    await person(one)
    const begun = sdk.adminInitiateAuth({
      ClientId: one.ClientId,
      UserPoolId: other.UserPoolId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ada', PASSWORD: password },
    })
    await expect(begun).rejects.toBeInstanceOf(ResourceNotFoundException)
  })
})

describe('sign-up and recovery', () => {
  test('SignUp, ResendConfirmationCode, ConfirmSignUp, and a sign-in that follows', async () => {
    const where = await place({ AutoVerifiedAttributes: ['email'] })
    const { ClientId } = where
    const email = 'ada@example.com'
    const up = await sdk.signUp({
      ClientId,
      Username: 'ada',
      Password: password,
      UserAttributes: [{ Name: 'email', Value: email }],
    })
    expect(up).toMatchObject({
      UserConfirmed: false,
      CodeDeliveryDetails: {
        AttributeName: 'email',
        DeliveryMedium: 'EMAIL',
        Destination: 'a***@e***',
      },
    })
    const before = sent(where, email)
    const { CodeDeliveryDetails } = await sdk.resendConfirmationCode({ ClientId, Username: 'ada' })
    expect(CodeDeliveryDetails!.Destination).toBe('a***@e***')
    const confirm = (ConfirmationCode: string) =>
      sdk.confirmSignUp({ ClientId, Username: 'ada', ConfirmationCode, Session: up.Session })
    const wrong = before === sent(where, email) ? '000000' : before
    await expect(confirm(wrong)).rejects.toBeInstanceOf(CodeMismatchException)
    const { Session } = await confirm(sent(where, email))
    const { AuthenticationResult } = await sdk.initiateAuth({
      ClientId,
      AuthFlow: 'USER_AUTH',
      Session,
      AuthParameters: { USERNAME: 'ada' },
    })
    expect(claimsOf(AuthenticationResult!.IdToken!)['email_verified']).toBe(true)
    await expect(sdk.resendConfirmationCode({ ClientId, Username: 'ada' })).rejects.toThrow(
      'User is already confirmed.',
    )
    await expect(
      sdk.signUp({ ClientId, Username: 'ada', Password: password }),
    ).rejects.toBeInstanceOf(UsernameExistsException)
    await expect(
      sdk.signUp({ ClientId, Username: 'bob', Password: 'short' }),
    ).rejects.toBeInstanceOf(InvalidPasswordException)
  })

  test('SignUp is refused where only administrators may', async () => {
    const where = await place({ AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } })
    await expect(
      sdk.signUp({ ClientId: where.ClientId, Username: 'ada', Password: password }),
    ).rejects.toThrow('SignUp is not permitted for this user pool')
  })

  test('ForgotPassword and ConfirmForgotPassword', async () => {
    const where = await place()
    const { ClientId } = where
    await person(where, 'ada', withEmail)
    const { CodeDeliveryDetails } = await sdk.forgotPassword({ ClientId, Username: 'ada' })
    expect(CodeDeliveryDetails).toEqual({
      AttributeName: 'email',
      DeliveryMedium: 'EMAIL',
      Destination: 'a***@e***',
    })
    const code = sent(where, 'ada@example.com')
    const confirm = (ConfirmationCode: string) =>
      sdk.confirmForgotPassword({
        ClientId,
        Username: 'ada',
        ConfirmationCode,
        Password: `${password}2`,
      })
    await expect(confirm(code === '000000' ? '1' : '000000')).rejects.toBeInstanceOf(
      CodeMismatchException,
    )
    expect((await signIn(where)).AuthenticationResult).toBeDefined()
    await confirm(code)
    await expect(confirm(code)).rejects.toBeInstanceOf(ExpiredCodeException)
    await expect(signIn(where)).rejects.toBeInstanceOf(NotAuthorizedException)
  })

  test('whether somebody exists is hidden where the app client says so', async () => {
    const hidden = await place({}, { PreventUserExistenceErrors: 'ENABLED' })
    const open = await place()
    await expect(signIn(open)).rejects.toBeInstanceOf(UserNotFoundException)
    await expect(signIn(hidden)).rejects.toBeInstanceOf(NotAuthorizedException)
    const { ClientId } = hidden
    const simulated = await sdk.forgotPassword({ ClientId, Username: 'ada' })
    expect(simulated.CodeDeliveryDetails).toBeDefined()
    const asked = await sdk.initiateAuth({
      ClientId,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: 'ada', SRP_A: (await keyPair()).publicKey },
    })
    expect(asked.ChallengeName).toBe('PASSWORD_VERIFIER')
  })
})

describe('sign-in', () => {
  test('USER_SRP_AUTH: right, and refused with a wrong password', async () => {
    const where = await place()
    const { ClientId, UserPoolId } = where
    await person(where)
    const attempt = async (typed: string) => {
      const pair = await keyPair()
      const asked = await sdk.initiateAuth({
        ClientId,
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { USERNAME: 'ada', SRP_A: pair.publicKey },
      })
      expect(asked.ChallengeName).toBe('PASSWORD_VERIFIER')
      expect(asked).not.toHaveProperty('Session')
      return sdk.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: await passwordClaim({
          userPoolId: UserPoolId,
          password: typed,
          keyPair: pair,
          challenge: asked.ChallengeParameters,
          now: server.clock.now(),
        }),
      })
    }
    const done = await attempt(password)
    expect(done.ChallengeParameters).toEqual({})
    expect(claimsOf(done.AuthenticationResult!.AccessToken!)).toMatchObject({
      client_id: ClientId,
      token_use: 'access',
      username: 'ada',
    })
    await expect(attempt('Wrong-pa55')).rejects.toThrow('Incorrect username or password.')
  })

  test('CUSTOM_AUTH: each wrong answer gives a new session, and then no more', async () => {
    const where = await place()
    const { ClientId } = where
    await person(where)
    const USERNAME = 'ada'
    const begin = () =>
      sdk.initiateAuth({ ClientId, AuthFlow: 'CUSTOM_AUTH', AuthParameters: { USERNAME } })
    const answer = (Session: string | undefined, ANSWER: string) =>
      sdk.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'CUSTOM_CHALLENGE',
        Session,
        ChallengeResponses: { USERNAME, ANSWER },
      })
    const begun = await begin()
    expect(begun.ChallengeParameters).toEqual({ USERNAME, question: 'two and two' })
    const again = await answer(begun.Session, '5')
    expect(again.ChallengeName).toBe('CUSTOM_CHALLENGE')
    expect(again.Session).not.toBe(begun.Session)
    expect((await answer(again.Session, '4')).AuthenticationResult).toBeDefined()
    const second = await answer((await begin()).Session, '5')
    await expect(answer(second.Session, '6')).rejects.toBeInstanceOf(NotAuthorizedException)
  })

  test('USER_AUTH: the choice, and a password by what was chosen', async () => {
    const where = await place({
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
    })
    const { ClientId } = where
    await person(where, 'ada', withEmail)
    const begun = await sdk.initiateAuth({
      ClientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: 'ada' },
    })
    expect(begun.ChallengeName).toBe('SELECT_CHALLENGE')
    expect([...begun.AvailableChallenges!].sort()).toEqual([
      'EMAIL_OTP',
      'PASSWORD',
      'PASSWORD_SRP',
    ])
    const { AuthenticationResult } = await sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'SELECT_CHALLENGE',
      Session: begun.Session,
      ChallengeResponses: { USERNAME: 'ada', ANSWER: 'PASSWORD', PASSWORD: password },
    })
    expect(AuthenticationResult).toBeDefined()
  })

  test('five wrong passwords lock for a while, and an administrator unlocks', async () => {
    const where = await place()
    await person(where)
    for (let i = 0; i < 5; i++)
      await expect(signIn(where, 'ada', { PASSWORD: 'wrong' })).rejects.toThrow('Incorrect')
    await expect(signIn(where)).rejects.toThrow('Password attempts exceeded')
    await sdk.adminSetUserPassword({
      UserPoolId: where.UserPoolId,
      Username: 'ada',
      Password: password,
      Permanent: true,
    })
    expect((await signIn(where)).AuthenticationResult).toBeDefined()
  })
})

describe('tokens', () => {
  test('rotation: a spent token is refused, its child lives on', async () => {
    const where = await place(
      {},
      {
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
      },
    )
    const { ClientId } = where
    expect((await sdk.describeUserPoolClient(where)).UserPoolClient!.RefreshTokenRotation).toEqual({
      Feature: 'ENABLED',
      RetryGracePeriodSeconds: 0,
    })
    await person(where)
    const first = (await signIn(where)).AuthenticationResult!.RefreshToken!
    const exchange = (RefreshToken: string) =>
      sdk.getTokensFromRefreshToken({ ClientId, RefreshToken })
    const child = (await exchange(first)).AuthenticationResult!.RefreshToken!
    expect(child).not.toBe(first)
    await expect(exchange(first)).rejects.toBeInstanceOf(RefreshTokenReuseException)
    expect((await exchange(child)).AuthenticationResult!.RefreshToken).toBeDefined()
    await expect(
      sdk.createUserPoolClient({
        UserPoolId: where.UserPoolId,
        ClientName: 'both',
        ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
        RefreshTokenRotation: { Feature: 'ENABLED' },
      }),
    ).rejects.toBeInstanceOf(InvalidParameterException)
  })

  test('RevokeToken ends one sign-in, GlobalSignOut all', async () => {
    const where = await place()
    const { ClientId } = where
    await person(where)
    const [one, other] = await Promise.all([signIn(where), signIn(where)])
    const Token = one.AuthenticationResult!.RefreshToken
    const { $metadata, ...output } = await sdk.revokeToken({ ClientId, Token })
    expect([$metadata.httpStatusCode, output]).toEqual([200, {}])
    await sdk.revokeToken({ ClientId, Token })
    const { AccessToken } = one.AuthenticationResult!
    await expect(sdk.getUser({ AccessToken })).rejects.toThrow('Access Token has been revoked')
    const living = other.AuthenticationResult!.AccessToken
    expect((await sdk.getUser({ AccessToken: living })).Username).toBe('ada')
    await sdk.globalSignOut({ AccessToken: living })
    await expect(sdk.globalSignOut({ AccessToken: living })).rejects.toThrow(
      'Access Token has been revoked',
    )
  })
})

describe('somebody who is signed in', () => {
  test('GetUser, UpdateUserAttributes, VerifyUserAttribute, DeleteUserAttributes', async () => {
    const where = await place({
      AutoVerifiedAttributes: ['email'],
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      Schema: [{ Name: 'tenant', AttributeDataType: 'String', Mutable: true }],
    })
    await person(where, 'ada', { ...withEmail, 'custom:tenant': 'one' })
    const AccessToken = await token(where)
    const attribute = async (name: string) =>
      (await sdk.getUser({ AccessToken })).UserAttributes!.find(({ Name }) => Name === name)?.Value
    const { CodeDeliveryDetailsList } = await sdk.updateUserAttributes({
      AccessToken,
      UserAttributes: [{ Name: 'email', Value: 'new@example.org' }],
    })
    expect(CodeDeliveryDetailsList).toMatchObject([{ Destination: 'n***@e***' }])
    expect(await attribute('email')).toBe('ada@example.com')
    const AttributeName = 'email'
    const { CodeDeliveryDetails } = await sdk.getUserAttributeVerificationCode({
      AccessToken,
      AttributeName,
    })
    expect(CodeDeliveryDetails).toMatchObject({ AttributeName, DeliveryMedium: 'EMAIL' })
    const Code = sent(where, 'new@example.org')
    await expect(
      sdk.verifyUserAttribute({ AccessToken, AttributeName, Code: `${Code}0` }),
    ).rejects.toBeInstanceOf(CodeMismatchException)
    await sdk.verifyUserAttribute({ AccessToken, AttributeName, Code })
    expect(await attribute('email')).toBe('new@example.org')
    expect(await attribute('email_verified')).toBe('true')
    await sdk.deleteUserAttributes({ AccessToken, UserAttributeNames: ['custom:tenant'] })
    expect(await attribute('custom:tenant')).toBeUndefined()
    await expect(
      sdk.updateUserAttributes({
        AccessToken,
        UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
      }),
    ).rejects.toBeInstanceOf(InvalidParameterException)
  })

  test('ChangePassword, GetUserAuthFactors and DeleteUser', async () => {
    const where = await place()
    await person(where)
    const AccessToken = await token(where)
    const change = (PreviousPassword: string) =>
      sdk.changePassword({ AccessToken, PreviousPassword, ProposedPassword: `${password}2` })
    await expect(change('wrong')).rejects.toBeInstanceOf(NotAuthorizedException)
    await change(password)
    expect(await sdk.getUserAuthFactors({ AccessToken })).toMatchObject({
      ConfiguredUserAuthFactors: ['PASSWORD'],
      Username: 'ada',
    })
    const { $metadata, ...output } = await sdk.deleteUser({ AccessToken })
    expect([$metadata.httpStatusCode, output]).toEqual([200, {}])
    await expect(sdk.getUser({ AccessToken })).rejects.toThrow('User does not exist.')
  })

  test('UpdateAuthEventFeedback is for pools with threat protection', async () => {
    const { UserPoolId } = await place()
    await expect(
      sdk.updateAuthEventFeedback({
        UserPoolId,
        Username: 'ada',
        EventId: 'event-1',
        FeedbackToken: 'token',
        FeedbackValue: 'Valid',
      }),
    ).rejects.toBeInstanceOf(UserPoolAddOnNotEnabledException)
  })
})

describe('second factors', () => {
  const optional = async () => {
    const where = await place({ EmailConfiguration: ownSender })
    await sdk.setUserPoolMfaConfig({
      UserPoolId: where.UserPoolId,
      MfaConfiguration: 'OPTIONAL',
      SmsMfaConfiguration: { SmsConfiguration },
      SoftwareTokenMfaConfiguration: { Enabled: true },
      EmailMfaConfiguration: {},
    })
    return where
  }

  test('an authenticator app: associated, verified, preferred, asked for', async () => {
    const where = await optional()
    await person(where)
    const AccessToken = await token(where)
    const preferred = { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } }
    await expect(sdk.setUserMFAPreference({ AccessToken, ...preferred })).rejects.toThrow(
      'User has not verified software token mfa',
    )
    const { SecretCode = '' } = await sdk.associateSoftwareToken({ AccessToken })
    const another = (SecretCode.startsWith('A') ? 'B' : 'A') + SecretCode.slice(1)
    await expect(
      sdk.verifySoftwareToken({ AccessToken, UserCode: totp(another) }),
    ).rejects.toBeInstanceOf(EnableSoftwareTokenMFAException)
    // Half a minute may pass meanwhile.
    const UserCode = totp(SecretCode)
    const verified = await sdk.verifySoftwareToken({
      AccessToken,
      UserCode,
      FriendlyDeviceName: 'phone',
    })
    expect(verified.Status).toBe('SUCCESS')
    await sdk.setUserMFAPreference({ AccessToken, ...preferred })
    expect(await sdk.getUser({ AccessToken })).toMatchObject({
      PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
      UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    })
    const asked = await signIn(where)
    expect(asked).toMatchObject({
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      ChallengeParameters: { FRIENDLY_DEVICE_NAME: 'phone', USER_ID_FOR_SRP: 'ada' },
    })
    const answer = (code: string) =>
      sdk.respondToAuthChallenge({
        ClientId: where.ClientId,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session: asked.Session,
        ChallengeResponses: { USERNAME: 'ada', SOFTWARE_TOKEN_MFA_CODE: code },
      })
    await expect(answer(UserCode)).rejects.toBeInstanceOf(ExpiredCodeException)
    server.clock.advance(30_000)
    expect((await answer(totp(SecretCode))).AuthenticationResult).toBeDefined()
  })

  test('AdminSetUserMFAPreference, then a choice between two', async () => {
    const where = await optional()
    const { ClientId, UserPoolId } = where
    const phone_number = '+15555550123'
    await person(where, 'ada', { ...withEmail, phone_number, phone_number_verified: 'true' })
    const user = { UserPoolId, Username: 'ada' }
    const Enabled = true
    await sdk.adminSetUserMFAPreference({
      ...user,
      SMSMfaSettings: { Enabled },
      EmailMfaSettings: { Enabled },
    })
    const told = await sdk.adminGetUser(user)
    expect([...told.UserMFASettingList!].sort()).toEqual(['EMAIL_OTP', 'SMS_MFA'])
    expect(told.MFAOptions).toEqual([{ AttributeName: 'phone_number', DeliveryMedium: 'SMS' }])
    const asked = await signIn(where)
    expect(asked.ChallengeName).toBe('SELECT_MFA_TYPE')
    const chosen = await sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'SELECT_MFA_TYPE',
      Session: asked.Session,
      ChallengeResponses: { USERNAME: 'ada', ANSWER: 'SMS_MFA' },
    })
    expect(chosen).toMatchObject({
      ChallengeName: 'SMS_MFA',
      ChallengeParameters: { CODE_DELIVERY_DESTINATION: '+*******0123' },
    })
    const done = await sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'SMS_MFA',
      Session: chosen.Session,
      ChallengeResponses: { USERNAME: 'ada', SMS_MFA_CODE: sent(where, phone_number) },
    })
    expect(done.AuthenticationResult).toBeDefined()
    await expect(
      sdk.adminSetUserMFAPreference({ ...user, SoftwareTokenMfaSettings: { Enabled } }),
    ).rejects.toBeInstanceOf(InvalidParameterException)
  })

  test('SetUserSettings: SMS the old way', async () => {
    const where = await optional()
    const phone_number = '+15555550124'
    await person(where, 'ada', { phone_number, phone_number_verified: 'true' })
    const AccessToken = await token(where)
    const MFAOptions = [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }] as const
    await sdk.setUserSettings({ AccessToken, MFAOptions: [...MFAOptions] })
    expect((await signIn(where)).ChallengeName).toBe('SMS_MFA')
    await sdk.setUserSettings({ AccessToken, MFAOptions: [] })
    expect((await signIn(where)).AuthenticationResult).toBeDefined()
  })

  test('MFA_SETUP where everybody needs one', async () => {
    const where = await place()
    const { ClientId, UserPoolId } = where
    await person(where)
    await sdk.setUserPoolMfaConfig({
      UserPoolId,
      MfaConfiguration: 'ON',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    })
    const asked = await signIn(where)
    expect(asked).toMatchObject({
      ChallengeName: 'MFA_SETUP',
      ChallengeParameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' },
    })
    const associated = await sdk.associateSoftwareToken({ Session: asked.Session })
    const verified = await sdk.verifySoftwareToken({
      Session: associated.Session,
      UserCode: totp(associated.SecretCode!),
    })
    const done = await sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'MFA_SETUP',
      Session: verified.Session,
      ChallengeResponses: { USERNAME: 'ada' },
    })
    expect(done.AuthenticationResult).toBeDefined()
    expect((await signIn(where)).ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
  })
})

describe('devices', () => {
  const tracked = (prompts: boolean) =>
    place({
      DeviceConfiguration: {
        ChallengeRequiredOnNewDevice: true,
        DeviceOnlyRememberedOnUserPrompt: prompts,
      },
    })

  /** Signs in on a device that is new, and confirms it. */
  async function confirmed(where: Place) {
    const { AccessToken, NewDeviceMetadata } = (await signIn(where)).AuthenticationResult!
    const { DeviceKey = '', DeviceGroupKey = '' } = NewDeviceMetadata!
    const metadata = { DeviceKey, DeviceGroupKey }
    const [secret, salt] = [randomBytes(40), randomBytes(16)]
    const { device, verifier } = await newDevice({ metadata, secret, salt })
    const { UserConfirmationNecessary } = await sdk.confirmDevice({
      AccessToken,
      DeviceKey: device.key,
      DeviceName: 'laptop',
      DeviceSecretVerifierConfig: verifier,
    })
    return { AccessToken, device, UserConfirmationNecessary }
  }

  test('ConfirmDevice, then the device proves itself at the next sign-in', async () => {
    const where = await tracked(false)
    const { ClientId } = where
    await person(where)
    const { device, UserConfirmationNecessary } = await confirmed(where)
    expect(UserConfirmationNecessary).toBe(false)
    const asked = await signIn(where, 'ada', { DEVICE_KEY: device.key })
    expect(asked.ChallengeName).toBe('DEVICE_SRP_AUTH')
    const pair = await keyPair()
    const proof = await sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'DEVICE_SRP_AUTH',
      Session: asked.Session,
      ChallengeResponses: { USERNAME: 'ada', DEVICE_KEY: device.key, SRP_A: pair.publicKey },
    })
    expect(proof.ChallengeName).toBe('DEVICE_PASSWORD_VERIFIER')
    const done = await sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'DEVICE_PASSWORD_VERIFIER',
      Session: proof.Session,
      ChallengeResponses: await deviceClaim({
        device,
        username: 'ada',
        keyPair: pair,
        challenge: proof.ChallengeParameters,
        now: server.clock.now(),
      }),
    })
    expect(done.AuthenticationResult).toBeDefined()
    expect(done.AuthenticationResult).not.toHaveProperty('NewDeviceMetadata')
  })

  test('UpdateDeviceStatus, GetDevice, ListDevices, ForgetDevice', async () => {
    const where = await tracked(true)
    await person(where)
    const { AccessToken, device, UserConfirmationNecessary } = await confirmed(where)
    const DeviceKey = device.key
    expect(UserConfirmationNecessary).toBe(true)
    await sdk.updateDeviceStatus({
      AccessToken,
      DeviceKey,
      DeviceRememberedStatus: 'remembered',
    })
    const { Device } = await sdk.getDevice({ AccessToken, DeviceKey })
    expect(Device!.DeviceCreateDate).toBeInstanceOf(Date)
    expect(new Map(Device!.DeviceAttributes!.map(({ Name, Value }) => [Name, Value]))).toEqual(
      new Map([
        ['device_status', 'valid'],
        ['device_name', 'laptop'],
        ['last_ip_used', '127.0.0.1'],
        [
          'dev:device_arn',
          `arn:aws:cognito-idp:us-east-1:123456789012:owner/ada.${where.UserPoolId}/device/${DeviceKey}`,
        ],
        ['dev:device_owner', `ada.${where.UserPoolId}`],
        ['dev:device_remembered_status', 'remembered'],
        ['dev:device_sdk', 'aws-sdk'],
      ]),
    )
    await confirmed(where)
    const first = await sdk.listDevices({ AccessToken, Limit: 1 })
    expect(first.Devices).toMatchObject([{ DeviceKey }])
    const { PaginationToken } = first
    const rest = await sdk.listDevices({ AccessToken, Limit: 1, PaginationToken })
    expect(rest.Devices).toHaveLength(1)
    const { $metadata, ...output } = await sdk.forgetDevice({ AccessToken, DeviceKey })
    expect([$metadata.httpStatusCode, output]).toEqual([200, {}])
    await expect(sdk.getDevice({ AccessToken, DeviceKey })).rejects.toThrow(
      'Device does not exist.',
    )
  })

  test('AdminListDevices, AdminGetDevice, AdminForgetDevice', async () => {
    const where = await tracked(false)
    await person(where)
    const user = { UserPoolId: where.UserPoolId, Username: 'ada' }
    const { device } = await confirmed(where)
    const DeviceKey = device.key
    const { Devices } = await sdk.adminListDevices(user)
    expect(Devices).toMatchObject([{ DeviceKey }])
    const { Device } = await sdk.adminGetDevice({ ...user, DeviceKey })
    expect(Device!.DeviceAttributes).toContainEqual({ Name: 'device_name', Value: 'laptop' })
    await sdk.adminForgetDevice({ ...user, DeviceKey })
    await expect(sdk.adminGetDevice({ ...user, DeviceKey })).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    )
    await expect(signIn(where, 'ada', { DEVICE_KEY: DeviceKey })).rejects.toThrow(
      'Device does not exist.',
    )
  })
})

describe('passkeys', () => {
  test('registered, listed, signed in with, deleted', async () => {
    const where = await place({
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
    })
    const { ClientId, UserPoolId } = where
    await person(where)
    const AccessToken = await token(where)
    await expect(sdk.startWebAuthnRegistration({ AccessToken })).rejects.toMatchObject({
      name: 'WebAuthnConfigurationMissingException',
    })
    await sdk.setUserPoolMfaConfig({
      UserPoolId,
      WebAuthnConfiguration: { RelyingPartyId: 'example.com', UserVerification: 'preferred' },
    })
    const authenticator = server.authenticator({ origin: 'https://example.com' })
    const { CredentialCreationOptions } = await sdk.startWebAuthnRegistration({ AccessToken })
    type Creation = Parameters<typeof authenticator.create>[0]
    const made = await authenticator.create(CredentialCreationOptions as unknown as Creation)
    const Credential = JSON.parse(JSON.stringify(made)) as Record<string, string>
    await sdk.completeWebAuthnRegistration({ AccessToken, Credential })
    const { Credentials } = await sdk.listWebAuthnCredentials({ AccessToken })
    expect(Credentials).toMatchObject([
      {
        CredentialId: made.id,
        RelyingPartyId: 'example.com',
        AuthenticatorTransports: ['internal'],
      },
    ])
    expect(Credentials![0]!.CreatedAt).toBeInstanceOf(Date)
    const asked = await sdk.initiateAuth({
      ClientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: 'ada', PREFERRED_CHALLENGE: 'WEB_AUTHN' },
    })
    expect(asked.ChallengeName).toBe('WEB_AUTHN')
    const options = JSON.parse(
      asked.ChallengeParameters!['CREDENTIAL_REQUEST_OPTIONS']!,
    ) as Parameters<typeof authenticator.get>[0]
    const done = await sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'WEB_AUTHN',
      Session: asked.Session,
      ChallengeResponses: {
        USERNAME: 'ada',
        CREDENTIAL: JSON.stringify(await authenticator.get(options)),
      },
    })
    expect(done.AuthenticationResult).toBeDefined()
    await sdk.deleteWebAuthnCredential({ AccessToken, CredentialId: made.id })
    await expect(
      sdk.deleteWebAuthnCredential({ AccessToken, CredentialId: made.id }),
    ).rejects.toBeInstanceOf(ResourceNotFoundException)
  })
})

describe('signatures and unknown operations', () => {
  const call = async (operation: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(listening.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        ...headers,
      },
      body: '{"MaxResults":1}',
    })
    return [response.status, JSON.parse(await response.text())] as const
  }
  const signature =
    'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0'

  test('an administrator has to sign', async () => {
    expect(await call('ListUserPools')).toEqual([
      400,
      { __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' },
    ])
    expect(await call('ListUserPools', { authorization: signature })).toMatchObject([200, {}])
  })

  test.each(['Bearer x', 'AWS4-HMAC-SHA256 Credential=a', signature.replace('Signature', 'S')])(
    'not like this: %s',
    async (authorization) => {
      expect(await call('ListUserPools', { authorization })).toMatchObject([
        400,
        { __type: 'IncompleteSignatureException' },
      ])
    },
  )

  test('everybody else may send what they like', async () => {
    expect(await call('GetUser', { authorization: 'nonsense' })).toMatchObject([
      400,
      { __type: 'InvalidParameterException' },
    ])
  })

  test('what is not built is an unknown operation, signed or not', async () => {
    const { UserPoolId } = await place()
    const error: unknown = await sdk.listGroups({ UserPoolId }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(CognitoIdentityProviderServiceException)
    expect(error).toMatchObject({ name: 'UnknownOperationException' })
    for (const name of ['ListGroups', 'constructor', '__proto__'])
      expect(await call(name)).toMatchObject([400, { __type: 'UnknownOperationException' }])
  })
})

test('every operation of both sides was used here', () => {
  const asked = server.requests.filter(({ status }) => status === 200)
  const used = new Set(asked.map(({ operation }) => operation))
  const all = [...Object.keys(operations), ...Object.keys(administration.operations)]
  expect(all).toHaveLength(32 + 32)
  // The one that this pool has nothing for; its refusal is looked at above.
  expect(all.filter((name) => !used.has(name))).toEqual(['UpdateAuthEventFeedback'])
})
