import t, { type Test } from 'tap'
import { createSqlRecordStore } from '../../src/datasources/storage/sql-record-store.ts'
import { cutBefore } from '../../src/datasources/storage/sql-retention.ts'
import { pinGrownStreams } from '../../src/datasources/storage/sql-pins.ts'
import { recordHash } from '../../src/datasources/storage/record-chain.ts'
import { type Page } from '../../src/datasources/page.ts'
import { type AppendOutcome, type Pin, type RecordStore, type RecordStream } from '../../src/datasources/storage/storage.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { isAppError } from '../../src/errors.ts'
import { systemClock } from '../../src/time.ts'
import { countingSql } from '../support/seeded-reads.ts'
import { sqlAdapters } from '../support/sql.ts'

const limits = { recordBytes: 65_536, batchRecords: 10_000, batchBytes: 33_554_432 }
const scope = { tenantId: 'acme' }
const text = (value: string): Buffer => Buffer.from(value, 'utf8')
const open = (sql: Sql) => createSqlRecordStore({ sql, clock: systemClock, limits, pollMs: 50 })
const plain = { expectedOffset: null, idempotency: null }

let made = 0
async function newStream(store: RecordStore, name = `stream-${++made}`): Promise<RecordStream> {
  return (await store.create(scope, { name, dataClass: 'CONFIDENTIAL', retentionDays: null })).stream
}

async function appended(
  store: RecordStore,
  stream: RecordStream,
  ...payloads: string[]
): Promise<Extract<AppendOutcome, { outcome: 'APPENDED' }>> {
  const done = await store.append(scope, stream, { payloads: payloads.map(text), ...plain })
  if (done.outcome !== 'APPENDED') throw new Error(done.outcome)
  return done
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'none'
  } catch (error) {
    return isAppError(error) ? error.code : String(error)
  }
}

const pageOf = (size: number, cursor: string | null = null, direction: 'FORWARD' | 'BACKWARD' = 'FORWARD') => ({ size, cursor, direction })

