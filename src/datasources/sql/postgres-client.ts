import { createHash } from 'node:crypto'
import pg from 'pg'
import { type AppError, sourceUnavailable } from '../../errors.ts'
import { type SqlError } from './sql.ts'
import { isPortError, refusalToError } from './sql-errors.ts'
import { type StatementResult } from './sql-rows.ts'
import { parserOf, type WireValue } from './sql-values.ts'

/** A TCP connection that does not come up in this time counts as a server that is down. */
export const CONNECT_TIMEOUT_MS = 5_000

/** What every connection of ours has: results read by our parsers, and a keep-alive, so that a vanished host is noticed. */
export const clientOptions = (url: string): pg.ClientConfig => ({
  connectionString: url,
  fallback_application_name: 'orrery',
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  types: { getTypeParser: (oid: number) => parserOf(oid) },
})

/** Driver errors become the port's here: a refusal of the server by its SQLSTATE, all else is a lost or impossible connection. */
export function toPostgresError(error: unknown): AppError | SqlError {
  if (isPortError(error)) return error
  if (error instanceof pg.DatabaseError)
    return refusalToError({ message: error.message, code: error.code ?? 'XX000', constraint: error.constraint }, error)
  return sourceUnavailable('sql', error)
}

/** One statement, always by the extended protocol: as on PGlite, a text is one statement. */
export async function runOn(client: pg.ClientBase, text: string, values: readonly WireValue[]): Promise<StatementResult> {
  // `queryMode` is the driver's documented option, missing from its types.
  const query: pg.QueryConfig & { queryMode: 'extended' } = { text, values: [...values], queryMode: 'extended' }
  const { rows, rowCount, command } = await client.query<object>(query)
  return { rows, rowCount: rowCount ?? 0, command: command ?? '' }
}

/** The number under which PostgreSQL knows a lock that we know by name. */
export const lockNumber = (name: string): bigint => createHash('sha256').update(`orrery:${name}`).digest().readBigInt64BE(0)

/** Stops a connection at once, whatever state it or its server is in. A late error of it has nobody to tell. */
export function destroyClient(client: pg.Client): void {
  client.on('error', () => undefined)
  client.end().catch(() => undefined)
}
