import { type ExecutionResult } from 'graphql'
import { pause } from '../subscriptions/pause.ts'
import { type Emission, type EventSourceParts, openEventSource } from './event-source.ts'
import { type PreparedOperation } from './operation.ts'

/** Stores of which every stream lives. */
const essential: readonly unknown[] = ['sql', 'log']

const awaitsStore = ({ errors = [] }: ExecutionResult): boolean =>
  errors.some(({ extensions }) => extensions['code'] === 'SOURCE_UNAVAILABLE' && essential.includes(extensions['source']))

/**
 * As `openEventSource`; while a store is away the stream waits for it. Who comes back after a crash often comes before the store does, and stock clients
 * take a refusal for the end.
 */
export async function openThroughOutages(
  parts: EventSourceParts,
  operation: PreparedOperation,
  resume: readonly string[],
): Promise<AsyncIterableIterator<Emission> | ExecutionResult> {
  const { signal } = operation.origin
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 2000)) {
    const opened = await openEventSource(parts, operation, resume)
    if (Symbol.asyncIterator in opened || signal.aborted || !awaitsStore(opened)) return opened
    await pause(waitMs, signal)
  }
}
