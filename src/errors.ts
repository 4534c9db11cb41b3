import type { OperationName } from './wire/operations.ts'
import type { RefusalCode } from './wire/refusals.ts'

/**
 * What went wrong, by what can be done about it. The set is closed: a `switch` over it can be
 * complete.
 */
export type AuthErrorCode =
  // The sign-in
  /** The password or another proof is wrong (or there is no such person and the pool hides it). */
  | 'wrong-credentials'
  /** There is no such person. Only pools that do not hide it say so. */
  | 'user-unknown'
  /** The account is switched off. */
  | 'user-disabled'
  /** The address was never confirmed: ask for the sign-up code. */
  | 'not-confirmed'
  /** An administrator asks for a new password: start a recovery. */
  | 'reset-required'
  /** The first password was not used in time: an administrator has to send another. */
  | 'temporary-password-expired'
  /** Too many wrong tries: wait, up to a quarter of an hour. */
  | 'attempts-exceeded'
  /** The sign-in took too long: begin again. */
  | 'session-expired'
  /** This step was already answered, perhaps in another tab: begin again. */
  | 'session-used'
  /** This browser did not begin the sign-in that is to be finished: begin again. */
  | 'other-browser'
  /** It was to be the same person again, and it is another. */
  | 'other-user'
  /** The service asks what this version does not know; `detail` names the challenge. */
  | 'challenge-unknown'
  /** The app client does not allow this way to sign in or to refresh. */
  | 'flow-not-enabled'
  // Codes, factors, devices
  /** The code is wrong: ask again. */
  | 'wrong-code'
  /** The code is too old: ask for a new one. */
  | 'code-expired'
  /** An authenticator code counts once: wait for the next. */
  | 'code-used'
  /** The person has not set up this second factor. */
  | 'mfa-not-set-up'
  /** The service has forgotten this device, or never knew it. */
  | 'device-unknown'
  /** This device key is taken. */
  | 'device-exists'
  // Tokens
  /** Nobody is signed in. */
  | 'signed-out'
  /** Refresh, then try again. */
  | 'access-token-expired'
  /** Signed out elsewhere: refresh or sign in. */
  | 'access-token-revoked'
  /** Not a token of this pool, or not an access token. */
  | 'access-token-invalid'
  /** The token was issued without the scope `aws.cognito.signin.user.admin`. */
  | 'access-token-scope'
  /** Expired, revoked or never valid: sign in. */
  | 'refresh-token-dead'
  /** A rotated refresh token came a second time; a newer one exists. */
  | 'refresh-token-reused'
  /** The account was deleted after the token was issued. */
  | 'user-deleted'
  // The account
  /** Somebody has this user name. */
  | 'username-taken'
  /** Somebody has this e-mail address or telephone number. */
  | 'alias-taken'
  /** The account is confirmed already. */
  | 'already-confirmed'
  /** The pool does not let people sign up by themselves. */
  | 'sign-up-disabled'
  /** The password does not follow the pool's rules. */
  | 'password-policy'
  /** The password was used before. */
  | 'password-reused'
  /** The account is in a state in which its password cannot be recovered. */
  | 'reset-not-allowed'
  /** The account has no verified address to send a recovery code to. */
  | 'no-recovery-address'
  /** The attribute cannot be written by this app client, or not any more. */
  | 'attribute-not-writable'
  /** The code could not be sent. */
  | 'delivery-failed'
  // Passkeys
  /** The person, or the browser for want of a click, ended the ceremony: offer a button. */
  | 'passkey-cancelled'
  /** The ceremony took too long. */
  | 'passkey-timeout'
  /** This device has none of the passkeys that were asked for. */
  | 'passkey-none'
  /** This browser or device has no passkeys at all, or they are not to be had now. */
  | 'passkey-unavailable'
  /** The registration took too long or was never begun: begin again. */
  | 'passkey-challenge-expired'
  /** The registration was begun with another app client. */
  | 'passkey-client-mismatch'
  /** This page's origin is not allowed to register passkeys. */
  | 'passkey-origin-not-allowed'
  /** The passkey is for another domain than the pool's relying party. */
  | 'passkey-domain-mismatch'
  /** The pool does not accept this kind of passkey. */
  | 'passkey-not-supported'
  /** There is no such passkey. */
  | 'passkey-unknown'
  // The app and the pool
  /** The service did not understand the request; `detail` says which part. */
  | 'invalid-parameter'
  /** The service refuses and does not say why. */
  | 'not-authorized'
  /** There is no such pool or app client. */
  | 'client-unknown'
  /** The app client's secret is wrong or missing. */
  | 'client-secret-wrong'
  /** The pool or the app client has this feature switched off. */
  | 'not-enabled'
  /** The pool cannot send messages or lacks a setting. */
  | 'pool-misconfigured'
  /** A Lambda trigger said no; `detail` holds its words. */
  | 'lambda-refused'
  /** A Lambda trigger broke. */
  | 'lambda-failed'
  // Limits, the network, the unexpected
  /** Too many requests at once: wait a little. */
  | 'throttled'
  /** The person has as many passkeys as there can be: remove one first. */
  | 'too-many-passkeys'
  /** This person's quota for the hour is used up: trying again only makes it worse. */
  | 'limit-exceeded'
  /** Somebody else changed the same thing at the same time: try again. */
  | 'conflict'
  /** No answer, whatever the reason; what was asked for may have been done or not. */
  | 'unreachable'
  /** No answer in time; what was asked for may have been done or not. */
  | 'timeout'
  /** The service has trouble of its own. */
  | 'service-error'
  /** A firewall rule in front of the pool blocks the request. */
  | 'waf-blocked'
  /** The firewall wants a challenge or a puzzle solved first. */
  | 'waf-challenge'
  /**
   * Something answered that is not the service: a captive portal, a proxy, or somebody who asks for a
   * proof of the password in a way that could give it away.
   */
  | 'bad-response'
  /** The service refuses for a reason that this version does not know; see `service`. */
  | 'unexpected'

