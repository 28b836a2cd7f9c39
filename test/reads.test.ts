import Fastify from 'fastify'
import { execute, parse, validate } from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import t, { type Test } from 'tap'
import { buildSchema } from '../src/app.ts'
import { actorKind } from '../src/auth/actor.ts'
import { type Viewer } from '../src/auth/viewer.ts'
import { readConfig } from '../src/config.ts'
import { type Context, createContext } from '../src/context.ts'
import { createSqlApprovals } from '../src/datasources/approvals/sql-approvals.ts'
import { createSqlRuns } from '../src/datasources/runs/sql-runs.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { decodeId, encodeId } from '../src/ids.ts'
import { anyField } from '../src/subscriptions/cursor.ts'
import { createCursorCodec } from '../src/subscriptions/signed-cursor.ts'
import { type Clock, formatNanos } from '../src/time.ts'
import { type ControlPlane, openControlPlane, openers, viewerOf } from './support/control-plane.ts'
import { epochNs } from './support/ritual-events.ts'
import { countingSql, epoch, eventModel, isOfRun, randomModel, seed } from './support/seeded-reads.ts'

const model = randomModel()
const schema = buildSchema()
const admin = viewerOf('root@example.com')
const now = epochNs + 100_000_000_000n
const clock: Clock = { now: () => now }
/** A cursor carries when it was made, so these are made on the clock that stands still. */
const cursors = createCursorCodec({ keys: [Buffer.alloc(32, 7)], clock })

interface Reply {
  readonly data: Record<string, unknown> | null | undefined
  readonly errors: readonly { readonly message: string; readonly path: readonly (string | number)[] | undefined; readonly code: unknown }[]
  readonly sources: ReturnType<Context['sourceUse']['toExtension']>
  readonly statements: readonly string[]
}

type Ask = (
  text: string,
  variables?: Record<string, unknown>,
  options?: { viewer?: Viewer; env?: NodeJS.ProcessEnv; jit?: boolean },
) => Promise<Reply>

const log = Fastify({ logger: false }).log

/** Runs a document below the transports, and counts the statements that runs and approvals were read with. */
function asking(plane: ControlPlane, store: Sql = plane.stores.sql): Ask {
  return async (text, variables = {}, { viewer = admin, env = {}, jit = false } = {}) => {
    const { sql, statements } = countingSql(store)
    const dataSources = { ...plane.dataSources, runs: createSqlRuns({ sql }), approvals: createSqlApprovals({ sql }) }
    const config = readConfig({ SAMPLE_DATA: 'off', PROJECTION_WAIT_MS: '50', ...env })
    const contextValue = createContext({ ...plane, dataSources, config, clock, cursors }, { requestId: 'test', viewer, log })
    const document = parse(text)
    const problems = validate(schema, document)
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
    const compiled = jit ? compileQuery(schema, document) : null
    if (compiled !== null && !isCompiledQuery(compiled)) throw new Error('the document was not compiled')
    const result =
      compiled === null
        ? await execute({ schema, document, variableValues: variables, contextValue })
        : await compiled.query(undefined, contextValue, variables)
    const errors = (result.errors ?? []).map(({ message, path, originalError, extensions }) => ({
      message,
      path,
      code: originalError !== undefined && originalError !== null && 'code' in originalError ? originalError.code : extensions['code'],
    }))
    const data: Reply['data'] = JSON.parse(JSON.stringify(result.data ?? null))
    return { data, errors, sources: contextValue.sourceUse.toExtension(), statements }
  }
}

const runFields = `id system tenantId ritualId runId status rawStatus state startedAt firstSeenAt endedAt updatedAt durationMs spec outputs
  failure { code message details } legacy terminalCount payloadTenantId payloadRitualId viewerCanCancel { allowed reason }`
const approvalFields = `id system tenantId gateId state rawState requester { id kind displayName } reason requestedAt ageSeconds
  decision { kind approver { id kind } note reason at sequence } laterTerminals { kind approver { id } at sequence } expiresAt
  escalation { currentLevel totalLevels nextEscalationAt emergencyOverride history { fromLevel toLevel at reason } }
  viewerCanDecide { allowed reason }`
