import t, { type Test } from 'tap'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type FastifyInstance } from 'fastify'
import { buildApp } from '../src/app.ts'
import { type ApiClient } from '../src/cli/api-client.ts'
import { readArguments } from '../src/cli/arguments.ts'
import { exportStream } from '../src/cli/record-files.ts'
import { findStream } from '../src/cli/record-streams.ts'
import { recordsOfFile } from '../src/cli/segment-files.ts'
import { cutBefore } from '../src/datasources/storage/sql-retention.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { encodeId } from '../src/ids.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { systemClock } from '../src/time.ts'
import { type ControlPlane, ask, openControlPlane, openers, viewerOf } from './support/control-plane.ts'

const lee = viewerOf('lee@example.com')
const reader = viewerOf('kim@example.com', ['operator'])

const failures = `... on UserError { code message path retryable } ... on NotAllowed { reason requiredScopes } ... on Unavailable { source }`
const streamFields = 'id name store tenantId dataClass length headHash firstOffset reserved'
const receipt = 'receipt { id sequence hash previousHash action subject outcome actor { id kind } payload verification { ok reason } }'

const create = `mutation($input: CreateRecordStreamInput!) { it: createRecordStream(input: $input) { __typename
  ... on RecordStreamAccepted { created clientMutationId stream { ${streamFields} } ${receipt} } ${failures} } }`
const append = `mutation($input: AppendRecordsInput!) { it: appendRecords(input: $input) { __typename
  ... on RecordsAppended { firstOffset lastOffset headHash cursor projected clientMutationId stream { ${streamFields} } ${receipt} } ... on OffsetConflict { expected actual } ${failures} } }`
const pin = `mutation($input: PinRecordStreamInput!) { it: pinRecordStream(input: $input) { __typename
  ... on RecordStreamAccepted { created pin { length headHash reason pinnedBy } ${receipt} } ${failures} } }`
const recordFields = 'id offset kind payload text json sizeBytes redacted hash previousHash recordedAt run { runId }'

type Fields = Record<string, unknown>

async function told(plane: ControlPlane, text: string, variables: Fields, viewer = lee): Promise<Fields> {
  const { data, errors } = await ask(plane, viewer, text, variables)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return (data?.['it'] ?? {}) as Fields
}

const read = (plane: ControlPlane, name: string, selection: string, viewer = lee) =>
  ask(plane, viewer, `query($name: String!) { it: recordStream(key: { name: $name }) { ${selection} } }`, { name })

async function streamOf(plane: ControlPlane, name: string, selection: string, viewer = lee): Promise<Fields> {
  const { data, errors } = await read(plane, name, selection, viewer)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return (data?.['it'] ?? {}) as Fields
}

