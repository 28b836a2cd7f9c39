import { randomBytes } from 'node:crypto'
import { DateTime, LocalDateTime } from 'neo4j-driver'
import t from 'tap'
import { type GraphDataSource, type GraphNode } from '../src/datasources/graph/graph.ts'
import { createSummit } from '../src/datasources/summit/open-summit.ts'
import { summitTime } from '../src/datasources/summit/summit-values.ts'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { alone } from './support/alone.ts'
import { openTestNeo4j } from './support/neo4j.ts'
import { createTestDatabase } from './support/sql.ts'

const run = randomBytes(4).toString('hex')
const [ours, theirs] = [`acme-${run}`, `acme_${run}`]
const p = `${run}:`
const word = `beagle${run}`
const shapes = ['A', 'B', 'C', 'D', 'E'] as const
type Shape = (typeof shapes)[number]

/** A node and an edge of each shape, of whichever tenant. (contract: summit 2) */
const nodeOf: Readonly<Record<Shape, string>> = {
  A: `(:Entity {id: $id, tenantId: $t, kind: 'person', props: '{"x":1}', createdAt: 1760000000000, name: $name, mark: $p})`,
  B: `(:Entity:Person {id: $id, tenantId: $t, createdAt: '2025-10-09T08:53:20.000Z', name: $name, mark: $p})`,
  C: `(:Entity:Indicator {id: $id, tenantId: $t, kind: 'ioc', idempotency_token: $t + $id, name: $name, mark: $p})`,
  D: `(:Entity {id: $id, tenant: $t, type: 'Asset', updated_at: datetime('2025-10-09T08:53:20Z'), name: $name, mark: $p})`,
  E: `(:GraphNode:Vessel {globalId: $id, tenantId: $t, entityType: 'Vessel', createdAt: datetime('2025-10-09T08:53:20Z'), name: $name, mark: $p})`,
}
const edgeOf: Readonly<Record<Shape, string>> = {
  A: `[:REL {id: $id, tenantId: $t, type: 'KNOWS', props: '{}'}]`,
  B: `[:KNOWS {id: $id, tenantId: $t}]`,
  C: `[:KNOWS {id: $id, tenantId: $t, idempotency_token: $t + $id}]`,
  D: `[:KNOWS {id: $id, tenant: $t}]`,
  // Such edges need not name their tenant: both ends prove it.
  E: `[:KNOWS {validFrom: datetime()}]`,
}

t.test('times are read in all forms that an install holds, and what is none is told from what is not there', (t) => {
  const at = 1_760_000_000_000_000_000n
  const forms: readonly unknown[] = [
    ...[1_760_000_000_000n, 1_760_000_000_000, new Date(1_760_000_000_000), '2025-10-09T08:53:20.000Z', '2025-10-09T10:53:20+02:00'],
    ...['2025-10-09 08:53:20', new LocalDateTime(2025, 10, 9, 8, 53, 20, 0), new DateTime(2025, 10, 9, 8, 53, 20, 0, 0)],
    new DateTime(2025, 10, 9, 10, 53, 20, 0, 7200, 'Europe/Stockholm'),
  ]
  for (const form of forms) t.equal(summitTime(form), at, String(form))
  t.equal(summitTime('2025-10-09'), 1_759_968_000_000_000_000n)
  t.equal(summitTime(new DateTime(2025, 10, 9, 8, 53, 20, 123_456_789, 0)), at + 123_456_789n, 'to the nanosecond')
  for (const nothing of [null, undefined]) t.equal(summitTime(nothing), null)
  for (const odd of ['soon', '', true, {}, [], Number.NaN, Infinity, '2025-13-40T00:00:00Z'])
    t.equal(summitTime(odd), undefined, String(odd))
  t.end()
})

