import { type Page, type PageRequest } from '../page.ts'
import { decodeListCursor, encodeListCursor } from '../page-cursor.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { countRows } from '../sql-counts.ts'
import { parameters } from '../sql-keyset.ts'
import { type DeadLetter } from './sources.ts'

interface Row {
  stream: string
  sequence: bigint
  tenant_id: string | null
  subject: string
  reason: string
  received_at_ns: bigint
  payload: string
}

/** A subject that names no tenant may carry anybody's text, so everybody sees that the message exists and nobody sees what is in it. */
const WITHHELD = '(withheld: the subject names no tenant)'

const read = (row: Row): DeadLetter => ({
  source: row.stream,
  sequence: row.sequence,
  subject: row.subject,
  reason: row.reason,
  receivedAt: row.received_at_ns,
  payload: row.tenant_id === null ? WITHHELD : row.payload,
})

const ofTenant = '(tenant_id = $1 or tenant_id is null)'

/** Dead letters of one tenant and those of no tenant, newest first by `(received_at_ns, stream, sequence)`. */
export async function listDeadLetters(sql: Sql, scope: Scope, page: PageRequest): Promise<Page<DeadLetter>> {
  const owner = { list: 'deadLetters', order: 'NEWEST', tenantId: scope.tenantId }
  const backward = page.direction === 'BACKWARD'
  const [received, stream, sequence] = page.cursor === null ? [] : decodeListCursor(owner, page.cursor, ['integer', 'text', 'integer'])
  const rows = await sql.any<Row>(
    `select stream, sequence, tenant_id, subject, reason, received_at_ns, payload
       from dead_letters
      where ${ofTenant}
        and ($2::bigint is null or (received_at_ns, stream, sequence) ${backward ? '>' : '<'} ($2::bigint, $3::text, $4::bigint))
      order by ${backward ? 'received_at_ns, stream, sequence' : 'received_at_ns desc, stream desc, sequence desc'}
      limit $5`,
    [scope.tenantId, received ?? null, stream ?? null, sequence ?? null, page.size + 1],
    { signal: scope.signal },
  )
  const more = rows.length > page.size
  const kept = rows.slice(0, page.size)
  if (backward) kept.reverse()
  return {
    items: kept.map((row) => ({ cursor: encodeListCursor(owner, [row.received_at_ns, row.stream, row.sequence]), item: read(row) })),
    hasNextPage: backward ? page.cursor !== null : more,
    hasPreviousPage: backward ? more : page.cursor !== null,
  }
}

export const countDeadLetters = (sql: Sql, scope: Scope): Promise<number> =>
  countRows(sql, scope, { from: 'dead_letters', where: [ofTenant], params: parameters(scope.tenantId) })
