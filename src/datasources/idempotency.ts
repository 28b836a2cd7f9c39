import { type Scope } from './scope.ts'

/**
 * Remembers what a mutation with an `idempotencyKey` answered, per tenant and actor, for 24 h.
 */
export interface IdempotencyStore {
  /**
   * Runs `work` once per key. A repeat with the same `requestHash` gets the stored answer; while the first is still running it waits, bounded.
   * A failed `work` (it threw) is forgotten, so that a retry runs again.
   * @throws AppError CONFLICT when the key was used with another request
   */
  once<T>(scope: Scope, actorId: string, key: string, requestHash: string, work: () => Promise<T>): Promise<{ value: T; repeated: boolean }>
}
