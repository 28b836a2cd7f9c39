import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { createSqlNonces } from '../src/datasources/tickets/sql-nonces.ts'
import { canonicalPatch, checkPatch } from '../src/datasources/tickets/canonical-patch.ts'
import {
  isSignedBy,
  newTicketId,
  readTicket,
  signTicket,
  type TicketFields,
  ticketMessage,
} from '../src/datasources/tickets/ticket-message.ts'
import { judgeTimes } from '../src/datasources/tickets/ticket-rules.ts'
import { checkBudget, checkIncremental, checkNonce, checkTtl } from '../src/datasources/guarantees/invariants.ts'
import { buildApp } from '../src/app.ts'
import { ask, openControlPlane, openers, viewerOf, type ControlPlane } from './support/control-plane.ts'
import { backings, liveServer } from './support/live-server.ts'
import { nowhere, ticketsOver } from './support/tickets.ts'

const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
const vector: TicketFields = {
  version: 'v2.0.0',
  kid: 'k1',
  id: 'tkn_0123456789abcdEF',
  repoId: 'repo-1',
  baseCommit: 'a'.repeat(40),
  planHash: 'b'.repeat(64),
  nonce: Buffer.alloc(32, 7).toString('base64url'),
  iat: 1767225600000,
  exp: 1767229200000,
  scopes: ['execute', 'write'],
  patchSha256: createHash('sha256').update('').digest('hex'),
}

t.test('the message and the MAC are those of the contract', async (t) => {
  const message = ticketMessage(vector)
  t.equal(message.length, 352)
  t.equal(createHash('sha256').update(message).digest('hex'), 'bcb99fc62d132eeb35d7c5fff93e0655620ef0953532ed4e1c37d06b180e6df4')
  t.equal(signTicket(key, vector).mac, '6900C_HlmtEXllXK1SxU2mKOUKE8Cyf4L0y5NfJ5K8U')
})

t.test('a ticket of the newest key is genuine in every process at once, a stamp too', async (t) => {
  for (const { sql } of await backings(t, ['embedded'])) {
    const [issuer, other] = [ticketsOver(sql, null), ticketsOver(sql, null)]
    t.teardown(() => Promise.all([issuer.close(), other.close()]))
    const scope = { tenantId: 'rotating' }
    const asked = { repoId: 'repo-1', baseCommit: 'a'.repeat(40), planHash: 'b'.repeat(64), scopes: ['write'], ttlMs: 600_000 }
    const issue = async () => {
      const { token, ticket } = await issuer.tickets.issue(scope, { ...asked, patchSha256: '', run: null }, 'lee')
      const signed = await issuer.tickets.signed(scope, ticket.id)
      if (signed === null) throw new Error('the ticket is not there')
      return { token, signed }
    }
    const before = await issue()
    t.match(await other.tickets.verify(scope, before.token, {}, nowhere), { code: 'OK' }, 'the other process knows the old key')
    for (const turn of ['first', 'second']) {
      t.ok(await issuer.tickets.rotateKey())
      if (turn === 'second') {
        const { signed } = await issue()
        const files = [{ path: 'a.ts', content: 'x' }]
        const made = await issuer.tickets.execute(scope, { ticket: signed, repoSha: signed.baseCommit, files }, {}, nowhere)
        const given = { ticketId: signed.id, repoSha: signed.baseCommit, planHash: signed.planHash, content: 'x' }
        t.ok(await other.tickets.isStamp({ ...given, stamp: made.stamps[0]?.stamp ?? '' }), 'a stamp that was made with it')
      }
      const { token } = await issue()
      t.match(await other.tickets.verify(scope, token, {}, nowhere), { code: 'OK', valid: true })
      t.match(await other.tickets.consume(scope, token, {}, nowhere), { code: 'OK' })
    }
    t.match(await other.tickets.verify(scope, before.token, {}, nowhere), { code: 'OK' }, 'the old key verifies still')
    const forged = JSON.stringify({ ...JSON.parse(Buffer.from(before.token, 'base64url').toString()), kid: 'k0' })
    t.match(await other.tickets.verify(scope, forged, {}, nowhere), { code: 'INVALID_SIGNATURE' })
    t.equal(await other.security.countLastHour(scope), 1, 'only the forgery was noticed')
  }
})

