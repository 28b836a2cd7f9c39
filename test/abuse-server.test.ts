import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from './support/eventually.ts'
import { openStream } from './support/event-stream.ts'
import { outsideGauges, readMetrics } from './support/gauges.ts'
import { serve, temporaryFolder } from './support/program.ts'
import { type Peer, rawPeer, readyPeer } from './support/ws-peer.ts'

t.setTimeout(240_000)

const times = 20
const subscription = 'subscription {runEvents {__typename}}'
const subscribe = (id: string) => ({ id, type: 'subscribe', payload: { query: subscription } })
const rawOf = (peer: Peer): Socket => (peer.socket as unknown as { _socket: Socket })._socket
const post = (headers: string, body: Buffer | string): (string | Buffer)[] => [
  `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${headers}\r\n`,
  body,
]

type Owner = Parameters<typeof rawPeer>[0]
interface Server {
  readonly url: string
  readonly ws: string
  readonly port: number
}

/** Sends bytes and goes away when there is an answer, or at once. */
async function bytes({ port }: Server, parts: readonly (string | Buffer)[], { leave }: { leave: boolean }): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  for (const part of parts) socket.write(part)
  if (leave) socket.end(() => socket.destroy())
  else socket.once('data', () => socket.destroy())
  await over
}

/** Asks for a WebSocket that is refused. */
const refusedUpgrades = ['/nowhere', '/graphql'].map(
  (path) =>
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\norigin: http://elsewhere.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
    'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
)
const refusedUpgrade = (turn: number): string => refusedUpgrades[turn % refusedUpgrades.length] ?? ''

/** Everything that a client may do wrong, or not do. */
const abuses: Record<string, (t: Owner, server: Server, turn: number) => Promise<unknown>> = {
  'frames that are no JSON': async (t, { ws }) => {
    const peer = await readyPeer(t, ws)
    peer.send(subscribe('a'), 'nope')
    await peer.closed
  },
  'binary frames': async (t, { ws }) => {
    const peer = await readyPeer(t, ws)
    peer.send(subscribe('a'))
    peer.socket.send(Buffer.alloc(100), { binary: true })
    await peer.closed
  },
  'frames that are too large': async (t, { ws }) => {
    const peer = await readyPeer(t, ws)
    peer.send(subscribe('a'), 'x'.repeat(400_000))
    await peer.closed
  },
  'messages in too many pieces': async (t, { ws }) => {
    const peer = await readyPeer(t, ws)
    peer.send(subscribe('a'))
    for (let piece = 0; piece < 40; piece++) peer.socket.send('x'.repeat(10_000), { fin: false })
    await peer.closed
  },
  'frames that are no UTF-8': async (t, { ws }) => {
    const peer = await readyPeer(t, ws)
    peer.send(subscribe('a'))
    rawOf(peer).write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff]))
    await peer.closed
  },
  'ids that are used twice': async (t, { ws }) => {
    const peer = await readyPeer(t, ws)
    peer.send(subscribe('a'), subscribe('a'))
    await peer.closed
  },
  'WebSockets that are refused, and reset at once': async (_, { port }, turn) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(refusedUpgrade(turn), () => socket.resetAndDestroy()))
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('close', resolve))
  },
  'WebSockets that are refused, and never closed': async (t, { port }, turn) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(refusedUpgrade(turn)))
    t.teardown(() => socket.destroy())
    socket.on('error', () => undefined).resume()
    await new Promise((resolve) => socket.once('end', resolve))
  },
  'sockets that never introduce themselves': async (t, { ws }) => (await rawPeer(t, ws)).closed,
  '500 subscribes on one socket that vanishes': async (t, { ws }, turn) => {
    const peer = await readyPeer(t, ws)
    for (let id = 0; id < 500; id++) peer.send(subscribe(`s${turn}-${id}`))
    peer.socket.terminate()
    await peer.closed
  },
  'readers that stop reading, then vanish': async (t, { ws }) => {
    const peer = await readyPeer(t, ws)
    peer.send(subscribe('a'))
    await peer.next()
    peer.socket.pause()
    rawOf(peer).destroy()
  },
  'streams that nobody reads, cut off': async (t, { url }, turn) => {
    const accept = turn % 2 === 0 ? 'text/event-stream' : 'multipart/mixed;subscriptionSpec=1.0'
    const stream = await openStream(t, `${url}/graphql`, { headers: { accept }, body: { query: subscription } })
    stream.response.pause()
    stream.close()
  },
  'reservations that nobody uses': async (_, { url }) => (await fetch(`${url}/graphql/stream`, { method: 'PUT' })).text(),
  'bodies that never end': (_, server) => bytes(server, post('content-length: 500\r\n', '{"query":'), { leave: true }),
  'floods of headers': (_, server) =>
    bytes(server, post(Array.from({ length: 3000 }, (_, at) => `x-${at}: yes\r\n`).join(''), ''), { leave: false }),
  'bodies that are no UTF-8': (_, server) =>
    bytes(server, post('content-length: 4\r\n', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), { leave: false }),
  'keys that stand twice': (_, server) => {
    const body = '{"query":"{__typename}","query":"{__typename}","__proto__":{"query":"{__typename}"}}'
    return bytes(server, post(`content-length: ${body.length}\r\n`, body), { leave: false })
  },
}

