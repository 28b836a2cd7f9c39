import { badUserInput } from '../../errors.ts'
import { type Nanos } from '../../time.ts'
import { combineMembers, type Member } from './composite.ts'
import { burnRateOf, remainingOf, type Slice, sliOf } from './formulas.ts'
import { type SourceOf } from './measure.ts'
import { correctedSlices, countsOf, MAX_SLICES, sliceStep } from './slices.ts'
import { type SeriesKind, type SeriesPoint, type SloDefinition } from './slo.ts'
import { periodOf, seconds, toSeconds } from './windows.ts'

export interface SeriesRange {
  readonly kind: SeriesKind
  readonly from: Nanos
  readonly to: Nanos
  readonly maxPoints: number
}

export const MAX_POINTS = 11_000
/** The grain of own counters; finer points would say the same several times. */
const SHORTEST_STEP = 10

/** One objective whose slices are counted: the objective itself, or each member of a composite that is weighed. */
interface Track extends Member {
  readonly definition: SloDefinition
  readonly slices: readonly Slice[]
}

/** How a range is cut: points of some slices each, and before them as many slices as the first point's window needs. */
interface Layout {
  readonly base: Nanos
  readonly lead: number
  readonly sliceSeconds: number
  readonly slicesPerPoint: number
  readonly points: number
}

function checkRange({ from, to, maxPoints }: SeriesRange): void {
  if (!Number.isInteger(maxPoints) || maxPoints < 1 || maxPoints > MAX_POINTS)
    throw badUserInput(`\`maxPoints\` is from 1 to ${MAX_POINTS}.`, { path: ['maxPoints'] })
  if (from >= to) throw badUserInput('`from` lies before `to`.', { path: ['from'] })
  if (to - from > seconds(366 * 86_400)) throw badUserInput('A series spans at most 366 days.', { path: ['from'] })
}

function layOut(definition: SloDefinition, { kind, from, to, maxPoints }: SeriesRange): Layout {
  const span = toSeconds(from, to)
  const before = kind === 'REMAINING' ? toSeconds(periodOf(definition.window, from).from, from) : 0
  const least = span / maxPoints
  const isSliced = definition.budgetingMethod !== 'OCCURRENCES'
  const sliceSeconds = isSliced
    ? sliceStep(definition, span + before)
    : Math.max(SHORTEST_STEP, Math.ceil(Math.max(least, (span + before) / MAX_SLICES)))
  const slicesPerPoint = Math.max(1, Math.ceil(least / sliceSeconds))
  const lead = Math.ceil(before / sliceSeconds)
  const points = Math.min(maxPoints, Math.ceil(span / (sliceSeconds * slicesPerPoint)))
  return { base: from - BigInt(lead) * seconds(sliceSeconds), lead, sliceSeconds, slicesPerPoint, points }
}

function valueOf(kind: SeriesKind, { good, total }: { good: number; total: number }, ppm: number): number | null {
  switch (kind) {
    case 'SLI':
      return sliOf(good, total)
    case 'ERROR_RATIO':
      return total > 0 ? (total - good) / total : null
    case 'BURN_RATE':
      return burnRateOf(good, total, ppm)
    case 'REMAINING':
      return remainingOf(good, total, ppm)
    case 'GOOD':
      return good
    case 'BAD':
      return total - good
    case 'TOTAL':
      return total
  }
}

/** What a composite's members burnt together, or the counts of the one objective. */
function combine(definition: SloDefinition, tracks: readonly Track[], first: number, end: number): { good: number; total: number } | null {
  const readings = tracks.map((track) => ({
    ...{ definition: track.definition, weight: track.weight },
    reading: {
      ok: true,
      ...countsOf(track.definition, track.slices.slice(first, end)),
      coverage: 1,
      estimated: false,
      warnings: [],
    } as const,
  }))
  const [only] = readings
  if (only?.definition === definition) return only.reading
  const combined = combineMembers(definition, readings)
  return combined.ok ? combined : null
}

/**
 * An objective over time, by the same counts as its status: corrections taken out, slices where it is budgeted by slices, and what its members burn.
 * @returns points with explicit gaps: null where nothing was measured, or where it says nothing
 * @throws AppError BAD_USER_INPUT for a range or number of points that is not served
 */
export async function readSeries(
  { definition, members, sourceOf, now }: { definition: SloDefinition; members: readonly Member[]; sourceOf: SourceOf; now: Nanos },
  range: SeriesRange,
  signal?: AbortSignal,
): Promise<SeriesPoint[]> {
  checkRange(range)
  const { kind, from, to } = range
  const { base, lead, sliceSeconds, slicesPerPoint, points } = layOut(definition, range)
  const stepNs = seconds(sliceSeconds * slicesPerPoint)
  const atOf = (index: number): Nanos => (from + BigInt(index + 1) * stepNs < to ? from + BigInt(index + 1) * stepNs : to)

  async function trackOf({ definition: slo, weight }: Member): Promise<Track | null> {
    const source = slo === undefined ? null : sourceOf(slo)
    if (slo === undefined || source === null) return null
    const answer = await correctedSlices(source, { slo, from: base, to, now }, sliceSeconds, signal)
    return answer.ok ? { definition: slo, weight, slices: answer.slices } : null
  }

  const weighed = definition.indicator.source === 'COMPOSITE' && definition.budgetingMethod === 'OCCURRENCES'
  const found = await Promise.all((weighed ? members : [{ definition, weight: 1 }]).map(trackOf))
  const tracks = found.flatMap((track) => (track === null ? [] : [track]))
  const isWhole = tracks.length > 0 && tracks.length === found.length
  let period = periodOf(definition.window, atOf(0))
  return Array.from({ length: points }, (_, index) => {
    const at = atOf(index)
    const own = lead + index * slicesPerPoint
    const end = own + slicesPerPoint
    const isMeasured = isWhole && tracks.every(({ slices }) => slices.slice(own, end).some((slice) => slice !== null))
    if (!isMeasured) return { at, value: null }
    // a rolling period ends where it is looked at
    if (at >= period.end) period = periodOf(definition.window, at)
    const first = kind === 'REMAINING' ? Math.max(0, Math.round(toSeconds(base, period.from) / sliceSeconds)) : own
    const counts = combine(definition, tracks, first, end)
    return { at, value: counts === null ? null : valueOf(kind, counts, definition.targetPpm) }
  })
}
