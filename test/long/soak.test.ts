import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import { openStream } from '../support/event-stream.ts'
import { heapInUse } from '../support/garbage.ts'
import { backings, liveServer, type LiveServer, write } from '../support/live-server.ts'
import { dice, seeded } from '../support/random-documents.ts'
import { rawPeer } from '../support/ws-peer.ts'

const seconds = Number(process.env['SOAK_SECONDS'] ?? 300)
const seed = Number(process.env['SOAK_SEED'] ?? 1)

const heapMb = (): number => heapInUse() / 1_048_576

const queries = [
  'subscription { runEvents { __typename ... on RunEventItem { cursor event { sequence } } } }',
  'subscription { runEvents(filter: { ritualId: "soak" }) { __typename ... on RunEventItem { event { type } } } }',
  'subscription { runUpdated { runId status } }',
  'subscription { approvalUpdated { __typename } }',
  'subscription { events(filter: { domains: [RUNS], not: { text: "nothing" } }) { __typename } }',
  'subscription { runEvents { nothing } }',
] as const

/** What a test owns for one reader only: closed when that reader is done, not at the end. */
function ownerOf(): { teardown(close: () => unknown): void; close(): void } {
  const closers: (() => unknown)[] = []
  return { teardown: (close) => void closers.push(close), close: () => closers.forEach((close) => void close()) }
}

/** One reader's life: comes by one of the doors, reads for a moment, and leaves politely or by pulling the plug. */
async function visit(server: LiveServer, by: ReturnType<typeof dice>): Promise<void> {
  const owner = ownerOf()
  const query = by.pick(queries)
  try {
    if (by.chance(0.5)) {
      const peer = await rawPeer(owner, server.ws)
      peer.send({ type: 'connection_init' })
      for (let id = 1 + by.roll(5); id > 0; id--) peer.send({ id: String(id), type: 'subscribe', payload: { query } })
      await pause(by.roll(300))
      if (by.chance(0.3)) peer.send({ id: '1', type: 'complete' })
      if (by.chance(0.5)) peer.socket.terminate()
      else peer.close()
    } else {
      const accept = by.pick(['text/event-stream', 'multipart/mixed;subscriptionSpec=1.0'])
      const stream = await openStream(owner, `${server.http}/graphql`, { headers: { accept }, body: { query } })
      await pause(by.roll(300))
      stream.close()
    }
  } finally {
    owner.close()
  }
}

async function soak(t: Test, server: LiveServer, by: ReturnType<typeof dice>, until: number): Promise<number> {
  let visits = 0
  let going = true
  const writing = (async () => {
    for (let number = 0; going; number++) {
      const run = { ritualId: by.pick(['soak', 'other']), runId: `run-${Math.floor(number / 4)}` }
      const events = ['ritual.started:v1', 'approval.requested:v1', 'approval.granted:v1', 'ritual.completed:v1'] as const
      await write(server.log, {
        event: events[number % 4] ?? events[0],
        gateId: 'go',
        requester: 'dana',
        approver: 'lee',
        spec: {},
        ...run,
      })
      await pause(5)
    }
  })()
  const visitors = Array.from({ length: 20 }, async () => {
    for (; performance.now() < until; visits++) await visit(server, by)
  })
  await Promise.all(visitors)
  going = false
  await writing
  t.equal((await fetch(`${server.http}/health/live`)).status, 200)
  return visits
}

/** Nobody is left: no stream, no place at the hub, no tail of a log, no socket. */
async function nothingLeft(t: Test, { app, hub }: LiveServer): Promise<void> {
  const left = () => ({ active: app.pipeline.active(), subscribers: hub.stats().subscribers, consumers: hub.stats().consumers })
  await eventually(() => Object.values(left()).every((count) => count === 0), { withinMs: 30_000 }).catch(() => undefined)
  t.strictSame(left(), { active: 0, subscribers: 0, consumers: 0 })
  const metrics = await (await fetch(`http://127.0.0.1:${(app.server.address() as { port: number }).port}/metrics`)).text()
  for (const name of ['readers', 'groups', 'sockets', 'responses']) t.match(metrics, new RegExp(`^orrery_stream_${name} 0$`, 'm'))
}

t.test(`readers come and go for ${seconds} s (seed ${seed}), and nothing of them stays`, { timeout: 0 }, async (t) => {
  for (const backing of await backings(t)) {
    await t.test(`on the ${backing.name} log`, { timeout: 0 }, async (t) => {
      const server = await liveServer(t, backing, { env: { MAX_SUBSCRIPTIONS_PER_TENANT: '10000' } })
      const by = dice(seeded(seed))
      const quarter = (seconds * 1000) / 4 / 2
      const heaps: number[] = []
      let visits = 0
      for (let part = 0; part < 4; part++) {
        visits += await soak(t, server, by, performance.now() + quarter)
        await nothingLeft(t, server)
        heaps.push(heapMb())
      }
      t.comment(`${visits} visits; heap after each quarter, with nobody there: ${heaps.map((mb) => mb.toFixed(1)).join(', ')} MB`)
      const [, warm = 0, , last = 0] = heaps
      // the ring and the caches fill up at first; what grows with the visits would go on growing
      t.ok(last < warm * 1.25 + 10, 'the heap does not grow with the visits')
    })
  }
})
