import { storable } from '../../projections/event-text.ts'
import { badUserInput } from '../../errors.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { containing, type ListOrder, type Parameters, parameters } from '../sql-keyset.ts'
import { readPage } from '../sql-list.ts'
import {
  type Direction,
  type GraphEnd,
  type GraphNode,
  type GraphPlace,
  type GraphRelationship,
  type NodeFilter,
  type PropertyFilter,
} from './graph.ts'
import { keyOf } from './keys.ts'
import { edgeColumns, edgeJoins, edgeOfRow, type EdgeRow, nodeOfRow, type NodeRow } from './sql-graph-rows.ts'

/** The graph, if it is the tenant's; `$1` is the tenant and `$2` the graph in every statement here. */
export const OWN = '(select own.graph_seq from graphs own where own.tenant_id = $1 and own.graph_seq = $2)'

export const placed = (scope: Scope, { graph }: GraphPlace): Parameters => parameters(scope.tenantId, graph.graphSeq)

/** The version of a node `ref` that holds at a position: found by one step of the primary key, however many versions there are. */
const versionAt = (ref: string, at: string): string =>
  `left join lateral (select v.labels, v.label_text, v.properties, v.to_pos from graph_nodes v
     where v.graph_seq = r.graph_seq and v.ref = ${ref} and v.from_pos <= ${at} order by v.from_pos desc limit 1) n on n.to_pos > ${at}`

async function nodesWhere(sql: Sql, scope: Scope, place: GraphPlace, condition: string, params: Parameters): Promise<NodeRow[]> {
  const at = params.add(place.position)
  return sql.any<NodeRow>(
    `select r.ref, r.node_key, r.node_id, n.labels, n.properties from graph_node_refs r ${versionAt('r.ref', at)}
      where r.graph_seq = ${OWN} and ${condition}`,
    params.values,
    { signal: scope.signal },
  )
}

export async function findNodeByKey(sql: Sql, scope: Scope, place: GraphPlace, key: string): Promise<GraphNode | null> {
  const params = placed(scope, place)
  const [row] = await nodesWhere(sql, scope, place, `r.node_key = ${params.add(storable(key))}`, params)
  return row === undefined || row.labels === null ? null : nodeOfRow(place, row)
}

/** What is known by these keys; what is no node at the place comes as a dangling one. */
export async function nodesByKeys(sql: Sql, scope: Scope, place: GraphPlace, keys: readonly string[]): Promise<GraphNode[]> {
  if (keys.length === 0) return []
  const params = placed(scope, place)
  const rows = await nodesWhere(sql, scope, place, `r.node_key = any(${params.add(keys)}::text[])`, params)
  return rows.map((row) => nodeOfRow(place, row))
}

/** Numbers of nodes that exist at the place, by id; null for those that do not. */
export async function refsOf(sql: Sql, scope: Scope, place: GraphPlace, ids: readonly string[]): Promise<(number | null)[]> {
  const params = placed(scope, place)
  const keys = ids.map((id) => keyOf(id).key)
  const rows = await nodesWhere(sql, scope, place, `r.node_key = any(${params.add(keys)}::text[])`, params)
  const refs = new Map(rows.filter(({ labels }) => labels !== null).map(({ node_key, ref }) => [node_key, ref]))
  return keys.map((key) => refs.get(key) ?? null)
}

/** Nodes by number, in the order of `refs`; what is no node there comes as a dangling one. */
export async function nodesByRefs(sql: Sql, scope: Scope, place: GraphPlace, refs: readonly number[]): Promise<GraphNode[]> {
  if (refs.length === 0) return []
  const params = placed(scope, place)
  const rows = await nodesWhere(sql, scope, place, `r.ref = any(${params.add([...new Set(refs)])}::integer[])`, params)
  const found = new Map(rows.map((row) => [row.ref, nodeOfRow(place, row)]))
  return refs.flatMap((ref) => found.get(ref) ?? [])
}

export async function nodesByEnds(sql: Sql, scope: Scope, place: GraphPlace, ends: readonly GraphEnd[]): Promise<GraphNode[]> {
  return nodesByRefs(
    sql,
    scope,
    place,
    ends.map(({ ref }) => ref),
  )
}

const MAX_FILTERS = 20
/** Labels, and values of all conditions: each node is compared with all of them. */
const MAX_COMPARED = 100

/** NUL cannot be in the database's JSON; in filters it counts as U+FFFD. */
const json = (column: string): string => `replace(${column}, '\\u0000', '\\ufffd')::jsonb`

function propertyCondition({ key, equals, in: among, exists }: PropertyFilter, column: string, params: Parameters): string[] {
  const entry = (more: { readonly value?: unknown }): string =>
    JSON.stringify([{ key: storable(key), ...more }]).replaceAll('\\u0000', '\\ufffd')
  // one comparison for all: the column is read as JSON for each of them, row by row
  const holds = (...entries: readonly string[]): string => `${json(column)} @> any(${params.add(entries)}::text[]::jsonb[])`
  const conditions: string[] = []
  if (equals !== undefined) conditions.push(holds(entry({ value: equals })))
  if (among != null) conditions.push(among.length === 0 ? 'false' : holds(...among.map((value) => entry({ value }))))
  if (exists != null) conditions.push(exists ? holds(entry({})) : `not (${holds(entry({}))})`)
  return conditions
}

