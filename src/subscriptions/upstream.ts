import { LRUCache } from 'lru-cache'
import { type GraphNode, type GraphPlace } from '../datasources/graph/graph.ts'
import { MAX_DEPTH } from '../datasources/graph/graph-search.ts'
import { type DomainEvent } from '../domain-events/event.ts'
import { facet } from '../domain-events/filter.ts'
import { encodeId } from '../ids.ts'
import { type Upstream } from './downstream-line.ts'
import { onceProjected, type Reading } from './projected.ts'
import { lookAtGraph, nodesOfRun } from './touched-nodes.ts'

/** Nodes that one event touches, at each place, before everybody has to look alone: a commit may change thousands. */
const mostNodes = 64
/** Keys that are remembered, over all nodes. */
const mostKeys = 200_000

type Reach = readonly string[] | null

/**
 * From what an event touches back to every node that it is downstream of: readers are found by the node they ask about, and their number does not
 * matter. What was found belongs to a graph at one commit; the next commit is another place, so that nothing remembered can be out of date.
 */
export function createUpstream({ dataSources, log }: Omit<Reading, 'scope'>): Upstream {
  const { graph: source } = dataSources
  const known = new LRUCache<string, readonly string[]>({ maxSize: mostKeys, sizeCalculation: (keys) => keys.length + 1 })

  const keysUpstream = async ({ scope }: Reading, node: GraphNode): Promise<Reach> => {
    const { graph, position } = node.place
    const name = JSON.stringify([graph.tenantId, graph.source, graph.graphSeq.toString(), graph.revision, position, node.key])
    // a graph that is only mirrored has no commits: its place does not say how it is
    const remembered = graph.source === 'ORRERY' ? known.get(name) : undefined
    if (remembered !== undefined) return remembered
    const { keys, truncated } = await source.neighbourKeys(scope, node, { depth: MAX_DEPTH, direction: 'IN' })
    if (truncated) return null
    const found = [node.key, ...keys]
    if (graph.source === 'ORRERY') known.set(name, found)
    return found
  }

  const graphIdOf = ({ graph }: GraphPlace): string =>
    encodeId('Graph', [graph.source, graph.tenantId, graph.projectId, graph.namespace, graph.graphId])

  const touched = async (ctx: Reading, event: DomainEvent): Promise<GraphNode[] | null> => {
    const { graph: graphId, run } = event.refs
    const look = graphId === undefined ? null : await lookAtGraph(ctx, graphId, event)
    const nodes: GraphNode[] = []
    if (look !== null) {
      const keys = [...new Set(look.keys)]
      if (keys.length * look.places.length > mostNodes) return null
      for (const place of look.places)
        for (const key of keys) {
          const node = await source.findNodeByKey(ctx.scope, place, key)
          if (node !== null) nodes.push(node)
        }
    }
    if (run === undefined) return nodes
    // where the event says itself what it touches in a graph, its run adds nothing there
    const ofRun = (await nodesOfRun(ctx, event)).filter(({ place }) => look === null || graphIdOf(place) !== graphId)
    return [...nodes, ...ofRun]
  }

  const facetsOf = async (ctx: Reading, event: DomainEvent): Promise<ReadonlySet<string> | null> => {
    const nodes = await touched(ctx, event)
    if (nodes === null) return null
    const facets = new Set<string>()
    for (const node of nodes) {
      const keys = await keysUpstream(ctx, node)
      if (keys === null) return null
      const graphId = graphIdOf(node.place)
      for (const key of keys) facets.add(facet.point(graphId, key))
    }
    return facets
  }

  return async ({ event, epoch }, signal) => {
    const { stream, sequence, refs, tenantId } = event
    if (refs.graph === undefined && refs.run === undefined) return new Set()
    const ctx: Reading = { scope: { tenantId, signal }, dataSources, log }
    return onceProjected(ctx, { stream, epoch, sequence }, () => facetsOf(ctx, event))
  }
}
