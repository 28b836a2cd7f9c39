// A projector in a process of its own, to be killed. Says `active` once it holds the lock. Arguments: DATABASE_URL NATS_URL.
import { openJetstreamLog } from '../../src/datasources/log/jetstream-log.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { testProjector } from './projecting.ts'

const [, , databaseUrl = '', natsUrl = ''] = process.argv
const sql = openPostgresSql({ url: databaseUrl, poolSize: 4, timeoutMs: 5000 })
const log = await openJetstreamLog({
  url: natsUrl,
  credsPath: undefined,
  createStreams: false,
  ritualStreamName: undefined,
  timeoutMs: 5000,
})
const say = ({ message }: { message: string }) => process.stdout.write(`${message}\n`)
const logger = {
  info: (_details: object, message: string) => say({ message }),
  warn: (_details: object, message: string) => say({ message }),
  error: (_details: object, message: string) => say({ message }),
}
testProjector(sql, log, { logger, batchMessages: 50 }).start()
