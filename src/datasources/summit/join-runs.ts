import { badUserInput, isOutage } from '../../errors.ts'
import { type Approval, type ApprovalFilter, type ApprovalOrder, type ApprovalsDataSource } from '../approvals/approvals.ts'
import { fitsApproval } from '../approvals/fits-approval.ts'
import { emptyPage } from '../page.ts'
import { type Run, type RunFilter, type RunOrder, type RunsDataSource } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type Marked, type ScanRequest, scanRows } from './keyset-scan.ts'
import { mixedPage } from './mixed-pages.ts'
import { fitsFilter, type SummitRuns } from './summit-runs.ts'
import { pageOf } from '../graph/pages.ts'

/** Approvals of the runs of one page, at most. */
const MAX_OF_RUNS = 1000

const startedAt = (run: Run): bigint => run.startedAt ?? run.firstSeenAt

const runOrders: Readonly<Record<RunOrder, (a: Run, b: Run) => boolean>> = {
  STARTED_DESC: (a, b) => startedAt(a) > startedAt(b),
  STARTED_ASC: (a, b) => startedAt(a) < startedAt(b),
  UPDATED_DESC: (a, b) => a.updatedAt > b.updatedAt,
}

interface Asking {
  readonly scope: Scope
  /** Nothing but Summit's was asked for: then its outage is the answer. */
  readonly alone: boolean
}

/** Summit's part of a list: nothing while its store is away, and what the answer says when something was left out. */
async function ofSummit<T>(
  { scope, alone }: Asking,
  read: (request: ScanRequest) => Promise<readonly Marked<T>[]>,
  fits: (item: T) => boolean,
  request: ScanRequest,
): Promise<readonly Marked<T>[]> {
  try {
    const { items, cut } = await scanRows(read, fits, request)
    if (cut) scope.passedOver?.('summit-sql', 'DEGRADED')
    return items
  } catch (error) {
    if (alone || !isOutage(error)) throw error
    scope.passedOver?.(error.source ?? 'summit-sql')
    return []
  }
}

const counting: ScanRequest = { from: null, backward: false, size: Number.MAX_SAFE_INTEGER }

/** Runs of both systems as one list; Summit's are readable only. */
export function joinRuns(demon: RunsDataSource, summit: SummitRuns): RunsDataSource {
  const asks = (filter: RunFilter): boolean => filter.systems == null || filter.systems.includes('SUMMIT')
  const alone = (filter: RunFilter): boolean => filter.systems != null && filter.systems.every((system) => system === 'SUMMIT')
  const runsOfSummit = async (scope: Scope, filter: RunFilter, order: RunOrder, request: ScanRequest) =>
    asks(filter)
      ? ofSummit(
          { scope, alone: alone(filter) },
          (from) => summit.rows(scope, order, from),
          (run) => fitsFilter(run, filter),
          request,
        )
      : []
  const byKeys: RunsDataSource['byKeys'] = async (scope, keys) => {
    const [first, second] = await Promise.all([
      demon.byKeys(scope, keys),
      keys.some(({ system }) => system === 'SUMMIT') ? summit.byKeys(scope, keys) : keys.map(() => null),
    ])
    return keys.map(({ system }, at) => (system === 'SUMMIT' ? (second[at] ?? null) : (first[at] ?? null)))
  }
  return {
    ...demon,
    byKeys,
    find: async (scope, key) => (await byKeys(scope, [key]))[0] ?? null,
    async findAt(scope, key, at) {
      if (key.system === 'SUMMIT') throw badUserInput("Summit's runs can only be read as they are now.")
      return demon.findAt(scope, key, at)
    },
    async list(scope, filter, order, page) {
      if (!asks(filter)) return demon.list(scope, filter, order, page)
      return mixedPage(page, {
        demon: async (rest) => (alone(filter) ? emptyPage : demon.list(scope, filter, order, rest)),
        summit: (request) => runsOfSummit(scope, filter, order, request),
        before: runOrders[order],
      })
    },
    async count(scope, filter) {
      const own = alone(filter) ? 0 : await demon.count(scope, filter)
      return own + (await runsOfSummit(scope, filter, 'STARTED_DESC', counting)).length
    },
  }
}

const LATE = 2n ** 63n - 1n
const approvalOrders: Readonly<Record<ApprovalOrder, (a: Approval, b: Approval) => boolean>> = {
  REQUESTED_ASC: (a, b) => (a.requestedAt ?? 0n) < (b.requestedAt ?? 0n),
  REQUESTED_DESC: (a, b) => (a.requestedAt ?? 0n) > (b.requestedAt ?? 0n),
  EXPIRES_ASC: (a, b) => (a.expiresAt ?? LATE) < (b.expiresAt ?? LATE),
}

/** Approvals of both systems as one list. */
export function joinApprovals(demon: ApprovalsDataSource, summit: SummitRuns): ApprovalsDataSource {
  const approvalsOfSummit = (scope: Scope, filter: ApprovalFilter, order: ApprovalOrder, request: ScanRequest) =>
    ofSummit(
      { scope, alone: false },
      (from) => summit.approvalRows(scope, order, from),
      (approval) => fitsApproval(approval, filter),
      request,
    )
  const ofRun = async (scope: Scope, runIds: readonly string[]): Promise<Approval[]> =>
    runIds.length === 0 ? [] : summit.approvals(scope, runIds, MAX_OF_RUNS)
  const byKeys: ApprovalsDataSource['byKeys'] = async (scope, keys) => {
    const first = await demon.byKeys(scope, keys)
    const theirs = await ofRun(
      scope,
      keys.flatMap(({ system, runId }) => (system === 'SUMMIT' ? [runId] : [])),
    )
    return keys.map((key, at) =>
      key.system === 'SUMMIT'
        ? (theirs.find(({ runId, gateId }) => runId === key.runId && gateId === key.gateId) ?? null)
        : (first[at] ?? null),
    )
  }
  return {
    byKeys,
    find: async (scope, key) => (await byKeys(scope, [key]))[0] ?? null,
    list: (scope, filter, order, page) =>
      mixedPage(page, {
        demon: (rest) => demon.list(scope, filter, order, rest),
        summit: (request) => approvalsOfSummit(scope, filter, order, request),
        before: approvalOrders[order],
      }),
    count: async (scope, filter) =>
      (await demon.count(scope, filter)) + (await approvalsOfSummit(scope, filter, 'REQUESTED_DESC', counting)).length,
    async ofRuns(scope, keys, states, page) {
      const first = await demon.ofRuns(scope, keys, states, page)
      const theirs = await ofRun(
        scope,
        keys.flatMap(({ system, runId }) => (system === 'SUMMIT' ? [runId] : [])),
      )
      return keys.map((key, at) => {
        if (key.system !== 'SUMMIT') return first[at] ?? emptyPage
        const own = theirs.filter((approval) => approval.runId === key.runId && (states === null || states.includes(approval.state)))
        return pageOf(own, { list: 'Run.approvals.summit', scope, page, keyOf: ({ gateId }) => gateId, item: (approval) => approval })
      })
    },
    async countOfRuns(scope, keys, states) {
      const first = await demon.countOfRuns(scope, keys, states)
      const theirs = await ofRun(
        scope,
        keys.flatMap(({ system, runId }) => (system === 'SUMMIT' ? [runId] : [])),
      )
      return keys.map((key, at) =>
        key.system === 'SUMMIT'
          ? theirs.filter((approval) => approval.runId === key.runId && (states === null || states.includes(approval.state))).length
          : (first[at] ?? 0),
      )
    },
  }
}
