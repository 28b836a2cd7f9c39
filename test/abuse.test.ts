import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Writable } from 'node:stream'
import t from 'tap'
import { SignJWT } from 'jose'
import { openRedisCache } from '../src/datasources/cache/redis-cache.ts'
import { type Stores } from '../src/datasources/index.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { everyDoor } from './support/every-transport.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp, originOf } from './support/fixture-app.ts'
import { heapInUse } from './support/garbage.ts'
import { rawPeer, readyPeer } from './support/ws-peer.ts'

const within = { withinMs: 30_000 }
const server = async (
  t: { teardown(close: () => unknown): unknown },
  env: NodeJS.ProcessEnv = {},
  parts: Parameters<typeof fixtureApp>[2] = {},
) => {
  const fixture = await fixtureApp(t, env, parts)
  const doors = await everyDoor(t, fixture.app)
  const address = fixture.app.server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { ...fixture, doors, port: address.port, ws: `ws://127.0.0.1:${address.port}/graphql` }
}
const subscribeTo = (query: string, id: string, more: object = {}) => ({ id, type: 'subscribe', payload: { query, ...more } })
const metric = async (app: { inject(url: string): Promise<{ body: string }> }, name: string): Promise<number> =>
  Number(new RegExp(`^${name}(?:{[^}]*})? (.*)$`, 'm').exec((await app.inject('/metrics')).body)?.[1])

t.test('a flood of documents that nobody sends twice keeps its memory bounded, and compiles none of them (D27)', async (t) => {
  const { app } = await fixtureApp(t, { GRAPHQL_MAX_COST: '1000000', BUDGET_CAPACITY: '0' })
  const origin = await originOf(app)
  // valid, within every limit; together far more than the caches may hold
  const document = (round: number): string => `{one list {id} echo(text: "${round}")}`
  const long = (round: number): string =>
    `query Q${round} {list {${Array.from({ length: 45 }, () => 'id name').join(' ')}} echo(text: "${round}")}`
  for (let round = 0; round < 50; round++) await app.pipeline.prepare({ query: long(-1 - round) }, origin)
  const before = heapInUse()
  const rounds = 3000
  for (let round = 0; round < rounds; round++) {
    const prepared = await app.pipeline.prepare({ query: round % 2 === 0 ? document(round) : long(round) }, origin)
    if (prepared.kind !== 'READY') t.bailout(JSON.stringify(prepared))
    if (prepared.kind === 'READY' && round % 3 === 0) await app.pipeline.execute(prepared.operation)
    if (round % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const grown = (heapInUse() - before) / 1024 / 1024
  t.ok(grown < 200, `grew by ${Math.round(grown)} MB`)
  t.equal(await metric(app, 'graphql_cache_hits_total'), 0)
  t.ok((await metric(app, 'graphql_cache_misses_total')) >= rounds)
  const known = { query: long(rounds - 1) }
  await app.pipeline.prepare(known, origin)
  t.equal(await metric(app, 'graphql_cache_hits_total'), 1, 'the newest are kept')
  await app.pipeline.prepare({ query: long(1) }, origin)
  t.equal(await metric(app, 'graphql_cache_hits_total'), 1, 'the oldest are not')
})

t.test('refused documents have a small cache of their own: they cannot push good ones out', async (t) => {
  const { app } = await fixtureApp(t)
  const ask = (query: string) => app.inject({ method: 'POST', url: '/graphql', payload: { query } })
  await ask('{one two}')
  for (let round = 0; round < 1500; round++) await ask(`{nope${round}}`)
  const hits = await metric(app, 'graphql_cache_hits_total')
  await ask('{one two}')
  t.equal(await metric(app, 'graphql_cache_hits_total'), hits + 1)
})

t.test('frames that are no messages are closed by the book', async (t) => {
  const { app, ws } = await server(t, { MAX_BODY_BYTES: '4096' })
  const cases: [string, (send: (data: string | Buffer, options?: object) => void, raw: Socket) => void, number][] = [
    ['no JSON', (send) => send('nope'), 4400],
    ['a list', (send) => send('[]'), 4400],
    ['a number', (send) => send('5'), 4400],
    ['null', (send) => send('null'), 4400],
    ['a binary frame', (send) => send(Buffer.from('{"type":"ping"}'), { binary: true }), 4400],
    ['too large a frame', (send) => send(`{"type":"ping","payload":{"a":"${'x'.repeat(5000)}"}}`), 1009],
    [
      'too large a message in pieces',
      (send) => {
        for (let piece = 0; piece < 5; piece++) send('x'.repeat(1000), { fin: false })
      },
      1009,
    ],
    ['invalid UTF-8', (_, raw) => raw.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff])), 1007],
    ['an unknown opcode', (_, raw) => raw.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0])), 1002],
    ['an id that is no text', (send) => send('{"type":"subscribe","id":5,"payload":{"query":"{one}"}}'), 4400],
    ['an empty id', (send) => send('{"type":"subscribe","id":"","payload":{"query":"{one}"}}'), 4400],
    ['variables that are no map', (send) => send('{"type":"subscribe","id":"1","payload":{"query":"{one}","variables":[1]}}'), 4400],
  ]
  for (const [what, abuse, code] of cases) {
    const peer = await readyPeer(t, ws)
    abuse((data, options) => peer.socket.send(data, options ?? {}), (peer.socket as unknown as { _socket: Socket })._socket)
    t.equal((await peer.closed).code, code, what)
  }
  const pieces = await readyPeer(t, ws)
  pieces.socket.send('{"type":"pi', { fin: false })
  pieces.socket.send('ng","payload":{"a":1}}', { fin: true })
  t.same(await pieces.next(), { type: 'pong', payload: { a: 1 } }, 'a message in pieces is a message')
  await eventually(async () => (await metric(app, 'orrery_stream_sockets')) === 1, within)
})

