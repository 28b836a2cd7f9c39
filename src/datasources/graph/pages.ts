import { decodeListCursor, encodeListCursor } from '../page-cursor.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { compareUtf8 } from './lexeme-json.ts'

/** A page of a list that is whole in memory, in the order of its keys. */
export function pageOf<From, To>(
  all: readonly From[],
  options: {
    readonly list: string
    readonly scope: Scope
    readonly page: PageRequest
    readonly keyOf: (one: From) => string
    readonly item: (one: From) => To
  },
): Page<To> {
  const { list, scope, page, keyOf, item } = options
  const owner = { list, order: 'KEY', tenantId: scope.tenantId }
  const [given] = page.cursor === null ? [] : decodeListCursor(owner, page.cursor, ['text'])
  const sorted = [...all].sort((a, b) => compareUtf8(keyOf(a), keyOf(b)))
  const backward = page.direction === 'BACKWARD'
  const beyond = sorted.filter((one) => given === undefined || (backward ? -1 : 1) * compareUtf8(keyOf(one), String(given)) > 0)
  const kept = backward ? beyond.slice(-page.size) : beyond.slice(0, page.size)
  const more = beyond.length > page.size
  return {
    items: kept.map((one) => ({ cursor: encodeListCursor(owner, [keyOf(one)]), item: item(one) })),
    hasNextPage: backward ? beyond.length < sorted.length : more,
    hasPreviousPage: backward ? more : beyond.length < sorted.length,
  }
}
