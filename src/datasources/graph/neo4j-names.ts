import { badUserInput } from '../../errors.ts'

/** How a graph is written; one that was written otherwise is made anew. */
export const FORMAT = 2n

/** Labels and relationship types of ours: constants made of a checked prefix, never of anything that a caller gives. */
export interface Neo4jNames {
  readonly node: string
  readonly meta: string
  /** Versions that are open at the watermark. */
  readonly live: string
  /** Versions that were closed. */
  readonly past: string
  /** Statements that make what the names in `constraintNames` stand for. */
  readonly constraints: readonly string[]
  readonly constraintNames: readonly string[]
  /** Takes away what an earlier format needed. */
  readonly outdated: readonly string[]
}

/** @throws AppError BAD_USER_INPUT for a prefix that is no plain word */
export function neo4jNames(prefix: string): Neo4jNames {
  if (!/^[A-Za-z][A-Za-z0-9]{0,40}$/.test(prefix)) throw badUserInput('The label prefix must be a plain word.')
  const names = {
    node: `${prefix}Node`,
    meta: `${prefix}Graph`,
    live: `${prefix.toUpperCase()}_LIVE`,
    past: `${prefix.toUpperCase()}_PAST`,
  }
  const lower = prefix.toLowerCase()
  return {
    ...names,
    constraintNames: ['node', 'graph', 'open'].map((suffix) => `${lower}_${suffix}`),
    outdated: ['live', 'past'].map((suffix) => `DROP CONSTRAINT ${lower}_${suffix} IF EXISTS`),
    constraints: [
      `CREATE CONSTRAINT ${lower}_node IF NOT EXISTS FOR (n:${names.node}) REQUIRE (n.g, n.ref) IS UNIQUE`,
      `CREATE CONSTRAINT ${lower}_graph IF NOT EXISTS FOR (n:${names.meta}) REQUIRE n.g IS UNIQUE`,
      `CREATE CONSTRAINT ${lower}_open IF NOT EXISTS FOR ()-[r:${names.live}]-() REQUIRE (r.g, r.ref) IS UNIQUE`,
    ],
  }
}
