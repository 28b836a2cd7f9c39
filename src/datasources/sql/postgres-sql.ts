import pg from 'pg'
import { sourceUnavailable } from '../../errors.ts'
import { clientOptions, destroyClient, runOn, toPostgresError } from './postgres-client.ts'
import { tryAdvisoryLock } from './postgres-lease.ts'
import { type QueryOptions, type Sql, type SqlLease, type SqlValue } from './sql.ts'
import { beforeDeadline, type Deadline, startDeadline } from './sql-deadline.ts'
import { createExecutor, type StatementResult } from './sql-rows.ts'
import { createTransactionGuard, runTransaction } from './sql-transaction.ts'

export interface PostgresSqlOptions {
  url: string
  /** Most connections of this process; a held lock has one more. */
  poolSize: number
  /** Deadline of a call that gives none. */
  timeoutMs: number
}

const CANCEL_TIMEOUT_MS = 2_000
const MAX_CANCELS = 4

/** Asks the server to stop what an abandoned session still does. Best effort: that session is gone for us either way. */
function createCanceller(url: string) {
  let running = 0
  return async (backend: number | null): Promise<void> => {
    if (backend === null || running >= MAX_CANCELS) return
    running += 1
    const client = new pg.Client({ ...clientOptions(url), connectionTimeoutMillis: CANCEL_TIMEOUT_MS })
    client.on('error', () => undefined)
    const deadline = startDeadline('Cancelling', undefined, CANCEL_TIMEOUT_MS)
    try {
      await beforeDeadline(deadline, client.connect())
      await beforeDeadline(deadline, runOn(client, 'select pg_cancel_backend($1::int)', [backend]))
    } catch {
      // Deliberate: a server that takes no cancel request has already been reported to the caller as too slow.
    } finally {
      deadline.clear()
      running -= 1
      destroyClient(client)
    }
  }
}

/** A pooled connection in use by one call. */
interface Session {
  run(work: (client: pg.PoolClient) => Promise<StatementResult>, deadline: Deadline): Promise<StatementResult>
  /** Back to the pool, or ended when something is still running on it or its state is unknown. */
  release(): void
}

function createSessions({ url, poolSize }: PostgresSqlOptions) {
  const pool = new pg.Pool({ ...clientOptions(url), max: poolSize, idleTimeoutMillis: 30_000 })
  // An idle connection that dies is removed by the pool; whoever needs the next one is told then.
  pool.on('error', () => undefined)
  const cancel = createCanceller(url)

  const open = (client: pg.PoolClient): Session => {
    let broken: unknown = null
    const onError = (error: Error): void => {
      broken ??= error
    }
    client.on('error', onError)
    return {
      async run(work, deadline) {
        if (broken !== null) throw toPostgresError(broken)
        try {
          return await beforeDeadline(deadline, work(client))
        } catch (error) {
          if (deadline.ended !== null && broken === null) void cancel(backendOf(client))
          if (deadline.ended !== null || !(error instanceof pg.DatabaseError)) broken ??= error
          throw toPostgresError(error)
        }
      },
      release() {
        client.off('error', onError)
        client.release(broken !== null)
      },
    }
  }

  return {
    pool,
    async take(deadline: Deadline): Promise<Session> {
      const connecting = pool.connect()
      try {
        return open(await beforeDeadline(deadline, connecting))
      } catch (error) {
        // Whoever gave up waiting must not keep the connection that comes later.
        connecting.then(
          (client) => client.release(),
          () => undefined,
        )
        throw toPostgresError(error)
      }
    },
  }
}

const backendOf = (client: pg.PoolClient): number | null =>
  'processID' in client && typeof client.processID === 'number' ? client.processID : null

/** PostgreSQL through a pool. Nothing connects until the first call, so that a server that is down stops no start. */
export function openPostgresSql(options: PostgresSqlOptions): Sql {
  const sessions = createSessions(options)
  const guard = createTransactionGuard()
  const leases = new Set<SqlLease>()
  let closing: Promise<void> | null = null

  const refuse = (): void => {
    if (closing !== null) throw sourceUnavailable('sql', new Error('the store is closed'))
    guard.refuseInside()
  }

  const withSession = async <T>(
    what: string,
    limits: QueryOptions | undefined,
    use: (session: Session, deadline: Deadline) => Promise<T>,
  ): Promise<T> => {
    refuse()
    const deadline = startDeadline(what, limits, options.timeoutMs)
    try {
      if (deadline.ended !== null) throw deadline.ended
      const session = await sessions.take(deadline)
      try {
        return await use(session, deadline)
      } finally {
        session.release()
      }
    } finally {
      deadline.clear()
    }
  }

  const executor = createExecutor((text, values, limits) =>
    withSession('A statement', limits, (session, deadline) => session.run((client) => runOn(client, text, values), deadline)),
  )

  const transactionOn = (session: Session) => async (text: string, values: readonly SqlValue[], limits: QueryOptions) => {
    const deadline = startDeadline('A statement', limits, options.timeoutMs)
    try {
      return await session.run((client) => runOn(client, text, values), deadline)
    } finally {
      deadline.clear()
    }
  }

  return {
    ...executor,
    mode: 'CONNECTED',
    transaction: (work, limits) =>
      withSession('A transaction', limits, async (session, deadline) => {
        const statement = transactionOn(session)
        try {
          return await runTransaction({ statement, work, deadline, guard })
        } catch (error) {
          await statement('rollback', [], { timeoutMs: options.timeoutMs }).catch(() => undefined)
          throw error
        }
      }),
    async script(text, limits) {
      await withSession('A script', limits, (session, deadline) =>
        session.run(async (client) => {
          try {
            await client.query(text)
          } finally {
            // A script that failed, or forgot, must not leave its transaction to the next user of the connection.
            await client.query('rollback')
          }
          return { rows: [], rowCount: 0, command: '' }
        }, deadline),
      )
    },
    async tryLock(name) {
      if (closing !== null) throw sourceUnavailable('sql', new Error('the store is closed'))
      const lease = await tryAdvisoryLock({ url: options.url, name, timeoutMs: options.timeoutMs })
      if (lease === null) return null
      const tracked: SqlLease = {
        lost: lease.lost,
        async release() {
          leases.delete(tracked)
          await lease.release()
        },
      }
      leases.add(tracked)
      lease.lost.addEventListener('abort', () => leases.delete(tracked), { once: true })
      return tracked
    },
    async ping(timeoutMs) {
      await executor.one('select 1 as one', [], { timeoutMs })
    },
    async version() {
      const { version } = await executor.one<{ version: string }>('select version() as version')
      return version.split(' ').slice(0, 2).join(' ')
    },
    close() {
      const close = async (): Promise<void> => {
        await Promise.all([...leases].map((lease) => lease.release()))
        const deadline = startDeadline('Closing', undefined, options.timeoutMs)
        // A connection that never comes back must not keep us from stopping; the process ends it.
        await beforeDeadline(deadline, sessions.pool.end()).catch(() => undefined)
        deadline.clear()
      }
      closing ??= close()
      return closing
    },
  }
}
