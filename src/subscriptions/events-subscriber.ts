import { type LogStream } from '../datasources/log/log.ts'
import { AppError } from '../errors.ts'
import { type StreamMark, type StreamMarks } from './cursor.ts'
import { type ArrivedItem, type EventsFeed, type EventsReader } from './events-feed.ts'
import {
  type EventsItem,
  type EventsSubscribeOptions,
  type Heads,
  type HubGapReason,
  isSameLife,
  type SlowCounts,
  type StreamHead,
} from './hub.ts'
import { isPast } from './live-feed.ts'
import { pause } from '../pause.ts'
import { logReader } from './log-reader.ts'
import { createMergedReplay, type MergedReplay } from './merged-replay.ts'
import { type ReadyIterator } from './settling-iterator.ts'
import { epochMark } from './signed-cursor.ts'
import { timeMark } from './time-mark.ts'

export interface EventsSubscriberOptions extends EventsSubscribeOptions {
  readonly feed: EventsFeed
  readonly queueSize: number
  readonly counted: SlowCounts
  readonly leave: AbortSignal
  readonly onClose: () => void
}

interface Place extends StreamHead {
  readonly stream: LogStream
  /** What cannot be told apart from what was delivered before. */
  readonly lost: { readonly from: bigint; readonly to: bigint } | null
}

/** How long a reader waits for a feed that does not know yet what has happened to a stream. */
const earlyMs = 50
const none: StreamHead = { epoch: '', generation: 0, sequence: 0n }

/**
 * One reader's way through all streams. Behind, it reads the streams from the log, merged by time, up to where the feed is; then it takes over
 * from the feed's ring by arrival. A live reader whose queue is full takes the rest from the ring, and what the ring lost is a gap.
 */
