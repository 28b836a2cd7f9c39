/**
 * The formulas of contract: guarantees 16, over counts. `ppm` is the target in parts per million; budgets are never clamped: the sign tells by how
 * much an objective is missed.
 */
const MILLION = 1_000_000

/** 1 - target, as a ratio. */
export const budgetRatio = (ppm: number): number => (MILLION - ppm) / MILLION

/** @returns null without events: no traffic is neither good nor bad */
export const sliOf = (good: number, total: number): number | null => (total > 0 ? good / total : null)

/** Met in integers where the counts are: `good * 1,000,000 >= targetPpm * total`. */
export const isMet = (good: number, total: number, ppm: number): boolean => good * MILLION >= ppm * total

/** Error ratio over budget: 1 ends the budget exactly at the window's end; null without events. */
export const burnRateOf = (good: number, total: number, ppm: number): number | null =>
  total > 0 ? ((total - good) * MILLION) / (total * (MILLION - ppm)) : null

/** The ceiling of a burn rate: everything fails. */
export const maxBurnRate = (ppm: number): number => MILLION / (MILLION - ppm)

/** Over the whole window the burn rate is the consumed share. */
export const consumedOf = burnRateOf

export const remainingOf = (good: number, total: number, ppm: number): number | null => {
  const consumed = consumedOf(good, total, ppm)
  return consumed === null ? null : 1 - consumed
}

/** Bad events that may still happen, as the traffic of the window stands; below 0 when overdrawn. */
export const remainingEventsOf = (good: number, total: number, ppm: number): number => (total * (MILLION - ppm)) / MILLION - (total - good)

/** How much of a window's budget is spent when a tier with this factor fires. */
export const shareOf = (factor: number, longSeconds: number, windowSeconds: number): number => (factor * longSeconds) / windowSeconds

/** The factor at which `share` of the budget is spent after `longSeconds`. */
export const factorOf = (share: number, longSeconds: number, windowSeconds: number): number => (share * windowSeconds) / longSeconds

/** Seconds until nothing is left if it goes on like this; a projection that ignores old errors leaving a rolling window. */
export const exhaustionSeconds = (windowSeconds: number, remaining: number | null, burnRate: number | null): number | null =>
  remaining === null || burnRate === null || burnRate <= 0 || remaining <= 0 ? null : (windowSeconds * remaining) / burnRate

/** Seconds from the begin of an outage with this error ratio until the long window passes the factor; null = never. */
export function detectionSeconds(longSeconds: number, factor: number, ppm: number, errorRatio = 1): number | null {
  const seconds = (longSeconds * factor * budgetRatio(ppm)) / errorRatio
  return seconds > longSeconds ? null : seconds
}

/** So many events in the long window, and one bad event alone cannot pass a strict `>`. */
export const eventsNeeded = (factor: number, ppm: number): number => Math.ceil(MILLION / (factor * (MILLION - ppm)) - 1e-9)

const Z = 1.96

/** Wilson's interval of a ratio; null without events. */
export function wilson(good: number, total: number): { low: number; high: number } | null {
  if (total <= 0) return null
  const p = good / total
  const z2 = Z * Z
  const divisor = 1 + z2 / total
  const centre = (p + z2 / (2 * total)) / divisor
  const half = (Z / divisor) * Math.sqrt((p * (1 - p)) / total + z2 / (4 * total * total))
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

/** A slice of time: null = not measured, `total` 0 = measured and silent. */
export type Slice = { readonly good: number; readonly total: number } | null

/** Good slices over measured slices with traffic; a slice is good when its ratio reaches the slice target. */
export function countSlices(slices: readonly Slice[], sliceTargetPpm: number): { good: number; total: number } {
  let good = 0
  let total = 0
  for (const slice of slices) {
    if (slice === null || slice.total <= 0) continue
    total += 1
    if (isMet(slice.good, slice.total, sliceTargetPpm)) good += 1
  }
  return { good, total }
}

/** The sum of the slices' ratios over their number: an unweighted mean, asked for by name. */
export function sumSliceRatios(slices: readonly Slice[]): { good: number; total: number } {
  let good = 0
  let total = 0
  for (const slice of slices) {
    if (slice === null || slice.total <= 0) continue
    total += 1
    good += slice.good / slice.total
  }
  return { good, total }
}

/** The nearest-rank percentile: the ceil(q n)-th smallest; it is <= X exactly when at least a share q of the values is <= X. */
export function nearestRank(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length, Math.max(1, Math.ceil(q * sorted.length - 1e-9))) - 1] ?? null
}
