// People of a pool and their groups, as an administrator sees and changes them.
import { claimAlias } from './aliases.ts'
import type { PoolInput } from './administer-pools.ts'
import { checkAttributes, schemaOf, valuesOf, visibleAttributes } from './attributes.ts'
import type { NameValue } from './attributes.ts'
import { deliver, recoveryAddress, sendCode } from './codes.ts'
import type { Address, Sending } from './codes.ts'
import { deviceOf, pageOfDevices, toldDevice } from './devices.ts'
import { setPreferences } from './factors.ts'
import { fail, invalid } from './fault.ts'
import { pageOf } from './pages.ts'
import { checkPolicy, forgiveFailures, setPassword } from './passwords.ts'
import { mfaOf, newUser } from './people.ts'
import { changeAttributes } from './profile.ts'
import { findUser, poolOf, randomLetters, seconds } from './service.ts'
import type { Service } from './service.ts'
import { checkUsername } from './sign-up.ts'
import type { Group, Pool, User } from './state.ts'
import { revokeAll } from './refresh.ts'
import { attributesFor, runTrigger } from './triggers.ts'

type Text = Readonly<Record<string, string>>

/** Somebody in a pool. */
interface UserInput extends PoolInput {
  readonly Username: string
}

interface Found {
  readonly pool: Pool
  readonly user: User
}

function found(service: Service, { UserPoolId, Username }: UserInput): Found {
  const pool = poolOf(service, UserPoolId)
  const user = findUser(pool, Username)
  return user ? { pool, user } : fail('UserNotFound', 'User does not exist.')
}

// ---- Accounts

interface CreateUserInput extends UserInput {
  readonly UserAttributes?: readonly NameValue[]
  readonly ValidationData?: readonly NameValue[]
  readonly TemporaryPassword?: string
  readonly ForceAliasCreation?: boolean
  readonly MessageAction?: 'RESEND' | 'SUPPRESS'
  readonly DesiredDeliveryMediums?: readonly ('SMS' | 'EMAIL')[]
  readonly ClientMetadata?: Text
}

const textOf = (given: readonly NameValue[] = []): Text =>
  Object.fromEntries(given.map(({ Name, Value = '' }) => [Name, Value]))

/** The password that is given; a blank one is none. */
const temporary = ({ TemporaryPassword: given }: CreateUserInput): string | undefined =>
  given === '' ? undefined : given

/** A password that every policy allows. */
const madeUp = (service: Service, { settings }: Pool): string =>
  `${randomLetters(service, Math.max(settings.Policies.PasswordPolicy.MinimumLength, 8))}.aA1`

/** AdminCreateUser. */
export async function adminCreateUser(service: Service, input: CreateUserInput): Promise<object> {
  if (input.MessageAction === 'RESEND') return inviteAgain(service, input)
  const pool = poolOf(service, input.UserPoolId)
  const given = input.UserAttributes ?? []
  checkUsername(pool, input.Username)
  checkAttributes(pool, undefined, given)
  if (findUser(pool, input.Username)) fail('UsernameExists', 'User account already exists')
  const attributes = new Map([...valuesOf(given)].filter(([, value]) => value !== ''))
  for (const name of ['email', 'phone_number'])
    if (attributes.get(`${name}_verified`) === 'true')
      claimAlias(pool, name, attributes.get(name), { force: input.ForceAliasCreation === true })
  await runTrigger(
    service.triggers,
    'preSignUp',
    'PreSignUp_AdminCreateUser',
    { pool, client: undefined, username: input.Username, attributes },
    { validationData: textOf(input.ValidationData), clientMetadata: input.ClientMetadata },
    {},
  )
  const factors = pool.settings.Policies.SignInPolicy.AllowedFirstAuthFactors
  const codes = factors.some((factor) => factor === 'EMAIL_OTP' || factor === 'SMS_OTP')
  // Where codes are enough nobody is given a password unasked; such an account needs no more.
  const password = temporary(input) ?? (codes ? undefined : madeUp(service, pool))
  if (password !== undefined) checkPolicy(pool, password)
  const user = newUser(service, pool, input.Username, Object.fromEntries(attributes))
  user.status = password === undefined ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD'
  if (password !== undefined) {
    setPassword(service, pool, user, password, true)
    if (input.MessageAction !== 'SUPPRESS') await invite(service, { pool, user }, input, password)
  }
  return { User: toldUser(user) }
}

/** The same account with another temporary password, which counts from now. */
async function inviteAgain(service: Service, input: CreateUserInput): Promise<object> {
  const { pool, user } = found(service, input)
  if (user.status !== 'FORCE_CHANGE_PASSWORD')
    fail('UnsupportedUserState', `Resend not possible. User status is ${user.status}.`)
  const password = temporary(input) ?? madeUp(service, pool)
  checkPolicy(pool, password)
  setPassword(service, pool, user, password, true)
  await invite(service, { pool, user }, input, password)
  return { User: toldUser(user) }
}

