import { type Sql, SqlError } from '../sql/sql.ts'
import { isAppError } from '../../errors.ts'
import { type LogMessage, type LogStream, type LogStreamState, type TailOptions } from './log.ts'
import { promptIterator } from './prompt-iterator.ts'
import { sourceReset } from './source-reset.ts'
import { raceLimits } from '../waiting.ts'
import { pause } from '../../pause.ts'

/** Wakes whoever follows a stream; a wake-up may come for nothing. */
export interface Announcer {
  announce(stream: LogStream): void
  listen(stream: LogStream, listener: () => void): () => void
  close(): void
}

/**
 * Told by this process's own commits at once, and by a poll of what other processes committed. One query for all followers.
 * @param pollMs how long another process's commit may stay unseen
 */
export function createAnnouncer(sql: Sql, pollMs: number): Announcer {
  const listeners = new Map<LogStream, Set<() => void>>()
  const closing = new AbortController()
  let seen = ''
  let polling = false
  const everybody = () => [...listeners.values()].flatMap((set) => [...set])

  async function poll(): Promise<void> {
    polling = true
    for (await pause(pollMs, closing.signal); everybody().length > 0 && !closing.signal.aborted; await pause(pollMs, closing.signal)) {
      let now = 'down'
      try {
        now = JSON.stringify(
          await sql.any<{ now: string }>(`select stream || ' ' || epoch || ' ' || last_sequence as now from log_streams order by stream`),
        )
      } catch (error) {
        // The followers meet the same error themselves, and say so.
        if (!isAppError(error) && !(error instanceof SqlError)) throw error
      }
      if (now !== seen) for (const listener of everybody()) listener()
      seen = now
    }
    polling = false
  }

  return {
    announce(stream) {
      for (const listener of [...(listeners.get(stream) ?? [])]) listener()
    },
    listen(stream, listener) {
      const set = listeners.get(stream) ?? new Set()
      listeners.set(stream, set.add(listener))
      if (!polling) void poll()
      return () => void set.delete(listener)
    },
    close: () => closing.abort(),
  }
}

export interface SqlTailParts {
  readonly stream: LogStream
  readonly announcer: Announcer
  state(stream: LogStream): Promise<LogStreamState>
  get(stream: LogStream, sequence: bigint): Promise<LogMessage | null>
  read(
    stream: LogStream,
    range: { from: bigint; to: bigint; subject?: string | undefined; batchSize: number; signal: AbortSignal },
  ): AsyncIterable<LogMessage[]>
}

const batchSize = 500
const retryMs = { first: 100, last: 2_000 }

/** Follows one stream for ever; see the port. */
export function tailSql(parts: SqlTailParts, options: TailOptions): AsyncIterableIterator<LogMessage[]> {
  // `new` means new since this call, not since the first `next()`.
  const atCall = options.from === 'new' ? parts.state(parts.stream).catch(() => null) : Promise.resolve(null)
  return promptIterator((signal) => follow(parts, options, atCall, signal), options.signal)
}

async function* follow(
  parts: SqlTailParts,
  options: TailOptions,
  atCall: Promise<LogStreamState | null>,
  signal: AbortSignal,
): AsyncGenerator<LogMessage[], void> {
  const { stream, announcer } = parts
  const start = await atCall
  let epoch = options.epoch ?? start?.epoch ?? null
  let last = options.from === 'new' ? (start?.lastSequence ?? null) : options.from - 1n
  let fresh = options.epoch === undefined
  let newest = options.previous ?? null
  /** The store may have been restored to what it was earlier, and have grown again past us. */
  let mayBeRestored = true
  let waitMs = retryMs.first
  let changed = new AbortController()
  const unlisten = announcer.listen(stream, () => changed.abort())
  // Sequences have no holes here: what is missing was removed before we read it. A pattern skips sequences, so only an unfiltered tail can tell.
  const isLoss = (next: bigint | undefined, previous: bigint) => !fresh && options.subject === undefined && next !== previous + 1n
  try {
    while (!signal.aborted) {
      changed = new AbortController()
      try {
        const state = await raceLimits(parts.state(stream), { signal })
        if (waitMs !== retryMs.first) options.onStatus?.('UP')
        waitMs = retryMs.first
        last ??= state.lastSequence
        if ((epoch ?? state.epoch) !== state.epoch || state.lastSequence < last || (!fresh && state.firstSequence > last + 1n))
          throw sourceReset(stream)
        const held = mayBeRestored && newest !== null ? await parts.get(stream, newest.sequence) : null
        if (held !== null && held.recordedAtNs !== newest?.recordedAtNs) throw sourceReset(stream)
        mayBeRestored = false
        epoch = state.epoch
        fresh &&= state.firstSequence > last + 1n
        for await (const batch of parts.read(stream, {
          from: last + 1n,
          to: state.lastSequence,
          subject: options.subject,
          batchSize,
          signal,
        })) {
          if (signal.aborted) return
          if (isLoss(batch[0]?.sequence, last)) throw sourceReset(stream)
          newest = batch.at(-1) ?? newest
          last = newest?.sequence ?? last
          fresh = false
          yield batch
        }
        if (isLoss(state.lastSequence + 1n, last)) throw sourceReset(stream)
        last = state.lastSequence
        await untilAborted(changed.signal, signal)
      } catch (error) {
        if (signal.aborted) return
        if (!isAppError(error, 'SOURCE_UNAVAILABLE')) throw error
        if (waitMs === retryMs.first) options.onStatus?.('DOWN')
        mayBeRestored = true
        waitMs = Math.min(waitMs * 2, retryMs.last)
        await pause(waitMs, signal)
      }
    }
  } finally {
    unlisten()
  }
}

const longestTimeoutMs = 2 ** 31 - 1
const untilAborted = (...signals: readonly AbortSignal[]): Promise<void> => pause(longestTimeoutMs, ...signals)
