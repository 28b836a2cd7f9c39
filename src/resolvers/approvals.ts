import { actorOf } from '../auth/actor.ts'
import { type Context } from '../context.ts'
import { type ApprovalFilter } from '../datasources/approvals/approvals.ts'
import { ageSeconds, decisionPermission, denyDecider } from '../datasources/approvals/decision-rules.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { emptyPage } from '../datasources/page.ts'
import { type ApprovalFilter as ApprovalFilterInput, type Resolvers } from '../generated/resolver-types.ts'
import { toCountedConnection } from './connection.ts'
import { decisionOf, type DecisionOfGate } from './decision.ts'
import { reading } from './freshness.ts'
import { approvalId, approvalTarget } from './node-ids.ts'
import { runOf } from './runs.ts'

/** The filter for the data source; null when nothing can match, as no gate is decidable by a viewer who may decide none. */
export function approvalFilter(ctx: Context, input: ApprovalFilterInput | null | undefined): ApprovalFilter | null {
  const { decidableByViewer, ...filter } = input ?? {}
  if (decidableByViewer == null) return filter
  if (denyDecider(ctx.viewer, ctx.config) === null) return { ...filter, decidable: decidableByViewer }
  return decidableByViewer ? null : filter
}

const Query: Resolvers['Query'] = {
  approval: (_parent, { id, key, minCursor }, ctx) =>
    reading(ctx, minCursor, async () => {
      const target = approvalTarget(ctx.scope, { id, key })
      return target === null ? null : ctx.loaders.approval.load(target)
    }),
  approvals: (_parent, { filter: input, orderBy, minCursor, ...page }, ctx) =>
    reading(ctx, minCursor, async () => {
      const { approvals } = ctx.dataSources
      const request = pageRequest(page)
      const filter = approvalFilter(ctx, input)
      if (filter === null) return toCountedConnection(emptyPage, async () => 0)
      const found = await approvals.list(ctx.scope, filter, orderBy ?? 'REQUESTED_ASC', request)
      return toCountedConnection(found, () => approvals.count(ctx.scope, filter))
    }),
}

const Approval: Resolvers['Approval'] = {
  id: approvalId,
  rawState: ({ rawState }) => rawState ?? null,
  run: (approval, _args, ctx) => runOf(ctx, approval),
  requester: ({ requester }) => (requester === null ? null : actorOf(requester)),
  ageSeconds: (approval, _args, ctx) => ageSeconds(approval, ctx.clock.now()),
  viewerCanDecide: (approval, _args, ctx) => decisionPermission(ctx.viewer, approval, ctx.config),
  decision: (approval) => approval.decision && decisionOf(approval, approval.decision),
  laterTerminals: (approval) => approval.laterTerminals.map((decision) => decisionOf(approval, decision)),
}

/** The newest receipt of this person's decision of this kind. */
async function receiptOf(ctx: Context, { gate, approver, kind }: DecisionOfGate) {
  const receipts = await ctx.dataSources.audit.about(ctx.scope, approvalId(gate))
  const action = `${kind.toLowerCase()}Approval`
  return (
    receipts.find((receipt) => receipt.outcome === 'ApprovalDecided' && receipt.actor.id === approver && receipt.action === action) ?? null
  )
}

/** Gates and their decisions. */
export const approvals: Resolvers = {
  Query,
  Run: {
    approvals: (run, args, ctx) => ctx.loaders.approvalsOfRun(args).load(run),
  },
  Approval,
  ApprovalConnection: { totalCount: (connection) => connection.count() },
  Decision: { approver: (decision) => actorOf(decision.approver), receipt: (decision, _args, ctx) => receiptOf(ctx, decision) },
}
