import t, { type Test } from 'tap'
import { commitIdOf, readMutation } from '../src/datasources/graph/mutations.ts'
import { parseLexemeJson, isMap } from '../src/datasources/graph/lexeme-json.ts'
import { type EventLog } from '../src/datasources/log/log.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { systemClock } from '../src/time.ts'
import { ask, openControlPlane, viewerOf } from './support/control-plane.ts'
import { eventually } from './support/eventually.ts'
import { type GraphPlane, graphPlanes } from './support/graph-plane.ts'

const ada = viewerOf('ada@example.com')
const mallory = viewerOf('mallory@example.com', ['admin'], 'other')

const scopeOf = (graphId: string) => ({ projectId: 'maps', namespace: 'prod', graphId })
const node = (nodeId: string, labels: string[] = [], properties: Record<string, unknown> = {}) => ({
  addNode: { nodeId, labels, properties: Object.entries(properties).map(([key, value]) => ({ key, value })) },
})
const edge = (edgeId: string, from: string, to: string, label: string | null = null) => ({ addEdge: { edgeId, from, to, label } })

const accepted = `... on GraphAccepted { projected cursor clientMutationId graph { id graphId head { commitId } nodeCount relationshipCount }
  commit { id commitId parents position verified warnings mutationCount tags } tag { tag commitId }
  diff { added { nodeId } removed { nodeId } changed { before { labels } after { labels } } addedRelationships { relationshipId } removedRelationships { relationshipId } truncated } }
  ... on GraphHeadMoved { code message retryable head { commitId position } }
  ... on InvalidInput { code message path } ... on NotFound { code message path } ... on NotAllowed { code reason } ... on Unavailable { code message }`

const createText = `mutation ($input: CreateGraphInput!) { result: createGraph(input: $input) { __typename ${accepted} } }`
const commitText = `mutation ($input: CommitGraphInput!) { result: commitGraph(input: $input) { __typename ${accepted} } }`
const setTagText = `mutation ($input: SetGraphTagInput!) { result: setGraphTag(input: $input) { __typename ${accepted} } }`
const deleteTagText = `mutation ($input: DeleteGraphTagInput!) { result: deleteGraphTag(input: $input) { __typename ${accepted} } }`

interface Result {
  readonly [field: string]: unknown
  readonly __typename: string
  readonly graph: { readonly id: string; readonly head: { readonly commitId: string } }
  readonly commit: { readonly commitId: string; readonly position: string; readonly parents: string[] }
  readonly head: { readonly commitId: string }
}

async function run(plane: GraphPlane, text: string, input: object, viewer = ada): Promise<Result> {
  const { data, errors } = await ask(plane, viewer, text, { input })
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data?.['result'] as unknown as Result
}

async function query(plane: GraphPlane, text: string, variables: Record<string, unknown> = {}, viewer = ada) {
  const { data, errors } = await ask(plane, viewer, text, variables)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return JSON.parse(JSON.stringify(data)) as Record<string, Record<string, unknown>>
}

const create = (plane: GraphPlane, graphId: string, mutations: object[]) => run(plane, createText, { scope: scopeOf(graphId), mutations })

async function writes(t: Test, plane: GraphPlane) {
  const seed = [node('a', ['Stop'], { name: 'A', lines: 4 }), node('b', ['Stop', 'Hub']), edge('e1', 'a', 'b', 'ROAD')]
  const first = await create(plane, 'city', seed)
  t.equal(first.__typename, 'GraphAccepted')
  t.match(first, {
    projected: true,
    graph: { graphId: 'city', nodeCount: 2, relationshipCount: 1 },
    commit: { parents: [], position: '1', verified: true, warnings: [], mutationCount: 3 },
    diff: { added: [{ nodeId: 'a' }, { nodeId: 'b' }], addedRelationships: [{ relationshipId: 'e1' }] },
  })
  const again = await create(plane, 'city', seed)
  t.match(again, { __typename: 'GraphAccepted', commit: { commitId: first.commit.commitId } }, 'a repeat of the same creation is accepted')
  t.match(await create(plane, 'city', [node('z')]), {
    __typename: 'GraphHeadMoved',
    code: 'CONFLICT',
    head: { commitId: first.commit.commitId },
  })

  const stored = (await plane.stores.log.lastOnSubject('graph', 'demon.graph.v1.acme.maps.prod.commit')) ?? t.fail('nothing was written')
  if (typeof stored !== 'object' || !('payload' in stored)) return first
  const payload = Buffer.from(stored.payload).toString()
  const fields = parseLexemeJson(payload)
  const list = isMap(fields) ? fields.get('mutations') : []
  const id = commitIdOf({ tenantId: 'acme', ...scopeOf('city') }, null, (Array.isArray(list) ? list : []).map(readMutation))
  t.equal(id, first.commit.commitId, 'the id is the one that Demon computes from what the log holds')
  t.equal(stored.messageId, `acme:maps:prod:${id}`)
  t.match(JSON.parse(payload), { event: 'graph.commit.created:v1', tenantId: 'acme', ...scopeOf('city'), ts: /\.\d{9}\+00:00$/ })
  t.notMatch(payload, 'parentCommitId', 'a first commit names no parent')
  return first
}

