import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth, isAuthError } from '../../src/index.ts'
import type { AuthErrorCode } from '../../src/index.ts'
import { ada, failureOf, ids } from './fakes.ts'
import { headOf, startServer } from './transport.ts'
import type { Server, Step } from './transport.ts'

// Every way in which a request over a real connection can end, against node's own fetch.

const statuses = [200, 202, 204, 301, 304, 400, 403, 405, 429, 500, 503] as const
const bodies = [
  'output',
  'fault in header and body',
  'fault in body',
  'empty',
  'html',
  'truncated',
  '2 MB',
  'with __proto__',
] as const
const resets = ['none', 'before the head', 'within the head', 'after the head'] as const
const aborts = ['none', 'before', 'during', 'after'] as const
const operations = ['GetUser', 'ConfirmSignUp'] as const

type Status = (typeof statuses)[number]
type Body = (typeof bodies)[number]

interface Cell {
  readonly operation: (typeof operations)[number]
  readonly status: Status
  readonly body: Body
  readonly reset: (typeof resets)[number]
  readonly abort: (typeof aborts)[number]
}

const grid: readonly Cell[] = operations.flatMap((operation) =>
  statuses.flatMap((status) =>
    bodies.flatMap((body) =>
      resets.flatMap((reset) => aborts.map((abort) => ({ operation, status, body, reset, abort }))),
    ),
  ),
)

const bodiless = (status: Status): boolean => status === 204 || status === 304

/** Cells that are the same as another, by the first reason that holds. */
const impossible: readonly (readonly [reason: string, holds: (cell: Cell) => boolean])[] = [
  [
    'aborted before: nothing is sent, so nothing comes back',
    ({ abort, status, body, reset }) =>
      abort === 'before' && (status !== 200 || body !== 'output' || reset !== 'none'),
  ],
  [
    'reset before the head: neither status nor body is sent',
    ({ reset, status, body }) =>
      reset === 'before the head' && (status !== 200 || body !== 'output'),
  ],
  [
    'reset within the head: no body is sent',
    ({ reset, body }) => reset === 'within the head' && body !== 'empty',
  ],
  ['204 and 304 have no body', ({ status, body }) => bodiless(status) && body !== 'empty'],
]

const reasonOf = (cell: Cell): string | undefined =>
  impossible.find(([, holds]) => holds(cell))?.[0]

/** What the service says with a status, and what that means. */
const faults: Readonly<Record<Status, readonly [name: string, code: AuthErrorCode]>> = {
  200: ['CodeMismatchException', 'wrong-code'],
  202: ['ExpiredCodeException', 'code-expired'],
  204: ['CodeMismatchException', 'wrong-code'],
  301: ['CodeMismatchException', 'wrong-code'],
  304: ['CodeMismatchException', 'wrong-code'],
  400: ['PasswordResetRequiredException', 'reset-required'],
  403: ['ForbiddenException', 'waf-blocked'],
  405: ['AliasExistsException', 'alias-taken'],
  429: ['LimitExceededException', 'limit-exceeded'],
  500: ['InternalErrorException', 'service-error'],
  503: ['TooManyRequestsException', 'throttled'],
}

const long = 2_000_000

const textOf = ({ body, status }: Cell): string => {
  const output = JSON.stringify(ada)
  const [name] = faults[status]
  return {
    output,
    'fault in header and body': JSON.stringify({ __type: name, message: 'No.' }),
    'fault in body': JSON.stringify({ __type: `com.amazonaws.cognito#${name}`, Message: 'No.' }),
    empty: '',
    html: '<!doctype html><title>Free Wi-Fi</title><p>{"Username":"ada"}</p>',
    truncated: output,
    '2 MB': output.replace('}', `,"Filler":"${'x'.repeat(long)}"}`),
    'with __proto__': output.replace('{', '{"__proto__":{"polluted":true,"__type":"ExpiredCode"},'),
  }[body]
}

