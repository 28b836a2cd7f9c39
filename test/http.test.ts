import { type AddressInfo, connect } from 'node:net'
import { Writable } from 'node:stream'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t from 'tap'
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import { parse } from 'graphql'
import { auditServer } from 'graphql-http'
import { SignJWT } from 'jose'
import { pino } from 'pino'
import { encodingFor } from '../src/transports/compression.ts'
import { registerHttp } from '../src/transports/http.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { rawPeer } from './support/ws-peer.ts'

const GRJ = 'application/graphql-response+json'
const JSON_TYPE = 'application/json'

interface Answer {
  status: number
  type: string
  headers: Record<string, unknown>
  body: {
    data?: Record<string, unknown> | null
    errors?: { message: string; path?: (string | number)[]; locations?: unknown; extensions: Record<string, unknown> }[]
    extensions?: Record<string, never>
  }
}

async function send(app: FastifyInstance, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const response = await app.inject({ method: 'POST', url: '/graphql', payload, headers: { 'content-type': JSON_TYPE, ...headers } })
  return {
    status: response.statusCode,
    type: String(response.headers['content-type']),
    headers: response.headers,
    body: JSON.parse(response.body),
  }
}

async function get(app: FastifyInstance, query: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await app.inject({ method: 'GET', url: '/graphql', query, headers })
  return {
    status: response.statusCode,
    type: String(response.headers['content-type']),
    headers: response.headers,
    body: JSON.parse(response.body),
  }
}

const codesOf = (answer: Answer): unknown[] => (answer.body.errors ?? []).map((error) => error.extensions['code'])

t.test('all 61 audits of GraphQL over HTTP pass: plain, with rules against forgery, behind a prefix', async (t) => {
  const { app } = await fixtureApp(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const prefixed = Fastify()
  t.teardown(() => prefixed.close())
  const { pipeline } = app
  const viewer = { authenticate: app.authenticate, profile: 'audit' as const, maxBatch: 10, pipeline }
  await prefixed.register(async (inner) => registerHttp(inner, viewer), { prefix: '/api/v1' })
  const prefixedUrl = await prefixed.listen({ port: 0, host: '127.0.0.1' })
  const withCookies: typeof fetch = (input, init) =>
    fetch(input, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), cookie: 'session=1', 'graphql-require-preflight': '1' },
    })
  const mounts = {
    plain: { url: `${url}/graphql` },
    cookies: { url: `${url}/graphql`, fetchFn: withCookies },
    prefix: { url: `${prefixedUrl}/api/v1/graphql` },
  }
  for (const [name, mount] of Object.entries(mounts)) {
    const results = await auditServer(mount)
    t.equal(results.length, 61, name)
    for (const result of results)
      t.equal(result.status, 'ok', `${name}: ${result.id} ${result.name} ${'reason' in result ? result.reason : ''}`)
  }
})

