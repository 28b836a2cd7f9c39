import { type DecisionKind } from '../datasources/approvals/approvals.ts'
import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { readDecisions, readEscalation } from './approval-columns.ts'
import { type GateState } from './approvals.ts'
import { type RitualSubject } from './events.ts'
import { system } from './ritual-tables.ts'
import { type RunState } from './runs.ts'

interface RunRow {
  run_seq: bigint
  tenant_id: string
  ritual_id: string
  run_id: string
  raw_status: string | null
  lifecycle: RunState['lifecycle']
  state: string | null
  started_at_ns: bigint | null
  first_seen_at_ns: bigint
  ended_at_ns: bigint | null
  updated_at_ns: bigint
  last_sequence: bigint
  legacy: boolean
  terminal_count: number
  pending_gates: number
  payload_tenant_id: string | null
  payload_ritual_id: string | null
}

/**
 * The runs that exist among these, without their spec, outputs and failure: those are written once and never read by the fold.
 * Not limited to a tenant: the projector works for all of them.
 */
export async function loadRuns(tx: SqlExecutor, keys: readonly RitualSubject[]): Promise<RunState[]> {
  if (keys.length === 0) return []
  const rows = await tx.any<RunRow>(
    `select r.run_seq, r.tenant_id, r.ritual_id, r.run_id, r.raw_status, r.lifecycle, r.state, r.started_at_ns, r.first_seen_at_ns,
            r.ended_at_ns, r.updated_at_ns, r.last_sequence, r.legacy, r.terminal_count, r.pending_gates, r.payload_tenant_id, r.payload_ritual_id
       from unnest($1::text[], $2::text[], $3::text[]) as k (tenant_id, ritual_id, run_id)
       join runs r on r.tenant_id = k.tenant_id and r.system = $4 and r.ritual_id = k.ritual_id and r.run_id = k.run_id`,
    [keys.map(({ tenantId }) => tenantId), keys.map(({ ritualId }) => ritualId), keys.map(({ runId }) => runId), system],
  )
  return rows.map((row) => ({
    ...{ runSeq: row.run_seq, tenantId: row.tenant_id, ritualId: row.ritual_id, runId: row.run_id },
    ...{
      rawStatus: row.raw_status,
      lifecycle: row.lifecycle,
      state: row.state,
      startedAt: row.started_at_ns,
      firstSeenAt: row.first_seen_at_ns,
    },
    ...{ endedAt: row.ended_at_ns, updatedAt: row.updated_at_ns, lastSequence: row.last_sequence, legacy: row.legacy },
    ...{ terminalCount: row.terminal_count, pendingGates: row.pending_gates },
    ...{ payloadTenantId: row.payload_tenant_id, payloadRitualId: row.payload_ritual_id },
    ...{ spec: null, outputs: null, failure: null },
  }))
}

interface GateRow {
  run_seq: bigint
  gate_id: string
  first_sequence: bigint | null
  last_sequence: bigint | null
  requester: string | null
  reason: string | null
  requested_at_ns: bigint | null
  order_at_ns: bigint | null
  decision_kind: DecisionKind | null
  approver: string | null
  note: string | null
  decision_reason: string | null
  decided_at_ns: bigint | null
  decided_sequence: bigint | null
  later_terminals: string | null
  expires_at_ns: bigint | null
  escalation: string | null
  timer_sequence: bigint | null
  timer_expires_at_ns: bigint | null
}

export interface GateKey {
  readonly runSeq: bigint
  readonly gateId: string
}

/** The gates, and timers that wait for their gate, that exist among these. */
export async function loadGates(tx: SqlExecutor, keys: readonly GateKey[]): Promise<(GateKey & { gate: GateState })[]> {
  if (keys.length === 0) return []
  const rows = await tx.any<GateRow>(
    `select k.run_seq, k.gate_id, a.first_sequence, a.last_sequence, a.requester, a.reason, a.requested_at_ns, a.order_at_ns, a.decision_kind,
            a.approver, a.note, a.decision_reason, a.decided_at_ns, a.decided_sequence, a.later_terminals, a.expires_at_ns, a.escalation,
            p.sequence as timer_sequence, p.expires_at_ns as timer_expires_at_ns
       from unnest($1::bigint[], $2::text[]) as k (run_seq, gate_id)
       left join approvals a on a.run_seq = k.run_seq and a.gate_id = k.gate_id
       left join pending_timers p on p.run_seq = k.run_seq and p.gate_id = k.gate_id
      where a.run_seq is not null or p.run_seq is not null`,
    [keys.map(({ runSeq }) => runSeq), keys.map(({ gateId }) => gateId)],
  )
  return rows.map((row) => ({ runSeq: row.run_seq, gateId: row.gate_id, gate: gateFrom(row) }))
}

const gateFrom = (row: GateRow): GateState => ({
  gateId: row.gate_id,
  approval: approvalFrom(row),
  pendingTimer:
    row.timer_sequence === null || row.timer_expires_at_ns === null
      ? null
      : { sequence: row.timer_sequence, expiresAt: row.timer_expires_at_ns },
})

function approvalFrom(row: GateRow): GateState['approval'] {
  if (row.first_sequence === null || row.last_sequence === null || row.order_at_ns === null) return null
  return {
    ...{ firstSequence: row.first_sequence, lastSequence: row.last_sequence, requester: row.requester, reason: row.reason },
    // The order time is the request's once there is one; the first-seen time is not needed any more then.
    ...{ firstSeenAt: row.order_at_ns, requestedAt: row.requested_at_ns, expiresAt: row.expires_at_ns },
    decision: decisionFrom(row),
    laterTerminals: readDecisions(row.later_terminals ?? '[]'),
    escalation: readEscalation(row.escalation),
  }
}

function decisionFrom(row: GateRow): NonNullable<GateState['approval']>['decision'] {
  if (row.decision_kind === null || row.approver === null || row.decided_at_ns === null || row.decided_sequence === null) return null
  return {
    ...{ kind: row.decision_kind, approver: row.approver, note: row.note, reason: row.decision_reason },
    ...{ at: row.decided_at_ns, sequence: row.decided_sequence },
  }
}
