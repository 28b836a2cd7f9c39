import { type LogMessage } from '../datasources/log/log.ts'
import { deadLetterText, storable } from './event-text.ts'
import { type UnreadableMessage } from './events.ts'
import { createTableWriter } from './table-writer.ts'

/** Messages that became no row, with their reason. The payload is their text; `base64:` and their bytes where it is none. */
export const deadLetters = createTableWriter<UnreadableMessage & { readonly message: LogMessage }>('dead_letters', {
  stream: ['text', ({ message }) => message.stream],
  sequence: ['bigint', ({ message }) => message.sequence],
  tenant_id: ['text', ({ tenantId }) => tenantId],
  subject: ['text', ({ message }) => storable(message.subject)],
  reason: ['text', ({ reason }) => reason],
  received_at_ns: ['bigint', ({ message }) => message.recordedAtNs],
  payload: ['text', ({ message }) => deadLetterText(message.payload)],
})
