// `npm run bench -- slo [counting objectives verifying using]`: what objectives cost. 1,000 objectives over our own counters: the list, the evaluator's
// look at all, an event, memory; tickets: verifying in process and over HTTP, using on PostgreSQL where DATABASE_URL is set.
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { createSlo } from '../src/datasources/slo/index.ts'
import { createCounters } from '../src/datasources/slo/counters.ts'
import { createEvaluator } from '../src/datasources/slo/evaluator.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { readToken } from '../src/datasources/tickets/ticket-message.ts'
import { isGenuine, judgeBinding, judgeTimes } from '../src/datasources/tickets/ticket-rules.ts'
import { systemClock } from '../src/time.ts'
import { backings, liveServer } from '../test/support/live-server.ts'
import { createTestDatabase } from '../test/support/sql.ts'
import { nowhere, ticketsOver } from '../test/support/tickets.ts'
import { bench, elapsedMs, owner, quantile, readable } from './support/bench.ts'
import { load } from './support/load.ts'

const OBJECTIVES = 1000
const say = (name: string, value: number, unit: string, target: string): void =>
  void process.stdout.write(`| ${name} | ${readable(value)} ${unit} | ${target} |\n`)
async function timed(times: number, work: () => Promise<unknown> | unknown): Promise<number[]> {
  const taken: number[] = []
  for (let index = 0; index < times; index += 1) {
    const start = performance.now()
    await work()
    taken.push(performance.now() - start)
  }
  return taken
}

const specOf = (index: number) =>
  parseSpec({
    name: `objective-${index}`,
    service: `service-${index % 20}`,
    targetPpm: 999_000,
    window: { kind: 'ROLLING', seconds: 30 * 86_400 },
    minCoverage: 0,
    indicator: { source: 'COUNTERS', kind: 'RATIO', measure: `measure-${index}` },
  })

async function objectives(): Promise<void> {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 60_000 })
  await migrate(sql)
  const config = { prometheusUrl: undefined, alertmanagerUrl: undefined, sourceTimeoutMs: 60_000, defaultTenant: 'acme' }
  const { slo, store, states, counters } = createSlo({ sql, config, clock: systemClock })
  const scope = { tenantId: 'acme' }
  await sql.run('insert into slo_revisions (tenant_id, revision) values ($1, 1)', ['acme'])
  for (let index = 0; index < OBJECTIVES; index += 1) {
    const spec = specOf(index)
    await sql.run(
      'insert into slos (tenant_id, name, service, spec, target_ppm, revision, created_at_ns, updated_at_ns, updated_by) values ($1, $2, $3, $4, $5, 1, 0, 0, $6)',
      ['acme', spec.name, spec.service, JSON.stringify(spec), spec.targetPpm, 'bench'],
    )
  }
  counters.define(await store.all())
  for (let index = 0; index < OBJECTIVES; index += 1)
    for (let event = 0; event < 100; event += 1) counters.record(`measure-${index}`, { good: event % 50 !== 0 })
  const page = { size: 20, direction: 'FORWARD', cursor: null } as const
  const list = () => slo.reader(scope).list({}, 'REMAINING_ASC', page, null)
  await timed(5, list)
  say(`list of ${OBJECTIVES} objectives, ordered by what remains, p50`, quantile(await timed(40, list), 0.5), 'ms', '<= 20 ms')
  const log = openSqlLog({ sql, clock: systemClock })
  const evaluator = createEvaluator({
    ...{ sql, log, store, slo, states, clock: systemClock },
    logger: pino({ level: 'silent' }),
    intervalMs: 60_000,
  })
  await evaluator.tick()
  say(`evaluator, one look at ${OBJECTIVES} objectives, p50`, quantile(await timed(10, () => evaluator.tick()), 0.5), 'ms', '<= 300 ms')
  await log.close()
  await sql.close()
}

async function counting(): Promise<void> {
  let at = 1_800_000_000
  const counters = createCounters({ now: () => at })
  const definitions = Array.from({ length: OBJECTIVES }, (_, index) => ({
    ...specOf(index),
    ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'bench', corrections: [] },
    indicator: { source: 'COUNTERS' as const, kind: 'RATIO' as const, measure: 'all', thresholdMs: null },
  }))
  globalThis.gc?.()
  const before = process.memoryUsage()
  counters.define(definitions)
  globalThis.gc?.()
  const after = process.memoryUsage()
  say(
    'memory of one objective',
    (after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed) / OBJECTIVES / 1024,
    'KB',
    '<= 16 KB',
  )
  const events = 2000
  for (let index = 0; index < 200; index += 1) counters.record('all', { good: true })
  const start = performance.now()
  for (let index = 0; index < events; index += 1) {
    if (index % 100 === 0) at += 1
    counters.record('all', { good: index % 7 !== 0 })
  }
  await counters.measure([])
  say(
    'recording an event, for each of 1,000 objectives concerned',
    ((performance.now() - start) * 1e6) / events / OBJECTIVES,
    'ns',
    '<= 100 ns',
  )
  const alone = createCounters({ now: () => performance.now() / 1000 })
  alone.define(definitions.slice(0, 1))
  const many = 1_000_000
  const count = () => {
    for (let index = 0; index < many; index += 1) alone.record('all', { good: index % 7 !== 0 })
  }
  count()
  say('recording an event, for the one objective concerned', ((await elapsedMs(count)) * 1e6) / many, 'ns', '<= 100 ns')
}

