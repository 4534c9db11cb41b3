import { createHmac, randomBytes } from 'node:crypto'
import { createAuth } from '../../src/index.ts'
import type { Auth } from '../../src/index.ts'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalPool, LocalPoolOptions } from '../../src/local/index.ts'
import { createKeyPair, passwordClaim } from '../../src/srp/index.ts'

// Requests as they go over the wire, with nothing in between that could make them better.

/** An answer, read. */
export interface Reply {
  readonly status: number
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
  readonly header: (name: string) => string | null
}

/** A refusal as the tables of this folder have it. */
export interface Refusal {
  readonly status: number
  readonly type: string
  readonly message: string
}

export const password = 'Correct-Horse7'

/** Everything that an app client can allow. */
export const flows = [
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_CUSTOM_AUTH',
  'ALLOW_USER_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
]

let template: Promise<string> | undefined

/** A pool whose keys were made before, since that takes a moment; every flow is allowed. */
export async function newPool(
  options: Omit<LocalPoolOptions, 'state' | 'clientId' | 'clientSecret'> = {},
): Promise<LocalPool> {
  template ??= makeTemplate()
  const { pool: poolSettings, client, ...others } = options
  const pool = createLocalPool({ ...others, state: await template })
  pool.configure({
    ...(poolSettings ? { pool: poolSettings } : {}),
    client: { ExplicitAuthFlows: flows, ...client },
  })
  return pool
}

async function makeTemplate(): Promise<string> {
  const pool = createLocalPool({ userPoolId: 'eu-west-1_Ab12Cd34E', clientId: '1example23456789' })
  await pool.ready()
  return pool.snapshot()
}

/** Sends one request. `ClientId` is the pool's where it is missing and wanted. */
export async function send(
  pool: LocalPool,
  operation: string,
  input: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await pool.fetch('https://cognito-idp.eu-west-1.amazonaws.com/', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      ...headers,
    },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  })
  const text = await response.text()
  return {
    status: response.status,
    text,
    body: text ? (JSON.parse(text) as Reply['body']) : {},
    header: (name) => response.headers.get(name),
  }
}

/** Sends one request as an administrator does: signed, by a signature that nobody looks at. */
export const administer = (pool: LocalPool, operation: string, input: object): Promise<Reply> =>
  send(
    pool,
    operation,
    { UserPoolId: pool.userPoolId, ...input },
    {
      authorization: `AWS4-HMAC-SHA256 Credential=A/20260924/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    },
  )

/** What a request is refused with. Fails where it is not. */
export async function refusal(
  pool: LocalPool,
  operation: string,
  input: unknown,
): Promise<Refusal> {
  return refusalOf(await send(pool, operation, input))
}

/** A refusal, whose body and headers have to say the same. */
export function refusalOf({ status, text, body, header }: Reply): Refusal {
  const { __type: type, message } = body
  if (typeof type !== 'string' || typeof message !== 'string')
    throw new Error(`not refused: ${text.slice(0, 300)}`)
  if (header('x-amzn-errortype') !== `${type}:`) throw new Error('the header names another error')
  if (header('x-amzn-errormessage') !== message.trim()) throw new Error('the header says otherwise')
  return { status, type, message }
}

/** What a request gives. Fails where it is refused. */
export async function output(
  pool: LocalPool,
  operation: string,
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, text, body } = await send(pool, operation, input)
  if (status !== 200) throw new Error(`${operation}: ${text}`)
  return body
}

/** The tokens of a sign-in. */
export interface Tokens {
  readonly AccessToken: string
  readonly IdToken: string
  readonly RefreshToken: string
  readonly ExpiresIn: number
  readonly TokenType: string
  readonly NewDeviceMetadata?: { readonly DeviceKey: string; readonly DeviceGroupKey: string }
}

/** Begins a sign-in with a password in the clear, or in any other way. */
export const begin = (
  pool: LocalPool,
  USERNAME: string,
  more: Readonly<Record<string, string>> = { PASSWORD: password },
  AuthFlow = 'USER_PASSWORD_AUTH',
): Promise<Readonly<Record<string, unknown>>> =>
  output(pool, 'InitiateAuth', {
    AuthFlow,
    ClientId: pool.clientId,
    AuthParameters: { USERNAME, ...more },
  })

/** Tokens out of the output of a last step. */
export function tokensOf(step: Readonly<Record<string, unknown>>): Tokens {
  if (!step['AuthenticationResult']) throw new Error(`no tokens: ${JSON.stringify(step)}`)
  return step['AuthenticationResult'] as Tokens
}

/** Signs somebody in by password. */
export const signIn = async (
  pool: LocalPool,
  username: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Tokens> => tokensOf(await begin(pool, username, { PASSWORD: password, ...more }))

/** Answers a challenge. */
export const respond = (
  pool: LocalPool,
  ChallengeName: unknown,
  ChallengeResponses: Readonly<Record<string, string>>,
  Session?: unknown,
): Promise<Reply> =>
  send(pool, 'RespondToAuthChallenge', {
    ...{ ClientId: pool.clientId, ChallengeName, ChallengeResponses, Session },
  })

/** Asks for a proof of a password and makes one, right or wrong; the caller sends it. */
export async function prove(
  pool: LocalPool,
  username: string,
  secret = password,
): Promise<{
  readonly challenge: Readonly<Record<string, string>>
  readonly responses: Readonly<Record<string, string>>
}> {
  const keyPair = await createKeyPair(randomBytes(128))
  const step = await begin(pool, username, { SRP_A: keyPair.publicKey }, 'USER_SRP_AUTH')
  const challenge = step['ChallengeParameters'] as Readonly<Record<string, string>>
  const { userPoolId } = pool
  const now = pool.clock.now()
  const claim = await passwordClaim({ keyPair, challenge, userPoolId, password: secret, now })
  return { challenge, responses: { ...claim } }
}

/** Our own client in front of a pool. */
export const authOf = (pool: LocalPool): Auth =>
  createAuth({ userPoolId: pool.userPoolId, clientId: pool.clientId, fetch: pool.fetch })

/** A `SECRET_HASH`. */
export const hashOf = (secret: string, username: string, clientId: string): string =>
  createHmac('sha256', secret)
    .update(username + clientId)
    .digest('base64')

/** The same pool with an app client beside the first, or with another first one. */
export function withClient(
  pool: LocalPool,
  client: { readonly id?: string; readonly secret?: string },
): LocalPool {
  const state = JSON.parse(pool.snapshot()) as {
    clients: { $map: [string, { readonly id: string }][] }
    ahead: number
  }
  // The clock that is handed on is ahead already.
  state.ahead = 0
  const [id, first] = state.clients.$map[0]!
  const added: [string, { readonly id: string }] = [client.id ?? id, { ...first, ...client }]
  state.clients.$map = client.id === undefined ? [added] : [[id, first], added]
  return createLocalPool({ state: JSON.stringify(state), now: () => pool.clock.now() })
}
