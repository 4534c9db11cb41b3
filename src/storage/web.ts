// Records as texts of JSON, one each, in a storage of texts.
import type { Clock, KeyValueStorage } from '../ports.ts'
import type { Entry, Store } from './store.ts'
import { createTurns, within } from '../turns.ts'
import type { Turns } from '../turns.ts'

/** How long an asynchronous storage may take. */
const patience = 4_000

// Such a storage has no transactions. What is to be written whole is first written here, as one text; a
// page that dies after that leaves it to the next to finish.
const journal = 'latchkey'

// By storage and not by store: two clients of one page stand in the same line.
const lines = new WeakMap<KeyValueStorage, Turns>()

/** A store over `localStorage`, `sessionStorage` or React Native's AsyncStorage. */
export function webStore(storage: KeyValueStorage, clock: Clock): Store {
  const line = lines.get(storage) ?? createTurns()
  lines.set(storage, line)

  const nameOf = (key: string): string => `latchkey.${key}`
  const parse = (text: string | null | undefined): unknown => {
    try {
      return JSON.parse(text!) as unknown
    } catch {
      // Nothing, or what nobody here has written.
      return undefined
    }
  }
  /** A text as it is, so that putting back what was there is exact. */
  const put = async (name: string, text: string | null | undefined): Promise<void> => {
    await (typeof text === 'string' ? storage.setItem(name, text) : storage.removeItem(name))
  }
  const read = async (key: string): Promise<unknown> => {
    const text = await storage.getItem(nameOf(key))
    return typeof text === 'string' ? parse(text) : undefined
  }
  const write = ([key, value]: Entry): Promise<void> => put(nameOf(key), JSON.stringify(value))

  const finish = async (): Promise<void> => {
    const text = await storage.getItem(journal)
    if (typeof text !== 'string') return
    const begun = parse(text)
    // Other entries than these nobody here has written.
    if (Array.isArray(begun))
      for (const entry of begun) if (Array.isArray(entry)) await write(entry as unknown as Entry)
    await storage.removeItem(journal)
  }

  const inTurn: Turns = (work) =>
    line(() =>
      within(clock, patience, async () => {
        await finish()
        return work()
      }),
    )

  return {
    get: (key) => inTurn(() => read(key)),
    set: (entries) =>
      inTurn(async () => {
        if (entries.length === 1) return write(entries[0]!)
        const before: [name: string, text: string | null | undefined][] = []
        for (const [key] of entries) before.push([nameOf(key), await storage.getItem(nameOf(key))])
        // `undefined` would come back as null.
        const begun = entries.map((entry) => entry.filter((part) => part !== undefined))
        await put(journal, JSON.stringify(begun))
        try {
          for (const entry of entries) await write(entry)
        } catch (error) {
          // Full in the middle. A page that dies before the last line leaves the journal, and with it all
          // of the entries.
          for (const [name, text] of before) await put(name, text)
          await storage.removeItem(journal)
          throw error
        }
        try {
          await storage.removeItem(journal)
        } catch {
          // All is written. Whoever comes next finishes it once more before anything else.
        }
      }),
    update: (key, change) =>
      inTurn(async () => {
        const was = await read(key)
        const is = change(was)
        if (is !== was) await write([key, is])
        return { was, is }
      }),
    close: () => undefined,
  }
}
