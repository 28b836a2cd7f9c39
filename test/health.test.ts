import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Source, type SourceStatus } from '../src/datasources/system/sources.ts'
import { createSources } from '../src/datasources/system/probed-sources.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { registerHealth } from '../src/health/health.ts'
import { createLifecycle, type Lifecycle } from '../src/health/lifecycle.ts'
import { boundedLabel, createMetrics, registerMetrics } from '../src/telemetry/metrics.ts'
import { systemClock } from '../src/time.ts'

const source = (name: string, status: SourceStatus, more: Partial<Source> = {}): Source => ({
  name,
  kind: 'SQL',
  mode: 'CONNECTED',
  status,
  critical: true,
  asOf: null,
  lagSeconds: null,
  lagEvents: null,
  latencyMs: status === 'UP' ? 0.4 : null,
  lastError: status === 'DOWN' ? 'Does not answer.' : null,
  ...more,
})

interface Probed {
  readonly app: FastifyInstance
  readonly lifecycle: Lifecycle
}

function serving(sources: () => Source[], stage: 'STARTING' | 'READY' = 'READY'): Probed {
  const app = Fastify()
  const lifecycle = createLifecycle()
  if (stage === 'READY') lifecycle.markReady()
  registerHealth(app, { config: { nodeEnv: 'test' }, sources: { list: async () => sources() }, lifecycle })
  return { app, lifecycle }
}

const ask = async (app: FastifyInstance, url: string) => {
  const answer = await app.inject({ method: 'GET', url })
  return { status: answer.statusCode, body: answer.json() }
}

const allUp = () => [source('log', 'UP'), source('sql', 'UP'), source('cache', 'UP', { critical: false })]
const sqlDown = () => [source('log', 'UP'), source('sql', 'DOWN'), source('cache', 'UP', { critical: false })]

t.test('probes answer in the shapes of the contract when everything is up', async (t) => {
  const { app } = serving(allUp)
  for (const path of ['/health', '/healthz']) {
    const { status, body } = await ask(app, path)
    t.equal(status, 200)
    t.strictSame(Object.keys(body), ['status', 'timestamp', 'uptime', 'environment'])
    t.match(body, { status: 'ok', timestamp: /^\d{4}-\d\d-\d\dT.*Z$/, uptime: Number, environment: 'test' })
  }
  for (const path of ['/health/live', '/livez']) t.strictSame(await ask(app, path), { status: 200, body: { status: 'alive' } })
  for (const path of ['/health/ready', '/readyz', '/ready']) t.strictSame(await ask(app, path), { status: 200, body: { status: 'ready' } })
  t.match(await ask(app, '/health/detailed'), {
    status: 200,
    body: {
      status: 'ok',
      uptime: Number,
      environment: 'test',
      services: { sql: 'healthy', postgres: 'healthy', nats: 'healthy', redis: 'healthy' },
      memory: { used: Number, total: Number, unit: 'MB' },
      errors: [],
    },
  })
  t.match(await ask(app, '/health/deployment'), {
    status: 200,
    body: { status: 'ready_for_traffic', checks: { connectivity: 'ok', migrations: 'ok', config: 'ok' } },
  })
  t.match(await ask(app, '/status'), { status: 200, body: { status: 'healthy' } })
})

t.test('a critical store that is down makes the server not ready, and says which', async (t) => {
  const { app } = serving(sqlDown)
  t.strictSame(await ask(app, '/health/ready'), {
    status: 503,
    body: {
      status: 'not ready',
      failures: ['PostgreSQL: Does not answer.'],
      message: 'A store that this deployment declares critical does not answer.',
    },
  })
  t.match(await ask(app, '/health/detailed'), {
    status: 503,
    body: {
      status: 'degraded',
      services: { sql: 'unhealthy', postgres: 'unhealthy', log: 'healthy' },
      errors: [{ service: 'sql', error: 'Does not answer.', timestamp: String }],
    },
  })
  t.match(await ask(app, '/health/deployment'), { status: 503, body: { status: 'deployment_failed' } })
  t.match(await ask(app, '/status'), { body: { status: 'unhealthy' } })
  t.equal((await ask(app, '/health')).status, 200)
  t.equal((await ask(app, '/health/live')).status, 200)
})

t.test('a store that is not critical is told, but does not take the server out', async (t) => {
  const { app } = serving(() => [source('sql', 'UP'), source('cache', 'DOWN', { critical: false })])
  t.equal((await ask(app, '/health/ready')).status, 200)
  t.equal((await ask(app, '/health/detailed')).status, 503)
  t.match(await ask(app, '/status'), { body: { status: 'degraded' } })
})

t.test('the server is not ready before its tables are there, nor once it drains', async (t) => {
  const { app, lifecycle } = serving(allUp, 'STARTING')
  t.match(await ask(app, '/health/ready'), { status: 503, body: { failures: ['Orrery: is starting'] } })
  lifecycle.markReady()
  t.equal((await ask(app, '/health/ready')).status, 200)
  lifecycle.markDraining()
  t.match(await ask(app, '/health/ready'), { status: 503, body: { failures: ['Orrery: is stopping'] } })
  lifecycle.markReady()
  t.equal((await ask(app, '/health/ready')).status, 503, 'a stage is never left backwards')
  t.equal((await ask(app, '/health/live')).status, 200)
})

