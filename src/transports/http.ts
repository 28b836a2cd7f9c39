import { isUtf8 } from 'node:buffer'
import { METHODS } from 'node:http'
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { type Viewer } from '../auth/viewer.ts'
import { type Batch, type OperationRequest, type Pipeline, type Prepared, type RequestOrigin } from '../operation/operation.ts'
import { Refused, refuse, toPrepared } from '../operation/refused.ts'
import { resultText } from '../operation/result-text.ts'
import { clientOf, couldBeForged, originOf, readBody, readQueryString } from './http-request.ts'
import { type Profile, retryAfter, statusOfRefusal, statusOfResult } from './http-status.ts'
import { readAccept } from './media-type.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'

/** Sends a prepared operation as a stream: every event, or the refusal, framed. Settles when the stream is over. */
export type StreamResponder = (kind: 'sse' | 'multipart', request: FastifyRequest, reply: FastifyReply, prepared: Prepared) => Promise<void>

export interface HttpOptions {
  readonly pipeline: Pipeline
  /** @throws AppError UNAUTHENTICATED */
  readonly authenticate: (headers: FastifyRequest['headers']) => Promise<Viewer>
  readonly profile: Profile
  readonly maxBatch: number
  readonly path?: string
  /** Streams by `Accept`; without it subscriptions are refused here. */
  readonly stream?: StreamResponder
}

interface Answer {
  readonly status: number
  readonly result: ExecutionResult
  readonly retryAfterMs?: number | undefined
  readonly allow?: string
}

const maxUrlCharacters = 8192

/** GraphQL over HTTP: reads, hands to the pipeline, frames. It holds no rule about operations of its own. */
export async function registerHttp(app: FastifyInstance, options: HttpOptions): Promise<void> {
  const path = options.path ?? '/graphql'
  await app.register(async (routes) => {
    acceptOnlyJson(routes)
    routes.get(path, { exposeHeadRoute: false }, (request, reply) => handle(options, request, reply))
    routes.post(path, (request, reply) => handle(options, request, reply))
    refuseOtherMethods(routes, path, ['GET', 'POST'])
  })
}

/** Every method that Node reads, without those that an address takes, is answered there, and not as if nothing were there. */
export function refuseOtherMethods(routes: FastifyInstance, path: string, taken: readonly string[]): void {
  for (const method of METHODS) if (method !== 'CONNECT' && !routes.supportedMethods.includes(method)) routes.addHttpMethod(method)
  const allow = taken.join(', ')
  routes.route({
    method: routes.supportedMethods.filter((method) => !taken.includes(method)),
    url: path,
    config: { allow },
    // before a body is read: its type does not matter
    onRequest: async (_, reply) => sendProblem(reply, 405, `Use one of ${allow}.`, { allow }),
    handler: async () => undefined,
  })
}

export function acceptOnlyJson(routes: FastifyInstance): void {
  const parseJson = routes.getDefaultJsonParser('error', 'error')
  routes.removeAllContentTypeParsers()
  routes.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const charset = /charset="?([^\s;"]+)/i.exec(request.headers['content-type'] ?? '')?.[1]?.toLowerCase()
    const coding = request.headers['content-encoding']?.toLowerCase() ?? 'identity'
    if (coding !== 'identity') return done(problem(415, 'The body must not be compressed.'))
    if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') return done(problem(415, 'The body must be UTF-8.'))
    if (!isUtf8(bytes)) return done(problem(400, 'The body is not valid UTF-8.'))
    if (bytes.length === 0) return done(null, undefined)
    return parseJson(request, bytes.toString('utf8'), done)
  })
}

const problem = (statusCode: number, message: string): Error & { statusCode: number } => Object.assign(new Error(message), { statusCode })

