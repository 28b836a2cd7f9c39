// What the contract says not to inherit (contract: guarantees 14), line by line, and the properties of its section 26 that no other file holds.
// docs/guarantees.md names the test of every line; the last test here keeps that table true.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { securityEventTypes, invariantNames } from '../src/datasources/guarantees/signals.ts'
import { checkBudget, checkIncremental } from '../src/datasources/guarantees/invariants.ts'
import { createCounters } from '../src/datasources/slo/counters.ts'
import { contractRules, contractRulesYaml } from '../src/datasources/slo/contract-rules.ts'
import { joinIncident, listIncidents, settleIncidents } from '../src/datasources/slo/incidents.ts'
import { type SloDefinition } from '../src/datasources/slo/slo.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { canonicalPatch } from '../src/datasources/tickets/canonical-patch.ts'
import {
  isSignedBy,
  readToken,
  signTicket,
  type SignedTicket,
  ticketMessage,
  writeToken,
} from '../src/datasources/tickets/ticket-message.ts'
import { judgeTimes } from '../src/datasources/tickets/ticket-rules.ts'
import { packageRoot } from '../src/root.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'
import { countOperations } from '../src/telemetry/slo-counting.ts'
import { systemClock } from '../src/time.ts'
import { ensureOwnSlos } from '../src/datasources/slo/own-slos.ts'
import { eventually } from './support/eventually.ts'
import { backings, liveServer } from './support/live-server.ts'
import { standingClock } from './support/run-log.ts'
import { nowhere, ticketsOver } from './support/tickets.ts'

const acme = { tenantId: 'acme' }
const asked = {
  ...{ repoId: 'repo-1', baseCommit: 'a'.repeat(40), planHash: 'b'.repeat(64), patchSha256: '', run: null },
  ...{ scopes: ['write'], ttlMs: 3_600_000 },
}
const day = 86_400_000

const counted = (name: string): SloDefinition => ({
  ...parseSpec({
    name,
    service: 's',
    targetPpm: 999_000,
    window: { kind: 'ROLLING', seconds: 3600 },
    indicator: { source: 'COUNTERS', kind: 'RATIO', measure: name },
  }),
  ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'lee', corrections: [] },
})

