import { type Config } from '../../config.ts'
import { neo4jNames } from '../../datasources/graph/neo4j-names.ts'
import { type Neo4j, type Neo4jRow } from '../../datasources/neo4j/neo4j-client.ts'
import { clockSkew } from './clock-skew.ts'
import { checked, fail, type Finding, ok, warn } from './finding.ts'

const OLDEST = 5
const remedy = 'Check NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD and the server: `cypher-shell -a "$NEO4J_URI" "RETURN 1"`.'

const text = (row: Neo4jRow | undefined, field: string): string => String(row?.[field] ?? 'unknown')

async function version(neo4j: Neo4j): Promise<Finding> {
  const [row] = await neo4j.read(`CALL dbms.components() YIELD name, versions, edition RETURN versions[0] AS version, edition LIMIT 1`)
  const known = text(row, 'version')
  return Number(known.split('.')[0]) < OLDEST
    ? fail('neo4j version', `Neo4j ${known} is too old.`, `Upgrade it to ${OLDEST} or later.`)
    : ok('neo4j version', `Neo4j ${known}, ${text(row, 'edition')}.`)
}

/** What the database itself allows; what its user may do cannot be read in the Community edition. */
async function permissions(neo4j: Neo4j, database: string): Promise<Finding> {
  const [row] = await neo4j.read(
    `SHOW DATABASES YIELD name, access, currentStatus WHERE name = $database RETURN access, currentStatus LIMIT 1`,
    { database },
  )
  if (row === undefined)
    return fail('neo4j permissions', `There is no database ${database}, or not for this user.`, 'Check NEO4J_DATABASE.')
  if (row['currentStatus'] !== 'online')
    return fail('neo4j permissions', `Database ${database} is ${text(row, 'currentStatus')}.`, `Run START DATABASE ${database}.`)
  return row['access'] === 'read-write'
    ? ok('neo4j permissions', `Database ${database} may be written.`)
    : fail('neo4j permissions', `Database ${database} is ${text(row, 'access')}.`, `Run ALTER DATABASE ${database} SET ACCESS READ WRITE.`)
}

async function indexes(neo4j: Neo4j, prefix: string): Promise<readonly Finding[]> {
  const { constraints, constraintNames } = neo4jNames(prefix)
  const rows = await neo4j.read(`SHOW INDEXES YIELD name, state WHERE name IN $names RETURN name, state`, { names: constraintNames })
  const stateOf = new Map(rows.map((row) => [text(row, 'name'), text(row, 'state')]))
  const missing = constraintNames.flatMap((name, index) =>
    stateOf.has(name)
      ? []
      : [warn('neo4j indexes', `Constraint ${name} is missing.`, `A worker makes it when it starts; or run ${constraints[index] ?? ''}`)],
  )
  const broken = [...stateOf].filter(([, state]) => state !== 'ONLINE')
  const found = [
    ...missing,
    ...broken.map(([name, state]) =>
      fail('neo4j indexes', `${name} is ${state}.`, `Wait, or DROP CONSTRAINT ${name} and restart a worker.`),
    ),
  ]
  return found.length === 0 ? [ok('neo4j indexes', 'All constraints are there, and their indexes online.')] : found
}

const clock = (neo4j: Neo4j): Promise<Finding> =>
  clockSkew('neo4j clock', 'Neo4j', async () => {
    const [row] = await neo4j.read('RETURN datetime.realtime().epochMillis AS now')
    return Number(row?.['now'])
  })

/** What Orrery needs of Neo4j, where one is set. */
export async function checkNeo4j(neo4j: Neo4j | null | undefined, config: Config): Promise<readonly Finding[]> {
  if (neo4j == null) return []
  const reached = await checked('neo4j', remedy, async () => {
    await neo4j.ping(config.sourceTimeoutMs)
    return [ok('neo4j', 'Neo4j answers.')]
  })
  if (reached.some(({ verdict }) => verdict === 'fail')) return reached
  const rest = await Promise.all([
    checked('neo4j version', remedy, async () => [await version(neo4j)]),
    checked('neo4j permissions', remedy, async () => [await permissions(neo4j, config.neo4jDatabase)]),
    checked('neo4j indexes', remedy, () => indexes(neo4j, config.neo4jLabelPrefix)),
    checked('neo4j clock', remedy, async () => [await clock(neo4j)]),
  ])
  return [...reached, ...rest.flat()]
}
