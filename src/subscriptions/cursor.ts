import { type LogStream } from '../datasources/log/log.ts'

/** A position in the event log and what it was made for. */
export interface CursorPosition {
  readonly stream: LogStream
  readonly epoch: string
  readonly sequence: bigint
  /** Of the message there (`timeMark`), where the position is known to be that of one. */
  readonly timeMark?: number | undefined
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

/** A position in one of several streams that are read as one. */
export interface StreamMark {
  readonly stream: LogStream
  readonly sequence: bigint
  /** Tells the stream's life (`epochMark`); null when the stream did not exist: everything in it comes after. */
  readonly epoch: string | null
  readonly timeMark?: number | undefined
}

/** A position in several streams: everything up to each mark has been seen. */
export interface StreamMarks {
  readonly marks: readonly StreamMark[]
  /** The stream of the event that the cursor belongs to, so that a page can end before it; null for a mere position. */
  readonly at: LogStream | null
  /** Made of the position of one stream: the others begin with what is new. */
  readonly partial: boolean
}

/**
 * Signs and verifies event cursors (platform 4.5). Opaque base64url of version, stream, epoch, sequence and its message's time, tenant,
 * hash of field and filter, issue time, HMAC.
 * The first key signs, all verify.
 */
export interface CursorCodec {
  encode(position: CursorPosition, scope: CursorScope): string
  /** @throws AppError BAD_USER_INPUT, always with the same message, for anything that is not ours or not for this scope; compares in constant time */
  decode(cursor: string, scope: CursorScope): CursorPosition
  /** A cursor over several streams. */
  encodeMarks(marks: Omit<StreamMarks, 'partial'>, scope: CursorScope): string
  /** Takes the cursors of `encodeMarks`, and a tenant's `anyField` cursors as marks of one stream. @throws as `decode` */
  decodeMarks(cursor: string, scope: CursorScope): StreamMarks
}
