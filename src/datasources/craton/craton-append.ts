import { AppError, badUserInput } from '../../errors.ts'
import { hex } from '../storage/record-chain.ts'
import { type AppendOutcome, type AppendPlace, type RecordStream } from '../storage/storage.ts'
import { CratonRefusal, LateAnswerError, lost, mayBeWritten } from './craton-connection.ts'
import { type CratonClient, refusalError } from './craton-client.ts'

/** What an append needs of the store around it. */
export interface CratonStreamAccess {
  readonly client: CratonClient
  readonly tenant: bigint
  readonly stream: RecordStream
  readonly streamId: bigint
  length(): Promise<bigint>
  read(from: bigint, count: number): Promise<Uint8Array[]>
}

export interface CratonAppend {
  readonly payloads: readonly Uint8Array[]
  readonly expectedOffset: bigint | null
  readonly actor: string | null
  readonly place?: AppendPlace | undefined
}

const STORAGE_ERROR = 12
const OFFSET_MISMATCH = 16
/** Others can win so often in a row before the caller is told to come back. */
const MOST_TRIES = 20

/** The actual length, out of `offset mismatch for stream S: expected E, actual A` (contract: craton 5.3). */
export function actualOf(message: string): bigint | null {
  const digits = /actual (\d{1,20})$/.exec(message)?.[1]
  return digits === undefined ? null : BigInt(digits)
}

const isLate = (error: unknown): boolean => error instanceof AppError && error.cause instanceof LateAnswerError

const appended = (firstOffset: bigint, count: number): AppendOutcome => ({
  outcome: 'APPENDED',
  firstOffset,
  lastOffset: firstOffset + BigInt(count) - 1n,
  headHash: null,
  repeated: false,
})

/** @throws AppError SOURCE_UNAVAILABLE, written UNKNOWN, where the place cannot be read either */
async function lookAt(access: CratonStreamAccess, { payloads }: CratonAppend, { at, cause }: { at: bigint; cause: unknown }) {
  const found = await access.read(at, payloads.length).catch((error: unknown) => {
    throw new AppError(
      'SOURCE_UNAVAILABLE',
      'The source "craton" does not answer: whether the records were stored is not known. Ask again with the same idempotency key, or read on from the expected offset before you append again.',
      { source: 'craton', details: { written: 'UNKNOWN' }, cause: new AggregateError([cause, error]) },
    )
  })
  const same = payloads.filter((payload, index) => {
    const there = found[index]
    return there !== undefined && hex(there) === hex(payload)
  }).length
  if (same > 0 && same < payloads.length && same === found.length)
    throw new AppError(
      'SOURCE_UNAVAILABLE',
      `The storage server failed after ${same} of ${payloads.length} records: they are stored from offset ${at} on, the rest is not.`,
      { source: 'craton', details: { written: 'PARTLY' }, cause },
    )
  return { found: found.length, isOurs: same === payloads.length }
}

/**
 * "It may have been written": only a read of that place decides (contract: craton 6.3). The length cannot tell, since it grows either way.
 * @throws AppError SOURCE_UNAVAILABLE saying what is known
 */
async function resolveByReading(
  access: CratonStreamAccess,
  append: CratonAppend,
  { at, cause }: { at: bigint; cause: unknown },
): Promise<AppendOutcome> {
  const { found, isOurs } = await lookAt(access, append, { at, cause })
  if (isOurs) return appended(at, append.payloads.length)
  if (found === 0 && isLate(cause))
    throw new AppError(
      'SOURCE_UNAVAILABLE',
      'The storage server is late: the records are not there yet, and may still come. Ask again with the same idempotency key, or read on from the expected offset before you append again.',
      { source: 'craton', details: { written: 'UNKNOWN' }, cause },
    )
  if (found === 0)
    throw new AppError('SOURCE_UNAVAILABLE', 'The storage server failed. Nothing was written.', {
      source: 'craton',
      details: { written: 'NO' },
      cause,
    })
  const behind = at + BigInt(found)
  const actual = await access.length().catch(() => behind)
  return { outcome: 'OFFSET_CONFLICT', expected: at, actual: actual > at ? actual : behind }
}

async function tryAt(access: CratonStreamAccess, append: CratonAppend, at: bigint): Promise<AppendOutcome> {
  const { client, tenant, streamId } = access
  try {
    const { firstOffset, count } = await client.call(
      { type: 'AppendEvents', streamId, events: append.payloads, expectedOffset: at },
      'AppendEvents',
      {
        tenantId: tenant,
        audit: append.actor === null ? null : { actor: append.actor, reason: null, correlationId: null, idempotencyKey: null },
      },
    )
    if (firstOffset !== at || count !== append.payloads.length)
      return await resolveByReading(access, append, { at, cause: lost(true, new Error('the answer names another place')) })
    return appended(firstOffset, count)
  } catch (error) {
    if (error instanceof CratonRefusal && error.code === OFFSET_MISMATCH) {
      const actual = actualOf(error.message) ?? (await access.length())
      return { outcome: 'OFFSET_CONFLICT', expected: at, actual }
    }
    if (mayBeWritten(error) || (error instanceof CratonRefusal && error.code === STORAGE_ERROR))
      return resolveByReading(access, append, { at, cause: error })
    throw refusalError(error)
  }
}

/**
 * At the place of an earlier try whose outcome nobody knows. Of the two, which are the same, the server takes one at most; where it refuses
 * this one, what stands there tells whether the other came first.
 */
async function tryAgain(access: CratonStreamAccess, append: CratonAppend, at: bigint): Promise<AppendOutcome> {
  const outcome = await tryAt(access, append, at)
  if (outcome.outcome === 'APPENDED') return outcome
  const cause = new Error(`the server has length ${outcome.actual} where ${at} was expected`)
  return (await lookAt(access, append, { at, cause })).isOurs ? appended(at, append.payloads.length) : outcome
}

/**
 * One append. A mismatch is typed, and answered by reading the length anew where the caller expects none; nothing is ever sent to another place
 * while it is not known whether it was stored at the one before.
 */
export async function appendToCraton(access: CratonStreamAccess, append: CratonAppend): Promise<AppendOutcome> {
  const { expectedOffset, place } = append
  const earlier = place?.earlier ?? null
  let at = earlier ?? expectedOffset ?? (await access.length())
  for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
    if (at !== earlier) await place?.note(at)
    const outcome = at === earlier ? await tryAgain(access, append, at) : await tryAt(access, append, at)
    if (outcome.outcome === 'APPENDED' || expectedOffset !== null) return outcome
    at = outcome.actual
  }
  throw new AppError('CONFLICT', 'Others write to this stream all the time: nothing was written.', { retryable: true })
}

/** @throws AppError BAD_USER_INPUT for what a server must never be sent (contract: craton 6.3) */
export function checkCratonBatch(
  payloads: readonly Uint8Array[],
  { eventBytes, batchBytes }: { eventBytes: number; batchBytes: number },
): void {
  if (payloads.length === 0) throw badUserInput('Give at least one record.', { path: ['records'] })
  let bytes = 0
  payloads.forEach((payload, index) => {
    if (payload.length > eventBytes)
      throw badUserInput(`Record ${index} has ${payload.length} bytes; a Craton server keeps at most ${eventBytes} safely.`, {
        path: ['records'],
      })
    bytes += payload.length
  })
  if (bytes > batchBytes) throw badUserInput(`At most ${batchBytes} bytes at once.`, { path: ['records'] })
}
