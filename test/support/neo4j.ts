import { randomBytes } from 'node:crypto'
import { type Neo4j, openNeo4j } from '../../src/datasources/neo4j/neo4j-client.ts'
import { type Neo4jNames, neo4jNames } from '../../src/datasources/graph/neo4j-names.ts'
import { wipeGraph } from '../../src/datasources/graph/neo4j-wipe.ts'
import { eventually } from './eventually.ts'
import { programOf, type ServerProcess, startServer } from './server-process.ts'
import { type Owner, shouldRun } from './services.ts'

export interface TestNeo4j {
  readonly neo4j: Neo4j
  readonly prefix: string
  readonly names: Neo4jNames
}

const isConfigured = (t: Owner): boolean => {
  const uri = process.env['NEO4J_URI']
  return shouldRun(t, 'NEO4J_URI', uri !== undefined && uri !== '')
}

/** The real server under a label prefix of the test's own, which is emptied when the test ends; null where it is not there. */
export async function openTestNeo4j(t: Owner): Promise<TestNeo4j | null> {
  if (!isConfigured(t)) return null
  const neo4j = openNeo4j({
    ...{ uri: process.env['NEO4J_URI'] ?? '', user: process.env['NEO4J_USER'] ?? 'neo4j', password: process.env['NEO4J_PASSWORD'] ?? '' },
    ...{ database: 'neo4j', timeoutMs: 20_000, source: 'neo4j' },
  })
  const prefix = `OrreryTest${randomBytes(4).toString('hex')}`
  const names = neo4jNames(prefix)
  t.teardown(async () => {
    const graphs = await neo4j.read(`MATCH (n) WHERE n:${names.node} OR n:${names.meta} RETURN DISTINCT n.g AS g`)
    for (const { g } of graphs) await wipeGraph({ neo4j, names }, g as bigint, { timeoutMs: 60_000 })
    for (const name of names.constraintNames) await neo4j.command(`DROP CONSTRAINT ${name} IF EXISTS`)
    await neo4j.close()
  })
  return { neo4j, prefix, names }
}

export interface Neo4jServer extends ServerProcess {
  /** Settings that connect Orrery to it. */
  readonly env: { readonly NEO4J_URI: string; readonly NEO4J_USER: string; readonly NEO4J_PASSWORD: string }
}

/** What a client of Bolt says first: the magic number, and the versions it speaks. */
const BOLT_HELLO = Buffer.from('6060b01700000405000000040000000300000000', 'hex')

/**
 * Starts a private server, to be killed and hung at will: some ten seconds.
 * @returns null when real servers are neither configured nor required: the test has said so and should return
 */
export async function startNeo4j(t: Owner): Promise<Neo4jServer | null> {
  if (!isConfigured(t)) return null
  const password = 'private-neo4j'
  const server = await startServer(t, {
    program: programOf('neo4j'),
    args: (port, dir) => ['--dir', dir, '--port', String(port), '--password', password],
    hello: BOLT_HELLO,
  })
  const env = { NEO4J_URI: `bolt://127.0.0.1:${server.port}`, NEO4J_USER: 'neo4j', NEO4J_PASSWORD: password }
  // The port is open before the database is.
  const untilReady = async (): Promise<void> => {
    const neo4j = openNeo4j({ uri: env.NEO4J_URI, user: 'neo4j', password, database: 'neo4j', timeoutMs: 2000, source: 'neo4j' })
    const isReady = () =>
      neo4j.ping(2000).then(
        () => true,
        () => false,
      )
    await eventually(isReady, { withinMs: 60_000, everyMs: 100 })
    await neo4j.close()
  }
  await untilReady()
  return {
    ...server,
    env,
    async restart() {
      await server.restart()
      await untilReady()
    },
  }
}
