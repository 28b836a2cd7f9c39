import { type Approval } from '../approvals/approvals.ts'
import { type Run } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type SloReport } from '../slo/slo.ts'
import { type Ticket } from '../tickets/tickets.ts'
import { type Nanos } from '../../time.ts'

export type BlockerKind = 'APPROVAL' | 'POLICY' | 'QUOTA' | 'FROZEN_BUDGET' | 'TICKET' | 'STALLED'

/** Why a run does not go on. */
export interface RunBlocker {
  readonly kind: BlockerKind
  readonly since: Nanos | null
  readonly message: string
  readonly approval: Approval | null
  readonly slo: SloReport | null
  readonly ticket: Ticket | null
  readonly system: Run['system']
}

export interface BlockersDataSource {
  /**
   * What keeps each run from going on, in the order of `runs`: pending gates, the newest denial of a policy or quota, overdrawn budgets that freeze
   * its ritual, tickets that were not used, and silence for longer than the ritual's p99. A run that is over has none. A constant number of statements.
   * @throws AppError SOURCE_UNAVAILABLE
   */
  ofRuns(scope: Scope, runs: readonly Run[]): Promise<readonly RunBlocker[][]>
}
