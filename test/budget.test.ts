import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { type FastifyInstance } from 'fastify'
import { OperationTypeNode } from 'graphql'
import { pino } from 'pino'
import { type Cache } from '../src/datasources/cache/cache.ts'
import { openMemoryCache } from '../src/datasources/cache/memory-cache.ts'
import { openRedisCache } from '../src/datasources/cache/redis-cache.ts'
import { type Stores } from '../src/datasources/index.ts'
import { buildSchema } from '../src/app.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { createBuckets } from '../src/operation/buckets.ts'
import { createSpending } from '../src/operation/spending.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { startRedis } from './support/redis.ts'

interface Cost {
  requestedQueryCost: number
  actualQueryCost: number | null
  measured?: string
  local?: boolean
  throttleStatus: { currentlyAvailable: number } | null
}
interface Body {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions: Record<string, unknown> }[]
  extensions?: { cost?: Cost }
}
const ask = async (app: FastifyInstance, query: string, headers: Record<string, string> = {}) => {
  const response = await app.inject({ method: 'POST', url: '/graphql', payload: { query }, headers })
  return { status: response.statusCode, body: JSON.parse(response.body) as Body, headers: response.headers }
}
const metrics = async (app: FastifyInstance): Promise<string> => (await app.inject('/metrics')).body

t.test('Query.rateLimit says what is left, when it is full again, and what it went to', async (t) => {
  const { app } = await fixtureApp(
    t,
    { BUDGET_CAPACITY: '1000', BUDGET_RESTORE_PER_SECOND: '1', DEFAULT_TENANT: 'acme' },
    { schema: buildSchema() },
  )
  const query = 'query Where {rateLimit {limit remaining restorePerSecond resetAt advice {operation share suggestion}}}'
  const first = await ask(app, query)
  t.equal(first.body.errors, undefined)
  const { limit, remaining, restorePerSecond, resetAt, advice } = first.body.data?.['rateLimit'] as {
    limit: number
    remaining: number
    restorePerSecond: number
    resetAt: string
    advice: unknown[]
  }
  t.same([limit, restorePerSecond, advice], [1000, 1, []])
  t.ok(remaining > 980 && remaining < 1000, String(remaining))
  const waitMs = Date.parse(resetAt) - Date.now()
  t.ok(waitMs > 0 && waitMs < 30_000, resetAt)
  for (let round = 0; round < 12; round++) await ask(app, 'query Poll {viewer {roles scopes tenants}}')
  const later = (await ask(app, query)).body.data?.['rateLimit'] as { advice: { operation: string; share: number; suggestion: string }[] }
  const poll = later.advice.find(({ operation }) => operation === 'Poll')
  t.ok(poll !== undefined && poll.share > 0 && poll.share <= 1, JSON.stringify(later.advice))
  t.match(poll?.suggestion, /subscribe/)
  const none = await fixtureApp(t, { BUDGET_CAPACITY: '0' }, { schema: buildSchema() })
  t.match((await ask(none.app, query)).body.data, { rateLimit: { limit: 0, remaining: 0, restorePerSecond: 0, advice: [] } })
})

t.test('what was spent fades, is bounded, and keeps tenants apart', async (t) => {
  let now = 0
  const spending = createSpending(() => now)
  for (let second = 0; second < 600; second++) {
    now = second * 1000
    spending.note('acme', { name: 'Poll', type: OperationTypeNode.QUERY }, 10)
  }
  const [poll] = spending.dearest('acme', 100)
  t.ok(poll !== undefined && Math.abs(poll.share - 0.1) < 0.01, `10 of 100 points a second: ${poll?.share}`)
  t.ok(Math.abs((poll?.perMinute ?? 0) - 60) < 3, `${poll?.perMinute}`)
  t.same(spending.dearest('globex', 100), [])
  now += 3_600_000
  t.ok((spending.dearest('acme', 100)[0]?.share ?? 1) < 0.001)
  for (let name = 0; name < 10_000; name++) spending.note('acme', { name: `Q${name}`, type: OperationTypeNode.QUERY }, 1)
  t.equal(spending.dearest('acme', 100).length, 5)
})

