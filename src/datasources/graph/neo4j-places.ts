import { LRUCache } from 'lru-cache'
import { isOutage } from '../../errors.ts'
import { type Neo4j, type Neo4jParameters, type Neo4jRow } from '../neo4j/neo4j-client.ts'
import { type Scope } from '../scope.ts'
import { type GraphPlace } from './graph.ts'
import { FORMAT, type Neo4jNames } from './neo4j-names.ts'
import { numberOf } from './neo4j-rows.ts'
import { MAX_LEVEL, TraversalTooLong, TraversalUnable } from './traversal.ts'

/** Others answer in time, so a query that takes longer than this is not worth waiting for. */
const DEADLINE_MS = 2_000
const PING_MS = 500
/** Timers may be early by this much. */
const TIMER_MS = 5

export interface Neo4jPlacesParts {
  readonly neo4j: Neo4j
  readonly names: Neo4jNames
  /** Of one query. */
  readonly deadlineMs?: number
}
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
  /** A part of the commit behind the watermark is there too, so that what is open is not what is open at the watermark. */
  readonly isPartial: boolean
}

/** What a statement looks for, behind the mark of its graph. */
export interface Search {
  readonly text: string
  /** What of it is told, as expressions by name. */
  readonly columns: Readonly<Record<string, string>>
}

export interface Neo4jPlaces {
  /**
   * Looks for something at a place. The text must give one row at least; it is asked for again where the projection was written meanwhile.
   * @throws TraversalUnable when the projection is not where the question is, or is no good at answering it
   */
  rowsAt(scope: Scope, place: GraphPlace, search: (kinds: Kinds) => Search, parameters: Neo4jParameters): Promise<Neo4jRow[]>
}

/** The mark is read before and behind the search: the same even number of writes means that nothing of the graph has moved in between. */
function statementOf(names: Neo4jNames, { text, columns }: Search): string {
  const told = ['position', 'mostPast', 'isPartial', ...Object.keys(columns)].join(', ')
  const found = Object.entries(columns).map(([name, expression]) => `${expression} AS ${name}`)
  return `${ofGraph(names)}
    WITH m.position AS position, m.mostPast AS mostPast, m.part IS NOT NULL AS isPartial, coalesce(m.writes, 0) AS writes ${text}
    WITH position, mostPast, isPartial, writes, ${found.join(', ')} ${ofGraph(names)}
    RETURN ${told}, coalesce(m.writes, 0) = writes AND writes % 2 = 0 AS isStill`
}

export function createNeo4jPlaces({ neo4j, names, deadlineMs = DEADLINE_MS }: Neo4jPlacesParts): Neo4jPlaces {
  /** As the last answer told: a guess that saves a round trip, checked by every statement. */
  const known = new LRUCache<bigint, Known>({ max: 10_000 })

  /** What does not come in time from a server that answers otherwise is a question too large for it, and no outage. */
  async function read(scope: Scope, text: string, parameters: Neo4jParameters): Promise<Neo4jRow[]> {
    const from = performance.now()
    try {
      return await neo4j.read(text, parameters, { signal: scope.signal, timeoutMs: deadlineMs })
    } catch (error) {
      if (!isOutage(error) || scope.signal?.aborted === true || performance.now() - from < deadlineMs - TIMER_MS) throw error
      await neo4j.ping(PING_MS).catch(() => {
        throw error
      })
      throw new TraversalTooLong('Neo4j takes too long for this')
    }
  }

  return {
    async rowsAt(scope, place, search, parameters) {
      const { graphSeq } = place.graph
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const { watermark, mostPast, isPartial } = known.get(graphSeq) ?? { watermark: place.position, mostPast: 0, isPartial: false }
        const isHead = watermark <= place.position && !isPartial
        if (!isHead && mostPast > MAX_PAST) {
          // What is on its way will have arrived: the next read looks again.
          if (isPartial) known.delete(graphSeq)
          throw new TraversalUnable('a node has too many closed versions')
        }
        const rows = await read(scope, statementOf(names, search(kindsAt(names, isHead))), { ...parametersOf(place), ...parameters })
        const position = rows[0] === undefined ? -1 : numberOf(rows[0]['position'])
        if (position < place.position) {
          known.delete(graphSeq)
          throw new TraversalUnable('Neo4j does not hold this commit yet')
        }
        const found = { watermark: position, mostPast: numberOf(rows[0]?.['mostPast']), isPartial: rows[0]?.['isPartial'] === true }
        known.set(graphSeq, found)
        if (rows[0]?.['isStill'] === true && (position === place.position && !found.isPartial) === isHead) return rows
      }
      throw new TraversalUnable('the watermark in Neo4j moves too fast')
    },
  }
}