t.test('keys that mean something to JavaScript mean nothing here', async (t) => {
  const { app, ws } = await server(t)
  const peer = await readyPeer(t, ws)
  peer.send(
    '{"id":"1","type":"subscribe","payload":{"query":"query($p: PageInput) {connection(page: $p) {nodes {id}}}","variables":{"p":{"size":1},"__proto__":{"polluted":1}}}}',
  )
  t.match(await peer.next(), { type: 'next', payload: { data: { connection: { nodes: [{ id: '0' }] } } } })
  await peer.next()
  for (const id of ['__proto__', 'constructor', 'toString']) {
    const own = await readyPeer(t, ws)
    own.send(subscribeTo('{one}', id))
    // an id that the protocol's library cannot keep apart ends that client's connection, and nobody else's
    const answer = await Promise.race([own.next(), own.closed])
    t.ok('type' in answer ? answer.type === 'next' : answer.code === 4409, id)
  }
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  const post = (payload: string) =>
    app.inject({ method: 'POST', url: '/graphql', payload, headers: { 'content-type': 'application/json' } })
  for (const payload of ['{"query":"{one}","__proto__":{"a":1}}', '{"query":"{one}","variables":{"constructor":{"prototype":{"a":1}}}}'])
    t.equal((await post(payload)).statusCode, 400, payload)
  const twice = await post('{"query":"{one}","query":"{list(first: 5000) {id}}"}')
  t.match(
    JSON.parse(twice.body),
    { errors: [{ extensions: { code: 'COST_LIMIT_EXCEEDED' } }] },
    'of two equal keys the last one counts, for every rule alike',
  )
})

t.test('10,000 subscribes on one socket: as many as allowed are open, the rest is refused, nothing is left', async (t) => {
  const { app, ws, counters } = await server(t, { BUDGET_CAPACITY: '0' })
  const peer = await readyPeer(t, ws)
  let refused = 0
  peer.socket.removeAllListeners('message')
  peer.socket.on('message', (data) => (String(data).includes('THROTTLED') ? refused++ : undefined))
  for (let round = 0; round < 10_000; round++) peer.send(subscribeTo('subscription {idle}', `s${round}`))
  await eventually(() => refused === 9950 && counters.streams === 50, within)
  t.equal(counters.streams, 50)
  t.equal(app.pipeline.active(), 50)
  peer.socket.terminate()
  await eventually(() => counters.streams === 0 && app.pipeline.active() === 0, within)
  await eventually(
    async () => (await metric(app, 'orrery_stream_readers')) === 0 && (await metric(app, 'orrery_stream_sockets')) === 0,
    within,
  )
})

