import { type Sql } from '../sql/sql.ts'
import { numberOf } from './ticket-rows.ts'
import { NONCE_GRACE_MS } from './ticket-rules.ts'
import { type TicketsDataSource } from './tickets.ts'

const BITE = 5_000

/** Bounded statements, until one finds less than it may take. @returns how many rows went */
async function removeInBites(sql: Sql, statement: string, before: bigint): Promise<number> {
  let all = 0
  for (let removed = BITE; removed === BITE; all += removed) removed = await sql.run(statement, [before])
  return all
}

interface UpkeepParts {
  readonly sql: Sql
  readonly nowMs: () => number
  readonly maxTtlMs: number
  readonly rejected: () => number
}

/** What is there and what goes, of tickets, nonces, stamps and keys. */
export function createTicketUpkeep({ sql, nowMs, maxTtlMs, rejected }: UpkeepParts): Pick<TicketsDataSource, 'stats' | 'cleanUp'> {
  return {
    async stats({ tenantId, signal }) {
      const row = await sql.one<{
        active: bigint
        stamps: bigint
        oldest: bigint | null
        tracked: bigint
        repositories: bigint
        next: bigint | null
      }>(
        `select (select count(*) from tickets where tenant_id = $1 and consumed_at_ms is null and revoked_at_ms is null and expires_at_ms > $2) as active,
                (select count(*) from stamps where tenant_id = $1) as stamps,
                (select min(issued_at_ms) from tickets where tenant_id = $1 and consumed_at_ms is null and revoked_at_ms is null and expires_at_ms > $2) as oldest,
                -- of the tickets, which know it wherever the nonces are kept
                (select count(*) from tickets where tenant_id = $1 and consumed_at_ms is not null and expires_at_ms + $3 > $2) as tracked,
                (select count(distinct repo_id) from tickets where tenant_id = $1 and consumed_at_ms is not null and expires_at_ms + $3 > $2) as repositories,
                (select min(expires_at_ms) + $3 from tickets where tenant_id = $1 and consumed_at_ms is not null and expires_at_ms + $3 > $2) as next`,
        [tenantId, BigInt(nowMs()), BigInt(NONCE_GRACE_MS)],
        { signal },
      )
      return {
        activeTickets: Number(row.active),
        stampHistory: Number(row.stamps),
        oldestTicketMs: numberOf(row.oldest),
        noncesTracked: Number(row.tracked),
        repositories: Number(row.repositories),
        oldestNonceExpiresMs: numberOf(row.next),
        rejected: rejected(),
      }
    },
    async cleanUp() {
      const now = BigInt(nowMs())
      const expiredNoncesRemoved = await removeInBites(
        sql,
        `delete from nonces where (repo_id, nonce) in (select repo_id, nonce from nonces where expires_at <= $1 limit ${BITE})`,
        now,
      )
      const hourAgo = now - 3_600_000n
      await removeInBites(sql, `delete from tickets where id in (select id from tickets where expires_at_ms <= $1 limit ${BITE})`, hourAgo)
      // a stamp is made while its ticket lives, and needs no row to be checked: the history of it goes when the ticket must have gone
      const ticketsGone = hourAgo - BigInt(maxTtlMs)
      await removeInBites(
        sql,
        `delete from stamps where stamp_id in (select stamp_id from stamps where created_at_ms <= $1 limit ${BITE})`,
        ticketsGone,
      )
      const expiredKeysRemoved = await sql.run('delete from ticket_keys where verify_until_ms is not null and verify_until_ms <= $1', [now])
      return { expiredKeysRemoved, expiredNoncesRemoved }
    },
  }
}
