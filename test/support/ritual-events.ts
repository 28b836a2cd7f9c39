import fc from 'fast-check'
import { type LogMessage } from '../../src/datasources/log/log.ts'
import { formatDemonTime } from '../../src/time.ts'

export const epochNs = 1_763_000_000_000_000_000n

/** A message as the log would hand it over; objects become JSON. */
export function ritualMessage(sequence: number, subject: string, payload: object | string | Uint8Array): LogMessage {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return {
    stream: 'ritual',
    sequence: BigInt(sequence),
    subject,
    messageId: null,
    payload: bytes,
    recordedAtNs: epochNs + BigInt(sequence) * 1_000_000n,
  }
}

export interface Published {
  readonly subject: string
  readonly payload: Uint8Array
}

const ids = (...names: string[]) => fc.constantFrom(...names)
const offsets = fc.integer({ min: 0, max: 1_000_000 }).map((offset) => formatDemonTime(epochNs + BigInt(offset)))
const text = fc.oneof(fc.constantFrom('system', 'expired', 'dana@example.com', 'a \u0000 b', '\ud800', ''), fc.string({ maxLength: 12 }))

/** Any event of a few runs and gates, well formed or not: what a log may hold. */
export const published: fc.Arbitrary<Published> = fc
  .record({
    tenant: ids('acme', 'default'),
    ritual: ids('r1', 'r2'),
    run: ids('run-1', 'run-2', 'run:3'),
    legacy: fc.integer({ min: 0, max: 5 }),
  })
  .chain(({ tenant, ritual, run, legacy }) => {
    const subject = legacy === 0 ? `demon.ritual.v1.${ritual}.${run}.events` : `demon.ritual.v1.${tenant}.${ritual}.${run}.events`
    const gateId = ids('g', 'g:expiry', 'go-live', 'a\u0000')
    const level = fc.integer({ min: 1, max: 3 })
    const common = { ts: offsets, tenantId: ids(tenant, 'other'), ritualId: ids(ritual, 'else'), runId: fc.constant(run) }
    const of = (event: string, fields: Record<string, fc.Arbitrary<unknown>> = {}) =>
      fc.record({ event: fc.constant(event), ...common, ...fields })
    const payload = fc.oneof(
      of('ritual.started:v1', { spec: fc.object() }),
      of('ritual.state.transitioned:v1', { fromState: text, toState: text }),
      of('ritual.transitioned:v1', { stateFrom: text, stateTo: text }),
      of('ritual.completed:v1', { outputs: fc.object() }),
      of('ritual.failed:v1', { error: fc.oneof(text, fc.record({ message: text, code: text })) }),
      of('ritual.canceled:v1', { reason: text }),
      of('approval.requested:v1', { gateId, requester: text, reason: text }),
      of('approval.granted:v1', { gateId, approver: text, note: fc.option(text) }),
      of('approval.denied:v1', { gateId, approver: text, reason: text }),
      of('approval.override:v1', {
        gateId,
        approver: text,
        overrideLevel: level,
        escalationState: fc.record({ current_level: level, total_levels: level, emergency_override: fc.boolean() }),
      }),
      of('approval.escalated:v1', {
        gateId,
        fromLevel: level,
        toLevel: level,
        reason: text,
        escalationState: fc.record({ currentLevel: level, totalLevels: level }),
      }),
      of('timer.scheduled:v1', {
        timerId: fc.tuple(gateId, ids('', ':level:2')).map(([gate, end]) => `${run}:approval:${gate}:expiry${end}`),
        scheduledFor: offsets,
      }),
      of('policy.decision:v1', {
        decision: fc.record({ allowed: fc.boolean(), reason: fc.option(text) }),
        capability: text,
        quota: fc.record({ limit: level, windowSeconds: level, remaining: level }),
      }),
      of('policy.decision:v1', { decision: fc.record({ effect: ids('allow', 'deny', '?'), reason: text }) }),
      of('ritual.completed:v1', { ts: fc.constant('yesterday') }),
      of('rollout.metric:v7', { value: fc.double() }),
      fc.object(),
      fc.jsonValue(),
    )
    const bytes = fc.oneof(
      { weight: 20, arbitrary: payload.map((value) => Buffer.from(JSON.stringify(value))) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    )
    const anySubject = fc.oneof(
      { weight: 20, arbitrary: fc.constant(subject) },
      ids(`demon.ritual.v1.${tenant}.a.b.c.events`, 'demon.ritual.v1.*.r1.run-1.events', 'demon.ritual.v1.x.events'),
    )
    return fc.record({ subject: anySubject, payload: bytes })
  })
