import { type Sql } from './sql.ts'

const OLDEST = 15

/** A server whose SQL is not what ours is written in. Waiting does not help, so this is no outage. */
export class OutdatedPostgresError extends Error {
  constructor(version: string) {
    super(`PostgreSQL ${version} is too old: ${OLDEST} or later is needed. Upgrade it, or point DATABASE_URL at another.`)
    this.name = 'OutdatedPostgresError'
  }
}

/** @returns the server's version, such as `15.18` @throws OutdatedPostgresError; AppError as every call */
export async function assertPostgresVersion(sql: Pick<Sql, 'one'>): Promise<string> {
  const { major, text } = await sql.one<{ major: number; text: string }>(
    `select current_setting('server_version_num')::int / 10000 as major, current_setting('server_version') as text`,
  )
  if (major < OLDEST) throw new OutdatedPostgresError(text)
  return text
}
