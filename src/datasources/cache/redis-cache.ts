import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { sourceUnavailable } from '../../errors.ts'
import { raceLimits } from '../waiting.ts'
import { settleScript, takeScript } from './bucket-scripts.ts'
import { type BucketShape, type Cache } from './cache.ts'

export interface RedisCacheOptions {
  readonly url: string
  /** Deadline of every call, and of an attempt to connect. */
  readonly timeoutMs: number
  /** Comes before every key, so that others can share the server. */
  readonly keyPrefix?: string
}

/** Calls that may wait for an answer at once; more are refused, so that a server that hangs costs a constant. */
const inFlightLimit = 10_000

const hashOf = (script: string): string => createHash('sha1').update(script).digest('hex')
const take = { text: takeScript, hash: hashOf(takeScript) }
const settle = { text: settleScript, hash: hashOf(settleScript) }

function connectRedis({ url, timeoutMs, keyPrefix = 'orrery:' }: RedisCacheOptions): Redis {
  return new Redis(url, {
    keyPrefix,
    connectionName: 'orrery',
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // A server that hangs is left, and what waits for it is given up.
    socketTimeout: 2 * timeoutMs,
    enableOfflineQueue: false,
    // Repeating what may have been done already would take twice from a bucket.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // After a fail-over the old master may live on as a replica: whoever asks for the address anew finds the new one.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), 1000) + Math.random() * 100,
  })
}

/** Small shared state in Redis. Connects in the background and for ever; while it is away, calls fail at once. */
export function openRedisCache(options: RedisCacheOptions): Cache {
  const redis = connectRedis(options)
  let lastError: unknown = null
  let inFlight = 0
  redis.on('error', (error: unknown) => (lastError = error))
  // The first calls may come before the first attempt to connect is over: they wait for it.
  let attempted = false
  const firstAttempt = new Promise<void>((resolve) => {
    const settled = () => {
      attempted = true
      resolve()
    }
    redis.once('ready', settled)
    redis.once('close', settled)
  })

  async function call<T>(work: () => Promise<T>): Promise<T> {
    if (inFlight >= inFlightLimit) throw sourceUnavailable('cache', new Error('too many calls wait'))
    inFlight += 1
    try {
      if (!attempted) await firstAttempt
      return await work()
    } catch (error) {
      throw sourceUnavailable('cache', redis.status === 'ready' ? error : (lastError ?? error))
    } finally {
      inFlight -= 1
    }
  }

  /** One round trip, except for the first time a server sees the script. */
  async function runScript(
    script: { text: string; hash: string },
    key: string,
    amount: number,
    { capacity, restorePerSecond }: BucketShape,
  ): Promise<unknown> {
    try {
      return await redis.evalsha(script.hash, 1, key, amount, capacity, restorePerSecond)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return redis.eval(script.text, 1, key, amount, capacity, restorePerSecond)
    }
  }

  return {
    mode: 'CONNECTED',
    get: (key) => call(() => redis.get(key)),
    async set(key, value, ttlMs) {
      await call(() => (ttlMs === undefined ? redis.set(key, value) : redis.set(key, value, 'PX', Math.ceil(ttlMs))))
    },
    async setIfAbsent(key, value, ttlMs) {
      const stored = await call(() =>
        ttlMs === undefined ? redis.set(key, value, 'NX') : redis.set(key, value, 'PX', Math.ceil(ttlMs), 'NX'),
      )
      return stored === 'OK'
    },
    async delete(key) {
      await call(() => redis.del(key))
    },
    async keepsEverything() {
      const text = await call(() => redis.info('memory'))
      return /maxmemory_policy:(\S+)/.exec(text)?.[1] === 'noeviction'
    },
    async takeFromBucket(key, cost, bucket) {
      const answer = await call(() => runScript(take, key, cost, bucket))
      const [granted, remaining, retryAfterMs] = Array.isArray(answer) ? answer.map(Number) : []
      if (granted === undefined || remaining === undefined || retryAfterMs === undefined)
        throw sourceUnavailable('cache', new Error('unexpected answer of a script'))
      return { granted: granted === 1, remaining, retryAfterMs }
    },
    async settleBucket(key, delta, bucket) {
      await call(() => runScript(settle, key, delta, bucket))
    },
    async ping(timeoutMs) {
      await call(() => raceLimits(redis.ping(), { timeoutMs }))
    },
    async version() {
      const text = await call(() => redis.info('server'))
      return /redis_version:(\S+)/.exec(text)?.[1] ?? 'unknown'
    },
    async close() {
      redis.disconnect()
    },
  }
}
