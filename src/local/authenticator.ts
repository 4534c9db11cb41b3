// A passkey authenticator in software, so that tests need no browser: what
// `navigator.credentials.create` and `.get` would give, in the form of `toJSON()`.
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64Url, toBase64Url, utf8 } from '../bytes.ts'
import type { Random } from '../ports.ts'
import { writeCbor } from './cbor.ts'
import type { Cbor } from './cbor.ts'
import { generateKeys, sign } from './crypto.ts'
import type { Algorithm, Jwk } from './crypto.ts'

/** The part of `PublicKeyCredentialCreationOptionsJSON` that is looked at. */
export interface CreationOptions {
  readonly challenge: string
  readonly rp: { readonly id?: string }
  readonly user: { readonly id: string }
  readonly pubKeyCredParams: readonly { readonly alg: number }[]
  readonly excludeCredentials?: readonly { readonly id: string }[]
}

/** The part of `PublicKeyCredentialRequestOptionsJSON` that is looked at. */
export interface RequestOptions {
  readonly challenge: string
  readonly rpId?: string
  readonly allowCredentials?: readonly { readonly id: string }[]
}

/** What an authenticator makes of a ceremony, ready for `JSON.stringify`. */
export interface CredentialJson {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly authenticatorAttachment: 'platform'
  readonly clientExtensionResults: object
  readonly response: Readonly<Record<string, string | readonly string[] | number>>
}

/** A passkey in the authenticator. */
interface StoredKey {
  readonly id: string
  readonly relyingPartyId: string
  readonly userHandle: string
  readonly algorithm: Algorithm
  readonly privateKey: Jwk
  counter: number
}

/** An authenticator and the page that it works for. */
export interface Authenticator {
  create(options: CreationOptions): Promise<CredentialJson>
  get(options: RequestOptions): Promise<CredentialJson>
}

/** What {@link createAuthenticator} takes. */
export interface AuthenticatorOptions {
  /** The origin of the page that asks, such as `https://app.example.com`. */
  readonly origin: string
  /** Whether the person shows a finger or a PIN. Default: yes. */
  readonly verifiesUser?: boolean
  /** Whether somebody is there at all. Default: yes. */
  readonly seesUser?: boolean
  readonly random: Random
}

const coseOf: Readonly<Record<Algorithm, number>> = { ES256: -7, RS256: -257 }

/** An authenticator with no passkey yet. */
export function createAuthenticator({
  origin,
  verifiesUser = true,
  seesUser = true,
  random,
}: AuthenticatorOptions): Authenticator {
  const keys: StoredKey[] = []
  const relyingPartyOf = (id: string | undefined) => id ?? /\/\/([^:/]+)/.exec(origin)?.[1] ?? ''
  const flags = (seesUser ? 1 : 0) | (verifiesUser ? 4 : 0)
  const clientData = (type: string, challenge: string): Uint8Array =>
    utf8(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  const head = (relyingPartyId: string, flags: number, counter: number): number[] => [
    ...sha256(utf8(relyingPartyId)),
    flags,
    ...[24, 16, 8, 0].map((shift) => (counter >>> shift) & 0xff),
  ]
  const credential = (id: string, response: CredentialJson['response']): CredentialJson => ({
    id,
    rawId: id,
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: {},
    response,
  })

  return {
    async create({ challenge, rp, user, pubKeyCredParams, excludeCredentials = [] }) {
      if (excludeCredentials.some(({ id }) => keys.some((key) => key.id === id)))
        throw failure('InvalidStateError', 'there is a passkey for this account')
      const algorithm = (['ES256', 'RS256'] as const).find((name) =>
        pubKeyCredParams.some(({ alg }) => alg === coseOf[name]),
      )
      if (!algorithm) throw failure('NotSupportedError', 'no algorithm that both know')
      const { privateKey, publicKey } = await generateKeys(algorithm)
      const id = random(32)
      const relyingPartyId = relyingPartyOf(rp.id)
      const key = { id: toBase64Url(id), relyingPartyId, userHandle: user.id, algorithm }
      keys.push({ ...key, privateKey, counter: 0 })
      const authData = Uint8Array.from([
        ...head(relyingPartyId, flags | 0x40, 0),
        ...new Uint8Array(16),
        ...[id.length >> 8, id.length & 0xff],
        ...id,
        ...writeCbor(coseKey(algorithm, publicKey)),
      ])
      const attestation = new Map<string, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ])
      return credential(key.id, {
        clientDataJSON: toBase64Url(clientData('webauthn.create', challenge)),
        attestationObject: toBase64Url(writeCbor(attestation)),
        authenticatorData: toBase64Url(authData),
        publicKeyAlgorithm: coseOf[algorithm],
        transports: ['internal'],
      })
    },

    async get({ challenge, rpId, allowCredentials = [] }) {
      const relyingPartyId = relyingPartyOf(rpId)
      const key = keys.find(
        (key) =>
          key.relyingPartyId === relyingPartyId &&
          (allowCredentials.length === 0 || allowCredentials.some(({ id }) => id === key.id)),
      )
      if (!key) throw failure('NotAllowedError', 'no passkey for this account')
      key.counter++
      const data = clientData('webauthn.get', challenge)
      const authData = Uint8Array.from(head(relyingPartyId, flags, key.counter))
      const signed = Uint8Array.from([...authData, ...sha256(data)])
      const signature = await sign(key.privateKey, key.algorithm, signed)
      return credential(key.id, {
        clientDataJSON: toBase64Url(data),
        authenticatorData: toBase64Url(authData),
        signature: toBase64Url(key.algorithm === 'ES256' ? toDer(signature) : signature),
        userHandle: key.userHandle,
      })
    },
  }
}

/** By its name it is known what happened, as with a browser's. */
const failure = (name: string, message: string): Error =>
  Object.assign(new Error(`${name}: ${message}`), { name })

function coseKey(algorithm: Algorithm, { x, y, n, e }: Jwk): Cbor {
  const bytes = (text: unknown): Uint8Array => fromBase64Url(text as string)!
  return algorithm === 'ES256'
    ? new Map<number, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ])
    : new Map<number, Cbor>([
        [1, 3],
        [3, -257],
        [-1, bytes(n)],
        [-2, bytes(e)],
      ])
}

/** r and s as DER wants them: without zeros in front, but with one where a sign would be seen. */
function toDer(plain: Uint8Array): Uint8Array {
  const integers = [plain.subarray(0, 32), plain.subarray(32)].flatMap((half) => {
    const digits = half.subarray(half.findIndex((byte) => byte !== 0))
    const signed = digits[0]! < 0x80 ? [...digits] : [0, ...digits]
    return [2, signed.length, ...signed]
  })
  return Uint8Array.from([0x30, integers.length, ...integers])
}
