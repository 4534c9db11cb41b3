import { expectTypeOf } from 'vitest'
import { AuthError, createAuth, isAuthError } from '../../src/index.ts'
import type {
  Auth,
  AuthErrorCode,
  AuthEvent,
  AuthFlow,
  AuthenticationResult,
  Attribute,
  CallInput,
  CallOptions,
  ChallengeName,
  ChallengeOutput,
  Clock,
  CodeDeliveryDetails,
  CodeOf,
  Device,
  Fetch,
  Given,
  Hmac,
  OperationName,
  Operations,
  Options,
  Random,
  RetryEvent,
  ServiceErrorName,
  Signal,
  SignalLike,
  TextByName,
  WebAuthnCredential,
} from '../../src/index.ts'

// Nothing here runs: that it compiles is the test.

declare const auth: Auth
declare const caught: unknown
declare const anyText: string

/** What a call resolves to. */
type Output<Name extends OperationName> = Operations[Name]['output']

// Inputs

export async function calls(): Promise<void> {
  // The client id may be left out, given or undefined.
  await auth.call('SignUp', { Username: 'ada', Password: 'p' })
  await auth.call('SignUp', { Username: 'ada', Password: 'p', ClientId: 'other' })
  await auth.call('SignUp', { Username: 'ada', Password: undefined, ClientId: undefined })
  await auth.call('InitiateAuth', {
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'ada', SRP_A: undefined },
  })
  await auth.call('RespondToAuthChallenge', { ChallengeName: 'WEB_AUTHN' })
  await auth.call('RevokeToken', { Token: 't' })
  await auth.call('GetTokensFromRefreshToken', { RefreshToken: 't', ClientSecret: 's' })
  // So may the pool's.
  const feedback = {
    EventId: 'e',
    FeedbackToken: 't',
    FeedbackValue: 'Valid',
    Username: 'ada',
  } as const
  await auth.call('UpdateAuthEventFeedback', feedback)
  await auth.call('UpdateAuthEventFeedback', { ...feedback, UserPoolId: 'eu-west-1_A' })
  await auth.call('UpdateAuthEventFeedback', { ...feedback, UserPoolId: undefined })
  await auth.call('GetDevice', { DeviceKey: 'k' })
  await auth.call('AssociateSoftwareToken', {})
  await auth.call('CompleteWebAuthnRegistration', { AccessToken: 't', Credential: { id: 'x' } })
  await auth.call('UpdateDeviceStatus', {
    AccessToken: 't',
    DeviceKey: 'k',
    DeviceRememberedStatus: 'not_remembered',
  })
  await auth.call('GetUser', { AccessToken: 't' }, { signal: AbortSignal.timeout(1) })
  await auth.call('GetUser', { AccessToken: 't' }, { signal: undefined })

  // @ts-expect-error -- there is no such operation
  await auth.call('AdminGetUser', { Username: 'ada' })
  // @ts-expect-error -- an input is always given
  await auth.call('AssociateSoftwareToken')
  // @ts-expect-error -- without a user name
  await auth.call('SignUp', { Password: 'p' })
  // @ts-expect-error -- without an access token
  await auth.call('GetUser', {})
  // @ts-expect-error -- an access token that is undefined
  await auth.call('GetUser', { AccessToken: undefined })
  // @ts-expect-error -- without a flow
  await auth.call('InitiateAuth', { AuthParameters: {} })
  // @ts-expect-error -- without a code
  await auth.call('ConfirmSignUp', { Username: 'ada' })
  // @ts-expect-error -- without a device key
  await auth.call('ForgetDevice', { AccessToken: 't' })
  // @ts-expect-error -- no such flow
  await auth.call('InitiateAuth', { AuthFlow: 'SRP' })
  // @ts-expect-error -- no such challenge
  await auth.call('RespondToAuthChallenge', { ChallengeName: 'EMAIL_MFA' })
  // @ts-expect-error -- any text
  await auth.call('InitiateAuth', { AuthFlow: anyText })
  // @ts-expect-error -- no such word
  await auth.call('UpdateAuthEventFeedback', { ...feedback, FeedbackValue: 'valid' })
  await auth.call('UpdateDeviceStatus', {
    AccessToken: 't',
    DeviceKey: 'k',
    // @ts-expect-error -- no such state
    DeviceRememberedStatus: 'forgotten',
  })
  // @ts-expect-error -- a member too many
  await auth.call('GetUser', { AccessToken: 't', Username: 'ada' })
  // @ts-expect-error -- a client id where none belongs
  await auth.call('GetUser', { AccessToken: 't', ClientId: 'c' })
  // @ts-expect-error -- a pool where none belongs
  await auth.call('SignUp', { Username: 'ada', UserPoolId: 'eu-west-1_A' })
  // @ts-expect-error -- a member that is spelled in another way
  await auth.call('ConfirmSignUp', { Username: 'ada', ConfirmationCode: '1', session: 's' })
  // @ts-expect-error -- an attribute without a name
  await auth.call('SignUp', { Username: 'ada', UserAttributes: [{ Value: 'v' }] })
  // @ts-expect-error -- an attribute with a member too many
  await auth.call('SignUp', { Username: 'ada', UserAttributes: [{ Name: 'n', Type: 't' }] })
  // @ts-expect-error -- a number as text
  await auth.call('ListDevices', { AccessToken: 't', Limit: '60' })
  // @ts-expect-error -- a number among texts
  await auth.call('InitiateAuth', { AuthFlow: 'USER_AUTH', AuthParameters: { AGE: 7 } })
  // @ts-expect-error -- text where a document belongs
  await auth.call('CompleteWebAuthnRegistration', { AccessToken: 't', Credential: '{}' })
  // @ts-expect-error -- null is not a way to leave something out
  await auth.call('SignUp', { Username: 'ada', Password: null })
  // @ts-expect-error -- something that is no signal
  await auth.call('GetUser', { AccessToken: 't' }, { signal: new AbortController() })
  // @ts-expect-error -- an option that does not exist
  await auth.call('GetUser', { AccessToken: 't' }, { timeout: 7 })
}

