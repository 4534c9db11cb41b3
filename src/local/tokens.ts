// Tokens: issued, exchanged, revoked, believed.
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64, toBase64Url, utf8 } from '../bytes.ts'
import { mayRead } from './attributes.ts'
import { generateKeys } from './crypto.ts'
import { fail } from './fault.ts'
import { readJwt, writeJwt } from './jwt.ts'
import type { Claims } from './jwt.ts'
import { clientOf, poolOf, randomId, randomText } from './service.ts'
import type { Service } from './service.ts'
import { validity } from './settings.ts'
import type { ClientSettings } from './settings.ts'
import type { Client, Family, Pool, TokenKey, TokenKeys, User } from './state.ts'
import { attributesFor, runTrigger } from './triggers.ts'

/** What a sign-in or a refresh gives. */
export interface Tokens {
  readonly AccessToken: string
  readonly ExpiresIn: number
  readonly IdToken: string
  readonly RefreshToken?: string
  readonly TokenType: 'Bearer'
}

/** Which event made Lambda run before tokens are made. */
export type TokenSource =
  'Authentication' | 'NewPasswordChallenge' | 'AuthenticateDevice' | 'RefreshTokens'

const scope = 'aws.cognito.signin.user.admin'
const fingerprintOf = (token: string): string => toBase64Url(sha256(utf8(token)))

/** The issuer of a pool's tokens. */
export const issuerOf = ({ id, region }: Pool): string =>
  `https://cognito-idp.${region}.amazonaws.com/${id}`

const keysInTheMaking = /* @__PURE__ */ new WeakMap<Pool, Promise<TokenKeys>>()

/** The keys of a pool, made once. They take a moment: a pool can be told to make them early. */
export function keysOf(service: Service, pool: Pool): Promise<TokenKeys> {
  if (pool.keys) return Promise.resolve(pool.keys)
  const making = keysInTheMaking.get(pool) ?? makeKeys(service, pool)
  keysInTheMaking.set(pool, making)
  return making
}

async function makeKeys(service: Service, pool: Pool): Promise<TokenKeys> {
  const make = async (): Promise<TokenKey> => {
    const kid = toBase64(service.random(32))
    return { kid, ...(await generateKeys('RS256')) }
  }
  const [id, access] = await Promise.all([make(), make()])
  pool.keys = { id, access }
  return pool.keys
}

/** Tokens for somebody who has just signed in. */
export async function startFamily(
  service: Service,
  { pool, client, user }: { readonly pool: Pool; readonly client: Client; readonly user: User },
  deviceKey: string | undefined,
  source: TokenSource,
  metadata?: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const family: Family = {
    originJti: randomId(service),
    eventId: randomId(service),
    authTime: Math.floor(service.now() / 1000),
    poolId: pool.id,
    clientId: client.id,
    username: user.username,
    sub: user.sub,
    deviceKey,
    until: service.now() + validity(client.settings, 'RefreshToken') * 1000,
    revoked: false,
    current: '',
  }
  const tokens = await issue(service, { pool, client, user }, family, source, metadata)
  // Kept once Lambda has let it be.
  service.state.families.set(family.eventId, family)
  return { ...tokens, RefreshToken: newRefreshToken(service, family) }
}

/** Opaque, but of the look and about the length of the service's: a JWE in the compact form. */
function newRefreshToken(service: Service, family: Family): string {
  const header = toBase64Url(utf8('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}'))
  const parts = [256, 12, 900, 16].map((bytes) => randomText(service, bytes))
  const token = [header, ...parts].join('.')
  family.current = fingerprintOf(token)
  service.state.refreshTokens.set(family.current, family.eventId)
  return token
}

