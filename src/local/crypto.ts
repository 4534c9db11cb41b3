// Signatures by WebCrypto, which Node, browsers and workers have alike.
import { host } from '../ports.ts'

/** A key as JSON. Of a private one, all of it. */
export type Jwk = Readonly<Record<string, unknown>>

/** The algorithms that tokens and passkeys are signed with. */
export type Algorithm = 'ES256' | 'RS256'

/** A handle of WebCrypto's. */
type Handle = object

interface Subtle {
  generateKey(
    algorithm: object,
    extractable: boolean,
    uses: string[],
  ): Promise<{ readonly privateKey: Handle; readonly publicKey: Handle }>
  exportKey(format: 'jwk', key: Handle): Promise<Jwk>
  importKey(
    format: 'jwk',
    key: Jwk,
    algorithm: object,
    extractable: boolean,
    uses: string[],
  ): Promise<Handle>
  sign(algorithm: object, key: Handle, data: Uint8Array): Promise<ArrayBuffer>
  verify(algorithm: object, key: Handle, signature: Uint8Array, data: Uint8Array): Promise<boolean>
}

const subtle = (): Subtle => (host as unknown as { crypto: { subtle: Subtle } }).crypto.subtle

const algorithms: Readonly<Record<Algorithm, object>> = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
}

/** Both halves of a new key. */
export async function generateKeys(
  algorithm: Algorithm,
): Promise<{ readonly privateKey: Jwk; readonly publicKey: Jwk }> {
  const keys = await subtle().generateKey(algorithms[algorithm], true, ['sign', 'verify'])
  const [privateKey, publicKey] = await Promise.all([
    subtle().exportKey('jwk', keys.privateKey),
    subtle().exportKey('jwk', keys.publicKey),
  ])
  return { privateKey, publicKey }
}

/** Importing a key costs more than a signature: once for each. */
const imported = /* @__PURE__ */ new WeakMap<Jwk, Promise<Handle>>()

function handleOf(key: Jwk, algorithm: Algorithm, use: 'sign' | 'verify'): Promise<Handle> {
  let handle = imported.get(key)
  if (!handle) {
    // Members such as key_ops and use would contradict what it is imported for.
    const { kty, n, e, d, p, q, dp, dq, qi, crv, x, y } = key
    const bare = Object.entries({ kty, n, e, d, p, q, dp, dq, qi, crv, x, y })
    const defined = Object.fromEntries(bare.filter(([, value]) => value !== undefined))
    handle = subtle().importKey('jwk', defined, algorithms[algorithm], false, [use])
    imported.set(key, handle)
  }
  return handle
}

/** Signs. An ES256 signature is r and s, 32 bytes each. */
export async function sign(key: Jwk, algorithm: Algorithm, data: Uint8Array): Promise<Uint8Array> {
  const handle = await handleOf(key, algorithm, 'sign')
  return new Uint8Array(await subtle().sign(algorithms[algorithm], handle, data))
}

/** Whether a signature is of this key and data. A key that is none is no reason to fail. */
export async function isSignature(
  key: Jwk,
  algorithm: Algorithm,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<boolean> {
  try {
    const handle = await handleOf(key, algorithm, 'verify')
    return await subtle().verify(algorithms[algorithm], handle, signature, data)
  } catch {
    return false
  }
}
