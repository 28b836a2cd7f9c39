import { randomBytes } from 'node:crypto'
import { type Clock } from '../../time.ts'
import { type Sql } from './sql.ts'

/**
 * A secret of 32 random bytes that all replicas share: made by whoever asks first, the same for ever after.
 * @param name what it is for, such as `cursor`
 * @throws AppError as every call of `Sql`
 */
export async function serverKey(sql: Sql, name: string, clock: Clock): Promise<Uint8Array> {
  const find = () => sql.maybeOne<{ secret: Uint8Array }>('select secret from server_keys where name = $1', [name])
  const known = await find()
  if (known !== null) return known.secret
  await sql.run('insert into server_keys (name, secret, created_at_ns) values ($1, $2, $3) on conflict (name) do nothing', [
    name,
    new Uint8Array(randomBytes(32)),
    clock.now(),
  ])
  // Not what we just made: another replica may have been first.
  const { secret } = await sql.one<{ secret: Uint8Array }>('select secret from server_keys where name = $1', [name])
  return secret
}
