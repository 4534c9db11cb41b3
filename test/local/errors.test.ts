import { createHmac, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LocalPool, UserStatus } from '../../src/local/index.ts'
import { listen } from '../../src/local/node.ts'
import type { Listening } from '../../src/local/node.ts'
import { scrambler, sessionKey } from '../../src/srp/exchange.ts'
import { N } from '../../src/srp/group.ts'
import { createKeyPair, newDevice } from '../../src/srp/index.ts'
import {
  begin,
  flows,
  hashOf,
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
  withClient,
} from './raw.ts'
import type { Refusal, Reply, Tokens } from './raw.ts'

// Every sentence of the service's that a client can make it say, and what makes it say so.

type Options = Parameters<typeof newPool>[0]

const other = 'Another-Horse7'
const email = { email: 'ada@example.com', email_verified: 'true' }
const phone = { phone_number: '+15550001234', phone_number_verified: 'true' }
const attributes = { ...email, ...phone }

/** A pool with Ada. */
async function withAda(
  options: Options = {},
  person: Partial<Parameters<LocalPool['users']['create']>[0]> = {},
): Promise<LocalPool> {
  const pool = await newPool(options)
  pool.users.create({ username: 'ada', password, attributes: email, ...person })
  return pool
}

const initiate = (
  pool: LocalPool,
  AuthFlow: string,
  AuthParameters: Readonly<Record<string, string>>,
): Promise<Refusal> =>
  refusal(pool, 'InitiateAuth', { AuthFlow, ClientId: pool.clientId, AuthParameters })
const ada = { USERNAME: 'ada' }
const good = { ...ada, PASSWORD: password }

/** An operation with the app client's id. */
const asClient = (pool: LocalPool, operation: string, input: object): Promise<Refusal> =>
  refusal(pool, operation, { ClientId: pool.clientId, ...input })

/** An operation with Ada's access token. */
async function asAda(pool: LocalPool, operation: string, input: object): Promise<Refusal> {
  const { AccessToken } = await signIn(pool, 'ada')
  return refusal(pool, operation, { AccessToken, ...input })
}

const signUp = (pool: LocalPool, input: object = {}): Promise<Refusal> =>
  asClient(pool, 'SignUp', { Username: 'bob', Password: password, ...input })

const attribute = (Name: string, Value: string): object => ({ UserAttributes: [{ Name, Value }] })

/** Somebody in the middle of a sign-in that a password began. */
async function asked(
  options: Options,
  person: Partial<Parameters<LocalPool['users']['create']>[0]>,
): Promise<{ pool: LocalPool; name: unknown; Session: string }> {
  const pool = await withAda(options, person)
  const { ChallengeName: name, Session } = await begin(pool, 'ada')
  return { pool, name, Session: Session as string }
}

const mfa: Options = {
  pool: {
    MfaConfiguration: 'OPTIONAL',
    EnabledMfas: ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'],
  },
}
const bySms = { attributes, mfa: ['SMS_MFA'] as const }
const tracked: Options = {
  pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true } },
}
const passwordless: Options = {
  pool: {
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] } },
  },
}

/** Answers a challenge and gives what that was refused with. */
const answered = async (
  { pool, name, Session }: { pool: LocalPool; name: unknown; Session?: unknown },
  responses: Readonly<Record<string, string>>,
): Promise<Refusal> => refusalOf(await respond(pool, name, { ...ada, ...responses }, Session))

type Row = [type: string, message: string, how: string, provoke: () => Promise<Refusal>]

const client = '1example23456789'
const invalid = 'InvalidParameterException'
const refused = 'NotAuthorizedException'
const notConfirmed = { status: 'UNCONFIRMED' } as const
const policy = (missing: string): string => `Password did not conform with policy: ${missing}`
const session = 'x'.repeat(40)
const secret = 'client+secret'

