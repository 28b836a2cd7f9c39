import fc from 'fast-check'
import t, { type Test } from 'tap'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Graph, type GraphPlace } from '../src/datasources/graph/graph.ts'
import { parseLexemeJson, canonicalNumber, isList, isMap, type LexemeJson, lexemeJsonOf } from '../src/datasources/graph/lexeme-json.ts'
import { commitIdOf, readMutation } from '../src/datasources/graph/mutations.ts'
import { createSqlGraph } from '../src/datasources/graph/sql-graph.ts'
import { createSqlTraversal } from '../src/datasources/graph/sql-traversal.ts'
import { createGraphProjection } from '../src/projections/graph-projection.ts'
import { defaultProjections } from '../src/projections/projector.ts'
import { packageRoot } from '../src/root.ts'
import { stableJson } from '../src/stable-json.ts'
import { history, namespace, payloadOf, toMessages, tsAt } from './support/graph-history.ts'
import { neighbours, pathLength, replay, replayOrder, type ReplayState } from './support/graph-replay.ts'
import { graphStores, type GraphStore, syncNeo4j } from './support/graph-stores.ts'
import { dumpGraphTables, foldGraph } from './support/graph-tables.ts'
import { openTestNeo4j } from './support/neo4j.ts'
import { sqlAdapters } from './support/sql.ts'

const scope = { tenantId: 'acme' }

type Source = GraphStore['graph']

async function readState(source: Source, graph: Graph, position: number) {
  const place = { graph, position }
  const page = { size: 100, direction: 'FORWARD', cursor: null } as const
  const nodes = (await source.nodes(scope, place, {}, page)).items.map(({ item }) => item)
  const edges = (await source.relationships(scope, place, null, page)).items.map(({ item }) => item)
  const ends = new Map(
    (
      await source.nodesByEnds(
        scope,
        place,
        edges.flatMap(({ from, to }) => [from, to]),
      )
    ).map((end) => [end.ref, end.nodeId]),
  )
  return {
    nodes: nodes.map(({ nodeId, labels, propertiesText }) => [nodeId, { labels, properties: JSON.parse(propertiesText) }]),
    edges: edges.map(({ relationshipId, from, to, type, propertiesText }) => [
      relationshipId,
      { from: ends.get(from.ref), to: ends.get(to.ref), label: type, properties: JSON.parse(propertiesText) },
    ]),
  }
}

const sortById = <T>(entries: readonly (readonly [string, T])[] | unknown[]) =>
  [...(entries as [string, T][])].sort(([a], [b]) => (a < b ? -1 : 1))

function compareState(t: Test, shown: Awaited<ReturnType<typeof readState>>, state: ReplayState, message: string) {
  t.same(sortById(shown.nodes), sortById([...state.nodes]), `${message}: nodes`)
  t.same(sortById(shown.edges), sortById([...state.edges]), `${message}: edges`)
}

const commitsOf = (payloads: readonly string[]) =>
  payloads.map((payload) => {
    const { commitId, parentCommitId } = JSON.parse(payload) as { commitId: string; parentCommitId?: string }
    return { id: commitId, parent: parentCommitId }
  })

const ways = (['ANY', 'OUT', 'IN'] as const).flatMap((direction) => [null, ['ROAD']].map((types) => ({ direction, types })))
const everything = { size: 100, direction: 'FORWARD', cursor: null } as const

async function compareWalk(t: Test, source: Source, place: GraphPlace, state: ReplayState, message: string) {
  const { direction, types } = ways[place.position % ways.length] ?? { direction: 'ANY', types: null }
  const [from, to] = ['a', 'b']
  const node = await source.findNode(scope, place, from)
  t.equal(node !== null, state.nodes.has(from), `${message}: the start exists`)
  if (node !== null) {
    const page = await source.neighbours(scope, node, { depth: 3, direction, types }, everything)
    t.same(
      sortById(page.items.map(({ item }) => [item.node.nodeId, item.distance])),
      sortById([...neighbours(state, from, 3, { direction, types })]),
      `${message}: neighbours ${direction} ${types}`,
    )
  }
  const path = await source.path(scope, place, { from, to, maxDepth: 4, direction, types, labels: null })
  const length = pathLength(state, from, to, 4, { direction, types })
  t.equal(path?.relationships.length ?? null, length, `${message}: path ${direction} ${types}`)
  if (path !== null) t.equal(path.nodes.length, path.relationships.length + 1)
}

