import { execFileSync } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { alertmanagerConfig, contractRules, contractRulesYaml } from '../src/datasources/slo/contract-rules.ts'
import { createEvaluator } from '../src/datasources/slo/evaluator.ts'
import { createPrometheusClient } from '../src/datasources/slo/prometheus-client.ts'
import { createPrometheusSli } from '../src/datasources/slo/prometheus-sli.ts'
import { generateRules } from '../src/datasources/slo/rules.ts'
import { type SloDefinition } from '../src/datasources/slo/slo.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { createSloStatus } from '../src/health/slo-status.ts'
import { systemClock } from '../src/time.ts'
import { at, guarantees, resetting } from './support/guarantee-series.ts'
import { type HistorySeries, startPrometheus } from './support/prometheus.ts'
import { programOf } from './support/server-process.ts'
import { shouldRun } from './support/services.ts'
import { ask, openControlPlane, openers, viewerOf } from './support/control-plane.ts'

const slo = (name: string, indicator: object, more: object = {}): SloDefinition => ({
  ...parseSpec({
    name,
    service: 'shop',
    targetPpm: 999_000,
    window: { kind: 'ROLLING', seconds: 3600 },
    indicator: { source: 'PROMETHEUS', ...indicator },
    ...more,
  }),
  ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'lee', corrections: [] },
})

const step = 15
const end = Math.floor(Date.now() / 1000 / step) * step - 600
const start = end - 4 * 3600
const shop: HistorySeries[] = [
  { name: 'shop_requests_total', labels: { code: '200', replica: 'a' }, value: resetting(9.5, 1200) },
  { name: 'shop_requests_total', labels: { code: '500', replica: 'a' }, value: resetting(0.5, 1200) },
  { name: 'shop_requests_total', labels: { code: '200', replica: 'b' }, value: at(2) },
  // reported for the second half only
  { name: 'late_requests_total', labels: { code: '200' }, value: (seconds) => (seconds < 12_600 ? null : seconds * 3) },
  { name: 'down_requests_total', labels: { code: '500' }, value: at(1) },
  { name: 'speed_bucket', labels: { le: '0.4' }, value: at(4) },
  { name: 'speed_bucket', labels: { le: '1.0' }, value: at(5) },
  { name: 'speed_bucket', labels: { le: '+Inf' }, value: at(5) },
  { name: 'speed_count', labels: {}, value: at(5) },
  { name: 'queue_depth', labels: {}, value: (seconds) => (seconds % 600 < 150 ? 20 : 5) },
]

