import { describe, expect, test } from 'vitest'
import { deviceClaim, newDevice, passwordClaim, sharedSecret } from '../../src/srp/index.ts'
import { failureOf } from '../wire/fakes.ts'
import {
  a,
  countingPower,
  device,
  deviceChallenge,
  deviceInput,
  everythingIn,
  expectDistrust,
  machine,
  now,
  password,
  person,
  personChallenge,
  personInput,
  salt,
  secretBlock,
  userPoolId,
} from './fakes.ts'
import { N, clientSide, hexOf, k, numberOf, signatureOf } from './reference.ts'

// A service that is none: what it asks with is refused before a power is taken of anything that the
// password gives, the right parameter is named, and nothing that it sent is repeated.

const megabytes10 = 10 * 2 ** 20
type Kind = readonly [what: string, value: unknown]

/** What is no text at all, as JSON can bring it and as it cannot. */
const noTexts: readonly Kind[] = [
  ['null', null],
  ['a truth', true],
  ['a number', 7],
  ['not a number', NaN],
  ['a big number', 7n],
  ['a list of one text', ['7a']],
  ['an empty list', []],
  ['an object', {}],
  ['an object that says that it is a text', { length: 2, toString: () => '7a' }],
  ['a text in a box', Object('7a')],
  ['bytes', Uint8Array.of(122)],
  ['a function', () => '7a'],
  ['a symbol', Symbol('7a')],
]

const absent: readonly Kind[] = [
  ['that is missing', undefined],
  ['of nothing', ''],
]

/** Texts that no number is: it is in hex, without a sign, and nothing else is in it. */
const noNumbers: readonly Kind[] = [
  ['of a sign', '-'],
  ['below 0', '-7a'],
  ['below -N', `-${hexOf(N + 2n)}`],
  ['with a plus', '+7a'],
  ['after 0x', '0x7a'],
  ['after 0X', '0X7A'],
  ['of 0x', '0x'],
  ['after 0b', '0b1g'],
  ['after 0o', '0o17'],
  ['after #', '#7a'],
  ['with an n', '7an'],
  ['with an h', '7ah'],
  ['with a point', '7.a'],
  ['with a comma', '7,a'],
  ['with an underscore', '7_a'],
  ['with colons', '7a:7a'],
  ['after a space', ' 7a'],
  ['before a space', '7a '],
  ['around a space', '7a 7a'],
  ['of a space', ' '],
  ['after a newline', '\n7a'],
  ['before a newline', '7a\n'],
  ['before a carriage return', '7a\r\n'],
  ['after a tab', '\t7a'],
  ['around a tab', '7a\t7a'],
  ['after a byte order mark', '\ufeff7a'],
  ['before a space that does not break', '7a\u00a0'],
  ['around a space of no width', '7a\u200b7a'],
  ['before NUL', '7a\0'],
  ['around a line separator', '7a\u20287a'],
  ['in full width', '\uff17\uff41'],
  ['in Arabic digits', '\u0667\u0663'],
  ['in Persian digits', '\u06f7\u06f3'],
  ['in mathematical digits', '\u{1d7d5}\u{1d7d1}'],
  ['with a Cyrillic a', '7\u0430'],
  ['with an accent', '7a\u0301'],
  ['with a wrong first digit', 'g7a7a7a7a'],
  ['with a wrong digit in it', '7a7a7G7a7'],
  ['with a wrong last digit', '7a7a7a7ag'],
  ['with a letter O', '7aO7'],
  ['with a letter l', '7al7'],
  ['with the character before 0', '7a/'],
  ['with the character after 9', '7a:'],
  ['with the character before A', '7a@'],
  ['with the character before a', '7a`'],
  ['escaped', '%37%61'],
  ['in base64', 'ego='],
  ['of a word', 'NaN'],
  ['of another word', 'Infinity'],
  ['of half a pair', '7a\ud800'],
  ['of 10 MB of f', 'f'.repeat(megabytes10)],
  ['of 10 MB of 0', '0'.repeat(megabytes10)],
  ['of 10 MB of 0 and 7a', `${'0'.repeat(megabytes10)}7a`],
  ['of 10 MB of f with one wrong digit', `${'f'.repeat(megabytes10)}g`],
  ['of 10 MB of spaces', ' '.repeat(megabytes10)],
  ['of one digit more than there can be', '7'.padStart(131_073, '0')],
]

