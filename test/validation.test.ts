import t, { type Test } from 'tap'
import {
  buildSchema as buildSdl,
  doTypesOverlap,
  getIntrospectionQuery,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isCompositeType,
  isUnionType,
  NoUnusedVariablesRule,
  OverlappingFieldsCanBeMergedRule,
  parse,
  specifiedRules,
  validate,
  type ValidationRule,
} from 'graphql'
import { buildSchema } from '../src/app.ts'
import { fieldsMerge, mergingFieldsRule } from '../src/operation/merging-fields.ts'
import { rulesFor } from '../src/operation/validate.ts'
import { generate } from './support/differential-documents.ts'
import { differentialSchema } from './support/differential-schema.ts'
import { createDocumentMaker, dice, type Dice, seeded } from './support/random-documents.ts'

/** Fields that fit together, that differ in shape, and that differ by the type they are on. */
const schema = buildSdl(/* GraphQL */ `
  interface Node {
    id: ID!
    next(first: Int, by: By): Node
    all(first: Int): [Node!]
    value: String
  }
  interface Named implements Node {
    id: ID!
    next(first: Int, by: By): Named
    all(first: Int): [Node!]
    value: String
    name(style: String): String
  }
  input By {
    a: Int
    b: [String]
  }
  type Star implements Node & Named {
    id: ID!
    next(first: Int, by: By): Star
    all(first: Int): [Node!]
    value: String
    name(style: String): String
    size: Int!
    thing: Thing
  }
  type Stone implements Node {
    id: ID!
    next(first: Int, by: By): Stone
    all(first: Int): [Node!]
    value: String
    size: Int
    weight: Float
    thing: Thing
  }
  type Sea implements Node {
    id: ID!
    next(first: Int, by: By): Node
    all(first: Int): [Node!]
    value: String
    size: [Int]
    thing: [Thing]
  }
  union Thing = Star | Stone | Sea
  type Query {
    node: Node
    thing: Thing
    star: Star
    stones: [Stone]
  }
`)
const keys = ['x', 'y'] as const
const calls = [
  '',
  '(first: 1)',
  '(first: 2)',
  '(by: {a: 1, b: ["c"]})',
  '(by: {b: ["c"], a: 1})',
  '(first: $n)',
  '(by: {b: $l}, first: 1)',
] as const

/** Documents whose fields meet again and again, rightly and wrongly. */
function crowdedDocument({ roll, chance, pick }: Dice): string {
  const composites = Object.values(schema.getTypeMap()).filter((type) => isCompositeType(type) && !type.name.startsWith('__'))
  const types = composites.filter(isCompositeType).filter(({ name }) => name !== 'Query')
  const oneOf = <T>(from: readonly T[]): T | undefined => from[roll(from.length)]
  const fragments = Array.from({ length: roll(5) }, () => oneOf(types) ?? schema.getQueryType())
  const fits = (type: GraphQLCompositeType) => (other: GraphQLCompositeType | null | undefined) =>
    other != null && doTypesOverlap(schema, type, other)

  const fieldOf = (type: GraphQLCompositeType, levels: number, from: number): string => {
    const key = chance(0.15) ? `${pick(keys)}: ` : ''
    const fields = isUnionType(type) ? [] : Object.values(type.getFields())
    const field = oneOf(fields.filter((one) => levels > 0 || !isCompositeType(getNamedType(one.type))))
    if (field === undefined) return `${key}__typename`
    const given = getNamedType(field.type)
    const call = field.name === 'next' && chance(0.2) ? pick(calls) : ''
    return `${key}${field.name}${call}${isCompositeType(given) ? ` ${selections(given, levels - 1, from)}` : ''}`
  }
  const selections = (type: GraphQLCompositeType, levels: number, from: number): string => {
    const one = (): string => {
      const side = roll(10)
      const name = side < 3 ? oneOf(types.filter(fits(type)))?.name : undefined
      if (name !== undefined) return `... on ${name} ${selections(schema.getType(name) as GraphQLCompositeType, levels - 1, from)}`
      const spread = oneOf([...fragments.keys()].filter((at) => at >= from && fits(type)(fragments[at])))
      return side < 5 && spread !== undefined ? `...F${spread}` : fieldOf(type, levels, from)
    }
    return `{${Array.from({ length: 1 + roll(3) }, one).join(' ')}}`
  }
  const root = schema.getQueryType()
  const definitions = fragments.map((type, at) =>
    type == null ? '' : `fragment F${at} on ${type.name} ${selections(type, 2, chance(0.02) ? 0 : at + 1)}`,
  )
  return `query($n: Int, $l: [String]) ${root == null ? '' : selections(root, 3, 0)} ${definitions.join(' ')}`
}

const told = (schema: GraphQLSchema, text: string, rule: ValidationRule) =>
  validate(schema, parse(text), [rule]).map(({ message, locations }) => ({ message, locations }))

// what nothing uses is no reason why fields should not merge
const otherRules = specifiedRules.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule && rule !== NoUnusedVariablesRule)

/** Ours says what the stock rule says; and of what is valid otherwise, it knows that fields merge without asking the stock rule. */
function compare(t: Test, schema: GraphQLSchema, texts: Iterable<string>): { merge: number; conflict: number } {
  const seen = { merge: 0, conflict: 0 }
  for (const text of texts) {
    const document = parse(text)
    const stock = told(schema, text, OverlappingFieldsCanBeMergedRule)
    if (JSON.stringify(told(schema, text, mergingFieldsRule)) !== JSON.stringify(stock)) t.fail(`another verdict: ${text}`)
    const merges = fieldsMerge(schema, document)
    if (validate(schema, document, otherRules).length > 0) continue
    if (merges !== (stock.length === 0)) t.fail(`merges: ${merges}, stock: ${JSON.stringify(stock)}: ${text}`)
    seen[merges ? 'merge' : 'conflict']++
  }
  return seen
}

