import { type Nanos } from '../../time.ts'
import { countSlices, type Slice, sumSliceRatios } from './formulas.ts'
import { type SliSource, unmeasured } from './sli-source.ts'
import { type Reading, type SloDefinition } from './slo.ts'
import { type Interval, lengthOf, toSeconds, without } from './windows.ts'

/** A window of an objective to be measured, corrections and budgeting method included. */
export interface WindowQuestion {
  readonly slo: SloDefinition
  readonly from: Nanos
  readonly to: Nanos
  readonly wantCoverage: boolean
}

export type SourceOf = (slo: SloDefinition) => SliSource | null

/** Slices of one window are no more than this: a budget over years of minutes is asked in longer ones. */
const MAX_SLICES = 11_000

/** Sums the parts that corrections leave; a part that failed makes the whole unknown. */
export function sumReadings(parts: readonly Interval[], readings: readonly Reading[]): Reading {
  const whole = Number(lengthOf(parts))
  let good = 0
  let total = 0
  let covered = 0
  let estimated = false
  const warnings = new Set<'PARTIAL_DATA'>()
  let absent: Reading | null = null
  for (const [index, reading] of readings.entries()) {
    if (!reading.ok) {
      // a part without series is a gap beside parts that have some
      if (reading.reason !== 'SERIES_ABSENT' && reading.reason !== 'NO_TRAFFIC') return reading
      absent = reading
      continue
    }
    const part = parts[index]
    good += reading.good
    total += reading.total
    covered += reading.coverage * Number(part === undefined ? 0n : part.to - part.from)
    estimated ||= reading.estimated
    if (reading.warnings.includes('PARTIAL_DATA')) warnings.add('PARTIAL_DATA')
  }
  if (absent !== null && readings.every((reading) => !reading.ok)) return absent
  return {
    ok: true,
    good,
    total,
    coverage: whole === 0 ? 0 : covered / whole,
    estimated: estimated || absent !== null,
    warnings: [...warnings],
  }
}

const overlaps = (parts: readonly Interval[], from: Nanos, to: Nanos): boolean => parts.some((part) => part.from < to && part.to > from)

async function measureSlices(source: SliSource, { slo, from, to }: WindowQuestion, signal?: AbortSignal): Promise<Reading> {
  const sliceSeconds = slo.timeSliceSeconds ?? 60
  const stepSeconds = sliceSeconds * Math.max(1, Math.ceil(toSeconds(from, to) / sliceSeconds / MAX_SLICES))
  const stepNs = BigInt(Math.round(stepSeconds * 1e9))
  const answer = await source.slices(slo, { from, to, stepSeconds }, signal)
  if (!answer.ok) return unmeasured(answer.reason)
  const parts = without({ from, to }, slo.corrections)
  const kept = answer.slices.filter((_, index) => overlaps(parts, from + BigInt(index) * stepNs, from + BigInt(index + 1) * stepNs))
  const measured = kept.filter((slice: Slice) => slice !== null).length
  const counts = slo.budgetingMethod === 'TIMESLICES' ? countSlices(kept, slo.timeSliceTargetPpm ?? slo.targetPpm) : sumSliceRatios(kept)
  const coverage = kept.length === 0 ? 0 : measured / kept.length
  return { ok: true, ...counts, coverage, estimated: coverage < 0.97, warnings: [] }
}

/**
 * Measures windows of many objectives: all that one source can answer go to it in one call. Corrections cut windows into parts whose counts
 * are summed; slices are counted one objective at a time.
 * @returns one reading per question, in their order
 */
export async function measureWindows(sourceOf: SourceOf, questions: readonly WindowQuestion[], signal?: AbortSignal): Promise<Reading[]> {
  const readings: Reading[] = questions.map(() => unmeasured('NOT_CONFIGURED'))
  const plain = new Map<SliSource, { index: number; part: Interval }[]>()
  const slices: Promise<void>[] = []
  const partsOf = questions.map(({ slo, from, to }) => without({ from, to }, slo.corrections))
  questions.forEach((question, index) => {
    const source = sourceOf(question.slo)
    if (source === null) return
    if (question.slo.budgetingMethod !== 'OCCURRENCES') {
      slices.push(measureSlices(source, question, signal).then((reading) => void (readings[index] = reading)))
      return
    }
    const asked = plain.get(source) ?? []
    for (const part of partsOf[index] ?? []) asked.push({ index, part })
    plain.set(source, asked)
  })
  const answers = [...plain].map(async ([source, asked]) => {
    const found = await source.measure(
      asked.flatMap(({ index, part }) => {
        const question = questions[index]
        return question === undefined ? [] : [{ slo: question.slo, ...part, wantCoverage: question.wantCoverage }]
      }),
      signal,
    )
    const perQuestion = new Map<number, Reading[]>()
    asked.forEach(({ index }, at) => {
      const list = perQuestion.get(index) ?? []
      list.push(found[at] ?? unmeasured('QUERY_FAILED'))
      perQuestion.set(index, list)
    })
    for (const [index, list] of perQuestion)
      readings[index] = list.length === 1 && list[0] !== undefined ? list[0] : sumReadings(partsOf[index] ?? [], list)
  })
  await Promise.all([...answers, ...slices])
  // everything corrected away: measured, and nothing counts
  questions.forEach((question, index) => {
    if (partsOf[index]?.length === 0 && sourceOf(question.slo) !== null)
      readings[index] = { ok: true, good: 0, total: 0, coverage: 0, estimated: false, warnings: [] }
  })
  return readings
}
