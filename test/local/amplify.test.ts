import * as auth from 'aws-amplify/auth'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { configureAmplify } from './amplify-app.ts'
import {
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
import type { MemoryStorage, OpenPool, PoolOptions } from './clients.ts'

// aws-amplify as it comes from npm, over HTTP, its endpoint set by its own public option: nothing of it
// is replaced, and nothing of the network.

interface App extends OpenPool {
  readonly storage: MemoryStorage
}

/** A pool, and Amplify as an app of it. */
async function openApp(options: PoolOptions = {}): Promise<App> {
  const open = await openPool(options)
  return { ...open, storage: configureAmplify(open) }
}

afterEach(async () => {
  await auth.signOut()
})

const email = 'ada@example.com'
const phone_number = '+441234567890'
const addresses = { email, email_verified: 'true', phone_number, phone_number_verified: 'true' }

type Options = NonNullable<auth.SignInInput['options']>

const signIn = (secret?: string, options: Options = {}, username = 'ada') =>
  auth.signIn({ username, ...(secret === undefined ? {} : { password: secret }), options })

const answer = (challengeResponse: string, options = {}) =>
  auth.confirmSignIn({ challengeResponse, options })

/** An app in front of which Ada has signed in. */
async function signedIn(options: PoolOptions = {}, attributes: Record<string, string> = {}) {
  const app = await openApp(options)
  app.pool.users.create({ username: 'ada', password, attributes })
  expect(await signIn(password)).toEqual(done)
  return app
}

const done = { isSignedIn: true, nextStep: { signInStep: 'DONE' } }

const at = (signInStep: string, more: object = {}) => ({
  isSignedIn: false,
  nextStep: { signInStep, ...more },
})

/** What Amplify holds, believed by the provider's own verifier. */
async function session(app: App, options: { forceRefresh?: boolean } = {}) {
  const { tokens } = await auth.fetchAuthSession(options)
  const { id, access } = await verified(app, {
    id: tokens!.idToken!.toString(),
    access: tokens!.accessToken.toString(),
  })
  return { id, access, refresh: kept(app, '.refreshToken') }
}

/** What Amplify has stored under the name that ends like this. */
const kept = ({ storage }: App, ending: string): string | undefined =>
  [...storage.entries].find(([key]) => key.endsWith(ending))?.[1]

const mismatch = { name: 'CodeMismatchException' }

describe('a password', () => {
  test('is proved by SRP', async () => {
    const app = await openApp()
    const { sub } = app.pool.users.create({ username: 'ada', password, attributes: addresses })
    expect(await signIn(password)).toEqual(done)
    expect(log(app.pool).slice(0, 2)).toEqual(['InitiateAuth', 'RespondToAuthChallenge'])
    const { id, access } = await session(app)
    expect(id).toMatchObject({ sub, email, email_verified: true, 'cognito:username': 'ada' })
    expect(access).toMatchObject({ sub, username: 'ada' })
    expect(await auth.getCurrentUser()).toMatchObject({ username: 'ada', userId: sub })
  })

  test('that is wrong is refused', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password })
    await expect(signIn(wrongPassword)).rejects.toMatchObject(wrongCredentials)
    expect(kept(app, '.accessToken')).toBeUndefined()
  })

  test('of somebody who is addressed by e-mail is hashed with the subject', async () => {
    const app = await openApp({ pool: { UsernameAttributes: ['email'] } })
    const { sub } = app.pool.users.create({ username: email, password })
    await expect(signIn(wrongPassword, {}, email)).rejects.toMatchObject(wrongCredentials)
    expect(await signIn(password, {}, email)).toEqual(done)
    expect((await session(app)).access).toMatchObject({ username: sub })
  })

  test('is taken in the clear too, and refused where it is wrong', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password })
    const options = { authFlowType: 'USER_PASSWORD_AUTH' } as const
    await expect(signIn(wrongPassword, options)).rejects.toMatchObject(wrongCredentials)
    expect(await signIn(password, options)).toEqual(done)
    expect((await session(app)).access).toMatchObject({ username: 'ada' })
  })

  test('leads on to what is missing: the confirmation, a reset', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password, status: 'UNCONFIRMED' })
    expect(await signIn(password)).toEqual(at('CONFIRM_SIGN_UP'))
    app.pool.users.reset('ada')
    expect(await signIn(password)).toEqual(at('RESET_PASSWORD'))
    app.pool.users.confirm('ada')
    app.pool.users.disable('ada')
    await expect(signIn(password)).rejects.toMatchObject({ message: 'User is disabled.' })
  })

  test('that is temporary is changed at once, with what the pool has to know', async () => {
    const app = await openApp({ pool: { Schema: [{ Name: 'given_name', Required: true }] } })
    app.pool.users.create({ username: 'ada', password, temporary: true })
    await expect(signIn(wrongPassword)).rejects.toMatchObject(wrongCredentials)
    expect(await signIn(password)).toEqual(
      at('CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED', { missingAttributes: ['given_name'] }),
    )
    const options = { userAttributes: { given_name: 'Ada' } }
    await expect(answer('weak', options)).rejects.toMatchObject({
      name: 'InvalidPasswordException',
    })
    await expect(answer('Entirely-new-1')).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    expect(await answer('Entirely-new-1', options)).toEqual(done)
    expect((await session(app)).id).toMatchObject({ given_name: 'Ada' })
    await auth.signOut()
    await expect(signIn(password)).rejects.toMatchObject(wrongCredentials)
    expect(await signIn('Entirely-new-1')).toEqual(done)
  })
})

