import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type Direction, type GraphPlace } from '../src/datasources/graph/graph.ts'
import { createMemoryTraversal } from '../src/datasources/graph/memory-traversal.ts'
import { createSqlGraph } from '../src/datasources/graph/sql-graph.ts'
import { namespace, payloadOf, toMessages, tsAt } from './support/graph-history.ts'
import { distances, replay, replayOrder, type ReplayState, type WalkFilter } from './support/graph-replay.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { graphStores, type GraphStore, servedGraph, syncNeo4j } from './support/graph-stores.ts'
import { foldGraph } from './support/graph-tables.ts'
import { openTestNeo4j } from './support/neo4j.ts'
import { sqlAdapters } from './support/sql.ts'

const scope = { tenantId: namespace.tenantId }
const nodes = 24

const id = fc.nat(nodes - 1).map((at) => `n${at}`)
const some = (names: readonly string[]) => fc.option(fc.subarray([...names], { minLength: 1, maxLength: 2 }), { freq: 2 })
const kinds = { labels: ['Stop', 'Hub', 'Depot'], types: ['ROAD', 'RAIL', 'PATH'] }
const mutation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('add-node'), nodeId: id, labels: fc.subarray(kinds.labels), properties: fc.constant([]) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove-node'), nodeId: id }) },
  {
    weight: 8,
    arbitrary: fc.record({
      ...{ op: fc.constant('add-edge'), edgeId: fc.nat(60).map((at) => `e${at}`), from: id, to: id },
      ...{ label: fc.option(fc.constantFrom(...kinds.types)), properties: fc.constant([]) },
    }),
  },
)
const seed = Array.from({ length: nodes }, (_, at) => ({
  op: 'add-node',
  nodeId: `n${at}`,
  labels: [kinds.labels[at % 4] ?? 'None'],
  properties: [],
}))
const commits = fc.array(fc.array(mutation, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 4 })
const question = fc.record({
  ...{ position: fc.nat(4), from: id, to: id, depth: fc.nat(8), size: fc.integer({ min: 1, max: 5 }) },
  ...{ direction: fc.constantFrom<Direction>('OUT', 'IN', 'ANY'), types: some(kinds.types), labels: some(kinds.labels) },
})
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never

/** The shortest way whose inner nodes have one of the labels, found one level at a time; null where there is none. */
function lengthOf(state: ReplayState, { from, to, depth, direction, types, labels }: Question): number | null {
  if (!state.nodes.has(from) || !state.nodes.has(to)) return null
  if (from === to) return 0
  const isOpen = (one: string): boolean =>
    labels === null || (state.nodes.get(one)?.labels.some((label) => labels.includes(label)) ?? false)
  const seen = new Set([from])
  let frontier = [from]
  for (let length = 1; length <= depth; length += 1) {
    const next = frontier.flatMap((one) => [...distances(state, one, 1, { direction, types }).keys()])
    if (next.includes(to)) return length
    frontier = [...new Set(next)].filter((one) => !seen.has(one) && isOpen(one))
    for (const one of frontier) seen.add(one)
  }
  return null
}

const leadsTo = (state: ReplayState, edge: string, [a, b]: readonly [string, string], { direction, types }: WalkFilter): boolean => {
  const { from, to, label } = state.edges.get(edge) ?? { from: '', to: '', label: null }
  if (types != null && (label === null || !types.includes(label))) return false
  return (direction !== 'IN' && from === a && to === b) || (direction !== 'OUT' && from === b && to === a)
}

async function check(t: Test, store: Pick<GraphStore, 'graph'>, place: GraphPlace, state: ReplayState, asked: Question, what: string) {
  const { from, to, depth, direction, types, labels, size } = asked
  const length = lengthOf(state, asked)
  const path = await store.graph.path(scope, place, { from, to, maxDepth: depth, direction, types, labels })
  t.equal(path?.relationships.length ?? null, length, `${what}: the length of the path`)
  for (const [at, { relationshipId }] of path?.relationships.entries() ?? []) {
    const [a, b] = [path?.nodes[at]?.nodeId ?? '', path?.nodes[at + 1]?.nodeId ?? '']
    t.ok(leadsTo(state, relationshipId, [a, b], { direction, types }), `${what}: ${relationshipId} leads from ${a} to ${b}`)
    const inner = path?.nodes[at + 1]
    if (at + 1 < (length ?? 0) && labels !== null)
      t.ok(
        inner?.labels.some((label) => labels.includes(label)),
        `${what}: through its labels only`,
      )
  }
  const start = await store.graph.findNode(scope, place, from)
  if (start === null) return
  const expected = [...distances(state, from, depth, { direction, types })].filter(([one, distance]) => {
    const node = state.nodes.get(one)
    return distance > 0 && node !== undefined && (labels === null || node.labels.some((label) => labels.includes(label)))
  })
  const found: (readonly [string, number])[] = []
  const refs: (readonly [number, number])[] = []
  for (let cursor: string | null = null; ;) {
    const page = await store.graph.neighbours(scope, start, { depth, direction, types, labels }, { size, direction: 'FORWARD', cursor })
    found.push(...page.items.map(({ item }) => [item.node.nodeId, item.distance] as const))
    refs.push(...page.items.map(({ item }) => [item.distance, item.node.ref] as const))
    if (!page.hasNextPage) break
    cursor = page.items.at(-1)?.cursor ?? null
  }
  t.same([...found].sort(), expected.sort(), `${what}: neighbours, page by page`)
  t.same(
    refs,
    [...refs].sort(([a, x], [b, y]) => a - b || x - y),
    `${what}: nearest first, then as they were named`,
  )
  if (labels !== null) return
  const farthest = Math.max(0, ...expected.map(([, distance]) => distance))
  t.same(await store.graph.reach(scope, start, { depth, direction, types }), { nodes: expected.length, depth: farthest, truncated: false })
}

