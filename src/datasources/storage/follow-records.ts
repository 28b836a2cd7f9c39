import { isOutage } from '../../errors.ts'
import { pause } from '../../pause.ts'
import { type FollowStep, type StoredRecord, type StreamExtent } from './storage.ts'

export interface FollowParts {
  readonly from: bigint
  readonly epoch: string | null
  readonly signal: AbortSignal
  readonly sameEpoch: (left: string | null, right: string | null) => boolean
  /** The stream as it is now; null when it has gone. */
  look(): Promise<{ readonly epoch: string | null; readonly extent: StreamExtent } | null>
  read(from: bigint, to: bigint): Promise<StoredRecord[]>
  /** Until something may have come; `quiet` is how many looks in a row found nothing. */
  wait(quiet: number): Promise<void>
}

const PAGE = 200n
const RETRY_MS = { first: 200, last: 5_000 }

/**
 * History, then live, from the owner of the records itself: every step begins where the last one ended, so nothing is lost or repeated whatever
 * wakes us, and while the store is down the stream waits.
 */
export async function* followRecords(parts: FollowParts): AsyncGenerator<FollowStep, void> {
  const { signal, epoch } = parts
  let next = parts.from
  let told: bigint | null = null
  let quiet = 0
  let retryMs = RETRY_MS.first
  while (!signal.aborted) {
    try {
      const seen = await parts.look()
      if (signal.aborted) return
      if (seen === null || (epoch !== null && !parts.sameEpoch(epoch, seen.epoch)) || seen.extent.length < next) {
        const end = seen === null ? next : seen.extent.length
        yield { kind: 'GAP', from: end < next ? end : next, to: next > 0n ? next - 1n : 0n, reason: 'SOURCE_RESET' }
        return
      }
      const { firstOffset, length } = seen.extent
      if (firstOffset > next) {
        yield { kind: 'GAP', from: next, to: firstOffset - 1n, reason: 'EXPIRED' }
        next = firstOffset
      }
      quiet = next < length ? 0 : quiet + 1
      while (next < length && !signal.aborted) {
        const records = await parts.read(next, next + PAGE < length ? next + PAGE : length)
        const [first] = records
        const last = records.at(-1)
        // cut by retention meanwhile: the next look says so
        if (first === undefined || last === undefined || first.offset !== next) break
        next = last.offset + 1n
        yield { kind: 'RECORDS', records }
      }
      retryMs = RETRY_MS.first
      if (next < length) continue
      if (told === null) yield { kind: 'LIVE', length: next }
      told = next
      await parts.wait(quiet)
    } catch (error) {
      if (signal.aborted) return
      if (!isOutage(error)) throw error
      await pause(retryMs, signal)
      retryMs = Math.min(retryMs * 2, RETRY_MS.last)
    }
  }
}
