import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKeyPair, deviceClaim, newDevice, passwordClaim } from '../../src/srp/index.ts'
import { runs } from '../runs.ts'
import * as people from './people.ts'
import { accepts, hexOf, numberOf, publicKeyOf, register } from './reference.ts'
import type { Account, Names, Responses } from './reference.ts'

// Against a service written from the definitions: whoever it is, the service lets them in, and nobody
// else.

/** All that a sign-in is made of. */
const signIn = fc.record({
  ...{ pool: people.pool, user: people.user, password: people.password, salt: people.salt },
  ...{ random: people.randomBytes(40, 384), b: people.serviceKey, block: people.secretBlock },
  ...{ region: people.region, now: people.moment, isDevice: fc.boolean() },
})
type SignIn = typeof signIn extends fc.Arbitrary<infer Value> ? Value : never

/** What the client sends to a service that knows `account`, from what the client believes. */
async function answer(
  account: Account,
  { pool, user, password, salt, random, b, block, region, now, isDevice }: SignIn,
): Promise<{ readonly publicKey: string; readonly sent: Responses }> {
  const keyPair = await createKeyPair(random.slice())
  const challenge = {
    SALT: salt.text,
    SRP_B: hexOf(publicKeyOf(account, b)),
    SECRET_BLOCK: block,
    ...(isDevice ? { DEVICE_KEY: user } : { USER_ID_FOR_SRP: user }),
  }
  const proof = { keyPair, challenge, now }
  const sent = isDevice
    ? await deviceClaim({
        ...proof,
        device: { key: user, groupKey: pool, password },
        username: 'me',
      })
    : await passwordClaim({ ...proof, userPoolId: `${region}_${pool}`, password })
  expect(sent.PASSWORD_CLAIM_SECRET_BLOCK).toBe(block)
  expect(sent.USERNAME).toBe(isDevice ? 'me' : user)
  return { publicKey: keyPair.publicKey, sent }
}

test('the service lets in whoever knows the password', { timeout: 600_000 }, async () => {
  let count = 0
  await fc.assert(
    fc.asyncProperty(signIn, async (facts) => {
      const account = register(facts, facts.password, facts.salt.number)
      const { publicKey, sent } = await answer(account, facts)
      expect(accepts(account, facts.b, publicKey, sent)).toBe(true)
      count++
    }),
    runs(2000),
  )
  console.log(`service: ${count} sign-ins`)
})

test('the service lets in a device that it was told the verifier of', async () => {
  const confirmed = fc.record({
    ...{ pool: people.pool, user: people.user, random: people.randomBytes(40, 64) },
    ...{ secret: people.randomBytes(40, 64), b: people.serviceKey },
    salt: people.randomBytes(16, 32),
    ...{ block: people.secretBlock, now: people.moment },
  })
  await fc.assert(
    fc.asyncProperty(confirmed, async ({ pool, user, secret, salt, ...facts }) => {
      const { device, verifier } = await newDevice({
        metadata: { DeviceKey: user, DeviceGroupKey: pool },
        secret: secret.slice(),
        salt: salt.slice(),
      })
      // As the service stores it: it has seen nothing else.
      const [saltNumber, verifierNumber] = [verifier.Salt, verifier.PasswordVerifier].map((text) =>
        numberOf(Buffer.from(text, 'base64')),
      ) as [bigint, bigint]
      expect(saltNumber).toBe(numberOf(salt))
      const account = { pool, user, salt: saltNumber, verifier: verifierNumber }
      const { publicKey, sent } = await answer(account, {
        ...facts,
        ...{ pool: device.groupKey, user: device.key, password: device.password },
        ...{
          salt: { text: hexOf(saltNumber), number: saltNumber },
          region: 'local',
          isDevice: true,
        },
      })
      expect(accepts(account, facts.b, publicKey, sent)).toBe(true)
    }),
    runs(200),
  )
})

/** What is hashed of somebody. There is nothing between the pool's name and the person's. */
const identity = ({ pool, user }: Names, password: string): string =>
  Buffer.from(`${pool}${user}:${password}`).toString('hex')

test.each(['pool', 'user', 'password'] as const)(
  'the service refuses whoever has another %s',
  async (which) => {
    const other = fc.record({ pool: people.pool, user: people.user, password: people.password })
    await fc.assert(
      fc.asyncProperty(signIn, other, async (facts, other) => {
        const account = register(facts, facts.password, facts.salt.number)
        const wrong = { ...facts, [which]: other[which] }
        fc.pre(identity(wrong, wrong.password) !== identity(facts, facts.password))
        const { publicKey, sent } = await answer(account, wrong)
        expect(accepts(account, facts.b, publicKey, sent)).toBe(false)
      }),
      runs(100),
    )
  },
)

test('the service refuses a claim that was made for another moment, block, salt or key', async () => {
  const changes = {
    time: (sent: Responses) => ({ ...sent, TIMESTAMP: 'Thu Jan 1 00:00:00 UTC 1970' }),
    block: (sent: Responses) => ({ ...sent, PASSWORD_CLAIM_SECRET_BLOCK: 'AAAAAAAA' }),
    signature: (sent: Responses) => ({
      ...sent,
      PASSWORD_CLAIM_SIGNATURE: Buffer.alloc(32).toString('base64'),
    }),
  }
  await fc.assert(
    fc.asyncProperty(signIn, fc.constantFrom(...Object.values(changes)), async (facts, change) => {
      const account = register(facts, facts.password, facts.salt.number)
      const { publicKey, sent } = await answer(account, facts)
      expect(accepts(account, facts.b, publicKey, change(sent))).toBe(false)
      expect(accepts(account, facts.b + 1n, publicKey, sent)).toBe(false)
      expect(accepts(account, facts.b, '4', sent)).toBe(false)
      const salted = { ...facts, salt: { text: `${facts.salt.text}1`, number: 0n } }
      const { sent: oversalted } = await answer(account, salted)
      expect(accepts(account, facts.b, publicKey, oversalted)).toBe(false)
    }),
    runs(50),
  )
})
