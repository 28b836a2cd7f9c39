import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, isAppError } from '../errors.ts'
import { type EventLog, type LogMessage, type LogStreamState } from '../datasources/log/log.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { type Clock } from '../time.ts'
import { applyBatch } from './apply-batch.ts'
import { type ProjectionNotifier } from './notifier.ts'
import { type Projection } from './projection.ts'
import { readAhead, type BatchLimits } from './read-ahead.ts'
import { projectionTransactions, type ProjectionTransactions } from './transactions.ts'
import { readMark, resetProjection, type Mark } from './watermarks.ts'

/** As much of pino as we need. */
export interface ProjectionLogger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export interface ProjectorParts {
  readonly sql: Sql
  readonly log: EventLog
  readonly clock: Clock
  readonly logger: ProjectionLogger
  readonly notifier?: ProjectionNotifier | undefined
}

export interface FollowOptions {
  readonly limits: BatchLimits
  readonly stats: ProjectionStats
  /** Finish the batch in hand and end. */
  readonly signal: AbortSignal
  /** The lock is gone: end at once. */
  readonly lost: AbortSignal
}

/** What a projection has done since the process started. */
export interface ProjectionStats {
  readonly projection: string
  readonly stream: LogMessage['stream']
  /** WAITING: the stream does not exist. FAILING: the last attempt failed and will be repeated. */
  status: 'IDLE' | 'FOLLOWING' | 'WAITING' | 'FAILING'
  sequence: bigint
  applied: number
  batches: number
  deadLetters: number
  /** How often the stream was replaced by a new one and the tables were built anew. */
  resets: number
  /** Messages that the log had dropped before we read them. */
  missed: bigint
}

const retryMs = { first: 100, most: 2000 }
const missingStreamMs = 1000

/** Keeps one projection up with its stream until `signal` aborts, through outages of either side. Never skips a message. */
export async function follow(parts: ProjectorParts, projection: Projection, options: FollowOptions): Promise<void> {
  const { stats, signal } = options
  let waitMs = retryMs.first
  while (!signal.aborted) {
    const appliedBefore = stats.applied
    try {
      await followOnce(parts, projection, options)
      waitMs = stats.status === 'WAITING' ? missingStreamMs : retryMs.first
    } catch (error) {
      if (signal.aborted) break
      if (stats.applied > appliedBefore) waitMs = retryMs.first
      const reset = isAppError(error, 'CURSOR_EXPIRED')
      if (stats.status !== 'FAILING' || !(error instanceof AppError)) {
        parts.logger.warn(
          { err: error, projection: projection.name, retryInMs: waitMs },
          reset ? 'the stream changed' : 'projection interrupted',
        )
      }
      stats.status = 'FAILING'
    } finally {
      projection.forget()
    }
    await pause(waitMs, signal)
    waitMs = Math.min(waitMs * 2, retryMs.most)
  }
  stats.status = 'IDLE'
}

async function followOnce(parts: ProjectorParts, projection: Projection, { limits, stats, signal, lost }: FollowOptions): Promise<void> {
  const state = await parts.log.state(projection.stream)
  if (state === null) {
    if (stats.status !== 'WAITING') parts.logger.info({ stream: projection.stream }, 'the stream does not exist yet')
    stats.status = 'WAITING'
    return
  }
  const transactions = projectionTransactions(parts, lost)
  let mark = await startingMark(parts, transactions, { projection, state, stats })
  announce(mark)
  const attempt = new AbortController()
  const source = parts.log.tail(projection.stream, { from: mark.sequence + 1n, signal: AbortSignal.any([signal, attempt.signal]) })
  try {
    stats.status = 'FOLLOWING'
    for await (const batch of readAhead(source, limits)) {
      if (signal.aborted) return
      const result = await applyBatch(transactions, projection, mark, batch)
      mark = result.mark
      stats.batches += 1
      stats.applied += batch.length
      stats.deadLetters += result.deadLetters
      announce(mark)
    }
  } finally {
    attempt.abort()
  }

  function announce({ sequence, epoch }: Mark): void {
    stats.sequence = sequence
    parts.notifier?.publish({ stream: projection.stream, sequence, epoch, updatedAt: parts.clock.now() })
  }
}

/**
 * Where to go on. A stream that was deleted and made again, or set back, counts its sequences anew: what the tables hold is then about
 * messages that no longer exist, so they are emptied and filled from the new stream.
 */
async function startingMark(
  { sql, logger }: ProjectorParts,
  transactions: ProjectionTransactions,
  { projection, state, stats }: { projection: Projection; state: LogStreamState; stats: ProjectionStats },
): Promise<Mark> {
  const stored = await readMark(sql, projection)
  if (stored === null || stored.epoch !== state.epoch || stored.sequence > state.lastSequence) {
    if (stored !== null) {
      stats.resets += 1
      logger.warn(
        { projection: projection.name, stream: state.name, stored, state },
        'the stream was replaced: the projection starts again',
      )
    }
    return transactions.run((tx) => resetProjection(tx, projection, state.epoch, transactions.clock.now()))
  }
  const missed = state.firstSequence - stored.sequence - 1n
  if (missed > 0n && stored.sequence > 0n) {
    stats.missed += missed
    logger.error({ projection: projection.name, stream: state.name, missed }, 'the log dropped messages before they were projected')
  }
  return stored
}

/** Waits, but not longer than until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
