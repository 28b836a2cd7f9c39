import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { buildSchema, execute, parse, type subscribe } from 'graphql'
import { createHandler } from 'graphql-sse'
import { makeServer } from 'graphql-ws'
import { WebSocketServer } from 'ws'
import { collectGarbage } from './support/garbage.ts'
import { everyDoor } from './support/every-transport.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp, secretText } from './support/fixture-app.ts'
import { stockMercurius } from './support/stock.ts'
import { rawPeer, readyPeer } from './support/ws-peer.ts'

// As in pitfalls.test.ts: the stock part first, then ours.

const subscribeTo = (query: string, id = '1') => ({ id, type: 'subscribe', payload: { query } })
const within = { withinMs: 30_000 }

const ours = async (t: { teardown(close: () => unknown): unknown }, env: NodeJS.ProcessEnv = {}) => {
  const fixture = await fixtureApp(t, env)
  const doors = await everyDoor(t, fixture.app)
  const address = fixture.app.server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { ...fixture, doors, port: address.port, ws: `ws://127.0.0.1:${address.port}/graphql` }
}

/** How much was asked of the source by the time that nobody asks any more. */
async function pulledWhenStalled(counters: { readonly pulled: number }): Promise<number> {
  let before = -1
  const stalled = (): boolean => {
    const same = counters.pulled === before
    before = counters.pulled
    return same
  }
  await eventually(stalled, { ...within, everyMs: 300 })
  return before
}

t.test('D1: subscriptions are validated', async (t) => {
  const stock = await stockMercurius(t)
  const wild = await readyPeer(t, stock.ws)
  wild.send(subscribeTo('subscription {tick {nosuchfield}}'))
  t.same((await wild.next()).payload, { data: { tick: {} } }, 'stock: an unknown field is an empty object')

  const server = await ours(t)
  for (const query of [
    'subscription {leakInEvent {nosuchfield}}',
    'subscription {ticks idle}',
    'subscription {...Gone}',
    'subscription {ticks(to: "x")}',
    'subscription {ticks(nope: 1)}',
  ]) {
    const peer = await readyPeer(t, server.ws)
    peer.send(subscribeTo(query))
    const refused = await peer.next()
    t.equal(refused.type, 'error', query)
    t.match(refused.payload, [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }], query)
  }
})

t.test('D4: a reader that does not read costs a constant', async (t) => {
  const mark = 16
  const stock = await stockMercurius(t, { subscription: { context: async () => ({}), queueHighWaterMark: mark } as never })
  const wild = await readyPeer(t, stock.ws)
  wild.send(subscribeTo('subscription {flood}'))
  await eventually(() => stock.counters.queue !== null, within)
  wild.socket.pause()
  const event = { topic: 'flood', payload: { flood: 'x'.repeat(10_000) } }
  for (let number = 0; number < 5000; number++) await new Promise((resolve) => stock.app.graphql.pubsub.publish(event, () => resolve(null)))
  const waiting = stock.counters.queue?.readableLength ?? 0
  t.ok(waiting > 10 * mark, `stock: ${waiting} events wait at a mark of ${mark}`)
  wild.socket.terminate()

  const server = await ours(t, { GRAPHQL_MAX_COST: '1000000', BUDGET_CAPACITY: '0' })
  const peer = await readyPeer(t, server.ws)
  peer.socket.pause()
  peer.send(subscribeTo('subscription {ticks(to: 2000000)}'))
  await eventually(() => server.counters.pulled > 1000, within)
  const before = await pulledWhenStalled(server.counters)
  t.ok(before < 100_000, `the source was asked for ${before} of 2,000,000 events`)
  // graphql-ws' own loop only looks at what it is told: stock Mercurius never looks at all
  const metrics = (await server.app.inject({ url: '/metrics' })).body
  t.match(metrics, /orrery_stream_cut_off_total/)
  peer.socket.terminate()
  await eventually(() => server.app.pipeline.active() === 0, within)
})

t.test('what waits for a reader that does not read is bounded by its bytes too', async (t) => {
  const { ws, counters } = await ours(t, { BUDGET_CAPACITY: '0' })
  const peer = await readyPeer(t, ws)
  peer.socket.pause()
  peer.send(subscribeTo('subscription {onlyOnce(bytes: 1000000)}'))
  await eventually(() => counters.pulled > 0 && counters.streams === 0, within)
  t.ok(counters.pulled < 40, `${counters.pulled} events of 1 MB were held`)
})

