import { type ExecutionResult, type GraphQLError } from 'graphql'
import { isAppError } from '../errors.ts'
import { pause } from '../pause.ts'
import { type Presence } from '../presence.ts'

/** Stores of which every stream lives. */
const essential: readonly unknown[] = ['sql', 'log']

const isOfStore = (error: GraphQLError): boolean => {
  if (isAppError(error.originalError, 'SOURCE_UNAVAILABLE')) return essential.includes(error.originalError.source)
  // compiled plans give errors that are plain objects
  const extensions: Readonly<Record<string, unknown>> | undefined = error.extensions
  return extensions?.['code'] === 'SOURCE_UNAVAILABLE' && essential.includes(extensions['source'])
}

/** Whether an answer lacks what a store would have given. */
export const lacksStore = (answer: object): boolean =>
  'errors' in answer && Array.isArray(answer.errors) && answer.errors.some((error: GraphQLError) => isOfStore(error))

/**
 * Asks again while a store is away: a stream waits, where a query says what is missing. Stock clients take a refusal for the end, and what an event
 * lacks it would lack for good.
 */
export async function untilStoresAnswer<T extends object>(
  ask: (attempt: number) => Promise<T | ExecutionResult>,
  client: Pick<Presence, 'left' | 'signal'>,
): Promise<T | ExecutionResult> {
  for (let attempt = 0, waitMs = 50; ; attempt++, waitMs = Math.min(waitMs * 2, 2000)) {
    const answer = await ask(attempt)
    if (client.left || !lacksStore(answer)) return answer
    await pause(waitMs, client.signal)
  }
}
