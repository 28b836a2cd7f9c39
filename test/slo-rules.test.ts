import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import { alertmanagerConfig, contractRules, contractRulesYaml } from '../src/datasources/slo/contract-rules.ts'
import { generateRules } from '../src/datasources/slo/rules.ts'
import { type SloDefinition } from '../src/datasources/slo/slo.ts'
import { parseSpec } from '../src/datasources/slo/spec.ts'
import { eventually } from './support/eventually.ts'
import { at, guarantees } from './support/guarantee-series.ts'
import { backings, liveServer } from './support/live-server.ts'
import { type HistorySeries, startAlertmanager, startPrometheusReceiver } from './support/prometheus.ts'
import { writeHistory, type WrittenSeries } from './support/remote-write.ts'
import { programOf } from './support/server-process.ts'
import { shouldRun } from './support/services.ts'

const names = contractRules().flatMap(({ rules }) => rules.map(({ alert }) => alert))

const objective = (name: string, more: object = {}): SloDefinition => ({
  ...parseSpec({
    name,
    service: 'shop',
    targetPpm: 999_000,
    window: { kind: 'ROLLING', seconds: 30 * 86_400 },
    indicator: { source: 'PROMETHEUS', kind: 'RATIO', good: `${name}_total{code!~"5.."}`, total: `${name}_total` },
    ...more,
  }),
  ...{ tenantId: 'acme', revision: 1, createdAt: 0n, updatedAt: 0n, updatedBy: 'lee', corrections: [] },
})

/** Requests of an objective: ten a second on two replicas together, a share of them bad. */
const requests = (name: string, badShare: number): HistorySeries[] =>
  ['a', 'b'].flatMap((instance) => [
    { name: `${name}_total`, labels: { code: '200', instance }, value: at(5 * (1 - badShare)) },
    { name: `${name}_total`, labels: { code: '500', instance }, value: at(5 * badShare) },
  ])

interface FoundAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly state?: string
  readonly fingerprint?: string
  readonly status?: { readonly state: string; readonly inhibitedBy: readonly string[] }
}

const json = async (url: string): Promise<unknown> => (await fetch(url)).json()
const byName = (alerts: readonly FoundAlert[], name: string, labels: Record<string, string> = {}): FoundAlert | undefined =>
  alerts.find(
    (alert) => alert.labels['alertname'] === name && Object.entries(labels).every(([label, value]) => alert.labels[label] === value),
  )

