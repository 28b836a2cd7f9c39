import { AppError, badUserInput } from '../../errors.ts'
import {
  type Graph,
  type GraphDataSource,
  type GraphNode,
  type GraphPlace,
  type GraphRef,
  type GraphRelationship,
  type NeighbourQuery,
  type NodeFilter,
  type PropertyFilter,
} from '../graph/graph.ts'
import { type Neo4j, Neo4jRefusal } from '../neo4j/neo4j-client.ts'
import { decodeListCursor, encodeListCursor } from '../page-cursor.ts'
import { emptyPage, type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { soughtText } from '../sought-text.ts'
import { pageOf } from '../graph/pages.ts'
import { stableJson } from '../../stable-json.ts'
import { allNodes, deletedByIds, hasLabel, idOf, nodesByIds, ownEdge, ownNode, typeOf } from './summit-cypher.ts'
import { mergeNodes, summitNode, summitRelationship } from './summit-shapes.ts'
import { type SummitDetection } from './summit-detection.ts'
import { type SummitEntities } from './summit-entities.ts'

export interface SummitGraphParts {
  readonly neo4j: Neo4j
  readonly detection: SummitDetection
  /** Summit's PostgreSQL, where it is configured. */
  readonly entities: SummitEntities | null
}

/** Bounds of a walk. (contract: summit 10.5) */
const MAX_HOPS = 3
const MAX_NODES = 200
const MAX_LEVEL = 5000
const MAX_SCAN = 5000
/** Pages of nodes that a filter on properties looks at for one of its own. */
const MAX_TURNS = 20

export const summitKey = { source: 'SUMMIT', projectId: 'summit', namespace: 'live', graphId: 'graph' } as const

const graphOf = (scope: Scope): Graph => ({
  ...summitKey,
  tenantId: scope.tenantId,
  ...{ graphSeq: 0n, head: 0, revision: 0, lastSequence: 0n, createdAt: 0n, updatedAt: 0n },
})

const asItIsNow = (ref: GraphRef | null): void => {
  if (ref?.commit != null || ref?.tag != null || ref?.at != null) throw badUserInput("Summit's graph can only be read as it is now.")
}

function fits(node: GraphNode, { where }: NodeFilter): boolean {
  if (where == null || where.length === 0) return true
  const values = new Map((JSON.parse(node.propertiesText) as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]))
  const holds = ({ key, equals, in: among, exists }: PropertyFilter): boolean =>
    (equals === undefined || (values.has(key) && stableJson(values.get(key)) === stableJson(equals))) &&
    (among == null || among.some((one) => values.has(key) && stableJson(values.get(key)) === stableJson(one))) &&
    (exists == null || values.has(key) === exists)
  return where.every(holds)
}

const arrows = { OUT: ['-', '->'], IN: ['<-', '-'], ANY: ['-', '-'] } as const

interface Hop {
  readonly from: string
  readonly to: string
  readonly relationship: GraphRelationship
}

