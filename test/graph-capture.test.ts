import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Graph, type GraphPlace } from '../src/datasources/graph/graph.ts'
import { createMemoryTraversal } from '../src/datasources/graph/memory-traversal.ts'
import { createSqlGraph } from '../src/datasources/graph/sql-graph.ts'
import { createSqlTraversal } from '../src/datasources/graph/sql-traversal.ts'
import { type LogMessage } from '../src/datasources/log/log.ts'
import { packageRoot } from '../src/root.ts'
import { parseNanos } from '../src/time.ts'
import { foldGraph } from './support/graph-tables.ts'
import { shouldRun } from './support/services.ts'
import { sqlAdapters } from './support/sql.ts'

interface Scope {
  readonly tenantId: string
  readonly projectId: string
  readonly namespace: string
  readonly graphId: string
}

interface GraphAnswer {
  readonly request: {
    readonly function?: string
    readonly arguments?: {
      operation: string
      scope: Scope
      commitId: string
      nodeId: string
      depth: number
      from: string
      to: string
      maxDepth: number
    }
    readonly replay?: { scope: Scope; commitId: string }
    readonly service?: string
    readonly method?: string
    readonly path?: string
  }
  readonly status: string | number
  readonly body: unknown
}

interface CapturedNode {
  readonly nodeId: string
  readonly labels: string[]
  readonly properties: { key: string; value: unknown }[]
}

const folder = join(process.env['ORRERY_SHARED'] ?? join(packageRoot, '..', 'shared'), 'data', 'demon')
const lines = <T>(file: string): T[] =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line))

const byId = <T extends { nodeId: string }>(nodes: readonly T[]): T[] => [...nodes].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
const page = { size: 100, direction: 'FORWARD', cursor: null } as const