expectTypeOf<keyof CallInput<'GetUser'>>().toEqualTypeOf<'AccessToken'>()
expectTypeOf<{ readonly AccessToken: string }>().toExtend<CallInput<'GetUser'>>()
expectTypeOf<CallInput<'GetUser'>>().toExtend<{ readonly AccessToken: string }>()
expectTypeOf<CallInput<'SignUp'>['ClientId']>().toEqualTypeOf<string | undefined>()
expectTypeOf<CallInput<'SignUp'>['ClientMetadata']>().toEqualTypeOf<TextByName | undefined>()
expectTypeOf<keyof CallInput<'UpdateAuthEventFeedback'>>().toEqualTypeOf<
  'EventId' | 'FeedbackToken' | 'FeedbackValue' | 'UserPoolId' | 'Username'
>()
expectTypeOf<Operations['SignUp']['input']['ClientId']>().toEqualTypeOf<string>()

// Outputs

export async function outputs(): Promise<void> {
  const begun = await auth.call('InitiateAuth', { AuthFlow: 'USER_AUTH' })
  expectTypeOf(begun.ChallengeName).toEqualTypeOf<ChallengeName | undefined>()
  expectTypeOf(begun.AvailableChallenges).toEqualTypeOf<readonly ChallengeName[] | undefined>()
  expectTypeOf(begun.ChallengeParameters?.['SALT']).toEqualTypeOf<string | undefined>()
  expectTypeOf(begun.AuthenticationResult).toEqualTypeOf<AuthenticationResult | undefined>()
  expectTypeOf(begun).toExtend<ChallengeOutput>()
  // @ts-expect-error -- what has come is not to be changed
  begun.Session = 's'

  const answered = await auth.call('RespondToAuthChallenge', { ChallengeName: 'SMS_MFA' })
  expectTypeOf(answered).toEqualTypeOf<ChallengeOutput>()
  // @ts-expect-error -- only the first step lists the choices
  expectTypeOf(answered.AvailableChallenges).toBeUndefined()

  const signedUp = await auth.call('SignUp', { Username: 'ada' })
  expectTypeOf(signedUp.UserConfirmed).toEqualTypeOf<boolean>()
  expectTypeOf(signedUp.UserSub).toEqualTypeOf<string>()
  expectTypeOf(signedUp.CodeDeliveryDetails).toEqualTypeOf<CodeDeliveryDetails | undefined>()

  const person = await auth.call('GetUser', { AccessToken: 't' })
  expectTypeOf(person.UserAttributes).toEqualTypeOf<readonly Attribute[]>()
  expectTypeOf(person.Username).toEqualTypeOf<string>()
  // @ts-expect-error -- nor here
  person.UserAttributes[0] = { Name: 'n' }

  const devices = await auth.call('ListDevices', { AccessToken: 't' })
  expectTypeOf(devices.Devices).toEqualTypeOf<readonly Device[] | undefined>()
  const device = await auth.call('GetDevice', { DeviceKey: 'k' })
  expectTypeOf(device.Device.DeviceCreateDate).toEqualTypeOf<number | undefined>()

  const passkeys = await auth.call('ListWebAuthnCredentials', { AccessToken: 't' })
  expectTypeOf(passkeys.Credentials).toEqualTypeOf<readonly WebAuthnCredential[]>()
  const options = await auth.call('StartWebAuthnRegistration', { AccessToken: 't' })
  expectTypeOf(options.CredentialCreationOptions['rp']).toBeUnknown()

  const nothing = await auth.call('DeleteUser', { AccessToken: 't' })
  expectTypeOf<keyof typeof nothing>().toBeNever()
  // @ts-expect-error -- it says nothing
  expectTypeOf(nothing.Username).toBeUndefined()

  const verified = await auth.call('VerifySoftwareToken', { UserCode: '000000' })
  expectTypeOf(verified.Status).toEqualTypeOf<'SUCCESS' | 'ERROR' | undefined>()
}

