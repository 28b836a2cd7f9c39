import { randomUUID } from 'node:crypto'
import { type Clock } from '../../time.ts'
import { containing, parameters } from '../sql-keyset.ts'
import { type ListSource, readPage } from '../sql-list.ts'
import { type Page, type PageRequest, emptyPage } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { hexOrNull } from './record-chain.ts'
import { RESERVED_PREFIX } from './record-rules.ts'
import { type DataClass, dataClasses, type NewStream, type RecordStream, type RecordStreamFilter, type StreamExtent } from './storage.ts'

export interface ExtentRow {
  length: bigint
  head_hash: Uint8Array | null
  first_offset: bigint
}

export interface StreamRow extends ExtentRow {
  stream_key: bigint
  tenant_id: string
  name: string
  data_class: string
  epoch: string
  created_at_ns: bigint
  retention_days: number | null
}

export const extentColumns = 'length, head_hash, first_offset'
export const streamColumns = `stream_key, tenant_id, name, data_class, epoch, created_at_ns, retention_days, ${extentColumns}`

export const toExtent = (row: ExtentRow): StreamExtent => ({
  length: row.length,
  headHash: hexOrNull(row.head_hash),
  firstOffset: row.first_offset,
})

const toDataClass = (text: string): DataClass => dataClasses.find((known) => known === text) ?? 'UNKNOWN'

export const toStream = (row: StreamRow): RecordStream => ({
  store: 'NATIVE',
  tenantId: row.tenant_id,
  name: row.name,
  key: row.stream_key.toString(),
  streamId: null,
  dataClass: toDataClass(row.data_class),
  epoch: row.epoch,
  createdAt: row.created_at_ns,
  retentionDays: row.retention_days,
  reserved: row.name.startsWith(RESERVED_PREFIX),
  extent: toExtent(row),
})

export function findStream(sql: Sql, scope: Scope, name: string): Promise<RecordStream | null> {
  return sql
    .maybeOne<StreamRow>(`select ${streamColumns} from record_streams where tenant_id = $1 and name = $2`, [scope.tenantId, name], {
      signal: scope.signal,
    })
    .then((row) => row && toStream(row))
}

/** Made once per name, whoever asks first; the class of a later call is ignored. */
export async function createStream(
  { sql, clock }: { sql: Sql; clock: Clock },
  scope: Scope,
  { name, dataClass, retentionDays }: NewStream,
): Promise<{ stream: RecordStream; created: boolean }> {
  const row = await sql.maybeOne<StreamRow>(
    `insert into record_streams (tenant_id, name, data_class, epoch, created_at_ns, retention_days) values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id, name) do nothing returning ${streamColumns}`,
    [scope.tenantId, name, dataClass, randomUUID(), clock.now(), retentionDays],
  )
  if (row !== null) return { stream: toStream(row), created: true }
  const stream = await findStream(sql, scope, name)
  if (stream === null) throw new Error('a stream that was there has gone')
  return { stream, created: false }
}

function conditions({ nameContains, dataClasses: wanted }: RecordStreamFilter, scope: Scope) {
  const params = parameters(scope.tenantId)
  const where = ['tenant_id = $1']
  if (nameContains != null) where.push(`name ilike ${params.add(containing(nameContains))} escape '\\'`)
  if (wanted != null) where.push(`data_class = any(${params.add([...wanted])}::text[])`)
  return { params, where }
}

const byName: ListSource['order'] = { name: 'name', keys: [{ expression: 'name collate "C"', kind: 'text' }], descending: false }

export function listStreams(sql: Sql, scope: Scope, filter: RecordStreamFilter, page: PageRequest): Promise<Page<RecordStream>> {
  if (filter.stores != null && !filter.stores.includes('NATIVE')) return Promise.resolve(emptyPage)
  const { params, where } = conditions(filter, scope)
  const source: ListSource = { list: 'recordStreams', order: byName, columns: streamColumns, from: 'record_streams', where }
  return readPage<StreamRow, RecordStream>(sql, scope, { source, page, params, item: toStream })
}

export async function countStreams(sql: Sql, scope: Scope, filter: RecordStreamFilter): Promise<number> {
  if (filter.stores != null && !filter.stores.includes('NATIVE')) return 0
  const { params, where } = conditions(filter, scope)
  const { n } = await sql.one<{ n: bigint }>(`select count(*) as n from record_streams where ${where.join(' and ')}`, params.values, {
    signal: scope.signal,
  })
  return Number(n)
}
