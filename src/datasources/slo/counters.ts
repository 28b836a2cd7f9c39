import { addPending, count, eachSlot, type Entry, groupsOf, type Meter, type Occurrence, settle, slotsAt, tally } from './counter-meters.ts'
import { type GroupSlot } from './group-counts.ts'
import { type Question, type SliceReading, type SliSource, unmeasured } from './sli-source.ts'
import { Percentiles } from './percentiles.ts'
import { countsTheSame } from './spec.ts'
import { AliveRings, ringFor, Rings, ringWindowOf, sliceRing } from './rings.ts'
import { type Reading, type SloDefinition } from './slo.ts'

/** Counts that are not in SQL yet. */
export interface SlotDelta {
  readonly key: string
  readonly ring: number
  readonly slot: number
  readonly good: number
  readonly total: number
}
export interface GroupDelta extends SlotDelta {
  /** Empty for what did not fit among the groups. */
  readonly group: string
}

/** What was counted since it was stored last. */
export interface Deltas {
  readonly slots: readonly SlotDelta[]
  readonly groups: readonly GroupDelta[]
}

/** Our own counters: three rings per objective, fed by whoever knows what happened. */
export interface SliCounters extends SliSource {
  /** Counts one occurrence of a measure, for every objective about it; what it costs does not grow with their number. */
  record(measure: string, occurrence: Occurrence): void
  /** Counts events that somebody else saw. `atSeconds` older than the rings is not counted, the future counts as now. */
  add(tenantId: string, name: string, counts: { good: number; total: number; atSeconds?: number; group?: string }): boolean
  /** Which objectives there are; counts of those that stay are kept. */
  define(definitions: readonly SloDefinition[]): void
  /** Whether events of this objective are counted here, as it is now. */
  knows(definition: SloDefinition): boolean
  /** Whether somebody counts under this name: saves the work of finding out what happened where nobody asks. */
  isCounted(measure: string): boolean
  /** Takes what was counted since the last call. */
  takeDeltas(): Deltas & { alive: { ring: number; slot: number }[] }
  /** Puts deltas back that could not be stored. */
  restoreDeltas(deltas: Deltas): void
  /** Counts of groups that are not stored yet. */
  waitingGroups(definition: SloDefinition): readonly GroupSlot[]
  /** Takes the sum of all replicas for a slot. */
  merge(slot: SlotDelta): void
  markAlive(ring: number, slot: number): void
}

export const counterKey = (tenantId: string, name: string): string => JSON.stringify([tenantId, name])

/** Measures whose durations are kept for people; the rest is counted all the same. */
const MOST_PERCENTILES = 50
const MAX_COUNT = 0xffffffff

