// Every operation that the service offers to a signed-out person or to a holder of an access
// token: what goes in, what comes out, what it may refuse with. The service's own spelling stays in
// this folder. Types only: this file leaves nothing behind at run time.

/** The flows of `InitiateAuth`. The `ADMIN_` ones are refused on unsigned calls. */
export type AuthFlow =
  | 'USER_SRP_AUTH'
  | 'REFRESH_TOKEN_AUTH'
  | 'REFRESH_TOKEN'
  | 'CUSTOM_AUTH'
  | 'ADMIN_NO_SRP_AUTH'
  | 'USER_PASSWORD_AUTH'
  | 'ADMIN_USER_PASSWORD_AUTH'
  | 'USER_AUTH'

/** What the service can ask for in the middle of a sign-in. */
export type ChallengeName =
  | 'SMS_MFA'
  | 'EMAIL_OTP'
  | 'SOFTWARE_TOKEN_MFA'
  | 'SELECT_MFA_TYPE'
  | 'MFA_SETUP'
  | 'PASSWORD_VERIFIER'
  | 'CUSTOM_CHALLENGE'
  | 'SELECT_CHALLENGE'
  | 'DEVICE_SRP_AUTH'
  | 'DEVICE_PASSWORD_VERIFIER'
  | 'ADMIN_NO_SRP_AUTH'
  | 'NEW_PASSWORD_REQUIRED'
  | 'SMS_OTP'
  | 'PASSWORD'
  | 'WEB_AUTHN'
  | 'PASSWORD_SRP'

/** A way to begin a sign-in that a person has set up. */
export type AuthFactor = 'PASSWORD' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN'

/** How a code travels. */
export type DeliveryMedium = 'SMS' | 'EMAIL'

/** Seconds since 1970, with a fraction. */
export type EpochSeconds = number

/** Text by name, as the service sends it: any name may be absent. */
export type TextByName = Readonly<Record<string, string | undefined>>

/** One attribute to write. An empty `Value` deletes it. */
export interface AttributeInput {
  readonly Name: string
  readonly Value?: string | undefined
}

/** One attribute as stored; every value is text. */
export interface Attribute {
  readonly Name: string
  readonly Value?: string
}

/** Where a message with Amazon Pinpoint analytics should be counted. */
export interface AnalyticsMetadata {
  readonly AnalyticsEndpointId?: string | undefined
}

/** What threat protection wants to know about the person's device. */
export interface UserContextData {
  readonly EncodedData?: string | undefined
  readonly IpAddress?: string | undefined
}

/** Where a code went, masked. */
export interface CodeDeliveryDetails {
  readonly AttributeName?: string
  readonly DeliveryMedium?: DeliveryMedium
  readonly Destination?: string
}

/** The key of a device that the service has not seen before; it waits for `ConfirmDevice`. */
export interface NewDeviceMetadata {
  readonly DeviceGroupKey?: string
  readonly DeviceKey?: string
}

/** The tokens of a completed sign-in or refresh. */
export interface AuthenticationResult {
  readonly AccessToken?: string
  readonly ExpiresIn?: number
  readonly IdToken?: string
  readonly NewDeviceMetadata?: NewDeviceMetadata
  readonly RefreshToken?: string
  readonly TokenType?: string
}

/** One device of a person. */
export interface Device {
  readonly DeviceAttributes?: readonly Attribute[]
  readonly DeviceCreateDate?: EpochSeconds
  readonly DeviceKey?: string
  readonly DeviceLastAuthenticatedDate?: EpochSeconds
  readonly DeviceLastModifiedDate?: EpochSeconds
}

/** One passkey of a person. */
export interface WebAuthnCredential {
  readonly AuthenticatorAttachment?: string
  readonly AuthenticatorTransports: readonly string[]
  readonly CreatedAt: EpochSeconds
  readonly CredentialId: string
  readonly FriendlyCredentialName: string
  readonly RelyingPartyId: string
}

