import { randomUUID } from 'node:crypto'
import { type EventLog, type LogMessage, type LogStream } from '../datasources/log/log.ts'
import { type DomainEvent, type EventFamily } from '../domain-events/event.ts'
import { createEventReader } from '../domain-events/families.ts'
import { createFilterIndex } from '../domain-events/filter-index.ts'
import { type CompiledFilter } from '../domain-events/filter.ts'
import { createDownstreamLine, type Upstream } from './downstream-line.ts'
import {
  type Heads,
  type HubGapReason,
  type HubItem,
  type HubSubscribeOptions,
  type LiveHub,
  type StreamHead,
  type StreamLife,
} from './hub.ts'
import { type LiveFeed } from './live-feed.ts'
import { type Logger } from '../logger.ts'
import { pause } from '../pause.ts'
import { timeMark } from './time-mark.ts'

interface Arrived {
  /** Counts what this feed has seen, over all streams: the one order of all readers of this process. */
  readonly arrival: bigint
  /** The heads once this has arrived. */
  readonly heads: Heads
  readonly stream: LogStream
}

export type ArrivedItem =
  | (Arrived & { readonly kind: 'EVENT'; readonly event: DomainEvent; readonly message: LogMessage })
  | (Arrived & { readonly kind: 'GAP'; readonly from: bigint; readonly to: bigint; readonly reason: HubGapReason })

/** A reader as the feed sees it. */
export interface EventsReader {
  /** What it wants, in the order of arrival: events that fit its filter, and every gap of its streams. `sure`: nothing is left to be asked. */
  offer(item: ArrivedItem, sure: boolean): void
  /** Nothing after this arrival was offered, and the ring has lost of it. */
  passedOver(arrival: bigint): void
}

/** All streams of the log as one, for all readers of `events` in this process: one consumer a stream, one ring, one order. */
export interface EventsFeed {
  /** Tells this feed's count of arrivals from another's. */
  readonly id: string
  readonly log: EventLog
  /** Streams in which events of the filter's domains can be. */
  streamsOf(filter: CompiledFilter): readonly LogStream[]
  /** Reads a message as an event; null when it is none. */
  read(message: LogMessage): DomainEvent | null
  /** Resolves when it is known where these streams stand; waits as long as the log is down. False when the signal aborted first. */
  ready(streams: readonly LogStream[], signal: AbortSignal): Promise<boolean>
  /** @see LiveFeed */
  isSameMessage(stream: LogStream, at: Pick<StreamHead, 'sequence' | 'timeMark'>): ReturnType<LiveFeed['isSameMessage']>
  heads(): Heads
  arrival(): bigint
  /** Every item with a later arrival is in the ring; `heads` are those of that moment. */
  covered(): { readonly arrival: bigint; readonly heads: Heads }
  /** Items after `arrival`, oldest first, until `visit` returns false. */
  forEachAfter(arrival: bigint, visit: (item: ArrivedItem) => boolean): void
  /** Counts one more reader of these streams; call `release` once. */
  acquire(streams: readonly LogStream[]): void
  release(): void
  attach(tenantId: string, filter: CompiledFilter, reader: EventsReader): void
  detach(tenantId: string, filter: CompiledFilter, reader: EventsReader): void
  warn(details: object, text: string): void
  stats(): { readonly evaluations: number; readonly filters: number; readonly readers: number; readonly ringEvents: number }
  close(): Promise<void>
}

export interface EventsFeedOptions {
  readonly log: EventLog
  readonly hub: {
    subscribe(options: Omit<HubSubscribeOptions, 'field'>): ReturnType<LiveHub['subscribe']>
    isSameMessage: EventsFeed['isSameMessage']
  }
  readonly families: readonly EventFamily[]
  readonly upstream: Upstream
  readonly ringSize: number
  /** How long the streams are followed after the last reader left. */
  readonly lingerMs: number
  readonly logger: Pick<Logger, 'warn'>
}

const missingStreamMs = 1000
const notThere: StreamLife = { epoch: '', generation: 0 }

