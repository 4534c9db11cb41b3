// What the pages of a real browser do, told as data.
import { hostClock } from '../../src/ports.ts'
import type { Database, IndexedDB, Transaction } from '../../src/ports.ts'
import { indexedDbStore } from '../../src/storage/indexed-db.ts'
import { memoryStore } from '../../src/storage/memory.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/store.ts'
import { webStore } from '../../src/storage/web.ts'
import { examineStore } from './contract.ts'
import type { Verdict } from './contract.ts'

/** The globals of a page that this is about; Node's types know no others. */
interface Page {
  readonly indexedDB: IndexedDB & { deleteDatabase(name: string): Deletion }
  readonly localStorage: Storage
  readonly sessionStorage: Storage
}
interface Storage {
  readonly length: number
  getItem(key: string): string | null
  setItem(key: string, text: string): void
  removeItem(key: string): void
  clear(): void
}
interface Deletion {
  onsuccess: (() => void) | null
  onerror: (() => void) | null
  onblocked: (() => void) | null
}

const page = globalThis as unknown as Page
const add = (was: unknown): number => ((was as number | undefined) ?? 0) + 1
const name = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'fulfilled',
    (error: unknown) => (error as Error).name,
  )
const create = (factory: IndexedDB = page.indexedDB): Store => indexedDbStore(factory, hostClock)

/** The one that a page holds open from one question to the next. */
let mine: Store | undefined
const held = (): Store => (mine ??= create())

/** A database of another make: without its stores, or of a later version. */
const makeDatabase = (version: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = page.indexedDB.open('latchkey', version)
    request.onsuccess = () => {
      request.result.close()
      resolve()
    }
    request.onerror = () => {
      reject(request.error)
    }
  })

/** Deletes the database; says whether a page had to be waited for. */
export const deleteDatabase = (): Promise<string> =>
  new Promise((resolve) => {
    const deletion = page.indexedDB.deleteDatabase('latchkey')
    let how = 'at once'
    deletion.onblocked = () => (how = 'blocked')
    deletion.onsuccess = () => {
      resolve(how)
    }
    deletion.onerror = () => {
      resolve('failed')
    }
  })

/** What stores do, in each adapter. */
export async function examineAll(): Promise<Readonly<Record<string, readonly Verdict[]>>> {
  const found: Record<string, readonly Verdict[]> = {}
  found['indexedDB'] = await examineStore(held())
  found['localStorage'] = await examineStore(webStore(page.localStorage, hostClock))
  found['sessionStorage'] = await examineStore(webStore(page.sessionStorage, hostClock))
  found['memory'] = await examineStore(memoryStore())
  return found
}

/** Whether a key that must not get out still works when it comes back. */
export async function keepKey(): Promise<unknown> {
  const algorithm = { name: 'AES-GCM', length: 256 }
  const made = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  await held().update('key', (was) => was ?? made, { durability: 'strict' })
  const key = (await create().get('key')) as typeof made
  const iv = new Uint8Array(12)
  const secret = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, made, new Uint8Array([1, 2]))
  const open = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, secret)
  return { extractable: key.extractable, text: [...new Uint8Array(open)] }
}

/** A value that cannot be cloned, after one that can. */
export async function putHalf(): Promise<unknown> {
  await held().set([['half', undefined]])
  const entries = [
    ['half', 1],
    ['other', () => 1],
  ] as const
  return [await name(held().set(entries)), (await held().get('half')) ?? 'nothing']
}

/** The browser's databases, but for transactions that are aborted, or connections that are closed, first. */
function meddle(
  with_: (database: Database, transaction: () => Transaction) => Transaction,
): IndexedDB {
  return {
    open(databaseName, version) {
      const request = page.indexedDB.open(databaseName, version)
      const result = (): Database => {
        const database = request.result
        const transaction = database.transaction.bind(database)
        return new Proxy(database, {
          get: (target, property) => {
            if (property === 'transaction')
              return (...[store, mode, options]: Parameters<Database['transaction']>) =>
                with_(target, () => transaction(store, mode, options))
            const value: unknown = Reflect.get(target, property, target)
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          },
          set: (target, property, value) => Reflect.set(target, property, value, target),
        })
      }
      return new Proxy(request, {
        get: (target, property) =>
          property === 'result' ? result() : (Reflect.get(target, property, target) as unknown),
        set: (target, property, value) => Reflect.set(target, property, value, target),
      })
    },
  }
}