expectTypeOf<Output<'GlobalSignOut'>>().toEqualTypeOf<Output<'RevokeToken'>>()
expectTypeOf<Output<'ConfirmDevice'>['UserConfirmationNecessary']>().toEqualTypeOf<
  boolean | undefined
>()

// Any operation at all can be passed on.
export const passOn = <Name extends OperationName>(
  name: Name,
  input: CallInput<Name>,
): Promise<Output<Name>> => auth.call(name, input)

// Options

const least: Options = { userPoolId: 'eu-west-1_A', clientId: 'c' }
expectTypeOf(createAuth).parameters.toEqualTypeOf<[Options]>()
expectTypeOf(createAuth(least)).toEqualTypeOf<Auth>()
createAuth({
  ...least,
  clientSecret: undefined,
  endpoint: undefined,
  allowInsecureEndpoint: undefined,
  timeout: undefined,
  headers: undefined,
  clientMetadata: undefined,
  userContextData: undefined,
  onEvent: undefined,
  fetch: undefined,
  clock: undefined,
  random: undefined,
  hmac: undefined,
})
createAuth({ ...least, headers: { 'x-one': '1', 'x-two': undefined } })
createAuth({ ...least, headers: () => ({ 'x-one': '1' }) })
createAuth({ ...least, headers: (operation) => Promise.resolve({ operation }) })
createAuth({ ...least, userContextData: { encodedData: 'd' } })
createAuth({ ...least, userContextData: () => Promise.resolve({ ipAddress: '::1' }) })
createAuth({
  ...least,
  onEvent: (event) => {
    expectTypeOf(event).toEqualTypeOf<AuthEvent>()
    if (event.type === 'retry') expectTypeOf(event).toEqualTypeOf<RetryEvent>()
    else expectTypeOf(event.code).toEqualTypeOf<AuthErrorCode | 'aborted' | undefined>()
  },
})
// @ts-expect-error -- without an app client
createAuth({ userPoolId: 'eu-west-1_A' })
// @ts-expect-error -- without a pool
createAuth({ clientId: 'c' })
// @ts-expect-error -- a number as text
createAuth({ ...least, timeout: '20000' })
// @ts-expect-error -- a secret that is no text
createAuth({ ...least, clientSecret: true })
// @ts-expect-error -- a URL object
createAuth({ ...least, endpoint: new URL('https://example.com') })
// @ts-expect-error -- a header that is no text
createAuth({ ...least, headers: { 'x-one': 1 } })
// @ts-expect-error -- the service's spelling
createAuth({ ...least, userContextData: { EncodedData: 'd' } })
// @ts-expect-error -- an option that does not exist
createAuth({ ...least, region: 'eu-west-1' })
// @ts-expect-error -- a clock without a timer
createAuth({ ...least, clock: { now: () => 0 } })
// @ts-expect-error -- random numbers
createAuth({ ...least, random: (length: number) => Array.from({ length }, () => 7) })
// @ts-expect-error -- an HMAC that does not promise
createAuth({ ...least, hmac: () => '' })
// @ts-expect-error -- null is not a way to leave something out
createAuth({ ...least, fetch: null })

