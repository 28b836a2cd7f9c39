import { makeExecutableSchema } from '@graphql-tools/schema'
import {
  execute,
  type ExecutionResult,
  GraphQLError,
  GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import { type Context } from '../../src/context.ts'
import { createPlans } from '../../src/operation/plans.ts'
import { isolate, selectOperation } from '../../src/operation/isolate.ts'
import { executionSchema, makeExecutable } from '../../src/operation/executable.ts'
import { specialise } from '../../src/operation/specialise.ts'
import { coerceVariables } from '../../src/operation/variables.ts'
import { stableJson } from '../../src/stable-json.ts'

/** Every shape that executors have to agree about. */
const typeDefs = /* GraphQL */ `
  scalar Upper
  enum Color {
    RED
    GREEN
    BLUE
  }
  input Inner {
    size: Int = 2
    names: [String!] = ["a", "b"]
  }
  input Filter {
    color: Color = GREEN
    upper: Upper
    inner: Inner = { size: 5 }
    list: [Inner!]
  }
  input Pick @oneOf {
    id: ID
    color: Color
    inner: Inner
  }
  interface Named {
    id: ID!
    name: String
    self: Named
  }
  union Thing = Planet | Moon
  type Planet implements Named {
    id: ID!
    name: String
    self: Named
    moons(first: Int = 2): [Moon!]!
    mayFail(at: Int = 0): [Int]
    mustNotFail(at: Int = 0): [Int!]
    color: Color
    thing: Thing
    system: Query
  }
  type Moon implements Named {
    id: ID!
    name: String
    self: Named
    planet: Planet
    strict(at: Int = 0): String!
    grid: [[Int!]]!
    color: Color
    thing: Thing
    system: Query
  }
  type Query {
    planet(id: ID = "1"): Planet
    planets(first: Int = 2, filter: Filter): [Planet]
    things: [Thing!]
    named(kind: Int = 0): Named
    echo(filter: Filter, color: Color, upper: Upper, ids: [ID!], flag: Boolean = true, number: Float): String
    pick(by: Pick!): String
    upper(text: Upper = "abc"): Upper
    wrongColor: Color
    notNull: String!
    later: Int
    failsLater: Int
  }
  type Mutation {
    add(by: Int = 1): Int!
    fail: Int
  }
  type Subscription {
    planet(filter: Filter, system: System): Planet
    strictPlanet: Planet!
    things: [Thing]
    strictThings: [Thing!]!
    named: Named!
    numbers: [Int!]
    plain: Planet
  }
  input System {
    size: Int
    inner: System
  }
`

interface Item {
  kind: 'Planet' | 'Moon'
  id: number
}
const planet = (id: number): Item => ({ kind: 'Planet', id })
const moon = (id: number): Item => ({ kind: 'Moon', id })
const common = {
  id: ({ id }: Item) => id,
  name: ({ id }: Item) => (id % 7 === 3 ? null : Promise.resolve(`name ${id}`)),
  self: (item: Item) => item,
  color: ({ id }: Item) => ['#f00', '#0f0', '#00f', '#bad'][id % 4],
  thing: ({ id }: Item) => (id % 2 === 0 ? moon(id + 1) : planet(id + 1)),
  system: () => ({}),
}
const listThatFails = (at: number): unknown[] => [1, new Error('in a list'), null, 4].slice(0, at % 5)

export function differentialSchema(): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs,
    resolvers: {
      Upper: new GraphQLScalarType({
        name: 'Upper',
        serialize(value) {
          if (value === 'BAD') throw new GraphQLError('cannot be written')
          return String(value).toUpperCase()
        },
        parseValue(value) {
          if (typeof value !== 'string') throw new GraphQLError('not a text')
          return value.toLowerCase()
        },
        parseLiteral(node) {
          if (node.kind !== Kind.STRING) throw new GraphQLError('not a text')
          return node.value.toLowerCase()
        },
      }),
      Color: { RED: '#f00', GREEN: '#0f0', BLUE: '#00f' },
      Named: { __resolveType: ({ kind }: Item) => kind },
      Thing: { __resolveType: ({ kind }: Item) => kind },
      Planet: {
        ...common,
        moons: ({ id }: Item, { first }: { first: number }) =>
          Array.from({ length: Math.max(0, first) }, (_, index) => moon(id * 10 + index)),
        mayFail: (_: Item, { at }: { at: number }) => listThatFails(at),
        mustNotFail: (_: Item, { at }: { at: number }) => Promise.resolve(listThatFails(at)),
      },
      Moon: {
        ...common,
        planet: ({ id }: Item) => (id % 3 === 0 ? null : planet(id % 10)),
        strict: ({ id }: Item, { at }: { at: number }) => {
          if ((id + at) % 5 === 0) throw new Error(`moon ${id} fails`)
          return (id + at) % 7 === 0 ? null : 'fine'
        },
        grid: ({ id }: Item) => (id % 4 === 1 ? [[1, 2], null, [3]] : id % 4 === 2 ? [[1, null]] : [[1], [2]]),
      },
      Query: {
        planet: (_: unknown, { id }: { id: string | null }) => (id === null ? null : planet(Number(id) || 0)),
        planets: (_: unknown, { first }: { first: number | null }) =>
          Array.from({ length: Math.min(4, Math.max(0, first ?? 1)) }, (_, index) =>
            index === 2 ? null : index === 3 ? Promise.resolve(planet(3)) : planet(index),
          ),
        things: () => [planet(1), moon(2), moon(5), planet(6)],
        named: (_: unknown, { kind }: { kind: number }) =>
          kind % 3 === 0 ? planet(kind) : kind % 3 === 1 ? moon(kind) : { kind: 'Nobody', id: 1 },
        echo: (_: unknown, args: object) => stableJson(args),
        pick: (_: unknown, args: object) => stableJson(args),
        upper: (_: unknown, { text }: { text: string | null }) => (text === 'bad' ? 'BAD' : text),
        wrongColor: () => 'purple',
        notNull: () => null,
        later: () => new Promise((resolve) => setImmediate(() => resolve(5))),
        failsLater: () => Promise.reject(new Error('later')),
      },
      Subscription: Object.fromEntries(
        ['planet', 'strictPlanet', 'things', 'strictThings', 'named', 'numbers'].map((field) => [
          field,
          { subscribe: () => undefined, resolve: ({ value }: { value: unknown }) => value },
        ]),
      ),
      Mutation: {
        add: (_: unknown, { by }: { by: number }) => by,
        fail: () => {
          throw new Error('not done')
        },
      },
    },
  })
}