t.test('against a real Prometheus', async (t) => {
  const url = await startPrometheus(t, [...guarantees('firing', true), ...guarantees('calm', false), ...shop], { start, end, step })
  if (url === null) return
  const client = createPrometheusClient({ url, timeoutMs: 30_000 })
  const source = createPrometheusSli({ client })
  const to = BigInt(end) * 1_000_000_000n
  const measure = async (definition: SloDefinition, seconds = 3600) => {
    const [reading] = await source.measure([{ slo: definition, from: to - BigInt(seconds) * 1_000_000_000n, to, wantCoverage: true }])
    return reading
  }

  for (const { name, rules } of contractRules({ job: 'firing' }))
    for (const rule of rules) {
      const calm = contractRules({ job: 'calm' })
        .find((group) => group.name === name)
        ?.rules.find(({ alert }) => alert === rule.alert)
      t.test(`${rule.alert} fires on its series and is silent on the twin`, async (t) => {
        const firing = await client.query(rule.expr, end)
        t.ok(firing.ok && firing.result.length > 0, rule.expr)
        const silent = await client.query(calm?.expr ?? '', end)
        t.ok(silent.ok && silent.result.length === 0, calm?.expr ?? 'no twin')
      })
    }

  t.test('our numbers are those of Prometheus, over resets, several replicas and a gap', async (t) => {
    const good = 'shop_requests_total{code!~"5.."}'
    const reading = await measure(slo('shop', { kind: 'RATIO', good, total: 'shop_requests_total' }))
    const own = await client.query(`sum(increase(${good}[1h])) / sum(increase(shop_requests_total[1h]))`, end)
    if (reading?.ok !== true || !own.ok) throw new Error('not measured')
    const theirs = own.result[0]?.value ?? 0
    t.ok(Math.abs(reading.good / reading.total / theirs - 1) < 0.001, `${reading.good / reading.total} and ${theirs}`)
    t.ok(reading.coverage > 0.97)
    const bad = await measure(slo('shop-bad', { kind: 'RATIO', bad: 'shop_requests_total{code=~"5.."}', total: 'shop_requests_total' }))
    t.ok(bad?.ok === true && Math.abs(bad.good / bad.total / theirs - 1) < 0.001, 'counted from either side')
    const late = await measure(slo('late', { kind: 'RATIO', good: 'late_requests_total', total: 'late_requests_total' }), 3600)
    t.ok(late?.ok === true && late.coverage > 0.4 && late.coverage < 0.6, 'half of the hour was measured')
  })

  t.test('a latency is counted at its bucket, whichever way the edge is written; a missing edge is said', async (t) => {
    const latency = (thresholdMs: number) =>
      measure(slo(`speed-${thresholdMs}`, { kind: 'LATENCY', metric: 'speed', matchers: '', thresholdMs }))
    const fast = await latency(400)
    t.ok(fast?.ok === true && Math.abs(fast.good / fast.total - 0.8) < 0.001)
    const whole = await latency(1000)
    t.ok(whole?.ok === true && Math.abs(whole.good / whole.total - 1) < 0.001, '1.0 is 1')
    t.match(await latency(300), { ok: false, reason: 'BUCKET_ABSENT' })
    const gauge = await measure(slo('queue', { kind: 'THRESHOLD', query: 'queue_depth', operator: 'LTE', value: 10 }))
    t.ok(gauge?.ok === true && Math.abs(gauge.good / gauge.total - 0.75) < 0.02)
  })

  t.test('no series, a total outage and a broken query are three things, and a broken one is alone', async (t) => {
    const questions = [
      slo('absent', { kind: 'RATIO', good: 'nothing_total', total: 'nothing_total' }),
      slo('outage', { kind: 'RATIO', good: 'down_requests_total{code!~"5.."}', total: 'down_requests_total' }),
      slo('broken', { kind: 'RATIO', good: 'sum(', total: 'x' }),
      slo('fine', { kind: 'RATIO', good: 'shop_requests_total', total: 'shop_requests_total' }),
    ].map((definition) => ({ slo: definition, from: to - 3_600_000_000_000n, to, wantCoverage: false }))
    const readings = await source.measure(questions)
    t.match(readings, [{ ok: false, reason: 'SERIES_ABSENT' }, { ok: true, good: 0 }, { ok: false, reason: 'BAD_QUERY' }, { ok: true }])
  })

  t.test('slices have gaps where nothing was reported', async (t) => {
    const definition = slo('late', { kind: 'RATIO', good: 'late_requests_total', total: 'late_requests_total' })
    const answer = await source.slices(definition, { from: to - 3_600_000_000_000n, to, stepSeconds: 300 })
    if (!answer.ok) throw new Error(answer.reason)
    t.equal(answer.slices.length, 12)
    t.equal(answer.slices[0], null)
    t.ok((answer.slices.at(-1)?.total ?? 0) > 0)
  })
})

