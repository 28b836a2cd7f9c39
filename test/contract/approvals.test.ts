import assert from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type Approval, type ApprovalFilter, type ApprovalOrder, approvalStates } from '../../src/datasources/approvals/approvals.ts'
import { createSqlApprovals } from '../../src/datasources/approvals/sql-approvals.ts'
import { type PageRequest } from '../../src/datasources/page.ts'
import { type Scope } from '../../src/datasources/scope.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { compare, fewOf, forward, itemsOf, pages, rejectsCursor, shown, windowOf } from '../support/pages.ts'
import { epochNs } from '../support/ritual-events.ts'
import { countingSql, gates, isOfRun, randomModel, rituals, seed, tenants } from '../support/seeded-reads.ts'
import { sqlAdapters } from '../support/sql.ts'

const model = randomModel()
const scope = (tenantId: string): Scope => ({ tenantId })

/** Request time, or that of the first event that names the gate. */
const requestedAt = (approval: Approval): bigint =>
  approval.requestedAt ?? model.events.find(({ sequence }) => sequence === approval.firstSequence)?.at ?? 0n

const isDecidable = (approval: Approval): boolean => approval.state === 'PENDING' && !approval.legacy

const fits = (approval: Approval, filter: ApprovalFilter): boolean =>
  (filter.states == null || filter.states.includes(approval.state)) &&
  (filter.gateId == null || filter.gateId === approval.gateId) &&
  (filter.ritualId == null || filter.ritualId === approval.ritualId) &&
  (filter.requester == null || filter.requester === approval.requester) &&
  (filter.approver == null || filter.approver === approval.decision?.approver) &&
  (filter.decidable == null || filter.decidable === isDecidable(approval)) &&
  (filter.requestedAfter == null || (approval.requestedAt !== null && approval.requestedAt >= filter.requestedAfter)) &&
  (filter.expiresBefore == null || (approval.expiresAt !== null && approval.expiresAt < filter.expiresBefore))

const never = 2n ** 63n - 1n
const byRequest = (left: Approval, right: Approval): number =>
  compare(requestedAt(left), requestedAt(right)) || compare(left.firstSequence, right.firstSequence)
const byOrder: Record<ApprovalOrder, (left: Approval, right: Approval) => number> = {
  REQUESTED_ASC: byRequest,
  REQUESTED_DESC: (left, right) => byRequest(right, left),
  EXPIRES_ASC: (left, right) =>
    compare(left.expiresAt ?? never, right.expiresAt ?? never) || compare(left.firstSequence, right.firstSequence),
}

const expected = (tenantId: string, filter: ApprovalFilter, order: ApprovalOrder): Approval[] =>
  model.approvals.filter((approval) => approval.tenantId === tenantId && fits(approval, filter)).sort(byOrder[order])

const moments = fc.integer({ min: -1, max: 10 }).map((seconds) => epochNs + BigInt(seconds) * 1_000_000_000n)
const actors = fc.constantFrom('dana@example.com', 'lee@example.com', 'system', 'nobody')
const filters: fc.Arbitrary<ApprovalFilter> = fewOf({
  states: fc.array(fc.constantFrom(...approvalStates), { maxLength: 3 }),
  gateId: fc.constantFrom(...gates, 'none', 'a\0b'),
  ritualId: fc.constantFrom(...rituals),
  requester: actors,
  approver: actors,
  decidable: fc.boolean(),
  requestedAfter: moments,
  expiresBefore: moments,
})

