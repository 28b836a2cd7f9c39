import { type Nanos } from '../../time.ts'
import { type SliceReading, type SliSource, unmeasured } from './sli-source.ts'
import { Percentiles } from './percentiles.ts'
import { AliveRings, ringCount, ringFor, Rings, ringShapes } from './rings.ts'
import { type Reading, type SloDefinition } from './slo.ts'

/** Something that happened: whether it was good, and how long it took where that is known. */
export interface Occurrence {
  readonly good: boolean
  readonly durationMs?: number
}

/** Counts that are not in SQL yet. */
export interface SlotDelta {
  readonly key: string
  readonly ring: number
  readonly slot: number
  readonly good: number
  readonly total: number
}

/** Our own counters: three rings per objective, fed by whoever knows what happened. */
export interface SliCounters extends SliSource {
  /** Counts one occurrence of a measure, for every objective about it; about 30 ns each. */
  record(measure: string, occurrence: Occurrence): void
  /** Counts events that somebody else saw. `atSeconds` older than the rings is not counted, the future counts as now. */
  add(tenantId: string, name: string, counts: { good: number; total: number; atSeconds?: number }): boolean
  /** Which objectives there are; counts of those that stay are kept. */
  define(definitions: readonly SloDefinition[]): void
  /** Whether events of this objective are counted here, as it is now. */
  knows(definition: SloDefinition): boolean
  /** Whether somebody counts under this name: saves the work of finding out what happened where nobody asks. */
  isCounted(measure: string): boolean
  /** Takes what was counted since the last call. */
  takeDeltas(): { deltas: SlotDelta[]; alive: { ring: number; slot: number }[] }
  /** Puts deltas back that could not be stored. */
  restoreDeltas(deltas: readonly SlotDelta[]): void
  /** Takes the sum of all replicas for a slot. */
  merge(slot: SlotDelta): void
  markAlive(ring: number, slot: number): void
}

interface Entry {
  readonly key: string
  definition: SloDefinition
  thresholdMs: number
  readonly rings: Rings
  /** Counted here in the current 10 s, not taken yet. */
  pendingSlot: number
  pendingGood: number
  pendingTotal: number
  readonly pending: Map<string, { ring: number; slot: number; good: number; total: number }>
}

export const counterKey = (tenantId: string, name: string): string => JSON.stringify([tenantId, name])

/** Measures whose durations are kept for people; the rest is counted all the same. */
const MOST_PERCENTILES = 50
const MAX_COUNT = 0xffffffff

