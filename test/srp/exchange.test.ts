import { hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { power } from '../../src/srp/group.ts'
import { privateKey, scrambler, sessionKey, sharedSecret } from '../../src/srp/index.ts'
import { runs } from '../runs.ts'
import { failureOf } from '../wire/fakes.ts'
import { countingPower, everythingIn, expectDistrust, expectMistake } from './fakes.ts'
import { N, bytesOf, clientSide, g, k, numberOf, sha256 } from './reference.ts'

const upTo = (max: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max })
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))

describe('the scrambler', () => {
  test.each([
    [0x7fn, 0x80n, '7f0080'],
    [0x80n, 0x7fn, '00807f'],
    [0xfn, 0xabcn, '0f0abc'],
    [1n, 0n, '0100'],
  ])('%#: hashes both public keys as the service writes numbers', (A, B, hex) => {
    expect(scrambler(A, B)).toBe(numberOf(sha256(Buffer.from(hex, 'hex'))))
  })

  test('of anything', () => {
    fc.assert(
      fc.property(upTo(N), upTo(N), (A, B) => {
        expect(scrambler(A, B)).toBe(numberOf(sha256(bytesOf(A), bytesOf(B))))
      }),
      runs(2000),
    )
  })
})

describe('the private key', () => {
  test('joins the names without and the password with a colon', () => {
    const inner = sha256('PoolUser:pass:word ')
    expect(privateKey('Pool', 'User', 'pass:word ', 0x80n)).toBe(
      numberOf(sha256(Buffer.of(0, 0x80), inner)),
    )
    expect(privateKey('Poo', 'lUser', 'pass:word ', 0x80n)).toBe(
      privateKey('Pool', 'User', 'pass:word ', 0x80n),
    )
    expect(privateKey('', '', '', 0n)).toBe(numberOf(sha256(Buffer.of(0), sha256(':'))))
  })

  test('changes nothing of the password', () => {
    const keyOf = (password: string): bigint => privateKey('Pool', 'User', password, 7n)
    const passwords = ['é', 'e\u0301', ' é', 'é ', 'É', '\u00a0é', 'é\0', '\ufeffé', 'é\n', '']
    expect(new Set(passwords.map(keyOf)).size).toBe(passwords.length)
    for (const password of passwords)
      expect(keyOf(password)).toBe(numberOf(sha256(Buffer.of(7), sha256(`PoolUser:${password}`))))
  })

  test('of anything', () => {
    fc.assert(
      fc.property(text, text, text, upTo(1n << 256n), (pool, user, password, salt) => {
        expect(privateKey(pool, user, password, salt)).toBe(
          numberOf(sha256(bytesOf(salt), sha256(`${pool}${user}:${password}`))),
        )
      }),
      runs(2000),
    )
  })
})

describe('the shared secret', () => {
  const names = { pool: 'Ab12Cd34E', user: 'ada' }
  const [salt, password, a] = [0x80n, 'hunter2', (1n << 319n) + 12345n]
  const mine = { names, salt, password, a }

  test.each([
    ['the least', 1n],
    ['the largest', N - 1n],
    ['2', 2n],
    ['the multiplier', k],
    ['a middle one', N / 2n],
    ['less than k * g^x, so that the base is below 0', 0x1234n],
  ])('with a B of the service that is %s', async (_what, B) => {
    const { u, x, S } = clientSide(names, { ...mine, B })
    expect(await sharedSecret({ a, B, u, x })).toBe(S)
  })

  test('with a B that makes the base 0', async () => {
    const { x } = clientSide(names, { ...mine, B: 1n })
    const B = (k * power(g, x)) % N
    expect(await sharedSecret({ a, B, u: 1n, x })).toBe(0n)
  })

  test('takes two powers, of the generator by x and of what is left by a + u * x', async () => {
    const { modPow, asked } = countingPower()
    const B = N / 3n
    const { u, x, base, exponent, S } = clientSide(names, { ...mine, B })
    expect(await sharedSecret({ a, B, u, x }, modPow)).toBe(S)
    expect(asked).toHaveLength(2)
    const [verifier, secret] = asked as [bigint[], [bigint, bigint, bigint]]
    expect(verifier).toEqual([g, x, N])
    expect([secret[0] % N, ...secret.slice(1)]).toEqual([base, exponent, N])
    expect(secret[0]).toBeGreaterThanOrEqual(0n)
    expect(secret[0]).toBeLessThan(2n * N)
  })

  test.each([
    ['0', 0n],
    ['N', N],
    ['2N', 2n * N],
    ['k * N', k * N],
    ['N + 1', N + 1n],
    ['-1', -1n],
    ['-N', -N],
    ['1 - N', 1n - N],
  ])('is refused for a B of %s, before any power', async (_what, B) => {
    const { modPow, asked } = countingPower()
    expectDistrust(await failureOf(sharedSecret({ a, B, u: 1n, x: 1n }, modPow)), 'SRP_B')
    expect(asked).toEqual([])
  })

  test('is refused for a u of 0, before any power', async () => {
    const { modPow, asked } = countingPower()
    expectDistrust(await failureOf(sharedSecret({ a, B: 5n, u: 0n, x: 1n }, modPow)), 'SRP_B')
    expect(asked).toEqual([])
  })

  test.each([1, 2])('blames the port for its power %d', async (which) => {
    let count = 0
    const { u, x } = clientSide(names, { ...mine, B: 5n })
    const modPow = () => (++count === which ? N : 1n)
    const failure = await failureOf(sharedSecret({ a, B: 5n, u, x }, modPow))
    expectMistake(failure, 'modPow')
    expect(count).toBe(which)
    for (const secret of [a, x, a + u * x]) {
      expect(everythingIn(failure)).not.toContain(String(secret))
      expect(everythingIn(failure)).not.toContain(secret.toString(16))
    }
  })

  test('is the one of the service, whatever the numbers', async () => {
    const number = fc.bigInt({ min: 1n, max: (1n << 256n) - 1n })
    await fc.assert(
      fc.asyncProperty(number, number, number, number, async (a, b, u, x) => {
        const verifier = power(g, x)
        const B = (k * verifier + power(g, b)) % N
        const service = power((power(g, a) * power(verifier, u)) % N, b)
        expect(await sharedSecret({ a, B, u, x })).toBe(service)
      }),
      runs(200),
    )
  })
})

describe('the session key', () => {
  const derived = (S: bigint, u: bigint): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', bytesOf(S), bytesOf(u), 'Caldera Derived Key', 16))

  test.each([
    ['of one byte', 0x7fn, 0x7fn],
    ['with the top bit set', 0x80n, 0x80n],
    ['of an odd number of digits', 0xabcn, 0xabcn],
    ['of 0', 0n, 0n],
    ['at their most', N - 1n, (1n << 256n) - 1n],
  ])('of numbers %s', (_what, S, u) => {
    expect(sessionKey(S, u)).toEqual(derived(S, u))
  })

  test('is of the secret over the scrambler, not the other way round', () => {
    expect(sessionKey(1n, 2n)).not.toEqual(sessionKey(2n, 1n))
  })

  test('of anything, as node:crypto derives it', () => {
    fc.assert(
      fc.property(upTo(N), upTo(1n << 256n), (S, u) => {
        expect(sessionKey(S, u)).toEqual(derived(S, u))
      }),
      runs(2000),
    )
  })

  test('is a buffer of its own', () => {
    const key = sessionKey(5n, 7n)
    expect(key.buffer.byteLength).toBe(16)
    key.fill(0)
    expect(sessionKey(5n, 7n)).toEqual(derived(5n, 7n))
  })
})
