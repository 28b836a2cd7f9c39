import fc from 'fast-check'
import { type Test } from 'tap'
import { type Graph, type GraphDataSource, type GraphNode } from '../../src/datasources/graph/graph.ts'
import { OPEN } from '../../src/datasources/graph/keys.ts'
import { createMemoryTraversal } from '../../src/datasources/graph/memory-traversal.ts'
import { TraversalUnable } from '../../src/datasources/graph/traversal.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { createGraphProjection } from '../../src/projections/graph-projection.ts'
import { namespace, toMessages, tsAt } from './graph-history.ts'
import { graphStores, servedGraph, syncNeo4j } from './graph-stores.ts'
import { foldGraph } from './graph-tables.ts'
import { openTestNeo4j, type TestNeo4j } from './neo4j.ts'
import { sqlAdapters } from './sql.ts'

export interface GraphSizes {
  /** Neighbours of the hub. */
  readonly hub: number
  /** Edges of the large graph. */
  readonly edges: number
  /** Characters of one value of a property. */
  readonly value: number
}

const scope = { tenantId: namespace.tenantId }
const perCommit = 10_000
const forward = (size: number, cursor: string | null = null) => ({ size, direction: 'FORWARD', cursor }) as const
const walk = { direction: 'ANY', types: null, labels: null } as const

const addNode = (nodeId: string, properties: object[] = [], labels: string[] = []) => ({ op: 'add-node', nodeId, labels, properties })
const addEdge = (edgeId: string, from: string, to: string) => ({ op: 'add-edge', edgeId, from, to, label: 'L', properties: [] })

const payload = (mutations: readonly object[], at: number): string =>
  JSON.stringify({ event: 'graph.commit.created:v1', ...namespace, graphId: 'city', commitId: `c${at}`, ts: tsAt(at), mutations })

interface Sized {
  readonly name: string
  readonly graph: GraphDataSource
}

/** Folds these changes as commits of ten thousand, and gives every store that shows them. */
async function build(sql: Sql, server: TestNeo4j | null, mutations: readonly object[]): Promise<Sized[]> {
  const payloads = Array.from({ length: Math.ceil(mutations.length / perCommit) }, (_, at) =>
    payload(mutations.slice(at * perCommit, (at + 1) * perCommit), at),
  )
  await foldGraph(sql, toMessages(payloads), [1])
  await syncNeo4j(sql, server)
  return [...graphStores(sql, server), servedGraph(sql, server)]
}

/** Without halves of surrogate pairs: they are no characters, and only ids are kept exactly with them. */
const whole = (text: string): string => Buffer.from(text).toString()

async function open({ graph: source }: Sized): Promise<{ graph: Graph; position: number }> {
  const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
  if (graph === null) throw new Error('there is no graph')
  return { graph, position: graph.head }
}

async function node(store: Sized, place: { graph: Graph; position: number }, id: string): Promise<GraphNode> {
  const found = await store.graph.findNode(scope, place, id)
  if (found === null) throw new Error(`there is no node ${JSON.stringify(id)}`)
  return found
}

async function lengthOf(store: Sized, place: { graph: Graph; position: number }, [from, to]: readonly [string, string], maxDepth = 6) {
  const path = await store.graph.path(scope, place, { from, to, maxDepth, ...walk })
  return path === null ? null : path.truncated ? 'truncated' : path.relationships.length
}

