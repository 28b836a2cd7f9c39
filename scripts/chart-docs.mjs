// Writes charts/orrery/README.md and charts/orrery/values.schema.json from values.yaml and its comments (`# -- what it is`).
//   node scripts/chart-docs.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'

const chart = join(dirname(fileURLToPath(import.meta.url)), '..', 'charts', 'orrery')
const document = parseDocument(readFileSync(join(chart, 'values.yaml'), 'utf8'))

const port = { type: 'integer', minimum: 1, maximum: 65535 }
const whole = (minimum, maximum = 100_000) => ({ type: 'integer', minimum, maximum })
/** What the values themselves do not say. */
const known = {
  'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
  'image.repository': { type: 'string', minLength: 1 },
  'service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  'service.port': port,
  'service.targetPort': port,
  'postgres.port': port,
  'redis.port': port,
  'auth.mode': { enum: ['jwt', 'apikey', 'both'] },
  'nats.url': { type: 'string', pattern: '^((nats|tls|ws|wss)://.+)?$' },
  'neo4j.uri': { type: 'string', pattern: '^((bolt|neo4j)(\\+s|\\+ssc)?://.+)?$' },
  'prometheus.url': { type: 'string', pattern: '^(https?://.+)?$' },
  'alertmanager.url': { type: 'string', pattern: '^(https?://.+)?$' },
  'auth.jwksUrl': { type: 'string', pattern: '^(https?://.+)?$' },
  replicaCount: whole(1, 1000),
  'worker.replicaCount': whole(1, 100),
  'autoscaling.minReplicas': whole(1, 1000),
  'autoscaling.maxReplicas': whole(1, 1000),
  'autoscaling.targetCPUUtilizationPercentage': whole(1, 100),
  'autoscaling.targetSubscriptions': whole(0),
  'podDisruptionBudget.maxUnavailable': { type: ['integer', 'string'] },
  drainSeconds: whole(0, 600),
  preStopSeconds: whole(0, 600),
  terminationGracePeriodSeconds: whole(5, 3600),
  subgraphs: {
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'domains'],
      properties: {
        name: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,20}$' },
        domains: { type: 'array', minItems: 1, items: { type: 'string' } },
        replicaCount: whole(1, 1000),
        resources: { type: 'object' },
      },
    },
  },
}
/** Maps that Kubernetes defines, not we. */
const foreign = /(^|\.)(resources|podSecurityContext|securityContext|affinity|nodeSelector|liveness|readiness|startup|labels)$/

const typeOf = (value) => (Number.isInteger(value) ? 'integer' : typeof value)

function schemaOf(node, path) {
  const name = path.join('.')
  if (known[name] !== undefined) return known[name]
  if (isSeq(node)) return { type: 'array' }
  if (isScalar(node)) return { type: typeOf(node.value) }
  if (!isMap(node) || node.items.length === 0 || foreign.test(name)) return { type: 'object' }
  const properties = Object.fromEntries(node.items.map(({ key, value }) => [key.value, schemaOf(value, [...path, key.value])]))
  return { type: 'object', additionalProperties: false, properties }
}

const textOf = (comment) => /^\s*-- ([\s\S]*)/.exec(comment ?? '')?.[1].replaceAll(/\n\s*/g, ' ')

function* rowsOf(node, path) {
  for (const [index, { key, value }] of node.items.entries()) {
    const name = [...path, key.value]
    const described = textOf(key.commentBefore) ?? (index === 0 ? textOf(node.commentBefore) : undefined)
    if (described !== undefined || !isMap(value)) {
      if (described !== undefined) yield { name: name.join('.'), value: value.toJSON(), described }
    }
    if (isMap(value) && !foreign.test(name.join('.'))) yield* rowsOf(value, name)
    if (isMap(value) && /probes\.\w+$/.test(name.join('.'))) yield* rowsOf(value, name)
  }
}

const cell = (text) => String(text).replaceAll('|', '\\|')
const rows = [...rowsOf(document.contents, [])]
const readme = `# The chart

Written by \`node scripts/chart-docs.mjs\` from values.yaml.

\`\`\`sh
helm install orrery charts/orrery \\
  --set nats.url=nats://nats:4222 \\
  --set postgres.host=postgres --set postgres.existingSecret=orrery-postgres \\
  --set redis.host=redis --set redis.existingSecret=orrery-redis \\
  --set auth.existingSecret=orrery-auth
helm test orrery
\`\`\`

To try it without any store: \`helm install orrery charts/orrery --set embedded=true,replicaCount=1,auth.mode=apikey\`. The image is pulled, and
nothing else is reached for: neither image nor chart needs the network outside of the cluster.

## Autoscaling by subscriptions

Kubernetes knows CPU by itself. The number of open subscriptions (\`orrery_stream_readers\`) comes from Prometheus through an adapter for custom metrics;
\`files/prometheus-adapter.yaml\` holds the rule for prometheus-adapter:

\`\`\`sh
helm upgrade --install orrery charts/orrery --reuse-values \\
  --set serviceMonitor.enabled=true \\
  --set autoscaling.enabled=true --set autoscaling.targetSubscriptions=500
helm upgrade --install prometheus-adapter prometheus-community/prometheus-adapter --namespace monitoring \\
  --values charts/orrery/files/prometheus-adapter.yaml --set prometheus.url=http://YOUR-PROMETHEUS.monitoring.svc
kubectl get --raw "/apis/custom.metrics.k8s.io/v1beta1/namespaces/YOUR-NAMESPACE/pods/*/orrery_stream_readers"
\`\`\`

The last command shows one number per API pod. Without the adapter the autoscaler says \`FailedGetPodsMetric\` and goes on by CPU alone. Which number a
process bears is in docs/capacity.md. Those commands were not run against a cluster; the rule's query was, against a Prometheus that scrapes Orrery.

## Values

| value | default | what it is |
|---|---|---|
${rows.map(({ name, value, described }) => `| \`${name}\` | \`${cell(JSON.stringify(value))}\` | ${cell(described)} |`).join('\n')}
`
const schema = { $schema: 'http://json-schema.org/draft-07/schema#', ...schemaOf(document.contents, []) }
schema.properties.global = { type: 'object' }

const files = { 'README.md': readme, 'values.schema.json': `${JSON.stringify(schema, null, 2)}\n` }
const { format } = await import('prettier')
let stale = false
for (const [name, text] of Object.entries(files)) {
  const file = join(chart, name)
  const pretty = await format(text, { parser: name.endsWith('.md') ? 'markdown' : 'json', printWidth: 140 })
  if (!process.argv.includes('--check')) writeFileSync(file, pretty)
  else if (readFileSync(file, 'utf8') !== pretty) stale = true
}
if (stale) {
  console.error('The chart’s README or schema is stale: run node scripts/chart-docs.mjs')
  process.exit(1)
}
