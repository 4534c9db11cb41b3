import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { hostRandom } from '../../src/ports.ts'
import { indexedDbStore } from '../../src/storage/indexed-db.ts'
import { memoryStore } from '../../src/storage/memory.ts'
import { openStore } from '../../src/storage/open.ts'
import type { OpenStore } from '../../src/storage/open.ts'
import { memoryStorage } from '../../src/storage/records.ts'
import type { Store } from '../../src/storage/store.ts'
import { openVault } from '../../src/storage/vault.ts'
import type { PlainRecord, SealedRecord, Vault, VaultRecord } from '../../src/storage/vault.ts'
import { webStore } from '../../src/storage/web.ts'
import { fakeClock } from '../wire/fakes.ts'
import type { FakeClock } from '../wire/fakes.ts'
import { FakeDisk } from './fake-indexed-db.ts'

const extractable = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, [
  'encrypt',
  'decrypt',
])

const secret = { accessToken: 'a-canary', claims: { sub: '1', é: ['\ud83d\ude00', null] } }
const clear = { version: 1, generation: 7, clientId: 'c', expiry: 1_790_000_000 }
type Clear = typeof clear

interface Page {
  readonly clock: FakeClock
  readonly real: Store
  readonly store: OpenStore
  readonly vault: Vault
}

/** A page of a browser, or of whatever has such a store. */
const pageOver = (real: Store | undefined, encryptAtRest = true, clock = fakeClock()): Page => {
  const store = openStore({ store: real, clock, settle: (_, __, held) => held })
  const vault = openVault({ store, real, clock, random: hostRandom, encryptAtRest })
  return { clock, real: real!, store, vault }
}
const pageOf = (disk: FakeDisk, encryptAtRest = true): Page => {
  const clock = fakeClock()
  return pageOver(indexedDbStore(disk.page(), clock), encryptAtRest, clock)
}

const isSealed = (record: VaultRecord<Clear>): record is SealedRecord<Clear> => 'sealed' in record
const sealedBy = async (vault: Vault, plain: object = secret): Promise<SealedRecord<Clear>> => {
  const record = await vault.seal(plain, clear)
  if (!isSealed(record)) throw new Error('it is plain')
  return record
}
const idOf = (disk: FakeDisk): string | undefined =>
  (disk.look('keys') as { id: string } | undefined)?.id

/** Puts something in the place of the keys, past every page. */
const replace = (disk: FakeDisk, change: (keys: Record<string, unknown>) => unknown) =>
  indexedDbStore(disk.page(), fakeClock()).update('keys', (was) =>
    change(was as Record<string, unknown>),
  )

