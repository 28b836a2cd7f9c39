import { type ApprovalsDataSource } from './approvals/approvals.ts'
import { type Cache } from './cache/cache.ts'
import { type IdempotencyStore } from './idempotency.ts'
import { type EventLog } from './log/log.ts'
import { type RunCommands } from './runs/commands.ts'
import { type RunsDataSource } from './runs/runs.ts'
import { type Sql } from './sql/sql.ts'
import { type SourcesDataSource } from './system/sources.ts'
import { type ProjectionProgress } from '../projections/progress.ts'

/** The ports that resolvers and subscriptions may use. */
export interface DataSources {
  readonly runs: RunsDataSource
  readonly approvals: ApprovalsDataSource
  readonly runCommands: RunCommands
  readonly sources: SourcesDataSource
  readonly progress: ProjectionProgress
  readonly idempotency: IdempotencyStore
}

/** The stores under them, for the worker, health and the hub. */
export interface Stores {
  readonly sql: Sql
  readonly log: EventLog
  readonly cache: Cache
  close(): Promise<void>
}
