import { afterEach, describe, expect, test, vi } from 'vitest'
import { host } from '../../src/ports.ts'
import { indexedDbStore } from '../../src/storage/indexed-db.ts'
import { memoryStore } from '../../src/storage/memory.ts'
import { hostStore, openStore } from '../../src/storage/open.ts'
import type { OpenStore, StoreSettings, StoreState } from '../../src/storage/open.ts'
import { memoryStorage } from '../../src/storage/records.ts'
import type { Store } from '../../src/storage/store.ts'
import { webStore } from '../../src/storage/web.ts'
import { fakeClock } from '../wire/fakes.ts'
import type { FakeClock } from '../wire/fakes.ts'
import { FakeDisk } from './fake-indexed-db.ts'

interface Generation {
  readonly generation: number
  readonly by: string
}

const error = (name: string): Error => Object.assign(new Error(name), { name })
const generationOf = (value: unknown): number => (value as Generation | undefined)?.generation ?? 0

/** What this page held, unless the other is newer, as a session would say. */
const newer: StoreSettings['settle'] = (_, stored, held) =>
  generationOf(held) < generationOf(stored) ? stored : held

/** Moves on from a generation that is expected. */
const from =
  (expected: number, by: string) =>
  (was: unknown): unknown =>
    generationOf(was) === expected ? { generation: expected + 1, by } : was

/** Lets everything happen that a database does; it takes more turns than most. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock that waits for databases at every timer. */
function patientClock(): FakeClock {
  const clock = fakeClock()
  return {
    ...clock,
    async pass(milliseconds) {
      await idle()
      for (let left = milliseconds; ;) {
        const next = Math.min(clock.waiting()[0] ?? left, left)
        await clock.pass(next)
        await idle()
        left -= next
        if (left === 0) return
      }
    },
  }
}

interface World {
  readonly disk: FakeDisk
  readonly clock: FakeClock
  readonly states: StoreState[]
  readonly store: OpenStore
  /** Another page of the same browser. */
  readonly other: Store
}

const start = (): World => {
  const disk = new FakeDisk()
  const clock = patientClock()
  const states: StoreState[] = []
  const store = openStore({
    store: indexedDbStore(disk.page(), clock),
    clock,
    settle: newer,
    onState: (state) => states.push(state),
  })
  return { disk, clock, states, store, other: indexedDbStore(disk.page(), fakeClock()) }
}

/** Every way in which a database fails for a page, and how long until that is known. */
const troubles: readonly (readonly [
  name: string,
  milliseconds: number,
  befall: (disk: FakeDisk) => void,
])[] = [
  ['an open that hangs', 2_000, (disk) => (disk.opening = () => 'hangs')],
  ['an open that fails', 0, (disk) => (disk.opening = () => error('UnknownError'))],
  ['a private window of old', 0, (disk) => (disk.opening = () => error('InvalidStateError'))],
  ['a transaction that hangs', 2_000, (disk) => (disk.fate = () => ({ hangs: true }))],
  ['a commit that hangs', 4_000, (disk) => (disk.fate = () => ({ hangsAtTheEnd: true }))],
  ['transactions that abort', 0, (disk) => (disk.fate = () => ({ aborts: null }))],
  ['a lost server', 0, (disk) => (disk.fate = () => ({ refuses: error('UnknownError') }))],
  ['the going of the page', 0, (disk) => (disk.fate = () => ({ lies: true }))],
]

