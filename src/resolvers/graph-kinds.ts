import { type Context } from '../context.ts'
import { graphKeyOf } from './graph-ids.ts'
import { type NodeKind } from './node-kind.ts'

const scope = 'graph:read'

async function findGraph(ctx: Context, parts: readonly string[]) {
  const key = graphKeyOf(ctx.scope, parts)
  return key === null ? null : ctx.dataSources.graph.find(ctx.scope, key)
}

async function findPlace(ctx: Context, parts: readonly string[]) {
  const graph = await findGraph(ctx, parts)
  return graph === null ? null : { graph, position: graph.head }
}

/** What graphs are made of, by global id; nodes and relationships as they are at the head. */
export const graphKinds: Readonly<Record<'Graph' | 'GraphCommit' | 'GraphNode' | 'GraphRelationship', NodeKind>> = {
  Graph: {
    scope,
    async find(ctx, parts) {
      const graph = await findGraph(ctx, parts)
      return graph && { ...graph, __typename: 'Graph' }
    },
  },
  GraphCommit: {
    scope,
    async find(ctx, parts) {
      const graph = await findGraph(ctx, parts)
      const commit = graph && (await ctx.dataSources.graph.findCommit(ctx.scope, graph, parts[5] ?? ''))
      return commit && { ...commit, __typename: 'GraphCommit' }
    },
  },
  GraphNode: {
    scope,
    async find(ctx, parts) {
      const place = await findPlace(ctx, parts)
      const node = place && (await ctx.dataSources.graph.findNodeByKey(ctx.scope, place, parts[5] ?? ''))
      return node && { ...node, __typename: 'GraphNode' }
    },
  },
  GraphRelationship: {
    scope,
    async find(ctx, parts) {
      const place = await findPlace(ctx, parts)
      const relationship = place && (await ctx.dataSources.graph.findRelationshipByKey(ctx.scope, place, parts[5] ?? ''))
      return relationship && { ...relationship, __typename: 'GraphRelationship' }
    },
  },
}
