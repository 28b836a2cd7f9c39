import { type Nanos } from '../../time.ts'
import { budgetRatio, burnRateOf, consumedOf, exhaustionSeconds, remainingEventsOf, sliOf, wilson } from './formulas.ts'
import { type BurnTier, type ReasonCode, type Reading, type SloDefinition, type SloReason, type SloReport, type SloStatus } from './slo.ts'
import { type TierRule } from './tiers.ts'
import { seconds } from './windows.ts'

/** Left of the budget, below which a met objective is at risk. */
const LITTLE_LEFT = 0.1

const sentences: Readonly<Record<ReasonCode, string>> = {
  SERIES_ABSENT: 'No series: nothing reports what this objective counts.',
  NO_TRAFFIC: 'No event happened in the window.',
  PARTIAL_DATA: 'The source warns that its answer is not whole.',
  BAD_QUERY: 'The source does not understand the query.',
  QUERY_FAILED: 'The source could not carry out the query.',
  BACKEND_UNAVAILABLE: 'The source does not answer.',
  BACKEND_TIMEOUT: 'The source does not answer in time.',
  NOT_CONFIGURED: 'This deployment has no such source.',
  BUCKET_ABSENT: 'The histogram has no bucket that ends at the threshold.',
  LOW_COVERAGE: 'Too little of the window was measured.',
  STALE_DATA: 'The newest measurement is too old.',
  RESTARTED: 'Part of the window was not counted.',
  TIER_BURNS: 'The budget burns faster than a tier allows.',
  BUDGET_LOW: 'Little of the budget is left.',
  BUDGET_SPENT: 'The budget is spent.',
  MEMBER_MISSING: 'A member of the composite does not exist.',
  MEMBER_UNMEASURED: 'A member of the composite is not measured.',
  FUTURE: 'The moment lies in the future.',
}

export const reasonOf = (code: ReasonCode): SloReason => ({ code, message: sentences[code] })

export interface TierReadings {
  readonly long: Reading
  readonly short: Reading
}

/** What the evaluator remembers of a tier: its state has hysteresis. */
export interface StoredTier {
  readonly state: 'INACTIVE' | 'PENDING' | 'FIRING'
  readonly since: Nanos | null
}

export interface AssessInput {
  readonly definition: SloDefinition
  readonly at: Nanos
  readonly past: boolean
  readonly window: { readonly from: Nanos; readonly to: Nanos; readonly seconds: number }
  readonly reading: Reading
  readonly rules: readonly TierRule[]
  readonly tierReadings: readonly TierReadings[]
  readonly stored: ReadonlyMap<string, StoredTier> | null
}

const burnOf = (reading: Reading, ppm: number): number | null => (reading.ok ? burnRateOf(reading.good, reading.total, ppm) : null)
const eventsOf = (reading: Reading): number | null => (reading.ok ? reading.total : null)

/** Both windows above the factor, and events enough that one bad one cannot do it (contract: guarantees 16, 18). */
export const burnsNow = (tier: Pick<BurnTier, 'factor' | 'long' | 'short' | 'eventsNeeded'>): boolean =>
  tier.long.burnRate !== null &&
  tier.short.burnRate !== null &&
  tier.long.burnRate > tier.factor &&
  tier.short.burnRate > tier.factor &&
  (tier.long.events ?? 0) >= tier.eventsNeeded

function assessTier(rule: TierRule, readings: TierReadings, ppm: number, stored: StoredTier | null | undefined): BurnTier {
  const long = { seconds: rule.longSeconds, burnRate: burnOf(readings.long, ppm), events: eventsOf(readings.long) }
  const short = { seconds: rule.shortSeconds, burnRate: burnOf(readings.short, ppm), events: eventsOf(readings.short) }
  const { factor, eventsNeeded } = rule
  const state = stored == null ? (burnsNow({ factor, long, short, eventsNeeded }) ? 'FIRING' : 'INACTIVE') : stored.state
  return {
    name: rule.name,
    severity: rule.severity,
    factor,
    budgetShare: rule.budgetShare,
    long,
    short,
    reachable: rule.reachable,
    guarded: long.events !== null && long.events < eventsNeeded,
    eventsNeeded,
    detectionSeconds: rule.detectionSeconds,
    state,
    since: stored?.since ?? null,
  }
}

