import { sourceUnavailable } from '../../errors.ts'
import { tryAdvisoryLock } from './postgres-lease.ts'
import { createSessions, type Session } from './postgres-sessions.ts'
import { type QueryOptions, type Sql, type SqlLease, type SqlValue } from './sql.ts'
import { beforeDeadline, type Deadline, startDeadline } from '../../deadline.ts'
import { createExecutor, probesOf } from './sql-rows.ts'
import { createTransactionGuard, runTransaction } from './sql-transaction.ts'
import { encodeValue } from './sql-values.ts'
import { createWriteTrouble } from './write-trouble.ts'

export interface PostgresSqlOptions {
  url: string
  /** Most connections of this process; a held lock has one more. */
  poolSize: number
  /** Deadline of a call that gives none. */
  timeoutMs: number
}

/** PostgreSQL through a pool. Nothing connects until the first call, so that a server that is down stops no start. */
export function openPostgresSql(options: PostgresSqlOptions): Sql {
  const trouble = createWriteTrouble()
  const sessions = createSessions(options.url, options.poolSize, trouble)
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

  const executor = createExecutor((text, values, limits) => {
    const wire = values.map(encodeValue)
    return withSession('A statement', limits, (session, deadline) => session.query(text, wire, deadline))
  })

  const statementOn = (session: Session) => async (text: string, values: readonly SqlValue[], limits: QueryOptions) => {
    const wire = values.map(encodeValue)
    const deadline = startDeadline('A statement', limits, options.timeoutMs)
    try {
      return await session.query(text, wire, deadline)
    } finally {
      deadline.clear()
    }
  }

  return {
    ...executor,
    ...probesOf(executor),
    mode: 'CONNECTED',
    complaint: () => trouble.complaint(),
    transaction: (work, limits) =>
      withSession('A transaction', limits, async (session, deadline) => {
        const statement = statementOn(session)
        try {
          return await runTransaction({ statement, work, deadline, guard })
        } catch (error) {
          await statement('rollback', [], { timeoutMs: options.timeoutMs }).catch(() => undefined)
          throw error
        }
      }),
    async script(text, limits) {
      await withSession('A script', limits, (session, deadline) => session.script(text, deadline))
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
    close() {
      const close = async (): Promise<void> => {
        await Promise.all([...leases].map((lease) => lease.release()))
        const deadline = startDeadline('Closing', undefined, options.timeoutMs)
        // A connection that never comes back must not keep us from stopping; the process ends it.
        await beforeDeadline(deadline, sessions.close()).catch(() => undefined)
        deadline.clear()
      }
      closing ??= close()
      return closing
    },
  }
}
