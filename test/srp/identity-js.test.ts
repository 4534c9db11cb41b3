import { createRequire } from 'node:module'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { createKeyPair, deviceClaim, newDevice, passwordClaim } from '../../src/srp/index.ts'
import { runs } from '../runs.ts'
import * as people from './people.ts'
import { accepts, hexOf, publicKeyOf, register } from './reference.ts'
import type { Responses } from './reference.ts'

// The same sign-in by amazon-cognito-identity-js, all of it: its own client code, a service in the place
// of its network, and the numbers that its generator of random numbers is made to give.

type Callback = (error: Error | null, data?: unknown) => void

/** What is used of the package; its own types know nothing of what is inside. */
interface User {
  deviceKey?: string
  deviceGroupKey?: string
  randomPassword?: string
  authenticateUser(details: object, callbacks: object): void
  getDeviceResponse(callbacks: object): void
}
interface Helper {
  generateHashDevice(groupKey: string, deviceKey: string, callback: Callback): void
  getRandomPassword(): string
  getSaltDevices(): string
  getVerifierDevices(): string
}

const require = createRequire(import.meta.url)
const { AuthenticationDetails, CognitoUser, CognitoUserPool } =
  require('amazon-cognito-identity-js') as {
    AuthenticationDetails: new (data: object) => object
    CognitoUser: new (data: object) => User
    CognitoUserPool: new (data: object) => { client: object }
  }
const { default: AuthenticationHelper } =
  require('amazon-cognito-identity-js/lib/AuthenticationHelper') as {
    default: new (poolName: string) => Helper
  }

/** Its randomness comes in words of 32 bits, the first byte highest. */
function giveRandom(...parts: readonly Uint8Array[]): { readonly left: () => number } {
  const bytes = Buffer.concat(parts)
  let next = 0
  vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((words) => {
    if (words instanceof Uint32Array) words[0] = bytes.readUInt32BE(next)
    next += 4
    return words
  })
  return { left: () => bytes.length - next }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const theirLength = 128
const facts = fc.record({
  ...{ pool: people.pool, user: people.user, password: people.password, salt: people.salt },
  ...{ random: people.randomBytes(theirLength, theirLength), b: people.serviceKey },
  ...{
    block: people.secretBlock,
    region: people.region,
    now: people.moment,
    isDevice: fc.boolean(),
  },
})

interface Sent {
  readonly publicKey: string
  readonly responses: Responses
}

/** Lets the package sign in, to a service that asks with `challenge`. */
function theirs(
  {
    pool,
    user,
    password,
    region,
    isDevice,
  }: typeof facts extends fc.Arbitrary<infer Value> ? Value : never,
  challenge: object,
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const Pool = new CognitoUserPool({ UserPoolId: `${region}_${pool}`, ClientId: 'client' })
    let publicKey = ''
    Pool.client = {
      request(_operation: string, input: Record<string, Record<string, string>>, then: Callback) {
        const given = { ...input['AuthParameters'], ...input['ChallengeResponses'] }
        if (given['SRP_A']) {
          publicKey = given['SRP_A']
          then(null, { ChallengeParameters: challenge, Session: 'session' })
        } else resolve({ publicKey, responses: given as unknown as Responses })
      },
    }
    const somebody = new CognitoUser({ Username: isDevice ? 'me' : user, Pool })
    const callbacks = { onSuccess: reject, onFailure: reject }
    if (isDevice) {
      Object.assign(somebody, { deviceKey: user, deviceGroupKey: pool, randomPassword: password })
      somebody.getDeviceResponse(callbacks)
    } else
      somebody.authenticateUser(
        new AuthenticationDetails({ Username: user, Password: password }),
        callbacks,
      )
  })
}

test('a sign-in sends what amazon-cognito-identity-js sends', { timeout: 600_000 }, async () => {
  const count = { person: 0, device: 0 }
  await fc.assert(
    fc.asyncProperty(facts, async (given) => {
      const { pool, user, password, salt, random, b, block, region, now, isDevice } = given
      const account = register(given, password, salt.number)
      const challenge = {
        ...{ SALT: salt.text, SRP_B: hexOf(publicKeyOf(account, b)), SECRET_BLOCK: block },
        ...(isDevice ? { DEVICE_KEY: user } : { USER_ID_FOR_SRP: user }),
      }
      vi.useFakeTimers({ toFake: ['Date'], now })
      const { left } = giveRandom(random)
      const { publicKey, responses } = await theirs(given, challenge)
      expect(left()).toBe(0)
      vi.useRealTimers()

      const keyPair = await createKeyPair(random.slice())
      const proof = { keyPair, challenge, now }
      const claim = isDevice
        ? await deviceClaim({
            ...proof,
            device: { key: user, groupKey: pool, password },
            username: 'me',
          })
        : await passwordClaim({ ...proof, userPoolId: `${region}_${pool}`, password })
      expect(keyPair.publicKey).toBe(publicKey)
      expect(claim).toEqual(responses)
      expect(accepts(account, b, publicKey, responses)).toBe(true)
      count[isDevice ? 'device' : 'person']++
    }),
    runs(300),
  )
  console.log(
    `amazon-cognito-identity-js: ${count.person} sign-ins of people, ${count.device} of devices`,
  )
})

test('a device tells the verifier that amazon-cognito-identity-js tells', async () => {
  const named = fc.record({
    ...{
      pool: people.pool,
      user: people.user,
      salt: people.randomBytes(16, 16),
    },
    secret: people.randomBytes(40, 40),
  })
  // Its constructor draws a key that nobody needs here.
  const unneeded = Uint8Array.from({ length: theirLength }, (_, i) => (i ? 0 : 7))
  let count = 0
  await fc.assert(
    fc.asyncProperty(named, async ({ pool, user, salt, secret }) => {
      const { left } = giveRandom(unneeded, secret, salt)
      const helper = new AuthenticationHelper(pool)
      await new Promise<void>((resolve, reject) => {
        helper.generateHashDevice(pool, user, (error) => {
          if (error) reject(error)
          else resolve()
        })
      })
      expect(left()).toBe(0)
      const { device, verifier } = await newDevice({
        metadata: { DeviceKey: user, DeviceGroupKey: pool },
        ...{ secret: secret.slice(), salt },
      })
      const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
      expect(device.password).toBe(helper.getRandomPassword())
      expect(verifier.Salt).toBe(base64(helper.getSaltDevices()))
      expect(verifier.PasswordVerifier).toBe(base64(helper.getVerifierDevices()))
      count++
    }),
    runs(50),
  )
  console.log(`amazon-cognito-identity-js: ${count} verifiers of devices`)
})