t.test('rules and configuration are accepted by promtool and amtool', async (t) => {
  if (!shouldRun(t, 'PROMETHEUS_URL', process.env['PROMETHEUS_URL'] !== undefined)) return
  const dir = mkdtempSync(join(tmpdir(), 'orrery-rules-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const generated = generateRules(
    [
      slo(
        'shop',
        { kind: 'RATIO', good: 'shop_requests_total{code!~"5.."}', total: 'shop_requests_total' },
        { window: { kind: 'ROLLING', seconds: 30 * 86_400 } },
      ),
      slo(
        'bad',
        { kind: 'RATIO', bad: 'shop_requests_total{code=~"5.."}', total: 'shop_requests_total' },
        { window: { kind: 'ROLLING', seconds: 7 * 86_400 } },
      ),
      slo(
        'speed',
        { kind: 'LATENCY', metric: 'speed', matchers: 'job="a"', thresholdMs: 400 },
        { targetPpm: 900_000, window: { kind: 'ROLLING', seconds: 28 * 86_400 } },
      ),
    ],
    0n,
  )
  writeFileSync(join(dir, 'contract.yml'), contractRulesYaml())
  writeFileSync(join(dir, 'generated.yml'), generated)
  const checked = execFileSync(programOf('promtool'), ['check', 'rules', join(dir, 'contract.yml'), join(dir, 'generated.yml')], {
    encoding: 'utf8',
  })
  t.match(checked, /15 rules found/)
  t.match(generated, /0\.0144/, 'a factor of 14.4 over 30 days')
  t.match(generated, /slo:sli_error:ratio_rate5m/)
  writeFileSync(join(dir, 'token'), 'a-token')
  writeFileSync(join(dir, 'slack'), 'http://127.0.0.1:1/slack')
  writeFileSync(
    join(dir, 'alertmanager.yml'),
    alertmanagerConfig({
      webhookUrl: 'http://127.0.0.1:4000/alerts/security',
      tokenFile: join(dir, 'token'),
      slackFile: join(dir, 'slack'),
    }),
  )
  const amtool = execFileSync(programOf('amtool'), ['check-config', join(dir, 'alertmanager.yml')], { encoding: 'utf8' })
  t.match(amtool, /SUCCESS/)
})

/** A server that says what it is told to say. */
async function scripted(
  t: { teardown(close: () => unknown): unknown },
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => answer(request, body, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const vector = (value: string, warnings: string[] = []) =>
  JSON.stringify({
    status: 'success',
    ...(warnings.length === 0 ? {} : { warnings }),
    data: {
      resultType: 'vector',
      result: ['total', 'good', 'coverage'].map((part) => ({
        metric: { orrery_slo: '0', orrery_part: part },
        value: [1, part === 'coverage' ? '1' : value],
      })),
    },
  })

t.test('down, slow, NaN, warnings, 400, 422 and 503 are each a reason of its own', async (t) => {
  const definition = slo('one', { kind: 'RATIO', good: 'a_total', total: 'b_total' })
  const measured = async (url: string, timeoutMs = 30_000) => {
    const source = createPrometheusSli({ client: createPrometheusClient({ url, timeoutMs }) })
    return (await source.measure([{ slo: definition, from: 0n, to: 3_600_000_000_000n, wantCoverage: true }]))[0]
  }
  const said = (status: number, body: string) => scripted(t, (_request, _body, response) => response.writeHead(status).end(body))
  const error = JSON.stringify({ status: 'error', errorType: 'x', error: 'secret text' })
  t.match(await measured(await said(200, vector('5'))), { ok: true, good: 5, total: 5, coverage: 1 })
  t.match(await measured(await said(200, vector('NaN'))), { ok: false, reason: 'NO_TRAFFIC' })
  t.match(await measured(await said(200, vector('0'))), { ok: true, total: 0 })
  t.match(await measured(await said(200, vector('5', ['partial']))), { ok: true, estimated: true, warnings: ['PARTIAL_DATA'] })
  t.match(await measured(await said(400, error)), { ok: false, reason: 'BAD_QUERY' })
  t.match(await measured(await said(422, error)), { ok: false, reason: 'QUERY_FAILED' })
  t.match(await measured(await said(503, error)), { ok: false, reason: 'BACKEND_UNAVAILABLE' })
  t.match(await measured(await said(200, 'no json')), { ok: false, reason: 'BACKEND_UNAVAILABLE' })
  t.match(await measured(await said(200, '{"status":"success","data":{"resultType":"vector","result":[]}}')), {
    ok: false,
    reason: 'SERIES_ABSENT',
  })
  t.match(await measured(await scripted(t, () => undefined), 300), { ok: false, reason: 'BACKEND_TIMEOUT' })
  t.match(await measured('http://127.0.0.1:1'), { ok: false, reason: 'BACKEND_UNAVAILABLE' })
})

/** Answers whatever is asked: for each objective and part of a query, a value. */
const answerTo = (query: string, valueOf: (part: string) => string): string =>
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'vector',
      result: [...query.matchAll(/"orrery_slo", "(\d+)", "", ""\), "orrery_part", "(\w+)"/g)].map(([, ord, part = '']) => ({
        metric: { orrery_slo: ord, orrery_part: part },
        value: [1, valueOf(part)],
      })),
    },
  })

