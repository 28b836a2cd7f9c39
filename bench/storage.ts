// npm run bench -- storage [records]: the native record store (appends, reads, verification) on PGlite, and on PostgreSQL when DATABASE_URL is set;
// Craton's codec. Targets: on PostgreSQL 3,000 single appends/s by 10 writers, 55,000 records/s in batches of 1,000, 100 records in 3 ms at any
// offset, 200,000 verified records/s; half of that embedded; 200,000 small frames/s.
import { encodeFrame, FrameDecoder } from '../src/datasources/craton/frames.ts'
import { createSqlRecordStore, type NativeRecordStore } from '../src/datasources/storage/sql-record-store.ts'
import { type RecordStream } from '../src/datasources/storage/storage.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { systemClock } from '../src/time.ts'
import { sqlAdapters } from '../test/support/sql.ts'
import { bench, elapsedMs, owner, quantile, readable } from './support/bench.ts'

const scope = { tenantId: 'bench' }
const payload = Buffer.alloc(200, 0x61)
const limits = { recordBytes: 65_536, batchRecords: 10_000, batchBytes: 33_554_432 }
const rateOf = (count: number, ms: number): number => Math.round((count / ms) * 1_000)

let made = 0
const newStream = async (store: NativeRecordStore): Promise<RecordStream> =>
  (await store.create(scope, { name: `bench-${++made}`, dataClass: 'PUBLIC', retentionDays: null })).stream

const batchOf = (count: number) => ({ payloads: Array.from({ length: count }, () => payload), expectedOffset: null, idempotency: null })

async function singles(store: NativeRecordStore, count: number): Promise<number> {
  const stream = await newStream(store)
  let left = count
  const writer = async () => {
    for (; left > 0; left -= 1) await store.append(scope, stream, batchOf(1))
  }
  return rateOf(count, await elapsedMs(() => Promise.all(Array.from({ length: 10 }, writer))))
}

async function batches(store: NativeRecordStore, stream: RecordStream, count: number): Promise<number> {
  return rateOf(
    count,
    await elapsedMs(async () => {
      for (let done = 0; done < count; done += 1_000) await store.append(scope, stream, batchOf(1_000))
    }),
  )
}

/** Puts rows far behind what was appended, without their chain: only the cost of finding them is measured. */
async function farRecords(sql: Sql, stream: RecordStream, offset: bigint): Promise<void> {
  await sql.run(
    `insert into records (stream_key, record_offset, kind, payload, hash, recorded_at_ns)
     select $1, $2::bigint + n, 0, $3::bytea, decode(repeat('00', 32), 'hex'), 0 from generate_series(0, 999) as n`,
    [BigInt(stream.key), offset, payload],
  )
  await sql.run('update record_streams set length = $2 where stream_key = $1', [BigInt(stream.key), offset + 1_000n])
}

async function readMs(store: NativeRecordStore, stream: RecordStream, from: bigint): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 200; round += 1)
    times.push(await elapsedMs(() => store.read(scope, stream, { from: from + BigInt(round), to: from + BigInt(round) + 100n })))
  return readable(quantile(times.slice(20), 0.5))
}

async function storeFigures(name: string, sql: Sql, records: number) {
  const store = createSqlRecordStore({ sql, clock: systemClock, limits })
  const warm = await newStream(store)
  await batches(store, warm, 5_000)
  const one = await singles(store, Math.min(20_000, records / 5))
  const stream = await newStream(store)
  const many = await batches(store, stream, records)
  const before = process.memoryUsage().rss
  let verified = 0
  const ms = await elapsedMs(async () => {
    const found = await store.verify(scope, stream, { from: null, to: null })
    if (!found.ok) throw new Error(found.reason ?? 'broken')
    verified = Number(found.checked)
  })
  const grown = Math.round((process.memoryUsage().rss - before) / 1_048_576)
  const near = await readMs(store, stream, 10n)
  await farRecords(sql, stream, 10_000_000n)
  const far = await readMs(store, stream, 10_000_000n)
  return {
    store: name,
    'singles/s, 10 writers': one,
    'records/s, batches of 1,000': many,
    '100 at offset 10, p50 ms': near,
    '100 at offset 10,000,000, p50 ms': far,
    'verified/s': rateOf(verified, ms),
    'grown while verifying, MB': grown,
  }
}

function codecRate(): { encoded: number; decoded: number } {
  const count = 400_000
  const message = {
    type: 'Request',
    id: 7n,
    tenantId: 7n,
    audit: null,
    payload: { type: 'StreamInfo', streamId: 30_064_771_073n },
  } as const
  const frame = encodeFrame(message)
  for (let index = 0; index < 20_000; index += 1) encodeFrame(message)
  const encoding = performance.now()
  for (let index = 0; index < count; index += 1) encodeFrame(message)
  const encoded = rateOf(count, performance.now() - encoding)
  const decoder = new FrameDecoder()
  const chunk = Buffer.concat(Array.from({ length: 100 }, () => frame))
  for (let index = 0; index < 100; index += 1) decoder.push(chunk)
  const decoding = performance.now()
  for (let index = 0; index < count; index += 100) decoder.push(chunk)
  return { encoded, decoded: rateOf(count, performance.now() - decoding) }
}

await bench(async () => {
  const records = Number(process.argv[2] ?? 100_000)
  console.log(`${records} records of 200 bytes`)
  const rows: object[] = []
  for (const { name, sql } of await sqlAdapters(owner)) rows.push(await storeFigures(name, sql, records))
  console.table(rows)
  console.table([{ codec: 'small frames/s', ...codecRate() }])
})
