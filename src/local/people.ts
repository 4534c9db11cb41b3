// Accounts as data: made, and told about.
import { isTaken } from './aliases.ts'
import { fail } from './fault.ts'
import { findUser, folded, randomId } from './service.ts'
import type { Service } from './service.ts'
import type { MfaKind } from './settings.ts'
import type { Pool, User } from './state.ts'

/** Puts somebody into a pool. Where addresses are names, the name that is kept is the subject. */
export function newUser(
  service: Service,
  pool: Pool,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): User {
  // Again, right before it is done: others may have been waited for since it was looked at.
  if (findUser(pool, name)) fail('UsernameExists', 'User already exists')
  for (const [attribute, value] of Object.entries(attributes))
    if (isTaken(pool, attribute, value))
      fail('UsernameExists', `An account with the given ${attribute} already exists.`)
  const now = service.now()
  const sub = randomId(service)
  const isAddress = pool.settings.UsernameAttributes.length > 0
  const user: User = {
    username: isAddress ? sub : folded(pool, name),
    sub,
    attributes: new Map(Object.entries(attributes)),
    pending: new Map(),
    status: 'UNCONFIRMED',
    enabled: true,
    createdAt: now,
    modifiedAt: now,
    history: [],
    codes: new Map(),
    mfa: new Set(),
    devices: new Map(),
    passkeys: new Map(),
    groups: new Set(),
    failures: 0,
    lockedUntil: 0,
    asked: new Map(),
  }
  if (isAddress) user.attributes.set(name.startsWith('+') ? 'phone_number' : 'email', name)
  pool.users.set(user.username, user)
  return user
}

const kindNames: readonly MfaKind[] = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP']

/** The second factors that somebody is asked for after a password. */
export function usedKinds({ settings }: Pool, user: User): MfaKind[] {
  const { MfaConfiguration, EnabledMfas } = settings
  // Where everybody needs one, a telephone number is enough.
  const isOn = (kind: MfaKind): boolean =>
    user.mfa.has(kind) || (kind === 'SMS_MFA' && MfaConfiguration === 'ON' && user.mfa.size === 0)
  return kindNames.filter((kind) => {
    if (MfaConfiguration === 'OFF' || !EnabledMfas.includes(kind) || !isOn(kind)) return false
    if (kind === 'SOFTWARE_TOKEN_MFA') return user.totp?.verified === true
    return user.attributes.has(kind === 'SMS_MFA' ? 'phone_number' : 'email')
  })
}

/** The second factors of somebody's, as several operations tell them. */
export function mfaOf({ mfa, preferredMfa, attributes }: User): {
  readonly UserMFASettingList?: string[]
  readonly PreferredMfaSetting?: string
  readonly MFAOptions?: { readonly AttributeName: string; readonly DeliveryMedium: 'SMS' }[]
} {
  return {
    ...(mfa.size ? { UserMFASettingList: [...mfa] } : {}),
    ...(preferredMfa ? { PreferredMfaSetting: preferredMfa } : {}),
    ...(mfa.has('SMS_MFA') && attributes.has('phone_number')
      ? { MFAOptions: [{ AttributeName: 'phone_number', DeliveryMedium: 'SMS' }] }
      : {}),
  }
}
