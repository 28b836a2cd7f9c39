import fc from 'fast-check'
import { type Approval } from '../../src/datasources/approvals/approvals.ts'
import { type LogMessage } from '../../src/datasources/log/log.ts'
import { type Run, type RunEvent } from '../../src/datasources/runs/runs.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { type GateState, gateOf } from '../../src/projections/approvals.ts'
import { parseRitualEvent, type RitualEvent } from '../../src/projections/events.ts'
import { approvalModel, runModel } from '../../src/projections/models.ts'
import { createRitualProjection } from '../../src/projections/ritual-projection.ts'
import { foldRun, type RunState } from '../../src/projections/runs.ts'
import { formatDemonTime } from '../../src/time.ts'
import { epochNs, ritualMessage } from './ritual-events.ts'

export const tenants = ['acme', 'globex', 'default'] as const
export const rituals = ['nightly', 'rollout', '100%real', 'a_b', 'back\\slash'] as const
export const gates = ['publish', 'go-live', 'gate:x'] as const
const people = ['dana@example.com', 'lee@example.com', 'bot-7'] as const

interface Step {
  readonly tenant: string
  readonly ritual: string
  readonly run: string
  readonly legacy: boolean
  /** Few moments, so that many runs and gates share one and their order needs its tie-break. */
  readonly moment: number
  readonly kind: string
  readonly gate: string
  readonly person: string
  readonly number: number
}

const kinds = [
  'started started started transitioned transitioned completed failed canceled requested requested requested',
  'granted denied override expired escalated timer policy quota unknown',
]
  .join(' ')
  .split(' ')

const step: fc.Arbitrary<Step> = fc.record({
  tenant: fc.constantFrom(...tenants),
  ritual: fc.constantFrom(...rituals),
  run: fc.integer({ min: 1, max: 6 }).map((number) => (number % 2 === 0 ? `run-${number}` : `Job-${number}`)),
  legacy: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
  moment: fc.integer({ min: 0, max: 9 }),
  kind: fc.constantFrom(...kinds),
  gate: fc.constantFrom(...gates),
  person: fc.constantFrom(...people),
  number: fc.integer({ min: 1, max: 5 }),
})

function payloadOf({ kind, gate, person, number, run }: Step): object {
  switch (kind) {
    case 'started':
      return { event: 'ritual.started:v1', spec: { number } }
    case 'transitioned':
      return { event: 'ritual.state.transitioned:v1', fromState: `s${number}`, toState: `s${number + 1}` }
    case 'completed':
      return { event: 'ritual.completed:v1', outputs: { rows: number } }
    case 'failed':
      return { event: 'ritual.failed:v1', error: { code: `E${number}`, message: 'it broke', details: { number } } }
    case 'canceled':
      return { event: 'ritual.canceled:v1', reason: 'no longer needed' }
    case 'requested':
      return { event: 'approval.requested:v1', gateId: gate, requester: person, reason: 'please' }
    case 'granted':
      return { event: 'approval.granted:v1', gateId: gate, approver: person, note: null }
    case 'denied':
      return { event: 'approval.denied:v1', gateId: gate, approver: person, reason: 'not now' }
    case 'override':
      return { event: 'approval.override:v1', gateId: gate, approver: person, note: 'emergency', overrideLevel: number }
    case 'expired':
      return { event: 'approval.denied:v1', gateId: gate, approver: 'system', reason: 'expired' }
    case 'escalated':
      return { event: 'approval.escalated:v1', gateId: gate, fromLevel: number, toLevel: number + 1, reason: 'timeout' }
    case 'timer':
      return {
        event: 'timer.scheduled:v1',
        timerId: `${run}:approval:${gate}:expiry`,
        scheduledFor: formatDemonTime(epochNs + BigInt(number) * 1_000_000_000n),
      }
    case 'policy':
      return { event: 'policy.decision:v1', decision: { effect: number > 2 ? 'allow' : 'deny', reason: 'policy says so' } }
    case 'quota':
      return {
        event: 'policy.decision:v1',
        capability: `capability-${number}`,
        decision: { allowed: number > 2, reason: null },
        quota: { limit: 5, windowSeconds: 60, remaining: number },
      }
    default:
      return { event: 'rollout.metric:v7', value: number }
  }
}

