/**
 * Small shared state with a life time: budgets, rate limits, persisted documents. Memory (embedded) or Redis (connected).
 * @throws AppError SOURCE_UNAVAILABLE with source "cache"; never queues without bound while the store is away
 */
export interface Cache {
  readonly mode: 'EMBEDDED' | 'CONNECTED'
  get(key: string): Promise<string | null>
  /** @param ttlMs how long it stays; without it, until evicted */
  set(key: string, value: string, ttlMs?: number): Promise<void>
  /** Stores only if absent; true when it did. */
  setIfAbsent(key: string, value: string, ttlMs?: number): Promise<boolean>
  delete(key: string): Promise<void>
  /** Whether a key stays for its whole life time, however full the store is. */
  keepsEverything(): Promise<boolean>
  /**
   * A leaky bucket: `level` leaks by `restorePerSecond`; grants when `level + cost <= capacity`. One round trip, the store's own clock.
   * @returns `remaining` after the call; `retryAfterMs` is 0 when granted
   */
  takeFromBucket(key: string, cost: number, bucket: BucketShape): Promise<BucketGrant>
  /** Adds `delta` (negative = refund) to the level, which stays between empty and full: nobody waits longer than a full bucket takes to leak. */
  settleBucket(key: string, delta: number, bucket: BucketShape): Promise<void>
  ping(timeoutMs: number): Promise<void>
  version(): Promise<string>
  close(): Promise<void>
}

export interface BucketShape {
  readonly capacity: number
  readonly restorePerSecond: number
}

export interface BucketGrant {
  readonly granted: boolean
  readonly remaining: number
  readonly retryAfterMs: number
}
