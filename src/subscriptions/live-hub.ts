import { type EventLog, type LogStream } from '../datasources/log/log.ts'
import { type EventFamily } from '../domain-events/event.ts'
import { eventFamilies } from '../domain-events/families.ts'
import { type Upstream } from './downstream-line.ts'
import { createEventsFeed } from './events-feed.ts'
import { createEventsSubscriber } from './events-subscriber.ts'
import {
  type EventsSubscribeOptions,
  type HubSubscribeOptions,
  type LiveHub,
  type SlowCounts,
  type StreamField,
  type StreamHead,
} from './hub.ts'
import { createLiveFeed, type LiveFeed } from './live-feed.ts'
import { createLiveSubscriber } from './live-subscriber.ts'
import { type Logger } from '../logger.ts'

export interface LiveHubOptions {
  readonly log: EventLog
  /** Recent messages kept per stream. */
  readonly ringSize: number
  /** Messages that may wait for one subscriber before it has to take them from the ring. */
  readonly queueSize: number
  readonly logger?: Pick<Logger, 'warn'>
  /** How long a stream's tail stays open without subscribers (default 30 s). */
  readonly lingerMs?: number
  /** Finds whom `downstreamOf` concerns (default: everybody is asked). */
  readonly upstream?: Upstream
  /** What `events` knows (default: everything that is registered). */
  readonly families?: readonly EventFamily[]
}

const unknown: Upstream = () => Promise.resolve(null)
const silent: Pick<Logger, 'warn'> = { warn: () => undefined }

const noCounts = (): SlowCounts => ({ dropped: 0, gaps: 0, coalesced: 0 })
const countsOfFields = (): Record<StreamField, SlowCounts> => ({
  ...{ events: noCounts(), runEvents: noCounts(), runUpdated: noCounts(), approvalUpdated: noCounts() },
  ...{ sloStatusChanged: noCounts(), alertChanged: noCounts(), graphCommitted: noCounts(), neighbourhoodChanged: noCounts() },
})

/** @see LiveHub */
export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { log, ringSize, queueSize, logger = silent, lingerMs = 30_000, families = eventFamilies, upstream = unknown } = options
  const feeds = new Map<LogStream, LiveFeed>()
  const open = new Set<AbortController>()
  const slow = countsOfFields()
  const closing = new AbortController()

  const feedOf = (stream: LogStream): LiveFeed => {
    const known = feeds.get(stream) ?? createLiveFeed({ log, stream, ringSize, lingerMs, logger })
    feeds.set(stream, known)
    return known
  }

  /** A place among the open subscribers. */
  const enter = (): { leave: AbortSignal; onClose: () => void } => {
    const leave = new AbortController()
    open.add(leave)
    return { leave: leave.signal, onClose: () => void open.delete(leave) }
  }

  const subscribe = ({ field, ...wanted }: HubSubscribeOptions) =>
    createLiveSubscriber({ ...wanted, feed: feedOf(wanted.stream), queueSize, counted: slow[field], ...enter() })

  /** The feed of all events reads the streams as a subscriber of its own; it counts as none, and what it misses its readers miss. */
  const follow = (wanted: Omit<HubSubscribeOptions, 'field'>) => {
    const unseen = noCounts()
    return createLiveSubscriber({
      ...{ ...wanted, feed: feedOf(wanted.stream), queueSize, counted: unseen, leave: closing.signal },
      onClose: () => undefined,
    })
  }
  const isSameMessage = (stream: LogStream, at: Pick<StreamHead, 'sequence' | 'timeMark'>) => feedOf(stream).isSameMessage(at)
  const events = createEventsFeed({ log, hub: { subscribe: follow, isSameMessage }, families, upstream, ringSize, lingerMs, logger })

  return {
    subscribe,
    id: events.id,
    events: (wanted: EventsSubscribeOptions) =>
      createEventsSubscriber({ ...wanted, feed: events, queueSize, counted: slow.events, ...enter() }),
    streamsOf: (filter) => events.streamsOf(filter),
    coalesced: (field) => void slow[field].coalesced++,
    stats() {
      const all = [...feeds.values()]
      const { filters, evaluations, ringEvents } = events.stats()
      return {
        subscribers: open.size,
        consumers: all.filter((feed) => feed.isOpen()).length,
        ringEvents: all.reduce((sum, feed) => sum + feed.ring.size(), 0) + ringEvents,
        slow,
        filters,
        filterEvaluations: evaluations,
      }
    },
    async close() {
      for (const leave of open) leave.abort()
      closing.abort()
      await events.close()
      await Promise.all([...feeds.values()].map((feed) => feed.close()))
    },
  }
}
