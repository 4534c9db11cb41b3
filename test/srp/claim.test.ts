import { describe, expect, test } from 'vitest'
import { deviceClaim, passwordClaim } from '../../src/srp/index.ts'
import type { ModPow } from '../../src/srp/index.ts'
import { createServiceClock } from '../../src/wire/clock.ts'
import { failureOf, fakeClock } from '../wire/fakes.ts'
import {
  a,
  b,
  countingPower,
  device,
  deviceChallenge,
  deviceInput,
  everythingIn,
  expectMistake,
  keys,
  machine,
  machineAccount,
  now,
  password,
  person,
  personAccount,
  personChallenge,
  personInput,
  salt,
  secretBlock,
  userPoolId,
} from './fakes.ts'
import { N, accepts, clientSide, g, hexOf, numberOf, power, signatureOf } from './reference.ts'

const time = 'Thu Sep 24 13:50:15 UTC 2026'

/** Both claims, and what the service and the definitions say of them. */
const claims = [
  {
    name: 'passwordClaim',
    claim: async (changes: object = {}) => passwordClaim(await personInput(changes)),
    account: personAccount,
    challenge: personChallenge,
    names: { USERNAME: person.user },
    side: clientSide(person, {
      ...{ password, salt, a: numberOf(a) },
      B: BigInt(`0x${personChallenge.SRP_B}`),
    }),
    secret: password,
  },
  {
    name: 'deviceClaim',
    claim: async (changes: object = {}) => deviceClaim(await deviceInput(changes)),
    account: machineAccount,
    challenge: deviceChallenge,
    names: { USERNAME: person.user, DEVICE_KEY: device.key },
    side: clientSide(machine, {
      ...{ password: device.password, salt, a: numberOf(a) },
      B: BigInt(`0x${deviceChallenge.SRP_B}`),
    }),
    secret: device.password,
  },
] as const

