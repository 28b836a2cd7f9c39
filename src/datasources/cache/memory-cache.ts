import { LRUCache } from 'lru-cache'
import { type BucketGrant, type BucketShape, type Cache } from './cache.ts'

interface Bucket {
  level: number
  atMs: number
}

export interface MemoryCacheOptions {
  /** Most values kept; the least recently used goes first. */
  readonly maxEntries?: number
  /** Most bytes of keys and values kept, counted as UTF-16. */
  readonly maxBytes?: number
  readonly maxBuckets?: number
  /** Milliseconds that never go back. */
  readonly nowMs?: () => number
}

/** What a bucket holds now, after leaking since it was last touched. */
const levelNow = (bucket: Bucket | undefined, nowMs: number, { restorePerSecond }: BucketShape): number =>
  bucket === undefined ? 0 : Math.max(0, bucket.level - ((nowMs - bucket.atMs) / 1000) * restorePerSecond)

/** A bucket that has leaked empty can be forgotten. */
const idleMs = (level: number, { capacity, restorePerSecond }: BucketShape): number =>
  Math.ceil((Math.max(level, capacity) / restorePerSecond) * 1000) + 1000

/** The cache of a single process: bounded by entries and bytes. */
export function openMemoryCache(options: MemoryCacheOptions = {}): Cache {
  const { maxEntries = 50_000, maxBytes = 64 * 1024 * 1024, maxBuckets = 50_000, nowMs = () => performance.now() } = options
  const perf = { now: nowMs }
  const values = new LRUCache<string, string>({
    max: maxEntries,
    maxSize: maxBytes,
    sizeCalculation: (value, key) => 2 * (value.length + key.length) || 1,
    perf,
    ttlResolution: 0,
  })
  const buckets = new LRUCache<string, Bucket>({ max: maxBuckets, perf, ttlResolution: 0 })
  const ttlOf = (ttlMs: number | undefined) => (ttlMs === undefined ? {} : { ttl: ttlMs })

  return {
    mode: 'EMBEDDED',
    async get(key) {
      return values.get(key) ?? null
    },
    async set(key, value, ttlMs) {
      values.set(key, value, ttlOf(ttlMs))
    },
    async setIfAbsent(key, value, ttlMs) {
      if (values.has(key)) return false
      values.set(key, value, ttlOf(ttlMs))
      return true
    },
    async delete(key) {
      values.delete(key)
    },
    async keepsEverything() {
      return false
    },
    async takeFromBucket(key, cost, bucket): Promise<BucketGrant> {
      const now = nowMs()
      const level = levelNow(buckets.get(key), now, bucket)
      const granted = level + cost <= bucket.capacity
      const after = granted ? level + cost : level
      buckets.set(key, { level: after, atMs: now }, { ttl: idleMs(after, bucket) })
      const retryAfterMs = granted ? 0 : Math.ceil(((level + cost - bucket.capacity) / bucket.restorePerSecond) * 1000)
      return { granted, remaining: Math.max(0, bucket.capacity - after), retryAfterMs }
    },
    async settleBucket(key, delta, bucket) {
      const now = nowMs()
      const level = Math.max(0, Math.min(bucket.capacity, levelNow(buckets.get(key), now, bucket) + delta))
      buckets.set(key, { level, atMs: now }, { ttl: idleMs(level, bucket) })
    },
    async ping() {},
    async version() {
      return 'embedded'
    },
    async close() {
      values.clear()
      buckets.clear()
    },
  }
}
