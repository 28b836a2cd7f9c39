import { type Context } from '../context.ts'
import {
  type Direction,
  type Graph as GraphModel,
  type GraphNode as GraphNodeModel,
  type GraphPath as GraphPathModel,
  type GraphRef,
  type NodeFilter,
  type PathQuery,
} from '../datasources/graph/graph.ts'
import { canonicalJson, isList, isMap, parseLexemeJson } from '../datasources/graph/lexeme-json.ts'
import { type PageArguments, pageRequest } from '../datasources/page-cursor.ts'
import { type Page, type PageRequest } from '../datasources/page.ts'
import { checkDepth } from '../datasources/graph/graph-search.ts'
import { AppError, badUserInput } from '../errors.ts'
import { collectSubgraph } from '../graph-files/collect.ts'
import { contentTypes, MAX_LINES, MAX_PICTURE, writeGraph } from '../graph-files/formats.ts'
import { type PropertyFilter as PropertyFilterInput, type Resolvers } from '../generated/resolver-types.ts'
import { toCountedConnection } from './connection.ts'
import { reading } from './freshness.ts'
import { graphCommitId, graphId, graphNodeId, graphRelationshipId, graphTarget } from './graph-ids.ts'
import { pageOfList } from './graph-lists.ts'

/** A stored list of properties as clients see it: values as JSON, and their exact text. */
function propertiesOf(text: string) {
  const list = parseLexemeJson(text)
  const values = JSON.parse(text) as readonly { readonly key: string; readonly value: unknown }[]
  return values.map(({ key, value }, index) => {
    const entry = isList(list) ? list[index] : undefined
    const lexemes = isMap(entry) ? entry.get('value') : undefined
    return { key, value, valueText: lexemes === undefined ? JSON.stringify(value) : canonicalJson(lexemes) }
  })
}

export function propertyFilters(where: readonly PropertyFilterInput[] | null | undefined): NodeFilter['where'] {
  return where?.map((filter) => {
    const { key, exists } = filter
    if (!('equals' in filter) && filter.in == null && exists == null) throw badUserInput('A condition needs `equals`, `in` or `exists`.')
    return { key, ...('equals' in filter ? { equals: filter.equals } : {}), in: filter.in ?? null, exists: exists ?? null }
  })
}

/** Nodes, and relationships, in one file at most. */
const MAX_EXPORT = 10_000
const MAX_EXPORTED_EDGES = 50_000

const placeOf = (ctx: Context, graph: GraphModel, ref: GraphRef | null | undefined) =>
  ctx.dataSources.graph.locate(ctx.scope, graph, ref ?? null)

interface PathArguments {
  readonly from: string
  readonly to: string
  readonly ref?: GraphRef | null
  readonly maxDepth?: number | null
  readonly direction?: Direction | null
  readonly labels?: readonly string[] | null
  readonly types?: readonly string[] | null
}

async function findPath(ctx: Context, graph: GraphModel, { ref, ...args }: PathArguments): Promise<GraphPathModel | null> {
  const { from, to, maxDepth, direction, labels, types } = args
  const query: PathQuery = {
    from,
    to,
    maxDepth: maxDepth ?? 6,
    direction: direction ?? 'ANY',
    labels: labels ?? null,
    types: types ?? null,
  }
  return ctx.dataSources.graph.path(ctx.scope, await placeOf(ctx, graph, ref), query)
}

/** The node at the end of something; it is read by what the same statement has named, so it is always there. */
async function endNode(ctx: Context, place: GraphNodeModel['place'], end: { readonly ref: number; readonly key: string }) {
  const node = await ctx.loaders.graph.end.load({ place, end })
  if (node === null) throw new AppError('NOT_FOUND', 'The end of the relationship is not in the read model.', { retryable: true })
  return node
}

/** What is counted at most: past that the number says only that there are so many. */
const MAX_COUNT = 10_000

/** Counts a list that has no cheaper count by reading it. */
const countBy =
  (read: (page: PageRequest) => Promise<Page<unknown>>): (() => Promise<number>) =>
  async () =>
    (await read({ size: MAX_COUNT, direction: 'FORWARD', cursor: null })).items.length

/** A page of a list, and its count by reading. */
async function countedBy<T>(page: PageArguments, read: (page: PageRequest) => Promise<Page<T>>) {
  return toCountedConnection(await read(pageRequest(page)), countBy(read))
}

const Query: Resolvers['Query'] = {
  graph: (_parent, { id, scope, minCursor }, ctx) =>
    reading(ctx, minCursor, async () => {
      const key = graphTarget(ctx.scope, { id, scope })
      return key === null ? null : ctx.dataSources.graph.find(ctx.scope, key)
    }),
  graphs: (_parent, { filter, ...page }, ctx) =>
    reading(ctx, null, async () => {
      const { graph } = ctx.dataSources
      return toCountedConnection(await graph.list(ctx.scope, filter ?? {}, pageRequest(page)), () => graph.count(ctx.scope, filter ?? {}))
    }),
}

