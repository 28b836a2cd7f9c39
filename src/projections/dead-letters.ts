import { type LogMessage } from '../datasources/log/log.ts'
import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { deadLetterText, storable } from './event-text.ts'
import { type UnreadableMessage } from './events.ts'
import { type Applied, type Projection } from './projection.ts'
import { createTableWriter } from './table-writer.ts'

type Letter = UnreadableMessage & { readonly message: LogMessage; readonly projection: string }

const rows = createTableWriter<Letter>('dead_letters', {
  projection: ['text', ({ projection }) => projection],
  stream: ['text', ({ message }) => message.stream],
  sequence: ['bigint', ({ message }) => message.sequence],
  tenant_id: ['text', ({ tenantId }) => tenantId],
  subject: ['text', ({ message }) => storable(message.subject)],
  reason: ['text', ({ reason }) => reason],
  received_at_ns: ['bigint', ({ message }) => message.recordedAtNs],
  payload: ['text', ({ message }) => deadLetterText(message.payload)],
})

/** Messages of which a projection made no row, with their reason. The payload is their text; `base64:` and their bytes where it is none. */
export const deadLetters = {
  write: (tx: SqlExecutor, { name }: Projection, letters: Applied['unreadable']): Promise<void> =>
    rows.write(
      tx,
      letters.map((letter) => ({ ...letter, projection: name })),
    ),
  /** Forgets those of one projection, and those of the stream that do not say whose they are. */
  async clear(tx: SqlExecutor, { name, stream }: Projection): Promise<void> {
    await tx.run(`delete from dead_letters where stream = $1 and projection in ($2, '')`, [stream, name])
  },
}
