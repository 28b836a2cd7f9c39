import { type Actor } from '../../auth/actor.ts'
import { type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'

/** What is to be proven: who did what to what, and what came of it. */
export interface NewReceipt {
  readonly actor: Actor
  /** The name of the mutation. */
  readonly action: string
  /** Global id, where it is about one thing. */
  readonly subject: string | null
  /** The type of the answer. */
  readonly outcome: string
  readonly requestId: string
  /** SHA-256 of the input as stable JSON, in hex: the input itself is nobody's business here. */
  readonly inputDigest: string
}

/** A receipt in the tenant's audit log. */
export interface AuditReceipt extends NewReceipt {
  readonly tenantId: string
  /** Its number, counted from 0. */
  readonly sequence: bigint
  readonly hash: string
  /** Null: not known here, find the receipt to know it. */
  readonly previousHash: string | null
  readonly at: Nanos
  /** The bytes that were hashed, as JSON. */
  readonly payload: unknown
}

export interface AuditVerification {
  readonly ok: boolean
  readonly checkedFrom: bigint
  readonly checkedTo: bigint
  readonly reason: string | null
}

/**
 * Hash-chained receipts, one reserved native stream per tenant.
 * @throws AppError SOURCE_UNAVAILABLE
 */
export interface AuditLog {
  /**
   * Adds a receipt; when this resolves it is durable.
   * @returns null when SQL does not answer and the event log holds the receipt until it can be chained
   * @throws AppError SOURCE_UNAVAILABLE when neither can hold it
   */
  append(scope: Scope, receipt: NewReceipt): Promise<AuditReceipt | null>
  find(scope: Scope, sequence: bigint): Promise<AuditReceipt | null>
  /** The newest receipts about a subject, at most 100. */
  about(scope: Scope, subject: string): Promise<AuditReceipt[]>
  /** Checks the links from `from` to `to`, both inclusive. */
  verify(scope: Scope, range: { readonly from: bigint; readonly to: bigint }): Promise<AuditVerification>
}
