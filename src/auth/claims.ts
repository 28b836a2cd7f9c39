import { type JWTPayload } from 'jose'
import { isTenantName } from './tenant.ts'
import { type Role, roles, scopes, scopesOf, type Viewer } from './viewer.ts'

export interface ClaimNames {
  /** Claim that names the tenant, or lists several; dots go deeper. */
  readonly tenant: string
  /** Claim that lists the roles, or names one. */
  readonly roles: string
  /** Claims that list scopes, or hold them in a row with spaces between. */
  readonly scopes: readonly string[]
  /** Tenant of tokens that name none. */
  readonly defaultTenant: string
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** A claim by its name, else by the path its dots spell: `https://acme.test/tenant` has dots of its own. */
function claimAt(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name.split('.').reduce<unknown>((value, key) => (isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined), claims)
}

/** One text, a list of texts, or texts in a row with spaces between. */
const textsOf = (value: unknown): string[] => {
  const texts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[\s,]+/) : []
  return texts.filter((text): text is string => typeof text === 'string' && text !== '')
}

/** Whom a token is for; null when it names tenants and none of them can be one: it is not for the default tenant then. */
function tenantsOf(claim: unknown, defaultTenant: string): readonly [string, ...string[]] | null {
  if (claim === undefined || claim === null) return [defaultTenant]
  // a name with a space in it is no tenant, and must not become two others
  const named: unknown[] = Array.isArray(claim) ? claim : [claim]
  const [first, ...others] = named.filter((name): name is string => typeof name === 'string' && isTenantName(name))
  return first === undefined ? null : [first, ...others]
}

const textOf = (claims: JWTPayload, ...names: string[]): string | null => {
  for (const name of names) {
    const value = claims[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}

/**
 * Who a verified token is about. Neighbours' tokens name their user in `userId` or `email` where they have no `sub` (contract: summit 4); roles and scopes
 * that we do not know give nothing: `openid` is no right of ours.
 * @param skewSeconds how long a token is good beyond its end, which may have a fraction (RFC 7519, section 2)
 * @returns null when it names nobody, or only tenants that cannot be any: the default one is for tokens that say nothing of tenants
 */
export function viewerOfClaims(claims: JWTPayload, names: ClaimNames, skewSeconds: number): Viewer | null {
  const actorId = textOf(claims, 'sub', 'userId', 'email')
  const tenants = tenantsOf(claimAt(claims, names.tenant), names.defaultTenant)
  const endsAtSeconds = claims.exp === undefined ? null : Math.ceil(claims.exp) + skewSeconds
  if (actorId === null || tenants === null || endsAtSeconds === Infinity) return null
  const held = textsOf(claimAt(claims, names.roles)).map((name) => name.toLowerCase())
  const known = roles.filter((role): role is Role => held.includes(role))
  const granted = names.scopes.flatMap((name) => textsOf(claimAt(claims, name))).filter((scope) => scopes.has(scope))
  return {
    actorId,
    kind: 'USER',
    displayName: textOf(claims, 'name', 'preferred_username', 'email'),
    tenantId: tenants[0],
    tenants,
    roles: known,
    scopes: new Set([...scopesOf(known), ...granted]),
    expiresAtSeconds: endsAtSeconds,
    authenticated: true,
  }
}
