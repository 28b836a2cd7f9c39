import { checkDepth } from '../datasources/graph/graph-search.ts'
import { badUserInput, AppError } from '../errors.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { type Delivery } from '../subscriptions/delivery.ts'
import { type GraphChangeDelivered, type GraphCommitDelivered, graphCommits, neighbourhoodChanges } from '../subscriptions/graph.ts'
import { startOf } from '../subscriptions/start.ts'
import { type Context } from '../context.ts'
import { graphTarget } from './graph-ids.ts'

/** Steps without a value are never executed. */
function shown<T>({ value }: Delivery<T>): T {
  if (value === null) throw new Error('a step of a stream that shows nothing was executed')
  return value
}

const MAX_DEPTH = 4

function graphOf(ctx: Context, id: string) {
  const key = graphTarget(ctx.scope, { id }, 'graph')
  if (key === null) throw new AppError('NOT_FOUND', 'There is no such graph.')
  if (key.source === 'SUMMIT') throw badUserInput("Summit's graph announces no changes.")
  return key
}

/** Streams of graphs. */
export const graphSubscriptions: Resolvers = {
  Subscription: {
    graphCommitted: {
      subscribe: (root, args, ctx) =>
        graphCommits(ctx, {
          graph: args.graph == null ? null : graphOf(ctx, args.graph),
          start: startOf(ctx, 'graphCommitted', args, root, 'graph'),
          strict: args.strict ?? false,
        }),
      resolve: (step: Delivery<GraphCommitDelivered>) => shown(step),
    },
    neighbourhoodChanged: {
      subscribe: (root, args, ctx) => {
        const depth = args.depth ?? 2
        checkDepth(depth)
        if (depth > MAX_DEPTH) throw badUserInput(`\`depth\` must be at most ${MAX_DEPTH} here.`)
        return neighbourhoodChanges(ctx, {
          ...{ graph: graphOf(ctx, args.graph), nodeId: args.nodeId, depth },
          start: startOf(ctx, 'neighbourhoodChanged', args, root, 'graph'),
          strict: args.strict ?? false,
        })
      },
      resolve: (step: Delivery<GraphChangeDelivered>) => shown(step),
    },
  },
}
