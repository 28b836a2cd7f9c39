import { type LogMessage } from '../datasources/log/log.ts'
import { announcementFamily } from './announcement.ts'
import { type DomainEvent, type EventFamily } from './event.ts'
import { graphFamily } from './graph-family.ts'
import { ritualFamily } from './ritual-family.ts'
import { scaleFamily } from './scale-family.ts'
import { subjectMatcher } from '../datasources/log/subjects.ts'

/** Everything that `events` and `timeline` know: the one registry. A domain adds its line here (docs/add-a-domain.md). */
export const eventFamilies: readonly EventFamily[] = [ritualFamily, scaleFamily, graphFamily, announcementFamily]

/** Reads a message by the family that owns its subject; each message once, whoever asks. */
export function createEventReader(families: readonly EventFamily[] = eventFamilies): (message: LogMessage) => DomainEvent | null {
  const owners = families.map((family) => ({ family, owns: family.subjects.map(subjectMatcher) }))
  const known = new WeakMap<LogMessage, DomainEvent | null>()
  return (message) => {
    const read = known.get(message)
    if (read !== undefined) return read
    const owner = owners.find(({ family, owns }) => family.stream === message.stream && owns.some((matches) => matches(message.subject)))
    const event = owner?.family.read(message) ?? null
    known.set(message, event)
    return event
  }
}