async function commits(t: Test, plane: GraphPlane, graph: string, head: string) {
  const dry = await run(plane, commitText, { graph, dryRun: true, mutations: [{ removeNode: 'b' }, node('c')] })
  t.match(dry, {
    commit: null,
    diff: { added: [{ nodeId: 'c' }], removed: [{ nodeId: 'b' }], removedRelationships: [{ relationshipId: 'e1' }] },
  })
  t.equal(dry.graph.head.commitId, head, 'a dry run writes nothing')

  const rivals = ['c', 'd'].map((id) =>
    run(plane, commitText, { graph, expectedHead: head, mutations: [node(id, ['Stop'])], clientMutationId: id }),
  )
  const outcomes = await Promise.all(rivals)
  const winner = outcomes.find(({ __typename }) => __typename === 'GraphAccepted')
  const loser = outcomes.find(({ __typename }) => __typename === 'GraphHeadMoved')
  t.ok(winner !== undefined && loser !== undefined, 'of two writers on one head exactly one wins')
  t.equal(loser?.head.commitId, winner?.commit.commitId, 'the other learns the new head')
  t.same(winner?.commit.parents, [head])

  const keyed = { graph, mutations: [node('k')], idempotencyKey: 'key-1' }
  const one = await run(plane, commitText, keyed)
  const two = await run(plane, commitText, keyed)
  t.equal(two.commit.commitId, one.commit.commitId, 'a repeat with the same key gives the first answer')
  t.equal(
    (await query(plane, 'query ($id: ID!) { graph(id: $id) { head { position } } }', { id: graph }))['graph']?.['head'] !== undefined,
    true,
  )
  t.match(await run(plane, commitText, { graph, parent: 'nobody', mutations: [node('x')] }), {
    __typename: 'InvalidInput',
    path: ['input', 'parent'],
  })
  t.match(await run(plane, commitText, { graph, mutations: [] }), { __typename: 'InvalidInput', path: ['input', 'mutations'] })
  t.match(await run(plane, commitText, { scope: scopeOf('nowhere'), mutations: [node('x')] }), {
    __typename: 'NotFound',
    path: ['input', 'scope'],
  })
  t.match(await run(plane, commitText, { scope: { ...scopeOf('city'), projectId: 'a.b' }, mutations: [node('x')] }), {
    __typename: 'InvalidInput',
    path: ['input', 'scope', 'projectId'],
  })
  t.match(
    await run(plane, commitText, { graph, mutations: [node('x')] }, mallory),
    { __typename: 'NotFound' },
    "another tenant's graph does not exist",
  )
  const huge = await run(plane, commitText, { graph, mutations: [node('big', [], { text: 'x'.repeat(1_100_000) })] })
  t.equal(huge.__typename, 'InvalidInput', 'a value that the log cannot hold is refused with a code')
  const mass = await run(plane, commitText, {
    graph,
    mutations: Array.from({ length: 10_000 }, (_, index) => ({ removeNode: `gone-${index}` })),
  })
  t.equal(mass.__typename, 'GraphAccepted', 'ten thousand changes in one commit')
  t.match(await run(plane, commitText, { graph, mutations: Array.from({ length: 10_001 }, () => ({ removeNode: 'x' })) }), {
    __typename: 'InvalidInput',
  })
  const numbers = await run(plane, commitText, {
    graph,
    mutations: [{ addNode: { nodeId: 'n', properties: [{ key: 'v', valueText: '[1.0, 12345678901234567890, 1e21]' }] } }],
  })
  const shown = await query(plane, 'query ($id: ID!) { graph(id: $id) { node(nodeId: "n") { properties { key valueText } } } }', {
    id: graph,
  })
  t.match(
    shown,
    { graph: { node: { properties: [{ key: 'v', valueText: '[1.0,12345678901234567890,1e21]' }] } } },
    'numbers keep their spelling',
  )
  t.equal(numbers.__typename, 'GraphAccepted')
}