function* many<T>(count: number, make: () => T): Iterable<T> {
  for (let at = 0; at < count; at++) yield make()
}

t.test('fields that meet are judged as the stock rule judges them, in its words', async (t) => {
  const by = dice(seeded(Number(process.env['FUZZ_SEED'] ?? 1)))
  const { merge, conflict } = compare(
    t,
    schema,
    many(Number(process.env['FUZZ_DOCUMENTS'] ?? 1200), () => crowdedDocument(by)),
  )
  t.comment(`${merge} merge, ${conflict} conflict`)
  t.ok(merge > 200, `${merge} merge`)
  t.ok(conflict > 200, `${conflict} conflict`)
})

t.test('documents over the real schema are judged alike, introspection too', async (t) => {
  const real = buildSchema()
  const by = dice(seeded(2))
  const make = createDocumentMaker(real, by)
  const kinds = ['query', 'mutation'] as const
  const { merge } = compare(t, real, [...many(300, () => make(by.pick(kinds))), getIntrospectionQuery()])
  t.ok(merge > 100, `${merge} merge`)
})

t.test('what the specification names is told apart', async (t) => {
  const verdicts: [string, boolean][] = [
    ['{star {x: id x: value}}', false],
    ['{star {next(first: 1) {id} next(first: 1) {value}}}', true],
    ['{star {next(first: 1) {id} next {value}}}', false],
    ['{star {next(by: {a: 1, b: []}) {id} next(by: {b: [], a: 1}) {id}}}', true],
    ['{star {next(by: {b: ["1"]}) {id} next(by: {b: [1]}) {id}}}', false],
    ['{thing {... on Star {x: id} ... on Stone {x: weight}}}', false],
    ['{thing {... on Star {x: value} ... on Stone {x: next {id}}}}', false],
    ['{thing {... on Star {x: name} ... on Stone {x: value}}}', true],
    ['{thing {... on Star {x: next {k: value}} ... on Stone {x: all {k: value}}}}', false],
    ['{thing {... on Star {x: next {k: name}} ... on Stone {x: next {k: value}}}}', true],
    ['{thing {... on Star {x: next {k: value}} ... on Stone {x: next {k: id}}}}', false],
    ['{node {x: value ... on Star {x: name}}}', false],
    ['{node {x: value ... on Star {y: id} ... on Stone {x: value}}}', true],
    ['{thing {... on Named {x: name} ... on Stone {x: value}}}', false],
    ['{thing {__typename ... on Star {__typename}}}', true],
    ['{thing {x: __typename ... on Star {x: id}}}', false],
    ['{a: star {...F} a: star {...F} stones {...G}} fragment F on Star {x: value} fragment G on Stone {x: weight}', true],
    ['{a: star {...F} a: star {x: id}} fragment F on Star {x: value}', false],
  ]
  for (const [text, expected] of verdicts) {
    t.equal(fieldsMerge(schema, parse(text)), expected, text)
    t.equal(told(schema, text, OverlappingFieldsCanBeMergedRule).length === 0, expected, `stock: ${text}`)
  }
})

t.test('what cannot be known is left to the stock rule, and ends', async (t) => {
  // each level multiplies the ways in which objects of several types can meet
  const branching = (levels: number): string => {
    const chain = (length: number): string => (length === 0 ? '{id}' : `{next ${chain(length - 1)}}`)
    if (levels === 0) return '{id}'
    const concrete = ['Star', 'Stone', 'Sea'].map((type) => `... on ${type} {next ${chain(levels)}}`)
    return `{next ${branching(levels - 1)} ${concrete.join(' ')}}`
  }
  const unknown = [
    '{star {...F}} fragment F on Star {next {...F}}',
    '{star {id}} fragment F on Star {x: id x: value}',
    '{star {none}}',
    '{star {...Missing}}',
    '{star {... on Missing {id}}}',
    '{star {... on By {a}}}',
    'mutation {a}',
    `{node ${branching(9)}}`,
  ]
  for (const text of unknown) t.equal(fieldsMerge(schema, parse(text)), false, text.slice(0, 80))
  t.equal(told(schema, `{node ${branching(9)}}`, mergingFieldsRule).length, 0, 'the stock rule finds nothing wrong with it')
})

t.test('variables are judged as the stock rules judge them, wherever they stand', async (t) => {
  const schema = differentialSchema()
  const by = dice(seeded(3))
  const judged = { valid: 0, invalid: 0 }
  for (let seed = 1; seed <= 400; seed++) {
    const { query } = generate(seed)
    const variables = [...query.matchAll(/\$\w+/g)]
    const one = variables[by.roll(variables.length)]
    // one place may name another variable, or none that there is
    const torn =
      one === undefined
        ? query
        : `${query.slice(0, one.index)}${by.pick(['$gone', '$flag', '$v0'])}${query.slice(one.index + one[0].length)}`
    for (const text of [query, torn]) {
      const document = parse(text)
      const stock = validate(schema, document, specifiedRules, { maxErrors: 20 }).slice(0, 20)
      const ours = validate(schema, document, rulesFor({ introspection: true }), { maxErrors: 20 }).slice(0, 20)
      if (JSON.stringify(ours) !== JSON.stringify(stock)) t.same(ours, stock, text)
      judged[stock.length === 0 ? 'valid' : 'invalid']++
    }
  }
  t.ok(judged.valid > 100 && judged.invalid > 100, JSON.stringify(judged))
})