function writing(t: Test, plane: ControlPlane) {
  t.test('a stream is made once, appended to, read back and verified', async (t) => {
    const made = await told(plane, create, { input: { name: 'orders', clientMutationId: 'c1' } })
    t.match(made, {
      __typename: 'RecordStreamAccepted',
      created: true,
      clientMutationId: 'c1',
      stream: { name: 'orders', store: 'NATIVE', tenantId: 'acme', dataClass: 'CONFIDENTIAL', length: '0', headHash: null },
      receipt: {
        action: 'createRecordStream',
        outcome: 'RecordStreamAccepted',
        subject: encodeId('RecordStream', ['NATIVE', 'acme', 'orders']),
      },
    })
    t.match(await told(plane, create, { input: { name: 'orders', dataClass: 'PUBLIC' } }), {
      created: false,
      stream: { dataClass: 'CONFIDENTIAL' },
    })
    const records = [{ text: 'a' }, { base64: 'YmM=' }, { json: { k: 1 } }]
    const done = await told(plane, append, { input: { key: { name: 'orders' }, expectedOffset: '0', records, clientMutationId: 'c2' } })
    t.match(done, {
      __typename: 'RecordsAppended',
      firstOffset: '0',
      lastOffset: '2',
      projected: true,
      clientMutationId: 'c2',
      headHash: 'f4546c530e5df77283a7b2358c455b8212d1ba5f316531b3485193dcfb68f7dd',
      stream: { length: '3' },
    })
    const seen = await streamOf(
      plane,
      'orders',
      `${streamFields} records { totalCount nodes { ${recordFields} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
       record(offset: 2) { json text payload stream { name } } nothing: record(offset: 3) { id } verify { ok checked headHash firstBrokenOffset reason mode durationMs }`,
    )
    t.match(seen, {
      length: '3',
      headHash: done['headHash'],
      records: {
        totalCount: '3',
        nodes: [
          { offset: '0', text: 'a', json: null, payload: 'YQ==', kind: 'DATA', redacted: false, previousHash: null, recordedAt: String },
          { offset: '1', text: 'bc', payload: 'YmM=' },
          { offset: '2', text: '{"k":1}', json: { k: 1 }, sizeBytes: 7 },
        ],
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: '0', endCursor: '2' },
      },
      record: { json: { k: 1 }, stream: { name: 'orders' } },
      nothing: null,
      verify: { ok: true, checked: '3', headHash: done['headHash'], firstBrokenOffset: null, mode: 'sql' },
    })
  })

  t.test('an expected offset that does not hold is a conflict that carries the actual length', async (t) => {
    t.match(await told(plane, append, { input: { key: { name: 'orders' }, expectedOffset: '1', records: [{ text: 'late' }] } }), {
      __typename: 'OffsetConflict',
      code: 'CONFLICT',
      expected: '1',
      actual: '3',
      retryable: false,
      path: ['input', 'expectedOffset'],
    })
  })

  t.test('1,000 appends at once with one expected offset: one is stored, 999 are told the length', async (t) => {
    await told(plane, create, { input: { name: 'race' } })
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        told(plane, append, { input: { key: { name: 'race' }, expectedOffset: '0', records: [{ text: `r${index}` }] } }),
      ),
    )
    t.equal(answers.filter(({ __typename: type }) => type === 'RecordsAppended').length, 1)
    const conflicts = answers.filter((answer) => answer['__typename'] === 'OffsetConflict' && answer['actual'] === '1')
    const others = answers.filter((answer) => answer['__typename'] !== 'RecordsAppended' && !conflicts.includes(answer))
    t.equal(conflicts.length, 999, JSON.stringify(others.slice(0, 3)))
    t.match(await streamOf(plane, 'race', 'length verify { ok }'), { length: '1', verify: { ok: true } })
  })

  t.test('a repeat with the same idempotency key gives the first answer; other bytes with it are refused', async (t) => {
    const input = { key: { name: 'orders' }, records: [{ json: { n: 1 } }], idempotencyKey: 'i1' }
    const first = await told(plane, append, { input })
    t.match(await told(plane, append, { input }), {
      __typename: 'RecordsAppended',
      firstOffset: first['firstOffset'],
      headHash: first['headHash'],
    })
    t.match(await told(plane, append, { input: { ...input, records: [{ json: { n: 2 } }] } }), {
      __typename: 'InvalidInput',
      path: ['input', 'idempotencyKey'],
    })
  })

  t.test('what cannot be is refused by name, and nothing is written', async (t) => {
    const cases: [string, Fields, Fields][] = [
      [create, { name: '_audit' }, { __typename: 'InvalidInput', path: ['input', 'name'] }],
      [create, { name: 'x', dataClass: 'UNKNOWN' }, { __typename: 'InvalidInput', path: ['input', 'dataClass'] }],
      [create, { name: 'x', store: 'CRATON' }, { __typename: 'InvalidInput', path: ['input', 'store'] }],
      [create, { name: 'x', retentionDays: 0 }, { __typename: 'InvalidInput', path: ['input', 'retentionDays'] }],
      [append, { key: { name: 'orders' }, records: [] }, { __typename: 'InvalidInput', path: ['input', 'records'] }],
      [
        append,
        { key: { name: 'orders' }, records: [{ text: 'x'.repeat(65_537) }] },
        { __typename: 'InvalidInput', path: ['input', 'records'] },
      ],
      [append, { key: { name: 'orders' }, expectedOffset: '-1', records: [{ text: 'x' }] }, { __typename: 'InvalidInput' }],
      [append, { key: { name: 'no such' }, records: [{ text: 'x' }] }, { __typename: 'NotFound', path: ['input', 'key'] }],
      [append, { key: { name: '_audit' }, records: [{ text: 'x' }] }, { __typename: 'NotAllowed', reason: 'READ_ONLY_SOURCE' }],
      [append, { stream: encodeId('RecordStream', ['NATIVE', 'other', 'orders']), records: [{ text: 'x' }] }, { __typename: 'NotFound' }],
      [append, { stream: encodeId('Run', ['DEMON', 'acme', 'a', 'b']), records: [{ text: 'x' }] }, { __typename: 'InvalidInput' }],
      [append, { records: [{ text: 'x' }] }, { __typename: 'InvalidInput' }],
      [pin, { key: { name: 'no such' } }, { __typename: 'NotFound' }],
    ]
    const before = await streamOf(plane, 'orders', 'length')
    for (const [text, input, expected] of cases) t.match(await told(plane, text, { input }), expected, JSON.stringify(input).slice(0, 80))
    t.match(await told(plane, create, { input: { name: 'x' } }, viewerOf('v', ['viewer'])), {
      __typename: 'NotAllowed',
      reason: 'MISSING_SCOPE',
      requiredScopes: ['storage:write'],
    })
    t.same(await streamOf(plane, 'orders', 'length'), before)
    t.match(await read(plane, 'x', 'id'), { data: { it: null } })
  })

  t.test('a stream is pinned on demand, and the pins can be read', async (t) => {
    const { length, headHash } = await streamOf(plane, 'orders', 'length headHash')
    t.match(await told(plane, pin, { input: { key: { name: 'orders' } } }), {
      created: false,
      pin: { length, headHash, reason: 'MANUAL', pinnedBy: 'lee@example.com' },
      receipt: { action: 'pinRecordStream' },
    })
    t.match(await streamOf(plane, 'orders', 'pins { nodes { length headHash pinnedAt } }'), {
      pins: { nodes: [{ length, headHash, pinnedAt: String }] },
    })
  })
}

