import { badUserInput } from '../../errors.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type ListOrder, parameters } from '../sql-keyset.ts'
import { readPage } from '../sql-list.ts'
import { type GraphDataSource, type GraphNode, type GraphNodeVersion, type GraphPlace, type GraphRelationship, MAX_DIFF } from './graph.ts'
import { keyOf, OPEN } from './keys.ts'
import { nodesByRefs, OWN, relationshipsByRefs } from './sql-graph-content.ts'
import { graphColumns, graphOfRow, type GraphRow, nodeOfRow, type NodeRow } from './sql-graph-rows.ts'
import { storable } from '../../projections/event-text.ts'

interface Range {
  readonly low: GraphPlace
  readonly high: GraphPlace
  /** Keys of nodes: what is neither one of them nor ends in one does not count. */
  readonly around: readonly string[] | null
}

const aroundIn = { graph_nodes: ['ref'], graph_edges: ['from_ref', 'to_ref'] } as const

/** Numbers of what has a version that begins or ends between two places; cut. */
async function touched(sql: Sql, scope: Scope, table: 'graph_nodes' | 'graph_edges', { low, high, around }: Range) {
  const params = parameters(scope.tenantId, low.graph.graphSeq, low.position, high.position)
  const refs =
    around === null
      ? ''
      : `(select x.ref from graph_node_refs x where x.graph_seq = $2 and x.node_key = any(${params.add(around)}::text[]))`
  const near = around === null ? '' : ` and (${aroundIn[table].map((column) => `${column} in ${refs}`).join(' or ')})`
  const rows = await sql.any<{ ref: number }>(
    `select distinct v.ref from (
        (select ref from ${table} where graph_seq = ${OWN} and from_pos > $3 and from_pos <= $4${near} limit 40000) union all
        (select ref from ${table} where graph_seq = ${OWN} and to_pos > $3 and to_pos <= $4 and to_pos < ${OPEN}${near} limit 40000)) v
      order by v.ref limit ${4 * MAX_DIFF + 1}`,
    params.values,
    { signal: scope.signal },
  )
  return rows.map(({ ref }) => ref)
}

const sameNode = (a: GraphNode, b: GraphNode): boolean =>
  a.propertiesText === b.propertiesText && JSON.stringify(a.labels) === JSON.stringify(b.labels)
const sameRelationship = (a: GraphRelationship, b: GraphRelationship): boolean =>
  a.propertiesText === b.propertiesText && a.type === b.type && a.from.key === b.from.key && a.to.key === b.to.key

interface Sides<T> {
  readonly added: T[]
  readonly removed: T[]
  readonly changed: { readonly before: T; readonly after: T }[]
}

/** Pure: what differs between two states of the same things. */
export function compareSides<T extends { readonly key: string }>(
  before: readonly T[],
  after: readonly T[],
  same: (a: T, b: T) => boolean,
): Sides<T> {
  const old = new Map(before.map((one) => [one.key, one]))
  const sides: Sides<T> = { added: [], removed: [], changed: [] }
  for (const one of after) {
    const was = old.get(one.key)
    old.delete(one.key)
    if (was === undefined) sides.added.push(one)
    else if (!same(was, one)) sides.changed.push({ before: was, after: one })
  }
  sides.removed.push(...old.values())
  return sides
}

export const compareNodes = (before: readonly GraphNode[], after: readonly GraphNode[]): Sides<GraphNode> =>
  compareSides(before, after, sameNode)
export const compareRelationships = (before: readonly GraphRelationship[], after: readonly GraphRelationship[]): Sides<GraphRelationship> =>
  compareSides(before, after, sameRelationship)

const exists = ({ dangling }: GraphNode): boolean => !dangling

interface VersionRow extends NodeRow {
  from_pos: number
  to_pos: number
}

const versionsNewestFirst: ListOrder = { name: 'POSITION', keys: [{ expression: 'v.from_pos::bigint', kind: 'integer' }], descending: true }
const byGraphAndRef: ListOrder = {
  name: 'GRAPH',
  keys: [
    { expression: 'g.graph_seq', kind: 'integer' },
    { expression: 'v.ref::bigint', kind: 'integer' },
  ],
  descending: false,
}

