import { type Graph, type GraphCommit, type GraphEnd, type GraphNode, type GraphPlace, type GraphRelationship } from './graph.ts'
import { idOfKey } from './keys.ts'

export interface GraphRow {
  graph_seq: bigint
  tenant_id: string
  project_id: string
  namespace: string
  graph_id: string
  commits: number
  late_commits: number
  last_sequence: bigint
  created_at_ns: bigint
  updated_at_ns: bigint
}

export const graphColumns =
  'g.graph_seq, g.tenant_id, g.project_id, g.namespace, g.graph_id, g.commits, g.late_commits, g.last_sequence, g.created_at_ns, g.updated_at_ns'

export const graphOfRow = (row: GraphRow): Graph => ({
  source: 'ORRERY',
  tenantId: row.tenant_id,
  projectId: row.project_id,
  namespace: row.namespace,
  graphId: row.graph_id,
  graphSeq: row.graph_seq,
  head: row.commits,
  revision: row.late_commits,
  lastSequence: row.last_sequence,
  createdAt: row.created_at_ns,
  updatedAt: row.updated_at_ns,
})

export interface CommitRow {
  sequence: bigint
  commit_id: string
  parent_id: string | null
  position: number
  at_ns: bigint
  recorded_at_ns: bigint
  mutation_count: number
  verified: boolean
  warnings: string
}

export const commitColumns =
  'c.sequence, c.commit_id, c.parent_id, c.position, c.at_ns, c.recorded_at_ns, c.mutation_count, c.verified, c.warnings'

export const commitOfRow = (graph: Graph, row: CommitRow): GraphCommit => ({
  graph,
  sequence: row.sequence,
  commitId: row.commit_id,
  parentId: row.parent_id,
  position: row.position,
  at: row.at_ns,
  recordedAt: row.recorded_at_ns,
  mutationCount: row.mutation_count,
  verified: row.verified,
  warnings: JSON.parse(row.warnings) as string[],
})

export interface NodeRow {
  ref: number
  node_key: string
  node_id: string | null
  /** Null where the node does not exist at the place. */
  labels: string | null
  properties: string | null
}

const commitsOrigin = [{ system: 'DEMON', shape: 'commits', store: 'sql' }] as const

export const nodeOfRow = (place: GraphPlace, row: NodeRow): GraphNode => ({
  place,
  ref: row.ref,
  key: row.node_key,
  nodeId: idOfKey(row.node_key, row.node_id),
  labels: row.labels === null ? [] : (JSON.parse(row.labels) as string[]),
  propertiesText: row.properties ?? '[]',
  dangling: row.labels === null,
  origins: commitsOrigin,
  warnings: [],
})

export interface EdgeRow {
  ref: number
  edge_key: string
  edge_id: string | null
  type: string | null
  from_ref: number
  to_ref: number
  from_key: string
  to_key: string
  properties: string
}

export const edgeColumns =
  'e.ref, er.edge_key, er.edge_id, e.type, e.from_ref, e.to_ref, f.node_key as from_key, t.node_key as to_key, e.properties'

/** Joins to a version `e` what its numbers stand for. */
export const edgeJoins = `join graph_edge_refs er on er.graph_seq = e.graph_seq and er.ref = e.ref
  join graph_node_refs f on f.graph_seq = e.graph_seq and f.ref = e.from_ref
  join graph_node_refs t on t.graph_seq = e.graph_seq and t.ref = e.to_ref`

function confidenceIn(properties: string): number | null {
  if (!properties.includes('"confidence"')) return null
  const list = JSON.parse(properties) as readonly { key: string; value: unknown }[]
  const value = list.findLast(({ key }) => key === 'confidence')?.value
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null
}

const endOf = (ref: number, key: string): GraphEnd => ({ ref, key })

export const edgeOfRow = (place: GraphPlace, row: EdgeRow): GraphRelationship => ({
  place,
  ref: row.ref,
  key: row.edge_key,
  relationshipId: idOfKey(row.edge_key, row.edge_id),
  type: row.type,
  from: endOf(row.from_ref, row.from_key),
  to: endOf(row.to_ref, row.to_key),
  propertiesText: row.properties,
  confidence: confidenceIn(row.properties),
  origins: commitsOrigin,
})
