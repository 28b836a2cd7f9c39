import { denied, type Permission, allowed } from '../auth/permission.ts'
import { denyByScope } from '../auth/viewer.ts'
import { type Context } from '../context.ts'
import { decisionPermission } from '../datasources/approvals/decision-rules.ts'
import { type BlockerKind, type RunBlocker } from '../datasources/blockers/blockers.ts'
import { type Run, type RunFilter, type RunStatus } from '../datasources/runs/runs.ts'
import { emptyPage } from '../datasources/page.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { type SloReport } from '../datasources/slo/slo.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { toCountedConnection } from './connection.ts'

/** What somebody must hold who wants to do something about it. */
const scopeOf: Readonly<Record<BlockerKind, string>> = {
  APPROVAL: 'approvals:decide',
  POLICY: 'runs:cancel',
  QUOTA: 'runs:cancel',
  FROZEN_BUDGET: 'slo:write',
  TICKET: 'slo:tickets',
  STALLED: 'runs:cancel',
}

function permissionOf(ctx: Context, { kind, approval }: RunBlocker): Permission {
  if (approval !== null) return decisionPermission(ctx.viewer, approval, ctx.config)
  const reason = denyByScope(ctx.viewer, scopeOf[kind])
  return reason === null ? allowed : denied(reason)
}

const going: readonly RunStatus[] = ['QUEUED', 'RUNNING', 'AWAITING_APPROVAL', 'PAUSED']
const MOST_BLOCKED = 100

/** The runs that an objective is about; null = all of the tenant. */
const ritualOf = ({ definition: { indicator } }: SloReport): string | null => (indicator.source === 'EVENTS' ? indicator.ritualId : null)

async function blockedBy(ctx: Context, { definition, status }: SloReport): Promise<Run[]> {
  if (status !== 'BREACHED') return []
  const rituals = definition.freezes.includes('*') ? [null] : definition.freezes
  const pages = await Promise.all(
    rituals
      .slice(0, 20)
      .map((ritualId) =>
        ctx.dataSources.runs.list(ctx.scope, { ritualId, statuses: going }, 'STARTED_ASC', pageRequest({ first: MOST_BLOCKED })),
      ),
  )
  return pages.flatMap(({ items }) => items.map(({ item }) => item)).slice(0, MOST_BLOCKED)
}

/** Why a run is stuck, and which runs an objective is about. */
export const blockers: Resolvers = {
  Run: { blockers: async (run, _args, ctx) => [...(await ctx.loaders.blockersOfRun.load(run))] },
  RunBlocker: {
    canAct: ({ kind, approval }, _args, { config }) =>
      approval !== null && config.approverAllowlist !== undefined ? [...config.approverAllowlist] : [`scope:${scopeOf[kind]}`],
    viewerCanAct: (blocker, _args, ctx) => permissionOf(ctx, blocker),
  },
  Slo: {
    runsInWindow: async (report, page, ctx) => {
      const filter: RunFilter = { ritualId: ritualOf(report), startedAfter: report.windowFrom, startedBefore: report.windowTo }
      if (report.definition.indicator.source === 'PROMETHEUS') return toCountedConnection(emptyPage, async () => 0)
      const found = await ctx.dataSources.runs.list(ctx.scope, filter, 'STARTED_DESC', pageRequest(page))
      return toCountedConnection(found, () => ctx.dataSources.runs.count(ctx.scope, filter))
    },
    blocking: (report, _args, ctx) => blockedBy(ctx, report),
  },
}
