import { type ExecutionResult } from 'graphql'
import { type Account } from './account.ts'
import { type CostMode } from './operation.ts'

/**
 * The same stream; every event that is delivered is paid for. The entry price was paid when the operation was prepared. Prices are shown in each event
 * only on demand: events are shared between readers, and what shows a reader's own account is not.
 */
export function chargedStream(
  stream: AsyncIterableIterator<ExecutionResult>,
  account: Account,
  costMode: CostMode | null,
): AsyncIterableIterator<ExecutionResult> {
  return {
    async next() {
      const step = await stream.next()
      if (step.done === true || step.value.data == null) return step
      const price = account.charge(step.value.data)
      if (costMode !== 'report') return step
      const cost = { ...account.toExtension(), actualQueryCost: price }
      return { done: false, value: { ...step.value, extensions: { ...step.value.extensions, cost } } }
    },
    return: async () => (await stream.return?.()) ?? { done: true, value: undefined },
    throw: async (error: unknown) => (await stream.throw?.(error)) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
