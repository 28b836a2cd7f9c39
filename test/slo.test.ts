import t, { type Test } from 'tap'
import { openControlPlane, openers, ask, viewerOf, type ControlPlane, type Answer } from './support/control-plane.ts'
import { storeAppendCounts } from '../src/datasources/slo/sql-append-counts.ts'
import { eventually } from './support/eventually.ts'
import { ritualEvent } from './support/slo.ts'

const lee = viewerOf('lee@example.com')

const sloFields = `id name service displayName labels status reasons { code message } source asOf coverage isEstimated budgetingMethod
  objective { targetPpm target targetPercent timeSliceTarget timeSliceSeconds } window { kind seconds duration startsAt endsAt timeZone }
  sli { ratio good bad total low high } quantile { q valueMs thresholdMs }
  errorBudget { totalRatio totalEvents totalSeconds consumedRatio remainingRatio remainingEvents exhaustsAt }
  threshold { factor maximum } tiers { name severity factor budgetShare long { seconds burnRate events } short { seconds burnRate events } reachable guarded eventsNeeded detectionSeconds state since }
  corrections { id startsAt endsAt reason author { id } } explain { formula inputs queries promql } openSlo indicator { kind source thresholdMs definition }`
const result = `__typename ... on SloAccepted { created clientMutationId slo { ${sloFields} } slos { name } } ... on UserError { code message path retryable } ... on NotAllowed { reason requiredScopes }`

async function told(plane: ControlPlane, text: string, variables: Record<string, unknown> = {}, viewer = lee) {
  const answer: Answer = await ask(plane, viewer, text, variables)
  if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors))
  return answer.data ?? {}
}

const upsert = async (plane: ControlPlane, input: Record<string, unknown>, viewer = lee) =>
  (await told(plane, `mutation($input: UpsertSloInput!) { upsertSlo(input: $input) { ${result} } }`, { input }, viewer))['upsertSlo']
const record = async (plane: ControlPlane, input: Record<string, unknown>) =>
  (await told(plane, `mutation($input: RecordSloEventsInput!) { recordSloEvents(input: $input) { ${result} } }`, { input }))[
    'recordSloEvents'
  ]
const read = async (plane: ControlPlane, name: string, viewer = lee): Promise<Record<string, unknown> | undefined> =>
  (await told(plane, `query($name: String) { slo(name: $name) { ${sloFields} } }`, { name }, viewer))['slo']

const counted = (name: string, more: Record<string, unknown> = {}) => ({
  name,
  service: 'shop',
  targetPercent: 99.9,
  window: '1h',
  minCoverage: 0,
  indicator: { counters: { measure: `test.${name}` } },
  ...more,
})

