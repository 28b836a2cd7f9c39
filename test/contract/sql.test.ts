import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { AppError } from '../../src/errors.ts'
import { createSqlIdempotency } from '../../src/datasources/sql-idempotency.ts'
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { serverKey } from '../../src/datasources/sql/server-key.ts'
import { type Sql, SqlError, type SqlExecutor } from '../../src/datasources/sql/sql.ts'
import { type Clock, systemClock } from '../../src/time.ts'
import { eventually } from '../support/eventually.ts'
import { sqlAdapters } from '../support/sql.ts'

const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

const refusalOf = async (work: Promise<unknown>): Promise<SqlError> => {
  const error: unknown = await work.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  )
  if (error instanceof SqlError) return error
  throw error
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: AppError | SqlError) => ('code' in error ? error.code : error.sqlState),
  )

const folderWith = async (t: Test, files: Record<string, string>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'orrery-migrations-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

for (const { name, sql } of await sqlAdapters(t)) {
  t.test(`${name}: every type comes back as the port promises`, async (t) => {
    const row = await sql.one(
      `select 1::int8 as small, $1::int8 as min, $2::int8 as max, 7::int4 as int4, 1.5::float8 as float8, 'NaN'::float8 as nan, 12345678901234567890.50::numeric as numeric,
         true as yes, $3::bool as no, null::int8 as nothing, $4::text as text, ''::text as empty, $5::bytea as bytes, ''::bytea as no_bytes,
         '{"a":[1,"x",null],"b":{}}'::jsonb as jsonb, $6::json as json, 'null'::jsonb as json_null, '"text"'::jsonb as json_text,
         '2026-01-02 03:04:05.678+02'::timestamptz as moment, 'b6c0c0de-0000-4000-8000-000000000001'::uuid as uuid`,
      [MIN, MAX, false, 'Zoë \u0001 "quoted" \\ 日本 🪐', new Uint8Array([0, 1, 92, 255]), '{"n":1}'],
    )
    t.strictSame(row, {
      small: 1n,
      min: MIN,
      max: MAX,
      int4: 7,
      float8: 1.5,
      nan: NaN,
      numeric: '12345678901234567890.50',
      yes: true,
      no: false,
      nothing: null,
      text: 'Zoë \u0001 "quoted" \\ 日本 🪐',
      empty: '',
      bytes: new Uint8Array([0, 1, 92, 255]),
      no_bytes: new Uint8Array(),
      jsonb: { a: [1, 'x', null], b: {} },
      json: { n: 1 },
      json_null: null,
      json_text: 'text',
      moment: new Date('2026-01-02T01:04:05.678Z'),
      uuid: 'b6c0c0de-0000-4000-8000-000000000001',
    })
  })

  t.test(`${name}: arrays go in and come out element by element`, async (t) => {
    const texts = ['', 'null', 'NULL', 'a,b', '{c}', '"d"', '\\', ' spaces ', 'ünï\ncode', null]
    const row = await sql.one(
      `select $1::bigint[] as longs, $2::text[] as texts, $3::int4[] as ints, $4::bool[] as bools, $5::float8[] as floats, '{}'::text[] as none,
         array[[1,2],[3,4]]::bigint[] as nested, array['\\x00ff'::bytea] as blobs, array['2026-01-02 00:00:00+00'::timestamptz] as moments,
         array['{"a":"b,c"}'::jsonb, null] as documents, array['x y', 'z']::varchar[] as words`,
      [[MIN, null, 0n, MAX], texts, [1, -2], [true, false, null], [0.5, 1e300]],
    )
    t.strictSame(row, {
      longs: [MIN, null, 0n, MAX],
      texts,
      ints: [1, -2],
      bools: [true, false, null],
      floats: [0.5, 1e300],
      none: [],
      nested: [
        [1n, 2n],
        [3n, 4n],
      ],
      blobs: [new Uint8Array([0, 255])],
      moments: [new Date('2026-01-02T00:00:00Z')],
      documents: [{ a: 'b,c' }, null],
      words: ['x y', 'z'],
    })
    t.strictSame(await sql.any('select n from generate_series(1, 5) as n where n = any($1::bigint[])', [[2n, 4n, 9n]]), [
      { n: 2 },
      { n: 4 },
    ])
  })

  t.test(`${name}: method names keep their promise about the number of rows`, async (t) => {
    await sql.script('create table counted (id bigint primary key, word text); insert into counted values (1, null), (2, null)')
    t.strictSame(await sql.any('select id from counted where id > 9'), [])
    t.equal(await sql.maybeOne('select id from counted where id > 9'), null)
    t.strictSame(await sql.maybeOne('select id from counted where id = 1'), { id: 1n })
    await t.rejects(sql.one('select id from counted where id > 9'), /expected one row, got 0/)
    await t.rejects(sql.one('select id from counted'), /got 2 rows/)
    await t.rejects(sql.maybeOne('select id from counted'), /got 2 rows/)
    t.equal(await sql.run('update counted set word = $1', ['x']), 2)
    t.equal(await sql.run('delete from counted where id > 9'), 0)
    t.equal(await sql.run('insert into counted values (3, null) on conflict do nothing'), 1)
    t.equal(await sql.run('insert into counted values (3, null) on conflict do nothing'), 0)
    t.equal(await sql.run('create table counted_too (id bigint)'), 0)
  })

  t.test(`${name}: a refused statement keeps its SQLSTATE and constraint, and hurts no other`, async (t) => {
    await sql.script('create table refused (id bigint constraint refused_key primary key, n int check (n > 0))')
    await sql.run('insert into refused values (1, 1)')
    const twice = await refusalOf(sql.run('insert into refused values ($1, $2)', [1n, 1]))
    t.match(twice, { sqlState: '23505', constraint: 'refused_key' })
    t.ok(twice.isUniqueViolation())
    t.match(await refusalOf(sql.run('insert into refused values (2, 0)')), { sqlState: '23514', constraint: 'refused_n_check' })
    t.equal((await refusalOf(sql.any('select nope'))).sqlState, '42703')
    t.equal((await refusalOf(sql.any('selec 1'))).sqlState, '42601')
    t.equal((await refusalOf(sql.any('select 1; select 2'))).sqlState, '42601', 'one text is one statement')
    t.equal((await refusalOf(sql.any('select $1::int4', ['x']))).sqlState, '22P02')
    t.equal((await refusalOf(sql.any('select 1/$1::int4', [0]))).sqlState, '22012')
    t.equal((await refusalOf(sql.any('select $1::text', ['a\0b']))).sqlState, '22021', 'text with a zero byte is refused by the server')
    t.strictSame(await sql.one('select count(*) as n from refused'), { n: 1n })
  })

  t.test(`${name}: a transaction is all or nothing, and nobody sees its inside`, async (t) => {
    await sql.script('create table ledger (id bigint primary key)')
    const count = async () => (await sql.one<{ n: bigint }>('select count(*) as n from ledger')).n
    const result = await sql.transaction(async (tx) => {
      await tx.run('insert into ledger values (1)')
      t.strictSame(await tx.one('select count(*) as n from ledger'), { n: 1n })
      return 'done'
    })
    t.equal(result, 'done')
    await t.rejects(
      sql.transaction(async (tx) => {
        await tx.run('insert into ledger values (2)')
        throw new Error('changed my mind')
      }),
      { message: 'changed my mind' },
    )
    t.equal(await count(), 1n)
    t.match(await refusalOf(sql.transaction((tx) => tx.run('insert into ledger values (1)'))), { sqlState: '23505' })

    const swallowed = sql.transaction(async (tx) => {
      await tx.run('insert into ledger values (3)')
      await tx.run('insert into ledger values (1)').catch(() => undefined)
    })
    t.equal((await refusalOf(swallowed)).sqlState, '25P02', 'a swallowed refusal cannot look like a commit')
    t.equal(await count(), 1n)

    await sql.transaction(async (tx) => {
      await tx.run('savepoint before')
      await tx.run('insert into ledger values (1)').catch(() => undefined)
      await tx.run('rollback to savepoint before')
      await tx.run('insert into ledger values (4)')
    })
    t.equal(await count(), 2n)

    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let inside: () => void = () => undefined
    const entered = new Promise<void>((resolve) => (inside = resolve))
    const writer = sql.transaction(async (tx) => {
      await tx.run('insert into ledger values (5)')
      inside()
      await held
    })
    await entered
    const outside = count()
    release()
    await writer
    t.ok([2n, 3n].includes(await outside), 'another statement runs before or after, never inside')
    t.equal(await count(), 3n)
  })

  t.test(`${name}: statements of one transaction may be started together`, async (t) => {
    await sql.script('create table together (id bigint primary key)')
    await sql.transaction((tx) => Promise.all([1n, 2n, 3n].map((id) => tx.run('insert into together values ($1)', [id]))))
    await t.rejects(sql.transaction((tx) => Promise.all([4n, 1n, 5n].map((id) => tx.run('insert into together values ($1)', [id])))))
    t.strictSame(await sql.any('select id from together order by id'), [{ id: 1n }, { id: 2n }, { id: 3n }])
    await sql.script('create table forgotten (id bigint primary key)')
    await sql.transaction(async (tx) => {
      void tx.run('insert into forgotten values (1)')
    })
    t.strictSame(await sql.one('select count(*) as n from forgotten'), { n: 1n }, 'one that was not awaited is part of it')
  })

  t.test(`${name}: misuse of transactions is an error at once, never a wait for oneself`, async (t) => {
    t.equal((await refusalOf(sql.transaction(() => sql.transaction(async () => 1)))).sqlState, '25000')
    t.equal((await refusalOf(sql.transaction(() => sql.any('select 1')))).sqlState, '25000')
    t.equal((await refusalOf(sql.transaction(() => sql.script('select 1')))).sqlState, '25000')
    let kept: SqlExecutor | null = null
    await sql.transaction(async (tx) => {
      kept = tx
    })
    t.equal((await refusalOf(kept!.any('select 1'))).sqlState, '25000', 'its executor ends with it')
  })

  t.test(`${name}: 50 concurrent transactions that read and write one row lose no update`, async (t) => {
    await sql.script('create table counter (n bigint); insert into counter values (0)')
    const increment = () =>
      sql.transaction(async (tx) => {
        const { n } = await tx.one<{ n: bigint }>('select n from counter for update')
        await tx.run('update counter set n = $1', [n + 1n])
      })
    await Promise.all(Array.from({ length: 50 }, increment))
    t.strictSame(await sql.one('select n from counter'), { n: 50n })
  })

  t.test(`${name}: a bulk insert of thousands of rows is one statement`, async (t) => {
    await sql.script('create table bulk (id bigint primary key, word text, payload bytea)')
    const ids = Array.from({ length: 5_000 }, (_, index) => BigInt(index))
    const words = ids.map((id) => (id % 3n === 0n ? null : `word "${id}", {x}`))
    const started = performance.now()
    t.equal(await sql.run('insert into bulk select * from unnest($1::bigint[], $2::text[])', [ids, words]), 5_000)
    const inserted = performance.now()
    t.equal((await sql.any('select id, word from bulk where id = any($1::bigint[])', [ids])).length, 5_000)
    t.comment(`5,000 rows: in ${Math.round(inserted - started)} ms, out ${Math.round(performance.now() - inserted)} ms`)
    t.strictSame(await sql.any('select word from bulk where id in (0, 4) order by id'), [{ word: null }, { word: 'word "4", {x}' }])
    const big = new Uint8Array(3_000_000).fill(7)
    await sql.run('insert into bulk values (-1, null, $1)', [big])
    const { payload } = await sql.one<{ payload: Uint8Array }>('select payload from bulk where id = -1')
    t.ok(Buffer.from(payload).equals(big))
  })

  t.test(`${name}: a slow statement ends with its deadline, and the store stays usable`, async (t) => {
    const started = performance.now()
    t.equal(await codeOf(sql.any('select pg_sleep(1.5)', [], { timeoutMs: 100 })), 'DEADLINE_EXCEEDED')
    t.ok(performance.now() - started < 1_000, 'the wait was short')
    t.equal(await codeOf(sql.transaction((tx) => tx.any('select pg_sleep(0.5)', [], { timeoutMs: 100 }))), 'DEADLINE_EXCEEDED')
    t.strictSame(await sql.one('select 1 as one'), { one: 1 })
    const swallowed = sql.transaction(async (tx) => {
      await tx.any('select pg_sleep(0.5)', [], { timeoutMs: 50 }).catch(() => undefined)
    })
    t.equal(await codeOf(swallowed), 'DEADLINE_EXCEEDED', 'a statement whose end nobody saw cannot be committed')
  })

  t.test(`${name}: a transaction that its owner never finishes is rolled back by its deadline`, async (t) => {
    await sql.script('create table orphan (id bigint primary key)')
    let late: Promise<string> | null = null
    const stuck = sql.transaction(
      async (tx) => {
        await tx.run('insert into orphan values (1)')
        await new Promise((resolve) => setTimeout(resolve, 3_000))
        late = codeOf(tx.run('insert into orphan values (2)'))
        await late
      },
      { timeoutMs: 1_500 },
    )
    t.equal(await codeOf(stuck), 'DEADLINE_EXCEEDED')
    t.equal(await sql.run('insert into orphan values (1)'), 1, 'others go on')
    await eventually(() => late !== null)
    t.equal(await late, 'DEADLINE_EXCEEDED', 'what the owner does later is refused')
    t.strictSame(await sql.any('select id from orphan'), [{ id: 1n }])
  })

  t.test(`${name}: a caller that leaves ends its wait`, async (t) => {
    const gone = new AbortController()
    const waiting = codeOf(sql.any('select pg_sleep(1)', [], { signal: gone.signal }))
    gone.abort()
    t.equal(await waiting, 'DEADLINE_EXCEEDED')
    t.equal(await codeOf(sql.any('select 1', [], { signal: AbortSignal.abort() })), 'DEADLINE_EXCEEDED', 'one that has left does not begin')
    const warnings: Error[] = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on('warning', onWarning)
    const patient = new AbortController()
    await Promise.all(Array.from({ length: 30 }, () => sql.any('select 1', [], { signal: patient.signal })))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    t.strictSame(warnings, [], 'many statements may share one signal')
    const leaving = new AbortController()
    const transaction = codeOf(sql.transaction(async (tx) => (leaving.abort(), tx.any('select 1')), { signal: leaving.signal }))
    t.equal(await transaction, 'DEADLINE_EXCEEDED')
    t.strictSame(await sql.one('select 1 as one'), { one: 1 })
  })

  t.test(`${name}: a script may hold several statements, and leaves no transaction behind`, async (t) => {
    await sql.script(`create table scripted (word text); insert into scripted values ('semi;colon'); -- comment; here`)
    t.equal((await refusalOf(sql.script('begin; insert into scripted values (1); select nope; commit;'))).sqlState, '42703')
    await sql.script('begin; insert into scripted values (2)')
    await Promise.all(Array.from({ length: 12 }, () => sql.run('insert into scripted values ($1)', ['after'])))
    t.strictSame(await sql.one(`select count(*) as n from scripted where word = 'after'`), { n: 12n })
    t.strictSame(await sql.one(`select count(*) as n from scripted where word <> 'after'`), { n: 1n })
  })

  t.test(`${name}: a named lock has one holder at a time`, async (t) => {
    const first = await sql.tryLock('worker')
    t.ok(first)
    t.equal(await sql.tryLock('worker'), null)
    const other = await sql.tryLock('another')
    t.ok(other)
    t.notOk(first!.lost.aborted)
    await first!.release()
    await first!.release()
    t.notOk(first!.lost.aborted, 'releasing is not losing')
    const second = await sql.tryLock('worker')
    t.ok(second)
    await first!.release()
    t.equal(await sql.tryLock('worker'), null, 'an old lease cannot release a new one')
    await second!.release()
    await other!.release()
  })

  t.test(`${name}: it says that it is there, and what it is`, async (t) => {
    await sql.ping(1_000)
    t.match(await sql.version(), /^PostgreSQL \d+\.\d+$/)
    t.equal(sql.mode, name === 'pglite' ? 'EMBEDDED' : 'CONNECTED')
  })

  t.test(`${name}: a value that cannot be spelled is an error here, not text in the store`, async (t) => {
    const values: unknown[] = [undefined]
    await t.rejects(sql.any('select $1::text', values as never[]), TypeError)
  })

  t.test(`${name}: migrations run once, in order, also when two start together`, async (t) => {
    t.strictSame(await migrate(sql), [], 'the helper had run them')
    const folder = await folderWith(t, {})
    const own = await sql.any<{ name: string }>('select name from schema_migrations')
    t.ok(own.length >= 1)
    await t.rejects(migrate(sql, folder), /newer version/)
  })

  t.test(`${name}: server keys are made once, whoever asks first`, async (t) => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => serverKey(sql, 'cursor', systemClock)))
    t.equal(keys[0]?.byteLength, 32)
    for (const key of keys) t.strictSame(key, keys[0])
    t.notSame(await serverKey(sql, 'other', systemClock), keys[0])
  })

  t.test(`${name}: a mutation with an idempotency key is done once`, async (t) => {
    const clock: Clock & { ahead: bigint } = { ahead: 0n, now: () => systemClock.now() + clock.ahead }
    const store = createSqlIdempotency({ sql, clock, operationTimeoutMs: 15_000, waitMs: 2_000 })
    const scope = { tenantId: 'acme' }
    let done = 0
    const work = async () => ({ n: ++done, long: MAX, $bigint: 'no tag', $$: [1n, null, 'ü'], nested: { deep: true } })
    const answers = await Promise.all(Array.from({ length: 5 }, () => store.once(scope, 'ann', 'k1', 'hash', work)))
    t.equal(done, 1)
    t.equal(answers.filter(({ repeated }) => repeated).length, 4)
    for (const { value } of answers)
      t.strictSame(value, { n: 1, long: MAX, $bigint: 'no tag', $$: [1n, null, 'ü'], nested: { deep: true } })
    t.equal(await codeOf(store.once(scope, 'ann', 'k1', 'another hash', work)), 'CONFLICT')
    t.notOk((await store.once(scope, 'bob', 'k1', 'hash', work)).repeated, 'a key belongs to its actor')
    t.notOk((await store.once({ tenantId: 'other' }, 'ann', 'k1', 'hash', work)).repeated, 'and to its tenant')

    await t.rejects(
      store.once(scope, 'ann', 'k2', 'hash', async () => {
        throw new Error('failed')
      }),
      /failed/,
    )
    t.notOk((await store.once(scope, 'ann', 'k2', 'hash', work)).repeated, 'a failed one may be tried again')

    let finish: () => void = () => undefined
    const slow = store.once(scope, 'ann', 'k3', 'hash', () => new Promise<string>((resolve) => (finish = () => resolve('slow'))))
    await eventually(async () => (await sql.maybeOne(`select 1 as one from idempotency_keys where key = 'k3'`)) !== null)
    t.equal(await codeOf(store.once(scope, 'ann', 'k3', 'hash', work)), 'CONFLICT', 'the wait for the first is bounded')
    clock.ahead += 46_000_000_000n
    const successor = await store.once(scope, 'ann', 'k3', 'hash', async () => 'taken over')
    t.strictSame(successor, { value: 'taken over', repeated: false }, 'who did not answer for 30 s has crashed')
    finish()
    await slow
    t.strictSame(await store.once(scope, 'ann', 'k3', 'hash', async () => 'again'), { value: 'taken over', repeated: true })

    const doubtful = (written: string) => new AppError('SOURCE_UNAVAILABLE', 'gone', { source: 'craton', details: { written } })
    const seen: (string | null)[] = []
    const attempt = (place: string, error: Error | null) =>
      store.once(scope, 'ann', 'k4', 'hash', async ({ earlier, note }) => {
        seen.push(earlier)
        await note(place)
        if (error !== null) throw error
        return place
      })
    for (const [place, error] of [
      ['known', doubtful('NO')],
      ['5', doubtful('UNKNOWN')],
      ['6', doubtful('NO')],
    ] as const)
      t.equal(await codeOf(attempt(place, error)), 'SOURCE_UNAVAILABLE')
    t.strictSame(await attempt('7', null), { value: '7', repeated: false })
    t.strictSame(seen, [null, null, '5', '6'], 'while a try is in doubt, the next one is told what it noted, at once')
    t.strictSame(await attempt('8', null), { value: '7', repeated: true })

    let crash: () => void = () => undefined
    const crashed = store.once(scope, 'ann', 'k5', 'hash', async ({ note }) => {
      await note('before the crash')
      await new Promise<void>((resolve) => (crash = resolve))
      await note('after it')
    })
    await eventually(async () => (await sql.maybeOne(`select 1 as one from idempotency_keys where note = 'before the crash'`)) !== null)
    clock.ahead += 46_000_000_000n
    const after = await store.once(scope, 'ann', 'k5', 'hash', async ({ earlier }) => earlier)
    t.strictSame(after, { value: 'before the crash', repeated: false }, 'who takes over is told too')
    crash()
    t.equal(await codeOf(crashed), 'CONFLICT', 'and who was taken for crashed may not go on')

    clock.ahead += 86_400_000_000_000n
    t.notOk((await store.once(scope, 'ann', 'k1', 'another hash', work)).repeated, 'a key is forgotten after a day')
    t.strictSame(await sql.one('select count(*) as n from idempotency_keys'), { n: 1n }, 'and purged')
    await sql.run(
      `insert into idempotency_keys (tenant_id, actor_id, key, request_hash, result, created_at_ns, expires_at_ns)
       select 'acme', 'old', n::text, 'hash', null, 0, 1 from generate_series(1, 2500) as n`,
    )
    clock.ahead += 601_000_000_000n
    for (const key of ['p1', 'p2', 'p3']) await store.once(scope, 'ann', key, 'hash', work)
    t.strictSame(await sql.one(`select count(*) as n from idempotency_keys where actor_id = 'old'`), { n: 0n }, 'as fast as they come')
  })
}