function appending(t: Test, sql: Sql) {
  const store = open(sql)

  t.test("the hashes are Craton's, over the bytes as given", async (t) => {
    const stream = await newStream(store)
    await appended(store, stream, 'a', 'bc')
    const done = await appended(store, stream, '{"k":1}')
    t.equal(done.headHash, 'f4546c530e5df77283a7b2358c455b8212d1ba5f316531b3485193dcfb68f7dd')
    const records = await store.read(scope, stream, { from: 0n, to: 10n })
    t.same(
      records.map(({ offset, hash, previousHash, kind }) => [offset, hash?.slice(0, 8), previousHash?.slice(0, 8) ?? null, kind]),
      [
        [0n, '022a6979', null, 'DATA'],
        [1n, '4b068f00', '022a6979', 'DATA'],
        [2n, 'f4546c53', '4b068f00', 'DATA'],
      ],
    )
    t.match(await store.extentOf(scope, stream), { length: 3n, headHash: done.headHash, firstOffset: 0n })
    t.match(await store.verify(scope, stream, { from: null, to: null }), {
      ok: true,
      checked: 3n,
      headHash: done.headHash,
      reason: null,
      mode: 'sql',
    })
  })

  t.test('empty and binary payloads are records like any other', async (t) => {
    const stream = await newStream(store)
    const bytes = Buffer.from([0, 1, 254, 255, 10])
    await store.append(scope, stream, { payloads: [Buffer.alloc(0), bytes], ...plain })
    const records = await store.read(scope, stream, { from: 0n, to: 2n })
    t.same(
      records.map(({ payload }) => Buffer.from(payload).toString('hex')),
      ['', bytes.toString('hex')],
    )
    t.ok((await store.verify(scope, stream, { from: null, to: null })).ok)
  })

  t.test('of 1,000 parallel appends that expect the same offset one wins, and 999 are told the actual length', async (t) => {
    const stream = await newStream(store)
    await appended(store, stream, 'first')
    // several processes: each store of its own knows only its own head
    const stores = Array.from({ length: 8 }, () => open(sql))
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        (stores[index % 8] ?? store).append(scope, stream, { payloads: [text(`r${index}`)], expectedOffset: 1n, idempotency: null }),
      ),
    )
    t.equal(outcomes.filter(({ outcome }) => outcome === 'APPENDED').length, 1)
    const conflicts = outcomes.filter((outcome) => outcome.outcome === 'OFFSET_CONFLICT')
    t.equal(conflicts.length, 999)
    t.ok(conflicts.every(({ expected, actual }) => expected === 1n && actual === 2n))
    t.match(await store.extentOf(scope, stream), { length: 2n })
  })

  t.test('writers in several processes leave a dense, valid chain', async (t) => {
    const stream = await newStream(store)
    const stores = [store, open(sql), open(sql)]
    const done = await Promise.all(
      stores.flatMap((each, writer) =>
        Array.from({ length: 40 }, async (_, index) => {
          const outcome = await each.append(scope, stream, { payloads: [text(`w${writer}-${index}`), text('second')], ...plain })
          if (outcome.outcome !== 'APPENDED') throw new Error('conflict')
          return outcome.firstOffset
        }),
      ),
    )
    t.same(
      done.map(Number).toSorted((a, b) => a - b),
      Array.from({ length: 120 }, (_, index) => index * 2),
      'batches are never mixed',
    )
    t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: true, checked: 240n })
  })

  t.test('a repeat with the same key gives the first answer, also from another process; other bytes with it are refused', async (t) => {
    const stream = await newStream(store)
    const request = (payload: string, requestHash = 'h1') => ({
      payloads: [text(payload)],
      expectedOffset: null,
      idempotency: { actorId: 'lee', key: `k-${stream.name}`, requestHash },
    })
    const [first, second] = await Promise.all([store.append(scope, stream, request('once')), store.append(scope, stream, request('once'))])
    t.match(first, { firstOffset: 0n, repeated: false })
    t.match(second, { firstOffset: 0n, repeated: true })
    t.match(await open(sql).append(scope, stream, request('once')), { firstOffset: 0n, lastOffset: 0n, repeated: true })
    t.equal(await codeOf(store.append(scope, stream, request('twice', 'h2'))), 'CONFLICT')
    const many = await Promise.all(
      Array.from({ length: 20 }, () =>
        open(sql).append(scope, stream, {
          ...request('x', 'h3'),
          idempotency: { actorId: 'lee', key: `m-${stream.name}`, requestHash: 'h3' },
        }),
      ),
    )
    t.equal(many.filter((outcome) => outcome.outcome === 'APPENDED' && !outcome.repeated).length, 1)
    t.match(await store.extentOf(scope, stream), { length: 2n })
  })

  t.test('keys past their day go as fast as new ones come', async (t) => {
    const fresh = open(sql)
    const stream = await newStream(fresh)
    await sql.run(
      `insert into record_append_keys (tenant_id, actor_id, key, request_hash, stream_key, first_offset, record_count, head_hash, created_at_ns)
       select 'acme', 'old', n::text, 'hash', $1, 0, 1, ''::bytea, n from generate_series(1, 2500) as n`,
      [BigInt(stream.key)],
    )
    for (const key of ['p1', 'p2', 'p3'])
      await fresh.append(scope, stream, {
        payloads: [text(key)],
        expectedOffset: null,
        idempotency: { actorId: 'ann', key, requestHash: key },
      })
    t.same(await sql.one(`select count(*) as left from record_append_keys where actor_id = 'old'`), { left: 0n })
  })

  t.test('limits, empty batches and foreign streams are refused before anything is written', async (t) => {
    const stream = await newStream(store)
    for (const payloads of [[], [Buffer.alloc(65_537)], Array.from({ length: 10_001 }, () => text('x'))])
      t.equal(await codeOf(store.append(scope, stream, { payloads, ...plain })), 'BAD_USER_INPUT')
    t.equal(await codeOf(store.append({ tenantId: 'other' }, stream, { payloads: [text('x')], ...plain })), 'NOT_FOUND')
    t.same(await store.read({ tenantId: 'other' }, stream, { from: 0n, to: 10n }), [])
    t.match(await store.extentOf(scope, stream), { length: 0n, headHash: null })
    for (const name of ['', '_mine', 'x'.repeat(257), 'a\nb'])
      t.equal(await codeOf(store.create(scope, { name, dataClass: 'PUBLIC', retentionDays: null })), 'BAD_USER_INPUT', name)
  })

  t.test('a batch of 2,500 goes in whole and comes out in order', async (t) => {
    const stream = await newStream(store)
    const payloads = Array.from({ length: 2_500 }, (_, index) => text(JSON.stringify({ index, pad: 'x'.repeat(index % 50) })))
    t.match(await store.append(scope, stream, { payloads, ...plain }), { firstOffset: 0n, lastOffset: 2_499n })
    let checked = 0n
    const progress: bigint[] = []
    const found = await store.verify(scope, stream, { from: null, to: null }, (done) => {
      checked = done
      progress.push(done)
    })
    t.match(found, { ok: true, checked: 2_500n })
    t.equal(checked, 2_500n)
    t.ok(progress.length >= 2, 'it says how far it is')
    t.match(await store.verify(scope, stream, { from: 100n, to: 200n }), { ok: true, checked: 100n })
    t.equal((await store.read(scope, stream, { from: 10n, to: 2_500n })).length, 1_000, 'a read is bounded')
  })
}

