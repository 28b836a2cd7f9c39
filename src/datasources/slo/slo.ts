import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Nanos } from '../../time.ts'

export const budgetingMethods = ['OCCURRENCES', 'TIMESLICES', 'RATIO_TIMESLICES'] as const
export type BudgetingMethod = (typeof budgetingMethods)[number]
export const calendarUnits = ['DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'] as const
export type CalendarUnit = (typeof calendarUnits)[number]

/** The time that an objective is about: the last so many seconds, or a calendar period in a zone. */
export type SloWindow =
  | { readonly kind: 'ROLLING'; readonly seconds: number }
  /** `startNs` is the start of any one period; the others follow from it. */
  | { readonly kind: 'CALENDAR'; readonly unit: CalendarUnit; readonly count: number; readonly start: string; readonly timeZone: string }

export const sloSources = ['PROMETHEUS', 'COUNTERS', 'EVENTS', 'COMPOSITE'] as const
export type SloSourceKind = (typeof sloSources)[number]
export const eventKinds = ['RUNS', 'RUN_DURATION', 'APPROVAL_AGE', 'APPENDS'] as const
export type EventKind = (typeof eventKinds)[number]
export const operators = ['LTE', 'LT', 'GTE', 'GT'] as const
export type Operator = (typeof operators)[number]

/** How good and bad are told apart. Thresholds count `<=`, as buckets do (contract: guarantees 17). */
export type Indicator =
  | {
      readonly source: 'PROMETHEUS'
      readonly kind: 'RATIO'
      readonly good: string | null
      readonly bad: string | null
      readonly total: string
    }
  /** `metric` without `_bucket`; `matchers` without braces. */
  | {
      readonly source: 'PROMETHEUS'
      readonly kind: 'LATENCY'
      readonly metric: string
      readonly matchers: string
      readonly thresholdMs: number
      readonly native: boolean
    }
  | {
      readonly source: 'PROMETHEUS'
      readonly kind: 'THRESHOLD'
      readonly query: string
      readonly operator: Operator
      readonly value: number
    }
  /** Counted in this deployment: `measure` names what is counted; with a threshold an event is good when it took at most so long. */
  | { readonly source: 'COUNTERS'; readonly kind: 'RATIO' | 'LATENCY'; readonly measure: string; readonly thresholdMs: number | null }
  /** Facts of our own log. */
  | {
      readonly source: 'EVENTS'
      readonly kind: 'RATIO' | 'THRESHOLD'
      readonly event: EventKind
      readonly thresholdSeconds: number | null
      readonly ritualId: string | null
      readonly gateId: string | null
    }
  | {
      readonly source: 'COMPOSITE'
      readonly kind: 'COMPOSITE'
      readonly members: readonly { readonly slo: string; readonly weight: number }[]
    }

/** A burn tier as data (contract: guarantees 18). The factor follows from share, window and long. */
export interface TierDefinition {
  readonly name: string
  readonly severity: string
  readonly budgetShare: number
  readonly longSeconds: number
  readonly shortSeconds: number
  readonly forSeconds: number
}

export interface SloSpec {
  readonly name: string
  readonly displayName: string | null
  readonly description: string | null
  readonly service: string
  readonly labels: Readonly<Record<string, string>>
  /** Parts per million, 0 <= t < 1,000,000: doubles cannot hold 1 - 0.999. */
  readonly targetPpm: number
  readonly window: SloWindow
  readonly budgetingMethod: BudgetingMethod
  readonly timeSliceTargetPpm: number | null
  readonly timeSliceSeconds: number | null
  readonly indicator: Indicator
  /** Null: the standard tiers, rescaled to the window. */
  readonly tiers: readonly TierDefinition[] | null
  /** Below this share of measured time the numbers say INSUFFICIENT_COVERAGE. */
  readonly minCoverage: number
  /** Contract thresholds for `/status` (contract: guarantees 9); null = the words follow from the status. */
  readonly words: { readonly warning: number; readonly critical: number } | null
  /** An overdrawn budget blocks these rituals' runs; empty = none. */
  readonly freezes: readonly string[]
}

