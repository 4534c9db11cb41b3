// What a pool and an app client can be set to, in the service's own spelling: what CreateUserPool and
// CreateUserPoolClient take, with the defaults that the service has.

/** A second factor. */
export type MfaKind = 'SMS_MFA' | 'SOFTWARE_TOKEN_MFA' | 'EMAIL_OTP'

/** A first factor of the choice-based sign-in. */
export type FirstFactor = 'PASSWORD' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN'

/** What a password must be. */
export interface PasswordPolicy {
  readonly MinimumLength: number
  readonly RequireUppercase: boolean
  readonly RequireLowercase: boolean
  readonly RequireNumbers: boolean
  readonly RequireSymbols: boolean
  readonly PasswordHistorySize: number
  readonly TemporaryPasswordValidityDays: number
}

/** An attribute that people of the pool can have. */
export interface SchemaAttribute {
  readonly Name: string
  readonly AttributeDataType?: 'String' | 'Number' | 'DateTime' | 'Boolean'
  readonly Required?: boolean
  readonly Mutable?: boolean
  readonly DeveloperOnlyAttribute?: boolean
  readonly StringAttributeConstraints?: { readonly MinLength?: string; readonly MaxLength?: string }
  readonly NumberAttributeConstraints?: { readonly MinValue?: string; readonly MaxValue?: string }
}

/** Attributes that a name can be given in place of, or that can serve as a name. */
export type AliasName = 'email' | 'phone_number' | 'preferred_username'

/** Everything about a pool that somebody who signs in can notice. */
export interface PoolSettings {
  readonly PoolName: string
  readonly Policies: {
    readonly PasswordPolicy: PasswordPolicy
    readonly SignInPolicy: { readonly AllowedFirstAuthFactors: readonly FirstFactor[] }
  }
  readonly MfaConfiguration: 'OFF' | 'OPTIONAL' | 'ON'
  readonly EnabledMfas: readonly MfaKind[]
  readonly DeviceConfiguration?:
    | {
        readonly ChallengeRequiredOnNewDevice?: boolean
        readonly DeviceOnlyRememberedOnUserPrompt?: boolean
      }
    | undefined
  readonly AutoVerifiedAttributes: readonly ('email' | 'phone_number')[]
  readonly AliasAttributes: readonly AliasName[]
  readonly UsernameAttributes: readonly ('email' | 'phone_number')[]
  readonly UsernameConfiguration: { readonly CaseSensitive: boolean }
  readonly UserAttributeUpdateSettings: {
    readonly AttributesRequireVerificationBeforeUpdate: readonly ('email' | 'phone_number')[]
  }
  readonly AccountRecoverySetting: {
    readonly RecoveryMechanisms: readonly { readonly Priority: number; readonly Name: string }[]
  }
  readonly AdminCreateUserConfig: {
    readonly AllowAdminCreateUserOnly: boolean
    /** `{username}` and `{####}` stand for the name and the temporary password. */
    readonly InviteMessageTemplate?: {
      readonly SMSMessage?: string
      readonly EmailMessage?: string
      readonly EmailSubject?: string
    }
  }
  readonly Schema: readonly SchemaAttribute[]
  readonly WebAuthnConfiguration: {
    readonly RelyingPartyId?: string
    readonly UserVerification: 'required' | 'preferred'
  }
}

/** Everything about an app client that somebody who signs in can notice. */
export interface ClientSettings {
  readonly ClientName: string
  readonly ExplicitAuthFlows: readonly string[]
  readonly ReadAttributes?: readonly string[] | undefined
  readonly WriteAttributes?: readonly string[] | undefined
  readonly AccessTokenValidity: number
  readonly IdTokenValidity: number
  readonly RefreshTokenValidity: number
  readonly TokenValidityUnits: Readonly<
    Record<'AccessToken' | 'IdToken' | 'RefreshToken', 'seconds' | 'minutes' | 'hours' | 'days'>
  >
  readonly AuthSessionValidity: number
  readonly EnableTokenRevocation: boolean
  readonly PreventUserExistenceErrors: 'ENABLED' | 'LEGACY'
  readonly RefreshTokenRotation: {
    readonly Feature: 'ENABLED' | 'DISABLED'
    readonly RetryGracePeriodSeconds: number
  }
}

/** Settings of which some are left to their defaults, at any depth. */
export type Partly<Settings> = {
  readonly [Name in keyof Settings]?:
    | (Settings[Name] extends readonly unknown[] | string | number | boolean | undefined
        ? Settings[Name]
        : Partly<Settings[Name]>)
    | undefined
}

const defaultPool: PoolSettings = {
  PoolName: 'local',
  Policies: {
    PasswordPolicy: {
      MinimumLength: 8,
      RequireUppercase: true,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
      PasswordHistorySize: 0,
      TemporaryPasswordValidityDays: 7,
    },
    SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
  },
  MfaConfiguration: 'OFF',
  EnabledMfas: [],
  AutoVerifiedAttributes: [],
  AliasAttributes: [],
  UsernameAttributes: [],
  UsernameConfiguration: { CaseSensitive: true },
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: [] },
  AccountRecoverySetting: {
    RecoveryMechanisms: [
      { Priority: 1, Name: 'verified_email' },
      { Priority: 2, Name: 'verified_phone_number' },
    ],
  },
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: false },
  Schema: [],
  WebAuthnConfiguration: { UserVerification: 'preferred' },
}

const defaultClient: ClientSettings = {
  ClientName: 'local',
  ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  AccessTokenValidity: 60,
  IdTokenValidity: 60,
  RefreshTokenValidity: 30,
  TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'days' },
  AuthSessionValidity: 3,
  EnableTokenRevocation: true,
  PreventUserExistenceErrors: 'LEGACY',
  RefreshTokenRotation: { Feature: 'DISABLED', RetryGracePeriodSeconds: 0 },
}

/** A pool's settings, with defaults where nothing is given. */
export const poolSettings = (given: Partly<PoolSettings> = {}): PoolSettings =>
  withDefaults(defaultPool, given)

/** An app client's settings, with defaults where nothing is given. */
export const clientSettings = (given: Partly<ClientSettings> = {}): ClientSettings =>
  withDefaults(defaultClient, given)

const isPlain = (value: unknown): value is Record<string, unknown> =>
  Object(value) === value && !Array.isArray(value)

/** What is given, over what was there, into objects but not into lists. */
export function withDefaults<Settings extends object>(
  defaults: Settings,
  given: Partly<Settings>,
): Settings {
  const merged = { ...defaults } as Record<string, unknown>
  for (const [name, value] of Object.entries<unknown>(given)) {
    const before = merged[name]
    if (value !== undefined)
      merged[name] = isPlain(before) && isPlain(value) ? withDefaults<object>(before, value) : value
  }
  return merged as Settings
}

const unitSeconds = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }

/** How long a kind of token lives, in seconds. */
export function validity(
  client: ClientSettings,
  token: 'AccessToken' | 'IdToken' | 'RefreshToken',
): number {
  return client[`${token}Validity`] * unitSeconds[client.TokenValidityUnits[token]]
}