const rows: Row[] = [
  // ---- NotAuthorizedException
  [
    refused,
    'Incorrect username or password.',
    'a wrong password',
    async () => initiate(await withAda(), 'USER_PASSWORD_AUTH', { ...ada, PASSWORD: other }),
  ],
  [
    refused,
    'Incorrect username or password.',
    'a wrong proof',
    async () => {
      const pool = await withAda()
      const { responses } = await prove(pool, 'ada', other)
      return answered({ pool, name: 'PASSWORD_VERIFIER' }, responses)
    },
  ],
  [
    refused,
    'Incorrect username or password.',
    'a proof without its block',
    async () => {
      const pool = await withAda()
      const { responses } = await prove(pool, 'ada')
      const block = { PASSWORD_CLAIM_SECRET_BLOCK: randomBytes(48).toString('base64') }
      return answered({ pool, name: 'PASSWORD_VERIFIER' }, { ...responses, ...block })
    },
  ],
  [
    refused,
    'Incorrect username or password.',
    'a proof that was used',
    async () => {
      const pool = await withAda()
      const { responses } = await prove(pool, 'ada')
      tokensOf((await respond(pool, 'PASSWORD_VERIFIER', responses)).body)
      return answered({ pool, name: 'PASSWORD_VERIFIER' }, responses)
    },
  ],
  [
    refused,
    'Incorrect username or password.',
    'a public key of nought',
    async () => {
      const pool = await withAda()
      // The service takes it; only the proof fails.
      const step = await begin(pool, 'ada', { SRP_A: '0' }, 'USER_SRP_AUTH')
      const { SECRET_BLOCK } = step['ChallengeParameters'] as Record<string, string>
      return answered(
        { pool, name: 'PASSWORD_VERIFIER' },
        {
          PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK!,
          PASSWORD_CLAIM_SIGNATURE: randomBytes(32).toString('base64'),
          TIMESTAMP: 'Thu Sep 24 13:50:15 UTC 2026',
        },
      )
    },
  ],
  [
    refused,
    'Incorrect username or password.',
    'a wrong old password',
    async () =>
      asAda(await withAda(), 'ChangePassword', {
        ...{ PreviousPassword: other, ProposedPassword: other },
      }),
  ],
  [
    refused,
    'Incorrect username or password.',
    'no old password',
    async () => asAda(await withAda(), 'ChangePassword', { ProposedPassword: other }),
  ],
  [
    refused,
    'Incorrect username or password.',
    'Lambda is not convinced',
    async () => {
      const pool = await withAda({
        triggers: {
          defineAuthChallenge: (event) => {
            event.response.failAuthentication = true
            return event
          },
        },
      })
      return initiate(pool, 'CUSTOM_AUTH', ada)
    },
  ],
  [
    refused,
    'Incorrect username or password.',
    'a choice that was not offered',
    async () => {
      const pool = await withAda()
      const { Session } = await begin(pool, 'ada', {}, 'USER_AUTH')
      return answered({ pool, name: 'SELECT_CHALLENGE', Session }, { ANSWER: 'EMAIL_OTP' })
    },
  ],
  [
    refused,
    'User is disabled.',
    'a sign-in',
    async () => {
      const pool = await withAda()
      pool.users.disable('ada')
      return initiate(pool, 'USER_PASSWORD_AUTH', good)
    },
  ],
  [
    refused,
    'User is disabled.',
    'in the middle of a sign-in',
    async () => {
      const step = await asked(mfa, bySms)
      step.pool.users.disable('ada')
      return answered(step, { SMS_MFA_CODE: '000000' })
    },
  ],
  [
    refused,
    'User is disabled.',
    'a recovery',
    async () => {
      const pool = await withAda()
      pool.users.disable('ada')
      return asClient(pool, 'ForgotPassword', { Username: 'ada' })
    },
  ],
  [
    refused,
    'Password attempts exceeded',
    'five wrong passwords',
    async () => {
      const pool = await withAda()
      for (let i = 0; i < 5; i++)
        await initiate(pool, 'USER_PASSWORD_AUTH', { ...ada, PASSWORD: other })
      return initiate(pool, 'USER_PASSWORD_AUTH', good)
    },
  ],
  [
    refused,
    'Temporary password has expired and must be reset by an administrator.',
    'a week later',
    async () => {
      const pool = await withAda({}, { temporary: true })
      pool.clock.advance(7 * 86_400_000)
      return initiate(pool, 'USER_PASSWORD_AUTH', good)
    },
  ],
  [
    refused,
    'Temporary password has expired and must be reset by an administrator.',
    'a week later, proved',
    async () => {
      const pool = await withAda({}, { temporary: true })
      pool.clock.advance(7 * 86_400_000)
      const { responses } = await prove(pool, 'ada')
      return answered({ pool, name: 'PASSWORD_VERIFIER' }, responses)
    },
  ],
  [
    refused,
    'Invalid session for the user.',
    'a session of nothing',
    async () => answered({ ...(await asked(mfa, bySms)), Session: session }, { SMS_MFA_CODE: '0' }),
  ],
  [
    refused,
    'Invalid session for the user.',
    "somebody else's session",
    async () => {
      const { pool, Session } = await asked(mfa, bySms)
      pool.users.create({ username: 'bob', password })
      const responses = { USERNAME: 'bob', SMS_MFA_CODE: pool.outbox.last()!.code }
      return refusalOf(await respond(pool, 'SMS_MFA', responses, Session))
    },
  ],
  [
    refused,
    'Invalid session for the user.',
    'the session of another challenge',
    async () =>
      answered({ ...(await asked(mfa, bySms)), name: 'EMAIL_OTP' }, { EMAIL_OTP_CODE: '0' }),
  ],
  [
    refused,
    'Invalid session for the user.',
    'the session of another app client',
    async () => {
      const { pool, Session } = await asked(mfa, bySms)
      return refusal(withClient(pool, { id: 'second' }), 'RespondToAuthChallenge', {
        ...{ ClientId: 'second', ChallengeName: 'SMS_MFA', Session },
        ChallengeResponses: { ...ada, SMS_MFA_CODE: pool.outbox.last()!.code },
      })
    },
  ],
  [
    refused,
    'Invalid session for the user.',
    'an authenticator app set up for nobody',
    async () => refusal(await withAda(), 'AssociateSoftwareToken', { Session: session }),
  ],
  [
    refused,
    'Invalid session for the user.',
    'after Lambda has failed',
    async () => {
      let fails = true
      const pool = await withAda({
        triggers: {
          defineAuthChallenge: (event) => {
            event.response.challengeName = 'CUSTOM_CHALLENGE'
            return event
          },
          createAuthChallenge: (event) => event,
          verifyAuthChallengeResponse: (event) => {
            if (fails) throw new Error('no')
            return event
          },
        },
      })
      const { Session } = await begin(pool, 'ada', {}, 'CUSTOM_AUTH')
      const step = { pool, name: 'CUSTOM_CHALLENGE', Session }
      expect(await answered(step, { ANSWER: '1' })).toMatchObject({
        type: 'UserLambdaValidationException',
        message: 'VerifyAuthChallengeResponse failed with error no.',
      })
      fails = false
      return answered(step, { ANSWER: '1' })
    },
  ],
  [
    refused,
    'Invalid session for the user, session is expired.',
    'three minutes later',
    async () => {
      const step = await asked(mfa, bySms)
      step.pool.clock.advance(180_000)
      return answered(step, { SMS_MFA_CODE: step.pool.outbox.last()!.code })
    },
  ],
  [
    refused,
    'Invalid session for the user, session can only be used once.',
    'after a success',
    async () => {
      const step = await asked(mfa, bySms)
      const responses = { ...ada, SMS_MFA_CODE: step.pool.outbox.last()!.code }
      tokensOf((await respond(step.pool, 'SMS_MFA', responses, step.Session)).body)
      return answered(step, responses)
    },
  ],
  [
    refused,
    'Invalid session for the user, session can only be used once.',
    'after a new password',
    async () => {
      const step = await asked({}, { temporary: true })
      const responses = { ...ada, NEW_PASSWORD: other }
      tokensOf((await respond(step.pool, step.name, responses, step.Session)).body)
      return answered(step, responses)
    },
  ],
  ...(['USER_PASSWORD_AUTH', 'SignUp', 'ForgotPassword'] as const).flatMap((what): Row[] => {
    const ask = async (hash?: string): Promise<Refusal> => {
      const pool = withClient(await withAda(), { secret })
      if (what === 'USER_PASSWORD_AUTH')
        return initiate(pool, what, hash === undefined ? good : { ...good, SECRET_HASH: hash })
      return asClient(pool, what, { Username: 'ada', Password: password, SecretHash: hash })
    }
    return [
      [
        refused,
        `Client ${client} is configured with secret but SECRET_HASH was not received`,
        what,
        () => ask(),
      ],
      [
        refused,
        `Unable to verify secret hash for client ${client}`,
        what,
        () => ask(hashOf(secret, 'bob', client)),
      ],
    ]
  }),
  [
    refused,
    'SignUp is not permitted for this user pool',
    'only administrators may',
    async () =>
      signUp(
        await newPool({ pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } } }),
      ),
  ],
  [
    refused,
    'User cannot be confirmed. Current status is CONFIRMED',
    'confirmed twice',
    async () =>
      asClient(await withAda(), 'ConfirmSignUp', { Username: 'ada', ConfirmationCode: '123456' }),
  ],
  [
    refused,
    'User password cannot be reset in the current state.',
    'a temporary password',
    async () =>
      asClient(await withAda({}, { temporary: true }), 'ForgotPassword', { Username: 'ada' }),
  ],
  [
    refused,
    'Contact administrator to reset password.',
    'recovery by administrators only',
    async () => {
      const RecoveryMechanisms = [{ Priority: 1, Name: 'admin_only' }]
      const pool = await withAda({ pool: { AccountRecoverySetting: { RecoveryMechanisms } } })
      return asClient(pool, 'ForgotPassword', { Username: 'ada' })
    },
  ],
  ...(['SignUp', 'UpdateUserAttributes', 'DeleteUserAttributes'] as const).map((what): Row => [
    refused,
    'A client attempted to write unauthorized attribute',
    what,
    async () => {
      const pool = await withAda({ client: { WriteAttributes: ['email'] } })
      if (what === 'SignUp') return signUp(pool, attribute('nickname', 'x'))
      const names = { UserAttributeNames: ['nickname'] }
      return asAda(pool, what, { ...attribute('nickname', 'x'), ...names })
    },
  ]),

  // ---- Accounts that are not there, not ready, or there already
  ...['USER_PASSWORD_AUTH', 'USER_SRP_AUTH', 'CUSTOM_AUTH', 'USER_AUTH'].map((flow): Row => [
    'UserNotFoundException',
    'User does not exist.',
    flow,
    async () => initiate(await newPool(), flow, { ...good, SRP_A: 'aa' }),
  ]),
  ...['ForgotPassword', 'ResendConfirmationCode', 'ConfirmSignUp', 'ConfirmForgotPassword'].map(
    (operation): Row => [
      'UserNotFoundException',
      'Username/client id combination not found.',
      operation,
      async () =>
        asClient(await newPool(), operation, {
          ...{ Username: 'ada', ConfirmationCode: '123456', Password: password },
        }),
    ],
  ),
  [
    'UserNotConfirmedException',
    'User is not confirmed.',
    'a wrong password even',
    async () =>
      initiate(await withAda({}, notConfirmed), 'USER_PASSWORD_AUTH', { ...ada, PASSWORD: other }),
  ],
  [
    'UserNotConfirmedException',
    'User is not confirmed.',
    'SRP',
    async () => initiate(await withAda({}, notConfirmed), 'USER_SRP_AUTH', { ...ada, SRP_A: 'aa' }),
  ],
  [
    'UserNotConfirmedException',
    'User is not confirmed.',
    'the password of a choice',
    async () =>
      initiate(await withAda({}, notConfirmed), 'USER_AUTH', {
        ...{ ...good, PREFERRED_CHALLENGE: 'PASSWORD' },
      }),
  ],
  [
    'PasswordResetRequiredException',
    'Password reset required for the user',
    'a reset',
    async () => {
      const pool = await withAda()
      pool.users.reset('ada')
      return initiate(pool, 'USER_PASSWORD_AUTH', good)
    },
  ],
  [
    'UsernameExistsException',
    'User already exists',
    'the name',
    async () => signUp(await withAda(), { Username: 'ada' }),
  ],
  [
    'UsernameExistsException',
    'User already exists',
    'the name, hidden elsewhere',
    async () =>
      signUp(await withAda({ client: { PreventUserExistenceErrors: 'ENABLED' } }), {
        Username: 'ada',
      }),
  ],
  ...(
    [
      ['email', 'bob@example.com'],
      ['phone_number', '+15550001234'],
    ] as const
  ).map(([name, Username]): Row => [
    'UsernameExistsException',
    `An account with the given ${name} already exists.`,
    'the address',
    async () => {
      const pool = await newPool({ pool: { UsernameAttributes: ['email', 'phone_number'] } })
      pool.users.create({ username: Username, password })
      return signUp(pool, { Username })
    },
  ]),
  [
    'AliasExistsException',
    'An account with the email already exists.',
    'ConfirmSignUp',
    async () => {
      const pool = await withAda({
        pool: { AliasAttributes: ['email'], AutoVerifiedAttributes: ['email'] },
      })
      const input = { Username: 'bob', Password: password, ...attribute('email', email.email) }
      await output(pool, 'SignUp', { ClientId: pool.clientId, ...input })
      const { code } = pool.outbox.last()!
      return asClient(pool, 'ConfirmSignUp', { Username: 'bob', ConfirmationCode: code })
    },
  ],
  [
    'AliasExistsException',
    'An account with the email already exists.',
    'VerifyUserAttribute',
    async () => {
      const pool = await withAda({ pool: { AliasAttributes: ['email'] } })
      pool.users.create({ username: 'bob', password, attributes: { email: email.email } })
      const { AccessToken } = await signIn(pool, 'bob')
      const name = { AccessToken, AttributeName: 'email' }
      await output(pool, 'GetUserAttributeVerificationCode', name)
      const { code } = pool.outbox.last()!
      return refusal(pool, 'VerifyUserAttribute', { ...name, Code: code })
    },
  ],
  [
    'AliasExistsException',
    'An account with the given email already exists.',
    'UpdateUserAttributes',
    async () => {
      const pool = await newPool({ pool: { UsernameAttributes: ['email'] } })
      for (const username of ['ada@example.com', 'bob@example.com'])
        pool.users.create({ username, password })
      const { AccessToken } = await signIn(pool, 'bob@example.com')
      const input = { AccessToken, ...attribute('email', 'ada@example.com') }
      return refusal(pool, 'UpdateUserAttributes', input)
    },
  ],
  [
    'AliasExistsException',
    'User account already exists for the alias.',
    'UpdateUserAttributes',
    async () => {
      const pool = await withAda({ pool: { AliasAttributes: ['preferred_username'] } })
      pool.users.create({ username: 'bob', password, attributes: { preferred_username: 'b' } })
      return asAda(pool, 'UpdateUserAttributes', attribute('preferred_username', 'b'))
    },
  ],

  // ---- Passwords
  ...(
    [
      ['Password not long enough', 'Aa1!'],
      ['Password must have uppercase characters', 'correct-horse7'],
      ['Password must have lowercase characters', 'CORRECT-HORSE7'],
      ['Password must have numeric characters', 'Correct-Horse'],
      ['Password must have symbol characters', 'CorrectHorse7'],
    ] as const
  ).flatMap(([missing, weak]): Row[] => [
    [
      'InvalidPasswordException',
      policy(missing),
      'SignUp',
      async () => signUp(await newPool(), { Password: weak }),
    ],
    [
      'InvalidPasswordException',
      policy(missing),
      'ChangePassword',
      async () =>
        asAda(await withAda(), 'ChangePassword', {
          ...{ PreviousPassword: password, ProposedPassword: weak },
        }),
    ],
    [
      'InvalidPasswordException',
      policy(missing),
      'ConfirmForgotPassword',
      async () => {
        const pool = await withAda()
        await output(pool, 'ForgotPassword', { ClientId: client, Username: 'ada' })
        const ConfirmationCode = pool.outbox.last()!.code
        const input = { Username: 'ada', ConfirmationCode, Password: weak }
        return asClient(pool, 'ConfirmForgotPassword', input)
      },
    ],
    [
      'InvalidPasswordException',
      `Password does not conform to policy: ${missing}`,
      'NEW_PASSWORD_REQUIRED',
      async () => {
        const step = await asked({}, { temporary: true })
        const refusal = await answered(step, { NEW_PASSWORD: weak })
        // The session is good for a better one.
        tokensOf(
          (await respond(step.pool, step.name, { ...ada, NEW_PASSWORD: other }, step.Session)).body,
        )
        return refusal
      },
    ],
  ]),
  ...['ChangePassword', 'ConfirmForgotPassword', 'NEW_PASSWORD_REQUIRED'].map((what): Row => [
    'PasswordHistoryPolicyViolationException',
    'Password has previously been used',
    what,
    async () => {
      const Policies = { PasswordPolicy: { PasswordHistorySize: 3 } }
      const pool = await withAda({ pool: { Policies } })
      for (const next of [other, 'Third-Horse7']) pool.users.setPassword('ada', next)
      if (what === 'ChangePassword') {
        const { AccessToken } = await signIn(pool, 'ada', { PASSWORD: 'Third-Horse7' })
        const passwords = { PreviousPassword: 'Third-Horse7', ProposedPassword: password }
        return refusal(pool, what, { AccessToken, ...passwords })
      }
      if (what === 'ConfirmForgotPassword') {
        await output(pool, 'ForgotPassword', { ClientId: client, Username: 'ada' })
        const ConfirmationCode = pool.outbox.last()!.code
        return asClient(pool, what, { Username: 'ada', ConfirmationCode, Password: other })
      }
      pool.users.setPassword('ada', 'Temporary-Horse7', { temporary: true })
      const { Session } = await begin(pool, 'ada', { PASSWORD: 'Temporary-Horse7' })
      return answered({ pool, name: what, Session }, { NEW_PASSWORD: other })
    },
  ]),

  // ---- Codes
  ...['ConfirmSignUp', 'ConfirmForgotPassword', 'VerifyUserAttribute'].flatMap(
    (operation): Row[] => {
      const sent = async (): Promise<{ pool: LocalPool; code: string; confirm: Confirm }> => {
        const isSignUp = operation === 'ConfirmSignUp'
        const pool = await withAda(
          {
            pool: { AutoVerifiedAttributes: ['email'] },
            client: { AccessTokenValidity: 24, TokenValidityUnits: { AccessToken: 'hours' } },
          },
          isSignUp ? notConfirmed : {},
        )
        const named = { ClientId: client, Username: 'ada' }
        const token = isSignUp ? '' : (await signIn(pool, 'ada')).AccessToken
        const holder = { AccessToken: token, AttributeName: 'email' }
        if (isSignUp) await output(pool, 'ResendConfirmationCode', named)
        else if (operation === 'ConfirmForgotPassword') await output(pool, 'ForgotPassword', named)
        else await output(pool, 'GetUserAttributeVerificationCode', holder)
        const confirm = (code: string) =>
          send(
            pool,
            operation,
            operation === 'VerifyUserAttribute'
              ? { ...holder, Code: code }
              : {
                  ...named,
                  ConfirmationCode: code,
                  ...(isSignUp ? {} : { Password: other }),
                },
          )
        return { pool, code: pool.outbox.last()!.code, confirm }
      }
      return [
        [
          'CodeMismatchException',
          'Invalid verification code provided, please try again.',
          operation,
          async () => {
            const { code, confirm } = await sent()
            const refusal = refusalOf(await confirm(code === '111111' ? '222222' : '111111'))
            expect((await confirm(code)).status).toBe(200)
            return refusal
          },
        ],
        [
          'ExpiredCodeException',
          'Invalid code provided, please request a code again.',
          `${operation}, too late`,
          async () => {
            const { pool, code, confirm } = await sent()
            const hours = operation === 'ConfirmForgotPassword' ? 1 : 24
            pool.clock.advance(hours * 3_600_000 - 1000)
            expect(refusalOf(await confirm('wrong')).type).toMatch(/CodeMismatch|NotAuthorized/)
            pool.users.setStatus('ada', operation === 'ConfirmSignUp' ? 'UNCONFIRMED' : 'CONFIRMED')
            pool.clock.advance(1000)
            if (operation !== 'VerifyUserAttribute') return refusalOf(await confirm(code))
            // A token does not live as long as the code.
            const { AccessToken } = await signIn(pool, 'ada')
            return refusal(pool, operation, { AccessToken, AttributeName: 'email', Code: code })
          },
        ],
      ]
    },
  ),
  ...['ConfirmSignUp', 'ConfirmForgotPassword'].map((operation): Row => [
    'ExpiredCodeException',
    'Invalid code provided, please request a code again.',
    `${operation} of nobody, hidden`,
    async () =>
      asClient(await newPool({ client: { PreventUserExistenceErrors: 'ENABLED' } }), operation, {
        ...{ Username: 'ada', ConfirmationCode: '123456' },
        ...(operation === 'ConfirmSignUp' ? {} : { Password: password }),
      }),
  ]),
  [
    'CodeMismatchException',
    'Invalid code or auth state for the user.',
    'SMS_MFA',
    async () => answered(await asked(mfa, bySms), { SMS_MFA_CODE: '0' }),
  ],
  [
    'CodeMismatchException',
    'Invalid code or auth state for the user.',
    'EMAIL_OTP after all',
    async () => answered(await asked(mfa, { mfa: ['EMAIL_OTP'] }), { EMAIL_OTP_CODE: '0' }),
  ],
  ...(['EMAIL_OTP', 'SMS_OTP'] as const).map((name): Row => [
    'CodeMismatchException',
    'Invalid code or auth state for the user.',
    name,
    async () => {
      const pool = await withAda(passwordless, { attributes })
      const { Session } = await begin(pool, 'ada', { PREFERRED_CHALLENGE: name }, 'USER_AUTH')
      const key = `${name}_CODE`
      // As measured: six wrong ones, and the right one still counts.
      for (let i = 0; i < 5; i++) await answered({ pool, name, Session }, { [key]: `${i}` })
      const refusal = await answered({ pool, name, Session }, { [key]: '12345678' })
      const { code } = pool.outbox.last()!
      expect(code).toMatch(/^\d{8}$/)
      tokensOf((await respond(pool, name, { ...ada, [key]: code }, Session)).body)
      return refusal
    },
  ]),
  [
    'CodeMismatchException',
    'Invalid code received for user',
    'SOFTWARE_TOKEN_MFA',
    async () =>
      answered(await asked(mfa, { mfa: ['SOFTWARE_TOKEN_MFA'] }), {
        SOFTWARE_TOKEN_MFA_CODE: 'abcdef',
      }),
  ],
  [
    'ExpiredCodeException',
    'Your software token has already been used once.',
    'SOFTWARE_TOKEN_MFA',
    async () => {
      const first = await asked(mfa, { mfa: ['SOFTWARE_TOKEN_MFA'] })
      const { pool, name } = first
      const code = { SOFTWARE_TOKEN_MFA_CODE: pool.totp('ada') }
      tokensOf((await respond(pool, name, { ...ada, ...code }, first.Session)).body)
      const { Session } = await begin(pool, 'ada')
      return answered({ pool, name, Session }, code)
    },
  ],
  [
    'EnableSoftwareTokenMFAException',
    'Code mismatch and fail enable Software Token MFA',
    'VerifySoftwareToken',
    async () => {
      const pool = await withAda(mfa)
      const { AccessToken } = await signIn(pool, 'ada')
      await output(pool, 'AssociateSoftwareToken', { AccessToken })
      return refusal(pool, 'VerifySoftwareToken', { AccessToken, UserCode: '000000' })
    },
  ],
  ...['AssociateSoftwareToken', 'VerifySoftwareToken'].map((operation): Row => [
    'SoftwareTokenMFANotFoundException',
    'Software Token MFA has not been enabled by the userPool',
    operation,
    async () =>
      asAda(
        await withAda(),
        operation,
        operation === 'VerifySoftwareToken' ? { UserCode: '000000' } : {},
      ),
  ]),

  // ---- Too much
  [
    'LimitExceededException',
    'Attempt limit exceeded, please try after some time.',
    'a sixth recovery in an hour',
    async () => {
      const pool = await withAda()
      for (let i = 0; i < 5; i++)
        await output(pool, 'ForgotPassword', { ClientId: client, Username: 'ada' })
      return asClient(pool, 'ForgotPassword', { Username: 'ada' })
    },
  ],
  [
    'TooManyRequestsException',
    'Rate exceeded',
    'by the script of a test',
    async () => {
      const pool = await withAda()
      pool.faults.add({ kind: 'throttle' })
      return initiate(pool, 'USER_PASSWORD_AUTH', good)
    },
  ],

  // ---- Parameters
  ...(
    [
      ['USER_PASSWORD_AUTH', 'USERNAME', { PASSWORD: password }],
      ['USER_PASSWORD_AUTH', 'PASSWORD', ada],
      ['USER_SRP_AUTH', 'SRP_A', ada],
      ['USER_SRP_AUTH', 'USERNAME', {}],
      ['CUSTOM_AUTH', 'USERNAME', {}],
      ['USER_AUTH', 'USERNAME', {}],
      ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN', {}],
      ['USER_AUTH', 'PASSWORD', { ...ada, PREFERRED_CHALLENGE: 'PASSWORD' }],
      ['USER_AUTH', 'SRP_A', { ...ada, PREFERRED_CHALLENGE: 'PASSWORD_SRP' }],
    ] as const
  ).map(([flow, name, given]): Row => [
    invalid,
    `Missing required parameter ${name}`,
    flow,
    async () => initiate(await withAda(), flow, given),
  ]),
  ...(
    [
      ['SMS_MFA', 'Session', ada],
      ['SMS_MFA', 'USERNAME', {}],
      ['PASSWORD_VERIFIER', 'PASSWORD_CLAIM_SECRET_BLOCK', ada],
      ['NEW_PASSWORD_REQUIRED', 'Session', ada],
      ['MFA_SETUP', 'Session', ada],
      ['SELECT_CHALLENGE', 'Session', ada],
    ] as const
  ).map(([challenge, name, given]): Row => [
    invalid,
    `Missing required parameter ${name}`,
    challenge,
    async () => refusalOf(await respond(await withAda(), challenge, given)),
  ]),
  ...['PASSWORD_CLAIM_SIGNATURE', 'TIMESTAMP'].map((name): Row => [
    invalid,
    `Missing required parameter ${name}`,
    'a proof',
    async () => {
      const pool = await withAda()
      const { responses } = await prove(pool, 'ada')
      return answered({ pool, name: 'PASSWORD_VERIFIER' }, { ...responses, [name]: '' })
    },
  ]),
  [
    invalid,
    'Missing required parameter SMS_MFA_CODE',
    'the code of something else',
    async () => answered(await asked(mfa, bySms), { EMAIL_OTP_CODE: '123456' }),
  ],
  ...(['USER_PASSWORD_AUTH', 'CUSTOM_AUTH', 'USER_AUTH', 'REFRESH_TOKEN_AUTH'] as const).map(
    (flow): Row => [
      invalid,
      `${flow} flow not enabled for this client`,
      'not allowed',
      async () => {
        const others = flows.filter((name) => !name.endsWith(flow))
        return initiate(await withAda({ client: { ExplicitAuthFlows: others } }), flow, good)
      },
    ],
  ),
  [
    invalid,
    'USER_SRP_AUTH is not enabled for the client.',
    'not allowed',
    async () =>
      initiate(
        await withAda({ client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } }),
        'USER_SRP_AUTH',
        good,
      ),
  ],
  ...['ADMIN_NO_SRP_AUTH', 'ADMIN_USER_PASSWORD_AUTH', 'MADE_UP'].map((flow): Row => [
    invalid,
    'Initiate Auth method not supported.',
    flow,
    async () => initiate(await withAda(), flow, good),
  ]),
  [
    invalid,
    'User is already confirmed.',
    'ResendConfirmationCode',
    async () => asClient(await withAda(), 'ResendConfirmationCode', { Username: 'ada' }),
  ],
  [
    invalid,
    'Cannot reset password for the user as there is no registered/verified email or phone_number',
    'ForgotPassword',
    async () =>
      asClient(await withAda({}, { attributes: { email: 'ada@example.com' } }), 'ForgotPassword', {
        Username: 'ada',
      }),
  ],
  ...['made up', 'confirmed', "another sign-in's", "somebody else's"].map((which): Row => [
    invalid,
    'Invalid device key given.',
    which,
    async () => {
      const pool = await withAda(tracked)
      pool.users.create({ username: 'bob', password })
      const [one, two, bob] = [
        await signIn(pool, 'ada'),
        await signIn(pool, 'ada'),
        await signIn(pool, 'bob'),
      ].map(({ AccessToken, NewDeviceMetadata }) => ({ AccessToken, key: NewDeviceMetadata! }))
      const { verifier: DeviceSecretVerifierConfig } = await newDevice({
        ...{ metadata: one!.key, secret: randomBytes(40), salt: randomBytes(16) },
      })
      const confirm = (DeviceKey: string) => ({
        ...{ AccessToken: one!.AccessToken, DeviceKey, DeviceSecretVerifierConfig },
      })
      const keys: Record<string, string> = {
        'made up': 'eu-west-1_0',
        confirmed: one!.key.DeviceKey,
        "another sign-in's": two!.key.DeviceKey,
        "somebody else's": bob!.key.DeviceKey,
      }
      if (which === 'confirmed') await output(pool, 'ConfirmDevice', confirm(one!.key.DeviceKey))
      return refusal(pool, 'ConfirmDevice', confirm(keys[which]!))
    },
  ]),
  [
    invalid,
    'User has not verified software token mfa',
    'SetUserMFAPreference',
    async () =>
      asAda(await withAda(mfa), 'SetUserMFAPreference', {
        SoftwareTokenMfaSettings: { Enabled: true },
      }),
  ],
  [
    invalid,
    'User does not have delivery config set to turn on SMS_MFA',
    'SetUserMFAPreference',
    async () =>
      asAda(await withAda(mfa), 'SetUserMFAPreference', { SMSMfaSettings: { Enabled: true } }),
  ],
  ...(
    [
      ['family_name', 'name.familyName'],
      ['given_name', 'name.givenName'],
      ['email', 'email'],
    ] as const
  ).flatMap(([Name, told]): Row[] => {
    const options: Options = { pool: { Schema: [{ Name, Required: true }] } }
    const person = { attributes: { ...email, [Name]: 'a@b.example' } }
    const missing = `Attributes did not conform to the schema: ${told}: The attribute ${told} is required`
    return [
      [invalid, missing, 'SignUp', async () => signUp(await newPool(options))],
      [
        invalid,
        missing,
        'UpdateUserAttributes',
        async () =>
          asAda(await withAda(options, person), 'UpdateUserAttributes', attribute(Name, '')),
      ],
      [
        invalid,
        `Invalid user attributes: ${told}: The attribute ${told} is required`,
        'DeleteUserAttributes',
        async () =>
          asAda(await withAda(options, person), 'DeleteUserAttributes', {
            UserAttributeNames: [Name],
          }),
      ],
      [
        invalid,
        missing,
        'NEW_PASSWORD_REQUIRED',
        async () =>
          answered(await asked(options, { temporary: true, attributes: {} }), {
            NEW_PASSWORD: other,
          }),
      ],
    ]
  }),
  [
    invalid,
    'Invalid user attributes: Type for attribute {custom:unknown} could not be determined',
    'DeleteUserAttributes',
    async () =>
      asAda(await withAda(), 'DeleteUserAttributes', { UserAttributeNames: ['custom:unknown'] }),
  ],
  ...['SignUp', 'UpdateUserAttributes'].flatMap((what): Row[] => {
    const options: Options = {
      pool: { Schema: [{ Name: 'tenant', Mutable: false }, { Name: 'note' }] },
    }
    const person = { attributes: { ...email, 'custom:tenant': 'a' } }
    const write = async (name: string, value: string): Promise<Refusal> => {
      const pool = await withAda(options, person)
      const given = attribute(name, value)
      return what === 'SignUp' ? signUp(pool, given) : asAda(pool, what, given)
    }
    const always: Row[] = [
      [
        invalid,
        'user.custom:x: Attribute does not exist in the schema.\n',
        what,
        () => write('custom:x', 'y'),
      ],
      [
        invalid,
        'Cannot modify the non-mutable attribute email_verified',
        what,
        () => write('email_verified', 'true'),
      ],
      [invalid, 'Invalid email address format.', what, () => write('email', 'nowhere')],
      [invalid, 'Invalid phone number format.', what, () => write('phone_number', '0800')],
    ]
    if (what === 'SignUp') return always
    const fixed = 'user.custom:tenant: Attribute cannot be updated.\n'
    return [...always, [invalid, fixed, what, () => write('custom:tenant', 'b')]]
  }),
  [
    invalid,
    'Cannot modify the non-mutable attribute email_verified',
    'NEW_PASSWORD_REQUIRED',
    async () =>
      answered(await asked({}, { temporary: true }), {
        ...{ NEW_PASSWORD: other, 'userAttributes.email_verified': 'true' },
      }),
  ],
  [
    invalid,
    'Cannot modify an already provided email',
    'NEW_PASSWORD_REQUIRED',
    async () =>
      answered(await asked({}, { temporary: true }), {
        ...{ NEW_PASSWORD: other, 'userAttributes.email': 'other@example.com' },
      }),
  ],
  [
    invalid,
    'Username should be an email.',
    'SignUp',
    async () => signUp(await newPool({ pool: { UsernameAttributes: ['email'] } })),
  ],
  [
    invalid,
    'Username should be a phone number.',
    'SignUp',
    async () => signUp(await newPool({ pool: { UsernameAttributes: ['phone_number'] } })),
  ],
  [
    invalid,
    'Username cannot be of email format, since user pool is configured for email alias.',
    'SignUp',
    async () =>
      signUp(await newPool({ pool: { AliasAttributes: ['email'] } }), {
        Username: 'bob@example.com',
      }),
  ],

  // ---- What is not there
  ...['InitiateAuth', 'SignUp', 'ForgotPassword', 'GetTokensFromRefreshToken'].map(
    (operation): Row => [
      'ResourceNotFoundException',
      'User pool client nobody does not exist.',
      operation,
      async () =>
        refusal(await newPool(), operation, {
          ...{ ClientId: 'nobody', Username: 'ada', Password: password, RefreshToken: 'x' },
          ...{ AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: good },
        }),
    ],
  ),
  [
    'ResourceNotFoundException',
    'User pool eu-west-1_Nobody does not exist.',
    'feedback',
    async () =>
      refusal(await newPool(), 'UpdateAuthEventFeedback', {
        ...{ UserPoolId: 'eu-west-1_Nobody', Username: 'ada', EventId: 'x' },
        ...{ FeedbackToken: 'x', FeedbackValue: 'Valid' },
      }),
  ],
  ...['GetDevice', 'ForgetDevice', 'UpdateDeviceStatus'].map((operation): Row => [
    'ResourceNotFoundException',
    'Device does not exist.',
    operation,
    async () =>
      asAda(await withAda(tracked), operation, {
        ...{ DeviceKey: 'eu-west-1_0', DeviceRememberedStatus: 'remembered' },
      }),
  ]),
  ...['USER_PASSWORD_AUTH', 'USER_SRP_AUTH'].map((flow): Row => [
    'ResourceNotFoundException',
    'Device does not exist.',
    flow,
    async () =>
      initiate(await withAda(tracked), flow, { ...good, SRP_A: 'aa', DEVICE_KEY: 'eu-west-1_0' }),
  ]),
  [
    'ResourceNotFoundException',
    'Device does not exist.',
    'PASSWORD_VERIFIER',
    async () => {
      const pool = await withAda(tracked)
      const { responses } = await prove(pool, 'ada')
      const device = { DEVICE_KEY: 'eu-west-1_0' }
      return answered({ pool, name: 'PASSWORD_VERIFIER' }, { ...responses, ...device })
    },
  ],

  // ---- Lambda
  ...(
    [
      ['preSignUp', 'PreSignUp'],
      ['preAuthentication', 'PreAuthentication'],
      ['preTokenGeneration', 'PreTokenGeneration'],
      ['postAuthentication', 'PostAuthentication'],
      ['customMessage', 'CustomMessage'],
      ['defineAuthChallenge', 'DefineAuthChallenge'],
    ] as const
  ).flatMap(([name, told]): Row[] => {
    const provoke = async (trigger: () => never): Promise<Refusal> => {
      const pool = await withAda({ triggers: { [name]: trigger } })
      if (name === 'preSignUp') return signUp(pool)
      if (name === 'customMessage') return asClient(pool, 'ForgotPassword', { Username: 'ada' })
      return initiate(
        pool,
        name === 'defineAuthChallenge' ? 'CUSTOM_AUTH' : 'USER_PASSWORD_AUTH',
        good,
      )
    }
    return [
      [
        'UserLambdaValidationException',
        `${told} failed with error not today.`,
        name,
        () =>
          provoke(() => {
            throw new Error('not today')
          }),
      ],
      [
        'InvalidLambdaResponseException',
        'Unrecognizable lambda output',
        name,
        () => provoke(() => 'text' as never),
      ],
    ]
  }),
  [
    'UserLambdaValidationException',
    'CreateAuthChallenge failed with error not today.',
    'createAuthChallenge',
    async () => {
      const pool = await withAda({
        triggers: {
          defineAuthChallenge: (event) => {
            event.response.challengeName = 'CUSTOM_CHALLENGE'
            return event
          },
          createAuthChallenge: () => {
            throw new Error('not today')
          },
        },
      })
      return initiate(pool, 'CUSTOM_AUTH', ada)
    },
  ],

  // ---- What is not done here
  ...['AdminGetUser', 'ListUsers', 'CreateUserPool'].map((operation): Row => [
    'MissingAuthenticationTokenException',
    'Missing Authentication Token',
    `${operation}, unsigned`,
    async () => refusal(await withAda(), operation, {}),
  ]),
  [
    'UserPoolAddOnNotEnabledException',
    'User pool add-ons are not enabled for this pool.',
    'feedback',
    async () => {
      const pool = await withAda()
      return refusal(pool, 'UpdateAuthEventFeedback', {
        ...{ UserPoolId: pool.userPoolId, Username: 'ada', EventId: 'x' },
        ...{ FeedbackToken: 'x', FeedbackValue: 'Valid' },
      })
    },
  ],
  [
    'InvalidUserPoolConfigurationException',
    'Device tracking is not configured.',
    'ConfirmDevice',
    async () => asAda(await withAda(), 'ConfirmDevice', { DeviceKey: 'eu-west-1_0' }),
  ],
]

