import type { AuthEvent } from './events.ts'
import { blaming, optional, refuse, wantTypes } from './errors.ts'
import { host, hostClock, hostHmac, hostRandom } from './ports.ts'
import type { Clock, Fetch, Hmac, KeyValueStorage, ModPow, Passkeys, Random } from './ports.ts'
import { memoryStorage } from './storage/records.ts'
import type { OperationName, TextByName } from './wire/operations.ts'

/** A value, or a function that is asked for it before each use. */
export type Given<Value> = Value | ((operation: OperationName) => Value | Promise<Value>)

/** What `createAuth` takes. Everything but the two ids has a default. */
export interface Options {
  /** The user pool's id, such as `eu-west-1_Ab12Cd34E`; its region decides the endpoint. */
  readonly userPoolId: string
  /** The app client's id. */
  readonly clientId: string
  /**
   * The app client's secret, for servers and tests. In a page or an app it is public and protects
   * nothing: create an app client without one. Its hash is made from the name in the request; a
   * refresh by `REFRESH_TOKEN_AUTH` names nobody, so give it a `SECRET_HASH` of your own there.
   */
  readonly clientSecret?: string | undefined
  /**
   * Where requests go instead of the service's own address: a proxy, a FIPS endpoint, a local
   * pool. `https:`, or `http:` to this machine.
   */
  readonly endpoint?: string | undefined
  /** Allows an `http:` endpoint on another machine, where everybody on the way reads passwords. */
  readonly allowInsecureEndpoint?: boolean | undefined
  /** Milliseconds until a call gives up, repeats included. Default: 20,000. */
  readonly timeout?: number | undefined
  /**
   * Headers to send besides the library's own, which they cannot replace, such as AWS WAF's
   * `x-aws-waf-token`. A page may send only those that the endpoint's CORS answer allows.
   */
  readonly headers?: Given<TextByName> | undefined
  /** What Lambda triggers receive as `clientMetadata`. A call's own `ClientMetadata` replaces it. */
  readonly clientMetadata?: Given<TextByName> | undefined
  /** What threat protection is told about the device. A call's own `UserContextData` replaces it. */
  readonly userContextData?: Given<UserContext> | undefined
  /**
   * Told what happens, for logs and metrics, without secrets. What it throws does not reach the call:
   * it becomes an unhandled rejection.
   */
  readonly onEvent?: ((event: AuthEvent) => void) | undefined
  /** How requests leave. Default: the global `fetch`, looked up at each request. */
  readonly fetch?: Fetch | undefined
  /** Time. Default: the device's. */
  readonly clock?: Clock | undefined
  /**
   * Minutes that the service keeps a sign-in open: the app client's `AuthSessionValidity`, which a client
   * cannot ask for. A password is forgotten and a half-finished sign-in is given up after that time.
   * Default: 3, like the service's.
   */
  readonly signInValidity?: number | undefined
  /**
   * Where the tokens and the device's key are kept, such as `localStorage` or React Native's
   * AsyncStorage. Default: in memory, until the page is left.
   */
  readonly storage?: KeyValueStorage | undefined
  /**
   * Where a half-finished sign-in survives a reload: nothing that is kept there outlives the tab.
   * Default: `sessionStorage`.
   */
  readonly tabStorage?: KeyValueStorage | undefined
  /** Passkeys. Default: the browser's. */
  readonly passkeys?: Passkeys | undefined
  /** The power of SRP, where the host has a faster one than JavaScript's. */
  readonly modPow?: ModPow | undefined
  /** Random bytes. Default: `crypto.getRandomValues`. */
  readonly random?: Random | undefined
  /** HMAC-SHA-256, used only with a `clientSecret`. Default: WebCrypto's. */
  readonly hmac?: Hmac | undefined
}

/** What threat protection wants to know. */
export interface UserContext {
  /** What the provider's own script has gathered. */
  readonly encodedData?: string | undefined
  /** Only a server can know it. */
  readonly ipAddress?: string | undefined
}

/** An option that gives text by name: asked for before each use, and checked. */
type Source = (operation: OperationName) => Promise<TextByName | undefined>
type SourceName = 'headers' | 'clientMetadata' | 'userContextData'

/** The options, checked once, with every default in place. */
export interface Config extends Omit<Options, SourceName> {
  readonly endpoint: string
  readonly timeout: number
  readonly signInValidity: number
  readonly storage: KeyValueStorage
  readonly clock: Clock
  readonly random: Random
  readonly hmac: Hmac
  readonly headers: Source
  readonly clientMetadata: Source
  readonly userContextData: Source
}

const functional = `function${optional}`
const given = `object or ${functional}`

/** Every option and the JavaScript types that it may have. */
const wanted: Readonly<Record<keyof Options, string>> = {
  userPoolId: 'string',
  clientId: 'string',
  clientSecret: `string${optional}`,
  endpoint: `string${optional}`,
  allowInsecureEndpoint: `boolean${optional}`,
  timeout: `number${optional}`,
  headers: given,
  clientMetadata: given,
  userContextData: given,
  onEvent: functional,
  fetch: functional,
  clock: `object${optional}`,
  signInValidity: `number${optional}`,
  storage: `object${optional}`,
  tabStorage: `object${optional}`,
  passkeys: `object${optional}`,
  modPow: functional,
  random: functional,
  hmac: functional,
}