/** A period that does not count, with who took it out and why. */
export interface Correction {
  readonly id: string
  readonly slo: string
  readonly startsAt: Nanos
  readonly endsAt: Nanos
  readonly reason: string
  readonly author: string
  readonly createdAt: Nanos
}

export interface SloDefinition extends SloSpec {
  readonly tenantId: string
  /** Counts the changes of this tenant's objectives; grows with each. */
  readonly revision: number
  readonly createdAt: Nanos
  readonly updatedAt: Nanos
  readonly updatedBy: string
  readonly corrections: readonly Correction[]
}

export const reasonCodes = [
  'SERIES_ABSENT',
  'NO_TRAFFIC',
  'PARTIAL_DATA',
  'BAD_QUERY',
  'QUERY_FAILED',
  'BACKEND_UNAVAILABLE',
  'BACKEND_TIMEOUT',
  'NOT_CONFIGURED',
  'BUCKET_ABSENT',
  'LOW_COVERAGE',
  'STALE_DATA',
  'RESTARTED',
  'TIER_BURNS',
  'BUDGET_LOW',
  'BUDGET_SPENT',
  'MEMBER_MISSING',
  'MEMBER_UNMEASURED',
  'FUTURE',
] as const
export type ReasonCode = (typeof reasonCodes)[number]

export const sloStatuses = ['MEETING', 'AT_RISK', 'BREACHED', 'NO_DATA', 'STALE', 'INSUFFICIENT_COVERAGE'] as const
export type SloStatus = (typeof sloStatuses)[number]
export type AlertState = 'INACTIVE' | 'PENDING' | 'FIRING'

export interface SloReason {
  readonly code: ReasonCode
  readonly message: string
}

/** Good and total over a time: never a ratio, so that sums stay right. For slices these are slices. */
export interface Counts {
  readonly good: number
  readonly total: number
  /** Measured time over asked time, 0..1. */
  readonly coverage: number
  /** Not every event was seen. */
  readonly estimated: boolean
  readonly warnings: readonly ReasonCode[]
}

export type Reading = ({ readonly ok: true } & Counts) | { readonly ok: false; readonly reason: ReasonCode }

export interface BurnWindow {
  readonly seconds: number
  readonly burnRate: number | null
  readonly events: number | null
}

export interface BurnTier {
  readonly name: string
  readonly severity: string
  readonly factor: number
  readonly budgetShare: number
  readonly long: BurnWindow
  readonly short: BurnWindow
  readonly reachable: boolean
  readonly guarded: boolean
  readonly eventsNeeded: number
  readonly detectionSeconds: number | null
  readonly state: AlertState
  readonly since: Nanos | null
}

/** An objective with what was measured at `at`. */
export interface SloReport {
  readonly definition: SloDefinition
  readonly at: Nanos
  /** Asked for a moment of the past. */
  readonly past: boolean
  readonly status: SloStatus
  readonly reasons: readonly SloReason[]
  readonly asOf: Nanos | null
  readonly coverage: number
  readonly isEstimated: boolean
  readonly windowFrom: Nanos
  readonly windowTo: Nanos
  readonly windowSeconds: number
  readonly reading: Reading
  readonly sli: {
    readonly ratio: number | null
    readonly good: number
    readonly bad: number
    readonly total: number
    readonly low: number | null
    readonly high: number | null
  } | null
  readonly budget: {
    readonly totalRatio: number
    readonly totalEvents: number | null
    readonly totalSeconds: number | null
    readonly consumedRatio: number | null
    readonly remainingRatio: number | null
    readonly remainingEvents: number | null
    readonly exhaustsAt: Nanos | null
  }
  readonly tiers: readonly BurnTier[]
}

