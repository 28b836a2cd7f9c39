import t from 'tap'
import { Kind, parse, validate } from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import { buildSchema } from '../src/app.ts'
import { bindingOf, executionSchema } from '../src/operation/executable.ts'
import { differentialSchema } from './support/differential-schema.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { graphql, serve, temporaryFolder } from './support/program.ts'

const schema = buildSchema()
const compiling = executionSchema(schema)

const start = (spec: string) => `mutation ($v: String, $spec: JSON) { startRun(input: { ritualId: "literal", spec: ${spec} }) {
  ... on RunAccepted { run { spec } } } }`

t.test('literals that a compiled plan would get wrong become variables, and every document compiles', async (t) => {
  const table: [string, number][] = [
    [start('$spec'), 1],
    [start('{ a: 1, b: ["x", null, true], c: { d: ENUM } }'), 0],
    [start('null'), 0],
    [start('{ a: $v }'), 1],
    ['query ($s: String) { runs(filter: { text: $s }) { totalCount } }', 1],
    ['query ($s: DateTime, $t: String) { runs(filter: { startedAfter: $s, text: $t }) { totalCount } }', 1],
    [start('{ a: [{ b: [$v] }] }'), 1],
    ['{ runs(filter: { startedAfter: "2026-01-01T00:00:00Z" }) { totalCount } }', 1],
    ['query ($at: DateTime = "2026-01-01T00:00:00Z") { runs(filter: { startedAfter: $at }) { totalCount } }', 1],
    ['query ($ids: [ID!]!, $id: ID!) { a: nodes(ids: $ids) { id } b: nodes(ids: [$id, "x"]) { id } }', 1],
    ['query ($status: RunStatus!) { runs(filter: { statuses: [$status, FAILED] }) { totalCount } }', 1],
    ['query ($filter: EventFilter) { timeline(filter: $filter) { pageInfo { hasNextPage } } }', 0],
    ['{ recordStream(key: { name: "s" }) { record(offset: "1") { sizeBytes } } }', 1],
    ['mutation { appendRecords(input: { records: [{ base64: "aGVsbG8=" }] }) { __typename } }', 1],
  ]
  for (const [text, literals] of table) {
    const document = parse(text)
    const { executable } = bindingOf(schema, document)({ s: 5n, at: 5n, ids: [], id: 'i', status: 'FAILED' })
    const [operation] = executable.document.definitions
    const names = operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : []
    t.equal(names.filter(({ variable }) => variable.name.value.startsWith('literal')).length, literals, text)
    t.ok(isCompiledQuery(compileQuery(compiling, executable.document)), text)
    const unused = validate(schema, document).filter(({ message }) => !message.includes('is never used'))
    t.strictSame(unused, [], text)
  }
})

t.test('a lifted literal takes no name that the operation uses, and has the value it was written with', async (t) => {
  const text = 'query ($literal0: Int) { runs(first: $literal0, filter: { startedAfter: "2026-01-01T00:00:00Z" }) { totalCount } }'
  const bind = bindingOf(schema, parse(text))
  t.strictSame(bind({ literal0: 5 }).values, { literal0: 5, literal0_: 1767225600000000000n })
})

t.test('a literal with variables is what the specification makes of it: what is left out is not null', async (t) => {
  const text =
    'query ($a: DateTime, $b: DateTime, $c: String) { runs(filter: { startedAfter: $a, startedBefore: $b, text: $c }) { totalCount } }'
  const bind = bindingOf(schema, parse(text))
  t.strictSame(bind({ a: 5n, c: null }).values['literal0'], Object.assign(Object.create(null), { startedAfter: 5n, text: null }))
})

t.test('a null where a literal must not have one fails its field and no other, before the operation is compiled and after', async (t) => {
  const { app } = await fixtureApp(t, {}, { schema: differentialSchema() })
  const query = 'query ($name: String = "z") {echo(filter: {inner: {names: ["a", $name]}}) upper(text: "A")}'
  for (let round = 0; round < 8; round++) {
    const ask = async (variables: object) =>
      JSON.parse((await app.inject({ method: 'POST', url: '/graphql', payload: { query, variables } })).body) as object
    t.match(
      await ask({ name: null }),
      {
        data: { echo: null, upper: /a/i },
        errors: [{ message: /^Argument "filter" has invalid value/, path: ['echo'], extensions: { code: 'BAD_USER_INPUT' } }],
      },
      `round ${round}`,
    )
    t.match(await ask({}), { data: { echo: /"names":\["a","z"\]/ } }, `round ${round}`)
    const whole = { query: 'query ($sure: Int = 2) {echo(sure: $sure)}', variables: { sure: null } }
    t.match(
      (await app.inject({ method: 'POST', url: '/graphql', payload: whole })).json(),
      { data: { echo: null }, errors: [{ message: /^Argument "sure"/, path: ['echo'], extensions: { code: 'BAD_USER_INPUT' } }] },
      `round ${round}`,
    )
    await new Promise((resolve) => setImmediate(resolve))
  }
})

const serving = (async () => serve(t, ['--empty', '--data', await temporaryFolder(t)], { BUDGET_CAPACITY: '0' }))()

t.test('a variable inside a JSON literal is there however often the operation is asked for', async (t) => {
  const server = await serving
  const query = start('{ deep: [{ value: $v }], moment: "x" }').replace(', $spec: JSON', '')
  for (let round = 1; round <= 12; round++) {
    const { data, errors } = await graphql(server.url, query, { v: `round ${round}` })
    t.strictSame(errors, undefined)
    t.strictSame(data, { startRun: { run: { spec: { deep: [{ value: `round ${round}` }], moment: 'x' } } } }, `round ${round}`)
  }
})

t.test('what fails in a list is null in its own place, before the operation is compiled and after', async (t) => {
  const server = await serving
  const { data } = await graphql(server.url, 'mutation { startRun(input: { ritualId: "there" }) { ... on RunAccepted { run { id } } } }')
  const { id } = (data as { startRun: { run: { id: string } } }).startRun.run
  for (let round = 1; round <= 12; round++) {
    const answer = await graphql(server.url, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['nope', id, 'no', id] })
    t.strictSame(answer.data, { nodes: [null, { id }, null, { id }] }, `round ${round}`)
    t.match(answer.errors, [{ path: ['nodes', 0] }, { path: ['nodes', 2] }])
  }
})
