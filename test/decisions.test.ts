import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { type AppendOptions, type EventLog } from '../src/datasources/log/log.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { type DecisionInput, type WriteOutcome } from '../src/datasources/runs/commands.ts'
import { createRunCommands } from '../src/datasources/runs/demon-commands.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { type AppError, isAppError, sourceUnavailable } from '../src/errors.ts'
import { formatDemonTime, parseNanos, systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { type LogAdapter, logAdapters, openTestJetstream } from './support/logs.ts'
import { startNats } from './support/nats.ts'
import { type TestRun, bodyOf, lastSequence, standingClock, testRun, waitingRun } from './support/run-log.ts'
import { createTestDatabase } from './support/sql.ts'

const lee = { actorId: 'lee@example.com' }
const kim = { actorId: 'kim@example.com' }
const grant: DecisionInput = { kind: 'GRANT' }
const deny: DecisionInput = { kind: 'DENY', reason: 'tests red' }
const gate = (run: TestRun, gateId = 'publish') => ({ ...run.key, gateId })
const terminals = ['approval.granted:v1', 'approval.denied:v1', 'approval.override:v1']
const isTerminal = (event: Record<string, unknown>) => terminals.includes(String(event['event']))

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

async function refused(t: Test, work: Promise<unknown>, code: string, path?: string): Promise<AppError | null> {
  const error = await failure(work)
  t.ok(isAppError(error), `refused with an error of ours, not ${String(error)}`)
  if (!isAppError(error)) return null
  t.equal(error.code, code)
  if (path !== undefined) t.same(error.details['path'], [path])
  return error
}

/** The log, with something that happens at the next append, in its place or before it. */
function meddled(
  log: EventLog,
  meddle: (append: () => ReturnType<EventLog['append']>, options: AppendOptions) => ReturnType<EventLog['append']>,
) {
  let used = false
  const append: EventLog['append'] = (subject, payload, options = {}) => {
    if (used) return log.append(subject, payload, options)
    used = true
    return meddle(() => log.append(subject, payload, options), options)
  }
  return { ...log, append }
}

function wire(t: Test, log: EventLog) {
  const clock = standingClock('2027-03-01T10:00:00.123456789Z')
  const commands = createRunCommands({ log, clock })
  const ts = '2027-03-01T10:00:00.123456789+00:00'

  t.test('a grant is on the log exactly as Demon accepts it', async (t) => {
    const run = await waitingRun(log)
    const outcome = await commands.decide(run.scope, lee, gate(run), { kind: 'GRANT', note: 'rows look right' })
    const [, , stored] = await run.messages()
    t.same(outcome, { outcome: 'WRITTEN', sequence: stored?.sequence, repeated: false })
    t.equal(stored?.messageId, `${run.key.runId}:approval:publish:granted`)
    t.strictSame(stored === undefined ? {} : bodyOf(stored), {
      event: 'approval.granted:v1',
      ts,
      tenantId: 'acme',
      runId: run.key.runId,
      ritualId: 'rollout',
      gateId: 'publish',
      approver: 'lee@example.com',
      note: 'rows look right',
    })
  })

  t.test('a denial carries its reason, a note not given is left out, an override repeats the level the gate has reached', async (t) => {
    const denied = await waitingRun(log)
    await commands.decide(denied.scope, lee, gate(denied), { ...deny, note: 'not stored' })
    t.strictSame(Object.keys((await denied.events())[2] ?? {}), [
      'event',
      'ts',
      'tenantId',
      'runId',
      'ritualId',
      'gateId',
      'approver',
      'reason',
    ])
    t.equal((await denied.messages())[2]?.messageId, `${denied.key.runId}:approval:publish:denied`)

    const granted = await waitingRun(log)
    await commands.decide(granted.scope, lee, gate(granted), { kind: 'GRANT', note: null })
    t.notOk('note' in ((await granted.events())[2] ?? {}))

    const escalated = await waitingRun(log)
    const escalationState = { currentLevel: 2, totalLevels: 3, nextEscalationAt: null, emergencyOverride: true, escalationHistory: [] }
    await escalated.publish({
      event: 'approval.escalated:v1',
      gateId: 'publish',
      fromLevel: 1,
      toLevel: 2,
      reason: 'timeout',
      escalationState,
    })
    await commands.decide(escalated.scope, lee, gate(escalated), { kind: 'OVERRIDE', note: 'incident 8812' })
    const [, , , override] = await escalated.messages()
    t.equal(override?.messageId, `${escalated.key.runId}:approval:publish:override`)
    t.match(override === undefined ? {} : bodyOf(override), {
      event: 'approval.override:v1',
      overrideLevel: 2,
      note: 'incident 8812',
      escalationState: { current_level: 2, total_levels: 2, emergency_override: true },
    })
  })

  t.test('times only grow, in nanoseconds, even when another clock ran ahead', async (t) => {
    const run = await waitingRun(log)
    await run.publish({ event: 'rollout.metric:v7', ts: '2027-03-01T12:00:00.999999999+02:00' })
    await run.publish({
      event: 'approval.requested:v1',
      gateId: 'second',
      requester: 'x',
      reason: 'y',
      ts: '2028-01-01T00:00:00.999999999Z',
    })
    await commands.decide(run.scope, lee, gate(run), grant)
    await commands.decide(run.scope, lee, gate(run, 'second'), grant)
    const [first, second] = (await run.events()).slice(-2).map((event) => event['ts'])
    t.same([first, second], ['2028-01-01T00:00:01.000000000+00:00', '2028-01-01T00:00:01.000000001+00:00'])
  })

  t.test('an event without a time, or one that is no JSON, does not keep a gate from being decided', async (t) => {
    const run = await waitingRun(log)
    await run.publish({ event: 'sensor.reading:v1', ts: undefined })
    await log.append(run.subject, Buffer.from('not JSON'))
    t.match(await commands.decide(run.scope, lee, gate(run), grant), { outcome: 'WRITTEN' })
    t.equal((await run.messages()).length, 5)
  })

  t.test('a request opens a gate, and its timer expires it', async (t) => {
    const run = testRun(log)
    const start = await commands.start(run.scope, lee, run.key, { spec: { id: 'rollout' } })
    t.match(start, { outcome: 'WRITTEN', repeated: false })
    const outcome = await commands.requestApproval(run.scope, kim, gate(run, 'go: live? ü'), { reason: 'ready', ttlSeconds: 3600 })
    const [started, requested, timer] = await run.messages()
    t.same(outcome, { outcome: 'WRITTEN', sequence: timer?.sequence, repeated: false })
    t.same(
      [started, requested, timer].map((message) => message?.messageId),
      [`${run.key.runId}:1`, `${run.key.runId}:approval:go: live? ü`, `${run.key.runId}:approval:go: live? ü:expiry:scheduled`],
    )
    const origin = { tenantId: 'acme', runId: run.key.runId, ritualId: 'rollout' }
    t.strictSame(
      (await run.events()).map(({ ts: _, ...rest }) => rest),
      [
        { event: 'ritual.started:v1', ...origin, spec: { id: 'rollout' } },
        { event: 'approval.requested:v1', ...origin, gateId: 'go: live? ü', requester: 'kim@example.com', reason: 'ready' },
        {
          event: 'timer.scheduled:v1',
          runId: run.key.runId,
          timerId: `${run.key.runId}:approval:go: live? ü:expiry`,
          scheduledFor: '2027-03-01T11:00:00.123456791+00:00',
        },
      ],
    )
    const again = await commands.requestApproval(run.scope, kim, gate(run, 'go: live? ü'), { reason: 'ready', ttlSeconds: 3600 })
    t.same(again, { outcome: 'WRITTEN', sequence: timer?.sequence, repeated: true })
    const other = await commands.requestApproval(run.scope, lee, gate(run, 'go: live? ü'), { reason: 'me too' })
    t.same(other, { outcome: 'ALREADY_REQUESTED', sequence: requested?.sequence })
    t.equal((await run.messages()).length, 3)
  })

  t.test('odd gate ids are taken as they are', async (t) => {
    const run = await waitingRun(log)
    for (const gateId of ['a b', 'grün/π.*>', '😀', 'x:granted', ' ', '"', 'a\u2028b']) {
      t.match(
        await commands.requestApproval(run.scope, kim, gate(run, gateId), { reason: 'odd' }),
        { outcome: 'WRITTEN' },
        encodeURIComponent(gateId),
      )
      t.match(await commands.decide(run.scope, lee, gate(run, gateId), grant), { outcome: 'WRITTEN' }, encodeURIComponent(gateId))
    }
    t.equal((await run.events()).filter(isTerminal).length, 7)
  })
}

function rules(t: Test, log: EventLog) {
  const commands = createRunCommands({ log, clock: systemClock })

  t.test('the first terminal wins, whoever asks afterwards for whatever', async (t) => {
    const run = await waitingRun(log)
    const winner = await run.publish({ event: 'approval.denied:v1', gateId: 'publish', approver: 'system', reason: 'expired' })
    await run.publish({ event: 'approval.granted:v1', gateId: 'publish', approver: 'late@example.com' })
    const before = await lastSequence(log)
    t.same(await commands.decide(run.scope, lee, gate(run), deny), { outcome: 'ALREADY_DECIDED', sequence: winner, sameKind: true })
    for (const decision of [grant, { kind: 'OVERRIDE', note: 'now' } as const])
      t.same(await commands.decide(run.scope, lee, gate(run), decision), { outcome: 'ALREADY_DECIDED', sequence: winner, sameKind: false })
    t.equal(await lastSequence(log), before, 'nothing was written')
  })

  t.test('unknown runs and gates, other tenants and other rituals have nothing to decide', async (t) => {
    const run = await waitingRun(log)
    await run.publish({ event: 'rollout.metric:v7', gateId: 'metric' })
    const before = await lastSequence(log)
    t.same(await commands.decide(run.scope, lee, gate(run, 'unasked'), grant), { outcome: 'NOT_FOUND', what: 'GATE' })
    t.same(await commands.decide(run.scope, lee, gate(run, 'metric'), grant), { outcome: 'NOT_FOUND', what: 'GATE' })
    const noRun = { outcome: 'NOT_FOUND', what: 'RUN' }
    t.same(await commands.decide({ tenantId: 'northwind' }, lee, gate(run), grant), noRun)
    t.same(await commands.decide(run.scope, lee, { ...gate(run), ritualId: 'other' }, grant), noRun)
    t.same(await commands.requestApproval(run.scope, lee, { ...gate(run), runId: 'no-such-run' }, { reason: 'r' }), noRun)
    t.same(await commands.complete(run.scope, lee, { ...run.key, runId: 'no-such-run' }, { outputs: {} }), noRun)
    t.equal(await lastSequence(log), before, 'nothing was written')
  })

  t.test('a run on 6-token subjects alone can be decided by nobody; one on both forms can', async (t) => {
    const run = testRun(log, { tenantId: 'default' })
    const legacy = `demon.ritual.v1.rollout.${run.key.runId}.events`
    const request = {
      event: 'approval.requested:v1',
      gateId: 'publish',
      requester: 'x',
      reason: 'y',
      runId: run.key.runId,
      ts: '2026-01-01T00:00:00Z',
    }
    await log.append(legacy, Buffer.from(JSON.stringify(request)))
    const before = await lastSequence(log)
    t.same(await commands.decide(run.scope, lee, gate(run), grant), { outcome: 'LEGACY_SUBJECT' })
    t.same(await commands.start(run.scope, lee, run.key, { spec: {} }), { outcome: 'LEGACY_SUBJECT' })
    t.same(await commands.cancel(run.scope, lee, run.key, {}), { outcome: 'LEGACY_SUBJECT' })
    t.equal(await lastSequence(log), before, 'nothing was written')

    await run.publish({ event: 'ritual.started:v1', spec: {} })
    t.match(await commands.decide(run.scope, lee, gate(run), grant), { outcome: 'WRITTEN' })
    t.equal((await run.events()).filter(isTerminal).length, 1)
    const seen = await commands.readBack(run.scope, run.key)
    t.match(seen, { run: { legacy: false, status: 'RUNNING' }, approvals: [{ state: 'GRANTED', requester: 'x' }] })
  })

  t.test('ids that cannot enter a subject or a header, and texts out of bounds, write nothing', async (t) => {
    const run = await waitingRun(log)
    const before = await lastSequence(log)
    const bad = ['', 'a.b', '*', '>', 'a b', 'a\tb', 'a\u00a0b', 'a\u0000', 'a\r\nX: y', 'x'.repeat(257), '\ud800']
    for (const id of bad) {
      await refused(t, commands.decide(run.scope, lee, { ...gate(run), runId: id }, grant), 'BAD_USER_INPUT', 'runId')
      await refused(t, commands.start(run.scope, lee, { ...run.key, ritualId: id }, { spec: {} }), 'BAD_USER_INPUT', 'ritualId')
      await refused(t, commands.cancel({ tenantId: id }, lee, run.key, {}), 'BAD_USER_INPUT', 'tenantId')
    }
    for (const id of ['', 'a\r\nNats-Msg-Id: x', '\u0000', '\u007f', '\ud800', 'x'.repeat(257)])
      await refused(t, commands.decide(run.scope, lee, gate(run, id), grant), 'BAD_USER_INPUT', 'gateId')
    const long = 'ü'.repeat(2049)
    for (const note of [long, '\u0000'])
      await refused(t, commands.decide(run.scope, lee, gate(run), { ...grant, note }), 'BAD_USER_INPUT', 'note')
    for (const reason of ['', ' \n', null, undefined, long])
      await refused(t, commands.decide(run.scope, lee, gate(run), { kind: 'DENY', reason }), 'BAD_USER_INPUT', 'reason')
    for (const empty of ['', ' \n\t', '\u200b\u00a0']) {
      await refused(t, commands.decide(run.scope, lee, gate(run), { kind: 'GRANT', note: empty }), 'BAD_USER_INPUT', 'note')
      await refused(t, commands.decide(run.scope, lee, gate(run), { kind: 'DENY', reason: empty }), 'BAD_USER_INPUT', 'reason')
      await refused(t, commands.decide(run.scope, lee, gate(run), { kind: 'OVERRIDE', note: empty }), 'BAD_USER_INPUT', 'note')
    }
    for (const overrideLevel of [0, -1, 1.5, 1001])
      await refused(
        t,
        commands.decide(run.scope, lee, gate(run), { kind: 'OVERRIDE', note: 'n', overrideLevel }),
        'BAD_USER_INPUT',
        'overrideLevel',
      )
    await refused(t, commands.requestApproval(run.scope, lee, gate(run, 'new'), { reason: '' }), 'BAD_USER_INPUT', 'reason')
    for (const ttlSeconds of [0, -5, 2 ** 31])
      await refused(
        t,
        commands.requestApproval(run.scope, lee, gate(run, 'new'), { reason: 'r', ttlSeconds }),
        'BAD_USER_INPUT',
        'ttlSeconds',
      )
    await refused(t, commands.transition(run.scope, lee, run.key, { fromState: '', toState: 'b' }), 'BAD_USER_INPUT', 'fromState')
    await refused(t, commands.fail(run.scope, lee, run.key, { message: '' }), 'BAD_USER_INPUT', 'message')
    const deep: unknown[] = []
    let inner = deep
    for (let depth = 0; depth < 100_000; depth++) inner.push((inner = []))
    for (const outputs of [[], 'text', 5, { big: 'x'.repeat(262_144) }, { deep }])
      await refused(t, commands.complete(run.scope, lee, run.key, { outputs }), 'BAD_USER_INPUT', 'outputs')
    await refused(t, commands.decide(run.scope, lee, { ...gate(run), system: 'SUMMIT' }, grant), 'BAD_USER_INPUT', 'system')
    await refused(t, commands.decide(run.scope, { actorId: '' }, gate(run), grant), 'BAD_USER_INPUT', 'actor')
    t.equal(await lastSequence(log), before, 'nothing was written')
  })
}

function lifecycle(t: Test, log: EventLog) {
  const commands = createRunCommands({ log, clock: systemClock })

  t.test('a run is reported from start to end, its events counted in their message ids', async (t) => {
    const run = testRun(log)
    t.match(await commands.start(run.scope, lee, run.key, { spec: { initial: 'load', version: '1' } }), { outcome: 'WRITTEN' })
    t.match(await commands.transition(run.scope, lee, run.key, { fromState: 'load', toState: 'done' }), { outcome: 'WRITTEN' })
    await commands.requestApproval(run.scope, lee, gate(run), { reason: 'r' })
    const end = await commands.complete(run.scope, lee, run.key, { outputs: { rows: 12 } })
    const messages = await run.messages()
    t.same(end, { outcome: 'WRITTEN', sequence: messages[3]?.sequence, repeated: false })
    const { runId } = run.key
    t.same(
      messages.map(({ messageId }) => messageId),
      [`${runId}:1`, `${runId}:2`, `${runId}:approval:publish`, `${runId}:3`],
    )
    t.match(messages.map(bodyOf), [
      { event: 'ritual.started:v1', spec: { initial: 'load' } },
      { event: 'ritual.state.transitioned:v1', fromState: 'load', toState: 'done' },
      {},
      { event: 'ritual.completed:v1', outputs: { rows: 12 } },
    ])
    const times = messages.map((message) => parseNanos(bodyOf(message)['ts']) ?? 0n)
    t.ok(
      times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0n)),
      'times grow',
    )

    const over = { outcome: 'ALREADY_TERMINAL', sequence: messages[3]?.sequence }
    t.same(await commands.complete(run.scope, lee, run.key, { outputs: { rows: 12 } }), over)
    t.same(await commands.fail(run.scope, lee, run.key, { message: 'late' }), over)
    t.same(await commands.transition(run.scope, lee, run.key, { fromState: 'done', toState: 'load' }), over)
    t.same(await commands.requestApproval(run.scope, lee, gate(run, 'late'), { reason: 'r' }), over)
    t.equal((await run.messages()).length, 4)
  })

  t.test('a start is repeated harmlessly, and refused for a run that exists otherwise', async (t) => {
    const run = testRun(log)
    const first = await commands.start(run.scope, lee, run.key, { spec: { a: 1, b: { c: 2, d: 3 } } })
    const again = await commands.start(run.scope, kim, run.key, { spec: { b: { d: 3, c: 2 }, a: 1 } })
    t.same(again, { ...first, repeated: true })
    await refused(t, commands.start(run.scope, lee, run.key, { spec: { a: 2 } }), 'BAD_USER_INPUT', 'runId')
    const seeded = await waitingRun(log)
    await refused(t, commands.start(seeded.scope, lee, seeded.key, { spec: { other: true } }), 'BAD_USER_INPUT', 'runId')
    t.equal((await run.messages()).length, 1)
  })

  t.test('failures and cancellations say why, and numbers go on after those of other writers', async (t) => {
    const failed = testRun(log)
    await failed.publish({ event: 'ritual.started:v1', spec: {} }, `${failed.key.runId}:7`)
    await commands.fail(failed.scope, lee, failed.key, { code: 'UNREACHABLE', message: 'host unreachable', details: { host: 'db' } })
    const [, message] = await failed.messages()
    t.equal(message?.messageId, `${failed.key.runId}:8`)
    t.match(message === undefined ? {} : bodyOf(message), {
      event: 'ritual.failed:v1',
      error: { code: 'UNREACHABLE', message: 'host unreachable', details: { host: 'db' } },
    })
    t.match(await commands.readBack(failed.scope, failed.key), {
      run: { status: 'FAILED', failure: { code: 'UNREACHABLE', message: 'host unreachable' } },
    })
    const canceled = await waitingRun(log)
    await commands.cancel(canceled.scope, lee, canceled.key, { reason: 'superseded' })
    t.match((await canceled.events())[2], { event: 'ritual.canceled:v1', reason: 'superseded', tenantId: 'acme' })
  })

  t.test('of many ends at once exactly one is written', async (t) => {
    const run = await waitingRun(log)
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, index) => {
        if (index % 3 === 0) return commands.complete(run.scope, lee, run.key, { outputs: { index } })
        if (index % 3 === 1) return commands.fail(run.scope, lee, run.key, { message: `no ${index}` })
        return commands.cancel(run.scope, lee, run.key, { reason: `no ${index}` })
      }),
    )
    const ends = (await run.messages()).slice(2)
    t.equal(ends.length, 1)
    t.equal(outcomes.filter(({ outcome }) => outcome === 'WRITTEN').length, 1)
    t.ok(
      outcomes.every((outcome) => 'sequence' in outcome && outcome.sequence === ends[0]?.sequence),
      'all name it',
    )
  })

  t.test('transitions at once are all written, one after the other', async (t) => {
    const run = await waitingRun(log)
    const patient = createRunCommands({ log, clock: systemClock, maxAttempts: 40 })
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => patient.transition(run.scope, lee, run.key, { fromState: 'a', toState: `s${index}` })),
    )
    const written = (await run.events()).slice(2)
    t.equal(new Set(written.map((event) => event['toState'])).size, 8)
    const times = written.map((event) => String(event['ts']))
    t.same(times, [...times].sort(), 'in the order of their times')
  })
}

