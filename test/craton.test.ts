import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createNetServer } from 'node:net'
import t, { type Test } from 'tap'
import { createCratonClient } from '../src/datasources/craton/craton-client.ts'
import { sameEpoch } from '../src/datasources/craton/craton-epoch.ts'
import { createCratonRecordStore } from '../src/datasources/craton/craton-record-store.ts'
import { type SidecarOptions } from '../src/datasources/craton/sidecar.ts'
import { parseStreams, parseTenants } from '../src/datasources/craton/craton-settings.ts'
import { encodeSegmentRecord } from '../src/datasources/storage/segment.ts'
import { chainHashes } from '../src/datasources/storage/record-chain.ts'
import { type FollowStep, type RecordStore, type RecordStream } from '../src/datasources/storage/storage.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { isAppError } from '../src/errors.ts'
import { readConfig } from '../src/config.ts'
import { type Clock, systemClock } from '../src/time.ts'
import { type CratonServer, type CratonServerOptions, type Mischief, startCratonServer } from './support/craton-server.ts'
import { eventually } from './support/eventually.ts'
import { sqlAdapters } from './support/sql.ts'
import { vectorsFolder } from './support/vectors.ts'

const scope = { tenantId: 'demo' }
const tenants = parseTenants(['demo=7', 'acme=8'])
const ORDERS = (7n << 32n) | 1n

const [{ sql } = { sql: null as unknown as Sql }] = await sqlAdapters(t)

interface Opened {
  readonly server: CratonServer
  readonly store: RecordStore
  readonly client: ReturnType<typeof createCratonClient>
}

interface Opening extends CratonServerOptions {
  readonly timeoutMs?: number
  readonly ca?: string
  readonly sendToken?: string
  readonly streams?: readonly string[]
  readonly sidecars?: readonly string[]
  readonly sidecar?: SidecarOptions
  readonly dataDir?: string
  readonly pinnedVersion?: string
  readonly clock?: Clock
}

async function open(t: Test, options: Opening = {}): Promise<Opened> {
  const server = await startCratonServer(t, options)
  return { server, ...connect(t, server, options) }
}

function connect(t: Test, server: Pick<CratonServer, 'port'>, options: Opening = {}) {
  const client = createCratonClient({
    address: { host: 'localhost', port: server.port, tls: options.tls === undefined ? null : { ca: options.ca }, token: options.sendToken },
    clock: options.clock ?? systemClock,
    poolSize: 3,
    timeoutMs: options.timeoutMs ?? 10_000,
    pinnedVersion: options.pinnedVersion,
  })
  t.teardown(() => client.close())
  const store = createCratonRecordStore({
    client,
    sql,
    clock: systemClock,
    tenants,
    streams: parseStreams(options.streams ?? ['demo/orders=1:CONFIDENTIAL'], tenants),
    sidecars: options.sidecars ?? [],
    dataDir: options.dataDir,
    limits: { eventBytes: 900, batchBytes: 4_000_000 },
    pollMs: { first: 20, last: 200 },
    sidecar: { tries: 8, timeoutMs: 5_000, totalMs: 30_000, ...options.sidecar },
  })
  return { client, store }
}

async function orders(store: RecordStore): Promise<RecordStream> {
  const stream = await store.find(scope, 'orders')
  if (stream === null) throw new Error('no stream')
  return stream
}

/** The stream `orders` as another client has made it. */
async function made(t: Test, options: Opening = {}): Promise<Opened & { stream: RecordStream }> {
  const opened = await open(t, options)
  await opened.client.call(
    { type: 'CreateStream', name: 'orders', dataClass: 'CONFIDENTIAL', placement: { type: 'Global' } },
    'CreateStream',
    { tenantId: 7n },
  )
  return { ...opened, stream: await orders(opened.store) }
}

const text = (...payloads: string[]) => payloads.map((payload) => Buffer.from(payload))
const append = (store: RecordStore, stream: RecordStream, payloads: string[], expectedOffset: bigint | null = null) =>
  store.append(scope, stream, { payloads: text(...payloads), expectedOffset, idempotency: null })

