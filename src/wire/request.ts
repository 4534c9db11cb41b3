import { blaming } from '../errors.ts'
import type { Config } from '../options.ts'
import type { FetchInit, Signal } from '../ports.ts'
import { clientId, clientMetadata, clientSecret, conduct, person, userPoolId } from './conduct.ts'
import type { OperationName, TextByName } from './operations.ts'

/** What goes out, once it is complete. */
export type Sent = Readonly<Record<string, unknown>>

/** The input with everything that the configuration knows. What the caller gave is left alone. */
export async function complete(
  config: Config,
  operation: OperationName,
  input: object,
): Promise<Sent> {
  const adds = conduct[operation]
  const secret = config.clientSecret
  const body: Record<string, unknown> = {}
  if (adds & clientId) body['ClientId'] = config.clientId
  if (adds & clientSecret) body['ClientSecret'] = secret
  if (adds & userPoolId) body['UserPoolId'] = config.userPoolId
  if (adds & clientMetadata) body['ClientMetadata'] = await config.clientMetadata(operation)
  if (adds & person) {
    const context = await config.userContextData(operation)
    if (context)
      body['UserContextData'] = {
        EncodedData: context['encodedData'],
        IpAddress: context['ipAddress'],
      }
  }
  // As it will be sent, so that a member that is undefined counts as left out.
  Object.assign(body, await blaming('input', () => JSON.parse(JSON.stringify(input)) as object))
  if (secret !== undefined && adds & person) {
    const parameters = body['AuthParameters'] ?? body['ChallengeResponses']
    const { USERNAME: name = body['Username'] } = Object(parameters) as Sent
    if (typeof name === 'string') {
      const text = name + String(body['ClientId'])
      const hash = await blaming('hmac', () => config.hmac(secret, text))
      if (parameters) Object.assign(parameters, { SECRET_HASH: hash, ...parameters })
      else body['SecretHash'] ??= hash
    }
  }
  return body
}

/**
 * A request whose every setting keeps secrets on their way: no cookies, no cache, no referrer, and
 * no redirect, which would post the body to a stranger. No header but those that the service's CORS
 * answer is known to allow, and the app's own.
 */
export function requestInit(
  operation: OperationName,
  body: Sent,
  headers: TextByName | undefined,
  signal: Signal,
): FetchInit {
  const others: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...headers }))
    if (value !== undefined) others[name.toLowerCase()] = value
  return {
    method: 'POST',
    headers: {
      ...others,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      'cache-control': 'no-store',
    },
    body: JSON.stringify(body),
    signal,
    mode: 'cors',
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  }
}
