import { type Config } from '../../config.ts'
import { type Neo4j, openNeo4j } from './neo4j-client.ts'

/** The Neo4j that the settings name, or null where they name none. */
export const openGraphStore = (
  config: Pick<Config, 'neo4jUri' | 'neo4jUser' | 'neo4jPassword' | 'neo4jDatabase' | 'sourceTimeoutMs'>,
): Neo4j | null =>
  config.neo4jUri === undefined
    ? null
    : openNeo4j({
        uri: config.neo4jUri,
        user: config.neo4jUser,
        password: config.neo4jPassword ?? '',
        database: config.neo4jDatabase,
        timeoutMs: config.sourceTimeoutMs,
        source: 'neo4j',
      })
