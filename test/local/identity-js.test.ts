/* eslint-disable @typescript-eslint/no-deprecated -- all of the package is, and apps have it all the same */
import { createRequire } from 'node:module'
import type * as IdentityJs from 'amazon-cognito-identity-js'
import { describe, expect, test, vi } from 'vitest'
import {
  MemoryStorage,
  another,
  appCode,
  codeSent,
  log,
  logOf,
  openPool,
  password,
  questioning,
  verified,
  wrong,
  wrongCredentials,
  wrongPassword,
} from './clients.ts'
import type { OpenPool, PoolOptions } from './clients.ts'

// amazon-cognito-identity-js as it comes from npm, over HTTP, all of it its own code: nothing of it is
// replaced, and nothing of the network.

const {
  AuthenticationDetails,
  CognitoRefreshToken,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
} = createRequire(import.meta.url)('amazon-cognito-identity-js') as typeof IdentityJs

type User = IdentityJs.CognitoUser
type Session = IdentityJs.CognitoUserSession
type Callbacks = Required<IdentityJs.IAuthenticationCallback>

/** Where a sign-in stands. */
interface Step {
  readonly step: string
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly session?: Session
  /** Whether the person is to be asked about the device. */
  readonly asks?: boolean
}

const parametersOf = (given: unknown) => given as Readonly<Record<string, unknown>>

/** One step of a sign-in as a promise. */
const step = (begin: (callbacks: Callbacks) => void): Promise<Step> =>
  new Promise((resolve, reject) => {
    const pose = (name: string, parameters: unknown) => {
      resolve({ step: name, parameters: parametersOf(parameters) })
    }
    begin({
      onSuccess: (session, asks = false) => {
        resolve({ step: 'DONE', session, asks })
      },
      onFailure: (error: Error) => {
        reject(error)
      },
      newPasswordRequired: (userAttributes: unknown, requiredAttributes: unknown) => {
        pose('NEW_PASSWORD_REQUIRED', { userAttributes, requiredAttributes })
      },
      customChallenge: (parameters: unknown) => {
        pose('CUSTOM_CHALLENGE', parameters)
      },
      mfaRequired: pose,
      totpRequired: pose,
      mfaSetup: pose,
      selectMFAType: pose,
    })
  })

/** A call with two callbacks as a promise. */
const told = <Value>(
  begin: (callbacks: { onSuccess(value: Value): void; onFailure(error: Error): void }) => void,
): Promise<Value> =>
  new Promise((onSuccess, onFailure) => {
    begin({ onSuccess, onFailure })
  })

/** A call with one callback as a promise. */
const called = <Value>(
  begin: (callback: (error?: Error | null, value?: Value) => void) => void,
): Promise<Value> =>
  new Promise((resolve, reject) => {
    begin((error, value) => {
      if (error) reject(error)
      else resolve(value as Value)
    })
  })

interface App extends OpenPool {
  readonly storage: MemoryStorage
  readonly userPool: IdentityJs.CognitoUserPool
  /** A person in front of the app, who has not said more than a name. */
  readonly someone: (name?: string) => User
  /** Begins to sign in as somebody new in front of the app. */
  readonly signIn: (secret?: string, options?: { name?: string; flow?: string }) => SignIn
}

interface SignIn {
  readonly user: User
  readonly first: Promise<Step>
}

async function openApp(options: PoolOptions = {}): Promise<App> {
  const open = await openPool(options)
  const storage = new MemoryStorage()
  const userPool = new CognitoUserPool({
    UserPoolId: open.pool.userPoolId,
    ClientId: open.pool.clientId,
    endpoint: open.endpoint,
    Storage: storage,
  })
  const someone = (name = 'ada') =>
    new CognitoUser({ Username: name, Pool: userPool, Storage: storage })
  return {
    ...open,
    storage,
    userPool,
    someone,
    signIn(secret = password, { name = 'ada', flow } = {}) {
      const somebody = someone(name)
      if (flow) somebody.setAuthenticationFlowType(flow)
      const details = new AuthenticationDetails({ Username: name, Password: secret })
      const first = step((callbacks) => {
        somebody.authenticateUser(details, callbacks)
      })
      return { user: somebody, first }
    },
  }
}

/** An app in front of which Ada has signed in. */
async function signedIn(options: PoolOptions = {}, attributes: Record<string, string> = {}) {
  const app = await openApp(options)
  app.pool.users.create({ username: 'ada', password, attributes })
  const { user, first } = app.signIn()
  const { session } = await first
  return { ...app, user, session: session! }
}

/** Exchanges the refresh token. The client tries for six seconds if it is refused; nobody waits here. */
async function renew(user: User, token: IdentityJs.CognitoRefreshToken): Promise<Session> {
  const { setTimeout } = globalThis
  const hurry = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((
    then: (...more: unknown[]) => void,
    delay: number,
    ...more: unknown[]
  ) =>
    // What comes with more than a delay is the network's.
    setTimeout(then, more.length ? delay : 0, ...more)) as typeof setTimeout)
  try {
    return await called((callback) => {
      user.refreshSession(token, callback)
    })
  } finally {
    hurry.mockRestore()
  }
}

const tokensOf = (session: Session | null | undefined) => ({
  id: session!.getIdToken().getJwtToken(),
  access: session!.getAccessToken().getJwtToken(),
})

