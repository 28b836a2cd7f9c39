import { type RunFilter, type RunKey } from '../datasources/runs/runs.ts'
import { isSubjectToken, parseRitualEvent, type RitualEvent } from '../projections/events.ts'
import { readOnce } from './read-once.ts'

/** The event in a message, read once for all subscribers; null when it is none (the projector keeps it as a dead letter). */
export const ritualEventOf = readOnce(parseRitualEvent)

/** A pattern that selects nothing, for what cannot be in the log at all. */
const nothing = ['demon.ritual.v1']

/** Subjects of a tenant's events, both forms (contract: demon 2.4); narrowed to a ritual or a run where one is given. */
export function ritualSubjects(tenantId: string, ritualId?: string | null, runId?: string | null): readonly string[] {
  const ids = [tenantId, ritualId, runId].filter((id) => id != null)
  // an id with a wildcard in it would select what belongs to others
  if (!ids.every((id) => isSubjectToken(id) && !id.includes('.'))) return nothing
  const rest = `${ritualId ?? '*'}.${runId ?? '*'}.events`
  const current = `demon.ritual.v1.${tenantId}.${rest}`
  return tenantId === 'default' ? [current, `demon.ritual.v1.${rest}`] : [current]
}

const holds = (text: string, part: string | null | undefined): boolean => part == null || text.toLowerCase().includes(part.toLowerCase())

/** What a filter of runs asks for that an event alone can answer. */
export function eventFilter(filter: RunFilter | null): (event: RitualEvent) => boolean {
  if (filter === null) return () => true
  const { ritualId, ritualIdContains, runIdContains, systems, text } = filter
  return (event) =>
    (ritualId == null || event.ritualId === ritualId) &&
    holds(event.ritualId, ritualIdContains) &&
    holds(event.runId, runIdContains) &&
    (systems == null || systems.includes('DEMON')) &&
    (holds(event.ritualId, text) || holds(event.runId, text))
}

export const runKeyOf = ({ ritualId, runId }: { ritualId: string; runId: string }): RunKey => ({ system: 'DEMON', ritualId, runId })
