import { getVariableValues, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'
import { coded, Refused } from './refused.ts'

/**
 * Checks variables before anything runs (platform D3) and gives their coerced values, for pricing only: the executor gets the
 * original ones, or custom scalars would be coerced twice.
 * @throws Refused VARIABLES (BAD_USER_INPUT) with at most 10 errors
 */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const definitions = operation.variableDefinitions ?? []
  if (definitions.length === 0) return {}
  const { errors, coerced } = getVariableValues(schema, definitions, variables, { maxErrors: 10 })
  if (errors !== undefined) throw new Refused('VARIABLES', coded('BAD_USER_INPUT', errors))
  return coerced
}
