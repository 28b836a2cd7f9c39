import { type LogMessage, type LogStream } from '../datasources/log/log.ts'
import { type EventsFeed } from './events-feed.ts'
import { type Heads, type HubGapReason, isSameLife, type StreamLife } from './hub.ts'
import { openReplay, type Replay } from './replay.ts'

export interface MergedStep {
  /** In the order in which the log stored them, over all streams. */
  readonly messages: readonly { readonly stream: LogStream; readonly life: StreamLife; readonly message: LogMessage }[]
  readonly lost: readonly {
    readonly stream: LogStream
    readonly life: StreamLife
    readonly from: bigint
    readonly to: bigint
    readonly reason: HubGapReason
  }[]
  readonly done: boolean
}

/** The backlog of several streams as one: each in its own order, together by the time at which the log stored them. */
export interface MergedReplay {
  /** @throws AppError SOURCE_UNAVAILABLE while the log is down */
  next(): Promise<MergedStep>
  close(): void
}

interface Side {
  readonly stream: LogStream
  readonly life: StreamLife
  readonly replay: Replay
  waiting: readonly LogMessage[]
  /** The first of `waiting` that was not taken. */
  at: number
  done: boolean
}

export interface MergedReplayOptions {
  readonly feed: Pick<EventsFeed, 'log' | 'warn'>
  readonly from: Heads
  readonly to: Heads
  readonly signal: AbortSignal
}

export function createMergedReplay({ feed, from, to, signal }: MergedReplayOptions): MergedReplay {
  const resets: MergedStep['lost'][number][] = []
  const sides: Side[] = []
  for (const [stream, reached] of from) {
    const end = to.get(stream)
    if (end === undefined || end.epoch === '') continue
    // of a stream that was made since, everything is new
    const life = { epoch: end.epoch, generation: end.generation }
    const begin = reached.epoch === '' ? { ...end, sequence: 0n } : reached
    // it was replaced since: nothing of the new one can be told apart from what was delivered before
    if (!isSameLife(end, begin)) resets.push({ stream, life, from: 1n, to: end.sequence, reason: 'SOURCE_RESET' })
    else if (end.sequence > begin.sequence) {
      const { log, warn } = feed
      const source = { log, warn, stream, position: () => end.sequence, epoch: () => end.epoch }
      const replay = openReplay({ feed: source, subjects: ['>'], from: begin.sequence + 1n, signal })
      sides.push({ stream, life, replay, waiting: [], at: 0, done: false })
    }
  }

  const fill = async (side: Side, lost: MergedStep['lost'][number][]): Promise<void> => {
    while (oldestOf(side) === undefined && !side.done) {
      const step = await side.replay.next()
      side.waiting = step.messages
      side.at = 0
      side.done = step.done
      if (step.lost !== null) lost.push({ stream: side.stream, life: side.life, ...step.lost, reason: 'EXPIRED' })
    }
  }

  return {
    async next() {
      const lost = resets.splice(0)
      for (const side of sides) await fill(side, lost)
      const messages: MergedStep['messages'][number][] = []
      // until one side runs out: what it holds next may be older than what the others have
      for (let open = sides.filter(isOpen); open.every(hasMore);) {
        const [first, ...others] = open
        if (first === undefined) break
        const side = others.reduce((best, other) => (timeOf(other) < timeOf(best) ? other : best), first)
        const message = oldestOf(side)
        if (message !== undefined) messages.push({ stream: side.stream, life: side.life, message })
        side.at++
        if (!isOpen(side)) open = open.filter(isOpen)
      }
      return { messages, lost, done: !sides.some(isOpen) }
    },
    close() {
      for (const { replay } of sides) replay.close()
    },
  }
}

const oldestOf = ({ waiting, at }: Side): LogMessage | undefined => waiting[at]
const hasMore = (side: Side): boolean => oldestOf(side) !== undefined
const isOpen = (side: Side): boolean => hasMore(side) || !side.done
const timeOf = (side: Side): bigint => oldestOf(side)?.recordedAtNs ?? 0n
