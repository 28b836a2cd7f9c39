import { type FastifyBaseLogger } from 'fastify'
import { type Viewer } from '../auth/viewer.ts'
import { type BucketShape, type Cache } from '../datasources/cache/cache.ts'
import { openMemoryCache } from '../datasources/cache/memory-cache.ts'
import { isAppError } from '../errors.ts'

export interface BudgetOptions {
  readonly cache: Cache
  /** 0 = no budget. */
  readonly capacity: number
  readonly restorePerSecond: number
}

/** What a caller's bucket holds after a reservation. */
export interface Reservation {
  readonly granted: boolean
  readonly available: number
  readonly capacity: number
  readonly restorePerSecond: number
  readonly retryAfterMs: number
  /** The shared store did not answer: this process alone decided, by a smaller share. */
  readonly local: boolean
  /** Corrects the reservation once the real cost is known. Never rejects. */
  settle(actualCost: number): Promise<void>
}

/** Points that a tenant's callers of one kind may spend: a leaky bucket that is shared by all replicas. */
export interface Budget {
  /** Null when there is no budget. Never rejects. */
  reserve(viewer: Viewer, cost: number, log: FastifyBaseLogger): Promise<Reservation | null>
  /** What happened already and must be paid for, granted or not: an event that was delivered. Never rejects. */
  charge(viewer: Viewer, cost: number, log: FastifyBaseLogger): Promise<void>
}

/** Of the capacity and of what is restored: what one process may give away while the shared bucket is out of reach. */
const localShare = 0.25
/** How long the shared store gets, and for how long it is left alone after it failed. */
const storeTimeoutMs = 250
const pauseMs = 1000

export function createBudget({ cache, capacity, restorePerSecond }: BudgetOptions): Budget {
  const shared: BucketShape = { capacity, restorePerSecond }
  const own: BucketShape = { capacity: Math.max(1, capacity * localShare), restorePerSecond: Math.max(1, restorePerSecond * localShare) }
  const fallback = cache.mode === 'EMBEDDED' ? cache : openMemoryCache({ maxBuckets: 10_000 })
  let pausedUntil = 0

  const shapeOf = (local: boolean): BucketShape => (local ? own : shared)

  /** The store's answer, or this process's where the store gives none in time. */
  const ask = async <T>(
    log: FastifyBaseLogger,
    work: (store: Cache, shape: BucketShape) => Promise<T>,
  ): Promise<{ value: T; local: boolean }> => {
    if (cache.mode === 'EMBEDDED') return { value: await work(cache, shared), local: false }
    if (performance.now() >= pausedUntil) {
      try {
        return { value: await within(work(cache, shared), storeTimeoutMs), local: false }
      } catch (error) {
        if (!isAppError(error) && !(error instanceof TooSlow)) throw error
        pausedUntil = performance.now() + pauseMs
        log.warn({ err: error }, 'the shared budget does not answer: this process decides alone')
      }
    }
    return { value: await work(fallback, own), local: true }
  }

  const settle = async (key: string, local: boolean, delta: number, log: FastifyBaseLogger): Promise<void> => {
    if (delta === 0) return
    try {
      await (local ? fallback : cache).settleBucket(key, delta, shapeOf(local))
    } catch (error) {
      log.warn({ err: error }, 'a budget could not be settled')
    }
  }

  return {
    async reserve(viewer, cost, log) {
      if (capacity === 0) return null
      const key = keyOf(viewer)
      // dearer than the whole bucket is still possible for who has it all: limits on single operations are not the budget's affair
      const wanted = (shape: BucketShape): number => Math.min(cost, shape.capacity)
      const { value, local } = await ask(log, (store, shape) => store.takeFromBucket(key, wanted(shape), shape))
      const shape = shapeOf(local)
      return {
        granted: value.granted,
        available: value.remaining,
        ...shape,
        retryAfterMs: value.retryAfterMs,
        local,
        settle: (actual) => settle(key, local, actual - wanted(shape), log),
      }
    },
    async charge(viewer, cost, log) {
      if (capacity === 0) return
      await settle(keyOf(viewer), performance.now() < pausedUntil, cost, log)
    },
  }
}

const keyOf = (viewer: Viewer): string => `budget:${viewer.tenantId}:${viewer.kind}`

class TooSlow extends Error {}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, tooSlow])
  } finally {
    clearTimeout(timer)
  }
}
