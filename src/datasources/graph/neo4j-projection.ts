import { pause } from '../waiting.ts'
import { type Neo4j, Neo4jRefusal, type Neo4jWriter } from '../neo4j/neo4j-client.ts'
import { type Sql } from '../sql/sql.ts'
import { OPEN } from './keys.ts'
import { type Neo4jNames } from './neo4j-names.ts'

export interface Neo4jProjectionParts {
  readonly sql: Sql
  readonly neo4j: Neo4j
  readonly names: Neo4jNames
  readonly logger: { info(details: object, message: string): void; warn(details: object, message: string): void }
  /** Versions moved in one transaction, about. */
  readonly batch?: number
}

/** Batches are larger than a request's queries, and nobody waits for one. */
const WRITE_TIMEOUT_MS = 60_000

interface GraphRow {
  graph_seq: bigint
  commits: number
  late_commits: number
  created_at_ns: bigint
}

interface EdgeRow {
  ref: number
  from_pos: number
  to_pos: number
  from_ref: number
  to_ref: number
  type: string | null
}

interface NodeRow {
  ref: number
  spans: number[]
  labels: string[]
}

/** Keeps the versions of all graphs in Neo4j, from the tables; the tables do not wait for it. */
export interface Neo4jProjection {
  /** Brings every graph up to date; gives how many versions were moved. */
  sync(): Promise<number>
  /** Forgets everything of ours in Neo4j, so that the next `sync` makes it anew. */
  clear(): Promise<void>
  /** Follows the tables until `signal` aborts, through outages of either side. */
  run(options: { readonly active: () => boolean; readonly signal: AbortSignal; readonly everyMs?: number }): Promise<void>
  /** Commits that Neo4j does not show yet, as of the last look; null before the first. */
  lag(): number | null
}

