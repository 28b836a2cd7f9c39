import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { type Config } from '../config.ts'
import { isAppError } from '../errors.ts'
import { extensionsOf, noteRefused } from '../operation/errors.ts'
import { compressAnswers } from './compression.ts'
import { statusOfCode } from './http-status.ts'
import { ownHost } from './own-host.ts'

const saneRequestId = /^[\w.:-]{1,128}$/

/** What a client is told to wait that came while the server was leaving, in seconds. */
const leavingRetrySeconds = 1

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The methods that this address takes, where a route refuses all others. */
    allow?: string
  }
  interface FastifyInstance {
    /**
     * Before `close`: goes on answering for `graceMs`, and ends every connection after its next answer, so that who looks at readiness has gone elsewhere
     * and nobody sends a request into a connection that is being closed. Then takes no more.
     */
    leave(graceMs: number): Promise<void>
  }
}

/** Fastify as we use it: request ids, safe headers, one shape for everything that fails outside of GraphQL. */
export function createHttpServer(
  config: Pick<
    Config,
    'maxBodyBytes' | 'trustProxy' | 'requestTimeoutMs' | 'operationTimeoutMs' | 'maxBatch' | 'authMode' | 'host' | 'corsOrigins'
  >,
  logger?: FastifyBaseLogger,
): FastifyInstance {
  let leaving = false
  let parting = false
  const app = Fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    bodyLimit: config.maxBodyBytes,
    // each proxy appends whom it was asked by: what stands before that, anybody may have written
    trustProxy: config.trustProxy > 0 && ((_, hop) => hop < config.trustProxy),
    requestTimeout: config.requestTimeoutMs,
    // nothing moves for so long only where a client neither asks nor reads what it asked for; streams have a time of their own
    connectionTimeout: config.requestTimeoutMs + config.operationTimeoutMs * config.maxBatch,
    // whoever is late with the headers is late with the request; Node looks after both this often
    http: { headersTimeout: config.requestTimeoutMs, connectionsCheckingInterval: Math.min(config.requestTimeoutMs, 1000) },
    clientErrorHandler: (error, socket) => refuseConnection(error, socket),
    // an address that cannot be decoded comes to no route and no hook
    frameworkErrors: (error, request, reply) =>
      void sendFailure(error, request, reply.headers(safeHeaders).header('x-request-id', request.id)),
    // its own 503 says nothing of when to come back, and would answer probes too (platform D24)
    return503OnClosing: false,
    // a sane id of the caller's is kept, so that logs of both sides can be joined
    requestIdHeader: false,
    // each operation is logged once, by the measured pipeline
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && saneRequestId.test(given) ? given : randomUUID()
    },
    forceCloseConnections: 'idle',
  })
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  app.server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const { head, body } = refusedConnection('We expect nothing but 100-continue.')
    response.writeHead(417, head).end(body)
  })
  app.addHook('preClose', async () => {
    leaving = true
    // Node closes connections that wait for their next request, but not those that never sent one: clients open some in advance
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  })
  app.decorate('leave', async (graceMs: number): Promise<void> => {
    if (!app.server.listening) return
    parting = true
    await delay(graceMs)
    // only the listener: what is open ends by `close`
    NetServer.prototype.close.call(app.server)
  })
  compressAnswers(app)
  const isOwn = ownHost(config)
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(safeHeaders).header('x-request-id', request.id)
    // not the host that a proxy tells of: a page can send that header too
    if (isOwn !== null && !isOwn(request.headers.host)) return void refuseHost(request, reply)
    if (parting) reply.header('connection', 'close')
    if (leaving && request.url.startsWith('/graphql')) {
      const extensions = { code: 'SOURCE_UNAVAILABLE', retryable: true, requestId: request.id }
      return void reply
        .code(503)
        .header('retry-after', String(leavingRetrySeconds))
        .send(failure('The server stops: come back.', extensions))
    }
    // what is no preflight of a browser would get a text from the CORS plugin
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] !== undefined) return done()
    const allow = request.routeOptions.config.allow ?? 'GET, POST'
    void reply
      .code(405)
      .header('allow', allow)
      .send(failure(`Use one of ${allow}.`, { code: 'BAD_USER_INPUT', requestId: request.id }))
  })
  app.setErrorHandler(sendFailure)
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(failure('There is nothing at this address.', { code: 'NOT_FOUND', requestId: request.id })),
  )
  return app
}

