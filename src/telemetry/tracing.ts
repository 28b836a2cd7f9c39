import { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { type ExecutionResult, type GraphQLSchema } from 'graphql'
import { type Config } from '../config.ts'
import { type Pipeline, type PreparedOperation } from '../operation/operation.ts'
import { type Clock } from '../time.ts'
import { onceOver } from '../transports/answer-order.ts'
import { traceFields } from './field-spans.ts'
import { createOtlpExporter } from './otlp-exporter.ts'
import { createSpans, type Span, type Spans } from './spans.ts'

/** Traces over HTTP request -> operation -> field -> store, where a collector is configured. */
export interface Tracing {
  readonly spans: Spans
  /** The pipeline, each of its operations a span below its HTTP request's. */
  trace(pipeline: Pipeline): Pipeline
}

const probes = /^\/(?:health|healthz|livez|readyz|ready|metrics|status)(?:\/|$)/

export interface TracingParts {
  readonly config: Pick<Config, 'otelEndpoint' | 'otelHeaders' | 'otelServiceName' | 'otelRatio'>
  readonly clock: Clock
  readonly logger: FastifyBaseLogger
  /** Its resolvers are wrapped, where anything is traced at all. */
  readonly schema: GraphQLSchema
}

/** `Authorization=Basic%20dXNlcg==`: values are encoded as in addresses (OpenTelemetry's specification of this setting); one that cannot be is taken as it is. */
function headerOf(pair: string): [name: string, value: string] {
  const [name = '', value = ''] = pair.split(/=(.*)/s).map((part) => part.trim())
  try {
    return [name, decodeURIComponent(value)]
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    return [name, value]
  }
}

/** Clients choose it, and spans wait for their collector. */
const shownName = (name: string): string => name.slice(0, 80)

/** @returns null when no collector is configured: then nothing is traced, and nothing costs anything */
export function registerTracing(app: FastifyInstance, { config, clock, logger, schema }: TracingParts): Tracing | null {
  if (config.otelEndpoint === undefined) return null
  const exporter = createOtlpExporter({
    endpoint: config.otelEndpoint,
    headers: Object.fromEntries(config.otelHeaders.map(headerOf)),
    serviceName: config.otelServiceName,
    logger,
  })
  const spans = createSpans({ exporter, clock, ratio: config.otelRatio })
  const fields = traceFields(schema, spans, () => clock.now())
  const requests = new Map<string, Span>()

  app.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched'
    if (probes.test(route)) return
    const header = request.headers['traceparent']
    const attributes = { 'http.request.method': request.method, 'http.route': route, 'orrery.request_id': request.id }
    const parent = typeof header === 'string' ? header : null
    const span = spans.start({ name: `${request.method} ${route}`, kind: 'SERVER', parent, attributes })
    requests.set(request.id, span)
    // streams leave Fastify's own end of a request out, and so do clients that leave
    onceOver(reply, () => {
      // two requests may come with one id
      if (requests.get(request.id) === span) requests.delete(request.id)
      span.end({ failed: reply.raw.statusCode >= 500, attributes: { 'http.response.status_code': reply.raw.statusCode } })
    })
  })
  app.addHook('onClose', () => exporter.close())

  const run = async <T extends object>(operation: PreparedOperation, work: () => Promise<T>): Promise<T> => {
    const { name, type, origin, estimatedCost } = operation
    const span = spans.start({
      name: name === null ? type : `${type} ${shownName(name)}`,
      kind: 'INTERNAL',
      parent: requests.get(origin.requestId) ?? null,
      attributes: {
        'graphql.operation.type': type,
        'graphql.operation.name': name === null ? null : shownName(name),
        'orrery.transport': origin.transport,
        'orrery.tenant': origin.viewer.tenantId,
        'orrery.cost': estimatedCost,
        'orrery.request_id': origin.requestId,
      },
    })
    const answer = await fields.within(span, work)
    const code = codeOf(answer)
    span.end({ failed: code !== null, attributes: { 'error.type': code } })
    return answer
  }

  return {
    spans,
    trace: (pipeline) => ({
      ...pipeline,
      execute: (operation) => run(operation, () => pipeline.execute(operation)),
      subscribe: (operation) => run(operation, () => pipeline.subscribe(operation)),
    }),
  }
}

const codeOf = (answer: object): string | null => {
  const [first] = 'errors' in answer ? ((answer as ExecutionResult).errors ?? []) : []
  return first === undefined ? null : String(first.extensions['code'] ?? 'INTERNAL_SERVER_ERROR')
}
