import { type CursorOwner, decodeListCursor, encodeListCursor, type KeyValue } from './page-cursor.ts'
import { type Page, type PageRequest } from './page.ts'
import { soughtText } from './sought-text.ts'
import { type SqlValue } from './sql/sql.ts'

/** Collects the values of a statement; `add` gives the placeholder. */
export interface Parameters {
  readonly values: readonly SqlValue[]
  add(value: SqlValue): string
}

export function parameters(...initial: readonly SqlValue[]): Parameters {
  const values = [...initial]
  return { values, add: (value) => `$${values.push(value)}` }
}

/**
 * A pattern for `ilike ... escape '\'` that finds the text anywhere, its wildcards taken literally.
 * @throws AppError BAD_USER_INPUT when it is too long to look for
 */
export const containing = (text: string): string => `%${soughtText(text).replace(/[\\%_]/g, '\\$&')}%`

export interface SortKey {
  readonly expression: string
  readonly kind: 'integer' | 'text'
}

/** A total order: one or two sort keys, the last of them unique within the list. */
export interface ListOrder {
  readonly name: string
  readonly keys: readonly [SortKey] | readonly [SortKey, SortKey]
  readonly descending: boolean
}

/** The sort key of a row, as `keyColumns` select it; `k1` is null where an outer join found no row. */
export interface KeyedRow {
  readonly k1: KeyValue | null
  readonly k2?: KeyValue
}

/** The SQL pieces of one page in reading direction: where it begins, and what lies on the other side of its cursor. */
export function keysetWindow(owner: CursorOwner, order: ListOrder, page: PageRequest, params: Parameters) {
  const down = order.descending !== (page.direction === 'BACKWARD')
  const expressions = order.keys.map(({ expression }) => expression)
  const orderBy = (names: readonly string[], descending: boolean) =>
    names.map((name) => `${name} ${descending ? 'desc' : 'asc'}`).join(', ')
  const kinds = order.keys.map(({ kind }) => kind)
  const cursor = page.cursor === null ? null : decodeListCursor(owner, page.cursor, kinds)
  const placeholders = cursor?.map((value, at) => `${params.add(value)}::${kinds[at] === 'integer' ? 'bigint' : 'text'}`) ?? []
  const compared = (operator: string) => `(${expressions.join(', ')}) ${operator} (${placeholders.join(', ')})`
  return {
    cursor,
    keyColumns: expressions.map((expression, at) => `${expression} as k${at + 1}`).join(', '),
    /** Rows after the cursor; all of them on the first page. */
    beyond: cursor === null ? [] : [compared(down ? '<' : '>')],
    /** The same with the row of the cursor itself. */
    fromCursor: cursor === null ? [] : [compared(down ? '<=' : '>=')],
    /** The cursor's row and those before it; null on the first page, where nothing can be. */
    behind: cursor === null ? null : compared(down ? '>=' : '<='),
    orderBy: orderBy(expressions, down),
    orderBehind: orderBy(expressions, !down),
    orderRows: (alias: string) =>
      orderBy(
        expressions.map((_expression, at) => `${alias}.k${at + 1}`),
        down,
      ),
  }
}

const keyOf = ({ k1, k2 }: KeyedRow): KeyValue[] => [k1, k2].filter((value) => value != null)

export const hasKey = (row: KeyedRow | undefined, key: readonly KeyValue[]): boolean =>
  row !== undefined && key[0] === row.k1 && (row.k2 === undefined || key[1] === row.k2)

/** A cursor is spelled when it is asked for: most answers show that of their last item, or none. */
class PageItem<T> {
  readonly item: T
  readonly #owner: CursorOwner
  readonly #row: KeyedRow

  constructor(owner: CursorOwner, row: KeyedRow, item: T) {
    this.item = item
    this.#owner = owner
    this.#row = row
  }

  get cursor(): string {
    return encodeListCursor(this.#owner, keyOf(this.#row))
  }
}

/**
 * Rows as they were read, in reading direction, as a page in list order.
 * @param rows one more than the page holds, where there is one
 * @param other whether there is a row on the other side of the cursor
 */
export function toPage<Row extends KeyedRow, T>(
  rows: readonly Row[],
  { owner, page, other, item }: { owner: CursorOwner; page: PageRequest; other: boolean; item: (row: Row) => T },
): Page<T> {
  const more = rows.length > page.size
  const kept = rows.slice(0, page.size)
  if (page.direction === 'BACKWARD') kept.reverse()
  return {
    items: kept.map((row) => new PageItem(owner, row, item(row))),
    hasNextPage: page.direction === 'BACKWARD' ? other : more,
    hasPreviousPage: page.direction === 'BACKWARD' ? more : other,
  }
}
