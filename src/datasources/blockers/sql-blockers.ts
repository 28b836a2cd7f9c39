import { type Clock, type Nanos } from '../../time.ts'
import { type ApprovalsDataSource } from '../approvals/approvals.ts'
import { type Run, type RunKey } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type SloDataSource, type SloReport } from '../slo/slo.ts'
import { type Sql } from '../sql/sql.ts'
import { type TicketsDataSource } from '../tickets/tickets.ts'
import { type BlockersDataSource, type RunBlocker } from './blockers.ts'

export interface BlockersParts {
  readonly sql: Sql
  readonly approvals: Pick<ApprovalsDataSource, 'ofRuns'>
  readonly tickets: Pick<TicketsDataSource, 'openOfRuns'>
  readonly slo: Pick<SloDataSource, 'definitions' | 'reports'>
  readonly clock: Clock
}

const over: ReadonlySet<Run['status']> = new Set(['COMPLETED', 'FAILED', 'CANCELED'])
/** With fewer runs behind it a p99 says nothing. */
const FEWEST_RUNS = 5
const RUNS_LOOKED_AT = 1000

interface Denial {
  readonly ord: bigint
  readonly capability: string | null
  readonly reason: string | null
  readonly quota_remaining: bigint | null
  readonly at_ns: bigint
}

const columns = (keys: readonly RunKey[]) => [
  keys.map(({ system }) => system),
  keys.map(({ ritualId }) => ritualId),
  keys.map(({ runId }) => runId),
]

export function createSqlBlockers({ sql, approvals, tickets, slo, clock }: BlockersParts): BlockersDataSource {
  /** The newest decision about each run, where it is a denial. */
  const denials = ({ tenantId, signal }: Scope, keys: readonly RunKey[]): Promise<Denial[]> =>
    sql.any<Denial>(
      `select w.ord, p.capability, p.reason, p.quota_remaining, p.at_ns
         from unnest($2::text[], $3::text[], $4::text[]) with ordinality as w (system, ritual_id, run_id, ord)
         join runs r on r.tenant_id = $1 and r.system = w.system and r.ritual_id = w.ritual_id and r.run_id = w.run_id
         cross join lateral (select * from policy_decisions where run_seq = r.run_seq and tenant_id = $1 order by sequence desc limit 1) p
        where p.allowed = false`,
      [tenantId, ...columns(keys)],
      { signal },
    )

  /** How long a run of each ritual takes at most, but for one in a hundred. */
  async function p99Of({ tenantId, signal }: Scope, rituals: readonly string[]): Promise<Map<string, Nanos>> {
    const rows = await sql.any<{ ritual_id: string; p99: bigint | null; runs: bigint }>(
      `select w.ritual_id, d.p99, d.runs from unnest($2::text[]) as w (ritual_id) cross join lateral
         (select percentile_disc(0.99) within group (order by took) as p99, count(*) as runs from
           (select ended_at_ns - started_at_ns as took from runs where tenant_id = $1 and ritual_id = w.ritual_id
               and ended_at_ns is not null and started_at_ns is not null order by ended_at_ns desc limit ${RUNS_LOOKED_AT}) newest) d`,
      [tenantId, [...new Set(rituals)]],
      { signal },
    )
    return new Map(rows.flatMap((row) => (row.p99 === null || row.runs < BigInt(FEWEST_RUNS) ? [] : [[row.ritual_id, row.p99] as const])))
  }

  async function frozen(scope: Scope): Promise<readonly SloReport[]> {
    const freezing = (await slo.definitions(scope)).filter(({ freezes }) => freezes.length > 0)
    if (freezing.length === 0) return []
    return (await slo.reports(scope, freezing, null)).filter(({ status }) => status === 'BREACHED')
  }

  return {
    async ofRuns(scope, runs) {
      const open = runs.filter(({ status }) => !over.has(status))
      if (open.length === 0) return runs.map(() => [])
      const page = { size: 20, direction: 'FORWARD', cursor: null } as const
      const [gates, denied, waiting, p99, budgets] = await Promise.all([
        approvals.ofRuns(scope, open, ['PENDING'], page),
        denials(scope, open),
        tickets.openOfRuns(scope, open),
        p99Of(
          scope,
          open.map(({ ritualId }) => ritualId),
        ),
        frozen(scope),
      ])
      const now = clock.now()
      const found = new Map<Run, RunBlocker[]>()
      open.forEach((run, index) => {
        const blockers: RunBlocker[] = []
        const add = (blocker: Partial<RunBlocker> & Pick<RunBlocker, 'kind' | 'since' | 'message'>): void =>
          void blockers.push({ approval: null, slo: null, ticket: null, system: run.system, ...blocker })
        for (const { item } of gates[index]?.items ?? [])
          add({ kind: 'APPROVAL', since: item.requestedAt, message: `Gate ${item.gateId} waits for a decision.`, approval: item })
        const denial = denied.find(({ ord }) => Number(ord) === index + 1)
        if (denial !== undefined) {
          const quota = denial.quota_remaining === 0n
          const what = denial.capability ?? 'what it asked for'
          add({
            kind: quota ? 'QUOTA' : 'POLICY',
            since: denial.at_ns,
            message: quota
              ? `The quota of ${what} is spent.`
              : `A policy denied ${what}${denial.reason === null ? '' : `: ${denial.reason}`}.`,
          })
        }
        for (const report of budgets)
          if (report.definition.freezes.some((ritual) => ritual === '*' || ritual === run.ritualId))
            add({ kind: 'FROZEN_BUDGET', since: null, message: `The budget of ${report.definition.name} is spent.`, slo: report })
        for (const ticket of waiting[index] ?? []) {
          const expired = BigInt(ticket.expiresAtMs) * 1_000_000n <= now
          const message = expired ? `Ticket ${ticket.id} has expired; a new one is needed.` : `Ticket ${ticket.id} has not been used.`
          add({ kind: 'TICKET', since: BigInt(expired ? ticket.expiresAtMs : ticket.issuedAtMs) * 1_000_000n, message, ticket })
        }
        const most = p99.get(run.ritualId)
        if (blockers.length === 0 && most !== undefined && now - run.updatedAt > most)
          add({
            kind: 'STALLED',
            since: run.updatedAt,
            message: `No event for longer than 99 % of the ritual's runs take in all (${most / 1_000_000_000n} s).`,
          })
        found.set(run, blockers)
      })
      return runs.map((run) => found.get(run) ?? [])
    },
  }
}
