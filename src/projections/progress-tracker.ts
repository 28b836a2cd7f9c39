import { type LogStream } from '../datasources/log/log.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { type Clock, type Nanos } from '../time.ts'
import { type ProjectionNotifier } from './notifier.ts'
import { type ProjectionProgress, type Watermark } from './progress.ts'
import { defaultProjections } from './projector.ts'

/** While somebody waits; nobody waiting means no query. */
const pollMs = 15
const pollTimeoutMs = 1000
/** Only they hold a stream's readers up: others note positions in that table too, as does a newer version that was here and is gone. */
const projectionNames = defaultProjections().map(({ name }) => name)
/** How long what we know may answer without a look: a stream that was replaced starts again from 1. */
const freshMs = 1000

interface Waiter {
  readonly stream: LogStream
  readonly sequence: bigint
  readonly settle: (reached: boolean) => void
}

/**
 * How far the read model is: told by the projector of this process after each commit (`notifier`), and by one shared poller of the watermarks
 * while somebody waits, for projectors elsewhere.
 */
export function createProgress({
  sql,
  notifier,
}: {
  sql: Sql
  clock?: Clock
  notifier?: ProjectionNotifier | undefined
}): ProjectionProgress & {
  close(): void
} {
  const known = new Map<LogStream, { mark: Watermark; seenMs: number }>()
  const waiters = new Set<Waiter>()
  let timer: NodeJS.Timeout | null = null
  const stopListening = notifier?.listen(learn)

  return {
    async watermark(stream) {
      for (const mark of await readWatermarks()) learn(mark)
      return known.get(stream)?.mark ?? null
    },
    waitFor(stream, sequence, { timeoutMs, signal }) {
      if (holds(stream, sequence)) return Promise.resolve(true)
      if (signal?.aborted === true) return Promise.resolve(false)
      return new Promise((resolve) => {
        const waiter = { stream, sequence, settle }
        const deadline = setTimeout(() => settle(false), timeoutMs)
        const onAbort = () => settle(false)
        signal?.addEventListener('abort', onAbort, { once: true })
        waiters.add(waiter)
        schedule(0)

        function settle(reached: boolean): void {
          if (!waiters.delete(waiter)) return
          clearTimeout(deadline)
          signal?.removeEventListener('abort', onAbort)
          resolve(reached)
        }
      })
    },
    close() {
      stopListening?.()
      if (timer !== null) clearTimeout(timer)
      for (const waiter of [...waiters]) waiter.settle(false)
    },
  }

  function holds(stream: LogStream, sequence: bigint): boolean {
    const entry = known.get(stream)
    return entry !== undefined && entry.mark.sequence >= sequence && performance.now() - entry.seenMs <= freshMs
  }

  function learn(mark: Watermark): void {
    known.set(mark.stream, { mark, seenMs: performance.now() })
    for (const waiter of [...waiters]) {
      if (waiter.stream === mark.stream && mark.sequence >= waiter.sequence) waiter.settle(true)
    }
  }

  function schedule(ms: number): void {
    timer ??= setTimeout(() => void poll(), ms)
  }

  async function poll(): Promise<void> {
    try {
      for (const mark of await readWatermarks()) learn(mark)
    } catch {
      // A store that is down is reported by whoever reads from it; whoever waits here is told by the deadline.
    }
    timer = null
    if (waiters.size > 0) schedule(pollMs)
  }

  async function readWatermarks(): Promise<Watermark[]> {
    const rows = await sql.any<{ stream: LogStream; sequence: bigint; epoch: string; updated_at_ns: Nanos }>(
      `select distinct on (stream) stream, sequence, epoch, updated_at_ns from projection_watermarks
        where projection = any($1::text[]) order by stream, sequence`,
      [projectionNames],
      { timeoutMs: pollTimeoutMs },
    )
    return rows.map(({ stream, sequence, epoch, updated_at_ns }) => ({ stream, sequence, epoch, updatedAt: updated_at_ns }))
  }
}
