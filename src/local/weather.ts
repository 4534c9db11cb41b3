// What can befall a request on its way, as scripts for tests: delays, lost answers, throttling, walls.
import { refuse } from '../errors.ts'
import { members, numeric, oneOf, text, whole } from './forms.ts'
import { cors } from './server.ts'
import type { Answer } from './server.ts'

/** Something that befalls requests. */
export interface Trouble {
  /** Which operation; every one where none is named. What names no operation is never befallen. */
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
 * `delivery-failure`: a message cannot be sent; used up by messages, not by requests.
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
  | 'delivery-failure'

const kinds: readonly TroubleKind[] = [
  ...(['latency', 'lost-request', 'lost-answer', 'status', 'throttle', 'unavailable'] as const),
  ...(['garbage', 'waf-block', 'waf-challenge', 'waf-captcha', 'delivery-failure'] as const),
]

const form = members<Trouble>(
  {
    operation: text,
    times: whole(1),
    kind: oneOf(kinds),
    delay: numeric(),
    retryAfter: numeric(),
    // What a `Response` can have.
    status: whole(200, 599),
    body: text,
  },
  ['kind'],
)

/** The script. */
export interface Troubles {
  add(trouble: Trouble): void
  /** What is still to come, with how often. */
  readonly left: readonly Trouble[]
  clear(): void
}

/** What becomes of a request that trouble befalls: an answer, a broken connection, or its own way. */
export type Fate = { readonly answer: Answer } | { readonly lost: 'before' | 'after' } | undefined

/** A script, and the next trouble in it for an operation or its message, used up a little by that. */
export function createTroubles(isOperation: (name: string) => boolean): Troubles & {
  next(operation: string): Trouble | undefined
  failsToDeliver(operation: string): boolean
} {
  let script: { trouble: Trouble; left: number }[] = []
  const next = (operation: string, isDelivery: boolean): Trouble | undefined => {
    const found = script.find(
      ({ trouble }) =>
        (trouble.kind === 'delivery-failure') === isDelivery &&
        (trouble.operation ?? operation) === operation,
    )
    if (found) found.left--
    script = script.filter(({ left }) => left > 0)
    return found?.trouble
  }
  return {
    add(trouble) {
      form('', trouble)
      const { operation, times = Infinity } = trouble
      if (operation !== undefined && !isOperation(operation))
        refuse('operation', "one of the service's", 'another')
      script.push({ trouble, left: times })
    },
    get left() {
      return script.map(({ trouble, left }) =>
        left < Infinity ? { ...trouble, times: left } : trouble,
      )
    },
    clear() {
      script = []
    },
    next: (operation) => next(operation, false),
    failsToDeliver: (operation) => next(operation, true) !== undefined,
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
  if (kind === 'latency' || kind === 'delivery-failure') return undefined
  if (kind === 'lost-request') return { lost: 'before' }
  if (kind === 'lost-answer') return { lost: 'after' }
  const answers: Readonly<
    Record<
      Exclude<TroubleKind, 'latency' | 'lost-request' | 'lost-answer' | 'delivery-failure'>,
      Answer
    >
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