const answerMfa = (user: User, code: string, kind?: string): Promise<Step> =>
  step((callbacks) => {
    user.sendMFACode(code, callbacks, kind)
  })

const answerCustom = (user: User, answer: string): Promise<Step> =>
  step((callbacks) => {
    user.sendCustomChallengeAnswer(answer, callbacks)
  })

const secretFor = (user: User): Promise<string> =>
  new Promise((associateSecretCode, onFailure) => {
    user.associateSoftwareToken({ associateSecretCode, onFailure })
  })

const verifyApp = (user: User, code: string): Promise<Session> =>
  told((callbacks) => {
    user.verifySoftwareToken(code, "Ada's telephone", callbacks)
  })

const attributesOf = async (user: User): Promise<Record<string, string>> => {
  const list = await called<IdentityJs.CognitoUserAttribute[]>((callback) => {
    user.getUserAttributes(callback)
  })
  return Object.fromEntries(list.map((one) => [one.getName(), one.getValue()]))
}

const bothMfas = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA'] as const
const email = 'ada@example.com'
const phone_number = '+441234567890'

describe('a password', () => {
  test('is proved by SRP: the tokens are good and say who it is', async () => {
    const app = await openApp()
    const person = app.pool.users.create({
      ...{ username: 'ada', password, groups: ['poets'] },
      attributes: { email, email_verified: 'true' },
    })
    const { session } = await app.signIn().first
    const { id, access } = await verified(app, tokensOf(session))
    expect(id).toMatchObject({
      ...{ sub: person.sub, 'cognito:username': 'ada', 'cognito:groups': ['poets'] },
      ...{ email, email_verified: true, aud: app.pool.clientId },
    })
    expect(access).toMatchObject({ username: 'ada', client_id: app.pool.clientId })
    expect(access).not.toHaveProperty('email')
    expect(session!.isValid()).toBe(true)
    expect(log(app.pool)).toEqual(['InitiateAuth', 'RespondToAuthChallenge'])
  })

  test('that is wrong is refused, and nothing is kept', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password })
    await expect(app.signIn(wrongPassword).first).rejects.toMatchObject(wrongCredentials)
    expect(app.storage.entries.size).toBe(0)
    expect(log(app.pool)).toEqual(['InitiateAuth', 'RespondToAuthChallenge NotAuthorizedException'])
  })

  test('of somebody who is addressed by e-mail is hashed with the subject', async () => {
    const app = await openApp({ pool: { UsernameAttributes: ['email'] } })
    const { sub } = app.pool.users.create({ username: email, password })
    const { user, first } = app.signIn(password, { name: email })
    const { id } = await verified(app, tokensOf((await first).session))
    expect(id).toMatchObject({ sub, 'cognito:username': sub, email })
    expect(user.getUsername()).toBe(sub)
    await expect(app.signIn(wrongPassword, { name: email }).first).rejects.toMatchObject(
      wrongCredentials,
    )
  })

  test.each([
    ['LEGACY', { name: 'UserNotFoundException', message: 'User does not exist.' }],
    ['ENABLED', wrongCredentials],
  ] as const)('of nobody is refused, hiding that: %s', async (hiding, refusal) => {
    const app = await openApp({ client: { PreventUserExistenceErrors: hiding } })
    await expect(app.signIn().first).rejects.toMatchObject(refusal)
    await expect(app.signIn(password, { flow: 'USER_PASSWORD_AUTH' }).first).rejects.toMatchObject(
      refusal,
    )
  })

  test('is taken in the clear too, and refused where it is wrong', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password })
    const flow = 'USER_PASSWORD_AUTH'
    const { session } = await app.signIn(password, { flow }).first
    await verified(app, tokensOf(session))
    await expect(app.signIn(wrongPassword, { flow }).first).rejects.toMatchObject(wrongCredentials)
    expect(log(app.pool)).toEqual(['InitiateAuth', 'InitiateAuth NotAuthorizedException'])
  })

  test('is not asked of somebody who has not confirmed the account, or is disabled', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password, status: 'UNCONFIRMED' })
    await expect(app.signIn().first).rejects.toMatchObject({ name: 'UserNotConfirmedException' })
    app.pool.users.confirm('ada')
    app.pool.users.disable('ada')
    await expect(app.signIn().first).rejects.toMatchObject({ message: 'User is disabled.' })
    app.pool.users.enable('ada')
    app.pool.users.reset('ada')
    await expect(app.signIn().first).rejects.toMatchObject({
      name: 'PasswordResetRequiredException',
    })
  })

  test('is not looked at for a while after five wrong ones, even the right one', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password })
    for (let i = 0; i < 5; i++)
      await expect(app.signIn(wrongPassword).first).rejects.toMatchObject(wrongCredentials)
    await expect(app.signIn().first).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Password attempts exceeded',
    })
    app.pool.clock.advance(1001)
    expect(await app.signIn().first).toMatchObject({ step: 'DONE' })
  })
})

