import { performance } from 'node:perf_hooks'
import t from 'tap'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { type GraphQLResolveInfo } from 'graphql'
import { countCalls } from './support/call-counts.ts'
import { eventually } from './support/eventually.ts'
import { everyDoor } from './support/every-transport.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { stockMercurius } from './support/stock.ts'

/** Who calls a resolver: only the reference executor names the type of a step of the path. */
const executor = (_parent: unknown, _args: unknown, _context: unknown, { path }: GraphQLResolveInfo): string =>
  path.typename === undefined ? 'COMPILED' : 'INTERPRETED'

const burn = (ms: number): number => {
  const until = performance.now() + ms
  while (performance.now() < until);
  return ms
}

const schema = makeExecutableSchema({
  typeDefs: /* GraphQL */ `
    type Query {
      how(number: Int): String!
      work: Int
      again: Query!
    }
    type Mutation {
      how: String!
    }
    type Subscription {
      how(to: Int!): String!
    }
  `,
  resolvers: {
    Query: { how: executor, work: () => burn(2), again: () => ({}) },
    Mutation: { how: executor },
    Subscription: {
      how: {
        async *subscribe(_: unknown, { to }: { to: number }) {
          for (let number = 0; number < to; number++) {
            await new Promise((resolve) => setImmediate(resolve))
            yield number
          }
        },
        resolve: executor,
      },
    },
  },
})

const parsing = { module: 'graphql/language/parser.js', name: 'parseDocument' }
/** Called for every field of a document that is validated. */
const validating = { module: 'graphql/validation/rules/FieldsOnCorrectTypeRule.js', name: 'Field' }
/** Called for every set of variables that is coerced. */
const coercing = { module: 'graphql/execution/values.js', name: 'coerceVariableValues' }

const settings = { BUDGET_CAPACITY: '0', RATE_LIMIT_MAX: '0' }

t.test('a text is parsed and validated once, whichever way it comes in and however often', async (t) => {
  const { app } = await fixtureApp(t, settings, { schema })
  const { single, stream } = await everyDoor(t, app)
  for (const [name, door] of Object.entries(single)) {
    const query = `query ${name.replaceAll(' ', '')} { a: how b: how c: how }`
    const [parsed, validated] = await countCalls([parsing, validating], () =>
      eventually(async () => (await door({ query })).every(({ data }) => data?.['c'] === 'COMPILED')),
    )
    t.strictSame({ parsed, validated }, { parsed: 1, validated: 3 }, name)
  }
  for (const [name, door] of Object.entries(stream)) {
    const query = `subscription ${name.replaceAll(' ', '')}($to: Int!) { how(to: $to) }`
    const [parsed, validated] = await countCalls([parsing, validating], () =>
      eventually(async () => (await door({ query, variables: { to: 4 } })).every(({ data }) => data?.['how'] === 'COMPILED')),
    )
    t.strictSame({ parsed, validated }, { parsed: 1, validated: 1 }, name)
  }
})

t.test('variables are coerced once a request: a compiled plan takes them as they are', async (t) => {
  const { app } = await fixtureApp(t, settings, { schema })
  const payload = { query: 'query ($n: Int) { how(number: $n) }', variables: { n: 1 } }
  const ask = async () => (await app.inject({ method: 'POST', url: '/graphql', payload })).json<{ data: { how: string } }>()
  await eventually(async () => (await ask()).data.how === 'COMPILED')
  t.strictSame(await countCalls([coercing], ask), [1])
})

t.test('an operation is compiled beside the requests for it, also while the server has no time (D27)', async (t) => {
  let compiled = 0
  // asked by graphql-jit for each field with a resolver, while it compiles
  const resolverInfoEnricher = () => ({ compiled: ++compiled })
  const stock = await stockMercurius(t, { jit: 1, compilerOptions: { resolverInfoEnricher } })
  for (let document = 0; document < 20; document++)
    for (let round = 0; round < 2; round++)
      await stock.app.inject({ method: 'POST', url: '/graphql', payload: { query: `{ a${document}: one }` } })
  t.equal(compiled, 20, 'stock: whoever asks a second time waits for the compiler')

  const { app } = await fixtureApp(t, settings, { schema })
  const { single } = await everyDoor(t, app)
  const { post } = single
  if (post === undefined) throw new Error('no way in by POST')
  let busy = true
  const client = async (): Promise<void> => {
    while (busy) await post({ query: '{ work }' })
  }
  const clients = Promise.all(Array.from({ length: 8 }, client))
  const before = performance.eventLoopUtilization()
  for (const query of ['{ a: how }', '{ b: how }', 'mutation { how }', '{ c: how }', '{ d: how }']) {
    const ask = async () => Object.values((await post({ query }))[0]?.data ?? {})[0]
    t.equal(await ask(), 'INTERPRETED', `${query}: the first answer waits for no compiler`)
    await eventually(async () => (await ask()) === 'COMPILED')
  }
  const { utilization } = performance.eventLoopUtilization(before)
  busy = false
  await clients
  t.ok(utilization > 0.8, `busier than where Mercurius stops to compile by default: ${utilization}`)
})

t.test('an operation that would take long to compile is interpreted for ever: nobody waits for it', async (t) => {
  const { app } = await fixtureApp(t, { ...settings, GRAPHQL_MAX_ALIASES: '10000', GRAPHQL_MAX_ROOT_FIELDS: '1000' }, { schema })
  const fields = (count: number): string => Array.from({ length: count }, (_, index) => `a${index}: how(number: 1)`).join(' ')
  const ask = async (query: string): Promise<unknown> => {
    const response = await app.inject({ method: 'POST', url: '/graphql', payload: { query } })
    return response.json<{ data: Record<string, unknown> }>().data['a0']
  }
  const again = Array.from({ length: 8 }, (_, index) => `b${index}: again {...F}`).join(' ')
  const large = `{...F ${again}} fragment F on Query {${fields(150)}}`
  for (let round = 0; round < 12; round++) {
    t.equal(await ask(large), 'INTERPRETED', `round ${round}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await eventually(async () => (await ask(`{${fields(100)}}`)) === 'COMPILED')
})
