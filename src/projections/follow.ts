import { AppError, isAppError } from '../errors.ts'
import { type EventLog, type LogMessage, type LogStreamState } from '../datasources/log/log.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { pause } from '../pause.ts'
import { type Logger } from '../logger.ts'
import { type Clock } from '../time.ts'
import { applyBatch } from './apply-batch.ts'
import { type ProjectionNotifier } from './notifier.ts'
import { type Projection } from './projection.ts'
import { readAhead, type BatchLimits } from './read-ahead.ts'
import { projectionTransactions, type ProjectionTransactions } from './transactions.ts'
import { FencedError, readMark, resetProjection, type Mark } from './watermarks.ts'

export interface ProjectorParts {
  readonly sql: Sql
  readonly log: EventLog
  readonly clock: Clock
  readonly logger: Logger
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
const watchMs = 1000

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

/** Where one attempt is; `busy` while a batch is on its way into the tables. */
interface Position {
  mark: Mark
  busy: boolean
}

async function followOnce(parts: ProjectorParts, projection: Projection, { limits, stats, signal, lost }: FollowOptions): Promise<void> {
  const state = await parts.log.state(projection.stream)
  if (state === null) {
    if (stats.status !== 'WAITING') parts.logger.info({ stream: projection.stream }, 'the stream does not exist yet')
    stats.status = 'WAITING'
    return
  }
  const transactions = projectionTransactions(parts, lost)
  const position: Position = { mark: await startingMark(parts, transactions, { projection, state, stats }), busy: false }
  announce(parts, projection, stats, position.mark)
  const attempt = new AbortController()
  const ended = AbortSignal.any([signal, attempt.signal])
  const watching = watchMark(parts, projection, position, { ended, attempt })
  const source = parts.log.tail(projection.stream, { from: position.mark.sequence + 1n, signal: ended })
  try {
    stats.status = 'FOLLOWING'
    for await (const batch of readAhead(source, limits)) {
      if (ended.aborted) break
      position.busy = true
      const { mark, deadLetters } = await applyBatch(transactions, projection, position.mark, batch)
      countMissed(parts, { projection, state, stats }, position.mark, batch)
      Object.assign(position, { mark, busy: false })
      stats.batches += 1
      stats.applied += batch.length
      stats.deadLetters += deadLetters
      announce(parts, projection, stats, mark)
    }
    attempt.signal.throwIfAborted()
  } finally {
    attempt.abort()
    await watching
  }
}

function announce({ notifier, clock }: ProjectorParts, { stream }: Projection, stats: ProjectionStats, { sequence, epoch }: Mark): void {
  stats.sequence = sequence
  notifier?.publish({ stream, sequence, epoch, updatedAt: clock.now() })
}

/** A rebuild by somebody else moves the watermark; as long as no message comes, nothing else would tell us. */
async function watchMark(
  { sql }: ProjectorParts,
  projection: Projection,
  position: Position,
  { ended, attempt }: { ended: AbortSignal; attempt: AbortController },
): Promise<void> {
  for (await pause(watchMs, ended); !ended.aborted; await pause(watchMs, ended)) {
    const seen = position.mark
    // A store that does not answer is met by the next batch as well.
    const stored = await readMark(sql, projection).catch(() => seen)
    const moved = stored?.epoch !== seen.epoch || stored.sequence !== seen.sequence
    // Our own batch may have moved it meanwhile.
    if (moved && !position.busy && position.mark === seen) attempt.abort(new FencedError(projection.name))
  }
}

type Following = { readonly projection: Projection; readonly state: LogStreamState; readonly stats: ProjectionStats }

/** What lies between the watermark and the first message, and below what the log still holds, was dropped before we read it. */
function countMissed({ logger }: ProjectorParts, { projection, state, stats }: Following, from: Mark, batch: readonly LogMessage[]): void {
  const first = batch[0]?.sequence ?? 0n
  const held = first < state.firstSequence ? first : state.firstSequence
  const missed = held - from.sequence - 1n
  if (missed <= 0n || from.sequence === 0n) return
  stats.missed += missed
  logger.error({ projection: projection.name, stream: state.name, missed }, 'the log dropped messages before they were projected')
}

/**
 * Where to go on. A stream that was deleted and made again, or set back, counts its sequences anew: what the tables hold is then about
 * messages that no longer exist, so they are emptied and filled from the new stream.
 */
async function startingMark(
  { sql, logger }: ProjectorParts,
  transactions: ProjectionTransactions,
  { projection, state, stats }: Following,
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
  return stored
}
