import { encodeId } from '../ids.ts'
import { type GraphEvent, parseGraphEvent } from '../projections/graph-events.ts'
import { type DomainEvent, type EventFamily } from './event.ts'

const MAX_NODES = 10_000

/** Nodes that a commit names: the changed ones, and the ends of changed relationships. */
function nodesOf(event: GraphEvent): string[] {
  if (event.kind === 'TAG') return []
  const ids = new Set<string>()
  for (const mutation of event.mutations) {
    if ('nodeId' in mutation) ids.add(mutation.nodeId)
    else if ('from' in mutation) {
      ids.add(mutation.from)
      ids.add(mutation.to)
    }
    if (ids.size >= MAX_NODES) break
  }
  return [...ids]
}

/** Commits and tags of graphs, from Demon's graph stream. (contract: demon 4.5) */
export const graphFamily: EventFamily = {
  name: 'graph',
  stream: 'graph',
  subjects: ['demon.graph.v1.*.*.*.commit'],
  domains: ['GRAPH'],
  read(message): DomainEvent | null {
    const parsed = parseGraphEvent(message)
    if (!parsed.readable) return null
    const { event } = parsed
    const { tenantId, projectId, namespace, graphId } = event.scope
    const place = [`project=${projectId}`, `namespace=${namespace}`, `graph=${graphId}`]
    return {
      ...{ family: 'graph', stream: 'graph', sequence: message.sequence, tenantId, domain: 'GRAPH', system: 'DEMON' },
      subject: message.subject,
      type: event.kind === 'COMMIT' ? 'graph.commit.created:v1' : 'graph.tag.updated:v1',
      ...{ at: event.at, recordedAt: event.recordedAt },
      severity: event.kind === 'COMMIT' && event.warnings.length > 0 ? 'WARNING' : 'INFO',
      labels: event.kind === 'TAG' ? [...place, `tag=${event.tag}`] : place,
      refs: { graph: encodeId('Graph', ['ORRERY', tenantId, projectId, namespace, graphId]) },
      nodeIds: nodesOf(event),
      payload: event.payload,
    }
  },
}
