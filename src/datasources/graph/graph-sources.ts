import { isOutage } from '../../errors.ts'
import { decodeListCursor, encodeListCursor } from '../page-cursor.ts'
import { type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Graph, type GraphDataSource, type GraphFilter, type GraphSourceKind } from './graph.ts'

/** Several sources as one: each graph, and what was read of it, is asked for where it is kept. */
export function joinGraphSources(orrery: GraphDataSource, summit: GraphDataSource | null): GraphDataSource {
  if (summit === null) return orrery
  const of = (source: GraphSourceKind): GraphDataSource => (source === 'SUMMIT' ? summit : orrery)
  const wants = (filter: GraphFilter, source: GraphSourceKind): boolean =>
    (filter.sources == null || filter.sources.includes(source)) &&
    (source === 'ORRERY' || (filter.projectId ?? 'summit') === 'summit') &&
    (source === 'ORRERY' || (filter.namespace ?? 'live') === 'live')

  /** Summit's only graph stands before all others; while its store is away it is left out, unless it alone was asked for. */
  async function ofSummit(scope: Scope, filter: GraphFilter): Promise<Graph | null> {
    if (!wants(filter, 'SUMMIT')) return null
    try {
      const graph = await summit?.find(scope, { source: 'SUMMIT', projectId: 'summit', namespace: 'live', graphId: 'graph' })
      const text = filter.graphIdContains?.toLowerCase() ?? ''
      return graph == null || !graph.graphId.includes(text) ? null : graph
    } catch (error) {
      if (!isOutage(error) || filter.sources?.every((source) => source === 'SUMMIT') === true) throw error
      scope.passedOver?.(error.source ?? 'summit-neo4j')
      return null
    }
  }

  async function list(scope: Scope, filter: GraphFilter, page: PageRequest) {
    const own = { list: 'graphs.summit', order: 'FIRST', tenantId: scope.tenantId }
    const first = await ofSummit(scope, filter)
    const marked = first !== null && page.cursor === encodeListCursor(own, ['summit'])
    const rest = marked ? { ...page, cursor: null } : page
    if (first === null) return orrery.list(scope, filter, rest)
    const item = { cursor: encodeListCursor(own, ['summit']), item: first }
    if (marked) {
      decodeListCursor(own, page.cursor ?? '', ['text'])
      if (page.direction === 'BACKWARD') return { items: [], hasNextPage: true, hasPreviousPage: false }
      return { ...(await orrery.list(scope, filter, rest)), hasPreviousPage: true }
    }
    const found = await orrery.list(scope, filter, page)
    if (page.direction === 'BACKWARD') {
      if (found.hasPreviousPage || found.items.length >= page.size) return { ...found, hasPreviousPage: true }
      return { ...found, items: [item, ...found.items] }
    }
    if (page.cursor !== null) return found
    const kept = found.items.slice(0, page.size - 1)
    return { items: [item, ...kept], hasNextPage: found.hasNextPage || kept.length < found.items.length, hasPreviousPage: false }
  }

  return {
    ...orrery,
    find: (scope, key) => of(key.source).find(scope, key),
    list,
    count: async (scope, filter) =>
      ((await ofSummit(scope, filter)) === null ? 0 : 1) + (wants(filter, 'ORRERY') ? await orrery.count(scope, filter) : 0),
    locate: (scope, graph, ref) => of(graph.source).locate(scope, graph, ref),
    counts: (scope, place) => of(place.graph.source).counts(scope, place),
    historyTruncated: (scope, graph) => of(graph.source).historyTruncated(scope, graph),
    commits: (scope, graph, page) => of(graph.source).commits(scope, graph, page),
    findCommit: (scope, graph, id) => of(graph.source).findCommit(scope, graph, id),
    commitsAt: (scope, graph, positions) => of(graph.source).commitsAt(scope, graph, positions),
    tags: (scope, graph, page) => of(graph.source).tags(scope, graph, page),
    findTag: (scope, graph, tag) => of(graph.source).findTag(scope, graph, tag),
    tagsOfCommits: (scope, graph, ids) => of(graph.source).tagsOfCommits(scope, graph, ids),
    findNode: (scope, place, id) => of(place.graph.source).findNode(scope, place, id),
    nodesByEnds: (scope, place, ends) => of(place.graph.source).nodesByEnds(scope, place, ends),
    nodes: (scope, place, filter, page) => of(place.graph.source).nodes(scope, place, filter, page),
    countNodes: (scope, place, filter) => of(place.graph.source).countNodes(scope, place, filter),
    findNodeByKey: (scope, place, key) => of(place.graph.source).findNodeByKey(scope, place, key),
    findRelationshipByKey: (scope, place, key) => of(place.graph.source).findRelationshipByKey(scope, place, key),
    relationships: (scope, place, types, page) => of(place.graph.source).relationships(scope, place, types, page),
    relationshipsAmong: (scope, place, nodes, page) => of(place.graph.source).relationshipsAmong(scope, place, nodes, page),
    relationshipsOf: (scope, node, query, page) => of(node.place.graph.source).relationshipsOf(scope, node, query, page),
    neighbours: (scope, node, query, page) => of(node.place.graph.source).neighbours(scope, node, query, page),
    neighbourKeys: (scope, node, query) => of(node.place.graph.source).neighbourKeys(scope, node, query),
    reach: (scope, node, query) => of(node.place.graph.source).reach(scope, node, query),
    path: (scope, place, query) => of(place.graph.source).path(scope, place, query),
    diff: (scope, from, to, around) => of(from.graph.source).diff(scope, from, to, around),
    dryRun: (scope, place, mutations) => of(place.graph.source).dryRun(scope, place, mutations),
    history: (scope, graph, nodeId, page) => of(graph.source).history(scope, graph, nodeId, page),
    drift: (scope, page) => summit.drift(scope, page),
  }
}