/** Checks the options and puts the defaults in place. Throws a `TypeError` for a wrong one. */
export function resolveOptions(options: Options): Config {
  wantTypes(wanted, options, '')
  const {
    timeout = 20_000,
    signInValidity = 3,
    clock = hostClock,
    clientSecret,
    random,
    hmac,
  } = options
  const { crypto } = host
  if (!(timeout > 0 && timeout < 2 ** 31)) refuse('timeout', '1 to 2147483647 ms', timeout)
  if (!(signInValidity > 0 && signInValidity <= 15))
    refuse('signInValidity', 'at most 15 minutes', signInValidity)
  wantFunctions('clock', clock, 'now after')
  wantFunctions('storage', options.storage, 'getItem setItem removeItem')
  wantFunctions('tabStorage', options.tabStorage, 'getItem setItem removeItem')
  wantFunctions('passkeys', options.passkeys, 'get')
  if (!random && !crypto?.getRandomValues) refuse('random', unaided, 'undefined')
  if (clientSecret && !hmac && !crypto?.subtle) refuse('hmac', unaided, 'undefined')
  if (clientSecret && host.document)
    host.console.warn('latchkey: everybody can read a clientSecret in a page')
  return Object.freeze({
    userPoolId: options.userPoolId,
    clientId: options.clientId,
    clientSecret,
    endpoint: endpointOf(options),
    timeout,
    signInValidity,
    storage: options.storage ?? memoryStorage(),
    tabStorage: options.tabStorage,
    passkeys: options.passkeys,
    modPow: options.modPow,
    clock,
    random: random ?? hostRandom,
    hmac: hmac ?? hostHmac,
    fetch: options.fetch,
    onEvent: options.onEvent,
    headers: source(options, 'headers'),
    clientMetadata: source(options, 'clientMetadata'),
    userContextData: source(options, 'userContextData'),
  })
}

function wantFunctions(name: string, port: object | undefined, functions: string): void {
  for (const member of port ? functions.split(' ') : [])
    if (typeof (port as Readonly<Record<string, unknown>>)[member] !== 'function')
      refuse(name, `object with the functions ${functions.replaceAll(' ', ', ')}`, 'another')
}

const unaided = 'function: this host has no WebCrypto'

function source(options: Options, name: SourceName): Source {
  const value = options[name] as Options['headers']
  const check = (texts: TextByName | undefined): TextByName | undefined => {
    // Headers, Map and the like have their texts elsewhere.
    if (Symbol.iterator in Object(texts)) refuse(name, 'object of text by name', 'a collection')
    for (const [key, text] of Object.entries<unknown>({ ...texts })) {
      if (typeof (text ?? '') !== 'string')
        refuse(name, 'text by name', `${typeof text} under ${key}`)
      if (name === 'headers' && /[^\t\x20-\x7e\x80-\xff]/.test(String(text)))
        refuse(name, 'fit for headers', `another text under ${key}`)
      if (name === 'userContextData' && !/^(encodedData|ipAddress)$/.test(key))
        refuse(name, '{ encodedData, ipAddress }', key)
    }
    return texts
  }
  if (typeof value !== 'function') check(value)
  return async (operation) =>
    check(typeof value === 'function' ? await blaming(name, () => value(operation)) : value)
}

/** The domain of the partitions whose regions begin like this; of all others, `amazonaws.com`. */
const domains: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['cn', 'amazonaws.com.cn'],
  ['eu-isoe', 'cloud.adc-e.uk'],
  ['eusc', 'amazonaws.eu'],
  ['us-iso', 'c2s.ic.gov'],
  ['us-isob', 'sc2s.sgov.gov'],
  ['us-isof', 'csp.hci.ic.gov'],
])

// By hand, since React Native's URL has been a stub for years. No user name, query or fragment.
const address = /^(https?):\/\/([\w.-]+|\[[\da-f:]+\])(:\d+)?(\/[\w.~%/-]*)?$/
const loopback = /^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/

function endpointOf({ endpoint, userPoolId, allowInsecureEndpoint }: Options): string {
  if (endpoint === undefined) {
    const [, region = ''] = /^([a-z]+-[a-z-]+-\d+)_[\da-zA-Z]+$/.exec(userPoolId) ?? []
    if (!region) refuse('userPoolId', 'like eu-west-1_Ab12Cd34E', 'another')
    const [first = '', second = ''] = region.split('-')
    const domain = domains.get(first) ?? domains.get(`${first}-${second}`) ?? 'amazonaws.com'
    return `https://cognito-idp.${region}.${domain}/`
  }
  const [, scheme, name = ''] = address.exec(endpoint) ?? []
  if (scheme !== 'https' && !(scheme && (allowInsecureEndpoint === true || loopback.test(name))))
    refuse('endpoint', 'https:, or http: on this machine or with allowInsecureEndpoint', 'another')
  return endpoint
}
