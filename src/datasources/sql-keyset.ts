import { type CursorOwner, decodeListCursor, encodeListCursor, type KeyValue } from './page-cursor.ts'
import { type Page, type PageRequest } from './page.ts'
import { type RunKey } from './runs/runs.ts'
import { type Scope } from './scope.ts'
import { type Sql, type SqlValue } from './sql/sql.ts'

/** Collects the values of a statement; `add` gives the placeholder. */
export interface Parameters {
  readonly values: readonly SqlValue[]
  add(value: SqlValue): string
}

export function parameters(...initial: readonly SqlValue[]): Parameters {
  const values = [...initial]
  return { values, add: (value) => `$${values.push(value)}` }
}

/** A pattern for `ilike ... escape '\'` that finds the text anywhere, its wildcards taken literally. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

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

export interface ListSource {
  /** Name of the list, bound into its cursors. */
  readonly list: string
  readonly order: ListOrder
  readonly columns: string
  readonly from: string
  readonly where: readonly string[]
  /** One of several values: each is read by itself in list order, so that an index led by the column serves any of them. */
  readonly oneOf?: { readonly column: string; readonly values: readonly string[] } | undefined
}

interface PageRow {
  readonly other: boolean
  readonly k1: KeyValue | null
  readonly k2?: KeyValue
}

/** The SQL pieces of one page: rows beyond the cursor in reading direction, and whether there is one on its other side. */
export function keysetWindow(owner: CursorOwner, order: ListOrder, page: PageRequest, params: Parameters) {
  const down = order.descending !== (page.direction === 'BACKWARD')
  const expressions = order.keys.map(({ expression }) => expression)
  const orderBy = (names: readonly string[], descending: boolean) =>
    names.map((name) => `${name} ${descending ? 'desc' : 'asc'}`).join(', ')
  const kinds = order.keys.map(({ kind }) => kind)
  const values = page.cursor === null ? null : decodeListCursor(owner, page.cursor, kinds)
  const compared = (operator: string) => {
    const placeholders = values?.map((value, at) => `${params.add(value)}::${kinds[at] === 'integer' ? 'bigint' : 'text'}`) ?? []
    return `(${expressions.join(', ')}) ${operator} (${placeholders.join(', ')})`
  }
  return {
    keyColumns: expressions.map((expression, at) => `${expression} as k${at + 1}`).join(', '),
    beyond: values === null ? [] : [compared(down ? '<' : '>')],
    /** Null on the first page: nothing can be on the other side. */
    behind: values === null ? null : compared(down ? '>=' : '<='),
    orderBy: orderBy(expressions, down),
    orderBehind: orderBy(expressions, !down),
    orderRows: (alias: string) =>
      orderBy(
        expressions.map((_expression, at) => `${alias}.k${at + 1}`),
        down,
      ),
    /** One more than the page holds tells whether there is more. */
    limit: page.size + 1,
  }
}

/** Rows as read, at most `size + 1` of them and in reading direction, as a page in list order. */
export function toPage<Row extends PageRow, T>(
  rows: readonly Row[],
  { owner, page, item }: { owner: CursorOwner; page: PageRequest; item: (row: Row) => T },
): Page<T> {
  const found = rows.filter(({ k1 }) => k1 !== null)
  const other = rows[0]?.other ?? false
  const more = found.length > page.size
  const kept = found.slice(0, page.size)
  if (page.direction === 'BACKWARD') kept.reverse()
  return {
    items: kept.map((row) => ({ cursor: encodeListCursor(owner, keyOf(row)), item: item(row) })),
    hasNextPage: page.direction === 'BACKWARD' ? other : more,
    hasPreviousPage: page.direction === 'BACKWARD' ? more : other,
  }
}

const keyOf = ({ k1, k2 }: PageRow): KeyValue[] => [k1, k2].filter((value) => value != null)

/**
 * Reads one page of a list in one statement. Any page costs the same: the sort keys are compared as a row value, which an index answers.
 * @throws AppError BAD_USER_INPUT for a cursor of another list
 */
