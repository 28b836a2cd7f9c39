// npm run bench -- downstream [readers]: events of runs that a node of a graph names, against readers who each ask for what is downstream of some node:
// what an event costs, whoever asks, and how many filters are asked for it.
import { encodeId } from '../src/ids.ts'
import { eventually } from '../test/support/eventually.ts'
import { backings, liveServer, type LiveServer, write } from '../test/support/live-server.ts'
import { bench, median, owner, readable } from './support/bench.ts'
import { read } from './support/reader.ts'

const readers = Number(process.argv[2] ?? 1000)
const nodes = 255
const events = 50
const scope = { projectId: 'p', namespace: 'n', graphId: 'g' }
const nameOf = (node: number): string => `node-${node}`
/** A tree in which each node has two below it; the last one names a run. */
const mutations = [
  ...Array.from({ length: nodes }, (_, node) => ({
    addNode: { nodeId: nameOf(node), ...(node === nodes - 1 ? { properties: [{ key: 'runId', value: 'linked' }] } : {}) },
  })),
  ...Array.from({ length: nodes - 1 }, (_, at) => {
    const [from, to] = [nameOf(at >> 1), nameOf(at + 1)]
    return { addEdge: { edgeId: `${from}-${to}`, from, to, label: 'FEEDS' } }
  }),
]

async function createGraph({ http }: LiveServer): Promise<string> {
  const query = 'mutation ($input: CreateGraphInput!) { createGraph(input: $input) { __typename } }'
  const response = await fetch(`${http}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input: { scope, mutations } } }),
  })
  const text = await response.text()
  if (!text.includes('GraphAccepted')) throw new Error(text)
  return encodeId('Graph', ['ORRERY', 'acme', 'p', 'n', 'g'])
}

const upstreamOf = (node: number): number => (node === 0 ? 1 : 1 + upstreamOf((node - 1) >> 1))

await bench(async () => {
  const [backing] = await backings(owner, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(owner, backing, { env: { MAX_SUBSCRIPTIONS_PER_TENANT: '100000', GRAPHQL_MAX_COST: '100000' } })
  const graph = await createGraph(server)
  let live = 0
  let got = 0
  const take = (text: string) => {
    if (text.includes('"LIVE"')) live++
    if (text.includes('bench.linked')) got++
  }
  const query =
    'subscription ($filter: EventFilter) { events(filter: $filter) { ... on EventItem { event { type } } ... on StreamPhase { phase } } }'
  for (let reader = 0; reader < readers; reader++)
    await read(server, query, take, { filter: { downstreamOf: { graph, nodeId: nameOf(reader % nodes) }, domains: ['RUNS'] } })
  await eventually(() => live === readers, { withinMs: 60_000 })
  const ancestors = new Set<number>()
  for (let node = nodes - 1, left = upstreamOf(node); left > 0; left--, node = (node - 1) >> 1) ancestors.add(node)
  const concerned = Array.from({ length: readers }, (_, reader) => reader % nodes).filter((node) => ancestors.has(node)).length

  const measure = async (runId: string, type: string, wanted: number): Promise<{ cpu: number; ms: number }> => {
    const cpu: number[] = []
    const times: number[] = []
    for (let event = 0; event < events; event++) {
      const before = got
      const from = process.cpuUsage()
      const start = performance.now()
      const sequence = await write(backing.log, { event: type, ritualId: 'nightly', runId })
      await server.projected(sequence)
      await eventually(() => got - before >= wanted, { withinMs: 60_000, everyMs: 1 })
      times.push(performance.now() - start)
      const { user, system } = process.cpuUsage(from)
      cpu.push((user + system) / 1000)
    }
    return { cpu: median(cpu), ms: median(times) }
  }
  await measure('other', 'bench.other:v1', 0)
  const asked = server.hub.stats().filterEvaluations
  const other = await measure('other', 'bench.other:v1', 0)
  const askedForNothing = server.hub.stats().filterEvaluations - asked
  const linked = await measure('linked', 'bench.linked:v1', concerned)
  const askedForLinked = server.hub.stats().filterEvaluations - asked - askedForNothing
  console.log(
    `${readers} readers of what is downstream of ${nodes} nodes. An event of a run that no node names: ${readable(other.cpu)} ms of CPU with its ` +
      `projection, ${readable(askedForNothing / events)} filters asked; of a run that a node names: ${readable(linked.cpu)} ms, ` +
      `${readable(askedForLinked / events)} filters asked, ${concerned} readers told, ${readable(linked.ms)} ms until the last has it`,
  )
})