t.test('while Prometheus fails in any way, an alert is frozen, and only what it measures is unknown', async (t) => {
  const backing = await openers['embedded']?.(t)
  if (backing == null) return
  type Mood = (query: string, response: ServerResponse) => unknown
  const say =
    (status: number, body: string): Mood =>
    (_query, response) =>
      response.writeHead(status).end(body)
  const values =
    (good: string, total: string): Mood =>
    (query, response) =>
      response.end(answerTo(query, (part) => (part === 'good' ? good : part === 'total' ? total : '1')))
  let mood: Mood = values('500', '1000')
  const url = await scripted(t, (_request, body, response) => mood(new URLSearchParams(body).get('query') ?? '', response))
  const patient = await openControlPlane(t, backing, { PROMETHEUS_URL: url, SOURCE_TIMEOUT_MS: '60000' })
  // only who waits for nothing has a short deadline
  const hasty = await openControlPlane(t, backing, { PROMETHEUS_URL: url, SOURCE_TIMEOUT_MS: '500' })
  const lee = viewerOf('lee@example.com')
  const told = async (text: string, input: object = {}, plane = patient) => {
    const { data, errors } = await ask(plane, lee, text, { input })
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return data
  }
  const upsert = 'mutation($input: UpsertSloInput!) { upsertSlo(input: $input) { __typename ... on UserError { message } } }'
  const common = { service: 's', targetPercent: 99, window: '30d', minCoverage: 0 }
  await told(upsert, { ...common, name: 'theirs', indicator: { prometheusRatio: { good: 'a_total', total: 'b_total' } } })
  await told(upsert, { ...common, name: 'ours', indicator: { counters: { measure: 'x.ours' } } })
  const record = 'mutation($input: RecordSloEventsInput!) { recordSloEvents(input: $input) { __typename } }'
  for (const plane of [patient, hasty]) await told(record, { name: 'ours', good: 10, bad: 0 }, plane)
  const shown = async (plane = patient) => {
    const { slo, sloStore: store, sloStates: states } = plane.dataSources
    const evaluator = createEvaluator({
      ...{ sql: backing.sql, log: backing.log, store, slo, states, clock: systemClock, logger: pino({ level: 'silent' }) },
      intervalMs: 60_000,
      hysteresis: { holdSeconds: 0, clearSeconds: 0 },
      incidentClearSeconds: 0,
    })
    await evaluator.tick()
    await evaluator.tick()
    return told(
      '{ slos(orderBy: NAME_ASC) { nodes { name status reasons { code } sli { ratio } tiers { state since } } } alerts(filter: { slo: "theirs", states: [FIRING] }) { totalCount nodes { startsAt } } }',
      {},
      plane,
    ) as unknown as Promise<{
      slos: { nodes: { name: string; status: string; reasons: { code: string }[]; sli: { ratio: number | null } | null }[] }
      alerts: { totalCount: number; nodes: { startsAt: string }[] }
    }>
  }
  const burning = await shown()
  t.match(burning.slos.nodes, [
    { name: 'ours', status: 'MEETING' },
    { name: 'theirs', status: 'BREACHED' },
  ])
  t.ok(burning.alerts.totalCount > 0, 'it fires')
  const failures: readonly (readonly [what: string, reason: string, mood: Mood])[] = [
    ['503', 'BACKEND_UNAVAILABLE', say(503, '{"status":"error","errorType":"unavailable"}')],
    ['422', 'QUERY_FAILED', say(422, '{"status":"error","errorType":"execution"}')],
    ['400', 'BAD_QUERY', say(400, '{"status":"error","errorType":"bad_data"}')],
    ['NaN', 'NO_TRAFFIC', values('NaN', 'NaN')],
    ['no series', 'SERIES_ABSENT', say(200, '{"status":"success","data":{"resultType":"vector","result":[]}}')],
    ['slow', 'BACKEND_TIMEOUT', () => undefined],
    ['not what it should be', 'BACKEND_UNAVAILABLE', say(200, 'no json')],
  ]
  for (const [what, reason, failing] of failures) {
    mood = failing
    const seen = await shown(what === 'slow' ? hasty : patient)
    t.match(
      seen.slos.nodes,
      [
        { name: 'ours', status: 'MEETING', sli: { ratio: 1 } },
        { name: 'theirs', status: 'NO_DATA', reasons: [{ code: reason }], sli: null },
      ],
      what,
    )
    t.same(seen.alerts, burning.alerts, `${what}: the alert is as it was`)
  }
  mood = values('1000', '1000')
  const well = await shown()
  t.match(well.slos.nodes, [{ name: 'ours' }, { name: 'theirs', status: 'MEETING', sli: { ratio: 1 } }])
  t.equal(well.alerts.totalCount, 0, 'measured again, it ends')
})

