import { type QueryOptions, type Sql, type SqlExecutor, type SqlValue } from './sql.ts'

/** What a driver answers to one statement. */
export interface StatementResult {
  readonly rows: readonly object[]
  readonly rowCount: number
  /** The command tag's first word, such as `INSERT`. */
  readonly command: string
}

export type RunStatement = (text: string, values: readonly SqlValue[], options: QueryOptions | undefined) => Promise<StatementResult>

const wrongCount = (expected: string, count: number, text: string): Error =>
  new Error(`expected ${expected}, got ${count} rows from: ${text.trim().slice(0, 200)}`)

/** The row-count methods over one way of running a statement. The caller names the row's type: SQL cannot be checked by TypeScript. */
export function createExecutor(runStatement: RunStatement): SqlExecutor {
  const any = async <Row extends object>(text: string, values: readonly SqlValue[] = [], options?: QueryOptions): Promise<Row[]> => {
    const { rows } = await runStatement(text, values, options)
    return rows as Row[]
  }
  const maybeOne = async <Row extends object>(text: string, values?: readonly SqlValue[], options?: QueryOptions): Promise<Row | null> => {
    const rows = await any<Row>(text, values, options)
    if (rows.length > 1) throw wrongCount('at most one row', rows.length, text)
    return rows[0] ?? null
  }
  return {
    any,
    maybeOne,
    async one<Row extends object>(text: string, values?: readonly SqlValue[], options?: QueryOptions) {
      const row = await maybeOne<Row>(text, values, options)
      if (row === null) throw wrongCount('one row', 0, text)
      return row
    },
    async run(text, values = [], options) {
      return (await runStatement(text, values, options)).rowCount
    },
  }
}

/** What any server answers to whom asks after it. */
export const probesOf = (executor: SqlExecutor): Pick<Sql, 'ping' | 'version'> => ({
  async ping(timeoutMs) {
    await executor.one('select 1 as one', [], { timeoutMs })
  },
  async version() {
    const { version } = await executor.one<{ version: string }>('select version() as version')
    return version.split(' ').slice(0, 2).join(' ')
  },
})
