import fc from 'fast-check'
import t from 'tap'
import { buildApp } from '../src/app.ts'
import { scopesOf } from '../src/auth/viewer.ts'
import { readGraphFile } from '../src/graph-files/read.ts'
import { writeGraph } from '../src/graph-files/formats.ts'
import { propertiesText } from '../src/datasources/graph/mutations.ts'
import { sampleGraphHistory } from '../src/sample/graph.ts'
import { systemClock } from '../src/time.ts'
import { ask, viewerOf } from './support/control-plane.ts'
import { eventually } from './support/eventually.ts'
import { graphPlanes } from './support/graph-plane.ts'

const viewer = viewerOf('ada@example.com', ['admin'], 'demo')
const scope = { projectId: 'maps', namespace: 'prod', graphId: 'city' }
const odd = `<a> & "b" 'c' ünïcödé \u{1f600}`

const place = { graph: {} as never, position: 1 }
const hostile = fc.constantFrom(
  ...[
    '<',
    '>',
    '&',
    '"',
    "'",
    '\\',
    ']]>',
    '<!--',
    '&#0;',
    '#json:',
    '\n',
    '\r',
    '\t',
    ' ',
    '\u2028',
    '\u202e',
    '\ufffe',
    '\uffff',
    '\u0001',
    '\u0000',
  ],
  ...['<script>alert(1)</script>', '" onload="alert(1)', '\u{1f600}', '</node>', '</data>', '%', '\u001b', '\\n'],
)
const text = fc.array(hostile, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
const properties = fc.array(fc.record({ key: text, value: text.map((value) => JSON.stringify(value)) }), { maxLength: 2 })

/** A graph of which every text is hostile; the last two ids are ends that are no nodes. */
const subgraph = fc
  .record({
    ids: fc.uniqueArray(text, { minLength: 4, maxLength: 8 }),
    edges: fc.array(fc.record({ from: fc.nat(), to: fc.nat(), type: fc.option(text), properties }), { maxLength: 8 }),
    labels: fc.array(text, { maxLength: 2 }),
    properties,
  })
  .map(({ ids, edges, labels, properties: own }) => {
    const [nodes, ends] = [ids.slice(0, -2), ids.slice(-2)]
    const origins = [] as const
    return {
      ends: ends.filter((_end, at) => edges.some(({ from, to }) => [from, to].some((end) => end % ids.length === nodes.length + at))),
      truncated: false,
      nodes: nodes.map((nodeId) => ({
        ...{ place, ref: 0, key: nodeId, nodeId, labels, propertiesText: propertiesText(own), dangling: false, origins, warnings: [] },
      })),
      relationships: edges.map((edge, at) => {
        const [fromId = '', toId = ''] = [ids[edge.from % ids.length], ids[edge.to % ids.length]]
        return {
          ...{ place, ref: 0, key: `${at}`, relationshipId: `${ids[0]}${at}`, type: edge.type, fromId, toId, confidence: null, origins },
          ...{ propertiesText: propertiesText(edge.properties), from: { ref: 0, key: fromId }, to: { ref: 0, key: toId } },
        }
      }),
    }
  })

t.test('a file of any ids, labels, types and properties is read as it was written, and a picture of it runs nothing', (t) => {
  fc.assert(
    fc.property(subgraph, (graph) => {
      const expected = [
        ...graph.nodes.map(({ nodeId, labels, propertiesText: own }) => ['add-node', nodeId, labels, own]),
        ...graph.relationships.map((one) => ['add-edge', one.relationshipId, one.fromId, one.toId, one.type, one.propertiesText]),
      ]
      for (const format of ['JSON', 'GRAPHML'] as const) {
        const read = readGraphFile(format, writeGraph(format, graph)).map((one) => {
          if (one.op === 'add-node') return [one.op, one.nodeId, one.labels, propertiesText(one.properties)]
          return one.op === 'add-edge' ? [one.op, one.edgeId, one.from, one.to, one.label, propertiesText(one.properties)] : []
        })
        t.same(read, expected, format)
      }
      const xmlFiles = [writeGraph('GRAPHML', graph), writeGraph('SVG', graph)]
      for (const file of xmlFiles) t.notMatch(file, /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u, 'all of it is XML')
      const tags = [...(xmlFiles[1] ?? '').matchAll(/<(\w+)([^>]*)>/g)]
      t.ok(
        tags.every(
          ([, name = '', rest = '']) => /^(?:svg|defs|marker|path|rect|g|circle|line|text|title)$/.test(name) && !/\son\w+=/.test(rest),
        ),
        'shapes and text only',
      )
      // Quoted strings of DOT, and nothing but the few words of the format between them.
      const dot = writeGraph('DOT', graph)
      t.match(
        dot.replace(/"(?:[^"\\]|\\[^])*"/g, 'S'),
        /^digraph G \{\n(?: {2}S \[label=S\];\n| {2}S \[style=dashed\];\n| {2}S -> S(?: \[label=S\])?;\n)*\}\n$/,
      )
      if (!t.passing()) throw new Error('differs')
    }),
    { numRuns: 200 },
  )
  t.end()
})

