import assert from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { emptyPage, type PageRequest } from '../../src/datasources/page.ts'
import { type Run, type RunFilter, type RunOrder, runStatuses, type RunsDataSource } from '../../src/datasources/runs/runs.ts'
import { createSqlRuns } from '../../src/datasources/runs/sql-runs.ts'
import { type Scope } from '../../src/datasources/scope.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { countingSql, eventModel, foldModel, gates, isOfRun, randomModel, rituals, seed, tenants } from '../support/seeded-reads.ts'
import { sqlAdapters } from '../support/sql.ts'
import { compare, fewOf, forward, itemsOf, pages, rejectsCursor, shown, windowOf } from '../support/pages.ts'

const model = randomModel()
const scope = (tenantId: string): Scope => ({ tenantId })
const holds = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase())

function fits(run: Run, filter: RunFilter): boolean {
  const at = run.startedAt ?? run.firstSeenAt
  const awaits = (gateId: string) =>
    model.approvals.some((gate) => isOfRun(run)(gate) && gate.gateId === gateId && gate.state === 'PENDING')
  return (
    (filter.ritualId == null || run.ritualId === filter.ritualId) &&
    (filter.ritualIdContains == null || holds(run.ritualId, filter.ritualIdContains)) &&
    (filter.runIdContains == null || holds(run.runId, filter.runIdContains)) &&
    (filter.text == null || holds(run.ritualId, filter.text) || holds(run.runId, filter.text)) &&
    (filter.statuses == null || filter.statuses.includes(run.status)) &&
    (filter.systems == null || filter.systems.includes(run.system)) &&
    (filter.startedAfter == null || at >= filter.startedAfter) &&
    (filter.startedBefore == null || at < filter.startedBefore) &&
    (filter.awaitingGate == null || awaits(filter.awaitingGate))
  )
}

const byStart = (left: Run, right: Run): number =>
  compare(left.startedAt ?? left.firstSeenAt, right.startedAt ?? right.firstSeenAt) || compare(left.firstSequence, right.firstSequence)
const byOrder: Record<RunOrder, (left: Run, right: Run) => number> = {
  STARTED_ASC: byStart,
  STARTED_DESC: (left, right) => byStart(right, left),
  UPDATED_DESC: (left, right) => compare(right.lastSequence, left.lastSequence),
}

const expected = (tenantId: string, filter: RunFilter, order: RunOrder): Run[] =>
  model.runs.filter((run) => run.tenantId === tenantId && fits(run, filter)).sort(byOrder[order])

const moments = fc.integer({ min: -1, max: 10 }).map((seconds) => 1_763_000_000_000_000_000n + BigInt(seconds) * 1_000_000_000n)
const filters: fc.Arbitrary<RunFilter> = fewOf({
  ritualId: fc.constantFrom(...rituals, 'none'),
  ritualIdContains: fc.constantFrom('L', '%', '_', '\\', '0%R', 'nothing'),
  runIdContains: fc.constantFrom('job', 'RUN', '-2', '%'),
  statuses: fc.array(fc.constantFrom(...runStatuses), { maxLength: 3 }),
  systems: fc.constantFrom(['DEMON' as const], ['SUMMIT' as const], []),
  startedAfter: moments,
  startedBefore: moments,
  awaitingGate: fc.constantFrom(...gates, 'none'),
  text: fc.constantFrom('o', 'JOB', '_'),
})
const orders = fc.constantFrom<RunOrder>('STARTED_ASC', 'STARTED_DESC', 'UPDATED_DESC')