describe('a choice of first factors', () => {
  const pool = {
    Policies: {
      SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] },
    },
  } as const
  const choosing = { authFlowType: 'USER_AUTH' } as const
  const preferring = (
    preferredChallenge: 'PASSWORD' | 'PASSWORD_SRP' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN',
  ) => ({ ...choosing, preferredChallenge })

  async function withAda(options: PoolOptions = {}) {
    const app = await openApp({ pool, ...options })
    app.pool.users.create({ username: 'ada', password, attributes: addresses })
    return app
  }

  /** The choice as Amplify tells it, whatever its order. */
  async function offered() {
    const { nextStep } = await signIn(undefined, choosing)
    expect(nextStep.signInStep).toBe('CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION')
    return [...('availableChallenges' in nextStep ? nextStep.availableChallenges : [])].sort()
  }

  test('offers what somebody can do now', async () => {
    const app = await withAda()
    expect(await offered()).toEqual(['EMAIL_OTP', 'PASSWORD', 'PASSWORD_SRP', 'SMS_OTP'])
    app.pool.users.create({ username: 'grace', attributes: { email } })
    const { nextStep } = await signIn(undefined, choosing, 'grace')
    expect(nextStep).toMatchObject({ availableChallenges: ['EMAIL_OTP'] })
  })

  test.each(['PASSWORD', 'PASSWORD_SRP'] as const)('begins with %s', async (factor) => {
    const app = await withAda()
    await expect(signIn(wrongPassword, preferring(factor))).rejects.toMatchObject(wrongCredentials)
    expect(await signIn(password, preferring(factor))).toEqual(done)
    expect((await session(app)).access).toMatchObject({ username: 'ada' })
  })

  test.each(['PASSWORD', 'PASSWORD_SRP'] as const)('goes on with %s', async (factor) => {
    const app = await withAda()
    await offered()
    expect(await answer(factor)).toEqual(at('CONFIRM_SIGN_IN_WITH_PASSWORD'))
    await expect(answer(wrongPassword)).rejects.toMatchObject(wrongCredentials)
    await offered()
    await answer(factor)
    expect(await answer(password)).toEqual(done)
    expect((await session(app)).access).toMatchObject({ username: 'ada' })
  })

  const codes = [
    ['EMAIL_OTP', 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE', 'EMAIL', 'a***@e***', email],
    ['SMS_OTP', 'CONFIRM_SIGN_IN_WITH_SMS_CODE', 'SMS', '+*******7890', phone_number],
  ] as const

  test.each(codes)('begins with %s', async (factor, step, deliveryMedium, destination, to) => {
    const app = await withAda()
    expect(await signIn(undefined, preferring(factor))).toEqual(
      at(step, { codeDeliveryDetails: { deliveryMedium, destination } }),
    )
    const sent = app.pool.outbox.last({ purpose: 'signIn' })!
    expect(sent).toMatchObject({ to, code: expect.stringMatching(/^\d{8}$/) as unknown })
    for (let i = 0; i < 3; i++)
      await expect(answer(wrong(sent.code))).rejects.toMatchObject(mismatch)
    expect(await answer(sent.code)).toEqual(done)
    expect((await session(app)).id).toMatchObject({ email_verified: true })
  })

  test.each(codes)('goes on with %s', async (factor, step) => {
    const app = await withAda()
    await offered()
    expect(await answer(factor)).toMatchObject(at(step))
    const code = codeSent(app.pool, 'signIn')
    await expect(answer(wrong(code))).rejects.toMatchObject(mismatch)
    expect(await answer(code)).toEqual(done)
    expect((await session(app)).access).toMatchObject({ username: 'ada' })
  })

  test('does not take a code that is too old', async () => {
    const app = await withAda()
    await signIn(undefined, preferring('EMAIL_OTP'))
    app.pool.clock.advance(180_001)
    await expect(answer(codeSent(app.pool))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Invalid session for the user, session is expired.',
    })
  })

  test('offers the rest to somebody who has no passkey', async () => {
    await withAda()
    expect(await signIn(undefined, preferring('WEB_AUTHN'))).toMatchObject(
      at('CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION'),
    )
  })

  test('offers only passwords where a second factor is due, and asks for it', async () => {
    const app = await openApp({
      pool: { ...pool, MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] },
    })
    const attributes = addresses
    app.pool.users.create({
      ...{ username: 'ada', password, attributes, mfa: ['SOFTWARE_TOKEN_MFA'] },
    })
    expect(await offered()).toEqual(['PASSWORD', 'PASSWORD_SRP'])
    await answer('PASSWORD_SRP')
    expect(await answer(password)).toEqual(at('CONFIRM_SIGN_IN_WITH_TOTP_CODE'))
    expect(await answer(app.pool.totp('ada'))).toEqual(done)
  })

  test('says nothing of somebody who does not exist', async () => {
    const app = await withAda({ client: { PreventUserExistenceErrors: 'ENABLED' } })
    expect(await signIn(undefined, preferring('EMAIL_OTP'), 'nobody')).toMatchObject(
      at('CONFIRM_SIGN_IN_WITH_EMAIL_CODE'),
    )
    await expect(answer('12345678')).rejects.toMatchObject(mismatch)
    await expect(signIn(password, preferring('PASSWORD_SRP'), 'nobody')).rejects.toMatchObject(
      wrongCredentials,
    )
    await expect(signIn(password, preferring('PASSWORD'), 'nobody')).rejects.toMatchObject(
      wrongCredentials,
    )
    expect(app.pool.outbox.messages).toEqual([])
  })
})

