import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hash, pad, toNumber } from '../../src/srp/numbers.ts'
import { runs } from '../runs.ts'

/** A number of so many bits at most, of any length. */
const anyNumber = fc
  .integer({ min: 1, max: 3100 })
  .chain((bits) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }))

describe('pad', () => {
  test.each([
    [0n, [0]],
    [1n, [1]],
    [0x7fn, [0x7f]],
    [0x80n, [0, 0x80]],
    [0xffn, [0, 0xff]],
    [0x100n, [1, 0]],
    [0x7ffn, [7, 0xff]],
    [0x800n, [8, 0]],
    [0x7fffn, [0x7f, 0xff]],
    [0x8000n, [0, 0x80, 0]],
    [0x9abcn, [0, 0x9a, 0xbc]],
    [0xa0b0c0n, [0, 0xa0, 0xb0, 0xc0]],
    [0xfffn, [0xf, 0xff]],
    [0xf00dn, [0, 0xf0, 0x0d]],
  ])('%#: gives the bytes of Java', (number, bytes) => {
    expect(pad(number)).toEqual(Uint8Array.from(bytes))
  })

  test('gives the fewest bytes of which the first bit is 0, around every power of two', () => {
    const powers = Array.from({ length: 3100 }, (_, bit) => 1n << BigInt(bit))
    const around = powers.flatMap((power) => [power - 1n, power, power + 1n])
    expect(around.filter((number) => !isPadded(number))).toEqual([])
  })

  test('gives the fewest bytes of which the first bit is 0, of anything', () => {
    fc.assert(fc.property(anyNumber, isPadded), runs(10_000))
  })

  /** By shifts alone, from the definition: big-endian, and in fewer bytes the sign would turn. */
  function isPadded(number: bigint): boolean {
    const bytes = pad(number)
    const bits = BigInt(8 * bytes.length)
    const right = [...bytes].every((byte, i) => {
      const shift = bits - BigInt(8 * (i + 1))
      return BigInt(byte) === ((number >> shift) & 0xffn)
    })
    return right && number >> (bits - 1n) === 0n && (bits === 8n || number >> (bits - 9n) !== 0n)
  }
})

describe('toNumber', () => {
  test.each([
    [[], 0n],
    [[0], 0n],
    [[0, 0, 1], 1n],
    [[1, 0], 256n],
    [[255, 254], 0xfffen],
  ])('%j', (bytes, number) => {
    expect(toNumber(Uint8Array.from(bytes))).toBe(number)
  })

  test('of anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => {
        expect(toNumber(bytes)).toBe(BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
      }),
      runs(2000),
    )
  })

  test('reads only its own part of a buffer', () => {
    expect(toNumber(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toBe(0x203n)
    expect(toNumber(Buffer.from('0203', 'hex'))).toBe(0x203n)
  })

  test('undoes pad', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        expect(toNumber(pad(number))).toBe(number)
      }),
      runs(2000),
    )
  })
})

describe('hash', () => {
  test('is SHA-256 of the parts, one after the other', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 5 }), (parts) => {
        const expected = createHash('sha256').update(Buffer.concat(parts)).digest()
        expect(Buffer.from(hash(...parts))).toEqual(expected)
      }),
      runs(2000),
    )
  })

  test('leaves the parts as they are', () => {
    const part = Uint8Array.of(1, 2, 3)
    hash(part, part)
    expect(part).toEqual(Uint8Array.of(1, 2, 3))
  })
})