/** @param now seconds since the epoch; must not go back */
export function createCounters({ now }: { now: () => number }): SliCounters {
  const entries = new Map<string, Entry>()
  let byMeasure = new Map<string, Entry[]>()
  const alive = new AliveRings()
  const aliveSince = now()
  let aliveTaken = ringShapes.map(({ seconds }) => Math.floor(aliveSince / seconds))
  alive.markAll(aliveSince)
  let aliveUntil = aliveSince

  const percentiles = new Map<string, Percentiles>()
  const percentilesOf = (measure: string): Percentiles | undefined => {
    const known = percentiles.get(measure)
    if (known !== undefined || percentiles.size >= MOST_PERCENTILES) return known
    const made = new Percentiles()
    percentiles.set(measure, made)
    return made
  }

  const settle = (entry: Entry): void => {
    if (entry.pendingTotal === 0) return
    for (let ring = 0; ring < ringCount; ring += 1) {
      const slot = Math.floor((entry.pendingSlot * ringShapes[0].seconds) / ringShapes[ring]!.seconds)
      const known = entry.pending.get(`${ring}:${slot}`)
      if (known === undefined) entry.pending.set(`${ring}:${slot}`, { ring, slot, good: entry.pendingGood, total: entry.pendingTotal })
      else {
        known.good += entry.pendingGood
        known.total += entry.pendingTotal
      }
    }
    entry.pendingGood = 0
    entry.pendingTotal = 0
  }

  const count = (entry: Entry, at: number, good: number, total: number): void => {
    entry.rings.add(at, good, total)
    const slot = Math.floor(at / ringShapes[0].seconds)
    if (slot !== entry.pendingSlot) {
      settle(entry)
      entry.pendingSlot = slot
    }
    entry.pendingGood += good
    entry.pendingTotal += total
  }

  const countOne = (entry: Entry, slots: readonly [number, number, number], good: number): void => {
    entry.rings.addAt(slots, good, 1)
    if (slots[0] !== entry.pendingSlot) {
      settle(entry)
      entry.pendingSlot = slots[0]
    }
    entry.pendingGood += good
    entry.pendingTotal += 1
  }

  /** Every slot of this process's life up to now: it was here to count, even if nothing happened. */
  const live = (): number => {
    const at = now()
    ringShapes.forEach(({ seconds, slots }, ring) => {
      const last = Math.floor(at / seconds)
      for (let slot = Math.max(Math.floor(aliveUntil / seconds), last - slots + 1); slot <= last; slot += 1) alive.mark(ring, slot)
    })
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

  const read = (slo: SloDefinition, from: Nanos, to: Nanos, coverageOf: Coverage): Reading => {
    const entry = entryOf(slo)
    if (entry === undefined) return unmeasured('NOT_CONFIGURED')
    const start = Number(from) / 1e9
    const end = Math.min(Number(to) / 1e9, now() + 1)
    const ring = ringFor(now() - start)
    const { good, total } = entry.rings.sum(ring, start, end)
    const coverage = coverageOf(ring, start, Number(to) / 1e9)
    return { ok: true, good, total, coverage, estimated: coverage < 0.999, warnings: [] }
  }

  return {
    knows: (definition) => entryOf(definition)?.definition.revision === definition.revision,
    isCounted: (measure) => byMeasure.has(measure),
    record(measure, { good, durationMs }) {
      const concerned = byMeasure.get(measure)
      if (concerned === undefined) return
      const at = now()
      if (durationMs !== undefined) percentilesOf(measure)?.record(at, durationMs)
      const slots: readonly [number, number, number] = [Math.floor(at / 10), Math.floor(at / 300), Math.floor(at / 3600)]
      for (const entry of concerned) countOne(entry, slots, good && (durationMs === undefined || durationMs <= entry.thresholdMs) ? 1 : 0)
    },
    add(tenantId, name, { good, total, atSeconds }) {
      const entry = entries.get(counterKey(tenantId, name))
      if (entry === undefined || total < 0 || good < 0 || good > total || total > MAX_COUNT) return false
      count(entry, Math.min(atSeconds ?? Infinity, now()), good, total)
      return true
    },
    define(definitions) {
      const wanted = new Set<string>()
      const measures = new Map<string, Entry[]>()
      for (const definition of definitions) {
        const { indicator } = definition
        if (indicator.source !== 'COUNTERS') continue
        const key = counterKey(definition.tenantId, definition.name)
        wanted.add(key)
        const known = entries.get(key)
        const sameMeasure = known?.definition.indicator.source === 'COUNTERS' && known.definition.indicator.measure === indicator.measure
        const entry: Entry =
          known !== undefined && sameMeasure
            ? known
            : { key, definition, thresholdMs: 0, rings: new Rings(), pendingSlot: 0, pendingGood: 0, pendingTotal: 0, pending: new Map() }
        entry.definition = definition
        entry.thresholdMs = indicator.thresholdMs ?? Infinity
        entries.set(key, entry)
        const concerned = measures.get(indicator.measure)
        if (concerned === undefined) measures.set(indicator.measure, [entry])
        else concerned.push(entry)
      }
      for (const key of entries.keys()) if (!wanted.has(key)) entries.delete(key)
      byMeasure = measures
    },
    takeDeltas() {
      const at = live()
      const deltas: SlotDelta[] = []
      for (const entry of entries.values()) {
        settle(entry)
        for (const delta of entry.pending.values()) deltas.push({ key: entry.key, ...delta })
        entry.pending.clear()
      }
      const marks: { ring: number; slot: number }[] = []
      ringShapes.forEach(({ seconds, slots }, ring) => {
        const last = Math.floor(at / seconds)
        for (let slot = Math.max(aliveTaken[ring] ?? last, last - slots + 1); slot <= last; slot += 1) {
          alive.mark(ring, slot)
          marks.push({ ring, slot })
        }
      })
      aliveTaken = ringShapes.map(({ seconds }) => Math.floor(at / seconds))
      return { deltas, alive: marks }
    },
    restoreDeltas(deltas) {
      for (const { key, ring, slot, good, total } of deltas) {
        const pending = entries.get(key)?.pending
        const known = pending?.get(`${ring}:${slot}`)
        pending?.set(`${ring}:${slot}`, { ring, slot, good: good + (known?.good ?? 0), total: total + (known?.total ?? 0) })
      }
    },
    merge({ key, ring, slot, good, total }) {
      const entry = entries.get(key)
      if (entry === undefined) return
      settle(entry)
      // what is not stored yet lies on top of what all replicas stored
      const mine = entry.pending.get(`${ring}:${slot}`)
      entry.rings.set(ring, slot, good + (mine?.good ?? 0), total + (mine?.total ?? 0))
    },
    markAlive: (ring, slot) => alive.mark(ring, slot),

    async measure(questions) {
      live()
      // most questions of one call are about the same few windows
      const known = new Map<string, number>()
      const coverageOf: Coverage = (ring, start, end) => {
        const key = `${ring}:${start}:${end}`
        const share = known.get(key) ?? alive.coverage(ring, start, end)
        known.set(key, share)
        return share
      }
      return questions.map(({ slo, from, to }) => read(slo, from, to, coverageOf))
    },
    async slices(slo, { from, to, stepSeconds }): Promise<SliceReading> {
      live()
      const entry = entryOf(slo)
      if (entry === undefined) return { ok: false, reason: 'NOT_CONFIGURED' }
      const start = Number(from) / 1e9
      const end = Number(to) / 1e9
      const ring = ringFor(now() - start)
      const slices = []
      for (let at = start; at < end; at += stepSeconds) {
        const until = Math.min(at + stepSeconds, end)
        const covered = alive.coverage(ring, at, until) > 0
        slices.push(covered ? entry.rings.sum(ring, at, until) : null)
      }
      return { ok: true, slices }
    },
    async quantileMs({ indicator }, { from, to, quantile }) {
      if (indicator.source !== 'COUNTERS' || Number(to) / 1e9 < now() - 60) return null
      return percentiles.get(indicator.measure)?.quantile(now(), quantile, Number(to - from) / 1e9) ?? null
    },
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
