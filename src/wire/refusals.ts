import type { OperationName, Operations } from './operations.ts'

/**
 * Every refusal of the service and what it means to a caller: the only place that knows the
 * service's names for errors, and the only one that looks at its sentences.
 *
 * A row is a name (without its `Exception`), a code and, where a name stands for several things, what
 * tells them apart: a part of the sentence (`^` is its beginning), or `@` and the beginning of an
 * operation, a flow or a member of the request, all in lower case. The first row that fits counts.
 * Sentences change their punctuation over time, so the parts are short.
 */
const table = `
AliasExists alias-taken
CodeDeliveryFailure delivery-failed
CodeMismatch wrong-code
ConcurrentModification conflict
DeviceKeyExists device-exists
EnableSoftwareTokenMFA wrong-code
ExpiredCode code-used been used
ExpiredCode code-expired
FeatureUnavailableInTier not-enabled
Forbidden waf-blocked
InternalError service-error
InvalidEmailRoleAccessPolicy pool-misconfigured
InvalidLambdaResponse lambda-failed
InvalidParameter flow-not-enabled not enabled for
InvalidParameter flow-not-enabled method not
InvalidParameter already-confirmed already conf
InvalidParameter device-unknown device key
InvalidParameter no-recovery-address no registered
InvalidParameter mfa-not-set-up software token
InvalidParameter mfa-not-set-up delivery conf
InvalidParameter attribute-not-writable cannot modify
InvalidParameter attribute-not-writable be updated
InvalidParameter invalid-parameter
InvalidPassword password-policy
InvalidSmsRoleAccessPolicy pool-misconfigured
InvalidSmsRoleTrustRelationship pool-misconfigured
InvalidUserPoolConfiguration pool-misconfigured
LimitExceeded limit-exceeded attempt
LimitExceeded too-many-passkeys @completeweb
LimitExceeded too-many-passkeys @startweb
LimitExceeded limit-exceeded
MFAMethodNotFound mfa-not-set-up
NotAuthorized session-used used once
NotAuthorized session-expired invalid session
NotAuthorized access-token-expired access token has exp
NotAuthorized access-token-revoked access token has been
NotAuthorized access-token-scope scope
NotAuthorized access-token-invalid access token
NotAuthorized user-deleted been deleted
NotAuthorized refresh-token-dead refresh token
NotAuthorized user-disabled disabled
NotAuthorized attempts-exceeded attempts
NotAuthorized temporary-password-expired temporary
NotAuthorized client-secret-wrong verify secret
NotAuthorized client-secret-wrong configured
NotAuthorized sign-up-disabled signup is not
NotAuthorized already-confirmed cannot be conf
NotAuthorized reset-not-allowed cannot be reset
NotAuthorized reset-not-allowed reset password
NotAuthorized attribute-not-writable unauthorized attr
NotAuthorized refresh-token-dead ^ @gettokens
NotAuthorized not-authorized @refresh_token
NotAuthorized wrong-credentials @initiate
NotAuthorized wrong-credentials @respond
NotAuthorized wrong-credentials @change
NotAuthorized not-authorized
OperationNotEnabled not-enabled
PasswordHistoryPolicyViolation password-reused
PasswordResetRequired reset-required
RefreshTokenReuse refresh-token-reused
ResourceNotFound device-unknown ^device
ResourceNotFound client-unknown user pool
ResourceNotFound passkey-unknown @deleteweb
ResourceNotFound client-unknown
SoftwareTokenMFANotFound not-enabled
TooManyFailedAttempts attempts-exceeded
TooManyRequests throttled
Unauthorized client-secret-wrong
UnexpectedLambda lambda-failed
UnsupportedOperation flow-not-enabled @initiate
UnsupportedOperation not-enabled
UnsupportedTokenType invalid-parameter
UserLambdaValidation lambda-refused
UserNotConfirmed not-confirmed
UserNotFound user-deleted @accesstoken
UserNotFound user-deleted @gettokens
UserNotFound user-deleted @refresh_token
UserNotFound user-unknown
UserPoolAddOnNotEnabled not-enabled
UsernameExists username-taken
WebAuthnChallengeNotFound passkey-challenge-expired
WebAuthnClientMismatch passkey-client-mismatch
WebAuthnConfigurationMissing pool-misconfigured
WebAuthnCredentialNotSupported passkey-not-supported
WebAuthnNotEnabled not-enabled
WebAuthnOriginNotAllowed passkey-origin-not-allowed
WebAuthnRelyingPartyMismatch passkey-domain-mismatch
`

/** The codes of the rows that speak of one name. */
type CodeOfName<
  Name extends string,
  Rows = Lines<typeof table>,
> = Rows extends `${Name} ${infer Rest}`
  ? Rest extends `${infer Code} ${string}`
    ? Code
    : Rest
  : never
type Lines<Text extends string, Done = never> = Text extends `${infer Line}\n${infer Rest}`
  ? Lines<Rest, Done | Line>
  : Done
type Short<Name> = Name extends `${infer Start}Exception` ? Start : never

/** What a refusal cannot be about, going by what the operation is given. */
type OutOfPlace<Name extends OperationName> =
  | ('AccessToken' extends keyof Operations[Name]['input']
      ? never
      : Unless<Name, 'InitiateAuth', `access-token-${string}`>)
  | ('AccessToken' extends keyof Operations[Name]['input']
      ? never
      : Unless<Name, Refresh, 'user-deleted'>)
  | ('Session' extends keyof Operations[Name]['input'] ? never : `session-${string}`)
  | Unless<Name, Refresh, 'refresh-token-dead'>
  | Unless<Name, SignIn | 'ChangePassword', 'wrong-credentials'>
  | Unless<Name, 'DeleteWebAuthnCredential', 'passkey-unknown'>
  | Unless<Name, `${'Start' | 'Complete'}WebAuthnRegistration`, 'too-many-passkeys'>
  | Unless<Name, SignIn | Refresh | `${string}Device${string}`, 'device-unknown'>
type SignIn = 'InitiateAuth' | 'RespondToAuthChallenge'
type Refresh = 'InitiateAuth' | 'GetTokensFromRefreshToken'
type Unless<Name, Home, Code> = Name extends Home ? never : Code

/** The codes that the known refusals of one operation have. */
export type RefusalCode<Name extends OperationName> = Name extends OperationName
  ? Exclude<CodeOfName<Short<Operations[Name]['errors']>>, OutOfPlace<Name>>
  : never

/** Every code of the table. */
export type AnyRefusalCode = CodeOfName<string>

/** What a refusal means, or nothing where nobody has heard of its name. */
export function refusalCode(
  service: string,
  operation: OperationName,
  sent: Readonly<Record<string, unknown>>,
  sentence: string,
): AnyRefusalCode | undefined {
  const name = service.replace(/Exception$/, '')
  const about = [operation, sent['AuthFlow'], ...Object.keys(sent)]
  const circumstances = `^${sentence.replaceAll('@', '')} @${about.join(' @')}`.toLowerCase()
  for (const row of table.split('\n')) {
    const [start, code, ...part] = row.split(' ')
    if (start === name && circumstances.includes(part.join(' '))) return code as AnyRefusalCode
  }
  // What the service's neighbours at the same edge call it.
  return /throttl|slowdown|requestlimit|bandwidth|throughput|priorrequest/i.test(name)
    ? 'throttled'
    : undefined
}
