// Pools and app clients, set up by an administrator.
import {
  checkSchema,
  requiredAttributes,
  schemaOf,
  standardAttributes,
  standardSchema,
} from './attributes.ts'
import { fail, invalid } from './fault.ts'
import { pageOf } from './pages.ts'
import { newClient, newPool, removePool } from './pools.ts'
import { clientOf, poolOf, randomLetters, seconds } from './service.ts'
import type { Service } from './service.ts'
import { clientSettings, poolSettings, validity, withDefaults } from './settings.ts'
import type { ClientSettings, Partly, MfaKind, PoolSettings, SchemaAttribute } from './settings.ts'
import type { Client, Pool } from './state.ts'

type Members = Readonly<Record<string, unknown>>

/** The id of a pool. */
export interface PoolInput {
  readonly UserPoolId: string
}

/** The ids of a pool and one of its app clients. */
export interface ClientInput extends PoolInput {
  readonly ClientId: string
}

const pick = (names: readonly string[], from: Members): Members =>
  Object.fromEntries(
    names.flatMap((name) =>
      from[name] === undefined || from[name] === null ? [] : [[name, from[name]]],
    ),
  )

const words = (text: string): readonly string[] => text.split(' ')

// What this server acts on, and what it only tells back: the former for good, and what can change.
const fixed = words('AliasAttributes UsernameAttributes UsernameConfiguration Schema')
const changeable = words(
  'PoolName Policies MfaConfiguration DeviceConfiguration AutoVerifiedAttributes UserAttributeUpdateSettings AccountRecoverySetting AdminCreateUserConfig',
)
const toldBack = words(
  'DeletionProtection LambdaConfig SmsVerificationMessage EmailVerificationMessage EmailVerificationSubject VerificationMessageTemplate SmsAuthenticationMessage EmailConfiguration SmsConfiguration UserPoolTags UserPoolAddOns UserPoolTier',
)
/** The account in all names of things: the one of the provider's own examples. */
const account = '123456789012'

/** A pool's settings as the operations take them. */
function settingsOf(given: Members): Partly<PoolSettings> {
  const settings: Partly<PoolSettings> = given
  const { PasswordPolicy } = settings.Policies ?? {}
  if (!PasswordPolicy) return settings
  // A policy that is given asks for no more than it says; only without any all is asked for.
  const lax = {
    ...{ RequireLowercase: false, RequireNumbers: false },
    ...{ RequireSymbols: false, RequireUppercase: false },
  }
  return {
    ...settings,
    Policies: { ...settings.Policies, PasswordPolicy: { ...lax, ...PasswordPolicy } },
  }
}

/** Where a second factor can be asked for there has to be one. */
function checkMfa(mfa: string | undefined, kinds: readonly MfaKind[]): void {
  if (mfa !== undefined && mfa !== 'OFF' && kinds.length === 0) invalid(smsMissing)
}

const smsMissing =
  'SMS configuration and Auto verification for phone_number are required when MFA is required/optional'
const badRecovery =
  'Invalid account recovery setting parameter. Account Recovery Setting cannot use'

/** Refuses settings that do not go together, whichever operation has brought them together. */
function checkTogether(settings: PoolSettings, extras: Members): void {
  const { EnabledMfas: kinds, AccountRecoverySetting, Policies } = settings
  const recovery = AccountRecoverySetting.RecoveryMechanisms.map(({ Name }) => Name)
  if (recovery.includes('admin_only') && recovery.length > 1)
    invalid(`${badRecovery} admin_only setting with any other recovery mechanisms.`)
  // Nobody could recover an account with what is its second factor as well.
  for (const [kind, label, only] of [
    ['SMS_MFA', 'SMS', 'verified_phone_number'],
    ['EMAIL_OTP', 'Email', 'verified_email'],
  ] as const)
    if (kinds.includes(kind) && recovery.length === 1 && recovery[0] === only)
      invalid(`${badRecovery} ${only} as a recovery mechanism when ${label} MFA is configured.`)
  if (kinds.includes('SMS_MFA') && !extras['SmsConfiguration']) invalid(smsMissing)
  const { EmailSendingAccount } = Object(extras['EmailConfiguration']) as Members
  if (kinds.includes('EMAIL_OTP') && EmailSendingAccount !== 'DEVELOPER')
    invalid('Email MFA needs an email configuration with the DEVELOPER sending account.')
  const isRich =
    kinds.includes('EMAIL_OTP') ||
    Policies.SignInPolicy.AllowedFirstAuthFactors.some((factor) => factor !== 'PASSWORD')
  if (isRich && extras['UserPoolTier'] === 'LITE')
    fail('FeatureUnavailableInTier', 'This feature is not available in the LITE tier.')
}