const eventFields = 'id cursor sequence at recordedAt type tenantId system raw legacy'
const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'

const levels = `query($first: Int) { runs(first: $first) { totalCount ${pageInfo} edges { cursor node { ${runFields}
  approvals(first: 5) { totalCount ${pageInfo} nodes { ${approvalFields} run { runId } } }
  events(first: 5, types: ["ritual.state.transitioned:v1"]) { totalCount ${pageInfo} edges { cursor node { ${eventFields} run { runId } } } }
  waiting: approvals(states: [PENDING]) { nodes { gateId } }
  transitions { fromState toState at sequence }
  policyDecisions(first: 3) { totalCount nodes { allowed capability reason quota { limit windowSeconds remaining } validation details at sequence run { id } } }
} } } }`

const summaries = `{ viewer { actor { id kind } tenantId roles scopes tenants }
  rituals { totalCount ${pageInfo} nodes { id ritualId runCount countsByStatus { status count } lastRun { id status } p50DurationMs p95DurationMs } }
  quotas { capability quota { limit windowSeconds remaining } at sequence }
  scaleHints { totalCount nodes { recommendation reason at sequence raw } }
  approvals(filter: { states: [PENDING] }, orderBy: EXPIRES_ASC) { totalCount nodes { ${approvalFields} } } }`

const orderAt = (run: (typeof model.runs)[number]) => run.startedAt ?? run.firstSeenAt
const runsOf = (tenantId: string) =>
  model.runs
    .filter((run) => run.tenantId === tenantId)
    .toSorted((left, right) =>
      orderAt(right) === orderAt(left) ? Number(right.firstSequence - left.firstSequence) : Number(orderAt(right) - orderAt(left)),
    )
const idOf = (run: (typeof model.runs)[number]) => encodeId('Run', [run.system, run.tenantId, run.ritualId, run.runId])
const gateIdOf = (gate: (typeof model.approvals)[number]) =>
  encodeId('Approval', [gate.system, gate.tenantId, gate.ritualId, gate.runId, gate.gateId])

