import { type FastifyBaseLogger } from 'fastify'
import { type Config } from './config.ts'
import { type DataSources, type Stores } from './datasources/index.ts'
import { isAppError } from './errors.ts'
import { createLeader } from './datasources/sql/leader.ts'
import { createRecordAudit } from './datasources/storage/record-audit.ts'
import { createSqlRecordStore } from './datasources/storage/sql-record-store.ts'
import { pinGrownStreams } from './datasources/storage/sql-pins.ts'
import { applyRetention } from './datasources/storage/sql-retention.ts'
import { pause } from './pause.ts'
import { chainPendingReceipts } from './projections/pending-receipts.ts'
import { createRecordRelay } from './projections/record-relay.ts'
import { keepSampleRecords } from './sample/records.ts'
import { type Clock } from './time.ts'

export interface StorageWorkerParts {
  readonly config: Config
  readonly stores: Stores
  readonly dataSources: Pick<DataSources, 'storage'>
  readonly clock: Clock
  readonly logger: FastifyBaseLogger
}

/** The upkeep of native records in the worker role, by one process at a time: announcing appends, pinning, retention, late receipts. */
export interface StorageWorker {
  start(): void
  stop(): Promise<void>
}

const LOCK = 'storage-upkeep'
const STANDBY_MS = 2_000
const RELAY_MS = 200
const RETRY_MS = 1_000
const RECEIPTS_MS = 30_000
const RETENTION_MS = 3_600_000

export function createStorageWorker({ config, stores, dataSources, clock, logger }: StorageWorkerParts): StorageWorker {
  const { sql, log } = stores
  const stopping = new AbortController()
  let sample: Promise<void> = Promise.resolve()

  /** Repeats a task until it is told to stop; what fails is tried again later. */
  async function repeat(what: string, signal: AbortSignal, task: () => Promise<number>): Promise<void> {
    let failed = false
    while (!signal.aborted) {
      let pauseMs = RETRY_MS
      try {
        pauseMs = await task()
        failed = false
      } catch (error) {
        if (signal.aborted) return
        if (!failed || !isAppError(error, 'SOURCE_UNAVAILABLE')) logger.warn({ err: error }, `${what} failed; it is tried again`)
        failed = true
      }
      await pause(pauseMs, signal)
    }
  }

  async function lead(signal: AbortSignal): Promise<void> {
    const relay = createRecordRelay({ sql, log })
    const store = createSqlRecordStore({ sql, clock, limits: { recordBytes: 1_048_576, batchRecords: 1_000, batchBytes: 8_388_608 } })
    const audit = createRecordAudit({ sql, store, log, clock })
    await Promise.all([
      repeat('announcing records', signal, async () => ((await relay.step(signal)) > 0 ? 0 : RELAY_MS)),
      repeat('pinning streams', signal, async () => {
        const pinned = await pinGrownStreams({ sql, clock })
        if (pinned > 0) logger.info({ streams: pinned }, 'streams pinned')
        return config.recordPinSeconds * 1_000
      }),
      repeat('chaining late receipts', signal, async () => {
        const chained = await chainPendingReceipts({ sql, log, audit, clock }, signal)
        if (chained > 0) logger.info({ receipts: chained }, 'late receipts chained')
        return RECEIPTS_MS
      }),
      repeat('retention of records', signal, async () => {
        const cut = await applyRetention({ sql, clock })
        if (cut > 0n) logger.info({ records: cut.toString() }, 'records beyond their retention removed')
        return RETENTION_MS
      }),
    ])
  }

  const leader = createLeader({ sql, lock: LOCK, what: 'upkeep of records', logger, standbyMs: STANDBY_MS, lead })

  return {
    start() {
      if (!config.roles.includes('worker')) return
      leader.start()
      if (log.mode !== 'EMBEDDED' || config.sampleData === 'off') return
      const options = { storage: dataSources.storage, log, live: config.sampleData === 'live', signal: stopping.signal }
      sample = keepSampleRecords(options).catch((error: unknown) => {
        // the sample is a show: its end is no reason to end the server
        if (!stopping.signal.aborted) logger.warn({ err: error }, 'the sample records could not be written')
      })
    },
    async stop() {
      stopping.abort()
      await leader.stop()
      await sample
    },
  }
}