/** Numbers that no honest service has for a public key. */
const outside: readonly Kind[] = [
  ['of 0', '0'],
  ['of 00', '00'],
  ['of 768 zeros', '0'.repeat(768)],
  ['of as many zeros as there can be', '0'.repeat(131_072)],
  ['of N', hexOf(N)],
  ['of N in upper case', hexOf(N).toUpperCase()],
  ['of N after zeros', `000${hexOf(N)}`],
  ...[2n, 3n, 4n, 7n, 16n, 255n, 65_537n, k, N - 1n, N, N + 1n, 1n << 3072n].map(
    (factor, i): Kind => [`of a multiple of N: ${i}`, hexOf(factor * N)],
  ),
  ['of N + 1', hexOf(N + 1n)],
  ['of N + 2', hexOf(N + 2n)],
  ['of N + k', hexOf(N + k)],
  ['of 2N - 1', hexOf(2n * N - 1n)],
  ['of 2N + 1', hexOf(2n * N + 1n)],
  ['of 2^3072 - 1', hexOf((1n << 3072n) - 1n)],
  ['of 2^3072', hexOf(1n << 3072n)],
  ['of 2^4096', hexOf(1n << 4096n)],
  ['of N and another digit', `${hexOf(N)}0`],
  ['of as many f as there can be', 'f'.repeat(131_072)],
]

const noBase64: readonly Kind[] = [
  ['of a sentence', 'this is no base64!'],
  ['in the spelling of addresses: -', 'Zm9-'],
  ['in the spelling of addresses: _', 'Zm9_'],
  ['in the spelling of addresses, unfilled', 'Zm9v-_'],
  ['unfilled by one', 'Zm8'],
  ['unfilled by two', 'Zg'],
  ['filled by half', 'Zg='],
  ['of a single digit', 'Z'],
  ['of a single digit, filled', 'Z==='],
  ['filled too much', 'Zm9v='],
  ['filled much too much', 'Zm9v===='],
  ['of filling', '===='],
  ['of two fillings', '=='],
  ['filled at the beginning', '==Zg'],
  ['filled in it', 'Zg==Zg=='],
  ['filled within', 'Z=g='],
  ['after a space', ' Zm9'],
  ['before a space', 'Zm9 '],
  ['around a space', 'Zm9v Zm'],
  ['of spaces', '    '],
  ['before a newline', 'Zm9v\n'],
  ['before a newline for a digit', 'Zm9\n'],
  ['in lines', `${'Zm9v'.repeat(16)}\r\n\r\n${'Zm9v'.repeat(16)}`],
  ['around a tab', 'Zm\tv'],
  ['before NUL', 'Zm9\0'],
  ['with a point', 'Zm.v'],
  ['with a comma', 'Zm,v'],
  ['escaped', 'Zm9%3D'],
  ['in full width', '\uff3a\uff4d\uff19\uff56'],
  ['with a letter of another alphabet', 'Zm9\u0430'],
  ['with a Kelvin sign', 'Zm9\u212a'],
  ['with a long s', 'Zm9\u017f'],
  ['with half a pair', 'Zm9\ud83d'],
  ['of an address of data', 'data:;base64,Zm9v'],
  ['of 10 MB of A', 'A'.repeat(megabytes10)],
  ['of 10 MB of A, unfilled', 'A'.repeat(megabytes10 - 1)],
  ['of 10 MB of filling', '='.repeat(megabytes10)],
  ['of 10 MB of no base64', '!'.repeat(megabytes10)],
  ['of four digits more than there can be', 'A'.repeat(131_076)],
]

