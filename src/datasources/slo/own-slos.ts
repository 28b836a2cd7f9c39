import { type Config } from '../../config.ts'
import { type Sql } from '../sql/sql.ts'
import { type SloSpec } from './slo.ts'
import { parseSpec } from './spec.ts'
import { type SloStore } from './sql-slos.ts'

export type OwnSloConfig = Pick<Config, 'responseTimeP95TargetMs' | 'ticketVerifyP95TargetMs' | 'availabilityTarget' | 'defaultTenant'>

const WEEK = 7 * 86_400

/** What Orrery promises about itself, under the contract's names (contract: guarantees 9, 17). Counted by this deployment, for all tenants. */
export function ownSlos(config: OwnSloConfig): SloSpec[] {
  const common = { service: 'orrery', window: { kind: 'ROLLING', seconds: WEEK }, minCoverage: 0, labels: { origin: 'built-in' } }
  const counters = (measure: string, thresholdMs: number | null = null) => ({
    source: 'COUNTERS',
    kind: thresholdMs === null ? 'RATIO' : 'LATENCY',
    measure,
    thresholdMs,
  })
  const { responseTimeP95TargetMs: response, ticketVerifyP95TargetMs: verify, availabilityTarget } = config
  return [
    {
      name: 'availability',
      displayName: 'Operations succeed',
      description: 'GraphQL operations without a failure on our side: what a client did wrong does not count.',
      targetPpm: Math.round(availabilityTarget * 10_000),
      indicator: counters('operation'),
      words: { warning: 99.5, critical: 99 },
    },
    {
      name: 'error_rate',
      displayName: 'HTTP requests without a 5xx',
      description: 'HTTP answers below 500; blind to failures that GraphQL answers with 200.',
      targetPpm: 999_000,
      indicator: counters('http_request'),
      words: { warning: 0.5, critical: 1 },
    },
    {
      name: 'response_time_p95',
      displayName: `95 % of operations within ${response} ms`,
      description: 'Time from a prepared operation to its answer.',
      targetPpm: 950_000,
      indicator: counters('operation_duration', response),
      words: { warning: response * 1.2, critical: response * 2 },
    },
    {
      name: 'ticket_verify_p95',
      displayName: `95 % of ticket verifications within ${verify} ms`,
      description: 'Time to verify a ticket.',
      targetPpm: 950_000,
      indicator: counters('ticket_verification', verify),
      words: { warning: verify * 1.5, critical: verify * 2 },
    },
    {
      name: 'subscription_lag',
      displayName: '95 % of live events within 1 s',
      description: 'From the event log to the stream of a subscriber.',
      targetPpm: 950_000,
      indicator: counters('subscription_lag', 1000),
    },
    {
      name: 'projector_lag',
      displayName: 'The read model is at most 5 s behind',
      description: 'Looked at every few seconds by the worker.',
      targetPpm: 990_000,
      indicator: counters('projector_lag', 5000),
    },
  ].map((slo) => parseSpec({ ...common, ...slo }))
}

/**
 * Makes our own objectives where they have never been: what somebody changed or deleted stays as they left it.
 * @returns how many were made
 */
export async function ensureOwnSlos(sql: Sql, store: SloStore, config: OwnSloConfig): Promise<number> {
  const scope = { tenantId: config.defaultTenant }
  const rows = await sql.any<{ slo_name: string }>('select distinct slo_name from slo_changes where tenant_id = $1', [scope.tenantId])
  const touched = new Set(rows.map(({ slo_name: name }) => name))
  const missing = ownSlos(config).filter(({ name }) => !touched.has(name))
  for (const spec of missing) await store.upsert(scope, spec, 'system')
  return missing.length
}
