import { randomBytes } from 'node:crypto'
import t from 'tap'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { systemClock } from '../src/time.ts'
import { alone } from './support/alone.ts'
import { ask, openControlPlane, viewerOf } from './support/control-plane.ts'
import { openTestNeo4j } from './support/neo4j.ts'
import { createTestDatabase } from './support/sql.ts'

const run = randomBytes(4).toString('hex')
const acme = `acme-${run}`
/** Normalises to the same schema name as the first. */
const twin = `acme_${run}`
const viewer = viewerOf('sam@example.com', ['admin'], acme)

/** All five shapes, and everything that must never be shown. (contract: summit 2) */
const fixtures = `
  CREATE (a:Entity {id: $p + 'a', tenantId: $t, kind: 'person', labels: ['Person'], props: '{"name":"Ada","email":"ada@example.com"}', createdAt: 1760000000000, mark: $p})
  CREATE (b:Entity:Organization {id: $p + 'b', tenantId: $t, name: 'Analytical Engines', createdAt: '2025-10-09T08:53:20.000Z', updatedAt: 'not a time', mark: $p})
  CREATE (c:Entity:Indicator {id: $p + 'c', tenantId: $t, kind: 'indicator', value: '10.0.0.1', idempotency_token: $p + 'c', createdAt: '2025-10-09T08:53:20Z', mark: $p})
  CREATE (d:Entity {id: $p + 'd', tenant: $t, name: 'Slice', type: 'Asset', attributes: '{"region":"eu"}', updated_at: datetime('2025-10-09T08:53:20Z'), mark: $p})
  CREATE (e:GraphNode:Vessel {globalId: $p + 'e', tenantId: $t, entityType: 'Vessel', createdAt: datetime('2025-10-09T08:53:20Z'), epistemic: '{"x":1}', name: 'Beagle', mark: $p})
  CREATE (far:Entity:Far {id: $p + 'far', tenantId: $t, name: 'Far', mark: $p})
  CREATE (foreign:Entity {id: $p + 'foreign', tenantId: $other, name: 'Theirs', mark: $p})
  CREATE (stub:Entity {id: $p + 'stub', mark: $p})
  CREATE (gone:Entity {id: $p + 'gone', tenantId: $t, deletedAt: '2025-10-09T08:53:20Z', mark: $p})
  CREATE (helper:Entity:IngestRelationshipIdempotency {id: $p + 'helper', tenantId: $t, mark: $p})
  CREATE (run:MaestroRun {id: $p + 'maestro', mark: $p})
  CREATE (a)-[:REL {id: $p + 'ab', tenantId: $t, type: 'WORKS_FOR', props: '{"since":1842}'}]->(b)
  CREATE (b)-[:OWNS {id: $p + 'bc', tenantId: $t, confidence: 0.8}]->(c)
  CREATE (c)-[:MENTIONS {id: $p + 'cd', tenant: $t, weight: 0.5}]->(d)
  CREATE (d)-[:SEEN_WITH {validFrom: datetime()}]->(e)
  CREATE (a)-[:REL {id: $p + 'af', type: 'KNOWS'}]->(foreign)
  CREATE (foreign)-[:REL {id: $p + 'ff', type: 'KNOWS'}]->(far)
  CREATE (a)-[:REL {id: $p + 'as', tenantId: $t, type: 'KNOWS'}]->(stub)
  CREATE (stub)-[:REL {id: $p + 'sf', tenantId: $t, type: 'KNOWS'}]->(far)
  CREATE (a)-[:REL {id: $p + 'theirs', tenantId: $other, type: 'KNOWS'}]->(e)
  CREATE (run)-[:HAS_ARTIFACT]->(a)`

const tables = `
  create table entities (id varchar(255), tenant_id text, kind text, labels text[], props jsonb, created_at timestamptz, updated_at timestamptz);
  create table runs (id uuid, pipeline_id text, pipeline_name text, status text, started_at timestamptz, completed_at timestamptz, input_params jsonb,
    output_data jsonb, error_message text, created_at timestamptz, updated_at timestamptz, tenant_id text);
  create table approvals (id uuid, requester_id text, approver_id text, status text, action text, reason text, decision_reason text, run_id text,
    created_at timestamptz, updated_at timestamptz, resolved_at timestamptz)`

