import { LRUCache } from 'lru-cache'
import { type LogMessage } from '../datasources/log/log.ts'
import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { gateOf, type GateState } from './approvals.ts'
import { parseRitualEvent, parseRitualSubject, type RitualEvent, type RitualSubject } from './events.ts'
import { PoisonError, type Applied, type Projection } from './projection.ts'
import { loadGates, loadRuns, type GateKey } from './ritual-loads.ts'
import * as tables from './ritual-tables.ts'
import { foldRun, runStatus, type RunState } from './runs.ts'

/** A token of a subject holds no dot, so this is one key for one run. */
const runKeyOf = ({ tenantId, ritualId, runId }: RitualSubject | RunState): string => `${tenantId}.${ritualId}.${runId}`
const isDecided = ({ approval }: GateState): boolean => (approval?.decision ?? null) !== null
const gateKeyOf = ({ runSeq, gateId }: GateKey): string => `${runSeq}:${gateId}`

/** What one batch works on: the state before it, and what the fold makes of that. */
interface Work {
  readonly before: ReadonlyMap<string, RunState>
  readonly runs: Map<string, RunState>
  readonly gates: Map<string, GateState>
  /** Keys of gates that the batch touched, with their run. */
  readonly touchedGates: Map<string, string>
  /** Gates whose timer waited in its table before the batch. */
  readonly timersBefore: ReadonlySet<string>
  readonly events: tables.EventRow[]
}

/** Rough size in memory, so that one run with huge texts does not count like one without. */
const textSize = (...texts: (string | null | undefined)[]): number => texts.reduce((sum, text) => sum + (text?.length ?? 0), 500)
const sizeOfRun = (run: RunState): number => textSize(run.tenantId, run.ritualId, run.runId, run.state, run.rawStatus)
const sizeOfGate = ({ gateId, approval }: GateState): number =>
  textSize(gateId, approval?.requester, approval?.reason, approval?.decision?.note, approval?.decision?.reason) +
  (approval?.laterTerminals ?? []).reduce((sum, { approver, note, reason }) => sum + textSize(approver, note, reason), 0) +
  (approval?.escalation?.history ?? []).reduce((sum, { reason }) => sum + textSize(reason), 0)

/** Runs, their events, transitions, gates and policy decisions, from Demon's ritual stream. (contract: demon 13) */
export function createRitualProjection({ hotBytes = 24 * 1024 * 1024 }: { hotBytes?: number } = {}): Projection {
  const hotRuns = new LRUCache<string, RunState>({ maxSize: hotBytes, sizeCalculation: sizeOfRun })
  const hotGates = new LRUCache<string, GateState>({ maxSize: hotBytes, sizeCalculation: sizeOfGate })

  return {
    name: 'runs',
    stream: 'ritual',
    tables: ['runs', 'run_events', 'run_transitions', 'policy_decisions', 'approvals', 'pending_timers', 'ritual_counts'],
    tenantOf: (subject) => parseRitualSubject(subject)?.tenantId ?? null,
    forget() {
      hotRuns.clear()
      hotGates.clear()
    },
    async apply(tx, messages) {
      const { events, unreadable } = read(messages)
      const work = await load(tx, events)
      fold(work, events)
      await write(tx, work)
      return { unreadable, commit: () => remember(work) }
    },
  }

  async function load(tx: SqlExecutor, events: readonly RitualEvent[]): Promise<Work> {
    const runs = await loadTouchedRuns(tx, events)
    const gates = new Map<string, GateState>()
    const missing = new Map<string, GateKey>()
    for (const event of events) {
      const gateId = gateOf(event)
      const run = runs.get(runKeyOf(event))
      // A run that begins in this batch has no gates in the tables yet.
      if (gateId === null || run === undefined) continue
      const key = gateKeyOf({ runSeq: run.runSeq, gateId })
      const hot = hotGates.get(key)
      if (hot === undefined) missing.set(key, { runSeq: run.runSeq, gateId })
      else gates.set(key, hot)
    }
    for (const { gate, ...key } of await loadGates(tx, [...missing.values()])) gates.set(gateKeyOf(key), gate)
    const timersBefore = new Set([...gates].flatMap(([key, gate]) => (gate.pendingTimer === null ? [] : [key])))
    return { before: new Map(runs), runs, gates, touchedGates: new Map(), timersBefore, events: [] }
  }

  async function loadTouchedRuns(tx: SqlExecutor, events: readonly RitualEvent[]): Promise<Map<string, RunState>> {
    const found = new Map<string, RunState>()
    const missing = new Map<string, RitualSubject>()
    for (const event of events) {
      const key = runKeyOf(event)
      const hot = hotRuns.get(key)
      if (hot === undefined) missing.set(key, event)
      else found.set(key, hot)
    }
    for (const run of await loadRuns(tx, [...missing.values()])) found.set(runKeyOf(run), run)
    return found
  }

  /** What goes on is kept; what ended is seldom heard of again, and is read from its table then. */
  function remember({ runs, gates, touchedGates }: Work): void {
    for (const [key, run] of runs) {
      if (run.lifecycle === null) hotRuns.set(key, { ...run, spec: null, outputs: null, failure: null })
      else hotRuns.delete(key)
    }
    for (const key of touchedGates.keys()) {
      const gate = gates.get(key)
      if (gate === undefined || isDecided(gate)) hotGates.delete(key)
      else hotGates.set(key, gate)
    }
  }
}

