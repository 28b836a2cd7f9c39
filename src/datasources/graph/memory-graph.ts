import { type Direction } from './graph.ts'
import { isBehind } from './level-traversal.ts'
import { MAX_WORK, type PathResult, type PathWalk, type Reached, type Walk, type WalkResult } from './traversal.ts'

/** Numbers that grow: an Int32Array that makes room by doubling. */
class Column {
  values: Int32Array
  length = 0
  constructor(capacity: number) {
    this.values = new Int32Array(capacity)
  }
  push(value: number): void {
    if (this.length === this.values.length) this.#grow(this.length + 1)
    this.values[this.length] = value
    this.length += 1
  }
  /** Makes `index` writable; what lies between is `filler`. */
  reach(index: number, filler: number): void {
    if (index < this.length) return
    if (index >= this.values.length) this.#grow(index + 1)
    this.values.fill(filler, this.length, index + 1)
    this.length = index + 1
  }
  get(index: number): number {
    return this.values[index] ?? -1
  }
  bytes(): number {
    return this.values.byteLength
  }
  #grow(least: number): void {
    const wider = new Int32Array(Math.max(least, Math.ceil(this.values.length * 1.5), 16))
    wider.set(this.values.subarray(0, this.length))
    this.values = wider
  }
}

const NONE = -1

/** A version of an edge, in the numbers of its graph; `type` is a number of `intern`, -1 for none. */
export interface PackedEdge {
  readonly ref: number
  readonly from: number
  readonly to: number
  readonly type: number
  readonly fromPos: number
  readonly toPos: number
}

export interface PackedNode {
  readonly ref: number
  readonly labels: number
  readonly fromPos: number
  readonly toPos: number
}

/**
 * All versions of one graph in typed arrays: about 45 bytes a version of an edge. Versions of a node's edges are chained from its number, so that
 * new ones are added and open ones closed in place.
 */
export class MemoryGraph {
  /** Every commit up to here is in it. */
  position = 0
  readonly types: string[] = []
  readonly labelSets: (readonly string[])[] = []
  readonly #typeIds = new Map<string, number>()
  readonly #labelIds = new Map<string, number>()

  readonly #edges: Record<'ref' | 'from' | 'to' | 'type' | 'start' | 'end' | 'nextOut' | 'nextIn', Column>
  readonly #newestOfEdge: Column
  readonly #nodes: Record<'ref' | 'labels' | 'start' | 'end' | 'next', Column>
  readonly #heads: Record<'out' | 'in' | 'version', Column>
  /** Which walk saw a node last, so that nothing has to be cleared between walks. */
  #seen = { near: new Int32Array(0), far: new Int32Array(0), nearEdge: new Int32Array(0), farEdge: new Int32Array(0) }
  #stamp = 0

