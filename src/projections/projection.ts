import { type LogMessage, type LogStream } from '../datasources/log/log.ts'
import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { type UnreadableMessage } from './events.ts'

/** What one batch did beside its rows. */
export interface Applied {
  /** Messages that could not be read; the projector keeps them as dead letters in the same transaction. */
  readonly unreadable: readonly (UnreadableMessage & { readonly message: LogMessage })[]
  /** To be called once the transaction has committed: only then may what was folded be remembered. */
  commit(): void
}

/** Tables that are folded from one stream. The projector owns reading, transactions and watermarks; this owns meaning. */
export interface Projection {
  /** Its name in `projection_watermarks`. */
  readonly name: string
  readonly stream: LogStream
  /** Every table that it alone writes; a rebuild empties them. */
  readonly tables: readonly string[]
  /**
   * Folds messages in sequence order and writes the rows, inside the projector's transaction.
   * @throws PoisonError when a message could be read but not folded
   */
  apply(tx: SqlExecutor, messages: readonly LogMessage[]): Promise<Applied>
  /** Drops what it remembers of the tables, because they may have changed without it. */
  forget(): void
  /** The tenant that a subject names and that can be trusted, or null. */
  tenantOf(subject: string): string | null
}

/** A message that our own code cannot digest. It becomes a dead letter, so that it never blocks what follows. */
export class PoisonError extends Error {
  constructor(cause: unknown) {
    super('a message could not be folded', { cause })
    this.name = 'PoisonError'
  }
}
