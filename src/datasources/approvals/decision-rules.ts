import { type Permission, allowed, denied } from '../../auth/permission.ts'
import { type Viewer, denyByScope } from '../../auth/viewer.ts'
import { type Approval, type DecisionKind } from './approvals.ts'

/** The right each decision needs. */
export const scopeOfDecision: Readonly<Record<DecisionKind, string>> = {
  GRANT: 'approvals:decide',
  DENY: 'approvals:decide',
  OVERRIDE: 'approvals:override',
}

/**
 * Whether an actor is on the list of approvers: trimmed, case-insensitive equality; no list means everybody, an empty one nobody (contract: demon 7.2).
 */
export function isApprover(actorId: string, allowlist: readonly string[] | undefined): boolean {
  if (allowlist === undefined) return true
  const wanted = actorId.trim().toLowerCase()
  return allowlist.some((entry) => entry.trim().toLowerCase() === wanted)
}

/** Whether this viewer may take such decisions at all, whatever the gate. */
export function mayDecide(viewer: Viewer, allowlist: readonly string[] | undefined, kind: DecisionKind = 'GRANT'): Permission {
  const reason = denyByScope(viewer, scopeOfDecision[kind])
  if (reason !== null) return denied(reason)
  return isApprover(viewer.actorId, allowlist) ? allowed : denied('NOT_AN_APPROVER')
}

/** Whether a decision about this gate can be written by anybody: only Demon's log takes them, and only on 7-token subjects (contract: demon 7.2). */
export function takesDecisions(approval: Pick<Approval, 'system' | 'legacy' | 'state'>): Permission {
  if (approval.system !== 'DEMON') return denied('READ_ONLY_SOURCE')
  if (approval.state !== 'PENDING') return denied('ALREADY_TERMINAL')
  return approval.legacy ? denied('LEGACY_SUBJECT') : allowed
}

/** What `Approval.viewerCanDecide` says: the viewer's right first, then the gate's state. */
export function canDecide(viewer: Viewer, allowlist: readonly string[] | undefined, approval: Approval): Permission {
  const personal = mayDecide(viewer, allowlist)
  return personal.allowed ? takesDecisions(approval) : personal
}
