import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { writeDecisions, writeEscalation } from './approval-columns.ts'
import { approvalState, type GateApproval } from './approvals.ts'
import { type RitualEvent } from './events.ts'
import { type PolicyReading } from './policy-decisions.ts'
import { orderAt, runStatus, type RunState } from './runs.ts'
import { createTableWriter, setExcluded, type Columns } from './table-writer.ts'

/** Runs whose events come from Demon's log live in that system. */
export const system = 'DEMON'

export interface EventRow {
  readonly runSeq: bigint
  readonly event: RitualEvent
}
export interface TransitionRow extends EventRow {
  readonly fromState: string
  readonly toState: string
}
export interface PolicyRow extends EventRow {
  readonly policy: PolicyReading
}
export interface ApprovalRow {
  readonly run: RunState
  readonly gateId: string
  readonly approval: GateApproval
}
export interface TimerRow {
  readonly runSeq: bigint
  readonly gateId: string
  readonly sequence: bigint
  readonly expiresAt: bigint
}
export interface CountRow {
  readonly tenantId: string
  readonly ritualId: string
  readonly status: string
  readonly delta: number
}

export const runEvents = createTableWriter<EventRow>('run_events', {
  sequence: ['bigint', ({ event }) => event.sequence],
  run_seq: ['bigint', ({ runSeq }) => runSeq],
  tenant_id: ['text', ({ event }) => event.tenantId],
  type: ['text', ({ event }) => event.type],
  at_ns: ['bigint', ({ event }) => event.at],
  recorded_at_ns: ['bigint', ({ event }) => event.recordedAt],
  legacy: ['boolean', ({ event }) => event.legacy],
  payload: ['text', ({ event }) => event.payload],
})

export const runTransitions = createTableWriter<TransitionRow>('run_transitions', {
  sequence: ['bigint', ({ event }) => event.sequence],
  run_seq: ['bigint', ({ runSeq }) => runSeq],
  tenant_id: ['text', ({ event }) => event.tenantId],
  from_state: ['text', ({ fromState }) => fromState],
  to_state: ['text', ({ toState }) => toState],
  at_ns: ['bigint', ({ event }) => event.at],
})

export const policyDecisions = createTableWriter<PolicyRow>('policy_decisions', {
  sequence: ['bigint', ({ event }) => event.sequence],
  run_seq: ['bigint', ({ runSeq }) => runSeq],
  tenant_id: ['text', ({ event }) => event.tenantId],
  at_ns: ['bigint', ({ event }) => event.at],
  allowed: ['boolean', ({ policy }) => policy.allowed],
  capability: ['text', ({ policy }) => policy.capability],
  reason: ['text', ({ policy }) => policy.reason],
  quota_limit: ['bigint', ({ policy }) => policy.quota?.limit ?? null],
  quota_window_s: ['bigint', ({ policy }) => policy.quota?.windowSeconds ?? null],
  quota_remaining: ['bigint', ({ policy }) => policy.quota?.remaining ?? null],
  validation: ['text', ({ policy }) => policy.validation],
  details: ['text', ({ policy }) => policy.details],
})

const runIdentity: Columns<RunState> = {
  run_seq: ['bigint', (run) => run.runSeq],
  tenant_id: ['text', (run) => run.tenantId],
  system: ['text', () => system],
  ritual_id: ['text', (run) => run.ritualId],
  run_id: ['text', (run) => run.runId],
  first_seen_at_ns: ['bigint', (run) => run.firstSeenAt],
}
const runChanging: Columns<RunState> = {
  status: ['text', runStatus],
  raw_status: ['text', (run) => run.rawStatus],
  lifecycle: ['text', (run) => run.lifecycle],
  state: ['text', (run) => run.state],
  started_at_ns: ['bigint', (run) => run.startedAt],
  order_at_ns: ['bigint', orderAt],
  ended_at_ns: ['bigint', (run) => run.endedAt],
  updated_at_ns: ['bigint', (run) => run.updatedAt],
  last_sequence: ['bigint', (run) => run.lastSequence],
  legacy: ['boolean', (run) => run.legacy],
  terminal_count: ['integer', (run) => run.terminalCount],
  pending_gates: ['integer', (run) => run.pendingGates],
  payload_tenant_id: ['text', (run) => run.payloadTenantId],
  payload_ritual_id: ['text', (run) => run.payloadRitualId],
}
/** Large and written once, so the projector does not load them and never overwrites one that is there. */
const runOnce: Columns<RunState> = {
  spec: ['text', (run) => run.spec],
  outputs: ['text', (run) => run.outputs],
  failure: ['text', (run) => run.failure],
}
const keepFirst = Object.keys(runOnce).map((column) => `${column} = coalesce(runs.${column}, excluded.${column})`)