  constructor(edges = 16, nodes = 16) {
    const column = (size: number): Column => new Column(size)
    this.#edges = {
      ...{ ref: column(edges), from: column(edges), to: column(edges), type: column(edges) },
      ...{ start: column(edges), end: column(edges), nextOut: column(edges), nextIn: column(edges) },
    }
    this.#newestOfEdge = column(edges)
    this.#nodes = { ref: column(nodes), labels: column(nodes), start: column(nodes), end: column(nodes), next: column(nodes) }
    this.#heads = { out: column(nodes), in: column(nodes), version: column(nodes) }
  }

  internType(type: string): number {
    return intern(this.types, this.#typeIds, type, type)
  }

  /** @param text the labels as `graph_nodes.label_text` holds them */
  internLabels(text: string): number {
    return intern(this.labelSets, this.#labelIds, text, text.split('\u0001').slice(0, -1))
  }

  addNode({ ref, labels, fromPos, toPos }: PackedNode): void {
    const newest = ref < this.#heads.version.length ? this.#heads.version.get(ref) : NONE
    // The newest version is the first of its chain: one that is known may be closed now, older ones cannot have changed.
    if (newest !== NONE && this.#nodes.start.get(newest) >= fromPos) {
      if (this.#nodes.start.get(newest) === fromPos) this.#nodes.end.values[newest] = toPos
      return
    }
    this.#reachNode(ref)
    const own = this.#nodes.ref.length
    this.#nodes.ref.push(ref)
    this.#nodes.labels.push(labels)
    this.#nodes.start.push(fromPos)
    this.#nodes.end.push(toPos)
    this.#nodes.next.push(this.#heads.version.get(ref))
    this.#heads.version.values[ref] = own
  }

  addEdge({ ref, from, to, type, fromPos, toPos }: PackedEdge): void {
    const newest = ref < this.#newestOfEdge.length ? this.#newestOfEdge.get(ref) : NONE
    if (newest !== NONE && this.#edges.start.get(newest) >= fromPos) {
      if (this.#edges.start.get(newest) === fromPos) this.#edges.end.values[newest] = toPos
      return
    }
    this.#reachNode(Math.max(from, to))
    this.#newestOfEdge.reach(ref, NONE)
    const own = this.#edges.ref.length
    const { edges, heads } = { edges: this.#edges, heads: this.#heads }
    edges.ref.push(ref)
    edges.from.push(from)
    edges.to.push(to)
    edges.type.push(type)
    edges.start.push(fromPos)
    edges.end.push(toPos)
    edges.nextOut.push(heads.out.get(from))
    edges.nextIn.push(heads.in.get(to))
    heads.out.values[from] = own
    heads.in.values[to] = own
    this.#newestOfEdge.values[ref] = own
  }

  bytes(): number {
    const columns = [...Object.values(this.#edges), ...Object.values(this.#nodes), ...Object.values(this.#heads), this.#newestOfEdge]
    const scratch = Object.values(this.#seen).reduce((sum, { byteLength }) => sum + byteLength, 0)
    return columns.reduce((sum, column) => sum + column.bytes(), scratch)
  }

  walk(position: number, walk: Walk): WalkResult {
    const filter = this.#filter(position, walk.types)
    const labelled = this.#labelled(walk.labels)
    const stamp = this.#newStamp()
    const seen = this.#seen.near
    seen[walk.start] = stamp
    const reached: Reached[] = []
    let frontier = [walk.start]
    let work = 0
    for (let distance = 1; distance <= walk.depth && frontier.length > 0; distance += 1) {
      const next: number[] = []
      for (const ref of frontier) {
        work += this.#each(ref, walk.direction, filter, MAX_WORK - work, (target) => {
          if (seen[target] === stamp) return
          seen[target] = stamp
          next.push(target)
        })
        if (work >= MAX_WORK) return { reached: this.#collect(reached, next, { distance, position, labelled, walk }), truncated: true }
      }
      frontier = sorted(next)
      this.#collect(reached, frontier, { distance, position, labelled, walk })
      if (reached.length >= walk.limit) break
    }
    return { reached, truncated: false }
  }

  path(position: number, walk: PathWalk): PathResult {
    if (walk.from === walk.to) return { path: { nodes: [walk.from], edges: [] }, truncated: false }
    const filter = this.#filter(position, walk.types)
    const labelled = this.#labelled(walk.labels)
    const stamp = this.#newStamp()
    const { near, far, nearEdge, farEdge } = this.#seen
    const sides = [
      { marks: near, edges: nearEdge, frontier: [walk.from], direction: walk.direction },
      { marks: far, edges: farEdge, frontier: [walk.to], direction: opposite[walk.direction] },
    ] as const
    near[walk.from] = stamp
    nearEdge[walk.from] = NONE
    far[walk.to] = stamp
    farEdge[walk.to] = NONE
    let frontiers: [number[], number[]] = [[walk.from], [walk.to]]
    let work = 0
    for (let length = 0; length < walk.maxDepth; length += 1) {
      const turn = frontiers[0].length <= frontiers[1].length ? 0 : 1
      const side = sides[turn]
      const other = sides[1 - turn]
      if (side === undefined || other === undefined || frontiers[turn].length === 0) break
      const next: number[] = []
      let meeting = NONE
      for (const ref of frontiers[turn]) {
        work += this.#each(ref, side.direction, filter, MAX_WORK - work, (target, edge) => {
          if (side.marks[target] === stamp) return
          side.marks[target] = stamp
          side.edges[target] = edge
          // What the other side has reached but may not go through is no meeting place, except its start.
          if (other.marks[target] === stamp && this.#passable(target, position, labelled, walk)) meeting = target
          next.push(target)
        })
        if (meeting !== NONE) return { path: this.#join(meeting), truncated: false }
        if (work >= MAX_WORK) return { path: null, truncated: true }
      }
      const passable = labelled === null ? next : next.filter((ref) => this.#passable(ref, position, labelled, walk))
      frontiers = turn === 0 ? [passable, frontiers[1]] : [frontiers[0], passable]
    }
    return { path: null, truncated: false }
  }

  /** Versions that hold at a position, one by one. */
  forEachAt(
    position: number,
    node: (ref: number, labels: number) => void,
    edge: (edge: Omit<PackedEdge, 'fromPos' | 'toPos'>) => void,
  ): void {
    const { ref, labels, start, end } = this.#nodes
    for (let slot = 0; slot < ref.length; slot += 1)
      if (start.get(slot) <= position && position < end.get(slot)) node(ref.get(slot), labels.get(slot))
    const edges = this.#edges
    for (let slot = 0; slot < edges.ref.length; slot += 1)
      if (edges.start.get(slot) <= position && position < edges.end.get(slot))
        edge({ ref: edges.ref.get(slot), from: edges.from.get(slot), to: edges.to.get(slot), type: edges.type.get(slot) })
  }

  #reachNode(ref: number): void {
    for (const head of Object.values(this.#heads)) head.reach(ref, NONE)
  }

  #newStamp(): number {
    const size = this.#heads.out.length
    if (this.#seen.near.length < size) {
      const room = Math.max(16, Math.ceil(size * 1.2))
      this.#seen = { near: new Int32Array(room), far: new Int32Array(room), nearEdge: new Int32Array(room), farEdge: new Int32Array(room) }
      this.#stamp = 0
    }
    this.#stamp += 1
    return this.#stamp
  }

  #filter(position: number, types: readonly string[] | null): Filter {
    if (types === null) return { position, types: null }
    return { position, types: new Set(types.flatMap((type) => this.#typeIds.get(type) ?? [])) }
  }

  #labelled(labels: readonly string[] | null): Set<number> | null {
    if (labels === null) return null
    const wanted = new Set(labels)
    return new Set(this.labelSets.flatMap((set, id) => (set.some((label) => wanted.has(label)) ? [id] : [])))
  }

  /** Calls for each relationship at the position; gives how many versions were looked at, at most `budget`. */
  #each(ref: number, direction: Direction, filter: Filter, budget: number, found: (target: number, slot: number) => void): number {
    const { start, end, type, to, from, nextOut, nextIn } = this.#edges
    const { position, types } = filter
    let work = 0
    const chain = (head: Column, next: Column, far: Column): void => {
      for (let slot = ref < head.length ? head.get(ref) : NONE; slot !== NONE && work < budget; slot = next.get(slot)) {
        work += 1
        if (start.get(slot) > position || end.get(slot) <= position) continue
        if (types !== null && !types.has(type.get(slot))) continue
        found(far.get(slot), slot)
      }
    }
    if (direction !== 'IN') chain(this.#heads.out, nextOut, to)
    if (direction !== 'OUT') chain(this.#heads.in, nextIn, from)
    return work
  }

  /** The label set of a node at a position; null where it does not exist there. */
  #labelsAt(ref: number, position: number): number | null {
    const { start, end, labels, next } = this.#nodes
    for (let slot = ref < this.#heads.version.length ? this.#heads.version.get(ref) : NONE; slot !== NONE; slot = next.get(slot)) {
      if (start.get(slot) > position) continue
      // Versions are chained newest first: this is the only one that can hold.
      return end.get(slot) > position ? labels.get(slot) : null
    }
    return null
  }

  #isShown(ref: number, position: number, labelled: Set<number> | null): boolean {
    const labels = this.#labelsAt(ref, position)
    return labels !== null && (labelled === null || labelled.has(labels))
  }

  #passable(ref: number, position: number, labelled: Set<number> | null, { from, to }: PathWalk): boolean {
    return labelled === null || ref === from || ref === to || this.#isShown(ref, position, labelled)
  }

  #collect(
    reached: Reached[],
    refs: number[],
    at: { distance: number; position: number; labelled: Set<number> | null; walk: Walk },
  ): Reached[] {
    const { distance, position, labelled, walk } = at
    for (const ref of refs) {
      if (reached.length >= walk.limit) break
      if (this.#isShown(ref, position, labelled) && isBehind({ ref, distance }, walk.after)) reached.push({ ref, distance })
    }
    return reached
  }

  #join(meeting: number): { nodes: number[]; edges: number[] } {
    const back = (edges: Int32Array): { nodes: number[]; edges: number[] } => {
      const walked = { nodes: [] as number[], edges: [] as number[] }
      for (let ref = meeting, slot = edges[ref] ?? NONE; slot !== NONE; slot = edges[ref] ?? NONE) {
        ref = this.#edges.from.get(slot) === ref ? this.#edges.to.get(slot) : this.#edges.from.get(slot)
        walked.nodes.push(ref)
        walked.edges.push(this.#edges.ref.get(slot))
      }
      return walked
    }
    const head = back(this.#seen.nearEdge)
    const tail = back(this.#seen.farEdge)
    return { nodes: [...head.nodes.reverse(), meeting, ...tail.nodes], edges: [...head.edges.reverse(), ...tail.edges] }
  }
}

interface Filter {
  readonly position: number
  readonly types: ReadonlySet<number> | null
}

const opposite: Readonly<Record<Direction, Direction>> = { OUT: 'IN', IN: 'OUT', ANY: 'ANY' }

const sorted = (refs: number[]): number[] => (refs.length < 2 ? refs : Array.from(Int32Array.from(refs).sort()))

function intern<T>(list: T[], ids: Map<string, number>, key: string, value: T): number {
  const known = ids.get(key)
  if (known !== undefined) return known
  const id = list.push(value) - 1
  ids.set(key, id)
  return id
}