t.test('changing any signed field, or moving a byte between neighbours, breaks the MAC', async (t) => {
  const signed = signTicket(key, vector)
  t.ok(isSignedBy(key, signed))
  const changes: Partial<TicketFields>[] = [
    { version: 'v2.0.1' },
    { kid: 'k2' },
    { id: 'tkn_0123456789abcdEG' },
    { repoId: 'repo-2' },
    { baseCommit: 'c'.repeat(40) },
    { planHash: '' },
    { nonce: Buffer.alloc(32, 8).toString('base64url') },
    { iat: vector.iat + 1 },
    { exp: vector.exp + 1 },
    { scopes: ['write'] },
    { patchSha256: '' },
  ]
  for (const change of changes) t.notOk(isSignedBy(key, { ...signed, ...change }), Object.keys(change).join())
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ minLength: 1, maxLength: 20 }), fc.nat(19), (left, right, at) => {
      const joined = left + right
      const cut = at % joined.length
      const moved = { ...vector, kid: joined.slice(0, cut), id: joined.slice(cut) }
      return cut === left.length || !ticketMessage({ ...vector, kid: left, id: right }).equals(ticketMessage(moved))
    }),
  )
})

t.test('nothing but a ticket reads as one, and a nonce has one spelling', async (t) => {
  const signed = { ...signTicket(key, vector) }
  t.ok(readTicket(signed))
  for (const broken of [
    null,
    [],
    'x',
    {},
    { ...signed, iat: '1' },
    { ...signed, iat: 1.5 },
    { ...signed, scopes: ['write', 'execute'] },
    { ...signed, scopes: ['execute', 'execute'] },
    { ...signed, nonce: `${signed.nonce.slice(0, -1)}d` },
    { ...signed, repoId: 'x'.repeat(201) },
    { ...signed, mac: 'AAAA' },
  ])
    t.equal(readTicket(broken), null)
  const ids = new Set(Array.from({ length: 500 }, newTicketId))
  t.equal(ids.size, 500)
  t.ok([...ids].every((id) => /^tkn_[a-zA-Z0-9]{16}$/.test(id)))
})

t.test('times: exp = now is expired, 24 h are accepted and one ms more is not, the future is not valid yet', async (t) => {
  const signed = signTicket(key, vector)
  const at = (iat: number, exp: number, now: number) => judgeTimes({ ...signed, iat, exp }, now)
  const day = 86_400_000
  t.equal(at(0, 1000, 999), 'OK')
  t.equal(at(0, 1000, 1000), 'TICKET_EXPIRED')
  t.equal(at(0, day, 1), 'OK')
  t.equal(at(0, day + 1, 1), 'TTL_EXCEEDED')
  t.equal(at(300_000, 400_000, 0), 'OK')
  t.equal(at(300_001, 400_000, 0), 'NOT_YET_VALID')
  t.equal(at(5, 4, 3), 'TTL_EXCEEDED', 'a ticket that ends before it begins')
  t.same(
    checkTtl({ iat: 0, exp: 59_999 }, 0).map(({ severity }) => severity),
    ['warning'],
  )
  t.same(checkTtl({ iat: 0, exp: 60_000 }, 0), [])
})

t.test('a patch has one canonical form: files keep their headers and their hunks, blanks stay', async (t) => {
  const patch = [
    'diff --git a/one b/one',
    '--- a/one',
    '+++ b/one',
    '@@ -20,2 +20,2 @@',
    ' context',
    '-old  ',
    '+new',
    '@@ -3,2 +3,2 @@',
    ' ',
    '--- not a header',
    '+x',
    'diff --git a/two b/two',
    '--- a/two',
    '+++ b/two',
    '@@ -1 +1 @@',
    '-a',
    '+b',
  ].join('\r\n')
  const canonical = canonicalPatch(`\uFEFF${patch}`)
  t.equal(canonicalPatch(canonical), canonical)
  t.ok(canonical.startsWith('diff --git a/one'))
  t.ok(canonical.indexOf('@@ -3,2') < canonical.indexOf('@@ -20,2'))
  t.ok(canonical.indexOf('@@ -20,2') < canonical.indexOf('diff --git a/two'), 'hunks never leave their file')
  t.ok(canonical.includes('-old  \n'), 'trailing blanks stay')
  t.ok(canonical.endsWith('+b\n'))
  t.same(checkPatch(`\uFEFF${patch}`).formatIssues, [
    'contains_crlf_line_endings',
    'contains_bom',
    'contains_trailing_whitespace',
    'hunk_ordering_incorrect',
  ])
  t.same(checkPatch(canonical).isCanonical, true)
  fc.assert(fc.property(fc.string(), (text) => canonicalPatch(canonicalPatch(text)) === canonicalPatch(text)))
})