t.test(`what is another tenant's changes no answer, in any of the five shapes`, { timeout: 300_000 }, async (t) => {
  const server = await openTestNeo4j(t)
  const url = await createTestDatabase(t)
  if (server === null || url === null) return
  await alone(t, 'full-text indexes of Neo4j')
  const { neo4j } = server
  const index = `orrery_test_${run}`
  await neo4j.command(`CREATE FULLTEXT INDEX ${index} FOR (n:Entity|GraphNode) ON EACH [n.name]`)
  t.teardown(async () => {
    await neo4j.command('MATCH (n {mark: $p}) DETACH DELETE n', { p })
    await neo4j.command(`DROP INDEX ${index} IF EXISTS`)
  })
  await neo4j.command('CALL db.awaitIndexes(60)')
  const sql = openPostgresSql({ url, poolSize: 2, timeoutMs: 20_000 })
  t.teardown(() => sql.close())
  await sql.script('create table entities (id text, tenant_id text, kind text, props jsonb, updated_at timestamptz)')

  const makeNode = (shape: Shape, id: string, tenant: string) =>
    neo4j.command(`CREATE ${nodeOf[shape]}`, { id: p + id, t: tenant, name: word, p })
  const makeEdge = (
    shape: Shape,
    id: string,
    tenant: string,
    [from, fromTenant, to, toTenant]: readonly [string, string, string, string],
  ) =>
    neo4j.command(
      `MATCH (a {mark: $p}) WHERE coalesce(a.id, a.globalId) = $from AND coalesce(a.tenantId, a.tenant) = $fromTenant
       MATCH (b {mark: $p}) WHERE coalesce(b.id, b.globalId) = $to AND coalesce(b.tenantId, b.tenant) = $toTenant CREATE (a)-${edgeOf[shape]}->(b)`,
      { p, id: p + id, t: tenant, from: p + from, to: p + to, fromTenant, toTenant },
    )
  for (const shape of shapes) {
    for (const id of ['near', 'mid', 'far', 'lone']) await makeNode(shape, `${id}${shape}`, ours)
    await makeEdge(shape, `nm${shape}`, ours, [`near${shape}`, ours, `mid${shape}`, ours])
    await makeEdge(shape, `mf${shape}`, ours, [`mid${shape}`, ours, `far${shape}`, ours])
    await sql.run(`insert into entities values ($1, $2, 'person', '{}', now())`, [`${p}mid${shape}`, ours])
  }
  const summit = createSummit({ neo4j, sql }, null).graph
  if (summit === null) throw new Error('there is no graph')
  const scope = { tenantId: ours }
  const before = await everything(summit, scope)
  t.equal(before.length, 10 + 5 * 4 * shapes.length)

  // Now theirs: beside each of ours, between each two of ours, under the same ids, and so many that they would fill every answer.
  for (const shape of shapes) {
    await makeNode(shape, `spy${shape}`, theirs)
    for (const other of shapes) {
      for (const [id, tenant] of [
        ['x', theirs],
        ['y', ours],
      ] as const) {
        await makeEdge(other, `${id}1${shape}${other}`, tenant, [`near${shape}`, ours, `spy${shape}`, theirs])
        await makeEdge(other, `${id}2${shape}${other}`, tenant, [`spy${shape}`, theirs, `lone${shape}`, ours])
      }
      if (other !== 'E') await makeEdge(other, `z${shape}${other}`, theirs, [`far${shape}`, ours, `lone${shape}`, ours])
    }
    await makeNode(shape, `mid${shape}`, theirs)
    await makeEdge(shape, `twin${shape}`, theirs, [`mid${shape}`, theirs, `lone${shape}`, ours])
    await neo4j.command(`UNWIND range(1, 100) AS i WITH $id + i AS id CREATE ${nodeOf[shape].replace('$id,', 'id,')}`, {
      ...{ id: `${p}many${shape}`, t: theirs, name: `${word} ${word} ${word}`, p },
    })
    // Who names two tenants belongs to neither.
    await neo4j.command(
      `CREATE (:Entity {id: $id, tenantId: $t, tenant: $o, name: $name, mark: $p}), (:Entity {id: $id, tenantId: $o, tenant: $t, mark: $p})`,
      {
        ...{ id: `${p}both${shape}`, t: ours, o: theirs, name: word, p },
      },
    )
  }
  const after = await everything(summit, scope)
  for (const [at, answer] of before.entries()) t.same(after[at], answer, `answer ${at} is the same`)

  await neo4j.command(
    `MATCH (n {mark: $p}) WHERE n.tenantId = $t AND coalesce(n.id, n.globalId) = $id SET n.deletedAt = '2025-10-09T08:53:20Z'`,
    {
      ...{ p, t: ours, id: `${p}midA` },
    },
  )
  const place = await summit.locate(scope, await graphOf(summit, scope), null)
  t.equal(await summit.findNode(scope, place, `${p}midA`), null, 'what is deleted is hidden, though a row is left')
  const gone = { from: `${p}nearA`, to: `${p}farA`, maxDepth: 3, direction: 'ANY', labels: null, types: null } as const
  t.equal(await summit.path(scope, place, gone), null, 'and nothing goes through it')
  const found = (await summit.nodes(scope, place, { search: word }, { size: 100, direction: 'FORWARD', cursor: null })).items
  t.notOk(found.some(({ item }) => item.nodeId === `${p}midA`))

  await neo4j.command(`DROP INDEX ${index}`)
  const scanned = (await summit.nodes(scope, place, { search: word }, { size: 100, direction: 'FORWARD', cursor: null })).items
  const ids = (items: typeof found): string[] => items.map(({ item }) => item.nodeId).sort()
  t.same(ids(scanned), ids(found), 'an index that was dropped a moment ago leaves the search to a scan')
})