function races(t: Test, log: EventLog, { duplicateFirst }: Pick<LogAdapter, 'duplicateFirst'>) {
  const meddling = (meddle: Parameters<typeof meddled>[1]) => createRunCommands({ log: meddled(log, meddle), clock: systemClock })

  t.test('an unrelated event between reading and writing does no harm', async (t) => {
    const run = await waitingRun(log)
    const ahead = formatDemonTime(systemClock.now() + 60_000_000_000n)
    const commands = meddling(async (append) => {
      await run.publish({ event: 'rollout.metric:v7', ts: ahead })
      return append()
    })
    t.match(await commands.decide(run.scope, lee, gate(run), grant), { outcome: 'WRITTEN' })
    const events = await run.events()
    t.match(events.slice(2), [{ event: 'rollout.metric:v7' }, { event: 'approval.granted:v1' }])
    t.equal(parseNanos(events[3]?.['ts']), (parseNanos(ahead) ?? 0n) + 1n)
  })

  t.test('a grant of somebody else between reading and writing is reported as theirs, with the same message id or another', async (t) => {
    for (const event of ['approval.granted:v1', 'approval.denied:v1']) {
      const run = await waitingRun(log)
      let theirs: bigint | undefined
      const suffix = event === 'approval.granted:v1' ? 'granted' : 'denied'
      const commands = meddling(async (append) => {
        theirs = await run.publish(
          { event, gateId: 'publish', approver: 'robin@example.com' },
          `${run.key.runId}:approval:publish:${suffix}`,
        )
        return append()
      })
      const outcome = await commands.decide(run.scope, lee, gate(run), grant)
      t.same(outcome, { outcome: 'ALREADY_DECIDED', sequence: theirs, sameKind: suffix === 'granted' })
      t.equal((await run.events()).filter(isTerminal).length, 1)
    }
  })

  t.test('a publish that is repeated after a lost acknowledgement is ours', async (t) => {
    const run = await waitingRun(log)
    let first: bigint | undefined
    const commands = meddling(async (append) => {
      first = (await append()).sequence
      return append()
    })
    const outcome = await commands.decide(run.scope, lee, gate(run), grant)
    t.same(
      outcome,
      { outcome: 'WRITTEN', sequence: first, repeated: false },
      duplicateFirst ? 'through a duplicate' : 'through error 10071',
    )
    const step = meddling(async (append) => {
      first = (await append()).sequence
      return append()
    })
    t.same(await step.transition(run.scope, lee, run.key, { fromState: 'a', toState: 'b' }), {
      outcome: 'WRITTEN',
      sequence: first,
      repeated: false,
    })
    t.equal((await run.messages()).length, 4)
  })

  t.test('an acknowledgement that never came is resolved by reading the log once more', async (t) => {
    const run = await waitingRun(log)
    const stored = meddling(async (append) => {
      await append()
      throw sourceUnavailable('log')
    })
    t.match(await stored.decide(run.scope, lee, gate(run), grant), { outcome: 'WRITTEN' })

    const other = await waitingRun(log)
    const lost = meddling(async () => Promise.reject(sourceUnavailable('log')))
    const error = await refused(t, lost.decide(other.scope, lee, gate(other), grant), 'SOURCE_UNAVAILABLE')
    t.match(error, { source: 'log', retryable: true, details: { written: 'NO' } })
    t.equal((await other.messages()).length, 2)

    const beaten = meddling(async () => {
      await other.publish({ event: 'approval.denied:v1', gateId: 'publish', approver: 'robin@example.com', reason: 'no' })
      throw sourceUnavailable('log')
    })
    t.match(await beaten.decide(other.scope, lee, gate(other), grant), { outcome: 'ALREADY_DECIDED', sameKind: false })

    const third = await waitingRun(log)
    let down = false
    const silent: EventLog = {
      ...log,
      append: async () => {
        down = true
        throw sourceUnavailable('log')
      },
      read: (stream, options) => {
        if (down) throw sourceUnavailable('log')
        return log.read(stream, options)
      },
    }
    const unknown = await refused(
      t,
      createRunCommands({ log: silent, clock: systemClock }).decide(third.scope, lee, gate(third), grant),
      'SOURCE_UNAVAILABLE',
    )
    t.match(unknown, { details: { written: 'UNKNOWN' }, message: /not known/ })
  })

  t.test('a transition that was stored though nobody heard of it is not written again by who repeats it', async (t) => {
    const run = await waitingRun(log)
    const commands = createRunCommands({ log, clock: systemClock })
    const stepTo = (writer: ReturnType<typeof createRunCommands>, fromState: string, toState: string) =>
      writer.transition(run.scope, lee, run.key, { fromState, toState })
    let down = false
    const deaf: EventLog = {
      ...log,
      append: async (...given) => {
        await log.append(...given)
        down = true
        throw sourceUnavailable('log')
      },
      read: (stream, options) => {
        if (down) throw sourceUnavailable('log')
        return log.read(stream, options)
      },
    }
    const error = await refused(t, stepTo(createRunCommands({ log: deaf, clock: systemClock }), 'a', 'b'), 'SOURCE_UNAVAILABLE')
    t.match(error, { details: { written: 'UNKNOWN' } })
    const before = (await run.messages()).length
    const newest = (await run.messages()).at(-1)?.sequence
    t.same(await stepTo(commands, 'a', 'b'), { outcome: 'WRITTEN', sequence: newest, repeated: true })
    t.equal((await run.messages()).length, before)
    t.match(await stepTo(commands, 'b', 'a'), { outcome: 'WRITTEN', repeated: false })
    t.match(await stepTo(commands, 'a', 'b'), { outcome: 'WRITTEN', repeated: false }, 'a state that was left can be entered again')
  })

  t.test('equal ids in another tenant or ritual collide within the window: refused, retryable, nothing written', async (t) => {
    const commands = createRunCommands({ log, clock: systemClock })
    const mine = await waitingRun(log)
    t.match(await commands.requestApproval(mine.scope, lee, gate(mine, 'go'), { reason: 'r' }), { outcome: 'WRITTEN' })
    t.match(await commands.decide(mine.scope, lee, gate(mine), grant), { outcome: 'WRITTEN' })
    for (const options of [{ tenantId: 'northwind' }, { ritualId: 'other' }]) {
      const theirs = await waitingRun(log, 'publish', { ...options, runId: mine.key.runId })
      const before = await lastSequence(log)
      for (const work of [
        () => commands.requestApproval(theirs.scope, lee, gate(theirs, 'go'), { reason: 'r' }),
        () => commands.decide(theirs.scope, lee, gate(theirs), grant),
      ]) {
        const error = await refused(t, work(), 'CONFLICT')
        t.equal(error?.retryable, true)
        const wait = Number(error?.details['retryAfterMs'])
        t.ok(wait > 0 && wait <= 120_000, `to be retried after ${wait} ms`)
      }
      t.equal(await lastSequence(log), before, 'nothing was written')
    }
    const started = testRun(log)
    await commands.start(started.scope, lee, started.key, { spec: {} })
    await refused(t, commands.start({ tenantId: 'northwind' }, lee, started.key, { spec: {} }), 'CONFLICT')
  })

  t.test('a run that never rests is given up as a conflict, with nothing written', async (t) => {
    const run = await waitingRun(log)
    const restless: EventLog = {
      ...log,
      append: async (...args) => {
        await run.publish({ event: 'rollout.metric:v7' })
        return log.append(...args)
      },
    }
    const commands = createRunCommands({ log: restless, clock: systemClock, maxAttempts: 3 })
    const error = await refused(t, commands.decide(run.scope, lee, gate(run), grant), 'CONFLICT')
    t.equal(error?.retryable, true)
    t.equal((await run.events()).filter(isTerminal).length, 0)
  })

  t.test('100 grants, denials and overrides at once: one terminal, and everybody is told the true winner', async (t) => {
    const run = await waitingRun(log)
    const instances = Array.from({ length: 5 }, () => createRunCommands({ log, clock: systemClock }))
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const commands = instances[index % instances.length] ?? createRunCommands({ log, clock: systemClock })
        const decision: DecisionInput = index % 10 === 0 ? { kind: 'OVERRIDE', note: 'now' } : index % 2 === 0 ? grant : deny
        return commands.decide(run.scope, { actorId: `actor-${index}` }, gate(run), decision)
      }),
    )
    await checkWinner(t, run, outcomes)
  })
}

