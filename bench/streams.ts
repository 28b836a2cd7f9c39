// npm run bench -- streams [subscribers]: streams inside the server, without sockets: 10,000 readers of one stream who share its execution against as many
// who cannot; what a reader keeps in memory; finding the readers of an event among as many filters.
import { compileFilter, type EventFilter } from '../src/domain-events/filter.ts'
import { createFilterIndex } from '../src/domain-events/filter-index.ts'
import { ritualDomainEvent } from '../src/domain-events/ritual-family.ts'
import { type LogMessage } from '../src/datasources/log/log.ts'
import { parseRitualEvent } from '../src/projections/events.ts'
import { runId } from '../src/resolvers/node-ids.ts'
import { systemClock } from '../src/time.ts'
import { eventually } from '../test/support/eventually.ts'
import { bench, closeAll, median, quantile, readable } from './support/bench.ts'
import { orreryLive, subjectOf, tenantId } from './support/broadcasters.ts'
import { heapBytes } from './support/memory.ts'
import { read } from './support/reader.ts'

const subscribers = Number(process.argv[2] ?? 10_000)
const roomy = { MAX_SUBSCRIPTIONS_PER_TENANT: '100000', GRAPHQL_MAX_COST: '100000' }
const viewerSettings = { DEFAULT_TENANT: tenantId }

const selection = '{ runEvents { ... on RunEventItem { cursor event { id type at sequence } } ... on StreamPhase { phase } } }'

async function fanOut(name: string, queryOf: (reader: number) => string): Promise<Record<string, string | number>> {
  const { server, publish } = await orreryLive({ ...roomy, ...viewerSettings })
  const latencies: number[] = []
  let live = 0
  let got = 0
  let sentAt = 0
  const take = (text: string) => {
    if (text.includes('"phase"')) return void (live += text.includes('LIVE') ? 1 : 0)
    got += 1
    latencies.push(performance.now() - sentAt)
  }
  const before = heapBytes()
  for (let reader = 0; reader < subscribers; reader++) await read(server, queryOf(reader), take)
  await eventually(() => live === subscribers, { withinMs: 120_000 })
  const each = (heapBytes() - before) / subscribers / 1024
  const events = 10
  const cpu: number[] = []
  for (let event = -2; event < events; event++) {
    const wanted = got + subscribers
    const from = process.cpuUsage()
    if (event === 0) latencies.length = 0
    sentAt = performance.now()
    publish('bench.tick:v1')
    await eventually(() => got >= wanted, { withinMs: 120_000, everyMs: 1 })
    const { user, system } = process.cpuUsage(from)
    if (event >= 0) cpu.push((user + system) / 1000)
  }
  await closeAll()
  return {
    readers: name,
    'CPU ms an event': readable(median(cpu)),
    'µs a reader': readable((median(cpu) * 1000) / subscribers),
    'p50 ms': readable(median(latencies)),
    'p99 ms': readable(quantile(latencies, 0.99)),
    'KiB a reader': readable(each),
  }
}

const eventOf = (run: number, type: string) => {
  const message: LogMessage = {
    stream: 'ritual',
    sequence: BigInt(run + 1),
    subject: subjectOf(`run-${run}`),
    messageId: null,
    recordedAtNs: systemClock.now(),
    payload: Buffer.from(
      JSON.stringify({ event: type, ts: new Date().toISOString(), gateId: `gate-${run % 100}`, note: 'who reads this' }),
    ),
  }
  const parsed = parseRitualEvent(message)
  if (!parsed.readable) throw new Error(parsed.reason)
  return ritualDomainEvent(parsed)
}

const runOf = (number: number): string => runId({ system: 'DEMON', tenantId, ritualId: 'nightly', runId: `run-${number}` })

/** Filters as people make them: of a run, of types, of labels, of a text, and combined. */
const filterOf = (number: number): EventFilter => {
  switch (number % 5) {
    case 0:
      return { runId: runOf(number) }
    case 1:
      return { types: [`custom.type-${number % 500}:v1`], severityAtLeast: 'WARNING' }
    case 2:
      return { labels: [`gate=gate-${number % 100}`], text: `needle-${number}` }
    case 3:
      return { text: `needle-${number}` }
    default:
      return { any: [{ runId: runOf(number) }, { all: [{ domains: ['APPROVALS'] }, { text: `note ${number}` }] }] }
  }
}

function matching(): void {
  const index = createFilterIndex<number>()
  const filters = Array.from({ length: subscribers }, (_, number) => compileFilter(filterOf(number)))
  for (const [number, filter] of filters.entries()) index.add(tenantId, filter, number)
  const events = Array.from({ length: 2000 }, (_, number) =>
    eventOf(number * 5, number % 2 === 0 ? 'ritual.failed:v1' : 'approval.requested:v1'),
  )
  let found = 0
  for (const event of events.slice(0, 200)) index.visit(event, () => found++)
  found = 0
  const asked = index.stats().evaluations
  const from = process.cpuUsage()
  for (const event of events) index.visit(event, () => found++)
  const { user, system } = process.cpuUsage(from)
  const some = events.slice(0, 20)
  const slowly = process.cpuUsage()
  let expected = 0
  for (const event of some) for (const filter of filters) if (filter.matches(event)) expected += 1
  const alone = process.cpuUsage(slowly)
  console.log(
    `an event against ${subscribers} filters (${index.stats().filters} different): ${readable((user + system) / events.length)} µs of CPU, ` +
      `${readable((index.stats().evaluations - asked) / events.length)} filters asked, ${readable(found / events.length)} found; ` +
      `asking each (${readable(expected / some.length)} found): ${readable((alone.user + alone.system) / some.length)} µs`,
  )
}

await bench(async () => {
  console.table([
    await fanOut('share one execution', () => `subscription ${selection}`),
    await fanOut('one execution each', (reader) => `subscription Reader${reader} ${selection}`),
  ])
  matching()
})
