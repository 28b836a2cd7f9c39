import { randomBytes } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type JetstreamLogOptions, openJetstreamLog } from '../../src/datasources/log/jetstream-log.ts'
import { type EventLog, type LogStream } from '../../src/datasources/log/log.ts'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { systemClock } from '../../src/time.ts'
import { type NatsServer, startNats } from './nats.ts'
import { type Owner } from './services.ts'
import { createTestDatabase } from './sql.ts'

/** A log to test, and what only its owner may do to it. */
export interface OpenedLog {
  readonly log: EventLog
  readonly version: RegExp
  /** Removes every message with a smaller sequence. */
  purgeBefore(stream: LogStream, sequence: bigint): Promise<void>
  /** Deletes the stream and makes an empty one of the same name. */
  replace(stream: LogStream): Promise<void>
  /** Keeps the log as it is now, to be restored. The log may be away for a moment. */
  backup(): Promise<{ restore(): Promise<void> }>
  /** What our readers have left behind at the server. */
  leftovers(): Promise<string[]>
}

export interface LogAdapter {
  readonly name: string
  /** Whether a known message id is answered before the expectation is checked (contract: demon 3.3). */
  readonly duplicateFirst: boolean
  /** null when its server is not there: the test has said so */
  open(t: Owner): Promise<OpenedLog | null>
}

export const openTestJetstream = (
  t: Owner,
  server: NatsServer,
  options: Partial<Omit<JetstreamLogOptions, 'url'>> = {},
): Promise<EventLog> => {
  const opening = openJetstreamLog({
    url: server.url,
    credsPath: undefined,
    createStreams: true,
    ritualStreamName: undefined,
    timeoutMs: 3000,
    ...options,
  })
  t.teardown(async () => (await opening).close())
  return opening
}

/** A connection beside ours, to do what an operator does. */
export async function adminOf(t: Owner, server: NatsServer) {
  const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 })
  t.teardown(() => connection.close())
  return jetstreamManager(connection)
}

async function openOnJetstream(t: Owner, old: boolean): Promise<OpenedLog | null> {
  const server = await startNats(t, { old })
  if (server === null) return null
  const log = await openTestJetstream(t, server)
  const admin = await adminOf(t, server)
  const nameOf = async (stream: LogStream) => (await log.state(stream))?.name ?? ''
  return {
    log,
    version: old ? /^2\.10\./ : /^2\.1[2-9]\./,
    async purgeBefore(stream, sequence) {
      await admin.streams.purge(await nameOf(stream), { seq: Number(sequence) })
    },
    async replace(stream) {
      const { config } = await admin.streams.info(await nameOf(stream))
      await admin.streams.delete(config.name)
      await admin.streams.add(config)
    },
    async backup() {
      const copy = `${server.storeDir}-backup`
      t.teardown(() => rm(copy, { recursive: true, force: true }))
      await server.kill()
      await cp(server.storeDir, copy, { recursive: true })
      await server.restart()
      return {
        async restore() {
          await server.kill()
          await rm(server.storeDir, { recursive: true })
          await cp(copy, server.storeDir, { recursive: true })
          await server.restart()
        },
      }
    },
    async leftovers() {
      const names: string[] = []
      for await (const stream of admin.streams.list())
        for await (const consumer of admin.consumers.list(stream.config.name)) names.push(consumer.name)
      return names
    },
  }
}

const randomEpoch = (): string => randomBytes(8).toString('hex')

async function openOnSql(t: Owner, sql: Sql): Promise<OpenedLog> {
  t.teardown(() => sql.close())
  await migrate(sql)
  const log = openSqlLog({ sql, clock: systemClock, pollMs: 50 })
  t.teardown(() => log.close())
  return {
    log,
    version: /^embedded$/,
    async purgeBefore(stream, sequence) {
      await sql.run('delete from log_messages where stream = $1 and sequence < $2', [stream, sequence])
    },
    async replace(stream) {
      await sql.transaction(async (tx) => {
        await tx.run('delete from log_messages where stream = $1', [stream])
        await tx.run('update log_streams set epoch = $2, last_sequence = 0 where stream = $1', [stream, randomEpoch()])
      })
    },
    async backup() {
      const before = await sql.any<{ stream: string; last: bigint }>('select stream, last_sequence as last from log_streams')
      return {
        async restore() {
          for (const { stream, last } of before) {
            await sql.run('delete from log_messages where stream = $1 and sequence > $2', [stream, last])
            await sql.run('update log_streams set last_sequence = $2 where stream = $1', [stream, last])
          }
        },
      }
    },
    leftovers: () => Promise.resolve([]),
  }
}

const timeoutMs = 20_000

async function openOnPostgres(t: Owner): Promise<OpenedLog | null> {
  const url = await createTestDatabase(t)
  return url === null ? null : openOnSql(t, openPostgresSql({ url, poolSize: 5, timeoutMs }))
}

export const logAdapters: readonly LogAdapter[] = [
  { name: 'SQL on PGlite', duplicateFirst: false, open: async (t) => openOnSql(t, await openPgliteSql({ dataDir: null, timeoutMs })) },
  { name: 'SQL on PostgreSQL', duplicateFirst: false, open: openOnPostgres },
  { name: 'JetStream', duplicateFirst: false, open: (t) => openOnJetstream(t, false) },
  { name: 'JetStream 2.10', duplicateFirst: true, open: (t) => openOnJetstream(t, true) },
]