describe('a temporary password', () => {
  const Schema = [{ Name: 'given_name', Required: true }]

  test('is changed at once, with what the pool has to know', async () => {
    const app = await openApp({ pool: { Schema } })
    const attributes = { email, email_verified: 'true' }
    app.pool.users.create({ username: 'ada', password, temporary: true, attributes })
    const { user, first } = app.signIn()
    expect(await first).toEqual({
      step: 'NEW_PASSWORD_REQUIRED',
      parameters: { userAttributes: attributes, requiredAttributes: ['given_name'] },
    })
    const complete = (secret: string, given: object) =>
      step((callbacks) => {
        user.completeNewPasswordChallenge(secret, given, callbacks)
      })
    const given = { given_name: 'Ada' }
    await expect(complete('Short-1', given)).rejects.toMatchObject({
      name: 'InvalidPasswordException',
      message: 'Password does not conform to policy: Password not long enough',
    })
    await expect(complete('Entirely-new-1', {})).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        'Attributes did not conform to the schema: name.givenName: The attribute name.givenName is required',
    })
    // What comes with the challenge may go back, but for what only the service can say.
    await expect(complete('Entirely-new-1', { ...attributes, ...given })).rejects.toMatchObject({
      message: 'Cannot modify the non-mutable attribute email_verified',
    })
    const { session } = await complete('Entirely-new-1', { email, ...given })
    const { id } = await verified(app, tokensOf(session))
    expect(id).toMatchObject({ given_name: 'Ada', email, email_verified: true })
    expect(app.pool.users.get('ada')?.status).toBe('CONFIRMED')
    await expect(app.signIn().first).rejects.toMatchObject(wrongCredentials)
    expect(await app.signIn('Entirely-new-1').first).toMatchObject({ step: 'DONE' })
  })

  test('that is wrong gets nobody that far, and one that is too old neither', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password, temporary: true })
    await expect(app.signIn(wrongPassword).first).rejects.toMatchObject(wrongCredentials)
    app.pool.clock.advance(8 * 86_400_000)
    await expect(app.signIn(password, { flow: 'USER_PASSWORD_AUTH' }).first).rejects.toMatchObject({
      message: 'Temporary password has expired and must be reset by an administrator.',
    })
  })
})

