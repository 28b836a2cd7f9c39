import { pageRequest } from '../datasources/page-cursor.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { toConnection } from './connection.ts'

/** Stores, neighbours and what could not be read. */
export const system: Resolvers = {
  Query: {
    sources: (_parent, _args, ctx) => ctx.dataSources.sources.list(),
    rateLimit: (_parent, _args, ctx) => ctx.rateLimit(),
  },
  Source: {
    deadLetters: async (source, page, ctx) =>
      toConnection(await ctx.dataSources.sources.deadLetters(ctx.scope, source.name, pageRequest(page))),
  },
}