export const seriesKinds = ['SLI', 'ERROR_RATIO', 'BURN_RATE', 'REMAINING', 'GOOD', 'BAD', 'TOTAL'] as const
export type SeriesKind = (typeof seriesKinds)[number]
export interface SeriesPoint {
  readonly at: Nanos
  readonly value: number | null
}

export interface SloFilter {
  readonly names?: readonly string[] | null
  readonly services?: readonly string[] | null
  readonly statuses?: readonly SloStatus[] | null
  readonly sources?: readonly SloSourceKind[] | null
  readonly nameContains?: string | null
  readonly labels?: Readonly<Record<string, unknown>> | null
}
export type SloOrder = 'REMAINING_ASC' | 'BURN_DESC' | 'NAME_ASC'

/** A part of an objective, by the values of its grouping labels. */
export interface SloGroup {
  readonly labels: Readonly<Record<string, string>>
  /** What did not fit among the groups, together. */
  readonly overflow: boolean
  readonly good: number
  readonly total: number
}

/** Objectives as one operation sees them; `at` null = now. */
export interface SloReader {
  all(): Promise<readonly SloReport[]>
  find(name: string, at: Nanos | null): Promise<SloReport | null>
  /** Filtered and ordered before the page is cut. */
  list(filter: SloFilter, order: SloOrder, page: PageRequest, at: Nanos | null): Promise<{ page: Page<SloReport>; total: number }>
}

/**
 * Objectives and what they measure. Statuses are computed when asked; only the state of alerts is kept by the evaluator.
 * @throws AppError SOURCE_UNAVAILABLE with source "sql"; a measurement that fails is a reason of its objective, never an error
 */
export interface SloDataSource {
  /** The definitions of one tenant, in order of their names. */
  definitions(scope: Scope): Promise<readonly SloDefinition[]>
  /** One report per definition in the order given; `at` null = now. All of them share the queries of a window. */
  reports(scope: Scope, definitions: readonly SloDefinition[], at: Nanos | null): Promise<SloReport[]>
  find(scope: Scope, name: string, at: Nanos | null): Promise<SloReport | null>
  /** Reads for one operation: each objective is measured once per moment. */
  reader(scope: Scope): SloReader
  /** Burn rate over the last `seconds` before the report's moment; null = not measured. */
  burnRate(scope: Scope, report: SloReport, seconds: number): Promise<number | null>
  /** The same for many: for each report one rate per window, in their order. All of them share the queries of a window. */
  burnRates(scope: Scope, reports: readonly SloReport[], windows: readonly number[]): Promise<(number | null)[][]>
  /** @throws AppError BAD_USER_INPUT for a range or number of points that is not served */
  series(scope: Scope, report: SloReport, range: { kind: SeriesKind; from: Nanos; to: Nanos; maxPoints: number }): Promise<SeriesPoint[]>
  groups(scope: Scope, report: SloReport): Promise<readonly SloGroup[] | null>
  /** The percentile that the target names, in ms; null where the source keeps no distribution. */
  quantileMs(scope: Scope, report: SloReport): Promise<number | null>
  /** Counts events that somebody else saw. @throws AppError BAD_USER_INPUT when the objective has other sources */
  count(
    scope: Scope,
    definition: SloDefinition,
    events: { good: number; total: number; at: Nanos | null; group: string | null },
  ): Promise<void>
  /** PromQL or a sentence, for each number of the report. */
  explain(report: SloReport): { formula: string; inputs: Record<string, unknown>; queries: readonly string[] }
  /** @throws AppError BAD_USER_INPUT */
  upsert(scope: Scope, spec: SloSpec, actor: string): Promise<{ created: boolean; definition: SloDefinition }>
  /** @returns false when there is none */
  remove(scope: Scope, name: string, actor: string): Promise<boolean>
  correct(
    scope: Scope,
    correction: { slo: string; startsAt: Nanos; endsAt: Nanos; reason: string },
    actor: string,
  ): Promise<SloDefinition | null>
}
