import { crc32 } from 'node:zlib'
import { HASH_BYTES, recordKinds } from './record-chain.ts'
import { type LinkedRecord, startChainCheck } from './chain-check.ts'
import { decompress } from './segment-compression.ts'

// contract: craton 3.2; every integer little-endian
const START = 0xbadc0ffe
const END = 0xc0ffee42
const HEAD_BYTES = 50
const TAIL_BYTES = 8
/** No record of a real server is larger: its frames end at 16 MiB. */
const MOST_PAYLOAD_BYTES = 32 * 1024 * 1024
const NO_HASH = Buffer.alloc(HASH_BYTES)

/** A record as it stands in a segment. */
export interface SegmentRecord {
  /** Where it begins in the segment. */
  readonly at: number
  readonly offset: bigint
  /** All zeros at genesis. */
  readonly previousHash: Uint8Array
  readonly kind: number
  readonly compression: number
  /** Uncompressed. */
  readonly payload: Uint8Array
  /** Where the next one begins. */
  readonly end: number
}

export type SegmentStep =
  | { readonly kind: 'RECORD'; readonly record: SegmentRecord }
  /** The bytes at `at` are no whole, sound record; nothing behind them can be trusted. */
  | { readonly kind: 'BROKEN'; readonly at: number; readonly reason: string }

/** One record in Craton's own format, as its segments hold it. @param previousHash null at genesis */
export function encodeSegmentRecord(record: Pick<LinkedRecord, 'offset' | 'kind' | 'payload'>, previousHash: Uint8Array | null): Buffer {
  const { payload } = record
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length + TAIL_BYTES)
  bytes.writeUInt32LE(START, 0)
  bytes.writeBigUInt64LE(record.offset, 4)
  bytes.set(previousHash ?? NO_HASH, 12)
  bytes[44] = record.kind
  bytes[45] = 0
  bytes.writeUInt32LE(payload.length, 46)
  bytes.set(payload, HEAD_BYTES)
  const end = HEAD_BYTES + payload.length
  bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end)
  bytes.writeUInt32LE(END, end + 4)
  return bytes
}

/** The record that begins at `at`. Never reads or allocates beyond the segment, whatever its lengths say. */
export function readSegmentRecord(segment: Buffer, at: number): SegmentStep {
  const broken = (reason: string): SegmentStep => ({ kind: 'BROKEN', at, reason })
  const left = segment.length - at
  if (left < HEAD_BYTES) return broken(`The segment ends within the record at byte ${at}: its tail is torn.`)
  if (segment.readUInt32LE(at) !== START) return broken(`There is no record at byte ${at}: the start mark is missing.`)
  const length = segment.readUInt32LE(at + 46)
  if (length > MOST_PAYLOAD_BYTES) return broken(`The record at byte ${at} claims ${length} bytes, which no record has.`)
  const end = at + HEAD_BYTES + length
  if (left < HEAD_BYTES + length + TAIL_BYTES) return broken(`The segment ends within the record at byte ${at}: its tail is torn.`)
  if (segment.readUInt32LE(end) !== crc32(segment.subarray(at, end)))
    return broken(`The checksum of the record at byte ${at} is wrong: its bytes were changed.`)
  if (segment.readUInt32LE(end + 4) !== END) return broken(`The end mark of the record at byte ${at} is missing.`)
  const compression = segment[at + 45] ?? 0
  const payload = decompress(compression, segment.subarray(at + HEAD_BYTES, end))
  if (payload === null)
    return broken(`The payload of the record at byte ${at} is compressed in a way that cannot be read here (${compression}).`)
  return {
    kind: 'RECORD',
    record: {
      at,
      offset: segment.readBigUInt64LE(at + 4),
      previousHash: segment.subarray(at + 12, at + 12 + HASH_BYTES),
      kind: segment[at + 44] ?? 0,
      compression,
      payload,
      end: end + TAIL_BYTES,
    },
  }
}

export interface SegmentFinding {
  readonly ok: boolean
  readonly checked: bigint
  /** Hash of the last good record, in hex. */
  readonly headHash: string | null
  readonly firstBrokenOffset: bigint | null
  readonly reason: string | null
}

export interface SegmentStart {
  /** The first offset expected (default 0). */
  readonly from?: bigint
  /** The hash before it; null = genesis. */
  readonly previous?: Uint8Array | null
}

/**
 * Checks segments that follow one another, in order: marks, checksums, dense offsets, links. A record's own hash is not stored; the link of the
 * record after it proves it, and the head hash that this gives is what a pin is compared with.
 * @param onRecord given each good record
 */
export function checkSegments(
  segments: Iterable<Buffer>,
  { from = 0n, previous = null }: SegmentStart = {},
  onRecord: (record: SegmentRecord) => void = () => undefined,
): SegmentFinding {
  const check = startSegmentCheck({ from, previous }, onRecord)
  for (const segment of segments) if (!check.segment(segment)) break
  return check.finding()
}

/** The same, a segment at a time. */
export function startSegmentCheck({ from = 0n, previous = null }: SegmentStart, onRecord: (record: SegmentRecord) => void) {
  const chain = startChainCheck(from, previous)
  return {
    segment(segment: Buffer): boolean {
      for (let at = 0; at < segment.length;) {
        const step = readSegmentRecord(segment, at)
        if (step.kind === 'BROKEN') return chain.fail(chain.position(), step.reason)
        const { record } = step
        if (!chain.link(record)) return false
        onRecord(record)
        at = record.end
      }
      return true
    },
    finding: (): SegmentFinding => chain.finding(),
  }
}

export const kindName = (kind: number): string => recordKinds[kind] ?? `kind ${kind}`
