import {
  type PolicyDecision,
  type Run,
  type RunEvent,
  type RunFailure,
  type RunKey,
  type RunStatus,
  type RunTransition,
  type System,
} from './runs.ts'

// What the projector wrote is read with the types it was written with; JSON columns are text and parsed here.

export const runColumns =
  'r.run_seq, r.tenant_id, r.system, r.ritual_id, r.run_id, r.status, r.raw_status, r.state, r.started_at_ns, r.first_seen_at_ns, r.ended_at_ns, r.updated_at_ns, r.last_sequence, r.spec, r.outputs, r.failure, r.legacy, r.terminal_count, r.payload_tenant_id, r.payload_ritual_id'

export interface RunRow {
  readonly run_seq: bigint
  readonly tenant_id: string
  readonly system: System
  readonly ritual_id: string
  readonly run_id: string
  readonly status: RunStatus
  readonly raw_status: string | null
  readonly state: string | null
  readonly started_at_ns: bigint | null
  readonly first_seen_at_ns: bigint
  readonly ended_at_ns: bigint | null
  readonly updated_at_ns: bigint
  readonly last_sequence: bigint
  readonly spec: string | null
  readonly outputs: string | null
  readonly failure: string | null
  readonly legacy: boolean
  readonly terminal_count: number
  readonly payload_tenant_id: string | null
  readonly payload_ritual_id: string | null
}

const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text))

export function readFailure(text: string | null): RunFailure | null {
  const failure: RunFailure | null = text === null ? null : JSON.parse(text)
  return failure
}

export const runOfRow = (row: RunRow): Run => ({
  tenantId: row.tenant_id,
  system: row.system,
  ritualId: row.ritual_id,
  runId: row.run_id,
  firstSequence: row.run_seq,
  lastSequence: row.last_sequence,
  status: row.status,
  rawStatus: row.raw_status,
  state: row.state,
  startedAt: row.started_at_ns,
  firstSeenAt: row.first_seen_at_ns,
  endedAt: row.ended_at_ns,
  updatedAt: row.updated_at_ns,
  spec: json(row.spec),
  outputs: json(row.outputs),
  failure: readFailure(row.failure),
  legacy: row.legacy,
  terminalCount: row.terminal_count,
  payloadTenantId: row.payload_tenant_id,
  payloadRitualId: row.payload_ritual_id,
})

export const eventColumns = 'e.sequence, e.tenant_id, e.type, e.at_ns, e.recorded_at_ns, e.legacy, e.payload'

export interface EventRow {
  readonly sequence: bigint
  readonly tenant_id: string
  readonly type: string
  readonly at_ns: bigint
  readonly recorded_at_ns: bigint
  readonly legacy: boolean
  readonly payload: string
}

export const eventOfRow = (row: EventRow, { system, ritualId, runId }: RunKey): RunEvent => ({
  runKey: { system, ritualId, runId },
  tenantId: row.tenant_id,
  sequence: row.sequence,
  at: row.at_ns,
  recordedAt: row.recorded_at_ns,
  type: row.type,
  legacySubject: row.legacy,
  payload: row.payload,
})

export interface TransitionRow {
  readonly sequence: bigint
  readonly from_state: string
  readonly to_state: string
  readonly at_ns: bigint
}

export const transitionOfRow = (row: TransitionRow): RunTransition => ({
  fromState: row.from_state,
  toState: row.to_state,
  at: row.at_ns,
  sequence: row.sequence,
})

export const decisionColumns =
  'd.sequence, d.tenant_id, d.at_ns, d.allowed, d.capability, d.reason, d.quota_limit, d.quota_window_s, d.quota_remaining, d.validation, d.details'

export interface DecisionRow {
  readonly sequence: bigint
  readonly tenant_id: string
  readonly at_ns: bigint
  readonly allowed: boolean | null
  readonly capability: string | null
  readonly reason: string | null
  readonly quota_limit: bigint | null
  readonly quota_window_s: bigint | null
  readonly quota_remaining: bigint | null
  readonly validation: string | null
  readonly details: string | null
}

export const decisionOfRow = (row: DecisionRow, { system, ritualId, runId }: RunKey): PolicyDecision => ({
  runKey: { system, ritualId, runId },
  tenantId: row.tenant_id,
  sequence: row.sequence,
  at: row.at_ns,
  allowed: row.allowed,
  capability: row.capability,
  reason: row.reason,
  quota:
    row.quota_limit === null || row.quota_window_s === null
      ? null
      : {
          limit: Number(row.quota_limit),
          windowSeconds: Number(row.quota_window_s),
          remaining: row.quota_remaining === null ? null : Number(row.quota_remaining),
        },
  validation: json(row.validation),
  details: json(row.details),
})
