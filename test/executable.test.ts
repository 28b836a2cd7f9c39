import t from 'tap'
import { Kind, parse, validate } from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import { buildSchema } from '../src/app.ts'
import { executionSchema, makeExecutable } from '../src/operation/executable.ts'
import { graphql, serve, temporaryFolder } from './support/program.ts'

const schema = buildSchema()
const compiling = executionSchema(schema)

const start = (spec: string) => `mutation ($v: String, $spec: JSON) { startRun(input: { ritualId: "literal", spec: ${spec} }) {
  ... on RunAccepted { run { spec } } } }`

t.test('literals that a compiled plan would get wrong become variables, and every document compiles', async (t) => {
  const table: [string, number][] = [
    [start('$spec'), 0],
    [start('{ a: 1, b: ["x", null, true], c: { d: ENUM } }'), 0],
    [start('null'), 0],
    [start('{ a: $v }'), 1],
    [start('{ a: [{ b: [$v] }] }'), 1],
    ['{ runs(filter: { startedAfter: "2026-01-01T00:00:00Z" }) { totalCount } }', 1],
    ['query ($at: DateTime = "2026-01-01T00:00:00Z") { runs(filter: { startedAfter: $at }) { totalCount } }', 0],
    ['query ($ids: [ID!]!, $id: ID!) { a: nodes(ids: $ids) { id } b: nodes(ids: [$id, "x"]) { id } }', 0],
    ['query ($status: RunStatus!) { runs(filter: { statuses: [$status, FAILED] }) { totalCount } }', 0],
    ['query ($filter: EventFilter) { timeline(filter: $filter) { pageInfo { hasNextPage } } }', 0],
    ['{ recordStream(key: { name: "s" }) { record(offset: "1") { sizeBytes } } }', 1],
    ['mutation { appendRecords(input: { records: [{ base64: "aGVsbG8=" }] }) { __typename } }', 1],
  ]
  for (const [text, literals] of table) {
    const document = parse(text)
    const executable = makeExecutable(schema, document)
    const [operation] = executable.document.definitions
    const names = operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : []
    t.equal(names.filter(({ variable }) => variable.name.value.startsWith('literal')).length, literals, text)
    t.ok(isCompiledQuery(compileQuery(compiling, executable.document)), text)
    const unused = validate(schema, document).filter(({ message }) => !message.includes('is never used'))
    t.strictSame(unused, [], text)
  }
})

t.test('a lifted literal takes no name that the operation uses, and has the value it was written with', async (t) => {
  const text =
    'query ($literal0: DateTime) { runs(filter: { startedAfter: "2026-01-01T00:00:00Z", startedBefore: $literal0 }) { totalCount } }'
  const executable = makeExecutable(schema, parse(text))
  t.strictSame(executable.valuesOf({ literal0: 5n }), { literal0: 5n, literal0_: 1767225600000000000n })
})

t.test('a variable inside a JSON literal is there however often the operation is asked for', async (t) => {
  const server = await serve(t, ['--empty', '--data', await temporaryFolder(t)], { BUDGET_CAPACITY: '0' })
  const query = start('{ deep: [{ value: $v }], moment: "x" }').replace(', $spec: JSON', '')
  for (let round = 1; round <= 12; round++) {
    const { data, errors } = await graphql(server.url, query, { v: `round ${round}` })
    t.strictSame(errors, undefined)
    t.strictSame(data, { startRun: { run: { spec: { deep: [{ value: `round ${round}` }], moment: 'x' } } } }, `round ${round}`)
  }
})