function read(messages: readonly LogMessage[]): { events: RitualEvent[]; unreadable: Applied['unreadable'] } {
  const events: RitualEvent[] = []
  const unreadable: Applied['unreadable'][number][] = []
  for (const message of messages) {
    const parsed = parseRitualEvent(message)
    if (parsed.readable) events.push(parsed.event)
    else unreadable.push({ message, tenantId: parsed.tenantId, reason: parsed.reason })
  }
  return { events, unreadable }
}

function fold(work: Work, events: readonly RitualEvent[]): void {
  try {
    for (const event of events) foldOne(work, event)
  } catch (error) {
    throw new PoisonError(error)
  }
}

function foldOne({ runs, gates, touchedGates, events }: Work, event: RitualEvent): void {
  const key = runKeyOf(event)
  const before = runs.get(key) ?? null
  const runSeq = before?.runSeq ?? event.sequence
  const gateId = gateOf(event)
  const gateKey = gateId === null ? null : gateKeyOf({ runSeq, gateId })
  const { run, gate } = foldRun(before, gateKey === null ? null : (gates.get(gateKey) ?? null), event)
  runs.set(key, run)
  events.push({ runSeq, event })
  if (gateKey === null || gate === null) return
  gates.set(gateKey, gate)
  touchedGates.set(gateKey, key)
}

async function write(tx: SqlExecutor, work: Work): Promise<void> {
  const { runs, events } = work
  await tables.runs.write(tx, [...runs.values()])
  await tables.runEvents.write(tx, events)
  await tables.runTransitions.write(
    tx,
    events.flatMap((row) => (row.event.body.kind === 'transitioned' ? [{ ...row, ...row.event.body }] : [])),
  )
  await tables.policyDecisions.write(
    tx,
    events.flatMap((row) => (row.event.body.kind === 'policy' ? [{ ...row, policy: row.event.body }] : [])),
  )
  await writeGates(tx, work)
  await tables.addRitualCounts(tx, countChanges(work))
}

async function writeGates(tx: SqlExecutor, { runs, gates, touchedGates, timersBefore }: Work): Promise<void> {
  const approvals: tables.ApprovalRow[] = []
  const timers: tables.TimerRow[] = []
  const consumed: GateKey[] = []
  for (const [key, runKey] of touchedGates) {
    const gate = gates.get(key)
    const run = runs.get(runKey)
    if (gate === undefined || run === undefined) continue
    const { gateId, approval, pendingTimer } = gate
    if (approval !== null) approvals.push({ run, gateId, approval })
    if (pendingTimer !== null) timers.push({ runSeq: run.runSeq, gateId, ...pendingTimer })
    else if (timersBefore.has(key)) consumed.push({ runSeq: run.runSeq, gateId })
  }
  await tables.approvals.write(tx, approvals)
  await tables.pendingTimers.write(tx, timers)
  await tables.deletePendingTimers(tx, consumed)
}

function countChanges({ before, runs }: Work): tables.CountRow[] {
  const counts = new Map<string, tables.CountRow>()
  const add = (run: RunState, step: number) => {
    const status = runStatus(run)
    const key = `${run.tenantId}.${run.ritualId}.${status}`
    const { delta = 0 } = counts.get(key) ?? {}
    counts.set(key, { tenantId: run.tenantId, ritualId: run.ritualId, status, delta: delta + step })
  }
  for (const [key, run] of runs) {
    const old = before.get(key)
    if (old !== undefined && runStatus(old) === runStatus(run)) continue
    if (old !== undefined) add(old, -1)
    add(run, 1)
  }
  return [...counts.values()].filter(({ delta }) => delta !== 0)
}
