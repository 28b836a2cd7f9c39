import { type IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { type Duplex } from 'node:stream'
import { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, MessageType } from 'graphql-ws'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { hasEnded, isWithdrawn } from '../auth/proof.ts'
import { type Viewer } from '../auth/viewer.ts'
import { type Config } from '../config.ts'
import { isAppError } from '../errors.ts'
import { noteRefused } from '../operation/errors.ts'
import { type Pipeline, type PreparedOperation } from '../operation/operation.ts'
import { type Clock } from '../time.ts'
import { errorsOf } from '../operation/result-text.ts'
import { callerAddress } from './caller-address.ts'
import { serveWithoutUpgrade } from './declined-upgrade.ts'
import { ownHost } from './own-host.ts'
import { type Connection, createConnection } from './websocket-connection.ts'

export interface WebsocketOptions {
  readonly pipeline: Pipeline
  readonly schema: GraphQLSchema
  /** By the payload of `connection_init`, and nothing else. @throws AppError UNAUTHENTICATED, SOURCE_UNAVAILABLE */
  readonly authenticate: (parameters: Readonly<Record<string, unknown>> | undefined) => Promise<Viewer>
  readonly config: Pick<
    Config,
    'maxBodyBytes' | 'maxSubscriptionsPerConnection' | 'corsOrigins' | 'drainTimeoutMs' | 'authMode' | 'host' | 'trustProxy'
  >
  readonly clock: Clock
  readonly path?: string
  /** How long events can be resumed; null = as long as the log holds them. */
  readonly resumeWindowSeconds?: number | null
  readonly timing?: Partial<WebsocketTiming>
}

export interface WebsocketTiming {
  /** Native ping; a peer that has not answered by the next one is cut off. */
  readonly pingMs: number
  readonly initMs: number
  /** How long a peer may leave full buffers unread. */
  readonly stallMs: number
}

export interface WebsocketTransport {
  stats(): { readonly connections: number; readonly operations: number; readonly slow: number }
  /** Lets queries finish, sends what is buffered, closes with 1012; what does not close in time is cut off. */
  drain(): Promise<void>
}

interface Work {
  readonly id: string
  readonly operation: PreparedOperation
  readonly connection: Connection
  readonly forget: () => void
}

const defaultTiming: WebsocketTiming = { pingMs: 12_000, initMs: 3000, stallMs: 15_000 }
const highWaterBytes = 64 * 1024
const maxBufferedBytes = 8 * 1024 * 1024
const maxIdCharacters = 256

/**
 * graphql-transport-ws (platform 4.1): graphql-ws keeps the protocol's rules, this transport the connection's: identity, limits, back-pressure,
 * liveness, end. All operations go through the pipeline.
 */
export function registerWebsocket(app: FastifyInstance, options: WebsocketOptions): WebsocketTransport {
  const { config, path = '/graphql' } = options
  const timing = { ...defaultTiming, ...options.timing }
  const connections = new Map<Connection, WebSocket>()
  let slow = 0
  let draining = false
  const protocol = protocolServer(options, timing.initMs, app.log)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: config.maxBodyBytes,
    perMessageDeflate: false,
    clientTracking: false,
    // another protocol is accepted only to be refused with 4406, which a failed handshake could not say
    handleProtocols: (offered) => (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : ([...offered][0] ?? false)),
  })

  const opened = (socket: WebSocket, raw: Socket, request: IncomingMessage): void => {
    const connection = createConnection({
      socket,
      raw,
      address: () => callerAddress(request, config.trustProxy),
      pipeline: options.pipeline,
      log: app.log,
      highWaterBytes,
      maxBufferedBytes,
      stallMs: timing.stallMs,
      onSlow: () => slow++,
    })
    connections.set(connection, socket)
    const stopPinging = keepAlive(socket, timing.pingMs)
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => connection.send(text),
        close: (code, reason) => connection.close(code ?? 1000, reason ?? ''),
        onMessage: (take) =>
          socket.on('message', (data, isBinary) => {
            // what comes after our word that it is over gets no answer: who asks again elsewhere must not find it done twice
            if (socket.readyState === WebSocket.OPEN) receive(connection, take, data, isBinary)
          }),
      },
      { connection, request },
    )
    socket.on('error', (error) => app.log.debug({ err: error }, 'a WebSocket failed'))
    socket.once('close', (code, reason) => {
      stopPinging()
      connections.delete(connection)
      connection.dispose()
      closed(code, reason.toString()).catch((error: unknown) => app.log.error({ err: error }, 'a WebSocket did not close cleanly'))
    })
  }

  const receive = (connection: Connection, take: (text: string) => Promise<void>, data: RawData, isBinary: boolean): void => {
    if (isBinary) return connection.close(4400, 'Invalid message received')
    const text = data.toString()
    take(text).catch((error: unknown) => {
      if (isForClients(text)) return connection.close(4400, 'Invalid message received')
      app.log.error({ err: error }, 'a WebSocket message failed unexpectedly')
      connection.close(4500, 'Internal server error')
    })
    const left = completedBy(text)
    if (left !== null) connection.leave(left)
  }

  const isOwn = ownHost(config)
  app.server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' && duplex instanceof Socket)
      return serveWithoutUpgrade(app.server, request, duplex, head)
    const refusal = refuseUpgrade(request, { path, origins: config.corsOrigins, isOwn, draining })
    if (refusal !== null || !(duplex instanceof Socket)) return refuse(duplex, refusal ?? '400 Bad Request')
    sockets.handleUpgrade(request, duplex, head, (socket) => opened(socket, duplex, request))
  })

  const closeOne = async (connection: Connection, socket: WebSocket): Promise<void> => {
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const late = setTimeout(() => socket.terminate(), config.drainTimeoutMs)
    await Promise.race([connection.idle(), gone])
    connection.close(1012, 'Service restart')
    await gone
    clearTimeout(late)
  }

  const transport: WebsocketTransport = {
    stats: () => ({
      connections: connections.size,
      operations: [...connections.keys()].reduce((sum, connection) => sum + connection.size(), 0),
      slow,
    }),
    async drain() {
      draining = true
      await Promise.all([...connections].map(([connection, socket]) => closeOne(connection, socket)))
    },
  }
  app.addHook('preClose', () => transport.drain())
  return transport
}

