import fc from 'fast-check'
import { test } from 'tap'
import { readDecisions, readEscalation, writeDecisions, writeEscalation } from '../src/projections/approval-columns.ts'
import { approvalState } from '../src/projections/approvals.ts'
import { parseRitualEvent, parseRitualSubject, type RitualEvent } from '../src/projections/events.ts'
import { foldRunHistory, runStatus } from '../src/projections/runs.ts'
import { parseScaleHint } from '../src/projections/scale-hints.ts'
import { formatDemonTime } from '../src/time.ts'
import { epochNs, published, ritualMessage } from './support/ritual-events.ts'

const subject = 'demon.ritual.v1.acme.rollout.run-1.events'
const ts = '2025-11-10T08:00:00.000000001+00:00'

const parse = (payload: object | string | Uint8Array, on = subject, sequence = 1) => parseRitualEvent(ritualMessage(sequence, on, payload))
const read = (payload: object, on = subject, sequence = 1): RitualEvent => {
  const parsed = parse(payload, on, sequence)
  if (!parsed.readable) throw new Error(parsed.reason)
  return parsed.event
}
const history = (...payloads: object[]) => {
  const folded = foldRunHistory(
    payloads.map((payload, index) => read({ ts: formatDemonTime(epochNs + BigInt(index)), ...payload }, subject, index + 1)),
  )
  if (folded === null) throw new Error('no events')
  return { ...folded, gate: (gateId: string) => folded.gates.get(gateId)?.approval ?? null, status: runStatus(folded.run) }
}

const started = { event: 'ritual.started:v1', spec: { a: 1 } }
const requested = { event: 'approval.requested:v1', gateId: 'g', requester: 'dana', reason: 'release' }
const granted = { event: 'approval.granted:v1', gateId: 'g', approver: 'lee', note: null }
const denied = { event: 'approval.denied:v1', gateId: 'g', approver: 'kim', reason: 'no' }
const expired = { event: 'approval.denied:v1', gateId: 'g', approver: 'system', reason: 'expired' }
const completed = { event: 'ritual.completed:v1', outputs: { rows: 1 } }
const timer = (gate: string, scheduledFor: string, end = '') => ({
  event: 'timer.scheduled:v1',
  timerId: `run-1:approval:${gate}:expiry${end}`,
  scheduledFor,
})

test('both forms of a ritual subject are read, everything else is refused', async (t) => {
  t.same(parseRitualSubject(subject), { tenantId: 'acme', ritualId: 'rollout', runId: 'run-1', legacy: false })
  t.same(parseRitualSubject('demon.ritual.v1.rollout.run-1.events'), {
    tenantId: 'default',
    ritualId: 'rollout',
    runId: 'run-1',
    legacy: true,
  })
  for (const other of [
    'demon.ritual.v1.a.b.c.d.events',
    'demon.ritual.v1.a.events',
    'demon.ritual.v1.*.b.c.events',
    'demon.ritual.v1.a.>.c.events',
  ])
    t.equal(parseRitualSubject(other), null, other)
  for (const other of [
    'demon.ritual.v1.a..c.events',
    'demon.ritual.v1.a.b.c.other',
    'demon.graph.v1.a.b.c.events',
    `demon.ritual.v1.a.b.${'x'.repeat(801)}.events`,
    '',
  ])
    t.equal(parseRitualSubject(other), null, other.slice(0, 40))
})

test('what is no JSON object on a known subject is a dead letter with its reason', async (t) => {
  t.match(parse('{"a":'), { readable: false, tenantId: 'acme', reason: 'the payload is not JSON' })
  t.match(parse('[1]'), { readable: false, reason: 'the payload is not a JSON object' })
  t.match(parse(Uint8Array.of(0x7b, 0xff, 0x7d)), { readable: false, reason: 'the payload is not UTF-8' })
  t.match(parse(started, 'demon.ritual.v1.a.b.c.d.events'), {
    readable: false,
    tenantId: null,
    reason: 'the subject has no form that we know',
  })
})

