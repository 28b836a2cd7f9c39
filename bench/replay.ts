// npm run bench -- replay [events]: how fast one reader catches up with a log from its beginning: inside the server without a socket, and over a
// WebSocket to a process of its own; from the embedded log and, with NATS_URL, from JetStream.
import { eventually } from '../test/support/eventually.ts'
import { type Backing, backings, liveServer, type LiveServer, write } from '../test/support/live-server.ts'
import { bench, elapsedMs, owner, readable } from './support/bench.ts'
import { read } from './support/reader.ts'
import { stamp } from './support/socket-clients.ts'
import { openSockets } from './support/sockets.ts'

const count = Number(process.argv[2] ?? 50_000)
const rounds = 4
const type = `${stamp}replay`

const queries = {
  runEvents: 'subscription ($after: Cursor) { runEvents(after: $after) { ... on RunEventItem { cursor event { id type at sequence } } } }',
  events: 'subscription ($after: Cursor) { events(after: $after) { ... on EventItem { cursor event { id type at sequence } } } }',
}

async function firstCursor(server: LiveServer, log: Backing['log'], query: string): Promise<string> {
  let cursor = ''
  const probe = await read(server, query, (text) => (cursor ||= /"cursor":"([^"]+)"/.exec(text)?.[1] ?? ''))
  await eventually(async () => {
    if (cursor === '') await write(log, { event: 'bench.first:v1', ritualId: 'nightly', runId: 'run-0' })
    return cursor !== ''
  })
  probe.leave()
  return cursor
}

async function fill(log: Backing['log']): Promise<void> {
  const atOnce = 500
  for (let sent = 0; sent < count; sent += atOnce)
    await Promise.all(Array.from({ length: atOnce }, (_, at) => write(log, { event: type, ritualId: 'nightly', runId: `run-${at % 100}` })))
}

/** One replay, in ms. */
type Replay = (server: LiveServer, query: string, after: string) => Promise<number>

const inside: Replay = async (server, query, after) => {
  let got = 0
  const start = performance.now()
  const reader = await read(server, query, (text) => (got += text.includes(type) ? 1 : 0), { after })
  await eventually(() => got >= count, { withinMs: 120_000, everyMs: 5 })
  const ms = performance.now() - start
  reader.leave()
  return ms
}

const overSocket: Replay = async (server, query, after) => {
  const sockets = openSockets()
  let got = (await sockets.count()).messages
  const ms = await elapsedMs(async () => {
    await sockets.subscribe({ url: server.ws, query, count: 1, variables: { after } })
    const isRead = async () => (got += (await sockets.count()).messages) >= count
    await eventually(isRead, { withinMs: 120_000, everyMs: 5 })
  })
  await sockets.close()
  return ms
}

/** The first round warms up and is not counted. */
async function measure(round: () => Promise<number>): Promise<{ best: number; cpu: number }> {
  await round()
  let best = 0
  const before = process.cpuUsage()
  for (let one = 1; one < rounds; one++) best = Math.max(best, (count / (await round())) * 1000)
  const { user, system } = process.cpuUsage(before)
  return { best, cpu: (user + system) / ((rounds - 1) * count) }
}

await bench(async () => {
  for (const backing of await backings(owner)) {
    const server = await liveServer(owner, backing, { withoutProjector: true, env: { GRAPHQL_MAX_COST: '100000' } })
    const cursors = new Map<string, string>()
    for (const query of Object.values(queries)) cursors.set(query, await firstCursor(server, backing.log, query))
    await fill(backing.log)
    for (const [field, query] of Object.entries(queries)) {
      const after = cursors.get(query) ?? ''
      for (const [place, replay] of Object.entries({ 'inside the server': inside, 'over a WebSocket': overSocket })) {
        const { best, cpu } = await measure(() => replay(server, query, after))
        console.log(
          `${field}, ${count} events, ${backing.name} log, ${place}: ${readable(best)} events/s (best of ${rounds - 1}), ${readable(cpu)} µs of CPU an event`,
        )
      }
    }
  }
})