t.test('sockets that never introduce themselves, and requests that are cut off, leave nothing', async (t) => {
  const { app, ws, port, counters } = await server(t)
  const peers = await Promise.all(Array.from({ length: 50 }, () => rawPeer(t, ws)))
  for (const peer of peers) t.equal((await peer.closed).code, 4408)
  for (let round = 0; round < 50; round++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{"query":"{slow}"}',
    )
    await eventually(() => counters.running > 0, within)
    socket.destroy()
    await eventually(() => counters.running === 0, within)
  }
  await eventually(
    async () => (await metric(app, 'orrery_stream_readers')) === 0 && (await metric(app, 'orrery_stream_sockets')) === 0,
    within,
  )
})

t.test('a caller can reserve a thousand streams, and leaves the others their places', async (t) => {
  const { app } = await fixtureApp(t, { AUTH_MODE: 'jwt', JWT_SECRET: 'a secret of at least thirty-two characters' })
  const reserve = async (remoteAddress: string): Promise<number> =>
    (await app.inject({ method: 'PUT', url: '/graphql/stream', remoteAddress })).statusCode
  const statuses = await Promise.all(Array.from({ length: 1100 }, () => reserve('10.0.0.1')))
  t.equal(statuses.filter((status) => status === 201).length, 1000)
  t.equal(statuses.filter((status) => status === 429).length, 100)
  t.equal(await reserve('10.0.0.2'), 201)
})

/** A collector of traces that keeps what it is sent. */
async function tracesOf(t: { teardown(close: () => unknown): unknown }) {
  const sent: string[] = []
  const collector = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => sent.push(chunk))
    request.on('end', () => response.end('{}'))
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  t.teardown(() => collector.close())
  return { url: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`, text: () => sent.join('') }
}

t.test('secrets appear in no log, answer, metric or trace', async (t) => {
  const traces = await tracesOf(t)
  const lines: string[] = []
  const logger = createLogger({ logLevel: 'trace' }, new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) }))
  const secret = 'planted-secret-of-the-tokens-0123456789'
  const cache = openRedisCache({ url: 'redis://:planted-redis-password@127.0.0.1:1', timeoutMs: 200 })
  t.teardown(() => cache.close())
  const env = {
    AUTH_MODE: 'jwt',
    JWT_SECRET: secret,
    LOG_LEVEL: 'trace',
    SLOW_OPERATION_MS: '1',
    OPERATION_TIMEOUT_MS: '100',
    OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=planted-collector-token',
  }
  const { app, doors, port } = await server(t, env, { logger, stores: { cache } as Stores })
  const claims = { sub: 'ana', tenant: 'acme', roles: ['viewer'] }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(secret))
  const foreign = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode('another secret of thirty-two chars'))
  const answers: string[] = []
  for (const door of Object.values(doors.single))
    for (const who of [token, foreign, 'planted.raw.token', `orr_0123456789abcdef_${'P'.repeat(43)}`])
      for (const query of ['{one}', '{slow pick(input: {a: "planted-literal"})} # planted-comment', '{leak}', '{lost}', '{'])
        answers.push(JSON.stringify(await door({ query, variables: { v: 'planted-variable' } }, { token: who })))
  await fetch(`http://127.0.0.1:${port}/graphql?query={one}`, { headers: { cookie: 'session=planted-cookie', 'x-api-key': 'planted-key' } })
  await fetch(`http://127.0.0.1:${port}/graphql/stream?token=planted-stream-token`, { headers: { accept: 'text/event-stream' } })
  const metrics = (await app.inject('/metrics')).body
  const health = (await app.inject('/health/ready')).body
  const logged = lines.join('')
  await app.close()
  const traced = traces.text()
  t.match(traced, /traceparent|traceId/)
  t.match(traced, /http-post|websocket/, 'operations are in the traces')
  t.ok(lines.length > 50, 'there is something to look through')
  t.match(logged, /ECONNREFUSED http:\/\/\[redacted\]@10\.0\.0\.1/, 'what happened is told')
  const planted = [
    secret,
    token,
    foreign,
    'planted.raw.token',
    'P'.repeat(43),
    'planted-redis-password',
    'planted-cookie',
    'planted-key',
    'planted-stream-token',
    'planted-collector-token',
    'planted-command-password',
    'planted-address-password',
  ]
  for (const one of [...planted, 'planted-comment', 'planted-variable', 'planted-literal'])
    for (const [where, text] of Object.entries({ logged, metrics, health, traced }))
      t.notOk(text.includes(one), `${one.slice(0, 24)} in ${where}`)
  for (const one of [...planted, 'hunter2']) t.notOk(answers.join().includes(one), `${one.slice(0, 24)} in the answers`)
})
