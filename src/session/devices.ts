// Devices that the service knows, each with its secret, kept by the person they belong to.
import type { KeyValueStorage } from '../ports.ts'
import { readRecord, writeRecord } from '../storage/records.ts'
import type { Versioned } from '../storage/records.ts'

/** A device's names and its secret. */
export interface KnownDevice {
  readonly key: string
  readonly groupKey: string
  readonly password: string
}

/** Where it is kept who last signed in with a passkey. */
export const keyOfPasskey = (clientId: string): string => `latchkey.${clientId}.passkey`

type DeviceRecord = Versioned & KnownDevice

const keyOf = (clientId: string, sub: string): string => `latchkey.${clientId}.device.${sub}`

/** Keeps a device that the service has confirmed; without one, forgets it. */
export async function saveDevice(
  storage: KeyValueStorage | undefined,
  clientId: string,
  sub: string,
  device: KnownDevice | undefined,
): Promise<void> {
  await writeRecord(storage, keyOf(clientId, sub), device && { version: 1, ...device })
}

/** Somebody's device, as far as it is whole: half of one is none. */
export async function findDevice(
  storage: KeyValueStorage | undefined,
  clientId: string,
  sub: string,
): Promise<KnownDevice | undefined> {
  const record = await readRecord<DeviceRecord>(
    storage,
    keyOf(clientId, sub),
    'key groupKey password',
  )
  return record && { key: record.key, groupKey: record.groupKey, password: record.password }
}
