import t, { type Test } from 'tap'
import { matches, type Matcher, type Silence } from '../src/datasources/alerts/alerts.ts'
import { createAlerts } from '../src/datasources/alerts/alerts-source.ts'
import { type AlertmanagerClient } from '../src/datasources/alerts/alertmanager-client.ts'
import { patternOf } from '../src/datasources/alerts/pattern.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { announce, relayOutbox } from '../src/datasources/slo/sql-outbox.ts'
import { systemClock } from '../src/time.ts'
import { ask, openControlPlane, openers, viewerOf } from './support/control-plane.ts'
import { itemOf, openStream } from './support/event-stream.ts'
import { backings, liveServer } from './support/live-server.ts'
import { shouldRun } from './support/services.ts'
import { eventually } from './support/eventually.ts'

/** An Alertmanager that keeps what it is told. */
function memoryAlertmanager(): AlertmanagerClient {
  const kept: Silence[] = []
  return {
    mode: 'CONNECTED',
    alerts: async () => [],
    silences: async () => [...kept],
    createSilence: async (silence) => {
      const id = `s${kept.length}`
      kept.push({ ...silence, id, state: 'ACTIVE' })
      return id
    },
    expireSilence: async () => true,
    ping: async () => undefined,
  }
}

const lee = viewerOf('lee@example.com')

const text = (name: string, value: string): Matcher => ({ name, value, isRegex: false, isEqual: true })
const expression = (value: string): Matcher => ({ name: 'slo', value, isRegex: true, isEqual: true })

t.test('a silence holds for the alerts of its tenant alone, with or without a label', async (t) => {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  t.teardown(() => sql.close())
  const client = memoryAlertmanager()
  const alerts = createAlerts({ sql, client, defaultTenant: 'a.b' })
  const silence = (tenantId: string, matchers: readonly Matcher[]) =>
    alerts.silence({ tenantId }, { matchers, startsAt: 1n, endsAt: 2n, comment: 'drill', createdBy: 'lee' })
  const mutes = (silence: Silence, tenant: string) =>
    matches(silence.matchers, tenant === '' ? { severity: 'page' } : { severity: 'page', tenant })

  const ours = await silence('a.b', [text('severity', 'page')])
  t.same(
    ['a.b', '', 'globex', 'axb'].map((tenant) => mutes(ours, tenant)),
    [true, true, false, false],
    'the default tenant mutes its own and those without a tenant',
  )
  const named = await silence('a.b', [text('severity', 'page'), text('tenant', 'globex')])
  t.same(
    ['a.b', '', 'globex'].map((tenant) => mutes(named, tenant)),
    [true, true, false],
    'whatever tenant the caller names',
  )
  const theirs = await silence('globex', [text('severity', 'page')])
  t.same(
    ['a.b', '', 'globex'].map((tenant) => mutes(theirs, tenant)),
    [false, false, true],
  )

  await client.createSilence({ matchers: [text('severity', 'page')], startsAt: 1n, endsAt: 2n, comment: 'by hand', createdBy: 'amy' })
  const listed = async (tenantId: string) => (await alerts.silences({ tenantId })).map(({ id }) => id)
  t.same(await listed('a.b'), [ours.id, named.id, 's3'], 'its own, and those that say nothing of tenants')
  t.same(await listed('globex'), [theirs.id])
  t.equal(await alerts.expire({ tenantId: 'globex' }, ours.id), null, "another tenant's cannot be ended")
})

/** A control plane at the real Alertmanager, and alerts raised there by a name of their own; null where there is none. */
async function realAlertmanager(t: Test) {
  const url = process.env['ALERTMANAGER_URL']
  if (!shouldRun(t, 'ALERTMANAGER_URL', url !== undefined)) return null
  const backing = await openers['embedded']?.(t)
  if (backing == null) return null
  const plane = await openControlPlane(t, backing, { ALERTMANAGER_URL: url, DEFAULT_TENANT: 'acme' })
  const word = `orrery-${Math.random().toString(36).slice(2)}`
  const startsAt = new Date().toISOString()
  const raise = async (alerts: readonly object[]): Promise<void> => {
    await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts.map((labels) => ({ labels: { alertname: word, ...labels }, startsAt }))),
    })
  }
  return { plane, word, raise }
}

