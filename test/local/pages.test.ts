import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBase64Url, utf8 } from '../../src/bytes.ts'
import { pageOf } from '../../src/local/pages.ts'
import { runs } from '../runs.ts'
import { administer, newPool, password, refusalOf, send, signIn } from './raw.ts'
import type { Reply } from './raw.ts'

// Every list that is told in pages is told by one function: here it is looked at by itself.

interface Entry {
  readonly key: string
  readonly createdAt: number
}

const keyOf = ({ key }: Entry): string => key
const list = 'things'
const ask = (items: Iterable<Entry>, limit?: number, token?: string, most?: number) =>
  pageOf(items, { list, keyOf, limit, token, ...(most === undefined ? {} : { most }) })
const made = (count: number): Entry[] =>
  Array.from({ length: count }, (_, i) => ({ key: `key ${count - i}`, createdAt: i }))

/** What all pages of a list tell; between two of them something happens. */
function walk(items: () => Entry[], limit: number, between: (page: readonly Entry[]) => void) {
  const told: string[] = []
  let token: string | undefined
  do {
    const { page, next } = ask(items(), limit, token)
    if (next !== undefined) expect(page).toHaveLength(limit)
    told.push(...page.map(keyOf))
    between(page)
    token = next
  } while (token !== undefined)
  return told
}

const entries = fc.uniqueArray(fc.record({ key: fc.string(), createdAt: fc.nat(5) }), {
  selector: keyOf,
  maxLength: 30,
})
const limits = fc.integer({ min: 1, max: 7 })

describe('a list in pages', () => {
  test('tells everything once, oldest first, and ends with a page that names no next', () => {
    fc.assert(
      fc.property(entries, limits, (items, limit) => {
        const told = walk(
          () => items,
          limit,
          () => undefined,
        )
        expect([...told].sort()).toEqual(items.map(keyOf).sort())
        const moments = told.map((key) => items.find((item) => item.key === key)!.createdAt)
        expect(moments).toEqual([...moments].sort((one, other) => one - other))
      }),
      runs(500),
    )
  })

  test('misses nothing where every page is deleted before the next is asked for', () => {
    fc.assert(
      fc.property(entries, limits, (items, limit) => {
        let left = items
        const told = walk(
          () => left,
          limit,
          (page) => {
            left = left.filter((item) => !page.includes(item))
          },
        )
        expect([...told].sort()).toEqual(items.map(keyOf).sort())
        expect(left).toEqual([])
      }),
      runs(500),
    )
  })

  test('tells nothing twice where the last of a page was deleted, or something was added', () => {
    let left = made(9)
    const told = walk(
      () => left,
      2,
      (page) => {
        left = left.filter((item) => item !== page.at(-1))
        if (left.length < 9) left = [...left, { key: `late ${left.length}`, createdAt: 1000 }]
      },
    )
    expect(new Set(told).size).toBe(told.length)
    expect(told).toEqual(expect.arrayContaining(made(9).map(keyOf)))
  })

  test.each([
    [undefined, undefined, 60],
    [0, undefined, 60],
    [60, undefined, 60],
    [59, undefined, 59],
    [1, undefined, 1],
    [undefined, 20, 20],
    [0, 20, 20],
    [20, 20, 20],
  ])('of a limit of %j and at most %j has %j entries', (limit, most, expected) => {
    expect(ask(made(61), limit, undefined, most).page).toHaveLength(expected)
  })

  test.each([
    [0, 3],
    [1, 3],
    [3, 3],
    [60, undefined],
  ])('of %d names no next where all are on it', (count, limit) => {
    expect(ask(made(count), limit)).toEqual({ page: made(count) })
  })

  test.each([
    ['nonsense', 'nonsense'],
    ['nothing', ''],
    ['no base64url', '%%%'],
    ['no UTF-8', toBase64Url(Uint8Array.of(0xc3, 0x28))],
    ['the key alone', 'key 3'],
    ['another list', toBase64Url(utf8('["others",1,"key 3"]'))],
    ['a moment that is none', toBase64Url(utf8('["things","1","key 3"]'))],
    ['a key that is none', toBase64Url(utf8('["things",1,3]'))],
    ['no list', toBase64Url(utf8('{"0":"things"}'))],
    ['null', toBase64Url(utf8('null'))],
  ])('refuses a token that is %s', (_, token) => {
    expect(() => ask(made(5), 2, token)).toThrow('Invalid pagination token given.')
  })

  test('goes on in no list with the token of another', () => {
    const { next } = ask(made(5), 2)
    expect(ask(made(5), 2, next).page.map(keyOf)).toEqual(['key 3', 'key 2'])
    const elsewhere = () => pageOf(made(5), { list: 'others', keyOf, limit: 2, token: next })
    expect(elsewhere).toThrow('Invalid pagination token given.')
  })
})

describe('over the wire', () => {
  const Other = toBase64Url(utf8('["others",1,"key"]'))
  const lists: readonly [
    operation: string,
    limit: string,
    token: string,
    least: number,
    most: number,
  ][] = [
    ['ListDevices', 'Limit', 'PaginationToken', 0, 60],
    ['ListWebAuthnCredentials', 'MaxResults', 'NextToken', 0, 20],
    ['ListUsers', 'Limit', 'PaginationToken', 0, 60],
    ['ListUserPools', 'MaxResults', 'NextToken', 1, 60],
    ['ListUserPoolClients', 'MaxResults', 'NextToken', 1, 60],
    ['AdminListDevices', 'Limit', 'PaginationToken', 0, 60],
  ]

  test.each(lists)(
    '%s takes its bounds and no other token',
    async (name, limit, token, least, most) => {
      const pool = await newPool()
      pool.users.create({ username: 'ada', password })
      const { AccessToken } = await signIn(pool, 'ada')
      const isOpen = name === 'ListDevices' || name === 'ListWebAuthnCredentials'
      const ask = (input: object): Promise<Reply> =>
        isOpen
          ? send(pool, name, { AccessToken, ...input })
          : administer(pool, name, { Username: 'ada', [limit]: most, ...input })
      for (const value of [least, most]) {
        const { status, body } = await ask({ [limit]: value })
        expect(status).toBe(200)
        expect(body).not.toHaveProperty(token)
      }
      for (const value of [least - 1, most + 1, 1.5, 'x'])
        expect(refusalOf(await ask({ [limit]: value })).message).toContain(
          '1 validation error detected',
        )
      for (const text of ['nonsense', Other])
        expect(refusalOf(await ask({ [token]: text }))).toEqual({
          ...{ status: 400, type: 'InvalidParameterException' },
          message: 'Invalid pagination token given.',
        })
    },
  )

  test('ListUsers goes on with the same filter alone', async () => {
    const pool = await newPool()
    for (const username of ['ada', 'adam', 'eve']) pool.users.create({ username })
    const list = async (input: object) => administer(pool, 'ListUsers', { Limit: 1, ...input })
    const Filter = 'username ^= "ad"'
    const { PaginationToken } = (await list({ Filter })).body
    expect((await list({ Filter, PaginationToken })).body).toMatchObject({
      Users: [{ Username: 'adam' }],
    })
    expect(refusalOf(await list({ PaginationToken })).message).toBe(
      'Invalid pagination token given.',
    )
  })
})
