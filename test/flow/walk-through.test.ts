import { beforeAll, describe, expect, test } from 'vitest'
import { recover, signIn, signUp } from '../../src/index.ts'
import type { Auth, Options, RestingStep } from '../../src/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { appCode, questioning } from '../local/clients.ts'
import { firstFactors, openDevice, register, rpId } from './passkey-world.ts'
import { appOf, at, lastCode, openPool, password, remoteAppOf, requestsOf } from './world.ts'
import type { PoolOptions } from './world.ts'

// One table of whole flows, and two ways to the pool: whatever it is that a `fetch` of our own forgives,
// HTTP does not, and the other way round.

/** How an app reaches a pool. */
type Connect = (pool: LocalPool, options?: Partial<Options>) => Promise<Auth>

const transports: readonly (readonly [string, Connect])[] = [
  ['in the process', (pool, options) => Promise.resolve(appOf(pool, options))],
  ['over HTTP', remoteAppOf],
]

/** A whole flow. Gives every step that a person saw, in their order. */
interface Walk {
  readonly name: string
  readonly pool?: PoolOptions
  readonly walk: (pool: LocalPool, connect: Connect) => Promise<readonly RestingStep[]>
  readonly steps: readonly RestingStep['at'][]
  readonly requests: readonly string[]
}

const ann = { username: 'ann', password }
const email = 'ann@example.com'
const mail = { email, email_verified: 'true' }
const phone = { phone_number: '+491701234567' }
const another = 'Another-horse-9'

const [initiate, respond] = ['InitiateAuth', 'RespondToAuthChallenge']
const withMfa = (kind: 'SMS_MFA' | 'SOFTWARE_TOKEN_MFA'): PoolOptions => ({
  pool: { MfaConfiguration: 'ON', EnabledMfas: [kind] },
})
const firsts: NonNullable<PoolOptions['pool']> = {
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: firstFactors } },
  WebAuthnConfiguration: { RelyingPartyId: rpId },
}

