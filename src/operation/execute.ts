import { type DocumentNode, type ExecutionResult, GraphQLError } from 'graphql'
import { type Context, type ContextParts, createContext } from '../context.ts'
import { deadlineExceeded } from '../errors.ts'
import { type Account } from './account.ts'
import { mapError } from './errors.ts'
import { type Executable } from './executable.ts'
import { type PreparedOperation } from './operation.ts'
import { boundedResult } from './result-text.ts'

/** Runs one operation; may reject. @param values of the executable's variables */
export type Run = (executable: Executable, context: Context, values: Record<string, unknown>) => Promise<ExecutionResult>

/** Runs one isolated document and times its fields; the trace comes in the result's `extensions.ftv1`. */
export type RunTraced = (document: DocumentNode, context: Context, variables: Readonly<Record<string, unknown>>) => Promise<ExecutionResult>

export interface ExecutorParts {
  readonly run: Run
  /** Runs an operation whose origin asked for a trace; without it such requests are answered untraced. */
  readonly runTraced?: RunTraced | undefined
  /** What an operation owes, where the pipeline priced it. */
  readonly accountOf: (operation: PreparedOperation) => Account | undefined
}

export interface Executor {
  /** Never rejects; the result is masked and complete. */
  execute(operation: PreparedOperation): Promise<ExecutionResult>
  active(): number
  activeOf(tenantId: string): number
}

/** Queries and mutations of every transport, each with a deadline that reaches the stores through `scope.signal`. */
export function createExecutor(parts: ContextParts, { run, runTraced, accountOf }: ExecutorParts): Executor {
  let active = 0
  const perTenant = new Map<string, number>()

  const count = (tenantId: string, change: 1 | -1): void => {
    active += change
    const left = (perTenant.get(tenantId) ?? 0) + change
    if (left === 0) perTenant.delete(tenantId)
    else perTenant.set(tenantId, left)
  }

  const execute = async (operation: PreparedOperation): Promise<ExecutionResult> => {
    const { origin } = operation
    const account = accountOf(operation)
    if (account?.dry === true) return { data: null, extensions: { requestId: origin.requestId, cost: account.toExtension() } }
    const deadline = createDeadline()
    const context = createContext(parts, { requestId: origin.requestId, viewer: origin.viewer, signal: deadline.signal, log: origin.log })
    deadline.start(origin.signal, parts.config.operationTimeoutMs)
    count(origin.viewer.tenantId, 1)
    try {
      const { executable, document, variables, coerced } = operation
      const traced = origin.trace === true ? runTraced : undefined
      const running = traced === undefined ? run(executable, context, executable.valuesOf(coerced)) : traced(document, context, variables)
      const result = await Promise.race([running, deadline.passed])
      account?.settle(result.data)
      return boundedResult(complete(result, operation, context, account), operation, parts.config.maxResponseBytes)
    } catch (error) {
      account?.settle()
      return complete({ data: null, errors: [toGraphQLError(error)] }, operation, context, account)
    } finally {
      count(origin.viewer.tenantId, -1)
      deadline.clear()
    }
  }

  return { execute, active: () => active, activeOf: (tenantId) => perTenant.get(tenantId) ?? 0 }
}

function complete(result: ExecutionResult, operation: PreparedOperation, context: Context, account: Account | undefined): ExecutionResult {
  const { requestId, log } = operation.origin
  const extensions: Record<string, unknown> = { requestId }
  if (account !== undefined) extensions['cost'] = account.toExtension()
  const sources = context.sourceUse.toExtension()
  if (sources !== undefined) extensions['sources'] = sources
  const trace = result.extensions?.['ftv1']
  if (typeof trace === 'string') extensions['ftv1'] = trace
  if (result.errors === undefined || result.errors.length === 0) return { data: result.data, extensions }
  return {
    errors: result.errors.map((error) => mapError(error, { requestId, log, document: operation.document })),
    data: result.data ?? null,
    extensions,
  }
}

const toGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('failed', { originalError: error instanceof Error ? error : new Error(String(error)) })

interface Deadline {
  /** Aborted when the time is over or the client left. */
  readonly signal: AbortSignal
  /** Rejects when the time is over or the client left; never resolves. */
  readonly passed: Promise<never>
  start(client: AbortSignal, timeoutMs: number): void
  clear(): void
}

// not AbortSignal.any: its sources keep every dependent signal until they are collected
function createDeadline(): Deadline {
  const controller = new AbortController()
  let reject: (reason: unknown) => void = () => undefined
  let stop = (): void => undefined
  const passed = new Promise<never>((_, fail) => (reject = fail))
  // nobody may be waiting any more when it passes
  passed.catch(() => undefined)
  const end = (): void => {
    const reason = deadlineExceeded('The operation')
    controller.abort(reason)
    reject(reason)
  }
  return {
    signal: controller.signal,
    passed,
    start(client, timeoutMs) {
      const timer = setTimeout(end, timeoutMs)
      stop = () => {
        clearTimeout(timer)
        client.removeEventListener('abort', end)
      }
      if (client.aborted) end()
      else client.addEventListener('abort', end, { once: true })
    },
    clear: () => stop(),
  }
}