/** Ada's tokens, after something was done with them. */
const withTokens =
  (
    options: Options,
    use: (tokens: Tokens & { readonly pool: LocalPool }) => Promise<Refusal>,
  ): (() => Promise<Refusal>) =>
  async () => {
    const pool = await withAda(options)
    return use({ pool, ...(await signIn(pool, 'ada')) })
  }

const getUser = (pool: LocalPool, AccessToken: string): Promise<Refusal> =>
  refusal(pool, 'GetUser', { AccessToken })
const exchange = (pool: LocalPool, REFRESH_TOKEN: string): Promise<Refusal> =>
  initiate(pool, 'REFRESH_TOKEN_AUTH', { REFRESH_TOKEN })
const getTokens = (pool: LocalPool, RefreshToken: string, more: object = {}): Promise<Refusal> =>
  asClient(pool, 'GetTokensFromRefreshToken', { RefreshToken, ...more })
const rotating: Options = {
  client: { RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 } },
}
const month = 30 * 86_400_000

// ---- Tokens, of which test/local/jwt.test.ts looks at everything else
rows.push(
  [
    refused,
    'Refresh Token has expired',
    'a month later',
    withTokens({}, ({ pool, RefreshToken }) => {
      pool.clock.advance(month)
      return exchange(pool, RefreshToken)
    }),
  ],
  [
    refused,
    'Refresh Token has been revoked',
    'signed out everywhere',
    withTokens({}, async ({ pool, AccessToken, RefreshToken }) => {
      await output(pool, 'GlobalSignOut', { AccessToken })
      return exchange(pool, RefreshToken)
    }),
  ],
  [
    refused,
    '',
    'revoked by itself, and asked with the other operation',
    withTokens({}, async ({ pool, RefreshToken }) => {
      await output(pool, 'RevokeToken', { ClientId: pool.clientId, Token: RefreshToken })
      return getTokens(pool, RefreshToken)
    }),
  ],
  [refused, 'Invalid Refresh Token', 'of nobody', async () => exchange(await withAda(), 'a.b.c')],
  [
    refused,
    'Invalid Refresh Token.',
    'without the device',
    withTokens(tracked, ({ pool, RefreshToken }) => exchange(pool, RefreshToken)),
  ],
  [
    refused,
    'Refresh Token has different Client',
    'of another app client',
    withTokens({}, ({ pool, RefreshToken }) =>
      refusal(withClient(pool, { id: 'second' }), 'GetTokensFromRefreshToken', {
        ...{ ClientId: 'second', RefreshToken },
      }),
    ),
  ],
  [
    refused,
    'The user has been deleted for the associated refresh token',
    'after DeleteUser',
    withTokens({}, async ({ pool, AccessToken, RefreshToken }) => {
      await output(pool, 'DeleteUser', { AccessToken })
      return exchange(pool, RefreshToken)
    }),
  ],
  [
    refused,
    `Client ${client} is configured for secret but secret was not received`,
    'GetTokensFromRefreshToken',
    withTokens({}, ({ pool, RefreshToken }) =>
      getTokens(withClient(pool, { secret }), RefreshToken),
    ),
  ],
  [
    refused,
    `Unable to verify secret hash for client ${client}`,
    'GetTokensFromRefreshToken',
    withTokens({}, ({ pool, RefreshToken }) =>
      getTokens(withClient(pool, { secret }), RefreshToken, { ClientSecret: 'another' }),
    ),
  ],
  [
    refused,
    'Access Token has expired',
    'an hour later',
    withTokens({}, ({ pool, AccessToken }) => {
      pool.clock.advance(3_600_000)
      return getUser(pool, AccessToken)
    }),
  ],
  [
    refused,
    'Access Token has been revoked',
    'GlobalSignOut twice',
    withTokens({}, async ({ pool, AccessToken }) => {
      await output(pool, 'GlobalSignOut', { AccessToken })
      return refusal(pool, 'GlobalSignOut', { AccessToken })
    }),
  ],
  [
    refused,
    'Invalid Access Token',
    'the id token',
    withTokens({}, ({ pool, IdToken }) => getUser(pool, IdToken)),
  ],
  [
    refused,
    'Could not verify signature for Access Token',
    'another signature',
    withTokens({}, ({ pool, AccessToken }) =>
      getUser(pool, AccessToken.replace(/[^.]+$/, 'A'.repeat(342))),
    ),
  ],
  [
    refused,
    'Invalid access token.',
    'somebody new of the same name',
    withTokens({}, async ({ pool, AccessToken }) => {
      await output(pool, 'DeleteUser', { AccessToken })
      pool.users.create({ username: 'ada', password })
      return getUser(pool, AccessToken)
    }),
  ],
  [
    'UserNotFoundException',
    'User does not exist.',
    'after DeleteUser',
    withTokens({}, async ({ pool, AccessToken }) => {
      await output(pool, 'DeleteUser', { AccessToken })
      return getUser(pool, AccessToken)
    }),
  ],
  [
    'UnsupportedOperationException',
    'This API does not support refresh token rotation',
    'REFRESH_TOKEN_AUTH',
    withTokens(rotating, ({ pool, RefreshToken }) => exchange(pool, RefreshToken)),
  ],
  [
    'UnsupportedOperationException',
    'This feature is not enabled for this client',
    'RevokeToken',
    withTokens({ client: { EnableTokenRevocation: false } }, ({ pool, RefreshToken }) =>
      asClient(pool, 'RevokeToken', { Token: RefreshToken }),
    ),
  ],
  [
    'UnauthorizedException',
    'Invalid client or secret',
    'RevokeToken',
    withTokens({}, ({ pool, RefreshToken }) =>
      refusal(pool, 'RevokeToken', { ClientId: 'nobody', Token: RefreshToken }),
    ),
  ],
  [
    'UnsupportedTokenTypeException',
    'Wrong token type',
    'RevokeToken',
    withTokens({}, ({ pool, AccessToken }) =>
      asClient(pool, 'RevokeToken', { Token: AccessToken }),
    ),
  ],
  [
    'RefreshTokenReuseException',
    'Refresh token reuse detected',
    'GetTokensFromRefreshToken twice',
    withTokens(rotating, async ({ pool, RefreshToken }) => {
      await output(pool, 'GetTokensFromRefreshToken', { ClientId: pool.clientId, RefreshToken })
      return getTokens(pool, RefreshToken)
    }),
  ],
)

