import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { writeCbor } from '../../src/local/cbor.ts'
import type { Cbor } from '../../src/local/cbor.ts'

// An authenticator that lies: every part of what it says can be another, and is signed as it is.

/** What can be different. */
export interface Lies {
  /** Over the members of clientDataJSON. */
  readonly clientData?: Readonly<Record<string, unknown>>
  /** In place of all of clientDataJSON, after it was signed. */
  readonly clientDataText?: string
  readonly relyingPartyId?: string
  readonly flags?: number
  readonly counter?: number
  /** Changes authenticatorData before it is signed. */
  readonly authenticatorData?: (bytes: Buffer) => Buffer
  /** Changes it after. */
  readonly authenticatorDataLater?: (bytes: Buffer) => Buffer
  readonly signature?: (bytes: Buffer) => Buffer
  /** Over the members of the attestation. */
  readonly attestation?: ReadonlyMap<string, Cbor>
  readonly attestationObject?: (bytes: Buffer) => Buffer
  /** Over the parameters of the public key. */
  readonly key?: ReadonlyMap<number, Cbor>
  /** Over the members of the credential. */
  readonly credential?: Readonly<Record<string, unknown>>
  readonly response?: Readonly<Record<string, unknown>>
}

/** The members of any credential. */
export interface ForgedCredential {
  readonly id: string
  readonly response: Readonly<Record<string, unknown>>
}

/** What it makes. */
export interface Forger {
  readonly id: Buffer
  create(challenge: string, lies?: Lies): ForgedCredential
  get(challenge: string, userHandle: string, lies?: Lies): ForgedCredential
}

const text = (bytes: Buffer): string => bytes.toString('base64url')

/** One passkey of it. */
export function createForger(algorithm: 'ES256' | 'RS256', origin: string, rpId: string): Forger {
  const id = randomBytes(32)
  const keys =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { x, y, n, e } = keys.publicKey.export({ format: 'jwk' })
  const bytes = (part: string | undefined): Uint8Array => Buffer.from(part!, 'base64url')
  const cose = new Map<number, Cbor>(
    algorithm === 'ES256'
      ? [
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytes(x)],
          [-3, bytes(y)],
        ]
      : [
          [1, 3],
          [3, -257],
          [-1, bytes(n)],
          [-2, bytes(e)],
        ],
  )
  let counter = 0
  const head = (flags: number, lies: Lies): Buffer => {
    const data = Buffer.alloc(37)
    createHash('sha256')
      .update(lies.relyingPartyId ?? rpId)
      .digest()
      .copy(data)
    data[32] = lies.flags ?? flags
    data.writeUInt32BE(lies.counter ?? counter, 33)
    return data
  }
  const clientDataOf = (type: string, challenge: string, lies: Lies): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...lies.clientData }))
  const told = (lies: Lies, response: Readonly<Record<string, unknown>>): ForgedCredential => ({
    ...{ id: text(id), rawId: text(id), type: 'public-key', clientExtensionResults: {} },
    ...{ authenticatorAttachment: 'cross-platform' },
    ...lies.credential,
    response: { ...response, ...lies.response },
  })
  const shown = (clientData: Buffer, lies: Lies): string =>
    text(lies.clientDataText === undefined ? clientData : Buffer.from(lies.clientDataText))
  return {
    id,
    create(challenge, lies = {}) {
      const parts = [
        ...[head(0x45, lies), Buffer.alloc(16), Buffer.of(0, id.length), id],
        writeCbor(new Map([...cose, ...(lies.key ?? [])])),
      ]
      const whole = Buffer.concat(parts)
      const authData = lies.authenticatorData?.(whole) ?? whole
      const attestation = Buffer.from(
        writeCbor(
          new Map<string, Cbor>([
            ['fmt', 'none'],
            ['attStmt', new Map()],
            ['authData', authData],
            ...(lies.attestation ?? []),
          ]),
        ),
      )
      return told(lies, {
        clientDataJSON: shown(clientDataOf('webauthn.create', challenge, lies), lies),
        attestationObject: text(lies.attestationObject?.(attestation) ?? attestation),
        transports: ['usb', 'nfc'],
      })
    },
    get(challenge, userHandle, lies = {}) {
      counter++
      const clientData = clientDataOf('webauthn.get', challenge, lies)
      const data = lies.authenticatorData?.(head(5, lies)) ?? head(5, lies)
      const hash = createHash('sha256').update(clientData).digest()
      const signature = signed(keys.privateKey, Buffer.concat([data, hash]))
      return told(lies, {
        clientDataJSON: shown(clientData, lies),
        authenticatorData: text(lies.authenticatorDataLater?.(data) ?? data),
        signature: text(lies.signature?.(signature) ?? signature),
        userHandle,
      })
    },
  }
}

/** A signature as OpenSSL writes it: DER for elliptic curves. */
const signed = (key: KeyObject, data: Buffer): Buffer => sign('sha256', data, key)