t.test(
  'the status page asks for each window once, whatever the number of objectives and of those who look, and waits for nobody twice',
  async (t) => {
    const backing = await openers['embedded']?.(t)
    if (backing == null) return
    let asked: string[] = []
    let mute = false
    const url = await scripted(t, (_request, body, response) => {
      const query = new URLSearchParams(body).get('query') ?? ''
      asked.push(query)
      if (!mute) response.end(answerTo(query, () => '1000'))
    })
    const plane = await openControlPlane(t, backing, { PROMETHEUS_URL: url, DEFAULT_TENANT: 'acme' })
    const upsert = 'mutation($input: UpsertSloInput!) { upsertSlo(input: $input) { __typename ... on UserError { message } } }'
    const count = 30
    for (let index = 0; index < count; index += 1)
      await ask(plane, viewerOf('lee@example.com'), upsert, {
        input: {
          ...{ name: `s${index}`, service: 's', targetPercent: 99, window: '30d', minCoverage: 0 },
          indicator: { prometheusRatio: { good: `a${index}_total`, total: 'b_total' } },
        },
      })
    const parts = { dataSources: plane.dataSources, tenantId: 'acme', deadlineMs: 60_000 }
    asked = []
    const page = createSloStatus(parts)
    const [one, other] = await Promise.all([page(), page()])
    t.equal(one, other, 'those who ask at once share one answer')
    t.equal(Object.keys(one.slos).length, count)
    t.match(one.slos['s7'], { current: 100, status: 'ok', burnRate: { '1h': 0, '6h': 0 } })
    const queries = asked.length
    t.ok(queries < 20, `${queries} queries for ${count} objectives`)
    mute = true
    asked = []
    await t.rejects(createSloStatus({ ...parts, deadlineMs: 300 })(), { code: 'DEADLINE_EXCEEDED' }, 'it does not wait for ever')
    const silent = await openControlPlane(t, backing, { PROMETHEUS_URL: url, DEFAULT_TENANT: 'acme', SOURCE_TIMEOUT_MS: '300' })
    asked = []
    const late = await createSloStatus({ ...parts, dataSources: silent.dataSources })()
    t.match(late.slos['s7'], { current: null, status: null, burnRate: { '1h': null, '6h': null }, reasons: ['BACKEND_TIMEOUT'] })
    t.ok(asked.length < 12, `${asked.length} queries that nobody answers`)
  },
)

t.test('a thousand objectives cost two queries for each window', async (t) => {
  let queries = 0
  const url = await scripted(t, (_request, _body, response) => {
    queries += 1
    response.end('{"status":"success","data":{"resultType":"vector","result":[]}}')
  })
  const source = createPrometheusSli({ client: createPrometheusClient({ url, timeoutMs: 10_000 }) })
  const many = Array.from({ length: 1000 }, (_, index) =>
    slo(`s${index}`, { kind: 'RATIO', good: `a${index}_total`, total: `b${index}_total` }),
  )
  await source.measure(many.map((definition) => ({ slo: definition, from: 0n, to: 3_600_000_000_000n, wantCoverage: true })))
  t.ok(queries <= 2, String(queries))
})

t.test('Alertmanager and Prometheus down: our own objectives go on, the answer says who did not answer', async (t) => {
  const open = openers['embedded']
  const backing = await open?.(t)
  if (backing == null) return
  const plane = await openControlPlane(t, backing, { PROMETHEUS_URL: 'http://127.0.0.1:1', ALERTMANAGER_URL: 'http://127.0.0.1:1' })
  const lee = viewerOf('lee@example.com')
  const upsert = 'mutation($input: UpsertSloInput!) { upsertSlo(input: $input) { __typename } }'
  const common = { service: 's', targetPercent: 99, window: '1h', minCoverage: 0 }
  await ask(plane, lee, upsert, {
    input: { ...common, name: 'theirs', indicator: { prometheusRatio: { good: 'a_total', total: 'b_total' } } },
  })
  await ask(plane, lee, upsert, { input: { ...common, name: 'ours', indicator: { counters: { measure: 'x.ours' } } } })
  await ask(plane, lee, 'mutation { recordSloEvents(input: { name: "ours", good: 10, bad: 0 }) { __typename } }')
  const { data, errors } = await ask(
    plane,
    lee,
    '{ slos(orderBy: NAME_ASC) { nodes { name status reasons { code } sli { ratio } errorBudget { remainingRatio } alerts { id } } } alerts { totalCount } }',
  )
  t.equal(errors, undefined)
  t.match(data, {
    slos: {
      nodes: [
        { name: 'ours', status: 'MEETING', sli: { ratio: 1 }, alerts: null },
        { name: 'theirs', status: 'NO_DATA', reasons: [{ code: 'BACKEND_UNAVAILABLE' }], sli: null, errorBudget: { remainingRatio: null } },
      ],
    },
    alerts: { totalCount: 0 },
  })
  const silence =
    'mutation { silenceAlert(input: { matchers: [{ name: "a", value: "b" }], comment: "x", durationSeconds: 60 }) { __typename ... on Unavailable { source } } }'
  t.match((await ask(plane, lee, silence)).data, { silenceAlert: { __typename: 'Unavailable', source: 'alertmanager' } })
})
