import { type LogStream } from '../datasources/log/log.ts'

/** A position in the event log and what it was made for. */
export interface CursorPosition {
  readonly stream: LogStream
  readonly epoch: string
  readonly sequence: bigint
}

/**
 * What a cursor is bound to: one made for another tenant, field or filter is refused. Cursors of mutations and of events read in lists are bound
 * to the tenant alone (`anyField`): they name a position, not a delivery, so `minCursor` and every `after:` take them.
 */
export interface CursorScope {
  readonly tenantId: string
  readonly field: string
  /** Stable hash of the arguments that choose events. */
  readonly filterHash: string
}

export const anyField = (tenantId: string): CursorScope => ({ tenantId, field: '*', filterHash: '' })

/**
 * Signs and verifies event cursors (platform 4.5). Opaque base64url of version, stream, epoch, sequence, tenant, hash of field and filter, issue time, HMAC.
 * The first key signs, all verify.
 */
export interface CursorCodec {
  encode(position: CursorPosition, scope: CursorScope): string
  /** @throws AppError BAD_USER_INPUT, always with the same message, for anything that is not ours or not for this scope; compares in constant time */
  decode(cursor: string, scope: CursorScope): CursorPosition
}