export function createEventsSubscriber(options: EventsSubscriberOptions): ReadyIterator<EventsItem> {
  const { feed, filter, tenantId, queueSize, counted, strict } = options
  const streams = feed.streamsOf(filter)
  const asksForNodes = filter.points.length > 0
  const stop = new AbortController()
  let queue: EventsItem[] = []
  let started = false
  let live = false
  let wasLive = false
  /** Where it is: `heads` once in the order of the log, `arrival` in that of the feed; the latter counts only when nothing is left to replay. */
  let heads: Heads = new Map()
  let arrival = 0n
  let replay: { readonly source: MergedReplay; readonly to: Heads; readonly arrival: bigint } | null = null
  /** Events left out while it was behind. */
  let skipped = 0
  let wake: (() => void) | null = null

  /** Where it has been already, on another replica, though the tail of this one has not come so far. */
  const ahead = new Map<LogStream, StreamHead>()

  /** It owes the word that it is level: said when it went live, if it was not ahead. */
  let owesLevel = false

  const isOld = (stream: LogStream, head: StreamHead): boolean => {
    const been = ahead.get(stream)
    return been !== undefined && isSameLife(been, head) && been.sequence >= head.sequence
  }

  /** Forgets where it was ahead of what has come since. */
  const comeUpTo = (all: Heads): void => {
    for (const [stream, been] of ahead) {
      const head = all.get(stream) ?? none
      if (!isSameLife(been, head) || been.sequence <= head.sequence) ahead.delete(stream)
    }
  }

  const isWanted = (item: ArrivedItem): boolean =>
    item.kind === 'GAP'
      ? streams.includes(item.stream)
      : item.event.tenantId === tenantId && !isOld(item.stream, item.heads.get(item.stream) ?? none) && filter.matches(item.event)

  const headOf = (stream: LogStream, all: Heads): StreamHead => {
    const head = all.get(stream) ?? none
    return isOld(stream, head) ? (ahead.get(stream) ?? head) : head
  }
  const own = (all: Heads): Heads => new Map(streams.map((stream) => [stream, headOf(stream, all)]))
  const placedFor = (item: ArrivedItem): EventsItem => {
    if (!owesLevel && ahead.size === 0) return item
    comeUpTo(item.heads)
    if (ahead.size > 0 || !wasLive) return { ...item, heads: own(item.heads) }
    owesLevel = false
    return { ...item, level: true }
  }

  const reader: EventsReader = {
    offer(item, sure) {
      if (!wasLive || item.arrival <= arrival || !isWanted(item)) return
      // a gap is delivered where the reader is pulled: it may end there
      if (live && item.kind === 'EVENT' && queue.length < queueSize) {
        const placed = placedFor(item)
        queue.push(asksForNodes && placed.kind === 'EVENT' ? { ...placed, sure } : placed)
        arrival = item.arrival
        heads = placed.heads
        wake?.()
        return
      }
      // all before was offered, whether it was wanted or not
      if (live) arrival = item.arrival - 1n
      live = false
      skipped++
      wake?.()
    },
    passedOver(reached) {
      if (!wasLive) return
      if (reached > arrival) arrival = reached
      live = false
      wake?.()
    },
  }

  const gap = (stream: LogStream, range: { from: bigint; to: bigint }, reason: HubGapReason): void => {
    counted.gaps++
    if (strict)
      throw new AppError('CURSOR_EXPIRED', 'The log no longer holds everything after this position.', {
        details: { reason, from: range.from.toString(), to: range.to.toString() },
      })
    queue.push({ kind: 'GAP', stream, ...range, reason, heads, arrival })
  }

  const phase = (name: 'REPLAY' | 'LIVE'): void => {
    queue.push({ kind: 'PHASE', phase: name, heads: own(heads), arrival, level: wasLive && !owesLevel })
  }

  const goLive = (): void => {
    live = true
    skipped = 0
    // nothing of what has arrived since is for this reader
    arrival = feed.arrival()
    heads = own(feed.heads())
    if (wasLive) return
    wasLive = true
    comeUpTo(feed.heads())
    owesLevel = ahead.size > 0
    phase('LIVE')
  }

  const takeFromRing = (): void => {
    let reachedEnd = true
    feed.forEachAfter(arrival, (item) => {
      if (queue.length >= queueSize) {
        reachedEnd = false
        return false
      }
      const wanted = isWanted(item)
      const placed = placedFor(item)
      arrival = item.arrival
      heads = placed.heads
      if (!wanted) return true
      skipped--
      if (item.kind === 'GAP') gap(item.stream, item, item.reason)
      else queue.push(placed)
      return true
    })
    if (reachedEnd) goLive()
  }

  const skipWhatTheRingLost = (): void => {
    const before = heads
    const lost = feed.covered()
    arrival = lost.arrival
    heads = own(lost.heads)
    let left = 0
    feed.forEachAfter(arrival, (item) => {
      if (isWanted(item)) left++
      return true
    })
    // of events that may be downstream of a node it was not counted which are
    const missed = Math.max(asksForNodes ? 1 : 0, skipped - left)
    skipped = left
    counted.dropped += missed
    if (missed === 0) return
    for (const [stream, head] of heads) {
      const from = before.get(stream) ?? none
      if (!isSameLife(from, head)) gap(stream, { from: 1n, to: head.sequence }, 'SOURCE_RESET')
      else if (head.sequence > from.sequence) gap(stream, { from: from.sequence + 1n, to: head.sequence }, 'SLOW_CONSUMER')
    }
  }

  /** Where a mark is in its stream as it is now; says so when that is not the stream it was made for. Null: the feed has not come to that stream yet. */
  const placed = async (stream: LogStream, mark: StreamMark | undefined): Promise<Place | null> => {
    const now = feed.heads().get(stream) ?? none
    const at = (sequence: bigint): Place => ({ ...now, stream, sequence, timeMark: mark?.timeMark, lost: null })
    if (mark === undefined) return { ...now, stream, lost: null }
    if (mark.epoch === null) return at(0n)
    const isSame = now.epoch !== '' && mark.epoch === epochMark(now.epoch)
    const isOurs = isSame && (await feed.isSameMessage(stream, mark))
    if (isOurs === 'STALE') return null
    if (isOurs && mark.sequence <= now.sequence) return at(mark.sequence)
    // our tail may be behind the log, so a position ahead of it is not yet a wrong one
    const state = await feed.log.state(stream)
    if (state !== null && now.epoch !== '' && isPast(state, { epoch: now.epoch, position: now.sequence })) return null
    if (isOurs && state !== null && state.lastSequence >= mark.sequence) return at(mark.sequence)
    const to = now.sequence
    return { ...at(to), lost: { from: state === null || state.firstSequence > to ? to : state.firstSequence, to } }
  }

  const start = async (): Promise<void> => {
    if (!(await feed.ready(streams, stop.signal))) return
    const { after } = options
    const asked = after === null ? [] : await Promise.all(streams.map((stream) => placed(stream, markOf(after, stream))))
    const places = asked.filter((place) => place !== null)
    const now = feed.heads()
    if (places.length < asked.length) await pause(earlyMs, stop.signal)
    // what was found of one life of a stream says nothing of the next
    const areOld = places.some((place) => !isSameLife(place, now.get(place.stream) ?? none))
    if (stop.signal.aborted || places.length < asked.length || areOld) return
    started = true
    feed.attach(tenantId, filter, reader)
    arrival = feed.arrival()
    if (after === null) return goLive()
    heads = new Map(places.map(({ stream, lost, ...head }) => [stream, head]))
    for (const [stream, head] of heads) if (head.sequence > (now.get(stream) ?? none).sequence) ahead.set(stream, head)
    // who leaves after the phase has been told: its cursor is behind the gap
    for (const { stream, lost } of places) if (lost !== null) gap(stream, lost, 'SOURCE_RESET')
    phase('REPLAY')
  }

  const isBehind = (target: Heads): boolean =>
    [...target].some(([stream, to]) => {
      const head = heads.get(stream) ?? none
      return !isSameLife(to, head) || to.sequence > head.sequence
    })

  const readBacklog = async (): Promise<void> => {
    if (replay === null) {
      const to = own(feed.heads())
      const arrivedThen = feed.arrival()
      if (!isBehind(to)) {
        arrival = arrivedThen
        return goLive()
      }
      replay = { to, arrival: arrivedThen, source: createMergedReplay({ feed, from: own(heads), to, signal: stop.signal }) }
    }
    const step = await replay.source.next()
    for (const lost of step.lost) {
      heads = new Map(heads).set(lost.stream, { ...lost.life, sequence: lost.to })
      gap(lost.stream, lost, lost.reason)
    }
    for (const { stream, life, message } of step.messages) {
      heads = new Map(heads).set(stream, { ...life, sequence: message.sequence, timeMark: timeMark(message.recordedAtNs) })
      const event = feed.read(message)
      if (event === null || event.tenantId !== tenantId || !filter.matches(event)) continue
      queue.push({ kind: 'EVENT', stream, event, message, heads, arrival: 0n })
    }
    if (!step.done) return
    const { to, arrival: reached } = replay
    endReplay()
    heads = to
    arrival = reached
    // what arrived during the replay is in the ring, unless there was too much of it
    if (feed.covered().arrival <= reached) takeFromRing()
  }

  const endReplay = (): void => {
    replay?.source.close()
    replay = null
  }

  const catchUp = async (): Promise<void> => {
    if (!wasLive) return readBacklog()
    if (feed.covered().arrival > arrival) skipWhatTheRingLost()
    takeFromRing()
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

  feed.acquire(streams)
  return logReader({
    stop,
    ends: [options.signal, options.leave],
    take: () => queue.shift(),
    advance,
    onOutage(error) {
      feed.warn({ err: error }, 'a replay waits for the log')
      endReplay()
    },
    close() {
      feed.detach(tenantId, filter, reader)
      feed.release()
      endReplay()
      queue = []
      wake?.()
      options.onClose()
    },
  })
}

/** The mark of a stream; undefined where the cursor says nothing of it and what is new is meant. */
function markOf({ marks, partial }: StreamMarks, stream: LogStream): StreamMark | undefined {
  const mark = marks.find((one) => one.stream === stream)
  return mark === undefined && !partial ? { stream, sequence: 0n, epoch: null } : mark
}
