// npm run bench -- capacity [--figures FILE]: measures what one process does (or reads it; with PostgreSQL and NATS where
// DATABASE_URL and NATS_URL are set), then plans and simulates growing loads: replicas,
// shards of the log by tenant, lag through bursts and a take-over. docs/capacity.md says how to read it.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { openJetstreamLog } from '../src/datasources/log/jetstream-log.ts'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { systemClock } from '../src/time.ts'
import { eventually } from '../test/support/eventually.ts'
import { type Backing, liveServer, write } from '../test/support/live-server.ts'
import { startNats } from '../test/support/nats.ts'
import { createTestDatabase } from '../test/support/sql.ts'
import { bench, owner, readable } from './support/bench.ts'
import { heapBytes } from './support/memory.ts'
import { type Load, plan, type ProcessFigures, shardRates, simulateShard } from './support/capacity-model.ts'

const timeoutMs = 60_000
const query = '{ runs(first: 20) { nodes { runId status approvals(first: 3) { nodes { gateId state } } } } }'
const eventCounts = { embedded: 2_000, jetstream: 20_000 }
const runs = 400
const readers = 200

/** A database and a broker of its own where real servers are configured, as more than one machine would have them; else what is embedded. */
async function stores(): Promise<Backing> {
  const database = await createTestDatabase(owner)
  const nats = database === null ? null : await startNats(owner)
  const sql =
    database === null ? await openPgliteSql({ dataDir: null, timeoutMs }) : openPostgresSql({ url: database, poolSize: 10, timeoutMs })
  owner.teardown(() => sql.close())
  await migrate(sql)
  if (nats === null) return { name: 'embedded', sql, log: openSqlLog({ sql, clock: systemClock }) }
  const log = await openJetstreamLog({ url: nats.url, credsPath: undefined, createStreams: true, ritualStreamName: undefined, timeoutMs })
  owner.teardown(() => log.close())
  return { name: 'jetstream', sql, log }
}

/** Every run's events in their order, many runs at once. @returns the last sequence */
async function fill({ name, log }: Backing): Promise<bigint> {
  let last = 0n
  for (let step = 0; step < eventCounts[name] / runs; step++) {
    const event = step === 0 ? 'ritual.started:v1' : 'step.done:v1'
    const written = await Promise.all(
      Array.from({ length: runs }, (_, run) => write(log, { ritualId: `ritual-${run % 20}`, runId: `run-${run}`, event })),
    )
    for (const sequence of written) if (sequence > last) last = sequence
  }
  return last
}

/** One process: clients and stores share its machine, so these are the least that one does. */
async function measure(): Promise<ProcessFigures> {
  const backing = await stores()
  console.log(`Stores: ${backing.name === 'jetstream' ? 'PostgreSQL and NATS' : 'embedded'}`)
  const last = await fill(backing)

  const from = performance.now()
  const server = await liveServer(owner, backing)
  await eventually(
    () =>
      server.projected(last).then(
        () => true,
        () => false,
      ),
    { withinMs: 120_000, everyMs: 1 },
  )
  const projectedPerSecond = (eventCounts[backing.name] / (performance.now() - from)) * 1000

  const ask = () => server.app.inject({ method: 'POST', url: '/graphql', payload: { query } })
  for (let index = 0; index < 50; index++) await ask()
  const start = performance.now()
  let asked = 0
  for (; performance.now() - start < 4_000; asked += 4) await Promise.all([ask(), ask(), ask(), ask()])
  const queriesPerSecond = (asked / (performance.now() - start)) * 1000

  const baseMiB = process.memoryUsage().rss / 1_048_576
  const heapBefore = heapBytes()
  let delivered = 0
  const abort = new AbortController()
  const subscribe = async () => {
    const body = JSON.stringify({ query: 'subscription { runEvents { ... on RunEventItem { event { type } } } }' })
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
    const answer = await fetch(`${server.http}/graphql`, { method: 'POST', headers, body, signal: abort.signal })
    for await (const chunk of answer.body ?? [])
      delivered +=
        Buffer.from(chunk as Uint8Array)
          .toString()
          .split('event: next').length - 1
  }
  const streams = Array.from({ length: readers }, () => subscribe().catch(() => undefined))
  while (delivered < readers) await new Promise((resolve) => setTimeout(resolve, 50))
  const subscriptionKiB = (heapBytes() - heapBefore) / 1024 / readers
  const before = delivered
  const begin = performance.now()
  for (let index = 0; index < 100; index++)
    await write(backing.log, { ritualId: 'live', runId: `live-${index}`, event: 'ritual.started:v1' })
  while (delivered - before < readers * 100) await new Promise((resolve) => setTimeout(resolve, 5))
  const deliveriesPerSecond = ((delivered - before) / (performance.now() - begin)) * 1000
  abort.abort()
  await Promise.all(streams)
  return { queriesPerSecond, projectedPerSecond, deliveriesPerSecond, baseMiB, subscriptionKiB }
}

const loads: Readonly<Record<string, Load>> = {
  'a team': { tenants: 5, skew: 1, eventsPerSecond: 20, queriesPerSecond: 30, subscribers: 50, reachPerEvent: 5 },
  'a company': { tenants: 200, skew: 1, eventsPerSecond: 500, queriesPerSecond: 600, subscribers: 2_000, reachPerEvent: 10 },
  'a provider': { tenants: 5_000, skew: 0.8, eventsPerSecond: 10_000, queriesPerSecond: 8_000, subscribers: 50_000, reachPerEvent: 20 },
}

await bench(async () => {
  const { values } = parseArgs({ options: { figures: { type: 'string' } } })
  const figures = values.figures === undefined ? await measure() : (JSON.parse(readFileSync(values.figures, 'utf8')) as ProcessFigures)
  console.log('One process:')
  console.table(Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, readable(Number(value))])))
  console.log('Plans, at 60 % of that:')
  console.table(
    Object.fromEntries(
      Object.entries(loads).map(([name, load]) => {
        const { shards, hottestShard, ...rest } = plan(figures, load)
        const { p99LagSeconds, maxLagSeconds } = simulateShard(Math.max(...shardRates(load, shards)), figures.projectedPerSecond)
        return [
          name,
          {
            ...rest,
            shards,
            hottestShard: readable(hottestShard),
            p99LagSeconds: readable(p99LagSeconds),
            maxLagSeconds: readable(maxLagSeconds),
          },
        ]
      }),
    ),
  )
})
