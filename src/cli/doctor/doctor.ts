import { type Config, ConfigError, readConfigWith } from '../../config.ts'
import { openStores } from '../../datasources/index.ts'
import { systemClock } from '../../time.ts'
import { type Arguments } from '../arguments.ts'
import { checkLog } from './check-log.ts'
import { checkMachine } from './check-machine.ts'
import { checkNeo4j } from './check-neo4j.ts'
import { checkOthers } from './check-others.ts'
import { checkSql } from './check-sql.ts'
import { fail, type Finding, ok } from './finding.ts'

const marks = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const

async function checkStores(config: Config): Promise<readonly Finding[]> {
  try {
    // to look is not to make: with NATS_CREATE_STREAMS=on, opening would
    const stores = await openStores({ ...config, natsCreateStreams: false }, { clock: systemClock })
    try {
      const sql = await checkSql(stores.sql, config)
      return [...sql, ...(await checkLog(stores.log, stores.sql, config)), ...(await checkNeo4j(stores.neo4j, config))]
    } finally {
      await stores.close()
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [fail('stores', message, 'Where a server runs on this folder, ask it instead: /health/detailed.')]
  }
}

function readSettings(overrides: Readonly<Record<string, string>>): { config: Config | null; findings: readonly Finding[] } {
  try {
    return { config: readConfigWith(overrides), findings: [ok('settings', 'All can be read.')] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: null, findings: error.problems.map((problem) => fail('settings', problem, 'See `orrery --help`.')) }
  }
}

/**
 * `orrery doctor [--json]`: looks at settings, machine and stores without changing anything, and says what to do.
 * @returns the exit code: 0 when nothing failed (warnings do not), 1 otherwise
 */
export async function doctorCommand({ overrides, json }: Arguments): Promise<number> {
  const { config, findings } = readSettings(overrides)
  const found =
    config === null ? findings : [...findings, ...checkMachine(config), ...(await checkStores(config)), ...(await checkOthers(config))]
  if (json) process.stdout.write(`${JSON.stringify({ ok: found.every(({ verdict }) => verdict !== 'fail'), findings: found }, null, 2)}\n`)
  else
    for (const { check, verdict, message, remedy } of found)
      process.stdout.write(`${marks[verdict]}  ${check}: ${message}${remedy === undefined ? '' : `\n      -> ${remedy}`}\n`)
  return found.some(({ verdict }) => verdict === 'fail') ? 1 : 0
}