describe.each(claims)('$name', ({ claim, account, challenge, names, side, secret }) => {
  test('answers with the names, the block as it came, the time, and a signature of all', async () => {
    expect(await claim()).toEqual({
      ...names,
      PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
      PASSWORD_CLAIM_SIGNATURE: signatureOf(side.K, account, secretBlock, time),
      TIMESTAMP: time,
    })
  })

  test('is accepted by the service', async () => {
    expect(accepts(account, b, (await keys()).publicKey, await claim())).toBe(true)
  })

  test('signs the time of the service', async () => {
    const sent = await claim({ now: Date.UTC(2026, 8, 4, 3, 5, 9) })
    expect(sent.TIMESTAMP).toBe('Fri Sep 4 03:05:09 UTC 2026')
    expect(accepts(account, b, (await keys()).publicKey, sent)).toBe(true)
    expect(accepts(account, b, (await keys()).publicKey, { ...sent, TIMESTAMP: time })).toBe(false)
  })

  test('does not look at what it need not know', async () => {
    const more = {
      ...challenge,
      USERNAME: 'mallory',
      constructor: '7',
      toString: '',
      NEW: '\ud800',
    }
    expect(await claim({ challenge: more })).toEqual(await claim())
    expect(await claim({ challenge: Object.freeze({ ...challenge }) })).toEqual(await claim())
    expect(await claim({ challenge: { __proto__: null, ...challenge } })).toEqual(await claim())
  })

  test('takes both powers by the port, where there is one', async () => {
    const { modPow, asked } = countingPower()
    const expected = await claim()
    expect(await claim({ modPow })).toEqual(expected)
    expect(asked).toHaveLength(2)
    const [verifier, shared] = asked as [bigint[], [bigint, bigint, bigint]]
    expect(verifier).toEqual([g, side.x, N])
    expect([shared[0] % N, ...shared.slice(1)]).toEqual([side.base, side.exponent, N])
    expect(shared[0]).toBeGreaterThanOrEqual(0n)
    expect(shared[0]).toBeLessThan(2n * N)
    const later: ModPow = async (...given) => {
      await new Promise((resolve) => setImmediate(resolve))
      return power(...given)
    }
    expect(await claim({ modPow: later })).toEqual(expected)
    expect(await claim({ modPow: undefined })).toEqual(expected)
  })

  test('believes the port', async () => {
    const sent = await claim({ modPow: () => 7n })
    expect(sent.PASSWORD_CLAIM_SIGNATURE).not.toBe((await claim()).PASSWORD_CLAIM_SIGNATURE)
    expect(accepts(account, b, (await keys()).publicKey, sent)).toBe(false)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('native')
      },
    ],
    ['rejects', () => Promise.reject(new Error('native'))],
    ['gives a text', () => '7'],
    ['gives a number', () => 7],
    ['gives nothing', () => undefined],
    ['gives a negative', () => -1n],
    ['gives the modulus', () => N],
    ['gives more', () => N + 1n],
    ['gives a promise of more', () => Promise.resolve(2n * N)],
    ['is no function', 'pow'],
  ])('blames a port that %s', async (_what, modPow) => {
    const failure = await failureOf(claim({ modPow }))
    expectMistake(failure, 'modPow')
    expectNoSecret(failure)
  })

  test('blames a port that fails at the second power only', async () => {
    let count = 0
    const modPow = (base: bigint, exponent: bigint) => (count++ ? -1n : power(base, exponent))
    const failure = await failureOf(claim({ modPow }))
    expectMistake(failure, 'modPow')
    expect(count).toBe(2)
    expectNoSecret(failure)
  })

  test('refuses what is no time', async () => {
    for (const now of [NaN, Infinity, -Infinity, 8.64e15 + 1, undefined]) {
      const { modPow, asked } = countingPower()
      const failure = await failureOf(claim({ now, modPow }))
      expectMistake(failure, 'now')
      expectNoSecret(failure)
      expect(asked).toEqual([])
    }
  })

  test('accepts a service whose numbers come in other spellings', async () => {
    const expected = await claim()
    for (const respell of [
      (hex: string) => hex.toUpperCase(),
      (hex: string) => `0${hex}`,
      (hex: string) => `00${hex}`,
      (hex: string) => hex.padStart(771, '0'),
      (hex: string) => hex.padStart(131_072, '0'),
    ]) {
      const [SALT, SRP_B] = [respell(challenge.SALT), respell(challenge.SRP_B)]
      expect(await claim({ challenge: { ...challenge, SALT, SRP_B } })).toEqual(expected)
    }
  })

  /** Of everything that is secret, in every spelling that a number has. */
  function expectNoSecret(failure: unknown): void {
    const numbers = [numberOf(a), side.x, side.S, side.exponent, side.base, numberOf(side.K)]
    const told = everythingIn(failure).toLowerCase()
    for (const hidden of numbers.flatMap((number) => [String(number), hexOf(number)]))
      expect(told).not.toContain(hidden)
    expect(told).not.toContain(secret.toLowerCase())
    expect(told).not.toContain(side.K.toString('base64').toLowerCase())
  }
})

