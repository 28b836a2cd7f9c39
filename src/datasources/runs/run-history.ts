import { type RitualEvent, parseRitualEvent } from '../../projections/events.ts'
import { type Nanos } from '../../time.ts'
import { type DecisionKind } from '../approvals/approvals.ts'
import { type LogMessage } from '../log/log.ts'

/** What the log holds about one gate, as far as a decision needs it. */
export interface GateHistory {
  /** The first event that names the gate; null when none does. */
  readonly firstSequence: bigint | null
  readonly request: { readonly sequence: bigint; readonly requester: string | null; readonly reason: string | null } | null
  /** The first of granted, denied and override by sequence: the one that counts (contract: demon 13.9). */
  readonly terminal: { readonly sequence: bigint; readonly kind: DecisionKind } | null
  /** The level of its newest escalation; 1 without one. */
  readonly level: number
  /** The first expiry timer of the gate. */
  readonly timerSequence: bigint | null
}

/** What the log holds about one run, as far as the next write needs it. */
export interface RunHistory {
  /** The newest message on exactly the 7-token subject, 0 for none: what the next append expects. */
  readonly lastSequence: bigint
  readonly lastLegacySequence: bigint
  /** The newest readable `ts` on the 7-token subject; what we write must be later (contract: demon 13.16). */
  readonly newestTs: Nanos | null
  /** The first start event; `spec` is JSON text. */
  readonly start: { readonly sequence: bigint; readonly spec: string | null } | null
  /** How many lifecycle events there are, or the newest number of an `{runId}:{number}` message id: the larger. */
  readonly lifecycleNumber: number
  /** The newest state transition by sequence. */
  readonly transition: { readonly sequence: bigint; readonly fromState: string; readonly toState: string } | null
  /** The first of completed, failed and canceled by sequence. */
  readonly terminalSequence: bigint | null
  /** The first event that this very call has published. */
  readonly ownSequence: bigint | null
  readonly gate: GateHistory
}

const emptyGate: GateHistory = { firstSequence: null, request: null, terminal: null, level: 1, timerSequence: null }

export const emptyHistory: RunHistory = {
  lastSequence: 0n,
  lastLegacySequence: 0n,
  newestTs: null,
  start: null,
  lifecycleNumber: 0,
  transition: null,
  terminalSequence: null,
  ownSequence: null,
  gate: emptyGate,
}

/** What the fold looks for. */
export interface Wanted {
  readonly runId: string
  readonly gateId: string | null
  /** Whether a payload is one that this call published. */
  readonly isOwn: (payload: string) => boolean
}

// Events of both subject forms are folded one subject after the other, so "first" is the smaller sequence, not the earlier call.
const first = <T extends { readonly sequence: bigint }>(known: T | null, found: T): T =>
  known === null || found.sequence < known.sequence ? found : known
const last = <T extends { readonly sequence: bigint }>(known: T | null, found: T): T =>
  known === null || found.sequence > known.sequence ? found : known
const smaller = (known: bigint | null, found: bigint): bigint => (known === null || found < known ? found : known)
const newer = (known: Nanos | null, at: Nanos): Nanos => (known === null || at > known ? at : known)

function foldGate(gate: GateHistory, { sequence, body }: RitualEvent, gateId: string): GateHistory {
  if (!('gateId' in body) || body.gateId !== gateId) return gate
  if (body.kind === 'timer') return { ...gate, timerSequence: smaller(gate.timerSequence, sequence) }
  const named = { ...gate, firstSequence: smaller(gate.firstSequence, sequence) }
  switch (body.kind) {
    case 'approval.requested':
      return { ...named, request: first(gate.request, { sequence, requester: body.requester, reason: body.reason }) }
    case 'approval.decided':
      return { ...named, terminal: first(gate.terminal, { sequence, kind: body.decision }) }
    case 'approval.escalated':
      return { ...named, level: Math.max(1, body.escalation?.currentLevel ?? body.step.toLevel) }
  }
}

const terminals: readonly string[] = ['completed', 'failed', 'canceled']
const lifecycle: readonly string[] = [...terminals, 'started', 'transitioned']

// An event without a usable `ts` is generic and carries the log's time.
const hasNoTime = ({ body, at, recordedAt }: RitualEvent): boolean => body.kind === 'generic' && at === recordedAt

function foldEvent(history: RunHistory, event: RitualEvent, wanted: Wanted): RunHistory {
  const { sequence, body, legacy } = event
  return {
    ...history,
    newestTs: legacy || hasNoTime(event) ? history.newestTs : newer(history.newestTs, event.at),
    start: body.kind === 'started' ? first(history.start, { sequence, spec: body.spec }) : history.start,
    lifecycleNumber: history.lifecycleNumber + (lifecycle.includes(body.kind) && !legacy ? 1 : 0),
    transition:
      body.kind === 'transitioned'
        ? last(history.transition, { sequence, fromState: body.fromState, toState: body.toState })
        : history.transition,
    terminalSequence: terminals.includes(body.kind) ? smaller(history.terminalSequence, sequence) : history.terminalSequence,
    ownSequence: !legacy && wanted.isOwn(event.payload) ? smaller(history.ownSequence, sequence) : history.ownSequence,
    gate: wanted.gateId === null ? history.gate : foldGate(history.gate, event, wanted.gateId),
  }
}

function numberOf(messageId: string | null, runId: string): number {
  const prefix = `${runId}:`
  const rest = messageId?.startsWith(prefix) === true ? messageId.slice(prefix.length) : ''
  return /^\d{1,15}$/.test(rest) ? Number(rest) : 0
}

/**
 * Takes one more message of a run into its history. Messages of one subject must come in sequence order; the two subject forms may come one
 * after the other. What is no event still counts as the newest message of its subject.
 * @param legacy it lies on the 6-token subject
 */
export function foldMessage(history: RunHistory, message: LogMessage, legacy: boolean, wanted: Wanted): RunHistory {
  const parsed = parseRitualEvent(message)
  const known = parsed.readable ? foldEvent(history, parsed.event, wanted) : history
  const { sequence } = message
  if (legacy) return { ...known, lastLegacySequence: sequence }
  return { ...known, lastSequence: sequence, lifecycleNumber: Math.max(known.lifecycleNumber, numberOf(message.messageId, wanted.runId)) }
}
