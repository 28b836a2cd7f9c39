import { type Config } from '../../config.ts'
import { type GraphDataSource } from '../graph/graph.ts'
import { type Neo4j, openNeo4j } from '../neo4j/neo4j-client.ts'
import { openPostgresSql } from '../sql/postgres-sql.ts'
import { type Sql } from '../sql/sql.ts'
import { type SourceCapability } from '../system/sources.ts'
import { graphCapabilities, tableCapabilities } from './summit-capabilities.ts'
import { createSummitDetection } from './summit-detection.ts'
import { createSummitEntities } from './summit-entities.ts'
import { createSummitGraph } from './summit-graph.ts'
import { createSummitRuns, type SummitRuns } from './summit-runs.ts'
import { createSummitTables } from './summit-tables.ts'

/** A Summit install: its stores, to be probed and closed. */
export interface SummitStores {
  /** Null where its graph lies in no Neo4j that we know. */
  readonly neo4j: Neo4j | null
  readonly sql: Sql | null
  close(): Promise<void>
}

type Settings = Pick<
  Config,
  'summitNeo4jUri' | 'summitNeo4jUser' | 'summitNeo4jPassword' | 'summitNeo4jDatabase' | 'summitDatabaseUrl' | 'sourceTimeoutMs'
>

/** @param shared the Neo4j of our own projection, which may hold Summit's graph too; closed by whoever opened it */
export function openSummit(config: Settings, shared: Neo4j | null): SummitStores | null {
  const timeoutMs = config.sourceTimeoutMs
  const own =
    config.summitNeo4jUri === undefined
      ? null
      : openNeo4j({
          ...{ uri: config.summitNeo4jUri, user: config.summitNeo4jUser, password: config.summitNeo4jPassword ?? '' },
          ...{ database: config.summitNeo4jDatabase, timeoutMs, source: 'summit-neo4j' },
        })
  const sql = config.summitDatabaseUrl === undefined ? null : openPostgresSql({ url: config.summitDatabaseUrl, poolSize: 4, timeoutMs })
  const neo4j = own ?? shared
  if (neo4j === null && sql === null) return null
  return {
    neo4j,
    sql,
    async close() {
      await own?.close()
      await sql?.close()
    },
  }
}

/**
 * The reads of an install; each half is there where its store is.
 * @param shared the Neo4j of our own projection, as in `openSummit`
 */
export function createSummit(
  { neo4j, sql }: Pick<SummitStores, 'neo4j' | 'sql'>,
  shared: Neo4j | null,
): {
  readonly graph: GraphDataSource | null
  readonly runs: SummitRuns | null
  /** What was found in each store, by its name in `Query.sources`. */
  readonly capabilities: ReadonlyMap<string, () => Promise<readonly SourceCapability[]>>
} {
  const tables = sql === null ? null : createSummitTables({ sql })
  const entities = tables === null ? null : createSummitEntities({ tables })
  const detection = neo4j === null ? null : createSummitDetection({ neo4j })
  const capabilities = new Map<string, () => Promise<readonly SourceCapability[]>>()
  if (neo4j !== null && detection !== null)
    capabilities.set(neo4j === shared ? 'neo4j' : 'summit-neo4j', async () => graphCapabilities(await detection.now()))
  if (sql !== null) capabilities.set('summit-sql', () => tableCapabilities(sql))
  return {
    graph: neo4j === null || detection === null ? null : createSummitGraph({ neo4j, detection, entities }),
    runs: tables === null ? null : createSummitRuns({ tables }),
    capabilities,
  }
}
