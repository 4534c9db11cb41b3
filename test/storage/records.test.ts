import { describe, expect, test } from 'vitest'
import { memoryStorage, readRecord, writeRecord } from '../../src/storage/records.ts'
import type { Versioned } from '../../src/storage/records.ts'

interface Name extends Versioned {
  readonly name: string
}

const ann: Name = { version: 1, name: 'Ann' }
const read = (text: string) => {
  const storage = memoryStorage()
  storage.setItem('key', text)
  return readRecord<Name>(storage, 'key', 'name')
}

describe('a record', () => {
  test('comes back as it was written, and goes', async () => {
    const storage = memoryStorage()
    expect(await writeRecord(storage, 'key', ann)).toBe(true)
    expect(await readRecord<Name>(storage, 'key', 'name')).toEqual(ann)
    expect(await writeRecord(storage, 'key', undefined)).toBe(true)
    expect(await readRecord<Name>(storage, 'key', 'name')).toBeUndefined()
  })

  test.each([
    ['of another version', { version: 2, name: 'Ann' }],
    ['of no version', { name: 'Ann' }],
    ['without a member', { version: 1 }],
    ['with an inherited member alone', { version: 1, __proto__: { name: 'Ann' } }],
  ])('%s is none', async (_, record) => {
    expect(await read(JSON.stringify(record))).toBeUndefined()
  })

  test.each(['', 'null', '1', '"text"', '[]', '{', '{"version":1,"__proto__":{"name":"Ann"}}'])(
    'that is %j is none',
    async (text) => {
      expect(await read(text)).toBeUndefined()
    },
  )

  test('waits for a storage that takes its time', async () => {
    const texts = memoryStorage()
    const slow = {
      getItem: (key: string) => Promise.resolve(texts.getItem(key) ?? null),
      setItem: (key: string, text: string) => Promise.resolve(texts.setItem(key, text)),
      removeItem: (key: string) => Promise.resolve(texts.removeItem(key)),
    }
    await writeRecord(slow, 'key', ann)
    expect(await readRecord<Name>(slow, 'key', 'name')).toEqual(ann)
  })
})

describe('a storage that fails', () => {
  const refuse = (): never => {
    throw new Error('QuotaExceededError')
  }
  const reject = (): Promise<never> => Promise.reject(new Error('QuotaExceededError'))

  test.each([
    ['at once', { getItem: refuse, setItem: refuse, removeItem: refuse }],
    ['later', { getItem: reject, setItem: reject, removeItem: reject }],
    ['by not being there', undefined],
  ])('%s has nothing and keeps nothing', async (_, storage) => {
    expect(await readRecord<Name>(storage, 'key', 'name')).toBeUndefined()
    expect(await writeRecord(storage, 'key', ann)).toBe(false)
    expect(await writeRecord(storage, 'key', undefined)).toBe(false)
  })
})
