import pg from 'pg'
import { type Owner } from './services.ts'

/**
 * Keeps out all who ask for the same name until the test is over, whichever process they are in: for what a server's tests share, such as the indexes of
 * Neo4j, which every Summit of it finds. A process that dies lets go.
 */
export async function alone(t: Owner, name: string): Promise<void> {
  const connectionString = process.env['DATABASE_URL']
  if (connectionString === undefined) return
  const client = new pg.Client({ connectionString })
  await client.connect()
  t.teardown(() => client.end())
  await client.query('select pg_advisory_lock(hashtext($1))', [name])
}
