import { type Context } from '../context.ts'
import { type Run, type RunFilter, type RunKey } from '../datasources/runs/runs.ts'

/** Whether a filter asks for something that only the run as a whole can answer. */
export const asksForState = (filter: RunFilter | null): boolean =>
  filter !== null && (filter.statuses != null || filter.startedAfter != null || filter.startedBefore != null || filter.awaitingGate != null)

const fitsState = (run: Run, { statuses, startedAfter, startedBefore }: RunFilter): boolean => {
  const startedAt = run.startedAt ?? run.firstSeenAt
  return (
    (statuses == null || statuses.includes(run.status)) &&
    (startedAfter == null || startedAt >= startedAfter) &&
    (startedBefore == null || startedAt < startedBefore)
  )
}

async function isAwaiting(ctx: Context, key: RunKey, gateId: string): Promise<boolean> {
  const { system, ritualId, runId } = key
  const approval = await ctx.dataSources.approvals.find(ctx.scope, { system, ritualId, runId, gateId })
  return approval?.state === 'PENDING'
}

/** Whether the run, as the tables show it now, fits the part of the filter that events cannot answer. */
export async function fitsRunState(ctx: Context, run: Run, filter: RunFilter | null): Promise<boolean> {
  if (filter === null) return true
  return fitsState(run, filter) && (filter.awaitingGate == null || (await isAwaiting(ctx, run, filter.awaitingGate)))
}