t.test('migrations: changed, newer, misnamed and failing files are told apart', async (t) => {
  for (const { name, sql } of await sqlAdapters(t, { migrated: false })) {
    const one = 'create table one (id bigint);\ninsert into one values (1);'
    const both = await folderWith(t, { '0001_one.sql': one, '0002_two.sql': 'alter table one add column word text' })
    const applied = await Promise.all([migrate(sql, both), migrate(sql, both), migrate(sql, both)])
    t.strictSame(applied.flat().sort(), ['0001_one.sql', '0002_two.sql'], `${name}: each ran once`)
    t.strictSame(await sql.any('select * from one'), [{ id: 1n, word: null }])
    t.strictSame(await migrate(sql, both), [])
    await t.rejects(migrate(sql, await folderWith(t, { '0001_one.sql': one })), /0002_two\.sql.*newer version/)
    await t.rejects(migrate(sql, await folderWith(t, { '0001_one.sql': `${one} `, '0002_two.sql': '' })), /0001_one\.sql was changed/)
    await t.rejects(migrate(sql, await folderWith(t, { 'one.sql': one })), /one\.sql cannot be a migration/)
    await t.rejects(migrate(sql, await folderWith(t, { '0001_one.sql': one, '0001_two.sql': one })), /no number is used twice/)
    const broken = await folderWith(t, {
      '0001_one.sql': one,
      '0002_two.sql': 'alter table one add column word text',
      '0003_three.sql': 'create table three (id bigint); select nope;',
    })
    t.equal((await refusalOf(migrate(sql, broken))).sqlState, '42703')
    t.strictSame(await sql.one(`select to_regclass('three')::text as made`), { made: null }, `${name}: a failed file leaves nothing`)
    await writeFile(join(broken, '0003_three.sql'), 'create table three (id bigint)')
    t.strictSame(await migrate(sql, broken), ['0003_three.sql'], `${name}: and can be run again when mended`)
    const sparse = {
      '0001_one.sql': one,
      '0002_two.sql': 'alter table one add column word text',
      '0003_three.sql': 'create table three (id bigint)',
    }
    const later = { ...sparse, '0012_late.sql': 'create table late (id bigint)' }
    t.strictSame(await migrate(sql, await folderWith(t, later)), ['0012_late.sql'], `${name}: numbers may be left out`)
    const between = { ...later, '0007_between.sql': 'create table between_them (id bigint)' }
    t.strictSame(await migrate(sql, await folderWith(t, between)), ['0007_between.sql'], `${name}: and a lower one may arrive later`)
  }
})

t.test('a closed store refuses, and closing twice is harmless', async (t) => {
  for (const { name, sql } of await sqlAdapters(t, { migrated: false })) {
    const lease = await sql.tryLock('held')
    const running: Promise<unknown> = sql.any('select pg_sleep(0.1)')
    await Promise.all([sql.close(), sql.close()])
    await running
    const refused: Sql = sql
    t.equal(await codeOf(refused.any('select 1')), 'SOURCE_UNAVAILABLE', name)
    t.equal(await codeOf(refused.transaction(async () => 1)), 'SOURCE_UNAVAILABLE', name)
    t.equal(await codeOf(refused.tryLock('other')), 'SOURCE_UNAVAILABLE', name)
    await lease?.release()
  }
})
