/**
 * Pieces of Cypher about Summit's graph: constants, so that nothing a caller gives is ever part of a statement. Every node and every edge is proven
 * to be the tenant's; nodes that nobody owns, soft-deleted ones and helpers are not there. (contract: summit 10.3 to 10.5, 15.7, 15.8, 15.10)
 */
const ofTenant = (n: string): string =>
  `(${n}.tenantId IS NULL OR ${n}.tenantId = $tenant) AND (${n}.tenant IS NULL OR ${n}.tenant = $tenant)
   AND (${n}.tenantId IS NOT NULL OR ${n}.tenant IS NOT NULL)`

export const ownNode = (n: string): string =>
  `(${n}:Entity OR ${n}:GraphNode) AND NOT ${n}:IngestRelationshipIdempotency AND ${n}.deletedAt IS NULL
   AND ${ofTenant(n)} AND coalesce(${n}.id, ${n}.globalId) IS NOT NULL`

export const ownEdge = (r: string): string =>
  `(${r}.tenantId IS NULL OR ${r}.tenantId = $tenant) AND (${r}.tenant IS NULL OR ${r}.tenant = $tenant) AND ${r}.deletedAt IS NULL`

export const idOf = (n: string): string => `toStringOrNull(coalesce(${n}.id, ${n}.globalId))`

/** The type that a relationship counts as. */
export const typeOf = (r: string): string =>
  `CASE WHEN type(${r}) IN ['REL', 'RELATIONSHIP', 'Relationship'] THEN coalesce(${r}.type, type(${r})) ELSE type(${r}) END`

/** Whosever they are: one branch a label and key, so that each finds its index. Binds `n` for each `id`. */
const named = `UNWIND $ids AS id
  CALL { WITH id MATCH (n:Entity {id: id}) RETURN n UNION WITH id MATCH (n:GraphNode {globalId: id}) RETURN n UNION WITH id MATCH (n:GraphNode {id: id}) RETURN n }`

/** Nodes by id, as `n`. */
export const nodesByIds = `${named} WITH DISTINCT n WHERE ${ownNode('n')}`

/** Which of these ids are of nodes that the tenant has deleted. */
export const deletedByIds = `${named} WITH id, n WHERE n.deletedAt IS NOT NULL AND ${ofTenant('n')} RETURN DISTINCT id`

export const allNodes = `CALL { MATCH (n:Entity) RETURN n UNION MATCH (n:GraphNode) RETURN n } WITH n WHERE ${ownNode('n')}`

/** Whether a node has one of \`$labels\`, wherever its shape keeps them. */
export const hasLabel = (n: string): string =>
  `any(l IN $labels WHERE l IN labels(${n}) OR ${n}.kind = l OR ${n}.type = l OR ${n}.entityType = l
     OR (${n}.labels IS :: LIST<STRING NOT NULL> AND l IN ${n}.labels))`
