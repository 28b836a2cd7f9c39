import { pause } from '../../pause.ts'

/** Wakes whoever follows a stream; a wake-up may come for nothing. */
export interface RecordWatch {
  announce(streamKey: bigint): void
  /** Resolves when the stream was announced, or after `longestMs`, or when the signal aborts. */
  wait(streamKey: bigint, options: { readonly longestMs: number; readonly signal: AbortSignal }): Promise<void>
}

/** Told by this process's own commits at once; what other processes commit is found by asking again after `longestMs`. */
export function createRecordWatch(): RecordWatch {
  const waiting = new Map<bigint, AbortController>()
  return {
    announce(streamKey) {
      waiting.get(streamKey)?.abort()
      waiting.delete(streamKey)
    },
    wait(streamKey, { longestMs, signal }) {
      const woken = waiting.get(streamKey) ?? new AbortController()
      waiting.set(streamKey, woken)
      return pause(longestMs, woken.signal, signal)
    },
  }
}
