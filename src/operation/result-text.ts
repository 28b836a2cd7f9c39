import { type ExecutionResult, GraphQLError } from 'graphql'
import { type PreparedOperation } from './operation.ts'

const texts = new WeakMap<ExecutionResult, string>()

/** A result as JSON, written once however many readers share it. */
export function resultText(result: ExecutionResult): string {
  const known = texts.get(result)
  if (known !== undefined) return known
  const text = JSON.stringify(result)
  texts.set(result, text)
  return text
}

const bytes = new WeakMap<ExecutionResult, Buffer>()

/** The same as UTF-8, made once however many readers share it. Not to be changed. */
export function resultBytes(result: ExecutionResult): Buffer {
  const known = bytes.get(result)
  if (known !== undefined) return known
  const made = Buffer.from(resultText(result))
  bytes.set(result, made)
  return made
}

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
  return { errors: [error], data: null, ...(result.extensions === undefined ? {} : { extensions: result.extensions }) }
}
