import { type Config, readConfigWith } from '../config.ts'
import { traversalAdapters } from '../datasources/graph/create-graph.ts'
import { neo4jNames } from '../datasources/graph/neo4j-names.ts'
import { createNeo4jProjection } from '../datasources/graph/neo4j-projection.ts'
import { graphColumns, graphOfRow, type GraphRow } from '../datasources/graph/sql-graph-rows.ts'
import { type GraphTraversal, TraversalUnable } from '../datasources/graph/traversal.ts'
import { openStores, type Stores } from '../datasources/index.ts'
import { migrate } from '../datasources/sql/migrate.ts'
import { isAppError } from '../errors.ts'
import { createLogger } from '../telemetry/logger.ts'
import { systemClock } from '../time.ts'
import { type Arguments, UsageError } from './arguments.ts'

/** `orrery graph checksum` and `orrery graph rebuild` work on the stores themselves. */
export async function storedGraphCommand({ words: [action], overrides, tenant }: Arguments): Promise<void> {
  const config = readConfigWith(overrides)
  const stores = await openStores(config, { clock: systemClock })
  try {
    await migrate(stores.sql)
    await (action === 'checksum' ? checksum(stores, config, tenant) : rebuildNeo4j(stores, config))
  } finally {
    await stores.close()
  }
}

async function rebuildNeo4j({ sql, neo4j }: Stores, config: Config): Promise<void> {
  if (neo4j == null) throw new UsageError('NEO4J_URI is not set: there is nothing to rebuild.')
  const projection = createNeo4jProjection({ sql, neo4j, names: neo4jNames(config.neo4jLabelPrefix), logger: createLogger(config) })
  await projection.clear()
  process.stdout.write(`Neo4j: ${await projection.sync()} versions written\n`)
}

/** What one adapter holds, or why it cannot say. */
async function digestLine(adapter: GraphTraversal, row: GraphRow): Promise<{ line: string; checksum: string | null }> {
  const graph = graphOfRow(row)
  try {
    const digest = await adapter.digest({ tenantId: graph.tenantId }, { graph, position: graph.head })
    if (digest === null) return { line: 'holds nothing', checksum: null }
    return { line: `${digest.checksum}  ${digest.nodes} nodes, ${digest.edges} relationships`, checksum: digest.checksum }
  } catch (error) {
    if (error instanceof TraversalUnable || isAppError(error)) return { line: `cannot tell: ${error.message}`, checksum: null }
    throw error
  }
}

/** Prints the checksums of every graph at its head. @throws Error when two that could be told differ */
async function checksum(stores: Stores, config: Config, tenant: string | undefined): Promise<void> {
  const adapters = traversalAdapters(stores, { ...config, graphTraversal: 'auto' })
  const rows = await stores.sql.any<GraphRow>(
    `select ${graphColumns} from graphs g where $1::text is null or g.tenant_id = $1 order by g.graph_seq`,
    [tenant ?? null],
  )
  let different = 0
  for (const row of rows) {
    process.stdout.write(`${row.tenant_id}/${row.project_id}/${row.namespace}/${row.graph_id} at commit ${row.commits}\n`)
    const sums = new Set<string>()
    for (const adapter of adapters) {
      const { line, checksum: sum } = await digestLine(adapter, row)
      process.stdout.write(`  ${adapter.name.padEnd(8)}${line}\n`)
      if (sum !== null) sums.add(sum)
    }
    if (sums.size > 1) different += 1
  }
  if (different > 0) throw new Error(`${different} graphs differ between the stores: run \`orrery graph rebuild\`.`)
  process.stdout.write(rows.length === 0 ? 'There are no graphs.\n' : 'All agree.\n')
}
