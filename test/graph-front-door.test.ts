import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { nextEvent, openStream } from './support/event-stream.ts'
import { graphql, run, serve, type Serving, temporaryFolder } from './support/program.ts'

t.setTimeout(300_000)

const scope = { projectId: 'maps', namespace: 'prod', graphId: 'city' }

interface Frame {
  readonly data?: Record<string, { readonly __typename: string; readonly cursor?: string; readonly commit?: { readonly commitId: string } }>
  readonly extensions?: { readonly cursor?: string }
}

/** Follows a subscription over SSE; gives the next frame whose item has a type. */
async function follow(t: Test, server: Serving, query: string, variables: object) {
  const stream = await openStream(t, `${server.url}/graphql`, { headers: { accept: 'text/event-stream' }, body: { query, variables } })
  return async (wanted: string): Promise<Frame> => {
    for (;;) {
      const event = await nextEvent(stream)
      if (event === null) throw new Error('the stream ended')
      const frame = event.data === '' ? {} : (JSON.parse(event.data) as Frame)
      if (Object.values(frame.data ?? {}).some(({ __typename }) => __typename === wanted)) return frame
    }
  }
}

const commitText = `mutation ($input: CommitGraphInput!) { it: commitGraph(input: $input) { __typename ... on GraphAccepted { cursor commit { commitId } } } }`

async function commit(server: Serving, mutations: object[]): Promise<{ cursor: string; commit: { commitId: string } }> {
  const { data } = await graphql(server.url, commitText, { input: { scope, mutations } })
  return data?.['it'] as never
}

const item = `__typename ... on GraphCommitItem { cursor commit { commitId } }`
const change = `__typename ... on GraphChangeItem { cursor commit { commitId } diff { added { nodeId } changed { after { nodeId } } } }`

async function streams(t: Test, server: Serving): Promise<void> {
  const { data } = await graphql(server.url, 'query ($scope: GraphScopeInput!) { graph(scope: $scope) { id } }', { scope })
  const { id: graph } = data?.['graph'] as { id: string }
  const committed = 'subscription ($graph: ID, $after: Cursor) { it: graphCommitted(graph: $graph, after: $after) { ITEM } }'.replace(
    'ITEM',
    item,
  )
  const around =
    'subscription ($graph: ID!, $after: Cursor) { it: neighbourhoodChanged(graph: $graph, nodeId: "a", depth: 1, after: $after) { ITEM } }'.replace(
      'ITEM',
      change,
    )
  const head = (await commit(server, [{ addNode: { nodeId: 'z' } }])).cursor
  const nextCommit = await follow(t, server, committed, { graph, after: head })
  const nextChange = await follow(t, server, around, { graph, after: head })
  const far = await commit(server, [{ addNode: { nodeId: 'far' } }])
  const near = await commit(server, [{ updateNode: { nodeId: 'a', labels: ['Seen'] } }])

  const first = await nextCommit('GraphCommitItem')
  const second = await nextCommit('GraphCommitItem')
  t.equal(first.data?.['it']?.commit?.commitId, far.commit.commitId)
  t.equal(second.data?.['it']?.commit?.commitId, near.commit.commitId)
  t.ok(first.extensions?.cursor, 'each frame carries its cursor')
  t.equal(first.extensions?.cursor, first.data?.['it']?.cursor)
  const changed = await nextChange('GraphChangeItem')
  t.match(changed, {
    data: { it: { commit: { commitId: near.commit.commitId }, diff: { added: [], changed: [{ after: { nodeId: 'a' } }] } } },
  })
  t.equal(changed.extensions?.cursor, changed.data?.['it']?.cursor)

  const resumed = await follow(t, server, committed, { graph, after: first.extensions?.cursor })
  t.equal(
    (await resumed('GraphCommitItem')).data?.['it']?.commit?.commitId,
    near.commit.commitId,
    'a stream goes on exactly behind a cursor',
  )
  const read = `query ($scope: GraphScopeInput!, $min: Cursor) { graph(scope: $scope, minCursor: $min) { head { commitId } } }`
  for (const min of [near.cursor, second.extensions?.cursor])
    t.match(
      await graphql(server.url, read, { scope, min }),
      { data: { graph: { head: { commitId: near.commit.commitId } } } },
      'a read asks for what a write or a stream has shown',
    )
  t.match(await graphql(server.url, read, { scope, min: 'nonsense' }), { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
}

async function commands(t: Test, server: Serving, folder: string): Promise<void> {
  const cli = async (...args: string[]) => {
    const program = run(t, ['graph', ...args, '--url', server.url], { LOG_LEVEL: 'silent' })
    return { code: await program.ended, stdout: program.stdout(), stderr: program.stderr() }
  }
  const rows = (stdout: string) =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const changes = join(folder, 'changes.json')
  await writeFile(
    changes,
    JSON.stringify([
      { addNode: { nodeId: 'a', labels: ['Stop'] } },
      { addNode: { nodeId: 'b' } },
      { addEdge: { edgeId: 'ab', from: 'a', to: 'b' } },
    ]),
  )
  const name = 'maps/prod/city'
  const made = await cli('commit', name, '--file', changes)
  t.equal(made.code, 0, made.stderr)
  const commitId = String(rows(made.stdout)[0]?.['commitId'])
  t.match(rows((await cli('list')).stdout), [{ graphId: 'city', head: { commitId, position: '1' }, nodeCount: 2, relationshipCount: 1 }])
  t.match(rows((await cli('log', name)).stdout), [{ commitId, mutationCount: 3, verified: true, tags: [] }])
  const moved = await cli('commit', name, '--file', changes, '--expect', 'nobody')
  t.equal(moved.code, 1)
  t.match(moved.stderr, /The head of the graph is/)
  t.match(rows((await cli('tag', name, 'v1', commitId)).stdout), [{ tag: 'v1', commitId }])
  const file = join(folder, 'city.graphml')
  t.match(rows((await cli('export', name, commitId, '--out', file)).stdout), [{ nodeCount: 2, relationshipCount: 1, truncated: false }])
  t.match(await readFile(file, 'utf8'), /<graphml/)
  const copied = await cli('import', 'maps/prod/copy', '--file', file)
  t.equal(copied.code, 0, copied.stderr)
  t.match(JSON.parse((await cli('export', 'maps/prod/copy')).stdout), { nodes: [{}, {}], relationships: [{}] })
  t.match(rows((await cli('tag', name, 'v1')).stdout), [{ deleted: true }])
  t.match(await cli('tag', name, 'v1'), { code: 1, stderr: /no such tag/ })
  t.match(await cli('log', 'maps/prod/nothing'), { code: 1, stderr: /There is no graph/ })
  t.match(await cli('log', 'city'), { code: 2, stderr: /PROJECT\/NAMESPACE\/GRAPH/ })
}

t.test('graphs from the command line, and as streams and reads through the front door', async (t) => {
  const folder = await temporaryFolder(t)
  const server = await serve(t, ['--empty', '--data', join(folder, 'data')], { BUDGET_CAPACITY: '0' })
  await t.test('the command line writes, shows, tags, exports and imports graphs', (t) => commands(t, server, folder))
  await t.test('frames carry cursors; streams go on behind them, and reads wait for them', (t) => streams(t, server))
})