describe('a second factor', () => {
  const pool = { MfaConfiguration: 'OPTIONAL', EnabledMfas: bothMfas } as const

  test('by text message: a wrong code is refused and the next one counts', async () => {
    const app = await openApp({ pool })
    const attributes = { phone_number }
    app.pool.users.create({ username: 'ada', password, attributes, mfa: ['SMS_MFA'] })
    const { user, first } = app.signIn()
    expect(await first).toEqual({
      step: 'SMS_MFA',
      parameters: {
        CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS',
        CODE_DELIVERY_DESTINATION: '+*******7890',
        USER_ID_FOR_SRP: 'ada',
      },
    })
    const { code, to } = await app.pool.outbox.next({ purpose: 'mfa' })
    expect({ code, to }).toEqual({
      code: expect.stringMatching(/^\d{6}$/) as unknown,
      to: phone_number,
    })
    await expect(answerMfa(user, wrong(code))).rejects.toMatchObject({
      name: 'CodeMismatchException',
      message: 'Invalid code or auth state for the user.',
    })
    await verified(app, tokensOf((await answerMfa(user, code)).session))
    expect(app.pool.users.get('ada')?.attributes['phone_number_verified']).toBe('true')
    await expect(answerMfa(user, code)).rejects.toMatchObject({
      message: 'Invalid session for the user, session can only be used once.',
    })
  })

  test('by text message is over with its session', async () => {
    const app = await openApp({ pool })
    const attributes = { phone_number }
    app.pool.users.create({ username: 'ada', password, attributes, mfa: ['SMS_MFA'] })
    const { user, first } = app.signIn(password, { flow: 'USER_PASSWORD_AUTH' })
    expect(await first).toMatchObject({ step: 'SMS_MFA' })
    app.pool.clock.advance(180_001)
    await expect(answerMfa(user, codeSent(app.pool))).rejects.toMatchObject({
      message: 'Invalid session for the user, session is expired.',
    })
  })

  test('by an authenticator app: wrong codes and used ones are refused', async () => {
    const app = await openApp({ pool })
    app.pool.users.create({ username: 'ada', password, mfa: ['SOFTWARE_TOKEN_MFA'] })
    const one = app.signIn()
    expect(await one.first).toEqual({
      step: 'SOFTWARE_TOKEN_MFA',
      parameters: { USER_ID_FOR_SRP: 'ada' },
    })
    const code = app.pool.totp('ada')
    const kind = 'SOFTWARE_TOKEN_MFA'
    await expect(answerMfa(one.user, wrong(code), kind)).rejects.toMatchObject({
      name: 'CodeMismatchException',
      message: 'Invalid code received for user',
    })
    await verified(app, tokensOf((await answerMfa(one.user, code, kind)).session))
    const other = app.signIn()
    await other.first
    await expect(answerMfa(other.user, code, kind)).rejects.toMatchObject({
      name: 'ExpiredCodeException',
      message: 'Your software token has already been used once.',
    })
    expect(await answerMfa(other.user, app.pool.totp('ada'), kind)).toMatchObject({ step: 'DONE' })
  })

  test('is chosen where there are two and none is preferred', async () => {
    const app = await openApp({ pool })
    app.pool.users.create({
      ...{ username: 'ada', password, attributes: { phone_number }, mfa: bothMfas },
    })
    const { user, first } = app.signIn()
    const { step: name, parameters } = await first
    expect(name).toBe('SELECT_MFA_TYPE')
    expect(JSON.parse(String(parameters?.['MFAS_CAN_CHOOSE']))).toEqual(bothMfas)
    const choose = (answer: string) =>
      step((callbacks) => {
        user.sendMFASelectionAnswer(answer, callbacks)
      })
    expect(await choose('SOFTWARE_TOKEN_MFA')).toMatchObject({ step: 'SOFTWARE_TOKEN_MFA' })
    const code = app.pool.totp('ada')
    await expect(answerMfa(user, wrong(code), 'SOFTWARE_TOKEN_MFA')).rejects.toMatchObject({
      name: 'CodeMismatchException',
    })
    const { session } = await answerMfa(user, code, 'SOFTWARE_TOKEN_MFA')
    await verified(app, tokensOf(session))
    expect(app.pool.outbox.messages).toEqual([])
  })

  test('that cannot be chosen is refused, and the choice stays', async () => {
    const app = await openApp({ pool })
    app.pool.users.create({
      ...{ username: 'ada', password, attributes: { phone_number }, mfa: bothMfas },
    })
    const { user, first } = app.signIn()
    await first
    const choose = (answer: string) =>
      step((callbacks) => {
        user.sendMFASelectionAnswer(answer, callbacks)
      })
    await expect(choose('EMAIL_OTP')).rejects.toMatchObject({ name: 'InvalidParameterException' })
    expect(await choose('SMS_MFA')).toMatchObject({ step: 'SMS_MFA' })
    expect(await answerMfa(user, codeSent(app.pool, 'mfa'))).toMatchObject({ step: 'DONE' })
  })

  test('is set up in the middle of the sign-in where everybody needs one', async () => {
    const app = await openApp({
      pool: { MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] },
    })
    app.pool.users.create({ username: 'ada', password })
    const { user, first } = app.signIn()
    expect(await first).toEqual({
      step: 'MFA_SETUP',
      parameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]', USER_ID_FOR_SRP: 'ada' },
    })
    const secret = await secretFor(user)
    const code = appCode(secret, app.pool.clock.now())
    await expect(verifyApp(user, wrong(code))).rejects.toMatchObject({
      name: 'EnableSoftwareTokenMFAException',
      message: 'Code mismatch and fail enable Software Token MFA',
    })
    await verified(app, tokensOf(await verifyApp(user, code)))
    // Next time it is asked for, under the name that it was given, and not with the same code.
    const next = app.signIn()
    expect(await next.first).toMatchObject({
      step: 'SOFTWARE_TOKEN_MFA',
      parameters: { FRIENDLY_DEVICE_NAME: "Ada's telephone" },
    })
    const kind = 'SOFTWARE_TOKEN_MFA'
    await expect(answerMfa(next.user, code, kind)).rejects.toMatchObject({
      name: 'ExpiredCodeException',
    })
    const later = appCode(secret, app.pool.clock.now() + 30_000)
    expect(await answerMfa(next.user, later, kind)).toMatchObject({ step: 'DONE' })
  })

  test('is set up and preferred by somebody who is signed in', async () => {
    const app = await signedIn({ pool })
    const prefer = () =>
      called((callback) => {
        const settings = { Enabled: true, PreferredMfa: true }
        app.user.setUserMfaPreference(null, settings, callback)
      })
    await expect(prefer()).rejects.toMatchObject({
      message: 'User has not verified software token mfa',
    })
    const code = appCode(await secretFor(app.user), app.pool.clock.now())
    await expect(verifyApp(app.user, wrong(code))).rejects.toMatchObject({
      name: 'EnableSoftwareTokenMFAException',
    })
    await verifyApp(app.user, code)
    // Registered is not switched on yet.
    expect(await app.signIn().first).toMatchObject({ step: 'DONE' })
    await prefer()
    const data = await called<IdentityJs.UserData>((callback) => {
      app.user.getUserData(callback, { bypassCache: true })
    })
    expect(data).toMatchObject({
      PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
      UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    })
    expect(await app.signIn().first).toMatchObject({ step: 'SOFTWARE_TOKEN_MFA' })
  })

  test('by text message is switched on and off in the old way', async () => {
    const app = await signedIn({ pool }, { phone_number, phone_number_verified: 'true' })
    const options = () =>
      called<IdentityJs.MFAOption[] | undefined>((callback) => {
        app.user.getMFAOptions(callback)
      })
    await called((callback) => {
      app.user.enableMFA(callback)
    })
    expect(await options()).toEqual([{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }])
    expect(await app.signIn().first).toMatchObject({ step: 'SMS_MFA' })
    await called((callback) => {
      app.user.disableMFA(callback)
    })
    expect(await options()).toBeUndefined()
    expect(await app.signIn().first).toMatchObject({ step: 'DONE' })
  })
})

