import { type AddressInfo, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { openJetstreamLog } from '../src/datasources/log/jetstream-log.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { nextEvent, openStream, type OpenStream } from './support/event-stream.ts'
import { eventually } from './support/eventually.ts'
import { startWriter } from './support/event-writer.ts'
import { liveServer } from './support/live-server.ts'
import { startNats } from './support/nats.ts'
import { seeded } from './support/random-documents.ts'
import { judgeFleet, mixedReaders, openFleet } from './support/reader-fleet.ts'

t.setTimeout(300_000)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const documents = {
  runEvents:
    'subscription ($after: Cursor) { it: runEvents(after: $after) { __typename ... on RunEventItem { cursor event { sequence } } } }',
  events: 'subscription ($after: Cursor) { it: events(after: $after) { __typename ... on EventItem { cursor event { sequence } } } }',
}

t.test('a broker killed at random moments costs no reader an event, and shows none twice', async (t) => {
  const nats = await startNats(t)
  if (nats === null) return
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  t.teardown(() => sql.close())
  await migrate(sql)
  const options = { url: nats.url, credsPath: undefined, createStreams: true, ritualStreamName: undefined, timeoutMs: 5000 }
  const log = await openJetstreamLog(options)
  t.teardown(() => log.close())
  const server = await liveServer(t, { name: 'jetstream', sql, log }, { env: { STREAM_RING_EVENTS: '50', STREAM_QUEUE_EVENTS: '20' } })
  const random = seeded(20_261_121)
  const total = 400

  /** Reads to the end; now and then it leaves and comes back with its last cursor. */
  const follow = async (query: string, restless: boolean, started: () => void): Promise<string[]> => {
    const seen: string[] = []
    let after: string | undefined
    let stream: OpenStream | null = null
    while (seen.length < total) {
      stream ??= await openStream(t, `${server.http}/graphql`, {
        headers: { accept: 'text/event-stream' },
        body: { query, variables: { after } },
      })
      // while the broker is away nothing comes for longer than a read waits
      const event = await nextEvent(stream).catch(() => undefined)
      if (event === undefined) continue
      const result = JSON.parse(event?.data ?? 'null') as {
        data?: { it: { __typename: string; cursor?: string; event?: { sequence: string } } }
        extensions?: { cursor?: string }
      } | null
      const item = result?.data?.it
      if (item === undefined || item.__typename === 'StreamGap') throw new Error(`${event?.data}`)
      after = result?.extensions?.cursor ?? after
      if (item.event === undefined) started()
      else seen.push(item.event.sequence)
      if (!restless || random() > 0.02) continue
      stream.close()
      stream = null
    }
    stream?.close()
    return seen
  }

  const readers: Promise<string[]>[] = []
  const ready: Promise<void>[] = []
  for (let n = 0; n < 12; n++) {
    const query = n % 2 === 0 ? documents.runEvents : documents.events
    ready.push(new Promise((started) => void readers.push(follow(query, n % 4 < 2, started))))
  }
  await Promise.all(ready)

  const killing = (async () => {
    for (let kills = 0; kills < 3; kills++) {
      await pause(400 + random() * 800)
      await nats.kill()
      await pause(random() * 500)
      await nats.restart()
    }
  })()
  for (let n = 0; n < total; n++) {
    const payload = Buffer.from(JSON.stringify({ event: 'test.event:v1', n }))
    const messageId = `event-${n}`
    for (;;) {
      // what was refused or not answered may have been stored: the id makes a repeat harmless
      const stored = await log.append(`demon.ritual.v1.acme.r.run-${n % 7}.events`, payload, { messageId }).catch(() => null)
      if (stored !== null) break
      await pause(50)
    }
    await pause(5)
  }
  await killing
  const expected: string[] = []
  for await (const batch of log.read('ritual')) expected.push(...batch.map(({ sequence }) => sequence.toString()))
  t.equal(expected.length, total)
  for (const seen of await Promise.all(readers)) t.strictSame(seen, expected, '0 lost, 0 twice, in order')
})

/** A way to a server on which it is counted who comes. */
async function countedWay(t: Test, port: number): Promise<{ readonly port: number; connections(): number }> {
  let connections = 0
  const way = createServer((client) => {
    connections++
    const server = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => to.destroy())
      from.once('close', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve))
  t.teardown(() => way.close())
  return { port: (way.address() as AddressInfo).port, connections: () => connections }
}

t.test(
  'a broker that hangs: streams stall with their keep-alives, health says so, nobody storms it, then everything goes on',
  async (t) => {
    const nats = await startNats(t)
    if (nats === null) return
    const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
    t.teardown(() => sql.close())
    await migrate(sql)
    const way = await countedWay(t, nats.port)
    const common = { credsPath: undefined, createStreams: true, ritualStreamName: undefined, timeoutMs: 2000 }
    const log = await openJetstreamLog({ ...common, url: `nats://127.0.0.1:${way.port}` })
    t.teardown(() => log.close())
    const direct = await openJetstreamLog({ ...common, url: nats.url })
    t.teardown(() => direct.close())
    const server = await liveServer(t, { name: 'jetstream', sql, log })
    const readers = 20
    const rituals = ['r0', 'r1']
    const fleet = await openFleet(t, {
      http: `${server.http}/graphql/stream`,
      ws: server.ws,
      seed: 1,
      readers: mixedReaders(readers, rituals, 2000).map((plan) => ({ ...plan, restlessMs: null })),
    })
    await eventually(async () => (await fleet.progress()).begun === readers)
    const watched = await openStream(t, `${server.http}/graphql`, {
      headers: { accept: 'text/event-stream' },
      body: { query: 'subscription { runEvents(filter: { ritualId: "nothing" }) { __typename } }' },
    })
    await watched.until('LIVE').catch(() => undefined)
    const writer = startWriter(t, { log: direct, perSecond: 100, rituals })
    await eventually(() => writer.written() > 50)
    const health = async () => ((await (await fetch(`${server.http}/health/detailed`)).json()) as { status: string }).status
    const before = { connections: way.connections(), subscribers: server.hub.stats().subscribers }

    nats.pause()
    const paused = performance.now()
    await eventually(async () => (await health()) === 'degraded')
    const beat = async () => (await watched.until('\n:\n\n').catch(() => null)) !== null
    await eventually(beat)
    while (performance.now() - paused < 10_000) await pause(100)
    nats.resume()
    await eventually(async () => (await health()) === 'ok')
    t.equal(server.hub.stats().subscribers, before.subscribers, 'no stream has ended')
    t.ok(way.connections() - before.connections <= 2, `${way.connections() - before.connections} connections more`)
    await judgeFleet(t, { log: direct, writer, fleet, readers, what: `paused for ${Math.round(performance.now() - paused)} ms` })
  },
)
