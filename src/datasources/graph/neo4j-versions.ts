import { type Sql } from '../sql/sql.ts'
import { OPEN } from './keys.ts'

/** A batch is larger than a request's queries, and nobody waits for one. */
const READ_TIMEOUT_MS = 60_000

export interface EdgeVersion {
  readonly ref: number
  readonly from_pos: number
  /** OPEN where it is closed only after the batch. */
  readonly to_pos: number
  readonly from_ref: number
  readonly to_ref: number
  readonly type: string | null
}

export interface NodeVersions {
  readonly ref: number
  /** `[from, to, from, to, ...]` of its versions up to the end of the batch. */
  readonly spans: readonly number[]
  /** The labels of each version, as `graph_nodes.label_text` holds them. */
  readonly labels: readonly string[]
}

/** What a range of commits did to a graph. */
export interface Versions {
  /** Edges that begin in the range and are open at its end. */
  readonly opened: readonly EdgeVersion[]
  /** Edges that end in the range. */
  readonly closed: readonly (EdgeVersion & { readonly isNew: boolean })[]
  /** Nodes that have changed, or that the range named first. */
  readonly nodes: readonly (NodeVersions & { readonly isNew: boolean })[]
  /** Numbers of nodes that are in use at its end. */
  readonly refs: number
}

export interface VersionRange {
  readonly g: bigint
  /** Begins behind this commit. */
  readonly after: number
  readonly to: number
  /** Numbers of nodes in use before it. */
  readonly refs: number
}

/** The versions of a range of commits, from the tables. */
export async function readVersions(sql: Sql, { g, after, to, refs }: VersionRange): Promise<Versions> {
  const range = [g, after, to]
  const limits = { timeoutMs: READ_TIMEOUT_MS }
  // Two indexes, two statements of one: an `or` over both would read the whole graph.
  const edges = await sql.any<EdgeVersion>(
    `select ref, from_pos, to_pos, from_ref, to_ref, type from graph_edges where graph_seq = $1 and from_pos > $2 and from_pos <= $3
     union all
     select ref, from_pos, to_pos, from_ref, to_ref, type from graph_edges where graph_seq = $1 and from_pos <= $2
        and to_pos > $2 and to_pos <= $3 and to_pos < ${OPEN}`,
    range,
    limits,
  )
  const changed = await sql.any<{ ref: number }>(
    `select ref from graph_nodes where graph_seq = $1 and from_pos > $2 and from_pos <= $3
     union
     select ref from graph_nodes where graph_seq = $1 and to_pos > $2 and to_pos <= $3 and to_pos < ${OPEN}`,
    range,
    limits,
  )
  const wanted = new Set(changed.map(({ ref }) => ref))
  // Numbers are given in the order in which ids are named: what is beyond the known ones is new, also where it is only an end of an edge.
  let known = refs
  for (const ref of wanted) known = Math.max(known, ref + 1)
  for (const { from_ref, to_ref } of edges) known = Math.max(known, from_ref + 1, to_ref + 1)
  for (let ref = refs; ref < known; ref += 1) wanted.add(ref)
  const versions = await versionsOf(sql, g, to, [...wanted])
  const atEnd = (edge: EdgeVersion): EdgeVersion => (edge.to_pos > to ? { ...edge, to_pos: OPEN } : edge)
  return {
    opened: edges.filter(({ to_pos }) => to_pos > to).map(atEnd),
    closed: edges.filter(({ to_pos }) => to_pos <= to).map((edge) => ({ ...edge, isNew: edge.from_pos > after })),
    nodes: [...wanted].map((ref) => ({ ...(versions.get(ref) ?? { ref, spans: [], labels: [] }), isNew: ref >= refs })),
    refs: known,
  }
}

async function versionsOf(sql: Sql, g: bigint, to: number, refs: readonly number[]): Promise<Map<number, NodeVersions>> {
  const found = new Map<number, { ref: number; spans: number[]; labels: string[] }>()
  const rows = await sql.any<{ ref: number; from_pos: number; to_pos: number; label_text: string }>(
    `select ref, from_pos, to_pos, label_text from graph_nodes where graph_seq = $1 and ref = any($2::integer[]) and from_pos <= $3 order by ref, from_pos`,
    [g, refs, to],
    { timeoutMs: READ_TIMEOUT_MS },
  )
  for (const { ref, from_pos, to_pos, label_text } of rows) {
    const node = found.get(ref) ?? { ref, spans: [], labels: [] }
    found.set(ref, node)
    node.spans.push(from_pos, to_pos > to ? OPEN : to_pos)
    node.labels.push(label_text)
  }
  return found
}