/** Another WebCrypto for this test. */
const withSubtle = (changes: object | undefined): void => {
  const { subtle } = crypto
  const own = Object.fromEntries(
    ['generateKey', 'encrypt', 'decrypt', 'sign', 'verify', 'importKey'].map((name) => [
      name,
      (subtle[name as 'sign'] as (...all: unknown[]) => unknown).bind(subtle),
    ]),
  )
  vi.stubGlobal('crypto', {
    getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => globalCrypto.getRandomValues(bytes),
    subtle: changes && { ...own, ...changes },
  })
}
const globalCrypto = crypto

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a vault', () => {
  test('seals under a key that cannot leave the database, and any page opens it', async () => {
    const disk = new FakeDisk()
    const { vault } = pageOf(disk)
    expect(vault.atRest).toBe('plain')
    const record = await sealedBy(vault)
    expect(vault.atRest).toBe('encrypted')
    expect(Object.keys(record)).toEqual(['clear', 'keys', 'iv', 'sealed'])
    expect(record.clear).toEqual(clear)
    const kept = disk.look('keys') as Record<string, unknown>
    expect(kept['cipher']).toMatchObject({
      extractable: false,
      algorithm: { name: 'AES-GCM', length: 256 },
    })
    expect(kept['names']).toMatchObject({ extractable: false, algorithm: { name: 'HMAC' } })
    expect(Buffer.from(record.sealed).includes('canary')).toBe(false)
    expect(await vault.open(record)).toEqual({ plain: secret })
    expect(await pageOf(disk).vault.open(structuredClone(record))).toEqual({ plain: secret })
  })

  test('takes twelve new bytes for each record', async () => {
    const { vault } = pageOf(new FakeDisk())
    const records = await Promise.all(Array.from({ length: 50 }, () => sealedBy(vault)))
    expect(records.map(({ iv }) => iv.length)).toEqual(records.map(() => 12))
    expect(new Set(records.map(({ iv }) => String(iv))).size).toBe(50)
  })

  test('makes keys once, however many pages are cold, and keeps them as surely as can be', async () => {
    const disk = new FakeDisk()
    const pages = Array.from({ length: 20 }, () => pageOf(disk))
    const records = await Promise.all(pages.map(({ vault }) => sealedBy(vault)))
    expect(new Set(records.map(({ keys }) => keys))).toEqual(new Set([idOf(disk)]))
    for (const { vault } of pages)
      for (const record of records) expect(await vault.open(record)).toEqual({ plain: secret })
    expect(disk.durabilities.every((durability) => durability === 'strict')).toBe(true)
    expect(pages.flatMap(({ clock }) => clock.waiting())).toEqual([])
  })

  test('nothing is made by opening, nor before it is needed', async () => {
    const disk = new FakeDisk()
    const { vault } = pageOf(disk)
    expect(disk.opens).toBe(0)
    const foreign = await sealedBy(pageOf(new FakeDisk()).vault)
    expect(await vault.open(foreign)).toEqual({ loss: 'key-lost' })
    expect(idOf(disk)).toBeUndefined()
    expect(await vault.ready()).toBe('encrypted')
    expect(idOf(disk)).toBeTypeOf('string')
  })

  test('names are the same in every page of a database, and others in another', async () => {
    const disk = new FakeDisk()
    const [one, other] = [pageOf(disk), pageOf(disk)]
    const name = await one.vault.nameOf('Zoë')
    expect(name).toMatch(/^[\w-]{43}$/)
    expect(await other.vault.nameOf('Zoë')).toBe(name)
    expect(await one.vault.nameOf('Zoe')).not.toBe(name)
    expect(await pageOf(new FakeDisk()).vault.nameOf('Zoë')).not.toBe(name)
  })
})