type Confirm = (code: string) => Promise<Reply>

describe('every sentence', () => {
  test.each(rows)('%s: %s (%s)', async (type, message, _, provoke) => {
    expect(await provoke()).toEqual({ status: 400, type, message })
  })

  test('two are not the fault of who asks, and say so by their status', async () => {
    const pool = await withAda()
    pool.faults.add({ kind: 'waf-block', times: 1 })
    expect(await initiate(pool, 'USER_PASSWORD_AUTH', good)).toEqual({
      ...{ status: 403, type: 'ForbiddenException' },
      message: 'Request not allowed due to WAF block.',
    })
    pool.faults.add({ kind: 'unavailable', times: 1 })
    expect(await initiate(pool, 'USER_PASSWORD_AUTH', good)).toMatchObject({
      ...{ status: 500, type: 'InternalErrorException' },
    })
  })
})

/** Everything that the service was seen to say, and after it why this pool never does. */
const said: Readonly<Record<string, readonly (string | RegExp | [RegExp, why: string])[]>> = {
  NotAuthorizedException: [
    'Incorrect username or password.',
    'User is disabled.',
    'Password attempts exceeded',
    'Temporary password has expired and must be reset by an administrator.',
    'Invalid session for the user.',
    'Invalid session for the user, session is expired.',
    'Invalid session for the user, session can only be used once.',
    /^Unable to verify secret hash for client \S+$/,
    /^Client \S+ is configured with secret but SECRET_HASH was not received$/,
    /^Client \S+ is configured for secret but secret was not received$/,
    'SignUp is not permitted for this user pool',
    'User cannot be confirmed. Current status is CONFIRMED',
    'User password cannot be reset in the current state.',
    'Contact administrator to reset password.',
    'A client attempted to write unauthorized attribute',
    'Refresh Token has expired',
    'Refresh Token has been revoked',
    'Invalid Refresh Token',
    'Invalid Refresh Token.',
    'Refresh Token has different Client',
    'The user has been deleted for the associated refresh token',
    '',
    'Access Token has expired',
    'Access Token has been revoked',
    'Invalid Access Token',
    'Could not verify signature for Access Token',
    [
      /^Access Token does not have required scopes$/,
      'all tokens of this pool have them; of one that has not, jwt.test.ts knows',
    ],
    'Invalid access token.',
  ],
  UserNotFoundException: ['User does not exist.', 'Username/client id combination not found.'],
  UserNotConfirmedException: ['User is not confirmed.'],
  PasswordResetRequiredException: ['Password reset required for the user'],
  UsernameExistsException: [
    'User already exists',
    'An account with the given email already exists.',
  ],
  AliasExistsException: [
    'An account with the email already exists.',
    'An account with the given email already exists.',
    'User account already exists for the alias.',
  ],
  InvalidPasswordException: [
    ...['did not conform with', 'does not conform to'].flatMap((verb) =>
      [
        'Password not long enough',
        ...['uppercase', 'lowercase', 'numeric', 'symbol'].map(
          (kind) => `Password must have ${kind} characters`,
        ),
      ].map((missing) => `Password ${verb} policy: ${missing}`),
    ),
    [/cannot be used for security reasons/, 'it has no list of passwords that have leaked'],
  ],
  PasswordHistoryPolicyViolationException: ['Password has previously been used'],
  CodeMismatchException: [
    'Invalid verification code provided, please try again.',
    'Invalid code or auth state for the user.',
    'Invalid code received for user',
    [/^Code mismatch$/, 'nobody has told on which occasion: each has one of the sentences above'],
  ],
  ExpiredCodeException: [
    'Invalid code provided, please request a code again.',
    'Your software token has already been used once.',
  ],
  EnableSoftwareTokenMFAException: ['Code mismatch and fail enable Software Token MFA'],
  SoftwareTokenMFANotFoundException: ['Software Token MFA has not been enabled by the userPool'],
  MFAMethodNotFoundException: [
    [/^/, 'no occasion is known: a choice that was not offered is an invalid parameter'],
  ],
  LimitExceededException: ['Attempt limit exceeded, please try after some time.'],
  TooManyFailedAttemptsException: [[/^/, 'the quota of the hour is used up before']],
  TooManyRequestsException: [
    'Rate exceeded',
    [/^Too many requests$/, 'a script of a test says it in the other words'],
  ],
  InvalidParameterException: [
    'Missing required parameter USERNAME',
    /^\w+ flow not enabled for this client$/,
    'USER_SRP_AUTH is not enabled for the client.',
    'Initiate Auth method not supported.',
    'User is already confirmed.',
    'Cannot reset password for the user as there is no registered/verified email or phone_number',
    'Invalid device key given.',
    'User has not verified software token mfa',
    'User does not have delivery config set to turn on SMS_MFA',
    [
      /delivery config set to turn on SOFTWARE_TOKEN_MFA/,
      'an app that is not verified is told so, and nothing is delivered to it',
    ],
    'Attributes did not conform to the schema: name.familyName: The attribute name.familyName is required',
    /^user\.custom:\w+: Attribute does not exist in the schema\.\n$/,
    /^user\.custom:\w+: Attribute cannot be updated\.\n$/,
    'Cannot modify the non-mutable attribute email_verified',
    'Username should be an email.',
    'Username should be a phone number.',
    'Username cannot be of email format, since user pool is configured for email alias.',
    'Invalid email address format.',
    'Invalid phone number format.',
  ],
  ResourceNotFoundException: [
    /^User pool client \S+ does not exist\.$/,
    /^User pool (?!client)\S+ does not exist\.$/,
    'Device does not exist.',
  ],
  CodeDeliveryFailureException: [[/^/, 'whatever is sent arrives in the outbox']],
  UserLambdaValidationException: [/^\w+ failed with error .+\.$/],
  UnexpectedLambdaException: [
    [
      /^/,
      'functions are called, not invoked over a network: what happens to one is its own failure',
    ],
  ],
  InvalidLambdaResponseException: ['Unrecognizable lambda output'],
  UnsupportedOperationException: [
    'This API does not support refresh token rotation',
    'This feature is not enabled for this client',
  ],
  UnauthorizedException: ['Invalid client or secret'],
  UnsupportedTokenTypeException: [/^/],
  RefreshTokenReuseException: ['Refresh token reuse detected'],
  InvalidUserPoolConfigurationException: [/^/],
  InvalidSmsRoleAccessPolicyException: [[/^/, 'no role is ever used']],
  InvalidSmsRoleTrustRelationshipException: [[/^/, 'no role is ever used']],
  InvalidEmailRoleAccessPolicyException: [[/^/, 'no role is ever used']],
  UserPoolAddOnNotEnabledException: [/^/],
  OperationNotEnabledException: [[/^/, 'a pool has one region']],
  ConcurrentModificationException: [[/^/, 'no operation waits in the middle of a change']],
}

