import t from 'tap'
import fc from 'fast-check'
import { type FastifyInstance } from 'fastify'
import { getIntrospectionQuery, parse } from 'graphql'
import { buildSchema } from '../src/app.ts'
import { estimateCost } from '../src/operation/cost.ts'
import { compileCost } from '../src/operation/cost-plan.ts'
import { createWeights } from '../src/operation/cost-weights.ts'
import { selectOperation } from '../src/operation/isolate.ts'
import { coerceVariables } from '../src/operation/variables.ts'
import { openMemoryCache } from '../src/datasources/cache/memory-cache.ts'
import { type Cache } from '../src/datasources/cache/cache.ts'
import { type Stores } from '../src/datasources/index.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { bombs, repeat } from './support/bombs.ts'
import { fixtureApp, fixtureSchema, originOf } from './support/fixture-app.ts'

interface Body {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions: Record<string, unknown> }[]
  extensions?: { cost?: CostExtension }
}
interface CostExtension {
  requestedQueryCost: number
  actualQueryCost: number | null
  nodeCount: number
  limit: number
  retryAfterMs: number
  throttleStatus: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number } | null
  local?: boolean
  dearest?: { path: string; cost: number; count: number }[]
  hint?: string | null
}

async function send(app: FastifyInstance, query: string, more: { variables?: object; headers?: Record<string, string> } = {}) {
  const response = await app.inject({
    method: 'POST',
    url: '/graphql',
    payload: { query, variables: more.variables },
    headers: more.headers,
  })
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(response.body) as Body }
}

t.test('bombs are refused with a code, each for less than 50 ms of CPU', async (t) => {
  const { app } = await fixtureApp(t, { MAX_BODY_BYTES: '4000000' })
  const origin = await originOf(app)
  // the first documents pay for loading and compiling our own code
  for (let round = 0; round < 30; round++) await app.pipeline.prepare({ query: `{one a: two list {id items {name}}} # ${round}` }, origin)
  for (const [name, query] of Object.entries(bombs)) {
    // the least of up to a dozen new texts: what a collection of garbage takes on a loaded machine is not the document's price
    let cpuMs = Infinity
    for (let round = 0; round < 12 && cpuMs >= 50; round++) {
      const start = process.cpuUsage()
      await app.pipeline.prepare({ query: `${query} # ${round}` }, origin)
      const { user, system } = process.cpuUsage(start)
      cpuMs = Math.min(cpuMs, (user + system) / 1000)
    }
    t.ok(cpuMs < 50, `${name}: ${cpuMs.toFixed(1)} ms`)
    const prepared = await app.pipeline.prepare({ query }, origin)
    t.equal(prepared.kind, 'REFUSED', name)
    if (prepared.kind === 'REFUSED') {
      t.match(
        prepared.result.errors?.[0]?.extensions['code'],
        /^(GRAPHQL_PARSE_FAILED|GRAPHQL_VALIDATION_FAILED|COST_LIMIT_EXCEEDED)$/,
        name,
      )
      t.ok((prepared.result.errors?.length ?? 0) <= 20, `${name}: bounded errors`)
    }
  }
  const batch = await app.inject({
    method: 'POST',
    url: '/graphql',
    payload: Object.values(bombs)
      .slice(0, 10)
      .map((query) => ({ query })),
  })
  for (const body of JSON.parse(batch.body) as Body[]) t.ok(body.errors?.[0]?.extensions['code'])
})

