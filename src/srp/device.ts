import { clean } from '@noble/hashes/utils.js'
import { toBase64 } from '../bytes.ts'
import { refuse } from '../errors.ts'
import type { ModPow } from '../ports.ts'
import type { DeviceSecretVerifierConfig, NewDeviceMetadata } from '../wire/operations.ts'
import { privateKey } from './exchange.ts'
import { g, powerBy } from './group.ts'
import { pad, toNumber } from './numbers.ts'
import { trustedText } from './trust.ts'
import { wantBytes } from './want.ts'

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
  /** The service's `DeviceKey`. */
  readonly key: string
  /** The service's `DeviceGroupKey`. */
  readonly groupKey: string
  /** Known to this device only. Whoever has it passes for the device. */
  readonly password: string
}

/** What {@link newDevice} gives: what to keep, and what to tell the service in `ConfirmDevice`. */
export interface NewDevice {
  /** To keep, like a password. */
  readonly device: DeviceSecret
  /** The `DeviceSecretVerifierConfig` of `ConfirmDevice`. */
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
  // The salt is told to the service: not a byte of the secret may be in it.
  const [first, second] = [secret, salt].sort((one, other) => one.byteOffset - other.byteOffset)
  if (secret.buffer === salt.buffer && second!.byteOffset < first!.byteOffset + first!.length)
    refuse('salt', 'bytes of its own', 'bytes of the secret')
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
