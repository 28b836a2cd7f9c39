import { type Approval, type ApprovalKey, type DecisionKind } from '../approvals/approvals.ts'
import { type Scope } from '../scope.ts'
import { type Run, type RunKey } from './runs.ts'

/** Who acts: the verified identity, never an input field. */
export interface ActingAs {
  readonly actorId: string
}

/** What became of a write. `sequence` is where the log holds the event that decided it: ours, or the true winner's. */
export type WriteOutcome =
  /** Ours is stored; `repeated` when it had been stored before (a repeat of the same request). */
  | { readonly outcome: 'WRITTEN'; readonly sequence: bigint; readonly repeated: boolean }
  /** Somebody else was first; read the approval for the winner. `sameKind`: they decided what we asked for. */
  | { readonly outcome: 'ALREADY_DECIDED'; readonly sequence: bigint; readonly sameKind: boolean }
  | { readonly outcome: 'ALREADY_TERMINAL'; readonly sequence: bigint }
  /** A request for a gate that is there already, open or decided. */
  | { readonly outcome: 'ALREADY_REQUESTED'; readonly sequence: bigint }
  | { readonly outcome: 'NOT_FOUND'; readonly what: 'RUN' | 'GATE' }
  /** The run has events on 6-token subjects only; nobody can decide it (contract: demon 7.2). */
  | { readonly outcome: 'LEGACY_SUBJECT' }

/**
 * Writes to Demon's log, exactly as Demon accepts them (contract: demon 3, 7.5, 13.12-18). The owner is asked first: each call reads the run's
 * subject to its end, publishes with message id and expected sequence, and resolves duplicates and error 10071 to what the log really holds.
 * @throws AppError BAD_USER_INPUT (ids that cannot enter a subject, oversized text), CONFLICT (retryable: message id collision with another run,
 * or too many races), SOURCE_UNAVAILABLE, DEADLINE_EXCEEDED
 */
export interface RunCommands {
  decide(scope: Scope, as: ActingAs, key: ApprovalKey, decision: DecisionInput): Promise<WriteOutcome>
  /** Opens a gate; with `ttlSeconds` also publishes the expiry timer. */
  requestApproval(
    scope: Scope,
    as: ActingAs,
    key: ApprovalKey,
    input: { reason: string; ttlSeconds?: number | null },
  ): Promise<WriteOutcome>
  /** `run` must not exist yet; a repeat by the same key and spec is WRITTEN with `repeated`. */
  start(scope: Scope, as: ActingAs, key: RunKey, input: { spec: unknown }): Promise<WriteOutcome>
  transition(scope: Scope, as: ActingAs, key: RunKey, input: { fromState: string; toState: string }): Promise<WriteOutcome>
  complete(scope: Scope, as: ActingAs, key: RunKey, input: { outputs: unknown }): Promise<WriteOutcome>
  fail(scope: Scope, as: ActingAs, key: RunKey, input: { code?: string | null; message: string; details?: unknown }): Promise<WriteOutcome>
  cancel(scope: Scope, as: ActingAs, key: RunKey, input: { reason?: string | null }): Promise<WriteOutcome>
  /** The run and its gates as the log itself tells them now, for answers when the read model is behind or down; null when it holds none. */
  readBack(scope: Scope, key: RunKey): Promise<RunInLog | null>
  /** The epoch of the log that sequences belong to, for cursors. */
  epoch(): Promise<string>
}

export interface RunInLog {
  readonly run: Run
  readonly approvals: readonly Approval[]
}

export interface DecisionInput {
  readonly kind: DecisionKind
  readonly note?: string | null
  /** Required for DENY. */
  readonly reason?: string | null
  /** OVERRIDE only. */
  readonly overrideLevel?: number | null
}
