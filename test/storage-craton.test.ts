import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { streamIdOf } from '../src/datasources/craton/craton-settings.ts'
import { buildApp } from '../src/app.ts'
import { openCraton } from '../src/datasources/craton/open-craton.ts'
import { encodeSegmentRecord } from '../src/datasources/storage/segment.ts'
import { readConfig } from '../src/config.ts'
import { systemClock } from '../src/time.ts'
import { encodeId } from '../src/ids.ts'
import { scalars } from '../src/resolvers/scalars.ts'
import { ask, openControlPlane, openers, viewerOf } from './support/control-plane.ts'
import { startCratonServer } from './support/craton-server.ts'
import { eventually } from './support/eventually.ts'

const lee = viewerOf('lee@example.com')

t.test('ids of streams keep all of their 64 bits', async (t) => {
  t.equal(scalars.Long.serialize(streamIdOf(2n ** 31n, 1n)), '9223372036854775809')
  t.equal(scalars.Long.serialize(streamIdOf(2n ** 32n - 1n, 2n ** 32n - 1n)), '18446744073709551615')
  t.throws(() => scalars.Long.serialize(2n ** 64n))
  t.throws(() => scalars.Long.parseValue('9223372036854775808'), 'what is given is an offset or a number, and those are signed')
})

t.test('Craton through the front door: its streams beside ours; down, only its own fields are missing', async (t) => {
  const embedded = openers['embedded']
  const stores = embedded === undefined ? null : await embedded(t)
  if (stores === null) throw new Error('no embedded stores')
  const server = await startCratonServer(t, { uptimeSecs: 500 })
  const env = { CRATON_ADDR: server.address, CRATON_TENANTS: 'acme=7', CRATON_STREAMS: 'acme/orders=1:PUBLIC', CRATON_POLL_MS: '20' }
  const craton = openCraton(readConfig(env), { clock: systemClock })
  t.teardown(() => craton?.close())
  const plane = await openControlPlane(t, { ...stores, craton }, env)
  const query = (text: string, variables = {}) => ask(plane, lee, text, variables)

  const created = await query(
    'mutation { createRecordStream(input: { name: "payments", store: CRATON, dataClass: PCI }) { ... on RecordStreamAccepted { created stream { id streamId store dataClass length epoch } } ... on UserError { message } } }',
  )
  t.match(created.data, {
    createRecordStream: {
      created: true,
      stream: { streamId: ((7n << 32n) | 1n).toString(), store: 'CRATON', dataClass: 'PCI', length: '0', epoch: String },
    },
  })
  const append = `mutation($expected: Long, $key: String) { it: appendRecords(input: { key: { name: "payments", store: CRATON }, expectedOffset: $expected, idempotencyKey: $key, records: [{ json: { amount: 1 } }, { text: "x" }] }) {
    __typename ... on RecordsAppended { firstOffset lastOffset headHash cursor projected receipt { outcome } stream { length } } ... on OffsetConflict { expected actual } ... on UserError { code message } } }`
  const done = (await query(append, { key: 'k1' })).data
  const { cursor } = (done as { it: { cursor: string } }).it
  t.match(done, {
    it: {
      __typename: 'RecordsAppended',
      firstOffset: '0',
      lastOffset: '1',
      headHash: null,
      projected: true,
      receipt: { outcome: 'RecordsAppended' },
      stream: { length: '2' },
    },
  })
  t.match((await query(append, { key: 'k1' })).data, { it: { __typename: 'RecordsAppended', firstOffset: '0' } }, 'a repeat writes nothing')
  t.match((await query(append, { expected: '0' })).data, { it: { __typename: 'OffsetConflict', expected: '0', actual: '2' } })
  await query('mutation { createRecordStream(input: { name: "ours" }) { __typename } }')

  const everything = `{ recordStreams { totalCount nodes { name store length } }
    recordStream(key: { name: "payments", store: CRATON }) { name length headHash records { nodes { offset text json hash recordedAt } } verify { ok mode checked } }
    storageStatus { store status version clusterMode checks { name } replicas { id } } sources { name kind status } runs { nodes { id } } }`
  t.match((await query(everything)).data, {
    recordStreams: {
      nodes: [
        { name: '_audit', store: 'NATIVE' },
        { name: 'ours', store: 'NATIVE' },
        { name: 'orders', store: 'CRATON' },
        { name: 'payments', store: 'CRATON', length: '2' },
      ],
    },
    recordStream: {
      name: 'payments',
      length: '2',
      headHash: null,
      records: { nodes: [{ offset: '0', json: { amount: 1 }, hash: null, recordedAt: null }, { text: 'x' }] },
      verify: { ok: true, mode: 'wire', checked: '2' },
    },
    storageStatus: [
      { store: 'NATIVE', status: 'UP' },
      { store: 'CRATON', status: 'UP', version: '0.8.0', clusterMode: 'Clustered' },
    ],
    sources: [{ name: 'log' }, { name: 'sql' }, { name: 'cache' }, { name: 'craton', kind: 'STORAGE', status: 'UP' }],
  })
  const hidden = await ask(
    plane,
    viewerOf('kim', ['operator']),
    '{ recordStream(key: { name: "payments", store: CRATON }) { records { nodes { redacted text } } } }',
  )
  t.match(hidden.data, { recordStream: { records: { nodes: [{ redacted: true, text: null }, { redacted: true }] } } })
  t.match(
    await query('{ recordStream(key: { name: "payments", store: CRATON }) { segment { records } } }'),
    { errors: [{ originalError: { code: 'BAD_USER_INPUT' } }] },
    'no hashes, no segment',
  )

  const app = await buildApp({ ...plane, config: { ...plane.config, defaultTenant: 'acme' } })
  t.teardown(() => app.close())
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const streamId = encodeId('RecordStream', ['CRATON', 'acme', 'payments'])
  const follow = (from: string) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({
        query: `subscription { recordAppended(stream: "${streamId}", ${from}) { ... on RecordItem { record { offset } } ... on StreamPhase { phase } ... on StreamGap { reason } } }`,
      }),
    })
  const followed = await follow('fromOffset: 0')
  let heard = ''
  const listen = async (body: typeof followed.body): Promise<void> => {
    for await (const chunk of body ?? []) heard += Buffer.from(chunk as Uint8Array).toString('utf8')
  }
  const following = listen(followed.body)
  await eventually(() => heard.includes('LIVE'))

  await server.stop()
  const down = await query(
    '{ recordStreams { nodes { name store length records { nodes { offset } } } } named: recordStreams { nodes { name } } runs { nodes { id } } recordStream(key: { name: "payments", store: CRATON }) { name length } }',
  )
  t.match(down.data, {
    recordStreams: {
      nodes: [
        { name: '_audit', length: String, records: { nodes: [{ offset: '0' }] } },
        { name: 'ours', length: '0', records: { nodes: [] } },
        null,
        null,
      ],
    },
    named: { nodes: [{ name: '_audit' }, { name: 'ours' }, { name: 'orders' }, { name: 'payments' }] },
    runs: { nodes: [] },
    recordStream: null,
  })
  t.ok(down.errors?.every(({ originalError }) => (originalError as { code?: string }).code === 'SOURCE_UNAVAILABLE'))
  t.match((await query(append)).data, { it: { __typename: 'Unavailable', code: 'SOURCE_UNAVAILABLE' } })
  t.match((await query('{ storageStatus { store status version } }')).data, {
    storageStatus: [{ store: 'NATIVE', status: 'UP' }, { store: 'CRATON' }],
  })
  await eventually(async () =>
    JSON.stringify((await query('{ storageStatus { store status } }')).data).includes('{"store":"CRATON","status":"DOWN"}'),
  )

  await server.restart()
  await eventually(async () =>
    JSON.stringify((await query('{ storageStatus { store status } }')).data).includes('{"store":"CRATON","status":"UP"}'),
  )
  t.match(
    await query(append),
    { data: null, errors: [{ message: /restarted/, originalError: { code: 'CONFLICT' } }] },
    'back without a restart of ours, and it is seen that it has forgotten',
  )
  await following
  const told = [...heard.matchAll(/"(?:offset|phase|reason)":"(\w+)"/g)].map(([, word]) => word)
  t.same(told, ['REPLAY', '0', '1', 'LIVE', 'SOURCE_RESET'], 'whoever followed is told by a gap, which ends the stream')
  heard = ''
  await listen((await follow(`after: "${cursor}", fromOffset: 0`)).body)
  t.match(heard, /SOURCE_RESET/, 'and whoever comes back with a position of the earlier life')
  t.notMatch(heard, /offset/, 'also where an offset is given with it')
})