t.test('invariants: each rule on its own input, presence not truthiness, equality that means it', async (t) => {
  t.equal(checkBudget({ operation: 'unheard_of', startMs: 0, endMs: 1e9 }), null, 'an operation without a budget is not checked')
  t.same(checkBudget({ operation: 'ticket_verify', startMs: 0, endMs: 25 }), [])
  t.same(
    checkBudget({ operation: 'ticket_verify', startMs: 0, endMs: 60 })?.map(({ message }) => message),
    ['the operation took longer than its budget', 'severe degradation'],
  )
  t.match(checkBudget({ operation: 'ticket_verify', startMs: 0 }), [{ severity: 'warning' }])
  const same = (incremental: unknown, full: unknown) => checkIncremental({ input: 1, incremental, full }).length === 0
  t.ok(same(NaN, NaN))
  t.notOk(same({}, []))
  t.notOk(same(new Date(1), new Date(2)))
  t.ok(same({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }))
  t.match(checkIncremental({ input: 1, incremental: { a: { b: 1 } }, full: { a: { b: 2 } } }), [{ details: { differences: ['a.b'] } }])
  const text = JSON.stringify(checkNonce({ repoId: 'r', nonce: 'secret-nonce', exp: 1, existingExp: 1 }))
  t.notOk(text.includes('secret-nonce'))
})

const issue = `mutation($input: IssueTicketInput!) { issueTicket(input: $input) { __typename ... on TicketIssued { token warnings ticket { id state ttlSeconds scopes repoId kid issuedBy { id } } } ... on UserError { code message path } } }`
const consume = `mutation($input: ConsumeTicketInput!) { consumeTicket(input: $input) { __typename ... on TicketConsumed { ticket { id state consumedAt } } ... on TicketRefused { code ticketCode retryable message } ... on UserError { code } } }`
const verify = `query($input: VerifyTicketInput!) { verifyTicket(input: $input) { valid code verifiedInMs withinBudget nonceSeen ticket { id state } } }`

const lee = viewerOf('lee@example.com')
const commit = 'a'.repeat(40)

async function told(plane: ControlPlane, text: string, input: object): Promise<Record<string, unknown>> {
  const { data, errors } = await ask(plane, lee, text, { input })
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return Object.values(data ?? {})[0] ?? {}
}
const issued = async (plane: ControlPlane, more: object = {}) => {
  const answer = await told(plane, issue, { repoId: 'repo-1', baseCommit: commit, ...more })
  return answer as { token: string; warnings: string[]; ticket: { id: string } }
}

