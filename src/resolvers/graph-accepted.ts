import { type Context } from '../context.ts'
import { type Graph, type GraphCommit, type GraphKey } from '../datasources/graph/graph.ts'
import { AppError, isAppError, isOutage } from '../errors.ts'
import { anyField } from '../subscriptions/cursor.ts'
import { isProjected } from './accepted.ts'

export interface Shown {
  readonly graph: Graph
  readonly commit: GraphCommit | null
  readonly projected: boolean
}

const unknownYet = (ctx: Context, key: GraphKey): Graph => ({
  ...key,
  tenantId: ctx.scope.tenantId,
  ...{ graphSeq: 0n, head: 0, revision: 0, lastSequence: 0n, createdAt: ctx.clock.now(), updatedAt: ctx.clock.now() },
})

/** What a commit looks like before the tables show it: as the writer knows it. */
function commitBefore(
  ctx: Context,
  graph: Graph,
  sequence: bigint,
  written: { readonly commitId: string; readonly mutationCount: number },
): GraphCommit {
  const now = ctx.clock.now()
  return {
    ...{ graph, sequence, commitId: written.commitId, parentId: null, position: graph.head + 1, at: now, recordedAt: now },
    ...{ mutationCount: written.mutationCount, verified: true, warnings: ['The read model does not show this commit yet.'] },
  }
}

/** A graph and one of its commits after a write: from the read model once it has caught up (a bounded wait), else as far as the writer knows. */
export async function showGraph(
  ctx: Context,
  key: GraphKey,
  sequence: bigint,
  written: { readonly commitId: string; readonly mutationCount: number } | null,
): Promise<Shown> {
  ctx.loaders.clear()
  ctx.sourceUse.note('log', { asOf: ctx.clock.now(), status: 'UP' })
  const { graph: source } = ctx.dataSources
  const projected = await isProjected(ctx, 'graph', sequence)
  try {
    const graph = await source.find(ctx.scope, key)
    const commit = graph === null || written === null ? null : await source.findCommit(ctx.scope, graph, written.commitId)
    if (graph !== null && (written === null || commit !== null)) return { graph, commit, projected }
    const known = graph ?? unknownYet(ctx, key)
    return { graph: known, commit: written === null ? null : commitBefore(ctx, known, sequence, written), projected: false }
  } catch (error) {
    if (!isOutage(error)) throw error
    const known = unknownYet(ctx, key)
    return { graph: known, commit: written === null ? null : commitBefore(ctx, known, sequence, written), projected: false }
  }
}

/**
 * The position of a graph's event, good as `minCursor` and as `after:` of the fields about graphs.
 * @throws AppError SOURCE_UNAVAILABLE, saying that the event is written
 */
export async function graphCursorOf(ctx: Context, sequence: bigint): Promise<string> {
  const { graphCommands, progress } = ctx.dataSources
  try {
    const known = await progress.watermark('graph').catch((error: unknown) => {
      if (isOutage(error)) return null
      throw error
    })
    const epoch = known?.epoch ?? (await graphCommands.epoch())
    return ctx.cursors.encode({ stream: 'graph', epoch, sequence }, anyField(ctx.scope.tenantId))
  } catch (error) {
    if (!isAppError(error) || error.source === undefined) throw error
    const message = `The event is in the log at sequence ${sequence}, but the answer cannot show it: ${error.message}`
    throw new AppError('SOURCE_UNAVAILABLE', message, { source: error.source, details: { written: 'YES' }, cause: error })
  }
}
