import { type LogMessage } from '../datasources/log/log.ts'
import { sourceUnavailable } from '../errors.ts'
import { type LiveFeed } from './live-feed.ts'

export interface ReplayStep {
  readonly messages: readonly LogMessage[]
  /** Everything up to here was read. */
  readonly reached: bigint
  /** What the log had lost of this step before it could be read; null when nothing. */
  readonly lost: { readonly from: bigint; readonly to: bigint } | null
  readonly done: boolean
}

/** Backlog of one subscriber, batch by batch, from `from` to where the feed stood when it was opened. */
export interface Replay {
  /** @throws AppError SOURCE_UNAVAILABLE while the log is down, or another stream has taken the place of the feed's */
  next(): Promise<ReplayStep>
  close(): void
}

export interface ReplayOptions {
  /** `position` is where the replay ends. */
  readonly feed: Pick<LiveFeed, 'log' | 'stream' | 'position' | 'epoch' | 'warn'>
  readonly subjects: readonly string[]
  readonly from: bigint
  readonly signal: AbortSignal
}

const batchSize = 500

export function openReplay({ feed, subjects, from, signal }: ReplayOptions): Replay {
  const to = feed.position()
  const epoch = feed.epoch()
  // the log takes one pattern; with more, the subscriber's own filter does it
  const subject = subjects.length === 1 ? subjects[0] : undefined
  const batches = feed.log
    .read(feed.stream, { from, to, batchSize, signal, ...(subject === undefined ? {} : { subject }) })
    [Symbol.asyncIterator]()
  let wanted = from
  let ahead: Promise<ReplayStep> | null = null

  const lostOf = (first: bigint, messages: readonly LogMessage[], end: bigint): ReplayStep['lost'] => {
    if (first <= wanted) return null
    const next = messages[0]?.sequence ?? end + 1n
    const upTo = (first < next ? first : next) - 1n
    return upTo < wanted ? null : { from: wanted, to: upTo }
  }

  const read = async (): Promise<ReplayStep> => {
    const step = await batches.next()
    const messages = step.done === true ? [] : step.value
    const end = step.done === true ? to : (messages.at(-1)?.sequence ?? wanted - 1n)
    // the log starts silently at the first message it still holds; asked after the read, so that a purge during it is seen too
    const state = await feed.log.state(feed.stream)
    if (state === null || state.epoch !== epoch) throw sourceUnavailable('log', new Error('the stream was replaced'))
    const lost = lostOf(state.firstSequence, messages, end)
    if (end >= wanted) wanted = end + 1n
    return { messages, reached: end, lost, done: step.done === true }
  }

  return {
    async next() {
      const step = await (ahead ?? read())
      ahead = null
      if (step.done) return step
      // while the reader is busy with one batch the log is with the next, and with no more than that
      ahead = read()
      // who asks for it is told
      ahead.catch(() => undefined)
      return step
    },
    close() {
      batches.return?.().catch((error: unknown) => feed.warn({ err: error, stream: feed.stream }, 'a replay did not close cleanly'))
    },
  }
}
