import { type Neo4j, type Neo4jCall } from '../neo4j/neo4j-client.ts'
import { type Neo4jNames } from './neo4j-names.ts'

const NODES = 1_000
/** Those of one hub can be more than one transaction holds, so they go before their nodes. */
const RELATIONSHIPS = 20_000

/** Takes a graph of ours away piece by piece. Its mark is no good from the beginning and goes last, so that a failure is seen and tried again. */
export async function wipeGraph(
  { neo4j, names }: { readonly neo4j: Neo4j; readonly names: Neo4jNames },
  g: bigint,
  call: Neo4jCall,
): Promise<void> {
  const gone = async (text: string): Promise<number> => {
    const [row] = await neo4j.write((tx) => tx.run(`${text} RETURN count(*) AS gone`, { g }), call)
    return Number(row?.['gone'] ?? 0)
  }
  const first = `MATCH (n:${names.node} {g: $g}) WITH n ORDER BY n.ref LIMIT ${NODES}`
  await gone(`MATCH (m:${names.meta} {g: $g}) SET m.revision = -1`)
  for (let nodes = 1; nodes > 0;) {
    for (let edges = 1; edges > 0;) edges = await gone(`${first} MATCH (n)-[r]-() WITH DISTINCT r LIMIT ${RELATIONSHIPS} DELETE r`)
    nodes = await gone(`${first} DELETE n`)
  }
  await gone(`MATCH (m:${names.meta} {g: $g}) DELETE m`)
}
