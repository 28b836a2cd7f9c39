import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { type GraphScope } from '../datasources/graph/mutations.ts'
import { type Closed, type EdgeContent, type GraphWork, type NodeContent, type Version } from './graph-fold.ts'
import { type GraphCommitEvent, type GraphTagEvent } from './graph-events.ts'
import { storable } from './event-text.ts'
import { createTableWriter, setExcluded } from './table-writer.ts'

/** A row of `graphs`. */
export interface GraphRow extends GraphScope {
  readonly graphSeq: bigint
  readonly createdAt: bigint
  updatedAt: bigint
  lastSequence: bigint
  commits: number
  lateCommits: number
  unknownParents: number
  newestTs: string
  nodeCount: number
  edgeCount: number
  nodeRefs: number
  edgeRefs: number
}

const changing = [
  ...['updated_at_ns', 'last_sequence', 'commits', 'late_commits', 'unknown_parents', 'newest_ts'],
  ...['node_count', 'edge_count', 'node_refs', 'edge_refs'],
]

export const graphs = createTableWriter<GraphRow>(
  'graphs',
  {
    graph_seq: ['bigint', (row) => row.graphSeq],
    tenant_id: ['text', (row) => row.tenantId],
    project_id: ['text', (row) => row.projectId],
    namespace: ['text', (row) => row.namespace],
    graph_id: ['text', (row) => row.graphId],
    created_at_ns: ['bigint', (row) => row.createdAt],
    updated_at_ns: ['bigint', (row) => row.updatedAt],
    last_sequence: ['bigint', (row) => row.lastSequence],
    commits: ['integer', (row) => row.commits],
    late_commits: ['integer', (row) => row.lateCommits],
    unknown_parents: ['integer', (row) => row.unknownParents],
    newest_ts: ['text', (row) => row.newestTs],
    node_count: ['integer', (row) => row.nodeCount],
    edge_count: ['integer', (row) => row.edgeCount],
    node_refs: ['integer', (row) => row.nodeRefs],
    edge_refs: ['integer', (row) => row.edgeRefs],
  },
  `on conflict (graph_seq) do update set ${setExcluded(changing)}`,
)

/** A commit with its place and the size of the state after it. */
export interface CommitRow {
  readonly graphSeq: bigint
  readonly event: GraphCommitEvent
  readonly position: number
  readonly nodeCount: number
  readonly edgeCount: number
}

export const graphCommits = createTableWriter<CommitRow>(
  'graph_commits',
  {
    sequence: ['bigint', ({ event }) => event.sequence],
    graph_seq: ['bigint', (row) => row.graphSeq],
    position: ['integer', (row) => row.position],
    commit_id: ['text', ({ event }) => event.commitId],
    parent_id: ['text', ({ event }) => event.parentId],
    ts: ['text', ({ event }) => event.ts],
    at_ns: ['bigint', ({ event }) => event.at],
    recorded_at_ns: ['bigint', ({ event }) => event.recordedAt],
    mutation_count: ['integer', ({ event }) => event.mutationCount],
    verified: ['boolean', ({ event }) => event.verified],
    warnings: ['text', ({ event }) => JSON.stringify(event.warnings.map(storable))],
    payload: ['text', ({ event }) => event.payload],
    node_count: ['integer', (row) => row.nodeCount],
    edge_count: ['integer', (row) => row.edgeCount],
  },
  // A commit that was there already has only moved.
  `on conflict (sequence) do update set ${setExcluded(['position', 'node_count', 'edge_count'])}`,
)

export interface TagRow {
  readonly graphSeq: bigint
  readonly event: GraphTagEvent
}

export const graphTagEvents = createTableWriter<TagRow>('graph_tag_events', {
  sequence: ['bigint', ({ event }) => event.sequence],
  graph_seq: ['bigint', (row) => row.graphSeq],
  tag: ['text', ({ event }) => event.tag],
  commit_id: ['text', ({ event }) => event.commitId],
  at_ns: ['bigint', ({ event }) => event.at],
  payload: ['text', ({ event }) => event.payload],
})

const tagsSet = createTableWriter<TagRow>(
  'graph_tags',
  {
    graph_seq: ['bigint', (row) => row.graphSeq],
    tag: ['text', ({ event }) => event.tag],
    commit_id: ['text', ({ event }) => event.commitId],
    at_ns: ['bigint', ({ event }) => event.at],
    sequence: ['bigint', ({ event }) => event.sequence],
  },
  `on conflict (graph_seq, tag) do update set ${setExcluded(['commit_id', 'at_ns', 'sequence'])}`,
)

