import { test } from 'tap'
import { eventually } from './support/eventually.ts'
import { startWriter } from './support/event-writer.ts'
import { openTestJetstream } from './support/logs.ts'
import { startNats } from './support/nats.ts'
import { graphql, serve, type Serving, untilReady } from './support/program.ts'
import { judgeFleet, mixedReaders, openFleet } from './support/reader-fleet.ts'
import { freePort } from './support/server-process.ts'
import { createTestDatabase } from './support/sql.ts'
import { startProxy } from './support/tcp-proxy.ts'

const readers = 24

test(
  'two replicas behind a TCP proxy, restarted one after the other: no request fails, every stream goes on',
  { timeout: 240_000 },
  async (t) => {
    const database = await createTestDatabase(t)
    const nats = database === null ? null : await startNats(t)
    if (database === null || nats === null) return
    const env = {
      ...{ DATABASE_URL: database, DATABASE_POOL_SIZE: '4', NATS_URL: nats.url, NATS_CREATE_STREAMS: 'on', DEFAULT_TENANT: 'acme' },
      ...{ LOG_LEVEL: 'silent', BUDGET_CAPACITY: '0', STREAM_RING_EVENTS: '100000' },
      // on a busy machine a client takes longer between two requests on its connection
      DRAIN_GRACE_MS: '3000',
    }
    const ports = [await freePort(), await freePort()]
    const start = async (port: number): Promise<Serving> => {
      const replica = await serve(t, ['--port', String(port)], env)
      await untilReady(replica)
      return replica
    }
    const replicas: Serving[] = []
    for (const port of ports) replicas.push(await start(port))
    const { url } = await startProxy(t, ports)
    const rituals = ['r0', 'r1', 'r2', 'r3']
    const fleet = await openFleet(t, {
      http: `${url}/graphql/stream`,
      ws: `${url.replace('http', 'ws')}/graphql`,
      seed: 3,
      readers: mixedReaders(readers, rituals, 3000),
    })
    await eventually(async () => (await fleet.progress()).begun === readers, { withinMs: 60_000 })
    const log = await openTestJetstream(t, nats, { createStreams: false })
    const writer = startWriter(t, { log, perSecond: 100, rituals })

    const failures: string[] = []
    let requests = 0
    let asking = true
    let phase = 0
    const ask = async () => {
      while (asking) {
        try {
          const { errors } = await graphql(url, '{ runs(first: 5) { nodes { runId status } } }')
          if (errors !== undefined) failures.push(JSON.stringify(errors))
        } catch (error) {
          failures.push(`${phase}: ${error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error)}`)
        }
        requests++
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const clients = [ask(), ask(), ask()]

    for (const [index, port] of ports.entries()) {
      replicas[index]?.child.kill('SIGTERM')
      phase++
      t.equal(await replicas[index]?.ended, 0, 'the old process ends cleanly')
      phase++
      replicas[index] = await start(port)
    }
    const before = requests
    await eventually(() => requests > before + 20)
    asking = false
    await Promise.all(clients)
    t.strictSame(failures, [], 'no request failed')
    await judgeFleet(t, { log, writer, fleet, readers, what: `rolling restart, ${requests} requests` })
  },
)