/** mulberry32: small, fast, the same everywhere. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export interface Generated {
  readonly query: string
  readonly operationName: string
  readonly variables: Record<string, unknown>
}

interface Input {
  readonly type: string
  readonly literals: readonly string[]
  readonly values: readonly unknown[]
}
const inputs: Record<string, Input> = {
  Int: { type: 'Int', literals: ['0', '1', '3', 'null'], values: [0, 2, 4, null] },
  ID: { type: 'ID', literals: ['"1"', '7', 'null'], values: ['2', 3, null] },
  Color: { type: 'Color', literals: ['RED', 'null'], values: ['BLUE', null] },
  Upper: { type: 'Upper', literals: ['"Bad"', '"xY"', 'null'], values: ['bad', 'Zz', null] },
  Boolean: { type: 'Boolean', literals: ['true', 'false', 'null'], values: [true, false, null] },
  Float: { type: 'Float', literals: ['1', '2.5', 'null'], values: [1, 0.5, null] },
  ids: { type: '[ID!]', literals: ['["1", 2]', '"one"', '[]', 'null'], values: [['x', 1], 'lone', [], null] },
  Filter: {
    type: 'Filter',
    literals: ['{}', '{color: BLUE, inner: {names: ["z"]}}', '{list: [{size: 1}, {}], upper: "Q"}', '{list: {size: 9}}', 'null'],
    values: [{}, { color: 'RED' }, { list: [{ size: null }], upper: 'w' }, { inner: null }, null],
  },
  System: {
    type: 'System',
    literals: ['{inner: {inner: {size: 1}}}', 'null'],
    values: [{ size: 2, inner: { inner: {} } }, null],
  },
  Pick: {
    type: 'Pick!',
    literals: ['{id: "4"}', '{color: RED}', '{inner: {}}'],
    values: [{ id: '5' }, { color: 'GREEN' }, { inner: { size: 8 } }],
  },
}
const fields: Record<string, Record<string, { args?: Record<string, string>; type?: string; needs?: string[] }>> = {
  Query: {
    planet: { args: { id: 'ID' }, type: 'Planet' },
    planets: { args: { first: 'Int', filter: 'Filter' }, type: 'Planet' },
    things: { type: 'Thing' },
    named: { args: { kind: 'Int' }, type: 'Named' },
    echo: { args: { filter: 'Filter', color: 'Color', upper: 'Upper', ids: 'ids', flag: 'Boolean', number: 'Float' } },
    pick: { args: { by: 'Pick' }, needs: ['by'] },
    upper: { args: { text: 'Upper' } },
    wrongColor: {},
    notNull: {},
    later: {},
    failsLater: {},
  },
  Mutation: { add: { args: { by: 'Int' } }, fail: {} },
  Subscription: {
    planet: { args: { filter: 'Filter', system: 'System' }, type: 'Planet' },
    strictPlanet: { type: 'Planet' },
    things: { type: 'Thing' },
    strictThings: { type: 'Thing' },
    named: { type: 'Named' },
    numbers: {},
    plain: { type: 'Planet' },
  },
  Planet: {
    id: {},
    name: {},
    color: {},
    self: { type: 'Named' },
    thing: { type: 'Thing' },
    system: { type: 'Query' },
    moons: { args: { first: 'Int' }, type: 'Moon' },
    mayFail: { args: { at: 'Int' } },
    mustNotFail: { args: { at: 'Int' } },
  },
  Moon: {
    id: {},
    name: {},
    color: {},
    self: { type: 'Named' },
    thing: { type: 'Thing' },
    system: { type: 'Query' },
    planet: { type: 'Planet' },
    strict: { args: { at: 'Int' } },
    grid: {},
  },
  Named: { id: {}, name: {}, self: { type: 'Named' } },
  Thing: {},
}
const fits: Record<string, string[]> = {
  Planet: ['Planet', 'Named'],
  Moon: ['Moon', 'Named'],
  Named: ['Named', 'Planet', 'Moon'],
  Thing: ['Thing', 'Planet', 'Moon', 'Named'],
  Query: ['Query'],
  Mutation: ['Mutation'],
}

/** A valid document with several operations, and variables that hold; or with subscriptions. The same seed gives the same. */
export function generate(seed: number, kind: 'request' | 'subscription' = 'request'): Generated {
  const next = random(seed)
  const below = (count: number): number => Math.floor(next() * count)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const fragments: string[] = []
  let aliases = 0
  let variables: Record<string, unknown> = {}
  let declared: string[] = []

  const variable = (input: Input): string => {
    const name = `v${declared.length}`
    const withDefault = !input.type.endsWith('!') && next() < 0.3
    const literal = pick(input.literals)
    declared.push(`$${name}: ${input.type}${withDefault ? ` = ${literal}` : ''}`)
    if (input.type.endsWith('!') || next() < 0.7) variables[name] = pick(input.values)
    return `$${name}`
  }
  const directive = (): string => {
    if (next() > 0.2) return ''
    const name = pick(['skip', 'include'])
    if (next() < 0.4) return ` @${name}(if: ${next() < 0.5})`
    const flag = `v${declared.length}`
    declared.push(`$${flag}: Boolean!`)
    variables[flag] = next() < 0.5
    return ` @${name}(if: $${flag})`
  }
  const selection = (type: string, depth: number, mayFragment: boolean): string => {
    const parts: string[] = []
    const count = 1 + below(4)
    for (let index = 0; index < count; index++) {
      const kind = next()
      if (kind < 0.12) parts.push(`${next() < 0.4 ? `t${aliases++}: ` : ''}__typename${directive()}`)
      else if (kind < 0.3 && depth > 0) {
        const on = pick(fits[type] ?? [type])
        const inner = selection(on, depth - 1, mayFragment)
        if (mayFragment && next() < 0.5) {
          // a fragment has its own text: what it uses must be declared by every operation, so it uses constants
          const name = `F${fragments.length}`
          fragments.push('')
          fragments[Number(name.slice(1))] = `fragment ${name} on ${on} {${constant(on, depth - 1)}}`
          parts.push(`...${name}${directive()}`)
          if (next() < 0.3) parts.push(`...${name}`)
        } else parts.push(`...${next() < 0.8 || on !== type ? ` on ${on}` : ''}${directive()} {${inner}}`)
      } else parts.push(field(type, depth, mayFragment))
    }
    return parts.filter((part) => part !== '').join(' ') || '__typename'
  }
  const field = (type: string, depth: number, mayFragment: boolean, mayCondition = mayFragment): string => {
    const names = Object.keys(fields[type] ?? {}).filter((name) => depth > 0 || fields[type]?.[name]?.type === undefined)
    if (names.length === 0) return '__typename'
    const name = pick(names)
    const { args = {}, type: inner, needs = [] } = fields[type]?.[name] ?? {}
    const given = Object.entries(args).filter(([argument]) => needs.includes(argument) || next() < 0.4)
    const list = given.map(([argument, of]) => {
      const input = inputs[of] ?? { type: 'Int', literals: ['1'], values: [1] }
      return `${argument}: ${mayFragment && next() < 0.5 ? variable(input) : pick(input.literals)}`
    })
    // fields without arguments may meet themselves and are merged; others get a name of their own
    const alias = Object.keys(args).length > 0 || next() < 0.2 ? `a${aliases++}: ` : ''
    const set = inner === undefined ? '' : ` {${mayFragment ? selection(inner, depth - 1, true) : constant(inner, depth - 1)}}`
    return `${alias}${name}${list.length === 0 ? '' : `(${list.join(', ')})`}${mayCondition ? directive() : ''}${set}`
  }
  const constant = (type: string, depth: number): string => {
    const parts = Array.from({ length: 1 + below(3) }, () => field(type, Math.max(0, depth), false))
    return parts.join(' ')
  }
  const operations: { name: string; text: string; variables: Record<string, unknown> }[] = []
  for (let index = 0; index <= below(3); index++) {
    declared = []
    variables = {}
    const mutates = kind === 'request' && next() < 0.1
    const set = kind === 'subscription' ? field('Subscription', 4, true, false) : selection(mutates ? 'Mutation' : 'Query', 4, true)
    const name = `Op${index}`
    const head = declared.length === 0 ? '' : `(${declared.join(', ')})`
    operations.push({ name, text: `${kind === 'subscription' ? kind : mutates ? 'mutation' : 'query'} ${name}${head} {${set}}`, variables })
  }
  const wanted = pick(operations)
  return {
    query: [...operations.map(({ text }) => text), ...fragments].join('\n'),
    operationName: wanted.name,
    variables: wanted.variables,
  }
}

