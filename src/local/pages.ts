// Lists in pages, the same way for everything that is listed.
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../bytes.ts'
import { invalid } from './fault.ts'

/** Where a page ends: moments first, since lists are told in the order in which things were made. */
type Place = readonly [madeAt: number, key: string]

const isAfter = ([madeAt, key]: Place, [otherMadeAt, otherKey]: Place): boolean =>
  madeAt === otherMadeAt ? key > otherKey : madeAt > otherMadeAt

/** What is asked of a list. */
export interface PageOf<Item> {
  /** Tells the list from all others, so that nobody goes on in one with the token of another. */
  readonly list: string
  readonly keyOf: (item: Item) => string
  /** Nought is as good as nothing. */
  readonly limit: number | undefined
  readonly most?: number
  readonly token: string | undefined
}

/**
 * One page of a list, and the token of the next if there is more. A token says how far the pages have got
 * and names no entry that has to be there still: who deletes what was listed, page by page, misses nothing.
 */
export function pageOf<Item extends { readonly createdAt: number }>(
  items: Iterable<Item>,
  { list, keyOf, limit = 0, most = 60, token }: PageOf<Item>,
): { readonly page: readonly Item[]; readonly next?: string } {
  const start = token === undefined ? undefined : readToken(list, token)
  const placeOf = (item: Item): Place => [item.createdAt, keyOf(item)]
  const left = [...items]
    .filter((item) => !start || isAfter(placeOf(item), start))
    .sort((one, other) => (isAfter(placeOf(one), placeOf(other)) ? 1 : -1))
  const page = left.slice(0, limit || most)
  const last = page.at(-1)
  if (!last || page.length === left.length) return { page }
  return { page, next: toBase64Url(utf8(JSON.stringify([list, ...placeOf(last)]))) }
}

function readToken(list: string, token: string): Place {
  let read: unknown
  try {
    read = JSON.parse(fromUtf8(fromBase64Url(token) ?? new Uint8Array()) ?? '')
  } catch {
    // Said below.
  }
  const [ours, madeAt, key] = (Array.isArray(read) ? read : []) as unknown[]
  return ours === list && typeof madeAt === 'number' && typeof key === 'string'
    ? [madeAt, key]
    : invalid('Invalid pagination token given.')
}
