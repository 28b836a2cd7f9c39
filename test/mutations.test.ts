import t, { type Test } from 'tap'
import { type FastifyInstance } from 'fastify'
import { buildApp } from '../src/app.ts'
import { type DataSources } from '../src/datasources/index.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { encodeId } from '../src/ids.ts'
import { type Answer, type ControlPlane, ask, openControlPlane, openers, viewerOf } from './support/control-plane.ts'
import { bodyOf, lastSequence, readAll, testRun, waitingRun } from './support/run-log.ts'

const lee = viewerOf('lee@example.com')

const approvalFields = `approval { id gateId state requester { id } reason expiresAt run { runId status }
  decision { kind approver { id } note reason sequence } viewerCanDecide { allowed reason } }`
const failures = `... on UserError { code message path retryable } ... on NotAllowed { reason requiredScopes } ... on Unavailable { source }`
const approvalResult = `__typename ... on ApprovalDecided { cursor projected clientMutationId ${approvalFields} }
  ... on ApprovalAlreadyDecided { sameOutcome ${approvalFields} } ${failures}`
const runFields = `run { id ritualId runId status state spec outputs failure { code message details } terminalCount }`
const runResult = `__typename ... on RunAccepted { cursor projected clientMutationId ${runFields} } ... on RunAlreadyTerminal { ${runFields} } ${failures}`

const inputs = {
  requestApproval: 'RequestApprovalInput',
  grantApproval: 'GrantApprovalInput',
  denyApproval: 'DenyApprovalInput',
  overrideApproval: 'OverrideApprovalInput',
  startRun: 'StartRunInput',
  recordRunTransition: 'RecordRunTransitionInput',
  completeRun: 'CompleteRunInput',
  failRun: 'FailRunInput',
  cancelRun: 'CancelRunInput',
} as const
type Mutation = keyof typeof inputs

const documentOf = (mutation: Mutation): string =>
  `mutation($input: ${inputs[mutation]}!) { it: ${mutation}(input: $input) { ${mutation.endsWith('Approval') ? approvalResult : runResult} } }`

const mutate = (plane: ControlPlane, mutation: Mutation, input: Record<string, unknown>, viewer = lee): Promise<Answer> =>
  ask(plane, viewer, documentOf(mutation), { input })

/** The answer of a mutation that must not have failed as a whole. */
async function told(plane: ControlPlane, mutation: Mutation, input: Record<string, unknown>, viewer = lee) {
  const { data, errors } = await mutate(plane, mutation, input, viewer)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data?.['it'] ?? {}
}

const keyOf = ({ key: { ritualId, runId } }: { key: { ritualId: string; runId: string } }) => ({ ritualId, runId })