expectTypeOf(globalThis.fetch).toExtend<Fetch>()
createAuth({ ...least, fetch: globalThis.fetch })
createAuth({ ...least, fetch: (url, init) => fetch(url, init) })
expectTypeOf<AbortSignal>().toExtend<Signal>()
expectTypeOf<AbortSignal>().toExtend<SignalLike>()
expectTypeOf<CallOptions['signal']>().toEqualTypeOf<AbortSignal | undefined>()
expectTypeOf<Given<number>>().toEqualTypeOf<
  number | ((operation: OperationName) => number | Promise<number>)
>()
expectTypeOf<Clock['now']>().returns.toBeNumber()
expectTypeOf<Random>().returns.toEqualTypeOf<Uint8Array>()
expectTypeOf<Hmac>().parameters.toEqualTypeOf<[string, string]>()

// Errors

/** What no operation of the service is refused with. */
type OurOwn =
  | 'other-browser'
  | 'other-user'
  | 'challenge-unknown'
  | 'signed-out'
  | 'passkey-cancelled'
  | 'passkey-timeout'
  | 'passkey-none'
  | 'passkey-unavailable'
expectTypeOf<AuthErrorCode>().toEqualTypeOf<CodeOf<OperationName> | OurOwn>()
expectTypeOf<CodeOf<OperationName> & OurOwn>().toBeNever()
type CodesOfEach = { [Name in OperationName]: CodeOf<Name> }[OperationName]
expectTypeOf<CodeOf<OperationName>>().toExtend<CodesOfEach>()
expectTypeOf<CodesOfEach>().toExtend<AuthErrorCode>()

expectTypeOf<'wrong-code'>().toExtend<CodeOf<'ConfirmSignUp'>>()
expectTypeOf<'alias-taken'>().toExtend<CodeOf<'ConfirmSignUp'>>()
expectTypeOf<'unreachable'>().toExtend<CodeOf<'ConfirmSignUp'>>()
expectTypeOf<'passkey-unknown'>().not.toExtend<CodeOf<'ConfirmSignUp'>>()
expectTypeOf<'access-token-expired'>().not.toExtend<CodeOf<'ConfirmSignUp'>>()
expectTypeOf<'refresh-token-dead'>().not.toExtend<CodeOf<'ConfirmSignUp'>>()
expectTypeOf<'access-token-expired'>().toExtend<CodeOf<'GetUser'>>()
expectTypeOf<'user-deleted'>().toExtend<CodeOf<'GetUser'>>()
expectTypeOf<'wrong-credentials'>().not.toExtend<CodeOf<'GetUser'>>()
expectTypeOf<'session-expired'>().not.toExtend<CodeOf<'GetUser'>>()
expectTypeOf<'refresh-token-reused'>().toExtend<CodeOf<'GetTokensFromRefreshToken'>>()
expectTypeOf<'refresh-token-dead'>().toExtend<CodeOf<'InitiateAuth'>>()
expectTypeOf<'wrong-code'>().not.toExtend<CodeOf<'InitiateAuth'>>()
expectTypeOf<'username-taken'>().not.toExtend<CodeOf<'RespondToAuthChallenge'>>()
expectTypeOf<Operations['RevokeToken']['errors']>().toExtend<ServiceErrorName>()
expectTypeOf<AuthFlow>().toExtend<string>()

