// What the inputs of the administrator's operations must look like, as shapes.ts says it of the others.
// Members that are only told back are not looked into.
import type { Shape } from './shapes.ts'

const user = 'UserPoolId!:UserPoolIdType Username!:UsernameType'
const client = 'UserPoolId!:UserPoolIdType ClientId!:ClientIdType'
const userOnly: Shape = { members: user }
const userAndGroup: Shape = { members: `${user} GroupName!:GroupNameType` }
const poolOnly: Shape = { members: 'UserPoolId!:UserPoolIdType' }
const clientOnly: Shape = { members: client }
const poolSettings =
  'AccountRecoverySetting:AccountRecoverySettingType AdminCreateUserConfig:AdminCreateUserConfigType AutoVerifiedAttributes:VerifiedAttributesListType DeletionProtection:DeletionProtectionType DeviceConfiguration:DeviceConfigurationType EmailConfiguration:EmailConfigurationType LambdaConfig:Document MfaConfiguration:UserPoolMfaType Policies:UserPoolPolicyType SmsConfiguration:SmsConfigurationType UserAttributeUpdateSettings:UserAttributeUpdateSettingsType UserPoolTags:ClientMetadataType UserPoolTier:UserPoolTierType'
const clientSettings =
  'AccessTokenValidity:TokenValidityType AuthSessionValidity:AuthSessionValidityType EnableTokenRevocation:BooleanType ExplicitAuthFlows:ExplicitAuthFlowsListType IdTokenValidity:TokenValidityType PreventUserExistenceErrors:PreventUserExistenceErrorTypes ReadAttributes:ClientPermissionListType RefreshTokenRotation:RefreshTokenRotationType RefreshTokenValidity:RefreshTokenValidityType TokenValidityUnits:TokenValidityUnitsType WriteAttributes:ClientPermissionListType'

