import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
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

export interface HiveOptions {
  /** How the gateway subscribes at the subgraphs. */
  readonly subscriptions: 'ws' | 'http'
}

/** Hive's gateway in this process; subgraphs are reached over HTTP at the addresses in the supergraph. */
export async function hiveGateway(t: Owner, supergraph: string, { subscriptions }: HiveOptions) {
  const gateway = createGatewayRuntime({
    supergraph,
    logging: false,
    transportEntries: { '*.http': { options: { subscriptions: { kind: subscriptions } } } },
    transports: (kind: string) => (kind === 'ws' ? import('@graphql-mesh/transport-ws') : import('@graphql-mesh/transport-http')),
  })
  t.teardown(() => gateway[Symbol.asyncDispose]())
  const send = (request: GraphqlRequest, accept: string) =>
    gateway.fetch('http://gateway/graphql', {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
  return {
    ask: (async (request) => (await (await send(request, 'application/json')).json()) as FormattedExecutionResult) satisfies Answer,
    /** Results of a subscription as they come; ends with the reader. */
    async *subscribe(request: GraphqlRequest): AsyncGenerator<FormattedExecutionResult> {
      const answer = await send(request, 'text/event-stream')
      if (answer.body === null) throw new Error('no stream')
      const reader = answer.body.getReader()
      const decoder = new TextDecoder()
      let text = ''
      try {
        for (;;) {
          const { done, value } = await reader.read()
          if (done) return
          text += decoder.decode(value as Uint8Array, { stream: true })
          const frames = text.split('\n\n')
          text = frames.pop() ?? ''
          for (const frame of frames) {
            const data = /^data: (.+)$/m.exec(frame)?.[1]
            if (data !== undefined) yield JSON.parse(data) as FormattedExecutionResult
          }
        }
      } finally {
        await reader.cancel()
      }
    },
  }
}
