import { type Neo4j } from '../neo4j/neo4j-client.ts'
import { shapeOf } from './summit-shapes.ts'

/** What an install has, as far as its Neo4j tells. */
export interface SummitCapabilities {
  /** There are nodes of Summit's kind at all. */
  readonly present: boolean
  readonly labels: readonly string[]
  /** Names of the full-text indexes over Summit's nodes that are online. */
  readonly fullText: readonly string[]
  /** Which of the five shapes a sample of its nodes has, and how many of the sample. */
  readonly shapes: ReadonlyMap<string, number>
}

/** Looks once, and again after a while or a failure. (contract: summit 10.2, 15.1) */
export interface SummitDetection {
  /** @throws AppError SOURCE_UNAVAILABLE */
  now(): Promise<SummitCapabilities>
}

const LIFE_MS = 30_000

/** Nodes of each label that are looked at. */
const SAMPLE = 1_000

async function sampleShapes(neo4j: Neo4j): Promise<Map<string, number>> {
  const rows = await neo4j.read(
    `CALL { MATCH (n:Entity) RETURN n LIMIT $max UNION MATCH (n:GraphNode) RETURN n LIMIT $max }
     RETURN labels(n) AS labels, n{.tenant, .idempotency_token, .kind, .createdAt, props: CASE WHEN n.props IS NOT NULL THEN true END} AS props`,
    { max: BigInt(SAMPLE) },
  )
  const shapes = new Map<string, number>()
  for (const row of rows) {
    const shape = shapeOf(row)
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1)
  }
  return shapes
}

export function createSummitDetection({ neo4j, lifeMs = LIFE_MS }: { neo4j: Neo4j; lifeMs?: number }): SummitDetection {
  let known: { readonly found: Promise<SummitCapabilities>; readonly until: number } | null = null

  async function look(): Promise<SummitCapabilities> {
    const labels = (await neo4j.read('CALL db.labels() YIELD label RETURN label')).map((row) => String(row['label']))
    const present = labels.includes('Entity') || labels.includes('GraphNode')
    const indexes = await neo4j.read(
      `SHOW FULLTEXT INDEXES YIELD name, entityType, labelsOrTypes, state
       WHERE state = 'ONLINE' AND entityType = 'NODE' RETURN name, labelsOrTypes`,
    )
    // An index over other labels cannot find what is shown here.
    const ofLabels = indexes.filter(
      (row) => Array.isArray(row['labelsOrTypes']) && row['labelsOrTypes'].some((label) => label === 'Entity' || label === 'GraphNode'),
    )
    return {
      present,
      labels,
      shapes: present ? await sampleShapes(neo4j) : new Map(),
      fullText: ofLabels.map((row) => String(row['name'])).sort(),
    }
  }

  return {
    now() {
      if (known !== null && performance.now() < known.until) return known.found
      const found = look()
      const mine = { found, until: performance.now() + lifeMs }
      known = mine
      found.catch(() => {
        if (known === mine) known = null
      })
      return found
    },
  }
}