interface Row {
  what: string
  body: unknown
  audit: { grj: number; json: number }
  spec: number
  code?: string
  /** Whether the answer has a `data` key. */
  data?: boolean
}
const table: Row[] = [
  { what: 'data', body: { query: '{one}' }, audit: { grj: 200, json: 200 }, spec: 200, data: true },
  { what: 'data and errors', body: { query: '{one known}' }, audit: { grj: 200, json: 200 }, spec: 294, code: 'NOT_FOUND', data: true },
  {
    what: 'null data and errors',
    body: { query: '{null}' },
    audit: { grj: 200, json: 200 },
    spec: 294,
    code: 'INTERNAL_SERVER_ERROR',
    data: true,
  },
  { what: 'a body that is no JSON', body: '{"query":', audit: { grj: 400, json: 400 }, spec: 400, code: 'BAD_USER_INPUT' },
  { what: 'no body', body: '', audit: { grj: 400, json: 400 }, spec: 422, code: 'BAD_USER_INPUT' },
  { what: 'no query', body: {}, audit: { grj: 400, json: 400 }, spec: 422, code: 'BAD_USER_INPUT' },
  { what: 'a query that is no string', body: { query: { a: 1 } }, audit: { grj: 400, json: 400 }, spec: 422, code: 'BAD_USER_INPUT' },
  {
    what: 'variables that are no map',
    body: { query: '{one}', variables: [1] },
    audit: { grj: 400, json: 400 },
    spec: 422,
    code: 'BAD_USER_INPUT',
  },
  {
    what: 'extensions that are no map',
    body: { query: '{one}', extensions: 'x' },
    audit: { grj: 400, json: 400 },
    spec: 422,
    code: 'BAD_USER_INPUT',
  },
  {
    what: 'an operation name that is no string',
    body: { query: '{one}', operationName: 1 },
    audit: { grj: 400, json: 400 },
    spec: 422,
    code: 'BAD_USER_INPUT',
  },
  { what: 'a document that does not parse', body: { query: '{' }, audit: { grj: 400, json: 200 }, spec: 400, code: 'GRAPHQL_PARSE_FAILED' },
  {
    what: 'one validation error (D20)',
    body: { query: '{nope}' },
    audit: { grj: 400, json: 200 },
    spec: 422,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    what: 'two validation errors (D20)',
    body: { query: '{nope nope2}' },
    audit: { grj: 400, json: 200 },
    spec: 422,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    what: 'a missing required variable (D20)',
    body: { query: 'query($n: Int!) {echo(number: $n)}' },
    audit: { grj: 400, json: 200 },
    spec: 422,
    code: 'BAD_USER_INPUT',
  },
  {
    what: 'variables that do not coerce',
    body: { query: 'query($n: Int) {echo(number: $n)}', variables: { n: 'x' } },
    audit: { grj: 400, json: 200 },
    spec: 422,
    code: 'BAD_USER_INPUT',
  },
  {
    what: 'an unknown operation',
    body: { query: 'query A {one}', operationName: 'B' },
    audit: { grj: 400, json: 400 },
    spec: 422,
    code: 'BAD_USER_INPUT',
  },
  {
    what: 'an ambiguous operation',
    body: { query: 'query A {one} query B {two}' },
    audit: { grj: 400, json: 400 },
    spec: 422,
    code: 'BAD_USER_INPUT',
  },
  {
    what: 'too dear a query',
    body: { query: '{list(first: 5000) {id}}' },
    audit: { grj: 400, json: 400 },
    spec: 422,
    code: 'COST_LIMIT_EXCEEDED',
  },
  {
    what: 'a subscription without a stream (D21)',
    body: { query: 'subscription {ticks}' },
    audit: { grj: 400, json: 400 },
    spec: 422,
    code: 'BAD_USER_INPUT',
  },
]

for (const profile of ['audit', 'spec2026'] as const) {
  t.test(`every condition has its status and media type in profile ${profile}`, async (t) => {
    const { app } = await fixtureApp(t, { GRAPHQL_HTTP_PROFILE: profile })
    for (const row of table) {
      for (const [accept, expected] of [
        [GRJ, row.audit.grj],
        [JSON_TYPE, row.audit.json],
      ] as const) {
        const answer = await send(app, row.body, { accept })
        const label = `${row.what}, ${accept}`
        t.equal(answer.status, profile === 'audit' ? expected : row.spec, label)
        if (row.code !== undefined) t.equal(codesOf(answer)[0], row.code, label)
        t.equal('data' in answer.body, row.data ?? false, `${label}: data key`)
        t.match(answer.type, /charset=utf-8/, label)
        if (row.what !== 'a body that is no JSON') t.ok(answer.type.startsWith(accept), `${label}: ${answer.type}`)
        for (const error of answer.body.errors ?? []) t.ok(error.extensions['requestId'], `${label}: request id`)
      }
    }
  })
}

