// What a flow begins with: what callers give, and what is made of it.
import { optional, refuse, wantTypes } from '../errors.ts'
import type { Signal } from '../ports.ts'
import type { Persistence } from '../session/session.ts'
import type { TextByName } from '../wire/operations.ts'
import type { FirstFactor } from './step.ts'

/** What every call of a flow takes. */
export interface FlowOptions {
  /** Ends the call at once, with the signal's own reason. */
  readonly signal?: Signal | undefined
  /** What Lambda triggers receive, instead of the `clientMetadata` of `createAuth`. */
  readonly clientMetadata?: TextByName | undefined
}

/** What every flow's `begin` takes besides the names. */
export interface BeginOptions extends FlowOptions {
  /**
   * Whether the password is remembered until the sign-in is over, so that a code can be sent once more
   * and a device that the service has forgotten costs nobody anything. With `false` it is forgotten as
   * soon as its proof is sent. Default: `true`.
   */
  readonly keepPassword?: boolean | undefined
  /** How long the session is kept: in the storage, in this tab, in this page. Default: `browser`. */
  readonly persist?: Persistence | undefined
  /** The same person as before signs in again: anybody else is refused with the code `other-user`. */
  readonly reauthenticate?: boolean | undefined
  /**
   * Whether this device is remembered, where the pool leaves it to the person. Without it the flow asks,
   * with the step `rememberDevice`.
   */
  readonly rememberDevice?: boolean | undefined
  /** What a new device is called in the person's list of devices. */
  readonly deviceName?: string | undefined
}

/** What `signIn(auth).begin` takes. */
export interface SignInInput extends BeginOptions {
  /** A user name, or an address where the pool takes one. White space around it is not sent. */
  readonly username: string
  /** As it was typed: nothing is done to it. */
  readonly password?: string | undefined
  /**
   * How to sign in; the app client has to allow it. `USER_SRP_AUTH`, the default where there is a
   * password, proves the password without sending it. `USER_PASSWORD_AUTH` sends it, for pools that
   * migrate their people. `USER_AUTH`, the default without a password, lets the person choose.
   * `CUSTOM_AUTH` asks the pool's own questions, after the proof of a password where one is given.
   */
  readonly flow?: InitialFlow | undefined
  /** `USER_AUTH`: what to begin with, if the person can. Default: the password, where one is given. */
  readonly prefer?: FirstFactor | undefined
  /**
   * Remembers on this device who signed in with a passkey, for `autofill`. Whoever opens the page can then
   * see that name. Default: `false`.
   */
  readonly rememberPasskeyName?: boolean | undefined
}

/** The ways to sign in. */
export type InitialFlow = 'USER_SRP_AUTH' | 'USER_PASSWORD_AUTH' | 'USER_AUTH' | 'CUSTOM_AUTH'

/** What `signUp(auth).begin` takes. */
export interface SignUpInput extends BeginOptions {
  /** The user name; in pools where people sign in with an address, the address. */
  readonly username: string
  /** Left out where the pool does without passwords. */
  readonly password?: string | undefined
  /** The new account's attributes, such as `{ email }`. */
  readonly attributes?: TextByName | undefined
  /** What only the pool's PreSignUp trigger is told. */
  readonly validationData?: TextByName | undefined
  /** How to sign in afterwards where the service gives no session for that: as of `signIn`. */
  readonly flow?: InitialFlow | undefined
}

/** What `recover(auth).begin` takes. */
export interface RecoverInput extends BeginOptions {
  /** A user name, or an address where the pool takes one. */
  readonly username: string
  /** How to sign in with the new password: as of `signIn`. */
  readonly flow?: InitialFlow | undefined
}

/** What a flow began with, checked, without its secrets: it can be kept over a reload. */
export interface Beginning {
  readonly username: string
  readonly flow: InitialFlow
  readonly prefer?: FirstFactor | undefined
  readonly srp: boolean
  readonly keepPassword: boolean
  readonly persist: Persistence
  readonly reauthenticate: boolean
  readonly rememberDevice?: boolean | undefined
  readonly deviceName?: string | undefined
  readonly rememberPasskeyName: boolean
}

const wanted: Readonly<Record<string, string>> = {
  username: 'string',
  password: `string${optional}`,
  flow: `string${optional}`,
  prefer: `string${optional}`,
  attributes: `object${optional}`,
  validationData: `object${optional}`,
  keepPassword: `boolean${optional}`,
  persist: `string${optional}`,
  reauthenticate: `boolean${optional}`,
  rememberDevice: `boolean${optional}`,
  deviceName: `string${optional}`,
  rememberPasskeyName: `boolean${optional}`,
  signal: `object${optional}`,
  clientMetadata: `object${optional}`,
} satisfies Record<keyof (SignInInput & SignUpInput), string>

const flows: readonly InitialFlow[] = [
  'USER_SRP_AUTH',
  'USER_PASSWORD_AUTH',
  'USER_AUTH',
  'CUSTOM_AUTH',
]
/** What a sign-in by choice can begin with. */
export const factors: readonly FirstFactor[] = [
  'PASSWORD',
  'PASSWORD_SRP',
  'EMAIL_OTP',
  'SMS_OTP',
  'WEB_AUTHN',
]
const persistences: readonly Persistence[] = ['browser', 'tab', 'none']

/** Checks what a flow is begun with. Throws a `TypeError` that names what is wrong. */
export function readBeginning(input: SignInInput & Pick<SignUpInput, 'attributes'>): Beginning {
  wantTypes(wanted, input, '')
  const { password, prefer, persist = 'browser' } = input
  const username = input.username.trim()
  if (username === '') refuse('username', 'string', 'nothing')
  const { flow = password === undefined || prefer ? 'USER_AUTH' : 'USER_SRP_AUTH' } = input
  among('flow', flow, flows)
  among('persist', persist, persistences)
  if (prefer !== undefined) among('prefer', prefer, factors)
  if (prefer && flow !== 'USER_AUTH') refuse('prefer', 'left out but for USER_AUTH', prefer)
  const needsPassword = /^USER_(SRP|PASSWORD)_AUTH$/.test(flow) || prefer?.startsWith('PASSWORD')
  if (needsPassword && password === undefined) refuse('password', 'string', 'undefined')
  return {
    username,
    flow,
    prefer: prefer ?? (flow === 'USER_AUTH' && password !== undefined ? 'PASSWORD_SRP' : undefined),
    srp: flow === 'CUSTOM_AUTH' && password !== undefined,
    keepPassword: input.keepPassword ?? true,
    persist,
    reauthenticate: input.reauthenticate ?? false,
    rememberDevice: input.rememberDevice,
    deviceName: input.deviceName,
    rememberPasskeyName: input.rememberPasskeyName ?? false,
  }
}

/** What was chosen, if it is one of the choices. */
export function among<Value>(name: string, value: unknown, choices: readonly Value[]): Value {
  return (
    choices.find((choice) => choice === value) ??
    refuse(name, `one of ${choices.join(', ')}`, 'another')
  )
}
