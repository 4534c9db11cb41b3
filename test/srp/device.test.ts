import { randomBytes } from 'node:crypto'
import vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../src/srp/index.ts'
import type { NewDeviceInput } from '../../src/srp/index.ts'
import { failureOf } from '../wire/fakes.ts'
import { countingPower, device, everythingIn, expectMistake, machine } from './fakes.ts'
import { N, bytesOf, g, numberOf, power, privateKeyOf } from './reference.ts'

const metadata = { DeviceKey: device.key, DeviceGroupKey: device.groupKey }
const secret = Uint8Array.from(Buffer.from(device.password, 'base64'))
const salt = Uint8Array.from({ length: 16 }, (_, i) => 0xeb - i)

/** As the service names a device, with fresh copies of the bytes. */
const input = (changes: Partial<NewDeviceInput> = {}): NewDeviceInput => ({
  ...{ metadata, secret: secret.slice(), salt: salt.slice() },
  ...changes,
})

/** What has to come of it, from the definitions. */
function expected(password: string, salt: Uint8Array) {
  const saltNumber = numberOf(salt)
  const verifier = power(g, privateKeyOf(machine, password, saltNumber))
  return {
    device: { ...device, password },
    verifier: {
      Salt: bytesOf(saltNumber).toString('base64'),
      PasswordVerifier: bytesOf(verifier).toString('base64'),
    },
  }
}

describe('a new device', () => {
  test('has the names of the service, the secret as base64, and a verifier of it', async () => {
    expect(await newDevice(input())).toEqual(expected(device.password, salt))
  })

  test.each([
    ['with the top bit set', [0x80, ...Array<number>(15).fill(0)]],
    ['without it', [0x7f, ...Array<number>(15).fill(255)]],
    ['with a zero in front', [0, 0x7f, ...Array<number>(14).fill(1)]],
    ['with a zero that is the sign', [0, 0x80, ...Array<number>(14).fill(1)]],
    ['of an odd number of digits', [0x0f, ...Array<number>(15).fill(0)]],
    ['with many zeros in front', [...Array<number>(15).fill(0), 9]],
    ['that is longer', Array.from({ length: 33 }, (_, i) => 250 - i)],
  ])('takes a salt %s', async (_what, bytes) => {
    const salt = Uint8Array.from(bytes)
    expect(await newDevice(input({ salt }))).toEqual(expected(device.password, salt))
  })

  test('leaves no secret behind where the service names no device', async () => {
    const wiped = secret.slice()
    const named = { DeviceKey: '', DeviceGroupKey: '' }
    const failure = await failureOf(newDevice(input({ metadata: named, secret: wiped })))
    expect(failure).toMatchObject({ code: 'bad-response' })
    expect([...wiped]).toEqual([...secret].fill(0))
  })

  test.each([40, 41, 42, 64, 200])('takes a secret of %d bytes', async (length) => {
    const secret = randomBytes(length)
    const password = secret.toString('base64')
    expect(await newDevice(input({ secret }))).toEqual(expected(password, salt))
  })

  test('takes bytes of another realm', async () => {
    const foreign = (bytes: Uint8Array): Uint8Array =>
      vm.runInNewContext('Uint8Array.from(bytes)', { bytes: [...bytes] }) as Uint8Array
    const changes = { secret: foreign(secret), salt: foreign(salt) }
    expect(await newDevice(input(changes))).toEqual(expected(device.password, salt))
  })

  test('wipes the secret, and leaves the salt', async () => {
    const given = input()
    await newDevice(given)
    expect(given.secret).toEqual(new Uint8Array(40))
    expect(given.salt).toEqual(salt)
  })

  test('has wiped the secret before anything else can run', () => {
    const given = input()
    void newDevice(given)
    expect(given.secret).toEqual(new Uint8Array(40))
  })

  test('takes one power, by the port where there is one', async () => {
    const { modPow, asked } = countingPower()
    expect(await newDevice(input({ modPow }))).toEqual(expected(device.password, salt))
    expect(asked).toEqual([[g, privateKeyOf(machine, device.password, numberOf(salt)), N]])
    const later = (...given: [bigint, bigint, bigint]) => Promise.resolve(power(...given))
    expect(await newDevice(input({ modPow: later }))).toEqual(expected(device.password, salt))
  })

  test.each([
    ['secret', 'too few bytes', secret.slice(1)],
    ['secret', 'a text', device.password],
    ['secret', 'numbers', [...secret]],
    ['secret', 'nothing', undefined],
    ['salt', 'too few bytes', salt.slice(1)],
    ['salt', 'a text', 'eb'.repeat(16)],
    ['salt', 'numbers', [...salt]],
    ['salt', 'nothing', undefined],
  ])('has no %s of %s', async (option, _what, value) => {
    const { modPow, asked } = countingPower()
    const failure = await failureOf(newDevice(input({ [option]: value, modPow })))
    expectMistake(failure, option)
    const least = option === 'salt' ? 16 : 40
    expect((failure as Error).message).toContain(`at least ${least} bytes; got `)
    expect(asked).toEqual([])
  })

  test.each(['secret', 'salt'])('has no %s of zeros, as a used buffer has them', async (option) => {
    const failure = await failureOf(newDevice(input({ [option]: new Uint8Array(40) })))
    expectMistake(failure, option)
    expect((failure as Error).message).toContain('fresh from a generator; got zeros')
  })

  test('cannot be made of a buffer that made another', async () => {
    const given = secret.slice()
    await newDevice(input({ secret: given }))
    expectMistake(await failureOf(newDevice(input({ secret: given }))), 'secret')
  })

  test.each([
    ['the same bytes', [0, 40], [0, 40]],
    ['the last byte', [0, 40], [39, 60]],
    ['the first byte', [15, 60], [0, 16]],
    ['a part', [0, 60], [20, 40]],
  ])('has no salt that shares %s with the secret', async (_what, ofSecret, ofSalt) => {
    const bytes = Uint8Array.from({ length: 60 }, (_, i) => i + 1)
    const [one, other] = [ofSecret, ofSalt].map(([start, end]) => bytes.subarray(start, end))
    const failure = await failureOf(newDevice(input({ secret: one!, salt: other! })))
    expectMistake(failure, 'salt')
    expect((failure as Error).message).toContain('bytes of its own; got bytes of the secret')
    expect([...bytes]).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
  })

  test.each([
    [
      [0, 40],
      [40, 60],
    ],
    [
      [20, 60],
      [0, 20],
    ],
  ])('may be made of neighbours in one buffer', async (ofSecret, ofSalt) => {
    const bytes = Uint8Array.from({ length: 60 }, (_, i) => i + 1)
    const [one, other] = [ofSecret, ofSalt].map(([start, end]) => bytes.subarray(start, end))
    const password = Buffer.from(one!).toString('base64')
    const wanted = expected(password, other!.slice())
    expect(await newDevice(input({ secret: one!, salt: other! }))).toEqual(wanted)
  })

  test.each([
    ['a negative', () => -1n],
    ['the modulus', () => N],
    ['a text', () => '7' as never],
    ['an error', () => Promise.reject(new Error('native'))],
  ])('blames a port that gives %s', async (_what, modPow) => {
    const failure = await failureOf(newDevice(input({ modPow })))
    expectMistake(failure, 'modPow')
    const x = privateKeyOf(machine, device.password, numberOf(salt))
    for (const hidden of [device.password, String(x), x.toString(16)])
      expect(everythingIn(failure)).not.toContain(hidden)
  })
})
