// npm run bench -- lists [seconds per round] [rounds]: 50 runs with their gates and events over HTTP on loopback: the whole pipeline against bare
// Mercurius + JIT, graphql-yoga and Apollo Server on the same schema and data sources, and against a Fastify route that does the same by hand.
// Each in a process of its own, as servers are; rounds alternate, so that whatever else the machine does falls on all.
import { type Nanos, systemClock } from '../src/time.ts'
import { countingSql } from '../test/support/seeded-reads.ts'
import { sqlAdapters } from '../test/support/sql.ts'
import { bench, median, owner, readable } from './support/bench.ts'
import { type Contender, startContender } from './support/contender.ts'
import { contenderNames, type Ground, orrery } from './support/contenders.ts'
import { groundOn } from './support/ground.ts'
import { type Load, load } from './support/load.ts'
import { nestedList } from './support/nested-list.ts'
import { seedSample } from './support/seed.ts'

const seconds = Number(process.argv[2] ?? 2)
const rounds = Number(process.argv[3] ?? 5)
const connections = 8

const body = JSON.stringify({ query: nestedList(50) })
const headers = { 'content-type': 'application/json', accept: 'application/json' }

const ask = async ({ url }: Pick<Contender, 'url'>): Promise<{ data: unknown; errors?: unknown }> =>
  (await (await fetch(url, { method: 'POST', headers, body })).json()) as { data: unknown; errors?: unknown }

async function compare(title: string, store: string, now: Nanos): Promise<void> {
  const names = ['orrery', 'mercurius', 'hand', 'yoga', 'apollo'] as const
  const [ours, ...others] = await Promise.all(names.map((name) => startContender(name, store, now)))
  if (ours === undefined) throw new Error('nobody to measure')
  const all = [ours, ...others]
  const expected = JSON.stringify((await ask(ours)).data)
  for (const one of all) {
    const { data, errors } = await ask(one)
    if (JSON.stringify(data) !== expected) throw new Error(`${one.name} answers otherwise: ${JSON.stringify(errors ?? data).slice(0, 300)}`)
  }
  const loads = new Map<Contender, Load[]>(all.map((one) => [one, []]))
  for (const { url } of all) await load({ url, body, connections, seconds: 6 })
  for (let round = 0; round < rounds; round++)
    for (const one of all) loads.get(one)?.push(await load({ url: one.url, body, connections, seconds, cpuMicros: one.cpuMicros }))
  const of = (one: Contender, value: (load: Load) => number) => (loads.get(one) ?? []).map(value)
  const ratio = (one: Contender, value: (load: Load) => number) =>
    median(of(ours, value).map((own, round) => own / (of(one, value)[round] ?? NaN)))
  console.log(`\n${title}: ${expected.length} characters an answer, ${connections} connections, ${rounds} rounds of ${seconds} s each`)
  console.table(
    Object.fromEntries(
      all.map((one) => [
        contenderNames[one.name],
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
  await Promise.all(all.map((one) => one.close()))
}

/** How many statements one answer takes, the page being larger or smaller. */
async function countStatements(ground: Ground, statements: string[]): Promise<void> {
  const url = await orrery(ground)
  await ask({ url })
  const counts = []
  for (const size of [5, 20, 50]) {
    const before = statements.length
    await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query: nestedList(size) }) })
    const asked = statements.slice(before).filter((text) => !/projection_watermarks|log_streams|log_messages|select 1/.test(text))
    counts.push(`${asked.length} for ${size} runs`)
  }
  console.log(`statements of one answer with runs, gates and events (probes of freshness aside): ${counts.join(', ')}`)
}

await bench(async () => {
  const now = systemClock.now()
  const adapters = await sqlAdapters(owner)
  for (const { sql } of adapters) {
    await seedSample(sql, now)
    const counting = countingSql(sql)
    await countStatements(await groundOn(counting.sql), counting.statements)
  }
  await compare('answers remembered: the servers alone', 'remembered', now)
  await compare('embedded store (PGlite in its thread)', 'pglite', now)
  for (const { url } of adapters) if (url !== null) await compare('PostgreSQL', url, now)
})