const walks: readonly Walk[] = [
  {
    name: 'SRP',
    walk: async (pool, connect) => {
      pool.users.create(ann)
      return [await signIn(await connect(pool)).begin(ann)]
    },
    steps: ['signedIn'],
    requests: [initiate, respond],
  },
  {
    name: 'a plain password',
    walk: async (pool, connect) => {
      pool.users.create(ann)
      return [await signIn(await connect(pool)).begin({ ...ann, flow: 'USER_PASSWORD_AUTH' })]
    },
    steps: ['signedIn'],
    requests: [initiate],
  },
  {
    name: 'a question of the pool',
    pool: { triggers: questioning },
    walk: async (pool, connect) => {
      pool.users.create(ann)
      const flow = signIn(await connect(pool))
      const first = at(await flow.begin({ username: 'ann', flow: 'CUSTOM_AUTH' }), 'custom')
      expect(first).toMatchObject({ round: 1, parameters: { question: 'The colour of the sky?' } })
      const second = at(await flow.answer(first, { answer: 'green' }), 'custom')
      expect(second.round).toBe(2)
      return [first, second, await flow.answer(second, { answer: 'blue' })]
    },
    steps: ['custom', 'custom', 'signedIn'],
    requests: [initiate, respond, respond],
  },
  {
    name: 'a question of the pool after SRP',
    pool: { triggers: questioning },
    walk: async (pool, connect) => {
      pool.users.create(ann)
      const flow = signIn(await connect(pool))
      const step = at(await flow.begin({ ...ann, flow: 'CUSTOM_AUTH' }), 'custom')
      return [step, await flow.answer(step, { answer: 'blue' })]
    },
    steps: ['custom', 'signedIn'],
    requests: [initiate, respond, respond],
  },
  {
    name: 'a code by e-mail',
    pool: { pool: firsts },
    walk: async (pool, connect) => {
      pool.users.create({ ...ann, attributes: mail })
      const flow = signIn(await connect(pool))
      const step = at(await flow.begin({ username: 'ann', prefer: 'EMAIL_OTP' }), 'code')
      expect(step).toMatchObject({ challenge: 'EMAIL_OTP', destination: 'a***@e***' })
      return [step, await flow.answer(step, { code: lastCode(pool) })]
    },
    steps: ['code', 'signedIn'],
    requests: [initiate, respond],
  },
  {
    name: 'SRP and a text message',
    pool: withMfa('SMS_MFA'),
    walk: async (pool, connect) => {
      pool.users.create({ ...ann, attributes: phone })
      const flow = signIn(await connect(pool))
      const step = at(await flow.begin(ann), 'code')
      expect(step).toMatchObject({ challenge: 'SMS_MFA', destination: '+*******4567' })
      return [step, await flow.answer(step, { code: lastCode(pool) })]
    },
    steps: ['code', 'signedIn'],
    requests: [initiate, respond, respond],
  },
  {
    name: 'SRP and an authenticator app',
    pool: withMfa('SOFTWARE_TOKEN_MFA'),
    walk: async (pool, connect) => {
      pool.users.create({ ...ann, mfa: ['SOFTWARE_TOKEN_MFA'] })
      const flow = signIn(await connect(pool))
      const first = at(await flow.begin(ann), 'code')
      const second = at(await flow.answer(first, { code: '000000' }), 'code')
      expect(second).toMatchObject({ attempts: 1, error: { code: 'wrong-code' } })
      return [first, second, await flow.answer(second, { code: pool.totp('ann') })]
    },
    steps: ['code', 'code', 'signedIn'],
    requests: [initiate, respond, `${respond} CodeMismatchException`, respond],
  },
  {
    name: 'an authenticator app that is set up',
    pool: withMfa('SOFTWARE_TOKEN_MFA'),
    walk: async (pool, connect) => {
      pool.users.create(ann)
      const flow = signIn(await connect(pool))
      const step = at(await flow.begin(ann), 'setUpTotp')
      const { secret, uri } = flow.totpSecret(step, { issuer: 'Example' })
      expect(uri).toBe(`otpauth://totp/Example:ann?secret=${secret}&issuer=Example`)
      const code = appCode(secret, pool.clock.now())
      const last = await flow.answer(step, { code, appName: 'Telephone' })
      expect(pool.users.get('ann')?.mfa).toEqual(['SOFTWARE_TOKEN_MFA'])
      return [step, last]
    },
    steps: ['setUpTotp', 'signedIn'],
    requests: [initiate, respond, 'AssociateSoftwareToken', 'VerifySoftwareToken', respond],
  },
  {
    name: 'a temporary password',
    walk: async (pool, connect) => {
      pool.users.create({ ...ann, temporary: true })
      const auth = await connect(pool)
      const flow = signIn(auth)
      const step = at(await flow.begin(ann), 'newPassword')
      const last = await flow.answer(step, { password: another })
      return [step, last, await signIn(auth).begin({ ...ann, password: another })]
    },
    steps: ['newPassword', 'signedIn', 'signedIn'],
    requests: [initiate, respond, respond, initiate, respond],
  },
  {
    name: 'a passkey',
    pool: { pool: firsts },
    walk: async (pool, connect) => {
      pool.users.create(ann)
      const { authenticator, passkeys } = openDevice(pool)
      await register(pool, authenticator, 'ann')
      const flow = signIn(await connect(pool, { passkeys }))
      return [await flow.begin({ username: 'ann', prefer: 'WEB_AUTHN' })]
    },
    steps: ['signedIn'],
    requests: [initiate, respond],
  },
  {
    name: 'a sign-up',
    pool: { pool: { AutoVerifiedAttributes: ['email'] } },
    walk: async (pool, connect) => {
      const flow = signUp(await connect(pool))
      const step = at(await flow.begin({ ...ann, attributes: { email } }), 'confirmSignUp')
      expect(step).toMatchObject({ medium: 'EMAIL', destination: 'a***@e***' })
      return [step, await flow.answer(step, { code: lastCode(pool) })]
    },
    steps: ['confirmSignUp', 'signedIn'],
    requests: ['SignUp', 'ConfirmSignUp', initiate],
  },
  {
    name: 'a recovery',
    walk: async (pool, connect) => {
      pool.users.create({ ...ann, attributes: mail })
      const flow = recover(await connect(pool))
      const first = at(await flow.begin({ username: 'ann' }), 'resetPassword')
      const code = lastCode(pool)
      const second = at(await flow.answer(first, { code, password: 'short' }), 'resetPassword')
      expect(second.error).toMatchObject({ code: 'password-policy' })
      return [first, second, await flow.answer(second, { code, password: another })]
    },
    steps: ['resetPassword', 'resetPassword', 'signedIn'],
    requests: [
      'ForgotPassword',
      'ConfirmForgotPassword InvalidPasswordException',
      'ConfirmForgotPassword',
      initiate,
      respond,
    ],
  },
  {
    name: 'a device that is remembered',
    pool: {
      pool: {
        ...withMfa('SMS_MFA').pool,
        DeviceConfiguration: {
          ChallengeRequiredOnNewDevice: true,
          DeviceOnlyRememberedOnUserPrompt: true,
        },
      },
    },
    walk: async (pool, connect) => {
      pool.users.create({ ...ann, attributes: phone })
      const auth = await connect(pool)
      const flow = signIn(auth)
      const code = at(await flow.begin(ann), 'code')
      const asked = at(await flow.answer(code, { code: lastCode(pool) }), 'rememberDevice')
      const last = await flow.answer(asked, { remember: true })
      return [code, asked, last, await signIn(auth).begin(ann)]
    },
    steps: ['code', 'rememberDevice', 'signedIn', 'signedIn'],
    requests: [
      ...[initiate, respond, respond, 'ConfirmDevice', 'UpdateDeviceStatus'],
      ...[initiate, respond, respond, respond],
    ],
  },
]

beforeAll(() => {
  console.log(`${String(walks.length)} flows, ${String(transports.length)} transports`)
})

describe.each(transports)('%s', (_, connect) => {
  test.each(walks)('$name', async ({ pool: options, walk, steps, requests }) => {
    const pool = await openPool(options)
    const seen = await walk(pool, connect)
    expect(seen.map(({ at }) => at)).toEqual(steps)
    const last = seen.at(-1)!
    expect([last.username, last.error]).toEqual(['ann', undefined])
    expect(requestsOf(pool)).toEqual(requests)
  })
})
