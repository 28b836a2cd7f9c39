import { badUserInput } from '../../errors.ts'
import { storable } from '../../projections/event-text.ts'
import { decodeListCursor, encodeListCursor } from '../page-cursor.ts'
import { type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type GraphDataSource, type GraphNode, type NeighbourPage, type NeighbourQuery } from './graph.ts'
import { labelKey } from './keys.ts'
import { fittingRefs, nodesByRefs, refsOf, relationshipsByRefs } from './sql-graph-content.ts'
import { type Sql } from '../sql/sql.ts'
import { type GraphTraversal, type Reached, type Walk } from './traversal.ts'

/** How far anybody may ask. */
export const MAX_DEPTH = 32
/** Nodes that a filter on properties looks at, at most. */
const MAX_FILTERED = 20_000
/** Every node on the way is compared with all of them. */
const MAX_LABELS = 100

export function checkDepth(depth: number, name = 'depth'): void {
  if (!Number.isInteger(depth) || depth < 0 || depth > MAX_DEPTH) throw badUserInput(`\`${name}\` must be from 0 to ${MAX_DEPTH}.`)
}

/** Types and labels as they are kept. @throws AppError BAD_USER_INPUT */
function kindsOf({ types, labels }: Pick<NeighbourQuery, 'types' | 'labels'>): Pick<Walk, 'types' | 'labels'> {
  if ((labels?.length ?? 0) > MAX_LABELS) throw badUserInput(`At most ${MAX_LABELS} labels.`)
  return { types: types?.map(storable) ?? null, labels: labels?.map(labelKey) ?? null }
}

const walkOf = (node: GraphNode, { depth, direction, types, labels }: NeighbourQuery, limit: number, after: Reached | null): Walk => ({
  ...{ start: node.ref, depth, direction, ...kindsOf({ types, labels }), limit, after },
})

/** Answers that need a walk: the traversal finds numbers, the tables say what they stand for. */
export function createGraphSearch({
  sql,
  traversal,
}: {
  sql: Sql
  traversal: GraphTraversal
}): Pick<GraphDataSource, 'neighbours' | 'neighbourKeys' | 'path' | 'reach'> {
  async function found(scope: Scope, node: GraphNode, query: NeighbourQuery, limit: number, after: Reached | null) {
    const filtered = (query.where?.length ?? 0) > 0 || query.search != null
    if (!filtered) return traversal.walk(scope, node.place, walkOf(node, query, limit, after))
    const all = await traversal.walk(scope, node.place, walkOf(node, query, MAX_FILTERED, after))
    const refs = all.reached.map(({ ref }) => ref)
    const fitting = await fittingRefs(sql, scope, node.place, refs, { where: query.where, search: query.search })
    const truncated = all.truncated || all.reached.length >= MAX_FILTERED
    return { reached: all.reached.filter(({ ref }) => fitting.has(ref)).slice(0, limit), truncated }
  }

  return {
    async neighbours(scope, node, query, page: PageRequest): Promise<NeighbourPage> {
      checkDepth(query.depth)
      if (page.direction === 'BACKWARD') throw badUserInput('Neighbours are paged forward only.')
      const owner = {
        list: `GraphNode.neighbours:${node.place.graph.graphSeq}:${node.ref}`,
        order: 'DISTANCE',
        tenantId: scope.tenantId,
      }
      const [distance, ref] = page.cursor === null ? [] : decodeListCursor(owner, page.cursor, ['integer', 'integer'])
      const after = distance === undefined ? null : { distance: Number(distance), ref: Number(ref) }
      const { reached, truncated } = await found(scope, node, query, page.size + 1, after)
      const kept = reached.slice(0, page.size)
      const nodes = await nodesByRefs(
        sql,
        scope,
        node.place,
        kept.map((one) => one.ref),
      )
      const byRef = new Map(nodes.map((one) => [one.ref, one]))
      return {
        items: kept.flatMap((one) => {
          const neighbour = byRef.get(one.ref)
          if (neighbour === undefined) return []
          const cursor = encodeListCursor(owner, [BigInt(one.distance), BigInt(one.ref)])
          return [{ cursor, item: { node: neighbour, distance: one.distance } }]
        }),
        hasNextPage: reached.length > page.size,
        hasPreviousPage: after !== null,
        truncated,
      }
    },
    async neighbourKeys(scope, node, query) {
      const walk = { start: node.ref, ...query, types: null, labels: null, limit: MAX_FILTERED, after: null }
      const { reached, truncated } = await traversal.walk(scope, node.place, walk)
      const refs = reached.map(({ ref }) => ref)
      const nodes = await nodesByRefs(sql, scope, node.place, refs)
      return { keys: nodes.map(({ key }) => key), truncated: truncated || reached.length >= MAX_FILTERED }
    },
    async reach(scope, node, query) {
      checkDepth(query.depth)
      const { reached, truncated } = await traversal.walk(scope, node.place, {
        ...{ start: node.ref, depth: query.depth, direction: query.direction, ...kindsOf({ types: query.types }) },
        ...{ limit: Number.MAX_SAFE_INTEGER, after: null },
      })
      return { nodes: reached.length, depth: reached.at(-1)?.distance ?? 0, truncated }
    },
    async path(scope, place, query) {
      checkDepth(query.maxDepth, 'maxDepth')
      const [from, to] = await refsOf(sql, scope, place, [query.from, query.to])
      if (from == null || to == null) return null
      const { maxDepth, direction, types, labels } = query
      const { path, truncated } = await traversal.path(scope, place, { from, to, maxDepth, direction, ...kindsOf({ types, labels }) })
      if (path === null) return truncated ? { nodes: [], relationships: [], truncated } : null
      const nodes = await nodesByRefs(sql, scope, place, path.nodes)
      const relationships = await relationshipsByRefs(sql, scope, place, path.edges)
      return { nodes, relationships, truncated: false }
    },
  }
}