t.test('every limit holds at its number and breaks one beyond', async (t) => {
  const env = {
    GRAPHQL_MAX_DEPTH: '4',
    GRAPHQL_MAX_ALIASES: '3',
    GRAPHQL_MAX_ROOT_FIELDS: '4',
    GRAPHQL_MAX_DIRECTIVES: '2',
    GRAPHQL_MAX_FRAGMENT_SPREADS: '3',
    GRAPHQL_MAX_TOKENS: '60',
    GRAPHQL_MAX_COST: '100',
  }
  const { app } = await fixtureApp(t, env)
  const fits: Record<string, (size: number) => string> = {
    depth: (size) => `{list ${'{items(first: 1) '.repeat(size - 2)}{id}${'}'.repeat(size - 2)}}`,
    aliases: (size) => `{list {${repeat(size, (index) => `a${index}: id`)}}}`,
    rootFields: (size) => `{${['one', 'two', 'echo', 'tenant', 'dear'].slice(0, size).join(' ')}}`,
    directives: (size) => `{${repeat(size, (index) => `${index % 2 === 0 ? 'one' : 'two'} @skip(if: false)`)}}`,
    fragmentSpreads: (size) => `{${repeat(size, () => '...F')}} fragment F on Query {one}`,
    cost: (size) => `{list(first: ${size}) {id}}`,
  }
  const numbers: Record<string, number> = { depth: 4, aliases: 3, rootFields: 4, directives: 2, fragmentSpreads: 3, cost: 100 }
  for (const [limit, number] of Object.entries(numbers)) {
    const at = await send(app, fits[limit]?.(number) ?? '')
    t.equal(at.body.errors, undefined, `${limit} ${number}`)
    const beyond = await send(app, fits[limit]?.(number + 1) ?? '')
    t.equal(beyond.status, 400, `${limit} ${number + 1}`)
    t.match(beyond.body.errors?.[0]?.extensions, { code: 'COST_LIMIT_EXCEEDED', limit }, limit)
  }
  t.match((await send(app, `{one ${repeat(60, () => 'one')}}`)).body.errors?.[0]?.extensions, {
    code: 'COST_LIMIT_EXCEEDED',
    limit: 'tokens',
  })
})

t.test('limits cannot be dodged by fragments: they count what is written out', async (t) => {
  const { app } = await fixtureApp(t, { GRAPHQL_MAX_ALIASES: '5', GRAPHQL_MAX_DEPTH: '4', GRAPHQL_MAX_ROOT_FIELDS: '4' })
  const dodges = {
    aliases: '{list {...F items(first: 1) {...F items(first: 1) {...F}}}} fragment F on Item {a: id b: name}',
    depth:
      '{list {...A}} fragment A on Item {items(first: 1) {...B}} fragment B on Item {items(first: 1) {... on Item {items(first: 1) {id}}}}',
    rootFields: '{...A ...B} fragment A on Query {one two} fragment B on Query {...A tenant}',
  }
  for (const [limit, query] of Object.entries(dodges)) t.match((await send(app, query)).body.errors?.[0]?.extensions, { limit }, limit)
})

t.test('150 branches that are too deep give one clean error (D28)', async (t) => {
  const { app } = await fixtureApp(t, {
    GRAPHQL_MAX_ALIASES: '1000',
    GRAPHQL_MAX_TOKENS: '20000',
    GRAPHQL_MAX_DEPTH: '3',
    GRAPHQL_MAX_ROOT_FIELDS: '1000',
  })
  const { status, body } = await send(app, `{${repeat(150, (index) => `a${index}: list {items {items {items {id}}}}`)}}`)
  t.equal(status, 400)
  t.equal(body.errors?.length, 1)
})

t.test('the standard introspection query passes, and is cheap', async (t) => {
  const { app } = await fixtureApp(t)
  const { body } = await send(
    app,
    getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, specifiedByUrl: true, oneOf: true }),
  )
  t.equal(body.errors, undefined)
  t.equal(body.extensions?.cost?.requestedQueryCost, 10)
})

t.test('introspection that writes out much more of the schema than the standard query does is refused, whatever its price', async (t) => {
  const { app } = await fixtureApp(t, {}, { schema: buildSchema() })
  const standard = getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, schemaDescription: true, oneOf: true })
  const fields = 'fields {name description args {name description type {name}} type {name kind ofType {name kind}}}'
  const passing = [
    standard,
    `{__schema {types {name ${fields}}}}`,
    `{${repeat(4, (index) => `a${index}: __type(name: "Run") {${fields}}`)}}`,
  ]
  for (const query of passing) t.equal((await send(app, query)).body.errors, undefined, query.slice(0, 100))
  const tooMuch = [
    `{${repeat(19, (index) => `a${index}: __schema {types {name ${fields}}}`)}}`,
    `{__schema {types {${repeat(28, (index) => `a${index}: ${fields}`)}}}}`,
    `{${repeat(19, (index) => `a${index}: __schema {...S}`)}} fragment S on __Schema {types {...T}} fragment T on __Type {name ${fields}}`,
    `query A {__typename} query B {__schema {types {${repeat(28, (index) => `a${index}: ${fields}`)}}}}`,
  ]
  for (const query of tooMuch) {
    const { status, body } = await send(app, query)
    t.equal(status, 400, query.slice(0, 100))
    t.match(body.errors?.[0]?.extensions, { code: 'COST_LIMIT_EXCEEDED', limit: 'introspection' }, query.slice(0, 100))
  }
})

