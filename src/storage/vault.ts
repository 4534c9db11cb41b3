// What is secret in a record, as it is kept: one ciphertext, under a key that cannot leave the database.
// That keeps it out of dumps, exports and curious eyes. Whoever runs a script in the page needs no key.
import { toBase64Url } from '../bytes.ts'
import { host } from '../ports.ts'
import type { Clock, CryptoHandle, Random, Subtle } from '../ports.ts'
import type { OpenStore } from './open.ts'
import type { Store } from './store.ts'
import { within } from '../turns.ts'

/** How what is secret is kept. */
export type AtRest = 'encrypted' | 'plain'

/** A record whose secrets are one ciphertext. Its clear part can be read by all, and changed by nobody. */
export interface SealedRecord<Clear extends object> {
  readonly clear: Clear
  /** Which keys it is under. */
  readonly keys: string
  readonly iv: Uint8Array
  readonly sealed: ArrayBuffer
}

/** A record whose secrets are kept as they are. */
export interface PlainRecord<Clear extends object> {
  readonly clear: Clear
  readonly plain: object
}

/** A record, in one way or the other. */
export type VaultRecord<Clear extends object> = SealedRecord<Clear> | PlainRecord<Clear>

/**
 * Why secrets do not come back. `key-lost`: the key is gone, or came back as something else. `broken`: the
 * record was altered, or is none. `unavailable`: for now nobody can say, for the storage does not answer
 * or this host has no WebCrypto; nothing is lost by that.
 */
export type Loss = 'key-lost' | 'broken' | 'unavailable'

/** What a record had to give. */
export type Opened =
  | { readonly plain: object; readonly loss?: undefined }
  | { readonly plain?: undefined; readonly loss: Loss }

/** Seals and opens records. Nothing rejects, and nothing hangs for a reason of the storage. */
export interface Vault {
  /** How the record made last was, or will be; `plain` until that is known. */
  readonly atRest: AtRest
  /** Has the keys found or made. Resolves with how records will be kept. */
  ready(): Promise<AtRest>
  /**
   * Makes a record. To be awaited before a transaction is begun: Firefox and WebKit end one in which
   * WebCrypto is awaited. Both parts are JSON, and are not to be changed later.
   */
  seal<Clear extends object>(plain: object, clear: Clear): Promise<VaultRecord<Clear>>
  /** The secrets of a record, whichever the setting: one made with another must not be lost. */
  open(record: unknown): Promise<Opened>
  /**
   * Stands for a text where that itself must not be kept: the same one as long as the keys last.
   * `undefined` where records are plain.
   */
  nameOf(text: string): Promise<string | undefined>
}

/** What a vault is opened with. */
export interface VaultSettings {
  /** Where keys are looked for. */
  readonly store: OpenStore
  /**
   * What that store is over, where there is anything. Keys are written past the open store, which would
   * hold in memory, and write later over those of another page, what the storage did not take.
   */
  readonly real: Store | undefined
  readonly clock: Clock
  readonly random: Random
  /** `false` keeps secrets as they are, for those who copy storages: a copied key is an empty object. */
  readonly encryptAtRest: boolean
}

/** What is kept by the key `keys`. */
interface Keys {
  readonly id: string
  readonly cipher: CryptoHandle
  readonly names: CryptoHandle
  /** Made with both of them when they were new. */
  readonly proof: ArrayBuffer
}

const slot = 'keys'

/** How long the storage may take to write keys. What is written later is found by the next look. */
const patience = 2_000

// JSON would make of a key an empty object, which a storage of texts would then keep. With this behind
// them, there is no JSON of keys, and such a storage writes nothing. A structured clone does not look here.
const unwritten = { toJSON: () => undefined }

const aes = 'AES-GCM'
const subtleOf = (): Subtle | undefined => host.crypto?.subtle
const encode = (text: string): Uint8Array => new host.TextEncoder().encode(text)

/** A key as WebCrypto made it: what JSON or a copied storage makes of one has no such tag, nor a clone. */
const isKey = (value: unknown): boolean =>
  Object.prototype.toString.call(value) === '[object CryptoKey]' &&
  !(value as CryptoHandle).extractable

const isKeys = (value: unknown): value is Keys => {
  const keys = value as Partial<Keys> | null | undefined
  return typeof keys?.id === 'string' && isKey(keys.cipher) && isKey(keys.names)
}

/** The clear part as bytes: the same whichever order its members come back in. */
const bytesOf = (clear: object): Uint8Array =>
  encode(JSON.stringify(Object.entries(clear).sort(([one], [other]) => (one < other ? -1 : 1))))

/** Whether both keys, as they came back, undo and confirm what they did when they were new. */
async function isProven(subtle: Subtle, { id, cipher, names, proof }: Keys): Promise<boolean> {
  try {
    const iv = encode(id)
    const mac = await subtle.decrypt({ name: aes, iv }, cipher, proof)
    return await subtle.verify('HMAC', names, mac, iv)
  } catch {
    // Keys of another kind, or with the proof of others.
    return false
  }
}

