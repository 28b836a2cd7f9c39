import { type LogMessage, type LogStream } from '../datasources/log/log.ts'

/** What a subscriber of the hub receives, in order. */
export type HubItem =
  | { readonly kind: 'MESSAGE'; readonly message: LogMessage }
  | { readonly kind: 'GAP'; readonly from: bigint; readonly to: bigint; readonly reason: 'EXPIRED' | 'SLOW_CONSUMER' | 'SOURCE_RESET' }
  | { readonly kind: 'PHASE'; readonly phase: 'REPLAY' | 'LIVE'; readonly sequence: bigint }

export interface HubSubscribeOptions {
  readonly stream: LogStream
  /** Deliver what comes after this position; null = only what is new. */
  readonly after: { readonly sequence: bigint; readonly epoch: string } | null
  /** End with CURSOR_EXPIRED instead of delivering a gap. */
  readonly strict: boolean
  /** NATS-style subject pattern of what this subscriber can want at all: its tenant's subjects. */
  readonly subject: string
  /** Cheap check on top of the subject; called once per message and subscriber. */
  readonly matches?: (message: LogMessage) => boolean
  readonly signal: AbortSignal
}

/**
 * One consumer per stream and process, a ring of recent events, any number of subscribers, each bounded. Backlog beyond the ring is read for
 * that subscriber alone and handed over to live by sequence: no gap, no duplicate.
 */
export interface LiveHub {
  subscribe(options: HubSubscribeOptions): AsyncIterableIterator<HubItem>
  /** Counts for metrics and leak tests. */
  stats(): { subscribers: number; consumers: number; ringEvents: number; dropped: number }
  close(): Promise<void>
}
