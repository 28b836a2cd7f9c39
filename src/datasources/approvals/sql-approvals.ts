import { storable } from '../../projections/event-text.ts'
import { type RunKey } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { groupByOrd, readPagesOfRuns } from '../sql-children.ts'
import { countOfRuns, countRows } from '../sql-counts.ts'
import { type ListOrder, parameters, type Parameters } from '../sql-keyset.ts'
import { readPage } from '../sql-list.ts'
import {
  type Approval,
  type ApprovalFilter,
  type ApprovalKey,
  type ApprovalOrder,
  type ApprovalsDataSource,
  type ApprovalState,
  approvalStates,
} from './approvals.ts'
import { approvalColumns, approvalOfRow, type ApprovalRow } from './sql-approval-rows.ts'

const requested = [
  { expression: 'a.order_at_ns', kind: 'integer' },
  { expression: 'a.first_sequence', kind: 'integer' },
] as const

// Gates without expiry come last: the index holds the same expression.
const expires = [
  { expression: 'coalesce(a.expires_at_ns, 9223372036854775807)', kind: 'integer' },
  { expression: 'a.first_sequence', kind: 'integer' },
] as const

const orders: Readonly<Record<ApprovalOrder, ListOrder>> = {
  REQUESTED_ASC: { name: 'REQUESTED_ASC', keys: requested, descending: false },
  REQUESTED_DESC: { name: 'REQUESTED_DESC', keys: requested, descending: true },
  EXPIRES_ASC: { name: 'EXPIRES_ASC', keys: expires, descending: false },
}

const ofRun: ListOrder = { name: 'SEQUENCE', keys: [{ expression: 'a.first_sequence', kind: 'integer' }], descending: false }

/** Every gate with its run, which knows whether anybody can decide it. */
const approvalsWithRun = 'approvals a join runs r on r.run_seq = a.run_seq'

/** Every condition of the filter but `states`, which lists spread over an index. */
function conditions(filter: ApprovalFilter, { add }: Parameters): string[] {
  const where: string[] = []
  const equals = (column: string, text: string) => where.push(`${column} = ${add(storable(text))}`)
  if (filter.gateId != null) equals('a.gate_id', filter.gateId)
  if (filter.ritualId != null) equals('a.ritual_id', filter.ritualId)
  if (filter.requester != null) equals('a.requester', filter.requester)
  if (filter.approver != null) equals('a.approver', filter.approver)
  if (filter.requestedAfter != null) where.push(`a.order_at_ns >= ${add(filter.requestedAfter)}::bigint and a.requested_at_ns is not null`)
  if (filter.expiresBefore != null) where.push(`a.expires_at_ns < ${add(filter.expiresBefore)}::bigint`)
  if (filter.decidable != null) where.push(`${filter.decidable ? '' : 'not '}(a.state = 'PENDING' and a.system = 'DEMON' and not r.legacy)`)
  return where
}

async function byKeys(sql: Sql, scope: Scope, keys: readonly ApprovalKey[]): Promise<(Approval | null)[]> {
  if (keys.length === 0) return []
  const params = parameters(scope.tenantId)
  const column = (pick: (key: ApprovalKey) => string) => `${params.add(keys.map((key) => storable(pick(key))))}::text[]`
  const lists = [column((key) => key.system), column((key) => key.ritualId), column((key) => key.runId), column((key) => key.gateId)]
  const rows = await sql.any<ApprovalRow & { readonly ord: bigint }>(
    `select wanted.ord, ${approvalColumns} from unnest(${lists.join(', ')}) with ordinality as wanted (system, ritual_id, run_id, gate_id, ord)
     join runs r on r.tenant_id = $1 and r.system = wanted.system and r.ritual_id = wanted.ritual_id and r.run_id = wanted.run_id
     join approvals a on a.run_seq = r.run_seq and a.tenant_id = $1 and a.gate_id = wanted.gate_id`,
    params.values,
    { signal: scope.signal },
  )
  return groupByOrd(rows, keys.length).map(([row]) => (row === undefined ? null : approvalOfRow(row)))
}

function ofRunsSource(states: readonly ApprovalState[] | null, { add }: Parameters) {
  const where = ['a.run_seq = r.run_seq', 'a.tenant_id = $1']
  if (states !== null) where.push(`a.state = any(${add([...states])}::text[])`)
  return { from: 'approvals a', where }
}

const storableKey = ({ system, ritualId, runId }: RunKey): RunKey => ({ system, ritualId: storable(ritualId), runId: storable(runId) })

/** Approvals, read from the tables that the projector writes. */
export function createSqlApprovals({ sql }: { sql: Sql }): ApprovalsDataSource {
  return {
    find: async (scope, key) => (await byKeys(sql, scope, [key]))[0] ?? null,
    byKeys: (scope, keys) => byKeys(sql, scope, keys),
    list(scope, filter, order, page) {
      const params = parameters(scope.tenantId)
      const where = ['a.tenant_id = $1', ...conditions(filter, params)]
      // The index of expiries is led by the state, so that order always goes state by state.
      const states = filter.states ?? (order === 'EXPIRES_ASC' ? approvalStates : null)
      const oneOf = states === null ? undefined : { column: 'a.state', values: states }
      return readPage<ApprovalRow, Approval>(sql, scope, {
        source: { list: 'approvals', order: orders[order], columns: approvalColumns, from: approvalsWithRun, where, oneOf },
        page,
        params,
        item: approvalOfRow,
      })
    },
    async count(scope, filter) {
      const params = parameters(scope.tenantId)
      const where = ['a.tenant_id = $1', ...conditions(filter, params)]
      if (filter.states != null) where.push(`a.state = any(${params.add([...filter.states])}::text[])`)
      return countRows(sql, scope, { from: filter.decidable == null ? 'approvals a' : approvalsWithRun, where, params })
    },
    async ofRuns(scope, keys, states, page) {
      if (keys.length === 0) return []
      const params = parameters(scope.tenantId)
      return readPagesOfRuns<ApprovalRow, Approval>(sql, scope, {
        keys: keys.map(storableKey),
        source: { list: 'Run.approvals', order: ofRun, columns: approvalColumns, ...ofRunsSource(states, params) },
        page,
        params,
        item: approvalOfRow,
      })
    },
    countOfRuns: (scope, keys, states) => countOfRuns(sql, scope, keys.map(storableKey), (params) => ofRunsSource(states, params)),
  }
}
