import { type AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import Fastify, { type FastifyInstance } from 'fastify'
import { type GraphQLSchema } from 'graphql'
import { createYoga } from 'graphql-yoga'
import mercurius from 'mercurius'
import { pino } from 'pino'
import { buildApp, buildSchema } from '../../src/app.ts'
import { createAuthenticator } from '../../src/auth/authenticator.ts'
import { type Config } from '../../src/config.ts'
import { type Context, createContext } from '../../src/context.ts'
import { type DataSources, type Stores } from '../../src/datasources/index.ts'
import { type LiveHub } from '../../src/subscriptions/hub.ts'
import { type CursorCodec } from '../../src/subscriptions/cursor.ts'
import { gathered } from '../../src/telemetry/logger.ts'
import { systemClock } from '../../src/time.ts'
import { owner } from './bench.ts'

/** What every server of one comparison is built on. */
export interface Ground {
  readonly config: Config
  readonly dataSources: DataSources
  readonly stores: Stores
  readonly live: LiveHub
  readonly cursors: CursorCodec
}

/** Those that are compared, and what they are called in the table. Each is a function here, which answers with the server's address. */
export const contenderNames = {
  orrery: 'Orrery, whole pipeline',
  mercurius: 'bare Mercurius + JIT',
  hand: 'hand-written Fastify route',
  yoga: 'graphql-yoga',
  apollo: 'Apollo Server',
} as const
export type ContenderName = keyof typeof contenderNames

const host = '127.0.0.1'

async function listening(app: FastifyInstance, path: string): Promise<string> {
  await app.listen({ host, port: 0 })
  owner.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  return `http://${host}:${port}${path}`
}

/** Logs as in production, to nowhere. */
const toNowhere = () => pino({ level: 'info', base: undefined }, pino.destination({ dest: '/dev/null', ...gathered }))

/** What the others are given in place of our transports: the context that our resolvers count on, for the same viewer. */
async function contexts({ config, dataSources, live, cursors }: Ground): Promise<() => Context & Record<string, unknown>> {
  const viewer = await createAuthenticator({ config, clock: systemClock }).authenticate({})
  const log = pino({ level: 'silent' })
  let requests = 0
  return () => {
    const context = createContext(
      { config, dataSources, live, cursors, clock: systemClock },
      { requestId: String(requests++), viewer, log },
    )
    // they copy what they are given
    return { ...context, loaders: context.loaders, rateLimit: () => context.rateLimit() }
  }
}

export async function orrery(ground: Ground): Promise<string> {
  const app = await buildApp({ ...ground, logger: toNowhere() })
  return listening(app, '/graphql')
}

/** Mercurius alone with the settings that we use it with. */
export async function bareMercurius(ground: Ground, schema: GraphQLSchema): Promise<string> {
  const context = await contexts(ground)
  const app = Fastify()
  await app.register(mercurius, { schema, context, jit: 1, cache: 512 })
  return listening(app, '/graphql')
}

export async function yoga(ground: Ground, schema: GraphQLSchema): Promise<string> {
  const context = await contexts(ground)
  const server = createServer(createYoga<object, object>({ schema, context: () => context(), logging: false, graphiql: false }))
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  owner.teardown(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))))
  const { port } = server.address() as AddressInfo
  return `http://${host}:${port}/graphql`
}

export async function apollo(ground: Ground, schema: GraphQLSchema): Promise<string> {
  const context = await contexts(ground)
  const server = new ApolloServer<Context>({ schema, nodeEnv: 'production' })
  const { url } = await startStandaloneServer(server, { listen: { host, port: 0 }, context: async () => context() })
  owner.teardown(() => server.stop())
  return url
}

/** A route that answers one question only, by hand. */
export async function handWritten(answer: () => Promise<unknown>): Promise<string> {
  const app = Fastify()
  app.post('/graphql', async () => answer())
  return listening(app, '/graphql')
}

export { buildSchema }