function lists(t: Test, ask: Ask) {
  t.test('runs x approvals x events is one statement a level, whatever the size of the page', async (t) => {
    for (const first of [1, 50]) {
      const { errors, statements, data } = await ask(
        'query($first: Int) { runs(first: $first) { nodes { id approvals { nodes { gateId run { runId } } } events { nodes { sequence run { runId } } } } } }',
        { first },
      )
      t.strictSame(errors, [])
      t.equal(statements.length, 3, 'runs, their approvals, their events; the way back to the run costs nothing')
      t.same(
        (data?.['runs'] as { nodes: { id: string }[] }).nodes.map(({ id }) => id),
        runsOf('acme').slice(0, first).map(idOf),
      )
    }
    const { statements } = await ask(levels, { first: 30 })
    t.equal(statements.length, 10, 'one for each field that reads, with four counts')
  })

  t.test('a run shows what its events say', async (t) => {
    const [run] = runsOf('acme').filter(({ endedAt, startedAt }) => endedAt !== null && startedAt !== null && endedAt >= startedAt)
    if (run === undefined) return t.fail('no such run')
    const events = model.events.filter(isOfRun(run)).map(eventModel)
    const { data, errors } = await ask(
      `query($id: ID!) { run(id: $id) { ${runFields} events(last: 2) { ${pageInfo} nodes { ${eventFields} } } } }`,
      {
        id: idOf(run),
      },
    )
    t.strictSame(errors, [])
    t.match(data?.['run'], {
      ritualId: run.ritualId,
      runId: run.runId,
      status: run.status,
      startedAt: formatNanos(run.startedAt ?? 0n),
      updatedAt: formatNanos(run.updatedAt),
      durationMs: String(((run.endedAt ?? 0n) - (run.startedAt ?? 0n)) / 1_000_000n),
      spec: run.spec,
      viewerCanCancel: { allowed: false, reason: 'ALREADY_TERMINAL' },
      events: {
        pageInfo: { hasNextPage: false, hasPreviousPage: events.length > 2 },
        nodes: events.slice(-2).map(({ sequence, payload, type }) => ({ sequence: sequence.toString(), raw: JSON.parse(payload), type })),
      },
    })
  })

  t.test('a run can be asked for by its natural key, and as it was at a moment', async (t) => {
    const [run] = runsOf('globex').filter(({ firstSequence, lastSequence }) => lastSequence > firstSequence)
    if (run === undefined) return t.fail('no such run')
    const viewer = viewerOf('lee@example.com', ['viewer'], 'globex')
    const first = model.events.find(({ sequence }) => sequence === run.firstSequence)
    const { data, errors } = await ask(
      `query($key: RunKey!, $at: DateTime!, $early: DateTime!) {
        now: run(key: $key) { updatedAt } then: run(key: $key, at: $at) { updatedAt firstSeenAt } before: run(key: $key, at: $early) { id } }`,
      {
        key: { ritualId: run.ritualId, runId: run.runId },
        at: formatNanos(first?.recordedAt ?? 0n).replace('Z', '+00:00'),
        early: '2001-01-01T00:00:00+02:00',
      },
      { viewer },
    )
    t.strictSame(errors, [])
    t.same(data, {
      now: { updatedAt: formatNanos(run.updatedAt) },
      then: { updatedAt: formatNanos(first?.recordedAt ?? 0n), firstSeenAt: formatNanos(run.firstSeenAt) },
      before: null,
    })
  })

  t.test('bad paging and bad targets are refused with a code', async (t) => {
    const refused: [string, RegExp][] = [
      ['runs(first: 0) { nodes { id } }', /from 1 to 100/],
      ['runs(first: 101) { nodes { id } }', /from 1 to 100/],
      ['runs(last: -1) { nodes { id } }', /from 1 to 100/],
      ['runs(first: 1, last: 1) { nodes { id } }', /not both/],
      ['runs(first: 1, before: "x") { nodes { id } }', /not both/],
      ['runs(after: "x") { nodes { id } }', /not a cursor of this list/],
      ['approvals(before: "") { nodes { id } }', /not a cursor of this list/],
      ['run { id }', /`id` or by `key`/],
      ['run(id: "x", key: { ritualId: "a", runId: "b" }) { id }', /`id` or by `key`/],
      ['run(id: "x") { id }', /not the id of a Run/],
      [`run(id: "${encodeId('Ritual', ['acme', 'nightly'])}") { id }`, /not the id of a Run/],
      ['approval(id: "x") { id }', /not the id of an Approval/],
      ['node(id: "x") { id }', /not a global id/],
      ['runs(minCursor: "x") { nodes { id } }', /cursor/],
    ]
    for (const [field, message] of refused) {
      const { errors } = await ask(`{ ${field} }`)
      t.equal(errors[0]?.code, 'BAD_USER_INPUT', field)
      t.match(errors[0]?.message, message, field)
    }
    const nodes = 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    t.match((await ask(nodes, { ids: Array(101).fill('x') })).errors[0]?.message, /At most 100/)
    const [run] = runsOf('acme')
    const id = run === undefined ? '' : idOf(run)
    const { data, errors } = await ask(nodes, { ids: [id, 'x', id] })
    t.match({ data, errors }, { data: { nodes: [{ id }, null, { id }] }, errors: [{ code: 'BAD_USER_INPUT', path: ['nodes', 1] }] })
  })

  t.test('a time that is no time is refused, any offset is taken', async (t) => {
    const count = 'query($after: DateTime) { runs(filter: { startedAfter: $after }) { totalCount } }'
    t.match((await ask(count, { after: 'yesterday' })).errors[0]?.message, /RFC 3339/)
    t.match((await ask(count, { after: 5 })).errors[0]?.message, /RFC 3339/)
    const { data } = await ask(count, { after: '1999-12-31T23:00:00-05:00' })
    t.same(data, { runs: { totalCount: runsOf('acme').length } })
  })
}

