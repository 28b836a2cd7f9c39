import neo4jDriver from 'neo4j-driver'
import t, { type Test } from 'tap'
import { type Graph } from '../src/datasources/graph/graph.ts'
import { createNeo4jProjection } from '../src/datasources/graph/neo4j-projection.ts'
import { createMemoryTraversal } from '../src/datasources/graph/memory-traversal.ts'
import { createNeo4jTraversal } from '../src/datasources/graph/neo4j-traversal.ts'
import { createSqlTraversal } from '../src/datasources/graph/sql-traversal.ts'
import { chooseTraversal } from '../src/datasources/graph/traversal-choice.ts'
import { type GraphTraversal, TraversalUnable } from '../src/datasources/graph/traversal.ts'
import { type Neo4j, type Neo4jParameters } from '../src/datasources/neo4j/neo4j-client.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { namespace, toMessages, tsAt } from './support/graph-history.ts'
import { graphStores, patientNeo4j, syncNeo4j } from './support/graph-stores.ts'
import { foldGraph } from './support/graph-tables.ts'
import { openTestNeo4j, type TestNeo4j } from './support/neo4j.ts'
import { sqlAdapters } from './support/sql.ts'

const scope = { tenantId: namespace.tenantId }
const silent = { info: () => undefined, warn: () => undefined }
/** Versions in one transaction: the large commits below take several of each kind. */
const batch = 5
const leaves = 17

const addNode = (nodeId: string, labels: string[] = []) => ({ op: 'add-node', nodeId, labels, properties: [] })
const addEdge = (edgeId: string, from: string, to: string, label = 'L') => ({ op: 'add-edge', edgeId, from, to, label, properties: [] })
const all = <T>(make: (at: number) => T): T[] => Array.from({ length: leaves }, (_, at) => make(at))

/** A hub that comes, changes, goes and comes back, each in one commit; between them small commits, and ends that are no nodes. */
const history = [
  [addNode('hub'), addNode('far'), ...all((at) => addNode(`n${at}`)), ...all((at) => addEdge(`e${at}`, 'hub', `n${at}`))],
  [addEdge('more', 'n0', 'far')],
  [...all((at) => addNode(`n${at}`, ['Moved'])), ...all((at) => addEdge(`e${at}`, `n${at}`, 'hub', 'M')), addEdge('loop', 'hub', 'hub')],
  [{ op: 'remove-node', nodeId: 'hub' }, ...all((at) => addEdge(`g${at}`, `n${at}`, `ghost${at}`))],
  [addNode('hub'), ...all((at) => addEdge(`e${at}`, 'hub', `ghost${at}`))],
]

async function fold(sql: Sql): Promise<Graph> {
  const payloads = history.map((mutations, at) =>
    JSON.stringify({ event: 'graph.commit.created:v1', ...namespace, graphId: 'city', commitId: `c${at}`, ts: tsAt(at), mutations }),
  )
  await foldGraph(sql, toMessages(payloads), [2])
  const graph = await graphStores(sql, null)[0]?.graph.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
  if (graph == null) throw new Error('there is no graph')
  return graph
}

/** What a store says of a place, by all its ways of asking. */
async function answers(traversal: GraphTraversal, graph: Graph, position: number): Promise<unknown> {
  const place = { graph, position }
  const any = { direction: 'ANY', types: null, labels: null } as const
  const found = []
  for (const depth of [1, 2, 4]) found.push(await traversal.walk(scope, place, { ...any, start: 0, depth, limit: 100, after: null }))
  // Ends of a path are nodes that exist.
  const path = position === 0 ? null : (await traversal.path(scope, place, { ...any, from: 0, to: 1, maxDepth: 4 })).path
  return [found, path?.nodes.length, await traversal.digest(scope, place)]
}

/** As if the process ended behind so many transactions. */
function dyingAfter(most: number, neo4j: Neo4j): Neo4j {
  let writes = 0
  return {
    ...neo4j,
    write: (work, call) => {
      writes += 1
      return writes > most ? Promise.reject(sourceUnavailable('neo4j', null)) : neo4j.write(work, call)
    },
  }
}

async function open(t: Test): Promise<{ sql: Sql; server: TestNeo4j; graph: Graph; expected: unknown[] } | null> {
  const server = await openTestNeo4j(t)
  const [adapter] = await sqlAdapters(t)
  if (server === null || adapter === undefined) return null
  const { sql } = adapter
  const graph = await fold(sql)
  const bySql = createSqlTraversal({ sql })
  const expected = []
  for (let position = 0; position <= graph.head; position += 1) expected.push(await answers(bySql, graph, position))
  return { sql, server, graph, expected }
}

