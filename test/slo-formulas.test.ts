import fc from 'fast-check'
import t from 'tap'
import { nextAlert, nextStatus } from '../src/datasources/slo/alert-rules.ts'
import { createCounters } from '../src/datasources/slo/counters.ts'
import {
  burnRateOf,
  consumedOf,
  countSlices,
  detectionSeconds,
  eventsNeeded,
  exhaustionSeconds,
  factorOf,
  isMet,
  maxBurnRate,
  nearestRank,
  remainingOf,
  shareOf,
  sliOf,
  wilson,
} from '../src/datasources/slo/formulas.ts'
import { type BurnTier, type SloDefinition } from '../src/datasources/slo/slo.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { capGroups } from '../src/datasources/slo/sli-source.ts'
import { standardTiers, tierRules } from '../src/datasources/slo/tiers.ts'
import { parseDuration, periodOf, without } from '../src/datasources/slo/windows.ts'
import { parseNanos, formatNanos } from '../src/time.ts'

const ppm = fc.integer({ min: 1, max: 999_999 })
const counts = fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000)).map(([good, bad]) => ({ good, total: good + bad }))
const near = (one: number, other: number): boolean => Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one), Math.abs(other))

t.test(
  'consumed and remaining are one; the burn over the whole window is what is consumed; more bad events never raise what remains',
  async () => {
    fc.assert(
      fc.property(counts, ppm, fc.nat(1000), ({ good, total }, target, more) => {
        const consumed = consumedOf(good, total, target)
        const remaining = remainingOf(good, total, target)
        if (total === 0) return consumed === null && remaining === null && sliOf(good, total) === null
        if (consumed === null || remaining === null) return false
        const worse = remainingOf(good, total + more, target) ?? 1
        return (
          near(consumed + remaining, 1) &&
          near(burnRateOf(good, total, target) ?? NaN, consumed) &&
          worse <= remaining + 1e-9 &&
          isMet(good, total, target) === good * 1e6 >= target * total
        )
      }),
    )
  },
)

t.test('the figures of the contract', async (t) => {
  t.same(wilson(9999, 10_000) && [wilson(9999, 10_000)?.low.toFixed(5), wilson(9999, 10_000)?.high.toFixed(5)], ['0.99943', '0.99998'])
  t.same([wilson(10, 10)?.low.toFixed(3), wilson(10, 10)?.high.toFixed(0)], ['0.722', '1'])
  t.equal(Math.round(maxBurnRate(999_000)), 1000)
  t.equal(maxBurnRate(900_000), 10)
  const rules = (days: number, target: number) => tierRules(null, days * 86_400, target)
  t.same(
    rules(30, 999_000).map(({ factor }) => Number(factor.toFixed(3))),
    [14.4, 6, 3, 1],
  )
  t.same(
    rules(28, 999_000).map(({ factor }) => Number(factor.toFixed(3))),
    [13.44, 5.6, 2.8, 0.933],
  )
  t.same(
    rules(7, 999_000).map(({ factor }) => Number(factor.toFixed(2))),
    [14.4, 6, 3, 1],
    'the windows shrink instead',
  )
  t.same(
    rules(30, 999_000).map((rule) => rule.eventsNeeded),
    [70, 167, 334, 1000],
  )
  t.same(
    rules(30, 950_000).map((rule) => rule.eventsNeeded),
    [2, 4, 7, 20],
  )
  t.same(
    rules(30, 999_000).map((rule) => Math.round(rule.detectionSeconds ?? 0)),
    [52, 130, 259, 259],
  )
  t.equal(rules(30, 900_000)[0]?.reachable, false, 'nothing burns 14.4 times at 90 %')
  t.equal(detectionSeconds(3600, 14.4, 900_000), null)
  t.equal(eventsNeeded(2, 999_000), 500)
  t.equal(exhaustionSeconds(2_592_000, 1, 2), 1_296_000)
  t.equal(exhaustionSeconds(2_592_000, -0.1, 2), null)
  t.equal(exhaustionSeconds(2_592_000, 0.5, 0), null)
  fc.assert(
    fc.property(
      fc.integer({ min: 60, max: 1e7 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (P, long, share) => near(shareOf(factorOf(share, long, P), long, P), share),
    ),
  )
  t.ok(standardTiers(3600).length >= 1, 'the slowest tier always stays')
})

t.test('the percentile and the ratio are the same claim', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 1000 }),
      (values, threshold) => {
        const share = values.filter((value) => value <= threshold).length
        return (nearestRank(values, 0.95) ?? 0) <= threshold === isMet(share, values.length, 950_000)
      },
    ),
  )
})

t.test('never a mean of ratios: a day with one busy hour', async (t) => {
  const slices = [
    ...Array.from({ length: 276 }, () => ({ good: 10, total: 10 })),
    ...Array.from({ length: 12 }, () => ({ good: 9800, total: 10_000 })),
  ]
  const good = slices.reduce((sum, slice) => sum + slice.good, 0)
  const total = slices.reduce((sum, slice) => sum + slice.total, 0)
  t.ok(1 - (sliOf(good, total) ?? 0) > 0.019)
  t.same(countSlices([...slices, null, { good: 0, total: 0 }], 990_000), { good: 276, total: 288 }, 'gaps and silence are no slices')
})

