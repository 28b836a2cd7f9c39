import { type Approval, type ApprovalFilter } from './approvals.ts'
import { denyGate } from './decision-rules.ts'

/** The same conditions as the list's, on one gate. */
export function fitsApproval(approval: Approval, filter: ApprovalFilter): boolean {
  const { states, gateId, ritualId, requester, approver, decidable, requestedAfter, expiresBefore } = filter
  return (
    (states == null || states.includes(approval.state)) &&
    (gateId == null || approval.gateId === gateId) &&
    (ritualId == null || approval.ritualId === ritualId) &&
    (requester == null || approval.requester === requester) &&
    (approver == null || approval.decision?.approver === approver) &&
    (decidable == null || (denyGate(approval) === null) === decidable) &&
    (requestedAfter == null || (approval.requestedAt !== null && approval.requestedAt >= requestedAfter)) &&
    (expiresBefore == null || (approval.expiresAt !== null && approval.expiresAt < expiresBefore))
  )
}
