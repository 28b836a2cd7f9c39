import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tap from 'tap'
import { parse as parseYaml, stringify } from 'yaml'
import { packageRoot } from '../src/root.ts'
import { answerOf, graphql, serve, temporaryFolder } from './support/program.ts'
import { openTestNeo4j } from './support/neo4j.ts'
import { freePort, programOf } from './support/server-process.ts'
import { shouldRun } from './support/services.ts'

const files = join(packageRoot, 'charts', 'orrery', 'files')
const rulesFile = join(files, 'rules.yml')

interface RuleGroup {
  readonly name: string
  readonly interval?: string
  readonly rules: readonly Rule[]
}
interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}
interface Dashboard {
  readonly uid: string
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}
const { groups } = parseYaml(readFileSync(rulesFile, 'utf8')) as { groups: readonly RuleGroup[] }
const rules = groups.flatMap((group) => group.rules)
const dashboards = readdirSync(join(files, 'dashboards')).map(
  (file) => JSON.parse(readFileSync(join(files, 'dashboards', file), 'utf8')) as Dashboard,
)

/** An alert without its thresholds: what has to exist for it ever to fire. */
const inputsOf = (expression: string): string[] =>
  expression.split(/ and | or (?=\()/).map((part) =>
    part
      // the other side of these is there to say something when there is nothing
      .replace(/^\((.*) unless .*\)$/, '$1')
      .replace(/ (?:[<>]=?|==) [\d.]+$/, '')
      .replace(/^\((.*) or vector\(0\)\)$/, '$1'),
  )

interface AdapterRule {
  readonly seriesQuery: string
  readonly name: { readonly as: string }
  readonly metricsQuery: string
}
const adapter = parseYaml(readFileSync(join(files, 'prometheus-adapter.yaml'), 'utf8')) as { rules: { custom: readonly AdapterRule[] } }
/** The labels that the Prometheus operator puts on the series of a pod. */
const podLabels = { namespace: 'production', pod: 'orrery-api-0' }
/** What the adapter asks for one pod: its own template, filled in as it does. */
const asAdapter = ({ seriesQuery, metricsQuery }: AdapterRule): string =>
  metricsQuery
    .replace('<<.Series>>', seriesQuery.replace(/\{.*/, ''))
    .replace('<<.LabelMatchers>>', `namespace="${podLabels.namespace}",pod=~"${podLabels.pod}"`)
    .replace('<<.GroupBy>>', 'pod')

const expressions = [
  ...rules.flatMap(({ alert, record, expr }) => inputsOf(expr).map((query) => ({ name: alert ?? record ?? '', query }))),
  ...dashboards.flatMap(({ uid, panels }) =>
    panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ name: `${uid}: ${title}`, query: expr }))),
  ),
  ...adapter.rules.custom.flatMap((rule) => [
    { name: `adapter discovers ${rule.name.as}`, query: rule.seriesQuery },
    { name: `adapter asks for ${rule.name.as}`, query: asAdapter(rule) },
  ]),
  // what the neighbours' own rules ask for (contract: summit 11.2), unchanged
  {
    name: 'Summit: p95 of operations',
    query: 'histogram_quantile(0.95, sum by (le, operation) (rate(graphql_query_duration_ms_bucket[5m])))',
  },
  { name: 'Summit: error ratio', query: 'sum(rate(graphql_requests_total{status="error"}[5m])) / sum(rate(graphql_requests_total[5m]))' },
  { name: 'Summit: complexity', query: 'avg by (operation) (graphql_query_complexity)' },
  {
    name: 'Summit: cache hits',
    query: 'rate(graphql_cache_hits_total[5m]) / (rate(graphql_cache_hits_total[5m]) + rate(graphql_cache_misses_total[5m]))',
  },
  { name: 'Summit: Neo4j', query: 'histogram_quantile(0.95, sum by (le) (rate(neo4j_query_duration_ms_bucket[5m])))' },
  { name: 'Summit: Neo4j as it exports it itself', query: 'rate(neo4j_query_latency_ms_bucket[5m])' },
  { name: 'Summit: availability', query: 'sum(rate(http_requests_total{code!~"5.."}[5m])) / sum(rate(http_requests_total[5m]))' },
  { name: 'Summit: under 350 ms', query: 'sum(rate(http_request_duration_seconds_bucket{le="0.35"}[5m]))' },
  { name: 'Rails: memory', query: 'process_resident_memory_bytes' },
  { name: 'Rails: availability', query: 'sum(rate(http_requests_total{code=~"2.."}[5m]))' },
]

