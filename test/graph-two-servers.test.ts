import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import t from 'tap'
import { openKvTags } from '../src/datasources/graph/kv-tags.ts'
import { subjectOf } from './support/graph-history.ts'
import { eventually } from './support/eventually.ts'
import { openTestJetstream } from './support/logs.ts'
import { type NatsServer, startNats } from './support/nats.ts'
import { graphql, serve, type Serving, temporaryFolder, untilReady } from './support/program.ts'
import { createTestDatabase } from './support/sql.ts'

t.setTimeout(300_000)

const tenantId = 'acme'
const namespace = { projectId: 'maps', namespace: 'prod' }
const subject = subjectOf({ tenantId, ...namespace })
const rounds = 8

const commitText = `mutation ($input: CommitGraphInput!) { it: commitGraph(input: $input) { __typename
  ... on GraphAccepted { commit { commitId position parents } } ... on GraphHeadMoved { head { commitId } } ... on UserError { code message } } }`

interface Outcome {
  readonly __typename: string
  readonly commit?: { readonly commitId: string; readonly position: string; readonly parents: readonly string[] }
  readonly head?: { readonly commitId: string }
}

async function commit({ url }: Serving, input: object): Promise<Outcome> {
  const { data, errors } = await graphql(url, commitText, { input })
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return (data as { it: Outcome }).it
}

const node = (nodeId: string) => ({ addNode: { nodeId } })

/** As the stream does when it is full. */
async function purge({ url }: NatsServer): Promise<void> {
  const connection = await connect({ servers: url })
  await (await jetstreamManager(connection)).streams.purge('GRAPH_COMMITS')
  await connection.close()
}

/** A commit as any writer may have left it. */
const seed = (graphId: string, ts: string) =>
  JSON.stringify({
    ...{ event: 'graph.commit.created:v1', tenantId, ...namespace, graphId, commitId: `seed-${graphId}`, ts },
    mutations: [{ op: 'add-node', nodeId: 'first', labels: [], properties: [] }],
  })

t.test('two servers on one stream: one commit wins on a head, one request counts once, a tag that was left half is finished', async (t) => {
  const database = await createTestDatabase(t)
  const nats = await startNats(t)
  if (database === null || nats === null) return
  const log = await openTestJetstream(t, nats)
  const tags = openKvTags({ url: nats.url, credsPath: undefined, timeoutMs: 10_000, create: true })
  t.teardown(() => tags.close())
  // Times of another writer: one that has passed, and one that is still to come.
  const graphs = { city: '2026-01-01T00:00:00.000000001+00:00', ahead: '2199-01-01T00:00:00.000000001+00:00' }
  for (const [graphId, ts] of Object.entries(graphs)) await log.append(subject, Buffer.from(seed(graphId, ts)))
  // Its writer ended before it wrote the event.
  const set = () =>
    tags.set({ tenantId }, { ...namespace, graphId: 'city' }, 'orphan', 'seed-city').then(
      () => true,
      () => false,
    )
  await eventually(set, { withinMs: 60_000 })

  const env = {
    ...{ DATABASE_URL: database, NATS_URL: nats.url, NATS_CREATE_STREAMS: 'on', DATABASE_POOL_SIZE: '4', BUDGET_CAPACITY: '0' },
    ...{ DEFAULT_TENANT: tenantId, PROJECTION_WAIT_MS: '30000', DATA_DIR: await temporaryFolder(t) },
  }
  const servers = [await serve(t, [], env), await serve(t, [], env)] as const
  for (const server of servers) await untilReady(server)
  for (const graphId of Object.keys(graphs)) {
    const scope = { ...namespace, graphId }
    let head = `seed-${graphId}`
    for (let round = 0; round < rounds; round += 1) {
      // Every other time both want the very same.
      const wanted = servers.map((_server, at) => node(round % 2 === 0 ? `same-${round}` : `own-${round}-${at}`))
      const outcomes = await Promise.all(
        servers.map((server, at) => commit(server, { scope, expectedHead: head, mutations: [wanted[at]] })),
      )
      t.same(
        outcomes.map(({ __typename }) => __typename).sort(),
        ['GraphAccepted', 'GraphHeadMoved'],
        `${graphId}, round ${round}: one wins`,
      )
      const winner = outcomes.find((one) => one.commit !== undefined)?.commit
      t.same(winner?.parents, [head])
      t.equal(outcomes.find((one) => one.head !== undefined)?.head?.commitId, winner?.commitId, 'the other is told the new head')
      head = winner?.commitId ?? ''
    }
    const input = { scope, mutations: [node('once')], idempotencyKey: `once-${graphId}` }
    const [one, other] = await Promise.all(servers.map((server) => commit(server, input)))
    t.equal(one?.commit?.commitId, other?.commit?.commitId, 'the same request at both servers is one')
    const last = await commit(servers[0], { scope, mutations: [node('last')] })
    t.match(last, { commit: { position: String(rounds + 3), parents: [one?.commit?.commitId] } }, 'and no commit is there twice')
  }
  const told = async (): Promise<boolean> => {
    for await (const batch of log.read('graph', { subject, from: 1n }))
      for (const { payload } of batch) {
        const { tag, commitId } = JSON.parse(Buffer.from(payload).toString()) as { tag?: string; commitId?: string }
        if (tag === 'orphan') return commitId === 'seed-city'
      }
    return false
  }
  await eventually(told, { withinMs: 120_000, everyMs: 500 })
  await purge(nats)
  const { data } = await graphql(
    servers[1].url,
    'query ($scope: GraphScopeInput!) { graph(scope: $scope) { historyTruncated first: nodeCount(ref: { commit: "seed-city" }) nodeCount commits { totalCount } } }',
    { scope: { ...namespace, graphId: 'city' } },
  )
  const before = { first: 1, nodeCount: rounds + 3, historyTruncated: false, commits: { totalCount: rounds + 3 } }
  t.match(data, { graph: before }, 'what the stream has dropped is kept')
  t.match(
    await commit(servers[0], { scope: { ...namespace, graphId: 'city' }, mutations: [node('after')] }),
    { commit: { position: String(rounds + 4) } },
    'and is gone on from',
  )
  const text = `query ($scope: GraphScopeInput!) { graph(scope: $scope) { tags(first: 5) { nodes { tag commit { commitId } } } at: nodeCount(ref: { tag: "orphan" }) } }`
  for (const { url } of servers)
    t.match(await graphql(url, text, { scope: { ...namespace, graphId: 'city' } }), {
      data: { graph: { tags: { nodes: [{ tag: 'orphan', commit: { commitId: 'seed-city' } }] }, at: 1 } },
    })
})
