import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import { boundedText } from '../bounded-text.ts'
import { type Config } from '../config.ts'
import { sourceUnavailable } from '../errors.ts'
import { type Logger } from '../logger.ts'
import { type Clock } from '../time.ts'

const timeoutMs = 3000
const maxBytes = 1024 * 1024
/** Between two questions, whatever came of the first: neither forged tokens nor failures make an issuer be asked more often. */
const pauseMs = 2000
/** Keys older than this are fetched anew behind the callers' backs. */
const freshMs = 600_000
/** How long they verify tokens while the issuer says nothing; and how long its word about where they are counts. */
const knownMs = 3_600_000

/** A moment, and how many milliseconds lie between it and now: a clock that is set back makes things old, never young for ever. */
interface Age {
  now(): number
  of(at: number): number
}

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/** @throws Error for anything but 200 with JSON of a sane size; a redirect is no answer (OpenID Connect Discovery 1.0, section 4.2) */
async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { headers: { accept: 'application/json, application/jwk-set+json' }, redirect: 'manual', signal })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`the issuer answered ${response.status}`)
  }
  return JSON.parse(await boundedText(response, maxBytes))
}

/** What an issuer says about itself (OpenID Connect Discovery 1.0, section 4). */
async function discover(issuer: string, signal: AbortSignal): Promise<string> {
  try {
    const said = discoveryDocument.parse(await getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal))
    // section 4.3: whoever answers for another issuer is none
    if (said.issuer !== issuer) throw new Error(`it calls itself ${said.issuer}`)
    if (issuer.startsWith('https:') && !said.jwks_uri.startsWith('https:')) throw new Error('its keys are not served over https')
    return said.jwks_uri
  } catch (error) {
    throw sourceUnavailable('oidc', error)
  }
}

/** Asks an issuer where its keys are, once an hour; an earlier word counts as long as there is no newer one. */
function locationOf(issuer: string, age: Age): (signal: AbortSignal) => Promise<string> {
  let known: { readonly url: string; readonly at: number } | null = null
  return async (signal) => {
    if (known !== null && age.of(known.at) < knownMs) return known.url
    known = { url: await discover(issuer, signal), at: age.now() }
    return known.url
  }
}

async function keysAt(url: string, signal: AbortSignal): Promise<JWTVerifyGetKey> {
  try {
    return createLocalJWKSet((await getJson(url, signal)) as JSONWebKeySet)
  } catch (error) {
    throw sourceUnavailable('jwks', error)
  }
}

/**
 * The public keys that tokens are verified by: at `JWKS_URL`, else where `OIDC_ISSUER` says that they are. Nobody whose key is known waits for the
 * issuer; a key that is not known may be a new one, so the issuer is asked again.
 * @returns null when neither is set; the keys reject with AppError SOURCE_UNAVAILABLE (source "jwks" or "oidc") while the issuer says nothing
 */
export function issuerKeys(
  { jwksUrl, oidcIssuer }: Pick<Config, 'jwksUrl' | 'oidcIssuer'>,
  { clock, log }: { readonly clock: Clock; readonly log?: Pick<Logger, 'warn'> | undefined },
): JWTVerifyGetKey | null {
  const now = (): number => Number(clock.now() / 1_000_000n)
  const age: Age = { now, of: (at) => Math.abs(now() - at) }
  const locate = jwksUrl !== undefined ? async () => jwksUrl : oidcIssuer !== undefined ? locationOf(oidcIssuer, age) : null
  if (locate === null) return null
  let held: { readonly find: JWTVerifyGetKey; readonly at: number } | null = null
  let asking: Promise<JWTVerifyGetKey> | null = null
  let last: { readonly outcome: Promise<JWTVerifyGetKey>; readonly at: number } | null = null

  const fetchKeys = async (): Promise<JWTVerifyGetKey> => {
    const signal = AbortSignal.timeout(timeoutMs)
    const find = await keysAt(await locate(signal), signal)
    held = { find, at: now() }
    return find
  }
  const ask = (): Promise<JWTVerifyGetKey> => {
    if (asking !== null) return asking
    if (last !== null && age.of(last.at) < pauseMs) return last.outcome
    const outcome = (asking = fetchKeys().finally(() => {
      asking = null
      last = { outcome, at: now() }
    }))
    return outcome
  }
  const current = (): Promise<JWTVerifyGetKey> | JWTVerifyGetKey => {
    if (held === null || age.of(held.at) > knownMs) return ask()
    if (age.of(held.at) > freshMs)
      ask().catch((error: unknown) => log?.warn({ err: error }, 'the keys of tokens could not be fetched anew'))
    return held.find
  }

  return async (header, token) => {
    const find = await current()
    try {
      return await find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      return (await ask())(header, token)
    }
  }
}