const Graph: Resolvers['Graph'] = {
  id: graphId,
  head: (graph, _args, ctx) => ctx.loaders.graph.commitAt.load({ graph, position: graph.head }),
  nodeCount: async (graph, { ref }, ctx) => (await ctx.dataSources.graph.counts(ctx.scope, await placeOf(ctx, graph, ref))).nodes,
  relationshipCount: async (graph, { ref }, ctx) =>
    (await ctx.dataSources.graph.counts(ctx.scope, await placeOf(ctx, graph, ref))).relationships,
  commits: async (graph, page, ctx) =>
    toCountedConnection(await ctx.dataSources.graph.commits(ctx.scope, graph, pageRequest(page)), async () => graph.head),
  commit: (graph, { commitId }, ctx) => ctx.dataSources.graph.findCommit(ctx.scope, graph, commitId),
  tags: (graph, page, ctx) => countedBy(page, (request) => ctx.dataSources.graph.tags(ctx.scope, graph, request)),
  node: async (graph, { nodeId, ref }, ctx) => ctx.dataSources.graph.findNode(ctx.scope, await placeOf(ctx, graph, ref), nodeId),
  nodes: async (graph, { ref, labels, where, search, ...page }, ctx) => {
    const { graph: source } = ctx.dataSources
    const place = await placeOf(ctx, graph, ref)
    const filter = { labels, where: propertyFilters(where), search }
    return toCountedConnection(await source.nodes(ctx.scope, place, filter, pageRequest(page)), () =>
      source.countNodes(ctx.scope, place, filter),
    )
  },
  relationships: async (graph, { ref, types, ...page }, ctx) => {
    const place = await placeOf(ctx, graph, ref)
    const { graph: source } = ctx.dataSources
    const read = (request: PageRequest) => source.relationships(ctx.scope, place, types ?? null, request)
    const count = types == null ? async () => (await source.counts(ctx.scope, place)).relationships : countBy(read)
    return toCountedConnection(await read(pageRequest(page)), count)
  },
  path: (graph, args, ctx) => findPath(ctx, graph, args),
  pathExists: async (graph, args, ctx) => {
    const path = await findPath(ctx, graph, args)
    return path?.truncated === true ? null : path !== null
  },
  diff: async (graph, { from, to }, ctx) =>
    ctx.dataSources.graph.diff(ctx.scope, await placeOf(ctx, graph, from), await placeOf(ctx, graph, to)),
  history: (graph, { nodeId, ...page }, ctx) =>
    countedBy(page, (request) => ctx.dataSources.graph.history(ctx.scope, graph, nodeId, request)),
  export: async (graph, { format, ref, nodeId, depth, limit }, ctx) => {
    const most = format === 'SVG' ? MAX_PICTURE : MAX_EXPORT
    const wanted = Math.min(limit ?? MAX_EXPORT, most)
    if (wanted < 1) throw badUserInput('`limit` must be at least 1.')
    checkDepth(depth ?? 2)
    const place = await placeOf(ctx, graph, ref)
    const found = await collectSubgraph(ctx.dataSources.graph, ctx.scope, place, {
      nodeId: nodeId ?? null,
      depth: depth ?? 2,
      limit: wanted,
      most: format === 'SVG' ? MAX_LINES : MAX_EXPORTED_EDGES,
    })
    const [nodeCount, relationshipCount] = [found.nodes.length, found.relationships.length]
    return {
      format,
      contentType: contentTypes[format],
      text: writeGraph(format, found),
      nodeCount,
      relationshipCount,
      truncated: found.truncated,
    }
  },
  drift: (graph, page, ctx) => {
    if (graph.source !== 'SUMMIT') throw badUserInput('Only the graph of Summit mirrors a table.')
    return ctx.dataSources.graph.drift(ctx.scope, pageRequest(page))
  },
  historyTruncated: (graph, _args, ctx) => ctx.dataSources.graph.historyTruncated(ctx.scope, graph),
}

const GraphCommit: Resolvers['GraphCommit'] = {
  id: graphCommitId,
  parents: ({ parentId }) => (parentId === null ? [] : [parentId]),
  tags: (commit, _args, ctx) => ctx.loaders.graph.tagsOfCommit.load(commit),
  mutations: async (commit, page, ctx) => {
    const all = await ctx.dataSources.graph.mutations(ctx.scope, commit)
    const owner = { list: `GraphCommit.mutations:${commit.sequence}`, tenantId: ctx.scope.tenantId }
    const pages = pageOfList(
      all.map((raw) => ({ raw })),
      owner,
      pageRequest(page),
    )
    return toCountedConnection(pages, async () => commit.mutationCount)
  },
}

