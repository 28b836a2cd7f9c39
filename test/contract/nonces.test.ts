import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { isAppError } from '../../src/errors.ts'
import { createNonceProbe, nowhere, ticketsOver } from '../support/tickets.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis } from '../support/redis.ts'
import { createTestDatabase } from '../support/sql.ts'

interface Store {
  readonly sql: Sql
  /** Null: other processes cannot reach it. */
  readonly databaseUrl: string | null
  readonly redisUrl: string | null
}

async function pglite(t: Test): Promise<Sql> {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 30_000 })
  t.teardown(() => sql.close())
  await migrate(sql)
  return sql
}

async function postgres(t: Test): Promise<{ sql: Sql; url: string } | null> {
  const url = await createTestDatabase(t)
  if (url === null) return null
  const sql = openPostgresSql({ url, poolSize: 5, timeoutMs: 30_000 })
  t.teardown(() => sql.close())
  await migrate(sql)
  return { sql, url }
}

const stores: Readonly<Record<string, (t: Test) => Promise<Store | null>>> = {
  PGlite: async (t) => ({ sql: await pglite(t), databaseUrl: null, redisUrl: null }),
  PostgreSQL: async (t) => {
    const found = await postgres(t)
    return found === null ? null : { sql: found.sql, databaseUrl: found.url, redisUrl: null }
  },
  Redis: async (t) => {
    const found = await postgres(t)
    const redis = await startRedis(t)
    return found === null || redis === null ? null : { sql: found.sql, databaseUrl: found.url, redisUrl: redis.url }
  },
}

const scope = { tenantId: 'acme' }
const asked = {
  ...{ repoId: 'repo-1', baseCommit: 'a'.repeat(40), planHash: '', patchSha256: '', run: null },
  ...{ scopes: ['write'], ttlMs: 3_600_000 },
}

for (const [name, open] of Object.entries(stores))
  t.test(`nonces in ${name}`, async (t) => {
    const store = await open(t)
    if (store === null) return
    const { tickets, close } = ticketsOver(store.sql, store.redisUrl)
    t.teardown(close)
    const use = async (token: string, tenantId = 'acme') => (await tickets.consume({ tenantId }, token, {}, nowhere)).code

    t.test('a ticket is used once, whoever tries how often', async (t) => {
      const { token, ticket } = await tickets.issue(scope, asked, 'lee')
      t.match(await tickets.verify(scope, token, {}, nowhere), { code: 'OK', nonceSeen: false })
      const codes = await Promise.all(Array.from({ length: 100 }, () => use(token)))
      t.equal(codes.filter((code) => code === 'OK').length, 1)
      t.equal(codes.filter((code) => code === 'REPLAY').length, 99)
      t.match(await tickets.verify(scope, token, {}, nowhere), { code: 'OK', nonceSeen: true })
      t.type((await tickets.find(scope, ticket.id))?.consumedAtMs, 'number')
      t.match(await tickets.stats(scope), { noncesTracked: 1, repositories: 1, oldestNonceExpiresMs: ticket.expiresAtMs + 300_000 })
    })

    t.test('used together, each ticket has its own answer', async (t) => {
      const made = await Promise.all(Array.from({ length: 4 }, () => tickets.issue(scope, asked, 'lee')))
      const [good, revoked, foreign, repeated] = made.map(({ token }) => token)
      await tickets.revoke(scope, made[1]?.ticket.id ?? '', 'not needed')
      const codes = await Promise.all([
        use(good ?? ''),
        use(revoked ?? ''),
        use(foreign ?? '', 'globex'),
        use(repeated ?? ''),
        use(repeated ?? ''),
        use(`${good ?? ''}x`),
      ])
      t.same([...codes].sort(), ['INVALID_SIGNATURE', 'INVALID_SIGNATURE', 'OK', 'OK', 'REPLAY', 'REVOKED'])
      t.equal(await use(foreign ?? ''), 'OK', 'a stranger used nothing up')
    })

    t.test('a nonce is known per repository', async (t) => {
      const nonces = createNonceProbe(store)
      t.teardown(nonces.close)
      const nonce = randomBytes(32).toString('base64url')
      const given = { tenantId: 'acme', ticketId: 'tkn_x', nonce, expMs: Date.now() + 60_000, nowMs: Date.now() }
      t.equal(await nonces.consume({ ...given, repoId: 'one' }), 'OK')
      t.equal(await nonces.consume({ ...given, repoId: 'two' }), 'OK')
      t.equal(await nonces.consume({ ...given, repoId: 'one' }), 'REPLAY')
    })

    if (store.databaseUrl !== null)
      t.test('of 1,000 attempts of 3 processes at once on one ticket exactly one wins', async (t) => {
        const { token } = await tickets.issue(scope, asked, 'lee')
        const children: ChildProcess[] = [334, 333, 333].map((attempts) =>
          fork(new URL('../support/consume-process.js', import.meta.url), [
            store.databaseUrl ?? '',
            store.redisUrl ?? '',
            token,
            String(attempts),
          ]),
        )
        t.teardown(() => children.forEach((child) => child.kill('SIGKILL')))
        await Promise.all(children.map((child) => once(child, 'message')))
        const told = await Promise.all(
          children.map(async (child): Promise<string[]> => {
            const answer = once(child, 'message')
            child.send('go')
            const [codes]: string[][] = await answer
            return codes ?? []
          }),
        )
        const codes = told.flat()
        t.equal(codes.length, 1000)
        t.equal(codes.filter((code) => code === 'OK').length, 1)
        t.equal(codes.filter((code) => code === 'REPLAY').length, 999)
      })
  })

t.test('a Redis that evicts keys is refused, at the start and at every use, and says what to change', async (t) => {
  const redis = await startRedis(t, ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'])
  if (redis === null) return
  const { tickets, close } = ticketsOver(await pglite(t), redis.url)
  t.teardown(close)
  await t.rejects(tickets.checkNonces(), { message: /maxmemory-policy noeviction/ })
  const { token } = await tickets.issue(scope, asked, 'lee')
  t.equal((await tickets.consume(scope, token, {}, nowhere)).code, 'STORE_UNAVAILABLE')
})

t.test('a store that is away refuses, and the ticket is not used up', async (t) => {
  const redis = await startRedis(t)
  if (redis === null) return
  const { tickets, close } = ticketsOver(await pglite(t), redis.url)
  t.teardown(close)
  const { token } = await tickets.issue(scope, asked, 'lee')
  await redis.kill()
  await tickets.checkNonces()
  t.equal((await tickets.consume(scope, token, {}, nowhere)).code, 'STORE_UNAVAILABLE')
  await redis.restart()
  const codes: string[] = []
  await eventually(
    async () => codes.push((await tickets.consume(scope, token, {}, nowhere)).code) > 0 && codes.at(-1) !== 'STORE_UNAVAILABLE',
    {
      withinMs: 30_000,
    },
  )
  t.equal(codes.at(-1), 'OK')
  t.equal((await tickets.consume(scope, token, {}, nowhere)).code, 'REPLAY')
  const gone = openPostgresSql({ url: 'postgresql://nobody@127.0.0.1:1/none', poolSize: 1, timeoutMs: 1000 })
  t.teardown(() => gone.close())
  const probe = createNonceProbe({ sql: gone, redisUrl: null })
  t.teardown(probe.close)
  const refusal = await probe.consume({ tenantId: 'a', ticketId: 't', repoId: 'r', nonce: 'n', expMs: 1, nowMs: 0 }).then(
    () => null,
    (error: unknown) => error,
  )
  t.ok(isAppError(refusal, 'SOURCE_UNAVAILABLE'))
})
