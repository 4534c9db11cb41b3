// What a relying party checks of a passkey (WebAuthn level 3, sections 7.1 and 7.2), as far as this
// service does: attestation is not asked for.
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../bytes.ts'
import { readCbor } from './cbor.ts'
import type { Cbor, CborMap } from './cbor.ts'
import { isSignature } from './crypto.ts'
import type { Algorithm, Jwk } from './crypto.ts'

/** What is wrong with an answer; the caller knows what to call it. */
export type Flaw = 'malformed' | 'challenge' | 'origin' | 'relying-party' | 'user' | 'key' | 'proof'

/** What an answer has to fit. */
export interface Ceremony {
  /** In base64url, as it was sent. */
  readonly challenge: string
  readonly relyingPartyId: string
  readonly userVerification: 'required' | 'preferred'
  /** Whether pages of this origin may take part. */
  readonly allowsOrigin: (origin: string) => boolean
}

/** A passkey, as it is kept. */
export interface PasskeyFacts {
  readonly id: string
  readonly algorithm: Algorithm
  readonly publicKey: Jwk
  readonly counter: number
  /** Whether its authenticator may copy it to others: that never changes. */
  readonly backupEligible?: boolean
}

/** Either of them. */
export type Checked<Value> = { readonly flaw: Flaw } | { readonly value: Value }

const flawed = (flaw: Flaw): { readonly flaw: Flaw } => ({ flaw })

/** The answer of `navigator.credentials.create`, checked. */
export function checkRegistration(credential: unknown, ceremony: Ceremony): Checked<PasskeyFacts> {
  const { id, isWhole, response } = parts(credential)
  const attestation = mapOf(bytesOf(response['attestationObject']))
  const clientData = bytesOf(response['clientDataJSON'])
  if (!isWhole || !attestation || !clientData) return flawed('malformed')
  const flaw = flawOfClientData(clientData, 'webauthn.create', ceremony)
  if (flaw) return flawed(flaw)
  const data = readAuthenticatorData(attestation.get('authData'))
  if (!data?.attested || !isStatement(attestation)) return flawed('malformed')
  const flags = flawOfAuthenticatorData(data, ceremony)
  if (flags) return flawed(flags)
  const { attested } = data
  if (toBase64Url(attested.id) !== id) return flawed('malformed')
  const key = readPublicKey(attested.key)
  if (!key) return flawed('key')
  const backupEligible = isBackupEligible(data)
  return { value: { id, ...key, counter: data.counter, backupEligible } }
}

/** The answer of `navigator.credentials.get`, checked; gives the counter to keep. */
export async function checkAssertion(
  credential: unknown,
  ceremony: Ceremony,
  passkey: PasskeyFacts,
  userHandle: string,
): Promise<Checked<number>> {
  const { id, isWhole, response } = parts(credential)
  const authenticatorData = bytesOf(response['authenticatorData'])
  const clientData = bytesOf(response['clientDataJSON'])
  const signature = bytesOf(response['signature'])
  if (!isWhole || !authenticatorData || !clientData || !signature) return flawed('malformed')
  if (id !== passkey.id) return flawed('key')
  const handle = response['userHandle']
  // Many authenticators keep none.
  if (handle && handle !== userHandle) return flawed('user')
  const flaw = flawOfClientData(clientData, 'webauthn.get', ceremony)
  if (flaw) return flawed(flaw)
  const data = readAuthenticatorData(authenticatorData)
  if (!data) return flawed('malformed')
  const flags = flawOfAuthenticatorData(data, ceremony)
  if (flags) return flawed(flags)
  if (isBackupEligible(data) !== (passkey.backupEligible ?? isBackupEligible(data)))
    return flawed('key')
  const signed = Uint8Array.from([...authenticatorData, ...sha256(clientData)])
  const plain = passkey.algorithm === 'ES256' ? fromDer(signature) : signature
  if (!plain || !(await isSignature(passkey.publicKey, passkey.algorithm, plain, signed)))
    return flawed('proof')
  // A counter that stands still or goes back is a copy's, unless the authenticator has none at all.
  if ((data.counter || passkey.counter) && data.counter <= passkey.counter) return flawed('proof')
  return { value: data.counter }
}

type Json = Readonly<Record<string, unknown>>

const objectOf = (value: unknown): Json => (Object(value) === value ? (value as Json) : {})

/** Its id is there twice, the second time as what were bytes in the page. */
function parts(credential: unknown): { id: string; isWhole: boolean; response: Json } {
  const { id, rawId = id, type, response } = objectOf(credential)
  const isWhole = type === 'public-key' && rawId === id
  return { id: typeof id === 'string' ? id : '', isWhole, response: objectOf(response) }
}

const bytesOf = (text: unknown): Uint8Array | undefined =>
  typeof text === 'string' && text ? fromBase64Url(text) : undefined

function mapOf(bytes: Uint8Array | undefined, start = 0): CborMap | undefined {
  if (!bytes) return undefined
  try {
    const { value, end } = readCbor(bytes, start)
    return value instanceof Map && end === bytes.length ? (value as CborMap) : undefined
  } catch {
    return undefined
  }
}

