import { parseGraphEvent } from '../projections/graph-events.ts'
import { isSubjectToken } from '../projections/events.ts'
import { readOnce } from './read-once.ts'

/** The event in a message of the graph stream, read once for all subscribers; null when it is none. */
export const graphEventOf = readOnce(parseGraphEvent)

/** A pattern that selects nothing, for what cannot be in the log at all. */
const nothing = ['demon.graph.v1']

/** Subjects of a tenant's graphs, or of one namespace. */
export function graphSubjects(
  tenantId: string,
  graph: { readonly projectId: string; readonly namespace: string } | null,
): readonly string[] {
  const tokens = [tenantId, ...(graph === null ? [] : [graph.projectId, graph.namespace])]
  // an id with a wildcard in it would select what belongs to others
  if (!tokens.every((token) => isSubjectToken(token) && !token.includes('.'))) return nothing
  return [`demon.graph.v1.${tenantId}.${graph?.projectId ?? '*'}.${graph?.namespace ?? '*'}.commit`]
}