function living(t: Test, plane: ControlPlane) {
  t.test('a ticket is issued, verified without being used, used once, and its replay is refused and noticed', async (t) => {
    const made = await issued(plane)
    t.match(made, {
      __typename: 'TicketIssued',
      warnings: [],
      ticket: { state: 'ACTIVE', ttlSeconds: 3600, scopes: ['execute', 'write'], issuedBy: { id: lee.actorId } },
    })
    const input = { token: made.token, repoId: 'repo-1', baseCommit: commit, scope: 'write' }
    t.match(await told(plane, verify, input), { valid: true, code: 'OK', nonceSeen: false, ticket: { id: made.ticket.id } })
    t.match(await told(plane, verify, input), { valid: true, nonceSeen: false }, 'verifying consumes nothing')
    t.match(await told(plane, consume, input), { __typename: 'TicketConsumed', ticket: { state: 'CONSUMED', consumedAt: String } })
    t.match(await told(plane, consume, input), { __typename: 'TicketRefused', code: 'REPLAY', ticketCode: 'REPLAY', retryable: false })
    const { data } = await ask(
      plane,
      lee,
      '{ invariants { name violationCount(window: 60, outcome: REFUSED) broken: violationCount(window: 60, outcome: ACCEPTED) violations { nodes { details message } } } securityEvents { type repoId blocked details } nonceStats { tracked rejected } }',
    )
    const text = JSON.stringify(data)
    const nonce = (JSON.parse(Buffer.from(made.token, 'base64url').toString()) as { nonce: string; mac: string }).nonce
    t.notOk(text.includes(nonce), 'no nonce in any output')
    t.match(data, { securityEvents: [{ type: 'REPLAY_ATTEMPT', repoId: 'repo-1', blocked: true }] })
    const invariants = data?.['invariants'] as unknown as { name: string; violationCount: number; broken: number }[]
    t.match(
      invariants.find(({ name }) => name === 'nonce_uniqueness'),
      { violationCount: 1, broken: 0 },
      'a refused replay is the guard working',
    )
  })

  t.test('a forged ticket is one answer, writes no nonce and burns nobody else’s', async (t) => {
    const made = await issued(plane)
    const fields = JSON.parse(Buffer.from(made.token, 'base64url').toString()) as Record<string, unknown>
    for (const forged of [
      { ...fields, exp: Number(fields['exp']) + 1 },
      { ...fields, kid: 'nope' },
      { ...fields, version: 'v1.0.0' },
      { ...fields, mac: fields['nonce'] },
      { hello: 1 },
    ])
      t.match(await told(plane, consume, { token: JSON.stringify(forged), repoId: 'repo-1' }), { ticketCode: 'INVALID_SIGNATURE' })
    const rows = await plane.stores.sql.any('select 1 from nonces where nonce = $1', [String(fields['nonce'])])
    t.equal(rows.length, 0)
    t.match(await told(plane, consume, { token: made.token, repoId: 'repo-1' }), { __typename: 'TicketConsumed' })
  })

  t.test('binding, scope, revocation and life time are judged', async (t) => {
    const patch = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n'
    const { token, ticket } = await issued(plane, { patch, planHash: 'c'.repeat(64), scopes: ['write'] })
    const code = async (more: object) => (await told(plane, verify, { token, ...more }))['code']
    t.equal(await code({ repoId: 'repo-2' }), 'BINDING_MISMATCH')
    t.equal(await code({ baseCommit: 'd'.repeat(40) }), 'BINDING_MISMATCH')
    t.equal(await code({ planHash: 'd'.repeat(64) }), 'BINDING_MISMATCH')
    t.equal(await code({ patch: patch.replace('+b', '+c') }), 'BINDING_MISMATCH')
    t.equal(await code({ patch: patch.replaceAll('\n', '\r\n') }), 'OK', 'the canonical form is compared')
    t.equal(await code({ scope: 'execute' }), 'SCOPE_DENIED')
    const revoke = `mutation($input: RevokeTicketInput!) { revokeTicket(input: $input) { __typename ... on TicketRevoked { ticket { state revokeReason } } ... on UserError { code } } }`
    t.match(await told(plane, revoke, { ticket: ticket.id, reason: 'not needed' }), {
      __typename: 'TicketRevoked',
      ticket: { state: 'REVOKED', revokeReason: 'not needed' },
    })
    t.equal(await code({}), 'REVOKED')
    t.match(await told(plane, consume, { token, repoId: 'repo-1' }), { ticketCode: 'REVOKED' })
    t.match(await told(plane, revoke, { ticket: 'tkn_0000000000000000', reason: 'x' }), { __typename: 'NotFound' })
    t.match(await issued(plane, { ttlSeconds: 86_400 }), { __typename: 'TicketIssued' })
    t.match(await told(plane, issue, { repoId: 'r', baseCommit: commit, ttlSeconds: 86_400.001 }), { __typename: 'InvalidInput' })
    t.match(await told(plane, issue, { repoId: 'r', baseCommit: commit, expiresAt: '2030-01-01T00:00:00.0001Z' }), {
      __typename: 'InvalidInput',
    })
    t.match((await issued(plane, { ttlSeconds: 59.999 })).warnings, [/less than a minute/])
    t.same((await issued(plane, { ttlSeconds: 60 })).warnings, [])
  })

  t.test('of 200 parallel attempts on one ticket exactly one wins', async (t) => {
    const { token } = await issued(plane)
    const answers = await Promise.all(Array.from({ length: 200 }, () => told(plane, consume, { token, repoId: 'repo-1' })))
    t.equal(answers.filter((answer) => answer['__typename'] === 'TicketConsumed').length, 1)
    t.equal(answers.filter((answer) => answer['ticketCode'] === 'REPLAY').length, 199)
    const patterns = await plane.stores.sql.any(`select 1 from security_events where type = 'suspicious_pattern' and repo_id = 'repo-1'`)
    t.equal(patterns.length, 1, 'a pattern is raised once')
  })

  t.test('one nonce may be used in two repositories, and is kept five minutes past its ticket', async (t) => {
    const nonces = createSqlNonces({ sql: plane.stores.sql })
    const nonce = Buffer.alloc(32, 9).toString('base64url')
    const given = { tenantId: 'acme', ticketId: 'tkn_x', nonce, expMs: 1_000_000, nowMs: 500_000 }
    t.equal(await nonces.consume({ ...given, repoId: 'one' }), 'OK')
    t.equal(await nonces.consume({ ...given, repoId: 'two' }), 'OK')
    t.equal(await nonces.consume({ ...given, repoId: 'one' }), 'REPLAY')
    const [row] = await plane.stores.sql.any<{ expires_at: bigint }>('select expires_at from nonces where repo_id = $1 and nonce = $2', [
      'one',
      nonce,
    ])
    t.equal(row?.expires_at, 1_300_000n)
    t.match(await plane.dataSources.tickets.cleanUp(), { expiredNoncesRemoved: Number })
    t.match(await nonces.look({ ...given, repoId: 'one' }), { code: 'OK', seen: false }, 'long past, it is forgotten')
  })

  t.test('after a rotation the old key verifies still, and the new one signs', async (t) => {
    const before = await issued(plane)
    const kid = await plane.dataSources.tickets.rotateKey()
    const after = await issued(plane)
    t.match(after, { ticket: { kid } })
    t.match(await told(plane, verify, { token: before.token }), { code: 'OK' })
    t.match(await told(plane, verify, { token: after.token }), { code: 'OK' })
  })

  t.test('tickets are listed, and another tenant sees and uses none of them', async (t) => {
    const { token, ticket } = await issued(plane)
    const { data } = await ask(
      plane,
      lee,
      '{ tickets(first: 2, filter: { states: [ACTIVE], repoId: "repo-1" }) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }',
    )
    t.match(data, { tickets: { nodes: [{ id: ticket.id }, {}], pageInfo: { hasNextPage: true } } })
    const eve = viewerOf('eve@example.com', ['admin'], 'globex')
    t.match((await ask(plane, eve, `{ ticket(id: "${ticket.id}") { id } tickets { totalCount } }`)).data, {
      ticket: null,
      tickets: { totalCount: 0 },
    })
    t.match((await ask(plane, eve, verify, { input: { token } })).data, { verifyTicket: { code: 'INVALID_SIGNATURE', ticket: null } })
    const ann = viewerOf('ann', ['viewer'])
    t.match((await ask(plane, ann, issue, { input: { repoId: 'r', baseCommit: commit } })).data, {
      issueTicket: { __typename: 'NotAllowed' },
    })
  })
}

