import { type Config } from '../../config.ts'
import { type EventLog } from '../../datasources/log/log.ts'
import { openNatsClient } from '../../datasources/nats/nats-client.ts'
import { createProgress } from '../../projections/progress-tracker.ts'
import { type Sql } from '../../datasources/sql/sql.ts'
import { systemClock } from '../../time.ts'
import { checkStreams, missingStreams } from './check-streams.ts'
import { checked, type Finding, ok, warn } from './finding.ts'

const remedy = 'Check NATS_URL, NATS_CREDS_PATH, and that the server runs with JetStream (`nats-server -js`).'
const LATE_EVENTS = 10_000n

/** Whether anything can have been projected: without tables there is nothing to compare. */
const hasTables = async (sql: Sql): Promise<boolean> =>
  (await sql.one<{ known: boolean }>(`select to_regclass('projection_watermarks') is not null as known`)).known

async function lag(log: EventLog, sql: Sql): Promise<readonly Finding[]> {
  if (!(await hasTables(sql))) return []
  const state = await log.state('ritual')
  if (state === null) return []
  const watermark = await createProgress({ sql, clock: systemClock }).watermark('ritual')
  if (watermark === null) return [warn('read model', 'Nothing has been projected yet.', 'Start a worker (ROLES=worker).')]
  if (watermark.epoch !== state.epoch)
    return [
      warn('read model', 'It was made from another stream than the log holds now.', 'Run `orrery rebuild` when the change was meant.'),
    ]
  const behind = state.lastSequence - watermark.sequence
  const text = `It is ${behind} events behind the log.`
  return [
    behind > LATE_EVENTS
      ? warn('read model', text, 'See that a worker is running and active (orrery_projector_active).')
      : ok('read model', text),
  ]
}

/** What the port does not tell: the server's version, and the settings of the streams. */
async function server(log: EventLog, config: Config): Promise<readonly Finding[]> {
  if (config.natsUrl === undefined) return []
  const client = openNatsClient({ url: config.natsUrl, credsPath: config.natsCredsPath, timeoutMs: config.sourceTimeoutMs })
  try {
    await client.firstAttempt
    const settings = await checkStreams(log, client)
    return [ok('log version', `NATS ${client.version() ?? 'unknown'}.`), ...settings]
  } finally {
    await client.close()
  }
}

/** The event log and what follows it. */
export async function checkLog(log: EventLog, sql: Sql, config: Config): Promise<readonly Finding[]> {
  const reached = await checked('log', remedy, async () => {
    await log.ping(config.sourceTimeoutMs)
    return [ok('log', `${log.mode === 'EMBEDDED' ? 'The log in SQL' : 'JetStream'} answers.`)]
  })
  if (reached.some(({ verdict }) => verdict === 'fail')) return reached
  const rest = await Promise.all([
    checked('log version', remedy, () => server(log, config)),
    checked('streams', remedy, async () => {
      // the embedded log is a table too
      if (log.mode === 'EMBEDDED' && !(await hasTables(sql))) return []
      return missingStreams(log, config)
    }),
    checked('read model', 'It is in the database: see the findings on that.', () => lag(log, sql)),
  ])
  return [...reached, ...rest.flat()]
}
