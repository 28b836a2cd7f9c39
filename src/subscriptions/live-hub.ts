import { type EventLog, type LogStream } from '../datasources/log/log.ts'
import { type HubSubscribeOptions, type LiveHub } from './hub.ts'
import { createLiveFeed, type FeedLogger, type LiveFeed } from './live-feed.ts'
import { createLiveSubscriber } from './live-subscriber.ts'

export interface LiveHubOptions {
  readonly log: EventLog
  /** Recent messages kept per stream. */
  readonly ringSize: number
  /** Messages that may wait for one subscriber before it has to take them from the ring. */
  readonly queueSize: number
  readonly logger?: FeedLogger
  /** How long a stream's tail stays open without subscribers (default 30 s). */
  readonly lingerMs?: number
}

const silent: FeedLogger = { warn: () => undefined }

/** @see LiveHub */
export function createLiveHub({ log, ringSize, queueSize, logger = silent, lingerMs = 30_000 }: LiveHubOptions): LiveHub {
  const feeds = new Map<LogStream, LiveFeed>()
  const open = new Set<AbortController>()
  const counted = { dropped: 0, gaps: 0 }

  const feedOf = (stream: LogStream): LiveFeed => {
    const known = feeds.get(stream) ?? createLiveFeed({ log, stream, ringSize, lingerMs, logger })
    feeds.set(stream, known)
    return known
  }

  return {
    subscribe(options: HubSubscribeOptions) {
      const feed = feedOf(options.stream)
      const leave = new AbortController()
      open.add(leave)
      const onClose = (): void => void open.delete(leave)
      return createLiveSubscriber({ ...options, feed, queueSize, counted, leave: leave.signal, onClose })
    },
    stats() {
      const all = [...feeds.values()]
      return {
        subscribers: open.size,
        consumers: all.filter((feed) => feed.isOpen()).length,
        ringEvents: all.reduce((sum, feed) => sum + feed.ring.size(), 0),
        dropped: counted.dropped,
        gaps: counted.gaps,
      }
    },
    async close() {
      for (const leave of open) leave.abort()
      await Promise.all([...feeds.values()].map((feed) => feed.close()))
    },
  }
}
