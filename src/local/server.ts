// A request in, an answer out, in the service's protocol: awsJson1_1.
import { Fault, fail } from './fault.ts'
import { checkInput } from './limits.ts'
import { operations, silent } from './operations.ts'
import { poolOf, randomId } from './service.ts'
import type { Service } from './service.ts'
import { issuerOf, keysOf } from './tokens.ts'

/** What came. */
export interface Request {
  readonly method: string
  /** With the query, without the host. */
  readonly path: string
  header(name: string): string | undefined
  readonly body: string
  /** Where it came to, without a path, if it came to a server: `http://127.0.0.1:9229`. */
  readonly at?: string | undefined
}

/** What goes back. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const prefix = 'AWSCognitoIdentityProviderService.'
const contentType = 'application/x-amz-json-1.1'

/** The headers that let every page read an answer: the service's own list, and no longer. */
export const cors: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
}

/** Whether there is an operation of a name. */
export const isOperation = ({ signed }: Pick<Service, 'signed'>, name: string): boolean =>
  Object.hasOwn(operations, name) || Object.hasOwn(signed?.operations ?? {}, name)

/** The operation that a request asks for, if it is one that there is. */
export function operationOf(service: Service, request: Request): string | undefined {
  const name = nameIn(request)
  const isCall = request.method === 'POST' && request.path === '/'
  return isCall && isOperation(service, name) ? name : undefined
}

const nameIn = (request: Request): string => {
  const target = request.header('x-amz-target') ?? ''
  return target.startsWith(prefix) ? target.slice(prefix.length) : ''
}

/** Answers a request. */
export async function answer(service: Service, request: Request): Promise<Answer> {
  const { method, path } = request
  if (method === 'OPTIONS') return preflight(request)
  if (method === 'GET') return (await publicDocument(service, request)) ?? notFound
  if (method !== 'POST' || path !== '/') return notFound
  const common = {
    ...cors,
    'content-type': contentType,
    'x-amzn-requestid': randomId(service),
    date: new Date(service.now()).toUTCString(),
  }
  try {
    const name = nameIn(request)
    const output = await perform(service, name, request)
    const isSilent = silent.has(name) || service.signed?.silent.has(name)
    const body = isSilent ? '' : JSON.stringify(output)
    return { status: 200, headers: common, body }
  } catch (error) {
    const { type, message, status } = error instanceof Fault ? error : internal
    const headers = {
      ...common,
      'x-amzn-errortype': `${type}:`,
      // A header has no line breaks.
      'x-amzn-errormessage': message.replace(/[^\t\x20-\x7e]+/g, ' ').trim(),
    }
    return { status, headers, body: JSON.stringify({ __type: type, message }) }
  }
}

/** What is said where the pool itself has failed: nothing of how. */
const internal = new Fault('InternalErrorException', 'Internal server error', 500)

async function perform(service: Service, name: string, request: Request): Promise<unknown> {
  const { signed } = service
  if (!isOperation(service, name)) throw new Fault('UnknownOperationException')
  const isOpen = Object.hasOwn(operations, name)
  if (!isOpen) checkSigned(request)
  const input = parse(request.body)
  checkInput(name, input, isOpen ? undefined : signed?.shapes)
  const perform = (isOpen ? operations : signed!.operations)[name as keyof typeof operations] as (
    service: Service,
    input: unknown,
  ) => unknown
  return await perform(service, input)
}

/** Refuses a request that is not signed. Whose the signature is, and whether it is right, is not looked at. */
function checkSigned(request: Request): void {
  // Who administers is no page: any website that a developer visits could pretend to sign.
  if (request.header('origin') !== undefined)
    fail('MissingAuthenticationToken', 'Missing Authentication Token')
  const header = request.header('authorization') ?? ''
  if (header === '') fail('MissingAuthenticationToken', 'Missing Authentication Token')
  if (!header.startsWith('AWS4-HMAC-SHA256 '))
    fail('IncompleteSignature', 'Authorization header is not of the form of AWS4-HMAC-SHA256.')
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter(
    (name) => !new RegExp(`[ ,]${name}=[^, ]+`).test(header),
  )
  if (missing.length)
    fail(
      'IncompleteSignature',
      missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '),
    )
}

function parse(body: string): unknown {
  try {
    // What is null is as good as not there: clients send such members, and such entries of a map.
    const input: unknown = JSON.parse(body, (_, value: unknown) => value ?? undefined)
    if (Object(input) === input && !Array.isArray(input)) return input
  } catch {
    // Said below.
  }
  throw new Fault('SerializationException')
}

function preflight(request: Request): Answer {
  const wanted = request.header('access-control-request-headers')
  return {
    status: 200,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST, GET, OPTIONS',
      'access-control-allow-headers': wanted ?? '*',
      'access-control-max-age': '172800',
    },
    body: '',
  }
}

const notFound: Answer = { status: 404, headers: cors, body: '' }

/**
 * The keys of a pool and its description, which anybody may read. The issuer is the one that the tokens
 * name, the keys are where they can be had: here, where there is an address.
 */
async function publicDocument(
  service: Service,
  { path, at }: Request,
): Promise<Answer | undefined> {
  const [, poolId = '', document = ''] = /^\/([^/]+)\/\.well-known\/([\w.-]+)$/.exec(path) ?? []
  if (!service.state.pools.has(poolId)) return undefined
  const pool = poolOf(service, poolId)
  const keys = await keysOf(service, pool)
  const content: Readonly<Record<string, object>> = {
    'jwks.json': {
      keys: [keys.id, keys.access].map(({ kid, publicKey: { e, n, kty } }) => ({
        ...{ alg: 'RS256', e, kid, kty, n, use: 'sig' },
      })),
    },
    'openid-configuration': {
      issuer: issuerOf(pool),
      jwks_uri: `${at === undefined ? issuerOf(pool) : `${at}/${poolId}`}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'token'],
      scopes_supported: ['openid', 'email', 'phone', 'profile'],
      subject_types_supported: ['public'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    },
  }
  const body = Object.hasOwn(content, document) ? content[document] : undefined
  if (!body) return undefined
  const headers = { ...cors, 'content-type': 'application/json' }
  return { status: 200, headers, body: JSON.stringify(body) }
}
