import { readDecisions, readEscalation } from '../../projections/approval-columns.ts'
import { type System } from '../runs/runs.ts'
import { type Approval, type ApprovalState, type Decision, type DecisionKind } from './approvals.ts'

// What the projector wrote is read with the types it was written with. `r` is the gate's run.

export const approvalColumns =
  'a.gate_id, a.first_sequence, a.last_sequence, a.tenant_id, a.system, a.ritual_id, a.run_id, a.state, a.requester, a.reason, a.requested_at_ns, a.decision_kind, a.approver, a.note, a.decision_reason, a.decided_at_ns, a.decided_sequence, a.later_terminals, a.expires_at_ns, a.escalation, r.legacy'

export interface ApprovalRow {
  readonly gate_id: string
  readonly first_sequence: bigint
  readonly last_sequence: bigint
  readonly tenant_id: string
  readonly system: System
  readonly ritual_id: string
  readonly run_id: string
  readonly state: ApprovalState
  readonly requester: string | null
  readonly reason: string | null
  readonly requested_at_ns: bigint | null
  readonly decision_kind: DecisionKind | null
  readonly approver: string | null
  readonly note: string | null
  readonly decision_reason: string | null
  readonly decided_at_ns: bigint | null
  readonly decided_sequence: bigint | null
  readonly later_terminals: string
  readonly expires_at_ns: bigint | null
  readonly escalation: string | null
  readonly legacy: boolean
}

function decisionOfRow(row: ApprovalRow): Decision | null {
  if (row.decision_kind === null || row.approver === null || row.decided_at_ns === null || row.decided_sequence === null) return null
  return {
    kind: row.decision_kind,
    approver: row.approver,
    note: row.note,
    reason: row.decision_reason,
    at: row.decided_at_ns,
    sequence: row.decided_sequence,
  }
}

export const approvalOfRow = (row: ApprovalRow): Approval => ({
  tenantId: row.tenant_id,
  system: row.system,
  ritualId: row.ritual_id,
  runId: row.run_id,
  gateId: row.gate_id,
  firstSequence: row.first_sequence,
  lastSequence: row.last_sequence,
  state: row.state,
  requester: row.requester,
  reason: row.reason,
  requestedAt: row.requested_at_ns,
  decision: decisionOfRow(row),
  laterTerminals: readDecisions(row.later_terminals),
  expiresAt: row.expires_at_ns,
  escalation: readEscalation(row.escalation),
  legacy: row.legacy,
})
