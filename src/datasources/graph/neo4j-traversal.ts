import { type Scope } from '../scope.ts'
import { type Direction, type GraphPlace } from './graph.ts'
import { createLevelTraversal, type Expansion, isBehind, type LevelStore, type Step } from './level-traversal.ts'
import { digestOfNeo4j } from './neo4j-digest.ts'
import { createNeo4jPlaces, type Kinds, type Neo4jPlacesParts, whereOf } from './neo4j-places.ts'
import { labelsAt, numberOf, numbers, texts } from './neo4j-rows.ts'
import { type GraphTraversal, MAX_LEVEL, type PathResult, type PathWalk, type Reached, type Walk, type WalkResult } from './traversal.ts'

const arrows: Readonly<Record<Direction, readonly [string, string]>> = { OUT: ['-', '->'], IN: ['<-', '-'], ANY: ['-', '-'] }

/** Up to here one statement finds the whole walk; deeper ones go level by level, where the work of each level is bounded. */
const MAX_WHOLE = 3
/** Nodes of a level in such a statement; beside a hub it ends with the level of the hub, and the walk goes level by level. */
const MAX_WHOLE_LEVEL = 5_000

const typed = (types: readonly string[] | null): string[] => (types === null ? [] : ['r.type IN $types'])

/** Traversal in Neo4j, on the versions that our own projection keeps there. What it has not got yet is left to others. */
export function createNeo4jTraversal(parts: Neo4jPlacesParts): GraphTraversal {
  const { names } = parts
  const { rowsAt } = createNeo4jPlaces(parts)

  /**
   * Of nodes that were found: the numbers of those that have none of the labels, and the versions of those whose open version does not hold there,
   * by which `createFilter` decides. So little is sent of most.
   */
  function toldOf(node: string, labels: readonly string[] | null): string {
    const moved = `WHEN ${node}.since IS NULL OR ${node}.since > $at THEN [${node}.ref, ${node}.spans, ${node}.labels]`
    const other = `WHEN none(label IN $labelled WHERE '\u0001' + last(${node}.labels) CONTAINS label) THEN ${node}.ref`
    return `collect(CASE ${moved} ${labels === null ? '' : other} END)`
  }

  /** Each as it stands in the text of a version's labels. */
  const labelledOf = (labels: readonly string[] | null): string[] => (labels ?? []).map((label) => `\u0001${label}\u0001`)

  /** Which of the found nodes are shown: all but those of `told` that are not there, or have none of the labels. */
  function createFilter(told: unknown, position: number, labels: readonly string[] | null): (ref: number) => boolean {
    const hidden = new Set<number>()
    for (const row of Array.isArray(told) ? told : []) {
      const [ref, spans, held] = Array.isArray(row) ? row : [row]
      const own = labelsAt(numbers(spans), texts(held), position)
      if (own === null || (labels !== null && !own.some((label) => labels.includes(label)))) hidden.add(numberOf(ref))
    }
    return (ref) => !hidden.has(ref)
  }

  /** The whole walk in one statement; null where a level holds too much for that. */
  async function wholeWalk(scope: Scope, place: GraphPlace, walk: Walk): Promise<WalkResult | null> {
    const { direction, types, labels, depth } = walk
    const [left, right] = arrows[direction]
    const distances = Array.from({ length: depth }, (_, index) => index + 1)
    const within = ({ relationships, holds }: Kinds, distance: number): string =>
      `CALL { WITH a${distance === 1 ? '' : `, l${distance - 1} WITH a, l${distance - 1} WHERE size(l${distance - 1}) < $wide`}
         MATCH (a)${left}[rs:${relationships}*1..${distance}]${right}(b) ${whereOf([...holds, ...typed(types)], 'rs')}
         WITH DISTINCT b LIMIT $wide RETURN collect(b.ref) AS l${distance}${distance === depth ? `, ${toldOf('b', labels)} AS told` : ''} }`
    const [row] = await rowsAt(
      scope,
      place,
      (kinds) => ({
        text: `OPTIONAL MATCH (a:${names.node} {g: $g, ref: $start}) ${distances.map((distance) => within(kinds, distance)).join(' ')}`,
        columns: { levels: `[${distances.map((distance) => `l${distance}`).join(', ')}]`, told: 'told' },
      }),
      { start: BigInt(walk.start), types, labelled: labelledOf(labels), wide: BigInt(MAX_WHOLE_LEVEL + 1) },
    )
    const levels = Array.isArray(row?.['levels']) ? row['levels'].map(numbers) : []
    if (levels.some((refs) => refs.length > MAX_WHOLE_LEVEL)) return null
    const isWanted = createFilter(row?.['told'], place.position, labels)
    const seen = new Set([walk.start])
    const reached: Reached[] = []
    for (const [index, refs] of levels.entries())
      for (const ref of refs.filter((one) => !seen.has(one)).sort((a, b) => a - b)) {
        seen.add(ref)
        const one = { ref, distance: index + 1 }
        if (!isWanted(ref) || !isBehind(one, walk.after)) continue
        reached.push(one)
        if (reached.length >= walk.limit) return { reached, truncated: false }
      }
    return { reached, truncated: false }
  }

  const levels: LevelStore = {
    async expand(scope, place, { frontier, direction, types, labels }: Expansion) {
      const [left, right] = arrows[direction]
      const rows = await rowsAt(
        scope,
        place,
        ({ relationships, holds }) => ({
          text: `CALL { UNWIND $frontier AS ref MATCH (a:${names.node} {g: $g, ref: ref})
             CALL { WITH a MATCH (a)${left}[r:${relationships}]${right}(b) ${whereOf([...holds, ...typed(types)])}
                    RETURN r, b LIMIT $max }
             WITH a, r, b LIMIT $max RETURN collect([a.ref, b.ref, r.ref]) AS found, ${toldOf('b', labels)} AS of }`,
          columns: { steps: 'found', told: 'of' },
        }),
        { frontier: frontier.map(BigInt), types, labelled: labelledOf(labels) },
      )
      const found = Array.isArray(rows[0]?.['steps']) ? rows[0]['steps'].map(numbers) : []
      const steps = found.slice(0, MAX_LEVEL).map(([source = 0, target = 0, edge = 0]): Step => ({ source, target, edge }))
      const isWanted = createFilter(rows[0]?.['told'], place.position, labels)
      const shown = new Set(steps.map(({ target }) => target).filter(isWanted))
      return { steps, truncated: found.length > MAX_LEVEL, shown }
    },
    async shown() {
      throw new Error('the expansion has said what is shown')
    },
  }
  const byLevels = createLevelTraversal(levels)

  async function shortest(scope: Scope, place: GraphPlace, walk: PathWalk): Promise<PathResult> {
    const [left, right] = arrows[walk.direction]
    // The bound of a path cannot be a parameter; it is a whole number that was checked.
    const depth = Math.max(1, Math.trunc(walk.maxDepth))
    const [row] = await rowsAt(
      scope,
      place,
      ({ relationships, holds }) => ({
        text: `MATCH (a:${names.node} {g: $g, ref: $from}) MATCH (b:${names.node} {g: $g, ref: $to})
         OPTIONAL MATCH p = shortestPath((a)${left}[:${relationships}*..${depth}]${right}(b))
         ${whereOf([...holds, ...typed(walk.types)], 'relationships(p)')}`,
        columns: { found: 'p IS NOT NULL', nodes: '[n IN nodes(p) | n.ref]', edges: '[r IN relationships(p) | r.ref]' },
      }),
      { from: BigInt(walk.from), to: BigInt(walk.to), types: walk.types },
    )
    return { path: row?.['found'] === true ? { nodes: numbers(row['nodes']), edges: numbers(row['edges']) } : null, truncated: false }
  }

  return {
    name: 'neo4j',
    store: 'neo4j',
    async walk(scope, place, walk) {
      const whole = walk.depth > 0 && walk.depth <= MAX_WHOLE ? await wholeWalk(scope, place, walk) : null
      return whole ?? byLevels.walk(scope, place, walk)
    },
    async path(scope, place, walk) {
      if (walk.from === walk.to) return { path: { nodes: [walk.from], edges: [] }, truncated: false }
      if (walk.maxDepth === 0) return { path: null, truncated: false }
      return walk.labels === null ? shortest(scope, place, walk) : byLevels.path(scope, place, walk)
    },
    digest: (scope, place) => digestOfNeo4j(parts, scope, place),
  }
}
