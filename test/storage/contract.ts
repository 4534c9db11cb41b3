import type { Store } from '../../src/storage/store.ts'

// What every store does, told as data, so that a page of any browser can be asked as well as Node.

/** How one thing went: nothing to say, or what was wrong. */
export type Verdict = readonly [name: string, complaint: string]

const same = (one: unknown, other: unknown): void => {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)]
  if (left !== right) throw new Error(`${left} is not ${right}`)
}
const add = (was: unknown): number => ((was as number | undefined) ?? 0) + 1

const clauses: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  'there is nothing at first': async (store) => {
    same(await store.get('one'), undefined)
  },
  'what is set is there, and what is set to nothing is not': async (store) => {
    await store.set([['one', { a: 1, b: ['é', null, true] }]])
    same(await store.get('one'), { a: 1, b: ['é', null, true] })
    await store.set([['one', undefined]], { durability: 'strict' })
    same(await store.get('one'), undefined)
  },
  'several entries are set and taken away together': async (store) => {
    await store.set([
      ['one', 1],
      ['two', 2],
    ])
    await store.set([
      ['one', undefined],
      ['two', 3],
      ['three', 4],
    ])
    same(await Promise.all(['one', 'two', 'three'].map((key) => store.get(key))), [undefined, 3, 4])
    await store.set([])
  },
  'an update says what was there and what is': async (store) => {
    same(await store.update('one', add, { durability: 'strict' }), { is: 1 })
    same(await store.update('one', add), { was: 1, is: 2 })
    same(await store.get('one'), 2)
    same(await store.update('one', () => undefined), { was: 2 })
    same(await store.get('one'), undefined)
  },
  'an update that changes nothing leaves what is there': async (store) => {
    same(await store.update('one', (was) => was), {})
    await store.set([['one', { a: 1 }]])
    same(await store.update('one', (was) => was), { was: { a: 1 }, is: { a: 1 } })
    same(await store.get('one'), { a: 1 })
  },
  'a change that throws changes nothing': async (store) => {
    await store.set([['one', 1]])
    const outcome = await store
      .update('one', () => {
        throw new Error('on purpose')
      })
      .catch((error: unknown) => (error as Error).message)
    same(outcome, 'on purpose')
    same(await store.get('one'), 1)
  },
  'updates at once lose nothing': async (store) => {
    const results = await Promise.all(Array.from({ length: 50 }, () => store.update('one', add)))
    same(
      results.map(({ is }) => is),
      Array.from({ length: 50 }, (_, index) => index + 1),
    )
    same(await store.get('one'), 50)
  },
  'calls are done in the order in which they were made': async (store) => {
    const done = await Promise.all([
      store.set([['one', 1]]),
      store.get('one'),
      store.update('one', add),
      store.get('one'),
      store.set([['one', undefined]]),
      store.get('one'),
    ])
    same(done, [undefined, 1, { was: 1, is: 2 }, 2, undefined, undefined])
  },
  'a store that was closed opens again': async (store) => {
    await store.set([['one', 1]])
    store.close()
    store.close()
    same(await store.get('one'), 1)
  },
}

/** Tries everything with a store; between two clauses, its keys are taken away. */
export async function examineStore(store: Store): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  for (const [name, clause] of Object.entries(clauses)) {
    await store.set(['one', 'two', 'three'].map((key) => [key, undefined]))
    verdicts.push([
      name,
      await clause(store).then(
        () => '',
        (error: unknown) => String(error),
      ),
    ])
  }
  return verdicts
}

/** The verdicts on a store that is as it should be. */
export const flawless: readonly Verdict[] = Object.keys(clauses).map((name) => [name, ''])
