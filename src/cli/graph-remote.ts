import { readFile, writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { type ApiClient, createApiClient } from './api-client.ts'
import { type Arguments, UsageError } from './arguments.ts'

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

/** The graph that the command line names as `project/namespace/graph`. */
function scopeOf(name: string | undefined) {
  const [projectId, namespace, graphId, ...rest] = name?.split('/') ?? []
  if (projectId === undefined || namespace === undefined || graphId === undefined || rest.length > 0)
    throw new UsageError('Name the graph as PROJECT/NAMESPACE/GRAPH.')
  return { projectId, namespace, graphId }
}

const outcome = `__typename ... on GraphAccepted { commit { commitId position } tag { tag commitId } } ... on UserError { code message }`

interface Outcome {
  readonly it: { readonly __typename: string; readonly commit?: unknown; readonly tag?: unknown; readonly message?: string }
}

/** @throws Error with what the server says where it did not accept */
async function write(client: ApiClient, mutation: string, type: string, input: object): Promise<void> {
  const { it } = await client.ask<Outcome>(`mutation($input: ${type}!) { it: ${mutation}(input: $input) { ${outcome} } }`, { input })
  if (it.__typename !== 'GraphAccepted') throw new Error(it.message ?? 'The server did not accept it.')
  print(it.commit ?? it.tag ?? { deleted: true })
}

/** Asks about one graph. @throws Error when there is none */
async function askGraph<T>(
  client: ApiClient,
  given: Arguments,
  selection: string,
  variables: { declared?: string; given?: object } = {},
): Promise<T> {
  const query = `query($scope: GraphScopeInput!${variables.declared ?? ''}) { it: graph(scope: $scope) { ${selection} } }`
  const { it } = await client.ask<{ it: T | null }>(query, { scope: scopeOf(given.words[1]), ...variables.given })
  if (it === null) throw new Error(`There is no graph "${given.words[1]}".`)
  return it
}

async function list(client: ApiClient): Promise<void> {
  interface Page {
    readonly it: { readonly nodes: readonly unknown[]; readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string } }
  }
  for (let after: string | null = null; ;) {
    const { it }: Page = await client.ask<Page>(
      `query($after: String) { it: graphs(first: 50, after: $after) { nodes { source projectId namespace graphId head { commitId position } nodeCount relationshipCount }
        pageInfo { hasNextPage endCursor } } }`,
      { after },
    )
    it.nodes.forEach(print)
    if (!it.pageInfo.hasNextPage) return
    after = it.pageInfo.endCursor
  }
}

async function log(client: ApiClient, given: Arguments): Promise<void> {
  const count = Number(given.count ?? 20)
  if (!Number.isInteger(count) || count < 1 || count > 100) throw new UsageError('Say --count as a number from 1 to 100.')
  const { commits } = await askGraph<{ commits: { nodes: readonly unknown[] } }>(
    client,
    given,
    'commits(first: $first) { nodes { commitId position at mutationCount tags verified warnings } }',
    { declared: ', $first: Int', given: { first: count } },
  )
  commits.nodes.forEach(print)
}

async function commit(client: ApiClient, given: Arguments): Promise<void> {
  if (given.file === undefined)
    throw new UsageError('Say --file with a JSON array of changes, as `commitGraph(input: { mutations })` takes them.')
  let mutations: unknown
  try {
    mutations = JSON.parse(await readFile(given.file, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${given.file} is no JSON.`, { cause: error })
    throw error
  }
  const scope = scopeOf(given.words[1])
  const { it } = await client.ask<{ it: object | null }>('query($scope: GraphScopeInput!) { it: graph(scope: $scope) { id } }', { scope })
  if (it === null) return write(client, 'createGraph', 'CreateGraphInput', { scope, mutations })
  return write(client, 'commitGraph', 'CommitGraphInput', {
    scope,
    mutations,
    ...(given.expect === undefined ? {} : { expectedHead: given.expect }),
  })
}

async function tag(client: ApiClient, given: Arguments): Promise<void> {
  const [, graph, name, commitId] = given.words
  if (name === undefined) throw new UsageError('Say `graph tag GRAPH TAG COMMIT`, or `graph tag GRAPH TAG` to take it away.')
  const input = { scope: scopeOf(graph), tag: name }
  if (commitId === undefined) return write(client, 'deleteGraphTag', 'DeleteGraphTagInput', input)
  return write(client, 'setGraphTag', 'SetGraphTagInput', { ...input, commit: commitId })
}

const formats: Readonly<Record<string, string>> = {
  '.json': 'JSON',
  '.graphml': 'GRAPHML',
  '.xml': 'GRAPHML',
  '.dot': 'DOT',
  '.svg': 'SVG',
}

function formatOf(file: string): string {
  const format = formats[extname(file)]
  if (format === undefined) throw new UsageError(`The file must end in ${Object.keys(formats).join(', ')}.`)
  return format
}

async function exportGraph(client: ApiClient, given: Arguments): Promise<void> {
  const { file } = await askGraph<{ file: { text: string; nodeCount: number; relationshipCount: number; truncated: boolean } }>(
    client,
    given,
    'file: export(format: $format, ref: $ref) { text nodeCount relationshipCount truncated }',
    {
      declared: ', $format: GraphFormat!, $ref: GraphRef',
      given: {
        format: given.out === undefined ? 'JSON' : formatOf(given.out),
        ref: given.words[2] === undefined ? null : { commit: given.words[2] },
      },
    },
  )
  const { text, ...rest } = file
  if (given.out === undefined) return void process.stdout.write(`${text}\n`)
  await writeFile(given.out, text)
  print(rest)
}

async function importGraph(client: ApiClient, given: Arguments): Promise<void> {
  if (given.file === undefined) throw new UsageError('Say --file with a file in JSON or GraphML.')
  const input = { scope: scopeOf(given.words[1]), format: formatOf(given.file), text: await readFile(given.file, 'utf8') }
  return write(client, 'importGraph', 'ImportGraphInput', {
    ...input,
    ...(given.expect === undefined ? {} : { expectedHead: given.expect }),
  })
}

const actions: Readonly<Record<string, (client: ApiClient, given: Arguments) => Promise<void>>> = {
  ...{ list, log, commit, tag, import: importGraph, export: exportGraph },
}

export const remoteActions = Object.keys(actions)

/** `orrery graph list|log|commit|tag|import|export`: over the API of a running server. */
export async function remoteGraphCommand(given: Arguments): Promise<void> {
  await actions[given.words[0] ?? '']?.(createApiClient(given), given)
}
