import t, { type Test } from 'tap'
import { createCounters } from '../../src/datasources/slo/counters.ts'
import { createPrometheusClient } from '../../src/datasources/slo/prometheus-client.ts'
import { createPrometheusSli } from '../../src/datasources/slo/prometheus-sli.ts'
import { type SliSource } from '../../src/datasources/slo/sli-source.ts'
import { type Reading, type SloDefinition } from '../../src/datasources/slo/slo.ts'
import { parseSpec } from '../../src/datasources/slo/spec.ts'
import { syncCounters } from '../../src/datasources/slo/sql-counters.ts'
import { withStoredGroups } from '../../src/datasources/slo/sql-counter-groups.ts'
import { createSqlEvents } from '../../src/datasources/slo/sql-events.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { startPrometheusReceiver } from '../support/prometheus.ts'
import { writeHistory } from '../support/remote-write.ts'
import { sqlAdapters } from '../support/sql.ts'

/** Something that happened, of one of two groups. */
interface Happening {
  readonly at: number
  readonly good: boolean
  readonly group: 'one' | 'two'
}

/** A source that has seen the happenings, and an objective that counts them. */
interface Seen {
  readonly source: SliSource
  readonly definition: SloDefinition
  /** Of the same source, about something that never happened. */
  readonly silent: SloDefinition
  readonly groupLabel: string
}

type Open = (t: Test, sql: Sql, happened: readonly Happening[]) => Promise<Seen | null>

const end = Math.floor(Date.now() / 600_000) * 600 - 600
const hour = 3600
const nanos = (at: number): bigint => BigInt(at) * 1_000_000_000n

/** One every ten seconds for half an hour before the end, every tenth bad; two of three belong to group one. */
const happened: readonly Happening[] = Array.from({ length: 180 }, (_, index) => ({
  at: end - 1800 + index * 10 + 5,
  good: index % 10 !== 3,
  group: index % 3 === 0 ? 'two' : 'one',
}))

const define = (name: string, indicator: object, labels: Record<string, string> = {}): SloDefinition => ({
  ...parseSpec({ name, service: 's', targetPpm: 990_000, window: { kind: 'ROLLING', seconds: hour }, indicator, labels }),
  ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'lee', corrections: [] },
})

const counters: Open = async (_t, sql) => {
  let now = end - 1800
  const counted = createCounters({ now: () => now })
  const indicator = (measure: string) => ({ source: 'COUNTERS', kind: 'RATIO', measure })
  const definition = define('counted', indicator('happened'), { groupBy: 'kind' })
  const silent = define('silent', indicator('nothing'), { groupBy: 'kind' })
  counted.define([definition, silent])
  for (const { at, good, group } of happened) {
    now = at
    counted.record('happened', { good, labels: { kind: group } })
    // some of it is stored, some of it waits
    if (at === end - 595) await syncCounters(sql, counted, now)
  }
  now = end
  return { source: withStoredGroups(counted, sql, () => now), definition, silent, groupLabel: 'kind' }
}

const runs: Open = async (_t, sql) => {
  for (const [index, { at, good, group }] of happened.entries())
    await sql.run(
      `insert into runs (run_seq, tenant_id, system, ritual_id, run_id, status, started_at_ns, first_seen_at_ns, order_at_ns, ended_at_ns, updated_at_ns, last_sequence, legacy, terminal_count, pending_gates)
       values ($1, 'acme', 'DEMON', $2, $3, $4, $5, $5, $5, $6, $6, $1, false, 1, 0)`,
      [BigInt(index + 1), group, `run-${index}`, good ? 'COMPLETED' : 'FAILED', nanos(at - 5), nanos(at)],
    )
  const indicator = { source: 'EVENTS', kind: 'RATIO', event: 'RUNS' }
  return {
    source: createSqlEvents({ sql }),
    definition: define('runs', indicator),
    silent: define('silent', { ...indicator, ritualId: 'nothing' }),
    groupLabel: 'ritual',
  }
}