const schema = fixtureSchema()
const weights = createWeights(schema)
function price(text: string, variables: Record<string, unknown> = {}) {
  const document = parse(text)
  const operation = selectOperation(document, null)
  return estimateCost(compileCost(schema, weights, document, operation), coerceVariables(schema, operation, variables))
}
const cost = (text: string, variables: Record<string, unknown> = {}): number => price(text, variables).cost

t.test('prices are what the SDL says', async (t) => {
  const table: [string, number, Record<string, unknown>?][] = [
    ['{one}', 1],
    ['{dear}', 50],
    ['{a: dear b: dear}', 100],
    ['{refund {id} dear}', 51],
    ['{list(first: 7) {id name}}', 7],
    ['{list {id}}', 2],
    ['{list(first: null) {id}}', 5],
    ['{list(first: 0) {id} dear}', 50],
    ['{list(first: -5) {id} dear}', 50],
    ['query($n: Int) {list(first: $n) {id}}', 9, { n: 9 }],
    ['query($n: Int) {list(first: $n) {id}}', 2],
    ['query($n: Int = 4) {list(first: $n) {id}}', 4],
    ['query($n: Int) {list(first: $n) {id}}', 5, { n: null }],
    ['{connection(first: 3) {nodes {id}}}', 4],
    ['{connection(first: 3) {edges {cursor node {id}} nodes {id}}}', 10],
    ['{connection {nodes {id} total}}', 41],
    ['{connection(page: {size: 6}) {nodes {id}}}', 7],
    ['query($s: Int) {connection(page: {size: $s}) {nodes {id}}}', 9, { s: 8 }],
    ['query($p: PageInput) {connection(page: $p) {nodes {id}}}', 9, { p: { size: 8 } }],
    ['{connection(first: 3) {...C}} fragment C on Connection {nodes {id}}', 4],
    ['{list(first: 3) {items(first: 4) {items(first: 5) {id}}}}', 3 + 12 + 60],
    ['{thing {id}}', 7],
    ['{thing {id ... on Small {item {id}}}}', 7],
    ['{thing {id ... on Big {parts {id}}}}', 10],
    ['{thing {item {id} ... on Big {parts {id}}}}', 11],
    ['{things {id}}', 28],
    ['{dear @skip(if: true) one}', 1],
    ['{dear @include(if: false) one}', 1],
    ['query($s: Boolean!) {dear @skip(if: $s)}', 50, { s: false }],
    ['query($s: Boolean!) {dear @skip(if: $s)}', 1, { s: true }],
    ['query($s: Boolean!) {...F @include(if: $s)} fragment F on Query {dear}', 1, { s: false }],
    ['query($s: Boolean!) {... @include(if: $s) {dear}}', 50, { s: true }],
    ['mutation {add}', 10],
    ['{secret {text}}', 1],
  ]
  for (const [text, expected, variables] of table) t.equal(cost(text, variables), expected, `${text} ${JSON.stringify(variables ?? {})}`)
  t.equal(price('{connection(first: 3) {edges {node {id}}}}').nodes, 1 + 3 + 3)
  t.throws(() => cost('{strict {id}}'), { message: /exactly one argument/ })
  t.equal(cost('{strict(first: 3) {id}}'), 3)
})

interface Selection {
  text: string
}
/** Random selections of items: nested lists with sizes, leaves, inline fragments. */
const itemSelection: fc.Arbitrary<Selection> = fc.letrec<{ set: Selection }>((tie) => ({
  set: fc
    .array(
      fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.constantFrom('id', 'name').map((text) => ({ text })),
        fc
          .record({ first: fc.integer({ min: 0, max: 20 }), inner: tie('set') })
          .map(({ first, inner }) => ({ text: `items(first: ${first}) {${inner.text}}` })),
        tie('set').map((inner) => ({ text: `... on Item {${inner.text}}` })),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => ({ text: parts.map(({ text }) => text).join(' ') })),
})).set