/** The shapes, by name; an operation's input has the operation's name. */
export const administrationShapes: Readonly<Record<string, Shape>> = {
  AccountRecoverySettingType: { members: 'RecoveryMechanisms:RecoveryMechanismsType' },
  AdminAddUserToGroup: userAndGroup,
  AdminConfirmSignUp: { members: `${user} ClientMetadata:ClientMetadataType` },
  AdminCreateUser: {
    members: `${user} ClientMetadata:ClientMetadataType DesiredDeliveryMediums:DeliveryMediumListType ForceAliasCreation:BooleanType MessageAction:MessageActionType TemporaryPassword:TemporaryPasswordType UserAttributes:AttributeListType ValidationData:AttributeListType`,
  },
  AdminCreateUserConfigType: {
    members:
      'AllowAdminCreateUserOnly:BooleanType InviteMessageTemplate:MessageTemplateType UnusedAccountValidityDays:TemporaryPasswordValidityDaysType',
  },
  AdminDeleteUser: userOnly,
  AdminDisableUser: userOnly,
  AdminEnableUser: userOnly,
  AdminForgetDevice: { members: `${user} DeviceKey!:DeviceKeyType` },
  AdminGetDevice: { members: `${user} DeviceKey!:DeviceKeyType` },
  AdminGetUser: userOnly,
  AdminInitiateAuth: {
    members: `${client} AnalyticsMetadata:AnalyticsMetadataType AuthFlow!:AuthFlowType AuthParameters:AuthParametersType ClientMetadata:ClientMetadataType ContextData:Document Session:SessionType`,
  },
  AdminListDevices: {
    members: `${user} Limit:QueryLimitType PaginationToken:SearchPaginationTokenType`,
  },
  AdminRemoveUserFromGroup: userAndGroup,
  AdminResetUserPassword: { members: `${user} ClientMetadata:ClientMetadataType` },
  AdminRespondToAuthChallenge: {
    members: `${client} AnalyticsMetadata:AnalyticsMetadataType ChallengeName!:ChallengeNameType ChallengeResponses:ChallengeResponsesType ClientMetadata:ClientMetadataType ContextData:Document Session:SessionType`,
  },
  AdminSetUserMFAPreference: {
    members: `${user} EmailMfaSettings:EmailMfaSettingsType SMSMfaSettings:SMSMfaSettingsType SoftwareTokenMfaSettings:SoftwareTokenMfaSettingsType`,
  },
  AdminSetUserPassword: { members: `${user} Password!:PasswordType Permanent:BooleanType` },
  AdminUpdateUserAttributes: {
    members: `${user} ClientMetadata:ClientMetadataType UserAttributes!:AttributeListType`,
  },
  AdminUserGlobalSignOut: userOnly,
  AliasAttributeType: { oneOf: ['phone_number', 'email', 'preferred_username'] },
  AliasAttributesListType: { list: 'AliasAttributeType' },
  AttributeDataType: { oneOf: ['String', 'Number', 'DateTime', 'Boolean'] },
  AuthFactorType: { oneOf: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] },
  AuthFactorsListType: { list: 'AuthFactorType' },
  AuthSessionValidityType: { number: [3, 15] },
  ClientNameType: { text: [1, 128, '[\\w\\s+=,.@-]+'] },
  ClientPermissionListType: { list: 'ClientPermissionType' },
  ClientPermissionType: { text: [1, 2048] },
  CreateGroup: {
    members:
      'GroupName!:GroupNameType UserPoolId!:UserPoolIdType Description:DescriptionType Precedence:PrecedenceType RoleArn:ArnType',
  },
  ArnType: {
    text: [
      20,
      2048,
      'arn:[\\w+=/,.@-]+:[\\w+=/,.@-]+:([\\w+=/,.@-]*)?:[0-9]+:[\\w+=/,.@-]+(:[\\w+=/,.@-]+)?(:[\\w+=/,.@-]+)?',
    ],
  },
  CreateUserPool: {
    members: `${poolSettings} AliasAttributes:AliasAttributesListType PoolName!:UserPoolNameType Schema:SchemaAttributesListType UsernameAttributes:VerifiedAttributesListType UsernameConfiguration:UsernameConfigurationType`,
  },
  CreateUserPoolClient: {
    members: `${clientSettings} ClientName!:ClientNameType ClientSecret:ClientSecretType GenerateSecret:BooleanType UserPoolId!:UserPoolIdType`,
  },
  CustomAttributeNameType: { text: [1, 20, '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+'] },
  DeleteUserPool: poolOnly,
  DeleteUserPoolClient: clientOnly,
  DeletionProtectionType: { oneOf: ['ACTIVE', 'INACTIVE'] },
  DeliveryMediumListType: { list: 'DeliveryMediumType' },
  DescribeUserPool: poolOnly,
  DescribeUserPoolClient: clientOnly,
  DescriptionType: { text: [0, 2048] },
  DeviceConfigurationType: {
    members:
      'ChallengeRequiredOnNewDevice:BooleanType DeviceOnlyRememberedOnUserPrompt:BooleanType',
  },
  EmailConfigurationType: {
    members:
      'ConfigurationSet:StringType EmailSendingAccount:EmailSendingAccountType From:StringType ReplyToEmailAddress:StringType SourceArn:ArnType',
  },
  EmailMessageType: { text: [6, 20_000] },
  EmailMfaConfigType: { members: 'Message:EmailCodeMessageType Subject:EmailSubjectType' },
  EmailCodeMessageType: { text: [6, 20_000, '.*\\{####\\}.*'] },
  EmailSendingAccountType: { oneOf: ['COGNITO_DEFAULT', 'DEVELOPER'] },
  EmailSubjectType: { text: [1, 140, '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s]+'] },
  ExplicitAuthFlowsListType: { list: 'ExplicitAuthFlowsType' },
  ExplicitAuthFlowsType: {
    oneOf: [
      'ADMIN_NO_SRP_AUTH',
      'CUSTOM_AUTH_FLOW_ONLY',
      'USER_PASSWORD_AUTH',
      'ALLOW_ADMIN_USER_PASSWORD_AUTH',
      'ALLOW_CUSTOM_AUTH',
      'ALLOW_USER_PASSWORD_AUTH',
      'ALLOW_USER_SRP_AUTH',
      'ALLOW_REFRESH_TOKEN_AUTH',
      'ALLOW_USER_AUTH',
    ],
  },
  FeatureType: { oneOf: ['ENABLED', 'DISABLED'] },
  GetUserPoolMfaConfig: poolOnly,
  GroupNameType: { text: [1, 128, '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+'] },
  ListUserPoolClients: {
    members:
      'UserPoolId!:UserPoolIdType MaxResults:PoolQueryLimitType NextToken:SearchPaginationTokenType',
  },
  ListUserPools: {
    members: 'MaxResults!:PoolQueryLimitType NextToken:SearchPaginationTokenType',
  },
  ListUsers: {
    members:
      'UserPoolId!:UserPoolIdType AttributesToGet:AttributeNameListType Filter:UserFilterType Limit:QueryLimitType PaginationToken:SearchPaginationTokenType',
  },
  MessageActionType: { oneOf: ['RESEND', 'SUPPRESS'] },
  MessageTemplateType: {
    members:
      'EmailMessage:EmailMessageType EmailSubject:EmailSubjectType SMSMessage:SmsMessageType',
  },
  NumberAttributeConstraintsType: { members: 'MaxValue:StringType MinValue:StringType' },
  PasswordHistorySizeType: { number: [0, 24] },
  PasswordPolicyMinLengthType: { number: [6, 99] },
  PasswordPolicyType: {
    members:
      'MinimumLength:PasswordPolicyMinLengthType PasswordHistorySize:PasswordHistorySizeType RequireLowercase:BooleanType RequireNumbers:BooleanType RequireSymbols:BooleanType RequireUppercase:BooleanType TemporaryPasswordValidityDays:TemporaryPasswordValidityDaysType',
  },
  PoolQueryLimitType: { number: [1, 60] },
  PrecedenceType: { number: [0, 2 ** 31 - 1] },
  PreventUserExistenceErrorTypes: { oneOf: ['LEGACY', 'ENABLED'] },
  PriorityType: { number: [1, 2] },
  RecoveryMechanismsType: { list: 'RecoveryOptionType' },
  RecoveryOptionNameType: { oneOf: ['verified_email', 'verified_phone_number', 'admin_only'] },
  RecoveryOptionType: { members: 'Name!:RecoveryOptionNameType Priority!:PriorityType' },
  RefreshTokenRotationType: {
    members: 'Feature!:FeatureType RetryGracePeriodSeconds:RetryGracePeriodSecondsType',
  },
  RefreshTokenValidityType: { number: [0, 315_360_000] },
  RetryGracePeriodSecondsType: { number: [0, 60] },
  SchemaAttributesListType: { list: 'SchemaAttributeType' },
  SchemaAttributeType: {
    members:
      'AttributeDataType:AttributeDataType DeveloperOnlyAttribute:BooleanType Mutable:BooleanType Name!:CustomAttributeNameType NumberAttributeConstraints:NumberAttributeConstraintsType Required:BooleanType StringAttributeConstraints:StringAttributeConstraintsType',
  },
  SetUserPoolMfaConfig: {
    members:
      'UserPoolId!:UserPoolIdType EmailMfaConfiguration:EmailMfaConfigType MfaConfiguration:UserPoolMfaType SmsMfaConfiguration:SmsMfaConfigType SoftwareTokenMfaConfiguration:SoftwareTokenMfaConfigType WebAuthnConfiguration:WebAuthnConfigurationType',
  },
  SignInPolicyType: { members: 'AllowedFirstAuthFactors:AuthFactorsListType' },
  SmsConfigurationType: {
    members: 'ExternalId:StringType SnsCallerArn!:ArnType SnsRegion:StringType',
  },
  SmsCodeMessageType: { text: [6, 140, '.*\\{####\\}.*'] },
  SmsMessageType: { text: [6, 140] },
  SmsMfaConfigType: {
    members: 'SmsAuthenticationMessage:SmsCodeMessageType SmsConfiguration:SmsConfigurationType',
  },
  SoftwareTokenMfaConfigType: { members: 'Enabled:BooleanType' },
  StringAttributeConstraintsType: { members: 'MaxLength:StringType MinLength:StringType' },
  TemporaryPasswordType: { text: [0, 256] },
  TemporaryPasswordValidityDaysType: { number: [0, 365] },
  TimeUnitsType: { oneOf: ['seconds', 'minutes', 'hours', 'days'] },
  TokenValidityType: { number: [1, 86_400] },
  TokenValidityUnitsType: {
    members: 'AccessToken:TimeUnitsType IdToken:TimeUnitsType RefreshToken:TimeUnitsType',
  },
  UpdateUserPool: {
    members: `${poolSettings} PoolName:UserPoolNameType UserPoolId!:UserPoolIdType`,
  },
  UpdateUserPoolClient: { members: `${clientSettings} ${client} ClientName:ClientNameType` },
  UserAttributeUpdateSettingsType: {
    members: 'AttributesRequireVerificationBeforeUpdate:VerifiedAttributesListType',
  },
  UserFilterType: { text: [0, 256] },
  UserPoolMfaType: { oneOf: ['OFF', 'ON', 'OPTIONAL'] },
  UserPoolNameType: { text: [1, 128, '[\\w\\s+=,.@-]+'] },
  UserPoolPolicyType: {
    members: 'PasswordPolicy:PasswordPolicyType SignInPolicy:SignInPolicyType',
  },
  UserPoolTierType: { oneOf: ['LITE', 'ESSENTIALS', 'PLUS'] },
  UserVerificationType: { oneOf: ['required', 'preferred'] },
  UsernameConfigurationType: { members: 'CaseSensitive!:BooleanType' },
  VerifiedAttributesListType: { list: 'VerifiedAttributeType' },
  VerifiedAttributeType: { oneOf: ['phone_number', 'email'] },
  WebAuthnConfigurationType: {
    members: 'RelyingPartyId:RelyingPartyIdType UserVerification:UserVerificationType',
  },
  RelyingPartyIdType: { text: [1, 127] },
}
