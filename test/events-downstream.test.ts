import t from 'tap'
import { compileFilter } from '../src/domain-events/filter.ts'
import { encodeId } from '../src/ids.ts'
import { eventually } from './support/eventually.ts'
import { nextEvent, openStream } from './support/event-stream.ts'
import { backings, liveServer, type LiveServer, write } from './support/live-server.ts'

t.setTimeout(300_000)

const scope = { projectId: 'p', namespace: 'n', graphId: 'g' }

/** The one graph of a server, through its API. */
function graphOf(server: LiveServer) {
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
  const commit = async (mutations: object[]): Promise<void> => {
    const { commitGraph } = await ask<{ commitGraph: object }>(
      'mutation ($input: CommitGraphInput!) { commitGraph(input: $input) { __typename ... on GraphAccepted { commit { commitId } } ... on UserError { message } } }',
      { input: { scope, mutations } },
    )
    t.match(commitGraph, { __typename: 'GraphAccepted' })
  }
  return { ask, commit }
}

t.test('events downstream of a node of a graph, live and from history', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing)
  const { log } = backing

  const { ask, commit } = graphOf(server)
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
  const others = Array.from({ length: 1_010 }, (_, at) => `x${at}`)
  await commit([...others, 'end'].map((nodeId) => ({ addNode: { nodeId } })))
  await commit([
    ...others.slice(1).map((to, at) => ({ addEdge: { edgeId: `to-${to}`, from: `x${at}`, to } })),
    { addEdge: { edgeId: 'zz-last-of-many', from: 'z', to: 'end' } },
  ])
  t.match(await below(), /zz-last-of-many/, 'however much a commit changes elsewhere')

  await eventually(async () => (await types({ domains: ['GRAPH'] })).length === 8)
  const live = await types({ downstreamOf: { graph, nodeId: 'b' } })
  t.ok(live.includes('test.event:v1') === false, 'the run is no longer downstream: runs are judged by the graph as it is')
  t.equal((await types({ domains: ['GRAPH'], downstreamOf: { graph, nodeId: 'zzz' } })).length, 0)
  const ref = { commit: '0'.repeat(64) }
  await t.rejects(types({ downstreamOf: { graph, nodeId: 'b', ref } }))
  await t.rejects(types({ downstreamOf: { graph: 'nonsense', nodeId: 'b' } }), /BAD_USER_INPUT/)
  t.equal((await types({ downstreamOf: { graph: encodeId('Graph', ['ORRERY', 'globex', 'p', 'n', 'g']), nodeId: 'b' } })).length, 0)
})

t.test(
  '10,000 readers ask about 10,000 nodes: an event is compared with those it is downstream of, whatever becomes of the graph',
  async (t) => {
    const [backing] = await backings(t, ['embedded'])
    if (backing === undefined) return
    const server = await liveServer(t, backing, { env: { STREAM_RING_EVENTS: '100' } })
    const { hub } = server
    const { ask, commit } = graphOf(server)
    const chain = ['n0', 'n1', 'n2', 'n3', 'n4']
    await ask('mutation ($input: CreateGraphInput!) { createGraph(input: $input) { __typename } }', {
      input: {
        scope,
        mutations: [
          ...[...chain, 'n9000'].map((nodeId) => ({ addNode: { nodeId } })),
          ...chain.slice(1).map((to, at) => ({ addEdge: { edgeId: `to-${to}`, from: chain[at], to } })),
        ],
      },
    })
    const graph = encodeId('Graph', ['ORRERY', 'acme', 'p', 'n', 'g'])
    const leaving = new AbortController()
    t.teardown(() => leaving.abort())
    const got = new Map<string, string[]>()
    let begun = 0
    const follow = async (nodeId: string): Promise<void> => {
      const filter = compileFilter({ downstreamOf: { graph, nodeId } })
      for await (const item of hub.events({ tenantId: 'acme', filter, after: null, strict: false, signal: leaving.signal })) {
        if (item.kind === 'PHASE') begun++
        else got.set(nodeId, [...(got.get(nodeId) ?? []), item.kind === 'EVENT' && item.sure === true ? item.event.payload : item.kind])
      }
    }
    const nodes = Array.from({ length: 10_000 }, (_, n) => `n${n}`)
    const following = nodes.map(follow)
    await eventually(() => begun === nodes.length)
    /** Who gets what is done, and how many filters were asked for it. */
    const readersOf = async (act: () => Promise<unknown>): Promise<{ readers: string[]; asked: number }> => {
      const before = hub.stats().filterEvaluations
      got.clear()
      await act()
      await commit([{ updateNode: { nodeId: 'n9999', labels: ['End'] } }, { addNode: { nodeId: 'n9999' } }].reverse())
      await eventually(() => [...(got.get('n9999') ?? [])].length > 0)
      await commit([{ removeNode: 'n9999' }])
      await eventually(() => [...(got.get('n9999') ?? [])].length > 1)
      got.delete('n9999')
      return { readers: [...got.keys()].sort(), asked: hub.stats().filterEvaluations - before }
    }
    let seen = 0
    const update = (nodeId: string, runId?: string) => () =>
      commit([
        {
          updateNode: {
            nodeId,
            labels: [`Seen${seen++}`],
            ...(runId === undefined ? {} : { properties: [{ key: 'runId', value: runId }] }),
          },
        },
      ])

    const first = await readersOf(update('n2', 'linked'))
    t.strictSame(first.readers, ['n0', 'n1', 'n2'])
    t.ok(first.asked < 20, `${first.asked} of 10,000 filters were asked for three commits`)
    const ofRun = await readersOf(() => write(backing.log, { event: 'test.event:v1', ritualId: 'r', runId: 'linked' }))
    t.strictSame(ofRun.readers, ['n0', 'n1', 'n2'], 'a run that a node names')
    t.ok(ofRun.asked < 20)
    const ofOther = await readersOf(() => write(backing.log, { event: 'test.event:v1', ritualId: 'r', runId: 'other' }))
    t.strictSame(ofOther.readers, [], 'a run that none names')
    t.strictSame((await readersOf(() => commit([{ addEdge: { edgeId: 'far', from: 'n9000', to: 'n1' } }]))).readers, ['n0', 'n1', 'n9000'])
    t.strictSame((await readersOf(update('n4'))).readers, ['n0', 'n1', 'n2', 'n3', 'n4', 'n9000'], 'a new way is one at once')
    const cut = await readersOf(() => commit([{ removeEdge: 'to-n3' }]))
    t.strictSame(cut.readers, ['n0', 'n1', 'n2', 'n3', 'n9000'], 'what is cut off was downstream before')
    t.strictSame((await readersOf(update('n4'))).readers, ['n3', 'n4'])
    leaving.abort()
    await Promise.all(following)
    t.match(hub.stats(), { subscribers: 0, filters: 0 })
  },
)
