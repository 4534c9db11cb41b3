// What this device remembers of people whose sign-in was completed: which device key is theirs, and who
// used a passkey. Never what was merely typed: people type passwords into the field for the name.
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64Url, utf8 } from '../bytes.ts'
import type { Core } from '../core.ts'
import { findDevice, keyOfPasskey, saveDevice } from '../session/devices.ts'
import type { KnownDevice } from '../session/devices.ts'
import { readRecord, writeRecord } from '../storage/records.ts'
import type { Versioned } from '../storage/records.ts'

/** Somebody's device, and whose it is. */
export interface FoundDevice extends KnownDevice {
  readonly sub: string
}

interface NameRecord extends Versioned {
  readonly sub: string
}

interface PasskeyNameRecord extends Versioned {
  readonly username: string
}

// Hashed, so that a list of names does not lie about on the device.
const keyOfName = (clientId: string, name: string): string =>
  `latchkey.${clientId}.name.${toBase64Url(sha256(utf8(`${clientId} ${name}`)))}`

/** Where it is noted whose names these are. */
export const keysOfNames = ({ config }: Core, names: readonly string[]): readonly string[] =>
  names.map((name) => keyOfName(config.clientId, name))

/** The device of somebody who signs in by this name. */
export async function recallDevice(
  { config: { storage, clientId } }: Core,
  name: string,
): Promise<FoundDevice | undefined> {
  const named = await readRecord<NameRecord>(storage, keyOfName(clientId, name), 'sub')
  const device = named && (await findDevice(storage, clientId, named.sub))
  return device && { ...device, sub: named.sub }
}

/** Notes there whose they are. */
export async function noteNames(
  { config: { storage } }: Core,
  keys: readonly string[],
  sub: string,
): Promise<void> {
  for (const key of new Set(keys))
    await writeRecord(storage, key, { version: 1, sub } as NameRecord)
}

/** Forgets a device that the service does not know any more. */
export const dropDevice = ({ config: { storage, clientId } }: Core, sub: string): Promise<void> =>
  saveDevice(storage, clientId, sub, undefined)

/** Who last signed in with a passkey and wanted that remembered. */
export async function recallPasskeyName({
  config: { storage, clientId },
}: Core): Promise<string | undefined> {
  const record = await readRecord<PasskeyNameRecord>(storage, keyOfPasskey(clientId), 'username')
  return record?.username
}

/** Notes who signed in with a passkey. */
export async function notePasskeyName(
  { config: { storage, clientId } }: Core,
  username: string,
): Promise<void> {
  await writeRecord(storage, keyOfPasskey(clientId), { version: 1, username } as PasskeyNameRecord)
}