test('an event without usable time, type or fields is generic and stands at the time of the log', async (t) => {
  const late = ritualMessage(7, subject, '').recordedAtNs
  t.match(read({ ...completed, ts: 'soon' }, subject, 7), { type: 'ritual.completed:v1', at: late, body: { kind: 'generic' } })
  t.match(read({ event: 7, ts }), { type: 'unknown', body: { kind: 'generic' } })
  t.match(read({ event: 'toString', ts }), { type: 'toString', body: { kind: 'generic' } })
  t.match(read({ event: 'approval.granted:v1', ts, gateId: 5 }), { body: { kind: 'generic' } })
  t.match(read({ event: 'approval.granted:v1', ts, gateId: 'x'.repeat(900) }), { body: { kind: 'generic' } })
})

test('both spellings of a transition are read', async (t) => {
  t.match(read({ event: 'ritual.state.transitioned:v1', ts, fromState: 'a', toState: 'b' }), {
    body: { kind: 'transitioned', fromState: 'a', toState: 'b' },
  })
  t.match(read({ event: 'ritual.transitioned:v1', ts, stateFrom: 'a', stateTo: 'b' }), {
    body: { kind: 'transitioned', fromState: 'a', toState: 'b' },
  })
})

test('the four shapes of a policy decision are one', async (t) => {
  const policy = (fields: object) => read({ event: 'policy.decision:v1', ts, ...fields }).body
  const quota = { limit: 5, windowSeconds: 60, remaining: 0 }
  t.match(policy({ capability: 'echo', decision: { allowed: false, reason: 'limit_exceeded' }, quota }), {
    allowed: false,
    capability: 'echo',
    reason: 'limit_exceeded',
    quota,
  })
  t.match(policy({ capability: 'echo', decision: { allowed: true }, quota }), { allowed: true, reason: null, quota })
  const config = { allowed: false, reason: 'config_validation_failed', details: 'Path /a' }
  t.match(policy({ capability: 'echo', decision: config, validation: { type: 'config' } }), {
    allowed: false,
    quota: null,
    validation: '{"type":"config"}',
    details: '"Path /a"',
  })
  t.match(policy({ decision: { effect: 'deny', reason: 'r' } }), { allowed: false, capability: null, reason: 'r' })
  t.match(policy({ decision: { effect: 'allow' } }), { allowed: true })
  t.match(policy({ decision: 'yes' }), { kind: 'policy', allowed: null })
})

test('text that SQL cannot hold is replaced, the payload keeps it exactly', async (t) => {
  const event = read({ ...requested, ts, gateId: 'a\u0000b', reason: '\ud800!' })
  t.match(event.body, { gateId: 'a\ufffdb', reason: '\ufffd!' })
  t.ok(event.payload.includes('a\\u0000b'))
  t.match(read(JSON.parse(`{"event":"ritual.started:v1","ts":"${ts}","spec":"\u{1f600}"}`)).body, { spec: '"\u{1f600}"' })
})

