import { type LogMessage } from '../datasources/log/log.ts'
import { type LexemeJson, isList, isMap, parseLexemeJson } from '../datasources/graph/lexeme-json.ts'
import { type GraphMutation, type GraphScope, MalformedMutation, commitIdOf, readMutation } from '../datasources/graph/mutations.ts'
import { parseNanos, type Nanos } from '../time.ts'
import { decodeText, fitsIndex, storable } from './event-text.ts'
import { isSubjectToken, type UnreadableMessage } from './events.ts'

interface GraphEventBase {
  readonly scope: GraphScope
  readonly sequence: bigint
  readonly recordedAt: Nanos
  /** The text that Demon sorts by; empty where there is none. */
  readonly ts: string
  /** The same as a moment; the log's where it cannot be read. */
  readonly at: Nanos
  readonly payload: string
}

export interface GraphCommitEvent extends GraphEventBase {
  readonly kind: 'COMMIT'
  readonly commitId: string
  readonly parentId: string | null
  readonly mutationCount: number
  /** Those that could be understood, in the order of the payload. */
  readonly mutations: readonly GraphMutation[]
  /** Whether the id is what Demon computes from the content. */
  readonly verified: boolean
  readonly warnings: readonly string[]
}

export interface GraphTagEvent extends GraphEventBase {
  readonly kind: 'TAG'
  readonly tag: string
  /** Null: the tag was deleted. */
  readonly commitId: string | null
}

export type GraphEvent = GraphCommitEvent | GraphTagEvent
export type ParsedGraphMessage =
  { readonly readable: true; readonly event: GraphEvent } | ({ readonly readable: false } & UnreadableMessage)

/** Longer ones are cut: the rest cannot decide an order that anybody meant. */
const MAX_TS = 200
const MAX_WARNINGS = 20

/** The namespace of `demon.graph.v1.{tenant}.{project}.{namespace}.commit`; null for any other form. (contract: demon 2.4) */
export function parseGraphSubject(subject: string): Omit<GraphScope, 'graphId'> | null {
  const [demon, graph, version, tenantId, projectId, namespace, commit, ...rest] = subject.split('.')
  if (demon !== 'demon' || graph !== 'graph' || version !== 'v1' || commit !== 'commit' || rest.length > 0) return null
  if (tenantId === undefined || projectId === undefined || namespace === undefined) return null
  return [tenantId, projectId, namespace].every(isSubjectToken) ? { tenantId, projectId, namespace } : null
}

const idIn = (fields: ReadonlyMap<string, LexemeJson>, name: string): string | null => {
  const value = fields.get(name)
  return typeof value === 'string' && value !== '' && fitsIndex(value) && storable(value) === value ? value : null
}

/**
 * Reads one message of the graph stream; never throws. A commit whose mutations are partly malformed is readable: those are left out, each with a
 * warning, as Demon's replay does. (contract: demon 4.5, 8.1, 8.4)
 */
export function parseGraphEvent(message: LogMessage): ParsedGraphMessage {
  const namespace = parseGraphSubject(message.subject)
  if (namespace === null) return { readable: false, tenantId: null, reason: 'the subject has no form that we know' }
  const refused = (reason: string): ParsedGraphMessage => ({ readable: false, tenantId: namespace.tenantId, reason })
  const text = decodeText(message.payload)
  if (text === null) return refused('the payload is not UTF-8')
  let fields: LexemeJson
  try {
    fields = parseLexemeJson(text)
  } catch {
    return refused('the payload is not JSON')
  }
  if (!isMap(fields)) return refused('the payload is not a JSON object')
  const graphId = idIn(fields, 'graphId')
  if (graphId === null) return refused('the event names no graph')
  const tsField = fields.get('ts')
  const ts = typeof tsField === 'string' ? storable(tsField.slice(0, MAX_TS)) : ''
  const base = {
    scope: { ...namespace, graphId },
    sequence: message.sequence,
    recordedAt: message.recordedAtNs,
    ts,
    at: parseNanos(ts) ?? message.recordedAtNs,
    payload: text,
  }
  const type = fields.get('event')
  if (type === 'graph.commit.created:v1') return readCommit(base, fields, refused)
  if (type === 'graph.tag.updated:v1') return readTag(base, fields, refused)
  return refused('the type of the event is unknown')
}

type Refuse = (reason: string) => ParsedGraphMessage

function readCommit(base: GraphEventBase, fields: ReadonlyMap<string, LexemeJson>, refused: Refuse): ParsedGraphMessage {
  const commitId = idIn(fields, 'commitId')
  const list = fields.get('mutations')
  if (commitId === null) return refused('the commit has no id')
  if (!isList(list)) return refused('the commit has no mutations')
  const parentId = idIn(fields, 'parentCommitId')
  const warnings: string[] = []
  const mutations = readMutations(list, warnings)
  const verified = mutations.length === list.length && commitIdOf(base.scope, parentId, mutations) === commitId
  if (!verified) warnings.unshift('The commit id is not the one that Demon computes from this content.')
  if (parseNanos(base.ts) === null) warnings.unshift('The time of the commit cannot be read.')
  return {
    readable: true,
    event: { ...base, kind: 'COMMIT', commitId, parentId, mutationCount: list.length, mutations, verified, warnings },
  }
}

function readMutations(list: readonly LexemeJson[], warnings: string[]): GraphMutation[] {
  const mutations: GraphMutation[] = []
  let malformed = 0
  for (const [index, value] of list.entries()) {
    try {
      mutations.push(readMutation(value))
    } catch (error) {
      if (!(error instanceof MalformedMutation)) throw error
      malformed += 1
      if (malformed <= MAX_WARNINGS) warnings.push(`Mutation ${index} is left out: ${error.message}.`)
    }
  }
  if (malformed > MAX_WARNINGS) warnings.push(`${malformed - MAX_WARNINGS} more mutations are left out.`)
  return mutations
}

function readTag(base: GraphEventBase, fields: ReadonlyMap<string, LexemeJson>, refused: Refuse): ParsedGraphMessage {
  const tag = idIn(fields, 'tag')
  const action = fields.get('action')
  if (tag === null) return refused('the event names no tag')
  if (action !== 'set' && action !== 'delete') return refused('the action on the tag is unknown')
  const commitId = action === 'set' ? idIn(fields, 'commitId') : null
  if (action === 'set' && commitId === null) return refused('the event names no commit')
  return { readable: true, event: { ...base, kind: 'TAG', tag, commitId } }
}
