import { randomUUID } from 'node:crypto'
import cors from '@fastify/cors'
import { makeExecutableSchema } from '@graphql-tools/schema'
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify'
import { assertValidSchema, type GraphQLSchema } from 'graphql'
import mercurius from 'mercurius'
import { type Authenticator, createAuthenticator } from './auth/authenticator.ts'
import { type Config } from './config.ts'
import { type DataSources, type Stores } from './datasources/index.ts'
import { isAppError } from './errors.ts'
import { registerHealth } from './health/health.ts'
import { createLifecycle, type Lifecycle } from './health/lifecycle.ts'
import { extensionsOf } from './operation/errors.ts'
import { type Pipeline } from './operation/operation.ts'
import { createPipeline } from './operation/pipeline.ts'
import { createSubscriber } from './operation/subscribe.ts'
import { resolvers } from './resolvers/index.ts'
import { loadTypeDefs } from './schema.ts'
import { type CursorCodec } from './subscriptions/cursor.ts'
import { type LiveHub } from './subscriptions/hub.ts'
import { measurePipeline } from './telemetry/measured-pipeline.ts'
import { createMetrics, type Metrics, registerMetrics } from './telemetry/metrics.ts'
import { addStreamMetrics } from './telemetry/stream-metrics.ts'
import { type Clock, systemClock } from './time.ts'
import { registerGraphiql } from './transports/graphiql.ts'
import { registerHome } from './transports/home.ts'
import { registerHttp } from './transports/http.ts'
import { registerSse } from './transports/sse.ts'
import { createStreamResponder } from './transports/stream-responder.ts'
import { registerWebsocket } from './transports/websocket.ts'

export interface AppParts {
  readonly config: Config
  readonly dataSources: DataSources
  /** The stores under the data sources: budgets, API keys and health use them where they are given. */
  readonly stores?: Stores
  readonly live: LiveHub
  readonly cursors: CursorCodec
  readonly clock?: Clock
  readonly logger?: FastifyBaseLogger
  /** Where the process is; readiness follows it. Without it the app counts as ready. */
  readonly lifecycle?: Lifecycle
  readonly metrics?: Metrics
  /** Another schema than ours: tests of the pipeline bring a small one. */
  readonly schema?: GraphQLSchema
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The one way in for operations of every transport. */
    readonly pipeline: Pipeline
    /** Finds out who sent an HTTP request. */
    readonly authenticate: Authenticator['authenticate']
  }
}

/** The server without a socket: what it is. `server.ts` says how it lives and dies. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, dataSources, live, cursors, stores, clock = systemClock, lifecycle = readyLifecycle(), metrics = createMetrics() } = parts
  const schema = parts.schema ?? buildSchema()
  const app = createServer(parts)

  registerMetrics(app, metrics)
  registerHealth(app, { config, sources: dataSources.sources, lifecycle })
  registerHome(app, config)
  if (config.graphiql) await registerGraphiql(app)
  await app.register(cors, {
    origin: [...config.corsOrigins],
    credentials: true,
    maxAge: 600,
    exposedHeaders: ['x-request-id', 'retry-after', 'ratelimit'],
  })
  await app.register(mercurius, {
    schema,
    routes: false,
    cache: 512,
    jit: { minCount: 3, eluThreshold: 0.8, maxCompilePerTick: 1, maxQueueSize: 100 },
    // errors are mapped once, by the pipeline
    errorFormatter: (execution) => ({ statusCode: 200, response: execution }),
  })

  const authenticator = createAuthenticator({ config, sql: stores?.sql, clock })
  const subscriber = createSubscriber({ schema, config, dataSources, live, cursors, clock })
  const unmeasured = createPipeline({
    schema,
    config,
    dataSources,
    live,
    cursors,
    clock,
    cache: stores?.cache,
    run: (text, context, variables) => app.graphql(text, { ...context }, variables),
    subscribe: subscriber.subscribe,
    streams: () => subscriber.stats().streams,
  })
  const pipeline = measurePipeline(unmeasured, metrics)
  app.decorate('pipeline', pipeline)
  app.decorate('authenticate', authenticator.authenticate)

  const { authenticate, authenticateParams } = authenticator
  const responder = createStreamResponder(pipeline)
  await registerHttp(app, { pipeline, authenticate, profile: config.httpProfile, maxBatch: config.maxBatch, stream: responder.respond })
  await registerSse(app, { pipeline, responder, authenticate, maxOperationsPerStream: config.maxSubscriptionsPerConnection })
  const sockets = registerWebsocket(app, { pipeline, schema, authenticate: authenticateParams, config, clock })
  addStreamMetrics(metrics.registry, () => ({
    ...subscriber.stats(),
    sockets: sockets.stats().connections,
    responses: responder.stats().streams,
    cutOff: sockets.stats().slow + responder.stats().slow,
  }))
  return app
}

function readyLifecycle(): Lifecycle {
  const lifecycle = createLifecycle()
  lifecycle.markReady()
  return lifecycle
}

/** Our schema with its resolvers, checked. */
export function buildSchema(): GraphQLSchema {
  const schema = makeExecutableSchema({ typeDefs: loadTypeDefs(), resolvers })
  assertValidSchema(schema)
  return schema
}

const saneRequestId = /^[\w.:-]{1,128}$/

function createServer({ config, logger }: AppParts): FastifyInstance {
  const app = Fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    bodyLimit: config.maxBodyBytes,
    trustProxy: config.trustProxy,
    requestTimeout: 30_000,
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
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(safeHeaders).header('x-request-id', request.id)
    // what is no preflight of a browser would get a text from the CORS plugin
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] !== undefined) return
    const error = { message: 'Use GET or POST.', extensions: { code: 'BAD_USER_INPUT', requestId: request.id } }
    return reply
      .code(405)
      .header('allow', 'GET, POST')
      .send({ errors: [error] })
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, body } = describeFailure(error, request.id, request.log)
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(status).type('application/json; charset=utf-8').send(body)
  })
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ errors: [{ message: 'There is nothing at this address.', extensions: { code: 'NOT_FOUND', requestId: request.id } }] }),
  )
  return app
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

const statusOfCode: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  THROTTLED: 429,
  SOURCE_UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 503,
}

/** A failure outside of GraphQL: what Fastify says about a bad request passes, everything unknown is masked and logged whole. */
function describeFailure(error: FastifyError, requestId: string, log: FastifyBaseLogger): { status: number; body: string } {
  const body = (message: string, extensions: Record<string, unknown>): string => JSON.stringify({ errors: [{ message, extensions }] })
  if (isAppError(error)) return { status: statusOfCode[error.code] ?? 400, body: body(error.message, extensionsOf(error, requestId)) }
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500)
    return { status, body: body(error.message, { code: status === 429 ? 'THROTTLED' : 'BAD_USER_INPUT', requestId }) }
  log.error({ err: error, requestId }, 'a request failed unexpectedly')
  return {
    status: status === 503 ? 503 : 500,
    body: body('Something went wrong on our side.', { code: status === 503 ? 'SOURCE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR', requestId }),
  }
}
