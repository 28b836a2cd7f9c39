import { type Scope } from '../scope.ts'
import { type Direction, type GraphPlace } from './graph.ts'
import { type GraphTraversal, MAX_WORK, type PathResult, type PathWalk, type Reached, type Walk, type WalkResult } from './traversal.ts'

export interface Expansion {
  readonly frontier: readonly number[]
  readonly direction: Direction
  readonly types: readonly string[] | null
  /** Whether what is shown depends on labels. */
  readonly labels: readonly string[] | null
}

export interface Step {
  readonly source: number
  readonly target: number
  readonly edge: number
}

/** A store that can be asked for one level of a walk at a time. */
export interface LevelStore {
  /** Relationships that leave the frontier, bounded by MAX_LEVEL. */
  expand(
    scope: Scope,
    place: GraphPlace,
    expansion: Expansion,
  ): Promise<{
    readonly steps: readonly Step[]
    readonly truncated: boolean
    /** Of the targets, those that `shown` would give, where the store knows already. */
    readonly shown?: ReadonlySet<number>
  }>
  /** Of these numbers, those of nodes that exist there (and have one of the labels). */
  shown(scope: Scope, place: GraphPlace, refs: readonly number[], labels: readonly string[] | null): Promise<ReadonlySet<number>>
}

const reversed: Readonly<Record<Direction, Direction>> = { OUT: 'IN', IN: 'OUT', ANY: 'ANY' }

export const isBehind = ({ ref, distance }: Reached, after: Reached | null): boolean =>
  after === null || distance > after.distance || (distance === after.distance && ref > after.ref)

const ascending = (a: number, b: number): number => a - b

/** Breadth-first search over a store that is asked once a level. */
export function createLevelTraversal(store: LevelStore): Pick<GraphTraversal, 'walk' | 'path'> {
  return {
    async walk(scope, place, { start, depth, direction, types, labels, limit, after }: Walk): Promise<WalkResult> {
      const seen = new Set([start])
      const reached: Reached[] = []
      let frontier: number[] = [start]
      let work = 0
      for (let distance = 1; distance <= depth && frontier.length > 0; distance += 1) {
        const { steps, truncated, shown: known } = await store.expand(scope, place, { frontier, direction, types, labels })
        work += steps.length
        const next = new Set<number>()
        for (const { target } of steps) if (!seen.has(target)) next.add(target)
        for (const ref of next) seen.add(ref)
        frontier = [...next].sort(ascending)
        const shown = known ?? (await store.shown(scope, place, frontier, labels))
        for (const ref of frontier) {
          if (!shown.has(ref) || !isBehind({ ref, distance }, after)) continue
          reached.push({ ref, distance })
          if (reached.length >= limit) return { reached, truncated }
        }
        if (truncated || work > MAX_WORK) return { reached, truncated: true }
      }
      return { reached, truncated: false }
    },

    async path(scope, place, walk: PathWalk): Promise<PathResult> {
      if (walk.from === walk.to) return { path: { nodes: [walk.from], edges: [] }, truncated: false }
      const sides = { from: newSide(walk.from), to: newSide(walk.to) }
      for (let length = 0; length < walk.maxDepth; length += 1) {
        const forward = isNext(sides.from, sides.to)
        const [near, far] = forward ? [sides.from, sides.to] : [sides.to, sides.from]
        if (near.frontier.length === 0) return { path: null, truncated: false }
        const direction = forward ? walk.direction : reversed[walk.direction]
        const level = await store.expand(scope, place, { frontier: near.frontier, direction, types: walk.types, labels: walk.labels })
        const meeting = advance(near, far, level.steps)
        if (meeting !== null) return { path: join(sides, meeting), truncated: false }
        // Part of a level is missing: what would be found later need not be the shortest.
        if (level.truncated) return { path: null, truncated: true }
        if (walk.labels === null) continue
        const shown = level.shown ?? (await store.shown(scope, place, near.frontier, walk.labels))
        near.frontier = near.frontier.filter((ref) => shown.has(ref))
      }
      return { path: null, truncated: false }
    },
  }
}

interface Arrival {
  readonly before: number
  readonly edge: number
}

interface Side {
  readonly arrivals: Map<number, Arrival | null>
  frontier: number[]
  levels: number
}

const newSide = (start: number): Side => ({ arrivals: new Map([[start, null]]), frontier: [start], levels: 0 })

/** The smaller side goes on; of two alike the one that has come less far, so that the ways from two leaves of a hub meet in it before it is expanded. */
const isNext = (side: Side, other: Side): boolean =>
  side.frontier.length - other.frontier.length < 0 || (side.frontier.length === other.frontier.length && side.levels <= other.levels)

/** Takes one side a level further; gives the node where it met the other. */
function advance(near: Side, far: Side, steps: readonly Step[]): number | null {
  const next: number[] = []
  // Of several ways of the same length the same one is taken, whatever order the store answers in.
  const sorted = [...steps].sort((a, b) => a.target - b.target || a.source - b.source || a.edge - b.edge)
  let meeting: number | null = null
  const open = new Set(far.frontier)
  for (const { source, target, edge } of sorted) {
    if (near.arrivals.has(target)) continue
    near.arrivals.set(target, { before: source, edge })
    next.push(target)
    if (meeting === null && open.has(target)) meeting = target
  }
  near.frontier = next
  near.levels += 1
  return meeting
}

function join({ from, to }: { from: Side; to: Side }, meeting: number): NonNullable<PathResult['path']> {
  const walkBack = (side: Side): { nodes: number[]; edges: number[] } => {
    const nodes: number[] = []
    const edges: number[] = []
    for (let arrival = side.arrivals.get(meeting); arrival != null; arrival = side.arrivals.get(arrival.before)) {
      nodes.push(arrival.before)
      edges.push(arrival.edge)
    }
    return { nodes, edges }
  }
  const head = walkBack(from)
  const tail = walkBack(to)
  return {
    nodes: [...head.nodes.reverse(), meeting, ...tail.nodes],
    edges: [...head.edges.reverse(), ...tail.edges],
  }
}
