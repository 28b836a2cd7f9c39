import { keyOf, OPEN } from '../datasources/graph/keys.ts'
import { type GraphMutation, type GraphScope } from '../datasources/graph/mutations.ts'
import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { type EdgeContent, type GraphWork, newGraphWork, type NodeContent, noteIncident } from './graph-fold.ts'
import { type GraphRow, type RefRow, edgeRefs, nodeRefs } from './graph-tables.ts'

interface GraphColumns {
  graph_seq: bigint
  tenant_id: string
  project_id: string
  namespace: string
  graph_id: string
  created_at_ns: bigint
  updated_at_ns: bigint
  last_sequence: bigint
  commits: number
  late_commits: number
  unknown_parents: number
  newest_ts: string
  node_count: number
  edge_count: number
  node_refs: number
  edge_refs: number
}

const toRow = (row: GraphColumns): GraphRow => ({
  ...{ graphSeq: row.graph_seq, tenantId: row.tenant_id, projectId: row.project_id, namespace: row.namespace, graphId: row.graph_id },
  ...{ createdAt: row.created_at_ns, updatedAt: row.updated_at_ns, lastSequence: row.last_sequence, commits: row.commits },
  ...{ lateCommits: row.late_commits, unknownParents: row.unknown_parents, newestTs: row.newest_ts },
  ...{ nodeCount: row.node_count, edgeCount: row.edge_count, nodeRefs: row.node_refs, edgeRefs: row.edge_refs },
})

/** Rows of `graphs` for these graphs, as far as there are any. */
export async function loadGraphs(tx: SqlExecutor, scopes: readonly GraphScope[]): Promise<GraphRow[]> {
  if (scopes.length === 0) return []
  const rows = await tx.any<GraphColumns>(
    `select g.* from graphs g join unnest($1::text[], $2::text[], $3::text[], $4::text[]) as k (tenant_id, project_id, namespace, graph_id)
      on g.tenant_id = k.tenant_id and g.project_id = k.project_id and g.namespace = k.namespace and g.graph_id = k.graph_id`,
    [
      scopes.map(({ tenantId }) => tenantId),
      scopes.map(({ projectId }) => projectId),
      scopes.map(({ namespace }) => namespace),
      scopes.map(({ graphId }) => graphId),
    ],
  )
  return rows.map(toRow)
}

/** Numbers of the ids that a batch names. */
export interface Refs {
  readonly nodes: Map<string, number>
  readonly edges: Map<string, number>
}

/** Ids that get a number, in the order in which they are named, and those that are only looked up. */
function namedIn(mutations: Iterable<GraphMutation>) {
  const nodes = new Map<string, string | null>()
  const edges = new Map<string, string | null>()
  const removed = { nodes: new Set<string>(), edges: new Set<string>() }
  const name = (into: Map<string, string | null>, id: string): void => {
    const { key, text } = keyOf(id)
    into.set(key, text)
  }
  for (const mutation of mutations) {
    if (mutation.op === 'remove-node') removed.nodes.add(keyOf(mutation.nodeId).key)
    else if (mutation.op === 'remove-edge') removed.edges.add(keyOf(mutation.edgeId).key)
    else if ('nodeId' in mutation) name(nodes, mutation.nodeId)
    else {
      name(nodes, mutation.from)
      name(nodes, mutation.to)
      name(edges, mutation.edgeId)
    }
  }
  return { nodes, edges, removed }
}

async function lookUp(tx: SqlExecutor, kind: 'node' | 'edge', graphSeq: bigint, keys: readonly string[]): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map()
  const rows = await tx.any<{ key: string; ref: number }>(
    `select ${kind}_key as key, ref from graph_${kind}_refs where graph_seq = $1 and ${kind}_key = any($2::text[])`,
    [graphSeq, keys],
  )
  return new Map(rows.map(({ key, ref }) => [key, ref]))
}

/** Gives new ids their numbers and writes them. A number depends on the order of the stream alone, not on how it was cut into batches. */
export async function assignRefs(tx: SqlExecutor, graph: GraphRow, mutations: Iterable<GraphMutation>): Promise<Refs> {
  const { graphSeq } = graph
  const named = namedIn(mutations)
  const nodes = await lookUp(tx, 'node', graphSeq, [...named.nodes.keys(), ...named.removed.nodes])
  const edges = await lookUp(tx, 'edge', graphSeq, [...named.edges.keys(), ...named.removed.edges])
  const fresh = { nodes: [] as RefRow[], edges: [] as RefRow[] }
  for (const [key, text] of named.nodes) {
    if (nodes.has(key)) continue
    nodes.set(key, graph.nodeRefs)
    fresh.nodes.push({ graphSeq, ref: graph.nodeRefs, key, text })
    graph.nodeRefs += 1
  }
  for (const [key, text] of named.edges) {
    if (edges.has(key)) continue
    edges.set(key, graph.edgeRefs)
    fresh.edges.push({ graphSeq, ref: graph.edgeRefs, key, text })
    graph.edgeRefs += 1
  }
  await nodeRefs.write(tx, fresh.nodes)
  await edgeRefs.write(tx, fresh.edges)
  return { nodes, edges }
}

interface NodeColumns {
  ref: number
  from_pos: number
  labels: string
  label_text: string
  properties: string
  run_id: string | null
  ritual_id: string | null
}

interface EdgeColumns {
  ref: number
  from_pos: number
  from_ref: number
  to_ref: number
  type: string | null
  properties: string
}

