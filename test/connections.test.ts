import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { createPresence } from '../src/presence.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp, originOf } from './support/fixture-app.ts'
import { readyPeer } from './support/ws-peer.ts'

const within = { withinMs: 30_000 }

async function server(t: { teardown(close: () => unknown): unknown }, env: NodeJS.ProcessEnv = {}) {
  const fixture = await fixtureApp(t, env)
  await fixture.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = fixture.app.server.address() as AddressInfo
  /** A connection that speaks bytes. */
  const speak = (...parts: string[]) => {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    let heard = ''
    socket.on('error', () => undefined)
    socket.setEncoding('utf8').on('data', (chunk) => (heard += String(chunk)))
    for (const part of parts) socket.write(part)
    return {
      socket,
      closed: new Promise<string>((resolve) => socket.once('close', () => resolve(heard))),
      async hear(end: string): Promise<string> {
        await eventually(() => heard.includes(end), within)
        return heard
      },
    }
  }
  return { ...fixture, port, speak, ws: `ws://127.0.0.1:${port}/graphql` }
}

const get = (query: string, headers = '') => `GET /graphql?query=${encodeURIComponent(query)} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`
const sse = 'accept: text/event-stream\r\n'
const multipart = 'accept: multipart/mixed;subscriptionSpec=1.0\r\n'

