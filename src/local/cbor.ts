// The part of CBOR (RFC 8949) that authenticators use: whole numbers, bytes, texts, lists, maps.
import { fromUtf8, utf8 } from '../bytes.ts'

/** A value of CBOR. */
export type Cbor = number | boolean | null | string | Uint8Array | readonly Cbor[] | CborMap

/** A map of CBOR; its keys are numbers and texts. */
export type CborMap = ReadonlyMap<number | string, Cbor>

/** The first value in some bytes, and where it ends. Throws where there is none. */
export function readCbor(
  bytes: Uint8Array,
  start = 0,
): { readonly value: Cbor; readonly end: number } {
  let at = start
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const value = read(0)
  return { value, end: at }

  function read(depth: number): Cbor {
    // The specification of CTAP allows four levels.
    if (depth > 8) notCbor()
    const head = view.getUint8(at++)
    const major = head >> 5
    const argument = readArgument(head & 31)
    if (major === 0) return argument
    if (major === 1) return -1 - argument
    if (major === 2) return take(argument)
    if (major === 3) return fromUtf8(take(argument)) ?? notCbor()
    if (major === 4) return Array.from({ length: bounded(argument) }, () => read(depth + 1))
    if (major === 5) {
      const map = new Map<number | string, Cbor>()
      for (let left = bounded(argument); left; left--) {
        const key = read(depth + 1)
        if (typeof key !== 'number' && typeof key !== 'string') notCbor()
        map.set(key, read(depth + 1))
      }
      return map
    }
    if (head === 0xf4 || head === 0xf5) return head === 0xf5
    if (head === 0xf6) return null
    return notCbor()
  }

  function readArgument(short: number): number {
    if (short < 24) return short
    const widths = [1, 2, 4, 8]
    const width = widths[short - 24]
    if (!width) return notCbor()
    at += width
    if (width === 1) return view.getUint8(at - 1)
    if (width === 2) return view.getUint16(at - 2)
    if (width === 4) return view.getUint32(at - 4)
    const long = Number(view.getBigUint64(at - 8))
    if (!Number.isSafeInteger(long)) notCbor()
    return long
  }

  function bounded(count: number): number {
    if (count > bytes.length - at) notCbor()
    return count
  }

  function take(length: number): Uint8Array {
    at += bounded(length)
    return bytes.slice(at - length, at)
  }
}

/** A value as CBOR, in the canonical form of CTAP as far as lengths go. */
export function writeCbor(value: Cbor): Uint8Array {
  return Uint8Array.from(write(value))
}

function write(value: Cbor): number[] {
  if (value === null) return [0xf6]
  if (typeof value === 'boolean') return [value ? 0xf5 : 0xf4]
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') {
    const bytes = utf8(value)
    return [...head(3, bytes.length), ...bytes]
  }
  if (value instanceof Uint8Array) return [...head(2, value.length), ...value]
  if (Array.isArray(value)) return [...head(4, value.length), ...value.flatMap(write)]
  const map = value as CborMap
  return [
    ...head(5, map.size),
    ...[...map].flatMap(([key, item]) => [...write(key), ...write(item)]),
  ]
}

function head(major: number, argument: number): number[] {
  const kind = major << 5
  if (argument < 24) return [kind | argument]
  if (argument < 0x100) return [kind | 24, argument]
  if (argument < 0x1_0000) return [kind | 25, argument >> 8, argument & 0xff]
  const bytes = (number: number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff)
  if (argument < 2 ** 32) return [kind | 26, ...bytes(argument)]
  return [kind | 27, ...bytes(Math.floor(argument / 2 ** 32)), ...bytes(argument % 2 ** 32)]
}

function notCbor(): never {
  throw new TypeError('not CBOR of an authenticator')
}
