import { readConfig } from '../../src/config.ts'
import { openMemoryCache } from '../../src/datasources/cache/memory-cache.ts'
import { openRedisCache } from '../../src/datasources/cache/redis-cache.ts'
import { createGuarantees, type GuaranteeParts } from '../../src/datasources/guarantees/index.ts'
import { createCounters } from '../../src/datasources/slo/counters.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { createCacheNonces } from '../../src/datasources/tickets/cache-nonces.ts'
import { type Nonces } from '../../src/datasources/tickets/nonces.ts'
import { createSqlNonces } from '../../src/datasources/tickets/sql-nonces.ts'
import { type Origin } from '../../src/datasources/tickets/tickets.ts'
import { type Clock, systemClock } from '../../src/time.ts'

/** A request of nobody in particular. */
export const nowhere: Origin = { ip: null, userAgent: null }

/** Tickets as a server has them, nonces in SQL or, with its address, in Redis. */
export function ticketsOver(sql: Sql, redisUrl: string | null, clock: Clock = systemClock): GuaranteeParts & { close(): Promise<void> } {
  const cache = redisUrl === null ? openMemoryCache() : openRedisCache({ url: redisUrl, timeoutMs: 30_000 })
  const config = readConfig(redisUrl === null ? {} : { TICKET_NONCES: 'redis', REDIS_URL: redisUrl })
  const counters = createCounters({ now: () => Date.now() / 1000 })
  return { ...createGuarantees({ sql, cache, config, clock, counters }), close: () => cache.close() }
}

/** The store of nonces alone. */
export function createNonceProbe({ sql, redisUrl }: { sql: Sql; redisUrl: string | null }): Nonces & { close(): Promise<void> } {
  if (redisUrl === null) return { ...createSqlNonces({ sql }), close: async () => undefined }
  const cache = openRedisCache({ url: redisUrl, timeoutMs: 30_000 })
  return { ...createCacheNonces({ cache, sql }), close: () => cache.close() }
}
