import { type ExecutionResult, GraphQLError } from 'graphql'
import { type PreparedOperation } from './operation.ts'

/**
 * A result as it is sent. Its text is made once, however many readers share it, and remembered in the result itself: what a WeakMap of long life
 * names is kept through the collections of young objects, and that was every answer.
 */
export class CompleteResult implements ExecutionResult {
  declare readonly errors?: readonly GraphQLError[]
  readonly data: ExecutionResult['data']
  declare readonly extensions?: Record<string, unknown>
  #text: string | undefined
  #bytes: Buffer | undefined

  constructor(data: ExecutionResult['data'], errors: readonly GraphQLError[] | undefined, extensions: Record<string, unknown> | undefined) {
    if (errors !== undefined && errors.length > 0) this.errors = errors
    this.data = data ?? null
    if (extensions !== undefined) this.extensions = extensions
  }

  static textOf(result: ExecutionResult): string {
    return #text in result ? (result.#text ??= JSON.stringify(result)) : JSON.stringify(result)
  }

  static bytesOf(result: ExecutionResult): Buffer {
    const bytes = (): Buffer => Buffer.from(CompleteResult.textOf(result))
    return #bytes in result ? (result.#bytes ??= bytes()) : bytes()
  }
}

/** A result as JSON. */
export const resultText = (result: ExecutionResult): string => CompleteResult.textOf(result)

/** The same as UTF-8. Not to be changed. */
export const resultBytes = (result: ExecutionResult): Buffer => CompleteResult.bytesOf(result)

/** A stream's last result says only why it ended; every other one carries `data`. */
export const isFinal = (result: ExecutionResult): boolean => result.data === undefined

export const cursorOf = (result: ExecutionResult): string | null => {
  const cursor = result.extensions?.['cursor']
  return typeof cursor === 'string' ? cursor : null
}

export const hasCode = (result: ExecutionResult, code: string): boolean =>
  result.errors?.some((error) => error.extensions['code'] === code) ?? false

/** graphql-ws takes instances only. */
export const errorsOf = (result: ExecutionResult): GraphQLError[] =>
  (result.errors ?? [new GraphQLError('The operation has no result.')]).map((error) =>
    error instanceof GraphQLError ? error : new GraphQLError('The operation has no result.'),
  )

/**
 * The same result, if its text is no longer than allowed; else the refusal of it. The text is kept: transports send it as it is.
 * @returns COST_LIMIT_EXCEEDED, limit `response`; what a mutation did, it did
 */
export function boundedResult(result: ExecutionResult, { type, origin }: PreparedOperation, maxBytes: number): ExecutionResult {
  const text = resultText(result)
  // a character is three bytes at most
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return result
  const done = type === 'mutation' ? ' The mutation was carried out.' : ''
  const error = new GraphQLError(`The answer is too long: more than ${maxBytes} bytes.${done}`, {
    extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'response', max: maxBytes, requestId: origin.requestId },
  })
  // a trace has a part for everything in the answer
  const { ftv1: _long, ...extensions } = result.extensions ?? {}
  return new CompleteResult(null, [error], extensions)
}
