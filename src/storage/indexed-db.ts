// Records in IndexedDB. What is read and written is idb-keyval's affair; connections, which browsers close,
// block and forget as they like, are this file's.
import { getMany, setMany, update } from 'idb-keyval'
import type { UseStore } from 'idb-keyval'
import type { Clock, Database, IndexedDB } from '../ports.ts'
import type { Store, WriteOptions } from './store.ts'
import { timeout } from '../turns.ts'

const name = 'latchkey'
const records = 'records'

// Always there. A page that is going away is told by WebKit that there is nothing by any key: an empty
// answer counts only beside this one.
const mark = ''

/** How long an open, and then a transaction, may take. */
const patience = 2_000

/** Stands for what need not be written. */
const unchanged = Symbol('unchanged')

const nameOf = (error: unknown): string => String((error as Partial<Error> | null)?.name)

/**
 * Whether another connection could do better: this one was closed by the browser, its server was lost, or
 * its database never got what is made when it is new.
 */
const isLost = (error: unknown): boolean =>
  /^(InvalidState|NotFound|Unknown|Abort)Error$/.test(nameOf(error))

const aborted = (): Error => Object.assign(new Error('aborted'), { name: 'AbortError' })

/** A store over one connection to the database of this project, opened when it is first used. */
export function indexedDbStore(factory: IndexedDB, clock: Clock): Store {
  // Never one that was rejected.
  let connection: Promise<Database> | undefined

  /** Without a version: the one that the database has. */
  const open = (version?: number): Promise<Database> =>
    new Promise((resolve, reject) => {
      const request = factory.open(name, version)
      let isLate = false
      // One that waits for other tabs to close theirs ends here too.
      const stop = clock.after(patience, () => {
        isLate = true
        reject(timeout('the database does not open'))
      })
      request.onupgradeneeded = () => {
        const database = request.result
        if (!database.objectStoreNames.contains(records))
          database.createObjectStore(records).put(1, mark)
      }
      request.onsuccess = () => {
        stop()
        if (isLate) request.result.close()
        else resolve(request.result)
      }
      request.onerror = () => {
        stop()
        reject(request.error)
      }
    })

  const openComplete = async (): Promise<Database> => {
    const database = await open(1).catch((error: unknown) => {
      // A later version of this project was here, or the lines below.
      if (nameOf(error) === 'VersionError') return open()
      throw error
    })
    if (database.objectStoreNames.contains(records)) return database
    // Firefox can leave a database that ends while it is made without its stores, for good.
    database.close()
    return open(database.version + 1)
  }

  const connect = (): Promise<Database> => {
    const mine = openComplete().then((database) => {
      database.onclose = forget
      // Somebody wants to delete the database, or to make it another: nobody has to wait for this page.
      database.onversionchange = () => {
        forget()
        database.close()
      }
      return database
    })
    const forget = (): void => {
      if (connection === mine) connection = undefined
    }
    mine.catch(forget)
    return (connection = mine)
  }

  const transact = <Value>(
    database: Database,
    mode: string,
    durability: string,
    work: (store: never) => Value | PromiseLike<Value>,
  ): Promise<Value> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(records, mode, { durability })
      const store = transaction.objectStore(records)
      let reason: unknown
      const abort = (why: unknown): boolean => {
        reason ??= why
        try {
          transaction.abort()
          return true
        } catch {
          // It has ended, or is about to: one of the events says how.
          return false
        }
      }
      const stop = clock.after(patience, () => {
        const late = timeout('the transaction does not end')
        // Aborted it is; a browser that did not end it may not say so either.
        if (abort(late)) reject(late)
      })
      // Not before the end, a read neither: only then it is what the database says.
      transaction.addEventListener('complete', () => {
        stop()
        resolve(result)
      })
      transaction.addEventListener('abort', () => {
        stop()
        const why: unknown = transaction.error ?? reason ?? aborted()
        reject(why)
      })
      const facade = {
        transaction,
        get: (key: string) => store.get(key),
        put: (value: unknown, key: string) =>
          value === undefined
            ? store.delete(key)
            : value === unchanged
              ? undefined
              : store.put(value, key),
      }
      // What throws in the middle must take along what was put before.
      const result = (async () => work(facade as never))()
      result.catch(abort)
    })

  const use =
    (mode?: WriteOptions): UseStore =>
    async (kind, work) => {
      for (let isFirst = true; ; isFirst = false) {
        const connecting = connection ?? connect()
        const database = await connecting
        try {
          return await transact(database, kind, mode?.durability ?? 'default', work)
        } catch (error) {
          if (!isFirst || !isLost(error)) throw error
          if (connection === connecting) connection = undefined
          database.close()
        }
      }
    }

  const get = async (key: string): Promise<unknown> => {
    const [value, isThere] = await getMany<unknown>([key, mark], use())
    if (value !== undefined || isThere !== undefined) return value
    // Emptied by somebody, or the answer to a page that is going: that one cannot complete a write.
    await setMany([[mark, 1]], use())
    const [again] = await getMany<unknown>([key], use())
    return again
  }

  return {
    get,
    set: (entries, options) => setMany(entries as [string, unknown][], use(options)),
    async update(key, change, options) {
      let was: unknown
      let is: unknown
      await update<unknown>(
        key,
        (found) => {
          was = found
          is = change(found)
          return is === was ? unchanged : is
        },
        use(options),
      )
      return { was, is }
    },
    close() {
      connection?.then(
        (database) => {
          database.close()
        },
        () => undefined,
      )
      connection = undefined
    },
  }
}
