import { type SqlExecutor } from './sql.ts'

/** What PostgreSQL's background processes do, and PGlite, which has none, does not: without it the log and dead rows grow for ever. */
const EVERY_MS = 10_000
/** Log written since the last checkpoint. Also bounds what a restart after a kill has to replay. */
const MAX_WAL_BYTES = 64 * 1024 * 1024
/** A vacuum holds the one thread; a table that needs longer is a table for a real server. */
const TIMEOUT_MS = 60_000

/** One table a round, so that statements get in between. The thresholds are autovacuum's defaults. */
const NEEDIEST_TABLE = `
  select format('%I.%I', schemaname, relname) as name, n_dead_tup > 50 + 0.2 * n_live_tup as has_dead_rows
  from pg_stat_user_tables
  where n_dead_tup > 50 + 0.2 * n_live_tup or n_mod_since_analyze > 50 + 0.1 * n_live_tup
  order by n_dead_tup + n_mod_since_analyze desc limit 1`

/**
 * One round: a checkpoint if much was logged, a vacuum or fresh planner statistics for the table that needs it most.
 * @returns what was done, for tests
 * @throws as every call of `Sql`
 */
export async function runUpkeep(sql: SqlExecutor, maxWalBytes = MAX_WAL_BYTES): Promise<string[]> {
  const done: string[] = []
  const run = async (statement: string): Promise<void> => {
    await sql.run(statement, [], { timeoutMs: TIMEOUT_MS })
    done.push(statement)
  }
  const { logged } = await sql.one<{ logged: bigint }>(
    'select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::bigint as logged from pg_control_checkpoint()',
  )
  if (logged > maxWalBytes) await run('checkpoint')
  // Statistics are kept back for up to a second; what came before must not count after a vacuum.
  await sql.any('select pg_stat_force_next_flush()')
  const table = await sql.maybeOne<{ name: string; has_dead_rows: boolean }>(NEEDIEST_TABLE)
  if (table !== null) await run(`${table.has_dead_rows ? 'vacuum (analyze)' : 'analyze'} ${table.name}`)
  return done
}

/** @returns what ends it */
export function startUpkeep(sql: SqlExecutor): () => void {
  let timer: NodeJS.Timeout | undefined
  let ended = false
  const next = (): void => {
    if (ended) return
    // A round that failed (the store is busy, or starts anew) is tried again by the next.
    timer = setTimeout(() => void runUpkeep(sql).then(next, next), EVERY_MS)
    timer.unref()
  }
  next()
  return () => {
    ended = true
    clearTimeout(timer)
  }
}