/** What can befall any operation on its way. */
type TransportCode =
  | 'throttled'
  | 'unreachable'
  | 'timeout'
  | 'service-error'
  | 'waf-blocked'
  | 'waf-challenge'
  | 'bad-response'
  | 'not-enabled'
  | 'unexpected'

/** The codes that one operation is known to raise. */
export type CodeOf<Name extends OperationName> = RefusalCode<Name> | TransportCode

/** What an {@link AuthError} is made of. */
export interface AuthErrorFacts<Code extends AuthErrorCode = AuthErrorCode> {
  readonly code: Code
  readonly operation?: OperationName | undefined
  readonly service?: string | undefined
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  readonly retryAfter?: number | undefined
  readonly detail?: string | undefined
  readonly cause?: unknown
}

const brand = /* @__PURE__ */ Symbol.for('latchkey.AuthError')

/**
 * Whatever the service or the network refuses. Neither `message` nor `JSON.stringify` shows
 * anything that was sent.
 */
export class AuthError<Code extends AuthErrorCode = AuthErrorCode> extends Error {
  override readonly name = 'AuthError'
  /** What can be done about it. */
  readonly code: Code
  /**
   * Whether trying again makes sense. After `unreachable` and `timeout` nobody knows whether the first
   * try was done: a code or a session may be used up by it.
   */
  readonly retryable: boolean
  /** The operation that was refused. */
  declare readonly operation?: OperationName | undefined
  /** The service's own name for it. For logs: it can tell whether an account exists. */
  declare readonly service?: string | undefined
  /** The HTTP status, where an answer came. */
  declare readonly status?: number | undefined
  /** What the provider asks for in a support case. */
  declare readonly requestId?: string | undefined
  /** Milliseconds to wait before trying again, where the service said so. */
  declare readonly retryAfter?: number | undefined
  /**
   * The service's own sentence without anything that was sent, or what its answer lacks. For logs, not
   * for people.
   */
  declare readonly detail?: string | undefined

  /** Takes the facts as they are. */
  constructor({ cause, ...facts }: AuthErrorFacts<Code>) {
    const { operation, code, service, detail } = facts
    super([operation, code, service, detail].filter(Boolean).join(': '), cause ? { cause } : {})
    for (const [name, fact] of Object.entries(facts))
      if (fact !== undefined) Object.assign(this, { [name]: fact })
    this.code = code
    this.retryable = /^(throttled|conflict|unreachable|timeout|service-error|bad-response)$/.test(
      code,
    )
    Object.defineProperty(this, brand, { value: true })
  }

  /** Every field but the stack and the cause, which may hold what this library cannot vouch for. */
  toJSON(): object {
    return Object.assign({}, this, { message: this.message })
  }
}

/**
 * Whether something caught is an {@link AuthError}, from this copy of the library or another, this
 * realm or another.
 */
export function isAuthError(caught: unknown): caught is AuthError
/**
 * Whether something caught is what an operation was refused with; narrows `code` to the codes that
 * this operation is known to raise. The service gains errors over time: keep a default branch.
 */
export function isAuthError<Name extends OperationName>(
  caught: unknown,
  operation: Name,
): caught is AuthError<CodeOf<Name>> & { readonly operation: Name }
/** Looks for the brand, and at the operation where one is asked for. */
export function isAuthError(caught: unknown, operation?: OperationName): caught is AuthError {
  const { [brand]: ours, operation: refused } = Object(caught) as { [brand]?: true } & AuthError
  return ours === true && (operation === undefined || refused === operation)
}

/** Does what depends on something of the caller's, and names that where it fails. */
export async function blaming<Value>(
  name: string,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await work()
  } catch (cause) {
    return refuse(name, 'something that does not fail', 'its failure, see cause', cause)
  }
}

/** Names what the caller got wrong and what came, but no value that may be a secret. */
export function refuse(name: string, expected: string, came: unknown, cause?: unknown): never {
  throw new TypeError(
    `latchkey: "${name}" must be ${expected}; got ${String(came)}`,
    cause ? { cause } : {},
  )
}

/** What is left out where it can be. */
export const optional = ' or undefined'

/**
 * Checks what a caller gave by name: every option is of one of the JavaScript types that its row names.
 * What counts as `nothing` beside `null` is of none.
 */
export function wantTypes(
  wanted: Readonly<Record<string, string>>,
  given: object,
  nothing: unknown = null,
): void {
  for (const name of Object.keys({ ...wanted, ...given })) {
    const expected = Object.hasOwn(wanted, name) ? wanted[name]! : 'undefined: no such option'
    const value = (Object(given) as Readonly<Record<string, unknown>>)[name]
    const came = value === null || value === nothing ? 'nothing' : typeof value
    if (!expected.includes(came)) refuse(name, expected, came)
  }
}