t.test('a tenant that is only measured is told what would have been refused, and gets its answer', async (t) => {
  const env = { GRAPHQL_MAX_COST: '100', BUDGET_CAPACITY: '120', BUDGET_RESTORE_PER_SECOND: '1' }
  for (const measuring of [
    { GRAPHQL_COST_MODE: 'measure' },
    { ENFORCE_GRAPHQL_COST_LIMITS: 'false' },
    { GRAPHQL_COST_MEASURE_TENANTS: 'other,demo' },
    { COST_EXEMPT_TENANTS: 'demo' },
  ]) {
    const { app } = await fixtureApp(t, { ...env, ...measuring })
    const dear = await ask(app, '{a: dear b: dear c: dear}')
    t.equal(dear.status, 200)
    t.match(dear.body.extensions?.cost, { requestedQueryCost: 150, measured: 'COST_LIMIT_EXCEEDED' })
    const over = await ask(app, '{a: dear b: dear}')
    t.equal(over.status, 200)
    t.match(over.body.extensions?.cost, { measured: 'THROTTLED' })
    t.match(await metrics(app), /^orrery_cost_refusals_total\{code="COST_LIMIT_EXCEEDED",mode="measure"\} 1$/m)
    t.match(await metrics(app), /^orrery_cost_refusals_total\{code="THROTTLED",mode="measure"\} 1$/m)
    const limits = await ask(app, `{list {${Array.from({ length: 40 }, (_, index) => `a${index}: id`).join(' ')}}}`)
    t.match(limits.body.errors?.[0]?.extensions, { limit: 'aliases' }, 'what protects the process holds for everybody')
  }
  const { app } = await fixtureApp(t, { ...env, GRAPHQL_COST_MEASURE_TENANTS: 'other' })
  t.equal((await ask(app, '{a: dear b: dear c: dear}')).status, 400)
  t.equal((await ask(app, '{a: dear b: dear c: dear}', { 'x-tenant-id': 'other' })).status, 200)
  t.match(await metrics(app), /^orrery_cost_refusals_total\{code="COST_LIMIT_EXCEEDED",mode="enforce"\} 1$/m)
})

t.test('who is only measured owes what was spent, no more and no less, whether or not it was granted', async (t) => {
  const { app } = await fixtureApp(t, {
    GRAPHQL_COST_MODE: 'measure',
    GRAPHQL_MAX_COST: '100',
    BUDGET_CAPACITY: '120',
    BUDGET_RESTORE_PER_SECOND: '1',
    OPERATION_TIMEOUT_MS: '200',
  })
  await ask(app, '{list(first: 90) {id}}')
  const over = await ask(app, '{list(first: 90) {id} null}')
  t.match(over.body, { data: null, extensions: { cost: { measured: 'THROTTLED', actualQueryCost: 1 } } })
  const left = (await ask(app, '{one}')).body.extensions?.cost?.throttleStatus?.currentlyAvailable ?? 120
  t.ok(left > 20 && left < 80, `of 120 points 92 are spent: ${left} are left`)
  const late = await ask(app, '{slow list(first: 2147483647) @include(if: false) {id} a: dear b: dear c: dear}')
  t.match(late.body.extensions?.cost, { requestedQueryCost: 150, actualQueryCost: 100 }, 'a failure owes no more than what may be asked')
})

t.test('the limits answer to the names of the neighbours', async (t) => {
  const depth = await fixtureApp(t, { GRAPHQL_MAX_DEPTH: '2' })
  t.match((await ask(depth.app, '{list {items {id}}}')).body.errors?.[0]?.extensions, { limit: 'depth', max: 2 })
  for (const name of ['GRAPHQL_MAX_COST', 'GRAPHQL_MAX_COMPLEXITY']) {
    const { app } = await fixtureApp(t, { [name]: '49' })
    t.match((await ask(app, '{dear}')).body.errors?.[0]?.extensions, { code: 'COST_LIMIT_EXCEEDED', limit: 'cost', max: 49 }, name)
  }
})

t.test('estimates and real costs are counted, by type, for whoever tunes the weights', async (t) => {
  const { app } = await fixtureApp(t)
  await ask(app, '{thing(kind: "Small") {item {id} ... on Big {parts {id}}}}', { 'graphql-client-name': 'console' })
  const text = await metrics(app)
  t.match(text, /^orrery_cost_requested_points_sum\{type="query"\} 11$/m)
  t.match(text, /^orrery_cost_actual_points_sum\{type="query"\} [1-9]$/m)
  t.match(text, /^orrery_client_operations_total\{client="console",operation="anonymous",status="success"\} 1$/m)
})

const withCache = (cache: Cache): { stores: Stores } => ({ stores: { cache } as Stores })