const read = async (store: RecordStore, stream: RecordStream, from = 0n, to = 100n) =>
  (await store.read(scope, stream, { from, to })).map(({ payload }) => Buffer.from(payload).toString('utf8'))

interface Failure {
  readonly code: string
  readonly written: unknown
  readonly message: string
}
async function failure(work: Promise<unknown>): Promise<Failure> {
  try {
    await work
    return { code: 'none', written: null, message: '' }
  } catch (error) {
    if (!isAppError(error)) throw error
    return { code: error.code, written: error.details['written'], message: error.message }
  }
}

t.test('records are appended, read and paged; a mismatch carries the actual length', async (t) => {
  const { server, store, stream } = await made(t)
  t.match(await append(store, stream, ['a', 'bc'], 0n), { outcome: 'APPENDED', firstOffset: 0n, lastOffset: 1n, headHash: null })
  t.match(await append(store, stream, ['late'], 0n), { outcome: 'OFFSET_CONFLICT', expected: 0n, actual: 2n })
  t.match(await append(store, stream, ['early'], 9n), { outcome: 'OFFSET_CONFLICT', expected: 9n, actual: 2n })
  server.appendAs(ORDERS, 'by another')
  t.match(await append(store, stream, ['mine']), { outcome: 'APPENDED', firstOffset: 3n })
  t.same(await read(store, stream), ['a', 'bc', 'by another', 'mine'])
  t.same(await read(store, stream, 1n, 2n), ['bc'])
  t.same(await read(store, stream, 4n, 9n), [])
  t.match(await store.extentOf(scope, stream), { length: 4n, headHash: null, firstOffset: 0n })
  const before = server.requests.length
  await read(store, stream)
  t.same(server.requests.slice(before), ['StreamInfo'], 'records never change: they are remembered, and the end is never read')
})

t.test('of parallel appends with one expected offset one wins, and the others are told the length', async (t) => {
  const { store, stream } = await made(t)
  const outcomes = await Promise.all(Array.from({ length: 100 }, (_, index) => append(store, stream, [`r${index}`], 0n)))
  t.equal(outcomes.filter(({ outcome }) => outcome === 'APPENDED').length, 1)
  t.ok(outcomes.every((outcome) => outcome.outcome === 'APPENDED' || outcome.actual === 1n))
})

t.test('an append of another between our two looks at the end is not taken for records of an earlier life', async (t) => {
  const { server, store, stream } = await made(t)
  server.spoil('slow bytes', { type: 'StreamInfo' })
  const appending = append(store, stream, ['mine'])
  await eventually(() => server.requests.includes('StreamInfo'))
  server.appendAs(ORDERS, 'by another')
  t.match(await appending, { outcome: 'APPENDED', firstOffset: 1n })
  t.same(await read(store, stream), ['by another', 'mine'])
})

t.test('what would end or damage the server is never sent', async (t) => {
  const { server, store, stream } = await made(t)
  const before = server.requests.length
  for (const payloads of [[], ['x'.repeat(901)], Array.from({ length: 5_000 }, () => 'x'.repeat(900))])
    t.match(await failure(append(store, stream, payloads)), { code: 'BAD_USER_INPUT' })
  t.match(await failure(store.append({ tenantId: 'acme' }, stream, { payloads: text('x'), expectedOffset: 0n, idempotency: null })), {
    code: 'NOT_FOUND',
  })
  t.match(await failure(store.read({ tenantId: 'acme' }, stream, { from: 0n, to: 1n })), { code: 'NOT_FOUND' })
  t.match(await failure(store.read({ tenantId: 'nobody' }, { ...stream, tenantId: 'nobody' }, { from: 0n, to: 1n })), { code: 'NOT_FOUND' })
  t.equal(server.requests.length, before, 'nothing was sent')
  t.equal(await store.find({ tenantId: 'acme' }, 'orders'), null)
  for (const bad of ['demo=0', 'demo=4294967296', 'demo', '=1']) t.throws(() => parseTenants([bad]), bad)
  for (const bad of ['demo/x=0', 'none/x=1', 'demo/x=34359738369', 'demo/x=1:NOPE', 'x=1'])
    t.throws(() => parseStreams([bad], tenants), bad)
  t.throws(() => readConfig({ CRATON_TENANTS: 'demo', CRATON_ADDR: 'nowhere' }), /CRATON_ADDR/)
  t.throws(() => readConfig({ CRATON_TENANTS: 'demo' }), /CRATON_TENANTS/)
  t.throws(() => readConfig({ CRATON_TENANTS: 'demo=7', CRATON_STREAMS: 'acme/x=1' }), /CRATON_STREAMS/)
})

