import { randomUUID } from 'node:crypto'
import { type Clock } from '../../time.ts'
import { groupCommit } from '../group-commit.ts'
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

interface Named {
  readonly tenantId: string
  readonly name: string
}

/** One result per name, in their order. */
async function findNamed(sql: Sql, asked: readonly Named[]): Promise<(RecordStream | null)[]> {
  const rows = await sql.any<StreamRow & { ord: bigint }>(
    `select asked.ord, ${streamColumns} from unnest($1::text[], $2::text[]) with ordinality as asked (of_tenant, of_name, ord)
       join record_streams on tenant_id = of_tenant and name = of_name`,
    [asked.map(({ tenantId }) => tenantId), asked.map(({ name }) => name)],
  )
  const found = new Map(rows.map((row) => [Number(row.ord), toStream(row)]))
  return asked.map((_, index) => found.get(index + 1) ?? null)
}

export type FindStream = (scope: Scope, name: string) => Promise<RecordStream | null>

/** Finds streams by name. Every append begins so: many at once share a statement. */
export function createStreamFinder(sql: Sql): FindStream {
  const find = groupCommit({ run: (asked: readonly Named[]) => findNamed(sql, asked), most: 500, lanes: 2 })
  return ({ tenantId, signal }, name) => {
    signal?.throwIfAborted()
    return find({ tenantId, name })
  }
}

/** Made once per name, whoever asks first; the class of a later call is ignored. */
export async function createStream(
  { sql, clock, find }: { sql: Sql; clock: Clock; find: FindStream },
  scope: Scope,
  { name, dataClass, retentionDays }: NewStream,
): Promise<{ stream: RecordStream; created: boolean }> {
  const row = await sql.maybeOne<StreamRow>(
    `insert into record_streams (tenant_id, name, data_class, epoch, created_at_ns, retention_days) values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id, name) do nothing returning ${streamColumns}`,
    [scope.tenantId, name, dataClass, randomUUID(), clock.now(), retentionDays],
  )
  if (row !== null) return { stream: toStream(row), created: true }
  const stream = await find(scope, name)
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
