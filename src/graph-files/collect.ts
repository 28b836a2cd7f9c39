import { type GraphDataSource, type GraphNode, type GraphPlace, type GraphRelationship } from '../datasources/graph/graph.ts'
import { type Page, type PageRequest } from '../datasources/page.ts'
import { type Scope } from '../datasources/scope.ts'

export interface Subgraph {
  readonly nodes: readonly GraphNode[]
  /** Ids of ends of relationships that are no nodes. */
  readonly ends: readonly string[]
  readonly relationships: readonly (GraphRelationship & { readonly fromId: string; readonly toId: string })[]
  readonly truncated: boolean
}

export interface Around {
  readonly nodeId: string | null
  readonly depth: number
  readonly limit: number
  /** Of relationships. */
  readonly most: number
}

const PAGE = 500
/** Larger: those of a hub are put in order anew for each page. */
const RELATIONSHIPS_PAGE = 2500
/** Nodes whose relationships are asked for at once. */
const CHUNK = 200
/** Relationships that are looked at for those between the nodes. */
const MAX_LOOKED = 100_000

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

/** Every relationship that may belong to the file, page by page: of the whole graph, or of the nodes that were chosen from it. */
async function* relationshipPages(source: GraphDataSource, scope: Scope, place: GraphPlace, nodes: readonly GraphNode[] | null) {
  for (let from = 0; nodes === null ? from === 0 : from < nodes.length; from += CHUNK) {
    const some = nodes?.slice(from, from + CHUNK)
    for (let cursor: string | null = null; ;) {
      const request: PageRequest = { size: RELATIONSHIPS_PAGE, direction: 'FORWARD', cursor }
      const page: Page<GraphRelationship> =
        some === undefined
          ? await source.relationships(scope, place, null, request)
          : await source.relationshipsAmong(scope, place, some, request)
      yield page.items.map(({ item }) => item)
      if (!page.hasNextPage) break
      cursor = page.items.at(-1)?.cursor ?? null
    }
  }
}

/** A graph, or what lies around one node of it, up to a bound; relationships with both ends in it, and those whose other end is no node. */
export async function collectSubgraph(source: GraphDataSource, scope: Scope, place: GraphPlace, around: Around): Promise<Subgraph> {
  const { nodes, truncated } = await nodesIn(source, scope, place, around)
  const ids = new Map(nodes.map((node) => [node.key, node.nodeId]))
  const isWhole = around.nodeId === null && !truncated
  const dangling = new Map<string, string>()
  const relationships = new Map<string, Subgraph['relationships'][number]>()
  let looked = 0
  let isCut = false
  for await (const page of relationshipPages(source, scope, place, isWhole ? null : nodes)) {
    const unknown = page.flatMap(({ from, to }) => [from, to]).filter(({ key }) => !ids.has(key) && !dangling.has(key))
    const ends = unknown.length === 0 ? [] : await source.nodesByEnds(scope, place, unknown)
    for (const end of ends) if (end.dangling) dangling.set(end.key, end.nodeId)
    for (const one of page) {
      const [fromId, toId] = [one.from, one.to].map(({ key }) => ids.get(key) ?? dangling.get(key))
      if (fromId === undefined || toId === undefined) continue
      isCut = relationships.size >= around.most && !relationships.has(one.key)
      if (isCut) break
      relationships.set(one.key, { ...one, fromId, toId })
    }
    looked += page.length
    isCut ||= looked > MAX_LOOKED
    if (isCut) break
  }
  const found = [...relationships.values()]
  const named = new Set(found.flatMap(({ from, to }) => [from.key, to.key]))
  return {
    nodes,
    ends: [...dangling].flatMap(([key, id]) => (named.has(key) ? [id] : [])),
    relationships: found,
    truncated: truncated || isCut,
  }
}
