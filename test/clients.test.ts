import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { ApolloClient, type ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { BatchHttpLink } from '@apollo/client/link/batch-http'
import { createPersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { Client, type CombinedError, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient as createSseClient } from 'graphql-sse'
import { type Client as WsClient, createClient as createWsClient } from 'graphql-ws'
import {
  type ConcreteRequest,
  Environment,
  fetchQuery,
  type FetchFunction,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
} from 'relay-runtime'
import { WebSocket } from 'ws'
import { fixtureApp } from './support/fixture-app.ts'

// Clients that people use, as they come: none of them is told anything about Orrery but its address.

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'orrery-clients-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const relayDocuments = { 'relay-one': 'query RelayOne { one }', 'relay-ticks': 'subscription RelayTicks { ticks }' }
writeFileSync(join(folder, 'relay.json'), JSON.stringify(relayDocuments))

async function server(t: { teardown(close: () => unknown): unknown }) {
  const fixture = await fixtureApp(t, { GRAPHQL_TRUSTED_DOCUMENTS: join(folder, 'relay.json') })
  const url = await fixture.app.listen({ port: 0, host: '127.0.0.1' })
  return { ...fixture, url, graphql: `${url}/graphql`, ws: `${url.replace('http', 'ws')}/graphql` }
}
const wsClient = (t: { teardown(close: () => unknown): unknown }, url: string): WsClient => {
  const client = createWsClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
  t.teardown(() => client.dispose())
  return client
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

t.test('graphql-ws: queries, mutations, subscriptions and refusals', async (t) => {
  const { ws } = await server(t)
  const client = wsClient(t, ws)
  const all = async (query: string): Promise<unknown[]> => {
    const results: unknown[] = []
    for await (const result of client.iterate({ query })) results.push(result)
    return results
  }
  t.match(await all('{one}'), [{ data: { one: 1 } }])
  t.match(await all('mutation {add}'), [{ data: { add: 1 } }])
  t.match(await all('subscription {ticks(to: 3)}'), [{ data: { ticks: 1 } }, { data: { ticks: 2 } }, { data: { ticks: 3 } }])
  t.match(JSON.stringify(await all('{nope}').catch((error: unknown) => error)), /GRAPHQL_VALIDATION_FAILED/)
  t.match(JSON.stringify(await all('subscription {refused}').catch((error: unknown) => error)), /NOT_FOUND/)
  t.match(await all('{one}'), [{ data: { one: 1 } }], 'the socket lives on')
})

for (const singleConnection of [false, true])
  t.test(`graphql-sse, ${singleConnection ? 'single connection' : 'distinct connections'}`, async (t) => {
    const { graphql } = await server(t)
    const client = createSseClient({ url: `${graphql}/stream`, singleConnection, retryAttempts: 0 })
    t.teardown(() => client.dispose())
    const all = async (query: string): Promise<unknown[]> => {
      const results: unknown[] = []
      for await (const result of client.iterate({ query })) results.push(result)
      return results
    }
    t.match(await all('{one}'), [{ data: { one: 1 } }])
    t.match(await all('mutation {add}'), [{ data: { add: 1 } }])
    t.match(await all('subscription {ticks(to: 3)}'), [{ data: { ticks: 1 } }, { data: { ticks: 2 } }, { data: { ticks: 3 } }])
    t.match(await all('{nope}'), [{ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] }])
    const both = await Promise.all([all('subscription {ticks(to: 5)}'), all('subscription {ticks(to: 4)}'), all('{two}')])
    t.same(
      both.map((results) => results.length),
      [5, 4, 1],
    )
  })

t.test('Apollo Client: queries, mutations, errors, batches, persisted queries, multipart and WebSocket subscriptions', async (t) => {
  const { graphql, ws } = await server(t)
  const of = (link: ApolloLink) => {
    const client = new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { query: { fetchPolicy: 'no-cache' } } })
    t.teardown(() => client.stop())
    return client
  }
  const client = of(new HttpLink({ uri: graphql, fetch }))
  t.match((await client.query({ query: gql('{ one }') })).data, { one: 1 })
  t.match((await client.mutate({ mutation: gql('mutation { add }') })).data, { add: 1 })
  const failed = await client.query({ query: gql('{ nope }'), errorPolicy: 'all' })
  t.ok(CombinedGraphQLErrors.is(failed.error), 'errors reach the user as errors of GraphQL')
  t.match(failed.error?.message, 'nope')

  const batched = of(new BatchHttpLink({ uri: graphql, fetch, batchInterval: 5, batchMax: 5 }))
  const both = await Promise.all([batched.query({ query: gql('{ one }') }), batched.query({ query: gql('{ two }') })])
  t.match(both, [{ data: { one: 1 } }, { data: { two: 2 } }])

  let bodies: string[] = []
  const spying: typeof fetch = (input, init) => {
    bodies.push(`${String(input)} ${String(init?.body ?? '')}`)
    return fetch(input, init)
  }
  for (const useGETForHashedQueries of [false, true]) {
    const persisted = of(
      createPersistedQueryLink({ sha256: async (text: string) => sha256(text), useGETForHashedQueries }).concat(
        new HttpLink({ uri: graphql, fetch: spying }),
      ),
    )
    const query = useGETForHashedQueries ? gql('query Byget { two }') : gql('query Bypost { one }')
    bodies = []
    t.ok((await persisted.query({ query })).data)
    t.equal(bodies.length, 2, 'asked by hash, then sent')
    t.ok((await persisted.query({ query })).data)
    t.equal(bodies.length, 3, 'now the hash is enough')
    t.notMatch(bodies.at(-1), /two|one \}/)
  }

  const events = (given: ReturnType<typeof of>) =>
    new Promise<unknown[]>((resolve, reject) => {
      const seen: unknown[] = []
      given.subscribe({ query: gql('subscription { ticks(to: 3) }') }).subscribe({
        next: (result) => seen.push(result.data),
        error: reject,
        complete: () => resolve(seen),
      })
    })
  const ticks = [{ ticks: 1 }, { ticks: 2 }, { ticks: 3 }]
  t.match(await events(client), ticks, 'multipart')
  t.match(await events(of(new GraphQLWsLink(wsClient(t, ws)))), ticks, 'WebSocket')
})

