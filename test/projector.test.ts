import fc from 'fast-check'
import { test, type Test } from 'tap'
import { sourceUnavailable } from '../src/errors.ts'
import { streamSettings } from '../src/datasources/log/demon-streams.ts'
import { type EventLog, type LogStream } from '../src/datasources/log/log.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { createProjectionNotifier } from '../src/projections/notifier.ts'
import { chainPendingReceipts } from '../src/projections/pending-receipts.ts'
import { createProgress } from '../src/projections/progress-tracker.ts'
import { PoisonError, type Projection } from '../src/projections/projection.ts'
import { rebuild } from '../src/projections/rebuild.ts'
import { createRitualProjection } from '../src/projections/ritual-projection.ts'
import { createStreamEventsProjection } from '../src/projections/stream-events-projection.ts'
import { systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { adminOf, openTestJetstream } from './support/logs.ts'
import { startNats } from './support/nats.ts'
import { caughtUp, dumpTables, foldInBatches, silent, testProjector } from './support/projecting.ts'
import { published, ritualMessage, type Published } from './support/ritual-events.ts'
import { sqlAdapters } from './support/sql.ts'

interface Pair {
  readonly sql: Sql
  readonly log: EventLog
  /** Deletes the ritual stream and makes an empty one of the same name. */
  replaceStream(): Promise<void>
  /** Removes every message before this one. */
  purgeBefore(sequence: bigint, stream?: LogStream): Promise<void>
}

async function embedded(t: Test, sql: Sql): Promise<Pair> {
  const log = openSqlLog({ sql, clock: systemClock, pollMs: 50 })
  t.teardown(() => log.close())
  return {
    sql,
    log,
    async replaceStream() {
      await sql.transaction(async (tx) => {
        await tx.run(`delete from log_messages where stream = 'ritual'`)
        await tx.run(`update log_streams set epoch = epoch || '+', last_sequence = 0 where stream = 'ritual'`)
      })
    },
    async purgeBefore(sequence, stream = 'ritual') {
      await sql.run('delete from log_messages where stream = $2 and sequence < $1', [sequence, stream])
    },
  }
}

async function connected(t: Test, sql: Sql): Promise<Pair | null> {
  const server = await startNats(t)
  if (server === null) return null
  const log = await openTestJetstream(t, server)
  const admin = await adminOf(t, server)
  await eventually(async () => (await log.state('scale').catch(() => null)) !== null)
  return {
    sql,
    log,
    async replaceStream() {
      const { config } = await admin.streams.info('RITUAL_EVENTS')
      await admin.streams.delete('RITUAL_EVENTS')
      await admin.streams.add(config)
    },
    async purgeBefore(sequence, stream = 'ritual') {
      await admin.streams.purge(streamSettings[stream].name, { seq: Number(sequence) })
    },
  }
}

const ts = '2025-11-10T08:00:00.000000001+00:00'
const runSubject = (run: string) => `demon.ritual.v1.acme.rollout.${run}.events`
const json = (payload: object) => Buffer.from(JSON.stringify(payload))
const started = (run: string): Published => ({ subject: runSubject(run), payload: json({ event: 'ritual.started:v1', ts, spec: { run } }) })
const completed = (run: string): Published => ({
  subject: runSubject(run),
  payload: json({ event: 'ritual.completed:v1', ts, outputs: {} }),
})
const publish = async (log: EventLog, ...messages: Published[]) => {
  for (const { subject, payload } of messages) await log.append(subject, payload)
}
/** The same random history every time: many runs, gates and oddities. */
const history = (count: number, seed = 7): Published[] => fc.sample(published, { numRuns: count, seed })
/** A stream takes only subjects that a client may publish to. */
const publishable = (count: number, seed?: number): Published[] => history(count, seed).filter(({ subject }) => !subject.includes('*'))
const asMessages = (events: readonly Published[]) => events.map(({ subject, payload }, index) => ritualMessage(index + 1, subject, payload))

/** A store whose transactions fail now and then, before or after the commit: what a crash or a lost connection looks like from inside. */
function unreliable(sql: Sql, failAt: (call: number) => 'BEFORE' | 'AFTER' | null): Sql {
  let call = 0
  return {
    ...sql,
    async transaction(work, options) {
      const failure = failAt((call += 1))
      const result = await sql.transaction(async (tx) => {
        const done = await work(tx)
        if (failure === 'BEFORE') throw sourceUnavailable('sql')
        return done
      }, options)
      if (failure === 'AFTER') throw sourceUnavailable('sql')
      return result
    },
  }
}

async function withProjector<T>(pair: Pair, options: Parameters<typeof testProjector>[2], work: () => Promise<T>): Promise<T> {
  const projector = testProjector(pair.sql, pair.log, options)
  projector.start()
  try {
    return await work()
  } finally {
    await projector.stop()
  }
}

test('the projector', { timeout: 240_000 }, async (t) => {
  for (const { name, sql } of await sqlAdapters(t)) {
    await t.test(name, async (t) => {
      const pair = name === 'pglite' ? await embedded(t, sql) : await connected(t, sql)
      if (pair === null) return
      await behaves(t, pair)
    })
  }
})

async function behaves(t: Test, pair: Pair): Promise<void> {
  const { sql, log } = pair

  await t.test('a random history folds to the same tables in batches of 1, of 1000, and of any sizes with and without memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(published, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        async (events, sizes) => {
          const messages = asMessages(events)
          const whole = JSON.stringify(await foldInBatches(sql, messages, [1000]))
          const single = JSON.stringify(await foldInBatches(sql, messages, [1]))
          const mixed = JSON.stringify(await foldInBatches(sql, messages, sizes, createRitualProjection({ hotBytes: 1500 })))
          return whole === single && whole === mixed
        },
      ),
      { numRuns: 8 },
    )
  })

  await t.test('what a payload holds never stops what follows, whatever the store says to it', async (t) => {
    const poison: Projection = {
      ...createRitualProjection(),
      async apply(tx, messages) {
        const bad = messages.some(({ payload }) => Buffer.from(payload).includes('poison'))
        if (bad) await tx.any(`select '\\uD800'::jsonb`, [])
        return inner.apply(tx, messages)
      },
    }
    const inner = createRitualProjection()
    const events = [started('a'), { subject: runSubject('a'), payload: json({ event: 'x', poison: 1 }) }, completed('a'), started('b')]
    const dump = await foldInBatches(sql, asMessages(events), [1000], poison)
    t.equal(dump['runs']?.length, 2)
    t.equal(dump['run_events']?.length, 3)
    t.match(dump['dead_letters'], [/the store cannot hold it \(SQLSTATE 22/])
  })

  await t.test('malformed messages become dead letters with their reason and block nothing', async (t) => {
    await pair.replaceStream()
    await publish(log, started('a'), { subject: runSubject('a'), payload: Buffer.from('{"event":') }, completed('a'))
    await publish(
      log,
      { subject: 'demon.ritual.v1.a.b.c.d.e.events', payload: json({}) },
      { subject: runSubject('a'), payload: Buffer.from([0, 255]) },
    )
    await publish(log, { subject: 'demon.scale.v1.acme.hints', payload: Buffer.from('"no"') }, started('b'))
    await withProjector(pair, {}, () => caughtUp(sql, log))
    const letters = await sql.any<object>(
      `select sequence, tenant_id, reason, payload from dead_letters where stream = 'ritual' order by sequence`,
    )
    t.match(letters, [
      { sequence: 2n, tenant_id: 'acme', reason: 'the payload is not JSON', payload: '{"event":' },
      { sequence: 4n, tenant_id: null, reason: 'the subject has no form that we know' },
      { sequence: 5n, tenant_id: 'acme', reason: 'the payload is not UTF-8', payload: 'base64:AP8=' },
    ])
    await eventually(async () => (await sql.any(`select 1 from dead_letters where stream = 'scale'`)).length === 1)
    t.match(await sql.any('select run_id, status from runs order by run_seq'), [
      { run_id: 'a', status: 'COMPLETED' },
      { run_id: 'b', status: 'RUNNING' },
    ])
    t.match(await sql.any('select status, runs from ritual_counts order by status'), [
      { status: 'COMPLETED', runs: 1n },
      { status: 'RUNNING', runs: 1n },
    ])
  })

  await t.test('who waits for a sequence is told as soon as it is in the tables, by the same process or another', async (t) => {
    const notifier = createProjectionNotifier()
    const near = createProgress({ sql, notifier })
    const far = createProgress({ sql })
    t.teardown(() => (near.close(), far.close()))
    await withProjector(pair, { notifier }, async () => {
      const { sequence } = await log.append(started('c').subject, started('c').payload)
      const told = await Promise.all([near, far].map((progress) => progress.waitFor('ritual', sequence, { timeoutMs: 10_000 })))
      t.same(told, [true, true])
      t.equal(await far.waitFor('ritual', sequence, { timeoutMs: 0 }), true, 'and knows it from then on')
      t.match(await sql.any('select run_id from runs where last_sequence = $1', [sequence]), [{ run_id: 'c' }])
      t.equal(await far.waitFor('ritual', sequence + 100n, { timeoutMs: 30 }), false)
      const leaving = new AbortController()
      const waiting = near.waitFor('ritual', sequence + 100n, { timeoutMs: 60_000, signal: leaving.signal })
      leaving.abort()
      t.equal(await waiting, false)
      t.match(await far.watermark('ritual'), { stream: 'ritual', sequence })
    })
  })

  await t.test("a position that is no projection's does not hold up who waits for a sequence", async (t) => {
    const progress = createProgress({ sql })
    t.teardown(() => progress.close())
    const chain = () => Promise.reject(new Error('nothing is pending'))
    await withProjector(pair, {}, async () => {
      await log.append('orrery.test.a', json({}))
      await chainPendingReceipts({ sql, log, audit: { chain }, clock: systemClock }, new AbortController().signal)
      const { sequence } = await log.append('orrery.test.b', json({}))
      t.equal(await progress.waitFor('orrery', sequence, { timeoutMs: 20_000 }), true)
    })
    t.equal(await sql.run(`delete from projection_watermarks where projection = 'audit'`), 1)
  })

  await t.test('a rebuild gives the same tables byte for byte, also beside a running projector', async (t) => {
    await pair.replaceStream()
    await publish(log, ...publishable(200))
    await withProjector(pair, { batchMessages: 17 }, () => caughtUp(sql, log))
    const before = await dumpTables(sql)
    t.ok((before['run_events']?.length ?? 0) > 100 && (before['approvals']?.length ?? 0) > 5 && (before['dead_letters']?.length ?? 0) > 5)
    const options = { sql, log, clock: systemClock, logger: silent, standbyMs: 50 }
    const done = await rebuild(options)
    t.match(done, [{ projection: 'runs' }, { projection: 'scale_hints' }])
    t.same(await dumpTables(sql), before)
    await withProjector(pair, { batchMessages: 29 }, async () => {
      await caughtUp(sql, log)
      await rebuild(options)
      t.same(await dumpTables(sql), before)
    })
  })

  await t.test('a crash before or after any commit loses nothing and applies nothing twice', async (t) => {
    const before = await dumpTables(sql)
    await sql.run('update projection_watermarks set epoch = $1', ['forgotten'])
    const failures = ['BEFORE', 'AFTER', null, null, 'AFTER', 'BEFORE', null] as const
    await withProjector({ ...pair, sql: unreliable(sql, (call) => failures[call % failures.length] ?? null) }, { batchMessages: 9 }, () =>
      caughtUp(sql, log, 60_000),
    )
    t.same(await dumpTables(sql), before)
  })

  await t.test('one is active, the next takes over; two that both believe to be active still apply everything once', async (t) => {
    const before = await dumpTables(sql)
    const first = testProjector(sql, log)
    const second = testProjector(sql, log)
    first.start()
    await eventually(() => first.isActive())
    second.start()
    await publish(log, started('d'))
    await caughtUp(sql, log)
    t.same([first.isActive(), second.isActive()], [true, false])
    await first.stop()
    await eventually(() => second.isActive(), { withinMs: 5000 })
    await publish(log, completed('d'))
    await caughtUp(sql, log)
    await second.stop()
    t.match(await sql.one(`select status from runs where run_id = 'd'`), { status: 'COMPLETED' })

    const free: Sql = { ...sql, tryLock: async () => ({ lost: new AbortController().signal, release: async () => undefined }) }
    const whole = await dumpTables(sql)
    t.not(whole['run_events']?.length, before['run_events']?.length)
    await sql.run('update projection_watermarks set epoch = $1', ['forgotten'])
    const zombies = [1, 2, 3].map((size) => testProjector(free, log, { batchMessages: 10 * size }))
    for (const zombie of zombies) zombie.start()
    await caughtUp(sql, log, 60_000)
    for (const zombie of zombies) await zombie.stop()
    t.same(await dumpTables(sql), whole)
  })

  await t.test(
    'a stream that drops messages by its settings keeps its tables in a rebuild of the others, unless it is named',
    async (t) => {
      const hint = json({ event: 'agent.scale.hint:v1', ts, tenantId: 'acme', recommendation: 'scale_up' })
      await publish(log, ...[1, 2, 3].map(() => ({ subject: 'demon.scale.v1.acme.hints', payload: hint })))
      const held = (await log.state('scale'))?.lastSequence ?? 0n
      await withProjector(pair, {}, () =>
        eventually(async () => (await sql.maybeOne('select 1 from scale_hints where sequence = $1', [held])) !== null),
      )
      await pair.purgeBefore(held, 'scale')
      const before = await dumpTables(sql)
      const options = { sql, log, clock: systemClock, logger: silent, standbyMs: 50 }
      const done = await rebuild(options)
      t.match(
        done.filter(({ kept }) => kept !== null).map(({ projection }) => projection),
        ['scale_hints', 'scale_timeline'],
      )
      t.match(done, [{ projection: 'runs', kept: null }, { kept: /^SCALE_HINTS no longer holds/ }])
      t.same(await dumpTables(sql), before)
      await t.rejects(rebuild({ ...options, only: ['scale_hints'] }), { code: 'CONFLICT' })
      t.same(await dumpTables(sql), before)
      await rebuild({ ...options, only: ['scale_hints', 'scale_timeline'], force: true })
      t.match(await sql.any('select sequence from scale_hints'), [{ sequence: held }])
    },
  )

  await t.test('a projection that begins anew leaves the dead letters of its siblings, and two may fail on one message', async (t) => {
    const kept = () => sql.any(`select projection, sequence, reason from dead_letters where stream = 'graph' order by projection, sequence`)
    const state = await log.append('demon.graph.v1.acme.p.n.commit', Buffer.from('not json'))
    const reached = (projection: string) =>
      eventually(async () => {
        const found = await sql.maybeOne<{ sequence: bigint }>('select sequence from projection_watermarks where projection = $1', [
          projection,
        ])
        return (found?.sequence ?? 0n) >= state.sequence
      })
    await withProjector(pair, {}, () => Promise.all(['graph', 'graph_timeline'].map(reached)))
    const letter = { projection: 'graph', sequence: state.sequence, reason: 'the payload is not JSON' }
    t.same(await kept(), [letter])
    await sql.run(`delete from projection_watermarks where projection = 'graph_timeline'`)
    await withProjector(pair, {}, () => reached('graph_timeline'))
    t.same(await kept(), [letter])
    const failing: Projection = { ...createStreamEventsProjection('graph'), apply: () => Promise.reject(new PoisonError(null)) }
    await sql.run(`delete from projection_watermarks where projection = 'graph_timeline'`)
    await withProjector(pair, { projections: [failing] }, () => reached('graph_timeline'))
    t.same(await kept(), [letter, { ...letter, projection: 'graph_timeline', reason: 'the event could not be folded' }])
    await rebuild({ sql, log, clock: systemClock, logger: silent, standbyMs: 50, only: ['graph', 'graph_timeline'] })
    t.same(await kept(), [letter])
  })

  await t.test('a replaced stream is a new truth: the tables are built anew from it', async (t) => {
    const projector = testProjector(sql, log)
    projector.start()
    await caughtUp(sql, log)
    await pair.replaceStream()
    await publish(log, started('new'))
    await caughtUp(sql, log)
    t.match(await sql.any('select run_seq, run_id from runs'), [{ run_seq: 1n, run_id: 'new' }])
    t.equal((await sql.any('select 1 from run_events')).length, 1)
    await projector.stop()
  })

  await t.test(
    'what the log drops after it was read stays in the tables; what it drops before is counted, and a rebuild that would lose it is refused',
    async (t) => {
      await publish(log, completed('new'), started('e'))
      await withProjector(pair, {}, () => caughtUp(sql, log))
      await publish(log, started('f'), started('g'), started('h'))
      await pair.purgeBefore(6n)
      const projector = testProjector(sql, log)
      projector.start()
      await caughtUp(sql, log)
      t.equal(projector.stats().find(({ stream }) => stream === 'ritual')?.missed, 2n)
      await projector.stop()
      t.match(await sql.any('select run_id from runs order by run_seq'), [{ run_id: 'new' }, { run_id: 'e' }, { run_id: 'h' }])
      const options = { sql, log, clock: systemClock, logger: silent, standbyMs: 50 }
      const before = await dumpTables(sql)
      await t.rejects(rebuild(options), { code: 'CONFLICT' })
      await t.rejects(rebuild({ ...options, only: ['orrery_timeline', 'runs'] }), { code: 'CONFLICT' })
      t.same(await dumpTables(sql), before, 'a refusal changes no table, of no projection')
      t.match(await rebuild({ ...options, only: ['orrery_timeline'] }), [{ projection: 'orrery_timeline', kept: null }])
      t.same(await dumpTables(sql), before, 'whose log is whole can be built by its name')
      await rebuild({ ...options, force: true })
      t.match(await sql.any('select run_id from runs order by run_seq'), [{ run_id: 'h' }])
    },
  )
}
