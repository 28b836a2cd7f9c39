import { type FormattedExecutionResult, parse, stripIgnoredCharacters } from 'graphql'
import { Trace } from '@apollo/usage-reporting-protobuf'
import { mercuriusFederationPlugin } from '@mercuriusjs/federation'
import Fastify from 'fastify'
import tap from 'tap'
import { buildSubgraph } from '../src/federation/subgraph.ts'
import { type Asked, inventorySchema, productsSchema, productsSdl, usersSchema } from './fixtures/products/schemas.ts'
import { composers } from './support/composers.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { type Answer, apolloGateway } from './support/gateways.ts'

type Products = Awaited<ReturnType<typeof fixtureApp>>['app']

const askOf =
  (app: Products, headers: Record<string, string> = {}): Answer =>
  async (request) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(request),
    })
    if (!String(answer.headers['content-type']).startsWith('application/json')) throw new Error('the suite reads application/json only')
    return answer.json<FormattedExecutionResult>()
  }

const asked: Asked = []
const { app } = await fixtureApp(tap, { BUDGET_CAPACITY: '0' }, { schema: productsSchema(asked) })
const products = askOf(app)
const sdlOf = async (): Promise<string> => {
  const { data } = await products({ query: '{ _service { sdl } }' })
  return stripIgnoredCharacters((data as { _service: { sdl: string } })._service.sdl)
}
const sdl = await sdlOf()
const entities = (representations: unknown[], selection: string) =>
  products({
    query: `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`,
    variables: { representations },
  })

const neighbours = {
  users: askOf((await fixtureApp(tap, { BUDGET_CAPACITY: '0' }, { schema: usersSchema() })).app),
  inventory: askOf((await fixtureApp(tap, { BUDGET_CAPACITY: '0' }, { schema: inventorySchema() })).app),
}
const [apollo] = composers
const composed = apollo?.compose([
  { name: 'products', sdl: productsSdl('products') },
  { name: 'users', sdl: productsSdl('users') },
  { name: 'inventory', sdl: productsSdl('inventory') },
])
const router = await apolloGateway(tap, composed?.supergraph ?? '', { products, ...neighbours })

const kindOf = (name: string) => products({ query: `{ __type(name: "${name}") { kind } }` })

// The fifteen columns of the public subgraph compatibility suite (platform 5.3): one test each, with all of its checks.

tap.test('column _service: the field says the SDL, which is a String that is always there', async (t) => {
  const { data } = await products({
    query: '{ __type(name: "_Service") { kind fields { name type { kind ofType { name kind } } } } }',
  })
  t.match(data, {
    __type: { kind: 'OBJECT', fields: [{ name: 'sdl', type: { kind: 'NON_NULL', ofType: { name: 'String', kind: 'SCALAR' } } }] },
  })
  t.equal(sdl, stripIgnoredCharacters(sdl))
  t.match(sdl, /type Query/)
  t.match(await products({ query: '{ __type(name: "_Entity") { kind possibleTypes { name } } }' }), {
    data: {
      __type: {
        kind: 'UNION',
        possibleTypes: ['Product', 'DeprecatedProduct', 'ProductResearch', 'User', 'Inventory'].map((name) => ({ name })),
      },
    },
  })
  t.match(await kindOf('_Any'), { data: { __type: { kind: 'SCALAR' } } })
  t.match(await kindOf('FieldSet'), { data: { __type: { kind: 'SCALAR' } } })
  t.match(await kindOf('link__Purpose'), { data: { __type: { kind: 'ENUM' } } })
  t.match(await kindOf('link__Import'), { data: { __type: { kind: 'SCALAR' } } })
})

tap.test('column @key single: User by email', async (t) => {
  t.match(sdl, /type User(@extends)?@key\(fields:"email"( resolvable:true)?\)/)
  t.strictSame((await entities([{ __typename: 'User', email: 'support@apollographql.com' }], '... on User { email name }')).data, {
    _entities: [{ email: 'support@apollographql.com', name: 'Jane Smith' }],
  })
})

