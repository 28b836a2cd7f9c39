import { readConfigWith } from '../config.ts'
import { openStores } from '../datasources/index.ts'
import { migrate } from '../datasources/sql/migrate.ts'
import { systemClock } from '../time.ts'
import { type Arguments } from './arguments.ts'

/** `orrery migrate`: brings the tables up to date and ends; servers do the same when they start. */
export async function migrateCommand({ overrides }: Arguments): Promise<void> {
  const stores = await openStores(readConfigWith(overrides), { clock: systemClock })
  try {
    const applied = await migrate(stores.sql)
    process.stdout.write(applied.length === 0 ? 'The tables are up to date.\n' : `Applied: ${applied.join(', ')}\n`)
  } finally {
    await stores.close()
  }
}
