import { type LogMessage } from '../../src/datasources/log/log.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { applyBatch } from '../../src/projections/apply-batch.ts'
import { createGraphProjection } from '../../src/projections/graph-projection.ts'
import { projectionTransactions } from '../../src/projections/transactions.ts'
import { resetProjection } from '../../src/projections/watermarks.ts'
import { systemClock } from '../../src/time.ts'

/** Folds messages into empty graph tables in batches of the given sizes, over and over. */
export async function foldGraph(
  sql: Sql,
  messages: readonly LogMessage[],
  sizes: readonly number[],
  projection = createGraphProjection(),
): Promise<{ deadLetters: number }> {
  const transactions = projectionTransactions({ sql, clock: systemClock })
  let mark = await transactions.run((tx) => resetProjection(tx, projection, 'test', 0n))
  let deadLetters = 0
  for (let from = 0, turn = 0; from < messages.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    const result = await applyBatch(transactions, projection, mark, messages.slice(from, from + size))
    mark = result.mark
    deadLetters += result.deadLetters
    from += size
  }
  return { deadLetters }
}

/** Every row of the graph's tables as text. */
export async function dumpGraphTables(sql: Sql): Promise<Record<string, string[]>> {
  const dump: Record<string, string[]> = {}
  for (const table of createGraphProjection().tables) {
    const rows = await sql.any<{ row: string }>(`select t::text as row from ${table} t order by t::text collate "C"`)
    dump[table] = rows.map(({ row }) => row)
  }
  return dump
}