describe('a second factor', () => {
  const EnabledMfas = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] as const
  const pool = { MfaConfiguration: 'OPTIONAL', EnabledMfas } as const

  test.each([
    ['SMS_MFA', 'CONFIRM_SIGN_IN_WITH_SMS_CODE'],
    ['EMAIL_OTP', 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE'],
  ] as const)('by a code that is sent: %s', async (kind, step) => {
    const app = await openApp({ pool })
    app.pool.users.create({ username: 'ada', password, attributes: addresses, mfa: [kind] })
    expect(await signIn(password)).toMatchObject(at(step))
    const code = codeSent(app.pool, 'mfa')
    await expect(answer(wrong(code))).rejects.toMatchObject({
      ...mismatch,
      message: 'Invalid code or auth state for the user.',
    })
    expect(await answer(code)).toEqual(done)
    expect((await session(app)).access).toMatchObject({ username: 'ada' })
  })

  test('by an authenticator app', async () => {
    const app = await openApp({ pool })
    app.pool.users.create({ username: 'ada', password, mfa: ['SOFTWARE_TOKEN_MFA'] })
    expect(await signIn(password)).toEqual(at('CONFIRM_SIGN_IN_WITH_TOTP_CODE'))
    const code = app.pool.totp('ada')
    await expect(answer(wrong(code))).rejects.toMatchObject(mismatch)
    expect(await answer(code)).toEqual(done)
    await auth.signOut()
    await signIn(password)
    await expect(answer(code)).rejects.toMatchObject({ name: 'ExpiredCodeException' })
  })

  test.each([
    ['SMS', 'CONFIRM_SIGN_IN_WITH_SMS_CODE'],
    ['TOTP', 'CONFIRM_SIGN_IN_WITH_TOTP_CODE'],
    ['EMAIL', 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE'],
  ] as const)('is chosen where there are several: %s', async (kind, step) => {
    const app = await openApp({ pool })
    app.pool.users.create({ username: 'ada', password, attributes: addresses, mfa: EnabledMfas })
    expect(await signIn(password)).toEqual(
      at('CONTINUE_SIGN_IN_WITH_MFA_SELECTION', { allowedMFATypes: ['SMS', 'TOTP', 'EMAIL'] }),
    )
    expect(await answer(kind)).toMatchObject(at(step))
    const code = kind === 'TOTP' ? app.pool.totp('ada') : codeSent(app.pool, 'mfa')
    await expect(answer(wrong(code))).rejects.toMatchObject(mismatch)
    expect(await answer(code)).toEqual(done)
  })

  test('by an authenticator app is set up in the middle of the sign-in', async () => {
    const app = await openApp({
      pool: { MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] },
    })
    app.pool.users.create({ username: 'ada', password })
    const { nextStep } = await signIn(password)
    if (nextStep.signInStep !== 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP')
      throw new Error(nextStep.signInStep)
    const { totpSetupDetails } = nextStep
    const { sharedSecret } = totpSetupDetails
    expect(totpSetupDetails.getSetupUri('Diary').href).toContain(`secret=${sharedSecret}`)
    const code = appCode(sharedSecret, app.pool.clock.now())
    await expect(answer(wrong(code))).rejects.toMatchObject({
      name: 'EnableSoftwareTokenMFAException',
    })
    expect(await answer(code, { friendlyDeviceName: 'telephone' })).toEqual(done)
    expect((await session(app)).access).toMatchObject({ username: 'ada' })
    expect(await auth.fetchMFAPreference()).toMatchObject({ enabled: ['TOTP'] })
    await auth.signOut()
    expect(await signIn(password)).toEqual(at('CONFIRM_SIGN_IN_WITH_TOTP_CODE'))
  })

  test('by e-mail is set up in the middle of the sign-in', async () => {
    const app = await openApp({ pool: { MfaConfiguration: 'ON', EnabledMfas: ['EMAIL_OTP'] } })
    app.pool.users.create({ username: 'ada', password })
    expect(await signIn(password)).toEqual(at('CONTINUE_SIGN_IN_WITH_EMAIL_SETUP'))
    expect(await answer(email)).toMatchObject(at('CONFIRM_SIGN_IN_WITH_EMAIL_CODE'))
    const { code, to } = app.pool.outbox.last({ purpose: 'mfa' })!
    expect(to).toBe(email)
    await expect(answer(wrong(code))).rejects.toMatchObject(mismatch)
    expect(app.pool.users.get('ada')?.mfa).toEqual([])
    expect(await answer(code)).toEqual(done)
    expect((await session(app)).id).toMatchObject({ email, email_verified: true })
    await auth.signOut()
    expect(await signIn(password)).toMatchObject(at('CONFIRM_SIGN_IN_WITH_EMAIL_CODE'))
  })

  test.each(['TOTP', 'EMAIL'] as const)('is set up as chosen: %s', async (kind) => {
    const app = await openApp({
      pool: { MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] },
    })
    app.pool.users.create({ username: 'ada', password })
    expect(await signIn(password)).toEqual(
      at('CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION', { allowedMFATypes: ['TOTP', 'EMAIL'] }),
    )
    const { nextStep } = await answer(kind)
    if (nextStep.signInStep === 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP') {
      const { sharedSecret } = nextStep.totpSetupDetails
      expect(await answer(appCode(sharedSecret, app.pool.clock.now()))).toEqual(done)
    } else {
      expect(nextStep.signInStep).toBe('CONTINUE_SIGN_IN_WITH_EMAIL_SETUP')
      await answer(email)
      expect(await answer(codeSent(app.pool, 'mfa'))).toEqual(done)
    }
    expect(await auth.fetchMFAPreference()).toMatchObject({ enabled: [kind] })
  })

  test('is set up, preferred and switched off by somebody who is signed in', async () => {
    const app = await signedIn({ pool }, addresses)
    await expect(auth.updateMFAPreference({ totp: 'PREFERRED' })).rejects.toMatchObject({
      message: 'User has not verified software token mfa',
    })
    const { sharedSecret } = await auth.setUpTOTP()
    const code = appCode(sharedSecret, app.pool.clock.now())
    await expect(auth.verifyTOTPSetup({ code: wrong(code) })).rejects.toMatchObject({
      name: 'EnableSoftwareTokenMFAException',
    })
    await auth.verifyTOTPSetup({ code })
    await auth.updateMFAPreference({ totp: 'PREFERRED', email: 'ENABLED' })
    const { enabled, preferred } = await auth.fetchMFAPreference()
    expect({ enabled: [...(enabled ?? [])].sort(), preferred }).toEqual({
      ...{ enabled: ['EMAIL', 'TOTP'], preferred: 'TOTP' },
    })
    await auth.updateMFAPreference({ totp: 'DISABLED', email: 'DISABLED' })
    expect(await auth.fetchMFAPreference()).toEqual({})
  })
})