export function narrowing(): void {
  if (isAuthError(caught)) {
    expectTypeOf(caught).toEqualTypeOf<AuthError>()
    expectTypeOf(caught.code).toEqualTypeOf<AuthErrorCode>()
    expectTypeOf(caught.operation).toEqualTypeOf<OperationName | undefined>()
    expectTypeOf(caught.retryable).toEqualTypeOf<boolean>()
    // @ts-expect-error -- an error is not to be changed
    caught.code = 'timeout'
  } else expectTypeOf(caught).toBeUnknown()
  if (isAuthError(caught, 'ConfirmSignUp')) {
    expectTypeOf(caught.code).toEqualTypeOf<CodeOf<'ConfirmSignUp'>>()
    // @ts-expect-error -- a sign-up is not confirmed with a passkey
    if (caught.code === 'passkey-unknown') return
    // @ts-expect-error -- nor with an access token
    if (caught.code === 'access-token-expired') return
    if (caught.code === 'wrong-code') expectTypeOf(caught.code).toEqualTypeOf<'wrong-code'>()
  }
  // @ts-expect-error -- no such operation
  isAuthError(caught, 'AdminGetUser')
  // @ts-expect-error -- no such code
  new AuthError({ code: 'wrong' })
  // @ts-expect-error -- without a code
  new AuthError({ operation: 'SignUp' })
  expectTypeOf(new AuthError({ code: 'timeout' })).toEqualTypeOf<AuthError<'timeout'>>()
}

/** Every code, once: the compiler refuses both a code too few and a code too many. */
export function complete(code: AuthErrorCode): string {
  switch (code) {
    case 'wrong-credentials':
    case 'user-unknown':
    case 'user-disabled':
    case 'not-confirmed':
    case 'reset-required':
    case 'temporary-password-expired':
    case 'attempts-exceeded':
    case 'session-expired':
    case 'session-used':
    case 'flow-not-enabled':
      return 'sign-in'
    case 'wrong-code':
    case 'code-expired':
    case 'code-used':
    case 'mfa-not-set-up':
    case 'device-unknown':
    case 'device-exists':
      return 'codes and devices'
    case 'access-token-expired':
    case 'access-token-revoked':
    case 'access-token-invalid':
    case 'access-token-scope':
    case 'refresh-token-dead':
    case 'refresh-token-reused':
    case 'user-deleted':
      return 'tokens'
    case 'username-taken':
    case 'alias-taken':
    case 'already-confirmed':
    case 'sign-up-disabled':
    case 'password-policy':
    case 'password-reused':
    case 'reset-not-allowed':
    case 'no-recovery-address':
    case 'attribute-not-writable':
    case 'delivery-failed':
      return 'account'
    case 'passkey-challenge-expired':
    case 'passkey-client-mismatch':
    case 'passkey-origin-not-allowed':
    case 'passkey-domain-mismatch':
    case 'passkey-not-supported':
    case 'passkey-unknown':
    case 'too-many-passkeys':
      return 'passkeys'
    case 'invalid-parameter':
    case 'not-authorized':
    case 'client-unknown':
    case 'client-secret-wrong':
    case 'not-enabled':
    case 'pool-misconfigured':
    case 'lambda-refused':
    case 'lambda-failed':
      return 'app and pool'
    case 'throttled':
    case 'other-browser':
    case 'other-user':
    case 'challenge-unknown':
    case 'signed-out':
    case 'passkey-cancelled':
    case 'passkey-timeout':
    case 'passkey-none':
    case 'passkey-unavailable':
      return 'this side of the service'
    case 'limit-exceeded':
    case 'conflict':
    case 'unreachable':
    case 'timeout':
    case 'service-error':
    case 'waf-blocked':
    case 'waf-challenge':
    case 'bad-response':
    case 'unexpected':
      return 'limits and the network'
    default:
      return code satisfies never
  }
}
