import { type Neo4jWriter } from '../neo4j/neo4j-client.ts'
import { OPEN } from './keys.ts'
import { type Neo4jNames } from './neo4j-names.ts'
import { type EdgeVersion, type NodeVersions, type Versions } from './neo4j-versions.ts'

/** Rows go as lists, not as maps: their keys would be most of what is sent and read. */
const edgeRow = ({ ref, from_ref, to_ref, type, from_pos, to_pos }: EdgeVersion) => [
  BigInt(ref),
  BigInt(from_ref),
  BigInt(to_ref),
  type,
  BigInt(from_pos),
  BigInt(to_pos),
]

/** `since`: from where the open version holds, so that most reads need no list of spans; null where there is none. */
function nodeRow({ ref, spans, labels }: NodeVersions) {
  const since = spans.at(-1) === OPEN ? BigInt(spans.at(-2) ?? 0) : null
  return [BigInt(ref), since, spans.map(BigInt), labels]
}

/** How many of these end at each node. */
function countEnds(edges: readonly EdgeVersion[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { from_ref, to_ref } of edges) for (const ref of [from_ref, to_ref]) counts.set(ref, (counts.get(ref) ?? 0) + 1)
  return counts
}

/** Makes nodes for these numbers, from the first up to, not including, the second, that exist nowhere yet. */
export async function writeBareNodes(
  tx: Neo4jWriter,
  { node }: Neo4jNames,
  g: bigint,
  [first, end]: readonly [number, number],
): Promise<number> {
  await tx.run(`UNWIND range($first, $end - 1) AS ref CREATE (:${node} {g: $g, ref: ref})`, { g, first: BigInt(first), end: BigInt(end) })
  return 0
}

/**
 * Writes a batch of versions inside a transaction.
 * @returns the most closed versions that any node touched by it has
 */
export async function writeVersions(tx: Neo4jWriter, names: Neo4jNames, g: bigint, { nodes, opened, closed }: Versions): Promise<number> {
  const run = async (text: string, rows: readonly unknown[]) =>
    rows.length === 0 ? [] : tx.run(`UNWIND $rows AS row ${text}`, { g, rows })
  const node = (name: string, ref: string): string => `MATCH (${name}:${names.node} {g: $g, ref: ${ref}})`
  const content = 'since: row[1], spans: row[2], labels: row[3]'
  await run(`CREATE (:${names.node} {g: $g, ref: row[0], ${content}})`, nodes.filter(({ isNew }) => isNew).map(nodeRow))
  await run(`${node('n', 'row[0]')} SET n += {${content}}`, nodes.filter(({ isNew }) => !isNew).map(nodeRow))
  const add = (type: string): string =>
    `${node('a', 'row[1]')} ${node('b', 'row[2]')} CREATE (a)-[:${type} {g: $g, ref: row[0], type: row[3], from: row[4], to: row[5]}]->(b)`
  // An edge has one open version at most, so its number finds it; never by its ends, which would be expanded.
  await run(
    `MATCH ()-[r:${names.live} {g: $g, ref: row}]->() DELETE r`,
    closed.filter(({ isNew }) => !isNew).map(({ ref }) => BigInt(ref)),
  )
  await run(add(names.past), closed.map(edgeRow))
  await run(add(names.live), opened.map(edgeRow))
  const ends = [...countEnds(closed)].map(([ref, count]) => [BigInt(ref), BigInt(count)])
  const counted = await run(`${node('n', 'row[0]')} SET n.past = coalesce(n.past, 0) + row[1] RETURN max(n.past) AS most`, ends)
  return Number(counted[0]?.['most'] ?? 0)
}
