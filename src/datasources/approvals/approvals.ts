import { type Page, type PageRequest } from '../page.ts'
import { type RunKey, type System } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type Nanos } from '../../time.ts'

export const approvalStates = ['PENDING', 'GRANTED', 'DENIED', 'OVERRIDDEN', 'EXPIRED', 'UNKNOWN'] as const
export type ApprovalState = (typeof approvalStates)[number]
export type DecisionKind = 'GRANT' | 'DENY' | 'OVERRIDE'

export interface ApprovalKey {
  readonly system: System
  readonly ritualId: string
  readonly runId: string
  readonly gateId: string
}

export interface Decision {
  readonly kind: DecisionKind
  readonly approver: string
  readonly note: string | null
  readonly reason: string | null
  readonly at: Nanos
  readonly sequence: bigint
}

export interface EscalationStep {
  readonly fromLevel: number
  readonly toLevel: number
  readonly at: Nanos
  readonly reason: string | null
}

export interface Escalation {
  readonly currentLevel: number
  readonly totalLevels: number
  readonly nextEscalationAt: Nanos | null
  readonly emergencyOverride: boolean
  readonly history: readonly EscalationStep[]
}

/** A gate of a run. The first terminal by stream sequence decides; Demon's own readers report the last (contract: demon 7.1, 13.9). */
export interface Approval extends ApprovalKey {
  readonly tenantId: string
  /** Sequence of the first event that names the gate. */
  readonly firstSequence: bigint
  readonly lastSequence: bigint
  readonly state: ApprovalState
  /** What the source says, where that is not our enum. */
  readonly rawState?: string | null
  readonly requester: string | null
  readonly reason: string | null
  readonly requestedAt: Nanos | null
  readonly decision: Decision | null
  readonly laterTerminals: readonly Decision[]
  /** What the newest timer says; the worker may deny earlier, later or never. */
  readonly expiresAt: Nanos | null
  readonly escalation: Escalation | null
  /** The run has events on 6-token subjects only. */
  readonly legacy: boolean
}

export interface ApprovalFilter {
  readonly states?: readonly ApprovalState[] | null
  readonly gateId?: string | null
  readonly ritualId?: string | null
  readonly requester?: string | null
  readonly approver?: string | null
  /** Pending, on a run that can be decided at all; the viewer's rights are the resolver's part. */
  readonly decidable?: boolean | null
  readonly requestedAfter?: Nanos | null
  readonly expiresBefore?: Nanos | null
}

export type ApprovalOrder = 'REQUESTED_ASC' | 'REQUESTED_DESC' | 'EXPIRES_ASC'

/** Reads of approvals, tenant-filtered and paged like those of runs; same errors. */
export interface ApprovalsDataSource {
  find(scope: Scope, key: ApprovalKey): Promise<Approval | null>
  byKeys(scope: Scope, keys: readonly ApprovalKey[]): Promise<(Approval | null)[]>
  /** REQUESTED orders by request time, or the first event's where there is none; EXPIRES_ASC puts gates without expiry last. */
  list(scope: Scope, filter: ApprovalFilter, order: ApprovalOrder, page: PageRequest): Promise<Page<Approval>>
  count(scope: Scope, filter: ApprovalFilter): Promise<number>
  /** One page per run, in the order of `keys`, by first sequence; one statement. */
  ofRuns(scope: Scope, keys: readonly RunKey[], states: readonly ApprovalState[] | null, page: PageRequest): Promise<Page<Approval>[]>
  /** How many gates each run has, in the order of `keys`; one statement. */
  countOfRuns(scope: Scope, keys: readonly RunKey[], states: readonly ApprovalState[] | null): Promise<number[]>
}
