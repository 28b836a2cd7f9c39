import { type CursorOwner } from './page-cursor.ts'
import { type Page, type PageRequest } from './page.ts'
import { type RunKey } from './runs/runs.ts'
import { type Scope } from './scope.ts'
import { type Sql } from './sql/sql.ts'
import { type KeyedRow, keysetWindow, type ListOrder, type Parameters, toPage } from './sql-keyset.ts'

export interface ChildSource {
  readonly list: string
  readonly order: ListOrder
  readonly columns: string
  readonly from: string
  /** Conditions that tie a child to its parent, and filters. */
  readonly where: readonly string[]
}

/** A child, or a parent without one; `other` is said of the parent. */
interface ChildRow extends KeyedRow {
  readonly ord: bigint
  readonly other: boolean
}

/** The parents' keys as a table `parent (system, ritual_id, run_id, ord)` joined to their rows `r`; the tenant is `$1`. */
export function parentRuns(keys: readonly RunKey[], params: Parameters): string {
  const column = (pick: (key: RunKey) => string) => `${params.add(keys.map(pick))}::text[]`
  const lists = [column((key) => key.system), column((key) => key.ritualId), column((key) => key.runId)].join(', ')
  return `unnest(${lists}) with ordinality as parent (system, ritual_id, run_id, ord) left join runs r on r.tenant_id = $1 and r.system = parent.system and r.ritual_id = parent.ritual_id and r.run_id = parent.run_id`
}

interface PagesOfParents<Row, Key, T> {
  readonly keys: readonly Key[]
  readonly source: ChildSource
  readonly page: PageRequest
  readonly params: Parameters
  readonly item: (row: Row, key: Key) => T
}

/** The children of runs, which `source.where` calls `r`. */
export const readPagesOfRuns = <Row extends object, T>(
  sql: Sql,
  scope: Scope,
  wanted: PagesOfParents<Row, RunKey, T>,
): Promise<Page<T>[]> => readPagesOfParents(sql, scope, { ...wanted, parents: parentRuns(wanted.keys, wanted.params) })

/**
 * Reads the same page of each parent's children: one statement for all parents, one page per key in the order of `keys`.
 * @param wanted.parents a table `parent` of the keys with the place of each, `ord`, from 1 on
 */
export async function readPagesOfParents<Row extends object, Key, T>(
  sql: Sql,
  scope: Scope,
  { keys, parents, source, page, params, item }: PagesOfParents<Row, Key, T> & { readonly parents: string },
): Promise<Page<T>[]> {
  const { list, order, columns, from, where } = source
  const owner: CursorOwner = { list, order: order.name, tenantId: scope.tenantId }
  const window = keysetWindow(owner, order, page, params)
  const childText = `select ${columns}, ${window.keyColumns} from ${from} where ${[...where, ...window.beyond].join(' and ')} order by ${window.orderBy} limit ${page.size + 1}`
  const otherText =
    window.behind === null
      ? 'false'
      : `(select true from ${from} where ${[...where, window.behind].join(' and ')} order by ${window.orderBehind} limit 1) is not null`
  const rows = await sql.any<Row & ChildRow>(
    `select parent.ord, ${otherText} as other, child.* from ${parents} left join lateral (${childText}) child on true order by parent.ord, ${window.orderRows('child')}`,
    params.values,
    { signal: scope.signal },
  )
  const perParent = groupByOrd(rows, keys.length)
  return keys.map((key, at) => {
    const own = perParent[at] ?? []
    const children = own.filter(({ k1 }) => k1 !== null)
    return toPage(children, { owner, page, other: own[0]?.other ?? false, item: (row) => item(row, key) })
  })
}

/** Rows of each parent, by its place (`ord` counts from 1). */
export function groupByOrd<Row extends { readonly ord: bigint }>(rows: readonly Row[], parents: number): Row[][] {
  const groups = Array.from({ length: parents }, (): Row[] => [])
  for (const row of rows) groups[Number(row.ord) - 1]?.push(row)
  return groups
}
