import { setTimeout as pause } from 'node:timers/promises'
import { AppError, badUserInput, isOutage, sourceUnavailable } from '../../errors.ts'
import { parseGraphEvent } from '../../projections/graph-events.ts'
import { type Clock, formatDemonTime } from '../../time.ts'
import { type EventLog, type LogMessage, WrongLastSequenceError } from '../log/log.ts'
import { type Scope } from '../scope.ts'
import { type CommitInput, type GraphCommands, type GraphWriteOutcome } from './commands.ts'
import { type Graph, type GraphDataSource, type GraphKey } from './graph.ts'
import { checkGraphKey, checkMutations, checkTag, nextCommitTime } from './graph-rules.ts'
import { compareUtf8 } from './lexeme-json.ts'
import { commitIdOf, eventMutation, type GraphMutation, type GraphScope } from './mutations.ts'
import { type ToldByEvents } from './sql-graph-told.ts'
import { type TagStore } from './tags.ts'

export interface GraphCommandsParts {
  readonly log: EventLog
  readonly clock: Clock
  readonly tags: TagStore | null
  /** What is projected already, so that only the rest has to be read from the log. */
  readonly graphs: Pick<GraphDataSource, 'find' | 'findCommit' | 'commitsAt' | 'findTag'>
  readonly told: ToldByEvents
  readonly watermark: () => Promise<{ readonly sequence: bigint; readonly epoch: string } | null>
  /** How often a write that lost a race looks again before it gives up. */
  readonly maxAttempts?: number
}

/** A graph as the log tells it now. */
interface Standing {
  readonly head: { readonly commitId: string; readonly sequence: bigint } | null
  readonly newestTs: string
  /** On the namespace's subject. */
  readonly lastSequence: bigint
  /** Commits that the tables do not show yet, and their sequences. */
  readonly fresh: ReadonlyMap<string, bigint>
  /** Tags that moved since; null = deleted. */
  readonly freshTags: ReadonlyMap<string, string | null>
  readonly projected: Graph | null
  readonly ownSequence: bigint | null
}

const subjectOf = ({ tenantId, projectId, namespace }: Omit<GraphScope, 'graphId'>): string =>
  `demon.graph.v1.${tenantId}.${projectId}.${namespace}.commit`
const scopeOf = (tenantId: string, { projectId, namespace, graphId }: GraphKey): GraphScope => ({ tenantId, projectId, namespace, graphId })
const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString('utf8')
const written = (sequence: bigint, commitId: string | null, repeated = false): GraphWriteOutcome => ({
  outcome: 'WRITTEN',
  sequence,
  commitId,
  repeated,
})

/** What the tables know of a graph; nothing while they are away or about another life of the stream. */
async function fromTables(parts: GraphCommandsParts, scope: Scope, key: GraphKey, epoch: string) {
  const nothing = { projected: null, head: null, newestTs: '', after: 0n }
  try {
    const mark = await parts.watermark()
    if (mark === null || mark.epoch !== epoch) return nothing
    const projected = await parts.graphs.find(scope, key)
    if (projected === null) return { ...nothing, after: mark.sequence }
    const [commit] = await parts.graphs.commitsAt(scope, projected, [projected.head])
    const head = commit == null ? null : { commitId: commit.commitId, sequence: commit.sequence }
    return { projected, head, newestTs: await parts.told.newestTs(scope, projected), after: mark.sequence }
  } catch (error) {
    if (!isOutage(error)) throw error
    return nothing
  }
}

/** Where the graph stands: what the tables show, and the rest of its subject. */
async function standingOf(parts: GraphCommandsParts, scope: Scope, key: GraphKey, own: ReadonlySet<string>): Promise<Standing> {
  const { log } = parts
  const subject = subjectOf(scopeOf(scope.tenantId, key))
  const state = await log.state('graph')
  if (state === null) throw sourceUnavailable('log', new Error('there is no graph stream'))
  const known = await fromTables(parts, scope, key, state.epoch)
  const last = await log.lastOnSubject('graph', subject)
  const fresh = new Map<string, bigint>()
  const freshTags = new Map<string, string | null>()
  let { head, newestTs } = known
  let ownSequence: bigint | null = null
  const read = (message: LogMessage): void => {
    if (own.has(textOf(message.payload))) ownSequence = message.sequence
    const parsed = parseGraphEvent(message)
    if (!parsed.readable || parsed.event.scope.graphId !== key.graphId) return
    const { event } = parsed
    if (event.kind === 'TAG') {
      freshTags.set(event.tag, event.commitId)
      return
    }
    if (!fresh.has(event.commitId)) fresh.set(event.commitId, event.sequence)
    if (head !== null && compareUtf8(event.ts, newestTs) < 0) return
    head = { commitId: event.commitId, sequence: event.sequence }
    newestTs = event.ts
  }
  let lastSequence = last?.sequence ?? 0n
  if (lastSequence > known.after)
    for await (const batch of log.read('graph', { subject, from: known.after + 1n, signal: scope.signal }))
      for (const message of batch) {
        read(message)
        if (message.sequence > lastSequence) lastSequence = message.sequence
      }
  return { head, newestTs, lastSequence, fresh, freshTags, projected: known.projected, ownSequence }
}