describe('a store that is open', () => {
  test('is persistent, and nothing waits in it', async () => {
    const { disk, clock, store, states } = start()
    expect([store.state, disk.opens]).toEqual(['persistent', 0])
    expect(await store.get('a')).toEqual({ value: undefined, stored: true })
    expect(await store.set([['a', { generation: 1, by: 'me' }]])).toBe(true)
    expect(await store.update('a', from(1, 'me'))).toEqual({
      was: { generation: 1, by: 'me' },
      is: { generation: 2, by: 'me' },
      stored: true,
    })
    expect(await store.get('a')).toEqual({ value: { generation: 2, by: 'me' }, stored: true })
    expect([store.state, states, clock.waiting()]).toEqual(['persistent', [], []])
  })

  test.each(troubles)(
    'survives %s: it answers from memory, and says so',
    async (_, late, befall) => {
      const { disk, clock, store, states, other } = start()
      await store.set([['a', { generation: 1, by: 'me' }]])
      if (late === 2_000 || late === 0) disk.lose(true)
      befall(disk)
      const got = store.get('a')
      await clock.pass(late)
      expect(await got).toEqual({ value: { generation: 1, by: 'me' }, stored: false })
      expect([store.state, states]).toEqual(['volatile', ['volatile']])
      // From now on, nobody waits.
      expect(await store.set([['b', 1]])).toBe(false)
      expect(await store.update('a', from(1, 'me'))).toEqual({
        was: { generation: 1, by: 'me' },
        is: { generation: 2, by: 'me' },
        stored: false,
      })
      expect(await store.get('b')).toEqual({ value: 1, stored: false })
      // It stays as it is, for as long as it likes.
      await clock.pass(600_000)
      expect([store.state, states]).toEqual(['volatile', ['volatile']])
      expect(clock.waiting()).toHaveLength(1)
      disk.opening = () => undefined
      disk.fate = () => undefined
      disk.lose(true)
      await clock.pass(70_000)
      await clock.pass(0)
      expect([store.state, states]).toEqual(['persistent', ['volatile', 'persistent']])
      expect(await other.get('a')).toEqual({ generation: 2, by: 'me' })
      expect(await other.get('b')).toBe(1)
      expect(await store.get('a')).toMatchObject({ stored: true })
      expect(clock.waiting()).toEqual([])
    },
  )

  test.each(troubles)(
    'begins with %s: a missing value is not said to be none',
    async (_, late, befall) => {
      const { disk, clock, store, other, states } = start()
      await other.set([['a', { generation: 5, by: 'other' }]])
      befall(disk)
      const got = store.get('a')
      await clock.pass(late)
      expect(await got).toEqual({ value: undefined, stored: false })
      disk.opening = () => undefined
      disk.fate = () => undefined
      disk.lose(true)
      await clock.pass(1_000)
      await clock.pass(0)
      expect(states).toEqual(['volatile', 'persistent'])
      expect(await store.get('a')).toEqual({ value: { generation: 5, by: 'other' }, stored: true })
    },
  )

  test('a disk that is full can be read; what others write meanwhile is seen', async () => {
    const { disk, clock, store, other } = start()
    await store.set([['a', { generation: 1, by: 'me' }]])
    const full = { aborts: error('QuotaExceededError') }
    disk.fate = (mode) => (mode === 'readwrite' ? full : undefined)
    expect(await store.set([['b', 'held']])).toBe(false)
    disk.fate = () => undefined
    for (const [key, generation] of Object.entries({ a: 2, c: 4, d: 4 }))
      await other.set([[key, { generation, by: 'other' }]])
    disk.fate = (mode) => (mode === 'readwrite' ? full : undefined)
    expect(await store.get('a')).toEqual({ value: { generation: 2, by: 'other' }, stored: true })
    expect(await store.get('b')).toEqual({ value: 'held', stored: false })
    expect(await store.update('c', (was) => was)).toMatchObject({ stored: false })
    expect(await store.get('c')).toEqual({ value: { generation: 4, by: 'other' }, stored: true })
    // Also for a change that cannot be stored, of what was never read.
    expect(await store.update('d', from(4, 'me'))).toMatchObject({
      was: { generation: 4, by: 'other' },
      is: { generation: 5, by: 'me' },
    })
    expect(await store.update('a', from(2, 'me'))).toMatchObject({
      is: { generation: 3 },
      stored: false,
    })
    expect(store.state).toBe('volatile')
    disk.fate = () => undefined
    await clock.pass(1_000)
    expect(store.state).toBe('persistent')
    expect([disk.look('a'), disk.look('b')]).toEqual([{ generation: 3, by: 'me' }, 'held'])
    expect(disk.durabilities.slice(-2)).toEqual(['strict', 'strict'])
  })

  test('what another page has made of it meanwhile is settled, not overwritten', async () => {
    const { disk, clock, store, other } = start()
    await store.set([['a', { generation: 1, by: 'me' }]])
    disk.opening = () => error('UnknownError')
    disk.lose(true)
    await store.update('a', from(1, 'me'))
    disk.opening = () => undefined
    await other.update('a', from(1, 'other'))
    await other.update('a', from(2, 'other'))
    await clock.pass(1_000)
    expect(await store.get('a')).toEqual({ value: { generation: 3, by: 'other' }, stored: true })
  })

  test('a change of what is held sees what was settled', async () => {
    const { disk, clock, store } = start()
    const seen: unknown[] = []
    disk.fate = () => ({ aborts: error('QuotaExceededError') })
    await store.set([['a', { generation: 1, by: 'me' }]])
    const settled = store.update('a', (was) => {
      seen.push(was)
      return from(1, 'me')(was)
    })
    disk.fate = () => undefined
    await settled
    await clock.pass(1_000)
    expect(seen).toEqual([{ generation: 1, by: 'me' }])
    expect(disk.look('a')).toEqual({ generation: 2, by: 'me' })
  })

  test('a value that can never be stored keeps back nothing else', async () => {
    const { disk, clock, store, states } = start()
    expect(await store.set([['a', () => 1]])).toBe(false)
    expect(await store.set([['b', 1]])).toBe(false)
    await clock.pass(10_000)
    expect([disk.look('b'), store.state]).toEqual([1, 'volatile'])
    // Taken back by whoever wanted it.
    await clock.pass(20_000)
    const taken = store.set([['a', undefined]])
    await clock.pass(60_000)
    await taken
    expect(states).toEqual(['volatile', 'persistent'])
  })

  test('what an update has stored is remembered', async () => {
    const { disk, store } = start()
    await store.update('a', from(0, 'me'))
    disk.opening = () => error('UnknownError')
    disk.lose(true)
    expect(await store.get('a')).toEqual({ value: { generation: 1, by: 'me' }, stored: false })
    store.close()
  })

  test('a lost comparison holds nothing', async () => {
    const { disk, clock, store, other } = start()
    disk.opening = () => 'hangs'
    const lost = store.update('a', from(4, 'me'))
    await clock.pass(2_000)
    expect(await lost).toEqual({ was: undefined, is: undefined, stored: false })
    disk.opening = () => undefined
    await other.set([['a', { generation: 4, by: 'other' }]])
    await clock.pass(1_000)
    expect(disk.look('a')).toEqual({ generation: 4, by: 'other' })
  })

  test('a database deleted under it is new, and it says so truly', async () => {
    const { disk, store, states } = start()
    await store.set([['a', 1]])
    expect(await disk.delete('latchkey')).toBe('at once')
    expect(await store.get('a')).toEqual({ value: undefined, stored: true })
    expect(states).toEqual([])
  })

  test('calls stand in line: each sees the one before, also in the middle of a failure', async () => {
    const { disk, clock, store } = start()
    disk.opening = () => 'hangs'
    const add = (was: unknown): number => ((was as number | undefined) ?? 0) + 1
    const all = Promise.all(Array.from({ length: 20 }, () => store.update('n', add)))
    await clock.pass(2_000)
    expect((await all).map(({ is }) => is)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
  })

  test('a storage is left alone for longer and longer, a minute at most', async () => {
    const { disk, clock, store } = start()
    disk.opening = () => error('UnknownError')
    await store.get('a')
    const pauses: number[] = []
    for (let round = 0; round < 8; round++) {
      const [pause] = clock.waiting()
      pauses.push(pause!)
      await clock.pass(pause!)
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000))
    expect(disk.opens).toBe(9)
    disk.opening = () => undefined
    await clock.pass(60_000)
    expect([store.state, clock.waiting()]).toEqual(['persistent', []])
    // And then for a second again.
    disk.opening = () => error('UnknownError')
    disk.lose(true)
    await store.get('a')
    expect(clock.waiting()).toEqual([1_000])
  })

  test('closed, it lets go of all, and answers still', async () => {
    const { disk, clock, store } = start()
    const written = store.set([['a', 1]])
    store.close()
    expect(await written).toBe(true)
    await clock.pass(0)
    expect(disk.databases.get('latchkey')!.connections.size).toBe(0)
    expect(await store.get('a')).toEqual({ value: 1, stored: false })
    expect(await store.set([['a', 2]])).toBe(false)
    await store.update('a', () => 3)
    expect(await store.get('a')).toEqual({ value: 3, stored: false })
    expect([clock.waiting(), disk.opens, disk.look('a')]).toEqual([[], 1, 1])
  })

  test('closed in the middle of a failure, it does not try again', async () => {
    const { disk, clock, store } = start()
    disk.opening = () => error('UnknownError')
    await store.get('a')
    expect(clock.waiting()).toHaveLength(1)
    store.close()
    await clock.pass(0)
    expect(clock.waiting()).toEqual([])
  })

  test('without a storage it is volatile from the start, and tries nothing', async () => {
    const clock = fakeClock()
    const store = openStore({ store: undefined, clock, settle: newer })
    expect(store.state).toBe('volatile')
    expect(await store.set([['a', 1]])).toBe(false)
    expect(await store.get('a')).toEqual({ value: 1, stored: false })
    expect(clock.waiting()).toEqual([])
    store.close()
  })

  test.each<[string, () => never | Promise<never>]>([
    [
      'at once',
      () => {
        throw error('SecurityError')
      },
    ],
    ['later', () => Promise.reject(error('SecurityError'))],
    ['never', () => new Promise<never>(() => undefined)],
  ])('over texts that are refused %s, it answers from memory', async (_, refuse) => {
    const clock = fakeClock()
    const storage = { getItem: refuse, setItem: refuse, removeItem: refuse }
    const store = openStore({ store: webStore(storage, clock), clock, settle: newer })
    const got = store.get('a')
    await clock.pass(4_000)
    expect(await got).toEqual({ value: undefined, stored: false })
    expect(await store.set([['a', 1]])).toBe(false)
    expect(store.state).toBe('volatile')
    store.close()
  })
})

