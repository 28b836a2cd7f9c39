import { type ProjectionNotifier } from '../projections/notifier.ts'
import { createProgress } from '../projections/progress-tracker.ts'
import { type ProjectionProgress } from '../projections/progress.ts'
import { type Config } from '../config.ts'
import { type Clock } from '../time.ts'
import { type ApprovalsDataSource } from './approvals/approvals.ts'
import { createSqlApprovals } from './approvals/sql-approvals.ts'
import { type BlockersDataSource } from './blockers/blockers.ts'
import { createSqlBlockers } from './blockers/sql-blockers.ts'
import { createReceivedAlerts, type ReceivedAlerts } from './alerts/received-alerts.ts'
import { createGuarantees, type GuaranteeParts } from './guarantees/index.ts'
import { type AppendCounts, countedAppends } from './slo/append-counts.ts'
import { createSlo, type SloParts } from './slo/index.ts'
import { type Cache } from './cache/cache.ts'
import { openMemoryCache } from './cache/memory-cache.ts'
import { openRedisCache } from './cache/redis-cache.ts'
import { type GraphCommands } from './graph/commands.ts'
import { createGraphPorts } from './graph/create-graph.ts'
import { type GraphDataSource } from './graph/graph.ts'
import { openKvTags } from './graph/kv-tags.ts'
import { openGraphStore } from './neo4j/open-graph-store.ts'
import { type Neo4j } from './neo4j/neo4j-client.ts'
import { joinApprovals, joinRuns } from './summit/join-runs.ts'
import { createSummit, openSummit, type SummitStores } from './summit/open-summit.ts'
import { type TagStore } from './graph/tags.ts'
import { type CratonSource, createCratonStore, openCraton } from './craton/open-craton.ts'
import { type IdempotencyStore } from './idempotency.ts'
import { openJetstreamLog } from './log/jetstream-log.ts'
import { type EventLog } from './log/log.ts'
import { openSqlLog } from './log/sql-log.ts'
import { type RunCommands } from './runs/commands.ts'
import { createRunCommands } from './runs/demon-commands.ts'
import { type RunsDataSource } from './runs/runs.ts'
import { createSqlRuns } from './runs/sql-runs.ts'
import { type AuditLog } from './storage/audit.ts'
import { type RecordLimits } from './storage/record-rules.ts'
import { createRecordAudit } from './storage/record-audit.ts'
import { createSqlRecordStore } from './storage/sql-record-store.ts'
import { createStorage } from './storage/storage-stores.ts'
import { type StorageDataSource } from './storage/storage.ts'
import { createSqlIdempotency } from './sql-idempotency.ts'
import { openPgliteSql } from './sql/pglite-sql.ts'
import { openPostgresSql } from './sql/postgres-sql.ts'
import { type Sql } from './sql/sql.ts'
import { createSqlTimeline } from './timeline/sql-timeline.ts'
import { type TimelineDataSource } from './timeline/timeline.ts'
import { createSources } from './system/probed-sources.ts'
import { type SourcesDataSource } from './system/sources.ts'

/** The ports that resolvers and subscriptions may use. */
export interface DataSources {
  readonly runs: RunsDataSource
  readonly approvals: ApprovalsDataSource
  readonly runCommands: RunCommands
  readonly storage: StorageDataSource
  readonly audit: AuditLog
  readonly graph: GraphDataSource
  readonly graphCommands: GraphCommands
  readonly timeline: TimelineDataSource
  readonly sources: SourcesDataSource
  readonly progress: ProjectionProgress
  readonly idempotency: IdempotencyStore
  readonly slo: SloParts['slo']
  readonly sloStore: SloParts['store']
  readonly sliCounters: SloParts['counters']
  readonly appendCounts: AppendCounts
  readonly sloStates: SloParts['states']
  readonly security: GuaranteeParts['security']
  readonly signals: GuaranteeParts['signals']
  readonly tickets: GuaranteeParts['tickets']
  readonly receivedAlerts: ReceivedAlerts
  readonly blockers: BlockersDataSource
  readonly invariants: GuaranteeParts['invariants']
  readonly performance: GuaranteeParts['performance']
  readonly releases: GuaranteeParts['releases']
  readonly alerts: SloParts['alerts']
  readonly incidents: SloParts['incidents']
}

