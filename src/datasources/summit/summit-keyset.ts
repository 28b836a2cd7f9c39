import { type RowMark, type ScanRequest } from './keyset-scan.ts'
import { type SummitTable } from './summit-tables.ts'

/** The first of these columns that a row has a time in; a time for rows that have none, so that every row has its place. */
export const firstTimes = (
  { columns }: SummitTable,
  names: readonly string[],
  alias: string,
  missing: 'epoch' | 'infinity' = 'epoch',
): string =>
  `coalesce(${[...names.filter((name) => columns.has(name)).map((name) => `${alias}.${name}::timestamptz`), `'${missing}'::timestamptz`].join(', ')})`

export interface SortedRow {
  readonly sort_key: string
  readonly id: string
}

export const markOf = ({ sort_key, id }: SortedRow): RowMark => ({ sort: sort_key, id })

/** Pieces of a statement that reads rows in the order of a time and an id, from a row on; its parameters are `$2` to `$4`. */
export function keysetOf(
  time: string,
  { id, descending, request }: { readonly id: string; readonly descending: boolean; readonly request: ScanRequest },
) {
  const { from, backward, size } = request
  const downward = descending !== backward
  const key = `${id}::text collate "C"`
  return {
    columns: `(${time})::text as sort_key`,
    where: `($2::text is null or (${time}, ${key}) ${downward ? '<' : '>'} ($2::timestamptz, $3::text collate "C"))`,
    orderBy: `${time} ${downward ? 'desc' : 'asc'}, ${key} ${downward ? 'desc' : 'asc'}`,
    values: [from?.sort ?? null, from?.id ?? null, size] as const,
  }
}
