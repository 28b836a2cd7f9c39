import { type Nanos } from '../../time.ts'
import { countSlices, type Slice, sumSliceRatios } from './formulas.ts'
import { type SliSource, unmeasured } from './sli-source.ts'
import { type Reading, type ReasonCode, type SloDefinition } from './slo.ts'
import { type Interval, lengthOf, seconds, toSeconds, without } from './windows.ts'

/** Slices of one time are no more than this: a budget over years of minutes is asked in longer ones. */
export const MAX_SLICES = 11_000

export interface SliceQuestion {
  readonly slo: SloDefinition
  readonly from: Nanos
  readonly to: Nanos
  /** When this is asked: `to`, or after it. */
  readonly now: Nanos
}

export type CorrectedSlices =
  | {
      readonly ok: true
      readonly slices: readonly Slice[]
      /** Places of slices that corrections take out whole: they are silent, and no gap. */
      readonly corrected: ReadonlySet<number>
      readonly warned: boolean
    }
  | { readonly ok: false; readonly reason: ReasonCode }

/** A slice that is cut by a correction counts what is left of it; what a part cannot say is unknown of the whole slice. */
async function countCut(
  source: Pick<SliSource, 'measure'>,
  { slo, now }: SliceQuestion,
  cut: readonly { readonly index: number; readonly part: Interval }[],
  signal?: AbortSignal,
): Promise<Map<number, Slice>> {
  const questions = cut.map(({ part }) => ({ slo, ...part, now, wantCoverage: false }))
  const readings = questions.length === 0 ? [] : await source.measure(questions, signal)
  const found = new Map<number, Slice>()
  cut.forEach(({ index }, at) => {
    const reading = readings[at]
    const known = found.get(index)
    if (known === null) return
    const sum = known ?? { good: 0, total: 0 }
    if (reading?.ok === true) found.set(index, { good: sum.good + reading.good, total: sum.total + reading.total })
    else found.set(index, reading?.reason === 'SERIES_ABSENT' || reading?.reason === 'NO_TRAFFIC' ? sum : null)
  })
  return found
}

/** Counts of an objective in slices of `stepSeconds`, without the times that corrections take out. */
export async function correctedSlices(
  source: Pick<SliSource, 'measure' | 'slices'>,
  question: SliceQuestion,
  stepSeconds: number,
  signal?: AbortSignal,
): Promise<CorrectedSlices> {
  const { slo, from, to, now } = question
  const answer = await source.slices(slo, { from, to, now, stepSeconds }, signal)
  const corrections = slo.corrections.filter(({ startsAt, endsAt }) => startsAt < to && endsAt > from)
  const corrected = new Set<number>()
  if (!answer.ok) return answer
  if (corrections.length === 0) return { ...answer, corrected }
  const slices = [...answer.slices]
  const cut: { index: number; part: Interval }[] = []
  const stepNs = seconds(stepSeconds)
  for (const [index, slice] of answer.slices.entries()) {
    const start = from + BigInt(index) * stepNs
    const end = start + stepNs < to ? start + stepNs : to
    const parts = without({ from: start, to: end }, corrections)
    if (parts.length === 0) {
      corrected.add(index)
      slices[index] = { good: 0, total: 0 }
    } else if (slice !== null && lengthOf(parts) < end - start) cut.push(...parts.map((part) => ({ index, part })))
  }
  for (const [index, slice] of await countCut(source, question, cut, signal)) slices[index] = slice
  return { ok: true, slices, corrected, warned: answer.warned }
}

/** What slices say by the budgeting method of their objective: events, good slices, or the ratios of slices. */
export function countsOf({ budgetingMethod, timeSliceTargetPpm, targetPpm }: SloDefinition, slices: readonly Slice[]) {
  if (budgetingMethod === 'TIMESLICES') return countSlices(slices, timeSliceTargetPpm ?? targetPpm)
  if (budgetingMethod === 'RATIO_TIMESLICES') return sumSliceRatios(slices)
  let good = 0
  let total = 0
  for (const slice of slices) {
    good += slice?.good ?? 0
    total += slice?.total ?? 0
  }
  return { good, total }
}

/** How long the slices of an objective are over so many seconds: as it says, or a multiple of that. */
export function sliceStep({ timeSliceSeconds }: SloDefinition, spanSeconds: number): number {
  const sliceSeconds = timeSliceSeconds ?? 60
  return sliceSeconds * Math.max(1, Math.ceil(spanSeconds / sliceSeconds / MAX_SLICES))
}

/** Measures a window by its slices; one that is shorter than a slice is one by itself. */
export async function measureSlices(
  source: Pick<SliSource, 'measure' | 'slices'>,
  question: SliceQuestion,
  signal?: AbortSignal,
): Promise<Reading> {
  const span = toSeconds(question.from, question.to)
  const step = sliceStep(question.slo, span)
  const answer = await correctedSlices(source, question, span > 0 ? Math.min(span, step) : step, signal)
  if (!answer.ok) return unmeasured(answer.reason)
  const kept = answer.slices.filter((_, index) => !answer.corrected.has(index))
  const measured = kept.filter((slice) => slice !== null).length
  // silence of those who report is no traffic; where nobody reports there is nothing to judge
  if (kept.length > 0 && measured === 0) return unmeasured('SERIES_ABSENT')
  const coverage = kept.length === 0 ? 0 : measured / kept.length
  return {
    ok: true,
    ...countsOf(question.slo, kept),
    coverage,
    estimated: answer.warned || coverage < 0.97,
    warnings: answer.warned ? ['PARTIAL_DATA'] : [],
  }
}
