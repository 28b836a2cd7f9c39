import { type EscalationStep } from '../datasources/approvals/approvals.ts'
import { parseNanos, type Nanos } from '../time.ts'
import { idOf, intOf, isObject, jsonText, textOf, type JsonObject } from './event-text.ts'
import { type EscalationReading, type RitualEventBody } from './events.ts'
import { readPolicyDecision } from './policy-decisions.ts'

/** Histories of this length are cut at their old end; the events themselves hold the whole. */
export const maxHistory = 100

type Reader = (payload: JsonObject, context: { readonly runId: string; readonly at: Nanos }) => RitualEventBody | null

const generic: RitualEventBody = { kind: 'generic' }

const readTransition: Reader = (payload) => {
  const fromState = textOf(payload['fromState'] ?? payload['stateFrom'])
  const toState = textOf(payload['toState'] ?? payload['stateTo'])
  return fromState === null || toState === null ? null : { kind: 'transitioned', fromState, toState }
}

/** Nobody wrote a schema of it: takes `error` (object or text), else the same fields beside it, else `reason`. (contract: demon 4.2) */
const readFailure: Reader = (payload) => {
  const error = isObject(payload['error']) ? payload['error'] : payload
  const message = textOf(error['message']) ?? textOf(payload['error']) ?? textOf(payload['reason']) ?? 'no reason given'
  const failure = { code: textOf(error['code']), message, details: error['details'] ?? null }
  return { kind: 'failed', failure: jsonText(failure) ?? JSON.stringify({ ...failure, details: null }) }
}

const readRequest: Reader = (payload) => {
  const gateId = idOf(payload['gateId'])
  return gateId === null
    ? null
    : { kind: 'approval.requested', gateId, requester: textOf(payload['requester']), reason: textOf(payload['reason']) }
}

const readDecision =
  (decision: 'GRANT' | 'DENY' | 'OVERRIDE'): Reader =>
  (payload) => {
    const gateId = idOf(payload['gateId'])
    if (gateId === null) return null
    return {
      ...{ kind: 'approval.decided', gateId, decision },
      approver: textOf(payload['approver']) ?? 'unknown',
      note: textOf(payload['note']),
      reason: textOf(payload['reason']),
      escalation: readEscalationState(payload['escalationState']),
    }
  }

const readEscalation: Reader = (payload, { at }) => {
  const gateId = idOf(payload['gateId'])
  const fromLevel = intOf(payload['fromLevel'])
  const toLevel = intOf(payload['toLevel'])
  if (gateId === null || fromLevel === null || toLevel === null) return null
  const step = { fromLevel, toLevel, at, reason: textOf(payload['reason']) }
  return { kind: 'approval.escalated', gateId, step, escalation: readEscalationState(payload['escalationState']) }
}

/** `scheduledFor` as Demon writes it, `dueAt` as its fixture has it. (contract: demon 4.4) */
const readTimer: Reader = (payload, { runId }) => {
  const timerId = textOf(payload['timerId'])
  const scheduledFor = parseNanos(payload['scheduledFor'] ?? payload['dueAt'])
  return timerId === null || scheduledFor === null ? null : { kind: 'timer', timerId, gateId: gateOfTimer(timerId, runId), scheduledFor }
}

const readers: Readonly<Record<string, Reader>> = {
  'ritual.started:v1': (payload) => ({ kind: 'started', spec: jsonText(payload['spec']) }),
  'ritual.state.transitioned:v1': readTransition,
  'ritual.transitioned:v1': readTransition,
  'ritual.completed:v1': (payload) => ({ kind: 'completed', outputs: jsonText(payload['outputs']) }),
  'ritual.failed:v1': readFailure,
  'ritual.canceled:v1': (payload) => ({ kind: 'canceled', reason: textOf(payload['reason']) }),
  'approval.requested:v1': readRequest,
  'approval.granted:v1': readDecision('GRANT'),
  'approval.denied:v1': readDecision('DENY'),
  'approval.override:v1': readDecision('OVERRIDE'),
  'approval.escalated:v1': readEscalation,
  'timer.scheduled:v1': readTimer,
  'policy.decision:v1': (payload) => ({ kind: 'policy', ...readPolicyDecision(payload) }),
}

/** What an event with a usable time says; generic when its type is unknown or a field that we need is missing. */
export function readBody(payload: JsonObject, context: { readonly runId: string }, at: Nanos): RitualEventBody {
  const type = payload['event']
  if (typeof type !== 'string' || !Object.hasOwn(readers, type)) return generic
  return readers[type]?.(payload, { runId: context.runId, at }) ?? generic
}

/**
 * The gate whose expiry a timer is: `{runId}:approval:{gateId}:expiry`, or the same with `:level:{n}`. The run id is known and the end is
 * fixed, so the gate is what lies between, whatever colons it holds. (contract: demon 4.4)
 */
export function gateOfTimer(timerId: string, runId: string): string | null {
  const prefix = `${runId}:approval:`
  const end = /:expiry(?::level:\d+)?$/.exec(timerId)
  return end === null || !timerId.startsWith(prefix) || end.index < prefix.length ? null : idOf(timerId.slice(prefix.length, end.index))
}

/** Both spellings: camelCase in escalations, snake_case in overrides. (contract: demon 4.3) */
function readEscalationState(value: unknown): EscalationReading | null {
  if (!isObject(value)) return null
  const currentLevel = intOf(value['currentLevel'] ?? value['current_level'])
  if (currentLevel === null) return null
  const history = value['escalationHistory'] ?? value['escalation_history']
  return {
    currentLevel,
    totalLevels: intOf(value['totalLevels'] ?? value['total_levels']) ?? currentLevel,
    nextEscalationAt: parseNanos(value['nextEscalationAt'] ?? value['next_escalation_at']),
    emergencyOverride: (value['emergencyOverride'] ?? value['emergency_override']) === true,
    history: Array.isArray(history) ? history.slice(-maxHistory).flatMap(readStep) : null,
  }
}

function readStep(value: unknown): EscalationStep[] {
  if (!isObject(value)) return []
  const fromLevel = intOf(value['fromLevel'] ?? value['from_level'])
  const toLevel = intOf(value['toLevel'] ?? value['to_level'])
  const at = parseNanos(value['escalatedAt'] ?? value['escalated_at'])
  return fromLevel === null || toLevel === null || at === null ? [] : [{ fromLevel, toLevel, at, reason: textOf(value['reason']) }]
}
