import { readConfigWith } from '../config.ts'
import { openStores } from '../datasources/index.ts'
import { migrate } from '../datasources/sql/migrate.ts'
import { defaultProjections } from '../projections/projector.ts'
import { rebuild } from '../projections/rebuild.ts'
import { createLogger } from '../telemetry/logger.ts'
import { systemClock } from '../time.ts'
import { type Arguments } from './arguments.ts'

/**
 * `orrery rebuild`: empties the read model and fills it from the log. The log is not touched. A connected server may keep running: reads show
 * the tables as they fill.
 */
export async function rebuildCommand({ overrides }: Arguments): Promise<void> {
  const config = readConfigWith(overrides)
  const logger = createLogger(config)
  const clock = systemClock
  const stores = await openStores(config, { clock })
  try {
    await migrate(stores.sql)
    const done = await rebuild({ sql: stores.sql, log: stores.log, clock, logger, projections: defaultProjections(config) })
    for (const { projection, sequence } of done) process.stdout.write(`${projection}: rebuilt up to sequence ${sequence}\n`)
    if (done.length === 0) process.stdout.write('The log holds no stream to rebuild from.\n')
  } finally {
    await stores.close()
  }
}
