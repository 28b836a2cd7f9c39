import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { type FormattedExecutionResult } from 'graphql'

interface Owner {
  teardown(work: () => unknown): unknown
}

export interface GraphqlRequest {
  readonly query: string
  readonly variables?: Record<string, unknown> | undefined
}

/** Answers requests, as a whole graph or as one of its parts. */
export type Answer = (request: GraphqlRequest) => Promise<FormattedExecutionResult>

/** Apollo's gateway (Elastic-2.0: tests only) in this process, over subgraphs that are asked by `ask`. */
export async function apolloGateway(t: Owner, supergraph: string, ask: Readonly<Record<string, Answer>>): Promise<Answer> {
  const gateway = new ApolloGateway({
    supergraphSdl: supergraph,
    buildService: ({ name }): GraphQLDataSource => ({
      async process({ request }) {
        const answer = await ask[name]?.({ query: request.query ?? '', variables: request.variables })
        if (answer === undefined) throw new Error(`no subgraph ${name}`)
        return { data: answer.data ?? null, ...(answer.errors === undefined ? {} : { errors: [...answer.errors] }) }
      },
    }),
  })
  const server = new ApolloServer({ gateway })
  await server.start()
  t.teardown(() => server.stop())
  return async ({ query, variables }) => {
    const { body } = await server.executeOperation({ query, ...(variables === undefined ? {} : { variables }) })
    if (body.kind !== 'single') throw new Error('an incremental answer')
    // as it would go over the wire: without prototypes that only comparisons see
    return JSON.parse(JSON.stringify(body.singleResult)) as FormattedExecutionResult
  }
}
