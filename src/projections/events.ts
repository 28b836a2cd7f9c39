import { type DecisionKind, type EscalationStep } from '../datasources/approvals/approvals.ts'
import { type LogMessage } from '../datasources/log/log.ts'
import { parseNanos, type Nanos } from '../time.ts'
import { fitsIndex, parseJsonObject, storable, textOf, type JsonObject } from './event-text.ts'
import { readBody } from './event-bodies.ts'
import { type PolicyReading } from './policy-decisions.ts'

/** Whose run an event belongs to, as its subject says; the payload is never trusted for that. */
export interface RitualSubject {
  readonly tenantId: string
  readonly ritualId: string
  readonly runId: string
  /** A 6-token subject, which names no tenant: `default` is meant. */
  readonly legacy: boolean
}

/** What a writer says about an escalation, whichever of the two spellings it uses. */
export interface EscalationReading {
  readonly currentLevel: number
  readonly totalLevels: number
  readonly nextEscalationAt: Nanos | null
  readonly emergencyOverride: boolean
  /** Null when the event carries no history. */
  readonly history: readonly EscalationStep[] | null
}

/** `spec`, `outputs` and `failure` are JSON text. */
export type RitualEventBody =
  | { readonly kind: 'started'; readonly spec: string | null }
  | { readonly kind: 'transitioned'; readonly fromState: string; readonly toState: string }
  | { readonly kind: 'completed'; readonly outputs: string | null }
  | { readonly kind: 'failed'; readonly failure: string }
  | { readonly kind: 'canceled'; readonly reason: string | null }
  | { readonly kind: 'approval.requested'; readonly gateId: string; readonly requester: string | null; readonly reason: string | null }
  | {
      readonly kind: 'approval.decided'
      readonly gateId: string
      readonly decision: DecisionKind
      readonly approver: string
      readonly note: string | null
      readonly reason: string | null
      readonly escalation: EscalationReading | null
    }
  | {
      readonly kind: 'approval.escalated'
      readonly gateId: string
      readonly step: EscalationStep
      readonly escalation: EscalationReading | null
    }
  /** `gateId` is the gate whose expiry this is, or null for a timer of another kind. */
  | { readonly kind: 'timer'; readonly timerId: string; readonly gateId: string | null; readonly scheduledFor: Nanos }
  | ({ readonly kind: 'policy' } & PolicyReading)
  /** Of a type or shape that we do not know, or without a time that can be read (contract: demon 13.4). */
  | { readonly kind: 'generic' }

/** One event of a run, read but not yet believed: `body` is what we understood of it. */
export interface RitualEvent extends RitualSubject {
  readonly sequence: bigint
  readonly recordedAt: Nanos
  /** Its own time; the log's where it has none that can be read. */
  readonly at: Nanos
  /** As written; `unknown` where the event names no type. */
  readonly type: string
  /** The exact text. */
  readonly payload: string
  /** What the payload names where that differs from the subject (contract: demon 2.4). */
  readonly payloadTenantId: string | null
  readonly payloadRitualId: string | null
  readonly body: RitualEventBody
}

/** A message that is no event; `tenantId` is null where its subject names no tenant that could be trusted. */
export interface UnreadableMessage {
  readonly tenantId: string | null
  readonly reason: string
}

/** An event, and its payload as JSON. */
export interface ReadRitualMessage {
  readonly event: RitualEvent
  readonly object: JsonObject
}

export type ParsedRitualMessage = ({ readonly readable: true } & ReadRitualMessage) | ({ readonly readable: false } & UnreadableMessage)

/** A token that may stand for an id: not empty, no wildcard, short enough to be indexed. */
export const isSubjectToken = (token: string): boolean => isPlainToken(token) || isOddToken(token)

/** Nearly all are of a few letters. */
const isPlainToken = (token: string): boolean => token.length <= 100 && /^[\w-]+$/.test(token)

const isOddToken = (token: string): boolean =>
  token !== '' && token !== '*' && token !== '>' && fitsIndex(token) && storable(token) === token && !/\s/.test(token)

/**
 * Reads a ritual subject: `demon.ritual.v1.{tenant}.{ritual}.{run}.events`, or the same without tenant (legacy, tenant `default`).
 * @returns null for any other form, and for tokens that are empty, a wildcard, or longer than 800 bytes (contract: demon 2.4)
 */
export function parseRitualSubject(subject: string): RitualSubject | null {
  const tokens = subject.split('.')
  const ids = tokens.slice(3, -1)
  if (tokens[0] !== 'demon' || tokens[1] !== 'ritual' || tokens[2] !== 'v1' || tokens.at(-1) !== 'events') return null
  if (!ids.every(isSubjectToken)) return null
  const [first, second, third] = ids
  if (first === undefined || second === undefined || ids.length > 3) return null
  if (third === undefined) return { tenantId: 'default', ritualId: first, runId: second, legacy: true }
  return { tenantId: first, ritualId: second, runId: third, legacy: false }
}

/**
 * Reads one message of the ritual stream. Never throws and trusts nothing: what is no JSON object on a known subject is unreadable (a dead
 * letter), and an event whose type, shape or time we cannot use is generic, at the log's time. (contract: demon 13.2-13.5)
 */
export function parseRitualEvent(message: LogMessage): ParsedRitualMessage {
  const subject = parseRitualSubject(message.subject)
  if (subject === null) return { readable: false, tenantId: null, reason: 'the subject has no form that we know' }
  const { tenantId, ritualId, runId, legacy } = subject
  const origin = { tenantId, ritualId, runId, legacy, sequence: message.sequence, recordedAt: message.recordedAtNs }
  return readRitualEvent(origin, message.payload)
}

/** The same for an event whose origin is known already, such as a row of `run_events`. */
export function readRitualEvent(
  origin: RitualSubject & { readonly sequence: bigint; readonly recordedAt: Nanos },
  payload: Uint8Array | string,
): ParsedRitualMessage {
  const parsed = parseJsonObject(payload)
  if ('refused' in parsed) return { readable: false, tenantId: origin.tenantId, reason: parsed.refused }
  const { text, object } = parsed
  const ownTime = parseNanos(object['ts'])
  const { tenantId, ritualId, runId, legacy, sequence, recordedAt } = origin
  const at = ownTime ?? recordedAt
  const type = textOf(object['event']) ?? 'unknown'
  const payloadTenantId = differing(object, 'tenantId', tenantId)
  const payloadRitualId = differing(object, 'ritualId', ritualId)
  const body: RitualEventBody = ownTime === null ? { kind: 'generic' } : readBody(object, origin, ownTime)
  // one plain literal: with a spread in it V8 takes longer for the object than for everything else here
  const event = { tenantId, ritualId, runId, legacy, sequence, recordedAt, at, type, payload: text, payloadTenantId, payloadRitualId, body }
  return { readable: true, event, object }
}

const differing = (object: JsonObject, field: string, expected: string): string | null => {
  const named = textOf(object[field])
  return named === expected ? null : named
}