t.test('what is wrong with the HTTP itself is said in HTTP, never labelled as a GraphQL response', async (t) => {
  const { app, counters } = await fixtureApp(t, { MAX_BODY_BYTES: '2048' })
  const mutation = 'mutation {add}'
  interface Case {
    what: string
    request: InjectOptions
    status: number
    header?: [string, string]
  }
  const cases: Case[] = [
    {
      what: 'mutation by GET',
      request: { method: 'GET', url: `/graphql?query=${encodeURIComponent(mutation)}` },
      status: 405,
      header: ['allow', 'POST'],
    },
    ...(['PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const).map((method) => ({
      what: method,
      request: { method, url: '/graphql' },
      status: 405,
      header: ['allow', 'GET, POST'] as [string, string],
    })),
    {
      what: 'no acceptable type',
      request: { method: 'POST', url: '/graphql', payload: { query: '{one}' }, headers: { accept: 'text/html' } },
      status: 406,
    },
    {
      what: 'too large a body',
      request: { method: 'POST', url: '/graphql', payload: { query: `{one} # ${'x'.repeat(3000)}` } },
      status: 413,
    },
    { what: 'too long an address', request: { method: 'GET', url: `/graphql?query={one}%23${'x'.repeat(9000)}` }, status: 414 },
    {
      what: 'a form',
      request: {
        method: 'POST',
        url: '/graphql',
        payload: 'query={one}',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
      status: 415,
    },
    {
      what: 'no content type',
      request: { method: 'POST', url: '/graphql', payload: Buffer.from('{"query":"{one}"}'), headers: {} },
      status: 415,
    },
    {
      what: 'another charset',
      request: {
        method: 'POST',
        url: '/graphql',
        payload: '{"query":"{one}"}',
        headers: { 'content-type': 'application/json; charset=utf-16' },
      },
      status: 415,
    },
    {
      what: 'a compressed body',
      request: {
        method: 'POST',
        url: '/graphql',
        payload: '{"query":"{one}"}',
        headers: { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' },
      },
      status: 415,
    },
    {
      what: 'invalid UTF-8',
      request: { method: 'POST', url: '/graphql', payload: Buffer.from([0x7b, 0xff, 0x7d]), headers: { 'content-type': JSON_TYPE } },
      status: 400,
    },
    {
      what: 'a __proto__ key',
      request: {
        method: 'POST',
        url: '/graphql',
        payload: '{"query":"{one}","variables":{"__proto__":{"a":1}}}',
        headers: { 'content-type': JSON_TYPE },
      },
      status: 400,
    },
    { what: 'a GET with cookies alone', request: { method: 'GET', url: '/graphql?query={one}', headers: { cookie: 'a=b' } }, status: 403 },
    { what: 'a parameter twice', request: { method: 'GET', url: '/graphql?query={one}&query={two}' }, status: 400 },
    { what: 'variables that are no JSON', request: { method: 'GET', url: '/graphql?query={one}&variables={' }, status: 400 },
    { what: 'nothing there', request: { method: 'GET', url: '/nowhere' }, status: 404 },
    { what: 'an address that cannot be decoded', request: { method: 'GET', url: '/%zz' }, status: 400 },
  ]
  for (const { what, request, status, header } of cases) {
    const response = await app.inject(request)
    t.equal(response.statusCode, status, what)
    t.match(response.headers['content-type'], /^application\/json/, what)
    t.match(JSON.parse(response.body), { errors: [{ extensions: { code: String, requestId: response.headers['x-request-id'] } }] }, what)
    if (header !== undefined) t.equal(response.headers[header[0]], header[1], what)
  }
  const patch = await app.inject({ method: 'PATCH', url: '/graphql/stream' })
  t.same([patch.statusCode, patch.headers['allow']], [405, 'GET, POST, PUT, DELETE'])
  const options = await app.inject({ method: 'OPTIONS', url: '/graphql/stream' })
  t.same([options.statusCode, options.headers['allow']], [405, 'GET, POST, PUT, DELETE'])
  const head = await app.inject({ method: 'HEAD', url: '/graphql?query={one}' })
  t.equal(head.statusCode, 405)
  t.equal(counters.mutations, 0)
})

t.test('Accept is read as the audits and real clients need it', async (t) => {
  const { app } = await fixtureApp(t)
  const expected = {
    '': JSON_TYPE,
    '*/*': JSON_TYPE,
    'application/*': JSON_TYPE,
    [GRJ]: GRJ,
    [`${GRJ},application/json;q=0.9`]: GRJ,
    [`application/json, ${GRJ}`]: GRJ,
    [`${GRJ};q=0.1, application/json`]: JSON_TYPE,
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed': GRJ,
    'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json': JSON_TYPE,
  }
  for (const [accept, type] of Object.entries(expected))
    t.equal((await send(app, { query: '{one}' }, accept === '' ? {} : { accept })).type, `${type}; charset=utf-8`, accept)
  t.equal((await send(app, { query: '{one}' }, { accept: 'application/json;q=0' })).status, 406)
})

t.test('GET runs queries, with variables and operation names', async (t) => {
  const { app } = await fixtureApp(t)
  t.same((await get(app, { query: '{one}' })).body.data, { one: 1 })
  const answer = await get(app, { query: 'query A($t: String) {echo(text: $t)} query B {two}', operationName: 'A', variables: '{"t":"ü"}' })
  t.same(answer.body.data, { echo: 'ü' })
})

t.test('the operation that is asked for is the one that runs, however often another of its document ran before (D2)', async (t) => {
  const { app, counters } = await fixtureApp(t)
  const query = 'query A {one} query B {two} mutation M {add}'
  for (let round = 0; round < 8; round++) t.same((await send(app, { query, operationName: 'A' })).body.data, { one: 1 })
  for (let round = 0; round < 8; round++) t.same((await send(app, { query, operationName: 'B' })).body.data, { two: 2 })
  t.same((await send(app, { query, operationName: 'M' })).body.data, { add: 1 })
  for (let round = 0; round < 8; round++) t.equal((await get(app, { query, operationName: 'M' })).status, 405)
  t.equal((await get(app, { query, operationName: 'A' })).status, 200)
  t.equal(counters.mutations, 1)
})

t.test('variables that do not hold are refused the same way every time, and nothing runs (D3)', async (t) => {
  const { app, counters } = await fixtureApp(t)
  const requests = [
    { query: 'query($i: Pick!) {pick(input: $i)}', variables: { i: { a: 'x', b: 1 } } },
    { query: 'query($i: Pick!) {pick(input: $i)}', variables: { i: {} } },
    { query: 'query($n: Int) {echo(number: $n)}', variables: { n: 1.5 } },
  ]
  for (const request of requests) {
    const first = await send(app, request, { accept: GRJ, 'x-request-id': 'same' })
    t.equal(first.status, 400)
    for (let round = 0; round < 7; round++) t.same((await send(app, request, { accept: GRJ, 'x-request-id': 'same' })).body, first.body)
  }
  t.equal(counters.resolved, 0)
  t.same((await send(app, { query: requests[0]?.query, variables: { i: { a: 'x' } } })).body.data, { pick: '{"a":"x"}' })
})

t.test('list positions in error paths are numbers, compiled or not, and locations point into the text that was sent (D5)', async (t) => {
  const { app } = await fixtureApp(t)
  const query = '# a comment\n\nquery   Q  {\n   broken { fail, id } }'
  for (let round = 0; round < 8; round++) {
    const [error] = (await send(app, { query })).body.errors ?? []
    t.strictSame(error?.path, ['broken', 1, 'fail'])
    t.strictSame(error?.locations, [{ line: 4, column: 13 }])
    await new Promise((resolve) => setImmediate(resolve))
  }
})

t.test('an operation that is unknown or one of several is refused in words of ours (D7)', async (t) => {
  const { app } = await fixtureApp(t)
  const requests: Record<string, string>[] = [{ query: 'query A {one}', operationName: 'Z' }, { query: 'query A {one} query B {two}' }]
  for (const parameters of requests) {
    const answer = await get(app, parameters)
    t.equal(answer.status, 400)
    t.notMatch(JSON.stringify(answer.body), /Cannot read|undefined/)
  }
})

t.test('a JSON AST is no document, and neither is other JSON (D31)', async (t) => {
  const { app, counters } = await fixtureApp(t)
  for (const query of [JSON.stringify(parse('mutation {add}')), JSON.stringify(parse('{one}')), '[]', '{}', 'null', '""']) {
    const answer = await send(app, { query }, { accept: GRJ })
    t.equal(answer.status, 400, query.slice(0, 20))
    t.equal(codesOf(answer)[0], 'GRAPHQL_PARSE_FAILED')
  }
  t.equal(counters.mutations + counters.resolved, 0)
})

t.test('a body of another type is told which one is taken', async (t) => {
  const { app } = await fixtureApp(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await app.inject({ method: 'POST', url: '/graphql', payload: '{"query":"{one}"}', headers: form })
  t.equal(answer.statusCode, 415)
  t.match(answer.json(), { errors: [{ message: /`content-type: application\/json`/, extensions: { code: 'BAD_USER_INPUT' } }] })
})

t.test('errors of ours pass with their codes, everything else is masked, and the log has it whole (D16)', async (t) => {
  const lines: string[] = []
  const logger = pino({}, new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) }))
  const { app } = await fixtureApp(t, {}, { logger })
  const answer = await send(app, { query: '{leak known lost}' }, { 'x-request-id': 'req-1' })
  const errors = Object.fromEntries((answer.body.errors ?? []).map((error) => [String(error.path?.[0]), error]))
  t.same(errors['leak']?.extensions, { code: 'INTERNAL_SERVER_ERROR', requestId: 'req-1' })
  t.same(errors['known']?.extensions, { code: 'NOT_FOUND', requestId: 'req-1', hint: 'look elsewhere' })
  t.same(errors['lost']?.extensions, { code: 'SOURCE_UNAVAILABLE', requestId: 'req-1', source: 'sql', retryable: true })
  const text = JSON.stringify(answer.body)
  for (const secret of ['hunter2', 'db.internal', 'ECONNREFUSED', '10.0.0.1']) t.notOk(text.includes(secret), secret)
  const logged = lines.join('')
  t.match(logged, 'hunter2')
  t.match(logged, 'req-1')
  t.match(logged, 'ECONNREFUSED')
})

