import { type FastifyInstance } from 'fastify'
import { type SliCounters } from '../datasources/slo/counters.ts'
import { type LiveHub } from '../subscriptions/hub.ts'
import { mapStream } from '../subscriptions/map-stream.ts'
import { type Clock } from '../time.ts'
import { type Metrics } from './metrics.ts'

/** Failures on our side; what a client did wrong spends no budget (contract: guarantees 3). */
const serverSide: ReadonlySet<string> = new Set(['INTERNAL_SERVER_ERROR', 'SOURCE_UNAVAILABLE', 'DEADLINE_EXCEEDED'])

/** The metrics of operations, counted for our own objectives as well. */
export const countOperations = (metrics: Metrics, counters: SliCounters): Metrics => ({
  ...metrics,
  operation(reading) {
    metrics.operation(reading)
    const good = reading.errorCode === null || !serverSide.has(reading.errorCode)
    const labels = { operation: reading.name ?? 'anonymous', type: reading.type, transport: reading.transport }
    counters.record('operation', { good, labels })
    counters.record('operation_duration', { good: true, durationMs: reading.durationMs, labels })
  },
})

const probes = /^\/(?:health|healthz|livez|readyz|ready|metrics|status)(?:\/|$)/

/** Counts HTTP answers; probes and scrapes are nobody's requests. */
export function countRequests(app: FastifyInstance, counters: SliCounters): void {
  app.addHook('onResponse', (request, reply, done) => {
    if (probes.test(request.routeOptions.url ?? '')) return done()
    const labels = { route: request.routeOptions.url ?? 'none', method: request.method }
    counters.record('http_request', { good: reply.statusCode < 500, labels })
    counters.record('http_request_duration', { good: true, durationMs: reply.elapsedTime, labels })
    done()
  })
}

/** The live hub, with the time that live events take to their subscribers counted. */
export const countLag = (hub: LiveHub, counters: SliCounters, clock: Clock): LiveHub => ({
  ...hub,
  subscribe(options) {
    let live = false
    return mapStream(hub.subscribe(options), (item) => {
      if (item.kind === 'PHASE') live = item.phase === 'LIVE'
      else if (item.kind === 'MESSAGE' && live && counters.isCounted('subscription_lag'))
        counters.record('subscription_lag', { good: true, durationMs: Math.max(0, Number(clock.now() - item.message.recordedAtNs) / 1e6) })
      return item
    })
  },
})
