import { type ExecutionResult, GraphQLError } from 'graphql'

const texts = new WeakMap<ExecutionResult, string>()

/** A result as JSON, written once however many readers share it. */
export function resultText(result: ExecutionResult): string {
  const known = texts.get(result)
  if (known !== undefined) return known
  const text = JSON.stringify(result)
  texts.set(result, text)
  return text
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
