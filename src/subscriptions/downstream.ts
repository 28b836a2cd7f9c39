import { LRUCache } from 'lru-cache'
import { type Context } from '../context.ts'
import { type GraphDataSource, type GraphDiff, type GraphKey, type GraphPlace } from '../datasources/graph/graph.ts'
import { MAX_DEPTH } from '../datasources/graph/graph-search.ts'
import { keyOf } from '../datasources/graph/keys.ts'
import { type DomainEvent } from '../domain-events/event.ts'
import { type CompiledFilter, type GraphPoint } from '../domain-events/filter.ts'
import { decodeId } from '../ids.ts'
import { onceProjected } from './projected.ts'

/** What is downstream of a node at one place of its graph: the place never changes, so neither does this. */
const reached = new WeakMap<GraphDataSource, LRUCache<string, ReadonlySet<string>>>()

function graphKeyOf(ctx: Context, id: string): GraphKey | null {
  const [source, tenantId, projectId, namespace, graphId] = decodeId(id)?.parts ?? []
  if ((source !== 'ORRERY' && source !== 'SUMMIT') || tenantId !== ctx.scope.tenantId) return null
  return projectId === undefined || namespace === undefined || graphId === undefined ? null : { source, projectId, namespace, graphId }
}

/** The keys of the node and of all that its relationships lead to; bounded as every walk is. */
async function reachFrom(ctx: Context, place: GraphPlace, nodeId: string): Promise<ReadonlySet<string>> {
  const { graph: source } = ctx.dataSources
  const known = reached.get(source) ?? new LRUCache<string, ReadonlySet<string>>({ max: 500 })
  reached.set(source, known)
  const { graph, position } = place
  // a late commit moves positions, and `revision` with them
  const name = JSON.stringify([graph.tenantId, graph.graphSeq.toString(), graph.revision, position, nodeId])
  const before = known.get(name)
  if (before !== undefined) return before
  const node = await source.findNode(ctx.scope, place, nodeId)
  const keys = node === null ? [] : [node.key, ...(await source.neighbourKeys(ctx.scope, node, MAX_DEPTH, 'OUT'))]
  const found = new Set(keys)
  known.set(name, found)
  return found
}

/** A commit is looked at before and after, by what it changed; everything else by the graph as it is, or as `ref` says. */
interface Look {
  readonly places: readonly GraphPlace[]
  readonly keys: readonly string[]
}

const keysOfDiff = (diff: GraphDiff): string[] => [
  ...[...diff.added, ...diff.removed, ...diff.changed.map(({ after }) => after)].map(({ key }) => key),
  ...[...diff.addedRelationships, ...diff.removedRelationships, ...diff.changedRelationships.map(({ after }) => after)].flatMap(
    ({ from, to }) => [from.key, to.key],
  ),
]

async function lookAtCommit(ctx: Context, sequence: bigint): Promise<Look | null> {
  const { graph: source } = ctx.dataSources
  const [commit] = await source.commitsBySequences(ctx.scope, [sequence])
  if (commit == null) return null
  const { graph, position } = commit
  const [before, after] = [position - 1, position].map((at): GraphPlace => ({ graph, position: at }))
  if (before === undefined || after === undefined) return null
  return { places: [after, before], keys: keysOfDiff(await source.diff(ctx.scope, before, after)) }
}

/** Nodes of the point's graph that name the run of the event. */
async function keysOfRun(ctx: Context, key: GraphKey, event: DomainEvent): Promise<string[]> {
  const [, tenantId, ritualId, runId] = decodeId(event.refs.run ?? '')?.parts ?? []
  if (tenantId !== ctx.scope.tenantId || ritualId === undefined || runId === undefined) return []
  const page = { size: 100, direction: 'FORWARD', cursor: null } as const
  const { items } = await ctx.dataSources.graph.nodesOfRun(ctx.scope, { ritualId, runId }, page)
  const isOf = (graph: GraphKey): boolean =>
    graph.source === key.source && graph.projectId === key.projectId && graph.namespace === key.namespace && graph.graphId === key.graphId
  return items.flatMap(({ item }) => (isOf(item.place.graph) ? [item.key] : []))
}

async function isDownstream(ctx: Context, point: GraphPoint, event: DomainEvent): Promise<boolean> {
  const { graph: source } = ctx.dataSources
  const key = graphKeyOf(ctx, point.graph)
  const graph = key === null ? null : await source.find(ctx.scope, key)
  if (key === null || graph === null) return false
  const isAboutGraph = event.refs.graph === point.graph
  const commit = isAboutGraph && event.stream === 'graph' ? await lookAtCommit(ctx, event.sequence) : null
  const keys = commit?.keys ?? (isAboutGraph ? event.nodeIds.map((id) => keyOf(id).key) : await keysOfRun(ctx, key, event))
  if (keys.length === 0) return false
  const places = point.ref == null && commit !== null ? commit.places : [await source.locate(ctx.scope, graph, point.ref ?? null)]
  for (const place of places) {
    const reach = await reachFrom(ctx, place, point.nodeId)
    if (keys.some((one) => reach.has(one))) return true
  }
  return false
}

/**
 * The whole answer of a filter that asks what is downstream of a node, by what the tables show. The caller has seen to it that they show the event.
 * @throws AppError BAD_USER_INPUT or NOT_FOUND for a `ref` that names nothing; SOURCE_UNAVAILABLE
 */
export async function confirmed(ctx: Context, filter: CompiledFilter, event: DomainEvent): Promise<boolean> {
  if (filter.points.length === 0) return true
  const verdicts = new Map<GraphPoint, boolean>()
  for (const point of filter.points) verdicts.set(point, await isDownstream(ctx, point, event))
  return filter.confirm(event, (point) => verdicts.get(point) === true)
}

/** The same for an event that has just come: waits until the tables show it. */
export function confirmedLive(ctx: Context, filter: CompiledFilter, placed: { event: DomainEvent; epoch: string }): Promise<boolean> {
  const { event, epoch } = placed
  if (filter.points.length === 0) return Promise.resolve(true)
  return onceProjected(ctx, { stream: event.stream, epoch, sequence: event.sequence }, () => confirmed(ctx, filter, event))
}
