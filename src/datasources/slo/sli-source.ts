import { type Nanos } from '../../time.ts'
import { type Slice } from './formulas.ts'
import { type ReasonCode, type Reading, type SloDefinition, type SloGroup } from './slo.ts'

/** One thing to measure: an objective over one time. */
export interface Question {
  readonly slo: SloDefinition
  readonly from: Nanos
  readonly to: Nanos
  /** When this is asked, for sources that count up to the present; absent = as it is answered. */
  readonly now?: Nanos
  /** Coverage costs extra with some sources: asked for the window of the objective only. */
  readonly wantCoverage: boolean
}

export type SliceReading =
  /** `warned`: the source says that its answer is not whole. */
  { readonly ok: true; readonly slices: readonly Slice[]; readonly warned: boolean } | { readonly ok: false; readonly reason: ReasonCode }

/**
 * Where good and total come from: Prometheus, our own counters, or facts of our own log. One contract suite runs on each. A failure is an answer
 * with its reason: it concerns one objective, and never the others of the same call.
 */
export interface SliSource {
  /** One reading per question, in their order. No events gives `total: 0`; what cannot be measured says why. */
  measure(questions: readonly Question[], signal?: AbortSignal): Promise<Reading[]>
  /** The same counts in slices of `stepSeconds` from `from` on; the last one may be cut by `to`. Null = not measured. */
  slices(
    slo: SloDefinition,
    range: { from: Nanos; to: Nanos; stepSeconds: number; now?: Nanos },
    signal?: AbortSignal,
  ): Promise<SliceReading>
  /** The parts of an objective, most events first, at most 1,000 and one for all others; null = this source cannot tell them apart. */
  groups(slo: SloDefinition, range: { from: Nanos; to: Nanos; now?: Nanos }, signal?: AbortSignal): Promise<readonly SloGroup[] | null>
  /** A percentile in ms, for people; null = this source keeps no distribution, or it does not answer. */
  quantileMs(slo: SloDefinition, range: { from: Nanos; to: Nanos; quantile: number }, signal?: AbortSignal): Promise<number | null>
  /** What is asked, for people: PromQL or a sentence. */
  describe(slo: SloDefinition, windowSeconds: number): readonly string[]
}

export const unmeasured = (reason: ReasonCode): Reading => ({ ok: false, reason })

export const MAX_GROUPS = 1000

/**
 * Keeps the largest groups and puts the rest together, so that no objective grows without bound.
 * @param others what was counted without a group of its own
 */
export function capGroups(groups: readonly SloGroup[], others: Pick<SloGroup, 'good' | 'total'> | null = null): readonly SloGroup[] {
  const sorted = [...groups].sort((left, right) => right.total - left.total)
  const rest = [...sorted.slice(MAX_GROUPS), ...(others === null ? [] : [others])]
  if (rest.length === 0) return sorted
  const sum = (pick: (group: Pick<SloGroup, 'good' | 'total'>) => number) => rest.reduce((total, group) => total + pick(group), 0)
  return [...sorted.slice(0, MAX_GROUPS), { labels: {}, overflow: true, good: sum(({ good }) => good), total: sum(({ total }) => total) }]
}
