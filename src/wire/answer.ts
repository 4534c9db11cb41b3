import { AuthError } from '../errors.ts'
import type { AuthErrorCode } from '../errors.ts'
import { host } from '../ports.ts'
import type { FetchResponse, SignalLike } from '../ports.ts'
import { conduct, empty } from './conduct.ts'
import type { OperationName } from './operations.ts'
import { refusalCode } from './refusals.ts'
import type { Sent } from './request.ts'
import { isShaped } from './shapes.ts'

/** An operation's output, or what it was refused with. */
export type Outcome = Readonly<Record<string, unknown>> | AuthError

/** Reads an answer. What cannot be read is an error like any other. */
export async function readAnswer(
  operation: OperationName,
  sent: Sent,
  response: FetchResponse,
  signal: SignalLike,
): Promise<Outcome> {
  const { status, headers } = response
  let text: string | undefined
  let cause: unknown
  try {
    text = await readText(response, signal)
  } catch (broken) {
    cause = broken
  }
  const fail = (code: AuthErrorCode, service?: string, sentence = ''): AuthError =>
    new AuthError({
      code,
      operation,
      service,
      status,
      requestId: requestIdOf(response),
      retryAfter: waitingTime(headers),
      detail: withoutSecrets(sentence, sent),
      cause,
    })
  const body = parse(text)
  // Of a fetch that cannot be told to refuse redirects, as React Native's.
  if (response.redirected) return fail('bad-response')
  const { code, __type, message, Message } = Object(body) as Readonly<Record<string, unknown>>
  const type = headers.get('x-amzn-errortype') ?? textOf(code ?? __type)
  const service = /^(?:[^,:]*#)?(\w{4,80})(?![^,:])/.exec(type)?.[1]
  if (status === 200 && !service) {
    const output = text === '' && conduct[operation] & empty ? {} : body
    if (isShaped(operation, output)) return output
  }
  const sentence = textOf(message ?? Message)
  const known = service === undefined ? undefined : refusalCode(service, operation, sent, sentence)
  return fail(known ?? codeOfStatus(status, service, cause), service, sentence)
}

/** What an answer means that holds no refusal of a known name. */
function codeOfStatus(status: number, service: unknown, broken: unknown): AuthErrorCode {
  if (status > 499) return 'service-error'
  if (status === 429) return 'throttled'
  if (service) return 'unexpected'
  if (status === 403) return 'waf-blocked'
  if (status === 202 || status === 405) return 'waf-challenge'
  return broken ? 'unreachable' : 'bad-response'
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What the provider asks for in a support case. */
export const requestIdOf = ({ headers }: FetchResponse): string | undefined =>
  headers.get('x-amzn-requestid') ?? undefined

/** Milliseconds, from seconds or a date. Pages may not read this header of the service's. */
function waitingTime(headers: FetchResponse['headers']): number | undefined {
  const after = headers.get('retry-after') ?? ''
  const wait = Number(after) * 1000 || Date.parse(after) - Date.parse(headers.get('date') ?? '')
  return wait > 0 && wait < Infinity ? wait : undefined
}

/** How much of an answer is read. The service's own stay far below. */
const longest = 1_000_000

/** A body to its end, or nothing where it is longer than the service's. Rejects where it breaks off. */
async function readText(response: FetchResponse, signal: SignalLike): Promise<string | undefined> {
  if (!response.body) {
    // React Native has no streams.
    const text = await response.text()
    return text.length > longest ? undefined : text
  }
  const reader = response.body.getReader()
  const letGo = (): void => {
    reader.cancel().catch(() => undefined)
  }
  // Node's fetch forgets its signal where garbage is collected while a body is on its way.
  signal.addEventListener('abort', letGo)
  const decoder = new host.TextDecoder()
  let text = ''
  for (let length = 0; length <= longest;) {
    const { done, value } = await reader.read()
    text += decoder.decode(value, { stream: !done })
    if (done) return text
    length += value!.length
  }
  letGo()
  return undefined
}

/**
 * JSON without what could do harm later: an own `__proto__` survives `JSON.parse` and changes
 * the prototype of whatever it is copied to. The service leaves absent members out, so `null` from
 * anything in between means the same.
 */
function parse(text = ''): unknown {
  try {
    return JSON.parse(text, (name, value: unknown) =>
      name === '__proto__' ? undefined : (value ?? undefined),
    )
  } catch {
    return undefined
  }
}

/**
 * A sentence without anything that was sent. The service quotes values in some of its complaints,
 * passwords too, and triggers may repeat what they were given. Only names of things are left.
 */
function withoutSecrets(sentence: string, sent: Sent): string {
  const { ClientId, AuthFlow, ChallengeName, AttributeName, UserAttributeNames, ...rest } = sent
  const values: string[] = []
  JSON.stringify(rest, (_, value: unknown) => {
    if (value && typeof value === 'string') values.push(value, JSON.stringify(value).slice(1, -1))
    // An attribute is a name and a value.
    const valueOf = (item: { readonly Value?: unknown }): unknown => item.Value ?? item
    return Array.isArray(value) ? value.map(valueOf) : value
  })
  return values
    .sort((one, other) => other.length - one.length)
    .reduce((text, value) => text.replaceAll(value, '…'), sentence)
    .slice(0, 400)
}
