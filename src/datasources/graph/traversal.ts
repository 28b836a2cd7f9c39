import { type Scope } from '../scope.ts'
import { type Direction, type GraphPlace } from './graph.ts'

export interface Walk {
  /** Number of the node to start from. */
  readonly start: number
  readonly depth: number
  readonly direction: Direction
  readonly types: readonly string[] | null
  /** Show only nodes with one of these; the walk itself goes through all. */
  readonly labels: readonly string[] | null
  /** Stop when this many were found. */
  readonly limit: number
  /** Begin behind this one of an earlier walk. */
  readonly after: Reached | null
}

export interface Reached {
  readonly ref: number
  readonly distance: number
}

export interface WalkResult {
  /** Nearest first, then in the order in which the graph first named them; the start and what is no node are left out. */
  readonly reached: readonly Reached[]
  /** The bound on work was met: there may be more. Not set where only `limit` was. */
  readonly truncated: boolean
}

export interface PathWalk {
  readonly from: number
  readonly to: number
  readonly maxDepth: number
  readonly direction: Direction
  readonly types: readonly string[] | null
  /** Inner nodes must have one of these. */
  readonly labels: readonly string[] | null
}

export interface PathResult {
  /** Null: there is none, as far as was looked. */
  readonly path: { readonly nodes: readonly number[]; readonly edges: readonly number[] } | null
  readonly truncated: boolean
}

/**
 * Finds ways through a graph at one position. Works on numbers; what they stand for is read from SQL. Work is bounded: hubs and large graphs give
 * `truncated`, never a dead server. The ends of paths are nodes that exist, which the caller has made sure of.
 * @throws TraversalUnable when this adapter cannot answer for this place, TraversalTooLong not in time; AppError SOURCE_UNAVAILABLE, DEADLINE_EXCEEDED
 */
export interface GraphTraversal {
  readonly name: 'memory' | 'neo4j' | 'sql'
  /** A store of its own, as `Query.sources` names it, that can be away while the tables answer; null where it lives on them. */
  readonly store: 'neo4j' | null
  walk(scope: Scope, place: GraphPlace, walk: Walk): Promise<WalkResult>
  path(scope: Scope, place: GraphPlace, walk: PathWalk): Promise<PathResult>
  /** What it holds of a graph, to be compared: null where it holds nothing of its own. */
  digest(scope: Scope, place: GraphPlace): Promise<GraphDigest | null>
}

/** Sums over all versions that hold at a place: equal for equal content, whatever the order. */
export interface GraphDigest {
  readonly position: number
  readonly nodes: number
  readonly edges: number
  readonly checksum: string
}

/** This adapter does not hold the graph, or not as it is there; another one should be asked. */
export class TraversalUnable extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'TraversalUnable'
  }
}

/** Its store is there, and this question is too much for it. */
export class TraversalTooLong extends TraversalUnable {
  constructor(reason: string) {
    super(reason)
    this.name = 'TraversalTooLong'
  }
}

/** Relationships looked at in one walk; past that it is truncated. */
export const MAX_WORK = 500_000
/** The same for stores behind a connection, a level. */
export const MAX_LEVEL = 20_000