for (const [name, open] of Object.entries(openers))
  t.test(name, async (t) => {
    const backing = await open(t)
    if (backing !== null) living(t, await openControlPlane(t, backing))
  })

t.test('over HTTP, in the shapes of the contract', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const env = { DEBUG_PERFORMANCE: 'on', TICKET_REQUESTS_PER_MINUTE: '3', EXECUTE_REQUESTS_PER_MINUTE: '0' }
  const server = await liveServer(t, backing, { env })
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${server.http}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> }
  }
  const scope = 'e'.repeat(64)
  const made = await call('POST', '/v1/ticket', { scope, expires: '30m' })
  t.match(made, {
    status: 200,
    body: {
      apiVersion: 'arbiter.dev/v1',
      ticketId: /^tkn_[a-zA-Z0-9]{16}$/,
      expiresAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
      planHash: scope,
    },
  })
  t.same(Object.keys(made.body).sort(), ['apiVersion', 'expiresAt', 'planHash', 'ticketId'], 'no nonce, no MAC')
  t.match(await call('POST', '/v1/ticket', { scope: 'x' }), { status: 400, body: { error: { code: 'BAD_REQUEST' } } })
  t.match(await call('POST', '/v1/ticket', { scope, expires: '1m' }), { status: 400 })
  t.match(await call('POST', '/v1/ticket', { scope }), { status: 429, body: { error: { code: 'RESOURCE_LIMIT' } } })
  const ticketId = made.body['ticketId']
  const mutations = [{ file: 'src/a.ts', operation: 'update', content: 'hello' }]
  const repoSHA = 'f'.repeat(40)
  const done = await call('POST', '/execute/epic', { ticketId, repoSHA, mutations })
  t.match(done, { status: 200, body: { success: true, stamps: [{ file: 'src/a.ts', stamp: String, stampId: /^[A-Za-z0-9]{8}$/ }] } })
  const [stamp] = done.body['stamps'] as { stamp: string }[]
  t.match(await call('POST', '/execute/epic', { ticketId, repoSHA, mutations }), {
    status: 409,
    body: { success: false, errors: [{ ticketCode: 'REPLAY' }] },
  })
  const good = { stamp: stamp?.stamp, repoSHA, planHash: scope, ticketId, fileContent: 'hello' }
  t.match(await call('POST', '/v1/verify', good), { status: 200, body: { valid: true } })
  const wrong = await call('POST', '/v1/verify', { ...good, fileContent: 'other' })
  t.match(wrong, { status: 200, body: { valid: false, violationId: String } })
  t.notOk(JSON.stringify(wrong.body).includes(String(stamp?.stamp).slice(0, 20)), 'a wrong stamp never tells the right one')
  t.match(await call('GET', '/v1/ticket/stats'), { status: 200, body: { stats: { activeTickets: 0, stampHistory: 1 } } })
  t.match(await call('GET', '/debug/performance'), {
    status: 200,
    body: {
      uptimeSeconds: Number,
      eventLoopDelayMs: { p50: Number },
      operations: { stamp_verify: { count: 2, budgetMs: null } },
      budgets: { cpuPercent: 70 },
    },
  })
  const text = await (await fetch(`${server.http}/metrics`)).text()
  for (const series of [
    'security_events_total{event_type="replay_attempt"}',
    'invariant_violations_total{invariant_name="nonce_uniqueness",severity="error",outcome="accepted"} 0',
    'ticket_verification_duration_seconds_bucket{le="0.0375"',
    'sbom_generation_failures_total 0',
    'performance_budget_violations_total{resource_type="memory"',
  ])
    t.ok(text.includes(series), series)
})

