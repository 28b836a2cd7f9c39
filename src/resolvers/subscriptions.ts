import { type Run } from '../datasources/runs/runs.ts'
import { AppError } from '../errors.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { type ApprovalDelivered, approvalUpdates } from '../subscriptions/approvals.ts'
import { type Delivery, shownIn } from '../subscriptions/delivery.ts'
import { runUpdates } from '../subscriptions/run-updates.ts'
import { type RecordDelivered, recordsAppended } from '../subscriptions/records.ts'
import { type RunEventDelivered, runEvents } from '../subscriptions/runs.ts'
import { startOf } from '../subscriptions/start.ts'
import { type AlertDelivered, alertChanges, type SloDelivered, sloStatusChanges } from '../subscriptions/slo.ts'
import { type Context } from '../context.ts'
import { alertFilter } from './alerts.ts'
import { sloFilter } from './slo.ts'
import { approvalFilter } from './approvals.ts'
import { mentionsField } from './mentions.ts'
import { runTarget } from './node-ids.ts'
import { liveRecordStream } from './storage.ts'

const runOf = (ctx: Context, id: string | null | undefined) => {
  if (id == null) return null
  const key = runTarget(ctx.scope, { id })
  if (key === null) throw new AppError('NOT_FOUND', 'There is no such run.')
  return key
}

/** Streams: each `subscribe` opens one, each `resolve` shows one of its steps. */
export const subscriptions: Resolvers = {
  Subscription: {
    runEvents: {
      subscribe: (root, args, ctx, info) =>
        runEvents(ctx, {
          run: runOf(ctx, args.run),
          filter: args.filter ?? null,
          start: startOf(ctx, 'runEvents', args, root),
          strict: args.strict ?? false,
          needsRun: mentionsField(info, 'run'),
        }),
      resolve: (step: Delivery<RunEventDelivered>) => shownIn(step),
    },
    sloStatusChanged: {
      subscribe: (root, args, ctx) =>
        sloStatusChanges(ctx, sloFilter(args.filter), {
          start: startOf(ctx, 'sloStatusChanged', args, root, 'orrery'),
          strict: args.strict ?? false,
        }),
      resolve: (step: Delivery<SloDelivered>) => shownIn(step),
    },
    alertChanged: {
      subscribe: (root, args, ctx) =>
        alertChanges(ctx, alertFilter(args.filter), {
          start: startOf(ctx, 'alertChanged', args, root, 'orrery'),
          strict: args.strict ?? false,
        }),
      resolve: (step: Delivery<AlertDelivered>) => shownIn(step),
    },
    runUpdated: {
      subscribe: (root, args, ctx) =>
        runUpdates(ctx, {
          run: runOf(ctx, args.run),
          filter: args.filter ?? null,
          start: startOf(ctx, 'runUpdated', { ...args, after: null }, root),
        }),
      resolve: (step: Delivery<Run>) => shownIn(step),
    },
    recordAppended: {
      subscribe: async (root, args, ctx) => {
        const stream = await liveRecordStream(ctx, args.stream)
        return recordsAppended(ctx, stream, { args, root })
      },
      resolve: (step: Delivery<RecordDelivered>) => shownIn(step),
    },
    approvalUpdated: {
      subscribe: (root, args, ctx) =>
        approvalUpdates(ctx, {
          filter: approvalFilter(ctx, args.filter),
          start: startOf(ctx, 'approvalUpdated', args, root),
          strict: args.strict ?? false,
        }),
      resolve: (step: Delivery<ApprovalDelivered>) => shownIn(step),
    },
  },
}
