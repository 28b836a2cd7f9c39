import { isOutage } from '../errors.ts'
import { pause } from '../pause.ts'

export interface PullLoop<T> {
  /** Ends the stream. */
  readonly stop: AbortSignal
  /** The next item that is there already. */
  readonly take: () => T | undefined
  /** Makes items, or waits until there may be some. */
  readonly advance: () => Promise<void>
  /** The log is away; what was being read of it is given up, and begun again after a while. */
  readonly onOutage: (error: unknown) => void
}

/** How a reader of the log is pulled: while the log is away its stream stalls and then goes on; it does not end. */
export const pullLoop =
  <T>({ stop, take, advance, onOutage }: PullLoop<T>) =>
  async (): Promise<IteratorResult<T, undefined>> => {
    let retryMs = 50
    for (;;) {
      if (stop.aborted) return { done: true, value: undefined }
      const item = take()
      if (item !== undefined) return { done: false, value: item }
      try {
        await advance()
        retryMs = 50
      } catch (error) {
        if (stop.aborted || !isOutage(error)) throw error
        onOutage(error)
        await pause(retryMs, stop)
        retryMs = Math.min(retryMs * 2, 2000)
      }
    }
  }
