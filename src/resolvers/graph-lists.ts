import { badUserInput } from '../errors.ts'
import { decodeListCursor, encodeListCursor } from '../datasources/page-cursor.ts'
import { type Page, type PageRequest } from '../datasources/page.ts'

/** A page of a list that is whole in memory and never changes: cursors are places in it. */
export function pageOfList<T>(all: readonly T[], { list, tenantId }: { list: string; tenantId: string }, page: PageRequest): Page<T> {
  const owner = { list, order: 'INDEX', tenantId }
  const [index] = page.cursor === null ? [] : decodeListCursor(owner, page.cursor, ['integer'])
  if (page.direction === 'BACKWARD') throw badUserInput('This list is paged forward only.')
  const from = index === undefined ? 0 : Number(index) + 1
  return {
    items: all.slice(from, from + page.size).map((item, at) => ({ cursor: encodeListCursor(owner, [BigInt(from + at)]), item })),
    hasNextPage: all.length > from + page.size,
    hasPreviousPage: from > 0,
  }
}