function permissions(t: Test, ask: Ask) {
  const queue =
    'query($mine: Boolean!) { approvals(first: 100, filter: { decidableByViewer: $mine }) { totalCount nodes { id viewerCanDecide { allowed reason } } } }'
  type Queue = { totalCount: number; nodes: { viewerCanDecide: { allowed: boolean; reason: string | null } }[] }
  const gatesOf = (tenantId: string) => model.approvals.filter((gate) => gate.tenantId === tenantId)
  const read = async (mine: boolean, options: Parameters<Ask>[2]) => (await ask(queue, { mine }, options)).data?.['approvals'] as Queue

  t.test('the queue of what the viewer can decide agrees with what each gate says', async (t) => {
    const cases: [Viewer, NodeJS.ProcessEnv, boolean][] = [
      [viewerOf('lee@example.com', ['approver'], 'default'), {}, true],
      [viewerOf('Lee@Example.com', ['approver'], 'default'), { APPROVER_ALLOWLIST: 'kim@example.com, LEE@example.com' }, true],
      [viewerOf('lee@example.com', ['approver'], 'default'), { APPROVER_ALLOWLIST: 'kim@example.com' }, false],
      [viewerOf('lee@example.com', ['operator'], 'default'), {}, false],
      [{ ...viewerOf('nobody', ['viewer'], 'default'), authenticated: false }, {}, false],
    ]
    for (const [viewer, env, may] of cases) {
      const can = await read(true, { viewer, env })
      const cannot = await read(false, { viewer, env })
      const open = gatesOf('default').filter(({ state, legacy }) => state === 'PENDING' && !legacy)
      t.equal(can.totalCount, may ? open.length : 0)
      t.equal(cannot.totalCount, gatesOf('default').length - can.totalCount)
      t.ok(can.nodes.every(({ viewerCanDecide }) => viewerCanDecide.allowed))
      t.ok(cannot.nodes.every(({ viewerCanDecide }) => !viewerCanDecide.allowed && viewerCanDecide.reason !== null))
    }
  })

  t.test('why not is told: not signed in, no scope, not an approver, over, legacy', async (t) => {
    const reasons = async (viewer: Viewer, env: NodeJS.ProcessEnv = {}) =>
      new Set((await read(false, { viewer, env })).nodes.map(({ viewerCanDecide }) => viewerCanDecide.reason))
    t.strictSame(await reasons({ ...viewerOf('nobody', ['viewer'], 'acme'), authenticated: false }), new Set(['NOT_AUTHENTICATED']))
    t.strictSame(await reasons(viewerOf('lee@example.com', ['viewer'])), new Set(['MISSING_SCOPE']))
    t.strictSame(await reasons(viewerOf('lee@example.com', ['approver']), { APPROVER_ALLOWLIST: 'kim' }), new Set(['NOT_AN_APPROVER']))
    t.strictSame(await reasons(viewerOf('lee@example.com', ['approver'])), new Set(['ALREADY_TERMINAL']))
  })

  t.test('what kind of actor an id names is told as far as its text goes', async (t) => {
    const kinds = {
      system: 'SYSTEM',
      'dana@example.com': 'USER',
      'bot-7': 'SERVICE',
      'release.bot': 'SERVICE',
      svc_deploy: 'SERVICE',
      'renovate[bot]': 'SERVICE',
      dana: 'UNKNOWN',
      robot: 'UNKNOWN',
      abbot: 'UNKNOWN',
    }
    for (const [id, kind] of Object.entries(kinds)) t.equal(actorKind(id), kind, id)
  })
}