t.test('"it may have been written" is resolved by reading that place', async (t) => {
  const { server, store, stream } = await made(t)
  server.failAppend('store')
  t.match(await append(store, stream, ['kept']), { outcome: 'APPENDED', firstOffset: 0n }, 'error 12, yet it is there')
  server.loseReply()
  t.match(await append(store, stream, ['lost reply']), { outcome: 'APPENDED', firstOffset: 1n }, 'no reply, yet it is there')
  server.spoil('closed instead', { type: 'AppendEvents' })
  t.match(await append(store, stream, ['again'], 2n), { outcome: 'APPENDED', firstOffset: 2n })
  t.same(server.events(ORDERS), ['kept', 'lost reply', 'again'], 'nothing was sent twice')
  server.failAppend('storage')
  t.match(await failure(append(store, stream, ['never'], 3n)), {
    code: 'SOURCE_UNAVAILABLE',
    written: 'NO',
    message: /Nothing was written/,
  })
  t.same(server.events(ORDERS), ['kept', 'lost reply', 'again'])
})

t.test('a repeat looks first where the try before it went, and tells every place before it writes there', async (t) => {
  const { server, store, stream } = await made(t)
  const repeat = async (payload: string, earlier: bigint) => {
    const places: bigint[] = []
    const place = { earlier, note: async (offset: bigint) => void places.push(offset) }
    const outcome = await store.append(scope, stream, { payloads: text(payload), expectedOffset: null, idempotency: null, place })
    return { outcome, places }
  }
  t.match(await repeat('never came', 0n), { outcome: { outcome: 'APPENDED', firstOffset: 0n }, places: [] })
  t.match(await repeat('never came', 0n), { outcome: { outcome: 'APPENDED', firstOffset: 0n }, places: [] }, 'it came after all')
  server.appendAs(ORDERS, 'by another')
  t.match(await repeat('lost the race', 1n), { outcome: { outcome: 'APPENDED', firstOffset: 2n }, places: [2n] })
  t.same(server.events(ORDERS), ['never came', 'by another', 'lost the race'])
})

t.test('a reply that was lost while somebody else wrote is a conflict', async (t) => {
  const { server, store, stream } = await made(t)
  server.failAppend('storage')
  const original = server.events(ORDERS).length
  const appending = append(store, stream, ['mine'], 0n)
  await appending.catch(() => undefined)
  server.appendAs(ORDERS, 'theirs')
  t.equal(original, 0)
  server.failAppend('storage')
  const outcome = await failure(append(store, stream, ['other'], 2n))
  t.match(outcome, { code: 'SOURCE_UNAVAILABLE', written: 'NO' })
})

for (const mischief of [
  'wrong checksum',
  'wrong version',
  'wrong request id',
  '4 GiB length',
  'cut in the middle',
  'closed instead',
  'an unknown tag',
  'another answer',
  'silence',
] as const satisfies readonly Mischief[])
  t.test(`an answer with ${mischief} is a coded error, and the next call works`, async (t) => {
    const { server, store, stream } = await made(t, { timeoutMs: mischief === 'silence' ? 5_000 : 20_000 })
    await append(store, stream, ['a'])
    server.spoil(mischief, { type: 'StreamInfo' })
    t.match(await failure(store.extentOf(scope, stream)), { code: 'SOURCE_UNAVAILABLE' })
    await eventually(async () => (await failure(store.extentOf(scope, stream))).code === 'none')
    t.match(await store.extentOf(scope, stream), { length: 1n })
    server.spoil(mischief, { type: 'AppendEvents' })
    t.match(
      await append(store, stream, ['b'], 1n),
      { outcome: 'APPENDED', firstOffset: 1n },
      'an append whose answer was spoilt is read back',
    )
    t.same(server.events(ORDERS), ['a', 'b'])
  })

