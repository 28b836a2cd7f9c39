import { settlingIterator } from './settling-iterator.ts'

/**
 * Turns each item into another, in order; null leaves it out. `return()` settles at once and returns the source, also while an item is being
 * turned; its late outcome is dropped.
 */
export function mapStream<From, To>(
  source: AsyncIterableIterator<From>,
  turn: (item: From) => Promise<To | null> | To | null,
): AsyncIterableIterator<To> {
  let over = false
  const pull = async (): Promise<IteratorResult<To, undefined>> => {
    for (;;) {
      const step = await source.next()
      if (step.done === true || over) return { done: true, value: undefined }
      const turned = await turn(step.value)
      if (turned !== null) return { done: false, value: turned }
    }
  }
  return settlingIterator(pull, () => {
    over = true
    void source.return?.()
  })
}