/** Differences between places, both ways round, and the versions of a node, against the states of the replay. */
async function compareChanges(t: Test, source: Source, graph: Graph, ordered: Parameters<typeof replay>[0]) {
  const states = Array.from({ length: graph.head + 1 }, (_, position) => replay(ordered, position))
  const half = graph.head >> 1
  for (const [low, high] of [
    [0, graph.head],
    [half, graph.head],
    [graph.head, half],
  ] as const) {
    const diff = await source.diff(scope, { graph, position: low }, { graph, position: high })
    const sides = ['nodes', 'edges'] as const
    const [nodes, edges] = sides.map((side) => {
      const [before, after] = [states[low]?.[side] ?? new Map(), states[high]?.[side] ?? new Map()] as Map<string, unknown>[]
      const same = (id: string): boolean => JSON.stringify(before?.get(id)) === JSON.stringify(after?.get(id))
      const ids = { before: [...(before?.keys() ?? [])], after: [...(after?.keys() ?? [])] }
      const added = ids.after.filter((id) => before?.has(id) !== true).sort()
      const removed = ids.before.filter((id) => after?.has(id) !== true).sort()
      return { added, removed, changed: ids.after.filter((id) => before?.has(id) === true && !same(id)).sort() }
    })
    const node = ({ nodeId }: { nodeId: string }): string => nodeId
    const edge = ({ relationshipId }: { relationshipId: string }): string => relationshipId
    t.same(
      {
        ...{ added: diff.added.map(node).sort(), removed: diff.removed.map(node).sort() },
        changed: diff.changed.map(({ after }) => node(after)).sort(),
      },
      nodes,
      `nodes from ${low} to ${high}`,
    )
    t.same(
      {
        ...{ added: diff.addedRelationships.map(edge).sort(), removed: diff.removedRelationships.map(edge).sort() },
        changed: diff.changedRelationships.map(({ after }) => edge(after)).sort(),
      },
      edges,
      `relationships from ${low} to ${high}`,
    )
  }
  const versions: { from: number; to: number | null; text: string }[] = []
  for (const [position, { nodes }] of states.entries()) {
    const a = nodes.get('a')
    const text = a === undefined ? undefined : stableJson(a)
    const open = versions.at(-1)?.to === null ? versions.at(-1) : undefined
    if (text === open?.text) continue
    if (open !== undefined) open.to = position
    if (text !== undefined) versions.push({ from: position, to: null, text })
  }
  const shown = (await source.history(scope, graph, 'a', everything)).items.map(({ item: { fromPosition, toPosition, node } }) => ({
    ...{ from: fromPosition, to: toPosition },
    text: stableJson({ labels: node.labels, properties: JSON.parse(node.propertiesText) }),
  }))
  t.same(shown, versions.reverse(), 'every version of a node, newest first')
}

t.test('commit ids are those of the vectors, and numbers are spelled as Demon spells them', async (t) => {
  const text = readFileSync(
    join(process.env['ORRERY_SHARED'] ?? join(packageRoot, '..', 'shared'), 'contracts/vectors/demon-commit-ids.json'),
    'utf8',
  )
  const cases = parseLexemeJson(text)
  const member = (value: LexemeJson | undefined, key: string) => (isMap(value) ? value.get(key) : undefined)
  for (const one of isList(cases) ? cases : []) {
    const field = (key: string) => member(one, key)
    const scopeField = (key: string) => String(member(field('scope'), key))
    const [tenantId, projectId, name, graphId] = ['tenantId', 'projectId', 'namespace', 'graphId'].map(scopeField)
    const list = field('mutations')
    const compute = () => {
      const parent = field('parent')
      const whole = { tenantId: tenantId ?? '', projectId: projectId ?? '', namespace: name ?? '', graphId: graphId ?? '' }
      return commitIdOf(whole, typeof parent === 'string' ? parent : null, (isList(list) ? list : []).map(readMutation))
    }
    if (member(field('expect'), 'error') === undefined) t.equal(compute(), member(field('expect'), 'commitId'), String(field('name')))
    else t.throws(compute, String(field('name')))
  }
  const spelled = { '1.0': '1.0', '1e15': '1000000000000000.0', '1e16': '1e16', '1e+21': '1e21', '1e-5': '0.00001', '9e-6': '9e-6' }
  for (const [lexeme, expected] of Object.entries({ ...spelled, '-0': '-0.0', '18446744073709551616': '1.8446744073709552e19' }))
    t.equal(canonicalNumber(lexeme), expected)
})

