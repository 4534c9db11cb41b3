import { describe, expect, test } from 'vitest'
import type { KeyValueStorage } from '../../src/ports.ts'
import { indexedDbStore } from '../../src/storage/indexed-db.ts'
import { memoryStore } from '../../src/storage/memory.ts'
import { memoryStorage } from '../../src/storage/records.ts'
import type { Store } from '../../src/storage/store.ts'
import { webStore } from '../../src/storage/web.ts'
import { fakeClock } from '../wire/fakes.ts'
import type { FakeClock } from '../wire/fakes.ts'
import { examineStore, flawless } from './contract.ts'
import { FakeDisk } from './fake-indexed-db.ts'
import type { Fate } from './fake-indexed-db.ts'

const error = (name: string): Error => Object.assign(new Error(name), { name })
const add = (was: unknown): number => ((was as number | undefined) ?? 0) + 1
const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((reason: unknown) => (reason as Error).name)

/** AsyncStorage is one of these. */
const slowly = (storage: KeyValueStorage): KeyValueStorage => {
  const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    getItem: (key) => later().then(() => storage.getItem(key)),
    setItem: (key, text) => later().then(() => storage.setItem(key, text)),
    removeItem: (key) => later().then(() => storage.removeItem(key)),
  }
}

const clock = fakeClock()

describe.each<[string, () => Store]>([
  ['memory', memoryStore],
  ['IndexedDB', () => indexedDbStore(new FakeDisk().page(), clock)],
  ['web storage', () => webStore(memoryStorage(), clock)],
  ['asynchronous storage', () => webStore(slowly(memoryStorage()), clock)],
])('a store in %s', (_, create) => {
  test('does what stores do', async () => {
    expect(await examineStore(create())).toEqual(flawless)
    expect(clock.waiting()).toEqual([])
  })
})