t.test('slow bytes and many calls at once over few connections come out right', async (t) => {
  const { server, store, stream } = await made(t)
  server.spoil('slow bytes', { times: 5 })
  await append(store, stream, ['a'])
  t.same(await read(store, stream), ['a'])
  const lengths = await Promise.all(Array.from({ length: 200 }, () => store.extentOf(scope, stream)))
  t.ok(lengths.every(({ length }) => length === 1n))
  t.ok(server.connections() <= 3, `${server.connections()} connections`)
})

t.test('another connection that cannot be made costs nothing but itself', async (t) => {
  const { server, client } = await made(t, { timeoutMs: 1_500 })
  const unheard: unknown[] = []
  const hear = (error: unknown): void => void unheard.push(error)
  process.on('unhandledRejection', hear)
  t.teardown(() => process.off('unhandledRejection', hear))
  const length = () => client.call({ type: 'StreamInfo', streamId: ORDERS }, 'StreamInfo', { tenantId: 7n })
  // accepted and unanswered: the calls, and the greeting of the connection that the second one asks for
  server.spoil('silence', { times: 1_000 })
  const first = failure(length())
  await eventually(() => server.requests.includes('StreamInfo'))
  t.match(await Promise.all([first, failure(length())]), [{ code: 'SOURCE_UNAVAILABLE' }, { code: 'SOURCE_UNAVAILABLE' }])
  await eventually(() => server.connections() === 0)
  server.mend()
  await eventually(async () => (await failure(length())).code === 'none')
  t.same(unheard, [])
})

t.test('a server that is down is a coded error at once, and found again without our help', async (t) => {
  const { server, store, stream } = await made(t, { uptimeSecs: 1_000 })
  await append(store, stream, ['a'])
  await server.stop()
  t.match(await failure(store.extentOf(scope, stream)), { code: 'SOURCE_UNAVAILABLE' })
  t.match(await failure(append(store, stream, ['b'])), { code: 'SOURCE_UNAVAILABLE' })
  t.match(await store.status(), { status: 'DOWN', version: null })
  t.match(await store.find(scope, 'orders'), { name: 'orders' }, 'its streams are still known')
  await server.restart()
  await eventually(async () => (await failure(store.extentOf(scope, stream))).code === 'NOT_FOUND')
  t.match(
    await failure(store.extentOf(scope, stream)),
    { code: 'NOT_FOUND', message: /forgets/ },
    'it has forgotten the stream, and we say so',
  )
})

t.test('after a restart old bytes are not appended to, whatever name has taken the id', async (t) => {
  const { server, store, client } = await open(t, { uptimeSecs: 1_000, streams: [] })
  const name = `s${Date.now()}`
  const { stream } = await store.create(scope, { name, dataClass: 'PHI', retentionDays: null })
  t.match(stream, { streamId: ORDERS, dataClass: 'PHI', store: 'CRATON' })
  t.match(await store.create(scope, { name, dataClass: 'PII', retentionDays: null }), { created: false, stream: { dataClass: 'PHI' } })
  await append(store, stream, ['old'])
  const epoch = (await store.find(scope, name))?.epoch ?? null
  await server.restart()
  await eventually(async () => (await failure(client.info())).code === 'none')
  t.notOk(store.sameEpoch(epoch, (await store.find(scope, name))?.epoch ?? null), 'the new life has another epoch')
  const known = await store.find(scope, name)
  if (known === null) throw new Error('gone')
  t.match(await failure(append(store, known, ['x'])), { code: 'CONFLICT', message: /restarted/ })
  await client.call({ type: 'CreateStream', name: 'payments', dataClass: 'PCI', placement: { type: 'Global' } }, 'CreateStream', {
    tenantId: 7n,
  })
  const configured = connect(t, server, { streams: ['demo/payments=1:PCI'] }).store
  const payments = await configured.find(scope, 'payments')
  if (payments === null) throw new Error('gone')
  t.match(await failure(append(configured, payments, ['x'])), { code: 'CONFLICT', message: /earlier life/ })
  t.same(server.events(ORDERS), ['old'], 'nothing was written over it')
})

