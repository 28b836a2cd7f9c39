import { randomUUID } from 'node:crypto'
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Viewer } from '../auth/viewer.ts'
import { type Pipeline, type Prepared, type RequestOrigin } from '../operation/operation.ts'
import { Refused, toPrepared } from '../operation/refused.ts'
import { type Presence } from '../presence.ts'
import { acceptOnlyJson, refuseOtherMethods } from './http.ts'
import { clientOf, couldBeForged, originOf, readBody, readQueryString } from './http-request.ts'
import { readAccept } from './media-type.ts'
import { createReservations, type Reservation } from './sse-reservations.ts'
import { defaultStreamTiming, type Responder, type StreamTiming } from './stream-responder.ts'

export interface SseOptions {
  readonly pipeline: Pipeline
  readonly responder: Responder
  /** @throws AppError UNAUTHENTICATED */
  readonly authenticate: (headers: FastifyRequest['headers']) => Promise<Viewer>
  readonly maxOperationsPerStream: number
  readonly path?: string
  readonly timing?: Partial<StreamTiming>
}

const tokenHeader = 'x-graphql-event-stream-token'
const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const tokenOf = (request: FastifyRequest): string | null => {
  const header = request.headers[tokenHeader]
  if (typeof header === 'string' && header !== '') return header
  return isMap(request.query) && typeof request.query['token'] === 'string' ? request.query['token'] : null
}

const codes: Readonly<Record<number, string>> = { 404: 'NOT_FOUND', 409: 'CONFLICT', 429: 'THROTTLED' }

const problem = (reply: FastifyReply, status: number, message: string): FastifyReply => {
  if (status === 429) reply.header('retry-after', '1')
  const extensions = { code: codes[status] ?? 'BAD_USER_INPUT', requestId: reply.request.id }
  return reply.code(status).send({ errors: [{ message, extensions }] })
}

/**
 * graphql-sse at an address of its own, both modes (platform 4.2): one operation per response, or one stream that carries several. PUT reserves a
 * stream and gives its token, GET with the token opens it, POST with it adds an operation, DELETE ends one.
 */
export async function registerSse(
  app: FastifyInstance,
  options: SseOptions,
): Promise<{ stats(): { readonly reserved: number }; drain(): void }> {
  const { pipeline, responder, path = '/graphql/stream' } = options
  const reservations = createReservations(pipeline, {
    maxOperations: options.maxOperationsPerStream,
    timing: { ...defaultStreamTiming, ...options.timing },
  })

  const sseOrigin = (request: FastifyRequest, viewer: Viewer, client: Presence): RequestOrigin =>
    originOf(request, viewer, client, { transport: 'sse' })

  const prepare = async (request: FastifyRequest, origin: RequestOrigin): Promise<Prepared> => {
    try {
      const read = request.method === 'GET' ? readQueryString(request) : readBody(request.body)
      return await pipeline.prepare(read, origin)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return toPrepared(error, origin.requestId)
    }
  }

  const distinct = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (readAccept(request.headers.accept).stream !== 'sse') return problem(reply, 406, 'Accept text/event-stream.')
    if (couldBeForged(request)) return problem(reply, 403, 'A GET with cookies needs the header `GraphQL-Require-Preflight`.')
    const prepared = await prepare(request, sseOrigin(request, await options.authenticate(request.headers), clientOf(reply)))
    return responder.respond('sse', request, reply, prepared)
  }

  const found = (request: FastifyRequest): Reservation | null => {
    const token = tokenOf(request)
    return token === null ? null : reservations.find(token)
  }

  const reserve = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const viewer = await options.authenticate(request.headers)
    const token = randomUUID()
    if (!reservations.add(token, viewer, request.ip)) return problem(reply, 429, 'Too many streams are reserved.')
    return reply.code(201).type('text/plain; charset=utf-8').send(token)
  }

  const open = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const reservation = found(request)
    if (reservation === null) return problem(reply, 404, 'There is no such stream.')
    if (reservation.isOpen()) return problem(reply, 409, 'The stream is open already.')
    return reservation.serve(reply)
  }

  const addOperation = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const reservation = found(request)
    if (reservation === null) return problem(reply, 404, 'There is no such stream.')
    const viewer = await options.authenticate(request.headers)
    // the token says which stream, not who asks
    if (viewer.actorId !== reservation.viewer.actorId || viewer.tenantId !== reservation.viewer.tenantId)
      return problem(reply, 404, 'There is no such stream.')
    const id = isMap(request.body) && isMap(request.body['extensions']) ? request.body['extensions']['operationId'] : undefined
    if (typeof id !== 'string' || id === '' || id.length > 256)
      return problem(reply, 400, 'Name the operation in `extensions.operationId`.')
    const client = reservation.take(id)
    if (client === 'TAKEN') return problem(reply, 409, 'An operation of this id is open.')
    if (client === 'FULL') return problem(reply, 429, 'Too many operations are open on this stream.')
    const prepared = await prepare(request, sseOrigin(request, viewer, client))
    reservation.run(id, client, prepared)
    return reply.code(202).send()
  }

  const endOperation = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const reservation = found(request)
    if (reservation === null) return problem(reply, 404, 'There is no such stream.')
    const id = isMap(request.query) ? request.query['operationId'] : undefined
    if (typeof id !== 'string' || id === '') return problem(reply, 400, 'Name the operation in `operationId`.')
    reservation.end(id)
    return reply.code(200).send()
  }

  await app.register(async (routes) => {
    acceptOnlyJson(routes)
    routes.put(path, reserve)
    routes.get(path, { exposeHeadRoute: false }, (request, reply) =>
      tokenOf(request) === null ? distinct(request, reply) : open(request, reply),
    )
    routes.post(path, (request, reply) => (tokenOf(request) === null ? distinct(request, reply) : addOperation(request, reply)))
    routes.delete(path, endOperation)
    refuseOtherMethods(routes, path, ['GET', 'POST', 'PUT', 'DELETE'])
  })
  const drain = (): void => {
    responder.drain()
    reservations.drain()
  }
  app.addHook('preClose', async () => drain())
  return { stats: () => ({ reserved: reservations.size() }), drain }
}
