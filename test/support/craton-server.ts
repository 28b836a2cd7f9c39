import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { once } from 'node:events'
import { encodeFrame, FrameDecoder } from '../../src/datasources/craton/frames.ts'
import { type Message, type ResponsePayload } from '../../src/datasources/craton/messages.ts'
import { type Owner } from './services.ts'

/** How an answer is spoilt on its way. */
export type Mischief =
  | 'slow bytes'
  | 'wrong checksum'
  | 'wrong version'
  | 'wrong request id'
  | '4 GiB length'
  | 'cut in the middle'
  | 'closed instead'
  | 'silence'
  | 'an unknown tag'
  | 'another answer'

export interface CratonServerOptions {
  readonly version?: string
  /** The token that a handshake must carry. */
  readonly token?: string
  readonly tls?: { readonly key: string; readonly cert: string }
  /** How long it claims to have been up already. */
  readonly uptimeSecs?: number
}

interface StoredStream {
  readonly events: Buffer[]
  /** Null: forgotten by a restart. */
  length: bigint | null
}

const EVENT_END = 4_004

/** A server that keeps the contract, its flaws included (contract: craton 5, 6): what it does is written there, or was recorded from a real one. */
export interface CratonServer {
  readonly port: number
  readonly address: string
  /** Requests by type, in order of arrival. */
  readonly requests: string[]
  connections(): number
  /** Spoils the next answers of this type, or of any. */
  spoil(mischief: Mischief, options?: { readonly type?: string; readonly times?: number }): void
  /** Ends what `spoil` began. */
  mend(): void
  /** The next append answers Error 12: `store` after it was written, `storage` instead. The length grows either way. */
  failAppend(how: 'store' | 'storage'): void
  /** The next append is done and its connection closed without a reply. */
  loseReply(): void
  /** A read of this stream ends the process, as a broken chain does. */
  breakChain(streamId: bigint): void
  /** Its files were put right. */
  healChain(streamId: bigint): void
  /** Ends every connection, and refuses new ones. */
  stop(): Promise<void>
  /**
   * A new life over the old bytes: names and lengths are forgotten, ids are given anew.
   * @param uptimeSecs how long it claims to have been up already: lives that begin within the same two seconds cannot be told apart
   */
  restart(uptimeSecs?: number): Promise<void>
  /** Appends as another client of the server would. */
  appendAs(streamId: bigint, ...events: string[]): void
  events(streamId: bigint): string[]
  close(): Promise<void>
}

