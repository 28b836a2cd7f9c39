import { type NonceCode } from './ticket-rules.ts'

/** A stamp over what a ticket does to a file: a digest of it, so that who reads the table cannot use it. */
export interface KeptStamp {
  readonly stampId: string
  readonly repoSha: string
  readonly planHash: string
  readonly path: string
  readonly digest: string
}

/** A genuine ticket that somebody wants to use. */
export interface Consumption {
  readonly tenantId: string
  readonly ticketId: string
  readonly repoId: string
  readonly nonce: string
  readonly expMs: number
  readonly nowMs: number
  /** Kept with the use, or not at all. */
  readonly stamps?: readonly KeptStamp[]
}

/** A genuine ticket that somebody asks about. */
export type Looked = Pick<Consumption, 'tenantId' | 'ticketId' | 'repoId' | 'nonce'>

/** What the stores know of a genuine ticket. */
export interface NonceState {
  readonly code: Exclude<NonceCode, 'REPLAY'>
  readonly seen: boolean
}

/**
 * Remembers which nonces were used: one atomic step decides who was first. The key is (repo_id, nonce), so one nonce may appear in two repositories.
 * A ticket of another tenant is `INVALID_SIGNATURE`: to this one it is nothing.
 * @throws AppError SOURCE_UNAVAILABLE, DEADLINE_EXCEEDED: then nobody may act on the ticket
 */
export interface Nonces {
  /** `OK` for one of any number of attempts, and then its stamps are kept; `REVOKED` and foreign tickets use nothing up. */
  consume(consumption: Consumption): Promise<NonceCode>
  /** Reads, and never writes. */
  look(ticket: Looked): Promise<NonceState>
  /** @throws Error that says what to change, when this store may forget a nonce before its time */
  check(): Promise<void>
}