describe('a device', () => {
  const mfa = { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] } as const
  const always = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
  const asked = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true }

  /** An app on a device on which Ada has signed in with her second factor. */
  async function onDevice(DeviceConfiguration: typeof always) {
    const app = await openApp({ pool: { ...mfa, DeviceConfiguration } })
    app.pool.users.create({ username: 'ada', password, mfa: ['SOFTWARE_TOKEN_MFA'] })
    const { user, first } = app.signIn()
    expect(await first).toMatchObject({ step: 'SOFTWARE_TOKEN_MFA' })
    const done = await answerMfa(user, app.pool.totp('ada'), 'SOFTWARE_TOKEN_MFA')
    expect(done.step).toBe('DONE')
    return { ...app, user, done, deviceKey: app.pool.users.get('ada')!.devices[0]! }
  }

  const byDevice = [
    'InitiateAuth',
    'RespondToAuthChallenge',
    'RespondToAuthChallenge',
    'RespondToAuthChallenge',
  ]

  test('that is always remembered takes the place of the second factor', async () => {
    const app = await onDevice(always)
    expect(app.done.asks).toBe(false)
    expect(log(app.pool).at(-1)).toBe('ConfirmDevice')
    const { access } = await verified(app, tokensOf(app.done.session))
    expect(access).toMatchObject({ device_key: app.deviceKey })
    const requests = await logOf(app.pool, async () => {
      const next = await app.signIn().first
      const { access } = await verified(app, tokensOf(next.session))
      expect(access).toMatchObject({ device_key: app.deviceKey })
    })
    expect(requests).toEqual(byDevice)
    expect(app.pool.users.get('ada')?.devices).toEqual([app.deviceKey])
  })

  test('is asked for after a password in the clear, too', async () => {
    const app = await onDevice(always)
    const { first } = app.signIn(password, { flow: 'USER_PASSWORD_AUTH' })
    await verified(app, tokensOf((await first).session))
  })

  test('is remembered when the person wants it, where they are asked', async () => {
    const app = await onDevice(asked)
    expect(app.done.asks).toBe(true)
    expect(await app.signIn().first).toMatchObject({ step: 'SOFTWARE_TOKEN_MFA' })
    await told((callbacks) => {
      app.user.setDeviceStatusRemembered(callbacks)
    })
    const requests = await logOf(app.pool, async () => {
      expect(await app.signIn().first).toMatchObject({ step: 'DONE' })
    })
    expect(requests).toEqual(byDevice)
    await told((callbacks) => {
      app.user.setDeviceStatusNotRemembered(callbacks)
    })
    expect(await app.signIn().first).toMatchObject({ step: 'SOFTWARE_TOKEN_MFA' })
  })

  test('without its secret is refused, and so is a wrong password with it', async () => {
    const app = await onDevice(always)
    await expect(app.signIn(wrongPassword).first).rejects.toMatchObject(wrongCredentials)
    app.storage.change('.randomPasswordKey', 'not the secret')
    const requests = await logOf(app.pool, async () => {
      await expect(app.signIn().first).rejects.toMatchObject(wrongCredentials)
    })
    expect(requests).toEqual([
      ...byDevice.slice(0, 3),
      'RespondToAuthChallenge NotAuthorizedException',
    ])
  })

  test('that the service forgot is dropped by the client, in the same sign-in', async () => {
    const app = await onDevice(always)
    app.pool.users.forgetDevice('ada', app.deviceKey)
    const requests = await logOf(app.pool, async () => {
      const { user, first } = app.signIn()
      expect(await first).toMatchObject({ step: 'SOFTWARE_TOKEN_MFA' })
      await answerMfa(user, app.pool.totp('ada'), 'SOFTWARE_TOKEN_MFA')
    })
    expect(requests).toEqual([
      'InitiateAuth',
      'RespondToAuthChallenge ResourceNotFoundException',
      'RespondToAuthChallenge',
      'RespondToAuthChallenge',
      'ConfirmDevice',
    ])
    const [device, ...others] = app.pool.users.get('ada')!.devices
    expect(device).not.toBe(app.deviceKey)
    expect(others).toEqual([])
  })

  test('is listed, shown and forgotten', async () => {
    const app = await onDevice(always)
    const list = () =>
      told<{ Devices: { DeviceKey: string }[] }>((callbacks) => {
        app.user.listDevices(10, null, callbacks)
      })
    expect((await list()).Devices.map(({ DeviceKey }) => DeviceKey)).toEqual([app.deviceKey])
    const shown = await told((callbacks) => {
      app.user.getDevice(callbacks)
    })
    expect(shown).toMatchObject({
      Device: {
        DeviceKey: app.deviceKey,
        DeviceAttributes: expect.arrayContaining([
          { Name: 'dev:device_remembered_status', Value: 'remembered' },
        ]) as unknown,
      },
    })
    await told((callbacks) => {
      app.user.forgetDevice(callbacks)
    })
    expect((await list()).Devices).toEqual([])
    expect(await app.signIn().first).toMatchObject({ step: 'SOFTWARE_TOKEN_MFA' })
  })

  test('is needed to exchange the refresh token of its sign-in', async () => {
    const app = await onDevice(always)
    const renewed = () => renew(app.user, app.done.session!.getRefreshToken())
    const { access } = await verified(app, tokensOf(await renewed()))
    expect(access).toMatchObject({ device_key: app.deviceKey })
    app.storage.change('.deviceKey', another(app.deviceKey))
    await expect(renewed()).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Invalid Refresh Token.',
    })
  })
})

