// npm run bench -- lists [seconds per round] [rounds]: 50 runs with their gates and events over HTTP on loopback: the whole pipeline against bare
// Mercurius + JIT, graphql-yoga and Apollo Server on the same schema and data sources, and against a Fastify route that does the same by hand.
// Rounds alternate, so that whatever else the machine does falls on all; the client has a thread of its own.
import { type DataSources } from '../src/datasources/index.ts'
import { type PageRequest } from '../src/datasources/page.ts'
import { approvalId, runEventId, runId } from '../src/resolvers/node-ids.ts'
import { formatNanos } from '../src/time.ts'
import { countingSql } from '../test/support/seeded-reads.ts'
import { sqlAdapters } from '../test/support/sql.ts'
import { bench, median, owner, readable } from './support/bench.ts'
import { apollo, bareMercurius, buildSchema, type Contender, type Ground, handWritten, orrery, yoga } from './support/contenders.ts'
import { groundOn, remembered, tenantId } from './support/ground.ts'
import { type Load, load } from './support/load.ts'
import { nestedList } from './support/nested-list.ts'
import { seedSample } from './support/seed.ts'

const seconds = Number(process.argv[2] ?? 2)
const rounds = Number(process.argv[3] ?? 5)
const connections = 8

const body = JSON.stringify({ query: nestedList(50) })
const headers = { 'content-type': 'application/json', accept: 'application/json' }

const pageOf = (size: number): PageRequest => ({ size, direction: 'FORWARD', cursor: null })

/** The same answer without GraphQL: three reads, put together by hand. */
async function byHand({ runs, approvals }: DataSources): Promise<unknown> {
  const scope = { tenantId }
  const page = await runs.list(scope, {}, 'STARTED_DESC', pageOf(50))
  const keys = page.items.map(({ item }) => item)
  const [gates, events] = await Promise.all([approvals.ofRuns(scope, keys, null, pageOf(3)), runs.eventsOf(scope, keys, null, pageOf(6))])
  return {
    data: {
      runs: {
        nodes: keys.map((run, at) => ({
          id: runId(run),
          ritualId: run.ritualId,
          runId: run.runId,
          status: run.status,
          startedAt: run.startedAt === null ? null : formatNanos(run.startedAt),
          approvals: {
            nodes: gates[at]?.items.map(({ item }) => ({
              id: approvalId(item),
              gateId: item.gateId,
              state: item.state,
              requestedAt: item.requestedAt === null ? null : formatNanos(item.requestedAt),
            })),
          },
          events: {
            nodes: events[at]?.items.map(({ item }) => ({
              id: runEventId(item),
              type: item.type,
              at: formatNanos(item.at),
              sequence: item.sequence.toString(),
            })),
          },
        })),
        pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.items.at(-1)?.cursor ?? null },
      },
    },
  }
}

const ask = async ({ url }: Contender): Promise<{ data: unknown; errors?: unknown }> =>
  (await (await fetch(url, { method: 'POST', headers, body })).json()) as { data: unknown; errors?: unknown }

async function compare(title: string, ground: Ground): Promise<void> {
  const schema = buildSchema()
  const ours = await orrery(ground)
  const all = [
    ours,
    await bareMercurius(ground, schema),
    await handWritten(() => byHand(ground.dataSources)),
    await yoga(ground, schema),
    await apollo(ground, schema),
  ]
  const expected = JSON.stringify((await ask(ours)).data)
  for (const one of all) {
    const { data, errors } = await ask(one)
    if (JSON.stringify(data) !== expected) throw new Error(`${one.name} answers otherwise: ${JSON.stringify(errors ?? data).slice(0, 300)}`)
  }
  const loads = new Map<Contender, Load[]>(all.map((one) => [one, []]))
  for (const { url } of all) await load({ url, body, connections, seconds: 1 })
  for (let round = 0; round < rounds; round++)
    for (const one of all) loads.get(one)?.push(await load({ url: one.url, body, connections, seconds }))
  const of = (one: Contender, value: (load: Load) => number) => (loads.get(one) ?? []).map(value)
  const ratio = (one: Contender, value: (load: Load) => number) =>
    median(of(ours, value).map((own, round) => own / (of(one, value)[round] ?? NaN)))
  console.log(`\n${title}: ${expected.length} characters an answer, ${connections} connections, ${rounds} rounds of ${seconds} s each`)
  console.table(
    Object.fromEntries(
      all.map((one) => [
        one.name,
        {
          'requests/s': readable(median(of(one, ({ perSecond }) => perSecond))),
          'p50 ms': readable(median(of(one, ({ p50Ms }) => p50Ms))),
          'CPU ms a request': readable(median(of(one, ({ cpuMs }) => cpuMs))),
          'Orrery x its rate': readable(ratio(one, ({ perSecond }) => perSecond)),
          'by CPU': readable(1 / ratio(one, ({ cpuMs }) => cpuMs)),
        },
      ]),
    ),
  )
}

/** How many statements one answer takes, the page being larger or smaller. */
async function countStatements(ground: Ground, statements: string[]): Promise<void> {
  const ours = await orrery(ground)
  await ask(ours)
  const counts = []
  for (const size of [5, 20, 50]) {
    const before = statements.length
    await fetch(ours.url, { method: 'POST', headers, body: JSON.stringify({ query: nestedList(size) }) })
    const asked = statements.slice(before).filter((text) => !/projection_watermarks|log_streams|log_messages|select 1/.test(text))
    counts.push(`${asked.length} for ${size} runs`)
  }
  console.log(`statements of one answer with runs, gates and events (probes of freshness aside): ${counts.join(', ')}`)
}

await bench(async () => {
  for (const { name, sql } of await sqlAdapters(owner)) {
    await seedSample(sql)
    const ground = await groundOn(sql)
    const counting = countingSql(sql)
    await countStatements(await groundOn(counting.sql), counting.statements)
    if (name === 'pglite')
      await compare('answers remembered: the servers alone', { ...ground, dataSources: remembered(ground.dataSources) })
    await compare(name === 'pglite' ? 'embedded store (PGlite in its thread)' : 'PostgreSQL', ground)
  }
})
