import t from 'tap'
import { openJetstreamLog } from '../src/datasources/log/jetstream-log.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { nextEvent, openStream, type OpenStream } from './support/event-stream.ts'
import { liveServer } from './support/live-server.ts'
import { startNats } from './support/nats.ts'

t.setTimeout(110_000)

/** Mulberry32: the same kills and reconnects on every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

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