/** Every size that a graph may have, on every store: the answer is right, or says that it was cut short. */
export async function testGraphSizes(t: Test, { hub, edges, value }: GraphSizes): Promise<void> {
  const server = await openTestNeo4j(t)
  for (const { name, sql } of await sqlAdapters(t, { timeoutMs: 120_000 })) {
    const other = name === 'postgres' ? server : null
    const sized = (what: string, work: (t: Test) => Promise<void>) => t.test(`${name}: ${what}`, { timeout: 900_000 }, work)

    await sized(`a hub of ${hub} neighbours, in commits of 10,000 changes`, async (t) => {
      const leaves = Array.from({ length: hub }, (_, at) => [
        addNode(`n${at}`, [], ['Node', 'Leaf']),
        addEdge(`e${at}`, 'hub', `n${at}`),
      ]).flat()
      for (const store of await build(sql, other, [addNode('hub'), addNode('island'), ...leaves])) {
        const place = await open(store)
        const centre = await node(store, place, 'hub')
        const first = await store.graph.neighbours(scope, centre, { ...walk, depth: 3 }, forward(100))
        t.equal(first.items.length, 100, `${store.name}: a page of neighbours`)
        const second = await store.graph.neighbours(scope, centre, { ...walk, depth: 3 }, forward(100, first.items.at(-1)?.cursor))
        t.equal(
          new Set([...first.items, ...second.items].map(({ item }) => item.node.nodeId)).size,
          200,
          `${store.name}: the next page goes on`,
        )
        const reach = await store.graph.reach(scope, centre, { ...walk, depth: 2 })
        t.ok(reach.nodes === hub || reach.truncated, `${store.name}: ${reach.nodes} are reached, truncated: ${reach.truncated}`)
        const from = await store.graph.reach(scope, await node(store, place, 'n7'), { ...walk, depth: 2 })
        t.ok(from.nodes === hub || from.truncated, `${store.name}: from a leaf ${from.nodes}, truncated: ${from.truncated}`)
        t.equal(await lengthOf(store, place, ['n1', `n${hub - 1}`]), 2, `${store.name}: from leaf to leaf`)
        t.equal(await lengthOf(store, place, ['n1', 'island']), null, `${store.name}: a path that does not exist`)
        t.equal((await store.graph.relationshipsOf(scope, centre, walk, forward(100))).items.length, 100)
        const none = { ...walk, depth: 3, types: ['M'] }
        t.same((await store.graph.neighbours(scope, centre, none, forward(100))).items, [], `${store.name}: none of another type`)
        const labelled = await store.graph.neighbours(scope, centre, { ...walk, depth: 3, labels: ['No'] }, forward(100))
        t.same(labelled.items, [], `${store.name}: none of another label, truncated: ${labelled.truncated}`)
      }
    })

    await sized('cycles, self loops, parallel edges and dangling ends', async (t) => {
      const size = 600
      const ring = Array.from({ length: size }, (_, at) => [
        addNode(`n${at}`),
        addEdge(`ring${at}`, `n${at}`, `n${(at + 1) % size}`),
        addEdge(`again${at}`, `n${(at + 1) % size}`, `n${at}`),
        addEdge(`self${at}`, `n${at}`, `n${at}`),
        addEdge(`loose${at}`, `n${at}`, `ghost${at}`),
      ]).flat()
      for (const store of await build(sql, other, [addNode('alone'), addEdge('self', 'alone', 'alone'), ...ring])) {
        const place = await open(store)
        const start = await node(store, place, 'n0')
        t.same(await store.graph.reach(scope, start, { ...walk, depth: 32 }), { nodes: 64, depth: 32, truncated: false }, store.name)
        t.same(await store.graph.reach(scope, start, { ...walk, depth: 3 }), { nodes: 6, depth: 3, truncated: false })
        t.same(await store.graph.reach(scope, await node(store, place, 'alone'), { ...walk, depth: 6 }), {
          nodes: 0,
          depth: 0,
          truncated: false,
        })
        t.equal(await lengthOf(store, place, ['n0', 'n30'], 32), 30, 'the short way round')
        t.equal(await lengthOf(store, place, ['n0', 'n590'], 32), 10)
        t.equal(await lengthOf(store, place, ['n0', 'n300'], 32), null, 'too far')
        t.equal(await lengthOf(store, place, ['n0', 'alone']), null)
        t.equal(await lengthOf(store, place, ['n0', 'n0'], 0), 0)
        t.equal(await lengthOf(store, place, ['n0', 'ghost0']), null, 'what is only an end is no node')
      }
    })

    await sized(
      `a graph of ${edges} edges gives the same answers everywhere, and is left out of a memory that it does not fit`,
      async (t) => {
        await fill(sql, edges)
        await syncNeo4j(sql, other)
        const stores = [...graphStores(sql, other), servedGraph(sql, other)]
        const answers = new Map<string, unknown[]>()
        for (const store of stores) {
          const place = await open(store)
          const found: unknown[] = []
          for (const position of [1, place.position >> 1, place.position])
            for (const at of [0, 17, 4711]) {
              const near = await store.graph.neighbours(scope, await node(store, place, `n${at}`), { ...walk, depth: 2 }, forward(100))
              const there = { ...place, position }
              found.push(near.items.map(({ item }) => [item.node.nodeId, item.distance]))
              found.push(await lengthOf(store, there, [`n${at}`, `n${at + 1}`]))
            }
          answers.set(store.name, found)
        }
        for (const [store, found] of answers) t.same(found, answers.get('sql'), `${store} as sql`)
        const [first] = stores
        if (first === undefined) return
        const small = createMemoryTraversal({ sql, maxBytes: 1_000_000 })
        const asked = small.walk(scope, await open(first), { ...walk, start: 0, depth: 1, limit: 1, after: null })
        await t.rejects(asked, TraversalUnable, 'then another store is asked')
      },
    )

    await sized(`a value of ${value} characters`, async (t) => {
      const text = 'ä\u{1f600}x'.repeat(value / 4)
      for (const store of await build(sql, other, [addNode('n', [{ key: 'text', value: text }]), addNode('m'), addEdge('e', 'n', 'm')])) {
        const place = await open(store)
        const found = await node(store, place, 'n')
        t.ok((JSON.parse(found.propertiesText) as { value: string }[])[0]?.value === text, `${store.name}: it is kept exactly`)
        const listed = await store.graph.nodes(scope, place, { where: [{ key: 'text', equals: text }] }, forward(10))
        t.equal(listed.items.length, 1, 'it can be searched for')
        t.equal(await lengthOf(store, place, ['n', 'm']), 1)
        const diff = await store.graph.diff(scope, { ...place, position: 0 }, place)
        t.equal(diff.added.length, 2)
      }
    })

    await sized('ids of any Unicode', async (t) => {
      const unit = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 1 }),
        fc.constantFrom('\u0000', '\ud800', '\udfff', '\uffff', "'", '"', '\\', '`', '\u202e'),
      )
      const id = fc.array(unit, { maxLength: 12 }).map((units) => units.join(''))
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(id, { minLength: 2, maxLength: 12 }), async (ids) => {
          const [first = '', second = ''] = ids
          const mutations = [
            ...ids.map((one) => addNode(one, [{ key: whole(one), value: whole(one) }], [whole(one)])),
            ...ids.slice(1).map((one, at) => addEdge(one, ids[at] ?? '', one)),
          ]
          for (const store of await build(sql, other, mutations)) {
            const place = await open(store)
            for (const one of ids) {
              const found = await node(store, place, one)
              t.ok(found.nodeId === one && found.labels[0] === whole(one), `${store.name}: ${JSON.stringify(one)} is kept exactly`)
            }
            const near = await store.graph.neighbours(scope, await node(store, place, first), { ...walk, depth: 32 }, forward(100))
            t.same(
              near.items.map(({ item }) => item.node.nodeId),
              ids.slice(1),
            )
            t.equal(await lengthOf(store, place, [first, second]), 1)
          }
          if (!t.passing()) throw new Error('an id was changed')
        }),
        { numRuns: other === null ? 20 : 8 },
      )
    })
  }
}