async function checkWinner(t: Test, run: TestRun, outcomes: readonly WriteOutcome[]) {
  const decided = (await run.messages()).filter((message) => isTerminal(bodyOf(message)))
  t.equal(decided.length, 1, 'one terminal event')
  t.equal(outcomes.filter(({ outcome }) => outcome === 'WRITTEN').length, 1, 'one winner')
  t.ok(
    outcomes.every((outcome) => 'sequence' in outcome && outcome.sequence === decided[0]?.sequence),
    'everybody names it',
  )
}

for (const adapter of logAdapters)
  t.test(`on ${adapter.name}`, async (t) => {
    const opened = await adapter.open(t)
    if (opened === null) return
    wire(t, opened.log)
    rules(t, opened.log)
    lifecycle(t, opened.log)
    races(t, opened.log, adapter)
  })

interface Told {
  readonly outcome: string
  readonly sequence: string
}

interface Shared {
  readonly url: string
  readonly log: EventLog
}

async function sharedNats(t: Test, old: boolean): Promise<Shared | null> {
  const server = await startNats(t, { old })
  return server === null ? null : { url: server.url, log: await openTestJetstream(t, server) }
}

async function sharedPostgres(t: Test): Promise<Shared | null> {
  const url = await createTestDatabase(t)
  if (url === null) return null
  const sql = openPostgresSql({ url, poolSize: 2, timeoutMs: 10_000 })
  const log = openSqlLog({ sql, clock: systemClock })
  t.teardown(async () => {
    await log.close()
    await sql.close()
  })
  await migrate(sql)
  return { url, log }
}

