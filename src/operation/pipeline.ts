import { type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql'
import { type ContextParts } from '../context.ts'
import { type Cache } from '../datasources/cache/cache.ts'
import { openMemoryCache } from '../datasources/cache/memory-cache.ts'
import { AppError } from '../errors.ts'
import { costExtension, isDry, openAccount } from './account.ts'
import { createAdmission } from './admission.ts'
import { authorise } from './authorise.ts'
import { createBuckets } from './buckets.ts'
import { createBudget, type Reservation } from './budget.ts'
import { checkCost } from './check-cost.ts'
import { chargedStream } from './charged-stream.ts'
import { type Cost } from './cost-plan.ts'
import { estimateCost } from './cost.ts'
import { createDocuments, type KnownOperation } from './documents.ts'
import { extensionsOf, mapError } from './errors.ts'
import { createExecutor, type Run, type RunTraced } from './execute.ts'
import {
  type Caller,
  type CostMode,
  costModes,
  type OperationRequest,
  type Pipeline,
  type Prepared,
  type PreparedOperation,
  type RequestOrigin,
  type ResultStream,
} from './operation.ts'
import { createPersistedDocuments, type DocumentText } from './persisted.ts'
import { createReadingLine } from './reading-line.ts'
import { refuse, Refused, throttled, toPrepared } from './refused.ts'
import { checkVariablesSize, coerceVariables } from './variables.ts'

export interface PipelineParts extends ContextParts {
  readonly schema: GraphQLSchema
  /** Executes queries and mutations: Mercurius with its compiled plans. */
  readonly run: Run
  /** Executes one for which a gateway asked for a trace. */
  readonly runTraced?: RunTraced | undefined
  /** Holds the budgets and persisted documents; without it they are this process's own. */
  readonly cache?: Cache | undefined
  /** Texts of trusted documents by id. */
  readonly trusted?: ReadonlyMap<string, string>
  /** Executes subscriptions; without it they are refused. */
  readonly subscribe?: Pipeline['subscribe']
  /** Streams open now. */
  readonly streams?: () => number
  /** Whether a document was known. */
  readonly onDocument?: (outcome: 'hit' | 'miss') => void
}

const spent = 'The budget is spent for now.'

/** What is known of a request before its budget is asked. */
interface Checked {
  readonly known: KnownOperation
  readonly coerced: Record<string, unknown>
  readonly estimate: Cost
  readonly maxCost: number
  readonly costMode: CostMode | null
  /** Why it would have been refused, were its tenant not only measured. */
  readonly tolerated: boolean
}

/** The one way in for every transport: see `Pipeline`. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { config, schema, clock, cache = openMemoryCache() } = parts
  const documents = createDocuments({
    schema,
    maxTokens: config.maxTokens,
    limits: config,
    introspection: config.introspection,
    onLookup: parts.onDocument,
  })
  const buckets = createBuckets(cache)
  const persisted = createPersistedDocuments({
    buckets,
    trusted: parts.trusted ?? new Map(),
    onlyPersisted: config.onlyPersisted,
    store: config.persistedQueries ? cache : null,
    ttlSeconds: config.persistedTtlSeconds,
  })
  const turnToRead = createReadingLine()
  const budget = createBudget({ buckets, capacity: config.budgetCapacity, restorePerSecond: config.budgetRestorePerSecond, clock })
  const admission = createAdmission({ ...config, buckets })
  const executor = createExecutor(
    { ...parts, rateLimit: (viewer, log) => budget.status({ viewer, log }) },
    { run: parts.run, runTraced: parts.runTraced },
  )
  const measuredTenants = new Set(config.costMeasuredTenants)
  const isMeasured = ({ viewer }: Caller): boolean => config.costMode === 'measure' || measuredTenants.has(viewer.tenantId)

  /** Everything that can be known without asking anybody; authorised before it is priced, so that a refusal tells nothing about costs. */
  const check = (request: OperationRequest, origin: RequestOrigin, { text, trusted }: DocumentText): Checked => {
    const variables = request.variables ?? {}
    const known = documents.find(text, request.operationName ?? null, origin.viewer.tenantId)
    if (known.type === 'mutation' && origin.readOnly === true) throw refuse('METHOD', 'BAD_USER_INPUT', 'A mutation needs a POST.')
    if (known.type === 'subscription' && origin.streams === false)
      throw refuse('OPERATION', 'BAD_USER_INPUT', 'A subscription needs a stream: accept text/event-stream, or use a WebSocket.')
    checkVariablesSize(variables, config.maxVariablesBytes)
    const coerced = coerceVariables(schema, known.definition, variables)
    authorise(known.requirements, origin.viewer)
    const estimate = estimateCost(known.plan, coerced)
    const maxCost = trusted ? (config.trustedMaxCost ?? config.maxCost) : config.maxCost
    const costMode = origin.costMode ?? costModeOf(request)
    const { plan } = known
    const tooDear = checkCost({ plan, variables: coerced, estimate, maxCost, maxNodes: config.maxNodes, batch: origin.batch, costMode })
    if (tooDear !== null && !isMeasured(origin)) throw tooDear
    return { known, coerced, estimate, maxCost, costMode, tolerated: tooDear !== null }
  }

  const reserve = async ({ estimate, maxCost, costMode }: Checked, origin: RequestOrigin): Promise<Reservation | null> => {
    if (isDry({ costMode })) return null
    const reservation = await budget.reserve(origin, estimate.cost)
    if (reservation === null || reservation.granted || isMeasured(origin)) return reservation
    const cost = costExtension({ estimate, actual: null, limit: maxCost, reservation })
    throw throttled(spent, {}, reservation.retryAfterMs, { cost })
  }

  const running = ({ viewer }: Caller) => ({ ofTenant: executor.activeOf(viewer.tenantId), all: executor.active() })

  /** A place to run, kept while the budget is asked and until the operation runs; given back where it never does. */
  const hold = (origin: RequestOrigin): (() => void) => {
    admission.checkRoom(running(origin))
    return executor.hold(origin.viewer.tenantId)
  }

  const prepare = async (request: OperationRequest, origin: RequestOrigin): Promise<PreparedOperation> => {
    const admitted = admission.admit(origin, running(origin))
    if (admitted !== undefined) await admitted
    const found = persisted.find(request, origin)
    const text = found instanceof Promise ? await found : found
    if (!documents.knows(text.text)) await turnToRead(text.text, request, origin)
    const checked = check(request, origin, text)
    text.remember?.()
    // streams are limited in a way of their own
    const release = checked.known.type === 'subscription' ? () => undefined : hold(origin)
    const reservation = await reserve(checked, origin).catch((error: unknown) => {
      release()
      throw error
    })
    // who prepares runs it at once, or never
    setImmediate(release)
    const { known, coerced, estimate, maxCost, costMode } = checked
    const { name, type, document, plan } = known
    const from = type === 'subscription' ? { ...origin, transport: origin.streamTransport ?? origin.transport } : origin
    const measured = checked.tolerated ? 'COST_LIMIT_EXCEEDED' : reservation?.granted === false ? 'THROTTLED' : null
    const { executable, values } = known.bind(coerced)
    return {
      document,
      executable,
      values,
      name,
      type,
      variables: request.variables ?? {},
      extensions: request.extensions ?? {},
      estimatedCost: estimate.cost,
      costMode,
      // what was not granted was not taken, and is owed in full
      account: openAccount({
        plan,
        coerced,
        estimate,
        limit: maxCost,
        operation: { name, type, costMode, origin: from },
        reservation,
        budget,
        measured,
        enforced: !isMeasured(origin),
      }),
      origin: from,
      release,
    }
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
      const { account, origin } = operation
      const { requestId } = origin
      if (account.dry) return { data: null, extensions: { requestId, cost: account.toExtension() } }
      if (parts.subscribe === undefined)
        return { errors: [new GraphQLError('This server has no subscriptions.', { extensions: { code: 'BAD_USER_INPUT', requestId } })] }
      const answer: ResultStream | ExecutionResult = await parts.subscribe(operation)
      return Symbol.asyncIterator in answer ? chargedStream(answer, account, operation.costMode) : answer
    },
    async charge(caller, cost) {
      await admission.admit(caller, running(caller))
      const reservation = await budget.reserve(caller, cost)
      if (reservation?.granted === false && !isMeasured(caller)) throw throttled(spent, {}, reservation.retryAfterMs)
    },
    active: () => executor.active() + (parts.streams?.() ?? 0),
  }
}

const costModeOf = ({ extensions }: OperationRequest): CostMode | null => {
  const given = extensions?.['cost']
  return costModes.find((mode) => mode === given) ?? null
}

const refusal = (error: unknown, origin: RequestOrigin): Prepared => {
  if (error instanceof Refused) return toPrepared(error, origin.requestId)
  const shown =
    error instanceof AppError
      ? new GraphQLError(error.message, { extensions: extensionsOf(error, origin.requestId) })
      : mapError(error, origin)
  return { kind: 'REFUSED', refusal: 'UNAVAILABLE', result: { errors: [shown] }, retryAfterMs: 1000 }
}
