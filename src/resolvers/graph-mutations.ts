import { createHash } from 'node:crypto'
import { type Context } from '../context.ts'
import { type CommitDoubt, type CommitInput, type GraphWriteOutcome } from '../datasources/graph/commands.ts'
import { type GraphDiff, type GraphKey } from '../datasources/graph/graph.ts'
import { checkMutations, sizeOfMutation } from '../datasources/graph/graph-rules.ts'
import { canonicalJson, lexemeJsonOf, parseLexemeJson } from '../datasources/graph/lexeme-json.ts'
import { type GraphMutation, type PropertyText } from '../datasources/graph/mutations.ts'
import { type Attempt } from '../datasources/idempotency.ts'
import { badUserInput } from '../errors.ts'
import {
  type CommitGraphInput,
  type GraphMutationInput,
  type PropertyInput,
  type Resolvers,
  type ResolversParentTypes,
} from '../generated/resolver-types.ts'
import { inCommits, readGraphFile } from '../graph-files/read.ts'
import { stableJson } from '../stable-json.ts'
import { graphCursorOf, showGraph } from './graph-accepted.ts'
import { graphTarget } from './graph-ids.ts'
import { answering, type Locate, notAllowed, notFound } from './refusals.ts'

type Answer = ResolversParentTypes['GraphResult']

const refuse = (message: string) => badUserInput(message, { path: ['mutations'] })

function propertyText({ key, value, valueText }: PropertyInput): PropertyText {
  if (value !== undefined && valueText != null) throw refuse('Give a property either `value` or `valueText`.')
  try {
    return { key, value: canonicalJson(valueText == null ? lexemeJsonOf(value ?? null) : parseLexemeJson(valueText)) }
  } catch {
    throw refuse('The value of a property is no JSON, is nested too deeply, or holds a number out of range.')
  }
}

const properties = (given: readonly PropertyInput[] | null | undefined): PropertyText[] => (given ?? []).map(propertyText)

/** A change as Demon knows it. */
export function mutationOf(input: GraphMutationInput): GraphMutation {
  const { addNode, updateNode, removeNode, addEdge, updateEdge, removeEdge } = input
  const node = addNode ?? updateNode
  if (node != null)
    return {
      op: addNode == null ? 'update-node' : 'add-node',
      ...{ nodeId: node.nodeId, labels: node.labels ?? [], properties: properties(node.properties) },
    }
  const edge = addEdge ?? updateEdge
  if (edge != null)
    return {
      op: addEdge == null ? 'update-edge' : 'add-edge',
      ...{ edgeId: edge.edgeId, from: edge.from, to: edge.to, label: edge.label ?? null, properties: properties(edge.properties) },
    }
  if (removeNode != null) return { op: 'remove-node', nodeId: removeNode }
  if (removeEdge != null) return { op: 'remove-edge', edgeId: removeEdge }
  throw refuse('A change is exactly one of addNode, updateNode, removeNode, addEdge, updateEdge and removeEdge.')
}

interface Repeatable {
  readonly idempotencyKey?: string | null
  readonly clientMutationId?: string | null
}

/** Runs a write, or gives what the first request with this idempotency key got. @throws AppError CONFLICT for another input */
async function once(
  ctx: Context,
  mutation: string,
  { idempotencyKey, clientMutationId: _echoed, ...input }: Repeatable & object,
  write: (attempt: Attempt | null) => Promise<GraphWriteOutcome>,
): Promise<GraphWriteOutcome> {
  if (idempotencyKey == null) return write(null)
  if (idempotencyKey === '' || idempotencyKey.length > 256 || /[\p{Cc}\p{Cs}]/u.test(idempotencyKey))
    throw badUserInput('An idempotency key has 1 to 256 characters, none of them a control character.', { path: ['idempotencyKey'] })
  const hash = createHash('sha256')
    .update(stableJson([mutation, input]))
    .digest('hex')
  const { value } = await ctx.dataSources.idempotency.once(ctx.scope, ctx.viewer.actorId, idempotencyKey, hash, write)
  return value
}

const keyFields = ['projectId', 'namespace', 'graphId', 'source']

/** Finds a field of a data source's input in the mutation's argument. */
const locateIn =
  (input: { readonly graph?: string | null; readonly scope?: object | null }): Locate =>
  (field) => {
    if (field === 'tenantId') return null
    if (!keyFields.includes(field)) return ['input', field]
    return input.scope == null ? ['input', 'graph'] : ['input', 'scope', field]
  }

