import { hash } from 'node:crypto'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type ChainCheck } from './chain-check.ts'
import { HASH_BYTES } from './record-chain.ts'

/** A page holds no more than this, unless one record does. */
const MOST_BYTES = 4 * 1024 * 1024

/** Where a page is read from. */
export interface StreamReader {
  readonly sql: Sql
  readonly scope: Scope
  readonly key: bigint
}

/**
 * A page as one row, which costs both ends a fraction of what rows cost. `chain` is kind, payload and hash of one record after the other: what a hash
 * covers - the hash before, the kind, the payload (contract: craton 3.1) - stands in one piece there, and nothing need be copied to check it.
 */
export interface PackedPage {
  readonly n: bigint
  readonly low: bigint | null
  readonly high: bigint | null
  /** Null where the records are not as we write them, or too large to be packed together. */
  readonly chain: Uint8Array | null
  /** The sizes of the payloads, four bytes each. */
  readonly lengths: Uint8Array | null
  readonly bytes: bigint
}

const pageText = `with page as materialized (
    select r.record_offset, r.kind, r.payload, r.hash from record_streams s join records r on r.stream_key = s.stream_key
     where s.stream_key = $1 and s.tenant_id = $2 and r.record_offset >= $3 and r.record_offset < $4 order by r.record_offset
  ), size as (
    select count(*) as n, min(record_offset) as low, max(record_offset) as high, coalesce(sum(octet_length(payload)), 0)::bigint as bytes,
           bool_and(kind = 0 and octet_length(hash) = ${HASH_BYTES}) as plain
      from page
  )
  select n, low, high, bytes, packed.chain, packed.lengths
    from size cross join lateral (
         select string_agg('\\x00'::bytea || payload || hash, ''::bytea) as chain, string_agg(int4send(octet_length(payload)), ''::bytea) as lengths
           from page where size.plain and (size.bytes <= ${MOST_BYTES} or size.n = 1)) packed`

export const readPackedPage = ({ sql, scope, key }: StreamReader, from: bigint, to: bigint): Promise<PackedPage> =>
  sql.one<PackedPage>(pageText, [key, scope.tenantId, from, to], { signal: scope.signal })

/** Whether the page holds every record from `from` on up to `to`, as we write them. */
export const isWhole = (page: PackedPage, from: bigint, to: bigint): boolean =>
  page.chain !== null && page.low === from && page.high === to - 1n && page.n === to - from

/** Whether fewer records would have been packed. */
export const isTooLarge = ({ chain, n, bytes }: PackedPage): boolean => chain === null && n > 1n && bytes > MOST_BYTES

/** How many records the next page should have, going by the bytes of this one. */
export function nextPageSize({ n, bytes }: PackedPage, most: bigint): bigint {
  if (n === 0n || bytes === 0n) return most
  const fitting = (BigInt(MOST_BYTES) * n) / bytes / 2n
  return fitting < 1n ? 1n : fitting < most ? fitting : most
}

const NOTHING = new Uint8Array(0)

/** The records of a page, checked one after the other. */
export interface PackedCheck {
  /**
   * Checks the next `count` records and moves the check on behind them.
   * @returns false when one of them does not follow; the check stands where it stood, and going by rows tells which
   */
  step(count: number): boolean
}

export function startPackedCheck(page: PackedPage, check: ChainCheck): PackedCheck {
  const { chain, lengths } = page
  if (chain === null || lengths === null) throw new Error('a page that is not packed')
  const head = check.head() ?? NOTHING
  const bytes = Buffer.concat([head, chain])
  const sizes = Buffer.from(lengths.buffer, lengths.byteOffset, lengths.byteLength)
  let at = 0
  let linkBytes = head.length
  let index = 0
  return {
    step(count) {
      for (const last = index + count; index < last; index += 1) {
        const end = at + linkBytes + 1 + sizes.readInt32BE(index * 4)
        // as text: a buffer for each of them would cost more than the hash itself
        if (hash('sha256', bytes.subarray(at, end), 'binary') !== bytes.toString('latin1', end, end + HASH_BYTES)) return false
        at = end
        linkBytes = HASH_BYTES
      }
      if (count > 0) check.advance(BigInt(count), Uint8Array.prototype.slice.call(bytes, at, at + HASH_BYTES))
      return true
    },
  }
}
