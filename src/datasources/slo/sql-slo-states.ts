import { type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { type LiveAlert, type StatusState } from './alert-rules.ts'
import { type StoredTier } from './assess.ts'
import { type AlertState, type SloStatus, sloStatuses } from './slo.ts'

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

/** Tiers that are pending or fire, by objective: tiers that are not named are inactive where an evaluator has seen the objective. */
export async function storedTiersOf(sql: Sql, { tenantId, signal }: Scope): Promise<Map<string, ReadonlyMap<string, StoredTier>>> {
  const rows = await sql.any<{ slo_name: string; tier: string | null; state: string | null; since_ns: bigint | null }>(
    `select s.slo_name, a.tier, a.state, a.since_ns from slo_states s
       left join slo_alerts a on a.tenant_id = s.tenant_id and a.slo_name = s.slo_name and a.ends_at_ns is null
      where s.tenant_id = $1 and a.tier is not null`,
    [tenantId],
    { signal },
  )
  const found = new Map<string, Map<string, StoredTier>>()
  for (const { slo_name: name, tier, state, since_ns: since } of rows) {
    if (tier === null) continue
    const tiers = found.get(name) ?? new Map<string, StoredTier>()
    const word: AlertState = state === 'PENDING' ? 'PENDING' : 'FIRING'
    tiers.set(tier, { state: word, since })
    found.set(name, tiers)
  }
  return found
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

export async function writeAlert(tx: SqlExecutor, alert: OwnAlert): Promise<void> {
  await tx.run(
    `insert into slo_alerts (${alertColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (id) do update set state = excluded.state, since_ns = excluded.since_ns, ends_at_ns = excluded.ends_at_ns, clear_since_ns = excluded.clear_since_ns,
       burn_long = excluded.burn_long, burn_short = excluded.burn_short, updated_at_ns = excluded.updated_at_ns`,
    [
      ...[alert.id, alert.tenantId, alert.slo, alert.tier, alert.severity, alert.state, alert.since, alert.startsAt, alert.endsAt],
      ...[alert.clearSince, alert.burnLong, alert.burnShort, alert.factor, alert.updatedAt],
    ],
  )
}