const definition = (measure: string): SloDefinition => ({
  ...parseSpec({
    name: measure,
    service: 's',
    targetPpm: 990_000,
    window: { kind: 'ROLLING', seconds: 3600 },
    indicator: { source: 'COUNTERS', kind: 'RATIO', measure },
  }),
  ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'x', corrections: [] },
})

t.test('a stream split over two processes gives the counts of one, and counts what was counted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ wait: fc.nat(40), good: fc.boolean(), left: fc.boolean() }), { maxLength: 200 }),
      async (events) => {
        let at = 1_800_000_000
        const make = () => {
          const counters = createCounters({ now: () => at })
          counters.define([definition('m')])
          return counters
        }
        const [whole, left, right] = [make(), make(), make()]
        for (const { wait, good, left: isLeft } of events) {
          at += wait
          whole.record('m', { good })
          ;(isLeft ? left : right).record('m', { good })
        }
        const read = async (counters: typeof whole) => {
          const [reading] = await counters.measure([
            { slo: definition('m'), from: BigInt(at - 3000) * 1_000_000_000n, to: BigInt(at + 1) * 1_000_000_000n, wantCoverage: true },
          ])
          return reading?.ok === true ? reading : { good: 0, total: 0 }
        }
        const [all, one, other] = [await read(whole), await read(left), await read(right)]
        return near(all.good, one.good + other.good) && near(all.total, one.total + other.total)
      },
    ),
    { numRuns: 50 },
  )
})

t.test('windows: durations are read or refused, calendars follow the zone, corrections cut', async (t) => {
  t.equal(parseDuration('5m'), 300)
  for (const bad of ['', '5', 'm', '0h', '1.5h', '5 m', '-1d', '1y']) t.throws(() => parseDuration(bad))
  const at = (text: string) => parseNanos(text) ?? 0n
  const month = { kind: 'CALENDAR', unit: 'MONTH', count: 1, start: '2026-01-01T00:00:00+01:00', timeZone: 'Europe/Berlin' } as const
  const { from, end } = periodOf(month, at('2026-07-15T12:00:00Z'))
  t.equal(formatNanos(from), '2026-06-30T22:00:00Z', 'summer time')
  t.equal(formatNanos(end), '2026-07-31T22:00:00Z')
  t.same(
    without({ from: 0n, to: 10n }, [
      { startsAt: 2n, endsAt: 4n },
      { startsAt: 3n, endsAt: 5n },
      { startsAt: 9n, endsAt: 20n },
    ]),
    [
      { from: 0n, to: 2n },
      { from: 5n, to: 9n },
    ],
  )
})

const tier = (long: number | null, short: number | null, events: number | null): BurnTier => ({
  ...{
    name: 'x',
    severity: 'page',
    factor: 10,
    budgetShare: 0.02,
    reachable: true,
    guarded: (events ?? 0) < 5,
    eventsNeeded: 5,
    detectionSeconds: 1,
    state: 'INACTIVE',
    since: null,
  },
  long: { seconds: 3600, burnRate: long, events },
  short: { seconds: 300, burnRate: short, events },
})

t.test('an alert waits, fires, freezes while nobody can measure, and ends only when it was clear for some time', async (t) => {
  const rules = { holdSeconds: 20, clearSeconds: 60 }
  const second = 1_000_000_000n
  t.equal(nextAlert(null, tier(20, 5, 100), 0, 0n, rules), null, 'both windows must burn')
  t.equal(nextAlert(null, tier(20, 20, 4), 0, 0n, rules), null, 'one bad event is held back')
  const pending = nextAlert(null, tier(20, 20, 100), 120, 0n, rules)
  t.match(pending, { state: 'PENDING' })
  t.match(nextAlert(pending, tier(20, 20, 100), 120, 60n * second, rules), { state: 'PENDING' })
  const firing = nextAlert(pending, tier(20, 20, 100), 120, 120n * second, rules)
  t.match(firing, { state: 'FIRING' })
  t.equal(nextAlert(firing, tier(null, null, null), 120, 9999n * second, rules), firing, 'frozen')
  t.equal(nextAlert(firing, tier(9.5, 9.5, 100), 120, 9999n * second, rules), firing, 'on the edge it neither fires nor ends')
  const clearing = nextAlert(firing, tier(1, 1, 100), 120, 200n * second, rules)
  t.match(clearing, { state: 'FIRING', clearSince: 200n * second })
  t.match(nextAlert(clearing, tier(20, 20, 100), 120, 230n * second, rules), { state: 'FIRING', clearSince: null })
  t.equal(nextAlert(clearing, tier(1, 1, 100), 120, 260n * second, rules), null)
  const known = nextStatus(null, 'MEETING', 0n, rules).state
  const seen = nextStatus(known, 'AT_RISK', 10n * second, rules)
  t.equal(seen.changed, false)
  t.equal(nextStatus(seen.state, 'MEETING', 12n * second, rules).state.candidate, null, 'a flicker is not told')
  t.match(nextStatus(seen.state, 'AT_RISK', 31n * second, rules), { changed: true, left: 'MEETING', state: { status: 'AT_RISK' } })
})

t.test('groups are capped, and what does not fit is one group', async (t) => {
  const groups = capGroups(
    Array.from({ length: 1500 }, (_, index) => ({ labels: { route: String(index) }, overflow: false, good: 1, total: index + 1 })),
  )
  t.equal(groups.length, 1001)
  t.match(groups.at(-1), { overflow: true, good: 500 })
})