/** What everything that fails outside of GraphQL looks like. */
const failure = (message: string, extensions: Record<string, unknown>) => ({ errors: [{ message, extensions }] })

/** Not who asks is refused but the name by which: another name of this server would do (RFC 9110, section 15.5.20). */
function refuseHost(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.log.info({ requestId: request.id, host: request.headers.host }, 'a request for another host was refused')
  const message = 'With AUTH_MODE=none this server answers to names of this machine alone: list this one in CORS_ORIGINS, or set AUTH_MODE.'
  return reply.code(421).send(failure(message, { code: 'FORBIDDEN', requestId: request.id }))
}

function sendFailure(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body } = describeFailure(error, request.id, request.log)
  if (status === 503) reply.header('retry-after', String(leavingRetrySeconds))
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(status).type('application/json; charset=utf-8').send(body)
}

/** What every answer carries; pages that need more set their own policy. */
const safeHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-site',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}

/** A failure outside of GraphQL: what Fastify says about a bad request passes, everything unknown is masked and logged whole. */
function describeFailure(error: FastifyError, requestId: string, log: FastifyBaseLogger): { status: number; body: string } {
  const body = (message: string, extensions: Record<string, unknown>): string => JSON.stringify(failure(message, extensions))
  if (isAppError(error)) {
    noteRefused(error, { requestId, log })
    return { status: statusOfCode(error.code), body: body(error.message, extensionsOf(error, requestId)) }
  }
  const status = error.statusCode ?? 500
  // curl says that it sends a form unless told otherwise
  const message =
    error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? 'Send JSON, with the header `content-type: application/json`.' : error.message
  if (status >= 400 && status < 500)
    return { status, body: body(message, { code: status === 429 ? 'THROTTLED' : 'BAD_USER_INPUT', requestId }) }
  log.error({ err: error, requestId }, 'a request failed unexpectedly')
  return {
    status: status === 503 ? 503 : 500,
    body: body('Something went wrong on our side.', { code: status === 503 ? 'SOURCE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR', requestId }),
  }
}

const connectionFailures: Readonly<Record<string, { readonly status: string; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', message: 'The headers are too long.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', message: 'The request took too long to arrive.' },
}

/** Node counts the address among the headers: it was too long where no header had begun. */
const longAddress = /^[A-Z-]+ \S{8193}/
const addressFailure = { status: '414 URI Too Long', message: 'The address is too long: send a POST.' }

/** What cannot be read as HTTP never reaches a route: answered on the bare socket, in the shape of every other answer. */
function refuseConnection(error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  // Fastify's type names its form in JSON
  const begin = Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1', 0, 8300) : ''
  const isAddress = error.code === 'HPE_HEADER_OVERFLOW' && longAddress.test(begin)
  const known = isAddress ? addressFailure : connectionFailures[error.code ?? '']
  const { status, message } = known ?? { status: '400 Bad Request', message: 'This is not HTTP.' }
  const { head, body } = refusedConnection(message)
  const lines = [`HTTP/1.1 ${status}`, ...Object.entries(head).map(([name, value]) => `${name}: ${value}`)]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** What is refused before Fastify sees it. */
function refusedConnection(message: string): { head: Record<string, string>; body: string } {
  const body = JSON.stringify(failure(message, { code: 'BAD_USER_INPUT', requestId: randomUUID() }))
  const length = String(Buffer.byteLength(body))
  return { head: { 'content-type': 'application/json; charset=utf-8', 'content-length': length, connection: 'close' }, body }
}