const noNames: readonly Kind[] = [
  ['of the first half of a pair', '\ud83d'],
  ['of the second half of a pair', '\ude00'],
  ['with half a pair at the beginning', '\ud83dalice'],
  ['with half a pair at the end', 'alice\ud83d'],
  ['with half a pair in it', 'ali\ude00ce'],
  ['with a pair the wrong way round', 'alice\ude00\ud83d'],
  ['with the lowest half', 'alice\ud800'],
  ['with the highest half', 'alice\udfff'],
  ['with a pair and a half', 'alice\ud83d\ude00\ude00'],
  ['with half a pair after a newline', 'alice\n\ud83d'],
  ['of 10 MB', 'a'.repeat(megabytes10)],
  ['of 10 MB of pairs', '\ud83d\ude00'.repeat(megabytes10 / 2)],
  ['of 10 MB of halves', '\ude00\ud83d'.repeat(megabytes10 / 2)],
  ['of one letter more than there can be', 'a'.repeat(131_073)],
]

const noDevice: readonly Kind[] = [
  ['of nothing', ''],
  ['of another device', 'eu-west-1_99999999-2222-4333-8444-555555555555'],
  ['of the group', device.groupKey],
  ['in upper case', device.key.toUpperCase()],
  ['after a space', ` ${device.key}`],
  ['before a newline', `${device.key}\n`],
  ['cut off', device.key.slice(0, -1)],
  ['and more', `${device.key}0`],
  ...noNames,
]

const parameters: Readonly<Record<string, readonly Kind[]>> = {
  SRP_B: [...absent, ...noTexts, ...noNumbers, ...outside],
  SALT: [...absent, ...noTexts, ...noNumbers],
  SECRET_BLOCK: [...absent, ...noTexts, ...noBase64],
}

/** No parameters at all, and the first that is missed then. */
const noChallenges: readonly Kind[] = [
  ['that is missing', undefined],
  ['of null', null],
  ['of no parameter', {}],
  ['of a text', 'mallory'],
  ['of a number', 7],
  ['of a truth', true],
  ['of a list', ['SALT', '7a']],
  ['of a map', new Map(Object.entries(personChallenge))],
]

interface Case {
  readonly what: string
  readonly parameter: string
  readonly value: unknown
  readonly run: (modPow: NonNullable<Parameters<typeof sharedSecret>[1]>) => Promise<unknown>
}

const cases: Case[] = []
const add = (
  whose: string,
  of: Readonly<Record<string, readonly Kind[]>>,
  run: (changes: object, modPow: Parameters<Case['run']>[0]) => Promise<unknown>,
): void => {
  for (const [parameter, kinds] of Object.entries(of))
    for (const [what, value] of kinds)
      cases.push({
        what: `${whose}: ${parameter} ${what}`,
        parameter,
        value,
        run: (modPow) => run({ [parameter]: value }, modPow),
      })
}

add(
  'password',
  { ...parameters, USER_ID_FOR_SRP: [...absent, ...noTexts, ...noNames] },
  async (changes, modPow) =>
    passwordClaim(await personInput({ challenge: { ...personChallenge, ...changes }, modPow })),
)
add('device', { ...parameters, DEVICE_KEY: [...noTexts, ...noDevice] }, async (changes, modPow) =>
  deviceClaim(await deviceInput({ challenge: { ...deviceChallenge, ...changes }, modPow })),
)
for (const [what, value] of noChallenges) {
  const challenge = value as undefined
  cases.push({
    ...{ what: `password: a challenge ${what}`, parameter: 'USER_ID_FOR_SRP', value },
    run: async (modPow) => passwordClaim(await personInput({ challenge, modPow })),
  })
  cases.push({
    ...{ what: `device: a challenge ${what}`, parameter: 'SALT', value },
    run: async (modPow) => deviceClaim(await deviceInput({ challenge, modPow })),
  })
}
const metadata = { DeviceKey: device.key, DeviceGroupKey: device.groupKey }
const bytes = () => ({ secret: a.slice(), salt: a.slice() })
add(
  'new device',
  {
    DeviceKey: [...absent, ...noTexts, ...noNames],
    DeviceGroupKey: [...absent, ...noTexts, ...noNames],
  },
  (changes, modPow) => newDevice({ metadata: { ...metadata, ...changes }, ...bytes(), modPow }),
)
for (const [what, value] of noChallenges)
  cases.push({
    ...{ what: `new device: metadata ${what}`, parameter: 'DeviceKey', value },
    run: (modPow) => newDevice({ metadata: value as undefined, ...bytes(), modPow }),
  })
