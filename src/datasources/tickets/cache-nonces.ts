import { AppError, isOutage } from '../../errors.ts'
import { type Cache } from '../cache/cache.ts'
import { type Sql } from '../sql/sql.ts'
import { type Nonces, type NonceState } from './nonces.ts'
import { stampColumns } from './sql-stamps.ts'
import { NONCE_GRACE_MS } from './ticket-rules.ts'

/** The policy of a server can be changed while it runs: an answer is believed for so long. */
const BELIEVED_MS = 60_000

const EVICTS =
  'TICKET_NONCES=redis: this Redis evicts keys when its memory is full, so that a used ticket could be used again. Set `maxmemory-policy noeviction`, or keep nonces in SQL (TICKET_NONCES=sql).'

/** The same in Redis: one SET with NX and PX. Only on an instance that never evicts: a lost nonce is a replay (contract: guarantees 14.7). */
export function createCacheNonces({ cache, sql }: { cache: Cache; sql: Sql }): Nonces {
  const keyOf = (repoId: string, nonce: string): string => `nonce:${Buffer.byteLength(repoId)}:${repoId}:${nonce}`
  let believedUntil = 0

  async function check(): Promise<void> {
    if (performance.now() < believedUntil) return
    if (!(await cache.keepsEverything())) throw new AppError('SOURCE_UNAVAILABLE', EVICTS, { source: 'cache', retryable: false })
    believedUntil = performance.now() + BELIEVED_MS
  }

  async function stateOf(tenantId: string, ticketId: string): Promise<NonceState['code']> {
    const row = await sql.maybeOne<{ tenant_id: string; is_revoked: boolean }>(
      'select tenant_id, revoked_at_ms is not null as is_revoked from tickets where id = $1',
      [ticketId],
    )
    if (row === null) return 'OK'
    return row.tenant_id !== tenantId ? 'INVALID_SIGNATURE' : row.is_revoked ? 'REVOKED' : 'OK'
  }

  return {
    async consume(use) {
      const { tenantId, ticketId, repoId, nonce, expMs, nowMs } = use
      await check()
      const state = await stateOf(tenantId, ticketId)
      if (state !== 'OK') return state
      const first = await cache.setIfAbsent(keyOf(repoId, nonce), ticketId, Math.max(1, expMs + NONCE_GRACE_MS - nowMs))
      if (!first) return 'REPLAY'
      await sql.run(
        `with stamped as (
           insert into stamps (stamp_id, tenant_id, ticket_id, repo_sha, plan_hash, file_path, stamp, created_at_ms)
             select stamp_id, $2, $1, repo_sha, plan_hash, file_path, stamp, $3
               from unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
                      as s (ord, stamp_id, repo_sha, plan_hash, file_path, stamp))
         update tickets set consumed_at_ms = $3::bigint where id = $1::text and tenant_id = $2::text`,
        [ticketId, tenantId, BigInt(nowMs), ...stampColumns([use])],
      )
      return 'OK'
    },
    async look({ tenantId, ticketId, repoId, nonce }) {
      const [code, known] = await Promise.all([stateOf(tenantId, ticketId), cache.get(keyOf(repoId, nonce))])
      return { code, seen: code !== 'INVALID_SIGNATURE' && known !== null }
    },
    async check() {
      // a server that is away is asked again before the first nonce is written
      await check().catch((error: unknown) => {
        if (isOutage(error) && error.retryable) return
        throw error
      })
    },
  }
}
