import { type EventLog, type LogStream } from '../datasources/log/log.ts'
import { type EventRing } from './event-ring.ts'
import { type MessageItem } from './live-feed.ts'

export interface ReachBackParts {
  readonly log: EventLog
  readonly stream: LogStream
  readonly ring: EventRing
  readonly epoch: () => string
  /** Changes when the ring begins anew. */
  readonly generation: () => number
  /** Whether the log still holds what the ring ends with: one that was restored would give what belongs to another life. */
  readonly isCurrent: () => Promise<boolean>
}

/** Who is further behind reads alone: a long read that breaks would have to begin anew for all. */
const farthest = 5000n
/** Others come back at the same time, from a little before. */
const margin = 2000n

/**
 * Fills a ring from the log backwards. After a restart all readers come back at once, each a little behind: one read serves them all, where a consumer
 * each would keep the log busy with nothing but that.
 * @returns whether everything after `sequence` is in the ring now; false: the reader has to read by itself
 * @throws AppError SOURCE_UNAVAILABLE
 */
export function createReachBack({
  log,
  stream,
  ring,
  epoch,
  generation,
  isCurrent,
}: ReachBackParts): (sequence: bigint) => Promise<boolean> {
  let reaching: Promise<void> | null = null

  const fill = async (sequence: bigint): Promise<void> => {
    const before = { generation: generation(), covered: ring.coveredFrom(), epoch: epoch() }
    const from = sequence > margin ? sequence - margin : 0n
    const items: MessageItem[] = []
    for await (const batch of log.read(stream, { from: from + 1n, to: before.covered }))
      for (const message of batch) items.push({ kind: 'MESSAGE', epoch: before.epoch, generation: before.generation, message })
    // the log starts silently at the first message it still holds; asked after the read, so that a purge during it is seen too
    const [state, isOurs] = await Promise.all([log.state(stream), isCurrent()])
    if (!isOurs || state?.epoch !== before.epoch || generation() !== before.generation || ring.coveredFrom() !== before.covered) return
    const held = state.firstSequence - 1n
    if (held <= sequence) ring.prepend(items, held > from ? held : from)
  }

  return async (sequence) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      if (ring.coveredFrom() <= sequence) return true
      const missing = ring.coveredFrom() - sequence
      if (missing > farthest || missing > BigInt(ring.room())) return false
      reaching ??= fill(sequence).finally(() => (reaching = null))
      await reaching
    }
    return ring.coveredFrom() <= sequence
  }
}
