import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream'
import { readFileSync } from 'node:fs'
import { type Config } from '../../config.ts'
import { type EventLog } from '../../datasources/log/log.ts'
import { assertNatsVersion } from '../../datasources/nats/nats-client.ts'
import { createProgress } from '../../projections/progress-tracker.ts'
import { type Sql } from '../../datasources/sql/sql.ts'
import { systemClock } from '../../time.ts'
import { checked, fail, type Finding, ok, warn } from './finding.ts'

const remedy = 'Check NATS_URL, NATS_CREDS_PATH, and that the server runs with JetStream (`nats-server -js`).'
const LATE_EVENTS = 10_000n

async function streams(log: EventLog): Promise<readonly Finding[]> {
  const missing = await log.missing()
  if (missing.length === 0) return [ok('streams', 'All are there.')]
  return missing.map((one) => fail('streams', `Stream ${one.name} is missing.`, one.remedy))
}

async function lag(log: EventLog, sql: Sql): Promise<readonly Finding[]> {
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

function settingsOf({ config, state }: StreamInfo): Finding {
  const check = `stream ${config.name}`
  const text = `${state.messages} messages, ${config.num_replicas} replica(s), ${config.storage}.`
  if (config.storage !== 'file') return fail(check, `${text} Memory loses it with its server.`, 'Make it anew with file storage.')
  if (config.num_replicas < 2) return warn(check, text, 'In production: `nats stream edit --replicas 3`.')
  return ok(check, text)
}

/** What the port does not tell: the server's version, its clock's limits, and the settings of the streams. */
async function server(config: Config): Promise<readonly Finding[]> {
  if (config.natsUrl === undefined) return []
  const authenticator = config.natsCredsPath === undefined ? {} : { authenticator: credsAuthenticator(readFileSync(config.natsCredsPath)) }
  const connection = await connect({ servers: config.natsUrl, timeout: config.sourceTimeoutMs, reconnect: false, ...authenticator })
  try {
    const version = connection.info?.version ?? 'unknown'
    assertNatsVersion(version)
    const found: Finding[] = [ok('log version', `NATS ${version}.`)]
    const manager = await jetstreamManager(connection, { timeout: config.sourceTimeoutMs })
    const wanted = new Set([config.ritualStreamName ?? 'RITUAL_EVENTS', 'GRAPH_COMMITS', 'SCALE_HINTS', 'ORRERY_EVENTS'])
    for await (const info of manager.streams.list()) if (wanted.has(info.config.name)) found.push(settingsOf(info))
    return found
  } finally {
    await connection.close()
  }
}

/** Whether anything can have been projected: without tables there is nothing to compare. */
const hasTables = async (sql: Sql): Promise<boolean> =>
  (await sql.one<{ known: boolean }>(`select to_regclass('projection_watermarks') is not null as known`)).known

/** The event log and what follows it. */
export async function checkLog(log: EventLog, sql: Sql, config: Config): Promise<readonly Finding[]> {
  const reached = await checked('log', remedy, async () => {
    await log.ping(config.sourceTimeoutMs)
    return [ok('log', `${log.mode === 'EMBEDDED' ? 'The log in SQL' : 'JetStream'} answers.`)]
  })
  if (reached.some(({ verdict }) => verdict === 'fail')) return reached
  const tables = await hasTables(sql)
  // the embedded log is a table too
  if (!tables && log.mode === 'EMBEDDED') return reached
  const rest = await Promise.all([
    checked('log version', remedy, () => server(config)),
    checked('streams', remedy, () => streams(log)),
    tables ? checked('read model', remedy, () => lag(log, sql)) : [],
  ])
  return [...reached, ...rest.flat()]
}
