import { parseNanos } from '../../time.ts'
import { AppError, isAppError, sourceUnavailable } from '../../errors.ts'
import { JetstreamRefusal, type NatsClient, openNatsClient, refusals } from '../nats/nats-client.ts'
import { type PulledMessage, PullBroken, openPull } from '../nats/pull.ts'
import { createJetstreamStreams, type JetstreamStreams } from './jetstream-streams.ts'
import { tailJetstream, toLogMessage } from './jetstream-tail.ts'
import {
  type AppendAck,
  type AppendOptions,
  type EventLog,
  type LogMessage,
  type LogStream,
  type ReadOptions,
  WrongLastSequenceError,
} from './log.ts'
import { promptIterator } from './prompt-iterator.ts'
import { assertPlainSubject } from './subjects.ts'
import { pause } from '../../pause.ts'

export interface JetstreamLogOptions {
  readonly url: string
  readonly credsPath: string | undefined
  /** Makes missing streams with exactly Demon's settings; never alters one. */
  readonly createStreams: boolean
  readonly ritualStreamName: string | undefined
  readonly timeoutMs: number
  /** How often an idle tail looks whether its stream is still the same (default 30 s). */
  readonly idleCheckMs?: number
  /** Called whenever the connection comes up or breaks. */
  readonly onStatus?: ((up: boolean) => void) | undefined
}

interface Parts {
  readonly client: NatsClient
  readonly streams: JetstreamStreams
  readonly timeoutMs: number
}

async function append({ client }: Parts, subject: string, payload: Uint8Array, options: AppendOptions): Promise<AppendAck> {
  assertPlainSubject(subject)
  const { messageId, expectedLastSubjectSequence: expected, timeoutMs, signal } = options
  try {
    const ack = await client.use(
      ({ js }) =>
        js.publish(subject, payload, {
          ...(messageId === undefined ? {} : { msgID: messageId }),
          ...(expected === undefined ? {} : { expect: { lastSubjectSequence: Number(expected) } }),
          ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
        }),
      { timeoutMs, signal },
    )
    return { sequence: BigInt(ack.seq), duplicate: ack.duplicate === true }
  } catch (error) {
    if (error instanceof JetstreamRefusal) {
      if (error.code === refusals.wrongLastSequence || error.code === refusals.wrongLastSequenceUnknown)
        throw new WrongLastSequenceError(subject, error)
      throw sourceUnavailable('log', error)
    }
    throw error
  }
}

type MessageQuery = { seq: number } | { last_by_subj: string }

/** Demon's streams do not allow direct gets, so the stream's own API is asked: always the leader, always what is newest. */
async function getMessage({ client, streams }: Parts, stream: LogStream, query: MessageQuery): Promise<LogMessage | null> {
  const name = await streams.nameOf(stream)
  if (name === null) return null
  try {
    const stored = await client.use(({ jsm }) => jsm.streams.getMessage(name, query))
    if (stored === null) return null
    return {
      stream,
      sequence: BigInt(stored.seq),
      subject: stored.subject,
      messageId: stored.header.get('Nats-Msg-Id') || null,
      payload: stored.data,
      recordedAtNs: parseNanos(stored.timestamp) ?? 0n,
    }
  } catch (error) {
    if (!(error instanceof JetstreamRefusal)) throw error
    if (error.code !== refusals.streamNotFound) throw sourceUnavailable('log', error)
    streams.forget(stream)
    return null
  }
}

const noStream = () =>
  new AppError('SOURCE_UNAVAILABLE', 'The log has no stream for this yet; `Query.sources` says what is missing.', { source: 'log' })

