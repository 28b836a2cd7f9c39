import { type EventLog, type LogMessage, type LogStream, type LogStreamState } from '../datasources/log/log.ts'
import { isAppError } from '../errors.ts'
import { createEventRing, type EventRing } from './event-ring.ts'
import { type HubItem } from './hub.ts'
import { type Logger } from '../logger.ts'
import { pause } from '../pause.ts'
import { type Nanos } from '../time.ts'
import { createReachBack } from './reach-back.ts'
import { createSubjectIndex } from './subject-index.ts'
import { timeMark } from './time-mark.ts'

export type MessageItem = Extract<HubItem, { kind: 'MESSAGE' }>

/** A subscriber as its feed sees it. */
export interface FeedReader {
  /** A message on one of its subjects; called in sequence order. */
  offer(item: MessageItem): void
  /** The stream is not what it was: look at `epoch` again. */
  sourceReset(): void
}

export interface LiveFeed {
  readonly log: EventLog
  readonly stream: LogStream
  readonly ring: EventRing
  /** Which stream of that name it follows; meaningful after `ready`. */
  epoch(): string
  /** Changes with every reset: a stream that was set back keeps its epoch. */
  generation(): number
  /** Everything up to and including this sequence is in the ring, or was there. */
  position(): bigint
  /** The time mark of the message at a sequence, if it is known without asking. */
  markAt(sequence: bigint): number | undefined
  /**
   * Whether the message at a position is the one that the position was made for. STALE: it is so in the log, and the feed does not know yet. What can
   * no longer be told is taken for so.
   */
  isSameMessage(at: Place): Promise<boolean | 'STALE'>
  /** Where begins what was lost at the last reset, or is not known to be new: all up to where the ring began anew. */
  lostFrom(): bigint
  /** Resolves when the feed knows where the stream stands; waits as long as the log is down. False when the signal aborted first. */
  ready(signal: AbortSignal): Promise<boolean>
  /** @see createReachBack */
  reachBack(sequence: bigint): Promise<boolean>
  /** Counts one more reader, so that the feed stays; call `release` once. */
  acquire(): void
  release(): void
  attach(subjects: readonly string[], reader: FeedReader): void
  detach(subjects: readonly string[], reader: FeedReader): void
  warn(details: object, text: string): void
  isOpen(): boolean
  close(): Promise<void>
}

export interface FeedOptions {
  readonly log: EventLog
  readonly stream: LogStream
  readonly ringSize: number
  /** How long the tail stays open after the last reader left. */
  readonly lingerMs: number
  readonly logger: Pick<Logger, 'warn'>
}

type Place = { readonly sequence: bigint; readonly timeMark?: number | undefined }

/** Whether what a feed knows of its stream is over: replaced, set back, or purged past it. */
export const isPast = (state: LogStreamState, known: { readonly epoch: string; readonly position: bigint }): boolean =>
  state.epoch !== known.epoch || state.lastSequence < known.position || state.firstSequence > known.position + 1n

const retryMs = { first: 100, most: 2000 }

