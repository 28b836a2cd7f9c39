import { type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql'
import { type ContextParts } from '../context.ts'
import { type Cache } from '../datasources/cache/cache.ts'
import { openMemoryCache } from '../datasources/cache/memory-cache.ts'
import { AppError } from '../errors.ts'
import { type Account, costExtension, openAccount } from './account.ts'
import { authorise } from './authorise.ts'
import { createBudget } from './budget.ts'
import { type Cost, estimateCost, explainCost } from './cost.ts'
import { createDocuments, type KnownOperation } from './documents.ts'
import { extensionsOf, mapError } from './errors.ts'
import { createExecutor, type Run } from './execute.ts'
import { type OperationRequest, type Pipeline, type Prepared, type PreparedOperation, type RequestOrigin } from './operation.ts'
import { refuse, Refused, toPrepared } from './refused.ts'
import { coerceVariables } from './variables.ts'

export interface PipelineParts extends ContextParts {
  readonly schema: GraphQLSchema
  /** Executes an isolated text: Mercurius with its compiled plans. */
  readonly run: Run
  /** Holds the budgets; without it they are this process's own. */
  readonly cache?: Cache | undefined
  /** Executes subscriptions; without it they are refused. */
  readonly subscribe?: Pipeline['subscribe']
  /** Streams open now. */
  readonly streams?: () => number
}

/** Objects in one answer. */
const maxNodes = 10_000

/** The one way in for every transport: see `Pipeline`. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { config, schema, cache = openMemoryCache() } = parts
  const documents = createDocuments({ schema, maxTokens: config.maxTokens, limits: config, introspection: config.introspection })
  const budget = createBudget({ cache, capacity: config.budgetCapacity, restorePerSecond: config.budgetRestorePerSecond })
  const accounts = new WeakMap<PreparedOperation, Account>()
  const executor = createExecutor(parts, { run: parts.run, accountOf: (operation) => accounts.get(operation) })

  /** Everything that can be known without asking anybody; authorised before it is priced, so that a refusal tells nothing about costs. */
  const check = (
    request: OperationRequest,
    origin: RequestOrigin,
  ): { known: KnownOperation; coerced: Record<string, unknown>; estimate: Cost } => {
    if (request.query == null || request.query === '') throw refuse('MALFORMED', 'BAD_USER_INPUT', 'The request holds no `query`.')
    const known = documents.find(request.query, request.operationName ?? null)
    if (known.type === 'mutation' && origin.transport === 'http-get') throw refuse('METHOD', 'BAD_USER_INPUT', 'A mutation needs a POST.')
    const coerced = coerceVariables(schema, known.definition, request.variables ?? {})
    authorise(known.requirements, origin.viewer)
    const estimate = estimateCost(known.plan, coerced)
    checkCost(known, coerced, estimate, origin)
    return { known, coerced, estimate }
  }

  const checkCost = (known: KnownOperation, coerced: Record<string, unknown>, estimate: Cost, { batch, costMode }: RequestOrigin): void => {
    const total = (batch?.cost ?? 0) + estimate.cost
    if (total <= config.maxCost && estimate.nodes <= maxNodes) {
      if (batch !== undefined) batch.cost = total
      return
    }
    const tooMany = estimate.nodes > maxNodes && estimate.cost <= config.maxCost
    const message = tooMany
      ? `The operation could give ${estimate.nodes} objects; ${maxNodes} are allowed.`
      : `The ${batch === undefined ? 'operation' : 'batch'} costs ${total}; ${config.maxCost} are allowed.`
    const { dearest, hint } = explainCost(known.plan, coerced)
    const cost = {
      ...costExtension({ estimate, actual: null, limit: config.maxCost, reservation: null }),
      ...(costMode === 'explain' ? { dearest } : {}),
      hint,
    }
    const error = new GraphQLError(message, {
      extensions: { code: 'COST_LIMIT_EXCEEDED', limit: tooMany ? 'nodes' : 'cost', max: tooMany ? maxNodes : config.maxCost },
    })
    throw new Refused('COST', [error], { extensions: { cost } })
  }

  const prepare = async (request: OperationRequest, origin: RequestOrigin): Promise<PreparedOperation> => {
    const { known, coerced, estimate } = check(request, origin)
    const dry = origin.costMode === 'validate' || origin.costMode === 'explain'
    const reservation = dry ? null : await budget.reserve(origin.viewer, estimate.cost, origin.log)
    if (reservation?.granted === false) {
      const cost = costExtension({ estimate, actual: null, limit: config.maxCost, reservation })
      const error = new GraphQLError('The budget is spent for now.', {
        extensions: { code: 'THROTTLED', retryable: true, retryAfterMs: reservation.retryAfterMs },
      })
      throw new Refused('BUDGET', [error], { retryAfterMs: reservation.retryAfterMs, extensions: { cost } })
    }
    const operation: PreparedOperation = {
      document: known.document,
      text: known.text,
      name: known.name,
      type: known.type,
      variables: request.variables ?? {},
      extensions: request.extensions ?? {},
      estimatedCost: estimate.cost,
      origin,
    }
    accounts.set(
      operation,
      openAccount({ plan: known.plan, variables: coerced, estimate, limit: config.maxCost, origin, reservation, budget }),
    )
    return operation
  }

  return {
    async prepare(request, origin) {
      try {
        return { kind: 'READY', operation: await prepare(request, origin) }
      } catch (error) {
        return refusal(error, origin)
      }
    },
    execute: (operation) => executor.execute(operation),
    async subscribe(operation) {
      const account = accounts.get(operation)
      if (account?.dry === true) return { data: null, extensions: { requestId: operation.origin.requestId, cost: account.toExtension() } }
      if (parts.subscribe === undefined)
        return {
          errors: [
            new GraphQLError('This server has no subscriptions.', {
              extensions: { code: 'BAD_USER_INPUT', requestId: operation.origin.requestId },
            }),
          ],
        }
      const answer = await parts.subscribe(operation)
      return account === undefined || !(Symbol.asyncIterator in answer) ? answer : charged(answer, account)
    },
    active: () => executor.active() + (parts.streams?.() ?? 0),
  }
}

/** The same stream; every event that is delivered is paid for. The entry price was paid when it was prepared. */
function charged(stream: AsyncIterableIterator<ExecutionResult>, account: Account): AsyncIterableIterator<ExecutionResult> {
  return {
    async next() {
      const step = await stream.next()
      if (step.done !== true && step.value.data != null) account.charge(step.value.data)
      return step
    },
    return: async () => (await stream.return?.()) ?? { done: true, value: undefined },
    throw: async (error: unknown) => (await stream.throw?.(error)) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

const refusal = (error: unknown, origin: RequestOrigin): Prepared => {
  if (error instanceof Refused) return toPrepared(error, origin.requestId)
  if (error instanceof AppError)
    return {
      kind: 'REFUSED',
      refusal: 'UNAVAILABLE',
      result: { errors: [new GraphQLError(error.message, { extensions: extensionsOf(error, origin.requestId) })] },
    }
  return { kind: 'REFUSED', refusal: 'UNAVAILABLE', result: { errors: [mapError(error, origin)] } }
}