test('a value nested too deeply to be written is left out, never thrown', async (t) => {
  const deep = `{"event":"ritual.started:v1","ts":"${ts}","spec":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
  t.match(parse(deep), { readable: true, event: { body: { kind: 'started', spec: null } } })
})

test('the first lifecycle terminal decides, more are counted', async (t) => {
  const { run, status } = history(started, completed, { event: 'ritual.failed:v1', reason: 'late' })
  t.equal(status, 'COMPLETED')
  t.match(run, { terminalCount: 2, endedAt: epochNs + 1n, outputs: '{"rows":1}', failure: null, startedAt: epochNs, spec: '{"a":1}' })
  t.match(
    history({ event: 'ritual.failed:v1', error: { message: 'm', code: 'C', details: [1] } }).run.failure,
    '{"code":"C","message":"m","details":[1]}',
  )
  t.equal(history({ event: 'ritual.canceled:v1' }).status, 'CANCELED')
})

test('a run without a start event has no start time but was first seen', async (t) => {
  const { run, status } = history({ event: 'rollout.metric:v7' }, { event: 'ritual.paused:v1' })
  t.equal(status, 'RUNNING')
  t.match(run, { startedAt: null, firstSeenAt: epochNs, rawStatus: 'ritual.paused:v1', lastSequence: 2n, runSeq: 1n })
})

test('a run waits while a requested gate has no terminal, and a denied gate does not end it', async (t) => {
  t.equal(history(started, requested).status, 'AWAITING_APPROVAL')
  t.equal(history(started, requested, denied).status, 'RUNNING')
  t.equal(history(started, requested, denied, requested).status, 'RUNNING', 'a second request does not reopen')
  t.equal(history(started, requested, completed).status, 'COMPLETED')
  t.equal(history(started, requested, { ...requested, gateId: 'h' }, granted).status, 'AWAITING_APPROVAL')
})

test('the first terminal of a gate wins and later ones are kept', async (t) => {
  const gate = history(requested, granted, denied, expired).gate('g')
  t.match(gate, { requester: 'dana', decision: { kind: 'GRANT', approver: 'lee', sequence: 2n }, firstSequence: 1n, lastSequence: 4n })
  t.match(gate?.laterTerminals, [
    { kind: 'DENY', approver: 'kim' },
    { kind: 'DENY', approver: 'system' },
  ])
  t.equal(gate && approvalState(gate), 'GRANTED')
  t.same(gate && readDecisions(writeDecisions(gate.laterTerminals)), gate?.laterTerminals)
})

test('a denial by the system because of time is EXPIRED', async (t) => {
  const state = (...events: object[]) => {
    const gate = history(...events).gate('g')
    return gate && approvalState(gate)
  }
  t.equal(state(requested, expired), 'EXPIRED')
  t.equal(state(requested, denied), 'DENIED')
  t.equal(state(requested, { event: 'approval.override:v1', gateId: 'g', approver: 'x' }), 'OVERRIDDEN')
  t.equal(state(requested), 'PENDING')
})

test('a terminal without request makes a gate, and a late request fills it in without reopening', async (t) => {
  t.match(history(granted).gate('g'), { requester: null, requestedAt: null, decision: { kind: 'GRANT' } })
  const late = history(granted, requested)
  t.match(late.gate('g'), { requester: 'dana', requestedAt: epochNs + 1n, decision: { kind: 'GRANT' } })
  t.equal(late.status, 'RUNNING')
})

test('the newest matching timer gives the expiry, also when it came before its gate', async (t) => {
  const first = '2025-11-10T09:00:00Z'
  const second = '2025-11-10T10:00:00Z'
  const at = BigInt(Date.parse(second)) * 1_000_000n
  t.equal(history(requested, timer('g', first), timer('g', second, ':level:2')).gate('g')?.expiresAt, at)
  t.equal(history(timer('g', first), timer('g', second), requested).gate('g')?.expiresAt, at)
  t.equal(history(requested, timer('h', first)).gate('g')?.expiresAt, null)
  t.equal(history({ ...requested, gateId: 'a:expiry' }, timer('a:expiry', second)).gate('a:expiry')?.expiresAt, at)
  t.equal(history(timer('g', first)).gate('g'), null, 'a timer alone is no gate')
})

test('escalations are read in both cases, and an override keeps what it does not know', async (t) => {
  const next = '2025-11-10T09:00:00Z'
  const step = { fromLevel: 1, toLevel: 2, escalatedAt: ts, reason: 'timeout' }
  const state = { currentLevel: 2, totalLevels: 3, nextEscalationAt: next, emergencyOverride: false, escalationHistory: [step] }
  const escalated = { event: 'approval.escalated:v1', gateId: 'g', fromLevel: 1, toLevel: 2, reason: 'timeout', escalationState: state }
  const open = history(requested, escalated).gate('g')?.escalation ?? null
  t.match(open, {
    currentLevel: 2,
    totalLevels: 3,
    nextEscalationAt: BigInt(Date.parse(next)) * 1_000_000n,
    history: [{ fromLevel: 1, toLevel: 2, reason: 'timeout' }],
  })
  t.same(readEscalation(writeEscalation(open)), open)
  const override = {
    event: 'approval.override:v1',
    gateId: 'g',
    approver: 'x',
    escalationState: { current_level: 2, total_levels: 2, emergency_override: true },
  }
  t.match(history(requested, escalated, override).gate('g')?.escalation, {
    currentLevel: 2,
    totalLevels: 3,
    emergencyOverride: true,
    history: [{ toLevel: 2 }],
  })
  t.match(history(requested, override).gate('g')?.escalation, { currentLevel: 2, totalLevels: 2, history: [] })
})

test('legacy events merge into tenant default, and a run is legacy only while all its events are', async (t) => {
  const old = read({ ...started, ts, tenantId: 'acme' }, 'demon.ritual.v1.rollout.run-1.events', 1)
  const current = read({ ...completed, ts }, 'demon.ritual.v1.default.rollout.run-1.events', 2)
  t.match(foldRunHistory([old])?.run, { tenantId: 'default', legacy: true, payloadTenantId: 'acme' })
  t.match(foldRunHistory([old, current])?.run, { legacy: false, payloadTenantId: 'acme', runSeq: 1n })
})

test('a legacy subject of seven tokens keeps the subject and shows what the payload names', async (t) => {
  const { run } =
    foldRunHistory([
      read({ event: 'policy.decision:v1', ts, tenantId: 'default', ritualId: 'echo.v2' }, 'demon.ritual.v1.echo.v2.run-9.events'),
    ]) ?? {}
  t.match(run, { tenantId: 'echo', ritualId: 'v2', runId: 'run-9', payloadTenantId: 'default', payloadRitualId: 'echo.v2' })
})

test('scale hints are read, unknown words and foreign subjects included', async (t) => {
  const hint = (payload: object | string, on = 'demon.scale.v1.acme.hints') =>
    parseScaleHint({ ...ritualMessage(3, on, payload), stream: 'scale' })
  t.match(hint({ event: 'agent.scale.hint:v1', ts, recommendation: 'scale_up', reason: 'lag' }), {
    hint: { tenantId: 'acme', recommendation: 'SCALE_UP', reason: 'lag' },
  })
  t.match(hint({ event: 'agent.scale.hint:v1', recommendation: 'toString' }), { hint: { recommendation: 'UNKNOWN', reason: null } })
  t.match(hint('nope'), { readable: false, tenantId: 'acme' })
  t.match(hint({}, 'demon.scale.v1.*.hints'), { readable: false, tenantId: null })
})

test('no bytes on any subject make the reader or the folds throw, and pending gates never go wrong', async () => {
  fc.assert(
    fc.property(fc.array(published, { maxLength: 60 }), (messages) => {
      const parsed = messages.map((message, index) => parseRitualEvent(ritualMessage(index + 1, message.subject, message.payload)))
      const events = parsed.flatMap((result) => (result.readable ? [result.event] : []))
      const keyOf = (event: RitualEvent) => [event.tenantId, event.ritualId, event.runId].join('/')
      const keys = new Set(events.map(keyOf))
      return [...keys].every((key) => {
        const folded = foldRunHistory(events.filter((event) => keyOf(event) === key))
        const open = [...(folded?.gates.values() ?? [])].filter(
          ({ approval }) => approval?.requestedAt != null && approval.decision === null,
        )
        return folded?.run.pendingGates === open.length
      })
    }),
    { numRuns: 300 },
  )
})