const smsOf = (input: Members): MfaKind[] => (input['SmsConfiguration'] ? ['SMS_MFA'] : [])

/** CreateUserPool. */
export function createUserPool(service: Service, input: Members): object {
  const given = settingsOf(pick([...fixed, ...changeable], input))
  if (given.AliasAttributes?.length && given.UsernameAttributes?.length)
    invalid('Only one of the aliasAttributes or usernameAttributes can be set in a user pool.')
  checkSchema(given.Schema ?? [])
  const isAsked = given.MfaConfiguration !== undefined && given.MfaConfiguration !== 'OFF'
  const EnabledMfas = isAsked ? smsOf(input) : []
  checkMfa(given.MfaConfiguration, EnabledMfas)
  const settings = { ...poolSettings(given), EnabledMfas }
  const extras = pick(toldBack, input)
  checkTogether(settings, extras)
  const pool = newPool(service, settings, { extras })
  return { UserPool: toldPool(pool) }
}

/** DescribeUserPool. */
export const describeUserPool = (service: Service, input: PoolInput): object => ({
  UserPool: toldPool(poolOf(service, input.UserPoolId)),
})

/** UpdateUserPool: what is left out goes back to its default, as the service has it. */
export function updateUserPool(service: Service, input: Members & PoolInput): object {
  const pool = poolOf(service, input.UserPoolId)
  const before = pool.settings
  const given = settingsOf(pick(changeable, input))
  const kinds = new Set([...before.EnabledMfas, ...smsOf(input)])
  const isOff = (given.MfaConfiguration ?? 'OFF') === 'OFF'
  const EnabledMfas = isOff ? [] : [...kinds]
  checkMfa(given.MfaConfiguration, EnabledMfas)
  const { AliasAttributes, UsernameAttributes, UsernameConfiguration, Schema } = before
  const { PoolName, WebAuthnConfiguration } = before
  const settings = {
    ...poolSettings({ PoolName, ...given }),
    ...{ AliasAttributes, UsernameAttributes, UsernameConfiguration, Schema },
    ...{ EnabledMfas, WebAuthnConfiguration },
  }
  const extras = pick(toldBack, input)
  checkTogether(settings, extras)
  Object.assign(pool, { settings, extras })
  pool.modifiedAt = service.now()
  return {}
}

/** DeleteUserPool, which answers with nothing at all. */
export function deleteUserPool(service: Service, input: PoolInput): void {
  const pool = poolOf(service, input.UserPoolId)
  if (pool.extras['DeletionProtection'] === 'ACTIVE')
    invalid(
      'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
    )
  removePool(service, pool)
}

/** ListUserPools. */
export function listUserPools(
  service: Service,
  input: { readonly MaxResults: number; readonly NextToken?: string },
): object {
  const { page, next } = pageOf(service.state.pools.values(), {
    ...{ list: 'pools', keyOf: ({ id }) => id },
    ...{ limit: input.MaxResults, token: input.NextToken },
  })
  return {
    ...(next === undefined ? {} : { NextToken: next }),
    UserPools: page.map(({ id, settings, extras, createdAt, modifiedAt }) => ({
      CreationDate: seconds(createdAt),
      Id: id,
      LambdaConfig: extras['LambdaConfig'] ?? {},
      LastModifiedDate: seconds(modifiedAt),
      Name: settings.PoolName,
    })),
  }
}

const some = (name: string, list: readonly unknown[]): object =>
  list.length ? { [name]: list } : {}