t.test('a price grows with the size that is asked for', async () => {
  fc.assert(
    fc.property(itemSelection, fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), ({ text }, a, b) => {
      const [small, large] = [Math.min(a, b), Math.max(a, b)]
      return cost(`{list(first: ${small}) {${text}}}`) <= cost(`{list(first: ${large}) {${text}}}`)
    }),
  )
})

t.test('a null for a size costs what its default does: resolvers take it for nothing said', async (t) => {
  const { app } = await fixtureApp(t, { GRAPHQL_MAX_COST: '1000000' }, { schema: buildSchema() })
  const priced = async (query: string, variables?: object) =>
    (await send(app, query, { variables, headers: { 'x-graphql-cost': 'validate' } })).body.extensions?.cost?.requestedQueryCost
  const series = (more: string) =>
    `{slos(first: 3) {nodes {series(kind: SLI, from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z"${more}) {at}}}}`
  const table: [string, (size: string) => string, string][] = [
    ['series', (size) => series(size === '' ? '' : `, maxPoints: ${size}`), '300'],
    ['groups', (size) => `{slos(first: 3) {nodes {groups${size && `(first: ${size})`} {__typename}}}}`, '20'],
    ['securityEvents', (size) => `{securityEvents${size && `(first: ${size})`} {id}}`, '20'],
  ]
  for (const [name, query, size] of table) {
    const expected = await priced(query(size))
    t.ok((expected ?? 0) >= Number(size), `${name}: ${expected}`)
    t.equal(await priced(query('')), expected, `${name}: nothing said`)
    t.equal(await priced(query('null')), expected, `${name}: null`)
    for (const variables of [{}, { n: null }, { n: Number(size) }])
      t.equal(await priced(`query ($n: Int) ${query('$n')}`, variables), expected, `${name}: ${JSON.stringify(variables)}`)
  }
})

t.test('objects by their ids cost as many as are asked for', async (t) => {
  const { app } = await fixtureApp(t, {}, { schema: buildSchema() })
  const priced = async (ids: string, variables?: object) => {
    const query = `query${ids.includes('$') ? '($ids: [ID!]!)' : ''} {nodes(ids: ${ids}) {id ... on Run {events(first: 10) {nodes {id}}}}}`
    return (await send(app, query, { variables, headers: { 'x-graphql-cost': 'validate' } })).body.extensions?.cost?.requestedQueryCost
  }
  t.equal(await priced('["a"]'), 12)
  t.equal(await priced('"a"'), 12, 'one is a list of one')
  t.equal(await priced('["a", "b", "c"]'), 36)
  t.equal(await priced('$ids', { ids: ['a', 'b', 'c'] }), 36)
  t.equal(await priced('$ids', { ids: Array.from({ length: 100 }, String) }), 1200, 'refused')
})

t.test('a price is the same under aliases, fragments and variables', async (t) => {
  fc.assert(
    fc.property(itemSelection, fc.integer({ min: 0, max: 50 }), ({ text }, first) => {
      const plain = price(`{list(first: ${first}) {${text}}}`)
      const aliased = price(`{list(first: ${first}) {${text.replaceAll(/(?<![:\w])(id|name|items)\b(?!:)/g, 'x$1: $1')}}}`)
      t.same(aliased, plain)
      t.same(price(`{list(first: ${first}) {...F}} fragment F on Item {${text}}`), plain)
      t.same(price(`query($n: Int) {list(first: $n) {${text}}}`, { n: first }), plain)
      let variables = 0
      const values: Record<string, number> = {}
      const lifted = text.replaceAll(/first: (\d+)/g, (_, size: string) => {
        values[`v${variables}`] = Number(size)
        return `first: $v${variables++}`
      })
      const declared = Object.keys(values).map((name) => `$${name}: Int`)
      t.same(price(`query(${[...declared, '$n: Int'].join(', ')}) {list(first: $n) {${lifted}}}`, { ...values, n: first }), plain)
    }),
    { numRuns: 200 },
  )
})