describe('of all that the service was seen to say', () => {
  const sentences = Object.entries(said).flatMap(([type, texts]) =>
    texts.map((text) => [type, text] as const),
  )
  const isProvoked = (type: string, wanted: string | RegExp) =>
    rows.some(
      ([ours, message]) =>
        ours === type && (typeof wanted === 'string' ? message === wanted : wanted.test(message)),
    )

  test.each(sentences)('%s: %s', (type, wanted) => {
    // What is said to be out of reach must not be in reach.
    if (Array.isArray(wanted)) expect(isProvoked(type, wanted[0])).toBe(false)
    else expect(isProvoked(type, wanted)).toBe(true)
  })

  test('input that the model does not allow has its own sentences, further down', async () => {
    expect((await refusal(await newPool(), 'GetUser', {})).message).toMatch(
      /^1 validation error detected: /,
    )
  })
})

describe('the lock after wrong passwords', () => {
  // No time passes but what is made to.
  const noon = Date.UTC(2026, 8, 24, 12)
  const locked = 'Password attempts exceeded'
  const wrongly = async (pool: LocalPool) =>
    (await initiate(pool, 'USER_PASSWORD_AUTH', { ...ada, PASSWORD: other })).message
  const rightly = (pool: LocalPool) =>
    send(pool, 'InitiateAuth', {
      ...{ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client, AuthParameters: good },
    })
  const incorrect = 'Incorrect username or password.'
  const fail = async (pool: LocalPool, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) expect(await wrongly(pool)).toBe(incorrect)
  }

  test('four are free', async () => {
    const pool = await withAda({ now: () => noon })
    await fail(pool, 4)
    expect((await rightly(pool)).status).toBe(200)
    await fail(pool, 4)
    expect((await rightly(pool)).status).toBe(200)
  })

  test('from the fifth on the wait doubles, to a quarter of an hour', async () => {
    const pool = await withAda({ now: () => noon })
    await fail(pool, 4)
    for (const wait of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      await fail(pool, 1)
      pool.clock.advance(wait * 1000 - 1)
      // Neither the right one nor a wrong one is looked at, and a wrong one does not make it longer.
      expect(refusalOf(await rightly(pool)).message).toBe(locked)
      expect(await wrongly(pool)).toBe(locked)
      pool.clock.advance(1)
    }
    expect((await rightly(pool)).status).toBe(200)
    await fail(pool, 4)
  })

  test('a quarter of an hour without a try forgets all of them', async () => {
    const pool = await withAda({ now: () => noon })
    await fail(pool, 5)
    pool.clock.advance(1000 + 899_000)
    await fail(pool, 1)
    expect(await wrongly(pool)).toBe(locked)
    pool.clock.advance(2000 + 900_000)
    await fail(pool, 5)
    expect(await wrongly(pool)).toBe(locked)
  })

  test('proofs count as well, and ChangePassword does', async () => {
    const pool = await withAda({ now: () => noon })
    const { AccessToken } = await signIn(pool, 'ada')
    const prover = async (secret: string) => {
      const { responses } = await prove(pool, 'ada', secret)
      return refusalOf(await respond(pool, 'PASSWORD_VERIFIER', responses)).message
    }
    for (let i = 0; i < 4; i++) expect(await prover(other)).toBe(incorrect)
    const passwords = { PreviousPassword: other, ProposedPassword: other }
    const change = { AccessToken, ...passwords }
    expect((await refusal(pool, 'ChangePassword', change)).message).toBe(incorrect)
    expect(await prover(password)).toBe(locked)
    expect(refusalOf(await rightly(pool)).message).toBe(locked)
  })

  test('it can be switched off', async () => {
    const pool = await withAda({ limits: false, now: () => noon })
    await fail(pool, 12)
    expect((await rightly(pool)).status).toBe(200)
  })
})