const sharedLogs = {
  'NATS 2.10': (t: Test) => sharedNats(t, true),
  'the newest NATS': (t: Test) => sharedNats(t, false),
  PostgreSQL: sharedPostgres,
}

for (const [name, open] of Object.entries(sharedLogs))
  t.test(`several processes decide one gate at once on ${name}`, async (t) => {
    const shared = await open(t)
    if (shared === null) return
    const { url, log } = shared
    const run = await waitingRun(log)
    const children: ChildProcess[] = Array.from({ length: 3 }, () =>
      fork(new URL('./support/decide-process.js', import.meta.url), [url, run.key.runId]),
    )
    t.teardown(() => children.forEach((child) => child.kill('SIGKILL')))
    await Promise.all(children.map((child) => once(child, 'message')))
    const told = await Promise.all(
      children.map(async (child) => {
        const answer = once(child, 'message')
        child.send('go')
        const [outcomes]: Told[][] = await answer
        return outcomes ?? []
      }),
    )
    const all = told.flat()
    t.equal(all.length, 99)
    const [winner, ...more] = (await run.messages()).filter((message) => isTerminal(bodyOf(message)))
    t.same(more, [], 'one terminal event')
    t.ok(
      all.every(({ sequence }) => sequence === winner?.sequence.toString()),
      'everybody names it',
    )
    t.equal(all.filter(({ outcome }) => outcome === 'WRITTEN').length, 1, 'one is told that it decided, though all act for one actor')
  })

