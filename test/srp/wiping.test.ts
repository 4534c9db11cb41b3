import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createKeyPair, deviceClaim, newDevice, passwordClaim } from '../../src/srp/index.ts'
import {
  a,
  device,
  deviceChallenge,
  deviceInput,
  machine,
  password,
  person,
  personChallenge,
  personInput,
  salt,
} from './fakes.ts'
import { bytesOf, clientSide, numberOf, sha256 } from './reference.ts'
import type { Names } from './reference.ts'

// A number or a text cannot be wiped in JavaScript, bytes can. What is recorded here is what bytes held
// at the moment at which they were filled with zeros.

async function wipedBy(work: () => Promise<unknown>): Promise<string[]> {
  const wiped: string[] = []
  // All typed arrays inherit one; those of bytes get their own for a while.
  const inherited = Reflect.getPrototypeOf(Uint8Array.prototype)!
  Object.defineProperty(Uint8Array.prototype, 'fill', {
    configurable: true,
    value(this: Uint8Array, ...given: unknown[]) {
      if (given.length === 1 && given[0] === 0) wiped.push(hex(this))
      return Reflect.apply(Reflect.get(inherited, 'fill') as () => void, this, given) as unknown
    },
  })
  try {
    await work()
  } finally {
    Reflect.deleteProperty(Uint8Array.prototype, 'fill')
  }
  expect(Object.hasOwn(Uint8Array.prototype, 'fill')).toBe(false)
  return wiped
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** All bytes on the way to a private key that tell of the password. */
const bytesOfPrivateKey = (names: Names, password: string, salt: bigint) => {
  const text = Buffer.from(`${names.pool}${names.user}:${password}`)
  return {
    text: hex(text),
    'inner hash': hex(sha256(text)),
    x: hex(sha256(bytesOf(salt), sha256(text))),
  }
}

/** All bytes on the way to a session key that tell of it. */
const bytesOfSession = (names: Names, password: string, B: string) => {
  const given = { password, salt, a: numberOf(a), B: BigInt(`0x${B}`) }
  const { S, u, K } = clientSide(names, given)
  const extracted = createHmac('sha256', bytesOf(u)).update(bytesOf(S)).digest()
  const block = createHmac('sha256', extracted).update('Caldera Derived Key\x01').digest()
  return { S: hex(bytesOf(S)), extracted: hex(extracted), block: hex(block), K: hex(K) }
}

function expectWiped(wiped: readonly string[], secrets: Readonly<Record<string, string>>): void {
  for (const [what, bytes] of Object.entries(secrets)) expect(wiped, what).toContain(bytes)
}

test('the random bytes of a key pair', async () => {
  expectWiped(await wipedBy(() => createKeyPair(a.slice())), { random: hex(a) })
})

test("the person's claim leaves nothing of the password, the secret and the key", async () => {
  const input = await personInput()
  const secrets = {
    ...bytesOfPrivateKey(person, password, salt),
    ...bytesOfSession(person, password, personChallenge.SRP_B),
  }
  expectWiped(await wipedBy(() => passwordClaim(input)), secrets)
})

test("the device's claim leaves nothing of the password, the secret and the key", async () => {
  const input = await deviceInput()
  const secrets = {
    ...bytesOfPrivateKey(machine, device.password, salt),
    ...bytesOfSession(machine, device.password, deviceChallenge.SRP_B),
  }
  expectWiped(await wipedBy(() => deviceClaim(input)), secrets)
})

test('a new device leaves nothing of its secret', async () => {
  const secret = Buffer.from(device.password, 'base64')
  const input = {
    metadata: { DeviceKey: device.key, DeviceGroupKey: device.groupKey },
    secret: Uint8Array.from(secret),
    salt: bytesOf(salt),
  }
  expectWiped(await wipedBy(() => newDevice(input)), {
    secret: hex(secret),
    ...bytesOfPrivateKey(machine, device.password, salt),
  })
})

test('the bytes of the password are wiped where the port for the power then fails', async () => {
  const input = await personInput({ modPow: () => -1n })
  const wiped = await wipedBy(() => passwordClaim(input).catch(() => undefined))
  expectWiped(wiped, bytesOfPrivateKey(person, password, salt))
})

test('the record is of what was there, and of nothing else', async () => {
  const bytes = Uint8Array.of(1, 2, 3)
  const wiped = await wipedBy(() => {
    bytes.fill(0, 0, 2)
    bytes.fill(7, 0, 2)
    bytes.fill(0)
    return Promise.resolve()
  })
  expect(wiped).toEqual(['070703'])
})
