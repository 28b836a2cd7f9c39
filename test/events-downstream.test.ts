import t from 'tap'
import { encodeId } from '../src/ids.ts'
import { eventually } from './support/eventually.ts'
import { nextEvent, openStream } from './support/event-stream.ts'
import { backings, liveServer, write } from './support/live-server.ts'

t.setTimeout(110_000)

t.test('events downstream of a node of a graph, live and from history', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing)
  const { log } = backing

  const ask = async <T>(query: string, variables: object = {}): Promise<T> => {
    const response = await fetch(`${server.http}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data?: T; errors?: unknown }
    if (data == null) throw new Error(JSON.stringify(errors))
    return data
  }
  const scope = { projectId: 'p', namespace: 'n', graphId: 'g' }
  const commit = async (mutations: object[]): Promise<void> => {
    const { commitGraph } = await ask<{ commitGraph: object }>(
      'mutation ($input: CommitGraphInput!) { commitGraph(input: $input) { __typename ... on GraphAccepted { commit { commitId } } ... on UserError { message } } }',
      { input: { scope, mutations } },
    )
    t.match(commitGraph, { __typename: 'GraphAccepted' })
  }
  const created = await ask<{ createGraph: object }>(
    'mutation ($input: CreateGraphInput!) { createGraph(input: $input) { __typename ... on UserError { message } } }',
    {
      input: {
        scope,
        mutations: [
          ...['a', 'b', 'c', 'z'].map((nodeId) => ({
            addNode: { nodeId, ...(nodeId === 'c' ? { properties: [{ key: 'runId', value: 'linked' }] } : {}) },
          })),
          { addEdge: { edgeId: 'ab', from: 'a', to: 'b', label: 'FEEDS' } },
          { addEdge: { edgeId: 'bc', from: 'b', to: 'c', label: 'FEEDS' } },
        ],
      },
    },
  )
  t.match(created.createGraph, { __typename: 'GraphAccepted' })
  const graph = encodeId('Graph', ['ORRERY', 'acme', 'p', 'n', 'g'])
  const types = async (filter: object): Promise<string[]> => {
    const { timeline } = await ask<{ timeline: { nodes: { type: string; sequence: string }[] } }>(
      'query ($filter: EventFilter) { timeline(filter: $filter, first: 100) { nodes { type sequence } } }',
      { filter },
    )
    return timeline.nodes.map(({ type }) => type)
  }
  const subscribe = async (filter: object) => {
    const query =
      'subscription ($filter: EventFilter) { events(filter: $filter) { __typename ... on EventItem { event { type raw } } ... on StreamPhase { phase } } }'
    const stream = await openStream(t, `${server.http}/graphql`, {
      headers: { accept: 'text/event-stream' },
      body: { query, variables: { filter } },
    })
    await nextEvent(stream)
    return async (): Promise<string> => {
      const event = await nextEvent(stream)
      const found = JSON.parse(event?.data ?? 'null') as { data?: { events: { event: { type: string; raw: unknown } } } } | null
      return JSON.stringify(found?.data?.events.event)
    }
  }
  const below = await subscribe({ downstreamOf: { graph, nodeId: 'b' } })
  const outside = await subscribe({ not: { downstreamOf: { graph, nodeId: 'b' } } })

  await commit([{ updateNode: { nodeId: 'a', labels: ['Up'] } }])
  t.match(await outside(), /"a"/, 'what lies upstream is not downstream')
  await commit([{ updateNode: { nodeId: 'c', labels: ['Down'], properties: [{ key: 'runId', value: 'linked' }] } }])
  t.match(await below(), /"c"/)
  await write(log, { event: 'test.event:v1', ritualId: 'r', runId: 'linked' })
  t.match(await below(), /"linked"/, 'a run that a node downstream names')
  await write(log, { event: 'test.event:v1', ritualId: 'r', runId: 'other' })
  t.match(await outside(), /"other"/)
  await commit([{ removeEdge: 'bc' }])
  t.match(await below(), /bc/, 'what a commit cuts off was downstream before it')
  await commit([{ updateNode: { nodeId: 'c', labels: ['Alone'] } }])
  await commit([{ addEdge: { edgeId: 'bz', from: 'b', to: 'z' } }, { updateNode: { nodeId: 'z', labels: ['Joined'] } }])
  t.match(await below(), /Joined/, 'reach follows the graph')

  await eventually(async () => (await types({ domains: ['GRAPH'] })).length === 6)
  const live = await types({ downstreamOf: { graph, nodeId: 'b' } })
  t.ok(live.includes('test.event:v1') === false, 'the run is no longer downstream: runs are judged by the graph as it is')
  t.equal((await types({ domains: ['GRAPH'], downstreamOf: { graph, nodeId: 'zzz' } })).length, 0)
  const ref = { commit: '0'.repeat(64) }
  await t.rejects(types({ downstreamOf: { graph, nodeId: 'b', ref } }))
  await t.rejects(types({ downstreamOf: { graph: 'nonsense', nodeId: 'b' } }), /BAD_USER_INPUT/)
  t.equal((await types({ downstreamOf: { graph: encodeId('Graph', ['ORRERY', 'globex', 'p', 'n', 'g']), nodeId: 'b' } })).length, 0)
})
