import { LRUCache } from 'lru-cache'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { digestOf } from './digest.ts'
import { type GraphPlace } from './graph.ts'
import { MemoryGraph } from './memory-graph.ts'
import { loadVersions, readKinds, UnsuitedForMemory } from './memory-loading.ts'
import { type GraphTraversal, TraversalUnable } from './traversal.ts'

export interface MemoryTraversalOptions {
  readonly sql: Sql
  /** Bound of all graphs together, in bytes. */
  readonly maxBytes: number
}

/** Bytes a version takes at most, before it is loaded. */
const BYTES_PER_VERSION = 72

interface Held {
  readonly graph: MemoryGraph
  readonly revision: number
}

export interface MemoryTraversal extends GraphTraversal {
  /** What it holds now, for metrics and benchmarks. */
  stats(): { readonly graphs: number; readonly bytes: number }
}

/**
 * Adjacency in memory: graphs are loaded from SQL when they are asked for, brought up to date by what changed since, and evicted when room is
 * needed, the longest unused first. A graph that is too large for the bound is left to others.
 */
export function createMemoryTraversal({ sql, maxBytes }: MemoryTraversalOptions): MemoryTraversal {
  const held = new LRUCache<string, Held>({ maxSize: maxBytes, sizeCalculation: ({ graph }) => Math.max(1, graph.bytes()) })
  const loading = new Map<string, Promise<Held>>()
  /** Graphs that did not fit, and the commit at which that was found out. */
  const unsuited = new LRUCache<string, number>({ max: 1000 })

  /** Bytes of what is being loaded: it counts before it is held, so that many graphs asked for at once do not come at once. */
  let reserved = 0
  const waiting: (() => void)[] = []
  async function reserve(bytes: number): Promise<() => void> {
    while (reserved > 0 && reserved + bytes > maxBytes) await new Promise<void>((go) => waiting.push(go))
    reserved += bytes
    return () => {
      reserved -= bytes
      for (const go of waiting.splice(0)) go()
    }
  }

  async function load(scope: Scope, place: GraphPlace, key: string): Promise<Held> {
    const { graph } = place
    const kinds = await readKinds(sql, scope, place, 0)
    const [nodes, edges] = [kinds.nodes.versions, kinds.edges.versions]
    const bytes = (nodes + edges) * BYTES_PER_VERSION
    if (bytes > maxBytes) {
      unsuited.set(key, graph.head)
      throw new TraversalUnable('the graph is too large for memory')
    }
    const release = await reserve(bytes)
    try {
      const loaded = new MemoryGraph(edges, nodes)
      await loadVersions(sql, scope, place, { graph: loaded, after: 0, kinds })
      loaded.position = graph.head
      await sameRevision(scope, place)
      return { graph: loaded, revision: graph.revision }
    } finally {
      release()
    }
  }

  /** A commit that came late meanwhile has moved positions between two pages: what was loaded mixes two orders. */
  async function sameRevision(scope: Scope, { graph }: GraphPlace): Promise<void> {
    const now = await sql.maybeOne<{ late_commits: number }>('select late_commits from graphs where tenant_id = $1 and graph_seq = $2', [
      scope.tenantId,
      graph.graphSeq,
    ])
    if (now?.late_commits !== graph.revision) throw new TraversalUnable('the order of commits has changed')
  }

  /** Adds what changed since. */
  async function refresh(scope: Scope, place: GraphPlace, { graph, revision }: Held): Promise<Held> {
    const after = graph.position
    await loadVersions(sql, scope, place, { graph, after, kinds: await readKinds(sql, scope, place, after) })
    graph.position = place.graph.head
    await sameRevision(scope, place)
    return { graph, revision }
  }

  async function current(scope: Scope, place: GraphPlace): Promise<MemoryGraph> {
    const key = place.graph.graphSeq.toString()
    const epochKey = `${place.graph.tenantId}/${key}/${place.graph.createdAt}`
    for (;;) {
      const known = held.get(epochKey)
      if (known !== undefined && known.revision === place.graph.revision && known.graph.position >= place.graph.head) return known.graph
      const refusedAt = unsuited.get(epochKey)
      if (refusedAt !== undefined && place.graph.head < refusedAt + 1000) throw new TraversalUnable('the graph is too large for memory')
      const running = loading.get(epochKey)
      if (running !== undefined) {
        await running
        continue
      }
      // Whoever waits must not lose the index because the first who asked went away.
      const patient: Scope = { tenantId: scope.tenantId }
      const usable = known !== undefined && known.revision === place.graph.revision
      const work = (usable ? refresh(patient, place, known) : load(patient, place, epochKey)).catch((error: unknown) => {
        held.delete(epochKey)
        if (!(error instanceof UnsuitedForMemory)) throw error
        unsuited.set(epochKey, place.graph.head)
        throw new TraversalUnable(error.message)
      })
      loading.set(epochKey, work)
      try {
        const fresh = await work
        held.set(epochKey, fresh)
        return fresh.graph
      } finally {
        loading.delete(epochKey)
      }
    }
  }

  return {
    name: 'memory',
    store: null,
    walk: async (scope, place, walk) => (await current(scope, place)).walk(place.position, walk),
    path: async (scope, place, walk) => (await current(scope, place)).path(place.position, walk),
    async digest(scope, place) {
      const graph = await current(scope, place)
      return digestOf(place.position, (node, edge) => {
        graph.forEachAt(
          place.position,
          (ref, labels) => node(ref, graph.labelSets[labels] ?? []),
          ({ ref, from, to, type }) => edge(ref, from, to, graph.types[type] ?? null),
        )
      })
    },
    stats: () => ({ graphs: held.size, bytes: held.calculatedSize }),
  }
}
