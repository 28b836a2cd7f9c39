import { LRUCache } from 'lru-cache'
import { type Context } from '../context.ts'
import { type GraphDataSource, type GraphKey, type GraphPlace } from '../datasources/graph/graph.ts'
import { MAX_DEPTH } from '../datasources/graph/graph-search.ts'
import { type DomainEvent } from '../domain-events/event.ts'
import { type CompiledFilter, type GraphPoint } from '../domain-events/filter.ts'
import { onceProjected } from './projected.ts'
import { graphKeyOf, lookAtGraph, nodesOfRun } from './touched-nodes.ts'

/** What is downstream of a node at one place of its graph: the place never changes, so neither does this. */
const reached = new WeakMap<GraphDataSource, LRUCache<string, ReadonlySet<string>>>()

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
  const keys =
    node === null ? [] : [node.key, ...(await source.neighbourKeys(ctx.scope, node, { depth: MAX_DEPTH, direction: 'OUT' })).keys]
  const found = new Set(keys)
  known.set(name, found)
  return found
}

const isSame = (a: GraphKey, b: GraphKey): boolean =>
  a.source === b.source && a.projectId === b.projectId && a.namespace === b.namespace && a.graphId === b.graphId

async function isDownstream(ctx: Context, point: GraphPoint, event: DomainEvent): Promise<boolean> {
  const { graph: source } = ctx.dataSources
  const key = graphKeyOf(ctx, point.graph)
  const graph = key === null ? null : await source.find(ctx.scope, key)
  if (key === null || graph === null) return false
  const look = event.refs.graph === point.graph ? await lookAtGraph(ctx, point.graph, event) : null
  const ofRun = look === null ? (await nodesOfRun(ctx, event)).filter(({ place }) => isSame(place.graph, key)) : []
  const keys = look?.keys ?? ofRun.map((node) => node.key)
  if (keys.length === 0) return false
  const places = point.ref == null && look !== null ? look.places : [await source.locate(ctx.scope, graph, point.ref ?? null)]
  for (const place of places) {
    const reach = await reachFrom(ctx, place, point.nodeId)
    if (keys.some((one) => reach.has(one)) || (await look?.touches?.(reach)) === true) return true
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
