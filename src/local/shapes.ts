// What the service's model says about every input: generated facts, held against the model by a test.
// A text is [least, most, pattern]; an enum its values; a structure its members, `!` where needed.

/** A shape of the model. */
export type Shape =
  | { readonly text: readonly [least: number, most: number, pattern?: string] }
  | { readonly oneOf: readonly string[] }
  | { readonly number: readonly [least: number, most: number] }
  | { readonly boolean: true }
  | { readonly list: string }
  | { readonly map: string }
  | { readonly any: true }
  | { readonly members: string }

/** The shapes, by name; an operation's input has the operation's name. */
export const shapes: Readonly<Record<string, Shape>> = {
  AnalyticsMetadataType: { members: 'AnalyticsEndpointId:StringType' },
  AssociateSoftwareToken: { members: 'AccessToken:TokenModelType Session:SessionType' },
  AttributeListType: { list: 'AttributeType' },
  AttributeNameListType: { list: 'AttributeNameType' },
  AttributeNameType: { text: [1, 32, '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+'] },
  AttributeType: { members: 'Name!:AttributeNameType Value:AttributeValueType' },
  AttributeValueType: { text: [0, 2048] },
  AuthFlowType: {
    oneOf: [
      'USER_SRP_AUTH',
      'REFRESH_TOKEN_AUTH',
      'REFRESH_TOKEN',
      'CUSTOM_AUTH',
      'ADMIN_NO_SRP_AUTH',
      'USER_PASSWORD_AUTH',
      'ADMIN_USER_PASSWORD_AUTH',
      'USER_AUTH',
    ],
  },
  AuthParametersType: { map: 'StringType' },
  BooleanType: { boolean: true },
  ChallengeNameType: {
    oneOf: [
      'SMS_MFA',
      'EMAIL_OTP',
      'SOFTWARE_TOKEN_MFA',
      'SELECT_MFA_TYPE',
      'MFA_SETUP',
      'PASSWORD_VERIFIER',
      'CUSTOM_CHALLENGE',
      'SELECT_CHALLENGE',
      'DEVICE_SRP_AUTH',
      'DEVICE_PASSWORD_VERIFIER',
      'ADMIN_NO_SRP_AUTH',
      'NEW_PASSWORD_REQUIRED',
      'SMS_OTP',
      'PASSWORD',
      'WEB_AUTHN',
      'PASSWORD_SRP',
    ],
  },
  ChallengeResponsesType: { map: 'StringType' },
  ChangePassword: {
    members:
      'AccessToken!:TokenModelType PreviousPassword:PasswordType ProposedPassword!:PasswordType',
  },
  ClientIdType: { text: [1, 128, '[\\w+]+'] },
  ClientMetadataType: { map: 'StringType' },
  ClientSecretType: { text: [1, 64, '[\\w+]+'] },
  CompleteWebAuthnRegistration: { members: 'AccessToken!:TokenModelType Credential!:Document' },
  ConfirmDevice: {
    members:
      'AccessToken!:TokenModelType DeviceKey!:DeviceKeyType DeviceName:DeviceNameType DeviceSecretVerifierConfig:DeviceSecretVerifierConfigType',
  },
  ConfirmForgotPassword: {
    members:
      'AnalyticsMetadata:AnalyticsMetadataType ClientId!:ClientIdType ClientMetadata:ClientMetadataType ConfirmationCode!:ConfirmationCodeType Password!:PasswordType SecretHash:SecretHashType UserContextData:UserContextDataType Username!:UsernameType',
  },
  ConfirmSignUp: {
    members:
      'AnalyticsMetadata:AnalyticsMetadataType ClientId!:ClientIdType ClientMetadata:ClientMetadataType ConfirmationCode!:ConfirmationCodeType ForceAliasCreation:ForceAliasCreation SecretHash:SecretHashType Session:SessionType UserContextData:UserContextDataType Username!:UsernameType',
  },
  ConfirmationCodeType: { text: [1, 2048, '[\\S]+'] },
  DeleteUserAttributes: {
    members: 'AccessToken!:TokenModelType UserAttributeNames!:AttributeNameListType',
  },
  DeleteUser: { members: 'AccessToken!:TokenModelType' },
  DeleteWebAuthnCredential: { members: 'AccessToken!:TokenModelType CredentialId!:StringType' },
  DeliveryMediumType: { oneOf: ['SMS', 'EMAIL'] },
  DeviceKeyType: { text: [1, 55, '[\\w-]+_[0-9a-f-]+'] },
  DeviceNameType: { text: [1, 1024] },
  DeviceRememberedStatusType: { oneOf: ['remembered', 'not_remembered'] },
  DeviceSecretVerifierConfigType: { members: 'PasswordVerifier:StringType Salt:StringType' },
  Document: { any: true },
  EmailMfaSettingsType: { members: 'Enabled:BooleanType PreferredMfa:BooleanType' },
  EventIdType: { text: [1, 50, '[\\w+-]+'] },
  FeedbackValueType: { oneOf: ['Valid', 'Invalid'] },
  ForceAliasCreation: { boolean: true },
  ForgetDevice: { members: 'AccessToken:TokenModelType DeviceKey!:DeviceKeyType' },
  ForgotPassword: {
    members:
      'AnalyticsMetadata:AnalyticsMetadataType ClientId!:ClientIdType ClientMetadata:ClientMetadataType SecretHash:SecretHashType UserContextData:UserContextDataType Username!:UsernameType',
  },
  GetDevice: { members: 'AccessToken:TokenModelType DeviceKey!:DeviceKeyType' },
  GetTokensFromRefreshToken: {
    members:
      'ClientId!:ClientIdType ClientMetadata:ClientMetadataType ClientSecret:ClientSecretType DeviceKey:DeviceKeyType RefreshToken!:TokenModelType',
  },
  GetUserAttributeVerificationCode: {
    members:
      'AccessToken!:TokenModelType AttributeName!:AttributeNameType ClientMetadata:ClientMetadataType',
  },
  GetUserAuthFactors: { members: 'AccessToken!:TokenModelType' },
  GetUser: { members: 'AccessToken!:TokenModelType' },
  GlobalSignOut: { members: 'AccessToken!:TokenModelType' },
  InitiateAuth: {
    members:
      'AnalyticsMetadata:AnalyticsMetadataType AuthFlow!:AuthFlowType AuthParameters:AuthParametersType ClientId!:ClientIdType ClientMetadata:ClientMetadataType Session:SessionType UserContextData:UserContextDataType',
  },
  ListDevices: {
    members:
      'AccessToken!:TokenModelType Limit:QueryLimitType PaginationToken:SearchPaginationTokenType',
  },
  ListWebAuthnCredentials: {
    members:
      'AccessToken!:TokenModelType MaxResults:WebAuthnCredentialsQueryLimitType NextToken:PaginationKey',
  },
  MFAOptionListType: { list: 'MFAOptionType' },
  MFAOptionType: { members: 'AttributeName:AttributeNameType DeliveryMedium:DeliveryMediumType' },
  PaginationKey: { text: [1, 131072, '[\\S]+'] },
  PasswordType: { text: [0, 256, '[\\S]+'] },
  QueryLimitType: { number: [0, 60] },
  ResendConfirmationCode: {
    members:
      'AnalyticsMetadata:AnalyticsMetadataType ClientId!:ClientIdType ClientMetadata:ClientMetadataType SecretHash:SecretHashType UserContextData:UserContextDataType Username!:UsernameType',
  },
  RespondToAuthChallenge: {
    members:
      'AnalyticsMetadata:AnalyticsMetadataType ChallengeName!:ChallengeNameType ChallengeResponses:ChallengeResponsesType ClientId!:ClientIdType ClientMetadata:ClientMetadataType Session:SessionType UserContextData:UserContextDataType',
  },
  RevokeToken: {
    members: 'ClientId!:ClientIdType ClientSecret:ClientSecretType Token!:TokenModelType',
  },
  SMSMfaSettingsType: { members: 'Enabled:BooleanType PreferredMfa:BooleanType' },
  SearchPaginationTokenType: { text: [1, Infinity, '[\\S]+'] },
  SecretHashType: { text: [1, 128, '[\\w+=/]+'] },
  SessionType: { text: [20, 2048] },
  SetUserMFAPreference: {
    members:
      'AccessToken!:TokenModelType EmailMfaSettings:EmailMfaSettingsType SMSMfaSettings:SMSMfaSettingsType SoftwareTokenMfaSettings:SoftwareTokenMfaSettingsType',
  },
  SetUserSettings: { members: 'AccessToken!:TokenModelType MFAOptions!:MFAOptionListType' },
  SignUp: {
    members:
      'AnalyticsMetadata:AnalyticsMetadataType ClientId!:ClientIdType ClientMetadata:ClientMetadataType Password:PasswordType SecretHash:SecretHashType UserAttributes:AttributeListType UserContextData:UserContextDataType Username!:UsernameType ValidationData:AttributeListType',
  },
  SoftwareTokenMFAUserCodeType: { text: [6, 6, '[0-9]+'] },
  SoftwareTokenMfaSettingsType: { members: 'Enabled:BooleanType PreferredMfa:BooleanType' },
  StartWebAuthnRegistration: { members: 'AccessToken!:TokenModelType' },
  StringType: { text: [0, 131072] },
  TokenModelType: { text: [0, Infinity, '[A-Za-z0-9-_=.]+'] },
  UpdateAuthEventFeedback: {
    members:
      'EventId!:EventIdType FeedbackToken!:TokenModelType FeedbackValue!:FeedbackValueType UserPoolId!:UserPoolIdType Username!:UsernameType',
  },
  UpdateDeviceStatus: {
    members:
      'AccessToken!:TokenModelType DeviceKey!:DeviceKeyType DeviceRememberedStatus:DeviceRememberedStatusType',
  },
  UpdateUserAttributes: {
    members:
      'AccessToken!:TokenModelType ClientMetadata:ClientMetadataType UserAttributes!:AttributeListType',
  },
  UserContextDataType: { members: 'EncodedData:StringType IpAddress:StringType' },
  UserPoolIdType: { text: [1, 55, '[\\w-]+_[0-9a-zA-Z]+'] },
  UsernameType: { text: [1, 128, '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+'] },
  VerifySoftwareToken: {
    members:
      'AccessToken:TokenModelType FriendlyDeviceName:StringType Session:SessionType UserCode!:SoftwareTokenMFAUserCodeType',
  },
  VerifyUserAttribute: {
    members:
      'AccessToken!:TokenModelType AttributeName!:AttributeNameType Code!:ConfirmationCodeType',
  },
  WebAuthnCredentialsQueryLimitType: { number: [0, 20] },
}