/** Tags after their newest events. */
export async function writeTags(tx: SqlExecutor, rows: readonly TagRow[]): Promise<void> {
  const newest = new Map(rows.map((row) => [`${row.graphSeq}:${row.event.tag}`, row]))
  const all = [...newest.values()]
  await tagsSet.write(
    tx,
    all.filter(({ event }) => event.commitId !== null),
  )
  const deleted = all.filter(({ event }) => event.commitId === null)
  if (deleted.length === 0) return
  await tx.run(
    'delete from graph_tags t using unnest($1::bigint[], $2::text[]) as k (graph_seq, tag) where t.graph_seq = k.graph_seq and t.tag = k.tag',
    [deleted.map(({ graphSeq }) => graphSeq), deleted.map(({ event }) => event.tag)],
  )
}

export interface RefRow {
  readonly graphSeq: bigint
  readonly ref: number
  readonly key: string
  readonly text: string | null
}

const refColumns = (kind: 'node' | 'edge') =>
  createTableWriter<RefRow>(`graph_${kind}_refs`, {
    graph_seq: ['bigint', (row) => row.graphSeq],
    ref: ['integer', (row) => row.ref],
    [`${kind}_key`]: ['text', (row) => row.key],
    [`${kind}_id`]: ['text', (row) => row.text],
  })
export const nodeRefs = refColumns('node')
export const edgeRefs = refColumns('edge')

interface VersionRow<Content> extends Version<Content> {
  readonly graphSeq: bigint
  readonly toPos: number
}

const nodeVersions = createTableWriter<VersionRow<NodeContent>>('graph_nodes', {
  graph_seq: ['bigint', (row) => row.graphSeq],
  ref: ['integer', (row) => row.ref],
  from_pos: ['integer', (row) => row.fromPos],
  to_pos: ['integer', (row) => row.toPos],
  labels: ['text', ({ content }) => content.labels],
  label_text: ['text', ({ content }) => content.labelText],
  properties: ['text', ({ content }) => content.properties],
  run_id: ['text', ({ content }) => content.runId],
  ritual_id: ['text', ({ content }) => content.ritualId],
})

const edgeVersions = createTableWriter<VersionRow<EdgeContent>>('graph_edges', {
  graph_seq: ['bigint', (row) => row.graphSeq],
  ref: ['integer', (row) => row.ref],
  from_pos: ['integer', (row) => row.fromPos],
  to_pos: ['integer', (row) => row.toPos],
  from_ref: ['integer', ({ content }) => content.fromRef],
  to_ref: ['integer', ({ content }) => content.toRef],
  type: ['text', ({ content }) => content.type],
  properties: ['text', ({ content }) => content.properties],
})

async function closeVersions(tx: SqlExecutor, table: 'graph_nodes' | 'graph_edges', graphSeq: bigint, closed: readonly Closed[]) {
  if (closed.length === 0) return
  await tx.run(
    `update ${table} v set to_pos = k.to_pos from unnest($2::integer[], $3::integer[], $4::integer[]) as k (ref, from_pos, to_pos)
      where v.graph_seq = $1 and v.ref = k.ref and v.from_pos = k.from_pos`,
    [graphSeq, closed.map(({ ref }) => ref), closed.map(({ fromPos }) => fromPos), closed.map(({ toPos }) => toPos)],
  )
}

const openedRows = <Content>(graphSeq: bigint, side: GraphWork['nodes'] | GraphWork['edges']): VersionRow<Content>[] =>
  [...side.opened.values()].map(({ version, toPos }) => ({ ...(version as Version<Content>), graphSeq, toPos }))

/** Closes what the fold closed and adds what it opened. */
export async function writeVersions(tx: SqlExecutor, graphSeq: bigint, { nodes, edges }: GraphWork): Promise<void> {
  await closeVersions(tx, 'graph_nodes', graphSeq, nodes.closed)
  await closeVersions(tx, 'graph_edges', graphSeq, edges.closed)
  await nodeVersions.write(tx, openedRows<NodeContent>(graphSeq, nodes))
  await edgeVersions.write(tx, openedRows<EdgeContent>(graphSeq, edges))
}
