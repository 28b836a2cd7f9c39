import { isOutage } from '../../errors.ts'
import { type Scope } from '../scope.ts'
import { type GraphTraversal, TraversalUnable } from './traversal.ts'

export interface TraversalChoice extends GraphTraversal {
  /** Adapters in the order in which they are asked. */
  readonly adapters: readonly GraphTraversal[]
}

/** A store that was away is left alone this long, so that not every read waits for its deadline; then one read tries it. */
const REST_MS = 5_000

/** Remembers which adapters were away just now. */
function createRests(restMs: number, now: () => number) {
  const until = new Map<GraphTraversal, number>()
  return {
    isResting(adapter: GraphTraversal): boolean {
      const end = until.get(adapter)
      if (end === undefined) return false
      if (now() < end) return true
      // Whoever comes first after the rest tries; the others rest on until it has succeeded.
      until.set(adapter, now() + restMs)
      return false
    },
    begin: (adapter: GraphTraversal): unknown => until.set(adapter, now() + restMs),
    end: (adapter: GraphTraversal): unknown => until.delete(adapter),
  }
}

/**
 * Asks the first adapter, and the next one where that cannot answer; the last is SQL, which always can as long as anything can. What is passed over
 * because its store is away is told to the scope.
 */
export function chooseTraversal(
  adapters: readonly GraphTraversal[],
  { restMs = REST_MS, now = () => performance.now() }: { readonly restMs?: number; readonly now?: () => number } = {},
): TraversalChoice {
  const rests = createRests(restMs, now)

  async function firstOf<T>(scope: Scope, ask: (adapter: GraphTraversal) => Promise<T>): Promise<T> {
    for (const [index, adapter] of adapters.entries()) {
      const isLast = index === adapters.length - 1
      const { store } = adapter
      if (!isLast && store !== null && rests.isResting(adapter)) {
        scope.passedOver?.(store)
        continue
      }
      try {
        const answer = await ask(adapter)
        rests.end(adapter)
        return answer
      } catch (error) {
        const away = isOutage(error)
        if (isLast || scope.signal?.aborted === true || !(away || error instanceof TraversalUnable)) throw error
        if (!away) rests.end(adapter)
        else if (store !== null) {
          rests.begin(adapter)
          scope.passedOver?.(store)
        }
      }
    }
    throw new Error('there is no adapter for traversal')
  }

  return {
    name: 'sql',
    store: null,
    adapters,
    walk: (scope, place, walk) => firstOf(scope, (adapter) => adapter.walk(scope, place, walk)),
    path: (scope, place, walk) => firstOf(scope, (adapter) => adapter.path(scope, place, walk)),
    digest: (scope, place) => firstOf(scope, (adapter) => adapter.digest(scope, place)),
  }
}