export function createEventsFeed({ log, hub, families, upstream, ringSize, lingerMs, logger }: EventsFeedOptions): EventsFeed {
  const read = createEventReader(families)
  const index = createFilterIndex<EventsReader>()
  const readers = new Set<EventsReader>()
  let ring: ArrivedItem[] = []
  let ringStart = 0
  let heads: Heads = new Map()
  let covered = { arrival: 0n, heads }
  let arrival = 0n
  let followed = new Map<LogStream, Promise<void>>()
  let stopping = new AbortController()
  let whenKnown: (() => void)[] = []
  let held = 0
  let linger: NodeJS.Timeout | undefined

  const move = (stream: LogStream, head: StreamHead): void => {
    heads = new Map(heads).set(stream, head)
  }

  const known = (stream: LogStream, head: StreamHead): void => {
    const first = !heads.has(stream)
    move(stream, head)
    if (!first) return
    // what came before a stream was followed is in no ring
    covered = { ...covered, heads: new Map(covered.heads).set(stream, head) }
    const waiting = whenKnown
    whenKnown = []
    for (const wake of waiting) wake()
  }

  const forEachAfter = (after: bigint, visit: (item: ArrivedItem) => boolean): void => {
    let low = ringStart
    let high = ring.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ring[middle]?.arrival ?? 0n) <= after) low = middle + 1
      else high = middle
    }
    for (let at = low; at < ring.length; at++) {
      const item = ring[at]
      if (item === undefined || !visit(item)) return
    }
  }

  const line = createDownstreamLine({ upstream, logger, forEachAfter, arrival: () => arrival, covered: () => covered.arrival })

  const keep = (item: ArrivedItem): void => {
    ring.push(item)
    if (ring.length - ringStart <= ringSize) return
    const oldest = ring[ringStart]
    if (oldest !== undefined) covered = { arrival: oldest.arrival, heads: oldest.heads }
    ringStart++
    if (ringStart < ringSize) return
    ring = ring.slice(ringStart)
    ringStart = 0
  }

  const onMessage = (stream: LogStream, { epoch, generation, message }: Extract<HubItem, { kind: 'MESSAGE' }>): void => {
    move(stream, { epoch, generation, sequence: message.sequence, timeMark: timeMark(message.recordedAtNs) })
    const event = read(message)
    if (event === null) return
    const item: ArrivedItem = { kind: 'EVENT', arrival: ++arrival, heads, stream, event, message }
    keep(item)
    index.visit(event, (reader, sure) => reader.offer(item, sure))
    line.arrived()
  }

  const onItem = (stream: LogStream, item: HubItem): void => {
    if (item.kind === 'MESSAGE') return onMessage(stream, item)
    const { epoch, generation } = item
    if (item.kind === 'PHASE') {
      if (item.phase === 'LIVE') known(stream, { epoch, generation, sequence: item.sequence, timeMark: item.timeMark })
      return
    }
    move(stream, { epoch, generation, sequence: item.to, timeMark: item.timeMark })
    const gap: ArrivedItem = { kind: 'GAP', arrival: ++arrival, heads, stream, from: item.from, to: item.to, reason: item.reason }
    keep(gap)
    for (const reader of readers) reader.offer(gap, true)
    line.arrived()
  }

  /** Where to begin: what is new, or everything when the stream is only made later. */
  const startOf = async (stream: LogStream, signal: AbortSignal): Promise<HubSubscribeOptions['after']> => {
    for (let waited = false; !signal.aborted; waited = true) {
      try {
        const state = await log.state(stream)
        if (state !== null) return waited && heads.has(stream) ? { epoch: state.epoch, sequence: 0n } : null
        known(stream, { ...notThere, sequence: 0n })
      } catch (error) {
        if (signal.aborted) break
        logger.warn({ err: error, stream }, 'the events of a stream wait for the log')
      }
      await pause(missingStreamMs, signal)
    }
    return null
  }

  const follow = async (stream: LogStream, signal: AbortSignal): Promise<void> => {
    let after = await startOf(stream, signal)
    const subjects = families.filter((family) => family.stream === stream).flatMap((family) => family.subjects)
    while (!signal.aborted) {
      try {
        for await (const item of hub.subscribe({ stream, after, strict: false, subjects, signal })) onItem(stream, item)
        return
      } catch (error) {
        if (signal.aborted) return
        logger.warn({ err: error, stream }, 'the events of a stream are opened again')
        after = heads.get(stream) ?? after
        await pause(missingStreamMs, signal)
      }
    }
  }

  const close = async (): Promise<void> => {
    clearTimeout(linger)
    const closing = [...followed.values()]
    stopping.abort()
    stopping = new AbortController()
    followed = new Map()
    ring = []
    ringStart = 0
    heads = new Map()
    covered = { arrival, heads }
    await Promise.all([...closing, line.close()])
  }

  return {
    id: randomUUID(),
    log,
    streamsOf: ({ domains }) => [
      ...new Set(families.filter((family) => family.domains.some((domain) => domains.has(domain))).map(({ stream }) => stream)),
    ],
    read,
    ready: (streams, signal) =>
      new Promise((resolve) => {
        const settle = (): void => {
          const isKnown = streams.every((stream) => heads.has(stream))
          if (!isKnown && !signal.aborted) return void whenKnown.push(settle)
          signal.removeEventListener('abort', settle)
          whenKnown = whenKnown.filter((other) => other !== settle)
          resolve(isKnown)
        }
        signal.addEventListener('abort', settle)
        settle()
      }),
    isSameMessage: hub.isSameMessage,
    heads: () => heads,
    arrival: () => arrival,
    covered: () => covered,
    forEachAfter,
    acquire(streams) {
      held++
      clearTimeout(linger)
      for (const stream of streams) if (!followed.has(stream)) followed.set(stream, follow(stream, stopping.signal))
    },
    release() {
      held--
      if (held > 0) return
      linger = setTimeout(() => {
        close().catch((error: unknown) => logger.warn({ err: error }, 'the events did not close cleanly'))
      }, lingerMs)
      linger.unref()
    },
    attach(tenantId, filter, reader) {
      if (filter.points.length > 0) return line.attach(tenantId, filter, reader)
      readers.add(reader)
      index.add(tenantId, filter, reader)
    },
    detach(tenantId, filter, reader) {
      line.detach(tenantId, filter, reader)
      readers.delete(reader)
      index.remove(tenantId, filter, reader)
    },
    warn: (details, text) => logger.warn(details, text),
    stats() {
      const [own, lined] = [index.stats(), line.stats()]
      const counts = { evaluations: own.evaluations + lined.evaluations, filters: own.filters + lined.filters }
      return { ...counts, readers: readers.size + lined.readers, ringEvents: ring.length - ringStart }
    },
    close,
  }
}
