import { LRUCache } from 'lru-cache'
import { type Neo4j, type Neo4jParameters, type Neo4jRow } from '../neo4j/neo4j-client.ts'
import { type Scope } from '../scope.ts'
import { type GraphPlace } from './graph.ts'
import { FORMAT, type Neo4jNames } from './neo4j-names.ts'
import { numberOf } from './neo4j-rows.ts'
import { MAX_LEVEL, TraversalUnable } from './traversal.ts'

/** Others answer in time, so a query that takes longer than this is not worth waiting for. */
const DEADLINE_MS = 2_000
/** Beside a node with more closed versions than this the past is left to others, because each would be looked at (100,000 cost 60 ms). */
const MAX_PAST = 5_000

/** What of the versions has to be looked at. */
export interface Kinds {
  /** Relationship types. */
  readonly relationships: string
  /** The conditions under which a version holds; none where all do. */
  readonly holds: readonly string[]
}

/** At the watermark the open versions are all there is; before it closed ones may have held too. */
export const kindsAt = ({ live, past }: Neo4jNames, isHead: boolean): Kinds => ({
  relationships: isHead ? live : `${live}|${past}`,
  holds: isHead ? [] : ['r.from <= $at AND $at < r.to'],
})

/** @param all asks it of every relationship `r` of this list instead of one */
export function whereOf(conditions: readonly string[], all?: string): string {
  if (conditions.length === 0) return ''
  const condition = conditions.join(' AND ')
  return all === undefined ? `WHERE ${condition}` : `WHERE all(r IN ${all} WHERE ${condition})`
}

/** Finds our graph `m`, in the life, order and format that the tables know. */
export const ofGraph = ({ meta }: Neo4jNames): string =>
  `MATCH (m:${meta} {g: $g}) WHERE m.revision = $revision AND m.life = $life AND m.format = $format`

export const parametersOf = (place: GraphPlace): Neo4jParameters => ({
  ...{ g: place.graph.graphSeq, revision: BigInt(place.graph.revision), life: place.graph.createdAt, format: FORMAT },
  ...{ at: BigInt(place.position), max: BigInt(MAX_LEVEL + 1) },
})

interface Known {
  readonly watermark: number
  readonly mostPast: number
}

export interface Neo4jPlaces {
  /**
   * Runs a statement at a place. Its text must give one row at least.
   * @throws TraversalUnable when the projection is not where the question is, or is no good at answering it
   */
  rowsAt(scope: Scope, place: GraphPlace, text: (kinds: Kinds) => string, parameters: Neo4jParameters): Promise<Neo4jRow[]>
}

export function createNeo4jPlaces({ neo4j, names }: { readonly neo4j: Neo4j; readonly names: Neo4jNames }): Neo4jPlaces {
  /** As the last answer told: a guess that saves a round trip, checked by every statement. */
  const known = new LRUCache<bigint, Known>({ max: 10_000 })

  return {
    async rowsAt(scope, place, text, parameters) {
      const { graphSeq } = place.graph
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const { watermark, mostPast } = known.get(graphSeq) ?? { watermark: place.position, mostPast: 0 }
        const isHead = watermark <= place.position
        if (!isHead && mostPast > MAX_PAST) throw new TraversalUnable('a node has too many closed versions')
        const rows = await neo4j.read(
          `${ofGraph(names)} WITH m.position AS position, m.mostPast AS mostPast ${text(kindsAt(names, isHead))}`,
          { ...parametersOf(place), ...parameters },
          { signal: scope.signal, timeoutMs: DEADLINE_MS },
        )
        const position = rows[0] === undefined ? -1 : numberOf(rows[0]['position'])
        if (position < place.position) {
          known.delete(graphSeq)
          throw new TraversalUnable('Neo4j does not hold this commit yet')
        }
        known.set(graphSeq, { watermark: position, mostPast: numberOf(rows[0]?.['mostPast']) })
        if ((position === place.position) === isHead) return rows
      }
      throw new TraversalUnable('the watermark in Neo4j moves too fast')
    },
  }
}
