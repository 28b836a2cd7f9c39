import { gateOf, type GateState } from '../../projections/approvals.ts'
import { type RitualEvent, parseRitualEvent } from '../../projections/events.ts'
import { approvalModel, runModel } from '../../projections/models.ts'
import { foldRun, type RunState } from '../../projections/runs.ts'
import { type EventLog } from '../log/log.ts'
import { type Scope } from '../scope.ts'
import { type RunInLog } from './commands.ts'
import { checkRun, legacySubject, runSubject } from './run-subject.ts'
import { type RunKey } from './runs.ts'

async function* eventsOn(log: EventLog, subject: string, signal: AbortSignal | undefined): AsyncGenerator<RitualEvent> {
  for await (const batch of log.read('ritual', { subject, signal }))
    for (const message of batch) {
      const parsed = parseRitualEvent(message)
      if (parsed.readable) yield parsed.event
    }
}

/** Both subject forms of a run in sequence order. The old form is held whole: nobody writes long runs on it any more. */
async function* eventsOf(log: EventLog, { tenantId, signal }: Scope, key: RunKey): AsyncGenerator<RitualEvent> {
  const legacy = legacySubject(tenantId, key)
  const waiting: RitualEvent[] = []
  if (legacy !== null) for await (const event of eventsOn(log, legacy, signal)) waiting.push(event)
  for await (const event of eventsOn(log, runSubject(tenantId, key), signal)) {
    while (waiting[0] !== undefined && waiting[0].sequence < event.sequence) yield* waiting.splice(0, 1)
    yield event
  }
  yield* waiting
}

/**
 * A run and its gates as the log itself tells them now, by the projector's own fold: for answers when the read model is behind or down.
 * @returns null when the log holds no event of it
 */
export async function readRunInLog(log: EventLog, scope: Scope, key: RunKey): Promise<RunInLog | null> {
  checkRun(scope.tenantId, key)
  const gates = new Map<string, GateState>()
  let run: RunState | null = null
  for await (const event of eventsOf(log, scope, key)) {
    const gateId = gateOf(event)
    const after: ReturnType<typeof foldRun> = foldRun(run, gateId === null ? null : (gates.get(gateId) ?? null), event)
    run = after.run
    if (after.gate !== null) gates.set(after.gate.gateId, after.gate)
  }
  if (run === null) return null
  const folded = run
  const approvals = [...gates.values()].flatMap(({ gateId, approval }) =>
    approval === null ? [] : [approvalModel(folded, gateId, approval)],
  )
  return { run: runModel(folded), approvals }
}
