import { type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql'
import { type ContextParts } from '../context.ts'
import { AppError } from '../errors.ts'
import { createDocuments } from './documents.ts'
import { extensionsOf, mapError } from './errors.ts'
import { createExecutor, type Run } from './execute.ts'
import { type OperationRequest, type Pipeline, type Prepared, type PreparedOperation, type RequestOrigin } from './operation.ts'
import { refuse, Refused } from './refused.ts'
import { coerceVariables } from './variables.ts'

export interface PipelineParts extends ContextParts {
  readonly schema: GraphQLSchema
  /** Executes an isolated text: Mercurius with its compiled plans. */
  readonly run: Run
  /** Executes subscriptions; without it they are refused. */
  readonly subscribe?: Pipeline['subscribe']
  /** Streams open now. */
  readonly streams?: () => number
}

/** The one way in for every transport: see `Pipeline`. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { config, schema } = parts
  const documents = createDocuments({ schema, maxTokens: config.maxTokens, introspection: config.introspection })
  const executor = createExecutor(parts, parts.run)

  const check = (request: OperationRequest, origin: RequestOrigin): PreparedOperation => {
    if (request.query == null || request.query === '') throw refuse('MALFORMED', 'BAD_USER_INPUT', 'The request holds no `query`.')
    const known = documents.find(request.query, request.operationName ?? null)
    if (known.type === 'mutation' && origin.transport === 'http-get') throw refuse('METHOD', 'BAD_USER_INPUT', 'A mutation needs a POST.')
    const variables = request.variables ?? {}
    coerceVariables(schema, known.definition, variables)
    return {
      document: known.document,
      text: known.text,
      name: known.name,
      type: known.type,
      variables,
      extensions: request.extensions ?? {},
      estimatedCost: 0,
      origin,
    }
  }

  return {
    async prepare(request, origin) {
      try {
        return { kind: 'READY', operation: check(request, origin) }
      } catch (error) {
        return refusal(error, origin)
      }
    },
    execute: (operation) => executor.execute(operation),
    async subscribe(operation) {
      if (parts.subscribe !== undefined) return parts.subscribe(operation)
      return {
        errors: [
          new GraphQLError('This server has no subscriptions.', {
            extensions: { code: 'BAD_USER_INPUT', requestId: operation.origin.requestId },
          }),
        ],
      }
    },
    active: () => executor.active() + (parts.streams?.() ?? 0),
  }
}

const refusal = (error: unknown, origin: RequestOrigin): Prepared => {
  if (error instanceof Refused) {
    const errors = error.errors.map((one) => withRequestId(one, origin.requestId))
    const result: ExecutionResult = error.extensions === undefined ? { errors } : { errors, extensions: error.extensions }
    return { kind: 'REFUSED', refusal: error.refusal, result, retryAfterMs: error.retryAfterMs }
  }
  if (error instanceof AppError)
    return {
      kind: 'REFUSED',
      refusal: 'UNAVAILABLE',
      result: { errors: [new GraphQLError(error.message, { extensions: extensionsOf(error, origin.requestId) })] },
    }
  return { kind: 'REFUSED', refusal: 'UNAVAILABLE', result: { errors: [mapError(error, origin)] } }
}

const withRequestId = (error: GraphQLError, requestId: string): GraphQLError =>
  new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { ...error.extensions, requestId },
  })