describe('keys that are not what they were', () => {
  const others = async (): Promise<Record<string, unknown>> => {
    const disk = new FakeDisk()
    await pageOf(disk).vault.ready()
    return disk.look('keys') as Record<string, unknown>
  }

  test.each<[string, (keys: Record<string, unknown>) => unknown]>([
    ['gone', () => undefined],
    ['nothing', () => null],
    ['an empty object, as a copied storage has it', (keys) => ({ ...keys, cipher: {}, names: {} })],
    ['without the key for names', ({ names, ...keys }) => keys],
    ['the JSON of keys', (keys) => JSON.parse(JSON.stringify({ ...keys })) as unknown],
    [
      'what only looks like a key',
      (keys) => ({ ...keys, cipher: { type: 'secret', extractable: false, algorithm: {} } }),
    ],
    [
      'each in the place of the other',
      (keys) => ({ ...keys, cipher: keys['names'], names: keys['cipher'] }),
    ],
    ['a key that can leave', (keys) => ({ ...keys, cipher: extractable })],
    ['without a proof', ({ proof, ...keys }) => keys],
    ['of another name', (keys) => ({ ...keys, id: 'AAAAAAAAAAAA' })],
    ['a text', () => 'garbage'],
  ])('%s: what was sealed is lost, and new ones are made', async (_, change) => {
    const disk = new FakeDisk()
    const old = pageOf(disk)
    const record = await sealedBy(old.vault)
    await replace(disk, change)
    const { vault } = pageOf(disk)
    expect(await vault.open(record)).toEqual({ loss: 'key-lost' })
    const again = await sealedBy(vault, { again: true })
    expect(again.keys).not.toBe(record.keys)
    expect(idOf(disk)).toBe(again.keys)
    expect(await pageOf(disk).vault.open(again)).toEqual({ plain: { again: true } })
    expect(await vault.open(record)).toEqual({ loss: 'key-lost' })
    // Another page, which had them by heart, goes on with the new ones.
    expect((await sealedBy(old.vault)).keys).toBe(again.keys)
  })

  test.each(['cipher', 'names'])('those of others under its name: %s', async (which) => {
    const disk = new FakeDisk()
    const record = await sealedBy(pageOf(disk).vault)
    const { [which]: other } = await others()
    await replace(disk, (keys) => ({ ...keys, [which]: other }))
    const { vault } = pageOf(disk)
    expect(await vault.open(record)).toEqual({ loss: 'key-lost' })
    expect((await sealedBy(vault)).keys).not.toBe(record.keys)
  })

  test('all of those of another database are taken as they are', async () => {
    const disk = new FakeDisk()
    const record = await sealedBy(pageOf(disk).vault)
    const theirs = await others()
    await replace(disk, () => theirs)
    const { vault } = pageOf(disk)
    expect(await vault.open(record)).toEqual({ loss: 'key-lost' })
    expect((await sealedBy(vault)).keys).toBe(theirs['id'])
  })

  test('a database deleted under a page gets its keys back before a record', async () => {
    const disk = new FakeDisk()
    const { vault } = pageOf(disk)
    const before = await sealedBy(vault)
    expect(await disk.delete('latchkey')).toBe('at once')
    expect(await vault.open(before)).toEqual({ plain: secret })
    const record = await sealedBy(vault)
    expect(record.keys).toBe(before.keys)
    expect(await pageOf(disk).vault.open(record)).toEqual({ plain: secret })
  })
})

