import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import { takeKeys } from '../../src/srp/exchange.ts'
import { createKeyPair, deviceClaim, passwordClaim } from '../../src/srp/index.ts'
import type { KeyPair } from '../../src/srp/index.ts'
import { failureOf } from '../wire/fakes.ts'
import {
  a,
  countingPower,
  deviceInput,
  everythingIn,
  expectDistrust,
  expectMistake,
  keys,
  personChallenge,
  personInput,
} from './fakes.ts'
import { N, bytesOf, g, hexOf, numberOf, power } from './reference.ts'

const zeros = new Uint8Array(40)

describe('a key pair', () => {
  test.each([40, 41, 64, 128, 383, 384, 400])('of %d random bytes', async (length) => {
    const random = randomBytes(length)
    const expected = hexOf(power(g, numberOf(random)))
    expect(await createKeyPair(Uint8Array.from(random))).toEqual({ publicKey: expected })
  })

  test.each([
    [1n, '2'],
    [3n, '8'],
    [0x7fn, hexOf(1n << 127n)],
    [N - 1n, '1'],
    [N, '2'],
  ])('of a number with zeros in front: %#', async (number, publicKey) => {
    const random = Uint8Array.from(Buffer.from(hexOf(number).padStart(800, '0'), 'hex'))
    expect(await createKeyPair(random)).toEqual({ publicKey })
  })

  test('is the same for the same bytes, and another for others', async () => {
    const other = a.slice()
    other[39]! ^= 1
    const [one, two] = [await keys(), await keys()]
    expect(one).toEqual(two)
    expect(await createKeyPair(other)).not.toEqual(one)
  })

  test.each([
    ['of this realm', (bytes: Uint8Array) => bytes.slice()],
    ['of Node', (bytes: Uint8Array) => Buffer.from(bytes)],
    ['of a part of a buffer', (bytes: Uint8Array) => Uint8Array.of(9, ...bytes, 9).subarray(1, 41)],
    [
      'of another realm',
      (bytes: Uint8Array) =>
        vm.runInNewContext('Uint8Array.from(bytes)', { bytes: [...bytes] }) as Uint8Array,
    ],
  ])('takes bytes %s, and wipes them', async (_where, make) => {
    const random = make(a)
    expect(await createKeyPair(random)).toEqual(await keys())
    expect([...random]).toEqual([...zeros])
  })

  test('wipes its own part of a buffer only', async () => {
    const buffer = Uint8Array.of(9, ...a, 9)
    await createKeyPair(buffer.subarray(1, 41))
    expect([...buffer]).toEqual([9, ...zeros, 9])
  })

  test('has wiped the bytes before anything else can run', () => {
    const random = a.slice()
    void createKeyPair(random)
    expect(random).toEqual(zeros)
  })

  test.each([
    ['too few bytes', a.slice(1)],
    ['no bytes', new Uint8Array(0)],
    ['numbers', [...a]],
    ['a text', Buffer.from(a).toString('hex')],
    ['words', new Uint16Array(40).fill(7)],
    ['their buffer', a.slice().buffer],
    ['nothing', undefined],
    ['null', null],
    ['a length', 40],
  ])('is not made of %s', async (_what, random) => {
    const { modPow, asked } = countingPower()
    const failure = await failureOf(createKeyPair(random as never, modPow))
    expectMistake(failure, 'random')
    expect((failure as Error).message).toContain('at least 40 bytes')
    expect(asked).toEqual([])
  })

  test.each([40, 128])('is not made of %d zeros', async (length) => {
    const { modPow, asked } = countingPower()
    const failure = await failureOf(createKeyPair(new Uint8Array(length), modPow))
    expectMistake(failure, 'random')
    expect((failure as Error).message).toContain('must be fresh from a generator; got zeros')
    expect(asked).toEqual([])
  })

  test('is made by the port where there is one', async () => {
    const { modPow, asked } = countingPower()
    expect(await createKeyPair(a.slice(), modPow)).toEqual(await keys())
    expect(asked).toEqual([[g, numberOf(a), N]])
    const later = (...given: [bigint, bigint, bigint]) => Promise.resolve(power(...given))
    expect(await createKeyPair(a.slice(), later)).toEqual(await keys())
  })

  test('has no public key of 0, whatever the port gives', async () => {
    const failure = await failureOf(createKeyPair(a.slice(), () => 0n))
    expectMistake(failure, 'modPow')
    expect((failure as Error).message).toContain('a modular power; got a function that gives 0')
  })

  test.each([
    ['a negative', () => -1n],
    ['the modulus', () => N],
    ['a text', () => '7' as never],
    [
      'nothing, but an error',
      () => {
        throw new Error('native')
      },
    ],
  ])('blames a port that gives %s', async (_what, modPow) => {
    const random = a.slice()
    const failure = await failureOf(createKeyPair(random, modPow))
    expectMistake(failure, 'modPow')
    expect(random).toEqual(zeros)
    expect(everythingIn(failure)).not.toContain(String(numberOf(a)))
  })

  test('shows its public key and nothing else', async () => {
    const pair = await keys()
    const { publicKey } = pair
    expect(Reflect.ownKeys(pair)).toEqual(['publicKey'])
    expect(JSON.stringify(pair)).toBe(`{"publicKey":"${publicKey}"}`)
    expect(everythingIn(pair).replaceAll(publicKey, 'A')).toMatch(/^\{\s+publicKey: 'A'\s+\}$/)
    expect(inspect(pair, { getters: true, showProxy: true })).not.toContain(hexOf(numberOf(a)))
    expect(structuredClone(pair)).toEqual({ publicKey })
    expect(Object.getPrototypeOf(pair)).toBe(Object.prototype)
  })

  test('cannot be changed', async () => {
    const pair: { publicKey: string } = await keys()
    expect(() => {
      pair.publicKey = '2'
    }).toThrow(TypeError)
    expect(Object.isFrozen(pair)).toBe(true)
  })
})

