import { type Nanos } from '../../time.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type System } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type GraphMutation } from './mutations.ts'

export type GraphSourceKind = 'ORRERY' | 'SUMMIT'

/** The natural key of a graph within a tenant. */
export interface GraphKey {
  readonly source: GraphSourceKind
  readonly projectId: string
  readonly namespace: string
  readonly graphId: string
}

export interface Graph extends GraphKey {
  readonly tenantId: string
  /** Sequence of the first event that names it: its key in the read model. */
  readonly graphSeq: bigint
  /** Position of the newest commit; 0 when there is none. */
  readonly head: number
  /** Moves whenever a commit came late and so moved the positions of others. */
  readonly revision: number
  readonly lastSequence: bigint
  readonly createdAt: Nanos
  readonly updatedAt: Nanos
}

/** A commit id, a tag, or a moment; none of them means head. */
export interface GraphRef {
  readonly commit?: string | null
  readonly tag?: string | null
  readonly at?: Nanos | null
}

/** A graph as it was after the commit at `position` (0 = before the first). */
export interface GraphPlace {
  readonly graph: Graph
  readonly position: number
}

export interface GraphCommit {
  readonly graph: Graph
  readonly sequence: bigint
  readonly commitId: string
  readonly parentId: string | null
  /** Rank in the order of Demon's replay, from 1. */
  readonly position: number
  readonly at: Nanos
  readonly recordedAt: Nanos
  readonly mutationCount: number
  readonly verified: boolean
  readonly warnings: readonly string[]
}

export interface GraphTag {
  readonly graph: Graph
  readonly tag: string
  readonly commitId: string
  /** Of its newest event, or of the entry of the bucket. */
  readonly updatedAt: Nanos | null
}

export interface GraphOrigin {
  readonly system: System
  /** `commits`, or one of Summit's shapes. */
  readonly shape: string
  readonly store: string
}

export interface GraphNode {
  readonly place: GraphPlace
  /** Number of the id within its graph; 0 in sources that have none. */
  readonly ref: number
  /** What global ids are made of. */
  readonly key: string
  readonly nodeId: string
  readonly labels: readonly string[]
  /** JSON text: `[{"key": ..., "value": ...}]`. */
  readonly propertiesText: string
  /** An end of a relationship that is no node itself. */
  readonly dangling: boolean
  readonly origins: readonly GraphOrigin[]
  /** What was read but could not be shown as it is. */
  readonly warnings: readonly string[]
  /** Where the source keeps times of its own. */
  readonly createdAt?: Nanos | null
  readonly updatedAt?: Nanos | null
}

export interface GraphRelationship {
  readonly place: GraphPlace
  readonly ref: number
  readonly key: string
  readonly relationshipId: string
  readonly type: string | null
  readonly from: GraphEnd
  readonly to: GraphEnd
  readonly propertiesText: string
  /** 0 to 1, where the source gives one. */
  readonly confidence: number | null
  readonly origins: readonly GraphOrigin[]
}

/** An end of a relationship, before its node is read. */
export interface GraphEnd {
  readonly ref: number
  readonly key: string
}

export type Direction = 'OUT' | 'IN' | 'ANY'

export interface PropertyFilter {
  readonly key: string
  /** Equal to this JSON value; `undefined` = not asked. */
  readonly equals?: unknown
  readonly in?: readonly unknown[] | null
  readonly exists?: boolean | null
}

export interface NodeFilter {
  /** With at least one of these. */
  readonly labels?: readonly string[] | null
  readonly where?: readonly PropertyFilter[] | null
  /** Id, labels or properties hold this text, in any case. */
  readonly search?: string | null
}

export interface NeighbourQuery extends NodeFilter {
  readonly depth: number
  readonly direction: Direction
  /** Relationships of these types only; null = all. */
  readonly types: readonly string[] | null
}

export interface GraphNeighbour {
  readonly node: GraphNode
  readonly distance: number
}

/** A page of neighbours, nearest first. `truncated`: the search was cut short, there may be more. */
export interface NeighbourPage extends Page<GraphNeighbour> {
  readonly truncated: boolean
}