/** What only a server says; graphql-ws fails at it. */
const isForClients = (text: string): boolean => {
  const { type } = JSON.parse(text) as { readonly type: unknown }
  return type === MessageType.ConnectionAck || type === MessageType.Next || type === MessageType.Error
}

/** Longer than any `complete` with an id that is taken. */
const maxCompleteCharacters = 6 * maxIdCharacters + 100

/** The id that a client wants no more of: graphql-ws tells nobody where it is a query that runs. */
function completedBy(text: string): string | null {
  if (text.length > maxCompleteCharacters || !text.includes('complete')) return null
  try {
    const message: unknown = JSON.parse(text)
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'complete') return null
    return 'id' in message && typeof message.id === 'string' ? message.id : null
  } catch {
    // graphql-ws closes the socket for it
    return null
  }
}

/** Node listens no more to a socket that it hands over: nobody else hears that the peer reset it, or ends it for a peer that never closes. */
const refuse = (duplex: Duplex, status: string): void => {
  duplex.on('error', () => undefined)
  duplex.once('finish', () => duplex.destroy())
  duplex.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${status.startsWith('503') ? 'Retry-After: 1\r\n' : ''}\r\n`)
}

/** A browser says which site's page opens the socket: without this check any page could speak as the operator of a server on this machine. */
function refuseUpgrade(
  request: IncomingMessage,
  { path, origins, isOwn, draining }: { path: string; origins: readonly string[]; isOwn: ReturnType<typeof ownHost>; draining: boolean },
): string | null {
  if (request.url?.split('?')[0] !== path) return '404 Not Found'
  if (draining) return '503 Service Unavailable'
  const { origin, host } = request.headers
  if (isOwn !== null && !isOwn(host)) return '421 Misdirected Request'
  if (origin === undefined || origins.includes(origin) || origins.includes('*')) return null
  return URL.canParse(origin) && new URL(origin).host === host ? null : '403 Forbidden'
}

function keepAlive(socket: WebSocket, everyMs: number): () => void {
  let alive = true
  socket.on('pong', () => (alive = true))
  const timer = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, everyMs).unref()
  return () => clearInterval(timer)
}

/** graphql-ws over our pipeline: it knows the messages and their order, we know what they mean. */
function protocolServer(options: WebsocketOptions, initMs: number, log: FastifyBaseLogger) {
  const { pipeline, schema, config } = options
  const refused = (code: string, message: string) => [new GraphQLError(message, { extensions: { code } })]
  const work = (value: unknown): Work => {
    if (!isWork(value)) throw new Error('an operation reached the WebSocket without its work')
    return value
  }

  return makeServer<Record<string, unknown>, { connection: Connection; request: IncomingMessage }>({
    connectionInitWaitTimeout: initMs,
    async onConnect({ connectionParams, extra: { connection } }) {
      try {
        connection.viewer = await options.authenticate(connectionParams)
      } catch (error) {
        if (!isAppError(error)) throw error
        noteRefused(error, { log })
        if (error.code === 'SOURCE_UNAVAILABLE' || error.code === 'THROTTLED') connection.close(1013, 'Try again later')
        return false
      }
      if (hasEnded(connection.viewer, options.clock)) {
        connection.close(4401, 'Token expired')
        return false
      }
      const { maxSubscriptionsPerConnection, maxBodyBytes } = config
      return {
        protocol: GRAPHQL_TRANSPORT_WS_PROTOCOL,
        resumeWindowSeconds: options.resumeWindowSeconds ?? null,
        limits: { operations: maxSubscriptionsPerConnection, messageBytes: maxBodyBytes },
      }
    },
    async onSubscribe(ctx, id, payload) {
      const { connection } = ctx.extra
      const { viewer } = connection
      const ended = () => {
        connection.close(4401, 'Token expired')
        return refused('UNAUTHENTICATED', 'The proof of identity has ended.')
      }
      if (viewer === null || hasEnded(viewer, options.clock)) return ended()
      if (id.length > maxIdCharacters) return refused('BAD_USER_INPUT', `An id may have at most ${maxIdCharacters} characters.`)
      if (connection.size() >= config.maxSubscriptionsPerConnection)
        return refused('THROTTLED', 'Too many operations are open on this connection.')
      const client = connection.open(id)
      if (client === null) {
        connection.close(4409, 'Subscriber for this id already exists')
        return refused('BAD_USER_INPUT', 'This id is in use.')
      }
      if (viewer.stillHolds !== undefined && (await isWithdrawn(viewer, log))) {
        connection.release(id)
        return ended()
      }
      const { query, operationName, variables, extensions } = payload
      const documentId = 'documentId' in payload && typeof payload.documentId === 'string' ? payload.documentId : null
      const asked = { query, documentId, operationName, variables, extensions }
      const prepared = await pipeline.prepare(asked, connection.originOf(viewer, client))
      if (prepared.kind === 'REFUSED' || client.left) {
        connection.release(id)
        return prepared.kind === 'REFUSED' ? errorsOf(prepared.result) : refused('DEADLINE_EXCEEDED', 'The client left.')
      }
      const { operation } = prepared
      const forget = (): void => void delete ctx.subscriptions[id]
      const contextValue: Work = { id, operation, connection, forget }
      return { schema, document: operation.document, operationName: operation.name, contextValue, rootValue: null }
    },
    execute: ({ contextValue }) => {
      const { id, operation, connection } = work(contextValue)
      return connection.execute(id, operation)
    },
    subscribe: ({ contextValue }) => {
      const { id, operation, connection, forget } = work(contextValue)
      return connection.pump(id, operation, forget)
    },
    onComplete: ({ extra: { connection } }, id) => connection.release(id),
  })
}

const isWork = (value: unknown): value is Work =>
  typeof value === 'object' && value !== null && 'operation' in value && 'connection' in value