t.test('the routes of the contract leave receipts, and a use is kept with its stamps or not at all', async (t) => {
  const backing = await openers['embedded']?.(t)
  if (backing == null) return
  const plane = await openControlPlane(t, backing, { DEFAULT_TENANT: 'acme', EXECUTE_REQUESTS_PER_MINUTE: '0' })
  const app = await buildApp({ ...plane, logger: undefined })
  t.teardown(() => app.close())
  const post = async (url: string, payload: object) => {
    const response = await app.inject({ method: 'POST', url, payload })
    return { status: response.statusCode, body: response.json<Record<string, unknown>>(), receipt: response.headers['x-audit-receipt'] }
  }
  const { sql } = backing
  const receipts = async () => {
    const rows = await sql.any<{ payload: Uint8Array }>(
      `select r.payload from record_streams s join records r on r.stream_key = s.stream_key where s.tenant_id = 'acme' and s.name = '_audit' order by r.record_offset`,
    )
    return rows.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>)
  }
  const issued = await post('/v1/ticket', { scope: 'b'.repeat(64) })
  t.match(issued, { status: 200, receipt: /^0 [0-9a-f]{64}$/ })
  const ticketId = String(issued.body['ticketId'])
  const change = (file: string) => ({ ticketId, mutations: [{ file, operation: 'create', content: 'x' }] })
  for (const file of ['a\u0000b', 'a\nb', '\ud800'])
    t.equal((await post('/execute/epic', change(file))).status, 400, 'a name that no store takes is refused before anything is used')

  const counts = () =>
    sql.one<{ nonces: bigint; stamps: bigint }>('select (select count(*) from nonces) as nonces, (select count(*) from stamps) as stamps')
  await sql.script('alter table stamps rename to stamps_away')
  t.not((await post('/execute/epic', change('a.ts'))).status, 200)
  await sql.script('alter table stamps_away rename to stamps')
  t.same(await counts(), { nonces: 0n, stamps: 0n }, 'stamps that cannot be kept use nothing up')
  t.match(await post('/execute/epic', change('a.ts')), { status: 200, body: { success: true }, receipt: /^1 / })
  t.same(await counts(), { nonces: 1n, stamps: 1n })
  t.match(await post('/execute/epic', change('a.ts')), { status: 409, receipt: /^2 / })
  t.same(await counts(), { nonces: 1n, stamps: 1n }, 'a replay leaves no stamp')

  const alert = { status: 'firing', fingerprint: 'f', startsAt: '2026-01-01T00:00:00Z', labels: { alertname: 'Pushed' } }
  t.match(await post('/alerts/security', { alerts: [alert] }), { status: 200, body: { created: 1 }, receipt: /^3 / })
  t.equal((await post('/alerts/security', { alerts: [alert] })).receipt, undefined, 'what changes nothing needs no proof')
  t.match(await receipts(), [
    { action: 'issueTicket', outcome: 'TicketIssued', subject: ticketId, inputDigest: /^sha256:[0-9a-f]{64}$/ },
    { action: 'executeEpic', outcome: 'TicketConsumed', subject: ticketId },
    { action: 'executeEpic', outcome: 'TicketRefused', subject: ticketId },
    { action: 'receiveAlerts', outcome: 'AlertsReceived' },
  ])
  t.equal((await receipts()).length, 4)
})