describe('a key pair is used once', () => {
  const claims = {
    passwordClaim: async (pair: KeyPair) => passwordClaim(await personInput({ keyPair: pair })),
    deviceClaim: async (pair: KeyPair) => deviceClaim(await deviceInput({ keyPair: pair })),
  }
  const each = Object.entries(claims)
  const pairs = each.flatMap(([first, one]) =>
    each.map(([then, other]) => [first, then, one, other] as const),
  )

  test.each(pairs)('by %s: not by %s after it', async (_first, _then, one, other) => {
    const pair = await keys()
    await one(pair)
    const failure = await failureOf(other(pair))
    expectMistake(failure, 'keyPair')
    expect((failure as Error).message).toContain('unused and of createKeyPair; got another')
  })

  test.each(pairs)('by %s: not by %s at the same time', async (_first, _then, one, other) => {
    const pair = await keys()
    const outcomes = await Promise.allSettled([one(pair), other(pair)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expectMistake(outcome.reason, 'keyPair')
  })

  test('also while a slow port is still at it', async () => {
    const pair = await keys()
    const never = () => new Promise<never>(() => undefined)
    void passwordClaim(await personInput({ keyPair: pair, modPow: never }))
    expectMistake(await failureOf(claims.passwordClaim(pair)), 'keyPair')
  })

  test('also where the answer was hostile', async () => {
    for (const parameter of ['USER_ID_FOR_SRP', 'SALT', 'SRP_B', 'SECRET_BLOCK']) {
      const pair = await keys()
      const challenge = { ...personChallenge, [parameter]: '' }
      const input = await personInput({ keyPair: pair, challenge })
      expectDistrust(await failureOf(passwordClaim(input)), parameter)
      expectMistake(await failureOf(claims.passwordClaim(pair)), 'keyPair')
    }
  })

  test('also where the port failed', async () => {
    const pair = await keys()
    const input = await personInput({ keyPair: pair, modPow: () => -1n })
    expectMistake(await failureOf(passwordClaim(input)), 'modPow')
    expectMistake(await failureOf(claims.deviceClaim(pair)), 'keyPair')
  })

  test('is not used up by a mistake of the caller', async () => {
    const pair = await keys()
    for (const mistake of [{ password: 7 as never }, { now: NaN }, { userPoolId: '' }])
      await failureOf(personInput({ keyPair: pair, ...mistake }).then(passwordClaim))
    for (const mistake of [{ username: 7 as never }, { now: NaN }, { device: {} as never }])
      await failureOf(deviceInput({ keyPair: pair, ...mistake }).then(deviceClaim))
    await claims.passwordClaim(pair)
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'pair'],
    ['the public key', { publicKey: '2' }],
    ['a copy', (pair: KeyPair) => ({ ...pair })],
    ['a clone', (pair: KeyPair) => structuredClone(pair)],
    ['an heir', (pair: KeyPair) => Object.create(pair) as KeyPair],
  ])('and %s is none', async (_what, other) => {
    const pair = await keys()
    const keyPair = (typeof other === 'function' ? other(pair) : other) as never
    expectMistake(await failureOf(personInput({ keyPair }).then(passwordClaim)), 'keyPair')
    expectMistake(await failureOf(deviceInput({ keyPair }).then(deviceClaim)), 'keyPair')
    await claims.passwordClaim(pair)
  })
})

test('the keys are the ones that were made', async () => {
  const pair = await keys()
  const { a: secret, A } = takeKeys(pair)
  expect(bytesOf(secret)).toEqual(Buffer.from([0, ...a]))
  expect(hexOf(A)).toBe(pair.publicKey)
})
