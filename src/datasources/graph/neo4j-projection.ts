import { type Logger } from '../../logger.ts'
import { pause } from '../../pause.ts'
import { type Neo4j, Neo4jRefusal, type Neo4jRow, type Neo4jWriter } from '../neo4j/neo4j-client.ts'
import { type Sql } from '../sql/sql.ts'
import {
  freshMark,
  isWriting,
  type Mark,
  type MarkedGraph,
  markOfRow,
  moveMark,
  type Part,
  readMarks,
  takeMark,
  writeFreshMark,
} from './neo4j-marks.ts'
import { type Neo4jNames } from './neo4j-names.ts'
import { nextRange, readPart, readVersions, type Versions } from './neo4j-versions.ts'
import { wipeGraph } from './neo4j-wipe.ts'
import { writeBareNodes, writeVersions } from './neo4j-writes.ts'

export interface Neo4jProjectionParts {
  readonly sql: Sql
  readonly neo4j: Neo4j
  readonly names: Neo4jNames
  readonly logger: Pick<Logger, 'info' | 'warn'>
  /** Versions of a kind that are moved in one transaction, at most: nodes and edges that begin or end. */
  readonly batch?: number
}

/** Batches are larger than a request's queries, and nobody waits for one. */
const WRITE_TIMEOUT_MS = 60_000

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

  async function markOf(graph: MarkedGraph, row: Neo4jRow | undefined, signal: AbortSignal | undefined): Promise<Mark> {
    const mark = markOfRow(row, graph)
    if (mark !== null) return mark
    // Without a mark there is nothing: it goes last.
    if (row !== undefined) await wipe(graph.graph_seq, signal)
    await neo4j.write((tx) => writeFreshMark(tx, names, graph), writing(signal))
    return freshMark
  }

  /** Begins or ends writing, as readers see it. */
  async function turn(graph: MarkedGraph, mark: Mark, signal: AbortSignal | undefined): Promise<Mark> {
    await neo4j.write((tx) => takeMark(tx, names, graph, mark, 1), writing(signal))
    return { ...mark, writes: mark.writes + 1 }
  }

  /** One transaction, and one before and behind it that tell readers of it: all of `work` and the mark with it, or nothing. */
  async function move(
    graph: MarkedGraph,
    { from, to, signal }: { readonly from: Mark; readonly to: Omit<Mark, 'writes'>; readonly signal: AbortSignal | undefined },
    work: (tx: Neo4jWriter) => Promise<number>,
  ): Promise<Mark> {
    // What a writer that died has begun is begun.
    const begun = isWriting(from) ? from : await turn(graph, from, signal)
    const mark = { ...to, writes: begun.writes + 2 }
    await neo4j.write(async (tx) => {
      await takeMark(tx, names, graph, begun, 2)
      await moveMark(tx, names, graph.graph_seq, mark, await work(tx))
    }, writing(signal))
    return turn(graph, mark, signal)
  }

  /** Moves some commits, in as many transactions as their size asks for; gives the mark behind them, and how many versions they hold. */
  async function moveRange(graph: MarkedGraph, start: Mark, signal: AbortSignal | undefined): Promise<{ mark: Mark; moved: number }> {
    const g = graph.graph_seq
    const range = await nextRange(sql, { g, after: start.position, head: graph.commits, batch, isBegun: start.part !== null })
    let mark = start
    let moved = 0
    const moveVersions = async (versions: Versions, to: Omit<Mark, 'writes'>): Promise<void> => {
      mark = await move(graph, { from: mark, to, signal }, (tx) => writeVersions(tx, names, g, versions))
      moved += versions.opened.length + versions.closed.length + versions.nodes.length
    }
    // Of a small range only what is too much for its transaction.
    while (range.refs - mark.refs > (range.isSmall ? batch : 0)) {
      const refs = Math.min(mark.refs + batch, range.refs)
      const { refs: first } = mark
      mark = await move(graph, { from: mark, to: { ...mark, refs }, signal }, (tx) => writeBareNodes(tx, names, g, [first, refs]))
    }
    const refs = Math.max(mark.refs, range.refs)
    const done = { position: range.to, refs, part: null }
    if (range.isSmall) await moveVersions(await readVersions(sql, range, mark.refs), done)
    else
      for (let part: Part | null = mark.part ?? { side: 'NODES', ref: -1 }; part !== null;) {
        const found = await readPart(sql, range, part, batch)
        part = found.part
        await moveVersions(found.versions, part === null ? done : { ...mark, part })
      }
    return { mark, moved }
  }

  async function sync(signal?: AbortSignal): Promise<number> {
    await prepare(signal)
    const graphs = await sql.any<MarkedGraph>('select graph_seq, commits, late_commits, created_at_ns from graphs order by graph_seq')
    const known = await readMarks({ neo4j, names }, { signal })
    const behind = (graph: MarkedGraph): number => graph.commits - (markOfRow(known.get(graph.graph_seq), graph)?.position ?? 0)
    let moved = 0
    let left = graphs.reduce((sum, graph) => sum + behind(graph), 0)
    for (const graph of graphs) {
      const row = known.get(graph.graph_seq)
      known.delete(graph.graph_seq)
      lag = left
      let mark = await markOf(graph, row, signal)
      while (mark.position < graph.commits) {
        const range = await moveRange(graph, mark, signal)
        left -= range.mark.position - mark.position
        lag = left
        moved += range.moved
        mark = range.mark
      }
      if (isWriting(mark)) await turn(graph, mark, signal)
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
      for (const g of (await readMarks({ neo4j, names }, {})).keys()) await wipe(g, undefined)
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
