import { type Config } from '../../config.ts'
import { type ProjectionProgress } from '../../projections/progress.ts'
import { type Clock } from '../../time.ts'
import { type EventLog } from '../log/log.ts'
import { type Sql } from '../sql/sql.ts'
import { type GraphCommands } from './commands.ts'
import { createGraphCommands } from './demon-graph-commands.ts'
import { type GraphDataSource } from './graph.ts'
import { createMemoryTraversal } from './memory-traversal.ts'
import { createSqlGraphTold } from './sql-graph-told.ts'
import { createSqlGraph } from './sql-graph.ts'
import { createSqlTraversal } from './sql-traversal.ts'
import { type TagStore } from './tags.ts'
import { chooseTraversal } from './traversal-choice.ts'

export interface GraphPortsParts {
  readonly stores: { readonly sql: Sql; readonly log: EventLog; readonly tags?: TagStore | null }
  readonly progress: Pick<ProjectionProgress, 'watermark'>
  readonly config: Pick<Config, 'graphMemoryBytes'>
  readonly clock: Clock
}

/** The ports of graphs over the opened stores. */
export function createGraphPorts({ stores, progress, config, clock }: GraphPortsParts): {
  readonly graph: GraphDataSource
  readonly graphCommands: GraphCommands
} {
  const { sql, log, tags = null } = stores
  const traversal = chooseTraversal([
    createMemoryTraversal({ sql, maxBytes: Math.max(1, config.graphMemoryBytes) }),
    createSqlTraversal({ sql }),
  ])
  const graph = createSqlGraph({ sql, traversal, tags })
  const told = createSqlGraphTold({ sql })
  return {
    graph,
    graphCommands: createGraphCommands({ log, clock, tags, graphs: graph, told, watermark: () => progress.watermark('graph') }),
  }
}