function deciding(t: Test, plane: ControlPlane) {
  const { log } = plane.stores

  t.test('a gate is asked for and granted, and the answer shows it', async (t) => {
    const run = testRun(log)
    await run.publish({ event: 'ritual.started:v1', spec: {} })
    const key = keyOf(run)
    const asked = await told(plane, 'requestApproval', {
      key,
      gateId: 'publish',
      reason: 'release',
      ttlSeconds: 60,
      clientMutationId: 'c1',
    })
    t.match(asked, {
      __typename: 'ApprovalDecided',
      projected: true,
      clientMutationId: 'c1',
      approval: {
        state: 'PENDING',
        requester: { id: lee.actorId },
        reason: 'release',
        expiresAt: String,
        run: { status: 'AWAITING_APPROVAL' },
      },
    })
    const approval = encodeId('Approval', ['DEMON', 'acme', key.ritualId, key.runId, 'publish'])
    const granted = await told(
      plane,
      'grantApproval',
      { approval, note: 'fine', clientMutationId: 'c2' },
      viewerOf('kim@example.com', ['approver']),
    )
    t.match(granted, {
      __typename: 'ApprovalDecided',
      projected: true,
      clientMutationId: 'c2',
      approval: {
        id: approval,
        state: 'GRANTED',
        decision: { kind: 'GRANT', approver: { id: 'kim@example.com' }, note: 'fine' },
        run: { status: 'RUNNING' },
        viewerCanDecide: { allowed: false, reason: 'ALREADY_TERMINAL' },
      },
    })
    const read = await ask(plane, lee, 'query($key: ApprovalKey!, $min: Cursor) { approval(key: $key, minCursor: $min) { state } }', {
      key: { ...key, gateId: 'publish' },
      min: granted['cursor'],
    })
    t.same(read.data, { approval: { state: 'GRANTED' } }, 'its cursor lets the caller read the own write')
    t.same(
      (await run.events()).map(({ event, tenantId, approver }) => [event, tenantId, approver]),
      [
        ['ritual.started:v1', 'acme', undefined],
        ['approval.requested:v1', 'acme', undefined],
        ['timer.scheduled:v1', undefined, undefined],
        ['approval.granted:v1', 'acme', 'kim@example.com'],
      ],
    )
  })

  t.test('a second decision is refused and shows the first approver', async (t) => {
    const run = await waitingRun(log)
    const key = { ...keyOf(run), gateId: 'publish' }
    t.match(await told(plane, 'denyApproval', { key, reason: 'tests red' }), {
      approval: { state: 'DENIED', decision: { reason: 'tests red' } },
    })
    const before = await lastSequence(log)
    const first = { state: 'DENIED', decision: { kind: 'DENY', approver: { id: lee.actorId } } }
    const kim = viewerOf('kim@example.com')
    t.match(await told(plane, 'grantApproval', { key }, kim), {
      __typename: 'ApprovalAlreadyDecided',
      code: 'ALREADY_DECIDED',
      message: 'lee@example.com denied this gate first.',
      retryable: false,
      sameOutcome: false,
      approval: first,
    })
    t.match(await told(plane, 'denyApproval', { key, reason: 'me too' }), {
      __typename: 'ApprovalAlreadyDecided',
      sameOutcome: true,
      approval: first,
    })
    t.match(await told(plane, 'overrideApproval', { key, note: 'now' }, kim), { __typename: 'ApprovalAlreadyDecided', sameOutcome: false })
    t.match(await told(plane, 'requestApproval', { key: keyOf(run), gateId: 'publish', reason: 'again' }), {
      __typename: 'ApprovalAlreadyDecided',
      sameOutcome: false,
    })
    t.equal(await lastSequence(log), before, 'nothing was written')
  })

  t.test('a repeat with the same idempotency key gives the first answer, another input with it is a conflict', async (t) => {
    const run = await waitingRun(log)
    const input = { key: { ...keyOf(run), gateId: 'publish' }, note: 'n', idempotencyKey: `key-${run.key.runId}` }
    const first = await told(plane, 'grantApproval', { ...input, clientMutationId: 'a' })
    const again = await told(plane, 'grantApproval', { ...input, clientMutationId: 'b' })
    t.match(again, { __typename: 'ApprovalDecided', clientMutationId: 'b', approval: first['approval'] })
    const { errors } = await mutate(plane, 'grantApproval', { ...input, note: 'other' })
    t.match(errors, [{ originalError: { code: 'CONFLICT' } }])
    t.match(
      await told(plane, 'grantApproval', input, viewerOf('kim@example.com')),
      { __typename: 'ApprovalAlreadyDecided' },
      "keys are the actor's own",
    )
    t.equal((await run.events()).length, 3)

    const start = { ritualId: 'rollout', idempotencyKey: `start-${run.key.runId}` }
    const [one, two] = [await told(plane, 'startRun', start), await told(plane, 'startRun', start)]
    t.match(two, { __typename: 'RunAccepted', run: one['run'] }, "also where the run's id was made by us")
  })

  t.test('what cannot be accepted says where, and nothing is written', async (t) => {
    const run = await waitingRun(log)
    const key = { ...keyOf(run), gateId: 'publish' }
    const runId = encodeId('Run', ['DEMON', 'acme', key.ritualId, key.runId])
    const before = await lastSequence(log)
    const table: [Mutation, Record<string, unknown>, string[] | null][] = [
      ['grantApproval', {}, ['input']],
      ['grantApproval', { approval: runId, key }, ['input']],
      ['grantApproval', { approval: runId }, ['input', 'approval']],
      ['grantApproval', { approval: 'nonsense' }, ['input', 'approval']],
      ['grantApproval', { key: { ...key, runId: 'a.b' } }, ['input', 'key', 'runId']],
      ['grantApproval', { key: { ...key, ritualId: '*' } }, ['input', 'key', 'ritualId']],
      ['grantApproval', { key: { ...key, gateId: 'a\r\nb' } }, ['input', 'key', 'gateId']],
      ['grantApproval', { approval: encodeId('Approval', ['DEMON', 'acme', 'r', 'a b', 'g']) }, ['input', 'approval']],
      ['grantApproval', { key, note: 'x'.repeat(5000) }, ['input', 'note']],
      ['grantApproval', { key, note: '' }, ['input', 'note']],
      ['grantApproval', { key, note: ' \n' }, ['input', 'note']],
      ['grantApproval', { key, idempotencyKey: '' }, ['input', 'idempotencyKey']],
      ['denyApproval', { key, reason: '' }, ['input', 'reason']],
      ['denyApproval', { key, reason: ' ' }, ['input', 'reason']],
      ['overrideApproval', { key, note: '' }, ['input', 'note']],
      ['overrideApproval', { key, note: '\u200b' }, ['input', 'note']],
      ['overrideApproval', { key, note: 'n', overrideLevel: 0 }, ['input', 'overrideLevel']],
      ['requestApproval', { run: runId, gateId: '', reason: 'r' }, ['input', 'gateId']],
      ['requestApproval', { key: keyOf(run), gateId: 'g', reason: 'r', ttlSeconds: 0 }, ['input', 'ttlSeconds']],
      ['startRun', { ritualId: 'a.b' }, ['input', 'ritualId']],
      ['startRun', { ritualId: 'r', runId: '>' }, ['input', 'runId']],
      ['startRun', { ritualId: 'r', spec: [1] }, ['input', 'spec']],
      ['startRun', { ...keyOf(run), spec: { other: 1 } }, ['input', 'runId']],
      ['recordRunTransition', { run: runId, fromState: 'a', toState: '' }, ['input', 'toState']],
      ['completeRun', { run: runId, outputs: 'text' }, ['input', 'outputs']],
      ['failRun', { run: runId, message: '' }, ['input', 'message']],
      ['cancelRun', { run: runId, reason: '' }, ['input', 'reason']],
      ['cancelRun', { run: encodeId('Approval', ['DEMON', 'acme', 'r', 'x', 'g']) }, ['input', 'run']],
    ]
    for (const [mutation, input, path] of table) {
      const answer = await told(plane, mutation, input)
      t.match(answer, { __typename: 'InvalidInput', code: 'BAD_USER_INPUT', retryable: false }, `${mutation} ${path?.join('.')}`)
      t.same(answer['path'], path)
    }
    t.match(await told(plane, 'startRun', { ritualId: 'r' }, viewerOf('x', ['admin'], 'a.b')), { __typename: 'InvalidInput', path: null })
    t.equal(await lastSequence(log), before, 'nothing was written')
  })

  t.test('what does not exist for the caller is not found, and nothing is written', async (t) => {
    const run = await waitingRun(log)
    const key = { ...keyOf(run), gateId: 'publish' }
    const before = await lastSequence(log)
    const elsewhere = viewerOf('spy@example.com', ['admin'], 'northwind')
    const table: [Mutation, Record<string, unknown>, typeof lee, string[]][] = [
      ['grantApproval', { key: { ...key, gateId: 'unasked' } }, lee, ['input', 'key']],
      ['grantApproval', { key: { ...key, runId: 'no-such-run' } }, lee, ['input', 'key']],
      ['grantApproval', { key }, elsewhere, ['input', 'key']],
      [
        'grantApproval',
        { approval: encodeId('Approval', ['DEMON', 'acme', key.ritualId, key.runId, 'publish']) },
        elsewhere,
        ['input', 'approval'],
      ],
      ['requestApproval', { key: keyOf(run), gateId: 'g', reason: 'r' }, elsewhere, ['input', 'key']],
      ['cancelRun', { run: encodeId('Run', ['DEMON', 'acme', key.ritualId, key.runId]) }, elsewhere, ['input', 'run']],
      ['completeRun', { key: { ritualId: 'rollout', runId: 'no-such-run' } }, lee, ['input', 'key']],
    ]
    for (const [mutation, input, viewer, path] of table) {
      const answer = await told(plane, mutation, input, viewer)
      t.match(answer, { __typename: 'NotFound', code: 'NOT_FOUND' }, mutation)
      t.same(answer['path'], path)
    }
    t.equal(await lastSequence(log), before, 'nothing was written')
  })

  t.test('who may not, and what nobody can, is told why, and nothing is written', async (t) => {
    const run = await waitingRun(log)
    const key = { ...keyOf(run), gateId: 'publish' }
    const old = testRun(log, { tenantId: 'default' })
    await log.append(
      `demon.ritual.v1.rollout.${old.key.runId}.events`,
      Buffer.from(JSON.stringify({ event: 'approval.requested:v1', gateId: 'g', requester: 'x', reason: 'y', ts: '2026-01-01T00:00:00Z' })),
    )
    const before = await lastSequence(log)
    const listed: ControlPlane = { ...plane, config: { ...plane.config, approverAllowlist: ['Kim@Example.com '] } }
    const watcher = viewerOf('eve@example.com', ['viewer'])
    const nobody = { ...watcher, authenticated: false }
    const operator = viewerOf('op@example.com', ['operator'])
    const table: [ControlPlane, Mutation, Record<string, unknown>, typeof lee, string, string[]][] = [
      [plane, 'grantApproval', { key }, watcher, 'MISSING_SCOPE', ['approvals:decide']],
      [plane, 'denyApproval', { key, reason: 'r' }, nobody, 'NOT_AUTHENTICATED', ['approvals:decide']],
      [plane, 'overrideApproval', { key, note: 'n' }, viewerOf('a', ['approver']), 'MISSING_SCOPE', ['approvals:override']],
      [plane, 'requestApproval', { key: keyOf(run), gateId: 'g', reason: 'r' }, watcher, 'MISSING_SCOPE', ['approvals:request']],
      [plane, 'startRun', { ritualId: 'r' }, watcher, 'MISSING_SCOPE', ['runs:write']],
      [plane, 'cancelRun', { key: keyOf(run) }, viewerOf('a', ['approver']), 'MISSING_SCOPE', ['runs:cancel']],
      [listed, 'grantApproval', { key }, lee, 'NOT_AN_APPROVER', []],
      [plane, 'grantApproval', { key: { ...key, system: 'SUMMIT' } }, lee, 'READ_ONLY_SOURCE', []],
      [plane, 'cancelRun', { key: { ...keyOf(run), system: 'CRATON' } }, operator, 'READ_ONLY_SOURCE', []],
      [plane, 'grantApproval', { key: { ...keyOf(old), gateId: 'g' } }, viewerOf('lee', ['admin'], 'default'), 'LEGACY_SUBJECT', []],
      [plane, 'cancelRun', { key: keyOf(old) }, viewerOf('lee', ['admin'], 'default'), 'LEGACY_SUBJECT', []],
    ]
    for (const [where, mutation, input, viewer, reason, requiredScopes] of table) {
      const answer = await told(where, mutation, input, viewer)
      t.match(answer, { __typename: 'NotAllowed', reason, retryable: false }, `${mutation}: ${reason}`)
      t.same(answer['requiredScopes'], requiredScopes)
      t.equal(answer['code'], ['READ_ONLY_SOURCE', 'LEGACY_SUBJECT'].includes(reason) ? 'UNSUPPORTED' : 'NOT_ALLOWED')
    }
    t.equal(await lastSequence(log), before, 'nothing was written')
    t.match(await told(listed, 'grantApproval', { key }, viewerOf('kim@example.com')), { __typename: 'ApprovalDecided' })
  })
}

