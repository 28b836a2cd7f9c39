import { LRUCache } from 'lru-cache'
import { AppError } from '../../errors.ts'
import { sameEpoch } from './craton-epoch.ts'

/** A read of a stream as the server is asked for it. */
export interface StreamRead {
  readonly from: bigint
  readonly maxBytes: bigint
}

interface Suspect extends StreamRead {
  /** The life of the server in which an answer was lost; null once it is known how that life went on. */
  readonly lostIn: string | null
  /** The life whose end was counted last: several answers may be lost in it. */
  readonly diedIn: string | null
  readonly deaths: number
}

/** Streams that may have ended the server: those that were being read when it died. */
export interface DeadlyStreams {
  /**
   * @param life the present life of the server
   * @throws AppError SOURCE_UNAVAILABLE, not retryable, for a stream that was being read at two deaths
   */
  check(streamId: bigint, life: string): void
  /** The connection broke, or the answer was late: whether the server died is seen by its next life. */
  noteLost(streamId: bigint, life: string, read: StreamRead): void
  /** The server lives after this read. */
  noteRead(streamId: bigint, read: StreamRead): void
  /** Its files were found sound. */
  clear(streamId: bigint): void
}

const MOST_STREAMS = 100_000
/** One may be a restart like any other, with this stream as one of many that were read just then (contract: craton 6.7). */
const MOST_DEATHS = 2

const most = (left: bigint, right: bigint): bigint => (left > right ? left : right)

/** Reading a stream whose chain is broken kills a stock server, which forgets its names and lengths then (contract: craton 13). */
export function createDeadlyStreams(): DeadlyStreams {
  const suspects = new LRUCache<bigint, Suspect>({ max: MOST_STREAMS })
  return {
    check(streamId, life) {
      const suspect = suspects.get(streamId)
      if (suspect === undefined) return
      const { lostIn, diedIn } = suspect
      const died = lostIn !== null && lostIn !== diedIn && !sameEpoch(lostIn, life)
      const deaths = suspect.deaths + (died ? 1 : 0)
      suspects.set(streamId, { ...suspect, lostIn: null, diedIn: died ? lostIn : diedIn, deaths })
      if (deaths < MOST_DEATHS) return
      throw new AppError(
        'SOURCE_UNAVAILABLE',
        'The storage server died twice while this stream was read. It is not read again: check the files of the stream.',
        { source: 'craton', retryable: false },
      )
    },
    noteLost(streamId, life, { from, maxBytes }) {
      const before = suspects.get(streamId)
      suspects.set(streamId, {
        lostIn: before?.lostIn ?? life,
        diedIn: before?.diedIn ?? null,
        deaths: before?.deaths ?? 0,
        from: most(from, before?.from ?? 0n),
        maxBytes: most(maxBytes, before?.maxBytes ?? 0n),
      })
    },
    noteRead(streamId, { from, maxBytes }) {
      const suspect = suspects.peek(streamId)
      // The server follows the chain as far as it reads: a shorter way proves nothing.
      if (suspect !== undefined && from >= suspect.from && maxBytes >= suspect.maxBytes) suspects.delete(streamId)
    },
    clear: (streamId) => void suspects.delete(streamId),
  }
}
