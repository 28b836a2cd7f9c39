import { createHash } from 'node:crypto'
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose'
import { LRUCache } from 'lru-cache'
import { type Config } from '../config.ts'
import { AppError, sourceUnavailable } from '../errors.ts'
import { type Logger } from '../logger.ts'
import { type Clock } from '../time.ts'
import { type ClaimNames, viewerOfClaims } from './claims.ts'
import { issuerKeys } from './issuer-keys.ts'
import { hasEnded } from './proof.ts'
import { type Viewer } from './viewer.ts'

export const unauthenticated = (message = 'The credentials do not hold.', cause?: unknown): AppError =>
  new AppError('UNAUTHENTICATED', message, { cause })

/** Verifies tokens; a verified one is remembered by its hash for at most a minute, never past its end. */
export interface Tokens {
  /** @throws AppError UNAUTHENTICATED, SOURCE_UNAVAILABLE (source "jwks" or "oidc") when the issuer's keys cannot be fetched */
  verify(token: string): Promise<Viewer>
}

const maxTokenCharacters = 8192
const rememberedMs = 60_000

export function createTokens(config: Config, { clock, log }: { clock: Clock; log?: Pick<Logger, 'warn'> | undefined }): Tokens {
  const secret = config.jwtSecret === undefined ? null : new TextEncoder().encode(config.jwtSecret)
  const remote = issuerKeys(config, { clock, log })
  // a shared secret verifies HMAC and nothing else, public keys everything else: an RS256 key must never serve as an HMAC secret
  const usable = (algorithm: string): boolean => (algorithm.startsWith('HS') ? secret !== null : remote !== null)
  const algorithms = config.jwtAlgorithms.filter(usable)
  const verified = new LRUCache<string, Viewer>({ max: 10_000, ttl: rememberedMs })
  const claimNames: ClaimNames = {
    tenant: config.jwtTenantClaim,
    roles: config.jwtRolesClaim,
    scopes: config.jwtScopesClaim,
    defaultTenant: config.defaultTenant,
  }
  const nowSeconds = (): number => Number(clock.now() / 1_000_000_000n)

  const check = async (token: string): Promise<JWTPayload> => {
    const options: JWTVerifyOptions = {
      algorithms,
      issuer: config.jwtIssuer ?? config.oidcIssuer,
      audience: config.jwtAudience,
      clockTolerance: config.jwtClockSkewSeconds,
      currentDate: new Date(nowSeconds() * 1000),
    }
    const alg = algorithmOf(token)
    if (alg.startsWith('HS') && secret !== null) return (await jwtVerify(token, secret, options)).payload
    if (!alg.startsWith('HS') && remote !== null) return (await jwtVerify(token, remote, options)).payload
    throw unauthenticated(undefined, new Error('there is no key for the algorithm of the token'))
  }

  return {
    async verify(token) {
      if (token.length > maxTokenCharacters)
        throw unauthenticated(undefined, new Error(`a token has at most ${maxTokenCharacters} characters`))
      const hash = createHash('sha256').update(token).digest('base64')
      const known = verified.get(hash)
      if (known !== undefined && !hasEnded(known, clock)) return known
      const viewer = viewerOfClaims(await check(token).catch(translate), claimNames, config.jwtClockSkewSeconds)
      if (viewer === null)
        throw unauthenticated(undefined, new Error('the token names nobody, or a tenant that cannot be one, or an end that is no number'))
      verified.set(hash, viewer)
      return viewer
    },
  }
}

/** @throws AppError UNAUTHENTICATED: whatever is wrong with a token's text is wrong with the token, never with where keys come from */
function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? ''
  } catch (error) {
    throw unauthenticated(undefined, error)
  }
}

/** jose's own failures are about the token; anything else is about the issuer's keys. */
function translate(error: unknown): never {
  if (error instanceof AppError) throw error
  if (error instanceof errors.JWTExpired) throw unauthenticated('The token has expired.')
  // the second is for a key that does not fit the algorithm
  if (error instanceof errors.JOSEError || error instanceof TypeError) throw unauthenticated(undefined, error)
  throw sourceUnavailable('jwks', error)
}
