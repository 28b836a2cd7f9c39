import { type GraphDataSource } from '../../src/datasources/graph/graph.ts'
import { createMemoryTraversal } from '../../src/datasources/graph/memory-traversal.ts'
import { createNeo4jProjection } from '../../src/datasources/graph/neo4j-projection.ts'
import { createNeo4jTraversal } from '../../src/datasources/graph/neo4j-traversal.ts'
import { createSqlGraph } from '../../src/datasources/graph/sql-graph.ts'
import { createSqlTraversal } from '../../src/datasources/graph/sql-traversal.ts'
import { chooseTraversal } from '../../src/datasources/graph/traversal-choice.ts'
import { type GraphTraversal } from '../../src/datasources/graph/traversal.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { type TestNeo4j } from './neo4j.ts'

const silent = { info: () => undefined, warn: () => undefined }

export interface GraphStore {
  readonly name: GraphTraversal['name']
  readonly traversal: GraphTraversal
  readonly graph: GraphDataSource
}

/** Waits as long as a loaded machine needs: here nobody else could answer. */
export const patientNeo4j = (server: TestNeo4j): GraphTraversal => createNeo4jTraversal({ ...server, deadlineMs: 60_000 })

/** As a server with these settings asks them: what one cannot answer the next one does. */
export function servedGraph(sql: Sql, server: TestNeo4j | null): { readonly name: 'served'; readonly graph: GraphDataSource } {
  const inNeo4j = server === null ? [] : [createNeo4jTraversal(server)]
  const traversal = chooseTraversal([...inNeo4j, createMemoryTraversal({ sql, maxBytes: 500_000_000 }), createSqlTraversal({ sql })])
  return { name: 'served', graph: createSqlGraph({ sql, traversal, tags: null }) }
}

/** The same graphs with each of the traversals that are there: SQL, memory, and Neo4j where a server is given. */
export const graphStores = (sql: Sql, server: TestNeo4j | null): GraphStore[] =>
  [
    createSqlTraversal({ sql }),
    createMemoryTraversal({ sql, maxBytes: 500_000_000 }),
    ...(server === null ? [] : [patientNeo4j(server)]),
  ].map((traversal) => ({ name: traversal.name, traversal, graph: createSqlGraph({ sql, traversal, tags: null }) }))

/** Brings Neo4j to where the tables are. */
export async function syncNeo4j(sql: Sql, server: TestNeo4j | null, { afresh = true, batch = 5000 } = {}): Promise<void> {
  if (server === null) return
  const projection = createNeo4jProjection({ sql, ...server, logger: silent, batch })
  if (afresh) await projection.clear()
  await projection.sync()
}
