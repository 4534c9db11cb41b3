import vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  createKeyPair,
  privateKey,
  scrambler,
  sessionKey,
  sharedSecret,
} from '../../src/srp/index.ts'
import { wantBytes } from '../../src/srp/want.ts'
import { failureOf } from '../wire/fakes.ts'
import { expectMistake } from './fakes.ts'

describe('bytes', () => {
  const want = (bytes: unknown) => (): void => {
    wantBytes('salt', bytes as Uint8Array, 3)
  }
  const mistake = (work: () => void): Promise<unknown> => failureOf(Promise.resolve().then(work))

  test.each([
    ['as many as wanted', Uint8Array.of(1, 2, 3)],
    ['more', new Uint8Array(99).fill(9)],
    ['with zeros around', Uint8Array.of(0, 1, 0)],
    ['a Buffer', Buffer.from('abc')],
    ['those of another realm', vm.runInNewContext('Uint8Array.of(1, 2, 3)') as unknown],
    ['shared ones', new Uint8Array(new SharedArrayBuffer(3)).fill(1)],
  ])('%s', (_what, bytes) => {
    expect(want(bytes)).not.toThrow()
  })

  test.each([
    ['none', new Uint8Array(0), '0 bytes'],
    ['too few', Uint8Array.of(1, 2), '2 bytes'],
    ['too few of another realm', vm.runInNewContext('Uint8Array.of(1, 2)') as unknown, '2 bytes'],
    ['numbers', [1, 2, 3], 'another object'],
    ['a text', 'abc', 'another string'],
    ['words', new Uint16Array(3), 'another object'],
    ['signed bytes', new Int8Array(3), 'another object'],
    ['clamped bytes', new Uint8ClampedArray(3), 'another object'],
    ['their buffer', new ArrayBuffer(3), 'another object'],
    ['a view of it', new DataView(new ArrayBuffer(3)), 'another object'],
    ['an object of a length', { length: 3 }, 'another object'],
    [
      'what calls itself bytes',
      { [Symbol.toStringTag]: 'Uint8Array', length: 40, fill: () => undefined },
      'another object',
    ],
    ['a number', 3, 'another number'],
    ['nothing', undefined, 'another undefined'],
    ['null', null, 'another object'],
  ])('not %s', async (_what, bytes, came) => {
    const failure = await mistake(want(bytes))
    expectMistake(failure, 'salt')
    expect((failure as Error).message).toBe(
      `latchkey: "salt" must be at least 3 bytes; got ${came}`,
    )
  })

  test('not zeros, as a buffer has them that was used before', async () => {
    const random = Uint8Array.from({ length: 40 }, (_, i) => i + 1)
    await createKeyPair(random)
    const failure = await failureOf(createKeyPair(random))
    expect((failure as Error).message).toBe(
      'latchkey: "random" must be fresh from a generator; got zeros',
    )
  })
})

describe('what the parts are given', () => {
  const five = { a: 5n, B: 5n, u: 5n, x: 5n }
  const asynchronous = (work: () => unknown): Promise<unknown> =>
    failureOf(Promise.resolve().then(work))

  test.each([-1n, 5, '5', undefined, null, {}, true])('is no number where it is %s', async (no) => {
    const wrong = no as never
    const calls: readonly (readonly [string, () => unknown])[] = [
      ['A', () => scrambler(wrong, 5n)],
      ['B', () => scrambler(5n, wrong)],
      ['S', () => sessionKey(wrong, 5n)],
      ['u', () => sessionKey(5n, wrong)],
      ['salt', () => privateKey('pool', 'user', 'password', wrong)],
      ['a', () => sharedSecret({ ...five, a: wrong })],
      ['u', () => sharedSecret({ ...five, u: wrong })],
      ['x', () => sharedSecret({ ...five, x: wrong })],
    ]
    for (const [name, call] of calls) {
      const failure = await asynchronous(call)
      expectMistake(failure, name)
      expect((failure as Error).message).toContain(`a bigint from 0; got another ${typeof no}`)
    }
  })

  test.each([undefined, null, 7, {}, Symbol('text')])('is no text where it is %s', async (no) => {
    const wrong = no as never
    const calls: readonly (readonly [string, () => unknown])[] = [
      ['pool', () => privateKey(wrong, 'user', 'password', 1n)],
      ['user', () => privateKey('pool', wrong, 'password', 1n)],
      ['password', () => privateKey('pool', 'user', wrong, 1n)],
    ]
    for (const [name, call] of calls) expectMistake(await asynchronous(call), name)
  })

  test('may be 0', async () => {
    expect(scrambler(0n, 0n)).toBeGreaterThan(0n)
    expect(privateKey('', '', '', 0n)).toBeGreaterThan(0n)
    expect(sessionKey(0n, 0n)).toHaveLength(16)
    expect(await sharedSecret({ ...five, a: 0n, x: 0n })).toBe(1n)
  })
})
