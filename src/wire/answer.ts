import { AuthError } from '../errors.ts'
import type { AuthErrorCode } from '../errors.ts'
import { host } from '../ports.ts'
import type { FetchResponse, SignalLike, Stream } from '../ports.ts'
import { conduct, empty } from './conduct.ts'
import type { AttributeInput, OperationName } from './operations.ts'
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
      service: service && withoutSecrets(service, sent),
      status,
      requestId: requestIdOf(headers),
      retryAfter: waitingTime(headers),
      detail: withoutSecrets(sentence, sent),
      cause,
    })
  const body = parseJson(text)
  // By a fetch that does not heed the order to refuse that.
  if (response.redirected) return fail('bad-response')
  const { code, __type, message, Message } = Object(body) as Readonly<Record<string, unknown>>
  const named = [headers.get('x-amzn-errortype'), code, __type].find((one) => textOf(one) !== '')
  const service = /^(?:[^,:]*#)?(\w{4,80})(?![^,:])/.exec(textOf(named))?.[1]
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

/** What the provider asks for in a support case: a UUID. */
export const requestIdOf = (headers: FetchResponse['headers']): string | undefined =>
  /^[\da-f-]{36}$/i.exec(headers.get('x-amzn-requestid') ?? '')?.[0]

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
  // React Native has no streams, and some libraries' fetch has streams of another kind.
  const stream = response.body as Partial<Stream> | null | undefined
  if (!stream?.getReader || !host.TextDecoder) {
    const text = await response.text()
    return text.length > longest ? undefined : text
  }
  const reader = stream.getReader()
  const letGo = (): void => {
    reader.cancel().catch(() => undefined)
  }
  // Node's fetch forgets its signal where garbage is collected while a body is on its way.
  signal.addEventListener('abort', letGo)
  try {
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
  } finally {
    signal.removeEventListener('abort', letGo)
  }
}

/**
 * What a text of JSON holds; nothing where it is none. Without what could do harm later: an own `__proto__`
 * survives `JSON.parse` and changes the prototype of whatever it is copied to. The service leaves absent
 * members out, so `null` from anything in between means the same.
 */
export function parseJson(text = ''): unknown {
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
  // The service's own are far shorter, and a pattern must not grow too long for the engine.
  if (!sentence || sentence.length > 2000) return ''
  const { ClientId, AuthFlow, ChallengeName, AttributeName, UserAttributeNames, ...rest } = sent
  const values: string[] = []
  JSON.stringify(rest, (name, value: unknown) => {
    const text = typeof value === 'number' ? String(value) : textOf(value).trim()
    if (text && name !== 'PREFERRED_CHALLENGE') values.push(text, JSON.stringify(text).slice(1, -1))
    return /^(UserAttributes|ValidationData)$/.test(name) ? valuesOf(value) : value
  })
  return values
    .filter((value) => value.length <= sentence.length)
    .sort((one, other) => other.length - one.length)
    .reduce((text, value) => {
      const pattern = value.replace(/[^\w\s]/g, '\\$&')
      // A short one is hidden as a word only: it would eat its letters out of all others.
      const whole = value.length > 3 ? pattern : `(?<!\\w)${pattern}(?!\\w)`
      return text.replace(RegExp(whole, 'gi'), '…')
    }, sentence)
    .slice(0, 400)
}

/** An attribute's value without its name, which helps to understand a complaint. */
const valuesOf = (attributes: unknown): unknown =>
  Array.isArray(attributes)
    ? attributes.map((one) => (one as AttributeInput | null)?.Value)
    : attributes