export function createNeo4jProjection({ sql, neo4j, names, logger, batch = 5000 }: Neo4jProjectionParts): Neo4jProjection {
  let prepared = false
  let lag: number | null = null

  async function prepare(): Promise<void> {
    if (prepared) return
    for (const text of names.constraints) await neo4j.command(text, {}, { timeoutMs: WRITE_TIMEOUT_MS })
    prepared = true
  }

  /** Takes what is left of another life or order of a graph away, piece by piece. */
  async function wipe(g: bigint): Promise<void> {
    await neo4j.write((tx) => tx.run(`MATCH (m:${names.meta} {g: $g}) DETACH DELETE m`, { g }).then(() => undefined))
    for (let gone = 1; gone > 0;) {
      const [row] = await neo4j.write(
        (tx) => tx.run(`MATCH (n:${names.node} {g: $g}) WITH n LIMIT 2000 DETACH DELETE n RETURN count(*) AS gone`, { g }),
        { timeoutMs: WRITE_TIMEOUT_MS },
      )
      gone = Number(row?.['gone'] ?? 0)
    }
  }

  async function positionOf({ graph_seq, late_commits, created_at_ns }: GraphRow): Promise<number> {
    const [meta] = await neo4j.read(
      `MATCH (m:${names.meta} {g: $g}) RETURN m.revision AS revision, m.life AS life, m.position AS position`,
      { g: graph_seq },
    )
    if (meta !== undefined && meta['life'] === created_at_ns && meta['revision'] === BigInt(late_commits)) return Number(meta['position'])
    await wipe(graph_seq)
    await neo4j.write((tx) =>
      tx.run(`MERGE (m:${names.meta} {g: $g}) SET m.revision = $revision, m.life = $life, m.position = 0`, {
        g: graph_seq,
        revision: BigInt(late_commits),
        life: created_at_ns,
      }),
    )
    return 0
  }

  /** Up to which commit one transaction goes: about `batch` versions, always whole commits. */
  async function upTo(g: bigint, after: number, head: number): Promise<number> {
    const row = await sql.one<{ edges: number | null; nodes: number | null }>(
      `select (select from_pos from graph_edges where graph_seq = $1 and from_pos > $2 and from_pos <= $3 order by from_pos offset $4 limit 1) as edges,
              (select from_pos from graph_nodes where graph_seq = $1 and from_pos > $2 and from_pos <= $3 order by from_pos offset $4 limit 1) as nodes`,
      [g, after, head, batch],
    )
    return Math.min(row.edges ?? head, row.nodes ?? head, head)
  }

  async function moveBatch(graph: GraphRow, after: number, to: number): Promise<number> {
    const g = graph.graph_seq
    const range = [g, after, to]
    const edges = await sql.any<EdgeRow>(
      `select ref, from_pos, to_pos, from_ref, to_ref, type from graph_edges where graph_seq = $1 and
        ((from_pos > $2 and from_pos <= $3) or (to_pos > $2 and to_pos <= $3))`,
      range,
      { timeoutMs: WRITE_TIMEOUT_MS },
    )
    const nodes = await sql.any<NodeRow>(
      `select t.ref, coalesce(array_agg(x order by v.from_pos, x) filter (where x is not null), '{}'::integer[]) as spans, '{}'::text[] as labels
         from (select ref from graph_nodes where graph_seq = $1 and ((from_pos > $2 and from_pos <= $3) or (to_pos > $2 and to_pos <= $3))
               union select from_ref from graph_edges where graph_seq = $1 and from_pos > $2 and from_pos <= $3
               union select to_ref from graph_edges where graph_seq = $1 and from_pos > $2 and from_pos <= $3) t
         left join graph_nodes v on v.graph_seq = $1 and v.ref = t.ref and v.from_pos <= $3
         left join lateral unnest(array[v.from_pos, case when v.to_pos > $3 then ${OPEN} else v.to_pos end]) x on v.ref is not null
        group by t.ref`,
      range,
      { timeoutMs: WRITE_TIMEOUT_MS },
    )
    const labels = await sql.any<{ ref: number; labels: string[] }>(
      `select v.ref, array_agg(v.label_text order by v.from_pos) as labels from graph_nodes v
        where v.graph_seq = $1 and v.from_pos <= $2 and v.ref = any($3::integer[]) group by v.ref`,
      [g, to, nodes.map(({ ref }) => ref)],
      { timeoutMs: WRITE_TIMEOUT_MS },
    )
    const labelsOf = new Map(labels.map((row) => [row.ref, row.labels]))
    await neo4j.write(
      async (tx) => {
        await writeNodes(
          tx,
          g,
          nodes.map((node) => ({ ...node, labels: labelsOf.get(node.ref) ?? [] })),
        )
        await writeEdges(tx, g, edges, after, to)
        // A graph that was taken back meanwhile has lost its mark: then nothing of this may stay.
        const moved = await tx.run(
          `MATCH (m:${names.meta} {g: $g}) WHERE m.position = $after AND m.revision = $revision SET m.position = $to RETURN m.g AS g`,
          { g, after: BigInt(after), to: BigInt(to), revision: BigInt(graph.late_commits) },
        )
        if (moved.length !== 1) throw new Error('the watermark in Neo4j was moved by somebody else')
      },
      { timeoutMs: WRITE_TIMEOUT_MS },
    )
    return edges.length + nodes.length
  }

  async function writeNodes(tx: Neo4jWriter, g: bigint, nodes: readonly NodeRow[]): Promise<void> {
    const rows = nodes.map(({ ref, spans, labels }) => ({ ref: BigInt(ref), spans: (spans ?? []).map(BigInt), labels }))
    await tx.run(`UNWIND $rows AS row MERGE (n:${names.node} {g: $g, ref: row.ref}) SET n.spans = row.spans, n.labels = row.labels`, {
      g,
      rows,
    })
  }

  async function writeEdges(tx: Neo4jWriter, g: bigint, edges: readonly EdgeRow[], after: number, to: number): Promise<void> {
    const idOf = ({ ref, from_pos }: EdgeRow): string => `${g}:${ref}:${from_pos}`
    const rowOf = (edge: EdgeRow) => ({
      ...{ id: idOf(edge), ref: BigInt(edge.ref), a: BigInt(edge.from_ref), b: BigInt(edge.to_ref), type: edge.type },
      ...{ from: BigInt(edge.from_pos), to: BigInt(edge.to_pos > to ? OPEN : edge.to_pos) },
    })
    const isNew = ({ from_pos }: EdgeRow): boolean => from_pos > after
    const isClosed = ({ to_pos }: EdgeRow): boolean => to_pos <= to
    const add = (type: string) =>
      `UNWIND $rows AS row MATCH (a:${names.node} {g: $g, ref: row.a}) MATCH (b:${names.node} {g: $g, ref: row.b})
       CREATE (a)-[:${type} {id: row.id, ref: row.ref, type: row.type, from: row.from, to: row.to}]->(b)`
    const closed = edges.filter((edge) => !isNew(edge) && isClosed(edge))
    if (closed.length > 0) await tx.run(`UNWIND $ids AS id MATCH ()-[r:${names.live} {id: id}]->() DELETE r`, { ids: closed.map(idOf) })
    const past = edges.filter(isClosed).map(rowOf)
    if (past.length > 0) await tx.run(add(names.past), { g, rows: past })
    const live = edges.filter((edge) => isNew(edge) && !isClosed(edge)).map(rowOf)
    if (live.length > 0) await tx.run(add(names.live), { g, rows: live })
  }

  async function syncGraph(graph: GraphRow): Promise<number> {
    let position = await positionOf(graph)
    let moved = 0
    while (position < graph.commits) {
      const next = await upTo(graph.graph_seq, position, graph.commits)
      moved += await moveBatch(graph, position, next)
      position = next
    }
    return moved
  }

  /** What Neo4j holds, by graph. */
  async function marks(): Promise<Map<bigint, { position: number; revision: bigint; life: unknown }>> {
    const rows = await neo4j.read(`MATCH (m:${names.meta}) RETURN m.g AS g, m.position AS position, m.revision AS revision, m.life AS life`)
    return new Map(
      rows.map((row) => [
        BigInt(row['g'] as bigint),
        { position: Number(row['position']), revision: row['revision'] as bigint, life: row['life'] },
      ]),
    )
  }

  async function sync(): Promise<number> {
    await prepare()
    const graphs = await sql.any<GraphRow>('select graph_seq, commits, late_commits, created_at_ns from graphs order by graph_seq')
    const known = await marks()
    let moved = 0
    let behind = 0
    for (const graph of graphs) {
      const mark = known.get(graph.graph_seq)
      known.delete(graph.graph_seq)
      if (mark?.position === graph.commits && mark.revision === BigInt(graph.late_commits) && mark.life === graph.created_at_ns) continue
      behind += graph.commits - (mark?.position ?? 0)
      lag = behind
      moved += await syncGraph(graph)
    }
    // Graphs of a stream that was replaced.
    for (const gone of known.keys()) await wipe(gone)
    lag = 0
    return moved
  }

  return {
    sync,
    async clear() {
      await prepare()
      for (const g of (await marks()).keys()) await wipe(g)
    },
    lag: () => lag,
    async run({ active, signal, everyMs = 500 }) {
      let failing = false
      for (let waitMs = everyMs; !signal.aborted; await pause(waitMs, signal)) {
        if (!active()) continue
        try {
          await sync()
          if (failing) logger.info({}, 'Neo4j has caught up')
          failing = false
          waitMs = everyMs
        } catch (error) {
          if (signal.aborted) return
          if (error instanceof Neo4jRefusal) prepared = false
          if (!failing) logger.warn({ err: error }, 'Neo4j cannot be brought up to date: reads go on without it')
          failing = true
          waitMs = Math.min(waitMs * 2, 5000)
        }
      }
    },
  }
}
