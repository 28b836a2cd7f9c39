import { formatDemonTime, type Nanos } from '../../time.ts'
import { type DecisionKind } from '../approvals/approvals.ts'
import { type RunKey } from './runs.ts'

/** An event that waits for its time: Demon's message id, and the payload once `ts` is known. */
export interface DraftEvent {
  /** `Nats-Msg-Id`, exactly as Demon forms it (contract: demon 3.1). */
  readonly messageId: string
  /** The payload's fields in Demon's order; `undefined` ones are left out. */
  payload(ts: string, at: Nanos): Readonly<Record<string, unknown>>
}

/** Whose event it is. `tenantId` is the subject's, as a decision must carry it (contract: demon 7.5). */
export interface Origin extends Pick<RunKey, 'ritualId' | 'runId'> {
  readonly tenantId: string
}

export interface GateOrigin extends Origin {
  readonly gateId: string
}

const gateFields = ({ tenantId, runId, ritualId, gateId }: GateOrigin) => ({ tenantId, runId, ritualId, gateId })
const gateMessage = ({ runId, gateId }: GateOrigin): string => `${runId}:approval:${gateId}`

/** The expiry timer's id (contract: demon 4.4). */
export const expiryTimerId = (origin: GateOrigin): string => `${gateMessage(origin)}:expiry`

export interface Decided {
  readonly kind: DecisionKind
  readonly approver: string
  readonly note: string | null
  readonly reason: string | null
  readonly level: number
}

const decisionEvents = {
  GRANT: { event: 'approval.granted:v1', suffix: 'granted' },
  DENY: { event: 'approval.denied:v1', suffix: 'denied' },
  OVERRIDE: { event: 'approval.override:v1', suffix: 'override' },
} as const

/** A decision as Demon accepts it from another writer (contract: demon 4.3, 7.5); a missing note is left out, because null breaks the schema. */
export function decisionEvent(origin: GateOrigin, { kind, approver, note, reason, level }: Decided): DraftEvent {
  const { event, suffix } = decisionEvents[kind]
  const own = {
    GRANT: { approver, note: note ?? undefined },
    DENY: { approver, reason },
    // snake_case, and the number of levels repeats the level: Demon's own form
    OVERRIDE: {
      approver,
      overrideLevel: level,
      note: note ?? undefined,
      escalationState: { current_level: level, total_levels: level, emergency_override: true },
    },
  }
  return { messageId: `${gateMessage(origin)}:${suffix}`, payload: (ts) => ({ event, ts, ...gateFields(origin), ...own[kind] }) }
}

export const requestEvent = (origin: GateOrigin, requester: string, reason: string): DraftEvent => ({
  messageId: gateMessage(origin),
  payload: (ts) => ({ event: 'approval.requested:v1', ts, ...gateFields(origin), requester, reason }),
})

/** The timer that expires a gate; it names neither tenant nor ritual (contract: demon 4.4). Due `ttlSeconds` after its own time. */
export const timerEvent = (origin: GateOrigin, ttlSeconds: number): DraftEvent => ({
  messageId: `${expiryTimerId(origin)}:scheduled`,
  payload: (ts, at) => ({
    event: 'timer.scheduled:v1',
    ts,
    runId: origin.runId,
    timerId: expiryTimerId(origin),
    scheduledFor: formatDemonTime(at + BigInt(ttlSeconds) * 1_000_000_000n),
  }),
})

export type LifecycleEvent =
  | { readonly event: 'ritual.started:v1'; readonly spec: object }
  | { readonly event: 'ritual.state.transitioned:v1'; readonly fromState: string; readonly toState: string }
  | { readonly event: 'ritual.completed:v1'; readonly outputs?: object | undefined }
  | {
      readonly event: 'ritual.failed:v1'
      readonly error: { readonly code?: string | undefined; readonly message: string; readonly details?: unknown }
    }
  | { readonly event: 'ritual.canceled:v1'; readonly reason?: string | undefined }

/** An event of the run's own life; `number` counts them within the run, as Demon's EventLog does (contract: demon 3.1, 4.2). */
export const lifecycleEvent = ({ tenantId, ritualId, runId }: Origin, number: number, { event, ...own }: LifecycleEvent): DraftEvent => ({
  messageId: `${runId}:${number}`,
  payload: (ts) => ({ event, ritualId, runId, ts, ...own, tenantId }),
})
