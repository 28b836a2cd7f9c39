import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Dice } from './random-documents.ts'

const documents = [
  '{runs(first: 3) {nodes {runId events(first: 2) {nodes {type}}}}}',
  'query ($first: Int) {runs(first: $first) {nodes {runId}}}',
  'subscription {runEvents {__typename}}',
  'subscription {approvalUpdated {__typename}}',
  '{__schema {types {name}}}',
  '{nope}',
  'subscription {runEvents {nope}}',
  '{',
  '',
] as const

const bodyOf = (by: Dice): string =>
  by.pick([
    JSON.stringify({ query: by.pick(documents), variables: { first: by.pick([1, null, 'x', -1]) } }),
    JSON.stringify({ query: `{field${by.roll(1000)}}` }),
    JSON.stringify([{ query: by.pick(documents) }, { query: by.pick(documents) }]),
    JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }),
    'null',
    '{"query":',
  ])

const accepted = [
  'application/json',
  'text/event-stream',
  'multipart/mixed;subscriptionSpec=1.0, application/json',
  '*/*',
  'text/html',
] as const

function request(method: string, path: string, headers: Readonly<Record<string, string>>, body = ''): Buffer {
  const lines = Object.entries({
    host: 'localhost',
    ...headers,
    ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  })
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
}

const bytesOf = (by: Dice, most: number): Buffer => Buffer.from(Array.from({ length: 1 + by.roll(most) }, () => by.roll(256)))

/** A frame of a WebSocket, its mask of zeros. */
const frame = (payload: Buffer, by: Dice | null = null): Buffer =>
  Buffer.concat([Buffer.from([by === null ? 0x81 : by.roll(256), 0x80 | payload.length, 0, 0, 0, 0]), payload])

const messageOf = (by: Dice): string => {
  const id = by.pick(['1', '2', '3'])
  return by.pick([
    JSON.stringify({ type: 'subscribe', id, payload: { query: by.pick(documents) } }),
    JSON.stringify({ type: 'complete', id }),
    '{"type":"connection_init"}',
    '{"type":"ping"}',
    '{}',
  ])
}

const several = (by: Dice, most: number, one: () => Buffer): Buffer[] => Array.from({ length: 1 + by.roll(most) }, one)

const asked = (by: Dice): Buffer =>
  request('POST', '/graphql', { 'content-type': 'application/json', accept: by.pick(accepted) }, bodyOf(by))

const upgraded = (by: Dice): Buffer[] => [
  request('GET', by.pick(['/graphql', '/graphql', '/graphql', '/nowhere']), {
    connection: 'upgrade',
    upgrade: by.pick(['websocket', 'websocket', 'websocket', 'h2c']),
    'sec-websocket-version': by.pick(['13', '13', '13', '8']),
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': 'graphql-transport-ws',
  }),
  ...(by.chance(0.8) ? [frame(Buffer.from('{"type":"connection_init"}'))] : []),
  ...several(by, 12, () => (by.chance(0.9) ? frame(Buffer.from(messageOf(by))) : frame(bytesOf(by, 100), by))),
]

/** What it will say, in pieces. */
function speech(by: Dice): Buffer[] {
  const [part, whole] = [asked(by), asked(by)]
  return by.pick<() => Buffer[]>([
    () => several(by, 6, () => asked(by)),
    () => several(by, 4, () => request('GET', `/graphql?query=${encodeURIComponent(by.pick(documents))}`, { accept: by.pick(accepted) })),
    () => upgraded(by),
    () => upgraded(by),
    () =>
      several(by, 3, () => request(by.pick(['PUT', 'DELETE', 'GET', 'POST']), '/graphql/stream?token=x', { accept: 'text/event-stream' })),
    () => [whole, part.subarray(0, by.roll(part.length))],
    () => [bytesOf(by, 400)],
    () => [request(by.pick(['GET', 'HEAD', 'TRACE', 'CONNECT', 'PRI']), by.pick(['/', '/metrics', '//', '*', '/status']), { expect: 'x' })],
  ])()
}

async function leave(socket: Socket, by: Dice): Promise<void> {
  await pause(by.roll(by.pick([3, 30, 300, 1500])))
  by.pick([() => socket.resetAndDestroy(), () => socket.destroy(), () => socket.end()])()
  await pause(by.roll(50))
  socket.destroy()
}

/** Connects, says something that may be right, half of it or nonsense, may read the answers, and goes away in the middle. */
export async function rudeVisit(port: number, by: Dice): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  // it is reset, and refused while the server leaves
  socket.on('error', () => undefined)
  if (by.chance(0.7)) socket.resume()
  const pieces = speech(by)
  if (by.chance(0.5)) socket.write(Buffer.concat(pieces))
  else
    for (const piece of pieces) {
      if (socket.destroyed) break
      socket.write(piece)
      await pause(by.roll(20))
    }
  await leave(socket, by)
  await over
}