function reporting(t: Test, plane: ControlPlane) {
  t.test('a run is reported from start to end', async (t) => {
    const started = await told(plane, 'startRun', { ritualId: 'import', spec: { initial: 'load' }, clientMutationId: 's' })
    t.match(started, {
      __typename: 'RunAccepted',
      projected: true,
      clientMutationId: 's',
      run: { ritualId: 'import', status: 'RUNNING', spec: { initial: 'load' } },
    })
    const shown = started['run']
    const run = typeof shown === 'object' && shown !== null && 'id' in shown ? shown.id : null
    t.match(await told(plane, 'recordRunTransition', { run, fromState: 'load', toState: 'done' }), { run: { state: 'done' } })
    t.match(await told(plane, 'completeRun', { run, outputs: { rows: 12 } }), {
      __typename: 'RunAccepted',
      run: { status: 'COMPLETED', outputs: { rows: 12 } },
    })
    for (const [mutation, input] of [
      ['cancelRun', { reason: 'late' }],
      ['failRun', { message: 'late' }],
      ['completeRun', {}],
      ['recordRunTransition', { fromState: 'a', toState: 'b' }],
    ] as const)
      t.match(await told(plane, mutation, { run, ...input }), {
        __typename: 'RunAlreadyTerminal',
        code: 'CONFLICT',
        run: { status: 'COMPLETED', terminalCount: 1 },
      })
    t.match(await told(plane, 'requestApproval', { run, gateId: 'late', reason: 'r' }), {
      __typename: 'NotAllowed',
      reason: 'ALREADY_TERMINAL',
    })
  })

  t.test('a failure and a cancellation show why', async (t) => {
    const failing = await waitingRun(plane.stores.log)
    t.match(await told(plane, 'failRun', { key: keyOf(failing), code: 'E1', message: 'no host', details: { host: 'db' } }), {
      run: { status: 'FAILED', failure: { code: 'E1', message: 'no host', details: { host: 'db' } } },
    })
    const canceling = await waitingRun(plane.stores.log)
    t.match(await told(plane, 'cancelRun', { key: keyOf(canceling), reason: 'superseded' }, viewerOf('op', ['operator'])), {
      run: { status: 'CANCELED' },
    })
  })
}