t.test(
  'walks and paths by direction, type and label are those of a plain search, in every store and at any commit',
  { timeout: 300_000 },
  async (t) => {
    const server = await openTestNeo4j(t)
    for (const { name, sql } of await sqlAdapters(t)) {
      const other = name === 'postgres' ? server : null
      await fc.assert(
        fc.asyncProperty(commits, fc.array(question, { minLength: 6, maxLength: 6 }), async (later, questions) => {
          const payloads = [seed, ...later].map((mutations, at) => payloadOf('city', { commitId: `c${at}`, ts: tsAt(at), mutations }))
          await foldGraph(sql, toMessages(payloads), [2])
          await syncNeo4j(sql, other)
          const ordered = replayOrder(payloads.map((payload, at) => ({ sequence: BigInt(at + 1), payload })))
          for (const store of [...graphStores(sql, other), servedGraph(sql, other)]) {
            const graph = await store.graph.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
            if (graph === null) throw new Error('there is no graph')
            for (const asked of questions) {
              const position = 1 + (asked.position % graph.head)
              await check(
                t,
                store,
                { graph, position },
                replay(ordered, position),
                asked,
                `${name}, ${store.name} at ${position}: ${JSON.stringify(asked)}`,
              )
            }
          }
          if (!t.passing()) throw new Error('differs from a plain search')
        }),
        { numRuns: 12 },
      )
    }
  },
)

t.test('graphs in memory stay within their bound: those that were not asked for longest make room, and come back right', async (t) => {
  const [adapter] = await sqlAdapters(t)
  if (adapter === undefined) return
  const { sql } = adapter
  const [graphs, spokes, maxBytes] = [5, 1_500, 400_000]
  const edge = (at: number) => ({ op: 'add-edge', edgeId: `e${at}`, from: 'hub', to: `n${at}`, label: 'L', properties: [] })
  const payloads = Array.from({ length: graphs }, (_, at) => {
    const mutations = [
      { op: 'add-node', nodeId: 'hub' },
      ...Array.from({ length: spokes - at }, (_one, spoke) => [edge(spoke), { op: 'add-node', nodeId: `n${spoke}` }]).flat(),
    ]
    return payloadOf(`g${at}`, { commitId: 'c', ts: tsAt(0), mutations })
  })
  await foldGraph(sql, toMessages(payloads), [2])
  const inFlight = new Map<unknown, number>()
  let most = 0
  const watched: Sql = {
    ...sql,
    async one(text, params, limits) {
      const graph = params?.[1]
      if (!text.includes('string_agg')) return sql.one(text, params, limits)
      inFlight.set(graph, (inFlight.get(graph) ?? 0) + 1)
      most = Math.max(most, [...inFlight.values()].filter((count) => count > 0).length)
      try {
        return await sql.one(text, params, limits)
      } finally {
        inFlight.set(graph, (inFlight.get(graph) ?? 0) - 1)
      }
    },
  }
  const memory = createMemoryTraversal({ sql: watched, maxBytes })
  const source = createSqlGraph({ sql, traversal: memory, tags: null })
  async function read(at: number): Promise<void> {
    const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId: `g${at}` })
    if (graph === null) throw new Error('there is no graph')
    const hub = await source.findNode(scope, { graph, position: 1 }, 'hub')
    if (hub === null) throw new Error('there is no hub')
    t.equal((await source.reach(scope, hub, { depth: 1, direction: 'OUT', types: null })).nodes, spokes - at, `graph ${at}`)
    const { bytes, graphs: held } = memory.stats()
    t.ok(bytes <= maxBytes && held < graphs, `${held} graphs, ${bytes} bytes`)
  }
  for (const at of [0, 1, 2, 3, 4, 0, 4, 2, 2]) await read(at)
  await Promise.all([0, 1, 2, 3, 4, 3, 1].map(read))
  t.equal(most, 1, 'those that do not fit together are loaded one after the other')
})