async function issue(
  service: Service,
  { pool, client, user }: { readonly pool: Pool; readonly client: Client; readonly user: User },
  { originJti, eventId, authTime, deviceKey }: Family,
  source: TokenSource,
  metadata: Readonly<Record<string, string>> | undefined,
): Promise<Tokens> {
  const issuedAt = Math.floor(service.now() / 1000)
  const groups = groupsOf(pool, user)
  const { claimsOverrideDetails } = await runTrigger(
    service.triggers,
    'preTokenGeneration',
    `TokenGeneration_${source}`,
    { pool, client, username: user.username, attributes: attributesFor(user) },
    { groupConfiguration: { groupsToOverride: groups }, clientMetadata: metadata },
    { claimsOverrideDetails: null },
  )
  const overridden = claimsOverrideDetails?.groupOverrideDetails?.groupsToOverride ?? groups
  const shared = {
    sub: user.sub,
    iss: issuerOf(pool),
    ...(client.settings.EnableTokenRevocation ? { origin_jti: originJti } : {}),
    event_id: eventId,
    auth_time: authTime,
    iat: issuedAt,
  }
  const jti = () => (client.settings.EnableTokenRevocation ? { jti: randomId(service) } : {})
  const membership = overridden.length ? { 'cognito:groups': overridden } : {}
  const access = {
    ...shared,
    ...membership,
    client_id: client.id,
    token_use: 'access',
    scope,
    exp: issuedAt + validity(client.settings, 'AccessToken'),
    ...jti(),
    username: user.username,
    ...(deviceKey ? { device_key: deviceKey } : {}),
  }
  // Groups have a way of their own to be changed.
  const added = without(claimsOverrideDetails?.claimsToAddOrOverride ?? {}, [
    ...ownClaims,
    ...groupClaims,
  ])
  const changeable = {
    ...readable(client, user),
    ...membership,
    ...rolesOf(pool, overridden),
    ...added,
  }
  const id = {
    ...without(changeable, claimsOverrideDetails?.claimsToSuppress),
    ...shared,
    aud: client.id,
    token_use: 'id',
    exp: issuedAt + validity(client.settings, 'IdToken'),
    ...jti(),
    'cognito:username': user.username,
  }
  const keys = await keysOf(service, pool)
  const [AccessToken, IdToken] = await Promise.all([
    writeJwt(keys.access, access),
    writeJwt(keys.id, id),
  ])
  const ExpiresIn = validity(client.settings, 'AccessToken')
  return { AccessToken, ExpiresIn, IdToken, TokenType: 'Bearer' }
}

/** Claims that are the service's to make, whether or not this token has them. */
const ownClaims: readonly string[] =
  'at_hash aud auth_time cognito:username event_id exp iat iss jti nonce origin_jti sub token_use'.split(
    ' ',
  )

const groupClaims = ['cognito:groups', 'cognito:roles', 'cognito:preferred_role'] as const

const without = (claims: Claims, names: readonly string[] = []): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))

/** Names of somebody's groups, the most important first. */
function groupsOf(pool: Pool, user: User): string[] {
  const rank = (name: string) => pool.groups.get(name)?.precedence ?? Infinity
  return [...user.groups].sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
}

/** The roles of groups, and the one of the most important group. */
function rolesOf(pool: Pool, groups: readonly string[]): Claims {
  const roles = groups.flatMap((name) => pool.groups.get(name)?.roleArn ?? [])
  const preferred = pool.groups.get(groups[0] ?? '')?.roleArn
  return {
    ...(roles.length ? { 'cognito:roles': roles } : {}),
    ...(preferred === undefined ? {} : { 'cognito:preferred_role': preferred }),
  }
}

/** Attributes as an id token has them: what is true or false so, an address as an object. */
function readable(client: Client, user: User): Claims {
  const claims = [...user.attributes]
    .filter(([name]) => mayRead(client, name))
    .map(([name, value]): [string, unknown] => {
      if (/^(email|phone_number)_verified$/.test(name)) return [name, value === 'true']
      if (name === 'updated_at') return [name, Number(value)]
      return name === 'address' ? [name, { formatted: value }] : [name, value]
    })
  return Object.fromEntries(claims)
}

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

/** Somebody who has shown an access token. */
export interface Holder {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly family: Family
  readonly deviceKey: string | undefined
}

/** Who holds an access token, if it can be believed. */
export async function holderOf(service: Service, token: string): Promise<Holder> {
  const jwt = readJwt(token)
  const claims = jwt?.claims ?? {}
  const client = service.state.clients.get(String(claims['client_id']))
  if (!jwt || claims['token_use'] !== 'access' || !client)
    return fail('NotAuthorized', 'Invalid Access Token')
  const { pool } = clientOf(service, client.id)
  const { access } = await keysOf(service, pool)
  if (jwt.kid !== access.kid || !(await jwt.isOf(access)))
    return fail('NotAuthorized', 'Could not verify signature for Access Token')
  if ((claims['exp'] as number) * 1000 <= service.now())
    return fail('NotAuthorized', 'Access Token has expired')
  const user = pool.users.get(String(claims['username']))
  if (!user) return fail('UserNotFound', 'User does not exist.')
  if (user.sub !== claims['sub']) return fail('NotAuthorized', 'Invalid access token.')
  const family = service.state.families.get(String(claims['event_id']))
  if (!family || family.revoked) return fail('NotAuthorized', 'Access Token has been revoked')
  if (!String(claims['scope']).split(' ').includes(scope))
    return fail('NotAuthorized', 'Access Token does not have required scopes')
  if (!user.enabled) return fail('NotAuthorized', 'User is disabled.')
  if (user.status === 'UNCONFIRMED') return fail('UserNotConfirmed', 'User is not confirmed.')
  return { pool, client, user, family, deviceKey: claims['device_key'] as string | undefined }
}