/** Where a commit is in the log, or null when the graph does not have it. */
async function sequenceOf(parts: GraphCommandsParts, scope: Scope, standing: Standing, commitId: string): Promise<bigint | null> {
  const fresh = standing.fresh.get(commitId)
  if (fresh !== undefined || standing.projected === null) return fresh ?? null
  return (await parts.graphs.findCommit(scope, standing.projected, commitId))?.sequence ?? null
}

type Ruling = { readonly done: GraphWriteOutcome } | { readonly parent: string | null }

async function ruleCommit(parts: GraphCommandsParts, scope: Scope, key: GraphKey, input: CommitInput, standing: Standing): Promise<Ruling> {
  const { head } = standing
  const { create, expectedHead, mutations } = input
  if (head === null) {
    if (create === undefined) return { done: { outcome: 'NOT_FOUND', what: 'GRAPH' } }
    if (expectedHead != null || input.parent != null) return { done: { outcome: 'NOT_FOUND', what: 'COMMIT' } }
    return { parent: null }
  }
  const moved: Ruling = { done: { outcome: 'HEAD_MOVED', ...{ sequence: head.sequence, head: head.commitId } } }
  if (create === 'ONLY') {
    const same = await sequenceOf(parts, scope, standing, commitIdOf(scopeOf(scope.tenantId, key), null, mutations))
    return same === null ? moved : { done: written(same, commitIdOf(scopeOf(scope.tenantId, key), null, mutations), true) }
  }
  if (expectedHead != null && expectedHead !== head.commitId) return moved
  if (input.parent == null || input.parent === head.commitId) return { parent: head.commitId }
  if ((await sequenceOf(parts, scope, standing, input.parent)) === null)
    throw badUserInput('The graph has no such commit.', { path: ['parent'] })
  return { parent: input.parent }
}

/** The event as Demon writes it: keys in the order of the alphabet, numbers as Demon spells them. (contract: demon 4.5) */
function commitPayload(
  scope: GraphScope,
  commitId: string,
  parent: string | null,
  { ts, mutations }: { ts: string; mutations: readonly GraphMutation[] },
): string {
  const text = JSON.stringify
  const parentField = parent === null ? '' : `"parentCommitId":${text(parent)},`
  return (
    `{"commitId":${text(commitId)},"event":"graph.commit.created:v1","graphId":${text(scope.graphId)},` +
    `"mutations":[${mutations.map(eventMutation).join(',')}],"namespace":${text(scope.namespace)},${parentField}` +
    `"projectId":${text(scope.projectId)},"tenantId":${text(scope.tenantId)},"ts":${text(ts)}}`
  )
}

async function commit(parts: GraphCommandsParts, scope: Scope, key: GraphKey, input: CommitInput): Promise<GraphWriteOutcome> {
  const { log, clock, maxAttempts = 12 } = parts
  const whole = scopeOf(scope.tenantId, key)
  const subject = subjectOf(whole)
  const own = new Set<string>()
  let commitId: string | null = null
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    if (attempt > 1) await pause(Math.random() * Math.min(100, 4 * 2 ** attempt))
    const standing = await standingOf(parts, scope, key, own)
    if (standing.ownSequence !== null) return written(standing.ownSequence, commitId)
    // Looked for each time: what was on its way then may have come since.
    for (const earlier of input.doubt?.earlier ?? []) {
      const sequence = await sequenceOf(parts, scope, standing, earlier)
      if (sequence !== null) return written(sequence, earlier, true)
    }
    const ruling = await ruleCommit(parts, scope, key, input, standing)
    if ('done' in ruling) return ruling.done
    commitId = commitIdOf(whole, ruling.parent, input.mutations)
    const payload = commitPayload(whole, commitId, ruling.parent, {
      ts: nextCommitTime(clock.now(), standing.newestTs),
      mutations: input.mutations,
    })
    own.add(payload)
    await input.doubt?.note(commitId)
    const messageId = `${whole.tenantId}:${whole.projectId}:${whole.namespace}:${commitId}`
    try {
      const ack = await log.append(subject, Buffer.from(payload), { messageId, expectedLastSubjectSequence: standing.lastSequence })
      if (!ack.duplicate) return written(ack.sequence, commitId)
      // The very same commit within two minutes, by us or by somebody else: with an expected head it was not this caller who won.
      const isOurs = own.has(textOf((await log.get('graph', ack.sequence))?.payload ?? Buffer.alloc(0)))
      if (isOurs || input.expectedHead == null) return written(ack.sequence, commitId, !isOurs)
    } catch (error) {
      if (error instanceof WrongLastSequenceError) continue
      if (!isOutage(error)) throw error
      const after = await standingOf(parts, { tenantId: scope.tenantId }, key, own).catch(() => null)
      if (after?.ownSequence != null) return written(after.ownSequence, commitId)
      if (after !== null)
        throw new AppError(
          'SOURCE_UNAVAILABLE',
          'The source "log" does not answer; the commit is not in the log. Repeating the request is safe.',
          { source: 'log', details: { written: 'NO' }, cause: error },
        )
      throw new AppError('SOURCE_UNAVAILABLE', 'The source "log" does not answer; whether the commit was written is not known.', {
        source: 'log',
        details: { written: 'UNKNOWN' },
        cause: error,
      })
    }
  }
  throw new AppError('CONFLICT', 'This namespace changes too fast just now; nothing was written.', {
    retryable: true,
    details: { retryAfterMs: 1000 },
  })
}