function ranges(t: Test, sql: Sql) {
  t.test('stretches of many streams are read in one statement, each as if it were read alone', async (t) => {
    const { sql: counted, statements } = countingSql(sql)
    const store = open(sql)
    const streams = await Promise.all(Array.from({ length: 5 }, () => newStream(store)))
    for (const [index, stream] of streams.entries())
      if (index < 4) await appended(store, stream, ...Array.from({ length: 6 }, (_, n) => `s${index} r${n}`))
    const [first, second] = streams
    if (first === undefined || second === undefined) throw new Error('no streams')
    await cutBefore({ sql, clock: systemClock }, second, 2n)
    const wanted = [
      ...streams.map((stream) => ({ stream, from: 0n, to: 3n })),
      { stream: first, from: 4n, to: 100n },
      { stream: first, from: 6n, to: 9n },
    ]
    const found = await open(counted).readRanges(scope, wanted)
    t.equal(statements.length, 1)
    t.same(found, await Promise.all(wanted.map(({ stream, from, to }) => store.read(scope, stream, { from, to }))))
    t.same(
      found.map((records) => records.map(({ offset }) => Number(offset))),
      [[0, 1, 2], [2], [0, 1, 2], [0, 1, 2], [], [4, 5], []],
    )
    t.same(
      await open(sql).readRanges({ tenantId: 'other' }, wanted),
      wanted.map(() => []),
      'nothing of another tenant',
    )
  })
}

function listing(t: Test, sql: Sql) {
  const store = open(sql)
  const other = { tenantId: 'lists' }

  t.test('streams are listed by name, filtered before the page is cut; a name is made once', async (t) => {
    for (const name of ['b', 'a', 'd', 'c'])
      await store.create(other, { name, dataClass: name === 'd' ? 'PHI' : 'PUBLIC', retentionDays: null })
    const again = await store.create(other, { name: 'a', dataClass: 'PCI', retentionDays: null })
    t.match(again, { created: false, stream: { dataClass: 'PUBLIC' } })
    const first = await store.list(other, {}, pageOf(3))
    t.same(
      first.items.map(({ item }) => item.name),
      ['a', 'b', 'c'],
    )
    t.ok(first.hasNextPage)
    const next = await store.list(other, {}, pageOf(3, first.items[2]?.cursor))
    t.same(
      next.items.map(({ item }) => item.name),
      ['d'],
    )
    t.ok(next.hasPreviousPage)
    t.same(
      (await store.list(other, {}, pageOf(2, null, 'BACKWARD'))).items.map(({ item }) => item.name),
      ['c', 'd'],
    )
    t.same(
      (await store.list(other, { dataClasses: ['PHI'] }, pageOf(3))).items.map(({ item }) => item.name),
      ['d'],
    )
    t.equal(await store.count(other, { nameContains: 'B' }), 1)
  })

  t.test('the first record since a moment is found by halving', async (t) => {
    const stream = await newStream(store)
    for (let index = 0; index < 9; index += 1) await appended(store, stream, `r${index}`)
    const records = await store.read(scope, stream, { from: 0n, to: 9n })
    for (const record of records) t.equal(await store.offsetAt(scope, stream, record.recordedAt ?? 0n), record.offset)
    t.equal(await store.offsetAt(scope, stream, 0n), 0n)
    t.equal(await store.offsetAt(scope, stream, systemClock.now()), 9n)
  })
}

