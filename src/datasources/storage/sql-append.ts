import { AppError } from '../../errors.ts'
import { type Nanos } from '../../time.ts'
import { type Sql } from '../sql/sql.ts'
import { type Head, type Judged, keyText, type StoredKey } from './append-verdicts.ts'
import { DATA, hex } from './record-chain.ts'
import { aboutOfPayload, RESERVED_PREFIX } from './record-rules.ts'
import { type AppendRequest } from './storage.ts'

/** A stream as an append needs it. */
export interface AppendTarget {
  readonly tenantId: string
  readonly streamKey: bigint
}

/** @throws AppError NOT_FOUND */
export async function readHead(sql: Sql, { tenantId, streamKey }: AppendTarget): Promise<Head> {
  const row = await sql.maybeOne<{ length: bigint; head_hash: Uint8Array | null; last_at_ns: bigint }>(
    'select length, head_hash, last_at_ns from record_streams where stream_key = $1 and tenant_id = $2',
    [streamKey, tenantId],
  )
  if (row === null) throw new AppError('NOT_FOUND', 'There is no such stream.')
  return { length: row.length, hash: row.head_hash, lastAt: row.last_at_ns }
}

/** The keys of these requests that were used before. */
export async function readKeys(sql: Sql, { tenantId }: AppendTarget, requests: readonly AppendRequest[]): Promise<Map<string, StoredKey>> {
  const wanted = requests.flatMap(({ idempotency }) => idempotency ?? [])
  if (wanted.length === 0) return new Map()
  const rows = await sql.any<{
    actor_id: string
    key: string
    request_hash: string
    first_offset: bigint
    record_count: number
    head_hash: Uint8Array
  }>(
    `select k.actor_id, k.key, k.request_hash, k.first_offset, k.record_count, k.head_hash
       from unnest($2::text[], $3::text[]) as wanted (actor_id, key)
       join record_append_keys k on k.tenant_id = $1 and k.actor_id = wanted.actor_id and k.key = wanted.key`,
    [tenantId, wanted.map(({ actorId }) => actorId), wanted.map(({ key }) => key)],
  )
  return new Map(
    rows.map((row) => [
      keyText({ actorId: row.actor_id, key: row.key }),
      { requestHash: row.request_hash, firstOffset: row.first_offset, count: row.record_count, headHash: row.head_hash },
    ]),
  )
}

/** What a statement stores beside the payloads. */
interface Write {
  readonly target: AppendTarget
  readonly head: Head
  readonly judged: Judged
  readonly at: Nanos
}

/**
 * One statement is one transaction: moving the head (only from where we know it), the records, their announcement and their keys. A payload is a
 * slice of one value, which costs the parsers of both ends least.
 * @returns whether the head was where we knew it
 */
export async function writeRecords(sql: Sql, { target, head, judged, at }: Write): Promise<boolean> {
  const { payloads, hashes, keys } = judged
  const lengths = payloads.map((payload) => payload.length)
  let start = 1
  const starts = lengths.map((length) => (start += length) - length)
  const about = payloads.map((payload) => aboutOfPayload(target.tenantId, payload)?.toString('hex') ?? null)
  const newest = hashes.at(-1)
  if (newest === undefined) throw new Error('an append stores at least one record')
  const values = [
    target.streamKey,
    target.tenantId,
    head.length,
    head.hash,
    payloads.length,
    newest,
    at,
    Buffer.concat(payloads),
    Buffer.concat(hashes),
    starts,
    lengths,
    about.some((ref) => ref !== null) ? about : [],
    ...(keys.length === 0
      ? []
      : [
          keys.map(({ request }) => request.idempotency?.actorId ?? ''),
          keys.map(({ request }) => request.idempotency?.key ?? ''),
          keys.map(({ stored }) => stored.requestHash),
          keys.map(({ stored }) => stored.firstOffset),
          keys.map(({ stored }) => stored.count),
          keys.map(({ stored }) => hex(stored.headHash)),
        ]),
  ]
  const keyed =
    keys.length === 0
      ? ''
      : `, keyed as (
       insert into record_append_keys (tenant_id, actor_id, key, request_hash, stream_key, first_offset, record_count, head_hash, created_at_ns)
       select $2, k.actor_id, k.key, k.request_hash, moved.stream_key, k.first_offset, k.record_count, decode(k.head_hash, 'hex'), $7
         from moved, unnest($13::text[], $14::text[], $15::text[], $16::bigint[], $17::integer[], $18::text[])
           as k (actor_id, key, request_hash, first_offset, record_count, head_hash))`
  const { moved } = await sql.one<{ moved: boolean }>(
    `with moved as (
       update record_streams set length = length + $5, head_hash = $6::bytea, last_at_ns = $7
        where stream_key = $1 and tenant_id = $2 and length = $3 and head_hash is not distinct from $4::bytea
       returning stream_key, name
     ), stored as (
       insert into records (stream_key, record_offset, kind, payload, hash, recorded_at_ns, about)
       select moved.stream_key, $3::bigint + at.ord - 1, ${DATA}, substring($8::bytea from at.start for at.bytes),
              substring($9::bytea from ((at.ord - 1) * 32 + 1)::integer for 32), $7, decode(($12::text[])[at.ord], 'hex')
         from moved, unnest($10::integer[], $11::integer[]) with ordinality as at (start, bytes, ord)
     ), told as (
       insert into record_outbox (stream_key, first_offset, record_count, head_hash, at_ns)
       select stream_key, $3, $5, $6::bytea, $7 from moved where left(name, 1) <> '${RESERVED_PREFIX}'
     )${keyed}
     select exists (select 1 from moved) as moved`,
    values,
  )
  return moved
}
