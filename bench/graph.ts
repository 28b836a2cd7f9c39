// npm run bench -- graph [nodes] [edges] [stores] [closed]: graphs of 100,000 commits, 100,000 nodes and 500,000 edges (default) beside a hub with 100,000
// closed versions: ingest, load of the index, and p50 of node, neighbours (3 hops, 1,000 nodes) and path (<= 6) at the first commit, in the middle and at head.
import { type Graph } from '../src/datasources/graph/graph.ts'
import { OPEN } from '../src/datasources/graph/keys.ts'
import { createMemoryTraversal } from '../src/datasources/graph/memory-traversal.ts'
import { createNeo4jProjection } from '../src/datasources/graph/neo4j-projection.ts'
import { createNeo4jTraversal } from '../src/datasources/graph/neo4j-traversal.ts'
import { createSqlGraph } from '../src/datasources/graph/sql-graph.ts'
import { createSqlTraversal } from '../src/datasources/graph/sql-traversal.ts'
import { chooseTraversal } from '../src/datasources/graph/traversal-choice.ts'
import { type GraphTraversal, TraversalUnable } from '../src/datasources/graph/traversal.ts'
import { isOutage } from '../src/errors.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { createGraphProjection } from '../src/projections/graph-projection.ts'
import { createRandom } from '../src/sample/random.ts'
import { namespace, tsAt, toMessages } from '../test/support/graph-history.ts'
import { foldGraph } from '../test/support/graph-tables.ts'
import { openTestNeo4j } from '../test/support/neo4j.ts'
import { sqlAdapters } from '../test/support/sql.ts'
import { bench, elapsedMs, median, owner, readable } from './support/bench.ts'

const [nodes = 100_000, edges = 500_000] = process.argv.slice(2, 4).map(Number)
const stores = process.argv[4]?.split(',') ?? ['pglite', 'postgres', 'neo4j']
const commits = 100_000
const hubVersions = Number(process.argv[5] ?? 100_000)
/** Commits that add nodes; the others add edges. */
const growing = Math.ceil((commits * nodes) / (nodes + edges))
const ingested = 30_000
const random = createRandom(5)
const scope = { tenantId: namespace.tenantId }
const loading = { timeoutMs: 600_000 }
const silent = { info: () => undefined, warn: () => undefined }

/** Commits of 100 changes, as the log would give them: a third nodes, the rest edges between them. */
function messages() {
  const count = Math.floor(ingested / 3)
  const mutations = Array.from({ length: ingested }, (_, at) =>
    at < count
      ? { op: 'add-node', nodeId: `n${at}`, labels: ['N'], properties: [] }
      : {
          ...{ op: 'add-edge', edgeId: `e${at}`, label: 'L', properties: [] },
          ...{ from: `n${random.between(0, count - 1)}`, to: `n${random.between(0, count - 1)}` },
        },
  )
  const perCommit = 100
  return toMessages(
    Array.from({ length: ingested / perCommit }, (_, at) =>
      JSON.stringify({
        ...{ event: 'graph.commit.created:v1', ...namespace, graphId: 'city', commitId: `c${at}`, ts: tsAt(at) },
        mutations: mutations.slice(at * perCommit, (at + 1) * perCommit),
      }),
    ),
  )
}

/** The tables as the projector would leave them; node 0 is the hub, whose edges were made and removed all the time. */
async function fill(sql: Sql): Promise<void> {
  for (const table of createGraphProjection().tables) await sql.run(`delete from ${table}`, [], loading)
  const spread = (factor: number): string => `((i::bigint * ${factor} + 12345) % ${nodes})::integer`
  const statements = [
    `insert into graphs values (1, '${namespace.tenantId}', '${namespace.projectId}', '${namespace.namespace}', 'city', 1, ${commits}, ${commits}, ${commits}, 0, 0, '9',
       ${nodes}, ${edges}, ${nodes}, ${edges + 100})`,
    `insert into graph_commits select i, 1, i, 'c' || i, null, 't', i, i, 6, true, '[]', '{}', 0, 0 from generate_series(1, ${commits}) i`,
    `insert into graph_node_refs select 1, i, 'n' || i, null from generate_series(0, ${nodes - 1}) i`,
    `insert into graph_edge_refs select 1, i, 'e' || i, null from generate_series(0, ${edges + 99}) i`,
    `insert into graph_nodes select 1, i, 1 + i::bigint * ${growing} / ${nodes}, ${OPEN}, '["N"]', E'N\\x01', '[]', null, null from generate_series(0, ${nodes - 1}) i`,
    `insert into graph_edges select 1, i, ${growing + 1} + i::bigint * ${commits - growing} / ${edges}, ${OPEN}, ${spread(7919)}, (${spread(104_729)} + i / ${nodes} * 31) % ${nodes}, 'L', '[]'
       from generate_series(0, ${edges - 1}) i`,
    `insert into graph_edges select 1, ${edges} + i % 100, ${commits - 50_000} + i / 2, ${commits - 50_000} + i / 2 + 1, 0, ${spread(31)}, 'L', '[]'
       from generate_series(0, ${hubVersions - 3}) i`,
    ...['analyze graphs', 'analyze graph_nodes', 'analyze graph_edges', 'analyze graph_node_refs', 'analyze graph_edge_refs'],
  ]
  for (const statement of statements) await sql.run(statement, [], loading)
}