describe('the limits of an hour', () => {
  const tooMany = {
    ...{ status: 400, type: 'LimitExceededException' },
    message: 'Attempt limit exceeded, please try after some time.',
  }
  const named = { ClientId: client, Username: 'ada' }
  const cases: [string, number, object][] = [
    ['ConfirmSignUp', 15, { ...named, ConfirmationCode: '0' }],
    ['ResendConfirmationCode', 5, named],
    ['ForgotPassword', 5, named],
    ['ConfirmForgotPassword', 15, { ...named, ConfirmationCode: '0', Password: other }],
    ['ChangePassword', 5, { PreviousPassword: password, ProposedPassword: password }],
    ['GetUserAttributeVerificationCode', 5, { AttributeName: 'email' }],
    ['VerifyUserAttribute', 15, { AttributeName: 'email', Code: '0' }],
  ]
  test.each(cases)('%s: %d', async (operation, most, input) => {
    for (const limits of [true, false]) {
      const pool = await withAda({
        limits,
        pool: { AutoVerifiedAttributes: ['email'] },
        client: { AccessTokenValidity: 24, TokenValidityUnits: { AccessToken: 'hours' } },
      })
      const { AccessToken } = await signIn(pool, 'ada')
      if (/SignUp|Resend/.test(operation)) pool.users.setStatus('ada', 'UNCONFIRMED')
      const ask = async () => {
        const isOurs = 'ClientId' in input
        const reply = await send(pool, operation, isOurs ? input : { AccessToken, ...input })
        return reply.status === 200 ? undefined : refusalOf(reply)
      }
      for (let i = 0; i < most; i++) expect((await ask())?.type).not.toBe(tooMany.type)
      const next = await ask()
      if (limits) expect(next).toEqual(tooMany)
      else expect(next?.type).not.toBe(tooMany.type)
      pool.clock.advance(3_600_000)
      expect((await ask())?.type).not.toBe(tooMany.type)
    }
  })
})

describe('what counts against the limits of an hour', () => {
  const named = { ClientId: client, Username: 'ada' }
  const limit = 'LimitExceededException'
  const notOurs = { Username: 'ada', SecretHash: hashOf('wrong', 'ada', client) }
  const codes: [string, UserStatus, object][] = [
    ['ConfirmSignUp', 'UNCONFIRMED', { ConfirmationCode: '0' }],
    ['ConfirmForgotPassword', 'CONFIRMED', { ConfirmationCode: '0', Password: other }],
  ]
  const sending: [string, UserStatus, object][] = [
    ['ResendConfirmationCode', 'UNCONFIRMED', {}],
    ['ForgotPassword', 'CONFIRMED', {}],
  ]
  const within = async (status: UserStatus) => {
    const pool = await withAda({ pool: { AutoVerifiedAttributes: ['email'] } })
    pool.users.setStatus('ada', status)
    return pool
  }
  const typeOf = async (pool: LocalPool, operation: string, input: object) =>
    (await send(pool, operation, { ...named, ...input })).body['__type']

  test.each(codes)('wrong codes of %s do', async (operation, status, input) => {
    const pool = await within(status)
    const sender = status === 'CONFIRMED' ? 'ForgotPassword' : 'ResendConfirmationCode'
    await output(pool, sender, named)
    for (let i = 0; i < 15; i++)
      expect(await typeOf(pool, operation, input)).toBe('CodeMismatchException')
    // The right one comes too late.
    const right = { ...input, ConfirmationCode: pool.outbox.last()!.code }
    expect(await typeOf(pool, operation, right)).toBe(limit)
  })

  test.each([...codes, ...sending])(
    'calls of %s with a wrong hash of the secret do not',
    async (operation, status, input) => {
      const pool = withClient(await within(status), { secret: 'secret' })
      for (let i = 0; i < 16; i++)
        expect(await typeOf(pool, operation, { ...input, ...notOurs })).toBe(refused)
      const SecretHash = hashOf('secret', 'ada', client)
      expect(await typeOf(pool, operation, { ...input, SecretHash })).not.toBe(limit)
    },
  )

  test.each([
    ['ConfirmSignUp', 'CONFIRMED', 'UNCONFIRMED', { ConfirmationCode: '0' }],
    ['ResendConfirmationCode', 'CONFIRMED', 'UNCONFIRMED', {}],
    ['ForgotPassword', 'FORCE_CHANGE_PASSWORD', 'CONFIRMED', {}],
  ] as const)(
    'calls of %s do not that an account as it is has nothing of',
    async (operation, before, after, input) => {
      const pool = await within(before)
      for (let i = 0; i < 16; i++) {
        const type = await typeOf(pool, operation, input)
        expect([refused, invalid]).toContain(type)
      }
      pool.users.setStatus('ada', after)
      expect(await typeOf(pool, operation, input)).not.toBe(limit)
    },
  )

  test('what is refused for them does not: nobody is kept out by asking on and on', async () => {
    const pool = await within('CONFIRMED')
    for (let i = 0; i < 5; i++) await output(pool, 'ForgotPassword', named)
    pool.clock.advance(3_500_000)
    const size = pool.snapshot().length
    for (let i = 0; i < 20; i++) expect(await typeOf(pool, 'ForgotPassword', {})).toBe(limit)
    expect(pool.snapshot()).toHaveLength(size)
    pool.clock.advance(100_000)
    await output(pool, 'ForgotPassword', named)
  })
})

