import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type FastifyBaseLogger } from 'fastify'
import { buildApp } from './app.ts'
import { type Config } from './config.ts'
import { createDataSources, openStores } from './datasources/index.ts'
import { createLifecycle } from './health/lifecycle.ts'
import { prepareStores } from './prepare-stores.ts'
import { packageRoot } from './root.ts'
import { createSloWorker } from './slo-worker.ts'
import { createLiveHub } from './subscriptions/live-hub.ts'
import { createUpstream } from './subscriptions/upstream.ts'
import { createLateCursors } from './subscriptions/late-cursors.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { addSloMetrics } from './telemetry/guarantee-metrics.ts'
import { countLag } from './telemetry/slo-counting.ts'
import { addNeo4jMetrics } from './telemetry/neo4j-metrics.ts'
import { addStoreMetrics } from './telemetry/store-metrics.ts'
import { type Clock, systemClock } from './time.ts'
import { createProjectionNotifier } from './projections/notifier.ts'
import { createStorageWorker } from './storage-worker.ts'
import { createWorker } from './worker.ts'

export interface RuntimeOptions {
  readonly config: Config
  readonly logger: FastifyBaseLogger
  readonly clock?: Clock
  /** Called when something that must go on has failed for good. */
  readonly onFatal: (error: unknown) => void
}

/** A server that listens. */
export interface Runtime {
  readonly url: string
  /** Readiness flips, requests and streams end (bounded by `drainTimeoutMs`), then everything that was opened is closed. */
  stop(): Promise<void>
}

/** How long a start waits for the embedded read model before it says that the server is up. */
const CATCH_UP_MS = 10_000

const version = (): string => (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version

/** An address that can be clicked: what listens everywhere is reached at localhost. */
function addressOf(config: Config, bound: AddressInfo): string {
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`
}

/** Closes one after the other; a failure does not keep the rest open. @throws the first failure */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) await close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

/**
 * Opens, wires and listens. Embedded, it resolves when the read model shows the log; connected, it listens at once and becomes ready when the
 * stores answer.
 * @throws what made the start impossible; whatever was opened is closed again
 */
export async function startRuntime({ config, logger, clock = systemClock, onFatal }: RuntimeOptions): Promise<Runtime> {
  const stores = await openStores(config, { clock })
  const notifier = createProjectionNotifier()
  const dataSources = createDataSources({ stores, config, clock, notifier })
  const lifecycle = createLifecycle()
  const cursors = createLateCursors()
  const metrics = createMetrics()
  const hub = countLag(
    createLiveHub({
      ...{ log: stores.log, ringSize: config.ringSize, queueSize: config.subscriberQueue, logger },
      upstream: createUpstream({ dataSources, log: logger }),
    }),
    dataSources.sliCounters,
    clock,
  )
  const worker = config.roles.includes('worker')
    ? createWorker({ config, stores, progress: dataSources.progress, graphCommands: dataSources.graphCommands, notifier, clock, logger })
    : null
  const sloWorker = createSloWorker({ config, stores, dataSources, clock, logger })
  const storageWorker = createStorageWorker({ config, stores, dataSources, clock, logger })
  const stopping = new AbortController()
  const app = await buildApp({ config, dataSources, stores, live: hub, cursors, clock, logger, lifecycle, metrics })
  addStoreMetrics(metrics.registry, {
    sources: dataSources.sources,
    hub,
    active: () => app.pipeline.active(),
    version: version(),
    projector: worker?.projector,
  })
  addNeo4jMetrics(metrics.registry, {
    // Summit's may be our own
    neo4j: [...new Set([stores.neo4j, stores.summit?.neo4j])].filter((one) => one != null),
    sources: dataSources.sources,
    lag: worker === null || stores.neo4j == null ? undefined : () => worker.neo4jLag(),
  })

  addSloMetrics(metrics.registry, async () => {
    const scope = { tenantId: config.defaultTenant }
    return dataSources.slo.reports(scope, await dataSources.slo.definitions(scope), null)
  })

  async function becomeReady(): Promise<void> {
    if (!(await prepareStores({ config, sql: stores.sql, cursors, clock, logger, signal: stopping.signal }))) return
    await worker?.start(CATCH_UP_MS)
    await sloWorker.start()
    if (!stopping.signal.aborted) storageWorker.start()
    lifecycle.markReady()
  }

  async function stop(): Promise<void> {
    lifecycle.markDraining()
    stopping.abort()
    const gone = app.server.listening ? once(app.server, 'close') : null
    const graceMs = Math.min(config.drainGraceMs, config.drainTimeoutMs)
    await app.leave(graceMs)
    await Promise.race([Promise.all([app.close(), gone]), delay(config.drainTimeoutMs - graceMs, undefined, { ref: false })])
    await closeAll([
      () => storageWorker.stop(),
      () => sloWorker.stop(),
      async () => worker?.stop(),
      () => hub.close(),
      () => stores.close(),
    ])
  }

  try {
    const preparation = becomeReady()
    if (stores.sql.mode === 'EMBEDDED') await preparation
    else preparation.catch(onFatal)
    await app.listen({ host: config.host, port: config.port, listenTextResolver: (address) => `listening at ${address}` })
    const bound = app.server.address()
    if (bound === null || typeof bound === 'string') throw new Error('the server has no port')
    return { url: addressOf(config, bound), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
