// A sign-in under way, from behind: what its steps must not say. The password, the service's session and
// secrets live here until the flow forgets them.
import type { Core } from '../core.ts'
import { AuthError } from '../errors.ts'
import type { AuthErrorCode } from '../errors.ts'
import { host } from '../ports.ts'
import type { Signal } from '../ports.ts'
import { createKeyPair } from '../srp/exchange.ts'
import type { KeyPair } from '../srp/exchange.ts'
import type { ChallengeName, TextByName } from '../wire/operations.ts'
import type { Beginning } from './begin.ts'
import type { Outcome } from './event.ts'
import { recallDevice } from './memory.ts'
import type { FoundDevice } from './memory.ts'
import type { FirstFactor } from './step.ts'

/** What may be kept of a sign-in over a reload in this tab. */
export interface Thread {
  readonly beginning: Beginning
  /** The name that the service knows somebody by, once it has told. */
  username: string
  session: string | undefined
  /** The challenge that the session waits with. */
  open: ChallengeName | undefined
  prefer: FirstFactor | undefined
  /** The first factors that the service offered. */
  available: readonly FirstFactor[]
  expiresAt: number
  /** The same by the device's own clock: after a reload nobody knows how far that is from the service's. */
  endsAt: number
  /** How many of the pool's own questions were asked. */
  round: number
}

/** What is given to begin with besides what may be kept. */
export interface Particulars {
  readonly password?: string | undefined
  readonly attributes?: TextByName | undefined
  readonly validationData?: TextByName | undefined
  /** The one passkey that is meant, by its id. */
  readonly passkey?: string | undefined
}

/** A sign-in under way. */
export interface Line extends Thread {
  readonly core: Core
  readonly given: Particulars
  /** Where it was when a person was asked for the last time. */
  ground?: Thread
  password: string | undefined
  /** Of a sign-up: it stands for the code that was given there. */
  signUpSession?: string | undefined
  keyPair?: KeyPair | undefined
  device?: FoundDevice | undefined
  /** Whether the device was looked for. */
  looked?: boolean
  /** Of the authenticator app that is being set up. */
  secret?: string | undefined
  secretProved?: boolean
  passkeyOptions?: string | undefined
  usedPasskey?: boolean
  /** What was chosen on the way, for when the sign-in is repeated. */
  chosen: Partial<Record<ChallengeName, TextByName>>
  repeating?: boolean
  /** Why the person is asked again. */
  reason?: AuthError | undefined
  /** How many challenges came since a person answered. */
  run: number
  /** The challenge that is being answered. */
  answering?: ChallengeName | undefined
  /** The last request once more. */
  again: (line: Line) => Promise<Outcome>
  /** Ends what is being done. */
  signal: Signal
  metadata?: TextByName | undefined
  /** Stops the clock of the password. */
  stopTimer?: (() => void) | undefined
}

/** Starts with what a person gave, or with what was kept. */
export function startLine(
  core: Core,
  beginning: Beginning,
  given: Particulars,
  kept: Thread | undefined,
  again: Line['again'],
): Line {
  const { username, prefer } = beginning
  return {
    ...{ username, prefer, session: undefined, open: undefined, available: [], round: 0 },
    expiresAt: core.now() + lifetimeOf(core),
    endsAt: core.config.clock.now() + lifetimeOf(core),
    ...{ beginning, ...kept },
    ...{ core, given, password: given.password, chosen: {}, run: 0, again },
    signal: new host.AbortController().signal,
  }
}

/** Milliseconds that the service keeps a session. */
const lifetimeOf = ({ config }: Core): number => config.signInValidity * 60_000

/** What may be kept of it. */
export const threadOf = ({
  beginning,
  username,
  session,
  open,
  prefer,
  available,
  expiresAt,
  endsAt,
  round,
}: Line): Thread => ({
  ...{ beginning, username, session, open, prefer, available, expiresAt, endsAt, round },
})

/** The service's session begins anew, and with it the time for which the password is remembered. */
export function renew(line: Line): void {
  const { config, now } = line.core
  const lifetime = lifetimeOf(line.core)
  line.expiresAt = now() + lifetime
  line.endsAt = config.clock.now() + lifetime
  line.stopTimer?.()
  line.stopTimer = undefined
  if (line.password !== undefined)
    line.stopTimer = config.clock.after(lifetime, () => {
      line.password = undefined
    })
}

/** Forgets every secret. */
export function forget(line: Line): void {
  line.stopTimer?.()
  line.password = line.session = line.signUpSession = line.secret = line.passkeyOptions = undefined
  line.keyPair = line.device = undefined
}

/** Whether the sign-in could begin once more without the person. */
export const canRepeat = ({
  password,
  beginning,
  prefer,
}: Pick<Line, 'password' | 'beginning' | 'prefer'>): boolean =>
  password !== undefined ||
  !(/^USER_(SRP|PASSWORD)_AUTH$/.test(beginning.flow) || beginning.srp || isPassword(prefer))

/** The factors that are a password. */
export const isPassword = (
  factor: FirstFactor | undefined,
): factor is 'PASSWORD' | 'PASSWORD_SRP' => factor === 'PASSWORD' || factor === 'PASSWORD_SRP'

/** The public one of new keys, for the next proof. */
export async function newKeys(line: Line): Promise<string> {
  const { random, modPow } = line.core.config
  line.keyPair = await createKeyPair(random(40), modPow)
  return line.keyPair.publicKey
}

/** Looks for this person's device, once: after a reload nobody has looked yet. */
export async function findDevice(line: Line): Promise<void> {
  if (!line.looked) line.device = await recallDevice(line.core, line.beginning.username)
  line.looked = true
}

/** What cannot go on. */
export const bad = (detail: string, code: AuthErrorCode = 'bad-response'): never => {
  throw new AuthError({ code, detail })
}
