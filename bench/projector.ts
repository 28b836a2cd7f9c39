// npm run bench -- projector [events]: how fast a log becomes tables, and how much memory that takes. JetStream -> PostgreSQL when NATS_URL
// and DATABASE_URL are set (a server and a database of its own), else only the embedded log -> PGlite.
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type EventLog } from '../src/datasources/log/log.ts'
import { importIntoSqlLog, type ImportedMessage } from '../src/datasources/log/sql-log-import.ts'
import { openJetstreamLog } from '../src/datasources/log/jetstream-log.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { formatDemonTime, systemClock } from '../src/time.ts'
import { eventually } from '../test/support/eventually.ts'
import { startNats } from '../test/support/nats.ts'
import { testProjector } from '../test/support/projecting.ts'
import { createTestDatabase } from '../test/support/sql.ts'
import { bench, owner, readable } from './support/bench.ts'
import { heapBytes } from './support/memory.ts'

const rituals = 40
const openRuns = 500
const epochNs = 1_763_000_000_000_000_000n

/** What one run publishes; every third has a gate with a timer. */
function lifeOf(run: number): object[] {
  const steps = [0, 1, 2, 3].map((step) => ({ event: 'ritual.state.transitioned:v1', fromState: `s${step}`, toState: `s${step + 1}` }))
  const gate = [
    { event: 'approval.requested:v1', gateId: 'go', requester: 'dana@example.com', reason: 'release' },
    { event: 'timer.scheduled:v1', timerId: `run-${run}:approval:go:expiry`, scheduledFor: formatDemonTime(epochNs + BigInt(run)) },
    { event: 'approval.granted:v1', gateId: 'go', approver: 'lee@example.com', note: null },
  ]
  return [
    { event: 'ritual.started:v1', spec: { id: 'bench', version: '1.0.0', initial: 's0', states: { s0: {}, s4: {} } } },
    ...steps,
    ...(run % 3 === 0 ? gate : []),
    { event: 'policy.decision:v1', capability: 'echo', decision: { allowed: true }, quota: { limit: 5, windowSeconds: 60, remaining: 4 } },
    { event: 'ritual.completed:v1', outputs: { result: { success: true, data: { rows: 12 } }, diagnostics: [], metrics: {} } },
  ]
}

/** The events of many runs, interleaved as in a busy system: the same ones every time. */
function* events(count: number): Generator<{ subject: string; payload: Uint8Array }> {
  const open: { run: number; rest: object[] }[] = []
  let next = 0
  let seed = 1
  for (let index = 0; index < count; index += 1) {
    while (open.length < openRuns) open.push({ run: next, rest: lifeOf(next++) })
    seed = (seed * 48_271) % 2_147_483_647
    const at = seed % openRuns
    const { run, rest } = open[at] ?? { run: 0, rest: [] }
    const ritualId = `ritual-${run % rituals}`
    const common = { ts: formatDemonTime(epochNs + BigInt(index) * 1000n), tenantId: 'acme', ritualId, runId: `run-${run}` }
    yield {
      subject: `demon.ritual.v1.acme.${ritualId}.run-${run}.events`,
      payload: Buffer.from(JSON.stringify({ ...common, ...rest.shift() })),
    }
    if (rest.length === 0) open.splice(at, 1)
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / 1_048_576)

async function measure(name: string, sql: Sql, log: EventLog, count: number): Promise<void> {
  const projector = testProjector(sql, log)
  const applied = () => projector.stats()[0]?.applied ?? 0
  const from = performance.now()
  const before = process.cpuUsage()
  const resident: number[] = []
  const held: number[] = []
  projector.start()
  for (const share of [0.25, 0.5, 0.75, 1]) {
    await eventually(() => applied() >= count * share, { withinMs: 600_000, everyMs: 20 })
    resident.push(megabytes(process.memoryUsage().rss))
    held.push(megabytes(heapBytes()))
  }
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(before)
  await projector.stop()
  const { runs } = await sql.one<{ runs: bigint }>('select count(*) as runs from runs')
  console.log(
    `${name}: ${count} events of ${runs} runs in ${seconds.toFixed(1)} s, ${Math.round(count / seconds)} events/s, ${readable((user + system) / count)} µs of CPU of this process an event`,
  )
  console.log(`  MB at 25, 50, 75, 100 %: resident ${resident.join(', ')}; held after a collection ${held.join(', ')}`)
}

async function connected(count: number): Promise<void> {
  const server = await startNats(owner)
  const url = server === null ? null : await createTestDatabase(owner)
  if (server === null || url === null) return
  const sql = openPostgresSql({ url, poolSize: 4, timeoutMs: 20_000 })
  owner.teardown(() => sql.close())
  await migrate(sql)
  const log = await openJetstreamLog({
    url: server.url,
    credsPath: undefined,
    createStreams: true,
    ritualStreamName: undefined,
    timeoutMs: 5000,
  })
  owner.teardown(() => log.close())
  await eventually(async () => (await log.state('scale').catch(() => null)) !== null)
  const connection = await connect({ servers: server.url })
  const js = jetstream(connection)
  let publishing: Promise<unknown>[] = []
  for (const { subject, payload } of events(count)) {
    publishing.push(js.publish(subject, payload))
    if (publishing.length < 1000) continue
    await Promise.all(publishing)
    publishing = []
  }
  await Promise.all(publishing)
  await connection.close()
  await measure('JetStream -> PostgreSQL', sql, log, count)
}

async function embedded(count: number): Promise<void> {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 60_000 })
  owner.teardown(() => sql.close())
  await migrate(sql)
  const messages: ImportedMessage[] = [...events(count)].map((event, index) => ({
    ...event,
    messageId: `bench-${index}`,
    recordedAtNs: epochNs + BigInt(index),
  }))
  await importIntoSqlLog(sql, 'ritual', messages)
  const log = openSqlLog({ sql, clock: systemClock })
  owner.teardown(() => log.close())
  await measure('embedded log -> PGlite', sql, log, count)
}

const count = Number(process.argv[2] ?? 300_000)
await bench(async () => {
  await connected(count)
  await embedded(Math.min(count, 20_000))
})