async function* readRange(
  { client, streams, timeoutMs }: Parts,
  stream: LogStream,
  options: ReadOptions,
  stop: AbortSignal,
): AsyncGenerator<LogMessage[], void> {
  const { from = 1n, to, subject, batchSize = 500 } = options
  const first = from < 1n ? 1n : from
  const name = await streams.nameOf(stream)
  if (name === null) throw noStream()
  if (to !== undefined && to < first) return
  const pull = await openPull(client, { stream: name, from: first, subject, window: 2 * batchSize, mode: 'DRAIN', expiresMs: timeoutMs })
  stop.addEventListener('abort', pull.close)
  try {
    for (let batch = await pull.next(batchSize); batch !== null && !stop.aborted; batch = await pull.next(batchSize)) {
      // What was there when the read began has been removed meanwhile, or the server is too slow.
      if (batch.length === 0 && !(await pull.isDrained())) throw new PullBroken('the server kept messages back')
      const wanted: PulledMessage[] = to === undefined ? batch : batch.filter(({ sequence }) => sequence <= to)
      if (wanted.length > 0) yield wanted.map((message) => toLogMessage(stream, message))
      if (wanted.length < batch.length || batch.length === 0 || wanted.at(-1)?.sequence === to) return
    }
  } finally {
    stop.removeEventListener('abort', pull.close)
    pull.close()
  }
}

/** As `readRange`, ended by the caller's signal, with the driver's errors as ours. */
async function* read(parts: Parts, stream: LogStream, options: ReadOptions, stop: AbortSignal): AsyncGenerator<LogMessage[], void> {
  try {
    options.signal?.throwIfAborted()
    yield* readRange(parts, stream, options, stop)
    options.signal?.throwIfAborted()
  } catch (error) {
    if (error instanceof JetstreamRefusal && error.code === refusals.streamNotFound) parts.streams.forget(stream)
    if (error instanceof JetstreamRefusal || error instanceof PullBroken) throw sourceUnavailable('log', error)
    throw error
  }
}

/** Makes missing streams, where that was asked for: at every connection, until it works. JetStream may still be starting when the server answers. */
async function keepStreams({ client, streams }: Parts, closing: AbortSignal): Promise<void> {
  while (client.isUp() && !closing.aborted) {
    try {
      return await streams.createMissing()
    } catch (error) {
      if (!isAppError(error, 'SOURCE_UNAVAILABLE')) throw error
    }
    await pause(500, closing)
  }
}

/** A start beside a running server is complete when we return, one beside a server that hangs does not wait for ever. */
async function upTo(milliseconds: number, work: Promise<void>): Promise<void> {
  const done = new AbortController()
  const finished = work.finally(() => done.abort())
  await pause(milliseconds, done.signal)
  if (done.signal.aborted) await finished
}

/**
 * The event log on NATS JetStream (contract: demon 2, 3). Connects in the background: resolves even though the server is down.
 * Every call then rejects fast with SOURCE_UNAVAILABLE, and everything recovers by itself.
 */
export async function openJetstreamLog(options: JetstreamLogOptions): Promise<EventLog> {
  const { timeoutMs, idleCheckMs = 30_000 } = options
  const client = openNatsClient({ url: options.url, credsPath: options.credsPath, timeoutMs })
  const streams = createJetstreamStreams({ client, ritualStreamName: options.ritualStreamName, createStreams: options.createStreams })
  const parts: Parts = { client, streams, timeoutMs }
  const closing = new AbortController()
  let keeping = Promise.resolve()
  client.watch((up) => {
    options.onStatus?.(up)
    if (up) keeping = keepStreams(parts, closing.signal)
  })
  await client.firstAttempt
  await upTo(timeoutMs, keeping)
  return {
    mode: 'CONNECTED',
    append: (subject, payload, appendOptions = {}) => append(parts, subject, payload, appendOptions),
    state: (stream) => streams.state(stream),
    get: async (stream, sequence) => (sequence < 1n ? null : getMessage(parts, stream, { seq: Number(sequence) })),
    async lastOnSubject(stream, subject) {
      assertPlainSubject(subject)
      return getMessage(parts, stream, { last_by_subj: subject })
    },
    read: (stream, readOptions = {}) => promptIterator((stop) => read(parts, stream, readOptions, stop), readOptions.signal),
    tail: (stream, tailOptions) => {
      const get = (sequence: bigint) => getMessage(parts, stream, { seq: Number(sequence) })
      return tailJetstream({ client, streams, stream, idleCheckMs, get }, tailOptions)
    },
    async ping(pingMs) {
      await client.use(({ jsm }) => jsm.getAccountInfo(), { timeoutMs: pingMs })
    },
    async version() {
      const version = client.version()
      if (version === null) throw sourceUnavailable('log', client.lastError())
      return version
    },
    missing: () => streams.missing(),
    async close() {
      closing.abort()
      await client.close()
    },
  }
}
