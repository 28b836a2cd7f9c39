import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { type GroupDelta, type SliCounters } from './counters.ts'
import { groupRings } from './group-counts.ts'
import { overlapOf, ringFor, ringShapes, type RingWindow, ringWindowOf } from './rings.ts'
import { capGroups, type SliSource } from './sli-source.ts'
import { type SloDefinition, type SloGroup } from './slo.ts'

const column = <T>(deltas: readonly GroupDelta[], pick: (delta: GroupDelta) => T): T[] => deltas.map(pick)

/** Adds counts of groups to what all replicas counted. */
export async function storeGroups(
  tx: SqlExecutor,
  deltas: readonly GroupDelta[],
  partsOf: (key: string) => readonly [string, string],
): Promise<void> {
  if (deltas.length === 0) return
  await tx.run(
    `insert into slo_group_slots as s (tenant_id, slo_name, ring, slot, group_name, good, total)
       select * from unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[])
         as given (tenant_id, slo_name, ring, slot, group_name, good, total)
       order by 1, 2, 3, 4, 5
     on conflict (tenant_id, slo_name, ring, slot, group_name) do update set good = s.good + excluded.good, total = s.total + excluded.total`,
    [
      column(deltas, ({ key }) => partsOf(key)[0]),
      column(deltas, ({ key }) => partsOf(key)[1]),
      column(deltas, ({ ring }) => ring),
      column(deltas, ({ slot }) => slot),
      column(deltas, ({ group }) => group),
      column(deltas, ({ good }) => Math.round(good)),
      column(deltas, ({ total }) => Math.round(total)),
    ],
  )
}

/** Removes groups that no ring reaches any more; a bounded bite. */
export async function purgeGroups(sql: Sql, oldest: (ring: number) => bigint): Promise<void> {
  for (const ring of groupRings)
    await sql.run(
      `delete from slo_group_slots where (tenant_id, slo_name, ring, slot, group_name) in
         (select tenant_id, slo_name, ring, slot, group_name from slo_group_slots where ring = $1::smallint and slot < $2 limit 20000)`,
      [ring, oldest(ring)],
    )
}

async function readGroups(sql: Sql, { tenantId, name }: SloDefinition, ring: number, window: RingWindow, signal?: AbortSignal) {
  const slotSeconds = ringShapes[ring]?.seconds ?? 1
  const first = Math.floor(window.from / slotSeconds)
  const last = Math.ceil(window.to / slotSeconds) - 1
  // slots within the window are added up by SQL, those at its edges here by their overlap
  const rows = await sql.any<{ group_name: string; slot: bigint | null; good: bigint; total: bigint }>(
    `select group_name, case when slot in ($4, $5) then slot end as slot, sum(good)::bigint as good, sum(total)::bigint as total
       from slo_group_slots where tenant_id = $1 and slo_name = $2 and ring = $3::smallint and slot between $4 and $5 group by 1, 2`,
    [tenantId, name, ring, BigInt(first), BigInt(last)],
    { signal },
  )
  return rows.map((row) => {
    const share = row.slot === null ? 1 : overlapOf(Number(row.slot) * slotSeconds, slotSeconds, window)
    return { group: row.group_name, good: Number(row.good) * share, total: Number(row.total) * share }
  })
}

/** Our own counters with their groups: what all replicas stored, and what waits here. */
export const withStoredGroups = (counters: SliCounters, sql: Sql, nowSeconds: () => number): SliSource => ({
  ...counters,
  async groups(slo, range, signal) {
    const { groupBy } = slo.labels
    if (groupBy === undefined) return null
    const window = ringWindowOf(range, nowSeconds())
    const ring = Math.max(groupRings[0], ringFor(window.now - window.from))
    const slotSeconds = ringShapes[ring]?.seconds ?? 1
    const waiting = counters
      .waitingGroups(slo)
      .filter((one) => one.ring === ring)
      .map(({ group, slot, good, total }) => {
        const share = overlapOf(slot * slotSeconds, slotSeconds, window)
        return { group, good: good * share, total: total * share }
      })
    const sums = new Map<string, { good: number; total: number }>()
    for (const { group, good, total } of [...(await readGroups(sql, slo, ring, window, signal)), ...waiting]) {
      const known = sums.get(group) ?? { good: 0, total: 0 }
      sums.set(group, { good: known.good + good, total: known.total + total })
    }
    const named = [...sums].filter(([group, { total }]) => group !== '' && total > 0)
    return capGroups(
      named.map(([group, counts]): SloGroup => ({ labels: { [groupBy]: group }, overflow: false, ...counts })),
      sums.get('') ?? null,
    )
  },
})