/** Null when the document is not valid: generated texts may select one name with two meanings. */
export function readGenerated(schema: GraphQLSchema, { query, operationName }: Generated) {
  const document = parse(query)
  if (validate(schema, document, specifiedRules).length > 0) return null
  return isolate(document, selectOperation(document, operationName))
}

interface Failure {
  readonly message: string
  readonly path?: readonly (string | number)[] | undefined
}
interface Answer {
  readonly data?: unknown
  readonly errors?: readonly Failure[] | undefined
}

/** How many steps of a path lead to something: the rest lies under a null. */
function aliveFor(data: unknown, path: readonly (string | number)[]): number {
  let value = data
  for (let step = 0; step < path.length; step++) {
    if (typeof value !== 'object' || value === null) return step
    value = (value as Record<string, unknown>)[String(path[step])]
  }
  return path.length
}

/**
 * What has to be equal in two answers: the data, every error at a place that is there, and which places are null because something in them failed. Which
 * of several failures in one such place are told is left to the executor (GraphQL specification 6.4.4: one is enough, the rest may be dropped).
 */
export const comparable = ({ data, errors = [] }: Answer) => {
  const told = new Set<string>()
  for (const { message, path = [] } of errors) {
    const alive = aliveFor(data ?? null, path)
    const place = path.slice(0, alive).join('/')
    // graphql-jit names a field once for each time it was selected, and without quotes
    told.add(
      alive === path.length
        ? `${place}: ${message
            .replace(/^(Runtime Object|Abstract) type .*/, 'no type of ours')
            .replace(/\.\((\w+)(,\1)*\)/, '.$1')
            .replaceAll('"', '')}`
        : `${place}: nulled`,
    )
  }
  return { data: JSON.parse(JSON.stringify(data ?? null)) as unknown, errors: [...told].sort() }
}

