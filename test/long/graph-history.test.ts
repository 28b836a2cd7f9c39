import fc from 'fast-check'
import t from 'tap'
import { history, namespace, payloadOf, toMessages } from '../support/graph-history.ts'
import { neighbours, pathLength, replay, replayOrder } from '../support/graph-replay.ts'
import { graphStores, syncNeo4j } from '../support/graph-stores.ts'
import { foldGraph } from '../support/graph-tables.ts'
import { openTestNeo4j } from '../support/neo4j.ts'
import { sqlAdapters } from '../support/sql.ts'

const commitCount = Number(process.env['GRAPH_COMMITS'] ?? 3000)
const seed = Number(process.env['GRAPH_SEED'] ?? 7)
const scope = { tenantId: namespace.tenantId }
const page = { size: 100, direction: 'FORWARD', cursor: null } as const

t.test(
  `a history of ${commitCount} commits reads like a plain replay in every store, at every position asked`,
  { timeout: 3_000_000 },
  async (t) => {
    const server = await openTestNeo4j(t)
    const [commits = []] = fc.sample(history({ minLength: commitCount, maxLength: commitCount }), { numRuns: 1, seed })
    const payloads = commits.map((commit) => payloadOf('city', commit))
    const ordered = replayOrder(payloads.map((payload, index) => ({ sequence: BigInt(index + 1), payload })))
    for (const { name, sql } of await sqlAdapters(t, { timeoutMs: 120_000 })) {
      const other = name === 'postgres' ? server : null
      await foldGraph(sql, toMessages(payloads), [1, 7, 50, 200])
      await syncNeo4j(sql, other, { batch: 500 })
      const stores = graphStores(sql, other)
      const graph = await stores[0]?.graph.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
      if (graph == null) throw new Error('there is no graph')
      t.equal(graph.head, commitCount)
      const positions = Array.from({ length: 60 }, (_, at) => Math.round((at * commitCount) / 59))
      for (const position of positions) {
        const place = { graph, position }
        const state = replay(ordered, position)
        const digests = await Promise.all(stores.map(async ({ traversal }) => JSON.stringify(await traversal.digest(scope, place))))
        t.equal(new Set(digests).size, 1, `${name}: all stores hold the same at ${position}`)
        for (const { name: by, graph: source } of stores) {
          const nodes = (await source.nodes(scope, place, {}, page)).items.map(({ item }) => [
            item.nodeId,
            item.labels,
            JSON.parse(item.propertiesText),
          ])
          t.same(
            new Map(nodes.map(([id, ...rest]) => [id, rest])),
            new Map([...state.nodes].map(([id, { labels, properties }]) => [id, [labels, properties]])),
            `${name}, ${by}: nodes at ${position}`,
          )
          t.same(
            (await source.relationships(scope, place, null, page)).items.map(({ item }) => item.relationshipId).sort(),
            [...state.edges.keys()].sort(),
          )
          for (const [from, to] of [
            ['a', 'b'],
            ['c', 'ümläut'],
            ['g', '\u{1f600}'],
          ] as const) {
            const start = await source.findNode(scope, place, from)
            t.equal(start !== null, state.nodes.has(from))
            const path = await source.path(scope, place, { from, to, maxDepth: 5, direction: 'OUT', types: null, labels: null })
            t.equal(
              path?.relationships.length ?? null,
              pathLength(state, from, to, 5, { direction: 'OUT' }),
              `${name}, ${by}: the path from ${from} at ${position}`,
            )
            if (start === null) continue
            const near = await source.neighbours(scope, start, { depth: 4, direction: 'ANY', types: ['ROAD'] }, page)
            t.same(
              new Map(near.items.map(({ item }) => [item.node.nodeId, item.distance])),
              neighbours(state, from, 4, { types: ['ROAD'] }),
              `${name}, ${by}: around ${from} at ${position}`,
            )
          }
        }
      }
    }
  },
)
