import t from 'tap'
import { createCounters, type SliCounters } from '../src/datasources/slo/counters.ts'
import { type SloDefinition } from '../src/datasources/slo/slo.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { measureWindows } from '../src/datasources/slo/measure.ts'
import { loadCounters, syncCounters } from '../src/datasources/slo/sql-counters.ts'
import { createSqlSlos } from '../src/datasources/slo/sql-slos.ts'
import { systemClock } from '../src/time.ts'
import { sqlAdapters } from './support/sql.ts'

const HOUR = 3600
const hourBegins = 500_000 * HOUR
const nanos = (seconds: number): bigint => BigInt(Math.round(seconds * 1000)) * 1_000_000n

const definition = (corrections: readonly { from: number; to: number }[] = []): SloDefinition => ({
  ...parseSpec({
    name: 'pay',
    service: 'shop',
    targetPpm: 990_000,
    window: { kind: 'ROLLING', seconds: 30 * 86_400 },
    indicator: { source: 'COUNTERS', kind: 'RATIO', measure: 'pay' },
  }),
  ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'lee' },
  corrections: corrections.map(({ from, to }, index) => ({
    ...{ id: String(index), slo: 'pay', reason: 'drill', author: 'lee', createdAt: 0n },
    ...{ startsAt: nanos(from), endsAt: nanos(to) },
  })),
})

/** Counters with a clock of their own, and what they measure from so many seconds ago to `to`. */
function counting(slo: SloDefinition, since = 0) {
  let now = hourBegins + since
  const counters = createCounters({ now: () => now })
  counters.define([slo])
  return {
    counters,
    at: (seconds: number) => (now = hourBegins + seconds),
    async measure(windowSeconds: number, to = now) {
      const question = { slo, from: nanos(to - windowSeconds), to: nanos(to), now: nanos(now), wantCoverage: false }
      const [reading] = await measureWindows(() => counters, [question])
      if (reading?.ok !== true) throw new Error('not measured')
      const { good, total } = reading
      return { good, total }
    },
  }
}

const days = (amount: number): number => amount * 86_400

/** 10:01 good, 10:20 an outage, 10:40 good; it is 10:45. */
function outage(slo: SloDefinition) {
  const counted = counting(slo)
  for (const [minutes, good, total] of [
    [1, 1000, 1000],
    [20, 0, 100],
    [40, 1000, 1000],
  ] as const)
    counted.counters.add('acme', 'pay', { good, total, atSeconds: counted.at(minutes * 60) })
  counted.at(45 * 60)
  return counted
}

t.test('a moment of the past counts what had happened by then, also within the hour that goes on', async (t) => {
  const { measure } = outage(definition())
  for (const window of [days(30), days(3), HOUR]) {
    t.same(await measure(window, hourBegins + 600), { good: 1000, total: 1000 }, `10:10, ${window} s`)
    t.same(await measure(window, hourBegins + 1800), { good: 1000, total: 1100 }, `10:30, ${window} s`)
    t.same(await measure(window), { good: 2000, total: 2100 }, `now, ${window} s`)
  }
})

t.test('a correction within the hour that goes on takes out what it covers, and nothing counts twice', async (t) => {
  const corrected = outage(definition([{ from: hourBegins + 600, to: hourBegins + 1800 }]))
  for (const window of [days(30), days(3), HOUR]) t.same(await corrected.measure(window), { good: 2000, total: 2000 }, `${window} s`)
  const ongoing = outage(definition([{ from: hourBegins + 1140, to: hourBegins + days(1) }]))
  t.same(await ongoing.measure(days(30)), { good: 1000, total: 1000 }, 'one that has not ended')
})

