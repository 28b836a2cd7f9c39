// Ten writers in a process of its own, to be killed: `append-process.js DIR|DATABASE_URL FROM TO`. Each append is one record `r<number>`; what is
// acknowledged is said as a line `<offset> r<number>`. Meanwhile appends are announced, as by a worker.
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { createSqlRecordStore } from '../../src/datasources/storage/sql-record-store.ts'
import { createRecordRelay } from '../../src/projections/record-relay.ts'
import { systemClock } from '../../src/time.ts'
import { killedScope, openKilled } from './records-killed.ts'

const [place = '', from = '0', to = '0'] = process.argv.slice(2)
const WRITERS = 10
const limits = { recordBytes: 1_000, batchRecords: 10, batchBytes: 10_000 }

const sql = await openKilled(place)
const store = createSqlRecordStore({ sql, clock: systemClock, limits })
const { stream } = await store.create(killedScope, { name: 'load', dataClass: 'PUBLIC', retentionDays: null })
const log = openSqlLog({ sql, clock: systemClock })
const relay = createRecordRelay({ sql, log })
const stop = new AbortController()

async function announce(): Promise<void> {
  while (!stop.signal.aborted)
    if ((await relay.step(new AbortController().signal)) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
}

let next = Number(from)
async function write(): Promise<void> {
  while (next < Number(to)) {
    const text = `r${next}`
    next += 1
    const done = await store.append(killedScope, stream, { payloads: [Buffer.from(text)], expectedOffset: null, idempotency: null })
    if (done.outcome === 'APPENDED') process.stdout.write(`${done.firstOffset} ${text}\n`)
  }
}

const announcing = announce()
await Promise.all(Array.from({ length: WRITERS }, write))
stop.abort()
await announcing
await log.close()
await sql.close()
