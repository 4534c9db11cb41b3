import type { Database, IndexedDB, ObjectStore, OpenRequest, Transaction } from '../../src/ports.ts'

// As much of IndexedDB as the adapter uses, in memory: versions, events, transactions that end by
// themselves, one after the other. And everything that befalls the real ones, on demand.

/** What befalls a transaction. */
export interface Fate {
  /** Thrown instead of a transaction. */
  readonly refuses?: Error
  /** Its writes are undone at the end, for this reason. `null`: for none that is told. */
  readonly aborts?: Error | null
  /** Nothing more is ever heard of it; it can be aborted. */
  readonly hangs?: boolean
  /** As that, but only once it is being committed, when nothing can stop it any more. */
  readonly hangsAtTheEnd?: boolean
  /** Reads find nothing, and the transaction is then aborted: what WebKit does to a page that goes. */
  readonly lies?: boolean
}

/** What befalls an open. */
export type Opening = 'hangs' | Error | undefined

interface Kept {
  version: number
  readonly stores: Map<string, Map<string, unknown>>
  readonly connections: Set<FakeDatabase>
  readonly line: (() => Promise<void>)[]
  isBusy: boolean
}

const error = (name: string): Error => Object.assign(new Error(name), { name })
const task = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A browser's databases, for any number of pages. */
export class FakeDisk {
  readonly databases = new Map<string, Kept>()
  /** How durable every transaction that wrote was to be. */
  readonly durabilities: string[] = []
  /** How often each value was put. */
  puts = 0
  opens = 0
  /** Consulted at every open and at every transaction. */
  opening: (version: number | undefined) => Opening = () => undefined
  fate: (mode: string) => Fate | undefined = () => undefined
  private waiting: (() => void)[] = []

  /** Lets every open that hangs go on. */
  release(): void {
    for (const go of this.waiting.splice(0)) go()
  }

  /** The databases as a page sees them. */
  page(): IndexedDB {
    return { open: (name, version) => this.open(name, version) }
  }

  /** What is kept by a key, past everything. */
  look(key: string): unknown {
    return this.databases.get('latchkey')?.stores.get('records')?.get(key)
  }

  /** Ends every connection, as a browser may. */
  lose(tell: boolean): void {
    for (const { connections } of this.databases.values())
      for (const connection of [...connections]) {
        connection.close()
        if (tell) connection.onclose?.()
      }
  }

  /** Resolves once it is gone; says whether a connection stood in the way after being told. */
  async delete(name: string): Promise<'at once' | 'blocked'> {
    const there = this.databases.get(name)
    for (const connection of [...(there?.connections ?? [])]) connection.onversionchange?.()
    await task()
    if (there?.connections.size) return 'blocked'
    this.databases.delete(name)
    return 'at once'
  }

  private open(name: string, version: number | undefined): OpenRequest {
    this.opens++
    const request = {
      result: undefined as unknown as Database,
      error: null as unknown,
      onupgradeneeded: null as (() => void) | null,
      onsuccess: null as (() => void) | null,
      onerror: null as (() => void) | null,
    }
    const run = async (): Promise<void> => {
      const fate = this.opening(version)
      if (fate === 'hangs') await new Promise<void>((resolve) => this.waiting.push(resolve))
      await task()
      const fail = (why: Error): void => {
        request.error = why
        request.onerror?.()
      }
      if (fate instanceof Error) {
        fail(fate)
        return
      }
      const kept: Kept = this.databases.get(name) ?? {
        version: 0,
        stores: new Map(),
        connections: new Set(),
        line: [],
        isBusy: false,
      }
      const wanted = version ?? Math.max(kept.version, 1)
      if (wanted < kept.version) {
        fail(error('VersionError'))
        return
      }
      this.databases.set(name, kept)
      if (wanted > kept.version) {
        for (const other of [...kept.connections]) other.onversionchange?.()
        // Blocked, until the others close.
        while (kept.connections.size > 0) await task()
      }
      const database = new FakeDatabase(this, kept)
      kept.connections.add(database)
      request.result = database
      if (wanted > kept.version) {
        kept.version = wanted
        request.onupgradeneeded?.()
        await task()
      }
      request.onsuccess?.()
    }
    void run()
    return request
  }
}

