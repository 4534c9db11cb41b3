// Numbers and bytes as the service hashes them.
import { sha256 } from '@noble/hashes/sha2.js'

/**
 * A number in the fewest bytes, big-endian, with a zero byte in front where the first bit would be
 * taken for a sign: Java's `BigInteger.toByteArray`, on which the service is built. Filling up to the
 * length of N, as textbooks do, gives another hash and a refused password.
 */
export function pad(number: bigint): Uint8Array {
  const digits = number.toString(16)
  const sign = digits.length % 2 ? '0' : digits < '8' ? '' : '00'
  const hex = sign + digits
  const bytes = new Uint8Array(hex.length / 2)
  return bytes.map((_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

/** Bytes as a number, big-endian. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
}

/** SHA-256 of the parts, one after the other, without a copy of them that nobody wipes. */
export function hash(...parts: Uint8Array[]): Uint8Array {
  return parts.reduce((state, part) => state.update(part), sha256.create()).digest()
}