describe('a device', () => {
  const mfa = { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['EMAIL_OTP'] } as const

  // It names the device by what a browser says of itself, and confirms none where nothing does.
  beforeEach(() => {
    vi.stubGlobal('navigator', { userAgent: 'A browser', platform: 'Any', language: 'en' })
    return () => vi.unstubAllGlobals()
  })

  async function onDevice(DeviceOnlyRememberedOnUserPrompt: boolean) {
    const app = await openApp({
      pool: {
        ...mfa,
        DeviceConfiguration: {
          ...{ ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt },
        },
      },
    })
    app.pool.users.create({ username: 'ada', password, attributes: addresses, mfa: ['EMAIL_OTP'] })
    await signIn(password)
    expect(await answer(codeSent(app.pool, 'mfa'))).toEqual(done)
    const [deviceKey] = app.pool.users.get('ada')!.devices
    expect(kept(app, '.deviceKey')).toBe(deviceKey)
    return { ...app, deviceKey: deviceKey! }
  }

  const byDevice = ['InitiateAuth', ...Array<string>(3).fill('RespondToAuthChallenge')]

  test('that is always remembered takes the place of the second factor', async () => {
    const app = await onDevice(false)
    expect((await session(app)).access).toMatchObject({ device_key: app.deviceKey })
    await auth.signOut()
    const requests = await logOf(app.pool, async () => {
      expect(await signIn(password)).toEqual(done)
    })
    expect(requests.slice(0, 4)).toEqual(byDevice)
    expect((await session(app)).access).toMatchObject({ device_key: app.deviceKey })
    await auth.signOut()
    await expect(signIn(wrongPassword)).rejects.toMatchObject(wrongCredentials)
  })

  test('is remembered when the person wants it, where they are asked', async () => {
    const app = await onDevice(true)
    await auth.signOut()
    expect(await signIn(password)).toMatchObject(at('CONFIRM_SIGN_IN_WITH_EMAIL_CODE'))
    expect(await answer(codeSent(app.pool, 'mfa'))).toEqual(done)
    await auth.rememberDevice()
    await auth.signOut()
    expect(await signIn(password)).toEqual(done)
    const devices = await auth.fetchDevices()
    expect(devices).toMatchObject([{ id: app.deviceKey }])
  })

  test('is asked for after a password in the clear, too', async () => {
    const app = await onDevice(false)
    await auth.signOut()
    expect(await signIn(password, { authFlowType: 'USER_PASSWORD_AUTH' })).toEqual(done)
    expect((await session(app)).access).toMatchObject({ device_key: app.deviceKey })
  })

  test('without its secret is refused', async () => {
    const app = await onDevice(false)
    await auth.signOut()
    app.storage.change('.randomPasswordKey', 'not the secret')
    const requests = await logOf(app.pool, async () => {
      await expect(signIn(password)).rejects.toMatchObject(wrongCredentials)
    })
    expect(requests.at(-1)).toBe('RespondToAuthChallenge NotAuthorizedException')
  })

  test.each(['USER_SRP_AUTH', 'USER_AUTH'] as const)(
    'that the service forgot is dropped by the client, in the same sign-in: %s',
    async (authFlowType) => {
      const app = await onDevice(false)
      await auth.signOut()
      app.pool.users.forgetDevice('ada', app.deviceKey)
      expect(
        await signIn(password, { authFlowType, preferredChallenge: 'PASSWORD_SRP' }),
      ).toMatchObject(at('CONFIRM_SIGN_IN_WITH_EMAIL_CODE'))
      expect(await answer(codeSent(app.pool, 'mfa'))).toEqual(done)
      const { devices } = app.pool.users.get('ada')!
      expect(devices).toEqual([kept(app, '.deviceKey')])
      expect(devices).not.toContain(app.deviceKey)
    },
  )

  test('is forgotten by the person', async () => {
    const app = await onDevice(false)
    await auth.forgetDevice()
    expect(app.pool.users.get('ada')?.devices).toEqual([])
    expect(kept(app, '.deviceKey')).toBeUndefined()
    await auth.signOut()
    expect(await signIn(password)).toMatchObject(at('CONFIRM_SIGN_IN_WITH_EMAIL_CODE'))
  })

  test('is needed to exchange the refresh token of its sign-in', async () => {
    const app = await onDevice(false)
    const { access } = await session(app, { forceRefresh: true })
    expect(access).toMatchObject({ device_key: app.deviceKey })
    app.storage.change('.deviceKey', another(app.deviceKey))
    expect(await auth.fetchAuthSession({ forceRefresh: true })).not.toHaveProperty(
      'tokens.accessToken',
    )
    expect(log(app.pool).at(-1)).toBe('GetTokensFromRefreshToken NotAuthorizedException')
  })
})

