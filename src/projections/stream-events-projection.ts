import { type LogMessage, type LogStream } from '../datasources/log/log.ts'
import { tenantOfAnnouncement } from '../domain-events/announcement.ts'
import { createEventReader, eventFamilies } from '../domain-events/families.ts'
import { type DomainEvent, type EventFamily } from '../domain-events/event.ts'
import { type Applied, type Projection } from './projection.ts'
import { createTableWriter } from './table-writer.ts'

interface Row {
  readonly message: LogMessage
  readonly event: DomainEvent
}

/** What the read model has no other table for. */
export const keptStreams = ['graph', 'scale', 'orrery'] as const
export type KeptStream = (typeof keptStreams)[number]

export const streamEventsTable = (stream: KeptStream): string => `stream_events_${stream}`

/**
 * Keeps the events of a stream as they were stored, for `timeline`. What is no event is somebody else's to report, except on our own stream, which
 * has no other reader.
 */
export function createStreamEventsProjection(stream: KeptStream, families: readonly EventFamily[] = eventFamilies): Projection {
  const table = streamEventsTable(stream)
  const rows = createTableWriter<Row>(table, {
    sequence: ['bigint', ({ event }) => event.sequence],
    tenant_id: ['text', ({ event }) => event.tenantId],
    recorded_at_ns: ['bigint', ({ event }) => event.recordedAt],
    subject: ['text', ({ message }) => message.subject],
    payload: ['text', ({ event }) => event.payload],
  })
  const read = createEventReader(families)
  return {
    name: `${stream}_timeline`,
    stream: stream satisfies LogStream,
    tables: [table],
    tenantOf: stream === 'orrery' ? tenantOfAnnouncement : () => null,
    forget: () => undefined,
    async apply(tx, messages) {
      const events: Row[] = []
      const unreadable: Applied['unreadable'][number][] = []
      for (const message of messages) {
        const event = read(message)
        if (event !== null) events.push({ message, event })
        else if (stream === 'orrery' && message.subject.startsWith('orrery.events.'))
          unreadable.push({ message, tenantId: tenantOfAnnouncement(message.subject), reason: 'this is no announcement' })
      }
      await rows.write(tx, events)
      return { unreadable, commit: () => undefined }
    },
  }
}
