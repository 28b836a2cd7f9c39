import { AppError, badUserInput, isAppError, sourceUnavailable } from '../../errors.ts'
import { stableJson } from '../../stable-json.ts'
import { type Clock } from '../../time.ts'
import { type ApprovalKey } from '../approvals/approvals.ts'
import { type EventLog } from '../log/log.ts'
import { type Scope } from '../scope.ts'
import { type ActingAs, type DecisionInput, type RunCommands, type WriteOutcome } from './commands.ts'
import { type GateOrigin, type LifecycleEvent, decisionEvent, lifecycleEvent, requestEvent, timerEvent } from './demon-events.ts'
import { type Ruling, createDemonWriter } from './demon-writer.ts'
import { type RunHistory } from './run-history.ts'
import { readRunInLog } from './run-in-log.ts'
import { checkGateId, checkJson, checkRun, checkWhole, limits, readObject, readText, requireText } from './run-subject.ts'
import { type RunKey } from './runs.ts'

export interface RunCommandsParts {
  readonly log: EventLog
  readonly clock: Clock
  /** How often a write that lost a race looks again before it gives up. */
  readonly maxAttempts?: number
}

const done = (outcome: WriteOutcome): Ruling => ({ done: outcome })
const written = (sequence: bigint, repeated = false): Ruling => done({ outcome: 'WRITTEN', sequence, repeated })

/** Why nothing can be written to this run; null when its 7-token subject has events (contract: demon 7.2, 13.13). */
function denyRun({ lastSequence, lastLegacySequence }: RunHistory): Ruling | null {
  if (lastSequence > 0n) return null
  return done(lastLegacySequence > 0n ? { outcome: 'LEGACY_SUBJECT' } : { outcome: 'NOT_FOUND', what: 'RUN' })
}

const gateOrigin = (scope: Scope, { ritualId, runId, gateId }: ApprovalKey): GateOrigin => ({
  tenantId: scope.tenantId,
  ritualId,
  runId,
  gateId,
})

function checkGate(scope: Scope, as: ActingAs, key: ApprovalKey): GateOrigin {
  checkRun(scope.tenantId, key)
  checkGateId(key.gateId)
  requireText('actor', as.actorId, limits.idCharacters)
  return gateOrigin(scope, key)
}

function readDecision(as: ActingAs, { kind, note, reason, overrideLevel }: DecisionInput) {
  return {
    kind,
    approver: as.actorId,
    note: kind === 'OVERRIDE' ? requireText('note', note) : readText('note', note),
    reason: kind === 'DENY' ? requireText('reason', reason) : null,
    overrideLevel: overrideLevel == null ? null : checkWhole('overrideLevel', overrideLevel, 1, limits.maxLevel),
  }
}

function ruleDecision(origin: GateOrigin, decision: ReturnType<typeof readDecision>) {
  return (history: RunHistory): Ruling => {
    const { terminal, firstSequence, level } = history.gate
    if (terminal !== null && terminal.sequence === history.ownSequence) return written(terminal.sequence)
    if (terminal !== null && history.lastSequence > 0n)
      return done({ outcome: 'ALREADY_DECIDED', sequence: terminal.sequence, sameKind: terminal.kind === decision.kind })
    const denial = denyRun(history)
    if (denial !== null) return denial
    // Demon takes decisions on gates that nobody asked for; a misspelt gate id would be granted for ever.
    if (firstSequence === null) return done({ outcome: 'NOT_FOUND', what: 'GATE' })
    return { write: decisionEvent(origin, { ...decision, level: decision.overrideLevel ?? level }) }
  }
}

function ruleRequest(origin: GateOrigin, as: ActingAs, reason: string) {
  return (history: RunHistory): Ruling => {
    const { request, firstSequence } = history.gate
    if (request !== null && request.sequence === history.ownSequence) return written(request.sequence)
    if (request?.requester === as.actorId && request.reason === reason) return written(request.sequence, true)
    const denial = denyRun(history)
    if (denial !== null) return denial
    if (firstSequence !== null) return done({ outcome: 'ALREADY_REQUESTED', sequence: request?.sequence ?? firstSequence })
    if (history.terminalSequence !== null) return done({ outcome: 'ALREADY_TERMINAL', sequence: history.terminalSequence })
    return { write: requestEvent(origin, as.actorId, reason) }
  }
}

const isSameStep = (event: LifecycleEvent, { fromState, toState }: { readonly fromState: string; readonly toState: string }): boolean =>
  event.event === 'ritual.state.transitioned:v1' && fromState !== toState && event.fromState === fromState && event.toState === toState

/** Lifecycle events after the start: the first terminal ends the run, nothing comes after it. */
function ruleLifecycle(scope: Scope, key: RunKey, event: LifecycleEvent) {
  return (history: RunHistory): Ruling => {
    if (history.ownSequence !== null) return written(history.ownSequence)
    const denial = denyRun(history)
    if (denial !== null) return denial
    if (history.terminalSequence !== null) return done({ outcome: 'ALREADY_TERMINAL', sequence: history.terminalSequence })
    const { transition } = history
    // who repeats what may have been written is told that it was: a state is not entered twice without being left
    if (transition !== null && isSameStep(event, transition)) return written(transition.sequence, true)
    return { write: lifecycleEvent({ ...key, tenantId: scope.tenantId }, history.lifecycleNumber + 1, event) }
  }
}

