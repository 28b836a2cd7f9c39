import { type LogMessage, type LogStream } from '../datasources/log/log.ts'

export type HubGapReason = 'EXPIRED' | 'SLOW_CONSUMER' | 'SOURCE_RESET'

/** What a subscriber of the hub receives, in order. `epoch` is that of the stream the sequences belong to. */
export type HubItem =
  | { readonly kind: 'MESSAGE'; readonly epoch: string; readonly message: LogMessage }
  /**
   * `from`..`to` were not delivered; what follows comes after `to`. After SOURCE_RESET they are sequences of the stream as it is now, of which
   * nothing can be told apart from what was delivered before.
   */
  | { readonly kind: 'GAP'; readonly epoch: string; readonly from: bigint; readonly to: bigint; readonly reason: HubGapReason }
  /** Everything up to and including `sequence` was delivered, or lies before the subscription. */
  | { readonly kind: 'PHASE'; readonly epoch: string; readonly phase: 'REPLAY' | 'LIVE'; readonly sequence: bigint }

export interface HubSubscribeOptions {
  readonly stream: LogStream
  /** Deliver what comes after this position; null = only what is new. */
  readonly after: { readonly sequence: bigint; readonly epoch: string } | null
  /** End with CURSOR_EXPIRED instead of delivering a gap. */
  readonly strict: boolean
  /** NATS-style subject patterns of what this subscriber can want at all: its tenant's subjects. A message that fits several comes once. */
  readonly subjects: readonly string[]
  /** Cheap check on top of the subject; called once per message and subscriber. */
  readonly matches?: (message: LogMessage) => boolean
  readonly signal: AbortSignal
}

export interface HubStats {
  readonly subscribers: number
  /** Tails of the log that are open. */
  readonly consumers: number
  readonly ringEvents: number
  /** Events that slow subscribers did not get, since the start. */
  readonly dropped: number
  /** Gaps delivered (or that ended strict subscribers), since the start. */
  readonly gaps: number
}

/**
 * One consumer per stream and process, a ring of recent events, any number of subscribers, each bounded. Backlog beyond the ring is read for
 * that subscriber alone and handed over to live by sequence: no gap, no duplicate.
 */
export interface LiveHub {
  /** While the log is down the iterator waits; it ends when the signal aborts, `return()` is called, or the hub closes. */
  subscribe(options: HubSubscribeOptions): AsyncIterableIterator<HubItem>
  /** Counts for metrics and leak tests. */
  stats(): HubStats
  close(): Promise<void>
}
