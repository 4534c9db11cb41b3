import { createDiffieHellman, createHash, getDiffieHellman } from 'node:crypto'
import { pow } from '@noble/curves/abstract/modular.js'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import * as srp from '../../src/srp/index.ts'
import { N, g, k, power, powerBy, reduce } from '../../src/srp/group.ts'
import { runs } from '../runs.ts'
import { failureOf } from '../wire/fakes.ts'
import { everythingIn, expectMistake } from './fakes.ts'
import { bytesOf, numberOf } from './reference.ts'

describe('the group', () => {
  const published = getDiffieHellman('modp15')

  test('is group 15 of RFC 3526', () => {
    expect(N).toBe(numberOf(published.getPrime()))
    expect(N.toString(2)).toMatch(/^1{64}[01]{2944}1{64}$/)
    expect(g).toBe(numberOf(Buffer.from(published.getGenerator())))
  })

  test('has the multiplier of SRP-6a, of both numbers with their sign', () => {
    const hash = createHash('sha256').update(Buffer.of(0)).update(published.getPrime())
    expect(k).toBe(numberOf(hash.update(Buffer.of(2)).digest()))
    expect(k).toBe(0x538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6n)
  })

  test('is told to those who speak to the service themselves', () => {
    expect([srp.N, srp.g, srp.k]).toEqual([N, g, k])
  })
})

const limit = 1n << 6177n
const below = (bits: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n })

/** The three things that are promised of a remainder; the last is what the proof beside it ends in. */
function isReduced(t: bigint): boolean {
  const rest = reduce(t)
  return rest % N === t % N && rest >= 0n && rest <= N + (N >> 63n)
}

describe('reduce', () => {
  const edges: Readonly<Record<string, bigint>> = {
    'the largest': limit - 1n,
    'the largest product of two of its results': (2n * N - 1n) ** 2n,
    'the same, shifted by a digit of base 32': ((2n * N - 1n) ** 2n) << 31n,
    'only the highest bit': limit >> 1n,
    'ones and zeros': (limit - 1n) / 3n,
    'zeros and ones': (2n * (limit - 1n)) / 3n,
    'bytes of ones, bytes of zeros': ((limit - 1n) / 0xffffn) * 0xff00n,
    'the base of a session at its most': N - 1n + (N - k) * (N - 1n),
    'the base of a session at its least': 1n + (N - k),
  }
  test.each(Object.entries(edges))('of %s', (_what, t) => {
    expect(t).toBeLessThan(limit)
    expect(isReduced(t)).toBe(true)
  })

  test('around every power of two', () => {
    const powers = Array.from({ length: 6177 }, (_, bit) => 1n << BigInt(bit))
    const around = powers.flatMap((power) => [power - 1n, power, power + 1n])
    expect(around.filter((t) => !isReduced(t))).toEqual([])
  })

  test('around multiples of the modulus', () => {
    const factors = [0n, 1n, 2n, 3n, k, N - 1n, N, N + 1n, 2n * N, limit / N - 1n, limit / N]
    for (let bit = 0n; bit < 3105n; bit += 9n) factors.push(1n << bit, (1n << bit) - 1n)
    const around = factors
      .flatMap((factor) => [factor * N - 1n, factor * N, factor * N + 1n])
      .filter((t) => t >= 0n && t < limit)
    expect(around.length).toBeGreaterThan(2000)
    expect(around.filter((t) => !isReduced(t))).toEqual([])
  })

  test('of anything', () => {
    fc.assert(fc.property(below(6177), isReduced), runs(20_000))
  })

  test('of anything of any length', () => {
    const any = fc.integer({ min: 1, max: 6177 }).chain(below)
    fc.assert(fc.property(any, isReduced), runs(20_000))
  })

  test('of anything near a multiple of the modulus', () => {
    const near = fc
      .tuple(below(3105), fc.bigInt({ min: -(1n << 64n), max: 1n << 64n }))
      .map(([factor, distance]) => factor * N + distance)
      .filter((t) => t >= 0n && t < limit)
    fc.assert(fc.property(near, isReduced), runs(10_000))
  })
})

describe('power', () => {
  const exponents = [
    ...Array.from({ length: 70 }, (_, i) => BigInt(i)),
    ...[255n, 256n, 1023n, 1024n, 1025n, 32n ** 3n, 32n ** 3n - 1n, 0b11111_00000_10001n],
    ...[(1n << 256n) - 1n, 1n << 256n, (1n << 320n) - 1n, (1n << 512n) / 3n, (1n << 512n) / 31n],
    ...[N - 1n, N, (N - 1n) / 2n],
  ]

  test.each([
    ['the generator', 2n],
    ['0', 0n],
    ['1', 1n],
    ['3', 3n],
    ['-1', N - 1n],
    ['-2', N - 2n],
    ['0, from above', N],
    ['1, from above', N + 1n],
    ['the generator, from above', N + 2n],
    ['the largest base', 2n * N - 1n],
    ['the multiplier', k],
  ])('of %s', (_what, base) => {
    for (const exponent of exponents) {
      const result = power(base, exponent)
      // 0 to the 0 is 1.
      expect(result).toBe(pow(base % N, exponent, N))
    }
  })

  test.each([2n, 3n, N - 2n])('by every digit, at every place: base %#', (base) => {
    for (let digit = 1n; digit < 32n; digit++)
      for (const place of [0n, 5n, 10n, 15n, 55n]) {
        const exponent = (digit << place) | (1n << 60n)
        expect(power(base, exponent)).toBe(pow(base, exponent, N))
      }
  })

  test('of the generator and of anything, by anything', () => {
    const base = fc.oneof(
      fc.constant(g),
      fc.bigInt({ min: 0n, max: 2n * N - 1n }),
      fc.bigInt({ min: 0n, max: 99n }),
    )
    const exponent = fc.integer({ min: 1, max: 640 }).chain(below)
    fc.assert(
      fc.property(base, exponent, (base, exponent) => {
        expect(power(base, exponent)).toBe(pow(base % N, exponent, N))
      }),
      runs(1000),
    )
  })

  test('as OpenSSL takes it, of exponents of any length', () => {
    const openssl = createDiffieHellman(bytesOf(N), 2)
    fc.assert(
      fc.property(
        fc.oneof(fc.constant(g), fc.bigInt({ min: 2n, max: N - 2n })),
        fc.bigInt({ min: 1n, max: N - 1n }),
        (base, exponent) => {
          openssl.setPrivateKey(bytesOf(exponent))
          expect(power(base, exponent)).toBe(numberOf(openssl.computeSecret(bytesOf(base))))
        },
      ),
      runs(200),
    )
  })
})

