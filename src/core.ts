// What everything else is a function over, and what is behind it: under a symbol that every copy of the
// package shares.
import { refuse } from './errors.ts'
import type { Config } from './options.ts'
import type { Session, SessionKeeper } from './session/session.ts'
import type { Call } from './wire/call.ts'

/** The way to one app client of one user pool. */
export interface Auth {
  /**
   * Sends any of the service's 32 operations, in the service's own spelling. The client id, the
   * secret's hash, `clientMetadata` and `userContextData` are added where they belong and are left
   * out. Rejects with an `AuthError` for whatever the service or the network refuses.
   */
  readonly call: Call
  /**
   * Milliseconds since 1970 by the service's clock, as far as its answers have told: for `latchkey/srp`,
   * and to show how long something still lasts.
   */
  readonly now: () => number
  /** Who is signed in, and the tokens. */
  readonly session: Session
}

/** What is behind an `auth`. */
export interface Core {
  readonly config: Config
  readonly call: Call
  readonly now: () => number
  readonly session: SessionKeeper
}

/** Where an `auth` keeps it. */
export const coreKey: unique symbol = /* @__PURE__ */ Symbol.for('latchkey.core') as never

/** What is behind an `auth`; whatever else is a `TypeError`. */
export const coreOf = (auth: Auth): Core =>
  (Object(auth) as { readonly [coreKey]?: Core })[coreKey] ??
  refuse('auth', 'what createAuth returns', typeof auth)