const secret = 'connect ECONNREFUSED 10.9.8.7 password=hunter2'
const never = () => new Promise<never>(() => undefined)
const emptyState = {
  name: 'RITUAL_EVENTS',
  firstSequence: 1n,
  lastRecordedAtNs: null,
  lastSequence: 0n,
  messages: 0n,
  epoch: 'e',
  subjects: [],
}

/** Stores that a probe can meet; each part answers, refuses or hangs as told. */
function stores(ping: { sql: () => Promise<void>; log: () => Promise<void>; cache: () => Promise<void> }) {
  const unused = () => Promise.reject(new Error('not part of a probe'))
  const version = async () => 'test'
  const close = async () => undefined
  return {
    sql: {
      mode: 'CONNECTED' as const,
      complaint: () => null,
      ping: ping.sql,
      any: unused,
      one: unused,
      maybeOne: unused,
      run: unused,
      transaction: unused,
      script: unused,
      tryLock: unused,
      version,
      close,
    },
    log: {
      mode: 'CONNECTED' as const,
      ping: ping.log,
      append: unused,
      state: async () => emptyState,
      get: async () => null,
      lastOnSubject: async () => null,
      read: async function* () {},
      tail: async function* () {},
      missing: async () => [{ stream: 'graph' as const, name: 'GRAPH_COMMITS', remedy: 'Set NATS_CREATE_STREAMS=on.' }],
      version,
      close,
    },
    cache: {
      mode: 'EMBEDDED' as const,
      ping: ping.cache,
      get: async () => null,
      set: unused,
      setIfAbsent: unused,
      delete: unused,
      takeFromBucket: unused,
      settleBucket: unused,
      keepsEverything: unused,
      version,
      close,
    },
  }
}

t.test('a probe has its own deadline and never repeats what a driver said', async (t) => {
  let pings = 0
  const sources = createSources({
    stores: stores({
      sql: () => {
        pings += 1
        return Promise.reject(sourceUnavailable('sql', new Error(secret)))
      },
      log: async () => undefined,
      cache: never,
    }),
    progress: { watermark: async () => null },
    config: { criticalSources: ['sql', 'log'], sourceTimeoutMs: 200 },
    clock: systemClock,
  })
  const start = performance.now()
  const [first] = await Promise.all([sources.list(), sources.list(), sources.list()])
  t.ok(performance.now() - start < 1500, 'a store that hangs holds nobody up')
  t.equal(pings, 1, 'probes asked together share one round trip')
  await sources.list()
  t.equal(pings, 1, 'a young answer is given again')
  t.notMatch(
    JSON.stringify(first, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
    /hunter2|10\.9\.8\.7/,
  )
  t.match(first, [
    { name: 'log', status: 'DEGRADED', critical: true, lastError: /GRAPH_COMMITS is missing/, lagEvents: 0n, lagSeconds: 0 },
    { name: 'sql', status: 'DOWN', critical: true, lastError: 'Does not answer.', latencyMs: null },
    { name: 'cache', status: 'DOWN', critical: false, lastError: 'Does not answer within 200 ms.' },
  ])
})

t.test('metrics count requests by route and operations by name, with labels that clients cannot multiply', async (t) => {
  const app = Fastify()
  const metrics = createMetrics()
  registerMetrics(app, metrics)
  app.get('/things/:id', async () => 'thing')
  for (let id = 0; id < 20; id += 1) await app.inject(`/things/${id}`)
  await app.inject('/nowhere')
  for (let index = 0; index < 300; index += 1)
    metrics.operation({
      name: `Op${index}`,
      type: 'query',
      transport: 'http-post',
      errorCode: index % 2 === 0 ? null : 'THROTTLED',
      durationMs: 3,
      cost: 7,
    })
  const text = (await app.inject('/metrics')).body
  t.match(text, 'http_requests_total{method="GET",route="/things/:id",code="200"} 20')
  t.match(text, 'http_requests_total{method="GET",route="unmatched",code="404"} 1')
  t.match(text, /http_request_duration_seconds_bucket\{le="0.35",method="GET",route="\/things\/:id",code="200"\} 20/)
  t.match(text, 'graphql_requests_total{operation="Op0",type="query",transport="http-post",status="success"} 1')
  t.match(text, 'graphql_errors_total{type="query",code="THROTTLED"} 150')
  t.match(text, 'graphql_query_duration_ms_bucket{le="5",operation="other"} 100')
  t.match(text, 'graphql_query_complexity{operation="Op1"} 7')
  t.match(text, 'process_resident_memory_bytes')
  t.equal(text.match(/^graphql_query_complexity\{/gm)?.length, 201)
  const label = boundedLabel(1)
  t.strictSame([label('a'), label('b'), label('a'), label('x'.repeat(200))], ['a', 'other', 'a', 'other'])
})