const toNode = (row: NodeColumns): NodeContent => ({
  labels: row.labels,
  labelText: row.label_text,
  properties: row.properties,
  runId: row.run_id,
  ritualId: row.ritual_id,
})
const toEdge = (row: EdgeColumns): EdgeContent => ({
  fromRef: row.from_ref,
  toRef: row.to_ref,
  type: row.type,
  properties: row.properties,
})

const edgeColumns = 'ref, from_pos, from_ref, to_ref, type, properties'

/** The open versions of everything that these mutations touch, edges of removed nodes included. */
export async function loadWork(tx: SqlExecutor, graph: GraphRow, refs: Refs, mutations: readonly GraphMutation[]): Promise<GraphWork> {
  const { graphSeq } = graph
  const work = newGraphWork(
    { nodes: graph.nodeCount, edges: graph.edgeCount },
    { nodeRef: (key) => refs.nodes.get(key), edgeRef: (key) => refs.edges.get(key) },
  )
  const touched = { nodes: new Set<number>(), edges: new Set<number>(), removed: new Set<number>() }
  const note = (into: Set<number>, ref: number | undefined): void => {
    if (ref !== undefined) into.add(ref)
  }
  for (const mutation of mutations) {
    if ('nodeId' in mutation) note(touched.nodes, refs.nodes.get(keyOf(mutation.nodeId).key))
    else note(touched.edges, refs.edges.get(keyOf(mutation.edgeId).key))
    if (mutation.op === 'remove-node') note(touched.removed, refs.nodes.get(keyOf(mutation.nodeId).key))
  }
  if (touched.nodes.size > 0) {
    const rows = await tx.any<NodeColumns>(
      `select ref, from_pos, labels, label_text, properties, run_id, ritual_id from graph_nodes
        where graph_seq = $1 and ref = any($2::integer[]) and to_pos = ${OPEN}`,
      [graphSeq, [...touched.nodes]],
    )
    for (const row of rows) work.nodes.open.set(row.ref, { ref: row.ref, fromPos: row.from_pos, content: toNode(row) })
  }
  const addEdges = (rows: readonly EdgeColumns[]): void => {
    for (const row of rows) {
      const version = { ref: row.ref, fromPos: row.from_pos, content: toEdge(row) }
      work.edges.open.set(row.ref, version)
      noteIncident(work, version)
    }
  }
  if (touched.edges.size > 0)
    addEdges(
      await tx.any<EdgeColumns>(
        `select ${edgeColumns} from graph_edges where graph_seq = $1 and ref = any($2::integer[]) and to_pos = ${OPEN}`,
        [graphSeq, [...touched.edges]],
      ),
    )
  if (touched.removed.size > 0)
    for (const end of ['from_ref', 'to_ref'])
      addEdges(
        await tx.any<EdgeColumns>(
          `select ${edgeColumns} from graph_edges where graph_seq = $1 and ${end} = any($2::integer[]) and to_pos = ${OPEN}`,
          [graphSeq, [...touched.removed]],
        ),
      )
  return work
}

/** How many commits of the graph sort at or before `ts`. */
export async function positionAt(tx: SqlExecutor, graphSeq: bigint, ts: string): Promise<number> {
  const row = await tx.one<{ position: number | null }>(
    'select max(position) as position from graph_commits where graph_seq = $1 and ts <= $2',
    [graphSeq, ts],
  )
  return row.position ?? 0
}

export interface StoredCommit {
  readonly sequence: bigint
  readonly ts: string
}

/** Takes the state back to what it was after `position`; gives the commits behind it, which must be folded again. */
export async function rewind(tx: SqlExecutor, graph: GraphRow, position: number): Promise<StoredCommit[]> {
  const { graphSeq } = graph
  for (const table of ['graph_nodes', 'graph_edges']) {
    await tx.run(`delete from ${table} where graph_seq = $1 and from_pos > $2`, [graphSeq, position])
    await tx.run(`update ${table} set to_pos = ${OPEN} where graph_seq = $1 and to_pos > $2 and to_pos < ${OPEN}`, [graphSeq, position])
  }
  const at = await tx.maybeOne<{ node_count: number; edge_count: number }>(
    'select node_count, edge_count from graph_commits where graph_seq = $1 and position = $2',
    [graphSeq, position],
  )
  graph.nodeCount = at?.node_count ?? 0
  graph.edgeCount = at?.edge_count ?? 0
  return tx.any<StoredCommit>('select sequence, ts from graph_commits where graph_seq = $1 and position > $2', [graphSeq, position])
}

/** Payloads of stored commits, to be folded again. */
export async function loadPayloads(tx: SqlExecutor, sequences: readonly bigint[]): Promise<Map<bigint, { payload: string; at: bigint }>> {
  if (sequences.length === 0) return new Map()
  const rows = await tx.any<{ sequence: bigint; payload: string; recorded_at_ns: bigint }>(
    'select sequence, payload, recorded_at_ns from graph_commits where sequence = any($1::bigint[])',
    [sequences],
  )
  return new Map(rows.map(({ sequence, payload, recorded_at_ns }) => [sequence, { payload, at: recorded_at_ns }]))
}

/** Which of these commits the graph knows. */
export async function knownCommits(tx: SqlExecutor, graphSeq: bigint, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await tx.any<{ commit_id: string }>(
    'select distinct commit_id from graph_commits where graph_seq = $1 and commit_id = any($2::text[])',
    [graphSeq, ids],
  )
  return new Set(rows.map(({ commit_id }) => commit_id))
}
