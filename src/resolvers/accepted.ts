import { createHash } from 'node:crypto'
import { type Context } from '../context.ts'
import { type LogStream } from '../datasources/log/log.ts'
import { type RunInLog, type WriteOutcome } from '../datasources/runs/commands.ts'
import { type RunKey } from '../datasources/runs/runs.ts'
import { AppError, badUserInput, isAppError, isOutage } from '../errors.ts'
import { stableJson } from '../stable-json.ts'
import { anyField } from '../subscriptions/cursor.ts'

/** What every mutation's input may carry beside its own fields. */
interface Repeatable {
  readonly idempotencyKey?: string | null
  readonly clientMutationId?: string | null
}

/** What became of a write, and whose it is: a run's id may have been made by us. */
export interface Written<Key extends RunKey> {
  readonly key: Key
  readonly outcome: WriteOutcome
}

/** @throws AppError BAD_USER_INPUT */
export function checkIdempotencyKey(key: string): string {
  if (key === '' || key.length > 256 || /[\p{Cc}\p{Cs}]/u.test(key))
    throw badUserInput('An idempotency key has 1 to 256 characters, none of them a control character.', { path: ['idempotencyKey'] })
  return key
}

/**
 * Runs a write, or gives what the first request with this idempotency key got.
 * @throws AppError CONFLICT when the key was used with another input; what `write` throws
 */
export async function writeOnce<Key extends RunKey>(
  ctx: Context,
  mutation: string,
  { idempotencyKey, clientMutationId: _echoed, ...input }: Repeatable & object,
  write: () => Promise<Written<Key>>,
): Promise<Written<Key>> {
  if (idempotencyKey == null) return write()
  const { idempotency } = ctx.dataSources
  const hash = createHash('sha256')
    .update(stableJson([mutation, input]))
    .digest('hex')
  const { value, repeated } = await idempotency.once(ctx.scope, ctx.viewer.actorId, checkIdempotencyKey(idempotencyKey), hash, write)
  return repeated && value.outcome.outcome === 'WRITTEN' ? { ...value, outcome: { ...value.outcome, repeated } } : value
}

/** Waits, bounded, until the read model shows an event; says so in the answer's sources. A read model that is away shows nothing. */
export async function isProjected(ctx: Context, stream: LogStream, sequence: bigint): Promise<boolean> {
  try {
    const reached = await ctx.dataSources.progress.waitFor(stream, sequence, {
      timeoutMs: ctx.config.writeTimeoutMs,
      signal: ctx.scope.signal,
    })
    ctx.sourceUse.note('sql', { asOf: ctx.clock.now(), status: reached ? 'UP' : 'DEGRADED' })
    return reached
  } catch (error) {
    if (!isOutage(error)) throw error
    ctx.sourceUse.note('sql', { asOf: null, status: 'DOWN' })
    return false
  }
}

async function fromReadModel<T>(ctx: Context, read: () => Promise<T | null>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (!isOutage(error)) throw error
    ctx.sourceUse.note('sql', { asOf: null, status: 'DOWN' })
    return null
  }
}

/** What went wrong after the event was stored; says so, because a caller who reads "unavailable" would think that nothing happened. */
function stored(error: unknown, sequence: bigint): unknown {
  if (!isAppError(error) || error.source === undefined) return error
  const message = `The event that decided this is in the log at sequence ${sequence}, but the answer cannot show it: ${error.message}`
  return new AppError('SOURCE_UNAVAILABLE', message, { source: error.source, details: { written: 'YES' }, cause: error })
}

async function fromLog(ctx: Context, key: RunKey, sequence: bigint): Promise<RunInLog> {
  const found = await ctx.dataSources.runCommands
    .readBack(ctx.scope, key)
    .catch((error: unknown) => Promise.reject(stored(error, sequence)))
  if (found === null) throw new AppError('NOT_FOUND', 'The log does not hold what was written any more.')
  return found
}

export interface Showing<T> {
  readonly key: RunKey
  /** The event that the answer must show. */
  readonly sequence: bigint
  readonly find: () => Promise<T | null>
  /** The same, picked from what the log itself says. */
  readonly pick: (found: RunInLog) => T | undefined
}

/**
 * What a mutation answers with, showing the event at `sequence`: from the read model once it has caught up (a bounded wait), else folded from the log.
 * @throws AppError SOURCE_UNAVAILABLE, saying that the event is written, when neither answers
 */
export async function show<T>(ctx: Context, { key, sequence, find, pick }: Showing<T>): Promise<{ shown: T; projected: boolean }> {
  ctx.loaders.clear()
  ctx.sourceUse.note('log', { asOf: ctx.clock.now(), status: 'UP' })
  const projected = await isProjected(ctx, 'ritual', sequence)
  const known = projected ? await fromReadModel(ctx, find) : null
  if (known !== null) return { shown: known, projected: true }
  const inLog = await fromLog(ctx, key, sequence)
  ctx.loaders.prime(inLog.run)
  const picked = pick(inLog)
  if (picked === undefined) throw new AppError('NOT_FOUND', 'The log does not hold what was written any more.')
  return { shown: picked, projected: false }
}

/**
 * The position of a mutation's event, good as `minCursor` and as `after:` of every field of this tenant.
 * @throws AppError SOURCE_UNAVAILABLE, saying that the event is written
 */
export async function cursorOf(ctx: Context, sequence: bigint): Promise<string> {
  const { runCommands, progress } = ctx.dataSources
  try {
    // The read model knows the epoch too, if it ever saw the log.
    const epoch = (await fromReadModel(ctx, () => progress.watermark('ritual')))?.epoch ?? (await runCommands.epoch())
    return ctx.cursors.encode({ stream: 'ritual', epoch, sequence }, anyField(ctx.scope.tenantId))
  } catch (error) {
    throw stored(error, sequence)
  }
}
