import { type Sql } from '../sql/sql.ts'
import { type AppendCounts } from './append-counts.ts'
import { seconds } from './windows.ts'

/** Longer windows than this are never fully covered. */
const KEPT_DAYS = 32n

/** Adds what this process counted to what all replicas did; what cannot be stored is kept for the next time. */
export async function storeAppendCounts(sql: Sql, counts: AppendCounts): Promise<void> {
  const slots = counts.take()
  if (slots.length === 0) return
  try {
    await sql.run(
      `insert into append_slots as s (tenant_id, stream_name, at_ns, accepted, refused)
         select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) as given (tenant_id, stream_name, at_ns, accepted, refused)
         order by 1, 3, 2
       on conflict (tenant_id, at_ns, stream_name) do update set accepted = s.accepted + excluded.accepted, refused = s.refused + excluded.refused`,
      [
        slots.map(({ tenantId }) => tenantId),
        slots.map(({ stream }) => stream),
        slots.map(({ at }) => at),
        slots.map(({ accepted }) => accepted),
        slots.map(({ refused }) => refused),
      ],
    )
  } catch (error) {
    counts.restore(slots)
    throw error
  }
}

/** Removes what no window reaches; a bounded bite. */
export async function purgeAppendCounts(sql: Sql, nowSeconds: number): Promise<void> {
  await sql.run(
    'delete from append_slots where (tenant_id, at_ns, stream_name) in (select tenant_id, at_ns, stream_name from append_slots where at_ns < $1 limit 20000)',
    [seconds(Math.floor(nowSeconds)) - seconds(86_400) * KEPT_DAYS],
  )
}
