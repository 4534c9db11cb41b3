// A pool whose people have passkeys, and a device that can be told how to behave.
import type { PasskeyRequest, Passkeys } from '../../src/index.ts'
import type { CredentialJson } from '../../src/local/authenticator.ts'
import type { Authenticator, LocalPool } from '../../src/local/index.ts'
import { appOf, openPool, password } from './world.ts'
import type { PoolOptions } from './world.ts'

/** The person with a passkey. */
export const eve = 'eve'
const email = 'eve@example.com'
const origin = 'https://app.example.com'
export const rpId = 'example.com'

/** Everything that a sign-in of these pools can begin with. */
export const firstFactors = ['PASSWORD', 'EMAIL_OTP', 'WEB_AUTHN'] as const

/** The options of a ceremony, as far as tests look. */
interface CeremonyOptions {
  readonly challenge: string
  readonly rpId?: string
  readonly allowCredentials?: readonly { readonly id: string }[]
}

/** A ceremony that is open until a test ends it. */
export interface Ceremony {
  readonly options: CeremonyOptions
  readonly mediation: PasskeyRequest['mediation']
  readonly signal: PasskeyRequest['signal']
  /** The person uses the passkey. */
  readonly use: () => Promise<void>
  /** The browser ends it with an error of this name. */
  readonly fail: (name: string) => void
  /** The browser ends it with anything. */
  readonly give: (what: object) => void
}

/** How a device behaves. */
export interface Device {
  readonly passkeys: Passkeys
  readonly authenticator: Authenticator
  /** Every ceremony that there was, oldest first. */
  readonly ceremonies: Ceremony[]
  /** What the person does at once, without being told: `use` at first. */
  atOnce: ((ceremony: Ceremony) => unknown) | undefined
}

const named = (name: string): Error => Object.assign(new Error(name), { name })

/** A device that does as a browser does: one ceremony at a time, ended by its signal. */
export function openDevice(pool: LocalPool): Device {
  const authenticator = pool.authenticator({ origin })
  let isOpen = false
  const device: Device = {
    authenticator,
    ceremonies: [],
    atOnce: (ceremony) => ceremony.use(),
    passkeys: {
      get: ({ options, signal, mediation }) => {
        if (signal.aborted) return Promise.reject(named('AbortError'))
        if (isOpen) return Promise.reject(named('OperationError'))
        isOpen = true
        const asked = options as unknown as CeremonyOptions
        let resolve!: (assertion: object) => void
        let reject!: (error: Error) => void
        const over = new Promise<object>((...ends) => ([resolve, reject] = ends))
        signal.addEventListener('abort', () => {
          // A browser takes a moment.
          setTimeout(() => {
            reject(named('AbortError'))
          }, 5)
        })
        const ceremony: Ceremony = {
          options: asked,
          mediation,
          signal,
          use: () => authenticator.get(asked).then(resolve, reject),
          fail: (name) => {
            reject(named(name))
          },
          give: resolve,
        }
        device.ceremonies.push(ceremony)
        void device.atOnce?.(ceremony)
        return over.finally(() => {
          isOpen = false
        })
      },
    },
  }
  return device
}

/** Registers a passkey of somebody's. */
export async function register(
  pool: LocalPool,
  authenticator: Authenticator,
  username = eve,
): Promise<CredentialJson> {
  const auth = appOf(pool)
  const { AuthenticationResult } = await auth.call('InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: username, PASSWORD: password },
  })
  const AccessToken = AuthenticationResult!.AccessToken!
  const { CredentialCreationOptions } = await auth.call('StartWebAuthnRegistration', {
    AccessToken,
  })
  const Credential = await authenticator.create(CredentialCreationOptions as never)
  await auth.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  pool.requests.splice(0)
  return Credential
}

/** A pool where somebody has a passkey on a device. */
export async function openPasskeyPool({ pool: settings, ...rest }: PoolOptions = {}): Promise<{
  readonly pool: LocalPool
  readonly device: Device
  readonly passkey: CredentialJson
}> {
  const pool = await openPool({
    ...rest,
    pool: {
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: firstFactors } },
      WebAuthnConfiguration: { RelyingPartyId: rpId },
      ...settings,
    },
  })
  pool.users.create({ username: eve, password, attributes: { email, email_verified: 'true' } })
  const device = openDevice(pool)
  const passkey = await register(pool, device.authenticator)
  return { pool, device, passkey }
}

/** The pool's time, for an app beside it; nothing happens by itself when it is put forward. */
export const clockOf = (
  { clock }: LocalPool,
  timers: (() => void)[] = [],
): { now(): number; after(milliseconds: number, then: () => void): () => void } => ({
  now: () => clock.now(),
  after: (_, then) => {
    timers.push(then)
    return () => {
      timers.splice(timers.indexOf(then), 1)
    }
  },
})

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 2000) throw new Error('it never came to be')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Everything that runs by itself, done. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))
