import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { AppError } from '../../errors.ts'
import { encodeFrame, FrameDecoder, WIRE_VERSION } from './frames.ts'
import { type AuditMetadata, type Message, type RequestPayload, type ResponseOf, type ResponsePayload } from './messages.ts'
import { WireError } from './postcard.ts'

export interface CratonAddress {
  readonly host: string
  readonly port: number
  /** Through a proxy that ends TLS: the server itself speaks plain TCP only. */
  readonly tls: { readonly ca: string | undefined } | null
  readonly token: string | undefined
}

/** What the server answered instead of what was asked for (contract: craton 5.3). */
export class CratonRefusal extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.name = 'CratonRefusal'
    this.code = code
  }
}

/** No answer came in time; it may still be on its way. */
export class LateAnswerError extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`)
    this.name = 'LateAnswerError'
  }
}

/** @param sent whether the request may have reached the server: then its outcome is unknown */
export const lost = (sent: boolean, cause: unknown): AppError =>
  new AppError('SOURCE_UNAVAILABLE', 'The source "craton" does not answer.', {
    source: 'craton',
    details: { written: sent ? 'UNKNOWN' : 'NO' },
    cause,
  })

export const mayBeWritten = (error: unknown): boolean => error instanceof AppError && error.details['written'] === 'UNKNOWN'

export interface CallOptions {
  readonly tenantId: bigint
  readonly timeoutMs: number
  readonly audit?: AuditMetadata | null
  readonly signal?: AbortSignal | undefined
}

interface Waiting {
  readonly expects: ResponsePayload['type']
  resolve(payload: ResponsePayload): void
  reject(error: unknown): void
}

/** One socket. Requests are pipelined and matched by their id; anything off the contract ends the socket with all that wait on it. */
export interface CratonConnection {
  call<Type extends ResponsePayload['type']>(payload: RequestPayload, expects: Type, options: CallOptions): Promise<ResponseOf<Type>>
  readonly inFlight: number
  readonly isOpen: boolean
  close(): void
}

const isOf = <Type extends ResponsePayload['type']>(payload: ResponsePayload, type: Type): payload is ResponseOf<Type> =>
  payload.type === type

function openSocket({ host, port, tls }: CratonAddress, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      tls === null
        ? connectTcp({ host, port })
        : connectTls({ host, port, servername: host, ...(tls.ca === undefined ? {} : { ca: tls.ca }) })
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs)
    const fail = (error: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(lost(false, error))
    }
    socket.once('error', fail)
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

/**
 * Connects and says who we are.
 * @param onClosed called once, with what was in flight
 * @throws AppError SOURCE_UNAVAILABLE (details.written NO); CratonRefusal 3 when the server does not know our token
 */
export async function openCratonConnection(
  address: CratonAddress,
  { timeoutMs, onClosed }: { timeoutMs: number; onClosed: (inFlight: number) => void },
): Promise<CratonConnection> {
  const socket = await openSocket(address, timeoutMs)
  socket.setNoDelay(true)
  const waiting = new Map<bigint, Waiting>()
  const decoder = new FrameDecoder()
  let nextId = 1n
  let open = true

  const end = (cause: unknown): void => {
    if (!open) return
    open = false
    socket.destroy()
    const left = [...waiting.values()]
    waiting.clear()
    onClosed(left.length)
    for (const { reject } of left) reject(lost(true, cause))
  }

  const take = (message: Message): void => {
    if (message.type === 'Push') return
    if (message.type !== 'Response') throw new WireError('the server sent a request')
    const asked = waiting.get(message.requestId)
    if (asked === undefined) throw new WireError(`nobody asked for the answer ${message.requestId}`)
    waiting.delete(message.requestId)
    const { payload } = message
    if (payload.type === 'Error') return asked.reject(new CratonRefusal(payload.code, payload.message))
    if (payload.type === asked.expects) return asked.resolve(payload)
    const off = new WireError(`the answer is ${payload.type} where ${asked.expects} was asked for`)
    asked.reject(lost(true, off))
    throw off
  }

  socket.on('data', (chunk: Buffer) => {
    try {
      for (const message of decoder.push(chunk)) take(message)
    } catch (error) {
      end(error)
    }
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('the connection was closed')))

  const connection: CratonConnection = {
    get inFlight() {
      return waiting.size
    },
    get isOpen() {
      return open
    },
    async call(payload, expects, { tenantId, timeoutMs: limitMs, audit = null, signal }) {
      if (!open) throw lost(false, new Error('the connection is closed'))
      signal?.throwIfAborted()
      const id = nextId
      nextId += 1n
      const frame = encodeFrame({ type: 'Request', id, tenantId, audit, payload })
      const answer = await new Promise<ResponsePayload>((resolve, reject) => {
        // The server is one thread: an answer that is late may still come, but whoever waits behind it should not.
        const timer = setTimeout(() => end(new LateAnswerError(limitMs)), limitMs)
        const onAbort = (): void => settle(() => reject(lost(true, signal?.reason)))
        const settle = (finish: () => void): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', onAbort)
          finish()
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        waiting.set(id, {
          expects,
          resolve: (value) => settle(() => resolve(value)),
          reject: (error) => settle(() => reject(error)),
        })
        socket.write(frame)
      })
      if (!isOf(answer, expects)) throw lost(true, new WireError('the answer is of another type'))
      return answer
    },
    close: () => end(new Error('closed by us')),
  }

  try {
    const hello = { type: 'Handshake', clientVersion: WIRE_VERSION, authToken: address.token ?? null } as const
    const { serverVersion, authenticated } = await connection.call(hello, 'Handshake', { tenantId: 1n, timeoutMs })
    if (serverVersion !== WIRE_VERSION) throw lost(false, new Error(`the server speaks wire version ${serverVersion}`))
    if (!authenticated) throw new CratonRefusal(3, 'the server did not accept who we are')
    return connection
  } catch (error) {
    connection.close()
    // Nothing but the greeting was sent.
    throw mayBeWritten(error) ? lost(false, error) : error
  }
}
