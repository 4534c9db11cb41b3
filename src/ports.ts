// The outside world, as types and as what a host offers of it. Nothing deeper in reads a global:
// this project is compiled without the DOM's types, so it could not even name one.

/** The part of an `AbortSignal` that is used, for hosts whose types have none. */
export interface SignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** The host's own `AbortSignal` where its types are known (DOM, Node, React Native). */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Host } }
  ? Host
  : SignalLike

/** What a request is made of. A part of the platform's `RequestInit`. */
export interface FetchInit {
  readonly method: 'POST'
  readonly headers: Record<string, string>
  readonly body: string
  readonly signal: Signal
  readonly mode: 'cors'
  readonly credentials: 'omit'
  readonly cache: 'no-store'
  readonly redirect: 'error'
  readonly referrerPolicy: 'no-referrer'
}

/** What is read of an answer. A part of the platform's `Response`. */
export interface FetchResponse {
  readonly status: number
  readonly redirected?: boolean
  readonly headers: { get(name: string): string | null }
  /** Read in pieces where it is a stream of the web's kind. */
  readonly body?: object | null
  text(): Promise<string>
}

/** The host's own `Response` where its types are known. */
export type HostResponse = typeof globalThis extends { Response: { prototype: infer Host } }
  ? Host
  : FetchResponse

/** The stream of the web, as far as it is used. */
export interface Stream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
    cancel(): Promise<unknown>
  }
}

/** How requests leave: the platform's `fetch`, or anything of its shape. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>

/** Time: what the device believes it is, and a timer. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `then` once after so many milliseconds; the function returned takes that back. */
  after(milliseconds: number, then: () => void): () => void
}

/** So many bytes from a cryptographic generator. */
export type Random = (length: number) => Uint8Array

/**
 * HMAC-SHA-256 of a text under a key, both in UTF-8, as base64. Needed only where the app client has
 * a secret.
 */
export type Hmac = (key: string, text: string) => Promise<string>

/**
 * A modular power: `base ** exponent % modulus`, for a base below the modulus. A native module may have
 * a faster one than JavaScript. The exponent is as secret as the password: it must not be logged.
 */
export type ModPow = (base: bigint, exponent: bigint, modulus: bigint) => bigint | Promise<bigint>

/**
 * A storage of texts by name: `localStorage`, `sessionStorage` and React Native's AsyncStorage are such,
 * as they stand.
 */
export interface KeyValueStorage {
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>
  setItem(key: string, text: string): unknown
  removeItem(key: string): unknown
}

/** IndexedDB, as far as it is used. */
export interface IndexedDB {
  open(name: string, version?: number): OpenRequest
}

/** A database on its way. */
export interface OpenRequest {
  readonly result: Database
  readonly error: unknown
  onupgradeneeded: (() => void) | null
  onsuccess: (() => void) | null
  onerror: (() => void) | null
}

/** A connection to a database. */
export interface Database {
  readonly version: number
  readonly objectStoreNames: { contains(name: string): boolean }
  onversionchange: (() => void) | null
  onclose: (() => void) | null
  createObjectStore(name: string): ObjectStore
  transaction(store: string, mode: string, options: { readonly durability: string }): Transaction
  close(): void
}

/** Several reads and writes, whole or not at all. */
export interface Transaction {
  readonly error: unknown
  objectStore(name: string): ObjectStore
  abort(): void
  addEventListener(type: 'complete' | 'abort', listener: () => void): void
}

/** Where a database keeps values by their keys. */
export interface ObjectStore {
  get(key: string): unknown
  put(value: unknown, key: string): unknown
  delete(key: string): unknown
}

/** A key of WebCrypto's, as far as it is looked at. Its bytes stay with the host. */
export interface CryptoHandle {
  readonly extractable: boolean
}

