import { type SqlValue } from '../sql/sql.ts'
import { type Consumption } from './nonces.ts'

/**
 * Stamps of uses, as columns: the place of their use among `uses` (from 1), then what is kept.
 * For `unnest($n::int[], $n+1::text[], ...) as s (ord, stamp_id, repo_sha, plan_hash, file_path, stamp)`.
 */
export function stampColumns(uses: readonly Consumption[]): SqlValue[] {
  const rows = uses.flatMap(({ stamps = [] }, index) => stamps.map((stamp) => ({ ...stamp, ord: index + 1 })))
  return [
    rows.map(({ ord }) => ord),
    rows.map(({ stampId }) => stampId),
    rows.map(({ repoSha }) => repoSha),
    rows.map(({ planHash }) => planHash),
    rows.map(({ path }) => path),
    rows.map(({ digest }) => digest),
  ]
}