async function tags(t: Test, plane: GraphPlane, graph: string) {
  const text = `query ($id: ID!) { graph(id: $id) { head { commitId tags } commits(last: 1) { nodes { commitId } } tags(first: 10) { nodes { tag commitId updatedAt commit { commitId } } } } }`
  const before = (await query(plane, text, { id: graph }))['graph'] as {
    head: { commitId: string }
    commits: { nodes: { commitId: string }[] }
  }
  const oldest = before.commits.nodes[0]?.commitId ?? ''
  t.match(await run(plane, setTagText, { graph, tag: 'v1.0.0', commit: oldest }), {
    __typename: 'GraphAccepted',
    tag: { tag: 'v1.0.0', commitId: oldest },
    commit: null,
  })
  t.match(await run(plane, setTagText, { graph, tag: 'latest', commit: oldest }), { __typename: 'GraphAccepted' })
  t.match(
    await run(plane, setTagText, { graph, tag: 'latest', commit: before.head.commitId }),
    { tag: { commitId: before.head.commitId } },
    'the last one wins',
  )
  t.match(await run(plane, setTagText, { graph, tag: 'v2', commit: 'nobody' }), { __typename: 'NotFound', path: ['input', 'commit'] })
  t.match(await run(plane, setTagText, { graph, tag: 'no spaces', commit: oldest }), { __typename: 'InvalidInput', path: ['input', 'tag'] })
  const listed = await query(plane, text, { id: graph })
  t.match(listed, {
    graph: {
      head: { tags: ['latest'] },
      tags: {
        nodes: [
          { tag: 'latest', commit: { commitId: before.head.commitId } },
          { tag: 'v1.0.0', commitId: oldest },
        ],
      },
    },
  })
  const at = await query(plane, 'query ($id: ID!) { graph(id: $id) { tagged: nodeCount(ref: { tag: "v1.0.0" }) } }', { id: graph })
  t.match(at, { graph: { tagged: 2 } })
  t.match(await run(plane, deleteTagText, { graph, tag: 'v1.0.0' }), { __typename: 'GraphAccepted', tag: null })
  t.match(await run(plane, deleteTagText, { graph, tag: 'v1.0.0' }), { __typename: 'NotFound', path: ['input', 'tag'] })
  t.equal(((await query(plane, text, { id: graph }))['graph'] as { tags: { nodes: unknown[] } }).tags.nodes.length, 1)
  if (plane.tags === null) return
  // a writer that died between bucket and event
  await plane.tags.set({ tenantId: 'acme' }, scopeOf('city'), 'orphan', oldest)
  const found = (await query(plane, text, { id: graph }))['graph'] as { tags: { nodes: { tag: string }[] } }
  t.ok(
    found.tags.nodes.some(({ tag }) => tag === 'orphan'),
    'the bucket is the truth about tags',
  )
  t.equal(await plane.dataSources.graphCommands.repairTags(0), 1, 'its event is written afterwards')
  await eventually(async () => (await plane.dataSources.graphCommands.repairTags(0)) === 0)
}

