import { type IncomingHttpHeaders } from 'node:http'
import { type Config } from '../config.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { createSqlApiKeys } from '../datasources/sql-api-keys.ts'
import { badUserInput, isAppError } from '../errors.ts'
import { type Logger } from '../logger.ts'
import { type Clock } from '../time.ts'
import { createApiKeyVerifier } from './api-key-verifier.ts'
import { inTenant } from './tenant.ts'
import { createTokens, unauthenticated } from './tokens.ts'
import { roles, scopesOf, type Viewer } from './viewer.ts'

/** Finds out who asks. Both doors apply the same rules; a caller without credentials is a viewer who may do nothing that needs a scope. */
export interface Authenticator {
  /**
   * By HTTP headers: `Authorization: Bearer`, or `X-API-Key`; `X-Tenant-Id` narrows.
   * @throws AppError UNAUTHENTICATED (credentials that do not hold), FORBIDDEN (a foreign tenant), SOURCE_UNAVAILABLE
   */
  authenticate(headers: IncomingHttpHeaders): Promise<Viewer>
  /**
   * By the payload of a WebSocket's `connection_init`: `token` or `authorization`, or `apiKey`; `tenantId` narrows. Nothing else in it counts, whatever
   * it is called (platform D10).
   * @throws as above, and AppError BAD_USER_INPUT for one of these that is no text
   */
  authenticateParams(parameters: Readonly<Record<string, unknown>> | null | undefined): Promise<Viewer>
}

export interface AuthenticatorParts {
  readonly config: Config
  /** Holds the API keys. */
  readonly sql?: Sql | undefined
  readonly clock: Clock
  /** Told when the issuer of tokens is away though nobody has to wait for it yet. */
  readonly log?: Pick<Logger, 'warn'>
}

interface Credentials {
  /** A token or an API key; null = none was sent. */
  readonly proof: string | null
  readonly tenantId: string | null
}

export function createAuthenticator({ config, sql, clock, log }: AuthenticatorParts): Authenticator {
  const { authMode } = config
  const tokens = authMode === 'jwt' || authMode === 'both' ? createTokens(config, { clock, log }) : null
  const apiKeys =
    (authMode === 'apikey' || authMode === 'both') && sql !== undefined
      ? createApiKeyVerifier({ store: createSqlApiKeys(sql), clock })
      : null
  const operator = localOperator(config.defaultTenant)

  const verify = async (proof: string): Promise<Viewer> => {
    const isKey = proof.startsWith('orr_')
    const viewer = isKey ? await apiKeys?.verify(proof) : await tokens?.verify(proof)
    if (viewer === null)
      throw unauthenticated(undefined, new Error('the API key is unknown, revoked or has ended, or its secret is another'))
    if (viewer === undefined) throw unauthenticated(undefined, new Error(`AUTH_MODE takes no ${isKey ? 'API keys' : 'tokens'}`))
    return viewer
  }

  const identify = async ({ proof, tenantId }: Credentials): Promise<Viewer> => {
    if (proof === null) return nobody
    const viewer = await verify(proof)
    // a key was made for one tenant; an administrator who signed in may look at all
    return inTenant(viewer, tenantId, viewer.kind === 'USER' && viewer.roles.includes('admin'))
  }

  return {
    async authenticate(headers) {
      // whatever a proxy in front asks for is not ours to judge
      if (authMode === 'none') return inTenant(operator, text(headers['x-tenant-id']), true)
      return identify(readHeaders(headers))
    },
    async authenticateParams(parameters) {
      if (authMode === 'none') return inTenant(operator, parameter(parameters ?? {}, 'tenantId'), true)
      return identify(readParams(parameters ?? {}))
    },
  }
}

/** Whether a caller of a page for everybody may see more of it; what does not hold as a proof shows no more than none. Never rejects for that. */
export const mayRead =
  (scope: string, tenantId: string, { authenticate }: Pick<Authenticator, 'authenticate'>) =>
  async (headers: IncomingHttpHeaders): Promise<boolean> => {
    const viewer = await authenticate(headers).catch((error: unknown) => {
      if (!isAppError(error)) throw error
      return nobody
    })
    return viewer.tenantId === tenantId && viewer.scopes.has(scope)
  }

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

const bearer = (header: string): string => {
  const [scheme = '', proof = '', ...rest] = header.trim().split(/\s+/)
  if (scheme.toLowerCase() !== 'bearer' || proof === '' || rest.length > 0)
    throw unauthenticated('Send `Authorization: Bearer <token or key>`.')
  return proof
}

function readHeaders(headers: IncomingHttpHeaders): Credentials {
  const { authorization } = headers
  const proof = authorization === undefined ? text(headers['x-api-key']) : bearer(authorization)
  return { proof, tenantId: text(headers['x-tenant-id']) }
}

/** @throws AppError BAD_USER_INPUT: who names tenant 7 by a number must not end up in another one */
function parameter(parameters: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = parameters[name] ?? null
  if (value !== null && typeof value !== 'string') throw badUserInput(`\`${name}\` is a text.`)
  return text(value)
}

/** Routers and clients spell the token in several ways (platform 5.5). */
function readParams(parameters: Readonly<Record<string, unknown>>): Credentials {
  const authorization = parameter(parameters, 'authorization') ?? parameter(parameters, 'Authorization')
  const token = parameter(parameters, 'token')
  const apiKey = parameter(parameters, 'apiKey')
  const given = authorization ?? (token !== null && /\s/.test(token) ? token : null)
  return { proof: given === null ? (token ?? apiKey) : bearer(given), tenantId: parameter(parameters, 'tenantId') }
}

/** Whoever sits at an embedded installation: named, so that decisions have an author. */
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

/** Owns nothing: even a field that asks for no scope finds nothing in a tenant without a name. */
const nobody: Viewer = {
  actorId: 'anonymous',
  kind: 'UNKNOWN',
  displayName: null,
  tenantId: '',
  tenants: [],
  roles: [],
  scopes: new Set(),
  expiresAtSeconds: null,
  authenticated: false,
}
