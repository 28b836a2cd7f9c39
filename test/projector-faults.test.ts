import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { isAppError } from '../src/errors.ts'
import { type EventLog } from '../src/datasources/log/log.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { rebuild } from '../src/projections/rebuild.ts'
import { packageRoot } from '../src/root.ts'
import { systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { openTestJetstream } from './support/logs.ts'
import { type NatsServer, startNats } from './support/nats.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { caughtUp, dumpTables, silent, testProjector } from './support/projecting.ts'

const runs = 20
const eventOf = (index: number) => {
  const run = `run-${index % runs}`
  const ts = new Date(1_763_000_000_000 + index).toISOString()
  const types = [
    { event: 'ritual.started:v1', spec: {} },
    { event: 'approval.requested:v1', gateId: `g-${Math.floor(index / runs / 4)}`, requester: 'dana', reason: 'r' },
    { event: 'ritual.state.transitioned:v1', fromState: 'a', toState: 'b' },
    { event: 'approval.granted:v1', gateId: `g-${Math.floor(index / runs / 4)}`, approver: 'lee' },
  ]
  return {
    subject: `demon.ritual.v1.acme.rollout.${run}.events`,
    payload: Buffer.from(JSON.stringify({ ts, index, ...types[Math.floor(index / runs) % 4] })),
  }
}

/** Keeps writing until told to stop, repeating what was not acknowledged under its message id; gives how many it wrote. */
function writeOn(log: EventLog): { stop(): Promise<number>; written(): number } {
  let going = true
  let index = 0
  const writing = (async () => {
    while (going) {
      const { subject, payload } = eventOf(index)
      try {
        await log.append(subject, payload, { messageId: `load-${index}` })
        index += 1
      } catch (error) {
        if (!isAppError(error)) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  })()
  return {
    written: () => index,
    async stop() {
      going = false
      await writing
      return index
    },
  }
}

interface Private {
  readonly nats: NatsServer
  readonly postgres: PostgresServer
  readonly sql: Sql
  readonly log: EventLog
}

async function privateServers(t: Test): Promise<Private | null> {
  const nats = await startNats(t)
  const postgres = nats === null ? null : await startPostgres(t)
  if (nats === null || postgres === null) return null
  const sql = openPostgresSql({ url: postgres.url, poolSize: 4, timeoutMs: 5000 })
  t.teardown(() => sql.close())
  await migrate(sql)
  const log = await openTestJetstream(t, nats)
  await eventually(async () => (await log.state('scale').catch(() => null)) !== null)
  return { nats, postgres, sql, log }
}

/** Every event that was acknowledged is in the tables once, and a replay of the whole log gives the same tables. */
async function nothingLostNothingTwice(t: Test, { sql, log }: Private, written: number): Promise<void> {
  await eventually(() =>
    log.ping(1000).then(
      () => true,
      () => false,
    ),
  )
  await caughtUp(sql, log, 30_000)
  const { events, distinct } = await sql.one<{ events: bigint; distinct: bigint }>(
    `select count(*) as events, count(distinct payload) as distinct from run_events`,
  )
  t.same([Number(events), Number(distinct)], [written, written])
  const { counted } = await sql.one<{ counted: bigint }>('select sum(runs)::bigint as counted from ritual_counts')
  t.equal(Number(counted), Math.min(runs, written))
  const before = await dumpTables(sql)
  await rebuild({ sql, log, clock: systemClock, logger: silent, standbyMs: 50 })
  t.same(await dumpTables(sql), before)
}

function startProcess(t: Test, { postgres, nats }: Private): { child: ChildProcess; isActive: () => boolean; lost: () => boolean } {
  const program = join(packageRoot, 'build', 'test', 'support', 'projector-process.js')
  const child = spawn(process.execPath, [program, postgres.url, nats.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text: Buffer) => (said += text.toString()))
  t.teardown(() => void child.kill('SIGKILL'))
  return {
    child,
    isActive: () => said.includes('projector: this process leads'),
    lost: () => said.includes('projector: this process lost its lock'),
  }
}

test(
  'a projector that is killed is followed by another, and the tables are as if nothing had happened',
  { timeout: 120_000 },
  async (t) => {
    const servers = await privateServers(t)
    if (servers === null) return
    const load = writeOn(servers.log)
    const first = startProcess(t, servers)
    await eventually(first.isActive)
    const second = startProcess(t, servers)
    const mark = async () =>
      (await servers.sql.maybeOne<{ sequence: bigint }>(`select sequence from projection_watermarks where projection = 'runs'`))
        ?.sequence ?? 0n
    await eventually(async () => (await mark()) > 200n)
    t.equal(second.isActive(), false)
    const exit = once(first.child, 'exit')
    first.child.kill('SIGKILL')
    await exit
    await eventually(second.isActive, { withinMs: 30_000 })
    const reached = await mark()
    await eventually(async () => (await mark()) > reached, { withinMs: 30_000 })
    await nothingLostNothingTwice(t, servers, await load.stop())
  },
)

test(
  'a projector that hangs, its connections open, is followed by another; it applies nothing twice when it wakes',
  { timeout: 180_000 },
  async (t) => {
    const servers = await privateServers(t)
    if (servers === null) return
    const load = writeOn(servers.log)
    const first = startProcess(t, servers)
    await eventually(first.isActive, { withinMs: 30_000 })
    const second = startProcess(t, servers)
    const mark = async () =>
      (await servers.sql.maybeOne<{ sequence: bigint }>(`select sequence from projection_watermarks where projection = 'runs'`))
        ?.sequence ?? 0n
    await eventually(async () => (await mark()) > 100n, { withinMs: 30_000 })
    first.child.kill('SIGSTOP')
    const written = await load.stop()
    await eventually(second.isActive, { withinMs: 60_000 })
    // though the first may hold rows of a transaction that it was in the middle of
    await caughtUp(servers.sql, servers.log, 60_000)
    first.child.kill('SIGCONT')
    await eventually(first.lost, { withinMs: 30_000 })
    await nothingLostNothingTwice(t, servers, written)
  },
)

test(
  'log and store killed in turn and together under load lose nothing, repeat nothing, and it recovers by itself',
  { timeout: 180_000 },
  async (t) => {
    const servers = await privateServers(t)
    if (servers === null) return
    const { nats, postgres, sql, log } = servers
    const projector = testProjector(sql, log, { batchMessages: 25 })
    projector.start()
    t.teardown(() => projector.stop())
    const load = writeOn(log)
    const applied = () => projector.stats()[0]?.applied ?? 0
    const moves = async (what: string) => {
      const before = applied()
      await eventually(() => applied() > before, { withinMs: 30_000 })
      t.pass(`projects on after ${what}`)
    }
    await eventually(() => applied() > 100)
    await nats.restart()
    await moves('a restart of the log')
    await postgres.restart()
    await moves('a restart of the store')
    await Promise.all([nats.restart(), postgres.restart()])
    await moves('a restart of both')
    nats.pause()
    await new Promise((resolve) => setTimeout(resolve, 500))
    nats.resume()
    await moves('a pause of the log')
    const written = await load.stop()
    await caughtUp(sql, log, 30_000)
    await projector.stop()
    await nothingLostNothingTwice(t, servers, written)
  },
)
