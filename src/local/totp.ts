// RFC 6238 and RFC 4226: six digits, thirty seconds, HMAC-SHA-1, as every authenticator app has them.
import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Bytes in base32, without padding. */
export function toBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{1,5}/g, (five) => alphabet[parseInt(five.padEnd(5, '0'), 2)]!)
}

/** The bytes of base32. */
export function fromBase32(text: string): Uint8Array {
  const bits = text.replace(/./g, (digit) => alphabet.indexOf(digit).toString(2).padStart(5, '0'))
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2))
}

/** The number of the half minute that a moment lies in. */
export const stepAt = (milliseconds: number): number => Math.floor(milliseconds / 30_000)

/** The code of one half minute. */
export function codeOf(secret: string, step: number): string {
  const counter = new Uint8Array(8)
  new DataView(counter.buffer).setBigUint64(0, BigInt(step))
  const mac = hmac(sha1, fromBase32(secret), counter)
  const offset = mac[19]! & 15
  const bits = new DataView(mac.buffer, mac.byteOffset).getUint32(offset) & 0x7fff_ffff
  return String(bits % 1_000_000).padStart(6, '0')
}

/** Notes a half minute as used. Of all that were, only the last three could count once more. */
export function markUsed(used: Set<number>, step: number): Set<number> {
  used.add(step)
  for (const older of used) if (used.size > 10) used.delete(older)
  return used
}

/** The half minute whose code it is, of those that are let through: the current one and its neighbours. */
export function stepOf(secret: string, code: string, milliseconds: number): number | undefined {
  const now = stepAt(milliseconds)
  return [now, now - 1, now + 1].find((step) => codeOf(secret, step) === code)
}
