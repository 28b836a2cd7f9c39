import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { encodeFrame, FrameDecoder } from '../../src/datasources/craton/frames.ts'
import { type RequestPayload } from '../../src/datasources/craton/messages.ts'
import { type Exchange, requestOf, responseOf } from './craton-recording.ts'
import { type Owner } from './services.ts'

/** Changes what the server holds: the recording goes on from there. */
const changes = (payload: RequestPayload): boolean => payload.type === 'CreateStream' || payload.type === 'AppendEvents'

/** A budget of none, of one record, or of all that there are: more cannot be told apart in a short stream. */
const budget = (maxBytes: bigint): bigint => (maxBytes < 2n ? maxBytes : 2n)

const bare = (payload: RequestPayload): RequestPayload =>
  payload.type === 'ReadEvents' ? { ...payload, maxBytes: budget(payload.maxBytes) } : payload

const keyOf = (tenantId: bigint, payload: RequestPayload): string =>
  encodeFrame({ type: 'Request', id: 0n, tenantId, audit: null, payload: bare(payload) }).toString('hex')

interface Step {
  readonly n: number
  readonly life: number
  readonly payload: RequestPayload
  readonly key: string
  readonly reply: Buffer
}

/** A recorded server that is asked in an order of our own: writes as recorded, reads as of then. */
export interface CratonWorld {
  readonly port: number
  readonly replayed: Set<number>
  /** What the recording has no answer to. */
  readonly unknown: string[]
  /** What was asked, in order. */
  readonly asked: string[]
  restart(): void
}

export async function startCratonWorld(t: Owner, conversation: readonly Exchange[]): Promise<CratonWorld> {
  const steps: Step[] = conversation.flatMap(({ n, conn, send, recv }) =>
    send.flatMap((frame, index) => {
      const reply = recv[index]
      if (recv.length !== send.length || reply === undefined || responseOf(reply) === null) return []
      const { tenantId, payload } = requestOf(frame)
      return [{ n, life: conn.includes('life') ? 2 : 1, payload, key: keyOf(tenantId, payload), reply }]
    }),
  )
  const named = (n: number) => steps.find((step) => step.n === n)
  const sockets = new Set<Socket>()
  const replayed = new Set<number>()
  const unknown: string[] = []
  const asked: string[] = []
  let at = 0
  let life = 1

  function write(key: string): Step | undefined {
    const index = steps.findIndex((step, place) => place >= at && step.life === life && step.key === key)
    if (index >= 0) at = index + 1
    return steps[index]
  }

  function read(key: string, payload: RequestPayload): Step | undefined {
    const next = steps.findIndex((step, place) => place >= at && changes(step.payload))
    const soon = steps.slice(at, next < 0 ? undefined : next).find((step) => step.key === key && step.life === life)
    if (soon !== undefined) return soon
    // a length is that of this life; bytes outlive it
    const before = steps.slice(0, at).reverse()
    for (const step of before) {
      if (step.key === key && (step.life === life || payload.type === 'ReadEvents')) return step
      const made = step.payload.type === 'CreateStream' && step.life === life ? responseOf(step.reply)?.payload : undefined
      if (made?.type === 'CreateStream' && payload.type === 'StreamInfo' && made.streamId === payload.streamId) return named(11)
    }
    return payload.type === 'ReadEvents' ? named(21) : undefined
  }

  function answer(payload: RequestPayload, tenantId: bigint): Step | undefined {
    if (payload.type === 'Handshake') return named(1)
    if (payload.type === 'GetServerInfo') return named(3)
    const key = keyOf(tenantId, payload)
    return changes(payload) ? write(key) : read(key, payload)
  }

  const server = createServer((socket) => {
    const decoder = new FrameDecoder()
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      for (const message of decoder.push(chunk)) {
        if (message.type !== 'Request') continue
        asked.push(message.payload.type)
        const step = answer(message.payload, message.tenantId)
        const response = step === undefined ? null : responseOf(step.reply)
        if (step === undefined || response === null) {
          unknown.push(message.payload.type)
          socket.destroy()
          return
        }
        replayed.add(step.n)
        socket.write(encodeFrame({ ...response, requestId: message.id }))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    replayed,
    unknown,
    asked,
    restart() {
      life = 2
      at = steps.findIndex((step) => step.life === 2)
      for (const socket of sockets) socket.destroy()
    },
  }
}