function identities(t: Test, ask: Ask) {
  t.test('every object is found again by its id, many at once in one statement a type', async (t) => {
    const run = runsOf('acme')[0]
    const gate = model.approvals.find(({ tenantId }) => tenantId === 'acme')
    const event = model.events.find(({ tenantId }) => tenantId === 'acme')
    if (run === undefined || gate === undefined || event === undefined) return t.fail('the seed is empty')
    const ids = [
      idOf(run),
      gateIdOf(gate),
      encodeId('Ritual', ['acme', 'nightly']),
      encodeId('RunEvent', ['acme', event.sequence.toString()]),
      encodeId('GenericEvent', ['acme', '1']),
      encodeId('RunEvent', ['acme', '99999999999999999999']),
      idOf({ ...run, runId: 'none' }),
    ]
    const document = 'query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Event { sequence } ... on Approval { gateId } } }'
    const { data, errors, statements } = await ask(document, { ids: [...ids, ...ids] })
    t.strictSame(errors, [])
    t.equal(statements.length, 4)
    const found = [
      { __typename: 'Run', id: ids[0] },
      { __typename: 'Approval', id: ids[1], gateId: gate.gateId },
      { __typename: 'Ritual', id: ids[2] },
      { __typename: 'RunEvent', id: ids[3], sequence: event.sequence.toString() },
      ...[null, null, null],
    ]
    t.same(data, { nodes: [...found, ...found] })
    t.same((await ask('query($id: ID!) { node(id: $id) { __typename } }', { id: ids[1] })).data, { node: { __typename: 'Approval' } })
  })

  t.test("another tenant's objects do not exist, by whichever way they are asked for", async (t) => {
    const run = runsOf('globex')[0]
    const gate = model.approvals.find(({ tenantId }) => tenantId === 'globex')
    const event = model.events.find(({ tenantId }) => tenantId === 'globex')
    if (run === undefined || gate === undefined || event === undefined) return t.fail('the seed is empty')
    const ids = [
      idOf(run),
      gateIdOf(gate),
      encodeId('Ritual', ['globex', 'nightly']),
      encodeId('RunEvent', ['globex', event.sequence.toString()]),
      encodeId('RunEvent', ['acme', event.sequence.toString()]),
    ]
    const { data, errors } = await ask(
      'query($run: ID, $gate: ID, $ids: [ID!]!) { run(id: $run) { id } approval(id: $gate) { id } nodes(ids: $ids) { id } }',
      { run: ids[0], gate: ids[1], ids },
    )
    t.strictSame(errors, [])
    t.same(data, { run: null, approval: null, nodes: ids.map(() => null) })
    const { data: listed } = await ask('{ runs(first: 100) { nodes { tenantId id } } }')
    for (const { tenantId, id } of (listed?.['runs'] as { nodes: { tenantId: string; id: string }[] }).nodes) {
      t.equal(tenantId, 'acme')
      t.equal(decodeId(id)?.parts[1], 'acme')
    }
  })

  t.test('`node` asks for the scope of what it gives', async (t) => {
    const viewer: Viewer = { ...admin, scopes: new Set(['approvals:read']) }
    const run = runsOf('acme')[0]
    if (run === undefined) return t.fail('the seed is empty')
    const { data, errors } = await ask('query($id: ID!) { node(id: $id) { id } }', { id: idOf(run) }, { viewer })
    t.same(data, { node: null })
    t.equal(errors[0]?.code, 'FORBIDDEN')
  })
}

