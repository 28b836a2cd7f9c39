import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { type AppError } from '../../src/errors.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { type Sql, type SqlError } from '../../src/datasources/sql/sql.ts'
import { eventually } from '../support/eventually.ts'
import { startPostgres } from '../support/postgres.ts'
import { freePort } from '../support/server-process.ts'
import { createTestDatabase } from '../support/sql.ts'

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: AppError | SqlError) => ('code' in error ? error.code : error.sqlState),
  )

const answers = (sql: Sql) => () =>
  sql.ping(1_000).then(
    () => true,
    () => false,
  )

const elapsed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return Math.round(performance.now() - started)
}

t.test('a server that is not there fails calls quickly, never the opening', async (t) => {
  const sql = openPostgresSql({ url: `postgresql://orrery@127.0.0.1:${await freePort()}/orrery`, poolSize: 3, timeoutMs: 15_000 })
  t.teardown(() => sql.close())
  const tookMs = await elapsed(async () => {
    t.equal(await codeOf(sql.any('select 1')), 'SOURCE_UNAVAILABLE')
    t.equal(await codeOf(sql.transaction(async () => 1)), 'SOURCE_UNAVAILABLE')
    t.equal(await codeOf(sql.script('select 1')), 'SOURCE_UNAVAILABLE')
    t.equal(await codeOf(sql.tryLock('x')), 'SOURCE_UNAVAILABLE')
    t.equal(await codeOf(sql.ping(1_000)), 'SOURCE_UNAVAILABLE')
  })
  t.ok(tookMs < 10_000, `${tookMs} ms`)
  await t.rejects(sql.any('select 1'), { source: 'sql', retryable: true, message: /does not answer/ })
})

t.test('on a real server', async (t) => {
  const url = await createTestDatabase(t)
  if (url === null) return
  const open = (options: { url?: string; poolSize?: number; timeoutMs?: number } = {}): Sql => {
    const sql = openPostgresSql({ url, poolSize: 2, timeoutMs: 5_000, ...options })
    t.teardown(() => sql.close())
    return sql
  }

  t.test('a wrong login or database is an unavailable source, and tells clients nothing', async (t) => {
    for (const change of [(to: URL) => (to.pathname = '/not_there'), (to: URL) => (to.password = 'wrong')]) {
      const wrong = new URL(url)
      change(wrong)
      const error: AppError = await open({ url: wrong.href })
        .any('select 1')
        .then(
          () => t.fail('it was accepted'),
          (reason) => reason,
        )
      t.match(error, { code: 'SOURCE_UNAVAILABLE', source: 'sql' })
      t.notMatch(error.message, /not_there|password|orrery/)
    }
  })

  t.test('what a server says of its own state is an unavailable source', async (t) => {
    const sql = open()
    // no memory, a configured limit, a file that cannot be read, a database that takes no connections
    for (const state of ['53200', '53400', '58030', '55000'])
      await t.rejects(
        sql.run(`do $$ begin raise exception 'trouble' using errcode = '${state}'; end $$`),
        { code: 'SOURCE_UNAVAILABLE', source: 'sql' },
        state,
      )
  })

  t.test('an abandoned statement is stopped on the server', async (t) => {
    const sql = open()
    t.equal(await codeOf(sql.any(`select pg_sleep(30) as abandoned`, [], { timeoutMs: 100 })), 'DEADLINE_EXCEEDED')
    const running = async () =>
      (
        await sql.one<{ n: bigint }>(
          `select count(*) as n from pg_stat_activity where datname = current_database() and query like '%as abandoned' and state = 'active' and pid <> pg_backend_pid()`,
        )
      ).n
    await eventually(async () => (await running()) === 0n, { withinMs: 5_000, everyMs: 50 })
  })

  t.test('waiting for a free connection ends with the deadline, and loses no connection', async (t) => {
    const sql = open({ poolSize: 2 })
    for (let round = 0; round < 3; round += 1) {
      const busy = [1, 2].map(() => sql.any('select pg_sleep(0.3)'))
      const waiting = Array.from({ length: 20 }, () => codeOf(sql.any('select 1', [], { timeoutMs: 60 })))
      t.strictSame(new Set(await Promise.all(waiting)), new Set(['DEADLINE_EXCEEDED']))
      await Promise.all(busy)
    }
    t.strictSame(await Promise.all([1, 2, 3].map((n) => sql.one('select $1::int as n', [n]))), [{ n: 1 }, { n: 2 }, { n: 3 }])
  })

  t.test('a lock is lost with its session, and free for the next', async (t) => {
    const [one, two] = [open(), open()]
    const lease = await one.tryLock('worker')
    t.ok(lease)
    t.equal(await two.tryLock('worker'), null, 'one holder among processes')
    await two.run(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    )
    await eventually(() => lease!.lost.aborted, { withinMs: 10_000 })
    t.match(lease!.lost.reason, { code: 'SOURCE_UNAVAILABLE' })
    const next = await two.tryLock('worker')
    t.ok(next)
    await lease!.release()
    t.equal(await one.tryLock('worker'), null, 'a late release takes nothing from the next holder')
    await next!.release()
    const again = await one.tryLock('worker')
    t.ok(again, 'released is free at once')
    await again!.release()
  })
  t.end()
})

