import { type Nanos } from '../../time.ts'

/**
 * Counts of one objective in three rings: 10 s over an hour, 5 min over three days, 1 h over thirty days; one slot more than the span, because its
 * first slot is only half outside. Good and total in 32 bits: 15.6 KB (contract: guarantees 22). A slot is emptied when the ring's head passes
 * it, so no slot needs a tag.
 */
export const ringShapes = [
  { seconds: 10, slots: 361 },
  { seconds: 300, slots: 865 },
  { seconds: 3600, slots: 721 },
] as const
export const ringCount = ringShapes.length

const offsets = ringShapes.map((_, at) => ringShapes.slice(0, at).reduce((sum, { slots }) => sum + slots, 0))
const allSlots = ringShapes.reduce((sum, { slots }) => sum + slots, 0)

/** The finest ring that spans so many seconds; the coarsest when none does. A window is looked at a little after it was asked for. */
export function ringFor(seconds: number): number {
  const found = ringShapes.findIndex((shape) => seconds - ringShapes[0].seconds <= shape.seconds * (shape.slots - 1))
  return found === -1 ? ringCount - 1 : found
}

/**
 * The finest ring for a slice of a longer time: all slices that begin within one slot of the next coarser ring are counted by the same one, so that
 * slices add up to what happened.
 */
export function sliceRing(fromSeconds: number, now: number): number {
  for (let ring = 0; ring < ringCount - 1; ring += 1) {
    const coarser = ringShapes[ring + 1]!.seconds
    if (ringFor(now - Math.floor(fromSeconds / coarser) * coarser) <= ring) return ring
  }
  return ringCount - 1
}

/** A time to count, and when that was asked: seconds since the epoch, `from` inclusive, `to` exclusive. */
export interface RingWindow {
  readonly from: number
  readonly to: number
  readonly now: number
}

/** @param at the present of those who count: the clocks of those who ask differ from it, but no window that was asked for ends after both */
export function ringWindowOf({ from, to, now }: { from: Nanos; to: Nanos; now?: Nanos }, at: number): RingWindow {
  const end = Number(to) / 1e9
  return { from: Number(from) / 1e9, to: end, now: Math.max(now === undefined ? at : Number(now) / 1e9, Math.min(end, at + 1)) }
}

/** The share of what a slot counted that lies in the window. The slot that holds the present has counted up to there, not to its end. */
export function overlapOf(start: number, slotSeconds: number, { from, to, now }: RingWindow): number {
  const end = Math.min(start + slotSeconds, now)
  return end <= start ? 0 : Math.max(0, Math.min(end, to) - Math.max(start, from)) / (end - start)
}

export interface RingSum {
  readonly good: number
  readonly total: number
}

export class Rings {
  readonly #counts = new Uint32Array(allSlots * 2)
  /** Newest slot number of each ring; 0 = never written. */
  readonly #heads: [number, number, number] = [0, 0, 0]

  /** Adds events to the slots that hold `epochSeconds`; what is older than a ring is not counted there. */
  add(epochSeconds: number, good: number, total: number): void {
    for (let ring = 0; ring < ringCount; ring += 1) this.addTo(ring, Math.floor(epochSeconds / ringShapes[ring]!.seconds), good, total)
  }

  /** The same with the slot of each ring at hand: for many objectives about one event. */
  addAt(slots: readonly [number, number, number], good: number, total: number): void {
    this.addTo(0, slots[0], good, total)
    this.addTo(1, slots[1], good, total)
    this.addTo(2, slots[2], good, total)
  }

  addTo(ring: number, slot: number, good: number, total: number): void {
    const at = this.#place(ring, slot)
    if (at < 0) return
    const counts = this.#counts
    counts[at] = counts[at]! + good
    counts[at + 1] = counts[at + 1]! + total
  }

  /** Replaces a slot, as when the counts of all replicas were added up. */
  set(ring: number, slot: number, good: number, total: number): void {
    const at = this.#place(ring, slot)
    if (at < 0) return
    this.#counts[at] = good
    this.#counts[at + 1] = total
  }