/** Whose an authenticator is goes unproved here, but what claims to prove it has its form. */
function isStatement(attestation: CborMap): boolean {
  const [format, statement] = [attestation.get('fmt'), attestation.get('attStmt')]
  const isEmpty = statement instanceof Map && statement.size === 0
  return typeof format === 'string' && statement instanceof Map && (format !== 'none' || isEmpty)
}

function flawOfClientData(
  bytes: Uint8Array,
  type: string,
  { challenge, allowsOrigin }: Ceremony,
): Flaw | undefined {
  let data: Json
  try {
    data = objectOf(JSON.parse(fromUtf8(bytes) ?? ''))
  } catch {
    return 'malformed'
  }
  if (data['type'] !== type) return 'malformed'
  if (data['challenge'] !== challenge) return 'challenge'
  if (typeof data['origin'] !== 'string' || !allowsOrigin(data['origin'])) return 'origin'
  // No other page is expected around the one that asks.
  const { crossOrigin = false, topOrigin } = data
  return crossOrigin === false && topOrigin === undefined ? undefined : 'origin'
}

interface AuthenticatorData {
  readonly relyingPartyHash: Uint8Array
  readonly flags: number
  readonly counter: number
  readonly attested?: { readonly id: Uint8Array; readonly key: CborMap }
}

const userPresent = 1
const userVerified = 4
const backupEligible = 8
const backedUp = 0x10
const hasAttested = 0x40
const hasExtensions = 0x80

function readAuthenticatorData(bytes: Cbor | undefined): AuthenticatorData | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length < 37) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const basic = {
    relyingPartyHash: bytes.subarray(0, 32),
    flags: bytes[32]!,
    counter: view.getUint32(33),
  }
  const endsAt = (end: number): boolean =>
    basic.flags & hasExtensions ? mapOf(bytes, end) !== undefined : end === bytes.length
  if (!(basic.flags & hasAttested)) return endsAt(37) ? basic : undefined
  try {
    // After the sixteen bytes that name the model.
    const length = view.getUint16(53)
    const id = bytes.slice(55, 55 + length)
    const { value, end } = readCbor(bytes, 55 + length)
    if (id.length !== length || !length || length > 1023 || !(value instanceof Map))
      return undefined
    if (!endsAt(end)) return undefined
    return { ...basic, attested: { id, key: value as CborMap } }
  } catch {
    return undefined
  }
}

function flawOfAuthenticatorData(
  { relyingPartyHash, flags }: AuthenticatorData,
  { relyingPartyId, userVerification }: Ceremony,
): Flaw | undefined {
  const expected = sha256(utf8(relyingPartyId))
  if (relyingPartyHash.some((byte, i) => byte !== expected[i])) return 'relying-party'
  // What may not be copied was not copied.
  if (flags & backedUp && !(flags & backupEligible)) return 'malformed'
  const needed = userPresent | (userVerification === 'required' ? userVerified : 0)
  return (flags & needed) === needed ? undefined : 'user'
}

const isBackupEligible = ({ flags }: AuthenticatorData): boolean => (flags & backupEligible) !== 0

/** A key of COSE (RFC 9053) of one of the two kinds that are offered. */
function readPublicKey(key: CborMap): Pick<PasskeyFacts, 'algorithm' | 'publicKey'> | undefined {
  const coordinate = (label: number, length?: number): string | undefined => {
    const value = key.get(label)
    const fits = value instanceof Uint8Array && (length === undefined || value.length === length)
    return fits ? toBase64Url(value) : undefined
  }
  const [kind, algorithm] = [key.get(1), key.get(3)]
  if (kind === 2 && algorithm === -7 && key.get(-1) === 1) {
    const [x, y] = [coordinate(-2, 32), coordinate(-3, 32)]
    if (x && y) return { algorithm: 'ES256', publicKey: { kty: 'EC', crv: 'P-256', x, y } }
  }
  if (kind === 3 && algorithm === -257) {
    const [n, e] = [coordinate(-1), coordinate(-2)]
    // 2048 bits at least: anybody makes the private half of a short one.
    if (n && e && fromBase64Url(n)!.length >= 256)
      return { algorithm: 'RS256', publicKey: { kty: 'RSA', n, e } }
  }
  return undefined
}

/** r and s, 32 bytes each, of a signature in DER. */
function fromDer(der: Uint8Array): Uint8Array | undefined {
  const plain = new Uint8Array(64)
  let at = 2
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined
  for (const half of [0, 32]) {
    const length = der[at + 1] ?? 0
    const whole = der.subarray(at + 2, at + 2 + length)
    if (der[at] !== 2 || whole.length !== length || !length) return undefined
    // Neither below zero nor longer than needed.
    const number = whole[0] === 0 ? whole.subarray(1) : whole
    if (whole[0]! > 0x7f || (whole[0] === 0 && length > 1 && whole[1]! < 0x80)) return undefined
    if (number.length > 32) return undefined
    plain.set(number, half + 32 - number.length)
    at += 2 + length
  }
  return at === der.length ? plain : undefined
}