const listeners = ['orrery_live_subscribers', 'orrery_live_consumers']

t.test('after abuse of every kind nothing runs, waits or listens any more, and the metrics say so', async (t) => {
  const { url } = await serve(t, ['--empty', '--data', join(await temporaryFolder(t), 'data')], { BUDGET_CAPACITY: '0' })
  const server: Server = { url, ws: `${url.replace('http', 'ws')}/graphql`, port: Number(new URL(url).port) }
  const read = () => readMetrics(url)
  const held = { timers: 'nodejs_active_resources{type="Timeout"}', connections: 'nodejs_active_resources{type="TCPSocketWrap"}' }
  const one = await readyPeer(t, server.ws)
  one.send(subscribe('a'))
  await one.next()
  for (const name of [...outsideGauges, ...listeners])
    if (name !== 'orrery_stream_responses') t.equal((await read()).get(name), 1, `${name} counts a reader`)
  one.close()
  await eventually(async () => (await read()).get('orrery_stream_readers') === 0)
  const before = await read()
  for (const [name, abuse] of Object.entries(abuses)) {
    await Promise.all(Array.from({ length: times }, (_, turn) => abuse(t, server, turn)))
    const answer = (await (await fetch(`${url}/graphql?query={__typename}`)).json()) as object
    t.match(answer, { data: { __typename: 'Query' } }, `after ${name}`)
  }
  for (const name of [...outsideGauges, ...listeners])
    await eventually(async () => (await read()).get(name) === 0, { withinMs: 60_000 }).catch(() => t.fail(`${name} stays`))
  // those of the server's own loops come and go, and those of the one who asks
  for (const [what, name] of Object.entries(held))
    await eventually(async () => ((await read()).get(name) ?? 0) <= (before.get(name) ?? 0), { withinMs: 60_000, everyMs: 200 }).catch(() =>
      t.fail(`${what} stay`),
    )
})

t.test('a document that is nested as deep as the stack of its parser goes is refused, and ends nothing', async (t) => {
  const { url } = await serve(t, ['--empty', '--data', join(await temporaryFolder(t), 'data')], { BUDGET_CAPACITY: '0' })
  const ask = async (query: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' }
    return (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).json()
  }
  // what has run once needs no more of the stack for being compiled
  for (const turn of [1, 2, 3]) t.match(await ask(`{a(b: [[[&${turn}`), { errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] })
  const tooDeep = {
    errors: [{ message: 'The document is nested too deeply.', extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'depth' } }],
  }
  // text beyond Latin-1 has patterns compiled anew, where the parser stands by then
  for (let levels = 1995; levels > 1700; levels--) t.match(await ask(`{a(b: "２", c: ${'['.repeat(levels)}&`), tooDeep, `${levels} levels`)
  t.match(await ask(`{a(b: "２", c: ${'['.repeat(400)}&`), { errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] })
  t.match(await ask('{__typename}'), { data: { __typename: 'Query' } })
})
