import { type Test } from 'tap'
import { openNeo4j } from '../../src/datasources/neo4j/neo4j-client.ts'
import { eventually } from './eventually.ts'
import { type Neo4jServer, startNeo4j } from './neo4j.ts'
import { graphql, type GraphqlAnswer, serve, type Serving, temporaryFolder } from './program.ts'

const SOURCE_TIMEOUT_MS = 2_000
/** Far below what waiting for the store itself would take, far above what a loaded machine needs. */
const ANSWER_WITHIN_MS = 20_000
const scope = { projectId: 'maps', namespace: 'prod', graphId: 'line' }

interface Asked extends GraphqlAnswer {
  readonly tookMs: number
  /** What the answer says about Neo4j; undefined where it says nothing. */
  readonly neo4j: string | undefined
}

async function ask({ url }: Serving, text: string, variables: Record<string, unknown> = {}): Promise<Asked> {
  const from = performance.now()
  const answer = await graphql(url, text, variables)
  const { extensions } = answer as { extensions?: { sources?: Record<string, { status: string } | undefined> } }
  return { ...answer, tookMs: performance.now() - from, neo4j: extensions?.sources?.['neo4j']?.status }
}

const walk = `query ($scope: GraphScopeInput!, $to: String!) { graph(scope: $scope) { nodeCount path(from: "n0", to: $to, maxDepth: 30) { length }
  node(nodeId: "n0") { neighbours(depth: 3) { nodes { distance node { nodeId } } truncated } reach(depth: 30) { nodes } } } }`
const commit = `mutation ($input: CommitGraphInput!) { result: commitGraph(input: $input) { __typename ... on GraphAccepted { projected commit { position } } } }`

const node = (at: number) => ({ addNode: { nodeId: `n${at}` } })
const edge = (at: number) => ({ addEdge: { edgeId: `e${at}`, from: `n${at - 1}`, to: `n${at}` } })

/** A line of nodes that grows by one a commit: how long the way is tells which commit answered. */
export async function grow(t: Test, server: Serving, at: number, what: string): Promise<void> {
  const { data, tookMs } = await ask(server, commit, { input: { scope, mutations: [node(at), edge(at)] } })
  t.match(
    data,
    { result: { __typename: 'GraphAccepted', projected: true, commit: { position: String(at + 1) } } },
    `${what}: a commit is accepted and shown`,
  )
  t.ok(tookMs < ANSWER_WITHIN_MS, `${what}: it waited for nobody (${Math.round(tookMs)} ms)`)
}

export async function readLine(t: Test, server: Serving, length: number, what: string): Promise<Asked> {
  const answer = await ask(server, walk, { scope, to: `n${length}` })
  t.match(
    answer.data,
    {
      graph: {
        nodeCount: length + 1,
        path: { length },
        node: {
          neighbours: { truncated: false, nodes: [{ distance: 1 }, { distance: 2 }, { distance: 3 }].slice(0, length) },
          reach: { nodes: length },
        },
      },
    },
    `${what}: reads show every commit`,
  )
  t.ok(answer.tookMs < ANSWER_WITHIN_MS, `${what}: a read took ${Math.round(answer.tookMs)} ms`)
  return answer
}

/** The watermark that Neo4j itself holds. */
async function positionIn({ env }: Neo4jServer): Promise<unknown> {
  const neo4j = openNeo4j({
    ...{ uri: env.NEO4J_URI, user: env.NEO4J_USER, password: env.NEO4J_PASSWORD, database: 'neo4j' },
    ...{ timeoutMs: 10_000, source: 'neo4j' },
  })
  try {
    return (await neo4j.read('MATCH (m:OrreryGraph) RETURN m.position AS position'))[0]?.['position']
  } finally {
    await neo4j.close()
  }
}

/** Whether Neo4j takes part in reads. */
export const takesPart = async (server: Serving): Promise<boolean> => (await ask(server, walk, { scope, to: 'n1' })).neo4j !== 'DOWN'

/** Neo4j goes away: reads and writes go on at once and say so; the line is two longer then. */
export async function outage(t: Test, server: Serving, length: number, { what, away }: { what: string; away(): unknown }): Promise<void> {
  await away()
  const gone = await readLine(t, server, length, `${what}, first read`)
  t.equal(gone.neo4j, 'DOWN', `${what}: the answer says that Neo4j is away`)
  for (let at = length + 1; at <= length + 2; at += 1) {
    await grow(t, server, at, what)
    t.equal((await readLine(t, server, at, what)).neo4j, 'DOWN', `${what}: so does each later one`)
  }
  const started = performance.now()
  const rounds = 5
  for (let round = 0; round < rounds; round += 1) await ask(server, walk, { scope, to: 'n1' })
  const each = (performance.now() - started) / rounds
  t.comment(`${what}: ${Math.round(each)} ms a read while it is away`)
  await eventually(async () => {
    const { data } = await ask(server, '{ sources { name status } }')
    return (data as { sources: { name: string; status: string }[] }).sources.some(
      ({ name, status }) => name === 'neo4j' && status === 'DOWN',
    )
  })
}

/** Neo4j has come back: it answers, and holds every commit. */
export async function caughtUp({ neo4j, server }: Line, length: number): Promise<void> {
  await eventually(() => takesPart(server), { withinMs: 120_000, everyMs: 200 })
  await eventually(async () => (await positionIn(neo4j)) === BigInt(length + 1), { withinMs: 120_000, everyMs: 200 })
}

export interface Line {
  readonly neo4j: Neo4jServer
  readonly server: Serving
  /** Settings of the server, to start it once more. */
  readonly env: Record<string, string>
}

/** A server beside a Neo4j of its own, and a line of four nodes that both know; null where there is no Neo4j. */
export async function startLine(t: Test): Promise<Line | null> {
  const neo4j = await startNeo4j(t)
  if (neo4j === null) return null
  const env = {
    ...{ ...neo4j.env, DATA_DIR: await temporaryFolder(t), SAMPLE_DATA: 'off', LOG_LEVEL: 'silent' },
    ...{ SOURCE_TIMEOUT_MS: String(SOURCE_TIMEOUT_MS), BUDGET_CAPACITY: '0' },
  }
  const server = await serve(t, [], env)
  const created = await ask(server, 'mutation ($input: CreateGraphInput!) { result: createGraph(input: $input) { __typename } }', {
    input: { scope, mutations: [node(0)] },
  })
  t.match(created.data ?? {}, { result: { __typename: 'GraphAccepted' } })
  for (let at = 1; at <= 3; at += 1) await grow(t, server, at, 'before')
  const line = { neo4j, server, env }
  // A server that has just started may be too slow for a first answer.
  await caughtUp(line, 3)
  await readLine(t, server, 3, 'before')
  return line
}