t.test('the real Alertmanager mutes what a silence of the default tenant means, and no more', async (t) => {
  const alertmanager = await realAlertmanager(t)
  if (alertmanager === null) return
  const { plane, word, raise } = alertmanager
  await raise([{}, { tenant: 'acme' }, { tenant: 'globex' }])
  const asked = `mutation { silenceAlert(input: { matchers: [{ name: "alertname", value: "${word}" }], comment: "drill", durationSeconds: 600 }) { __typename ... on SilenceAccepted { silence { id } } ... on UserError { message } } }`
  const made = await ask(plane, lee, asked)
  t.match(made.data, { silenceAlert: { __typename: 'SilenceAccepted' } })
  const mutedFor = async (tenantId: string) => {
    const { data } = await ask(
      plane,
      viewerOf('lee@example.com', ['admin'], tenantId),
      `{ alerts(filter: { names: ["${word}"] }) { nodes { muted } } }`,
    )
    return (data?.['alerts']?.['nodes'] as { muted: boolean }[]).map(({ muted }) => muted)
  }
  await eventually(async () => (await mutedFor('acme')).join() === 'true,true')
  t.same(await mutedFor('globex'), [false], "another tenant's alert of the same name is not muted")
  const id = (made.data?.['silenceAlert']?.['silence'] as { id: string }).id
  const expired = await ask(plane, lee, `mutation { expireSilence(input: { silence: "${id}" }) { __typename } }`)
  t.match(expired.data, { expireSilence: { __typename: 'SilenceAccepted' } })
})

t.test('silences of the real Alertmanager: made, shown, ended, and not those of another tenant', async (t) => {
  const alertmanager = await realAlertmanager(t)
  if (alertmanager === null) return
  const { plane, word, raise } = alertmanager
  await raise([{ severity: 'critical' }])
  const shown = `{ alerts(filter: { names: ["${word}"] }) { nodes { id state muted origin silencedBy { id comment } } } }`
  const list = async () => ((await ask(plane, lee, shown)).data?.['alerts'] as unknown as { nodes: Record<string, unknown>[] }).nodes
  let alerts = await list()
  const listed = async (so: () => boolean) => eventually(async () => ((alerts = await list()), so()), { withinMs: 60_000, everyMs: 100 })
  await listed(() => alerts.length > 0)
  t.match(alerts, [{ state: 'FIRING', muted: false, origin: 'ALERTMANAGER' }])
  const made = await ask(
    plane,
    lee,
    `mutation { silenceAlert(input: { alert: "${String(alerts[0]?.['id'])}", comment: "drill", durationSeconds: 600 }) { __typename ... on SilenceAccepted { silence { id state createdBy matchers { name value } } } ... on UserError { message } } }`,
  )
  t.match(made.data, { silenceAlert: { __typename: 'SilenceAccepted', silence: { state: 'ACTIVE', createdBy: lee.actorId } } })
  const id = (made.data?.['silenceAlert']?.['silence'] as { id: string }).id
  await listed(() => alerts[0]?.['muted'] === true)
  t.match(alerts, [{ muted: true, silencedBy: [{ id, comment: 'drill' }] }])
  const expire = `mutation { expireSilence(input: { silence: "${id}" }) { __typename ... on SilenceAccepted { silence { state } } ... on UserError { code } } }`
  t.match((await ask(plane, viewerOf('eve', ['admin'], 'globex'), expire)).data, { expireSilence: { __typename: 'NotFound' } })
  t.match((await ask(plane, lee, expire)).data, { expireSilence: { __typename: 'SilenceAccepted', silence: { state: 'EXPIRED' } } })
})