async function lists(t: Test, runs: RunsDataSource): Promise<void> {
  await t.test('pages are windows of the filtered, sorted list, in both directions, with exact ends', async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...tenants),
        filters,
        orders,
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom<PageRequest['direction']>('FORWARD', 'BACKWARD'),
        async (tenantId, filter, order, size, direction) => {
          const all = expected(tenantId, filter, order)
          const found = await pages((page) => runs.list(scope(tenantId), filter, order, page), size, direction)
          assert.deepEqual(found.map(shown), windowOf(all, size, direction))
          assert.equal(await runs.count(scope(tenantId), filter), all.length)
        },
      ),
      { numRuns: 120 },
    )
    t.pass('120 lists')
  })

  await t.test('a page turned back shows what was there before', async (t) => {
    const all = expected('acme', {}, 'STARTED_DESC')
    const first = await runs.list(scope('acme'), {}, 'STARTED_DESC', forward(10))
    const second = await runs.list(scope('acme'), {}, 'STARTED_DESC', forward(10, first.items.at(-1)?.cursor ?? null))
    const back = await runs.list(scope('acme'), {}, 'STARTED_DESC', {
      size: 4,
      direction: 'BACKWARD',
      cursor: second.items[0]?.cursor ?? null,
    })
    t.strictSame(itemsOf(back), all.slice(6, 10))
    t.equal(back.hasNextPage, true)
    t.equal(back.hasPreviousPage, true)
  })

  await t.test('an empty page after the end still knows that there is something before it', async (t) => {
    const whole = await runs.list(scope('acme'), {}, 'STARTED_ASC', forward(100))
    const beyond = await runs.list(scope('acme'), {}, 'STARTED_ASC', forward(5, whole.items.at(-1)?.cursor ?? null))
    t.strictSame(beyond, { items: [], hasNextPage: false, hasPreviousPage: true })
  })

  await t.test('a cursor of another list, order or tenant, or none at all, is refused', async (t) => {
    const page = await runs.list(scope('acme'), {}, 'STARTED_DESC', forward(1))
    const cursor = page.items[0]?.cursor ?? ''
    const list = (tenantId: string, order: RunOrder, cursor: string) => runs.list(scope(tenantId), {}, order, forward(1, cursor))
    await rejectsCursor(t, () => list('globex', 'STARTED_DESC', cursor))
    await rejectsCursor(t, () => list('acme', 'STARTED_ASC', cursor))
    await rejectsCursor(t, () => runs.rituals(scope('acme'), forward(1, cursor)))
    const shape = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[]
    const forged = [
      '',
      'x',
      '*',
      'a'.repeat(5000),
      Buffer.from('{}').toString('base64url'),
      Buffer.from(JSON.stringify(shape.slice(0, 4))).toString('base64url'),
      Buffer.from(JSON.stringify([...shape.slice(0, 3), 't1', 't2'])).toString('base64url'),
      Buffer.from(JSON.stringify([...shape.slice(0, 3), 'i99999999999999999999', 'i1'])).toString('base64url'),
      Buffer.from(JSON.stringify([...shape.slice(0, 3), 'i9223372036854775808', 'i1'])).toString('base64url'),
    ]
    for (const cursor of forged) await rejectsCursor(t, () => list('acme', 'STARTED_DESC', cursor))
  })
}

async function single(t: Test, runs: RunsDataSource): Promise<void> {
  const [run] = expected('acme', {}, 'STARTED_ASC')
  if (run === undefined) throw new Error('the seed has no run')

  await t.test('a run is found by its key, in its own tenant only', async (t) => {
    t.strictSame(await runs.find(scope('acme'), run), run)
    t.equal(await runs.find(scope('nobody'), run), null)
    t.equal(await runs.find(scope('acme'), { ...run, system: 'SUMMIT' }), null)
    t.equal(await runs.find(scope('acme'), { ...run, runId: 'a\0b \ud800' }), null)
  })

  await t.test('several runs come in the order of their keys, null for what is not there', async (t) => {
    const [, other] = expected('acme', {}, 'STARTED_ASC')
    const foreign = expected('globex', {}, 'STARTED_ASC').find(
      (theirs) => !model.runs.some((ours) => isOfRun({ ...theirs, tenantId: 'acme' })(ours)),
    )
    const keys = [other ?? run, { ...run, runId: 'none' }, run, other ?? run, ...(foreign === undefined ? [] : [foreign])]
    t.strictSame(await runs.byKeys(scope('acme'), keys), [other, null, run, other, ...(foreign === undefined ? [] : [null])])
    t.strictSame(await runs.byKeys(scope('acme'), []), [])
  })

  await t.test('a run at a moment is the fold of what the log held then', async (t) => {
    for (const subject of model.runs.filter(({ tenantId }) => tenantId === 'default').slice(0, 8)) {
      const messages = model.messages.filter((_message, at) => isOfRun(subject)(model.events[at] ?? subject))
      for (const [at, message] of messages.entries()) {
        const [then] = foldModel(messages.slice(0, at + 1)).runs
        t.strictSame(await runs.findAt(scope('default'), subject, message.recordedAtNs), then)
        if (at === 0) t.equal(await runs.findAt(scope('default'), subject, message.recordedAtNs - 1n), null)
      }
      t.equal(await runs.findAt(scope('acme'), { ...subject, runId: 'none' }, 1n << 62n), null)
    }
  })
}

