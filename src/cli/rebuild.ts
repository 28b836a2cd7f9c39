import { readConfigWith } from '../config.ts'
import { openStores } from '../datasources/index.ts'
import { migrate } from '../datasources/sql/migrate.ts'
import { defaultProjections } from '../projections/projector.ts'
import { rebuild } from '../projections/rebuild.ts'
import { createLogger } from '../telemetry/logger.ts'
import { systemClock } from '../time.ts'
import { type Arguments, UsageError } from './arguments.ts'

/**
 * `orrery rebuild [PROJECTION ..] [--force]`: empties the read model, or the named parts, and fills it from the log. The log is not touched. A
 * connected server may keep running: reads show the tables as they fill.
 */
export async function rebuildCommand({ overrides, words, force }: Arguments): Promise<void> {
  const config = readConfigWith(overrides)
  const logger = createLogger(config)
  const clock = systemClock
  const projections = defaultProjections(config)
  const unknown = words.find((word) => projections.every(({ name }) => name !== word))
  if (unknown !== undefined)
    throw new UsageError(`There is no projection "${unknown}"; there are ${projections.map(({ name }) => name).join(', ')}.`)
  const stores = await openStores(config, { clock })
  try {
    await migrate(stores.sql)
    const only = words.length === 0 ? {} : { only: words }
    const done = await rebuild({ sql: stores.sql, log: stores.log, clock, logger, projections, force, ...only })
    for (const { projection, sequence, kept } of done)
      process.stdout.write(
        kept === null
          ? `${projection}: rebuilt up to sequence ${sequence}\n`
          : `${projection}: kept as it was, for ${kept}; --force builds it from the rest\n`,
      )
    if (done.length === 0) process.stdout.write('The log holds no stream to rebuild from.\n')
  } finally {
    await stores.close()
  }
}
