import { type Clock } from '../../time.ts'
import { parameters } from '../sql-keyset.ts'
import { type ChildSource, readPagesOfParents } from '../sql-children.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { pinColumns, pinOf, pinOrder, type PinRow } from './pin-rows.ts'
import { type Pin, type PinReason, type RecordStream } from './storage.ts'

/** Length and head are read and noted in one statement: they belong together. */
export async function pinStream(
  { sql, clock }: { sql: Sql; clock: Clock },
  scope: Scope,
  { stream, reason, actor }: { stream: RecordStream; reason: PinReason; actor: string },
): Promise<Pin> {
  const row = await sql.one<PinRow>(
    `insert into record_pins (stream_key, length, head_hash, pinned_at_ns, reason, pinned_by)
     select stream_key, length, head_hash, $3, $4, $5 from record_streams where stream_key = $1 and tenant_id = $2
     returning ${pinColumns}`,
    [BigInt(stream.key), scope.tenantId, clock.now(), reason, actor],
    { signal: scope.signal },
  )
  return pinOf(row)
}

/** One page per stream, in one statement. */
export function pinsOfStreams(sql: Sql, scope: Scope, streams: readonly RecordStream[], page: PageRequest): Promise<Page<Pin>[]> {
  const keys = streams.map(({ key }) => BigInt(key))
  const params = parameters(scope.tenantId, keys)
  const where = ['stream_key = (select s.stream_key from record_streams s where s.tenant_id = $1 and s.stream_key = parent.wanted_key)']
  const source: ChildSource = { list: 'pins', order: pinOrder, columns: pinColumns, from: 'record_pins', where }
  const parents = 'unnest($2::bigint[]) with ordinality as parent (wanted_key, ord)'
  return readPagesOfParents<PinRow, bigint, Pin>(sql, scope, { keys, parents, source, page, params, item: pinOf })
}

/**
 * Pins every stream that has grown since its last pin, of all tenants: it is age and growth that matter.
 * @returns how many were pinned
 */
export function pinGrownStreams({ sql, clock }: { sql: Sql; clock: Clock }): Promise<number> {
  return sql.run(
    `insert into record_pins (stream_key, length, head_hash, pinned_at_ns, reason, pinned_by)
     select s.stream_key, s.length, s.head_hash, $1, 'SCHEDULE', 'system' from record_streams s
      where s.length > coalesce((select max(p.length) from record_pins p where p.stream_key = s.stream_key), 0)`,
    [clock.now()],
  )
}
