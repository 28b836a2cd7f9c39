import { type LogMessage } from '../datasources/log/log.ts'
import { systems, type System } from '../datasources/runs/runs.ts'
import { isObject, parseJsonObject, textOf, type JsonObject } from '../projections/event-text.ts'
import { isSubjectToken } from '../projections/events.ts'
import { formatNanos, parseNanos, type Nanos } from '../time.ts'
import { eventDomains, severities, type Domain, type DomainEvent, type EventFamily, type EventRefs, type Severity } from './event.ts'
import { labelsOf } from './labels.ts'

/** What a domain says about something that it owns in SQL: written to ORRERY_EVENTS by its outbox. */
export interface Announcement {
  readonly tenantId: string
  readonly domain: Domain
  /** Such as `record.appended:v1`: `<noun>.<past participle>:v<n>`. */
  readonly type: string
  readonly at: Nanos
  /** Who owns the fact; ORRERY unless told. */
  readonly system?: System
  /** INFO unless told. */
  readonly severity?: Severity
  readonly labels?: readonly string[]
  readonly refs?: EventRefs
  readonly nodeIds?: readonly string[]
  /** What happened; must be JSON. Never put secrets or redacted payloads here: everybody with `events:read` sees it. */
  readonly data: JsonObject
}

const prefix = 'orrery.events.v1'

/**
 * An announcement as a message of ORRERY_EVENTS: `orrery.events.v1.<tenant>.<domain>.<noun>`. Append it with a `messageId` of your own, so that a
 * repeat by the outbox is stored once.
 */
export function announcementMessage(announcement: Announcement): { readonly subject: string; readonly payload: Uint8Array } {
  const { tenantId, domain, type, at, system, severity, labels, refs, nodeIds, data } = announcement
  const [noun = 'event'] = type.split(/[.:]/)
  const payload = { event: type, ts: formatNanos(at), domain, system, severity, labels, refs, nodeIds, data }
  return { subject: `${prefix}.${tenantId}.${domain.toLowerCase()}.${noun}`, payload: Buffer.from(JSON.stringify(payload)) }
}

const oneOf = <T extends string>(known: readonly T[], value: unknown): T | undefined => known.find((one) => one === value)

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.flatMap((item) => textOf(item) ?? []).slice(0, 10_000) : [])

function refsOf(value: unknown): EventRefs {
  if (!isObject(value)) return {}
  const ref = (name: keyof EventRefs) => textOf(value[name]) ?? undefined
  return { run: ref('run'), graph: ref('graph'), stream: ref('stream'), slo: ref('slo') }
}

/** The tenant of a subject of `announcementMessage`, or null for any other. */
export function tenantOfAnnouncement(subject: string): string | null {
  const tokens = subject.split('.')
  const tenantId = tokens[3]
  if (!subject.startsWith(`${prefix}.`) || tokens.length !== 6 || tenantId === undefined) return null
  return isSubjectToken(tenantId) ? tenantId : null
}

function readAnnouncement(message: LogMessage): DomainEvent | null {
  const tenantId = tenantOfAnnouncement(message.subject)
  const parsed = parseJsonObject(message.payload)
  if (tenantId === null || 'refused' in parsed) return null
  const { object, text } = parsed
  return {
    family: 'announcements',
    stream: 'orrery',
    sequence: message.sequence,
    subject: message.subject,
    tenantId,
    // the subject decides, as it does about the tenant
    domain: oneOf(eventDomains, message.subject.split('.')[4]?.toUpperCase()) ?? 'SYSTEM',
    system: oneOf(systems, object['system']) ?? 'ORRERY',
    type: textOf(object['event']) ?? 'unknown',
    at: parseNanos(object['ts']) ?? message.recordedAtNs,
    recordedAt: message.recordedAtNs,
    severity: oneOf(severities, object['severity']) ?? 'INFO',
    labels: labelsOf(object),
    refs: refsOf(object['refs']),
    nodeIds: textsOf(object['nodeIds']),
    payload: text,
  }
}

/** Everything that Orrery itself announces, whatever its domain. */
export const announcementFamily: EventFamily = {
  name: 'announcements',
  stream: 'orrery',
  subjects: [`${prefix}.*.*.*`],
  domains: ['RUNS', 'APPROVALS', 'GRAPH', 'STORAGE', 'SLO', 'SYSTEM'],
  read: readAnnouncement,
}
