import { randomBytes } from 'node:crypto'
import { readConfig } from '../../src/config.ts'
import { openMemoryCache } from '../../src/datasources/cache/memory-cache.ts'
import { createDataSources, type DataSources, type Stores } from '../../src/datasources/index.ts'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { createLiveHub } from '../../src/subscriptions/live-hub.ts'
import { createCursorCodec } from '../../src/subscriptions/signed-cursor.ts'
import { systemClock } from '../../src/time.ts'
import { owner } from './bench.ts'
import { type Ground } from './contenders.ts'

export const tenantId = 'demo'

/** Everything a server is built on, over one store. */
export async function groundOn(sql: Sql): Promise<Ground> {
  const config = readConfig({
    DEFAULT_TENANT: tenantId,
    SAMPLE_DATA: 'off',
    GRAPHIQL: 'off',
    // the budget does its work and never says no
    BUDGET_CAPACITY: '1000000000',
    BUDGET_RESTORE_PER_SECOND: '1000000000',
  })
  const log = openSqlLog({ sql, clock: systemClock })
  const stores: Stores = { sql, log, cache: openMemoryCache(), close: async () => undefined }
  const live = createLiveHub({ log, ringSize: 10, queueSize: 10 })
  owner.teardown(async () => (await live.close(), await log.close()))
  return {
    config,
    stores,
    dataSources: createDataSources({ stores, config, clock: systemClock }),
    live,
    cursors: createCursorCodec({ keys: [randomBytes(32)], clock: systemClock }),
  }
}

/** Data sources that give at once what the given ones said first: what is left is the work of the servers themselves. */
export function remembered(dataSources: DataSources): DataSources {
  const answers = new Map<string, Promise<unknown>>()
  const once = <T>(name: string, read: () => Promise<T>): Promise<T> => {
    const known = answers.get(name) ?? read()
    answers.set(name, known)
    return known as Promise<T>
  }
  const { runs, approvals } = dataSources
  return {
    ...dataSources,
    runs: {
      ...runs,
      list: (...given) => once('list', () => runs.list(...given)),
      eventsOf: (...given) => once('events', () => runs.eventsOf(...given)),
    },
    approvals: { ...approvals, ofRuns: (...given) => once('gates', () => approvals.ofRuns(...given)) },
  }
}