t.test('Craton that is slow costs its own fields, within its deadline, and is back when it answers', async (t) => {
  const embedded = openers['embedded']
  const stores = embedded === undefined ? null : await embedded(t)
  if (stores === null) throw new Error('no embedded stores')
  const server = await startCratonServer(t, { uptimeSecs: 500 })
  const env = { CRATON_ADDR: server.address, CRATON_TENANTS: 'acme=7', SOURCE_TIMEOUT_MS: '1500' }
  const craton = openCraton(readConfig(env), { clock: systemClock })
  t.teardown(() => craton?.close())
  const plane = await openControlPlane(t, { ...stores, craton }, env)
  const query = (text: string) => ask(plane, lee, text, {})
  await query('mutation { createRecordStream(input: { name: "payments", store: CRATON, dataClass: PUBLIC }) { __typename } }')
  await query('mutation { createRecordStream(input: { name: "ours" }) { __typename } }')

  const everything = `{ runs { nodes { id } } ours: recordStream(key: { name: "ours" }) { length }
    theirs: recordStream(key: { name: "payments", store: CRATON }) { name length } }`
  // more than one answer of this test asks for, tries that are repeated included
  server.spoil('silence', { times: 1_000 })
  const slow = await query(everything)
  t.match(slow.data, { runs: { nodes: [] }, ours: { length: '0' }, theirs: null })
  t.match(slow.errors, [{ originalError: { code: 'SOURCE_UNAVAILABLE', source: 'craton' } }])
  t.equal(slow.errors?.length, 1)
  const append =
    'mutation { it: appendRecords(input: { key: { name: "payments", store: CRATON }, records: [{ text: "x" }] }) { __typename } }'
  t.match((await query(append)).data, { it: { __typename: 'Unavailable' } })
  t.match((await query('{ storageStatus { store status } }')).data, {
    storageStatus: [{ store: 'NATIVE', status: 'UP' }, { store: 'CRATON' }],
  })

  server.mend()
  await eventually(async () => (await query(everything)).errors === undefined)
  t.match((await query(everything)).data, { theirs: { name: 'payments', length: '0' } })
  t.match((await query(append)).data, { it: { __typename: 'RecordsAppended' } })
})

