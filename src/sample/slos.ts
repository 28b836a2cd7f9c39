import { parseSpec } from '../datasources/slo/spec.ts'
import { type SloSpec } from '../datasources/slo/slo.ts'
import { type SloStore } from '../datasources/slo/sql-slos.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { SAMPLE_TENANT } from './events.ts'

const DAY = 86_400

/** Objectives over the sample's own log events: they move as the sample moves, and burn when somebody fails runs or lets gates wait. */
export const sampleSlos = (): SloSpec[] =>
  [
    {
      name: 'approvals-in-4h',
      displayName: '95 % of approvals are decided within 4 h',
      description: 'From the request of a gate to its decision; a gate that waits longer counts as bad from then on.',
      service: 'governance',
      targetPpm: 950_000,
      window: { kind: 'ROLLING', seconds: 7 * DAY },
      indicator: { source: 'EVENTS', kind: 'THRESHOLD', event: 'APPROVAL_AGE', thresholdSeconds: 4 * 3600 },
      labels: { team: 'platform' },
    },
    {
      name: 'runs-succeed',
      displayName: '90 % of runs succeed',
      description: 'Completed runs over completed and failed ones; cancelled ones do not count.',
      service: 'delivery',
      targetPpm: 900_000,
      window: { kind: 'ROLLING', seconds: 7 * DAY },
      indicator: { source: 'EVENTS', kind: 'RATIO', event: 'RUNS' },
      labels: { team: 'delivery' },
    },
    {
      name: 'release-train-succeeds',
      displayName: 'The release train arrives',
      description: 'A spent budget keeps further release trains from going on.',
      service: 'delivery',
      targetPpm: 950_000,
      window: { kind: 'ROLLING', seconds: 14 * DAY },
      indicator: { source: 'EVENTS', kind: 'RATIO', event: 'RUNS', ritualId: 'release-train' },
      labels: { team: 'delivery' },
      freezes: ['release-train'],
    },
    {
      name: 'runs-within-2h',
      displayName: '90 % of runs take at most 2 h',
      description: 'Waiting at gates included.',
      service: 'delivery',
      targetPpm: 900_000,
      window: { kind: 'CALENDAR', unit: 'MONTH', count: 1, start: '2026-01-01T00:00:00Z', timeZone: 'Europe/Berlin' },
      indicator: { source: 'EVENTS', kind: 'THRESHOLD', event: 'RUN_DURATION', thresholdSeconds: 7200 },
      labels: { team: 'delivery' },
      minCoverage: 0,
    },
    {
      name: 'delivery',
      displayName: 'Delivery as a whole',
      description: 'Runs that succeed count three times, gates once.',
      service: 'delivery',
      targetPpm: 900_000,
      window: { kind: 'ROLLING', seconds: 7 * DAY },
      indicator: {
        source: 'COMPOSITE',
        kind: 'COMPOSITE',
        members: [
          { slo: 'runs-succeed', weight: 3 },
          { slo: 'approvals-in-4h', weight: 1 },
        ],
      },
      labels: { team: 'platform' },
    },
  ].map((spec) => parseSpec(spec))

/** Makes the sample's objectives where they have never been. @returns how many were made */
export async function ensureSampleSlos(sql: Sql, store: SloStore): Promise<number> {
  const rows = await sql.any<{ slo_name: string }>('select distinct slo_name from slo_changes where tenant_id = $1', [SAMPLE_TENANT])
  const touched = new Set(rows.map(({ slo_name: name }) => name))
  const missing = sampleSlos().filter(({ name }) => !touched.has(name))
  for (const spec of missing) await store.upsert({ tenantId: SAMPLE_TENANT }, spec, 'sample')
  return missing.length
}