export const runs = createTableWriter<RunState>(
  'runs',
  { ...runIdentity, ...runChanging, ...runOnce },
  `on conflict (run_seq) do update set ${setExcluded(Object.keys(runChanging))}, ${keepFirst.join(', ')}`,
)

const approvalIdentity: Columns<ApprovalRow> = {
  run_seq: ['bigint', ({ run }) => run.runSeq],
  gate_id: ['text', ({ gateId }) => gateId],
  first_sequence: ['bigint', ({ approval }) => approval.firstSequence],
  tenant_id: ['text', ({ run }) => run.tenantId],
  system: ['text', () => system],
  ritual_id: ['text', ({ run }) => run.ritualId],
  run_id: ['text', ({ run }) => run.runId],
}
const approvalChanging: Columns<ApprovalRow> = {
  last_sequence: ['bigint', ({ approval }) => approval.lastSequence],
  state: ['text', ({ approval }) => approvalState(approval)],
  requester: ['text', ({ approval }) => approval.requester],
  reason: ['text', ({ approval }) => approval.reason],
  requested_at_ns: ['bigint', ({ approval }) => approval.requestedAt],
  order_at_ns: ['bigint', ({ approval }) => approval.requestedAt ?? approval.firstSeenAt],
  decision_kind: ['text', ({ approval }) => approval.decision?.kind ?? null],
  approver: ['text', ({ approval }) => approval.decision?.approver ?? null],
  note: ['text', ({ approval }) => approval.decision?.note ?? null],
  decision_reason: ['text', ({ approval }) => approval.decision?.reason ?? null],
  decided_at_ns: ['bigint', ({ approval }) => approval.decision?.at ?? null],
  decided_sequence: ['bigint', ({ approval }) => approval.decision?.sequence ?? null],
  later_terminals: ['text', ({ approval }) => writeDecisions(approval.laterTerminals)],
  expires_at_ns: ['bigint', ({ approval }) => approval.expiresAt],
  escalation: ['text', ({ approval }) => writeEscalation(approval.escalation)],
}

export const approvals = createTableWriter<ApprovalRow>(
  'approvals',
  { ...approvalIdentity, ...approvalChanging },
  `on conflict (run_seq, gate_id) do update set ${setExcluded(Object.keys(approvalChanging))}`,
)

export const pendingTimers = createTableWriter<TimerRow>(
  'pending_timers',
  {
    run_seq: ['bigint', ({ runSeq }) => runSeq],
    gate_id: ['text', ({ gateId }) => gateId],
    sequence: ['bigint', ({ sequence }) => sequence],
    expires_at_ns: ['bigint', ({ expiresAt }) => expiresAt],
  },
  'on conflict (run_seq, gate_id) do update set sequence = excluded.sequence, expires_at_ns = excluded.expires_at_ns',
)

export async function deletePendingTimers(tx: SqlExecutor, timers: readonly { runSeq: bigint; gateId: string }[]): Promise<void> {
  if (timers.length === 0) return
  await tx.run(
    `delete from pending_timers p using unnest($1::bigint[], $2::text[]) as k (run_seq, gate_id)
      where p.run_seq = k.run_seq and p.gate_id = k.gate_id`,
    [timers.map(({ runSeq }) => runSeq), timers.map(({ gateId }) => gateId)],
  )
}

const ritualCounts = createTableWriter<CountRow>(
  'ritual_counts',
  {
    tenant_id: ['text', ({ tenantId }) => tenantId],
    ritual_id: ['text', ({ ritualId }) => ritualId],
    status: ['text', ({ status }) => status],
    runs: ['bigint', ({ delta }) => delta],
  },
  'on conflict (tenant_id, ritual_id, status) do update set runs = ritual_counts.runs + excluded.runs',
)

/** Adds to the counts; a count that reaches zero goes away, so that the rows do not depend on how events were batched. */
export async function addRitualCounts(tx: SqlExecutor, counts: readonly CountRow[]): Promise<void> {
  await ritualCounts.write(tx, counts)
  const shrunk = counts.filter(({ delta }) => delta < 0)
  if (shrunk.length === 0) return
  await tx.run(
    `delete from ritual_counts c using unnest($1::text[], $2::text[], $3::text[]) as k (tenant_id, ritual_id, status)
      where c.tenant_id = k.tenant_id and c.ritual_id = k.ritual_id and c.status = k.status and c.runs = 0`,
    [shrunk.map(({ tenantId }) => tenantId), shrunk.map(({ ritualId }) => ritualId), shrunk.map(({ status }) => status)],
  )
}
