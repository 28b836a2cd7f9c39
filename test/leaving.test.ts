import { type AddressInfo } from 'node:net'
import { pino } from 'pino'
import t from 'tap'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { liveServer } from './support/live-server.ts'
import { openTestNeo4j } from './support/neo4j.ts'
import { createTestDatabase } from './support/sql.ts'
import { readyPeer } from './support/ws-peer.ts'

t.setTimeout(240_000)
const within = { withinMs: 60_000 }
const json = { 'content-type': 'application/json' }

t.test('whoever leaves ends the work that was done for them, whichever way they came', async (t) => {
  const { app, counters } = await fixtureApp(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const graphql = `http://127.0.0.1:${port}/graphql`
  const query = '{slow}'
  /** @returns what leaving means */
  const byHttp = (url: string, init: RequestInit = {}) => {
    const leave = new AbortController()
    fetch(url, { ...init, signal: leave.signal }).then(
      (response) => response.text().catch(() => undefined),
      () => undefined,
    )
    return () => leave.abort()
  }
  const post = (body: unknown, accept = 'application/json', url = graphql) =>
    byHttp(url, { method: 'POST', body: JSON.stringify(body), headers: { ...json, accept } })
  const bySocket = async (leave: (peer: Awaited<ReturnType<typeof readyPeer>>) => void) => {
    const peer = await readyPeer(t, `ws://127.0.0.1:${port}/graphql`)
    peer.send({ id: '1', type: 'subscribe', payload: { query } })
    return () => leave(peer)
  }
  const bySingleConnection = async (leaveBy: 'DELETE' | 'the stream') => {
    const token = await (await fetch(`${graphql}/stream`, { method: 'PUT' })).text()
    const withToken = { ...json, 'x-graphql-event-stream-token': token }
    const close = byHttp(`${graphql}/stream`, { headers: { ...withToken, accept: 'text/event-stream' } })
    await eventually(async () => {
      const asked = { query, extensions: { operationId: 'a' } }
      return (await fetch(`${graphql}/stream`, { method: 'POST', body: JSON.stringify(asked), headers: withToken })).status === 202
    }, within)
    return () =>
      leaveBy === 'the stream' ? close() : void fetch(`${graphql}/stream?operationId=a`, { method: 'DELETE', headers: withToken })
  }
  const ways: Record<string, () => (() => void) | Promise<() => void>> = {
    POST: () => post({ query }),
    GET: () => byHttp(`${graphql}?query=${encodeURIComponent(query)}`),
    batch: () => post([{ query }, { query: '{one}' }]),
    'SSE by Accept': () => post({ query }, 'text/event-stream'),
    'SSE distinct': () => post({ query }, 'text/event-stream', `${graphql}/stream`),
    'SSE by GET': () => byHttp(`${graphql}/stream?query=${encodeURIComponent(query)}`, { headers: { accept: 'text/event-stream' } }),
    multipart: () => post({ query }, 'multipart/mixed;subscriptionSpec=1.0'),
    'SSE single connection, DELETE': () => bySingleConnection('DELETE'),
    'SSE single connection, its stream': () => bySingleConnection('the stream'),
    'WebSocket, complete': () => bySocket((peer) => peer.send({ id: '1', type: 'complete' })),
    'WebSocket, close': () => bySocket((peer) => peer.close()),
    'WebSocket, cut off': () => bySocket((peer) => peer.socket.terminate()),
  }
  let ended = 0
  for (const [way, ask] of Object.entries(ways)) {
    const leave = await ask()
    await eventually(() => counters.running === 1, within)
    leave()
    await eventually(() => counters.running === 0 && app.pipeline.active() === 0, within).catch(() => t.fail(`${way}: it runs on`))
    t.equal(counters.aborted, ++ended, way)
  }
})

t.test('a reader that leaves while an event is executed is noted as no failure', async (t) => {
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
  const { app, counters } = await fixtureApp(t, {}, { logger })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const leave = new AbortController()
  await fetch(`http://127.0.0.1:${port}/graphql/stream`, {
    method: 'POST',
    headers: { ...json, accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription {leakInEvent {slow}}' }),
    signal: leave.signal,
  })
  const peer = await readyPeer(t, `ws://127.0.0.1:${port}/graphql`)
  peer.send({ id: '1', type: 'subscribe', payload: { query: 'subscription {leakInEvent {slow}}' } })
  await eventually(() => counters.running === 2, within)
  leave.abort()
  peer.close()
  await eventually(() => counters.aborted === 2 && app.pipeline.active() === 0, within)
  await app.close()
  t.same(lines, [])
})

t.test('a client that leaves stops its statement in PostgreSQL', async (t) => {
  const database = await createTestDatabase(t)
  if (database === null) return
  const open = () => {
    const sql = openPostgresSql({ url: database, poolSize: 4, timeoutMs: 60_000 })
    t.teardown(() => sql.close())
    return sql
  }
  const [sql, locking, watching] = [open(), open(), open()]
  await migrate(sql)
  const log = openSqlLog({ sql, clock: systemClock })
  t.teardown(() => log.close())
  const server = await liveServer(t, { name: 'embedded', sql, log }, { withoutProjector: true })
  const waiting = async (): Promise<bigint> =>
    (
      await watching.one<{ n: bigint }>(
        "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and state = 'active'",
      )
    ).n
  await locking.transaction(async (tx) => {
    await tx.run('lock table runs in access exclusive mode')
    for (const leave of ['by HTTP', 'by WebSocket']) {
      const stop = new AbortController()
      const query = '{runs(first: 5) {nodes {runId}}}'
      if (leave === 'by HTTP')
        fetch(`${server.http}/graphql`, { method: 'POST', headers: json, body: JSON.stringify({ query }), signal: stop.signal }).catch(
          () => undefined,
        )
      else {
        const peer = await readyPeer(t, server.ws)
        peer.send({ id: '1', type: 'subscribe', payload: { query } })
        stop.signal.addEventListener('abort', () => peer.send({ id: '1', type: 'complete' }))
      }
      await eventually(async () => (await waiting()) > 0n, within)
      stop.abort()
      await eventually(async () => (await waiting()) === 0n, within).catch(() => t.fail(`${leave}: the statement waits on`))
      t.equal(server.app.pipeline.active(), 0, leave)
    }
  })
})

t.test('a caller that leaves stops its query in Neo4j', async (t) => {
  const opened = await openTestNeo4j(t)
  if (opened === null) return
  const { neo4j, prefix } = opened
  const running = async (): Promise<number> =>
    (await neo4j.read('SHOW TRANSACTIONS YIELD currentQuery')).filter(({ currentQuery }) =>
      String(currentQuery).includes(`${prefix} abandoned`),
    ).length
  const stop = new AbortController()
  const query = neo4j.read(
    `UNWIND range(1, 1000000000) AS n /* ${prefix} abandoned */ WITH n WHERE n % 999999999 = 7 RETURN count(n) AS n`,
    {},
    { signal: stop.signal },
  )
  const ended = t.rejects(query)
  await eventually(async () => (await running()) === 1, within)
  stop.abort(new Error('the client left'))
  await ended
  await eventually(async () => (await running()) === 0, within)
})