t.test('what an answer did cost is never more than what it was priced at', async (t) => {
  const { app } = await fixtureApp(t, { GRAPHQL_MAX_COST: '1000000', GRAPHQL_MAX_DEPTH: '20', BUDGET_CAPACITY: '0' })
  await fc.assert(
    fc.asyncProperty(itemSelection, fc.integer({ min: 0, max: 5 }), async ({ text }, first) => {
      const small = text.replaceAll(/first: \d+/g, 'first: 2')
      const { body } = await send(
        app,
        `{list(first: ${first}) {${small}} things {id item {id} ... on Big {parts {${small}}}} connection(first: ${first}) {nodes {${small}}}}`,
      )
      if (body.errors?.[0]?.extensions['code'] === 'GRAPHQL_VALIDATION_FAILED') return
      const { requestedQueryCost, actualQueryCost } = body.extensions?.cost ?? {}
      t.ok(
        actualQueryCost !== null &&
          actualQueryCost !== undefined &&
          requestedQueryCost !== undefined &&
          actualQueryCost <= requestedQueryCost,
        `${actualQueryCost} <= ${requestedQueryCost}`,
      )
    }),
    { numRuns: 50 },
  )
})

t.test("every answer says what it cost, by Shopify's names, and what is left", async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '100', BUDGET_RESTORE_PER_SECOND: '1' })
  const { body, headers } = await send(app, '{connection(first: 30) {nodes {id}}}')
  t.match(body.extensions?.cost, {
    requestedQueryCost: 31,
    actualQueryCost: 31,
    nodeCount: 31,
    limit: 1000,
    retryAfterMs: 0,
    throttleStatus: { maximumAvailable: 100, restoreRate: 1 },
  })
  t.equal(headers['ratelimit-policy'], '"cost";q=100;w=100')
  t.match(headers['ratelimit'], /^"cost";r=69;t=31$/)
  const refunded = await send(app, '{thing {item {id} ... on Big {parts {id}}}}')
  t.match(refunded.body.extensions?.cost, { requestedQueryCost: 11, actualQueryCost: 1 })
})

t.test('a spent budget is refused with 429 and when to come back; other tenants are not concerned', async (t) => {
  const { app, counters } = await fixtureApp(t, { BUDGET_CAPACITY: '100', BUDGET_RESTORE_PER_SECOND: '1' })
  t.equal((await send(app, '{a: dear b: dear}')).status, 200)
  const refused = await send(app, '{dear one}')
  t.equal(refused.status, 429)
  t.match(refused.body.errors?.[0]?.extensions, { code: 'THROTTLED', retryable: true })
  const waitMs = Number(refused.body.errors?.[0]?.extensions['retryAfterMs'])
  t.ok(waitMs > 45_000 && waitMs <= 50_000, `${waitMs}`)
  t.equal(refused.headers['retry-after'], String(Math.ceil(waitMs / 1000)))
  t.equal(refused.body.extensions?.cost?.retryAfterMs, waitMs)
  t.equal(counters.resolved, 0)
  t.equal((await send(app, '{dear}', { headers: { 'x-tenant-id': 'other' } })).status, 200)
})

t.test('a batch pays for all of its operations', async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '100', BUDGET_RESTORE_PER_SECOND: '1' })
  const response = await app.inject({
    method: 'POST',
    url: '/graphql',
    payload: [{ query: '{dear}' }, { query: '{dear}' }, { query: '{dear}' }],
  })
  t.same(
    (JSON.parse(response.body) as Body[]).map((body) => body.errors?.[0]?.extensions['code']),
    [undefined, undefined, 'THROTTLED'],
  )
})

t.test('a budget of 0 is no budget', async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '0' })
  for (let round = 0; round < 30; round++) t.equal((await send(app, '{a: dear b: dear c: dear}')).status, 200)
  t.equal((await send(app, '{one}')).body.extensions?.cost?.throttleStatus, null)
})

const withCache = (cache: Cache): { stores: Stores } => ({ stores: { cache } as Stores })

t.test('without its store the budget goes on by a smaller share of this process, and says so', async (t) => {
  let down = true
  let calls = 0
  const memory = openMemoryCache()
  const guard = <T>(work: () => Promise<T>): Promise<T> => (calls++, down ? Promise.reject(sourceUnavailable('cache')) : work())
  const cache: Cache = {
    ...memory,
    mode: 'CONNECTED',
    takeFromBucket: (...of) => guard(() => memory.takeFromBucket(...of)),
    settleBucket: (...of) => guard(() => memory.settleBucket(...of)),
  }
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '400', BUDGET_RESTORE_PER_SECOND: '4' }, withCache(cache))
  const first = await send(app, '{a: dear b: dear}')
  t.equal(first.status, 200)
  t.match(first.body.extensions?.cost, { local: true, throttleStatus: { maximumAvailable: 100, restoreRate: 1 } })
  t.equal((await send(app, '{dear one}')).status, 429)
  t.equal(calls, 1, 'a store that failed is left alone for a while')
  down = false
})

