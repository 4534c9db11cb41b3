// What can befall a request on its way, as scripts for tests: delays, lost answers, throttling, walls.
import { refuse } from '../errors.ts'
import { cors } from './server.ts'
import type { Answer } from './server.ts'

/** Something that befalls requests. */
export interface Trouble {
  /** Which operation; every one where none is named. */
  readonly operation?: string | undefined
  /** How often; until it is cleared where no number is given. */
  readonly times?: number | undefined
  readonly kind: TroubleKind
  /** Of `latency`, in milliseconds. */
  readonly delay?: number | undefined
  /** Of `throttle`, in seconds: a `Retry-After`. */
  readonly retryAfter?: number | undefined
  /** Of `status`. */
  readonly status?: number | undefined
  /** Of `status` and `garbage`. */
  readonly body?: string | undefined
}

/**
 * `latency`: the answer takes longer. `lost-request`: the connection breaks before anything is done.
 * `lost-answer`: it breaks after all was done. `status`: a status and a body that are not the service's.
 * `throttle`: too many requests. `unavailable`: an error of the service's own. `garbage`: a 200 that
 * means nothing. `waf-block`, `waf-challenge`, `waf-captcha`: the three faces of a firewall.
 */
export type TroubleKind =
  | 'latency'
  | 'lost-request'
  | 'lost-answer'
  | 'status'
  | 'throttle'
  | 'unavailable'
  | 'garbage'
  | 'waf-block'
  | 'waf-challenge'
  | 'waf-captcha'

const kinds: readonly TroubleKind[] = [
  ...(['latency', 'lost-request', 'lost-answer', 'status', 'throttle', 'unavailable'] as const),
  ...(['garbage', 'waf-block', 'waf-challenge', 'waf-captcha'] as const),
]

/** The script. */
export interface Troubles {
  add(trouble: Trouble): void
  clear(): void
}

/** What becomes of a request that trouble befalls: an answer, a broken connection, or its own way. */
export type Fate = { readonly answer: Answer } | { readonly lost: 'before' | 'after' } | undefined

/** The next trouble for an operation, which is used up a little by it. */
export function createTroubles(): Troubles & { next(operation: string): Trouble | undefined } {
  let script: { trouble: Trouble; left: number }[] = []
  return {
    add(trouble) {
      if (!kinds.includes(trouble.kind))
        refuse('kind', `one of ${kinds.join(', ')}`, typeof trouble.kind)
      script.push({ trouble, left: trouble.times ?? Infinity })
    },
    clear() {
      script = []
    },
    next(operation) {
      const found = script.find(
        ({ trouble, left }) => left > 0 && (trouble.operation ?? operation) === operation,
      )
      if (found) found.left--
      return found?.trouble
    },
  }
}

const typed = (status: number, type: string, message: string, more: object = {}): Answer => ({
  status,
  headers: {
    ...cors,
    'x-amzn-errortype': `${type}:`,
    'x-amzn-errormessage': message,
    'content-type': 'application/x-amz-json-1.1',
    ...more,
  },
  body: JSON.stringify({ __type: type, message }),
})

/** What a trouble makes of a request. */
export function fateOf({ kind, status, body, retryAfter }: Trouble): Fate {
  if (kind === 'latency') return undefined
  if (kind === 'lost-request') return { lost: 'before' }
  if (kind === 'lost-answer') return { lost: 'after' }
  const answers: Readonly<
    Record<Exclude<TroubleKind, 'latency' | 'lost-request' | 'lost-answer'>, Answer>
  > = {
    status: { status: status ?? 503, headers: {}, body: body ?? '' },
    throttle: typed(
      400,
      'TooManyRequestsException',
      'Rate exceeded',
      retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    ),
    unavailable: typed(500, 'InternalErrorException', 'Internal server error'),
    garbage: { status: 200, headers: { 'content-type': 'text/html' }, body: body ?? '<html>' },
    'waf-block': typed(403, 'ForbiddenException', 'Request not allowed due to WAF block.'),
    'waf-challenge': { status: 202, headers: { 'x-amzn-waf-action': 'challenge' }, body: '' },
    'waf-captcha': { status: 405, headers: { 'x-amzn-waf-action': 'captcha' }, body: '' },
  }
  return { answer: answers[kind] }
}