/** Each breaks the stored rows in one way; what a check must say. */
const tamperings: readonly { name: string; at: bigint; reason: RegExp; statements: readonly string[] }[] = [
  {
    name: 'a changed byte',
    at: 3n,
    reason: /does not follow/,
    statements: [`update records set payload = set_byte(payload, 0, 88) where stream_key = $1 and record_offset = 3`],
  },
  {
    name: 'a changed hash',
    at: 4n,
    reason: /does not follow/,
    statements: [`update records set hash = set_byte(hash, 5, (get_byte(hash, 5) + 1) % 256) where stream_key = $1 and record_offset = 4`],
  },
  {
    name: 'a hash of another size',
    at: 4n,
    reason: /does not follow/,
    statements: [`update records set hash = '\\x00' where stream_key = $1 and record_offset = 4`],
  },
  {
    name: 'another kind',
    at: 2n,
    reason: /does not follow/,
    statements: [`update records set kind = 2 where stream_key = $1 and record_offset = 2`],
  },
  { name: 'a deleted row', at: 5n, reason: /is missing/, statements: [`delete from records where stream_key = $1 and record_offset = 5`] },
  {
    name: 'a deleted first row',
    at: 0n,
    reason: /is missing/,
    statements: [`delete from records where stream_key = $1 and record_offset = 0`],
  },
  { name: 'a cut tail', at: 8n, reason: /is missing/, statements: [`delete from records where stream_key = $1 and record_offset >= 8`] },
  {
    name: 'swapped rows',
    at: 2n,
    reason: /does not follow/,
    statements: [
      `update records set record_offset = 1002 where stream_key = $1 and record_offset = 2`,
      `update records set record_offset = 2 where stream_key = $1 and record_offset = 6`,
      `update records set record_offset = 6 where stream_key = $1 and record_offset = 1002`,
    ],
  },
  {
    name: 'a row deleted and the rest moved up',
    at: 5n,
    reason: /does not follow/,
    statements: [
      `delete from records where stream_key = $1 and record_offset = 5`,
      ...[6, 7, 8, 9].map(
        (offset) => `update records set record_offset = ${offset - 1} where stream_key = $1 and record_offset = ${offset}`,
      ),
      `update record_streams set length = 9 where stream_key = $1`,
    ],
  },
  {
    name: 'an inserted row',
    at: 4n,
    reason: /does not follow/,
    statements: [
      ...[9, 8, 7, 6, 5, 4].map(
        (offset) => `update records set record_offset = ${offset + 1} where stream_key = $1 and record_offset = ${offset}`,
      ),
      `insert into records (stream_key, record_offset, kind, payload, hash, recorded_at_ns) select stream_key, 4, 0, payload, hash, recorded_at_ns from records where stream_key = $1 and record_offset = 3`,
      `update record_streams set length = 11 where stream_key = $1`,
    ],
  },
  {
    name: 'a row put behind the end',
    at: 10n,
    reason: /was inserted/,
    statements: [
      `insert into records (stream_key, record_offset, kind, payload, hash, recorded_at_ns) select stream_key, 10, 0, payload, hash, recorded_at_ns from records where stream_key = $1 and record_offset = 3`,
    ],
  },
  {
    name: 'a changed head',
    at: 9n,
    reason: /head hash/,
    statements: [`update record_streams set head_hash = set_byte(head_hash, 0, (get_byte(head_hash, 0) + 1) % 256) where stream_key = $1`],
  },
]