const runNodes = 'graph_nodes v join graphs g on g.graph_seq = v.graph_seq'
const ofRun = ['g.tenant_id = $1', 'v.run_id = $2', '(v.ritual_id is null or v.ritual_id = $3)', `v.to_pos = ${OPEN}`]

/** Differences and histories, straight from the intervals. */
export function createSqlGraphChanges(sql: Sql): Pick<GraphDataSource, 'diff' | 'history' | 'nodesOfRun' | 'countNodesOfRun'> {
  return {
    async diff(scope, from, to, around = null) {
      if (from.graph.graphSeq !== to.graph.graphSeq) throw badUserInput('A diff is between two places of one graph.')
      const [low, high] = from.position <= to.position ? [from, to] : [to, from]
      const range = { low, high, around }
      const nodeRefs = await touched(sql, scope, 'graph_nodes', range)
      const edgeRefs = await touched(sql, scope, 'graph_edges', range)
      const nodes = compareNodes(
        (await nodesByRefs(sql, scope, from, nodeRefs)).filter(exists),
        (await nodesByRefs(sql, scope, to, nodeRefs)).filter(exists),
      )
      const edges = compareRelationships(
        await relationshipsByRefs(sql, scope, from, edgeRefs),
        await relationshipsByRefs(sql, scope, to, edgeRefs),
      )
      const lists = [nodes.added, nodes.removed, nodes.changed, edges.added, edges.removed, edges.changed]
      const cut = <T>(list: readonly T[]): readonly T[] => list.slice(0, MAX_DIFF)
      return {
        added: cut(nodes.added),
        removed: cut(nodes.removed),
        changed: cut(nodes.changed),
        addedRelationships: cut(edges.added),
        removedRelationships: cut(edges.removed),
        changedRelationships: cut(edges.changed),
        truncated: nodeRefs.length > 4 * MAX_DIFF || edgeRefs.length > 4 * MAX_DIFF || lists.some((list) => list.length > MAX_DIFF),
      }
    },
    history: (scope, graph, nodeId, page) =>
      readPage<VersionRow, GraphNodeVersion>(sql, scope, {
        source: {
          list: `Graph.history:${graph.graphSeq}`,
          order: versionsNewestFirst,
          columns: 'r.ref, r.node_key, r.node_id, v.labels, v.properties, v.from_pos, v.to_pos',
          from: 'graph_node_refs r join graph_nodes v on v.graph_seq = r.graph_seq and v.ref = r.ref',
          where: [`r.graph_seq = ${OWN}`, 'r.node_key = $3'],
        },
        page,
        params: parameters(scope.tenantId, graph.graphSeq, keyOf(nodeId).key),
        item: (row) => ({
          graph,
          fromPosition: row.from_pos,
          toPosition: row.to_pos === OPEN ? null : row.to_pos,
          node: nodeOfRow({ graph, position: row.from_pos }, row),
        }),
      }),
    nodesOfRun: (scope, run, page) =>
      readPage<NodeRow & GraphRow, GraphNode>(sql, scope, {
        source: {
          list: 'Run.graphNodes',
          order: byGraphAndRef,
          columns: `${graphColumns}, r.ref, r.node_key, r.node_id, v.labels, v.properties`,
          from: `${runNodes} join graph_node_refs r on r.graph_seq = v.graph_seq and r.ref = v.ref`,
          where: ofRun,
        },
        page,
        params: parameters(scope.tenantId, storable(run.runId), storable(run.ritualId)),
        item: (row) => {
          const graph = graphOfRow(row)
          return nodeOfRow({ graph, position: graph.head }, row)
        },
      }),
    async countNodesOfRun(scope, run) {
      const { count } = await sql.one<{ count: bigint }>(
        `select count(*) as count from ${runNodes} where ${ofRun.join(' and ')}`,
        [scope.tenantId, storable(run.runId), storable(run.ritualId)],
        { signal: scope.signal },
      )
      return Number(count)
    },
  }
}