const read = async (app: FastifyInstance, query: string): Promise<string> => {
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
  return (await fetch(`${address}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).text()
}

t.test('whoever read many events waits no longer than a full bucket takes to leak', async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '100', BUDGET_RESTORE_PER_SECOND: '10' })
  t.match(await read(app, 'subscription {ticks(to: 5000)}'), /"ticks":5000/)
  const { status, body } = await ask(app, '{a: dear b: dear}')
  t.equal(status, 429)
  const wait = Number(body.errors?.[0]?.extensions['retryAfterMs'])
  t.ok(wait > 0 && wait <= 10_000, `${wait} ms`)
})

t.test('what is dearer than the whole bucket is let in where that is full, and owed in full', async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '100', BUDGET_RESTORE_PER_SECOND: '1' })
  const dearest = '{a: dear b: dear c: dear d: dear e: dear f: dear}'
  t.match((await ask(app, dearest)).body.extensions?.cost, { actualQueryCost: 300, throttleStatus: { currentlyAvailable: 0 } })
  const { status, body } = await ask(app, '{one}')
  t.equal(status, 429)
  const wait = Number(body.errors?.[0]?.extensions['retryAfterMs'])
  t.ok(wait > 150_000 && wait <= 201_000, `for 1 of 100 points, 300 of which are spent: ${wait} ms`)
})

t.test('events that are paid for while the store is away are one line in the log, and few calls', async (t) => {
  const lines: string[] = []
  let calls = 0
  const fail = (): Promise<never> => (calls++, Promise.reject(sourceUnavailable('cache')))
  const cache: Cache = { ...openMemoryCache(), mode: 'CONNECTED', settleBucket: fail }
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '1000' }, { ...withCache(cache), logger })
  t.match(await read(app, 'subscription {ticks(to: 5000)}'), /"ticks":5000/)
  t.ok(lines.length < 50 && calls < 50, `${lines.length} lines, ${calls} calls`)
  t.match(lines[0], /the shared budget does not answer/)
})

t.test('what a slow store takes too late is given back to it', async (t) => {
  const memory = openMemoryCache()
  const settled: number[] = []
  const cache: Cache = {
    ...memory,
    mode: 'CONNECTED',
    takeFromBucket: (...of) => delay(600).then(() => memory.takeFromBucket(...of)),
    settleBucket: async (_, delta) => void settled.push(delta),
  }
  const taken = await createBuckets(cache).take('budget', 60, { capacity: 100, restorePerSecond: 1 }, pino({ level: 'silent' }))
  t.match(taken, { local: true, taken: 25 }, 'all that this process may give alone')
  await eventually(async () => settled.length > 0)
  t.same(settled, [-60])
})

t.test(
  'replicas share one budget in Redis; while it is away each goes on by a smaller share and says so; then they share again',
  async (t) => {
    const redis = await startRedis(t)
    if (redis === null) return
    const keyPrefix = `test-${randomBytes(6).toString('hex')}:`
    const env = { BUDGET_CAPACITY: '400', BUDGET_RESTORE_PER_SECOND: '1' }
    const replica = async () => {
      const cache = openRedisCache({ url: redis.url, timeoutMs: 1000, keyPrefix })
      t.teardown(() => cache.close())
      return (await fixtureApp(t, env, withCache(cache))).app
    }
    const [one, two] = [await replica(), await replica()]
    const dear = '{a: dear b: dear c: dear}'
    await eventually(async () => (await ask(one, '{one}')).body.extensions?.cost?.local === undefined, { withinMs: 30_000 })
    t.equal((await ask(one, dear)).status, 200)
    t.equal((await ask(two, dear)).status, 200)
    const refused = await ask(one, dear)
    t.equal(refused.status, 429)
    t.match(refused.body.errors?.[0]?.extensions, { code: 'THROTTLED', retryAfterMs: Number })
    t.ok(Number(refused.headers['retry-after']) > 30)

    await redis.kill()
    const alone = await ask(two, '{dear}')
    t.equal(alone.status, 200)
    t.match(alone.body.extensions?.cost, { local: true, throttleStatus: { maximumAvailable: 100, restoreRate: 0.25 } })
    t.equal((await ask(two, '{a: dear b: dear}')).status, 429, 'a quarter of the budget')
    t.match(await metrics(two), /^orrery_budget_local_total [1-9]/m)

    await redis.restart()
    await eventually(async () => (await ask(two, '{one}')).body.extensions?.cost?.local === undefined, { withinMs: 30_000 })
    t.equal((await ask(two, '{one}')).body.extensions?.cost?.local, undefined)
  },
)

t.test('settling gives back what was not used', async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '30', BUDGET_RESTORE_PER_SECOND: '1' })
  for (let round = 0; round < 8; round++) {
    const { status, body } = await ask(app, '{thing {item {id} ... on Big {parts {id}}} strict(first: 1) {id}}')
    t.equal(status, 200, JSON.stringify(body))
    t.match(body.extensions?.cost, { requestedQueryCost: 12, actualQueryCost: 1 })
  }
})
