import { type Logger } from '../../logger.ts'
import { pause } from '../../pause.ts'
import { type Neo4j, Neo4jRefusal, type Neo4jRow } from '../neo4j/neo4j-client.ts'
import { type Sql } from '../sql/sql.ts'
import { FORMAT, type Neo4jNames } from './neo4j-names.ts'
import { readVersions } from './neo4j-versions.ts'
import { wipeGraph } from './neo4j-wipe.ts'
import { writeVersions } from './neo4j-writes.ts'

export interface Neo4jProjectionParts {
  readonly sql: Sql
  readonly neo4j: Neo4j
  readonly names: Neo4jNames
  readonly logger: Pick<Logger, 'info' | 'warn'>
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

const markColumns = 'm.position AS position, m.revision AS revision, m.life AS life, m.format AS format, m.refs AS refs'

/** Keeps the versions of all graphs in Neo4j, from the tables; the tables do not wait for it. */
export interface Neo4jProjection {
  /** Brings every graph up to date; gives how many versions were moved. */
  sync(signal?: AbortSignal): Promise<number>
  /** Forgets everything of ours in Neo4j, so that the next `sync` makes it anew. */
  clear(): Promise<void>
  /** Follows the tables until `signal` aborts, through outages of either side. */
  run(options: { readonly active: () => boolean; readonly signal: AbortSignal; readonly everyMs?: number }): Promise<void>
  /** Commits that Neo4j does not show yet, as of the last look; null before the first. */
  lag(): number | null
}

interface Mark {
  readonly position: number
  /** How many numbers of nodes have their node there. */
  readonly refs: number
}

export function createNeo4jProjection({ sql, neo4j, names, logger, batch = 5000 }: Neo4jProjectionParts): Neo4jProjection {
  let prepared = false
  let lag: number | null = null
  const writing = (signal: AbortSignal | undefined) => ({ timeoutMs: WRITE_TIMEOUT_MS, signal })

  async function prepare(signal: AbortSignal | undefined): Promise<void> {
    if (prepared) return
    for (const text of [...names.outdated, ...names.constraints]) await neo4j.command(text, {}, writing(signal))
    prepared = true
  }

  /** Takes what is left of another life or order of a graph away. */
  const wipe = (g: bigint, signal: AbortSignal | undefined): Promise<void> => wipeGraph({ neo4j, names }, g, writing(signal))

  const isOf = (meta: Neo4jRow, { late_commits, created_at_ns }: GraphRow): boolean =>
    meta['life'] === created_at_ns && meta['revision'] === BigInt(late_commits) && meta['format'] === FORMAT

  async function markOf(graph: GraphRow, signal: AbortSignal | undefined): Promise<Mark> {
    const g = graph.graph_seq
    const [meta] = await neo4j.read(`MATCH (m:${names.meta} {g: $g}) RETURN ${markColumns}`, { g }, { signal })
    if (meta !== undefined && isOf(meta, graph)) return { position: Number(meta['position']), refs: Number(meta['refs']) }
    await wipe(g, signal)
    const fresh = { g, revision: BigInt(graph.late_commits), life: graph.created_at_ns, format: FORMAT }
    await neo4j.write(
      (tx) =>
        tx.run(
          `MERGE (m:${names.meta} {g: $g})
           SET m.revision = $revision, m.life = $life, m.format = $format, m.position = 0, m.refs = 0, m.mostPast = 0`,
          fresh,
        ),
      writing(signal),
    )
    return { position: 0, refs: 0 }
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

  async function moveBatch(
    graph: GraphRow,
    mark: Mark,
    to: number,
    signal: AbortSignal | undefined,
  ): Promise<{ mark: Mark; moved: number }> {
    const g = graph.graph_seq
    const versions = await readVersions(sql, { g, after: mark.position, to, refs: mark.refs })
    await neo4j.write(async (tx) => {
      const mostPast = await writeVersions(tx, names, g, versions)
      // A graph that was taken back meanwhile has lost its mark: then nothing of this may stay.
      const moved = await tx.run(
        `MATCH (m:${names.meta} {g: $g}) WHERE m.position = $after AND m.revision = $revision
         SET m.position = $to, m.refs = $refs, m.mostPast = CASE WHEN m.mostPast < $mostPast THEN $mostPast ELSE m.mostPast END RETURN m.g AS g`,
        {
          ...{ g, after: BigInt(mark.position), to: BigInt(to), refs: BigInt(versions.refs) },
          ...{ revision: BigInt(graph.late_commits), mostPast: BigInt(mostPast) },
        },
      )
      if (moved.length !== 1) throw new Error('the watermark in Neo4j was moved by somebody else')
    }, writing(signal))
    const moved = versions.opened.length + versions.closed.length + versions.nodes.length
    return { mark: { position: to, refs: versions.refs }, moved }
  }

  async function syncGraph(graph: GraphRow, signal: AbortSignal | undefined): Promise<number> {
    let mark = await markOf(graph, signal)
    let total = 0
    while (mark.position < graph.commits) {
      const { mark: next, moved } = await moveBatch(graph, mark, await upTo(graph.graph_seq, mark.position, graph.commits), signal)
      total += moved
      mark = next
    }
    return total
  }

  /** What Neo4j holds, by graph. */
  async function marks(signal: AbortSignal | undefined): Promise<Map<bigint, Neo4jRow>> {
    const rows = await neo4j.read(`MATCH (m:${names.meta}) RETURN m.g AS g, ${markColumns}`, {}, { signal })
    return new Map(rows.map((row) => [BigInt(row['g'] as bigint), row]))
  }

  async function sync(signal?: AbortSignal): Promise<number> {
    await prepare(signal)
    const graphs = await sql.any<GraphRow>('select graph_seq, commits, late_commits, created_at_ns from graphs order by graph_seq')
    const known = await marks(signal)
    let moved = 0
    let behind = 0
    for (const graph of graphs) {
      const mark = known.get(graph.graph_seq)
      known.delete(graph.graph_seq)
      const position = mark !== undefined && isOf(mark, graph) ? Number(mark['position']) : 0
      if (mark !== undefined && isOf(mark, graph) && position === graph.commits) continue
      behind += graph.commits - position
      lag = behind
      moved += await syncGraph(graph, signal)
    }
    // Graphs of a stream that was replaced.
    for (const gone of known.keys()) await wipe(gone, signal)
    lag = 0
    return moved
  }

  return {
    sync,
    async clear() {
      await prepare(undefined)
      for (const g of (await marks(undefined)).keys()) await wipe(g, undefined)
    },
    lag: () => lag,
    async run({ active, signal, everyMs = 500 }) {
      let failing = false
      for (let waitMs = everyMs; !signal.aborted; await pause(waitMs, signal)) {
        if (!active()) continue
        try {
          await sync(signal)
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
