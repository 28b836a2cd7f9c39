import { createSourceEventStream, execute, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { type Context, type ContextParts, createContext } from '../context.ts'
import { type AnyDelivery, isDelivery } from '../subscriptions/delivery.ts'
import { mapStream } from '../subscriptions/map-stream.ts'
import { createPresence } from '../presence.ts'
import { type ReadyIterator } from '../subscriptions/settling-iterator.ts'
import { type SubscriptionRoot } from '../subscriptions/start.ts'
import { mapError } from './errors.ts'
import { executionSchema } from './executable.ts'
import { fairTurn } from './fair-turns.ts'
import { createLocator } from './field-at.ts'
import { type PreparedOperation } from './operation.ts'
import { type Plans } from './plans.ts'
import { boundedResult, CompleteResult } from './result-text.ts'
import { lacksStore, untilStoresAnswer } from './until-stores-answer.ts'

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

type Answer = ExecutionResult | Promise<ExecutionResult>

/** Events that one stream executes before others have their turn. */
const eventsATurn = 16

/** What a field's `subscribe` gives: of ours more can be asked than of any iterator. */
type ReadySource = AsyncIterator<unknown> & Pick<ReadyIterator<unknown>, 'ready'>

const isStream = (value: AsyncIterable<unknown> | ExecutionResult): value is AsyncIterable<unknown> => Symbol.asyncIterator in value

/**
 * Opens the source of a subscription and executes each of its events with a context of its own.
 * @param resume positions to go on from, beside the operation's own `after`
 * @returns the stream, or the refusal of the field's `subscribe`, not masked yet; the stream rejects with what its source threw
 */
export async function openEventSource(
  parts: EventSourceParts,
  operation: PreparedOperation,
  resume: readonly string[],
): Promise<ReadyIterator<Emission> | ExecutionResult> {
  const { schema, plans } = parts
  const { document, origin, executable, values } = operation
  const stop = createPresence()
  const newContext = (): Context =>
    createContext(parts, { requestId: origin.requestId, viewer: origin.viewer, ending: stop, log: origin.log, account: operation.account })
  const variableValues = operation.variables
  const rootValue: SubscriptionRoot = { resume }

  const opened = await createSourceEventStream({ schema, document, rootValue, contextValue: newContext(), variableValues })
  if (!isStream(opened)) {
    stop.leave()
    return opened
  }
  const source: ReadySource = opened[Symbol.asyncIterator]()
  const executing = executionSchema(schema)

  // Mercurius has no place for an event
  const interpret = (rootValue: unknown, contextValue: Context): ExecutionResult | Promise<ExecutionResult> =>
    execute({ schema: executing, document: executable.document, rootValue, contextValue, variableValues: values })

  const answerTo = (payload: unknown, context: Context): Answer =>
    plans.find(executable)?.(payload, context, values) ?? interpret(payload, context)

  const emission = (result: ExecutionResult, context: Context, at: Emission['at']): Emission => ({
    result: boundedResult(complete(result, operation, context, at?.cursor ?? null), operation, parts.config.maxResponseBytes),
    at,
  })

  const runSlowly = async (payload: unknown, at: Emission['at'], begun: { context: Context; answer: Answer }): Promise<Emission> => {
    let { context } = begun
    const result = await untilStoresAnswer(async (attempt) => {
      if (attempt === 0) return begun.answer
      // what loaders could not read they remember
      context = newContext()
      return answerTo(payload, context)
    }, stop)
    // nobody gets it, and that leaving ended what it asked of stores is no failure to be noted
    return stop.left ? { result: null, at } : emission(result, context, at)
  }

  /** At once where nothing has to be loaded for it. */
  const run = (payload: unknown): Emission | Promise<Emission> => {
    const at = isDelivery(payload) ? payload : null
    if (at !== null && at.value === null) return { result: null, at }
    const context = newContext()
    const answer = answerTo(payload, context)
    if (answer instanceof Promise || lacksStore(answer)) return runSlowly(payload, at, { context, answer })
    return emission(answer, context, at)
  }

  let sinceTurn = 0
  const events: ReadyIterator<unknown> = {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (sinceTurn >= eventsATurn) {
        sinceTurn = 0
        await fairTurn()
      }
      sinceTurn++
      return source.next()
    },
    ready() {
      const event = sinceTurn < eventsATurn ? source.ready?.() : undefined
      if (event !== undefined) sinceTurn++
      return event
    },
    async return() {
      stop.leave()
      try {
        // a source may hold its `return()` back until an event comes; nobody waits for it
        await source.return?.()
      } catch (error) {
        origin.log.warn({ err: error }, 'the source of a stream did not close cleanly')
      }
      return { done: true, value: undefined }
    },
  }
  return mapStream(events, run)
}

function complete(
  result: ExecutionResult,
  { origin, document }: PreparedOperation,
  context: Context,
  cursor: string | null,
): ExecutionResult {
  const sources = context.sourceUse.toExtension()
  const locate = createLocator(document)
  const errors = result.errors?.map((error) => mapError(error, { requestId: origin.requestId, log: origin.log, locate }))
  return new CompleteResult(result.data, errors, extensionsOf(cursor, sources))
}

function extensionsOf(cursor: string | null, sources: object | undefined): Record<string, unknown> | undefined {
  if (sources !== undefined) return cursor === null ? { sources } : { cursor, sources }
  return cursor === null ? undefined : { cursor }
}
