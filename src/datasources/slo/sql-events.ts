import { isAppError } from '../../errors.ts'
import { type Sql, type SqlValue } from '../sql/sql.ts'
import { type Slice } from './formulas.ts'
import { capGroups, type Question, type SliceReading, type SliSource, unmeasured } from './sli-source.ts'
import { type EventKind, type Indicator, type Reading, type ReasonCode, type SloDefinition, type SloGroup } from './slo.ts'

type EventIndicator = Extract<Indicator, { source: 'EVENTS' }>

/** One kind of facts, as SQL over `r`. `w` holds tenant, from, to, ritual, gate, threshold. */
interface Facts {
  /** Aggregates. */
  readonly good: string
  readonly total: string
  /** When a fact counts. */
  readonly at: string
  readonly from: string
  readonly where: string
  /** What facts are grouped by, and what that is called. */
  readonly group: string
  readonly label: string
  /** Since when there is anything of tenant `w`: what lies before was not measured. */
  readonly since: string
}

const counted = (good: string) => ({ good: `count(*) filter (where ${good})`, total: 'count(*)' })
const ofRituals = { group: 'r.ritual_id', label: 'ritual', since: '(select min(order_at_ns) from runs where tenant_id = w.tenant_id)' }
const decidedOrOld = 'least(coalesce(r.decided_at_ns, 9223372036854775807), r.requested_at_ns + w.threshold_ns)'

/**
 * What counts, and when: a run counts when it ends (a cancelled one does not), a gate when it is decided or when its age passes the threshold,
 * whichever is first (a younger one that is undecided does not count yet), an append in the minute in which it was asked for.
 */
const facts: Readonly<Record<EventKind, Facts>> = {
  RUNS: {
    ...ofRituals,
    ...counted(`r.status = 'COMPLETED'`),
    at: 'r.ended_at_ns',
    from: 'runs r',
    where: `r.tenant_id = w.tenant_id and r.status in ('COMPLETED', 'FAILED') and r.ended_at_ns >= w.from_ns and r.ended_at_ns < w.to_ns and (w.ritual_id is null or r.ritual_id = w.ritual_id)`,
  },
  RUN_DURATION: {
    ...ofRituals,
    ...counted('r.ended_at_ns - r.started_at_ns <= w.threshold_ns'),
    at: 'r.ended_at_ns',
    from: 'runs r',
    where: `r.tenant_id = w.tenant_id and r.status in ('COMPLETED', 'FAILED') and r.started_at_ns is not null and r.ended_at_ns >= w.from_ns and r.ended_at_ns < w.to_ns and (w.ritual_id is null or r.ritual_id = w.ritual_id)`,
  },
  APPROVAL_AGE: {
    ...ofRituals,
    ...counted('r.decided_at_ns is not null and r.decided_at_ns <= r.requested_at_ns + w.threshold_ns'),
    at: decidedOrOld,
    from: 'approvals r',
    where: `r.tenant_id = w.tenant_id and r.requested_at_ns is not null and r.requested_at_ns >= w.from_ns - w.threshold_ns and r.requested_at_ns < w.to_ns
      and ${decidedOrOld} >= w.from_ns and ${decidedOrOld} < w.to_ns
      and (w.ritual_id is null or r.ritual_id = w.ritual_id) and (w.gate_id is null or r.gate_id = w.gate_id)`,
  },
  APPENDS: {
    good: 'coalesce(sum(r.accepted), 0)::bigint',
    total: 'coalesce(sum(r.accepted + r.refused), 0)::bigint',
    at: 'r.at_ns',
    from: 'append_slots r',
    where: 'r.tenant_id = w.tenant_id and r.at_ns >= w.from_ns and r.at_ns < w.to_ns',
    group: 'r.stream_name',
    label: 'stream',
    since: '(select min(at_ns) from append_slots where tenant_id = w.tenant_id)',
  },
}

const indicatorOf = ({ indicator }: SloDefinition): EventIndicator | null => (indicator.source === 'EVENTS' ? indicator : null)

function reasonOf(error: unknown): ReasonCode {
  if (isAppError(error, 'DEADLINE_EXCEEDED')) return 'BACKEND_TIMEOUT'
  if (isAppError(error, 'SOURCE_UNAVAILABLE')) return 'BACKEND_UNAVAILABLE'
  throw error
}

const thresholdNs = (indicator: EventIndicator): bigint => BigInt(Math.round((indicator.thresholdSeconds ?? 0) * 1e9))

const wanted = (ords: readonly number[], questions: readonly Question[]): { text: string; values: SqlValue[] } => {
  const column = <T extends SqlValue & (string | bigint | number | null)>(pick: (question: Question, indicator: EventIndicator) => T) =>
    questions.flatMap((question) => {
      const indicator = indicatorOf(question.slo)
      return indicator === null ? [] : [pick(question, indicator)]
    })
  return {
    text: `unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[]) as w (ord, tenant_id, from_ns, to_ns, ritual_id, gate_id, threshold_ns)`,
    values: [
      ords.map(BigInt),
      column(({ slo }) => slo.tenantId),
      column(({ from }) => from),
      column(({ to }) => to),
      column((_, { ritualId }) => ritualId),
      column((_, { gateId }) => gateId),
      column((_, indicator) => thresholdNs(indicator)),
    ],
  }
}