function scriptOf(cell: Cell, abortNow: () => void): Step[] {
  const { status, body, reset, abort } = cell
  const text = bodiless(status) ? '' : textOf(cell)
  const [name] = faults[status]
  const head = headOf(status, {
    connection: 'close',
    'content-type': body === 'html' ? 'text/html' : 'application/x-amz-json-1.1',
    ...(status === 204
      ? {}
      : { 'content-length': `${text.length + (body === 'truncated' ? 9 : 0)}` }),
    ...(status === 301 ? { location: '/elsewhere' } : {}),
    ...(body === 'fault in header and body' ? { 'x-amzn-errortype': `${name}:` } : {}),
  })
  const leave: Step[] =
    abort === 'during' ? [{ tell: abortNow }, 'wait for the client to leave'] : []
  if (reset === 'before the head') return [...leave, 'reset']
  if (reset === 'within the head') return [{ send: head.slice(0, 30) }, ...leave, 'reset']
  if (!text || status === 301)
    return [...leave, { send: head + text }, reset === 'none' ? 'close' : 'reset']
  const quarter = Math.ceil(text.length / 4)
  const firstPart: Step[] = [{ send: head }, { send: text.slice(0, quarter) }]
  if (reset === 'after the head') return [...firstPart, ...leave, 'reset']
  return [...firstPart, ...leave, { send: text.slice(quarter) }, 'close']
}

interface Ending {
  /** `output`, `reason` (of the signal), or the code of an `AuthError`. */
  readonly what: string
  readonly status?: number | undefined
  readonly requests: number
}

/** What must come of a cell, from what is asked of the library rather than from how it is made. */
function expected(cell: Cell): Ending {
  const { operation, status, body, reset, abort } = cell
  const repeatable = operation === 'GetUser'
  if (abort === 'before') return { what: 'reason', requests: 0 }
  if (abort === 'during') return { what: 'reason', requests: 1 }
  // Node's fetch fails at a redirect as at any network failure.
  if (reset === 'before the head' || reset === 'within the head' || status === 301)
    return { what: 'unreachable', requests: repeatable ? 2 : 1 }
  const broken =
    body === 'truncated' || (reset === 'after the head' && body !== 'empty' && !bodiless(status))
  const refused = (what: AuthErrorCode): Ending => ({
    what,
    status,
    requests: repeatable && (what === 'throttled' || what === 'service-error') ? 3 : 1,
  })
  const isFault = body === 'fault in header and body' || (body === 'fault in body' && !broken)
  if (isFault) return refused(faults[status][1])
  if (status === 200 && !broken && (body === 'output' || body === 'with __proto__'))
    return { what: 'output', requests: 1 }
  if (status === 403) return refused('waf-blocked')
  if (status === 202 || status === 405) return refused('waf-challenge')
  if (status === 429) return refused('throttled')
  if (status === 500 || status === 503) return refused('service-error')
  return refused(broken ? 'unreachable' : 'bad-response')
}

let server: Server

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

/** Whether the client has closed its connections: what was given up must not go on in secret. */
async function isLeft(path: string): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false)
    }, 5000)
  })
  const left = await Promise.race([server.left(path).then(() => true), late])
  clearTimeout(timer)
  return left
}