async function graphOf(summit: GraphDataSource, scope: { tenantId: string }) {
  const graph = await summit.find(scope, { source: 'SUMMIT', projectId: 'summit', namespace: 'live', graphId: 'graph' })
  if (graph === null) throw new Error('the tenant has no graph')
  return graph
}

/** Every question that can be asked, and its answer. */
async function everything(summit: GraphDataSource, scope: { tenantId: string }): Promise<unknown[]> {
  const page = { size: 100, direction: 'FORWARD', cursor: null } as const
  const place = await summit.locate(scope, await graphOf(summit, scope), null)
  const shown = ({ nodeId, labels, propertiesText, origins }: GraphNode) => [nodeId, labels, propertiesText, origins]
  const nodes = (await summit.nodes(scope, place, {}, page)).items.map(({ item }) => item)
  const edges = (await summit.relationships(scope, place, null, page)).items.map(({ item }) => item)
  const told: string[] = []
  const asked = { ...scope, passedOver: (store: string) => void told.push(store) }
  const any = { direction: 'ANY', types: null } as const
  const answers: unknown[] = [
    nodes.map(shown),
    edges.map(({ relationshipId, type, from, to }) => [relationshipId.startsWith(p) ? relationshipId : '', type, from.key, to.key]).sort(),
    await summit.counts(scope, place),
    await summit.countNodes(scope, place, {}),
    await summit.count(scope, {}),
    (await summit.nodes(asked, place, { search: word }, page)).items.map(({ item }) => shown(item)),
    await summit.countNodes(asked, place, { search: word }),
    told,
    (await summit.relationshipsAmong(scope, place, nodes, page)).items.length,
    (await summit.drift(scope, page)).entries.map(({ nodeId, kind, graphUpdatedAt }) => [nodeId, kind, graphUpdatedAt]),
  ]
  for (const shape of shapes)
    for (const id of ['near', 'mid', 'far', 'lone', 'spy'] as const) {
      const node = await summit.findNode(scope, place, `${p}${id}${shape}`)
      if (id === 'spy') continue
      if (node === null) throw new Error(`there is no ${id}${shape}`)
      const near = await summit.neighbours(scope, node, { ...any, depth: 3 }, page)
      const paths = []
      for (const to of ['near', 'mid', 'far', 'lone', 'spy']) {
        const path = await summit.path(scope, place, { ...any, from: node.nodeId, to: `${p}${to}${shape}`, maxDepth: 3, labels: null })
        paths.push(path === null ? null : path.nodes.map(({ nodeId }) => nodeId))
      }
      answers.push(
        [shown(node), near.items.map(({ item }) => [item.node.nodeId, item.distance]), near.truncated],
        paths,
        await summit.reach(scope, node, { ...any, depth: 3 }),
        (await summit.relationshipsOf(scope, node, any, page)).items.length,
        (await summit.neighbourKeys(scope, node, { direction: 'ANY', depth: 2 })).keys,
      )
    }
  return answers
}