describe('the host', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })
  const clock = fakeClock()
  const roundTrip = async (store: Store | undefined): Promise<unknown> => {
    await store!.set([['a', 1]])
    return store!.get('a')
  }

  test('that has nothing keeps nothing', () => {
    vi.stubGlobal('indexedDB', undefined)
    vi.stubGlobal('localStorage', memoryStorage())
    expect(host.document).toBeUndefined()
    expect(hostStore(clock)).toBeUndefined()
  })

  test('that has databases keeps things there', async () => {
    const disk = new FakeDisk()
    vi.stubGlobal('indexedDB', disk.page())
    expect(await roundTrip(hostStore(clock))).toBe(1)
    expect(disk.look('a')).toBe(1)
  })

  test('of a page without databases keeps things in texts', async () => {
    const storage = memoryStorage()
    vi.stubGlobal('document', {})
    vi.stubGlobal('localStorage', storage)
    vi.stubGlobal('indexedDB', undefined)
    await roundTrip(hostStore(clock))
    expect(storage.getItem('latchkey.a')).toBe('1')
  })

  test('that lets a page have neither keeps nothing', () => {
    vi.stubGlobal('document', {})
    for (const name of ['indexedDB', 'localStorage']) {
      vi.stubGlobal(name, undefined)
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get: () => {
          throw error('SecurityError')
        },
      })
    }
    expect(hostStore(clock)).toBeUndefined()
  })

  test('is not asked where the app names a storage', async () => {
    const disk = new FakeDisk()
    const storage = memoryStorage()
    vi.stubGlobal('indexedDB', disk.page())
    await roundTrip(hostStore(clock, storage))
    expect([storage.getItem('latchkey.a'), disk.opens]).toEqual(['1', 0])
  })
})

test('memory is a store like any other', async () => {
  const store = openStore({ store: memoryStore(), clock: fakeClock(), settle: newer })
  expect(await store.set([['a', 1]])).toBe(true)
  expect(store.state).toBe('persistent')
})
