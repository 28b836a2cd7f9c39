/** What one process on one core does; measured by `npm run bench -- capacity`. */
export interface ProcessFigures {
  /** Lists of 20 runs with their gates, per second. */
  readonly queriesPerSecond: number
  /** Events that the active projector applies, per second. */
  readonly projectedPerSecond: number
  /** Results that are written to subscribers, per second. */
  readonly deliveriesPerSecond: number
  /** Memory of a process before anybody subscribes, in MiB. */
  readonly baseMiB: number
  /** Memory of one idle subscription, in KiB. */
  readonly subscriptionKiB: number
}

export interface Load {
  readonly tenants: number
  /** Share of the largest tenant falls with this exponent (Zipf); 0 = all alike. */
  readonly skew: number
  readonly eventsPerSecond: number
  readonly queriesPerSecond: number
  readonly subscribers: number
  /** Subscribers that an event reaches on average. */
  readonly reachPerEvent: number
}

export interface Plan {
  readonly apiReplicas: number
  readonly why: string
  readonly shards: number
  /** Share of a shard's capacity that the hottest one uses on average. */
  readonly hottestShard: number
  /** False where one tenant alone is more than a projector can do: then no number of shards helps. */
  readonly feasible: boolean
  readonly rowsPerDay: number
}

/** No process is planned above this share of what it can do. */
export const headroom = 0.6
const memoryLimitMiB = 1024

/** Events per second of each tenant, the largest first. */
export function tenantRates({ tenants, skew, eventsPerSecond }: Load): number[] {
  const weights = Array.from({ length: tenants }, (_, index) => (index + 1) ** -skew)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => (weight / total) * eventsPerSecond)
}

function hash(text: string): number {
  let value = 2_166_136_261
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 16_777_619)
  // FNV leaves neighbours near to each other
  value ^= value >>> 16
  value = Math.imul(value, 2_246_822_507)
  return (value ^ (value >>> 13)) >>> 0
}

/** The shard of a tenant by rendezvous hashing: another shard takes only its own share of tenants away, and moves no other. */
export function shardOf(tenant: string, shards: number): number {
  let best = 0
  let most = -1
  for (let shard = 0; shard < shards; shard++) {
    const weight = hash(`${shard}/${tenant}`)
    if (weight > most) [best, most] = [shard, weight]
  }
  return best
}

export function shardRates(load: Load, shards: number): number[] {
  const rates = Array.from({ length: shards }, () => 0)
  tenantRates(load).forEach((rate, index) => {
    const shard = shardOf(`tenant-${index}`, shards)
    rates[shard] = (rates[shard] ?? 0) + rate
  })
  return rates
}

/** How many of what a load needs, and which limit decides. */
export function plan(figures: ProcessFigures, load: Load): Plan {
  const needs: [string, number][] = [
    ['queries', load.queriesPerSecond / (figures.queriesPerSecond * headroom)],
    ['deliveries', (load.eventsPerSecond * load.reachPerEvent) / (figures.deliveriesPerSecond * headroom)],
    ['memory of subscriptions', (load.subscribers * figures.subscriptionKiB) / 1024 / (memoryLimitMiB * headroom - figures.baseMiB)],
    ['one may be away', 1.5],
  ]
  const [why, most] = needs.reduce((max, need) => (need[1] > max[1] ? need : max))
  const [largest = 0] = tenantRates(load)
  const feasible = largest <= figures.projectedPerSecond * headroom
  let shards = Math.max(1, Math.ceil(load.eventsPerSecond / (figures.projectedPerSecond * headroom)))
  // tenants do not spread evenly: more shards until the hottest one has room
  while (feasible && shards < 1024 && Math.max(...shardRates(load, shards)) > figures.projectedPerSecond * headroom) shards++
  return {
    apiReplicas: Math.ceil(most),
    why,
    shards,
    hottestShard: Math.max(...shardRates(load, shards)) / figures.projectedPerSecond,
    feasible,
    rowsPerDay: Math.round(load.eventsPerSecond * 86_400),
  }
}

export interface Simulated {
  readonly p50LagSeconds: number
  readonly p99LagSeconds: number
  readonly maxLagSeconds: number
}

/**
 * Ten minutes of one shard, second by second: arrivals with bursts (four times the mean for 10 s of every minute, the mean kept), service at the
 * measured rate, and in the middle a worker that dies: nobody projects for `takeOverSeconds`.
 */
export function simulateShard(eventsPerSecond: number, projectedPerSecond: number, takeOverSeconds = 5): Simulated {
  const seconds = 600
  const quiet = eventsPerSecond * ((60 - 40) / 50)
  let random = 42
  const jitter = () => {
    random = (random * 48_271) % 2_147_483_647
    return 0.8 + (0.4 * random) / 2_147_483_647
  }
  const lags: number[] = []
  let backlog = 0
  for (let second = 0; second < seconds; second++) {
    backlog += (second % 60 < 10 ? eventsPerSecond * 4 : quiet) * jitter()
    const isDown = second >= 300 && second < 300 + takeOverSeconds
    backlog = Math.max(0, backlog - (isDown ? 0 : projectedPerSecond))
    lags.push(backlog / projectedPerSecond + (isDown ? 300 + takeOverSeconds - second : 0))
  }
  const sorted = [...lags].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50LagSeconds: at(0.5), p99LagSeconds: at(0.99), maxLagSeconds: at(1) }
}