function objectives(t: Test, plane: ControlPlane) {
  t.test('an objective is made, shown, changed and deleted', async (t) => {
    const made = await upsert(plane, { ...counted('checkout'), clientMutationId: 'c1', labels: { team: 'core' } })
    t.match(made, {
      __typename: 'SloAccepted',
      created: true,
      clientMutationId: 'c1',
      slo: {
        name: 'checkout',
        labels: { team: 'core' },
        status: 'NO_DATA',
        reasons: [{ code: 'NO_TRAFFIC' }],
        objective: { targetPpm: 999_000, target: 0.999, targetPercent: 99.9 },
        window: { kind: 'ROLLING', seconds: 3600, duration: '1h' },
        sli: { ratio: null, total: 0 },
        errorBudget: { consumedRatio: null, remainingRatio: null },
        source: 'COUNTERS',
      },
    })
    t.match(await upsert(plane, counted('checkout', { targetPercent: 95 })), { created: false, slo: { objective: { targetPpm: 950_000 } } })
    t.match(await read(plane, 'checkout'), { name: 'checkout', objective: { targetPpm: 950_000 } })
    const gone = await told(plane, `mutation { deleteSlo(input: { name: "checkout" }) { ${result} } }`)
    t.match(gone, { deleteSlo: { __typename: 'SloAccepted', slo: null } })
    t.equal(await read(plane, 'checkout'), null)
    const again = await told(plane, `mutation { deleteSlo(input: { name: "checkout" }) { ${result} } }`)
    t.match(again, { deleteSlo: { __typename: 'NotFound', code: 'NOT_FOUND', path: ['input', 'name'] } })
  })

  t.test('a budget is overdrawn without being clamped, and one bad event is held back by the guard', async (t) => {
    await upsert(plane, counted('pay', { targetPercent: 99 }))
    t.match(await record(plane, { name: 'pay', good: 95, bad: 5 }), { __typename: 'SloAccepted' })
    const slo = await read(plane, 'pay')
    t.match(slo, {
      status: 'BREACHED',
      reasons: [{ code: 'RESTARTED' }, { code: 'BUDGET_SPENT' }],
      sli: { ratio: 0.95, good: 95, bad: 5, total: 100 },
      errorBudget: { totalRatio: 0.01, totalEvents: 1, consumedRatio: 5, remainingRatio: -4, remainingEvents: -4, totalSeconds: null },
      isEstimated: true,
    })
    await upsert(plane, counted('quiet', { window: '30d' }))
    await record(plane, { name: 'quiet', good: 9, bad: 1 })
    const quiet = await read(plane, 'quiet')
    t.match(quiet, { tiers: [{ name: 'page-fast', factor: 14.4, guarded: true, state: 'INACTIVE', eventsNeeded: 70, reachable: true }] })
  })

  t.test('refused: bad targets, names, windows, both ways at once, foreign sources, missing rights', async (t) => {
    t.match(await upsert(plane, counted('x', { targetPercent: 100 })), { __typename: 'InvalidInput', code: 'BAD_USER_INPUT' })
    t.match(await upsert(plane, counted('no spaces')), { __typename: 'InvalidInput', path: ['input', 'name'] })
    t.match(await upsert(plane, counted('x', { window: '5 minutes' })), { __typename: 'InvalidInput' })
    t.match(await upsert(plane, counted('x', { window: '5' })), { __typename: 'InvalidInput' })
    t.match(await upsert(plane, { ...counted('x'), target: 0.5 }), { __typename: 'InvalidInput', path: ['input', 'target'] })
    t.match(await upsert(plane, counted('x'), viewerOf('ann', ['viewer'])), {
      __typename: 'NotAllowed',
      reason: 'MISSING_SCOPE',
      requiredScopes: ['slo:write'],
    })
    t.match(await record(plane, { name: 'nope', good: 1, bad: 0 }), { __typename: 'NotFound' })
    await upsert(plane, { ...counted('ev'), indicator: { events: { event: 'RUNS' } } })
    t.match(await record(plane, { name: 'ev', good: 1, bad: 0 }), { __typename: 'InvalidInput' })
    t.equal(await read(plane, 'ev', viewerOf('eve', ['admin'], 'globex')), null, 'another tenant sees nothing')
  })

  t.test('approvals decided within four hours are an objective without any Prometheus', async (t) => {
    const { log } = plane.stores
    const hour = 3_600_000_000_000n
    const now = BigInt(Date.now()) * 1_000_000n
    for (let index = 0; index < 20; index += 1) {
      const runId = `age-${index}`
      const asked = now - 30n * hour + BigInt(index) * 60_000_000_000n
      await ritualEvent(log, 'aging', runId, asked - 1000n, { event: 'ritual.started:v1', spec: {} })
      await ritualEvent(log, 'aging', runId, asked, {
        event: 'approval.requested:v1',
        gateId: 'go',
        requester: 'a@example.com',
        reason: 'x',
      })
      const after = index === 0 ? 5n * hour : hour
      // the last one is never decided: bad since its fourth hour
      if (index < 19)
        await ritualEvent(log, 'aging', runId, asked + after, {
          event: 'approval.granted:v1',
          gateId: 'go',
          approver: 'b@example.com',
          note: null,
        })
    }
    const { sequence } = await ritualEvent(log, 'aging', 'young', now - hour, {
      event: 'approval.requested:v1',
      gateId: 'go',
      requester: 'a@example.com',
      reason: 'x',
    })
    await plane.dataSources.progress.waitFor('ritual', sequence, { timeoutMs: 30_000 })
    const made = await upsert(plane, {
      name: 'approvals-in-4h',
      service: 'governance',
      targetPercent: 95,
      window: '2d',
      indicator: { events: { event: 'APPROVAL_AGE', thresholdSeconds: 14_400, ritualId: 'aging' } },
    })
    t.match(made, {
      slo: { sli: { good: 18, bad: 2, total: 20 }, errorBudget: { remainingRatio: -1 }, status: 'BREACHED', source: 'EVENTS' },
    })
    const groups = await told(plane, '{ slo(name: "approvals-in-4h") { groups { labels overflow sli { total bad } remainingRatio } } }')
    t.match(groups, { slo: { groups: [{ labels: { ritual: 'aging' }, overflow: false, sli: { total: 20, bad: 2 } }] } })
  })

  t.test('a corrected period does not count, and says who took it out and why', async (t) => {
    const correction = `mutation($input: AddCorrectionInput!) { addCorrection(input: $input) { ${result} } }`
    const from = new Date(Date.now() - 40 * 3_600_000).toISOString()
    const to = new Date(Date.now() + 1000).toISOString()
    const { addCorrection } = await told(plane, correction, {
      input: { name: 'approvals-in-4h', startsAt: from, endsAt: to, reason: 'drill' },
    })
    t.match(addCorrection, {
      __typename: 'SloAccepted',
      slo: { corrections: [{ reason: 'drill', author: { id: lee.actorId } }], sli: { total: 0 }, status: 'NO_DATA' },
    })
    const wrong = await told(plane, correction, { input: { name: 'approvals-in-4h', startsAt: to, endsAt: from, reason: 'drill' } })
    t.match(wrong, { addCorrection: { __typename: 'InvalidInput', path: ['input', 'endsAt'] } })
  })

  t.test('a composite spends what its members spend, weighted', async (t) => {
    await upsert(plane, counted('m1', { targetPercent: 90 }))
    await upsert(plane, counted('m2', { targetPercent: 99 }))
    await record(plane, { name: 'm1', good: 95, bad: 5 })
    await record(plane, { name: 'm2', good: 98, bad: 2 })
    const made = await upsert(plane, {
      ...counted('both', { targetPercent: 95 }),
      indicator: {
        composite: [
          { slo: 'm1', weight: 3 },
          { slo: 'm2', weight: 1 },
        ],
      },
    })
    const budget = (made as { slo: { errorBudget: { consumedRatio: number } } }).slo.errorBudget
    // (3 x 0.5 + 1 x 2) / 4
    t.ok(Math.abs(budget.consumedRatio - 0.875) < 1e-9, String(budget.consumedRatio))
    t.match(await upsert(plane, { ...counted('self'), indicator: { composite: [{ slo: 'self' }] } }), { __typename: 'InvalidInput' })
    const services = await told(plane, '{ sloServices { name status slos { name } } }')
    t.match(services, {
      sloServices: [
        { name: 'governance', status: 'NO_DATA' },
        { name: 'shop', status: 'BREACHED' },
      ],
    })
  })

  t.test('lists are ordered by what remains, filtered before they are paged, forward and backward', async (t) => {
    const page = (args: string) =>
      told(
        plane,
        `{ slos(${args}) { totalCount nodes { name errorBudget { remainingRatio } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
      )
    const all = (await page('first: 100'))['slos'] as unknown as {
      totalCount: number
      nodes: { name: string; errorBudget: { remainingRatio: number | null } }[]
    }
    t.equal(all.totalCount, all.nodes.length)
    const left = all.nodes.map(({ errorBudget }) => errorBudget.remainingRatio ?? Infinity)
    t.same(
      left,
      [...left].sort((one, other) => one - other),
    )
    const seen: string[] = []
    let after = ''
    for (;;) {
      const { slos } = (await page(`first: 2, orderBy: NAME_ASC${after}`)) as unknown as {
        slos: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
      }
      seen.push(...slos.nodes.map(({ name }) => name))
      if (!slos.pageInfo.hasNextPage) break
      after = `, after: "${slos.pageInfo.endCursor}"`
    }
    t.same(seen, all.nodes.map(({ name }) => name).sort())
    const last = (await page('last: 2, orderBy: NAME_ASC')) as unknown as { slos: { nodes: { name: string }[] } }
    t.same(
      last.slos.nodes.map(({ name }) => name),
      seen.slice(-2),
    )
    const breached = (await page('filter: { statuses: [BREACHED], services: ["shop"] }')) as unknown as {
      slos: { nodes: { name: string }[] }
    }
    t.ok(breached.slos.nodes.some(({ name }) => name === 'pay'))
  })

  t.test('a series has explicit gaps and is bounded', async (t) => {
    const to = new Date().toISOString()
    const from = new Date(Date.now() - 3_600_000).toISOString()
    const { slo } = await told(
      plane,
      `{ slo(name: "pay") { series(kind: SLI, from: "${from}", to: "${to}", maxPoints: 60) { at value } } }`,
    )
    const points = (slo as unknown as { series: { value: number | null }[] }).series
    t.ok(points.length <= 60 && points.length > 50)
    t.equal(points[0]?.value, null, 'before the process was there nothing was measured')
    const last = points.findLast(({ value }) => value !== null)?.value ?? 0
    t.ok(Math.abs(last - 0.95) < 1e-9, String(last))
    const answer = await ask(
      plane,
      lee,
      `{ slo(name: "pay") { series(kind: SLI, from: "${from}", to: "${to}", maxPoints: 11001) { value } } }`,
    )
    t.ok(answer.errors?.[0])
  })

  t.test('appends that were refused spend the budget, a mistake of the client does not', async (t) => {
    await upsert(plane, {
      ...{ name: 'appends-taken', service: 'records', targetPercent: 50, window: '1h', minCoverage: 0 },
      indicator: { events: { event: 'APPENDS' } },
    })
    await told(plane, 'mutation { createRecordStream(input: { name: "slo-orders" }) { __typename } }')
    const append = async (key: string, more: string) =>
      (await told(plane, `mutation { appendRecords(input: { ${key}, records: [{ text: "x" }]${more} }) { __typename } }`))['appendRecords']
    const stream = 'key: { store: NATIVE, name: "slo-orders" }'
    for (let index = 0; index < 3; index += 1) t.match(await append(stream, ''), { __typename: 'RecordsAppended' })
    t.match(await append(stream, ', expectedOffset: "9"'), { __typename: 'OffsetConflict' })
    t.match(await append('key: { store: NATIVE, name: "nowhere" }', ''), { __typename: 'NotFound' })
    await storeAppendCounts(plane.stores.sql, plane.dataSources.appendCounts)
    // counted in the minute in which they were asked for
    await eventually(async () => ((await read(plane, 'appends-taken'))?.['sli'] as { total: number }).total === 4, { withinMs: 5000 })
    t.match(await read(plane, 'appends-taken'), { sli: { good: 3, bad: 1, total: 4 }, errorBudget: { remainingRatio: 0.5 } })
  })

  t.test('events that belong to a group are told apart', async (t) => {
    await upsert(plane, counted('by-customer', { labels: { groupBy: 'customer' } }))
    for (const [group, good, bad] of [
      ['initech', 8, 2],
      ['umbrella', 30, 0],
    ] as const)
      t.match(await record(plane, { name: 'by-customer', good, bad, group }), { __typename: 'SloAccepted' })
    const shown = await told(plane, '{ slo(name: "by-customer") { groups { labels overflow sli { good total } } } }')
    t.match(shown['slo']?.['groups'], [
      { labels: { customer: 'umbrella' }, overflow: false, sli: { good: 30, total: 30 } },
      { labels: { customer: 'initech' }, overflow: false, sli: { good: 8, total: 10 } },
    ])
    await upsert(plane, counted('ungrouped'))
    t.match(await record(plane, { name: 'ungrouped', good: 1, bad: 0, group: 'x' }), { __typename: 'InvalidInput' })
  })

  t.test('the state of the past is computed, and the future is refused', async (t) => {
    const at = new Date(Date.now() - 3_600_000).toISOString()
    const { slo } = await told(plane, `{ slo(name: "pay", at: "${at}") { status asOf sli { total } } }`)
    t.match(slo, { status: 'NO_DATA' })
    const later = new Date(Date.now() + 3_600_000).toISOString()
    t.ok((await ask(plane, lee, `{ slo(name: "pay", at: "${later}") { status } }`)).errors)
  })

  t.test('OpenSLO text comes in, goes out, and comes in as the same', async (t) => {
    const { slo } = await told(plane, '{ slo(name: "both") { openSlo } }')
    const text = (slo as unknown as { openSlo: string }).openSlo
    t.match(text, /apiVersion: openslo\/v1/)
    t.match(await upsert(plane, { openSlo: text }), { __typename: 'SloAccepted', created: false, slo: { name: 'both', openSlo: text } })
    t.match(await upsert(plane, { openSlo: 'kind: [' }), { __typename: 'InvalidInput', path: ['input', 'openSlo'] })
    for (const deep of [
      '['.repeat(2000),
      '{a: '.repeat(10_000),
      '- '.repeat(10_000),
      `${'- '.repeat(20_000)}x\nb: 1`,
      `${'['.repeat(60)}${']'.repeat(60)}`,
    ])
      t.match(
        await upsert(plane, { openSlo: deep }),
        { __typename: 'InvalidInput', path: ['input', 'openSlo'], message: /nested too deeply/ },
        'and the process lives on',
      )
    t.match(await upsert(plane, { openSlo: 'kind: SLO\n@a: }' }), {
      __typename: 'InvalidInput',
      message: /cannot be read: .* at line 2, column \d+/,
    })
  })

  t.test('a repeat with the same idempotency key changes once', async (t) => {
    const input = { ...counted('idem'), idempotencyKey: 'k1' }
    t.match(await upsert(plane, input), { created: true })
    t.match(await upsert(plane, input), { created: true })
    const answer = await ask(plane, lee, `mutation($input: UpsertSloInput!) { upsertSlo(input: $input) { ${result} } }`, {
      input: { ...input, targetPercent: 90 },
    })
    t.ok(answer.errors, 'another request under the same key is a conflict')
  })

  t.test('node finds an objective by its id', async (t) => {
    const slo = await read(plane, 'pay')
    t.match(await told(plane, `{ node(id: "${String(slo?.['id'])}") { ... on Slo { name } } }`), { node: { name: 'pay' } })
  })
}

for (const [name, open] of Object.entries(openers))
  t.test(name, async (t) => {
    const backing = await open(t)
    if (backing === null) return
    const plane = await openControlPlane(t, backing)
    plane.projector.start()
    objectives(t, plane)
  })

t.test('why a run is stuck: gates, denials, spent budgets, tickets, silence; 100 runs in a constant number of statements', async (t) => {
  const backing = await openers['embedded']?.(t)
  if (backing == null) return
  let statements = 0
  const sql = {
    ...backing.sql,
    any: (...given: Parameters<typeof backing.sql.any>) => {
      statements += 1
      return backing.sql.any(...given)
    },
  } as typeof backing.sql
  const plane = await openControlPlane(t, { sql, log: backing.log })
  plane.projector.start()
  const { log } = plane.stores
  const now = BigInt(Date.now()) * 1_000_000n
  const minute = 60_000_000_000n
  const started = (ritual: string, run: string, at: bigint) => ritualEvent(log, ritual, run, at, { event: 'ritual.started:v1', spec: {} })
  for (let index = 0; index < 10; index += 1) {
    await started('quick', `done-${index}`, now - 100n * minute)
    await ritualEvent(log, 'quick', `done-${index}`, now - 100n * minute + 1_000_000n, {
      event: index < 5 ? 'ritual.failed:v1' : 'ritual.completed:v1',
      outputs: {},
      error: { message: 'x' },
    })
  }
  await started('quick', 'silent', now - 30n * minute)
  await started('quick', 'fresh', now)
  await started('gated', 'waits', now - 10n * minute)
  await ritualEvent(log, 'gated', 'waits', now - 9n * minute, {
    event: 'approval.requested:v1',
    gateId: 'go',
    requester: 'a@example.com',
    reason: 'x',
  })
  await started('gated', 'denied', now - 10n * minute)
  await ritualEvent(log, 'gated', 'denied', now - 9n * minute, {
    event: 'policy.decision:v1',
    capability: 'deploy',
    decision: { allowed: false, reason: 'frozen' },
    quota: { limit: 5, windowSeconds: 60, remaining: 0 },
  })
  await started('gated', 'ticketed', now - 10n * minute)
  let last = 0n
  for (let index = 0; index < 100; index += 1) last = (await started('many', `run-${index}`, now)).sequence
  await plane.dataSources.progress.waitFor('ritual', last, { timeoutMs: 30_000 })
  const of = async (ritualId: string, runId: string) =>
    (
      await told(
        plane,
        `{ run(key: { ritualId: "${ritualId}", runId: "${runId}" }) { id blockers { kind since message canAct viewerCanAct { allowed reason } approval { gateId } slo { name } ticket { id state } } } }`,
      )
    )['run'] as unknown as { id: string; blockers: Record<string, unknown>[] }
  // by the log's time: nothing has come for longer than runs of this ritual take in all
  await eventually(async () => (await of('quick', 'silent')).blockers.length > 0, { withinMs: 30_000 })
  t.match((await of('quick', 'silent')).blockers, [
    { kind: 'STALLED', since: String, canAct: ['scope:runs:cancel'], viewerCanAct: { allowed: true } },
  ])
  t.same((await of('many', 'run-0')).blockers, [], 'without a history nobody can say that it takes too long')
  t.same((await of('quick', 'done-1')).blockers, [], 'what is over is not stuck')
  t.match((await of('gated', 'waits')).blockers, [
    { kind: 'APPROVAL', approval: { gateId: 'go' }, canAct: ['scope:approvals:decide'], viewerCanAct: { allowed: true } },
  ])
  t.match((await of('gated', 'denied')).blockers, [{ kind: 'QUOTA', message: /deploy/ }])
  const { id } = await of('gated', 'ticketed')
  await told(plane, `mutation { issueTicket(input: { repoId: "r", baseCommit: "${'a'.repeat(40)}", run: "${id}" }) { __typename } }`)
  t.match((await of('gated', 'ticketed')).blockers, [{ kind: 'TICKET', ticket: { state: 'ACTIVE' } }])
  await upsert(plane, {
    name: 'quick-succeeds',
    service: 's',
    targetPercent: 95,
    window: '1d',
    minCoverage: 0,
    indicator: { events: { event: 'RUNS', ritualId: 'quick' } },
    freezes: ['quick'],
  })
  t.match((await of('quick', 'fresh')).blockers, [{ kind: 'FROZEN_BUDGET', slo: { name: 'quick-succeeds' } }])
  const slo = await told(
    plane,
    '{ slo(name: "quick-succeeds") { status blocking { runId } runsInWindow(first: 100) { totalCount nodes { ritualId } } } }',
  )
  t.match(slo, { slo: { status: 'BREACHED', runsInWindow: { totalCount: 12 } } })
  const blocking = (slo['slo'] as unknown as { blocking: { runId: string }[] }).blocking.map(({ runId }) => runId)
  t.same(blocking.sort(), ['fresh', 'silent'])
  const cost = async (first: number) => {
    statements = 0
    await told(plane, `{ runs(first: ${first}, filter: { ritualId: "many" }) { nodes { blockers { kind } } } }`)
    return statements
  }
  t.equal(await cost(100), await cost(2), 'as many statements for 100 runs as for 2')
})
