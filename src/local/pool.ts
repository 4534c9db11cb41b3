// A user pool in memory, and what tests do to it from behind.
import { refuse } from '../errors.ts'
import { host, hostRandom } from '../ports.ts'
import type { FetchResponse, Random, Signal } from '../ports.ts'
import { administration } from './administration.ts'
import { createAuthenticator } from './authenticator.ts'
import type { Authenticator, AuthenticatorOptions } from './authenticator.ts'
import { newClient, newPool } from './pools.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import { createUsers } from './users.ts'
import type { Users } from './users.ts'
import { answer, operationOf } from './server.ts'
import type { Answer, Request } from './server.ts'
import { findUser } from './service.ts'
import type { Service } from './service.ts'
import { clientSettings, poolSettings, withDefaults } from './settings.ts'
import type { ClientSettings, Partly, PoolSettings } from './settings.ts'
import { readState, writeState } from './state.ts'
import type { Client, ServerState } from './state.ts'
import { keysOf } from './tokens.ts'
import { codeOf, stepAt } from './totp.ts'
import { isTriggerName } from './triggers.ts'
import type { Triggers } from './triggers.ts'
import { createTroubles, fateOf } from './weather.ts'
import type { Troubles } from './weather.ts'

/** What {@link createLocalPool} takes; nothing is needed. */
export interface LocalPoolOptions {
  /** Default: `us-east-1`. */
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
  /** What an earlier pool's `snapshot` gave. */
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

/** The part of a `RequestInit` that is looked at. */
export interface LocalInit {
  readonly method?: string
  readonly headers?: object
  readonly body?: unknown
  readonly signal?: Signal | null
}

/** A user pool in memory. */
export interface LocalPool {
  readonly region: string
  readonly userPoolId: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** The pool as a `fetch`: for `createAuth({ fetch: pool.fetch })`. */
  readonly fetch: (url: string, init?: LocalInit) => Promise<FetchResponse>
  /** One request and its answer, for who brings another protocol. */
  readonly answer: (request: Request) => Promise<Answer | undefined>
  readonly outbox: Outbox
  readonly users: Users
  readonly faults: Troubles
  /** Every request that came, oldest first. */
  readonly requests: LoggedRequest[]
  readonly clock: { now(): number; advance(milliseconds: number): void }
  /** A code of somebody's authenticator app that is good now and was not used yet. */
  totp(username: string): string
  /** A passkey authenticator in software, for a page of an origin. */
  authenticator(options: Omit<AuthenticatorOptions, 'random'>): Authenticator
  /** Changes settings, at any depth, and tells all of them. */
  configure(settings?: { pool?: Partly<PoolSettings>; client?: Partly<ClientSettings> }): {
    readonly pool: PoolSettings
    readonly client: ClientSettings
  }
  /** Makes the keys of the tokens now rather than at the first sign-in. */
  ready(): Promise<void>
  /** Everything that the pool knows, secrets included, as a text. */
  snapshot(): string
}

const optional = ' or undefined'

/** Every option and the JavaScript types that it may have. */
const wanted: Readonly<Record<keyof LocalPoolOptions, string>> = {
  region: `string${optional}`,
  userPoolId: `string${optional}`,
  clientId: `string${optional}`,
  clientSecret: `string${optional}`,
  pool: `object${optional}`,
  client: `object${optional}`,
  triggers: `object${optional}`,
  limits: `boolean${optional}`,
  allowsOrigin: `function${optional}`,
  state: `string${optional}`,
  now: `function${optional}`,
  random: `function${optional}`,
}

const forms = [
  ['region', /^[a-z]+-[a-z-]+-\d+$/, 'like eu-west-1'],
  ['userPoolId', /^[a-z]+-[a-z-]+-\d+_[\da-zA-Z]+$/, 'like eu-west-1_Ab12Cd34E'],
  ['clientId', /^[\w+]{1,128}$/, 'up to 128 letters and digits'],
] as const

/** Refuses an option that there is not, or that is of another type or form. */
function checkOptions(options: LocalPoolOptions): void {
  for (const name of Object.keys(options) as (keyof LocalPoolOptions)[]) {
    const expected = Object.hasOwn(wanted, name) ? wanted[name] : 'undefined: no such option'
    const value: unknown = options[name]
    const came = value === '' || value === null ? 'nothing' : typeof value
    if (!expected.includes(came)) refuse(name, expected, came)
  }
  for (const [name, form, expected] of forms) {
    const text = options[name]
    if (text !== undefined && !form.test(text)) refuse(name, expected, 'another')
  }
  for (const [name, trigger] of Object.entries({ ...options.triggers })) {
    if (!isTriggerName(name)) refuse(`triggers.${name}`, 'undefined: no such trigger', 'one')
    const came: string = typeof trigger
    if (!/^(function|undefined)$/.test(came)) refuse(`triggers.${name}`, 'function', came)
  }
}

/** Makes a user pool with one app client. Sends nothing, listens nowhere. */
export function createLocalPool(options: LocalPoolOptions = {}): LocalPool {
  checkOptions(options)
  const { random = hostRandom, now: device = Date.now } = options
  const state = options.state === undefined ? emptyState() : readState(options.state)
  const now = (): number => device() + state.ahead
  const outbox = createOutbox(after)
  const [first] = state.pools.values()
  const service: Service = {
    state,
    region: first?.region ?? options.region ?? options.userPoolId?.split('_')[0] ?? 'us-east-1',
    signed: administration,
    now,
    random,
    outbox,
    triggers: options.triggers ?? {},
    limits: options.limits ?? true,
    allowsOrigin: options.allowsOrigin ?? isOfRelyingParty,
  }
  // An administrator may have deleted the first one.
  const kept = state.clients.get(options.clientId ?? '') ?? [...state.clients.values()][0]
  const client = kept ?? addClient(service, options)
  const pool = state.pools.get(client.poolId)!
  const troubles = createTroubles()
  const requests: LoggedRequest[] = []

  /** `undefined` where the connection breaks. */
  const answerThrough = async (request: Request): Promise<Answer | undefined> => {
    const operation = operationOf(request)
    const isCall = request.method === 'POST'
    const trouble = isCall ? troubles.next(operation) : undefined
    if (trouble?.kind === 'latency') await pause(trouble.delay ?? 0)
    const fate = trouble && fateOf(trouble)
    const at = now()
    const answered =
      fate && 'answer' in fate
        ? fate.answer
        : fate?.lost === 'before'
          ? undefined
          : await answer(service, request)
    const given = fate && 'lost' in fate ? undefined : answered
    if (isCall)
      requests.push({
        operation,
        at,
        status: given?.status ?? 'lost',
        error: given?.headers['x-amzn-errortype']?.replace(':', ''),
      })
    return given
  }

  return {
    region: pool.region,
    userPoolId: pool.id,
    clientId: client.id,
    clientSecret: client.secret,
    fetch: async (url, init = {}) => {
      const { signal } = init
      if (signal?.aborted) throw signal.reason
      const headers = headersOf(init.headers)
      const answering = answerThrough({
        method: init.method ?? 'GET',
        path: pathOf(url),
        header: (name) => headers.get(name),
        body: typeof init.body === 'string' ? init.body : '',
      })
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
      pool.settings = withDefaults(pool.settings, given.pool ?? {})
      client.settings = withDefaults(client.settings, given.client ?? {})
      return { pool: pool.settings, client: client.settings }
    },
    ready: async () => {
      await keysOf(service, pool)
    },
    snapshot: () => writeState(state),
  }
}

const emptyState = (): ServerState => ({
  pools: new Map(),
  clients: new Map(),
  sessions: new Map(),
  proofs: new Map(),
  deviceSignIns: new Map(),
  families: new Map(),
  refreshTokens: new Map(),
  ahead: 0,
  sweptAt: 0,
})

const after = (milliseconds: number, then: () => void): (() => void) => {
  const timer = host.setTimeout(then, milliseconds)
  return () => {
    host.clearTimeout(timer)
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => after(milliseconds, resolve))

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

/** The pool and the app client of the options. */
function addClient(service: Service, options: LocalPoolOptions): Client {
  const pool = newPool(service, poolSettings(options.pool), { id: options.userPoolId })
  const { clientId: id, clientSecret: secret } = options
  return newClient(service, pool, clientSettings(options.client), { id, secret })
}

/** Headers of any of the forms that `fetch` takes, by their names in small letters. */
function headersOf(given: object | undefined): ReadonlyMap<string, string> {
  const entries =
    given && Symbol.iterator in given
      ? [...(given as Iterable<[string, string]>)]
      : Object.entries((given ?? {}) as Readonly<Record<string, string>>)
  return new Map(entries.map(([name, value]) => [name.toLowerCase(), value]))
}

/** As much of a `Response` as clients read. */
function responseOf({ status, headers, body }: Answer): FetchResponse {
  const response = {
    status,
    ok: status === 200,
    redirected: false,
    headers: { get: (name: string) => headers[name.toLowerCase()] ?? null },
    text: () => Promise.resolve(body),
    json: () => Promise.resolve(JSON.parse(body) as unknown),
  }
  return response
}
