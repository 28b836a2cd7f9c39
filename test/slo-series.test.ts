import t from 'tap'
import { createCounters } from '../src/datasources/slo/counters.ts'
import { createSloDataSource } from '../src/datasources/slo/slo-source.ts'
import { type SeriesKind, type SloDefinition } from '../src/datasources/slo/slo.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { seconds } from '../src/datasources/slo/windows.ts'
import { formatNanos } from '../src/time.ts'

const HOUR = 3600
const begin = 500_000 * HOUR
const scope = { tenantId: 'acme' }
const counted = (measure: string) => ({ source: 'COUNTERS', kind: 'RATIO', measure })
const composed = (...members: readonly (readonly [slo: string, weight: number])[]) => ({
  ...{ source: 'COMPOSITE', kind: 'COMPOSITE' },
  members: members.map(([slo, weight]) => ({ slo, weight })),
})
const minutes = { budgetingMethod: 'TIMESLICES', timeSliceSeconds: 60, timeSliceTargetPpm: 990_000 }

const defined = (name: string, indicator: object, more: object = {}, corrected: readonly (readonly [from: number, to: number])[] = []) =>
  ({
    ...parseSpec({
      ...{ name, service: 's', targetPpm: 900_000, window: { kind: 'ROLLING', seconds: HOUR }, minCoverage: 0 },
      indicator,
      ...more,
    }),
    ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'lee' },
    corrections: corrected.map(([from, to], index) => ({
      ...{ id: String(index), slo: name, reason: 'drill', author: 'lee', createdAt: 0n },
      ...{ startsAt: seconds(begin + from), endsAt: seconds(begin + to) },
    })),
  }) satisfies SloDefinition

/** Objectives over counters of their own; `at` moves their clock, in seconds. */
function observing(definitions: readonly SloDefinition[]) {
  let now = begin
  const counters = createCounters({ now: () => now })
  counters.define(definitions)
  const refuse = async () => {
    throw new Error('nothing is changed here')
  }
  const slo = createSloDataSource({
    store: { ofTenant: async () => definitions, all: async () => definitions, upsert: refuse, remove: refuse, correct: refuse },
    ...{ prometheus: null, counters, counted: counters, events: counters },
    clock: { now: () => seconds(now) },
    storedTiers: async () => () => null,
  })
  return {
    counters,
    at: (offset: number) => (now = begin + offset),
    async report(name: string) {
      const report = await slo.find(scope, name, null)
      if (report === null) throw new Error(`there is no ${name}`)
      return report
    },
    async series(name: string, kind: SeriesKind, { from = begin - HOUR, to = now, maxPoints = 60 } = {}) {
      const points = await slo.series(scope, await this.report(name), { kind, from: seconds(from), to: seconds(to), maxPoints })
      return points.map(({ value }) => value)
    },
  }
}

const near = (one: number | null | undefined, other: number | null | undefined): boolean =>
  one != null && other != null && Math.abs(one - other) < 1e-9

t.test('what a correction takes out is in no series either, also where it cuts a point', async (t) => {
  const seen = observing([
    defined('cut', counted('m'), {}, [[50, 650]]),
    defined('whole', counted('m'), {}, [[-HOUR, 2 * HOUR]]),
    defined('plain', counted('m')),
  ])
  for (const [offset, good, total] of [
    [65, 0, 100],
    [605, 0, 100],
    [665, 900, 1000],
    [1205, 1000, 1000],
  ] as const) {
    seen.at(offset)
    for (const name of ['cut', 'whole', 'plain']) seen.counters.add('acme', name, { good, total })
  }
  seen.at(1800)
  const { reading, budget } = await seen.report('cut')
  t.match(reading, { ok: true, good: 1900, total: 2000 })
  const remaining = await seen.series('cut', 'REMAINING')
  t.ok(near(remaining.at(-1), budget.remainingRatio), `${remaining.at(-1)} and ${budget.remainingRatio}`)
  t.ok(
    remaining.every((value) => value === null || value > -1e-9),
    'the outage was taken out',
  )
  const bad = (await seen.series('cut', 'BAD')).reduce<number>((sum, value) => sum + (value ?? 0), 0)
  t.equal(bad, 100)
  t.equal(
    (await seen.series('plain', 'BAD')).reduce<number>((sum, value) => sum + (value ?? 0), 0),
    300,
  )
  t.equal((await seen.report('whole')).budget.remainingRatio, null)
  t.ok(
    (await seen.series('whole', 'REMAINING')).every((value) => value === null),
    'nothing is left to judge',
  )
})