function ruleStart(scope: Scope, key: RunKey, spec: object) {
  const wanted = stableJson(spec)
  return (history: RunHistory): Ruling => {
    const { start, lastSequence, lastLegacySequence, ownSequence } = history
    if (ownSequence !== null) return written(ownSequence)
    if (start !== null && stableJson(JSON.parse(start.spec ?? 'null')) === wanted && lastSequence > 0n) return written(start.sequence, true)
    if (lastSequence > 0n) throw badUserInput('A run with this id exists already.', { path: ['runId'] })
    if (lastLegacySequence > 0n) return done({ outcome: 'LEGACY_SUBJECT' })
    return { write: lifecycleEvent({ ...key, tenantId: scope.tenantId }, 1, { event: 'ritual.started:v1', spec }) }
  }
}

/** The write side of runs and approvals over Demon's log; see the port for what each call promises. */
export function createRunCommands({ log, clock, maxAttempts = 12 }: RunCommandsParts): RunCommands {
  const write = createDemonWriter({ log, clock, maxAttempts })
  const writeLifecycle = (scope: Scope, as: ActingAs, key: RunKey, read: () => LifecycleEvent): Promise<WriteOutcome> => {
    checkRun(scope.tenantId, key)
    requireText('actor', as.actorId, limits.idCharacters)
    return write({ scope, origin: { ...key, tenantId: scope.tenantId }, gateId: null, rule: ruleLifecycle(scope, key, read()) })
  }
  return {
    async decide(scope, as, key, input) {
      const origin = checkGate(scope, as, key)
      return write({ scope, origin, gateId: key.gateId, rule: ruleDecision(origin, readDecision(as, input)) })
    },
    async requestApproval(scope, as, key, input) {
      const origin = checkGate(scope, as, key)
      const reason = requireText('reason', input.reason)
      const ttlSeconds = input.ttlSeconds == null ? null : checkWhole('ttlSeconds', input.ttlSeconds, 1, limits.maxTtlSeconds)
      const outcome = await write({ scope, origin, gateId: key.gateId, rule: ruleRequest(origin, as, reason) })
      if (ttlSeconds === null || outcome.outcome !== 'WRITTEN') return outcome
      const rule = ({ gate }: RunHistory): Ruling =>
        gate.timerSequence === null ? { write: timerEvent(origin, ttlSeconds) } : written(gate.timerSequence)
      const timer = await write({ scope, origin, gateId: key.gateId, rule }).catch((error: unknown) => {
        throw isAppError(error) ? withoutTimer(error) : error
      })
      // The timer's position, so that who reads from it on sees the expiry too.
      return timer.outcome === 'WRITTEN' ? { ...timer, repeated: outcome.repeated } : timer
    },
    async start(scope, as, key, input) {
      checkRun(scope.tenantId, key)
      requireText('actor', as.actorId, limits.idCharacters)
      const spec = readObject('spec', input.spec) ?? {}
      return write({ scope, origin: { ...key, tenantId: scope.tenantId }, gateId: null, rule: ruleStart(scope, key, spec) })
    },
    transition: async (scope, as, key, input) =>
      writeLifecycle(scope, as, key, () => ({
        event: 'ritual.state.transitioned:v1',
        fromState: requireText('fromState', input.fromState, limits.idCharacters),
        toState: requireText('toState', input.toState, limits.idCharacters),
      })),
    complete: async (scope, as, key, input) =>
      writeLifecycle(scope, as, key, () => ({ event: 'ritual.completed:v1', outputs: readObject('outputs', input.outputs) ?? undefined })),
    fail: async (scope, as, key, input) =>
      writeLifecycle(scope, as, key, () => {
        if (input.details != null) checkJson('details', input.details)
        const code = readText('code', input.code, limits.idCharacters) ?? undefined
        const error = { code, message: requireText('message', input.message), details: input.details ?? undefined }
        return { event: 'ritual.failed:v1', error }
      }),
    cancel: async (scope, as, key, input) =>
      writeLifecycle(scope, as, key, () => ({ event: 'ritual.canceled:v1', reason: readText('reason', input.reason) ?? undefined })),
    readBack: (scope, key) => readRunInLog(log, scope, key),
    async epoch() {
      const state = await log.state('ritual')
      if (state === null) throw sourceUnavailable('log')
      return state.epoch
    },
  }
}

/** The gate is open then; a repeat by the same actor with the same reason writes the timer alone. */
const withoutTimer = (error: AppError): AppError =>
  new AppError(error.code, `The gate is open, but its expiry timer could not be written: ${error.message} Repeating the request is safe.`, {
    ...(error.source === undefined ? {} : { source: error.source }),
    retryable: error.retryable,
    details: { ...error.details, written: 'PARTLY' },
    cause: error,
  })
