import { isAppError } from '../../errors.ts'
import { JetstreamRefusal, type NatsClient } from '../nats/nats-client.ts'
import { type Pull, type PulledMessage, PullBroken, openPull } from '../nats/pull.ts'
import { type JetstreamStreams } from './jetstream-streams.ts'
import { type LogMessage, type LogStream, type LogStreamState, type TailOptions } from './log.ts'
import { promptIterator } from './prompt-iterator.ts'
import { sourceReset } from './source-reset.ts'
import { raceLimits } from '../waiting.ts'
import { pause } from '../../pause.ts'

export const toLogMessage = (stream: LogStream, { sequence, subject, messageId, payload, recordedAtNs }: PulledMessage): LogMessage => ({
  stream,
  sequence,
  subject,
  messageId,
  payload,
  recordedAtNs,
})

export interface TailSource {
  readonly client: NatsClient
  readonly streams: JetstreamStreams
  readonly stream: LogStream
  /** How long one request waits at the server, and so how often an idle tail looks whether its stream is still the same. */
  readonly idleCheckMs: number
  get(sequence: bigint): Promise<LogMessage | null>
}

const retryMs = { first: 100, last: 2_000 }
const batchSize = 500
interface Position {
  /** Everything up to here has been delivered or is known not to match; null until the stream was seen. */
  last: bigint | null
  epoch: string | null
  /** The last that was delivered, here or before. */
  newest: Pick<LogMessage, 'sequence' | 'recordedAtNs'> | null
  /** Started before what is held and nothing was delivered yet: a first message later than asked for is no loss of ours. */
  fresh: boolean
}

function checkPosition(stream: LogStream, position: Position, state: LogStreamState): void {
  if (position.epoch !== null && position.epoch !== state.epoch) throw sourceReset(stream)
  if (position.last === null) return
  if (state.lastSequence < position.last) throw sourceReset(stream)
  if (!position.fresh && state.firstSequence > position.last + 1n) throw sourceReset(stream)
}

/** A stream that was set back and has grown again past us shows it in what it holds where we were. */
async function checkNewest({ stream, position: { newest }, get }: Following, state: LogStreamState): Promise<void> {
  if (newest === null || newest.sequence < state.firstSequence) return
  const held = await get(newest.sequence)
  if (held !== null && held.recordedAtNs !== newest.recordedAtNs) throw sourceReset(stream)
}

/** Follows one stream for ever; see the port. Each consumer lives until something breaks; the next one starts after the last sequence seen. */
export function tailJetstream(source: TailSource, options: TailOptions): AsyncIterableIterator<LogMessage[]> {
  const { streams, stream } = source
  const position: Position = {
    last: options.from === 'new' ? null : options.from - 1n,
    epoch: options.epoch ?? null,
    newest: options.previous ?? null,
    fresh: options.epoch === undefined,
  }
  // `new` means new since this call, not since the first `next()`.
  const atCall = options.from === 'new' ? streams.state(stream).catch(() => null) : Promise.resolve(null)
  return promptIterator((signal) => follow({ ...source, options, position, atCall, signal }), options.signal)
}

interface Following extends TailSource {
  readonly options: TailOptions
  readonly position: Position
  readonly atCall: Promise<LogStreamState | null>
  readonly signal: AbortSignal
}

async function* follow(following: Following): AsyncGenerator<LogMessage[], void> {
  const { options, signal, client } = following
  let shown: 'UP' | 'DOWN' = 'UP'
  const show = (status: 'UP' | 'DOWN') => {
    if (status !== shown) options.onStatus?.(status)
    shown = status
  }
  let waitMs = retryMs.first
  while (!signal.aborted) {
    let pull: Pull | null = null
    try {
      pull = await attachUnlessStopped(following)
      if (pull !== null) {
        show('UP')
        waitMs = retryMs.first
        yield* deliver(following, pull)
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isPassing(error)) throw error
      if (error instanceof PullBroken && client.isUp()) waitMs = retryMs.first
      else show('DOWN')
    } finally {
      pull?.close()
    }
    if (pull === null) show('DOWN')
    await pauseOrUp(client, waitMs, signal)
    waitMs = Math.min(waitMs * 2, retryMs.last)
  }
}

