import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { badUserInput } from '../../errors.ts'
import { type GraphDiff, type GraphEnd, type GraphNode, type GraphPlace, type GraphRelationship, MAX_DIFF } from './graph.ts'
import { storable } from '../../projections/event-text.ts'
import { keyOf } from './keys.ts'
import { type GraphMutation, propertiesText } from './mutations.ts'
import { compareNodes, compareRelationships } from './sql-graph-changes.ts'
import { listRelationshipsAmong, nodesByKeys, relationshipsByKeys } from './sql-graph-content.ts'

const MAX_REMOVED = 10_000
const PAGE = 1000

/** Everything that changes may touch, as it is now: by key; null = not there. */
interface Touched {
  readonly nodes: Map<string, GraphNode | null>
  readonly edges: Map<string, GraphRelationship | null>
  /** Relationships that may end in a node: a superset. */
  readonly incident: Map<string, Set<string>>
}

const mapNull = <T>(map: ReadonlyMap<string, T | null>): T[] => [...map.values()].flatMap((one) => one ?? [])

function noteIncident({ incident }: Touched, { key, from, to }: GraphRelationship): void {
  for (const end of [from.key, to.key]) {
    const edges = incident.get(end)
    if (edges === undefined) incident.set(end, new Set([key]))
    else edges.add(key)
  }
}

/** Relationships that go when nodes go; with more than fit it is refused, since its diff would say nothing. */
async function edgesOf(sql: Sql, scope: Scope, place: GraphPlace, nodes: readonly GraphNode[]): Promise<GraphRelationship[]> {
  const found: GraphRelationship[] = []
  if (nodes.length === 0) return found
  for (let cursor: string | null = null; ;) {
    const page = await listRelationshipsAmong(sql, scope, place, nodes, { size: PAGE, direction: 'FORWARD', cursor })
    found.push(...page.items.map(({ item }) => item))
    if (!page.hasNextPage) return found
    if (found.length > MAX_REMOVED)
      throw badUserInput('The removed nodes have too many relationships for a dry run.', { path: ['mutations'] })
    cursor = page.items.at(-1)?.cursor ?? null
  }
}

async function touch(sql: Sql, scope: Scope, place: GraphPlace, mutations: readonly GraphMutation[]): Promise<Touched> {
  const touched: Touched = { nodes: new Map(), edges: new Map(), incident: new Map() }
  const removed = new Set<string>()
  for (const mutation of mutations) {
    if ('nodeId' in mutation) touched.nodes.set(keyOf(mutation.nodeId).key, null)
    else touched.edges.set(keyOf(mutation.edgeId).key, null)
    if (mutation.op === 'remove-node') removed.add(keyOf(mutation.nodeId).key)
  }
  const nodes = await nodesByKeys(sql, scope, place, [...touched.nodes.keys()])
  for (const node of nodes) if (!node.dangling) touched.nodes.set(node.key, node)
  for (const edge of await relationshipsByKeys(sql, scope, place, [...touched.edges.keys()])) touched.edges.set(edge.key, edge)
  // What only relationships name can be removed too: they go with it.
  const going = nodes.filter(({ key }) => removed.has(key))
  for (const edge of await edgesOf(sql, scope, place, going)) touched.edges.set(edge.key, edge)
  for (const edge of mapNull(touched.edges)) noteIncident(touched, edge)
  return touched
}

const own = [{ system: 'ORRERY', shape: 'dry-run', store: 'none' }] as const
/** Ends of relationships that do not exist yet are told apart by their keys; they have no number. */
const endOf = (id: string): GraphEnd => ({ ref: 0, key: keyOf(id).key })

function apply(place: GraphPlace, touched: Touched, mutations: readonly GraphMutation[]): void {
  const { nodes, edges, incident } = touched
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
        for (const edge of incident.get(key) ?? []) {
          const now = edges.get(edge)
          if (now != null && (now.from.key === key || now.to.key === key)) edges.set(edge, null)
        }
        break
      }
      case 'add-edge':
      case 'update-edge': {
        const { key } = keyOf(mutation.edgeId)
        const edge: GraphRelationship = {
          ...{
            place,
            ref: 0,
            key,
            relationshipId: mutation.edgeId,
            type: mutation.label === null ? null : storable(mutation.label),
            from: endOf(mutation.from),
            to: endOf(mutation.to),
          },
          ...{ propertiesText: propertiesText(mutation.properties), confidence: null, origins: own },
        }
        edges.set(key, edge)
        noteIncident(touched, edge)
        break
      }
      case 'remove-edge':
        edges.set(keyOf(mutation.edgeId).key, null)
    }
  }
}

/** What changes would do to a graph at a place, without writing anything. */
export async function dryRun(sql: Sql, scope: Scope, place: GraphPlace, mutations: readonly GraphMutation[]): Promise<GraphDiff> {
  const touched = await touch(sql, scope, place, mutations)
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
