// A process of its own that holds many subscribers, so that what a server spends on them can be told from what they spend themselves.
import { WebSocket } from 'ws'

export interface Subscribe {
  readonly url: string
  readonly query: string
  readonly count: number
  readonly variables?: Readonly<Record<string, unknown>>
  /** Leave the sockets unread after the subscription. */
  readonly stalled?: boolean
}

export interface Counted {
  /** Messages since the last question. */
  readonly messages: number
  /** Subscribers that got any. */
  readonly reached: number
  /** From the time in an event to its arrival, in ms. */
  readonly latencies: readonly number[]
  /** The newest message. */
  readonly frame: string
}

export type Request = { readonly subscribe: Subscribe } | { readonly count: true } | { readonly close: true }
export type Reply = { readonly subscribed: number } | { readonly counted: Counted }

/** Begins the type of an event that says when it was written. */
export const stamp = 'bench:'
export const sinceEpoch = (): number => performance.timeOrigin + performance.now()

const sockets: WebSocket[] = []
let messages = 0
let frame = ''
let latencies: number[] = []
const reached = new Set<WebSocket>()

function take(socket: WebSocket, text: string): void {
  const at = text.indexOf(stamp)
  if (at < 0) return
  messages += 1
  frame = text
  reached.add(socket)
  const written = parseFloat(text.slice(at + stamp.length, at + stamp.length + 20))
  if (written > 0) latencies.push(sinceEpoch() - written)
}

async function open({ url, query, variables = {}, stalled = false }: Subscribe): Promise<void> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('open', () => socket.send('{"type":"connection_init"}'))
    socket.once('message', () => {
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }), () => resolve())
    })
  })
  socket.on('message', (data: Buffer) => take(socket, data.toString('latin1')))
  if (stalled) socket.pause()
  sockets.push(socket)
}

async function answer(request: Request): Promise<Reply | null> {
  if ('subscribe' in request) {
    const atOnce = 50
    for (let from = 0; from < request.subscribe.count; from += atOnce)
      await Promise.all(Array.from({ length: Math.min(atOnce, request.subscribe.count - from) }, () => open(request.subscribe)))
    return { subscribed: sockets.length }
  }
  if ('close' in request) {
    for (const socket of sockets) socket.terminate()
    process.disconnect()
    return null
  }
  const counted = { messages, reached: reached.size, latencies, frame }
  messages = 0
  latencies = []
  return { counted }
}

if (process.send !== undefined)
  process.on('message', (request: Request) => {
    void answer(request).then((reply) => (reply === null ? undefined : process.send?.(reply)))
  })
