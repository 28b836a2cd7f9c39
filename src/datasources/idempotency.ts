import { AppError, isAppError } from '../errors.ts'
import { type Scope } from './scope.ts'

/** One run of a keyed work, and what an earlier one left behind whose outcome nobody knows. */
export interface Attempt {
  /** What the last run noted; null where no run before this one is in doubt. */
  readonly earlier: string | null
  /**
   * Keeps, before the deed, what a later run must know to find out whether it was done.
   * @throws AppError CONFLICT (retryable) when another run has taken over: then nothing may be done
   */
  note(text: string): Promise<void>
}

/**
 * Remembers what a mutation with an `idempotencyKey` answered, per tenant and actor, for 24 h.
 */
export interface IdempotencyStore {
  /**
   * Runs `work` once per key. A repeat with the same `requestHash` gets the stored answer; while the first is still running it waits, bounded.
   * A failed `work` (it threw) is forgotten, so that a retry runs again; what it noted is handed to the retry, unless the error tells that
   * nothing was done (`details.written` is neither `UNKNOWN` nor `PARTLY`) and no run before it is in doubt.
   * @throws AppError CONFLICT when the key was used with another request, see `isKeyConflict`
   */
  once<T>(
    scope: Scope,
    actorId: string,
    key: string,
    requestHash: string,
    work: (attempt: Attempt) => Promise<T>,
  ): Promise<{ value: T; repeated: boolean }>
}

/** The key belongs to another request. */
export const keyConflict = (): AppError =>
  new AppError('CONFLICT', 'This idempotency key was used with another request.', { details: { path: ['idempotencyKey'] } })

/** Tells it from the conflicts that the work itself has. */
export const isKeyConflict = (error: unknown): error is AppError =>
  isAppError(error, 'CONFLICT') && Array.isArray(error.details['path']) && error.details['path'][0] === 'idempotencyKey'
