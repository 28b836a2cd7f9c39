import { type Neo4j, type Neo4jRow } from '../neo4j/neo4j-client.ts'
import { type Scope } from '../scope.ts'
import { digestOf } from './digest.ts'
import { type GraphPlace } from './graph.ts'
import { type Neo4jNames } from './neo4j-names.ts'
import { kindsAt, ofGraph, parametersOf, whereOf } from './neo4j-places.ts'
import { labelsAt, numberOf, numbers, texts } from './neo4j-rows.ts'
import { type GraphDigest, TraversalUnable } from './traversal.ts'

/** Nobody waits for it: it reads the whole graph. */
const TIMEOUT_MS = 120_000

/** Everything that Neo4j holds at a place. @throws TraversalUnable when the projection is not there */
export async function digestOfNeo4j(
  { neo4j, names }: { readonly neo4j: Neo4j; readonly names: Neo4jNames },
  scope: Scope,
  place: GraphPlace,
): Promise<GraphDigest> {
  const ask = (text: string) => neo4j.read(text, parametersOf(place), { signal: scope.signal, timeoutMs: TIMEOUT_MS })
  const mark = async () => {
    const [row] = await ask(
      `${ofGraph(names)} RETURN m.position AS position, m.part IS NOT NULL AS isPartial, coalesce(m.writes, 0) AS writes`,
    )
    return {
      position: row === undefined ? -1 : numberOf(row['position']),
      isPartial: row?.['isPartial'] === true,
      writes: numberOf(row?.['writes'] ?? 0),
    }
  }
  const { position, isPartial, writes } = await mark()
  if (position < place.position) throw new TraversalUnable('Neo4j does not hold this commit yet')
  const { relationships, holds } = kindsAt(names, position === place.position && !isPartial)
  const nodes = await ask(`MATCH (n:${names.node} {g: $g}) RETURN n.ref AS ref, n.spans AS spans, n.labels AS labels`)
  const edges = await ask(
    `MATCH (a:${names.node} {g: $g})-[r:${relationships}]->(b) ${whereOf(holds)} RETURN r.ref AS ref, a.ref AS source, b.ref AS target, r.type AS type`,
  )
  if (writes % 2 === 1 || (await mark()).writes !== writes) throw new TraversalUnable('Neo4j was written meanwhile')
  const refOf = (row: Neo4jRow, name: string): number => numberOf(row[name])
  return digestOf(place.position, (node, edge) => {
    for (const row of nodes) {
      const labels = labelsAt(numbers(row['spans']), texts(row['labels']), place.position)
      if (labels !== null) node(refOf(row, 'ref'), labels)
    }
    for (const row of edges)
      edge(refOf(row, 'ref'), refOf(row, 'source'), refOf(row, 'target'), row['type'] === null ? null : String(row['type']))
  })
}
