import { type Nanos } from '../../time.ts'
import { type Slice } from './formulas.ts'
import { type PrometheusClient, type Sample } from './prometheus-client.ts'
import { coverageQuery, isPrometheus, labelled, quantileQuery, sliQueries } from './promql.ts'
import { capGroups, type Question, type SliceReading, type SliSource, unmeasured } from './sli-source.ts'
import { type Reading, type ReasonCode, type SloGroup } from './slo.ts'

interface Asked {
  readonly ord: number
  readonly question: Question
  readonly seconds: number
}

type Batch = readonly Asked[]

/** Parts of one objective over one window, by name. */
type Parts = ReadonlyMap<string, number>

interface BatchAnswer {
  readonly parts: ReadonlyMap<number, Parts>
  readonly failed: ReadonlyMap<number, ReasonCode>
  readonly warned: boolean
}

const atSeconds = (at: Nanos): number => Number(at / 1_000_000n) / 1000

/** Reads the counts of one objective: no series, no traffic and a missing bucket are three things. */
function readingOf(
  parts: Parts | undefined,
  { kind, hasGood }: { kind: string; hasGood: boolean },
  extra: { coverage: number | null; warned: boolean },
): Reading {
  const total = parts?.get('total')
  if (total === undefined) return unmeasured('SERIES_ABSENT')
  if (Number.isNaN(total)) return unmeasured('NO_TRAFFIC')
  if (!Number.isFinite(total) || total < 0) return unmeasured('QUERY_FAILED')
  const counted = parts?.get(hasGood ? 'good' : 'bad')
  if (counted === undefined && kind === 'LATENCY' && total > 0) return unmeasured('BUCKET_ABSENT')
  // all bad: no series of a good code exists (contract: guarantees 14.26); none bad: no series of a bad one
  const number = counted === undefined || Number.isNaN(counted) ? 0 : counted
  const good = hasGood ? number : total - number
  const coverage = Math.max(0, Math.min(1, extra.coverage ?? 1))
  return {
    ok: true,
    total,
    good: Math.max(0, Math.min(total, good)),
    coverage,
    estimated: extra.warned || coverage < 0.97,
    warnings: extra.warned ? ['PARTIAL_DATA'] : [],
  }
}

const byKey = (samples: readonly Sample[]): Map<number, Map<string, number>> => {
  const found = new Map<number, Map<string, number>>()
  for (const { metric, value } of samples) {
    const ord = Number(metric['orrery_slo'])
    const parts = found.get(ord) ?? new Map<string, number>()
    parts.set(metric['orrery_part'] ?? '', value)
    found.set(ord, parts)
  }
  return found
}

/**
 * Objectives measured by Prometheus. All objectives that ask for the same window at the same moment share one query for their counts and one for
 * their coverage; when the server refuses a batch, its halves are asked, so that a broken query fails alone.
 */
