import { type FastifyBaseLogger } from 'fastify'
import { type Config } from './config.ts'
import { migrate } from './datasources/sql/migrate.ts'
import { serverKey } from './datasources/sql/server-key.ts'
import { type Sql } from './datasources/sql/sql.ts'
import { isOutage } from './errors.ts'
import { createCursorCodec } from './subscriptions/signed-cursor.ts'
import { type LateCursors } from './subscriptions/late-cursors.ts'
import { type Clock } from './time.ts'
import { pause } from './pause.ts'

export interface PrepareParts {
  readonly config: Pick<Config, 'cursorKeys'>
  readonly sql: Sql
  readonly cursors: LateCursors
  readonly clock: Clock
  readonly logger: FastifyBaseLogger
  /** Ends the waiting for a store that is down. */
  readonly signal: AbortSignal
}

const RETRY_MS = 1_000

async function prepareOnce({ config, sql, cursors, clock, logger }: PrepareParts): Promise<void> {
  const applied = await migrate(sql)
  if (applied.length > 0) logger.info({ migrations: applied }, 'migrations applied')
  const keys = config.cursorKeys?.map((key) => Buffer.from(key, 'utf8')) ?? [await serverKey(sql, 'cursor', clock)]
  cursors.settle(createCursorCodec({ keys, clock }))
}

/**
 * Brings the tables up to date and finds the key that signs cursors; waits for a store that is down, for as long as it takes.
 * @returns false when `signal` ended the waiting
 * @throws what a store that is up refused
 */
export async function prepareStores(parts: PrepareParts): Promise<boolean> {
  for (let attempt = 1; !parts.signal.aborted; attempt += 1) {
    try {
      await prepareOnce(parts)
      return true
    } catch (error) {
      if (parts.signal.aborted) return false
      if (!isOutage(error)) throw error
      if (attempt === 1) parts.logger.warn({ err: error }, 'SQL does not answer yet: the server is up, not ready, and keeps trying')
      await pause(RETRY_MS, parts.signal)
    }
  }
  return false
}
