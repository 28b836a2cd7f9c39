import { isOutage } from '../../errors.ts'
import { type GraphTraversal, TraversalUnable } from './traversal.ts'

export interface TraversalChoice extends GraphTraversal {
  /** Adapters in the order in which they are asked. */
  readonly adapters: readonly GraphTraversal[]
}

const mayBeAsked = (error: unknown): boolean => error instanceof TraversalUnable || isOutage(error)

/**
 * Asks the first adapter, and the next one where that cannot answer; the last is SQL, which always can as long as anything can.
 * @param onFallback told which adapter did not answer, and why
 */
export function chooseTraversal(
  adapters: readonly GraphTraversal[],
  onFallback: (name: string, error: unknown) => void = () => undefined,
): TraversalChoice {
  async function firstOf<T>(ask: (adapter: GraphTraversal) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (const [index, adapter] of adapters.entries()) {
      try {
        return await ask(adapter)
      } catch (error) {
        if (index === adapters.length - 1 || signal?.aborted === true || !mayBeAsked(error)) throw error
        onFallback(adapter.name, error)
      }
    }
    throw new Error('there is no adapter for traversal')
  }
  return {
    name: 'sql',
    adapters,
    walk: (scope, place, walk) => firstOf((adapter) => adapter.walk(scope, place, walk), scope.signal),
    path: (scope, place, walk) => firstOf((adapter) => adapter.path(scope, place, walk), scope.signal),
    digest: (scope, place) => firstOf((adapter) => adapter.digest(scope, place), scope.signal),
  }
}
