// A user pool in memory, and what tests do to it from behind.
import { fromUtf8 } from '../bytes.ts'
import { refuse } from '../errors.ts'
import { host, hostClock, hostRandom } from '../ports.ts'
import type { HostResponse, Random, Signal } from '../ports.ts'
import { administration } from './administration.ts'
import { createAuthenticator } from './authenticator.ts'
import type { Authenticator, AuthenticatorOptions } from './authenticator.ts'
import { fail } from './fault.ts'
import { like, members, typed } from './forms.ts'
import type { Form } from './forms.ts'
import { newClient, newPool } from './pools.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import { createUsers } from './users.ts'
import type { Users } from './users.ts'
import { answer, isOperation, operationOf } from './server.ts'
import type { Answer, Request } from './server.ts'
import { findUser } from './service.ts'
import type { Service } from './service.ts'
import { clientForm, clientSettings, poolForm, poolSettings, withDefaults } from './settings.ts'
import type { ClientSettings, Partly, PoolSettings } from './settings.ts'
import { emptyState, readState, writeState } from './state.ts'
import type { Client, Message } from './state.ts'
import { keysOf } from './tokens.ts'
import { codeOf, stepAt } from './totp.ts'
import { isTriggerName } from './triggers.ts'
import type { Triggers } from './triggers.ts'
import { createTroubles, fateOf } from './weather.ts'
import type { Troubles } from './weather.ts'

/** What {@link createLocalPool} takes; nothing is needed. */
export interface LocalPoolOptions {
  /** Default: that of `userPoolId`, or `us-east-1`. */
  readonly region?: string | undefined
  /** Default: the region and nine letters. */
  readonly userPoolId?: string | undefined
  /** Default: 26 letters. */
  readonly clientId?: string | undefined
  /** Gives the app client a secret. */
  readonly clientSecret?: string | undefined
  /** The pool's settings, as `CreateUserPool` and `SetUserPoolMfaConfig` take them. */
  readonly pool?: Partly<PoolSettings> | undefined
  /** The app client's settings, as `CreateUserPoolClient` takes them. */
  readonly client?: Partly<ClientSettings> | undefined
  /** Lambda triggers as functions. */
  readonly triggers?: Triggers | undefined
  /** Whether lockouts and hourly limits count. Default: yes. */
  readonly limits?: boolean | undefined
  /** Whether pages of an origin may use passkeys. Default: those of the relying party and its parts. */
  readonly allowsOrigin?: ((origin: string, relyingPartyId: string) => boolean) | undefined
  /** What an earlier pool's `snapshot` gave: with it come its pools, app clients and settings. */
  readonly state?: string | undefined
  /** Default: `Date.now`. */
  readonly now?: (() => number) | undefined
  /** Default: `crypto.getRandomValues`. */
  readonly random?: Random | undefined
}

/** One request that came, without anything secret. */
export interface LoggedRequest {
  readonly operation: string
  readonly at: number
  readonly status: number | 'lost'
  /** The error's name, where it was refused. */
  readonly error?: string | undefined
}

/** What `fetch` can be asked with: an address, a `URL`, a `Request`. */
export type LocalInput =
  | string
  | { readonly href: string }
  | {
      readonly url: string
      readonly method?: string
      readonly headers?: object
      readonly signal?: Signal | null
      text(): Promise<string>
    }

/** The part of a `RequestInit` that is looked at. */
export interface LocalInit {
  readonly method?: string
  readonly headers?: object
  readonly body?: unknown
  readonly signal?: Signal | null
}

/** What can be changed while a pool runs. */
export interface LocalSettings {
  readonly pool?: Partly<PoolSettings> | undefined
  readonly client?: Partly<ClientSettings> | undefined
  /** Whether lockouts and hourly limits count. */
  readonly limits?: boolean | undefined
}

/** A user pool in memory. */
export interface LocalPool {
  readonly region: string
  readonly userPoolId: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  /**
   * The pool as a `fetch`: for `createAuth({ fetch: pool.fetch })`, or in place of the global one. Gives
   * the host's own `Response`, where it has one.
   */
  readonly fetch: (input: LocalInput, init?: LocalInit) => Promise<HostResponse>
  /** One request and its answer, for who brings another protocol. */
  readonly answer: (request: Request) => Promise<Answer | undefined>
  readonly outbox: Outbox
  readonly users: Users
  readonly faults: Troubles
  /** The last 10,000 requests that named an operation, oldest first. */
  readonly requests: LoggedRequest[]
  readonly clock: { now(): number; advance(milliseconds: number): void }
  /** A code of somebody's authenticator app that is good now and was not used yet. */
  totp(username: string): string
  /** A passkey authenticator in software, for a page of an origin. */
  authenticator(options: Omit<AuthenticatorOptions, 'random'>): Authenticator
  /** Changes settings, at any depth, and tells all of them. */
  configure(settings?: LocalSettings): {
    readonly pool: PoolSettings
    readonly client: ClientSettings
    readonly limits: boolean
  }
  /** Makes the keys of the tokens now rather than at the first sign-in. */
  ready(): Promise<void>
  /** Everything that the pool knows, secrets included, as a text. */
  snapshot(): string
}

