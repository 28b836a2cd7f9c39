import { type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { hex, hexOrNull, recordKinds } from './record-chain.ts'
import { groupByOrd } from '../sql-children.ts'
import { type RecordRange, type RecordStream, type StoredRecord } from './storage.ts'

export interface RecordRow {
  record_offset: bigint
  kind: number
  payload: Uint8Array
  hash: Uint8Array
  previous_hash: Uint8Array | null
  recorded_at_ns: bigint
}

export const MOST_READ = 1_000n

/** Columns of `records r` in stream `s`; the hash before the first record that is held is the anchor. */
export const recordColumns = `r.record_offset, r.kind, r.payload, r.hash, r.recorded_at_ns,
  case when r.record_offset = s.first_offset then s.anchor_hash
       else (select b.hash from records b where b.stream_key = r.stream_key and b.record_offset = r.record_offset - 1) end as previous_hash`

export const toRecord = (row: RecordRow): StoredRecord => ({
  offset: row.record_offset,
  kind: recordKinds[row.kind] ?? 'DATA',
  payload: row.payload,
  hash: hex(row.hash),
  previousHash: hexOrNull(row.previous_hash),
  recordedAt: row.recorded_at_ns,
})

export async function readRecords(
  sql: Sql,
  scope: Scope,
  stream: RecordStream,
  { from, to }: { from: bigint; to: bigint },
): Promise<StoredRecord[]> {
  const end = to - from > MOST_READ ? from + MOST_READ : to
  if (end <= from) return []
  const rows = await sql.any<ChainedRow>(
    `select r.record_offset, r.kind, r.payload, r.hash, r.recorded_at_ns,
            case when r.record_offset = s.first_offset then s.anchor_hash end as anchor_hash
       from record_streams s join records r on r.stream_key = s.stream_key
      where s.stream_key = $1 and s.tenant_id = $2 and r.record_offset >= $3 and r.record_offset < $4 and r.record_offset < s.length
      order by r.record_offset`,
    [BigInt(stream.key), scope.tenantId, from - 1n, end],
    { signal: scope.signal },
  )
  return linked(rows, from)
}

/** A record, or the one before the range: it is read along, since its hash is the first one's link. */
type ChainedRow = Omit<RecordRow, 'previous_hash'> & { anchor_hash: Uint8Array | null }

/** Rows in the order of their offsets as records from `from` on, each with the hash before it. */
const linked = (rows: readonly ChainedRow[], from: bigint): StoredRecord[] =>
  rows.flatMap((row, index) => {
    if (row.record_offset < from) return []
    const before = rows[index - 1]
    const previous = before !== undefined && before.record_offset === row.record_offset - 1n ? before.hash : row.anchor_hash
    return [toRecord({ ...row, previous_hash: previous })]
  })

/** Stretches of many streams, in one statement. */
export async function readRanges(sql: Sql, scope: Scope, ranges: readonly RecordRange[]): Promise<StoredRecord[][]> {
  const ends = ranges.map(({ from, to }) => (to - from > MOST_READ ? from + MOST_READ : to))
  const rows = await sql.any<ChainedRow & { ord: bigint }>(
    `select wanted.ord, r.record_offset, r.kind, r.payload, r.hash, r.recorded_at_ns,
            case when r.record_offset = s.first_offset then s.anchor_hash end as anchor_hash
       from unnest($2::bigint[], $3::bigint[], $4::bigint[]) with ordinality as wanted (stream_key, low, high, ord)
       join record_streams s on s.stream_key = wanted.stream_key and s.tenant_id = $1
      cross join lateral (
            select * from records found
             where found.stream_key = s.stream_key and found.record_offset >= wanted.low and found.record_offset < least(wanted.high, s.length)
             order by found.record_offset limit ${MOST_READ + 1n}) r
      order by wanted.ord, r.record_offset`,
    [scope.tenantId, ranges.map(({ stream }) => BigInt(stream.key)), ranges.map(({ from }) => from - 1n), ends],
    { signal: scope.signal },
  )
  return groupByOrd(rows, ranges.length).map((own, index) => linked(own, ranges[index]?.from ?? 0n))
}

/** Halves the range until one offset is left: ingest times never run backwards within a stream. */
export async function offsetAt(sql: Sql, scope: Scope, stream: RecordStream, at: Nanos): Promise<bigint> {
  const { found } = await sql.one<{ found: bigint }>(
    `with recursive probe (low, high) as (
       select first_offset, length from record_streams where stream_key = $1 and tenant_id = $2
       union all
       select case when r.recorded_at_ns < $3 then p.middle + 1 else p.low end, case when r.recorded_at_ns < $3 then p.high else p.middle end
         from (select low, high, (low + high) / 2 as middle from probe where low < high) p
         join records r on r.stream_key = $1 and r.record_offset = p.middle
     ) select low as found from probe order by high - low limit 1`,
    [BigInt(stream.key), scope.tenantId, at],
    { signal: scope.signal },
  )
  return found
}
