// `npm run bench -- slo`: what objectives cost. 1,000 objectives over our own counters: the list, the evaluator's tick, an event, memory; tickets: verify in
// process, consume on PostgreSQL where DATABASE_URL is set.
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
import { createSqlNonces } from '../src/datasources/tickets/sql-nonces.ts'
import { newNonce, newTicketId, readToken, signTicket, writeToken } from '../src/datasources/tickets/ticket-message.ts'
import { isGenuine, judgeBinding, judgeTimes } from '../src/datasources/tickets/ticket-rules.ts'
import { systemClock } from '../src/time.ts'

const OBJECTIVES = 1000
const say = (name: string, value: number, unit: string, target: string): void =>
  void process.stdout.write(`| ${name} | ${value < 10 ? value.toFixed(2) : value.toFixed(0)} ${unit} | ${target} |\n`)
const p = (values: number[], q: number): number =>
  [...values].sort((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0

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
  const list = () => slo.list(scope, {}, 'REMAINING_ASC', page, null)
  await timed(5, list)
  say(`list of ${OBJECTIVES} objectives, ordered by what remains, p50`, p(await timed(40, list), 0.5), 'ms', '<= 20 ms')
  const log = openSqlLog({ sql, clock: systemClock })
  const evaluator = createEvaluator({
    ...{ sql, log, store, slo, states, clock: systemClock },
    logger: pino({ level: 'silent' }),
    intervalMs: 60_000,
  })
  await evaluator.tick()
  say(`evaluator, one look at ${OBJECTIVES} objectives, p50`, p(await timed(10, () => evaluator.tick()), 0.5), 'ms', '<= 300 ms')
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
  for (const _ of [1, 2]) {
    const begun = performance.now()
    for (let index = 0; index < many; index += 1) alone.record('all', { good: index % 7 !== 0 })
    if (_ === 2) say('recording an event, for the one objective concerned', ((performance.now() - begun) * 1e6) / many, 'ns', '<= 100 ns')
  }
}

async function tickets(): Promise<void> {
  const secret = randomBytes(64)
  const now = Date.now()
  const make = () =>
    signTicket(secret, {
      ...{ version: 'v2.0.0', kid: 'k1', id: newTicketId(), repoId: 'repo', baseCommit: 'a'.repeat(40), planHash: '', nonce: newNonce() },
      ...{ iat: now, exp: now + 3_600_000, scopes: ['execute', 'write'], patchSha256: '' },
    })
  const token = writeToken(make())
  const keys = [{ kid: 'k1', secret, verifyUntilMs: null }]
  const taken = await timed(20_000, () => {
    const ticket = readToken(token)
    if (!isGenuine(ticket, keys, now) || judgeTimes(ticket, now) !== 'OK' || judgeBinding(ticket, { repoId: 'repo' }) !== 'OK')
      throw new Error('it should hold')
  })
  say('verifying a ticket in process, p95', p(taken, 0.95) * 1000, 'us', '<= 1000 us')
  const url = process.env['DATABASE_URL']
  if (url === undefined) return void process.stdout.write('| using a ticket on PostgreSQL | DATABASE_URL is not set | >= 2000 /s |\n')
  const sql = openPostgresSql({ url, poolSize: 10, timeoutMs: 60_000 })
  await migrate(sql)
  const nonces = createSqlNonces({ sql })
  const writers = 20
  const each = 300
  const start = performance.now()
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let index = 0; index < each; index += 1) {
        const { id, nonce } = make()
        await nonces.consume({ tenantId: 'bench', ticketId: id, repoId: 'bench', nonce, expMs: now + 1000, nowMs: now })
      }
    }),
  )
  say('using tickets on PostgreSQL, 20 at once', (writers * each * 1000) / (performance.now() - start), '/s', '>= 2000 /s')
  await sql.run('delete from nonces where repo_id = $1', ['bench'])
  await sql.close()
}

process.stdout.write('| what | measured | target |\n|---|---|---|\n')
const parts: Readonly<Record<string, () => Promise<void> | void>> = { counting, objectives, tickets }
const asked = process.argv.slice(2)
for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part()
