import { type RequestOrigin } from '../../src/operation/operation.ts'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { type FastifyInstance } from 'fastify'
import { GraphQLError } from 'graphql'
import { type AppParts, buildApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { type Context } from '../../src/context.ts'
import { type DataSources } from '../../src/datasources/index.ts'
import { AppError, sourceUnavailable } from '../../src/errors.ts'
import { createPresence } from '../../src/presence.ts'
import { type CursorCodec } from '../../src/subscriptions/cursor.ts'
import { delivery, shownIn } from '../../src/subscriptions/delivery.ts'
import { type LiveHub } from '../../src/subscriptions/hub.ts'

/** A small schema with every shape the pipeline has rules about; its resolvers count what they do. */
const typeDefs = /* GraphQL */ `
  directive @cost(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @listSize(
    assumedSize: Int
    slicingArguments: [String!]
    sizedFields: [String!]
    requireOneSlicingArgument: Boolean = true
  ) on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR
  directive @authenticated on ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR
  type Query {
    one: Int!
    two: Int
    echo(text: String = "nothing", number: Int, id: ID): String
    tenant: String!
    pick(input: Pick!): String
    list(first: Int = 2): [Item!]! @listSize(slicingArguments: ["first"], assumedSize: 5, requireOneSlicingArgument: false)
    connection(first: Int, page: PageInput): Connection!
      @listSize(
        slicingArguments: ["first", "page.size"]
        sizedFields: ["edges", "nodes"]
        assumedSize: 20
        requireOneSlicingArgument: false
      )
    strict(first: Int): [Item!]! @listSize(slicingArguments: ["first"])
    dear: Int @cost(weight: "50")
    refund: Item @cost(weight: "-5")
    thing(kind: String): Thing
    things: [Thing!]! @listSize(assumedSize: 4)
    nothingToSee: String @requiresScopes(scopes: [["system:admin"]])
    secret: Secret
    me: String @authenticated
    leak: String
    known: String
    lost: String
    broken: [Item!]!
    null: String!
    slow: String
    promised: Promised
  }
  type Mutation {
    add(by: Int = 1): Int! @cost(weight: "10")
  }
  type Subscription {
    ticks(to: Int = 3): Int!
    idle: Int
    dearTicks: Int @cost(weight: "50")
    tooDearTicks: Int @cost(weight: "5000")
    secretTicks: Int @requiresScopes(scopes: [["system:admin"]])
    refused: Int
    leakAtStart: Int
    leakMidway: Int
    leakInEvent: Tick
    onlyOnce(bytes: Int = 50000): String
  }
  type Tick {
    number: Int
    leak: String
    slow: String
    text(characters: Int!): String
  }
  input PageInput {
    size: Int
  }
  input Pick @oneOf {
    a: String
    b: Int
  }
  interface Thing {
    id: ID!
    item: Item
  }
  type Small implements Thing {
    id: ID!
    item: Item
    small: String
  }
  type Big implements Thing @cost(weight: "7") {
    id: ID!
    item: Item
    parts: [Item!]! @listSize(assumedSize: 3)
  }
  type Item {
    id: ID!
    name: String
    fail: String
    items(first: Int): [Item!]! @listSize(slicingArguments: ["first"], assumedSize: 5, requireOneSlicingArgument: false)
  }
  type Connection {
    edges: [Edge!]!
    nodes: [Item!]!
    total: Int @cost(weight: "20")
  }
  type Edge {
    cursor: String!
    node: Item!
  }
  type Secret @requiresScopes(scopes: [["graph:read", "slo:write"], ["system:admin"]]) {
    text: String
  }
  type Promised {
    later: Int
  }
`

export interface Counters {
  mutations: number
  resolved: number
  aborted: number
  running: number
  /** Sources of subscriptions that are open. */
  streams: number
  /** Events that were asked of `ticks` and of `onlyOnce`. */
  pulled: number
}

const noCounts = (): Counters => ({ mutations: 0, resolved: 0, aborted: 0, running: 0, streams: 0, pulled: 0 })

const item = (id: number) => ({ id: String(id), name: `item ${id}` })
const items = (first: number) => Array.from({ length: first }, (_, index) => item(index))
interface PageArguments {
  first?: number | null
  page?: { size?: number | null } | null
}
const sizeOf = ({ first, page }: PageArguments, fallback: number) => first ?? page?.size ?? fallback

/** As a driver fails: with the command that failed on its error, and the address in its text. */
const driverError = () =>
  Object.assign(new Error('connect ECONNREFUSED http://orrery:planted-address-password@10.0.0.1:5432'), {
    code: 'ECONNREFUSED',
    command: { name: 'hello', args: ['3', 'AUTH', 'default', 'planted-command-password'] },
  })

/** What a careless driver says: no client may ever read it. */
export const secretText = 'password=hunter2 at db.internal:5432'

async function* numbers(to: number, { thenThrow, onPull }: { thenThrow?: Error; onPull?: () => void } = {}) {
  for (let number = 1; number <= to; number++) {
    onPull?.()
    yield number
  }
  if (thenThrow !== undefined) throw thenThrow
}

/** A source that gives nothing and counts as open until it is returned. */
function idleSource(counters: Counters): AsyncIterableIterator<number> {
  counters.streams++
  let end: (() => void) | null = null
  let over = false
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () =>
      new Promise((resolve) =>
        over ? resolve({ done: true, value: undefined }) : (end = () => resolve({ done: true, value: undefined })),
      ),
    async return() {
      if (!over) counters.streams--
      over = true
      end?.()
      return { done: true, value: undefined }
    },
  }
}