/** A pool as the service tells it. */
function toldPool(pool: Pool): object {
  const { id, region, settings, extras, createdAt, modifiedAt } = pool
  const { PasswordPolicy, SignInPolicy } = settings.Policies
  const { PasswordHistorySize, ...rest } = PasswordPolicy
  const history = PasswordHistorySize ? { PasswordHistorySize } : {}
  const { AttributesRequireVerificationBeforeUpdate: before } = settings.UserAttributeUpdateSettings
  return {
    DeletionProtection: 'INACTIVE',
    EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
    LambdaConfig: {},
    UserPoolTags: {},
    UserPoolTier: 'ESSENTIALS',
    VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_CODE' },
    ...extras,
    AccountRecoverySetting: settings.AccountRecoverySetting,
    AdminCreateUserConfig: {
      UnusedAccountValidityDays: PasswordPolicy.TemporaryPasswordValidityDays,
      ...settings.AdminCreateUserConfig,
    },
    Arn: `arn:aws:cognito-idp:${region}:${account}:userpool/${id}`,
    CreationDate: seconds(createdAt),
    EstimatedNumberOfUsers: pool.users.size,
    Id: id,
    LastModifiedDate: seconds(modifiedAt),
    MfaConfiguration: settings.MfaConfiguration,
    Name: settings.PoolName,
    Policies: { PasswordPolicy: { ...rest, ...history }, SignInPolicy },
    SchemaAttributes: toldSchema(settings.Schema),
    UsernameConfiguration: settings.UsernameConfiguration,
    ...some('AliasAttributes', settings.AliasAttributes),
    ...some('AutoVerifiedAttributes', settings.AutoVerifiedAttributes),
    ...some('UsernameAttributes', settings.UsernameAttributes),
    ...(settings.DeviceConfiguration ? { DeviceConfiguration: settings.DeviceConfiguration } : {}),
    ...(before.length ? { UserAttributeUpdateSettings: settings.UserAttributeUpdateSettings } : {}),
  }
}

/** Every attribute of a pool: those that all pools have, and its own under their prefixes. */
function toldSchema(schema: readonly SchemaAttribute[]): object[] {
  const own = schema.filter(({ Name }) => !standardAttributes.includes(Name))
  const told = standardAttributes.map((Name) => ({
    ...standardSchema(Name),
    ...schema.find((given) => given.Name === Name),
  }))
  const named = own.map((given) => {
    const bare = given.Name.replace(/^(dev:)?custom:/, '')
    const prefix = given.DeveloperOnlyAttribute ? 'dev:custom:' : 'custom:'
    const usual = {
      ...{ AttributeDataType: 'String', DeveloperOnlyAttribute: false },
      ...{ Mutable: true, Required: false },
    }
    return { ...usual, ...given, Name: prefix + bare }
  })
  return [...told, ...named]
}

// ---- Second factors and passkeys of a pool

interface MfaInput extends PoolInput {
  readonly SmsMfaConfiguration?: Members
  readonly SoftwareTokenMfaConfiguration?: { readonly Enabled?: boolean }
  readonly EmailMfaConfiguration?: Members
  readonly MfaConfiguration?: PoolSettings['MfaConfiguration']
  readonly WebAuthnConfiguration?: Partial<PoolSettings['WebAuthnConfiguration']>
}

