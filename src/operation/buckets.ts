import { type FastifyBaseLogger } from 'fastify'
import { type BucketGrant, type BucketShape, type Cache } from '../datasources/cache/cache.ts'
import { openMemoryCache } from '../datasources/cache/memory-cache.ts'
import { isAppError } from '../errors.ts'

/** What a bucket said. */
export interface Taken extends BucketGrant, BucketShape {
  /** The shared store did not answer: this process alone decided, by a smaller share. */
  readonly local: boolean
  /** What was taken: nothing when it was not granted, and never more than the whole bucket. */
  readonly taken: number
}

/** Leaky buckets that all replicas share; while their store is away each process goes on by a share of its own. */
export interface Buckets {
  /** Never rejects for a store that is away. */
  take(key: string, cost: number, shape: BucketShape, log: FastifyBaseLogger): Promise<Taken>
  /** Adds to what a bucket holds, or takes back; where `take` decided, if that is given. Never rejects. */
  settle(key: string, delta: number, shape: BucketShape, log: FastifyBaseLogger, local?: boolean): Promise<void>
}

/** Of the capacity and of what is restored: what one process may give away while the shared bucket is out of reach. */
const localShare = 0.25
/** How long the shared store gets, and for how long it is left alone after it failed. */
const storeTimeoutMs = 250
const pauseMs = 1000

const ownShare = ({ capacity, restorePerSecond }: BucketShape): BucketShape => ({
  capacity: Math.max(1, capacity * localShare),
  restorePerSecond: restorePerSecond * localShare,
})

export function createBuckets(cache: Cache): Buckets {
  const isEmbedded = cache.mode === 'EMBEDDED'
  const fallback = isEmbedded ? cache : openMemoryCache({ maxBuckets: 10_000 })
  let pausedUntil = 0
  const isPaused = (): boolean => performance.now() < pausedUntil

  const pause = (error: unknown, log: FastifyBaseLogger): void => {
    // many calls may have waited for the same answer: one line says it
    if (!isPaused()) log.warn({ err: error }, 'the shared budget does not answer: this process decides alone')
    pausedUntil = performance.now() + pauseMs
  }

  const takeFrom = async (store: Cache, key: string, cost: number, shape: BucketShape, local: boolean): Promise<Taken> => {
    // dearer than the whole bucket is still possible for who has it all: limits on single operations are not the budget's affair
    const wanted = Math.min(cost, shape.capacity)
    const { granted, remaining, retryAfterMs } = await store.takeFromBucket(key, wanted, shape)
    const taken = granted ? wanted : 0
    return { granted, remaining, retryAfterMs, capacity: shape.capacity, restorePerSecond: shape.restorePerSecond, local, taken }
  }

  const takeShared: Buckets['take'] = async (key, cost, shape, log) => {
    if (!isPaused()) {
      const taking = takeFrom(cache, key, cost, shape, false)
      try {
        return await within(taking, storeTimeoutMs)
      } catch (error) {
        if (!isAppError(error) && !(error instanceof TooSlow)) throw error
        pause(error, log)
        giveBackLate(taking, key, shape)
      }
    }
    return takeFrom(fallback, key, cost, ownShare(shape), true)
  }

  /** A store that was only slow may still take what has been decided here by then; one that failed took nothing. */
  const giveBackLate = (taking: Promise<Taken>, key: string, shape: BucketShape): void =>
    void taking.then(({ taken }) => cache.settleBucket(key, -taken, shape)).catch(() => undefined)

  return {
    take: isEmbedded ? (key, cost, shape) => takeFrom(cache, key, cost, shape, false) : takeShared,
    async settle(key, delta, shape, log, local = isPaused()) {
      if (delta === 0) return
      if (local) return fallback.settleBucket(key, delta, ownShare(shape))
      if (isEmbedded) return cache.settleBucket(key, delta, shape)
      try {
        await within(cache.settleBucket(key, delta, shape), storeTimeoutMs)
      } catch (error) {
        pause(error, log)
      }
    },
  }
}

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