const appends: Open = async (_t, sql) => {
  for (const { at, good, group } of happened)
    await sql.run(
      `insert into append_slots as s (tenant_id, stream_name, at_ns, accepted, refused) values ('acme', $1, $2, $3, $4)
       on conflict (tenant_id, at_ns, stream_name) do update set accepted = s.accepted + excluded.accepted, refused = s.refused + excluded.refused`,
      [group, nanos(at - (at % 60)), good ? 1 : 0, good ? 0 : 1],
    )
  const definition = define('appends', { source: 'EVENTS', kind: 'RATIO', event: 'APPENDS' })
  return {
    source: createSqlEvents({ sql }),
    definition,
    silent: { ...definition, name: 'silent', tenantId: 'globex' },
    groupLabel: 'stream',
  }
}

const prometheus: Open = async (t) => {
  const url = await startPrometheusReceiver(t)
  if (url === null) return null
  const series = (['one', 'two'] as const).flatMap((group) =>
    [true, false].map((good) => {
      const mine = happened.filter((one) => one.group === group && one.good === good)
      return {
        labels: { __name__: 'happened_total', kind: group, code: good ? '200' : '500' },
        samples: Array.from({ length: 1800 / 15 + 1 }, (_, index): [number, number] => {
          const at = end - 1800 + index * 15
          return [at * 1000, mine.filter((one) => one.at <= at).length]
        }),
      }
    }),
  )
  await writeHistory(url, series)
  const indicator = (name: string) => ({ source: 'PROMETHEUS', kind: 'RATIO', good: `${name}{code!~"5.."}`, total: name })
  return {
    source: createPrometheusSli({ client: createPrometheusClient({ url, timeoutMs: 30_000 }) }),
    definition: define('happened', indicator('happened_total'), { groupBy: 'kind' }),
    silent: define('silent', indicator('nothing_total'), { groupBy: 'kind' }),
    groupLabel: 'kind',
  }
}

const sources: Readonly<Record<string, Open>> = { 'own counters': counters, 'ended runs': runs, appends, Prometheus: prometheus }

/** `increase()` extrapolates, and a minute is the grain of appends: within 3 %. */
const near = (one: number, other: number): boolean => Math.abs(one - other) <= Math.max(0.03 * other, 0.6)
const measured = (reading: Reading | undefined): Extract<Reading, { ok: true }> => {
  if (reading?.ok !== true) throw new Error(`not measured: ${reading?.reason ?? 'no reading'}`)
  return reading
}

