import { type SqlExecutor } from '../datasources/sql/sql.ts'

export type ColumnType = 'bigint' | 'integer' | 'text' | 'boolean'
type Cell = string | number | bigint | boolean | null
export type Columns<Row> = Readonly<Record<string, readonly [ColumnType, (row: Row) => Cell]>>

export interface TableWriter<Row> {
  /** One statement for all rows, none when there are none. */
  write(tx: SqlExecutor, rows: readonly Row[]): Promise<void>
}

/**
 * Writes many rows with one statement, whatever their number: a column is one array parameter. Table and column names are constants of ours.
 * @param onConflict the rest of the statement, such as `on conflict (id) do nothing`
 */
export function createTableWriter<Row>(table: string, columns: Columns<Row>, onConflict = ''): TableWriter<Row> {
  const entries = Object.entries(columns)
  const names = entries.map(([name]) => name).join(', ')
  const arrays = entries.map(([, [type]], index) => `$${index + 1}::${type}[]`).join(', ')
  const text = `insert into ${table} (${names}) select * from unnest(${arrays}) ${onConflict}`
  return {
    async write(tx, rows) {
      if (rows.length === 0) return
      await tx.run(
        text,
        entries.map(([, [, cellOf]]) => rows.map(cellOf)),
      )
    },
  }
}

/** `a = excluded.a, b = excluded.b`: the update half of an upsert. */
export const setExcluded = (columns: readonly string[]): string => columns.map((column) => `${column} = excluded.${column}`).join(', ')