t.test('a store that hangs does not make anybody wait for long', async (t) => {
  const cache: Cache = { ...openMemoryCache(), mode: 'CONNECTED', takeFromBucket: () => new Promise(() => undefined) }
  const { app } = await fixtureApp(t, {}, withCache(cache))
  const start = performance.now()
  t.match((await send(app, '{one}')).body.extensions?.cost, { local: true })
  t.ok(performance.now() - start < 1500)
})

t.test('X-GraphQL-Cost prices without running, and explains', async (t) => {
  const { app, counters } = await fixtureApp(t, { BUDGET_CAPACITY: '1000' })
  const validated = await send(app, 'mutation {add}', { headers: { 'x-graphql-cost': 'Validate' } })
  t.same(validated.body.data, null)
  t.match(validated.body.extensions?.cost, { requestedQueryCost: 10, actualQueryCost: null })
  t.equal(counters.mutations, 0)
  const explained = await send(app, '{connection(first: 50) {edges {node {items(first: 3) {id}}} total} dear}', {
    headers: { 'x-graphql-cost': 'explain' },
  })
  t.same(explained.body.extensions?.cost?.dearest, [
    { path: 'connection.edges.node.items', cost: 150, count: 150 },
    { path: 'connection.edges', cost: 50, count: 50 },
    { path: 'connection.edges.node', cost: 50, count: 50 },
    { path: 'dear', cost: 50, count: 1 },
    { path: 'connection.total', cost: 20, count: 1 },
    { path: 'connection', cost: 1, count: 1 },
  ])
  t.match(explained.body.extensions?.cost?.hint, /connection.*50 items.*first: 20/)
  const tooDear = await send(app, '{list(first: 5000) {id}}', { headers: { 'x-graphql-cost': 'explain' } })
  t.equal(tooDear.status, 400)
  t.match(tooDear.body.extensions?.cost, { requestedQueryCost: 5000, dearest: [{ path: 'list', cost: 5000 }] })
  const reported = await send(app, 'mutation {add}', { headers: { 'x-graphql-cost': 'report' } })
  t.same(reported.body.data, { add: 1 })
})

t.test('variables that are nested without end are refused with a code, and are no failure of ours', async (t) => {
  const { app } = await fixtureApp(t)
  const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
  for (const query of ['{one}', 'query ($t: String) {echo(text: $t)}', 'query ($p: PageInput) {connection(page: $p) {total}}'])
    for (const variables of [`{"t":${deep(30_000)}}`, `{"p":${'{"size":'.repeat(7000)}1${'}'.repeat(7000)}}`]) {
      const payload = `{"query":${JSON.stringify(query)},"variables":${variables}}`
      const response = await app.inject({ method: 'POST', url: '/graphql', payload, headers: { 'content-type': 'application/json' } })
      t.ok(response.statusCode < 500, query)
      t.notMatch(response.body, 'INTERNAL_SERVER_ERROR', query)
    }

  // a type that contains itself is read as deep as it goes
  const own = await fixtureApp(t, {}, { schema: buildSchema() })
  let filter: object = { text: {} }
  for (let level = 0; level < 1500; level++) filter = { all: [filter] }
  const { status, body } = await send(own.app, 'query ($f: EventFilter) {timeline(first: 1, filter: $f) {nodes {id}}}', {
    variables: { f: filter },
  })
  t.equal(status, 400)
  t.match(body.errors?.[0], { message: 'The request is nested too deeply.', extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'depth' } })

  // what would overflow where it is compared or stored is not let in
  const start = 'mutation ($i: StartRunInput!) {startRun(input: $i) {__typename}}'
  for (const levels of [1100, 2200, 3900]) {
    const spec = { a: JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown }
    const refused = await send(own.app, start, { variables: { i: { ritualId: 'deep', spec } } })
    t.match(refused.body.errors?.[0], { extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'depth' } }, `${levels} levels`)
  }
})