/** Conditions of a filter on a version `alias` with its id `r`. */
export function nodeConditions({ labels, where, search }: NodeFilter, alias: string, params: Parameters): string[] {
  const conditions: string[] = []
  if ((where?.length ?? 0) > MAX_FILTERS) throw badUserInput(`At most ${MAX_FILTERS} conditions on properties.`)
  const values = (where ?? []).reduce((sum, { in: among }) => sum + (among?.length ?? 0), 0)
  if (Math.max(labels?.length ?? 0, values) > MAX_COMPARED)
    throw badUserInput(`At most ${MAX_COMPARED} labels, and values to compare with.`)
  if (labels != null)
    conditions.push(
      `string_to_array(${alias}.label_text, E'\\x01') && ${params.add(labels.map((label) => storable(label)).filter((label) => label !== ''))}::text[]`,
    )
  for (const filter of where ?? []) conditions.push(...propertyCondition(filter, `${alias}.properties`, params))
  if (search != null) {
    const pattern = params.add(containing(storable(search)))
    const texts = ['coalesce(r.node_id, r.node_key)', `${alias}.label_text`, `${alias}.properties`]
    conditions.push(`(${texts.map((text) => `${text} ilike ${pattern} escape '\\'`).join(' or ')})`)
  }
  return conditions
}

const byRef = (alias: string): ListOrder => ({
  name: 'REF',
  keys: [{ expression: `${alias}.ref`, kind: 'integer' }],
  descending: false,
})

const wholeKey = (order: ListOrder): ListOrder => ({
  ...order,
  // pages compare 64-bit keys; the column has 32
  keys: [{ expression: `${order.keys[0].expression}::bigint`, kind: 'integer' }],
})

const holdsAt = (alias: string, at: string): string[] => [`${alias}.from_pos <= ${at}`, `${alias}.to_pos > ${at}`]

const nodeSource = (alias: string) => ({
  columns: `r.ref, r.node_key, r.node_id, ${alias}.labels, ${alias}.properties`,
  from: `graph_nodes ${alias} join graph_node_refs r on r.graph_seq = ${alias}.graph_seq and r.ref = ${alias}.ref`,
})

export async function listNodes(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  filter: NodeFilter,
  page: PageRequest,
): Promise<Page<GraphNode>> {
  const params = placed(scope, place)
  const at = params.add(place.position)
  return readPage<NodeRow, GraphNode>(sql, scope, {
    source: {
      list: `Graph.nodes:${place.graph.graphSeq}`,
      order: wholeKey(byRef('v')),
      ...nodeSource('v'),
      where: [`v.graph_seq = ${OWN}`, ...holdsAt('v', at), ...nodeConditions(filter, 'v', params)],
    },
    page,
    params,
    item: (row) => nodeOfRow(place, row),
  })
}

export async function countNodes(sql: Sql, scope: Scope, place: GraphPlace, filter: NodeFilter): Promise<number> {
  const params = placed(scope, place)
  const at = params.add(place.position)
  const where = [`v.graph_seq = ${OWN}`, ...holdsAt('v', at), ...nodeConditions(filter, 'v', params)]
  const { count } = await sql.one<{ count: bigint }>(
    `select count(*) as count from ${nodeSource('v').from} where ${where.join(' and ')}`,
    params.values,
    { signal: scope.signal },
  )
  return Number(count)
}

/** Of these numbers, in their order, those whose nodes fit the filter at the place. */
export async function fittingRefs(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  refs: readonly number[],
  filter: NodeFilter,
): Promise<Set<number>> {
  if (refs.length === 0) return new Set()
  const params = placed(scope, place)
  const at = params.add(place.position)
  const where = [`v.graph_seq = ${OWN}`, `v.ref = any(${params.add(refs)}::integer[])`, ...holdsAt('v', at)]
  const rows = await sql.any<{ ref: number }>(
    `select v.ref from ${nodeSource('v').from} where ${[...where, ...nodeConditions(filter, 'v', params)].join(' and ')}`,
    params.values,
    { signal: scope.signal },
  )
  return new Set(rows.map(({ ref }) => ref))
}

async function relationshipsWhere(sql: Sql, scope: Scope, place: GraphPlace, condition: string, params: Parameters): Promise<EdgeRow[]> {
  const at = params.add(place.position)
  return sql.any<EdgeRow>(
    `select ${edgeColumns} from graph_edges e ${edgeJoins} where e.graph_seq = ${OWN} and ${holdsAt('e', at).join(' and ')} and ${condition}`,
    params.values,
    { signal: scope.signal },
  )
}

