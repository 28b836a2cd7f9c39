import { type Approval, type ApprovalOrder, type ApprovalState } from '../approvals/approvals.ts'
import { type Run, type RunFilter, type RunKey, type RunOrder, type RunStatus } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type SqlExecutor } from '../sql/sql.ts'
import { type Marked, type ScanRequest } from './keyset-scan.ts'
import { firstTimes, keysetOf, markOf, type SortedRow } from './summit-keyset.ts'
import { firstColumn, type SummitTable, type SummitTables } from './summit-tables.ts'
import { jsonValue, redacted, summitTime } from './summit-values.ts'

/** Summit's runs and approvals, read only, whichever variant of the tables an install has. (contract: summit 4.1, 10.6) */
export interface SummitRuns {
  byKeys(scope: Scope, keys: readonly RunKey[]): Promise<(Run | null)[]>
  /** Runs in an order, from a row on. */
  rows(scope: Scope, order: RunOrder, request: ScanRequest): Promise<readonly Marked<Run>[]>
  /** Approvals whose run proves the tenant, in an order, from a row on. */
  approvalRows(scope: Scope, order: ApprovalOrder, request: ScanRequest): Promise<readonly Marked<Approval>[]>
  /** Approvals of these runs, at most `limit`. */
  approvals(scope: Scope, runIds: readonly string[], limit: number): Promise<Approval[]>
}

interface RunRow {
  readonly id: string
  readonly ritual: string | null
  readonly status: string | null
  readonly created_at: unknown
  readonly started_at: unknown
  readonly ended_at: unknown
  readonly updated_at: unknown
  readonly spec: unknown
  readonly outputs: unknown
  readonly failure: string | null
}

const statuses: Readonly<Record<string, RunStatus>> = {
  ...{ pending: 'QUEUED', queued: 'QUEUED', planning: 'RUNNING', planned: 'RUNNING', applying: 'RUNNING', running: 'RUNNING' },
  ...{ completed: 'COMPLETED', succeeded: 'COMPLETED', failed: 'FAILED', cancelled: 'CANCELED', canceled: 'CANCELED', paused: 'PAUSED' },
}

const runStatusOf = (raw: string | null): RunStatus => statuses[raw?.toLowerCase() ?? ''] ?? 'UNKNOWN'

function runColumns(table: SummitTable): string | null {
  // Without a tenant's column the table would show everybody's runs.
  if (!table.columns.has('tenant_id') || !table.columns.has('id')) return null
  const pick = (names: readonly string[], as: string, cast = ''): string =>
    `${firstColumn(table, names) === null ? 'null' : `r.${firstColumn(table, names)}${cast}`} as ${as}`
  return [
    'r.id::text as id',
    pick(['pipeline_name', 'pipeline_id', 'goal'], 'ritual', '::text'),
    pick(['status'], 'status', '::text'),
    pick(['created_at', 'started_at'], 'created_at'),
    pick(['started_at'], 'started_at'),
    pick(['completed_at', 'finished_at'], 'ended_at'),
    pick(['updated_at', 'finished_at', 'completed_at', 'started_at', 'created_at'], 'updated_at'),
    pick(['input_params', 'config'], 'spec'),
    pick(['output_data'], 'outputs'),
    pick(['error_message'], 'failure', '::text'),
  ].join(', ')
}

function runOf(scope: Scope, row: RunRow): Run {
  const time = (value: unknown): bigint | null => summitTime(value) ?? null
  const firstSeenAt = time(row.created_at) ?? time(row.started_at) ?? time(row.updated_at) ?? 0n
  const ended = time(row.ended_at)
  const status = runStatusOf(row.status)
  return {
    ...{ system: 'SUMMIT', tenantId: scope.tenantId, ritualId: row.ritual ?? 'run', runId: row.id, firstSequence: 0n, lastSequence: 0n },
    ...{ status, rawStatus: row.status, state: null, startedAt: time(row.started_at), firstSeenAt, endedAt: ended },
    updatedAt: time(row.updated_at) ?? ended ?? firstSeenAt,
    spec: redacted(jsonValue(row.spec)),
    outputs: redacted(jsonValue(row.outputs)),
    failure: row.failure === null ? null : { code: null, message: row.failure, details: null },
    ...{ legacy: false, terminalCount: ended === null ? 0 : 1, payloadTenantId: null, payloadRitualId: null },
  }
}