/** WebCrypto, as far as it is used. */
export interface Subtle {
  generateKey(algorithm: object, extractable: false, uses: string[]): Promise<CryptoHandle>
  importKey(...key: readonly ['raw', Uint8Array, object, false, string[]]): Promise<CryptoHandle>
  encrypt(algorithm: object, key: CryptoHandle, text: Uint8Array): Promise<ArrayBuffer>
  decrypt(algorithm: object, key: CryptoHandle, sealed: ArrayBuffer): Promise<ArrayBuffer>
  sign(algorithm: 'HMAC', key: CryptoHandle, message: Uint8Array): Promise<ArrayBuffer>
  verify(
    ...mac: readonly ['HMAC', CryptoHandle, mac: ArrayBuffer, message: Uint8Array]
  ): Promise<boolean>
}

/** How a passkey is asked for. */
export interface PasskeyRequest {
  /** The service's options, parsed: what `PublicKeyCredential.parseRequestOptionsFromJSON` takes. */
  readonly options: Readonly<Record<string, unknown>>
  /** Ends the ceremony. */
  readonly signal: Signal
  /** Among the names that a browser offers for a field, instead of a window of its own. */
  readonly mediation?: 'conditional' | undefined
}

/**
 * The passkeys of a device. A port for hosts other than browsers: a native module, in a few lines.
 */
export interface Passkeys {
  /**
   * Asks for a passkey; resolves with what `PublicKeyCredential.toJSON` gives. Rejects as
   * `navigator.credentials.get` does: by the `name` of the error it is known what happened.
   */
  get(request: PasskeyRequest): Promise<object>
}

/** What the globals of a host are expected to hold, each of them perhaps missing. */
interface Host {
  readonly fetch?: Fetch
  readonly crypto?: {
    getRandomValues?(bytes: Uint8Array): Uint8Array
    readonly subtle?: Subtle
  }
  readonly document?: { readonly visibilityState?: string }
  readonly sessionStorage?: KeyValueStorage
  readonly localStorage?: KeyValueStorage
  readonly indexedDB?: IndexedDB
  readonly navigator?: {
    readonly credentials?: { get?(options: object): Promise<object | null> }
  }
  readonly console: { warn(message: string): void }
  readonly AbortController: new () => { readonly signal: Signal; abort(reason?: unknown): void }
  readonly Response?: new (body: unknown, init?: object) => HostResponse
  readonly TextDecoder?: new () => { decode(bytes?: Uint8Array, options?: object): string }
  readonly TextEncoder: new () => { encode(text: string): Uint8Array }
  setTimeout(then: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
  atob(base64: string): string
  btoa(binary: string): string
}

/** The globals. Read when used, not before: tests and polyfills replace them at any time. */
export const host: Host = globalThis as unknown as Host

/** A storage of the host's, where it has one and lets the page have it. */
export function hostStorage(name: 'sessionStorage' | 'localStorage'): KeyValueStorage | undefined {
  try {
    return host[name]
  } catch {
    // Reading the property throws where cookies are blocked.
    return undefined
  }
}

/** The host's databases, where it has some and lets the page have them. */
export function hostIndexedDB(): IndexedDB | undefined {
  try {
    return host.indexedDB
  } catch {
    // As above: in a page of an opaque origin.
    return undefined
  }
}

/** The device's clock and timers. */
export const hostClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, then) => {
    const timer = host.setTimeout(then, milliseconds)
    return () => {
      host.clearTimeout(timer)
    }
  },
}

/** The host's cryptographic generator. */
export const hostRandom: Random = (length) => host.crypto!.getRandomValues!(new Uint8Array(length))

/** WebCrypto's HMAC. */
export const hostHmac: Hmac = async (key, text) => {
  const subtle = host.crypto!.subtle!
  const utf8 = new host.TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await subtle.importKey('raw', utf8.encode(key), algorithm, false, ['sign'])
  const mac = await subtle.sign('HMAC', imported, utf8.encode(text))
  return host.btoa(String.fromCharCode(...new Uint8Array(mac)))
}
