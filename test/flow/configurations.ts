// What can be different about a sign-in: the pool, the person, their device. Every configuration is data.
import type { FirstFactor } from '../../src/index.ts'

export const firstFactors = [
  'PASSWORD',
  'PASSWORD_SRP',
  'EMAIL_OTP',
  'SMS_OTP',
  'WEB_AUTHN',
] as const satisfies readonly FirstFactor[]

/**
 * How the sign-in begins: with one of the old flows, or with a first factor that is preferred, chosen, or
 * posed by the service although nobody asked.
 */
export type Entry =
  | 'USER_SRP_AUTH'
  | 'USER_PASSWORD_AUTH'
  | 'CUSTOM_AUTH'
  | 'CUSTOM_AUTH with SRP'
  | `prefer ${FirstFactor}`
  | `choose ${FirstFactor}`
  | 'pose PASSWORD'
  | 'pose PASSWORD_SRP'

export type Kind = 'SMS_MFA' | 'SOFTWARE_TOKEN_MFA' | 'EMAIL_OTP'

export const kinds: readonly Kind[] = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP']

/**
 * The second factor: one that is switched on in a pool that leaves it to the person; one of several that
 * the person selects, or one that has to be set up, in a pool that wants one of everybody. `set up` where
 * there is no choice, `choose to set up` where there is.
 */
export type Mfa =
  | 'none'
  | Kind
  | `select ${Kind}`
  | `set up ${Kind}`
  | 'choose to set up SOFTWARE_TOKEN_MFA'
  | 'choose to set up EMAIL_OTP'

export const mfas: readonly Mfa[] = [
  'none',
  ...kinds,
  ...kinds.map((kind) => `select ${kind}` as const),
  ...kinds.map((kind) => `set up ${kind}` as const),
  'choose to set up SOFTWARE_TOKEN_MFA',
  'choose to set up EMAIL_OTP',
]

/**
 * The device. `off`: the pool does not track them. `new`: it does, and this one is not known. `asked`: the
 * same, and the pool leaves it to the person whether it is remembered. The rest are known to the client.
 */
export const devices = [
  'off',
  'new',
  'asked',
  /** Confirmed, but the person did not want it remembered. */
  'not remembered',
  'remembered',
  /** Remembered in a pool that does not challenge new devices. */
  'not challenged',
  /** The service has forgotten it before the sign-in. */
  'forgotten',
  /** The service forgets it after the password was asked for, and before it is proved. */
  'forgotten before PASSWORD_VERIFIER',
  'forgotten before DEVICE_SRP_AUTH',
  'forgotten before DEVICE_PASSWORD_VERIFIER',
  /** What the client has kept is not its secret. */
  'wrong secret',
] as const
export type Device = (typeof devices)[number]

export const accounts = [
  'confirmed',
  'temporary password',
  'unconfirmed',
  'reset required',
  'disabled',
  'absent',
] as const
export type Account = (typeof accounts)[number]

/** What the person gets wrong: the password for good, everything that is asked for once, every answer. */
export const slips = ['none', 'password', 'once', 'every answer'] as const
export type Slip = (typeof slips)[number]

export interface Configuration {
  readonly entry: Entry
  readonly mfa: Mfa
  readonly device: Device
  readonly account: Account
  readonly slip: Slip
  /** How many questions Lambda wants answered, where it leads. */
  readonly questions: number
  /** Whether the app client hides who exists. */
  readonly hides: boolean
}

/** A configuration as a line of text. */
export const nameOf = (configuration: Configuration): string => {
  const { entry, mfa, device, account, slip, questions, hides } = configuration
  return [
    entry,
    `MFA ${mfa}`,
    `device ${device}`,
    account,
    ...(slip === 'none' ? [] : [`wrong: ${slip}`]),
    ...(entry.startsWith('CUSTOM') ? [`${String(questions)} questions`] : []),
    hides ? 'hidden' : 'not hidden',
  ].join(', ')
}

/** The first factor of a choice-based sign-in. */
export const factorOf = ({ entry }: Configuration): FirstFactor | undefined =>
  firstFactors.find((factor) => entry.endsWith(` ${factor}`))

/** Whether the person gives a password at the beginning or when they choose it. */
export const hasPassword = ({ entry }: Configuration): boolean =>
  /^USER_|SRP$|PASSWORD$/.test(entry)

/** How far from the plainest a configuration is. */
const oddities = ({ mfa, device, account, slip, hides }: Configuration): number =>
  [mfa !== 'none', device !== 'off', account !== 'confirmed', slip !== 'none' || !hides].filter(
    Boolean,
  ).length

/** Whether there is such a thing, and it differs from another configuration. */
function isSensible(configuration: Configuration): boolean {
  const { entry, mfa, device, account, slip, questions, hides } = configuration
  const isCustom = entry.startsWith('CUSTOM')
  if (!isCustom && questions > 0) return false
  if (entry === 'CUSTOM_AUTH' && questions === 0) return false
  // Who exists is only told where nobody does, or where a password is wrong.
  if (!hides && account !== 'absent' && slip !== 'password') return false
  if (slip === 'password' && (!hasPassword(configuration) || !hasAnyPassword.has(account)))
    return false
  if (slip === 'every answer' && !(isCustom && questions > 0)) return false
  // Somebody without an address cannot prove one, and whoever is new has no device.
  const isBare = mfa.includes('set up')
  if (isBare && (account === 'unconfirmed' || account === 'reset required')) return false
  // Whether a reset by an administrator also stops those who need no password is not known.
  if (account === 'reset required' && entry.endsWith('OTP')) return false
  if (account === 'unconfirmed' || account === 'absent') return device === 'off' || device === 'new'
  return true
}

/** Whose password is looked at, be it right or wrong. */
const hasAnyPassword = new Set<Account>(['confirmed', 'temporary password', 'absent'])

export const entries: readonly Entry[] = [
  'USER_SRP_AUTH',
  'USER_PASSWORD_AUTH',
  'CUSTOM_AUTH',
  'CUSTOM_AUTH with SRP',
  ...firstFactors.map((factor) => `prefer ${factor}` as const),
  ...firstFactors.map((factor) => `choose ${factor}` as const),
  'pose PASSWORD',
  'pose PASSWORD_SRP',
]

/** Every configuration with at most so many oddities. */
export function configurations(most: number): Configuration[] {
  const all = entries.flatMap((entry) =>
    [0, 1, 2].flatMap((questions) =>
      mfas.flatMap((mfa) =>
        devices.flatMap((device) =>
          accounts.flatMap((account) =>
            slips.flatMap((slip) =>
              [true, false].map((hides) => ({
                ...{ entry, questions, mfa, device, account, slip, hides },
              })),
            ),
          ),
        ),
      ),
    ),
  )
  return all.filter((one) => oddities(one) <= most && isSensible(one))
}