const approvalStates: Readonly<Record<string, ApprovalState>> = {
  ...{ pending: 'PENDING', approved: 'GRANTED', granted: 'GRANTED', denied: 'DENIED', rejected: 'DENIED', expired: 'EXPIRED' },
}

interface ApprovalRow {
  readonly id: string
  readonly run_id: string
  readonly ritual: string | null
  readonly status: string | null
  readonly gate: string | null
  readonly requester: string | null
  readonly decider: string | null
  readonly reason: string | null
  readonly decision_reason: string | null
  readonly requested_at: unknown
  readonly decided_at: unknown
  readonly expires_at: unknown
}

function approvalOf(scope: Scope, row: ApprovalRow): Approval {
  const state = approvalStates[row.status?.toLowerCase() ?? ''] ?? 'UNKNOWN'
  const time = (value: unknown): bigint | null => summitTime(value) ?? null
  const decidedAt = time(row.decided_at)
  const kind = state === 'GRANTED' ? 'GRANT' : 'DENY'
  const decision =
    state === 'PENDING' || state === 'UNKNOWN' || decidedAt === null
      ? null
      : ({
          kind,
          approver: row.decider ?? (state === 'EXPIRED' ? 'system' : 'unknown'),
          note: null,
          reason: row.decision_reason,
          at: decidedAt,
          sequence: 0n,
        } as const)
  return {
    ...{ system: 'SUMMIT', ritualId: row.ritual ?? 'run', runId: row.run_id, gateId: row.id, tenantId: scope.tenantId },
    ...{ firstSequence: 0n, lastSequence: 0n, state, rawState: row.status, requester: row.requester },
    reason: row.reason ?? row.gate,
    ...{
      requestedAt: time(row.requested_at),
      decision,
      laterTerminals: [],
      expiresAt: time(row.expires_at),
      escalation: null,
      legacy: false,
    },
  }
}

function approvalColumns(table: SummitTable): string | null {
  if (!table.columns.has('run_id') || !table.columns.has('id')) return null
  const pick = (names: readonly string[], as: string, cast = ''): string =>
    `${firstColumn(table, names) === null ? 'null' : `a.${firstColumn(table, names)}${cast}`} as ${as}`
  return [
    'a.id::text as id',
    'a.run_id::text as run_id',
    pick(['status'], 'status', '::text'),
    pick(['approval_type', 'action'], 'gate', '::text'),
    pick(['requested_by', 'requester_id'], 'requester', '::text'),
    pick(['decided_by', 'approver_id'], 'decider', '::text'),
    pick(['reason'], 'reason', '::text'),
    pick(['decision_reason'], 'decision_reason', '::text'),
    pick(['requested_at', 'created_at'], 'requested_at'),
    pick(['decided_at', 'resolved_at'], 'decided_at'),
    pick(['expires_at'], 'expires_at'),
  ].join(', ')
}

const holds = (text: string, part: string | null | undefined): boolean => part == null || text.toLowerCase().includes(part.toLowerCase())

/** The filter of runs, on a run that was read: Summit's lists are short. */
export function fitsFilter(run: Run, filter: RunFilter): boolean {
  const at = run.startedAt ?? run.firstSeenAt
  return (
    (filter.ritualId == null || run.ritualId === filter.ritualId) &&
    holds(run.ritualId, filter.ritualIdContains) &&
    holds(run.runId, filter.runIdContains) &&
    (filter.statuses == null || filter.statuses.includes(run.status)) &&
    (filter.systems == null || filter.systems.includes('SUMMIT')) &&
    (filter.startedAfter == null || at >= filter.startedAfter) &&
    (filter.startedBefore == null || at < filter.startedBefore) &&
    filter.awaitingGate == null &&
    (holds(run.ritualId, filter.text) || holds(run.runId, filter.text))
  )
}

/** Columns that hold the time of an order; the first that a row has counts, as in `runOf`. */
const runOrders: Readonly<Record<RunOrder, { readonly names: readonly string[]; readonly descending: boolean }>> = {
  STARTED_DESC: { names: ['started_at', 'created_at', 'updated_at'], descending: true },
  STARTED_ASC: { names: ['started_at', 'created_at', 'updated_at'], descending: false },
  UPDATED_DESC: { names: ['updated_at', 'finished_at', 'completed_at', 'started_at', 'created_at'], descending: true },
}

