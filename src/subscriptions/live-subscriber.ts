import { type LogMessage } from '../datasources/log/log.ts'
import { AppError } from '../errors.ts'
import { type CursorPosition } from './cursor.ts'
import { type HubGapReason, type HubItem, type HubSubscribeOptions, type SlowCounts } from './hub.ts'
import { type FeedReader, isPast, type LiveFeed, type MessageItem } from './live-feed.ts'
import { pause } from '../pause.ts'
import { logReader } from './log-reader.ts'
import { openReplay, type Replay } from './replay.ts'
import { type ReadyIterator } from './settling-iterator.ts'
import { subjectFilter } from './subject-index.ts'

export interface SubscriberOptions extends Omit<HubSubscribeOptions, 'field'> {
  readonly feed: LiveFeed
  readonly queueSize: number
  /** Counters of the hub. */
  readonly counted: SlowCounts
  /** Aborted when the hub closes. */
  readonly leave: AbortSignal
  readonly onClose: () => void
}

/** How long a reader waits for a feed that does not know yet what has happened to its stream. */
const earlyMs = 50

/**
 * One subscriber's way through a stream. While it keeps up, the feed puts its messages into a short queue. When the queue is full it is left
 * alone and, once it reads on, takes what it missed from the ring; what the ring no longer has is a gap. Before it was live the first time it
 * reads from the log instead, however long that takes.
 */