/** So many transactions are aborted once they have written. */
export async function abort(times: number): Promise<unknown> {
  await held().set([
    ['a', 1],
    ['b', 1],
  ])
  let left = times
  const store = create(
    meddle((_, begin) => {
      const transaction = begin()
      if (left-- > 0)
        void Promise.resolve().then(() => {
          transaction.abort()
        })
      return transaction
    }),
  )
  const outcome = await name(
    store.set([
      ['a', 2],
      ['b', 2],
    ]),
  )
  store.close()
  return [outcome, await held().get('a'), await held().get('b')]
}

/** A connection that the browser has closed without a word. */
export async function loseConnection(): Promise<unknown> {
  await held().set([['n', 1]])
  let isLost = false
  const store = create(
    meddle((database, begin) => {
      if (!isLost) database.close()
      isLost = true
      return begin()
    }),
  )
  const change = await store.update('n', add)
  store.close()
  return change
}

/** A database that was left without its stores, and one of a later version. */
export async function mend(): Promise<unknown> {
  held().close()
  const deleted = await deleteDatabase()
  await makeDatabase(1)
  await held().set([['a', 1]])
  const mended = await held().get('a')
  await makeDatabase(9)
  return [deleted, mended, await held().get('a')]
}

/** More than a storage takes: into texts, of which a page has a few million, or into the database. */
export async function overfill(
  where: 'localStorage' | 'indexedDB',
  bytes: number,
): Promise<unknown> {
  const store = where === 'indexedDB' ? held() : webStore(page.localStorage, hostClock)
  // Not to be made smaller by whoever keeps it.
  const pieces: string[] = []
  for (let at = 0; at < bytes; at += 65_536)
    pieces.push(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(65_536))))
  const text = pieces.join('')
  await store.set([
    ['a', 1],
    ['b', 1],
  ])
  const states: string[] = []
  const open = openStore({
    store,
    clock: hostClock,
    settle: (_, __, mine) => mine,
    onState: (state) => states.push(state),
  })
  const raw = await name(
    store.set([
      ['a', 2],
      ['b', text],
    ]),
  )
  const left = [
    await store.get('a'),
    (await store.get('b')) === text ? 'all' : await store.get('b'),
  ]
  const stored = await open.set([
    ['a', 2],
    ['b', text],
  ])
  const { value } = await open.get('b')
  // The person made room.
  await open.set([['b', 'short']])
  for (let tries = 0; tries < 200 && open.state === 'volatile'; tries++)
    await new Promise((resolve) => setTimeout(resolve, 100))
  return {
    raw,
    left,
    stored,
    remembered: value === text,
    states,
    end: [await store.get('a'), String(await store.get('b')).slice(0, 10)],
  }
}

/** What this page does when all pages do it, and what came of it. */
let common: Promise<unknown> = Promise.resolve()
const at = (moment: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, moment - Date.now()))

/** At that moment: opens the database as if for the first time, makes a key of its own, and counts. */
export function begin(moment: number, page: number, times: number): void {
  common = at(moment).then(async () => {
    const start = Date.now()
    const store = openStore({ store: held(), clock: hostClock, settle: (_, stored) => stored })
    const { is, stored } = await store.update('made', (was) => was ?? page, {
      durability: 'strict',
    })
    const milliseconds = Date.now() - start
    let lost = stored ? 0 : 1
    for (let time = 0; time < times; time++) if (!(await store.update('count', add)).stored) lost++
    return { made: is, lost, milliseconds, late: start - moment, state: store.state }
  })
}
/** What came of it. */
export const outcome = (): Promise<unknown> => common

/** What this page finds by a key. */
export const find = async (key: string): Promise<unknown> => (await held().get(key)) ?? 'nothing'
/** Keeps something. */
export const keep = (key: string, value: unknown): Promise<string> =>
  name(held().set([[key, value]]))
