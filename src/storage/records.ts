// Records in a storage of the host's, whichever it has: versioned, whole, and never a reason to fail.
import type { KeyValueStorage } from '../ports.ts'

/** What every record says about itself. */
export interface Versioned {
  readonly version: 1
}

/** A storage for as long as the page lives. */
export function memoryStorage(): KeyValueStorage {
  const texts = new Map<string, string>()
  return {
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, text) => texts.set(key, text),
    removeItem: (key) => texts.delete(key),
  }
}

/** A record, if there is one of this version that has every member named; whatever else is none. */
export async function readRecord<Kind extends Versioned>(
  storage: KeyValueStorage | undefined,
  key: string,
  members: string,
): Promise<Kind | undefined> {
  try {
    const record = JSON.parse((await storage?.getItem(key)) ?? '') as Kind & Record<string, unknown>
    const whole = members.split(' ').every((name) => Object.hasOwn(record, name))
    return whole && (record.version as number) === 1 ? record : undefined
  } catch {
    // Not JSON, or a storage that is blocked or broken: as if there were nothing.
    return undefined
  }
}

/** Keeps a record, or takes it away. Says whether that worked: storages can be full, or closed to a page. */
export async function writeRecord(
  storage: KeyValueStorage | undefined,
  key: string,
  record: Versioned | undefined,
): Promise<boolean> {
  try {
    await (record ? storage?.setItem(key, JSON.stringify(record)) : storage?.removeItem(key))
    return storage !== undefined
  } catch {
    return false
  }
}
