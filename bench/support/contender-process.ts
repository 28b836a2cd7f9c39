// A server under comparison in a process of its own, as servers live: what one makes of code that all of them share does not slow the others down.
// Started by `startContender`, which it tells its address, and the CPU time it has used so far whenever it is asked.
import { migrate } from '../../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { closeAll, owner } from './bench.ts'
import { answerByHand } from './by-hand.ts'
import { apollo, bareMercurius, buildSchema, type ContenderName, type Ground, handWritten, orrery, yoga } from './contenders.ts'
import { groundOn, remembered } from './ground.ts'
import { seedSample } from './seed.ts'

const [name, store = '', now = ''] = process.argv.slice(2)
const timeoutMs = 20_000

async function openSql(): Promise<Sql> {
  if (store.startsWith('postgres')) return openPostgresSql({ url: store, poolSize: 10, timeoutMs })
  const sql = await openPgliteSql({ dataDir: null, timeoutMs })
  await migrate(sql)
  await seedSample(sql, BigInt(now))
  return sql
}

const starts: Readonly<Record<ContenderName, (ground: Ground) => Promise<string>>> = {
  orrery,
  mercurius: (ground) => bareMercurius(ground, buildSchema()),
  hand: ({ dataSources }) => handWritten(() => answerByHand(dataSources)),
  yoga: (ground) => yoga(ground, buildSchema()),
  apollo: (ground) => apollo(ground, buildSchema()),
}

const sql = await openSql()
owner.teardown(() => sql.close())
const ground = await groundOn(sql)
const start = starts[name as ContenderName]
const url = await start(store === 'remembered' ? { ...ground, dataSources: remembered(ground.dataSources) } : ground)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMicros: user + system })
})
process.once('disconnect', () => void closeAll().then(() => process.exit(0)))
process.send?.({ url })
