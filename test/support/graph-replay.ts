/** A plain replay of stored commits, written from the contract alone (demon 8.4, 8.5): what every faster answer is compared with. */
export interface StoredCommit {
  readonly sequence: bigint
  readonly payload: string
}

interface ReplayNode {
  readonly labels: readonly string[]
  readonly properties: readonly { key: string; value: unknown }[]
}

interface ReplayEdge extends Omit<ReplayNode, 'labels'> {
  readonly from: string
  readonly to: string
  readonly label: string | null
}

export interface ReplayState {
  readonly nodes: Map<string, ReplayNode>
  readonly edges: Map<string, ReplayEdge>
}

const isText = (value: unknown): value is string => typeof value === 'string'
const readProperties = (value: unknown): ReplayNode['properties'] | null => {
  if (!Array.isArray(value)) return null
  const read = value.map((property: unknown) => {
    if (Array.isArray(property))
      return property.length === 2 && isText(property[0]) ? { key: property[0], value: property[1] as unknown } : null
    if (typeof property !== 'object' || property === null || !('value' in property) || !('key' in property)) return null
    return isText(property.key) ? { key: property.key, value: property.value } : null
  })
  return read.every((property) => property !== null) ? read : null
}
const readLabels = (value: unknown): string[] | null => (Array.isArray(value) && value.every(isText) ? value : null)

function applyMutation({ nodes, edges }: ReplayState, mutation: Record<string, unknown>): void {
  const { op, nodeId, edgeId, from, to } = mutation
  if (op === 'add-node' || op === 'update-node') {
    const fallback = op === 'add-node' ? [] : undefined
    const labels = readLabels(mutation['labels'] === undefined ? fallback : mutation['labels'])
    const properties = readProperties(mutation['properties'] === undefined ? fallback : mutation['properties'])
    if (isText(nodeId) && labels !== null && properties !== null) nodes.set(nodeId, { labels, properties })
  } else if (op === 'remove-node' && isText(nodeId)) {
    nodes.delete(nodeId)
    for (const [id, edge] of edges) if (edge.from === nodeId || edge.to === nodeId) edges.delete(id)
  } else if (op === 'add-edge' || op === 'update-edge') {
    const properties = readProperties(mutation['properties'])
    const label = mutation['label'] ?? null
    if (isText(edgeId) && isText(from) && isText(to) && properties !== null && (label === null || isText(label)))
      edges.set(edgeId, { from, to, label, properties })
  } else if (op === 'remove-edge' && isText(edgeId)) edges.delete(edgeId)
}

const tsOf = ({ payload }: StoredCommit): string => JSON.parse(payload).ts ?? ''

/** The commits in the order in which Demon applies them. */
export const replayOrder = (commits: readonly StoredCommit[]): StoredCommit[] =>
  [...commits].sort((a, b) => Buffer.compare(Buffer.from(tsOf(a)), Buffer.from(tsOf(b))) || (a.sequence < b.sequence ? -1 : 1))

/** The state after the first `count` commits of `replayOrder`. */
export function replay(ordered: readonly StoredCommit[], count: number): ReplayState {
  const state: ReplayState = { nodes: new Map(), edges: new Map() }
  for (const { payload } of ordered.slice(0, count))
    for (const mutation of JSON.parse(payload).mutations)
      if (typeof mutation === 'object' && mutation !== null) applyMutation(state, mutation)
  return state
}

export interface WalkFilter {
  readonly direction?: 'OUT' | 'IN' | 'ANY'
  readonly types?: readonly string[] | null
}

function targets({ edges }: ReplayState, id: string, { direction = 'ANY', types = null }: WalkFilter): string[] {
  return [...edges.values()].flatMap(({ from, to, label }) => {
    if (types !== null && (label === null || !types.includes(label))) return []
    return [...(direction !== 'IN' && from === id ? [to] : []), ...(direction !== 'OUT' && to === id ? [from] : [])]
  })
}

/** Distance of every id that can be reached, the start included; ids that are only ends of edges too. */
export function distances(state: ReplayState, start: string, depth: number, filter: WalkFilter = {}): Map<string, number> {
  const found = new Map([[start, 0]])
  let frontier = [start]
  for (let distance = 1; distance <= depth && frontier.length > 0; distance += 1) {
    const next: string[] = []
    for (const id of frontier)
      for (const target of targets(state, id, filter)) {
        if (found.has(target)) continue
        found.set(target, distance)
        next.push(target)
      }
    frontier = next
  }
  return found
}

/** Demon's neighbours: nodes that exist, without the start. */
export const neighbours = (state: ReplayState, start: string, depth: number, filter: WalkFilter = {}): Map<string, number> =>
  new Map(
    [...(state.nodes.has(start) ? distances(state, start, depth, filter) : [])].filter(
      ([id, distance]) => distance > 0 && state.nodes.has(id),
    ),
  )

/** Length of the shortest path, or null. */
export function pathLength(state: ReplayState, from: string, to: string, maxDepth: number, filter: WalkFilter = {}): number | null {
  if (!state.nodes.has(from) || !state.nodes.has(to)) return null
  return distances(state, from, maxDepth, filter).get(to) ?? null
}
