import { AsyncLocalStorage } from 'node:async_hooks'
import { type QueryOptions, type SqlExecutor, SqlError, type SqlValue } from './sql.ts'
import { beforeDeadline, type Deadline } from '../../deadline.ts'
import { abortedTransaction, transactionMisuse } from './sql-errors.ts'
import { createExecutor, type StatementResult } from './sql-rows.ts'

/** Runs one statement on the session that holds the transaction, within its own deadline. */
export type SessionStatement = (text: string, values: readonly SqlValue[], options: QueryOptions) => Promise<StatementResult>

export interface TransactionGuard {
  /** @throws SqlError 25000 when the caller is inside the work of an open transaction of this store: on PGlite it would wait for itself */
  refuseInside(): void
  run<T>(work: () => Promise<T>): Promise<T>
}

/** Knows, across awaits, whether the calling code belongs to an open transaction. */
export function createTransactionGuard(): TransactionGuard {
  const storage = new AsyncLocalStorage<{ open: boolean }>()
  let open = 0
  return {
    refuseInside() {
      if (storage.getStore()?.open === true) throw transactionMisuse('a transaction is open here: use its executor, and do not nest')
    },
    async run(work) {
      const transaction = { open: true }
      open += 1
      try {
        return await storage.run(transaction, work)
      } finally {
        transaction.open = false
        open -= 1
        // While it is in use every promise of the process carries it along, which a reader's thousand promises pay for.
        if (open === 0) storage.disable()
      }
    },
  }
}

export interface TransactionRequest<T> {
  statement: SessionStatement
  work: (tx: SqlExecutor) => Promise<T>
  deadline: Deadline
  guard: TransactionGuard
}

/**
 * Begin, work, commit, on a session that the caller holds. When it throws, the caller must roll back or end the session: it may still be
 * in the transaction. Statements of one transaction run one after another, also when the work starts them together.
 */
export async function runTransaction<T>({ statement, work, deadline, guard }: TransactionRequest<T>): Promise<T> {
  let over: unknown = null
  let last: Promise<unknown> = Promise.resolve()
  deadline.onEnd((reason) => (over ??= reason))
  const timeLeft = ({ timeoutMs = Infinity, signal }: QueryOptions = {}): QueryOptions => ({
    timeoutMs: Math.min(timeoutMs, deadline.remainingMs()),
    signal: signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]),
  })
  const inOrder = (text: string, values: readonly SqlValue[], options: QueryOptions | undefined): Promise<StatementResult> => {
    const mine = last.then(async () => {
      if (over !== null) throw over
      try {
        return await statement(text, values, timeLeft(options))
      } catch (error) {
        // A refused statement leaves a session that can still roll back to a savepoint; after anything else its state is unknown.
        if (!(error instanceof SqlError)) over ??= error
        throw error
      }
    })
    last = mine.catch(() => undefined)
    return mine
  }
  try {
    await statement('begin', [], timeLeft())
    const value = await beforeDeadline(
      deadline,
      guard.run(() => work(createExecutor(inOrder))),
    )
    await beforeDeadline(deadline, last)
    if (over !== null) throw over
    over = transactionMisuse('this transaction has ended')
    const { command } = await statement('commit', [], timeLeft())
    if (command === 'ROLLBACK') throw abortedTransaction()
    return value
  } finally {
    over ??= transactionMisuse('this transaction has ended')
    // What the work left running ends first (each statement has its deadline), so that the caller can roll back.
    await last
  }
}
