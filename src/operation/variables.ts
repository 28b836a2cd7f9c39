import { getVariableValues, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'
import { isNestedTooDeeply } from '../nesting.ts'
import { coded, refuse, Refused } from './refused.ts'

/**
 * Checks variables before anything runs (platform D3) and gives their coerced values: the operation is priced by them, and executors take them as they
 * are.
 * @throws Refused VARIABLES (BAD_USER_INPUT) with at most 10 errors
 */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const definitions = operation.variableDefinitions ?? []
  if (definitions.length === 0) return {}
  const { errors, coerced } = shallowOnly(() => {
    const read = getVariableValues(schema, definitions, variables, { maxErrors: 10 })
    // among the errors stands whatever was thrown
    const overflow = read.errors?.find((error: Error) => error instanceof RangeError)
    if (overflow !== undefined) throw overflow
    return read
  })
  if (errors !== undefined) throw new Refused('VARIABLES', coded('BAD_USER_INPUT', errors))
  return coerced
}

/** Length of a value, written as JSON. @throws RangeError when it is nested too deeply for that */
export const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** @throws Refused COST (COST_LIMIT_EXCEEDED, limit `depth`) instead of the RangeError by which the stack of a recursion ends */
export function shallowOnly<T>(recurse: () => T): T {
  try {
    return recurse()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw tooDeep()
  }
}

const tooDeep = (): Refused => refuse('COST', 'COST_LIMIT_EXCEEDED', 'The request is nested too deeply.', { limit: 'depth' })

/** @throws Refused COST (COST_LIMIT_EXCEEDED, limit `variables`) when they are longer than `maxBytes`, written as JSON; limit `depth` */
export function checkVariablesSize(variables: Readonly<Record<string, unknown>>, maxBytes: number): void {
  if (Object.keys(variables).length === 0) return
  const bytes = shallowOnly(() => jsonBytes(variables))
  if (isNestedTooDeeply(variables, bytes)) throw tooDeep()
  if (bytes > maxBytes)
    throw refuse('COST', 'COST_LIMIT_EXCEEDED', `The variables are too long: more than ${maxBytes} bytes.`, {
      limit: 'variables',
      max: maxBytes,
    })
}