/** Another life of the server, begun so long ago, in which somebody has made the streams again, with three records each. */
async function revive(t: Test, server: CratonServer, uptimeSecs: number, ...names: string[]): Promise<void> {
  await server.restart(uptimeSecs)
  const { client } = connect(t, server)
  for (const name of names) {
    const { streamId } = await client.call(
      { type: 'CreateStream', name, dataClass: 'CONFIDENTIAL', placement: { type: 'Global' } },
      'CreateStream',
      { tenantId: 7n },
    )
    server.appendAs(streamId, 'anew', 'and', 'more')
  }
}

t.test('streams that were read when the server was restarted are read again', async (t) => {
  const streams = ['demo/orders=1:PUBLIC', 'demo/payments=2:PUBLIC']
  const { server, store } = await open(t, { uptimeSecs: 1_000, streams })
  const both = await Promise.all(['orders', 'payments'].map((name) => store.find(scope, name)))
  const readBoth = (from: bigint) =>
    Promise.all(both.map(async (stream) => (stream === null ? null : await failure(store.read(scope, stream, { from, to: from + 1n })))))
  await revive(t, server, 900, 'orders', 'payments')
  for (const [index, uptime] of [800, 700, 600].entries()) {
    server.spoil('silence', { times: 2, type: 'ReadEvents' })
    const before = server.requests.filter((type) => type === 'ReadEvents').length
    const reading = readBoth(BigInt(index))
    await eventually(() => server.requests.filter((type) => type === 'ReadEvents').length === before + 2)
    await revive(t, server, uptime, 'orders', 'payments')
    t.match(await reading, [{ code: 'SOURCE_UNAVAILABLE' }, { code: 'SOURCE_UNAVAILABLE' }])
    await eventually(async () => (await readBoth(BigInt(index))).every((found) => found?.code === 'none'))
    t.pass('read again')
  }
})

t.test('a stream that is read while the server dies twice is not read again, until its files are found sound', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'orrery-craton-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  const { server, store, stream } = await made(t, { uptimeSecs: 1_000, dataDir })
  await append(store, stream, ['a'])
  server.breakChain(ORDERS)
  const reads = () => server.requests.filter((type) => type === 'ReadEvents').length
  const readIt = () => failure(store.read(scope, stream, { from: 0n, to: 1n }))
  for (const uptime of [500, 100]) {
    const before = reads()
    await eventually(async () => {
      t.match(await readIt(), { code: 'SOURCE_UNAVAILABLE' })
      return reads() === before + 1
    })
    await revive(t, server, uptime, 'orders')
    await eventually(async () => (await failure(store.extentOf(scope, stream))).code === 'none')
  }
  const before = reads()
  for (let again = 0; again < 3; again += 1) t.match(await readIt(), { code: 'SOURCE_UNAVAILABLE', message: /check the files/ })
  t.equal(reads(), before, 'it was not asked')

  server.healChain(ORDERS)
  await mkdir(join(dataDir, ORDERS.toString()))
  const whole = encodeSegmentRecord({ offset: 0n, kind: 0, payload: Buffer.from('a') }, null)
  const write = (bytes: Buffer) => writeFile(join(dataDir, ORDERS.toString(), 'segment_000000.log'), bytes)
  await write(whole.subarray(0, -1))
  t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: false, mode: 'files' })
  t.match(await readIt(), { message: /check the files/ })
  await write(whole)
  t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: true, mode: 'files' })
  t.match(await readIt(), { code: 'none' })
})

