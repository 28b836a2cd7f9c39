import DataLoader from 'dataloader'
import {
  type Graph,
  type GraphCommit,
  type GraphDataSource,
  type GraphEnd,
  type GraphNode,
  type GraphPlace,
} from '../datasources/graph/graph.ts'
import { type Scope } from '../datasources/scope.ts'

interface EndAt {
  readonly place: GraphPlace
  readonly end: GraphEnd
}

/** What hangs on nodes and commits of graphs: one statement for all parents of a level and place. */
export interface GraphLoaders {
  readonly end: DataLoader<EndAt, GraphNode | null, string>
  readonly commitAt: DataLoader<{ readonly graph: Graph; readonly position: number }, GraphCommit | null, string>
  readonly tagsOfCommit: DataLoader<GraphCommit, string[], string>
  clear(): void
}

const placeText = ({ graph, position }: GraphPlace): string => `${graph.source}:${graph.graphSeq}:${position}`

/** Keys by the group they belong to, with their places in the whole. */
function grouped<Key>(keys: readonly Key[], groupOf: (key: Key) => string): { readonly key: Key; readonly at: number }[][] {
  const groups = new Map<string, { key: Key; at: number }[]>()
  for (const [at, key] of keys.entries()) {
    const group = groups.get(groupOf(key)) ?? []
    groups.set(groupOf(key), group)
    group.push({ key, at })
  }
  return [...groups.values()]
}

async function inGroups<Key, Value>(
  keys: readonly Key[],
  groupOf: (key: Key) => string,
  load: (first: Key, keys: readonly Key[]) => Promise<readonly (Value | undefined)[]>,
  fallback: Value,
): Promise<Value[]> {
  const values = keys.map(() => fallback)
  await Promise.all(
    grouped(keys, groupOf).map(async (group) => {
      const [first] = group
      if (first === undefined) return
      const found = await load(
        first.key,
        group.map(({ key }) => key),
      )
      for (const [index, { at }] of group.entries()) values[at] = found[index] ?? fallback
    }),
  )
  return values
}

export function createGraphLoaders(graph: GraphDataSource, scope: Scope): GraphLoaders {
  const end = new DataLoader<EndAt, GraphNode | null, string>(
    (keys) =>
      inGroups<EndAt, GraphNode | null>(
        keys,
        ({ place }) => placeText(place),
        async ({ place }, group) => {
          const nodes = await graph.nodesByEnds(
            scope,
            place,
            group.map((key) => key.end),
          )
          const found = new Map(nodes.map((node) => [node.key, node]))
          return group.map((key) => found.get(key.end.key))
        },
        null,
      ),
    { maxBatchSize: 1000, cacheKeyFn: (key) => `${placeText(key.place)}:${key.end.key}` },
  )
  const commitAt = new DataLoader<{ graph: Graph; position: number }, GraphCommit | null, string>(
    (keys) =>
      inGroups<{ graph: Graph; position: number }, GraphCommit | null>(
        keys,
        (key) => key.graph.graphSeq.toString(),
        async (first, group) =>
          graph.commitsAt(
            scope,
            first.graph,
            group.map(({ position }) => position),
          ),
        null,
      ),
    { maxBatchSize: 1000, cacheKeyFn: placeText },
  )
  const tagsOfCommit = new DataLoader<GraphCommit, string[], string>(
    (keys) =>
      inGroups<GraphCommit, string[]>(
        keys,
        (key) => key.graph.graphSeq.toString(),
        async (first, group) =>
          graph.tagsOfCommits(
            scope,
            first.graph,
            group.map(({ commitId }) => commitId),
          ),
        [],
      ),
    { maxBatchSize: 1000, cacheKeyFn: (key) => `${key.graph.graphSeq}:${key.commitId}` },
  )
  return {
    end,
    commitAt,
    tagsOfCommit,
    clear() {
      end.clearAll()
      commitAt.clearAll()
      tagsOfCommit.clearAll()
    },
  }
}
