import { type EventLog, type LogMessage } from '../../src/datasources/log/log.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { applyBatch } from '../../src/projections/apply-batch.ts'
import { type Projection } from '../../src/projections/projection.ts'
import { type Logger } from '../../src/logger.ts'
import { type Projector, type ProjectorOptions, createProjector } from '../../src/projections/projector.ts'
import { createRitualProjection } from '../../src/projections/ritual-projection.ts'
import { projectionTransactions } from '../../src/projections/transactions.ts'
import { resetProjection } from '../../src/projections/watermarks.ts'
import { systemClock } from '../../src/time.ts'
import { eventually } from './eventually.ts'

/** A logger for tests in which outages are the point. */
export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

export const testProjector = (sql: Sql, log: EventLog, options: Partial<ProjectorOptions> = {}): Projector =>
  createProjector({ sql, log, clock: systemClock, logger: silent, standbyMs: 100, ...options })

const projected = [
  ...['runs', 'run_events', 'run_transitions', 'policy_decisions', 'approvals', 'pending_timers', 'ritual_counts'],
  ...['scale_hints', 'dead_letters'],
]

/** Every row of the read model as text, in an order that does not depend on how it was written. The watermark without its clock time. */
export async function dumpTables(sql: Sql): Promise<Record<string, string[]>> {
  const dump: Record<string, string[]> = {}
  for (const table of projected) {
    const rows = await sql.any<{ row: string }>(`select t::text as row from ${table} t order by t::text collate "C"`)
    dump[table] = rows.map(({ row }) => row)
  }
  const marks = await sql.any<{ row: string }>(
    `select (projection, stream, sequence, epoch)::text as row from projection_watermarks order by projection, stream`,
  )
  return { ...dump, marks: marks.map(({ row }) => row) }
}

/** Waits until the tables hold what the ritual stream held when this was called. */
export async function caughtUp(sql: Sql, log: EventLog, withinMs = 20_000): Promise<void> {
  const state = await log.state('ritual')
  await eventually(
    async () => {
      const mark = await sql.maybeOne<{ sequence: bigint; epoch: string }>(
        `select sequence, epoch from projection_watermarks where projection = 'runs'`,
      )
      return mark !== null && mark.epoch === state?.epoch && mark.sequence >= state.lastSequence
    },
    { withinMs },
  )
}

/** Folds messages into empty tables in batches of the given sizes, over and over, without a log. */
export async function foldInBatches(
  sql: Sql,
  messages: readonly LogMessage[],
  sizes: readonly number[],
  projection: Projection = createRitualProjection(),
): Promise<Record<string, string[]>> {
  const transactions = projectionTransactions({ sql, clock: systemClock })
  let mark = await transactions.run((tx) => resetProjection(tx, projection, 'test', 0n))
  for (let from = 0, turn = 0; from < messages.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    mark = (await applyBatch(transactions, projection, mark, messages.slice(from, from + size))).mark
    from += size
  }
  return dumpTables(sql)
}
