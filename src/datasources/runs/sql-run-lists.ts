import { storable } from '../../projections/event-text.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { containing, type ListOrder, parameters, type Parameters } from '../sql-keyset.ts'
import { readPage } from '../sql-list.ts'
import { type Run, type RunFilter, type RunOrder } from './runs.ts'
import { runColumns, runOfRow, type RunRow } from './sql-run-rows.ts'

const started = [
  { expression: 'r.order_at_ns', kind: 'integer' },
  { expression: 'r.run_seq', kind: 'integer' },
] as const

const orders: Readonly<Record<RunOrder, ListOrder>> = {
  STARTED_DESC: { name: 'STARTED_DESC', keys: started, descending: true },
  STARTED_ASC: { name: 'STARTED_ASC', keys: started, descending: false },
  // An event belongs to one run, so the sequence of the newest is unique.
  UPDATED_DESC: { name: 'UPDATED_DESC', keys: [{ expression: 'r.last_sequence', kind: 'integer' }], descending: true },
}

/** Every condition of the filter but `statuses`, which lists spread over an index. */
function conditions(filter: RunFilter, { add }: Parameters): string[] {
  const where: string[] = []
  const contains = (column: string, text: string) => `${column} ilike ${add(containing(storable(text)))} escape '\\'`
  if (filter.ritualId != null) where.push(`r.ritual_id = ${add(storable(filter.ritualId))}`)
  if (filter.ritualIdContains != null) where.push(contains('r.ritual_id', filter.ritualIdContains))
  if (filter.runIdContains != null) where.push(contains('r.run_id', filter.runIdContains))
  if (filter.text != null) where.push(`(${contains('r.ritual_id', filter.text)} or ${contains('r.run_id', filter.text)})`)
  if (filter.systems != null) where.push(`r.system = any(${add(filter.systems)}::text[])`)
  if (filter.startedAfter != null) where.push(`r.order_at_ns >= ${add(filter.startedAfter)}::bigint`)
  if (filter.startedBefore != null) where.push(`r.order_at_ns < ${add(filter.startedBefore)}::bigint`)
  if (filter.awaitingGate != null) {
    const gate = add(storable(filter.awaitingGate))
    where.push(
      `exists (select from approvals a where a.run_seq = r.run_seq and a.tenant_id = $1 and a.gate_id = ${gate} and a.state = 'PENDING')`,
    )
  }
  return where
}

export function listRuns(sql: Sql, scope: Scope, filter: RunFilter, order: RunOrder, page: PageRequest): Promise<Page<Run>> {
  const params = parameters(scope.tenantId)
  const where = ['r.tenant_id = $1', ...conditions(filter, params)]
  const oneOf = filter.statuses == null ? undefined : { column: 'r.status', values: filter.statuses }
  return readPage<RunRow, Run>(sql, scope, {
    source: { list: 'runs', order: orders[order], columns: runColumns, from: 'runs r', where, oneOf },
    page,
    params,
    item: runOfRow,
  })
}

const counted = (filter: RunFilter): boolean =>
  Object.entries(filter).every(
    ([name, value]) => value == null || name === 'statuses' || name === 'ritualId' || name === 'ritualIdContains',
  )

/** Counts by ritual and status are kept by the projector, so the common counts read a few rows; others count the runs themselves. */
export async function countRuns(sql: Sql, scope: Scope, filter: RunFilter): Promise<number> {
  const params = parameters(scope.tenantId)
  const where = ['r.tenant_id = $1', ...conditions(filter, params)]
  if (filter.statuses != null) where.push(`r.status = any(${params.add([...filter.statuses])}::text[])`)
  const what = counted(filter) ? 'coalesce(sum(r.runs), 0)::bigint as count from ritual_counts r' : 'count(*) as count from runs r'
  const { count } = await sql.one<{ count: bigint }>(`select ${what} where ${where.join(' and ')}`, params.values, { signal: scope.signal })
  return Number(count)
}
