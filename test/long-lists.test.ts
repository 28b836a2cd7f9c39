import t, { type Test } from 'tap'
import { type GraphqlAnswer, serve, type Serving, temporaryFolder } from './support/program.ts'

t.setTimeout(240_000)

const scope = { projectId: 'maps', namespace: 'prod', graphId: 'city' }

type Ask = (query: string, variables?: Record<string, unknown>) => Promise<GraphqlAnswer>

const asking =
  ({ url }: Serving, tenant: string): Ask =>
  async (query, variables = {}) => {
    const headers = { 'content-type': 'application/json', 'x-tenant-id': tenant }
    return (await (
      await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
    ).json()) as GraphqlAnswer
  }

/** A graph of one node, and a commit that adds some. @returns the place before it */
async function grow(ask: Ask, nodes: number): Promise<string> {
  const made = await ask(
    'mutation ($input: CreateGraphInput!) { it: createGraph(input: $input) { __typename ... on GraphAccepted { commit { commitId } } } }',
    { input: { scope, mutations: [{ addNode: { nodeId: 'first' } }] } },
  )
  const mutations = Array.from({ length: nodes }, (_, at) => ({
    addNode: { nodeId: `n${at}`, labels: ['Stop'], properties: [{ key: 'at', value: at }] },
  }))
  const grown = await ask('mutation ($input: CommitGraphInput!) { it: commitGraph(input: $input) { __typename } }', {
    input: { scope, mutations },
  })
  if (grown.data?.['it'] === undefined) throw new Error(JSON.stringify(grown))
  return (made.data?.['it'] as { commit: { commitId: string } }).commit.commitId
}

const difference = (ask: Ask, from: string, { below, fragment = '', all = true }: { below: string; fragment?: string; all?: boolean }) =>
  ask(
    `query ($scope: GraphScopeInput!, $from: GraphRef!, $all: Boolean!) {
      graph(scope: $scope) { diff(from: $from, to: {}) { added { nodeId labels @include(if: $all) ${below} } } } } ${fragment}`,
    { scope, from: { commit: from }, all },
  )

const addedIn = ({ data }: GraphqlAnswer): number => (data?.['graph'] as { diff: { added: unknown[] } }).diff.added.length

const dear = {
  pages: { below: 'neighbours(first: 5) { nodes { node { nodeId } } }' },
  walks: { below: 'reach { nodes }' },
  'what a condition leaves in': { below: 'neighbours(first: 5) @include(if: $all) { nodes { node { nodeId } } }' },
  'what a fragment asks for': {
    below: '...Below',
    fragment: 'fragment Below on GraphNode { around: relationships(first: 5) { nodes { relationshipId } } }',
  },
}

t.test('lists that hold more than they were priced for: what would be loaded below them counts, before it is loaded', async (t: Test) => {
  const server = await serve(t, ['--empty', '--data', await temporaryFolder(t)], { GRAPHQL_COST_MEASURE_TENANTS: 'watched' })
  const ask = asking(server, 'demo')
  const from = await grow(ask, 300)
  // often enough to be compiled
  for (let turn = 0; turn < 5; turn++) {
    const plain = await difference(ask, from, { below: 'properties { key value }' })
    t.equal(plain.errors, undefined, 'what came with the items is free')
    t.equal(addedIn(plain), 300)
    for (const [what, asked] of Object.entries(dear)) {
      const refused = await difference(ask, from, asked)
      t.match(
        refused.errors,
        [{ path: ['graph', 'diff', 'added'], extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'cost', max: 1000 } }],
        what,
      )
    }
    const without = await difference(ask, from, { ...dear['what a condition leaves in'], all: false })
    t.equal(without.errors, undefined, 'what a condition leaves out does not count')
  }

  const watched = asking(server, 'watched')
  const measured = await difference(watched, await grow(watched, 300), dear.pages)
  t.equal(measured.errors, undefined, 'who is only measured is refused nothing')
  t.equal(addedIn(measured), 300)

  const small = asking(server, 'small')
  const little = await difference(small, await grow(small, 25), dear.pages)
  t.equal(little.errors, undefined, 'a few more than assumed are paid for')
  t.equal(addedIn(little), 25)
})
