import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { logStreams } from '../datasources/log/log.ts'
import { badUserInput } from '../errors.ts'
import { type Clock } from '../time.ts'
import { type CursorCodec, type CursorPosition, type CursorScope } from './cursor.ts'

// version, stream, any-field mark, issue time (s), sequence, tenant, field + filter; then the epoch's text, then the signature
const VERSION = 1
const HEAD_BYTES = 1 + 1 + 1 + 5 + 8 + 8 + 8
const SIGNATURE_BYTES = 16
const MAX_EPOCH_BYTES = 128

export interface CursorCodecOptions {
  /** At least one; the first signs, all verify, so that a key can be replaced while old cursors are out. */
  readonly keys: readonly Uint8Array[]
  readonly clock: Clock
}

interface Parsed {
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

const fingerprint = (...parts: string[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest().subarray(0, 8)
}

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

/**
 * @see CursorCodec
 * A scope of `anyField` verifies every cursor of its tenant; any other scope its own cursors and the tenant's `anyField` cursors.
 */
export function createCursorCodec({ keys, clock }: CursorCodecOptions): CursorCodec {
  const [signing] = keys
  if (signing === undefined) throw new Error('cursors need at least one key')

  const encode = (position: CursorPosition, scope: CursorScope): string => {
    const epoch = Buffer.from(position.epoch, 'utf8')
    if (epoch.length > MAX_EPOCH_BYTES) throw new Error('the epoch of a stream is too long for a cursor')
    const body = Buffer.alloc(HEAD_BYTES + epoch.length)
    body[0] = VERSION
    body[1] = logStreams.indexOf(position.stream)
    body[2] = isAnyField(scope) ? 1 : 0
    body.writeUIntBE(Number(clock.now() / 1_000_000_000n), 3, 5)
    body.writeBigUInt64BE(position.sequence, 8)
    fingerprint(scope.tenantId).copy(body, 16)
    fingerprint(scope.field, scope.filterHash).copy(body, 24)
    epoch.copy(body, HEAD_BYTES)
    return Buffer.concat([body, sign(signing, body)]).toString('base64url')
  }

  const decode = (cursor: string, scope: CursorScope): CursorPosition => {
    const parsed = parse(cursor)
    const { body, signature } = parsed ?? nothing
    // every key and every part is always compared: how long it takes tells nothing about what was wrong
    let signed = false
    for (const key of keys) signed = timingSafeEqual(sign(key, body), signature) || signed
    const ourTenant = timingSafeEqual(body.subarray(16, 24), fingerprint(scope.tenantId))
    const ourField = timingSafeEqual(body.subarray(24, 32), fingerprint(scope.field, scope.filterHash))
    const stream = logStreams[body[1] ?? -1]
    const fits = ourField || body[2] === 1 || isAnyField(scope)
    if (parsed === null || !signed || !ourTenant || !fits || body[0] !== VERSION || stream === undefined)
      throw badUserInput('This cursor was not made for this tenant, field and filter.')
    const bytes = Buffer.from(body)
    return { stream, sequence: bytes.readBigUInt64BE(8), epoch: bytes.subarray(HEAD_BYTES).toString('utf8') }
  }

  return { encode, decode }
}
