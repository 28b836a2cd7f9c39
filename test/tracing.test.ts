import { type ServerResponse, createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { buildSchema } from '../src/app.ts'
import { type DataSources } from '../src/datasources/index.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { type Exporter, createOtlpExporter } from '../src/telemetry/otlp-exporter.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp, noPorts } from './support/fixture-app.ts'
import { readyPeer } from './support/ws-peer.ts'

interface SeenSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: { stringValue?: string; intValue?: string } }[]
  status: { code?: number }
}

/** A collector that keeps what it is sent. */
async function collector(t: { teardown(close: () => unknown): unknown }) {
  const spans: SeenSpan[] = []
  const headers: unknown[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      if (request.url === '/v1/traces') {
        headers.push(request.headers['x-team'])
        const sent = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: SeenSpan[] }[] }[] }
        spans.push(...sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
      }
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { spans, headers, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
const attribute = (span: SeenSpan | undefined, key: string) => {
  const value = span?.attributes.find((one) => one.key === key)?.value
  return value?.stringValue ?? value?.intValue
}

t.test('a request, its operation and the calls to stores below it are one trace, joined to that of the caller', async (t) => {
  const { spans, headers, url } = await collector(t)
  let down = false
  const ports = noPorts()
  const dataSources = Object.assign(Object.create(ports.dataSources) as DataSources, {
    sources: { list: async () => (down ? Promise.reject(sourceUnavailable('sql')) : []) },
  })
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: 'x-team=operators%20on%20call, x-odd=100%', GRAPHIQL: 'off' }
  const { app } = await fixtureApp(t, env, { schema: buildSchema(), dataSources })
  const traceId = 'a'.repeat(32)
  const ask = (headers: Record<string, string>) =>
    app.inject({ method: 'POST', url: '/graphql', payload: { query: 'query Stores {sources {name}}' }, headers })
  await ask({ traceparent: `00-${traceId}-${'b'.repeat(16)}-01` })
  await ask({ traceparent: `00-${'c'.repeat(32)}-${'b'.repeat(16)}-00` })
  down = true
  await ask({})
  await app.inject('/health/live')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const peer = await readyPeer(t, `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/graphql`)
  peer.send({ id: '1', type: 'subscribe', payload: { query: 'query OverSocket {viewer {tenantId}}' } })
  await peer.next()
  peer.close()
  await eventually(() => spans.some(({ name }) => name === 'query OverSocket'), { withinMs: 30_000 })

  const own = spans.filter((span) => span.traceId === traceId)
  const byName = (name: string) => own.find((span) => span.name === name)
  const [http, operation, field, call] = [byName('POST /graphql'), byName('query Stores'), byName('Query.sources'), byName('sources.list')]
  t.equal(http?.parentSpanId, 'b'.repeat(16))
  t.equal(operation?.parentSpanId, http?.spanId)
  t.equal(field?.parentSpanId, operation?.spanId)
  t.equal(call?.parentSpanId, field?.spanId)
  t.same([http?.kind, operation?.kind, field?.kind, call?.kind], [2, 1, 1, 3])
  t.equal(attribute(http, 'http.response.status_code'), '200')
  t.equal(attribute(operation, 'graphql.operation.name'), 'Stores')
  t.equal(attribute(operation, 'orrery.transport'), 'http-post')
  for (const span of own) t.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano))
  t.notOk(
    spans.some((span) => span.traceId === 'c'.repeat(32)),
    'who began the trace did not want it sampled',
  )
  t.notOk(spans.some(({ name }) => name.includes('health')))
  const failed = spans.filter((span) => span.status.code === 2)
  t.ok(failed.some(({ name }) => name === 'sources.list') && failed.some((span) => attribute(span, 'error.type') === 'SOURCE_UNAVAILABLE'))
  t.ok(headers.every((header) => header === 'operators on call'))
})

