// Tokens: their keys, and what is in them.
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64, toBase64Url, utf8 } from '../bytes.ts'
import { mayRead } from './attributes.ts'
import { generateKeys } from './crypto.ts'
import { writeJwt } from './jwt.ts'
import type { Claims } from './jwt.ts'
import { randomId, randomText } from './service.ts'
import type { Service } from './service.ts'
import { validity } from './settings.ts'
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

/** What the tokens of a sign-in may be used for. */
export const scope = 'aws.cognito.signin.user.admin'

/** What is kept of a refresh token. */
export const fingerprintOf = (token: string): string => toBase64Url(sha256(utf8(token)))

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

/** A refresh token: opaque, but of the look and about the length of the service's: a JWE in the compact form. */
export function newRefreshToken(service: Service, family: Family): string {
  const header = toBase64Url(utf8('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}'))
  const parts = [256, 12, 900, 16].map((bytes) => randomText(service, bytes))
  const token = [header, ...parts].join('.')
  family.current = fingerprintOf(token)
  service.state.refreshTokens.set(family.current, family.eventId)
  return token
}

/** Makes an access and an id token, as far as Lambda agrees. */
export async function issue(
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
