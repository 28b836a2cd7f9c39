import { announcementMessage } from '../domain-events/announcement.ts'
import { type EventLog } from '../datasources/log/log.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { encodeId } from '../ids.ts'
import { isSubjectToken } from './events.ts'

interface OutboxRow {
  outbox_id: bigint
  tenant_id: string
  name: string
  data_class: string
  epoch: string
  first_offset: bigint
  record_count: number
  head_hash: Uint8Array
  at_ns: bigint
}

const BATCH = 500
/** So far back a relay looks for what its predecessor had published, beyond what the log itself recognises as a repeat. */
const LOOK_BACK = 10_000n

const messageIdOf = ({ epoch, first_offset: first }: OutboxRow): string => `records-${epoch}-${first}`

/** An append as `events` and `timeline` show it. Never a payload: everybody with `events:read` sees it. */
function messageOf(row: OutboxRow) {
  const last = row.first_offset + BigInt(row.record_count) - 1n
  return announcementMessage({
    tenantId: row.tenant_id,
    domain: 'STORAGE',
    type: 'record.appended:v1',
    at: row.at_ns,
    labels: [`stream=${row.name}`, `dataClass=${row.data_class}`],
    refs: { stream: encodeId('RecordStream', ['NATIVE', row.tenant_id, row.name]) },
    data: {
      stream: row.name,
      firstOffset: row.first_offset.toString(),
      lastOffset: last.toString(),
      records: row.record_count,
      headHash: Buffer.from(row.head_hash).toString('hex'),
    },
  })
}

/** Tells the event log what was appended to native streams: each append once, those of a stream in their order. */
export interface RecordRelay {
  /** @returns how many appends were told; 0 = nothing waits */
  step(signal: AbortSignal): Promise<number>
}

/**
 * For one relay at a time. What a predecessor published and could not note as done is found in the log: by the log itself while it remembers the
 * message id, and by looking back once for what is older.
 */
export function createRecordRelay({ sql, log }: { sql: Sql; log: EventLog }): RecordRelay {
  let published: Set<string> | null = null

  async function lookBack(signal: AbortSignal): Promise<Set<string>> {
    const ids = new Set<string>()
    const state = await log.state('orrery')
    if (state === null) return ids
    const from = state.lastSequence > LOOK_BACK ? state.lastSequence - LOOK_BACK + 1n : 1n
    for await (const batch of log.read('orrery', { from, to: state.lastSequence, signal }))
      for (const { messageId } of batch) if (messageId?.startsWith('records-') === true) ids.add(messageId)
    return ids
  }

  return {
    async step(signal) {
      const rows = await sql.any<OutboxRow>(
        `select o.outbox_id, s.tenant_id, s.name, s.data_class, s.epoch, o.first_offset, o.record_count, o.head_hash, o.at_ns
           from record_outbox o join record_streams s on s.stream_key = o.stream_key order by o.outbox_id limit ${BATCH}`,
      )
      if (rows.length === 0) return 0
      published ??= await lookBack(signal)
      const told: bigint[] = []
      try {
        for (const row of rows) {
          signal.throwIfAborted()
          const messageId = messageIdOf(row)
          // a tenant that no subject can name has no events; its records are none the worse
          if (!published.has(messageId) && isSubjectToken(row.tenant_id)) {
            const { subject, payload } = messageOf(row)
            await log.append(subject, payload, { messageId, signal })
          }
          told.push(row.outbox_id)
        }
      } finally {
        if (told.length > 0) await sql.run('delete from record_outbox where outbox_id = any($1::bigint[])', [told])
      }
      return told.length
    },
  }
}
