import { type FastifyInstance, type FastifyReply } from 'fastify'
import { type IncomingHttpHeaders } from 'node:http'
import { type Config } from '../config.ts'
import { serves, type Source, type SourcesDataSource } from '../datasources/system/sources.ts'
import { isAppError } from '../errors.ts'
import { formatNanos } from '../time.ts'
import { type Lifecycle } from './lifecycle.ts'

export interface HealthParts {
  readonly config: Pick<Config, 'nodeEnv'>
  readonly sources: Pick<SourcesDataSource, 'list'>
  readonly lifecycle: Pick<Lifecycle, 'stage'>
  /** Objectives, alerts and incidents for `/status`, as far as who asks may see them; absent where there are no stores. */
  readonly guarantees?: (
    headers: IncomingHttpHeaders,
  ) => Promise<{ readonly word: 'healthy' | 'degraded' | 'unhealthy' } & Readonly<Record<string, unknown>>>
}

/** The names under which the neighbours' dashboards look for a connected store (contract: summit 1.1). */
const productOf: Readonly<Record<string, { key: string; title: string }>> = {
  sql: { key: 'postgres', title: 'PostgreSQL' },
  log: { key: 'nats', title: 'NATS' },
  cache: { key: 'redis', title: 'Redis' },
  graph: { key: 'neo4j', title: 'Neo4j' },
}

/** It does not answer, or says that something is wrong: a full disk, a late read model, a missing stream. */
const ails = (source: Source): boolean => source.status === 'DOWN' || source.status === 'DEGRADED'
const titleOf = (source: Source): string =>
  (source.mode === 'CONNECTED' ? productOf[source.name]?.title : undefined) ?? `Embedded ${source.name}`
const describe = (source: Source): string => source.lastError ?? 'Has not been probed yet.'

type ServiceWord = 'healthy' | 'unhealthy' | 'unknown'
const wordOf = (source: Source): ServiceWord => (source.status === 'UNKNOWN' ? 'unknown' : serves(source) ? 'healthy' : 'unhealthy')

/** Every source by its own name, and connected ones under their product's name as well. */
function services(sources: readonly Source[]): Record<string, ServiceWord> {
  const words: Record<string, ServiceWord> = {}
  for (const source of sources) {
    words[source.name] = wordOf(source)
    const product = productOf[source.name]
    if (source.mode === 'CONNECTED' && product !== undefined) words[product.key] = wordOf(source)
  }
  return words
}

const basics = (config: HealthParts['config']) => ({
  timestamp: new Date().toISOString(),
  uptime: process.uptime(),
  environment: config.nodeEnv,
})

async function readiness({
  sources,
  lifecycle,
}: HealthParts): Promise<{ ready: true } | { ready: false; failures: string[]; message: string }> {
  const stage = lifecycle.stage()
  if (stage === 'DRAINING') return { ready: false, failures: ['Orrery: is stopping'], message: 'The server is stopping.' }
  const down = (await sources.list()).filter((source) => source.critical && !serves(source))
  if (down.length > 0)
    return {
      ready: false,
      failures: down.map((source) => `${titleOf(source)}: ${describe(source)}`),
      message: 'A store that this deployment declares critical does not answer.',
    }
  if (stage === 'STARTING') return { ready: false, failures: ['Orrery: is starting'], message: 'The server is starting.' }
  return { ready: true }
}

const describeSource = (source: Source) => ({
  name: source.name,
  mode: source.mode.toLowerCase(),
  status: source.status.toLowerCase(),
  critical: source.critical,
  latencyMs: source.latencyMs,
  lagEvents: source.lagEvents?.toString() ?? null,
  lagSeconds: source.lagSeconds,
})

async function detailed({ config, sources, lifecycle }: HealthParts) {
  const listed = await sources.list()
  const failed = listed.filter((source) => !serves(source))
  const heap = process.memoryUsage()
  return {
    healthy: failed.length === 0,
    body: {
      status: listed.some(ails) ? 'degraded' : 'ok',
      ...basics(config),
      stage: lifecycle.stage().toLowerCase(),
      services: services(listed),
      memory: { used: Math.round(heap.heapUsed / 1_048_576), total: Math.round(heap.heapTotal / 1_048_576), unit: 'MB' },
      errors: listed
        .filter((source) => source.lastError !== null)
        .map((source) => ({
          service: source.name,
          error: describe(source),
          timestamp: source.asOf === null ? new Date().toISOString() : formatNanos(source.asOf),
        })),
      sources: listed.map(describeSource),
    },
  }
}

/** The three words of the guarantees' status page (contract: guarantees 11). */
async function status({ sources, guarantees }: HealthParts, headers: IncomingHttpHeaders) {
  const listed = await sources.list()
  const failed = listed.filter((source) => !serves(source))
  const word = failed.some((source) => source.critical) ? 'unhealthy' : listed.some(ails) ? 'degraded' : 'healthy'
  const said = { asOf: new Date().toISOString(), sources: listed.map(describeSource) }
  if (guarantees === undefined) return { status: word, ...said }
  try {
    const { word: ofObjectives, ...objectives } = await guarantees(headers)
    const worst = [word, ofObjectives].includes('unhealthy')
      ? 'unhealthy'
      : [word, ofObjectives].includes('degraded')
        ? 'degraded'
        : 'healthy'
    return { status: worst, ...said, ...objectives }
  } catch (error) {
    // a store that is down is told by its source; the page stays
    if (!isAppError(error)) throw error
    return { status: word, ...said, slos: null, alerts: null, incidents: null, securityEvents: null, coverage: null }
  }
}

/**
 * Probes in the shapes of the neighbours' contract (summit 1.1). Never throttled, never authenticated; what they say is a sentence of ours,
 * never a driver's. `/health` and `/health/live` depend on nothing but the event loop.
 */
export function registerHealth(app: FastifyInstance, parts: HealthParts): void {
  const options = { config: { rateLimit: false }, logLevel: 'warn' as const }
  const send = (reply: FastifyReply, status: number, body: unknown) => reply.code(status).header('cache-control', 'no-store').send(body)
  const get = (paths: readonly string[], answer: (headers: IncomingHttpHeaders) => Promise<{ status: number; body: unknown }>) => {
    for (const path of paths)
      app.get(path, options, async (request, reply) => {
        const { status, body } = await answer(request.headers)
        return send(reply, status, body)
      })
  }

  get(['/health', '/healthz'], async () => ({ status: 200, body: { status: 'ok', ...basics(parts.config) } }))
  get(['/health/live', '/livez'], async () => ({ status: 200, body: { status: 'alive' } }))
  get(['/health/ready', '/readyz', '/ready'], async () => {
    const answer = await readiness(parts)
    if (answer.ready) return { status: 200, body: { status: 'ready' } }
    return { status: 503, body: { status: 'not ready', failures: answer.failures, message: answer.message } }
  })
  get(['/health/detailed'], async () => {
    const { healthy, body } = await detailed(parts)
    return { status: healthy ? 200 : 503, body }
  })
  get(['/status'], async (headers) => ({ status: 200, body: await status(parts, headers) }))
  get(['/health/deployment'], async () => {
    const answer = await readiness(parts)
    const word = answer.ready ? 'ok' : 'failed'
    return {
      status: answer.ready ? 200 : 503,
      body: {
        status: answer.ready ? 'ready_for_traffic' : 'deployment_failed',
        // Unlike the contract's constants these are tested: migrations have run when the server has left its start.
        checks: { connectivity: word, migrations: parts.lifecycle.stage() === 'STARTING' ? 'failed' : 'ok', config: 'ok' },
      },
    }
  })
}
