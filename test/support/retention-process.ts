// A server in a process of its own, without the hooks of a test runner, which keep promises alive: says as JSON how many bytes an answer leaves behind
// in the old generation, though only young objects were collected, and how long the answer was. Run with `--expose-gc`.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { resultText } from '../../src/operation/result-text.ts'
import { systemClock } from '../../src/time.ts'
import { originOf } from './fixture-app.ts'
import { liveServer } from './live-server.ts'
import { randomModel, seed } from './seeded-reads.ts'

const turns = 300
const query =
  '{ runs(first: 50) { nodes { id status startedAt approvals(first: 3) { nodes { id state } } events(first: 6) { nodes { id type at } } } } }'

const { gc: collect } = globalThis
if (collect === undefined) throw new Error('run with --expose-gc')
const oldBytes = (): number => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')?.space_used_size ?? NaN

const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
await migrate(sql)
await seed(sql, randomModel().messages)
const log = openSqlLog({ sql, clock: systemClock })
const closers: (() => unknown)[] = []
const owner = { teardown: (close: () => unknown) => void closers.push(close) }
const { app } = await liveServer(owner, { name: 'embedded', sql, log }, { withoutProjector: true })

async function ask(): Promise<string> {
  const prepared = await app.pipeline.prepare({ query }, await originOf(app))
  if (prepared.kind === 'REFUSED') throw new Error(JSON.stringify(prepared.result))
  return resultText(await app.pipeline.execute(prepared.operation))
}

async function run(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await ask()
    if (turn % 10 !== 9) continue
    await nextTurn()
    // whatever two collections find alive becomes old
    collect?.({ type: 'minor', execution: 'sync' })
    collect?.({ type: 'minor', execution: 'sync' })
  }
}

await run()
collect()
const before = oldBytes()
await run()
process.stdout.write(JSON.stringify({ bytes: Math.round((oldBytes() - before) / turns), characters: (await ask()).length }))
for (const close of closers.reverse()) await close()
await log.close()
await sql.close()