t.test('a keyed append that nobody knows the end of is written once, however often it is asked for', async (t) => {
  const embedded = openers['embedded']
  const stores = embedded === undefined ? null : await embedded(t)
  if (stores === null) throw new Error('no embedded stores')
  const server = await startCratonServer(t, { uptimeSecs: 500 })
  const env = { CRATON_ADDR: server.address, CRATON_TENANTS: 'acme=7', SOURCE_TIMEOUT_MS: '3000', CRATON_POOL_SIZE: '1' }
  const craton = openCraton(readConfig(env), { clock: systemClock })
  t.teardown(() => craton?.close())
  const plane = await openControlPlane(t, { ...stores, craton }, env)
  await ask(plane, lee, 'mutation { createRecordStream(input: { name: "payments", store: CRATON }) { __typename } }', {})
  const append = async (text: string, idempotencyKey: string, expectedOffset: string | null = null) =>
    (
      await ask(
        plane,
        lee,
        `mutation($input: AppendRecordsInput!) { it: appendRecords(input: $input) {
           __typename ... on RecordsAppended { firstOffset } ... on OffsetConflict { actual } ... on UserError { message } } }`,
        { input: { key: { name: 'payments', store: 'CRATON' }, records: [{ text }], idempotencyKey, expectedOffset } },
      )
    ).data
  const appended = (firstOffset: string) => ({ it: { __typename: 'RecordsAppended', firstOffset } })
  const insist = (text: string, key: string, expected: string | null = null) =>
    eventually(async () => JSON.stringify(await append(text, key, expected)).includes('RecordsAppended'))
  const streamId = streamIdOf(7n, 1n)
  await insist('first', 'k0')

  // it is done, and neither its answer nor that of the look at its place comes in time
  server.spoil('silence', { type: 'AppendEvents' })
  server.spoil('silence', { type: 'ReadEvents' })
  t.match(await append('once', 'k1'), { it: { __typename: 'Unavailable', message: /not known/ } })
  server.appendAs(streamId, 'by another')
  // while the server is away nothing is learnt of the first try, and nothing forgotten
  server.spoil('closed instead', { times: 1_000 })
  t.match(await append('once', 'k1'), { it: { __typename: 'Unavailable' } })
  server.mend()
  await insist('once', 'k1')
  t.match(await append('once', 'k1'), appended('1'))
  t.same(server.events(streamId), ['first', 'once', 'by another'])

  server.spoil('silence', { type: 'AppendEvents' })
  server.spoil('silence', { type: 'ReadEvents' })
  t.match(await append('expected', 'k2', '3'), { it: { __typename: 'Unavailable' } })
  await insist('expected', 'k2', '3')
  t.match(await append('expected', 'k2', '3'), appended('3'))
  t.same(server.events(streamId), ['first', 'once', 'by another', 'expected'])
})

t.test('the files of a stream are checked while its server is down, and after it has forgotten the stream', async (t) => {
  const embedded = openers['embedded']
  const stores = embedded === undefined ? null : await embedded(t)
  if (stores === null) throw new Error('no embedded stores')
  const dataDir = await mkdtemp(join(tmpdir(), 'orrery-craton-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  await mkdir(join(dataDir, streamIdOf(7n, 1n).toString()))
  const segment = encodeSegmentRecord({ offset: 0n, kind: 0, payload: Buffer.from('a') }, null)
  await writeFile(join(dataDir, streamIdOf(7n, 1n).toString(), 'segment_000000.log'), segment)
  const server = await startCratonServer(t, {})
  const env = {
    ...{ CRATON_ADDR: server.address, CRATON_TENANTS: 'acme=7', CRATON_STREAMS: 'acme/orders=1:PUBLIC' },
    CRATON_DATA_DIR: dataDir,
  }
  const craton = openCraton(readConfig(env), { clock: systemClock })
  t.teardown(() => craton?.close())
  const plane = await openControlPlane(t, { ...stores, craton }, env)
  const verify = () => ask(plane, lee, '{ recordStream(key: { name: "orders", store: CRATON }) { verify { ok mode checked } } }', {})
  const sound = { data: { recordStream: { verify: { ok: true, mode: 'files', checked: '1' } } } }
  t.match(await verify(), sound)
  await server.stop()
  t.match(await verify(), sound)
})