async function lists(t: Test, sql: Sql): Promise<void> {
  const approvals = createSqlApprovals({ sql })

  await t.test('pages are windows of the filtered, sorted list, in both directions, with exact ends', async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...tenants),
        filters,
        fc.constantFrom<ApprovalOrder>('REQUESTED_ASC', 'REQUESTED_DESC', 'EXPIRES_ASC'),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom<PageRequest['direction']>('FORWARD', 'BACKWARD'),
        async (tenantId, filter, order, size, direction) => {
          const all = expected(tenantId, filter, order)
          const found = await pages((page) => approvals.list(scope(tenantId), filter, order, page), size, direction)
          assert.deepEqual(found.map(shown), windowOf(all, size, direction))
          assert.equal(await approvals.count(scope(tenantId), filter), all.length)
        },
      ),
      { numRuns: 120 },
    )
    t.pass('120 lists')
  })

  await t.test('a cursor of another order, list or tenant is refused', async (t) => {
    const page = await approvals.list(scope('acme'), {}, 'REQUESTED_ASC', forward(1))
    const cursor = page.items[0]?.cursor ?? ''
    await rejectsCursor(t, () => approvals.list(scope('acme'), {}, 'REQUESTED_DESC', forward(1, cursor)))
    await rejectsCursor(t, () => approvals.list(scope('globex'), {}, 'REQUESTED_ASC', forward(1, cursor)))
    await rejectsCursor(t, () => approvals.ofRuns(scope('acme'), [...model.runs], null, forward(1, cursor)))
  })
}

async function single(t: Test, sql: Sql): Promise<void> {
  const approvals = createSqlApprovals({ sql })
  const own = expected('acme', {}, 'REQUESTED_ASC')
  const [first, second] = own
  if (first === undefined || second === undefined) throw new Error('the seed has no gates')

  await t.test('a gate is found by its key, in its own tenant only', async (t) => {
    t.strictSame(await approvals.find(scope('acme'), first), first)
    t.equal(await approvals.find(scope('nobody'), first), null)
    t.equal(await approvals.find(scope('acme'), { ...first, gateId: 'none' }), null)
    t.equal(await approvals.find(scope('acme'), { ...first, system: 'SUMMIT' }), null)
  })

  await t.test('several gates come in the order of their keys, null for what is not there', async (t) => {
    t.strictSame(await approvals.byKeys(scope('acme'), [second, { ...first, gateId: 'none' }, first, second]), [
      second,
      null,
      first,
      second,
    ])
    t.strictSame(await approvals.byKeys(scope('acme'), []), [])
  })
}

async function ofRuns(t: Test, store: Sql): Promise<void> {
  const { sql, statements } = countingSql(store)
  const approvals = createSqlApprovals({ sql })
  const parents = [
    ...model.runs.filter(({ tenantId }) => tenantId === 'default'),
    { system: 'DEMON' as const, tenantId: 'default', ritualId: 'none', runId: 'none' },
  ]

  await t.test('gates of many runs are one statement, each run with a page of its own', async (t) => {
    for (const states of [null, ['PENDING', 'EXPIRED'] as const, []])
      for (const direction of ['FORWARD', 'BACKWARD'] as const) {
        const wanted = parents.map((parent) =>
          model.approvals
            .filter((approval) => isOfRun(parent)(approval) && (states === null || states.some((state) => state === approval.state)))
            .sort((left, right) => compare(left.firstSequence, right.firstSequence)),
        )
        statements.length = 0
        const found = await approvals.ofRuns(scope('default'), parents, states, { size: 2, direction, cursor: null })
        t.strictSame(
          found.map(shown),
          wanted.map((all) => windowOf(all, 2, direction)[0]),
        )
        t.strictSame(
          await approvals.countOfRuns(scope('default'), parents, states),
          wanted.map((all) => all.length),
        )
        t.equal(statements.length, 2)
      }
    t.strictSame(await approvals.ofRuns(scope('default'), [], null, forward(2)), [])
    t.strictSame(await approvals.countOfRuns(scope('default'), [], null), [])
  })

  await t.test('no tenant sees the gates of another', async (t) => {
    const found = await approvals.ofRuns(scope('nobody'), parents, null, forward(5))
    t.ok(found.every((page) => itemsOf(page).length === 0))
  })
}

t.test('approvals', async (t) => {
  for (const { name, sql } of await sqlAdapters(t)) {
    await seed(sql, model.messages)
    await t.test(`on ${name}`, async (t) => {
      await lists(t, sql)
      await single(t, sql)
      await ofRuns(t, sql)
    })
  }
})
