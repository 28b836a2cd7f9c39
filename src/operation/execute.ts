import { type DocumentNode, type ExecutionResult, GraphQLError } from 'graphql'
import { type Context, type ContextParts, createContext } from '../context.ts'
import { beforeDeadline, startDeadline } from '../deadline.ts'
import { asError } from '../errors.ts'
import { type Traced } from '../federation/trace.ts'
import { isOutOfTime, mapError } from './errors.ts'
import { type Executable } from './executable.ts'
import { createLocator } from './field-at.ts'
import { type PreparedOperation } from './operation.ts'
import { boundedResult, CompleteResult } from './result-text.ts'

/** Runs one operation; may reject. @param values of the executable's variables */
export type Run = (executable: Executable, context: Context, values: Readonly<Record<string, unknown>>) => Promise<ExecutionResult>

/** Runs one isolated document and times its fields. */
export type RunTraced = (document: DocumentNode, context: Context, variables: Readonly<Record<string, unknown>>) => Promise<Traced>

export interface ExecutorParts {
  readonly run: Run
  /** Runs an operation whose origin asked for a trace; without it such requests are answered untraced. */
  readonly runTraced?: RunTraced | undefined
}

export interface Executor {
  /** Never rejects; the result is masked and complete. */
  execute(operation: PreparedOperation): Promise<ExecutionResult>
  /** Takes a place for an operation that is about to run. @returns gives it back, once, however often it is called */
  hold(tenantId: string): () => void
  /** Those that run, and the places that are held. */
  active(): number
  activeOf(tenantId: string): number
}

/** Queries and mutations of every transport, each with a deadline that reaches the stores through `scope.signal`. */
export function createExecutor(parts: ContextParts, { run, runTraced }: ExecutorParts): Executor {
  let active = 0
  const perTenant = new Map<string, number>()

  const count = (tenantId: string, change: 1 | -1): void => {
    active += change
    const left = (perTenant.get(tenantId) ?? 0) + change
    if (left === 0) perTenant.delete(tenantId)
    else perTenant.set(tenantId, left)
  }

  const execute = async (operation: PreparedOperation): Promise<ExecutionResult> => {
    const { origin, account } = operation
    if (account.dry) return { data: null, extensions: { requestId: origin.requestId, cost: account.toExtension() } }
    const { requestId, viewer, client, log } = origin
    const deadline = startDeadline('The operation', { presence: client }, parts.config.operationTimeoutMs)
    const context = createContext(parts, { requestId, viewer, ending: deadline, log, account })
    count(viewer.tenantId, 1)
    operation.release()
    try {
      if (deadline.ended !== null) throw deadline.ended
      const { executable, values, document, variables } = operation
      const traced = origin.trace === true ? runTraced : undefined
      const running = traced === undefined ? run(executable, context, values) : traced(document, context, variables)
      const result = await beforeDeadline(deadline, running)
      // the dearest statements are those that end so, and their answer holds nothing
      account.settle(result.errors?.some(isOutOfTime) === true ? undefined : result.data)
      return boundedResult(complete(result, operation, context), operation, parts.config.maxResponseBytes)
    } catch (error) {
      account.settle()
      return complete({ data: null, errors: [toGraphQLError(error)] }, operation, context)
    } finally {
      count(viewer.tenantId, -1)
      deadline.clear()
    }
  }

  const hold = (tenantId: string): (() => void) => {
    count(tenantId, 1)
    let held = true
    return () => {
      if (held) count(tenantId, -1)
      held = false
    }
  }

  return { execute, hold, active: () => active, activeOf: (tenantId) => perTenant.get(tenantId) ?? 0 }
}

function complete(result: ExecutionResult | Traced, operation: PreparedOperation, context: Context): ExecutionResult {
  const { requestId, log } = operation.origin
  const extensions: Record<string, unknown> = { requestId, cost: operation.account.toExtension() }
  const sources = context.sourceUse.toExtension()
  if (sources !== undefined) extensions['sources'] = sources
  const locate = createLocator(operation.document)
  const errors = result.errors?.map((error) => mapError(error, { requestId, log, locate }))
  if ('traceOf' in result) extensions['ftv1'] = result.traceOf(errors ?? [])
  return new CompleteResult(result.data, errors, extensions)
}

const toGraphQLError = (thrown: unknown): GraphQLError => {
  const error = asError(thrown)
  return error instanceof GraphQLError ? error : new GraphQLError('failed', { originalError: error })
}
