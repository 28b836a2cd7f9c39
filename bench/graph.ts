// graph [nodes] [edges]: ingest, index load, and p50 of node, neighbours (3 hops) and path (<= 6) at the first commit and at head; SQL, memory, Neo4j.
import { createNeo4jProjection } from '../src/datasources/graph/neo4j-projection.ts'
import { createNeo4jTraversal } from '../src/datasources/graph/neo4j-traversal.ts'
import { createMemoryTraversal } from '../src/datasources/graph/memory-traversal.ts'
import { createSqlGraph } from '../src/datasources/graph/sql-graph.ts'
import { createSqlTraversal } from '../src/datasources/graph/sql-traversal.ts'
import { createRandom } from '../src/sample/random.ts'
import { namespace, tsAt, toMessages } from '../test/support/graph-history.ts'
import { foldGraph } from '../test/support/graph-tables.ts'
import { openTestNeo4j } from '../test/support/neo4j.ts'
import { sqlAdapters } from '../test/support/sql.ts'

const [nodes = 20_000, edges = 100_000] = process.argv.slice(2).map(Number)
const perCommit = 100
const random = createRandom(5)
const scope = { tenantId: namespace.tenantId }

const closers: (() => unknown)[] = []
const owner = {
  comment: (text: string) => console.log(text),
  fail(text: string): never {
    throw new Error(text)
  },
  teardown: (close: () => unknown) => void closers.push(close),
}

const mutations = [
  ...Array.from({ length: nodes }, (_, at) => ({ op: 'add-node', nodeId: `n${at}`, labels: ['N'], properties: [] })),
  ...Array.from({ length: edges }, (_, at) => ({
    ...{ op: 'add-edge', edgeId: `e${at}`, label: 'L', properties: [] },
    ...{ from: `n${random.between(0, nodes - 1)}`, to: `n${random.between(0, nodes - 1)}` },
  })),
]
const messages = toMessages(
  Array.from({ length: Math.ceil(mutations.length / perCommit) }, (_, at) =>
    JSON.stringify({
      ...{ event: 'graph.commit.created:v1', ...namespace, graphId: 'city', commitId: `c${at}`, ts: tsAt(at) },
      mutations: mutations.slice(at * perCommit, (at + 1) * perCommit),
    }),
  ),
)

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const from = performance.now()
  const value = await work()
  return { ms: performance.now() - from, value }
}

async function p50(work: (at: number) => Promise<unknown>, times = 200): Promise<number> {
  const took: number[] = []
  for (let at = 0; at < times; at += 1) took.push((await timed(() => work(at))).ms)
  took.sort((a, b) => a - b)
  return Math.round((took[times >> 1] ?? 0) * 100) / 100
}

const table: Record<string, Record<string, number>> = {}
const server = await openTestNeo4j(owner)
for (const { name, sql } of await sqlAdapters(owner, { timeoutMs: 120_000 })) {
  const ingest = await timed(() => foldGraph(sql, messages, [50]))
  table[`${name}: ingest`] = { 'mutations/s': Math.round(mutations.length / (ingest.ms / 1000)) }
  const inMemory = createMemoryTraversal({ sql, maxBytes: 1e9 })
  const others = name === 'postgres' && server !== null ? [createNeo4jTraversal(server)] : []
  if (name === 'postgres' && server !== null) {
    const projection = createNeo4jProjection({ sql, ...server, logger: { info: () => undefined, warn: () => undefined } })
    const synced = await timed(() => projection.sync())
    table['neo4j: ingest'] = { 'mutations/s': Math.round(synced.value / (synced.ms / 1000)) }
  }
  for (const traversal of [createSqlTraversal({ sql }), inMemory, ...others]) {
    const source = createSqlGraph({ sql, traversal, tags: null })
    const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
    if (graph === null) throw new Error('there is no graph')
    const first = { graph, position: Math.ceil(nodes / perCommit) + 1 }
    const head = { graph, position: graph.head }
    const walk = { direction: 'ANY', types: null, labels: null, after: null } as const
    const any = (): number => random.between(0, nodes - 1)
    if (traversal === inMemory) {
      const load = await timed(() => traversal.walk(scope, head, { ...walk, start: 0, depth: 1, limit: 1 }))
      table[`${name}: index`] = { 'load ms': Math.round(load.ms), 'bytes/edge': Math.round(inMemory.stats().bytes / edges) }
    }
    for (const [when, place] of Object.entries({ first, head }))
      table[`${name}, ${traversal.name}, ${when}`] = {
        'node p50 ms': await p50(() => source.findNode(scope, place, `n${any()}`)),
        'neighbours p50 ms': await p50(() => traversal.walk(scope, place, { ...walk, start: any(), depth: 3, limit: 1000 }), 100),
        'path p50 ms': await p50(() => traversal.path(scope, place, { ...walk, from: any(), to: any(), maxDepth: 6 }), 100),
      }
  }
}
for (const close of closers.reverse()) await close()
console.log(`${nodes} nodes, ${edges} edges, ${messages.length} commits`)
console.table(table)