/** The same operation by the reference executor and by the compiled plan; null when there is nothing to run. */
export async function bothWays(
  schema: GraphQLSchema,
  generated: Generated,
): Promise<{ reference: ExecutionResult; compiled: ExecutionResult } | null> {
  const document = readGenerated(schema, generated)
  if (document === null) return null
  // as the pipeline hands it on
  const coerced = coerceVariables(schema, selectOperation(document, null), generated.variables)
  const executable = makeExecutable(schema, specialise(document, coerced))
  const plan = compileQuery(executionSchema(schema), executable.document)
  if (!isCompiledQuery(plan)) throw new Error(`not compiled: ${JSON.stringify(plan)} ${generated.query}`)
  const reference = await execute({ schema, document, variableValues: generated.variables, contextValue: {} })
  const compiled = await plan.query({}, {}, executable.valuesOf(coerced))
  return { reference, compiled }
}

const payloads: readonly unknown[] = [
  planet(1),
  planet(3),
  moon(5),
  [planet(1), null, moon(2), moon(5)],
  [1, null, 3],
  null,
  new Error('no event'),
  'text',
  7,
]

/**
 * Events of one subscription by the reference executor and by its compiled plan; null when the document is not valid.
 */
export async function eventsBothWays(
  schema: GraphQLSchema,
  generated: Generated,
): Promise<{ reference: ExecutionResult; compiled: ExecutionResult }[] | null> {
  const document = readGenerated(schema, generated)
  if (document === null) return null
  const coerced = coerceVariables(schema, selectOperation(document, null), generated.variables)
  const executable = makeExecutable(schema, specialise(document, coerced))
  const plans = createPlans(schema)
  const context = {} as Context
  const values = executable.valuesOf(coerced)
  while (plans.find(executable) === null) await new Promise((resolve) => setImmediate(resolve))
  const answers = []
  for (const value of payloads) {
    // what has no resolver of its own is read from the event
    const payload = { value, plain: value }
    const reference = await execute({ schema, document, rootValue: payload, contextValue: context, variableValues: generated.variables })
    answers.push({ reference, compiled: (await plans.find(executable)?.(payload, context, values)) ?? {} })
  }
  return answers
}
