import { randomUUID } from 'node:crypto'
import { type Sql } from '../sql/sql.ts'
import { type Nanos } from '../../time.ts'
import { type LogStream } from './log.ts'

export interface ImportedMessage {
  readonly subject: string
  readonly messageId: string
  readonly payload: Uint8Array
  /** When it counts as stored: an import keeps the past's times. */
  readonly recordedAtNs: Nanos
}

/**
 * Fills an empty stream of the embedded log with messages of the past, all or none, in the given order from sequence 1.
 * @returns how many were stored: 0 when the stream already holds something
 */
export async function importIntoSqlLog(sql: Sql, stream: LogStream, messages: readonly ImportedMessage[]): Promise<number> {
  return sql.transaction(async (tx) => {
    await tx.run('insert into log_streams (stream, epoch) values ($1, $2) on conflict do nothing', [stream, randomUUID()])
    const { last_sequence: last } = await tx.one<{ last_sequence: bigint }>(
      'select last_sequence from log_streams where stream = $1 for update',
      [stream],
    )
    if (last > 0n || messages.length === 0) return 0
    await tx.run(
      `insert into log_messages (stream, sequence, subject, message_id, payload, recorded_at_ns)
       select $1, row.sequence, row.subject, row.message_id, convert_to(row.payload, 'UTF8'), row.recorded_at_ns
         from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) with ordinality as row (subject, message_id, payload, recorded_at_ns, sequence)`,
      [
        stream,
        messages.map((message) => message.subject),
        messages.map((message) => message.messageId),
        messages.map((message) => Buffer.from(message.payload).toString('utf8')),
        messages.map((message) => message.recordedAtNs),
      ],
    )
    await tx.run('update log_streams set last_sequence = $2 where stream = $1', [stream, BigInt(messages.length)])
    return messages.length
  })
}