/** Live at once and without an end, each event with its position. */
async function* largeEvents(counters: Counters, bytes: number) {
  counters.streams++
  try {
    for (let sequence = 1n; ; sequence++) {
      counters.pulled++
      yield delivery({ position: { epoch: 'once', sequence }, cursor: `after-${sequence}`, value: 'x'.repeat(bytes), live: true })
    }
  } finally {
    counters.streams--
  }
}

/** Ends only when whoever asked leaves, or is out of time. */
const slowIn = (counters: Counters) => async (_: unknown, __: unknown, context: Context) => {
  counters.running++
  await new Promise((resolve) => {
    context.scope.signal?.addEventListener('abort', resolve)
  })
  counters.running--
  counters.aborted++
  throw context.scope.signal?.reason
}

const subscriptions = (counters: Counters) => {
  const value = (payload: number) => payload
  let opened = false
  return {
    ticks: { subscribe: (_: unknown, { to }: { to: number }) => numbers(to, { onPull: () => counters.pulled++ }), resolve: value },
    idle: { subscribe: () => idleSource(counters), resolve: value },
    dearTicks: { subscribe: () => numbers(2), resolve: value },
    tooDearTicks: { subscribe: () => numbers(2), resolve: value },
    secretTicks: { subscribe: () => numbers(1), resolve: value },
    refused: {
      subscribe: () => {
        throw new AppError('NOT_FOUND', 'There is no such stream.')
      },
    },
    leakAtStart: {
      subscribe: () => {
        throw new Error(secretText)
      },
    },
    leakMidway: { subscribe: () => numbers(1, { thenThrow: new Error(secretText) }), resolve: value },
    leakInEvent: { subscribe: () => numbers(1), resolve: (number: number) => ({ number }) },
    onlyOnce: {
      subscribe: (_: unknown, { bytes }: { bytes: number }) => {
        if (opened) throw new AppError('NOT_FOUND', 'There is no such stream.')
        opened = true
        return largeEvents(counters, bytes)
      },
      resolve: shownIn,
    },
  }
}