t.test('a promise in a plain property is resolved before and after compilation (D13)', async (t) => {
  const { app } = await fixtureApp(t)
  for (let round = 0; round < 8; round++) {
    t.same((await send(app, { query: '{promised {later}}' })).body.data, { promised: { later: 5 } })
    await new Promise((resolve) => setImmediate(resolve))
  }
})

t.test('the request id is taken from the caller when it is sane, made when not, and stands in header and body', async (t) => {
  const { app } = await fixtureApp(t)
  const kept = await send(app, { query: '{nope}' }, { 'x-request-id': 'abc-123' })
  t.equal(kept.headers['x-request-id'], 'abc-123')
  t.equal(kept.body.errors?.[0]?.extensions['requestId'], 'abc-123')
  for (const bad of ['a b', 'x'.repeat(200), 'a"b'])
    t.match(String((await send(app, { query: '{one}' }, { 'x-request-id': bad })).headers['x-request-id']), /^[0-9a-f-]{36}$/)
})

t.test('a batch is capped before it is read, keeps its order, and pays for all of it', async (t) => {
  const { app, counters } = await fixtureApp(t)
  const batch = async (items: unknown[], accept = JSON_TYPE) => {
    const response = await app.inject({ method: 'POST', url: '/graphql', payload: items as object[], headers: { accept } })
    const { 'content-type': type, ratelimit } = response.headers
    return { status: response.statusCode, type, ratelimit, body: JSON.parse(response.body) as Answer['body'][] }
  }
  const answer = await batch(
    [{ query: 'mutation {add(by: 5)}' }, { query: '{one}' }, { query: 'mutation {add(by: 2)}' }, { query: '{nope}' }, 5],
    GRJ,
  )
  t.equal(answer.status, 200)
  t.equal(answer.type, `${GRJ}; charset=utf-8`)
  t.same(
    answer.body.map((one) => one.data),
    [{ add: 5 }, { one: 1 }, { add: 7 }, undefined, undefined],
  )
  t.equal(counters.mutations, 7)
  t.match(answer.ratelimit, /^"cost";r=99/, 'of those that were paid for, though the last was not')
  for (const items of [
    [],
    Array.from({ length: 11 }, () => ({ query: '{one}' })),
    Array.from({ length: 10_000 }, () => ({ query: '{' })),
  ]) {
    const refused = await batch(items)
    t.equal(refused.status, 400)
    t.match(refused.body, { errors: [{ extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'batch' } }] })
  }
  const dear = await batch(Array.from({ length: 3 }, () => ({ query: '{list(first: 400) {id}}' })))
  t.same(
    dear.body.map((one) => one.errors?.[0]?.extensions['code']),
    [undefined, undefined, 'COST_LIMIT_EXCEEDED'],
  )
})

