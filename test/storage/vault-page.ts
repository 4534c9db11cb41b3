// What the pages of a real browser do with a vault, told as data.
import { hostClock, hostRandom } from '../../src/ports.ts'
import type { IndexedDB } from '../../src/ports.ts'
import { indexedDbStore } from '../../src/storage/indexed-db.ts'
import { openStore } from '../../src/storage/open.ts'
import { openVault } from '../../src/storage/vault.ts'
import type { AtRest, Vault } from '../../src/storage/vault.ts'
import { webStore } from '../../src/storage/web.ts'

interface Page {
  readonly indexedDB: IndexedDB
  readonly localStorage: Storage
}
interface Storage {
  getItem(key: string): string | null
  setItem(key: string, text: string): void
  removeItem(key: string): void
}
/** A request that asks for all there is. */
interface Everything {
  readonly result: readonly unknown[]
  onsuccess: () => void
}

const page = globalThis as unknown as Page
const real = indexedDbStore(page.indexedDB, hostClock)

/** A vault as a page has it that was just opened. */
const open = (over = real, encryptAtRest = true): Vault => {
  const store = openStore({ store: over, clock: hostClock, settle: (_, stored) => stored })
  return openVault({ store, real: over, clock: hostClock, random: hostRandom, encryptAtRest })
}
const vault = open()
const slotOf = (number: number): string => `record-${String(number)}`

/** Everything that is kept, and every byte of it, as one text. */
function textOf(value: unknown): string {
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value
  if (bytes instanceof Uint8Array) return String.fromCharCode(...bytes)
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, member]) => `${name} ${textOf(member)}`)
    .join(' ')
}
async function dump(): Promise<string> {
  const database = await new Promise<{ readonly result: unknown }>((resolve) => {
    const request = page.indexedDB.open('latchkey')
    request.onsuccess = () => {
      resolve(request)
    }
  })
  const connection = database.result as {
    transaction(store: string): { objectStore(name: string): { getAll(): Everything } }
    close(): void
  }
  const all = await new Promise<readonly unknown[]>((resolve) => {
    const request = connection.transaction('records').objectStore('records').getAll()
    request.onsuccess = () => {
      resolve(request.result)
    }
  })
  connection.close()
  return textOf(all)
}

/** What this page does when all pages do it, and what came of it. */
let common: Promise<unknown> = Promise.resolve()

/** At that moment: seals something, and keeps it for the others. */
export function begin(moment: number, number: number): void {
  common = new Promise((resolve) => setTimeout(resolve, moment - Date.now())).then(async () => {
    const start = Date.now()
    const record = await vault.seal({ canary: `canary-${String(number)}` }, { generation: number })
    const milliseconds = Date.now() - start
    await real.set([[slotOf(number), record]], { durability: 'strict' })
    return {
      keys: 'keys' in record ? record.keys : 'none',
      atRest: vault.atRest,
      name: await vault.nameOf('Zoë'),
      milliseconds,
    }
  })
}
/** What came of it. */
export const outcome = (): Promise<unknown> => common

/** What one that was just opened makes of what so many pages kept: each loss, or its canary. */
export async function openAll(count: number): Promise<readonly string[]> {
  const fresh = open()
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const { plain, loss } = await fresh.open(await real.get(slotOf(number)))
      return loss ?? (plain as { canary: string }).canary
    }),
  )
}

/** Whether a canary is anywhere in the database: beside records sealed, and then beside a plain one. */
export async function search(): Promise<readonly boolean[]> {
  const before = (await dump()).includes('canary')
  const record = await open(real, false).seal({ canary: 'canary' }, {})
  await real.set([['plain', record]])
  const after = (await dump()).includes('canary')
  await real.set([['plain', undefined]])
  return [before, after]
}

/** What a key says when somebody wants its bytes. */
export async function exportKey(): Promise<string> {
  const { cipher } = (await real.get('keys')) as {
    cipher: Parameters<typeof crypto.subtle.exportKey>[1]
  }
  return crypto.subtle.exportKey('raw', cipher).then(
    () => 'exported',
    (error: unknown) => (error as Error).name,
  )
}

/** Seals something, damages the keys, and says what it and a new record then are to a new page. */
export async function damage(how: 'gone' | 'copied' | 'other'): Promise<unknown> {
  const clear = { generation: 1 }
  const old = await open().seal({ n: 1 }, clear)
  const other: unknown = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
  await real.update('keys', (was) => {
    const keys = was as object
    if (how === 'gone') return undefined
    return how === 'copied' ? { ...keys, cipher: {}, names: {} } : { ...keys, cipher: other }
  })
  const fresh = open()
  const { loss } = await fresh.open(old)
  const record = await fresh.seal({ n: 2 }, clear)
  const { plain } = await open().open(record)
  return [loss, fresh.atRest, plain]
}

/** Texts are no place for keys: what is left there, and what is said. */
export async function inTexts(): Promise<readonly [AtRest, string | null]> {
  const atRest = await open(webStore(page.localStorage, hostClock)).ready()
  return [atRest, page.localStorage.getItem('latchkey.keys')]
}
