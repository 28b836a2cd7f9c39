import { formatDemonTime, type Nanos } from '../time.ts'
import { type SampleGate, type SampleRitual } from './rituals.ts'

export const SAMPLE_TENANT = 'demo'

/** A message as Demon's own parts would publish it (contract: demon 3.1, 4). */
export interface SampleMessage {
  readonly subject: string
  readonly messageId: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly at: Nanos
}

export interface SampleRun {
  readonly ritual: SampleRitual
  readonly runId: string
}

const ritualSubject = ({ ritual, runId }: SampleRun): string => `demon.ritual.v1.${SAMPLE_TENANT}.${ritual.ritualId}.${runId}.events`

const message = (run: SampleRun, at: Nanos, messageId: string, event: string, fields: Record<string, unknown>): SampleMessage => ({
  subject: ritualSubject(run),
  messageId,
  at,
  payload: { event, ts: formatDemonTime(at), tenantId: SAMPLE_TENANT, ritualId: run.ritual.ritualId, runId: run.runId, ...fields },
})

const gateMessageId = (run: SampleRun, gateId: string, suffix = ''): string => `${run.runId}:approval:${gateId}${suffix}`

export const started = (run: SampleRun, at: Nanos): SampleMessage =>
  message(run, at, `${run.runId}:1`, 'ritual.started:v1', {
    spec: {
      id: run.ritual.ritualId,
      version: '1.0.0',
      initial: run.ritual.steps[0].state,
      states: Object.fromEntries(run.ritual.steps.map((step) => [step.state, step.gate === undefined ? {} : { gate: step.gate.gateId }])),
    },
  })

export const transitioned = (run: SampleRun, at: Nanos, stepIndex: number): SampleMessage =>
  message(run, at, `${run.runId}:${stepIndex + 1}`, 'ritual.state.transitioned:v1', {
    fromState: run.ritual.steps[stepIndex - 1]?.state ?? '',
    toState: run.ritual.steps[stepIndex]?.state ?? '',
  })

export const completed = (run: SampleRun, at: Nanos, outputs: Record<string, unknown>): SampleMessage =>
  message(run, at, `${run.runId}:${run.ritual.steps.length + 1}`, 'ritual.completed:v1', {
    outputs: { result: { success: true, data: outputs }, diagnostics: [], metrics: {}, provenance: {} },
  })

export const failed = (run: SampleRun, at: Nanos, text: string): SampleMessage =>
  message(run, at, `${run.runId}:${run.ritual.steps.length + 2}`, 'ritual.failed:v1', { error: { code: 'STEP_FAILED', message: text } })

export const canceled = (run: SampleRun, at: Nanos, reason: string): SampleMessage =>
  message(run, at, `${run.runId}:${run.ritual.steps.length + 3}`, 'ritual.canceled:v1', { reason })

export const requested = (run: SampleRun, at: Nanos, gate: SampleGate): SampleMessage =>
  message(run, at, gateMessageId(run, gate.gateId), 'approval.requested:v1', {
    gateId: gate.gateId,
    requester: run.ritual.requester,
    reason: gate.reason,
  })

export const timer = (run: SampleRun, at: Nanos, gate: SampleGate, due: Nanos, level?: number): SampleMessage => {
  const timerId = gateMessageId(run, gate.gateId, level === undefined ? ':expiry' : `:expiry:level:${level}`)
  return {
    subject: ritualSubject(run),
    messageId: `${timerId}:scheduled`,
    at,
    payload: { event: 'timer.scheduled:v1', ts: formatDemonTime(at), runId: run.runId, timerId, scheduledFor: formatDemonTime(due) },
  }
}

export const granted = (run: SampleRun, at: Nanos, gate: SampleGate, approver: string, note?: string): SampleMessage =>
  message(run, at, gateMessageId(run, gate.gateId, ':granted'), 'approval.granted:v1', {
    gateId: gate.gateId,
    approver,
    ...(note === undefined ? {} : { note }),
  })

export const denied = (run: SampleRun, at: Nanos, gate: SampleGate, approver: string, reason: string): SampleMessage =>
  message(run, at, gateMessageId(run, gate.gateId, ':denied'), 'approval.denied:v1', { gateId: gate.gateId, approver, reason })

export const overridden = (run: SampleRun, at: Nanos, gate: SampleGate, approver: string, level: number): SampleMessage =>
  message(run, at, gateMessageId(run, gate.gateId, ':override'), 'approval.override:v1', {
    gateId: gate.gateId,
    approver,
    overrideLevel: level,
    note: 'incident bridge agreed',
    escalationState: { current_level: level, total_levels: level, emergency_override: true },
  })

export const escalated = (
  run: SampleRun,
  at: Nanos,
  gate: SampleGate,
  toLevel: number,
  history: readonly Record<string, unknown>[],
): SampleMessage =>
  message(run, at, gateMessageId(run, gate.gateId, `:escalated:${toLevel}`), 'approval.escalated:v1', {
    gateId: gate.gateId,
    fromLevel: toLevel - 1,
    toLevel,
    reason: 'timeout',
    escalationState: {
      currentLevel: toLevel,
      totalLevels: gate.levels ?? toLevel,
      levelStartedAt: formatDemonTime(at),
      nextEscalationAt: toLevel < (gate.levels ?? toLevel) ? formatDemonTime(at + 3_600_000_000_000n) : null,
      emergencyOverride: toLevel === gate.levels,
      escalationHistory: history,
    },
  })

export const policyDecision = (run: SampleRun, at: Nanos, allowed: boolean, remaining: number): SampleMessage => {
  const capability = run.ritual.capability ?? { name: 'echo', limit: 5, windowSeconds: 60 }
  return message(run, at, `${run.runId}:decision:${capability.name}:${at}`, 'policy.decision:v1', {
    capability: capability.name,
    decision: allowed ? { allowed: true, reason: null } : { allowed: false, reason: 'limit_exceeded' },
    quota: { limit: capability.limit, windowSeconds: capability.windowSeconds, remaining },
  })
}

export const scaleHint = (at: Nanos, recommendation: 'scale_up' | 'scale_down' | 'steady', queueLag: number): SampleMessage => ({
  subject: `demon.scale.v1.${SAMPLE_TENANT}.hints`,
  messageId: `scale:${at}`,
  at,
  payload: {
    event: 'agent.scale.hint:v1',
    ts: formatDemonTime(at),
    tenantId: SAMPLE_TENANT,
    recommendation,
    metrics: { queueLag, p95LatencyMs: 180 + queueLag, errorRate: 0.004, totalProcessed: 18_204, totalErrors: 73 },
    thresholds: { queueLagHigh: 500, queueLagLow: 50, p95LatencyHighMs: 1000, p95LatencyLowMs: 100, errorRateHigh: 0.05 },
    hysteresis: {
      currentState: recommendation === 'scale_up' ? 'pressure' : 'normal',
      stateChangedAt: formatDemonTime(at),
      consecutiveHighSignals: recommendation === 'scale_up' ? 3 : 0,
      consecutiveLowSignals: recommendation === 'scale_down' ? 3 : 0,
      minSignalsForTransition: 3,
    },
    reason: recommendation === 'scale_up' ? 'queue lag above its high mark' : 'queue lag below its low mark',
  },
})
