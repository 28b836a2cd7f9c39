import { type RunKey } from './runs/runs.ts'
import { type Scope } from './scope.ts'
import { type Sql } from './sql/sql.ts'
import { parentRuns } from './sql-children.ts'
import { type Parameters, parameters } from './sql-keyset.ts'

/** How many rows there are; the tenant is `$1`. */
export async function countRows(
  sql: Sql,
  scope: Scope,
  { what = '*', from, where, params }: { what?: string; from: string; where: readonly string[]; params: Parameters },
): Promise<number> {
  const { count } = await sql.one<{ count: bigint }>(
    `select count(${what}) as count from ${from} where ${where.join(' and ')}`,
    params.values,
    {
      signal: scope.signal,
    },
  )
  return Number(count)
}

/**
 * How many children each run has, in the order of `keys`: one statement for all of them.
 * @param source its `where` ties a child to its parent `r`, and names parameters after `$1`, the tenant
 */
export async function countOfRuns(
  sql: Sql,
  scope: Scope,
  keys: readonly RunKey[],
  source: (params: Parameters) => { readonly from: string; readonly where: readonly string[] },
): Promise<number[]> {
  if (keys.length === 0) return []
  const params = parameters(scope.tenantId)
  const { from, where } = source(params)
  const rows = await sql.any<{ count: bigint }>(
    `select (select count(*) from ${from} where ${where.join(' and ')}) as count from ${parentRuns(keys, params)} order by parent.ord`,
    params.values,
    { signal: scope.signal },
  )
  return rows.map(({ count }) => Number(count))
}
