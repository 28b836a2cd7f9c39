import pg from 'pg'
import { type SqlLease } from './sql.ts'
import { beforeDeadline, startDeadline } from '../../deadline.ts'
import { clientOptions, destroyClient, lockNumber, runOn, toPostgresError } from './postgres-client.ts'

/** How often the holder asks its session for a sign of life, and how long that may take: a hung server says nothing by itself. */
const CHECK_EVERY_MS = 2_000
const CHECK_TIMEOUT_MS = 3_000
/**
 * When the server ends a session that asks nothing: that of a holder that hangs, or whose host vanished, and whose connection nobody closed.
 * Longer than a check and its deadline, so that a holder that still runs has noticed before the next one leads.
 */
const SILENCE_MS = 10_000

export interface LeaseRequest {
  readonly url: string
  readonly name: string
  readonly timeoutMs: number
}

/** A session advisory lock on a connection of its own: PostgreSQL lets go of it as soon as that session ends, or has been silent for too long. */
export async function tryAdvisoryLock({ url, name, timeoutMs }: LeaseRequest): Promise<SqlLease | null> {
  const client = new pg.Client(clientOptions(url))
  const lost = new AbortController()
  const lose = (cause: unknown): void => {
    if (!lost.signal.aborted) lost.abort(toPostgresError(cause))
  }
  client.on('error', lose)
  client.on('end', () => lose(new Error('the session of the lock ended')))
  const deadline = startDeadline('Taking a lock', undefined, timeoutMs)
  try {
    await beforeDeadline(deadline, client.connect())
    const { rows } = await beforeDeadline(
      deadline,
      runOn(client, `select pg_try_advisory_lock($1::bigint) as taken, set_config('idle_session_timeout', $2, false)`, [
        lockNumber(name).toString(),
        String(SILENCE_MS),
      ]),
    )
    if (!(rows as readonly { taken: boolean }[]).some(({ taken }) => taken)) {
      destroyClient(client)
      return null
    }
  } catch (error) {
    destroyClient(client)
    throw toPostgresError(error)
  } finally {
    deadline.clear()
  }
  return holdLease(client, lost.signal, lose)
}

function holdLease(client: pg.Client, lost: AbortSignal, lose: (cause: unknown) => void): SqlLease {
  const isAlive = async (): Promise<void> => {
    const deadline = startDeadline('The check of a lock', undefined, CHECK_TIMEOUT_MS)
    try {
      await beforeDeadline(deadline, runOn(client, 'select 1', []))
      schedule()
    } catch (error) {
      lose(error)
      destroyClient(client)
    } finally {
      deadline.clear()
    }
  }
  let released = false
  let timer: NodeJS.Timeout
  const schedule = (): void => {
    if (released) return
    timer = setTimeout(() => void isAlive(), CHECK_EVERY_MS)
    timer.unref()
  }
  schedule()
  return {
    lost,
    async release() {
      if (released) return
      released = true
      clearTimeout(timer)
      client.removeAllListeners('end')
      if (lost.aborted) return
      // Ending the session is what lets go; waiting for it lets the next holder in as soon as this call returns.
      const deadline = startDeadline('Releasing a lock', undefined, CHECK_TIMEOUT_MS)
      try {
        await beforeDeadline(deadline, runOn(client, 'select pg_advisory_unlock_all()', []))
      } catch {
        // Deliberate: a session that cannot be asked is ended below, which releases the lock as well.
      } finally {
        deadline.clear()
        destroyClient(client)
      }
    },
  }
}