async function handle(options: HttpOptions, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (request.url.length > maxUrlCharacters) return sendProblem(reply, 414, 'The address is too long: send a POST.')
  const accept = readAccept(request.headers.accept)
  if (accept.single === null && accept.stream === null)
    return sendProblem(
      reply,
      406,
      'Accept application/graphql-response+json, application/json, text/event-stream or multipart/mixed;subscriptionSpec=1.0.',
    )
  if (couldBeForged(request)) return sendProblem(reply, 403, 'A GET with cookies needs the header `GraphQL-Require-Preflight`.')

  const takesStream = accept.stream !== null && options.stream !== undefined && !Array.isArray(request.body)
  if (accept.single === null && !takesStream) return sendProblem(reply, 406, 'This answer is no stream: accept application/json.')
  const origin = originOf(request, await options.authenticate(request.headers), clientOf(reply), {
    transport: accept.single === null && accept.stream !== null ? accept.stream : request.method === 'GET' ? 'http-get' : 'http-post',
    streams: takesStream,
    streamTransport: takesStream && accept.stream !== null ? accept.stream : undefined,
  })
  if (Array.isArray(request.body)) return handleBatch(options, request.body, origin, accept.single ?? 'application/json', reply)
  const prepared = await prepareOne(
    options.pipeline,
    () => (request.method === 'GET' ? readQueryString(request) : readBody(request.body)),
    origin,
  )
  const isStream = accept.single === null || (prepared.kind === 'READY' && prepared.operation.type === 'subscription')
  if (isStream && accept.stream !== null && options.stream !== undefined) return options.stream(accept.stream, request, reply, prepared)
  const media = accept.single ?? 'application/json'
  return send(reply, media, await answer(options, prepared, media))
}

/** Reading the request and preparing it refuse in the same way. */
async function prepareOne(pipeline: Pipeline, read: () => OperationRequest, origin: RequestOrigin): Promise<Prepared> {
  try {
    return await pipeline.prepare(read(), origin)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return toPrepared(error, origin.requestId)
  }
}

async function answer(
  options: HttpOptions,
  prepared: Prepared,
  media: 'application/graphql-response+json' | 'application/json',
): Promise<Answer> {
  if (prepared.kind === 'REFUSED') {
    const { refusal, result, retryAfterMs } = prepared
    return {
      status: statusOfRefusal(refusal, options.profile, media),
      result,
      retryAfterMs,
      ...(refusal === 'METHOD' ? { allow: 'POST' } : {}),
    }
  }
  const result = await options.pipeline.execute(prepared.operation)
  return { status: statusOfResult(result, options.profile), result }
}

async function handleBatch(
  options: HttpOptions,
  items: readonly unknown[],
  origin: RequestOrigin,
  media: 'application/graphql-response+json' | 'application/json',
  reply: FastifyReply,
): Promise<unknown> {
  if (items.length === 0 || items.length > options.maxBatch) {
    const refused = refuse('COST', 'COST_LIMIT_EXCEEDED', `A batch holds 1 to ${options.maxBatch} operations.`, {
      limit: 'batch',
      max: options.maxBatch,
    })
    const { refusal, result } = toPrepared(refused, origin.requestId)
    return send(reply, media, { status: statusOfRefusal(refusal, options.profile, media), result })
  }
  const batch: Batch = { cost: 0 }
  const answers: Answer[] = []
  // one after the other: a client may rely on the order of its mutations, and a batch is worth one request's share of the machine
  for (const item of items)
    answers.push(await answer(options, await prepareOne(options.pipeline, () => readBody(item), { ...origin, batch }), media))
  const results = answers.map((one) => one.result)
  return (
    reply
      .code(statusOfBatch(answers))
      .headers(retryAfter(answers))
      // where the budget stands after the last that was paid for
      .headers(Object.assign({}, ...results.map(rateLimitHeaders)) as Record<string, string>)
      .type(`${media}; charset=utf-8`)
      .send(`[${results.map(resultText).join()}]`)
  )
}

/** Whoever was refused for who or how much they are gets told so by the status, unless a part of the batch was answered. */
function statusOfBatch(answers: readonly Answer[]): number {
  const [first] = answers
  const telling = first !== undefined && [401, 403, 429, 503].includes(first.status)
  return telling && answers.every(({ status }) => status === first.status) ? first.status : 200
}

function send(reply: FastifyReply, media: string, answered: Answer): FastifyReply {
  const { status, result, allow, retryAfterMs } = answered
  if (retryAfterMs !== undefined) reply.headers(retryAfter([answered]))
  if (allow !== undefined) reply.header('allow', allow)
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(status).headers(rateLimitHeaders(result)).type(`${media}; charset=utf-8`).send(resultText(result))
}

/** A failure of HTTP, not of GraphQL: never labelled as a GraphQL response. */
function sendProblem(reply: FastifyReply, status: number, message: string, headers: Record<string, string> = {}): FastifyReply {
  const error = new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', requestId: reply.request.id } })
  return reply
    .code(status)
    .headers(headers)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [error] }))
}