/** Characters that mean something to Lucene are only text here. */
const lucene = (text: string): string => text.replace(/[+\-!(){}[\]^"~*?:\\/&|]/g, '\\$&')

/** Summit's live graph: five shapes in one Neo4j, read only. */
export function createSummitGraph({ neo4j, detection, entities }: SummitGraphParts): GraphDataSource {
  const place = (scope: Scope): GraphPlace => ({ graph: graphOf(scope), position: 0 })
  const call = (scope: Scope) => ({ signal: scope.signal })

  async function byIds(scope: Scope, ids: readonly string[]): Promise<Map<string, GraphNode>> {
    if (ids.length === 0) return new Map()
    const rows = await neo4j.read(
      `${nodesByIds} RETURN labels(n) AS labels, properties(n) AS props`,
      { ids: [...new Set(ids)], tenant: scope.tenantId },
      call(scope),
    )
    const found = rows.map((row) => summitNode(place(scope), row))
    // A row of PostgreSQL whose node is a stub, or not there yet, is the tenant's by its own column.
    const ofRows = entities === null ? [] : await entities.byIds(scope, place(scope), ids)
    const keys = new Set(found.map(({ key }) => key))
    const deleted = await deletedOf(
      scope,
      ofRows.flatMap(({ key }) => (keys.has(key) ? [] : [key])),
    )
    return new Map(mergeNodes([...found, ...ofRows.filter(({ key }) => !deleted.has(key))]).map((node) => [node.key, node]))
  }

  /** Of ids that no node shows: those whose node is deleted, whatever a row still says. */
  async function deletedOf(scope: Scope, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set()
    const rows = await neo4j.read(deletedByIds, { ids, tenant: scope.tenantId }, call(scope))
    return new Set(rows.map((row) => String(row['id'])))
  }

  async function hopsFrom(
    scope: Scope,
    ids: readonly string[],
    { direction, types }: Pick<NeighbourQuery, 'direction' | 'types'>,
  ): Promise<Hop[]> {
    const [left, right] = arrows[direction]
    const rows = await neo4j.read(
      `${nodesByIds} MATCH (n)${left}[r]${right}(b) WHERE ${ownNode('b')} AND ${ownEdge('r')}${types === null ? '' : ` AND ${typeOf('r')} IN $types`}
       RETURN ${idOf('n')} AS a, ${idOf('b')} AS b, ${idOf('startNode(r)')} AS source, ${idOf('endNode(r)')} AS target,
         type(r) AS type, properties(r) AS props, elementId(r) AS elementId ORDER BY b, elementId LIMIT $max`,
      { ids, tenant: scope.tenantId, types, max: BigInt(MAX_LEVEL + 1) },
      call(scope),
    )
    return rows.map((row) => ({ from: String(row['a']), to: String(row['b']), relationship: summitRelationship(place(scope), row) }))
  }

  interface Walked {
    readonly distances: Map<string, number>
    readonly arrivals: Map<string, Hop>
    readonly truncated: boolean
  }

  /** Breadth first, level by level: what is not proven to be the tenant's is not there, so nothing goes through it. */
  async function walk(
    scope: Scope,
    start: string,
    query: Pick<NeighbourQuery, 'depth' | 'direction' | 'types'>,
    goal: { readonly id: string; readonly passable: ((ids: readonly string[]) => Promise<Set<string>>) | null } | null = null,
  ): Promise<Walked> {
    const distances = new Map([[start, 0]])
    const arrivals = new Map<string, Hop>()
    let frontier = [start]
    let truncated = query.depth > MAX_HOPS
    for (let distance = 1; distance <= Math.min(query.depth, MAX_HOPS) && frontier.length > 0; distance += 1) {
      const hops = await hopsFrom(scope, frontier, query)
      truncated ||= hops.length > MAX_LEVEL
      const next: string[] = []
      for (const hop of hops) {
        if (distances.has(hop.to)) continue
        if (goal === null && distances.size > MAX_NODES) {
          truncated = true
          break
        }
        distances.set(hop.to, distance)
        arrivals.set(hop.to, hop)
        next.push(hop.to)
      }
      if (goal !== null && distances.has(goal.id)) return { distances, arrivals, truncated: false }
      const open = goal?.passable == null ? null : await goal.passable(next)
      frontier = (open === null ? next : next.filter((id) => open.has(id))).sort()
    }
    return { distances, arrivals, truncated: truncated && frontier.length > 0 }
  }

  /** Ids in their order; by full text where an index answers, else by a bounded scan. */
  async function search(scope: Scope, wanted: string): Promise<string[]> {
    const text = soughtText(wanted)
    const { fullText } = await detection.now()
    const scores = new Map<string, number>()
    let answered = false
    for (const index of fullText) {
      try {
        // The bound stands behind the proof: in front of it nodes of others would take the place of the tenant's.
        const rows = await neo4j.read(
          `CALL db.index.fulltext.queryNodes($index, $query) YIELD node AS n, score WITH n, score WHERE ${ownNode('n')}
           RETURN ${idOf('n')} AS id, score LIMIT $max`,
          { index, query: `${lucene(text)} OR ${lucene(text)}*`, max: BigInt(MAX_NODES), tenant: scope.tenantId },
          call(scope),
        )
        answered = true
        if (rows.length >= MAX_NODES) scope.passedOver?.(neo4j.source, 'DEGRADED')
        for (const row of rows) scores.set(String(row['id']), Math.max(Number(row['score']), scores.get(String(row['id'])) ?? 0))
      } catch (error) {
        // An index that was dropped meanwhile, or a text that it cannot read: the others still answer, or the scan.
        if (!(error instanceof Neo4jRefusal)) throw error
      }
    }
    if (answered) return [...scores].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1)).map(([id]) => id)
    const [row] = await neo4j.read(
      `${allNodes} WITH n LIMIT $scan WITH collect(n) AS nodes
       CALL { WITH nodes UNWIND nodes AS n WITH n WHERE any(key IN keys(n) WHERE n[key] IS :: STRING AND toLower(n[key]) CONTAINS $text)
              WITH DISTINCT ${idOf('n')} AS id ORDER BY id LIMIT $max RETURN collect(id) AS ids }
       RETURN size(nodes) AS looked, ids`,
      { tenant: scope.tenantId, text: text.toLowerCase(), scan: BigInt(MAX_SCAN), max: BigInt(MAX_NODES) },
      call(scope),
    )
    const ids = Array.isArray(row?.['ids']) ? row['ids'].map(String) : []
    if (Number(row?.['looked'] ?? 0) >= MAX_SCAN || ids.length >= MAX_NODES) scope.passedOver?.(neo4j.source, 'DEGRADED')
    return ids
  }

  async function listNodes(scope: Scope, filter: NodeFilter, page: PageRequest): Promise<Page<GraphNode>> {
    const owner = { list: 'Summit.nodes', order: 'ID', tenantId: scope.tenantId }
    if (filter.search != null) {
      const nodes = await byIds(scope, await search(scope, filter.search))
      const wanted = [...nodes.values()].filter(
        (node) => fits(node, filter) && (filter.labels == null || node.labels.some((label) => filter.labels?.includes(label))),
      )
      return pageOf(wanted, { list: 'Summit.search', scope, page, keyOf: ({ key }) => key, item: (node) => node })
    }
    if (page.direction === 'BACKWARD') throw badUserInput("Summit's nodes are paged forward only.")
    let after = page.cursor === null ? '' : String(decodeListCursor(owner, page.cursor, ['text'])[0])
    const found: GraphNode[] = []
    // A filter on properties is applied to pages of nodes: a bounded number of them.
    for (let turn = 0; found.length <= page.size; turn += 1) {
      if (turn === MAX_TURNS) {
        scope.passedOver?.(neo4j.source, 'DEGRADED')
        break
      }
      const rows = await neo4j.read(
        `${allNodes} WITH n, ${idOf('n')} AS id WHERE id > $after${filter.labels == null ? '' : ` AND ${hasLabel('n')}`}
         WITH DISTINCT id ORDER BY id LIMIT $max RETURN id`,
        { tenant: scope.tenantId, after, labels: filter.labels ?? [], max: BigInt(page.size + 1) },
        call(scope),
      )
      const ids = rows.map((row) => String(row['id']))
      const nodes = await byIds(scope, ids)
      found.push(...ids.flatMap((id) => nodes.get(id) ?? []).filter((node) => fits(node, filter)))
      after = ids.at(-1) ?? after
      if (ids.length <= page.size) break
    }
    return {
      items: found.slice(0, page.size).map((item) => ({ cursor: encodeListCursor(owner, [item.key]), item })),
      hasNextPage: found.length > page.size,
      hasPreviousPage: page.cursor !== null,
    }
  }

  async function listEdges(
    scope: Scope,
    nodes: readonly GraphNode[] | null,
    query: { direction: NeighbourQuery['direction']; types: readonly string[] | null },
    page: PageRequest,
  ) {
    const [left, right] = arrows[query.direction]
    const typed = query.types === null ? '' : ` AND ${typeOf('r')} IN $types`
    const head = nodes === null ? `${allNodes} MATCH (n)-[r]->(b)` : `${nodesByIds} MATCH (n)${left}[r]${right}(b)`
    const owner = { list: `Summit.relationships:${nodes?.length === 1 ? nodes[0]?.key : ''}`, order: 'ID', tenantId: scope.tenantId }
    const [after] = page.cursor === null ? [] : decodeListCursor(owner, page.cursor, ['text'])
    const backward = page.direction === 'BACKWARD'
    // Ids of relationships may repeat: the store's own id tells them apart.
    const rows = await neo4j.read(
      `${head} WHERE ${ownNode('b')} AND ${ownEdge('r')}${typed}
       WITH DISTINCT r, coalesce(toStringOrNull(r.id), '') + ' ' + elementId(r) AS place WHERE $after IS NULL OR place ${backward ? '<' : '>'} $after
       RETURN ${idOf('startNode(r)')} AS source, ${idOf('endNode(r)')} AS target, type(r) AS type, properties(r) AS props,
         elementId(r) AS elementId, place ORDER BY place ${backward ? 'DESC' : ''} LIMIT $max`,
      {
        ...{ ids: nodes?.map(({ key }) => key) ?? [], tenant: scope.tenantId, types: query.types },
        ...{ after: after ?? null, max: BigInt(page.size + 1) },
      },
      call(scope),
    )
    const kept = rows.slice(0, page.size).map((row) => ({
      cursor: encodeListCursor(owner, [String(row['place'])]),
      item: summitRelationship(place(scope), row),
    }))
    if (backward) kept.reverse()
    const more = rows.length > page.size
    return { items: kept, hasNextPage: backward ? page.cursor !== null : more, hasPreviousPage: backward ? more : page.cursor !== null }
  }

  async function count(scope: Scope, text: string, parameters: Record<string, unknown> = {}): Promise<number> {
    const [row] = await neo4j.read(text, { ...parameters, tenant: scope.tenantId }, call(scope))
    return Number(row?.['count'] ?? 0)
  }

  const findNode = async (scope: Scope, id: string): Promise<GraphNode | null> => (await byIds(scope, [id])).get(id) ?? null
  const exists = async (scope: Scope): Promise<boolean> => {
    const { present } = await detection.now()
    return present && (await count(scope, `${allNodes} RETURN count(n) > 0 AS any, 1 AS count LIMIT 1`)) > 0
  }
  const none = async (): Promise<never[]> => []

  return {
    find: async (scope, { source }) => (source === 'SUMMIT' && (await exists(scope)) ? graphOf(scope) : null),
    async list(scope, _filter, page) {
      const graphs = (await exists(scope)) ? [graphOf(scope)] : []
      return pageOf(graphs, { list: 'Summit.graphs', scope, page, keyOf: ({ graphId }) => graphId, item: (graph) => graph })
    },
    count: async (scope) => ((await exists(scope)) ? 1 : 0),
    async locate(scope, _graph, ref) {
      asItIsNow(ref)
      return place(scope)
    },
    counts: async (scope) => ({
      nodes: await count(scope, `${allNodes} RETURN count(DISTINCT ${idOf('n')}) AS count`),
      relationships: await count(
        scope,
        `${allNodes} MATCH (n)-[r]->(b) WHERE ${ownNode('b')} AND ${ownEdge('r')} RETURN count(DISTINCT r) AS count`,
      ),
    }),
    historyTruncated: async () => false,
    commits: async () => emptyPage,
    findCommit: async () => null,
    commitsAt: async (_scope, _graph, positions) => positions.map(() => null),
    commitsBySequences: async (_scope, sequences) => sequences.map(() => null),
    mutations: none,
    tags: async () => emptyPage,
    findTag: async () => null,
    tagsOfCommits: async (_scope, _graph, ids) => ids.map(() => []),
    findNode: (scope, _place, id) => findNode(scope, id),
    findNodeByKey: (scope, _place, key) => findNode(scope, key),
    async nodesByEnds(scope, at, ends) {
      const nodes = await byIds(
        scope,
        ends.map(({ key }) => key),
      )
      return ends.flatMap(({ key }) => nodes.get(key) ?? [])
    },
    nodes: (scope, _place, filter, page) => listNodes(scope, filter, page),
    async countNodes(scope, _place, filter) {
      if (filter.search != null || (filter.where?.length ?? 0) > 0)
        return (await listNodes(scope, filter, { size: 100, direction: 'FORWARD', cursor: null })).items.length
      return count(
        scope,
        `${allNodes}${filter.labels == null ? '' : ` AND ${hasLabel('n')}`} RETURN count(DISTINCT ${idOf('n')}) AS count`,
        { labels: filter.labels ?? [] },
      )
    },
    async findRelationshipByKey(scope, _place, key) {
      const rows = await neo4j.read(
        `${allNodes} MATCH (n)-[r]->(b) WHERE (toStringOrNull(r.id) = $key OR elementId(r) = $key) AND ${ownNode('b')} AND ${ownEdge('r')}
         RETURN ${idOf('n')} AS source, ${idOf('b')} AS target, type(r) AS type, properties(r) AS props, elementId(r) AS elementId LIMIT 1`,
        { tenant: scope.tenantId, key },
        call(scope),
      )
      const [row] = rows
      return row === undefined ? null : summitRelationship(place(scope), row)
    },
    relationships: (scope, _place, types, page) => listEdges(scope, null, { direction: 'OUT', types }, page),
    relationshipsAmong: (scope, _place, nodes, page) => listEdges(scope, nodes, { direction: 'ANY', types: null }, page),
    relationshipsOf: (scope, node, query, page) => listEdges(scope, [node], query, page),
    async neighbours(scope, node, query, page) {
      const owner = { list: `Summit.neighbours:${node.key}`, order: 'DISTANCE', tenantId: scope.tenantId }
      const [distance, id] = page.cursor === null ? [] : decodeListCursor(owner, page.cursor, ['integer', 'text'])
      const { distances, truncated } = await walk(scope, node.key, query)
      distances.delete(node.key)
      const nodes = await byIds(scope, [...distances.keys()])
      const found = [...distances]
        .flatMap(([key, away]) => {
          const neighbour = nodes.get(key)
          if (neighbour === undefined || !fits(neighbour, query)) return []
          if (query.labels != null && !neighbour.labels.some((label) => query.labels?.includes(label))) return []
          if (query.search != null && !`${key} ${neighbour.propertiesText}`.toLowerCase().includes(query.search.toLowerCase())) return []
          return [{ node: neighbour, distance: away }]
        })
        .sort((a, b) => a.distance - b.distance || (a.node.key < b.node.key ? -1 : 1))
        .filter(
          (one) =>
            distance === undefined || one.distance > Number(distance) || (one.distance === Number(distance) && one.node.key > String(id)),
        )
      return {
        items: found.slice(0, page.size).map((item) => ({ cursor: encodeListCursor(owner, [BigInt(item.distance), item.node.key]), item })),
        hasNextPage: found.length > page.size,
        hasPreviousPage: page.cursor !== null,
        truncated,
      }
    },
    async neighbourKeys(scope, node, query) {
      const { distances, truncated } = await walk(scope, node.key, { ...query, types: null })
      return { keys: [...distances.keys()], truncated }
    },
    async reach(scope, node, query) {
      const { distances, truncated } = await walk(scope, node.key, query)
      return { nodes: distances.size - 1, depth: Math.max(...distances.values()), truncated }
    },
    async path(scope, at, { from, to, maxDepth, direction, labels, types }) {
      const ends = await byIds(scope, [from, to])
      const [start, goal] = [ends.get(from), ends.get(to)]
      if (start === undefined || goal === undefined) return null
      if (from === to) return { nodes: [start], relationships: [], truncated: false }
      const passable =
        labels === null
          ? null
          : async (ids: readonly string[]) => {
              const nodes = await byIds(scope, ids)
              return new Set(
                [...nodes.values()].filter((node) => node.labels.some((label) => labels.includes(label))).map(({ key }) => key),
              )
            }
      const { arrivals, truncated } = await walk(scope, from, { depth: maxDepth, direction, types }, { id: to, passable })
      if (!arrivals.has(to)) return truncated ? { nodes: [], relationships: [], truncated } : null
      const hops: Hop[] = []
      for (let hop = arrivals.get(to); hop !== undefined; hop = hop.from === from ? undefined : arrivals.get(hop.from)) hops.unshift(hop)
      const nodes = await byIds(scope, [from, ...hops.map((hop) => hop.to)])
      return {
        nodes: [from, ...hops.map((hop) => hop.to)].flatMap((id) => nodes.get(id) ?? []),
        relationships: hops.map(({ relationship }) => relationship),
        truncated: false,
      }
    },
    async diff() {
      throw badUserInput("Summit's graph keeps no history.")
    },
    async dryRun() {
      throw badUserInput("Summit's graph can only be read here.")
    },
    history: async () => emptyPage,
    nodesOfRun: async () => emptyPage,
    countNodesOfRun: async () => 0,
    async drift(scope, page) {
      if (entities === null)
        throw new AppError('SOURCE_UNAVAILABLE', 'SUMMIT_DATABASE_URL is not set: there is nothing to compare with.', {
          source: 'summit-sql',
        })
      return entities.drift(scope, page, async (ids) => {
        const rows = await neo4j.read(
          `UNWIND $ids AS id MATCH (n:Entity {id: id}) RETURN id, n.tenantId IS NULL AND n.tenant IS NULL AS stub, ${ownNode('n')} AS own, n.updatedAt AS updatedAt`,
          { ids, tenant: scope.tenantId },
          call(scope),
        )
        return rows.map((row) => ({
          id: String(row['id']),
          stub: row['stub'] === true,
          own: row['own'] === true,
          updatedAt: row['updatedAt'],
        }))
      })
    },
  }
}
