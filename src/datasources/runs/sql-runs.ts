import { storable } from '../../projections/event-text.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { groupByOrd, parentRuns, readPagesOfRuns } from '../sql-children.ts'
import { countOfRuns } from '../sql-counts.ts'
import { type ListOrder, type Parameters, parameters } from '../sql-keyset.ts'
import { type PolicyDecision, type RunEvent, type RunKey, type RunsDataSource, type System } from './runs.ts'
import { findRunAt } from './sql-run-history.ts'
import { countRuns, listRuns } from './sql-run-lists.ts'
import {
  decisionColumns,
  decisionOfRow,
  type DecisionRow,
  eventColumns,
  eventOfRow,
  type EventRow,
  runColumns,
  runOfRow,
  type RunRow,
  type TransitionRow,
  transitionOfRow,
} from './sql-run-rows.ts'
import { countRituals, countScaleHints, durationsOfRituals, listRituals, listScaleHints, quotasOf, ritualsByIds } from './sql-rituals.ts'

const storableKey = ({ system, ritualId, runId }: RunKey): RunKey => ({ system, ritualId: storable(ritualId), runId: storable(runId) })

const bySequence = (alias: string): ListOrder => ({
  name: 'SEQUENCE',
  keys: [{ expression: `${alias}.sequence`, kind: 'integer' }],
  descending: false,
})

async function byKeys(sql: Sql, scope: Scope, keys: readonly RunKey[]) {
  if (keys.length === 0) return []
  const params = parameters(scope.tenantId)
  const rows = await sql.any<RunRow & { readonly ord: bigint }>(
    `select parent.ord, ${runColumns} from ${parentRuns(keys.map(storableKey), params)} where r.run_seq is not null`,
    params.values,
    { signal: scope.signal },
  )
  return groupByOrd(rows, keys.length).map(([row]) => (row === undefined ? null : runOfRow(row)))
}

type EventWithRun = EventRow & { readonly system: System; readonly ritual_id: string; readonly run_id: string }

async function eventsBySequences(sql: Sql, scope: Scope, sequences: readonly bigint[]) {
  if (sequences.length === 0) return []
  const rows = await sql.any<EventWithRun>(
    `select ${eventColumns}, r.system, r.ritual_id, r.run_id from run_events e join runs r on r.run_seq = e.run_seq and r.tenant_id = $1
     where e.tenant_id = $1 and e.sequence = any($2::bigint[])`,
    [scope.tenantId, sequences],
    { signal: scope.signal },
  )
  const found = new Map(
    rows.map((row) => [row.sequence, eventOfRow(row, { system: row.system, ritualId: row.ritual_id, runId: row.run_id })]),
  )
  return sequences.map((sequence) => found.get(sequence) ?? null)
}

const MAX_TRANSITIONS = 1000

async function transitionsOf(sql: Sql, scope: Scope, keys: readonly RunKey[]) {
  if (keys.length === 0) return []
  const params = parameters(scope.tenantId)
  const rows = await sql.any<TransitionRow & { readonly ord: bigint }>(
    `select parent.ord, step.* from ${parentRuns(keys.map(storableKey), params)} cross join lateral (
       select t.sequence, t.from_state, t.to_state, t.at_ns from run_transitions t
       where t.run_seq = r.run_seq and t.tenant_id = $1 order by t.sequence limit ${MAX_TRANSITIONS}) step
     order by parent.ord, step.sequence`,
    params.values,
    { signal: scope.signal },
  )
  return groupByOrd(rows, keys.length).map((steps) => steps.map(transitionOfRow))
}

function eventsSource(types: readonly string[] | null, { add }: Parameters) {
  const where = ['e.run_seq = r.run_seq', 'e.tenant_id = $1']
  if (types !== null) where.push(`e.type = any(${add(types.map(storable))}::text[])`)
  return { from: 'run_events e', where }
}

const decisionsSource = { from: 'policy_decisions d', where: ['d.run_seq = r.run_seq', 'd.tenant_id = $1'] } as const

/** Runs, read from the tables that the projector writes. */
export function createSqlRuns({ sql }: { sql: Sql }): RunsDataSource {
  return {
    find: async (scope, key) => (await byKeys(sql, scope, [key]))[0] ?? null,
    byKeys: (scope, keys) => byKeys(sql, scope, keys),
    findAt: (scope, key, at) => findRunAt(sql, scope, storableKey(key), at),
    list: (scope, filter, order, page) => listRuns(sql, scope, filter, order, page),
    count: (scope, filter) => countRuns(sql, scope, filter),
    async eventsOf(scope, keys, types, page) {
      if (keys.length === 0) return []
      const params = parameters(scope.tenantId)
      return readPagesOfRuns<EventRow, RunEvent>(sql, scope, {
        keys: keys.map(storableKey),
        source: { list: 'Run.events', order: bySequence('e'), columns: eventColumns, ...eventsSource(types, params) },
        page,
        params,
        item: (row, key) => eventOfRow(row, key),
      })
    },
    countEventsOf: (scope, keys, types) => countOfRuns(sql, scope, keys.map(storableKey), (params) => eventsSource(types, params)),
    findEvent: async (scope, sequence) => (await eventsBySequences(sql, scope, [sequence]))[0] ?? null,
    eventsBySequences: (scope, sequences) => eventsBySequences(sql, scope, sequences),
    transitionsOf: (scope, keys) => transitionsOf(sql, scope, keys),
    async policyDecisionsOf(scope, keys, page) {
      if (keys.length === 0) return []
      return readPagesOfRuns<DecisionRow, PolicyDecision>(sql, scope, {
        keys: keys.map(storableKey),
        source: {
          list: 'Run.policyDecisions',
          order: bySequence('d'),
          columns: decisionColumns,
          ...decisionsSource,
        },
        page,
        params: parameters(scope.tenantId),
        item: (row, key) => decisionOfRow(row, key),
      })
    },
    countPolicyDecisionsOf: (scope, keys) => countOfRuns(sql, scope, keys.map(storableKey), () => decisionsSource),
    rituals: (scope, page) => listRituals(sql, scope, page),
    countRituals: (scope) => countRituals(sql, scope),
    ritualsByIds: (scope, ritualIds) => ritualsByIds(sql, scope, ritualIds),
    durationsOf: (scope, ritualIds) => durationsOfRituals(sql, scope, ritualIds),
    scaleHints: (scope, page) => listScaleHints(sql, scope, page),
    countScaleHints: (scope) => countScaleHints(sql, scope),
    quotas: (scope) => quotasOf(sql, scope),
  }
}