t.test('every answer that Demon gave about its graphs is ours too', async (t) => {
  if (!shouldRun(t, 'the captured Demon deployment (ORRERY_SHARED)', existsSync(folder))) return
  const messages = lines<{ stream: string; seq: number; subject: string; data: string; time: string }>('demon-events.jsonl')
    .filter(({ stream }) => stream === 'GRAPH_COMMITS')
    .map(({ seq, subject, data, time }): LogMessage => ({
      ...{ stream: 'graph', sequence: BigInt(seq), subject, messageId: null },
      ...{ payload: Buffer.from(data), recordedAtNs: parseNanos(time) ?? 0n },
    }))
  const answers = lines<GraphAnswer>('demon-rest.jsonl')
  for (const { name, sql } of await sqlAdapters(t)) {
    t.same(await foldGraph(sql, messages, [7]), { deadLetters: 0 })
    for (const traversal of [createSqlTraversal({ sql }), createMemoryTraversal({ sql, maxBytes: 10_000_000 })]) {
      const source = createSqlGraph({ sql, traversal, tags: null })
      const find = async ({ tenantId, ...key }: Scope): Promise<Graph> => {
        const graph = await source.find({ tenantId }, { source: 'ORRERY', ...key })
        if (graph === null) throw new Error(`there is no graph ${key.graphId}`)
        return graph
      }
      const locate = async (scope: Scope, commitId: string): Promise<GraphPlace | null> =>
        source.locate({ tenantId: scope.tenantId }, await find(scope), { commit: commitId }).catch(() => null)
      const seen: Record<string, number> = {}
      const wrong: unknown[] = []
      const expect = (kind: string, request: unknown, ours: unknown, theirs: unknown) => {
        seen[kind] = (seen[kind] ?? 0) + 1
        if (JSON.stringify(ours) !== JSON.stringify(theirs)) wrong.push({ request, ours, theirs })
      }
      const shown = ({ nodeId, labels, propertiesText }: { nodeId: string; labels: readonly string[]; propertiesText: string }) => ({
        labels,
        nodeId,
        properties: JSON.parse(propertiesText) as unknown,
      })
      const plain = ({ nodeId, labels, properties }: CapturedNode) => ({
        labels,
        nodeId,
        properties: properties.map(({ key, value }) => ({ key, value })),
      })
      for (const { request, status, body } of answers) {
        const { replay, arguments: args } = request
        if (replay !== undefined) {
          const place = await locate(replay.scope, replay.commitId)
          const scope = { tenantId: replay.scope.tenantId }
          const theirs = body as {
            nodes: CapturedNode[]
            edges: { edgeId: string; fromNode: string; toNode: string; label: string | null; properties: unknown }[]
            commits: number
          }
          if (place === null || theirs.nodes === undefined) {
            expect('replay refused', request, place === null, theirs.nodes === undefined)
            continue
          }
          const nodes = (await source.nodes(scope, place, {}, page)).items.map(({ item }) => shown(item))
          const edges = (await source.relationships(scope, place, null, page)).items.map(({ item }) => item)
          const ends = await source.nodesByEnds(
            scope,
            place,
            edges.flatMap(({ from, to }) => [from, to]),
          )
          const idOf = (ref: number) => ends.find((end) => end.ref === ref)?.nodeId
          expect('replay nodes', request, byId(nodes), byId(theirs.nodes.map(plain)))
          const ours = edges
            .map((edge) => ({
              edgeId: edge.relationshipId,
              fromNode: idOf(edge.from.ref),
              toNode: idOf(edge.to.ref),
              label: edge.type,
              properties: JSON.parse(edge.propertiesText) as unknown,
            }))
            .sort((a, b) => (a.edgeId < b.edgeId ? -1 : 1))
          const sorted = (list: unknown) =>
            JSON.parse(JSON.stringify(list), (_key, value: unknown) =>
              typeof value === 'object' && value !== null && !Array.isArray(value)
                ? Object.fromEntries(Object.entries(value).sort())
                : value,
            ) as unknown
          expect('replay edges', request, sorted(ours), sorted(theirs.edges))
          expect('replay length', request, place.position, theirs.commits)
        } else if (request.function === 'graph' && args !== undefined) {
          const result = (body as { result?: { success?: boolean; data?: unknown } }).result
          const scope = { tenantId: args.scope.tenantId }
          if (!['get-node', 'neighbors', 'path-exists', 'list-tags'].includes(args.operation)) continue
          if (args.operation === 'list-tags') {
            const tags = (await source.tags(scope, await find(args.scope), page)).items.map(({ item }) => [item.tag, item.commitId])
            expect(
              'list-tags',
              request,
              tags,
              (result?.data as { tag: string; commitId: string }[]).map(({ tag, commitId }) => [tag, commitId]),
            )
            continue
          }
          const graphExists = (await source.find(scope, { source: 'ORRERY', ...args.scope })) !== null
          const place = graphExists ? await locate(args.scope, args.commitId) : null
          if (place === null || result?.success === false) {
            expect('refused', request, place === null, result?.success === false || status === 'error')
            continue
          }
          const node = args.operation === 'path-exists' ? null : await source.findNode(scope, place, args.nodeId)
          if (args.operation === 'get-node') {
            const theirs = (result?.data ?? null) as CapturedNode | null
            expect('get-node', request, node === null ? null : shown(node), theirs === null ? null : plain(theirs))
          } else if (args.operation === 'neighbors') {
            const query = { depth: args.depth, direction: 'ANY', types: null } as const
            const found = node === null ? [] : (await source.neighbours(scope, node, query, page)).items.map(({ item }) => shown(item.node))
            expect('neighbors', request, byId(found), byId((result?.data as CapturedNode[]).map(plain)))
          } else {
            const { from, to, maxDepth } = args
            const path = await source.path(scope, place, { from, to, maxDepth, direction: 'ANY', labels: null, types: null })
            expect('path-exists', request, path !== null, result?.data)
          }
        } else if (request.service === 'runtime' && request.path?.startsWith('/api/graph/') === true && status === 200) {
          const url = new URL(request.path, 'http://demon')
          const query = Object.fromEntries(url.searchParams) as unknown as Scope
          if (url.pathname === '/api/graph/tags') {
            const graph = await source.find(query, { source: 'ORRERY', ...query })
            const ours = graph === null ? [] : (await source.tags(query, graph, page)).items.map(({ item }) => [item.tag, item.commitId])
            expect(
              'REST tags',
              request,
              ours,
              (body as { tag: string; commitId: string }[]).map(({ tag, commitId }) => [tag, commitId]),
            )
          } else if (/\/commits\/[0-9a-f]{64}$/.test(url.pathname)) {
            const theirs = body as { commitId: string; graphId: string; parentCommitId: string | null; mutations: unknown[]; ts: string }
            const graph = await source.find(query, { source: 'ORRERY', ...query, graphId: theirs.graphId })
            const commit = graph === null ? null : await source.findCommit(query, graph, theirs.commitId)
            if (commit === null) {
              wrong.push({ request, ours: null })
              continue
            }
            expect(
              'REST commit',
              request,
              [commit.parentId, commit.at, commit.verified].map(String),
              [theirs.parentCommitId, parseNanos(theirs.ts), true].map(String),
            )
            expect('REST mutations', request, await source.mutations(query, commit), theirs.mutations)
          }
        }
      }
      t.same(wrong.slice(0, 3), [], `${name}, ${traversal.name}: nothing differs`)
      t.ok((seen['neighbors'] ?? 0) > 100 && (seen['path-exists'] ?? 0) > 100 && (seen['replay nodes'] ?? 0) > 10, JSON.stringify(seen))
    }
  }
})