t.test('guarantees', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const { sql } = backing
  let statements = 0
  const counting: Sql = {
    ...sql,
    any: (...given) => ((statements += 1), sql.any(...given)),
    one: (...given) => ((statements += 1), sql.one(...given)),
    maybeOne: (...given) => ((statements += 1), sql.maybeOne(...given)),
    run: (...given) => ((statements += 1), sql.run(...given)),
    transaction: (...given) => ((statements += 1), sql.transaction(...given)),
  }
  const guarantees = ticketsOver(counting, null)
  const { tickets, invariants, security } = guarantees
  const use = async (token: string) => (await tickets.consume(acme, token, {}, nowhere)).code
  const fieldsOf = (token: string): SignedTicket => {
    const ticket = readToken(token)
    if (ticket === null) throw new Error('no ticket')
    return ticket
  }
  const server = await liveServer(t, backing)
  const { sloStore, sliCounters } = server.dataSources
  const page = async () =>
    (await (await fetch(`${server.http}/status`)).json()) as {
      status: string
      slos: Record<string, { current: unknown; status: unknown; reasons: string[] }>
    }

  t.test('14.1 a cold start is healthy: what has no events is null with a reason', async (t) => {
    await ensureOwnSlos(sql, sloStore, server.config)
    const { status, slos } = await page()
    t.equal(status, 'healthy')
    t.match(slos['availability'], { current: null, status: null, reasons: ['NO_TRAFFIC'] })
  })

  t.test('14.2 the rules are YAML, and look at nothing that is never sent', async (t) => {
    t.ok(parse(contractRulesYaml()))
    const said = contractRules()
      .flatMap(({ rules }) => rules.map(({ expr }) => expr))
      .join('\n')
    const named = (label: string) => [...said.matchAll(new RegExp(`${label}="([^"]+)"`, 'g'))].map(([, value]) => value)
    t.ok(named('event_type').length > 0 && named('event_type').every((type) => securityEventTypes.some((known) => known === type)))
    t.ok(named('invariant_name').length > 0 && named('invariant_name').every((name) => invariantNames.some((known) => known === name)))
  })

  t.test('14.3 quantiles are taken over all replicas: each rule gives one alert, not one a replica', async (t) => {
    const perInstance = new Set(['MemoryUsageHigh'])
    for (const { rules } of contractRules())
      for (const { alert, expr } of rules) {
        if (!perInstance.has(alert)) t.match(expr, /\bsum\b/, alert)
        if (expr.includes('histogram_quantile')) t.match(expr, /sum by \(le\) \(rate\(/, alert)
      }
  })

  t.test('14.5 every series is there at 0 before its first event', async (t) => {
    const text = await (await fetch(`${server.http}/metrics`)).text()
    const zero = (series: string) => t.match(text, `${series} 0\n`, series)
    for (const type of securityEventTypes) zero(`security_events_total{event_type="${type}"}`)
    for (const name of invariantNames)
      for (const severity of ['error', 'warning', 'info'])
        for (const outcome of ['refused', 'accepted'])
          zero(`invariant_violations_total{invariant_name="${name}",severity="${severity}",outcome="${outcome}"}`)
    for (const type of ['metrics', 'traces', 'sbom', 'compat', 'report', 'provenance'])
      zero(`artifact_generation_failures_total{artifact_type="${type}"}`)
    for (const resource of ['cpu', 'memory', 'disk', 'wall'])
      zero(`performance_budget_violations_total{resource_type="${resource}",violation_reason="limit_exceeded"}`)
    for (const name of [
      'sbom_generation_failures_total',
      'ticket_requests_total',
      'stamp_verifications_total',
      'stamp_verification_failures_total',
      'mutation_executions_total',
    ])
      zero(name)
    // edges exactly at every threshold of the contract
    for (const edge of ['0.4', '0.8']) t.match(text, `http_request_duration_seconds_bucket{le="${edge}"`, edge)
    for (const edge of ['0.025', '0.0375', '0.05']) zero(`ticket_verification_duration_seconds_bucket{le="${edge}"}`)
    zero('ticket_verification_duration_seconds_count')
  })

  t.test('14.6 no index asks what time it is', async (t) => {
    const folder = join(packageRoot, 'migrations')
    for (const file of readdirSync(folder))
      for (const [statement] of readFileSync(join(folder, file), 'utf8').matchAll(/create (?:unique )?index[^;]+;/gi))
        t.notMatch(statement, /now\s*\(|current_/i, file)
  })

  t.test('14.8 a forged copy writes nothing, and the genuine ticket still holds', async (t) => {
    const { token } = await tickets.issue(acme, asked, 'lee')
    const ticket = fieldsOf(token)
    const forgeries = [
      { ...ticket, mac: signTicket(Buffer.alloc(64, 1), ticket).mac },
      { ...ticket, exp: ticket.exp + 1 },
      { ...ticket, kid: 'unknown' },
      { ...ticket, version: 'v1.0.0' },
    ].map(writeToken)
    statements = 0
    for (const forged of [...forgeries, 'nonsense', '{}']) {
      t.equal(await use(forged), 'INVALID_SIGNATURE')
      t.match(await tickets.verify(acme, forged, {}, nowhere), { valid: false, code: 'INVALID_SIGNATURE', ticketId: null })
    }
    t.equal(statements, 0, 'no statement for any of them')
    t.equal(await use(token), 'OK')
    const noticed = (await security.list(acme, 10)).filter(({ type }) => type === 'invalid_signature')
    t.match(noticed, [{ details: { count: 12 }, blocked: true }], 'noticed all the same, as one event')
  })

  t.test('14.9 when, by which key and in which version a ticket was issued is signed', async (t) => {
    const key = Buffer.alloc(32, 3)
    const { token } = await tickets.issue(acme, asked, 'lee')
    const signed = signTicket(key, fieldsOf(token))
    for (const change of [{ iat: signed.iat - 1 }, { kid: 'k9' }, { version: 'v2.0.1' }]) t.notOk(isSignedBy(key, { ...signed, ...change }))
  })

  t.test('14.10 a signed ticket of 30 days is refused', async (t) => {
    const { token } = await tickets.issue(acme, asked, 'lee')
    const ticket = fieldsOf(token)
    t.equal(judgeTimes({ ...ticket, exp: ticket.iat + 30 * day }, ticket.iat), 'TTL_EXCEEDED')
  })

  t.test('14.11 a byte cannot move between neighbouring fields', async (t) => {
    const { token } = await tickets.issue(acme, asked, 'lee')
    const ticket = fieldsOf(token)
    const message = (repoId: string, baseCommit: string) => ticketMessage({ ...ticket, repoId, baseCommit }).toString('hex')
    t.not(message('r|n', 'x'), message('r', 'n|x'))
    t.not(message('r', ''), message('', 'r'))
  })

  t.test('14.12 the canonical form keeps what comes before the first hunk, hunks in their file, and trailing blanks', async (t) => {
    const patch =
      'commit of mine\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -9 +9 @@\n \n-a  \n+b\n@@ -1 +1 @@\n-c\n+d\n--- a/y\n+++ b/y\n@@ -2 +2 @@\n-e\n+f\n'
    const canonical = canonicalPatch(patch)
    t.ok(canonical.startsWith('commit of mine\ndiff --git a/x b/x\n'))
    t.ok(canonical.indexOf('@@ -1 +1') < canonical.indexOf('@@ -9 +9') && canonical.indexOf('@@ -9 +9') < canonical.indexOf('--- a/y'))
    t.ok(canonical.includes('\n \n-a  \n'))
  })

  t.test('14.13 times of tickets are numbers in the database, and expiry is theirs to the millisecond', async (t) => {
    const columns = await sql.any<{ name: string; type: string }>(
      `select table_name || '.' || column_name as name, data_type as type from information_schema.columns
        where table_name in ('tickets', 'nonces', 'ticket_keys', 'stamps') and (column_name like '%\\_at' or column_name like '%\\_ms')`,
    )
    t.ok(columns.length >= 8)
    for (const { name, type } of columns) t.equal(type, 'bigint', name)
    // the last millisecond before midnight UTC
    const midnight = Date.parse('2026-03-01T00:00:00.000Z')
    const { token } = await tickets.issue(acme, asked, 'lee')
    const ticket = { ...fieldsOf(token), iat: midnight - 1000, exp: midnight }
    t.same([judgeTimes(ticket, midnight - 1), judgeTimes(ticket, midnight)], ['OK', 'TICKET_EXPIRED'])
  })

  t.test('14.16 a ticket lives by milliseconds: one that counts in seconds has expired long ago', async (t) => {
    const { token } = await tickets.issue(acme, asked, 'lee')
    const ticket = fieldsOf(token)
    t.equal(judgeTimes(ticket, Date.now()), 'OK')
    t.equal(judgeTimes({ ...ticket, iat: Math.floor(ticket.iat / 1000), exp: Math.floor(ticket.exp / 1000) }, Date.now()), 'TICKET_EXPIRED')
  })

  t.test('14.17 an operation without a budget is not checked', async (t) => {
    t.equal(checkBudget({ operation: 'brew_coffee', startMs: 0, endMs: 1e9 }), null)
    t.equal(checkBudget({ operation: 'constructor', startMs: 0, endMs: 1e9 }), null)
  })

  t.test('14.18 a valid ticket violates nothing on its whole way', async (t) => {
    // how long it takes is the machine's affair
    const names = invariantNames.filter((name) => name !== 'performance_budget_adherence')
    const before = names.map((name) => invariants.violations('acme', name).length)
    const { token } = await tickets.issue(acme, asked, 'lee')
    t.equal((await tickets.verify(acme, token, {}, nowhere)).code, 'OK')
    t.equal(await use(token), 'OK')
    t.same(
      names.map((name) => invariants.violations('acme', name).length),
      before,
    )
  })

  t.test('14.19 what 20,000 records leave behind is one slot in each ring', async (t) => {
    const counters = createCounters({ now: () => 1_800_000_000 })
    counters.define([counted('many')])
    for (let index = 0; index < 20_000; index += 1) counters.record('many', { good: true })
    t.equal(counters.takeDeltas().slots.length, 3)
  })

  t.test('14.20 one error among many is no warning: the ratio is judged, not the sample', async (t) => {
    sliCounters.define(await sloStore.all())
    for (let index = 0; index < 1000; index += 1) sliCounters.record('http_request', { good: index !== 500 })
    // an answer serves for a second
    await eventually(async () => (await page()).slos['error_rate']?.status != null)
    t.equal((await page()).slos['error_rate']?.status, 'ok')
  })

  t.test('14.21 availability is fed by operations as they end: failures of ours are bad, mistakes of clients are not', async (t) => {
    const counters = createCounters({ now: () => 1_800_000_000 })
    const definition = counted('operation')
    counters.define([definition])
    const metrics = countOperations(createMetrics(), counters)
    const end = (errorCode: string | null) =>
      metrics.operation({ name: 'Q', type: 'query', transport: 'http', errorCode, durationMs: 1, cost: 1 })
    for (const code of [null, null, 'BAD_USER_INPUT', 'FORBIDDEN', 'INTERNAL_SERVER_ERROR', 'SOURCE_UNAVAILABLE', 'DEADLINE_EXCEEDED'])
      end(code)
    const window = { from: 1_799_999_000n * 1_000_000_000n, to: 1_800_000_010n * 1_000_000_000n, wantCoverage: false }
    t.match(await counters.measure([{ slo: definition, ...window }]), [{ ok: true, good: 4, total: 7 }])
  })

  t.test('14.22 an incident escalates in place, stays in the history, and ends when it has been clear for its time', async (t) => {
    const alert = (severity: 'HIGH' | 'CRITICAL', alertId: string) => ({
      tenantId: 'initech',
      subject: 'shop',
      alertId,
      severity,
      message: alertId,
    })
    const second = 1_000_000_000n
    await sql.transaction(async (tx) => {
      await joinIncident(tx, alert('HIGH', 'warned'), 0n)
      await joinIncident(tx, alert('CRITICAL', 'paged'), second)
    })
    const incidents = () => listIncidents(sql, { tenantId: 'initech' })
    t.match(await incidents(), [{ status: 'OPEN', severity: 'CRITICAL', alerts: ['warned', 'paged'] }])
    t.match(
      (await incidents())[0]?.timeline.map(({ type }) => type),
      ['ALERT', 'ALERT', 'ESCALATION'],
    )
    const settle = (at: bigint) => sql.transaction((tx) => settleIncidents(tx, new Set(), at, 60))
    await settle(10n * second)
    await settle(69n * second)
    t.match(await incidents(), [{ status: 'OPEN' }])
    await settle(70n * second)
    t.match(await incidents(), [{ status: 'RESOLVED', endedAt: 70n * second, alerts: ['warned', 'paged'] }])
  })

  t.test('14.23 a pattern is raised once per window and source, and events without a source are not pooled', async (t) => {
    const event = { severity: 'medium', userAgent: null, blocked: true, details: {} } as const
    const scope = { tenantId: 'umbrella' }
    for (let index = 0; index < 6; index += 1) await security.record(scope, { ...event, type: 'replay_attempt', ip: null, repoId: 'r' })
    for (let index = 0; index < 9; index += 1)
      await security.record(scope, { ...event, type: 'rate_limit_exceeded', ip: null, repoId: null })
    const patterns = (await security.list(scope, 100)).filter(({ type }) => type === 'suspicious_pattern')
    t.match(patterns, [{ details: { pattern: 'multiple_replay_attempts' } }])
    t.equal(patterns.length, 1)
  })

  t.test('14.24 no key, MAC or nonce in anything that is told, and violations are bounded', async (t) => {
    const { token, ticket } = await tickets.issue(acme, asked, 'lee')
    const { mac, nonce } = fieldsOf(token)
    const keys = await sql.any<{ secret: Uint8Array }>('select secret from ticket_keys')
    const answers: unknown[] = [
      ticket,
      await tickets.verify(acme, token, {}, nowhere),
      await tickets.consume(acme, token, {}, nowhere),
      await tickets.consume(acme, token, {}, nowhere),
      await tickets.find(acme, ticket.id),
      await tickets.stats(acme),
      await security.list(acme, 100),
      invariantNames.map((name) => invariants.violations('acme', name)),
      await sql.any('select details from security_events'),
      await sql.any('select payload from slo_outbox'),
      await (await fetch(`${server.http}/metrics`)).text(),
      await page(),
    ]
    const text = JSON.stringify(answers, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
    const secrets = [
      mac,
      nonce,
      ...keys.flatMap(({ secret }) => ['hex', 'base64', 'base64url'].map((code) => Buffer.from(secret).toString(code as 'hex'))),
    ]
    t.ok(keys.length > 0)
    for (const secret of secrets) t.notOk(text.includes(secret), 'a secret is not told')
    for (let index = 0; index < 10_050; index += 1)
      invariants.note('nonce_uniqueness', [{ severity: 'error', message: 'x', details: {} }], {
        tenantId: 'acme',
        operation: 'x',
        outcome: 'refused',
      })
    t.equal(invariants.violations('acme', 'nonce_uniqueness').length, 10_000)
  })

  t.test('14.25 equality tells an object from an array and two times apart, and NaN is itself', async (t) => {
    const same = (incremental: unknown, full: unknown) => checkIncremental({ input: null, incremental, full }).length === 0
    t.notOk(same({}, []))
    t.notOk(same(new Date(1), new Date(2)))
    t.ok(same(new Date(1), new Date(1)))
    t.ok(same({ a: NaN }, { a: NaN }))
  })

  t.test('26.4 a nonce is kept until five minutes past its ticket, over a restart as well', async (t) => {
    const start = standingClock('2027-01-01T00:00:00.000Z')
    const at = (ms: number) => ({ ...systemClock, now: () => start.now() + BigInt(ms) * 1_000_000n })
    const first = ticketsOver(sql, null, at(0))
    const { token, ticket } = await first.tickets.issue(acme, { ...asked, ttlMs: 60_000 }, 'lee')
    t.equal((await first.tickets.consume(acme, token, {}, nowhere)).code, 'OK')
    t.equal((await ticketsOver(sql, null, at(1)).tickets.consume(acme, token, {}, nowhere)).code, 'REPLAY', 'another process knows it too')
    const rows = () => sql.any('select 1 from nonces where ticket_id = $1', [ticket.id])
    await ticketsOver(sql, null, at(60_000 + 300_000 - 1)).tickets.cleanUp()
    t.equal((await rows()).length, 1)
    await ticketsOver(sql, null, at(60_000 + 300_000)).tickets.cleanUp()
    t.equal((await rows()).length, 0)
  })

  t.test('stamps go when their tickets must have gone, and tickets an hour past their time, however many there are', async (t) => {
    const clock = standingClock('2026-01-02T02:00:00.000Z')
    const [now, hour] = [clock.now() / 1_000_000n, 3_600_000n]
    const { tickets } = ticketsOver(sql, null, clock)
    await sql.run(
      `insert into stamps (stamp_id, tenant_id, ticket_id, repo_sha, plan_hash, file_path, stamp, created_at_ms)
       select 'purged' || n, 'purged', 't', 's', 'p', 'f', 'x', case when n <= 10500 then $1::bigint else $2::bigint end from generate_series(1, 10502) as n`,
      [now - 26n * hour, now - 24n * hour],
    )
    await tickets.cleanUp()
    t.same(await sql.one(`select count(*) as left from stamps where tenant_id = 'purged'`), { left: 2n })
  })
})

t.test('every line of the contract has its test: the table in docs/guarantees.md is true', async (t) => {
  const table = readFileSync(join(packageRoot, 'docs', 'guarantees.md'), 'utf8')
  const rows = [...table.matchAll(/^\| ([\d.]+) \| [^|]+ \| `([^`]+)` \| ([^|]+) \|$/gm)]
  for (const [, line = '', file = '', name = ''] of rows) {
    const text = readFileSync(join(packageRoot, file), 'utf8')
    t.ok(text.includes(name.trim()), `${line}: ${file} has the test “${name.trim()}”`)
  }
  const lines = new Set(rows.map(([, line]) => line))
  for (let line = 1; line <= 26; line += 1) t.ok(lines.has(`14.${line}`), `14.${line} is in the table`)
  for (let line = 1; line <= 6; line += 1) t.ok(lines.has(`26.${line}`), `26.${line} is in the table`)
})
