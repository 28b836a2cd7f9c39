import { createClient } from 'graphql-ws'
import { SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { iterateResuming } from '../client/resume.ts'
import { eventually } from './support/eventually.ts'
import { type Backing, backings, liveServer, type LiveServerOptions, write } from './support/live-server.ts'
import { memoryLog } from './support/memory-log.ts'
import { type Message, rawPeer, readyPeer } from './support/ws-peer.ts'

interface Delivered {
  readonly event?: { readonly sequence: string }
  readonly from?: string
  readonly to?: string
  readonly reason?: string
}

const runEvent = ({ payload }: Message): Delivered => (payload as { data: { runEvents: Delivered } }).data.runEvents

const events =
  'subscription ($after: Cursor, $run: String) { runEvents(filter: { runIdContains: $run }, after: $after) { __typename ... on RunEventItem { cursor event { sequence type } } ... on StreamPhase { phase } ... on StreamGap { reason } } }'

t.test('graphql-transport-ws', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) throw new Error('no stores')
  await protocol(t, backing)
})

async function protocol(t: Test, backing: Backing) {
  const serve = (t: Test, options: LiveServerOptions = {}) => liveServer(t, backing, options)
  const subscribe = (id: string, query = events, variables = {}) => ({ id, type: 'subscribe', payload: { query, variables } })

  t.test('a connection is acknowledged with its limits; a ping is answered with its payload', async (t) => {
    const { ws } = await serve(t)
    const peer = await readyPeer(t, ws)
    t.match(peer.ack, {
      type: 'connection_ack',
      payload: { protocol: 'graphql-transport-ws', resumeWindowSeconds: null, limits: { operations: 50, messageBytes: 262_144 } },
    })
    peer.send({ type: 'ping', payload: { n: 1 } }, { type: 'pong' }, { type: 'ping' })
    t.strictSame(await peer.next(), { type: 'pong', payload: { n: 1 } })
    t.strictSame(await peer.next(), { type: 'pong' })
  })

  t.test('every broken rule has its close code', async (t) => {
    const { ws, hub, app } = await serve(t)
    const codeAfter = async (...messages: (object | string)[]) => {
      const peer = await readyPeer(t, ws)
      peer.send(...messages)
      return (await peer.closed).code
    }
    t.equal(await codeAfter('{not json'), 4400, 'no JSON')
    t.equal(await codeAfter({ type: 'nonsense' }), 4400, 'an unknown type')
    t.equal(await codeAfter({ type: 'subscribe', id: 'a' }), 4400, 'no payload')
    t.equal(await codeAfter({ type: 'subscribe', id: 'a', payload: { query: 5 } }), 4400, 'a query that is no string')
    t.equal(await codeAfter({ type: 'connection_init' }), 4429, 'a second init')
    t.equal(await codeAfter(subscribe('a'), subscribe('a')), 4409, 'an id of an open subscription')
    t.equal(await codeAfter(subscribe('a', '{ sources { name } }'), subscribe('a', '{ sources { name } }')), 4409, 'an id of an open query')
    t.equal(await codeAfter('x'.repeat(300_000)), 1009, 'a message beyond the limit')
    const binary = await readyPeer(t, ws)
    binary.socket.send(Buffer.from('{"type":"ping"}'))
    t.equal((await binary.closed).code, 4400, 'a binary message')
    const early = await rawPeer(t, ws)
    early.send(subscribe('a'))
    t.equal((await early.closed).code, 4401, 'before the acknowledgement')
    const legacy = await rawPeer(t, ws, { protocols: ['graphql-ws'] })
    t.equal((await legacy.closed).code, 4406, 'the old protocol')
    const none = await rawPeer(t, ws, { protocols: [] })
    t.equal((await none.closed).code, 4406, 'no protocol')
    await eventually(() => hub.stats().subscribers === 0 && app.pipeline.active() === 0)
  })

  t.test('who does not introduce themselves in 3 s is sent away with 4408', async (t) => {
    const { ws } = await serve(t)
    const peer = await rawPeer(t, ws)
    const start = Date.now()
    t.equal((await peer.closed).code, 4408)
    t.ok(Date.now() - start > 2500)
  })

  t.test('a page of another site opens no socket; our own and a listed one do', async (t) => {
    const { ws, port } = await serve(t, { env: { CORS_ORIGINS: 'https://ops.example.com' } })
    await t.rejects(rawPeer(t, ws, { headers: { origin: 'https://evil.example.com' } }), { message: /403/ })
    await t.rejects(rawPeer(t, `ws://127.0.0.1:${port}/elsewhere`), { message: /404/ })
    for (const origin of [`http://127.0.0.1:${port}`, 'https://ops.example.com']) {
      const peer = await rawPeer(t, ws, { headers: { origin } })
      peer.send({ type: 'connection_init' })
      t.equal((await peer.next()).type, 'connection_ack', origin)
    }
  })

  t.test('queries and mutations go through the same pipeline; what it refuses is one `error`', async (t) => {
    const { ws } = await serve(t)
    const peer = await readyPeer(t, ws, { 'x-tenant-id': 'evil', headers: { 'x-tenant-id': 'evil' } })
    peer.send(subscribe('q', '{ viewer { tenantId } }'))
    t.match(
      await peer.next(),
      { id: 'q', type: 'next', payload: { data: { viewer: { tenantId: 'acme' } } } },
      'nothing of the introduction is a header',
    )
    t.strictSame(await peer.next(), { id: 'q', type: 'complete' })
    const refused = async (query: string, code: string, variables = {}) => {
      peer.send(subscribe('r', query, variables))
      t.match(await peer.next(), { id: 'r', type: 'error', payload: [{ extensions: { code } }] }, query.slice(0, 40))
    }
    await refused('subscription { runEvents { nosuchfield } }', 'GRAPHQL_VALIDATION_FAILED')
    await refused('subscription { a: runUpdated { id } b: runUpdated { id } }', 'GRAPHQL_VALIDATION_FAILED')
    await refused('subscription {', 'GRAPHQL_PARSE_FAILED')
    await refused(events, 'BAD_USER_INPUT', { after: 'forged' })
    await refused(events, 'BAD_USER_INPUT', { run: 5 })
    await refused('subscription { runEvents(run: "x") { __typename } }', 'BAD_USER_INPUT')
    await refused(`query { ${Array.from({ length: 50 }, (_, n) => `a${n}: viewer { tenantId }`).join(' ')} }`, 'COST_LIMIT_EXCEEDED')
    peer.send({ type: 'ping' })
    t.strictSame(await peer.next(), { type: 'pong' }, 'and nothing after it')
  })

  t.test('events come in order with their cursors, and the subscription ends when the client says so', async (t) => {
    const { ws, log, hub } = await serve(t)
    const peer = await readyPeer(t, ws)
    peer.send(subscribe('s', events, { run: 'order-' }))
    t.match(await peer.next(), {
      id: 's',
      type: 'next',
      payload: { data: { runEvents: { phase: 'LIVE' } }, extensions: { cursor: String } },
    })
    const written: string[] = []
    for (let n = 0; n < 20; n++) written.push(String(await write(log, { event: `test.${n}:v1`, ritualId: 'r', runId: `order-${n % 3}` })))
    await write(log, { event: 'test.other:v1', ritualId: 'r', runId: 'else' })
    await write(log, { event: 'test.foreign:v1', ritualId: 'r', runId: 'order-1', tenantId: 'globex' })
    written.push(String(await write(log, { event: 'test.last:v1', ritualId: 'r', runId: 'order-1' })))
    const seen: unknown[] = []
    for (let left = written.length; left > 0; left--) {
      const { payload } = await peer.next()
      const { data, extensions } = payload as {
        data: { runEvents: { cursor: string; event: { sequence: string } } }
        extensions: { cursor: string }
      }
      seen.push(data.runEvents.event.sequence)
      if (data.runEvents.cursor !== extensions.cursor) t.fail('two cursors')
    }
    t.strictSame(seen, written)
    peer.send({ id: 's', type: 'complete' }, { type: 'ping' })
    t.strictSame(await peer.next(), { type: 'pong' }, 'no complete comes back')
    await eventually(() => hub.stats().subscribers === 0)
    peer.send(subscribe('s', events, { run: 'order-' }))
    t.match(await peer.next(), { id: 's', type: 'next' }, 'the id is free again')
  })

  t.test('ids that are reused in the same packet leave nothing running behind', async (t) => {
    const { ws, hub, app } = await serve(t)
    for (let round = 0; round < 50; round++) {
      const peer = await readyPeer(t, ws)
      peer.send(subscribe('s'))
      await peer.next()
      const tcp = (peer.socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket
      tcp.cork()
      peer.send({ id: 's', type: 'complete' }, subscribe('s'))
      tcp.uncork()
      if (round % 2 === 0) t.equal((await peer.closed).code, 4409)
      else peer.close()
      await peer.closed
    }
    await eventually(() => hub.stats().subscribers === 0 && app.pipeline.active() === 0)
    t.equal(hub.stats().subscribers, 0)
  })

  t.test('a connection holds so many operations; one more is refused, not cut off', async (t) => {
    const { ws } = await serve(t, { env: { MAX_SUBSCRIPTIONS_PER_CONNECTION: '3' } })
    const peer = await readyPeer(t, ws)
    for (const id of ['a', 'b', 'c']) {
      peer.send(subscribe(id))
      t.equal((await peer.next()).type, 'next')
    }
    peer.send(subscribe('d'))
    t.match(await peer.next(), { id: 'd', type: 'error', payload: [{ extensions: { code: 'THROTTLED' } }] })
    peer.send({ id: 'a', type: 'complete' })
    peer.send(subscribe('e'))
    t.match(await peer.next(), { id: 'e', type: 'next' })
  })

  t.test('a tenant holds so many streams', async (t) => {
    const { ws } = await serve(t, { env: { MAX_SUBSCRIPTIONS_PER_TENANT: '2' } })
    const peer = await readyPeer(t, ws)
    for (const id of ['a', 'b']) {
      peer.send(subscribe(id))
      await peer.next()
    }
    peer.send(subscribe('c'))
    t.match(await peer.next(), { id: 'c', type: 'error', payload: [{ extensions: { code: 'THROTTLED', limit: 'subscriptions' } }] })
    const other = await readyPeer(t, ws, { tenantId: 'globex' })
    other.send(subscribe('a'))
    t.equal((await other.next()).type, 'next', 'another tenant has its own')
  })

  const secret = 'a secret of thirty-two characters'
  const jwt = { AUTH_MODE: 'jwt', JWT_SECRET: secret, JWT_CLOCK_SKEW_SECONDS: '0' }
  const token = (claims: object, seconds = 600) =>
    new SignJWT({ sub: 'dana', tenant: 'acme', ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(new TextEncoder().encode(secret))

  t.test('credentials that do not hold are refused with 4403, who sends none may not subscribe', async (t) => {
    const { ws } = await serve(t, { env: jwt })
    const wrong = await rawPeer(t, ws)
    wrong.send({ type: 'connection_init', payload: { token: 'nonsense' } })
    t.equal((await wrong.closed).code, 4403)
    const nobody = await readyPeer(t, ws)
    nobody.send(subscribe('s'))
    t.match(await nobody.next(), { id: 's', type: 'error', payload: [{ extensions: { code: /UNAUTHENTICATED|FORBIDDEN/ } }] })
  })

  t.test('when the token ends, the stream ends with its last cursor and the socket with 4401', async (t) => {
    const { ws, log, hub } = await serve(t, { env: jwt })
    const peer = await readyPeer(t, ws, { token: await token({ roles: ['viewer'] }, 8) })
    peer.send(subscribe('s', events, { run: 'expiry' }))
    await peer.next()
    await write(log, { event: 'test.a:v1', ritualId: 'r', runId: 'expiry' })
    const { payload } = await peer.next()
    const { extensions } = payload as { extensions: { cursor: string } }
    const last = await peer.next()
    t.match(last, { id: 's', type: 'error', payload: [{ extensions: { code: 'UNAUTHENTICATED', cursor: extensions.cursor } }] })
    t.equal((await peer.closed).code, 4401)
    await eventually(() => hub.stats().subscribers === 0)
    const again = await readyPeer(t, ws, { token: await token({ roles: ['viewer'] }) })
    again.send(subscribe('s', events, { run: 'expiry', after: extensions.cursor }))
    t.match(await again.next(), { payload: { data: { runEvents: { phase: 'REPLAY' } } } }, 'the cursor goes on with the next token')
  })

  t.test('who asks the same with the same rights shares one execution; others never share a frame', async (t) => {
    const { ws, log, hub } = await serve(t, { env: jwt })
    const query =
      'subscription { runEvents(filter: { runIdContains: "shared" }) { ... on RunEventItem { event { type run { viewerCanCancel { allowed } approvals { totalCount } } } } } }'
    const plain = query.replace('viewerCanCancel { allowed }', 'status')
    const peerOf = async (roles: string[], sub: string, document: string) => {
      const peer = await readyPeer(t, ws, { token: await token({ roles, sub }) })
      peer.send(subscribe('s', document))
      await peer.next()
      return peer
    }
    const same = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((sub) => peerOf(['viewer'], sub, plain)))
    await eventually(() => hub.stats().subscribers === 1)
    const operator = await peerOf(['operator'], 'f', query)
    const viewer = await peerOf(['viewer'], 'g', query)
    await eventually(() => hub.stats().subscribers === 3)
    await write(log, { event: 'ritual.started:v1', ritualId: 'r', runId: 'shared', spec: {} })
    const allowed = (value: boolean) => ({ payload: { data: { runEvents: { event: { run: { viewerCanCancel: { allowed: value } } } } } } })
    t.match(await operator.next(), allowed(true))
    t.match(await viewer.next(), allowed(false))
    for (const peer of same) t.match(await peer.next(), { payload: { data: { runEvents: { event: { run: { status: 'RUNNING' } } } } } })
    for (const peer of [...same, operator, viewer]) peer.close()
    await eventually(() => hub.stats().subscribers === 0)
  })

  t.test(
    'a reader that stops reading holds nobody up, keeps little waiting, is counted, and misses nothing once it reads on',
    async (t) => {
      const log = memoryLog()
      const { ws, hub, app } = await serve(t, { log, withoutProjector: true, env: { STREAM_RING_EVENTS: '50', STREAM_QUEUE_EVENTS: '10' } })
      const query =
        'subscription { runEvents { __typename ... on RunEventItem { event { sequence raw } } ... on StreamGap { from to reason } } }'
      const stalled = await readyPeer(t, ws)
      stalled.send(subscribe('s', query))
      await stalled.next()
      const other = await readyPeer(t, ws)
      other.send(subscribe('s', query.replace('raw', '')))
      await other.next()
      stalled.socket.pause()
      const text = 'x'.repeat(50_000)
      const seen: unknown[] = []
      for (let n = 0; n < 1000; n++) {
        log.put('demon.ritual.v1.acme.r.run.events', { event: 'test.big:v1', text })
        seen.push(runEvent(await other.next()).event?.sequence)
      }
      t.strictSame(
        seen,
        Array.from({ length: 1000 }, (_, n) => `${n + 1}`),
      )
      t.equal(hub.stats().subscribers, 1, 'the stalled reader holds no place at the hub')
      stalled.socket.resume()
      const late: unknown[] = []
      while (late.length < 1000) {
        const { event, reason } = runEvent(await stalled.next())
        if (reason !== undefined) return t.fail(reason)
        late.push(event?.sequence)
      }
      t.strictSame(late, seen)
      const { payload } = await app.inject('/metrics')
      t.match(payload, /orrery_stream_behind_total [1-9]/)
    },
  )

  t.test('a server that stops closes with 1012, and the stock client resumes on another', async (t) => {
    const first = await serve(t)
    const second = await serve(t, { withoutProjector: true })
    let url = first.ws
    const client = createClient({
      url: () => url,
      webSocketImpl: WebSocket,
      retryWait: () => new Promise((go) => setTimeout(go, 20)),
      retryAttempts: 50,
    })
    t.teardown(() => client.dispose())
    const codes: number[] = []
    client.on('closed', (event) => codes.push((event as { code: number }).code))
    const results = iterateResuming<{ data?: { runEvents: { event?: { sequence: string } } } | null }>(client, {
      query: events,
      variables: { run: 'drain-' },
    })
    const seen: string[] = []
    const written: string[] = []
    const read = async (count: number) => {
      while (seen.length < count) {
        const step = await results.next()
        if (step.done === true) throw new Error('the stream ended')
        const sequence = step.value.data?.runEvents.event?.sequence
        if (sequence !== undefined) seen.push(sequence)
      }
    }
    await results.next()
    const put = async () => written.push(String(await write(first.log, { event: 'test.n:v1', ritualId: 'r', runId: 'drain-1' })))
    for (let n = 0; n < 10; n++) await put()
    await read(10)
    url = second.ws
    const closing = first.close()
    for (let n = 0; n < 10; n++) await put()
    await closing
    await read(20)
    t.strictSame(seen, written)
    t.strictSame(codes, [1012])
    await results.return?.()
  })

  t.test('10,000 subscriptions and abrupt ends leave nothing open', async (t) => {
    const { ws, hub, app } = await serve(t, { env: { MAX_SUBSCRIPTIONS_PER_CONNECTION: '1000' } })
    for (let round = 0; round < 20; round++) {
      const peer = await readyPeer(t, ws)
      for (let n = 0; n < 500; n++) {
        peer.send(subscribe(`${n}`, n % 10 === 0 ? 'subscription { nope }' : events, { run: `r${n % 7}` }))
        if (n % 3 === 0) peer.send({ id: `${n}`, type: 'complete' })
      }
      await peer.next()
      if (round % 2 === 0) peer.socket.terminate()
      else peer.close()
      await peer.closed
    }
    await eventually(() => hub.stats().subscribers === 0 && app.pipeline.active() === 0 && hub.stats().consumers === 0)
    t.strictSame([hub.stats().subscribers, app.pipeline.active(), hub.stats().consumers], [0, 0, 0])
  })
}