function tampering(t: Test, sql: Sql) {
  const store = open(sql)

  t.test('large and small payloads are checked together, and the one that was changed is found among them', async (t) => {
    const stream = await newStream(store)
    const sizes = Array.from({ length: 400 }, (_, index) => (index % 40 === 7 ? 65_000 : index % 7 === 0 ? 0 : 20_000))
    const payloads = sizes.map((size, index) => Buffer.alloc(size, index % 251))
    for (let at = 0; at < payloads.length; at += 100)
      await store.append(scope, stream, { payloads: payloads.slice(at, at + 100), ...plain })
    await store.pin(scope, stream, { reason: 'MANUAL', actor: 'lee' })
    await appended(store, stream, 'behind the pin')
    t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: true, checked: 401n })
    await sql.run('update records set payload = set_byte(payload, 64999, 255) where stream_key = $1 and record_offset = 327', [
      BigInt(stream.key),
    ])
    t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: false, checked: 327n, firstBrokenOffset: 327n })
    t.match(await store.verify(scope, stream, { from: 328n, to: null }), { ok: true, checked: 73n }, 'what lies behind it holds by itself')
  })
  const ten = async () => {
    const stream = await newStream(store)
    await appended(store, stream, ...Array.from({ length: 10 }, (_, index) => `record ${index}`))
    return stream
  }

  for (const { name, at, reason, statements } of tamperings)
    t.test(`${name} is found at offset ${at}`, async (t) => {
      const stream = await ten()
      for (const statement of statements) t.ok((await sql.run(statement, [BigInt(stream.key)])) > 0)
      const found = await store.verify(scope, stream, { from: null, to: null })
      t.match(found, { ok: false, firstBrokenOffset: at, reason })
      t.equal(found.checked, name === 'a changed head' ? 10n : at)
    })

  t.test('any byte of any record, changed, is found at its offset', async (t) => {
    const stream = await ten()
    for (let offset = 0; offset < 10; offset += 1) {
      const flip = `update records set payload = set_byte(payload, $3, get_byte(payload, $3) # 1) where stream_key = $1 and record_offset = $2`
      const found = new Set<bigint | null>()
      for (let byte = 0; byte < 'record 0'.length; byte += 1) {
        await sql.run(flip, [BigInt(stream.key), offset, byte])
        found.add((await store.verify(scope, stream, { from: null, to: null })).firstBrokenOffset)
        await sql.run(flip, [BigInt(stream.key), offset, byte])
      }
      t.same([...found], [BigInt(offset)])
    }
    t.ok((await store.verify(scope, stream, { from: null, to: null })).ok)
  })

  /** The chain anew, with whatever the rows hold now: what somebody who holds the database would do. */
  async function rewrite(stream: RecordStream): Promise<void> {
    const rows = await sql.any<{ record_offset: bigint; payload: Uint8Array }>(
      'select record_offset, payload from records where stream_key = $1 order by record_offset',
      [BigInt(stream.key)],
    )
    let head: Buffer | null = null
    for (const { record_offset: offset, payload } of rows) {
      head = recordHash(head, 0, payload)
      await sql.run('update records set hash = $3 where stream_key = $1 and record_offset = $2', [BigInt(stream.key), offset, head])
    }
    await sql.run('update record_streams set length = $2, head_hash = $3 where stream_key = $1', [BigInt(stream.key), rows.length, head])
  }

  t.test('a chain that was rewritten as a whole is found against a pin, and a cleanly cut tail too', async (t) => {
    const rewritten = await ten()
    const pin = await store.pin(scope, rewritten, { reason: 'MANUAL', actor: 'lee' })
    t.match(pin, { length: 10n, reason: 'MANUAL', pinnedBy: 'lee' })
    await sql.run(`update records set payload = 'forged' where stream_key = $1 and record_offset = 4`, [BigInt(rewritten.key)])
    await rewrite(rewritten)
    t.match(await store.verify(scope, rewritten, { from: null, to: null }), {
      ok: false,
      firstBrokenOffset: 9n,
      reason: /pin of length 10/,
    })

    const cut = await ten()
    await store.pin(scope, cut, { reason: 'MANUAL', actor: 'lee' })
    await sql.run(`delete from records where stream_key = $1 and record_offset >= 7`, [BigInt(cut.key)])
    await rewrite(cut)
    t.match(await store.verify(scope, cut, { from: null, to: null }), { ok: false, firstBrokenOffset: 7n, reason: /tail was cut/ })

    const unpinned = await ten()
    await sql.run(`delete from records where stream_key = $1 and record_offset >= 7`, [BigInt(unpinned.key)])
    await rewrite(unpinned)
    t.ok((await store.verify(scope, unpinned, { from: null, to: null })).ok, 'without a pin nobody could know')
  })

  t.test('the schedule pins what has grown, once', async (t) => {
    const stream = await ten()
    t.ok((await pinGrownStreams({ sql, clock: systemClock })) >= 1)
    t.equal(await pinGrownStreams({ sql, clock: systemClock }), 0)
    await appended(store, stream, 'more')
    t.equal(await pinGrownStreams({ sql, clock: systemClock }), 1)
    const [pins] = await store.pinsOf(scope, [stream], pageOf(10))
    t.same(
      pins?.items.map(({ item }) => [item.length, item.reason]),
      [
        [10n, 'SCHEDULE'],
        [11n, 'SCHEDULE'],
      ],
    )
    t.ok((await store.verify(scope, stream, { from: null, to: null })).ok)
  })

  t.test('pins of many streams are one statement, and those of another tenant are nobody’s', async (t) => {
    const { sql: counted, statements } = countingSql(sql)
    const [one, two, bare] = [await newStream(store), await newStream(store), await newStream(store)]
    for (const stream of [one, two]) await store.pin(scope, stream, { reason: 'MANUAL', actor: 'lee' })
    await appended(store, two, 'more')
    await store.pin(scope, two, { reason: 'MANUAL', actor: 'ada' })
    const pinnedBy = (pages: readonly Page<Pin>[]) => pages.map(({ items }) => items.map(({ item }) => item.pinnedBy))
    const found = await open(counted).pinsOf(scope, [two, bare, one], pageOf(1))
    t.same(pinnedBy(found), [['lee'], [], ['lee']])
    t.same(
      found.map(({ hasNextPage }) => hasNextPage),
      [true, false, false],
    )
    t.equal(statements.length, 1)
    t.same(pinnedBy(await store.pinsOf(scope, [two], pageOf(9, found[0]?.items[0]?.cursor))), [['ada']])
    t.same(pinnedBy(await store.pinsOf({ tenantId: 'other' }, [one, two], pageOf(9))), [[], []])
  })

  t.test('retention cuts the oldest and keeps the proof', async (t) => {
    const stream = await ten()
    const before = await store.extentOf(scope, stream)
    t.equal(await cutBefore({ sql, clock: systemClock }, stream, 4n), 4n)
    t.match(await store.extentOf(scope, stream), { length: 10n, firstOffset: 4n, headHash: before.headHash })
    t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: true, checked: 6n, headHash: before.headHash })
    const [first] = await store.read(scope, stream, { from: 0n, to: 10n })
    t.match(first, { offset: 4n, previousHash: /^[0-9a-f]{64}$/ })
    t.match(
      (await store.pinsOf(scope, [stream], pageOf(10)))[0]?.items.map(({ item }) => item),
      [{ length: 4n, reason: 'RETENTION', headHash: first?.previousHash }],
    )
    t.match(await appended(store, stream, 'next'), { firstOffset: 10n })
    await sql.run(
      `update record_streams set anchor_hash = set_byte(anchor_hash, 0, (get_byte(anchor_hash, 0) + 1) % 256) where stream_key = $1`,
      [BigInt(stream.key)],
    )
    t.match(await store.verify(scope, stream, { from: null, to: null }), { ok: false, firstBrokenOffset: 4n }, 'a forged anchor is found')
  })

  t.test('what retention cuts while it is checked is not missing, and what is changed behind it is still found', async (t) => {
    const stream = await ten()
    const verifyAmid = (from: bigint | null, cut: bigint) => {
      let due = true
      const cutting: Sql = {
        ...sql,
        async one<Row extends object>(...asked: Parameters<Sql['one']>) {
          const row = await sql.one<Row>(...asked)
          if (due && asked[0].includes('anchor_hash')) {
            due = false
            await cutBefore({ sql, clock: systemClock }, stream, cut)
          }
          return row
        },
      }
      return open(cutting).verify(scope, stream, { from, to: null })
    }
    t.match(await verifyAmid(null, 2n), { ok: true, checked: 8n })
    t.match(await verifyAmid(4n, 4n), { ok: true, checked: 6n }, 'also where the hash before the first one is what went')
    await sql.run('update records set kind = 2 where stream_key = $1 and record_offset = 7', [BigInt(stream.key)])
    t.match(await verifyAmid(null, 5n), { ok: false, firstBrokenOffset: 7n })
    t.match(await verifyAmid(null, 10n), { ok: true, checked: 0n }, 'nothing is left that could be wrong')
  })
}

