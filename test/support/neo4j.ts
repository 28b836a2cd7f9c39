import { randomBytes } from 'node:crypto'
import { type Neo4j, openNeo4j } from '../../src/datasources/neo4j/neo4j-client.ts'
import { type Neo4jNames, neo4jNames } from '../../src/datasources/graph/neo4j-names.ts'
import { type Owner, shouldRun } from './services.ts'

export interface TestNeo4j {
  readonly neo4j: Neo4j
  readonly prefix: string
  readonly names: Neo4jNames
}

/** The real server under a label prefix of the test's own, which is emptied when the test ends; null where it is not there. */
export async function openTestNeo4j(t: Owner): Promise<TestNeo4j | null> {
  const uri = process.env['NEO4J_URI']
  if (!shouldRun(t, 'NEO4J_URI', uri !== undefined && uri !== '') || uri === undefined) return null
  const neo4j = openNeo4j({
    ...{ uri, user: process.env['NEO4J_USER'] ?? 'neo4j', password: process.env['NEO4J_PASSWORD'] ?? '' },
    ...{ database: 'neo4j', timeoutMs: 20_000, source: 'neo4j' },
  })
  const prefix = `OrreryTest${randomBytes(4).toString('hex')}`
  const names = neo4jNames(prefix)
  t.teardown(async () => {
    for (const label of [names.node, names.meta])
      for (let gone = 1n; gone > 0n;) {
        const [row] = await neo4j.command(
          `MATCH (n:${label}) WITH n LIMIT 5000 DETACH DELETE n RETURN count(*) AS gone`,
          {},
          { timeoutMs: 60_000 },
        )
        gone = row?.['gone'] as bigint
      }
    for (const name of names.constraintNames) await neo4j.command(`DROP CONSTRAINT ${name} IF EXISTS`)
    await neo4j.close()
  })
  return { neo4j, prefix, names }
}
