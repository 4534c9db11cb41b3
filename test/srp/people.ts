import fc from 'fast-check'
import { N } from './reference.ts'

// Whoever signs in anywhere: what a name, a password, a salt and a key can be.

const anyOf = (characters: string): fc.Arbitrary<string> =>
  fc.constantFrom(...Array.from(characters))
const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export const pool = fc.string({
  unit: anyOf(alphanumeric),
  minLength: 1,
  maxLength: 12,
})
export const region = fc.constantFrom('eu-west-1', 'us-gov-west-1', 'cn-north-1', 'local')

/** What the service calls somebody: there, and of whole characters. */
export const user = fc.oneof(
  fc.uuid(),
  fc.emailAddress(),
  fc.string({ minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom('josé', 'jose\u0301', ' a:b ', ':', '用户 一', 'пользователь', '😀', '\0'),
)

/** UTF-16 as it comes, halves of pairs among it. */
const units = fc
  .array(fc.oneof(fc.integer({ min: 0xd700, max: 0xe0ff }), fc.integer({ min: 0, max: 0xffff })))
  .map((codes) => String.fromCharCode(...codes))

export const password = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }).map((text) => text.normalize('NFC')),
  fc.string({ unit: 'grapheme' }).map((text) => text.normalize('NFD')),
  units,
  fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\0', '\u00a0', '\ufeff', ':', 'a') }),
  fc.constantFrom('', ' ', '\0', 'pässwörd', 'pässwörd'.normalize('NFD'), '\ud800', '\udc00a'),
)

/** A salt as a number and in a spelling that the service could use. */
export const salt = fc
  .string({ unit: anyOf('0123456789abcdefABCDEF'), minLength: 1, maxLength: 70 })
  .chain((digits) => fc.constantFrom(digits, digits.toUpperCase(), `000${digits}`, `f${digits}`))
  .map((text) => ({ text, number: BigInt(`0x${text}`) }))

/** The client's random bytes, as many as are allowed to be asked for and more. */
export const randomBytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength }).filter((bytes) => bytes.some(Boolean))

/** The service's secret key. */
export const serviceKey = fc.bigInt({ min: 1n, max: (1n << 256n) - 1n })

export const secretBlock = fc
  .uint8Array({ minLength: 1, maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString('base64'))

export const moment = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2099, 11, 31) })

/** Whether an honest service would send it: one in 2^3071 it would not. */
export const honest = (B: bigint): boolean => B > 0n && B < N
