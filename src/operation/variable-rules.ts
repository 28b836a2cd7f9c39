import {
  NoUndefinedVariablesRule,
  NoUnusedVariablesRule,
  type ValidationContext,
  type ValidationRule,
  VariablesInAllowedPositionRule,
} from 'graphql'
import { usesVariable } from './mentions-variable.ts'

/** Those that ask which variables a definition uses. */
const asking: readonly ValidationRule[] = [NoUndefinedVariablesRule, NoUnusedVariablesRule, VariablesInAllowedPositionRule]

const sparing = new WeakMap<ValidationContext, ValidationContext>()

/** To find variables the stock context walks every definition again, types and all: most of what validation costs. This one leaves out those that use none. */
function sparingContext(context: ValidationContext): ValidationContext {
  const known = sparing.get(context)
  if (known !== undefined) return known
  const getVariableUsages: ValidationContext['getVariableUsages'] = (node) => (usesVariable(node) ? context.getVariableUsages(node) : [])
  const made = Object.create(context, { getVariableUsages: { value: getVariableUsages } }) as ValidationContext
  sparing.set(context, made)
  return made
}

/** The same rule, its verdict and its words the same; at less cost where it asks for variables. */
export const sparingRule = (rule: ValidationRule): ValidationRule =>
  asking.includes(rule) ? (context) => rule(sparingContext(context)) : rule