function contract(t: Test, { source, definition, silent, groupLabel }: Seen) {
  const window = (seconds: number, wantCoverage = false) => ({ slo: definition, from: nanos(end - seconds), to: nanos(end), wantCoverage })
  const within = (seconds: number) => happened.filter(({ at }) => at >= end - seconds)

  t.test('windows of one call are answered in their order, each with what happened in it', async (t) => {
    const lengths = [1800, 600, 1200, 300]
    const readings = await source.measure(lengths.map((seconds) => window(seconds)))
    t.equal(readings.length, lengths.length)
    for (const [index, seconds] of lengths.entries()) {
      const { good, total } = measured(readings[index])
      t.ok(near(total, within(seconds).length), `total of ${seconds} s: ${total}`)
      t.ok(near(good, within(seconds).filter((one) => one.good).length), `good of ${seconds} s: ${good}`)
      t.ok(good <= total)
    }
  })

  t.test('time of which nothing is known lowers coverage, and changes no ratio', async (t) => {
    const [whole, half] = await source.measure([window(hour, true), window(1800, true)])
    t.ok(near(measured(whole).total, measured(half).total))
    t.ok(Math.abs(measured(whole).coverage - 0.5) < 0.06, `coverage ${measured(whole).coverage}`)
    t.ok(measured(half).coverage > 0.93, `coverage ${measured(half).coverage}`)
    t.equal(measured(whole).estimated, true)
  })

  t.test('what never happened has no ratio: it is silent or absent, not perfect', async (t) => {
    const [reading] = await source.measure([{ ...window(600), slo: silent }])
    if (reading?.ok === true) t.equal(reading.total, 0)
    else t.equal(reading?.reason, 'SERIES_ABSENT')
  })

  t.test('an objective of another source is not measured, and hinders nobody', async (t) => {
    const foreign = { ...window(600), slo: define('x', { source: 'COMPOSITE', kind: 'COMPOSITE', members: [{ slo: 'y' }] }) }
    const readings = await source.measure([foreign, window(600)])
    t.match(readings, [{ ok: false, reason: 'NOT_CONFIGURED' }, { ok: true }])
    t.match(await source.slices(foreign.slo, { from: nanos(end - 600), to: nanos(end), stepSeconds: 60 }), {
      ok: false,
      reason: 'NOT_CONFIGURED',
    })
  })

  t.test('slices add up to the window, and are null where nothing was measured', async (t) => {
    const answer = await source.slices(definition, { from: nanos(end - hour), to: nanos(end), stepSeconds: 300 })
    if (!answer.ok) throw new Error(answer.reason)
    t.equal(answer.slices.length, 12)
    t.same(answer.slices.slice(0, 5), [null, null, null, null, null])
    const known = answer.slices.flatMap((slice) => (slice === null ? [] : [slice]))
    t.ok(
      near(
        known.reduce((sum, { total }) => sum + total, 0),
        180,
      ),
      'all of it',
    )
    t.ok(
      near(
        known.reduce((sum, { good }) => sum + good, 0),
        162,
      ),
      'the good ones',
    )
  })

  t.test('groups are told apart, most first, and add up to the whole', async (t) => {
    const groups = (await source.groups(definition, { from: nanos(end - 1800), to: nanos(end) })) ?? []
    t.match(
      groups.map(({ labels, overflow }) => ({ labels, overflow })),
      [
        { labels: { [groupLabel]: 'one' }, overflow: false },
        { labels: { [groupLabel]: 'two' }, overflow: false },
      ],
    )
    for (const { labels, good, total } of groups) {
      const mine = happened.filter(({ group }) => group === labels[groupLabel])
      t.ok(near(total, mine.length), `${labels[groupLabel]}: ${total}`)
      t.ok(near(good, mine.filter((one) => one.good).length))
    }
  })

  t.test('it says what it asks', async (t) => {
    const said = source.describe(definition, hour)
    t.ok(said.length > 0 && said.every((sentence) => sentence.length > 10))
    t.same(source.describe(define('x', { source: 'COMPOSITE', kind: 'COMPOSITE', members: [{ slo: 'y' }] }), hour), [])
  })
}

t.test('the sources of indicators', async (t) => {
  for (const { name: database, sql } of await sqlAdapters(t))
    for (const [name, open] of Object.entries(sources)) {
      // Prometheus keeps nothing in SQL
      if (name === 'Prometheus' && database !== 'pglite') continue
      t.test(`${name} (${database})`, async (t) => {
        const seen = await open(t, sql, happened)
        if (seen !== null) contract(t, seen)
      })
    }
})

t.test('groups of counters are capped: the first thousand keep their names, all others are one', async (t) => {
  const [adapter] = await sqlAdapters(t)
  if (adapter === undefined) return
  const { sql } = adapter
  let now = end
  const counted = createCounters({ now: () => now })
  const definition = define('many', { source: 'COUNTERS', kind: 'RATIO', measure: 'many' }, { groupBy: 'customer' })
  counted.define([definition])
  const source = withStoredGroups(counted, sql, () => now)
  for (let index = 0; index < 1200; index += 1) counted.record('many', { good: index % 2 === 0, labels: { customer: `customer-${index}` } })
  now += 1
  const range = { from: nanos(end - 600), to: nanos(end + 1) }
  const check = async () => {
    const groups = (await source.groups(definition, range)) ?? []
    t.equal(groups.length, 1001)
    t.match(groups.at(-1), { overflow: true, good: 100, total: 200 })
  }
  await check()
  await syncCounters(sql, counted, now)
  await check()
})