function prometheus(): string | null {
  try {
    const path = programOf('prometheus')
    return existsSync(path) ? path : null
  } catch {
    return null
  }
}

async function startPrometheus(t: Parameters<typeof temporaryFolder>[0], program: string, target: string): Promise<string> {
  const folder = await temporaryFolder(t)
  const port = await freePort()
  mkdirSync(join(folder, 'data'))
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rulesFile],
    scrape_configs: [{ job_name: 'orrery', static_configs: [{ targets: [target], labels: podLabels }] }],
  }
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const child = spawn(
    program,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return `http://127.0.0.1:${port}`
}

const program = prometheus()

tap.test('every expression finds series of a running Orrery', async (t) => {
  if (!shouldRun(t, 'Prometheus', program !== null)) return
  const graphs = await openTestNeo4j(t)
  if (graphs === null) return
  const neo4j = Object.fromEntries(['NEO4J_URI', 'NEO4J_USER', 'NEO4J_PASSWORD'].map((name) => [name, process.env[name] ?? '']))
  const server = await serve(t, ['--data', await temporaryFolder(t)], { ...neo4j, NEO4J_LABEL_PREFIX: graphs.prefix })
  const url = await startPrometheus(t, program ?? '', new URL(server.url).host)

  // a subquery by the minute sees a series only at full minutes; by the second it asks for the same series
  const inSeconds = (query: string): string => query.replaceAll(/:\d+m\]/g, ':1s]')
  const ask = async (query: string): Promise<{ error: string | null; values: number }> => {
    const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: inSeconds(query) }) })
    const body = (await answer.json()) as { status: string; error?: string; data?: { result: unknown[] } }
    return { error: body.error ?? null, values: body.data?.result.length ?? 0 }
  }
  const traffic = async () => {
    await graphql(server.url, 'query Runs { runs(first: 2) { nodes { id } } }')
    await graphql(server.url, 'query Wrong { nothing }')
    await graphql(server.url, '{ run(id: "no id") { id } }')
  }
  await answerOf(async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true)
  await answerOf(async () => (await ask('up == 1')).values > 0)

  const open = new Map(expressions.map((one) => [one.query, one.name]))
  const errors: string[] = []
  const deadline = Date.now() + 150_000
  while (open.size > 0 && Date.now() < deadline) {
    await traffic()
    for (const [query, name] of open) {
      const { error, values } = await ask(query)
      if (error !== null) errors.push(`${name}: ${error}`)
      if (error !== null || values > 0) open.delete(query)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  t.strictSame(errors, [], 'every expression can be read')
  t.strictSame(
    [...open].map(([query, name]) => `${name}: ${query}`),
    [],
    'none is empty',
  )
  t.equal((await ask('rate(no_such_metric_total[5m])')).values, 0, 'the check bites')

  const loaded = (await (await fetch(`${url}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string }[] }[] }
  }
  const states = loaded.data.groups.flatMap((group) => group.rules)
  t.equal(states.length, rules.length)
  t.strictSame(
    states.filter(({ health }) => health === 'err'),
    [],
  )
})

/** What an alert does in the history that it is for. */
const histories = [
  {
    name: 'every worker is gone, and so are their series: the others go on',
    input_series: [
      { series: 'up{job="orrery",instance="api"}', values: '1x80' },
      { series: 'orrery_projector_active{instance="worker"}', values: '1x8 _x72' },
    ],
    alert_rule_test: [
      { eval_time: '2m', alertname: 'OrreryNoProjector', exp_alerts: [] },
      { eval_time: '15m', alertname: 'OrreryNoProjector', exp_alerts: [{ exp_labels: { severity: 'page' } }] },
    ],
  },
  {
    name: 'a worker projects',
    input_series: [
      { series: 'orrery_projector_active{instance="worker"}', values: '1x80' },
      { series: 'orrery_projector_active{instance="other"}', values: '0x80' },
      { series: 'orrery_projector_missed_total{instance="worker",projection="runs"}', values: '0x80' },
      { series: 'orrery_dead_letters_total{instance="worker",projection="runs"}', values: '0x80' },
    ],
    alert_rule_test: ['OrreryNoProjector', 'OrreryEventsMissed', 'OrreryDeadLetters'].map((alertname) => ({
      eval_time: '15m',
      alertname,
      exp_alerts: [],
    })),
  },
  ...[
    { alertname: 'OrreryEventsMissed', metric: 'orrery_projector_missed_total', severity: 'page' },
    { alertname: 'OrreryDeadLetters', metric: 'orrery_dead_letters_total', severity: 'ticket' },
  ].flatMap(({ alertname, metric, severity }) => {
    const exp_alerts = [{ exp_labels: { severity, instance: 'worker', projection: 'runs' } }]
    const series = `${metric}{instance="worker",projection="runs"}`
    return [
      {
        name: `${alertname}: counted before the first scrape`,
        input_series: [{ series, values: '_x8 500x400' }],
        alert_rule_test: [
          { eval_time: '10m', alertname, exp_alerts },
          { eval_time: '90m', alertname, exp_alerts: [] },
        ],
      },
      {
        name: `${alertname}: counted later`,
        input_series: [{ series, values: '0x40 3x400' }],
        alert_rule_test: [
          { eval_time: '5m', alertname, exp_alerts: [] },
          { eval_time: '20m', alertname, exp_alerts },
        ],
      },
    ]
  }),
]

tap.test('alerts about what is gone, or was counted before anybody looked, fire all the same', async (t) => {
  if (!shouldRun(t, 'Prometheus', program !== null)) return
  const folder = await temporaryFolder(t)
  const file = join(folder, 'histories.yml')
  // their words carry figures; what is asked here is whether they fire
  const wordless = groups.map((group) => ({ ...group, rules: group.rules.map(({ annotations: _, ...rule }) => rule) }))
  writeFileSync(join(folder, 'rules.yml'), stringify({ groups: wordless }))
  writeFileSync(
    file,
    stringify({ rule_files: ['rules.yml'], evaluation_interval: '15s', tests: histories.map((one) => ({ interval: '15s', ...one })) }),
  )
  const { status, stdout, stderr } = spawnSync(programOf('promtool'), ['test', 'rules', file], { encoding: 'utf8' })
  t.equal(status, 0, `${stdout}${stderr}`)
})

tap.test('every alert has a severity, a sentence and a page that shows its expression', async (t) => {
  const alerts = rules.filter((rule) => rule.alert !== undefined)
  t.ok(alerts.length >= 10)
  for (const { alert = '', expr, labels, annotations } of alerts) {
    t.ok(['page', 'ticket'].includes(labels?.['severity'] ?? ''), `${alert} has a severity`)
    t.ok(annotations?.['summary'] && annotations['description'])
    t.equal(annotations?.['runbook'], `docs/runbooks/${alert}.md`)
    t.match(readFileSync(join(packageRoot, 'docs', 'runbooks', `${alert}.md`), 'utf8'), expr)
  }
  t.strictSame(
    readdirSync(join(packageRoot, 'docs', 'runbooks')).sort(),
    [...alerts.map(({ alert }) => `${alert}.md`), 'README.md'].sort(),
    'no page without its alert',
  )
})

tap.test('dashboards: five, each panel with a query, each with its own address', async (t) => {
  t.strictSame(dashboards.map(({ uid }) => uid).sort(), [
    'orrery-operations',
    'orrery-projector',
    'orrery-slos',
    'orrery-stores',
    'orrery-streams',
  ])
  for (const { panels } of dashboards) for (const { title, targets } of panels) t.ok(targets.length > 0, title)
})