interface Asked {
  readonly key: GraphKey
  readonly mutationCount: number
  readonly clientMutationId?: string | null | undefined
  /** Where the input names the graph. */
  readonly path: readonly string[]
  readonly tag?: string
}

const missing = {
  GRAPH: 'There is no such graph in this tenant.',
  COMMIT: 'The graph has no such commit.',
  TAG: 'The graph has no such tag.',
}

async function answerOf(ctx: Context, outcome: GraphWriteOutcome, asked: Asked): Promise<Answer> {
  const { key, mutationCount, clientMutationId } = asked
  const { graph: source } = ctx.dataSources
  if (outcome.outcome === 'NOT_FOUND') {
    const field = outcome.what === 'TAG' ? 'tag' : asked.tag === undefined ? 'parent' : 'commit'
    return notFound(missing[outcome.what], outcome.what === 'GRAPH' ? asked.path : ['input', field])
  }
  if (outcome.outcome === 'HEAD_MOVED') {
    const { commit } = await showGraph(ctx, key, outcome.sequence, { commitId: outcome.head, mutationCount: 0 })
    if (commit === null) return notFound(missing.COMMIT, asked.path)
    const message = `The head of the graph is ${commit.commitId} now.`
    return { __typename: 'GraphHeadMoved', code: 'CONFLICT', message, path: null, retryable: false, head: commit }
  }
  const written = outcome.commitId === null ? null : { commitId: outcome.commitId, mutationCount }
  const { graph, commit, projected } = await showGraph(ctx, key, outcome.sequence, written)
  const readDiff = async (): Promise<GraphDiff | null> =>
    commit === null || graph.graphSeq === 0n
      ? null
      : source.diff(ctx.scope, { graph, position: commit.position - 1 }, { graph, position: commit.position })
  return {
    __typename: 'GraphAccepted',
    graph,
    commit,
    tag: asked.tag === undefined || graph.graphSeq === 0n ? null : await source.findTag(ctx.scope, graph, asked.tag),
    readDiff,
    cursor: await graphCursorOf(ctx, outcome.sequence),
    projected,
    clientMutationId,
  }
}

const pathOf = (input: { readonly scope?: object | null }): readonly string[] => ['input', input.scope == null ? 'graph' : 'scope']

interface Writing {
  readonly mutation: string
  readonly input: Repeatable & { readonly graph?: string | null; readonly scope?: Parameters<typeof graphTarget>[1]['scope'] }
  readonly mutationCount?: number
  readonly tag?: string
  readonly write: (key: GraphKey, attempt: Attempt | null) => Promise<GraphWriteOutcome>
}

/** What all writes to a graph have in common. */
function writing(ctx: Context, { mutation, input, mutationCount = 0, tag, write }: Writing): Promise<Answer> {
  return answering<Answer>(locateIn(input), async () => {
    const key = graphTarget(ctx.scope, { id: input.graph, scope: input.scope }, 'graph')
    const path = pathOf(input)
    if (key === null) return notFound(missing.GRAPH, path)
    if (key.source === 'SUMMIT') return notAllowed('READ_ONLY_SOURCE', 'graph:write')
    const outcome = await once(ctx, mutation, input, (attempt) => write(key, attempt))
    return answerOf(ctx, outcome, {
      key,
      mutationCount,
      clientMutationId: input.clientMutationId,
      path,
      ...(tag === undefined ? {} : { tag }),
    })
  })
}

/** What a commit would do: its diff, and nothing written. */
function trying(ctx: Context, input: CommitGraphInput, mutations: readonly GraphMutation[]): Promise<Answer> {
  return answering<Answer>(locateIn(input), async () => {
    const { graph: source } = ctx.dataSources
    checkMutations(mutations)
    const key = graphTarget(ctx.scope, { id: input.graph, scope: input.scope }, 'graph')
    const graph = key === null ? null : await source.find(ctx.scope, key)
    if (graph === null || graph.head === 0) return notFound(missing.GRAPH, pathOf(input))
    if (graph.source === 'SUMMIT') return notAllowed('READ_ONLY_SOURCE', 'graph:write')
    const [head] = await source.commitsAt(ctx.scope, graph, [graph.head])
    if (head == null) return notFound(missing.COMMIT, pathOf(input))
    if (input.expectedHead != null && input.expectedHead !== head.commitId) {
      const message = `The head of the graph is ${head.commitId} now.`
      return { __typename: 'GraphHeadMoved', code: 'CONFLICT', message, path: null, retryable: false, head }
    }
    const diff = await source.dryRun(ctx.scope, { graph, position: graph.head }, mutations)
    const { clientMutationId } = input
    const cursor = await graphCursorOf(ctx, head.sequence)
    return {
      __typename: 'GraphAccepted',
      graph,
      commit: null,
      tag: null,
      readDiff: async () => diff,
      cursor,
      projected: true,
      clientMutationId,
    }
  })
}

