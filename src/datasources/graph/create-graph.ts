import { type Config } from '../../config.ts'
import { type ProjectionProgress } from '../../projections/progress.ts'
import { type Clock } from '../../time.ts'
import { type Neo4j } from '../neo4j/neo4j-client.ts'
import { type EventLog } from '../log/log.ts'
import { type Sql } from '../sql/sql.ts'
import { type GraphCommands } from './commands.ts'
import { createGraphCommands } from './demon-graph-commands.ts'
import { joinGraphSources } from './graph-sources.ts'
import { type GraphDataSource } from './graph.ts'
import { createMemoryTraversal } from './memory-traversal.ts'
import { neo4jNames } from './neo4j-names.ts'
import { createNeo4jTraversal } from './neo4j-traversal.ts'
import { createSqlGraphTold } from './sql-graph-told.ts'
import { createSqlGraph } from './sql-graph.ts'
import { createSqlTraversal } from './sql-traversal.ts'
import { type TagStore } from './tags.ts'
import { chooseTraversal } from './traversal-choice.ts'

export interface GraphPortsParts {
  readonly stores: { readonly sql: Sql; readonly log: EventLog; readonly tags?: TagStore | null; readonly neo4j?: Neo4j | null }
  readonly progress: Pick<ProjectionProgress, 'watermark'>
  readonly config: Pick<Config, 'graphMemoryBytes' | 'graphTraversal' | 'neo4jLabelPrefix'>
  readonly clock: Clock
  readonly summit?: GraphDataSource | null
}

/** Every adapter that these stores allow, in the order in which the settings want them asked. SQL is the last: it can always answer. */
export function traversalAdapters(
  { sql, neo4j = null }: Pick<GraphPortsParts['stores'], 'sql' | 'neo4j'>,
  config: GraphPortsParts['config'],
) {
  const inMemory = createMemoryTraversal({ sql, maxBytes: Math.max(1, config.graphMemoryBytes) })
  const inNeo4j = neo4j === null ? [] : [createNeo4jTraversal({ neo4j, names: neo4jNames(config.neo4jLabelPrefix) })]
  const inSql = createSqlTraversal({ sql })
  const orders = {
    auto: [...inNeo4j, inMemory, inSql],
    neo4j: [...inNeo4j, inMemory, inSql],
    memory: [inMemory, ...inNeo4j, inSql],
    sql: [inSql],
  }
  return orders[config.graphTraversal]
}

/** The ports of graphs over the opened stores. */
export function createGraphPorts({ stores, progress, config, clock, summit = null }: GraphPortsParts): {
  readonly graph: GraphDataSource
  readonly graphCommands: GraphCommands
} {
  const { sql, log, tags = null } = stores
  const traversal = chooseTraversal(traversalAdapters(stores, config))
  const graph = createSqlGraph({ sql, traversal, tags })
  const told = createSqlGraphTold({ sql })
  return {
    graph: joinGraphSources(graph, summit),
    graphCommands: createGraphCommands({ log, clock, tags, graphs: graph, told, watermark: () => progress.watermark('graph') }),
  }
}
