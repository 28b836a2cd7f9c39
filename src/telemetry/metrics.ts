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
  /** As the client names itself; null = it does not. */
  readonly client?: string | null
  readonly pricing?: PricingReading
}

/** What `extensions.cost` of an answer said. */
export interface PricingReading {
  readonly requested: number
  readonly actual: number | null
  /** Why it would have been refused, had its tenant not only been measured. */
  readonly measured: string | null
  /** The shared budget did not answer. */
  readonly local: boolean
}

/** What the program counts about itself. Every label is bounded: clients cannot make series without end. */
export interface Metrics {
  readonly registry: Registry
  operation(reading: OperationReading): void
  /** An operation used an element that will go; the coordinate is the schema's, the client says its own name. */
  deprecatedUse(coordinate: string, client: string | null): void
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

/** Two labels of clients' choosing: the first `limit` pairs keep their names. */
function boundedPair(limit: number): (a: string, b: string) => [string, string] {
  const bounded = boundedLabel(limit)
  return (a, b) => (a.length + b.length <= 79 && bounded(`${a}\u0000${b}`) !== 'other' ? [a, b] : ['other', 'other'])
}

const costBuckets = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000]
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
  // a counter that begins with its first event is invisible to rate(): what alerts ask for is there from the start
  for (const type of ['query', 'mutation', 'subscription', 'unknown'])
    for (const code of ['INTERNAL_SERVER_ERROR', 'SOURCE_UNAVAILABLE', 'DEADLINE_EXCEEDED']) errors.inc({ type, code }, 0)
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
  const clients = new Counter({
    name: 'orrery_client_operations_total',
    help: 'GraphQL operations by client and operation name',
    labelNames: ['client', 'operation', 'status'],
    registers,
  })
  const pairOf = boundedPair(500)
  const requested = new Histogram({
    name: 'orrery_cost_requested_points',
    help: 'What operations were priced at before they ran',
    labelNames: ['type'],
    buckets: costBuckets,
    registers,
  })
  const actual = new Histogram({
    name: 'orrery_cost_actual_points',
    help: 'What their answers did cost',
    labelNames: ['type'],
    buckets: costBuckets,
    registers,
  })
  const refusals = new Counter({
    name: 'orrery_cost_refusals_total',
    help: 'Operations that were too dear or over budget; mode measure: they ran all the same',
    labelNames: ['code', 'mode'],
    registers,
  })
  for (const code of ['COST_LIMIT_EXCEEDED', 'THROTTLED']) for (const mode of ['enforce', 'measure']) refusals.inc({ code, mode }, 0)
  const local = new Counter({
    name: 'orrery_budget_local_total',
    help: 'Operations whose budget this process decided alone, because the shared one did not answer',
    registers,
  })
  const hits = new Counter({ name: 'graphql_cache_hits_total', help: 'Documents found parsed and validated', registers })
  const misses = new Counter({ name: 'graphql_cache_misses_total', help: 'Documents that had to be parsed and validated', registers })
  const clientOf = boundedLabel(100)
  const deprecated = new Counter({
    name: 'orrery_deprecated_uses_total',
    help: 'Operations that used a deprecated element of the schema, by its coordinate and the client that calls itself so',
    labelNames: ['coordinate', 'client'],
    registers,
  })
  return {
    registry,
    operation({ name, type, transport, errorCode, durationMs, cost, client, pricing }) {
      const [named, of] = pairOf(client ?? 'unknown', name ?? 'anonymous')
      clients.inc({ client: named, operation: of, status: errorCode === null ? 'success' : 'error' })
      if (errorCode === 'COST_LIMIT_EXCEEDED' || errorCode === 'THROTTLED') refusals.inc({ code: errorCode, mode: 'enforce' })
      if (pricing !== undefined) {
        requested.observe({ type }, pricing.requested)
        if (pricing.actual !== null) actual.observe({ type }, pricing.actual)
        if (pricing.measured !== null) refusals.inc({ code: pricing.measured, mode: 'measure' })
        if (pricing.local) local.inc()
      }
      const operation = labelOf(name ?? 'anonymous')
      requests.inc({ operation, type, transport, status: errorCode === null ? 'success' : 'error' })
      if (errorCode !== null) errors.inc({ type, code: errorCode })
      duration.observe({ operation }, durationMs)
      if (cost !== null) complexity.set({ operation }, cost)
    },
    deprecatedUse(coordinate, client) {
      deprecated.inc({ coordinate, client: clientOf(client ?? 'unnamed') })
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
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.35, 0.4, 0.5, 0.75, 0.8, 1, 2.5, 5, 10, 15],
    registers: [registry],
  })
  const methodOf = boundedLabel(16)
  app.addHook('onResponse', (request, reply, done) => {
    const labels = { method: methodOf(request.method), route: request.routeOptions.url ?? 'unmatched', code: String(reply.statusCode) }
    requests.inc(labels)
    // a stream lasts as long as its reader: counted, but no latency
    if (!String(reply.getHeader('content-type') ?? '').startsWith('text/event-stream')) duration.observe(labels, reply.elapsedTime / 1000)
    done()
  })
  app.get('/metrics', { config: { rateLimit: false }, logLevel: 'warn' }, async (_request, reply) => {
    const text = await registry.metrics()
    return reply.type(registry.contentType).header('cache-control', 'no-store').send(text)
  })
}
