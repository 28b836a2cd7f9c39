import { type AppError, deadlineExceeded, isAppError, sourceUnavailable, UnusableSourceError } from '../../errors.ts'
import { SqlError } from './sql.ts'

/** What both drivers can tell about a refused statement. */
export interface ServerRefusal {
  readonly message: string
  readonly code: string
  readonly constraint: string | undefined
}

/**
 * Codes that say the server, not the statement, is in trouble: connection lost or refused, wrong login or database, one that takes no connections
 * now, nothing left of memory, slots or files, shutting down, session ended by an administrator or a limit (PostgreSQL appendix A).
 */
const isServerTrouble = (sqlState: string): boolean =>
  /^(?:08|28|53|58)/.test(sqlState) || /^(?:3D000|55000|57P0[1-5]|25P03)$/.test(sqlState)

/** States of the whole server in which it still reads and takes no write. Nothing of the refused transaction stays. */
const writeRefusals: Readonly<Record<string, string>> = {
  '53100': 'The disk is full: writes are refused until there is room.',
  '25006': 'The database can only be read: it is a replica, or was made so.',
}

/** The one place where SQLSTATE becomes an error of ours. */
export function refusalToError(refusal: ServerRefusal, cause: unknown): AppError | SqlError {
  if (refusal.code === '57014') return deadlineExceeded('A statement', cause)
  const refusesWrites = writeRefusals[refusal.code]
  if (refusesWrites !== undefined) return new UnusableSourceError('sql', refusesWrites, cause)
  if (isServerTrouble(refusal.code)) return sourceUnavailable('sql', cause)
  return new SqlError(refusal.message, refusal.code, refusal.constraint, cause)
}

/** @returns whether this is an error that the `Sql` port promises, so that it needs no translation */
export const isPortError = (error: unknown): error is AppError | SqlError => isAppError(error) || error instanceof SqlError

/** 25P02, told at the end: the work swallowed a refused statement, so PostgreSQL rolled everything back. */
export const abortedTransaction = (): SqlError =>
  new SqlError('the transaction was rolled back: one of its statements had failed', '25P02', undefined)

/** 25000: a mistake of ours in using transactions, which would wait for itself on PGlite. */
export const transactionMisuse = (message: string): SqlError => new SqlError(message, '25000', undefined)
