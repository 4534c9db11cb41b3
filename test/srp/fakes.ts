import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import type { ModPow } from '../../src/ports.ts'
import { isAuthError } from '../../src/errors.ts'
import { createKeyPair } from '../../src/srp/index.ts'
import type { DeviceClaimInput, KeyPair, PasswordClaimInput } from '../../src/srp/index.ts'
import { hexOf, power, publicKeyOf, register } from './reference.ts'
import type { Names } from './reference.ts'

// A person, a device, and a service that asks both for a proof.

export const now = Date.UTC(2026, 8, 24, 13, 50, 15)
export const userPoolId = 'eu-west-1_Ab12Cd34E'
export const person: Names = { pool: 'Ab12Cd34E', user: '6f1c0f2e-50a1-7031-9b0a-0c7f6d2f8a11' }
export const password = 'Correct-Horse7 battery!'
export const device = {
  key: 'eu-west-1_11111111-2222-4333-8444-555555555555',
  groupKey: '-v7w9UcY6',
  password: '7yYOmqPGc68kDReiZgSANhqOCB0f/soqXtDjIZ/BhWdMsLJQxiUNUg==',
}
export const machine: Names = { pool: device.groupKey, user: device.key }
export const salt = 0xdbbe8e1e1527eeb1972d939227bf4569n
export const secretBlock = randomBytes(48).toString('base64')

/** The service's secret key in all that follows. */
export const b = 0x17f3_8a6c_55d0_9b21_4e7a_c0de_9f3b_1a5d_86e2_70c4_d1b8_f96a_2c35_e7d8_0b4f_913dn

export const personAccount = register(person, password, salt)
export const machineAccount = register(machine, device.password, salt)

/** What the service asks of the person. */
export const personChallenge = {
  USERNAME: 'alice',
  USER_ID_FOR_SRP: person.user,
  SALT: hexOf(salt),
  SRP_B: hexOf(publicKeyOf(personAccount, b)),
  SECRET_BLOCK: secretBlock,
}

/** What the service asks of the device. */
export const deviceChallenge = {
  USERNAME: 'alice',
  DEVICE_KEY: device.key,
  SALT: hexOf(salt),
  SRP_B: hexOf(publicKeyOf(machineAccount, b)),
  SECRET_BLOCK: secretBlock,
}

/** The client's secret key in all that follows, in the fewest bytes that are taken. */
export const a = Uint8Array.from({ length: 40 }, (_, i) => (i * 73 + 151) & 255)
export const keys = (): Promise<KeyPair> => createKeyPair(a.slice())

export async function personInput(
  changes: Partial<PasswordClaimInput> = {},
): Promise<PasswordClaimInput> {
  return {
    keyPair: await keys(),
    challenge: personChallenge,
    now,
    userPoolId,
    password,
    ...changes,
  }
}

export async function deviceInput(
  changes: Partial<DeviceClaimInput> = {},
): Promise<DeviceClaimInput> {
  const username = personChallenge.USER_ID_FOR_SRP
  return { keyPair: await keys(), challenge: deviceChallenge, now, device, username, ...changes }
}

/** A port that keeps what it was asked for. */
export function countingPower(): { readonly modPow: ModPow; readonly asked: bigint[][] } {
  const asked: bigint[][] = []
  return {
    asked,
    modPow(base, exponent, modulus) {
      asked.push([base, exponent, modulus])
      return power(base, exponent, modulus)
    },
  }
}

/** All that a person who looks for it can find in an error. */
export const everythingIn = (failure: unknown): string =>
  inspect(failure, { depth: 9, showHidden: true, maxStringLength: null })

/** A caller's mistake: named, and not taken for the service's. */
export function expectMistake(failure: unknown, option: string): void {
  expect(failure).toBeInstanceOf(TypeError)
  expect(isAuthError(failure)).toBe(false)
  const named = `latchkey: "${option}" must be `
  expect((failure as TypeError).message.slice(0, named.length)).toBe(named)
}

/** A service that is not trusted: what it sent is named and not shown. */
export function expectDistrust(failure: unknown, parameter: string): void {
  expect(isAuthError(failure)).toBe(true)
  const detail = `${parameter} is not what it must be`
  // Every field that there is, hidden or not; so there is none for what was sent.
  const { stack, ...fields } = Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(failure as Error)).map(([name, { value }]) => [
      name,
      value as unknown,
    ]),
  )
  expect(fields).toEqual({
    name: 'AuthError',
    message: `bad-response: ${detail}`,
    code: 'bad-response',
    retryable: true,
    detail,
  })
  // The first line is the message; what follows are places.
  expect(String(stack).split('\n    at ')[0]).toMatch(
    new RegExp(`^(?:Auth)?Error: bad-response: ${detail}$`),
  )
}