t.test('an operation ends at its deadline, and its stores are told', async (t) => {
  const { app, counters } = await fixtureApp(t, { OPERATION_TIMEOUT_MS: '100' })
  const answer = await send(app, { query: '{slow}' })
  t.same(codesOf(answer), ['DEADLINE_EXCEEDED'])
  t.equal(counters.running, 0)
  t.equal(app.pipeline.active(), 0)
})

t.test('work stops when its client leaves', async (t) => {
  const { app, counters } = await fixtureApp(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const leave = new AbortController()
  const request = fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': JSON_TYPE },
    body: '{"query":"{slow}"}',
    signal: leave.signal,
  })
  const until = async (holds: () => boolean): Promise<void> => {
    for (const end = Date.now() + 5000; !holds() && Date.now() < end;) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await until(() => counters.running === 1)
  leave.abort()
  await t.rejects(request)
  await until(() => counters.aborted === 1)
  t.equal(counters.aborted, 1)
  t.equal(app.pipeline.active(), 0)
})

t.test('browsers may call from the listed origins only', async (t) => {
  const { app } = await fixtureApp(t, { CORS_ORIGINS: 'https://console.example' })
  const preflight = (origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/graphql',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    })
  const allowed = await preflight('https://console.example')
  t.equal(allowed.statusCode, 204)
  t.equal(allowed.headers['access-control-allow-origin'], 'https://console.example')
  t.equal((await preflight('https://evil.example')).headers['access-control-allow-origin'], undefined)
  const methods = String(allowed.headers['access-control-allow-methods'])
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) t.match(methods, method, 'a stream of several operations needs them all')
})

