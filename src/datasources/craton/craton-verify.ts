import { AppError } from '../../errors.ts'
import { type PinnedHead } from '../storage/chain-check.ts'
import { hex, hexOrNull, recordHash, sameBytes } from '../storage/record-chain.ts'
import { checkVerified } from '../storage/record-rules.ts'
import { type ChainVerification } from '../storage/storage.ts'
import { checkStreamFiles } from './craton-files.ts'

const PAGE = 1_000

type Found = Omit<ChainVerification, 'durationMs'>

export interface CheckOptions {
  readonly pins: readonly PinnedHead[]
  /** Refuse to go over more records than this. */
  readonly most: bigint | undefined
  readonly onProgress: (checked: bigint) => void
}

const mismatch = ({ length }: PinnedHead, mode: string, checked: bigint, headHash: string | null): Found => ({
  ok: false,
  checked,
  headHash,
  firstBrokenOffset: length > 0n ? length - 1n : 0n,
  reason: `The pin of length ${length} names another head hash: the chain was rewritten at or before offset ${length > 0n ? length - 1n : 0n}.`,
  mode,
})

const cut = ({ length }: PinnedHead, mode: string, checked: bigint, headHash: string | null): Found => ({
  ok: false,
  checked,
  headHash,
  firstBrokenOffset: checked,
  reason: `A pin names length ${length}, but the stream ends at ${checked}: its tail was cut.`,
  mode,
})

/** From the server's own files: marks, checksums, dense offsets, links, pins. @returns null when they are not here */
export async function verifyFiles(dataDir: string, streamId: bigint, { pins, most, onProgress }: CheckOptions): Promise<Found | null> {
  let head: Buffer | null = null
  let checked = 0n
  let pinned = 0
  let wrong: PinnedHead | null = null
  const finding = await checkStreamFiles(dataDir, streamId, ({ kind, payload }) => {
    head = recordHash(head, kind, payload)
    checked += 1n
    checkVerified(checked, most)
    if (checked % 1_000n === 0n) onProgress(checked)
    for (let pin = pins[pinned]; pin !== undefined && pin.length <= checked; pin = pins[++pinned])
      if (pin.length === checked && !sameBytes(pin.hash, head)) wrong ??= pin
  })
  if (finding === null) return null
  if (!finding.ok) return { ...finding, mode: 'files' }
  if (wrong !== null) return mismatch(wrong, 'files', finding.checked, finding.headHash)
  const beyond = pins.find(({ length }) => length > finding.checked)
  return beyond === undefined ? { ...finding, mode: 'files' } : cut(beyond, 'files', finding.checked, finding.headHash)
}

export interface WireSource {
  readonly length: bigint
  read(from: bigint, count: number): Promise<Uint8Array[]>
}

/**
 * Over the wire: recomputed from genesis and held against pins, since the server tells no hashes. Damage that the server finds while it reads is
 * an error of its own; a true break ends a stock server, so this is only ever done when somebody asks.
 */
export async function verifyWire({ length, read }: WireSource, to: bigint, { pins, most, onProgress }: CheckOptions): Promise<Found> {
  let head: Buffer | null = null
  let offset = 0n
  let pinned = 0
  const end = to < length ? to : length
  checkVerified(end, most)
  while (offset < end) {
    let events: Uint8Array[]
    try {
      events = await read(offset, Number(end - offset < BigInt(PAGE) ? end - offset : BigInt(PAGE)))
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'INTERNAL_SERVER_ERROR') throw error
      const reason = `The server cannot read from offset ${offset} on: its file is damaged.`
      return { ok: false, checked: offset, headHash: hexOrNull(head), firstBrokenOffset: offset, reason, mode: 'wire' }
    }
    if (events.length === 0) {
      const reason = `The server says that the stream has ${length} records, but gives none from offset ${offset} on.`
      return { ok: false, checked: offset, headHash: hexOrNull(head), firstBrokenOffset: offset, reason, mode: 'wire' }
    }
    for (const event of events) {
      head = recordHash(head, 0, event)
      offset += 1n
      for (let pin = pins[pinned]; pin !== undefined && pin.length <= offset; pin = pins[++pinned])
        if (pin.length === offset && !sameBytes(pin.hash, head)) return mismatch(pin, 'wire', offset, hex(head))
    }
    onProgress(offset)
  }
  const beyond = pins.find((pin) => pin.length > length)
  if (beyond !== undefined && end === length) return cut(beyond, 'wire', offset, hexOrNull(head))
  return { ok: true, checked: offset, headHash: hexOrNull(head), firstBrokenOffset: null, reason: null, mode: 'wire' }
}