export interface PathQuery {
  readonly from: string
  readonly to: string
  readonly maxDepth: number
  readonly direction: Direction
  /** Inner nodes must have one of these; null = any, missing ones included. */
  readonly labels: readonly string[] | null
  readonly types: readonly string[] | null
}

/** The shortest path. `truncated`: the search was cut short and found none so far; then it is empty. */
export interface GraphPath {
  readonly nodes: readonly GraphNode[]
  readonly relationships: readonly GraphRelationship[]
  readonly truncated: boolean
}

export interface GraphReach {
  readonly nodes: number
  /** Of the farthest node counted. */
  readonly depth: number
  readonly truncated: boolean
}

export interface GraphKeys {
  readonly keys: readonly string[]
  readonly truncated: boolean
}

export interface GraphNodeChange {
  readonly before: GraphNode
  readonly after: GraphNode
}

/** What differs between two places; each list is cut at 1,000. */
export interface GraphDiff {
  readonly added: readonly GraphNode[]
  readonly removed: readonly GraphNode[]
  readonly changed: readonly GraphNodeChange[]
  readonly addedRelationships: readonly GraphRelationship[]
  readonly removedRelationships: readonly GraphRelationship[]
  readonly changedRelationships: readonly { readonly before: GraphRelationship; readonly after: GraphRelationship }[]
  readonly truncated: boolean
}

/** A node as it was from one commit to another. */
export interface GraphNodeVersion {
  readonly graph: Graph
  readonly fromPosition: number
  /** Null: still so. */
  readonly toPosition: number | null
  readonly node: GraphNode
}

export interface GraphFilter {
  readonly sources?: readonly GraphSourceKind[] | null
  readonly projectId?: string | null
  readonly namespace?: string | null
  readonly graphIdContains?: string | null
}

/** A row of Summit's table that its graph does not mirror as it should. */
export interface GraphDrift {
  readonly nodeId: string
  /** No node; a bare stub; a node of another tenant or a deleted one; an old one. */
  readonly kind: 'MISSING' | 'STUB' | 'FOREIGN' | 'STALE'
  readonly postgresUpdatedAt: Nanos | null
  readonly graphUpdatedAt: Nanos | null
}

export interface GraphDriftPage {
  /** Rows that were compared. */
  readonly checked: number
  readonly entries: readonly GraphDrift[]
  readonly hasNextPage: boolean
  readonly endCursor: string | null
}

export interface GraphCounts {
  readonly nodes: number
  readonly relationships: number
}

/**
 * Reads of graphs, whatever keeps them. Reads at head, at a commit, at a tag or at a time cost the same.
 * @throws AppError NOT_FOUND (a commit or tag that the graph does not have), BAD_USER_INPUT (foreign cursor, bad filter), SOURCE_UNAVAILABLE
 */
export interface GraphDataSource {
  find(scope: Scope, key: GraphKey): Promise<Graph | null>
  /** In the order in which they appeared. */
  list(scope: Scope, filter: GraphFilter, page: PageRequest): Promise<Page<Graph>>
  count(scope: Scope, filter: GraphFilter): Promise<number>
  /** Where a reference points. The empty reference is the head. */
  locate(scope: Scope, graph: Graph, ref: GraphRef | null): Promise<GraphPlace>
  counts(scope: Scope, place: GraphPlace): Promise<GraphCounts>
  /** Whether the log had dropped commits of this graph before they were read. */
  historyTruncated(scope: Scope, graph: Graph): Promise<boolean>

  /** Newest first. */
  commits(scope: Scope, graph: Graph, page: PageRequest): Promise<Page<GraphCommit>>
  findCommit(scope: Scope, graph: Graph, commitId: string): Promise<GraphCommit | null>
  /** The commit at each position, in the order of `positions`. */
  commitsAt(scope: Scope, graph: Graph, positions: readonly number[]): Promise<(GraphCommit | null)[]>
  /** The commits of each sequence, of any graph of the tenant, in the order of `sequences`. */
  commitsBySequences(scope: Scope, sequences: readonly bigint[]): Promise<(GraphCommit | null)[]>
  /** What a commit changes, in the order of its payload, as JSON values. */
  mutations(scope: Scope, commit: GraphCommit): Promise<readonly unknown[]>

