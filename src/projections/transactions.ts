import { type QueryOptions, type Sql, type SqlExecutor } from '../datasources/sql/sql.ts'
import { type Clock } from '../time.ts'

/** Batches are larger than a request's statements, and nobody waits for one: they get more time. */
const statementTimeoutMs = 10_000

/** How the projector writes: transactions whose every statement has its patience, and which end when the lock is lost. */
export interface ProjectionTransactions {
  readonly clock: Clock
  run<T>(work: (tx: SqlExecutor) => Promise<T>): Promise<T>
}

export function projectionTransactions({ sql, clock }: { sql: Sql; clock: Clock }, signal?: AbortSignal): ProjectionTransactions {
  const limits: QueryOptions = { timeoutMs: statementTimeoutMs, signal }
  const patient = (tx: SqlExecutor): SqlExecutor => ({
    any: (text, values, options) => tx.any(text, values, { ...limits, ...options }),
    one: (text, values, options) => tx.one(text, values, { ...limits, ...options }),
    maybeOne: (text, values, options) => tx.maybeOne(text, values, { ...limits, ...options }),
    run: (text, values, options) => tx.run(text, values, { ...limits, ...options }),
  })
  return {
    clock,
    run: (work) => sql.transaction((tx) => work(patient(tx)), { ...limits, timeoutMs: 3 * statementTimeoutMs }),
  }
}
