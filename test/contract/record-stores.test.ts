import t, { type Test } from 'tap'
import { createCratonClient } from '../../src/datasources/craton/craton-client.ts'
import { createCratonRecordStore } from '../../src/datasources/craton/craton-record-store.ts'
import { parseTenants } from '../../src/datasources/craton/craton-settings.ts'
import { createSqlRecordStore } from '../../src/datasources/storage/sql-record-store.ts'
import { readRecordPage } from '../../src/datasources/storage/record-pages.ts'
import { type RecordStore } from '../../src/datasources/storage/storage.ts'
import { isAppError } from '../../src/errors.ts'
import { systemClock } from '../../src/time.ts'
import { startCratonServer } from '../support/craton-server.ts'
import { sqlAdapters } from '../support/sql.ts'

/** What every record store promises, whatever lies under it. */
const scope = { tenantId: 'demo' }
const text = (...payloads: string[]) => payloads.map((payload) => Buffer.from(payload))
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  )

function suite(t: Test, store: RecordStore) {
  const create = async (name: string) => (await store.create(scope, { name, dataClass: 'PUBLIC', retentionDays: null })).stream
  const append = (stream: Awaited<ReturnType<typeof create>>, expectedOffset: bigint | null, ...payloads: string[]) =>
    store.append(scope, stream, { payloads: text(...payloads), expectedOffset, idempotency: null })

  t.test('a name makes one stream, and finds it again', async (t) => {
    const first = await store.create(scope, { name: 'one', dataClass: 'PII', retentionDays: null })
    const again = await store.create(scope, { name: 'one', dataClass: 'PUBLIC', retentionDays: null })
    t.match([first.created, again.created], [true, false])
    t.match(again.stream, { key: first.stream.key, dataClass: 'PII', name: 'one', tenantId: 'demo', store: store.kind })
    t.match(await store.find(scope, 'one'), { key: first.stream.key })
    t.equal(await store.find(scope, 'another'), null)
    t.equal(await store.find({ tenantId: 'acme' }, 'one'), null)
    t.equal(await codeOf(store.create(scope, { name: '_x', dataClass: 'PUBLIC', retentionDays: null })), 'BAD_USER_INPUT')
    t.equal(await codeOf(store.create(scope, { name: 'x', dataClass: 'UNKNOWN', retentionDays: null })), 'BAD_USER_INPUT')
  })

  t.test('offsets are dense from 0, payloads come back byte for byte', async (t) => {
    const stream = await create('bytes')
    const payloads = [Buffer.alloc(0), Buffer.from([0, 1, 254, 255]), Buffer.from('{"a": 1}'), Buffer.from('Zürich ✓')]
    t.match(await store.append(scope, stream, { payloads, expectedOffset: 0n, idempotency: null }), {
      firstOffset: 0n,
      lastOffset: 3n,
      repeated: false,
    })
    const records = await store.read(scope, stream, { from: 0n, to: 100n })
    t.same(
      records.map(({ offset }) => offset),
      [0n, 1n, 2n, 3n],
    )
    t.same(
      records.map(({ payload }) => Buffer.from(payload).toString('hex')),
      payloads.map((payload) => payload.toString('hex')),
    )
    t.same(
      (await store.read(scope, stream, { from: 2n, to: 3n })).map(({ offset }) => offset),
      [2n],
    )
    t.same(await store.read(scope, stream, { from: 4n, to: 9n }), [])
    t.match(await store.extentOf(scope, stream), { length: 4n, firstOffset: 0n })
    t.equal(await codeOf(store.append(scope, stream, { payloads: [], expectedOffset: null, idempotency: null })), 'BAD_USER_INPUT')
    t.equal(
      (await codeOf(store.append({ tenantId: 'acme' }, stream, { payloads, expectedOffset: null, idempotency: null }))).replace(
        'BAD_USER_INPUT',
        'NOT_FOUND',
      ),
      'NOT_FOUND',
    )
  })

  t.test('an offset that is not expected writes nothing and tells the length', async (t) => {
    const stream = await create('expected')
    await append(stream, 0n, 'a', 'b')
    t.match(await append(stream, 1n, 'c'), { outcome: 'OFFSET_CONFLICT', expected: 1n, actual: 2n })
    t.match(await append(stream, 3n, 'c'), { outcome: 'OFFSET_CONFLICT', expected: 3n, actual: 2n })
    const race = await Promise.all(Array.from({ length: 50 }, (_, index) => append(stream, 2n, `r${index}`)))
    t.equal(race.filter(({ outcome }) => outcome === 'APPENDED').length, 1)
    t.match(await store.extentOf(scope, stream), { length: 3n })
    const open = await Promise.all(Array.from({ length: 10 }, (_, index) => append(stream, null, `o${index}`, 'next to it')))
    t.ok(open.every(({ outcome }) => outcome === 'APPENDED'))
    t.match(await store.extentOf(scope, stream), { length: 23n })
  })

  t.test('pages go forward and backward by offset', async (t) => {
    const stream = await create('pages')
    await append(stream, null, ...Array.from({ length: 30 }, (_, n) => JSON.stringify({ n, odd: n % 2 === 1 })))
    const page = async (size: number, direction: 'FORWARD' | 'BACKWARD', cursor: string | null, query = {}) => {
      const found = await readRecordPage(store, scope, { stream: { ...stream, extent: null }, page: { size, direction, cursor }, query })
      return { offsets: found.items.map(({ item }) => Number(item.offset)), next: found.hasNextPage, previous: found.hasPreviousPage }
    }
    t.same(await page(3, 'FORWARD', null), { offsets: [0, 1, 2], next: true, previous: false })
    t.same(await page(3, 'FORWARD', '26'), { offsets: [27, 28, 29], next: false, previous: true })
    t.same(await page(3, 'BACKWARD', null), { offsets: [27, 28, 29], next: false, previous: true })
    t.same(await page(3, 'BACKWARD', '2'), { offsets: [0, 1], next: true, previous: false })
    t.same((await page(2, 'FORWARD', null, { json: { path: '$.odd', equals: true }, from: 10n })).offsets, [11, 13])
  })

  t.test('a follower sees what is there and what comes', async (t) => {
    const stream = await create('followed')
    await append(stream, null, 'a', 'b')
    const now = await store.find(scope, 'followed')
    const stop = new AbortController()
    t.teardown(() => stop.abort())
    const seen: string[] = []
    for await (const step of store.follow(scope, stream, { from: 1n, epoch: now?.epoch ?? null, signal: stop.signal })) {
      if (step.kind === 'RECORDS') seen.push(...step.records.map(({ payload }) => Buffer.from(payload).toString('utf8')))
      if (step.kind === 'LIVE') await append(stream, null, 'c', 'd')
      if (seen.includes('d')) break
    }
    t.same(seen, ['b', 'c', 'd'])
  })

  t.test('a chain is verified and pinned', async (t) => {
    const stream = await create('proof')
    await append(stream, null, 'a', 'bc', '{"k":1}')
    const head = 'f4546c530e5df77283a7b2358c455b8212d1ba5f316531b3485193dcfb68f7dd'
    t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: true, checked: 3n, headHash: head, firstBrokenOffset: null })
    t.match(await store.pin(scope, stream, { reason: 'MANUAL', actor: 'lee' }), {
      length: 3n,
      headHash: head,
      reason: 'MANUAL',
      pinnedBy: 'lee',
    })
    t.match((await store.pinsOf(scope, [stream], { size: 5, direction: 'FORWARD', cursor: null }))[0]?.items, [
      { item: { length: 3n, headHash: head } },
    ])
  })

  t.test('streams are listed by name', async (t) => {
    const names = async (filter = {}) =>
      (await store.list(scope, filter, { size: 50, direction: 'FORWARD', cursor: null })).items.map(({ item }) => item.name)
    const all = await names()
    t.same(all, all.toSorted())
    t.same(await names({ nameContains: 'PAGE' }), ['pages'])
    t.same(await names({ dataClasses: ['PII'] }), ['one'])
    t.equal(await store.count(scope, {}), all.length)
    t.match(await store.status(), { store: store.kind, status: 'UP' })
  })
}

for (const { name, sql } of await sqlAdapters(t)) {
  t.test(`native records on ${name}`, async (t) =>
    suite(
      t,
      createSqlRecordStore({
        sql,
        clock: systemClock,
        limits: { recordBytes: 65_536, batchRecords: 1_000, batchBytes: 4_194_304 },
        pollMs: 50,
      }),
    ),
  )
  t.test(`a Craton server, its catalogue on ${name}`, async (t) => {
    const server = await startCratonServer(t)
    const address = { host: '127.0.0.1', port: server.port, tls: null, token: undefined }
    const client = createCratonClient({ address, clock: systemClock, poolSize: 4, timeoutMs: 20_000, pinnedVersion: undefined })
    t.teardown(() => client.close())
    suite(
      t,
      createCratonRecordStore({
        client,
        sql,
        clock: systemClock,
        tenants: parseTenants(['demo=7', 'acme=8']),
        streams: [],
        sidecars: [],
        dataDir: undefined,
        limits: { eventBytes: 900, batchBytes: 4_000_000 },
        pollMs: { first: 20, last: 200 },
      }),
    )
  })
}