/** SetUserPoolMfaConfig: a kind that is left out is off, unless passkeys alone are spoken of. */
export function setUserPoolMfaConfig(service: Service, input: MfaInput): object {
  const pool = poolOf(service, input.UserPoolId)
  const { SmsMfaConfiguration: sms, EmailMfaConfiguration: email, MfaConfiguration } = input
  const token = input.SoftwareTokenMfaConfiguration
  const EnabledMfas: MfaKind[] = [
    ...(sms ? (['SMS_MFA'] as const) : []),
    ...(token?.Enabled ? (['SOFTWARE_TOKEN_MFA'] as const) : []),
    ...(email ? (['EMAIL_OTP'] as const) : []),
  ]
  const isAboutMfa = [sms, token, email, MfaConfiguration].some((member) => member !== undefined)
  const wanted = MfaConfiguration ?? pool.settings.MfaConfiguration
  if (isAboutMfa && wanted === 'OFF' && EnabledMfas.length)
    invalid("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
  if (isAboutMfa && wanted !== 'OFF' && EnabledMfas.length === 0)
    invalid(
      'Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.',
    )
  if (isAboutMfa) {
    const settings = { ...pool.settings, EnabledMfas, MfaConfiguration: wanted }
    const extras = { ...pool.extras, ...sms }
    checkTogether(settings, extras)
    Object.assign(pool, { settings, extras, emailMfa: email ?? {} })
  }
  const WebAuthnConfiguration = input.WebAuthnConfiguration ?? {}
  pool.settings = withDefaults(pool.settings, { WebAuthnConfiguration })
  pool.modifiedAt = service.now()
  return getUserPoolMfaConfig(service, input)
}

/** GetUserPoolMfaConfig. */
export function getUserPoolMfaConfig(service: Service, input: PoolInput): object {
  const { settings, extras, emailMfa } = poolOf(service, input.UserPoolId)
  const has = (kind: MfaKind) => settings.EnabledMfas.includes(kind)
  const sms = pick(['SmsAuthenticationMessage', 'SmsConfiguration'], extras)
  return {
    ...(has('EMAIL_OTP') ? { EmailMfaConfiguration: emailMfa ?? {} } : {}),
    MfaConfiguration: settings.MfaConfiguration,
    ...(has('SMS_MFA') ? { SmsMfaConfiguration: sms } : {}),
    ...(has('SOFTWARE_TOKEN_MFA') ? { SoftwareTokenMfaConfiguration: { Enabled: true } } : {}),
    ...(settings.WebAuthnConfiguration.RelyingPartyId === undefined
      ? {}
      : { WebAuthnConfiguration: settings.WebAuthnConfiguration }),
  }
}

// ---- App clients

const clientChangeable = words(
  'ClientName ExplicitAuthFlows ReadAttributes WriteAttributes AccessTokenValidity IdTokenValidity RefreshTokenValidity TokenValidityUnits AuthSessionValidity EnableTokenRevocation PreventUserExistenceErrors RefreshTokenRotation',
)
const clientToldBack = words(
  'SupportedIdentityProviders CallbackURLs LogoutURLs DefaultRedirectURI AllowedOAuthFlows AllowedOAuthScopes AllowedOAuthFlowsUserPoolClient AnalyticsConfiguration EnablePropagateAdditionalUserContextData',
)

/** The unit of a validity that is given without one. */
const tokenKinds = ['AccessToken', 'IdToken', 'RefreshToken'] as const
const usualUnits = { AccessToken: 'hours', IdToken: 'hours', RefreshToken: 'days' } as const

const minute = 60
const day = 86_400

/** An app client's settings as the operations take them. */
function clientSettingsOf(
  pool: Pool,
  input: Members,
  doing: 'creating' | 'updating',
): ClientSettings {
  const given: Partly<ClientSettings> = pick(clientChangeable, input)
  // No validity at all is the usual one.
  const RefreshTokenValidity =
    given.RefreshTokenValidity === 0 ? undefined : given.RefreshTokenValidity
  const validities: Partly<ClientSettings> = { ...given, RefreshTokenValidity }
  // A unit says nothing about a validity that is not given.
  const TokenValidityUnits: Partly<ClientSettings['TokenValidityUnits']> = Object.fromEntries(
    tokenKinds
      .filter((token) => validities[`${token}Validity`] !== undefined)
      .map((token) => [token, given.TokenValidityUnits?.[token] ?? usualUnits[token]]),
  )
  const settings = clientSettings({ ...validities, TokenValidityUnits })
  checkValidities(settings)
  checkFlows(settings)
  checkPermissions(pool, settings, doing)
  return settings
}

/** The bounds of validities, whatever units they are given in. */
function checkValidities(settings: ClientSettings): void {
  const [access, id, refresh] = tokenKinds.map((token) => validity(settings, token)) as [
    number,
    number,
    number,
  ]
  const fits =
    [access, id].every((seconds) => seconds >= 5 * minute && seconds <= day) &&
    refresh >= 60 * minute &&
    refresh <= 3650 * day &&
    refresh >= Math.max(access, id)
  if (!fits) invalid('Invalid range for token validity.')
}

function checkFlows({ ExplicitAuthFlows: flows, RefreshTokenRotation }: ClientSettings): void {
  const isNew = (flow: string) => flow.startsWith('ALLOW_')
  if (flows.some(isNew) && !flows.every(isNew))
    invalid('Flows with and without the prefix ALLOW_ cannot be given together.')
  // The flow is among the usual ones, too: who rotates has to name the others.
  if (RefreshTokenRotation.Feature === 'ENABLED' && flows.includes('ALLOW_REFRESH_TOKEN_AUTH'))
    invalid('ALLOW_REFRESH_TOKEN_AUTH cannot be enabled together with refresh token rotation.')
}

/** Refuses lists of attributes that the pool has not, or that nobody could sign up with. */
function checkPermissions(
  pool: Pool,
  { ReadAttributes, WriteAttributes }: ClientSettings,
  doing: 'creating' | 'updating',
): void {
  if (ReadAttributes?.some((name) => !schemaOf(pool, name)))
    invalid(`Invalid read attributes specified while ${doing} a client`)
  const isForClients = (name: string) => schemaOf(pool, name) && !/^sub$|_verified$/.test(name)
  const lacks = requiredAttributes(pool).some((name) => !WriteAttributes?.includes(name))
  if (WriteAttributes && (lacks || !WriteAttributes.every(isForClients)))
    invalid(`Invalid write attributes specified while ${doing} a client`)
}

/** CreateUserPoolClient. */
export function createUserPoolClient(
  service: Service,
  input: Members &
    PoolInput & { readonly GenerateSecret?: boolean; readonly ClientSecret?: string },
): object {
  const pool = poolOf(service, input.UserPoolId)
  if (input.ClientSecret !== undefined && input.GenerateSecret)
    invalid('A client secret cannot be given and generated at once.')
  const secret =
    input.ClientSecret ?? (input.GenerateSecret ? randomLetters(service, 51) : undefined)
  const extras = pick(clientToldBack, input)
  const client = newClient(service, pool, clientSettingsOf(pool, input, 'creating'), {
    secret,
    extras,
  })
  return { UserPoolClient: toldClient(client) }
}

/** An app client of a pool. */
export function clientIn(service: Service, { UserPoolId, ClientId }: ClientInput): Client {
  const pool = poolOf(service, UserPoolId)
  const { client } = clientOf(service, ClientId)
  return client.poolId === pool.id
    ? client
    : fail('ResourceNotFound', `User pool client ${ClientId} does not exist.`)
}

/** DescribeUserPoolClient. */
export const describeUserPoolClient = (service: Service, input: ClientInput): object => ({
  UserPoolClient: toldClient(clientIn(service, input)),
})

/** UpdateUserPoolClient: what is left out goes back to its default, as the service has it. */
export function updateUserPoolClient(service: Service, input: Members & ClientInput): object {
  const client = clientIn(service, input)
  const given = { ClientName: client.settings.ClientName, ...input }
  client.settings = clientSettingsOf(poolOf(service, client.poolId), given, 'updating')
  client.extras = pick(clientToldBack, input)
  client.modifiedAt = service.now()
  return { UserPoolClient: toldClient(client) }
}

/** DeleteUserPoolClient, which answers with nothing at all. */
export function deleteUserPoolClient(service: Service, input: ClientInput): void {
  service.state.clients.delete(clientIn(service, input).id)
}

/** ListUserPoolClients. */
export function listUserPoolClients(
  service: Service,
  input: PoolInput & { readonly MaxResults?: number; readonly NextToken?: string },
): object {
  const { id: poolId } = poolOf(service, input.UserPoolId)
  const clients = [...service.state.clients.values()].filter((client) => client.poolId === poolId)
  const { page, next } = pageOf(clients, {
    ...{ list: `clients ${poolId}`, keyOf: ({ id }) => id },
    ...{ limit: input.MaxResults, token: input.NextToken },
  })
  return {
    ...(next === undefined ? {} : { NextToken: next }),
    UserPoolClients: page.map(({ id, settings }) => ({
      ClientId: id,
      ClientName: settings.ClientName,
      UserPoolId: poolId,
    })),
  }
}

/** An app client as the service tells it. */
function toldClient({
  id,
  poolId,
  secret,
  settings,
  extras,
  createdAt,
  modifiedAt,
}: Client): object {
  const { RefreshTokenRotation, ...rest } = settings
  return {
    AllowedOAuthFlowsUserPoolClient: false,
    EnablePropagateAdditionalUserContextData: false,
    ...extras,
    ...rest,
    ClientId: id,
    ...(secret === undefined ? {} : { ClientSecret: secret }),
    CreationDate: seconds(createdAt),
    LastModifiedDate: seconds(modifiedAt),
    ...(RefreshTokenRotation.Feature === 'ENABLED' ? { RefreshTokenRotation } : {}),
    UserPoolId: poolId,
  }
}