t.test('a server that dies the moment a connection is up fails the call, and nothing else', async (t) => {
  const message = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(5, type)
    head.writeInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  }
  const ready = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))])
  const died = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'))
  // in one packet: the driver reads the error before whoever asked for the connection has got it
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.concat([ready, died])))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const sql = openPostgresSql({ url: `postgresql://orrery@127.0.0.1:${port}/orrery`, poolSize: 3, timeoutMs: 5_000 })
  t.teardown(() => sql.close())
  for (let attempt = 0; attempt < 3; attempt++) t.equal(await codeOf(sql.any('select 1')), 'SOURCE_UNAVAILABLE')
})

t.test('a server that is killed, restarted or hung', async (t) => {
  const server = await startPostgres(t)
  if (server === null) return
  const sql = openPostgresSql({ url: server.url, poolSize: 4, timeoutMs: 2_000 })
  t.teardown(() => sql.close())
  await sql.script('create table written (id bigint primary key)')

  t.test('kill -9: what was running is unavailable, what follows too, and nothing hangs', async (t) => {
    const lease = await sql.tryLock('worker')
    await Promise.all([1, 2, 3, 4].map(() => sql.any('select pg_sleep(0.01)')))
    let entered: () => void = () => undefined
    const begun = new Promise<void>((resolve) => (entered = resolve))
    const transaction = codeOf(
      sql.transaction(
        async (tx) => {
          await tx.run('insert into written values (1)')
          entered()
          await tx.any('select pg_sleep(60)')
        },
        { timeoutMs: 30_000 },
      ),
    )
    const statement = codeOf(sql.any('select pg_sleep(60)', [], { timeoutMs: 30_000 }))
    await begun
    await server.kill()
    t.equal(await transaction, 'SOURCE_UNAVAILABLE')
    t.equal(await statement, 'SOURCE_UNAVAILABLE')
    await eventually(() => lease!.lost.aborted, { withinMs: 10_000 })
    t.equal(await codeOf(sql.any('select 1')), 'SOURCE_UNAVAILABLE', 'not its deadline')
    await server.restart()
    const recoveredMs = await elapsed(() => eventually(answers(sql), { withinMs: 20_000 }))
    t.comment(`answers ${recoveredMs} ms after the server does`)
    t.strictSame(await sql.any('select id from written'), [], 'the transaction is undone')
    const next = await sql.tryLock('worker')
    t.ok(next)
    await next!.release()
  })

  t.test('a hung server: every call ends with its deadline, the lock is lost, and all is well when it goes on', async (t) => {
    const lease = await sql.tryLock('worker')
    await Promise.all([1, 2, 3, 4].map(() => sql.any('select pg_sleep(0.01)')))
    server.pause()
    const tookMs = await elapsed(async () => {
      const codes = await Promise.all([
        ...Array.from({ length: 10 }, () => codeOf(sql.any('select 1', [], { timeoutMs: 500 }))),
        codeOf(sql.transaction((tx) => tx.any('select 1'), { timeoutMs: 500 })),
        codeOf(sql.ping(500)),
      ])
      t.strictSame(new Set(codes), new Set(['DEADLINE_EXCEEDED']))
    })
    t.ok(tookMs < 5_000, `${tookMs} ms`)
    t.equal(await codeOf(sql.tryLock('another')), 'DEADLINE_EXCEEDED')
    await eventually(() => lease!.lost.aborted, { withinMs: 20_000 })
    server.resume()
    const recoveredMs = await elapsed(() => eventually(answers(sql), { withinMs: 20_000 }))
    t.comment(`answers ${recoveredMs} ms after the server goes on`)
    t.equal(await sql.run('insert into written values (2)'), 1)
    await eventually(async () => {
      const next = await sql.tryLock('worker')
      await next?.release()
      return next !== null
    })
  })
  t.end()
})
