import { allowed, denied, type DenyReason, type Permission } from '../../auth/permission.ts'
import { denyByScope, type Viewer } from '../../auth/viewer.ts'
import { type Nanos } from '../../time.ts'
import { type Approval } from './approvals.ts'

export interface DecisionRules {
  /** `APPROVER_ALLOWLIST`: compared trimmed and in any case, as Demon does (contract: demon 7.2). Undefined: everybody with the scope. */
  readonly approverAllowlist?: readonly string[] | undefined
}

export type DecisionScope = 'approvals:decide' | 'approvals:override'

const same = (left: string, right: string): boolean => left.trim().toLowerCase() === right.trim().toLowerCase()

/** Why this viewer may decide no gate at all, whatever gate it is; null when they may. */
export function denyDecider(viewer: Viewer, rules: DecisionRules, scope: DecisionScope = 'approvals:decide'): DenyReason | null {
  const reason = denyByScope(viewer, scope)
  if (reason !== null) return reason
  const { approverAllowlist } = rules
  return approverAllowlist === undefined || approverAllowlist.some((actor) => same(actor, viewer.actorId)) ? null : 'NOT_AN_APPROVER'
}

/** Whether anybody could decide the gate: the condition that `ApprovalFilter.decidable` states in SQL. */
export function denyGate(approval: Pick<Approval, 'state' | 'legacy' | 'system'>): DenyReason | null {
  if (approval.system !== 'DEMON') return 'READ_ONLY_SOURCE'
  if (approval.state !== 'PENDING') return 'ALREADY_TERMINAL'
  return approval.legacy ? 'LEGACY_SUBJECT' : null
}

/** May this viewer decide this gate now? Their rights are judged first, then the gate. Who asked for a gate may decide it. */
export function decisionPermission(
  viewer: Viewer,
  approval: Pick<Approval, 'state' | 'legacy' | 'system'>,
  rules: DecisionRules,
  scope: DecisionScope = 'approvals:decide',
): Permission {
  const reason = denyDecider(viewer, rules, scope) ?? denyGate(approval)
  return reason === null ? allowed : denied(reason)
}

/** From request to decision in seconds, or to `now` while nobody decided; null where no request was recorded. */
export function ageSeconds(approval: Pick<Approval, 'requestedAt' | 'decision'>, now: Nanos): number | null {
  if (approval.requestedAt === null) return null
  const age = Number((approval.decision?.at ?? now) - approval.requestedAt) / 1e9
  return age < 0 ? 0 : age
}