t.test('expressions of silences mean what Alertmanager takes them for', async (t) => {
  const same: readonly (readonly [pattern: string, matching: readonly string[], other: readonly string[]])[] = [
    ['', [''], ['a']],
    ['shop.*', ['shop', 'shop-eu'], ['my shop', 'shop\nx']],
    ['(?:a|bc)+', ['a', 'bc', 'abca'], ['', 'ab']],
    ['(a*)*b?', ['', 'aaa', 'ab'], ['ba']],
    ['[a-c\\d_-]{2,3}', ['a1', '_-c'], ['a', 'abcd', 'ad']],
    ['[^a-c]x', ['dx', '-x'], ['ax', 'x']],
    ['\\w+\\.\\S', ['shop.x'], ['shop-x', 'shop. ']],
    ['^a$|(?P<name>b)', ['a', 'b'], ['ab']],
    ['a{2}', ['aa'], ['a', 'aaa']],
    ['a{2,}?', ['aa', 'aaaa'], ['a']],
    ['a{x}', ['a{x}'], ['a']],
    ['\\bfoo\\b.*', ['foo', 'foo bar'], ['foobar']],
    ['(|a|ab)(c|bcd)', ['c', 'ac', 'abcd', 'abbcd'], ['ab']],
    ['é[à-ü]', ['éà'], ['éz']],
    ['(?i)shop', ['Shop', 'SHOP'], ['shops']],
    ['\\pL+', ['aé', 'ж'], ['1']],
    ['[[:alpha:]]\\x41', ['bA'], ['1A']],
  ]
  for (const [pattern, matching, other] of same) {
    const read = patternOf(pattern)
    t.same(
      matching.map((value) => read?.matchesWhole(value)),
      matching.map(() => true),
      `${pattern} matches`,
    )
    t.same(
      other.map((value) => read?.matchesWhole(value)),
      other.map(() => false),
      `${pattern} does not match others`,
    )
  }
  for (const wrong of ['(', 'a)', '*a', 'a**', '[z-a]', '[a', '\\', 'a{3,2}', '(?=a)', '(?<=a)b', '\\1', 'a{1001}'])
    t.equal(patternOf(wrong), null, wrong)
})

t.test('an expression takes bounded work, whoever wrote it', async (t) => {
  const value = 'a'.repeat(4_000)
  const hostile = ['\\w*'.repeat(10) + '!', '(a|a)'.repeat(60) + '!', 'a?'.repeat(200) + '!', '(a*)*!', '((a+)+)+!', '(a|aa)+!']
  const started = performance.now()
  for (const pattern of hostile) t.equal(matches([expression(pattern)], { slo: value }), false, pattern.slice(0, 20))
  // backtracking takes hours for each of them: the bound is wide for a busy machine
  t.ok(performance.now() - started < 30_000)
  t.equal(patternOf('((a{100}){100}){100}'), null, 'what would be too large is not read')
  t.equal(patternOf('a'.repeat(501)), null)
  t.equal(matches([{ ...expression('('), isEqual: false }], { slo: 'x' }), false, 'what cannot be read silences nothing, negated or not')

  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  t.teardown(() => sql.close())
  const alerts = createAlerts({ sql, client: memoryAlertmanager(), defaultTenant: 'acme' })
  const asked = (matcher: Matcher) =>
    alerts.silence({ tenantId: 'acme' }, { matchers: [matcher], startsAt: 1n, endsAt: 2n, comment: 'x', createdBy: 'lee' })
  await t.rejects(asked(expression('((a{100}){100}){100}')), { code: 'BAD_USER_INPUT' })
  await t.rejects(asked(expression('a*')), { code: 'BAD_USER_INPUT' }, 'nor one that matches the empty text alone')
})