function following(t: Test, sql: Sql) {
  const store = open(sql)

  t.test('a follower gets history, then what is appended by any process, each once and in order', async (t) => {
    const stream = await newStream(store)
    await appended(store, stream, ...Array.from({ length: 450 }, (_, index) => `h${index}`))
    const stop = new AbortController()
    t.teardown(() => stop.abort())
    const seen: bigint[] = []
    let lives = 0
    const writers = [store, open(sql)]
    const writing: Promise<unknown>[] = []
    for await (const step of store.follow(scope, stream, { from: 0n, epoch: stream.epoch, signal: stop.signal })) {
      if (step.kind === 'RECORDS') seen.push(...step.records.map(({ offset }) => offset))
      if (step.kind === 'LIVE') {
        lives += 1
        t.equal(step.length, 450n)
        for (let index = 0; index < 50; index += 1) {
          const writer = writers[index % 2]
          if (writer !== undefined) writing.push(appended(writer, stream, `l${index}`))
        }
      }
      if (seen.length >= 500) break
    }
    await Promise.all(writing)
    t.equal(lives, 1)
    t.same(
      seen,
      Array.from({ length: 500 }, (_, index) => BigInt(index)),
    )
  })

  t.test('what retention has cut is told as a gap, and a stream that was replaced ends the follower', async (t) => {
    const stream = await newStream(store)
    await appended(store, stream, 'a', 'b', 'c', 'd')
    await cutBefore({ sql, clock: systemClock }, stream, 2n)
    const stop = new AbortController()
    t.teardown(() => stop.abort())
    const steps: unknown[] = []
    for await (const step of store.follow(scope, stream, { from: 0n, epoch: stream.epoch, signal: stop.signal })) {
      steps.push(step.kind === 'RECORDS' ? step.records.map(({ offset }) => offset) : step)
      if (step.kind === 'LIVE')
        await sql.run(`update record_streams set epoch = 'another', length = 1 where stream_key = $1`, [BigInt(stream.key)])
    }
    t.match(steps, [
      { kind: 'GAP', from: 0n, to: 1n, reason: 'EXPIRED' },
      [2n, 3n],
      { kind: 'LIVE', length: 4n },
      { kind: 'GAP', reason: 'SOURCE_RESET' },
    ])
  })
}

for (const { name, sql } of await sqlAdapters(t)) {
  t.test(`records on ${name}`, async (t) => {
    appending(t, sql)
    ranges(t, sql)
    listing(t, sql)
    tampering(t, sql)
    following(t, sql)
  })
}