t.test(
  'a commit that takes many transactions is seen whole or not at all, wherever the projection ends',
  { timeout: 300_000 },
  async (t) => {
    const opened = await open(t)
    if (opened === null) return
    const { sql, server, graph, expected } = opened
    const reader = patientNeo4j(server)
    const seen = { whole: 0, none: 0 }
    let lives = 0
    for (let isDone = false; !isDone && lives < 200; lives += 1) {
      const neo4j = dyingAfter(1 + (lives % 3), server.neo4j)
      const projection = createNeo4jProjection({ sql, ...server, neo4j, logger: silent, batch })
      isDone = await projection.sync().then(
        () => true,
        () => false,
      )
      const [mark] = await server.neo4j.read(`MATCH (m:${server.names.meta}) RETURN m.position AS position, m.writes AS writes`)
      if (mark === undefined) continue
      const position = Number(mark['position'])
      // One that remembers the watermark, and one that does not.
      const traversal = lives % 2 === 0 ? reader : patientNeo4j(server)
      const what = `after ${lives + 1} lives: commit ${position}`
      if (Number(mark['writes']) % 2 === 0) {
        seen.whole += 1
        t.same(await answers(traversal, graph, position), expected[position], what)
      } else {
        seen.none += 1
        await t.rejects(answers(traversal, graph, position), TraversalUnable, `${what} is not believed`)
      }
      if (position < graph.head) await t.rejects(answers(reader, graph, position + 1), TraversalUnable, 'the next one is not there')
    }
    t.ok(lives > 4 * (leaves / batch), `the commits took ${lives} lives`)
    t.ok(seen.whole > 2 && seen.none > 2, JSON.stringify(seen))
    for (const [position, state] of expected.entries())
      t.same(await answers(reader, graph, position), state, `in the end: commit ${position}`)
  },
)

t.test('reads beside a projection that moves in parts never see half of a commit', { timeout: 300_000 }, async (t) => {
  const opened = await open(t)
  if (opened === null) return
  const { sql, server, graph, expected } = opened
  let isMoving = true
  const reading = [patientNeo4j(server), patientNeo4j(server)].map(async (traversal) => {
    for (let position = 0, right = 0; isMoving; position = (position + 1) % expected.length) {
      const answer = await answers(traversal, graph, position).catch((error: unknown) => {
        if (!(error instanceof TraversalUnable)) throw error
        return null
      })
      if (answer !== null) t.same(answer, expected[position], `commit ${position}, answer ${right++}`)
    }
  })
  await syncNeo4j(sql, server, { batch: 4 })
  isMoving = false
  await Promise.all(reading)
})

t.test('readers are told that something is being written before any of it can be seen, and until all of it can be', async (t) => {
  const opened = await open(t)
  if (opened === null) return
  const { sql, server } = opened
  const { neo4j, names } = server
  const writesNow = async (): Promise<number> =>
    Number((await neo4j.read(`MATCH (m:${names.meta}) RETURN m.writes AS writes`))[0]?.['writes'] ?? 0)
  const versions = new RegExp(`${names.node}|${names.live}|${names.past}`)
  const during: number[] = []
  const watched: Neo4j = {
    ...neo4j,
    write: async (work, call) => {
      let isOfVersions = false
      const value = await neo4j.write(
        (tx) =>
          work({
            run: async (text, parameters) => {
              isOfVersions ||= versions.test(text)
              if (isOfVersions) during.push(await writesNow())
              return tx.run(text, parameters)
            },
          }),
        call,
      )
      if (isOfVersions) during.push(await writesNow())
      return value
    },
  }
  await createNeo4jProjection({ sql, ...server, neo4j: watched, logger: silent, batch }).sync()
  t.ok(during.length > 50 && during.every((writes) => writes % 2 === 1), `as others saw it: ${during.join(' ')}`)
  t.equal((await writesNow()) % 2, 0, 'and in the end nothing is being written')
})

