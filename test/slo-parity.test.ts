import t from 'tap'
import { createCounters } from '../src/datasources/slo/counters.ts'
import { createPrometheusClient } from '../src/datasources/slo/prometheus-client.ts'
import { type SloDefinition } from '../src/datasources/slo/slo.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { formatNanos } from '../src/time.ts'
import { ask, openControlPlane, openers, viewerOf } from './support/control-plane.ts'
import { startPrometheusReceiver } from './support/prometheus.ts'
import { writeHistory, type WrittenSeries } from './support/remote-write.ts'

const STEP = 15
const end = Math.floor(Date.now() / 1000 / STEP) * STEP - 120
const start = end - 3 * 3600
const lee = viewerOf('lee@example.com')

/** A process that counts: what it adds each second, when it is away, how wrong its clock is. */
interface Process {
  readonly perSecond: number
  /** Seconds since the start at which its counts begin again at 0. */
  readonly restartsAt?: readonly number[]
  readonly away?: readonly (readonly [from: number, to: number])[]
  readonly skewSeconds?: number
}

/** Uneven, and the same in every run. */
const unevenness = (at: number): number => 1 + 0.1 * Math.sin(at / 97) + 0.05 * Math.sin(at / 31)

function samplesOf({ perSecond, restartsAt = [], away = [], skewSeconds = 0 }: Process): [number, number][] {
  const samples: [number, number][] = []
  let value = 0
  for (let at = 0; at <= end - start; at += STEP) {
    const isAway = away.some(([from, to]) => at >= from && at < to)
    if (restartsAt.some((restart) => restart > at - STEP && restart <= at)) value = 0
    value += Math.round(perSecond * STEP * unevenness(at))
    if (!isAway) samples.push([Math.round((start + at + skewSeconds) * 1000), value])
  }
  return samples
}

const cases: Readonly<Record<string, readonly Process[]>> = {
  steady: [{ perSecond: 20 }],
  resets: [{ perSecond: 20, restartsAt: [3000, 6100, 8200, 10_000] }],
  // gone for four minutes each time, and back at 0
  restarts: [
    {
      perSecond: 20,
      restartsAt: [4000, 9000],
      away: [
        [3760, 4000],
        [8760, 9000],
      ],
    },
  ],
  // counts go on while nobody can ask for them
  gaps: [{ perSecond: 20, away: [[7500, 9300]] }],
  replicas: [{ perSecond: 20 }, { perSecond: 3, restartsAt: [9500] }, { perSecond: 11, away: [[0, 8000]] }],
  skew: [
    { perSecond: 20, skewSeconds: 7.3 },
    { perSecond: 9, skewSeconds: -4.1 },
    { perSecond: 5, skewSeconds: -90 },
  ],
}

const all: WrittenSeries[] = Object.entries(cases).flatMap(([name, processes]) =>
  processes.flatMap((process, replica) => {
    const one = (metric: string, labels: Record<string, string>, share: number): WrittenSeries => ({
      labels: { __name__: metric, instance: String(replica), ...labels },
      samples: samplesOf({ ...process, perSecond: process.perSecond * share }),
    })
    return [
      one(`${name}_requests_total`, { code: '200' }, 0.97),
      one(`${name}_requests_total`, { code: '503' }, 0.03),
      one(`${name}_seconds_bucket`, { le: '0.1' }, 0.6),
      one(`${name}_seconds_bucket`, { le: '0.4' }, 0.9),
      one(`${name}_seconds_bucket`, { le: '+Inf' }, 1),
      one(`${name}_seconds_count`, {}, 1),
    ]
  }),
)

/** A process that we count ourselves, and what a scraper sees of it. */
const ownEvents = (second: number): { good: number; total: number } => {
  const events = 20 * unevenness(second - start)
  return { good: Math.round(events * 0.97), total: Math.round(events * 0.97) + Math.round(events * 0.03) }
}
const scraped: [number, number][] = []
for (let second = start, value = 0; second <= end; second += 1) {
  value += ownEvents(second).total
  if ((second - start) % STEP === 0) scraped.push([second * 1000, value])
}

const near = (ours: unknown, theirs: number | undefined): boolean =>
  typeof ours === 'number' && theirs !== undefined && Math.abs(ours - theirs) <= 0.001 * Math.max(Math.abs(theirs), 1e-9)

