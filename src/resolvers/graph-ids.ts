import { type Graph, type GraphCommit, type GraphKey, type GraphNode, type GraphRelationship } from '../datasources/graph/graph.ts'
import { type Scope } from '../datasources/scope.ts'
import { badUserInput } from '../errors.ts'
import { encodeId, expectId } from '../ids.ts'

const partsOf = ({ source, tenantId, projectId, namespace, graphId }: GraphKey & { readonly tenantId: string }): string[] => [
  ...[source, tenantId, projectId, namespace, graphId],
]

export const graphId = (graph: Graph): string => encodeId('Graph', partsOf(graph))
export const graphCommitId = ({ graph, commitId }: GraphCommit): string => encodeId('GraphCommit', [...partsOf(graph), commitId])
export const graphNodeId = ({ place, key }: GraphNode): string => encodeId('GraphNode', [...partsOf(place.graph), key])
export const graphRelationshipId = ({ place, key }: GraphRelationship): string =>
  encodeId('GraphRelationship', [...partsOf(place.graph), key])

/** The key that the parts of an id name; null for a graph of another tenant, which does not exist for this caller. */
export function graphKeyOf(scope: Scope, [source, tenantId, projectId, namespace, id]: readonly string[]): GraphKey | null {
  if ((source !== 'ORRERY' && source !== 'SUMMIT') || tenantId !== scope.tenantId) return null
  if (projectId === undefined || namespace === undefined || id === undefined) return null
  return { source, projectId, namespace, graphId: id }
}

interface ScopeInput {
  readonly projectId: string
  readonly namespace: string
  readonly graphId: string
  readonly source?: GraphKey['source'] | null | undefined
}

/**
 * Which graph is meant: by its global id or by its scope.
 * @returns null when the id names another tenant's graph
 * @throws AppError BAD_USER_INPUT when neither or both are given, or the id is not a graph's
 */
export function graphTarget(
  scope: Scope,
  target: { readonly id?: string | null | undefined; readonly scope?: ScopeInput | null | undefined },
  idName = 'id',
): GraphKey | null {
  if (target.id != null && target.scope == null) return graphKeyOf(scope, expectId('Graph', target.id, 5))
  if (target.scope != null && target.id == null) return { ...target.scope, source: target.scope.source ?? 'ORRERY' }
  throw badUserInput(`Name the graph by \`${idName}\` or by \`scope\`.`)
}