describe('who exists stays hidden', () => {
  const hiding: Options = {
    ...passwordless,
    client: { PreventUserExistenceErrors: 'ENABLED' },
    triggers: {
      defineAuthChallenge: (event) => {
        event.response.challengeName = 'CUSTOM_CHALLENGE'
        return event
      },
      createAuthChallenge: (event) => {
        event.response.publicChallengeParameters = { question: 'x' }
        return event
      },
    },
  }
  /** Nina is there; noel, whose name is as long, is not. */
  const withNina = async (options: Options = hiding): Promise<LocalPool> => {
    const pool = await newPool(options)
    const attributes = {
      ...{ email: 'nina@nina', email_verified: 'true' },
      ...{ phone_number: '+15550001234', phone_number_verified: 'true' },
    }
    pool.users.create({ username: 'nina', password, attributes })
    return pool
  }
  /** An answer with everything out of it that differs between any two answers. */
  const shapeOf = ({ status, text }: Reply, name: string): string =>
    `${status} ` +
    text
      .replaceAll(name, 'NAME')
      .replace(/"SALT":"[1-9a-f][\da-f]{26,31}"/, '"SALT":"…"')
      .replace(/"SRP_B":"[1-9a-f][\da-f]{760,767}"/, '"SRP_B":"…"')
      .replace(/"SECRET_BLOCK":"[\w+/]{1340}"/, '"SECRET_BLOCK":"…"')
      .replace(/"Session":"AYABe[\w-]{820}"/, '"Session":"…"')
      .replace(/\+\*{7}\d{4}/, '+*******0000')

  const starts: [string, Readonly<Record<string, string>>][] = [
    ['USER_PASSWORD_AUTH', { PASSWORD: other }],
    ['USER_SRP_AUTH', { SRP_A: 'aa' }],
    ['CUSTOM_AUTH', {}],
    ['USER_AUTH', {}],
    ['USER_AUTH', { PREFERRED_CHALLENGE: 'EMAIL_OTP' }],
    ['USER_AUTH', { PREFERRED_CHALLENGE: 'SMS_OTP' }],
    ['USER_AUTH', { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: other }],
    ['USER_AUTH', { PREFERRED_CHALLENGE: 'PASSWORD_SRP', SRP_A: 'aa' }],
    ['USER_AUTH', { PREFERRED_CHALLENGE: 'WEB_AUTHN' }],
  ]
  const wrong: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    EMAIL_OTP: { EMAIL_OTP_CODE: '0' },
    SMS_OTP: { SMS_OTP_CODE: '0' },
    SELECT_CHALLENGE: { ANSWER: 'PASSWORD', PASSWORD: other },
    CUSTOM_CHALLENGE: { ANSWER: '1' },
    PASSWORD_VERIFIER: {
      PASSWORD_CLAIM_SIGNATURE: randomBytes(32).toString('base64'),
      TIMESTAMP: 'Thu Sep 24 13:50:15 UTC 2026',
    },
  }
  test.each(starts)('%s %j, and a wrong answer, twice', async (AuthFlow, more) => {
    const pool = await withNina()
    const told = async (USERNAME: string): Promise<string[]> => {
      const reply = await send(pool, 'InitiateAuth', {
        ...{ AuthFlow, ClientId: client, AuthParameters: { USERNAME, ...more } },
      })
      const shapes = [shapeOf(reply, USERNAME)]
      const { ChallengeName, ChallengeParameters, Session } = reply.body as {
        ChallengeName?: string
        ChallengeParameters?: Record<string, string>
        Session?: string
      }
      if (ChallengeName === undefined) return shapes
      const { SECRET_BLOCK = '' } = ChallengeParameters!
      const block = SECRET_BLOCK ? { PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK } : {}
      for (const answer of [{}, wrong[ChallengeName]!, wrong[ChallengeName]!]) {
        const responses = { USERNAME, ...block, ...answer }
        shapes.push(shapeOf(await respond(pool, ChallengeName, responses, Session), USERNAME))
      }
      return shapes
    }
    expect(await told('noel')).toEqual(await told('nina'))
  })

  test.each([
    ['ForgotPassword', {}, 'CONFIRMED'],
    ['ResendConfirmationCode', {}, 'UNCONFIRMED'],
    ['ConfirmSignUp', { ConfirmationCode: '0' }, 'UNCONFIRMED'],
    ['ConfirmForgotPassword', { ConfirmationCode: '0', Password: other }, 'CONFIRMED'],
  ] as const)('%s', async (operation, input, status) => {
    const pool = await withNina({
      ...hiding,
      pool: { ...hiding.pool, AutoVerifiedAttributes: ['email'] },
    })
    pool.users.setStatus('nina', status)
    const told = async (Username: string) =>
      shapeOf(await send(pool, operation, { ClientId: client, Username, ...input }), Username)
    expect(await told('noel')).toBe(await told('nina'))
  })

  const challengeOf = async (pool: LocalPool, username: string) => {
    const step = await begin(pool, username, { SRP_A: 'aa' }, 'USER_SRP_AUTH')
    return step['ChallengeParameters'] as Record<string, string>
  }

  test("nobody's salt stays, and every name has its own; all else is new", async () => {
    const pool = await withNina()
    const [first, again] = [await challengeOf(pool, 'noel'), await challengeOf(pool, 'noel')]
    const elsewhere = withClient(pool, {})
    expect(again['SALT']).toBe(first['SALT'])
    expect((await challengeOf(elsewhere, 'noel'))['SALT']).toBe(first['SALT'])
    expect((await challengeOf(pool, 'noah'))['SALT']).not.toBe(first['SALT'])
    expect(again['SRP_B']).not.toBe(first['SRP_B'])
    expect(again['SECRET_BLOCK']).not.toBe(first['SECRET_BLOCK'])
    const strange = await challengeOf(await withNina(), 'noel')
    expect(Object.keys(strange).sort()).toEqual(Object.keys(first).sort())
    expect(first).toMatchObject({ USERNAME: 'noel', USER_ID_FOR_SRP: 'noel' })
  })

  test('no salt begins with a zero: numbers never do', async () => {
    const pool = await withNina()
    for (let i = 0; i < 60; i++)
      expect((await challengeOf(pool, `nobody${i}`))['SALT']).toMatch(/^[1-9a-f]/)
  })

  test.each([
    ['names', { UsernameAttributes: ['email'] }],
    ['aliases', { AliasAttributes: ['email'] }],
  ] as const)(
    'where addresses are %s, somebody else is behind them, always the same',
    async (_, settings) => {
      const pool = await withNina({ ...hiding, pool: { ...hiding.pool, ...settings } })
      const typed = 'noel@example.com'
      const { USER_ID_FOR_SRP: name, SECRET_BLOCK, USERNAME } = await challengeOf(pool, typed)
      expect(name).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      expect(USERNAME).toBe(name)
      expect((await challengeOf(pool, typed))['USER_ID_FOR_SRP']).toBe(name)
      // Either name may come back.
      for (const back of [typed, name!]) {
        const block = { PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK! }
        const responses = { USERNAME: back, ...block, ...wrong['PASSWORD_VERIFIER'] }
        expect(refusalOf(await respond(pool, 'PASSWORD_VERIFIER', responses)).message).toBe(
          'Incorrect username or password.',
        )
      }
    },
  )

  test.each(starts)('LEGACY tells: %s %j', async (AuthFlow, more) => {
    const pool = await withNina({ ...hiding, client: { PreventUserExistenceErrors: 'LEGACY' } })
    expect(await initiate(pool, AuthFlow, { USERNAME: 'noel', ...more })).toEqual({
      ...{ status: 400, type: 'UserNotFoundException', message: 'User does not exist.' },
    })
  })

  test('a proof that would be right for the verifier of nobody gets nobody in', async () => {
    const pool = await withNina()
    const { responses } = await prove(pool, 'noel')
    expect(refusalOf(await respond(pool, 'PASSWORD_VERIFIER', responses)).type).toBe(refused)
  })
})

describe('input that the model does not allow', () => {
  const detected = (count: number, ...found: string[]): string =>
    `${count} validation error${count > 1 ? 's' : ''} detected: ${found.join('; ')}`
  const must = (at: string, constraint: string, shown = 'Value'): string =>
    `${shown} at '${at}' failed to satisfy constraint: Member must ${constraint}`
  const named = { ClientId: client, Username: 'ada' }
  const long = (length: number): string => 'x'.repeat(length)
  const cases: [string, object, string][] = [
    [
      'ConfirmSignUp',
      { ...named, ConfirmationCode: '1 2' },
      detected(1, must('confirmationCode', 'satisfy regular expression pattern: [\\S]+')),
    ],
    [
      'ConfirmSignUp',
      { ...named, ConfirmationCode: '' },
      detected(
        2,
        must('confirmationCode', 'have length greater than or equal to 1'),
        must('confirmationCode', 'satisfy regular expression pattern: [\\S]+'),
      ),
    ],
    ['ConfirmSignUp', named, detected(1, must('confirmationCode', 'not be null', 'Value null'))],
    [
      'SignUp',
      { ClientId: 'no id', Username: long(129) },
      detected(
        2,
        must('clientId', 'satisfy regular expression pattern: [\\w+]+'),
        must('username', 'have length less than or equal to 128'),
      ),
    ],
    [
      'SignUp',
      { ...named, Password: long(257) },
      detected(1, must('password', 'have length less than or equal to 256')),
    ],
    [
      'SignUp',
      { ...named, Password: ' Correct-Horse7' },
      detected(1, must('password', 'satisfy regular expression pattern: [\\S]+')),
    ],
    [
      'SignUp',
      { ...named, Password: password, UserAttributes: [{ Name: long(33) }, { Value: long(2049) }] },
      detected(
        3,
        must('userAttributes.1.member.name', 'have length less than or equal to 32'),
        must('userAttributes.2.member.name', 'not be null', 'Value null'),
        must('userAttributes.2.member.value', 'have length less than or equal to 2048'),
      ),
    ],
    [
      'RespondToAuthChallenge',
      { ClientId: client, ChallengeName: 'SMS_MFA', Session: 'short', ChallengeResponses: ada },
      detected(1, must('session', 'have length greater than or equal to 20')),
    ],
    [
      'RespondToAuthChallenge',
      { ClientId: client, ChallengeName: 'SMS_MFA', Session: long(2049), ChallengeResponses: ada },
      detected(1, must('session', 'have length less than or equal to 2048')),
    ],
    [
      'VerifySoftwareToken',
      { AccessToken: 'x', UserCode: '1234567' },
      detected(1, must('userCode', 'have length less than or equal to 6')),
    ],
    [
      'GetUser',
      { AccessToken: 'no token' },
      detected(1, must('accessToken', 'satisfy regular expression pattern: [A-Za-z0-9-_=.]+')),
    ],
    [
      'GetDevice',
      { AccessToken: 'x', DeviceKey: long(56) },
      detected(
        2,
        must('deviceKey', 'have length less than or equal to 55'),
        must('deviceKey', 'satisfy regular expression pattern: [\\w-]+_[0-9a-f-]+'),
      ),
    ],
    [
      'ListDevices',
      { AccessToken: 'x', Limit: 61 },
      detected(1, must('limit', 'have value less than or equal to 60', "Value '61'")),
    ],
    [
      'ListWebAuthnCredentials',
      { AccessToken: 'x', MaxResults: 21 },
      detected(1, must('maxResults', 'have value less than or equal to 20', "Value '21'")),
    ],
    [
      'UpdateDeviceStatus',
      { AccessToken: 'x', DeviceKey: 'a_0', DeviceRememberedStatus: 'x' },
      detected(
        1,
        must(
          'deviceRememberedStatus',
          'satisfy enum value set: [remembered, not_remembered]',
          "Value 'x'",
        ),
      ),
    ],
    [
      'GetTokensFromRefreshToken',
      { ClientId: client, RefreshToken: 'x', ClientSecret: long(65) },
      detected(1, must('clientSecret', 'have length less than or equal to 64')),
    ],
  ]
  test.each(cases)('%s %j', async (operation, input, message) => {
    expect(await refusal(await newPool(), operation, input)).toEqual({
      ...{ status: 400, type: invalid, message },
    })
  })

  test('a password may have spaces inside', async () => {
    const pool = await newPool()
    const Password = 'correct Horse 7 battery'
    await output(pool, 'SignUp', { ClientId: client, Username: 'ada', Password })
    pool.users.confirm('ada')
    tokensOf(await begin(pool, 'ada', { PASSWORD: Password }))
  })

  test('what is no input at all, and operations that nobody knows', async () => {
    const pool = await newPool()
    for (const body of ['', '{', '[]', 'null', '"text"'])
      expect(await refusal(pool, 'GetUser', body)).toMatchObject({
        ...{ status: 400, type: 'SerializationException' },
      })
    for (const operation of ['MadeUp', '', 'constructor', '__proto__', 'toString'])
      expect(await refusal(pool, operation, {})).toMatchObject({
        ...{ status: 400, type: 'UnknownOperationException' },
      })
  })
})

