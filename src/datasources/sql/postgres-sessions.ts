import pg from 'pg'
import { clientOptions, CONNECT_TIMEOUT_MS, destroyClient, runOn, toPostgresError } from './postgres-client.ts'
import { beforeDeadline, type Deadline, startDeadline } from '../../deadline.ts'
import { type StatementResult } from './sql-rows.ts'
import { type WireValue } from './sql-values.ts'
import { type WriteTrouble } from './write-trouble.ts'

const CANCEL_TIMEOUT_MS = 2_000
const MAX_CANCELS = 4
/** When the server ends a transaction that its process has forgotten: one that hangs, or whose host vanished, keeps its locks no longer. */
const FORGOTTEN_TRANSACTION_MS = 20_000

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
      await beforeDeadline(deadline, runOn(client, 'select pg_cancel_backend($1::int)', [String(backend)]))
    } catch {
      // Deliberate: a server that takes no cancel request has already been reported to the caller as too slow.
    } finally {
      deadline.clear()
      running -= 1
      destroyClient(client)
    }
  }
}

/** Before the first use. Not a start-up parameter: poolers between us and the server refuse those they do not know. */
const limitTransactions = async (client: pg.ClientBase): Promise<void> => {
  const deadline = startDeadline('Preparing a connection', undefined, CONNECT_TIMEOUT_MS)
  try {
    await beforeDeadline(deadline, runOn(client, `set idle_in_transaction_session_timeout = ${FORGOTTEN_TRANSACTION_MS}`, []))
  } finally {
    deadline.clear()
  }
}

/** A pooled connection in use by one call. */
export interface Session {
  query(text: string, values: readonly WireValue[], deadline: Deadline): Promise<StatementResult>
  script(text: string, deadline: Deadline): Promise<void>
  /** Back to the pool, or ended when something is still running on it or its state is unknown. */
  release(): void
}

export interface Sessions {
  /** A connection of its own, new or used. @throws AppError SOURCE_UNAVAILABLE, DEADLINE_EXCEEDED */
  take(deadline: Deadline): Promise<Session>
  close(): Promise<void>
}

/**
 * The pool: it connects on demand, and ends what broke, so that it recovers by itself.
 * @param trouble is told what the server refused
 */
export function createSessions(url: string, poolSize: number, trouble: Pick<WriteTrouble, 'note'>): Sessions {
  const pool = new pg.Pool({ ...clientOptions(url), max: poolSize, idleTimeoutMillis: 30_000, onConnect: limitTransactions })
  // An idle connection that dies is removed by the pool; whoever needs the next one is told then.
  pool.on('error', () => undefined)
  // Between the pool and a session nobody listens: a server that dies just then must not take us with it. The next query finds the connection dead.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const cancel = createCanceller(url)

  const open = (client: pg.PoolClient): Session => {
    let broken: unknown = null
    const onError = (error: Error): void => {
      broken ??= error
    }
    client.on('error', onError)
    const within = async <T>(deadline: Deadline, work: () => Promise<T>): Promise<T> => {
      if (broken !== null) throw toPostgresError(broken)
      try {
        return await beforeDeadline(deadline, work())
      } catch (error) {
        if (deadline.ended !== null && broken === null) void cancel(backendOf(client))
        if (deadline.ended !== null || !(error instanceof pg.DatabaseError)) broken ??= error
        const known = toPostgresError(error)
        trouble.note(known)
        throw known
      }
    }
    return {
      query: (text, values, deadline) => within(deadline, () => runOn(client, text, values)),
      script: (text, deadline) =>
        within(deadline, async () => {
          try {
            await client.query(text)
          } finally {
            // A script that failed, or forgot, must not leave its transaction to the next user of the connection.
            await client.query('rollback')
          }
        }),
      release() {
        client.off('error', onError)
        client.release(broken !== null)
      },
    }
  }

  return {
    async take(deadline) {
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
    close: () => pool.end(),
  }
}

const backendOf = (client: pg.PoolClient): number | null =>
  'processID' in client && typeof client.processID === 'number' ? client.processID : null
