/**
 * Makes an async generator end promptly. A bare one does not hear `return()` while it waits (platform D14): here `return()` aborts the
 * signal that the generator's waits listen to, so that it reaches its `finally` at once.
 * @param start the generator; it must give up every wait when its signal aborts
 */
export function promptIterator<T>(start: (signal: AbortSignal) => AsyncGenerator<T, void>, outer?: AbortSignal): AsyncIterableIterator<T> {
  const stop = new AbortController()
  const onOuter = () => stop.abort(outer?.reason)
  if (outer?.aborted === true) onOuter()
  else outer?.addEventListener('abort', onOuter)
  const inner = start(stop.signal)
  const release = () => outer?.removeEventListener('abort', onOuter)
  const iterator: AsyncIterableIterator<T> = {
    [Symbol.asyncIterator]: () => iterator,
    async next() {
      try {
        const step = await inner.next()
        if (step.done === true) release()
        return step
      } catch (error) {
        release()
        throw error
      }
    },
    async return() {
      stop.abort()
      release()
      return inner.return()
    },
  }
  return iterator
}