const commitWith = (ctx: Context, key: GraphKey, input: CommitInput): Promise<GraphWriteOutcome> =>
  ctx.dataSources.graphCommands.commit(ctx.scope, ctx.viewer, key, input)

/** What each commit of a request may have been written as, by its place among them. */
function doubtsOf(attempt: Attempt | null): (place: number) => { readonly doubt?: CommitDoubt } {
  if (attempt === null) return () => ({})
  const ids = attempt.earlier === null ? [] : (JSON.parse(attempt.earlier) as string[][])
  return (place) => ({
    doubt: {
      earlier: [...(ids[place] ?? [])],
      async note(commitId) {
        ids[place] = [...(ids[place] ?? []), commitId]
        await attempt.note(JSON.stringify(ids))
      },
    },
  })
}

/** One commit after the other, each on the one before it: only the first may be refused for a head that has moved. */
async function writeCommits(
  ctx: Context,
  key: GraphKey,
  commits: readonly (readonly GraphMutation[])[],
  { expectedHead, attempt }: { readonly expectedHead: string | null; readonly attempt: Attempt | null },
): Promise<GraphWriteOutcome> {
  const doubts = doubtsOf(attempt)
  let outcome: GraphWriteOutcome = await commitWith(ctx, key, { mutations: commits[0] ?? [], create: 'ALSO', expectedHead, ...doubts(0) })
  for (const [place, mutations] of commits.entries()) {
    if (place === 0) continue
    if (outcome.outcome !== 'WRITTEN') return outcome
    outcome = await commitWith(ctx, key, { mutations, create: 'ALSO', ...doubts(place) })
  }
  return outcome
}

/** Reads the changes of an input; what is wrong with them is an outcome of the mutation. */
const withMutations = (
  input: { readonly mutations: readonly GraphMutationInput[]; readonly graph?: string | null; readonly scope?: object | null },
  go: (mutations: readonly GraphMutation[]) => Promise<Answer>,
): Promise<Answer> => answering<Answer>(locateIn(input), async () => go(input.mutations.map(mutationOf)))

const Mutation: Resolvers['Mutation'] = {
  createGraph: (_parent, { input }, ctx) =>
    withMutations(input, (mutations) =>
      writing(ctx, {
        ...{ mutation: 'createGraph', input, mutationCount: mutations.length },
        write: (key, attempt) => commitWith(ctx, key, { mutations, create: 'ONLY', ...doubtsOf(attempt)(0) }),
      }),
    ),
  commitGraph: (_parent, { input }, ctx) =>
    withMutations(input, (mutations) =>
      input.dryRun === true
        ? trying(ctx, input, mutations)
        : writing(ctx, {
            ...{ mutation: 'commitGraph', input, mutationCount: mutations.length },
            write: (key, attempt) =>
              commitWith(ctx, key, { mutations, parent: input.parent, expectedHead: input.expectedHead, ...doubtsOf(attempt)(0) }),
          }),
    ),
  importGraph: (_parent, { input }, ctx) =>
    answering<Answer>(locateIn(input), async () => {
      const commits = inCommits(readGraphFile(input.format, input.text), sizeOfMutation)
      return writing(ctx, {
        ...{ mutation: 'importGraph', input, mutationCount: commits.at(-1)?.length ?? 0 },
        write: (key, attempt) => writeCommits(ctx, key, commits, { expectedHead: input.expectedHead ?? null, attempt }),
      })
    }),
  setGraphTag: (_parent, { input }, ctx) =>
    writing(ctx, {
      ...{ mutation: 'setGraphTag', input, tag: input.tag },
      write: (key) => ctx.dataSources.graphCommands.setTag(ctx.scope, ctx.viewer, key, input.tag, input.commit),
    }),
  deleteGraphTag: (_parent, { input }, ctx) =>
    writing(ctx, {
      ...{ mutation: 'deleteGraphTag', input, tag: input.tag },
      write: (key) => ctx.dataSources.graphCommands.deleteTag(ctx.scope, ctx.viewer, key, input.tag),
    }),
}

/** Writing to graphs. */
export const graphMutations: Resolvers = { Mutation, GraphAccepted: { diff: ({ readDiff }) => readDiff() } }