/** Sends the name and the temporary password, to each wanted address that there is. */
async function invite(
  service: Service,
  { pool, user }: Found,
  { DesiredDeliveryMediums: media = ['SMS'], ClientMetadata: metadata, Username }: CreateUserInput,
  code: string,
): Promise<void> {
  const sending: Sending = { pool, client: undefined, user, metadata }
  for (const medium of media) {
    const attribute: Address = medium === 'SMS' ? 'phone_number' : 'email'
    const value = user.attributes.get(attribute)
    if (value === undefined) continue
    await deliver(service, sending, {
      ...{ attribute, value, code, name: Username },
      purpose: 'invitation',
      source: 'AdminCreateUser',
    })
  }
}

/** Somebody as lists and new accounts tell it. */
function toldUser(user: User, wanted?: readonly string[]): object {
  const { MFAOptions } = mfaOf(user)
  return {
    Attributes: visibleAttributes(undefined, user).filter(
      ({ Name }) => !wanted || wanted.includes(Name),
    ),
    ...about(user),
    ...(MFAOptions ? { MFAOptions } : {}),
  }
}

const about = ({ enabled, createdAt, modifiedAt, status, username }: User): object => ({
  Enabled: enabled,
  UserCreateDate: seconds(createdAt),
  UserLastModifiedDate: seconds(modifiedAt),
  Username: username,
  UserStatus: status,
})

/** AdminGetUser. */
export function adminGetUser(service: Service, input: UserInput): object {
  const { user } = found(service, input)
  return { ...about(user), ...mfaOf(user), UserAttributes: visibleAttributes(undefined, user) }
}

/** AdminDeleteUser, which answers with nothing at all. */
export function adminDeleteUser(service: Service, input: UserInput): void {
  const { pool, user } = found(service, input)
  pool.users.delete(user.username)
}

const enable =
  (enabled: boolean) =>
  (service: Service, input: UserInput): object => {
    const { user } = found(service, input)
    user.enabled = enabled
    user.modifiedAt = service.now()
    return {}
  }

/** AdminDisableUser. */
export const adminDisableUser: (service: Service, input: UserInput) => object = enable(false)

/** AdminEnableUser. */
export const adminEnableUser: (service: Service, input: UserInput) => object = enable(true)

/** AdminConfirmSignUp. No address is verified by it. */
export async function adminConfirmSignUp(
  service: Service,
  input: UserInput & { readonly ClientMetadata?: Text },
): Promise<object> {
  const { pool, user } = found(service, input)
  if (user.status !== 'UNCONFIRMED')
    fail('NotAuthorized', `User cannot be confirmed. Current status is ${user.status}`)
  user.status = 'CONFIRMED'
  user.modifiedAt = service.now()
  await runTrigger(
    service.triggers,
    'postConfirmation',
    'PostConfirmation_ConfirmSignUp',
    { pool, client: undefined, username: user.username, attributes: attributesFor(user) },
    { clientMetadata: input.ClientMetadata },
    {},
  )
  return {}
}

/** AdminUpdateUserAttributes. */
export async function adminUpdateUserAttributes(
  service: Service,
  input: UserInput & {
    readonly UserAttributes: readonly NameValue[]
    readonly ClientMetadata?: Text
  },
): Promise<object> {
  const sending = { ...found(service, input), client: undefined, metadata: input.ClientMetadata }
  await changeAttributes(service, sending, input.UserAttributes)
  return {}
}

// ---- Passwords, tokens and second factors

/** AdminSetUserPassword: temporary, unless it is said to be for good. */
export function adminSetUserPassword(
  service: Service,
  input: UserInput & { readonly Password: string; readonly Permanent?: boolean },
): object {
  const { pool, user } = found(service, input)
  const isTemporary = input.Permanent !== true
  checkPolicy(pool, input.Password, 'does not conform to')
  setPassword(service, pool, user, input.Password, isTemporary)
  forgiveFailures(user)
  user.status = isTemporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED'
  return {}
}

/** AdminResetUserPassword: a code goes out, and until it comes back nobody gets in. */
export async function adminResetUserPassword(
  service: Service,
  input: UserInput & { readonly ClientMetadata?: Text },
): Promise<object> {
  const { pool, user } = found(service, input)
  if (user.status === 'FORCE_CHANGE_PASSWORD' || user.status === 'UNCONFIRMED')
    fail('NotAuthorized', 'User password cannot be reset in the current state.')
  const attribute = recoveryAddress(pool, user, true)
  const sending = { pool, client: undefined, user, metadata: input.ClientMetadata }
  await sendCode(service, sending, 'recovery', attribute, user.attributes.get(attribute)!)
  user.status = 'RESET_REQUIRED'
  user.modifiedAt = service.now()
  return {}
}

/** AdminUserGlobalSignOut. */
export function adminUserGlobalSignOut(service: Service, input: UserInput): object {
  revokeAll(service, found(service, input).user)
  return {}
}

/** AdminSetUserMFAPreference. */
export function adminSetUserMfaPreference(
  service: Service,
  input: UserInput & Parameters<typeof setPreferences>[2],
): object {
  const { pool, user } = found(service, input)
  setPreferences(pool, user, input)
  return {}
}

// ---- Devices

