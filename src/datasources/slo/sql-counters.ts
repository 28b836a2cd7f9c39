import { type Sql } from '../sql/sql.ts'
import { counterKey, type SliCounters, type SlotDelta } from './counters.ts'
import { ringShapes } from './rings.ts'
import { purgeGroups, storeGroups } from './sql-counter-groups.ts'

interface SlotRow {
  tenant_id: string
  slo_name: string
  ring: number
  slot: bigint
  good: bigint
  total: bigint
}

const oldest = (ring: number, nowSeconds: number): bigint => {
  const shape = ringShapes[ring]
  return shape === undefined ? 0n : BigInt(Math.floor(nowSeconds / shape.seconds) - shape.slots + 1)
}

const partsOf = (key: string): [string, string] => {
  const parts: unknown = JSON.parse(key)
  return Array.isArray(parts) ? [String(parts[0]), String(parts[1])] : ['', '']
}

/** What all replicas counted, as far as it lies within the rings. */
async function readSlots(sql: Sql, ring: number, since: bigint): Promise<SlotDelta[]> {
  const rows = await sql.any<SlotRow>(
    'select tenant_id, slo_name, ring, slot, good, total from slo_slots where ring = $1::smallint and slot >= $2 order by slot',
    [ring, since],
  )
  return rows.map((row) => ({
    key: counterKey(row.tenant_id, row.slo_name),
    ring: row.ring,
    slot: Number(row.slot),
    good: Number(row.good),
    total: Number(row.total),
  }))
}

async function readAlive(sql: Sql, ring: number, since: bigint): Promise<number[]> {
  const rows = await sql.any<{ slot: bigint }>('select slot from slo_alive where ring = $1::smallint and slot >= $2 order by slot', [
    ring,
    since,
  ])
  return rows.map(({ slot }) => Number(slot))
}

/** Fills the rings with what was stored before this process began: a restart forgets nothing but the time it took. */
export async function loadCounters(sql: Sql, counters: SliCounters, nowSeconds: number): Promise<void> {
  for (const ring of ringShapes.keys()) {
    for (const slot of await readSlots(sql, ring, oldest(ring, nowSeconds))) counters.merge(slot)
    for (const slot of await readAlive(sql, ring, oldest(ring, nowSeconds))) counters.markAlive(ring, slot)
  }
}

const column = <T>(deltas: readonly SlotDelta[], pick: (delta: SlotDelta) => T): T[] => deltas.map(pick)

/**
 * Adds what this process counted to what all replicas counted, and takes their sum back into the rings. Deltas that could not be stored are
 * kept for the next time.
 * @throws AppError as every call of `Sql`
 */
export async function syncCounters(sql: Sql, counters: SliCounters, nowSeconds: number): Promise<void> {
  const { slots: deltas, groups, alive } = counters.takeDeltas()
  try {
    await sql.transaction(async (tx) => {
      if (deltas.length > 0)
        await tx.run(
          `insert into slo_slots as s (tenant_id, slo_name, ring, slot, good, total)
             select * from unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[]) as given (tenant_id, slo_name, ring, slot, good, total)
             order by 1, 2, 3, 4
           on conflict (tenant_id, slo_name, ring, slot) do update set good = s.good + excluded.good, total = s.total + excluded.total`,
          [
            column(deltas, ({ key }) => partsOf(key)[0]),
            column(deltas, ({ key }) => partsOf(key)[1]),
            column(deltas, ({ ring }) => ring),
            column(deltas, ({ slot }) => slot),
            column(deltas, ({ good }) => Math.round(good)),
            column(deltas, ({ total }) => Math.round(total)),
          ],
        )
      await storeGroups(tx, groups, partsOf)
      await tx.run(
        `insert into slo_alive (ring, slot) select * from unnest($1::smallint[], $2::bigint[]) as given (ring, slot) order by 1, 2 on conflict do nothing`,
        [alive.map(({ ring }) => ring), alive.map(({ slot }) => slot)],
      )
    })
  } catch (error) {
    counters.restoreDeltas({ slots: deltas, groups })
    throw error
  }
  // the newest slots are those that other replicas may have added to
  for (const [ring, { seconds }] of ringShapes.entries()) {
    const since = BigInt(Math.floor(nowSeconds / seconds) - (ring === 0 ? 6 : 1))
    for (const slot of await readSlots(sql, ring, since)) counters.merge(slot)
    for (const slot of await readAlive(sql, ring, since)) counters.markAlive(ring, slot)
  }
}

/** Removes what no ring reaches any more; a bounded bite. */
export async function purgeCounters(sql: Sql, nowSeconds: number): Promise<void> {
  for (const ring of ringShapes.keys()) {
    await sql.run(
      'delete from slo_slots where (tenant_id, slo_name, ring, slot) in (select tenant_id, slo_name, ring, slot from slo_slots where ring = $1::smallint and slot < $2 limit 20000)',
      [ring, oldest(ring, nowSeconds)],
    )
    await sql.run('delete from slo_alive where ring = $1::smallint and slot < $2', [ring, oldest(ring, nowSeconds)])
  }
  await purgeGroups(sql, (ring) => oldest(ring, nowSeconds))
}