/** The stores under them, for the worker, health and the hub. */
export interface Stores {
  readonly sql: Sql
  readonly log: EventLog
  readonly cache: Cache
  /** Demon's bucket of tags, where NATS is connected. */
  readonly tags?: TagStore | null
  /** The connected storage server, where the settings name one. */
  readonly craton?: CratonSource | null
  /** For traversal of graphs. */
  readonly neo4j?: Neo4j | null
  /** A Summit install beside us, read only. */
  readonly summit?: SummitStores | null
  close(): Promise<void>
}

/**
 * Opens the stores that the settings choose: the one place that picks adapters. Connected stores may be down; their calls then say so.
 * @throws Error when the embedded data directory is in use by another process
 */
export async function openStores(config: Config, { clock }: { clock: Clock }): Promise<Stores> {
  const timeoutMs = config.sourceTimeoutMs
  const sql =
    config.databaseUrl === undefined
      ? await openPgliteSql({ dataDir: config.dataDir, timeoutMs })
      : openPostgresSql({ url: config.databaseUrl, poolSize: config.databasePoolSize, timeoutMs })
  const log =
    config.natsUrl === undefined
      ? openSqlLog({ sql, clock })
      : await openJetstreamLog({
          url: config.natsUrl,
          credsPath: config.natsCredsPath,
          createStreams: config.natsCreateStreams,
          ritualStreamName: config.ritualStreamName,
          timeoutMs,
        })
  const cache = config.redisUrl === undefined ? openMemoryCache() : openRedisCache({ url: config.redisUrl, timeoutMs })
  const tags =
    config.natsUrl === undefined
      ? null
      : openKvTags({ url: config.natsUrl, credsPath: config.natsCredsPath, timeoutMs, create: config.natsCreateStreams })
  const craton = openCraton(config, { clock })
  const neo4j = openGraphStore(config)
  const summit = openSummit(config, neo4j)
  return {
    sql,
    log,
    cache,
    tags,
    craton,
    neo4j,
    summit,
    async close() {
      await summit?.close()
      await neo4j?.close()
      await tags?.close()
      await craton?.close()
      await log.close()
      await cache.close()
      await sql.close()
    },
  }
}

const recordLimits = (config: Config): RecordLimits => ({
  recordBytes: config.recordMaxBytes,
  batchRecords: config.recordBatchMax,
  batchBytes: config.recordBatchMaxBytes,
})

/** The ports over the opened stores. */
export function createDataSources({
  stores,
  config,
  clock,
  notifier,
}: {
  stores: Stores
  config: Config
  clock: Clock
  /** What the projector of this process tells, if it has one. */
  notifier?: ProjectionNotifier
}): DataSources {
  const { sql, log } = stores
  const native = createSqlRecordStore({ sql, clock, limits: recordLimits(config) })
  const {
    slo,
    store: sloStore,
    counters: sliCounters,
    appends,
    states: sloStates,
    alerts,
    incidents,
    neighbours,
  } = createSlo({ sql, config, clock })
  const guarantees = createGuarantees({ sql, cache: stores.cache, config, clock, counters: sliCounters })
  const progress = createProgress({ sql, clock, notifier })
  const summit = stores.summit == null ? null : createSummit(stores.summit, stores.neo4j ?? null)
  const approvals = summit?.runs == null ? createSqlApprovals({ sql }) : joinApprovals(createSqlApprovals({ sql }), summit.runs)
  return {
    runs: summit?.runs == null ? createSqlRuns({ sql }) : joinRuns(createSqlRuns({ sql }), summit.runs),
    approvals,
    runCommands: createRunCommands({ log, clock }),
    storage: createStorage({
      native: countedAppends(native, appends),
      craton: stores.craton == null ? null : countedAppends(createCratonStore(config, { source: stores.craton, sql, clock }), appends),
    }),
    audit: createRecordAudit({ sql, store: native, log, clock }),
    ...createGraphPorts({ stores, progress, config, clock, summit: summit?.graph ?? null }),
    timeline: createSqlTimeline({ sql }),
    sources: createSources({ stores, progress, config, clock, neighbours, capabilities: summit?.capabilities }),
    progress,
    idempotency: createSqlIdempotency({ sql, clock, operationTimeoutMs: config.operationTimeoutMs }),
    slo,
    sloStore,
    sliCounters,
    appendCounts: appends,
    sloStates,
    receivedAlerts: createReceivedAlerts({ sql, clock }),
    ...guarantees,
    blockers: createSqlBlockers({ sql, approvals, tickets: guarantees.tickets, slo, clock }),
    alerts,
    incidents,
  }
}
