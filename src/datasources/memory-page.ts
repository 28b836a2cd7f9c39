import { type CursorOwner, decodeListCursor, encodeListCursor } from './page-cursor.ts'
import { type Page, type PageRequest } from './page.ts'

/**
 * One page of a list that is in memory, such as what a neighbour has just answered. Cursors name a place in the order, not a row: an item that has
 * gone spoils nothing.
 * @param keyOf what the list is ordered by, ascending: a number and a unique text
 */
export function cutPage<T>(
  owner: CursorOwner,
  items: readonly T[],
  keyOf: (item: T) => readonly [bigint, string],
  page: PageRequest,
): Page<T> {
  const compare = (left: readonly [bigint, string], right: readonly [bigint, string]): number =>
    left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : left[1] < right[1] ? -1 : left[1] > right[1] ? 1 : 0
  const rows = items.map((item) => ({ item, key: keyOf(item) })).sort((left, right) => compare(left.key, right.key))
  const backward = page.direction === 'BACKWARD'
  const start = page.cursor === null ? null : decodeListCursor(owner, page.cursor, ['integer', 'text'])
  const isBeyond = ({ key }: (typeof rows)[number]): boolean => {
    if (start === null) return true
    const place = compare(key, [BigInt(start[0] ?? 0n), String(start[1])])
    return backward ? place < 0 : place > 0
  }
  const beyond = rows.filter(isBeyond)
  const kept = backward ? beyond.slice(-page.size) : beyond.slice(0, page.size)
  const more = beyond.length > kept.length
  const other = start !== null && beyond.length < rows.length
  return {
    items: kept.map(({ item, key }) => ({ item, cursor: encodeListCursor(owner, key) })),
    hasNextPage: backward ? other : more,
    hasPreviousPage: backward ? more : other,
  }
}
