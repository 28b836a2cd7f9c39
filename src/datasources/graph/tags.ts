import { type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { type Graph } from './graph.ts'

export interface TagEntry {
  readonly tag: string
  readonly commitId: string
  readonly updatedAt: Nanos | null
}

type Owner = Pick<Graph, 'projectId' | 'namespace' | 'graphId'>

/**
 * Where tags are kept when they have a store of their own: Demon's bucket GRAPH_TAGS, the truth about tags. (contract: demon 2.3, 8.6)
 * @throws AppError SOURCE_UNAVAILABLE with source "log", also when the bucket does not exist
 */
export interface TagStore {
  /** The tags of one graph, by name. */
  list(scope: Scope, graph: Owner): Promise<TagEntry[]>
  get(scope: Scope, graph: Owner, tag: string): Promise<TagEntry | null>
  set(scope: Scope, graph: Owner, tag: string, commitId: string): Promise<void>
  /** @returns false when there was no such tag */
  remove(scope: Scope, graph: Owner, tag: string): Promise<boolean>
  /** Entries of every graph of every tenant, deletions included, that are at least this old: for repairs. */
  settled(olderThanMs: number): Promise<(Owner & { readonly tenantId: string; readonly tag: string; readonly commitId: string | null })[]>
  close(): Promise<void>
}
