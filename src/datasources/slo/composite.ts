import { burnRateOf, budgetRatio } from './formulas.ts'
import { unmeasured } from './sli-source.ts'
import { type Reading, type SloDefinition } from './slo.ts'

export interface MemberReading {
  readonly reading: Reading
  readonly weight: number
  readonly definition: SloDefinition | undefined
}

/**
 * A composite's counts: the weighted sum of its members' burn rates, spelled as bad events of its own budget, so that every formula holds for
 * it too; for time slices a slice counts as bad where any member is (the share of good ones is no more than the worst member's).
 */
export function combineMembers(composite: SloDefinition, members: readonly MemberReading[]): Reading {
  let burn = 0
  let weights = 0
  let total = 0
  let coverage = 1
  let worst = 1
  let estimated = false
  for (const { reading, weight, definition } of members) {
    if (definition === undefined) return unmeasured('MEMBER_MISSING')
    if (!reading.ok)
      return unmeasured(reading.reason === 'NO_TRAFFIC' || reading.reason === 'SERIES_ABSENT' ? 'NO_TRAFFIC' : 'MEMBER_UNMEASURED')
    coverage = Math.min(coverage, reading.coverage)
    estimated ||= reading.estimated
    const rate = burnRateOf(reading.good, reading.total, definition.targetPpm)
    // a member without events spends nothing
    weights += weight
    total += reading.total
    if (rate === null) continue
    burn += weight * rate
    worst = Math.min(worst, reading.good / reading.total)
  }
  const errorRatio = composite.budgetingMethod === 'OCCURRENCES' ? (burn / weights) * budgetRatio(composite.targetPpm) : 1 - worst
  return { ok: true, total, good: total * (1 - errorRatio), coverage, estimated, warnings: [] }
}
