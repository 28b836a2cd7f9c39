import { setTimeout as pause } from 'node:timers/promises'
import { AppError, isOutage } from '../../errors.ts'
import { type Clock, type Nanos, formatDemonTime, millisBetween } from '../../time.ts'
import { type AppendAck, type EventLog, WrongLastSequenceError } from '../log/log.ts'
import { type Scope } from '../scope.ts'
import { type WriteOutcome } from './commands.ts'
import { type DraftEvent, type Origin } from './demon-events.ts'
import { type RunHistory, emptyHistory, foldMessage } from './run-history.ts'
import { legacySubject, runSubject } from './run-subject.ts'

/** What a rule says about a run as the log shows it: nothing is to be written any more, or this. */
export type Ruling = { readonly done: WriteOutcome } | { readonly write: DraftEvent }

export interface WriteRequest {
  readonly scope: Scope
  readonly origin: Origin
  readonly gateId: string | null
  /** Asked again after every read; must be pure. */
  readonly rule: (history: RunHistory) => Ruling
}

export interface WriterParts {
  readonly log: EventLog
  readonly clock: Clock
  readonly maxAttempts: number
}

const DUPLICATE_WINDOW_MS = 120_000
const LATEST: Nanos = 2n ** 63n - 1n

const written = (sequence: bigint): WriteOutcome => ({ outcome: 'WRITTEN', sequence, repeated: false })
const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString('utf8')

function collision(retryAfterMs: number): AppError {
  const message = 'Another event with the same message id was written within the last two minutes; the log takes no second one until then.'
  return new AppError('CONFLICT', message, { retryable: true, details: { retryAfterMs } })
}

const tooManyRaces = (): AppError =>
  new AppError('CONFLICT', 'This run changes too fast just now; nothing was written.', { retryable: true, details: { retryAfterMs: 1000 } })

const unanswered = (what: string, isWritten: 'NO' | 'UNKNOWN', cause: unknown): AppError =>
  new AppError('SOURCE_UNAVAILABLE', `The source "log" does not answer; ${what}.`, {
    source: 'log',
    details: { written: isWritten },
    cause,
  })

// Strictly later than every earlier `ts` on the subject, even if another clock ran ahead (contract: demon 13.16).
function nextTs(clock: Clock, { newestTs }: RunHistory): Nanos {
  const now = clock.now()
  const at = newestTs === null || newestTs < now ? now : newestTs + 1n
  if (at > LATEST) throw new AppError('CONFLICT', 'The newest event of this run carries a time that nothing can come after.')
  return at
}

/** What the log holds beyond `known`: the 6-token subject where there is one, then the 7-token subject, to their ends. */
async function readOn(log: EventLog, request: WriteRequest, known: RunHistory, isOwn: (text: string) => boolean, signal?: AbortSignal) {
  const { origin, gateId } = request
  const wanted = { runId: origin.runId, gateId, isOwn }
  let history = known
  const legacy = legacySubject(origin.tenantId, origin)
  // Most runs have no old form: one look at its newest message saves the read.
  const lastLegacy = legacy === null ? null : await log.lastOnSubject('ritual', legacy)
  if (legacy !== null && lastLegacy !== null && lastLegacy.sequence > known.lastLegacySequence)
    for await (const batch of log.read('ritual', { subject: legacy, from: known.lastLegacySequence + 1n, signal }))
      for (const message of batch) history = foldMessage(history, message, true, wanted)
  const subject = runSubject(origin.tenantId, origin)
  for await (const batch of log.read('ritual', { subject, from: known.lastSequence + 1n, signal }))
    for (const message of batch) history = foldMessage(history, message, false, wanted)
  return history
}

/** One write from its first read to its answer. It remembers what it has published, to know it again when an acknowledgement was lost. */
function startWrite({ log, clock, maxAttempts }: WriterParts, request: WriteRequest) {
  const { scope, origin, rule } = request
  const subject = runSubject(origin.tenantId, origin)
  const own = new Set<string>()
  const isOwn = (text: string): boolean => own.has(text)
  let history = emptyHistory
  let seenDuplicate: bigint | null = null

  async function refresh(attempt: number): Promise<RunHistory> {
    const before = history.lastSequence
    history = await readOn(log, request, history, isOwn, scope.signal)
    // Told that the subject has moved, yet nothing is new: messages were deleted, so what we know no longer holds.
    if (attempt > 1 && history.lastSequence === before) history = await readOn(log, request, emptyHistory, isOwn, scope.signal)
    return history
  }

  /** Resolves an append whose answer never came: what the log holds now decides (contract: demon 7.5). */
  async function settle(failure: AppError): Promise<WriteOutcome> {
    let ruling: Ruling
    try {
      ruling = rule(await readOn(log, request, history, isOwn))
    } catch (cause) {
      throw unanswered('whether the event was written is not known. Repeating the request is safe', 'UNKNOWN', cause)
    }
    if ('done' in ruling) return ruling.done
    throw unanswered('the event is not in the log. Repeating the request is safe', 'NO', failure)
  }

  /** A message id that was known already (contract: demon 13.17): null when the rules must look again. */
  async function settleDuplicate({ sequence }: AppendAck): Promise<WriteOutcome | null> {
    const stored = await log.get('ritual', sequence)
    const age = stored === null ? 0 : Number(millisBetween(stored.recordedAtNs, clock.now()))
    // On another subject it is somebody else's; twice the same one on ours is an event that decides nothing for us.
    if (stored?.subject !== subject || seenDuplicate === sequence)
      throw collision(Math.min(DUPLICATE_WINDOW_MS, Math.max(1, DUPLICATE_WINDOW_MS - age)))
    seenDuplicate = sequence
    return isOwn(textOf(stored.payload)) ? written(sequence) : null
  }

  async function publish({ messageId, payload }: DraftEvent): Promise<WriteOutcome | null> {
    const at = nextTs(clock, history)
    const text = JSON.stringify(payload(formatDemonTime(at), at))
    own.add(text)
    try {
      const ack = await log.append(subject, Buffer.from(text), { messageId, expectedLastSubjectSequence: history.lastSequence })
      return ack.duplicate ? await settleDuplicate(ack) : written(ack.sequence)
    } catch (error) {
      if (error instanceof WrongLastSequenceError) return null
      if (isOutage(error)) return settle(error)
      throw error
    }
  }

  return async function run(): Promise<WriteOutcome> {
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      if (attempt > 1) await pause(Math.random() * Math.min(100, 4 * 2 ** attempt))
      const ruling = rule(await refresh(attempt))
      if ('done' in ruling) return ruling.done
      const outcome = await publish(ruling.write)
      if (outcome !== null) return outcome
    }
    throw tooManyRaces()
  }
}

/**
 * Writes to a run's 7-token subject what its rule asks for, at most once. A duplicate acknowledgement and a wrong expected sequence both lead back
 * to reading what the log really holds: which of the two a lost race gets depends on the server's version (contract: demon 3.3, 13.14-13.18).
 * @throws AppError CONFLICT (retryable: id collision, or more races than `maxAttempts`), SOURCE_UNAVAILABLE with `details.written` NO or UNKNOWN
 */
export const createDemonWriter = (parts: WriterParts) => (request: WriteRequest) => startWrite(parts, request)()
