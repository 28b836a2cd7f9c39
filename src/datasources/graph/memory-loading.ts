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
const TIMEOUT_MS = 30_000

/** Thrown by loading: the graph does not suit memory. */
export class UnsuitedForMemory extends Error {
  constructor() {
    super('the graph has too many kinds of labels or types for memory')
    this.name = 'UnsuitedForMemory'
  }
}

type Table = 'graph_nodes' | 'graph_edges'
const kindOf: Readonly<Record<Table, string>> = { graph_nodes: 'label_text', graph_edges: 'type' }

/** Texts that repeat, and how many versions there are: a version is packed with the place of its text here. */
export interface Kinds {
  readonly texts: readonly string[]
  readonly versions: number
}

async function kindsIn(sql: Sql, scope: Scope, place: GraphPlace, after: number, table: Table): Promise<Kinds> {
  const params = placed(scope, place)
  const rows = await sql.any<{ kind: string | null; versions: bigint }>(
    `select ${kindOf[table]} as kind, count(*) as versions from ${table} where graph_seq = ${OWN} and from_pos > ${params.add(after)} and from_pos <= ${params.add(place.graph.head)}
      group by ${kindOf[table]} limit ${MAX_KINDS + 2}`,
    params.values,
    { signal: scope.signal, timeoutMs: TIMEOUT_MS },
  )
  const texts = rows.flatMap(({ kind }) => kind ?? [])
  if (texts.length > MAX_KINDS) throw new UnsuitedForMemory()
  return { texts, versions: rows.reduce((sum, { versions }) => sum + Number(versions), 0) }
}

export interface VersionKinds {
  readonly nodes: Kinds
  readonly edges: Kinds
}

/** What begins after a commit (0: everything): how much it is decides whether it fits. @throws UnsuitedForMemory */
export async function readKinds(sql: Sql, scope: Scope, place: GraphPlace, after: number): Promise<VersionKinds> {
  const [nodes, edges] = await Promise.all([
    kindsIn(sql, scope, place, after, 'graph_nodes'),
    kindsIn(sql, scope, place, after, 'graph_edges'),
  ])
  return { nodes, edges }
}

interface PackedQuery {
  readonly table: Table
  /** The first is `ref`; `KIND` stands for the place of the version's text. */
  readonly columns: readonly string[]
  readonly fromPosAt: number
  readonly after: number
  readonly kinds: Kinds
  /** Numbers from the first up to, not including, the second. */
  readonly refs: readonly [number, number]
}

/** Two indexes, two halves: an `or` over both would read the whole graph for one new commit. */
const changedSince = (after: string): string[] => [`from_pos > ${after}`, `from_pos <= ${after} and to_pos > ${after} and to_pos < ${OPEN}`]

/** Reads versions in the order of their key, as 32-bit numbers, page by page. */
async function eachPacked(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  { table, columns, fromPosAt, after, kinds, refs }: PackedQuery,
  each: (read: (column: number) => number) => void,
): Promise<void> {
  const width = columns.length * 4
  let last = { ref: refs[0] - 1, pos: OPEN }
  for (;;) {
    const params = placed(scope, place)
    const texts = params.add(kinds.texts)
    const range = `graph_seq = ${OWN} and (ref, from_pos) > (${params.add(last.ref)}, ${params.add(last.pos)}) and ref < ${params.add(refs[1])} and from_pos <= ${params.add(place.graph.head)}`
    const halves = after === 0 ? ['true'] : changedSince(params.add(after))
    const versions = halves.map((half) => `select *, ${kindOf[table]} as kind from ${table} where ${range} and ${half}`)
    const packing = columns
      .map((column) => `int4send(${column === 'KIND' ? `coalesce(array_position(${texts}::text[], kind), 0) - 1` : column})`)
      .join(' || ')
    // The aggregate takes its rows in the order of the page; sorting them once more would cost as much as all the rest.
    const { packed } = await sql.one<{ packed: Uint8Array | null }>(
      `select string_agg(${packing}, ''::bytea) as packed from (select * from (${versions.join(' union all ')}) v order by ref, from_pos limit ${CHUNK}) page`,
      params.values,
      { signal: scope.signal, timeoutMs: TIMEOUT_MS },
    )
    if (packed === null) return
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
    for (let offset = 0; offset < view.byteLength; offset += width) each((column) => view.getInt32(offset + 4 * column))
    if (view.byteLength < CHUNK * width) return
    const end = view.byteLength - width
    last = { ref: view.getInt32(end), pos: view.getInt32(end + 4 * fromPosAt) }
  }
}

const MAX_REF = OPEN

/** A connected store works on two halves at once; how they mix does no harm, because all versions of one number are in one half. */
const partsOf = (sql: Sql, versions: number): (readonly [number, number])[] =>
  sql.mode === 'EMBEDDED' || versions < 4 * CHUNK
    ? [[0, MAX_REF]]
    : [
        [0, Math.floor(versions / 2)],
        [Math.floor(versions / 2), MAX_REF],
      ]

/**
 * Adds to `graph` every version that was opened up to the head, and opened or closed after `after` (0: all of them). What a commit behind the head
 * opens is left out: it may be of a kind that was not there when `kinds` were read.
 */
export async function loadVersions(
  sql: Sql,
  scope: Scope,
  place: GraphPlace,
  { graph, after, kinds }: { readonly graph: MemoryGraph; readonly after: number; readonly kinds: VersionKinds },
): Promise<void> {
  const typeIds = kinds.edges.texts.map((type) => graph.internType(type))
  const labelIds = kinds.nodes.texts.map((text) => graph.internLabels(text))
  const readNodes = eachPacked(
    sql,
    scope,
    place,
    { table: 'graph_nodes', columns: ['ref', 'KIND', 'from_pos', 'to_pos'], fromPosAt: 2, after, kinds: kinds.nodes, refs: [0, MAX_REF] },
    (read) => graph.addNode({ ref: read(0), labels: labelIds[read(1)] ?? -1, fromPos: read(2), toPos: read(3) }),
  )
  const columns = ['ref', 'from_ref', 'to_ref', 'KIND', 'from_pos', 'to_pos']
  const readEdges = partsOf(sql, kinds.edges.versions).map((refs) =>
    eachPacked(sql, scope, place, { table: 'graph_edges', columns, fromPosAt: 4, after, kinds: kinds.edges, refs }, (read) =>
      graph.addEdge({ ref: read(0), from: read(1), to: read(2), type: typeIds[read(3)] ?? -1, fromPos: read(4), toPos: read(5) }),
    ),
  )
  await Promise.all([readNodes, ...readEdges])
}
