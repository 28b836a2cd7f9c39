import { type GraphDataSource, type GraphNode, type GraphPlace, type GraphRelationship } from '../datasources/graph/graph.ts'
import { type Scope } from '../datasources/scope.ts'

export interface Subgraph {
  readonly nodes: readonly GraphNode[]
  readonly relationships: readonly (GraphRelationship & { readonly fromId: string; readonly toId: string })[]
  readonly truncated: boolean
}

export interface Around {
  readonly nodeId: string | null
  readonly depth: number
  readonly limit: number
}

const PAGE = 500
const MAX_RELATIONSHIPS = 50_000

async function nodesIn(source: GraphDataSource, scope: Scope, place: GraphPlace, { nodeId, depth, limit }: Around) {
  if (nodeId === null) {
    const nodes: GraphNode[] = []
    for (let cursor: string | null = null; ;) {
      const page = await source.nodes(scope, place, {}, { size: Math.min(PAGE, limit - nodes.length), direction: 'FORWARD', cursor })
      nodes.push(...page.items.map(({ item }) => item))
      if (!page.hasNextPage || nodes.length >= limit) return { nodes, truncated: page.hasNextPage }
      cursor = page.items.at(-1)?.cursor ?? null
    }
  }
  const node = await source.findNode(scope, place, nodeId)
  if (node === null) return { nodes: [], truncated: false }
  const page = await source.neighbours(
    scope,
    node,
    { depth, direction: 'ANY', types: null },
    { size: Math.max(1, limit - 1), direction: 'FORWARD', cursor: null },
  )
  return { nodes: [node, ...page.items.map(({ item }) => item.node)].slice(0, limit), truncated: page.truncated || page.hasNextPage }
}

/** A graph, or what lies around one node of it, up to a bound; relationships with both ends in it, and those that dangle. */
export async function collectSubgraph(source: GraphDataSource, scope: Scope, place: GraphPlace, around: Around): Promise<Subgraph> {
  const { nodes, truncated } = await nodesIn(source, scope, place, around)
  const ids = new Map(nodes.map((node) => [node.key, node.nodeId]))
  const relationships: Subgraph['relationships'][number][] = []
  let cut = truncated
  for (let cursor: string | null = null; nodes.length > 0;) {
    const page = await source.relationships(scope, place, null, { size: PAGE, direction: 'FORWARD', cursor })
    for (const { item } of page.items) {
      const [fromId, toId] = [ids.get(item.from.key), ids.get(item.to.key)]
      if (fromId !== undefined && toId !== undefined) relationships.push({ ...item, fromId, toId })
    }
    cut ||= relationships.length >= MAX_RELATIONSHIPS && page.hasNextPage
    if (!page.hasNextPage || relationships.length >= MAX_RELATIONSHIPS) break
    cursor = page.items.at(-1)?.cursor ?? null
  }
  return { nodes, relationships, truncated: cut }
}