/** The read model is out of reach: the same ports, none of which answers. */
function withoutSql(dataSources: DataSources): DataSources {
  const down = () => Promise.reject(sourceUnavailable('sql'))
  return {
    ...dataSources,
    runs: { ...dataSources.runs, find: down, byKeys: down },
    approvals: { ...dataSources.approvals, find: down, byKeys: down },
    progress: { watermark: down, waitFor: down },
    idempotency: { once: down },
  }
}

function failing(t: Test, plane: ControlPlane) {
  const { log } = plane.stores

  t.test('with the read model down a decision is written, and shown from the log', async (t) => {
    const run = await waitingRun(log)
    const dark: ControlPlane = { ...plane, dataSources: withoutSql(plane.dataSources) }
    const key = { ...keyOf(run), gateId: 'publish' }
    t.match(await told(dark, 'grantApproval', { key }), {
      __typename: 'ApprovalDecided',
      projected: false,
      cursor: /./,
      approval: {
        state: 'GRANTED',
        requester: { id: 'dana@example.com' },
        decision: { approver: { id: lee.actorId } },
        run: { status: 'RUNNING' },
      },
    })
    t.match(await told(dark, 'cancelRun', { key: keyOf(run) }), {
      __typename: 'RunAccepted',
      projected: false,
      run: { status: 'CANCELED' },
    })
    t.match(await told(dark, 'denyApproval', { key, reason: 'r' }), {
      __typename: 'ApprovalAlreadyDecided',
      sameOutcome: false,
      approval: { state: 'GRANTED' },
    })
    const before = await lastSequence(log)
    t.match(await told(dark, 'startRun', { ritualId: 'r', idempotencyKey: 'k' }), {
      __typename: 'Unavailable',
      source: 'sql',
      retryable: true,
      message: /Nothing was written/,
    })
    t.equal(await lastSequence(log), before)
  })

  t.test('with the log down nothing is written, and the caller is told so; when it fails after the write, that too', async (t) => {
    const run = await waitingRun(log)
    const key = { ...keyOf(run), gateId: 'publish' }
    const down = () => Promise.reject(sourceUnavailable('log'))
    const { runCommands } = plane.dataSources
    const silent = { ...plane, dataSources: { ...plane.dataSources, runCommands: { ...runCommands, decide: down } } }
    t.match(await told(silent, 'grantApproval', { key }), { __typename: 'Unavailable', source: 'log', message: /Nothing was written/ })
    const lost = {
      ...plane,
      dataSources: { ...withoutSql(plane.dataSources), runCommands: { ...runCommands, readBack: down, epoch: down } },
    }
    t.match(await told(lost, 'grantApproval', { key }), {
      __typename: 'Unavailable',
      source: 'log',
      message: /is in the log at sequence \d+/,
    })
    t.equal((await run.events()).length, 3)
  })
}