export function createLiveSubscriber(options: SubscriberOptions): ReadyIterator<HubItem> {
  const { feed, queueSize, counted, strict } = options
  const onSubject = subjectFilter(options.subjects)
  const matches = options.matches ?? (() => true)
  const stop = new AbortController()
  let queue: HubItem[] = []
  let head = 0
  let started = false
  let epoch = ''
  let generation = 0
  /** Everything up to here was delivered, queued, or is not for this subscriber. */
  let position = 0n
  /** The queue gets every new message. */
  let live = false
  let wasLive = false
  /** Messages left out while it was behind, and those of them counted as dropped. */
  let skipped = 0
  let charged = 0
  let replay: Replay | null = null
  let wake: (() => void) | null = null

  const rouse = (): void => {
    wake?.()
    wake = null
  }

  const reader: FeedReader = {
    offer(item) {
      if (item.message.sequence <= position || !wasLive || !matches(item.message)) return
      if (live && queue.length - head < queueSize) {
        queue.push(item)
        position = item.message.sequence
        return rouse()
      }
      if (live) position = item.message.sequence - 1n
      live = false
      skipped++
      if (feed.ring.coveredFrom() <= position) return
      charged++
      counted.dropped++
    },
    sourceReset() {
      live = false
      rouse()
    },
  }

  const take = (): HubItem | undefined => {
    const item = queue[head]
    if (item === undefined) return undefined
    head++
    if (head === queue.length) {
      queue = []
      head = 0
    }
    return item
  }

  const gap = (from: bigint, to: bigint, reason: HubGapReason): void => {
    counted.gaps++
    if (strict)
      throw new AppError('CURSOR_EXPIRED', 'The log no longer holds everything after this position.', {
        details: { reason, from: from.toString(), to: to.toString() },
      })
    queue.push({ kind: 'GAP', epoch, generation, from, to, reason, timeMark: feed.markAt(to) })
  }

  const phase = (name: 'REPLAY' | 'LIVE'): void => {
    const mark = options.after?.sequence === position ? options.after.timeMark : undefined
    queue.push({ kind: 'PHASE', epoch, generation, phase: name, sequence: position, timeMark: feed.markAt(position) ?? mark })
  }

  const goLive = (): void => {
    live = true
    skipped = 0
    charged = 0
    if (feed.position() > position) position = feed.position()
    if (wasLive) return
    wasLive = true
    phase('LIVE')
  }

  const endReplay = (): void => {
    replay?.close()
    replay = null
  }

  /** Messages for this subscriber that the ring holds and it has not got. */
  const leftInRing = (): number => {
    let left = 0
    feed.ring.forEachAfter(position, ({ message }) => {
      if (onSubject(message.subject) && matches(message)) left++
      return true
    })
    return left
  }

  /** @param upTo what cannot be told apart from what was delivered before */
  const followReset = (upTo = feed.ring.coveredFrom()): void => {
    // purged while this reader was behind: it has lost more than the feed
    const isPurged = epoch === feed.epoch() && position < feed.lostFrom()
    const from = isPurged ? position + 1n : feed.lostFrom()
    epoch = feed.epoch()
    generation = feed.generation()
    position = upTo
    endReplay()
    // what came since the reset was not counted: it was compared with a position in the stream as it was
    skipped = leftInRing()
    charged = 0
    gap(from, position, 'SOURCE_RESET')
  }

  /** @returns the end of the ring was reached */
  const takeFromRing = (): boolean => {
    let reachedEnd = true
    let recovered = 0
    feed.ring.forEachAfter(position, (item: MessageItem) => {
      if (queue.length - head >= queueSize) {
        reachedEnd = false
        return false
      }
      position = item.message.sequence
      if (onSubject(item.message.subject) && matches(item.message)) {
        queue.push(item)
        recovered++
      }
      return true
    })
    skipped -= recovered
    return reachedEnd
  }

  const skipWhatTheRingLost = (): void => {
    const from = position + 1n
    position = feed.ring.coveredFrom()
    const left = leftInRing()
    // while it was stalled the count was an estimate; now it is known
    const lost = Math.max(0, skipped - left)
    counted.dropped += lost - charged
    charged = 0
    skipped = left
    if (lost > 0) gap(from, position, 'SLOW_CONSUMER')
  }

  const deliverReplayed = (messages: readonly LogMessage[]): void => {
    for (const message of messages)
      if (message.sequence > position && onSubject(message.subject) && matches(message))
        queue.push({ kind: 'MESSAGE', epoch, generation, message })
  }

  const readBacklog = async (): Promise<void> => {
    replay ??= openReplay({ feed, subjects: options.subjects, from: position + 1n, signal: stop.signal })
    const step = await replay.next()
    if (step.lost !== null) gap(step.lost.from, step.lost.to, 'EXPIRED')
    deliverReplayed(step.messages)
    if (step.reached > position) position = step.reached
    if (step.done) endReplay()
  }

  const catchUp = async (): Promise<void> => {
    if (feed.generation() !== generation) return followReset()
    if (feed.ring.coveredFrom() > position) {
      if (wasLive) return skipWhatTheRingLost()
      if (replay !== null || !(await feed.reachBack(position))) return readBacklog()
      // others may have been dispatched meanwhile, or all begun anew
      return
    }
    endReplay()
    if (takeFromRing()) goLive()
  }

  /** Our tail may be behind the log: a position ahead of it is not yet a wrong one. EARLY: the tail does not know yet what has happened to the stream. */
  const judge = async (after: Omit<CursorPosition, 'stream'>): Promise<'OURS' | 'FOREIGN' | 'EARLY'> => {
    const known = { epoch: feed.epoch(), position: feed.position() }
    const isOurs = async (): Promise<'OURS' | 'FOREIGN' | 'EARLY'> => {
      const isSame = await feed.isSameMessage(after)
      return isSame === 'STALE' ? 'EARLY' : isSame ? 'OURS' : 'FOREIGN'
    }
    if (after.epoch === known.epoch && after.sequence <= known.position) return isOurs()
    const state = await feed.log.state(feed.stream)
    if (state !== null && isPast(state, known)) return 'EARLY'
    return state !== null && after.epoch === known.epoch && after.sequence <= state.lastSequence ? isOurs() : 'FOREIGN'
  }

  const start = async (): Promise<void> => {
    if (!(await feed.ready(stop.signal))) return
    const { after } = options
    generation = feed.generation()
    const place = after === null ? 'OURS' : await judge(after)
    if (place === 'EARLY') await pause(earlyMs, stop.signal)
    // what was found of one life of the stream says nothing of the next
    if (stop.signal.aborted || place === 'EARLY' || generation !== feed.generation()) return
    started = true
    feed.attach(options.subjects, reader)
    epoch = feed.epoch()
    position = after === null || place === 'FOREIGN' ? feed.position() : after.sequence
    if (after === null) goLive()
    else if (place === 'FOREIGN') followReset(after.epoch === epoch ? feed.position() : undefined)
    else phase('REPLAY')
  }

  const waitForMore = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })

  const advance = async (): Promise<void> => {
    if (!started) await start()
    else if (live) await waitForMore()
    else await catchUp()
  }

  feed.acquire()
  return logReader({
    stop,
    ends: [options.signal, options.leave],
    take,
    advance,
    onOutage(error) {
      feed.warn({ err: error, stream: feed.stream }, 'a replay waits for the log')
      endReplay()
    },
    close() {
      feed.detach(options.subjects, reader)
      feed.release()
      endReplay()
      queue = []
      rouse()
      options.onClose()
    },
  })
}