t.test('an alert that was pushed is listed, found and told, each change once, also while Alertmanager is away', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  // port 9 of this machine: nobody listens
  const server = await liveServer(t, backing, { env: { ALERTMANAGER_URL: 'http://127.0.0.1:9' } })
  const { sql, log } = backing
  const push = async (alert: object) => {
    const response = await fetch(`${server.http}/alerts/security`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ alerts: [alert] }),
    })
    t.equal(response.status, 200)
    await relayOutbox(sql, log)
  }
  const listed = async () => {
    const { alerts } = await server.dataSources.alerts.list({ tenantId: 'acme' })
    return alerts.map(({ id, state, name }) => ({ id, state, name }))
  }
  const query = 'subscription { alertChanged { __typename ... on AlertItem { state alert { id name severity origin labels endsAt } } } }'
  const stream = await openStream(t, `${server.http}/graphql`, { body: { query }, headers: { accept: 'text/event-stream' } })
  await stream.until('StreamPhase')
  const told = () => itemOf(stream, 'alertChanged')
  const labels = { alertname: 'Pushed', severity: 'critical', slo: 'shop' }
  const alert = { status: 'firing', fingerprint: 'f1', startsAt: '2026-01-01T00:00:00Z', endsAt: '0001-01-01T00:00:00Z', labels }
  await push(alert)
  t.match(await told(), { state: 'FIRING', alert: { id: 'f1', name: 'Pushed', origin: 'ALERTMANAGER', labels, endsAt: null } })
  t.same(await listed(), [{ id: 'f1', state: 'FIRING', name: 'Pushed' }])
  t.match(await server.dataSources.alerts.find({ tenantId: 'acme' }, 'f1'), { id: 'f1', state: 'FIRING', slo: 'shop' })
  t.equal(await server.dataSources.alerts.find({ tenantId: 'globex' }, 'f1'), null)
  await push(alert)
  await push({ ...alert, status: 'resolved', endsAt: '2026-01-01T01:00:00Z' })
  t.match(await told(), { state: 'INACTIVE', alert: { id: 'f1', endsAt: '2026-01-01T01:00:00Z' } }, 'the repeat was not told')
  t.same(await listed(), [{ id: 'f1', state: 'INACTIVE', name: 'Pushed' }])
  await push({ ...alert, startsAt: '2026-01-02T00:00:00Z' })
  t.match(await told(), { state: 'FIRING', alert: { id: 'f1' } })
  t.same(await listed(), [{ id: 'f1', state: 'FIRING', name: 'Pushed' }], 'one alert, though it fired twice')

  await sql.transaction((tx) =>
    announce(tx, {
      ...{ tenantId: 'acme', domain: 'SLO', type: 'alert.resolved:v1', at: systemClock.now() },
      data: { alertId: 'gone', slo: null, name: 'Forgotten', severity: 'warning', state: 'INACTIVE' },
    }),
  )
  await relayOutbox(sql, log)
  t.match(await told(), { state: 'INACTIVE', alert: { id: 'gone', name: 'Forgotten', severity: 'warning' } }, 'told though no list has it')
  stream.close()
})

t.test('what Alertmanager says itself of a pushed alert comes first, and its silences mute the others', async (t) => {
  const backing = await openers['embedded']?.(t)
  if (backing == null) return
  const plane = await openControlPlane(t, backing)
  const scope = { tenantId: 'acme' }
  const alert = (fingerprint: string) => ({
    ...{ status: 'firing', fingerprint, startsAt: '2026-01-01T00:00:00Z' },
    labels: { alertname: fingerprint, tenant: 'acme' },
  })
  await plane.dataSources.receivedAlerts.receive(scope, { alerts: [alert('both'), alert('pushed')] })
  const memory = memoryAlertmanager()
  const managed = { annotations: {}, startsAt: 1n, updatedAt: 2n, endsAt: null, receivers: ['r'], silencedBy: ['s9'], inhibitedBy: [] }
  const client = { ...memory, alerts: async () => [{ ...managed, fingerprint: 'both', labels: alert('both').labels }] }
  const alerts = createAlerts({ sql: backing.sql, client, defaultTenant: 'default' })
  await alerts.silence(scope, { matchers: [text('alertname', 'pushed')], startsAt: 1n, endsAt: 2n, comment: 'drill', createdBy: 'lee' })
  const found = (await alerts.list(scope)).alerts.map(({ id, silencedBy, receivers }) => ({ id, silencedBy, receivers }))
  t.same(found, [
    { id: 'both', silencedBy: ['s9'], receivers: ['r'] },
    { id: 'pushed', silencedBy: ['s0'], receivers: [] },
  ])
})
