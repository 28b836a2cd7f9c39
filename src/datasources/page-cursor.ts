import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { badUserInput } from '../errors.ts'
import { type PageRequest } from './page.ts'

export const DEFAULT_PAGE_SIZE = 20
export const MAX_PAGE_SIZE = 100

export interface PageArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/**
 * Reads the paging arguments of a list field: forward by `first`/`after`, backward by `last`/`before`; 20 items unless told, at most 100.
 * @throws AppError BAD_USER_INPUT when both directions are named or the size is out of range
 */
export function pageRequest({ first, after, last, before }: PageArguments): PageRequest {
  const forward = first != null || after != null
  const backward = last != null || before != null
  if (forward && backward) throw badUserInput('Page forward by `first` and `after`, or backward by `last` and `before`, not both.')
  const size = (backward ? last : first) ?? DEFAULT_PAGE_SIZE
  if (!Number.isInteger(size) || size < 1 || size > MAX_PAGE_SIZE)
    throw badUserInput(`\`${backward ? 'last' : 'first'}\` must be from 1 to ${MAX_PAGE_SIZE}.`)
  return { size, direction: backward ? 'BACKWARD' : 'FORWARD', cursor: (backward ? before : after) ?? null }
}

/** Which list a cursor belongs to: a cursor of another list, order or tenant is refused. */
export interface CursorOwner {
  readonly list: string
  readonly order: string
  readonly tenantId: string
}

/** A value of the sort key: an integer of at most 64 bits, or text. */
export type KeyValue = bigint | string

const marks = new LRUCache<string, string>({
  max: 1000,
  memoMethod: (tenantId) => createHash('sha256').update(tenantId).digest('base64url').slice(0, 11),
})
const tenantMark = (tenantId: string): string => marks.memo(tenantId)

const spell = (value: KeyValue): string => (typeof value === 'bigint' ? `i${value}` : `t${value}`)

function readValue(value: unknown): KeyValue | null {
  if (typeof value !== 'string') return null
  if (value.startsWith('t') && !value.includes('\0')) return value.slice(1)
  if (!/^i-?\d{1,19}$/.test(value)) return null
  const integer = BigInt(value.slice(1))
  return BigInt.asIntN(64, integer) === integer ? integer : null
}

/**
 * The place of a row in one list: opaque base64url JSON of the list, its order, a mark of the tenant, and the row's sort key. Unsigned: it
 * grants nothing, since the tenant filter of every statement comes from the scope.
 */
export function encodeListCursor(owner: CursorOwner, key: readonly KeyValue[]): string {
  return Buffer.from(JSON.stringify([owner.list, owner.order, tenantMark(owner.tenantId), ...key.map(spell)])).toString('base64url')
}

/**
 * The sort key that a cursor holds, one value for each of `kinds`.
 * @throws AppError BAD_USER_INPUT for anything that `encodeListCursor` did not make for this owner
 */
export function decodeListCursor(owner: CursorOwner, cursor: string, kinds: readonly ('integer' | 'text')[]): KeyValue[] {
  const key = readCursor(owner, cursor)
  if (key === null || key.length !== kinds.length || key.some((value, at) => (typeof value === 'bigint') !== (kinds[at] === 'integer')))
    throw badUserInput('This is not a cursor of this list.')
  return key
}

function readCursor(owner: CursorOwner, cursor: string): KeyValue[] | null {
  if (cursor.length > 4096 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
  if (!Array.isArray(parts) || parts[0] !== owner.list || parts[1] !== owner.order || parts[2] !== tenantMark(owner.tenantId)) return null
  const key = parts.slice(3).map(readValue)
  return key.every((value) => value !== null) ? key : null
}
