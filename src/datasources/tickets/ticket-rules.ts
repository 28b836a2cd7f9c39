import { isSignedBy, type SignedTicket, TICKET_VERSION } from './ticket-message.ts'

export const ticketCodes = [
  'OK',
  'INVALID_SIGNATURE',
  'TICKET_EXPIRED',
  'NOT_YET_VALID',
  'TTL_EXCEEDED',
  'BINDING_MISMATCH',
  'SCOPE_DENIED',
  'REVOKED',
  'REPLAY',
  'STORE_UNAVAILABLE',
] as const
export type TicketCode = (typeof ticketCodes)[number]
/** What the stores can say of a genuine ticket. */
export type NonceCode = Extract<TicketCode, 'OK' | 'REPLAY' | 'REVOKED' | 'INVALID_SIGNATURE'>

/** Tolerated difference of clocks (contract: guarantees 5.3). */
export const SKEW_MS = 300_000
/** A nonce is kept so long past its ticket's end. */
export const NONCE_GRACE_MS = 300_000
export const SHORT_TTL_MS = 60_000
export const LONGEST_TTL_MS = 86_400_000

export interface TicketKey {
  readonly kid: string
  readonly secret: Uint8Array
  /** It verifies until then; null = no end yet. */
  readonly verifyUntilMs: number | null
}

/** What the request is about: only what is given is compared. */
export interface Binding {
  readonly repoId?: string | null | undefined
  readonly baseCommit?: string | null | undefined
  readonly planHash?: string | null | undefined
  readonly patchSha256?: string | null | undefined
  readonly scope?: string | null | undefined
}

/**
 * Steps 2 to 4: version, key, MAC. Every failure is the same, and nothing is written for it.
 * @returns whether the ticket is one of ours
 */
export function isGenuine(ticket: SignedTicket | null, keys: readonly TicketKey[], nowMs: number): ticket is SignedTicket {
  if (ticket === null) return false
  const key = keys.find(({ kid }) => kid === ticket.kid)
  const signed = key !== undefined && isSignedBy(key.secret, ticket)
  return signed && ticket.version === TICKET_VERSION && (key.verifyUntilMs === null || nowMs < key.verifyUntilMs)
}

/** Step 5: `exp = now` is expired; iat at most 300 s ahead; at most 24 h long. */
export function judgeTimes({ iat, exp }: SignedTicket, nowMs: number, maxTtlMs = LONGEST_TTL_MS): TicketCode {
  if (exp <= nowMs) return 'TICKET_EXPIRED'
  if (iat > nowMs + SKEW_MS) return 'NOT_YET_VALID'
  if (iat >= exp || exp - iat > maxTtlMs) return 'TTL_EXCEEDED'
  return 'OK'
}

const differs = (wanted: string | null | undefined, actual: string): boolean => wanted != null && wanted !== actual

/** Step 6: repository, commit, plan, patch and scope equal the request's. */
export function judgeBinding(ticket: SignedTicket, binding: Binding): TicketCode {
  const { repoId, baseCommit, planHash, patchSha256, scope } = binding
  if (differs(repoId, ticket.repoId) || differs(baseCommit, ticket.baseCommit)) return 'BINDING_MISMATCH'
  if (differs(planHash, ticket.planHash)) return 'BINDING_MISMATCH'
  if (patchSha256 != null && patchSha256 !== ticket.patchSha256) return 'BINDING_MISMATCH'
  return scope != null && !ticket.scopes.includes(scope) ? 'SCOPE_DENIED' : 'OK'
}
