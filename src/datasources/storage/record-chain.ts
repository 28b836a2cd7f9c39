import { hash } from 'node:crypto'

/** Kinds of records by their byte (contract: craton 2.3). */
export const recordKinds = ['DATA', 'CHECKPOINT', 'TOMBSTONE'] as const
/** The number of DATA, the one kind that is appended here. */
export const DATA = recordKinds.indexOf('DATA')
export type RecordKind = (typeof recordKinds)[number]

export const HASH_BYTES = 32

/**
 * Craton's hash of one record: SHA-256 over the hash before it (nothing at genesis), the kind's byte and the payload exactly as given. Offset, time
 * and stream are not covered (contract: craton 3.1).
 * @returns 32 bytes
 */
export function recordHash(previous: Uint8Array | null, kind: number, payload: Uint8Array): Buffer {
  const head = previous === null ? 0 : previous.length
  const covered = Buffer.allocUnsafe(head + 1 + payload.length)
  if (previous !== null) covered.set(previous, 0)
  covered[head] = kind
  covered.set(payload, head + 1)
  return hash('sha256', covered, 'buffer')
}

/** The hashes of records that follow one another. */
export function chainHashes(previous: Uint8Array | null, kind: number, payloads: readonly Uint8Array[]): Buffer[] {
  let before = previous
  return payloads.map((payload) => {
    const next = recordHash(before, kind, payload)
    before = next
    return next
  })
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
export const hexOrNull = (bytes: Uint8Array | null): string | null => (bytes === null ? null : hex(bytes))

export const sameBytes = (left: Uint8Array | null, right: Uint8Array | null): boolean =>
  left === null || right === null ? left === right : Buffer.compare(left, right) === 0
