import { keyOf, labelKey, OPEN } from '../datasources/graph/keys.ts'
import { type GraphMutation, labelsText, type PropertyText, propertiesText } from '../datasources/graph/mutations.ts'
import { idOf, maxIdBytes, storable } from './event-text.ts'

/** What a node holds in one version; texts as the columns of `graph_nodes` hold them. */
export interface NodeContent {
  readonly labels: string
  readonly labelText: string
  readonly properties: string
  readonly runId: string | null
  readonly ritualId: string | null
}

export interface EdgeContent {
  readonly fromRef: number
  readonly toRef: number
  readonly type: string | null
  readonly properties: string
}

/** One version of a node or edge: it holds from `fromPos` up to, not including, `toPos`. */
export interface Version<Content> {
  readonly ref: number
  readonly fromPos: number
  readonly content: Content
}

export interface Closed {
  readonly ref: number
  readonly fromPos: number
  readonly toPos: number
}

interface Side<Content> {
  /** Open versions of everything that the batch touches. */
  readonly open: Map<number, Version<Content>>
  /** Versions that the batch opened; `toPos` where it closed them too. */
  readonly opened: Map<string, { readonly version: Version<Content>; toPos: number }>
  /** Versions of the tables that the batch closed. */
  readonly closed: Closed[]
  count: number
}

/** What a batch of commits works on: the state before it, and what the fold makes of that. */
export interface GraphWork {
  readonly nodes: Side<NodeContent>
  readonly edges: Side<EdgeContent>
  /** Edges that may end in a node: a superset, so each is looked at again before it counts. */
  readonly incident: Map<number, Set<number>>
  readonly nodeRef: (key: string) => number | undefined
  readonly edgeRef: (key: string) => number | undefined
}

export function newGraphWork(counts: { nodes: number; edges: number }, refs: Pick<GraphWork, 'nodeRef' | 'edgeRef'>): GraphWork {
  return {
    nodes: { open: new Map(), opened: new Map(), closed: [], count: counts.nodes },
    edges: { open: new Map(), opened: new Map(), closed: [], count: counts.edges },
    incident: new Map(),
    ...refs,
  }
}

/** Properties of a node that tie it to a run. */
export interface RunConvention {
  readonly runProperty: string
  readonly ritualProperty: string
}

function textProperty(properties: readonly PropertyText[], key: string): string | null {
  const found = properties.findLast((property) => property.key === key)?.value
  // Every character takes six at most as it is spelled: what is longer cannot be an id, and is not parsed.
  if (found === undefined || !found.startsWith('"') || found.length > 6 * maxIdBytes) return null
  return idOf(JSON.parse(found))
}

/** Each label followed by U+0001, so that one can be found whole. */
const labelText = (labels: readonly string[]): string => labels.map((label) => `${labelKey(label)}\u0001`).join('')

export const nodeContent = (
  { labels, properties }: { labels: readonly string[]; properties: readonly PropertyText[] },
  { runProperty, ritualProperty }: RunConvention,
): NodeContent => ({
  labels: labelsText(labels),
  labelText: labelText(labels),
  properties: propertiesText(properties),
  runId: textProperty(properties, runProperty),
  ritualId: textProperty(properties, ritualProperty),
})

export function noteIncident(work: GraphWork, edge: Version<EdgeContent>): void {
  for (const end of [edge.content.fromRef, edge.content.toRef]) {
    const edges = work.incident.get(end)
    if (edges === undefined) work.incident.set(end, new Set([edge.ref]))
    else edges.add(edge.ref)
  }
}

const sameNode = (a: NodeContent, b: NodeContent): boolean => a.labels === b.labels && a.properties === b.properties
const sameEdge = (a: EdgeContent, b: EdgeContent): boolean =>
  a.fromRef === b.fromRef && a.toRef === b.toRef && a.type === b.type && a.properties === b.properties

/** Moves one node or edge from its state before the commit to the one after it; nothing happens where both are the same. */
function settle<Content>(
  side: Side<Content>,
  position: number,
  [ref, after]: readonly [number, Content | null],
  same: (a: Content, b: Content) => boolean,
): void {
  const before = side.open.get(ref)
  if (before === undefined ? after === null : after !== null && same(before.content, after)) return
  if (before !== undefined) {
    const opened = side.opened.get(`${ref}:${before.fromPos}`)
    if (opened === undefined) side.closed.push({ ref, fromPos: before.fromPos, toPos: position })
    else opened.toPos = position
    side.open.delete(ref)
    side.count -= 1
  }
  if (after === null) return
  const version = { ref, fromPos: position, content: after }
  side.open.set(ref, version)
  side.opened.set(`${ref}:${position}`, { version, toPos: OPEN })
  side.count += 1
}

/**
 * One commit on the state before it. Mutations apply in the order of the payload; adding and updating both replace the whole; removing a node
 * removes its edges; edges may dangle; removing what is absent does nothing. (contract: demon 8.4)
 */
export function foldCommit(work: GraphWork, position: number, mutations: readonly GraphMutation[], convention: RunConvention): void {
  const nodes = new Map<number, NodeContent | null>()
  const edges = new Map<number, EdgeContent | null>()
  const edgeNow = (ref: number): EdgeContent | null => {
    const changed = edges.get(ref)
    return changed !== undefined ? changed : (work.edges.open.get(ref)?.content ?? null)
  }
  const removeNode = (ref: number): void => {
    nodes.set(ref, null)
    for (const edge of work.incident.get(ref) ?? []) {
      const now = edgeNow(edge)
      if (now !== null && (now.fromRef === ref || now.toRef === ref)) edges.set(edge, null)
    }
  }
  for (const mutation of mutations) {
    switch (mutation.op) {
      case 'add-node':
      case 'update-node': {
        const ref = work.nodeRef(keyOf(mutation.nodeId).key)
        if (ref !== undefined) nodes.set(ref, nodeContent(mutation, convention))
        break
      }
      case 'remove-node': {
        const ref = work.nodeRef(keyOf(mutation.nodeId).key)
        if (ref !== undefined) removeNode(ref)
        break
      }
      case 'add-edge':
      case 'update-edge': {
        const ref = work.edgeRef(keyOf(mutation.edgeId).key)
        const fromRef = work.nodeRef(keyOf(mutation.from).key)
        const toRef = work.nodeRef(keyOf(mutation.to).key)
        if (ref === undefined || fromRef === undefined || toRef === undefined) break
        const type = mutation.label === null ? null : storable(mutation.label)
        const content = { fromRef, toRef, type, properties: propertiesText(mutation.properties) }
        edges.set(ref, content)
        noteIncident(work, { ref, fromPos: position, content })
        break
      }
      case 'remove-edge': {
        const ref = work.edgeRef(keyOf(mutation.edgeId).key)
        if (ref !== undefined) edges.set(ref, null)
      }
    }
  }
  for (const change of nodes) settle(work.nodes, position, change, sameNode)
  for (const change of edges) settle(work.edges, position, change, sameEdge)
}