/** Runs one cell and says what is wrong with it. */
async function run(cell: Cell, path: string): Promise<string[]> {
  const before = Object.getOwnPropertyNames(Object.prototype).join()
  const controller = new AbortController()
  const reason = { name: 'the reason of the signal' }
  server.play(
    path,
    scriptOf(cell, () => {
      controller.abort(reason)
    }),
  )
  const auth = createAuth({
    ...ids,
    endpoint: `http://127.0.0.1:${server.port}${path}`,
    timeout: 20_000,
    random: () => new Uint8Array([0]),
  })
  if (cell.abort === 'before') controller.abort(reason)
  const { signal } = controller
  const sent =
    cell.operation === 'GetUser'
      ? auth.call('GetUser', { AccessToken: 'token' }, { signal })
      : auth.call('ConfirmSignUp', { Username: 'ada', ConfirmationCode: '123456' }, { signal })
  const ended = await sent.then(
    (output: object) => ({ output }),
    (failure: unknown) => ({ failure }),
  )
  if (cell.abort === 'after') controller.abort(reason)
  const problems: string[] = []
  if (cell.abort === 'during' && !(await isLeft(path))) problems.push('goes on though aborted')
  const want = expected(cell)
  let got = 'output'
  if ('output' in ended) {
    if (JSON.stringify(ended.output) !== JSON.stringify(ada)) problems.push('another output')
    if (Object.hasOwn(ended.output, '__proto__')) problems.push('an own __proto__')
  } else if (ended.failure === reason) got = 'reason'
  else if (isAuthError(ended.failure)) {
    got = ended.failure.code
    if (ended.failure.status !== want.status) problems.push(`status ${ended.failure.status}`)
    if (ended.failure.operation !== cell.operation) problems.push('another operation')
  } else got = String(ended.failure)
  if (got !== want.what) problems.push(`${got} instead of ${want.what}`)
  const { length } = server.received(path)
  if (length !== want.requests) problems.push(`${length} requests instead of ${want.requests}`)
  if (Object.getOwnPropertyNames(Object.prototype).join() !== before) problems.push('pollution')
  return problems
}

test('the grid has every combination once', () => {
  const { length } = grid
  expect(length).toBe(11 * 8 * 4 * 4 * 2)
  expect(new Set(grid.map((cell) => JSON.stringify(cell))).size).toBe(length)
})

test('every cell ends as it must', async () => {
  const cells = grid.filter((cell) => reasonOf(cell) === undefined)
  const problems: string[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let cell = cells[next]; cell; cell = cells[next]) {
      const path = `/cell/${next++}`
      for (const problem of await run(cell, path))
        problems.push(`${Object.values(cell).join(' | ')}: ${problem}`)
    }
  }
  await Promise.all(Array.from({ length: 48 }, work))
  console.log(`cells of the grid: ${cells.length} run, ${grid.length - cells.length} skipped`)
  for (const [reason] of impossible)
    console.log(`${grid.filter((cell) => reasonOf(cell) === reason).length} skipped: ${reason}`)
  // A late request would be one that nobody waits for.
  for (const [index, cell] of cells.entries())
    if (server.received(`/cell/${index}`).length !== expected(cell).requests)
      problems.push(`${Object.values(cell).join(' | ')}: a number of requests that changed`)
  expect(new Set(problems)).toEqual(new Set())
  expect(cells.length).toBeGreaterThan(700)
}, 120_000)

test.each(['aborted', 'late'])(
  "a body is let go of where the call is %s, though node's fetch has forgotten the signal",
  async (how) => {
    const path = `/forgotten/${how}`
    const head = headOf(200, { 'content-length': '9' })
    server.play(path, [{ send: head + '{' }, 'wait for the client to leave'])
    const controller = new AbortController()
    const auth = createAuth({
      ...ids,
      endpoint: `http://127.0.0.1:${server.port}${path}`,
      timeout: how === 'late' ? 600 : 20_000,
    })
    const ended = failureOf(
      auth.call('GetUser', { AccessToken: 'token' }, { signal: controller.signal }),
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    // It holds its own listener weakly once the head has come.
    collectGarbage()
    if (how === 'aborted') controller.abort('enough')
    const failure = await ended
    if (how === 'aborted') expect(failure).toBe('enough')
    else expect(failure).toMatchObject({ code: 'timeout' })
    expect(await isLeft(path)).toBe(true)
  },
)

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

test('what is sent arrives as it was sent', async () => {
  server.play('/sent', [{ send: headOf(200, { 'content-length': '2' }) + '{}' }, 'close'])
  const auth = createAuth({ ...ids, endpoint: `http://127.0.0.1:${server.port}/sent` })
  await auth.call('ConfirmSignUp', { Username: 'äda 🗝', ConfirmationCode: '1' })
  expect(server.received('/sent').map((body) => JSON.parse(body) as unknown)).toEqual([
    { ClientId: ids.clientId, Username: 'äda 🗝', ConfirmationCode: '1' },
  ])
})
