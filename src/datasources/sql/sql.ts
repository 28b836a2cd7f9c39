/** What a statement's parameters may be. Arrays are PostgreSQL arrays; give JSON as text and cast it in SQL (`$1::jsonb`). */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array | readonly (string | number | bigint | boolean | null)[]

export interface QueryOptions {
  /** Ends the wait with DEADLINE_EXCEEDED after this many milliseconds (default: the adapter's setting). */
  timeoutMs?: number
  /** Ends the wait when the caller has gone. */
  signal?: AbortSignal | undefined
}

/**
 * One place to send SQL to. Rows come back as plain objects: `bigint` (int8) as JS bigint, `bytea` as Uint8Array, `jsonb` parsed,
 * `numeric` as text, `timestamptz` as Date, arrays as JS arrays; the same on every adapter. Method names promise the row count.
 * @throws AppError SOURCE_UNAVAILABLE (store down or connection lost; source "sql"), DEADLINE_EXCEEDED (too slow)
 * @throws SqlError for what the statement itself did wrong, with its SQLSTATE
 */
export interface SqlExecutor {
  /** Any number of rows. */
  any<Row extends object>(text: string, values?: readonly SqlValue[], options?: QueryOptions): Promise<Row[]>
  /** Exactly one row; anything else is an error of ours. */
  one<Row extends object>(text: string, values?: readonly SqlValue[], options?: QueryOptions): Promise<Row>
  /** One row or null. */
  maybeOne<Row extends object>(text: string, values?: readonly SqlValue[], options?: QueryOptions): Promise<Row | null>
  /** A statement without rows; gives the number of rows it touched. */
  run(text: string, values?: readonly SqlValue[], options?: QueryOptions): Promise<number>
}

/** A held advisory lock. `lost` is aborted when the session that holds it ends for any other reason than `release()`. */
export interface SqlLease {
  readonly lost: AbortSignal
  release(): Promise<void>
}

/** The relational store: PGlite in a worker thread (embedded) or PostgreSQL (connected). Keep SQL to what PostgreSQL 15 also has. */
export interface Sql extends SqlExecutor {
  readonly mode: 'EMBEDDED' | 'CONNECTED'
  /** All of `work` or nothing. Keep it short; never await the network inside: on PGlite it is exclusive. */
  transaction<T>(work: (tx: SqlExecutor) => Promise<T>, options?: QueryOptions): Promise<T>
  /** Several statements without parameters, as in a migration file. Not in a transaction unless the text says so. */
  script(text: string, options?: QueryOptions): Promise<void>
  /**
   * Takes a named advisory lock of its own session, or gives null when somebody else holds it. Embedded: in process, always one holder.
   */
  tryLock(name: string): Promise<SqlLease | null>
  /** A round trip, for health probes. @throws as every call */
  ping(timeoutMs: number): Promise<void>
  /** What keeps it from taking writes though it answers (a full disk, a replica), as a sentence for people; null = nothing known. */
  complaint(): string | null
  /** The server's version text, such as `PostgreSQL 15.18`. */
  version(): Promise<string>
  close(): Promise<void>
}

/** A statement that the store refused. `sqlState` is PostgreSQL's five-character code (`23505` = unique violation). */
export class SqlError extends Error {
  readonly sqlState: string
  readonly constraint: string | undefined
  constructor(message: string, sqlState: string, constraint: string | undefined, cause?: unknown) {
    super(message, { cause })
    this.name = 'SqlError'
    this.sqlState = sqlState
    this.constraint = constraint
  }
  isUniqueViolation(): boolean {
    return this.sqlState === '23505'
  }
}