const approvalOrders = {
  REQUESTED_ASC: { names: ['requested_at', 'created_at'], descending: false, missing: 'epoch' },
  REQUESTED_DESC: { names: ['requested_at', 'created_at'], descending: true, missing: 'epoch' },
  EXPIRES_ASC: { names: ['expires_at'], descending: false, missing: 'infinity' },
} as const satisfies Record<ApprovalOrder, object>

const ritualColumn = (runs: SummitTable): string => {
  const name = firstColumn(runs, ['pipeline_name', 'pipeline_id', 'goal'])
  return `${name === null ? 'null' : `r.${name}::text`} as ritual`
}

export function createSummitRuns({ tables }: { tables: SummitTables }): SummitRuns {
  /** Both tables an approval is read from; null when an install lacks one, or a column that proves whose a row is. */
  async function approvalTables(tx: SqlExecutor, scope: Scope) {
    const runs = await tables.table(tx, scope.tenantId, 'runs')
    const table = await tables.table(tx, scope.tenantId, 'approvals')
    const columns = table === null ? null : approvalColumns(table)
    if (runs === null || table === null || columns === null || runColumns(runs) === null) return null
    return { runs, table, columns }
  }

  return {
    byKeys: (scope, keys) =>
      tables.read(scope, async (tx) => {
        const table = await tables.table(tx, scope.tenantId, 'runs')
        const columns = table === null ? null : runColumns(table)
        if (table === null || columns === null) return keys.map(() => null)
        const rows = await tx.any<RunRow>(
          `select ${columns} from ${table.name} r where r.tenant_id::text = $1 and r.id::text = any($2::text[])`,
          [scope.tenantId, keys.map(({ runId }) => runId)],
        )
        const found = new Map(rows.map((row) => [row.id, runOf(scope, row)]))
        return keys.map(({ runId, ritualId }) => {
          const run = found.get(runId)
          return run === undefined || run.ritualId !== ritualId ? null : run
        })
      }),
    rows: (scope, order, request) =>
      tables.read(scope, async (tx) => {
        const table = await tables.table(tx, scope.tenantId, 'runs')
        const columns = table === null ? null : runColumns(table)
        if (table === null || columns === null) return []
        const { names, descending } = runOrders[order]
        const keyset = keysetOf(firstTimes(table, names, 'r'), { id: 'r.id', descending, request })
        const rows = await tx.any<RunRow & SortedRow>(
          `select ${columns}, ${keyset.columns} from ${table.name} r where r.tenant_id::text = $1 and ${keyset.where} order by ${keyset.orderBy} limit $4`,
          [scope.tenantId, ...keyset.values],
        )
        return rows.map((row) => ({ mark: markOf(row), item: runOf(scope, row) }))
      }),
    approvalRows: (scope, order, request) =>
      tables.read(scope, async (tx) => {
        const found = await approvalTables(tx, scope)
        if (found === null) return []
        const { runs, table, columns } = found
        const { names, descending, missing } = approvalOrders[order]
        const keyset = keysetOf(firstTimes(table, names, 'a', missing), { id: 'a.id', descending, request })
        const rows = await tx.any<ApprovalRow & SortedRow>(
          `select ${columns}, ${ritualColumn(runs)}, ${keyset.columns} from ${table.name} a join ${runs.name} r on r.id::text = a.run_id::text
            where r.tenant_id::text = $1 and ${keyset.where} order by ${keyset.orderBy} limit $4`,
          [scope.tenantId, ...keyset.values],
        )
        return rows.map((row) => ({ mark: markOf(row), item: approvalOf(scope, row) }))
      }),
    approvals: (scope, runIds, limit) =>
      tables.read(scope, async (tx) => {
        const found = await approvalTables(tx, scope)
        if (found === null) return []
        const { runs, table, columns } = found
        // Only the run tells whose an approval is: one without a run is nobody's.
        const rows = await tx.any<ApprovalRow>(
          `select ${columns}, ${ritualColumn(runs)} from ${table.name} a join ${runs.name} r on r.id::text = a.run_id::text
            where r.tenant_id::text = $1 and a.run_id::text = any($2::text[]) order by a.id::text limit $3`,
          [scope.tenantId, runIds, limit],
        )
        return rows.map((row) => approvalOf(scope, row))
      }),
  }
}
