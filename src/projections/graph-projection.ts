import { compareUtf8 } from '../datasources/graph/lexeme-json.ts'
import { type GraphScope } from '../datasources/graph/mutations.ts'
import { type LogMessage } from '../datasources/log/log.ts'
import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { type GraphCommitEvent, type GraphEvent, parseGraphEvent, parseGraphSubject } from './graph-events.ts'
import { foldCommit, type RunConvention } from './graph-fold.ts'
import * as loads from './graph-loads.ts'
import * as tables from './graph-tables.ts'
import { PoisonError, type Applied, type Projection } from './projection.ts'

export const defaultRunConvention: RunConvention = { runProperty: 'runId', ritualProperty: 'ritualId' }

const PARENT_UNKNOWN = 'The parent of the commit is not known.'
/** Commits folded at once when history has to be folded again. */
const CHUNK = 500

/** No part holds a dot except the last. */
const keyOfScope = ({ tenantId, projectId, namespace, graphId }: GraphScope): string => `${tenantId}.${projectId}.${namespace}.${graphId}`

const newGraph = (event: GraphEvent): tables.GraphRow => ({
  ...event.scope,
  ...{ graphSeq: event.sequence, createdAt: event.at, updatedAt: event.at, lastSequence: event.sequence },
  ...{ commits: 0, lateCommits: 0, unknownParents: 0, newestTs: '', nodeCount: 0, edgeCount: 0, nodeRefs: 0, edgeRefs: 0 },
})

/** A commit in the order of the replay: of this batch, or one that is stored and must be folded again. */
interface Placed {
  readonly sequence: bigint
  readonly ts: string
  readonly event: GraphCommitEvent | null
}

const replayOrder = (a: Placed, b: Placed): number => compareUtf8(a.ts, b.ts) || (a.sequence < b.sequence ? -1 : 1)

/**
 * Graphs, their commits and tags, and every version of every node and edge, from Demon's graph stream. Commits count in the order of their `ts`
 * text, as Demon replays them: one that comes late moves those behind it, and they are folded again. (contract: demon 8.4)
 */
export function createGraphProjection({ convention = defaultRunConvention }: { convention?: RunConvention } = {}): Projection {
  return {
    name: 'graph',
    stream: 'graph',
    tables: [
      ...['graph_stream', 'graphs', 'graph_commits', 'graph_tag_events', 'graph_tags'],
      ...['graph_node_refs', 'graph_edge_refs', 'graph_nodes', 'graph_edges'],
    ],
    tenantOf: (subject) => parseGraphSubject(subject)?.tenantId ?? null,
    forget: () => undefined,
    async apply(tx, messages) {
      await countMissed(tx, messages)
      const events: GraphEvent[] = []
      const unreadable: Applied['unreadable'][number][] = []
      for (const message of messages) {
        const parsed = parseGraphEvent(message)
        if (parsed.readable) events.push(parsed.event)
        else unreadable.push({ message, tenantId: parsed.tenantId, reason: parsed.reason })
      }
      for (const [graph, own] of await graphsOf(tx, events)) await applyToGraph(tx, graph, own, convention)
      return { unreadable, commit: () => undefined }
    },
  }
}

/** What the log had dropped before we came is missing in the replay too; the stream's sequences tell. */
async function countMissed(tx: SqlExecutor, messages: readonly LogMessage[]): Promise<void> {
  const known = await tx.maybeOne<{ last_sequence: bigint; missed: bigint }>(
    `select last_sequence, missed from graph_stream where stream = 'graph'`,
  )
  let last = known?.last_sequence ?? 0n
  let missed = known?.missed ?? 0n
  for (const { sequence } of messages) {
    missed += sequence - last - 1n
    last = sequence
  }
  await tx.run(
    `insert into graph_stream (stream, last_sequence, missed) values ('graph', $1, $2)
      on conflict (stream) do update set last_sequence = excluded.last_sequence, missed = excluded.missed`,
    [last, missed],
  )
}

async function graphsOf(tx: SqlExecutor, events: readonly GraphEvent[]): Promise<Map<tables.GraphRow, GraphEvent[]>> {
  const perGraph = new Map<string, GraphEvent[]>()
  for (const event of events) {
    const key = keyOfScope(event.scope)
    const own = perGraph.get(key)
    if (own === undefined) perGraph.set(key, [event])
    else own.push(event)
  }
  const stored = await loads.loadGraphs(
    tx,
    [...perGraph.values()].flatMap(([first]) => (first === undefined ? [] : [first.scope])),
  )
  const rows = new Map(stored.map((row) => [keyOfScope(row), row]))
  const found = new Map<tables.GraphRow, GraphEvent[]>()
  for (const [key, own] of perGraph) {
    const [first] = own
    if (first !== undefined) found.set(rows.get(key) ?? newGraph(first), own)
  }
  return found
}

