import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { encodeFrame, FrameDecoder } from '../../src/datasources/craton/frames.ts'
import { type Message } from '../../src/datasources/craton/messages.ts'
import { type Owner } from './services.ts'

type Request = Extract<Message, { type: 'Request' }>
type Response = Extract<Message, { type: 'Response' }>

/** One write of a client, and all that a real server answered to it. */
export interface Exchange {
  readonly n: number
  /** Which of several sockets; those after the restart of the server have a name of their own. */
  readonly conn: string
  readonly what: string
  readonly send: readonly Buffer[]
  readonly recv: readonly Buffer[]
  /** What was received, as the recorder read it. */
  readonly meaning: readonly Readonly<Record<string, unknown>>[]
  readonly closed: boolean
}

interface Line {
  readonly n?: number
  readonly conn?: string
  readonly what?: string
  readonly send?: readonly string[]
  readonly recv?: readonly string[]
  readonly meaning?: { readonly received: readonly Readonly<Record<string, unknown>>[] }
  readonly closed?: string
}

const framesOf = (hexes: readonly string[] = []): Buffer[] => hexes.map((hex) => Buffer.from(hex, 'hex'))

/** The conversation with a real server, in order. */
export function readConversation(folder: string): Exchange[] {
  const lines = readFileSync(join(folder, 'craton-conversation.jsonl'), 'utf8').trim().split('\n')
  let lives = 0
  return lines.flatMap((text) => {
    const { n, conn = '', what = '', send, recv, meaning, closed } = JSON.parse(text) as Line
    // a note says that the server was started
    if (n === undefined) lives += 1
    // what was closed was closed on a socket of its own
    const name = [conn, ...(lives > 1 ? [`life ${lives}`] : []), ...(closed === undefined ? [] : [n])].join(', ')
    const exchange = {
      conn: name,
      what,
      send: framesOf(send),
      recv: framesOf(recv),
      meaning: meaning?.received ?? [],
      closed: closed !== undefined,
    }
    return n === undefined ? [] : [{ n, ...exchange }]
  })
}

export function decodeFrame(frame: Buffer): Message {
  const [message] = new FrameDecoder().push(frame)
  if (message === undefined) throw new Error('not a whole frame')
  return message
}

export function requestOf(frame: Buffer): Request {
  const message = decodeFrame(frame)
  if (message.type !== 'Request') throw new Error('not a request')
  return message
}

/** How the frames of an answer are spoilt, or merely hard to read. */
export type FrameMischief = (frame: Buffer) => Buffer

/** How the bytes of an answer leave. */
export type Delivery = (socket: Socket, bytes: Buffer) => Promise<void> | void

export interface RecordedPeerOptions {
  readonly deliver?: Delivery
  /** The order in which the answers to what is pipelined leave. */
  readonly reorder?: (answers: readonly Buffer[]) => readonly Buffer[]
  /** Spoils the first answers to this exchange. */
  readonly spoil?: { readonly n: number; readonly how: FrameMischief; readonly close?: boolean }
}

export interface RecordedPeer {
  readonly port: number
  /** Where what came differs from what was recorded. */
  readonly strayed: string[]
  /** The numbers of the exchanges that were replayed. */
  readonly replayed: Set<number>
  /** Which recorded connection the next socket is. */
  expect(conn: string): void
}

const write: Delivery = (socket, bytes) => void socket.write(bytes)

/** One byte after the other. */
export const slowBytes: Delivery = async (socket, bytes) => {
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
}

/** Pieces of any size, cut within headers, numbers and texts alike. */
export const randomCuts =
  (random: (below: number) => number): Delivery =>
  async (socket, bytes) => {
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + random(20)
      socket.write(bytes.subarray(at, end))
      at = end
      await delay(random(3))
    }
  }

/** The same answer under the ids of those who ask now: ours differ where our greeting comes on top. */
function readdressed(frame: Buffer, ids: ReadonlyMap<bigint, bigint>): Buffer {
  const message = decodeFrame(frame)
  const requestId = message.type === 'Response' ? ids.get(message.requestId) : undefined
  return message.type === 'Response' && requestId !== undefined ? encodeFrame({ ...message, requestId }) : frame
}

const isGreeting = ({ payload }: Request): boolean => payload.type === 'Handshake'

/**
 * A peer that knows nothing but the recording: to the recorded bytes, in the recorded order, it answers the recorded bytes. Only the id of a request
 * may differ, by the greeting that a client of ours begins every connection with.
 */
export async function startRecordedPeer(
  t: Owner,
  conversation: readonly Exchange[],
  options: RecordedPeerOptions = {},
): Promise<RecordedPeer> {
  const { deliver = write, reorder = (answers) => answers } = options
  let { spoil } = options
  const strayed: string[] = []
  const replayed = new Set<number>()
  const greeting = conversation.find(({ n }) => n === 1)
  let expected = 'a'
  const server: Server = createServer((socket) => {
    const script = conversation.filter(({ conn }) => conn === expected)
    const decoder = new FrameDecoder()
    let heard: Request[] = []
    let last: Promise<void> = Promise.resolve()
    const say = (frames: readonly Buffer[], exchange: Exchange | null): void => {
      const now = exchange !== null && spoil?.n === exchange.n ? spoil : null
      if (now !== null) spoil = undefined
      const bytes = Buffer.concat(now === null ? reorder(frames) : frames.map(now.how))
      const ends = exchange?.closed === true || now?.close === true
      last = last.then(() => deliver(socket, bytes)).then(() => void (ends && socket.end()))
    }
    const hear = (request: Request): void => {
      const [exchange] = script
      if (isGreeting(request) && exchange?.what.includes('handshake') !== true && greeting !== undefined) return say(greeting.recv, null)
      heard.push(request)
      if (exchange === undefined) return void strayed.push(`${request.payload.type} after the end of the recording`)
      if (heard.length < exchange.send.length) return
      script.shift()
      const ids = new Map<bigint, bigint>()
      exchange.send.forEach((frame, index) => {
        const recorded = requestOf(frame)
        const said = heard[index] ?? recorded
        ids.set(recorded.id, said.id)
        const tenantId = isGreeting(said) ? recorded.tenantId : said.tenantId
        if (!encodeFrame({ ...said, id: recorded.id, tenantId }).equals(frame)) strayed.push(`exchange ${exchange.n}: ${said.payload.type}`)
      })
      const answers = exchange.recv.map((frame) => readdressed(frame, ids))
      replayed.add(exchange.n)
      heard = []
      say(answers, exchange)
    }
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const message of decoder.push(chunk)) if (message.type === 'Request') hear(message)
      } catch {
        // a bad frame, as those of the recording: closed without a reply
        const [exchange] = script.splice(0, 1)
        if (exchange?.closed === true) replayed.add(exchange.n)
        else strayed.push('a frame that cannot be read')
        socket.end()
      }
    })
    t.teardown(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, strayed, replayed, expect: (conn) => (expected = conn) }
}

/** A value in the words of the recorder: 64-bit numbers as text, bytes as text where they are UTF-8, cells of a row bare. */
export function meaningOf(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (Array.isArray(value)) return value.map(meaningOf)
  if (typeof value !== 'object' || value === null) return value
  if ('type' in value && value.type === 'Null') return null
  if ('type' in value && 'value' in value) return value.type === 'BigInt' ? { bigint: String(value.value) } : value.value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, meaningOf(part)]))
}

/** The answer that a frame holds; null for a push. */
export function responseOf(frame: Buffer): Response | null {
  const message = decodeFrame(frame)
  return message.type === 'Response' ? message : null
}
