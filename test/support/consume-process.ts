// One of several server processes that use the same ticket: waits for the word, then tries so many times at once.
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { nowhere, ticketsOver } from './tickets.ts'

const [databaseUrl = '', redisUrl = '', token = '', attempts = '1'] = process.argv.slice(2)
const sql = openPostgresSql({ url: databaseUrl, poolSize: 4, timeoutMs: 30_000 })
const { tickets, close } = ticketsOver(sql, redisUrl === '' ? null : redisUrl)
await sql.one('select 1 as ready')

process.once('message', async () => {
  const codes = await Promise.all(
    Array.from(
      { length: Number(attempts) },
      async () => (await tickets.consume({ tenantId: 'acme' }, token, { repoId: 'repo-1' }, nowhere)).code,
    ),
  )
  process.send?.(codes)
  await close()
  await sql.close()
  process.disconnect()
})
process.send?.('ready')