t.test('introspection can be switched off, and then suggestions do not spell the schema out', async (t) => {
  const { app } = await fixtureApp(t, { GRAPHQL_INTROSPECTION: 'off' })
  t.equal(codesOf(await send(app, { query: '{__schema {types {name}}}' }))[0], 'GRAPHQL_VALIDATION_FAILED')
  t.notMatch((await send(app, { query: '{onee}' })).body.errors?.[0]?.message, 'Did you mean')
  t.same((await send(app, { query: '{__typename}' })).body.data, { __typename: 'Query' })
})

t.test('what cannot be read as a request is refused on the socket: 408, 414, 417, 431, 400', async (t) => {
  const { app } = await fixtureApp(t, { REQUEST_TIMEOUT_MS: '300' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const raw = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text))
      let answer = ''
      socket.setEncoding('utf8')
      socket.on('data', (chunk: string) => (answer += chunk))
      socket.on('error', reject)
      socket.on('close', () => resolve(answer))
    })
  const head = 'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
  const cases: Record<string, [string, number]> = {
    'headers that never end': [`${head}x: `, 408],
    'a body that never comes': [`${head}content-length: 50\r\n\r\n{"query":`, 408],
    'a flood of headers': [`${head}${Array.from({ length: 3000 }, (_, index) => `x-${index}: yes\r\n`).join('')}\r\n`, 431],
    'one huge header': [`${head}cookie: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
    'an address beyond what Node reads': [`GET /graphql?query=${'x'.repeat(70_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 414],
    'an expectation that nobody can meet': [`${head}expect: the-best\r\n\r\n`, 417],
    'no HTTP': ['\u0000\u0001 what\r\n\r\n', 400],
  }
  for (const [what, [text, status]] of Object.entries(cases)) {
    const answer = await raw(text)
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), what)
    t.match(answer, /"code":"BAD_USER_INPUT"/, what)
    t.match(answer, /content-type: application\/json/i, what)
  }
})

