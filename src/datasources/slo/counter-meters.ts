import { GroupCounts } from './group-counts.ts'
import { ringCount, type Rings, ringShapes } from './rings.ts'
import { type SloDefinition } from './slo.ts'

/** Something that happened: whether it was good, and how long it took where that is known. */
export interface Occurrence {
  readonly good: boolean
  readonly durationMs?: number
  /** What it was about: objectives with the label `groupBy` count each value of that name apart. */
  readonly labels?: Readonly<Record<string, string>>
}

interface SlotCounts {
  readonly ring: number
  readonly slot: number
  good: number
  total: number
}

export interface Entry {
  readonly key: string
  definition: SloDefinition
  meter: Meter
  /** Place of its threshold among those of the meter. */
  level: number
  readonly rings: Rings
  /** Settled, not stored yet. */
  readonly pending: SlotCounts[]
  groups: GroupCounts | null
}

/**
 * What happened under one name in the current 10 s, for all objectives about it at once: an event is one step here, and the objectives' rings are
 * fed when the 10 s are over or somebody reads.
 */
export interface Meter {
  readonly entries: Entry[]
  /** Those that count groups apart. */
  readonly grouped: Entry[]
  readonly thresholds: number[]
  slot: number
  total: number
  /** Good ones without a duration. */
  good: number
  /** Good ones within each threshold. */
  within: number[]
}

/** Slots that wait for a store that is away; the rings hold no more of them. */
const MOST_PENDING = 1_950

export const slotsAt = (at: number): readonly [number, number, number] => [
  Math.floor(at / ringShapes[0].seconds),
  Math.floor(at / ringShapes[1].seconds),
  Math.floor(at / ringShapes[2].seconds),
]

export function addPending(pending: SlotCounts[], ring: number, slot: number, { good, total }: { good: number; total: number }): void {
  for (let at = pending.length - 1; at >= 0; at -= 1) {
    const known = pending[at]
    if (known === undefined || known.ring !== ring || known.slot !== slot) continue
    known.good += good
    known.total += total
    return
  }
  pending.push({ ring, slot, good, total })
  if (pending.length > MOST_PENDING) pending.shift()
}

export function count({ rings, pending }: Entry, slots: readonly [number, number, number], counts: { good: number; total: number }): void {
  rings.addAt(slots, counts.good, counts.total)
  for (let ring = 0; ring < ringCount; ring += 1) addPending(pending, ring, slots[ring] ?? 0, counts)
}

/** Feeds the rings of all objectives of a meter with what it holds. */
export function settle(meter: Meter): void {
  if (meter.total === 0) return
  const slots = slotsAt(meter.slot * ringShapes[0].seconds)
  for (const entry of meter.entries) count(entry, slots, { good: meter.good + (meter.within[entry.level] ?? 0), total: meter.total })
  meter.total = 0
  meter.good = 0
  meter.within.fill(0)
}

export function groupsOf(definition: SloDefinition, known: GroupCounts | null): GroupCounts | null {
  const { groupBy } = definition.labels
  if (groupBy === undefined) return null
  return known?.groupBy === groupBy ? known : new GroupCounts(groupBy)
}

/** Visits the slots of all rings from one moment to another, as far back as the rings reach. */
export function eachSlot(since: number, until: number, visit: (ring: number, slot: number) => void): void {
  ringShapes.forEach(({ seconds, slots }, ring) => {
    const last = Math.floor(until / seconds)
    for (let slot = Math.max(Math.floor(since / seconds), last - slots + 1); slot <= last; slot += 1) visit(ring, slot)
  })
}

const isWithin = ({ thresholds }: Meter, level: number, durationMs: number): boolean => durationMs <= (thresholds[level] ?? Infinity)

/** Counts one occurrence for all objectives of a meter. */
export function tally(meter: Meter, at: number, { good, durationMs, labels }: Occurrence): void {
  const slot = Math.floor(at / ringShapes[0].seconds)
  if (slot !== meter.slot) {
    settle(meter)
    meter.slot = slot
  }
  meter.total += 1
  if (good && durationMs === undefined) meter.good += 1
  else if (good && durationMs !== undefined)
    for (let level = 0; level < meter.thresholds.length; level += 1)
      if (isWithin(meter, level, durationMs)) meter.within[level] = (meter.within[level] ?? 0) + 1
  if (labels === undefined) return
  for (const { groups, level } of meter.grouped) {
    const group = groups === null ? undefined : labels[groups.groupBy]
    const isGood = good && (durationMs === undefined || isWithin(meter, level, durationMs))
    if (group !== undefined) groups?.add(group, at, { good: isGood ? 1 : 0, total: 1 })
  }
}
