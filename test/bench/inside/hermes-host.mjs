// What peers take for granted and a bare Hermes does not have; React Native and its packages give
// something of the kind. latchkey asks for none of it.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const bytesOf = (source) => new Uint8Array(source.buffer ?? source)

/** A text of bytes in base64. */
function btoa(text) {
  let base64 = ''
  for (let i = 0; i < text.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((j) => text.charCodeAt(i + j))
    base64 += digits[a >> 2] + digits[((a & 3) << 4) | (b >> 4)]
    base64 += i + 1 < text.length ? digits[((b & 15) << 2) | (c >> 6)] : '='
    base64 += i + 2 < text.length ? digits[c & 63] : '='
  }
  return base64
}

/** The text of bytes that base64 stands for. */
function atob(base64) {
  let [text, bits, value] = ['', 0, 0]
  for (const digit of base64.replace(/=+$/, '')) {
    value = ((value << 6) | digits.indexOf(digit)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    text += String.fromCharCode((value >> bits) & 255)
  }
  return text
}

class TextEncoder {
  encode(text) {
    const units = encodeURIComponent(text).match(/%..|./g) ?? []
    return Uint8Array.from(units, (unit) =>
      unit[1] ? parseInt(unit.slice(1), 16) : unit.charCodeAt(0),
    )
  }
}

class Blob {
  constructor(parts) {
    this.bytes = Uint8Array.from(parts.flatMap((part) => [...bytesOf(part)]))
  }
  arrayBuffer() {
    return Promise.resolve(this.bytes.buffer)
  }
}

const subtle = {
  digest: async (algorithm, data) => sha256(bytesOf(data)).buffer,
  importKey: async (format, key) => bytesOf(key),
  sign: async (algorithm, key, data) => hmac(sha256, key, bytesOf(data)).buffer,
}

/** English, UTC and all parts, whatever is asked for. */
class DateTimeFormat {
  formatToParts(date) {
    const [weekday, day, month, year, time] = date.toUTCString().split(/,? /)
    const [hour, minute, second] = time.split(':')
    const parts = { weekday, month, day: String(Number(day)), hour, minute, second, year }
    return Object.entries({ ...parts, timeZoneName: 'UTC' }).map(([type, value]) => ({
      type,
      value,
    }))
  }
}

Object.assign(globalThis, { atob, btoa, Blob, TextEncoder, crypto: { subtle } })
globalThis.Intl = { DateTimeFormat }
globalThis.self = globalThis