t.test('every rule fires on the real servers through its `for`, is silent on its twin, and mutes what is slower', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const token = 'a-token-of-the-webhook'
  const server = await liveServer(t, backing, { env: { AUTH_MODE: 'apikey', ALERTS_WEBHOOK_TOKEN: token } })
  const alertmanager = await startAlertmanager(
    t,
    (dir) =>
      alertmanagerConfig({
        webhookUrl: `${server.http}/alerts/security`,
        tokenFile: join(dir, 'token'),
        slackFile: join(dir, 'slack'),
      }).replaceAll('group_wait: 10s', 'group_wait: 1s'),
    { token, slack: 'http://127.0.0.1:1/slack' },
  )
  if (alertmanager === null) return
  // minutes of waiting become seconds; the real ones are promtool's below
  const hurried = (yaml: string): string => yaml.replace(/for: (\d+)m/g, 'for: $1s').replaceAll('interval: 30s', 'interval: 1s')
  const tiers = [
    { name: 'fast', severity: 'page', budgetShare: 0.02, longSeconds: 3600, shortSeconds: 300, forSeconds: 2 },
    { name: 'slow', severity: 'ticket', budgetShare: 0.05, longSeconds: 21_600, shortSeconds: 1800, forSeconds: 2 },
  ]
  const url = await startPrometheusReceiver(t, {
    alertmanagerUrl: alertmanager,
    rules: {
      firing: hurried(contractRulesYaml({ job: 'firing' })),
      calm: hurried(contractRulesYaml({ job: 'calm' }))
        .replaceAll('alert: ', 'alert: Calm')
        .replaceAll('name: rails', 'name: calm_rails'),
      generated: hurried(generateRules([objective('burning', { tiers }), objective('quiet', { tiers })], 0n)),
    },
  })
  if (url === null) return
  const end = Math.floor(Date.now() / 1000)
  const written = (series: readonly HistorySeries[], seconds: number, step: number): WrittenSeries[] =>
    series.map(({ name, labels, value }) => ({
      labels: { __name__: name, ...labels },
      samples: Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step).flatMap((after) => {
        const found = value(after)
        return found === null ? [] : [[(end - seconds + after) * 1000, found] as const]
      }),
    }))
  await writeHistory(url, [
    ...written([...guarantees('firing', true), ...guarantees('calm', false)], 4500, 15),
    ...written([...requests('burning', 0.1), ...requests('quiet', 0.0005)], 7 * 3600, 60),
  ])

  let alerts: readonly FoundAlert[] = []
  const firing = () => alerts.filter(({ state }) => state === 'firing')
  const severities = ['page', 'ticket']
  await eventually(
    async () => {
      alerts = ((await json(`${url}/api/v1/alerts`)) as { data: { alerts: FoundAlert[] } }).data.alerts
      return (
        names.every((name) => byName(firing(), name) !== undefined) &&
        severities.every((severity) => byName(firing(), 'SloBurnRate', { slo: 'burning', severity }) !== undefined)
      )
    },
    { withinMs: 90_000, everyMs: 500 },
  )
  for (const name of names) {
    t.ok(byName(firing(), name), `${name} fires`)
    t.notOk(byName(alerts, `Calm${name}`), `${name} is silent on its twin`)
  }
  for (const severity of severities) {
    t.ok(byName(firing(), 'SloBurnRate', { slo: 'burning', severity }), `the ${severity} tier of the one that burns fires`)
    t.notOk(byName(alerts, 'SloBurnRate', { slo: 'quiet', severity }), `the ${severity} tier of its twin is silent`)
  }

  let received: readonly FoundAlert[] = []
  const isMuted = (slower: FoundAlert | undefined, faster: FoundAlert | undefined): boolean =>
    slower?.status?.state === 'suppressed' && faster?.fingerprint !== undefined && slower.status.inhibitedBy.includes(faster.fingerprint)
  const twins = [
    ['ResponseTimeP95High', 'ResponseTimeP95Critical'],
    ['TicketVerifyP95High', 'TicketVerifyP95Critical'],
  ] as const
  const burning = (severity: string) => byName(received, 'SloBurnRate', { slo: 'burning', severity })
  await eventually(
    async () => {
      received = (await json(`${alertmanager}/api/v2/alerts`)) as FoundAlert[]
      return (
        names.every((name) => byName(received, name) !== undefined) &&
        isMuted(burning('ticket'), burning('page')) &&
        twins.every(([warning, critical]) => isMuted(byName(received, warning), byName(received, critical)))
      )
    },
    { withinMs: 60_000, everyMs: 500 },
  )
  t.equal(burning('page')?.status?.state, 'active')
  t.equal(byName(received, 'ResponseTimeP95Critical')?.status?.state, 'active')
  t.notOk(received.some(({ labels }) => labels['alertname']?.startsWith('Calm') === true || labels['slo'] === 'quiet'))

  t.test('what is critical for security comes back through the webhook and opens an incident', async (t) => {
    const wanted = ['TTLEnforcementFailure', 'NonceUniquenessViolation', 'PotentialReplayAttack']
    await eventually(
      async () => {
        const subjects = (await server.dataSources.incidents.list({ tenantId: 'acme' })).map(({ subject }) => subject)
        return wanted.every((name) => subjects.includes(name))
      },
      { withinMs: 60_000, everyMs: 500 },
    )
    t.pass('one incident each')
  })
})

/** What promtool is asked of a moment: which alerts fire. */
const expected = (evalTime: string, expr: string, found: readonly string[]) => ({
  expr,
  eval_time: evalTime,
  exp_samples: found.map((labels) => ({ labels, value: 1 })),
})