class FakeDatabase implements Database {
  onversionchange: (() => void) | null = null
  onclose: (() => void) | null = null
  private readonly disk: FakeDisk
  private readonly kept: Kept

  constructor(disk: FakeDisk, kept: Kept) {
    this.disk = disk
    this.kept = kept
  }

  get version(): number {
    return this.kept.version
  }

  get objectStoreNames(): { contains(name: string): boolean } {
    return { contains: (name) => this.kept.stores.has(name) }
  }

  createObjectStore(name: string): ObjectStore {
    const values = new Map<string, unknown>()
    this.kept.stores.set(name, values)
    return {
      get: () => undefined,
      put: (value, key) => values.set(key, value),
      delete: () => undefined,
    }
  }

  close(): void {
    this.kept.connections.delete(this)
  }

  transaction(store: string, mode: string, { durability }: { durability: string }): Transaction {
    if (!this.kept.connections.has(this)) throw error('InvalidStateError')
    const values = this.kept.stores.get(store)
    if (!values) throw error('NotFoundError')
    const fate = this.disk.fate(mode) ?? {}
    if (fate.refuses) throw fate.refuses
    if (mode === 'readwrite') this.disk.durabilities.push(durability)
    const listeners = { complete: [] as (() => void)[], abort: [] as (() => void)[] }
    const undo = new Map<string, unknown>()
    const requests: (() => Promise<void>)[] = []
    let ended: 'no' | 'aborted' | 'committing' = 'no'
    const transaction = {
      error: null as unknown,
      oncomplete: null as (() => void) | null,
      onabort: null as (() => void) | null,
      addEventListener: (type: 'complete' | 'abort', listener: () => void) => {
        listeners[type].push(listener)
      },
      abort: () => {
        if (ended !== 'no') throw error('InvalidStateError')
        end(null)
      },
      objectStore: (): ObjectStore => ({
        get: (key) => ask(() => (fate.lies ? undefined : structuredClone(values.get(key)))),
        put: (value, key) => {
          const clone = structuredClone(value)
          this.disk.puts++
          return ask(() => {
            write(key, () => values.set(key, clone))
          })
        },
        delete: (key) =>
          ask(() => {
            write(key, () => values.delete(key))
          }),
      }),
    }
    const tell = (type: 'complete' | 'abort'): void => {
      transaction[`on${type}`]?.()
      for (const listener of listeners[type]) listener()
    }
    const end = (why: unknown): void => {
      ended = 'aborted'
      transaction.error = why
      for (const [key, before] of undo)
        if (before === undefined) values.delete(key)
        else values.set(key, before)
      void task().then(() => {
        tell('abort')
      })
    }
    const write = (key: string, work: () => void): void => {
      if (!undo.has(key)) undo.set(key, values.get(key))
      work()
    }
    const ask = (work: () => unknown): object => {
      if (ended !== 'no') throw error('TransactionInactiveError')
      const request = {
        result: undefined as unknown,
        error: null as unknown,
        onsuccess: null as (() => void) | null,
        onerror: null as (() => void) | null,
      }
      requests.push(async () => {
        await task()
        if (ended === 'aborted') {
          request.error = error('AbortError')
          request.onerror?.()
          return
        }
        request.result = work()
        request.onsuccess?.()
      })
      return request
    }
    const run = async (): Promise<void> => {
      await task()
      if (fate.hangs) {
        while (ended === 'no') await task()
        return
      }
      for (;;) {
        const next = requests.shift()
        if (!next) break
        await next()
        // Promises of the page run before a browser looks whether more is asked for.
        await Promise.resolve().then(() => Promise.resolve())
      }
      if (ended !== 'no') return
      if (fate.aborts !== undefined || fate.lies) {
        end(fate.aborts ?? null)
        return
      }
      ended = 'committing'
      if (fate.hangsAtTheEnd) return
      await task()
      tell('complete')
    }
    this.kept.line.push(run)
    void this.work()
    return transaction
  }

  private async work(): Promise<void> {
    if (this.kept.isBusy) return
    this.kept.isBusy = true
    for (;;) {
      const next = this.kept.line.shift()
      if (!next) break
      await next()
    }
    this.kept.isBusy = false
  }
}