/** A large graph as the projector would leave it, of commits of at most some 10,000 changes. */
async function fill(sql: Sql, edges: number): Promise<void> {
  const nodes = Math.max(5_000, edges / 5)
  const commits = Math.max(2, Math.ceil(edges / 8_000))
  for (const table of createGraphProjection().tables) await sql.run(`delete from ${table}`)
  const end = (factor: number): string => `((i::bigint * ${factor} + 12345 + i / ${nodes} * 31) % ${nodes})::integer`
  const statements = [
    `insert into graphs values (2, '${namespace.tenantId}', '${namespace.projectId}', '${namespace.namespace}', 'city', 1, ${commits}, ${commits}, ${commits}, 0, 0, '9', ${nodes}, ${edges}, ${nodes}, ${edges})`,
    `insert into graph_commits select i, 2, i, 'c' || i, null, 't', i, i, 6, true, '[]', '{}', 0, 0 from generate_series(1, ${commits}) i`,
    `insert into graph_node_refs select 2, i, 'n' || i, null from generate_series(0, ${nodes - 1}) i`,
    `insert into graph_edge_refs select 2, i, 'e' || i, null from generate_series(0, ${edges - 1}) i`,
    `insert into graph_nodes select 2, i, 1 + i::bigint * ${commits} / ${nodes}, ${OPEN}, '["N"]', E'N\\x01', '[]', null, null from generate_series(0, ${nodes - 1}) i`,
    `insert into graph_edges select 2, i, 1 + i::bigint * ${commits} / ${edges}, ${OPEN}, ${end(7919)}, ${end(104_729)}, 'L', '[]' from generate_series(0, ${edges - 1}) i`,
    ...['graphs', 'graph_nodes', 'graph_edges', 'graph_node_refs', 'graph_edge_refs'].map((table) => `analyze ${table}`),
  ]
  for (const statement of statements) await sql.run(statement, [], { timeoutMs: 600_000 })
}
