import { asError } from '../errors.ts'
import { type ReadyIterator, settlingIterator } from './settling-iterator.ts'

/**
 * Turns each item into another, in order; null leaves it out. What can be turned without waiting is `ready` when its item is. `return()` settles at once
 * and returns the source, also while an item is being turned; its late outcome is dropped.
 */
export function mapStream<From, To>(source: ReadyIterator<From>, turn: (item: From) => Promise<To | null> | To | null): ReadyIterator<To> {
  let over = false
  /** Taken while nobody waited, and still being turned. */
  let begun: Promise<To | null> | null = null

  const pull = async (): Promise<IteratorResult<To, undefined>> => {
    for (;;) {
      let turned: To | null
      if (begun === null) {
        const step = await source.next()
        if (step.done === true || over) return { done: true, value: undefined }
        turned = await turn(step.value)
      } else {
        const waited = begun
        begun = null
        turned = await waited
      }
      if (turned !== null) return { done: false, value: turned }
    }
  }

  const take = (): To | undefined => {
    while (begun === null) {
      const item = source.ready?.()
      if (item === undefined) return undefined
      const turned = attempt(turn, item)
      if (turned instanceof Promise) begun = heldBack(turned)
      else if (turned !== null) return turned
    }
    return undefined
  }

  return settlingIterator(
    pull,
    () => {
      over = true
      void source.return?.()
    },
    take,
  )
}

function attempt<From, To>(turn: (item: From) => Promise<To> | To, item: From): Promise<To> | To {
  try {
    return turn(item)
  } catch (error) {
    return Promise.reject(asError(error))
  }
}

/** A promise that may fail before anybody asks for it. */
function heldBack<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
