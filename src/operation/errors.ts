import { type FastifyBaseLogger } from 'fastify'
import { GraphQLError } from 'graphql'
import { SqlError } from '../datasources/sql/sql.ts'
import { AppError } from '../errors.ts'
import { type Locate } from './field-at.ts'

export interface ErrorOrigin {
  readonly requestId: string
  readonly log: FastifyBaseLogger
  /** Of the operation as the client wrote it, to say where in it a field failed. */
  readonly locate?: Locate
}

const causes = function* (error: unknown): Generator<unknown> {
  // bounded: a chain may be circular
  for (let link = error, left = 10; link !== undefined && link !== null && left > 0; left--) {
    yield link
    link = link instanceof GraphQLError || hasOriginal(link) ? link.originalError : undefined
  }
}

const hasOriginal = (error: unknown): error is { originalError: unknown } =>
  typeof error === 'object' && error !== null && 'originalError' in error

/** Keys that a client places errors by: list positions are numbers, field names are not (platform D5). */
const integerPath = (path: GraphQLError['path']): (string | number)[] | undefined =>
  path?.map((key) => (typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : key))

/** An argument that turned out unusable only when its variables were known; the text is graphql-js' own and names nothing of ours. */
const isArgumentError = (error: unknown): error is Error => {
  if (!(error instanceof Error) || !error.message.startsWith('Argument "')) return false
  const original = hasOriginal(error) ? error.originalError : null
  // graphql-js throws it once more, with its place; what a resolver throws is no error of GraphQL
  return original == null || (original instanceof GraphQLError && original.originalError === undefined)
}

/** U+0000 in a text, or a number that overflows: no table can hold it, so nothing has it; who lets it through asks the store in vain. */
export const isUnstorable = (error: unknown): boolean =>
  error instanceof SqlError && (error.sqlState === '22021' || error.sqlState === '22003')

/** A store worked for it until it was told to stop. */
export const isOutOfTime = (error: unknown): boolean =>
  [...causes(error)].some((link) => link instanceof AppError && link.code === 'DEADLINE_EXCEEDED')

const masked = 'Something went wrong on our side.'

/**
 * The one mapper from whatever was thrown to what a client may see: an `AppError` passes with its code, everything else becomes
 * INTERNAL_SERVER_ERROR with the request's id, and the log has it whole (platform D16, D17). Never throws, though what was thrown may when it is read.
 */
export function mapError(error: unknown, origin: ErrorOrigin): GraphQLError {
  try {
    return mapReadable(error, origin)
  } catch (unreadable) {
    origin.log.error({ err: unreadable, requestId: origin.requestId }, 'an operation failed with what cannot be read')
    return new GraphQLError(masked, { extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: origin.requestId } })
  }
}

function mapReadable(error: unknown, origin: ErrorOrigin): GraphQLError {
  // whoever else has a `path` means another one by it
  const path = integerPath(error instanceof GraphQLError ? error.path : undefined)
  const shown = (message: string, extensions: Record<string, unknown>): GraphQLError => {
    const location = path === undefined ? null : (origin.locate?.(path) ?? null)
    const mapped = new GraphQLError(message, { path, extensions })
    return location === null ? mapped : Object.assign(mapped, { locations: [location] })
  }
  for (const link of causes(error)) {
    if (!(link instanceof AppError)) continue
    if (link.cause !== undefined)
      origin.log.warn({ err: link.cause, code: link.code, source: link.source, requestId: origin.requestId, path }, link.message)
    return shown(link.message, extensionsOf(link, origin.requestId))
  }
  if ([...causes(error)].some(isUnstorable))
    return shown('A text holds a character, or a number is of a size, that is stored nowhere.', {
      code: 'BAD_USER_INPUT',
      requestId: origin.requestId,
    })
  if (isArgumentError(error)) return shown(error.message, { code: 'BAD_USER_INPUT', requestId: origin.requestId })
  origin.log.error({ err: error, requestId: origin.requestId, path }, 'an operation failed unexpectedly')
  return shown(masked, { code: 'INTERNAL_SERVER_ERROR', requestId: origin.requestId })
}

/**
 * Notes why a request was refused before it became an operation: who sent it is told no more than a code, whoever runs the server has to find the
 * cause. Of a proof of identity only words about it are written, never what it holds.
 */
export function noteRefused(
  { code, source, message, cause }: AppError,
  { requestId, log }: { requestId?: string; log: FastifyBaseLogger },
): void {
  if (code === 'SOURCE_UNAVAILABLE') log.warn({ err: cause, code, source, requestId }, message)
  else log.info({ code, requestId, reason: cause instanceof Error ? cause.message : undefined }, message)
}

export const extensionsOf = (error: AppError, requestId: string): Record<string, unknown> => ({
  ...error.details,
  code: error.code,
  requestId,
  ...(error.source === undefined ? {} : { source: error.source }),
  ...(error.retryable ? { retryable: true } : {}),
})
