import { type Scope } from '../scope.ts'
import {
  type GraphDataSource,
  type GraphDiff,
  type GraphEnd,
  type GraphNode,
  type GraphPlace,
  type GraphRelationship,
  MAX_DIFF,
} from './graph.ts'
import { keyOf } from './keys.ts'
import { type GraphMutation, propertiesText } from './mutations.ts'
import { compareNodes, compareRelationships } from './sql-graph-changes.ts'
import { AppError } from '../../errors.ts'

type Reads = Pick<GraphDataSource, 'findNodeByKey' | 'findRelationshipByKey' | 'relationshipsOf'>

const MAX_REMOVED = 10_000

/** Everything that changes may touch, as it is now: by key; null = not there. */
interface Touched {
  readonly nodes: Map<string, GraphNode | null>
  readonly edges: Map<string, GraphRelationship | null>
}

const mapNull = <T>(map: ReadonlyMap<string, T | null>): T[] => [...map.values()].flatMap((one) => one ?? [])

/** Relationships that go when a node goes; a hub with more than fit is refused, since its diff would say nothing. */
async function edgesOf(source: Reads, scope: Scope, node: GraphNode): Promise<GraphRelationship[]> {
  const found: GraphRelationship[] = []
  for (let cursor: string | null = null; ;) {
    const page = await source.relationshipsOf(scope, node, { direction: 'ANY', types: null }, { size: 100, direction: 'FORWARD', cursor })
    found.push(...page.items.map(({ item }) => item))
    if (!page.hasNextPage) return found
    if (found.length > MAX_REMOVED)
      throw new AppError('BAD_USER_INPUT', 'A removed node has too many relationships for a dry run.', { details: { path: ['mutations'] } })
    cursor = page.items.at(-1)?.cursor ?? null
  }
}

async function touch(source: Reads, scope: Scope, place: GraphPlace, mutations: readonly GraphMutation[]): Promise<Touched> {
  const touched: Touched = { nodes: new Map(), edges: new Map() }
  for (const mutation of mutations) {
    if ('nodeId' in mutation) {
      const { key } = keyOf(mutation.nodeId)
      const node = touched.nodes.get(key) ?? (touched.nodes.has(key) ? null : await source.findNodeByKey(scope, place, key))
      touched.nodes.set(key, node)
      if (mutation.op === 'remove-node' && node !== null)
        for (const edge of await edgesOf(source, scope, node)) touched.edges.set(edge.key, edge)
    } else {
      const { key } = keyOf(mutation.edgeId)
      if (!touched.edges.has(key)) touched.edges.set(key, await source.findRelationshipByKey(scope, place, key))
    }
  }
  return touched
}

const own = [{ system: 'ORRERY', shape: 'dry-run', store: 'none' }] as const
/** Ends of relationships that do not exist yet are told apart by their keys; they have no number. */
const endOf = (id: string): GraphEnd => ({ ref: 0, key: keyOf(id).key })

function apply(place: GraphPlace, { nodes, edges }: Touched, mutations: readonly GraphMutation[]): void {
  for (const mutation of mutations) {
    switch (mutation.op) {
      case 'add-node':
      case 'update-node': {
        const { key } = keyOf(mutation.nodeId)
        nodes.set(key, {
          ...{ place, ref: 0, key, nodeId: mutation.nodeId, labels: mutation.labels, propertiesText: propertiesText(mutation.properties) },
          ...{ dangling: false, origins: own, warnings: [] },
        })
        break
      }
      case 'remove-node': {
        const { key } = keyOf(mutation.nodeId)
        nodes.set(key, null)
        for (const [edge, now] of edges) if (now !== null && (now.from.key === key || now.to.key === key)) edges.set(edge, null)
        break
      }
      case 'add-edge':
      case 'update-edge': {
        const { key } = keyOf(mutation.edgeId)
        edges.set(key, {
          ...{
            place,
            ref: 0,
            key,
            relationshipId: mutation.edgeId,
            type: mutation.label,
            from: endOf(mutation.from),
            to: endOf(mutation.to),
          },
          ...{ propertiesText: propertiesText(mutation.properties), confidence: null, origins: own },
        })
        break
      }
      case 'remove-edge':
        edges.set(keyOf(mutation.edgeId).key, null)
    }
  }
}

/** What changes would do to a graph at a place, without writing anything. */
export async function dryRun(source: Reads, scope: Scope, place: GraphPlace, mutations: readonly GraphMutation[]): Promise<GraphDiff> {
  const touched = await touch(source, scope, place, mutations)
  const before = { nodes: mapNull(touched.nodes), edges: mapNull(touched.edges) }
  apply(place, touched, mutations)
  const nodes = compareNodes(before.nodes, mapNull(touched.nodes))
  const edges = compareRelationships(before.edges, mapNull(touched.edges))
  const lists = [nodes.added, nodes.removed, nodes.changed, edges.added, edges.removed, edges.changed]
  const cut = <T>(list: readonly T[]): readonly T[] => list.slice(0, MAX_DIFF)
  return {
    ...{ added: cut(nodes.added), removed: cut(nodes.removed), changed: cut(nodes.changed) },
    ...{ addedRelationships: cut(edges.added), removedRelationships: cut(edges.removed), changedRelationships: cut(edges.changed) },
    truncated: lists.some((list) => list.length > MAX_DIFF),
  }
}