/** One tail of one stream for all readers of this process. It opens with the first reader and closes some time after the last. */
export function createLiveFeed({ log, stream, ringSize, lingerMs, logger }: FeedOptions): LiveFeed {
  const ring = createEventRing(ringSize)
  const index = createSubjectIndex<FeedReader>()
  const readers = new Set<FeedReader>()
  let known: { epoch: string; position: bigint; recordedAt: Nanos | null; lostFrom: bigint } | null = null
  let whenKnown: (() => void)[] = []
  let generation = 0
  let held = 0
  let running: { stop: AbortController; done: Promise<void> } | null = null
  let linger: NodeJS.Timeout | undefined

  const startAt = (state: LogStreamState): void => {
    const { epoch, lastSequence: position, lastRecordedAtNs: recordedAt, firstSequence: lostFrom } = state
    known = { epoch, position, recordedAt, lostFrom }
    generation++
    ring.clear(state.lastSequence)
    const waiting = whenKnown
    whenKnown = []
    for (const wake of waiting) wake()
  }

  const dispatch = (message: LogMessage): void => {
    if (known === null || message.sequence <= known.position) return
    known.position = message.sequence
    known.recordedAt = message.recordedAtNs
    const item: MessageItem = { kind: 'MESSAGE', epoch: known.epoch, generation, message }
    ring.push(item)
    index.visit(message.subject, (reader) => reader.offer(item))
  }

  const markAt = (sequence: bigint): number | undefined => {
    const at = known?.position === sequence ? known.recordedAt : (ring.get(sequence)?.message.recordedAtNs ?? null)
    return at === null ? undefined : timeMark(at)
  }

  const isInLog = async ({ sequence, timeMark: mark }: Place): Promise<boolean> => {
    const held = mark === undefined ? null : await log.get(stream, sequence)
    return held === null || timeMark(held.recordedAtNs) === mark
  }

  const resync = async (signal: AbortSignal): Promise<void> => {
    const state = await log.state(stream)
    // a feed that was closed meanwhile may have been opened again by another run
    if (signal.aborted) return
    if (state === null) throw new Error(`the stream "${stream}" does not exist`)
    if (known === null) return startAt(state)
    const { position: sequence } = known
    const isOurs =
      state.epoch === known.epoch && state.lastSequence >= sequence && (await isInLog({ sequence, timeMark: markAt(sequence) }))
    if (signal.aborted || known === null || (isOurs && !isPast(state, known))) return
    // purged: what was removed before it came is lost, what is held is still to come
    const [from, to] = [known.position + 1n, state.firstSequence - 1n]
    startAt(isOurs ? { ...state, firstSequence: from, lastSequence: to, lastRecordedAtNs: null } : state)
    for (const reader of readers) reader.sourceReset()
  }

  const follow = async (signal: AbortSignal): Promise<void> => {
    await resync(signal)
    if (known === null || signal.aborted) return
    const { epoch, position, recordedAt } = known
    const previous = recordedAt === null ? null : { sequence: position, recordedAtNs: recordedAt }
    for await (const batch of log.tail(stream, { from: position + 1n, epoch, previous, signal })) {
      if (signal.aborted) return
      for (const message of batch) dispatch(message)
    }
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    let wait = retryMs.first
    while (!signal.aborted) {
      const before = known?.position
      try {
        await follow(signal)
      } catch (error) {
        if (signal.aborted) return
        // a replaced stream is no fault of the log's: `resync` tells the readers
        if (!isAppError(error, 'CURSOR_EXPIRED')) logger.warn({ err: error, stream }, 'the live feed waits for the log')
      }
      wait = known?.position === before ? Math.min(wait * 2, retryMs.most) : retryMs.first
      await pause(wait, signal)
    }
  }

  const open = (): void => {
    if (running !== null) return
    const stop = new AbortController()
    running = { stop, done: run(stop.signal) }
  }

  const close = async (): Promise<void> => {
    clearTimeout(linger)
    const closing = running
    running = null
    known = null
    ring.clear(0n)
    closing?.stop.abort()
    await closing?.done
  }

  const reachBack = createReachBack({
    ...{ log, stream, ring, epoch: () => known?.epoch ?? '', generation: () => generation },
    isCurrent: () => isInLog({ sequence: known?.position ?? 0n, timeMark: markAt(known?.position ?? 0n) }),
  })

  return {
    log,
    stream,
    ring,
    reachBack,
    markAt,
    async isSameMessage(at) {
      if (at.timeMark === undefined) return true
      // who comes back after a restart is a little behind: one read serves them all
      if (markAt(at.sequence) === undefined && at.sequence > 0n && at.sequence <= (known?.position ?? 0n)) await reachBack(at.sequence - 1n)
      const here = markAt(at.sequence)
      if (here === at.timeMark) return true
      const isThere = await isInLog(at)
      return isThere && here !== undefined ? 'STALE' : isThere
    },
    epoch: () => known?.epoch ?? '',
    generation: () => generation,
    position: () => known?.position ?? 0n,
    lostFrom: () => known?.lostFrom ?? 0n,
    ready: (signal) =>
      new Promise((resolve) => {
        if (known !== null || signal.aborted) return resolve(known !== null)
        const settle = (): void => {
          signal.removeEventListener('abort', settle)
          whenKnown = whenKnown.filter((other) => other !== settle)
          resolve(known !== null)
        }
        whenKnown.push(settle)
        signal.addEventListener('abort', settle)
      }),
    acquire() {
      held++
      clearTimeout(linger)
      open()
    },
    release() {
      held--
      if (held > 0) return
      linger = setTimeout(() => {
        close().catch((error: unknown) => logger.warn({ err: error, stream }, 'the live feed did not close cleanly'))
      }, lingerMs)
      linger.unref()
    },
    attach(subjects, reader) {
      readers.add(reader)
      for (const subject of subjects) index.add(subject, reader)
    },
    detach(subjects, reader) {
      readers.delete(reader)
      for (const subject of subjects) index.remove(subject, reader)
    },
    warn: (details, text) => logger.warn(details, text),
    isOpen: () => running !== null,
    close,
  }
}