t.test('a commit that turns every edge of a hub is never seen in part by who reads meanwhile', { timeout: 300_000 }, async (t) => {
  const server = await openTestNeo4j(t)
  const [adapter] = await sqlAdapters(t)
  if (server === null || adapter === undefined) return
  const { sql } = adapter
  const size = 1500
  const spokes = (hub: string) => Array.from({ length: size }, (_, at) => addEdge(`e${at}`, hub, `n${at}`))
  const spots = Array.from({ length: size }, (_, at) => addNode(`n${at}`))
  const commits = [[addNode('hub'), addNode('other'), ...spots, ...spokes('hub')], ...['other', 'hub', 'other'].map(spokes)]
  const payloads = commits.map((mutations, at) =>
    JSON.stringify({ event: 'graph.commit.created:v1', ...namespace, graphId: 'city', commitId: `c${at}`, ts: tsAt(at), mutations }),
  )
  await foldGraph(sql, toMessages(payloads), [1])
  const graph = await graphStores(sql, null)[0]?.graph.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
  if (graph == null) throw new Error('there is no graph')
  const state = { isMoving: true, right: 0, refused: 0, wrong: [] as string[] }
  const readers = [0, 1, 2].map(async (own) => {
    const traversal = patientNeo4j(server)
    for (let at = own; state.isMoving; at += 1) {
      const position = 1 + (at % graph.head)
      const start = at % 2
      const walk = { start, depth: 1, direction: 'OUT', types: null, labels: null, limit: 10_000, after: null } as const
      try {
        const { reached } = await traversal.walk(scope, { graph, position }, walk)
        if (reached.length === (position % 2 === 1 - start ? size : 0)) state.right += 1
        else state.wrong.push(`commit ${position}, from ${start}: ${reached.length}`)
      } catch (error) {
        if (!(error instanceof TraversalUnable)) throw error
        state.refused += 1
      }
    }
  })
  // Each commit in one transaction: what a store shows of it while it is written is what this is about.
  await syncNeo4j(sql, server, { batch: 2 * size + 2 })
  state.isMoving = false
  await Promise.all(readers)
  t.same(state.wrong, [], `${state.right} answers were right, ${state.refused} refused`)
})

t.test(
  'what takes Neo4j too long is answered by memory and said to be, and only a server that answers nothing is away',
  { timeout: 300_000 },
  async (t) => {
    const opened = await open(t)
    if (opened === null) return
    const { sql, server, graph } = opened
    await syncNeo4j(sql, server)
    const state = { isSlow: true, isGone: false, reads: 0 }
    const late = async (): Promise<never> => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      throw sourceUnavailable('neo4j')
    }
    const neo4j: Neo4j = {
      ...server.neo4j,
      read(text, parameters) {
        state.reads += 1
        return state.isSlow ? late() : server.neo4j.read(text, parameters)
      },
      ping: (timeoutMs) => (state.isGone ? late() : server.neo4j.ping(60 * timeoutMs)),
    }
    const served = chooseTraversal([
      createNeo4jTraversal({ ...server, neo4j, deadlineMs: 20 }),
      createMemoryTraversal({ sql, maxBytes: 1_000_000 }),
      createSqlTraversal({ sql }),
    ])
    async function read(): Promise<{ reached: number; told: string[]; reads: number }> {
      const told: string[] = []
      const before = state.reads
      const asked = { tenantId: scope.tenantId, passedOver: (store: string, status = 'DOWN') => void told.push(`${store} ${status}`) }
      const walk = { start: 0, depth: 1, limit: 100, after: null, direction: 'ANY', types: null, labels: null } as const
      const { reached } = await served.walk(asked, { graph, position: 1 }, walk)
      return { reached: reached.length, told, reads: state.reads - before }
    }
    t.same(await read(), { reached: leaves, told: ['neo4j DEGRADED'], reads: 1 })
    t.same(await read(), { reached: leaves, told: ['neo4j DEGRADED'], reads: 1 }, 'the next question is asked there all the same')
    state.isSlow = false
    t.match(await read(), { reached: leaves, told: [] }, 'and answered')
    Object.assign(state, { isSlow: true, isGone: true })
    t.same(await read(), { reached: leaves, told: ['neo4j DOWN'], reads: 1 })
    t.same(await read(), { reached: leaves, told: ['neo4j DOWN'], reads: 0 }, 'a server that is away is left alone for a while')
  },
)

