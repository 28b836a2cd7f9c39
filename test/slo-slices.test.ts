import t from 'tap'
import { hysteresis, nextAlert } from '../src/datasources/slo/alert-rules.ts'
import { assess } from '../src/datasources/slo/assess.ts'
import { measureWindows } from '../src/datasources/slo/measure.ts'
import { type PrometheusClient, type SampleSeries } from '../src/datasources/slo/prometheus-client.ts'
import { createPrometheusSli } from '../src/datasources/slo/prometheus-sli.ts'
import { type SloDefinition } from '../src/datasources/slo/slo.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { tierRules } from '../src/datasources/slo/tiers.ts'
import { seconds } from '../src/datasources/slo/windows.ts'

const now = seconds(1_800_000_000)
const month = 30 * 86_400

const defined = (more: object): SloDefinition => ({
  ...parseSpec({
    ...{ name: 'x', service: 's', targetPpm: 990_000, window: { kind: 'ROLLING', seconds: month }, minCoverage: 0 },
    indicator: { source: 'PROMETHEUS', kind: 'RATIO', good: 'good_total', total: 'all_total' },
    ...more,
  }),
  ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'lee', corrections: [] },
})

/** A server that knows a value for each expression at any time, null = no such series. */
const saying = (valueOf: (promql: string) => number | null, warned = false): PrometheusClient => ({
  mode: 'CONNECTED',
  async ping() {},
  async query(promql) {
    const parts = [...promql.matchAll(/label_replace\(label_replace\((.*?), "orrery_slo", "(\d+)", "", ""\), "orrery_part", "(\w+)"/g)]
    return {
      ok: true,
      warned,
      result: parts.flatMap(([, expression = '', ord = '', part = '']) => {
        const value = part === 'coverage' ? 1 : valueOf(expression)
        return value === null ? [] : [{ metric: { orrery_slo: ord, orrery_part: part }, value }]
      }),
    }
  },
  async queryRange(promql, { start, end, step }) {
    const value = valueOf(promql)
    const times = Array.from({ length: Math.max(0, Math.floor((end - start) / step + 1e-9) + 1) }, (_, index) => start + index * step)
    const result: SampleSeries[] = value === null ? [] : [{ metric: {}, values: times.map((at) => [at, value] as const) }]
    return { ok: true, warned, result }
  },
})

/** Its report, and what becomes of an alert that fires and has been clear for a while. */
async function judged(slo: SloDefinition, client: PrometheusClient) {
  const source = createPrometheusSli({ client })
  const rules = tierRules(null, month, slo.targetPpm)
  const windowOf = (length: number, wantCoverage = false) => ({ slo, from: now - seconds(length), to: now, now, wantCoverage })
  const questions = [
    windowOf(month, true),
    ...rules.flatMap(({ longSeconds, shortSeconds }) => [windowOf(longSeconds), windowOf(shortSeconds)]),
  ]
  const [reading, ...tierReadings] = await measureWindows(() => source, questions)
  const readingAt = (index: number) => tierReadings[index] ?? { ok: false as const, reason: 'QUERY_FAILED' as const }
  const report = assess({
    ...{ definition: slo, at: now, past: false, window: { from: now - seconds(month), to: now, seconds: month }, rules },
    reading: reading ?? readingAt(0),
    tierReadings: rules.map((_, index) => ({ long: readingAt(index * 2), short: readingAt(index * 2 + 1) })),
    stored: null,
  })
  const ago = (amount: number) => now - seconds(amount)
  const firing = { state: 'FIRING' as const, since: ago(600), startsAt: ago(600), clearSince: ago(61) }
  const tier = report.tiers[0]
  return {
    status: report.status,
    reasons: report.reasons.map(({ code }) => code),
    isEstimated: report.isEstimated,
    alert: tier === undefined ? undefined : nextAlert(firing, tier, 0, now, hysteresis),
  }
}

const methods = {
  occurrences: {},
  'time slices': { budgetingMethod: 'TIMESLICES', timeSliceSeconds: 60, timeSliceTargetPpm: 990_000 },
  'ratio slices': { budgetingMethod: 'RATIO_TIMESLICES', timeSliceSeconds: 60 },
}

for (const [name, method] of Object.entries(methods))
  t.test(`what Prometheus cannot say is the same reason for ${name}, and freezes an alert`, async (t) => {
    const plain = defined(method)
    t.match(
      await judged(
        plain,
        saying(() => null),
      ),
      { status: 'NO_DATA', reasons: ['SERIES_ABSENT'], alert: { state: 'FIRING' } },
      'no series',
    )
    t.match(
      await judged(
        plain,
        saying(() => NaN),
      ),
      { status: 'NO_DATA', reasons: ['NO_TRAFFIC'], alert: { state: 'FIRING' } },
      'NaN',
    )
    t.match(
      await judged(
        plain,
        saying(() => 1000, true),
      ),
      { status: 'MEETING', reasons: ['PARTIAL_DATA'], isEstimated: true },
      'warnings',
    )
    const latency = defined({
      ...method,
      indicator: { source: 'PROMETHEUS', kind: 'LATENCY', metric: 'speed', matchers: '', thresholdMs: 400, native: false },
    })
    t.match(
      await judged(
        latency,
        saying((promql) => (promql.includes('_count') ? 1000 : null)),
      ),
      { status: 'NO_DATA', reasons: ['BUCKET_ABSENT'], alert: { state: 'FIRING' } },
      'no bucket at the threshold',
    )
    t.match(
      await judged(
        plain,
        saying((promql) => (promql.includes('good_total') ? null : 1000)),
      ),
      { status: 'BREACHED', alert: { state: 'FIRING' } },
      'all bad: no series of a good one',
    )
    t.match(
      await judged(
        plain,
        saying(() => 1000),
      ),
      { status: 'MEETING', reasons: [], alert: null },
      'all good',
    )
  })
