import { type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { type LiveAlert, type StatusState } from './alert-rules.ts'
import { type SloStatus, sloStatuses } from './slo.ts'

/** An alert of our own evaluator. */
export interface OwnAlert extends LiveAlert {
  readonly id: string
  readonly tenantId: string
  readonly slo: string
  readonly tier: string
  readonly severity: string
  readonly endsAt: Nanos | null
  readonly burnLong: number | null
  readonly burnShort: number | null
  readonly factor: number
  readonly updatedAt: Nanos
}

interface AlertRow {
  id: string
  tenant_id: string
  slo_name: string
  tier: string
  severity: string
  state: string
  since_ns: bigint
  starts_at_ns: bigint
  ends_at_ns: bigint | null
  clear_since_ns: bigint | null
  burn_long: number | null
  burn_short: number | null
  factor: number
  updated_at_ns: bigint
}

const alertOf = (row: AlertRow): OwnAlert => ({
  id: row.id,
  tenantId: row.tenant_id,
  slo: row.slo_name,
  tier: row.tier,
  severity: row.severity,
  state: row.state === 'PENDING' ? 'PENDING' : 'FIRING',
  since: row.since_ns,
  startsAt: row.starts_at_ns,
  endsAt: row.ends_at_ns,
  clearSince: row.clear_since_ns,
  burnLong: row.burn_long,
  burnShort: row.burn_short,
  factor: row.factor,
  updatedAt: row.updated_at_ns,
})

const alertColumns =
  'id, tenant_id, slo_name, tier, severity, state, since_ns, starts_at_ns, ends_at_ns, clear_since_ns, burn_long, burn_short, factor, updated_at_ns'

interface StateRow {
  tenant_id: string
  slo_name: string
  status: string
  since_ns: bigint
  candidate: string | null
  candidate_since_ns: bigint | null
}

const statusOf = (text: string | null): SloStatus | null => sloStatuses.find((status) => status === text) ?? null

export const stateKey = (tenantId: string, name: string): string => JSON.stringify([tenantId, name])

/** The states of all objectives of all tenants, by `stateKey`. */
export async function readStates(sql: SqlExecutor): Promise<Map<string, StatusState>> {
  const rows = await sql.any<StateRow>('select tenant_id, slo_name, status, since_ns, candidate, candidate_since_ns from slo_states')
  return new Map(
    rows.map((row) => [
      stateKey(row.tenant_id, row.slo_name),
      {
        status: statusOf(row.status) ?? 'NO_DATA',
        since: row.since_ns,
        candidate: statusOf(row.candidate),
        candidateSince: row.candidate_since_ns,
      },
    ]),
  )
}

/** Alerts that have not ended, of all tenants. */
export async function readLiveAlerts(sql: SqlExecutor): Promise<OwnAlert[]> {
  return (await sql.any<AlertRow>(`select ${alertColumns} from slo_alerts where ends_at_ns is null`)).map(alertOf)
}

/** Alerts of a tenant, newest first: all that live, and the last that ended. */
export async function listAlerts(sql: Sql, { tenantId, signal }: Scope, limit = 500): Promise<OwnAlert[]> {
  const rows = await sql.any<AlertRow>(
    `select ${alertColumns} from slo_alerts where tenant_id = $1 order by (ends_at_ns is null) desc, starts_at_ns desc, id desc limit $2`,
    [tenantId, limit],
    { signal },
  )
  return rows.map(alertOf)
}

export interface StateChange {
  readonly tenantId: string
  readonly slo: string
  readonly state: StatusState
  readonly remaining: number | null
}

export async function writeStates(tx: SqlExecutor, changes: readonly StateChange[], now: Nanos): Promise<void> {
  if (changes.length === 0) return
  await tx.run(
    `insert into slo_states (tenant_id, slo_name, status, since_ns, candidate, candidate_since_ns, remaining, evaluated_at_ns)
       select *, $8::bigint from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::float8[])
         as given (tenant_id, slo_name, status, since_ns, candidate, candidate_since_ns, remaining)
     on conflict (tenant_id, slo_name) do update set status = excluded.status, since_ns = excluded.since_ns, candidate = excluded.candidate,
       candidate_since_ns = excluded.candidate_since_ns, remaining = excluded.remaining, evaluated_at_ns = excluded.evaluated_at_ns`,
    [
      changes.map(({ tenantId }) => tenantId),
      changes.map(({ slo }) => slo),
      changes.map(({ state }) => state.status),
      changes.map(({ state }) => state.since),
      changes.map(({ state }) => state.candidate),
      changes.map(({ state }) => state.candidateSince),
      changes.map(({ remaining }) => remaining),
      now,
    ],
  )
}

/** Writes alerts as they are now, all in one statement. */
export async function writeAlerts(tx: SqlExecutor, alerts: readonly OwnAlert[]): Promise<void> {
  if (alerts.length === 0) return
  const column = <T>(pick: (alert: OwnAlert) => T): T[] => alerts.map(pick)
  await tx.run(
    `insert into slo_alerts (${alertColumns})
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
         $10::bigint[], $11::float8[], $12::float8[], $13::float8[], $14::bigint[])
     on conflict (id) do update set state = excluded.state, since_ns = excluded.since_ns, ends_at_ns = excluded.ends_at_ns, clear_since_ns = excluded.clear_since_ns,
       burn_long = excluded.burn_long, burn_short = excluded.burn_short, updated_at_ns = excluded.updated_at_ns`,
    [
      column(({ id }) => id),
      column(({ tenantId }) => tenantId),
      column(({ slo }) => slo),
      column(({ tier }) => tier),
      column(({ severity }) => severity),
      column(({ state }) => state),
      column(({ since }) => since),
      column(({ startsAt }) => startsAt),
      column(({ endsAt }) => endsAt),
      column(({ clearSince }) => clearSince),
      column(({ burnLong }) => burnLong),
      column(({ burnShort }) => burnShort),
      column(({ factor }) => factor),
      column(({ updatedAt }) => updatedAt),
    ],
  )
}