function reading(t: Test, plane: ControlPlane) {
  t.test('records are paged by offset, forward and backward, from anywhere', async (t) => {
    await told(plane, create, { input: { name: 'pages' } })
    const records = Array.from({ length: 25 }, (_, n) => ({ json: { n, even: n % 2 === 0, lines: [{ sku: `s${n % 5}` }] } }))
    await told(plane, append, { input: { key: { name: 'pages' }, records } })
    const page = async (args: string) => {
      const { records } = await streamOf(
        plane,
        'pages',
        `records(${args}) { nodes { offset } scannedTo pageInfo { hasNextPage hasPreviousPage endCursor } }`,
      )
      const { nodes, ...rest } = records as { nodes: { offset: string }[]; scannedTo: string | null; pageInfo: Fields }
      return { offsets: nodes.map(({ offset }) => Number(offset)), ...rest }
    }
    t.match(await page('first: 3'), { offsets: [0, 1, 2], pageInfo: { hasNextPage: true, hasPreviousPage: false, endCursor: '2' } })
    t.match(await page('first: 3, after: "2"'), { offsets: [3, 4, 5], pageInfo: { hasNextPage: true, hasPreviousPage: true } })
    t.match(await page('first: 100, from: 22'), { offsets: [22, 23, 24], pageInfo: { hasNextPage: false, hasPreviousPage: false } })
    t.match(await page('last: 3'), { offsets: [22, 23, 24], pageInfo: { hasNextPage: false, hasPreviousPage: true } })
    t.match(await page('last: 3, before: "22"'), { offsets: [19, 20, 21], pageInfo: { hasNextPage: true, hasPreviousPage: true } })
    t.match(await page('last: 3, before: "2"'), { offsets: [0, 1], pageInfo: { hasNextPage: true, hasPreviousPage: false } })
    t.match(await page('first: 3, after: "24"'), { offsets: [], pageInfo: { hasNextPage: false } })
    t.match(await page('from: 5, to: 8'), { offsets: [5, 6, 7] })
    t.match(await page('filter: { json: { path: "$.n", equals: 7 } }'), { offsets: [7], scannedTo: '25', pageInfo: { hasNextPage: false } })
    t.match(await page('first: 2, filter: { json: { path: "lines[0].sku", equals: "s3" } }'), {
      offsets: [3, 8],
      scannedTo: '9',
      pageInfo: { hasNextPage: true, endCursor: '8' },
    })
    t.match(await page('last: 2, filter: { json: { path: "$.lines[0].sku", in: ["s3", "s4"] } }'), { offsets: [23, 24] })
    t.match(await page('filter: { json: { path: "$.nothing", exists: true } }'), { offsets: [] })
    const { records: all } = await streamOf(plane, 'pages', 'records(first: 1, from: 20) { nodes { recordedAt } }')
    const at = (all as { nodes: { recordedAt: string }[] }).nodes[0]?.recordedAt ?? ''
    t.match(
      await page(`first: 30, filter: { recordedAfter: "${at}" }`),
      { offsets: Array.from({ length: 25 }, (_, n) => n) },
      'one append, one ingest time',
    )
    t.match(await page(`first: 30, filter: { recordedBefore: "${at}" }`), { offsets: [] })
    for (const args of ['first: 0', 'first: 101', 'first: 1, last: 1', 'after: "x"', 'from: -1', 'filter: { json: { path: "$[*]" } }'])
      t.match(
        await read(plane, 'pages', `records(${args}) { nodes { offset } }`),
        { errors: [{ originalError: { code: 'BAD_USER_INPUT' } }] },
        args,
      )
  })

  t.test('payloads of PHI, PII and PCI need a scope; the hashes are shown and still verify', async (t) => {
    await told(plane, create, { input: { name: 'patients', dataClass: 'PHI' } })
    await told(plane, append, { input: { key: { name: 'patients' }, records: [{ json: { ritualId: 'r', runId: 'x', name: 'Ann' } }] } })
    const selection = `viewerCanReadPayloads { allowed reason } records { nodes { ${recordFields} } } verify { ok checked }`
    t.match(await streamOf(plane, 'patients', selection), {
      viewerCanReadPayloads: { allowed: true },
      records: { nodes: [{ redacted: false, json: { name: 'Ann' } }] },
    })
    const hidden = await streamOf(plane, 'patients', selection, reader)
    t.match(hidden, {
      viewerCanReadPayloads: { allowed: false, reason: 'MISSING_SCOPE' },
      records: { nodes: [{ redacted: true, json: null, text: null, payload: '', run: null, hash: /^[0-9a-f]{64}$/, sizeBytes: Number }] },
      verify: { ok: true, checked: '1' },
    })
    t.notMatch(JSON.stringify(hidden), /Ann/)
    for (const probing of ['records(filter: { json: { path: "$.name", equals: "Ann" } }) { nodes { offset } }', 'segment { bytes }'])
      t.match(await read(plane, 'patients', probing, reader), { errors: [{ originalError: { code: 'FORBIDDEN' } }] })
  })

  t.test('a record names its run, and a run finds its records', async (t) => {
    const started = await ask(
      plane,
      lee,
      'mutation { startRun(input: { ritualId: "nightly", runId: "n1" }) { ... on RunAccepted { run { id } } } }',
    )
    t.equal(started.errors, undefined)
    await told(plane, create, { input: { name: 'evidence' } })
    const of = (runId: string) => ({ json: { ritualId: 'nightly', runId, what: 'backup' } })
    await told(plane, append, { input: { key: { name: 'evidence' }, records: [of('n1'), of('n2'), { text: 'no run' }, of('n1')] } })
    t.match(await streamOf(plane, 'evidence', 'records { nodes { offset run { runId ritualId } } }'), {
      records: {
        nodes: [
          { offset: '0', run: { runId: 'n1', ritualId: 'nightly' } },
          { run: null },
          { run: null },
          { offset: '3', run: { runId: 'n1' } },
        ],
      },
    })
    const run = await ask(
      plane,
      lee,
      '{ run(key: { ritualId: "nightly", runId: "n1" }) { records(first: 1) { nodes { offset stream { name } } pageInfo { hasNextPage endCursor } } } }',
    )
    t.match(run.data, { run: { records: { nodes: [{ offset: '0', stream: { name: 'evidence' } }], pageInfo: { hasNextPage: true } } } })
    const all = await ask(plane, lee, '{ run(key: { ritualId: "nightly", runId: "n1" }) { records { nodes { offset } } } }')
    t.match(all.data, { run: { records: { nodes: [{ offset: '0' }, { offset: '3' }] } } })
  })

  t.test('streams and records are nodes; those of another tenant do not exist', async (t) => {
    const { id, record } = await streamOf(plane, 'orders', 'id record(offset: 0) { id }')
    const recordId = (record as { id: string }).id
    const ids = '($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Record { text } ... on RecordStream { name } } }'
    t.match(await ask(plane, lee, `query${ids}`, { ids: [id, recordId] }), { data: { nodes: [{ name: 'orders' }, { text: 'a' }] } })
    const stranger = viewerOf('eve', ['admin'], 'other')
    t.same((await ask(plane, stranger, `query${ids}`, { ids: [id, recordId] })).data, { nodes: [null, null] })
    t.match(
      await ask(plane, stranger, 'query($id: ID!) { recordStream(id: $id) { id } recordStreams { nodes { id } totalCount } }', { id }),
      {
        data: { recordStream: null, recordStreams: { nodes: [], totalCount: 0 } },
      },
    )
    const listed = await ask(
      plane,
      lee,
      '{ recordStreams(first: 2, filter: { nameContains: "a", stores: [NATIVE] }) { totalCount nodes { name } pageInfo { endCursor hasNextPage } } }',
    )
    t.match(listed.data, {
      recordStreams: { nodes: [{ name: '_audit' }, { name: 'evidence' }].slice(0, 1), pageInfo: { hasNextPage: true } },
    })
  })
}