describe('IndexedDB', () => {
  const start = (): { disk: FakeDisk; clock: FakeClock; store: Store } => {
    const disk = new FakeDisk()
    const clock = fakeClock()
    return { disk, clock, store: indexedDbStore(disk.page(), clock) }
  }
  /** Has these befall the next transactions, one after the other. */
  const befall = (disk: FakeDisk, ...fates: Fate[]): void => {
    disk.fate = () => fates.shift()
  }

  test('nothing is opened before it is needed, and then once', async () => {
    const { disk, store } = start()
    store.close()
    expect(disk.opens).toBe(0)
    await Promise.all([store.get('a'), store.get('b'), store.set([['a', 1]])])
    expect(disk.opens).toBe(1)
  })

  test('a write is as durable as it is asked to be', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    await store.set([['a', 2]], { durability: 'strict' })
    await store.update('a', add, { durability: 'strict' })
    expect(disk.durabilities).toEqual(['default', 'strict', 'strict'])
  })

  test('an update that changes nothing writes nothing', async () => {
    const { disk, store } = start()
    await store.set([['a', { generation: 1 }]])
    const { puts } = disk
    await store.update('a', (was) => was)
    expect(disk.puts).toBe(puts)
  })

  test('a value that cannot be cloned takes along what was put before it', async () => {
    const { disk, store } = start()
    const entries = [
      ['a', 1],
      ['b', () => 1],
    ] as const
    expect(await outcome(store.set(entries))).toBe('DataCloneError')
    expect(disk.look('a')).toBeUndefined()
  })

  test('an open that hangs is given up after 2 s, and closed when it comes; a later one succeeds', async () => {
    const { disk, clock, store } = start()
    disk.opening = () => 'hangs'
    const got = outcome(store.get('a'))
    await clock.pass(1_999)
    expect(clock.waiting()).toEqual([1])
    await clock.pass(1)
    expect(await got).toBe('TimeoutError')
    disk.opening = () => undefined
    await store.set([['a', 1]])
    disk.release()
    await clock.pass(0)
    expect(disk.databases.get('latchkey')!.connections.size).toBe(1)
    expect(await store.get('a')).toBe(1)
  })

  test('one that is refused, or throws, is not remembered', async () => {
    const { disk, store } = start()
    disk.opening = () => error('UnknownError')
    expect(await outcome(store.get('a'))).toBe('UnknownError')
    expect(await outcome(store.get('a'))).toBe('UnknownError')
    expect(disk.opens).toBe(2)
    disk.opening = () => undefined
    expect(await store.get('a')).toBeUndefined()
    const never = indexedDbStore(
      {
        open: () => {
          throw error('SecurityError')
        },
      },
      fakeClock(),
    )
    expect(await outcome(never.get('a'))).toBe('SecurityError')
  })

  test('others may delete the database at once; afterwards it is new', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    expect(await disk.delete('latchkey')).toBe('at once')
    expect(await store.get('a')).toBeUndefined()
    await store.set([['a', 2]])
    expect(await store.get('a')).toBe(2)
  })

  test('others may raise its version; afterwards that is the one', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    const request = disk.page().open('latchkey', 7)
    await new Promise<void>((resolve) => {
      request.onsuccess = resolve
    })
    expect(await store.get('a')).toBe(1)
  })

  test('a database without its stores gets them', async () => {
    const { disk, store } = start()
    const request = disk.page().open('latchkey', 1)
    await new Promise<void>((resolve) => {
      request.onsuccess = resolve
    })
    request.result.close()
    await store.set([['a', 1]])
    expect([disk.look('a'), disk.databases.get('latchkey')!.version]).toEqual([1, 2])
    const other = indexedDbStore(disk.page(), fakeClock())
    expect(await other.get('a')).toBe(1)
  })

  test.each([true, false])(
    'a connection that was closed is opened again (told: %s)',
    async (tell) => {
      const { disk, store } = start()
      await store.set([['a', 1]])
      disk.lose(tell)
      expect(await store.update('a', add)).toEqual({ was: 1, is: 2 })
      expect(disk.opens).toBe(2)
    },
  )

  test.each<[string, Fate]>([
    ['whose server was lost', { refuses: error('UnknownError') }],
    ['that is closing', { refuses: error('InvalidStateError') }],
    ['that aborts', { aborts: error('AbortError') }],
    ['that aborts without a word', { aborts: null }],
  ])('a connection %s is opened again, once', async (_, fate) => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    befall(disk, fate)
    expect(await store.update('a', add)).toEqual({ was: 1, is: 2 })
    expect([disk.opens, disk.look('a')]).toEqual([2, 2])
    befall(disk, fate, fate)
    expect(await outcome(store.update('a', add))).toMatch(/^(Unknown|InvalidState|Abort)Error$/)
    expect([disk.opens, disk.look('a')]).toEqual([3, 2])
    expect(await store.get('a')).toBe(2)
  })

  test('a connection that was said to be closed does not cost the second attempt', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    disk.lose(true)
    befall(disk, { aborts: error('AbortError') })
    expect(await store.update('a', add)).toEqual({ was: 1, is: 2 })
  })

  test('calls that lose the same connection share the next, and the lost one is closed', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    const lost = { refuses: error('UnknownError') }
    befall(disk, lost, lost)
    await Promise.all([store.update('a', add), store.update('a', add)])
    expect([disk.look('a'), disk.opens]).toEqual([3, 2])
    expect(disk.databases.get('latchkey')!.connections.size).toBe(1)
  })

  test('an open of before a close says nothing about the one of after', async () => {
    const { disk, clock, store } = start()
    disk.opening = () => 'hangs'
    const early = outcome(store.get('a'))
    await clock.pass(1_000)
    store.close()
    disk.opening = () => undefined
    await store.set([['a', 1]])
    await clock.pass(1_000)
    expect(await early).toBe('TimeoutError')
    expect([await store.get('a'), disk.opens]).toEqual([1, 2])
  })

  test('a full disk is not tried twice, and nothing is written', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    befall(disk, { aborts: error('QuotaExceededError') })
    const written = store.set([
      ['a', 2],
      ['b', 2],
    ])
    expect(await outcome(written)).toBe('QuotaExceededError')
    expect([disk.look('a'), disk.look('b'), disk.opens]).toEqual([1, undefined, 1])
  })

  test('a transaction that hangs is aborted after 2 s, so that it never counts', async () => {
    const { disk, clock, store } = start()
    await store.set([['a', 1]])
    befall(disk, { hangs: true })
    const updated = outcome(store.update('a', add))
    await clock.pass(2_000)
    expect(await updated).toBe('TimeoutError')
    expect(await store.update('a', add)).toEqual({ was: 1, is: 2 })
  })

  test('what is already being committed is not said to have failed', async () => {
    const { disk, clock, store } = start()
    await store.set([['a', 1]])
    befall(disk, { hangsAtTheEnd: true })
    let isSettled = false
    void outcome(store.update('a', add)).then(() => (isSettled = true))
    await clock.pass(10_000)
    expect(isSettled).toBe(false)
  })

  test('the empty answer to a page that goes is not taken for nothing', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    disk.fate = () => ({ lies: true })
    expect(await outcome(store.get('a'))).toBe('AbortError')
    expect(await outcome(store.update('a', add))).toBe('AbortError')
    expect(disk.look('a')).toBe(1)
  })

  test('nor where it says that it is complete, as long as nothing can be written', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    // As if the transaction knew nothing of what it is about to do.
    const records = disk.databases.get('latchkey')!.stores.get('records')!
    const kept = [...records]
    records.clear()
    disk.fate = (mode) => (mode === 'readwrite' ? { aborts: null } : undefined)
    expect(await outcome(store.get('a'))).toBe('AbortError')
    for (const [key, value] of kept) records.set(key, value)
    disk.fate = () => undefined
    expect(await store.get('a')).toBe(1)
  })

  test('a store that somebody emptied is empty', async () => {
    const { disk, store } = start()
    await store.set([['a', 1]])
    disk.databases.get('latchkey')!.stores.get('records')!.clear()
    expect(await store.get('a')).toBeUndefined()
  })

  test('20 pages lose no increment, and one key is made once', async () => {
    const disk = new FakeDisk()
    const stores = Array.from({ length: 20 }, () => indexedDbStore(disk.page(), fakeClock()))
    const made = await Promise.all(
      stores.map((store, page) => store.update('key', (was) => was ?? page)),
    )
    expect(new Set(made.map(({ is }) => is)).size).toBe(1)
    await Promise.all(
      stores.flatMap((store) => Array.from({ length: 10 }, () => store.update('n', add))),
    )
    expect(disk.look('n')).toBe(200)
  })
})

