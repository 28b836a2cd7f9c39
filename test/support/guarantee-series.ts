import { type HistorySeries } from './prometheus.ts'

/** A counter that grows evenly. */
export const at = (rate: number) => (seconds: number) => seconds * rate
/** Counts that begin again at 0, as over a restart. */
export const resetting = (rate: number, every: number) => (seconds: number) => (seconds % every) * rate

/** What the contract's rules look at: each rule fires on `bad` series, none does on the others. */
export function guarantees(job: string, bad: boolean): HistorySeries[] {
  const one = (name: string, labels: Record<string, string>, value: HistorySeries['value']): HistorySeries => ({
    name,
    labels: { job, instance: 'a', ...labels },
    value,
  })
  const rate = (name: string, labels: Record<string, string>, firing: number, calm: number) => one(name, labels, at(bad ? firing : calm))
  const buckets = (metric: string, edges: readonly [string, number][]) => [
    ...edges.map(([le, share]) => one(`${metric}_bucket`, { le }, at(share))),
    one(`${metric}_bucket`, { le: '+Inf' }, at(1)),
    one(`${metric}_count`, {}, at(1)),
  ]
  const violation = (invariant_name: string) => [
    rate('invariant_violations_total', { invariant_name, severity: 'error', outcome: 'accepted' }, 0.05, 0),
    // a refused attempt of a client's is the guard working
    rate('invariant_violations_total', { invariant_name, severity: 'warning', outcome: 'refused' }, 0, 0.05),
  ]
  return [
    ...buckets(
      'http_request_duration_seconds',
      bad
        ? [
            ['0.4', 0],
            ['0.8', 0],
            ['1', 1],
          ]
        : [
            ['0.4', 1],
            ['0.8', 1],
            ['1', 1],
          ],
    ),
    ...buckets(
      'ticket_verification_duration_seconds',
      bad
        ? [
            ['0.025', 0],
            ['0.05', 0],
            ['0.1', 1],
          ]
        : [
            ['0.025', 1],
            ['0.05', 1],
            ['0.1', 1],
          ],
    ),
    one('http_requests_total', { code: '200' }, at(5)),
    // a total outage on the second replica must count as well
    rate('http_requests_total', { code: '500' }, 0.1, 0.0001),
    ...violation('ticket_ttl_enforcement'),
    ...violation('nonce_uniqueness'),
    rate('performance_budget_violations_total', { resource_type: 'memory', violation_reason: 'limit_exceeded' }, 0.05, 0),
    one('process_resident_memory_bytes', {}, () => (bad ? 600 : 400) * 1_048_576),
    rate('security_events_total', { event_type: 'replay_attempt' }, 0.2, 0.001),
    rate('artifact_generation_failures_total', { artifact_type: 'sbom' }, 0.05, 0),
    rate('sbom_generation_failures_total', {}, 0.05, 0),
  ]
}
