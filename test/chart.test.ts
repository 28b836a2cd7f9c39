import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tap from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { readConfig } from '../src/config.ts'
import { packageRoot } from '../src/root.ts'
import { temporaryFolder } from './support/program.ts'
import { programOf } from './support/server-process.ts'
import { shouldRun } from './support/services.ts'

const chart = join(packageRoot, 'charts', 'orrery')

/** A program that the services script installs; null where there is none and none is required. */
function find(name: string): string | null {
  try {
    const path = programOf(name)
    if (existsSync(path)) return path
  } catch {
    // no services script here
  }
  if (process.env['ORRERY_REQUIRE_SERVICES'] !== '1') return null
  programOf('helm', { install: true })
  return programOf(name)
}
const helm = find('helm')
const validator = find('kubernetes-validate')

const connected = {
  'nats.url': 'nats://nats:4222',
  'postgres.host': 'postgres',
  'postgres.existingSecret': 'db',
  'redis.host': 'redis',
  'redis.existingSecret': 'cache',
  'auth.existingSecret': 'auth',
}
type Values = Readonly<Record<string, string | number | boolean>>

const everything: Values = {
  ...connected,
  'ingress.enabled': true,
  'autoscaling.enabled': true,
  'autoscaling.targetSubscriptions': 500,
  'neo4j.uri': 'bolt://neo4j:7687',
  'neo4j.existingSecret': 'graph',
  'nats.existingSecret': 'nats',
  'cursors.existingSecret': 'cursors',
  'prometheus.url': 'http://prometheus:9090',
  'alertmanager.url': 'http://alertmanager:9093',
  'serviceMonitor.enabled': true,
  'prometheusRule.enabled': true,
  'dashboards.enabled': true,
  'subgraphs[0].name': 'slo',
  'subgraphs[0].domains': '{slo,system}',
  'extraEnv[0].name': 'LOG_LEVEL',
  'extraEnv[0].value': 'warn',
}
const matrix: Readonly<Record<string, Values>> = {
  connected,
  everything,
  embedded: { embedded: true, replicaCount: 1, 'auth.mode': 'apikey' },
  'tokens by JWKS, no worker, no policies': {
    ...connected,
    'auth.existingSecret': '',
    'auth.jwksUrl': 'https://issuer.example.com/jwks',
    'worker.enabled': false,
    'networkPolicy.enabled': false,
    'podDisruptionBudget.enabled': false,
    'serviceAccount.create': false,
    'migrations.job': false,
    'ingress.enabled': true,
    'ingress.tls[0].secretName': 'tls',
    'ingress.tls[0].hosts': '{orrery.example.com}',
  },
}

