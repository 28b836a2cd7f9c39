import { GraphQLError } from 'graphql'
import { type AppErrorCode } from '../errors.ts'
import { type Prepared, type Refusal } from './operation.ts'

/** Thrown inside the pipeline when a step refuses a request; `prepare` turns it into a result. Its errors may be shown to the client. */
export class Refused extends Error {
  readonly refusal: Refusal
  readonly errors: readonly GraphQLError[]
  readonly retryAfterMs: number | undefined
  /** Goes into `extensions` of the result. */
  readonly extensions: Readonly<Record<string, unknown>> | undefined

  constructor(
    refusal: Refusal,
    errors: readonly GraphQLError[],
    more: { retryAfterMs?: number; extensions?: Record<string, unknown> } = {},
  ) {
    super(errors[0]?.message ?? refusal)
    this.name = 'Refused'
    this.refusal = refusal
    this.errors = errors
    this.retryAfterMs = more.retryAfterMs
    this.extensions = more.extensions
  }
}

/** One coded error as a refusal. */
export const refuse = (refusal: Refusal, code: AppErrorCode, message: string, details: Record<string, unknown> = {}): Refused =>
  new Refused(refusal, [new GraphQLError(message, { extensions: { code, ...details } })])

/** Errors of graphql-js that may be shown as they are, under our code. */
export const coded = (code: AppErrorCode, errors: readonly GraphQLError[]): GraphQLError[] =>
  errors.map(
    (error) =>
      new GraphQLError(error.message, {
        nodes: error.nodes,
        source: error.source,
        positions: error.positions,
        extensions: { code },
      }),
  )

/** It may be asked again after `retryAfterMs`. @param extensions of the result */
export const throttled = (
  message: string,
  details: Record<string, unknown>,
  retryAfterMs: number,
  extensions?: Record<string, unknown>,
): Refused => {
  const error = new GraphQLError(message, { extensions: { code: 'THROTTLED', retryable: true, retryAfterMs, ...details } })
  return new Refused('BUDGET', [error], { retryAfterMs, ...(extensions === undefined ? {} : { extensions }) })
}

/** A refusal as transports get it, with the request's id in every error. */
export const toPrepared = (refused: Refused, requestId: string): Prepared & { kind: 'REFUSED' } => ({
  kind: 'REFUSED',
  refusal: refused.refusal,
  result: {
    errors: refused.errors.map(
      ({ message, nodes, source, positions, extensions }) =>
        new GraphQLError(message, { nodes, source, positions, extensions: { ...extensions, requestId } }),
    ),
    extensions: { requestId, ...refused.extensions },
  },
  retryAfterMs: refused.retryAfterMs,
})