describe('a flow that Lambda leads', () => {
  const flow = 'CUSTOM_AUTH'

  /** Begins without a password. */
  const begin = (user: User) =>
    step((callbacks) => {
      user.setAuthenticationFlowType(flow)
      user.initiateAuth(new AuthenticationDetails({ Username: user.getUsername() }), callbacks)
    })

  test('asks, and asks again after a wrong answer', async () => {
    const app = await openApp({ triggers: questioning })
    app.pool.users.create({ username: 'ada', password })
    const user = app.someone()
    const question = {
      step: 'CUSTOM_CHALLENGE',
      parameters: { USERNAME: 'ada', question: 'The colour of the sky?' },
    }
    expect(await begin(user)).toEqual(question)
    expect(await answerCustom(user, 'green')).toEqual(question)
    await verified(app, tokensOf((await answerCustom(user, 'blue')).session))
    expect(log(app.pool)).toEqual([
      'InitiateAuth',
      'RespondToAuthChallenge',
      'RespondToAuthChallenge',
    ])
  })

  test('is refused after three wrong answers', async () => {
    const app = await openApp({ triggers: questioning })
    app.pool.users.create({ username: 'ada', password })
    const user = app.someone()
    await begin(user)
    await answerCustom(user, 'green')
    await answerCustom(user, 'red')
    await expect(answerCustom(user, 'white')).rejects.toMatchObject(wrongCredentials)
    await expect(answerCustom(user, 'blue')).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    })
  })

  test('asks for the password first, by SRP', async () => {
    const app = await openApp({ triggers: questioning })
    app.pool.users.create({ username: 'ada', password })
    await expect(app.signIn(wrongPassword, { flow }).first).rejects.toMatchObject(wrongCredentials)
    const { user, first } = app.signIn(password, { flow })
    expect(await first).toMatchObject({ step: 'CUSTOM_CHALLENGE' })
    expect(await answerCustom(user, 'grey')).toMatchObject({ step: 'CUSTOM_CHALLENGE' })
    await verified(app, tokensOf((await answerCustom(user, 'blue')).session))
  })

  test('asks for the device last, whichever step named it', async () => {
    const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true }
    const app = await openApp({ triggers: questioning, pool: { DeviceConfiguration } })
    app.pool.users.create({ username: 'ada', password })
    const one = app.someone()
    await begin(one)
    expect(await answerCustom(one, 'blue')).toMatchObject({ step: 'DONE' })
    const [deviceKey] = app.pool.users.get('ada')!.devices
    const other = app.someone()
    await begin(other)
    const requests = await logOf(app.pool, async () => {
      const { session } = await answerCustom(other, 'blue')
      const { access } = await verified(app, tokensOf(session))
      expect(access).toMatchObject({ device_key: deviceKey })
    })
    // The answer, and the two of the device.
    expect(requests).toEqual(Array(3).fill('RespondToAuthChallenge'))
    app.storage.change('.randomPasswordKey', 'not the secret')
    const third = app.someone()
    await begin(third)
    await expect(answerCustom(third, 'blue')).rejects.toMatchObject(wrongCredentials)
  })
})

describe('a session', () => {
  const renewal = (user: User, session: Session) => renew(user, session.getRefreshToken())

  test('is renewed: other tokens of the same sign-in', async () => {
    const app = await signedIn()
    const before = await verified(app, tokensOf(app.session))
    app.pool.users.setAttributes('ada', { nickname: 'Countess' })
    const renewed = await renewal(app.user, app.session)
    expect(renewed.getRefreshToken().getToken()).toBe(app.session.getRefreshToken().getToken())
    const { id, access } = await verified(app, tokensOf(renewed))
    const { auth_time, origin_jti, event_id } = before.access
    expect(access).toMatchObject({ auth_time, origin_jti, event_id })
    expect(access['jti']).not.toBe(before.access['jti'])
    expect(id).toMatchObject({ nickname: 'Countess' })
  })

  test('is renewed by the client itself when the tokens it kept are over', async () => {
    const app = await openApp({
      client: {
        ...{ AccessTokenValidity: 1, IdTokenValidity: 1 },
        TokenValidityUnits: { AccessToken: 'seconds', IdToken: 'seconds' },
      },
    })
    app.pool.users.create({ username: 'ada', password })
    const { session } = await app.signIn().first
    await new Promise((resolve) => setTimeout(resolve, 2100))
    const later = app.userPool.getCurrentUser()!
    const renewed = await called<Session>((callback) => {
      later.getSession(callback)
    })
    expect(tokensOf(renewed).access).not.toBe(tokensOf(session).access)
    expect(log(app.pool).at(-1)).toBe('InitiateAuth')
  })

  test('is not renewed with a token that is none, is over, or is of a rotating client', async () => {
    const app = await signedIn()
    const junk = new CognitoRefreshToken({ RefreshToken: 'junk' })
    await expect(renew(app.user, junk)).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Invalid Refresh Token',
    })
    app.pool.configure({ client: { RefreshTokenRotation: { Feature: 'ENABLED' } } })
    await expect(renewal(app.user, app.session)).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    })
    app.pool.configure({ client: { RefreshTokenRotation: { Feature: 'DISABLED' } } })
    app.pool.clock.advance(31 * 86_400_000)
    await expect(renewal(app.user, app.session)).rejects.toMatchObject({
      message: 'Refresh Token has expired',
    })
  })

  test('ends everywhere at once', async () => {
    const app = await signedIn()
    const elsewhere = await app.signIn().first
    const answered = await told<string>((callbacks) => {
      app.user.globalSignOut(callbacks)
    })
    expect(answered).toBe('SUCCESS')
    expect([...app.storage.entries.keys()].filter((key) => key.includes('Token'))).toEqual([])
    await expect(renewal(app.user, elsewhere.session!)).rejects.toMatchObject({
      message: 'Refresh Token has been revoked',
    })
    const stale = app.someone()
    stale.setSignInUserSession(elsewhere.session!)
    await expect(attributesOf(stale)).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Access Token has been revoked',
    })
  })

  test('ends here and goes on elsewhere', async () => {
    const app = await signedIn()
    const elsewhere = await app.signIn().first
    await new Promise<void>((resolve) => {
      app.user.signOut(resolve)
    })
    expect(log(app.pool).at(-1)).toBe('RevokeToken')
    await expect(renewal(app.user, app.session)).rejects.toMatchObject({
      message: 'Refresh Token has been revoked',
    })
    await verified(app, tokensOf(await renewal(app.user, elsewhere.session!)))
  })
})