/** Whether one kind of second factor is on, and whether it is the one asked for first. */
export interface MfaSettings {
  readonly Enabled?: boolean | undefined
  readonly PreferredMfa?: boolean | undefined
}

/** The verifier of a device's secret, both members in base64. */
export interface DeviceSecretVerifierConfig {
  readonly PasswordVerifier?: string | undefined
  readonly Salt?: string | undefined
}

/** A member of the old SMS settings, to write. */
export interface MfaOptionInput {
  readonly AttributeName?: string | undefined
  readonly DeliveryMedium?: DeliveryMedium | undefined
}

/** A member of the old SMS settings, as stored. */
export interface MfaOption {
  readonly AttributeName?: string
  readonly DeliveryMedium?: DeliveryMedium
}

/** The answer of an operation that says nothing but "done". */
export interface NoOutput {}

/** A list of what `ListDevices` found, a page of at most 60. */
export interface DevicePage {
  readonly Devices?: readonly Device[]
  readonly PaginationToken?: string
}

/** A list of what `ListWebAuthnCredentials` found, a page of at most 20. */
export interface WebAuthnCredentialPage {
  readonly Credentials: readonly WebAuthnCredential[]
  readonly NextToken?: string
}

/** The service's answer to one step of a sign-in: the next challenge, or the tokens. */
export interface ChallengeOutput {
  readonly AuthenticationResult?: AuthenticationResult
  readonly ChallengeName?: ChallengeName
  readonly ChallengeParameters?: TextByName
  readonly Session?: string
}

/** The answer to the first step, which alone lists the choices. */
export interface InitiateAuthOutput extends ChallengeOutput {
  readonly AvailableChallenges?: readonly ChallengeName[]
}

/** Where a code was sent. */
export interface CodeDeliveryOutput {
  readonly CodeDeliveryDetails?: CodeDeliveryDetails
}

/** Input of the operations that ask for nothing but the access token. */
export interface AccessTokenInput {
  readonly AccessToken: string
}

/** What an operation on behalf of an app client may carry for Lambda triggers and risk rules. */
export interface ContextInput {
  readonly AnalyticsMetadata?: AnalyticsMetadata | undefined
  readonly ClientId: string
  readonly ClientMetadata?: TextByName | undefined
  readonly UserContextData?: UserContextData | undefined
}

/** The same for operations that name a person. */
export interface NamedInput extends ContextInput {
  readonly SecretHash?: string | undefined
  readonly Username: string
}

type Any = 'InternalErrorException' | 'InvalidParameterException'
type Usual =
  | Any
  | 'ForbiddenException'
  | 'NotAuthorizedException'
  | 'ResourceNotFoundException'
  | 'TooManyRequestsException'
type UserState =
  'PasswordResetRequiredException' | 'UserNotConfirmedException' | 'UserNotFoundException'
type Lambda =
  'InvalidLambdaResponseException' | 'UnexpectedLambdaException' | 'UserLambdaValidationException'
type Sender =
  | 'InvalidEmailRoleAccessPolicyException'
  | 'InvalidSmsRoleAccessPolicyException'
  | 'InvalidSmsRoleTrustRelationshipException'
type Delivery = Sender | 'CodeDeliveryFailureException'
type WrongCode = 'CodeMismatchException' | 'ExpiredCodeException'
type Policy = 'InvalidPasswordException' | 'PasswordHistoryPolicyViolationException'
type Limit = 'LimitExceededException'
type Configuration = 'InvalidUserPoolConfigurationException'

