import { type Context } from '../context.ts'
import { type Graph, type GraphCommit, type GraphDiff, type GraphKey, type GraphPlace, type GraphTag } from '../datasources/graph/graph.ts'
import { type GraphEvent } from '../projections/graph-events.ts'
import { type Delivery, delivery, type Marker, markerDelivery, positionOf } from './delivery.ts'
import { graphEventOf, graphSubjects } from './graph-messages.ts'
import { type HubItem, type StreamField } from './hub.ts'
import { mapStream } from './map-stream.ts'
import { onceProjected } from './projected.ts'
import { type StreamStart } from './start.ts'

export interface GraphCommitItem {
  readonly __typename: 'GraphCommitItem'
  readonly cursor: string
  readonly graph: Graph
  readonly commit: GraphCommit | null
  readonly tag: GraphTag | null
}
export type GraphCommitDelivered = GraphCommitItem | Marker

export interface GraphChangeItem {
  readonly __typename: 'GraphChangeItem'
  readonly cursor: string
  readonly graph: Graph
  readonly commit: GraphCommit
  readonly diff: GraphDiff
}
export type GraphChangeDelivered = GraphChangeItem | Marker

export interface GraphStreamOptions {
  /** Null: every graph of the tenant. */
  readonly graph: GraphKey | null
  readonly start: StreamStart
  readonly strict: boolean
}

const isOf = (event: GraphEvent, tenantId: string, graph: GraphKey | null): boolean =>
  event.scope.tenantId === tenantId &&
  (graph === null ||
    (graph.source === 'ORRERY' &&
      event.scope.projectId === graph.projectId &&
      event.scope.namespace === graph.namespace &&
      event.scope.graphId === graph.graphId))

interface Selected {
  readonly field: StreamField
  readonly wanted: (event: GraphEvent) => boolean
}

function messagesOf(ctx: Context, { graph, start, strict }: GraphStreamOptions, { field, wanted }: Selected) {
  const { tenantId } = ctx.scope
  return ctx.live.subscribe({
    field,
    stream: 'graph',
    after: start.after,
    strict,
    subjects: graphSubjects(tenantId, graph),
    matches(message) {
      const event = graphEventOf(message)
      return event !== null && isOf(event, tenantId, graph) && wanted(event)
    },
    signal: ctx.scope.signal ?? new AbortController().signal,
  })
}

const graphOf = (ctx: Context, { scope }: GraphEvent): Promise<Graph | null> =>
  ctx.dataSources.graph.find(ctx.scope, {
    source: 'ORRERY',
    projectId: scope.projectId,
    namespace: scope.namespace,
    graphId: scope.graphId,
  })

/** Every commit and tag, each once and in the order of the log, as the tables show it. */
export function graphCommits(ctx: Context, options: GraphStreamOptions): AsyncIterableIterator<Delivery<GraphCommitDelivered>> {
  const items = messagesOf(ctx, options, { field: 'graphCommitted', wanted: () => true })
  return mapStream<HubItem, Delivery<GraphCommitDelivered>>(items, async (item) => {
    if (item.kind !== 'MESSAGE') return markerDelivery(ctx, options.start.scope, item, 'graph')
    const event = graphEventOf(item.message)
    if (event === null) return null
    const position = positionOf(item, 'graph')
    const cursor = ctx.cursors.encode(position, options.start.scope)
    const value = await onceProjected(ctx, position, async (): Promise<GraphCommitItem | null> => {
      const graph = await graphOf(ctx, event)
      if (graph === null) return null
      if (event.kind === 'TAG') {
        const tag = event.commitId === null ? null : { graph, tag: event.tag, commitId: event.commitId, updatedAt: event.at }
        return { __typename: 'GraphCommitItem', cursor, graph, commit: null, tag }
      }
      const [commit] = await ctx.dataSources.graph.commitsBySequences(ctx.scope, [event.sequence])
      return commit == null ? null : { __typename: 'GraphCommitItem', cursor, graph, commit, tag: null }
    })
    return value === null ? null : delivery({ position, cursor, value })
  })
}

export interface NeighbourhoodOptions extends GraphStreamOptions {
  readonly graph: GraphKey
  readonly nodeId: string
  readonly depth: number
}

/** Keys of the node and of what lies within `depth` of it; bounded. */
async function neighbourhoodAt(ctx: Context, place: GraphPlace, { nodeId, depth }: NeighbourhoodOptions): Promise<Set<string>> {
  const { graph } = ctx.dataSources
  const keys = new Set<string>()
  const node = await graph.findNode(ctx.scope, place, nodeId)
  if (node === null) return keys
  keys.add(node.key)
  const near = await graph.neighbourKeys(ctx.scope, node, { depth, direction: 'ANY' })
  for (const key of near.keys) keys.add(key)
  return keys
}

const isEmpty = ({ added, removed, changed, addedRelationships, removedRelationships, changedRelationships }: GraphDiff): boolean =>
  [added, removed, changed, addedRelationships, removedRelationships, changedRelationships].every((list) => list.length === 0)

/** Commits that changed something around a node: around it before the commit, or after it. */
export function neighbourhoodChanges(ctx: Context, options: NeighbourhoodOptions): AsyncIterableIterator<Delivery<GraphChangeDelivered>> {
  const items = messagesOf(ctx, options, { field: 'neighbourhoodChanged', wanted: ({ kind }) => kind === 'COMMIT' })
  return mapStream<HubItem, Delivery<GraphChangeDelivered>>(items, async (item) => {
    if (item.kind !== 'MESSAGE') return markerDelivery(ctx, options.start.scope, item, 'graph')
    const event = graphEventOf(item.message)
    if (event === null) return null
    const position = positionOf(item, 'graph')
    const cursor = ctx.cursors.encode(position, options.start.scope)
    const value = await onceProjected(ctx, position, async (): Promise<GraphChangeItem | null> => {
      const { graph: source } = ctx.dataSources
      const [commit] = await source.commitsBySequences(ctx.scope, [event.sequence])
      if (commit == null) return null
      const { graph } = commit
      const [before, after] = [commit.position - 1, commit.position].map((at) => ({ graph, position: at }))
      if (before === undefined || after === undefined) return null
      const keys = new Set([...(await neighbourhoodAt(ctx, before, options)), ...(await neighbourhoodAt(ctx, after, options))])
      // Asked for in the tables: of a large commit's whole diff only the first thousand changes would be told.
      const diff = await source.diff(ctx.scope, before, after, [...keys])
      return isEmpty(diff) ? null : { __typename: 'GraphChangeItem', cursor, graph, commit, diff }
    })
    return delivery({ position, cursor, value })
  })
}
