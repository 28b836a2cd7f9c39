export const securityEventTypes = ['replay_attempt', 'invalid_signature', 'rate_limit_exceeded', 'suspicious_pattern'] as const
export type SecurityEventType = (typeof securityEventTypes)[number]
export const invariantNames = [
  'ticket_ttl_enforcement',
  'nonce_uniqueness',
  'canonical_patch_format',
  'performance_budget_adherence',
  'incremental_validation_correctness',
] as const
export type InvariantName = (typeof invariantNames)[number]
export type ViolationSeverity = 'error' | 'warning' | 'info'
/** `refused`: the guard held. `accepted`: it did not, and only that may page. */
export type ViolationOutcome = 'refused' | 'accepted'
export const resourceTypes = ['cpu', 'memory', 'disk', 'wall'] as const
export type ResourceType = (typeof resourceTypes)[number]
export const artifactTypes = ['metrics', 'traces', 'sbom', 'compat', 'report', 'provenance'] as const
export type ArtifactType = (typeof artifactTypes)[number]

/** What the guarantees tell whoever counts: metrics listen, data sources know nothing of them. */
export interface GuaranteeListener {
  securityEvent(type: SecurityEventType): void
  invariantViolation(name: InvariantName, severity: ViolationSeverity, outcome: ViolationOutcome): void
  budgetViolation(resource: ResourceType, reason: string): void
  artifactFailure(type: ArtifactType): void
  ticketRequested(seconds: number): void
  ticketVerified(seconds: number, valid: boolean): void
  stampVerified(valid: boolean): void
  mutationExecuted(seconds: number): void
}

export interface GuaranteeSignals {
  readonly emit: GuaranteeListener
  listen(listener: Partial<GuaranteeListener>): void
}

export function createSignals(): GuaranteeSignals {
  const listeners: Partial<GuaranteeListener>[] = []
  return {
    listen: (listener) => void listeners.push(listener),
    emit: {
      securityEvent: (...given) => listeners.forEach((listener) => listener.securityEvent?.(...given)),
      invariantViolation: (...given) => listeners.forEach((listener) => listener.invariantViolation?.(...given)),
      budgetViolation: (...given) => listeners.forEach((listener) => listener.budgetViolation?.(...given)),
      artifactFailure: (...given) => listeners.forEach((listener) => listener.artifactFailure?.(...given)),
      ticketRequested: (...given) => listeners.forEach((listener) => listener.ticketRequested?.(...given)),
      ticketVerified: (...given) => listeners.forEach((listener) => listener.ticketVerified?.(...given)),
      stampVerified: (...given) => listeners.forEach((listener) => listener.stampVerified?.(...given)),
      mutationExecuted: (...given) => listeners.forEach((listener) => listener.mutationExecuted?.(...given)),
    },
  }
}