async function reads(t: Test, plane: GraphPlane) {
  const made = await create(plane, 'net', [
    ...['a', 'b', 'c', 'd', 'x'].map((id) => node(id, id === 'x' ? ['Island'] : ['Stop'], { rank: id.charCodeAt(0), runId: 'run-7' })),
    ...[
      edge('ab', 'a', 'b', 'ROAD'),
      edge('bc', 'b', 'c', 'PATH'),
      edge('cd', 'c', 'd', 'ROAD'),
      edge('loop', 'a', 'a'),
      edge('dangling', 'a', 'ghost'),
    ],
  ])
  const graph = made.graph.id
  const second = await run(plane, commitText, {
    graph,
    mutations: [{ removeNode: 'b' }, { updateNode: { nodeId: 'c', labels: ['Hub'] } }, edge('ac', 'a', 'c', 'ROAD')],
  })
  const text = `query ($id: ID!, $ref: GraphRef) { graph(id: $id) {
    nodeCount(ref: $ref) relationshipCount(ref: $ref)
    node(nodeId: "a", ref: $ref) { nodeId labels dangling graph { graphId } properties { key value valueText } origins { system shape }
      near: neighbours(depth: 2) { nodes { distance node { nodeId } } truncated pageInfo { hasNextPage endCursor } }
      out: neighbours(depth: 3, direction: OUT, types: ["ROAD"]) { nodes { distance node { nodeId } } }
      hubs: neighbours(depth: 3, labels: ["Hub"]) { nodes { node { nodeId } } }
      ranked: neighbours(depth: 3, where: [{ key: "rank", in: [99, 100] }]) { nodes { node { nodeId } } }
      relationships(first: 10) { nodes { relationshipId type from { nodeId dangling } to { nodeId dangling } } } reach { nodes depth truncated } }
    path(from: "a", to: "d", ref: $ref) { length truncated nodes { nodeId } relationships { relationshipId } }
    none: path(from: "a", to: "x", ref: $ref) { length } exists: pathExists(from: "a", to: "d", ref: $ref) not: pathExists(from: "a", to: "x", ref: $ref)
    short: path(from: "a", to: "d", ref: $ref, maxDepth: 1) { length } road: path(from: "a", to: "d", ref: $ref, types: ["ROAD"]) { length }
    nodes(ref: $ref, first: 2, where: [{ key: "rank", exists: true }]) { totalCount nodes { nodeId } pageInfo { hasNextPage } }
    found: nodes(ref: $ref, search: "hub") { nodes { nodeId } } } }`
  const first = (await query(plane, text, { id: graph, ref: { commit: made.commit.commitId } }))['graph']
  const distances = (list: unknown) =>
    (list as { nodes: { distance: number; node: { nodeId: string } }[] }).nodes.map(({ distance, node: one }) => `${one.nodeId}${distance}`)
  t.match(first, {
    nodeCount: 5,
    relationshipCount: 5,
    path: { length: 3, truncated: false, nodes: ['a', 'b', 'c', 'd'].map((nodeId) => ({ nodeId })) },
    ...{ none: null, exists: true, not: false, short: null, road: null },
    nodes: { totalCount: 5, nodes: [{ nodeId: 'a' }, { nodeId: 'b' }], pageInfo: { hasNextPage: true } },
    node: {
      labels: ['Stop'],
      dangling: false,
      graph: { graphId: 'net' },
      properties: [{ key: 'rank', value: 97, valueText: '97' }, { key: 'runId' }],
    },
  })
  const a = first?.['node'] as Record<string, unknown>
  t.same(distances(a['near']), ['b1', 'c2'], 'nearest first; what is only an end of relationships is walked through and not shown')
  t.same(distances(a['out']), ['b1'])
  t.match(a['reach'], { nodes: 3, depth: 3, truncated: false })
  t.match(a['ranked'], { nodes: [{ node: { nodeId: 'c' } }, { node: { nodeId: 'd' } }] })
  const ends = (a['relationships'] as { nodes: { relationshipId: string; to: { nodeId: string; dangling: boolean } }[] }).nodes
  t.match(
    ends.find(({ relationshipId }) => relationshipId === 'dangling'),
    { to: { nodeId: 'ghost', dangling: true } },
  )
  const head = (await query(plane, text, { id: graph }))['graph']
  t.match(head, {
    nodeCount: 4,
    path: { length: 2, nodes: [{ nodeId: 'a' }, { nodeId: 'c' }, { nodeId: 'd' }] },
    road: { length: 2 },
    found: { nodes: [{ nodeId: 'c' }] },
  })
  t.match((head?.['node'] as Record<string, unknown>)['hubs'], { nodes: [{ node: { nodeId: 'c' } }] })

  const commitTimes = await query(
    plane,
    'query ($id: ID!) { graph(id: $id) { commits { nodes { commitId at position parents mutations { nodes { op nodeId edgeId label raw } } } } } }',
    { id: graph },
  )
  const list = (commitTimes['graph'] as { commits: { nodes: { at: string; commitId: string; mutations: { nodes: { op: string }[] } }[] } })
    .commits.nodes
  t.same(
    list.map(({ commitId }) => commitId),
    [second.commit.commitId, made.commit.commitId],
    'newest first',
  )
  t.match(list[0]?.mutations.nodes, [
    { op: 'remove-node', nodeId: 'b' },
    { op: 'update-node' },
    { op: 'add-edge', edgeId: 'ac', label: 'ROAD' },
  ])
  t.match(await query(plane, text, { id: graph, ref: { at: list[1]?.at } }), { graph: { nodeCount: 5 } }, 'at a moment')
  t.match(
    await query(plane, text, { id: graph, ref: { at: '2001-01-01T00:00:00Z' } }),
    { graph: { nodeCount: 0, node: null } },
    'before the first commit there is nothing',
  )
  t.match(await ask(plane, ada, text, { id: graph, ref: { commit: 'nobody' } }), { errors: [{ message: 'The graph has no such commit.' }] })
  t.match(await ask(plane, ada, text, { id: graph, ref: { commit: 'a', tag: 'b' } }), { errors: [{ message: /not several/ }] })

  const diff = await query(
    plane,
    `query ($id: ID!, $from: GraphRef!, $to: GraphRef!) { graph(id: $id) { diff(from: $from, to: $to) {
      added { nodeId } removed { nodeId } changed { before { nodeId labels } after { labels } } addedRelationships { relationshipId } removedRelationships { relationshipId } truncated }
      history(nodeId: "c") { nodes { node { labels } from { commitId } to { commitId } } } historyTruncated } }`,
    { id: graph, from: { commit: made.commit.commitId }, to: {} },
  )
  t.match(diff['graph'], {
    diff: {
      added: [],
      removed: [{ nodeId: 'b' }],
      changed: [{ before: { nodeId: 'c', labels: ['Stop'] }, after: { labels: ['Hub'] } }],
      addedRelationships: [{ relationshipId: 'ac' }],
      truncated: false,
    },
    history: {
      nodes: [
        { node: { labels: ['Hub'] }, from: { commitId: second.commit.commitId }, to: null },
        { node: { labels: ['Stop'] }, to: { commitId: second.commit.commitId } },
      ],
    },
    historyTruncated: false,
  })
  t.same(((diff['graph']?.['diff'] as Record<string, unknown>)['removedRelationships'] as unknown[]).length, 2)

  const ids = await query(
    plane,
    'query ($id: ID!) { graph(id: $id) { head { id } node(nodeId: "a") { id } relationships(first: 1) { nodes { id } } } }',
    { id: graph },
  )
  const found = ids['graph'] as { head: { id: string }; node: { id: string }; relationships: { nodes: { id: string }[] } }
  const byId = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'
  const wanted = [graph, found.head.id, found.node.id, found.relationships.nodes[0]?.id ?? '']
  t.same(
    (await query(plane, byId, { ids: wanted }))['nodes'],
    ['Graph', 'GraphCommit', 'GraphNode', 'GraphRelationship'].map((__typename, at) => ({ __typename, id: wanted[at] })),
  )
  t.same((await query(plane, byId, { ids: wanted }, mallory))['nodes'], [null, null, null, null], "another tenant's ids name nothing")
  t.match(await query(plane, '{ graphs { totalCount nodes { graphId } } }', {}, mallory), { graphs: { totalCount: 0, nodes: [] } })

  const hostile = `'; drop table graphs; -- \` ) DETACH DELETE n //`
  const odd = await query(
    plane,
    `query ($id: ID!, $x: [String!]!, $s: String!, $j: JSON) { graph(id: $id) { nodes(labels: $x, search: $s) { nodes { nodeId } } relationships(types: $x) { nodes { id } }
      path(from: "a", to: "d", types: $x, labels: $x) { length } filtered: nodes(where: [{ key: $s, equals: $j }]) { nodes { nodeId } } } }`,
    { id: graph, x: [hostile], s: hostile, j: hostile },
  )
  t.match(
    odd['graph'],
    { nodes: { nodes: [] }, relationships: { nodes: [] }, path: null, filtered: { nodes: [] } },
    'text in labels, types and keys is only text',
  )
  t.match(
    await query(
      plane,
      `query ($id: ID!) { graph(id: $id) { none: nodes(where: [{ key: "rank", in: [] }]) { totalCount }
        some: nodes(where: [{ key: "rank", exists: true, in: [97, "x", { a: [null] }] }]) { totalCount } } }`,
      { id: graph },
    ),
    { graph: { none: { totalCount: 0 }, some: { totalCount: 1 } } },
  )
  const many = Array.from({ length: 101 }, (_, index) => `label ${index}`)
  const compared: [string, string, unknown][] = [
    ['String', 'search: $what', 'x'.repeat(501)],
    ['[String!]', 'labels: $what', many],
    ['[JSON!]', 'where: [{ key: "rank", in: $what }]', many],
  ]
  for (const [type, filter, what] of compared) {
    const text = `query ($id: ID!, $what: ${type}) { graph(id: $id) { nodes(${filter}) { totalCount } } }`
    const { errors } = await ask(plane, ada, text, { id: graph, what })
    t.match(errors, [{ originalError: { code: 'BAD_USER_INPUT' } }], `${filter}: every row is compared with it`)
  }
  for (const walk of [
    'path(from: "a", to: "d", labels: $what) { length }',
    'node(nodeId: "a") { neighbours(labels: $what) { nodes { distance } } }',
  ]) {
    const { errors } = await ask(plane, ada, `query ($id: ID!, $what: [String!]) { graph(id: $id) { ${walk} } }`, { id: graph, what: many })
    t.match(errors, [{ originalError: { code: 'BAD_USER_INPUT' } }], `${walk}: every node on the way is compared with it`)
  }
  await run(plane, `mutation ($input: StartRunInput!) { result: startRun(input: $input) { __typename } }`, {
    ritualId: 'rollout',
    runId: 'run-7',
  })
  await eventually(async () => {
    const runs = await query(plane, '{ run(key: { ritualId: "rollout", runId: "run-7" }) { graphNodes { totalCount nodes { nodeId } } } }')
    return JSON.stringify(runs).includes('"totalCount":3')
  })
}

