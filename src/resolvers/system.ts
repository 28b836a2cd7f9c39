import { pageRequest } from '../datasources/page-cursor.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { toCountedConnection } from './connection.ts'

/** Stores, neighbours and what could not be read. */
export const system: Resolvers = {
  Query: {
    sources: (_parent, _args, ctx) => ctx.dataSources.sources.list(),
    rateLimit: (_parent, _args, ctx) => ctx.rateLimit(),
  },
  Source: {
    capabilities: ({ name }, _args, ctx) => ctx.dataSources.sources.capabilities(name),
    deadLetters: async ({ name }, page, ctx) => {
      const { sources } = ctx.dataSources
      const found = await sources.deadLetters(ctx.scope, name, pageRequest(page))
      return toCountedConnection(found, () => sources.countDeadLetters(ctx.scope, name))
    },
  },
  DeadLetterConnection: { totalCount: (connection) => connection.count() },
}
