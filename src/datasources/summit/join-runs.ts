import { badUserInput, isOutage } from '../../errors.ts'
import { type Approval, type ApprovalFilter, type ApprovalOrder, type ApprovalsDataSource } from '../approvals/approvals.ts'
import { fitsApproval } from '../approvals/fits-approval.ts'
import { emptyPage, type Page, type PageRequest } from '../page.ts'
import { type Run, type RunFilter, type RunOrder, type RunsDataSource } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { fitsFilter, type SummitRuns } from './summit-runs.ts'
import { pageOf } from '../graph/pages.ts'

/** Summit's share of a list: what is beyond is left out of mixed lists. */
const MAX_OF_SUMMIT = 1000

/** Where a mixed list stands in Demon's pages, and behind which item of Summit's. */
interface Mark {
  readonly demon: string | null
  readonly summit: string | null
}

const PREFIX = 'mix.'
const encode = (mark: Mark): string => PREFIX + Buffer.from(JSON.stringify([mark.demon, mark.summit])).toString('base64url')

function decode(cursor: string | null): Mark {
  if (cursor === null) return { demon: null, summit: null }
  if (!cursor.startsWith(PREFIX)) return { demon: cursor, summit: null }
  try {
    const [demon, summit] = JSON.parse(Buffer.from(cursor.slice(PREFIX.length), 'base64url').toString('utf8')) as unknown[]
    const isMark = (value: unknown): value is string | null => value === null || typeof value === 'string'
    if (isMark(demon) && isMark(summit)) return { demon, summit }
  } catch {
    // falls through: it is not ours
  }
  throw badUserInput('This is not a cursor of this list.')
}

/**
 * One page of two lists in one order: Demon's, page by page, and Summit's, which is short and whole.
 * @param before whether the first comes before the second
 */
async function mixed<T>(
  page: PageRequest,
  demon: (page: PageRequest) => Promise<Page<T>>,
  summit: readonly T[],
  { before, keyOf }: { before: (a: T, b: T) => boolean; keyOf: (item: T) => string },
): Promise<Page<T>> {
  const mark = decode(page.cursor)
  const backward = page.direction === 'BACKWARD'
  const own = await demon({ ...page, cursor: mark.demon })
  const inOrder = [...summit].sort((a, b) => (before(a, b) ? -1 : 1))
  const at = mark.summit === null ? -1 : inOrder.findIndex((item) => keyOf(item) === mark.summit)
  // A mark that is behind all of Summit's, or an item that has gone, leaves the rest to Demon's order.
  const rest = backward ? (at < 0 ? (page.cursor === null ? inOrder : []) : inOrder.slice(0, at)) : inOrder.slice(at + 1)
  const merged: { item: T; mark: Mark }[] = []
  const ours = backward ? [...own.items].reverse() : [...own.items]
  const theirs = backward ? [...rest].reverse() : [...rest]
  let state = mark
  while (merged.length < page.size && (ours.length > 0 || theirs.length > 0)) {
    const [first] = ours
    const [second] = theirs
    const takeOurs = second === undefined || (first !== undefined && (backward ? before(second, first.item) : !before(second, first.item)))
    if (takeOurs && first !== undefined) {
      ours.shift()
      state = { ...state, demon: first.cursor }
      merged.push({ item: first.item, mark: state })
    } else if (second !== undefined) {
      theirs.shift()
      state = { ...state, summit: keyOf(second) }
      merged.push({ item: second, mark: state })
    }
  }
  const more = ours.length > 0 || theirs.length > 0 || (backward ? own.hasPreviousPage : own.hasNextPage)
  const items = merged.map(({ item, mark: where }) => ({ cursor: encode(where), item }))
  if (backward) items.reverse()
  const others = page.cursor !== null
  return { items, hasNextPage: backward ? others : more, hasPreviousPage: backward ? more : others }
}

const startedAt = (run: Run): bigint => run.startedAt ?? run.firstSeenAt

const runOrders: Readonly<Record<RunOrder, (a: Run, b: Run) => boolean>> = {
  STARTED_DESC: (a, b) => startedAt(a) > startedAt(b),
  STARTED_ASC: (a, b) => startedAt(a) < startedAt(b),
  UPDATED_DESC: (a, b) => a.updatedAt > b.updatedAt,
}

/** Summit's answer; nothing while its store is away, unless it alone was asked for. */
async function orNothing<T>(scope: Scope, ask: () => Promise<T[]>, alone: boolean): Promise<T[]> {
  try {
    return await ask()
  } catch (error) {
    if (alone || !isOutage(error)) throw error
    scope.passedOver?.(error.source ?? 'summit-sql')
    return []
  }
}

/** Runs of both systems as one list; Summit's are readable only. */
export function joinRuns(demon: RunsDataSource, summit: SummitRuns): RunsDataSource {
  const asks = (filter: RunFilter): boolean => filter.systems == null || filter.systems.includes('SUMMIT')
  const alone = (filter: RunFilter): boolean => filter.systems != null && filter.systems.every((system) => system === 'SUMMIT')
  const ofSummit = (scope: Scope, filter: RunFilter): Promise<Run[]> =>
    asks(filter) ? orNothing(scope, () => summit.list(scope, filter, MAX_OF_SUMMIT), alone(filter)) : Promise.resolve([])
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
      const theirs = await ofSummit(scope, filter)
      if (theirs.length === 0 && page.cursor?.startsWith(PREFIX) !== true) return demon.list(scope, filter, order, page)
      const own = (rest: PageRequest): Promise<Page<Run>> =>
        alone(filter) ? Promise.resolve(emptyPage) : demon.list(scope, filter, order, rest)
      return mixed(page, own, theirs, { before: runOrders[order], keyOf: ({ runId }) => runId })
    },
    async count(scope, filter) {
      return (
        (alone(filter) ? 0 : await demon.count(scope, filter)) +
        (await ofSummit(scope, filter)).filter((run) => fitsFilter(run, filter)).length
      )
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
  const ofSummit = async (scope: Scope, filter: ApprovalFilter): Promise<Approval[]> =>
    (await orNothing(scope, () => summit.approvals(scope, null, MAX_OF_SUMMIT), false)).filter((approval) => fitsApproval(approval, filter))
  const ofRun = async (scope: Scope, runIds: readonly string[]): Promise<Approval[]> =>
    runIds.length === 0 ? [] : summit.approvals(scope, runIds, MAX_OF_SUMMIT)
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
    async list(scope, filter, order, page) {
      const theirs = await ofSummit(scope, filter)
      if (theirs.length === 0 && page.cursor?.startsWith(PREFIX) !== true) return demon.list(scope, filter, order, page)
      const own = (rest: PageRequest): Promise<Page<Approval>> => demon.list(scope, filter, order, rest)
      return mixed(page, own, theirs, { before: approvalOrders[order], keyOf: ({ gateId }) => gateId })
    },
    count: async (scope, filter) => (await demon.count(scope, filter)) + (await ofSummit(scope, filter)).length,
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