describe('an account', () => {
  const signUp = (app: App, secret: string, attributes: Record<string, string> = { email }) =>
    called<IdentityJs.ISignUpResult>((callback) => {
      const list = Object.entries(attributes).map(
        ([Name, Value]) => new CognitoUserAttribute({ Name, Value }),
      )
      app.userPool.signUp('ada', secret, list, [], callback)
    })
  const confirm = (user: User, code: string) =>
    called((callback) => {
      user.confirmRegistration(code, false, callback)
    })

  test('is made, its code sent again, and confirmed with the newer code only', async () => {
    const app = await openApp({ pool: { AutoVerifiedAttributes: ['email'] } })
    await expect(signUp(app, 'tooweak')).rejects.toMatchObject({
      name: 'InvalidPasswordException',
      message: 'Password did not conform with policy: Password not long enough',
    })
    const made = await signUp(app, password)
    expect(made).toMatchObject({
      userConfirmed: false,
      codeDeliveryDetails: {
        ...{ AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' },
      },
    })
    expect(made.userSub).toBe(app.pool.users.get('ada')?.sub)
    await expect(signUp(app, password)).rejects.toMatchObject({ name: 'UsernameExistsException' })
    await expect(app.signIn().first).rejects.toMatchObject({ name: 'UserNotConfirmedException' })
    const first = codeSent(app.pool)
    await called((callback) => {
      made.user.resendConfirmationCode(callback)
    })
    const second = codeSent(app.pool)
    await expect(confirm(made.user, wrong(second))).rejects.toMatchObject({
      name: 'CodeMismatchException',
      message: 'Invalid verification code provided, please try again.',
    })
    if (first !== second)
      await expect(confirm(made.user, first)).rejects.toMatchObject({
        name: 'CodeMismatchException',
      })
    expect(await confirm(made.user, second)).toBe('SUCCESS')
    const { id } = await verified(app, tokensOf((await app.signIn().first).session))
    expect(id).toMatchObject({ sub: made.userSub, email, email_verified: true })
  })

  test('whose code is a day old, or that is confirmed already, is not confirmed', async () => {
    const app = await openApp({ pool: { AutoVerifiedAttributes: ['email'] } })
    const { user } = await signUp(app, password)
    app.pool.clock.advance(86_400_001)
    await expect(confirm(user, codeSent(app.pool))).rejects.toMatchObject({
      name: 'ExpiredCodeException',
      message: 'Invalid code provided, please request a code again.',
    })
    app.pool.users.confirm('ada')
    await expect(confirm(user, codeSent(app.pool))).rejects.toMatchObject({
      message: 'User cannot be confirmed. Current status is CONFIRMED',
    })
    await expect(
      called((callback) => {
        user.resendConfirmationCode(callback)
      }),
    ).rejects.toMatchObject({ message: 'User is already confirmed.' })
  })

  test('is confirmed at once where Lambda says so', async () => {
    const app = await openApp({
      triggers: {
        preSignUp(event) {
          event.response.autoConfirmUser = true
          return event
        },
      },
    })
    expect(await signUp(app, password)).toMatchObject({ userConfirmed: true })
    expect(app.pool.outbox.messages).toEqual([])
    expect(await app.signIn().first).toMatchObject({ step: 'DONE' })
  })

  test('gets a new password with a code, and with that code only', async () => {
    const app = await openApp()
    const attributes = { email, email_verified: 'true' }
    app.pool.users.create({ username: 'ada', password, attributes })
    const user = app.someone()
    const sent = await new Promise((inputVerificationCode, onFailure) => {
      user.forgotPassword({ inputVerificationCode, onFailure, onSuccess: inputVerificationCode })
    })
    expect(sent).toEqual({
      CodeDeliveryDetails: {
        ...{ AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' },
      },
    })
    const code = codeSent(app.pool)
    const set = (given: string, secret: string) =>
      told((callbacks) => {
        user.confirmPassword(given, secret, callbacks)
      })
    await expect(set(wrong(code), 'Entirely-new-1')).rejects.toMatchObject({
      name: 'CodeMismatchException',
    })
    await expect(set(code, 'weak')).rejects.toMatchObject({ name: 'InvalidPasswordException' })
    // Until then the old one is good.
    expect(await app.signIn().first).toMatchObject({ step: 'DONE' })
    expect(await set(code, 'Entirely-new-1')).toBe('SUCCESS')
    await expect(set(code, 'Another-one-1')).rejects.toMatchObject({ name: 'ExpiredCodeException' })
    await expect(app.signIn().first).rejects.toMatchObject(wrongCredentials)
    await verified(app, tokensOf((await app.signIn('Entirely-new-1').first).session))
  })

  test('without an address that was verified gets no new password', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password, attributes: { email } })
    const asked = told((callbacks) => {
      app.someone().forgotPassword(callbacks)
    })
    await expect(asked).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        'Cannot reset password for the user as there is no registered/verified email or phone_number',
    })
    expect(app.pool.outbox.messages).toEqual([])
  })

  test('changes its password, given the old one', async () => {
    const app = await signedIn()
    const change = (old: string, secret: string) =>
      called((callback) => {
        app.user.changePassword(old, secret, callback)
      })
    await expect(change(wrongPassword, 'Entirely-new-1')).rejects.toMatchObject(wrongCredentials)
    await expect(change(password, 'nodigits-But-long')).rejects.toMatchObject({
      message: 'Password did not conform with policy: Password must have numeric characters',
    })
    expect(await change(password, 'Entirely-new-1')).toBe('SUCCESS')
    await expect(app.signIn().first).rejects.toMatchObject(wrongCredentials)
    expect(await app.signIn('Entirely-new-1').first).toMatchObject({ step: 'DONE' })
    // What was signed in stays so.
    expect(await attributesOf(app.user)).toHaveProperty('sub')
  })

  test('is deleted, and its tokens with it', async () => {
    const app = await signedIn()
    const stale = app.someone()
    stale.setSignInUserSession(app.session)
    await called((callback) => {
      app.user.deleteUser(callback)
    })
    expect(app.pool.users.list()).toEqual([])
    await expect(attributesOf(stale)).rejects.toMatchObject({
      name: 'UserNotFoundException',
      message: 'User does not exist.',
    })
    await expect(renew(stale, app.session.getRefreshToken())).rejects.toMatchObject({
      message: 'The user has been deleted for the associated refresh token',
    })
  })
})

