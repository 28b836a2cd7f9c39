import { type FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** One executed or refused operation, as the pipeline saw it. */
export interface OperationReading {
  /** As the client named it; null = anonymous. */
  readonly name: string | null
  readonly type: 'query' | 'mutation' | 'subscription' | 'unknown'
  readonly transport: string
  /** The first error's code; null when there was none. */
  readonly errorCode: string | null
  readonly durationMs: number
  /** Estimated cost; null where it was refused before pricing. */
  readonly cost: number | null
}

/** What the program counts about itself. Every label is bounded: clients cannot make series without end. */
export interface Metrics {
  readonly registry: Registry
  operation(reading: OperationReading): void
  documentCache(outcome: 'hit' | 'miss'): void
}

/** A label whose values clients choose: the first `limit` keep their name, all later ones share `other`. */
export function boundedLabel(limit: number): (value: string) => string {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= limit || value.length > 80) return 'other'
    known.add(value)
    return value
  }
}

const millisecondBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 350, 500, 1000, 2000, 5000, 15_000]

/** The names in `graphql_*` are those that the neighbours' alert rules ask for (contract: summit 11.2). */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const labelOf = boundedLabel(200)
  const requests = new Counter({
    name: 'graphql_requests_total',
    help: 'GraphQL operations by outcome',
    labelNames: ['operation', 'type', 'transport', 'status'],
    registers,
  })
  const errors = new Counter({
    name: 'graphql_errors_total',
    help: 'GraphQL operations that failed, by code of their first error',
    labelNames: ['type', 'code'],
    registers,
  })
  const duration = new Histogram({
    name: 'graphql_query_duration_ms',
    help: 'Duration of an operation, in milliseconds',
    labelNames: ['operation'],
    buckets: millisecondBuckets,
    registers,
  })
  const complexity = new Gauge({
    name: 'graphql_query_complexity',
    help: 'Estimated cost of the newest operation of this name',
    labelNames: ['operation'],
    registers,
  })
  const hits = new Counter({ name: 'graphql_cache_hits_total', help: 'Documents found parsed and validated', registers })
  const misses = new Counter({ name: 'graphql_cache_misses_total', help: 'Documents that had to be parsed and validated', registers })
  return {
    registry,
    operation({ name, type, transport, errorCode, durationMs, cost }) {
      const operation = labelOf(name ?? 'anonymous')
      requests.inc({ operation, type, transport, status: errorCode === null ? 'success' : 'error' })
      if (errorCode !== null) errors.inc({ type, code: errorCode })
      duration.observe({ operation }, durationMs)
      if (cost !== null) complexity.set({ operation }, cost)
    },
    documentCache(outcome) {
      if (outcome === 'hit') hits.inc()
      else misses.inc()
    },
  }
}

/** `/metrics`, and the count and duration of every HTTP request by route, never by address. */
export function registerMetrics(app: FastifyInstance, { registry }: Pick<Metrics, 'registry'>): void {
  const labelNames = ['method', 'route', 'code']
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'HTTP requests by route and status',
    labelNames,
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of an HTTP request, in seconds',
    labelNames,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.35, 0.5, 1, 2.5, 5, 15],
    registers: [registry],
  })
  const methodOf = boundedLabel(16)
  app.addHook('onResponse', async (request, reply) => {
    const labels = { method: methodOf(request.method), route: request.routeOptions.url ?? 'unmatched', code: String(reply.statusCode) }
    requests.inc(labels)
    // a stream lasts as long as its reader: counted, but no latency
    if (!String(reply.getHeader('content-type') ?? '').startsWith('text/event-stream')) duration.observe(labels, reply.elapsedTime / 1000)
  })
  app.get('/metrics', { config: { rateLimit: false }, logLevel: 'warn' }, async (_request, reply) => {
    const text = await registry.metrics()
    return reply.type(registry.contentType).header('cache-control', 'no-store').send(text)
  })
}
