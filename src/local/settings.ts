// What a pool and an app client can be set to, in the service's own spelling: what CreateUserPool and
// CreateUserPoolClient take, with the defaults that the service has.
import { listOf, members, numeric, oneOf, text, typed } from './forms.ts'
import type { Form } from './forms.ts'

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

const flag = typed('boolean')
const addresses = ['email', 'phone_number']
const unit = oneOf(['seconds', 'minutes', 'hours', 'days'])

/** The second factors that there are. */
export const mfaKinds: readonly MfaKind[] = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP']

/** What a developer may write as settings of a pool. */
export const poolForm: Form = members<PoolSettings>({
  PoolName: text,
  Policies: members<PoolSettings['Policies']>({
    PasswordPolicy: members<PasswordPolicy>({
      MinimumLength: numeric(),
      RequireUppercase: flag,
      RequireLowercase: flag,
      RequireNumbers: flag,
      RequireSymbols: flag,
      PasswordHistorySize: numeric(0, 24),
      TemporaryPasswordValidityDays: numeric(),
    }),
    SignInPolicy: members<PoolSettings['Policies']['SignInPolicy']>({
      AllowedFirstAuthFactors: listOf(oneOf(['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'])),
    }),
  }),
  MfaConfiguration: oneOf(['OFF', 'OPTIONAL', 'ON']),
  EnabledMfas: listOf(oneOf(mfaKinds)),
  DeviceConfiguration: members<NonNullable<PoolSettings['DeviceConfiguration']>>({
    ChallengeRequiredOnNewDevice: flag,
    DeviceOnlyRememberedOnUserPrompt: flag,
  }),
  AutoVerifiedAttributes: listOf(oneOf(addresses)),
  AliasAttributes: listOf(oneOf([...addresses, 'preferred_username'])),
  UsernameAttributes: listOf(oneOf(addresses)),
  UsernameConfiguration: members<PoolSettings['UsernameConfiguration']>({ CaseSensitive: flag }),
  UserAttributeUpdateSettings: members<PoolSettings['UserAttributeUpdateSettings']>({
    AttributesRequireVerificationBeforeUpdate: listOf(oneOf(addresses)),
  }),
  AccountRecoverySetting: members<PoolSettings['AccountRecoverySetting']>({
    RecoveryMechanisms: listOf(
      members<PoolSettings['AccountRecoverySetting']['RecoveryMechanisms'][number]>(
        {
          Priority: numeric(),
          Name: oneOf(['verified_email', 'verified_phone_number', 'admin_only']),
        },
        ['Priority', 'Name'],
      ),
    ),
  }),
  AdminCreateUserConfig: members<PoolSettings['AdminCreateUserConfig']>({
    AllowAdminCreateUserOnly: flag,
    InviteMessageTemplate: members<
      NonNullable<PoolSettings['AdminCreateUserConfig']['InviteMessageTemplate']>
    >({ SMSMessage: text, EmailMessage: text, EmailSubject: text }),
  }),
  Schema: listOf(
    members<SchemaAttribute>(
      {
        Name: typed('string'),
        AttributeDataType: oneOf(['String', 'Number', 'DateTime', 'Boolean']),
        Required: flag,
        Mutable: flag,
        DeveloperOnlyAttribute: flag,
        StringAttributeConstraints: members<
          NonNullable<SchemaAttribute['StringAttributeConstraints']>
        >({ MinLength: text, MaxLength: text }),
        NumberAttributeConstraints: members<
          NonNullable<SchemaAttribute['NumberAttributeConstraints']>
        >({ MinValue: text, MaxValue: text }),
      },
      ['Name'],
    ),
  ),
  WebAuthnConfiguration: members<PoolSettings['WebAuthnConfiguration']>({
    RelyingPartyId: typed('string'),
    UserVerification: oneOf(['required', 'preferred']),
  }),
})

/** What a developer may write as settings of an app client. */
export const clientForm: Form = members<ClientSettings>({
  ClientName: text,
  ExplicitAuthFlows: listOf(
    oneOf([
      ...['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_CUSTOM_AUTH'],
      ...['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH'],
      // As they were called at first.
      ...['USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH', 'CUSTOM_AUTH_FLOW_ONLY'],
    ]),
  ),
  ReadAttributes: listOf(typed('string')),
  WriteAttributes: listOf(typed('string')),
  AccessTokenValidity: numeric(),
  IdTokenValidity: numeric(),
  RefreshTokenValidity: numeric(),
  TokenValidityUnits: members<ClientSettings['TokenValidityUnits']>({
    AccessToken: unit,
    IdToken: unit,
    RefreshToken: unit,
  }),
  AuthSessionValidity: numeric(),
  EnableTokenRevocation: flag,
  PreventUserExistenceErrors: oneOf(['ENABLED', 'LEGACY']),
  RefreshTokenRotation: members<ClientSettings['RefreshTokenRotation']>({
    Feature: oneOf(['ENABLED', 'DISABLED']),
    RetryGracePeriodSeconds: numeric(0, 60),
  }),
})

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
