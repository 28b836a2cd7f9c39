import { storable } from '../../projections/event-text.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { countRows } from '../sql-counts.ts'
import { parameters } from '../sql-keyset.ts'
import { readPage } from '../sql-list.ts'
import { type QuotaStatus, type Ritual, type RunStatus, type ScaleHint } from './runs.ts'
import { runColumns, runOfRow, type RunRow } from './sql-run-rows.ts'

interface RitualRow extends RunRow {
  readonly name: string
  readonly statuses: readonly RunStatus[]
  readonly counts: readonly string[]
}

// A ritual's last run comes with it, so that a page of rituals is one statement.
const ritualColumns = `c.name, c.statuses, c.counts, ${runColumns}`
const counts = `select ritual_id as name, array_agg(status order by status) as statuses, array_agg(runs::text order by status) as counts from ritual_counts`
const lastRun = `left join lateral (select * from runs where tenant_id = $1 and ritual_id = c.name order by order_at_ns desc, run_seq desc limit 1) r on true`

function ritualOfRow(row: RitualRow, tenantId: string): Ritual {
  const countsByStatus = row.statuses.map((status, at) => ({ status, count: Number(row.counts[at]) }))
  return {
    tenantId,
    ritualId: row.name,
    runCount: countsByStatus.reduce((sum, { count }) => sum + count, 0),
    countsByStatus,
    lastRun: row.run_seq === null ? null : runOfRow(row),
  }
}

/** Rituals by name. */
export function listRituals(sql: Sql, scope: Scope, page: PageRequest): Promise<Page<Ritual>> {
  return readPage<RitualRow, Ritual>(sql, scope, {
    source: {
      list: 'rituals',
      order: { name: 'NAME', keys: [{ expression: 'c.name', kind: 'text' }], descending: false },
      columns: ritualColumns,
      from: `(${counts} where tenant_id = $1 and runs > 0 group by ritual_id) c ${lastRun}`,
      where: ['true'],
    },
    page,
    params: parameters(scope.tenantId),
    item: (row) => ritualOfRow(row, scope.tenantId),
  })
}

export const countRituals = (sql: Sql, scope: Scope): Promise<number> =>
  countRows(sql, scope, {
    what: 'distinct ritual_id',
    from: 'ritual_counts',
    where: ['tenant_id = $1', 'runs > 0'],
    params: parameters(scope.tenantId),
  })

export async function ritualsByIds(sql: Sql, scope: Scope, ritualIds: readonly string[]): Promise<(Ritual | null)[]> {
  if (ritualIds.length === 0) return []
  const rows = await sql.any<RitualRow>(
    `select ${ritualColumns} from (${counts} where tenant_id = $1 and ritual_id = any($2::text[]) and runs > 0 group by ritual_id) c ${lastRun}`,
    [scope.tenantId, ritualIds.map(storable)],
    { signal: scope.signal },
  )
  const byName = new Map(rows.map((row) => [row.name, ritualOfRow(row, scope.tenantId)]))
  return ritualIds.map((id) => byName.get(storable(id)) ?? null)
}

export async function durationsOfRituals(sql: Sql, scope: Scope, ritualIds: readonly string[]) {
  if (ritualIds.length === 0) return []
  const rows = await sql.any<{ p50: number | null; p95: number | null }>(
    `select quantiles.p50, quantiles.p95 from unnest($2::text[]) with ordinality as wanted (ritual_id, ord) cross join lateral (
       select percentile_cont(0.5) within group (order by newest.ms) as p50, percentile_cont(0.95) within group (order by newest.ms) as p95 from (
         select greatest(ended_at_ns - started_at_ns, 0)::float8 / 1000000 as ms from runs
         where tenant_id = $1 and ritual_id = wanted.ritual_id and ended_at_ns is not null and started_at_ns is not null
         order by ended_at_ns desc limit 1000) newest) quantiles
     order by wanted.ord`,
    [scope.tenantId, ritualIds.map(storable)],
    { signal: scope.signal },
  )
  return rows.map(({ p50, p95 }) => (p50 === null || p95 === null ? null : { p50Ms: p50, p95Ms: p95 }))
}

interface HintRow {
  readonly sequence: bigint
  readonly at_ns: bigint
  readonly recommendation: ScaleHint['recommendation']
  readonly reason: string | null
  readonly payload: string
}

export function listScaleHints(sql: Sql, scope: Scope, page: PageRequest): Promise<Page<ScaleHint>> {
  return readPage<HintRow, ScaleHint>(sql, scope, {
    source: {
      list: 'scaleHints',
      order: { name: 'NEWEST', keys: [{ expression: 'h.sequence', kind: 'integer' }], descending: true },
      columns: 'h.sequence, h.at_ns, h.recommendation, h.reason, h.payload',
      from: 'scale_hints h',
      where: ['h.tenant_id = $1'],
    },
    page,
    params: parameters(scope.tenantId),
    item: (row) => ({
      tenantId: scope.tenantId,
      sequence: row.sequence,
      at: row.at_ns,
      recommendation: row.recommendation,
      reason: row.reason,
      payload: row.payload,
    }),
  })
}

export const countScaleHints = (sql: Sql, scope: Scope): Promise<number> =>
  countRows(sql, scope, { from: 'scale_hints', where: ['tenant_id = $1'], params: parameters(scope.tenantId) })

interface QuotaRow {
  readonly capability: string
  readonly quota_limit: bigint
  readonly quota_window_s: bigint
  readonly quota_remaining: bigint | null
  readonly at_ns: bigint
  readonly sequence: bigint
}

/** Capabilities that are answered at most; there are as many as Demon's settings name. */
const MAX_QUOTAS = 1000

/** Jumps from capability to capability along the index, and so costs as many steps as there are capabilities, not decisions. */
export async function quotasOf(sql: Sql, scope: Scope): Promise<QuotaStatus[]> {
  const next = `select p.capability from policy_decisions p where p.tenant_id = $1 and p.quota_limit is not null`
  const rows = await sql.any<QuotaRow>(
    `with recursive known (capability, place) as (
       select (${next} order by p.capability limit 1), 1
       union all
       select (${next} and p.capability > known.capability order by p.capability limit 1), known.place + 1 from known
       where known.capability is not null and known.place < ${MAX_QUOTAS}
     )
     select newest.* from known cross join lateral (
       select d.capability, d.quota_limit, d.quota_window_s, d.quota_remaining, d.at_ns, d.sequence from policy_decisions d
       where d.tenant_id = $1 and d.capability = known.capability and d.quota_limit is not null order by d.sequence desc limit 1) newest
     order by newest.capability`,
    [scope.tenantId],
    { signal: scope.signal },
  )
  return rows.map((row) => ({
    capability: row.capability,
    quota: {
      limit: Number(row.quota_limit),
      windowSeconds: Number(row.quota_window_s),
      remaining: row.quota_remaining === null ? null : Number(row.quota_remaining),
    },
    at: row.at_ns,
    sequence: row.sequence,
  }))
}
