import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'
import { type Run } from '../datasources/runs/runs.ts'
import { AppError } from '../errors.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { type ApprovalDelivered, approvalUpdates } from '../subscriptions/approvals.ts'
import { type Delivery } from '../subscriptions/delivery.ts'
import { runUpdates } from '../subscriptions/run-updates.ts'
import { type RecordDelivered, recordsAppended } from '../subscriptions/records.ts'
import { type RunEventDelivered, runEvents } from '../subscriptions/runs.ts'
import { startOf } from '../subscriptions/start.ts'
import { type AlertDelivered, alertChanges, type SloDelivered, sloStatusChanges } from '../subscriptions/slo.ts'
import { type Context } from '../context.ts'
import { alertFilter } from './alerts.ts'
import { sloFilter } from './slo.ts'
import { approvalFilter } from './approvals.ts'
import { runTarget } from './node-ids.ts'
import { liveRecordStream } from './storage.ts'

/** Steps without a value are never executed. */
function shown<T>({ value }: Delivery<T>): T {
  if (value === null) throw new Error('a step of a stream that shows nothing was executed')
  return value
}

/** Whether the operation names a field anywhere: cheap, and wrong only to the safe side. */
function mentions(info: GraphQLResolveInfo, field: string): boolean {
  const pending: SelectionSetNode[] = [
    info.operation.selectionSet,
    ...Object.values(info.fragments).map((fragment) => fragment.selectionSet),
  ]
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD && selection.name.value === field) return true
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) pending.push(selection.selectionSet)
    }
  }
  return false
}

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
          needsRun: mentions(info, 'run'),
        }),
      resolve: (step: Delivery<RunEventDelivered>) => shown(step),
    },
    sloStatusChanged: {
      subscribe: (root, args, ctx) =>
        sloStatusChanges(ctx, sloFilter(args.filter), {
          start: startOf(ctx, 'sloStatusChanged', args, root, 'orrery'),
          strict: args.strict ?? false,
        }),
      resolve: (step: Delivery<SloDelivered>) => shown(step),
    },
    alertChanged: {
      subscribe: (root, args, ctx) =>
        alertChanges(ctx, alertFilter(args.filter), {
          start: startOf(ctx, 'alertChanged', args, root, 'orrery'),
          strict: args.strict ?? false,
        }),
      resolve: (step: Delivery<AlertDelivered>) => shown(step),
    },
    runUpdated: {
      subscribe: (root, args, ctx) =>
        runUpdates(ctx, {
          run: runOf(ctx, args.run),
          filter: args.filter ?? null,
          start: startOf(ctx, 'runUpdated', { ...args, after: null }, root),
        }),
      resolve: (step: Delivery<Run>) => shown(step),
    },
    recordAppended: {
      subscribe: async (root, args, ctx) => {
        const stream = await liveRecordStream(ctx, args.stream)
        return recordsAppended(ctx, stream, { args, root })
      },
      resolve: (step: Delivery<RecordDelivered>) => shown(step),
    },
    approvalUpdated: {
      subscribe: (root, args, ctx) =>
        approvalUpdates(ctx, {
          filter: approvalFilter(ctx, args.filter),
          start: startOf(ctx, 'approvalUpdated', args, root),
          strict: args.strict ?? false,
        }),
      resolve: (step: Delivery<ApprovalDelivered>) => shown(step),
    },
  },
}
