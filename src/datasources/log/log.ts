import { type Nanos } from '../../time.ts'

/**
 * The streams we know, by what they hold. The adapter finds their real names: `ritual` is Demon's RITUAL_EVENTS (or what
 * RITUAL_STREAM_NAME says), `graph` GRAPH_COMMITS, `scale` SCALE_HINTS, `orrery` ORRERY_EVENTS, which is our own.
 */
export const logStreams = ['ritual', 'graph', 'scale', 'orrery'] as const
export type LogStream = (typeof logStreams)[number]

/** One stored message. Sequences start at 1 and only grow; `payload` is exactly what was published. */
export interface LogMessage {
  readonly stream: LogStream
  readonly sequence: bigint
  readonly subject: string
  readonly messageId: string | null
  readonly payload: Uint8Array
  /** When the log stored it. */
  readonly recordedAtNs: Nanos
}

export interface LogStreamState {
  /** The real name, such as `RITUAL_EVENTS`. */
  readonly name: string
  /** The first sequence still held, or last + 1 when it holds none. */
  readonly firstSequence: bigint
  /** The newest sequence ever given; 0 for a stream that never held anything. */
  readonly lastSequence: bigint
  /** When the newest message was stored; null while none is held. */
  readonly lastRecordedAtNs: Nanos | null
  readonly messages: bigint
  /** Tells a stream from its successor of the same name: changes when it is deleted and made again, not when it is restored to what it was. */
  readonly epoch: string
  readonly subjects: readonly string[]
}

export interface AppendOptions {
  /** Makes a repeat within the stream's duplicate window (120 s) harmless. */
  messageId?: string
  /** Refuses the append unless this is the last sequence on exactly that subject; 0 = the subject must be empty. */
  expectedLastSubjectSequence?: bigint
  signal?: AbortSignal | undefined
  timeoutMs?: number
}

export interface AppendAck {
  readonly sequence: bigint
  /** The message id was already known: `sequence` is that of the first copy, perhaps on another subject, and nothing was stored. */
  readonly duplicate: boolean
}

export interface ReadOptions {
  /** First sequence wanted, inclusive (default 1). */
  from?: bigint
  /** Last sequence wanted, inclusive (default: the newest at the time of the call). */
  to?: bigint
  /** Only subjects that match; `*` is one token, a last `>` the rest. One pattern, as in NATS. */
  subject?: string
  /** At most this many messages a batch (default 500). */
  batchSize?: number
  signal?: AbortSignal | undefined
}

export interface TailOptions {
  /** First sequence wanted, inclusive; `new` starts after the newest stored one. */
  from: bigint | 'new'
  /** Of the stream that `from` is a position of: the tail ends where that is another one by now, or one that no longer holds `from`. */
  epoch?: string
  /** The message before `from`, where it is known: another one in its place ends the tail. */
  previous?: Pick<LogMessage, 'sequence' | 'recordedAtNs'> | null
  subject?: string
  signal: AbortSignal
  /** Called when the broker went away and came back; the tail resumes by itself without gap or repeat. */
  onStatus?: (status: 'UP' | 'DOWN') => void
}

/** The expectation of an append did not hold: somebody wrote to that subject meanwhile (JetStream error 10071). */
export class WrongLastSequenceError extends Error {
  constructor(subject: string, cause?: unknown) {
    super(`somebody else wrote to ${subject}`, { cause })
    this.name = 'WrongLastSequenceError'
  }
}

/**
 * The event log: JetStream (connected) or a table in SQL (embedded), with the same sequence semantics.
 * Every call has a deadline. @throws AppError SOURCE_UNAVAILABLE with source "log" when the log is down or silent, or the stream is missing
 */
export interface EventLog {
  readonly mode: 'EMBEDDED' | 'CONNECTED'
  /**
   * Stores one message; when this resolves it is durable.
   * @throws WrongLastSequenceError; on NATS before 2.12 a known message id answers `duplicate` first, on later ones the sequence is checked first
   */
  append(subject: string, payload: Uint8Array, options?: AppendOptions): Promise<AppendAck>
  /** What the stream holds, or null when it does not exist. */
  state(stream: LogStream): Promise<LogStreamState | null>
  /** One message, or null when it is not (or no longer) held. */
  get(stream: LogStream, sequence: bigint): Promise<LogMessage | null>
  /** The newest message on exactly this subject, or null. */
  lastOnSubject(stream: LogStream, subject: string): Promise<LogMessage | null>
  /** A bounded read in sequence order, in batches; ends at `to`. Never waits for messages that do not exist yet. */
  read(stream: LogStream, options?: ReadOptions): AsyncIterable<LogMessage[]>
  /**
   * Follows the stream in sequence order, in batches, until `signal` aborts; survives restarts of the broker. Starts silently at the first held
   * message when `from` is no longer held and no epoch is given: compare with `state().firstSequence` for gaps. Throws AppError CURSOR_EXPIRED with
   * `details.reason = 'SOURCE_RESET'` when the stream was replaced, purged past us or set back.
   */
  tail(stream: LogStream, options: TailOptions): AsyncIterable<LogMessage[]>
  /** A round trip through the log itself, for health probes. */
  ping(timeoutMs: number): Promise<void>
  /** The broker's version, or `embedded`. */
  version(): Promise<string>
  /** Streams that are missing, by real name, with what to do about it. */
  missing(): Promise<{ stream: LogStream; name: string; remedy: string }[]>
  close(): Promise<void>
}
