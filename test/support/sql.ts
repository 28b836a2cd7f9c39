import { randomBytes } from 'node:crypto'
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { type Owner } from './services.ts'

export interface SqlAdapter {
  readonly name: 'pglite' | 'postgres'
  readonly sql: Sql
  /** Of the database made for this test, to open it once more; null for PGlite in memory. */
  readonly url: string | null
}

export interface SqlAdaptersOptions {
  /** Runs the migrations (default). */
  migrated?: boolean
  /** Deadline of a call that gives none. */
  timeoutMs?: number
  poolSize?: number
}

const TIMEOUT_MS = 20_000

/**
 * A fresh database on the real server, dropped when the test ends.
 * @returns its URL, or null where DATABASE_URL is not set
 * @throws Error where it is not set but real services are required
 */
export async function createTestDatabase(t: Owner): Promise<string | null> {
  const server = process.env['DATABASE_URL']
  if (server === undefined || server === '') {
    if (process.env['ORRERY_REQUIRE_SERVICES'] === '1') throw new Error('DATABASE_URL is required by ORRERY_REQUIRE_SERVICES=1')
    return null
  }
  const name = `orrery_test_${randomBytes(6).toString('hex')}`
  const admin = async (statement: string) => {
    const sql = openPostgresSql({ url: server, poolSize: 1, timeoutMs: TIMEOUT_MS })
    try {
      await sql.run(statement)
    } finally {
      await sql.close()
    }
  }
  await admin(`create database ${name}`)
  t.teardown(() => admin(`drop database if exists ${name} with (force)`))
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

/**
 * Every adapter of `Sql`, open and migrated, closed when the test ends: PGlite in memory always, PostgreSQL with a database of its own when
 * DATABASE_URL is set. Call it once a file: starting PGlite costs about a second.
 */
export async function sqlAdapters(t: Owner, options: SqlAdaptersOptions = {}): Promise<SqlAdapter[]> {
  const { migrated = true, timeoutMs = TIMEOUT_MS, poolSize = 10 } = options
  const adapters: SqlAdapter[] = []
  const add = async (adapter: SqlAdapter) => {
    t.teardown(() => adapter.sql.close())
    if (migrated) await migrate(adapter.sql)
    adapters.push(adapter)
  }
  const url = await createTestDatabase(t)
  await add({ name: 'pglite', sql: await openPgliteSql({ dataDir: null, timeoutMs }), url: null })
  if (url !== null) await add({ name: 'postgres', sql: openPostgresSql({ url, poolSize, timeoutMs }), url })
  return adapters
}