interface DeviceInput extends UserInput {
  readonly DeviceKey: string
}

/** AdminListDevices. */
export const adminListDevices = (
  service: Service,
  input: UserInput & { readonly Limit?: number; readonly PaginationToken?: string },
): object => pageOfDevices(found(service, input).user, input.Limit, input.PaginationToken)

/** AdminGetDevice. */
export function adminGetDevice(service: Service, input: DeviceInput): object {
  const owner = found(service, input)
  return { Device: toldDevice(deviceOf(owner.user, input.DeviceKey), owner) }
}

/** AdminForgetDevice, which answers with nothing at all. */
export function adminForgetDevice(service: Service, input: DeviceInput): void {
  const { user } = found(service, input)
  user.devices.delete(deviceOf(user, input.DeviceKey).key)
}

// ---- Groups

interface CreateGroupInput extends PoolInput {
  readonly GroupName: string
  readonly Description?: string
  readonly Precedence?: number
  readonly RoleArn?: string
}

/** CreateGroup. */
export function createGroup(service: Service, input: CreateGroupInput): object {
  const pool = poolOf(service, input.UserPoolId)
  const { GroupName: name, Description, Precedence, RoleArn } = input
  if (pool.groups.has(name)) fail('GroupExists', 'A group with the name already exists.')
  const createdAt = service.now()
  const group: Group = {
    ...{ name, description: Description, precedence: Precedence, roleArn: RoleArn },
    createdAt,
  }
  pool.groups.set(name, group)
  return {
    Group: {
      CreationDate: seconds(createdAt),
      ...(Description === undefined ? {} : { Description }),
      GroupName: name,
      LastModifiedDate: seconds(createdAt),
      ...(Precedence === undefined ? {} : { Precedence }),
      ...(RoleArn === undefined ? {} : { RoleArn }),
      UserPoolId: pool.id,
    },
  }
}

function foundInGroup(
  service: Service,
  input: UserInput & { readonly GroupName: string },
): { readonly user: User; readonly name: string } {
  const { pool, user } = found(service, input)
  const { GroupName: name } = input
  return pool.groups.has(name) ? { user, name } : fail('ResourceNotFound', 'Group not found.')
}

/** AdminAddUserToGroup, which answers with nothing at all. */
export function adminAddUserToGroup(
  service: Service,
  input: UserInput & { readonly GroupName: string },
): void {
  const { user, name } = foundInGroup(service, input)
  user.groups.add(name)
}

/** AdminRemoveUserFromGroup, which answers with nothing at all. */
export function adminRemoveUserFromGroup(
  service: Service,
  input: UserInput & { readonly GroupName: string },
): void {
  const { user, name } = foundInGroup(service, input)
  user.groups.delete(name)
}

// ---- Lists

interface ListUsersInput extends PoolInput {
  readonly AttributesToGet?: readonly string[]
  readonly Filter?: string
  readonly Limit?: number
  readonly PaginationToken?: string
}

/** ListUsers. */
export function listUsers(service: Service, input: ListUsersInput): object {
  const pool = poolOf(service, input.UserPoolId)
  const { AttributesToGet: wanted, Filter = '' } = input
  if (wanted?.some((name) => !schemaOf(pool, name)))
    invalid('One or more requested attributes do not exist.')
  const fits = Filter.trim() === '' ? () => true : filterOf(Filter)
  const users = [...pool.users.values()].filter(fits)
  const { page, next } = pageOf(users, {
    // Another filter makes another list.
    ...{ list: `users ${pool.id} ${Filter}`, keyOf: ({ username }) => username },
    ...{ limit: input.Limit, token: input.PaginationToken },
  })
  return {
    ...(next === undefined ? {} : { PaginationToken: next }),
    Users: page.map((user) => toldUser(user, wanted)),
  }
}

const searchable = [
  ...['username', 'email', 'phone_number', 'name', 'given_name', 'family_name'],
  ...['preferred_username', 'cognito:user_status', 'status', 'sub'],
]

/** `name = "value"` for the same, `name ^= "value"` for the same beginning. */
function filterOf(text: string): (user: User) => boolean {
  const [, name = '', sign, quoted = ''] =
    /^\s*"?([\w:]+)"?\s*(=|\^=)\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(text) ?? []
  if (!searchable.includes(name)) invalid('Error while parsing filter')
  const wanted = quoted.replace(/\\(.)/g, '$1')
  // Only where an account stands is compared whatever the letters' case.
  const isStatus = name === 'cognito:user_status' || name === 'status'
  const bring = (value: string) => (isStatus ? value.toLowerCase() : value)
  return (user) => {
    const value = valueOf(user, name)
    if (value === undefined) return false
    return sign === '=' ? bring(value) === bring(wanted) : bring(value).startsWith(bring(wanted))
  }
}

function valueOf(user: User, name: string): string | undefined {
  if (name === 'username') return user.username
  if (name === 'sub') return user.sub
  if (name === 'cognito:user_status') return user.status
  if (name === 'status') return user.enabled ? 'Enabled' : 'Disabled'
  return user.attributes.get(name)
}
