import { type GraphDiff, type GraphKey, type GraphNode, type GraphPlace } from '../datasources/graph/graph.ts'
import { keyOf } from '../datasources/graph/keys.ts'
import { type DomainEvent } from '../domain-events/event.ts'
import { decodeId } from '../ids.ts'
import { type Reading } from './projected.ts'

/** The graph of a global id; null for another tenant's, which does not exist here. */
export function graphKeyOf({ scope }: Reading, id: string): GraphKey | null {
  const [source, tenantId, projectId, namespace, graphId] = decodeId(id)?.parts ?? []
  if ((source !== 'ORRERY' && source !== 'SUMMIT') || tenantId !== scope.tenantId) return null
  return projectId === undefined || namespace === undefined || graphId === undefined ? null : { source, projectId, namespace, graphId }
}

/** A commit is looked at before and after, by what it changed; everything else by the graph as it is, or as `ref` says. */
export interface Look {
  readonly places: readonly GraphPlace[]
  readonly keys: readonly string[]
  /** Whether one of these nodes is touched; there where the keys of a large commit are cut. */
  readonly touches?: (keys: ReadonlySet<string>) => Promise<boolean>
}

const keysOfDiff = (diff: GraphDiff): string[] => [
  ...[...diff.added, ...diff.removed, ...diff.changed.map(({ after }) => after)].map(({ key }) => key),
  ...[...diff.addedRelationships, ...diff.removedRelationships, ...diff.changedRelationships.map(({ after }) => after)].flatMap(
    ({ from, to }) => [from.key, to.key],
  ),
]

export async function lookAtCommit(ctx: Reading, sequence: bigint): Promise<Look | null> {
  const { graph: source } = ctx.dataSources
  const [commit] = await source.commitsBySequences(ctx.scope, [sequence])
  if (commit == null) return null
  const { graph, position } = commit
  const [before, after] = [position - 1, position].map((at): GraphPlace => ({ graph, position: at }))
  if (before === undefined || after === undefined) return null
  const diff = await source.diff(ctx.scope, before, after)
  const look: Look = { places: [after, before], keys: keysOfDiff(diff) }
  if (!diff.truncated) return look
  return { ...look, touches: async (keys) => keysOfDiff(await source.diff(ctx.scope, before, after, [...keys])).length > 0 }
}

/** Nodes, of any graph of the tenant as it is, that name the run of the event. */
export async function nodesOfRun(ctx: Reading, event: DomainEvent): Promise<GraphNode[]> {
  const [, tenantId, ritualId, runId] = decodeId(event.refs.run ?? '')?.parts ?? []
  if (tenantId !== ctx.scope.tenantId || ritualId === undefined || runId === undefined) return []
  const page = { size: 100, direction: 'FORWARD', cursor: null } as const
  const { items } = await ctx.dataSources.graph.nodesOfRun(ctx.scope, { ritualId, runId }, page)
  return items.map(({ item }) => item)
}

/** What an event about a graph touches there. Null: the graph is not known. */
export async function lookAtGraph(ctx: Reading, graphId: string, event: DomainEvent): Promise<Look | null> {
  const { graph: source } = ctx.dataSources
  const commit = event.stream === 'graph' ? await lookAtCommit(ctx, event.sequence) : null
  if (commit !== null) return commit
  const key = graphKeyOf(ctx, graphId)
  const graph = key === null ? null : await source.find(ctx.scope, key)
  if (graph === null) return null
  return { places: [await source.locate(ctx.scope, graph, null)], keys: event.nodeIds.map((id) => keyOf(id).key) }
}