t.test('our numbers are those of Prometheus for the same remote-written history, within 0.1 %', async (t) => {
  const url = await startPrometheusReceiver(t)
  if (url === null) return
  await writeHistory(url, [...all, { labels: { __name__: 'own_events_total' }, samples: scraped }])
  const client = createPrometheusClient({ url, timeoutMs: 30_000 })
  const theirs = async (promql: string): Promise<number | undefined> => {
    const answer = await client.query(promql, end)
    if (!answer.ok) throw new Error(`${answer.reason}: ${promql}`)
    return answer.result[0]?.value
  }
  const backing = await openers['embedded']?.(t)
  if (backing == null) return
  const plane = await openControlPlane(t, backing, { PROMETHEUS_URL: url, SOURCE_TIMEOUT_MS: '30000' })
  const told = async (text: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await ask(plane, lee, text, variables)
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return data ?? {}
  }
  const make = (name: string, indicator: object) =>
    told('mutation($input: UpsertSloInput!) { upsertSlo(input: $input) { __typename ... on UserError { message } } }', {
      input: { name, service: 's', targetPercent: 99, window: '2h', minCoverage: 0, indicator },
    })
  const numbers = `status coverage sli { ratio good bad total } errorBudget { consumedRatio remainingEvents }
    fast: burnRate(window: 300) slow: burnRate(window: 3600) tiers { long { seconds burnRate events } short { seconds burnRate events } }
    series(kind: TOTAL, from: $from, to: $at, maxPoints: 4) { value }`
  const read = async (name: string) =>
    (
      await told(`query($name: String!, $at: DateTime!, $from: DateTime!) { slo(name: $name, at: $at) { ${numbers} } }`, {
        name,
        at: formatNanos(BigInt(end) * 1_000_000_000n),
        from: formatNanos(BigInt(end - 3600) * 1_000_000_000n),
      })
    )['slo'] as unknown as {
      status: string
      coverage: number
      sli: { ratio: number; good: number; bad: number; total: number }
      errorBudget: { consumedRatio: number }
      fast: number
      slow: number
      tiers: { long: Window; short: Window }[]
      series: { value: number | null }[]
    }
  interface Window {
    seconds: number
    burnRate: number
    events: number
  }

  for (const name of Object.keys(cases))
    t.test(name, async (t) => {
      await make(name, { prometheusRatio: { good: `${name}_requests_total{code!~"5.."}`, total: `${name}_requests_total` } })
      await make(`${name}-bad`, { prometheusRatio: { bad: `${name}_requests_total{code=~"5.."}`, total: `${name}_requests_total` } })
      await make(`${name}-speed`, { prometheusLatency: { metric: `${name}_seconds`, thresholdMs: 400 } })
      const slo = await read(name)
      const counted = (window: string, matchers = '') => theirs(`sum(increase(${name}_requests_total{${matchers}}[${window}]))`)
      const total = await counted('2h')
      const bad = await counted('2h', 'code="503"')
      const burn = (window: string) =>
        theirs(`sum(rate(${name}_requests_total{code="503"}[${window}])) / sum(rate(${name}_requests_total[${window}])) / 0.01`)
      t.ok(near(slo.sli.total, total), `total ${slo.sli.total} and ${total}`)
      t.ok(near(slo.sli.bad, bad), `bad ${slo.sli.bad} and ${bad}`)
      t.ok(near(slo.errorBudget.consumedRatio, await burn('2h')), 'what is consumed')
      t.ok(near(slo.fast, await burn('5m')), `burn over 5 min ${slo.fast} and ${await burn('5m')}`)
      t.ok(near(slo.slow, await burn('1h')), 'burn over an hour')
      for (const window of slo.tiers.flatMap(({ long, short }) => [long, short])) {
        t.ok(near(window.burnRate, await burn(`${window.seconds}s`)), `tier window of ${window.seconds} s`)
        t.ok(near(window.events, await counted(`${window.seconds}s`)), `its events`)
      }
      const other = await read(`${name}-bad`)
      t.ok(near(other.sli.ratio, slo.sli.ratio), 'counted from the other side')
      const speed = await read(`${name}-speed`)
      const within = await theirs(
        `sum(increase(${name}_seconds_bucket{le="0.4"}[2h])) / sum(increase(${name}_seconds_bucket{le="+Inf"}[2h]))`,
      )
      t.ok(near(speed.sli.ratio, within), `latency ${speed.sli.ratio} and ${within}`)
      for (const [index, { value }] of slo.series.entries()) {
        const answer = await client.query(`sum(increase(${name}_requests_total[900s]))`, end - 3600 + (index + 1) * 900)
        const theirPoint = answer.ok ? answer.result[0]?.value : undefined
        t.ok(theirPoint === undefined ? value === null : near(value, theirPoint), `point ${index}: ${value} and ${theirPoint}`)
      }
    })

  t.test('what was not measured lowers coverage alone', async (t) => {
    const [steady, gaps] = [await read('steady'), await read('gaps')]
    t.ok(steady.coverage > 0.97, String(steady.coverage))
    t.ok(gaps.coverage > 0.7 && gaps.coverage < 0.85, `half an hour of two is missing: ${gaps.coverage}`)
    t.ok(near(gaps.sli.ratio, steady.sli.ratio))
  })

  t.test('our own counters count the same events as Prometheus does', async (t) => {
    let at = start
    const counters = createCounters({ now: () => at })
    const definition: SloDefinition = {
      ...parseSpec({
        name: 'own',
        service: 's',
        targetPpm: 990_000,
        window: { kind: 'ROLLING', seconds: 3600 },
        indicator: { source: 'COUNTERS', kind: 'RATIO', measure: 'own' },
      }),
      ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'lee', corrections: [] },
    }
    counters.define([definition])
    for (; at <= end; at += 1) counters.add('acme', 'own', ownEvents(at))
    at = end
    const counted = async (seconds: number) => {
      const [reading] = await counters.measure([
        { slo: definition, from: BigInt(end - seconds) * 1_000_000_000n, to: BigInt(end) * 1_000_000_000n, wantCoverage: true },
      ])
      if (reading?.ok !== true) throw new Error('not measured')
      return reading
    }
    const hour = await counted(3600)
    const same = await theirs('sum(increase(own_events_total[1h]))')
    t.ok(near(hour.total, same), `${hour.total} and ${same}`)
  })
})
