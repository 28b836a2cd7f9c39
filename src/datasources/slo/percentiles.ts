/**
 * Durations of one measure over the last hour: log-linear buckets, 32 an octave, in twelve slots of five minutes. For people only: budgets are
 * computed from ratios. The error is at most 1.6 % (contract: guarantees 22).
 */
const PER_OCTAVE = 32
const LOWEST_MS = 2 ** -7
const OCTAVES = 34
const BUCKETS = PER_OCTAVE * OCTAVES
const SLOT_SECONDS = 300
const SLOTS = 13

export class Percentiles {
  readonly #counts = new Uint32Array(BUCKETS * SLOTS)
  #head = 0

  record(epochSeconds: number, durationMs: number): void {
    const slot = this.#advance(epochSeconds)
    const octave = durationMs <= LOWEST_MS ? 0 : Math.log2(durationMs / LOWEST_MS)
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.floor(octave * PER_OCTAVE)))
    const at = (slot % SLOTS) * BUCKETS + bucket
    this.#counts[at] = this.#counts[at]! + 1
  }

  /** The nearest-rank percentile of the last `seconds` (at most an hour), in ms; null without durations. */
  quantile(epochSeconds: number, q: number, seconds: number): number | null {
    const head = this.#advance(epochSeconds)
    const slots = Math.min(SLOTS - 1, Math.max(1, Math.ceil(seconds / SLOT_SECONDS)))
    const sums = new Float64Array(BUCKETS)
    let total = 0
    for (let back = 0; back < slots; back += 1) {
      const base = ((head - back) % SLOTS) * BUCKETS
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
        const count = this.#counts[base + bucket]!
        sums[bucket] = sums[bucket]! + count
        total += count
      }
    }
    if (total === 0) return null
    let left = Math.max(1, Math.ceil(q * total - 1e-9))
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      left -= sums[bucket]!
      // the middle of a bucket, so that the error goes both ways
      if (left <= 0) return LOWEST_MS * 2 ** ((bucket + 0.5) / PER_OCTAVE)
    }
    return null
  }

  #advance(epochSeconds: number): number {
    const slot = Math.floor(epochSeconds / SLOT_SECONDS)
    if (slot > this.#head) {
      const empty = this.#head === 0 ? SLOTS : Math.min(SLOTS, slot - this.#head)
      for (let step = 0; step < empty; step += 1)
        this.#counts.fill(0, ((slot - step) % SLOTS) * BUCKETS, ((slot - step) % SLOTS) * BUCKETS + BUCKETS)
      this.#head = slot
    }
    return this.#head
  }
}