t.test('a follower gets history and what comes, each once, through outages; a new life ends it with a gap', async (t) => {
  const { server, store, stream } = await made(t, { uptimeSecs: 1_000 })
  await append(store, stream, ['a', 'b'])
  const stop = new AbortController()
  t.teardown(() => stop.abort())
  const steps: (FollowStep | string[])[] = []
  const epoch = (await orders(store)).epoch
  const following = (async () => {
    for await (const step of store.follow(scope, stream, { from: 0n, epoch, signal: stop.signal }))
      steps.push(step.kind === 'RECORDS' ? step.records.map(({ payload }) => Buffer.from(payload).toString('utf8')) : step)
  })()
  await eventually(async () => steps.some((step) => !Array.isArray(step) && step.kind === 'LIVE'))
  server.appendAs(ORDERS, 'c')
  await eventually(async () => steps.flat().includes('c'))
  server.spoil('closed instead', { times: 2 })
  server.appendAs(ORDERS, 'd', 'e')
  await eventually(async () => steps.flat().includes('e'))
  await server.restart()
  await following
  t.same(steps.filter(Array.isArray).flat(), ['a', 'b', 'c', 'd', 'e'])
  t.match(steps.at(-1), { kind: 'GAP', reason: 'SOURCE_RESET' })
})

t.test('a length that went back is a new life, though the server claims to have been up all along', async (t) => {
  const { server, store, stream } = await made(t, { uptimeSecs: 0 })
  await append(store, stream, ['a', 'b'])
  await store.extentOf(scope, stream)
  const before = (await orders(store)).epoch
  await server.restart()
  const other = connect(t, server).client
  await other.call({ type: 'CreateStream', name: 'x', dataClass: 'PUBLIC', placement: { type: 'Global' } }, 'CreateStream', {
    tenantId: 7n,
  })
  await eventually(async () => (await failure(store.extentOf(scope, stream))).code === 'none')
  t.notOk(store.sameEpoch(before, (await orders(store)).epoch))
})

t.test('an answer that is read late tells less of when the server began, and nothing wrong', async (t) => {
  const { server, client } = await open(t, { uptimeSecs: 1_000 })
  await client.info()
  const { name } = await client.epoch()
  const lateness: bigint[] = []
  // the clock is read when a question goes out and when its answer is read
  const late = connect(t, server, { clock: { now: () => systemClock.now() + (lateness.shift() ?? 0n) } }).client
  const answeredAfter = (millis: bigint) => lateness.push(0n, millis * 1_000_000n)
  answeredAfter(9_000n)
  await late.info()
  const first = (await late.epoch()).name
  t.ok(sameEpoch(first, name), `the first answer came late: ${first} may be ${name}`)
  for (const millis of [1_400n, 5_000n, 0n, 2_600n]) {
    answeredAfter(millis)
    await late.info()
    t.equal((await late.epoch()).name, first, `an answer that came after ${millis} ms is of the same life`)
  }
  await server.restart(980)
  for (const after of [client, late]) {
    await eventually(async () => (await failure(after.info())).code === 'none')
    t.notOk(sameEpoch((await after.epoch()).name, name), 'another life is another, though it began only 20 s later')
  }
})

t.test('names of lives are compared as exactly as they tell', async (t) => {
  for (const [left, right, same] of [
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:02Z', true],
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:05Z', false],
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:05Z~4', true],
    ['2026-11-21T10:00:00Z~4', '2026-11-21T10:00:05Z', false],
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:01Z#1', false],
    ['2026-11-21T10:00:00Z#1', '2026-11-21T10:00:01Z#1', true],
    ['', '2026-11-21T10:00:01Z', false],
    [null, '2026-11-21T10:00:01Z', false],
    [null, null, true],
  ] as const) {
    t.equal(sameEpoch(left, right), same, `${left} and ${right}`)
    t.equal(sameEpoch(right, left), same)
  }
})