describe('a flow that Lambda leads', () => {
  const step = at('CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE', {
    additionalInfo: { USERNAME: 'ada', question: 'The colour of the sky?' },
  })

  test('asks, and asks again after a wrong answer', async () => {
    const app = await openApp({ triggers: questioning })
    app.pool.users.create({ username: 'ada', password })
    expect(await signIn(undefined, { authFlowType: 'CUSTOM_WITHOUT_SRP' })).toEqual(step)
    expect(await answer('green')).toEqual(step)
    expect(await answer('blue')).toEqual(done)
    expect((await session(app)).access).toMatchObject({ username: 'ada' })
  })

  test('asks for the password first, by SRP', async () => {
    const app = await openApp({ triggers: questioning })
    app.pool.users.create({ username: 'ada', password })
    const options = { authFlowType: 'CUSTOM_WITH_SRP' } as const
    await expect(signIn(wrongPassword, options)).rejects.toMatchObject(wrongCredentials)
    expect(await signIn(password, options)).toMatchObject(
      at('CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE'),
    )
    for (const colour of ['green', 'red'])
      expect(await answer(colour)).toMatchObject(at(step.nextStep.signInStep))
    await expect(answer('white')).rejects.toMatchObject(wrongCredentials)
  })
})

describe('a session', () => {
  test('is renewed without rotation: the refresh token stays', async () => {
    const app = await signedIn()
    const before = await session(app)
    const after = await session(app, { forceRefresh: true })
    expect(log(app.pool).at(-1)).toBe('GetTokensFromRefreshToken')
    expect(after.refresh).toBe(before.refresh)
    expect(after.access['jti']).not.toBe(before.access['jti'])
    expect(after.access).toMatchObject({
      ...{ auth_time: before.access['auth_time'], origin_jti: before.access['origin_jti'] },
    })
  })

  test('is renewed with rotation: every refresh token serves once', async () => {
    const app = await signedIn({
      client: { RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 } },
    })
    const first = await session(app)
    const second = await session(app, { forceRefresh: true })
    const third = await session(app, { forceRefresh: true })
    expect(new Set([first.refresh, second.refresh, third.refresh]).size).toBe(3)
    // Somebody who has kept the first one gets nothing for it, and the last one goes on.
    app.storage.change('.refreshToken', first.refresh!)
    await expect(auth.fetchAuthSession({ forceRefresh: true })).rejects.toMatchObject({
      name: 'RefreshTokenReuseException',
      message: 'Refresh token reuse detected',
    })
    expect(await signIn(password)).toEqual(done)
  })

  test('is renewed again within the grace, and the child before is dead', async () => {
    const app = await signedIn({
      client: { RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 30 } },
    })
    const { refresh: parent } = await session(app)
    const { refresh: child } = await session(app, { forceRefresh: true })
    app.storage.change('.refreshToken', parent!)
    const { refresh: other } = await session(app, { forceRefresh: true })
    expect(other).not.toBe(child)
    app.storage.change('.refreshToken', child!)
    await expect(auth.fetchAuthSession({ forceRefresh: true })).rejects.toMatchObject({
      name: 'RefreshTokenReuseException',
    })
  })

  test('ends everywhere at once', async () => {
    const app = await signedIn()
    const elsewhere = new Map(app.storage.entries)
    await auth.signOut({ global: true })
    expect(log(app.pool).at(-1)).toBe('GlobalSignOut')
    await expect(auth.getCurrentUser()).rejects.toMatchObject({
      name: 'UserUnAuthenticatedException',
    })
    for (const [key, value] of elsewhere) app.storage.setItem(key, value)
    await expect(auth.fetchUserAttributes()).rejects.toMatchObject({
      message: 'Access Token has been revoked',
    })
    await auth.fetchAuthSession({ forceRefresh: true })
    expect(kept(app, '.refreshToken')).toBeUndefined()
  })

  test('ends here: its refresh token is revoked', async () => {
    const app = await signedIn()
    const before = new Map(app.storage.entries)
    await auth.signOut()
    expect(log(app.pool).at(-1)).toBe('RevokeToken')
    for (const [key, value] of before) app.storage.setItem(key, value)
    await auth.fetchAuthSession({ forceRefresh: true })
    expect(log(app.pool).at(-1)).toBe('GetTokensFromRefreshToken NotAuthorizedException')
  })
})