async function p50(work: () => Promise<unknown>, times: number): Promise<number | string> {
  const took: number[] = []
  try {
    // The first queries of a kind are planned and compiled, which may take longer than anybody waits for.
    for (let at = 0; at < 10; at += 1)
      await work().catch((error: unknown) => {
        if (!isOutage(error)) throw error
      })
    for (let at = 0; at < times; at += 1) took.push(await elapsedMs(work))
  } catch (error) {
    if (error instanceof TraversalUnable) return 'left to others'
    throw error
  }
  return readable(median(took))
}

const rows: Record<string, Record<string, number | string>> = {}

async function measure(store: string, sql: Sql, traversal: GraphTraversal, graph: Graph): Promise<void> {
  const source = createSqlGraph({ sql, traversal, tags: null })
  const walk = { direction: 'ANY', types: null, labels: null, after: null } as const
  const any = (): number => random.between(0, nodes - 1)
  const places = { first: 1, middle: commits - 20_000, head: graph.head }
  for (const [when, position] of Object.entries(places)) {
    const place = { graph, position }
    const neighbours = (start: number) => traversal.walk(scope, place, { ...walk, start, depth: 3, limit: 1000 })
    const path = (from: number) => traversal.path(scope, place, { ...walk, from, to: any(), maxDepth: 6 })
    rows[`${store}, ${when}`] = {
      node: await p50(() => source.findNode(scope, place, `n${any()}`), 100),
      'same node': await p50(() => source.findNode(scope, place, 'n1'), 100),
      neighbours: await p50(() => neighbours(any()), 50),
      path: await p50(() => path(any()), 50),
      'neighbours of the hub': await p50(() => neighbours(0), 20),
      'path from the hub': await p50(() => path(0), 20),
    }
  }
}

await bench(async () => {
  const server = stores.includes('neo4j') ? await openTestNeo4j(owner) : null
  const speeds: Record<string, Record<string, number>> = {}
  const perSecond = (count: number, ms: number): number => Math.round(count / (ms / 1000))
  for (const { name, sql } of await sqlAdapters(owner, { timeoutMs: 120_000 })) {
    if (!stores.includes(name)) continue
    const events = messages()
    const before = process.cpuUsage()
    const ingestMs = await elapsedMs(() => foldGraph(sql, events, [50]))
    const { user, system } = process.cpuUsage(before)
    console.log(`${name}: filling the tables took ${readable((await elapsedMs(() => fill(sql))) / 1000)} s`)
    const inMemory = createMemoryTraversal({ sql, maxBytes: 2e9 })
    const source = createSqlGraph({ sql, traversal: inMemory, tags: null })
    const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
    if (graph === null) throw new Error('there is no graph')
    const head = { graph, position: graph.head }
    const loadMs = await elapsedMs(() =>
      inMemory.walk(scope, head, { ...{ start: 0, depth: 1, limit: 1, direction: 'ANY' }, ...{ types: null, labels: null, after: null } }),
    )
    speeds[name] = {
      'ingest, changes/s': perSecond(ingested, ingestMs),
      'by CPU of this process': perSecond(ingested, (user + system) / 1000),
      'load of the index, ms': Math.round(loadMs),
      'bytes an edge': Math.round(inMemory.stats().bytes / edges),
    }
    const others = [createSqlTraversal({ sql })]
    if (name === 'postgres' && server !== null) {
      const projection = createNeo4jProjection({ sql, ...server, logger: silent })
      let versions = 0
      const ms = await elapsedMs(async () => (versions = await projection.sync()))
      speeds['neo4j'] = { 'ingest, changes/s': perSecond(versions, ms) }
      others.push(createNeo4jTraversal(server))
    }
    for (const traversal of [inMemory, ...others]) await measure(`${name}, ${traversal.name}`, sql, traversal, graph)
    // What a server answers that is connected to all of them.
    if (others.length > 1) await measure('as served', sql, chooseTraversal([...others.slice(1), inMemory, ...others.slice(0, 1)]), graph)
  }
  console.log(`${nodes} nodes, ${edges} edges, ${commits} commits, ${hubVersions} closed versions at node 0; p50 in ms`)
  console.table(speeds)
  console.table(rows)
})
