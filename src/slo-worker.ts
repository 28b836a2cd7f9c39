import { setTimeout as delay } from 'node:timers/promises'
import { type FastifyBaseLogger } from 'fastify'
import { type Config } from './config.ts'
import { type DataSources, type Stores } from './datasources/index.ts'
import { createEvaluator, type SloEvaluator } from './datasources/slo/evaluator.ts'
import { ensureOwnSlos } from './datasources/slo/own-slos.ts'
import { createOutboxRelay } from './datasources/slo/sql-outbox.ts'
import { readSloFiles } from './datasources/slo/files.ts'
import { createSloUpkeep } from './datasources/slo/upkeep.ts'
import { ensureSampleSlos } from './sample/slos.ts'
import { type Clock } from './time.ts'

export interface SloWorkerParts {
  readonly config: Config
  readonly stores: Stores
  readonly dataSources: DataSources
  readonly clock: Clock
  readonly logger: FastifyBaseLogger
}

/** What objectives need beside the API: counters kept in SQL by every process, and the evaluator where this one is a worker. */
export interface SloWorker {
  readonly evaluator: SloEvaluator | null
  start(): Promise<void>
  stop(): Promise<void>
}

export function createSloWorker({ config, stores, dataSources, clock, logger }: SloWorkerParts): SloWorker {
  const { sql, log } = stores
  const { slo, sloStore: store, sliCounters: counters, appendCounts: appends, sloStates: states, sources } = dataSources
  const isWorker = config.roles.includes('worker')
  const intervalMs = config.sloEvaluationIntervalMs
  const evaluator = isWorker && config.sloMonitoring ? createEvaluator({ sql, log, store, slo, states, clock, logger, intervalMs }) : null
  // the evaluator publishes what is announced, at the end of each look
  const relay = isWorker && evaluator === null ? createOutboxRelay({ sql, log, logger, intervalMs }) : null

  /** How far the read model is behind, as a duration like any other. */
  async function sampleLag(): Promise<void> {
    if (!isWorker || !counters.isCounted('projector_lag')) return
    const found = (await sources.list()).find(({ name }) => name === 'log')
    if (found?.lagSeconds != null) counters.record('projector_lag', { good: true, durationMs: found.lagSeconds * 1000 })
  }

  async function prepare(): Promise<void> {
    if (!isWorker) return
    if (config.sloMonitoring) await ensureOwnSlos(sql, store, config)
    if (stores.log.mode === 'EMBEDDED' && config.sampleData !== 'off') await ensureSampleSlos(sql, store)
    for (const spec of await readSloFiles(config.sloFiles)) await store.upsert({ tenantId: config.defaultTenant }, spec, 'file')
  }

  async function sample(): Promise<void> {
    await sampleLag()
    await dataSources.performance.check()
    await dataSources.security.flush()
  }

  const upkeep = createSloUpkeep({ ...{ sql, store, counters, appends, logger, sample }, prepare })
  let cleaning: Promise<void> = Promise.resolve()
  const stopping = new AbortController()
  /** Nonces, tickets and security events past their time go, in batches. */
  async function clean(): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(config.nonceCleanupIntervalMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
      if (stopping.signal.aborted) return
      try {
        await dataSources.tickets.cleanUp()
        await dataSources.security.purge()
      } catch (error) {
        logger.warn({ err: error }, 'tickets could not be cleaned up')
      }
    }
  }

  return {
    evaluator,
    async start() {
      await dataSources.tickets.checkNonces()
      await upkeep.start()
      evaluator?.start()
      relay?.start()
      if (isWorker) cleaning = clean()
    },
    async stop() {
      stopping.abort()
      await cleaning
      await evaluator?.stop()
      await relay?.stop()
      await upkeep.stop()
      await dataSources.security.flush()
    },
  }
}