t.test('identity: a token is asked for and given, a wrong one is refused', async (t) => {
  const { store, stream } = await made(t, { token: 'kmb_live_right', sendToken: 'kmb_live_right' })
  t.match(await append(store, stream, ['a']), { outcome: 'APPENDED' })
  for (const options of [{ sendToken: 'kmb_live_wrong' }, {}]) {
    const server = await startCratonServer(t, { token: 'kmb_live_right' })
    const refused = connect(t, server, options)
    t.match(await failure(refused.store.extentOf(scope, stream)), { code: 'UNAUTHENTICATED' })
  }
})

t.test('a server of an unknown version is refused unless it is pinned', async (t) => {
  const old = await open(t, { version: '0.7.0' })
  t.match(await failure(old.store.extentOf(scope, await orders(old.store))), { code: 'SOURCE_UNAVAILABLE' })
  const pinned = await open(t, { version: '0.10.1', pinnedVersion: '0.10.1' })
  t.match(await failure(pinned.store.extentOf(scope, await orders(pinned.store))), { code: 'NOT_FOUND' })
  t.match(await (await open(t, { version: '0.9.2' })).store.status(), { status: 'UP', version: '0.9.2', clusterMode: 'Clustered' })
})

t.test('TLS to a proxy in front', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'orrery-tls-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
    ],
    { stdio: 'ignore' },
  )
  const tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
  const { store, stream } = await made(t, { tls, ca: tls.cert })
  t.match(await append(store, stream, ['a']), { outcome: 'APPENDED' })
  const server = await startCratonServer(t, { tls })
  const distrusting = connect(t, server, { tls })
  t.match(
    await failure(distrusting.store.extentOf(scope, stream)),
    { code: 'SOURCE_UNAVAILABLE' },
    'a certificate nobody vouches for is refused',
  )
})

t.test('verification over the wire recomputes from genesis and is held against pins', async (t) => {
  const { server, store, stream } = await made(t)
  server.appendAs(ORDERS, 'a', 'bc', '{"k":1}')
  const head = 'f4546c530e5df77283a7b2358c455b8212d1ba5f316531b3485193dcfb68f7dd'
  t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: true, checked: 3n, headHash: head, mode: 'wire' })
  t.match(await store.pin(scope, stream, { reason: 'MANUAL', actor: 'lee' }), { length: 3n, headHash: head })
  server.appendAs(ORDERS, 'more')
  t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: true, checked: 4n })
  t.match((await store.pinsOf(scope, [stream], { size: 10, direction: 'FORWARD', cursor: null }))[0]?.items, [{ item: { length: 3n } }])
  const other = await made(t)
  other.server.appendAs(ORDERS, 'a', 'XX', '{"k":1}')
  t.match(await other.store.verify(scope, other.stream, { from: null, to: null }), {
    ok: false,
    firstBrokenOffset: 2n,
    reason: /rewritten/,
  })
  const cut = await made(t)
  cut.server.appendAs(ORDERS, 'a')
  t.match(await cut.store.verify(scope, cut.stream, { from: null, to: null }), { ok: false, firstBrokenOffset: 1n, reason: /tail was cut/ })
})

t.test("verification from the server's files names what is wrong, and never asks the server", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'orrery-craton-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  const streamId = (7n << 32n) | 9n
  await mkdir(join(dataDir, streamId.toString()))
  const payloads = Array.from({ length: 50 }, (_, index) => Buffer.from(`record ${index}`))
  const hashes = chainHashes(null, 0, payloads)
  const encoded = payloads.map((payload, index) =>
    encodeSegmentRecord({ offset: BigInt(index), kind: 0, payload }, index === 0 ? null : (hashes[index - 1] ?? null)),
  )
  const write = (number: number, bytes: Buffer) => writeFile(join(dataDir, streamId.toString(), `segment_00000${number}.log`), bytes)
  await write(0, Buffer.concat(encoded.slice(0, 30)))
  await write(1, Buffer.concat(encoded.slice(30)))
  const { server, store } = await open(t, { dataDir, streams: ['demo/files=9:PUBLIC'] })
  const stream = await store.find(scope, 'files')
  if (stream === null) throw new Error('no stream')
  t.match(await store.verify(scope, stream, { from: null, to: null }), {
    ok: true,
    checked: 50n,
    mode: 'files',
    headHash: hashes[49]?.toString('hex'),
  })
  await write(1, Buffer.concat(encoded.slice(30)).subarray(0, -5))
  t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: false, firstBrokenOffset: 49n, reason: /torn/, mode: 'files' })
  await write(1, Buffer.concat([...encoded.slice(31)]))
  t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: false, firstBrokenOffset: 30n, mode: 'files' })
  t.same(server.requests, [])
})