function proving(t: Test, plane: ControlPlane) {
  t.test('every mutation leaves a receipt of who did what, chained to the one before', async (t) => {
    const start = (runId: string, viewer = lee) =>
      told(
        plane,
        `mutation($runId: String!) { it: startRun(input: { ritualId: "nightly", runId: $runId }) { __typename ... on RunAccepted { ${receipt} } } }`,
        { runId },
        viewer,
      )
    const first = (await start('a1'))['receipt'] as Fields
    const second = (await start('a2', reader))['receipt'] as Fields
    t.match(first, {
      action: 'startRun',
      outcome: 'RunAccepted',
      subject: encodeId('Run', ['DEMON', 'acme', 'nightly', 'a1']),
      actor: { id: 'lee@example.com', kind: 'USER' },
      payload: { action: 'startRun', requestId: 'test', inputDigest: /^sha256:[0-9a-f]{64}$/ },
      verification: { ok: true, reason: null },
    })
    t.equal(second['previousHash'], first['hash'])
    t.equal(Number(second['sequence']), Number(first['sequence']) + 1)
    const found = await ask(
      plane,
      lee,
      `query($id: ID!) { auditReceipt(id: $id) { id sequence hash previousHash action at outcome payload } node(id: $id) { __typename } }`,
      { id: second['id'] },
    )
    t.match(found.data, {
      auditReceipt: { id: second['id'], hash: second['hash'], previousHash: first['hash'], action: 'startRun', at: String },
      node: { __typename: 'AuditReceipt' },
    })
    t.match(
      await ask(plane, viewerOf('eve', ['admin'], 'other'), 'query($id: ID!) { auditReceipt(id: $id) { id } }', { id: second['id'] }),
      { data: { auditReceipt: null } },
    )
  })

  t.test('a refusal leaves a receipt too', async (t) => {
    const length = async () => Number((await streamOf(plane, '_audit', 'length'))['length'])
    const before = await length()
    await told(plane, create, { input: { name: 'x' } }, viewerOf('v', ['viewer']))
    t.equal(await length(), before + 1)
    const { record } = await streamOf(plane, '_audit', `record(offset: "${before}") { json }`)
    t.match(record, { json: { action: 'createRecordStream', outcome: 'NotAllowed', actor: { id: 'v' } } })
  })

  t.test('a receipt that was tampered with does not verify', async (t) => {
    const made = (await told(plane, create, { input: { name: 'proof' } }))['receipt'] as Fields
    await told(plane, create, { input: { name: 'proof' } })
    await plane.stores.sql.run(
      `update records set payload = set_byte(payload, 30, 65) where record_offset = $1 and stream_key = (select stream_key from record_streams where tenant_id = 'acme' and name = '_audit')`,
      [BigInt(String(made['sequence']))],
    )
    const { data } = await ask(plane, lee, 'query($id: ID!) { auditReceipt(id: $id) { verification { ok checkedTo reason } } }', {
      id: made['id'],
    })
    t.match(data, { auditReceipt: { verification: { ok: false, checkedTo: made['sequence'], reason: /does not follow/ } } })
  })

  t.test('what was done and cannot be proven is told so', async (t) => {
    const append = () => Promise.reject(sourceUnavailable('sql'))
    const broken = { ...plane, dataSources: { ...plane.dataSources, audit: { ...plane.dataSources.audit, append } } }
    const { errors } = await ask(broken, lee, create, { input: { name: 'unproven' } })
    t.match(errors, [{ originalError: { code: 'SOURCE_UNAVAILABLE', details: { written: 'YES' } } }])
  })
}

