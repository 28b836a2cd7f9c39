import { type Context } from '../context.ts'
import { type Source, type SourcesDataSource } from '../datasources/system/sources.ts'
import { isAppError } from '../errors.ts'
import { anyField } from '../subscriptions/cursor.ts'
import { isRecordPosition } from '../subscriptions/record-position.ts'
import { type Nanos } from '../time.ts'

/** What a read says about its sources may be this old; then it waits for the probes instead. */
const PROBES_LIVE_NS = 10_000_000_000n

interface Probes {
  readonly sources: readonly Source[]
  readonly at: Nanos
}

/** The probes' last answer, so that a read does not wait for a probe: the next answer shows what this one asked for. */
const lastProbes = new WeakMap<SourcesDataSource, Probes>()
/** Answers that are waited for: one is enough, and holds no more than one caller while a store is slow. */
const underWay = new WeakMap<SourcesDataSource, Promise<readonly Source[]>>()

function ask({ dataSources: { sources }, clock }: Context): Promise<readonly Source[]> {
  const asked = underWay.get(sources)
  if (asked !== undefined) return asked
  const asking = sources
    .list()
    .then((list) => {
      lastProbes.set(sources, { sources: list, at: clock.now() })
      return list
    })
    .finally(() => underWay.delete(sources))
  underWay.set(sources, asking)
  return asking
}

async function probed(ctx: Context): Promise<readonly Source[]> {
  const known = lastProbes.get(ctx.dataSources.sources)
  const isNew = !underWay.has(ctx.dataSources.sources)
  const asking = ask(ctx)
  if (known === undefined || ctx.clock.now() - known.at > PROBES_LIVE_NS) return asking
  if (isNew) asking.catch((error: unknown) => ctx.log.warn({ err: error }, 'the sources could not be probed'))
  return known.sources
}

async function noteSources(ctx: Context): Promise<void> {
  const sources = await probed(ctx)
  const sql = sources.find(({ name }) => name === 'sql')
  const log = sources.find(({ name }) => name === 'log')
  // The store has just answered, whatever an older probe says; only its lag behind the log can be bad.
  const late = sql?.status === 'DEGRADED'
  ctx.sourceUse.note('sql', { asOf: sql?.asOf ?? ctx.clock.now(), lagEvents: sql?.lagEvents, status: late ? 'DEGRADED' : 'UP' })
  // Reads go on without it, and say so.
  for (const name of ['neo4j', 'summit-neo4j', 'summit-sql']) {
    const source = sources.find((one) => one.name === name)
    if (source?.status === 'DOWN') ctx.sourceUse.note(name, { asOf: source.asOf, status: 'DOWN' })
  }
  if (log !== undefined && log.status !== 'UNKNOWN') ctx.sourceUse.note('log', { asOf: log.asOf, status: log.status })
}

async function waitForCursor(ctx: Context, minCursor: string): Promise<void> {
  const position = ctx.cursors.decode(minCursor, anyField(ctx.scope.tenantId))
  if (isRecordPosition(position)) return
  const { stream, epoch, sequence } = position
  const { progress } = ctx.dataSources
  const reached = await progress.waitFor(stream, sequence, { timeoutMs: ctx.config.writeTimeoutMs, signal: ctx.scope.signal })
  const watermark = await progress.watermark(stream)
  const sameStream = watermark?.epoch === epoch
  if (reached && sameStream) return
  const behind = sameStream && watermark.sequence < sequence ? sequence - watermark.sequence : null
  ctx.sourceUse.note('sql', { asOf: watermark?.updatedAt ?? null, lagEvents: behind, status: 'DEGRADED' })
}

/**
 * Every root read goes through here: waits (bounded) until the read model shows `minCursor`, reads, and notes for `extensions.sources` how fresh
 * the answer is. A wait that was cut short answers anyway, with the store noted as DEGRADED.
 * @throws AppError BAD_USER_INPUT for a cursor that is not ours; what `work` throws
 */
export async function reading<T>(ctx: Context, minCursor: string | null | undefined, work: () => Promise<T>): Promise<T> {
  try {
    if (minCursor != null) await waitForCursor(ctx, minCursor)
    const answer = await work()
    await noteSources(ctx)
    return answer
  } catch (error) {
    if (isAppError(error) && error.source !== undefined) ctx.sourceUse.note(error.source, { asOf: null, status: 'DOWN' })
    throw error
  }
}