t.test('urql: queries, mutations, errors, subscriptions over SSE and WebSocket', async (t) => {
  const { graphql, ws } = await server(t)
  const plain = new Client({ url: graphql, fetch, exchanges: [fetchExchange], preferGetMethod: false })
  t.match((await plain.query('{ one }', {}).toPromise()).data, { one: 1 })
  t.match((await plain.mutation('mutation { add }', {}).toPromise()).data, { add: 1 })
  const failed = (await plain.query('{ nope }', {}).toPromise()).error as CombinedError
  t.match(failed.graphQLErrors[0]?.extensions, { code: 'GRAPHQL_VALIDATION_FAILED' })
  const byGet = new Client({ url: graphql, fetch, exchanges: [fetchExchange], preferGetMethod: 'force' })
  t.match((await byGet.query('{ one }', {}).toPromise()).data, { one: 1 })

  const events = (client: Client) =>
    new Promise<unknown[]>((resolve) => {
      const seen: unknown[] = []
      const { unsubscribe } = client.subscription('subscription { ticks(to: 3) }', {}).subscribe((result) => {
        seen.push(result.data ?? result.error)
        if (seen.length === 3) {
          resolve(seen)
          setImmediate(() => unsubscribe())
        }
      })
    })
  const ticks = [{ ticks: 1 }, { ticks: 2 }, { ticks: 3 }]
  t.same(
    await events(new Client({ url: graphql, fetch, exchanges: [fetchExchange], fetchSubscriptions: true, preferGetMethod: false })),
    ticks,
  )
  const sockets = wsClient(t, ws)
  const forward = subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query, variables: variables as Record<string, unknown> }, sink as never) }),
    }),
  })
  t.same(await events(new Client({ url: graphql, fetch, exchanges: [forward], preferGetMethod: false })), ticks)
})

