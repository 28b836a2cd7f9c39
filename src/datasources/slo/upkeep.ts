import { type Logger } from '../../logger.ts'
import { type Sql } from '../sql/sql.ts'
import { pause } from '../../pause.ts'
import { type SliCounters } from './counters.ts'
import { type AppendCounts } from './append-counts.ts'
import { purgeAppendCounts, storeAppendCounts } from './sql-append-counts.ts'
import { loadCounters, purgeCounters, syncCounters } from './sql-counters.ts'
import { type SloStore } from './sql-slos.ts'

/** Keeps the counters of this process in step with SQL: which objectives there are, what all replicas counted. */
export interface SloUpkeep {
  /** Fills the rings with what was stored, then goes on by itself. */
  start(): Promise<void>
  /** Stores what was counted last. */
  stop(): Promise<void>
}

const PURGE_EVERY = 360

export function createSloUpkeep(parts: {
  readonly sql: Sql
  readonly store: SloStore
  readonly counters: SliCounters
  readonly appends: AppendCounts
  readonly logger: Pick<Logger, 'info' | 'warn'>
  readonly intervalMs?: number
  /** Done once, before the counters are filled. */
  readonly prepare?: () => Promise<unknown>
  /** Measured once a round, such as how far the projector is behind. */
  readonly sample?: () => Promise<void>
}): SloUpkeep {
  const { sql, store, counters, appends, logger, intervalMs = 10_000 } = parts
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  const nowSeconds = () => Date.now() / 1000

  let loaded = false

  /** The first time: what must be there before anything is counted. A store that is away is asked again in the next round. */
  async function load(): Promise<void> {
    await parts.prepare?.()
    counters.define(await store.all())
    await loadCounters(sql, counters, nowSeconds())
    loaded = true
  }

  async function sync(): Promise<void> {
    await syncCounters(sql, counters, nowSeconds())
    await storeAppendCounts(sql, appends)
  }

  async function round(turn: number): Promise<void> {
    if (!loaded) await load()
    counters.define(await store.all())
    await parts.sample?.()
    await sync()
    if (turn % PURGE_EVERY !== PURGE_EVERY - 1) return
    await purgeCounters(sql, nowSeconds())
    await purgeAppendCounts(sql, nowSeconds())
  }

  async function run(): Promise<void> {
    let failing = false
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      await pause(intervalMs, stopping.signal)
      if (stopping.signal.aborted) return
      try {
        await round(turn)
        failing = false
      } catch (error) {
        if (!failing) logger.warn({ err: error }, 'counters of objectives could not be stored')
        failing = true
      }
    }
  }

  return {
    async start() {
      await load().catch((error: unknown) => logger.warn({ err: error }, 'objectives could not be loaded yet'))
      running = run()
    },
    async stop() {
      if (running === null) return
      stopping.abort()
      await running
      await sync().catch((error: unknown) => logger.warn({ err: error }, 'the last counts of objectives could not be stored'))
    },
  }
}
