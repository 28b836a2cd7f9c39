/** The closed list of codes a client can meet in `errors[].extensions.code`. Clients branch on these, never on text. */
export const errorCodes = [
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'COST_LIMIT_EXCEEDED',
  'THROTTLED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'CURSOR_EXPIRED',
  'SLOW_CONSUMER',
  'SOURCE_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'INTERNAL_SERVER_ERROR',
] as const
export type AppErrorCode = (typeof errorCodes)[number]

export interface AppErrorOptions {
  /** The store or neighbour that failed, by its name in `Query.sources`. */
  source?: string
  /** Whether the same request can succeed later without being changed. */
  retryable?: boolean
  /** Shown to clients under `extensions`; must hold no secret. */
  details?: Readonly<Record<string, unknown>>
  /** What really happened: for the log, never for clients. */
  cause?: unknown
}

/** An error whose message and code may be shown to a client. Everything else is masked. */
export class AppError extends Error {
  readonly code: AppErrorCode
  readonly source: string | undefined
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: AppErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.source = options.source
    this.retryable = options.retryable ?? (code === 'SOURCE_UNAVAILABLE' || code === 'THROTTLED' || code === 'DEADLINE_EXCEEDED')
    this.details = options.details ?? {}
  }
}

/** The source answers, and cannot do what was asked as it is: too old, full, read-only. The reason is a sentence of ours for operators. */
export class UnusableSourceError extends AppError {
  readonly reason: string
  constructor(source: string, reason: string, cause?: unknown) {
    super('SOURCE_UNAVAILABLE', `The source "${source}" cannot be used now. ${reason}`, { source, cause })
    this.name = 'UnusableSourceError'
    this.reason = reason
  }
}

export const badUserInput = (message: string, details?: Record<string, unknown>) => new AppError('BAD_USER_INPUT', message, { details })

export const sourceUnavailable = (source: string, cause?: unknown) =>
  new AppError('SOURCE_UNAVAILABLE', `The source "${source}" does not answer.`, { source, cause })

export const deadlineExceeded = (what: string, cause?: unknown) =>
  new AppError('DEADLINE_EXCEEDED', `${what} took longer than its deadline.`, { cause })

/** Whatever was thrown, as an error to hand on in the place of a value. */
export function asError(error: unknown): Error {
  try {
    return error instanceof Error ? error : new Error(String(error))
  } catch (unreadable) {
    return new Error('what was thrown cannot be read', { cause: unreadable })
  }
}

export const isAppError = (error: unknown, code?: AppErrorCode): error is AppError =>
  error instanceof AppError && (code === undefined || error.code === code)

/** A store is away or does not answer in time: it may come back, and what was asked of it may have happened. */
export const isOutage = (error: unknown): error is AppError =>
  isAppError(error, 'SOURCE_UNAVAILABLE') || isAppError(error, 'DEADLINE_EXCEEDED')
