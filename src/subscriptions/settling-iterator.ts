const finished: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })

/** An async iterator that may also be asked for what it has already, so that a burst does not cost promises for each item. */
export interface ReadyIterator<T> extends AsyncIterableIterator<T> {
  /** The next item if it is there already; nothing says that there will be more, or none. Not while a `next()` is waited for. */
  ready?(): T | undefined
}

/**
 * An async iterator whose `return()` settles at once, also while a `next()` waits for something that may never come: an idle stream must be
 * released the moment its reader leaves (platform D15). The waiting `next()` then ends too.
 * @param pull the next item; its late outcome after `return()` is dropped. Called again only after it settled
 * @param close called exactly once, when the stream ends for whatever reason
 * @param take gives what `pull` would give without waiting; never throws
 */
export function settlingIterator<T>(
  pull: () => Promise<IteratorResult<T, undefined>>,
  close: () => void,
  take: () => T | undefined = () => undefined,
): ReadyIterator<T> {
  let open = true
  let waiting: ((result: IteratorResult<T, undefined>) => void) | null = null

  const end = (): void => {
    if (!open) return
    open = false
    close()
    waiting?.(finished)
    waiting = null
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next() {
      if (!open) return Promise.resolve(finished)
      if (waiting !== null) return Promise.reject(new Error('this iterator is read by one reader, one item at a time'))
      return new Promise((resolve, reject) => {
        waiting = resolve
        pull().then(
          (result) => {
            if (!open) return
            waiting = null
            if (result.done === true) end()
            resolve(result)
          },
          (error: unknown) => {
            if (!open) return
            waiting = null
            end()
            reject(error)
          },
        )
      })
    },
    ready: () => (open && waiting === null ? take() : undefined),
    return() {
      end()
      return Promise.resolve(finished)
    },
  }
}