describe('attributes', () => {
  const Schema = [
    { Name: 'tenant', Mutable: false },
    { Name: 'family_name', Required: true },
  ]
  const update = (user: User, attributes: Record<string, string>) =>
    called((callback) => {
      const list = Object.entries(attributes).map(
        ([Name, Value]) => new CognitoUserAttribute({ Name, Value }),
      )
      user.updateAttributes(list, callback)
    })
  const remove = (user: User, name: string) =>
    called((callback) => {
      user.deleteAttributes([name], callback)
    })

  test('are read, changed and taken away', async () => {
    const before = { family_name: 'Byron', nickname: 'A.', 'custom:tenant': 'one' }
    const app = await signedIn({ pool: { Schema } }, before)
    const { sub } = app.pool.users.get('ada')!
    expect(await attributesOf(app.user)).toEqual({ ...before, sub })
    await update(app.user, { family_name: 'Lovelace' })
    await remove(app.user, 'nickname')
    expect(await attributesOf(app.user)).toEqual({
      ...{ family_name: 'Lovelace', 'custom:tenant': 'one', sub },
    })
    expect(log(app.pool)).not.toContain('GetUser NotAuthorizedException')
  })

  test('that cannot change do not, and those that must be stay', async () => {
    const before = { family_name: 'Byron', 'custom:tenant': 'one' }
    const app = await signedIn({ pool: { Schema } }, before)
    await expect(update(app.user, { 'custom:tenant': 'two' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'user.custom:tenant: Attribute cannot be updated.\n',
    })
    await expect(update(app.user, { 'custom:other': 'x' })).rejects.toMatchObject({
      message: 'user.custom:other: Attribute does not exist in the schema.\n',
    })
    await expect(update(app.user, { email_verified: 'true' })).rejects.toMatchObject({
      message: 'Cannot modify the non-mutable attribute email_verified',
    })
    await expect(remove(app.user, 'family_name')).rejects.toMatchObject({
      message:
        'Invalid user attributes: name.familyName: The attribute name.familyName is required',
    })
    expect(app.pool.users.get('ada')?.attributes).toEqual(before)
  })

  test('of which one is an address are verified with the code that went there', async () => {
    const app = await signedIn({}, { email, email_verified: 'true' })
    const verify = (code: string) =>
      told((callbacks) => {
        app.user.verifyAttribute('email', code, callbacks)
      })
    await update(app.user, { email: 'countess@example.com' })
    expect(await attributesOf(app.user)).toMatchObject({ email_verified: 'false' })
    await told((callbacks) => {
      app.user.getAttributeVerificationCode('email', callbacks)
    })
    const { code, to } = await app.pool.outbox.next({ purpose: 'attribute' })
    expect(to).toBe('countess@example.com')
    await expect(verify(wrong(code))).rejects.toMatchObject({ name: 'CodeMismatchException' })
    expect(await verify(code)).toBe('SUCCESS')
    expect(await attributesOf(app.user)).toMatchObject({
      email: 'countess@example.com',
      email_verified: 'true',
    })
  })
})