t.test('killing the log under load loses no decision and writes none twice', async (t) => {
  for (const old of [true, false]) {
    const server = await startNats(t, { old })
    if (server === null) return
    const log = await openTestJetstream(t, server, { timeoutMs: 2000 })
    const runs = await Promise.all(Array.from({ length: 60 }, () => waitingRun(log)))
    const commands = createRunCommands({ log, clock: systemClock })
    let answered = 0
    const untilWritten = async (run: TestRun, index: number): Promise<WriteOutcome> => {
      for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
        try {
          return await commands.decide(run.scope, { actorId: `actor-${index}` }, gate(run), index % 2 === 0 ? grant : deny)
        } catch (error) {
          if (!isAppError(error, 'SOURCE_UNAVAILABLE')) throw error
          await new Promise((resolve) => setTimeout(resolve, 50))
        } finally {
          answered++
        }
      }
      throw new Error('the log did not come back')
    }
    const deciding = Promise.all(
      runs.map(async (run, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 5))
        return untilWritten(run, index)
      }),
    )
    await eventually(() => answered >= 10)
    await server.kill()
    await server.restart()
    const outcomes = await deciding
    // all may have decided before the log was killed: then nobody has waited yet for its return
    await eventually(async () => (await failure(log.state('ritual'))) === null)
    for (const [index, run] of runs.entries()) {
      const ends = (await run.messages()).filter((message) => isTerminal(bodyOf(message)))
      const outcome = outcomes[index]
      t.ok(ends.length === 1 && outcome !== undefined && 'sequence' in outcome && outcome.sequence === ends[0]?.sequence, `gate ${index}`)
      t.equal(ends[0] === undefined ? null : bodyOf(ends[0])['approver'], `actor-${index}`)
    }
  }
})

t.test('a log that hangs answers within its deadline that nothing is known', async (t) => {
  const server = await startNats(t)
  if (server === null) return
  const log = await openTestJetstream(t, server, { timeoutMs: 300 })
  const run = await waitingRun(log)
  const commands = createRunCommands({ log: meddled(log, (append) => (server.pause(), append())), clock: systemClock })
  const before = Date.now()
  const error = await refused(t, commands.decide(run.scope, lee, gate(run), grant), 'SOURCE_UNAVAILABLE')
  t.match(error, { source: 'log', details: { written: 'UNKNOWN' } })
  t.ok(Date.now() - before < 2000, `after ${Date.now() - before} ms`)
  server.resume()
  const patient = await openTestJetstream(t, server)
  await eventually(async () => (await failure(patient.state('ritual'))) === null)
  const outcome = await createRunCommands({ log: patient, clock: systemClock }).decide(run.scope, lee, gate(run), grant)
  t.ok(outcome.outcome === 'WRITTEN' || outcome.outcome === 'ALREADY_DECIDED', 'a repeat is safe, whatever became of the first')
  t.equal((await run.events()).filter(isTerminal).length, 1)
})
