import fc from 'fast-check'
import tap from 'tap'
import {
  headroom,
  type Load,
  plan,
  type ProcessFigures,
  shardOf,
  shardRates,
  simulateShard,
  tenantRates,
} from '../bench/support/capacity-model.ts'

const figures: ProcessFigures = {
  queriesPerSecond: 500,
  projectedPerSecond: 5_000,
  deliveriesPerSecond: 20_000,
  baseMiB: 150,
  subscriptionKiB: 20,
}
const load: Load = { tenants: 1_000, skew: 0.8, eventsPerSecond: 10_000, queriesPerSecond: 1_000, subscribers: 1_000, reachPerEvent: 1 }

tap.test('no planned shard is hotter than the headroom, and one tenant too large is said so', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 50, max: 500 }),
      fc.integer({ min: 10, max: 20_000 }),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
      (tenants, rate, skew) => {
        const one = plan(figures, { ...load, tenants, eventsPerSecond: rate, skew })
        return one.feasible
          ? one.hottestShard <= headroom || one.shards === 1024
          : (tenantRates({ ...load, tenants, eventsPerSecond: rate, skew })[0] ?? 0) > 3_000
      },
    ),
    { numRuns: 40 },
  )
  t.equal(plan(figures, { ...load, tenants: 1 }).feasible, false)
})

tap.test('a tenant moves only to the shard that is added', async (t) => {
  const moved = Array.from({ length: 2_000 }, (_, index) => [shardOf(`t${index}`, 8), shardOf(`t${index}`, 9)] as const).filter(
    ([a, b]) => a !== b,
  )
  t.ok(moved.every(([, to]) => to === 8))
  t.ok(moved.length > 130 && moved.length < 320, `${moved.length} of 2000 moved`)
  const total = shardRates(load, 7).reduce((sum, rate) => sum + rate, 0)
  t.ok(Math.abs(total - load.eventsPerSecond) < 1e-6)
})

tap.test('replicas follow the tightest limit', async (t) => {
  t.match(plan(figures, { ...load, queriesPerSecond: 3_000 }), { apiReplicas: 10, why: 'queries' })
  t.match(plan(figures, { ...load, subscribers: 100_000 }), { why: 'memory of subscriptions' })
  t.match(plan(figures, { ...load, eventsPerSecond: 1, queriesPerSecond: 1, subscribers: 1 }), { apiReplicas: 2, why: 'one may be away' })
})

tap.test('at the headroom bursts and a take-over are caught up with; beyond it the lag grows', async (t) => {
  const within = simulateShard(1_000, 5_000)
  t.ok(within.p50LagSeconds < 1 && within.maxLagSeconds < 15, JSON.stringify(within))
  t.ok(simulateShard(6_000, 5_000).maxLagSeconds > 60)
})