export async function startCratonServer(t: Owner, options: CratonServerOptions = {}): Promise<CratonServer> {
  const streams = new Map<bigint, StoredStream>()
  let names = new Map<string, bigint>()
  let startedAt = Date.now() - (options.uptimeSecs ?? 100) * 1_000
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const spoilt: { mischief: Mischief; type: string | null }[] = []
  const broken = new Set<bigint>()
  let failing: 'store' | 'storage' | null = null
  let losing = false
  let server: Server | null = null
  let port = 0

  const error = (code: number, message: string): ResponsePayload => ({ type: 'Error', code, message })

  function die(): null {
    for (const socket of sockets) socket.destroy()
    server?.close()
    server = null
    return null
  }

  function append({
    streamId,
    events,
    expectedOffset,
  }: {
    streamId: bigint
    events: readonly Uint8Array[]
    expectedOffset: bigint
  }): ResponsePayload | null {
    const stream = streams.get(streamId)
    if (stream?.length == null) return error(5, `stream with id ${streamId} not found`)
    if (expectedOffset !== stream.length)
      return error(16, `offset mismatch for stream ${streamId}: expected ${expectedOffset}, actual ${stream.length}`)
    if (events.length === 0) return die()
    const firstOffset = stream.length
    stream.length += BigInt(events.length)
    const how = failing
    failing = null
    if (how === 'storage') return error(12, 'storage error: unexpected end of file')
    for (const event of events) stream.events.push(Buffer.from(event))
    if (how === 'store' || events.some((event) => event.length > EVENT_END))
      return error(12, 'store error: page overflow: need 4049 bytes, have 4048')
    return { type: 'AppendEvents', firstOffset, count: events.length }
  }

  function read({ streamId, fromOffset, maxBytes }: { streamId: bigint; fromOffset: bigint; maxBytes: bigint }): ResponsePayload | null {
    if (broken.has(streamId)) return die()
    const events: Buffer[] = []
    let size = 0n
    for (const event of streams.get(streamId)?.events.slice(Number(fromOffset)) ?? []) {
      if (size >= maxBytes) break
      events.push(event)
      size += BigInt(event.length)
    }
    return { type: 'ReadEvents', events, nextOffset: events.length === 0 ? null : fromOffset + BigInt(events.length) }
  }

  function create(tenantId: bigint, name: string): ResponsePayload {
    const key = `${tenantId}/${name}`
    const known = names.get(key)
    if (known !== undefined) return { type: 'CreateStream', streamId: known }
    const local =
      [...names.values()]
        .filter((id) => id >> 32n === tenantId)
        .reduce((most, id) => ((id & 0xffffffffn) > most ? id & 0xffffffffn : most), 0n) + 1n
    const streamId = (tenantId << 32n) | local
    names.set(key, streamId)
    const old = streams.get(streamId)
    // a forgotten directory is taken over by whichever name comes first
    if (old === undefined) streams.set(streamId, { events: [], length: 0n })
    else old.length = 0n
    return { type: 'CreateStream', streamId }
  }

  /** @returns null when the server closes without a reply */
  function answer(message: Extract<Message, { type: 'Request' }>, session: { known: boolean }): ResponsePayload | null {
    const { payload, tenantId } = message
    if (payload.type === 'Handshake') {
      if (payload.clientVersion !== 5) return error(2, `unsupported client version: ${payload.clientVersion}, server is 5`)
      if (options.token !== undefined && payload.authToken !== null && payload.authToken !== options.token)
        return error(3, 'authentication failed: unauthorized: invalid API key')
      session.known = options.token === undefined || payload.authToken === options.token
      return { type: 'Handshake', serverVersion: 5, authenticated: session.known, capabilities: ['query', 'append', 'subscribe'] }
    }
    if (payload.type === 'GetServerInfo')
      return {
        type: 'GetServerInfo',
        buildVersion: options.version ?? '0.8.0',
        protocolVersion: 5,
        capabilities: ['query', 'append', 'subscribe.v2', 'admin.v1', 'schema.v1', 'server_info.v1'],
        uptimeSecs: BigInt(Math.floor((Date.now() - startedAt) / 1_000)),
        clusterMode: 'Clustered',
        tenantCount: 0,
      }
    if (!session.known && options.token !== undefined) return error(3, 'must authenticate via Handshake first')
    if (payload.type === 'CreateStream') return create(tenantId, payload.name)
    if (payload.type === 'StreamInfo') {
      const length = streams.get(payload.streamId)?.length
      return length == null ? error(5, `stream not found: ${payload.streamId}`) : { type: 'StreamInfo', length }
    }
    if (payload.type === 'ReadEvents') return read(payload)
    if (payload.type === 'AppendEvents') {
      const done = append(payload)
      if (!losing) return done
      losing = false
      return null
    }
    return error(0, 'not part of these tests')
  }

  async function send(socket: Socket, requestId: bigint, payload: ResponsePayload, asked: string): Promise<void> {
    const index = spoilt.findIndex(({ type }) => type === null || type === asked)
    const mischief = index === -1 ? null : spoilt.splice(index, 1)[0]?.mischief
    const frame = encodeFrame({ type: 'Response', requestId: mischief === 'wrong request id' ? requestId + 77n : requestId, payload })
    if (mischief === 'silence') return
    if (mischief === 'closed instead') return void socket.destroy()
    if (mischief === 'another answer')
      return void socket.write(encodeFrame({ type: 'Response', requestId, payload: { type: 'Sync', success: true } }))
    if (mischief === 'an unknown tag') return void socket.write(Buffer.from('564442200005000000039bc3c0cf010177', 'hex'))
    if (mischief === 'wrong checksum') frame.writeUInt32BE(1, 10)
    if (mischief === 'wrong version') frame.writeUInt16BE(4, 4)
    if (mischief === '4 GiB length') frame.writeUInt32BE(0xffff_ffff, 6)
    if (mischief === 'cut in the middle') {
      socket.end(frame.subarray(0, frame.length - 3))
      return
    }
    if (mischief === 'slow bytes') {
      for (const byte of frame) {
        socket.write(Buffer.from([byte]))
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      return
    }
    socket.write(frame)
  }

  function serve(socket: Socket): void {
    sockets.add(socket)
    const session = { known: false }
    const decoder = new FrameDecoder()
    let last: Promise<void> = Promise.resolve()
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const message of decoder.push(chunk)) {
          if (message.type !== 'Request') return void socket.destroy()
          const asked = message.payload.type
          requests.push(asked)
          const payload = answer(message, session)
          if (payload === null) return void socket.destroy()
          last = last.then(() => send(socket, message.id, payload, asked))
        }
      } catch {
        // a bad frame: closed without a reply
        socket.destroy()
      }
    })
  }

  async function listen(): Promise<void> {
    const listening = options.tls === undefined ? createTcpServer(serve) : createTlsServer(options.tls, serve)
    server = listening
    listening.listen(port, '127.0.0.1')
    await once(listening, 'listening')
    const address = listening.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  }

  async function stop(): Promise<void> {
    const ending = server
    die()
    if (ending !== null && ending.listening) await once(ending, 'close')
  }

  await listen()
  const fake: CratonServer = {
    get port() {
      return port
    },
    get address() {
      return `127.0.0.1:${port}`
    },
    requests,
    connections: () => sockets.size,
    spoil(mischief, { type = null, times = 1 }: { type?: string | null; times?: number } = {}) {
      for (let count = 0; count < times; count += 1) spoilt.push({ mischief, type })
    },
    mend: () => void (spoilt.length = 0),
    failAppend: (how) => (failing = how),
    loseReply: () => (losing = true),
    breakChain: (streamId) => void broken.add(streamId),
    healChain: (streamId) => void broken.delete(streamId),
    stop,
    async restart(uptimeSecs = 0) {
      await stop()
      names = new Map()
      for (const stream of streams.values()) stream.length = null
      startedAt = Date.now() - uptimeSecs * 1_000
      spoilt.length = 0
      await listen()
    },
    appendAs(streamId, ...events) {
      const stream = streams.get(streamId)
      if (stream?.length == null) throw new Error('no such stream')
      for (const event of events) stream.events.push(Buffer.from(event))
      stream.length += BigInt(events.length)
    },
    events: (streamId) => (streams.get(streamId)?.events ?? []).map((event) => event.toString('utf8')),
    close: stop,
  }
  t.teardown(() => stop())
  return fake
}