function freshness(t: Test, plane: ControlPlane, ask: Ask) {
  const last = model.messages.at(-1)?.sequence ?? 0n
  const cursor = (sequence: bigint, tenantId = 'acme', life = epoch) =>
    plane.cursors.encode({ stream: 'ritual', epoch: life, sequence }, anyField(tenantId))
  const list = 'query($min: Cursor) { runs(first: 1, minCursor: $min) { nodes { id } } }'

  t.test('an answer names its sources', async (t) => {
    const { sources } = await ask('{ runs(first: 1) { nodes { id } } }')
    t.match(sources, { sql: { status: 'UP', asOf: String }, log: { status: String } })
  })

  t.test("an event's cursor is the position that `minCursor` waits for", async (t) => {
    const { data } = await ask('{ runs(first: 1) { nodes { events(last: 1) { nodes { cursor sequence } } } } }')
    const [run] = (data?.['runs'] as { nodes: { events: { nodes: { cursor: string; sequence: string }[] } }[] }).nodes
    const event = run?.events.nodes[0]
    t.same(plane.cursors.decode(event?.cursor ?? '', anyField('acme')), { stream: 'ritual', epoch, sequence: BigInt(event?.sequence ?? 0) })
    const { sources, errors } = await ask(list, { min: event?.cursor })
    t.strictSame(errors, [])
    t.match(sources, { sql: { status: 'UP' } })
  })

  t.test('a position that is not reached in time is answered all the same, and said to be late', async (t) => {
    const { sources, errors } = await ask(list, { min: cursor(last + 5n) })
    t.strictSame(errors, [])
    t.match(sources, { sql: { status: 'DEGRADED', lagEvents: '5' } })
    t.match((await ask(list, { min: cursor(1n, 'acme', 'another life') })).sources, { sql: { status: 'DEGRADED' } })
  })

  t.test("another tenant's position is refused", async (t) => {
    const { errors } = await ask(list, { min: cursor(1n, 'globex') })
    t.equal(errors[0]?.code, 'BAD_USER_INPUT')
  })

  t.test('a store that is down gives a coded error, and is named', async (t) => {
    const down: Sql = Object.assign(Object.create(plane.stores.sql), {
      any: () => Promise.reject(sourceUnavailable('sql')),
    })
    const { data, errors, sources } = await asking(plane, down)('{ viewer { tenantId } run(key: { ritualId: "a", runId: "b" }) { id } }')
    t.same(data, { viewer: { tenantId: 'acme' }, run: null })
    t.equal(errors[0]?.code, 'SOURCE_UNAVAILABLE')
    t.match(sources, { sql: { status: 'DOWN', asOf: null } })
  })
}

function execution(t: Test, ask: Ask) {
  t.test('compiled and interpreted, every document gives the same answer', async (t) => {
    const documents: [string, Record<string, unknown>?][] = [
      [levels, { first: 30 }],
      [summaries],
      [
        'query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Run { status approvals { nodes { run { id } } } } ... on Event { raw cursor } } }',
        {
          ids: [...runsOf('acme').slice(0, 2).map(idOf), encodeId('Ritual', ['acme', 'rollout'])],
        },
      ],
      ['{ runs(first: 0) { nodes { id } } viewer { tenantId } }'],
    ]
    for (const [document, variables] of documents) {
      const interpreted = await ask(document, variables)
      const compiled = await ask(document, variables, { jit: true })
      t.same(compiled.data, interpreted.data)
      t.same(compiled.errors, interpreted.errors)
      t.equal(compiled.statements.length, interpreted.statements.length)
    }
  })

  t.test('messages that could not be read are shown with their reason, newest first, to their own tenant', async (t) => {
    const { data, errors } = await ask(
      '{ sources { name deadLetters(first: 1) { pageInfo { hasNextPage } nodes { sequence reason subject payload receivedAt } } } }',
    )
    t.strictSame(errors, [])
    const sources = data?.['sources'] as { name: string; deadLetters: { nodes: { reason: string; sequence: string }[] } }[]
    t.same(
      sources.find(({ name }) => name === 'log')?.deadLetters.nodes.map(({ sequence, reason }) => ({ sequence, reason })),
      [{ sequence: '2002', reason: 'not JSON' }],
    )
  })
}

t.test('reads through the schema', async (t) => {
  const stores = await openers['embedded']?.(t)
  if (stores == null) return t.fail('no stores')
  const plane = await openControlPlane(t, stores)
  await seed(stores.sql, model.messages)
  for (const [sequence, tenant] of [
    [2001, 'acme'],
    [2002, 'acme'],
    [2003, 'globex'],
  ] as const)
    await stores.sql.run(
      'insert into dead_letters (stream, sequence, tenant_id, subject, reason, received_at_ns, payload) values ($1, $2, $3, $4, $5, $6, $7)',
      ['ritual', sequence, tenant, `demon.ritual.v1.${tenant}.a.b.events`, 'not JSON', epochNs, 'x'],
    )
  const ask = asking(plane)
  t.test('lists and objects', async (t) => lists(t, ask))
  t.test('permissions', async (t) => permissions(t, ask))
  t.test('global ids', async (t) => identities(t, ask))
  t.test('freshness', async (t) => freshness(t, plane, ask))
  t.test('execution', async (t) => execution(t, ask))
})
