import { createSourceEventStream, execute, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { type Context, type ContextParts, createContext } from '../context.ts'
import { type AnyDelivery, isDelivery } from '../subscriptions/delivery.ts'
import { settlingIterator } from '../subscriptions/settling-iterator.ts'
import { type SubscriptionRoot } from '../subscriptions/start.ts'
import { mapError } from './errors.ts'
import { executionSchema } from './executable.ts'
import { fairTurn } from './fair-turns.ts'
import { type PreparedOperation } from './operation.ts'
import { type Plans } from './plans.ts'
import { untilStoresAnswer } from './until-stores-answer.ts'

/** One step of a subscription, executed. */
export interface Emission {
  /** What to send; null when only the position moved. */
  readonly result: ExecutionResult | null
  /** Where the stream stands after this; null for sources that know no positions. */
  readonly at: Omit<AnyDelivery, 'value'> | null
}

export interface EventSourceParts extends ContextParts {
  readonly schema: GraphQLSchema
  readonly plans: Plans
}

/** Events that one stream executes before others have their turn. */
const eventsATurn = 16

const isStream = (value: AsyncIterable<unknown> | ExecutionResult): value is AsyncIterable<unknown> => Symbol.asyncIterator in value

/**
 * Opens the source of a subscription and executes each of its events with a context of its own.
 * @param resume positions to go on from, beside the operation's own `after`
 * @returns the stream, or the masked refusal of the field's `subscribe`; the stream rejects with what its source threw
 */
export async function openEventSource(
  parts: EventSourceParts,
  operation: PreparedOperation,
  resume: readonly string[],
): Promise<AsyncIterableIterator<Emission> | ExecutionResult> {
  const { schema, plans } = parts
  const { document, origin, executable } = operation
  const stop = new AbortController()
  const newContext = (): Context =>
    createContext(parts, { requestId: origin.requestId, viewer: origin.viewer, signal: stop.signal, log: origin.log })
  const variableValues = operation.variables
  const values = executable.valuesOf(operation.coerced)
  const rootValue: SubscriptionRoot = { resume }

  const opened = await createSourceEventStream({ schema, document, rootValue, contextValue: newContext(), variableValues })
  if (!isStream(opened)) {
    stop.abort()
    return { errors: (opened.errors ?? []).map((error) => mapError(error, { ...origin, document })) }
  }
  const source = opened[Symbol.asyncIterator]()
  const executing = executionSchema(schema)

  // Mercurius has no place for an event
  const interpret = (rootValue: unknown, contextValue: Context): ExecutionResult | Promise<ExecutionResult> =>
    execute({ schema: executing, document: executable.document, rootValue, contextValue, variableValues: values })

  const run = async (payload: unknown): Promise<Emission> => {
    const at = isDelivery(payload) ? payload : null
    if (at !== null && at.value === null) return { result: null, at }
    let context = newContext()
    const answer = async (attempt: number): Promise<ExecutionResult> => {
      // what loaders could not read they remember
      if (attempt > 0) context = newContext()
      return plans.find(executable)?.(payload, context, values) ?? interpret(payload, context)
    }
    const result = await untilStoresAnswer(answer, stop.signal)
    return { result: complete(result, operation, context, at?.cursor ?? null), at }
  }

  let sinceTurn = 0
  const pull = async (): Promise<IteratorResult<Emission, undefined>> => {
    const step = await source.next()
    if (step.done === true) return { done: true, value: undefined }
    if (++sinceTurn % eventsATurn === 0) await fairTurn()
    return { done: false, value: await run(step.value) }
  }

  return settlingIterator(pull, () => {
    stop.abort()
    // a source may hold its `return()` back until an event comes; nobody waits for it
    Promise.resolve(source.return?.()).catch((error: unknown) =>
      origin.log.warn({ err: error }, 'the source of a stream did not close cleanly'),
    )
  })
}

function complete(
  result: ExecutionResult,
  { origin, document }: PreparedOperation,
  context: Context,
  cursor: string | null,
): ExecutionResult {
  const sources = context.sourceUse.toExtension()
  const extensions = { ...(cursor === null ? {} : { cursor }), ...(sources === undefined ? {} : { sources }) }
  const shown: ExecutionResult = { data: result.data ?? null, ...(Object.keys(extensions).length === 0 ? {} : { extensions }) }
  if (result.errors === undefined || result.errors.length === 0) return shown
  return { ...shown, errors: result.errors.map((error) => mapError(error, { requestId: origin.requestId, log: origin.log, document })) }
}
