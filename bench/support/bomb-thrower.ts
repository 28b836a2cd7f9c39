// A process of its own that throws bombs at a server, each with a text of its own, in packets of as many as a way in takes at once.
import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'

export const waysToThrow = ['one by one', 'batches of 10', '20 pipelined', '20 a packet by WebSocket'] as const
export type Way = (typeof waysToThrow)[number]

export interface Throw {
  readonly port: number
  readonly way: Way
  readonly queries: readonly string[]
  /** So many bombs a second, whether or not answers come; 0 = as soon as the last packet was answered. */
  readonly perSecond: number
  /** Stops by itself after so many; else when told to. */
  readonly most?: number
}
export type ToThrower = Throw | 'stop'
export interface Thrown {
  readonly thrown: number
  /** Of them those that were not refused. */
  readonly ran: number
}

const perPacket: Readonly<Record<Way, number>> = {
  'one by one': 1,
  'batches of 10': 10,
  '20 pipelined': 20,
  '20 a packet by WebSocket': 20,
}

const post = (body: string): string =>
  `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

const packetOf: Readonly<Record<Exclude<Way, '20 a packet by WebSocket'>, (queries: readonly string[]) => string>> = {
  'one by one': ([query]) => post(JSON.stringify({ query })),
  'batches of 10': (queries) => post(JSON.stringify(queries.map((query) => ({ query })))),
  '20 pipelined': (queries) => queries.map((query) => post(JSON.stringify({ query }))).join(''),
}

interface Line {
  send(queries: readonly string[]): void
  close(): void
}

/** What came back: `answers` to packets or to their parts, and of them those that are no refusals. */
type OnAnswers = (answers: number, ran: number) => void

const countIn = (text: string, what: string): number => text.split(what).length - 1

async function openHttp(port: number, way: Exclude<Way, '20 a packet by WebSocket'>, onAnswers: OnAnswers): Promise<Line> {
  const socket: Socket = connect(port, '127.0.0.1')
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let rest = ''
  socket.on('data', (chunk: Buffer) => {
    const text = rest + chunk.toString('latin1')
    // a word that is cut in two is found with what comes next
    rest = text.slice(Math.max(0, text.length - 6))
    onAnswers(countIn(text, 'HTTP/1.1') - countIn(rest, 'HTTP/1.1'), countIn(text, '"data"') - countIn(rest, '"data"'))
  })
  return { send: (queries) => void socket.write(packetOf[way](queries)), close: () => socket.destroy() }
}

async function openWebsocket(port: number, onAnswers: OnAnswers): Promise<Line> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', { perMessageDeflate: false })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).once('open', () => socket.send('{"type":"connection_init"}'))
    socket.once('message', () => resolve())
  })
  socket.on('message', (data: Buffer) => onAnswers(1, data.includes('"type":"error"') ? 0 : 1))
  let id = 0
  const raw = (socket as unknown as { _socket: Socket })._socket
  return {
    send(queries) {
      raw.cork()
      for (const query of queries) socket.send(JSON.stringify({ id: String(id++), type: 'subscribe', payload: { query } }))
      raw.uncork()
    },
    close: () => socket.terminate(),
  }
}

let stop = (): void => undefined

async function throwBombs({ port, way, queries, perSecond, most = Infinity }: Throw): Promise<Thrown> {
  let [answers, ran, thrown, packets] = [0, 0, 0, 0]
  let stopped = false
  let wake = (): void => undefined
  stop = () => {
    stopped = true
    wake()
  }
  const onAnswers: OnAnswers = (some, notRefused) => {
    answers += some
    ran += notRefused
    wake()
  }
  const line = way === '20 a packet by WebSocket' ? await openWebsocket(port, onAnswers) : await openHttp(port, way, onAnswers)
  const size = perPacket[way]
  const from = performance.now()
  while (!stopped && thrown < most) {
    line.send(Array.from({ length: size }, (_, at) => `${queries[(thrown + at) % queries.length]} # ${way} ${thrown + at}`))
    thrown += size
    packets++
    while (!stopped && answers < (way === 'batches of 10' ? packets : thrown)) await new Promise<void>((resolve) => (wake = resolve))
    const early = perSecond === 0 ? 0 : (thrown / perSecond) * 1000 - (performance.now() - from)
    if (early > 0 && !stopped && thrown < most) await new Promise((resolve) => setTimeout(resolve, early))
  }
  line.close()
  return { thrown, ran }
}

process.on('message', (message: ToThrower) => {
  if (message === 'stop') return stop()
  throwBombs(message).then(
    (thrown) => process.send?.(thrown),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))