function judge({
  reading,
  coverage,
  remaining,
  tiers,
  stale,
  minCoverage,
}: {
  reading: Reading
  coverage: number
  remaining: number | null
  tiers: readonly BurnTier[]
  stale: boolean
  minCoverage: number
}): { status: SloStatus; reasons: ReasonCode[] } {
  if (!reading.ok) return { status: 'NO_DATA', reasons: [reading.reason] }
  const reasons: ReasonCode[] = [...reading.warnings]
  if (remaining === null) return { status: 'NO_DATA', reasons: [...reasons, 'NO_TRAFFIC'] }
  if (stale) return { status: 'STALE', reasons: [...reasons, 'STALE_DATA'] }
  if (coverage < minCoverage) return { status: 'INSUFFICIENT_COVERAGE', reasons: [...reasons, 'LOW_COVERAGE'] }
  if (reading.estimated && coverage < 0.97) reasons.push('RESTARTED')
  if (remaining <= 0) return { status: 'BREACHED', reasons: [...reasons, 'BUDGET_SPENT'] }
  const burns = tiers.some(({ state }) => state === 'FIRING')
  if (burns) reasons.push('TIER_BURNS')
  if (remaining < LITTLE_LEFT) reasons.push('BUDGET_LOW')
  return { status: burns || remaining < LITTLE_LEFT ? 'AT_RISK' : 'MEETING', reasons }
}

/** An objective's numbers from what was measured: pure, the same for every source and for any moment. */
export function assess({ definition, at, past, window, reading, rules, tierReadings, stored }: AssessInput): SloReport {
  const { targetPpm, budgetingMethod, minCoverage } = definition
  const B = budgetRatio(targetPpm)
  const tiers = rules.map((rule, index) => {
    const readings = tierReadings[index]
    if (readings === undefined) throw new Error('a tier was not measured')
    return assessTier(rule, readings, targetPpm, stored === null ? null : stored.get(rule.name))
  })
  const good = reading.ok ? reading.good : 0
  const total = reading.ok ? reading.total : 0
  const consumed = consumedOf(good, total, targetPpm)
  const remaining = consumed === null ? null : 1 - consumed
  const coverage = reading.ok ? reading.coverage : 0
  // nothing reports any more although something did: the shortest window is empty of series, not of events
  const shortest = tierReadings[0]?.short
  const stale = reading.ok && shortest !== undefined && !shortest.ok && shortest.reason === 'SERIES_ABSENT'
  const { status, reasons } = judge({ reading, coverage, remaining, tiers, stale, minCoverage })
  const rate = tiers[0]?.long.burnRate ?? consumed
  const exhausts = exhaustionSeconds(window.seconds, remaining, rate)
  const interval = wilson(good, total)
  return {
    definition,
    at,
    past,
    status,
    coverage,
    reading,
    tiers,
    reasons: reasons.map(reasonOf),
    asOf: reading.ok ? at : null,
    isEstimated: reading.ok && reading.estimated,
    windowFrom: window.from,
    windowTo: window.to,
    windowSeconds: window.seconds,
    sli: reading.ok
      ? { ratio: sliOf(good, total), good, bad: total - good, total, low: interval?.low ?? null, high: interval?.high ?? null }
      : null,
    budget: {
      totalRatio: B,
      totalEvents: reading.ok ? total * B : null,
      totalSeconds: budgetingMethod === 'OCCURRENCES' ? null : B * window.seconds,
      consumedRatio: consumed,
      remainingRatio: remaining,
      remainingEvents: reading.ok ? remainingEventsOf(good, total, targetPpm) : null,
      // beyond what a date can hold it is never
      exhaustsAt: exhausts === null || exhausts > 3e9 ? null : at + seconds(exhausts),
    },
  }
}