describe('records stay plain, and that is said', () => {
  const expectPlain = async ({ vault }: Page): Promise<void> => {
    const record = await vault.seal(secret, clear)
    expect(record).toEqual({ clear, plain: secret })
    expect(vault.atRest).toBe('plain')
    expect(await vault.ready()).toBe('plain')
    expect(await vault.nameOf('Zoë')).toBeUndefined()
    expect(await vault.open(record)).toEqual({ plain: secret })
  }

  test('where there is no WebCrypto', async () => {
    const disk = new FakeDisk()
    withSubtle(undefined)
    await expectPlain(pageOf(disk))
    vi.stubGlobal('crypto', undefined)
    await expectPlain(pageOf(disk))
    expect(disk.opens).toBe(0)
  })

  const refuse = (): Promise<never> => Promise.reject(new Error('NotSupportedError'))
  test.each<[string, object]>([
    ['makes no keys', { generateKey: refuse }],
    ['throws', { generateKey: undefined }],
    ['does not encrypt', { encrypt: refuse }],
    ['does not decrypt', { decrypt: refuse }],
    ['does not sign', { sign: refuse }],
    ['confirms nothing', { verify: () => Promise.resolve(false) }],
  ])('where WebCrypto %s; keys that are there are left alone', async (_, changes) => {
    const disk = new FakeDisk()
    withSubtle(changes)
    await expectPlain(pageOf(disk))
    expect(disk.look('keys')).toBeUndefined()
    vi.unstubAllGlobals()
    const record = await sealedBy(pageOf(disk).vault)
    withSubtle(changes)
    await pageOf(disk).vault.seal(secret, clear)
    vi.unstubAllGlobals()
    expect(idOf(disk)).toBe(record.keys)
  })

  test('where the app wants that; what was sealed before still opens', async () => {
    const disk = new FakeDisk()
    await expectPlain(pageOf(disk, false))
    expect(disk.opens).toBe(0)
    const record = await sealedBy(pageOf(disk).vault)
    expect(await pageOf(disk, false).vault.open(record)).toEqual({ plain: secret })
  })

  test('where there is only memory', async () => {
    await expectPlain(pageOver(undefined))
  })

  test('in a storage of texts, in which no trace of a key is ever written', async () => {
    const texts = memoryStorage()
    const setItem = vi.fn((key: string, text: string) => texts.setItem(key, text))
    await expectPlain(pageOver(webStore({ ...texts, setItem }, fakeClock())))
    expect(setItem).not.toHaveBeenCalled()
  })

  test('where keys could leave the database; they are replaced once they need not', async () => {
    const disk = new FakeDisk()
    const { subtle } = crypto
    withSubtle({
      generateKey: (algorithm: { name: string }, _: boolean, uses: 'sign'[]) =>
        subtle.generateKey(algorithm, true, uses),
    })
    await expectPlain(pageOf(disk))
    const id = idOf(disk)
    expect(id).toBeTypeOf('string')
    vi.unstubAllGlobals()
    expect((await sealedBy(pageOf(disk).vault)).keys).not.toBe(id)
  })

  test('where keys were put back, but nobody can say whose are there now', async () => {
    const disk = new FakeDisk()
    const { clock, real, store } = pageOf(disk)
    let isAsked = false
    const vault = openVault({
      store: {
        ...store,
        get: (key) => (isAsked ? Promise.resolve({ value: 1, stored: false }) : store.get(key)),
      },
      real: {
        ...real,
        update: (...all) => {
          isAsked = disk.opens > 1
          return real.update(...all)
        },
      },
      clock,
      random: hostRandom,
      encryptAtRest: true,
    })
    await sealedBy(vault)
    await disk.delete('latchkey')
    await pageOf(disk).vault.ready()
    await replace(disk, () => undefined)
    expect(await vault.seal(secret, clear)).toEqual({ clear, plain: secret })
  })

  test('where keys cannot be cloned: the store remains what it was', async () => {
    const real: Store = {
      ...memoryStore(),
      update: () => Promise.reject(new DOMException('no', 'DataCloneError')),
    }
    const page = pageOver(real)
    await expectPlain(page)
    expect(page.store.state).toBe('persistent')
    expect(page.clock.waiting()).toEqual([])
  })

  test('where the storage fails, and only as long as it does', async () => {
    const disk = new FakeDisk()
    disk.opening = () => new Error('UnknownError')
    const page = pageOf(disk)
    await expectPlain(page)
    // Once it is known to fail, nobody waits for it again.
    expect(disk.opens).toBe(1)
    disk.opening = () => undefined
    await page.clock.pass(0)
    await page.clock.pass(1_000)
    await vi.waitFor(() => {
      expect(page.store.state).toBe('persistent')
    })
    expect(await page.vault.ready()).toBe('encrypted')
  })

  test('where the writing of keys hangs: after 2 s', async () => {
    const real: Store = { ...memoryStore(), update: () => new Promise(() => undefined) }
    const page = pageOver(real)
    const sealed = page.vault.seal(secret, clear)
    await vi.waitFor(() => {
      expect(page.clock.waiting()).toEqual([2_000])
    })
    await page.clock.pass(2_000)
    expect(await sealed).toEqual({ clear, plain: secret })
    expect(page.clock.waiting()).toEqual([])
  })
})

