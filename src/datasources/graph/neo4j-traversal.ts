import { type Neo4j, type Neo4jParameters, type Neo4jRow } from '../neo4j/neo4j-client.ts'
import { type Scope } from '../scope.ts'
import { digestOf } from './digest.ts'
import { type Direction, type GraphPlace } from './graph.ts'
import { createLevelTraversal, type Expansion, type LevelStore, type Step } from './level-traversal.ts'
import { type Neo4jNames } from './neo4j-names.ts'
import { type GraphTraversal, MAX_LEVEL, type PathResult, type PathWalk, TraversalUnable } from './traversal.ts'

export interface Neo4jTraversalParts {
  readonly neo4j: Neo4j
  readonly names: Neo4jNames
}

const arrows: Readonly<Record<Direction, readonly [string, string]>> = { OUT: ['-', '->'], IN: ['<-', '-'], ANY: ['-', '-'] }

/** At the watermark the open versions are all there is; before it, closed ones may have held too. */
const typesAt = ({ live, past }: Neo4jNames, isHead: boolean): string => (isHead ? live : `${live}|${past}`)

const numberOf = (value: unknown): number => Number(value)
const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : [])
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** The labels of a node at a position, of its spans `[from, to, from, to, ...]`; null where it does not exist there. */
function labelsAt(spans: readonly number[], labels: readonly string[], position: number): string[] | null {
  for (let at = 0; at < spans.length; at += 2)
    if ((spans[at] ?? 0) <= position && position < (spans[at + 1] ?? 0)) return (labels[at / 2] ?? '').split('\u0001').slice(0, -1)
  return null
}

/** How the projection keeps a graph apart from another life of the same stream. */
export const graphParameters = ({ graph }: GraphPlace) => ({ g: graph.graphSeq, revision: BigInt(graph.revision), life: graph.createdAt })

/** Traversal in Neo4j, on the versions that our own projection keeps there. What it has not got yet is left to others. */
export function createNeo4jTraversal({ neo4j, names }: Neo4jTraversalParts): GraphTraversal {
  /** @throws TraversalUnable when the projection is not where the question is */
  async function isAtHead(scope: Scope, place: GraphPlace): Promise<boolean> {
    const [meta] = await neo4j.read(
      `MATCH (m:${names.meta} {g: $g}) WHERE m.revision = $revision AND m.life = $life RETURN m.position AS position`,
      graphParameters(place),
      { signal: scope.signal },
    )
    const position = meta === undefined ? -1 : numberOf(meta['position'])
    if (position < place.position) throw new TraversalUnable('Neo4j does not hold this commit yet')
    return position === place.position
  }

  const common = (place: GraphPlace): Neo4jParameters => ({
    g: place.graph.graphSeq,
    at: BigInt(place.position),
    max: BigInt(MAX_LEVEL + 1),
  })

  function levelStore(isHead: boolean): LevelStore {
    return {
      async expand(scope, place, { frontier, direction, types, labels }: Expansion) {
        const [left, right] = arrows[direction]
        const rows = await neo4j.read(
          `UNWIND $frontier AS ref MATCH (a:${names.node} {g: $g, ref: ref})
           CALL { WITH a MATCH (a)${left}[r:${typesAt(names, isHead)}]${right}(b) WHERE r.from <= $at AND $at < r.to${types === null ? '' : ' AND r.type IN $types'}
                  RETURN r, b LIMIT $max }
           RETURN a.ref AS source, b.ref AS target, r.ref AS edge, b.spans AS spans${labels === null ? '' : ', b.labels AS labels'} LIMIT $max`,
          { ...common(place), frontier: frontier.map(BigInt), types },
          { signal: scope.signal },
        )
        const shown = new Set<number>()
        const steps = rows.slice(0, MAX_LEVEL).map((row): Step => {
          const target = numberOf(row['target'])
          const held = labelsAt(numbers(row['spans']), texts(row['labels']), place.position)
          if (held !== null && (labels === null || held.some((label) => labels.includes(label)))) shown.add(target)
          return { source: numberOf(row['source']), target, edge: numberOf(row['edge']) }
        })
        return { steps, truncated: rows.length > MAX_LEVEL, shown }
      },
      async shown() {
        throw new Error('the expansion has said what is shown')
      },
    }
  }

  async function shortest(scope: Scope, place: GraphPlace, walk: PathWalk, isHead: boolean): Promise<PathResult> {
    const [left, right] = arrows[walk.direction]
    const typed = walk.types === null ? '' : ' AND r.type IN $types'
    // The bound of a path cannot be a parameter; it is a whole number that was checked.
    const depth = Math.max(1, Math.trunc(walk.maxDepth))
    const [row] = await neo4j.read(
      `MATCH (a:${names.node} {g: $g, ref: $from}) MATCH (b:${names.node} {g: $g, ref: $to})
       MATCH p = shortestPath((a)${left}[:${typesAt(names, isHead)}*..${depth}]${right}(b))
       WHERE all(r IN relationships(p) WHERE r.from <= $at AND $at < r.to${typed})
       RETURN [n IN nodes(p) | n.ref] AS nodes, [r IN relationships(p) | r.ref] AS edges`,
      { ...common(place), from: BigInt(walk.from), to: BigInt(walk.to), types: walk.types },
      { signal: scope.signal },
    )
    return { path: row === undefined ? null : { nodes: numbers(row['nodes']), edges: numbers(row['edges']) }, truncated: false }
  }

  return {
    name: 'neo4j',
    walk: async (scope, place, walk) => createLevelTraversal(levelStore(await isAtHead(scope, place))).walk(scope, place, walk),
    async path(scope, place, walk) {
      const isHead = await isAtHead(scope, place)
      if (walk.from === walk.to) return { path: { nodes: [walk.from], edges: [] }, truncated: false }
      if (walk.maxDepth === 0) return { path: null, truncated: false }
      if (walk.labels === null) return shortest(scope, place, walk, isHead)
      return createLevelTraversal(levelStore(isHead)).path(scope, place, walk)
    },
    async digest(scope, place) {
      const isHead = await isAtHead(scope, place)
      const call = { signal: scope.signal, timeoutMs: 120_000 }
      const nodes = await neo4j.read(
        `MATCH (n:${names.node} {g: $g}) RETURN n.ref AS ref, n.spans AS spans, n.labels AS labels`,
        common(place),
        call,
      )
      const edges = await neo4j.read(
        `MATCH (a:${names.node} {g: $g})-[r:${typesAt(names, isHead)}]->(b) WHERE r.from <= $at AND $at < r.to
         RETURN r.ref AS ref, a.ref AS source, b.ref AS target, r.type AS type`,
        common(place),
        call,
      )
      const refOf = (row: Neo4jRow, name: string): number => numberOf(row[name])
      return digestOf(place.position, (node, edge) => {
        for (const row of nodes) {
          const labels = labelsAt(numbers(row['spans']), texts(row['labels']), place.position)
          if (labels !== null) node(refOf(row, 'ref'), labels)
        }
        for (const row of edges)
          edge(refOf(row, 'ref'), refOf(row, 'source'), refOf(row, 'target'), row['type'] === null ? null : String(row['type']))
      })
    },
  }
}
