import { burnRateOf, budgetRatio, isMet, type Slice } from './formulas.ts'
import { type SourceOf } from './measure.ts'
import { type SliSource, unmeasured } from './sli-source.ts'
import { correctedSlices } from './slices.ts'
import { type Reading, type ReasonCode, type SloDefinition } from './slo.ts'

export interface Member {
  readonly weight: number
  /** Undefined: there is no such objective, or it is a composite itself. */
  readonly definition: SloDefinition | undefined
}

export interface MemberReading extends Member {
  readonly reading: Reading
}

/** The members of a composite. What is taken out of the composite is taken out of each of them. */
export function membersOf(composite: SloDefinition, byName: ReadonlyMap<string, SloDefinition>): readonly Member[] {
  const { indicator, corrections } = composite
  if (indicator.source !== 'COMPOSITE') return []
  return indicator.members.map(({ slo, weight }) => {
    const member = byName.get(slo)
    if (member === undefined || member.indicator.source === 'COMPOSITE') return { weight, definition: undefined }
    if (corrections.length === 0) return { weight, definition: member }
    return { weight, definition: { ...member, corrections: [...member.corrections, ...corrections] } }
  })
}

const reasonOfMember = (reason: ReasonCode): ReasonCode =>
  reason === 'NO_TRAFFIC' || reason === 'SERIES_ABSENT' ? 'NO_TRAFFIC' : 'MEMBER_UNMEASURED'

/**
 * A composite's counts: the weighted sum of its members' burn rates, spelled as bad events of its own budget, so that every formula holds for
 * it too (contract: guarantees 16).
 */
export function combineMembers(composite: SloDefinition, members: readonly MemberReading[]): Reading {
  let burn = 0
  let weights = 0
  let total = 0
  let coverage = 1
  let estimated = false
  for (const { reading, weight, definition } of members) {
    if (definition === undefined) return unmeasured('MEMBER_MISSING')
    if (!reading.ok) return unmeasured(reasonOfMember(reading.reason))
    coverage = Math.min(coverage, reading.coverage)
    estimated ||= reading.estimated
    // a member without events spends nothing
    weights += weight
    total += reading.total
    burn += weight * (burnRateOf(reading.good, reading.total, definition.targetPpm) ?? 0)
  }
  const errorRatio = (burn / weights) * budgetRatio(composite.targetPpm)
  return { ok: true, total, good: total * (1 - errorRatio), coverage, estimated, warnings: [] }
}

/**
 * A time slice of a composite is bad where any member is bad (contract: guarantees 16), and unknown where a member is and none is known to be bad;
 * for ratio slices it is as good as its worst member.
 */
function combineSlice(composite: SloDefinition, members: readonly { readonly definition: SloDefinition; readonly slice: Slice }[]): Slice {
  let unknown = false
  let worst: number | null = null
  for (const { definition, slice } of members) {
    if (slice === null) {
      unknown = true
      continue
    }
    if (slice.total <= 0) continue
    const own = definition.budgetingMethod === 'TIMESLICES' ? definition : composite
    const good = isMet(slice.good, slice.total, own.timeSliceTargetPpm ?? own.targetPpm) ? 1 : 0
    worst = Math.min(worst ?? 1, composite.budgetingMethod === 'TIMESLICES' ? good : slice.good / slice.total)
  }
  if (unknown && worst !== 0) return null
  return worst === null ? { good: 0, total: 0 } : { good: worst, total: 1 }
}

/** Composites that are counted in slices, as a source over those of their members. */
export function createCompositeSlices({
  byName,
  sourceOf,
  measure,
}: {
  readonly byName: ReadonlyMap<string, SloDefinition>
  readonly sourceOf: SourceOf
  readonly measure: SliSource['measure']
}): Pick<SliSource, 'measure' | 'slices'> {
  return {
    measure,
    async slices(slo, { from, to, now, stepSeconds }, signal) {
      const members = membersOf(slo, byName).flatMap(({ definition }) => (definition === undefined ? [] : [definition]))
      if (members.length === 0 || members.length < membersOf(slo, byName).length) return { ok: false, reason: 'MEMBER_MISSING' }
      const found: { definition: SloDefinition; slices: readonly Slice[] }[] = []
      let warned = false
      const answers = members.map((definition) => {
        const source = sourceOf(definition)
        return source === null ? null : correctedSlices(source, { slo: definition, from, to, now: now ?? to }, stepSeconds, signal)
      })
      for (const [index, answer] of (await Promise.all(answers)).entries()) {
        const definition = members[index]
        if (answer === null || definition === undefined) return { ok: false, reason: 'MEMBER_UNMEASURED' }
        if (!answer.ok) return { ok: false, reason: reasonOfMember(answer.reason) }
        warned ||= answer.warned
        found.push({ definition, slices: answer.slices })
      }
      const length = Math.max(...found.map(({ slices }) => slices.length))
      const sliceAt = (_: unknown, index: number): Slice =>
        combineSlice(
          slo,
          found.map(({ definition, slices }) => ({ definition, slice: slices[index] ?? null })),
        )
      return { ok: true, slices: Array.from({ length }, sliceAt), warned }
    },
  }
}
