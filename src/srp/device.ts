import { clean } from '@noble/hashes/utils.js'
import { toBase64 } from '../bytes.ts'
import type { ModPow } from '../ports.ts'
import type { DeviceSecretVerifierConfig, NewDeviceMetadata } from '../wire/operations.ts'
import { privateKey } from './exchange.ts'
import { g, powerBy } from './group.ts'
import { pad, toNumber, wantBytes } from './numbers.ts'
import { trustedText } from './trust.ts'

/** What {@link newDevice} takes. */
export interface NewDeviceInput {
  /** The service's `NewDeviceMetadata`, as it came. */
  readonly metadata: NewDeviceMetadata | undefined
  /** At least 40 bytes of a cryptographic generator, for the device's password; they are wiped. */
  readonly secret: Uint8Array
  /** At least 16 bytes of a cryptographic generator. */
  readonly salt: Uint8Array
  /** The power, where the host has a better one. */
  readonly modPow?: ModPow | undefined
}

/** A device's names and its secret: what has to be kept to sign in with it. */
export interface DeviceSecret {
  readonly key: string
  readonly groupKey: string
  readonly password: string
}

/** What {@link newDevice} gives: what to keep, and what to tell the service in `ConfirmDevice`. */
export interface NewDevice {
  readonly device: DeviceSecret
  readonly verifier: Readonly<Record<keyof DeviceSecretVerifierConfig, string>>
}

/** Gives a device that the service has just named a password, of which the service gets a verifier. */
export async function newDevice({
  metadata,
  secret,
  salt,
  modPow,
}: NewDeviceInput): Promise<NewDevice> {
  wantBytes('secret', secret, 40)
  wantBytes('salt', salt, 16)
  const password = toBase64(secret)
  clean(secret)
  const key = trustedText(metadata, 'DeviceKey')
  const groupKey = trustedText(metadata, 'DeviceGroupKey')
  const saltNumber = toNumber(salt)
  const verifier = await powerBy(modPow, g, privateKey(groupKey, key, password, saltNumber))
  return {
    device: { key, groupKey, password },
    verifier: { Salt: toBase64(pad(saltNumber)), PasswordVerifier: toBase64(pad(verifier)) },
  }
}