t.test('Relay runtime: persisted documents by id, over HTTP and WebSocket', async (t) => {
  const { graphql, ws } = await server(t)
  const sockets = wsClient(t, ws)
  const ask: FetchFunction = async ({ id }, variables) => {
    const response = await fetch(graphql, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ documentId: id, variables }),
    })
    return (await response.json()) as GraphQLResponse
  }
  const environment = new Environment({
    network: Network.create(ask, ({ id }, variables) =>
      Observable.create<GraphQLResponse>((sink) =>
        // the protocol wants a text: an empty one leaves the id to say what is meant
        sockets.subscribe({ query: '', variables, documentId: id } as never, sink as never),
      ),
    ),
    store: new Store(new RecordSource()),
  })
  const artifact = (id: string, name: string, field: string, operationKind: 'query' | 'subscription'): ConcreteRequest => {
    const selections = [{ kind: 'ScalarField', alias: null, name: field, args: null, storageKey: null }]
    const fragment = {
      kind: 'Fragment',
      name,
      type: operationKind === 'query' ? 'Query' : 'Subscription',
      metadata: null,
      argumentDefinitions: [],
      selections,
      abstractKey: null,
    }
    return {
      kind: 'Request',
      fragment,
      operation: { kind: 'Operation', name, argumentDefinitions: [], selections },
      params: { id, text: null, name, operationKind, metadata: {}, cacheID: id, providedVariables: undefined },
    } as unknown as ConcreteRequest
  }
  t.same(await fetchQuery(environment, artifact('relay-one', 'RelayOne', 'one', 'query'), {}).toPromise(), { one: 1 })
  const seen = await new Promise<unknown[]>((resolve, reject) => {
    const events: unknown[] = []
    requestSubscription(environment, {
      subscription: artifact('relay-ticks', 'RelayTicks', 'ticks', 'subscription'),
      variables: {},
      onNext: (data) => events.push(data),
      onError: reject,
      onCompleted: () => resolve(events),
    })
  })
  t.same(seen, [{ ticks: 1 }, { ticks: 2 }, { ticks: 3 }])
})

t.test('EventSource, as it is built into browsers and Node', async (t) => {
  const { graphql } = await server(t)
  const script = `const source = new EventSource(process.argv[1])
    source.addEventListener('next', ({ data }) => console.log(data))
    source.addEventListener('complete', () => { console.log('complete'); source.close() })
    source.onerror = (error) => { console.log('error', error.message); source.close() }`
  const address = `${graphql}/stream?query=${encodeURIComponent('subscription {ticks(to: 3)}')}`
  const { stdout } = await run(process.execPath, ['--experimental-eventsource', '--no-warnings', '-e', script, address], {
    timeout: 30_000,
    env: { PATH: process.env['PATH'] },
  })
  const lines = stdout.trim().split('\n')
  t.equal(lines.pop(), 'complete')
  t.match(
    lines.map((line) => JSON.parse(line) as unknown),
    [{ data: { ticks: 1 } }, { data: { ticks: 2 } }, { data: { ticks: 3 } }],
  )
})

t.test('curl: a query, a mutation, a stream, a compressed answer', async (t) => {
  const { graphql } = await server(t)
  const curl = async (...given: string[]) =>
    (await run('curl', ['-s', '--max-time', '30', ...given], { env: { PATH: process.env['PATH'] } })).stdout
  const json = ['-H', 'content-type: application/json']
  t.match(JSON.parse(await curl(graphql, ...json, '-d', '{"query":"{one}"}')), { data: { one: 1 } })
  t.match(JSON.parse(await curl(graphql, ...json, '-d', '{"query":"mutation {add}"}')), { data: { add: 1 } })
  t.match(JSON.parse(await curl('-G', graphql, '--data-urlencode', 'query={two}')), { data: { two: 2 } })
  t.match(
    await curl('-N', graphql, ...json, '-H', 'accept: text/event-stream', '-d', '{"query":"subscription {ticks(to: 2)}"}'),
    /^retry: \d+[^]*event: next\ndata: .*"ticks":2[^]*event: complete/,
  )
  t.match(
    await curl('--compressed', '-D', '-', graphql, ...json, '-d', '{"query":"{list(first: 100) {id name}}"}'),
    /content-encoding: (gzip|br)[^]*"item 99"/i,
  )
})