export function createPrometheusSli({ client }: { client: PrometheusClient }): SliSource {
  async function askBatch(
    batch: Batch,
    partsOf: (asked: Asked) => readonly { part: string; promql: string }[],
    at: number,
    signal?: AbortSignal,
  ): Promise<BatchAnswer> {
    const parts = batch.flatMap((asked) => partsOf(asked).map((part) => ({ key: String(asked.ord), ...part })))
    if (parts.length === 0) return { parts: new Map(), failed: new Map(), warned: false }
    const answer = await client.query(labelled(parts), at, signal)
    if (answer.ok) return { parts: byKey(answer.result), failed: new Map(), warned: answer.warned }
    const mine = answer.reason === 'BAD_QUERY' || answer.reason === 'QUERY_FAILED'
    if (!mine || batch.length === 1)
      return { parts: new Map(), failed: new Map(batch.map(({ ord }) => [ord, answer.reason])), warned: false }
    const middle = batch.length >>> 1
    const left = await askBatch(batch.slice(0, middle), partsOf, at, signal)
    const right = await askBatch(batch.slice(middle), partsOf, at, signal)
    return {
      parts: new Map([...left.parts, ...right.parts]),
      failed: new Map([...left.failed, ...right.failed]),
      warned: left.warned || right.warned,
    }
  }

  async function measureBatch(batch: Batch, to: Nanos, signal?: AbortSignal): Promise<[number, Reading][]> {
    const at = atSeconds(to)
    const counts = await askBatch(
      batch,
      ({ question, seconds }) => {
        if (!isPrometheus(question.slo)) return []
        const { good, bad, total } = sliQueries(question.slo.indicator, seconds)
        return [
          { part: 'total', promql: total },
          ...(good === null ? [] : [{ part: 'good', promql: good }]),
          ...(bad === null ? [] : [{ part: 'bad', promql: bad }]),
        ]
      },
      at,
      signal,
    )
    const wanting = batch.filter(({ question, ord }) => question.wantCoverage && !counts.failed.has(ord))
    const coverage = await askBatch(
      wanting,
      ({ question, seconds }) => {
        const promql = isPrometheus(question.slo) ? coverageQuery(question.slo.indicator, seconds) : null
        return promql === null ? [] : [{ part: 'coverage', promql }]
      },
      at,
      signal,
    )
    return batch.map(({ ord, question: { slo } }): [number, Reading] => {
      const failure = counts.failed.get(ord)
      if (failure !== undefined || !isPrometheus(slo)) return [ord, unmeasured(failure ?? 'NOT_CONFIGURED')]
      const hasGood = slo.indicator.kind !== 'RATIO' || slo.indicator.good !== null
      const share = coverage.parts.get(ord)?.get('coverage') ?? null
      return [ord, readingOf(counts.parts.get(ord), { kind: slo.indicator.kind, hasGood }, { coverage: share, warned: counts.warned })]
    })
  }

  return {
    async measure(questions, signal) {
      const batches = new Map<string, Asked[]>()
      questions.forEach((question, ord) => {
        const seconds = Math.max(1, Math.round(Number(question.to - question.from) / 1e9))
        const key = `${seconds}:${question.to}`
        const batch = batches.get(key)
        if (batch === undefined) batches.set(key, [{ ord, question, seconds }])
        else batch.push({ ord, question, seconds })
      })
      const readings: Reading[] = questions.map(() => unmeasured('NOT_CONFIGURED'))
      const answers = await Promise.all([...batches.values()].map((batch) => measureBatch(batch, batch[0]?.question.to ?? 0n, signal)))
      for (const [ord, reading] of answers.flat()) readings[ord] = reading
      return readings
    },
    async slices(slo, { from, to, stepSeconds }, signal): Promise<SliceReading> {
      if (!isPrometheus(slo)) return { ok: false, reason: 'NOT_CONFIGURED' }
      const { good, bad, total } = sliQueries(slo.indicator, stepSeconds)
      const range = { start: atSeconds(from) + stepSeconds, end: atSeconds(to), step: stepSeconds }
      const length = Math.max(0, Math.ceil((atSeconds(to) - atSeconds(from)) / stepSeconds - 1e-9))
      const ask = (promql: string) => client.queryRange(promql, range, signal)
      const [totals, others] = await Promise.all([ask(total), ask(good ?? bad ?? total)])
      if (!totals.ok) return totals
      if (!others.ok) return others
      const isFinitePoint = ([, value]: readonly [number, number]): boolean => Number.isFinite(value)
      const known = (totals.result[0]?.values ?? []).filter(isFinitePoint)
      if (known.length === 0) return { ok: false, reason: totals.result.length === 0 ? 'SERIES_ABSENT' : 'NO_TRAFFIC' }
      const happened = known.some(([, value]) => value > 0)
      if (slo.indicator.kind === 'LATENCY' && others.result.length === 0 && happened) return { ok: false, reason: 'BUCKET_ABSENT' }
      const slices: Slice[] = Array.from({ length }, () => null)
      const indexOf = (at: number): number => Math.round((at - range.start) / stepSeconds)
      for (const [at, value] of known) if (indexOf(at) < length) slices[indexOf(at)] = { total: value, good: good === null ? value : 0 }
      for (const [at, value] of others.result[0]?.values ?? []) {
        const slice = slices[indexOf(at)]
        if (slice == null || !Number.isFinite(value)) continue
        slices[indexOf(at)] = { total: slice.total, good: good === null ? slice.total - value : Math.min(slice.total, value) }
      }
      return { ok: true, slices, warned: totals.warned || others.warned }
    },
    async quantileMs(slo, { from, to, quantile }, signal) {
      const promql = isPrometheus(slo) ? quantileQuery(slo.indicator, Number(to - from) / 1e9, quantile) : null
      if (promql === null) return null
      const answer = await client.query(promql, atSeconds(to), signal)
      const value = answer.ok ? answer.result[0]?.value : undefined
      return value === undefined || !Number.isFinite(value) ? null : value * 1000
    },
    async groups(slo, { from, to }, signal) {
      const label = slo.labels['groupBy']
      if (!isPrometheus(slo) || label === undefined || !/^[a-zA-Z_]\w*$/.test(label)) return null
      const { good, bad, total } = sliQueries(slo.indicator, Number(to - from) / 1e9)
      const grouped = (promql: string) => promql.replace(/^sum\(/, `sum by (${label}) (`)
      const [totals, others] = await Promise.all([
        client.query(grouped(total), atSeconds(to), signal),
        client.query(grouped(good ?? bad ?? total), atSeconds(to), signal),
      ])
      if (!totals.ok || !others.ok) return null
      const parts = new Map(others.result.map(({ metric, value }) => [metric[label] ?? '', value]))
      return capGroups(
        totals.result.map(({ metric, value }): SloGroup => {
          const other = parts.get(metric[label] ?? '') ?? 0
          return { labels: { [label]: metric[label] ?? '' }, overflow: false, total: value, good: good === null ? value - other : other }
        }),
      )
    },
    describe(slo, windowSeconds) {
      if (!isPrometheus(slo)) return []
      const { good, bad, total } = sliQueries(slo.indicator, windowSeconds)
      return [good ?? bad ?? '', total].filter((query) => query !== '')
    },
  }
}
