import { type IncomingHttpHeaders } from 'node:http'
import { type Config } from '../config.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { type Clock } from '../time.ts'
import { roles, scopesOf, type Viewer } from './viewer.ts'

/** Finds out who asks. Both doors apply the same rules. */
export interface Authenticator {
  /** By HTTP headers. @throws AppError UNAUTHENTICATED when credentials are given and do not hold */
  authenticate(headers: IncomingHttpHeaders): Promise<Viewer>
  /** By the payload of a WebSocket's `connection_init`. @throws as above */
  authenticateParams(parameters: Readonly<Record<string, unknown>> | undefined): Promise<Viewer>
}

export interface AuthenticatorParts {
  readonly config: Config
  readonly sql?: Sql | undefined
  readonly clock: Clock
}

export function createAuthenticator({ config }: AuthenticatorParts): Authenticator {
  return {
    async authenticate(headers) {
      const tenant = headers['x-tenant-id']
      return localOperator(typeof tenant === 'string' && tenant !== '' ? tenant : config.defaultTenant)
    },
    async authenticateParams() {
      return localOperator(config.defaultTenant)
    },
  }
}

const localOperator = (tenantId: string): Viewer => ({
  actorId: 'local-operator',
  kind: 'USER',
  displayName: 'Local operator',
  tenantId,
  tenants: [tenantId],
  roles,
  scopes: scopesOf(roles),
  expiresAtSeconds: null,
  authenticated: true,
})
