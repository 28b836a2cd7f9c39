import { type Approval } from '../datasources/approvals/approvals.ts'
import { type Run, type RunFailure } from '../datasources/runs/runs.ts'
import { approvalState, type GateApproval } from './approvals.ts'
import { isObject, textOf } from './event-text.ts'
import { type RunState, runStatus } from './runs.ts'

const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text))

function failureOf(text: string | null): RunFailure | null {
  const failure = json(text)
  if (!isObject(failure)) return null
  return { code: textOf(failure['code']), message: textOf(failure['message']) ?? '', details: failure['details'] ?? null }
}

/** A folded run as the ports show it. Everything of Demon's log is of system DEMON. */
export const runModel = (state: RunState): Run => ({
  system: 'DEMON',
  tenantId: state.tenantId,
  ritualId: state.ritualId,
  runId: state.runId,
  firstSequence: state.runSeq,
  lastSequence: state.lastSequence,
  status: runStatus(state),
  rawStatus: state.rawStatus,
  state: state.state,
  startedAt: state.startedAt,
  firstSeenAt: state.firstSeenAt,
  endedAt: state.endedAt,
  updatedAt: state.updatedAt,
  spec: json(state.spec),
  outputs: json(state.outputs),
  failure: failureOf(state.failure),
  legacy: state.legacy,
  terminalCount: state.terminalCount,
  payloadTenantId: state.payloadTenantId,
  payloadRitualId: state.payloadRitualId,
})

/** A folded gate of a folded run as the ports show it. */
export const approvalModel = (run: RunState, gateId: string, approval: GateApproval): Approval => ({
  system: 'DEMON',
  tenantId: run.tenantId,
  ritualId: run.ritualId,
  runId: run.runId,
  gateId,
  firstSequence: approval.firstSequence,
  lastSequence: approval.lastSequence,
  state: approvalState(approval),
  requester: approval.requester,
  reason: approval.reason,
  requestedAt: approval.requestedAt,
  decision: approval.decision,
  laterTerminals: approval.laterTerminals,
  expiresAt: approval.expiresAt,
  escalation: approval.escalation,
  legacy: run.legacy,
})