export async function readPage<Row extends object, T>(
  sql: Sql,
  scope: Scope,
  { source, page, params, item }: { source: ListSource; page: PageRequest; params: Parameters; item: (row: Row) => T },
): Promise<Page<T>> {
  const { list, order, columns, from, where, oneOf } = source
  const owner: CursorOwner = { list, order: order.name, tenantId: scope.tenantId }
  const window = keysetWindow(owner, order, page, params)
  const accepted = oneOf === undefined ? null : params.add([...new Set(oneOf.values)])
  const select = (condition: readonly string[]) =>
    `select ${columns}, ${window.keyColumns} from ${from} where ${[...where, ...window.beyond, ...condition].join(' and ')} order by ${window.orderBy} limit ${window.limit}`
  const rowsText =
    oneOf === undefined
      ? select([])
      : `select each.* from unnest(${accepted}::text[]) as wanted (value) cross join lateral (${select([`${oneOf.column} = wanted.value`])}) each order by ${window.orderRows('each')} limit ${window.limit}`
  // The nearest row on the other side is asked for, not any row: with a filter that few rows pass, "any" may be far away.
  const near = (condition: readonly string[]) =>
    `select true from ${from} where ${[...where, ...condition].join(' and ')} order by ${window.orderBehind} limit 1`
  const otherText = (behind: string) =>
    oneOf === undefined
      ? near([behind])
      : `select true from unnest(${accepted}::text[]) as wanted (value) cross join lateral (${near([`${oneOf.column} = wanted.value`, behind])}) near limit 1`
  const other = window.behind === null ? 'false' : `(${otherText(window.behind)}) is not null`
  const rows = await sql.any<Row & PageRow>(
    `select side.other, found.* from (select ${other} as other) side left join lateral (${rowsText}) found on true order by ${window.orderRows('found')}`,
    params.values,
    { signal: scope.signal },
  )
  return toPage(rows, { owner, page, item })
}

export interface ChildSource {
  readonly list: string
  readonly order: ListOrder
  readonly columns: string
  readonly from: string
  /** Conditions that tie a child to its parent `r`, and filters. */
  readonly where: readonly string[]
}

/** The parents' keys as a table `parent (system, ritual_id, run_id, ord)` joined to their rows `r`; the tenant is `$1`. */
export function parentRuns(keys: readonly RunKey[], params: Parameters): string {
  const column = (pick: (key: RunKey) => string) => `${params.add(keys.map(pick))}::text[]`
  const lists = [column((key) => key.system), column((key) => key.ritualId), column((key) => key.runId)].join(', ')
  return `unnest(${lists}) with ordinality as parent (system, ritual_id, run_id, ord) left join runs r on r.tenant_id = $1 and r.system = parent.system and r.ritual_id = parent.ritual_id and r.run_id = parent.run_id`
}

/** Reads the same page of each parent's children: one statement for all parents, one page per key in the order of `keys`. */
export async function readPagesOfRuns<Row extends object, T>(
  sql: Sql,
  scope: Scope,
  {
    keys,
    source,
    page,
    params,
    item,
  }: {
    keys: readonly RunKey[]
    source: ChildSource
    page: PageRequest
    params: Parameters
    item: (row: Row, key: RunKey) => T
  },
): Promise<Page<T>[]> {
  const { list, order, columns, from, where } = source
  const owner: CursorOwner = { list, order: order.name, tenantId: scope.tenantId }
  const window = keysetWindow(owner, order, page, params)
  const childText = `select ${columns}, ${window.keyColumns} from ${from} where ${[...where, ...window.beyond].join(' and ')} order by ${window.orderBy} limit ${window.limit}`
  const otherText =
    window.behind === null
      ? 'false'
      : `(select true from ${from} where ${[...where, window.behind].join(' and ')} order by ${window.orderBehind} limit 1) is not null`
  const rows = await sql.any<Row & PageRow & { readonly ord: bigint }>(
    `select parent.ord, ${otherText} as other, child.* from ${parentRuns(keys, params)} left join lateral (${childText}) child on true order by parent.ord, ${window.orderRows('child')}`,
    params.values,
    { signal: scope.signal },
  )
  const perParent = groupByOrd(rows, keys.length)
  return keys.map((key, at) => toPage(perParent[at] ?? [], { owner, page, item: (row) => item(row, key) }))
}

/** Rows of each parent, by its place (`ord` counts from 1). */
export function groupByOrd<Row extends { readonly ord: bigint }>(rows: readonly Row[], parents: number): Row[][] {
  const groups = Array.from({ length: parents }, (): Row[] => [])
  for (const row of rows) groups[Number(row.ord) - 1]?.push(row)
  return groups
}
