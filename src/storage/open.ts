// The store that an app gets: it never rejects and never hangs, whatever its host does.
import { host, hostIndexedDB, hostStorage } from '../ports.ts'
import type { Clock, KeyValueStorage } from '../ports.ts'
import { indexedDbStore } from './indexed-db.ts'
import { memoryStore } from './memory.ts'
import type { Change, Entry, Store, WriteOptions } from './store.ts'
import { createTurns, isTimeout, within } from '../turns.ts'
import { webStore } from './web.ts'

/** Whether what is kept outlives the page: `volatile` as long as something could not be kept. */
export type StoreState = 'persistent' | 'volatile'

/** What is kept by a key, and whether the storage says so or only this page's memory. */
export interface Reading {
  readonly value: unknown
  /** If not, a missing value does not mean that there is none. */
  readonly stored: boolean
}

/** What a change found and left, and whether that is in the storage. */
export interface Outcome extends Change {
  readonly stored: boolean
}

/** A store that copes. Nothing rejects for a reason of the storage. */
export interface OpenStore {
  readonly state: StoreState
  get(key: string): Promise<Reading>
  /** Says whether the storage has it; if not, it is kept in memory and stored when that works again. */
  set(entries: readonly Entry[], options?: WriteOptions): Promise<boolean>
  update(key: string, change: (was: unknown) => unknown, options?: WriteOptions): Promise<Outcome>
  /** Lets go of timers and connections once what was asked for is done. For good. */
  close(): void
}

/** What a store is opened with. */
export interface StoreSettings {
  /** Where things are kept; without it, in memory. */
  readonly store: Store | undefined
  readonly clock: Clock
  /**
   * What to keep where the storage has one value again and this page held another meanwhile. Another
   * page may have gone on from there, or a write that was given up have arrived after all: only who
   * knows the records knows which is the newer. Must not throw.
   */
  readonly settle: (key: string, stored: unknown, held: unknown) => unknown
  /** Told when the state changes. */
  readonly onState?: ((state: StoreState) => void) | undefined
}

/** How long anything may take, all attempts of an adapter included. */
const patience = 4_000

/** The first pause before a storage that failed is tried again; each is twice the one before. */
const shortest = 1_000
const longest = 60_000

/** Where this host keeps things, or where the app wants them kept. */
export function hostStore(clock: Clock, storage?: KeyValueStorage): Store | undefined {
  if (storage) return webStore(storage, clock)
  const databases = hostIndexedDB()
  if (databases) return indexedDbStore(databases, clock)
  // Only in pages: a `localStorage` of a server would be one for all of its users.
  const local = host.document && hostStorage('localStorage')
  return local && webStore(local, clock)
}

/** Opens a store; whether that works shows when it is used. */
export function openStore({ store, clock, settle, onState }: StoreSettings): OpenStore {
  /** What was last seen or written by this page. */
  const memory = memoryStore()
  /** The keys of which the memory has what the storage has not. */
  const held = new Set<string>()
  const inTurn = createTurns()
  let real = store
  let state: StoreState = real ? 'persistent' : 'volatile'
  // What is not tried for now, so that nobody waits in vain again and again. A storage that is full can
  // still be read.
  let resting: 'nothing' | 'writes' | 'all' = 'nothing'
  let pause = shortest
  let stopWaiting = (): void => undefined

  const become = (next: StoreState): void => {
    if (state === next) return
    state = next
    onState?.(next)
  }

  const fail = (what: typeof resting): void => {
    if (resting === 'nothing') {
      stopWaiting = clock.after(pause, () => void inTurn(tryAgain))
      pause = Math.min(pause * 2, longest)
    }
    resting = what
    become('volatile')
  }

  /** What the storage makes of some work, in a list; an empty one where it fails or is left alone. */
  const attempt = async <Value>(
    isWrite: boolean,
    work: (real: Store) => Promise<Value>,
  ): Promise<readonly [] | readonly [Value]> => {
    const there = real
    if (!there || resting === 'all' || (isWrite && resting === 'writes')) return []
    try {
      return [await within(clock, patience, () => work(there))]
    } catch (error) {
      fail(isWrite && !isTimeout(error) ? 'writes' : 'all')
      return []
    }
  }

  /** Has the memory know what the storage knows. Says whether the storage was asked. */
  const look = async (key: string): Promise<boolean> => {
    if (held.has(key)) return false
    const found = await attempt(false, (there) => there.get(key))
    for (const value of found) await memory.set([[key, value]])
    return found.length > 0
  }

  const changeStored = async (
    key: string,
    change: (was: unknown) => unknown,
    options?: WriteOptions,
  ): Promise<readonly Change[]> => {
    const mine = held.has(key) && { value: await memory.get(key) }
    let was: unknown
    const done = await attempt(true, (there) =>
      there.update(
        key,
        (stored) => {
          was = mine ? settle(key, stored, mine.value) : stored
          return change(was)
        },
        options,
      ),
    )
    for (const { is } of done) {
      held.delete(key)
      await memory.set([[key, is]])
    }
    return done.map(({ is }) => ({ was, is }))
  }

  const tryAgain = async (): Promise<void> => {
    resting = 'nothing'
    // Each record is whole by itself; in one transaction, one that cannot be stored would keep back all.
    for (const key of [...held]) {
      const done = await changeStored(key, (was) => was, { durability: 'strict' })
      if (done.length > 0) continue
      // The next time, the others come before it.
      held.delete(key)
      held.add(key)
      break
    }
    // Any key will do.
    const [answer] =
      held.size > 0 ? [] : await attempt(false, async (there) => [await there.get('-')])
    if (!answer) return
    pause = shortest
    become('persistent')
  }

  return {
    get state() {
      return state
    },
    get: (key) =>
      inTurn(async () => {
        const stored = await look(key)
        return { value: await memory.get(key), stored }
      }),
    set: (entries, options) =>
      inTurn(async () => {
        const done = await attempt(true, (there) => there.set(entries, options))
        await memory.set(entries)
        for (const [key] of entries)
          if (done.length > 0) held.delete(key)
          else held.add(key)
        return done.length > 0
      }),
    update: (key, change, options) =>
      inTurn(async () => {
        for (const done of await changeStored(key, change, options))
          return { ...done, stored: true }
        await look(key)
        const { was, is } = await memory.update(key, change)
        if (is !== was) held.add(key)
        return { was, is, stored: false }
      }),
    close() {
      void inTurn(() => {
        stopWaiting()
        real?.close()
        real = undefined
        return Promise.resolve()
      })
    },
  }
}
