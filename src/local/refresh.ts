// Refresh tokens: exchanged and revoked.
import { fail } from './fault.ts'
import { readJwt } from './jwt.ts'
import { poolOf } from './service.ts'
import type { Service } from './service.ts'
import type { ClientSettings } from './settings.ts'
import type { Client, Family, Pool, User } from './state.ts'
import { fingerprintOf, issue, newRefreshToken } from './tokens.ts'
import type { Tokens } from './tokens.ts'

/** Exchanges a refresh token. With rotation the client gets another one. */
export async function refresh(
  service: Service,
  client: Client,
  token: string,
  {
    deviceKey,
    rotates,
    metadata,
    checkOwner,
  }: {
    readonly deviceKey: string | undefined
    readonly rotates: boolean
    readonly metadata?: Readonly<Record<string, string>> | undefined
    readonly checkOwner?: (username: string) => void
  },
): Promise<Tokens> {
  const fingerprint = fingerprintOf(token)
  const family = service.state.families.get(service.state.refreshTokens.get(fingerprint) ?? '')
  if (family?.poolId !== client.poolId) return fail('NotAuthorized', 'Invalid Refresh Token')
  if (family.clientId !== client.id)
    return fail('NotAuthorized', 'Refresh Token has different Client')
  checkOwner?.(family.username)
  const pool = poolOf(service, family.poolId)
  const user = pool.users.get(family.username)
  if (user?.sub !== family.sub)
    return fail('NotAuthorized', 'The user has been deleted for the associated refresh token')
  if (!user.enabled) return fail('NotAuthorized', 'User is disabled.')
  if (family.until <= service.now()) return fail('NotAuthorized', 'Refresh Token has expired')
  // Of a token that was revoked by itself one of the two operations says nothing more.
  const silent = rotates && !family.signedOut
  if (family.revoked) return fail('NotAuthorized', silent ? '' : 'Refresh Token has been revoked')
  checkDevice(pool, user, family, deviceKey)
  const people = { pool, client, user }
  const rotation = rotates ? client.settings.RefreshTokenRotation : undefined
  if (rotation?.Feature === 'ENABLED') checkReuse(service, rotation, family, fingerprint)
  const tokens = await issue(service, people, family, 'RefreshTokens', metadata)
  if (rotation?.Feature !== 'ENABLED') return tokens
  // Spent only now: a token survives a trigger that fails. Others may have come while it ran.
  checkReuse(service, rotation, family, fingerprint)
  if (fingerprint === family.current) family.parent = { fingerprint, spentAt: service.now() }
  return { ...tokens, RefreshToken: newRefreshToken(service, family) }
}

/** With tracking on, a session belongs to its device, which has to be confirmed by then. */
function checkDevice(
  { settings }: Pool,
  user: User,
  family: Family,
  deviceKey: string | undefined,
): void {
  if (!settings.DeviceConfiguration || family.deviceKey === undefined) return
  const confirmed = user.devices.get(family.deviceKey)?.verifier !== undefined
  if (!confirmed || deviceKey !== family.deviceKey) fail('NotAuthorized', 'Invalid Refresh Token.')
}

/** Refuses a token that was spent. */
function checkReuse(
  service: Service,
  { RetryGracePeriodSeconds }: ClientSettings['RefreshTokenRotation'],
  { current, parent }: Family,
  fingerprint: string,
): void {
  if (fingerprint === current) return
  // A parent may be used again for a while, as long as its child was not; the child is then dead.
  const isGraced =
    parent?.fingerprint === fingerprint &&
    service.now() < parent.spentAt + RetryGracePeriodSeconds * 1000
  if (!isGraced) fail('RefreshTokenReuse', 'Refresh token reuse detected')
}

/** Revokes all tokens of the sign-in that a refresh token came of. Twice is as good as once. */
export function revoke(service: Service, client: Client, token: string): void {
  if (!client.settings.EnableTokenRevocation)
    fail('UnsupportedOperation', 'This feature is not enabled for this client')
  if (readJwt(token)) fail('UnsupportedTokenType', 'Wrong token type')
  const family = service.state.families.get(
    service.state.refreshTokens.get(fingerprintOf(token)) ?? '',
  )
  if (family && family.clientId !== client.id) fail('Unauthorized', 'Invalid client or secret')
  if (family) family.revoked = true
}

/** Revokes everything of somebody's. */
export function revokeAll(service: Service, user: User): void {
  for (const family of service.state.families.values())
    if (family.sub === user.sub) family.revoked = family.signedOut = true
}