function messageOf(step: Step, index: number): LogMessage {
  const { tenant, ritual, run, moment } = step
  const legacy = tenant === 'default' && step.legacy
  const subject = legacy ? `demon.ritual.v1.${ritual}.${run}.events` : `demon.ritual.v1.${tenant}.${ritual}.${run}.events`
  const ts = formatDemonTime(epochNs + BigInt(moment) * 1_000_000_000n)
  return ritualMessage(index + 1, subject, { ...payloadOf(step), ts, tenantId: tenant, ritualId: ritual, runId: run })
}

/** What the read model must say, folded in memory from the same messages. */
export interface ReadsModel {
  readonly messages: readonly LogMessage[]
  readonly runs: readonly Run[]
  readonly approvals: readonly Approval[]
  readonly events: readonly RitualEvent[]
}

export const eventModel = (event: RitualEvent): RunEvent => ({
  runKey: { system: 'DEMON', ritualId: event.ritualId, runId: event.runId },
  tenantId: event.tenantId,
  sequence: event.sequence,
  at: event.at,
  recordedAt: event.recordedAt,
  type: event.type,
  legacySubject: event.legacy,
  payload: event.payload,
})

export const isOfRun =
  (run: Pick<Run, 'tenantId' | 'ritualId' | 'runId'>) =>
  (other: Pick<Run, 'tenantId' | 'ritualId' | 'runId'>): boolean =>
    other.tenantId === run.tenantId && other.ritualId === run.ritualId && other.runId === run.runId

export function foldModel(messages: readonly LogMessage[]): ReadsModel {
  const runs = new Map<string, { run: RunState; gates: Map<string, GateState> }>()
  const events: RitualEvent[] = []
  for (const message of messages) {
    const parsed = parseRitualEvent(message)
    if (!parsed.readable) throw new Error(`the seed holds an unreadable message: ${parsed.reason}`)
    const { event } = parsed
    events.push(event)
    const key = JSON.stringify([event.tenantId, event.ritualId, event.runId])
    const known = runs.get(key)
    const known_gates = known?.gates ?? new Map<string, GateState>()
    const gateId = gateOf(event)
    const { run, gate } = foldRun(known?.run ?? null, gateId === null ? null : (known_gates.get(gateId) ?? null), event)
    if (gate !== null) known_gates.set(gate.gateId, gate)
    runs.set(key, { run, gates: known_gates })
  }
  const folded = [...runs.values()]
  return {
    messages,
    events,
    runs: folded.map(({ run }) => runModel(run)),
    approvals: folded.flatMap(({ run, gates }) =>
      [...gates.values()].flatMap(({ gateId, approval }) => (approval === null ? [] : [approvalModel(run, gateId, approval)])),
    ),
  }
}

/** A log of some tenants, rituals and runs, the same in every run of the tests. */
export const randomModel = (events = 900): ReadsModel =>
  foldModel(
    fc.sample(fc.array(step, { minLength: events, maxLength: events, size: 'max' }), { numRuns: 1, seed: 20_251_110 })[0]?.map(messageOf) ??
      [],
  )

export const epoch = 'epoch-of-the-test'

/** Puts messages into the tables as the projector does, and its watermark with them. */
export async function seed(sql: Sql, messages: readonly LogMessage[]): Promise<void> {
  await sql.transaction(async (tx) => {
    const projection = createRitualProjection()
    await projection.apply(tx, messages)
    await tx.run(
      `insert into projection_watermarks (projection, stream, sequence, epoch, updated_at_ns) values ($1, $2, $3, $4, $5)
       on conflict (projection, stream) do update set sequence = excluded.sequence`,
      [projection.name, projection.stream, messages.at(-1)?.sequence ?? 0n, epoch, messages.at(-1)?.recordedAtNs ?? 0n],
    )
  })
}

/** A store that counts the statements it was asked. */
export function countingSql(sql: Sql): { readonly sql: Sql; readonly statements: string[] } {
  const statements: string[] = []
  const counted = <Arguments extends [string, ...unknown[]], T>(method: (...args: Arguments) => T) => {
    return (...args: Arguments): T => {
      statements.push(args[0])
      return method(...args)
    }
  }
  const counting: Sql = Object.assign(Object.create(sql), {
    any: counted(sql.any),
    one: counted(sql.one),
    maybeOne: counted(sql.maybeOne),
    run: counted(sql.run),
  })
  return { sql: counting, statements }
}