async function children(t: Test, store: Sql): Promise<void> {
  const { sql, statements } = countingSql(store)
  const runs = createSqlRuns({ sql })
  const parents = [...expected('default', {}, 'STARTED_DESC'), { system: 'DEMON' as const, ritualId: 'none', runId: 'none' }]
  const eventsOf = (parent: (typeof parents)[number], types: readonly string[] | null) =>
    model.events
      .filter((event) => isOfRun({ ...parent, tenantId: 'default' })(event) && (types === null || types.includes(event.type)))
      .map(eventModel)

  await t.test('events of many runs are one statement, each run with a page of its own', async (t) => {
    for (const types of [null, ['ritual.started:v1', 'rollout.metric:v7'], []])
      for (const direction of ['FORWARD', 'BACKWARD'] as const) {
        statements.length = 0
        const found = await runs.eventsOf(scope('default'), parents, types, { size: 3, direction, cursor: null })
        t.equal(statements.length, 1)
        t.strictSame(
          found.map(shown),
          parents.map((parent) => windowOf(eventsOf(parent, types), 3, direction)[0]),
        )
      }
    t.strictSame(await runs.eventsOf(scope('default'), [], null, forward(3)), [])
  })

  await t.test('events are read on from a cursor', async (t) => {
    const longest = parents.toSorted((left, right) => eventsOf(right, null).length - eventsOf(left, null).length).slice(0, 1)
    const [parent] = longest
    if (parent === undefined) return t.fail('no parent')
    const found = await pages(async (page) => (await runs.eventsOf(scope('default'), longest, null, page))[0] ?? emptyPage, 2, 'FORWARD')
    t.strictSame(found.map(shown), windowOf(eventsOf(parent, null), 2, 'FORWARD'))
  })

  await t.test('events and policy decisions of many runs are counted in one statement each', async (t) => {
    statements.length = 0
    for (const types of [null, ['policy.decision:v1', 'none']])
      t.strictSame(
        await runs.countEventsOf(scope('default'), parents, types),
        parents.map((parent) => eventsOf(parent, types).length),
      )
    t.strictSame(
      await runs.countPolicyDecisionsOf(scope('default'), parents),
      parents.map((parent) => eventsOf(parent, ['policy.decision:v1']).length),
    )
    t.equal(statements.length, 3)
    t.strictSame(await runs.countEventsOf(scope('default'), [], null), [])
  })

  await t.test('no tenant sees the events of another', async (t) => {
    const found = await runs.eventsOf(scope('nobody'), parents, null, forward(3))
    t.ok(found.every(({ items }) => items.length === 0))
    t.ok((await runs.countEventsOf(scope('nobody'), parents, null)).every((count) => count === 0))
    t.equal(await runs.findEvent(scope('nobody'), 1n), null)
  })

  await t.test('events are found by their sequences, in that order', async (t) => {
    const [first] = model.events
    if (first === undefined) return t.fail('no event')
    statements.length = 0
    const own = scope(first.tenantId)
    const other = model.events.find(({ tenantId }) => tenantId !== first.tenantId)
    t.strictSame(await runs.eventsBySequences(own, [0n, first.sequence, other?.sequence ?? 0n]), [null, eventModel(first), null])
    t.equal(statements.length, 1)
    t.strictSame(await runs.findEvent(own, first.sequence), eventModel(first))
  })

  await t.test('transitions and policy decisions of many runs are one statement each', async (t) => {
    statements.length = 0
    const steps = await runs.transitionsOf(scope('default'), parents)
    const decisions = await runs.policyDecisionsOf(scope('default'), parents, forward(2))
    t.equal(statements.length, 2)
    for (const [at, parent] of parents.entries()) {
      const events = model.events.filter(isOfRun({ ...parent, tenantId: 'default' }))
      t.strictSame(
        steps[at],
        events.flatMap(({ body, at, sequence }) =>
          body.kind === 'transitioned' ? [{ fromState: body.fromState, toState: body.toState, at, sequence }] : [],
        ),
      )
      const policies = events.flatMap((event) => {
        if (event.body.kind !== 'policy') return []
        const { allowed, capability, reason, quota } = event.body
        const { runKey, tenantId, sequence, at } = eventModel(event)
        return [{ runKey, tenantId, sequence, at, allowed, capability, reason, quota, validation: null, details: null }]
      })
      const page = decisions[at]
      t.strictSame(page && shown(page), windowOf(policies, 2, 'FORWARD')[0])
    }
  })
}

