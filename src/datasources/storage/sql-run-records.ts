import { type CursorOwner } from '../page-cursor.ts'
import { type Page, type PageRequest } from '../page.ts'
import { groupByOrd } from '../sql-children.ts'
import { type RunKey } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type KeyedRow, keysetWindow, type ListOrder, parameters, toPage } from '../sql-keyset.ts'
import { aboutRun } from './record-rules.ts'
import { recordColumns, type RecordRow, toRecord } from './sql-records.ts'
import { type StreamRow, streamColumns, toStream } from './sql-streams.ts'
import { type RecordOfRun } from './storage.ts'

interface Row extends StreamRow, RecordRow, KeyedRow {
  readonly ord: bigint
  readonly other: boolean
}

const order: ListOrder = {
  name: 'stream',
  keys: [
    { expression: 'r.stream_key', kind: 'integer' },
    { expression: 'r.record_offset', kind: 'integer' },
  ],
  descending: false,
}

/** Native records that name the runs, one page per key, in one statement. */
export async function recordsOfRuns(sql: Sql, scope: Scope, keys: readonly RunKey[], page: PageRequest): Promise<Page<RecordOfRun>[]> {
  const params = parameters(
    scope.tenantId,
    keys.map((key) => aboutRun(scope.tenantId, key).toString('hex')),
  )
  const owner: CursorOwner = { list: 'recordsOfRun', order: order.name, tenantId: scope.tenantId }
  const window = keysetWindow(owner, order, page, params)
  const from = `records r join record_streams s on s.stream_key = r.stream_key and s.tenant_id = $1 where r.about = decode(parent.ref, 'hex')`
  const both = (condition: readonly string[]): string => condition.map((part) => ` and ${part}`).join('')
  const other =
    window.behind === null ? 'false' : `(select true from ${from} and ${window.behind} order by ${window.orderBehind} limit 1) is not null`
  const rows = await sql.any<Row>(
    `select parent.ord, ${other} as other, child.* from unnest($2::text[]) with ordinality as parent (ref, ord)
       left join lateral (select ${streamColumns
         .split(', ')
         .map((column) => `s.${column}`)
         .join(', ')}, ${recordColumns}, ${window.keyColumns}
         from ${from}${both(window.beyond)} order by ${window.orderBy} limit ${page.size + 1}) child on true
      order by parent.ord, ${window.orderRows('child')}`,
    params.values,
    { signal: scope.signal },
  )
  return groupByOrd(rows, keys.length).map((own) => {
    const found = own.filter(({ k1 }) => k1 !== null)
    return toPage(found, {
      owner,
      page,
      other: own[0]?.other ?? false,
      item: (row) => ({ stream: toStream(row), record: toRecord(row) }),
    })
  })
}