export async function findRelationshipByKey(sql: Sql, scope: Scope, place: GraphPlace, key: string): Promise<GraphRelationship | null> {
  const params = placed(scope, place)
  const ref = `(select x.ref from graph_edge_refs x where x.graph_seq = $2 and x.edge_key = ${params.add(storable(key))})`
  const [row] = await relationshipsWhere(sql, scope, place, `e.ref = ${ref}`, params)
  return row === undefined ? null : edgeOfRow(place, row)
}

export async function relationshipsByKeys(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  keys: readonly string[],
): Promise<GraphRelationship[]> {
  if (keys.length === 0) return []
  const params = placed(scope, place)
  const refs = `(select x.ref from graph_edge_refs x where x.graph_seq = $2 and x.edge_key = any(${params.add(keys)}::text[]))`
  const rows = await relationshipsWhere(sql, scope, place, `e.ref in ${refs}`, params)
  return rows.map((row) => edgeOfRow(place, row))
}

/** Relationships by number, in the order of `refs`; those that do not hold at the place are left out. */
export async function relationshipsByRefs(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  refs: readonly number[],
): Promise<GraphRelationship[]> {
  if (refs.length === 0) return []
  const params = placed(scope, place)
  const rows = await relationshipsWhere(sql, scope, place, `e.ref = any(${params.add([...new Set(refs)])}::integer[])`, params)
  const found = new Map(rows.map((row) => [row.ref, edgeOfRow(place, row)]))
  return refs.flatMap((ref) => found.get(ref) ?? [])
}

const typeCondition = (types: readonly string[] | null, params: Parameters): string[] =>
  types === null ? [] : [`e.type = any(${params.add(types.map(storable))}::text[])`]

export async function listRelationships(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  types: readonly string[] | null,
  page: PageRequest,
): Promise<Page<GraphRelationship>> {
  const params = placed(scope, place)
  const at = params.add(place.position)
  return readPage<EdgeRow, GraphRelationship>(sql, scope, {
    source: {
      list: `Graph.relationships:${place.graph.graphSeq}`,
      order: wholeKey(byRef('e')),
      columns: edgeColumns,
      from: `graph_edges e ${edgeJoins}`,
      where: [`e.graph_seq = ${OWN}`, ...holdsAt('e', at), ...typeCondition(types, params)],
    },
    page,
    params,
    item: (row) => edgeOfRow(place, row),
  })
}

const endConditions: Readonly<Record<Direction, (ref: string) => string>> = {
  OUT: (ref) => `e.from_ref = ${ref}`,
  IN: (ref) => `e.to_ref = ${ref}`,
  ANY: (ref) => `(e.from_ref = ${ref} or e.to_ref = ${ref})`,
}

export async function listRelationshipsOf(
  sql: Sql,
  scope: Scope,
  node: GraphNode,
  { direction, types }: { readonly direction: Direction; readonly types: readonly string[] | null },
  page: PageRequest,
): Promise<Page<GraphRelationship>> {
  const { place } = node
  const params = placed(scope, place)
  const at = params.add(place.position)
  const ref = `${params.add(node.ref)}::integer`
  return readPage<EdgeRow, GraphRelationship>(sql, scope, {
    source: {
      list: `GraphNode.relationships:${place.graph.graphSeq}:${node.ref}`,
      order: wholeKey(byRef('e')),
      columns: edgeColumns,
      from: `graph_edges e ${edgeJoins}`,
      where: [`e.graph_seq = ${OWN}`, ...holdsAt('e', at), endConditions[direction](ref), ...typeCondition(types, params)],
    },
    page,
    params,
    item: (row) => edgeOfRow(place, row),
  })
}

/** Two indexes, two halves: an `or` over both would read the whole graph. */
export async function listRelationshipsAmong(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  nodes: readonly GraphNode[],
  page: PageRequest,
): Promise<Page<GraphRelationship>> {
  const params = placed(scope, place)
  const at = params.add(place.position)
  const refs = `${params.add(nodes.map(({ ref }) => ref))}::integer[]`
  const half = (end: string): string =>
    `select x.ref from graph_edges x where x.graph_seq = ${OWN} and x.${end} = any(${refs}) and ${holdsAt('x', at).join(' and ')}`
  return readPage<EdgeRow, GraphRelationship>(sql, scope, {
    source: {
      list: `Graph.relationshipsAmong:${place.graph.graphSeq}`,
      order: wholeKey(byRef('e')),
      columns: edgeColumns,
      from: `graph_edges e ${edgeJoins}`,
      where: [`e.graph_seq = ${OWN}`, ...holdsAt('e', at), `e.ref in (${half('from_ref')} union all ${half('to_ref')})`],
    },
    page,
    params,
    item: (row) => edgeOfRow(place, row),
  })
}

export const findNode = (sql: Sql, scope: Scope, place: GraphPlace, nodeId: string): Promise<GraphNode | null> =>
  findNodeByKey(sql, scope, place, keyOf(nodeId).key)
