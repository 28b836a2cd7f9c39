import { type ExecutionResult } from 'graphql'
import { type Account } from './account.ts'
import { type CostMode, type ResultStream } from './operation.ts'

/**
 * The same stream; every event that is delivered is paid for. The entry price was paid when the operation was prepared. Prices are shown in each event
 * only on demand: events are shared between readers, and what shows a reader's own account is not.
 */
export function chargedStream(stream: ResultStream, account: Account, costMode: CostMode | null): ResultStream {
  const charged = (result: ExecutionResult): ExecutionResult => {
    if (result.data == null) return result
    const price = account.charge(result.data)
    if (costMode !== 'report') return result
    const cost = { ...account.toExtension(), actualQueryCost: price }
    return { ...result, extensions: { ...result.extensions, cost } }
  }
  return {
    async next() {
      const step = await stream.next()
      return step.done === true ? step : { done: false, value: charged(step.value) }
    },
    ready() {
      const result = stream.ready?.()
      return result === undefined ? undefined : charged(result)
    },
    return: async () => (await stream.return?.()) ?? { done: true, value: undefined },
    throw: async (error: unknown) => (await stream.throw?.(error)) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