t.test('invariants are checked where tickets and patches go by, and say when; the budgets of the host are counted unasked', async (t) => {
  const backing = await openers['embedded']?.(t)
  if (backing == null) return
  const plane = await openControlPlane(t, backing, {
    DEFAULT_TENANT: 'acme',
    PERFORMANCE_BUDGET_MEMORY_MB: '16',
    PERFORMANCE_BUDGET_DISK_MB: '1048576',
  })
  const lee = viewerOf('lee@example.com')
  const checked = async () => {
    const { data } = await ask(plane, lee, '{ invariants { name lastCheckedAt violationCount(window: 3600) } }')
    const found = data?.['invariants'] as unknown as { name: string; lastCheckedAt: string | null; violationCount: number }[]
    return new Map(found.map(({ name, ...rest }) => [name, rest]))
  }
  for (const [name, { lastCheckedAt }] of await checked()) t.equal(lastCheckedAt, null, `${name} was not checked yet`)
  const input = { repoId: 'repo-1', baseCommit: 'a'.repeat(40), ttlSeconds: 600 }
  const issue = 'mutation($input: IssueTicketInput!) { issueTicket(input: $input) { ... on TicketIssued { token } } }'
  const patch = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n'
  const issued = await ask(plane, lee, issue, { input: { ...input, patch } })
  t.match((await checked()).get('canonical_patch_format'), { lastCheckedAt: String, violationCount: 0 })
  const token = String(issued.data?.['issueTicket']?.['token'])
  const verify = 'query($input: VerifyTicketInput!) { verifyTicket(input: $input) { code } }'
  const crlf = await ask(plane, lee, verify, { input: { token, patch: patch.replaceAll('\n', '\r\n') } })
  t.match(crlf.data, { verifyTicket: { code: 'OK' } }, 'the canonical form counts')
  const after = await checked()
  t.match(after.get('canonical_patch_format'), { lastCheckedAt: String, violationCount: 1 })
  t.match(after.get('ticket_ttl_enforcement'), { lastCheckedAt: String })
  t.match(after.get('performance_budget_adherence'), { lastCheckedAt: String })
  t.match(after.get('incremental_validation_correctness'), { lastCheckedAt: null }, 'nothing here is validated in parts')

  const { performance, signals } = plane.dataSources
  const exceeded: string[] = []
  signals.listen({ budgetViolation: (resource) => void exceeded.push(resource) })
  const before = (await checked()).get('performance_budget_adherence')?.violationCount ?? 0
  performance.took('full_validate', 1000)
  t.equal((await checked()).get('performance_budget_adherence')?.violationCount, before + 2, 'over the budget, and more than twice')
  await ask(plane, lee, '{ performanceBudgets { resource exceeded } }')
  t.same(exceeded, [], 'who asks counts nothing')
  await performance.check()
  t.ok(exceeded.includes('memory') && !exceeded.includes('disk'), exceeded.join())
})

