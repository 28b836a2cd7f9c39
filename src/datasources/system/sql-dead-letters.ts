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
  projection: string
  tenant_id: string | null
  subject: string
  reason: string
  received_at_ns: bigint
  payload: string
}

/**
 * Whose a message is, is unknown where the subject has no form that we know; its tokens are somebody's ids all the same (contract: demon 2.4: an
 * id with a dot makes it longer). So everybody sees that the message exists, and nobody what is in it or on it.
 */
const WITHHELD = '(withheld: the subject names no tenant)'

const read = (row: Row): DeadLetter => ({
  source: row.stream,
  sequence: row.sequence,
  subject: row.tenant_id === null ? WITHHELD : row.subject,
  reason: row.reason,
  receivedAt: row.received_at_ns,
  payload: row.tenant_id === null ? WITHHELD : row.payload,
})

const ofTenant = '(tenant_id = $1 or tenant_id is null)'

/** Dead letters of one tenant and those of no tenant, newest first by `(received_at_ns, stream, sequence, projection)`. */
export async function listDeadLetters(sql: Sql, scope: Scope, page: PageRequest): Promise<Page<DeadLetter>> {
  const owner = { list: 'deadLetters', order: 'NEWEST', tenantId: scope.tenantId }
  const backward = page.direction === 'BACKWARD'
  const [received, stream, sequence, projection] =
    page.cursor === null ? [] : decodeListCursor(owner, page.cursor, ['integer', 'text', 'integer', 'text'])
  const rows = await sql.any<Row>(
    `select stream, sequence, projection, tenant_id, subject, reason, received_at_ns, payload
       from dead_letters
      where ${ofTenant}
        and ($2::bigint is null or (received_at_ns, stream, sequence, projection) ${backward ? '>' : '<'} ($2::bigint, $3::text, $4::bigint, $5::text))
      order by ${['received_at_ns', 'stream', 'sequence', 'projection'].map((column) => (backward ? column : `${column} desc`)).join(', ')}
      limit $6`,
    [scope.tenantId, received ?? null, stream ?? null, sequence ?? null, projection ?? null, page.size + 1],
    { signal: scope.signal },
  )
  const more = rows.length > page.size
  const kept = rows.slice(0, page.size)
  if (backward) kept.reverse()
  return {
    items: kept.map((row) => ({
      cursor: encodeListCursor(owner, [row.received_at_ns, row.stream, row.sequence, row.projection]),
      item: read(row),
    })),
    hasNextPage: backward ? page.cursor !== null : more,
    hasPreviousPage: backward ? more : page.cursor !== null,
  }
}

export const countDeadLetters = (sql: Sql, scope: Scope): Promise<number> =>
  countRows(sql, scope, { from: 'dead_letters', where: [ofTenant], params: parameters(scope.tenantId) })
