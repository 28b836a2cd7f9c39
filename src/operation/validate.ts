import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  OverlappingFieldsCanBeMergedRule,
  specifiedRules,
  TypeInfo,
  validate,
  ValidationContext,
  type ValidationRule,
} from 'graphql'
import depthLimit from 'graphql-depth-limit'
import { mergingFieldsRule } from './merging-fields.ts'
import { coded, refuse, Refused } from './refused.ts'
import { subscriptionRootRule } from './subscription-root-rule.ts'
import { sparingRule } from './variable-rules.ts'

const maxErrors = 20

const openRules = [
  ...specifiedRules.map((rule) => (rule === OverlappingFieldsCanBeMergedRule ? mergingFieldsRule : sparingRule(rule))),
  subscriptionRootRule,
]
const closedRules = [...openRules, NoSchemaIntrospectionCustomRule]

/** GraphQL's own rules, two kinds of them in a form that costs less, and one of ours. */
export const rulesFor = ({ introspection }: Pick<ValidationOptions, 'introspection'>): readonly ValidationRule[] =>
  introspection ? openRules : closedRules

export interface ValidationOptions {
  readonly introspection: boolean
  readonly maxDepth: number
}

/**
 * All of GraphQL's own rules over the whole document; introspection where it is switched on.
 * @throws Refused VALIDATION (GRAPHQL_VALIDATION_FAILED) with at most 20 errors; COST (COST_LIMIT_EXCEEDED)
 */
export function validateDocument(schema: GraphQLSchema, document: DocumentNode, options: ValidationOptions): void {
  const errors = run(schema, document, rulesFor(options), options)
  if (errors.length > 0) throw new Refused('VALIDATION', coded('GRAPHQL_VALIDATION_FAILED', errors))
  // a second opinion about depth. It is exponential in fragments and throws on unknown ones, so it comes after our own count and after the
  // rules (platform 6.2); it counts from 0, we from 1
  if (isTooDeep(schema, document, options.maxDepth - 1))
    throw refuse('COST', 'COST_LIMIT_EXCEEDED', `The operation has more than ${options.maxDepth} levels.`, {
      limit: 'depth',
      max: options.maxDepth,
    })
}

/** Its rule does all its work while it is made, so nothing is visited for it. */
function isTooDeep(schema: GraphQLSchema, document: DocumentNode, most: number): boolean {
  const errors: GraphQLError[] = []
  try {
    depthLimit(most)(new ValidationContext(schema, document, new TypeInfo(schema), (error) => void errors.push(error)))
  } catch (error) {
    // it throws a bare object instead of reporting (platform D28)
    if (error instanceof Error) throw error
    return true
  }
  return errors.length > 0
}

function run(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
  options: ValidationOptions,
): readonly GraphQLError[] {
  try {
    // suggestions would spell out the schema that introspection hides
    return validate(schema, document, rules, { maxErrors, hideSuggestions: !options.introspection }).slice(0, maxErrors)
  } catch (error) {
    // the rule about a subscription's one field throws where a directive on it asks for a variable
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}