interface Streamed {
  readonly events: Fields[]
  stop(): void
  ended: Promise<void>
}

/** The subscription over SSE, as EventSource reads it. */
async function listen(url: string, query: string, variables: Fields): Promise<Streamed> {
  const controller = new AbortController()
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, variables }),
    signal: controller.signal,
  })
  const events: Fields[] = []
  const run = async () => {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of response.body ?? []) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true })
      const parts = rest.split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) {
        const data = /^data: ?(.+)$/m.exec(part)?.[1]
        if (data !== undefined && data !== 'null') events.push(JSON.parse(data) as Fields)
      }
    }
  }
  const ended = run().catch(() => undefined)
  return { events, stop: () => controller.abort(), ended }
}

async function until(what: string, check: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !check(); await delay(20))
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${what}`)
}

const recordAppended = `subscription($stream: ID!, $from: Long, $after: Cursor) { it: recordAppended(stream: $stream, fromOffset: $from, after: $after) { __typename
  ... on RecordItem { cursor record { offset text } } ... on StreamPhase { phase cursor } ... on StreamGap { from to reason } } }`

async function live(t: Test, plane: ControlPlane) {
  const app: FastifyInstance = await buildApp({ ...plane, config: { ...plane.config, defaultTenant: 'acme' } })
  t.teardown(() => app.close())
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const itemsOf = (streamed: Streamed) =>
    streamed.events.map((event) => {
      const it = ((event['data'] as Fields | undefined)?.['it'] ?? {}) as Fields
      return it['__typename'] === 'RecordItem'
        ? Number((it['record'] as Fields)['offset'])
        : (it['phase'] ?? it['reason'] ?? JSON.stringify(event))
    })

  await t.test('history joins live without gap or repeat, and a cursor resumes after what was seen', async (t) => {
    const made = await told(plane, create, { input: { name: 'live' } })
    const stream = (made['stream'] as Fields)['id']
    const add = (...texts: string[]) => told(plane, append, { input: { key: { name: 'live' }, records: texts.map((text) => ({ text })) } })
    await add('a', 'b', 'c')
    const all = await listen(url, recordAppended, { stream, from: '0' })
    t.teardown(all.stop)
    await until('live', () => itemsOf(all).includes('LIVE'))
    const newest = await listen(url, recordAppended, { stream })
    t.teardown(newest.stop)
    await until('live', () => itemsOf(newest).includes('LIVE'))
    const { cursor } = await add('d', 'e')
    await add('f')
    await until('all', () => itemsOf(all).includes(5))
    await until('new', () => itemsOf(newest).includes(5))
    t.same(itemsOf(all), ['REPLAY', 0, 1, 2, 'LIVE', 3, 4, 5])
    t.same(itemsOf(newest), ['LIVE', 3, 4, 5])
    const seen = all.events[2] as { data: { it: { cursor: string } }; extensions?: { cursor?: string } }
    const resumed = await listen(url, recordAppended, { stream, after: seen.data.it.cursor })
    t.teardown(resumed.stop)
    await until('resumed', () => itemsOf(resumed).includes('LIVE'))
    t.same(itemsOf(resumed), ['REPLAY', 2, 3, 4, 5, 'LIVE'])
    const written = await listen(url, recordAppended, { stream, after: cursor })
    t.teardown(written.stop)
    await until('after the write', () => itemsOf(written).includes('LIVE'))
    t.same(itemsOf(written), ['REPLAY', 5, 'LIVE'], "a mutation's cursor is a position too")
    for (const streamed of [all, newest, resumed, written]) streamed.stop()
  })

  await t.test('a cursor of another stream, an unknown stream and a bad offset are refused', async (t) => {
    const stream = encodeId('RecordStream', ['NATIVE', 'acme', 'live'])
    const other = encodeId('RecordStream', ['NATIVE', 'acme', 'orders'])
    const { cursor } = await told(plane, append, { input: { key: { name: 'orders' }, records: [{ text: 'x' }] } })
    for (const [variables, expected] of [
      [{ stream: encodeId('RecordStream', ['NATIVE', 'acme', 'nope']) }, 'NOT_FOUND'],
      [{ stream: encodeId('RecordStream', ['NATIVE', 'other', 'orders']) }, 'NOT_FOUND'],
      [{ stream, after: 'forged' }, 'BAD_USER_INPUT'],
      [{ stream, from: '-1' }, 'BAD_USER_INPUT'],
    ] as const) {
      const refused = await listen(url, recordAppended, variables)
      await refused.ended
      t.match(refused.events.at(-1), { errors: [{ extensions: { code: expected } }] })
    }
    const mixed = await listen(url, recordAppended, { stream, after: cursor })
    t.teardown(mixed.stop)
    await until('gap', () => mixed.events.length > 0)
    t.same(itemsOf(mixed), ['SOURCE_RESET'], 'a position of another stream is told, never read as one of this')
    t.notOk(stream === other)
    mixed.stop()
  })
}

/** What retention has left of a stream, as segments and as a file. */
function cutting(t: Test, plane: ControlPlane, sql: Sql) {
  const streamed = async (name: string, records: number) => {
    await told(plane, create, { input: { name, retentionDays: 1 } })
    for (let done = 0; done < records; done += 500)
      await told(plane, append, {
        input: { key: { name }, records: Array.from({ length: 500 }, (_, index) => ({ text: `${done + index}` })) },
      })
    const stream = await plane.dataSources.storage.store('NATIVE').find({ tenantId: 'acme' }, name)
    if (stream === null) throw new Error('no stream')
    return { cut: (before: bigint) => cutBefore({ sql, clock: systemClock }, stream, before) }
  }

  t.test('a segment is of what is held, wherever it was asked to begin', async (t) => {
    const { cut } = await streamed('held', 500)
    await cut(300n)
    for (const [from, expected] of [
      ['0', { records: 10, firstOffset: '300', nextOffset: '310' }],
      ['-5', { records: 10, firstOffset: '300', nextOffset: '310' }],
      ['295', { records: 10, firstOffset: '300', nextOffset: '310' }],
      ['495', { records: 5, firstOffset: '495', nextOffset: null }],
      ['500', { records: 0, firstOffset: '500', nextOffset: null }],
      ['9223372036854775807', { records: 0, firstOffset: '500', nextOffset: null }],
    ] as const)
      t.match(await streamOf(plane, 'held', `segment(from: "${from}", maxRecords: 10) { records firstOffset nextOffset }`), {
        segment: expected,
      })
  })

  t.test('an export is whole, or fails', async (t) => {
    const { cut } = await streamed('exported', 2_500)
    const folder = await mkdtemp(join(tmpdir(), 'orrery-export-'))
    t.teardown(() => rm(folder, { recursive: true }))
    let asked = 0
    let cutAt: { page: number; before: bigint } | null = null
    const client: ApiClient = {
      async ask<T>(query: string, variables: Fields = {}) {
        asked += 1
        if (asked === cutAt?.page) await cut(cutAt.before)
        const { data, errors } = await ask(plane, lee, query, variables)
        if (errors !== undefined) throw new Error(JSON.stringify(errors))
        return data as T
      },
      watch: () => {
        throw new Error('nothing is watched')
      },
    }
    const exported = async (file: string, ...options: string[]) => {
      asked = 0
      const given = readArguments(['records', 'export', 'exported', '--out', join(folder, file), ...options])
      await exportStream(client, given, await findStream(client, given, 'exported'))
      return join(folder, file)
    }
    const offsets = async (file: string) => {
      const found: bigint[] = []
      for await (const { offset } of recordsOfFile(file)) found.push(offset)
      return [found.length, found[0], found.at(-1)]
    }
    t.same(await offsets(await exported('whole')), [2_500, 0n, 2_499n])
    t.same(await offsets(await exported('end', '--from', '2400')), [100, 2_400n, 2_499n])
    await t.rejects(exported('beyond', '--from', '2501'), /has 2500 records/)
    cutAt = { page: 3, before: 1_500n }
    await t.rejects(exported('amid'), /retention has removed the records from offset 1000 on. Say --from 1500/)
    cutAt = null
    await t.rejects(exported('gone', '--from', '0'), /begins at offset 1500 now/)
    t.same(await offsets(await exported('left')), [1_000, 1_500n, 2_499n])
  })
}

for (const [name, open] of Object.entries(openers))
  t.test(`storage, ${name}`, async (t) => {
    const stores = await open(t)
    if (stores === null) return
    const plane = await openControlPlane(t, stores, { ROLES: 'api,worker' })
    plane.projector.start()
    await t.test('writing', async (t) => writing(t, plane))
    await t.test('reading', async (t) => reading(t, plane))
    await t.test('live', async (t) => live(t, plane))
    await t.test('proving', async (t) => proving(t, plane))
    await t.test('cutting', async (t) => cutting(t, plane, stores.sql))
  })
