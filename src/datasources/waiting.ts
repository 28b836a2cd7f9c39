import { sourceUnavailable } from '../errors.ts'

export interface Limits {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Aborted when the connection breaks. */
  readonly broken?: AbortSignal | undefined
}

/**
 * Waits for `work`, but not beyond its limits. The work itself cannot be called back: its late outcome is ignored.
 * @throws AppError SOURCE_UNAVAILABLE with source "log" at the deadline or when the connection breaks; the signal's reason when it aborts
 */
export function raceLimits<T>(work: Promise<T>, { timeoutMs, signal, broken }: Limits): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = (finish: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      broken?.removeEventListener('abort', onBroken)
      finish()
    }
    const onAbort = () => settle(() => reject(signal?.reason))
    const onBroken = () => settle(() => reject(sourceUnavailable('log', new Error('the connection broke'))))
    const onDeadline = () => settle(() => reject(sourceUnavailable('log', new Error(`no answer within ${timeoutMs} ms`))))
    const timer = timeoutMs === undefined ? undefined : setTimeout(onDeadline, timeoutMs)
    signal?.addEventListener('abort', onAbort)
    broken?.addEventListener('abort', onBroken)
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    )
    if (signal?.aborted === true) onAbort()
    else if (broken?.aborted === true) onBroken()
  })
}
