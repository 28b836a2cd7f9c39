import { SignJWT } from 'jose'
import t from 'tap'
import { makeApiKey } from '../src/auth/api-keys.ts'
import { type ApiKeyStore, createSqlApiKeys } from '../src/datasources/sql-api-keys.ts'
import { systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { nextEvent, openStream } from './support/event-stream.ts'
import { backings, liveServer, write } from './support/live-server.ts'
import { readyPeer } from './support/ws-peer.ts'

t.setTimeout(300_000)

const keyMaker =
  (store: ApiKeyStore) =>
  async (roles = ['viewer']) => {
    const key = makeApiKey()
    const { keyId, secretHash } = key
    await store.insert({ keyId, secretHash, tenantId: 'acme', name: 'reader', roles, createdAt: systemClock.now(), expiresAt: null })
    return key
  }

t.test('a revoked key ends its open streams with the last cursor; others go on', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing, { env: { AUTH_MODE: 'apikey' } })
  const store = createSqlApiKeys(backing.sql)
  const make = keyMaker(store)
  const [revoked, kept] = [await make(), await make()]
  const query = 'subscription { runEvents { __typename } }'
  const subscribe = async (key: { text: string }) => {
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${key.text}` }
    const stream = await openStream(t, `${server.http}/graphql`, { headers, body: { query } })
    t.match((await nextEvent(stream))?.data, /StreamPhase/)
    return stream
  }
  const [ending, going] = [await subscribe(revoked), await subscribe(kept)]
  await write(backing.log, { event: 'test.event:v1', ritualId: 'r', runId: 'one' })
  const last = await nextEvent(ending)
  t.match((await nextEvent(going))?.data, /RunEventItem/)
  t.ok(await store.revoke(revoked.keyId, systemClock.now()))
  // the key is believed for five seconds, and looked at every five
  let final = null
  for (let turns = 0; final === null && turns < 4; turns++) final = await nextEvent(ending).catch(() => null)
  t.match(JSON.parse(final?.data ?? 'null'), {
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    extensions: { cursor: last?.id },
  })
  await write(backing.log, { event: 'test.event:v1', ritualId: 'r', runId: 'two' })
  t.match((await nextEvent(going))?.data, /RunEventItem/)
})

t.test('a revoked key does nothing more on a WebSocket that it opened before, which is closed with 4401', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing, { env: { AUTH_MODE: 'apikey' } })
  const store = createSqlApiKeys(backing.sql)
  const key = await keyMaker(store)(['operator'])
  const peer = await readyPeer(t, server.ws, { apiKey: key.text })
  t.ok(await store.revoke(key.keyId, systemClock.now()))
  let done = 0
  peer.socket.on('message', (data) => (done += String(data).includes('RunAccepted') ? 1 : 0))
  let id = 0
  const asking = setInterval(() => {
    const query = `mutation { startRun(input: { ritualId: "revoked", idempotencyKey: "${++id}" }) { __typename } }`
    peer.send({ id: String(id), type: 'subscribe', payload: { query } })
  }, 250)
  t.teardown(() => clearInterval(asking))
  t.equal((await peer.closed).code, 4401)
  t.ok(done > 0, 'it was believed for a while')
})

t.test('the end of a token may have a fraction, and lies a tolerated skew later, whatever the transport', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const secret = 'a secret that is long enough for HS256'
  const server = await liveServer(t, backing, { env: { AUTH_MODE: 'jwt', JWT_SECRET: secret, JWT_CLOCK_SKEW_SECONDS: '300' } })
  const query = 'subscription { runEvents { __typename } }'
  const now = Math.floor(Date.now() / 1000)
  for (const exp of [now + 600.25, now - 5]) {
    const claims = new SignJWT({ sub: 'reader', tenant: 'acme', roles: ['viewer'], exp }).setProtectedHeader({ alg: 'HS256' })
    const token = await claims.sign(Buffer.from(secret))
    const headers = { authorization: `Bearer ${token}` }
    const post = await fetch(`${server.http}/graphql`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ viewer { tenantId } }' }),
    })
    t.match(await post.json(), { data: { viewer: { tenantId: 'acme' } } })
    const stream = await openStream(t, `${server.http}/graphql`, { headers: { ...headers, accept: 'text/event-stream' }, body: { query } })
    t.match((await nextEvent(stream))?.data, /StreamPhase/)
    const peer = await readyPeer(t, server.ws, { token })
    peer.send({ id: 's', type: 'subscribe', payload: { query } })
    t.match(await peer.next(), { id: 's', type: 'next' })
  }
})

t.test('when a token ends, streams over HTTP end with their last cursor, in every form, and the next token goes on', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const secret = 'a secret that is long enough for HS256'
  const server = await liveServer(t, backing, { env: { AUTH_MODE: 'jwt', JWT_SECRET: secret, JWT_CLOCK_SKEW_SECONDS: '0' } })
  const login = async (seconds: number) => {
    const claims = new SignJWT({ sub: 'reader', tenant: 'acme', roles: ['viewer'] }).setProtectedHeader({ alg: 'HS256' })
    const text = await claims.setExpirationTime(Math.floor(Date.now() / 1000) + seconds).sign(Buffer.from(secret))
    return { authorization: `Bearer ${text}` }
  }
  const query = 'subscription ($after: Cursor) { runEvents(after: $after) { __typename } }'
  const stream = `${server.http}/graphql/stream`
  const short = await login(15)
  const sse = await openStream(t, stream, { headers: { ...short, accept: 'text/event-stream' }, body: { query } })
  const multipart = 'multipart/mixed;subscriptionSpec=1.0, application/json'
  const parts = await openStream(t, `${server.http}/graphql`, { headers: { ...short, accept: multipart }, body: { query } })
  const token = { 'x-graphql-event-stream-token': await (await fetch(stream, { method: 'PUT', headers: short })).text() }
  const single = await openStream(t, stream, { headers: { ...token, accept: 'text/event-stream' } })
  await openStream(t, stream, { headers: { ...short, ...token }, body: { query, extensions: { operationId: 'a' } } })
  for (const one of [sse, parts, single]) await one.until('StreamPhase')
  await write(backing.log, { event: 'test.event:v1', ritualId: 'r', runId: 'three' })
  const cursors: string[] = []
  for (const one of [sse, parts, single]) {
    await one.until('RunEventItem')
    await one.until('"cursor":"')
    cursors.push(((await one.until('"')) ?? '').slice(0, -1))
  }
  t.equal(new Set(cursors).size, 1)
  const ends = new RegExp(`UNAUTHENTICATED.*"cursor":"${cursors[0]}"`, 's')
  const untilEnd = async (one: typeof sse, end: string) => {
    for (let turns = 0; turns < 6; turns++) {
      const text = await one.until(end).catch(() => '')
      if (text !== '') return text
    }
    return null
  }
  t.match(await untilEnd(sse, 'event: complete'), ends)
  t.match(await untilEnd(parts, '--graphql--'), ends)
  t.match(await untilEnd(single, 'event: complete'), ends)
  await eventually(() => server.hub.stats().subscribers === 0)
  const next = await openStream(t, stream, {
    headers: { ...(await login(600)), accept: 'text/event-stream' },
    body: { query, variables: { after: cursors[0] } },
  })
  t.match((await nextEvent(next))?.data, /StreamPhase/)
})