function resolversOf(counters: Counters) {
  const counted = <T>(value: T): T => {
    counters.resolved++
    return value
  }
  return {
    Query: {
      one: () => counted(1),
      two: () => counted(2),
      echo: (_: unknown, args: { text: string | null; number?: number; id?: string }) =>
        counted(args.text ?? String(args.number ?? args.id)),
      tenant: (_: unknown, __: unknown, context: Context) => context.scope.tenantId,
      pick: (_: unknown, args: { input: object }) => counted(JSON.stringify(args.input)),
      list: (_: unknown, args: { first: number | null }) => items(args.first ?? 5),
      connection: (_: unknown, args: PageArguments) => {
        const nodes = items(sizeOf(args, 20))
        return { nodes, edges: nodes.map((node) => ({ cursor: node.id, node })), total: 1000 }
      },
      strict: (_: unknown, args: { first: number }) => items(args.first),
      refund: () => item(1),
      thing: (_: unknown, args: { kind: string | null }) =>
        args.kind === null ? null : { kind: args.kind, id: '1', item: item(1), parts: items(3) },
      things: () => ['Small', 'Big', 'Small', 'Big'].map((kind) => ({ kind, id: kind, item: item(1), parts: items(3) })),
      nothingToSee: () => 'seen',
      secret: () => ({ text: 'seen' }),
      me: (_: unknown, __: unknown, context: Context) => context.viewer.actorId,
      leak: () => {
        throw new Error(secretText)
      },
      known: () => {
        throw new AppError('NOT_FOUND', 'It is not there.', { details: { hint: 'look elsewhere' } })
      },
      lost: () => Promise.reject(sourceUnavailable('sql', driverError())),
      broken: () => items(3),
      null: () => null,
      slow: slowIn(counters),
      promised: () => ({}),
    },
    Promised: { later: () => Promise.resolve(5) },
    Item: {
      fail: (parent: { id: string }) => {
        if (parent.id === '1') throw new GraphQLError('a wild error of item 1')
        return 'fine'
      },
      items: (_: unknown, args: { first: number | null }) => items(args.first ?? 5),
    },
    Mutation: {
      add: (_: unknown, args: { by: number }) => {
        counters.mutations += args.by
        return counters.mutations
      },
    },
    Subscription: subscriptions(counters),
    Tick: {
      slow: slowIn(counters),
      text: (_: unknown, { characters }: { characters: number }) => 'x'.repeat(characters),
      leak: () => {
        throw new Error(secretText)
      },
    },
    Thing: { __resolveType: (value: { kind: string }) => value.kind },
  }
}

const nothing = () => undefined

/** A port whose methods do nothing: the fixture's resolvers use none, but the server counts and listens whatever the schema is. */
const idlePort = new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : nothing) })
const idlePorts = new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : idlePort) })

/** Ports for a schema whose resolvers use none. */
export const noPorts = (): Pick<AppParts, 'dataSources' | 'live' | 'cursors'> => ({
  dataSources: idlePorts as DataSources,
  live: idlePort as LiveHub,
  cursors: idlePort as CursorCodec,
})

export interface Fixture {
  readonly app: FastifyInstance
  readonly counters: Counters
  readonly config: Config
}

export const fixtureSchema = (counters: Counters = noCounts()) => makeExecutableSchema({ typeDefs, resolvers: resolversOf(counters) })

/** The whole app over a fixture schema; `env` sets its configuration. */
export async function fixtureApp(
  t: { teardown(close: () => unknown): unknown },
  env: NodeJS.ProcessEnv = {},
  parts: Partial<AppParts> = {},
): Promise<Fixture> {
  const counters: Counters = noCounts()
  const config = readConfig({ LOG_LEVEL: 'silent', ...env })
  const app = await buildApp({ config, ...noPorts(), schema: fixtureSchema(counters), ...parts })
  t.teardown(() => app.close())
  await app.ready()
  return { app, counters, config }
}

/** Where a request below the transports says that it comes from: HTTP, by whoever knocks without a name. */
export const originOf = async (app: FastifyInstance): Promise<RequestOrigin> => ({
  transport: 'http-post',
  requestId: 'r',
  viewer: await app.authenticate({}),
  client: createPresence(),
  log: app.log,
})
