import fc from 'fast-check'
import t from 'tap'
import { type Graph, type GraphDiff } from '../src/datasources/graph/graph.ts'
import { type GraphMutation, readMutation } from '../src/datasources/graph/mutations.ts'
import { lexemeJsonOf } from '../src/datasources/graph/lexeme-json.ts'
import { createSqlGraph } from '../src/datasources/graph/sql-graph.ts'
import { createSqlTraversal } from '../src/datasources/graph/sql-traversal.ts'
import { history, type HistoryCommit, namespace, payloadOf, toMessages, tsAt } from './support/graph-history.ts'
import { dumpGraphTables, foldGraph } from './support/graph-tables.ts'
import { sqlAdapters } from './support/sql.ts'

const scope = { tenantId: namespace.tenantId }

/** What a diff says, whatever the order. */
function said(diff: GraphDiff): Record<string, unknown> {
  const node = ({ nodeId, labels, propertiesText }: GraphDiff['added'][number]) => [nodeId, labels, propertiesText]
  const edge = (one: GraphDiff['addedRelationships'][number]) => [
    one.relationshipId,
    one.type,
    one.from.key,
    one.to.key,
    one.propertiesText,
  ]
  const sorted = (list: readonly unknown[]) => list.map((one) => JSON.stringify(one)).sort()
  return {
    added: sorted(diff.added.map(node)),
    removed: sorted(diff.removed.map(node)),
    changed: sorted(diff.changed.map(({ before, after }) => [node(before), node(after)])),
    addedRelationships: sorted(diff.addedRelationships.map(edge)),
    removedRelationships: sorted(diff.removedRelationships.map(edge)),
    changedRelationships: sorted(diff.changedRelationships.map(({ before, after }) => [edge(before), edge(after)])),
  }
}

function readable(mutations: readonly unknown[]): GraphMutation[] {
  return mutations.flatMap((one) => {
    try {
      return [readMutation(lexemeJsonOf(one))]
    } catch {
      return []
    }
  })
}

const commit = (commitId: string, at: number, mutations: readonly unknown[]): HistoryCommit =>
  ({ commitId, ts: tsAt(at), mutations }) as HistoryCommit

t.test('a dry run says what the commit then does, and writes nothing', { timeout: 300_000 }, async (t) => {
  for (const { name, sql } of await sqlAdapters(t)) {
    const source = createSqlGraph({ sql, traversal: createSqlTraversal({ sql }), tags: null })
    const find = async (): Promise<Graph> => {
      const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
      if (graph === null) throw new Error('there is no graph')
      return graph
    }
    const check = async (commits: readonly HistoryCommit[]): Promise<Record<string, unknown>> => {
      const payloads = commits.map((one) => payloadOf('city', one))
      await foldGraph(sql, toMessages(payloads.slice(0, -1)), [50])
      const before = await dumpGraphTables(sql)
      const graph = await find()
      const tried = said(await source.dryRun(scope, { graph, position: graph.head }, readable(commits.at(-1)?.mutations ?? [])))
      t.same(await dumpGraphTables(sql), before, `${name}: nothing was written`)
      await foldGraph(sql, toMessages(payloads), [50])
      const after = await find()
      const done = said(await source.diff(scope, { graph: after, position: after.head - 1 }, { graph: after, position: after.head }))
      t.same(tried, done, `${name}: as it was said`)
      return done
    }
    await fc.assert(
      fc.asyncProperty(history({ minLength: 1, maxLength: 8 }), history({ minLength: 3, maxLength: 8 }), async (earlier, later) => {
        const last = later.flatMap(({ mutations }) => mutations)
        await check([...earlier.map((one, at) => ({ ...one, ts: tsAt(at) })), commit('last', 1000, last)])
        if (!t.passing()) throw new Error('differs')
      }),
      { numRuns: 10 },
    )
    const edge = (edgeId: string, from: string, to: string) => ({ op: 'add-edge', edgeId, from, to, label: null, properties: [] })
    const removal = [{ op: 'remove-node', nodeId: 'ghost' }, edge('b', 'x', 'y'), { op: 'remove-node', nodeId: 'x' }]
    t.match(
      await check([commit('a', 1, [edge('e', 'n', 'ghost'), edge('b', 'ghost', 'n')]), commit('b', 2, removal)]),
      { removedRelationships: { length: 2 }, addedRelationships: { length: 0 } },
      'what is only an end of relationships takes them with it',
    )
    const many = Array.from({ length: 1_500 }, (_, at) => [edge(`e${at}`, 'hub', `n${at}`), { op: 'add-node', nodeId: `n${at}` }]).flat()
    const gone = many.map((_, at) => ({ op: 'remove-node', nodeId: `n${at}` }))
    await check([commit('a', 1, many), commit('b', 2, gone)])
  }
})