  /**
   * What lies in the window: by the finest ring that spans it unless another is named, and where the window ends within a slot of that one before the present, the rest by a
   * finer ring as far as it reaches.
   */
  window({ from, to, now }: RingWindow, ring: number = ringFor(now - from)): RingSum {
    const { seconds } = ringShapes[ring]!
    const cut = Math.floor(to / seconds) * seconds
    if (cut <= from || cut >= to || to >= now || ringFor(now - cut) >= ring) return this.sum(ring, { from, to, now })
    const whole = this.sum(ring, { from, to: cut, now })
    const rest = this.window({ from: cut, to, now })
    return { good: whole.good + rest.good, total: whole.total + rest.total }
  }

  /** What one ring holds of the window, slots at the edges by their overlap. */
  sum(ring: number, window: RingWindow): RingSum {
    const { seconds, slots } = ringShapes[ring]!
    const head = this.#heads[ring]!
    const { from, to, now } = window
    const first = Math.max(Math.floor(from / seconds), head - slots + 1)
    const last = Math.min(Math.ceil(to / seconds) - 1, head)
    const base = offsets[ring]!
    const counts = this.#counts
    let good = 0
    let total = 0
    let place = first % slots
    for (let slot = first; slot <= last; slot += 1) {
      const at = (base + place) * 2
      place = place + 1 === slots ? 0 : place + 1
      const all = counts[at + 1]!
      if (all === 0) continue
      const start = slot * seconds
      const end = start + seconds
      const overlap = start >= from && end <= to && end <= now ? 1 : overlapOf(start, seconds, window)
      good += counts[at]! * overlap
      total += all * overlap
    }
    return { good, total }
  }

  #place(ring: number, slot: number): number {
    const { slots } = ringShapes[ring]!
    const head = this.#heads[ring]!
    const base = offsets[ring]!
    if (slot > head) {
      const empty = head === 0 ? 0 : Math.min(slot - head, slots)
      for (let step = 1; step <= empty; step += 1) {
        const at = (base + ((head + step) % slots)) * 2
        this.#counts[at] = 0
        this.#counts[at + 1] = 0
      }
      if (empty === slots) this.#counts.fill(0, base * 2, (base + slots) * 2)
      this.#heads[ring] = slot
    } else if (slot <= head - slots) return -1
    return (base + (slot % slots)) * 2
  }
}

/** When the process was there to count: one set of rings of bits for all objectives. */
export class AliveRings {
  readonly #bits = new Uint8Array(allSlots)
  readonly #heads: [number, number, number] = [0, 0, 0]

  mark(ring: number, slot: number): void {
    const { slots } = ringShapes[ring]!
    const head = this.#heads[ring]!
    const base = offsets[ring]!
    if (slot > head) {
      const empty = head === 0 ? 0 : Math.min(slot - head, slots)
      for (let step = 1; step <= empty; step += 1) this.#bits[base + ((head + step) % slots)] = 0
      this.#heads[ring] = slot
    } else if (slot <= head - slots) return
    this.#bits[base + (slot % slots)] = 1
  }

  markAll(epochSeconds: number): void {
    for (let ring = 0; ring < ringCount; ring += 1) this.mark(ring, Math.floor(epochSeconds / ringShapes[ring]!.seconds))
  }

  isAlive(ring: number, slot: number): boolean {
    const { slots } = ringShapes[ring]!
    const head = this.#heads[ring]!
    return slot <= head && slot > head - slots && this.#bits[offsets[ring]! + (slot % slots)] === 1
  }

  /** Share of [fromSeconds, toSeconds) that was counted. */
  coverage(ring: number, fromSeconds: number, toSeconds: number): number {
    const { seconds } = ringShapes[ring]!
    const length = toSeconds - fromSeconds
    if (length <= 0) return 0
    let alive = 0
    for (let slot = Math.floor(fromSeconds / seconds); slot * seconds < toSeconds; slot += 1)
      if (this.isAlive(ring, slot)) alive += Math.min(toSeconds, (slot + 1) * seconds) - Math.max(fromSeconds, slot * seconds)
    return Math.min(1, alive / length)
  }
}
