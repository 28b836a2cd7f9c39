import { type AddressInfo } from 'node:net'
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { type FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { createDataSources, type DataSources, type Stores } from '../../src/datasources/index.ts'
import { openMemoryCache } from '../../src/datasources/cache/memory-cache.ts'
import { openJetstreamLog } from '../../src/datasources/log/jetstream-log.ts'
import { type EventLog } from '../../src/datasources/log/log.ts'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { createProjectionNotifier } from '../../src/projections/notifier.ts'
import { createProjector } from '../../src/projections/projector.ts'
import { type LiveHub } from '../../src/subscriptions/hub.ts'
import { createLiveHub } from '../../src/subscriptions/live-hub.ts'
import { createCursorCodec } from '../../src/subscriptions/signed-cursor.ts'
import { createUpstream } from '../../src/subscriptions/upstream.ts'
import { formatDemonTime, systemClock } from '../../src/time.ts'
import { startNats } from './nats.ts'
import { type Owner } from './services.ts'

export const cursorKey = randomBytes(32)

export interface Backing {
  readonly name: 'embedded' | 'jetstream'
  readonly sql: Sql
  readonly log: EventLog
}

/** A log of each kind with a read model that follows it, shared by the tests of a file: each test takes runs of its own. */
export async function backings(t: Owner, wanted: readonly Backing['name'][] = ['embedded', 'jetstream']): Promise<Backing[]> {
  const embedded = await migrated(t)
  const found: Backing[] = [{ name: 'embedded', sql: embedded, log: openSqlLog({ sql: embedded, clock: systemClock }) }]
  const nats = wanted.includes('jetstream') ? await startNats(t) : null
  if (nats !== null) {
    const log = await openJetstreamLog({
      url: nats.url,
      credsPath: undefined,
      createStreams: true,
      ritualStreamName: undefined,
      timeoutMs: 5000,
    })
    found.push({ name: 'jetstream', sql: await migrated(t), log })
  }
  for (const { log } of found) t.teardown(() => log.close())
  return found
}

async function migrated(t: Owner): Promise<Sql> {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  t.teardown(() => sql.close())
  await migrate(sql)
  return sql
}

export interface LiveServer {
  readonly app: FastifyInstance
  readonly config: Config
  readonly hub: LiveHub
  readonly log: EventLog
  readonly dataSources: DataSources
  readonly port: number
  readonly http: string
  readonly ws: string
  /** Waits until the tables hold this event. */
  projected(sequence: bigint): Promise<boolean>
  close(): Promise<void>
}

export interface LiveServerOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Another replica runs the projector. */
  readonly withoutProjector?: boolean
  readonly log?: EventLog
}

/** The whole server on a port of its own, over the given stores. */
export async function liveServer(t: Pick<Owner, 'teardown'>, backing: Backing, options: LiveServerOptions = {}): Promise<LiveServer> {
  const clock = systemClock
  const logger = pino({ level: 'silent' })
  const config = readConfig({ LOG_LEVEL: 'silent', DEFAULT_TENANT: 'acme', GRAPHIQL: 'off', BUDGET_CAPACITY: '0', ...options.env })
  const log = options.log ?? backing.log
  const stores: Stores = { sql: backing.sql, log, cache: openMemoryCache(), close: async () => undefined }
  const notifier = createProjectionNotifier()
  const dataSources = createDataSources({ stores, config, clock, notifier })
  const upstream = createUpstream({ dataSources, log: logger })
  const hub = createLiveHub({ log, ringSize: config.ringSize, queueSize: config.subscriberQueue, lingerMs: 50, upstream })
  const projector = createProjector({ sql: backing.sql, log, clock, logger, notifier })
  const cursors = createCursorCodec({ keys: [cursorKey], clock })
  const app = await buildApp({ config, dataSources, stores, live: hub, cursors, clock, logger })
  if (options.withoutProjector !== true) projector.start()
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  let closing: Promise<void> | null = null
  const close = () =>
    (closing ??= (async () => {
      await app.close()
      await hub.close()
      await projector.stop()
      await stores.cache.close()
    })())
  t.teardown(close)
  const projected = (sequence: bigint) => dataSources.progress.waitFor('ritual', sequence, { timeoutMs: 10_000 })
  return {
    app,
    projected,
    config,
    hub,
    log,
    dataSources,
    port,
    http: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}/graphql`,
    close,
  }
}

export interface Written {
  readonly event: string
  readonly ritualId: string
  readonly runId: string
  readonly tenantId?: string
  readonly legacy?: boolean
  readonly [field: string]: unknown
}

/** Writes one event as Demon would. */
export async function write(log: EventLog, { legacy = false, ...event }: Written): Promise<bigint> {
  const tenantId = event.tenantId ?? 'acme'
  const subject = `demon.ritual.v1.${legacy ? '' : `${tenantId}.`}${event.ritualId}.${event.runId}.events`
  const payload = { ...event, tenantId, ts: formatDemonTime(systemClock.now()) }
  return (await log.append(subject, Buffer.from(JSON.stringify(payload)))).sequence
}