const secret = { a: 7n, B: 5n, u: 7n, x: 7n }
for (const [what, numbers] of [
  ['u of 0', { u: 0n }],
  ['B of 0', { B: 0n }],
  ['B of N', { B: N }],
  ['B of 2N', { B: 2n * N }],
  ['B of k * N', { B: k * N }],
  ['B of N + 1', { B: N + 1n }],
  ['B of -1', { B: -1n }],
  ['B of -N', { B: -N }],
  ['B and u of 0', { B: 0n, u: 0n }],
] as const)
  cases.push({
    ...{ what: `shared secret: ${what}`, parameter: 'SRP_B', value: undefined },
    run: (modPow) => sharedSecret({ ...secret, ...numbers }, modPow),
  })

describe('refused', () => {
  test.each(cases)('$what', async ({ parameter, value, run }) => {
    const { modPow, asked } = countingPower()
    const failure = await failureOf(run(modPow))
    expectDistrust(failure, parameter)
    expect(asked).toEqual([])
    const told = everythingIn(failure)
    // What is long enough not to be there by chance.
    if (typeof value === 'string' && value.trim().length > 2 && !/^=+$|^NaN$/.test(value))
      expect(told.includes(value)).toBe(false)
    for (const hidden of [password, device.password, secretBlock])
      expect(told).not.toContain(hidden)
  })

  test('at least 200, none twice', () => {
    console.log(`hostile: ${cases.length} inputs`)
    expect(cases.length).toBeGreaterThanOrEqual(200)
    expect(new Set(cases.map(({ what }) => what)).size).toBe(cases.length)
    expect(new Set(cases.map(({ parameter }) => parameter))).toEqual(
      new Set([
        ...['SRP_B', 'SALT', 'SECRET_BLOCK', 'USER_ID_FOR_SRP', 'DEVICE_KEY'],
        ...['DeviceKey', 'DeviceGroupKey'],
      ]),
    )
  })
})

describe('refused in no time', () => {
  /** How long somebody takes who reads every character of 10 MB once. */
  function readingTime(): number {
    const text = '7'.repeat(megabytes10)
    const startedAt = performance.now()
    let sum = 0
    for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i)
    expect(sum).toBe(megabytes10 * 0x37)
    return performance.now() - startedAt
  }

  const long = cases.filter(({ what }) => what.includes('10 MB'))
  test.each(long)('$what', async ({ run }) => {
    const { modPow } = countingPower()
    const startedAt = performance.now()
    await failureOf(run(modPow))
    // Even a hundred readings would do. A time that grows with the square of the length would be that
    // of millions.
    expect(performance.now() - startedAt).toBeLessThan(100 * Math.max(readingTime(), 1))
  })

  test('every long kind', () => {
    expect(long.length).toBeGreaterThan(30)
  })
})

