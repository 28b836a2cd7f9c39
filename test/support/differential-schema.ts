import { makeExecutableSchema } from '@graphql-tools/schema'
import { getNullableType, GraphQLError, GraphQLScalarType, type GraphQLSchema, isListType, isObjectType, Kind } from 'graphql'
import { AppError, sourceUnavailable } from '../../src/errors.ts'
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
    echo(filter: Filter, color: Color, upper: Upper, ids: [ID!], flag: Boolean = true, number: Float, sure: Int! = 1): String
    pick(by: Pick!): String
    upper(text: Upper = "abc"): Upper
    wrongColor: Color
    notNull: String!
    later: Int
    failsLater: Int
    troubled: [Thing]
    troubledNumbers(at: Int = 0): [Int!]
    lateTrouble(at: Int = 0): [Thing]
    lateNumbers(at: Int = 0): [Int]
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

const lost = () => sourceUnavailable('sql', new Error('connect ECONNREFUSED'))

interface Item {
  kind: 'Planet' | 'Moon'
  id: number
}
export const planet = (id: number): Item => ({ kind: 'Planet', id })
export const moon = (id: number): Item => ({ kind: 'Moon', id })
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
          if ((id + at) % 5 === 0) throw new AppError('NOT_FOUND', `Moon ${id} is not there.`, { details: { moon: id } })
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
        troubled: () => [planet(1), new Error('no thing'), Promise.reject(lost()), null, Promise.resolve(moon(4))],
        troubledNumbers: (_: unknown, { at }: { at: number | null }) =>
          [1, 2, 3].map((number) => (number === at ? Promise.reject(lost()) : number)),
        lateTrouble: (_: unknown, { at }: { at: number | null }) =>
          [0, 1, 2, 3].map((number) => (number === at ? Promise.reject(lost()) : Promise.resolve(moon(number)))),
        lateNumbers: async (_: unknown, { at }: { at: number | null }) =>
          [0, 1, 2, 3].map((number) => (number === at ? Promise.reject(lost()) : number)),
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

/**
 * The same schema whose lists hold promises: the reference executor leaves a rejection that nobody handles where an item of a list fails at once beside
 * one that fails later, and answers the same when all come later.
 */
export function withLateItems(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap()))
    for (const field of isObjectType(type) && !type.name.startsWith('__') ? Object.values(type.getFields()) : []) {
      const { resolve } = field
      if (resolve === undefined || !isListType(getNullableType(field.type))) continue
      const late = (value: unknown): unknown => (Array.isArray(value) ? value.map((item: unknown) => Promise.resolve(item)) : value)
      field.resolve = (...given) => {
        const value: unknown = resolve(...given)
        return value instanceof Promise ? value.then(late) : late(value)
      }
    }
  return schema
}