  /** By name. */
  tags(scope: Scope, graph: Graph, page: PageRequest): Promise<Page<GraphTag>>
  findTag(scope: Scope, graph: Graph, tag: string): Promise<GraphTag | null>
  /** The names of the tags on each commit, in the order of `commitIds`. */
  tagsOfCommits(scope: Scope, graph: Graph, commitIds: readonly string[]): Promise<string[][]>

  findNode(scope: Scope, place: GraphPlace, nodeId: string): Promise<GraphNode | null>
  /** Ends of relationships, in their order; those that are no nodes come as dangling ones. */
  nodesByEnds(scope: Scope, place: GraphPlace, ends: readonly GraphEnd[]): Promise<GraphNode[]>
  nodes(scope: Scope, place: GraphPlace, filter: NodeFilter, page: PageRequest): Promise<Page<GraphNode>>
  countNodes(scope: Scope, place: GraphPlace, filter: NodeFilter): Promise<number>
  /** By global id: null when the key is unknown, or no node at that place. */
  findNodeByKey(scope: Scope, place: GraphPlace, key: string): Promise<GraphNode | null>
  findRelationshipByKey(scope: Scope, place: GraphPlace, key: string): Promise<GraphRelationship | null>
  relationships(scope: Scope, place: GraphPlace, types: readonly string[] | null, page: PageRequest): Promise<Page<GraphRelationship>>
  /** Those that begin or end in one of these nodes, each once. */
  relationshipsAmong(scope: Scope, place: GraphPlace, nodes: readonly GraphNode[], page: PageRequest): Promise<Page<GraphRelationship>>
  relationshipsOf(
    scope: Scope,
    node: GraphNode,
    query: { readonly direction: Direction; readonly types: readonly string[] | null },
    page: PageRequest,
  ): Promise<Page<GraphRelationship>>

  neighbours(scope: Scope, node: GraphNode, query: NeighbourQuery, page: PageRequest): Promise<NeighbourPage>
  /** Keys of what lies within `depth`; bounded: `truncated` when there is more. */
  neighbourKeys(scope: Scope, node: GraphNode, query: { readonly depth: number; readonly direction: Direction }): Promise<GraphKeys>
  reach(scope: Scope, node: GraphNode, query: Omit<NeighbourQuery, keyof NodeFilter>): Promise<GraphReach>
  /** Null when there is none within `maxDepth`, or an end is no node. */
  path(scope: Scope, place: GraphPlace, query: PathQuery): Promise<GraphPath | null>

  /** @param around keys of nodes: only what changes of them, and of relationships that end in them */
  diff(scope: Scope, from: GraphPlace, to: GraphPlace, around?: readonly string[] | null): Promise<GraphDiff>
  /** What changes would do at a place; nothing is written. @throws AppError BAD_USER_INPUT where the removed relationships are too many to be told */
  dryRun(scope: Scope, place: GraphPlace, mutations: readonly GraphMutation[]): Promise<GraphDiff>
  /** Versions of one node, newest first. */
  history(scope: Scope, graph: Graph, nodeId: string, page: PageRequest): Promise<Page<GraphNodeVersion>>
  /** Nodes at the heads of the tenant's graphs that name a run by the documented properties. */
  nodesOfRun(scope: Scope, run: { readonly ritualId: string; readonly runId: string }, page: PageRequest): Promise<Page<GraphNode>>
  /** Rows of Summit's PostgreSQL against nodes of its Neo4j. @throws AppError BAD_USER_INPUT for graphs that mirror nothing */
  drift(scope: Scope, page: PageRequest): Promise<GraphDriftPage>
  countNodesOfRun(scope: Scope, run: { readonly ritualId: string; readonly runId: string }): Promise<number>
}

/** How many of each kind a diff shows. */
export const MAX_DIFF = 1000
