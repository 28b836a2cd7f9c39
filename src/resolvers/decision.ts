import { type Approval, type Decision } from '../datasources/approvals/approvals.ts'

/** A decision that knows its gate: what its receipt is found by. */
export interface DecisionOfGate extends Decision {
  readonly gate: Approval
}

export const decisionOf = (gate: Approval, decision: Decision): DecisionOfGate => ({ ...decision, gate })