describe('over HTTP', () => {
  let pool: LocalPool
  let listening: Listening
  beforeAll(async () => {
    pool = await withAda({
      pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: false } },
    })
    listening = await listen(pool)
  })
  afterAll(() => listening.close())

  const post = (operation: string, input: object, more: Readonly<Record<string, string>> = {}) =>
    fetch(listening.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        'cache-control': 'no-store',
        ...more,
      },
      body: JSON.stringify(input),
    })
  const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
  const exposed = 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date'

  test('a refusal, to the byte', async () => {
    const response = await post('InitiateAuth', {
      ...{ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client },
      AuthParameters: { ...ada, PASSWORD: other },
    })
    const text = await response.text()
    expect(text).toBe(
      '{"__type":"NotAuthorizedException","message":"Incorrect username or password."}',
    )
    expect(text).toHaveLength(79)
    const { headers } = response
    expect(response.status).toBe(400)
    expect(headers.get('x-amzn-requestid')).toMatch(uuid)
    expect(headers.get('x-amzn-errortype')).toBe('NotAuthorizedException:')
    expect(headers.get('x-amzn-errormessage')).toBe('Incorrect username or password.')
    expect(headers.get('content-type')).toBe('application/x-amz-json-1.1')
    expect(headers.get('content-length')).toBe('79')
    expect(Date.parse(headers.get('date')!)).toBeGreaterThan(Date.now() - 60_000)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toBe(exposed)
  })

  test('a success', async () => {
    const response = await post('InitiateAuth', {
      ...{ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client, AuthParameters: good },
    })
    const { headers } = response
    const body = (await response.json()) as Readonly<Record<string, unknown>>
    expect(Object.keys(body).sort()).toEqual(['AuthenticationResult', 'ChallengeParameters'])
    expect(body['ChallengeParameters']).toEqual({})
    expect(response.status).toBe(200)
    expect(headers.get('x-amzn-requestid')).toMatch(uuid)
    expect(headers.get('content-type')).toBe('application/x-amz-json-1.1')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toBe(exposed)
    for (const name of ['x-amzn-errortype', 'x-amzn-errormessage', 'set-cookie'])
      expect(headers.get(name)).toBeNull()
  })

  test('a preflight allows whatever was asked for, for two days', async () => {
    const asked = 'cache-control,content-type,x-amz-target,x-amz-user-agent,aws-waf-token'
    const response = await fetch(listening.endpoint, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
        'access-control-request-headers': asked,
      },
    })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    const { headers } = response
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-headers')).toBe(asked)
    expect(headers.get('access-control-allow-methods')).toContain('POST')
    expect(headers.get('access-control-max-age')).toBe('172800')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    // Nobody asked for an operation.
    expect(pool.requests.every(({ operation }) => operation !== '')).toBe(true)
  })

  test('an Authorization header is ignored', async () => {
    for (const authorization of ['Bearer x', 'AWS4-HMAC-SHA256 Credential=x', '']) {
      const response = await post(
        'ForgotPassword',
        { ClientId: client, Username: 'ada' },
        { authorization },
      )
      expect(response.status).toBe(200)
    }
  })

  test('line breaks of a message stay out of the header', async () => {
    const { AccessToken } = await signIn(pool, 'ada')
    const response = await post('UpdateUserAttributes', {
      ...{ AccessToken, ...attribute('custom:x', 'y') },
    })
    expect(response.headers.get('x-amzn-errormessage')).toBe(
      'user.custom:x: Attribute does not exist in the schema.',
    )
    expect(((await response.json()) as { message: string }).message).toMatch(/\.\n$/)
  })

  test('two operations answer with nothing, the others with {}', async () => {
    const { AccessToken, RefreshToken, NewDeviceMetadata } = await signIn(pool, 'ada')
    const { DeviceKey } = NewDeviceMetadata!
    const { verifier: DeviceSecretVerifierConfig } = await newDevice({
      ...{ metadata: NewDeviceMetadata!, secret: randomBytes(40), salt: randomBytes(16) },
    })
    await post('ConfirmDevice', { AccessToken, DeviceKey, DeviceSecretVerifierConfig })
    const empty: [string, object][] = [
      ['UpdateDeviceStatus', { DeviceKey, DeviceRememberedStatus: 'remembered' }],
      ['SetUserMFAPreference', {}],
      ['SetUserSettings', { MFAOptions: [] }],
      ['UpdateUserAttributes', attribute('nickname', 'x')],
      ['DeleteUserAttributes', { UserAttributeNames: ['nickname'] }],
      ['ChangePassword', { PreviousPassword: password, ProposedPassword: password }],
    ]
    for (const [operation, input] of empty)
      expect(await (await post(operation, { AccessToken, ...input })).text(), operation).toBe('{}')
    for (const operation of ['ForgetDevice', 'DeleteUser']) {
      const response = await post(operation, { AccessToken, DeviceKey })
      expect([response.status, await response.text()], operation).toEqual([200, ''])
      expect(response.headers.get('content-length')).toBe('0')
      if (operation === 'ForgetDevice') continue
      const revoked = await post('RevokeToken', { ClientId: client, Token: RefreshToken })
      expect(await revoked.text()).toBe('{}')
    }
    pool.users.create({ username: 'ada', password, attributes: email })
    const again = await signIn(pool, 'ada')
    const everywhere = await post('GlobalSignOut', { AccessToken: again.AccessToken })
    expect(await everywhere.text()).toBe('{}')
  })

  test('trouble of the service can be read by a page; that of a firewall cannot', async () => {
    const ask = async (
      kind: 'throttle' | 'unavailable' | 'waf-block' | 'waf-challenge' | 'waf-captcha',
    ) => {
      pool.faults.add({ kind, times: 1 })
      const { status, headers } = await post('ForgotPassword', { ClientId: client, Username: 'x' })
      return [status, headers.get('access-control-allow-origin')]
    }
    expect(await ask('throttle')).toEqual([400, '*'])
    expect(await ask('unavailable')).toEqual([500, '*'])
    expect(await ask('waf-block')).toEqual([403, '*'])
    expect(await ask('waf-challenge')).toEqual([202, null])
    expect(await ask('waf-captcha')).toEqual([405, null])
  })

  test('other ways in are shut', async () => {
    const status = async (path: string, method: string) =>
      (await fetch(new URL(path, listening.endpoint), { method })).status
    expect(await status('/other', 'POST')).toBe(404)
    expect(await status('/', 'GET')).toBe(404)
    expect(await status('/', 'PUT')).toBe(404)
    expect(await status('/', 'DELETE')).toBe(404)
    await expect(listen(pool, { host: '0.0.0.0' })).rejects.toThrow(TypeError)
  })

  test('a caller that goes away in the middle does no harm', async () => {
    const gone = new AbortController()
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"ClientId":'))
        setTimeout(() => {
          gone.abort()
        }, 50)
      },
    })
    const init = { method: 'POST', body, duplex: 'half', signal: gone.signal }
    await expect(fetch(listening.endpoint, init as RequestInit)).rejects.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const response = await post('ForgotPassword', { ClientId: client, Username: 'nobody' })
    expect(response.status).toBe(400)
  })

  test('a body without an end is not read to its end', async () => {
    const response = await fetch(listening.endpoint, {
      ...{ method: 'POST', body: 'x'.repeat(2_000_000) },
    }).catch(() => undefined)
    expect(response?.status ?? 413).toBe(413)
  })
})

test.each([0n, N, 2n * N])(
  'a key of SRP that gives the secret away lets nobody in (%#)',
  async (A) => {
    const pool = await withAda()
    const step = await begin(pool, 'ada', { SRP_A: A.toString(16) }, 'USER_SRP_AUTH')
    const given = step['ChallengeParameters'] as Record<string, string>
    // With such a key everybody knows S: it is nought.
    const key = sessionKey(0n, scrambler(A, BigInt(`0x${given['SRP_B']!}`)))
    const now = new Date(pool.clock.now()).toUTCString()
    const [, weekday, day, month, year, time] = /^(\w+), 0?(\d+) (\w+) (\d+) (\S+)/.exec(now) ?? []
    const TIMESTAMP = `${weekday} ${month} ${day} ${time} UTC ${year}`
    const signature = createHmac('sha256', key)
      .update(`${pool.userPoolId.split('_')[1]!}ada`)
      .update(Buffer.from(given['SECRET_BLOCK']!, 'base64'))
      .update(TIMESTAMP)
    const refusal = await answered(
      { pool, name: 'PASSWORD_VERIFIER' },
      {
        PASSWORD_CLAIM_SECRET_BLOCK: given['SECRET_BLOCK']!,
        PASSWORD_CLAIM_SIGNATURE: signature.digest('base64'),
        TIMESTAMP,
      },
    )
    expect(refusal.message).toBe('Incorrect username or password.')
  },
)

test('keys of SRP in any spelling are taken', async () => {
  const pool = await withAda()
  const { publicKey } = await createKeyPair(randomBytes(128))
  for (const SRP_A of ['2', '0', publicKey.toUpperCase(), `00${publicKey}`]) {
    const step = await begin(pool, 'ada', { SRP_A }, 'USER_SRP_AUTH')
    expect(step['ChallengeName']).toBe('PASSWORD_VERIFIER')
    expect(step).not.toHaveProperty('Session')
  }
})
