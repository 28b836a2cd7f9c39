import { detectionSeconds, eventsNeeded, factorOf, maxBurnRate } from './formulas.ts'
import { type TierDefinition } from './slo.ts'

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400
const BASE = 30 * DAY
/** Below four scrapes of 15 s a window says nothing. */
const SHORTEST = 4 * 15

/** Google's tiers for 30 days: share of the budget, long and short window (contract: guarantees 18). */
const standard: readonly TierDefinition[] = [
  { name: 'page-fast', severity: 'page', budgetShare: 0.02, longSeconds: HOUR, shortSeconds: 5 * MINUTE, forSeconds: 0 },
  { name: 'page-slow', severity: 'page', budgetShare: 0.05, longSeconds: 6 * HOUR, shortSeconds: 30 * MINUTE, forSeconds: 0 },
  { name: 'ticket-fast', severity: 'ticket', budgetShare: 0.1, longSeconds: DAY, shortSeconds: 2 * HOUR, forSeconds: 0 },
  { name: 'ticket-slow', severity: 'ticket', budgetShare: 0.1, longSeconds: 3 * DAY, shortSeconds: 6 * HOUR, forSeconds: 0 },
]

/**
 * The standard tiers for a window: from four weeks on the well-known windows with factors that keep the shares, below that the windows shrink
 * with it. Tiers whose short window would be shorter than four scrapes are left out; the slowest always stays.
 */
export function standardTiers(windowSeconds: number): readonly TierDefinition[] {
  if (windowSeconds >= 28 * DAY) return standard
  const scale = windowSeconds / BASE
  const scaled = standard.map((tier) => ({
    ...tier,
    longSeconds: Math.max(1, Math.round(tier.longSeconds * scale)),
    shortSeconds: Math.max(1, Math.round(tier.shortSeconds * scale)),
  }))
  const kept = scaled.filter(({ shortSeconds }) => shortSeconds >= SHORTEST)
  return kept.length > 0 ? kept : scaled.slice(-1)
}

export interface TierRule extends TierDefinition {
  readonly factor: number
  /** The factor lies below the burn rate of a full outage. */
  readonly reachable: boolean
  readonly eventsNeeded: number
  readonly detectionSeconds: number | null
}

/** What follows from a tier, a window and a target. */
export function tierRules(tiers: readonly TierDefinition[] | null, windowSeconds: number, targetPpm: number): TierRule[] {
  return (tiers ?? standardTiers(windowSeconds)).map((tier) => {
    const factor = factorOf(tier.budgetShare, tier.longSeconds, windowSeconds)
    return {
      ...tier,
      factor,
      reachable: factor < maxBurnRate(targetPpm),
      eventsNeeded: eventsNeeded(factor, targetPpm),
      detectionSeconds: detectionSeconds(tier.longSeconds, factor, targetPpm),
    }
  })
}