describe('the mistakes of a caller', () => {
  const notTexts = [undefined, null, 7, true, {}, [], Symbol('text'), Buffer.from('text')]

  test.each([
    ...['', 'eu-west-1', 'eu-west-1_', '_Ab12Cd34E', 'Ab12Cd34E', 'eu-west-1-Ab12Cd34E'],
    ...['eu-west-1_Ab12Cd34E ', ' eu-west-1_Ab12Cd34E', 'eu-west-1_Ab12Cd34E\n', 'eu west_Ab12'],
    ...['eu-west-1_Ab-12', 'eu-west-1_Ab.12', 'eu-west-1_Äb12', 'eu/west_Ab12', 'eu-west-1_'],
    ...['eu-west-1_Ab12\u212a', 'x\neu-west-1_Ab12', 'us-east-1_my_pool', undefined, null, 7, {}],
    ...[['eu-west-1_Ab12Cd34E'], { toString: () => 'eu-west-1_Ab12Cd34E' }],
  ])('a pool id %j', async (given) => {
    const { modPow, asked } = countingPower()
    const failure = await failureOf(
      personInput({ userPoolId: given as never, modPow }).then(passwordClaim),
    )
    expectMistake(failure, 'userPoolId')
    const expected = typeof given === 'string' ? 'like eu-west-1_Ab12Cd34E' : 'a string'
    expect((failure as Error).message).toContain(`must be ${expected}; got another`)
    expect(asked).toEqual([])
  })

  test.each(notTexts)('a password that is no text: %#', async (given) => {
    const failure = await failureOf(personInput({ password: given as never }).then(passwordClaim))
    expectMistake(failure, 'password')
    expect((failure as Error).message).toContain(`must be a string; got another ${typeof given}`)
  })

  test.each(notTexts)('a user name that is no text: %#', async (given) => {
    const failure = await failureOf(deviceInput({ username: given as never }).then(deviceClaim))
    expectMistake(failure, 'username')
  })

  test.each(['key', 'groupKey', 'password'])('a device whose %s is no text', async (name) => {
    for (const given of notTexts) {
      const wrong = { ...device, [name]: given } as never
      const failure = await failureOf(deviceInput({ device: wrong }).then(deviceClaim))
      expectMistake(failure, `device.${name}`)
      expect(everythingIn(failure)).not.toContain(device.password)
    }
  })

  test.each([undefined, null, 7, 'device', []])('no device: %#', async (given) => {
    const failure = await failureOf(deviceInput({ device: given as never }).then(deviceClaim))
    expectMistake(failure, 'device.key')
  })

  test('come before those of the service', async () => {
    const hostile = { challenge: undefined }
    for (const mistake of [{ now: NaN }, { password: 7 as never }, { keyPair: {} as never }])
      expectMistake(
        await failureOf(personInput({ ...hostile, ...mistake }).then(passwordClaim)),
        Object.keys(mistake)[0]!,
      )
  })
})

describe('the name of the pool', () => {
  test.each([
    ['eu-west-1_Ab12Cd34E', 'Ab12Cd34E'],
    ['us-gov-west-1_0123456789', '0123456789'],
    ['local_Z', 'Z'],
    ['LOCAL-1_b', 'b'],
    ['cn-north-1_ab', 'ab'],
  ])('of %s is %s', async (userPoolId, pool) => {
    const { PASSWORD_CLAIM_SIGNATURE } = await passwordClaim(await personInput({ userPoolId }))
    const names = { pool, user: person.user }
    const B = BigInt(`0x${personChallenge.SRP_B}`)
    const { K } = clientSide(names, { password, salt, a: numberOf(a), B })
    expect(PASSWORD_CLAIM_SIGNATURE).toBe(signatureOf(K, names, secretBlock, time))
  })
})

describe('the device', () => {
  test('is the one that was made: the service need not name it', async () => {
    const { DEVICE_KEY, ...unnamed } = deviceChallenge
    expect(DEVICE_KEY).toBe(device.key)
    const expected = await deviceClaim(await deviceInput())
    expect(await deviceClaim(await deviceInput({ challenge: unnamed }))).toEqual(expected)
  })

  test('signs in for whom it is told to', async () => {
    const username = 'somebody else: ünï 😀'
    const expected = await deviceClaim(await deviceInput())
    expect(await deviceClaim(await deviceInput({ username }))).toEqual({
      ...expected,
      USERNAME: username,
    })
  })
})

test('a claim takes the time that it is given, not that of the device', async () => {
  const sent = await passwordClaim(await personInput({ userPoolId, now: now + 86_400_000 }))
  expect(sent.TIMESTAMP).toBe('Fri Sep 25 13:50:15 UTC 2026')
})

test('a claim has the time of the service, however wrong the device is', async () => {
  const clock = fakeClock(now - 86_400_000)
  const service = createServiceClock(clock)
  service.learn(clock.now(), new Date(now).toUTCString(), undefined)
  const { TIMESTAMP } = await passwordClaim(await personInput({ now: service.now() }))
  expect(TIMESTAMP).toBe(time)
})

test.each(['', '\ud800', 'k'.repeat(131_073)])(
  'the key of a device is not the service’s fault where the service does not name it',
  async (key) => {
    const challenge = { ...deviceChallenge, DEVICE_KEY: undefined }
    const input = await deviceInput({ device: { ...device, key }, challenge })
    expect(await deviceClaim(input)).toMatchObject({ DEVICE_KEY: key })
  },
)