/** @param now seconds since the epoch; must not go back */
export function createCounters({ now }: { now: () => number }): SliCounters {
  const entries = new Map<string, Entry>()
  let meters = new Map<string, Meter>()
  let defined: readonly SloDefinition[] | null = null
  const alive = new AliveRings()
  const aliveSince = now()
  alive.markAll(aliveSince)
  let aliveUntil = aliveSince
  let takenUntil = aliveSince

  const percentiles = new Map<string, Percentiles>()
  const percentilesOf = (measure: string): Percentiles | undefined => {
    const known = percentiles.get(measure)
    if (known !== undefined || percentiles.size >= MOST_PERCENTILES) return known
    const made = new Percentiles()
    percentiles.set(measure, made)
    return made
  }

  const settleAll = (): void => {
    for (const meter of meters.values()) settle(meter)
  }

  /** Every slot of this process's life up to now: it was here to count, even if nothing happened. */
  const live = (): number => {
    settleAll()
    const at = now()
    eachSlot(aliveUntil, at, (ring, slot) => alive.mark(ring, slot))
    aliveUntil = at
    return at
  }

  /** Spelling a key costs more than looking it up: definitions are the same objects until somebody changes them. */
  const keys = new WeakMap<SloDefinition, string>()
  const entryOf = (slo: SloDefinition): Entry | undefined => {
    const known = keys.get(slo) ?? counterKey(slo.tenantId, slo.name)
    keys.set(slo, known)
    return entries.get(known)
  }

  type Coverage = (ring: number, start: number, end: number) => number

  const read = (question: Question, at: number, coverageOf: Coverage): Reading => {
    const entry = entryOf(question.slo)
    if (entry === undefined) return unmeasured('NOT_CONFIGURED')
    const window = ringWindowOf(question, at)
    const { good, total } = entry.rings.window(window)
    const coverage = question.wantCoverage ? coverageOf(ringFor(window.now - window.from), window.from, window.to) : 1
    return { ok: true, good, total, coverage, estimated: coverage < 0.999, warnings: [] }
  }

  return {
    knows: (definition) => entryOf(definition)?.definition.revision === definition.revision,
    isCounted: (measure) => meters.has(measure),
    record(measure, occurrence) {
      const meter = meters.get(measure)
      if (meter === undefined) return
      const at = now()
      if (occurrence.durationMs !== undefined) percentilesOf(measure)?.record(at, occurrence.durationMs)
      tally(meter, at, occurrence)
    },
    add(tenantId, name, { good, total, atSeconds, group }) {
      const entry = entries.get(counterKey(tenantId, name))
      if (entry === undefined || total < 0 || good < 0 || good > total || total > MAX_COUNT) return false
      const at = Math.min(atSeconds ?? Infinity, now())
      count(entry, slotsAt(at), { good, total })
      if (group !== undefined) entry.groups?.add(group, at, { good, total })
      return true
    },
    define(definitions) {
      if (definitions === defined) return
      defined = definitions
      settleAll()
      const wanted = new Set<string>()
      const found = new Map<string, Meter>()
      for (const definition of definitions) {
        const { indicator } = definition
        if (indicator.source !== 'COUNTERS') continue
        const key = counterKey(definition.tenantId, definition.name)
        wanted.add(key)
        const meter = found.get(indicator.measure) ?? { entries: [], grouped: [], thresholds: [], slot: 0, total: 0, good: 0, within: [] }
        found.set(indicator.measure, meter)
        const threshold = indicator.thresholdMs ?? Infinity
        if (!meter.thresholds.includes(threshold)) meter.within[meter.thresholds.push(threshold) - 1] = 0
        const known = entries.get(key)
        // one that was deleted and made again under its name begins anew, as one that counts something else now
        const goesOn = known?.definition.createdAt === definition.createdAt && countsTheSame(known.definition, definition)
        const entry: Entry =
          known !== undefined && goesOn ? known : { key, definition, meter, level: 0, rings: new Rings(), pending: [], groups: null }
        entry.definition = definition
        entry.meter = meter
        entry.level = meter.thresholds.indexOf(threshold)
        entry.groups = groupsOf(definition, entry.groups)
        entries.set(key, entry)
        meter.entries.push(entry)
        if (entry.groups !== null) meter.grouped.push(entry)
      }
      for (const key of entries.keys()) if (!wanted.has(key)) entries.delete(key)
      meters = found
    },
    takeDeltas() {
      const at = live()
      const taken: SlotDelta[] = []
      const groups: GroupDelta[] = []
      for (const { key, pending, groups: own } of entries.values()) {
        for (const delta of pending.splice(0)) taken.push({ key, ...delta })
        for (const delta of own?.take() ?? []) groups.push({ key, ...delta })
      }
      const marks: { ring: number; slot: number }[] = []
      eachSlot(takenUntil, at, (ring, slot) => marks.push({ ring, slot }))
      takenUntil = at
      return { slots: taken, groups, alive: marks }
    },
    restoreDeltas({ slots, groups }) {
      for (const delta of slots) {
        const pending = entries.get(delta.key)?.pending
        if (pending !== undefined) addPending(pending, delta.ring, delta.slot, delta)
      }
      for (const delta of groups) entries.get(delta.key)?.groups?.restore(delta)
    },
    waitingGroups: (definition) => entryOf(definition)?.groups?.waiting() ?? [],
    merge({ key, ring, slot, good, total }) {
      const entry = entries.get(key)
      if (entry === undefined) return
      settle(entry.meter)
      // what is not stored yet lies on top of what all replicas stored
      const mine = entry.pending.find((known) => known.ring === ring && known.slot === slot)
      entry.rings.set(ring, slot, good + (mine?.good ?? 0), total + (mine?.total ?? 0))
    },
    markAlive: (ring, slot) => alive.mark(ring, slot),

    async measure(questions) {
      const at = live()
      // most questions of one call are about the same few windows
      const known = new Map<string, number>()
      const coverageOf: Coverage = (ring, start, end) => {
        const key = `${ring}:${start}:${end}`
        const share = known.get(key) ?? alive.coverage(ring, start, end)
        known.set(key, share)
        return share
      }
      return questions.map((question) => read(question, at, coverageOf))
    },
    async slices(slo, { stepSeconds, ...range }): Promise<SliceReading> {
      const present = live()
      const entry = entryOf(slo)
      if (entry === undefined) return { ok: false, reason: 'NOT_CONFIGURED' }
      const window = ringWindowOf(range, present)
      const slices = []
      for (let from = window.from; from < window.to; from += stepSeconds) {
        const to = Math.min(from + stepSeconds, window.to)
        const ring = sliceRing(from, window.now)
        const covered = from < window.now && alive.coverage(ring, from, to) > 0
        slices.push(covered ? entry.rings.window({ from, to, now: window.now }, ring) : null)
      }
      return { ok: true, slices, warned: false }
    },
    async quantileMs({ indicator }, { from, to, quantile }) {
      if (indicator.source !== 'COUNTERS' || Number(to) / 1e9 < now() - 60) return null
      return percentiles.get(indicator.measure)?.quantile(now(), quantile, Number(to - from) / 1e9) ?? null
    },
    // added up over replicas in SQL: `withStoredGroups`
    async groups() {
      return null
    },
    describe({ indicator }) {
      if (indicator.source !== 'COUNTERS') return []
      const good = indicator.thresholdMs === null ? 'good ones' : `those of at most ${indicator.thresholdMs} ms`
      return [`our own counters of "${indicator.measure}": ${good} over all, in rings of 10 s, 5 min and 1 h`]
    },
  }
}