t.test('D6: the words and the close codes of graphql-transport-ws', async (t) => {
  const init = { type: 'connection_init' }
  const cases: [string, (object | string)[], number][] = [
    ['a second init', [init, init], 4429],
    ['subscribe before init', [subscribeTo('{one}')], 4401],
    ['an unknown type', [init, { type: 'nope' }], 4400],
    ['an acknowledgement', [init, { type: 'connection_ack' }], 4400],
    ['a result', [init, { type: 'next', id: '1', payload: {} }], 4400],
    ['an error', [init, { type: 'error', id: '1', payload: [{ message: 'no' }] }], 4400],
    ['no JSON', [init, 'nope'], 4400],
    ['a subscribe without a query', [init, { id: '1', type: 'subscribe', payload: {} }], 4400],
    ['an id twice', [init, subscribeTo('subscription {idle}'), subscribeTo('subscription {idle}')], 4409],
  ]
  const stock = await stockMercurius(t)
  const wild = await readyPeer(t, stock.ws)
  wild.send(init)
  t.equal((await wild.next()).type, 'connection_ack', 'stock: a second init is acknowledged again')
  wild.send('no JSON')
  t.equal((await wild.next()).type, 'error', 'stock: no close for what is no JSON')
  wild.send({ type: 'ping', payload: { a: 1 } })
  t.same(await wild.next(), { type: 'pong' }, 'stock: a pong without the payload')

  const server = await ours(t)
  for (const [what, messages, code] of cases) {
    const peer = await rawPeer(t, server.ws)
    const [first = '', ...rest] = messages
    peer.send(first)
    // what follows an introduction has to wait for its answer
    if (first === init) await peer.next()
    peer.send(...rest)
    t.equal((await peer.closed).code, code, what)
  }
  const other = await rawPeer(t, server.ws, { protocols: ['graphql-ws'] })
  t.equal((await other.closed).code, 4406)
  const peer = await readyPeer(t, server.ws)
  peer.send({ type: 'ping', payload: { a: 1 } })
  t.same(await peer.next(), { type: 'pong', payload: { a: 1 } })
  const silent = await rawPeer(t, server.ws)
  t.equal((await silent.closed).code, 4408)
})

t.test('D10: what connection_init carries is never taken for a header', async (t) => {
  const spoofed = { 'x-tenant-id': 'globex', 'x-forwarded-user': 'root', headers: { 'x-tenant-id': 'globex' } }
  const stock = await stockMercurius(t)
  const wild = await readyPeer(t, stock.ws, { 'x-tenant-id': 'globex' })
  wild.send(subscribeTo('subscription {tenant}'))
  t.same((await wild.next()).payload, { data: { tenant: 'globex' } }, "stock: a tenant of the client's choosing")
  const server = await ours(t, { DEFAULT_TENANT: 'acme' })
  const peer = await readyPeer(t, server.ws, spoofed)
  peer.send(subscribeTo('{tenant}'))
  t.match((await peer.next()).payload, { data: { tenant: 'acme' } })
})

t.test('D11: a subscription that fails leaves nothing behind', async (t) => {
  const stock = await stockMercurius(t)
  const wild = await readyPeer(t, stock.ws)
  for (let round = 0; round < 50; round++) {
    wild.send(subscribeTo('subscription {leakAtStart}', String(round)))
    await wild.next()
  }
  collectGarbage()
  t.equal(stock.contexts().length, 50, 'stock: each is held as long as the connection')

  const server = await ours(t)
  const peer = await readyPeer(t, server.ws)
  const rounds = 2000
  for (let round = 0; round < rounds; round++) {
    peer.send(subscribeTo(round % 2 === 0 ? 'subscription {nope}' : 'subscription {refused}', String(round)))
    if (round % 40 === 39) for (let answered = 0; answered < 40; answered++) t.equal((await peer.next()).type, 'error')
  }
  await eventually(() => server.app.pipeline.active() === 0, within)
  peer.send(subscribeTo('{one}'))
  t.match((await peer.next()).payload, { data: { one: 1 } }, 'and the connection has room for more')
})

