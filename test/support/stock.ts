import { type AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { type CompilerOptions } from 'graphql-jit'
import mercurius, { type MercuriusOptions } from 'mercurius'
import { secretText } from './fixture-app.ts'

/** What the pitfalls are shown on: Mercurius as it comes. */
const schema = /* GraphQL */ `
  type Query {
    one: Int!
    two: Int
    echo(number: Int): String
    pick(input: Pick!): String
    broken: [Item!]!
    leak: String
    promised: Promised
    nested: Nested
  }
  type Nested {
    nested: Nested
    leaf: Int
  }
  type Item {
    id: ID!
    fail: String
  }
  type Promised {
    later: Int
  }
  type Mutation {
    add: Int!
  }
  type Subscription {
    tick: Tick
    idle: Int
    ticks: Int
    leakAtStart: Int
    leakMidway: Int
    tenant: String
    flood: String
  }
  type Tick {
    number: Int
  }
  input Pick @oneOf {
    a: String
    b: Int
  }
`

export interface StockCounters {
  mutations: number
  picked: number
  resolved: number
  /** Idle sources that were begun and have not ended. */
  idle: number
  /** Where the events of `flood` wait for their reader. */
  queue: { readonly readableLength: number } | null
  contextKeys: string[]
}

export interface Stock {
  readonly app: FastifyInstance
  readonly counters: StockCounters
  readonly ws: string
  /** What Mercurius made for each subscription, as far as it is still held. */
  contexts(): object[]
  /** Wakes every idle source with one event. */
  emit(): void
}

interface SocketContext {
  readonly reply?: { readonly request?: { readonly headers?: Record<string, unknown> } }
  readonly viewer?: unknown
  readonly pubsub: object & { subscribe(topic: string): Promise<AsyncIterable<unknown> & { readonly readableLength: number }> }
}

export async function stockMercurius(
  t: { teardown(close: () => unknown): unknown },
  options: Partial<MercuriusOptions> & { jit?: unknown; compilerOptions?: Partial<CompilerOptions> } = {},
): Promise<Stock> {
  const counters: StockCounters = { mutations: 0, picked: 0, resolved: 0, idle: 0, queue: null, contextKeys: [] }
  const waiting = new Set<() => void>()
  const contexts: WeakRef<object>[] = []
  const idle = async function* () {
    counters.idle++
    try {
      for (let number = 1; ; number++) {
        await new Promise<void>((resolve) => waiting.add(resolve))
        yield { idle: number }
      }
    } finally {
      counters.idle--
    }
  }
  const ticks = async function* (leak = false) {
    yield { tick: { number: 1 }, ticks: 1, leakMidway: 1 }
    if (leak) throw new Error(secretText)
  }
  const app = Fastify()
  const given: MercuriusOptions = {
    schema,
    subscription: { context: async () => ({}) },
    resolvers: {
      Query: {
        one: () => 1,
        two: () => 2,
        echo: (_: unknown, { number }: { number?: number | null }) => `${number}`,
        pick: (_: unknown, { input }: { input: object }) => {
          counters.picked++
          return JSON.stringify(input)
        },
        broken: () => [{ id: '0' }, { id: '1' }],
        leak: () => {
          throw new Error(secretText)
        },
        promised: () => ({ later: Promise.resolve(5) }),
        nested: () => ({}),
      },
      Item: {
        fail: ({ id }: { id: string }) => {
          if (id === '1') throw new Error('wild')
          return 'fine'
        },
      },
      Mutation: { add: () => ++counters.mutations },
      Subscription: {
        tick: { subscribe: () => ticks() as never },
        ticks: { subscribe: () => ticks() as never },
        leakMidway: { subscribe: () => ticks(true) as never },
        leakAtStart: {
          subscribe: (_: unknown, __: unknown, { pubsub }: SocketContext) => {
            contexts.push(new WeakRef(pubsub))
            throw new Error(secretText)
          },
        },
        flood: {
          subscribe: async (_: unknown, __: unknown, { pubsub }: SocketContext) => {
            const queue = await pubsub.subscribe('flood')
            counters.queue = queue
            return queue as never
          },
        },
        idle: {
          subscribe: () => idle() as never,
          resolve: ({ idle: number }: { idle: number }) => {
            counters.resolved++
            return number
          },
        },
        tenant: {
          subscribe: (_: unknown, __: unknown, context: SocketContext) => {
            counters.contextKeys.push(...Object.keys(context))
            const tenant = String(context.reply?.request?.headers?.['x-tenant-id'])
            return (async function* () {
              yield { tenant }
            })() as never
          },
        },
      },
    } as never,
    ...options,
  }
  await app.register(mercurius, given)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  return {
    app,
    counters,
    ws: `ws://127.0.0.1:${port}/graphql`,
    contexts: () => contexts.flatMap((context) => context.deref() ?? []),
    emit() {
      for (const wake of [...waiting]) {
        waiting.delete(wake)
        wake()
      }
    },
  }
}