t.test('a composite has the series of what its members burn, weighed, and leaves out what was taken out of it', async (t) => {
  const definitions = (corrected: readonly (readonly [number, number])[]) => [
    defined('one', counted('a'), { targetPpm: 900_000 }),
    defined('two', counted('b'), { targetPpm: 990_000 }),
    defined('both', composed(['one', 3], ['two', 1]), { targetPpm: 950_000 }, corrected),
    defined('lost', composed(['one', 1], ['nobody', 1])),
  ]
  const count = (seen: ReturnType<typeof observing>) => {
    for (const [offset, name, good, total] of [
      [605, 'one', 95, 100],
      [665, 'two', 980, 1000],
      [1205, 'one', 400, 400],
      [1265, 'two', 1000, 1000],
    ] as const) {
      seen.at(offset)
      seen.counters.add('acme', name, { good, total })
    }
    seen.at(1800)
    return seen
  }
  const seen = count(observing(definitions([])))
  const { budget } = await seen.report('both')
  // burn rates of 0.1 and 1, weighed 3 to 1
  t.ok(near(budget.consumedRatio, (3 * 0.1 + 1) / 4), String(budget.consumedRatio))
  t.ok(near((await seen.series('both', 'REMAINING')).at(-1), budget.remainingRatio))
  t.ok(
    (await seen.series('both', 'BURN_RATE')).some((value) => near(value, (3 * 0.5) / 4)),
    'the minute in which only the first burns',
  )
  t.equal(
    (await seen.series('both', 'TOTAL')).reduce<number>((sum, value) => sum + (value ?? 0), 0),
    2500,
  )
  t.ok((await seen.series('lost', 'REMAINING')).every((value) => value === null))
  const corrected = count(observing(definitions([[600, 700]])))
  t.match(await corrected.report('both'), { budget: { consumedRatio: 0 } })
  t.ok(near((await corrected.series('both', 'REMAINING')).at(-1), 1))
  t.match((await corrected.report('one')).reading, { good: 495, total: 500 }, 'its members are as they were')
})

t.test('what is budgeted by slices is drawn by slices, and a composite of slices is bad where any member is', async (t) => {
  const seen = observing([
    defined('alone', counted('a'), minutes),
    defined('one', counted('a')),
    defined('two', counted('b')),
    defined('any', composed(['one', 1], ['two', 1]), { ...minutes, targetPpm: 400_000 }),
    defined('worst', composed(['one', 1], ['two', 1]), { ...minutes, budgetingMethod: 'RATIO_TIMESLICES' }),
  ])
  // twenty minutes with traffic: the first fails in minutes 1 to 5, the second half of what it does in minutes 6 to 10
  for (let minute = 1; minute <= 20; minute += 1) {
    seen.at(minute * 60 + 25)
    // what fails is few, so that a share of all events would hardly show it
    const [one, two] = [minute <= 5 ? 1 : 100, minute > 5 && minute <= 10 ? 2 : 100]
    for (const name of ['one', 'alone']) seen.counters.add('acme', name, { good: minute <= 5 ? 0 : one, total: one })
    seen.counters.add('acme', 'two', { good: minute > 5 && minute <= 10 ? 1 : two, total: two })
  }
  seen.at(1800)
  for (const [name, good, total] of [
    ['alone', 15, 20],
    ['any', 10, 20],
    ['worst', 12.5, 20],
  ] as const) {
    const { reading, budget, at } = await seen.report(name)
    t.match(reading, { ok: true, good, total }, `${name} at ${formatNanos(at)}`)
    t.ok(near((await seen.series(name, 'REMAINING')).at(-1), budget.remainingRatio), name)
    const sum = async (kind: SeriesKind, maxPoints: number) =>
      (await seen.series(name, kind, { maxPoints })).reduce<number>((all, value) => all + (value ?? 0), 0)
    for (const maxPoints of [60, 12])
      t.same([await sum('GOOD', maxPoints), await sum('TOTAL', maxPoints)], [good, total], `${name}, ${maxPoints} points`)
  }
})

t.test('what is left in a calendar period is counted from its begin', async (t) => {
  const window = { kind: 'CALENDAR', unit: 'DAY', count: 1, start: formatNanos(seconds(begin + 900 - 86_400)), timeZone: 'UTC' }
  const seen = observing([defined('daily', counted('a'), { window })])
  seen.at(605)
  seen.counters.add('acme', 'daily', { good: 0, total: 100 })
  seen.at(1205)
  seen.counters.add('acme', 'daily', { good: 95, total: 100 })
  seen.at(1800)
  const { budget } = await seen.report('daily')
  t.ok(near(budget.remainingRatio, 0.5))
  const remaining = await seen.series('daily', 'REMAINING', { from: begin, maxPoints: 30 })
  t.ok(near(remaining.at(-1), 0.5), 'the outage was yesterday')
  t.ok(near(remaining[11], -9), 'yesterday it was not')
})
