// What a caller has to give, and the mistake that it is to give something else.
import { refuse } from '../errors.ts'

/** Bytes of a generator. Zeros are a buffer that was used before: whoever takes bytes here wipes them. */
export function wantBytes(name: string, bytes: Uint8Array, least: number): void {
  const isBytes =
    ArrayBuffer.isView(bytes) && Object.prototype.toString.call(bytes) === '[object Uint8Array]'
  const came = isBytes ? `${bytes.length} bytes` : `another ${typeof bytes}`
  if (!isBytes || bytes.length < least) refuse(name, `at least ${least} bytes`, came)
  if (!bytes.some(Boolean)) refuse(name, 'fresh from a generator', 'zeros')
}

/** Texts, by name. */
export function wantTexts(texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts))
    if (typeof text !== 'string') refuse(name, 'a string', `another ${typeof text}`)
}

/** Numbers, by name. */
export function wantNumbers(numbers: Readonly<Record<string, unknown>>): void {
  for (const [name, number] of Object.entries(numbers))
    if (typeof number !== 'bigint' || number < 0n)
      refuse(name, 'a bigint from 0', `another ${typeof number}`)
}
