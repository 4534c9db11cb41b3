// Text and bytes. By hand, because React Native has TextEncoder and atob in some versions only.

/**
 * The text with U+FFFD for each half of a surrogate pair without the other, as TextEncoder does it. A
 * shorter pattern with the flag u would do, but what React Native's Babel preset makes of one takes the
 * letter before along.
 */
export function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|([\ud800-\udfff])/g, (pair, lone) =>
    lone ? '\ufffd' : pair,
  )
}

/** A text in UTF-8. */
export function utf8(text: string): Uint8Array {
  const units = encodeURIComponent(wellFormed(text)).match(/%..|./g) ?? []
  return Uint8Array.from(units, (unit) =>
    unit[1] ? parseInt(unit.slice(1), 16) : unit.charCodeAt(0),
  )
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Bytes in base64, with padding. */
export function toBase64(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const text = bits.replace(/.{1,6}/g, (six) => digits[parseInt(six.padEnd(6, '0'), 2)]!)
  return text + '='.repeat(-text.length & 3)
}

/** The bytes of padded base64; `undefined` for any other text. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 || !/^[a-z\d+/]*={0,2}$/i.test(text)) return undefined
  // By numbers, not by texts of bits: the block of a sign-in is long.
  const bytes = new Uint8Array((text.replace(/=/g, '').length * 3) >> 2)
  let bits = 0
  for (let i = 0, end = 0; end < bytes.length; i++) {
    bits = (bits << 6) | digits.indexOf(text[i]!)
    if (i % 4) bytes[end++] = bits >> (6 - 2 * (i % 4))
  }
  return bytes
}

/** Bytes in base64url, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The bytes of base64url without padding; `undefined` for any other text. */
export function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined
  const digits = text.replaceAll('-', '+').replaceAll('_', '/')
  return fromBase64(digits + '='.repeat(-text.length & 3))
}

/** The text of UTF-8; `undefined` where the bytes are none. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  const escaped = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  try {
    return decodeURIComponent(escaped)
  } catch {
    return undefined
  }
}
