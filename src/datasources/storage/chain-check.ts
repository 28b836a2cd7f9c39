import { HASH_BYTES, hex, recordHash, sameBytes } from './record-chain.ts'
import { type ChainVerification } from './storage.ts'

const GENESIS = new Uint8Array(HASH_BYTES)

/** One record as it stands in a store. */
export interface LinkedRecord {
  readonly offset: bigint
  readonly kind: number
  readonly payload: Uint8Array
  readonly hash: Uint8Array
}

/** A pin as a check compares it; `hash` is that of the record before `length`, null for an empty stream. */
export interface PinnedHead {
  readonly length: bigint
  readonly hash: Uint8Array | null
}

export type Finding = Pick<ChainVerification, 'ok' | 'checked' | 'headHash' | 'firstBrokenOffset' | 'reason'>

/** Follows a chain record by record; pure, and of constant size. */
export interface ChainCheck {
  /** @returns false from the first broken record on */
  next(record: LinkedRecord): boolean
  /** The same for a record that carries the hash before it instead of its own. All zeros stand for genesis. */
  link(record: Omit<LinkedRecord, 'hash'> & { readonly previousHash: Uint8Array }): boolean
  /** Goes on behind records that were checked elsewhere. @param head the hash of the last of them */
  advance(count: bigint, head: Uint8Array): void
  /** Compares with a pin whose length has just been reached. */
  comparePin(pin: PinnedHead): boolean
  fail(offset: bigint, reason: string): false
  /** The offset expected next. */
  position(): bigint
  head(): Uint8Array | null
  broken(): boolean
  finding(): Finding
}

/** @param from the first offset, and `previous` the hash before it (null at genesis), taken as true */
export function startChainCheck(from: bigint, previous: Uint8Array | null): ChainCheck {
  let offset = from
  let head = previous
  /** Up to here a pin has confirmed the chain: what breaks against the next pin lies behind. */
  let confirmed = from
  let broken: { readonly offset: bigint; readonly reason: string } | null = null

  const fail = (at: bigint, reason: string): false => {
    broken ??= { offset: at, reason }
    return false
  }

  const isNext = (found: bigint): boolean => {
    if (found === offset) return true
    if (found > offset) return fail(offset, `The record at offset ${offset} is missing: the next one that is there has offset ${found}.`)
    return fail(offset, `Offset ${found} comes where offset ${offset} should be: a record was repeated or moved.`)
  }

  return {
    link({ offset: found, kind, payload, previousHash }) {
      if (broken !== null) return false
      if (!sameBytes(previousHash, head ?? GENESIS))
        return fail(offset, `The record at offset ${offset} does not follow from the one before it: its link names another hash.`)
      if (!isNext(found)) return false
      head = recordHash(head, kind, payload)
      offset += 1n
      return true
    },
    next(record) {
      if (broken !== null || !isNext(record.offset)) return false
      if (record.hash.length !== HASH_BYTES || !sameBytes(recordHash(head, record.kind, record.payload), record.hash))
        return fail(
          offset,
          `The hash at offset ${offset} does not follow from its payload and the hash before it: the record was changed, replaced or moved.`,
        )
      head = record.hash
      offset += 1n
      return true
    },
    advance(count, reached) {
      head = reached
      offset += count
    },
    comparePin({ length, hash }) {
      if (broken !== null) return false
      if (length !== offset || sameBytes(hash, head)) {
        if (length === offset) confirmed = offset
        return true
      }
      const at = length > confirmed ? length - 1n : length
      return fail(at, `The pin of length ${length} names another head hash: the chain was rewritten at or before offset ${at}.`)
    },
    fail,
    position: () => offset,
    head: () => head,
    broken: () => broken !== null,
    finding: () => ({
      ok: broken === null,
      checked: offset - from,
      headHash: head === null ? null : hex(head),
      firstBrokenOffset: broken?.offset ?? null,
      reason: broken?.reason ?? null,
    }),
  }
}
