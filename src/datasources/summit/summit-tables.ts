import { type Scope } from '../scope.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'

/** A table as an install has it: where it lies, and which columns it has. */
export interface SummitTable {
  /** Quoted and qualified. */
  readonly name: string
  readonly columns: ReadonlySet<string>
}

/**
 * Summit's PostgreSQL, read only. Tables are found by their columns, because installs differ. (contract: summit 4, 10.6)
 */
export interface SummitTables {
  /** The table of that name in the tenant's schema, else in `public`; null where there is none. */
  table(tx: SqlExecutor, tenantId: string, name: 'entities' | 'relationships' | 'runs' | 'approvals'): Promise<SummitTable | null>
  /** Reads in one read-only transaction, with the tenant set for row-level security. */
  read<T>(scope: Scope, work: (tx: SqlExecutor) => Promise<T>): Promise<T>
}

const LIFE_MS = 30_000

/** As Summit normalises it; names collide, so a schema never replaces the tenant's column. (contract: summit 2.7) */
const schemaOf = (tenantId: string): string => `tenant_${tenantId.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

export function createSummitTables({ sql }: { sql: Sql }): SummitTables {
  const known = new Map<string, { readonly table: SummitTable | null; readonly until: number }>()
  return {
    async table(tx, tenantId, name) {
      const key = `${schemaOf(tenantId)}.${name}`
      const cached = known.get(key)
      if (cached !== undefined && performance.now() < cached.until) return cached.table
      const rows = await tx.any<{ table_schema: string; column_name: string }>(
        `select table_schema::text, column_name::text from information_schema.columns
          where table_name = $1 and table_schema = any($2::text[])`,
        [name, [schemaOf(tenantId), 'public']],
      )
      const own = rows.filter(({ table_schema }) => table_schema !== 'public')
      const chosen = own.length > 0 ? own : rows
      const [first] = chosen
      const table =
        first === undefined
          ? null
          : { name: `${quoted(first.table_schema)}.${quoted(name)}`, columns: new Set(chosen.map(({ column_name }) => column_name)) }
      if (known.size > 10_000) known.clear()
      known.set(key, { table, until: performance.now() + LIFE_MS })
      return table
    },
    read: (scope, work) =>
      sql.transaction(
        async (tx) => {
          await tx.run('set transaction read only')
          await tx.any(`select set_config('app.current_tenant', $1, true)`, [scope.tenantId])
          return work(tx)
        },
        { signal: scope.signal },
      ),
  }
}

/** The first of these columns that a table has. */
export const firstColumn = ({ columns }: SummitTable, names: readonly string[]): string | null =>
  names.find((name) => columns.has(name)) ?? null
