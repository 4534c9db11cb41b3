export { createAuth } from './client.ts'
export { AuthError, isAuthError } from './errors.ts'
export { recover } from './flow/recover.ts'
export { signIn } from './flow/sign-in.ts'
export { signUp } from './flow/sign-up.ts'
export { unhandled } from './flow/step.ts'

export type { Auth } from './core.ts'
export type { AuthErrorCode, AuthErrorFacts, CodeOf } from './errors.ts'
export type { AuthEvent, RequestEvent, RetryEvent, StepEvent } from './events.ts'
export type { AutofillOptions } from './flow/autofill.ts'
export type {
  BeginOptions,
  FlowOptions,
  InitialFlow,
  RecoverInput,
  SignInInput,
  SignUpInput,
} from './flow/begin.ts'
export type { Flow, FlowSettings, ResumeOptions, TotpLabel } from './flow/flow.ts'
export type { SignInFlow } from './flow/sign-in.ts'
export type {
  Answers,
  AnswerTo,
  BusyStep,
  ChooseFactorStep,
  ChooseMfaSetUpStep,
  ChooseMfaStep,
  CodeAnswer,
  CodeStep,
  ConfirmSignUpStep,
  CustomAnswer,
  CustomStep,
  DoneAnswer,
  EmailAnswer,
  FirstFactor,
  Handlers,
  KindAnswer,
  NewPasswordAnswer,
  NewPasswordStep,
  OtherFactorAnswer,
  PasskeyStep,
  PasswordAnswer,
  PasswordStep,
  RememberAnswer,
  RememberDeviceStep,
  ResetPasswordAnswer,
  ResetPasswordStep,
  RestingStep,
  RetryAnswer,
  RetryStep,
  SecondFactor,
  SetUpEmailStep,
  SetUpPhoneStep,
  SetUpTotpAnswer,
  SetUpTotpStep,
  SignedInStep,
  StartStep,
  Step,
  WaitingStep,
} from './flow/step.ts'
export type { Given, Options, UserContext } from './options.ts'
export type {
  Clock,
  Fetch,
  FetchInit,
  FetchResponse,
  Hmac,
  KeyValueStorage,
  ModPow,
  PasskeyRequest,
  Passkeys,
  Random,
  Signal,
  SignalLike,
} from './ports.ts'
export type { Persistence, Session, SignedOut, SignOutOptions } from './session/session.ts'
export type { Tokens, User } from './session/tokens.ts'
export type { Call, CallInput, CallOptions } from './wire/call.ts'
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