t.test('the graph read model', async (t) => {
  const adapters = await sqlAdapters(t)
  const server = await openTestNeo4j(t)
  for (const { name, sql } of adapters) {
    // one of the two feeds Neo4j: what it holds comes from the tables, whichever they are
    const other = name === 'pglite' ? server : null
    t.test(`${name}: every read at every position equals a plain replay, in every store`, async (t) => {
      await fc.assert(
        fc.asyncProperty(
          history({ minLength: 1, maxLength: 25 }),
          fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
          fc.nat(3),
          async (commits, sizes, dropped) => {
            // What the stream had dropped before we came is missing in the replay too.
            const payloads = commits.map((commit) => payloadOf('city', commit)).slice(Math.min(dropped, commits.length - 1))
            const missing = BigInt(commits.length - payloads.length)
            await foldGraph(sql, toMessages(payloads, 1n + missing), sizes)
            const ordered = replayOrder(payloads.map((payload, index) => ({ sequence: BigInt(index + 1), payload })))
            await syncNeo4j(sql, other, { batch: 7 })
            const sources = graphStores(sql, other)
            const [first] = sources
            const graph = await first?.graph.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
            if (first === undefined || graph == null) throw new Error('there is no graph')
            t.equal(graph.head, payloads.length)
            const parents = commitsOf(payloads)
            const isCut =
              missing > 0n &&
              parents.some(({ parent }, at) => parent !== undefined && !parents.slice(0, at).some(({ id }) => id === parent))
            t.equal(await first.graph.historyTruncated(scope, graph), isCut, 'a history that is cut is said to be')
            for (let position = 0; position <= graph.head; position += 1) {
              const place = { graph, position }
              const state = replay(ordered, position)
              compareState(t, await readState(first.graph, graph, position), state, `at ${position}`)
              if (position > 0) {
                t.same(await first.graph.counts(scope, place), { nodes: state.nodes.size, relationships: state.edges.size })
                const { id } = commitsOf(ordered.slice(position - 1).map(({ payload }) => payload))[0] ?? { id: '' }
                const copy = commitsOf(ordered.map(({ payload }) => payload)).findIndex((commit) => commit.id === id)
                t.equal((await first.graph.locate(scope, graph, { commit: id })).position, copy + 1, 'a commit counts from its first copy')
              }
              const digests = await Promise.all(sources.map(({ traversal }) => traversal.digest(scope, place)))
              t.equal(new Set(digests.map((digest) => JSON.stringify(digest))).size, 1, `the checksums of all stores agree at ${position}`)
              t.match(digests[0], { nodes: state.nodes.size, edges: state.edges.size })
              for (const { name: by, graph: source } of sources) await compareWalk(t, source, place, state, `${by} at ${position}`)
            }
            await compareChanges(t, first.graph, graph, ordered)
            if (!t.passing()) throw new Error('differs from the replay')
          },
        ),
        { numRuns: 15 },
      )
    })

    t.test(`${name}: the tables are the same, byte for byte, however the stream was cut`, async (t) => {
      await fc.assert(
        fc.asyncProperty(
          history({ minLength: 5, maxLength: 40 }),
          fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
          async (commits, sizes) => {
            const messages = toMessages(commits.map((commit, index) => payloadOf(index % 5 === 4 ? 'rail' : 'city', commit)))
            await foldGraph(sql, messages, [messages.length])
            const whole = await dumpGraphTables(sql)
            await foldGraph(sql, messages, sizes)
            t.same(await dumpGraphTables(sql), whole)
            if (!t.passing()) throw new Error('differs')
          },
        ),
        { numRuns: 15 },
      )
    })
  }

  t.test('what cannot be read is a dead letter, and a commit with odd ids is kept exactly', async (t) => {
    const sql = adapters[0]?.sql
    if (sql === undefined) return
    const long = 'x'.repeat(5000)
    const ids = ['\u0000', 'a\u0000b', long, '#sha256:posing', '']
    const commit = {
      commitId: 'c',
      ts: '2026-01-01T00:00:00Z',
      mutations: ids.map((nodeId) => ({ op: 'add-node', nodeId, labels: ['L\u0000'], properties: [{ key: 'k\u0000', value: '\u0000' }] })),
    }
    const payloads = [
      '{',
      '[]',
      '{"event":"graph.commit.created:v1"}',
      JSON.stringify({ event: 'graph.commit.created:v1', graphId: 'odd', ...commit }),
    ]
    const { deadLetters } = await foldGraph(sql, toMessages(payloads), [2])
    t.equal(deadLetters, 3)
    const source = createSqlGraph({ sql, traversal: createSqlTraversal({ sql }), tags: null })
    const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId: 'odd' })
    if (graph === null) throw new Error('there is no graph')
    for (const id of ids) {
      const node = await source.findNode(scope, { graph, position: 1 }, id)
      t.equal(node?.nodeId, id)
      t.same(node?.labels, ['L\u0000'])
      t.same(JSON.parse(node?.propertiesText ?? ''), [{ key: 'k\u0000', value: '\u0000' }])
    }
    const page = { size: 10, direction: 'FORWARD', cursor: null } as const
    const found = await source.nodes(scope, { graph, position: 1 }, { where: [{ key: 'k\u0000', equals: '\u0000' }] }, page)
    t.equal(found.items.length, ids.length, 'properties with NUL are found too')
    t.equal(createGraphProjection().tenantOf('demon.graph.v1.acme.maps.prod.commit'), 'acme')
  })

  t.test('a run that a node names is indexed where it can be one, and no value of it keeps a commit out', async (t) => {
    // Text that no index compresses: a line of it is too long for an entry.
    const noise = Array.from({ length: 990 }, (_, at) => String.fromCharCode(0x4e00 + ((at * 7919) % 20_000))).join('')
    const ids = ['run-1', noise, 'a\u0000b', '\ud800', 'é'.repeat(400), 'é'.repeat(401)]
    const mutations = ids.map((value, at) => ({
      ...{ op: 'add-node', nodeId: `n${at}`, labels: [] },
      properties: [{ key: 'runId', value }],
    }))
    for (const { name, sql } of adapters) {
      const payload = payloadOf('city', { commitId: 'c', ts: tsAt(0), mutations })
      t.same(await foldGraph(sql, toMessages([payload]), [1]), { deadLetters: 0 })
      const rows = await sql.any<{ run_id: string | null }>('select run_id from graph_nodes order by ref')
      const kept = ['run-1', null, 'a\ufffdb', '\ufffd', 'é'.repeat(400), null]
      t.same(
        rows.map(({ run_id }) => run_id),
        kept,
        name,
      )
    }
  })

  t.test('the properties that name a run are what the settings say', async (t) => {
    const sql = adapters[0]?.sql
    if (sql === undefined) return
    const node = (nodeId: string, properties: Record<string, unknown>) => ({
      ...{ op: 'add-node', nodeId, labels: [] },
      properties: Object.entries(properties).map(([key, value]) => ({ key, value })),
    })
    const nodes = [
      ...[node('a', { job: 'r1' }), node('b', { job: 'r1', ritualId: 'nightly' }), node('c', { job: 'r1', ritualId: 'other' })],
      ...[node('d', { runId: 'r1' }), node('e', { job: ['r1'] }), node('f', { job: 'r2' })],
    ]
    const messages = toMessages([payloadOf('city', { commitId: 'c', ts: tsAt(0), mutations: nodes })])
    const source = createSqlGraph({ sql, traversal: createSqlTraversal({ sql }), tags: null })
    const ofRun = async () =>
      (await source.nodesOfRun(scope, { ritualId: 'nightly', runId: 'r1' }, everything)).items.map(({ item }) => item.nodeId)
    const set = defaultProjections({ graphRunProperty: 'job' }).find(({ name }) => name === 'graph')
    await foldGraph(sql, messages, [1], set)
    t.same(await ofRun(), ['a', 'b'])
    await foldGraph(sql, messages, [1])
    t.same(await ofRun(), ['d'])
  })

  t.test('what does not fit about a commit is said on the commit', async (t) => {
    const sql = adapters[0]?.sql
    if (sql === undefined) return
    const mutations = [{ op: 'add-node', nodeId: 'a', labels: [], properties: [] }]
    const whole = { ...namespace, graphId: 'city' }
    const first = commitIdOf(
      whole,
      null,
      mutations.map((one) => readMutation(lexemeJsonOf(one))),
    )
    const second = commitIdOf(
      whole,
      first,
      mutations.map((one) => readMutation(lexemeJsonOf(one))),
    )
    const commits = [
      { commitId: first, ts: tsAt(0), mutations },
      { commitId: second, ts: tsAt(1), mutations, parentCommitId: first },
      { commitId: first, ts: tsAt(2), mutations, parentCommitId: first },
      { commitId: 'made up', ts: tsAt(3), mutations: [...mutations, { op: 'teleport' }, null], parentCommitId: 'nobody' },
      { commitId: 'timeless', ts: 'yesterday', mutations },
    ]
    await foldGraph(sql, toMessages(commits.map((one) => payloadOf('city', one))), [2])
    const source = createSqlGraph({ sql, traversal: createSqlTraversal({ sql }), tags: null })
    const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId: 'city' })
    if (graph === null) throw new Error('there is no graph')
    const found = (await source.commits(scope, graph, everything)).items.map(({ item }) => [item.verified, item.parentId, item.warnings])
    const odd = 'The commit id is not the one that Demon computes from this content.'
    t.same(found.reverse(), [
      [true, null, []],
      [true, first, []],
      [false, first, [odd]],
      [
        ...[false, 'nobody'],
        [
          ...[odd, 'Mutation 1 is left out: the operation is unknown.', 'Mutation 2 is left out: a mutation must be an object.'],
          'The parent of the commit is not known.',
        ],
      ],
      [false, null, ['The time of the commit cannot be read.', odd]],
    ])
  })

  t.test('a history whose beginning the stream had dropped is said to be cut, and only that one', async (t) => {
    const sql = adapters[0]?.sql
    if (sql === undefined) return
    const source = createSqlGraph({ sql, traversal: createSqlTraversal({ sql }), tags: null })
    const commitOf = (graphId: string, commitId: string, parent?: string) =>
      JSON.stringify({
        ...{ event: 'graph.commit.created:v1', graphId, commitId, ts: '2026-01-01T00:00:00Z', mutations: [] },
        ...(parent === undefined ? {} : { parentCommitId: parent }),
      })
    const payloads = [
      commitOf('cut', 'c2', 'c1'),
      commitOf('cut', 'c3', 'c2'),
      commitOf('whole', 'first'),
      commitOf('whole', 'second', 'first'),
    ]
    async function isCut(graphId: string): Promise<boolean> {
      const graph = await source.find(scope, { source: 'ORRERY', ...namespace, graphId })
      if (graph === null) throw new Error('there is no graph')
      return source.historyTruncated(scope, graph)
    }
    await foldGraph(sql, toMessages(payloads, 8n), [2])
    t.same([await isCut('cut'), await isCut('whole')], [true, false])
    await foldGraph(sql, toMessages(payloads), [4])
    t.same([await isCut('cut'), await isCut('whole')], [false, false], 'a parent that nobody ever wrote is a mistake of its writer')
  })
})
