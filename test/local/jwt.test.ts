import { createHmac, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newDevice } from '../../src/srp/index.ts'
import { listen } from '../../src/local/node.ts'
import type { Listening } from '../../src/local/node.ts'
import type { LocalPool } from '../../src/local/index.ts'
import {
  begin,
  flows,
  hashOf,
  newPool,
  output,
  password,
  refusal,
  refusalOf,
  send,
  signIn,
  tokensOf,
  withClient,
} from './raw.ts'
import type { Refusal, Tokens } from './raw.ts'

type Claims = Readonly<Record<string, unknown>>

const part = (token: string, index: number): Claims =>
  JSON.parse(Buffer.from(token.split('.')[index]!, 'base64url').toString()) as Claims
const headerOf = (token: string): Claims => part(token, 0)
const claimsOf = (token: string): Claims => part(token, 1)
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The keys that a pool signs with, private halves included. */
interface Keys {
  readonly id: { readonly kid: string; readonly privateKey: JsonWebKey }
  readonly access: { readonly kid: string; readonly privateKey: JsonWebKey }
}
function keysOf(pool: LocalPool): Keys {
  const state = JSON.parse(pool.snapshot()) as { pools: { $map: [string, { keys: Keys }][] } }
  return state.pools.$map[0]![1].keys
}