t.test('who offers HTTP/2 with a request, as Java does with its first, is answered in HTTP/1.1', async (t) => {
  const { speak, counters } = await server(t)
  const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'
  t.match(await speak(get('{one}', offer)).hear('"data"'), /^HTTP\/1.1 200 OK[^]*\{"data":\{"one":1\}/)
  t.match(await speak(`GET /health HTTP/1.1\r\nhost: localhost\r\n${offer}\r\n`).hear('}'), /^HTTP\/1.1 200 OK/)
  const body = '{"query":"mutation {add}"}'
  const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\n${offer}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  t.match(await speak(head + body).hear('"data"'), /^HTTP\/1.1 200 OK[^]*\{"data":\{"add":1\}/)
  const late = speak(head + body.slice(0, 9))
  await new Promise((resolve) => setImmediate(resolve))
  late.socket.write(body.slice(9))
  t.match(await late.hear('"data"'), /^HTTP\/1.1 200 OK[^]*\{"data":\{"add":2\}/, 'the rest of the body may come later')
  late.socket.write(get('{two}'))
  await late.hear('{"data":{"two":2}')
  t.equal(counters.mutations, 2)
})

t.test('every method but those that are taken is refused by name', async (t) => {
  const { speak } = await server(t)
  for (const method of ['TRACE', 'PROPFIND', 'QUERY', 'LOCK', 'SEARCH', 'REPORT', 'PUT'])
    t.match(
      await speak(`${method} /graphql HTTP/1.1\r\nhost: localhost\r\n\r\n`).hear('}'),
      /^HTTP\/1.1 405 [^]*allow: GET, POST\r\n/,
      method,
    )
  const stream = await speak('PROPFIND /graphql/stream HTTP/1.1\r\nhost: localhost\r\n\r\n').hear('}')
  t.match(stream, /^HTTP\/1.1 405 [^]*allow: GET, POST, PUT, DELETE\r\n/)
})

t.test('requests that are sent before their turn are answered in order and whole, streams too', async (t) => {
  const { speak, app } = await server(t, { OPERATION_TIMEOUT_MS: '300' })
  const reservation = await app.inject({ method: 'PUT', url: '/graphql/stream' })
  const token = `x-graphql-event-stream-token: ${reservation.body}\r\n`
  const line = speak(
    get('{slow}') + get('{one}', sse) + get('subscription {ticks}', multipart) + get('subscription {ticks(to: 2)}', sse) + get('{two}'),
  )
  const heard = await line.hear('{"two":2}')
  const parts = ['DEADLINE_EXCEEDED', '{"one":1}', 'event: complete', 'mixed', '"payload":{"data":{"ticks":1}}', '"ticks":3', 'event: next']
  let at = 0
  for (const part of [...parts, '"ticks":1', '"ticks":2', 'event: complete', '{"two":2}']) {
    const next = heard.indexOf(part, at)
    t.ok(next > 0, part)
    at = next + part.length
  }
  const reserved = speak(`${get('{slow}')}GET /graphql/stream HTTP/1.1\r\nhost: localhost\r\n${token}\r\n`)
  const body = JSON.stringify({ query: '{one}', extensions: { operationId: 'a' } })
  const added = speak(
    `POST /graphql/stream HTTP/1.1\r\nhost: localhost\r\n${token}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await added.hear('HTTP/1.1 202 ')
  t.match(await reserved.hear('event: complete'), /retry: 1000[^]*"id":"a","payload":{"data":{"one":1}/)
})

t.test('a connection that is gone ends everything that was asked over it, also what had to wait', async (t) => {
  const { speak, app, counters } = await server(t)
  const line = speak(get('{slow}') + get('{slow}') + get('subscription {idle}', sse) + get('{slow}'))
  await eventually(() => counters.running === 3, within)
  line.socket.destroy()
  await eventually(() => counters.running === 0 && app.pipeline.active() === 0, within)
  t.equal(counters.aborted, 3)
  t.equal(counters.streams, 0)
})

t.test('a stream closes its connection after itself where that was asked for', async (t) => {
  const { speak } = await server(t)
  for (const accept of [sse, multipart])
    t.match(await speak(get('subscription {ticks}', `${accept}connection: close\r\n`)).closed, /connection: close[^]*{"ticks":3}/i)
  t.match(await speak(`GET /graphql?query=subscription{ticks} HTTP/1.0\r\n${sse}\r\n`).closed, /{"ticks":3}/)
})

t.test('who does not read an answer, or never asks, is cut off in time; a stream has its own time', async (t) => {
  const { speak, app } = await server(t, {
    OPERATION_TIMEOUT_MS: '200',
    REQUEST_TIMEOUT_MS: '300',
    GRAPHQL_MAX_BATCH: '1',
    GRAPHQL_MAX_COST: '100000',
    BUDGET_CAPACITY: '0',
  })
  const open = (): Promise<number> =>
    new Promise((resolve, reject) => app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))))
  const stream = speak(get('subscription {idle}', sse))
  await stream.hear('retry: 1000')
  const deaf = speak()
  deaf.socket.pause()
  for (let round = 0; round < 40; round++) deaf.socket.write(get('{list(first: 5000) {id name id2: id name2: name}}'))
  await speak().closed
  await eventually(async () => (await open()) === 1, within)
  t.notOk(stream.socket.destroyed)
})

t.test('nothing runs that comes over a socket after the word that it is over', async (t) => {
  const { ws, counters } = await server(t)
  const peer = await readyPeer(t, ws)
  const mutation = (id: string) => ({ id, type: 'subscribe', payload: { query: 'mutation {add}' } })
  peer.send(mutation('a'))
  t.match(await peer.next(), { type: 'next', payload: { data: { add: 1 } } })
  peer.send('nope', mutation('b'), mutation('c'))
  t.equal((await peer.closed).code, 4400)
  t.equal(counters.mutations, 1)
})

const unknown = (at: number): string => `{one} # ${at} ${'x'.repeat(60_000)}`

t.test('documents that come faster than they can be read do not fill the memory; other tenants keep their room', async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '0' })
  const origin = await originOf(app)
  const flood = async (from: number) => {
    const prepared = await Promise.all(
      Array.from({ length: 1000 }, (_, at) => app.pipeline.prepare({ query: unknown(from + at) }, { ...origin, client: createPresence() })),
    )
    return prepared.filter(({ kind }) => kind === 'READY').length
  }
  const flooded = flood(0)
  const other = app.pipeline.prepare({ query: unknown(-1) }, { ...origin, viewer: { ...origin.viewer, tenantId: 'other' } })
  const refused = await app.pipeline.prepare({ query: unknown(5000) }, origin)
  t.match(refused, { kind: 'REFUSED', refusal: 'BUDGET', retryAfterMs: 1000 })
  t.match(refused, { result: { errors: [{ extensions: { code: 'THROTTLED', limit: 'documents' } }] } })
  t.equal((await other).kind, 'READY')
  const read = await flooded
  t.ok(read > 100 && read < 400, `${read} of 1000 were let in`)
  t.equal(await flood(10_000), read, 'and as many again when those are read')
})

t.test('a document that nobody waits for any more is not read', async (t) => {
  const { app, ws } = await server(t, { BUDGET_CAPACITY: '0' })
  const misses = async (): Promise<number> =>
    Number(/^graphql_cache_misses_total (.*)$/m.exec((await app.inject('/metrics')).body)?.[1] ?? 0)
  const peer = await readyPeer(t, ws)
  const frames: object[] = []
  for (let at = 0; at < 200; at++)
    frames.push({ id: `${at}`, type: 'subscribe', payload: { query: `{one} # ${at}` } }, { id: `${at}`, type: 'complete' })
  peer.send(...frames, { type: 'ping' })
  while ((await peer.next()).type !== 'pong');
  peer.send({ id: 'last', type: 'subscribe', payload: { query: '{one two}' } })
  while ((await peer.next()).id !== 'last');
  const read = await misses()
  t.ok(read < 100, `${read} of 200 were read`)
})
