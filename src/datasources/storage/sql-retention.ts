import { type Clock, type Nanos } from '../../time.ts'
import { type Sql } from '../sql/sql.ts'
import { offsetAt } from './sql-records.ts'
import { type StreamRow, streamColumns, toStream } from './sql-streams.ts'
import { type RecordStream } from './storage.ts'

const DAY_NS: Nanos = 86_400_000_000_000n
const BITE = 5_000n

/**
 * Cuts the records before an offset. Proof stays: the hash of the last one that goes becomes the anchor of what is left and is pinned, all in one
 * transaction, so that a segment exported before still joins on.
 * @returns how many records went
 */
export async function cutBefore({ sql, clock }: { sql: Sql; clock: Clock }, stream: RecordStream, before: bigint): Promise<bigint> {
  const key = BigInt(stream.key)
  let cut = 0n
  for (;;) {
    const bite = await sql.transaction(async (tx) => {
      const { first_offset: first, length } = await tx.one<{ first_offset: bigint; length: bigint }>(
        'select first_offset, length from record_streams where stream_key = $1 and tenant_id = $2 for update',
        [key, stream.tenantId],
      )
      const wanted = before < length ? before : length
      const end = first + BITE < wanted ? first + BITE : wanted
      if (end <= first) return 0n
      const { hash } = await tx.one<{ hash: Uint8Array }>('select hash from records where stream_key = $1 and record_offset = $2', [
        key,
        end - 1n,
      ])
      await tx.run('delete from records where stream_key = $1 and record_offset < $2', [key, end])
      await tx.run('update record_streams set first_offset = $2, anchor_hash = $3 where stream_key = $1', [key, end, hash])
      if (end === wanted)
        await tx.run(
          `insert into record_pins (stream_key, length, head_hash, pinned_at_ns, reason, pinned_by) values ($1, $2, $3, $4, 'RETENTION', 'system')`,
          [key, end, hash, clock.now()],
        )
      return end - first
    })
    if (bite === 0n) return cut
    cut += bite
  }
}

/** Applies `retentionDays` to the streams of all tenants that have one. */
export async function applyRetention(parts: { sql: Sql; clock: Clock }): Promise<bigint> {
  const rows = await parts.sql.any<StreamRow>(`select ${streamColumns} from record_streams where retention_days is not null`)
  let cut = 0n
  for (const row of rows) {
    const stream = toStream(row)
    const oldest = parts.clock.now() - BigInt(row.retention_days ?? 0) * DAY_NS
    cut += await cutBefore(parts, stream, await offsetAt(parts.sql, { tenantId: stream.tenantId }, stream, oldest))
  }
  return cut
}
