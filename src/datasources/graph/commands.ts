import { type ActingAs } from '../runs/commands.ts'
import { type Scope } from '../scope.ts'
import { type GraphKey } from './graph.ts'
import { type GraphMutation } from './mutations.ts'

export type GraphWriteOutcome =
  /** Ours is stored; `repeated` when the very same commit had been stored before. `commitId` is null for tags. */
  | { readonly outcome: 'WRITTEN'; readonly sequence: bigint; readonly commitId: string | null; readonly repeated: boolean }
  /** Somebody else committed first, or the graph is there already. */
  | { readonly outcome: 'HEAD_MOVED'; readonly sequence: bigint; readonly head: string }
  | { readonly outcome: 'NOT_FOUND'; readonly what: 'GRAPH' | 'COMMIT' | 'TAG' }

export interface CommitInput {
  readonly mutations: readonly GraphMutation[]
  /** The commit it is made on; undefined: the head. */
  readonly parent?: string | null
  readonly expectedHead?: string | null
  /** The graph must not exist yet, or may. */
  readonly create?: 'ONLY' | 'ALSO'
  /** Of a request that may be repeated, after its first run left nobody knowing whether it had written. */
  readonly doubt?: CommitDoubt
}

/** Commits that an earlier run of the same request may have written: the one that is there is its answer. */
export interface CommitDoubt {
  readonly earlier: readonly string[]
  /** Keeps the id of a commit before it is written. */
  note(commitId: string): Promise<void>
}

/**
 * Writes to Demon's graph stream and bucket, exactly as Demon accepts them (contract: demon 8.6, 8.8, 13.19-21).
 * @throws AppError BAD_USER_INPUT (ids that cannot enter a subject, bad or too large mutations), CONFLICT (retryable: too many races),
 * SOURCE_UNAVAILABLE
 */
export interface GraphCommands {
  commit(scope: Scope, as: ActingAs, key: GraphKey, input: CommitInput): Promise<GraphWriteOutcome>
  /** Bucket first, then the event. */
  setTag(scope: Scope, as: ActingAs, key: GraphKey, tag: string, commitId: string): Promise<GraphWriteOutcome>
  deleteTag(scope: Scope, as: ActingAs, key: GraphKey, tag: string): Promise<GraphWriteOutcome>
  /** Writes the events of tags whose writer died between bucket and event; gives how many. */
  repairTags(olderThanMs: number): Promise<number>
  epoch(): Promise<string>
}
