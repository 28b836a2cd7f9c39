import { type Cache } from '../cache/cache.ts'
import { type Sql } from '../sql/sql.ts'
import { NONCE_GRACE_MS, type TicketCode } from './ticket-rules.ts'

export interface Consumption {
  readonly tenantId: string
  readonly ticketId: string
  readonly repoId: string
  readonly nonce: string
  readonly expMs: number
  readonly nowMs: number
}

/** Remembers nonces: one atomic step decides who was first. @throws AppError SOURCE_UNAVAILABLE: then nothing is consumed */
export interface Nonces {
  consume(consumption: Consumption): Promise<TicketCode>
  isSeen(repoId: string, nonce: string): Promise<boolean>
}

/**
 * One statement: the nonce is inserted unless it is known or its ticket is revoked, and the ticket is marked with it. The key is
 * (repo_id, nonce), so one nonce may appear in two repositories.
 */
export function createSqlNonces({ sql }: { sql: Sql }): Nonces {
  return {
    async consume({ tenantId, ticketId, repoId, nonce, expMs, nowMs }) {
      const { won, revoked } = await sql.one<{ won: bigint; revoked: boolean }>(
        `with won as (
           insert into nonces (repo_id, nonce, ticket_id, used_at, expires_at)
             select $1, $2, $3, $4::bigint, $5::bigint
              where not exists (select 1 from tickets where id = $3 and tenant_id = $6 and revoked_at_ms is not null)
           on conflict do nothing returning 1),
         marked as (update tickets set consumed_at_ms = $4::bigint where id = $3 and tenant_id = $6 and exists (select 1 from won))
         select (select count(*) from won) as won,
                exists (select 1 from tickets where id = $3 and tenant_id = $6 and revoked_at_ms is not null) as revoked`,
        [repoId, nonce, ticketId, BigInt(nowMs), BigInt(expMs + NONCE_GRACE_MS), tenantId],
      )
      if (won === 1n) return 'OK'
      return revoked ? 'REVOKED' : 'REPLAY'
    },
    async isSeen(repoId, nonce) {
      return (await sql.maybeOne('select 1 as seen from nonces where repo_id = $1 and nonce = $2', [repoId, nonce])) !== null
    },
  }
}

/** The same in Redis: one SET with NX and PX. Only on an instance that never evicts: a lost nonce is a replay. */
export function createCacheNonces({ cache, sql }: { cache: Cache; sql: Sql }): Nonces {
  const keyOf = (repoId: string, nonce: string): string => `orrery:nonce:${Buffer.byteLength(repoId)}:${repoId}:${nonce}`
  return {
    async consume({ tenantId, ticketId, repoId, nonce, expMs, nowMs }) {
      const row = await sql.maybeOne<{ revoked_at_ms: bigint | null }>(
        'select revoked_at_ms from tickets where id = $1 and tenant_id = $2',
        [ticketId, tenantId],
      )
      if (row?.revoked_at_ms != null) return 'REVOKED'
      const first = await cache.setIfAbsent(keyOf(repoId, nonce), ticketId, Math.max(1, expMs + NONCE_GRACE_MS - nowMs))
      if (!first) return 'REPLAY'
      await sql.run('update tickets set consumed_at_ms = $3 where id = $1 and tenant_id = $2', [ticketId, tenantId, BigInt(nowMs)])
      return 'OK'
    },
    isSeen: async (repoId, nonce) => (await cache.get(keyOf(repoId, nonce))) !== null,
  }
}