t.test("Summit's live graph, its runs and approvals, beside Demon's", async (t) => {
  const server = await openTestNeo4j(t)
  const url = await createTestDatabase(t)
  if (server === null || url === null) return
  await alone(t, 'full-text indexes of Neo4j')
  const { neo4j } = server
  const p = `${run}:`
  t.teardown(() => neo4j.command('MATCH (n {mark: $p}) DETACH DELETE n', { p }))
  await neo4j.command(fixtures, { p, t: acme, other: twin })
  const summitSql = openPostgresSql({ url, poolSize: 2, timeoutMs: 20_000 })
  t.teardown(() => summitSql.close())
  await summitSql.script(tables)
  await summitSql.run(
    `insert into entities values ($1, $2, 'person', '{Person}', '{"name":"Ada"}', now(), now()), ($3, $2, 'person', '{}', '{}', now(), now()),
      ($4, $2, 'person', '{}', '{"name":"Only a row"}', now(), now()), ($5, $6, 'person', '{}', '{}', now(), now())`,
    [`${p}a`, acme, `${p}stub`, `${p}row`, `${p}theirs`, twin],
  )
  const runId = (digit: number): string => `00000000-0000-0000-0000-00000000000${digit}`
  await summitSql.run(
    `insert into runs (id, pipeline_name, status, started_at, input_params, created_at, updated_at, tenant_id) values
      ($1, 'enrich', 'running', '2030-01-01T00:00:00Z', '{"email":"x@example.com"}', now(), now(), $4),
      ($2, 'enrich', 'weird', '2030-01-02T00:00:00Z', null, now(), now(), $4), ($3, 'enrich', 'queued', '2030-01-03T00:00:00Z', null, now(), now(), $5)`,
    [runId(1), runId(2), runId(3), acme, twin],
  )
  await summitSql.run(
    `insert into approvals (id, requester_id, status, action, run_id, created_at) values ($1, 'dana', 'pending', 'maestro_run', $2, now()),
      ($3, 'dana', 'pending', 'maestro_run', $4, now()), ($5, 'dana', 'pending', 'maestro_run', null, now())`,
    [runId(5), runId(1), runId(6), runId(3), runId(7)],
  )
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  const log = openSqlLog({ sql, clock: systemClock, pollMs: 50 })
  t.teardown(() => log.close())
  const summit = { neo4j, sql: summitSql, close: async () => undefined }
  const plane = await openControlPlane(t, { sql, log, summit })
  plane.projector.start()
  const query = async (text: string, variables: Record<string, unknown> = {}, as = viewer) => {
    const { data, errors } = await ask(plane, as, text, variables)
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return JSON.parse(JSON.stringify(data)) as Record<string, Record<string, never>>
  }
  const listed = await query(
    '{ graphs(filter: { sources: [SUMMIT] }) { totalCount nodes { id source head { commitId } tags(first: 5) { nodes { tag } } nodeCount relationshipCount } } }',
  )
  t.match(listed, {
    graphs: { totalCount: 1, nodes: [{ source: 'SUMMIT', head: null, tags: { nodes: [] }, nodeCount: 6, relationshipCount: 4 }] },
  })
  const id = (listed['graphs']?.['nodes'] as unknown as { id: string }[])[0]?.id

  const nodes = (
    await query(
      'query ($id: ID!) { graph(id: $id) { nodes(first: 50) { nodes { nodeId labels properties { key value } origins { system shape store } createdAt updatedAt warnings } } } }',
      { id },
    )
  )['graph']?.['nodes'] as unknown as {
    nodes: {
      nodeId: string
      labels: string[]
      properties: { key: string; value: unknown }[]
      origins: { shape: string; store: string }[]
      createdAt: string | null
      updatedAt: string | null
      warnings: string[]
    }[]
  }
  t.same(
    nodes.nodes.map(({ nodeId }) => nodeId.slice(p.length)),
    ['a', 'b', 'c', 'd', 'e', 'far'],
    'stubs, deleted, helper, foreign and Maestro nodes are not there',
  )
  const [a, b, , d, e] = nodes.nodes
  t.same(
    nodes.nodes.slice(0, 5).map(({ origins }) => origins[0]?.shape),
    ['A', 'B', 'C', 'D', 'E'],
    'five shapes',
  )
  t.match(a, { labels: ['person', 'Person'], createdAt: '2025-10-09T08:53:20Z' })
  t.same(
    a?.origins.map(({ store }) => store),
    ['neo4j', 'postgres'],
    'one node, both origins',
  )
  t.same(
    a?.properties.find(({ key }) => key === 'email'),
    { key: 'email', value: '[REDACTED]' },
  )
  t.match(b, { labels: ['Organization'], warnings: [/updatedAt/] }, 'a bad value is a warning')
  t.match(d, {
    labels: ['Asset'],
    updatedAt: '2025-10-09T08:53:20Z',
    properties: [{ key: 'mark' }, { key: 'name' }, { key: 'region', value: 'eu' }],
  })
  t.match(e, { labels: ['Vessel'], createdAt: '2025-10-09T08:53:20Z' })

  const walked = (
    await query(
      `query ($id: ID!, $a: String!, $e: String!, $d: String!, $far: String!, $row: String!, $foreign: String!) { graph(id: $id) {
      node(nodeId: $a) { neighbours(depth: 3, first: 50) { truncated nodes { distance node { nodeId } } } typed: neighbours(depth: 3, types: ["WORKS_FOR"]) { nodes { node { nodeId } } }
        relationships { nodes { relationshipId type from { nodeId } to { nodeId } properties { key value } } } }
      path(from: $a, to: $d) { length truncated nodes { nodeId } relationships { type confidence } } far: path(from: $a, to: $far, maxDepth: 3) { length } deep: path(from: $a, to: $e) { length truncated }
      row: node(nodeId: $row) { origins { store } properties { key value } } foreign: node(nodeId: $foreign) { nodeId }
      search: nodes(search: "Beagle") { nodes { nodeId } } drift(first: 10) { checked entries { nodeId kind } hasNextPage } } }`,
      { id, ...Object.fromEntries(['a', 'd', 'e', 'far', 'row', 'foreign'].map((name) => [name, p + name])) },
    )
  )['graph'] as unknown as Record<string, Record<string, never>>
  const near = walked['node']?.['neighbours'] as unknown as { nodes: { distance: number; node: { nodeId: string } }[] }
  t.same(
    near.nodes.map(({ distance, node }) => `${node.nodeId.slice(p.length)}${distance}`),
    ['b1', 'c2', 'd3'],
    'nothing is reached through a foreign node, a stub, or a foreign edge',
  )
  t.same((walked['node']?.['typed'] as unknown as { nodes: unknown[] }).nodes.length, 1)
  const relationships = (walked['node']?.['relationships'] as unknown as { nodes: { type: string }[] }).nodes
  t.match(relationships, [{ type: 'WORKS_FOR', properties: [{ key: 'since', value: 1842 }] }])
  t.equal(relationships.length, 1)
  t.match(walked['path'], {
    length: 3,
    truncated: false,
    relationships: [{ type: 'WORKS_FOR' }, { type: 'OWNS', confidence: 0.8 }, { type: 'MENTIONS', confidence: 0.5 }],
  })
  t.equal(walked['far'], null, 'a foreign node in the middle is never traversed')
  t.match(walked['deep'], { length: 0, truncated: true }, 'past three hops the search says that it stopped')
  t.match(walked['row'], { origins: [{ store: 'postgres' }], properties: [{ key: 'name', value: 'Only a row' }] })
  t.equal(walked['foreign'], null)
  t.match(walked['search'], { nodes: [{ nodeId: `${p}e` }] })
  t.same(
    (walked['drift'] as unknown as { entries: { nodeId: string; kind: string }[] }).entries.map(({ nodeId, kind }) => [
      nodeId.slice(p.length),
      kind,
    ]),
    [
      ['row', 'MISSING'],
      ['stub', 'STUB'],
    ],
  )
  t.match(await ask(plane, viewer, 'query ($id: ID!) { graph(id: $id) { nodeCount(ref: { commit: "x" }) } }', { id }), {
    errors: [{ message: /as it is now/ }],
  })
  const hostile = "x`) DETACH DELETE n // ' OR true }) MATCH (n"
  t.match(
    await query(
      `query ($id: ID!, $a: String!, $x: [String!]!, $s: String!, $j: JSON) { graph(id: $id) { nodeCount odd: node(nodeId: $s) { nodeId }
        nodes(labels: $x, search: $s) { nodes { nodeId } } relationships(types: $x) { nodes { id } } where: nodes(where: [{ key: $s, equals: $j }]) { nodes { nodeId } }
        node(nodeId: $a) { neighbours(depth: 3, types: $x, labels: $x) { nodes { distance } } } path(from: $a, to: $s, types: $x, labels: $x) { length } } }`,
      { id, a: `${p}a`, x: [hostile], s: hostile, j: hostile },
    ),
    {
      graph: {
        ...{ nodeCount: 6, odd: null, nodes: { nodes: [] }, relationships: { nodes: [] }, where: { nodes: [] } },
        ...{ node: { neighbours: { nodes: [] } }, path: null },
      },
    },
    'text in labels, types, keys and ids is only text to Neo4j',
  )
  const write = `mutation ($input: CommitGraphInput!) { commitGraph(input: $input) { __typename ... on NotAllowed { reason } } }`
  t.match(await query(write, { input: { graph: id, mutations: [{ removeNode: 'a' }] } }), {
    commitGraph: { __typename: 'NotAllowed', reason: 'READ_ONLY_SOURCE' },
  })

  const runs =
    await query(`{ runs(filter: { systems: [SUMMIT] }) { totalCount nodes { system ritualId runId status rawStatus spec viewerCanCancel { allowed reason }
    approvals { nodes { gateId state rawState requester { id } viewerCanDecide { allowed reason } run { runId } } } } } }`)
  t.match(runs['runs'], {
    totalCount: 2,
    nodes: [
      { system: 'SUMMIT', ritualId: 'enrich', runId: runId(2), status: 'UNKNOWN', rawStatus: 'weird' },
      {
        status: 'RUNNING',
        spec: { email: '[REDACTED]' },
        approvals: {
          nodes: [
            {
              state: 'PENDING',
              rawState: 'pending',
              requester: { id: 'dana' },
              viewerCanDecide: { allowed: false, reason: 'READ_ONLY_SOURCE' },
            },
          ],
        },
      },
    ],
  })
  t.match(
    await query('{ approvals(filter: { states: [PENDING] }) { totalCount nodes { system gateId } } }'),
    { approvals: { totalCount: 1, nodes: [{ system: 'SUMMIT', gateId: runId(5) }] } },
    'approvals without a proven run are hidden',
  )
  const start = (name: string) =>
    query('mutation ($input: StartRunInput!) { startRun(input: $input) { __typename } }', { input: { ritualId: 'mine', runId: name } })
  await start('r1')
  await start('r2')
  const seen: string[] = []
  for (let after: string | null = null; ;) {
    const page: { nodes: { runId: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } = (
      await query('query ($after: String) { runs(first: 1, after: $after) { nodes { runId } pageInfo { endCursor hasNextPage } } }', {
        after,
      })
    )['runs'] as never
    seen.push(...page.nodes.map((one) => one.runId))
    if (!page.pageInfo.hasNextPage) break
    after = page.pageInfo.endCursor
  }
  t.same(seen, [runId(2), runId(1), 'r2', 'r1'], 'one list of both systems, page by page')
  const told = (await query('{ sources { name capabilities { name available detail } } }'))['sources'] as unknown as {
    name: string
    capabilities: { name: string; available: boolean; detail: string }[]
  }[]
  const capabilities = told.flatMap((source) => source.capabilities)
  for (const shape of ['A', 'B', 'C', 'D', 'E'])
    t.ok(
      capabilities.some(({ name, available }) => name === `shape ${shape}` && available),
      `shape ${shape} is told`,
    )
  for (const table of ['entities', 'runs', 'approvals'])
    t.match(
      capabilities.find(({ name }) => name === `table ${table}`),
      { available: true, detail: /public: \d+ columns/ },
    )
  t.ok(capabilities.some(({ name }) => name.startsWith('full-text')))
  t.same(told.find(({ name }) => name === 'sql')?.capabilities, [])
  const theirs = viewerOf('sam@example.com', ['admin'], twin)
  t.match(
    await query('{ runs(filter: { systems: [SUMMIT] }) { nodes { runId } } }', {}, theirs),
    { runs: { nodes: [{ runId: runId(3) }] } },
    'a tenant of a colliding name sees only its own',
  )

  await summitSql.run(
    `insert into runs (id, pipeline_name, status, started_at, created_at, updated_at, tenant_id)
      select ('10000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, 'mass', case when i % 3 = 0 then 'failed' else 'completed' end,
        case when i % 5 = 0 then null else timestamptz '2029-01-01' + i / 7 * interval '1 minute' end, timestamptz '2028-01-01' + i * interval '1 second', now(), $1
      from generate_series(1, 1500) i`,
    [acme],
  )
  await summitSql.run(
    `insert into approvals (id, requester_id, status, run_id, created_at)
      select ('20000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, 'dana', 'pending', '10000000-0000-0000-0000-' || lpad(i::text, 12, '0'), timestamptz '2028-01-01' + i / 3 * interval '1 second'
      from generate_series(1, 1200) i`,
  )
  interface Page {
    readonly edges: readonly { readonly cursor: string; readonly node: Record<string, string> }[]
    readonly pageInfo: {
      readonly hasNextPage: boolean
      readonly hasPreviousPage: boolean
      readonly startCursor: string
      readonly endCursor: string
    }
    readonly totalCount: number
  }
  const pages = async (field: string, id: string, backward: boolean): Promise<string[]> => {
    const ids: string[] = []
    for (let cursor: string | null = null; ;) {
      const bounds = backward ? 'last: 100, before: $cursor' : 'first: 100, after: $cursor'
      const text = `query ($cursor: String) { it: ${field.replace('PAGE', bounds)} { edges { cursor node { ${id} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
      const page: Page = (await query(text, { cursor }))['it'] as never
      const found = page.edges.map(({ node }) => node[id] ?? '')
      if (backward) ids.unshift(...found)
      else ids.push(...found)
      if (!(backward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage)) return ids
      cursor = backward ? page.pageInfo.startCursor : page.pageInfo.endCursor
    }
  }
  for (const [field, id, total] of [
    ['runs(PAGE)', 'runId', 1504],
    ['runs(filter: { statuses: [FAILED] }, PAGE)', 'runId', 500],
    ['approvals(filter: { states: [PENDING] }, PAGE)', 'gateId', 1201],
  ] as const) {
    const ids = await pages(field, id, false)
    t.equal(new Set(ids).size, total, `${field}: all are there, past a thousand too`)
    t.equal(ids.length, total, `${field}: each once`)
    t.same(await pages(field, id, true), ids, `${field}: backward it is the same list`)
  }
  const middle = (await query('{ runs(first: 40) { edges { cursor node { runId } } } }'))['runs'] as unknown as Page
  for (const at of [1, 3, 20]) {
    const text = 'query ($before: String) { runs(last: 5, before: $before) { edges { node { runId } } } }'
    const found = (await query(text, { before: middle.edges[at]?.cursor }))['runs'] as unknown as Page
    t.same(
      found.edges.map(({ node }) => node['runId']),
      middle.edges.slice(Math.max(0, at - 5), at).map(({ node }) => node['runId']),
      'a page before any item ends before it, whichever system the item is of',
    )
  }
  t.match(await query('{ runs(filter: { systems: [SUMMIT] }) { totalCount } }'), { runs: { totalCount: 1502 } })
})