t.test('a file that begins everything and ends nothing is refused at once', { timeout: 60_000 }, (t) => {
  const many = 250_000
  const files = [
    ...['<node ', '<node>', '<key ', '<!--', '<![CDATA[', '<?', '&', '<data key="a">', '<node id="', '</'].map((part) =>
      part.repeat(many / part.length),
    ),
    ...[
      `<node ${'a'.repeat(many)}></node>`,
      `<node ${'a '.repeat(many / 2)}></node>`,
      `<node id="x" ${' '.repeat(many)}`,
      '<!DOCTYPE graphml []>',
    ],
  ]
  for (const file of files) {
    const refused = () => readGraphFile('GRAPHML', `<graphml>${file}`)
    t.throws(refused, { code: 'BAD_USER_INPUT' }, file.slice(0, 12))
  }
  t.same(
    readGraphFile(
      'GRAPHML',
      '<g:graphml xmlns:g="x"><!-- <node id="no"/> --><g:node id="a"><g:data key="k"><![CDATA[<b>]]></g:data></g:node></g:graphml>',
    ),
    [{ op: 'add-node', nodeId: 'a', labels: [], properties: [{ key: 'k', value: '"<b>"' }] }],
  )
  t.end()
})

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
    { addEdge: { edgeId: 'loose', from: 'a', to: 'ghost' } },
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
    t.match(file, { nodeCount: 3, relationshipCount: 3, truncated: false }, 'with what hangs on ends that are no nodes')
    const target = { ...scope, graphId: `copy-${format.toLowerCase()}` }
    const load = `mutation ($input: ImportGraphInput!) { importGraph(input: $input) { __typename ... on GraphAccepted { graph { id nodeCount relationshipCount node(nodeId: "a") { properties { key valueText } } } } ... on InvalidInput { message path } } }`
    t.match(await query(load, { input: { scope: target, format, text: file.text } }), {
      importGraph: {
        __typename: 'GraphAccepted',
        graph: { nodeCount: 3, relationshipCount: 3, node: { properties: [{ key: 'v', valueText: '1.0' }] } },
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
  t.match(await exported('JSON', { node: 'a' }), { nodeCount: 2, relationshipCount: 3 }, 'what lies around a node')
  t.match(await exported('JSON', { node: odd }), { nodeCount: 2, relationshipCount: 3 }, 'relationships of all that is shown')
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
  const large = valueOf(around, 'GraphChangeItem')
  const others = Array.from({ length: 1_500 }, (_, at) => ({ addNode: { nodeId: `other${at}` } }))
  await write([...others, { addNode: { nodeId: 'late' } }, { addEdge: { edgeId: 'late', from: 'late', to: 'a' } }])
  const told = (await large)['diff'] as unknown as { added: unknown[]; addedRelationships: unknown[]; truncated: boolean }
  t.match(
    told,
    { added: [{ nodeId: 'late' }], addedRelationships: [{ relationshipId: 'late' }], truncated: false },
    'and all of it, however much else the commit changes',
  )
  t.same([told.added.length, told.addedRelationships.length], [1, 1])
  stop.abort()
})