t.test('slices add up to what happened, also where they are shorter than the slots of the ring', async (t) => {
  const slo = definition()
  for (const span of [HOUR, days(1), days(10)]) {
    const { counters, at } = counting(slo, -span)
    counters.add('acme', 'pay', { good: 100, total: 100, atSeconds: at(60) })
    let count = 100
    // in bursts, over the time in which a coarser ring takes over from a finer one as well
    for (let ago = 97; ago < Math.min(span, 2 * HOUR) - 300; ago += 97, count += 10)
      counters.add('acme', 'pay', { good: 10, total: 10, atSeconds: hourBegins - ago })
    const to = at(295)
    const answer = await counters.slices(slo, { from: nanos(to - span), to: nanos(to - 0.002), stepSeconds: span / 60 })
    if (!answer.ok) throw new Error(answer.reason)
    const total = answer.slices.reduce((sum, slice) => sum + (slice?.total ?? 0), 0)
    t.ok(Math.abs(total - count) < 0.01, `${span} s: ${total} of ${count}`)
    const ahead = await counters.slices(slo, { from: nanos(to + 10), to: nanos(to + 130), stepSeconds: 60 })
    t.match(ahead, { ok: true, slices: [null, null] }, 'nothing is known of what is to come')
  }
})

t.test('a window holds what is as old as it is long, though it is looked at later than it was asked for', async (t) => {
  for (const [window, slot] of [
    [HOUR, 10],
    [days(3), 300],
  ] as const) {
    const { counters, at } = counting(definition())
    counters.add('acme', 'pay', { good: 0, total: 100, atSeconds: at(5) })
    const asked = at(window + slot + 10)
    at(window + slot + 10 + 0.25)
    const question = { slo: definition(), from: nanos(asked - window), to: nanos(asked), wantCoverage: false }
    t.match(await counters.measure([question]), [{ ok: true, good: 0, total: 0 }], `a burst that is older than ${window} s`)
  }
})

t.test('an objective that counts something else now forgets what it counted, in this process, in others and after a restart', async (t) => {
  for (const { name, sql } of await sqlAdapters(t))
    t.test(name, async (t) => {
      const store = createSqlSlos({ sql, clock: systemClock })
      const scope = { tenantId: 'acme' }
      const now = hourBegins + 65
      const make = () => createCounters({ now: () => now })
      const [here, there] = [make(), make()]
      const ofBoth = async () => {
        for (const counters of [here, there]) counters.define(await store.all())
      }
      const sync = async (...replicas: readonly SliCounters[]) => {
        for (const counters of replicas) await syncCounters(sql, counters, now)
      }
      const totals = async () => {
        const anew = make()
        const definitions = await store.all()
        anew.define(definitions)
        await loadCounters(sql, anew, now)
        const questions = definitions.map((slo) => ({ slo, from: nanos(now - HOUR), to: nanos(now) + 1n, wantCoverage: false }))
        const readings = await Promise.all([here, there, anew].map((counters) => counters.measure(questions)))
        return readings.map(([reading]) => (reading?.ok === true ? reading.total : null))
      }
      const spec = (measure: string, labels: Record<string, string> = {}) =>
        parseSpec({ ...definition(), labels, indicator: { source: 'COUNTERS', kind: 'RATIO', measure } })
      const change = async (...given: Parameters<typeof spec>) => {
        await store.upsert(scope, spec(...given), 'lee')
        await ofBoth()
      }
      await change('one')
      for (const counters of [here, there]) for (let index = 0; index < 50; index += 1) counters.record('one', { good: false })
      await sync(here, there, here)
      await store.upsert(scope, { ...spec('one'), targetPpm: 950_000 }, 'lee')
      await ofBoth()
      t.same(await totals(), [100, 100, 100], 'another target counts the same')
      await change('other')
      here.record('other', { good: true })
      await sync(there, here, there)
      t.same(await totals(), [1, 1, 1], 'another measure')
      await change('other', { groupBy: 'route' })
      await sync(here)
      t.same(await totals(), [0, 0, 0], 'other groups')
      here.add('acme', 'pay', { good: 5, total: 5 })
      await sync(here)
      await store.remove(scope, 'pay', 'lee')
      await change('other', { groupBy: 'route' })
      t.same(await totals(), [0, 0, 0], 'deleted and made again')
    })
})
