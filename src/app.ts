import cors from '@fastify/cors'
import { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { assertValidSchema, type GraphQLSchema, isScalarType } from 'graphql'
import { type Authenticator, createAuthenticator, mayRead } from './auth/authenticator.ts'
import { type Config } from './config.ts'
import { type Context } from './context.ts'
import { ownSlos } from './datasources/slo/own-slos.ts'
import { type DataSources, type Stores } from './datasources/index.ts'
import { buildSubgraph } from './federation/subgraph.ts'
import { createTracer } from './federation/trace.ts'
import { type HealthParts, registerHealth } from './health/health.ts'
import { createSloStatus } from './health/slo-status.ts'
import { createLifecycle, type Lifecycle } from './health/lifecycle.ts'
import { countLongLists } from './operation/long-lists.ts'
import { registerMercurius } from './operation/mercurius.ts'
import { type Pipeline } from './operation/operation.ts'
import { createPipeline } from './operation/pipeline.ts'
import { createPlans } from './operation/plans.ts'
import { createSubscriber } from './operation/subscribe.ts'
import { readTrustedDocuments } from './operation/trusted-files.ts'
import { findEntities } from './resolvers/entities.ts'
import { guardMutations } from './resolvers/guarded-mutations.ts'
import { resolvers } from './resolvers/index.ts'
import { withReceipts } from './resolvers/receipts.ts'
import { loadTypeDefs } from './schema.ts'
import { type CursorCodec } from './subscriptions/cursor.ts'
import { type LiveHub } from './subscriptions/hub.ts'
import { createDeprecatedUse } from './telemetry/deprecated-use.ts'
import { countOperations, countRequests } from './telemetry/slo-counting.ts'
import { addGuaranteeMetrics } from './telemetry/guarantee-metrics.ts'
import { measurePipeline } from './telemetry/measured-pipeline.ts'
import { createMetrics, type Metrics, registerMetrics } from './telemetry/metrics.ts'
import { tracePorts } from './telemetry/spans.ts'
import { addStreamMetrics } from './telemetry/stream-metrics.ts'
import { registerTracing } from './telemetry/tracing.ts'
import { type Clock, systemClock } from './time.ts'
import { registerGraphiql } from './transports/graphiql.ts'
import { registerSloSvg } from './transports/slo-svg.ts'
import { registerGuarantees } from './transports/guarantees.ts'
import { registerGraphPicture } from './transports/graph-picture.ts'
import { registerHome } from './transports/home.ts'
import { registerHttp } from './transports/http.ts'
import { createHttpServer } from './transports/http-server.ts'
import { ownDocuments } from './transports/own-operations.ts'
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
  const schema = parts.schema ?? buildSchema(config)
  const app = createHttpServer(config, parts.logger)

  const authenticator = createAuthenticator({ config, sql: stores?.sql, clock, log: app.log })
  const tracing = registerTracing(app, { config, clock, logger: app.log, schema })
  registerMetrics(app, metrics)
  if (stores !== undefined) countRequests(app, dataSources.sliCounters)
  registerHealth(app, {
    config,
    sources: dataSources.sources,
    lifecycle,
    ...(stores === undefined ? {} : { guarantees: statusPage(config, dataSources, authenticator) }),
  })
  registerHome(app, config)
  if (config.graphiql) await registerGraphiql(app)
  await app.register(cors, {
    origin: [...config.corsOrigins],
    // PUT and DELETE: one stream for several operations
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    credentials: true,
    maxAge: 600,
    exposedHeaders: ['x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy'],
  })

  const plans = createPlans(schema)
  const run = await registerMercurius(app, schema, plans)
  const subscriber = createSubscriber({ schema, plans, config, dataSources, live, cursors, clock })
  const unmeasured = createPipeline({
    schema,
    config,
    dataSources: tracing === null ? dataSources : tracePorts(dataSources, tracing.spans),
    live,
    cursors,
    clock,
    cache: stores?.cache,
    trusted: new Map([...readTrustedDocuments(config.trustedDocuments), ...ownDocuments]),
    onDocument: (outcome) => metrics.documentCache(outcome),
    runTraced: createTracer(schema),
    run,
    subscribe: subscriber.subscribe,
    streams: () => subscriber.stats().streams,
  })
  const counted = stores === undefined ? metrics : countOperations(metrics, dataSources.sliCounters)
  const pipeline = measurePipeline(tracing?.trace(unmeasured) ?? unmeasured, counted, {
    slowMs: config.slowOperationMs,
    deprecatedUse: createDeprecatedUse(schema),
  })
  app.decorate('pipeline', pipeline)
  app.decorate('authenticate', authenticator.authenticate)
  if (stores !== undefined) {
    addGuaranteeMetrics(metrics.registry, dataSources.signals)
    registerGuarantees(app, { config, dataSources, authenticate: authenticator.authenticate, cache: stores.cache, pipeline })
  }

  // a worker answers probes and metrics, no operations
  if (!config.roles.includes('api')) return app
  const { authenticate, authenticateParams } = authenticator
  const responder = createStreamResponder(pipeline)
  // a subgraph of one domain draws no other's pictures
  const fields = schema.getQueryType()?.getFields() ?? {}
  if ('graph' in fields) registerGraphPicture(app, { pipeline, authenticate })
  if ('slo' in fields) registerSloSvg(app, { pipeline, authenticate, clock })
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

/** Objectives on the status page: those of the default tenant for who may read them there, for everybody else those of this deployment. */
function statusPage(config: Config, dataSources: DataSources, authenticator: Authenticator): NonNullable<HealthParts['guarantees']> {
  const tenantId = config.defaultTenant
  const ownNames = new Set(ownSlos(config).map(({ name }) => name))
  const page = createSloStatus({ dataSources, tenantId, ownNames, deadlineMs: 2 * config.sourceTimeoutMs })
  const mayReadAll = mayRead('slo:read', tenantId, authenticator)
  return async (headers) => page(await mayReadAll(headers))
}

function readyLifecycle(): Lifecycle {
  const lifecycle = createLifecycle()
  lifecycle.markReady()
  return lifecycle
}

/** Our schema with its resolvers, checked: all domains, or those that are given. */
export function buildSchema({ subgraphs, introspection = true }: Partial<Pick<Config, 'subgraphs' | 'introspection'>> = {}): GraphQLSchema {
  const parts = { typeDefs: loadTypeDefs(subgraphs), resolvers, findEntities, servesSdl: introspection }
  const schema = countLongLists(withReceipts(guardMutations(buildSubgraph<Context>(parts))))
  // a scalar's resolver brings no description of its own, and hides that of the SDL
  for (const type of Object.values(schema.getTypeMap())) if (isScalarType(type)) type.description ??= type.astNode?.description?.value
  assertValidSchema(schema)
  return schema
}
