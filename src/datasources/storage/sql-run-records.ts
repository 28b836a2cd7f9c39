import { type Page, type PageRequest } from '../page.ts'
import { type ChildSource, readPagesOfParents } from '../sql-children.ts'
import { type RunKey } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type ListOrder, parameters } from '../sql-keyset.ts'
import { aboutRun } from './record-rules.ts'
import { recordColumns, type RecordRow, toRecord } from './sql-records.ts'
import { type StreamRow, streamColumns, toStream } from './sql-streams.ts'
import { type RecordOfRun } from './storage.ts'

interface Row extends StreamRow, RecordRow {}

const ofStream = streamColumns
  .split(', ')
  .map((column) => `s.${column}`)
  .join(', ')

const order: ListOrder = {
  name: 'stream',
  keys: [
    { expression: 'r.stream_key', kind: 'integer' },
    { expression: 'r.record_offset', kind: 'integer' },
  ],
  descending: false,
}

/** Native records that name the runs, one page per key, in one statement. */
export function recordsOfRuns(sql: Sql, scope: Scope, keys: readonly RunKey[], page: PageRequest): Promise<Page<RecordOfRun>[]> {
  const params = parameters(
    scope.tenantId,
    keys.map((key) => aboutRun(scope.tenantId, key).toString('hex')),
  )
  const source: ChildSource = {
    ...{ list: 'recordsOfRun', order, columns: `${ofStream}, ${recordColumns}` },
    from: 'records r join record_streams s on s.stream_key = r.stream_key and s.tenant_id = $1',
    where: [`r.about = decode(parent.ref, 'hex')`],
  }
  const parents = 'unnest($2::text[]) with ordinality as parent (ref, ord)'
  const item = (row: Row): RecordOfRun => ({ stream: toStream(row), record: toRecord(row) })
  return readPagesOfParents<Row, RunKey, RecordOfRun>(sql, scope, { keys, parents, source, page, params, item })
}
