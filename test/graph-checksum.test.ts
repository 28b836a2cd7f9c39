import { join } from 'node:path'
import t from 'tap'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { namespace, toMessages, tsAt } from './support/graph-history.ts'
import { foldGraph } from './support/graph-tables.ts'
import { openTestNeo4j } from './support/neo4j.ts'
import { run, temporaryFolder } from './support/program.ts'

const mutations = [
  { op: 'add-node', nodeId: 'a', labels: ['Stop'], properties: [] },
  { op: 'add-node', nodeId: 'b', labels: [], properties: [] },
  { op: 'add-edge', edgeId: 'ab', from: 'a', to: 'b', label: 'ROAD', properties: [] },
]

t.test('checksums from the command line compare all stores, and Neo4j can be made anew', { timeout: 300_000 }, async (t) => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const sql = await openPgliteSql({ dataDir, timeoutMs: 60_000 })
  await migrate(sql)
  const payload = JSON.stringify({ event: 'graph.commit.created:v1', ...namespace, graphId: 'city', commitId: 'c', ts: tsAt(0), mutations })
  await foldGraph(sql, toMessages([payload]), [1])
  await sql.close()

  const server = await openTestNeo4j(t)
  const { NEO4J_URI = '', NEO4J_USER = 'neo4j', NEO4J_PASSWORD = '' } = process.env
  const connected: Record<string, string> =
    server === null ? {} : { NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD, NEO4J_LABEL_PREFIX: server.prefix }
  async function graph(action: string): Promise<{ code: number | string; said: string }> {
    const program = run(t, ['graph', action, '--data', dataDir], { ...connected, SOURCE_TIMEOUT_MS: '60000' })
    return { code: await program.ended, said: program.stdout() + program.stderr() }
  }
  const made = await graph('rebuild')
  if (server === null) t.match(made, { code: 2, said: /nothing to rebuild/ })
  else t.match(made, { code: 0, said: /Neo4j: 3 versions written/ })
  const all = await graph('checksum')
  t.match(all, { code: 0, said: /maps\/prod\/city at commit 1\n/ })
  t.match(all, { said: /All agree/ })
  for (const store of server === null ? ['memory', 'sql'] : ['neo4j', 'memory', 'sql'])
    t.match(all.said, new RegExp(`${store} +[0-9a-f]{32} +2 nodes, 1 relationships`))
  if (server === null) return
  await server.neo4j.command(`MATCH (:${server.names.node})-[r:${server.names.live}]->() DELETE r`)
  t.match(await graph('checksum'), { code: 1, said: /1 graphs differ between the stores/ }, 'a relationship that is not there is found')
  t.match(await graph('rebuild'), { code: 0, said: /Neo4j: 3 versions written/ })
  t.match(await graph('checksum'), { code: 0, said: /All agree/ }, 'and mended')
  await server.neo4j.command(`MATCH (n:${server.names.node} {ref: 0}) SET n.labels = ['Depot\u0001']`)
  t.match(await graph('checksum'), { code: 1, said: /1 graphs differ between the stores/ }, 'so is another label')
})
