import { type Test } from 'tap'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { createSqlRecordStore } from '../../src/datasources/storage/sql-record-store.ts'
import { createRecordRelay } from '../../src/projections/record-relay.ts'
import { systemClock } from '../../src/time.ts'
import { temporaryFolder } from './program.ts'
import { createTestDatabase } from './sql.ts'

/** The tenant of the records that a killed process wrote. */
export const killedScope = { tenantId: 'acme' }

/** @param place a data directory, or the URL of a database */
export const openKilled = (place: string): Promise<Sql> =>
  place.startsWith('postgres')
    ? Promise.resolve(openPostgresSql({ url: place, poolSize: 4, timeoutMs: 60_000 }))
    : openPgliteSql({ dataDir: place, timeoutMs: 60_000 })

/** Where a process can write until it is killed; null where there is no such store. */
export const killablePlaces: Readonly<Record<string, (t: Test) => Promise<string | null>>> = {
  PGlite: temporaryFolder,
  PostgreSQL: createTestDatabase,
}

/** Appends that the log was told of, in its order. */
async function announcedRanges(sql: Sql): Promise<{ first: bigint; last: bigint }[]> {
  const log = openSqlLog({ sql, clock: systemClock })
  try {
    // What the last life did not come to tell, its successor does.
    const relay = createRecordRelay({ sql, log })
    for (let told = 1; told > 0;) told = await relay.step(new AbortController().signal)
  } finally {
    await log.close()
  }
  const events = await sql.any<{ payload: Uint8Array }>(
    `select payload from log_messages where stream = 'orrery' and subject like 'orrery.events.%.storage.record' order by sequence`,
  )
  interface Announcement {
    readonly data: { readonly stream: string; readonly firstOffset: string; readonly lastOffset: string }
  }
  return events
    .map(({ payload }) => (JSON.parse(Buffer.from(payload).toString('utf8')) as Announcement).data)
    .filter(({ stream }) => stream === 'load')
    .map(({ firstOffset, lastOffset }) => ({ first: BigInt(firstOffset), last: BigInt(lastOffset) }))
}

/** What must hold of the stream `load` after its writers were killed. @param acknowledged each text by its offset */
export async function checkKilled(
  t: Test,
  { sql, tenantId, acknowledged }: { sql: Sql; tenantId: string; acknowledged: ReadonlyMap<number, string> },
): Promise<void> {
  const store = createSqlRecordStore({ sql, clock: systemClock, limits: { recordBytes: 1, batchRecords: 1, batchBytes: 1 } })
  const stream = await store.find({ tenantId }, 'load')
  if (stream === null) throw new Error('no stream')
  const records = await sql.any<{ record_offset: bigint; payload: Uint8Array }>(
    'select record_offset, payload from records where stream_key = $1 order by record_offset',
    [BigInt(stream.key)],
  )
  t.ok(
    records.every(({ record_offset: offset }, index) => offset === BigInt(index)),
    'no hole',
  )
  t.match(
    await store.verify({ tenantId }, stream, { from: null, to: null }),
    { ok: true, checked: BigInt(records.length) },
    'a valid chain',
  )
  const texts = records.map(({ payload }) => Buffer.from(payload).toString('utf8'))
  t.equal(new Set(texts).size, texts.length, 'nothing twice')
  t.same(
    [...acknowledged].filter(([offset, text]) => texts[offset] !== text),
    [],
    'acknowledged = present',
  )
  let next = 0n
  const wrong = (await announcedRanges(sql)).filter(({ first, last }) => {
    const expected = next
    next = last + 1n
    return first !== expected
  })
  t.same(wrong, [], 'announced in order, each once')
  t.equal(next, BigInt(records.length), 'all are announced')
  t.same(await sql.one(`select count(*) as waiting from record_outbox`), { waiting: 0n })
}
