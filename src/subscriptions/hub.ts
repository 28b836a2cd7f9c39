import { type LogMessage, type LogStream } from '../datasources/log/log.ts'
import { type DomainEvent } from '../domain-events/event.ts'
import { type CompiledFilter } from '../domain-events/filter.ts'
import { type CursorPosition, type StreamMarks } from './cursor.ts'
import { type ReadyIterator } from './settling-iterator.ts'

/** Fields that are streams of the hub: what is counted for slow readers is counted for each. */
export const streamFields = [
  'events',
  'runEvents',
  'runUpdated',
  'approvalUpdated',
  'sloStatusChanged',
  'alertChanged',
  'graphCommitted',
  'neighbourhoodChanged',
] as const
export type StreamField = (typeof streamFields)[number]

/** What slow readers of one field did not get, since the start. */
export interface SlowCounts {
  /** Events replaced by a gap. */
  dropped: number
  /** Gaps delivered (or that ended strict subscribers). */
  gaps: number
  /** States that a newer state of the same object took the place of before they were read. */
  coalesced: number
}

export type HubGapReason = 'EXPIRED' | 'SLOW_CONSUMER' | 'SOURCE_RESET'

/** Which life of a stream sequences belong to. */
export interface StreamLife {
  readonly epoch: string
  /** Counts the resets that this process has seen: a stream that was set back keeps its epoch. */
  readonly generation: number
}

/** What a subscriber of the hub receives, in order. Time marks are those of the messages at `to` and at `sequence`, where they are known. */
export type HubItem = StreamLife &
  (
    | { readonly kind: 'MESSAGE'; readonly message: LogMessage }
    /**
     * `from`..`to` were not delivered; what follows comes after `to`. After SOURCE_RESET they are sequences of the stream as it is now: they are no
     * longer there, or nothing of them can be told apart from what was delivered before.
     */
    | {
        readonly kind: 'GAP'
        readonly from: bigint
        readonly to: bigint
        readonly reason: HubGapReason
        readonly timeMark?: number | undefined
      }
    /** Everything up to and including `sequence` was delivered, or lies before the subscription. */
    | { readonly kind: 'PHASE'; readonly phase: 'REPLAY' | 'LIVE'; readonly sequence: bigint; readonly timeMark?: number | undefined }
  )

export interface HubSubscribeOptions {
  /** For whom what is dropped is counted. */
  readonly field: StreamField
  readonly stream: LogStream
  /** Deliver what comes after this position; null = only what is new. */
  readonly after: Omit<CursorPosition, 'stream'> | null
  /** End with CURSOR_EXPIRED instead of delivering a gap. */
  readonly strict: boolean
  /** NATS-style subject patterns of what this subscriber can want at all: its tenant's subjects. A message that fits several comes once. */
  readonly subjects: readonly string[]
  /** Cheap check on top of the subject; called once per message and subscriber. */
  readonly matches?: (message: LogMessage) => boolean
  readonly signal: AbortSignal
}

/** Where one stream is. An empty epoch: it does not exist. */
export interface StreamHead extends StreamLife {
  readonly sequence: bigint
  readonly timeMark?: number | undefined
}

export const isSameLife = (a: Partial<StreamLife>, b: Partial<StreamLife>): boolean => a.epoch === b.epoch && a.generation === b.generation

/** Where every stream is that is followed. Never changed in place. */
export type Heads = ReadonlyMap<LogStream, StreamHead>

/** What a reader of `events` gets, in order. `heads` is where its streams are after it; `arrival` places it in the order of the feed. */
export type EventsItem = {
  readonly heads: Heads
  readonly arrival: bigint
  /** From here on the reader gets what all get who follow: it is live, and has seen no more than this process. */
  readonly level?: boolean
} &
  /** `sure`: whether the event is downstream of the filter's nodes has been asked already. */
  (
    | {
        readonly kind: 'EVENT'
        readonly stream: LogStream
        readonly event: DomainEvent
        readonly message: LogMessage
        readonly sure?: boolean
      }
    | { readonly kind: 'GAP'; readonly stream: LogStream; readonly from: bigint; readonly to: bigint; readonly reason: HubGapReason }
    | { readonly kind: 'PHASE'; readonly phase: 'REPLAY' | 'LIVE' }
  )

export interface EventsSubscribeOptions {
  readonly tenantId: string
  readonly filter: CompiledFilter
  /** Deliver what comes after these marks; null = only what is new. */
  readonly after: StreamMarks | null
  /** End with CURSOR_EXPIRED instead of delivering a gap. */
  readonly strict: boolean
  readonly signal: AbortSignal
}

export interface HubStats {
  readonly subscribers: number
  /** Tails of the log that are open. */
  readonly consumers: number
  readonly ringEvents: number
  readonly slow: Readonly<Record<StreamField, Readonly<SlowCounts>>>
  /** Different filters of `events` now, and how often one of them was asked since the start. */
  readonly filters: number
  readonly filterEvaluations: number
}

/**
 * One consumer per stream and process, a ring of recent events, any number of subscribers, each bounded. Backlog beyond the ring is read for
 * that subscriber alone and handed over to live by sequence: no gap, no duplicate.
 */
export interface LiveHub {
  /** While the log is down the iterator waits; it ends when the signal aborts, `return()` is called, or the hub closes. */
  subscribe(options: HubSubscribeOptions): ReadyIterator<HubItem>
  /** All streams as one, in one order, by one filter; each event once. As `subscribe` in everything else. */
  events(options: EventsSubscribeOptions): ReadyIterator<EventsItem>
  /** The streams in which events of a filter can be: those that its cursors speak of. */
  streamsOf(filter: CompiledFilter): readonly LogStream[]
  /** Tells this process' count of arrivals from another's. */
  readonly id: string
  /** A reader of states got the newest one only. */
  coalesced(field: StreamField): void
  /** Counts for metrics and leak tests. */
  stats(): HubStats
  close(): Promise<void>
}