async function makeKeys(subtle: Subtle, random: Random): Promise<Keys> {
  const [cipher, names] = await Promise.all([
    subtle.generateKey({ name: aes, length: 256 }, false, ['encrypt', 'decrypt']),
    subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']),
  ])
  // Twelve letters: as many bytes as an iv, and this one is used once.
  const id = toBase64Url(random(9))
  const iv = encode(id)
  const mac = new Uint8Array(await subtle.sign('HMAC', names, iv))
  const proof = await subtle.encrypt({ name: aes, iv }, cipher, mac)
  const keys = { id, cipher, names, proof }
  // What WebCrypto cannot do here must not take the place of keys that only seem not to work.
  if (!(await isProven(subtle, keys))) throw new Error('WebCrypto does not undo what it did')
  return Object.assign(Object.create(unwritten) as object, keys)
}

/** Opens a vault; keys are looked for when they are first needed. */
export function openVault({ store, real, clock, random, encryptAtRest }: VaultSettings): Vault {
  /** What was last found in the storage, and works. */
  let mine: Keys | undefined
  /** The id of what was found there and does not. */
  let spurned: string | undefined
  let atRest: AtRest = 'plain'

  /** The keys that are in the storage; where that does not answer, those that were. */
  const find = async (subtle: Subtle): Promise<{ keys: Keys | undefined; isSure: boolean }> => {
    const { value, stored } = await store.get(slot)
    if (!stored) return { keys: mine, isSure: false }
    if (!isKeys(value)) return { keys: undefined, isSure: true }
    if (value.id === mine?.id) return { keys: mine, isSure: true }
    if (!(await isProven(subtle, value))) {
      spurned = value.id
      return { keys: undefined, isSure: true }
    }
    mine = value
    return { keys: value, isSure: true }
  }

  /**
   * The keys to write with. The storage is asked each time: a database that was deleted under this page
   * gets its keys back before it gets a record that only they open.
   */
  const demand = async (subtle: Subtle): Promise<Keys | undefined> => {
    const { keys, isSure } = await find(subtle)
    if (keys || !isSure || !real) return keys
    const made = mine ?? (await makeKeys(subtle, random))
    const isGood = (was: unknown): boolean => isKeys(was) && was.id !== spurned
    await within(clock, patience, () =>
      real.update(slot, (was) => (isGood(was) ? was : made), { durability: 'strict' }),
    )
    // Perhaps another page was first, or this storage cannot keep keys: only what comes back counts.
    const kept = await find(subtle)
    return kept.isSure ? kept.keys : undefined
  }

  /** Works with the keys, if there are any to be had; what comes of it is how records are kept. */
  const withKeys = async <Value>(
    work: (subtle: Subtle, keys: Keys) => Promise<Value>,
  ): Promise<Value | undefined> => {
    let done: Value | undefined
    let isDone = false
    try {
      const subtle = encryptAtRest ? subtleOf() : undefined
      const keys = subtle && (await demand(subtle))
      if (keys) {
        done = await work(subtle, keys)
        isDone = true
      }
    } catch {
      // A storage that does not take keys, or half a WebCrypto.
    }
    atRest = isDone ? 'encrypted' : 'plain'
    return done
  }

  const decipher = async (subtle: Subtle, record: SealedRecord<object>): Promise<Opened> => {
    const { clear, keys: id, iv, sealed } = record
    const { keys, isSure } = mine?.id === id ? { keys: mine, isSure: true } : await find(subtle)
    if (keys?.id !== id) return { loss: isSure ? 'key-lost' : 'unavailable' }
    const algorithm = { name: aes, iv, additionalData: bytesOf(clear) }
    const text = await subtle.decrypt(algorithm, keys.cipher, sealed)
    return { plain: JSON.parse(new host.TextDecoder!().decode(new Uint8Array(text))) as object }
  }

  return {
    get atRest() {
      return atRest
    },
    ready: async () => ((await withKeys(() => Promise.resolve(true))) ? 'encrypted' : 'plain'),
    async seal(plain, clear) {
      const record = await withKeys(async (subtle, { id, cipher }) => {
        const iv = random(12)
        const algorithm = { name: aes, iv, additionalData: bytesOf(clear) }
        const sealed = await subtle.encrypt(algorithm, cipher, encode(JSON.stringify(plain)))
        return { clear, keys: id, iv, sealed }
      })
      return record ?? { clear, plain }
    },
    async open(record) {
      const { plain, keys } = Object(record) as Partial<PlainRecord<object> & SealedRecord<object>>
      if (typeof plain === 'object' && (plain as object | null)) return { plain }
      if (typeof keys !== 'string') return { loss: 'broken' }
      const subtle = subtleOf()
      if (!subtle) return { loss: 'unavailable' }
      try {
        return await decipher(subtle, record as SealedRecord<object>)
      } catch {
        return { loss: 'broken' }
      }
    },
    nameOf: (text) =>
      withKeys(async (subtle, { names }) =>
        toBase64Url(new Uint8Array(await subtle.sign('HMAC', names, encode(text)))),
      ),
  }
}
