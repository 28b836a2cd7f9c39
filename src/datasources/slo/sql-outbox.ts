import { randomUUID } from 'node:crypto'
import { type Announcement, announcementMessage } from '../../domain-events/announcement.ts'
import { type EventLog } from '../log/log.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { isAnnounced } from './events.ts'

/** Announces something that SQL owns: written with it, in one transaction, published afterwards in order. */
export async function announce(tx: SqlExecutor, announcement: Announcement): Promise<void> {
  if (!isAnnounced(announcement.tenantId)) return
  const { subject, payload } = announcementMessage(announcement)
  await tx.run('insert into slo_outbox (subject, message_id, payload) values ($1, $2, $3)', [
    subject,
    randomUUID(),
    Buffer.from(payload).toString('utf8'),
  ])
}

const BATCH = 100

/**
 * Publishes what was announced, oldest first, each at least once; a repeat within two minutes is recognised by its message id.
 * @returns how many were published
 * @throws AppError SOURCE_UNAVAILABLE when the log does not take them: they stay and are published later
 */
export async function relayOutbox(sql: Sql, log: EventLog): Promise<number> {
  let published = 0
  for (;;) {
    const rows = await sql.any<{ id: bigint; subject: string; message_id: string; payload: string }>(
      'select id, subject, message_id, payload from slo_outbox order by id limit $1',
      [BATCH],
    )
    for (const { id, subject, message_id: messageId, payload } of rows) {
      await log.append(subject, Buffer.from(payload), { messageId })
      await sql.run('delete from slo_outbox where id = $1', [id])
      published += 1
    }
    if (rows.length < BATCH) return published
  }
}
