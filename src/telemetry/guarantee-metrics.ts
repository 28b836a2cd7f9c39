import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import {
  artifactTypes,
  type GuaranteeSignals,
  invariantNames,
  resourceTypes,
  securityEventTypes,
} from '../datasources/guarantees/signals.ts'
import { type SloReport } from '../datasources/slo/slo.ts'
import { sharedLook } from '../shared-look.ts'

/** Scrapes are asked for without a name: to measure objectives costs more than to write them down. */
const FRESH_MS = 1000
const ticketBuckets = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.025, 0.0375, 0.05, 0.1, 0.25]

/** The contract's metrics (contract: guarantees 3). Every series is created at 0, or its first event would be invisible to `rate()`. */
export function addGuaranteeMetrics(registry: Registry, signals: GuaranteeSignals): void {
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[] = []) => new Counter({ name, help, labelNames, registers })
  const violations = counter('invariant_violations_total', 'Violations of invariants', ['invariant_name', 'severity', 'outcome'])
  const budgets = counter('performance_budget_violations_total', 'Times that a budget was exceeded', ['resource_type', 'violation_reason'])
  const security = counter('security_events_total', 'What guards noticed', ['event_type'])
  const artifacts = counter('artifact_generation_failures_total', 'Artifacts that could not be made or read', ['artifact_type'])
  const sboms = counter('sbom_generation_failures_total', 'SBOMs that could not be made or read')
  const verification = new Histogram({
    name: 'ticket_verification_duration_seconds',
    help: 'Duration of a ticket verification',
    buckets: ticketBuckets,
    registers,
  })
  const requests = counter('ticket_requests_total', 'Tickets issued')
  const requestDuration = new Histogram({
    name: 'ticket_requests_duration_seconds',
    help: 'Duration of issuing a ticket',
    buckets: ticketBuckets,
    registers,
  })
  const stamps = counter('stamp_verifications_total', 'Stamps verified')
  const stampFailures = counter('stamp_verification_failures_total', 'Stamps that did not hold')
  const mutations = counter('mutation_executions_total', 'Tickets used')
  const mutationDuration = new Histogram({
    name: 'mutation_execution_duration_seconds',
    help: 'Duration of using a ticket',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5],
    registers,
  })
  for (const invariant_name of invariantNames)
    for (const severity of ['error', 'warning', 'info'])
      for (const outcome of ['refused', 'accepted']) violations.inc({ invariant_name, severity, outcome }, 0)
  for (const resource_type of resourceTypes) budgets.inc({ resource_type, violation_reason: 'limit_exceeded' }, 0)
  for (const event_type of securityEventTypes) security.inc({ event_type }, 0)
  for (const artifact_type of artifactTypes) artifacts.inc({ artifact_type }, 0)
  signals.listen({
    securityEvent: (event_type) => security.inc({ event_type }),
    invariantViolation: (invariant_name, severity, outcome) => violations.inc({ invariant_name, severity, outcome }),
    budgetViolation: (resource_type, violation_reason) => budgets.inc({ resource_type, violation_reason }),
    artifactFailure: (artifact_type) => {
      artifacts.inc({ artifact_type })
      if (artifact_type === 'sbom') sboms.inc()
    },
    ticketRequested: (seconds) => {
      requests.inc()
      requestDuration.observe(seconds)
    },
    ticketVerified: (seconds) => verification.observe(seconds),
    stampVerified: (valid) => {
      stamps.inc()
      if (!valid) stampFailures.inc()
    },
    mutationExecuted: (seconds) => {
      mutations.inc()
      mutationDuration.observe(seconds)
    },
  })
}

/** Objectives of the default tenant as gauges, read when somebody scrapes. An unmeasured one has no series: it is neither 0 nor 1. */
export function addSloMetrics(registry: Registry, measure: () => Promise<readonly SloReport[]>): void {
  const read = sharedLook(measure, FRESH_MS)
  const names: ('slo' | 'service')[] = ['slo', 'service']
  const remaining: Gauge<'slo' | 'service'> = new Gauge({
    name: 'orrery_slo_error_budget_remaining_ratio',
    help: 'Share of the error budget that is left; below 0 when overdrawn',
    labelNames: names,
    registers: [registry],
    async collect() {
      remaining.reset()
      objective.reset()
      const reports = await read().catch((): readonly SloReport[] => [])
      for (const { definition, budget } of reports) {
        const labels = { slo: definition.name, service: definition.service }
        objective.set(labels, definition.targetPpm / 1e6)
        if (budget.remainingRatio !== null) remaining.set(labels, budget.remainingRatio)
      }
    },
  })
  const objective: Gauge<'slo' | 'service'> = new Gauge({
    name: 'orrery_slo_objective_ratio',
    help: 'What is promised',
    labelNames: names,
    registers: [registry],
  })
}