async function applyToGraph(
  tx: SqlExecutor,
  graph: tables.GraphRow,
  events: readonly GraphEvent[],
  convention: RunConvention,
): Promise<void> {
  const last = events.at(-1)
  if (last === undefined) return
  graph.lastSequence = last.sequence
  for (const { at } of events) if (at > graph.updatedAt) graph.updatedAt = at
  const commits = await withParents(
    tx,
    graph,
    events.filter((event) => event.kind === 'COMMIT'),
  )
  if (commits.length > 0) await applyCommits(tx, graph, commits, convention)
  const tagged = events.filter((event) => event.kind === 'TAG').map((event) => ({ graphSeq: graph.graphSeq, event }))
  await tables.graphTagEvents.write(tx, tagged)
  await tables.writeTags(tx, tagged)
  await tables.graphs.write(tx, [graph])
}

/** Marks commits whose parent had not come before them: a sign of lost history, or of a writer who named a wrong one. */
async function withParents(tx: SqlExecutor, graph: tables.GraphRow, commits: readonly GraphCommitEvent[]): Promise<GraphCommitEvent[]> {
  const parents = commits.flatMap(({ parentId }) => parentId ?? [])
  const known = await loads.knownCommits(tx, graph.graphSeq, [...new Set(parents)])
  return commits.map((event) => {
    const missing = event.parentId !== null && !known.has(event.parentId)
    known.add(event.commitId)
    if (!missing) return event
    graph.unknownParents += 1
    return { ...event, warnings: [...event.warnings, PARENT_UNKNOWN] }
  })
}

async function applyCommits(tx: SqlExecutor, graph: tables.GraphRow, commits: readonly GraphCommitEvent[], convention: RunConvention) {
  const refs = await loads.assignRefs(
    tx,
    graph,
    commits.flatMap(({ mutations }) => mutations),
  )
  const newestStored = graph.newestTs
  let earliestLate: string | null = null
  for (const { ts } of commits) {
    if (compareUtf8(ts, graph.newestTs) >= 0) graph.newestTs = ts
    else {
      graph.lateCommits += 1
      if (earliestLate === null || compareUtf8(ts, earliestLate) < 0) earliestLate = ts
    }
  }
  const placed: Placed[] = commits.map((event) => ({ sequence: event.sequence, ts: event.ts, event }))
  let position = graph.commits
  if (earliestLate !== null && compareUtf8(earliestLate, newestStored) < 0) {
    position = await loads.positionAt(tx, graph.graphSeq, earliestLate)
    for (const { sequence, ts } of await loads.rewind(tx, graph, position)) placed.push({ sequence, ts, event: null })
  }
  if (earliestLate !== null) placed.sort(replayOrder)
  for (let at = 0; at < placed.length; at += CHUNK) {
    await foldChunk(tx, graph, { position, placed: placed.slice(at, at + CHUNK), refs, convention })
    position += Math.min(CHUNK, placed.length - at)
  }
  graph.commits = position
}

interface Chunk {
  /** Of the commit before the first. */
  readonly position: number
  readonly placed: readonly Placed[]
  readonly refs: loads.Refs
  readonly convention: RunConvention
}

async function foldChunk(tx: SqlExecutor, graph: tables.GraphRow, { position, placed, refs, convention }: Chunk): Promise<void> {
  const events = await eventsOf(tx, graph, placed)
  const mutations = events.flatMap((event) => event.mutations)
  const again = placed.some(({ event }) => event === null)
  const known = again ? await loads.assignRefs(tx, graph, mutations) : refs
  const work = await loads.loadWork(tx, graph, known, mutations)
  const rows = events.map((event, index): tables.CommitRow => {
    try {
      foldCommit(work, position + 1 + index, event.mutations, convention)
    } catch (error) {
      throw new PoisonError(error)
    }
    return {
      ...{ graphSeq: graph.graphSeq, event, position: position + 1 + index },
      ...{ nodeCount: work.nodes.count, edgeCount: work.edges.count },
    }
  })
  graph.nodeCount = work.nodes.count
  graph.edgeCount = work.edges.count
  await tables.graphCommits.write(tx, rows)
  await tables.writeVersions(tx, graph.graphSeq, work)
}

/** The commits of a chunk, read again from their payloads where they are stored. */
async function eventsOf(tx: SqlExecutor, graph: tables.GraphRow, placed: readonly Placed[]): Promise<GraphCommitEvent[]> {
  const stored = await loads.loadPayloads(
    tx,
    placed.flatMap(({ sequence, event }) => (event === null ? [sequence] : [])),
  )
  return placed.map(({ sequence, event }) => {
    if (event !== null) return event
    const row = stored.get(sequence)
    const subject = `demon.graph.v1.${graph.tenantId}.${graph.projectId}.${graph.namespace}.commit`
    const parsed =
      row === undefined
        ? null
        : parseGraphEvent({
            ...{ stream: 'graph', sequence, subject, messageId: null },
            ...{ payload: Buffer.from(row.payload, 'utf8'), recordedAtNs: row.at },
          })
    if (parsed?.readable !== true || parsed.event.kind !== 'COMMIT') throw new PoisonError(new Error(`commit ${sequence} is not readable`))
    return parsed.event
  })
}
