import { type Config } from '../../config.ts'
import { appliedIndexes, pendingMigrations } from '../../datasources/sql/migrate.ts'
import { assertPostgresVersion } from '../../datasources/sql/postgres-version.ts'
import { type Sql } from '../../datasources/sql/sql.ts'
import { systemClock } from '../../time.ts'
import { clockSkew } from './clock-skew.ts'
import { checked, fail, type Finding, ok, warn } from './finding.ts'

const version = (sql: Sql): Promise<readonly Finding[]> =>
  checked('sql version', 'Upgrade it, or point DATABASE_URL at another.', async () => [
    ok('sql version', `PostgreSQL ${await assertPostgresVersion(sql)}.`),
  ])

async function permissions(sql: Sql): Promise<readonly Finding[]> {
  const { writes, readOnly } = await sql.one<{ writes: boolean; readOnly: boolean }>(
    `select has_schema_privilege(current_user, current_schema(), 'create') as writes,
            current_setting('transaction_read_only') = 'on' as "readOnly"`,
  )
  if (readOnly)
    return [fail('sql permissions', 'The database is read-only: a replica, or a full one.', 'Point DATABASE_URL at the primary.')]
  return [
    writes
      ? ok('sql permissions', 'May create tables.')
      : fail(
          'sql permissions',
          'May not create tables.',
          'GRANT CREATE ON SCHEMA public TO the user, or run `orrery migrate` as its owner.',
        ),
  ]
}

async function clock(sql: Sql): Promise<readonly Finding[]> {
  const read = async () => (await sql.one<{ now: number }>(`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`)).now
  return [await clockSkew('clock', 'the database', read)]
}

const schema = (sql: Sql): Promise<readonly Finding[]> =>
  checked('sql schema', 'Run the version that made these tables, or restore the backup from before it.', async () => {
    const todo = await pendingMigrations(sql)
    if (todo.length > 0) return [warn('sql schema', `Migrations to come: ${todo.join(', ')}.`, 'Run `orrery migrate`, or start a server.')]
    return [ok('sql schema', 'The tables are up to date.')]
  })

async function indexes(sql: Sql): Promise<readonly Finding[]> {
  const there = await sql.any<{ name: string; valid: boolean }>(
    `select c.relname as name, i.indisvalid and i.indisready as valid
       from pg_index i join pg_class c on c.oid = i.indexrelid
      where c.relnamespace = current_schema()::regnamespace order by 1`,
  )
  const known = new Set(there.map(({ name }) => name))
  const missing = (await appliedIndexes(sql)).filter(({ name }) => !known.has(name))
  const broken = there.filter(({ valid }) => !valid).map(({ name }) => name)
  const found = [
    ...missing.map(({ name, statement }) => fail('indexes', `Missing: ${name}.`, `Run ${statement};`)),
    ...broken.map((name) => fail('indexes', `Not valid: ${name}.`, `Run REINDEX INDEX ${name};`)),
  ]
  return found.length === 0 ? [ok('indexes', 'All are there and valid.')] : found
}

async function connections(sql: Sql, config: Config): Promise<readonly Finding[]> {
  if (sql.mode === 'EMBEDDED') return []
  const { most } = await sql.one<{ most: number }>(`select current_setting('max_connections')::int as most`)
  const text = `This process may take ${config.databasePoolSize} of ${most} connections.`
  return [
    config.databasePoolSize * 2 > most
      ? warn('sql connections', text, 'Lower DATABASE_POOL_SIZE or raise max_connections: a second process would not fit.')
      : ok('sql connections', text),
  ]
}

/** What Orrery needs of its database. */
export async function checkSql(sql: Sql, config: Config): Promise<readonly Finding[]> {
  const start = systemClock.now()
  const remedy = 'Check DATABASE_URL, the network and the server: `psql "$DATABASE_URL" -c "select 1"`.'
  const reached = await checked('sql', remedy, async () => {
    await sql.ping(config.sourceTimeoutMs)
    return [
      ok(
        'sql',
        `${sql.mode === 'EMBEDDED' ? 'The embedded database' : 'PostgreSQL'} answers in ${Number((systemClock.now() - start) / 1_000_000n)} ms.`,
      ),
    ]
  })
  if (reached.some(({ verdict }) => verdict === 'fail')) return reached
  const checks = [version, permissions, clock, schema, indexes, (one: Sql) => connections(one, config)]
  const found: Finding[] = [...reached]
  for (const check of checks) found.push(...(await checked('sql', remedy, () => check(sql))))
  return found
}