const changeable = { pool: poolForm, client: clientForm, limits: typed('boolean') }
const settingsForm = members<LocalSettings>(changeable)

const triggersForm: Form = (path, value) => {
  typed('object')(path, value)
  for (const [name, trigger] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (!isTriggerName(name)) refuse(`${path}.${name}`, 'undefined: no such trigger', 'one')
    if (trigger !== undefined) typed('function')(`${path}.${name}`, trigger)
  }
}

/** What there is, each of its type and form. */
const optionsForm = members<LocalPoolOptions>({
  ...changeable,
  region: like(/^[a-z]+-[a-z-]+-\d+$/, 'like eu-west-1'),
  userPoolId: like(/^[a-z]+-[a-z-]+-\d+_[\da-zA-Z]+$/, 'like eu-west-1_Ab12Cd34E'),
  clientId: like(/^[\w+]{1,128}$/, 'up to 128 letters and digits'),
  clientSecret: typed('string'),
  triggers: triggersForm,
  allowsOrigin: typed('function'),
  state: typed('string'),
  now: typed('function'),
  random: typed('function'),
})

/** More than a test asks for; a pool that runs for weeks forgets the oldest. */
const mostRequests = 10_000

/** Makes a user pool with one app client. Sends nothing, listens nowhere. */
export function createLocalPool(options: LocalPoolOptions = {}): LocalPool {
  optionsForm('', options)
  const { random = hostRandom, now: device = Date.now } = options
  const state = options.state === undefined ? emptyState() : readState(options.state)
  const now = (): number => device() + state.ahead
  const outbox = createOutbox(after, state.outbox)
  let limits = options.limits ?? true
  const [first] = state.pools.values()
  const service: Service = {
    state,
    region: first?.region ?? options.region ?? options.userPoolId?.split('_')[0] ?? 'us-east-1',
    signed: administration,
    now,
    random,
    outbox,
    triggers: options.triggers ?? {},
    get limits() {
      return limits
    },
    allowsOrigin: options.allowsOrigin ?? isOfRelyingParty,
  }
  const client = clientOf(service, options)
  const pool = state.pools.get(client.poolId)!
  if (options.region !== undefined && options.region !== pool.region)
    refuse('region', `that of the pool, ${pool.region}`, options.region)
  const troubles = createTroubles((name) => isOperation(service, name))
  const requests: LoggedRequest[] = []

  /** The service as one operation sees it, whose messages may get lost. */
  const during = (operation: string): Service => ({
    ...service,
    outbox: {
      send(message) {
        if (!troubles.failsToDeliver(operation)) outbox.send(message)
        // A sign-in has no word for that: its code does not come, and that is all.
        else if (!isOfSignIn(message)) fail('CodeDeliveryFailure')
      },
    },
  })

  /** `undefined` where the connection breaks. */
  const answerThrough = async (request: Request): Promise<Answer | undefined> => {
    const operation = operationOf(service, request)
    if (operation === undefined) return answer(service, request)
    const trouble = troubles.next(operation)
    if (trouble?.kind === 'latency') await pause(trouble.delay ?? 0)
    const fate = trouble && fateOf(trouble)
    const at = now()
    const answered =
      fate && 'answer' in fate
        ? fate.answer
        : fate?.lost === 'before'
          ? undefined
          : await answer(during(operation), request)
    const given = fate && 'lost' in fate ? undefined : answered
    requests.push({
      operation,
      at,
      status: given?.status ?? 'lost',
      error: given?.headers['x-amzn-errortype']?.replace(':', ''),
    })
    if (requests.length > mostRequests) requests.shift()
    return given
  }

  return {
    region: pool.region,
    userPoolId: pool.id,
    clientId: client.id,
    clientSecret: client.secret,
    fetch: async (input, init = {}) => {
      const asked = askedBy(input, init)
      const { signal } = asked
      if (signal?.aborted) throw signal.reason
      const headers = headersOf(asked.headers)
      const { method, path } = asked
      const body = await textOf(asked.body)
      const answering = answerThrough({ method, path, header: (name) => headers.get(name), body })
      const given = await (signal ? unlessAborted(answering, signal) : answering)
      if (!given) throw new TypeError('Failed to fetch')
      return responseOf(given)
    },
    answer: answerThrough,
    outbox,
    users: createUsers(service, pool),
    faults: troubles,
    requests,
    clock: {
      now,
      advance(milliseconds) {
        if (!Number.isFinite(milliseconds)) refuse('milliseconds', 'a number', typeof milliseconds)
        state.ahead += milliseconds
      },
    },
    totp(username) {
      const { totp } = findUser(pool, username) ?? {}
      if (!totp) throw new TypeError(`latchkey/local: ${username} has no authenticator app`)
      const current = stepAt(now())
      const step = [current, current + 1, current - 1].find((step) => !totp.used.has(step))
      if (step === undefined)
        throw new TypeError('latchkey/local: every code is used, advance the clock')
      return codeOf(totp.secret, step)
    },
    authenticator: (given) => createAuthenticator({ ...given, random }),
    configure(given = {}) {
      settingsForm('', given)
      pool.settings = withDefaults(pool.settings, given.pool ?? {})
      client.settings = withDefaults(client.settings, given.client ?? {})
      limits = given.limits ?? limits
      return { pool: pool.settings, client: client.settings, limits }
    },
    ready: async () => {
      await keysOf(service, pool)
    },
    snapshot: () => writeState(state),
  }
}

