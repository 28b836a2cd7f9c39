import { type FastifyBaseLogger } from 'fastify'
import { type Config } from './config.ts'
import { neo4jNames } from './datasources/graph/neo4j-names.ts'
import { createNeo4jProjection } from './datasources/graph/neo4j-projection.ts'
import { keepTagsRepaired } from './datasources/graph/tag-repair.ts'
import { type GraphCommands } from './datasources/graph/commands.ts'
import { type Stores } from './datasources/index.ts'
import { type ProjectionNotifier } from './projections/notifier.ts'
import { type ProjectionProgress } from './projections/progress.ts'
import { createEntityRelay } from './projections/entity-relay.ts'
import { createProjector, defaultProjections } from './projections/projector.ts'
import { keepSampleAlive, loadSample } from './sample/index.ts'
import { type Clock } from './time.ts'

export interface WorkerParts {
  readonly config: Pick<Config, 'sampleData' | 'graphRunProperty' | 'neo4jLabelPrefix' | 'entityEvents'>
  readonly stores: Stores
  readonly progress: Pick<ProjectionProgress, 'waitFor'>
  /** Told after each batch, so that whoever waits in this process need not ask the database. */
  readonly notifier?: ProjectionNotifier | undefined
  /** Repairs tags whose event was lost. */
  readonly graphCommands?: Pick<GraphCommands, 'repairTags'> | undefined
  readonly clock: Clock
  readonly logger: FastifyBaseLogger
}

/** What runs beside the API: the projector, and the sample where one is wanted. */
export interface Worker {
  readonly projector: ReturnType<typeof createProjector>
  /** Commits that Neo4j does not show yet; null while that is not known. */
  neo4jLag(): number | null
  /** Loads the sample into an empty log, follows the log, and resolves when the tables show what the log held (bounded by `timeoutMs`). */
  start(timeoutMs: number): Promise<void>
  stop(): Promise<void>
}

/** What a newcomer looks at first: an embedded server is up when the tables hold it. */
const shownAtStart = ['ritual', 'graph'] as const

export function createWorker({ config, stores, progress, notifier, graphCommands, clock, logger }: WorkerParts): Worker {
  const { sql, log } = stores
  const projector = createProjector({ sql, log, clock, logger, notifier, projections: defaultProjections(config) })
  const toNeo4j =
    stores.neo4j == null ? null : createNeo4jProjection({ sql, neo4j: stores.neo4j, names: neo4jNames(config.neo4jLabelPrefix), logger })
  const stopping = new AbortController()
  let sample: Promise<void> = Promise.resolve()
  let repairs: Promise<void> = Promise.resolve()
  let inNeo4j: Promise<void> = Promise.resolve()
  const entities = createEntityRelay({ sql, log, progress, logger })
  // the sample belongs to the embedded log; a real one is never written into
  const wanted = log.mode === 'EMBEDDED' ? config.sampleData : 'off'
  async function keepAlive(): Promise<void> {
    const onError = (err: unknown): void => logger.warn({ err }, 'the sample could not write an event')
    try {
      await keepSampleAlive({ log, clock, signal: stopping.signal, onError })
    } catch (error) {
      // the sample is a show: its end is no reason to end the server
      if (!stopping.signal.aborted) onError(error)
    }
  }

  return {
    projector,
    neo4jLag: () => toNeo4j?.lag() ?? null,
    async start(timeoutMs) {
      if (wanted !== 'off') {
        const loaded = await loadSample({ sql, clock })
        if (loaded > 0) logger.info({ events: loaded }, 'sample data loaded')
      }
      if (stopping.signal.aborted) return
      projector.start()
      if (toNeo4j !== null) inNeo4j = toNeo4j.run({ active: () => projector.isActive(), signal: stopping.signal })
      if (graphCommands !== undefined && stores.tags != null)
        repairs = keepTagsRepaired({ graphCommands, active: () => projector.isActive(), logger, signal: stopping.signal })
      if (config.entityEvents) entities.start()
      for (const stream of log.mode === 'EMBEDDED' ? shownAtStart : []) {
        const { lastSequence } = (await log.state(stream)) ?? { lastSequence: 0n }
        if (lastSequence > 0n) await progress.waitFor(stream, lastSequence, { timeoutMs, signal: stopping.signal })
      }
      if (wanted === 'live') sample = keepAlive()
    },
    async stop() {
      stopping.abort()
      await sample
      await repairs
      await inNeo4j
      await entities.stop()
      await projector.stop()
    },
  }
}
