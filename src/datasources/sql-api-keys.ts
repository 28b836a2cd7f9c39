import { type Nanos } from '../time.ts'
import { type SqlExecutor } from './sql/sql.ts'

/** A stored API key: never the key itself. */
export interface ApiKeyRecord {
  readonly keyId: string
  readonly tenantId: string
  readonly name: string
  readonly secretHash: Uint8Array
  readonly roles: readonly string[]
  readonly createdAt: Nanos
  readonly expiresAt: Nanos | null
  readonly revokedAt: Nanos | null
}

/**
 * API keys of all tenants: who holds one proves a tenant with it, so finding it cannot be filtered by tenant.
 * @throws AppError SOURCE_UNAVAILABLE, DEADLINE_EXCEEDED
 */
export interface ApiKeyStore {
  /** A key by its public id, revoked and expired ones included; or null. */
  find(keyId: string): Promise<ApiKeyRecord | null>
  insert(key: Omit<ApiKeyRecord, 'revokedAt'>): Promise<void>
  /** Newest first, at most 1000; of one tenant, or of all (null). */
  list(tenantId: string | null): Promise<ApiKeyRecord[]>
  /** True when the key was there and alive. */
  revoke(keyId: string, at: Nanos): Promise<boolean>
}

interface Row {
  key_id: string
  tenant_id: string
  name: string
  secret_hash: Uint8Array
  roles: string
  created_at_ns: bigint
  expires_at_ns: bigint | null
  revoked_at_ns: bigint | null
}

const read = (row: Row): ApiKeyRecord => ({
  keyId: row.key_id,
  tenantId: row.tenant_id,
  name: row.name,
  secretHash: row.secret_hash,
  roles: row.roles.split(',').filter((role) => role !== ''),
  createdAt: row.created_at_ns,
  expiresAt: row.expires_at_ns,
  revokedAt: row.revoked_at_ns,
})

const columns = 'key_id, tenant_id, name, secret_hash, roles, created_at_ns, expires_at_ns, revoked_at_ns'

export function createSqlApiKeys(sql: SqlExecutor): ApiKeyStore {
  return {
    async find(keyId) {
      const row = await sql.maybeOne<Row>(`select ${columns} from api_keys where key_id = $1`, [keyId])
      return row === null ? null : read(row)
    },
    async insert({ keyId, tenantId, name, secretHash, roles, createdAt, expiresAt }) {
      await sql.run(
        'insert into api_keys (key_id, tenant_id, name, secret_hash, roles, created_at_ns, expires_at_ns) values ($1, $2, $3, $4, $5, $6, $7)',
        [keyId, tenantId, name, secretHash, roles.join(','), createdAt, expiresAt],
      )
    },
    async list(tenantId) {
      const rows = await sql.any<Row>(
        `select ${columns} from api_keys where $1::text is null or tenant_id = $1 order by created_at_ns desc, key_id limit 1000`,
        [tenantId],
      )
      return rows.map(read)
    },
    async revoke(keyId, at) {
      return (await sql.run('update api_keys set revoked_at_ns = $2 where key_id = $1 and revoked_at_ns is null', [keyId, at])) === 1
    },
  }
}