t.test('a server that leaves (D24) finishes what it began, tells the rest when to come back, and still answers its probes', async (t) => {
  const { app, counters } = await fixtureApp(t, { OPERATION_TIMEOUT_MS: '800' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const keptOpen = () => {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    let answer = ''
    socket.setEncoding('utf8').on('data', (chunk) => (answer += String(chunk)))
    const over = new Promise<string>((resolve) => socket.once('close', () => resolve(answer)))
    return { get: (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`), over }
  }
  const [probe, client] = [keptOpen(), keptOpen()]
  probe.get('/graphql?query={slow}')
  client.get('/graphql?query={slow}')
  await eventually(() => counters.running === 2)
  const closing = app.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  probe.get('/livez')
  client.get('/graphql?query={one}')
  await closing
  t.match(await probe.over, /^HTTP\/1.1 200 OK[^]*DEADLINE_EXCEEDED[^]*HTTP\/1.1 200 OK[^]*alive/)
  t.match(await client.over, /^HTTP\/1.1 200 OK[^]*DEADLINE_EXCEEDED[^]*HTTP\/1.1 503 [^]*retry-after: 1[^]*SOURCE_UNAVAILABLE/)
})

t.test('long answers are compressed for those who take it; short ones and streams are not', async (t) => {
  const { app } = await fixtureApp(t)
  const query = '{list(first: 100) {id name items(first: 5) {id name}}}'
  const ask = (encoding: string, text = query) =>
    app.inject({
      method: 'POST',
      url: '/graphql',
      payload: { query: text },
      headers: encoding === '' ? {} : { 'accept-encoding': encoding },
    })
  const plain = await ask('')
  t.equal(plain.headers['content-encoding'], undefined)
  const read: Record<string, (bytes: Buffer) => Buffer> = { br: brotliDecompressSync, gzip: gunzipSync }
  for (const [header, expected] of [
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0.1, gzip', 'gzip'],
    ['*', 'br'],
    ['gzip;q=0, br;q=0', undefined],
    ['zstd', undefined],
    ['identity', undefined],
  ] as const) {
    const answer = await ask(header)
    t.equal(answer.headers['content-encoding'], expected, header)
    t.match(answer.headers['vary'], /accept-encoding/i, header)
    const bytes = expected === undefined ? answer.rawPayload : (read[expected]?.(answer.rawPayload) ?? Buffer.alloc(0))
    t.same((JSON.parse(bytes.toString()) as Answer['body']).data, (JSON.parse(plain.body) as Answer['body']).data, header)
    if (expected !== undefined) t.ok(answer.rawPayload.length * 3 < plain.rawPayload.length, header)
  }
  t.equal((await ask('gzip', '{one}')).headers['content-encoding'], undefined, 'a short answer')
  t.equal(encodingFor('gzip, br', 1_000_000), 'gzip', 'a huge answer is compressed fast')
  t.equal(encodingFor('br', 1_000_000), 'br')
})

t.test('no more operations run at once than may, also when one packet holds many', async (t) => {
  const { app, counters } = await fixtureApp(t, { MAX_OPERATIONS_PER_TENANT: '3', OPERATION_TIMEOUT_MS: '1000' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  await send(app, { query: '{one}' })
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let answers = ''
  socket.setEncoding('utf8').on('data', (chunk) => (answers += String(chunk)))
  const requests = 40
  socket.write('GET /graphql?query={slow} HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(requests))
  await eventually(() => counters.running > 0)
  t.equal(counters.running, 3)
  await eventually(() => answers.split('HTTP/1.1 ').length - 1 === requests)
  t.equal(answers.split('HTTP/1.1 429').length - 1, requests - 3)
  t.equal(app.pipeline.active(), 0)
  t.equal((await send(app, { query: '{one}' })).status, 200, 'there is room again')
})

t.test('a server that is full says so with 503, a tenant that is full with 429, both with when to come back', async (t) => {
  for (const [env, status, code] of [
    [{ MAX_OPERATIONS: '2' }, 503, 'SOURCE_UNAVAILABLE'],
    [{ MAX_OPERATIONS_PER_TENANT: '2' }, 429, 'THROTTLED'],
  ] as const) {
    const { app, counters } = await fixtureApp(t, { ...env, OPERATION_TIMEOUT_MS: '1000' })
    const held = [send(app, { query: '{slow}' }), send(app, { query: '{slow}' })]
    await eventually(() => counters.running === 2)
    const refused = await send(app, { query: '{one}' })
    t.equal(refused.status, status)
    t.same(codesOf(refused), [code])
    t.equal(refused.headers['retry-after'], '1')
    if (status === 429) t.equal((await send(app, { query: '{one}' }, { 'x-tenant-id': 'other' })).status, 200)
    await Promise.all(held)
    t.equal((await send(app, { query: '{one}' })).status, 200, 'there is room again')
  }
})

t.test('requests are counted by caller where that is set, by the names of the neighbours too', async (t) => {
  for (const names of [
    ['RATE_LIMIT_MAX', 'RATE_LIMIT_WINDOW_MS'],
    ['RATE_LIMIT_MAX_REQUESTS', 'GRAPHQL_RATE_WINDOW_MS'],
    ['GRAPHQL_RATE_MAX_REQUESTS', 'RATE_LIMIT_WINDOW_MS'],
  ]) {
    const [max = '', window = ''] = names
    const { app } = await fixtureApp(t, { [max]: '3', [window]: '60000' })
    for (let round = 0; round < 3; round++) t.equal((await send(app, { query: '{one}' })).status, 200)
    const refused = await send(app, { query: '{' })
    t.equal(refused.status, 429, 'before it is read')
    t.match(refused.body.errors?.[0]?.extensions, { code: 'THROTTLED', limit: 'requests', max: 3, retryAfterMs: Number })
    t.ok(Number(refused.headers['retry-after']) >= 1)
  }
})

t.test('callers whose names make the same text together are counted apart', async (t) => {
  const secret = Buffer.from('x'.repeat(32))
  const { app } = await fixtureApp(t, {
    AUTH_MODE: 'jwt',
    JWT_SECRET: 'x'.repeat(32),
    RATE_LIMIT_MAX: '1',
    RATE_LIMIT_WINDOW_MS: '3600000',
  })
  const statusFor = async (claims: { tenant: string; sub: string } | null): Promise<number> => {
    const token = claims && (await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret))
    return (await send(app, { query: '{one}' }, token === null ? {} : { authorization: `Bearer ${token}` })).status
  }
  const callers = [{ tenant: 'eu', sub: 'acme:bob' }, { tenant: 'eu:acme', sub: 'bob' }, { tenant: 'address', sub: '127.0.0.1' }, null]
  for (const status of [200, 429]) for (const caller of callers) t.equal(await statusFor(caller), status, JSON.stringify(caller))
})

t.test('unknown callers are told apart by the address that the proxies in front saw, not by what they write before it', async (t) => {
  const admitted = async (trust: string, forwarded: (round: number) => string): Promise<number> => {
    const { app } = await fixtureApp(t, {
      AUTH_MODE: 'jwt',
      JWT_SECRET: 'x'.repeat(32),
      RATE_LIMIT_MAX: '3',
      RATE_LIMIT_WINDOW_MS: '3600000',
      TRUST_PROXY: trust,
    })
    let count = 0
    for (let round = 0; round < 6; round++)
      if ((await send(app, { query: '{one}' }, { 'x-forwarded-for': forwarded(round) })).status === 200) count++
    return count
  }
  t.equal(await admitted('on', (round) => `10.0.0.${round}, 203.0.113.9`), 3)
  t.equal(await admitted('on', (round) => `203.0.113.9, 10.0.0.${round}`), 6)
  t.equal(await admitted('2', (round) => `10.0.0.${round}, 203.0.113.9, 10.1.1.1`), 3)
  t.equal(await admitted('2', (round) => `203.0.113.9, 10.0.0.${round}, 10.1.1.1`), 6)
  t.equal(await admitted('off', (round) => `10.0.0.${round}`), 3)
})

t.test('an unknown caller is the same one over HTTP and over a WebSocket, behind a proxy and without', async (t) => {
  for (const trust of ['off', 'on', '2']) {
    const { app } = await fixtureApp(t, {
      AUTH_MODE: 'jwt',
      JWT_SECRET: 'x'.repeat(32),
      RATE_LIMIT_MAX: '2',
      RATE_LIMIT_WINDOW_MS: '3600000',
      TRUST_PROXY: trust,
    })
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const behind = trust === '2' ? ', 10.1.1.1' : ''
    const overHttp = async (from: string): Promise<number> => {
      const headers = { 'content-type': JSON_TYPE, 'x-forwarded-for': `${from}${behind}` }
      return (await fetch(`${address}/graphql`, { method: 'POST', headers, body: '{"query":"{one}"}' })).status
    }
    const overWebsocket = async (from: string): Promise<string> => {
      const headers = { 'x-forwarded-for': `made.up, ${from}${behind}` }
      const peer = await rawPeer(t, `${address.replace('http', 'ws')}/graphql`, { headers })
      peer.send({ type: 'connection_init' })
      await peer.next()
      peer.send({ id: '1', type: 'subscribe', payload: { query: '{one}' } })
      const { type } = await peer.next()
      peer.close()
      return type
    }
    t.same([await overHttp('203.0.113.1'), await overWebsocket('203.0.113.1')], [200, 'next'], trust)
    t.same([await overHttp('203.0.113.1'), await overWebsocket('203.0.113.1')], [429, 'error'], trust)
    t.equal(await overWebsocket('203.0.113.2'), trust === 'off' ? 'error' : 'next', `${trust}: somebody else`)
  }
})

t.test('the home page repeats nothing that could be markup, also where proxies are believed', async (t) => {
  const { app } = await fixtureApp(t, { TRUST_PROXY: '1', HOST: '0.0.0.0' })
  const markup = '"><script>alert(1)</script>'
  for (const header of ['host', 'x-forwarded-host', 'x-forwarded-proto']) {
    const { body, statusCode } = await app.inject({ url: '/', headers: { [header]: markup } })
    t.equal(statusCode, 200)
    t.notMatch(body, '<script>', header)
  }
  t.match(
    (await app.inject({ url: '/', headers: { host: 'orrery.example', 'x-forwarded-proto': 'https' } })).body,
    'https://orrery.example',
  )
})
