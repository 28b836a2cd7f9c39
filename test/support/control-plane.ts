import Fastify from 'fastify'
import { execute, parse, type GraphQLSchema, validate } from 'graphql'
import { type Test } from 'tap'
import { buildSchema } from '../../src/app.ts'
import { scopesOf, type Role, type Viewer } from '../../src/auth/viewer.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { createContext } from '../../src/context.ts'
import { createDataSources, type DataSources, type Stores } from '../../src/datasources/index.ts'
import { openMemoryCache } from '../../src/datasources/cache/memory-cache.ts'
import { type EventLog } from '../../src/datasources/log/log.ts'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { createProjector, type Projector } from '../../src/projections/projector.ts'
import { createLiveHub } from '../../src/subscriptions/live-hub.ts'
import { createCursorCodec } from '../../src/subscriptions/signed-cursor.ts'
import { type CursorCodec } from '../../src/subscriptions/cursor.ts'
import { type LiveHub } from '../../src/subscriptions/hub.ts'
import { systemClock } from '../../src/time.ts'
import { openTestJetstream } from './logs.ts'
import { startNats } from './nats.ts'
import { createTestDatabase } from './sql.ts'

export const viewerOf = (actorId: string, roles: readonly Role[] = ['admin'], tenantId = 'acme'): Viewer => ({
  actorId,
  kind: 'USER',
  displayName: null,
  tenantId,
  tenants: [tenantId],
  roles,
  scopes: scopesOf(roles),
  expiresAtSeconds: null,
  authenticated: true,
})

/** Everything behind the transports, over real stores. */
export interface ControlPlane {
  readonly stores: Stores
  readonly dataSources: DataSources
  readonly projector: Projector
  readonly cursors: CursorCodec
  readonly live: LiveHub
  readonly config: Config
}

export const openers: Readonly<Record<string, (t: Test) => Promise<{ sql: Sql; log: EventLog } | null>>> = {
  embedded: async (t) => {
    const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
    const log = openSqlLog({ sql, clock: systemClock, pollMs: 50 })
    t.teardown(() => log.close())
    return { sql, log }
  },
  connected: async (t) => {
    const url = await createTestDatabase(t)
    const server = await startNats(t)
    if (url === null || server === null) return null
    return { sql: openPostgresSql({ url, poolSize: 5, timeoutMs: 20_000 }), log: await openTestJetstream(t, server) }
  },
}

export async function openControlPlane(
  t: Test,
  { sql, log, tags = null, craton = null, ...rest }: Pick<Stores, 'sql' | 'log' | 'tags' | 'craton' | 'summit' | 'neo4j'>,
  env: NodeJS.ProcessEnv = {},
): Promise<ControlPlane> {
  t.teardown(() => sql.close())
  await migrate(sql)
  const config = readConfig({ SAMPLE_DATA: 'off', ...env })
  const stores: Stores = { ...rest, sql, log, tags, craton, cache: openMemoryCache(), close: async () => undefined }
  const dataSources = createDataSources({ stores, config, clock: systemClock })
  const projector = createProjector({ sql, log, clock: systemClock, logger: Fastify({ logger: false }).log })
  t.teardown(() => projector.stop())
  const live = createLiveHub({ log, ringSize: 100, queueSize: 100 })
  t.teardown(() => live.close())
  return { stores, dataSources, projector, live, config, cursors: createCursorCodec({ keys: [Buffer.alloc(32, 7)], clock: systemClock }) }
}

let schema: GraphQLSchema | undefined

export interface Answer {
  readonly data?: Record<string, Record<string, unknown>> | null
  readonly errors?: readonly { readonly message: string; readonly originalError?: unknown }[]
}

/** Runs a document as somebody, below the transports: for callers that the local operator cannot play. */
export async function ask(plane: ControlPlane, viewer: Viewer, text: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  schema ??= buildSchema()
  const document = parse(text)
  const problems = validate(schema, document)
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
  const log = Fastify({ logger: false }).log
  const contextValue = createContext({ ...plane, clock: systemClock }, { requestId: 'test', viewer, log })
  const { data, errors } = await execute({ schema, document, variableValues: variables, contextValue })
  return JSON.parse(JSON.stringify({ data, errors: errors?.map(({ message, originalError }) => ({ message, originalError })) }))
}