/** Many at once, each after its last. */
async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
    }),
  )
}

const asked = {
  ...{ repoId: 'repo', baseCommit: 'a'.repeat(40), planHash: '', patchSha256: '', run: null },
  ...{ scopes: ['execute', 'write'], ttlMs: 3_600_000 },
}

async function verifying(): Promise<void> {
  const [backing] = await backings(owner, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(owner, backing, { env: { VERIFY_REQUESTS_PER_MINUTE: '0' } })
  const { tickets } = server.dataSources
  const scope = { tenantId: 'acme' }
  const { token } = await tickets.issue(scope, asked, 'bench')
  const verify = () => tickets.verify(scope, token, { repoId: 'repo' }, nowhere)
  const ticket = readToken(token)
  if (ticket === null) throw new Error('it should be a ticket')
  const key = [{ kid: ticket.kid, secret: randomBytes(64), verifyUntilMs: null }]
  const alone = await timed(5000, () => {
    const read = readToken(token)
    if (isGenuine(read, key, Date.now()) || judgeTimes(ticket, Date.now()) !== 'OK' || judgeBinding(ticket, { repoId: 'repo' }) !== 'OK')
      throw new Error('another key signed it, and it holds otherwise')
  })
  say('verifying a ticket in process: signature, times, binding, p95', quantile(alone, 0.95), 'ms', '<= 1 ms')
  await timed(500, verify)
  say('verifying a ticket in process, with what PGlite in its thread knows of it, p95', quantile(await timed(3000, verify), 0.95), 'ms', '')
  const body = JSON.stringify({
    query: 'query Verify($input: VerifyTicketInput!) { verifyTicket(input: $input) { valid code } }',
    variables: { input: { token, repoId: 'repo' } },
  })
  const asText = { ...asked, planHash: 'b'.repeat(64) }
  const { ticket: stamped, token: stampedToken } = await tickets.issue(scope, asText, 'bench')
  const signed = readToken(stampedToken)
  if (signed === null) throw new Error('it should be a ticket')
  const repoSHA = 'c'.repeat(40)
  const change = { ticket: signed, repoSha: repoSHA, files: [{ path: 'a', content: 'x' }] }
  const { stamps } = await tickets.execute(scope, change, {}, nowhere)
  const given = { stamp: stamps[0]?.stamp, repoSHA, planHash: asText.planHash, ticketId: stamped.id, fileContent: 'x' }
  for (const [what, path, sent] of [
    ['verifyTicket', '/graphql', body],
    ['POST /v1/verify', '/v1/verify', JSON.stringify(given)],
  ] as const) {
    const url = `${server.http}${path}`
    await load({ url, body: sent, seconds: 2, perSecond: 500 })
    const { p97Ms, p50Ms, perSecond, cpuMs } = await load({ url, body: sent, seconds: 8, perSecond: 500, connections: 20 })
    say(`${what}, CPU of the server for one`, cpuMs, 'ms', '')
    say(`${what}, 500 a second asked for, ${Math.round(perSecond)} answered, p50`, p50Ms, 'ms', '')
    say(`${what}, the same, p97.5`, p97Ms, 'ms', 'p95 < 25 ms')
  }
}

async function using(): Promise<void> {
  const url = await createTestDatabase(owner)
  if (url === null) return void process.stdout.write('| using a ticket on PostgreSQL | DATABASE_URL is not set | >= 2000 /s |\n')
  const sql = openPostgresSql({ url, poolSize: 10, timeoutMs: 60_000 })
  owner.teardown(() => sql.close())
  await migrate(sql)
  const { tickets } = ticketsOver(sql, null)
  const scope = { tenantId: 'acme' }
  for (const atOnce of [1, 20, 100]) {
    const made = await Promise.all(Array.from({ length: atOnce === 1 ? 500 : 4000 }, () => tickets.issue(scope, asked, 'bench')))
    const start = performance.now()
    await inTurns(made, atOnce, ({ token }) => tickets.consume(scope, token, { repoId: 'repo' }, nowhere))
    say(
      `using tickets on PostgreSQL, ${atOnce} at once`,
      (made.length * 1000) / (performance.now() - start),
      '/s',
      atOnce === 1 ? '' : '>= 2000 /s',
    )
  }
}

const parts: Readonly<Record<string, () => Promise<void>>> = { counting, objectives, verifying, using }
const named = process.argv.slice(2)
await bench(async () => {
  process.stdout.write('| what | measured | target |\n|---|---|---|\n')
  for (const [name, part] of Object.entries(parts)) if (named.length === 0 || named.includes(name)) await part()
})