for (const [name, open] of Object.entries(openers))
  t.test(name, async (t) => {
    const opened = await open(t)
    if (opened === null) return
    const plane = await openControlPlane(t, opened)

    await t.test('before the projector has come that far, the answer shows the decision from the log', async (t) => {
      const impatient: ControlPlane = { ...plane, config: { ...plane.config, writeTimeoutMs: 1 } }
      const run = await waitingRun(plane.stores.log)
      t.match(await told(impatient, 'grantApproval', { key: { ...keyOf(run), gateId: 'publish' } }), {
        __typename: 'ApprovalDecided',
        projected: false,
        approval: { state: 'GRANTED', run: { runId: run.key.runId, status: 'RUNNING' } },
      })
      t.match(await told(impatient, 'startRun', { ritualId: 'early' }), { projected: false, run: { ritualId: 'early', status: 'RUNNING' } })
    })

    plane.projector.start()
    await t.test('deciding', async (t) => deciding(t, plane))
    await t.test('reporting', async (t) => reporting(t, plane))
    await t.test('failing', async (t) => failing(t, plane))
    await t.test('a malformed event is kept as a dead letter that `sources` shows, and the run goes on', async (t) => malformed(t, plane))
    await t.test('through the front door', async (t) => frontDoor(t, plane))
  })

