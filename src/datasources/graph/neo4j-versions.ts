import { type Sql } from '../sql/sql.ts'
import { OPEN } from './keys.ts'
import { type Part, partSides } from './neo4j-marks.ts'

/** A batch is larger than a request's queries, and nobody waits for one. */
const limits = { timeoutMs: 60_000 }

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

/** What commits did to a graph. */
export interface Versions {
  /** Edges that begin there and are open at the end. */
  readonly opened: readonly EdgeVersion[]
  /** Edges that end there; those that are new had not begun before. */
  readonly closed: readonly (EdgeVersion & { readonly isNew: boolean })[]
  /** Nodes that have changed, or whose number is new. */
  readonly nodes: readonly (NodeVersions & { readonly isNew: boolean })[]
}

/** Commits that are moved together. */
export interface VersionRange {
  readonly g: bigint
  /** Begins behind this commit. */
  readonly after: number
  readonly to: number
  /** Numbers of nodes in use at its end. */
  readonly refs: number
  /** It holds little enough for one transaction; else it is one commit, which is moved in parts. */
  readonly isSmall: boolean
}

const begins = 'graph_seq = $1 and from_pos > $2 and from_pos <= $3'
const ends = `graph_seq = $1 and to_pos > $2 and to_pos <= $3 and to_pos < ${OPEN}`

export interface RangeQuery {
  readonly g: bigint
  readonly after: number
  readonly head: number
  readonly batch: number
  /** Parts of the next commit have been moved already. */
  readonly isBegun: boolean
}

/** The commits behind `after` that hold about `batch` versions together, one of them at least. */
export async function nextRange(sql: Sql, { g, after, head, batch, isBegun }: RangeQuery): Promise<VersionRange> {
  const beyond = (column: 'from_pos' | 'to_pos', table: string): string =>
    `(select ${column} from ${table} where ${column === 'from_pos' ? begins : ends} order by ${column} offset $4 limit 1)`
  const sides = (['graph_edges', 'graph_nodes'] as const).flatMap((table) => [beyond('from_pos', table), beyond('to_pos', table)])
  const { first } = await sql.one<{ first: number | null }>(`select least(${sides.join(', ')}) as first`, [g, after, head, batch], limits)
  const isSmall = !isBegun && (first === null || first > after + 1)
  const to = isSmall ? (first ?? head + 1) - 1 : after + 1
  // Numbers are given in the order in which ids are named, also to what is only an end of an edge.
  const named = await sql.one<{ most: number | null }>(
    `select greatest((select max(ref) from graph_nodes where ${begins}), (select max(greatest(from_ref, to_ref)) from graph_edges where ${begins})) as most`,
    [g, after, to],
    limits,
  )
  return { g, after, to, refs: (named.most ?? -1) + 1, isSmall }
}

const edgeColumns = 'ref, from_pos, to_pos, from_ref, to_ref, type'
const openAt = (to: number, edges: readonly EdgeVersion[]): EdgeVersion[] =>
  edges.map((edge) => ({ ...edge, to_pos: edge.to_pos > to ? OPEN : edge.to_pos }))

/** Everything that a small range of commits did. `known`: numbers of nodes that have their node already. */
export async function readVersions(sql: Sql, { g, after, to, refs }: VersionRange, known: number): Promise<Versions> {
  const range = [g, after, to]
  // Two indexes, two statements of one: an `or` over both would read the whole graph.
  const edges = await sql.any<EdgeVersion>(
    `select ${edgeColumns} from graph_edges where ${begins} union all select ${edgeColumns} from graph_edges where ${ends} and from_pos <= $2`,
    range,
    limits,
  )
  const changed = await sql.any<{ ref: number }>(
    `select ref from graph_nodes where ${begins} union select ref from graph_nodes where ${ends}`,
    range,
    limits,
  )
  const wanted = new Set(changed.map(({ ref }) => ref))
  for (let ref = known; ref < refs; ref += 1) wanted.add(ref)
  return {
    opened: openAt(
      to,
      edges.filter(({ to_pos }) => to_pos > to),
    ),
    closed: edges.filter(({ to_pos }) => to_pos <= to).map((edge) => ({ ...edge, isNew: edge.from_pos > after })),
    nodes: await versionsOf(sql, { g, to, known }, [...wanted]),
  }
}

const nothing: Versions = { opened: [], closed: [], nodes: [] }

/**
 * Up to `batch` versions of one large commit: those behind `part`.
 * @returns also where that ends; null when nothing is left
 */
export async function readPart(
  sql: Sql,
  { g, to, refs }: VersionRange,
  { side, ref }: Part,
  batch: number,
): Promise<{ readonly versions: Versions; readonly part: Part | null }> {
  const page = [g, to, ref, batch]
  const edges = (column: 'from_pos' | 'to_pos') =>
    sql.any<EdgeVersion>(
      `select ${edgeColumns} from graph_edges where graph_seq = $1 and ${column} = $2 and ref > $3 order by ref limit $4`,
      page,
      limits,
    )
  const read = {
    NODES: async () => {
      const changed = await sql.any<{ ref: number }>(
        `select ref from (select ref from graph_nodes where graph_seq = $1 and from_pos = $2 union select ref from graph_nodes where graph_seq = $1 and to_pos = $2) v
          where ref > $3 order by ref limit $4`,
        page,
        limits,
      )
      return {
        ...nothing,
        nodes: await versionsOf(
          sql,
          { g, to, known: refs },
          changed.map((one) => one.ref),
        ),
      }
    },
    // What ends with the commit had begun before it.
    CLOSED: async () => ({ ...nothing, closed: (await edges('to_pos')).map((edge) => ({ ...edge, isNew: false })) }),
    OPENED: async () => ({ ...nothing, opened: openAt(to, await edges('from_pos')) }),
  }
  const versions = await read[side]()
  const rows = [...versions.nodes, ...versions.closed, ...versions.opened]
  const next = partSides[partSides.indexOf(side) + 1]
  const last = rows.at(-1)
  if (rows.length >= batch && last !== undefined) return { versions, part: { side, ref: last.ref } }
  return { versions, part: next === undefined ? null : { side: next, ref: -1 } }
}

/** Versions of nodes up to a commit, in the order of `refs`. */
async function versionsOf(
  sql: Sql,
  { g, to, known }: { readonly g: bigint; readonly to: number; readonly known: number },
  refs: readonly number[],
): Promise<Versions['nodes']> {
  const found = new Map(refs.map((ref) => [ref, { ref, isNew: ref >= known, spans: [] as number[], labels: [] as string[] }]))
  const rows = await sql.any<{ ref: number; from_pos: number; to_pos: number; label_text: string }>(
    `select ref, from_pos, to_pos, label_text from graph_nodes where graph_seq = $1 and ref = any($2::integer[]) and from_pos <= $3 order by ref, from_pos`,
    [g, refs, to],
    limits,
  )
  for (const { ref, from_pos, to_pos, label_text } of rows) {
    const node = found.get(ref)
    node?.spans.push(from_pos, to_pos > to ? OPEN : to_pos)
    node?.labels.push(label_text)
  }
  return [...found.values()]
}