/** A token that says something else, signed by the pool's own key. */
function resigned(pool: LocalPool, token: string, changes: Claims): string {
  const { kid, privateKey } = keysOf(pool).access
  const text = `${encoded({ kid, alg: 'RS256' })}.${encoded({ ...claimsOf(token), ...changes })}`
  const key = createPrivateKey({ key: privateKey, format: 'jwk' })
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

/** A token with other words or another signature. */
function altered(
  token: string,
  changes: { header?: Claims; payload?: Claims; signature?: (bytes: Buffer) => Buffer },
): string {
  const [, , signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  return [
    encoded({ ...headerOf(token), ...changes.header }),
    encoded({ ...claimsOf(token), ...changes.payload }),
    (changes.signature?.(bytes) ?? bytes).toString('base64url'),
  ].join('.')
}

const flipped = (bytes: Buffer): Buffer => {
  bytes[0]! ^= 1
  return bytes
}

describe('aws-jwt-verify, with the keys that the pool publishes over HTTP', () => {
  let pool: LocalPool
  let listening: Listening
  let jwksCache: SimpleJwksCache
  let tokens: Tokens
  const asked: string[] = []

  beforeAll(async () => {
    pool = await newPool()
    pool.users.create({ username: 'ada', password, groups: ['admins'] })
    listening = await listen(pool)
    tokens = await signIn(pool, 'ada')
    // The tokens name the service's own address: the same path, at the pool's.
    jwksCache = new SimpleJwksCache({
      fetcher: {
        fetch: async (uri) => {
          asked.push(uri)
          const response = await fetch(new URL(new URL(uri).pathname, listening.endpoint))
          return response.arrayBuffer()
        },
      },
    })
  })
  afterAll(() => listening.close())

  const verifier = (tokenUse: 'id' | 'access', changes: { clientId?: string } = {}) =>
    CognitoJwtVerifier.create(
      { userPoolId: pool.userPoolId, tokenUse, clientId: pool.clientId, ...changes },
      { jwksCache },
    )
  const verify = (tokenUse: 'id' | 'access', token: string): Promise<Claims> =>
    verifier(tokenUse).verify(token)
  const both = [
    ['id', 'IdToken'],
    ['access', 'AccessToken'],
  ] as const

  test.each(both)('%s tokens are accepted', async (use, name) => {
    const claims = await verify(use, tokens[name])
    expect(claims).toEqual(claimsOf(tokens[name]))
    expect(new Set(asked)).toEqual(
      new Set([
        `https://cognito-idp.eu-west-1.amazonaws.com/${pool.userPoolId}/.well-known/jwks.json`,
      ]),
    )
  })

  test('with groups and scopes asked for', async () => {
    const { userPoolId, clientId } = pool
    const wanted = { userPoolId, clientId, tokenUse: 'access' as const }
    const scoped = { ...wanted, scope: 'aws.cognito.signin.user.admin', groups: 'admins' }
    await CognitoJwtVerifier.create(scoped, { jwksCache }).verify(tokens.AccessToken)
    const others = { ...wanted, groups: 'others' }
    await expect(
      CognitoJwtVerifier.create(others, { jwksCache }).verify(tokens.AccessToken),
    ).rejects.toThrow(/group/i)
  })

  test.each(both)('an altered %s token is refused', async (use, name) => {
    const token = tokens[name]
    const other = tokens[name === 'IdToken' ? 'AccessToken' : 'IdToken']
    const { keys } = (await (
      await fetch(`${listening.endpoint}${pool.userPoolId}/.well-known/jwks.json`)
    ).json()) as { keys: JsonWebKey[] }
    const spki = createPublicKey({ key: keys[use === 'id' ? 0 : 1]!, format: 'jwk' }).export({
      ...{ type: 'spki', format: 'pem' },
    })
    const secretly = encoded({ ...headerOf(token), alg: 'HS256' }) + '.' + token.split('.')[1]!
    const variants: Record<string, string> = {
      payload: altered(token, { payload: { sub: 'somebody' } }),
      'longer life': altered(token, { payload: { exp: 4_000_000_000 } }),
      signature: altered(token, { signature: flipped }),
      'half a signature': altered(token, { signature: (bytes) => bytes.subarray(0, 128) }),
      'no signature': altered(token, { signature: () => Buffer.of() }),
      'the key of the other kind': altered(token, { header: { kid: headerOf(other)['kid'] } }),
      'a key that nobody has': altered(token, { header: { kid: 'another' } }),
      'no algorithm': altered(token, { header: { alg: 'none' }, signature: () => Buffer.of() }),
      'no algorithm, signed': altered(token, { header: { alg: 'none' } }),
      'a secret in place of a key': `${secretly}.${createHmac('sha256', spki).update(secretly).digest('base64url')}`,
      'the signature of the other': [...token.split('.').slice(0, 2), other.split('.')[2]].join(
        '.',
      ),
      'two parts': token.split('.').slice(0, 2).join('.'),
    }
    for (const [how, variant] of Object.entries(variants))
      await expect(verify(use, variant), how).rejects.toThrow()
    await verify(use, token)
  })

  test('the other use and another app client are refused', async () => {
    await expect(verify('id', tokens.AccessToken)).rejects.toThrow(/token use/i)
    await expect(verify('access', tokens.IdToken)).rejects.toThrow(/token use/i)
    const clientId = 'another'
    await expect(verifier('id', { clientId }).verify(tokens.IdToken)).rejects.toThrow(/audience/i)
    await expect(verifier('access', { clientId }).verify(tokens.AccessToken)).rejects.toThrow(
      /client/i,
    )
  })

  test('tokens of another pool are refused', async () => {
    const other = CognitoJwtVerifier.create(
      { userPoolId: 'eu-west-1_Another12', tokenUse: 'access', clientId: pool.clientId },
      { jwksCache },
    )
    await expect(other.verify(tokens.AccessToken)).rejects.toThrow(/issuer/i)
  })

  test('expired ones are refused', async () => {
    const late = await newPool({ now: () => Date.now() - 3_600_000 - 1000 })
    late.users.create({ username: 'ada', password })
    const old = await signIn(late, 'ada')
    for (const [use, name] of both) await expect(verify(use, old[name])).rejects.toThrow(/expired/i)
    const short = await newPool({
      ...{ now: () => Date.now() - 300_000, client: { AccessTokenValidity: 5 } },
    })
    short.users.create({ username: 'ada', password })
    const pair = await signIn(short, 'ada')
    await expect(verify('access', pair.AccessToken)).rejects.toThrow(/expired/i)
    await verify('id', pair.IdToken)
  })

  test('the documents: keys without their private halves, and where they can be had', async () => {
    const get = async (path: string) => {
      const response = await fetch(new URL(path, listening.endpoint))
      return { status: response.status, body: response.ok ? await response.json() : undefined }
    }
    const { body } = await get(`/${pool.userPoolId}/.well-known/jwks.json`)
    const { keys } = body as { keys: Claims[] }
    const text = expect.any(String) as string
    const key = { alg: 'RS256', e: 'AQAB', kid: text, kty: 'RSA', n: text, use: 'sig' }
    expect(keys).toEqual([key, key])
    expect(keys.map(({ kid }) => kid)).toEqual([
      headerOf(tokens.IdToken)['kid'],
      headerOf(tokens.AccessToken)['kid'],
    ])
    for (const { n } of keys) expect(Buffer.from(n as string, 'base64url')).toHaveLength(256)
    const issuer = `https://cognito-idp.eu-west-1.amazonaws.com/${pool.userPoolId}`
    const described = `/${pool.userPoolId}/.well-known/openid-configuration`
    // The issuer is what the tokens say; who looks for the keys is led to this machine.
    const jwks_uri = `${listening.endpoint}${pool.userPoolId}/.well-known/jwks.json`
    expect(await get(described)).toMatchObject({ status: 200, body: { issuer, jwks_uri } })
    expect(await (await fetch(jwks_uri)).json()).toEqual(body)
    const byFetch = await pool.fetch(`https://host${described}`)
    expect(JSON.parse(await byFetch.text())).toMatchObject({
      ...{ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` },
    })
    expect((await get('/eu-west-1_Another12/.well-known/jwks.json')).status).toBe(404)
    expect((await get(`/${pool.userPoolId}/.well-known/constructor`)).status).toBe(404)
    expect((await get('/')).status).toBe(404)
  })
})

describe('claims', () => {
  const attributes = {
    email: 'ada@example.com',
    email_verified: 'true',
    phone_number: '+15550001234',
    phone_number_verified: 'false',
    address: '12 St James Square',
    updated_at: '1790270882',
    'custom:level': '7',
  }
  const uuid = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/) as string
  const common = (pool: LocalPool, from: number) => ({
    sub: pool.users.get('ada')!.sub,
    iss: `https://cognito-idp.eu-west-1.amazonaws.com/${pool.userPoolId}`,
    origin_jti: uuid,
    event_id: uuid,
    auth_time: from,
    iat: from,
    exp: from + 3600,
    jti: uuid,
  })
  const withAda = async (options: Parameters<typeof newPool>[0] = {}) => {
    const now = Date.UTC(2026, 8, 24, 13, 50, 15, 250)
    const pool = await newPool({
      now: () => now,
      ...options,
      pool: { Schema: [{ Name: 'level', AttributeDataType: 'Number' }], ...options.pool },
    })
    pool.users.create({ username: 'ada', password, attributes })
    return { pool, from: Math.floor(now / 1000) }
  }

  test('exactly these', async () => {
    const { pool, from } = await withAda()
    const { AccessToken, IdToken, RefreshToken, ExpiresIn, TokenType } = await signIn(pool, 'ada')
    expect({ ExpiresIn, TokenType }).toEqual({ ExpiresIn: 3600, TokenType: 'Bearer' })
    for (const token of [AccessToken, IdToken]) {
      expect(headerOf(token)).toEqual({ kid: expect.any(String) as string, alg: 'RS256' })
      expect(headerOf(token)['kid']).toMatch(/^[\w+/]{43}=$/)
    }
    expect(headerOf(AccessToken)['kid']).not.toBe(headerOf(IdToken)['kid'])
    expect(claimsOf(AccessToken)).toEqual({
      ...common(pool, from),
      client_id: pool.clientId,
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      username: 'ada',
    })
    expect(claimsOf(IdToken)).toEqual({
      ...common(pool, from),
      aud: pool.clientId,
      token_use: 'id',
      'cognito:username': 'ada',
      email: 'ada@example.com',
      email_verified: true,
      phone_number: '+15550001234',
      phone_number_verified: false,
      address: { formatted: '12 St James Square' },
      updated_at: 1790270882,
      'custom:level': '7',
    })
    const [access, id] = [claimsOf(AccessToken), claimsOf(IdToken)]
    expect(access['jti']).not.toBe(id['jti'])
    for (const name of ['origin_jti', 'event_id']) expect(access[name]).toBe(id[name])
    // A JWE that nobody can read.
    expect(RefreshToken.split('.')).toHaveLength(5)
    expect(headerOf(RefreshToken)).toEqual({ cty: 'JWT', enc: 'A256GCM', alg: 'RSA-OAEP' })
  })

  test('only what the app client may read', async () => {
    const { pool, from } = await withAda({ client: { ReadAttributes: ['email', 'custom:level'] } })
    const { IdToken, AccessToken } = await signIn(pool, 'ada')
    expect(claimsOf(IdToken)).toEqual({
      ...common(pool, from),
      ...{ aud: pool.clientId, token_use: 'id', 'cognito:username': 'ada' },
      ...{ email: 'ada@example.com', 'custom:level': '7' },
    })
    const { UserAttributes } = await output(pool, 'GetUser', { AccessToken })
    expect(UserAttributes).toEqual([
      { Name: 'email', Value: 'ada@example.com' },
      { Name: 'custom:level', Value: '7' },
      { Name: 'sub', Value: pool.users.get('ada')!.sub },
    ])
  })

  test('groups, in both tokens, as long as somebody is in one', async () => {
    const { pool } = await withAda()
    pool.users.create({ username: 'bob', password, groups: ['b', 'a'] })
    const bob = await signIn(pool, 'bob')
    for (const token of [bob.AccessToken, bob.IdToken])
      expect(claimsOf(token)['cognito:groups']).toEqual(['a', 'b'])
    expect(claimsOf((await signIn(pool, 'ada')).IdToken)).not.toHaveProperty('cognito:groups')
  })

  test('without revocation neither jti nor origin_jti', async () => {
    const { pool } = await withAda({ client: { EnableTokenRevocation: false } })
    const tokens = await signIn(pool, 'ada')
    for (const token of [tokens.AccessToken, tokens.IdToken])
      expect(Object.keys(claimsOf(token)).filter((name) => name.includes('jti'))).toEqual([])
    await output(pool, 'GetUser', { AccessToken: tokens.AccessToken })
  })

  test('where addresses are names, the subject is the name', async () => {
    const { pool } = await withAda({ pool: { UsernameAttributes: ['email'] } })
    pool.users.create({ username: 'bob@example.com', password })
    const { AccessToken, IdToken } = await signIn(pool, 'bob@example.com')
    const { sub } = claimsOf(IdToken)
    expect(claimsOf(IdToken)['cognito:username']).toBe(sub)
    expect(claimsOf(AccessToken)['username']).toBe(sub)
  })

  test('lifetimes are the settings', async () => {
    const { pool } = await withAda({
      client: {
        ...{ AccessTokenValidity: 5, IdTokenValidity: 1 },
        TokenValidityUnits: { IdToken: 'days' },
      },
    })
    const { AccessToken, IdToken, ExpiresIn } = await signIn(pool, 'ada')
    const life = (token: string) =>
      (claimsOf(token)['exp'] as number) - (claimsOf(token)['iat'] as number)
    expect([life(AccessToken), life(IdToken), ExpiresIn]).toEqual([300, 86_400, 300])
  })

  test('a tracked device, in the access token only', async () => {
    const { pool } = await withAda({
      pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: false } },
    })
    const tokens = await signIn(pool, 'ada')
    const { DeviceKey } = tokens.NewDeviceMetadata!
    expect(claimsOf(tokens.AccessToken)['device_key']).toBe(DeviceKey)
    expect(claimsOf(tokens.IdToken)).not.toHaveProperty('device_key')
  })

  test('over a refresh: who and since when stay, the rest is new', async () => {
    const { pool } = await withAda()
    const first = await signIn(pool, 'ada')
    pool.clock.advance(1_800_000)
    const second = tokensOf(await refreshOld(pool, first.RefreshToken))
    expect(Object.keys(second).sort()).toEqual(['AccessToken', 'ExpiresIn', 'IdToken', 'TokenType'])
    for (const name of ['AccessToken', 'IdToken'] as const) {
      const [before, after] = [claimsOf(first[name]), claimsOf(second[name])]
      const { jti, iat, exp, ...kept } = after
      expect(before).toMatchObject(kept)
      expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
      expect(jti).not.toBe(before['jti'])
      expect(iat).toBe((before['iat'] as number) + 1800)
      expect(exp).toBe((before['exp'] as number) + 1800)
    }
    // The older ones stay good until their end.
    await output(pool, 'GetUser', { AccessToken: first.AccessToken })
    // What has changed meanwhile is in the next id token.
    pool.users.setAttributes('ada', { email: 'other@example.com' })
    const third = tokensOf(await refreshOld(pool, first.RefreshToken))
    expect(claimsOf(third.IdToken)['email']).toBe('other@example.com')
  })

  test('Lambda adds, changes and hides some, but never who it is', async () => {
    const seen: string[] = []
    const { pool } = await withAda({
      triggers: {
        preTokenGeneration: (event) => {
          seen.push(event.triggerSource)
          event.response.claimsOverrideDetails = {
            claimsToAddOrOverride: { plan: 'gold', email: 'changed', sub: 'no', iss: 'no' },
            claimsToSuppress: ['phone_number'],
            groupOverrideDetails: { groupsToOverride: ['lambda'] },
          }
          return event
        },
      },
    })
    const { IdToken, AccessToken, RefreshToken } = await signIn(pool, 'ada')
    await refreshOld(pool, RefreshToken)
    expect(seen).toEqual(['TokenGeneration_Authentication', 'TokenGeneration_RefreshTokens'])
    const claims = claimsOf(IdToken)
    const { sub } = pool.users.get('ada')!
    expect(claims).toMatchObject({ plan: 'gold', email: 'changed', sub })
    expect(claims['iss']).toMatch(/^https:/)
    expect(claims).not.toHaveProperty('phone_number')
    expect(claimsOf(AccessToken)['cognito:groups']).toEqual(['lambda'])
  })

  test('Lambda takes nothing away that is the service’s, and adds nothing of that name', async () => {
    const own =
      'aud auth_time cognito:username event_id exp iat iss jti origin_jti sub token_use'.split(' ')
    const groups = ['cognito:groups', 'cognito:roles', 'cognito:preferred_role']
    const { pool } = await withAda({
      client: { EnableTokenRevocation: false },
      triggers: {
        preTokenGeneration: (event) => {
          event.response.claimsOverrideDetails = {
            claimsToAddOrOverride: Object.fromEntries(
              [...own, ...groups, 'nonce', 'at_hash'].map((name) => [name, 'forged']),
            ),
            claimsToSuppress: [...own, 'email'],
          }
          return event
        },
      },
    })
    const names = async () => Object.keys(claimsOf((await signIn(pool, 'ada')).IdToken))
    const untold = await names()
    expect(untold).toEqual(
      expect.arrayContaining(own.filter((name) => !['jti', 'origin_jti'].includes(name))),
    )
    for (const name of ['jti', 'origin_jti', 'nonce', 'at_hash', 'email', ...groups])
      expect(untold).not.toContain(name)
    pool.configure({ client: { EnableTokenRevocation: true } })
    expect(await names()).toEqual(expect.arrayContaining(own))
    expect(JSON.stringify(claimsOf((await signIn(pool, 'ada')).IdToken))).not.toContain('forged')
  })
})

const refreshOld = (pool: LocalPool, REFRESH_TOKEN: string, more: object = {}) =>
  output(pool, 'InitiateAuth', {
    ...{ AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId: pool.clientId },
    AuthParameters: { REFRESH_TOKEN, ...more },
  })
const oldRefusal = (pool: LocalPool, REFRESH_TOKEN: string, more: object = {}) =>
  refusal(pool, 'InitiateAuth', {
    ...{ AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId: pool.clientId },
    AuthParameters: { REFRESH_TOKEN, ...more },
  })
const refreshNew = async (pool: LocalPool, RefreshToken: string, more: object = {}) =>
  tokensOf(
    await output(pool, 'GetTokensFromRefreshToken', {
      ...{ ClientId: pool.clientId, RefreshToken },
      ...more,
    }),
  )
const newRefusal = (pool: LocalPool, RefreshToken: string, more: object = {}) =>
  refusal(pool, 'GetTokensFromRefreshToken', { ClientId: pool.clientId, RefreshToken, ...more })

const notAuthorized = (message: string): Refusal => ({
  ...{ status: 400, type: 'NotAuthorizedException' },
  message,
})
const reuse: Refusal = {
  ...{ status: 400, type: 'RefreshTokenReuseException' },
  message: 'Refresh token reuse detected',
}

const withAda = async (options: Parameters<typeof newPool>[0] = {}) => {
  const pool = await newPool(options)
  pool.users.create({ username: 'ada', password })
  return { pool, ...(await signIn(pool, 'ada')) }
}

describe('an access token that is not good, at every operation that takes one', () => {
  const inputs: Readonly<Record<string, object>> = {
    AssociateSoftwareToken: {},
    ChangePassword: { ProposedPassword: 'Another-Horse7', PreviousPassword: password },
    CompleteWebAuthnRegistration: { Credential: {} },
    ConfirmDevice: { DeviceKey: 'eu-west-1_a' },
    DeleteUser: {},
    DeleteUserAttributes: { UserAttributeNames: ['email'] },
    DeleteWebAuthnCredential: { CredentialId: 'id' },
    ForgetDevice: { DeviceKey: 'eu-west-1_a' },
    GetDevice: { DeviceKey: 'eu-west-1_a' },
    GetUser: {},
    GetUserAttributeVerificationCode: { AttributeName: 'email' },
    GetUserAuthFactors: {},
    GlobalSignOut: {},
    ListDevices: {},
    ListWebAuthnCredentials: {},
    SetUserMFAPreference: {},
    SetUserSettings: { MFAOptions: [] },
    StartWebAuthnRegistration: {},
    UpdateDeviceStatus: { DeviceKey: 'eu-west-1_a' },
    UpdateUserAttributes: { UserAttributes: [] },
    VerifySoftwareToken: { UserCode: '123456' },
    VerifyUserAttribute: { AttributeName: 'email', Code: '123456' },
  }
  type Case = (made: { pool: LocalPool } & Tokens) => string | Promise<string>
  const cases: [string, Case, Refusal][] = [
    ['an id token', ({ IdToken }) => IdToken, notAuthorized('Invalid Access Token')],
    ['a refresh token', ({ RefreshToken }) => RefreshToken, notAuthorized('Invalid Access Token')],
    ['junk', () => 'junk', notAuthorized('Invalid Access Token')],
    ['three parts of junk', () => 'a.b.c', notAuthorized('Invalid Access Token')],
    [
      'another signature',
      ({ AccessToken }) => altered(AccessToken, { signature: flipped }),
      notAuthorized('Could not verify signature for Access Token'),
    ],
    [
      'another subject',
      ({ AccessToken }) => altered(AccessToken, { payload: { sub: 'x' } }),
      notAuthorized('Could not verify signature for Access Token'),
    ],
    [
      'no algorithm',
      ({ AccessToken }) =>
        altered(AccessToken, { header: { alg: 'none' }, signature: () => Buffer.of() }),
      notAuthorized('Could not verify signature for Access Token'),
    ],
    [
      'the key of the id tokens',
      ({ AccessToken, IdToken }) =>
        altered(AccessToken, { header: { kid: headerOf(IdToken)['kid'] } }),
      notAuthorized('Could not verify signature for Access Token'),
    ],
    [
      'an hour later',
      ({ pool, AccessToken }) => {
        pool.clock.advance(3_600_000)
        return AccessToken
      },
      notAuthorized('Access Token has expired'),
    ],
    [
      'its session was revoked',
      async ({ pool, AccessToken, RefreshToken }) => {
        await output(pool, 'RevokeToken', { ClientId: pool.clientId, Token: RefreshToken })
        return AccessToken
      },
      notAuthorized('Access Token has been revoked'),
    ],
    [
      'signed out everywhere',
      async ({ pool, AccessToken }) => {
        await output(pool, 'GlobalSignOut', { AccessToken })
        return AccessToken
      },
      notAuthorized('Access Token has been revoked'),
    ],
    [
      'scopes of the hosted pages only',
      ({ pool, AccessToken }) => resigned(pool, AccessToken, { scope: 'openid email' }),
      notAuthorized('Access Token does not have required scopes'),
    ],
    [
      'deleted, and the name taken again',
      ({ pool, AccessToken }) => {
        pool.users.delete('ada')
        pool.users.create({ username: 'ada', password })
        return AccessToken
      },
      notAuthorized('Invalid access token.'),
    ],
    [
      'disabled',
      ({ pool, AccessToken }) => {
        pool.users.disable('ada')
        return AccessToken
      },
      notAuthorized('User is disabled.'),
    ],
    [
      'deleted',
      ({ pool, AccessToken }) => {
        pool.users.delete('ada')
        return AccessToken
      },
      { status: 400, type: 'UserNotFoundException', message: 'User does not exist.' },
    ],
    [
      'unconfirmed by now',
      ({ pool, AccessToken }) => {
        pool.users.setStatus('ada', 'UNCONFIRMED')
        return AccessToken
      },
      { status: 400, type: 'UserNotConfirmedException', message: 'User is not confirmed.' },
    ],
  ]
  test.each(cases)('%s', async (_, make, expected) => {
    const made = await withAda()
    const AccessToken = await make(made)
    for (const [operation, input] of Object.entries(inputs))
      expect(await refusal(made.pool, operation, { ...input, AccessToken }), operation).toEqual(
        expected,
      )
  })
})

describe('REFRESH_TOKEN_AUTH', () => {
  test('under either name, as often as wanted, without another refresh token', async () => {
    const { pool, RefreshToken } = await withAda()
    for (const AuthFlow of ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN', 'REFRESH_TOKEN_AUTH']) {
      const step = await output(pool, 'InitiateAuth', {
        ...{ AuthFlow, ClientId: pool.clientId },
        AuthParameters: { REFRESH_TOKEN: RefreshToken },
      })
      expect(step['ChallengeParameters']).toEqual({})
      expect(tokensOf(step)).not.toHaveProperty('RefreshToken')
    }
  })

  type Case = (made: { pool: LocalPool } & Tokens) => unknown
  const cases: [string, Case, string][] = [
    [
      'too late',
      ({ pool }) => {
        pool.clock.advance(30 * 86_400_000)
      },
      'Refresh Token has expired',
    ],
    [
      'revoked',
      ({ pool, RefreshToken }) =>
        output(pool, 'RevokeToken', { ClientId: pool.clientId, Token: RefreshToken }),
      'Refresh Token has been revoked',
    ],
    [
      'signed out everywhere',
      ({ pool, AccessToken }) => output(pool, 'GlobalSignOut', { AccessToken }),
      'Refresh Token has been revoked',
    ],
    [
      'disabled',
      ({ pool }) => {
        pool.users.disable('ada')
      },
      'User is disabled.',
    ],
    [
      'deleted',
      ({ pool, AccessToken }) => send(pool, 'DeleteUser', { AccessToken }),
      'The user has been deleted for the associated refresh token',
    ],
    [
      'deleted, and the name taken again',
      async ({ pool, AccessToken }) => {
        await send(pool, 'DeleteUser', { AccessToken })
        pool.users.create({ username: 'ada', password })
      },
      'The user has been deleted for the associated refresh token',
    ],
  ]
  test.each(cases)('%s', async (_, change, message) => {
    const made = await withAda()
    await change(made)
    expect(await oldRefusal(made.pool, made.RefreshToken)).toEqual(notAuthorized(message))
  })

  test.each(['garbage', 'a.b.c.d.e'])('%s is none', async (token) => {
    const { pool } = await withAda()
    expect(await oldRefusal(pool, token)).toEqual(notAuthorized('Invalid Refresh Token'))
    expect(await newRefusal(pool, token)).toEqual(notAuthorized('Invalid Refresh Token'))
  })

  test('of another app client', async () => {
    const { pool, RefreshToken } = await withAda()
    const both = withClient(pool, { id: 'second' })
    const ask = { ClientId: 'second' }
    const expected = notAuthorized('Refresh Token has different Client')
    expect(
      await refusal(both, 'InitiateAuth', {
        ...{ ...ask, AuthFlow: 'REFRESH_TOKEN_AUTH' },
        AuthParameters: { REFRESH_TOKEN: RefreshToken },
      }),
    ).toEqual(expected)
    expect(await newRefusal(both, RefreshToken, ask)).toEqual(expected)
  })

  test('missing, not allowed, of no app client, rotating', async () => {
    const { pool, RefreshToken } = await withAda()
    expect(await oldRefusal(pool, '')).toEqual({
      ...{ status: 400, type: 'InvalidParameterException' },
      message: 'Missing required parameter REFRESH_TOKEN',
    })
    expect(
      await refusal(pool, 'InitiateAuth', {
        ...{ AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId: 'nobody' },
        AuthParameters: { REFRESH_TOKEN: RefreshToken },
      }),
    ).toMatchObject({ type: 'ResourceNotFoundException' })
    const withoutIt = flows.filter((flow) => !flow.includes('REFRESH'))
    pool.configure({ client: { ExplicitAuthFlows: withoutIt } })
    expect(await oldRefusal(pool, RefreshToken)).toMatchObject({
      type: 'InvalidParameterException',
      message: 'REFRESH_TOKEN_AUTH flow not enabled for this client',
    })
    // As the service wants it: where tokens rotate, this flow is off.
    pool.configure({ client: { RefreshTokenRotation: { Feature: 'ENABLED' } } })
    expect(await oldRefusal(pool, RefreshToken)).toEqual({
      ...{ status: 400, type: 'UnsupportedOperationException' },
      message: 'This API does not support refresh token rotation',
    })
  })

  test('with a secret, the hash is of the name that the token was issued to', async () => {
    const { pool, RefreshToken } = await withAda()
    const secret = withClient(pool, { secret: 'client+secret' })
    expect(await oldRefusal(secret, RefreshToken)).toEqual(
      notAuthorized(
        `Client ${pool.clientId} is configured with secret but SECRET_HASH was not received`,
      ),
    )
    const hash = (name: string) => ({ SECRET_HASH: hashOf('client+secret', name, pool.clientId) })
    expect(await oldRefusal(secret, RefreshToken, hash('bob'))).toEqual(
      notAuthorized(`Unable to verify secret hash for client ${pool.clientId}`),
    )
    tokensOf(await refreshOld(secret, RefreshToken, hash('ada')))
    // One that nobody asked for does no harm.
    tokensOf(await refreshOld(pool, RefreshToken, { SECRET_HASH: 'superfluous' }))
  })

  test('with devices tracked, only from the device, and only once it is confirmed', async () => {
    const made = await withAda({
      pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true } },
    })
    const { pool, AccessToken, RefreshToken, NewDeviceMetadata } = made
    const { DeviceKey } = NewDeviceMetadata!
    const refused = notAuthorized('Invalid Refresh Token.')
    expect(await oldRefusal(pool, RefreshToken, { DEVICE_KEY: DeviceKey })).toEqual(refused)
    expect(await newRefusal(pool, RefreshToken, { DeviceKey })).toEqual(refused)
    const { verifier } = await newDevice({
      ...{ metadata: NewDeviceMetadata!, secret: randomBytes(40), salt: randomBytes(16) },
    })
    await output(pool, 'ConfirmDevice', {
      ...{ AccessToken, DeviceKey, DeviceSecretVerifierConfig: verifier },
    })
    expect(await oldRefusal(pool, RefreshToken)).toEqual(refused)
    expect(await oldRefusal(pool, RefreshToken, { DEVICE_KEY: 'eu-west-1_a' })).toEqual(refused)
    expect(await newRefusal(pool, RefreshToken)).toEqual(refused)
    const again = tokensOf(await refreshOld(pool, RefreshToken, { DEVICE_KEY: DeviceKey }))
    expect(again).not.toHaveProperty('NewDeviceMetadata')
    expect(claimsOf(again.AccessToken)['device_key']).toBe(DeviceKey)
    expect(await refreshNew(pool, RefreshToken, { DeviceKey })).not.toHaveProperty('RefreshToken')
    await send(pool, 'ForgetDevice', { AccessToken, DeviceKey })
    expect(await oldRefusal(pool, RefreshToken, { DEVICE_KEY: DeviceKey })).toEqual(refused)
    // Without tracking nobody asks.
    const { pool: plain, RefreshToken: token } = await withAda()
    tokensOf(await refreshOld(plain, token, { DEVICE_KEY: DeviceKey }))
  })
})

describe('GetTokensFromRefreshToken', () => {
  const rotating = (RetryGracePeriodSeconds: number) =>
    withAda({
      client: {
        ExplicitAuthFlows: flows.filter((flow) => !flow.includes('REFRESH')),
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds },
      },
    })

  test('works without rotation, and says nothing of parameters', async () => {
    const { pool, RefreshToken } = await withAda()
    const step = await output(pool, 'GetTokensFromRefreshToken', {
      ...{ ClientId: pool.clientId, RefreshToken, ClientSecret: 'superfluous' },
    })
    expect(Object.keys(step)).toEqual(['AuthenticationResult'])
    expect(tokensOf(step)).not.toHaveProperty('RefreshToken')
  })

  test('with a secret, which is sent as it is', async () => {
    const { pool, RefreshToken } = await withAda()
    const secret = withClient(pool, { secret: 'clientsecret' })
    expect(await newRefusal(secret, RefreshToken)).toEqual(
      notAuthorized(`Client ${pool.clientId} is configured for secret but secret was not received`),
    )
    expect(await newRefusal(secret, RefreshToken, { ClientSecret: 'wrong' })).toEqual(
      notAuthorized(`Unable to verify secret hash for client ${pool.clientId}`),
    )
    await refreshNew(secret, RefreshToken, { ClientSecret: 'clientsecret' })
  })

  test.each([0, 60])('grace of %d s: a chain of children, each with new tokens', async (grace) => {
    const { pool, RefreshToken } = await rotating(grace)
    const seen = new Set([RefreshToken])
    let token = RefreshToken
    for (let i = 0; i < 4; i++) {
      ;({ RefreshToken: token } = await refreshNew(pool, token))
      seen.add(token)
      pool.clock.advance(1000)
    }
    expect(seen.size).toBe(5)
  })

  test('grace of 0: the parent is refused, and the child goes on', async () => {
    const { pool, RefreshToken: parent, AccessToken } = await rotating(0)
    const { RefreshToken: child } = await refreshNew(pool, parent)
    expect(await newRefusal(pool, parent)).toEqual(reuse)
    expect(await newRefusal(pool, parent)).toEqual(reuse)
    const { RefreshToken: grandchild } = await refreshNew(pool, child)
    expect(await newRefusal(pool, parent)).toEqual(reuse)
    expect(await newRefusal(pool, child)).toEqual(reuse)
    await refreshNew(pool, grandchild)
    await output(pool, 'GetUser', { AccessToken })
  })

  test('within the grace: the parent again gives another child, and the first is dead', async () => {
    const { pool, RefreshToken: parent } = await rotating(30)
    const { RefreshToken: first } = await refreshNew(pool, parent)
    pool.clock.advance(10_000)
    const { RefreshToken: second } = await refreshNew(pool, parent)
    expect(second).not.toBe(first)
    expect(await newRefusal(pool, first)).toEqual(reuse)
    pool.clock.advance(10_000)
    const { RefreshToken: third } = await refreshNew(pool, parent)
    expect(await newRefusal(pool, second)).toEqual(reuse)
    // Counted from the first use, not from the last.
    pool.clock.advance(10_000)
    expect(await newRefusal(pool, parent)).toEqual(reuse)
    await refreshNew(pool, third)
  })

  test('once a child was used, its parent is refused even within the grace', async () => {
    const { pool, RefreshToken: grandparent } = await rotating(60)
    const { RefreshToken: parent } = await refreshNew(pool, grandparent)
    const { RefreshToken: child } = await refreshNew(pool, parent)
    expect(await newRefusal(pool, grandparent)).toEqual(reuse)
    // The parent has a grace of its own.
    const { RefreshToken: other } = await refreshNew(pool, parent)
    expect(await newRefusal(pool, child)).toEqual(reuse)
    await refreshNew(pool, other)
  })

  test('of two at once within the grace, one child lives', async () => {
    const { pool, RefreshToken } = await rotating(10)
    const children = await Promise.all([1, 2].map(() => refreshNew(pool, RefreshToken)))
    const outcomes = await Promise.all(
      children.map(({ RefreshToken: token }) =>
        send(pool, 'GetTokensFromRefreshToken', { ClientId: pool.clientId, RefreshToken: token }),
      ),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  test('a trigger that fails spends nothing, and of two at once without grace one counts', async () => {
    let isDown = false
    const { pool, RefreshToken } = await withAda({
      client: {
        ExplicitAuthFlows: flows.filter((flow) => !flow.includes('REFRESH')),
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
      },
      triggers: {
        preTokenGeneration: async (event) => {
          if (isDown) throw new Error('down')
          return Promise.resolve(event)
        },
      },
    })
    isDown = true
    for (let i = 0; i < 2; i++)
      expect(await newRefusal(pool, RefreshToken)).toMatchObject({
        message: 'PreTokenGeneration failed with error down.',
      })
    isDown = false
    const replies = await Promise.all(
      [1, 2].map(() =>
        send(pool, 'GetTokensFromRefreshToken', { ClientId: pool.clientId, RefreshToken }),
      ),
    )
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400])
    const child = tokensOf(replies.find(({ status }) => status === 200)!.body).RefreshToken
    expect(await newRefusal(pool, RefreshToken)).toEqual(reuse)
    await refreshNew(pool, child)
  })

  test('a child lives no longer than its first ancestor', async () => {
    const { pool, RefreshToken } = await rotating(0)
    pool.clock.advance(29 * 86_400_000)
    const { RefreshToken: child } = await refreshNew(pool, RefreshToken)
    pool.clock.advance(86_400_000)
    expect(await newRefusal(pool, child)).toEqual(notAuthorized('Refresh Token has expired'))
  })

  test('an old parent revokes the whole family', async () => {
    const { pool, RefreshToken: parent, AccessToken } = await rotating(0)
    const other = await signIn(pool, 'ada')
    const { RefreshToken: child, AccessToken: fresh } = await refreshNew(pool, parent)
    await output(pool, 'RevokeToken', { ClientId: pool.clientId, Token: parent })
    expect(await newRefusal(pool, child)).toEqual(notAuthorized(''))
    for (const token of [AccessToken, fresh])
      expect(await refusal(pool, 'GetUser', { AccessToken: token })).toEqual(
        notAuthorized('Access Token has been revoked'),
      )
    await refreshNew(pool, other.RefreshToken)
  })

  test('after a sign-out everywhere it says so', async () => {
    const { pool, RefreshToken, AccessToken } = await rotating(0)
    await output(pool, 'GlobalSignOut', { AccessToken })
    expect(await newRefusal(pool, RefreshToken)).toEqual(
      notAuthorized('Refresh Token has been revoked'),
    )
  })

  test('claims over a rotation are those of the sign-in', async () => {
    const { pool, RefreshToken, IdToken } = await rotating(0)
    pool.clock.advance(60_000)
    const after = claimsOf((await refreshNew(pool, RefreshToken)).IdToken)
    const before = claimsOf(IdToken)
    for (const name of ['sub', 'origin_jti', 'event_id', 'auth_time'])
      expect(after[name], name).toBe(before[name])
    expect(after['jti']).not.toBe(before['jti'])
  })
})

describe('RevokeToken', () => {
  const revoke = (pool: LocalPool, Token: string, more: object = {}) =>
    send(pool, 'RevokeToken', { ClientId: pool.clientId, Token, ...more })

  test('ends one sign-in and leaves the others; twice is as good as once', async () => {
    const { pool, RefreshToken, AccessToken } = await withAda()
    const other = await signIn(pool, 'ada')
    for (let i = 0; i < 2; i++) expect((await revoke(pool, RefreshToken)).text).toBe('{}')
    expect(await refusal(pool, 'GetUser', { AccessToken })).toEqual(
      notAuthorized('Access Token has been revoked'),
    )
    await output(pool, 'GetUser', { AccessToken: other.AccessToken })
    tokensOf(await refreshOld(pool, other.RefreshToken))
  })

  test('access and id tokens are of no use here', async () => {
    const { pool, AccessToken, IdToken } = await withAda()
    for (const token of [AccessToken, IdToken])
      expect(refusalOf(await revoke(pool, token))).toMatchObject({
        ...{ status: 400, type: 'UnsupportedTokenTypeException' },
      })
  })

  test('where revocation is off', async () => {
    const { pool, RefreshToken } = await withAda({ client: { EnableTokenRevocation: false } })
    expect(refusalOf(await revoke(pool, RefreshToken))).toEqual({
      ...{ status: 400, type: 'UnsupportedOperationException' },
      message: 'This feature is not enabled for this client',
    })
  })

  test('a wrong secret, none, another app client, no app client', async () => {
    const { pool, RefreshToken } = await withAda()
    const unauthorized = {
      ...{ status: 400, type: 'UnauthorizedException' },
      message: 'Invalid client or secret',
    }
    const secret = withClient(pool, { secret: 'clientsecret' })
    expect(refusalOf(await revoke(secret, RefreshToken))).toEqual(unauthorized)
    const wrong = { ClientSecret: 'wrong' }
    expect(refusalOf(await revoke(secret, RefreshToken, wrong))).toEqual(unauthorized)
    expect((await revoke(secret, RefreshToken, { ClientSecret: 'clientsecret' })).status).toBe(200)
    const both = withClient(pool, { id: 'second' })
    expect(refusalOf(await revoke(both, RefreshToken, { ClientId: 'second' }))).toEqual(
      unauthorized,
    )
    expect(refusalOf(await revoke(both, RefreshToken, { ClientId: 'nobody' }))).toEqual(
      unauthorized,
    )
    tokensOf(await refreshOld(both, RefreshToken))
  })
})

describe('GlobalSignOut', () => {
  test('ends every sign-in of one person, at every app client', async () => {
    const { pool: first } = await withAda()
    const pool = withClient(first, { id: 'second' })
    pool.users.create({ username: 'bob', password })
    const [one, two, bob] = [
      await signIn(pool, 'ada'),
      await signIn(pool, 'ada'),
      await signIn(pool, 'bob'),
    ]
    const elsewhere = tokensOf(
      await output(pool, 'InitiateAuth', {
        ...{ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: 'second' },
        AuthParameters: { USERNAME: 'ada', PASSWORD: password },
      }),
    )
    expect((await send(pool, 'GlobalSignOut', { AccessToken: one.AccessToken })).text).toBe('{}')
    for (const { AccessToken } of [one, two, elsewhere]) {
      const revoked = notAuthorized('Access Token has been revoked')
      expect(await refusal(pool, 'GetUser', { AccessToken })).toEqual(revoked)
      expect(await refusal(pool, 'GlobalSignOut', { AccessToken })).toEqual(revoked)
    }
    for (const { RefreshToken } of [one, two])
      expect(await oldRefusal(pool, RefreshToken)).toEqual(
        notAuthorized('Refresh Token has been revoked'),
      )
    await output(pool, 'GetUser', { AccessToken: bob.AccessToken })
    tokensOf(await begin(pool, 'ada'))
  })

  test('a changed password ends nothing', async () => {
    const { pool, AccessToken, RefreshToken } = await withAda()
    const passwords = { PreviousPassword: password, ProposedPassword: 'Another-Horse7' }
    await output(pool, 'ChangePassword', { AccessToken, ...passwords })
    await output(pool, 'GetUser', { AccessToken })
    tokensOf(await refreshOld(pool, RefreshToken))
  })
})
