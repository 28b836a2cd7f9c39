import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type GraphPlace } from './graph.ts'
import { OPEN } from './keys.ts'
import { type MemoryGraph } from './memory-graph.ts'
import { OWN, placed } from './sql-graph-content.ts'

/** Versions packed into one value: rows of this many cost a tenth of what they cost one by one. */
const CHUNK = 20_000
/** With more kinds of edges or of labels than this a graph is better searched where it lies. */
const MAX_KINDS = 2_000

/** Thrown by loading: the graph does not suit memory. */
export class UnsuitedForMemory extends Error {
  constructor() {
    super('the graph has too many kinds of labels or types for memory')
    this.name = 'UnsuitedForMemory'
  }
}

async function kinds(sql: Sql, scope: Scope, place: GraphPlace, after: number, column: 'type' | 'label_text'): Promise<string[]> {
  const table = column === 'type' ? 'graph_edges' : 'graph_nodes'
  const params = placed(scope, place)
  const rows = await sql.any<{ kind: string }>(
    `select distinct ${column} as kind from ${table} where graph_seq = ${OWN} and from_pos > ${params.add(after)} and ${column} is not null limit ${MAX_KINDS + 1}`,
    params.values,
    { signal: scope.signal },
  )
  if (rows.length > MAX_KINDS) throw new UnsuitedForMemory()
  return rows.map(({ kind }) => kind)
}

interface Packed {
  readonly packed: Uint8Array | null
  readonly rows: bigint
  readonly last_ref: number | null
  readonly last_pos: number | null
}

/** Reads versions in the order of their key, as 32-bit numbers, page by page. */
async function eachPacked(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  query: { readonly table: string; readonly columns: readonly string[]; readonly after: number; readonly kinds: readonly string[] },
  each: (read: (column: number) => number) => void,
): Promise<void> {
  const width = query.columns.length * 4
  let from: { ref: number; pos: number } = { ref: -1, pos: -1 }
  for (;;) {
    const params = placed(scope, place)
    const kindList = params.add(query.kinds)
    const changed =
      query.after === 0 ? '' : ` and (from_pos > ${params.add(query.after)} or (to_pos > ${params.add(query.after)} and to_pos < ${OPEN}))`
    const packing = query.columns
      .map((column) => `int4send(${column.replace('KIND', `coalesce(array_position(${kindList}::text[], kind), 0) - 1`)})`)
      .join(' || ')
    const row = await sql.one<Packed>(
      `select string_agg(${packing}, ''::bytea order by ref, from_pos) as packed, count(*) as rows,
         (array_agg(ref order by ref desc, from_pos desc))[1] as last_ref, (array_agg(from_pos order by ref desc, from_pos desc))[1] as last_pos
       from (select * from (select *, ${query.table === 'graph_edges' ? 'type' : 'label_text'} as kind from ${query.table}) v
         where graph_seq = ${OWN} and (ref, from_pos) > (${params.add(from.ref)}, ${params.add(from.pos)})${changed}
         order by ref, from_pos limit ${CHUNK}) page`,
      params.values,
      { signal: scope.signal, timeoutMs: 30_000 },
    )
    if (row.packed === null || row.last_ref === null || row.last_pos === null) return
    const view = new DataView(row.packed.buffer, row.packed.byteOffset, row.packed.byteLength)
    for (let offset = 0; offset < view.byteLength; offset += width) each((column) => view.getInt32(offset + 4 * column))
    if (row.rows < BigInt(CHUNK)) return
    from = { ref: row.last_ref, pos: row.last_pos }
  }
}

/** Adds to `graph` every version that was opened or closed after `after` (0: all of them), up to what the tables hold now. */
export async function loadVersions(sql: Sql, scope: Scope, place: GraphPlace, graph: MemoryGraph, after: number): Promise<void> {
  const types = await kinds(sql, scope, place, 0, 'type')
  const labels = await kinds(sql, scope, place, 0, 'label_text')
  const typeIds = types.map((type) => graph.internType(type))
  const labelIds = labels.map((text) => graph.internLabels(text))
  await eachPacked(
    sql,
    scope,
    place,
    { table: 'graph_nodes', columns: ['ref', 'KIND', 'from_pos', 'to_pos'], after, kinds: labels },
    (read) => graph.addNode({ ref: read(0), labels: labelIds[read(1)] ?? -1, fromPos: read(2), toPos: read(3) }),
  )
  await eachPacked(
    sql,
    scope,
    place,
    { table: 'graph_edges', columns: ['ref', 'from_ref', 'to_ref', 'KIND', 'from_pos', 'to_pos'], after, kinds: types },
    (read) => graph.addEdge({ ref: read(0), from: read(1), to: read(2), type: typeIds[read(3)] ?? -1, fromPos: read(4), toPos: read(5) }),
  )
}

/** How many versions a graph has: what decides whether it fits. */
export async function countVersions(sql: Sql, scope: Scope, place: GraphPlace): Promise<{ nodes: number; edges: number }> {
  const params = placed(scope, place)
  const row = await sql.one<{ nodes: bigint; edges: bigint }>(
    `select (select count(*) from graph_nodes where graph_seq = ${OWN}) as nodes, (select count(*) from graph_edges where graph_seq = ${OWN}) as edges`,
    params.values,
    { signal: scope.signal },
  )
  return { nodes: Number(row.nodes), edges: Number(row.edges) }
}
