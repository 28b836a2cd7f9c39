import { type Page, type PageRequest } from '../page.ts'
import { type RunKey } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type Binding, type TicketCode } from './ticket-rules.ts'
import { type SignedTicket } from './ticket-message.ts'

export type TicketState = 'ACTIVE' | 'CONSUMED' | 'EXPIRED' | 'REVOKED'

/** A ticket as it may be shown: never its nonce, never its MAC. */
export interface Ticket {
  readonly id: string
  readonly tenantId: string
  readonly repoId: string
  readonly kid: string
  readonly baseCommit: string
  readonly planHash: string
  readonly scopes: readonly string[]
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly issuedBy: string
  readonly consumedAtMs: number | null
  readonly revokedAtMs: number | null
  readonly revokeReason: string | null
  readonly run: RunKey | null
}

export interface IssueRequest {
  readonly repoId: string
  readonly baseCommit: string
  readonly planHash: string
  readonly scopes: readonly string[]
  readonly ttlMs: number
  readonly patchSha256: string
  readonly run: RunKey | null
}

export interface TicketFilter {
  readonly states?: readonly TicketState[] | null
  readonly repoId?: string | null
  readonly runKey?: RunKey | null
}

export interface TicketVerification {
  readonly valid: boolean
  readonly code: TicketCode
  readonly verifiedInMs: number
  readonly withinBudget: boolean
  /** Whether the nonce was used before: information, nothing is consumed. */
  readonly nonceSeen: boolean
  readonly ticketId: string | null
}

export interface TicketStats {
  readonly activeTickets: number
  readonly stampHistory: number
  readonly oldestTicketMs: number | null
  readonly noncesTracked: number
  readonly repositories: number
  readonly oldestNonceExpiresMs: number | null
  readonly rejected: number
}

/** What a ticket is to be used for. */
export interface TicketChanges {
  readonly ticket: SignedTicket
  readonly repoSha: string
  readonly files: readonly { readonly path: string; readonly content: string }[]
}

/** Proof over what a ticket did to a file. */
export interface FileStamp {
  readonly path: string
  readonly stamp: string
  readonly stampId: string
}

/** Who sends a request, for security events. */
export interface Origin {
  readonly ip: string | null
  readonly userAgent: string | null
}

/**
 * Tickets: issued, verified, consumed once, revoked (contract: guarantees 5).
 * @throws AppError BAD_USER_INPUT, SOURCE_UNAVAILABLE; a ticket that does not hold is an answer with its code
 */
export interface TicketsDataSource {
  /** @returns the ticket with its token, which is not kept in this form, and warnings */
  issue(scope: Scope, request: IssueRequest, actor: string): Promise<{ ticket: Ticket; token: string; warnings: readonly string[] }>
  /** Steps 1 to 7; consumes nothing. */
  verify(scope: Scope, token: string, binding: Binding, origin: Origin): Promise<TicketVerification>
  /** All steps; of any number of attempts exactly one gets OK. STORE_UNAVAILABLE when nobody could tell. */
  consume(scope: Scope, token: string, binding: Binding, origin: Origin): Promise<{ code: TicketCode; ticketId: string | null }>
  /** @returns null when there is none in this tenant; a ticket that was used or revoked stays as it is */
  revoke(scope: Scope, id: string, reason: string): Promise<{ ticket: Ticket; changed: boolean } | null>
  find(scope: Scope, id: string): Promise<Ticket | null>
  list(scope: Scope, filter: TicketFilter, page: PageRequest): Promise<Page<Ticket>>
  count(scope: Scope, filter: TicketFilter): Promise<number>
  /** Tickets of runs that are neither used nor revoked, in the order of `keys`; one statement. */
  openOfRuns(scope: Scope, keys: readonly RunKey[]): Promise<Ticket[][]>
  /** The signed ticket behind an id that this tenant was given: for callers who hold the id only. */
  signed(scope: Scope, id: string): Promise<SignedTicket | null>
  /** Uses a ticket for changes of files: the use and the stamps are kept together, or neither is. @returns a stamp for each file when the code is OK */
  execute(
    scope: Scope,
    changes: TicketChanges,
    binding: Binding,
    origin: Origin,
  ): Promise<{ code: TicketCode; stamps: readonly FileStamp[] }>
  /** Whether a stamp holds; the right one is never told. */
  isStamp(given: { stamp: string; ticketId: string; repoSha: string; planHash: string; content: string }): Promise<boolean>
  stats(scope: Scope): Promise<TicketStats>
  /** Removes nonces past their time, tickets an hour past theirs, and what was stamped with those, in batches. */
  cleanUp(): Promise<{ expiredKeysRemoved: number; expiredNoncesRemoved: number }>
  rotateKey(): Promise<string | null>
  /** @throws Error that says what to change, when the store of nonces may forget one before its time */
  checkNonces(): Promise<void>
}

export function stateOf(ticket: Ticket, nowMs: number): TicketState {
  if (ticket.revokedAtMs !== null) return 'REVOKED'
  if (ticket.consumedAtMs !== null) return 'CONSUMED'
  return ticket.expiresAtMs <= nowMs ? 'EXPIRED' : 'ACTIVE'
}