/** Facts of our own log, from the tables that the projector makes of it: an objective without any Prometheus. */
export function createSqlEvents({ sql }: { sql: Sql }): SliSource {
  async function count(kind: EventKind, ords: readonly number[], questions: readonly Question[], signal?: AbortSignal) {
    const { good, total, from, where, since } = facts[kind]
    const { text, values } = wanted(ords, questions)
    return sql.any<{ ord: bigint; good: bigint; total: bigint; since: bigint | null }>(
      `with firsts as (select w.tenant_id, ${since} as since from (select distinct tenant_id from unnest($2::text[]) as t (tenant_id)) w)
       select w.ord, found.good, found.total, firsts.since
         from ${text} join firsts on firsts.tenant_id = w.tenant_id
        cross join lateral (select ${good} as good, ${total} as total from ${from} where ${where}) found`,
      values,
      { signal },
    )
  }

  const groupByKind = (questions: readonly Question[]) => {
    const kinds = new Map<EventKind, { ords: number[]; questions: Question[] }>()
    questions.forEach((question, ord) => {
      const indicator = indicatorOf(question.slo)
      if (indicator === null) return
      const known = kinds.get(indicator.event) ?? { ords: [], questions: [] }
      known.ords.push(ord)
      known.questions.push(question)
      kinds.set(indicator.event, known)
    })
    return kinds
  }

  return {
    async measure(questions, signal) {
      const readings: Reading[] = questions.map(() => unmeasured('NOT_CONFIGURED'))
      try {
        for (const [kind, asked] of groupByKind(questions)) {
          const rows = await count(kind, asked.ords, asked.questions, signal)
          for (const { ord, good, total, since } of rows) {
            const question = questions[Number(ord)]
            if (question === undefined) continue
            const start = since === null ? question.to : since > question.from ? since : question.from
            const length = Number(question.to - question.from)
            const coverage = length <= 0 ? 0 : Math.max(0, Number(question.to - start) / length)
            readings[Number(ord)] = {
              ok: true,
              good: Number(good),
              total: Number(total),
              coverage,
              estimated: coverage < 0.999,
              warnings: [],
            }
          }
        }
        return readings
      } catch (error) {
        const reason = reasonOf(error)
        return questions.map(() => unmeasured(reason))
      }
    },
    async slices(slo, { from, to, stepSeconds }, signal): Promise<SliceReading> {
      const indicator = indicatorOf(slo)
      if (indicator === null) return { ok: false, reason: 'NOT_CONFIGURED' }
      const { good, total: all, at, from: table, where, since } = facts[indicator.event]
      const stepNs = BigInt(Math.round(stepSeconds * 1e9))
      try {
        const { first } = await sql.one<{ first: bigint | null }>(
          `select ${since} as first from (select $1::text as tenant_id) w`,
          [slo.tenantId],
          {
            signal,
          },
        )
        const { text, values } = wanted([0], [{ slo, from, to, wantCoverage: false }])
        const rows = await sql.any<{ slice: bigint; good: bigint; total: bigint }>(
          `select (${at} - w.from_ns) / $8::bigint as slice, ${good} as good, ${all} as total
             from ${text} join ${table} on ${where} group by 1`,
          [...values, stepNs],
          { signal },
        )
        const slices: Slice[] = []
        const length = Number((to - from + stepNs - 1n) / stepNs)
        for (let index = 0; index < length; index += 1)
          slices.push(first === null || from + BigInt(index + 1) * stepNs <= first ? null : { good: 0, total: 0 })
        for (const { slice, good: goodOnes, total } of rows) slices[Number(slice)] = { good: Number(goodOnes), total: Number(total) }
        return { ok: true, slices, warned: false }
      } catch (error) {
        return { ok: false, reason: reasonOf(error) }
      }
    },
    async quantileMs() {
      return null
    },
    async groups(slo, { from, to }, signal) {
      const indicator = indicatorOf(slo)
      if (indicator === null) return null
      const { good, total: all, from: table, where, group, label } = facts[indicator.event]
      const { text, values } = wanted([0], [{ slo, from, to, wantCoverage: false }])
      const rows = await sql.any<{ name: string; good: bigint; total: bigint }>(
        `select ${group} as name, ${good} as good, ${all} as total from ${text} join ${table} on ${where} group by 1`,
        values,
        { signal },
      )
      return capGroups(
        rows.map((row): SloGroup => ({
          labels: { [label]: row.name },
          overflow: false,
          good: Number(row.good),
          total: Number(row.total),
        })),
      )
    },
    describe({ indicator }) {
      if (indicator.source !== 'EVENTS') return []
      const of = indicator.ritualId === null ? '' : ` of ritual "${indicator.ritualId}"`
      switch (indicator.event) {
        case 'RUNS':
          return [`runs${of} that ended: completed over completed and failed`]
        case 'RUN_DURATION':
          return [`runs${of} that ended within ${indicator.thresholdSeconds ?? 0} s over all that ended`]
        case 'APPENDS':
          return ['appends to record streams that were stored over all that were asked for rightly']
        case 'APPROVAL_AGE':
          return [`gates${of} decided within ${indicator.thresholdSeconds ?? 0} s over all that were decided or grew older`]
      }
    },
  }
}