t.test('the webhook of Alertmanager is authenticated, counts an alert once, and opens an incident that closes', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing, { env: { AUTH_MODE: 'apikey', ALERTS_WEBHOOK_TOKEN: 'a-token-of-the-webhook' } })
  const send = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${server.http}/alerts/security`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  const alert = {
    status: 'firing',
    fingerprint: 'f1',
    startsAt: '2026-01-01T00:00:00Z',
    labels: { alertname: 'PotentialReplayAttack', severity: 'critical', category: 'security' },
  }
  t.equal((await send({ alerts: [alert] })).status, 401)
  t.equal((await send({ alerts: [alert] }, { authorization: 'Bearer wrong' })).status, 401)
  const headers = { authorization: 'Bearer a-token-of-the-webhook' }
  t.match(await (await send({ version: '4', alerts: [alert] }, headers)).json(), { received: 1, created: 1, duplicates: 0 })
  t.match(await (await send({ alerts: [alert] }, headers)).json(), { created: 0, duplicates: 1 })
  t.match(await server.dataSources.incidents.list({ tenantId: 'acme' }), [{ subject: 'PotentialReplayAttack', status: 'OPEN' }])
  t.match(await (await send({ alerts: [{ ...alert, status: 'resolved' }] }, headers)).json(), { changed: 1 })
  t.equal((await send({ nothing: 1 }, headers)).status, 400)
})

t.test('the routes beside GraphQL are paid from the budget of operations: who may not use them cannot fill the audit log', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const secret = 'a-secret-of-at-least-32-characters'
  const env = {
    AUTH_MODE: 'jwt',
    JWT_SECRET: secret,
    BUDGET_CAPACITY: '50',
    BUDGET_RESTORE_PER_SECOND: '1',
    VERIFY_REQUESTS_PER_MINUTE: '1',
  }
  const server = await liveServer(t, backing, { env })
  const send = async (path: string, tenant: string, { roles = ['viewer'], body }: { roles?: string[]; body?: object }) => {
    const token = await new SignJWT({ sub: 'lee', tenant, roles })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(Buffer.from(secret))
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    return fetch(`${server.http}${path}`, { ...sent, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } })
  }
  const ticket = { scope: 'e'.repeat(64) }
  let denied = 0
  let spent = await send('/v1/ticket', 'flooded', { body: ticket })
  for (; spent.status === 403 && denied < 100; denied += 1) spent = await send('/v1/ticket', 'flooded', { body: ticket })
  t.ok(denied >= 5, String(denied))
  t.match([spent.status, await spent.json()], [429, { error: { code: 'RESOURCE_LIMIT' } }])
  t.ok(Number(spent.headers.get('retry-after')) >= 1, 'and told when to come back')
  const { n } = await backing.sql.one<{ n: bigint }>(
    `select count(*) as n from record_streams s join records r on r.stream_key = s.stream_key where s.tenant_id = 'flooded' and s.name = '_audit'`,
  )
  t.equal(n, BigInt(denied))
  t.equal((await send('/v1/ticket/stats', 'calm', {})).status, 200, 'another tenant pays for itself')
  t.equal((await fetch(`${server.http}/v1/ticket/stats`)).status, 401, 'nobody is told nothing of budgets')

  const stamp = { stamp: 'x', repoSHA: 'a'.repeat(40), planHash: 'b'.repeat(64), ticketId: 'tkn_aaaaaaaaaaaaaaaa' }
  t.equal((await send('/v1/verify', 'calm', { body: stamp })).status, 200)
  const often = await send('/v1/verify', 'calm', { body: stamp })
  t.match([often.status, Number(often.headers.get('retry-after')) > 50], [429, true], 'a minute, where one a minute is allowed')

  const alert = { status: 'firing', fingerprint: 'f', startsAt: '2026-01-01T00:00:00Z', labels: { alertname: 'a\u0000b' } }
  const webhook = await send('/alerts/security', 'calm', { roles: ['admin'], body: { alerts: [alert] } })
  t.match(
    [webhook.status, await webhook.json()],
    [400, { error: { code: 'BAD_REQUEST' } }],
    'what no table takes is the mistake of who sent it',
  )
})
