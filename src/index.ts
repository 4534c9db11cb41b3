export { createAuth } from './client.ts'
export { AuthError, isAuthError } from './errors.ts'

export type { Auth } from './client.ts'
export type { AuthErrorCode, AuthErrorFacts, CodeOf } from './errors.ts'
export type { AuthEvent, RequestEvent, RetryEvent } from './events.ts'
export type { Given, Options, UserContext } from './options.ts'
export type {
  Clock,
  Fetch,
  FetchInit,
  FetchResponse,
  Hmac,
  Random,
  Signal,
  SignalLike,
} from './ports.ts'
export type { CallInput, CallOptions } from './wire/call.ts'
export type {
  AccessTokenInput,
  AnalyticsMetadata,
  Attribute,
  AttributeInput,
  AuthenticationResult,
  AuthFactor,
  AuthFlow,
  ChallengeName,
  ChallengeOutput,
  CodeDeliveryDetails,
  CodeDeliveryOutput,
  ContextInput,
  DeliveryMedium,
  Device,
  DevicePage,
  DeviceSecretVerifierConfig,
  EpochSeconds,
  InitiateAuthOutput,
  MfaOption,
  MfaOptionInput,
  MfaSettings,
  NamedInput,
  NewDeviceMetadata,
  NoOutput,
  OperationName,
  Operations,
  ServiceErrorName,
  TextByName,
  UserContextData,
  WebAuthnCredential,
  WebAuthnCredentialPage,
} from './wire/operations.ts'