// A power that is right and slow is no use: what it costs is counted, not timed. Each reduction cuts
// its number with `asUintN`.
describe('a power costs', () => {
  /** How many reductions somebody needs. */
  function reductions(work: () => unknown): number {
    const cut = vi.spyOn(BigInt, 'asUintN')
    onTestFinished(() => {
      cut.mockRestore()
    })
    reduce(1n)
    const cutsOfOne = cut.mock.calls.length
    cut.mockClear()
    work()
    return cut.mock.calls.length / cutsOfOne
  }

  const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n

  test.each([5, 10, 256, 320, 1024, 3071])('of the generator: one reduction a bit: %d', (bits) => {
    // But for the first two digits of base 32, of which the power is a shift.
    const digits = Math.ceil(bits / 5)
    expect(reductions(() => power(g, ones(bits)))).toBeLessThanOrEqual(5 * Math.max(digits - 2, 0))
  })

  const table = 16
  test.each([
    ['ones only: windows are full', ones(515), table + 515 + 103],
    ['1, 0, 0, 0, 1 and so on', BigInt(`0b${'10001'.repeat(103)}`), table + 515 + 103],
    ['1, 0, 0, 0, 0 and so on', BigInt(`0b${'10000'.repeat(103)}`), table + 515 + 103],
    ['zeros after a 1', 1n << 514n, table + 515 + 1],
    ['ones and zeros', BigInt(`0b${'10'.repeat(258)}`), table + 516 + 86],
  ])('of anything: a squaring a bit, a product a window: %s', (_what, exponent, most) => {
    expect(reductions(() => power(3n, exponent))).toBeLessThanOrEqual(most)
  })
})

describe('the port for a power', () => {
  test('is not needed', async () => {
    expect(await powerBy(undefined, 3n, 5n)).toBe(243n)
  })

  test.each([
    ['at once', (base: bigint, exponent: bigint, modulus: bigint) => pow(base, exponent, modulus)],
    [
      'in time',
      (base: bigint, exponent: bigint, modulus: bigint) =>
        Promise.resolve(pow(base, exponent, modulus)),
    ],
  ])('answers %s', async (_when, modPow) => {
    expect(await powerBy(modPow, 3n, N - 1n)).toBe(1n)
    expect(await powerBy(modPow, N - 1n, N)).toBe(N - 1n)
  })

  test('is asked with the base, the exponent and the modulus, and believed', async () => {
    const asked: unknown[] = []
    const modPow = (...given: unknown[]): bigint => {
      asked.push(given)
      return 7n
    }
    expect(await powerBy(modPow, 3n, 5n)).toBe(7n)
    expect(asked).toEqual([[3n, 5n, N]])
  })

  test.each([0n, 1n, N - 1n])('may give any remainder: %#', async (given) => {
    expect(await powerBy(() => given, 3n, 5n)).toBe(given)
  })

  test.each([
    ['a negative', -1n],
    ['the modulus', N],
    ['more than the modulus', N + 1n],
    ['a text', '243'],
    ['a number', 243],
    ['nothing', undefined],
    ['null', null],
    ['bytes', Uint8Array.of(243)],
  ])('must not give %s', async (_what, given) => {
    for (const result of [given, Promise.resolve(given)]) {
      const failure = await failureOf(powerBy(() => result as never, 3n, 5n))
      expectMistake(failure, 'modPow')
      expect((failure as Error).message).toContain(
        'a function that gives a bigint below the modulus',
      )
      expect((failure as Error).message).toContain(`got another ${typeof given}`)
      expect(everythingIn(failure)).not.toContain('243')
    }
  })

  test.each([
    [
      'throws',
      (cause: unknown) => () => {
        throw cause
      },
    ],
    ['rejects', (cause: unknown) => () => Promise.reject(cause)],
  ])('is blamed when it %s', async (_how, failing) => {
    // What it says may quote what it was asked.
    const cause = new RangeError('bad exponent 987654321')
    const failure = await failureOf(powerBy(failing(cause), 3n, 987654321n))
    expectMistake(failure, 'modPow')
    expect((failure as Error).message).toContain('a function that does not fail; got a failure')
    expect(everythingIn(failure)).not.toContain('987654321')
  })

  test.each([{}, null, 0, '', 5])('must be a function, which %j is not', async (given) => {
    expectMistake(await failureOf(powerBy(given as never, 3n, 5n)), 'modPow')
  })

  test('is asked for a base below the modulus', async () => {
    const asked: unknown[] = []
    const modPow = (...given: unknown[]): bigint => {
      asked.push(given)
      return 7n
    }
    await powerBy(modPow, N + 3n, 5n)
    expect(asked).toEqual([[3n, 5n, N]])
  })
})