/** The stream may vanish between two questions, or the server refuse for a while: all of that can be different at the next attempt. */
const isPassing = (error: unknown): boolean =>
  error instanceof PullBroken || error instanceof JetstreamRefusal || isAppError(error, 'SOURCE_UNAVAILABLE')

/** Sleeps, or less when the connection comes up. */
async function pauseOrUp(client: NatsClient, waitMs: number, signal: AbortSignal): Promise<void> {
  const woken = new AbortController()
  const unwatch = client.watch((up) => up && woken.abort())
  await pause(waitMs, signal, woken.signal)
  unwatch()
}

/** A consumer that arrives after everybody has left is closed again. */
function attachUnlessStopped(following: Following): Promise<Pull | null> {
  const attaching = attach(following)
  const closeIfLate = (pull: Pull | null) => following.signal.aborted && pull?.close()
  attaching.then(closeIfLate, () => undefined)
  return raceLimits(attaching, { signal: following.signal })
}

/** A consumer that starts right after our position, or null while the stream does not exist. */
async function attach(following: Following): Promise<Pull | null> {
  const { client, streams, stream, idleCheckMs, options, position, atCall } = following
  const newest = position.last === null ? await atCall : null
  if (newest !== null) Object.assign(position, { last: newest.lastSequence, epoch: newest.epoch })
  const state = await streams.state(stream)
  if (state === null) {
    // Whatever appears from now on is new.
    position.last ??= 0n
    return null
  }
  checkPosition(stream, position, state)
  await checkNewest(following, state)
  position.epoch = state.epoch
  position.last ??= state.lastSequence
  position.fresh &&= state.firstSequence > position.last + 1n
  return openPull(client, {
    stream: state.name,
    from: position.last + 1n,
    subject: options.subject,
    window: 2 * batchSize,
    mode: 'FOLLOW',
    expiresMs: idleCheckMs,
  })
}

async function* deliver(following: Following, pull: Pull): AsyncGenerator<LogMessage[], void> {
  const { position, signal, stream } = following
  signal.addEventListener('abort', pull.close)
  try {
    for (let batch = await pull.next(batchSize); batch !== null && !signal.aborted; batch = await pull.next(batchSize)) {
      if (batch.length === 0) {
        await raceLimits(settleIdle(following, pull), { signal })
        continue
      }
      const held = batch.slice(0, await raceLimits(lossIndex(following, batch), { signal }))
      const newest = held.at(-1)
      if (newest !== undefined) {
        Object.assign(position, { last: newest.sequence, newest, fresh: false })
        yield held.map((message) => toLogMessage(stream, message))
      }
      if (held.length < batch.length) throw sourceReset(stream)
    }
  } finally {
    signal.removeEventListener('abort', pull.close)
  }
}

/**
 * Where in a batch messages are missing that were removed before we got them. Holes inside the stream are allowed (a limit per subject makes them);
 * and a filter skips sequences, so that only an unfiltered tail can tell.
 */
async function lossIndex({ options, position, streams, stream }: Following, batch: readonly PulledMessage[]): Promise<number> {
  if (options.subject !== undefined) return batch.length
  const expected = batch.map((_, index) => (batch[index - 1]?.sequence ?? position.last ?? 0n) + 1n)
  const isJump = (message: PulledMessage, index: number) => message.sequence !== expected[index] && !(index === 0 && position.fresh)
  if (!batch.some(isJump)) return batch.length
  const state = await streams.state(stream)
  const lost = batch.findIndex(
    (message, index) => isJump(message, index) && (state === null || (expected[index] ?? 0n) < state.firstSequence),
  )
  return lost === -1 ? batch.length : lost
}

/** Nothing came for a while: is it still our stream, and how far have we seen it? */
async function settleIdle({ position, streams, stream }: Following, pull: Pull): Promise<void> {
  const state = await streams.state(stream)
  if (state === null) throw new PullBroken('the stream is gone')
  checkPosition(stream, position, state)
  if ((await pull.isDrained()) && (position.last === null || state.lastSequence > position.last)) position.last = state.lastSequence
}
