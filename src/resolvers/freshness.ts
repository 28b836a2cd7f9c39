import { type Context } from '../context.ts'
import { type Source, type SourcesDataSource } from '../datasources/system/sources.ts'
import { isAppError } from '../errors.ts'
import { anyField } from '../subscriptions/cursor.ts'

/** The probes' last answer, so that a read never waits for a probe: the next answer shows what this one asked for. */
const lastProbes = new WeakMap<SourcesDataSource, readonly Source[]>()

async function logReading(ctx: Context): Promise<Source | undefined> {
  const { sources } = ctx.dataSources
  const refresh = sources.list().then((list) => {
    lastProbes.set(sources, list)
    return list
  })
  const known = lastProbes.get(sources)
  if (known === undefined) return (await refresh).find((source) => source.name === 'log')
  refresh.catch((error: unknown) => ctx.log.warn({ err: error }, 'the sources could not be probed'))
  return known.find((source) => source.name === 'log')
}

async function noteSources(ctx: Context): Promise<void> {
  ctx.sourceUse.note('sql', { asOf: ctx.clock.now(), status: 'UP' })
  const log = await logReading(ctx)
  if (log === undefined || log.status === 'UNKNOWN') return
  ctx.sourceUse.note('log', { asOf: log.asOf, lagEvents: log.lagEvents, status: log.status })
}

async function waitForCursor(ctx: Context, minCursor: string): Promise<void> {
  const position = ctx.cursors.decode(minCursor, anyField(ctx.scope.tenantId))
  const { progress } = ctx.dataSources
  const reached = await progress.waitFor(position.stream, position.sequence, {
    timeoutMs: ctx.config.writeTimeoutMs,
    signal: ctx.scope.signal,
  })
  const watermark = await progress.watermark(position.stream)
  if (reached && watermark?.epoch === position.epoch) return
  const behind = watermark?.epoch === position.epoch ? position.sequence - watermark.sequence : null
  ctx.sourceUse.note('log', { asOf: watermark?.updatedAt ?? null, lagEvents: behind, status: 'DEGRADED' })
}

/**
 * Every root read goes through here: waits (bounded) until the read model shows `minCursor`, reads, and notes for `extensions.sources` how fresh
 * the answer is. A wait that was cut short answers anyway, with the log noted as DEGRADED.
 * @throws AppError BAD_USER_INPUT for a cursor that is not ours; what `work` throws
 */
export async function reading<T>(ctx: Context, minCursor: string | null | undefined, work: () => Promise<T>): Promise<T> {
  if (minCursor != null) await waitForCursor(ctx, minCursor)
  try {
    const answer = await work()
    await noteSources(ctx)
    return answer
  } catch (error) {
    if (isAppError(error) && error.source !== undefined) ctx.sourceUse.note(error.source, { asOf: null, status: 'DOWN' })
    throw error
  }
}
