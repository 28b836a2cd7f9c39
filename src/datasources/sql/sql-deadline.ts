import { setMaxListeners } from 'node:events'
import { deadlineExceeded } from '../../errors.ts'
import { type QueryOptions } from './sql.ts'

/** A wait that ends with its deadline or when the caller has gone. */
export interface Deadline {
  /** Why the wait ended early, or null while it has not. */
  readonly ended: Error | null
  /** Aborted when the wait ends early. */
  readonly signal: AbortSignal
  /** Calls back once when it ends early, at once if it has; never after `clear()`. */
  onEnd(listener: (reason: Error) => void): void
  remainingMs(): number
  /** To be called when the wait is over, so that nothing stays behind. */
  clear(): void
}

/** @param what for the message, such as `A statement` */
export function startDeadline(what: string, options: QueryOptions | undefined, defaultTimeoutMs: number): Deadline {
  const timeoutMs = options?.timeoutMs ?? defaultTimeoutMs
  const caller = options?.signal
  const endsAt = performance.now() + timeoutMs
  const controller = new AbortController()
  const listeners: ((reason: Error) => void)[] = []
  let ended: Error | null = null
  const clear = (): void => {
    clearTimeout(timer)
    caller?.removeEventListener('abort', onAbort)
    listeners.length = 0
  }
  const end = (reason: Error): void => {
    if (ended !== null) return
    ended = reason
    const told = [...listeners]
    clear()
    controller.abort(reason)
    for (const listener of told) listener(reason)
  }
  const onAbort = (): void => end(deadlineExceeded(what, caller?.reason))
  const timer = setTimeout(() => end(deadlineExceeded(what)), Math.max(0, timeoutMs))
  if (caller?.aborted === true) onAbort()
  else if (caller !== undefined) {
    // One request may wait for many statements at once; that is no leak, since each removes its listener.
    setMaxListeners(0, caller)
    caller.addEventListener('abort', onAbort, { once: true })
  }
  return {
    get ended() {
      return ended
    },
    signal: controller.signal,
    onEnd(listener) {
      if (ended === null) listeners.push(listener)
      else listener(ended)
    },
    remainingMs: () => Math.max(0, endsAt - performance.now()),
    clear,
  }
}

/** `work`, or the deadline's error if that comes first. What `work` does after that is ignored, also its failure. */
export function beforeDeadline<T>(deadline: Deadline, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    work.then(resolve, reject)
    deadline.onEnd(reject)
  })
}
