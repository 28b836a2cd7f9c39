// npm run bench -- start [times]: from the command to the line that says where it is, for a first embedded start with its sample data, later ones, and
// connected ones; and the memory of each process when it has been left alone for a while.
import { readFileSync } from 'node:fs'
import { eventually } from '../test/support/eventually.ts'
import { startNats } from '../test/support/nats.ts'
import { isReady, type Serving, serve, temporaryFolder } from '../test/support/program.ts'
import { createTestDatabase } from '../test/support/sql.ts'
import { bench, elapsedMs, median, owner, readable } from './support/bench.ts'

const times = Number(process.argv[2] ?? 3)
const idleMs = 10_000

interface Started {
  readonly upMs: number
  readonly readyMs: number
  readonly idleMb: number
  readonly cpuMs: number
}

const statusOf = (server: Serving): string => readFileSync(`/proc/${server.child.pid}/status`, 'utf8')
const residentMb = (server: Serving): number => Number(/VmRSS:\s+(\d+)/.exec(statusOf(server))?.[1]) / 1024

/** User and system time of the process so far; a tick is 10 ms. */
const cpuMs = (server: Serving): number => {
  const [user, system] = readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? []
  return (Number(user) + Number(system)) * 10
}

async function measure(env: Readonly<Record<string, string>>): Promise<Started> {
  const from = performance.now()
  const server = await serve(owner, [], env)
  const upMs = performance.now() - from
  const readyMs = upMs + (await elapsedMs(() => eventually(() => isReady(server), { withinMs: 60_000, everyMs: 5 })))
  const spent = cpuMs(server)
  await new Promise((resolve) => setTimeout(resolve, idleMs))
  const idleMb = residentMb(server)
  server.child.kill('SIGTERM')
  await server.ended
  return { upMs, readyMs, idleMb, cpuMs: spent }
}

async function repeated(count: number, env: () => Promise<Record<string, string>>): Promise<Record<string, number>> {
  const all: Started[] = []
  for (let turn = 0; turn < count; turn++) all.push(await measure(await env()))
  const of = (value: (one: Started) => number) => all.map(value)
  return {
    'up ms, median': readable(median(of(({ upMs }) => upMs))),
    best: readable(Math.min(...of(({ upMs }) => upMs))),
    'ready ms, median': readable(median(of(({ readyMs }) => readyMs))),
    'CPU ms until then': readable(median(of(({ cpuMs }) => cpuMs))),
    'idle MB (RSS)': readable(Math.max(...of(({ idleMb }) => idleMb))),
  }
}

await bench(async () => {
  const table: Record<string, Record<string, number>> = {}
  const lived = await temporaryFolder(owner)
  table['embedded, first, with sample'] = await repeated(times, async () => ({ DATA_DIR: await temporaryFolder(owner) }))
  await measure({ DATA_DIR: lived })
  table['embedded, later'] = await repeated(times, async () => ({ DATA_DIR: lived }))
  table['embedded, empty'] = await repeated(times, async () => ({ DATA_DIR: await temporaryFolder(owner), SAMPLE_DATA: 'off' }))
  const nats = await startNats(owner)
  const database = async () => (await createTestDatabase(owner)) ?? ''
  if (nats !== null && process.env['DATABASE_URL'] !== undefined) {
    const connected = { NATS_URL: nats.url, NATS_CREATE_STREAMS: 'on' }
    table['connected, first'] = await repeated(times, async () => ({ ...connected, DATABASE_URL: await database() }))
    const known = await database()
    await measure({ ...connected, DATABASE_URL: known })
    table['connected, later'] = await repeated(times, async () => ({ ...connected, DATABASE_URL: known }))
  }
  console.table(table)
})
