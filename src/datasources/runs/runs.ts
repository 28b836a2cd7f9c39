import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Nanos } from '../../time.ts'

export const systems = ['ORRERY', 'DEMON', 'SUMMIT', 'GUARANTEES', 'CRATON'] as const
export type System = (typeof systems)[number]

export const runStatuses = ['QUEUED', 'RUNNING', 'AWAITING_APPROVAL', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELED', 'UNKNOWN'] as const
export type RunStatus = (typeof runStatuses)[number]
export const terminalStatuses: readonly RunStatus[] = ['COMPLETED', 'FAILED', 'CANCELED']

/** The natural key of a run inside its tenant. Demon may use one runId in several rituals. */
export interface RunKey {
  readonly system: System
  readonly ritualId: string
  readonly runId: string
}

export interface RunFailure {
  readonly code: string | null
  readonly message: string
  readonly details: unknown
}

export interface RunTransition {
  readonly fromState: string
  readonly toState: string
  readonly at: Nanos
  readonly sequence: bigint
}

/** A run as its events tell it. Everything here is derived from the log; nothing is ever written to it directly. */
export interface Run extends RunKey {
  readonly tenantId: string
  /** Sequence of its first event: the run's surrogate key inside the read model. */
  readonly firstSequence: bigint
  readonly lastSequence: bigint
  readonly status: RunStatus
  /** What the source says where it says more than our enum, such as a lifecycle event type we do not know. */
  readonly rawStatus: string | null
  readonly state: string | null
  /** Null for a run without a start event; never the epoch. */
  readonly startedAt: Nanos | null
  readonly firstSeenAt: Nanos
  readonly endedAt: Nanos | null
  readonly updatedAt: Nanos
  readonly spec: unknown
  readonly outputs: unknown
  readonly failure: RunFailure | null
  /** Lives on 6-token subjects only: readable, not decidable. */
  readonly legacy: boolean
  /** How many lifecycle terminals there are; the first one decides. */
  readonly terminalCount: number
  /** Where a payload names another tenant or ritual than its subject (contract: demon 2.4). */
  readonly payloadTenantId: string | null
  readonly payloadRitualId: string | null
}

/** One event of a run, as stored; `payload` is the exact text. */
export interface RunEvent {
  readonly runKey: RunKey
  readonly tenantId: string
  readonly sequence: bigint
  /** The event's own time; the log's where it has none that can be read. */
  readonly at: Nanos
  readonly recordedAt: Nanos
  readonly type: string
  readonly legacySubject: boolean
  readonly payload: string
}

export interface Quota {
  readonly limit: number
  readonly windowSeconds: number
  readonly remaining: number | null
}

export interface PolicyDecision {
  readonly runKey: RunKey
  readonly tenantId: string
  readonly sequence: bigint
  readonly at: Nanos
  readonly allowed: boolean | null
  readonly capability: string | null
  readonly reason: string | null
  readonly quota: Quota | null
  readonly validation: unknown
  readonly details: unknown
}

export interface Ritual {
  readonly tenantId: string
  readonly ritualId: string
  readonly runCount: number
  readonly countsByStatus: readonly { readonly status: RunStatus; readonly count: number }[]
  readonly lastRun: Run | null
}

/** A scaling recommendation of Demon's (contract: demon 4.7). */
export interface ScaleHint {
  readonly tenantId: string
  readonly sequence: bigint
  readonly at: Nanos
  /** SCALE_UP, SCALE_DOWN or STEADY; UNKNOWN keeps the raw word in `payload`. */
  readonly recommendation: 'SCALE_UP' | 'SCALE_DOWN' | 'STEADY' | 'UNKNOWN'
  readonly reason: string | null
  readonly payload: string
}

export interface RunFilter {
  readonly ritualId?: string | null
  readonly ritualIdContains?: string | null
  readonly runIdContains?: string | null
  readonly statuses?: readonly RunStatus[] | null
  readonly systems?: readonly System[] | null
  readonly startedAfter?: Nanos | null
  readonly startedBefore?: Nanos | null
  /** Runs with this gate pending. */
  readonly awaitingGate?: string | null
  /** In ritual id or run id, any case. */
  readonly text?: string | null
}

export type RunOrder = 'STARTED_DESC' | 'STARTED_ASC' | 'UPDATED_DESC'

/** Newest decision with a quota, per capability: the only place where Demon shows what is left. */
export interface QuotaStatus {
  readonly capability: string
  readonly quota: Quota
  readonly at: Nanos
  readonly sequence: bigint
}

/**
 * Reads of runs. All are filtered by `scope.tenantId` in the statement itself and bounded by pages.
 * @throws AppError BAD_USER_INPUT (foreign or malformed cursor), SOURCE_UNAVAILABLE, DEADLINE_EXCEEDED
 */
export interface RunsDataSource {
  /** A run or null. */
  find(scope: Scope, key: RunKey): Promise<Run | null>
  /** In the order of `keys`, null for what is not there; one statement whatever their number. */
  byKeys(scope: Scope, keys: readonly RunKey[]): Promise<(Run | null)[]>
  /** The run as its events up to and including `at` (by the log's time) tell it; null when it did not exist yet. */
  findAt(scope: Scope, key: RunKey, at: Nanos): Promise<Run | null>
  /** STARTED orders by start time, or first-seen time where there is none; ties by sequence. */
  list(scope: Scope, filter: RunFilter, order: RunOrder, page: PageRequest): Promise<Page<Run>>
  count(scope: Scope, filter: RunFilter): Promise<number>
  /** Events of each run in sequence order: one page per key, in the order of `keys`, one statement. */
  eventsOf(scope: Scope, keys: readonly RunKey[], types: readonly string[] | null, page: PageRequest): Promise<Page<RunEvent>[]>
  /** How many events of these types each run has, in the order of `keys`; one statement. */
  countEventsOf(scope: Scope, keys: readonly RunKey[], types: readonly string[] | null): Promise<number[]>
  /** One event by its sequence, or null. */
  findEvent(scope: Scope, sequence: bigint): Promise<RunEvent | null>
  /** In the order of `sequences`, null for what is not there; one statement. */
  eventsBySequences(scope: Scope, sequences: readonly bigint[]): Promise<(RunEvent | null)[]>
  /** All transitions of each run, oldest first, at most 1000 a run; one statement. */
  transitionsOf(scope: Scope, keys: readonly RunKey[]): Promise<RunTransition[][]>
  policyDecisionsOf(scope: Scope, keys: readonly RunKey[], page: PageRequest): Promise<Page<PolicyDecision>[]>
  countPolicyDecisionsOf(scope: Scope, keys: readonly RunKey[]): Promise<number[]>
  rituals(scope: Scope, page: PageRequest): Promise<Page<Ritual>>
  countRituals(scope: Scope): Promise<number>
  ritualsByIds(scope: Scope, ritualIds: readonly string[]): Promise<(Ritual | null)[]>
  /** p50 and p95 in ms of the ended runs of each ritual (newest 1000 each); one statement. */
  durationsOf(scope: Scope, ritualIds: readonly string[]): Promise<({ readonly p50Ms: number; readonly p95Ms: number } | null)[]>
  /** Newest first. */
  scaleHints(scope: Scope, page: PageRequest): Promise<Page<ScaleHint>>
  countScaleHints(scope: Scope): Promise<number>
  quotas(scope: Scope): Promise<QuotaStatus[]>
}