const field = (raw: unknown, name: string): unknown =>
  typeof raw === 'object' && raw !== null && Object.hasOwn(raw, name) ? (raw as Record<string, unknown>)[name] : undefined
const textIn = (raw: unknown, name: string): string | null => {
  const value = field(raw, name)
  return typeof value === 'string' ? value : null
}

const GraphMutation: Resolvers['GraphMutation'] = {
  op: ({ raw }) => textIn(raw, 'op'),
  nodeId: ({ raw }) => textIn(raw, 'nodeId'),
  edgeId: ({ raw }) => textIn(raw, 'edgeId'),
  from: ({ raw }) => textIn(raw, 'from'),
  to: ({ raw }) => textIn(raw, 'to'),
  label: ({ raw }) => textIn(raw, 'label'),
  labels: ({ raw }) => {
    const labels = field(raw, 'labels')
    return Array.isArray(labels) && labels.every((label) => typeof label === 'string') ? labels : null
  },
  raw: ({ raw }) => raw,
}

const GraphNode: Resolvers['GraphNode'] = {
  id: graphNodeId,
  graph: ({ place }) => place.graph,
  properties: ({ propertiesText }) => propertiesOf(propertiesText),
  neighbours: async (node, { depth, direction, labels, types, where, search, ...page }, ctx) => {
    const query = { depth: depth ?? 1, direction: direction ?? 'ANY', types: types ?? null } as const
    const filter = { labels, where: propertyFilters(where), search }
    const read = (request: PageRequest) => ctx.dataSources.graph.neighbours(ctx.scope, node, { ...query, ...filter }, request)
    const found = await read(pageRequest(page))
    return Object.assign(toCountedConnection(found, countBy(read)), { truncated: found.truncated })
  },
  relationships: async (node, { direction, types, ...page }, ctx) => {
    const query = { direction: direction ?? 'ANY', types: types ?? null } as const
    return countedBy(page, (request) => ctx.dataSources.graph.relationshipsOf(ctx.scope, node, query, request))
  },
  reach: (node, { depth, direction, types }, ctx) =>
    ctx.dataSources.graph.reach(ctx.scope, node, { depth: depth ?? 6, direction: direction ?? 'ANY', types: types ?? null }),
}

const GraphRelationship: Resolvers['GraphRelationship'] = {
  id: graphRelationshipId,
  from: ({ place, from }, _args, ctx) => endNode(ctx, place, from),
  to: ({ place, to }, _args, ctx) => endNode(ctx, place, to),
  properties: ({ propertiesText }) => propertiesOf(propertiesText),
}

const commitOf = (ctx: Context, graph: GraphModel, position: number) => ctx.loaders.graph.commitAt.load({ graph, position })

const GraphNodeVersion: Resolvers['GraphNodeVersion'] = {
  from: async ({ graph, fromPosition }, _args, ctx) => {
    const commit = await commitOf(ctx, graph, fromPosition)
    if (commit === null) throw new AppError('NOT_FOUND', 'The commit is not in the read model.', { retryable: true })
    return commit
  },
  to: ({ graph, toPosition }, _args, ctx) => (toPosition === null ? null : commitOf(ctx, graph, toPosition)),
}

/** Graphs at any moment: commits, tags, nodes, relationships, neighbours, paths, differences. */
export const graph: Resolvers = {
  Query,
  Graph,
  GraphConnection: { totalCount: (connection) => connection.count() },
  GraphCommitConnection: { totalCount: (connection) => connection.count() },
  GraphMutationConnection: { totalCount: (connection) => connection.count() },
  GraphTagConnection: { totalCount: (connection) => connection.count() },
  GraphRelationshipConnection: { totalCount: (connection) => connection.count() },
  GraphNodeVersionConnection: { totalCount: (connection) => connection.count() },
  GraphNeighbourConnection: { totalCount: (connection) => connection.count() },
  GraphCommit,
  GraphMutation,
  GraphTag: { commit: ({ graph: owner, commitId }, _args, ctx) => ctx.dataSources.graph.findCommit(ctx.scope, owner, commitId) },
  GraphNode,
  GraphNodeConnection: { totalCount: (connection) => connection.count() },
  GraphRelationship,
  GraphPath: { length: ({ relationships }) => relationships.length },
  GraphNodeVersion,
  Run: {
    graphNodes: async (run, page, ctx) => {
      const request = pageRequest(page)
      const found = await ctx.dataSources.graph.nodesOfRun(ctx.scope, run, request)
      return toCountedConnection(found, () => ctx.dataSources.graph.countNodesOfRun(ctx.scope, run))
    },
  },
}
