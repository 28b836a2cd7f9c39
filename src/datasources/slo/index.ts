import { type Config } from '../../config.ts'
import { type Clock } from '../../time.ts'
import { type Sql } from '../sql/sql.ts'
import { type AlertmanagerClient, createAlertmanagerClient } from '../alerts/alertmanager-client.ts'
import { type AlertsDataSource } from '../alerts/alerts.ts'
import { createAlerts } from '../alerts/alerts-source.ts'
import { type Scope } from '../scope.ts'
import { type AppendCounts, createAppendCounts } from './append-counts.ts'
import { createCounters, type SliCounters } from './counters.ts'
import { createPrometheusClient, type PrometheusClient } from './prometheus-client.ts'
import { createPrometheusSli } from './prometheus-sli.ts'
import { createSloDataSource } from './slo-source.ts'
import { type SloDataSource } from './slo.ts'
import { withStoredGroups } from './sql-counter-groups.ts'
import { createSqlEvents } from './sql-events.ts'
import { type Incident, listIncidents } from './incidents.ts'
import { stateKey } from './sql-slo-states.ts'
import { createSqlSlos, type SloStore } from './sql-slos.ts'
import { createStateMemory, type StateMemory } from './state-memory.ts'

/** Everything about objectives, over the stores. */
export interface SloParts {
  readonly slo: SloDataSource
  readonly counters: SliCounters
  readonly appends: AppendCounts
  readonly states: StateMemory
  readonly store: SloStore
  readonly prometheus: PrometheusClient | null
  readonly alertmanager: AlertmanagerClient | null
  readonly alerts: AlertsDataSource
  /** What `Query.sources` probes. */
  readonly neighbours: readonly {
    name: string
    kind: 'METRICS' | 'ALERTS'
    store: { readonly mode: 'CONNECTED'; ping(timeoutMs: number): Promise<void> }
  }[]
  readonly incidents: {
    /** Of one tenant: the open ones and the last that ended. */
    list(scope: Scope): Promise<Incident[]>
  }
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
  config: Pick<Config, 'prometheusUrl' | 'alertmanagerUrl' | 'sourceTimeoutMs' | 'defaultTenant'>
  clock: Clock
}): SloParts {
  const store = createSqlSlos({ sql, clock })
  const now = steadySeconds()
  const counters = createCounters({ now })
  const appends = createAppendCounts({ clock })
  const states = createStateMemory({ sql })
  const prometheus =
    config.prometheusUrl === undefined ? null : createPrometheusClient({ url: config.prometheusUrl, timeoutMs: config.sourceTimeoutMs })
  const slo = createSloDataSource({
    ...{ store, counters, clock },
    counted: withStoredGroups(counters, sql, now),
    prometheus: prometheus === null ? null : createPrometheusSli({ client: prometheus }),
    events: createSqlEvents({ sql }),
    storedTiers: async ({ tenantId, signal }) => {
      const { alerts } = await states.read(signal)
      return (name) => alerts.get(stateKey(tenantId, name)) ?? null
    },
  })
  const alertmanager =
    config.alertmanagerUrl === undefined
      ? null
      : createAlertmanagerClient({ url: config.alertmanagerUrl, timeoutMs: config.sourceTimeoutMs })
  const neighbours: SloParts['neighbours'] = [
    ...(prometheus === null ? [] : [{ name: 'prometheus', kind: 'METRICS' as const, store: prometheus }]),
    ...(alertmanager === null ? [] : [{ name: 'alertmanager', kind: 'ALERTS' as const, store: alertmanager }]),
  ]
  const alerts = createAlerts({ sql, client: alertmanager, defaultTenant: config.defaultTenant })
  return {
    neighbours,
    slo,
    counters,
    appends,
    states,
    store,
    prometheus,
    alertmanager,
    alerts,
    incidents: { list: (scope) => listIncidents(sql, scope) },
  }
}