async function malformed(t: Test, plane: ControlPlane) {
  const { log } = plane.stores
  const run = await waitingRun(log)
  const broken = ['{ not json', '[1, 2]', '"text"', Buffer.from([0xff, 0x00, 0xfe])]
  const sequences: string[] = []
  for (const payload of broken) sequences.push((await log.append(run.subject, Buffer.from(payload))).sequence.toString())
  // of another tenant, and of none
  await log.append('demon.ritual.v1.northwind.rollout.other.events', Buffer.from('northwind only'))
  await log.append('demon.ritual.v1.acme.a.b.c.events', Buffer.from('who knows whose'))
  t.match(await told(plane, 'grantApproval', { key: { ...keyOf(run), gateId: 'publish' } }), {
    __typename: 'ApprovalDecided',
    projected: true,
    approval: { state: 'GRANTED' },
  })
  const query = '{ sources { name deadLetters(first: 100) { totalCount nodes { source sequence subject reason payload receivedAt } } } }'
  const { data, errors } = await ask(plane, lee, query)
  t.equal(errors, undefined)
  interface Letter {
    readonly sequence: string
    readonly subject: string
    readonly payload: string
  }
  const sources = data?.['sources'] as unknown as { name: string; deadLetters: { totalCount: number; nodes: Letter[] } }[]
  const letters = sources.find(({ name }) => name === 'log')?.deadLetters
  const mine = (letters?.nodes ?? []).filter(({ subject }) => subject === run.subject).toReversed()
  t.match(mine, [
    { source: 'ritual', sequence: sequences[0], reason: 'the payload is not JSON', payload: '{ not json' },
    { sequence: sequences[1], reason: 'the payload is not a JSON object', payload: '[1, 2]' },
    { sequence: sequences[2], reason: 'the payload is not a JSON object' },
    { sequence: sequences[3], reason: 'the payload is not UTF-8', payload: 'base64:/wD+' },
  ])
  t.notMatch(
    JSON.stringify(letters),
    /northwind only|who knows whose|acme\.a\.b\.c/,
    'nobody else’s payload, and no ids that may be somebody’s',
  )
  t.match(letters?.nodes, [{ reason: 'the subject has no form that we know', subject: /withheld/, payload: /withheld/ }])
  t.equal(letters?.totalCount, letters?.nodes.length)
  const { data: read } = await ask(plane, lee, 'query ($key: RunKey!) { run(key: $key) { status events { totalCount } } }', {
    key: keyOf(run),
  })
  t.match(read, { run: { status: 'RUNNING', events: { totalCount: 3 } } }, 'they are no events of the run')
}

