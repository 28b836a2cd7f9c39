import { type RunStatus } from '../datasources/runs/runs.ts'
import { type Nanos } from '../time.ts'
import { foldGate, gateOf, isAwaited, type GateState } from './approvals.ts'
import { type RitualEvent } from './events.ts'

/** A run as its events tell it; what a row of `runs` holds. `spec`, `outputs` and `failure` are JSON text. */
export interface RunState {
  readonly tenantId: string
  readonly ritualId: string
  readonly runId: string
  /** Sequence of the first event: the run's key in the read model. */
  readonly runSeq: bigint
  readonly lastSequence: bigint
  /** What the first lifecycle terminal by sequence says. */
  readonly lifecycle: 'COMPLETED' | 'FAILED' | 'CANCELED' | null
  readonly terminalCount: number
  /** The newest lifecycle event of a type that we do not know. */
  readonly rawStatus: string | null
  readonly state: string | null
  readonly startedAt: Nanos | null
  readonly firstSeenAt: Nanos
  readonly endedAt: Nanos | null
  readonly updatedAt: Nanos
  readonly spec: string | null
  readonly outputs: string | null
  readonly failure: string | null
  readonly legacy: boolean
  /** Requested gates without a terminal. */
  readonly pendingGates: number
  readonly payloadTenantId: string | null
  readonly payloadRitualId: string | null
}

/** The lifecycle terminal, else a pending gate, else running. A denied gate ends nothing. (contract: demon 13.8, 13.10) */
export const runStatus = (run: RunState): RunStatus => run.lifecycle ?? (run.pendingGates > 0 ? 'AWAITING_APPROVAL' : 'RUNNING')

/** Start time, or first-seen time where there is none: the order of lists. */
export const orderAt = (run: RunState): Nanos => run.startedAt ?? run.firstSeenAt

/**
 * One event on its run and, where it is about one, on its gate (`gateOf`). Pure; events must come in sequence order.
 * @param gate what is known of that gate; ignored for other events
 */
export function foldRun(
  run: RunState | null,
  gate: GateState | null,
  event: RitualEvent,
): { readonly run: RunState; readonly gate: GateState | null } {
  const gateAfter = gateOf(event) === null ? null : foldGate(gate, event)
  const awaitedBefore = gateAfter !== null && isAwaited(gate) ? 1 : 0
  const before = run ?? seen(event)
  return {
    run: {
      ...before,
      ...changes(before, event),
      lastSequence: event.sequence,
      updatedAt: event.recordedAt,
      legacy: before.legacy && event.legacy,
      pendingGates: before.pendingGates + (isAwaited(gateAfter) ? 1 : 0) - awaitedBefore,
      payloadTenantId: before.payloadTenantId ?? event.payloadTenantId,
      payloadRitualId: before.payloadRitualId ?? event.payloadRitualId,
    },
    gate: gateAfter,
  }
}

/** A run and its gates from all its events in sequence order; null when there are none. */
export function foldRunHistory(
  events: Iterable<RitualEvent>,
): { readonly run: RunState; readonly gates: ReadonlyMap<string, GateState> } | null {
  const gates = new Map<string, GateState>()
  let run: RunState | null = null
  for (const event of events) {
    const gateId = gateOf(event)
    const after = foldRun(run, gateId === null ? null : (gates.get(gateId) ?? null), event)
    run = after.run
    if (after.gate !== null) gates.set(after.gate.gateId, after.gate)
  }
  return run === null ? null : { run, gates }
}

const seen = (event: RitualEvent): RunState => ({
  ...{ tenantId: event.tenantId, ritualId: event.ritualId, runId: event.runId },
  ...{ runSeq: event.sequence, lastSequence: event.sequence, firstSeenAt: event.at, updatedAt: event.recordedAt },
  ...{ lifecycle: null, terminalCount: 0, rawStatus: null, state: null, startedAt: null, endedAt: null },
  ...{ spec: null, outputs: null, failure: null, legacy: true, pendingGates: 0, payloadTenantId: null, payloadRitualId: null },
})

function changes(run: RunState, { body, at, type }: RitualEvent): Partial<RunState> {
  switch (body.kind) {
    case 'started':
      return run.startedAt === null ? { startedAt: at, spec: body.spec } : {}
    case 'transitioned':
      return { state: body.toState }
    case 'completed':
      return ended(run, { lifecycle: 'COMPLETED', endedAt: at, outputs: body.outputs })
    case 'failed':
      return ended(run, { lifecycle: 'FAILED', endedAt: at, failure: body.failure })
    case 'canceled':
      return ended(run, { lifecycle: 'CANCELED', endedAt: at })
    case 'generic':
      return type.startsWith('ritual.') ? { rawStatus: type } : {}
    default:
      return {}
  }
}

/** The first terminal decides; more are only counted. */
const ended = (run: RunState, end: Partial<RunState>): Partial<RunState> => ({
  terminalCount: run.terminalCount + 1,
  ...(run.lifecycle === null ? end : {}),
})