async function summaries(t: Test, store: Sql): Promise<void> {
  const { sql, statements } = countingSql(store)
  const runs = createSqlRuns({ sql })

  const ritualModel = (ritualId: string, tenantId: string) => {
    const own = expected(tenantId, { ritualId }, 'STARTED_DESC')
    const statuses = [...new Set(own.map(({ status }) => status))]
    return {
      tenantId,
      ritualId,
      runCount: own.length,
      countsByStatus: statuses.map((status) => ({ status, count: own.filter((run) => run.status === status).length })),
      lastRun: own[0] ?? null,
    }
  }

  await t.test('rituals come with their counts and newest run, a page in one statement', async (t) => {
    statements.length = 0
    const page = await runs.rituals(scope('acme'), forward(3))
    t.equal(statements.length, 1)
    const rest = await runs.rituals(scope('acme'), forward(3, page.items.at(-1)?.cursor ?? null))
    const found = [...itemsOf(page), ...itemsOf(rest)]
    t.strictSame([page.hasPreviousPage, page.hasNextPage, rest.hasPreviousPage, rest.hasNextPage], [false, true, true, false])
    t.strictSame(new Set(found.map(({ ritualId }) => ritualId)), new Set(rituals))
    t.equal(await runs.countRituals(scope('acme')), rituals.length)
    t.equal(await runs.countRituals(scope('nobody')), 0)
    for (const { countsByStatus, ...ritual } of found) {
      const { countsByStatus: counts, ...wanted } = ritualModel(ritual.ritualId, 'acme')
      t.strictSame(ritual, wanted)
      t.strictSame(
        new Map(countsByStatus.map(({ status, count }) => [status, count])),
        new Map(counts.map(({ status, count }) => [status, count])),
      )
    }
    const byId = await runs.ritualsByIds(scope('acme'), ['none', 'rollout', 'a\0b'])
    t.strictSame(byId, [null, found.find(({ ritualId }) => ritualId === 'rollout'), null])
    t.strictSame(await runs.ritualsByIds(scope('nobody'), ['rollout']), [null])
  })

  await t.test('durations are quantiles of the ended runs, nothing where none has ended', async (t) => {
    statements.length = 0
    const [found, none] = await runs.durationsOf(scope('acme'), ['rollout', 'none'])
    t.equal(statements.length, 1)
    t.equal(none, null)
    const durations = expected('acme', { ritualId: 'rollout' }, 'STARTED_ASC')
      .flatMap(({ startedAt, endedAt }) => (startedAt === null || endedAt === null ? [] : [Math.max(0, Number(endedAt - startedAt) / 1e6)]))
      .sort((left, right) => left - right)
    const quantile = (share: number) => {
      const place = (durations.length - 1) * share
      const below = durations[Math.floor(place)] ?? NaN
      return below + ((durations[Math.ceil(place)] ?? NaN) - below) * (place - Math.floor(place))
    }
    t.ok(Math.abs((found?.p50Ms ?? NaN) - quantile(0.5)) < 1e-6, `${found?.p50Ms} is ${quantile(0.5)}`)
    t.ok(Math.abs((found?.p95Ms ?? NaN) - quantile(0.95)) < 1e-6, `${found?.p95Ms} is ${quantile(0.95)}`)
  })

  await t.test('quotas are those of the newest decision of each capability', async (t) => {
    statements.length = 0
    const found = await runs.quotas(scope('acme'))
    t.equal(statements.length, 1)
    const newest = new Map(
      model.events.flatMap(({ tenantId, body, at, sequence }) =>
        tenantId === 'acme' && body.kind === 'policy' && body.quota !== null && body.capability !== null
          ? [[body.capability, { capability: body.capability, quota: body.quota, at, sequence }]]
          : [],
      ),
    )
    t.strictSame(
      found,
      [...newest.values()].toSorted((left, right) => (left.capability < right.capability ? -1 : 1)),
    )
    t.strictSame(await runs.quotas(scope('nobody')), [])
  })

  await t.test('scale hints come newest first', async (t) => {
    for (const sequence of [1, 2, 3])
      await store.run(
        'insert into scale_hints (sequence, tenant_id, at_ns, recommendation, reason, payload) values ($1, $2, $3, $4, $5, $6)',
        [sequence, sequence === 2 ? 'globex' : 'acme', sequence * 10, 'SCALE_UP', 'busy', '{}'],
      )
    const page = await runs.scaleHints(scope('acme'), forward(5))
    t.strictSame(
      itemsOf(page).map(({ sequence }) => sequence),
      [3n, 1n],
    )
    t.equal(await runs.countScaleHints(scope('acme')), 2)
  })
}

t.test('runs', async (t) => {
  for (const { name, sql } of await sqlAdapters(t)) {
    await seed(sql, model.messages)
    const runs = createSqlRuns({ sql })
    await t.test(`on ${name}`, async (t) => {
      await lists(t, runs)
      await single(t, runs)
      await children(t, sql)
      await summaries(t, sql)
    })
  }
})