const flags = (values: Values): string[] => Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`])

interface Resource {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> }
  readonly spec?: Readonly<Record<string, unknown>>
  readonly data?: Readonly<Record<string, string>>
}
interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[]
  readonly securityContext: object
  readonly resources: object
  readonly livenessProbe: { readonly httpGet: { readonly path: string } }
  readonly readinessProbe: { readonly httpGet: { readonly path: string } }
}
interface PodSpec {
  readonly containers: readonly [Container]
  readonly securityContext: object
  readonly terminationGracePeriodSeconds: number
  readonly automountServiceAccountToken: boolean
  readonly enableServiceLinks: boolean
  readonly affinity: object
  readonly topologySpreadConstraints: readonly object[]
}

const template = (values: Values) =>
  spawnSync(helm ?? '', ['template', 'rel', chart, '--kube-version', '1.33.0', ...flags(values)], { encoding: 'utf8', maxBuffer: 2 ** 26 })
function render(values: Values): Resource[] {
  const { status, stdout, stderr } = template(values)
  if (status !== 0) throw new Error(stderr)
  return parseAllDocuments(stdout)
    .map((document) => document.toJSON() as Resource | null)
    .filter((one) => one !== null)
}
const podOf = (resource: Resource | undefined): PodSpec => (resource?.spec?.['template'] as { spec: PodSpec }).spec

tap.test('the chart', async (t) => {
  if (!shouldRun(t, 'helm', helm !== null && validator !== null)) return
  await t.test('helm lint is content, strictly', async (t) => {
    const { status, stdout } = spawnSync(helm ?? '', ['lint', '--strict', chart, '--kube-version', '1.33.0', ...flags(connected)], {
      encoding: 'utf8',
    })
    t.equal(status, 0, stdout)
  })

  await t.test('every set of values is valid for Kubernetes 1.28 to 1.36, strictly', async (t) => {
    const folder = await temporaryFolder(t)
    for (const [name, values] of Object.entries(matrix)) {
      const { status, stdout, stderr } = template(values)
      t.equal(status, 0, `${name}: ${stderr}`)
      const file = join(folder, 'rendered.yaml')
      writeFileSync(file, stdout)
      for (let minor = 28; minor <= 36; minor++) {
        const checked = spawnSync(validator ?? '', ['-k', `1.${minor}`, '--strict', '--no-warn', '--quiet', file], { encoding: 'utf8' })
        t.equal(checked.status, 0, `${name} on 1.${minor} ${checked.stdout}${checked.stderr}`)
      }
    }
    const wrong = join(folder, 'wrong.yaml')
    writeFileSync(wrong, 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { sort: ClusterIP }\n')
    t.not(spawnSync(validator ?? '', ['-k', '1.33', '--strict', wrong]).status, 0, 'the check bites')
  })

  await t.test('what cannot work is refused with a sentence', async (t) => {
    const refused = (values: Values) => template(values).stderr
    t.match(refused({}), /nats\.url is missing/)
    t.match(refused({ ...connected, 'auth.existingSecret': '' }), /auth\.jwksUrl or auth\.existingSecret/)
    t.match(refused({ ...connected, drainSeconds: 60 }), /terminationGracePeriodSeconds must be at least/)
    t.match(refused({ embedded: true, 'auth.mode': 'apikey' }), /embedded allows one process/)
    t.match(refused({ ...connected, 'auth.mode': 'none' }), /auth[./]mode/)
    t.match(refused({ ...connected, repicaCount: 3 }), /repicaCount/)
    t.match(refused({ ...connected, 'service.port': 'http' }), /service[./]port/)
  })

  await t.test('objects: what each is for', async (t) => {
    const all = render(everything)
    const named = (kind: string, name: string) => all.find((one) => one.kind === kind && one.metadata.name === name)
    const api = podOf(named('Deployment', 'rel-orrery-api'))
    const worker = podOf(named('Deployment', 'rel-orrery-worker'))
    const slo = podOf(named('Deployment', 'rel-orrery-subgraph-slo'))
    const valueOf = ({ containers: [{ env }] }: PodSpec, name: string) => env.find((one) => one.name === name)?.value
    t.equal(valueOf(api, 'ROLES'), 'api')
    t.equal(valueOf(worker, 'ROLES'), 'worker')
    t.equal(valueOf(slo, 'SUBGRAPHS'), 'slo,system')
    t.ok(named('Service', 'rel-orrery-subgraph-slo'))
    t.equal(valueOf(api, 'LOG_LEVEL'), 'warn')

    for (const pod of [api, worker, slo]) {
      const [container] = pod.containers
      t.match(container.securityContext, { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } })
      t.match(pod.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      t.match([container.livenessProbe.httpGet.path, container.readinessProbe.httpGet.path], ['/health/live', '/health/ready'])
      const drainMs = Number(valueOf(pod, 'DRAIN_TIMEOUT_MS'))
      t.ok(pod.terminationGracePeriodSeconds * 1000 > drainMs + 5000, 'the grace period holds the drain')
      t.equal(pod.automountServiceAccountToken, false)
      t.equal(pod.enableServiceLinks, false)
      t.match(pod.affinity, { podAntiAffinity: {} })
      t.equal(pod.topologySpreadConstraints.length, 1)
      t.match(container.resources, { requests: { cpu: /m$/ }, limits: { memory: /Gi$/ } })
      for (const { name, value } of container.env)
        if (/PASSWORD|SECRET|CURSOR_KEYS/.test(name)) t.equal(value, undefined, `${name} comes from a Secret`)
    }
    t.match(named('HorizontalPodAutoscaler', 'rel-orrery-api')?.spec, {
      metrics: [{ resource: { name: 'cpu' } }, { pods: { metric: { name: 'orrery_stream_readers' } } }],
    })
    t.notOk(named('Deployment', 'rel-orrery-api')?.spec?.['replicas'], 'the autoscaler owns the number')
    t.match(named('Ingress', 'rel-orrery')?.metadata.annotations, {
      'nginx.ingress.kubernetes.io/proxy-buffering': 'off',
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
    })
    t.match(named('Job', 'rel-orrery-migrate')?.metadata.annotations, { 'helm.sh/hook': 'pre-install,pre-upgrade' })
    t.strictSame(all.filter(({ kind }) => kind === 'PodDisruptionBudget').length, 3)
    t.match(named('NetworkPolicy', 'rel-orrery')?.spec, { policyTypes: ['Ingress', 'Egress'] })
    t.match(named('ServiceMonitor', 'rel-orrery')?.spec, { endpoints: [{ port: 'http', path: '/metrics', interval: '15s' }] })
    t.ok((named('PrometheusRule', 'rel-orrery')?.spec?.['groups'] as unknown[]).length > 0)
    t.ok(all.some(({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels?.['grafana_dashboard'] === '1'))
    t.ok(all.some(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test'))
  })

  await t.test('the network policy lets out to every address of the values, at its own port or that of its scheme', async (t) => {
    const portsOf = (values: Values): number[] => {
      const [policy] = render(values).filter(({ kind }) => kind === 'NetworkPolicy')
      const rules = policy?.spec?.['egress'] as { ports: { port: number; protocol: string }[] }[]
      return rules.flatMap(({ ports }) => ports.map(({ port }) => port)).filter((port) => port !== 53)
    }
    const neighbours = {
      'auth.jwksUrl': 'https://issuer.example.com/jwks',
      'prometheus.url': 'http://prometheus/path',
      'alertmanager.url': 'https://alertmanager:9443',
    }
    t.strictSame(
      portsOf({ ...connected, ...neighbours, 'neo4j.uri': 'bolt+s://neo4j:7473', 'neo4j.existingSecret': 'graph' }),
      [5432, 6379, 4222, 7473, 443, 80, 9443],
    )
    t.strictSame(
      portsOf({
        ...connected,
        'nats.url': 'tls://nats:4443',
        'postgres.port': 6432,
        'neo4j.uri': 'neo4j://neo4j',
        'neo4j.existingSecret': 'graph',
      }),
      [6432, 6379, 4443, 7687],
    )
    t.strictSame(portsOf({ embedded: true, replicaCount: 1, 'auth.mode': 'apikey' }), [])
    t.strictSame(portsOf({ embedded: true, replicaCount: 1, ...neighbours }), [443, 80, 9443])
  })

  await t.test('the autoscaler asks for a metric that the shipped rule of the adapter offers, as pods of this namespace', async (t) => {
    const [hpa] = render(everything).filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
    const asked = (hpa?.spec?.['metrics'] as { type: string; pods?: { metric: { name: string } } }[]).flatMap(
      ({ pods }) => pods?.metric.name ?? [],
    )
    const values = parse(readFileSync(join(chart, 'files', 'prometheus-adapter.yaml'), 'utf8')) as {
      rules: { custom: { seriesQuery: string; resources: { overrides: object }; name: { as: string } }[] }
    }
    t.strictSame(
      values.rules.custom.map(({ name }) => name.as),
      asked,
    )
    for (const { resources, seriesQuery } of values.rules.custom) {
      t.strictSame(resources.overrides, { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } })
      t.match(seriesQuery, 'namespace!="",pod!=""')
    }
    t.match(
      render(everything).find(({ kind }) => kind === 'ServiceMonitor'),
      { spec: { endpoints: [{ path: '/metrics' }] } },
    )
    t.match(readFileSync(join(chart, 'README.md'), 'utf8'), 'files/prometheus-adapter.yaml')
  })

  await t.test('the settings of every Deployment are ones that the program can read', async (t) => {
    for (const [name, values] of Object.entries(matrix))
      for (const resource of render(values).filter(({ kind }) => kind === 'Deployment')) {
        const [{ env }] = podOf(resource).containers
        const given = Object.fromEntries(env.map((one) => [one.name, one.value ?? 'a secret of at least thirty-two characters']))
        t.doesNotThrow(() => readConfig(given), `${name}: ${resource.metadata.name}`)
      }
  })

  await t.test('a Service sends to the pods of its own kind only, by labels that never change', async (t) => {
    const all = render(everything)
    for (const service of all.filter(({ kind }) => kind === 'Service')) {
      const selector = service.spec?.['selector'] as Record<string, string>
      const matching = all.filter(({ kind, spec }) => {
        const labels = (spec?.['template'] as { metadata?: { labels?: Record<string, string> } } | undefined)?.metadata?.labels ?? {}
        return kind === 'Deployment' && Object.entries(selector).every(([name, value]) => labels[name] === value)
      })
      t.equal(matching.length, 1, service.metadata.name)
      t.notOk('app.kubernetes.io/version' in selector)
    }
  })
})

tap.test('README and schema of the values are up to date', async (t) => {
  t.doesNotThrow(() => execFileSync(process.execPath, [join(packageRoot, 'scripts', 'chart-docs.mjs'), '--check'], { stdio: 'pipe' }))
})
