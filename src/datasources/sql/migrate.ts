import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { packageRoot } from '../../root.ts'
import { systemClock } from '../../time.ts'
import { assertPostgresVersion } from './postgres-version.ts'
import { type Sql, type SqlLease } from './sql.ts'

interface Migration {
  readonly version: number
  readonly name: string
  readonly checksum: string
  readonly text: string
}

interface AppliedMigration {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

const FILE_TIMEOUT_MS = 300_000
const LOCK_TIMEOUT_MS = 300_000
const LOCK_RETRY_MS = 100

/**
 * The files of a folder in the order of their numbers. Numbers may be left out: each domain has its own, and a lower one may arrive later.
 * @throws Error for a name that is no `0001_word.sql`, or a number used twice
 */
async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const seen = new Map<number, string>()
  return Promise.all(
    names.map(async (name) => {
      const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1])
      const twin = seen.get(version)
      if (!(version > 0) || twin !== undefined)
        throw new Error(
          `${name} cannot be a migration: names are 0001_word.sql, and no number is used twice${twin === undefined ? '' : ` (${twin})`}`,
        )
      seen.set(version, name)
      const text = await readFile(join(folder, name), 'utf8')
      return { version, name, checksum: createHash('sha256').update(text).digest('hex'), text }
    }),
  )
}

async function readApplied(sql: Sql): Promise<AppliedMigration[]> {
  const { known } = await sql.one<{ known: boolean }>(`select to_regclass('schema_migrations') is not null as known`)
  return known ? sql.any<AppliedMigration>('select version, name, checksum from schema_migrations order by version') : []
}

/** @returns the migrations still to be done */
function pending(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.version, migration]))
  for (const { version, name, checksum } of applied) {
    const file = known.get(version)
    if (file === undefined)
      throw new Error(
        `The database has migration ${name}, which this program does not know: it was written by a newer version. Start that one, or restore a backup.`,
      )
    if (file.checksum !== checksum)
      throw new Error(`The migration ${file.name} was changed after it had been applied; add a new file instead.`)
  }
  const done = new Set(applied.map(({ version }) => version))
  return migrations.filter(({ version }) => !done.has(version))
}

async function waitForLock(sql: Sql): Promise<SqlLease> {
  const until = performance.now() + LOCK_TIMEOUT_MS
  for (;;) {
    const lease = await sql.tryLock('migrations')
    if (lease !== null) return lease
    if (performance.now() > until) throw new Error('Another process has been migrating the database for too long.')
    await delay(LOCK_RETRY_MS)
  }
}

/** The file and the note that it was applied become true together. Name and checksum are checked to be plain words. */
const asTransaction = ({ version, name, checksum, text }: Migration): string => `begin;
${text}
;insert into schema_migrations (version, name, checksum, applied_at_ns) values (${version}, '${name}', '${checksum}', ${systemClock.now()});
commit;`

/**
 * Brings the schema up to what this program needs: plain SQL files, forward only, in order, each in its own transaction. Processes that
 * start together wait for one another.
 * @param folder where the files are
 * @returns the names of the files that were applied now
 * @throws Error when the database is newer than this program, the server too old, or an applied file was changed; AppError as every call
 */
export async function migrate(sql: Sql, folder: string = join(packageRoot, 'migrations')): Promise<string[]> {
  await assertPostgresVersion(sql)
  const migrations = await readMigrations(folder)
  // Most starts have nothing to do, and need no lock to find out.
  if (pending(migrations, await readApplied(sql)).length === 0) return []
  const lease = await waitForLock(sql)
  try {
    await sql.script(
      `create table if not exists schema_migrations (
        version integer primary key, name text not null, checksum text not null, applied_at_ns bigint not null)`,
    )
    const todo = pending(migrations, await readApplied(sql))
    for (const migration of todo) {
      lease.lost.throwIfAborted()
      await sql.script(asTransaction(migration), { timeoutMs: FILE_TIMEOUT_MS })
    }
    return todo.map(({ name }) => name)
  } finally {
    await lease.release()
  }
}

/** How the tables stand against this program's migrations, without changing anything. @throws Error as `migrate` */
export async function pendingMigrations(sql: Sql, folder: string = join(packageRoot, 'migrations')): Promise<string[]> {
  return pending(await readMigrations(folder), await readApplied(sql)).map(({ name }) => name)
}

/** The indexes that the applied migrations made and none took away, with the statement that makes each. @throws as every call */
export async function appliedIndexes(
  sql: Sql,
  folder: string = join(packageRoot, 'migrations'),
): Promise<{ readonly name: string; readonly statement: string }[]> {
  const done = new Set((await readApplied(sql)).map(({ version }) => version))
  const indexes = new Map<string, string>()
  for (const { version, text } of await readMigrations(folder)) {
    if (!done.has(version)) continue
    for (const [statement, name = ''] of text.matchAll(/^create (?:unique )?index (?:if not exists )?(\w+)[^;]*/gim))
      indexes.set(name, statement)
    for (const [, name = ''] of text.matchAll(/^drop index (?:if exists )?(\w+)/gim)) indexes.delete(name)
  }
  return [...indexes].map(([name, statement]) => ({ name, statement: statement.replace(/\s+/g, ' ').trim() }))
}