describe('not refused', () => {
  const asked = { a: numberOf(a) }

  /** The parameters as numbers, which is all that the definitions know of them. */
  async function expectSigned(changes: Partial<typeof personChallenge>): Promise<void> {
    const challenge = { ...personChallenge, ...changes }
    const names = { pool: person.pool, user: challenge.USER_ID_FOR_SRP }
    const [B, salt] = [BigInt(`0x${challenge.SRP_B}`), BigInt(`0x${challenge.SALT}`)]
    const { K } = clientSide(names, { ...asked, password, salt, B })
    const sent = await passwordClaim(await personInput({ challenge, now, userPoolId }))
    expect(sent.USERNAME).toBe(names.user)
    expect(sent.PASSWORD_CLAIM_SECRET_BLOCK).toBe(challenge.SECRET_BLOCK)
    expect(sent.PASSWORD_CLAIM_SIGNATURE).toBe(
      signatureOf(K, names, challenge.SECRET_BLOCK, sent.TIMESTAMP),
    )
  }

  test.each([
    ['1', '1'],
    ['1 after zeros', '0001'],
    ['1 after as many zeros as there can be', '1'.padStart(131_072, '0')],
    ['2', '2'],
    ['k', hexOf(k)],
    ['N - 1', hexOf(N - 1n)],
    ['N - 1 in upper case', hexOf(N - 1n).toUpperCase()],
    ['N - 1 after zeros', `00000${hexOf(N - 1n)}`],
    ['an odd number of digits', hexOf(N >> 5n)],
    ['a mixed case', 'aBcDeF0123456789'],
    ['a number that looks like another notation', '1e3'],
    ['a number that looks like a binary one', '0b1'],
  ])('a B of %s', async (_what, SRP_B) => {
    await expectSigned({ SRP_B })
  })

  test.each([
    ['0', '0'],
    ['many zeros', '0'.repeat(32)],
    ['one digit', '7'],
    ['one digit with the top bit set', '8'],
    ['two digits with the top bit set', '80'],
    ['31 digits', hexOf(salt).slice(1)],
    ['32 digits in upper case', hexOf(salt).toUpperCase()],
    ['33 digits, the first of them 0', `0${hexOf(salt)}`],
    ['34 digits, the first two of them 0', `00${hexOf(salt)}`],
    ['200 digits', 'c'.repeat(200)],
    ['as many digits as there can be', 'f'.repeat(131_072)],
  ])('a salt of %s', async (_what, SALT) => {
    await expectSigned({ SALT })
  })

  test.each([
    ['one byte', 'AA=='],
    ['two bytes', 'AAA='],
    ['three bytes', '+/+/'],
    ['bits that nobody needs', 'Zh=='],
    ['as many bytes as there can be', 'Zm9v'.repeat(32_768)],
  ])('a secret block of %s', async (_what, SECRET_BLOCK) => {
    await expectSigned({ SECRET_BLOCK })
  })

  test.each([
    ...['a', ' ', ':', 'a:b:', '  spaces  ', '\t', '\n', '\0', 'alice@example.com', '+15551234567'],
    ...['josé', 'jose\u0301', '用户', 'пользователь', 'شخص', '😀', 'a😀\u{10ffff}', '\ud7ff\ue000'],
    ...['\ufffd', '\ufeff', '\u2028', '__proto__', '"><script>', '%00', 'a'.repeat(131_072)],
  ])('a user id %#', async (USER_ID_FOR_SRP) => {
    await expectSigned({ USER_ID_FOR_SRP })
  })

  test.each(['DeviceKey', 'DeviceGroupKey'])('a %s of any letters', async (name) => {
    for (const value of ['-', ':', ' a ', '用户', '😀', 'a'.repeat(131_072)]) {
      const { device: made } = await newDevice({
        metadata: { ...metadata, [name]: value },
        ...bytes(),
      })
      expect(made[name === 'DeviceKey' ? 'key' : 'groupKey']).toBe(value)
    }
  })

  test.each([
    ['B of 1', { SRP_B: '1' }],
    ['B of N - 1', { SRP_B: hexOf(N - 1n) }],
    ['salt of 0', { SALT: '0' }],
    ['odd salt in upper case', { SALT: 'ABC' }],
    ['short block', { SECRET_BLOCK: 'AA==' }],
    ['name', { DEVICE_KEY: device.key }],
  ])("a device's %s", async (_what, changes) => {
    const challenge = { ...deviceChallenge, ...changes }
    const [B, salt] = [BigInt(`0x${challenge.SRP_B}`), BigInt(`0x${challenge.SALT}`)]
    const { K } = clientSide(machine, { ...asked, password: device.password, salt, B })
    const sent = await deviceClaim(await deviceInput({ challenge }))
    expect(sent.PASSWORD_CLAIM_SIGNATURE).toBe(
      signatureOf(K, machine, challenge.SECRET_BLOCK, sent.TIMESTAMP),
    )
  })
})