/** Every operation by its name: `input`, `output`, and the errors it is known to raise. */
export interface Operations {
  /** Asks for a new authenticator-app secret. */
  AssociateSoftwareToken: {
    input: { readonly AccessToken?: string | undefined; readonly Session?: string | undefined }
    output: { readonly SecretCode?: string; readonly Session?: string }
    errors:
      | Exclude<Usual, 'TooManyRequestsException'>
      | 'ConcurrentModificationException'
      | 'SoftwareTokenMFANotFoundException'
  }
  /** Changes the password of the person signed in; the old one is left out by those who have none. */
  ChangePassword: {
    input: {
      readonly AccessToken: string
      readonly PreviousPassword?: string | undefined
      readonly ProposedPassword: string
    }
    output: NoOutput
    errors: Usual | UserState | Policy | Limit
  }
  /** Hands over what the authenticator made of the registration options. */
  CompleteWebAuthnRegistration: {
    input: { readonly AccessToken: string; readonly Credential: object }
    output: NoOutput
    errors:
      | Exclude<Usual, 'ResourceNotFoundException'>
      | Limit
      | 'WebAuthnChallengeNotFoundException'
      | 'WebAuthnClientMismatchException'
      | 'WebAuthnCredentialNotSupportedException'
      | 'WebAuthnNotEnabledException'
      | 'WebAuthnOriginNotAllowedException'
      | 'WebAuthnRelyingPartyMismatchException'
  }
  /** Stores the verifier of a new device's secret. */
  ConfirmDevice: {
    input: {
      readonly AccessToken: string
      readonly DeviceKey: string
      readonly DeviceName?: string | undefined
      readonly DeviceSecretVerifierConfig?: DeviceSecretVerifierConfig | undefined
    }
    output: { readonly UserConfirmationNecessary?: boolean }
    errors:
      | Usual
      | UserState
      | Configuration
      | 'DeviceKeyExistsException'
      | 'InvalidLambdaResponseException'
      | 'InvalidPasswordException'
      | 'UsernameExistsException'
  }
  /** Ends a recovery: the code that was sent and a new password. */
  ConfirmForgotPassword: {
    input: NamedInput & { readonly ConfirmationCode: string; readonly Password: string }
    output: NoOutput
    errors:
      | Usual
      | Exclude<UserState, 'PasswordResetRequiredException'>
      | Lambda
      | WrongCode
      | Policy
      | Limit
      | 'TooManyFailedAttemptsException'
  }
  /** Ends a sign-up: the code that was sent. */
  ConfirmSignUp: {
    input: NamedInput & {
      readonly ConfirmationCode: string
      readonly ForceAliasCreation?: boolean | undefined
      readonly Session?: string | undefined
    }
    output: { readonly Session?: string }
    errors:
      | Usual
      | 'UserNotFoundException'
      | Lambda
      | WrongCode
      | Limit
      | 'AliasExistsException'
      | 'TooManyFailedAttemptsException'
  }
  /** Deletes the person signed in. */
  DeleteUser: { input: AccessTokenInput; output: NoOutput; errors: Usual | UserState }
  /** Deletes attributes of the person signed in. */
  DeleteUserAttributes: {
    input: { readonly AccessToken: string; readonly UserAttributeNames: readonly string[] }
    output: NoOutput
    errors: Usual | UserState
  }
  /** Deletes one passkey. */
  DeleteWebAuthnCredential: {
    input: { readonly AccessToken: string; readonly CredentialId: string }
    output: NoOutput
    errors: Usual | Limit
  }
  /** Forgets one device. */
  ForgetDevice: {
    input: { readonly AccessToken?: string | undefined; readonly DeviceKey: string }
    output: NoOutput
    errors: Usual | UserState | Configuration
  }
  /** Sends a recovery code. */
  ForgotPassword: {
    input: NamedInput
    output: CodeDeliveryOutput
    errors: Usual | 'UserNotFoundException' | Lambda | Delivery | Limit
  }
  /** Reads one device. */
  GetDevice: {
    input: { readonly AccessToken?: string | undefined; readonly DeviceKey: string }
    output: { readonly Device: Device }
    errors: Usual | UserState | Configuration
  }
  /** Refreshes a session, with or without rotation. */
  GetTokensFromRefreshToken: {
    input: {
      readonly ClientId: string
      readonly ClientMetadata?: TextByName | undefined
      readonly ClientSecret?: string | undefined
      readonly DeviceKey?: string | undefined
      readonly RefreshToken: string
    }
    output: { readonly AuthenticationResult?: AuthenticationResult }
    errors: Usual | 'UserNotFoundException' | Lambda | 'RefreshTokenReuseException'
  }
  /** Reads the person signed in. */
  GetUser: {
    input: AccessTokenInput
    output: {
      readonly MFAOptions?: readonly MfaOption[]
      readonly PreferredMfaSetting?: string
      readonly UserAttributes: readonly Attribute[]
      readonly UserMFASettingList?: readonly string[]
      readonly Username: string
    }
    errors: Usual | UserState
  }
  /** Sends a code that verifies an address of the person signed in. */
  GetUserAttributeVerificationCode: {
    input: {
      readonly AccessToken: string
      readonly AttributeName: string
      readonly ClientMetadata?: TextByName | undefined
    }
    output: CodeDeliveryOutput
    errors: Usual | UserState | Lambda | Delivery | Limit
  }
  /** Reads the ways in which the person signed in can begin a sign-in. */
  GetUserAuthFactors: {
    input: AccessTokenInput
    output: {
      readonly ConfiguredUserAuthFactors?: readonly AuthFactor[]
      readonly PreferredMfaSetting?: string
      readonly UserMFASettingList?: readonly string[]
      readonly Username: string
    }
    errors: Usual | UserState
  }
  /** Ends every session of the person signed in. */
  GlobalSignOut: {
    input: AccessTokenInput
    output: NoOutput
    errors: Usual | Exclude<UserState, 'UserNotFoundException'>
  }
  /** Begins a sign-in, or refreshes a session. */
  InitiateAuth: {
    input: ContextInput & {
      readonly AuthFlow: AuthFlow
      readonly AuthParameters?: TextByName | undefined
      readonly Session?: string | undefined
    }
    output: InitiateAuthOutput
    errors: Usual | UserState | Lambda | Sender | Configuration | 'UnsupportedOperationException'
  }
  /** Lists devices, a page at a time. */
  ListDevices: {
    input: {
      readonly AccessToken: string
      readonly Limit?: number | undefined
      readonly PaginationToken?: string | undefined
    }
    output: DevicePage
    errors: Usual | UserState | Configuration
  }
  /** Lists passkeys, a page at a time. */
  ListWebAuthnCredentials: {
    input: {
      readonly AccessToken: string
      readonly MaxResults?: number | undefined
      readonly NextToken?: string | undefined
    }
    output: WebAuthnCredentialPage
    errors: Exclude<Usual, 'ResourceNotFoundException'> | Limit
  }
  /** Sends the sign-up code again. */
  ResendConfirmationCode: {
    input: NamedInput
    output: CodeDeliveryOutput
    errors: Usual | 'UserNotFoundException' | Lambda | Delivery | Limit
  }
  /** Answers a challenge. */
  RespondToAuthChallenge: {
    input: ContextInput & {
      readonly ChallengeName: ChallengeName
      readonly ChallengeResponses?: TextByName | undefined
      readonly Session?: string | undefined
    }
    output: ChallengeOutput
    errors:
      | Usual
      | UserState
      | Lambda
      | Sender
      | Configuration
      | WrongCode
      | Policy
      | 'AliasExistsException'
      | 'MFAMethodNotFoundException'
      | 'SoftwareTokenMFANotFoundException'
  }
  /** Revokes a refresh token and what came from it. */
  RevokeToken: {
    input: {
      readonly ClientId: string
      readonly ClientSecret?: string | undefined
      readonly Token: string
    }
    output: NoOutput
    errors:
      | Any
      | 'ForbiddenException'
      | 'TooManyRequestsException'
      | 'UnauthorizedException'
      | 'UnsupportedOperationException'
      | 'UnsupportedTokenTypeException'
  }
  /** Switches second factors on and off, and prefers one. */
  SetUserMFAPreference: {
    input: {
      readonly AccessToken: string
      readonly EmailMfaSettings?: MfaSettings | undefined
      readonly SMSMfaSettings?: MfaSettings | undefined
      readonly SoftwareTokenMfaSettings?: MfaSettings | undefined
    }
    output: NoOutput
    errors: Exclude<Usual, 'TooManyRequestsException'> | UserState
  }
  /** The old way to switch SMS codes on and off. */
  SetUserSettings: {
    input: { readonly AccessToken: string; readonly MFAOptions: readonly MfaOptionInput[] }
    output: NoOutput
    errors: Exclude<Usual, 'TooManyRequestsException'> | UserState
  }
  /** Creates an account. */
  SignUp: {
    input: NamedInput & {
      readonly Password?: string | undefined
      readonly UserAttributes?: readonly AttributeInput[] | undefined
      readonly ValidationData?: readonly AttributeInput[] | undefined
    }
    output: CodeDeliveryOutput & {
      readonly Session?: string
      readonly UserConfirmed: boolean
      readonly UserSub: string
    }
    errors:
      Usual | Lambda | Delivery | Limit | 'InvalidPasswordException' | 'UsernameExistsException'
  }
  /** Asks for the options to create a passkey with. */
  StartWebAuthnRegistration: {
    input: AccessTokenInput
    output: { readonly CredentialCreationOptions: Readonly<Record<string, unknown>> }
    errors:
      | Exclude<Usual, 'ResourceNotFoundException'>
      | Limit
      | 'WebAuthnConfigurationMissingException'
      | 'WebAuthnNotEnabledException'
  }
  /** Tells threat protection whether a sign-in was the person's own. */
  UpdateAuthEventFeedback: {
    input: {
      readonly EventId: string
      readonly FeedbackToken: string
      readonly FeedbackValue: 'Valid' | 'Invalid'
      readonly UserPoolId: string
      readonly Username: string
    }
    output: NoOutput
    errors:
      | Exclude<Usual, 'ForbiddenException'>
      | 'UserNotFoundException'
      | 'UserPoolAddOnNotEnabledException'
  }
  /** Remembers a device, or stops remembering it. */
  UpdateDeviceStatus: {
    input: {
      readonly AccessToken: string
      readonly DeviceKey: string
      readonly DeviceRememberedStatus?: 'remembered' | 'not_remembered' | undefined
    }
    output: NoOutput
    errors: Usual | UserState | Configuration
  }
  /** Writes attributes of the person signed in. */
  UpdateUserAttributes: {
    input: {
      readonly AccessToken: string
      readonly ClientMetadata?: TextByName | undefined
      readonly UserAttributes: readonly AttributeInput[]
    }
    output: { readonly CodeDeliveryDetailsList?: readonly CodeDeliveryDetails[] }
    errors: Usual | UserState | Lambda | Delivery | WrongCode | 'AliasExistsException'
  }
  /** Proves that the authenticator app has the secret. */
  VerifySoftwareToken: {
    input: {
      readonly AccessToken?: string | undefined
      readonly FriendlyDeviceName?: string | undefined
      readonly Session?: string | undefined
      readonly UserCode: string
    }
    output: { readonly Session?: string; readonly Status?: 'SUCCESS' | 'ERROR' }
    errors:
      | Usual
      | UserState
      | Configuration
      | 'CodeMismatchException'
      | 'EnableSoftwareTokenMFAException'
      | 'SoftwareTokenMFANotFoundException'
  }
  /** Proves an address with the code that was sent to it. */
  VerifyUserAttribute: {
    input: {
      readonly AccessToken: string
      readonly AttributeName: string
      readonly Code: string
    }
    output: NoOutput
    errors: Usual | UserState | WrongCode | Limit | 'AliasExistsException'
  }
}

/** The name of an operation. */
export type OperationName = keyof Operations

/** The name of an error that the service is known to raise. */
export type ServiceErrorName = Operations[OperationName]['errors']
