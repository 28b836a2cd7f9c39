import t from 'tap'
import { buildApp } from '../src/app.ts'
import { scopesOf } from '../src/auth/viewer.ts'
import { sampleGraphHistory } from '../src/sample/graph.ts'
import { systemClock } from '../src/time.ts'
import { ask, viewerOf } from './support/control-plane.ts'
import { eventually } from './support/eventually.ts'
import { graphPlanes } from './support/graph-plane.ts'

const viewer = viewerOf('ada@example.com', ['admin'], 'demo')
const scope = { projectId: 'maps', namespace: 'prod', graphId: 'city' }
const odd = `<a> & "b" 'c' ünïcödé \u{1f600}`

t.test('files, pictures, streams and the sample of graphs', async (t) => {
  const [plane] = await graphPlanes(t)
  if (plane === undefined) return
  const query = async (text: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await ask(plane, viewer, text, variables)
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return JSON.parse(JSON.stringify(data)) as Record<string, Record<string, never>>
  }
  const create = `mutation ($input: CreateGraphInput!) { createGraph(input: $input) { __typename ... on GraphAccepted { graph { id } cursor } } }`
  const mutations = [
    { addNode: { nodeId: 'a', labels: ['Stop'], properties: [{ key: 'v', valueText: '1.0' }] } },
    { addNode: { nodeId: odd, labels: ['Stop', 'Hub'] } },
    { addNode: { nodeId: 'far' } },
    { addEdge: { edgeId: 'e1', from: 'a', to: odd, label: 'ROAD & RAIL', properties: [{ key: 'km', value: 2 }] } },
    { addEdge: { edgeId: 'loop', from: 'a', to: 'a' } },
  ]
  const made = (await query(create, { input: { scope, mutations } }))['createGraph'] as unknown as { graph: { id: string }; cursor: string }
  const id = made.graph.id
  const exportText = `query ($id: ID!, $format: GraphFormat!, $node: String, $limit: Int) { graph(id: $id) { export(format: $format, nodeId: $node, depth: 1, limit: $limit) { contentType text nodeCount relationshipCount truncated } } }`
  interface File {
    readonly contentType: string
    readonly text: string
    readonly nodeCount: number
    readonly relationshipCount: number
    readonly truncated: boolean
  }
  const exported = async (format: string, rest: object = {}): Promise<File> =>
    (await query(exportText, { id, format, ...rest }))['graph']?.['export'] as unknown as File

  for (const format of ['JSON', 'GRAPHML']) {
    const file = await exported(format)
    t.match(file, { nodeCount: 3, relationshipCount: 2, truncated: false })
    const target = { ...scope, graphId: `copy-${format.toLowerCase()}` }
    const load = `mutation ($input: ImportGraphInput!) { importGraph(input: $input) { __typename ... on GraphAccepted { graph { id nodeCount relationshipCount node(nodeId: "a") { properties { key valueText } } } } ... on InvalidInput { message path } } }`
    t.match(await query(load, { input: { scope: target, format, text: file.text } }), {
      importGraph: {
        __typename: 'GraphAccepted',
        graph: { nodeCount: 3, relationshipCount: 2, node: { properties: [{ key: 'v', valueText: '1.0' }] } },
      },
    })
    const copy = (await query('query ($scope: GraphScopeInput!) { graph(scope: $scope) { id } }', { scope: target }))['graph']?.['id']
    t.equal(
      ((await query(exportText, { id: copy, format }))['graph']?.['export'] as unknown as File).text,
      file.text,
      `${format}: what was imported is exported alike`,
    )
    t.match(await query(load, { input: { scope: target, format, text: 'nonsense' } }), {
      importGraph: { __typename: 'InvalidInput', path: ['input', 'text'] },
    })
  }
  t.match((await exported('DOT')).text, /^digraph G \{\n {2}"a" \[label="a/)
  t.match(await exported('JSON', { node: 'a' }), { nodeCount: 2 }, 'what lies around a node')
  t.match(await exported('JSON', { limit: 1 }), { nodeCount: 1, truncated: true })
  const picture = await exported('SVG')
  t.equal((await exported('SVG')).text, picture.text, 'the same graph gives the same picture')
  t.notMatch(picture.text, '<a> &', 'ids are text in a picture')

  const app = await buildApp({ ...plane, clock: systemClock })
  t.teardown(() => app.close())
  const get = (url: string) => app.inject({ url, headers: { 'x-tenant-id': 'demo' } })
  const svg = await get(`/graphs/${id}.svg`)
  t.match(svg, { statusCode: 200, headers: { 'content-type': /image\/svg\+xml/, 'content-security-policy': /sandbox/ } })
  t.equal(svg.body, picture.text)
  t.equal((await get(`/graphs/${id}.json?node=a&depth=1`)).statusCode, 200)
  t.equal((await get('/graphs/nonsense.svg')).statusCode, 400)
  t.equal((await get(`/graphs/${id}.png`)).statusCode, 404)
  t.equal(
    (await app.inject({ url: `/graphs/${id}.svg`, headers: { 'x-tenant-id': 'other' } })).statusCode,
    404,
    "another tenant's graph does not exist",
  )
  t.match((await get('/graph')).body, '/graph.js')
  t.match((await get('/graph.js')).headers, { 'content-type': /javascript/ })

  const history = sampleGraphHistory(systemClock.now())
  for (const { subject, payload } of history) await plane.stores.log.append(subject, Buffer.from(JSON.stringify(payload)))
  const services = `{ graph(scope: { projectId: "platform", namespace: "prod", graphId: "services" }) { historyTruncated tags { totalCount } commits(first: 100) { totalCount nodes { verified warnings } }
    path(from: "edge-gateway", to: "payments") { length } } }`
  await eventually(
    async () =>
      ((await query(services))['graph']?.['commits'] as unknown as { totalCount: number } | undefined)?.totalCount ===
      history.filter(({ payload }) => payload['commitId'] !== undefined && payload['tag'] === undefined).length,
    { withinMs: 30_000 },
  )
  const sample = (await query(services))['graph'] as unknown as {
    commits: { nodes: { verified: boolean; warnings: string[] }[] }
    path: { length: number }
  }
  t.ok(
    sample.commits.nodes.every(({ verified, warnings }) => verified && warnings.length === 0),
    "the sample's commits are as Demon writes them",
  )
  t.equal(sample.path.length, 3)

  const stop = new AbortController()
  const ctx = { ...plane, scope: { tenantId: 'demo', signal: stop.signal }, viewer: { ...viewer, scopes: scopesOf(['admin']) } }
  const { graphCommits, neighbourhoodChanges } = await import('../src/subscriptions/graph.ts')
  const key = { source: 'ORRERY', ...scope } as const
  const start = { scope: { tenantId: 'demo', field: 'graphCommitted', filterHash: '' }, after: null }
  const commits = graphCommits(ctx as never, { graph: key, start, strict: false })
  const around = neighbourhoodChanges(ctx as never, { graph: key, nodeId: 'a', depth: 1, start, strict: false })
  const valueOf = async (stream: AsyncIterator<{ value: unknown }>, wanted: string): Promise<Record<string, never>> => {
    for (let step = await stream.next(); step.done !== true; step = await stream.next()) {
      const value = step.value.value as { __typename?: string } | null
      if (value?.__typename === wanted) return value as Record<string, never>
    }
    throw new Error('the stream ended')
  }
  const heard = [valueOf(commits, 'GraphCommitItem'), valueOf(around, 'GraphChangeItem')] as const
  await eventually(() => plane.live.stats().consumers === 1)
  const write = (input: object[]) =>
    query('mutation ($input: CommitGraphInput!) { commitGraph(input: $input) { __typename } }', { input: { graph: id, mutations: input } })
  await write([{ addNode: { nodeId: 'elsewhere' } }])
  await write([{ updateNode: { nodeId: odd, labels: ['Changed'] } }])
  t.match(await heard[0], { commit: { mutationCount: 1 }, graph: { graphId: 'city' } })
  t.match(
    await heard[1],
    { diff: { added: [], changed: [{ after: { nodeId: odd, labels: ['Changed'] } }] } },
    'only what changes around the node is told',
  )
  stop.abort()
})
