import t from 'tap'
import { parse, validate } from 'graphql'
import { buildSchema } from '../src/app.ts'
import { createCompilable } from '../src/operation/compilable.ts'
import { graphql, serve, temporaryFolder } from './support/program.ts'

const schema = buildSchema()
const isCompilable = createCompilable(schema)

const start = (spec: string) => `mutation ($v: String, $spec: JSON) { startRun(input: { ritualId: "literal", spec: ${spec} }) {
  ... on RunAccepted { run { spec } } } }`

t.test('literals that a compiled plan would get wrong are not compiled', async (t) => {
  const table: [string, boolean][] = [
    [start('$spec'), true],
    [start('{ a: 1, b: ["x", null, true], c: { d: ENUM } }'), true],
    [start('null'), true],
    [start('{ a: $v }'), false],
    [start('{ a: [{ b: [$v] }] }'), false],
    ['{ runs(filter: { startedAfter: "2026-01-01T00:00:00Z" }) { totalCount } }', false],
    ['query ($at: DateTime = "2026-01-01T00:00:00Z") { runs(filter: { startedAfter: $at }) { totalCount } }', true],
    ['query ($ids: [ID!]!, $id: ID!) { a: nodes(ids: $ids) { id } b: nodes(ids: [$id, "x"]) { id } }', true],
    ['query ($status: RunStatus!) { runs(filter: { statuses: [$status, FAILED] }) { totalCount } }', true],
    ['query ($filter: EventFilter) { timeline(filter: $filter) { pageInfo { hasNextPage } } }', false],
    ['{ recordStream(key: { name: "s" }) { record(offset: "1") { sizeBytes } } }', false],
    ['mutation { appendRecords(input: { records: [{ base64: "aGVsbG8=" }] }) { __typename } }', false],
  ]
  for (const [text, compilable] of table) {
    const document = parse(text)
    t.equal(isCompilable(document), compilable, text)
    const unused = validate(schema, document).filter(({ message }) => !message.includes('is never used'))
    t.strictSame(unused, [], text)
  }
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
