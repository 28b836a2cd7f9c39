import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type LogStream, logStreams } from '../datasources/log/log.ts'
import { badUserInput } from '../errors.ts'
import { type Clock } from '../time.ts'
import { createShortHmac } from './short-hmac.ts'
import { type CursorCodec, type CursorPosition, type CursorScope, type StreamMark, type StreamMarks } from './cursor.ts'

// version, stream, any-field mark, issue time (s), sequence, tenant, field + filter; then the time mark and the epoch's text, then the signature.
// A cursor over several streams: the same head with the event's stream and the number of marks, then the marks, each with its time mark at its end.
// Versions 1 and 2 have no time marks.
const VERSION = 3
const MARKS_VERSION = 4
const HEAD_BYTES = 1 + 1 + 1 + 5 + 8 + 8 + 8
const MARK_BYTES = 1 + 8 + 8
const TIME_BYTES = 4
const SIGNATURE_BYTES = 16
const MAX_EPOCH_BYTES = 128
const NO_STREAM = 255

export interface CursorCodecOptions {
  /** At least one; the first signs, all verify, so that a key can be replaced while old cursors are out. */
  readonly keys: readonly Uint8Array[]
  readonly clock: Clock
}

interface Parsed {
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

/** One spelling for each list of parts. */
function spelled(parts: readonly string[]): string {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return text
}

// the same few scopes and epochs, once for every event of every reader
const fingerprints = new LRUCache<string, Buffer>({
  max: 1000,
  maxSize: 1_000_000,
  sizeCalculation: (_, text) => text.length + 1,
  memoMethod: (text) => createHash('sha256').update(text).digest().subarray(0, 8),
})
const fingerprint = (...parts: string[]): Buffer => fingerprints.memo(spelled(parts))

const sign = (key: Uint8Array, body: Uint8Array): Buffer => createHmac('sha256', key).update(body).digest().subarray(0, SIGNATURE_BYTES)

const isAnyField = (scope: CursorScope): boolean => scope.field === '*'

function parse(cursor: string): Parsed | null {
  if (cursor.length > 400 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null
  const bytes = Buffer.from(cursor, 'base64url')
  // one spelling per cursor: trailing bits that base64 ignores must not make a second one
  if (bytes.length < HEAD_BYTES + SIGNATURE_BYTES || bytes.toString('base64url') !== cursor) return null
  const body = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  return { body, signature: bytes.subarray(bytes.length - SIGNATURE_BYTES) }
}

/** What a text that cannot be parsed is compared as, so that it costs what a forged one does. */
const nothing: Parsed = { body: new Uint8Array(HEAD_BYTES), signature: new Uint8Array(SIGNATURE_BYTES) }

/** Tells one life of a stream from another in few bytes. */
export const epochMark = (epoch: string): string => fingerprint('epoch', epoch).toString('hex')

const refusal = () => badUserInput('This cursor was not made for this tenant, field and filter.')

/** 0 stands for none. */
const known = (time: number): { timeMark?: number } => (time === 0 ? {} : { timeMark: time })

function readMarks(bytes: Buffer, timeBytes: number): StreamMark[] | null {
  const count = bytes[8] ?? 0
  const size = MARK_BYTES + timeBytes
  if (bytes.length !== HEAD_BYTES + count * size) return null
  const marks: StreamMark[] = []
  for (let at = HEAD_BYTES; at < bytes.length; at += size) {
    const stream = logStreams[bytes[at] ?? NO_STREAM]
    if (stream === undefined) return null
    const epoch = bytes.subarray(at + 9, at + MARK_BYTES).toString('hex')
    const time = timeBytes === 0 ? 0 : bytes.readUInt32BE(at + MARK_BYTES)
    marks.push({ stream, sequence: bytes.readBigUInt64BE(at + 1), epoch: /^0+$/.test(epoch) ? null : epoch, ...known(time) })
  }
  return marks
}

const streamAt = (index: number | undefined): LogStream | null => logStreams[index ?? NO_STREAM] ?? null

/**
 * @see CursorCodec
 * A scope of `anyField` verifies every cursor of its tenant; any other scope its own cursors and the tenant's `anyField` cursors.
 */
export function createCursorCodec({ keys, clock }: CursorCodecOptions): CursorCodec {
  const [signing] = keys
  if (signing === undefined) throw new Error('cursors need at least one key')
  const signature = createShortHmac(signing)

  // one stream asks for many, one after the other
  let newest: { readonly scope: CursorScope; readonly bytes: Buffer } | null = null
  const boundTo = (scope: CursorScope): Buffer => {
    if (newest?.scope === scope) return newest.bytes
    const bytes = Buffer.concat([fingerprint(scope.tenantId), fingerprint(scope.field, scope.filterHash)])
    newest = { scope, bytes }
    return bytes
  }

  /** With room for its signature behind it. */
  const newBody = (version: number, size: number, scope: CursorScope): Buffer => {
    const body = Buffer.allocUnsafe(HEAD_BYTES + size + SIGNATURE_BYTES).fill(0)
    body[0] = version
    body[2] = isAnyField(scope) ? 1 : 0
    body.writeUIntBE(Number(clock.now() / 1_000_000_000n), 3, 5)
    boundTo(scope).copy(body, 16)
    return body
  }

  const signed = (body: Buffer): string => {
    const end = body.length - SIGNATURE_BYTES
    body.write(signature(body.subarray(0, end)), end, SIGNATURE_BYTES, 'latin1')
    return body.toString('base64url')
  }

  /** @throws AppError BAD_USER_INPUT for anything that is not ours or not for this scope */
  const verified = (cursor: string, scope: CursorScope): Buffer => {
    const parsed = parse(cursor)
    const { body, signature } = parsed ?? nothing
    // every key and every part is always compared: how long it takes tells nothing about what was wrong
    let ours = false
    for (const key of keys) ours = timingSafeEqual(sign(key, body), signature) || ours
    const ourTenant = timingSafeEqual(body.subarray(16, 24), fingerprint(scope.tenantId))
    const ourField = timingSafeEqual(body.subarray(24, 32), fingerprint(scope.field, scope.filterHash))
    const fits = ourField || body[2] === 1 || isAnyField(scope)
    if (parsed === null || !ours || !ourTenant || !fits) throw refusal()
    return Buffer.from(body)
  }

  const positionOf = (bytes: Buffer): CursorPosition => {
    const stream = streamAt(bytes[1])
    const timeBytes = bytes[0] === VERSION ? TIME_BYTES : 0
    if ((timeBytes === 0 && bytes[0] !== 1) || stream === null || bytes.length < HEAD_BYTES + timeBytes) throw refusal()
    const time = timeBytes === 0 ? 0 : bytes.readUInt32BE(HEAD_BYTES)
    return { stream, sequence: bytes.readBigUInt64BE(8), epoch: bytes.subarray(HEAD_BYTES + timeBytes).toString('utf8'), ...known(time) }
  }

  return {
    encode(position, scope) {
      const epoch = Buffer.from(position.epoch, 'utf8')
      if (epoch.length > MAX_EPOCH_BYTES) throw new Error('the epoch of a stream is too long for a cursor')
      const body = newBody(VERSION, TIME_BYTES + epoch.length, scope)
      body[1] = logStreams.indexOf(position.stream)
      body.writeBigUInt64BE(position.sequence, 8)
      body.writeUInt32BE(position.timeMark ?? 0, HEAD_BYTES)
      epoch.copy(body, HEAD_BYTES + TIME_BYTES)
      return signed(body)
    },
    decode: (cursor, scope) => positionOf(verified(cursor, scope)),
    encodeMarks({ marks, at }, scope) {
      const size = MARK_BYTES + TIME_BYTES
      const body = newBody(MARKS_VERSION, marks.length * size, scope)
      body[1] = at === null ? NO_STREAM : logStreams.indexOf(at)
      body[8] = marks.length
      for (const [index, { stream, sequence, epoch, timeMark }] of marks.entries()) {
        const start = HEAD_BYTES + index * size
        body[start] = logStreams.indexOf(stream)
        body.writeBigUInt64BE(sequence, start + 1)
        if (epoch !== null) body.write(epoch, start + 9, 'hex')
        body.writeUInt32BE(timeMark ?? 0, start + MARK_BYTES)
      }
      return signed(body)
    },
    decodeMarks(cursor, scope): StreamMarks {
      const bytes = verified(cursor, scope)
      if (bytes[0] === MARKS_VERSION || bytes[0] === 2) {
        const marks = readMarks(bytes, bytes[0] === MARKS_VERSION ? TIME_BYTES : 0)
        if (marks === null) throw refusal()
        return { marks, at: streamAt(bytes[1]), partial: false }
      }
      const { stream, epoch, ...place } = positionOf(bytes)
      return { marks: [{ ...place, stream, epoch: epochMark(epoch) }], at: stream, partial: true }
    },
  }
}
