import { WebSocket } from 'ws'

export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** A client that speaks frames: what a stock one would never send can be sent. */
export interface Peer {
  readonly socket: WebSocket
  send(...messages: (object | string)[]): void
  /** The next message that is not looked at yet. */
  next(): Promise<Message>
  readonly closed: Promise<{ code: number; reason: string }>
  close(): void
}

const open = (socket: WebSocket) =>
  new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })

export async function rawPeer(
  t: { teardown(close: () => unknown): unknown },
  url: string,
  { protocols = ['graphql-transport-ws'], headers = {} }: { protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<Peer> {
  const socket = new WebSocket(url, protocols, { headers })
  const messages: Message[] = []
  const waiting: ((message: Message) => void)[] = []
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Message
    const wake = waiting.shift()
    if (wake === undefined) messages.push(message)
    else wake(message)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  )
  t.teardown(() => socket.terminate())
  await open(socket)
  return {
    socket,
    send(...given) {
      for (const message of given) socket.send(typeof message === 'string' ? message : JSON.stringify(message))
    },
    next() {
      const message = messages.shift()
      if (message !== undefined) return Promise.resolve(message)
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('no message came')), 60_000)
        waiting.push((next) => {
          clearTimeout(late)
          resolve(next)
        })
      })
    },
    closed,
    close: () => socket.close(),
  }
}

/** The same, introduced. */
export async function readyPeer(
  t: { teardown(close: () => unknown): unknown },
  url: string,
  payload?: object,
): Promise<Peer & { readonly ack: Message }> {
  const peer = await rawPeer(t, url)
  peer.send(payload === undefined ? { type: 'connection_init' } : { type: 'connection_init', payload })
  const ack = await peer.next()
  return { ...peer, ack }
}