async function frontDoor(t: Test, { stores, dataSources, cursors, live, config }: ControlPlane) {
  const apps: FastifyInstance[] = []
  for (let index = 0; index < 2; index++) {
    const app = await buildApp({ config, dataSources, stores, cursors, live })
    t.teardown(() => app.close())
    apps.push(app)
  }
  const post = async (index: number, mutation: Mutation, input: Record<string, unknown>) => {
    const app = apps[index % apps.length]
    const payload = { query: documentOf(mutation), variables: { input } }
    const response = await app?.inject({ method: 'POST', url: '/graphql', headers: { 'x-tenant-id': 'acme' }, payload })
    return { status: response?.statusCode, body: response?.json() }
  }

  await t.test('100 people decide at once over HTTP: one is told that it decided, all others who did', async (t) => {
    const run = await waitingRun(stores.log)
    const key = { ...keyOf(run), gateId: 'publish' }
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        index % 2 === 0
          ? post(index, 'grantApproval', { key, note: `n${index}` })
          : post(index, 'denyApproval', { key, reason: `r${index}` }),
      ),
    )
    const outcomes = answers.map(({ body }) => body.data?.it ?? {})
    t.same(
      answers.filter(({ status, body }) => status !== 200 || body.errors !== undefined),
      [],
    )
    t.equal(outcomes.filter(({ __typename }) => __typename === 'ApprovalDecided').length, 1)
    t.equal(outcomes.filter(({ __typename }) => __typename === 'ApprovalAlreadyDecided').length, 99)
    t.equal(new Set(outcomes.map(({ approval }) => approval?.decision?.sequence)).size, 1, 'all name the same decision')
    const stored = (await readAll(stores.log, run.subject)).map(bodyOf)
    t.equal(stored.length, 3, 'one terminal event')
    t.equal(stored[2]?.['approver'], 'local-operator')
  })
}
