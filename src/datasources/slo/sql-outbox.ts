import { randomUUID } from 'node:crypto'
import { type Announcement, announcementMessage } from '../../domain-events/announcement.ts'
import { type EventLog } from '../log/log.ts'
import { type Logger } from '../../logger.ts'
import { pause } from '../../pause.ts'
import { createLeader, type Leader } from '../sql/leader.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { isAnnounced } from './events.ts'

/** Announces something that SQL owns: written with it, in one transaction, published afterwards in order. */
export async function announce(tx: SqlExecutor, ...announcements: readonly Announcement[]): Promise<void> {
  const messages = announcements.filter(({ tenantId }) => isAnnounced(tenantId)).map(announcementMessage)
  if (messages.length === 0) return
  await tx.run(
    `insert into slo_outbox (subject, message_id, payload)
       select subject, message_id, payload from unnest($1::text[], $2::text[], $3::text[]) with ordinality as m (subject, message_id, payload, ord) order by ord`,
    [
      messages.map(({ subject }) => subject),
      messages.map(() => randomUUID()),
      messages.map(({ payload }) => Buffer.from(payload).toString('utf8')),
    ],
  )
}

const BATCH = 100
const relayLock = 'orrery-slo-relay'

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
    const done: bigint[] = []
    try {
      for (const { id, subject, message_id: messageId, payload } of rows) {
        await log.append(subject, Buffer.from(payload), { messageId })
        done.push(id)
      }
    } finally {
      if (done.length > 0) await sql.run('delete from slo_outbox where id = any($1::bigint[])', [done])
    }
    published += rows.length
    if (rows.length < BATCH) return published
  }
}

/** Publishes what is announced, where no evaluator does: security events and pushed alerts are announced without one as well. One is active. */
export function createOutboxRelay({
  sql,
  log,
  logger,
  intervalMs,
}: {
  readonly sql: Sql
  readonly log: EventLog
  readonly logger: Pick<Logger, 'info' | 'warn'>
  readonly intervalMs: number
}): Leader {
  return createLeader({
    ...{ sql, lock: relayLock, what: 'relay of announcements', logger },
    async lead(signal) {
      let failing = false
      while (!signal.aborted) {
        try {
          await relayOutbox(sql, log)
          failing = false
        } catch (error) {
          if (!failing && !signal.aborted) logger.warn({ err: error }, 'announcements could not be published')
          failing = true
        }
        await pause(intervalMs, signal)
      }
    },
  })
}