t.test('D12, D15: every source is returned: an id that is used twice, an idle one, an abrupt end', async (t) => {
  const stock = await stockMercurius(t)
  const wild = await readyPeer(t, stock.ws)
  for (let round = 0; round < 20; round++) wild.send(subscribeTo('subscription {idle}', 'same'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  wild.socket.terminate()
  await new Promise((resolve) => setTimeout(resolve, 200))
  stock.emit()
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.ok(stock.counters.resolved > 0, `stock: ${stock.counters.resolved} events resolved for a client that is gone`)
  const leaving = await stockMercurius(t)
  const idler = await readyPeer(t, leaving.ws)
  idler.send(subscribeTo('subscription {idle}'))
  await eventually(() => leaving.counters.idle === 1, within)
  idler.socket.terminate()
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.equal(leaving.counters.idle, 1, 'stock: an idle source goes on for nobody')

  const server = await ours(t)
  const peer = await readyPeer(t, server.ws)
  for (let round = 0; round < 20; round++) peer.send(subscribeTo('subscription {idle}', String(round)))
  await eventually(() => server.counters.streams === 20, within)
  peer.send({ id: '3', type: 'complete' })
  await eventually(() => server.counters.streams === 19, within)
  peer.send(subscribeTo('subscription {idle}', '5'))
  t.equal((await peer.closed).code, 4409)
  await eventually(() => server.counters.streams === 0, within)

  const abrupt = await readyPeer(t, server.ws)
  for (let round = 0; round < 20; round++) abrupt.send(subscribeTo('subscription {idle}', String(round)))
  const leave = new AbortController()
  const response = await fetch(`http://127.0.0.1:${server.port}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription {idle}' }),
    signal: leave.signal,
  })
  t.equal(response.status, 200)
  await eventually(() => server.counters.streams === 21, within)
  abrupt.socket.terminate()
  leave.abort()
  await eventually(() => server.counters.streams === 0 && server.app.pipeline.active() === 0, within)
})

t.test('D17: what a stream throws is masked, at its start, midway and in an event', async (t) => {
  const stock = await stockMercurius(t, { errorFormatter: () => ({ statusCode: 200, response: { data: null, errors: [] } }) })
  const wild = await readyPeer(t, stock.ws)
  wild.send(subscribeTo('subscription {leakAtStart}'))
  t.match(JSON.stringify(await wild.next()), secretText, 'stock: the formatter is not asked')
  const server = await ours(t)
  for (const query of ['subscription {leakAtStart}', 'subscription {leakMidway}', 'subscription {leakInEvent {leak}}'])
    for (const [way, door] of Object.entries(server.doors.stream)) {
      const answers = await door({ query })
      t.notMatch(JSON.stringify(answers), 'hunter2', `${query} by ${way}`)
      t.equal(answers.at(-1)?.errors?.[0]?.extensions['code'], 'INTERNAL_SERVER_ERROR', `${query} by ${way}`)
    }
})

t.test('a reader that fell behind and cannot go on is told why, and where it was', async (t) => {
  const { ws, counters } = await ours(t, { BUDGET_CAPACITY: '0' })
  const peer = await readyPeer(t, ws)
  peer.send(subscribeTo('subscription {onlyOnce}'))
  t.match(await peer.next(), { type: 'next', payload: { extensions: { cursor: 'after-1' } } })
  peer.socket.pause()
  await eventually(() => counters.streams === 0, within)
  peer.socket.resume()
  let reached = 1
  for (let message = await peer.next(); ; message = await peer.next()) {
    const cursor = `after-${message.type === 'next' ? ++reached : reached}`
    const extensions = message.type === 'next' ? { cursor } : { cursor, code: 'NOT_FOUND' }
    if (message.type === 'next') t.match(message.payload, { extensions })
    else return t.match(message, { type: 'error', payload: [{ message: 'There is no such stream.', extensions }] })
  }
})

t.test('D18, D19: one context for every transport, and batching that works on all of them', async (t) => {
  const stock = await stockMercurius(t, { context: () => ({ viewer: 'somebody' }), subscription: true })
  const wild = await readyPeer(t, stock.ws)
  wild.send(subscribeTo('subscription {tenant}'))
  await wild.next()
  t.notOk(stock.counters.contextKeys.includes('viewer'), 'stock: the context of HTTP is not that of a subscription')
  const batching = await stockMercurius(t, {
    subscription: { context: async () => ({}), fullWsTransport: true },
    loaders: { Nested: { leaf: async (queries: object[]) => queries.map(() => 1) } },
  })
  const batched = await readyPeer(t, batching.ws)
  batched.send(subscribeTo('{nested {leaf}}'))
  t.match(JSON.stringify(await batched.next()), /reply\.graphql/, 'stock: what is loaded in batches fails over WebSocket')
  const server = await ours(t, { DEFAULT_TENANT: 'acme' })
  for (const [way, door] of Object.entries(server.doors.single))
    t.same((await door({ query: '{me tenant}' }))[0]?.data, { me: 'local-operator', tenant: 'acme' }, way)
})

t.test('D24: a server that leaves tells its streams so', async (t) => {
  const leave = async (ws: string, app: { close(): Promise<unknown> }) => {
    const peer = await readyPeer(t, ws)
    peer.send(subscribeTo('subscription {idle}'))
    await new Promise((resolve) => setTimeout(resolve, 100))
    await app.close()
    return (await peer.closed).code
  }
  const stock = await stockMercurius(t)
  t.equal(await leave(stock.ws, stock.app), 1005, 'stock: closed without a code')
  const server = await ours(t)
  t.equal(await leave(server.ws, server.app), 1012)
})

t.test('D32: `complete` and `subscribe` of one id in one packet leave nothing running', async (t) => {
  const open = new Set<object>()
  const source = () => {
    let end = (): void => undefined
    const ended = new Promise<IteratorResult<unknown>>((resolve) => (end = () => resolve({ done: true, value: undefined })))
    const stream = {
      [Symbol.asyncIterator]: () => stream,
      next: () => ended,
      async return() {
        open.delete(stream)
        end()
        return { done: true as const, value: undefined }
      },
    }
    open.add(stream)
    return stream
  }
  const schema = buildSchema('type Query { one: Int } type Subscription { idle: Int }')
  const protocol = makeServer({
    schema,
    execute,
    // the stock server takes any async iterable for a stream
    subscribe: (() => source()) as unknown as typeof subscribe,
  })
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' })
  t.teardown(() => sockets.close())
  await once(sockets, 'listening')
  sockets.on('connection', (socket) => {
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => new Promise((resolve) => socket.send(data, () => resolve())),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => socket.on('message', (data) => void take(String(data))),
      },
      {},
    )
    socket.once('close', (code, reason) => void closed(code, String(reason)))
  })
  const address = sockets.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  const again = async (url: string) => {
    const peer = await readyPeer(t, url)
    const raw = (peer.socket as unknown as { _socket: Socket })._socket
    for (let round = 0; round < 50; round++) {
      raw.cork()
      peer.send({ id: 'a', type: 'complete' }, subscribeTo('subscription {idle}', 'a'))
      raw.uncork()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    peer.socket.terminate()
    await peer.closed
  }
  await again(`ws://127.0.0.1:${address.port}/`)
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.ok(open.size > 0, `stock: ${open.size} streams go on`)

  const server = await ours(t)
  await again(server.ws)
  await eventually(() => server.counters.streams === 0 && server.app.pipeline.active() === 0, within)
})

t.test('D33: SSE has `id:` and `retry:`, and a reader that stalls holds its source back', async (t) => {
  const schema = buildSchema('type Query { one: Int } type Subscription { ticks: Int }')
  let pulled = 0
  const stock = createHandler({
    schema,
    subscribe: async function* () {
      for (; pulled < 20_000; pulled++) yield { data: { ticks: pulled } }
    } as unknown as typeof subscribe,
    validate: () => [],
    onSubscribe: () => ({ schema, document: parse('subscription {ticks}'), contextValue: undefined }),
  })
  const [body] = await stock({
    method: 'POST',
    url: '/',
    headers: { get: (name: string) => (name === 'accept' ? 'text/event-stream' : 'application/json') },
    body: { query: 'subscription {ticks}' },
    raw: null,
    context: undefined,
  })
  let text = ''
  if (body !== null && typeof body === 'object')
    for await (const chunk of body) {
      text += chunk
      if (text.length > 2000) break
    }
  t.notMatch(text, /^id:|^retry:/m, 'stock: neither')

  const server = await ours(t, { GRAPHQL_MAX_COST: '1000000', BUDGET_CAPACITY: '0' })
  const request = JSON.stringify({ query: 'subscription {ticks(to: 2000000)}' })
  const socket = connect(server.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let read = ''
  socket.once('data', (chunk) => {
    read = String(chunk)
    socket.pause()
  })
  socket.write(
    `POST /graphql/stream HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\ncontent-type: application/json\r\ncontent-length: ${request.length}\r\n\r\n${request}`,
  )
  await eventually(() => server.counters.pulled > 100, within)
  const before = await pulledWhenStalled(server.counters)
  t.ok(before < 200_000, `the source was asked for ${before} of 2,000,000 events`)
  t.match(read, /^retry: /m)
  socket.destroy()
  await eventually(() => server.app.pipeline.active() === 0, within)
})
