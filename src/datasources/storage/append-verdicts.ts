import { type AppError } from '../../errors.ts'
import { type Nanos } from '../../time.ts'
import { keyConflict } from '../idempotency.ts'
import { chainHashes, DATA, hex } from './record-chain.ts'
import { type AppendOutcome, type AppendRequest } from './storage.ts'

/** Where a stream ends. */
export interface Head {
  readonly length: bigint
  readonly hash: Uint8Array | null
  readonly lastAt: Nanos
}

/** What an idempotency key was used for. */
export interface StoredKey {
  readonly requestHash: string
  readonly firstOffset: bigint
  readonly count: number
  readonly headHash: Uint8Array
}

/** What becomes of a group of requests, and what has to be stored for it. */
export interface Judged {
  readonly verdicts: readonly (AppendOutcome | AppError)[]
  readonly payloads: readonly Uint8Array[]
  readonly hashes: readonly Buffer[]
  readonly keys: readonly { readonly request: AppendRequest; readonly stored: StoredKey }[]
  readonly conflicted: boolean
}

export const keyText = ({ actorId, key }: { actorId: string; key: string }): string => JSON.stringify([actorId, key])

const repeatOf = (stored: StoredKey, requestHash: string): AppendOutcome | AppError => {
  if (stored.requestHash !== requestHash) return keyConflict()
  const { firstOffset, count, headHash } = stored
  return { outcome: 'APPENDED', firstOffset, lastOffset: firstOffset + BigInt(count) - 1n, headHash: hex(headHash), repeated: true }
}

/** Judges a group in order, as if each had come alone. */
export function judge(requests: readonly AppendRequest[], head: Head, known: ReadonlyMap<string, StoredKey>): Judged {
  const keysNow = new Map(known)
  const verdicts: (AppendOutcome | AppError)[] = []
  const payloads: Uint8Array[] = []
  const hashes: Buffer[] = []
  const keys: { request: AppendRequest; stored: StoredKey }[] = []
  let conflicted = false
  for (const request of requests) {
    const length = head.length + BigInt(payloads.length)
    const { expectedOffset, idempotency } = request
    const stored = idempotency === null ? undefined : keysNow.get(keyText(idempotency))
    if (stored !== undefined && idempotency !== null) verdicts.push(repeatOf(stored, idempotency.requestHash))
    else if (expectedOffset !== null && expectedOffset !== length) {
      conflicted = true
      verdicts.push({ outcome: 'OFFSET_CONFLICT', expected: expectedOffset, actual: length })
    } else {
      const chained = chainHashes(hashes.at(-1) ?? head.hash, DATA, request.payloads)
      for (const payload of request.payloads) payloads.push(payload)
      for (const link of chained) hashes.push(link)
      const headHash = hashes.at(-1) ?? Buffer.alloc(0)
      const count = request.payloads.length
      verdicts.push({
        outcome: 'APPENDED',
        firstOffset: length,
        lastOffset: length + BigInt(count) - 1n,
        headHash: hex(headHash),
        repeated: false,
      })
      if (idempotency !== null) {
        const mine: StoredKey = { requestHash: idempotency.requestHash, firstOffset: length, count, headHash }
        keysNow.set(keyText(idempotency), mine)
        keys.push({ request, stored: mine })
      }
    }
  }
  return { verdicts, payloads, hashes, keys, conflicted }
}