t.test('graphs, from mutations to reads', async (t) => {
  for (const plane of await graphPlanes(t)) {
    t.test(plane.name, async (t) => {
      let city: Result | undefined
      await t.test('commits are written as Demon writes them', async (t) => void (city = await writes(t, plane)))
      if (city === undefined) return
      const { graph, commit } = city
      await t.test('who commits on a head that has moved is told so', (t) => commits(t, plane, graph.id, commit.commitId))
      await t.test('tags: bucket first, then the event', (t) => tags(t, plane, graph.id))
      await t.test('a graph reads the same at head, at a commit and at a time', (t) => reads(t, plane))
    })
  }
})

t.test('a request whose answer was lost counts once, whatever was committed since', async (t) => {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  const stored = openSqlLog({ sql, clock: systemClock, pollMs: 50 })
  t.teardown(() => stored.close())
  /** Writes, and is gone before it can say so. */
  const line = { isLossy: false, isCut: false }
  const log: EventLog = {
    ...stored,
    async append(...given) {
      const ack = await stored.append(...given)
      if (!line.isLossy) return ack
      Object.assign(line, { isLossy: false, isCut: true })
      throw sourceUnavailable('log')
    },
    state: (stream) => (line.isCut && stream === 'graph' ? Promise.reject(sourceUnavailable('log')) : stored.state(stream)),
  }
  const plane: GraphPlane = {
    ...{ name: 'embedded', tags: null, nats: null },
    ...(await openControlPlane(t, { sql, log }, { PROJECTION_WAIT_MS: '20000' })),
  }
  plane.projector.start()
  const made = await create(plane, 'city', [node('a')])
  const graph = made.graph.id
  const importText = `mutation ($input: ImportGraphInput!) { result: importGraph(input: $input) { __typename ${accepted} } }`
  // Several commits, of which the first is the one that is lost.
  const nodes = Array.from({ length: 5_100 }, (_, at) => ({ nodeId: `n${at}` }))
  const requests = [
    { text: commitText, input: { graph, mutations: [node('b')], idempotencyKey: 'commit' }, commits: 1 },
    {
      text: importText,
      input: { scope: scopeOf('city'), format: 'JSON', text: JSON.stringify({ nodes }), idempotencyKey: 'import' },
      commits: 2,
    },
  ]
  let position = 1
  for (const { text, input, commits: own } of requests) {
    line.isLossy = true
    t.match(await run(plane, text, input), { __typename: 'Unavailable' }, 'nobody knows whether it was written')
    line.isCut = false
    await run(plane, commitText, { graph, mutations: [node(`between ${position}`)] })
    position += 1 + own
    t.match(await run(plane, text, input), { __typename: 'GraphAccepted' })
    t.match(await run(plane, text, input), { __typename: 'GraphAccepted' }, 'and again')
    const text2 = 'query ($id: ID!) { graph(id: $id) { head { position } } }'
    t.match(await query(plane, text2, { id: graph }), { graph: { head: { position: String(position) } } }, 'it is there once')
  }
})
