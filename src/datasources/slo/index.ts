import { type Config } from '../../config.ts'
import { type Clock } from '../../time.ts'
import { type Sql } from '../sql/sql.ts'
import { createCounters, type SliCounters } from './counters.ts'
import { createPrometheusClient, type PrometheusClient } from './prometheus-client.ts'
import { createPrometheusSli } from './prometheus-sli.ts'
import { createSloDataSource } from './slo-source.ts'
import { type SloDataSource } from './slo.ts'
import { createSqlEvents } from './sql-events.ts'
import { createSqlSlos, type SloStore } from './sql-slos.ts'

/** Everything about objectives, over the stores. */
export interface SloParts {
  readonly slo: SloDataSource
  readonly counters: SliCounters
  readonly store: SloStore
  readonly prometheus: PrometheusClient | null
}

/** Seconds since the epoch that never go back: the wall clock as of now, moved on by the monotonic one. */
const steadySeconds = (): (() => number) => {
  const anchor = Date.now() - performance.now()
  return () => (anchor + performance.now()) / 1000
}

export function createSlo({
  sql,
  config,
  clock,
}: {
  sql: Sql
  config: Pick<Config, 'prometheusUrl' | 'sourceTimeoutMs'>
  clock: Clock
}): SloParts {
  const store = createSqlSlos({ sql, clock })
  const counters = createCounters({ now: steadySeconds() })
  const prometheus =
    config.prometheusUrl === undefined ? null : createPrometheusClient({ url: config.prometheusUrl, timeoutMs: config.sourceTimeoutMs })
  const slo = createSloDataSource({
    ...{ store, counters, clock },
    prometheus: prometheus === null ? null : createPrometheusSli({ client: prometheus }),
    events: createSqlEvents({ sql }),
    storedTiers: async () => new Map(),
  })
  return { slo, counters, store, prometheus }
}
