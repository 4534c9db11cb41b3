import { heed } from '../ending.ts'
import { AuthError, blaming, refuse } from '../errors.ts'
import type { AuthErrorCode } from '../errors.ts'
import { tell } from '../events.ts'
import type { RequestEvent } from '../events.ts'
import type { Config } from '../options.ts'
import { host } from '../ports.ts'
import type { Signal } from '../ports.ts'
import { readAnswer, requestIdOf } from './answer.ts'
import type { Outcome } from './answer.ts'
import type { ServiceClock } from './clock.ts'
import { conduct, mayRepeat } from './conduct.ts'
import { startDeadline } from './deadline.ts'
import type { Deadline } from './deadline.ts'
import type { OperationName, Operations } from './operations.ts'
import { complete, requestInit } from './request.ts'
import type { Sent } from './request.ts'
import { retryDelay } from './retry.ts'

/** The way to the service: the options, and what its answers have told of its clock. */
export interface Wire {
  readonly config: Config
  readonly clock: ServiceClock
}

/** The members of an input that the configuration supplies where they are left out. */
type Supplied = 'ClientId' | 'UserPoolId'

/** What a call of an operation takes. */
export type CallInput<Name extends OperationName> = Name extends OperationName
  ? Flat<
      Omit<Operations[Name]['input'], Supplied> & {
        readonly [Member in Supplied & keyof Operations[Name]['input']]?: string | undefined
      }
    >
  : never
type Flat<Type> = { readonly [Key in keyof Type]: Type[Key] }

/** What every call takes besides its input. */
export interface CallOptions {
  /** Ends the call at once, with the signal's own reason. */
  readonly signal?: Signal | undefined
}

/** Sends one operation to the service. */
export type Call = <Name extends OperationName>(
  operation: Name,
  input: CallInput<Name>,
  options?: CallOptions,
) => Promise<Operations[Name]['output']>

/**
 * Sends one operation to the service: the only place that does. Rejects with an {@link AuthError},
 * with the reason of the caller's signal, or with a `TypeError` for a caller's mistake.
 */
export async function call<Name extends OperationName>(
  wire: Wire,
  operation: Name,
  input: CallInput<Name>,
  { signal }: CallOptions = {},
): Promise<Operations[Name]['output']> {
  const { config } = wire
  if (!Object.hasOwn(conduct, operation)) refuse('operation', "one of the service's", operation)
  const kind = (input as unknown) === null ? 'null' : typeof input
  if (kind !== 'object') refuse('input', 'object', kind)
  if (!(config.fetch ?? host.fetch)) refuse('fetch', 'given where there is no global one', 'none')
  heed(signal)
  const late = (): AuthError => new AuthError({ code: 'timeout', operation })
  const deadline = startDeadline(config.clock, config.timeout, signal, late)
  try {
    const sent = await deadline.race(() => complete(config, operation, input))
    for (let attempt = 1; ; attempt++) {
      const outcome = await exchange(wire, deadline, { operation, sent, attempt })
      if (!(outcome instanceof AuthError)) return outcome
      const delay = mayRepeat(operation, sent['AuthFlow'])
        ? await blaming('random', () => retryDelay(outcome, attempt, config.random))
        : Infinity
      if (delay >= deadline.left()) throw outcome
      tell(config.onEvent, { type: 'retry', operation, attempt, code: outcome.code, delay })
      await deadline.wait(delay)
    }
  } finally {
    deadline.end()
  }
}

interface Attempt {
  readonly operation: OperationName
  readonly sent: Sent
  readonly attempt: number
}

/** One request, and the event that tells of it. Rejects where the call is ended early. */
async function exchange(
  { config, clock }: Wire,
  deadline: Deadline,
  { operation, sent, attempt }: Attempt,
): Promise<Outcome> {
  // Taken out of its object: a page's fetch refuses to be called as somebody's method.
  const { endpoint, fetch = host.fetch! } = config
  const headers = await deadline.race(() => config.headers(operation))
  const init = requestInit(operation, sent, headers, deadline.signal)
  const sentAt = config.clock.now()
  let status: number | undefined
  let requestId: string | undefined
  const fail = (code: AuthErrorCode, cause: unknown, detail?: string): AuthError =>
    new AuthError({ code, operation, status, detail, cause })
  const sendAndRead = async (): Promise<Outcome> => {
    let response
    try {
      response = await fetch(endpoint, init)
    } catch (cause) {
      return fail('unreachable', cause, opaque)
    }
    try {
      status = response.status
      const { headers: heard } = response
      requestId = requestIdOf(heard)
      const answer = await readAnswer(operation, { ...sent, headers }, response, deadline.signal)
      const refused = answer instanceof AuthError
      if (!refused || answer.service)
        clock.learn(sentAt, heard.get('date'), refused ? undefined : answer)
      return answer
    } catch (cause) {
      return fail('bad-response', cause)
    }
  }
  const report = (code: RequestEvent['code']): void => {
    const milliseconds = config.clock.now() - sentAt
    tell(config.onEvent, {
      type: 'request',
      operation,
      attempt,
      milliseconds,
      code,
      status,
      requestId,
    })
  }
  try {
    const outcome = await deadline.race(sendAndRead)
    report(outcome instanceof AuthError ? outcome.code : undefined)
    return outcome
  } catch (ended) {
    report(ended instanceof AuthError ? (ended.code as AuthErrorCode) : 'aborted')
    throw ended
  }
}

const opaque = 'offline, blocked, or, in a page, perhaps a challenge of AWS WAF'
