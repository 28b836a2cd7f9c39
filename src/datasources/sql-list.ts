import { type CursorOwner } from './page-cursor.ts'
import { type Page, type PageRequest } from './page.ts'
import { type Scope } from './scope.ts'
import { type Sql } from './sql/sql.ts'
import { hasKey, type KeyedRow, keysetWindow, type ListOrder, type Parameters, toPage } from './sql-keyset.ts'

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

/**
 * Reads one page of a list in one statement. Any page costs the same: the sort keys are compared as a row value, which an index answers. The
 * cursor's own row is read along, since it proves that the page has something before it; only where that row has left the list meanwhile is
 * that asked in a second statement.
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
  const accepted = oneOf === undefined ? '' : `unnest(${params.add([...new Set(oneOf.values)])}::text[]) as wanted (value)`
  const isWanted = oneOf === undefined ? [] : [`${oneOf.column} = wanted.value`]

  /** At most `limit` rows from each value of `oneOf`, and of these the first `limit`. */
  const first = (what: string, { bounds, orderBy, limit }: { bounds: readonly string[]; orderBy: string; limit: number }) =>
    `select ${what} from ${from} where ${[...where, ...bounds, ...isWanted].join(' and ')} order by ${orderBy} limit ${limit}`
  const spread = (text: string, end: string) =>
    oneOf === undefined ? text : `select each.* from ${accepted} cross join lateral (${text}) each ${end}`

  const ahead = page.size + (window.cursor === null ? 1 : 2)
  const rowsText = first(`${columns}, ${window.keyColumns}`, { bounds: window.fromCursor, orderBy: window.orderBy, limit: ahead })
  const rows = await sql.any<Row & KeyedRow>(spread(rowsText, `order by ${window.orderRows('each')} limit ${ahead}`), params.values, {
    signal: scope.signal,
  })
  if (window.cursor !== null && hasKey(rows[0], window.cursor)) return toPage(rows.slice(1), { owner, page, other: true, item })
  return toPage(rows, { owner, page, other: window.behind !== null && (await isThereAny(window.behind)), item })

  /** The nearest row is asked for, not any row: with a filter that few rows pass, "any" may be far away. */
  async function isThereAny(behind: string): Promise<boolean> {
    const nearest = first('true as found', { bounds: [behind], orderBy: window.orderBehind, limit: 1 })
    return (await sql.any(spread(nearest, 'limit 1'), params.values, { signal: scope.signal })).length > 0
  }
}