describe('where nobody can say', () => {
  test('a storage that does not answer is no loss; keys known by heart serve on', async () => {
    const disk = new FakeDisk()
    const [old, cold] = [pageOf(disk), pageOf(disk)]
    const record = await sealedBy(old.vault)
    disk.lose(true)
    disk.opening = () => new Error('UnknownError')
    expect(await cold.vault.open(record)).toEqual({ loss: 'unavailable' })
    expect(await old.vault.open(record)).toEqual({ plain: secret })
    expect((await sealedBy(old.vault)).keys).toBe(record.keys)
    expect(old.store.state).toBe('volatile')
  })

  test('nor is the want of WebCrypto', async () => {
    const disk = new FakeDisk()
    const record = await sealedBy(pageOf(disk).vault)
    withSubtle(undefined)
    expect(await pageOf(disk).vault.open(record)).toEqual({ loss: 'unavailable' })
  })
})

describe('what was altered is refused', () => {
  const { vault } = pageOf(new FakeDisk())
  const broken = { loss: 'broken' }

  test.each([
    undefined,
    null,
    0,
    'text',
    [],
    {},
    { clear },
    { clear, plain: null },
    { plain: 'x' },
  ])('what is no record: %j', async (record) => {
    expect(await vault.open(record)).toEqual(broken)
  })

  test.each(['clear', 'iv', 'sealed'])('a record without its %s', async (member) => {
    const record = await sealedBy(vault)
    expect(await vault.open({ ...record, [member]: undefined })).toEqual(broken)
  })

  test('any JSON comes back, sealed and plain', async () => {
    const plainly = pageOver(undefined).vault
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        async (plain, clear) => {
          const sealed = structuredClone(await vault.seal(plain, clear))
          expect('sealed' in sealed).toBe(true)
          const { plain: back } = await vault.open(sealed)
          expect(JSON.stringify(back)).toBe(JSON.stringify(plain))
          expect(JSON.stringify(sealed.clear)).toBe(JSON.stringify(clear))
          const kept = (await plainly.seal(plain, clear)) as PlainRecord<object>
          expect((await plainly.open(kept)).plain).toBe(plain)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('half a surrogate pair comes back too', async () => {
    const plain = { half: '\ud800', other: '\udc00x' }
    expect(await vault.open(await vault.seal(plain, clear))).toEqual({ plain })
  })

  test('any changed byte is refused', async () => {
    const record = await sealedBy(vault)
    const changed = (bytes: Uint8Array, at: number, bits: number): Uint8Array =>
      bytes.map((byte, index) => (index === at % bytes.length ? byte ^ bits : byte))
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const sealed = changed(new Uint8Array(record.sealed), at, bits).buffer
        expect(await vault.open({ ...record, sealed })).toEqual(broken)
        const iv = changed(record.iv, at, bits)
        expect(await vault.open({ ...record, iv })).toEqual(broken)
      }),
      { numRuns: 300 },
    )
    for (let length = 0; length < record.sealed.byteLength; length += 7)
      expect(await vault.open({ ...record, sealed: record.sealed.slice(0, length) })).toEqual(
        broken,
      )
  })

  test('any changed, added or missing clear member is refused; their order is nothing', async () => {
    const text = JSON.stringify
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.string(),
        fc.jsonValue(),
        async (clear, name, value) => {
          const record = await vault.seal(secret, clear)
          const open = (other: object): Promise<unknown> => vault.open({ ...record, clear: other })
          const backwards = Object.fromEntries(Object.entries(clear).reverse())
          expect(await open(backwards)).toEqual({ plain: secret })
          for (const [gone, was] of Object.entries(clear)) {
            const { [gone]: _, ...rest } = clear
            expect(await open(rest)).toEqual(broken)
            if (text(was) !== text(value))
              expect(await open({ ...clear, [gone]: value })).toEqual(broken)
          }
          if (!Object.hasOwn(clear, name))
            expect(
              await open(Object.fromEntries([...Object.entries(clear), [name, value]])),
            ).toEqual(broken)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('the ciphertext of one record under the clear part of another is refused', async () => {
    const one = await sealedBy(vault)
    const other = await vault.seal({ other: true }, { ...clear, generation: 8 })
    expect(await vault.open({ ...one, clear: other.clear })).toEqual(broken)
  })
})