describe('web storage', () => {
  const names = (texts: Map<string, string>): string[] => [...texts.keys()].sort()
  const start = (): { texts: Map<string, string>; storage: KeyValueStorage } => {
    const texts = new Map<string, string>()
    return {
      texts,
      storage: {
        getItem: (key) => texts.get(key) ?? null,
        setItem: (key, text) => texts.set(key, text),
        removeItem: (key) => texts.delete(key),
      },
    }
  }

  test('one record is one key', async () => {
    const { texts, storage } = start()
    await webStore(storage, clock).set([
      ['a', { b: 1 }],
      ['c', 2],
    ])
    expect([...texts]).toEqual([
      ['latchkey.a', '{"b":1}'],
      ['latchkey.c', '2'],
    ])
  })

  test('one entry is written at once, and what does not change is not', async () => {
    const { storage } = start()
    const written: string[] = []
    const setItem = (key: string, text: string): unknown => {
      written.push(key)
      return storage.setItem(key, text)
    }
    const store = webStore({ ...storage, setItem }, clock)
    await store.set([['a', 1]])
    await store.update('a', (was) => was)
    expect(written).toEqual(['latchkey.a'])
  })

  test.each(['{', 'undefined', '', '[object Object]'])('%j is nothing', async (text) => {
    const { texts, storage } = start()
    const store = webStore(storage, clock)
    texts.set('latchkey.a', text)
    expect(await store.get('a')).toBeUndefined()
    expect(await store.update('a', add)).toEqual({ was: undefined, is: 1 })
  })

  test.each(['{', '{}', 'null', '"text"', '[1,null,"text"]'])(
    '%j in place of what was begun is passed over',
    async (text) => {
      const { texts, storage } = start()
      texts.set('latchkey', text)
      texts.set('latchkey.a', '1')
      expect(await webStore(storage, clock).get('a')).toBe(1)
      expect(names(texts)).toEqual(['latchkey.a'])
    },
  )

  test('two stores of one page stand in one line', async () => {
    const storage = slowly(memoryStorage())
    const [one, other] = [webStore(storage, clock), webStore(storage, clock)]
    await Promise.all([one, other, one, other].map((store) => store.update('n', add)))
    expect(await one.get('n')).toBe(4)
  })

  test('a storage that does not answer is given up after 4 s, and holds up nothing after', async () => {
    const clock = fakeClock()
    const { storage } = start()
    let isHanging = true
    const store = webStore(
      {
        ...storage,
        getItem: (key) => (isHanging ? new Promise(() => undefined) : storage.getItem(key)),
      },
      clock,
    )
    const got = outcome(store.get('a'))
    const later = store.update('a', add)
    await clock.pass(3_999)
    isHanging = false
    await clock.pass(1)
    expect(await got).toBe('TimeoutError')
    expect(await later).toEqual({ was: undefined, is: 1 })
    expect(clock.waiting()).toEqual([])
  })

  const before = { a: 1, b: 2 }
  const after = { a: 3, c: 4 }
  const entries = [
    ['a', 3],
    ['b', undefined],
    ['c', 4],
  ] as const
  const read = async (texts: Map<string, string>): Promise<object> => {
    const store = webStore(
      {
        getItem: (key) => texts.get(key) ?? null,
        setItem: (key, text) => texts.set(key, text),
        removeItem: (key) => texts.delete(key),
      },
      clock,
    )
    const found: Record<string, unknown> = {}
    for (const key of ['a', 'b', 'c']) {
      const value = await store.get(key)
      if (value !== undefined) found[key] = value
    }
    return found
  }
  /** A storage of which the steps that change it are counted; some of them do not happen. */
  const upTo = (fails: (step: number) => boolean) => {
    const { texts, storage } = start()
    let step = 0
    const change =
      <Rest extends unknown[]>(work: (...rest: Rest) => unknown) =>
      (...rest: Rest): unknown => {
        if (fails(step++)) throw error('QuotaExceededError')
        return work(...rest)
      }
    texts.set('latchkey.a', '1').set('latchkey.b', '2')
    return {
      texts,
      storage: {
        ...storage,
        setItem: change((key: string, text: string) => storage.setItem(key, text)),
        removeItem: change((key: string) => storage.removeItem(key)),
      },
      steps: () => step,
    }
  }

  test('a page that dies at any step leaves the entries before or those after', async () => {
    const whole = upTo(() => false)
    await webStore(whole.storage, clock).set(entries)
    expect([await read(whole.texts), whole.steps()]).toEqual([after, 5])
    const found: object[] = []
    for (let last = 0; last < whole.steps(); last++) {
      const { texts, storage } = upTo((step) => step >= last)
      await outcome(webStore(storage, clock).set(entries))
      found.push(await read(texts))
      expect(texts.has('latchkey')).toBe(false)
    }
    expect(found).toEqual([before, after, after, after, after])
  })

  test('what is written whole is so, also where the journal stays behind', async () => {
    const { texts, storage } = upTo((step) => step === 4)
    const store = webStore(storage, clock)
    await store.set(entries)
    expect(texts.has('latchkey')).toBe(true)
    expect(await store.update('a', add)).toEqual({ was: 3, is: 4 })
    expect(await read(texts)).toEqual({ a: 4, c: 4 })
  })

  test('one that is full at any step has the entries before', async () => {
    for (let full = 0; full < 4; full++) {
      const { texts, storage } = upTo((step) => step === full)
      expect(await outcome(webStore(storage, clock).set(entries))).toBe('QuotaExceededError')
      expect(await read(texts)).toEqual(before)
    }
  })
})
