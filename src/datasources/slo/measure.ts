import { type SliSource, unmeasured } from './sli-source.ts'
import { measureSlices, type SliceQuestion } from './slices.ts'
import { type Reading, type SloDefinition } from './slo.ts'
import { type Interval, lengthOf, without } from './windows.ts'

/** A window of an objective to be measured, corrections and budgeting method included. */
export interface WindowQuestion extends SliceQuestion {
  readonly wantCoverage: boolean
}

type Measured = Pick<SliSource, 'measure' | 'slices'>
export type SourceOf = (slo: SloDefinition) => Measured | null

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

/**
 * Measures windows of many objectives: all that one source can answer go to it in one call. Corrections cut windows into parts whose counts
 * are summed; slices are counted one objective at a time.
 * @returns one reading per question, in their order
 */
export async function measureWindows(sourceOf: SourceOf, questions: readonly WindowQuestion[], signal?: AbortSignal): Promise<Reading[]> {
  const notConfigured = unmeasured('NOT_CONFIGURED')
  const readings: Reading[] = questions.map(() => notConfigured)
  const plain = new Map<Measured, { indexes: number[]; asked: WindowQuestion[] }>()
  const slices: Promise<void>[] = []
  const cut = new Map<number, { readonly parts: readonly Interval[]; readonly found: Reading[] }>()
  questions.forEach((question, index) => {
    const source = sourceOf(question.slo)
    if (source === null) return
    if (question.slo.budgetingMethod !== 'OCCURRENCES') {
      slices.push(measureSlices(source, question, signal).then((reading) => void (readings[index] = reading)))
      return
    }
    const of = plain.get(source) ?? { indexes: [], asked: [] }
    plain.set(source, of)
    if (question.slo.corrections.length === 0) {
      of.indexes.push(index)
      of.asked.push(question)
      return
    }
    const parts = without(question, question.slo.corrections)
    cut.set(index, { parts, found: [] })
    for (const part of parts) {
      of.indexes.push(index)
      of.asked.push({ ...question, ...part })
    }
  })
  const answers = [...plain].map(async ([source, { indexes, asked }]) => {
    const found = await source.measure(asked, signal)
    indexes.forEach((index, at) => {
      const reading = found[at] ?? unmeasured('QUERY_FAILED')
      const whole = cut.get(index)
      if (whole === undefined) readings[index] = reading
      else whole.found.push(reading)
    })
  })
  await Promise.all([...answers, ...slices])
  for (const [index, { parts, found }] of cut)
    readings[index] =
      parts.length === 0
        ? // everything corrected away: measured, and nothing counts
          { ok: true, good: 0, total: 0, coverage: 0, estimated: false, warnings: [] }
        : sumReadings(parts, found)
  return readings
}
