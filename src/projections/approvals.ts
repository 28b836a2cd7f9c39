import { type ApprovalState, type Decision, type Escalation } from '../datasources/approvals/approvals.ts'
import { type Nanos } from '../time.ts'
import { maxHistory } from './event-bodies.ts'
import { type EscalationReading, type RitualEvent } from './events.ts'

/** A gate as its events tell it; what a row of `approvals` holds. */
export interface GateApproval {
  readonly firstSequence: bigint
  readonly lastSequence: bigint
  /** Time of the first event that names it. */
  readonly firstSeenAt: Nanos
  readonly requester: string | null
  readonly reason: string | null
  /** Null where no request was recorded. */
  readonly requestedAt: Nanos | null
  readonly decision: Decision | null
  /** The newest hundred; the events hold all. */
  readonly laterTerminals: readonly Decision[]
  readonly expiresAt: Nanos | null
  readonly escalation: Escalation | null
}

/** Where a gate stands, or a timer that waits for its gate. */
export interface GateState {
  readonly gateId: string
  /** Null while only a timer has named the gate. */
  readonly approval: GateApproval | null
  /** The newest timer, kept here until the gate appears. */
  readonly pendingTimer: { readonly sequence: bigint; readonly expiresAt: Nanos } | null
}

/** The gate that an event is about, or null. */
export const gateOf = (event: RitualEvent): string | null => ('gateId' in event.body ? event.body.gateId : null)

/** EXPIRED is a denial by `system` with the reason `expired`. (contract: demon 4.3) */
export function approvalState(approval: GateApproval): ApprovalState {
  const decision = approval.decision
  if (decision === null) return 'PENDING'
  if (decision.kind === 'GRANT') return 'GRANTED'
  if (decision.kind === 'OVERRIDE') return 'OVERRIDDEN'
  return decision.approver === 'system' && decision.reason === 'expired' ? 'EXPIRED' : 'DENIED'
}

/** Requested and without a terminal: what makes a run wait. (contract: demon 13.8) */
export const isAwaited = (gate: GateState | null): boolean =>
  gate?.approval != null && gate.approval.requestedAt !== null && gate.approval.decision === null

/**
 * One event on a gate. The first terminal by sequence decides, later ones are kept beside it; a second request changes nothing and reopens
 * nothing; the newest timer gives the expiry, also when it came before its gate. (contract: demon 7.1, 13.9-13.11)
 * @returns null for an event that is about no gate
 */
export function foldGate(gate: GateState | null, event: RitualEvent): GateState | null {
  const { body } = event
  if (body.kind === 'timer') return body.gateId === null ? gate : foldTimer(gate, body.gateId, event.sequence, body.scheduledFor)
  if (body.kind !== 'approval.requested' && body.kind !== 'approval.decided' && body.kind !== 'approval.escalated') return gate
  const before = gate?.approval ?? opened(event, gate?.pendingTimer?.expiresAt ?? null)
  const approval = { ...before, ...changes(before, event), lastSequence: event.sequence }
  return { gateId: body.gateId, approval, pendingTimer: null }
}

const opened = (event: RitualEvent, expiresAt: Nanos | null): GateApproval => ({
  ...{ firstSequence: event.sequence, lastSequence: event.sequence, firstSeenAt: event.at },
  ...{ requester: null, reason: null, requestedAt: null, decision: null, laterTerminals: [], expiresAt, escalation: null },
})

function foldTimer(gate: GateState | null, gateId: string, sequence: bigint, expiresAt: Nanos): GateState {
  if (gate?.approval == null) return { gateId, approval: null, pendingTimer: { sequence, expiresAt } }
  return { ...gate, approval: { ...gate.approval, expiresAt, lastSequence: sequence } }
}

function changes(before: GateApproval, { body, at, sequence }: RitualEvent): Partial<GateApproval> {
  if (body.kind === 'approval.requested') {
    return before.requestedAt === null ? { requester: body.requester, reason: body.reason, requestedAt: at } : {}
  }
  if (body.kind === 'approval.escalated') {
    const history = body.escalation?.history ?? [...(before.escalation?.history ?? []), body.step].slice(-maxHistory)
    const { toLevel } = body.step
    const reading = body.escalation ?? { currentLevel: toLevel, totalLevels: toLevel, nextEscalationAt: null, emergencyOverride: false }
    return { escalation: { ...reading, history } }
  }
  if (body.kind !== 'approval.decided') return {}
  const decision: Decision = { kind: body.decision, approver: body.approver, note: body.note, reason: body.reason, at, sequence }
  const escalation = body.escalation === null ? before.escalation : overridden(before.escalation, body.escalation)
  if (before.decision === null) return { decision, escalation }
  return { laterTerminals: [...before.laterTerminals, decision].slice(-maxHistory), escalation }
}

/** An override repeats its level as the number of levels and carries no history, so what an escalation said before is better. */
const overridden = (before: Escalation | null, reading: EscalationReading): Escalation => ({
  ...reading,
  totalLevels: before?.totalLevels ?? reading.totalLevels,
  history: reading.history ?? before?.history ?? [],
})