function promtool(t: Test, files: Readonly<Record<string, string>>, tests: readonly object[], evaluatedEvery = '1m'): string {
  const dir = mkdtempSync(join(tmpdir(), 'orrery-promtool-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  const path = join(dir, 'tests.yml')
  writeFileSync(path, stringify({ rule_files: Object.keys(files), evaluation_interval: evaluatedEvery, tests }, { lineWidth: 0 }))
  return execFileSync(programOf('promtool'), ['test', 'rules', path], { encoding: 'utf8' })
}

/** @param step seconds between samples */
const spelled = (series: readonly HistorySeries[], count: number, step = 60) =>
  series.map(({ name, labels, value }) => {
    const first = value(0) ?? 0
    const text = Object.entries(labels).map(([label, word]) => `${label}=${JSON.stringify(word)}`)
    return { series: `${name}{${text.join(',')}}`, values: `${first}+${Number(((value(step) ?? 0) - first).toPrecision(12))}x${count}` }
  })

t.test('promtool: the contract’s rules wait for as long as they say, fire, and are silent on the twin', async (t) => {
  if (!shouldRun(t, 'PROMETHEUS_URL', process.env['PROMETHEUS_URL'] !== undefined)) return
  const states = (state: string) => `group by (alertname) (ALERTS{alertstate="${state}"})`
  const all = names.map((name) => `{alertname="${name}"}`)
  const said = promtool(t, { 'contract.yml': contractRulesYaml({ job: 'firing' }) }, [
    {
      interval: '1m',
      input_series: spelled(guarantees('firing', true), 90),
      promql_expr_test: [
        expected('80m', states('firing'), all),
        // after a minute nothing that waits for more can fire
        expected(
          '1m',
          'group by (alertname) (ALERTS{alertstate="firing",alertname=~"AvailabilityLow|ErrorBudgetBurnRateHigh|MemoryUsageHigh"})',
          [],
        ),
        expected('3m', 'group by (alertname) (ALERTS{alertstate="pending",alertname="MemoryUsageHigh"})', [
          '{alertname="MemoryUsageHigh"}',
        ]),
        expected('6m', 'group by (alertname) (ALERTS{alertstate="firing",alertname="MemoryUsageHigh"})', ['{alertname="MemoryUsageHigh"}']),
      ],
    },
    {
      interval: '1m',
      input_series: spelled(
        guarantees('calm', false).map((series) => ({ ...series, labels: { ...series.labels, job: 'firing' } })),
        90,
      ),
      promql_expr_test: [expected('80m', 'group by (alertname) (ALERTS)', [])],
    },
  ])
  t.match(said, /SUCCESS/)
})

t.test('promtool: each tier of a generated rule fires at its own burn rate over its long windows, and only then', async (t) => {
  if (!shouldRun(t, 'PROMETHEUS_URL', process.env['PROMETHEUS_URL'] !== undefined)) return
  // a sample every two minutes for three days
  const samples = 2160
  const severities = 'count by (severity) (ALERTS{alertstate="firing",alertname="SloBurnRate"})'
  const at3d = (found: readonly string[]) => [expected('3d', severities, found)]
  const ofShare = (badShare: number, found: readonly string[]) => ({
    interval: '2m',
    input_series: spelled(requests('shop', badShare), samples + 10, 120),
    promql_expr_test: at3d(found),
  })
  /** Bad at 20 times the budget for the last minutes. */
  const lately = (minutes: number, found: readonly string[]) => ({
    interval: '2m',
    input_series: [
      { series: 'shop_total{code="200"}', values: `0+1200x${samples + 10}` },
      { series: 'shop_total{code="500"}', values: `0+0x${samples - minutes / 2} 24+24x${minutes / 2 + 10}` },
    ],
    promql_expr_test: at3d(found),
  })
  const [page, ticket] = ['{severity="page"}', '{severity="ticket"}']
  const said = promtool(
    t,
    { 'generated.yml': generateRules([objective('shop')], 0n) },
    [
      ofShare(0.0005, []),
      // 1.5 times: the slowest tier alone
      ofShare(0.0015, [ticket]),
      ofShare(0.0045, [ticket]),
      // 8 times: the slow page tier, over six hours
      ofShare(0.008, [page, ticket]),
      ofShare(0.02, [page, ticket]),
      // 20 times for an hour and a quarter: too short for tickets
      lately(76, [page]),
      // and for two minutes: too short for all
      lately(2, []),
    ],
    '1h',
  )
  t.match(said, /SUCCESS/)
})
