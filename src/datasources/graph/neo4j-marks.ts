import { type Neo4j, type Neo4jCall, type Neo4jRow, type Neo4jWriter } from '../neo4j/neo4j-client.ts'
import { FORMAT, type Neo4jNames } from './neo4j-names.ts'

/** What the tables say of a graph, to be compared with its mark. */
export interface MarkedGraph {
  readonly graph_seq: bigint
  readonly commits: number
  readonly late_commits: number
  readonly created_at_ns: bigint
}

export const partSides = ['NODES', 'CLOSED', 'OPENED'] as const

/** Where a commit that takes several transactions has come to: everything of the sides before it, and of this one up to `ref`. */
export interface Part {
  readonly side: (typeof partSides)[number]
  readonly ref: number
}

/** How far a graph is in Neo4j. */
export interface Mark {
  /** Every commit up to here is there whole, and nothing of those behind it, but for `part` of the next one. */
  readonly position: number
  /** How many numbers of nodes have their node there. */
  readonly refs: number
  readonly part: Part | null
  /**
   * Moves with every transaction, by which readers and writers notice one another. Odd: something is being written, or its writer has died. Neo4j
   * shows a commit to readers piece by piece, so whoever reads believes only what lies between two equal even numbers, and the number is moved in
   * transactions of its own before and behind the others.
   */
  readonly writes: number
}

export const isWriting = ({ writes }: Pick<Mark, 'writes'>): boolean => writes % 2 === 1

export const freshMark: Mark = { position: 0, refs: 0, part: null, writes: 0 }

const columns = [
  ...['m.position AS position', 'm.refs AS refs', 'm.part AS part', 'm.partRef AS partRef', 'coalesce(m.writes, 0) AS writes'],
  ...['m.revision AS revision', 'm.life AS life', 'm.format AS format'],
].join(', ')

/** The mark of a row, or null where it is of another life, order or format of the graph. */
export function markOfRow(row: Neo4jRow | undefined, { late_commits, created_at_ns }: MarkedGraph): Mark | null {
  if (row === undefined || row['life'] !== created_at_ns || row['revision'] !== BigInt(late_commits) || row['format'] !== FORMAT)
    return null
  const side = partSides.find((one) => one === row['part'])
  const part = side === undefined ? null : { side, ref: Number(row['partRef']) }
  return { position: Number(row['position']), refs: Number(row['refs']), part, writes: Number(row['writes']) }
}

/** What Neo4j holds, by graph. */
export async function readMarks({ neo4j, names }: { neo4j: Neo4j; names: Neo4jNames }, call: Neo4jCall): Promise<Map<bigint, Neo4jRow>> {
  const rows = await neo4j.read(`MATCH (m:${names.meta}) RETURN m.g AS g, ${columns}`, {}, call)
  return new Map(rows.map((row) => [BigInt(row['g'] as bigint), row]))
}

/** Begins a graph that Neo4j does not hold. */
export async function writeFreshMark(tx: Neo4jWriter, { meta }: Neo4jNames, { graph_seq, late_commits, created_at_ns }: MarkedGraph) {
  await tx.run(
    `MERGE (m:${meta} {g: $g}) SET m.revision = $revision, m.life = $life, m.format = $format, m.position = 0, m.refs = 0, m.mostPast = 0, m.writes = 0`,
    { g: graph_seq, revision: BigInt(late_commits), life: created_at_ns, format: FORMAT },
  )
}

/**
 * Takes the mark for this transaction. Its lock comes first: what is read behind it is what other writers have left.
 * @param by how far `writes` moves: 2 for what is written, 1 to begin and to end writing
 * @throws Error when another writer has been there since `mark` was read, or the graph was taken back: then nothing of the transaction may stay
 */
export async function takeMark(tx: Neo4jWriter, { meta }: Neo4jNames, graph: MarkedGraph, { writes }: Mark, by: 1 | 2): Promise<void> {
  const [row] = await tx.run(
    `MATCH (m:${meta} {g: $g}) SET m.writes = coalesce(m.writes, 0) + $by WITH m WHERE m.revision = $revision AND m.life = $life RETURN m.writes AS writes`,
    { g: graph.graph_seq, revision: BigInt(graph.late_commits), life: graph.created_at_ns, by: BigInt(by) },
  )
  if (row === undefined || Number(row['writes']) !== writes + by) throw new Error('the watermark in Neo4j was moved by somebody else')
}

/** Ends the transaction that took the mark. `mostPast`: the most closed versions that any node touched by it has. */
export async function moveMark(tx: Neo4jWriter, { meta }: Neo4jNames, g: bigint, { position, refs, part }: Mark, mostPast: number) {
  await tx.run(
    `MATCH (m:${meta} {g: $g}) SET m.position = $position, m.refs = $refs, m.part = $part, m.partRef = $partRef,
       m.mostPast = CASE WHEN m.mostPast < $mostPast THEN $mostPast ELSE m.mostPast END`,
    {
      ...{ g, position: BigInt(position), refs: BigInt(refs), mostPast: BigInt(mostPast) },
      ...{ part: part?.side ?? null, partRef: part === null ? null : BigInt(part.ref) },
    },
  )
}