const after = (milliseconds: number, then: () => void): (() => void) =>
  hostClock.after(milliseconds, then)

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => after(milliseconds, resolve))

/** Whether a message is part of a sign-in. */
const isOfSignIn = ({ purpose }: Message): boolean => purpose === 'mfa' || purpose === 'signIn'

/** The path of an address, with the query; of one without a host, all of it. */
function pathOf(url: string): string {
  const [, path = ''] = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url) ?? ['', url]
  return path || '/'
}

/** What comes of an answer, or the signal's reason as soon as there is one: whoever asked is gone then. */
function unlessAborted<Value>(answering: Promise<Value>, signal: Signal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave)
    answering.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', leave)
    })
  })
}

/** A page belongs to a relying party that is its host or one that its host is part of. */
function isOfRelyingParty(origin: string, relyingPartyId: string): boolean {
  const [, scheme, name = ''] = /^(https?):\/\/([^:/]+)(?::\d+)?$/.exec(origin) ?? []
  const isPart = name === relyingPartyId || name.endsWith(`.${relyingPartyId}`)
  return isPart && (scheme === 'https' || name === 'localhost')
}

/** The app client that a state goes on with, or a new one of the options. */
function clientOf(service: Service, options: LocalPoolOptions): Client {
  const { userPoolId, clientId, clientSecret: secret } = options
  const { pools, clients } = service.state
  const [kept] = [...clients.values()].filter(
    ({ id, poolId }) => (clientId ?? id) === id && (userPoolId ?? poolId) === poolId,
  )
  if (kept) return kept
  if (clients.size)
    refuse(clientId === undefined ? 'userPoolId' : 'clientId', 'one of the state', 'another')
  // An administrator may have deleted the last one; the people of its pool are still there.
  const pool =
    (userPoolId === undefined ? [...pools.values()][0] : pools.get(userPoolId)) ??
    newPool(service, poolSettings(options.pool), { id: userPoolId })
  return newClient(service, pool, clientSettings(options.client), { id: clientId, secret })
}

/** What `fetch` is asked for: what the second argument says goes before what a `Request` says. */
function askedBy(
  input: LocalInput,
  init: LocalInit,
): Required<LocalInit> & { readonly path: string } {
  if (typeof input !== 'string' && !('href' in Object(input)) && !('url' in Object(input)))
    refuse('input', 'an address, a URL or a Request', typeof input)
  const request = typeof input === 'object' && 'url' in input ? input : undefined
  const url = typeof input === 'string' ? input : 'href' in input ? input.href : input.url
  return {
    method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
    path: pathOf(url),
    headers: init.headers ?? request?.headers ?? {},
    // Read only where it is needed: a body can be read once.
    body: init.body ?? request,
    signal: (init.signal === undefined ? request?.signal : init.signal) ?? null,
  }
}

/** A body of any of the forms that `fetch` takes. */
async function textOf(body: unknown): Promise<string> {
  if (typeof body === 'string') return body
  if (body === undefined || body === null) return ''
  // Not every host that has bytes can make a text of them.
  if (body instanceof Uint8Array) return fromUtf8(body) ?? ''
  if (typeof (body as Body).text === 'function') return (body as Body).text()
  if (!host.Response) return refuse('body', 'a text or bytes on this host', typeof body)
  return new host.Response(body).text()
}

interface Body {
  text(): Promise<string>
}

/** Headers of any of the forms that `fetch` takes, by their names in small letters. */
function headersOf(given: object | undefined): ReadonlyMap<string, string> {
  const entries =
    given && Symbol.iterator in given
      ? [...(given as Iterable<[string, string]>)]
      : Object.entries((given ?? {}) as Readonly<Record<string, string>>)
  return new Map(entries.map(([name, value]) => [name.toLowerCase(), value]))
}

/** Statuses that come without a body, which a `Response` insists on. */
const bare = [204, 205, 304]

/** An answer as the host's `Response`; where there is none, as much of one as clients read. */
function responseOf({ status, headers, body }: Answer): HostResponse {
  const content = bare.includes(status) ? null : body
  if (host.Response) return new host.Response(content, { status, headers })
  const response: object = {
    status,
    ok: status >= 200 && status < 300,
    redirected: false,
    headers: { get: (name: string) => headers[name.toLowerCase()] ?? null },
    text: () => Promise.resolve(body),
    json: () => Promise.resolve(JSON.parse(body) as unknown),
  }
  return response as HostResponse
}
