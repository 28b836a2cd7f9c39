import { encodeId } from '../ids.ts'
import { parseRitualEvent, type ReadRitualMessage, type RitualEvent } from '../projections/events.ts'
import { type Domain, type DomainEvent, type EventFamily, type Severity } from './event.ts'
import { labelsOf } from './labels.ts'

const severityOfType: Readonly<Record<string, Severity>> = {
  'ritual.failed:v1': 'ERROR',
  'ritual.canceled:v1': 'WARNING',
  'approval.denied:v1': 'WARNING',
  'approval.override:v1': 'WARNING',
  'approval.escalated:v1': 'WARNING',
}

const severityOf = ({ type, body }: RitualEvent): Severity =>
  body.kind === 'policy' && body.allowed === false ? 'WARNING' : (severityOfType[type] ?? 'INFO')

const domainOf = ({ type }: RitualEvent): Domain => (type.startsWith('approval.') ? 'APPROVALS' : 'RUNS')

const gateOf = ({ body }: RitualEvent): string | null => ('gateId' in body ? body.gateId : null)

/** An event of a run, in the shape of all domains. */
export function ritualDomainEvent({ event, object }: ReadRitualMessage): DomainEvent {
  const gate = gateOf(event)
  const own = [`ritual=${event.ritualId}`, ...(gate === null ? [] : [`gate=${gate}`])]
  return {
    family: 'runs',
    stream: 'ritual',
    sequence: event.sequence,
    subject: ['demon.ritual.v1', ...(event.legacy ? [] : [event.tenantId]), event.ritualId, event.runId, 'events'].join('.'),
    tenantId: event.tenantId,
    domain: domainOf(event),
    system: 'DEMON',
    type: event.type,
    at: event.at,
    recordedAt: event.recordedAt,
    severity: severityOf(event),
    labels: [...own, ...labelsOf(object)],
    refs: { run: encodeId('Run', ['DEMON', event.tenantId, event.ritualId, event.runId]) },
    nodeIds: [],
    payload: event.payload,
  }
}

/** Runs and their gates, from Demon's ritual stream. (contract: demon 4) */
export const ritualFamily: EventFamily = {
  name: 'runs',
  stream: 'ritual',
  subjects: ['demon.ritual.v1.>'],
  domains: ['RUNS', 'APPROVALS'],
  read(message) {
    const parsed = parseRitualEvent(message)
    return parsed.readable ? ritualDomainEvent(parsed) : null
  },
}
