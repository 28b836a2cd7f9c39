import { type AddressInfo } from 'node:net'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { WebSocketServer } from 'ws'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { type LiveServer, liveServer } from '../../test/support/live-server.ts'
import { type MemoryLog, memoryLog } from '../../test/support/memory-log.ts'
import { owner } from './bench.ts'

/** A server that tells every subscriber what happens. */
export interface Broadcaster {
  readonly name: string
  readonly url: string
  readonly query: string
  /** Tells all subscribers that an event of this type happened. */
  publish(type: string): void
}

const host = '127.0.0.1'
export const tenantId = 'acme'
const query = 'subscription { runEvents { ... on RunEventItem { cursor event { id type at sequence } } } }'

/** Orrery over a log in memory, so that what is measured is the delivery. */
export async function orreryLive(
  env: NodeJS.ProcessEnv = {},
): Promise<Broadcaster & { readonly server: LiveServer; readonly log: MemoryLog }> {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  owner.teardown(() => sql.close())
  await migrate(sql)
  const log = memoryLog()
  const server = await liveServer(owner, { name: 'embedded', sql, log }, { withoutProjector: true, env })
  return {
    name: 'Orrery',
    url: server.ws,
    query,
    server,
    log,
    publish: (type) =>
      void log.put(subjectOf('run-1'), { event: type, ts: new Date().toISOString(), tenantId, ritualId: 'nightly', runId: 'run-1' }),
  }
}

export const subjectOf = (run: string): string => `demon.ritual.v1.${tenantId}.nightly.${run}.events`

/** The least that a WebSocket server can do: one text, handed to every socket. */
export async function rawSockets(frameOf: (type: string) => string): Promise<Broadcaster> {
  const server = new WebSocketServer({ host, port: 0, perMessageDeflate: false })
  await new Promise((resolve) => server.once('listening', resolve))
  owner.teardown(() => {
    for (const socket of server.clients) socket.terminate()
    return new Promise((resolve) => server.close(resolve))
  })
  server.on('connection', (socket) => socket.once('message', () => socket.send('{"type":"connection_ack"}')))
  return {
    name: 'raw ws',
    url: `ws://${host}:${(server.address() as AddressInfo).port}`,
    query,
    publish(type) {
      const frame = Buffer.from(frameOf(type))
      for (const socket of server.clients) socket.send(frame, { binary: false })
    },
  }
}

const schema = `
  type Query { one: Int }
  type Event { id: ID! type: String! at: String! sequence: String! }
  type RunEventItem { cursor: String! event: Event! }
  type Subscription { runEvents: RunEventItem! }
`

/** Mercurius' own subscriptions over its own emitter. */
export async function stockMercurius(): Promise<Broadcaster> {
  const app = Fastify()
  await app.register(mercurius, {
    schema,
    resolvers: {
      Subscription: {
        runEvents: { subscribe: (_root: unknown, _args: unknown, { pubsub }: mercurius.MercuriusContext) => pubsub.subscribe('events') },
      },
    },
    subscription: true,
    jit: 1,
  })
  await app.listen({ host, port: 0 })
  owner.teardown(() => app.close())
  let sequence = 0
  return {
    name: 'stock Mercurius',
    url: `ws://${host}:${(app.server.address() as AddressInfo).port}/graphql`,
    query: 'subscription { runEvents { cursor event { id type at sequence } } }',
    publish(type) {
      sequence += 1
      const event = { id: `UnVuRXZlbnQ6djE6YWNtZTo${sequence}`, type, at: new Date().toISOString(), sequence: String(sequence) }
      const cursor = `c${sequence}`.padEnd(120, 'x')
      app.graphql.pubsub.publish({ topic: 'events', payload: { runEvents: { cursor, event } } })
    },
  }
}
