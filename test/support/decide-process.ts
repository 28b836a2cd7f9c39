// One of several server processes that decide the same gate for the same actor: waits for the word, then sends 33 decisions at once.
import { openJetstreamLog } from '../../src/datasources/log/jetstream-log.ts'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { createRunCommands } from '../../src/datasources/runs/demon-commands.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { systemClock } from '../../src/time.ts'

const [url = '', runId = ''] = process.argv.slice(2)
const sql = url.startsWith('nats:') ? null : openPostgresSql({ url, poolSize: 4, timeoutMs: 10_000 })
const log =
  sql === null
    ? await openJetstreamLog({ url, credsPath: undefined, createStreams: false, ritualStreamName: undefined, timeoutMs: 10_000 })
    : openSqlLog({ sql, clock: systemClock })
await log.state('ritual')
const commands = createRunCommands({ log, clock: systemClock })

process.once('message', async () => {
  const told = await Promise.all(
    Array.from({ length: 33 }, async (_, number) => {
      const key = { system: 'DEMON', ritualId: 'rollout', runId, gateId: 'publish' } as const
      const decision = number % 2 === 0 ? ({ kind: 'GRANT' } as const) : ({ kind: 'DENY', reason: 'no' } as const)
      const outcome = await commands.decide({ tenantId: 'acme' }, { actorId: 'ci-bot' }, key, decision)
      return { outcome: outcome.outcome, sequence: 'sequence' in outcome ? outcome.sequence.toString() : '' }
    }),
  )
  process.send?.(told)
  await log.close()
  await sql?.close()
  process.disconnect()
})
process.send?.('ready')
