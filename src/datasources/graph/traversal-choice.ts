import { isOutage } from '../../errors.ts'
import { type Scope } from '../scope.ts'
import { type GraphTraversal, TraversalTooLong, TraversalUnable } from './traversal.ts'

export interface TraversalChoice extends GraphTraversal {
  /** Adapters in the order in which they are asked. */
  readonly adapters: readonly GraphTraversal[]
}

/** A store that was away is left alone this long, so that not every read waits for its deadline; then it is tried while others answer. */
const REST_MS = 5_000

/** Remembers which adapters were away just now. */
function createRests(restMs: number, now: () => number) {
  const until = new Map<GraphTraversal, number>()
  const begin = (adapter: GraphTraversal): void => void until.set(adapter, now() + restMs)
  return {
    begin,
    isResting: (adapter: GraphTraversal): boolean => until.has(adapter),
    /** After the rest one read tries whether the store is back; nobody waits for it. */
    tryAgain(adapter: GraphTraversal, ask: () => Promise<unknown>): void {
      if (now() < (until.get(adapter) ?? 0)) return
      begin(adapter)
      ask().then(
        () => until.delete(adapter),
        (error: unknown) => (isOutage(error) ? begin(adapter) : until.delete(adapter)),
      )
    },
  }
}

/**
 * Asks the first adapter, and the next one where that cannot answer; the last is SQL, which has no store of its own and always can. What is passed over
 * because its store is away, or took too long, is told to the scope.
 */
export function chooseTraversal(
  adapters: readonly GraphTraversal[],
  { restMs = REST_MS, now = () => performance.now() }: { readonly restMs?: number; readonly now?: () => number } = {},
): TraversalChoice {
  const rests = createRests(restMs, now)

  async function firstOf<T>(scope: Scope, ask: (adapter: GraphTraversal, scope: Scope) => Promise<T>): Promise<T> {
    for (const [index, adapter] of adapters.entries()) {
      const isLast = index === adapters.length - 1
      const { store } = adapter
      if (store !== null && rests.isResting(adapter)) {
        rests.tryAgain(adapter, () => ask(adapter, { tenantId: scope.tenantId }))
        scope.passedOver?.(store)
        continue
      }
      try {
        return await ask(adapter, scope)
      } catch (error) {
        const away = isOutage(error)
        if (isLast || scope.signal?.aborted === true || !(away || error instanceof TraversalUnable)) throw error
        if (store === null) continue
        if (error instanceof TraversalTooLong) scope.passedOver?.(store, 'DEGRADED')
        if (!away) continue
        rests.begin(adapter)
        scope.passedOver?.(store)
      }
    }
    throw new Error('there is no adapter for traversal')
  }

  return {
    name: 'sql',
    store: null,
    adapters,
    walk: (scope, place, walk) => firstOf(scope, (adapter, by) => adapter.walk(by, place, walk)),
    path: (scope, place, walk) => firstOf(scope, (adapter, by) => adapter.path(by, place, walk)),
    digest: (scope, place) => firstOf(scope, (adapter, by) => adapter.digest(by, place)),
  }
}