tap.test('column @key multi: DeprecatedProduct by sku and package', async (t) => {
  t.match(sdl, /type DeprecatedProduct@key\(fields:"sku package"/)
  const known = { sku: 'apollo-federation-v1', package: '@apollo/federation-v1' }
  t.strictSame((await entities([{ __typename: 'DeprecatedProduct', ...known }], '... on DeprecatedProduct { sku package reason }')).data, {
    _entities: [{ ...known, reason: 'Migrate to Federation V2' }],
  })
})

tap.test('column @key composite: ProductResearch by its study', async (t) => {
  t.match(sdl, /type ProductResearch@key\(fields:"study { caseNumber }"/)
  const answer = await entities(
    [{ __typename: 'ProductResearch', study: { caseNumber: '1234' } }],
    '... on ProductResearch { study { caseNumber description } }',
  )
  t.strictSame(answer.data, { _entities: [{ study: { caseNumber: '1234', description: 'Federation Study' } }] })
})

tap.test('column repeatable @key: Product by three key sets, each asked once', async (t) => {
  t.match(sdl, /type Product.*@key\(fields:"id"( resolvable:true)?\).*\{/)
  t.match(sdl, /type Product.*@key\(fields:"sku package"( resolvable:true)?\).*variation/)
  t.match(sdl, /type Product.*@key\(fields:"sku variation { id }"( resolvable:true)?\).*\{/)
  asked.length = 0
  const answer = await entities(
    [
      { __typename: 'Product', id: 'apollo-federation' },
      { __typename: 'Product', sku: 'federation', package: '@apollo/federation' },
      { __typename: 'Product', sku: 'studio', variation: { id: 'platform' } },
      { __typename: 'Product', id: 'apollo-studio' },
    ],
    '... on Product { id sku }',
  )
  const federation = { id: 'apollo-federation', sku: 'federation' }
  const studio = { id: 'apollo-studio', sku: 'studio' }
  t.strictSame(answer.data, { _entities: [federation, federation, studio, studio] })
  t.strictSame(asked, [
    { key: 'Product by id', count: 2 },
    { key: 'Product by sku package', count: 1 },
    { key: 'Product by sku variation { id }', count: 1 },
  ])
})

tap.test('column @requires: a computed field takes what it requires from the representation', async (t) => {
  t.match(sdl, /averageProductsCreatedPerYear:Int@requires\(fields:"totalProductsCreated yearsOfEmployment"\)/)
  const query = '{ product(id: "apollo-federation") { createdBy { averageProductsCreatedPerYear email } } }'
  const { errors, data } = await router({ query })
  t.strictSame(
    { ...(errors && { errors }), data },
    {
      data: { product: { createdBy: { averageProductsCreatedPerYear: 134, email: 'support@apollographql.com' } } },
    },
  )
  const given = { __typename: 'User', email: 'support@apollographql.com', totalProductsCreated: 300, yearsOfEmployment: 3 }
  t.strictSame((await entities([given], '... on User { averageProductsCreatedPerYear }')).data, {
    _entities: [{ averageProductsCreatedPerYear: 100 }],
  })
})

tap.test('column @provides: a provided field is answered here', async (t) => {
  t.match(sdl, /createdBy:User@provides\(fields:"totalProductsCreated"\)/)
  const answer = await products({ query: '{ product(id: "apollo-federation") { createdBy { email totalProductsCreated } } }' })
  t.strictSame(answer.data, { product: { createdBy: { email: 'support@apollographql.com', totalProductsCreated: 1337 } } })
})

tap.test('column federated tracing: the trace is there when it is asked for, and decodes', async (t) => {
  const traced = askOf(app, { 'apollo-federation-include-trace': 'ftv1' })
  const answer = await traced({ query: '{ product(id: "apollo-federation") { sku createdBy { who: email } } }' })
  t.strictSame(answer.data, { product: { sku: 'federation', createdBy: { who: 'support@apollographql.com' } } })
  const text = answer.extensions?.['ftv1']
  t.type(text, 'string')
  const trace = Trace.decode(Buffer.from(String(text), 'base64'))
  const [product] = trace.root?.child ?? []
  t.match(product, { responseName: 'product', type: 'Product', parentType: 'Query' })
  const [sku, createdBy] = product?.child ?? []
  t.match(sku, { responseName: 'sku', type: 'String', parentType: 'Product' })
  t.match(createdBy?.child?.[0], { responseName: 'who', originalFieldName: 'email' })
  t.ok(Number(trace.durationNs) > 0 && Number(product?.endTime) >= Number(product?.startTime))
  t.equal((await products({ query: '{ product(id: "x") { sku } }' })).extensions?.['ftv1'], undefined, 'not without the header')
})

tap.test('column federated tracing: an error is at its field', async (t) => {
  const traced = askOf(app, { 'apollo-federation-include-trace': 'ftv1' })
  const answer = await traced({ query: '{ _entities(representations: [{ __typename: "Product", id: "broken" }]) { __typename } }' })
  const trace = Trace.decode(Buffer.from(String(answer.extensions?.['ftv1']), 'base64'))
  const [failed] = trace.root?.child?.[0]?.error ?? []
  t.equal(trace.root?.child?.[0]?.error?.length, 1)
  t.equal(failed?.message, answer.errors?.[0]?.message)
  t.equal(failed?.message, 'Something went wrong on our side.', 'a trace says no more than the answer')
})

tap.test('a trace goes with the answer that it was too long for', async (t) => {
  const { app: narrow } = await fixtureApp(t, { BUDGET_CAPACITY: '0', MAX_RESPONSE_BYTES: '3000' }, { schema: productsSchema([]) })
  const selection = 'id sku package createdBy { email name }'
  const query = `{ ${[...'abcdefghij'].map((alias) => `${alias}: product(id: "apollo-federation") { ${selection} }`).join(' ')} }`
  const { errors, extensions } = await askOf(narrow, { 'apollo-federation-include-trace': 'ftv1' })({ query })
  t.match(errors, [{ extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'response' } }])
  t.equal(extensions?.['ftv1'], undefined)
})

tap.test('column @link: exactly one link to version 2, importing what the suite knows', async (t) => {
  const links = sdl.match(/@link\(.+?\)/g) ?? []
  const federation = links.filter((one) => one.includes('https://specs.apollo.dev/federation/'))
  t.equal(federation.length, 1)
  t.match(federation[0], /v2\.[0-7]"/)
  const imports = /import:\[(.+?)\]/.exec(federation[0] ?? '')?.[1]?.split(' ') ?? []
  const known =
    '@composeDirective @extends @external @inaccessible @interfaceObject @key @override @provides @requires @shareable @tag FieldSet'
  t.strictSame(imports.map((one) => one.replaceAll('"', '')).sort(), known.split(' ').sort())
})

tap.test('column @shareable: a value type is shared with a neighbour', async (t) => {
  t.match(sdl, /type ProductDimension@shareable/)
  t.strictSame((await router({ query: '{ product(id: "apollo-federation") { dimensions { size weight } } }' })).data, {
    product: { dimensions: { size: 'small', weight: 1 } },
  })
})

tap.test('column @tag: kept in the SDL', async (t) => t.match(sdl, '@tag(name:"internal")'))

tap.test('column @override: the field is answered here, not by its former owner', async (t) => {
  t.match(sdl, '@override(from:"users")')
  t.strictSame((await router({ query: '{ product(id: "apollo-federation") { createdBy { name } } }' })).data, {
    product: { createdBy: { name: 'Jane Smith' } },
  })
})

tap.test('column @inaccessible: hidden from the supergraph, answered directly', async (t) => {
  t.match(sdl, 'unit:String@inaccessible')
  const query = '{ product(id: "apollo-federation") { dimensions { unit } } }'
  t.strictSame((await products({ query })).data, { product: { dimensions: { unit: 'kg' } } })
  t.match(await router({ query }), { errors: [{ message: /Cannot query field "unit"/ }] })
})

tap.test('column @composeDirective: our own directive reaches the supergraph', async (t) => {
  t.match(sdl, /schema.*@composeDirective\(name:.*"@custom"\)/)
  t.match(sdl, /directive.*@custom on OBJECT/)
  t.match(sdl, /type Product.*@custom.*\{/)
  t.match(sdl, '@link(url:"https://myspecs.dev/myCustomDirective/v1.0" import:["@custom"])')
  t.match(composed?.supergraph, '@link(url: "https://myspecs.dev/myCustomDirective/v1.0", import: ["@custom"])')
  t.match(composed?.supergraph, /^type Product\b(?:.*\n)*? +@custom\b/m)
})

tap.test('column @interfaceObject: adds a field to another subgraph’s interface', async (t) => {
  t.match(sdl, /type Inventory.*@interfaceObject/)
  t.match(sdl, /type Inventory.*@key\(fields:"id"( resolvable:true)?\)/)
  t.strictSame((await router({ query: '{ inventory(id: "apollo-oss") { deprecatedProducts { sku reason } } }' })).data, {
    inventory: { deprecatedProducts: [{ sku: 'apollo-federation-v1', reason: 'Migrate to Federation V2' }] },
  })
})

// What the suite does not ask, and a gateway relies on.

tap.test('_entities (D30) keeps order and length; a miss is null; a bad one is an error at its place and sinks nobody', async (t) => {
  const stock = Fastify()
  t.teardown(() => stock.close())
  let resolved = 0
  await stock.register(mercuriusFederationPlugin, {
    schema: 'type Query { one: Int } type Product @key(fields: "id") { id: ID! }',
    resolvers: { Product: { __resolveReference: (product: object) => ({ ...product, resolved: ++resolved }) } },
  })
  const query = 'query ($all: [_Any!]!) { _entities(representations: $all) { __typename } }'
  const wild = (...names: string[]) => {
    const all = names.map((__typename) => ({ __typename, id: '1' }))
    return stock.inject({ method: 'POST', url: '/graphql', payload: { query, variables: { all } } })
  }
  await wild('Product', 'Product', 'Product')
  t.equal(resolved, 3, 'stock: one by one')
  const failed = await wild('Product', 'Nobody')
  t.equal(failed.statusCode, 500, 'stock: one name that nobody knows sinks all')

  const answer = await entities(
    [
      { __typename: 'Product', id: 'apollo-studio' },
      { __typename: 'Nobody', id: '1' },
      { __typename: 'Product', id: 'missing' },
      { __typename: 'Product', name: 'no key' },
      'not an object',
      { __typename: 'Product', id: 'broken' },
      { __typename: 'User', email: 'support@apollographql.com' },
      { __typename: 'Product', id: 'apollo-studio' },
    ],
    '__typename ... on Product { id } ... on User { name }',
  )
  const studio = { __typename: 'Product', id: 'apollo-studio' }
  t.strictSame(answer.data, { _entities: [studio, null, null, null, null, null, { __typename: 'User', name: 'Jane Smith' }, studio] })
  const errors = (answer.errors ?? []).map(({ path, extensions }) => ({ path, code: extensions?.['code'] }))
  const bad = 'BAD_USER_INPUT'
  t.strictSame(
    errors.sort((a, b) => Number(a.path?.[1]) - Number(b.path?.[1])),
    [
      { path: ['_entities', 1], code: bad },
      { path: ['_entities', 3], code: bad },
      { path: ['_entities', 4], code: bad },
      { path: ['_entities', 5], code: 'INTERNAL_SERVER_ERROR' },
    ],
  )
  t.ok(
    (answer.errors ?? []).every(({ locations }) => locations?.length === 1),
    'located',
  )
  t.notMatch(JSON.stringify(answer.errors), 'this product is broken', 'masked')
})

tap.test('_entities takes literals, variables inside literals, and several aliases in one operation', async (t) => {
  const query = `query ($id: ID!, $rest: [_Any!]!) {
    a: _entities(representations: [{ __typename: "Product", id: $id }, { __typename: "Product", id: "apollo-federation" }]) { ... on Product { id } }
    b: _entities(representations: $rest) { ... on User { email } }
    c: _entities(representations: []) { __typename }
  }`
  for (const round of [1, 2, 3, 4, 5]) {
    const variables = { id: 'apollo-studio', rest: [{ __typename: 'User', email: 'support@apollographql.com' }] }
    t.strictSame(
      (await products({ query, variables })).data,
      { a: [{ id: 'apollo-studio' }, { id: 'apollo-federation' }], b: [{ email: 'support@apollographql.com' }], c: [] },
      `round ${round}: compiled or not`,
    )
  }
})

tap.test('names follow the link: what is not imported has its namespace', async (t) => {
  const schema = buildSubgraph<unknown>({
    typeDefs: parse(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed", import: [{ name: "@key", as: "@id" }])
      type Query { thing: Thing @fed__cost(weight: 3) }
      type Thing @id(fields: "id") { id: ID! name: String @fed__tag(name: "x") }
    `),
    resolvers: {},
    findEntities: () => async (all) => all.map(() => null),
  })
  t.ok(schema.getDirective('id') && schema.getDirective('fed__shareable') && schema.getType('fed__FieldSet'))
  t.match(schema.getType('_Entity'), { name: '_Entity' })
})

tap.test('a resolvable key that nothing finds, or a schema without its link, is refused at the start', async (t) => {
  const build = (text: string) => buildSubgraph<unknown>({ typeDefs: parse(text), resolvers: {}, findEntities: () => undefined })
  const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
  t.throws(() => build(`${link} type Query { a: A } type A @key(fields: "id") { id: ID! }`), /nothing finds it/)
  t.doesNotThrow(() => build(`${link} type Query { a: A } type A @key(fields: "id", resolvable: false) { id: ID! }`))
  t.throws(() => build('type Query { a: Int }'), /links exactly one version 2/)
})
