import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

export const TICKET_VERSION = 'v2.0.0'

/** A ticket as it is signed (contract: guarantees 5.2). Times are integer milliseconds. */
export interface TicketFields {
  readonly version: string
  readonly kid: string
  readonly id: string
  readonly repoId: string
  readonly baseCommit: string
  readonly planHash: string
  readonly nonce: string
  readonly iat: number
  readonly exp: number
  /** Unique, sorted by bytes. */
  readonly scopes: readonly string[]
  readonly patchSha256: string
}

export interface SignedTicket extends TicketFields {
  readonly mac: string
}

/** A 4-byte big-endian length, then the bytes: what moves between neighbours changes the message. */
function lp(part: string | Buffer): Buffer {
  const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Every field, length-prefixed, in the order of the contract. */
export function ticketMessage(ticket: TicketFields): Buffer {
  const { version, kid, id, repoId, baseCommit, planHash, nonce, iat, exp, scopes, patchSha256 } = ticket
  const fields = ['orrery-ticket', version, kid, id, repoId, baseCommit, planHash, nonce, String(iat), String(exp)]
  return Buffer.concat([...fields.map((field) => lp(field)), lp(Buffer.concat(scopes.map((scope) => lp(scope)))), lp(patchSha256)])
}

const digest = (key: Uint8Array, ticket: TicketFields): Buffer => createHmac('sha256', key).update(ticketMessage(ticket)).digest()

export const signTicket = (key: Uint8Array, ticket: TicketFields): SignedTicket => ({
  ...ticket,
  mac: digest(key, ticket).toString('base64url'),
})

/** Over the 32 raw bytes, in constant time. */
export function isSignedBy(key: Uint8Array, ticket: SignedTicket): boolean {
  const given = Buffer.from(ticket.mac, 'base64url')
  const wanted = digest(key, ticket)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const word = (length: number): string => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/** `tkn_` and 16 base62 characters without modulo bias. */
export const newTicketId = (): string => `tkn_${word(16)}`
export const newStampId = (): string => word(8)
export const newNonce = (): string => randomBytes(32).toString('base64url')

export const sortScopes = (scopes: readonly string[]): string[] =>
  [...new Set(scopes)].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))

const isExact = (text: string, bytes: number): boolean => {
  const decoded = Buffer.from(text, 'base64url')
  return decoded.length === bytes && decoded.toString('base64url') === text
}

const isMillis = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** What a ticket may look like; null for anything else, whatever is wrong with it. */
export function readTicket(given: unknown): SignedTicket | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null
  const field = (name: string, other: string): unknown => Reflect.get(given, name) ?? Reflect.get(given, other)
  const text = (name: string, other: string, pattern: RegExp): string | null => {
    const value = field(name, other)
    return typeof value === 'string' && pattern.test(value) ? value : null
  }
  const version = text('version', 'version', /^v\d+\.\d+\.\d+$/)
  const kid = text('kid', 'kid', /^[A-Za-z0-9_-]{1,64}$/)
  const id = text('id', 'id', /^tkn_[a-zA-Z0-9]{16}$/)
  const repoId = text('repo_id', 'repoId', /^[^\0]+$/u)
  const baseCommit = text('base_commit', 'baseCommit', /^[a-f0-9]{40}$/)
  const planHash = text('plan_hash', 'planHash', /^(?:[a-f0-9]{64})?$/)
  const nonce = text('nonce', 'nonce', /^[A-Za-z0-9_-]{43}$/)
  const patchSha256 = text('patch_sha256', 'patchSha256', /^(?:[a-f0-9]{64})?$/)
  const mac = text('mac', 'mac', /^[A-Za-z0-9_-]{43}$/)
  const iat = field('iat', 'iat')
  const exp = field('exp', 'exp')
  const scopes = field('scopes', 'scopes')
  if (version === null || kid === null || id === null || repoId === null || baseCommit === null || planHash === null) return null
  if (nonce === null || patchSha256 === null || mac === null || !isMillis(iat) || !isMillis(exp)) return null
  if (Buffer.byteLength(repoId) > 200 || !isExact(nonce, 32) || !isExact(mac, 32)) return null
  if (
    !Array.isArray(scopes) ||
    scopes.length > 50 ||
    !scopes.every((scope): scope is string => typeof scope === 'string' && /^[\w:.-]{1,64}$/.test(scope))
  )
    return null
  if (sortScopes(scopes).join('\0') !== scopes.join('\0')) return null
  return { version, kid, id, repoId, baseCommit, planHash, nonce, iat, exp, scopes, patchSha256, mac }
}

const MAX_TOKEN = 8192

/** The ticket as it is handed out, once: opaque text. */
export function writeToken(ticket: SignedTicket): string {
  const { repoId, baseCommit, planHash, patchSha256, ...rest } = ticket
  return Buffer.from(
    JSON.stringify({ ...rest, repo_id: repoId, base_commit: baseCommit, plan_hash: planHash, patch_sha256: patchSha256 }),
  ).toString('base64url')
}

/** Reads a token, or the ticket's JSON itself. */
export function readToken(token: string): SignedTicket | null {
  if (token.length > MAX_TOKEN) return null
  const text = token.startsWith('{') ? token : /^[A-Za-z0-9_-]+$/.test(token) ? Buffer.from(token, 'base64url').toString('utf8') : ''
  try {
    return readTicket(JSON.parse(text))
  } catch {
    return null
  }
}