/** The first byte of a ClientHello. */
const tlsHandshake = 0x16

t.test('the sidecar: a dropped connection is asked again, every generation is read, what is absent is null', async (t) => {
  const folder = vectorsFolder()
  if (folder === null) return
  const metrics = await readFile(join(folder, 'craton-metrics.txt'), 'utf8')
  const sidecar = async (ready: object, text: string, status = 200) => {
    // of each its own: several are asked at once
    let calls = 0
    const server = createServer((request, response) => {
      calls += 1
      if (calls % 3 !== 0) return void request.socket.destroy()
      if (request.url === '/ready') response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(ready))
      else if (request.url === '/metrics') response.writeHead(200).end(text)
      else response.writeHead(404).end('Not Found')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }
  const checks = {
    disk: { status: 'ok', duration_ms: 0 },
    memory: { status: 'degraded', duration_ms: 1, message: 'high connection count: 1023' },
    data_dir: { status: 'ok', duration_ms: 0 },
  }
  const stock = await open(t, { sidecars: [await sidecar({ status: 'degraded', checks, version: '0.8.0', uptime_seconds: 12 }, metrics)] })
  t.match(await stock.store.status(), {
    status: 'DEGRADED',
    version: '0.8.0',
    clusterMode: 'Clustered',
    connections: 1,
    replicas: [],
    checks: [
      { name: 'data_dir' },
      { name: 'disk', status: 'ok' },
      { name: 'memory', status: 'degraded', message: 'high connection count: 1023' },
    ],
  })
  const node = (leader: number, committed: number, lag: number) =>
    `kimberlite_is_leader ${leader}\nkimberlite_committed_offset ${committed}\nkimberlite_view_number 4\nkimberlite_replication_lag_seconds ${lag}\n`
  const vsr = { vsr: { status: 'degraded', message: 'replication lag 7.10s exceeds threshold 5.00s' } }
  const cluster = await open(t, {
    version: '0.9.1',
    sidecars: [
      await sidecar({ status: 'ok', checks: {} }, node(1, 120, 0)),
      await sidecar({ status: 'unhealthy', checks: vsr }, node(0, 100, 7.1), 503),
    ],
  })
  t.match(await cluster.store.status(), {
    status: 'DEGRADED',
    version: '0.9.1',
    replicas: [
      { role: 'leader', view: 4n, commit: 120n, lagSeconds: 0, lagRecords: 0n },
      { role: 'follower', view: 4n, commit: 100n, lagSeconds: 7.1, lagRecords: 20n },
    ],
  })
  const first: number[] = []
  const silent = createNetServer((socket) => void socket.on('error', () => undefined).once('data', (data) => first.push(data[0] ?? 0)))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const address = silent.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const hasty = { tries: 2, timeoutMs: 300 }
  const dead = await open(t, { sidecars: [`http://127.0.0.1:${port}`], sidecar: hasty })
  t.match(await dead.store.status(), { status: 'UP', checks: [], replicas: [], connections: null }, 'a silent sidecar is unknown, not down')
  first.length = 0
  const secured = await open(t, { sidecars: [`https://127.0.0.1:${port}`], sidecar: hasty })
  t.match(await secured.store.status(), { status: 'UP', checks: [] })
  t.ok(first.length > 0, 'one behind TLS is asked')
  t.same(new Set(first), new Set([tlsHandshake]), 'and by TLS')
})
