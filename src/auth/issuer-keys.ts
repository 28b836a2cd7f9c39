import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import { type Config } from '../config.ts'
import { isAppError, sourceUnavailable } from '../errors.ts'

const timeoutMs = 3000
/** How long an issuer's word about where its keys are counts, and how long it is left alone after it gave none. */
const knownMs = 3_600_000
const pauseMs = 2000

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/** What an issuer says about itself (OpenID Connect Discovery 1.0, section 4). */
async function discover(issuer: string): Promise<URL> {
  try {
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) throw new Error(`the issuer answered ${response.status}`)
    const said = discoveryDocument.parse(await response.json())
    // section 4.3: whoever answers for another issuer is none
    if (said.issuer !== issuer) throw new Error(`it calls itself ${said.issuer}`)
    if (issuer.startsWith('https:') && !said.jwks_uri.startsWith('https:')) throw new Error('its keys are not served over https')
    return new URL(said.jwks_uri)
  } catch (error) {
    throw isAppError(error) ? error : sourceUnavailable('oidc', error)
  }
}

// a key that is not known may be a new one: the issuer is asked again, and not by every forged token
const keysAt = (url: URL): JWTVerifyGetKey => createRemoteJWKSet(url, { timeoutDuration: timeoutMs, cooldownDuration: pauseMs })

function discoveredKeys(issuer: string): JWTVerifyGetKey {
  let known: { readonly keys: Promise<JWTVerifyGetKey>; until: number } | null = null
  const find = (): Promise<JWTVerifyGetKey> => {
    if (known !== null && performance.now() < known.until) return known.keys
    const finding = { keys: discover(issuer).then(keysAt), until: performance.now() + knownMs }
    finding.keys.catch(() => (finding.until = performance.now() + pauseMs))
    known = finding
    return finding.keys
  }
  return async (header, token) => (await find())(header, token)
}

/**
 * The public keys that tokens are verified by: at `JWKS_URL`, else where `OIDC_ISSUER` says that they are.
 * @returns null when neither is set; the keys reject with AppError SOURCE_UNAVAILABLE (source "oidc") while the issuer says nothing
 */
export function issuerKeys({ jwksUrl, oidcIssuer }: Pick<Config, 'jwksUrl' | 'oidcIssuer'>): JWTVerifyGetKey | null {
  if (jwksUrl !== undefined) return keysAt(new URL(jwksUrl))
  return oidcIssuer === undefined ? null : discoveredKeys(oidcIssuer)
}