function appendTagEvent({ log, clock }: GraphCommandsParts, scope: GraphScope, tag: string, commitId: string | null) {
  const now = clock.now()
  const { tenantId, projectId, namespace, graphId } = scope
  const payload = {
    action: commitId === null ? 'delete' : 'set',
    ...(commitId === null ? {} : { commitId }),
    ...{ event: 'graph.tag.updated:v1', graphId, namespace, projectId, tag, tenantId, ts: formatDemonTime(now) },
  }
  const messageId = `${tenantId}:${projectId}:${namespace}:tag:${tag}:${commitId ?? 'delete'}:${now / 1_000_000n}`
  return log.append(subjectOf(scope), Buffer.from(JSON.stringify(payload)), { messageId })
}

/** The bucket has it already: what is missing is only its history, which the repair writes. */
async function tagEvent(parts: GraphCommandsParts, scope: GraphScope, tag: string, commitId: string | null): Promise<GraphWriteOutcome> {
  try {
    return written((await appendTagEvent(parts, scope, tag, commitId)).sequence, null)
  } catch (error) {
    if (parts.tags === null || !isOutage(error)) throw error
    const message = 'The tag is written; its event is not yet, and will follow.'
    throw new AppError('SOURCE_UNAVAILABLE', message, { source: 'log', details: { written: 'PARTLY' }, cause: error })
  }
}

async function hasTag(parts: GraphCommandsParts, scope: Scope, standing: Standing, tag: string): Promise<boolean> {
  const fresh = standing.freshTags.get(tag)
  if (fresh !== undefined) return fresh !== null
  return standing.projected !== null && (await parts.graphs.findTag(scope, standing.projected, tag)) !== null
}

/** The write side of graphs over Demon's log and bucket; see the port for what each call promises. */
export function createGraphCommands(parts: GraphCommandsParts): GraphCommands {
  const { tags, log } = parts
  const toldTag = async (scope: Scope, graph: Graph | null, tag: string): Promise<string | null> =>
    graph === null ? null : parts.told.tag(scope, graph, tag)
  return {
    async commit(scope, _as, key, input) {
      checkGraphKey(scope.tenantId, key)
      checkMutations(input.mutations)
      return commit(parts, scope, key, input)
    },
    async setTag(scope, _as, key, tag, commitId) {
      checkGraphKey(scope.tenantId, key)
      checkTag(tag)
      const standing = await standingOf(parts, scope, key, new Set())
      if (standing.head === null) return { outcome: 'NOT_FOUND', what: 'GRAPH' }
      if ((await sequenceOf(parts, scope, standing, commitId)) === null) return { outcome: 'NOT_FOUND', what: 'COMMIT' }
      await tags?.set(scope, key, tag, commitId)
      return tagEvent(parts, scopeOf(scope.tenantId, key), tag, commitId)
    },
    async deleteTag(scope, _as, key, tag) {
      checkGraphKey(scope.tenantId, key)
      checkTag(tag)
      const standing = await standingOf(parts, scope, key, new Set())
      if (standing.projected === null && standing.head === null) return { outcome: 'NOT_FOUND', what: 'GRAPH' }
      const removed = tags === null ? await hasTag(parts, scope, standing, tag) : await tags.remove(scope, key, tag)
      if (!removed) return { outcome: 'NOT_FOUND', what: 'TAG' }
      return tagEvent(parts, scopeOf(scope.tenantId, key), tag, null)
    },
    async repairTags(olderThanMs) {
      if (tags === null) return 0
      let repaired = 0
      const standings = new Map<string, Standing>()
      for (const entry of await tags.settled(olderThanMs)) {
        const { tenantId, projectId, namespace, graphId } = entry
        const scope: Scope = { tenantId }
        const key: GraphKey = { source: 'ORRERY', projectId, namespace, graphId }
        // Read once a graph, since it may have thousands of tags; a tag that moved meanwhile is younger than what is looked at.
        const name = [tenantId, projectId, namespace, graphId].join('/')
        const standing = standings.get(name) ?? (await standingOf(parts, scope, key, new Set()))
        standings.set(name, standing)
        if (standing.projected === null && standing.head === null) continue
        const told = standing.freshTags.has(entry.tag)
          ? (standing.freshTags.get(entry.tag) ?? null)
          : await toldTag(scope, standing.projected, entry.tag)
        if (told === entry.commitId) continue
        await appendTagEvent(parts, scopeOf(tenantId, key), entry.tag, entry.commitId)
        repaired += 1
      }
      return repaired
    },
    async epoch() {
      const state = await log.state('graph')
      if (state === null) throw sourceUnavailable('log')
      return state.epoch
    },
  }
}