describe('an account', () => {
  const verifying = { AutoVerifiedAttributes: ['email'] } as const
  const autoVerified = { pool: verifying }
  const userAttributes = { email }

  /** Amplify does nothing at all when it did the same less than 300 ms before. */
  const byItself = async () => {
    await new Promise((resolve) => setTimeout(resolve, 350))
    return auth.autoSignIn()
  }

  test('is made, confirmed, and signed in by itself with the password', async () => {
    const app = await openApp(autoVerified)
    const options = { userAttributes, autoSignIn: true }
    await expect(auth.signUp({ username: 'ada', password: 'weak', options })).rejects.toMatchObject(
      { name: 'InvalidPasswordException' },
    )
    const made = await auth.signUp({ username: 'ada', password, options })
    expect(made).toMatchObject({
      isSignUpComplete: false,
      nextStep: {
        signUpStep: 'CONFIRM_SIGN_UP',
        codeDeliveryDetails: {
          ...{ attributeName: 'email', deliveryMedium: 'EMAIL', destination: 'a***@e***' },
        },
      },
    })
    await auth.resendSignUpCode({ username: 'ada' })
    const confirmationCode = codeSent(app.pool)
    await expect(
      auth.confirmSignUp({ username: 'ada', confirmationCode: wrong(confirmationCode) }),
    ).rejects.toMatchObject(mismatch)
    expect(await auth.confirmSignUp({ username: 'ada', confirmationCode })).toMatchObject({
      nextStep: { signUpStep: 'COMPLETE_AUTO_SIGN_IN' },
    })
    expect(await byItself()).toEqual(done)
    expect((await session(app)).id).toMatchObject({
      ...{ sub: made.userId, email, email_verified: true },
    })
  })

  test('is made without a password, and signed in by itself by the code that confirmed it', async () => {
    const app = await openApp({
      pool: {
        ...verifying,
        Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
      },
    })
    const autoSignIn = { authFlowType: 'USER_AUTH' } as const
    await auth.signUp({ username: 'ada', options: { userAttributes, autoSignIn } })
    await auth.confirmSignUp({ username: 'ada', confirmationCode: codeSent(app.pool) })
    const requests = await logOf(app.pool, async () => {
      expect(await byItself()).toEqual(done)
    })
    expect(requests[0]).toBe('InitiateAuth')
    expect(requests).not.toContain('RespondToAuthChallenge')
    expect((await session(app)).access).toMatchObject({ username: 'ada' })
    await auth.signOut()
    // That was for once: from now on a code is asked for.
    expect(
      await signIn(undefined, { authFlowType: 'USER_AUTH', preferredChallenge: 'EMAIL_OTP' }),
    ).toMatchObject(at('CONFIRM_SIGN_IN_WITH_EMAIL_CODE'))
  })

  test('that exists is not made again', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password })
    await expect(auth.signUp({ username: 'ada', password })).rejects.toMatchObject({
      name: 'UsernameExistsException',
      message: 'User already exists',
    })
    app.pool.configure({ pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } } })
    await expect(auth.signUp({ username: 'grace', password })).rejects.toMatchObject({
      message: 'SignUp is not permitted for this user pool',
    })
  })

  test('gets a new password with a code, and with that code only', async () => {
    const app = await openApp()
    app.pool.users.create({ username: 'ada', password, attributes: addresses })
    expect(await auth.resetPassword({ username: 'ada' })).toMatchObject({
      nextStep: {
        resetPasswordStep: 'CONFIRM_RESET_PASSWORD_WITH_CODE',
        codeDeliveryDetails: { destination: 'a***@e***', deliveryMedium: 'EMAIL' },
      },
    })
    const confirmationCode = codeSent(app.pool)
    const set = (code: string, newPassword = 'Entirely-new-1') =>
      auth.confirmResetPassword({ username: 'ada', confirmationCode: code, newPassword })
    await expect(set(wrong(confirmationCode))).rejects.toMatchObject(mismatch)
    await expect(set(confirmationCode, 'weak')).rejects.toMatchObject({
      name: 'InvalidPasswordException',
    })
    await set(confirmationCode)
    await expect(signIn(password)).rejects.toMatchObject(wrongCredentials)
    expect(await signIn('Entirely-new-1')).toEqual(done)
  })

  test('changes its password, given the old one', async () => {
    await signedIn()
    const newPassword = 'Entirely-new-1'
    await expect(
      auth.updatePassword({ oldPassword: wrongPassword, newPassword }),
    ).rejects.toMatchObject(wrongCredentials)
    await auth.updatePassword({ oldPassword: password, newPassword })
    await auth.signOut()
    await expect(signIn(password)).rejects.toMatchObject(wrongCredentials)
    expect(await signIn(newPassword)).toEqual(done)
  })

  test('is deleted', async () => {
    const app = await signedIn()
    await auth.deleteUser()
    expect(app.pool.users.list()).toEqual([])
    await expect(auth.getCurrentUser()).rejects.toMatchObject({
      name: 'UserUnAuthenticatedException',
    })
    await expect(signIn(password)).rejects.toMatchObject({ name: 'UserNotFoundException' })
  })

  test('reads, changes and takes away its attributes', async () => {
    const app = await signedIn({}, { nickname: 'A.', ...addresses })
    const { sub } = app.pool.users.get('ada')!
    expect(await auth.fetchUserAttributes()).toEqual({ nickname: 'A.', ...addresses, sub })
    const changed = await auth.updateUserAttributes({ userAttributes: { given_name: 'Ada' } })
    expect(changed).toMatchObject({
      given_name: { isUpdated: true, nextStep: { updateAttributeStep: 'DONE' } },
    })
    await auth.deleteUserAttributes({ userAttributeKeys: ['nickname'] })
    const after = { given_name: 'Ada', ...addresses, sub }
    expect(await auth.fetchUserAttributes()).toEqual(after)
    await expect(
      auth.updateUserAttributes({ userAttributes: { 'custom:unknown': 'x' } }),
    ).rejects.toMatchObject({
      message: 'user.custom:unknown: Attribute does not exist in the schema.\n',
    })
  })

  test.each([
    ['at once', [], 'countess@example.com', 'false'],
    ['when it is verified', ['email'], email, 'true'],
  ] as const)(
    'changes its address %s, and verifies it with the code that went there',
    async (_, kinds, until, isVerified) => {
      const settings = { AttributesRequireVerificationBeforeUpdate: kinds }
      const app = await signedIn(
        { pool: { ...verifying, UserAttributeUpdateSettings: settings } },
        addresses,
      )
      const changed = await auth.updateUserAttributes({
        userAttributes: { email: 'countess@example.com' },
      })
      expect(changed).toMatchObject({
        email: { nextStep: { updateAttributeStep: 'CONFIRM_ATTRIBUTE_WITH_CODE' } },
      })
      expect(await auth.fetchUserAttributes()).toMatchObject({
        ...{ email: until, email_verified: isVerified },
      })
      const { code, to } = app.pool.outbox.last({ purpose: 'attribute' })!
      expect(to).toBe('countess@example.com')
      const verify = (confirmationCode: string) =>
        auth.confirmUserAttribute({ userAttributeKey: 'email', confirmationCode })
      await expect(verify(wrong(code))).rejects.toMatchObject(mismatch)
      await verify(code)
      expect(await auth.fetchUserAttributes()).toMatchObject({
        ...{ email: 'countess@example.com', email_verified: 'true' },
      })
      expect((await session(app, { forceRefresh: true })).id).toMatchObject({
        ...{ email: 'countess@example.com', email_verified: true },
      })
    },
  )
})
