import { type Nanos } from '../../time.ts'
import { type ListOrder } from '../sql-keyset.ts'
import { hexOrNull } from './record-chain.ts'
import { type Pin, pinReasons } from './storage.ts'

export interface PinRow {
  length: bigint
  head_hash: Uint8Array | null
  pinned_at_ns: Nanos
  reason: string
  pinned_by: string
}

export const pinColumns = 'length, head_hash, pinned_at_ns, reason, pinned_by'

export const pinOf = (row: PinRow): Pin => ({
  length: row.length,
  headHash: hexOrNull(row.head_hash),
  pinnedAt: row.pinned_at_ns,
  reason: pinReasons.find((known) => known === row.reason) ?? 'MANUAL',
  pinnedBy: row.pinned_by,
})

/** Shortest first. */
export const pinOrder: ListOrder = {
  name: 'length',
  keys: [
    { expression: 'length', kind: 'integer' },
    { expression: 'pinned_at_ns', kind: 'integer' },
  ],
  descending: false,
}
