import { join } from 'node:path'
import { sourceUnavailable } from '../../errors.ts'
import { lackOfRoom, makeFolder, startFailure } from './data-folder.ts'
import { openPgliteBridge, type BridgeRequest, type PgliteBridge } from './pglite-bridge.ts'
import { prepareDataDir } from './pglite-data-dir.ts'
import { lockDataDir } from './pglite-lock.ts'
import { startUpkeep } from './pglite-upkeep.ts'
import { createTurns } from './pglite-turns.ts'
import { type QueryOptions, type Sql, type SqlLease, type SqlValue } from './sql.ts'
import { beforeDeadline, type Deadline, startDeadline } from '../../deadline.ts'
import { createExecutor, probesOf, type StatementResult } from './sql-rows.ts'
import { createTransactionGuard, runTransaction } from './sql-transaction.ts'
import { encodeValue } from './sql-values.ts'
import { createWriteTrouble } from './write-trouble.ts'

export interface PgliteSqlOptions {
  /** Folder of the data, made when missing and locked against other processes; null = in memory, gone at close. */
  dataDir: string | null
  /** Deadline of a call that gives none. */
  timeoutMs: number
  /**
   * PGlite cannot cancel a statement. One that holds the thread for this long after its deadline costs the thread, which is started anew
   * (default 20 s).
   */
  hangGraceMs?: number
}

const HANG_GRACE_MS = 20_000

/** Named locks of one process. PGlite's data belongs to this process alone, so they need no server. */
function createProcessLocks() {
  const held = new Map<string, AbortController>()
  return {
    tryLock(name: string): SqlLease | null {
      if (held.has(name)) return null
      const lost = new AbortController()
      held.set(name, lost)
      return {
        lost: lost.signal,
        async release() {
          if (held.get(name) === lost) held.delete(name)
        },
      }
    },
    close() {
      for (const lost of held.values()) lost.abort(new Error('the store was closed'))
      held.clear()
    },
  }
}

/**
 * The embedded store: PGlite in a worker thread.
 * @throws Error when the data directory is in use by another process, was made by another PostgreSQL version, or cannot be opened (UnusableFolderError: full, read-only)
 */
export async function openPgliteSql({ dataDir, timeoutMs, hangGraceMs = HANG_GRACE_MS }: PgliteSqlOptions): Promise<Sql> {
  if (dataDir !== null) makeFolder(dataDir)
  const lock = dataDir === null ? null : await lockDataDir(dataDir)
  try {
    const prepared = await prepareDataDir(dataDir === null ? null : join(dataDir, 'pglite'))
    await lock?.verify()
    const trouble = createWriteTrouble()
    const bridge = await openPgliteBridge(prepared.options, hangGraceMs, trouble)
    await prepared.started()
    return createPgliteSql({
      bridge,
      defaultTimeoutMs: timeoutMs,
      complaint: () => (dataDir === null ? null : lackOfRoom(dataDir)) ?? trouble.complaint(),
      unlock: async () => lock?.release(),
    })
  } catch (error) {
    await lock?.release()
    throw dataDir === null ? error : startFailure(dataDir, error)
  }
}

interface PgliteParts {
  readonly bridge: PgliteBridge
  readonly defaultTimeoutMs: number
  complaint(): string | null
  unlock(): Promise<void>
}

function createPgliteSql({ bridge, defaultTimeoutMs, complaint, unlock }: PgliteParts): Sql {
  const turns = createTurns()
  const guard = createTransactionGuard()
  const locks = createProcessLocks()
  let closing: Promise<void> | null = null

  const refuse = (): void => {
    if (closing !== null) throw sourceUnavailable('sql', new Error('the store is closed'))
    guard.refuseInside()
  }
  const send = (request: BridgeRequest, deadline: Deadline): Promise<StatementResult> =>
    deadline.ended === null ? beforeDeadline(deadline, bridge.send(request, deadline.remainingMs())) : Promise.reject(deadline.ended)

  /** Sent in order, so before the next turn's first statement; needs no answer, and does nothing where no transaction is open. */
  const rollBack = (): void => {
    bridge.send({ kind: 'query', text: 'rollback', values: [] }, defaultTimeoutMs).catch(() => undefined)
  }

  /** One request outside of a transaction. Its turn ends when the thread has done it, also when the caller no longer waits. */
  const alone = async (request: BridgeRequest, options?: QueryOptions): Promise<StatementResult> => {
    const deadline = startDeadline('A statement', options, defaultTimeoutMs)
    try {
      const leave = await turns.take('statement', deadline)
      const sent = bridge.send(request, deadline.remainingMs())
      sent.then(leave, leave)
      return await beforeDeadline(deadline, sent)
    } finally {
      deadline.clear()
    }
  }

  const executor = createExecutor(async (text, values, options) => {
    refuse()
    return alone({ kind: 'query', text, values: values.map(encodeValue) }, options)
  })

  const endUpkeep = startUpkeep(executor)

  return {
    ...executor,
    ...probesOf(executor),
    mode: 'EMBEDDED',
    complaint,
    async transaction(work, options) {
      refuse()
      const deadline = startDeadline('A transaction', options, defaultTimeoutMs)
      try {
        const leave = await turns.take('transaction', deadline)
        const generation = bridge.generation()
        const statement = async (text: string, values: readonly SqlValue[], limits: QueryOptions) => {
          // After a restart of the thread the transaction is gone, and the statement would commit by itself.
          if (bridge.generation() !== generation) throw sourceUnavailable('sql', new Error('the embedded database was restarted'))
          const statementDeadline = startDeadline('A statement', limits, defaultTimeoutMs)
          try {
            return await send({ kind: 'query', text, values: values.map(encodeValue) }, statementDeadline)
          } finally {
            statementDeadline.clear()
          }
        }
        try {
          return await runTransaction({ statement, work, deadline, guard })
        } catch (error) {
          if (bridge.generation() === generation) rollBack()
          throw error
        } finally {
          leave()
        }
      } finally {
        deadline.clear()
      }
    },
    async script(text, options) {
      refuse()
      const deadline = startDeadline('A script', options, defaultTimeoutMs)
      try {
        const leave = await turns.take('transaction', deadline)
        const sent = bridge.send({ kind: 'script', text }, deadline.remainingMs())
        rollBack()
        leave()
        await beforeDeadline(deadline, sent)
      } finally {
        deadline.clear()
      }
    },
    async tryLock(name) {
      if (closing !== null) throw sourceUnavailable('sql', new Error('the store is closed'))
      return locks.tryLock(name)
    },
    close() {
      const close = async (): Promise<void> => {
        endUpkeep()
        const deadline = startDeadline('Closing', undefined, defaultTimeoutMs)
        try {
          // In order, so after every statement that was accepted. A close that cannot finish is cut: the data survives that.
          await turns.take('transaction', deadline)
          await send({ kind: 'close' }, deadline)
        } catch {
          // Deliberate: whatever kept it from closing cleanly ends with the thread.
        } finally {
          deadline.clear()
          locks.close()
          await bridge.terminate()
          await unlock()
        }
      }
      closing ??= close()
      return closing
    },
  }
}