t.test('no statement may fall back to looking at every path', { timeout: 300_000 }, async (t) => {
  const opened = await open(t)
  if (opened === null) return
  const { sql, server, graph } = opened
  await syncNeo4j(sql, server)
  const asked = new Map<string, Neo4jParameters>()
  const read: Neo4j['read'] = (text, parameters = {}, call = {}) => {
    asked.set(text, parameters)
    return server.neo4j.read(text, parameters, call)
  }
  const traversal = patientNeo4j({ ...server, neo4j: { ...server.neo4j, read } })
  for (const [position, direction, types, labels] of [
    [graph.head, 'ANY', null, null],
    [graph.head, 'OUT', ['L'], null],
    [1, 'ANY', ['L'], ['Moved']],
    [1, 'IN', null, null],
  ] as const) {
    const way = { direction, types, labels }
    for (const depth of [3, 6]) await traversal.walk(scope, { graph, position }, { ...way, start: 0, depth, limit: 10, after: null })
    await traversal.path(scope, { graph, position }, { ...way, from: 0, to: 1, maxDepth: 6 })
  }
  t.ok(asked.size > 8, `${asked.size} different statements`)
  const { NEO4J_URI = '', NEO4J_USER = 'neo4j', NEO4J_PASSWORD = '' } = process.env
  const driver = neo4jDriver.driver(NEO4J_URI, neo4jDriver.auth.basic(NEO4J_USER, NEO4J_PASSWORD), { useBigInt: true })
  t.teardown(() => driver.close())
  for (const [text, parameters] of asked) {
    const { summary } = await driver.executeQuery(`EXPLAIN ${text}`, parameters, { database: 'neo4j' })
    const codes = summary.notifications.map(({ code }) => code)
    t.notOk(
      codes.some((code) => /Exhaustive|CartesianProduct|UnboundedVariableLength/.test(code)),
      `${codes.join(' ')} ${text.slice(0, 60)}`,
    )
  }
})

t.test('text in ids, labels and types is only text to Neo4j, and what is not ours is not touched', { timeout: 300_000 }, async (t) => {
  const server = await openTestNeo4j(t)
  const [adapter] = await sqlAdapters(t)
  if (server === null || adapter === undefined) return
  const { sql } = adapter
  const { neo4j, prefix } = server
  const canary = `${prefix}Canary`
  t.teardown(() => neo4j.command(`MATCH (n:${canary}) DETACH DELETE n`))
  await neo4j.command(`CREATE (:${canary} {name: 'before'})-[:${canary}]->(:${canary})`)
  const hostile = [
    `x\`) DETACH DELETE n //`,
    `' OR true }) MATCH (n) DETACH DELETE n //`,
    `"}) MATCH (n:${canary}) SET n.name = 'after' RETURN n //`,
    '\\u0027) MATCH (n) DETACH DELETE n //',
    '$g',
  ]
  const mutations = hostile.flatMap((text, at) => [
    { op: 'add-node', nodeId: text, labels: [text], properties: [{ key: text, value: text }] },
    addEdge(text, text, hostile[(at + 1) % hostile.length] ?? '', text),
  ])
  const commit = { event: 'graph.commit.created:v1', ...namespace, graphId: 'city', commitId: 'c', ts: tsAt(0), mutations }
  await foldGraph(sql, toMessages([JSON.stringify(commit)]), [1])
  await syncNeo4j(sql, server)
  for (const { name, graph: source } of graphStores(sql, server)) {
    const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
    if (graph === null) throw new Error('there is no graph')
    const place = { graph, position: 1 }
    for (const [at, text] of hostile.entries()) {
      const next = hostile[(at + 1) % hostile.length] ?? ''
      const node = await source.findNode(scope, place, text)
      if (node === null) throw new Error(`there is no node ${text}`)
      const query = { depth: 2, direction: 'OUT', types: [text], labels: [next], where: [{ key: next, equals: next }] } as const
      const { items } = await source.neighbours(scope, node, query, { size: 10, direction: 'FORWARD', cursor: null })
      t.same(
        items.map(({ item }) => item.node.nodeId),
        [next],
        `${name}: ${text}`,
      )
      const path = await source.path(scope, place, { from: text, to: next, maxDepth: 6, direction: 'OUT', types: [text], labels: [text] })
      t.equal(path?.relationships.length, 1)
    }
  }
  const kept = await neo4j.read(`MATCH (n:${canary})-[r]->() RETURN n.name AS name, type(r) AS type`)
  t.same(kept, [{ name: 'before', type: canary }])
  const names = await neo4j.read(
    'CALL db.labels() YIELD label RETURN label AS name UNION CALL db.relationshipTypes() YIELD relationshipType RETURN relationshipType AS name',
  )
  t.notOk(
    names.some(({ name }) => hostile.includes(String(name))),
    'no text of a caller became a label or a type',
  )
})