t.test('requests whose answers nobody waits for any more end all the same, and names are short', async (t) => {
  const { spans, url } = await collector(t)
  const { app } = await fixtureApp(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OPERATION_TIMEOUT_MS: '60000' })
  const host = new URL(await app.listen({ port: 0, host: '127.0.0.1' })).host
  const name = `Q${'x'.repeat(1000)}`
  const request = (query: string) => `GET /graphql?query=${encodeURIComponent(query)} HTTP/1.1\r\nhost: ${host}\r\n\r\n`
  const socket = connect(Number(host.split(':')[1]), '127.0.0.1')
  t.teardown(() => socket.destroy())
  // those behind the first wait for it
  socket.write(request('query First {slow}') + request(`query ${name} {one}`).repeat(20))
  const seen = (start: string) => spans.filter((span) => span.name.startsWith(start))
  await eventually(() => seen('query Q').length === 20, { withinMs: 30_000 })
  t.equal(seen('GET /graphql').length, 0)
  t.ok(seen('query Q').every((span) => attribute(span, 'graphql.operation.name')?.length === 80))
  socket.destroy()
  await eventually(() => seen('GET /graphql').length === 21, { withinMs: 30_000 })
  t.equal(seen('GET /graphql').length, 21)
})

t.test('a field is one span however many objects it is asked of, and an operation has no more than a hundred of them', async (t) => {
  const { spans, url } = await collector(t)
  const { app } = await fixtureApp(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    GRAPHQL_MAX_ALIASES: '500',
    GRAPHQL_MAX_ROOT_FIELDS: '500',
    BUDGET_CAPACITY: '0',
  })
  const ask = (query: string) => app.inject({ method: 'POST', url: '/graphql', payload: { query } })
  // interpreted at first, compiled later on
  for (let round = 0; round < 6; round++) {
    await ask('query Nested {list(first: 5) {fail items(first: 2) {id}}}')
    await new Promise((resolve) => setImmediate(resolve))
  }
  await ask(`query Wide {${Array.from({ length: 150 }, (_, at) => `a${at}: one`).join(' ')}}`)
  await eventually(() => spans.some(({ name }) => name === 'query Wide'), { withinMs: 30_000 })
  for (const operation of spans.filter(({ name }) => name === 'query Nested')) {
    const below = spans.filter(({ parentSpanId }) => parentSpanId === operation.spanId)
    t.same(
      below.map((span) => [
        span.name,
        attribute(span, 'graphql.field.path'),
        attribute(span, 'graphql.field.calls'),
        span.status.code === 2,
      ]),
      [
        ['Query.list', 'list', '1', false],
        ['Item.fail', 'list.fail', '5', true],
        ['Item.items', 'list.items', '5', false],
      ],
    )
    for (const span of below) t.ok(BigInt(span.endTimeUnixNano) <= BigInt(operation.endTimeUnixNano))
  }
  t.equal(spans.filter(({ name }) => name === 'query Nested').length, 6)
  t.equal(spans.filter(({ name }) => name === 'Query.one').length, 100)
})

/** A collector that answers nothing until it is told to. */
async function hangingCollector(t: { teardown(close: () => unknown): unknown }) {
  const held: ServerResponse[] = []
  let hangs = true
  let taken = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      if (hangs) return held.push(response)
      taken += body.split('"spanId"').length - 1
      return response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    taken: () => taken,
    recover() {
      hangs = false
      for (const response of held) response.end('{}')
    },
  }
}

t.test('a collector that hangs: what waits for it is bounded, and a stop does not wait', async (t) => {
  const { app } = await fixtureApp(t)
  const hanging = await hangingCollector(t)
  const open = () => createOtlpExporter({ endpoint: hanging.url, headers: {}, serviceName: 'orrery', logger: app.log, everyMs: 5 })
  const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: null }
  const span = { ...ids, name: 'span', kind: 'INTERNAL', startNs: 0n, endNs: 1n, attributes: {}, failed: false } as const
  const fill = async (exporter: Exporter) => {
    for (let round = 0; round < 5; round++) {
      for (let index = 0; index < 4096; index++) exporter.add(span)
      // time for a delivery to begin
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const stopped = open()
  await fill(stopped)
  await eventually(() => hanging.held.length > 0)
  const from = performance.now()
  await stopped.close()
  t.ok(performance.now() - from < 20_000, 'of forty batches, none is waited for longer than the stop allows')

  const patient = open()
  await fill(patient)
  hanging.recover()
  await patient.close()
  t.ok(hanging.taken() <= 4096 + 512, `${hanging.taken()} were kept for it`)
})

t.test('a collector that is away costs spans and nothing else', async (t) => {
  const { app } = await fixtureApp(t, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })
  t.equal((await app.inject({ method: 'POST', url: '/graphql', payload: { query: '{one}' } })).statusCode, 200)
  await app.close()
})
